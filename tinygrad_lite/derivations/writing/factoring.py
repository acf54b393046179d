"""How a polynomial reads best: with squares in it, and term by term where a factor before it cancels.

The normal form of s + e^(−s) (x − μ)² is e^(−s) (e^s s + x² + μ² − 2 x μ); nothing is computed with what this file makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from tinygrad_lite.derivations.normal.algebra import add, divide_by, multiply, product
from tinygrad_lite.derivations.normal.terms import Base, Function, Number, Poly, Product, Sum, Sym, const, size
from tinygrad_lite.derivations.writing.measuring import length

MOST_TERMS = 8
"""A polynomial of more terms is not searched for squares."""


def with_squares(terms: Iterable[Product]) -> list[Product]:
    """Terms of which u² − 2 u v + v² is one, also where the u of each example is summed.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> x, y, c = sym("x"), sym("y"), sym("c")
    >>> with_squares([multiply(x, x), multiply(const(-2), x, y), c, multiply(y, y)])
    [1*c[], 1*(1*x[]+-1*y[])^2]
    """
    found = list(terms)
    if len(found) > MOST_TERMS:
        return found
    found = _with_sums_of_squares(found)
    for triple in combinations(found, 3):
        if all(t in found for t in triple) and any(_fits(*order) for order in _orders(triple)):
            whole = add(*triple)
            if isinstance(whole, Product) and _has_square(whole):  # 1 − 2 e^(z/2) + e^z fits, and stays as it is
                found = [*(t for t in found if t not in triple), whole]
    return found


def _orders(triple: tuple[Product, ...]) -> list[tuple[Product, Product, Product]]:
    one, two, three = triple
    return [(one, two, three), (one, three, two), (two, three, one)]


def _fits(one: Product, other: Product, between: Product) -> bool:
    """Whether ``between`` is ± twice the root of the product of the two others."""
    if between.coef**2 != 4 * one.coef * other.coef:
        return False
    return multiply(between, between) == multiply(const(4), one, other)


def _with_sums_of_squares(terms: list[Product]) -> list[Product]:
    """Σ_i x_i (x_i − 2 μ) + m μ² as Σ_i (x_i − μ)²."""
    for term in terms:
        for base, exponent in term.factors:
            if isinstance(base, Sum) and exponent == 1 and len(base.bound) == 1 and isinstance(base.body, Product):
                for other in terms:
                    square = _square_inside(term, base, other)
                    if square is not None:
                        return [square, *(t for t in terms if t is not term and t is not other)]
    return terms


def _square_inside(term: Product, total: Sum, other: Product) -> Product | None:
    """A sum and a term with its size as one sum of a square."""
    count = size(total.bound[0].axis)
    if other is term or dict(other.factors).get(count.factors[0][0]) != 1:
        return None
    front = product(term.coef, {b: e for b, e in term.factors if b != total})
    share = divide_by(other, multiply(front, count))
    whole = add(total.body, share)
    if not isinstance(whole, Product) or not _has_square(whole):
        return None
    return multiply_plain(front, Sum(total.bound, whole))


def _has_square(value: Product) -> bool:
    return any(isinstance(base, Poly) and exponent == 2 for base, exponent in value.factors)


def multiply_plain(value: Product, base: Base) -> Product:
    """A product with one more factor."""
    return product(value.coef, {**dict(value.factors), base: 1})


def with_common_factors(terms: Sequence[Product]) -> list[Product]:
    """Terms of which pairs are put together that share names: a (1 − y) − p y (1 − a), and not a + a p y − a y − p y.

    A single name that is saved is no reason among three terms, 1 + x − x a stays; the size of an axis is one.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> a, p, y = sym("a"), sym("p"), sym("y")
    >>> with_common_factors([a, multiply(a, p, y), multiply(const(-1), a, y), multiply(const(-1), p, y)])
    [1*(1+-1*y[])*a[], -1*(1+-1*a[])*p[]*y[]]
    """
    if not 3 <= len(terms) <= MOST_TERMS:
        return list(terms)
    saved, pairs = _best_pairs(tuple(terms))
    if not pairs or (saved < 2 and len(terms) == 3 and not any(_has_size(_shared(*pair)) for pair in pairs)):
        return list(terms)
    whole = [v for pair in pairs if isinstance(v := add(*pair), Product)]
    found = [*(t for t in terms if all(t not in pair for pair in pairs)), *whole]
    return found if len(whole) == len(pairs) else list(terms)


def _best_pairs(terms: tuple[Product, ...]) -> tuple[int, list[tuple[Product, Product]]]:
    """How many names are saved, and by which pairs of terms that share two names, a size, or one: y − s y is y (1 − s)."""
    if len(terms) < 2:
        return 0, []
    first, *rest = terms
    best = _best_pairs(tuple(rest))
    for other in rest:
        saved = sum(length(product(1, {b: e})) for b, e in _shared(first, other))
        if saved > 1 or (saved and (first.coef == -other.coef or _has_size(_shared(first, other)))):
            more, pairs = _best_pairs(tuple(t for t in rest if t is not other))
            best = max(best, (saved + more, [(first, other), *pairs]), key=lambda found: found[0])
    return best


def _has_size(factors: Sequence[tuple[Base, Number]]) -> bool:
    return any(isinstance(base, Sym) and base.symbol.has("size") for base, _ in factors)


def _shared(one: Product, other: Product) -> list[tuple[Base, Number]]:
    """The names that two terms share above the line; none where a sum stands in one, or where they share more than names."""
    lowest = {b: min(e, dict(other.factors).get(b, 0)) for b, e in one.factors}
    shared = [(b, e) for b, e in lowest.items() if e > 0]
    plain = all(isinstance(b, Sym) for b, _ in shared) and one.height == other.height == 0
    return shared if plain else []


def termwise(value: Product) -> list[Product] | None:
    """The terms of rest · (polynomial), each over its own denominator; None where that is not shorter."""
    polys = [b for b, e in value.factors if isinstance(b, Poly) and e == 1]
    rest = {b: e for b, e in value.factors if b not in polys}
    if len(polys) != 1 or not any(_cancels(b, e) for b, e in rest.items()):
        return None
    (poly,) = polys
    assert isinstance(poly, Poly)
    front = product(value.coef, rest)
    whole = with_squares(poly.terms)
    groups: dict[tuple[tuple[Base, Number], ...], list[Product]] = {}
    for term in whole:
        part = multiply(front, term)
        if not isinstance(part, Product):
            return None
        groups.setdefault(tuple((b, e) for b, e in part.factors if _cancels(b, e)), []).append(part)
    if len(groups) < 2:
        return None
    parts = [p for group in groups.values() if isinstance(p := add(*group), Product)]
    before = length(front) + sum(length(t) for t in whole)
    return parts if len(parts) == len(groups) and _length(parts) < before else None


def _length(parts: list[Product]) -> int:
    """The length of terms, in each of which squares are found."""
    total = 0
    for part in parts:
        polys = [b for b, e in part.factors if isinstance(b, Poly) and e == 1]
        inside = sum(length(t) for b in polys if isinstance(b, Poly) for t in with_squares(b.terms))
        total += inside + length(product(part.coef, {b: e for b, e in part.factors if b not in polys}))
    return total


def _cancels(base: Base, exponent: Number) -> bool:
    """Whether a factor may cancel in a term: a denominator or an exponential."""
    if isinstance(base, Sym) and base.symbol.has("size"):
        return False
    return exponent < 0 or (isinstance(base, Function) and base.name == "exp")
