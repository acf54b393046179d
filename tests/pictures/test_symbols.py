"""No label says what is false: each symbol means one thing, and each formula has the value that stands beside it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.label_graphs import label_graph
from tests.helpers.labels import evaluated, read_number
from tests.helpers.slow import slow
from tinygrad_lite.pictures import compare, draw
from tinygrad_lite.pictures.edges.numbers import constant, equals, one_line
from tinygrad_lite.pictures.edges.symbols import derivative_formula, named
from tinygrad_lite.pictures.outputs.story import steps
from tinygrad_lite.pictures.view.model import Edge, View


def meanings(view: View, result: Any) -> dict[str, tuple[Any, ...]]:
    """What each symbol of a picture means; one that means two things fails."""
    found: dict[str, tuple[Any, ...]] = {}
    said = [
        (b.symbol, (result if result.size == 1 else "the sum", b.tensor)) for b in view.boxes if b.gradient is not None
    ]
    for edge in (e for e in view.edges if e.local is not None):
        number = () if edge.alone else (edge.number,)
        said.append((edge.symbol, (edge.target.tensor, edge.source.tensor, *number)))
    for symbol, meaning in said:
        assert found.setdefault(symbol, meaning) == meaning, symbol
    return found


def total(edge: Edge, g: Any) -> Any:
    """What the engine's sweep from the target to the source brings, over all ways."""
    seed = g.astype(edge.target.tensor.dtype)
    return tg.pull_back([edge.target.tensor], [seed], [edge.source.tensor])[0]


def agree(got: Any, wanted: Any, single: bool, label: object) -> None:
    tolerance = (1e-4, 1e-5) if single else (1e-9, 1e-12)
    np.testing.assert_allclose(got, wanted, tolerance[0], tolerance[1], err_msg=str(label))


def check_edge(edge: Edge, values: dict[str, Any], g: Any, single: bool) -> None:
    """The symbol of an edge, and its formula at the values of the picture."""
    local = edge.local
    assert local is not None
    if edge.alone:
        agree(local.carry(g), total(edge, g), single, edge.symbol)
    if edge.formula is not None and edge.kind == "full":
        found = evaluated(edge.formula, {**values, edge.upstream: g}, edge.letters, edge.source.tensor.shape)
        agree(found, local.carry(g), single, edge.label())
    elif edge.formula is not None:
        found = evaluated(edge.formula, values, edge.letters, np.shape(edge.derivative))
        found = np.reshape(found, ()) if np.size(found) == 1 else found  # an axis of size 1 is none in a formula
        agree(np.broadcast_to(found, np.shape(edge.derivative)), edge.derivative, single, edge.label())


@pytest.mark.filterwarnings("ignore::tinygrad_lite.errors.NumericsWarning")  # some graphs have infinite slopes
@pytest.mark.parametrize("fold", [True, False], ids=["folded", "unfolded"])
@pytest.mark.parametrize("seed", [*range(60), *slow(*range(60, 120))])
def test_no_label_of_a_random_graph_says_what_is_false(seed: int, fold: bool) -> None:
    result = label_graph(seed)
    with np.errstate(all="ignore"):
        view = draw(result, fold=fold, grads=True, repeat=False).view
        values = {b.name: np.asarray(b.value, np.float64) for b in view.boxes}
        single = any(np.asarray(b.value).dtype == np.float32 for b in view.boxes)
        assert len(values) == len(view.boxes)
        meanings(view, result)
        rng = np.random.default_rng(seed)
        for edge in (e for e in view.edges if e.local is not None):
            check_edge(edge, values, rng.normal(size=edge.target.tensor.shape), single)


def test_the_random_graphs_have_what_makes_labels_hard() -> None:
    count: dict[str, int] = {}
    for seed in range(60):
        for edge in draw(label_graph(seed), grads=True, repeat=False).view.edges:
            kinds = {
                "formula": edge.formula is not None, "full": edge.kind == "full" and edge.formula is not None,
                "number": not edge.alone, "letters": edge.letters != (), "other upstream": edge.upstream != "g",
                "told apart": edge.source.name[-1] in "₁₂",
            }  # fmt: skip
            for kind, there in kinds.items():
                count[kind] = count.get(kind, 0) + there
    assert min(count.values()) >= 5, count


SIGNS = {"×": "*", "÷": "/", "−": "-", "²": "**2"}
FUNCTIONS = ("exp", "sin", "tanh", "log1p", "expm1", "cbrt", "arctan", "arctan2", "hypot", "logaddexp", "copysign")


def title_value(formula: str, values: dict[str, Any]) -> Any:
    """What the title of a box says, of signs and functions; None where it has words."""
    code = []
    for part in re.findall(r"[()×÷+−²,]|[^\s()×÷+−²,]+", formula):
        if part in SIGNS or part in "()+,":
            code.append(SIGNS.get(part, part))
        elif part in values:
            code.append(f"values[{part!r}]")
        elif part in FUNCTIONS:
            code.append(f"np.{part}")
        elif part.replace(".", "").isdigit():
            code.append(part)
        else:
            return None
    return eval(" ".join(code), {"np": np, "values": values})


def test_titles_say_how_values_were_computed() -> None:
    evaluated_titles = 0
    for seed in range(0, 180, 3):
        with np.errstate(all="ignore"):
            view = draw(label_graph(seed), fold=False, grads=False, repeat=False).view
            if any(np.asarray(b.value).dtype != np.float64 for b in view.boxes):
                continue
            values = {b.name: np.asarray(b.value) for b in view.boxes}
            for box in (b for b in view.boxes if b.formula):
                found = title_value(box.formula, values)
                if found is not None:
                    agree(found, box.value, False, box.title)
                    evaluated_titles += 1
    assert evaluated_titles > 100


# --- one thing at a time -------------------------------------------------------------------------------------------


def labels(drawing: Any) -> list[str]:
    return [" ".join(e.label()).strip() for e in drawing.view.edges]


def test_a_value_that_is_used_twice_has_a_local_derivative_for_each_input() -> None:
    u = tg.Tensor(5.0, requires_grad=True, name="u")
    y = u * np.sin(u) + u
    y.name = "y"
    drawing = draw(y, grads=True)
    assert {"∂₂y/∂u = 1.0", "∂₁v2/∂u = v1 = −0.9589", "∂v2/∂v1 = u = 5.0"} <= set(labels(drawing))
    assert "∂y/∂u = 1.459" in drawing.text()
    assert drawing.text().endswith("\n\n∂₁v2/∂u: how v2 changes with its input 1 alone")
    assert draw(np.sin(u)).view.notes == []
    assert labels(draw(u * u)) == ["∂₁v1/∂u = u = 5.0", "∂₂v1/∂u = u = 5.0"]


def test_a_way_that_the_picture_does_not_show_counts_too() -> None:
    u = tg.Tensor(2.0, requires_grad=True, name="u")
    z = u * 3.0
    assert labels(draw(z + u, upto=z)) == ["∂v2/∂v1 = 1.0", "∂₂v2/∂u = 1.0"]


def test_of_several_elements_the_sum_is_named() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    drawing = draw(x * x, grads=True)
    assert {b.symbol for b in drawing.view.boxes} == {"∂(Σ v1)/∂x", "∂(Σ v1)/∂v1"}
    assert {b.symbol for b in draw((x * x).sum(), grads=True).view.boxes} == {"∂v2/∂x", "∂v2/∂v1", "∂v2/∂v2"}


@pytest.mark.parametrize(
    ("left", "right", "by_left", "by_right"),
    [
        ((2, 3), (3, 4), "g @ wᵀ", "xᵀ @ g"), ((3,), (3, 4), "w @ g", "x ⊗ g"), ((2, 3), (3,), "g ⊗ w", "g @ x"),
        ((2, 2, 3), (3, 4), None, None), ((3,), (2, 3, 4), None, None), ((2, 2, 3), (3,), None, None),
    ],
)  # fmt: skip
def test_rules_of_products_are_right_for_vectors_and_not_claimed_for_stacks(
    left: Any, right: Any, by_left: str | None, by_right: str | None
) -> None:
    x = tg.Tensor(np.ones(left), requires_grad=True, name="x")
    w = tg.Tensor(np.ones(right), requires_grad=True, name="w")
    found = [e.formula_text or None for e in draw(x @ w).view.edges]
    assert found == [by_left, by_right]


def test_the_letter_of_the_upstream_gradient_is_one_that_the_picture_does_not_have() -> None:
    x, g = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="x"), tg.Tensor(np.ones((3, 4)), name="g")
    assert labels(draw(x @ g))[0] == "∂v1/∂x: full 8×6 Jacobian h ↦ h @ gᵀ"


def test_formulas_of_costs_have_numbers_for_sizes_and_indices_only_where_they_say_something() -> None:
    a, y = tg.Tensor(np.full((4, 2), 0.3), requires_grad=True, name="a"), tg.Tensor(np.ones((4, 2)), name="y")
    assert next(e.formula_text for e in draw(tg.quadratic_cost(a, y)).view.edges) == "(a − y)/4"
    x = tg.Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="x")
    (edge,) = draw(np.var(x)).view.edges
    assert (edge.symbol, edge.formula_text) == ("∂v1/∂x_ij", "(6 x_ij − Σ_kl x_kl)/18")
    x.name = "j"  # and not where a value is called as an index is
    assert draw(np.var(x)).view.edges[0].formula is None


def test_an_index_is_no_name_of_another_value() -> None:
    x = tg.Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="x")
    i = tg.Tensor(2.0, requires_grad=True, name="i")
    (edge, *_) = [e for e in draw(np.var(x) * i).view.edges if e.source.name == "x"]
    assert edge.formula is None


def test_eulers_number_is_no_value_called_e() -> None:
    @tg.composite
    def grown(v: Any) -> Any:
        return np.sum(np.exp(v) * 2.0)

    e = tg.Tensor(np.ones(3), requires_grad=True, name="e")
    assert draw(grown(e)).view.edges[0].formula_text == "2 exp(e)"


def test_a_formula_of_another_shape_is_none() -> None:
    x, w = tg.Tensor(np.ones(3), requires_grad=True, name="x"), tg.Tensor(np.ones((2, 3)), name="w")
    inputs = [named("x", x), named("w", w)]
    assert derivative_formula(x * w, 0, inputs, "v") is not None
    assert derivative_formula(x * w, 0, inputs, "v", "g") is None  # a sum is missing


def test_generated_names_are_none_that_are_given() -> None:
    a = tg.sigmoid(tg.Tensor(1.0, requires_grad=True, name="a.1") * tg.Tensor([1.0, 2.0], name="array 1"))
    a.name = "a"
    names = [b.name for b in draw(a * np.array([3.0, 4.0]), fold=False).view.boxes]
    assert len(set(names)) == len(names)
    assert {"a.1", "a.1.1", "array 1", "array 2"} <= set(names)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_constants_stand_in_full(dtype: Any) -> None:
    for x in np.random.default_rng(0).normal(size=200).astype(dtype) ** 9:
        assert dtype(read_number(constant(x))) == x
    u = tg.Tensor(2.0, requires_grad=True, name="u")
    assert draw(u * 1.0001).view.results[0].title == "v1 = u × 1.0001"
    assert labels(draw(u**3.25)) == ["∂v1/∂u = 3.25·u^2.25 = 15.46"]


def test_means_say_that_they_are_and_what_is_left_of_rounding_is_0() -> None:
    wide = np.linspace(-0.03, 0.03, 101)
    assert one_line(wide + 1e-18).startswith("mean 0.0, std 0.01749")
    assert one_line(wide + 0.001).startswith("mean 0.001, std")
    assert one_line(np.array([0.1 + 0.2, 0.3] * 8)) == "mean 0.3, std 0.0"
    assert one_line(np.array([1.0, 1.0 + 1e-9] * 8)) == "mean 1.0, std 5e−10"
    assert (equals(wide).split()[0], equals(wide[:2]).split()[0], equals(np.ones(9))) == ("with", "=", "= all 1.0")


def test_numbers_of_a_term_multiply_as_they_stand() -> None:
    for seed in range(40):
        for turn in steps(draw(label_graph(seed), grads=True, repeat=False).view):
            for term in turn.terms:
                parts = [p for p in getattr(term.text, "parts", ()) if not isinstance(p, str)]
                if len(parts) != 3:
                    continue
                g, d, amount = (np.asarray(p.numbers, np.float64) for p in parts)
                with np.errstate(all="ignore"):
                    product = g * d
                summed = "the sum of" in term.text
                assert summed or product.size == amount.size
                agree(product.sum() if summed else product, amount.sum() if summed else amount, True, term.text)


def test_a_sign_at_a_full_jacobian_is_explained_too() -> None:
    x = tg.Tensor(np.eye(2), requires_grad=True, name="x")
    assert draw(np.tanh(x) @ x).view.notes == ["∂₂v2/∂x: how v2 changes with its input 2 alone"]


def test_symbols_of_two_graphs_on_a_sheet_stand_apart() -> None:
    u = tg.Tensor(5.0, requires_grad=True, name="u")
    sheet = compare({"one": u * u, "other": u + u})
    assert len(sheet.view.notes) == 1
