"""How an entry of the course is written.

An entry is a function that computes a cost `C` as a student does, and returns its locals:

    entry = Book("neurons")

    @entry(w="x.T @ (a - y) / m")
    def cross_entropy():
        x, y, w = data("x", m, n), bits("y", m), leaf("w", n)
        a = tg.sigmoid(x @ w)
        C = tg.cross_entropy(a, y)
        return locals()

The keywords are the leaves to derive by. Each has the textbook's gradient in NumPy's spelling, over the names in
these locals (and `m`, `n`, `J`, `h` below); None where no textbook has a closed form. Texts before them, such as
"delta = (a - y) / m", define the names that the formulas use beyond these.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_lite as tg

m, n, J, h = 5, 3, 4, 6
"""Examples, inputs, outputs, hidden neurons: all lengths differ."""

CLASSES = np.array([0, 2, 1, 3, 1])
"""The classes of the m examples."""


def _generator(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def numbers(name: str, *shape: int) -> Any:
    """A plain array from the normal distribution, the same for the same name."""
    return _generator(name).normal(size=shape)


def leaf(name: str, *shape: int, **more: Any) -> tg.Tensor:
    """A tensor that learns."""
    return tg.Tensor(numbers(name, *shape), requires_grad=True, name=name, **more)


def data(name: str, *shape: int, **more: Any) -> tg.Tensor:
    """A named tensor that does not learn."""
    return tg.Tensor(numbers(name, *shape), name=name, **more)


def plain_bits(name: str, *shape: int) -> Any:
    """A plain array of zeros and ones."""
    return _generator(name).integers(0, 2, size=shape).astype(float)


def bits(name: str, *shape: int) -> tg.Tensor:
    """Zeros and ones, named."""
    return tg.Tensor(plain_bits(name, *shape), name=name)


def positive(name: str, *shape: int, grad: bool = True) -> tg.Tensor:
    """A tensor of numbers between 0.5 and 1.5."""
    return tg.Tensor(_generator(name).uniform(0.5, 1.5, size=shape), requires_grad=grad, name=name)


def hot(name: str = "y") -> tg.Tensor:
    """One-hot rows of the classes, named."""
    y = tg.one_hot(CLASSES, J)
    y.name = name
    return y


def named(name: str, value: tg.Tensor) -> tg.Tensor:
    """The tensor with a name: `z.name = "z"` in one expression."""
    value.name = name
    return value


@dataclass(frozen=True)
class Entry:
    """A graph, the leaves to derive by, and the textbook's gradients."""

    name: str
    build: Callable[[], dict[str, Any]]
    where: tuple[str, ...]
    textbook: dict[str, str | None]
    each: bool

    def cases(self) -> Iterator[Case]:
        """All leaves together, and where it says `each`, every leaf alone."""
        yield Case(self.name, self, tuple(self.textbook))
        if self.each:
            yield from (Case(f"{self.name}, {leaf} alone", self, (leaf,)) for leaf in self.textbook)


@dataclass(frozen=True)
class Case:
    """One derivation: an entry and the leaves to derive by."""

    name: str
    entry: Entry
    leaves: tuple[str, ...]


class Book:
    """The entries of one subject; called as a decorator, it takes a function in."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.entries: list[Entry] = []

    def __call__(
        self, *where: str, called: str = "", each: bool = False, **textbook: str | None
    ) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]]]:
        """An entry under the function's name, or under `called`."""

        def take(build: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
            title = called or build.__name__.replace("_", " ")
            self.entries.append(Entry(f"{self.subject}: {title}", build, where, textbook, each))
            return build

        return take
