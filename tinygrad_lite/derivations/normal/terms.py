"""What a value at symbolic indices is made of.

A value is a :class:`Product` ``coefficient * base**exponent * ...`` or, where it depends on
a predicate, a :class:`Case`.  A base is an atom (a named value at its indices, ``exp(...)``,
``log(...)``, a sum over indices, a size, a Kronecker delta) or a primitive polynomial.

These classes only hold; they are built by the smart constructors in
:mod:`tinygrad_lite.derivations.normal.algebra`, which keep the normal form.  Two values are the same
where their keys are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tinygrad_lite.derivations.normal.budgets import DEEPEST, LONGEST_KEY, WORK, BudgetError, bounded

Number = int | Fraction


def magnitude(number: Number) -> Number:
    """The number without its sign, exactly."""
    return number if number >= 0 else -number


def plain(number: Number) -> Number:
    """The number as an int where it is whole."""
    return number.numerator if number.denominator == 1 else number


class Index(NamedTuple):
    """An index and the axis that it runs over. Its letter is chosen when it is written; its name keeps it apart.

    Where an index comes from can be asked of it, and is asked nowhere else: @0 is the first axis of a node, !@0 that of
    what is derived, %1 is bound by a sum, =2 stands for one place; any other name is nobody else's.
    """

    name: str
    axis: str

    @property
    def place(self) -> int | None:
        """The place where an index stands for one, as in x[2]; None for one that runs."""
        return int(self.name[1:]) if self.name[0] == "=" else None

    @property
    def bound(self) -> int:
        """The number of an index that a sum runs over, counted from the innermost sum; 0 for one that is free."""
        return int(self.name[1:]) if self.name[0] == "%" else 0

    @property
    def is_formal(self) -> bool:
        """Whether this is an index of a node as it stands in the node's own formula."""
        return self.name[0] == "@"

    @property
    def outer(self) -> Index:
        """The index of what is derived for the one that it has in its own formula."""
        return Index(f"!{self.name}", self.axis)


def formal_at(number: int, axis: str) -> Index:
    """The index of the axis with this number in a node's own formula."""
    return Index(f"@{number}", axis)


def bound_at(number: int, axis: str) -> Index:
    """The index of a sum with this number; see `Index.bound`."""
    return Index(f"%{number}", axis)


def place_at(number: int, axis: str) -> Index:
    """The index of one place of an axis: x[2] is x at the place 2.

    >>> place_at(2, "n").place, Index("i", "m").place
    (2, None)
    """
    return Index(f"={number}", axis)


class Expression:
    """What has a key (equal keys mean equal expressions), free indices and symbols."""

    __slots__ = ("_hash", "depth", "free", "height", "key", "names", "tied")

    def __init__(
        self,
        key: str,
        free: frozenset[Index],
        names: frozenset[str],
        height: int = 0,
        depth: int = 0,
        tied: bool = False,
    ) -> None:
        WORK.left -= 1
        if depth > DEEPEST:
            raise BudgetError(f"functions nested {depth} deep")
        if len(key) > LONGEST_KEY or WORK.left < 0:
            raise BudgetError(f"{len(key):,} characters" if WORK.left >= 0 else "too many steps")
        self.key = key
        self.free = free
        self.names = names
        self.height = height
        self.depth = depth
        self.tied = tied  # whether a Kronecker delta stands in it
        self._hash = hash(key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Expression) and self.key == other.key)

    def __repr__(self) -> str:
        return self.key


def _parts(
    parts: Sequence[Expression],
) -> tuple[frozenset[Index], frozenset[str], int, int, bool]:
    if len(parts) == 1:  # as most have: its sets serve as they are
        (part,) = parts
        return part.free, part.names, part.height, part.depth + 1, part.tied
    free: frozenset[Index] = frozenset()
    names: frozenset[str] = frozenset()
    height = depth = 0
    tied = False
    for part in parts:
        free |= part.free
        names |= part.names
        if part.height > height:
            height = part.height
        if part.depth >= depth:
            depth = part.depth + 1
        if part.tied:
            tied = True
    return free, names, height, depth, tied


@dataclass(frozen=True)
class Derivative:
    """What a symbol for a derivative stands for: ∂above/∂below, or function′(below) where the function has a name.

    ``elementwise`` says that what is above has the indices of what is below: ∂a_i/∂z_i and not ∂C/∂z_i.
    ``outputs`` is how many of the symbol's indices, the first ones, belong to what is above: 1 for ∂g_j/∂w_k.
    ``first`` is what is above where that is a derivative itself: the ∂C/∂w_j of ∂²C/∂w_j∂w_k.
    """

    above: str
    below: str
    function: str = ""
    elementwise: bool = False
    outputs: int = 0
    first: Derivative | None = None

    @property
    def symbol(self) -> Symbol:
        """The symbol: no other value can have its name.

        >>> Derivative("a", "z", "σ").symbol.name, Derivative("a", "z").symbol.name
        ("σ'(z)", '∂a/∂z')
        """
        name = f"{self.function}'({self.below})" if self.function else f"∂{self.above}/∂{self.below}"
        return Symbol(name, derivative=self)


@dataclass(frozen=True)
class Application:
    """What a symbol for a known function of a named value stands for: σ(z)."""

    function: str
    argument: str

    def symbol(self, facts: frozenset[str]) -> Symbol:
        """The symbol, with what is known of it."""
        return Symbol(f"{self.function}({self.argument})", facts, application=self)


@dataclass(frozen=True)
class Symbol:
    """A named value, and the facts that are known of it.

    ``facts`` may hold "positive", "in (0, 1)", "in (-1, 1)", "one_hot", "binary", "rows sum to 1"
    and "size".  ``derivative`` says which derivative it is, if it is one, ``application`` which
    function of which value, and ``axis`` which axis a size is the length of.
    """

    name: str
    facts: frozenset[str] = frozenset()
    derivative: Derivative | None = None
    application: Application | None = None
    axis: str = ""

    def has(self, *facts: str) -> bool:
        """Whether one of these facts is known."""
        return any(fact in self.facts for fact in facts)


class Base(Expression):
    """What a product may raise to a power: an atom or a primitive polynomial."""

    __slots__ = ()


class Product(Expression):
    """coefficient * base1**exponent1 * ..., its bases sorted by key; ``bare`` is the key without the coefficient."""

    __slots__ = ("bare", "coef", "factors")

    coef: Number
    factors: tuple[tuple[Base, Number], ...]

    def __init__(self, coef: Number, factors: tuple[tuple[Base, Number], ...]) -> None:
        self.coef = coef
        self.factors = factors
        bounded(coef)
        for _, exponent in factors:
            bounded(exponent)
        powers = "*".join([base.key if e == 1 else f"{base.key}^{e}" for base, e in factors])
        self.bare = powers or str(coef)
        super().__init__(f"{coef}*{powers}" if powers else self.bare, *_parts([base for base, _ in factors]))


class Sym(Base):
    """A named value at its indices: x_ij."""

    __slots__ = ("indices", "symbol")

    def __init__(self, symbol: Symbol, indices: tuple[Index, ...] = ()) -> None:
        self.symbol = symbol
        self.indices = indices
        inner = ",".join(f"{i.name}:{i.axis}" for i in indices)
        super().__init__(f"{symbol.name}[{inner}]", frozenset(indices), frozenset((symbol.name,)))


class Delta(Base):
    """Kronecker's delta: 1 where both indices are equal, else 0."""

    __slots__ = ("left", "right")

    def __init__(self, left: Index, right: Index) -> None:
        self.left, self.right = sorted((left, right))
        super().__init__(
            f"delta[{self.left.name},{self.right.name}:{left.axis}]",
            frozenset((left, right)),
            frozenset(),
            tied=True,
        )


class Function(Base):
    """A function of one product: exp, log, sin, cos, or "group" (the product itself)."""

    __slots__ = ("argument", "name")

    def __init__(self, name: str, argument: Product) -> None:
        self.name = name
        self.argument = argument
        super().__init__(f"{name}({argument.key})", *_parts((argument,)))


class Sum(Base):
    """A sum over bound indices; their names are canonical, so equal sums have equal keys."""

    __slots__ = ("body", "bound")

    def __init__(self, bound: tuple[Index, ...], body: Value) -> None:
        self.bound = bound
        self.body = body
        free, names, height, depth, tied = _parts((body,))
        inner = ",".join(f"{i.name}:{i.axis}" for i in bound)
        super().__init__(f"sum[{inner}]({body.key})", free - set(bound), names, height + len(bound), depth, tied)


class Poly(Base):
    """A primitive polynomial of two terms or more: no common factor, the first term positive."""

    __slots__ = ("terms",)

    def __init__(self, terms: tuple[Product, ...]) -> None:
        self.terms = terms
        super().__init__("(" + "+".join(t.key for t in terms) + ")", *_parts(terms))


class Predicate(Expression):
    """``value > 0`` (kind "positive") or ``value == 0`` (kind "zero")."""

    __slots__ = ("kind", "value")

    def __init__(self, kind: str, value: Product) -> None:
        self.kind = kind
        self.value = value
        super().__init__(f"{kind}?({value.key})", *_parts((value,)))


class Case(Expression):
    """``yes`` where the predicate holds, ``no`` elsewhere."""

    __slots__ = ("no", "predicate", "yes")

    def __init__(self, predicate: Predicate, yes: Value, no: Value) -> None:
        self.predicate = predicate
        self.yes = yes
        self.no = no
        super().__init__(f"case({predicate.key};{yes.key};{no.key})", *_parts((predicate, yes, no)))


Value = Product | Case


def predicates(value: Value) -> Iterator[Predicate]:
    """The conditions that a value with cases asks for, one after the other."""
    if isinstance(value, Case):
        yield value.predicate
        yield from predicates(value.yes)
        yield from predicates(value.no)


ZERO = Product(0, ())
ONE = Product(1, ())


def const(number: Number) -> Product:
    """A rational number as a value."""
    return Product(number, ())


def atom(base: Base, exponent: Number = 1) -> Product:
    """A base as a value."""
    return Product(1, ((base, exponent),))


def sym(name: str, *indices: Index, facts: Iterable[str] = ()) -> Product:
    """A named value at its indices, as a value.

    >>> sym("x", Index("i", "m"))
    1*x[i:m]
    """
    return atom(Sym(Symbol(name, frozenset(facts)), indices))


def size_symbol(axis: str) -> Symbol:
    """The symbol of an axis' length: no other value can have its name.

    >>> size_symbol("m").name
    '|m|'
    """
    return Symbol(f"|{axis}|", frozenset(("positive", "size")), axis=axis)


def size(axis: str) -> Product:
    """The length of an axis, as a value: a positive number."""
    return atom(Sym(size_symbol(axis)))
