"""From a value in normal form to a formula as the lecture writes it.

The normal form decides what is equal; this module decides how it reads: (a − y) and not −(y − a),
the number and the sizes in front of a sum, x before (a − y), indices i, j, k in the lecture's places.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from fractions import Fraction

from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.contents import inside
from tinygrad_lite.derivations.normal.implied import implied
from tinygrad_lite.derivations.normal.sums import opened
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Case,
    Delta,
    Function,
    Index,
    Number,
    Poly,
    Predicate,
    Product,
    Sum,
    Sym,
    Symbol,
    Value,
)
from tinygrad_lite.derivations.writing.arranging import arranged, in_order, is_decimal, is_sum
from tinygrad_lite.derivations.writing.bands import common_factor
from tinygrad_lite.derivations.writing.factoring import termwise
from tinygrad_lite.derivations.writing.signs import written_cases
from tinygrad_lite.notation import formula as f
from tinygrad_lite.notation.styles import INDEX_LETTERS

SPARE = INDEX_LETTERS[1:]
MORE = tuple("iabcghowxyzαβγζηθικξρτυφχψω")
"""Letters for indices that are not their axis' own: the usual ones, then any."""


class Writer:
    """Writes values; knows the letter of each axis and of each free index."""

    def __init__(self, letters: dict[str, str], free: Iterable[Index] = ()) -> None:
        self.letters = letters
        self.names: dict[Index, str] = {}
        self.present: set[str] = set()
        for index in free:
            self.bind(index)

    def bind(self, index: Index) -> str:
        """A letter for an index: its axis' own, or the next that is free; the number of a place."""
        if index.place is not None:
            return str(index.place)
        if index not in self.names:
            taken = set(self.names.values())
            own = self.letters.get(index.axis, "i")
            used = {self.letters[a] for a in self.present if a in self.letters}
            others = [c for c in SPARE if c not in used] + list(SPARE)
            free = next((c for c in [own, *others, *MORE] if c not in taken), None)
            if free is None:
                raise BudgetError(f"a line with more than {len(SPARE + MORE)} indices")
            self.names[index] = free
        return self.names[index]

    def __call__(self, value: Value) -> f.Notation:
        """The formula of a value."""
        self.present |= {i.axis for part in inside(value) if isinstance(part, Sym | Delta) for i in part.free}
        value = written_cases(value)
        if isinstance(value, Case):
            own = value.predicate.value.factors  # z if z > 0, 0.01 z otherwise: the definition of a function of z
            return self._factored(value, own) or self._cases(value) or f.Plus(tuple(self._bracketed(value)))
        parts = termwise(value)
        if parts is not None:
            return self.polynomial(parts)
        sign, node = self.signed(value)
        return f.Plus(((-1, node),)) if sign < 0 else node

    def _factored(self, value: Case, but: tuple[tuple[Base, Number], ...] = ()) -> f.Notation | None:
        """A factor that all sides have before the cases: x (a − y) { 1 if z > 0; 0.01 otherwise }; not ``but`` alone."""
        shared, rest = common_factor(value)
        if shared == ONE or shared.factors == but:
            return None
        cases = self._cases(rest)
        return None if cases is None else _times([*_parts_of(self.signed(shared)[1]), cases])

    def _cases(self, value: Case) -> f.Notation | None:
        """{ f if u > v; g otherwise }; None where both sides of a case are cases again."""
        sides: list[tuple[f.Notation, f.Notation | None]] = []
        rest: Value = value
        while isinstance(rest, Case):
            first = not isinstance(rest.yes, Case)
            if not first and isinstance(rest.no, Case):
                break
            here, after = (rest.yes, rest.no) if first else (rest.no, rest.yes)
            sides.append((self(here), self.predicate(rest.predicate, turned=not first)))
            rest = after
        if isinstance(rest, Case):
            return None
        return f.Cases((*sides, (self(rest), None)))

    def _bracketed(self, value: Value) -> list[tuple[int, f.Notation]]:
        """Cases as a sum of brackets [condition], each times its side."""
        terms: list[tuple[int, f.Notation]] = []

        def walk(v: Value, conditions: list[tuple[Predicate, bool]]) -> None:
            if isinstance(v, Case):
                for holds, side in ((True, v.yes), (False, v.no)):
                    needed = [(p, h) for p, h in conditions if implied(p, v.predicate, holds) is not h]
                    walk(side, [*needed, (v.predicate, holds)])
            elif v != ZERO:
                sign, node = self.signed(v)
                brackets = tuple(f.Iverson(self.predicate(p, turned=not holds)) for p, holds in conditions)
                terms.append((sign, f.Times((*brackets, *_parts_of(node))) if v != ONE else _times(brackets)))

        walk(value, [])
        return terms

    def predicate(self, predicate: Predicate, turned: bool = False) -> f.Relation:
        """z > 0, or u > v where that reads better; ``turned`` says the opposite."""
        symbol = {"positive": ">≤", "zero": "=≠"}[predicate.kind][turned]
        value = predicate.value
        if value.coef == 1 and len(value.factors) == 1 and isinstance(value.factors[0][0], Poly):
            terms = value.factors[0][0].terms
            constants = [t for t in terms if not t.factors]
            if constants:
                others = [t for t in terms if t.factors]
                scale = Fraction(others[0].coef) if len(others) == 1 else Fraction(-1 if constants[0].coef > 0 else 1)
                if scale < 0:
                    symbol = {">": "<", "≤": "≥"}.get(symbol, symbol)
                bound = Product(Fraction(-constants[0].coef) / scale, ())
                rest = [Product(Fraction(t.coef) / scale, t.factors) for t in others]
                left = self(rest[0]) if len(rest) == 1 else self.polynomial(rest)
                return f.Relation(left, symbol, self(bound))
            if len(terms) == 2 and terms[0].coef * terms[1].coef < 0:
                plus, minus = (0, 1) if terms[0].coef > 0 else (1, 0)
                right = Product(-terms[minus].coef, terms[minus].factors)
                return f.Relation(self(terms[plus]), symbol, self(right))
        return f.Relation(self(value), symbol, f.Num("0"))

    def signed(self, value: Product) -> tuple[int, f.Notation]:
        """The sign of a product, and the formula of its absolute value, as the lecture has it."""
        coef, factors = arranged(value)
        if coef == 0:
            return 1, f.Num("0")
        sign = -1 if coef < 0 else 1
        size = abs(Fraction(coef))
        exps: list[tuple[Base, Number]] = [(b, e) for b, e in factors if isinstance(b, Function) and b.name == "exp"]
        rest = [(b, e) for b, e in factors if (b, e) not in exps]
        above = [(b, e) for b, e in rest if e > 0]
        below = [(b, -e) for b, e in rest if e < 0]
        over: list[f.Notation] = [self._power(b, e) for b, e in above if not is_sum(b)]
        if exps:
            over.insert(0, self._exponential(exps))
        sums: list[f.Notation] = []
        for base, exponent in above:
            if is_sum(base):
                (sums if exponent == 1 and not sums else over).append(self._power(base, exponent))
        under = [self._power(b, e) for b, e in below]
        decimal = _decimal(size)
        if decimal is not None:
            over, size = [decimal, *over], Fraction(1)
        top = ([f.Num(str(size.numerator))] if size.numerator != 1 else []) + over
        bottom = ([f.Num(str(size.denominator))] if size.denominator != 1 else []) + under
        if not sums:
            node = _times(top) if not bottom else f.Quotient(_times(top), _times(bottom))
            return sign, node
        front = [f.Quotient(_times(top), _times(bottom))] if bottom else top
        if front and bottom and over and not exps:
            front = [f.Quotient(f.Num(str(size.numerator)), _times(bottom)), *over]
        return sign, _times([*front, *sums])

    def _exponential(self, factors: list[tuple[Base, Number]]) -> f.Notation:
        terms: list[tuple[int, f.Notation]] = []
        powers: list[f.Notation] = []
        for base, exponent in factors:
            assert isinstance(base, Function)
            argument = base.argument
            logs = [b for b, e in argument.factors if isinstance(b, Function) and b.name == "log" and e == 1]
            if len(logs) == 1:
                rest = Product(argument.coef * exponent, tuple((b, e) for b, e in argument.factors if b != logs[0]))
                powers.append(f.Power(self(logs[0].argument), self(rest)))
                continue
            scaled = Product(argument.coef * exponent, argument.factors)
            terms.append(self.signed(scaled))
        terms.sort(key=lambda t: -t[0])
        if not terms:
            return _times(powers)
        whole = terms[0][1] if len(terms) == 1 and terms[0][0] > 0 else f.Plus(tuple(terms))
        return _times([f.Exponential(whole), *powers])

    def _power(self, base: Base, exponent: Number) -> f.Notation:
        node = self.base(base)
        if exponent == 1:
            return node
        whole = Fraction(exponent)
        if whole.denominator == 1:
            return f.Power(node, f.Num(str(whole)))
        if whole == Fraction(1, 2):
            return f.Root(node)
        return f.Power(node, f.Quotient(f.Num(str(whole.numerator)), f.Num(str(whole.denominator))))

    def base(self, base: Base) -> f.Notation:
        """The formula of one atom or polynomial."""
        match base:
            case Sym(symbol=symbol, indices=indices):
                letters = tuple(self.bind(i) for i in indices)
                if symbol.has("size"):
                    return f.named(symbol.axis)
                return symbol_node(symbol, letters)
            case Delta(left=left, right=right):
                one, other = sorted((left, right), key=lambda i: (i.place is not None, self.bind(i)))
                second = f.Name(self.bind(other)) if other.place is None else f.Num(str(other.place))
                return f.Iverson(f.Relation(f.Name(self.bind(one)), "=", second))
            case Poly(terms=terms):
                return self.polynomial(terms)
            case Function(name="group" | "number", argument=argument):
                return self(argument)
            case Function(name="absolute", argument=argument):
                return f.Absolute(self(argument))
            case Function(name=name, argument=argument):
                return f.Applied(f.Name(name), self(argument))
            case Sum(bound=bound, body=body):
                return self._sum(bound, body)
        raise TypeError(f"no formula for {base!r}")

    def _sum(self, bound: tuple[Index, ...], body: Value) -> f.Notation:
        saved = dict(self.names)
        for index in body.free - set(bound):
            self.bind(index)
        fresh, inner = opened(Sum(bound, body))
        for index in sorted(fresh, key=lambda i: self.letters.get(i.axis, "")):
            self.bind(index)
        letters = "".join(sorted(self.names[i] for i in fresh))
        inner = written_cases(inner)
        node = self._summed_cases(inner) if isinstance(inner, Case) else self(inner)
        self.names = saved
        return f.Big(letters, node)

    def _summed_cases(self, value: Case) -> f.Notation:
        """Cases in a sum: a bracket where one side alone is not 0, as in Σ_i [z_i > 0] y_i."""
        factored = self._factored(value)
        if factored is not None:
            return factored
        terms = self._bracketed(value)
        if len(terms) == 1 and terms[0][0] > 0:
            return terms[0][1]
        cases = self._cases(value) if len(terms) > 1 else None
        return cases or f.Plus(tuple(terms))

    def polynomial(self, terms: Iterable[Product]) -> f.Notation:
        """Positive terms first, constants first among them; a before y."""
        return f.Plus(tuple(self.signed(term) for term in in_order(terms)))


def symbol_node(symbol: Symbol, letters: tuple[str, ...] = (), raised: bool = False) -> f.Notation:
    """A named value, a function of one, or a derivative: z, σ(z), σ′(z), ∂C/∂z.

    raised: whether the value has indices, where none are written, as in a sentence: z⁽²⁾ and not z₂.
    """
    if symbol.application is not None:
        return f.Applied(f.named(symbol.application.function), f.named(symbol.application.argument, letters, 0, raised))
    which = symbol.derivative
    if which is None:
        return f.named(symbol.name, letters, 0, raised)
    above = letters if which.elementwise else letters[: which.outputs]
    below = f.named(which.below, letters[which.outputs :], 0, raised)
    if which.function:
        return f.Applied(f.named(which.function, (), 1), below)
    high = raised and (which.elementwise or which.outputs > 0)
    top = f.named(which.above, above, 0, high) if which.first is None else symbol_node(which.first.symbol, above, high)
    return f.Partial(top, below)


def marks(node: f.Notation) -> int:
    """How long a formula is when written: the names, indices, numbers and signs in it.

    >>> marks(f.Plus(((1, f.named("a", ("i",))), (-1, f.Num("1")))))
    4
    """

    def inside(value: object) -> int:
        if isinstance(value, tuple):
            return sum(map(inside, value))
        return marks(value) if isinstance(value, f.Notation) else value not in ("", 0)

    written = sum(inside(getattr(node, part.name)) for part in fields(node))
    return written - 1 if isinstance(node, f.Plus) and node.terms[0][0] > 0 else written  # a leading + is not written


def _decimal(number: Fraction) -> f.Notation | None:
    """A number that reads better as a decimal than as a fraction."""
    if not is_decimal(number):
        return None
    digits, _, exponent = f"{float(number):.12g}".partition("e")
    if not exponent:
        return f.Num(digits)
    power = f.Power(f.Num("10"), f.Num(exponent.lstrip("+").replace("-", "−").replace("−0", "−")))
    return power if digits == "1" else f.Times((f.Num(digits), power), sign="·")


def _parts_of(node: f.Notation) -> tuple[f.Notation, ...]:
    """The factors of a product, or the one that a formula is."""
    return node.parts if isinstance(node, f.Times) and not node.sign else (node,)


def _times(parts: Iterable[f.Notation]) -> f.Notation:
    factors = tuple(parts)
    if not factors:
        return f.Num("1")
    return factors[0] if len(factors) == 1 else f.Times(factors)
