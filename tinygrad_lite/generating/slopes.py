"""The derivative of a function of one number in closed form, over the exponentials that its body computes.

A body such as σ's chooses a side, s = −1 where z > 0 and else 1, and computes e = exp(s z). Its own rules give the
derivative a sum of parts that cancel where e is small. Taken as a formula in e it is a quotient of polynomials, which
the normal form of derivations brings over one denominator: e/(1+e)². That is right to a few roundings everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from fractions import Fraction
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.normal.algebra import add, multiply, power
from tinygrad_lite.derivations.normal.calculus import differentiate
from tinygrad_lite.derivations.normal.elementwise import as_number, elementwise
from tinygrad_lite.derivations.normal.terms import Base, Case, Function, Poly, Product, Sym, Value, atom, const, sym
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["slope"]

EXPONENTIALS = (p.exp, p.expm1)


def slope(out: Tensor, z: Tensor) -> Tensor | None:
    """The derivative of each element of `out` by the same element of `z`, recorded on the nodes of `out`.

    None where there is no exponential, because the rules then give nothing that cancels, and where elements of `out`
    depend on more than their own element of `z`.
    """
    if out.shape != z.shape:
        return None
    formulas: dict[Node, Value] = {}
    arguments: dict[str, Node] = {}  # of the exponentials: each has a name, so that the formula is one in e
    for node in graph(out):
        if node.primitive is None:
            formulas[node] = sym(node.name) if node.name else as_number(node.item())
            continue
        function = _same if node.primitive is p.broadcast_to else elementwise(node.primitive)
        if function is None:
            return None
        inputs = [formulas[x] if isinstance(x, Node) else as_number(np.asarray(x).item()) for x in node.inputs]
        if node.primitive in EXPONENTIALS:
            name = f"u{len(arguments)}"
            arguments[name] = node.inputs[0]
            inputs = [sym(name)]
        formulas[node] = function(*inputs)
    if not arguments:
        return None
    assert z.name is not None
    total = differentiate(formulas[out], z.name, ())
    for name, u in arguments.items():
        inner = differentiate(formulas[u], z.name, ())
        total = add(total, multiply(differentiate(formulas[out], name, ()), inner))
    known: dict[str, Any] = {node.name: node for node in graph(out) if node.name}
    outer = _outer(total, known.keys() - {z.name})
    inner = multiply(total, power(outer, -1))
    first = _recorded(outer, known, {})
    if isinstance(inner, Product) and not inner.factors and abs(inner.coef) == 1:
        return first if inner.coef > 0 else -first  # type: ignore[no-any-return]
    rest = _recorded(inner, known | arguments, _exponentials(out))
    return first * rest if outer.factors else rest  # type: ignore[no-any-return]


def _outer(value: Value, names: Set[str]) -> Product:
    """The factors that came in under these names, such as an upstream gradient: they stand before all others."""
    common = _common(value) if isinstance(value, Case) else value
    assert isinstance(common, Product)
    outer = [atom(b, e) for b, e in common.factors if isinstance(b, Sym) and b.symbol.name in names]
    return multiply(*outer)  # type: ignore[return-value]


def _same(x: Value) -> Value:
    return x


def _exponentials(out: Tensor) -> dict[Node, Node]:
    """The nodes that are exp of something, by what it is of."""
    return {node.inputs[0]: node for node in graph(out) if node.primitive is p.exp}


def _recorded(value: Value, known: Mapping[str, Any], exponentials: Mapping[Node, Node]) -> Any:
    """A formula as operations on the nodes that its symbols stand for."""
    if isinstance(value, Case):
        assert value.predicate.kind == "positive"
        common = _common(value)
        yes, no = (_recorded(multiply(part, power(common, -1)), known, exponentials) for part in (value.yes, value.no))
        chosen = p.where(_recorded(value.predicate.value, known, exponentials) > 0, yes, no)
        above, below = _parts(common, known, exponentials)
        return _quotient([chosen, *above], below)
    if value.coef < 0:
        return -_recorded(multiply(value, const(-1)), known, exponentials)
    above, below = _parts(value, known, exponentials)
    return _quotient(above, below)


def _common(value: Case) -> Product:
    """The factors that both sides of a choice have; where the sides differ by their sign alone, all but that."""
    yes, no = value.yes, value.no
    assert isinstance(yes, Product)
    assert isinstance(no, Product)
    shared = dict(no.factors)
    number = const(abs(Fraction(yes.coef)) if abs(yes.coef) == abs(no.coef) else 1)
    return multiply(number, *(atom(base, e) for base, e in yes.factors if shared.get(base) == e))  # type: ignore[return-value]


def _parts(value: Product, known: Mapping[str, Any], exponentials: Mapping[Node, Node]) -> tuple[list[Any], list[Any]]:
    """What stands above and below the bar of a product."""
    above: list[Any] = [] if value.coef == 1 else [float(Fraction(value.coef))]
    below: list[Any] = []
    for base, exponent in value.factors:
        x = _base(base, known, exponentials)
        pairs, odd = divmod(abs(int(exponent)), 2)
        assert abs(exponent) == 2 * pairs + odd
        (above if exponent > 0 else below).extend([p.square(x)] * pairs + [x] * odd)
    return above, below


def _base(base: Base, known: Mapping[str, Any], exponentials: Mapping[Node, Node]) -> Any:
    if isinstance(base, Sym):
        return known[base.symbol.name]
    if isinstance(base, Poly):
        first, *rest = base.terms
        total = _recorded(first, known, exponentials)
        for term in rest:
            if term.coef < 0:
                total = total - _recorded(multiply(term, const(-1)), known, exponentials)
            else:
                total = total + _recorded(term, known, exponentials)
        return total
    assert isinstance(base, Function)
    assert base.name == "exp"
    u = _recorded(base.argument, known, exponentials)
    return exponentials[u] if u in exponentials else p.exp(u)


def _quotient(above: list[Any], below: list[Any]) -> Any:
    total: Any = above[0] if above else 1.0
    for x in above[1:]:
        total = total * x
    for x in below:
        total = total / x
    return total
