"""The gradient by one tensor has the lines that it has among those of all: whoever asks, stations are the same."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.derivations.course import ENTRIES
from tests.helpers.nets import NETS, layered
from tests.helpers.slow import slow
from tests.helpers.spellings import M, normal, targets
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.errors import DerivationError


def lines(derivation: Derivation) -> list[str]:
    """Each line with its left side."""
    return [f"{s.left} = {s.right}   {s.reason}" for s in derivation.steps]


@pytest.mark.parametrize("net", [*list(NETS)[::4], *slow(*(net for place, net in enumerate(NETS) if place % 4))])
def test_each_parameter_alone_has_the_lines_that_it_has_among_all(net: str) -> None:
    cost, parameters = NETS[net]()
    whole = derive(cost, wrt=parameters)
    gradients = tg.pull_back([cost], [np.float64(1)], parameters)
    for (name, formula), tensor, gradient in zip(whole.formulas.items(), parameters, gradients, strict=True):
        alone = derive(cost, wrt=tensor)
        assert list(alone.formulas) == [name]
        assert str(alone.formula) == str(formula)
        mine = {s.left for s in alone.steps}
        assert lines(alone) == [text for text, s in zip(lines(whole), whole.steps, strict=True) if s.left in mine]
        np.testing.assert_allclose(alone.formula.evaluate(), gradient, rtol=1e-9, atol=1e-12)
        said = ("is the number of examples", "has one 1 in each row")
        assert not [note for note in alone.notes if not any(words in note for words in said)]


SEVERAL = [entry for entry in ENTRIES if len(entry.textbook) > 1]


@pytest.mark.parametrize("start", slow(*range(12)))
def test_each_parameter_of_the_course_alone_has_its_lines(start: int) -> None:
    for entry in SEVERAL[start::12]:
        values = entry.build()
        leaves = [values[name] for name in entry.textbook]
        whole = derive(values["C"], wrt=leaves)
        for leaf, formula in zip(leaves, whole.formulas.values(), strict=True):
            alone = derive(values["C"], wrt=leaf)
            mine = {s.left for s in alone.steps}
            assert str(alone.formula) == str(formula)
            assert lines(alone) == [text for text, s in zip(lines(whole), whole.steps, strict=True) if s.left in mine]


def test_only_the_lines_on_the_path_are_shown() -> None:
    cost, (_, _, w2, *_) = layered(3, cost="quadratic")
    alone = derive(cost, wrt=w2)
    assert not [s.left for s in alone.steps if "W⁽¹⁾" in s.left or "b" in s.left or "W⁽³⁾" in s.left]
    assert [left.text + left.layer for left, _ in alone.given()] == ["C", "a3", "z3", "a2", "z2", "a1"]


def test_the_last_layer_alone_reaches_the_closed_form_of_the_lecture() -> None:
    """(15): the hidden layer is a¹, whatever computed it."""
    cost, (_, _, w2, b2) = layered(2, cost="log_likelihood")
    assert str(derive(cost, wrt=w2).formula) == "(1/m) Σ_i a⁽¹⁾_ik (a⁽²⁾_ij − y_ij)"
    assert str(derive(cost, wrt=b2).formula) == "(1/m) Σ_i (a⁽²⁾_ij − y_ij)"


def test_a_tensor_in_between_is_something_to_derive_by() -> None:
    x, w, b = normal((M, 3), "x", 0), normal(3, "w", 1, True), normal((), "b", 2, True)
    z = x @ w + b
    a = tg.sigmoid(z)
    cost = tg.cross_entropy(a, targets(M))
    assert str(derive(cost, wrt=z).formula) == "(a_i − y_i)/m"
    assert str(derive(cost, wrt=a).formula) == "(a_i − y_i)/(m a_i (1 − a_i))"
    half = a / 2 + 1
    other = np.sum(half**3 * np.exp(half))
    assert str(derive(other, wrt=half).formula) == "e^(u_i) u_i² (3 + u_i)"
    assert not any(s.left.startswith("∂C/∂w") for s in derive(other, wrt=half).steps)


def test_another_parameter_may_pass_what_has_no_formula() -> None:
    w, v = normal(3, "w", 1, True), normal(3, "v", 2, True)
    cost = np.sum(w * np.sinc(v))
    np.testing.assert_allclose(derive(cost, wrt=w).formula.evaluate(), np.sinc(v.numpy()))
    with pytest.raises(DerivationError, match="cannot derive through 'sinc'"):
        derive(cost, wrt=v)
