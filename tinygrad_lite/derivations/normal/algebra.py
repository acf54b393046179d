"""The smart constructors of the normal form: products, sums, powers, exponentials, logs, cases.

Every constructor takes values in normal form and returns one, so simplification is structural
recursion: there is no search and nothing to loop.  The rules have the numbers of ``derivation.md``:

- N1 a product flattens and adds exponents
- N2 a sum takes common factors out (the common denominator), expands and collects
- N3, N4 polynomials are primitive, and are divided exactly by denominators
- N7 e^(u+v) = e^u e^v, e^(cu) = (e^u)^c, e^(log b) = b
- N8 the log of a product with factors provably positive
- N12 a case with equal sides is dropped

Sums over indices (N5, N6, N11) live in :mod:`tinygrad_lite.derivations.normal.sums`.

This file, sums and exponentials are the one knot of imports in the package: a sum multiplies what it takes out, and
a power of a sum opens the sum. A test holds that there is no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm, prod

from tinygrad_lite.derivations.normal import signs
from tinygrad_lite.derivations.normal.budgets import MOST_BITS, WORK, BudgetError, unmerged
from tinygrad_lite.derivations.normal.implied import implied, vanishes
from tinygrad_lite.derivations.normal.polynomials import collect, divide, perfect_square, powers_of, square_difference
from tinygrad_lite.derivations.normal.radicals import roots_out
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Case,
    Delta,
    Function,
    Number,
    Poly,
    Predicate,
    Product,
    Sum,
    Sym,
    Value,
    atom,
    const,
    magnitude,
    plain,
)

MOST_CASES = 64
"""How many leaves a decision tree may have before the work is given up."""

MOST_TERMS = 400
"""How many terms an expansion may have before the work is given up."""


def lifted(function: Callable[..., Value], *values: Value) -> Value:
    """Apply a function of products to values with cases: to each combination of sides.

    Predicates are tested in one order, so equal decisions give equal trees.
    """
    predicates = [v.predicate for v in values if isinstance(v, Case)]
    if not predicates:
        return function(*values)
    first = min(predicates, key=_place)
    sides = []
    for side in (True, False):
        chosen = [assume(v, first, side) for v in values]
        sides.append(lifted(function, *chosen))
    return case(first, sides[0], sides[1])


def assume(value: Value, predicate: Predicate, holds: bool) -> Value:
    """The value where a predicate is known to hold, or known not to."""
    if isinstance(value, Product):
        return value
    known = implied(value.predicate, predicate, holds)
    if known is not None:
        return assume(value.yes if known else value.no, predicate, holds)
    yes, no = assume(value.yes, predicate, holds), assume(value.no, predicate, holds)
    return value if yes is value.yes and no is value.no else case(value.predicate, yes, no)


def _place(predicate: Predicate) -> tuple[int, str]:
    """The order of predicates: z > 1 and z < 1 before z > 0, which they decide more often than it decides them."""
    terms = max((len(b.terms) for b, _ in predicate.value.factors if isinstance(b, Poly)), default=1)
    return -terms, predicate.key


def leaves(value: Value) -> list[Product]:
    """All sides of a value with cases."""
    if isinstance(value, Product):
        return [value]
    return leaves(value.yes) + leaves(value.no)


def case(predicate: Predicate, yes: Value, no: Value) -> Value:
    """``yes`` where the predicate holds, else ``no``; N12: one value where both are equal.

    The same is true where the predicate is ``t == 0`` and both sides are 0 there, as in a norm.
    """
    if yes == no or subtract(yes, no) == ZERO:
        return no
    single = predicate.kind == "zero" and len(predicate.value.factors) == 1
    if single and yes == ZERO and vanishes(no, predicate.value.factors[0][0]):
        return no
    result = Case(predicate, yes, no)
    if len(leaves(result)) > MOST_CASES:
        raise BudgetError(f"{MOST_CASES} cases")
    return result


def add(*values: Value) -> Value:
    """The sum of values.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> x = sym("x")
    >>> add(power(x, -1), power(add(ONE, negative(x)), -1))
    1*(1+-1*x[])^-1*x[]^-1
    """
    if any(isinstance(v, Case) for v in values):
        return reduce(lambda u, v: lifted(add, u, v), values)
    return _add([v for v in values if isinstance(v, Product) and v.coef != 0])


def negative(value: Value) -> Value:
    """The value with its sign turned."""
    return multiply(const(-1), value)


def subtract(left: Value, right: Value) -> Value:
    """left - right."""
    return add(left, negative(right))


def multiply(*values: Value) -> Value:
    """The product of values (N1)."""
    if any(isinstance(v, Case) for v in values):
        return reduce(lambda u, v: lifted(multiply, u, v), values)
    factors = [v for v in values if isinstance(v, Product)]
    found = product(prod(v.coef for v in factors), powers_of(f for v in factors for f in v.factors))
    if not found.tied:
        return found
    from tinygrad_lite.derivations.normal.sums import met

    return met(found)


def divide_by(left: Value, right: Value) -> Value:
    """left / right."""
    return multiply(left, power(right, -1))


def product(coef: Number, powers: dict[Base, Number]) -> Product:
    """A product from its parts: zero exponents drop, what is 0 or 1 keeps no exponent."""
    if coef == 0:
        return ZERO
    for base in powers:
        if base.__class__ is Function and base.name == "number":
            coef, powers = roots_out(coef, powers)
            break
    factors = [(b, _idempotent(b, e)) for b, e in powers.items() if e != 0]
    if len(factors) > 1:
        factors.sort(key=_key_of_factor)
    return Product(plain(coef), tuple(factors))


def _key_of_factor(factor: tuple[Base, Number]) -> str:
    return factor[0].key


def _idempotent(base: Base, exponent: Number) -> Number:
    binary = isinstance(base, Delta) or (isinstance(base, Sym) and base.symbol.has("one_hot", "binary"))
    if binary and exponent > 0:
        return 1
    return plain(exponent)


def power(value: Value, exponent: Number) -> Value:
    """The value raised to a rational number, real branch."""
    if isinstance(value, Case):
        return lifted(lambda v: power(v, exponent), value)
    if exponent == 0:
        return ONE
    if exponent == 1:
        return value
    if value.coef == 0:
        return ZERO if exponent > 0 else undefined("0 has no reciprocal")
    if exponent.denominator == 1:
        bits = max(value.coef.numerator.bit_length(), value.coef.denominator.bit_length()) - 1
        if bits * magnitude(exponent) > MOST_BITS:  # before it is computed, which takes time and memory
            raise BudgetError(f"a power of {exponent} of a number other than 1")
        whole = Fraction(value.coef) ** exponent.numerator
        return product(whole, {b: e * exponent for b, e in value.factors})
    return _root(value, exponent)


def undefined(message: str) -> Value:
    raise BudgetError(message)


def _root(value: Product, exponent: Number) -> Value:
    """A fractional power: of each factor where that is right, else of what is left together."""
    outside: list[Value] = []
    inside: dict[Base, Number] = {}
    for base, e in value.factors:
        if signs.positive_base(base):
            outside.append(product(1, {base: e * exponent}))
        elif e % 2 == 0:
            outside.append(power(absolute(atom(base)), e * exponent))
        else:
            inside[base] = e
    coef = magnitude(value.coef) if not inside or value.coef > 0 else value.coef
    if value.coef < 0 and not inside:
        return undefined("a root of a negative number")
    if coef > 0 and coef != 1:
        outside.append(product(1, {Function("number", const(coef)): exponent}))
        coef = 1
    if len(inside) == 1 and coef == 1:
        ((base, e),) = inside.items()
        outside.append(product(1, {base: e * exponent}))
    elif inside:
        outside.append(product(1, {Function("group", product(coef, inside)): exponent}))
    return multiply(*outside)


def absolute(value: Value) -> Value:
    """|value|: a case of its sign."""
    return lifted(lambda v: choose(positive(v), v, negative(v)), value)


def positive(value: Product) -> Predicate | bool:
    """The predicate value > 0, or its truth where that can be proved.

    Factors of known sign drop out; a turned sign is the same predicate, turned.
    """
    if value.coef == 0:
        return False
    known = signs.sign(value)
    if known is not None:
        return known > 0
    rest: dict[Base, Number] = {}
    for base, exponent in value.factors:
        if signs.positive_base(base):
            continue
        if exponent.denominator == 1:
            exponent = 1 if exponent % 2 else 2
        rest[base] = exponent
    return Predicate("positive", product(1 if value.coef > 0 else -1, rest))


def zero(value: Product) -> Predicate | bool:
    """The predicate value == 0, or its truth where that can be proved."""
    if value.coef == 0:
        return True
    if signs.sign(value) is not None:
        return False
    return Predicate("zero", product(1, {b: 1 for b, e in value.factors if e > 0 and not signs.never_zero(b)}))


def choose(test: Predicate | bool, yes: Value, no: Value) -> Value:
    """``yes`` or ``no``; a test on a turned sign is put the right way round (off its kink)."""
    if isinstance(test, bool):
        return yes if test else no
    if test.kind == "positive" and test.value.coef < 0:
        turned = Predicate("positive", product(1, dict(test.value.factors)))
        return choose(turned, no, yes)
    predicates = [test, *(v.predicate for v in (yes, no) if isinstance(v, Case))]
    first = min(predicates, key=_place)
    yes, no = assume(yes, test, True), assume(no, test, False)
    if first == test:
        return case(test, yes, no)
    sides = []
    for holds in (True, False):
        known = implied(test, first, holds)
        sides.append(choose(test if known is None else known, assume(yes, first, holds), assume(no, first, holds)))
    return case(first, sides[0], sides[1])


def expanded(value: Product) -> list[Product]:
    """The terms of a product, polynomials multiplied out."""
    terms = [product(value.coef, {b: e for b, e in value.factors if not _expands(b, e)})]
    for base, exponent in value.factors:
        if _expands(base, exponent) and isinstance(base, Poly):
            for _ in range(exponent.numerator):
                terms = collect(t for s in terms for t in _each(s, base))
                if len(terms) > MOST_TERMS:
                    raise BudgetError(f"an expansion of more than {MOST_TERMS} terms")
    return terms


def _each(term: Product, poly: Poly) -> list[Product]:
    products = [multiply(term, t) for t in poly.terms]
    return [t for p in products if isinstance(p, Product) for t in expanded(p)]


def _expands(base: Base, exponent: Number) -> bool:
    return isinstance(base, Poly) and exponent.denominator == 1 and exponent > 0


def _common(parts: list[Product]) -> dict[Base, Number]:
    """The factors that all parts share (negative exponents: the common denominator)."""
    lowest: dict[Base, Number] = dict(parts[0].factors)
    for part in parts[1:]:
        powers = dict(part.factors)
        for base in lowest.keys() | powers.keys():
            lowest[base] = min(lowest.get(base, 0), powers.get(base, 0))
    return {b: e for b, e in lowest.items() if e != 0}


def _without(part: Product, common: dict[Base, Number]) -> Product:
    return product(part.coef, powers_of([*part.factors, *((b, -e) for b, e in common.items())]))


def _add(parts: list[Product]) -> Value:
    """N2, N3, N4: common factors out, the rest expanded, collected, made primitive, divided."""
    parts = collect(parts)
    if len(parts) < 2:
        return parts[0] if parts else ZERO
    content = _common(parts)
    rests = collect(t for p in parts for t in expanded(_without(p, content)))
    merged = _merge_sums(rests, content)
    if merged is not None:
        return multiply(product(1, content), merged)
    return _primitive(rests, content)


def _primitive(rests: list[Product], content: dict[Base, Number]) -> Value:
    if not rests:
        return ZERO
    inner = _common(rests)
    terms = sorted((_without(r, inner) for r in rests), key=lambda t: t.bare)
    outer: Value = multiply(product(1, content), product(1, inner))
    assert isinstance(outer, Product)
    if len(terms) == 1:
        return multiply(outer, terms[0])
    for base, exponent in outer.factors:
        if isinstance(base, Poly) and exponent < 0:
            quotient = divide(terms, base.terms)
            if quotient is not None:
                return multiply(outer, atom(base), _add(quotient))
    number = shared_number(terms)
    terms = [product(Fraction(t.coef) / number, dict(t.factors)) for t in terms]
    halves = square_difference(terms)
    if halves is not None:
        low, high = halves
        return multiply(const(number), outer, _add(low), _add(high))
    root = perfect_square(terms)
    if root is not None:
        return multiply(const(number * root[0]), outer, power(_add(root[1]), 2))
    return multiply(const(number), outer, atom(Poly(tuple(terms))))


def shared_number(terms: Sequence[Product]) -> Fraction:
    """The number that comes out of terms: they are left with whole numbers, and the first with a positive one."""
    numbers = [Fraction(t.coef) for t in terms]
    over = reduce(lcm, (n.denominator for n in numbers))
    under = reduce(gcd, (n.numerator * (over // n.denominator) for n in numbers), 0)
    shared = Fraction(under, over)
    return shared if numbers[0] > 0 else -shared


def _merge_sums(rests: list[Product], content: dict[Base, Number]) -> Value | None:
    """c1 sum_i f_i + c2 sum_i g_i = sum_i (c1 f_i + c2 g_i); None where there is nothing to do."""
    groups: dict[tuple[str, ...], list[tuple[Product, Sum]]] = {}
    alone: list[Product] = []
    for rest in rests:
        sums = [b for b, e in rest.factors if isinstance(b, Sum) and e == 1]
        if len(sums) == 1 and not any(b == sums[0] for b in content):
            key = tuple(i.axis for i in sums[0].bound)
            groups.setdefault(key, []).append((_without(rest, {sums[0]: 1}), sums[0]))
        else:
            alone.append(rest)
    if WORK.merging or all(len(group) < 2 for group in groups.values()):
        return None
    from tinygrad_lite.derivations.normal.sums import opened, sum_over

    parts: list[Value] = list(alone)
    with unmerged():  # what is summed anew may fall apart again: it is not merged a second time
        for group in groups.values():
            if len(group) == 1:
                parts.append(multiply(group[0][0], atom(group[0][1])))
                continue
            fresh, _ = opened(group[0][1])
            bodies = [multiply(c, opened(s, fresh)[1]) for c, s in group]
            parts.append(sum_over(fresh, add(*bodies)))
        return add(*parts)
