"""Small Jacobians: their numbers against central differences, and their formulas against their numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import act
from tests.helpers.live_pages import in_browser
from tests.helpers.picture_graphs import random_graph, softmax_neurons
from tests.helpers.repository import needs_graphviz
from tests.helpers.written import LETTERS, value
from tinygrad_lite.notation import formula as f
from tinygrad_lite.pictures import draw
from tinygrad_lite.pictures.edges.derivatives import SMALL
from tinygrad_lite.pictures.edges.numbers import matrix as matrix_lines
from tinygrad_lite.pictures.view.model import Edge

N = 3  # the length of every axis, so that one length says where [j = k] is 1


@tg.composite
def layer(x: Any, w: Any) -> Any:
    return tg.sigmoid(x @ w)


@tg.composite
def scaled(x: Any) -> Any:
    return x / np.sqrt((x * x).sum())


@tg.composite
def centred(x: Any) -> Any:
    return x - np.mean(x, axis=-1, keepdims=True)


@tg.composite
def deep(x: Any, w: Any) -> Any:
    return np.tanh(x @ w) @ w


def through_linear(x: Any, w: Any, b: Any) -> Any:
    linear = tg.nn.Linear(N, N, rng=0)
    linear.weight, linear.bias = w, b
    return linear(x)


FUNCTIONS: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "softmax": (lambda x: tg.softmax(x), [(N,)]),
    "rows of softmax": (lambda x: tg.softmax(x), [(N, N)]),
    "linear": (through_linear, [(N, N), (N, N), (N,)]),
    "layer": (layer, [(N, N), (N, N)]),
    "scaled": (scaled, [(N,)]),
    "centred": (centred, [(N, N)]),
    "deep": (deep, [(N, N), (N, N)]),
    "product": (lambda x, w: x @ w, [(N, N), (N, N)]),
    "cumsum": (lambda x: np.cumsum(x, axis=0), [(N,)]),
}


def drawn(name: str, full: bool = True) -> tuple[list[Any], list[Edge]]:
    """The inputs of a function at random numbers, and its edges with a full Jacobian."""
    function, shapes = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    inputs = [tg.Tensor(rng.normal(size=s), requires_grad=True, name=n) for s, n in zip(shapes, "xwb", strict=False)]
    box = function(*inputs)
    box.name = "a"
    return inputs, [e for e in draw(box, grads=True).view.edges if e.kind == "full"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_matrix_is_that_of_differences(name: str) -> None:
    function, _ = FUNCTIONS[name]
    inputs, edges = drawn(name)
    assert edges
    for edge in edges:
        place = [x is edge.source.tensor for x in inputs].index(True)
        columns = []
        for j in range(edge.source.tensor.size):
            sides = []
            for h in (1e-6, -1e-6):
                moved = [x.numpy().copy() for x in inputs]
                moved[place].reshape(-1)[j] += h
                sides.append(function(*map(tg.Tensor, moved)).numpy().reshape(-1))
            columns.append((sides[0] - sides[1]) / 2e-6)
        assert edge.jacobian == pytest.approx(np.stack(columns, axis=1), abs=1e-8)


ELEMENTS = {
    "softmax": ["∂a_j/∂x_k = a_j ([j = k] − a_k)"],
    "rows of softmax": ["∂a_ij/∂x_kl = a_ij ([j = l] − a_il) [i = k]"],
    "linear": ["∂a_jk/∂x_lp = w_pk [j = l]", "∂a_jk/∂w_lp = x_jl [k = p]"],
    "scaled": ["∂a_i/∂x_j = ([i = j] Σ_k x_k² − x_i x_j)/(Σ_k x_k²)^(3/2)"],
    "deep": ["", ""],  # tanh′ of a value inside, which has no name in the picture
    "product": ["", ""],
}


@pytest.mark.parametrize("name", ELEMENTS)
def test_the_formula_of_its_elements(name: str) -> None:
    assert [edge.elements for edge in drawn(name)[1]] == ELEMENTS[name]


def laid(formula: f.Notation, letters: str, values: dict[str, Any]) -> Any:
    """The array that a formula is, with an axis for each of these letters."""
    own = "".join(c for c in LETTERS if c in letters)
    wide = np.broadcast_to(value(formula, values), [N if c in letters else 1 for c in LETTERS])
    return np.einsum(f"{own}->{letters}", wide.reshape((N,) * len(own)))


def matrix(formula: f.Notation, values: dict[str, Any]) -> Any:
    """The value of a product of matrices, and of what is computed element by element."""
    match formula:
        case f.Name(text=text):
            return values[text]
        case f.Power(base=base, exponent=f.Num(text="⊤")):
            return matrix(base, values).T
        case f.Times(parts=(left, right), sign="@"):
            return matrix(left, values) @ matrix(right, values)
    raise TypeError(f"{formula!r} is no product of matrices")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_formula_says_is_what_the_rules_compute(name: str) -> None:
    inputs, edges = drawn(name)
    for edge in edges:
        a, local = edge.target, edge.local
        values = {"length": N, a.name: a.value} | {str(t.name): t.numpy() for t in inputs}
        elements = edge.find()
        if isinstance(elements, f.Relation) and isinstance(elements.left, f.Partial):
            letters = "".join(elements.left.top.subs + elements.left.bottom.subs)  # type: ignore[attr-defined]
            assert laid(elements.right, letters, values).reshape(edge.jacobian.shape) == pytest.approx(edge.jacobian)
        if edge.formula is not None and local is not None:
            values["g"] = np.random.default_rng(1).normal(size=a.value.shape)
            letters = "".join(edge.letters)  # the axes of the input, as its symbol says
            found = laid(edge.formula, letters, values) if letters else matrix(edge.formula, values)
            assert found == pytest.approx(local.carry(values["g"]))


RULES = {
    "softmax": ["a_j (g_j − Σ_k a_k g_k)"],
    "rows of softmax": ["a_ij (g_ij − Σ_k a_ik g_ik)"],
    "linear": ["g @ wᵀ", "xᵀ @ g"],
    "product": ["g @ wᵀ", "xᵀ @ g"],
    "layer": ["Σ_j g_ij w_kj a_ij (1 − a_ij)", "Σ_i g_ij x_ik a_ij (1 − a_ij)"],
}


@pytest.mark.parametrize("name", RULES)
def test_the_rule_that_stands_on_the_edge(name: str) -> None:
    assert [edge.formula_text for edge in drawn(name)[1]] == RULES[name]


@pytest.mark.parametrize("seed", range(40))
def test_every_small_matrix_is_the_map_that_the_sweep_takes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for edge in draw(random_graph(seed), grads=True, fold=seed % 2 == 0).view.edges:
        small = edge.kind == "full" and max(edge.target.tensor.size, edge.source.tensor.size) <= SMALL
        assert (edge.jacobian is not None) == small
        if small and edge.local is not None:
            g = rng.normal(size=edge.target.tensor.shape)
            carried = edge.local.carry(g)
            assert (g.reshape(-1) @ edge.jacobian).reshape(carried.shape) == pytest.approx(carried)


def test_a_large_one_is_not_written_out() -> None:
    z = tg.Tensor(np.linspace(-1, 1, SMALL + 1), requires_grad=True, name="z")
    (edge,) = draw(tg.softmax(z)).view.edges
    assert edge.kind == "full"
    assert edge.jacobian is None
    assert edge.elements == ""


def test_the_text_shows_the_matrix_below_the_tree() -> None:
    text = draw(softmax_neurons(), grads=True).text()
    tree, below = text.split("\n\n")
    assert "[∂a/∂z_j: full 3×3 Jacobian g ↦ a_j (g_j − Σ_k a_k g_k)] z" in tree
    assert below.splitlines() == [
        "the Jacobian ∂a_j/∂z_k = a_j ([j = k] − a_k):",
        "[[  0.2247, −0.1598, −0.06496],",
        " [ −0.1598,  0.1837,  −0.0239],",
        " [−0.06496, −0.0239,  0.08885]]",
    ]


# --- in the page ---------------------------------------------------------------------------------------------------


@needs_graphviz
@in_browser
def test_a_click_on_an_edge_shows_its_matrix_and_a_box_has_a_button_for_it(tmp_path: Path) -> None:
    drawing = draw(softmax_neurons(), grads=True)
    (edge,) = [e for e in drawing.view.edges if e.jacobian is not None]
    page = drawing.to_html()
    said = "(() => ({ chosen: one('.edge.chosen')?.id, texts: all('#details p').map((p) => p.textContent), matrix: one('#details pre').textContent }))()"
    clicked, pressed = act(
        page,
        f"""press("last"); click(one("#{edge.id} text")); const clicked = {said};
        click(node("{edge.source.title}")); one("#details button").click(); return [clicked, {said}];""",
        tmp_path,
    )
    assert clicked == pressed
    assert clicked["chosen"] == edge.id
    assert clicked["texts"][1] == "∂a_j/∂z_k = a_j ([j = k] − a_k)"
    assert clicked["matrix"] == "\n".join(matrix_lines(edge.jacobian))
