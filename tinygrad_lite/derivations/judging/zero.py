"""Whether a difference in normal form is 0: as it stands, multiplied out, and on both sides of [j = k]."""

from __future__ import annotations

from tinygrad_lite.derivations.normal.algebra import add, expanded, leaves, multiply, product
from tinygrad_lite.derivations.normal.budgets import BudgetError, budget
from tinygrad_lite.derivations.normal.sums import opened, rebuild, rename, sum_over
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Delta,
    Function,
    Index,
    Poly,
    Product,
    Sum,
    Sym,
    Value,
    atom,
)

WORK = 50_000
"""How many expressions may be built to find that a difference is 0."""


def is_zero(difference: Value) -> bool:
    """Whether a difference is provably 0."""
    if difference == ZERO:
        return True
    try:
        with budget(WORK):
            return both_zero(flattened(difference))
    except BudgetError:
        return False


def never_zero(difference: Value) -> bool:
    """Whether a difference is provably not the formula 0: names, exponentials and polynomials of free names."""
    if not isinstance(difference, Product) or difference.coef == 0:
        return False
    return all(_free(base) for base, _ in difference.factors)


def _free(base: object) -> bool:
    match base:
        case Sym(symbol=symbol):
            return not symbol.facts - {"positive", "in (0, 1)", "size"}
        case Function(name="exp" | "number"):
            return True
        case Poly(terms=terms):
            return all(isinstance(b, Sym) and _free(b) and e.denominator == 1 for t in terms for b, e in t.factors)
    return False


def both_zero(value: Value) -> bool:
    """Whether a value is 0 on both sides of each [j = k] in it: where it is 0, and where j is k.

    >>> from tinygrad_lite.derivations.normal.algebra import subtract
    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> j, k = Index("j", "n"), Index("k", "n")
    >>> both_zero(multiply(atom(Delta(j, k)), subtract(sym("a", j), sym("a", k))))
    True
    """
    found = _delta(value)
    if value == ZERO or found is None:
        return value == ZERO
    if not both_zero(rebuild(value, lambda b: ZERO if b == found else None)):
        return False
    there = rebuild(value, lambda b: ONE if b == found else None)
    return both_zero(rename(there, {found.left: found.right}))


def _delta(value: Value) -> Delta | None:
    """A [j = k] of two free indices, if there is one."""
    parts = [value] if isinstance(value, Product) else leaves(value)
    for base in (b for part in parts for b, _ in part.factors):
        inner = [b for t in base.terms for b, _ in t.factors] if isinstance(base, Poly) else [base]
        for each in inner:
            if isinstance(each, Delta):
                return each
    return None


def flattened(value: Value) -> Value:
    """The value with whole powers of sums and of polynomials inside sums multiplied out.

    >>> from tinygrad_lite.derivations.normal.algebra import power
    >>> from tinygrad_lite.derivations.normal.sums import sum_over
    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> i, j = Index("i", "m"), Index("j", "n")
    >>> flattened(sum_over([i], power(sum_over([j], sym("x", i, j)), 2)))
    1*sum[%1:m,%2:n,%3:n](1*x[%1:m,%2:n]*x[%1:m,%3:n])
    """

    def change(base: Base) -> Value | None:
        if not isinstance(base, Sum) or not isinstance(base.body, Product):
            return None
        bound, body = opened(base)
        assert isinstance(body, Product)
        terms = [_copied(t) for t in expanded(body)]
        if len(terms) == 1 and not terms[0][0]:
            return None
        return add(*(sum_over([*bound, *more], flattened(term)) for more, term in terms))

    return rebuild(value, change)


def _copied(term: Product) -> tuple[list[Index], Value]:
    """A term in which each whole power of a sum is a product of sums, these opened: their indices and the summand."""
    bound: list[Index] = []
    parts: list[Value] = [product(term.coef, {})]
    for base, exponent in term.factors:
        if isinstance(base, Sum) and exponent in (2, 3, 4):
            for _ in range(int(exponent)):
                own, inner = opened(base)
                bound += own
                parts.append(inner)
        else:
            parts.append(atom(base, exponent))
    return bound, multiply(*parts)
