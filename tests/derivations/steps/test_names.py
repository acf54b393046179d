"""Names: the user's are kept, those that would be written alike are told apart, and it is said."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.nets import layered
from tests.helpers.spellings import M, normal, targets
from tests.helpers.work import counted
from tinygrad_lite.derivations import derive


def test_two_tensors_of_one_name_are_numbered_and_it_is_said() -> None:
    x, one, two = normal((M, 3), "x", 0), normal(3, "w", 1, True), normal(3, "w", 2, True)
    derivation = derive(np.mean((x @ one * np.exp(x @ two)) ** 2), wrt=[one, two])
    assert set(derivation.formulas) == {"w1", "w2"}
    assert "2 tensors have the name 'w': here they are w⁽¹⁾, w⁽²⁾, the oldest first." in derivation.notes


@pytest.mark.parametrize(("one", "two"), [("x2", "x_2"), ("lambda", "λ"), ("W1", "W^1"), ("a b", "a_b")])
def test_names_that_are_written_alike_are_told_apart(one: str, two: str) -> None:
    u, v = tg.Tensor(0.3, requires_grad=True, name=one), tg.Tensor(0.7, requires_grad=True, name=two)
    derivation = derive(u * v**2, wrt=[u, v])
    first, second = (str(formula) for formula in derivation.formulas.values())
    assert first != second.removeprefix("2 ")
    lefts = {s.left for s in derivation.steps if not s.continues}
    assert len(lefts) == 2
    assert any(repr(two) in note for note in derivation.notes)


def test_names_that_are_kept_need_no_note() -> None:
    cost, parameters = layered(2, named=True)
    assert not any("the name" in note for note in derive(cost, wrt=parameters).notes)


def test_rosenbrock_has_powers_and_no_layers() -> None:
    x, y = (tg.Tensor(n, requires_grad=True, name=name) for n, name in ((1.3, "x"), (0.4, "y")))
    derivation = derive((1 - x) ** 2 + 100 * (y - x**2) ** 2, wrt=[x, y])
    assert derivation.text().startswith("C = (1 − x)² + 100 (y − x²)²\n")
    assert len(derivation.given()) == 1


def test_a_power_of_a_name_and_a_name_with_a_number() -> None:
    x, x2 = (tg.Tensor(n, requires_grad=True, name=name) for n, name in ((1.3, "x"), (0.4, "x2")))
    derivation = derive(x**2 * x2, wrt=[x, x2])
    assert derivation.text().startswith("C = x² x₂\n")
    assert str(derivation.formulas["x2"]) == "x²"


def test_lines_of_weights_stand_in_the_order_in_which_they_were_asked_for() -> None:
    """(7) and (8) have w before b, (14) and (15) have b before w."""
    x, w, b = normal((M, 3), "x", 0), normal(3, "w", 1, True), normal((), "b", 2, True)
    cost = tg.cross_entropy(tg.sigmoid(x @ w + b), targets(M))
    for order in ([w, b], [b, w]):
        lefts = [s.left for s in derive(cost, wrt=order).steps if s.left in ("∂C/∂w_j", "∂C/∂b")]
        assert lefts == [{"w": "∂C/∂w_j", "b": "∂C/∂b"}[str(t.name)] for t in order]


def test_twice_the_layers_take_twice_the_work() -> None:
    calls = []
    for depth in (4, 8):
        cost, parameters = layered(depth)
        with counted() as work:
            assert len(derive(cost, wrt=parameters).formulas) == 2 * depth
        calls.append(work.calls)
    assert calls[1] < 2.6 * calls[0]
