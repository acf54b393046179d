"""np.einsum on Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.shapes import refuse
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import as_tensor


@implements(np.einsum)
def einsum(subscripts: Any, *operands: Any, optimize: Any = False, out: Any = None, dtype: Any = None) -> Any:
    refuse(out=out, dtype=dtype)
    if not isinstance(subscripts, str):
        raise UnsupportedError('np.einsum on Tensors takes the subscripts as a string first, as in "ij,jk->ik".')
    tensors = [as_tensor(x) for x in operands]
    return p.einsum(*tensors, subscripts=_explicit(subscripts.replace(" ", ""), [t.ndim for t in tensors]))


def _explicit(subscripts: str, ndims: list[int]) -> str:
    """Subscripts with the result and every axis of an ellipsis spelled out."""
    terms, arrow, result = subscripts.partition("->")
    names = terms.split(",")
    if len(names) != len(ndims):
        raise ShapeError(f"einsum {subscripts!r} names {len(names)} operands; got {len(ndims)}.")
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts]
    extra = [n - len(t.replace("...", "")) if "..." in t else 0 for t, n in zip(names, ndims, strict=True)]
    widest = [*spare[: max(0, *extra)]]
    for i, (t, e) in enumerate(zip(names, extra, strict=True)):
        names[i] = t.replace("...", "".join(widest[len(widest) - e :]))
        if e < 0 or len(names[i]) != ndims[i]:
            raise ShapeError(f"einsum {subscripts!r}: operand {i} has {ndims[i]} axes, but {t!r} names {len(t)}.")
    if not arrow:
        letters = "".join(names)
        result = ("..." if widest else "") + "".join(
            sorted(c for c in set(letters) - set(widest) if letters.count(c) == 1)
        )
    return ",".join(names) + "->" + result.replace("...", "".join(widest))
