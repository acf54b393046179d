"""Arguments that NumPy refuses or reads in another way: none is taken in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf
from tinygrad_lite.errors import DTypeError, ShapeError, TinygradLiteError

X = np.arange(6.0).reshape(2, 3) - 2.5


# Functions that work along one axis, called with an axis.
ALONG_ONE_AXIS: dict[str, Callable[[Any, Any], Any]] = {
    "concatenate": lambda t, axis: np.concatenate([t, t], axis=axis),
    "stack": lambda t, axis: np.stack([t, t], axis=axis),
    "split": lambda t, axis: np.split(t, 1, axis=axis),
    "take": lambda t, axis: np.take(t, 0, axis=axis),
    "swapaxes": lambda t, axis: np.swapaxes(t, 0, axis),
    "add.accumulate": lambda t, axis: np.add.accumulate(t, axis=axis),
    "multiply.accumulate": lambda t, axis: np.multiply.accumulate(t, axis=axis),
}
if hasattr(np, "unstack"):  # since NumPy 2.1
    ALONG_ONE_AXIS["unstack"] = lambda t, axis: np.unstack(t, axis=axis)
AN_AXIS_MAY_BE_MISSING = {"concatenate", "take"}  # None makes them flatten


@pytest.mark.parametrize("axis", [(), (0, 1), (0,), "0", 1.0, 5], ids=str)
@pytest.mark.parametrize("name", ALONG_ONE_AXIS)
def test_a_function_along_one_axis_refuses_what_is_none(name: str, axis: Any) -> None:
    with pytest.raises((ShapeError, DTypeError)):
        ALONG_ONE_AXIS[name](leaf(X), axis)


@pytest.mark.parametrize("name", [name for name in ALONG_ONE_AXIS if name not in AN_AXIS_MAY_BE_MISSING])
def test_no_axis_is_refused_where_numpy_needs_one(name: str) -> None:
    with pytest.raises(ShapeError, match="one axis is needed"):
        ALONG_ONE_AXIS[name](leaf(X), None)


@pytest.mark.parametrize("f", [np.sum, np.prod, np.cumsum, np.sort, np.flip, np.linalg.norm, np.var, np.median])
def test_a_truth_is_no_axis(f: Any) -> None:
    """np.prod(t, True) is meant for keepdims=, and would multiply along axis 1."""
    with pytest.raises(DTypeError):
        f(leaf(X), axis=True)


@pytest.mark.parametrize("bias", [None, "yes", np.ones(2)], ids=str)
def test_the_bias_of_a_covariance_is_a_truth(bias: Any) -> None:
    """NumPy takes None for True, because it asks whether bias equals 0."""
    with pytest.raises(DTypeError, match="bias="):
        np.cov(leaf(X), bias=bias)


def test_a_cutoff_of_singular_values_is_a_number() -> None:
    with pytest.raises(TinygradLiteError, match="rcond="):
        np.linalg.pinv(leaf(X), "0.1")


@pytest.mark.parametrize("rcond", [None, -1, 0.0, 0.5, 1.0, 2.0])
def test_the_rank_of_lstsq_is_that_of_its_solution(rcond: float | None) -> None:
    """LAPACK takes a cutoff outside (0, 1) for the rounding error; the rank was 0 beside a full solution."""
    b = np.ones(2)
    for got, expected in zip(np.linalg.lstsq(leaf(X), b, rcond), np.linalg.lstsq(X, b, rcond), strict=True):
        np.testing.assert_allclose(got.detach().numpy(), expected)


def test_a_tensor_of_one_element_with_axes_is_no_index() -> None:
    """NumPy counts only what has no axes as a number: np.arange(5)[: np.array([3])] is an error."""
    one = tg.Tensor(np.array([3]))
    assert list(range(9))[tg.Tensor(3)] == 3
    with pytest.raises(DTypeError, match=r"got shape \(1,\)"):
        list(range(9))[one]
    with pytest.raises(TinygradLiteError):
        leaf(np.arange(5.0))[:one]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_matrix_product_of_two_scalars_says_that_axes_are_missing(dtype: Any) -> None:
    t = leaf(np.array(2.0, dtype))
    for product in (lambda: t @ t, lambda: t @ 2.0, lambda: 2.0 @ t, lambda: np.matmul(t, t)):
        with pytest.raises(ShapeError, match="Use \\* for scalars"):
            product()
