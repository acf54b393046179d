"""The elementwise functions beyond the lecture's: dtypes, constants of integers, tails, and derivatives of high order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import FLOATS, leaf, same
from tinygrad_lite.core.primitives import TABLE

OF_TWO = [
    np.arctan2, np.hypot, np.remainder, np.fmod, np.floor_divide, np.fmax, np.fmin, np.copysign, np.heaviside, np.logaddexp2,
    np.float_power, np.maximum, np.minimum, np.gcd, np.lcm, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift,
    np.right_shift, np.logical_xor,
]  # fmt: skip
OF_ONE = [
    np.arcsin, np.arccos, np.arctanh, np.arcsinh, np.arccosh, np.deg2rad, np.radians, np.rad2deg, np.degrees, np.trunc,
    np.fix, np.round, np.fabs, np.signbit, np.sinc, np.invert, np.conjugate, np.angle, np.isneginf, np.isposinf, np.real,
    np.imag, np.isreal, np.iscomplex,
]  # fmt: skip
DTYPES = [np.bool_, np.uint8, np.int64, np.float16, np.float32, np.float64]


def named(f: Any) -> str:
    return str(f.__name__)


# --- values and dtypes --------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # since NumPy 2.5
@pytest.mark.parametrize("f", OF_ONE, ids=named)
def test_one_input_of_any_dtype_gives_what_numpy_gives(f: Any) -> None:
    for dtype in DTYPES:
        array = np.array([1, 0, 1]).astype(dtype)
        with np.errstate(all="ignore"):
            try:
                expected = f(array)
            except TypeError:
                with pytest.raises(tg.errors.DTypeError):
                    f(tg.Tensor(array))
            else:
                same(f(tg.Tensor(array)), expected)


@pytest.mark.parametrize("f", OF_TWO, ids=named)
def test_two_inputs_of_any_dtypes_give_what_numpy_gives(f: Any) -> None:
    for left, right in itertools.product(DTYPES, DTYPES):
        x, y = np.array([1, 0, 3]).astype(left), np.array([2, 1, 1]).astype(right)
        try:
            expected = f(x, y)
        except TypeError:
            for a, b in ((tg.Tensor(x), y), (x, tg.Tensor(y))):
                with pytest.raises(tg.errors.DTypeError):
                    f(a, b)
        else:
            for a, b in ((tg.Tensor(x), y), (x, tg.Tensor(y)), (tg.Tensor(x), tg.Tensor(y))):
                same(f(a, b), expected)


def test_other_names_of_numpys_are_the_same_functions() -> None:
    t, n = leaf([0.25, 0.5]), tg.Tensor([1, 2])
    for f, name in [
        (np.asin, "arcsin"), (np.acos, "arccos"), (np.atan, "arctan"), (np.asinh, "arcsinh"), (np.atanh, "arctanh"),
        (lambda x: np.acosh(1 + x), "arccosh"), (lambda x: np.atan2(x, x), "arctan2"), (lambda x: np.pow(x, x), "power"),
        (lambda x: np.mod(x, x), "remainder"), (np.conj, "conjugate"), (np.abs, "absolute"),
    ]:  # fmt: skip
        assert f(t).made_by == name
    same(np.bitwise_not(n), ~n.numpy())
    same(np.bitwise_invert(n), ~n.numpy())
    same(np.bitwise_left_shift(n, 2), n.numpy() << 2)
    same(np.bitwise_right_shift(n, 1), n.numpy() >> 1)


def test_modf_and_divmod_at_infinity_and_minus_zero_are_numpys() -> None:
    x = np.array([-np.inf, np.inf, np.nan, -2.0, -0.0, 2.5])
    for got, expected in zip(np.modf(leaf(x)), np.modf(x), strict=True):
        same(got, expected)
        np.testing.assert_array_equal(np.signbit(got.detach().numpy()), np.signbit(expected))
    with np.errstate(all="ignore"):
        for divisor in (0.0, np.inf, -3.0):
            for got, expected in zip(divmod(leaf(x), divisor), np.divmod(x, divisor), strict=True):
                same(got, expected)


# --- constants of integers ---------------------------------------------------------------------------------------------

DIFFERENTIABLE = [
    f for f in OF_TWO if f is np.float_power or (f.__name__ in TABLE and TABLE[f.__name__].vjps is not None)
]
INTEGERS = [
    np.array([200, 3, 255], np.uint8), np.array([127, 100, 1], np.int8), np.array([2**63 - 1, 5, 1]),
    np.array([2**64 - 1, 7, 1], np.uint64),
]  # fmt: skip


@pytest.mark.parametrize("f", DIFFERENTIABLE, ids=named)
@pytest.mark.parametrize("constant", INTEGERS, ids=lambda a: str(a.dtype))
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=named)
def test_a_constant_of_integers_counts_as_its_value(f: Any, constant: Any, dtype: Any) -> None:
    def gradient(g: Callable[..., Any], x: Any) -> Any:
        t = leaf(x.astype(dtype))
        g(t).sum().backward()
        assert t.grad is not None
        return t.grad.numpy().astype(float)

    x = np.array([1.75, 0.5, 2.5])
    wide = constant.astype(float)
    if f is np.float_power:
        x, constant, wide = x / 2, constant % 5, wide % 5 if constant.max() < 256 else (constant % 5).astype(float)
    np.testing.assert_allclose(gradient(lambda t: f(t, constant), x), gradient(lambda t: f(t, wide), x), rtol=1e-6)
    np.testing.assert_allclose(gradient(lambda t: f(constant, t), x), gradient(lambda t: f(wide, t), x), rtol=1e-6)


@pytest.mark.parametrize("low", [np.array([0, 1, 2], np.uint8), np.array([-(2**63), 0, 2])], ids=lambda a: str(a.dtype))
@pytest.mark.parametrize(
    "high", [np.array([1, 200, 255], np.uint8), np.array([1, 3, 2**63 - 1])], ids=lambda a: str(a.dtype)
)
@pytest.mark.parametrize("dtype", FLOATS, ids=named)
def test_clip_between_extreme_integers(low: Any, high: Any, dtype: Any) -> None:
    x = np.array([1.5, 2.0, 1.0], dtype)
    t = leaf(x)
    out = np.clip(t, low, high)
    same(out, np.clip(x, low, high))
    out.sum().backward()
    same(t.grad, np.array([0.0, 1.0, 0.0], dtype))


def test_python_numbers_beyond_an_integer_dtype_are_no_bounds() -> None:
    array = np.array([1, 200], np.uint8)
    for bounds in ((-1, 300), (-1, 100), (5, 300), (0, 255)):
        same(np.clip(tg.Tensor(array), *bounds), np.clip(array.astype(int), *bounds).astype(np.uint8))


# --- accuracy ------------------------------------------------------------------------------------------------------------

NEAR = [1 - 1e-12, -1 + 1e-12, 0.5, 1e-9, 0.0]
FAR = [1e-200, 1e-9, 0.5, 3.0, 1e9, 1e100, -1e100]
SLOPES: dict[Any, tuple[list[float], Callable[[Any], Any], Callable[[Any], Any]]] = {
    np.arcsin: (NEAR, lambda x: 1 / mpmath.sqrt(1 - x**2), lambda x: x / mpmath.sqrt(1 - x**2) ** 3),
    np.arccos: (NEAR, lambda x: -1 / mpmath.sqrt(1 - x**2), lambda x: -x / mpmath.sqrt(1 - x**2) ** 3),
    np.arctanh: (NEAR, lambda x: 1 / (1 - x**2), lambda x: 2 * x / (1 - x**2) ** 2),
    np.arcsinh: (FAR, lambda x: 1 / mpmath.sqrt(1 + x**2), lambda x: -x / mpmath.sqrt(1 + x**2) ** 3),
    np.arccosh: (
        [1 + 1e-12, 1.5, 1e9, 1e100], lambda x: 1 / mpmath.sqrt(x**2 - 1), lambda x: -x / mpmath.sqrt(x**2 - 1) ** 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("f", SLOPES, ids=named)
def test_slopes_are_exact_in_the_tails(f: Any) -> None:
    points, first, second = SLOPES[f]
    with mpmath.workdps(700):  # 1 + 1e-400 is not 1
        exact = [[float(g(mpmath.mpf(x))) for x in points] for g in (first, second)]
    x = np.array(points)
    slope = tg.grad(lambda x: f(x).sum())
    np.testing.assert_allclose(slope(x), exact[0], rtol=1e-14)
    np.testing.assert_allclose(tg.grad(lambda x: slope(x).sum())(x), exact[1], rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1.0, 1e150, 1e200])
def test_hypot_and_arctan2_neither_overflow_nor_vanish(scale: float) -> None:
    x, y = np.array([3.0, 0.0, -4.0]) * scale, np.array([4.0, 2.0, 3.0]) * scale
    to_x, to_y = tg.grad(lambda x, y: np.hypot(x, y).sum(), (0, 1))(x, y)
    np.testing.assert_allclose(to_x, [0.6, 0.0, -0.8], rtol=1e-15)
    np.testing.assert_allclose(to_y, [0.8, 1.0, 0.6], rtol=1e-15)
    to_y, to_x = tg.grad(lambda y, x: np.arctan2(y, x).sum(), (0, 1))(y, x)
    np.testing.assert_allclose(to_x * scale, [-4 / 25, -1 / 2, -3 / 25], rtol=1e-14)
    np.testing.assert_allclose(to_y * scale, [3 / 25, 0.0, -4 / 25], rtol=1e-14)


def test_second_derivatives_of_hypot_and_arctan2() -> None:
    x, y = 3.0, 0.5
    h = float(np.hypot(x, y))
    of_hypot = tg.hessian(lambda v: np.hypot(v[0], v[1]))(np.array([x, y]))
    np.testing.assert_allclose(of_hypot, np.array([[y * y, -x * y], [-x * y, x * x]]) / h**3, rtol=1e-13)
    of_angle = tg.hessian(lambda v: np.arctan2(v[1], v[0]))(np.array([x, y]))
    expected = np.array([[2 * x * y, y * y - x * x], [y * y - x * x, -2 * x * y]]) / h**4
    np.testing.assert_allclose(of_angle, expected, rtol=1e-13)


def test_a_half_float_does_not_overflow_in_the_rules() -> None:
    x = np.array([300.0, 2000.0], np.float16)
    np.testing.assert_allclose(tg.grad(lambda x: np.arcsinh(x).sum())(x), 1 / x.astype(float), rtol=2e-3)
    np.testing.assert_allclose(tg.grad(lambda x: np.arccosh(x).sum())(x), 1 / x.astype(float), rtol=2e-3)


def test_logaddexp2_is_right_in_both_tails() -> None:
    x = np.array([2000.0, -2000.0, 30.0, -30.0])
    to_x, to_y = tg.grad(lambda x, y: np.logaddexp2(x, y).sum(), (0, 1))(x, np.zeros(4))
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(to_x, 1 / (1 + 2.0**-x), rtol=1e-14)
        np.testing.assert_allclose(to_y, 1 / (1 + 2.0**x), rtol=1e-14)
    curve = tg.grad(lambda x: tg.grad(lambda a: np.logaddexp2(a, 0.0).sum())(x).sum())(x[2:])
    np.testing.assert_allclose(curve, np.log(2) * 2.0**-30 / (1 + 2.0**-30) ** 2, rtol=1e-13)


AROUND_0 = [0.0, 1e-20, 1e-12, -1e-8, 1e-4, 0.01, -0.1, 0.3, 1 / np.pi, 0.5, 0.6, 0.95, 1.0, -1.3, 2.5, 10.3]


@pytest.mark.slow
def test_sinc_is_exact_to_the_fourth_derivative() -> None:
    x = np.array(AROUND_0)
    f = lambda x: np.sinc(x).sum()  # noqa: E731
    for order in range(1, 5):
        f = lambda x, f=f: tg.grad(f)(x).sum()  # noqa: E731
        with mpmath.workdps(40):
            expected = [float(_sinc(mpmath.mpf(v), order)) for v in AROUND_0]
        assert f(x[:1]) == pytest.approx(expected[0], rel=1e-15)
        got = TABLE["sinc_slope"](x, order=order)
        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-14 * np.pi**order)
        small = np.abs(x) < 0.02  # relative to the slope itself, which goes to 0 with x
        np.testing.assert_allclose(got[small], np.array(expected)[small], rtol=1e-14)


def _sinc(x: Any, order: int) -> Any:
    """The derivative of ∫₀¹ cos(πxs) ds, which is sinc(x)."""
    wave, sign = (mpmath.sin, mpmath.cos)[order % 2 == 0], (1, -1, -1, 1)[order % 4]
    return sign * mpmath.quad(lambda s: (mpmath.pi * s) ** order * wave(mpmath.pi * x * s), [0, 0.5, 1])


@pytest.mark.parametrize("dtype", FLOATS, ids=named)
def test_the_slope_of_sinc_keeps_the_dtype(dtype: Any) -> None:
    x = np.array([0.0, 1e-3, 0.4, 2.5], dtype)
    with np.errstate(invalid="ignore"):  # before NumPy 2.3 np.sinc of a float16 0 is 0/0, with a warning
        got = tg.grad(lambda x: np.sinc(x).sum())(x)
    assert got.dtype == dtype
    exact = TABLE["sinc_slope"](x.astype(float), order=1)
    np.testing.assert_allclose(got, exact, rtol=4 * float(np.finfo(dtype).eps), atol=float(np.finfo(dtype).eps))


def test_a_quotient_that_rounds_up_to_a_whole_number_is_still_below_it() -> None:
    assert 1.0 / 0.1 == 10.0
    for f in (np.remainder, np.fmod):
        assert tg.grad(lambda y, f=f: f(1.0, y))(0.1) == -9.0  # 1 = 9 · 0.1 + 0.0999…
    assert tg.grad(lambda y: np.fmod(-7.5, y))(2.0) == 3.0
    assert tg.grad(lambda y: np.remainder(-7.5, y))(2.0) == 4.0
