"""Lines that are written before they are simplified: products, sums and terms as they stand.

A simplified line is a value; the lines before it show the parts side by side, as a lecturer would
write them, and are evaluated side by side, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinygrad_lite.derivations.normal.algebra import add, multiply
from tinygrad_lite.derivations.normal.numbers import Floats, Setting, number
from tinygrad_lite.derivations.normal.sums import sum_over
from tinygrad_lite.derivations.normal.terms import ONE, Index, Product, Value
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.derivations.writing.reasons import Reason
from tinygrad_lite.notation.formula import Big, Notation, Plus, Times
from tinygrad_lite.notation.styles import SUM


@dataclass(frozen=True)
class Written:
    """A line as it stands."""

    @property
    def names(self) -> frozenset[str]:
        """The symbols in it."""
        raise NotImplementedError

    def show(self, writer: Writer) -> Notation:
        """The formula."""
        raise NotImplementedError

    def normal(self) -> Value:
        """What is written, in normal form."""
        raise NotImplementedError

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        """The value and the size of its rounding error, one dimension per index of ``order``."""
        raise NotImplementedError


@dataclass(frozen=True)
class Whole(Written):
    """A value in normal form."""

    value: Value

    @property
    def names(self) -> frozenset[str]:
        return self.value.names

    def normal(self) -> Value:
        return self.value

    def show(self, writer: Writer) -> Notation:
        return writer(self.value)

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        result = number(self.value, setting, order)
        with np.errstate(all="ignore"):
            return result.value(), result.bound()


@dataclass(frozen=True)
class Beside(Written):
    """Factors side by side, with a dot between them."""

    parts: tuple[Written, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names for part in self.parts))

    def show(self, writer: Writer) -> Notation:
        return Times(tuple(p.show(writer) for p in self.parts), sign="·")

    def normal(self) -> Value:
        return multiply(*(p.normal() for p in self.parts))

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        value, bound = np.ones(()), np.ones(())
        for part in self.parts:
            v, b = part.number(setting, order)
            value, bound = value * v, bound * b
        return value, bound


@dataclass(frozen=True)
class Terms(Written):
    """Terms that are added, each as it stands; a front factor before the bracket."""

    parts: tuple[Value, ...]
    front: Product | None = None

    @property
    def names(self) -> frozenset[str]:
        front = frozenset[str]() if self.front is None else self.front.names
        return front.union(*(part.names for part in self.parts))

    def show(self, writer: Writer) -> Notation:
        terms: list[tuple[int, Notation]] = []
        for part in self.parts:
            if isinstance(part, Product):
                terms.append(writer.signed(part))
            else:
                terms.append((1, writer(part)))
        inner = Plus(tuple(terms))
        if self.front is None:
            return inner
        sign, front = writer.signed(self.front)
        plain = self.front.coef in (1, -1) and not self.front.factors
        whole: Notation = inner if plain else Times((front, inner))
        if sign > 0:
            return whole
        return Plus(((-1, Times((inner,)) if plain else whole),))

    def normal(self) -> Value:
        return multiply(ONE if self.front is None else self.front, add(*self.parts))

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        value, bound = np.zeros(()), np.zeros(())
        for part in self.parts:
            v, b = Whole(part).number(setting, order)
            value, bound = value + v, bound + b
        if self.front is not None:
            v, b = Whole(self.front).number(setting, order)
            value, bound = value * v, bound * b
        return value, bound


@dataclass(frozen=True)
class Added(Written):
    """Written parts that are added: the paths of a chain rule."""

    parts: tuple[Written, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names for part in self.parts))

    def show(self, writer: Writer) -> Notation:
        terms: list[tuple[int, Notation]] = []
        for part in self.parts:
            node = part.show(writer)
            if isinstance(node, Plus):
                terms += node.terms
            else:
                terms.append((1, node))
        return Plus(tuple(sorted(terms, key=lambda term: -term[0])))

    def normal(self) -> Value:
        return add(*(p.normal() for p in self.parts))

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        value, bound = np.zeros(()), np.zeros(())
        for part in self.parts:
            v, b = part.number(setting, order)
            value, bound = value + v, bound + b
        return value, bound


@dataclass(frozen=True)
class Total(Written):
    """A sum over indices that is not carried out yet."""

    bound: tuple[Index, ...]
    body: Written

    @property
    def names(self) -> frozenset[str]:
        return self.body.names

    def show(self, writer: Writer) -> Notation:
        saved = dict(writer.names)
        for index in sorted(self.bound, key=lambda i: writer.letters.get(i.axis, "")):
            writer.bind(index)
        letters = "".join(sorted(writer.names[i] for i in self.bound))
        node = self.body.show(writer)
        writer.names = saved
        if node.level == SUM:
            node = Times((node,))
        return Big(letters, node)

    def normal(self) -> Value:
        return sum_over(self.bound, self.body.normal())

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        inner = (*order, *self.bound)
        lengths = tuple(setting.sizes[i.axis] for i in self.bound)
        axes = tuple(range(len(order), len(inner)))

        def summed(x: Floats) -> Floats:
            shape = np.broadcast_shapes(np.shape(x), (*(1,) * len(order), *lengths))
            total: Floats = np.broadcast_to(x, shape).sum(axis=axes)
            return total

        value, bound = self.body.number(setting, inner)
        return summed(value), summed(bound)


@dataclass(frozen=True)
class Line:
    """One line: a left side (None: as the line before), a right side, and why it holds."""

    left: Notation | None
    right: Notation
    reason: Reason
    assumption: Reason
    error: float
    written: Written
    order: tuple[Index, ...] = ()
    station: str = ""
    above: tuple[str, ...] = ()
