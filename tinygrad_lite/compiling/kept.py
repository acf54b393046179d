"""The arguments of one call, kept until somebody asks for a source, without holding large arrays."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.errors import CompileError
from tinygrad_lite.trees import flatten

__all__ = ["KEPT", "Kept"]

KEPT = 16 * 2**20
"""Bytes of arrays that are kept in any case, the smallest first; a larger array only as long as its owner keeps it."""


class _Weak(weakref.ref[Any]):
    """A weak reference of ours, told from one that is an argument."""


class Kept:
    """The arguments of one call.

    >>> x = np.zeros(3)
    >>> Kept((x,), {"y": 2.0}).arguments()
    ((array([0., 0., 0.]),), {'y': 2.0})
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        leaves, rebuild = flatten((args, kwargs))
        room, large = KEPT, set[int]()
        for x in sorted((x for x in leaves if isinstance(x, np.ndarray | Node)), key=_bytes):
            room -= _bytes(x)
            if room < 0:
                large.add(id(x))
        self._tree = rebuild([_Weak(x) if id(x) in large else x for x in leaves])

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments and keywords. Raises CompileError where a large array is gone."""
        leaves, rebuild = flatten(self._tree)
        found = [x() if isinstance(x, _Weak) else x for x in leaves]
        if any(x is None for x, kept in zip(found, leaves, strict=True) if isinstance(kept, _Weak)):
            raise CompileError(
                f"the arrays of the call that this program was made for are gone: arrays of more than {KEPT >> 20} MB together "
                "are not kept for you. Ask for the source while you hold the arrays, or call the function "
                "with smaller arrays first."
            )
        args, kwargs = rebuild(found)
        return args, kwargs


def _bytes(x: Any) -> int:
    return int(np.asarray(x._array if isinstance(x, Node) else x).nbytes)
