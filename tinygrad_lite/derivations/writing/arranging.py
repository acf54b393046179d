"""The order and the signs in which the lecture writes products and sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

from tinygrad_lite.derivations.normal.algebra import add, leaves, multiply, negative
from tinygrad_lite.derivations.normal.contents import has_function
from tinygrad_lite.derivations.normal.polynomials import collect
from tinygrad_lite.derivations.normal.terms import (
    Base,
    Delta,
    Function,
    Number,
    Poly,
    Product,
    Sum,
    Sym,
    Symbol,
    Value,
    magnitude,
    plain,
)
from tinygrad_lite.derivations.writing.factoring import with_common_factors, with_squares
from tinygrad_lite.derivations.writing.roots import joined


def grouped(terms: Iterable[Product]) -> list[Product]:
    """Terms that share a logarithm as one: (1 − y) log(1 − a)."""
    groups: dict[str, list[Product]] = {}
    for term in _with_logs_of_numbers(list(terms)):
        logs = [b.key for b, _ in term.factors if isinstance(b, Function) and b.name == "log"]
        groups.setdefault(" ".join(logs) or term.key, []).append(term)
    result = []
    for group in groups.values():
        whole = add(*group)
        result += [whole] if isinstance(whole, Product) and len(group) > 1 else group
    return result


def _with_logs_of_numbers(terms: list[Product]) -> list[Product]:
    """log(1000 a + 1) − log 1000 as log(a + 0.001)."""
    for known in terms:
        number = _one_log(known)
        if number is None or number.factors:
            continue
        for other in terms:
            inner = _one_log(other)
            if inner is not None and inner.factors and other.coef == -known.coef:
                base = Function("log", Product(Fraction(inner.coef) / Fraction(number.coef), inner.factors))
                rest = [t for t in terms if t is not known and t is not other]
                return [*rest, Product(other.coef, ((base, 1),))]
    return terms


def _one_log(term: Product) -> Product | None:
    """The argument of a term that is a number times one logarithm."""
    if len(term.factors) != 1 or term.factors[0][1] != 1:
        return None
    base = term.factors[0][0]
    return base.argument if isinstance(base, Function) and base.name == "log" else None


def _is_slope(symbol: Symbol) -> bool:
    """σ′(z): a function's derivative, which the lecture writes after (a − y) and before x."""
    return symbol.derivative is not None and symbol.derivative.function != ""


def is_sum(base: Base) -> bool:
    """Whether this is a sum over indices, which stands last in a product."""
    return isinstance(base, Sum)


def _place(factor: tuple[Base, Number]) -> tuple[int, str]:
    """The order of factors: sizes, names, polynomials, functions."""
    base = factor[0]
    match base:
        case Sym(symbol=symbol):
            if symbol.has("size"):
                return 0, symbol.name
            if symbol.application is not None or _is_slope(symbol):
                return 4, symbol.name
            return 1, f"{bool(base.free)}{symbol.name}"  # a number before what has indices: λ W_jk
        case Poly():
            return 3, base.key
        case Delta():
            return 2, base.key
        case _:
            return 5, base.key


def pairs_last(factors: list[tuple[Base, Number]]) -> list[tuple[Base, Number]]:
    """The lecture's order: x, then (a − y), then a (1 − a) and what else is a derivative, last [j = k]."""
    paired: set[Base] = set()
    for base, exponent in factors:
        if isinstance(base, Poly) and any(not t.factors for t in base.terms):
            inner = {b for t in base.terms for b, _ in t.factors}
            mates = [b for b, e in factors if b in inner and e == exponent]
            if mates:
                paired.update(mates, [base])
    primes = [b for b, _ in factors if isinstance(b, Sym) and _is_slope(b.symbol)]
    error = _error(factors, primes[0]) if primes else None

    def place(factor: tuple[Base, Number]) -> tuple[int, tuple[int, str]]:
        base = factor[0]
        rank, name = _place(factor)
        if isinstance(base, Delta):
            return 6, (rank, name)
        if base in paired:
            return 3, (0 if isinstance(base, Sym) else 1, name)
        if primes and rank == 1 and base != error:
            return 5, (rank, name)
        return (rank if rank < 3 else 2 if rank == 3 and not any(not t.factors for t in _terms(base)) else 4), (
            rank,
            name,
        )

    return sorted(factors, key=place)


def _error(factors: list[tuple[Base, Number]], slope: Sym) -> Base | None:
    """The name that stands where (a − y) would: a of a σ′(z) x, where y is 0. It has the indices of σ′(z)."""
    if any(isinstance(base, Poly) for base, _ in factors):
        return None
    names = [factor for factor in factors if _place(factor)[0] == 1 and factor[0].free == slope.free]
    return min(names, key=_place)[0] if names else None


def _terms(base: Base) -> tuple[Product, ...]:
    return base.terms if isinstance(base, Poly) else ()


def arranged(value: Product) -> tuple[Number, list[tuple[Base, Number]]]:
    """A product as it is written: signs where the lecture has them, into sums, too; the factors in their order."""
    coef, factors = turned(value)
    for n, (base, exponent) in enumerate(factors):
        if isinstance(base, Sum) and exponent == 1 and isinstance(base.body, Product):
            minus = Product(-base.body.coef, base.body.factors)
            inside, outside = turned(base.body)[0], turned(minus)[0]
            body = base.body
            if inside < 0 or (coef < 0 and outside > 0):
                body, coef, inside = minus, -coef, outside
            if magnitude(inside) != magnitude(body.coef):
                coef = coef * magnitude(inside)
                body = Product(Fraction(body.coef) / magnitude(Fraction(inside)), body.factors)
            terms = [b.terms for b, e in body.factors if isinstance(b, Poly) and e == 1]
            if len(terms) == 1 and _goes_inside(coef, terms[0]):
                body, coef = Product(Fraction(body.coef) / coef.denominator, body.factors), coef.numerator
            if body is not base.body:
                factors[n] = (Sum(base.bound, body), exponent)
        elif isinstance(base, Sum) and exponent == 1 and coef < 0:
            opposite = negative(base.body)
            if _minus_signs(opposite) <= _minus_signs(base.body):  # Σ { −1; r; 1 }, and not −Σ { 1; −r; −1 }
                factors[n], coef = (Sum(base.bound, opposite), exponent), -coef
    return coef, pairs_last(factors)


def _minus_signs(value: Value) -> int:
    """How many sides of a value with cases begin with a minus."""
    return sum(turned(side)[0] < 0 for side in leaves(value))


def in_order(terms: Iterable[Product]) -> list[Product]:
    """The terms of a sum as they are written: positive ones first, constants first among them; a before y."""
    return sorted(
        with_common_factors(with_squares(grouped(terms))), key=lambda term: (arranged(term)[0] < 0, _term_place(term))
    )


def _term_place(term: Product) -> tuple[int, str]:
    if not term.factors:
        return 200 if is_decimal(abs(Fraction(term.coef))) else 0, ""
    names = ",".join(sorted(n for b, _ in term.factors for n in b.names))
    return (1 if any(is_sum(b) for b, _ in term.factors) else 100 - len(term.factors)), f"{names} {len(term.key):4}"


def is_decimal(number: Fraction) -> bool:
    """Whether a number reads better as a decimal than as a fraction: 0.001, 1e-8."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    exact = rest == 1 and number.denominator >= 100
    return exact or number.denominator > 1000 or number.numerator > 100_000


def turned(value: Product) -> tuple[Number, list[tuple[Base, Number]]]:
    """Signs moved into differences: −(y − a) is (a − y), and −(a − 1) is (1 − a)."""
    coef, parts = joined(value.coef, value.factors)
    coef, parts = _normed(coef, _joined(parts))
    factors: list[tuple[Base, Number]] = []
    free: list[int] = []
    for base, exponent in parts:
        if isinstance(base, Poly) and exponent.denominator == 1:
            constants = [t for t in base.terms if not t.factors]
            signs = _signs(base)
            mixed = min(signs) < 0 < max(signs)
            all_negative = max(signs) < 0
            if all_negative or (mixed and constants and constants[0].coef < 0):
                base = _flipped(base)
                coef = -coef if exponent % 2 else coef
            if exponent % 2 == 0 and _names_less_first(base):
                base = _flipped(base)
            if mixed and (not constants or has_function(base, "exp")) and exponent % 2 == 1:
                free.append(len(factors))
        factors.append((base, exponent))
    if coef < 0 and free:
        best = min(free, key=lambda n: (factors[n][1] < 0, -_lead(factors[n][0])))
        base, exponent = factors[best]
        assert isinstance(base, Poly)
        factors[best] = (_flipped(base), exponent)
        coef = -coef
    elif coef < 0:
        coef, factors = _less_one(coef, factors)
    return _inside(coef, factors)


def _names_less_first(poly: Poly) -> bool:
    """Whether a difference of two begins with the one that has fewer indices, as μ − x_i does."""
    if len(poly.terms) != 2 or poly.terms[0].coef * poly.terms[1].coef > 0:
        return False
    plus, minus = sorted(poly.terms, key=lambda t: t.coef < 0)
    return plus.factors != () and len(plus.free) < len(minus.free)


def _inside(coef: Number, factors: list[tuple[Base, Number]]) -> tuple[Number, list[tuple[Base, Number]]]:
    """0.002 (500 + 851 z) as 1 + 1.702 z: a decimal before the only polynomial goes into it, where that is shorter."""
    polys = [b for b, e in factors if isinstance(b, Poly) and e == 1]
    if len(polys) != 1:
        return coef, factors
    (poly,) = polys
    if _goes_inside(coef, poly.terms):
        terms = tuple(Product(plain(Fraction(t.coef) / coef.denominator), t.factors) for t in poly.terms)
        return coef.numerator, [(Poly(terms), e) if b == poly else (b, e) for b, e in factors]
    if coef.denominator < 100:
        return coef, factors
    terms = tuple(Product(plain(Fraction(t.coef) * magnitude(coef)), t.factors) for t in poly.terms)
    inside = sum(_written(t.coef) for t in terms)
    if inside >= _written(coef) + sum(_written(t.coef) for t in poly.terms):
        return coef, factors
    return 1 if coef > 0 else -1, [(Poly(terms), e) if b == poly else (b, e) for b, e in factors]


def _goes_inside(coef: Number, terms: Sequence[Product]) -> bool:
    """Whether (4 a − 4 y − s)/4 is better a − y − s/4: two numbers fewer are written."""
    divided = [Product(Fraction(t.coef) / coef.denominator, t.factors) for t in terms]
    return coef.denominator > 1 and _numbers(divided) < _numbers(terms)


def _numbers(terms: Sequence[Product]) -> int:
    """How many numbers stand before and under the terms of a polynomial."""
    parts = [n for t in terms for n in (magnitude(t.coef.numerator), t.coef.denominator)]
    return sum(n != 1 for n in parts)


def _written(number: Number) -> int:
    """How many signs a number has, as a decimal."""
    return 0 if magnitude(number) == 1 else len(f"{float(magnitude(number)):.12g}")


def _less_one(coef: Number, factors: list[tuple[Base, Number]]) -> tuple[Number, list[tuple[Base, Number]]]:
    """−(1 − n) as n − 1, where it is the only difference and no part of n (1 − n)."""
    mixed = [(b, e) for b, e in factors if isinstance(b, Poly) and e % 2 == 1 and min(_signs(b)) < 0 < max(_signs(b))]
    if len(mixed) != 1:
        return coef, factors
    ((base, exponent),) = mixed
    if any(b in (c for t in _terms(base) for c, _ in t.factors) and e == exponent for b, e in factors):
        return coef, factors
    assert isinstance(base, Poly)
    return -coef, [(_flipped(base), e) if b == base else (b, e) for b, e in factors]


def _normed(coef: Number, factors: list[tuple[Base, Number]]) -> tuple[Number, list[tuple[Base, Number]]]:
    """Polynomials with large numbers, divided by them: a + 10⁻⁸ and not 100000000 a + 1."""
    result: list[tuple[Base, Number]] = []
    for base, exponent in factors:
        if isinstance(base, Poly) and exponent.denominator == 1:
            terms = [Product(c, tuple(parts)) for c, parts in (joined(t.coef, t.factors) for t in base.terms)]
            lead: Number = 1 if tuple(terms) == base.terms else _content(terms)
            if max(magnitude(t.coef) for t in terms) >= 1000 * lead:
                leads = [magnitude(t.coef) for t in terms if t.factors]
                lead = min(leads, key=lambda n, c=coef, e=exponent: _digits(c * Fraction(n) ** int(e)))  # type: ignore[misc]
            coef = coef * Fraction(lead) ** int(exponent)
            base = Poly(tuple(Product(Fraction(t.coef) / Fraction(lead), t.factors) for t in terms))
        result.append((base, exponent))
    return coef, result


def _digits(number: Number) -> Number:
    return magnitude(number.numerator) + number.denominator


def _content(terms: Sequence[Product]) -> Number:
    """The largest number of which all coefficients are whole multiples."""
    below = lcm(*(t.coef.denominator for t in terms))
    return Fraction(gcd(*(int(t.coef * below) for t in terms)), below)


def _signs(poly: Poly) -> list[Number]:
    if not has_function(poly, "log"):
        return [t.coef for t in poly.terms]
    return [turned(t)[0] for t in grouped(poly.terms)]


def _joined(factors: Sequence[tuple[Base, Number]]) -> list[tuple[Base, Number]]:
    """(1 − a)(1 + a) as 1 − a²."""
    result = list(factors)
    polys = [(b, e) for b, e in factors if isinstance(b, Poly) and len(b.terms) == 2]
    for n, (one, e) in enumerate(polys):
        for other, f in polys[n + 1 :]:
            if e != f or not isinstance(one, Poly) or not isinstance(other, Poly):
                continue
            whole = collect(t for p in one.terms for t in _times_each(p, other))
            if len(whole) == 2 and (one, e) in result and (other, f) in result:
                result.remove((one, e))
                result.remove((other, f))
                result.append((Poly(tuple(sorted(whole, key=lambda t: t.key))), e))
    return result


def _times_each(term: Product, poly: Poly) -> list[Product]:
    return [p for t in poly.terms if isinstance(p := multiply(term, t), Product)]


def _lead(base: Base) -> int:
    return 1 if isinstance(base, Poly) and base.terms[0].coef < 0 else 0


def _flipped(poly: Poly) -> Poly:
    return Poly(tuple(Product(-t.coef, t.factors) for t in poly.terms))
