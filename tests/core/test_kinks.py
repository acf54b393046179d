"""Where primitives have no derivative, or one that NumPy would get wrong: ties, zeros, powers, nan beside where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.differences import difference_gradients
from tinygrad_lite.core import primitives as p

NAN, INF = np.nan, np.inf


def slopes(f: Callable[..., Any], *xs: Any) -> list[Any]:
    """The gradient of the sum of f's elements by each input."""
    return list(tg.grad(lambda *a: np.sum(f(*a)), tuple(range(len(xs))))(*[np.asarray(x, float) for x in xs]))


def second(f: Callable[..., Any], x: Any) -> Any:
    """The gradient of the sum of the gradient's elements."""
    return slopes(lambda a: tg.grad(lambda b: np.sum(f(b)))(a), x)[0]


# --- kinks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "at_0"),
    [(tg.relu, 0.0), (np.abs, 0.0), (abs, 0.0), (lambda x: np.maximum(x, 0), 0.5), (lambda x: np.minimum(0, x), 0.5),
     (lambda x: tg.leaky_relu(x, 0.1), 0.1), (lambda x: np.clip(x, 0, 1), 0.5), (lambda x: np.linalg.norm(x), 0.0),
     (np.fabs, 0.0), (lambda x: np.copysign(x, -2.0), 0.0), (lambda x: np.hypot(x, 0.0), 0.0), (lambda x: np.fmax(x, 0), 0.5),
     (lambda x: np.fmin(0, x), 0.5)],
    ids=["relu", "np.abs", "abs", "np.maximum", "np.minimum", "leaky_relu", "np.clip", "np.linalg.norm", "np.fabs",
         "np.copysign", "np.hypot", "np.fmax", "np.fmin"],
)  # fmt: skip
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_slope_at_a_kink(f: Callable[..., Any], at_0: float, zero: float) -> None:
    assert slopes(f, [zero])[0] == [at_0]
    assert second(f, [zero]) == [0.0]


@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_two_that_tie_share_evenly(f: Any) -> None:
    x, y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])
    to_x, to_y = slopes(f, x, y)
    np.testing.assert_array_equal(to_x, np.where(x == y, 0.5, f(x, y) == x))
    np.testing.assert_array_equal(to_y, np.where(x == y, 0.5, f(x, y) == y))


def test_a_distance_of_0_has_derivative_0_by_both_of_its_sides() -> None:
    assert slopes(np.hypot, 0.0, 0.0) == [0.0, 0.0]
    assert tg.hessian(lambda v: np.hypot(v[0], v[1]))(np.zeros(2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("f", [np.max, np.min])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_all_that_tie_along_an_axis_share_evenly(f: Any, axis: Any, keepdims: bool) -> None:
    x = np.array([[1.0, 3.0, 3.0], [1.0, 1.0, 3.0]])
    winners = x == f(x, axis=axis, keepdims=True)
    (got,) = slopes(lambda x: f(x, axis=axis, keepdims=keepdims), x)
    np.testing.assert_allclose(got, winners / winners.sum(axis=axis, keepdims=True), rtol=1e-15)


@pytest.mark.parametrize("f", [np.max, np.min])
def test_infinities_tie_too(f: Any) -> None:
    np.testing.assert_array_equal(slopes(f, [INF, INF])[0], [0.5, 0.5])
    np.testing.assert_array_equal(slopes(f, [-INF, -INF])[0], [0.5, 0.5])


@pytest.mark.parametrize("f", [np.max, np.min])
def test_a_nan_wins_and_its_gradient_is_no_nan(f: Any) -> None:
    np.testing.assert_array_equal(slopes(f, [1.0, NAN, 2.0])[0], [0.0, 1.0, 0.0])


@pytest.mark.parametrize("f", [np.fmax, np.fmin])
def test_a_nan_is_not_taken_and_gets_no_gradient(f: Any) -> None:
    x, y = [NAN, 1.0, NAN, INF], [2.0, NAN, NAN, INF]
    to_x, to_y = slopes(f, x, y)
    np.testing.assert_array_equal(to_x, [0.0, 1.0, 0.0, 0.5])
    np.testing.assert_array_equal(to_y, [1.0, 0.0, 0.0, 0.5])


def test_a_bound_shares_its_gradient_with_what_lies_on_it() -> None:
    to_x, to_low, to_high = slopes(np.clip, [0.0, 1.0, 3.0, 2.0], [1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0])
    np.testing.assert_array_equal(to_x, [0.0, 0.5, 0.0, 0.5])
    np.testing.assert_array_equal(to_low, [1.0, 0.5, 0.0, 0.0])
    np.testing.assert_array_equal(to_high, [0.0, 0.0, 1.0, 0.5])


@pytest.mark.parametrize(
    "step",
    [np.trunc, np.fix, np.round, np.around, np.rint, np.sign, np.floor, np.ceil, lambda x: x.round(2), lambda x: x // 0.3,
     np.angle, np.signbit],
    ids=["trunc", "fix", "round", "around", "rint", "sign", "floor", "ceil", "x.round(2)", "//", "angle", "signbit"],
)  # fmt: skip
def test_a_step_is_recorded_and_passes_no_gradient(step: Callable[..., Any]) -> None:
    x = tg.Tensor([-1.25, 0.0, 2.5], requires_grad=True)
    made = step(x)
    assert made.inputs[0] is x
    assert not made.requires_grad
    (x + made).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0, 1.0])


def test_heaviside_at_0_is_its_second_input() -> None:
    to_x, at_0 = slopes(np.heaviside, [-1.0, 0.0, 2.0], [0.5, 0.5, 0.5])
    np.testing.assert_array_equal(to_x, [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(at_0, [0.0, 1.0, 0.0])


def test_a_remainder_has_slope_1_on_both_sides_of_its_steps() -> None:
    x = [-4.0, -2.5, 0.0, 2.0, 7.0]
    for f in (np.remainder, np.fmod, lambda x, y: divmod(x, y)[1]):
        assert slopes(lambda x, f=f: f(x, 2.0), x)[0].tolist() == [1.0] * 5
    np.testing.assert_array_equal(
        slopes(lambda y: np.remainder(np.array(x), y), [2.0] * 5)[0], [2.0, 2.0, 0.0, -1.0, -3.0]
    )
    np.testing.assert_array_equal(slopes(lambda y: np.fmod(np.array(x), y), [2.0] * 5)[0], [2.0, 1.0, 0.0, -1.0, -3.0])


# --- powers ----------------------------------------------------------------------------------------------------------


def test_0_to_the_0_has_derivative_0() -> None:
    assert slopes(lambda x: x**0, [0.0])[0] == [0.0]
    assert slopes(lambda x: x**0.0, [0.0, -1.0])[0].tolist() == [0.0, 0.0]
    assert slopes(np.power, [0.0], [0.0]) == [[0.0], [0.0]]
    assert second(lambda x: x**0, [0.0]) == [0.0]


@pytest.mark.parametrize(
    ("exponent", "values"),
    [(1, (0.0, 1.0, 0.0)), (1.0, (0.0, 1.0, 0.0)), (2, (0.0, 0.0, 2.0)), (2.0, (0.0, 0.0, 2.0)), (3, (0.0, 0.0, 0.0))],
)
@pytest.mark.parametrize("spelling", [lambda x, n: x**n, np.power, lambda x, n: x ** tg.Tensor(n)])
def test_whole_powers_at_0(exponent: float, values: tuple[float, ...], spelling: Any) -> None:
    f = lambda x: spelling(x, exponent)  # noqa: E731
    assert (f(np.float64(0.0)), slopes(f, 0.0)[0], second(f, 0.0)) == values


@pytest.mark.parametrize("exponent", [-2, -1, 0, 1, 2, 3, 4, 2.0, 3.0])
def test_a_constant_exponent_takes_no_log_of_a_negative_base(exponent: float) -> None:
    x = np.array([-2.0, -0.5, 1.5])
    f = lambda x: x**exponent  # noqa: E731
    np.testing.assert_allclose(slopes(f, x)[0], exponent * x ** (exponent - 1.0), rtol=1e-14)
    np.testing.assert_allclose(second(f, x), exponent * (exponent - 1.0) * x ** (exponent - 2.0), rtol=1e-14)


@pytest.mark.parametrize("exponent", [0.5, 1.5, -0.5, np.float64(2.5), np.array([0.5, 1.5])])
def test_powers_with_float_exponents(exponent: Any) -> None:
    x = np.array([0.5, 2.0])
    np.testing.assert_allclose(slopes(lambda x: x**exponent, x)[0], exponent * x ** (exponent - 1), rtol=1e-14)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
def test_a_power_of_0_does_not_depend_on_the_exponent(exponent: float) -> None:
    assert slopes(lambda y: tg.Tensor(0.0) ** y, exponent)[0] == 0.0
    assert slopes(lambda y: 0.0**y, exponent)[0] == 0.0
    assert slopes(lambda y: 0**y, exponent)[0] == 0.0


def test_a_number_to_a_power_that_is_differentiated() -> None:
    y = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_allclose(slopes(lambda y: 3**y, y)[0], 3**y * np.log(3), rtol=1e-15)


def test_an_infinite_slope_is_said_to_be_one() -> None:
    x = tg.Tensor([0.0], requires_grad=True)
    with pytest.warns(tg.NumericsWarning, match=r"power.*power below 1 has an infinite slope at 0"):
        (x**0.25).sum().backward()
    assert x.grad.numpy() == [INF]
    y = tg.Tensor([0.0], requires_grad=True)
    with pytest.warns(tg.NumericsWarning, match=r"sqrt.*the root has an infinite slope at 0"):
        np.sqrt(y).sum().backward()
    assert y.grad.numpy() == [INF]


# --- products with zeros -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "x", [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.0], [2.0], [1.0, 2.0, 0.0, 4.0, 5.0]]
)
def test_prod_at_zeros_to_second_order(x: list[float]) -> None:
    x = np.array(x)
    without = [np.prod(np.delete(x, i)) for i in range(len(x))]
    np.testing.assert_allclose(slopes(np.prod, x)[0], without, rtol=1e-15)
    twice = [[np.prod(np.delete(x, [i, j])) if i != j else 0.0 for j in range(len(x))] for i in range(len(x))]
    np.testing.assert_allclose(tg.hessian(np.prod)(x), twice, rtol=1e-15)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_prod_over_axes(axis: Any, keepdims: bool) -> None:
    x = np.arange(12.0).reshape(2, 3, 2) - 4  # has a zero
    np.testing.assert_array_equal(tg.Tensor(x).prod(axis, keepdims=keepdims), x.prod(axis, keepdims=keepdims))
    f = lambda x: np.sum(np.prod(x, axis=axis, keepdims=keepdims) ** 2) / 1e6  # noqa: E731
    np.testing.assert_allclose(tg.grad(f)(x), difference_gradients(f, [x])[0], rtol=1e-9, atol=1e-9)


def test_the_product_of_nothing_is_1() -> None:
    value, g = tg.value_and_grad(lambda x: np.prod(x))(np.empty((0, 2)))
    assert value == 1.0
    assert g.shape == (0, 2)


# --- choices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_where_keeps_what_was_not_chosen_out_of_the_gradient(bad: float) -> None:
    x = np.array([1.0, bad, 3.0])
    chosen = lambda x: np.where(np.isfinite(x), x, 0.0) ** 3  # noqa: E731
    np.testing.assert_array_equal(slopes(chosen, x)[0], [3.0, 0.0, 27.0])
    np.testing.assert_array_equal(second(chosen, x), [6.0, 0.0, 18.0])
    upstream = np.array([bad, 2.0, bad])  # nor does it let through what comes from above for the other branch
    other = tg.vjp(lambda x: np.where(np.isfinite(x), 0.0, x), x)[1](upstream)[0]
    np.testing.assert_array_equal(other, [0.0, 2.0, 0.0])


def test_where_with_the_dangerous_value_set_aside_first() -> None:
    safe_log = lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0)  # noqa: E731
    np.testing.assert_array_equal(slopes(safe_log, [0.0, 2.0])[0], [0.0, 0.5])
    np.testing.assert_array_equal(second(safe_log, [0.0, 2.0]), [0.0, -0.25])


def test_a_branch_that_was_not_chosen_can_still_spoil_its_own_gradient_and_says_so() -> None:
    x = tg.Tensor([0.0, 2.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        unsafe = np.where(x > 0, np.log(x), 0.0).sum()
    with pytest.warns(tg.NumericsWarning, match="log"):
        unsafe.backward()
    assert np.isnan(x.grad.numpy()[0])  # 0/0: the textbook trap, which the form above avoids
    assert x.grad.numpy()[1] == 0.5


def test_the_condition_of_where_gets_no_gradient() -> None:
    c = tg.Tensor([1.0, 0.0], requires_grad=True)
    x = tg.Tensor([5.0, 6.0], requires_grad=True)
    p.where(c, x, 2.0 * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0, 2.0])
    assert c.grad is None


# --- 0 log 0 ---------------------------------------------------------------------------------------------------------


def test_0_log_0_is_0_and_so_is_its_slope_by_the_inside() -> None:
    assert p.xlogy(0.0, 0.0) == 0.0
    assert p.xlog1py(0.0, -1.0) == 0.0
    assert slopes(lambda y: p.xlogy(0.0, y), [0.0]) == [[0.0]]
    assert slopes(lambda y: p.xlog1py(0.0, y), [-1.0]) == [[0.0]]
    assert second(lambda y: p.xlogy(0.0, y), [0.0]) == [0.0]


def test_logaddexp_is_right_in_both_tails() -> None:
    for far in (800.0, -800.0, 40.0):
        to_x, to_y = slopes(np.logaddexp, far, 0.0)
        assert to_x == tg.sigmoid(far)
        assert to_y == pytest.approx(float(tg.sigmoid(-far)), rel=1e-14, abs=0)
    assert slopes(np.logaddexp, 0.0, 0.0) == [0.5, 0.5]
    (curve,) = [second(lambda x: np.logaddexp(x, 0.0), [40.0, -40.0])]
    np.testing.assert_allclose(curve, np.exp(-40.0), rtol=1e-14)
