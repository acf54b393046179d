"""Data without a name: what a derivation may say of it, and that equal numbers alone make no two arrays the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.core.scopes import UNFOLDED, recorded

TARGETS = {
    "ones": [1.0, 1.0], "zeros": [0.0, 0.0], "halves": [0.5, 0.5], "quarters": [0.25, 0.25], "mixed": [1.0, 0.0],
    "equal to the weight": [0.3, 0.6],
}  # fmt: skip


def weight(dtype: Any = float) -> tg.Tensor:
    return tg.Tensor([0.3, 0.6], requires_grad=True, name="a", dtype=dtype)


def cost_line(derivation: Any) -> str:
    return str(derivation.text().splitlines()[0])


@pytest.mark.parametrize("kind", ["plain", "tensor", "float32"])
@pytest.mark.parametrize("target", TARGETS)
def test_targets_are_the_y_of_cross_entropy_whatever_their_numbers(target: str, kind: str) -> None:
    if target == "halves" and (kind == "float32" or UNFOLDED.get()):  # float32: of another dtype than the outputs
        pytest.skip("the body runs: where y is one half, 1 - y is not claimed, see below")
    y: Any = np.array(TARGETS[target], np.float32 if kind == "float32" else float)
    a = weight()
    d = tg.derive(tg.cross_entropy(a, tg.Tensor(y) if kind == "tensor" else y), wrt=a)
    assert cost_line(d) == "C = −(1/m) Σ_i (y_i log a_i + (1 − y_i) log(1 − a_i))"
    assert str(d.formula) == "(a_i − y_i)/(m a_i (1 − a_i))"


@pytest.mark.parametrize("target", ["ones", "zeros", "quarters", "mixed"])
def test_a_composite_s_argument_is_known_where_one_minus_it_was_not_recorded(target: str) -> None:
    """Under `recorded(unfolded=True)` the graph has only the numbers of y and of 1 − y."""
    with recorded(unfolded=True):
        a = weight()
        cost = tg.cross_entropy(a, np.array(TARGETS[target]))
        with_logits = tg.cross_entropy_with_logits(a, np.array(TARGETS[target]))
    assert str(tg.derive(cost, wrt=a).formula) == "(a_i − y_i)/(m a_i (1 − a_i))"
    assert cost_line(tg.derive(with_logits, wrt=a)) == "C = (1/m) Σ_i (log(1 + e^(a_i)) − a_i y_i)"


def test_where_an_argument_is_one_half_neither_y_nor_one_minus_y_is_claimed() -> None:
    @tg.composite
    def cost(a: Any, y: Any) -> Any:
        return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))

    a = weight()
    assert cost_line(tg.derive(cost(a, np.full(2, 0.5)), wrt=a)) == "C = −Σ_i (y_i log a_i + t_i log(1 − a_i))"
    assert cost_line(tg.derive(cost(a, np.ones(2)), wrt=a)) == "C = −Σ_i (y_i log a_i + (1 − y_i) log(1 − a_i))"


def test_an_argument_that_was_written_to_afterwards_is_not_what_the_graph_has() -> None:
    @tg.composite
    def cost(a: Any, y: Any) -> Any:
        return np.sum((y - a) ** 2)

    a, y = weight(), np.array([1.0, 0.0])
    c = cost(a, y)
    y[:] = 0.25
    d = tg.derive(c, wrt=a)
    np.testing.assert_allclose(d.evaluate(), 2 * (a.data - [1.0, 0.0]))


LINES: dict[str, tuple[Any, Any]] = {
    "the same": ([0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]),
    "not": ([0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]),
    "twice and one": ([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0]),
    "two points": ([1.0, 2.0], [3.0, 5.0]),
}


@pytest.mark.parametrize("make", [np.array, tg.Tensor], ids=["plain", "tensor"])
@pytest.mark.parametrize("line", LINES)
def test_inputs_and_targets_stay_apart_whatever_line_goes_through_them(line: str, make: Callable[[Any], Any]) -> None:
    x, y = LINES[line]
    w, b = (tg.Tensor(v, requires_grad=True, name=n) for v, n in ((0.5, "w"), (0.1, "b")))
    named = tg.derive(np.sum((tg.Tensor(x, name="x") * w + b - make(y)) ** 2), wrt=w)
    assert str(named.formula) == "2 Σ_i x_i (z_i − y_i)"
    plain = tg.derive(np.sum((make(x) * w + b - make(y)) ** 2), wrt=w)
    assert str(plain.formula) == "2 Σ_i y_i (z_i − t_i)"
    assert any("y and t are two arrays without a name" in note for note in plain.notes) == (line in ("the same", "not"))
    assert not any("without a name" in note for note in named.notes)


def test_the_order_in_which_the_graph_uses_data_names_it_and_not_where_it_lies_in_memory() -> None:
    for _ in range(20):
        keep = [np.empty(3) for _ in range(np.random.default_rng(0).integers(9))]
        a = tg.Tensor([0.3, 0.6, 0.1], requires_grad=True, name="a")
        one, two = np.array([2.0, 3.0, 4.0]), np.array([5.0, 6.0, 8.0])
        del keep
        assert cost_line(tg.derive(np.sum(one * np.log(a) + two * a**3), wrt=a)) == "C = Σ_i (y_i log a_i + t_i a_i³)"
        assert cost_line(tg.derive(np.sum(two * a**3 + one * np.log(a)), wrt=a)) == "C = Σ_i (y_i a_i³ + t_i log a_i)"


def test_a_cost_wider_than_its_parameter_is_checked_as_exactly_as_the_parameter_allows() -> None:
    a = weight(np.float32)
    cost = tg.cross_entropy(a, np.ones(2))
    assert cost.dtype == np.float64
    assert str(tg.derive(cost, wrt=a).formula) == "(a_i − y_i)/(m a_i (1 − a_i))"
