"""The signature of a call: what a program is made for. Two calls of one signature run one program.

Arrays, NumPy's numbers and Python floats are inputs of the program: of them only types, shapes and dtypes count. All
else (whole numbers, truth values, texts, functions) is part of the signature by its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.errors import CompileError

__all__ = ["Leaf", "Signature", "signature"]


@dataclass(frozen=True)
class Leaf:
    """An input among the arguments: its value, and a name for messages and for the program."""

    value: Any
    name: str


@dataclass(frozen=True)
class Signature:
    """key: what programs are kept by. names: of the positional arguments. inputs: the leaves that are inputs.

    fixed, floats: what World takes. foreign: why no program is made, or "".
    """

    key: tuple[Any, ...]
    names: list[str]
    inputs: list[Leaf]
    fixed: str
    floats: bool
    foreign: str = ""


def signature(
    names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any], level: int, fixed: str, no_floats: bool
) -> Signature:
    """The signature of a call. fixed, no_floats: what is part of it by value, see compiling/compiled.py, where levels are listed."""
    reader = _Reader(floats=not no_floats)
    labels = [names[i] if i < len(names) else f"argument{i}" for i in range(len(args))]
    for x, label in zip(args, labels, strict=True):
        reader.read(x, label)
    for name, x in kwargs.items():
        reader.key.append(name)
        reader.read(x, name)
    return Signature((level, len(args), *reader.key), labels, reader.inputs, fixed, not no_floats, reader.foreign)


class _Reader:
    def __init__(self, floats: bool) -> None:
        self.floats = floats
        self.key: list[Any] = []
        self.inputs: list[Leaf] = []
        self.tensors: dict[int, int] = {}  # where a Tensor was met first
        self.foreign = ""

    def read(self, x: Any, name: str) -> None:
        kind = type(x)
        if kind is np.ndarray or isinstance(x, np.generic):
            if x.dtype.kind not in "fiub" or not x.dtype.isnative:
                self.foreign = f"dtype {x.dtype}"
            self.key += (kind, x.shape, x.dtype)
            self.inputs.append(Leaf(x, name))
        elif isinstance(x, Node):
            self._tensor(x, name)
        elif kind is float:
            # 0.0 and -0.0 are equal, and not the same number.
            self.key += (kind,) if self.floats else (kind, repr(x))
            if self.floats:
                self.inputs.append(Leaf(x, name))
        elif isinstance(x, list | tuple):
            self.key += (kind, len(x))
            for i, part in enumerate(x):
                self.read(part, f"{name}{i}")
        elif isinstance(x, dict):
            self.key += (kind, tuple(x))
            for label, part in x.items():
                self.read(part, label if isinstance(label, str) else f"{name}{label}")
        elif hasattr(x, "__array_function__") or isinstance(x, np.ndarray):
            self.foreign = kind.__name__
        else:
            self._fixed(x, name)

    def _tensor(self, x: Node, name: str) -> None:
        """A Tensor; where it is met again, it is the same input."""
        if id(x) in self.tensors:
            self.key.append(self.tensors[id(x)])
            return
        self.tensors[id(x)] = len(self.inputs)
        if not isinstance(x._array, np.ndarray | np.generic):
            self.foreign = type(x._array).__name__
        has_gradient = x.meta is not None and x.meta.grad is not None
        self.key += ("Tensor", x.shape, x.dtype, x.needs_grad, has_gradient)
        self.inputs.append(Leaf(x, name))

    def _fixed(self, x: Any, name: str) -> None:
        fixed = (x.start, x.stop, x.step) if isinstance(x, slice) else x  # a slice has no hash before Python 3.12
        try:
            hash(fixed)
        except TypeError:
            raise CompileError(
                f"the argument {name} is of type {type(x).__name__}, which is neither an array nor a value that can be compared. "
                "Pass arrays (np.asarray makes one of a table), numbers, texts, functions, and lists, tuples and dicts of them."
            ) from None
        self.key += (type(x), fixed)
