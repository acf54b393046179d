"""Whether arguments are of the signature that a program was made for, as one expression.

signature.py asks the same of any arguments, and gives a key by which variants are kept. What is written here knows one
signature beforehand, and takes a tenth of the time: it may say no where the key would be equal, never the other way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.places import same_text

__all__ = ["Entrance"]


class Entrance:
    """The questions that arguments must pass.

    names: of the positional ones. asked: expressions over these and over `kwargs`. given: texts of the inputs among the
    arguments, in the order of the signature.
    """

    def __init__(
        self, source: Source, args: Sequence[Any], floats: bool, kwargs: Mapping[str, Any] = {}
    ) -> None:  # it is read only
        """floats: whether Python floats are inputs; if not, they count by their values."""
        self.source, self.floats = source, floats
        self.names = [source.fresh(f"a{i}") for i in range(len(args))]
        self.asked: list[str] = []
        self.given: list[str] = []
        self._tensors: dict[int, str] = {}
        for x, name in zip(args, self.names, strict=True):
            self._read(x, name)
        for key, x in kwargs.items():
            self.asked.append(f"{key!r} in kwargs")
            self._read(x, f"kwargs[{key!r}]")
        if self._tensors:
            self.asked.append(f"{source.bind('TRACE', TRACE)}.get() is None")
            self.asked.append(
                f"len({{{', '.join(f'id({text})' for text in self._tensors.values())}}}) == {len(self._tensors)}"
            )

    def _bound(self, x: Any) -> str:
        return self.source.bind("k", x)

    def _read(self, x: Any, text: str) -> None:
        kind = type(x)
        if id(x) in self._tensors:
            self.asked.append(f"{text} is {self._tensors[id(x)]}")
            return
        typed = f"type(x := {text}) is {self._bound(kind)}"
        if isinstance(x, Node):  # whether a primitive or a program made it does not count
            self._tensors[id(x)] = text
            has_gradient = x.meta is not None and x.meta.grad is not None
            self._input(text, [
                f"isinstance(x := {text}, {self.source.bind('Node', Node)}) and x.needs_grad is {x.needs_grad}",
                f"(x.meta is not None and x.meta.grad is not None) is {has_gradient}",
                f"type(x := x._array) is {self._bound(type(x._array))}", self._of_array(x),
            ])  # fmt: skip
        elif kind is np.ndarray:
            self._input(text, [typed, self._of_array(x)])
        elif isinstance(x, np.generic) or (kind is float and self.floats):
            self._input(text, [typed])
        elif isinstance(x, list | tuple | dict):
            parts = list(x.items()) if isinstance(x, dict) else list(enumerate(x))
            whole = f"list(x) == {self._bound(list(x))}" if isinstance(x, dict) else f"len(x) == {len(x)}"
            self.asked.append(f"{typed} and {whole}")
            for key, part in parts:
                self._read(part, f"{text}[{repr(key) if type(key) in (int, str) else self._bound(key)}]")
        else:
            self.asked.append(same_text(self.source, text, x))

    def _of_array(self, x: Any) -> str:
        return f"x.shape == {x.shape} and x.dtype is {self._bound(x.dtype)}"

    def _input(self, text: str, asked: list[str]) -> None:
        self.given.append(text)
        self.asked.append(" and ".join(asked))
