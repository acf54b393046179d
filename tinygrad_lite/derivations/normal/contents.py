"""What stands in an expression: its parts, its symbols, its functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tinygrad_lite.derivations.normal.terms import Case, Expression, Function, Poly, Product, Sum, Sym


def inside(expression: Expression) -> Iterator[Expression]:
    """An expression and everything in it."""
    yield expression
    match expression:
        case Product(factors=factors):
            parts: Sequence[Expression] = [base for base, _ in factors]
        case Poly(terms=terms):
            parts = terms
        case Sum(body=body):
            parts = [body]
        case Function(argument=argument):
            parts = [argument]
        case Case(predicate=predicate, yes=yes, no=no):
            parts = [predicate.value, yes, no]
        case _:
            parts = []
    for part in parts:
        yield from inside(part)


def symbols_in(expression: Expression) -> Iterator[Sym]:
    """The symbols in an expression at their indices, as often as they stand in it."""
    return (part for part in inside(expression) if isinstance(part, Sym))


def values_in(expression: Expression) -> set[str]:
    """The names in an expression that are no sizes of axes.

    >>> from tinygrad_lite.derivations.normal.terms import size, sym
    >>> values_in(Product(1, (*sym("x").factors, *size("m").factors)))
    {'x'}
    """
    return {part.symbol.name for part in symbols_in(expression) if not part.symbol.has("size")}


def has_function(expression: Expression, name: str) -> bool:
    """Whether a function occurs in an expression."""
    return any(isinstance(part, Function) and part.name == name for part in inside(expression))
