"""What is provably positive, from how a value is built and from the facts of its symbols."""

from __future__ import annotations

from tinygrad_lite.derivations.normal.terms import Base, Function, Number, Poly, Product, Sum, Sym, magnitude


def sign(value: Product) -> int | None:
    """1 or -1 where the value is provably positive or negative, else None."""
    if value.coef == 0:
        return None
    for base, exponent in value.factors:
        if not positive_base(base) and not (exponent % 2 == 0 and never_zero(base)):
            return None
    return 1 if value.coef > 0 else -1


def positive_base(base: Base) -> bool:
    """Whether a base is provably positive."""
    match base:
        case Sym(symbol=symbol):
            return symbol.has("positive", "in (0, 1)")
        case Function(name="exp"):
            return True
        case Function(name="number"):
            return True
        case Function(name="log", argument=argument):
            return not argument.factors and argument.coef > 1
        case Sum(body=body):
            return isinstance(body, Product) and sign(body) == 1
        case Poly():
            return _poly_sign(base) == 1
        case _:
            return False


def never_zero(base: Base) -> bool:
    """Whether a base is provably not 0."""
    return positive_base(base) or (isinstance(base, Poly) and _poly_sign(base) is not None)


def _poly_sign(poly: Poly) -> int | None:
    """The sign of a polynomial whose terms agree, or of c + a with a in (-1, 1)."""
    signs = [nonnegative(t) for t in poly.terms]
    if all(s == 1 for s in signs) and any(sign(t) == 1 for t in poly.terms):
        return 1
    if all(s == -1 for s in signs) and any(sign(t) == -1 for t in poly.terms):
        return -1
    constants = [t for t in poly.terms if not t.factors]
    if len(constants) != 1:
        return None
    total: Number = magnitude(constants[0].coef)
    turn = 1 if constants[0].coef > 0 else -1
    for term in poly.terms:
        if term.factors and nonnegative(term) != turn:
            if not all(_within_one(b) and e > 0 for b, e in term.factors):
                return None
            total -= magnitude(term.coef)
    return turn if total >= 0 else None


def _within_one(base: Base) -> bool:
    return isinstance(base, Sym) and base.symbol.has("in (0, 1)", "in (-1, 1)")


def nonnegative(term: Product) -> int | None:
    """1 or -1 where a term is provably >= 0 or <= 0, else None."""
    for base, exponent in term.factors:
        binary = isinstance(base, Sym) and base.symbol.has("one_hot", "binary", "in [0, 1]")
        if not (positive_base(base) or exponent % 2 == 0 or binary):
            return None
    return 1 if term.coef > 0 else -1
