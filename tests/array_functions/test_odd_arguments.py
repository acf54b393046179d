"""Arguments that nobody expects: the value is NumPy's, or the error is ours. Found by calling everything with anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf
from tinygrad_lite import errors

V, M = np.array([1.0, 2.0, 4.0]), np.array([[1.0, 2.0], [3.0, 5.0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda make: np.cumsum(make(np.array([200, 100])), dtype=np.uint8),
        lambda make: np.cumsum(make(np.array([2, 0])), dtype=bool),
        lambda make: np.trace(make(np.array([[200, 1], [0, 100]])), dtype=np.uint8),
        lambda make: np.trace(make(np.array([[2, 1], [0, 1]])), dtype=bool),
        lambda make: np.linspace(make(np.array([True])), np.array([3], np.float32), 3),
        lambda make: np.linspace(make(np.array([0.5])), 2.5, 3, dtype=bool),
        lambda make: np.trapezoid(make(V), dx=np.array([[1.0, 2.0], [3.0, 4.0]])),
        lambda make: np.trapezoid(make(V), x=np.array([[1.0, 2.0, 4.0], [0.0, 2.0, 3.0]])),
        lambda make: np.linalg.lstsq(make(M.astype(np.float32)), np.array([1, 2], np.int8))[0],
        lambda make: np.linspace(make(np.float32([1.0, 2.0])), np.float32(3.0), np.array(2), endpoint=False),
        lambda make: np.percentile(V, make(np.array(30.0))),
        lambda make: np.quantile(make(V), make(np.array([0.3, 0.6]))),
    ],
)
def test_the_value_is_numpys(call: Callable[[Any], Any]) -> None:
    expected, got = np.asarray(call(np.asarray)), call(tg.Tensor)
    got = got.numpy() if isinstance(got, tg.Tensor) else np.asarray(got)
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda t: np.std(2.0, mean=t), errors.DTypeError),
        (lambda t: np.delete([1.0, 2.0], tg.Tensor(1)), errors.DTypeError),
        (lambda t: np.argsort(t.detach(), order="x"), errors.ShapeError),
        (lambda t: np.median(t.detach(), overwrite_input=True), errors.ReadOnlyError),
        (lambda t: np.nan_to_num(t.detach(), copy=False), errors.ReadOnlyError),
        (lambda t: np.linalg.eig(tg.Tensor(M * np.nan)), errors.DomainError),
        (lambda t: np.swapaxes(t, 0, None), errors.ShapeError),
        (lambda t: np.repeat(t, [1, 2, 3], (0,)), errors.ShapeError),
        (lambda t: np.stack([t], axis=None), errors.ShapeError),
        (lambda t: np.concatenate([t], axis=()), errors.ShapeError),
        (lambda t: np.moveaxis(t, None, None), errors.ShapeError),
        (lambda t: np.expand_dims(t, None), errors.DTypeError),
        (lambda t: np.transpose(t, 1), errors.ShapeError),
        (lambda t: t.transpose(object()), errors.DTypeError),
        (lambda t: np.repeat(t, leaf(1.0)), errors.DTypeError),
        (lambda t: np.trace(np.diag(t), dtype=int), errors.DTypeError),
        (lambda t: np.var(t, ddof=[0, 1]), errors.DTypeError),
        (lambda t: np.std(t, correction=np.array([0, 1])), errors.DTypeError),
        (lambda t: np.nan_to_num(t, nan=np.ones((2, 3))), errors.ShapeError),
        (lambda t: np.isin(t, [1.0], kind="binary"), errors.ShapeError),
        (lambda t: np.piecewise(t, [t > 2], 1.0), errors.DTypeError),
        (lambda t: np.piecewise(t, [t > 2, t[:2] > 1], [1.0, 2.0, 3.0]), errors.ShapeError),
        (lambda t: t + 10**400, errors.DTypeError),
        (lambda t: 10**400 * t[0], errors.DTypeError),
        (lambda t: np.sum(t, axis=leaf(0.0)), errors.DetachError),
        (lambda t: tg.grad(np.sum, argnums="x")(V), errors.GradientError),  # type: ignore[call-overload]
    ],
)
def test_the_error_is_ours(call: Callable[[Any], Any], error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        call(leaf(V))
    assert type(raised.value) is error  # a subclass of NumPy's or Python's would not do


def test_an_error_of_a_function_of_the_users_is_left_as_it_is() -> None:
    def refuse(x: Any) -> Any:
        raise ValueError("mine") from KeyError("yours")

    for t in (leaf(V), tg.Tensor(V)):
        with pytest.raises(ValueError, match=r"^mine$") as raised:
            np.piecewise(t, [t.numpy() > 0], [refuse])
        assert type(raised.value) is ValueError
        assert isinstance(raised.value.__cause__, KeyError)


def test_a_tensor_is_compared_with_a_list_of_tensors_that_learn() -> None:
    # NumPy catches the error that its array of such a list gives, and calls the two not equal.
    parts = [leaf(x) for x in V]
    assert np.array_equal(leaf(V), parts) is True
    assert np.array_equiv(parts, leaf(V)) is True
    assert np.array_equal(leaf(V), parts[::-1]) is False


def test_rounding_beyond_1_cuts_no_second_derivative_of_a_correlation() -> None:
    # One row falls as the other rises: their correlation is -1, the bound at which it is cut.
    rows = np.array([[-1.0, -1.0, 0.0], [2.0, 2.0, 0.0]])
    noise = np.array([[0.3, -0.5, 0.8], [0.1, 0.9, -0.4]])
    found = tg.hvp(lambda x: np.corrcoef(x)[0, 1], (rows,), (noise,))[0]

    def slope(h: float) -> Any:
        return tg.grad(lambda x: (lambda c: c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]))(np.cov(x)))(rows + h * noise)

    np.testing.assert_allclose(found, (slope(1e-6) - slope(-1e-6)) / 2e-6, rtol=1e-6, atol=1e-8)
