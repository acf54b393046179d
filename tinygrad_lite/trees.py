"""Nested arguments: lists, tuples and dicts of arrays, and the inputs of a derivative under fresh identities."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from itertools import chain
from typing import Any, cast

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import TRACE, Off, current_scope, recorded
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import DTypeError, GradientError, ShapeError
from tinygrad_lite.tensor.tensor import Tensor, as_tensor

__all__ = ["Inputs", "flatten", "like", "matching"]

# The fresh inputs of each derivative that is being taken, from the outermost to the innermost.
_OPEN: ContextVar[tuple[list[Tensor], ...]] = ContextVar("_OPEN", default=())


_DEEPEST = 100  # lists in lists; a list that contains itself has no end


def flatten(tree: Any, depth: int = 0) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of nested lists, tuples and dicts, and how to put leaves back in their places.

    Raises DTypeError for what nests deeper than 100.

    >>> leaves, rebuild = flatten({"w": 1.0, "b": [2.0, 3.0]})
    >>> leaves, rebuild([x * 10 for x in leaves])
    ([1.0, 2.0, 3.0], {'w': 10.0, 'b': [20.0, 30.0]})
    """
    if depth > _DEEPEST:
        raise DTypeError(
            f"lists, tuples and dicts of arguments nest at most {_DEEPEST} deep; got one that goes deeper, or that contains "
            "itself. Make numbers in nested lists an array first: np.array(rows)."
        )
    if isinstance(tree, dict):
        parts, keys = [flatten(v, depth + 1) for v in tree.values()], list(tree)
        make: Callable[[list[Any]], Any] = lambda items: dict(zip(keys, items, strict=True))  # noqa: E731
    elif isinstance(tree, list | tuple):
        parts, kind = [flatten(v, depth + 1) for v in tree], type(tree)
        make = (lambda items: kind(*items)) if hasattr(kind, "_fields") else kind
    else:
        return [tree], lambda leaves: leaves[0]

    def rebuild(leaves: list[Any]) -> Any:
        items, start = [], 0
        for below, again in parts:
            items.append(again(leaves[start : start + len(below)]))
            start += len(below)
        return make(items)

    return [leaf for below, _ in parts for leaf in below], rebuild


def matching(tree: Any, like: Any, what: str) -> list[Any]:
    """The leaves of a tree in the order of another of the same nesting: dicts are matched by their keys."""
    if isinstance(like, dict):
        if not isinstance(tree, dict) or tree.keys() != like.keys():
            raise ShapeError(f"{what} are nested as the primals: a dict with the keys {list(like)}; got {tree!r}.")
        return [leaf for key in like for leaf in matching(tree[key], like[key], what)]
    if isinstance(like, list | tuple):
        if not isinstance(tree, list | tuple) or len(tree) != len(like):
            raise ShapeError(f"{what} are nested as the primals: {len(like)} of them here; got {tree!r}.")
        return [leaf for below, parts in zip(tree, like, strict=True) for leaf in matching(below, parts, what)]
    return [tree]


class Inputs:
    """The arguments of one call: those that are differentiated by, under fresh identities.

    `tensors` says whether Tensors come out: where Tensors went in, and where the result depends on the inputs of a
    derivative around this one, which plain arrays would silently lose; and in a trace.
    """

    def __init__(self, args: tuple[Any, ...], argnums: int | Sequence[int], who: str) -> None:
        self.single = not isinstance(argnums, tuple | list)
        try:
            numbers = [operator.index(n) for n in cast(Any, [argnums] if self.single else argnums)]
        except TypeError:
            raise GradientError(f"{who}: argnums is one whole number or several; got {argnums!r}.") from None
        for n in numbers:
            if not -len(args) <= n < len(args):
                raise GradientError(
                    f"{who}: argnums={n}, but there are {len(args)} positional arguments. Pass what is differentiated "
                    "by without its keyword."
                )
        numbers = [n % len(args) for n in numbers]
        if len(set(numbers)) != len(numbers):
            raise GradientError(f"{who}: argnums={argnums} names an argument twice.")
        self.trees = [args[n] for n in numbers]
        leaves, self.rebuild = flatten(self.trees)
        self.fresh = [_fresh(x, f"{who}: argument {', '.join(map(str, numbers))}") for x in leaves]
        self.args = list(args)
        for n, tree in zip(numbers, self.rebuild(self.fresh), strict=True):
            self.args[n] = tree
        # In a trace, arrays would be the values of this one call.
        trace, given = TRACE.get(), [x for a in args for x in flatten(a)[0] if isinstance(x, Tensor)]
        self.tensors = trace is not None or bool(given)
        self.arrays = None if trace is None or any(map(trace.is_tensor, given)) else trace

    def call(self, f: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        """f's result; recorded, also inside no_grad."""
        before = _OPEN.get()
        outer = set(chain.from_iterable(before))
        try:
            _OPEN.set((*before, self.fresh))
            with recorded():
                result = f(*self.args, **kwargs)
        finally:
            _OPEN.set(before)
        if outer and not self.tensors:
            results = [t for t in flatten(result)[0] if isinstance(t, Tensor)]
            self.tensors = any(t in outer for t in graph(*results))
        return result

    def shaped(self, cotangents: list[Any]) -> Any:
        """Cotangents in the nesting of the arguments; zeros where no path leads."""
        full = [np.zeros_like(x._array) if c is None else c for c, x in zip(cotangents, self.fresh, strict=True)]
        full = [c[()] if isinstance(c, np.ndarray) and c.ndim == 0 else c for c in full]
        if self.tensors:
            full = [self.as_given(as_tensor(c)) for c in full]
        tree = self.rebuild(full)
        return tree[0] if self.single else tuple(tree)

    def as_given(self, t: Any) -> Any:
        """A result; in a trace it is marked where eager evaluation gives an array."""
        return t if self.arrays is None else self.arrays.as_array(t)

    def directions(self, tangents: Any, who: str) -> list[Any]:
        """Tangents as Tensors, one per fresh input."""
        found = matching(tangents, tuple(self.trees), f"{who}: tangents")
        self.tensors = self.tensors or any(isinstance(t, Tensor) for t in found)
        return [like(d, x, f"{who}: the tangent") for d, x in zip(found, self.fresh, strict=True)]


def _fresh(x: Any, what: str) -> Tensor:
    """A new identity for x: a node on top of it where x itself is being differentiated, else a leaf."""
    if isinstance(x, Tensor) and x.requires_grad and type(current_scope()) is not Off:
        return p.identity(x)  # type: ignore[no-any-return]
    traced = TRACE.get() is not None and isinstance(x, Tensor) and x.in_graph
    # In a trace, what depends on an argument stays so: a leaf would keep the values of this one call.
    t = p.identity(x) if traced else Tensor(x._array if isinstance(x, Tensor) else x)
    if t.dtype.kind != "f":
        raise DTypeError(
            f"{what} has dtype {t.dtype}, which has no derivative. Write 3.0 for 3, or convert with .astype(float)."
        )
    t.needs_grad = True  # not by requires_grad, which copies the data of a tensor that others may know
    return t


def like(given: Any, t: Tensor, what: str) -> Tensor:
    """A tangent or cotangent of t: its shape, its dtype."""
    g = p.copy(given) if isinstance(given, Tensor) else Tensor(given)  # the result may be it: never the caller's own
    if g.shape != t.shape:
        raise ShapeError(f"{what} has shape {g.shape}; the value has {t.shape}.")
    return g if g.dtype == t.dtype else g.astype(t.dtype)
