"""The derivative of a function of one number in closed form, over the exponentials that its body computes.

A body such as σ's chooses a side, s = −1 where z > 0 and else 1, and computes e = exp(s z). Its own rules give the
derivative a sum of parts that cancel where e is small. Taken as a formula in e it is a quotient of polynomials, which
the normal form of derivations brings over one denominator: e/(1+e)². That is right to a few roundings everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.normal.algebra import add, multiply, power
from tinygrad_lite.derivations.normal.calculus import differentiate
from tinygrad_lite.derivations.normal.elementwise import as_number, elementwise
from tinygrad_lite.derivations.normal.terms import Base, Case, Function, Poly, Product, Sym, Value, atom, sym
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["slope"]

EXPONENTIALS = (p.exp, p.expm1)


def slope(out: Tensor, z: Tensor) -> Tensor | None:
    """The derivative of `out` by `z`, recorded on the nodes of `out`; None where the body has no exponential.

    Without one, the rules give nothing that cancels.
    """
    formulas: dict[Node, Value] = {}
    arguments: dict[str, Node] = {}  # of the exponentials: each has a name, so that the formula is one in e
    for node in graph(out):
        if node.primitive is None:
            formulas[node] = sym(node.name) if node.name else as_number(node.item())
            continue
        function = elementwise(node.primitive)
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
    return _recorded(total, known | arguments, _exponentials(out))  # type: ignore[no-any-return]


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
    above, below = _parts(value, known, exponentials)
    return _quotient(above, below)


def _common(value: Case) -> Product:
    """The factors that both sides of a choice have."""
    yes, no = value.yes, value.no
    assert isinstance(yes, Product)
    assert isinstance(no, Product)
    shared = dict(no.factors)
    return multiply(*(atom(base, e) for base, e in yes.factors if shared.get(base) == e))  # type: ignore[return-value]


def _parts(value: Product, known: Mapping[str, Any], exponentials: Mapping[Node, Node]) -> tuple[list[Any], list[Any]]:
    """What stands above and below the bar of a product."""
    above: list[Any] = [] if value.coef == 1 else [float(Fraction(value.coef))]
    below: list[Any] = []
    for base, exponent in value.factors:
        x = _base(base, known, exponentials)
        (above if exponent > 0 else below).append(x if abs(exponent) == 1 else p.square(x))
        assert abs(exponent) in (1, 2)
    return above, below


def _base(base: Base, known: Mapping[str, Any], exponentials: Mapping[Node, Node]) -> Any:
    if isinstance(base, Sym):
        return known[base.symbol.name]
    if isinstance(base, Poly):
        first, *rest = (_recorded(term, known, exponentials) for term in base.terms)
        for term in rest:
            first = first + term
        return first
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
