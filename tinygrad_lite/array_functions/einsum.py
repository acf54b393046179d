"""np.einsum on Tensors: NumPy's ways to write the subscripts, and the order of a product of many."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import asked, plain, refuse
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import IndexingError, ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import Tensor, as_tensor


@implements(np.einsum)
def einsum(*operands: Any, optimize: Any = False, out: Any = None, dtype: Any = None) -> Any:
    """Sums of products, as np.einsum("ij,jk->ik", a, b) or np.einsum(a, [0, 1], b, [1, 2], [0, 2]).

    optimize: as NumPy's, the order in which three and more operands are multiplied; without it all at once.
    """
    refuse(out=out, dtype=dtype)
    subscripts, arrays = _read(operands)
    tensors = [as_tensor(x) for x in arrays]
    subscripts = _explicit(subscripts, [t.ndim for t in tensors])
    _check_diagonals(subscripts, tensors)
    if optimize is False or len(tensors) < 3:
        return p.einsum(*tensors, subscripts=subscripts)
    return _in_order(subscripts, tensors, _path(subscripts, tensors, optimize))


@implements(np.einsum_path)
def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    """The order that np.einsum(..., optimize=...) takes, and NumPy's account of it: facts about shapes."""
    if einsum_call:
        raise UnsupportedError("einsum_path on Tensors takes no einsum_call=True, which is NumPy's own business.")
    subscripts, arrays = _read(operands)
    return asked(np.einsum_path, subscripts, *map(plain, arrays), optimize=optimize)


def _read(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The subscripts as one string, and the arrays. Lists of integers become letters in the same order."""
    if operands and isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])
    if len(operands) < 2:
        raise UnsupportedError('einsum takes subscripts and arrays: "ij,jk->ik", a, b or a, [0, 1], b, [1, 2], [0, 2].')
    terms = [_letters(labels) for labels in operands[1::2]]
    result = ["->" + _letters(operands[-1])] if len(operands) % 2 else []
    return ",".join(terms) + "".join(result), list(operands[: 2 * len(terms) : 2])


def _letters(labels: Any) -> str:
    letters = string.ascii_uppercase + string.ascii_lowercase
    if not isinstance(labels, list | tuple | np.ndarray):
        raise UnsupportedError(f"einsum takes a list of integers after each array; got {type(labels).__name__}.")
    for k in labels:
        if k is not Ellipsis and not (isinstance(k, int | np.integer) and 0 <= k < len(letters)):
            raise IndexingError(f"einsum takes integers from 0 to {len(letters) - 1} or ... as labels; got {k!r}.")
    return "".join("..." if k is Ellipsis else letters[k] for k in labels)


def _explicit(subscripts: str, ndims: list[int]) -> str:
    """Subscripts with the result and every axis of an ellipsis spelled out."""
    terms, arrow, result = subscripts.partition("->")
    names = terms.split(",")
    if len(names) != len(ndims):
        raise ShapeError(f"einsum {subscripts!r} names {len(names)} operands; got {len(ndims)}.")
    spare = [c for c in string.ascii_uppercase[::-1] + string.ascii_lowercase[::-1] if c not in subscripts]
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


def _check_diagonals(subscripts: str, tensors: list[Tensor]) -> None:
    """A label that an operand has twice stands for one size. NumPy does not look where one of the sizes is 0."""
    for name, t in zip(subscripts.split("->")[0].split(","), tensors, strict=True):
        for label in set(name):
            sizes = {n for n, c in zip(t.shape, name, strict=True) if c == label}
            if len(sizes) > 1:
                raise ShapeError(
                    f"einsum {subscripts!r}: the diagonal {label!r} of shape {t.shape} has axes of two sizes."
                )


def _path(subscripts: str, tensors: list[Tensor], optimize: Any) -> list[tuple[int, ...]]:
    try:
        found = np.einsum_path(subscripts, *map(plain, tensors), optimize=optimize)[0]
    except (TypeError, KeyError, ValueError, IndexError) as error:
        shapes = ", ".join(str(t.shape) for t in tensors)
        raise ShapeError(f"einsum {subscripts!r} of shapes {shapes} with optimize={optimize!r}: {error}.") from None
    return list(found[1:])


def _in_order(subscripts: str, tensors: list[Tensor], path: list[tuple[int, ...]]) -> Any:
    """One product after the other: a step of the path takes some operands, and puts their product at the end."""
    terms, result = subscripts.split("->")
    names = terms.split(",")
    for places in path:
        taken = [(names.pop(i), tensors.pop(i)) for i in sorted(places, reverse=True)]
        needed = set(result).union(*names)
        letters = set("".join(name for name, _ in taken))
        target = "".join(sorted(letters & needed)) if names else result
        product = p.einsum(*[t for _, t in taken], subscripts=",".join(name for name, _ in taken) + "->" + target)
        names.append(target)
        tensors.append(product)
    return tensors[0]
