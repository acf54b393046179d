"""NumPy's comparisons of whole arrays, of sets, with a tolerance or with infinity: facts, which no gradient passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import asked, fact, plain, refuse
from tinygrad_lite.array_functions.creation import array
from tinygrad_lite.core import primitives as p
from tinygrad_lite.tensor.dispatch import implements, tensors


@implements(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    return fact(np.isclose, a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


@implements(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> bool:
    return bool(asked(np.allclose, *map(plain, (a, b, rtol, atol)), equal_nan=equal_nan))


def _numbers(x: Any) -> Any:
    """The numbers of a Tensor or of a list; where a list holds Tensors that learn, NumPy would call them not equal."""
    return plain(array(x)) if isinstance(x, list | tuple) and next(tensors(x), None) is not None else plain(x)


@implements(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    return bool(asked(np.array_equal, _numbers(a1), _numbers(a2), equal_nan=equal_nan))


@implements(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> bool:
    return bool(asked(np.array_equiv, _numbers(a1), _numbers(a2)))


@implements(np.isin)
def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Any:
    """Truths, which pass no gradient; how NumPy searches changes no result."""
    return fact(np.isin, element, test_elements, invert=invert, kind=kind)


@implements(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    refuse(out=out)
    return p.equal(x, -np.inf)


@implements(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    refuse(out=out)
    return p.equal(x, np.inf)
