"""Tensors that learn, and what becomes of them in NumPy's hands."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite import errors

FLOATS = [np.float16, np.float32, np.float64]


def leaf(data: Any, **kwargs: Any) -> tg.Tensor:
    """A tensor that learns."""
    return tg.Tensor(data, requires_grad=True, **kwargs)


def leaves(arrays: Any) -> list[tg.Tensor]:
    return [leaf(x) for x in arrays]


def gradient(t: tg.Tensor) -> Any:
    """The gradient that is there, as an array."""
    assert t.grad is not None
    return t.grad.numpy()


def same(got: Any, expected: Any) -> None:
    """A Tensor with exactly NumPy's values, shape and dtype."""
    assert isinstance(got, tg.Tensor)
    expected = np.asarray(expected)
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(got.detach().numpy(), expected)


def tracked(shape: tuple[int, ...] = (3,)) -> tg.Tensor:
    return leaf(np.random.default_rng(3).uniform(0.5, 1.5, shape))


def plain_parts(x: Any) -> Iterator[Any]:
    """Data in a result that no graph knows of: arrays, NumPy's scalars, floats. Counts, booleans, names are facts."""
    if isinstance(x, np.ndarray | np.generic | float):
        yield x
    elif isinstance(x, list | tuple):
        for part in x:
            yield from plain_parts(part)


def ours_behind(error: BaseException | None) -> errors.TinygradLiteError | None:
    """The error of ours that NumPy has put one of its own in front of: "setting an array element with a sequence"."""
    while error is not None and not isinstance(error, errors.TinygradLiteError):
        error = error.__cause__
    return error


def outcome(call: Callable[[], Any]) -> str:
    """What became of a call on tracked Tensors: "error" if ours or behind NumPy's, "refused" by NumPy, "tracked", "fact", or "LOST"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = call()
        except errors.TinygradLiteError as error:
            return (
                "error"
                if isinstance(error, TypeError | ValueError | LookupError | RuntimeError)
                else f"LOST: {type(error)}"
            )
        except Exception as error:
            return "error" if ours_behind(error) is not None else "refused"
    if next(plain_parts(result), None) is not None:
        return f"LOST: gave {type(result).__name__}"
    parts = result if isinstance(result, list | tuple) else [result]
    for part in parts:
        if isinstance(part, tg.Tensor) and part.dtype == object:
            return "LOST: object array"
    return "tracked" if any(isinstance(p, tg.Tensor) for p in parts) else "fact"
