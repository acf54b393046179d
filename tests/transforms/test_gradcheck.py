"""tg.gradcheck passes what is right, and says where and by how much something is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite import differences, errors
from tinygrad_lite.core.primitives import TABLE, Primitive

X = np.array([[0.5, -1.5], [2.0, 0.25]])
Y = np.array([3.0, -0.5])


@pytest.fixture
def wrong_cube() -> Iterator[Primitive]:
    """x³ with 2 x² for its derivative."""
    yield Primitive(
        "wrong_cube", lambda x: x**3, [lambda g, out, x: g * 2 * x * x], kind="elementwise", source="{0} ** 3"
    )
    del TABLE["wrong_cube"]


def message(call: Any) -> str:
    with pytest.raises(errors.GradcheckError) as caught:
        call()
    assert isinstance(caught.value, AssertionError)
    return str(caught.value)


def numbers(text: str) -> tuple[float, float]:
    found = re.search(r"got (\S+), expected (\S+) ", text)
    assert found is not None
    return float(found[1]), float(found[2])


# --- right -------------------------------------------------------------------------------------------------------------


def test_right_derivatives_pass() -> None:
    assert tg.gradcheck(lambda x, y: np.exp(x) @ y, X, Y) is True
    assert tg.gradcheck(lambda x: tg.sigmoid(x).sum(), X) is True


@pytest.mark.parametrize(
    "number", [2.0, np.float64(2.0), np.array(2.0), tg.Tensor(2.0)], ids=lambda n: type(n).__name__
)
def test_scalars(number: Any) -> None:
    assert tg.gradcheck(lambda x: x**3, number)
    assert tg.gradcheck(lambda x, y: x * y, number, 3.0)


@pytest.mark.parametrize("inputs", [(X,), (tg.Tensor(X),), (X.tolist()[0][0],)], ids=["array", "Tensor", "number"])
def test_inputs_keep_their_values(inputs: Any) -> None:
    before = [np.array(getattr(x, "_array", x)) for x in inputs]
    assert tg.gradcheck(np.exp, *inputs)
    for x, old in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(np.array(getattr(x, "_array", x)), old)


def test_a_tensor_that_tracks_a_gradient_keeps_it_to_itself() -> None:
    t = tg.Tensor(X, requires_grad=True)
    assert tg.gradcheck(np.exp, t)
    assert t.grad is None


def test_keywords_are_handed_to_the_function() -> None:
    assert tg.gradcheck(tg.softmax, X, axis=0)
    assert tg.gradcheck(lambda x, *, power: x**power, X, power=2)
    seen: list[Any] = []
    tg.gradcheck(lambda x, flag=False: seen.append(flag) or x * 2.0, 1.0, flag="kept")
    assert set(seen) == {"kept"}


def test_nested_parameters() -> None:
    assert tg.gradcheck(lambda p: (p["w"] @ p["b"][0]) * p["b"][1], {"w": X, "b": [Y, np.array(2.0)]})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float32_gets_the_step_and_the_tolerance_of_float32(dtype: Any) -> None:
    x = X.astype(dtype)
    assert tg.gradcheck(lambda x: tg.sigmoid(x) * np.exp(x), x)
    assert tg.gradcheck(lambda x: np.sum(x * x), 100 * x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_of_any_size(dtype: Any) -> None:
    assert tg.gradcheck(lambda x: x * x, np.array([1e-6, 1.0, 1e4, -1e6], dtype))
    assert tg.gradcheck(np.sin, np.array([0.0, 1e-8, 1e-3], dtype))


def test_strong_curvature_is_no_false_alarm() -> None:
    assert tg.gradcheck(np.log, np.array([0.01, 0.02, 0.1]))
    assert tg.gradcheck(lambda x: 1 / x, np.array([0.01, -0.02]))
    assert tg.gradcheck(lambda x: np.exp(20 * x), np.array([0.5, 1.0]))


def test_second_derivatives_can_be_checked() -> None:
    assert tg.gradcheck(tg.grad(lambda x: np.sum(np.exp(x) * x)), X)


def test_constants_and_empty_inputs_have_nothing_to_be_wrong() -> None:
    assert tg.gradcheck(lambda x: np.zeros(3) + 0 * x.sum(), X)
    assert tg.gradcheck(lambda x: x * 2, np.empty((0, 2)))
    assert tg.gradcheck(lambda x: 3.0, 1.0)
    assert tg.gradcheck(lambda x: np.sign(x) + 0.0 * x, X)


# --- wrong -------------------------------------------------------------------------------------------------------------


def test_a_wrong_rule_is_found_with_input_index_got_and_expected(wrong_cube: Primitive) -> None:
    text = message(lambda: tg.gradcheck(wrong_cube, X))
    assert "result[0, 0]" in text
    assert "input 0[0, 0]" in text
    got, expected = numbers(text)
    assert got == pytest.approx(2 * X[0, 0] ** 2, rel=1e-8)
    assert expected == pytest.approx(3 * X[0, 0] ** 2, rel=1e-8)


def test_the_first_wrong_element_is_named_among_right_ones(wrong_cube: Primitive) -> None:
    def f(x: Any, y: Any) -> Any:
        return np.concatenate([x, y[:1], wrong_cube(y[1:])])

    text = message(lambda: tg.gradcheck(f, X[0], Y))
    assert "result[3]" in text
    assert "input 1[1]" in text
    assert numbers(text) == pytest.approx((2 * Y[1] ** 2, 3 * Y[1] ** 2), rel=1e-8)


def test_a_lost_path_is_found() -> None:
    text = message(lambda: tg.gradcheck(lambda x: x * tg.stop_gradient(x), np.array([3.0])))
    assert numbers(text) == pytest.approx((3.0, 6.0), rel=1e-8)
    text = message(lambda: tg.gradcheck(lambda x: x.detach() * 1.0 + 0 * x, 3.0))
    assert "by input 0 is wrong" in text
    assert numbers(text) == pytest.approx((0.0, 1.0), abs=1e-8)


def test_a_lost_constant_is_found() -> None:
    text = message(lambda: tg.gradcheck(tg.stop_gradient, np.array([1.0, 2.0])))
    assert numbers(text) == pytest.approx((0.0, 1.0), abs=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_error_of_a_thousandth_is_found(dtype: Any) -> None:
    def slightly(x: Any) -> Any:  # value x², slope 2.01 x (2.0002 x)
        off = 0.005 if dtype == np.float32 else 0.0001
        return x * x + off * (x * x - tg.stop_gradient(x * x))

    message(lambda: tg.gradcheck(slightly, np.array([1.0, -2.0], dtype)))


def test_a_wrong_slope_is_found_beside_a_large_one() -> None:
    def f(x: Any) -> Any:  # the wrong element is 1e-3 of the right one beside it
        return np.stack([1000.0 * x, tg.stop_gradient(x)])

    text = message(lambda: tg.gradcheck(f, 1.0))
    assert "result[1]" in text


def test_a_wrong_sign_a_lost_half_and_a_nan_are_found() -> None:
    for slope in (-1.0, 0.5, np.nan):
        bad = Primitive("bad", lambda x: x + 0.0, [lambda g, out, x, s=slope: g * s], kind="elementwise", source="{0}")
        try:
            text = message(lambda bad=bad: tg.gradcheck(bad, 2.0))
        finally:
            del TABLE["bad"]
        assert f"got {slope:.10g}" in text


def test_tolerances_and_step_are_the_callers(wrong_cube: Primitive) -> None:
    assert tg.gradcheck(wrong_cube, 1.0, rtol=0.5)
    assert tg.gradcheck(wrong_cube, 1.0, atol=1.5)
    message(lambda: tg.gradcheck(wrong_cube, 1.0, rtol=0.1))
    seen: list[float] = []
    tg.gradcheck(lambda x: seen.append(x.item()) or x**3, 1.0, eps=0.25)
    assert {0.75, 1.25} <= set(seen)
    with pytest.raises(errors.GradientError, match="eps=1e-30"):
        tg.gradcheck(lambda x: x**3, 1.0, eps=1e-30)


# --- where differences are hard ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_small_derivative_is_compared_relative_to_itself(dtype: Any) -> None:
    x = np.array([0.5, -1.25], dtype)
    f = lambda x: 1e-9 * np.sin(x)  # noqa: E731
    assert tg.gradcheck(f, x)
    for wrong in (lambda x: 2 * tg.stop_gradient(f(x)) - f(x), lambda x: 1.01 * f(x) - 0.01 * tg.stop_gradient(f(x))):
        message(lambda wrong=wrong: tg.gradcheck(wrong, x))


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.log, [1e-8, 1e-30]),
        (np.cos, [0.0, 1e-8, 1e8]),
        (np.sin, [np.pi / 2, 1e8, 1e-8]),
        (lambda x: np.tanh(1e7 * x), [1e-7, 0.0, -3e-8]),
        (lambda x: np.exp(-((1e5 * (x - 1)) ** 2)), [1.0, 1.00001]),
        (lambda x: x ** (1 / 3), [1e-20, 1e-6]),
        (tg.relu, [1e-9, -1e-9, 1e-30]),
        (lambda x: np.abs(x - 1), [1 + 1e-6, 1 - 1e-6]),
        (lambda x: 1e6 + 1e-6 * np.sin(x), [0.5, 1.0]),
        (lambda x: (1e6 + 1e-6 * np.sin(x)) - 1e6, [0.5, 1.0]),
        (tg.sigmoid, [-800.0, -50.0, 50.0, 800.0]),
        (tg.tanh, [-20.0, 10.0, 50.0]),
        (lambda x: tg.softmax(x).sum(), [0.1, 1.0, -2.0]),
        (lambda x: (x - x.mean()).mean(), [0.1, 1.0, -2.0]),
        (lambda x: np.sin(0.1 * x), [1.234567e8]),
        (lambda x: (x.astype(np.float32) ** 2).astype(np.float64), [1.0, 2.0]),
        (lambda x: x[np.array([0, 0, 1])] ** 2, [1.0, 2.0]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steep_flat_bent_and_saturated_functions_pass(f: Any, x: Any, dtype: Any) -> None:
    assert tg.gradcheck(f, np.array(x, dtype))


def test_a_wrong_derivative_is_found_where_the_first_step_overflows() -> None:
    f = lambda x: np.exp(np.exp(1e7 * x))  # noqa: E731
    assert tg.gradcheck(f, 1e-10)
    message(lambda: tg.gradcheck(lambda x: f(x) + 0.01 * f(1e-10) * 1e7 * (x - tg.stop_gradient(x)), 1e-10))


def test_a_lost_path_is_found_where_the_first_step_leaves_a_narrow_peak() -> None:
    peak = lambda x: np.exp(-((1e7 * (x - 1)) ** 2))  # noqa: E731
    assert tg.gradcheck(peak, 1 + 1e-7)
    message(lambda: tg.gradcheck(lambda x: tg.stop_gradient(peak(x)), 1 + 1e-7))


def test_inputs_of_several_precisions() -> None:
    half, single = np.array([0.5, 1.5], np.float16), np.array([0.1, 0.2], np.float32)
    f = lambda a, b, c: np.sum(a * b) + np.sin(c) * a  # noqa: E731
    assert tg.gradcheck(f, half, single, 2.0)
    text = message(lambda: tg.gradcheck(lambda a, b, c: f(a, tg.stop_gradient(b), c), half, single, 2.0))
    assert "input 1[0]" in text


def test_an_error_in_the_inputs_own_precision_alone_is_found() -> None:
    rule = lambda g, out, x: g * 2 * x * (1.5 if x.dtype == np.float32 else 1)  # noqa: E731
    bad = Primitive("bad", lambda x: x * x, [rule], kind="elementwise", source="{0}")
    try:
        assert tg.gradcheck(bad, np.array([1.0, 2.0]))
        text = message(lambda: tg.gradcheck(bad, np.array([1.0, 2.0], np.float32)))
    finally:
        del TABLE["bad"]
    assert numbers(text) == (3.0, 2.0)


def without_longdouble(x: Any) -> Any:
    if x.dtype == np.longdouble:
        raise TypeError("array type float128 is unsupported in linalg")
    return np.exp(x) * x


def test_what_knows_no_longdouble_is_checked_in_its_own_precision() -> None:
    bad = Primitive("bad", without_longdouble, [lambda g, out, x: g * (out + np.exp(x))], kind="elementwise")
    try:
        assert tg.gradcheck(bad, X)
        message(lambda: tg.gradcheck(lambda x: 1.01 * bad(x) - 0.01 * tg.stop_gradient(bad(x)), X))
    finally:
        del TABLE["bad"]


@pytest.mark.parametrize("f", [np.linalg.inv, np.linalg.det, np.linalg.pinv, lambda a: np.linalg.solve(a, Y)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_linear_algebra_with_zeros_that_are_rounding(f: Any, dtype: Any) -> None:
    a = np.array([[0.3, 0.0], [0.7, -1.1]], dtype)
    assert tg.gradcheck(f, a)
    message(lambda: tg.gradcheck(lambda x: 1.01 * f(x) - 0.01 * tg.stop_gradient(f(x)), a))


def test_platforms_without_a_wider_type_use_float64(monkeypatch: pytest.MonkeyPatch, wrong_cube: Primitive) -> None:
    monkeypatch.setattr(differences, "WIDER", (np.float64, np.float64))
    assert tg.gradcheck(lambda x: tg.softmax(x) * np.exp(x), X)
    assert tg.gradcheck(lambda x: tg.softmax(x).sum(), X)
    assert "float64" in message(lambda: tg.gradcheck(wrong_cube, X))


@pytest.mark.parametrize("n", [3, 30])
def test_a_smooth_function_is_called_twice_per_element(n: int) -> None:
    calls: list[int] = []
    assert tg.gradcheck(lambda x: calls.append(1) or np.sin(x).sum(), np.linspace(0.1, 1, n))
    assert len(calls) <= 2 * n + 6


# --- refused ------------------------------------------------------------------------------------------------------------


def test_what_rounding_hides_is_never_called_right() -> None:
    with pytest.raises(errors.GradientError, match=r"cannot decide.*input 0.*large constants"):
        tg.gradcheck(lambda x: 1e6 + 1e-9 * np.sin(50 * x), 0.3)
    assert tg.gradcheck(lambda x: 1e6 + 1e-9 * np.sin(50 * x), 0.3, atol=1e-8)
    with pytest.raises(errors.GradientError, match="cannot decide"):
        tg.gradcheck(lambda x: np.sin(np.exp(x)), 77.5)


def test_a_kink_has_no_derivative_and_both_slopes_are_named() -> None:
    with pytest.raises(
        errors.GradientError, match=r"kink at input 0\[1\]: its slope is 0 on the left and 1 on the right"
    ):
        tg.gradcheck(tg.relu, np.array([1.0, 0.0]))
    assert tg.gradcheck(np.abs, 0.0)  # the mean of both slopes
    assert tg.gradcheck(np.maximum, X, X)


def test_the_end_of_a_domain_has_no_derivative() -> None:
    with pytest.warns(errors.NumericsWarning), pytest.raises(errors.GradientError, match="no values on both sides"):
        tg.gradcheck(np.sqrt, 0.0)
    assert tg.gradcheck(lambda a: tg.cross_entropy(a, np.array([1.0, 0.0])), np.array([1 - 1e-9, 1e-9]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_inf_have_no_derivative(bad: float) -> None:
    with pytest.raises(errors.GradientError, match=r"result\[1\] is (nan|inf)"):
        tg.gradcheck(lambda x: x * np.array([1.0, bad]), np.ones(2))
    with pytest.raises(errors.GradientError, match="input 0 holds nan or inf"):
        tg.gradcheck(np.exp, np.array([1.0, bad]))


def test_functions_that_draw_random_numbers_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(errors.GradientError, match="two values at the same inputs"):
        tg.gradcheck(lambda x: x * rng.random(), 1.0)
    assert tg.gradcheck(lambda x: x * np.random.default_rng(0).random(), 1.0)


def test_a_list_of_numbers_is_a_list_of_tensors_as_in_grad() -> None:
    assert tg.gradcheck(lambda x: x[0] * x[1], [2.0, 3.0])
    with pytest.raises(errors.DTypeError, match=r"list of numbers as a list of Tensors.*np\.array"):
        tg.gradcheck(np.exp, [0.5, 1.0])


def test_what_has_no_derivative_is_refused() -> None:
    with pytest.raises(errors.DTypeError, match=r"argument.*int64"):
        tg.gradcheck(lambda x: x * 1.0, np.array([1, 2]))
    with pytest.raises(errors.DTypeError, match=r"argument 1 has dtype int64.*close over"):
        tg.gradcheck(lambda x, y: x * y, 2.0, np.array([1, 2]))
    with pytest.raises(errors.DTypeError, match="bool"):
        tg.gradcheck(lambda x: x > 0, X)
    with pytest.raises(errors.GradientError, match="one Tensor; got tuple"):
        tg.gradcheck(lambda x: (x, x), X)
