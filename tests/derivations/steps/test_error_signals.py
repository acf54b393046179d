"""Deep nets read as the textbook's four equations, and every δ in a line was defined by a line before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.nets import NETS, layered
from tests.helpers.slow import slow
from tests.helpers.spellings import normal
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.notation.formula import Name, Notation


def signals(part: Any) -> Iterator[Name]:
    """The error signals in a formula."""
    if isinstance(part, tuple):
        for inner in part:
            yield from signals(inner)
    elif isinstance(part, Name) and part.text == "δ" and part.layer:
        yield Name(part.text, (), 0, part.layer)
    elif isinstance(part, Notation):
        for field in fields(part):
            yield from signals(getattr(part, field.name))


def lines(derivation: Derivation) -> list[str]:
    """The lines, with layers written without brackets."""
    return [str(step).replace("⁽", "").replace("⁾", "") for step in derivation.steps]


@pytest.mark.parametrize("net", [*list(NETS)[::4], *slow(*(net for place, net in enumerate(NETS) if place % 4))])
def test_every_error_signal_is_defined_before_it_is_used(net: str) -> None:
    cost, parameters = NETS[net]()
    defined: set[Name] = set()
    for step in derive(cost, wrt=parameters).steps:
        defined |= set() if step.continues else set(signals(step.nodes[0]))
        assert set(signals(step.nodes[1])) <= defined, str(step)


def test_the_four_equations() -> None:
    """Nielsen's BP1 to BP4 for two layers: δ², the step back to δ¹, and ∂C/∂b, ∂C/∂W of both."""
    cost, parameters = layered(2, cost="quadratic")
    rest = iter(lines(derive(cost, wrt=parameters)))
    for line in (
        "δ²_ij = ∂C/∂z²_ij",
        "δ²_ij = (a²_ij − y_ij)/m · σ′(z²_ij)",
        "∂C/∂W²_jk = Σ_i a¹_ik δ²_ij",
        "∂C/∂b²_j = Σ_i δ²_ij",
        "δ¹_ik = ∂C/∂z¹_ik",
        "δ¹_ik = (Σ_j W²_jk δ²_ij) · σ′(z¹_ik)",
        "∂C/∂W¹_kl = Σ_i x_il δ¹_ik",
        "∂C/∂b¹_k = Σ_i δ¹_ik",
    ):
        assert line in rest, line


def test_one_example_gives_the_lecture_s_18() -> None:
    """∂C/∂w_jk = a_k δ_j, with the δ of each layer."""
    x = normal(3, "x", 0)
    w1, w2 = normal((4, 3), "w1", 1, True), normal((2, 4), "w2", 2, True)
    cost = tg.quadratic_cost(tg.sigmoid(w2 @ np.tanh(w1 @ x)), normal(2, "y", 3))
    found = lines(derive(cost, wrt=[w1, w2]))
    assert any(line.endswith("= a¹_j δ²_i") or line.endswith("= a¹_k δ²_j") for line in found), found
    assert any("tanh′(z¹" in line and "δ²" in line for line in found)


def test_a_single_layer_needs_no_error_signal() -> None:
    """The lecture's (5) to (8), (14) and (15): what is above the weights is put in at once."""
    for cost in ("cross_entropy", "log_likelihood"):
        built, parameters = layered(1, cost=cost)
        assert not any("δ_ij" in line or "δ¹" in line for line in lines(derive(built, wrt=parameters)))


def test_two_weighted_inputs_without_layers_are_told_apart() -> None:
    """Two error signals would both be δ: they stay ∂C/∂u and ∂C/∂v."""
    x, w, v = normal((5, 3), "x", 0), normal((4, 3), "w", 1, True), normal((2, 4), "v", 2, True)
    u = x @ w.T
    u.name = "u"
    t = np.tanh(u) @ v.T
    t.name = "t"
    cost = np.mean((tg.sigmoid(t) - normal((5, 2), "y", 3)) ** 2)
    derivation = derive(cost, wrt=[w, v])
    assert not any("δ" in line for line in lines(derivation))
    assert str(derivation.formulas["w"]) == "Σ_i x_il ∂C/∂u_ik"


def test_a_name_of_the_user_s_is_no_error_signal() -> None:
    x, w1, w2 = normal((5, 3), "x", 0), normal((4, 3), "w1", 1, True), normal((2, 4), "w2", 2, True)
    shift = normal((), "delta2", 4, True)
    cost = np.mean((tg.sigmoid(np.tanh(x @ w1.T) @ w2.T) + shift - normal((5, 2), "y", 3)) ** 2)
    found = lines(derive(cost, wrt=[w1, w2]))
    assert any("Σ_j w²_jk ∂C/∂z²_ij" in line for line in found), found


def test_paths_through_several_steps_add_their_error_signals() -> None:
    """Backpropagation through time: the same weights at each step, one δ for each."""
    w, u = normal((3, 4), "w", 1, True), normal((3, 3), "u", 2, True)
    h: tg.Tensor = normal(3, "h0", 3)
    for n in (1, 2):
        h = np.tanh(w @ normal(4, f"x{n}", 3 + n) + u @ h)
        h.name = f"h{n}"
    derivation = derive(np.sum((h - normal(3, "y", 6)) ** 2) / 2, wrt=[w, u])
    assert str(derivation.formulas["w"]) == "x⁽¹⁾_k δ⁽¹⁾_j + x⁽²⁾_k δ⁽²⁾_j"
    assert str(derivation.formulas["u"]) == "h⁽⁰⁾_k δ⁽¹⁾_j + h⁽¹⁾_k δ⁽²⁾_j"


def test_a_deep_weight_ends_with_the_error_signal_of_its_layer() -> None:
    """BP4 for single numbers: x δ₁, and not what δ₁ is made of, which has a δ in it again."""
    w1, w2, b = (tg.Tensor(n, requires_grad=True, name=name) for n, name in ((0.4, "w1"), (0.7, "w2"), (0.1, "b")))
    x, y = tg.Tensor(1.5, name="x"), tg.Tensor(0.0, name="y")
    derivation = derive((y - tg.sigmoid(w2 * tg.sigmoid(w1 * x + b))) ** 2 / 2, wrt=[w1, w2, b])
    assert [str(f) for f in derivation.formulas.values()] == ["x δ₁", "a₁ (a₂ − y) a₂ (1 − a₂)", "δ₁"]
    assert "δ₁ = w₂ δ₂ · σ′(z₁)" in [str(step) for step in derivation.steps]
