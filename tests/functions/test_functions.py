"""Activations: the textbook form, axes, limits, dtypes, errors. How many of their digits are right: test_digits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.exact import FLOATS, POINTS
from tinygrad_lite import errors

TEXTBOOK = {  # functions of one number, as a student types them
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "softplus": lambda z: np.log(1 + np.exp(z)),
}
OVER_AN_AXIS = ["softmax", "log_softmax", "logsumexp"]

# --- functions of one number --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEXTBOOK)
@pytest.mark.parametrize("dtype", FLOATS)
def test_arrays_give_what_numbers_give(name: str, dtype: Any) -> None:
    z = np.array(POINTS, dtype)
    f = getattr(tg, name)
    for order in range(3):
        each = [nth_of_sum(f, order)(x) for x in z]
        np.testing.assert_allclose(
            nth_of_sum(f, order)(z), each, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny
        )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [*TEXTBOOK, "relu", "leaky_relu"])
def test_an_array_without_axes_is_a_number(name: str, dtype: Any) -> None:
    numbers = tg.Tensor([0.5, 0.7], dtype=dtype, requires_grad=True)
    product = (numbers[:1] * numbers[1:]).reshape(())
    assert type(product._array) is np.ndarray, "the test wants an array of no axes"
    getattr(tg, name)(product).backward()
    z = tg.Tensor(product.data, dtype=dtype, requires_grad=True)
    getattr(tg, name)(z).backward()
    np.testing.assert_array_equal(numbers.grad.numpy(), z.grad.data * numbers.data[::-1])


@pytest.mark.parametrize("name", TEXTBOOK)
def test_the_textbook_form_agrees_where_it_is_finite(name: str) -> None:
    z = np.linspace(-30.0, 30.0, 25) + 0.1
    textbook = TEXTBOOK[name]
    for order in range(3):
        ours, theirs = (nth_of_sum(f, order)(z) for f in (getattr(tg, name), textbook))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15 * 10**order)  # its own digits are lost


def nth_of_sum(f: Callable[..., Any], order: int) -> Callable[..., Any]:
    for _ in range(order):
        f = (lambda inner: tg.grad(lambda z: np.sum(inner(z))))(f)
    return f


@pytest.mark.parametrize(("name", "last", "sign"), [("sigmoid", 709, -1), ("softplus", 709, 1), ("tanh", 710, 1)])
def test_the_textbook_form_overflows_where_the_docstring_says(name: str, last: float, sign: float) -> None:
    textbook = TEXTBOOK[name]
    textbook(np.float64(sign * last * 0.999))  # no warning: warnings are errors here
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
        textbook(np.float64(sign * (last + 1)))
    assert np.isfinite(getattr(tg, name)(np.float64(sign * (last + 1))))


def test_np_tanh_is_our_tanh() -> None:
    z = tg.Tensor(POINTS, requires_grad=True)
    np.testing.assert_array_equal(np.tanh(z).numpy(), tg.tanh(z).numpy())
    np.testing.assert_allclose(np.tanh(z).numpy(), np.tanh(POINTS), rtol=1e-15)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", 0.01), ("leaky_relu", 0.5)])
def test_rectifiers(name: str, slope: float, dtype: Any) -> None:
    z = np.array(POINTS, dtype)
    f = tg.relu if name == "relu" else functools.partial(tg.leaky_relu, slope=slope)
    np.testing.assert_array_equal(f(z), np.where(z > 0, z, dtype(slope) * z), strict=True)
    g = tg.grad(lambda z: f(z).sum())(z)
    np.testing.assert_array_equal(g, np.where(z > 0, dtype(1), dtype(slope)), strict=True)
    np.testing.assert_array_equal(nth_of_sum(f, 2)(z), np.zeros_like(z), strict=True)


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64])
def test_np_tanh_of_integers_has_numpys_dtype(dtype: Any) -> None:
    x = np.array([0, 1, 3, 100]).astype(dtype)
    expected = np.tanh(x)
    for found in (np.tanh(tg.Tensor(x)).numpy(), tg.compile(lambda x: np.tanh(x))(x)):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=2 * np.finfo(expected.dtype).eps)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "relu", "leaky_relu"])
def test_infinities_give_the_limit_and_nan_passes_through(name: str) -> None:
    f = getattr(tg, name)
    with np.errstate(invalid="ignore"):  # inf·0 inside is told by NumPy, as it should be
        low, high, bad = f(np.array([-np.inf, np.inf, np.nan]))
    limits = {"sigmoid": (0, 1), "tanh": (-1, 1), "softplus": (0, np.inf), "relu": (0, np.inf)}
    assert (low, high) == limits.get(name, (-np.inf, np.inf))
    if name not in ("relu", "leaky_relu"):
        assert np.isnan(bad)


# --- functions of several numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1, 2])
def test_softmax_runs_over_any_axis(axis: int) -> None:
    z = np.random.default_rng(1).normal(size=(2, 3, 4))
    textbook = np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)
    np.testing.assert_allclose(tg.softmax(z, axis), textbook, rtol=1e-14)
    np.testing.assert_allclose(tg.log_softmax(z, axis=axis), np.log(textbook), rtol=1e-13)
    total = np.log(np.exp(z).sum(axis=axis))
    np.testing.assert_allclose(tg.logsumexp(z, axis=axis), total, rtol=1e-14)
    np.testing.assert_allclose(tg.logsumexp(z, axis=axis, keepdims=True), np.expand_dims(total, axis), rtol=1e-14)
    np.testing.assert_allclose(tg.grad(lambda z: tg.logsumexp(z, axis).sum())(z), textbook, rtol=1e-13)
    for f in (tg.softmax, tg.log_softmax, tg.logsumexp):
        assert tg.gradcheck(lambda z, f=f: f(z, axis=axis), z)


@pytest.mark.parametrize("axis", [None, (0, 2), (1,)])
def test_logsumexp_runs_over_several_axes(axis: Any) -> None:
    z = np.random.default_rng(2).normal(size=(2, 3, 4))
    np.testing.assert_allclose(tg.logsumexp(z, axis=axis), np.log(np.exp(z).sum(axis=axis)), rtol=1e-14)
    assert tg.gradcheck(lambda z: tg.logsumexp(z, axis=axis), z)


@pytest.mark.parametrize("name", OVER_AN_AXIS)
def test_a_scalar_has_no_axis_to_run_over(name: str) -> None:
    for z in (1.0, tg.Tensor(1.0, requires_grad=True)):
        with pytest.raises(errors.ShapeError, match=f"{name} runs over an axis; got a scalar"):
            getattr(tg, name)(z)


@pytest.mark.parametrize("name", OVER_AN_AXIS)
@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_is_not_there_is_an_error(name: str, axis: int) -> None:
    for z in (np.ones((2, 3)), tg.Tensor(np.ones((2, 3)))):
        with pytest.raises(errors.ShapeError, match=r"axis|\(2, 3\)"):
            getattr(tg, name)(z, axis=axis)


@pytest.mark.parametrize("name", OVER_AN_AXIS)
def test_nan_in_one_row_stays_in_its_row(name: str) -> None:
    found = getattr(tg, name)(np.array([[1.0, np.nan], [1.0, 2.0]]))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize("name", OVER_AN_AXIS)
def test_minus_infinity_is_a_class_that_cannot_be(name: str) -> None:
    z = np.array([0.0, 1.0, -np.inf])
    expected = getattr(tg, name)(z[:2])
    got = getattr(tg, name)(z)
    np.testing.assert_allclose(got[:2] if np.ndim(got) else got, expected, rtol=1e-15)


# --- in general ------------------------------------------------------------------------------------------------------

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax", "log_softmax", "logsumexp"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_arrays_in_arrays_out_and_tensors_in_tensors_out(name: str) -> None:
    f, z = getattr(tg, name), np.random.default_rng(3).normal(size=(3, 4))
    plain, tracked = f(z), f(tg.Tensor(z, requires_grad=True))
    assert type(plain) is np.ndarray
    assert isinstance(tracked, tg.Tensor)
    np.testing.assert_array_equal(tracked.numpy(), plain)
    np.testing.assert_allclose(f(z.tolist()), plain, rtol=1e-15)  # a list runs the body, an array its program
    assert tracked.call.name == name
    assert tg.gradcheck(f, z)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("bad", [["a", "b"], [[1.0], [2.0, 3.0]], [1 + 2j], [None]], ids=str)
def test_what_is_no_number_is_refused(name: str, bad: Any) -> None:
    with pytest.raises(errors.DTypeError, match=name):
        getattr(tg, name)(bad)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax", "log_softmax"])
@pytest.mark.parametrize("whole", [3, np.array([1, 2]), [1, -2]], ids=str)
def test_whole_numbers_count_as_the_numbers_they_are(name: str, whole: Any) -> None:
    if np.ndim(whole) == 0 and "softmax" in name:
        whole = [whole]
    f = getattr(tg, name)
    got = f(whole)
    np.testing.assert_allclose(got, f(np.asarray(whole, float)), rtol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_empty_batches_stay_empty(name: str) -> None:
    f = getattr(tg, name)
    z = np.empty((0, 3))
    assert f(z).shape == ((0,) if name == "logsumexp" else (0, 3))
    assert tg.grad(lambda z: f(z).sum())(z).shape == (0, 3)
