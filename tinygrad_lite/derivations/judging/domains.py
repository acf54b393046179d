"""Where a formula is defined: the conditions of its logarithms, roots and denominators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.core import primitives as p
from tinygrad_lite.derivations.judging.forms import Forms
from tinygrad_lite.derivations.normal import signs
from tinygrad_lite.derivations.normal.algebra import add, choose, negative, subtract
from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.sums import at_axes, rebuild
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Case,
    Number,
    Predicate,
    Product,
    Sym,
    Symbol,
    Value,
    atom,
    const,
)
from tinygrad_lite.derivations.reading.nodes import key_of, one_number
from tinygrad_lite.derivations.reading.primitives import Reader
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.notation.formula import Num, Relation, unicode
from tinygrad_lite.tensor.tensor import Tensor

POSITIVE, NOT_ZERO, NOT_NEGATIVE = ">", "≠", "≥"


@dataclass(frozen=True)
class Condition:
    """value > 0, value ≠ 0 or value ≥ 0."""

    relation: str
    value: Product

    def text(self, writer: Writer) -> str:
        """The condition as it is read."""
        if self.relation == NOT_NEGATIVE:
            return unicode(Relation(writer(self.value), "≥", Num("0")))
        kind = "positive" if self.relation == POSITIVE else "zero"
        return unicode(writer.predicate(Predicate(kind, self.value), turned=kind == "zero"))


def conditions(found: Forms, side: int) -> list[Condition]:
    """What must hold so that one of the two formulas is defined; what is always true is left out."""
    result = found.results[side]
    wanted: dict[tuple[str, str], Condition] = {}
    if isinstance(result, Tensor):
        for value, relation in _asked(result, found.reader):
            for condition in _plain(value, relation):
                wanted.setdefault((condition.relation, condition.value.key), condition)
    return list(wanted.values())


def _asked(result: Tensor, reader: Reader) -> Iterator[tuple[Value, str]]:
    """The values that a graph asks to be positive or not 0, but not those that a `where` guards."""
    seen: set[int] = set()
    stack: list[Any] = [result]
    while stack:
        node = stack.pop()
        if not isinstance(node, Tensor) or node.primitive is None or key_of(node) in seen:
            continue
        seen.add(key_of(node))
        inputs = node.inputs[:1] if node.primitive in (p.where, p.stop_gradient) else node.inputs
        stack += [x for x in inputs if isinstance(x, Tensor)]
        asked = _asks(node)
        if asked is None:
            continue
        place, relation, shift = asked
        part = node.inputs[place]
        try:
            value = reader.form(part) if hasattr(part, "shape") else reader.number(part)
        except (NoFormula, BudgetError):
            continue
        yield add(value, const(shift)), relation


def _asks(node: Tensor) -> tuple[int, str, int] | None:
    """Which input of a primitive must be what, after adding a number to it."""
    match node.primitive:
        case p.log | p.log2 | p.log10:
            return 0, POSITIVE, 0
        case p.log1p:
            return 0, POSITIVE, 1
        case p.xlogy:
            return 1, POSITIVE, 0
        case p.xlog1py:
            return 1, POSITIVE, 1
        case p.sqrt:
            return 0, NOT_NEGATIVE, 0
        case p.divide | p.xdivy:
            return 1, NOT_ZERO, 0
        case p.reciprocal:
            return 0, NOT_ZERO, 0
        case p.power:
            exponent = one_number(node.inputs[1])
            if exponent is None:
                return 0, POSITIVE, 0
            if exponent != int(exponent):
                return 0, POSITIVE if exponent < 0 else NOT_NEGATIVE, 0
            return (0, NOT_ZERO, 0) if exponent < 0 else None
    return None


def _plain(value: Value, relation: str) -> Iterator[Condition]:
    """The conditions without factors whose sign is known, on indices with names that depend on their axis only."""
    if isinstance(value, Case):
        inner = value.predicate.value
        size = value.predicate.kind == "positive" and value.yes == inner and value.no == negative(inner)
        if size and relation != NOT_NEGATIVE:  # |u| > 0
            yield from _plain(inner, NOT_ZERO)
        return
    value = at_axes(value)
    if value.coef == 0 or (relation == NOT_NEGATIVE and signs.nonnegative(value) == 1):
        return
    rest: dict[Base, Number] = {}
    for base, exponent in value.factors:
        if signs.positive_base(base) or (relation == NOT_ZERO and signs.never_zero(base)):
            continue
        if relation == NOT_ZERO or exponent % 2 == 0:
            if relation != NOT_NEGATIVE:
                yield Condition(NOT_ZERO, atom(base))
            continue
        rest[base] = 1
    if relation != NOT_ZERO and (rest or value.coef < 0):
        factors = tuple(sorted(rest.items(), key=lambda f: f[0].key))
        yield Condition(relation, Product(1 if value.coef > 0 else -1, factors))


def one_sided(first: list[Condition], second: list[Condition]) -> list[Condition]:
    """What must hold so that both formulas are defined, without what both ask for and what follows from the rest."""
    apart = [c for c in first if not follows(c, second)] + [c for c in second if not follows(c, first)]
    if not apart:
        return []
    every = {(c.relation, c.value.key): c for c in (*first, *second)}
    shared = [c for c in every.values() if follows(c, first) and follows(c, second) and c not in apart]
    found: list[Condition] = []
    for condition in apart:
        others = [c for c in (*every.values(),) if c != condition and c not in shared]
        if not follows(condition, others):
            found.append(condition)
    return sorted(dict.fromkeys(found), key=lambda c: c.value.key)


def follows(condition: Condition, others: Iterable[Condition]) -> bool:
    """Whether a condition follows from others."""
    others = list(others)
    for other in others:
        same = other.value == condition.value
        if same and (other.relation == condition.relation or other.relation == POSITIVE):
            return True
        turned = other.value == negative(condition.value)
        if turned and other.relation == POSITIVE and condition.relation == NOT_ZERO:
            return True
    facts = assumed(others, closed=condition.relation == NOT_NEGATIVE)
    if not facts:
        return False
    value = with_facts(condition.value, facts)
    return isinstance(value, Product) and not list(_plain(value, condition.relation))


def assumed(given: Iterable[Condition], closed: bool = True) -> dict[str, frozenset[str]]:
    """The facts of names that conditions amount to: a > 0 and 1 − a > 0 make it a number in (0, 1).

    closed: x ≥ 0 counts as x > 0, for what holds at the border where it holds beside it.
    """
    facts: dict[str, frozenset[str]] = {}
    given = [c for c in given if c.relation == POSITIVE or (closed and c.relation == NOT_NEGATIVE)]
    for condition in given:
        name = _bare(condition.value)
        if name is not None:
            above = any(_one_minus(c.value) == name for c in given)
            facts[name] = frozenset(("positive", "in (0, 1)") if above else ("positive",))
    return facts


def _bare(value: Product) -> str | None:
    """The name that a value is."""
    if value.coef == 1 and len(value.factors) == 1 and value.factors[0][1] == 1:
        base = value.factors[0][0]
        return base.symbol.name if isinstance(base, Sym) else None
    return None


def _one_minus(value: Product) -> str | None:
    rest = subtract(ONE, value)
    return _bare(rest) if isinstance(rest, Product) else None


def with_facts(value: Value, facts: dict[str, frozenset[str]]) -> Value:
    """The value with more known of its names."""

    def change(base: Base) -> Value | None:
        if isinstance(base, Sym) and base.symbol.name in facts:
            return atom(Sym(Symbol(base.symbol.name, base.symbol.facts | facts[base.symbol.name]), base.indices))
        return None

    return rebuild(value, change)


def under(value: Value, given: Iterable[Condition]) -> Value:
    """The value where conditions hold at all indices: cases that they decide are gone."""
    given = list(given)
    value = _decided(value, {c.value.key for c in given if c.relation == POSITIVE})
    facts = assumed(given)
    return with_facts(value, facts) if facts else value


def _decided(value: Value, positive: set[str]) -> Value:
    """The value without the cases of what is positive."""
    if isinstance(value, Product):
        return value
    test = at_axes(value.predicate.value)
    if test.key in positive:
        return _decided(value.no if value.predicate.kind == "zero" else value.yes, positive)
    if value.predicate.kind == "positive" and negative(test).key in positive:
        return _decided(value.no, positive)
    return choose(value.predicate, _decided(value.yes, positive), _decided(value.no, positive))


def vanishes_where(difference: Value, writer: Writer) -> str:
    """Where a difference with two cases is 0: "x ≥ 0"; "" where it has no such side."""
    if not isinstance(difference, Case) or (difference.yes == ZERO) == (difference.no == ZERO):
        return ""
    predicate = difference.predicate
    turned = difference.no == ZERO
    other = difference.yes if turned else difference.no
    if predicate.kind == "positive" and not turned and _zero_at(other, predicate.value):
        return unicode(Relation(writer(predicate.value), "≥", Num("0")))
    return unicode(writer.predicate(predicate, turned))


def _zero_at(value: Value, name: Product) -> bool:
    """Whether a value is 0 where a name is 0."""
    if _bare(name) is None:
        return False
    base = name.factors[0][0]
    try:
        return rebuild(value, lambda b: ZERO if b == base else None) == ZERO
    except BudgetError:
        return False
