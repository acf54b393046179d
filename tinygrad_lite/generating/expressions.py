"""Recorded nodes as expressions of NumPy code that fit arrays of every shape and dtype.

Equal expressions are equal objects, so what is computed twice is found. A few rules make the code as a person writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node, Primitive
from tinygrad_lite.core.walks import graph

__all__ = ["Expression", "expressions"]


@dataclass(frozen=True)
class Expression:
    """code: as str.format takes it, with {0}, {1}, … for the arguments. level: how tightly it holds together, see LEVELS.

    name: of a value that comes in. shape: that of the sample; it is no part of what is compared, nor is `cheap`, which
    says that to compute it again costs less than to keep it.
    """

    code: str
    arguments: tuple[Expression, ...] = ()
    level: int = 5
    name: str = ""
    shape: tuple[int, ...] = field(default=(), compare=False)
    cheap: bool = field(default=True, compare=False)

    @property
    def number(self) -> float | None:
        """The value of a constant; None for anything else."""
        return float(self.code) if not self.arguments and not self.name and self.code != "None" else None


COMPARED, SUM, TERM, SIGN, POWER, ATOM = LEVELS = range(6)
# Python's operators: the code, how tightly it holds, and how tightly its right side must.
_OPERATORS: dict[Primitive, tuple[str, int]] = {
    p.add: ("{0} + {1}", SUM), p.subtract: ("{0} - {1}", SUM), p.multiply: ("{0} * {1}", TERM), p.divide: ("{0} / {1}", TERM),
    p.matmul: ("{0} @ {1}", TERM), p.negative: ("-{0}", SIGN),
    p.greater: ("{0} > {1}", COMPARED), p.less_equal: ("{0} <= {1}", COMPARED), p.less: ("{0} < {1}", COMPARED),
    p.greater_equal: ("{0} >= {1}", COMPARED), p.equal: ("{0} == {1}", COMPARED),
}  # fmt: skip
_HELPERS = {
    p.where: "choose",
    p.xlogy: "xlogy",
    p.xlog1py: "xlog1py",
    p.xdivy: "xdivy",
    p.stop_gradient: "constant_here",
}
_REDUCTIONS = {p.sum_: "np.add.reduce", p.max_: "np.maximum.reduce"}
_KEPT = ", keepdims=True)"
_CHEAP = {p.add, p.subtract, p.multiply, p.divide, p.negative, p.square, p.xdivy, p.stop_gradient}


def expressions(results: list[Node], names: Mapping[Node, str], axis: str) -> dict[Node, Expression]:
    """The nodes that the results were computed from, each as an expression.

    names: of the values that come in. axis: the name of the parameter by which a reduction's axis comes in, or "".
    """
    found: dict[Node, Expression] = {
        node: Expression("{}", name=name, shape=node.shape) for node, name in names.items()
    }
    for node in graph(*results, stops=set(names)):
        if node not in found:
            if node.primitive is None:
                found[node] = _number(node.item())
            else:
                inputs = [found[x] if isinstance(x, Node) else _constant(x, found) for x in node.inputs]
                found[node] = _expression(node, inputs, axis, list(found.values()))
    return found


def _number(value: Any) -> Expression:
    return Expression(repr(value), level=SIGN if value < 0 else ATOM)


def _constant(x: Any, found: Mapping[Node, Expression]) -> Expression:
    """A number; an array is the number of each row, and stands for the first value that has such rows."""
    if np.ndim(x):
        return next(y for y in found.values() if y.name)
    return _number(np.asarray(x).item())


def _expression(node: Node, inputs: list[Expression], axis: str, before: list[Expression]) -> Expression:
    primitive = node.primitive
    assert primitive is not None
    if primitive is p.broadcast_to:
        return Expression("broadcast {0}", tuple(inputs), shape=node.shape)
    widened = [x.arguments[0] if x.code == "broadcast {0}" else x for x in inputs]
    if primitive.kind == "elementwise" and widened != inputs:
        if any(x.shape == node.shape for x in widened):
            inputs = widened  # the others are as large as the result without it
        elif node.shape:
            inner = _elementwise(primitive, widened, np.broadcast_shapes(*(x.shape for x in widened)))
            return Expression("broadcast {0}", (inner,), shape=node.shape)
    if primitive.kind == "elementwise":
        return _elementwise(primitive, inputs, node.shape)
    if primitive in _OPERATORS:
        code, level = _OPERATORS[primitive]
        return Expression(code, tuple(inputs), level, shape=node.shape, cheap=False)
    if primitive in (p.getitem, p.scatter):
        return _place(node, primitive, widened)
    if primitive in _REDUCTIONS:
        return _reduction(node, primitive, inputs, axis)
    if primitive is p.reshape:
        return _reshaped(inputs[0], node.shape, before)
    if primitive is p.transpose and node.params["axes"] == (1, 0):
        return _transposed(inputs[0], node.shape)
    raise NotImplementedError(f"no code is known for {primitive.name} {node.params}")


def _reshaped(x: Expression, shape: tuple[int, ...], before: list[Expression]) -> Expression:
    if x.code == "{0}.reshape({1}.shape)":  # only the last shape counts
        x = x.arguments[0]
    if x.shape == shape:
        return x
    if x.code == "-{0}":  # a sum of negative numbers: the sign comes last
        return Expression("-{0}", (_reshaped(x.arguments[0], shape, before),), SIGN, shape=shape)
    if x.code.startswith("np.add.reduce") and "None" not in x.code:  # the reduced axis may stay, with size 1, or go
        kept, (inner,) = x.code.endswith(_KEPT), x.arguments
        if len(shape) == len(inner.shape) - kept:
            code = x.code.removesuffix(_KEPT) + ")" if kept else x.code[:-1] + _KEPT
            return Expression(code, (inner,), shape=shape, cheap=False)
    if shape == (1,) * (len(shape) - len(x.shape)) + x.shape:
        return Expression("broadcast {0}", (x,), shape=shape)
    like = next(y for y in before if y.shape == shape and y.name not in ("g", "h") and y.code != "broadcast {0}")
    return Expression("{0}.reshape({1}.shape)", (x, like), shape=shape)


def _transposed(x: Expression, shape: tuple[int, ...]) -> Expression:
    if x.code == "{0}.T":
        return x.arguments[0]
    if x.code == "{0} @ {1}":
        parts = tuple(_transposed(y, y.shape[::-1]) for y in reversed(x.arguments))
        return Expression(x.code, parts, x.level, shape=shape, cheap=False)
    return Expression("{0}.T", (x,), shape=shape)


def _place(node: Node, primitive: Primitive, inputs: list[Expression]) -> Expression:
    """The elements that class indices name, the last axis without its size of 1, and the ways back."""
    x, *at = inputs
    index = node.params["index"]
    if len(at) == 2:  # a class for each row
        like = [at[0]] if primitive is p.scatter else []
        code = "pick({0}, {1})" if primitive is p.getitem else "scatter_classes({0}, {1}, {2})"
        return Expression(code, (x, *like, at[1]), shape=node.shape, cheap=False)
    assert index == (Ellipsis, 0)
    if primitive is p.getitem:
        return Expression("{0}[..., 0]", (x,), shape=node.shape)
    if x.shape == ():
        return Expression("broadcast {0}", (x,), shape=node.shape)
    return Expression("{0}[..., None]", (x,), shape=node.shape)


def _reduction(node: Node, primitive: Primitive, inputs: list[Expression], axis: str) -> Expression:
    over = node.params["axis"]
    if primitive is p.sum_ and inputs[0].code == "-{0}":
        inner = _reduction(node, primitive, list(inputs[0].arguments), axis)
        return Expression("-{0}", (inner,), SIGN, shape=node.shape, cheap=False)
    if primitive is p.sum_ and inputs[0].code == "{0} * {1}" and inputs[0].arguments[1].number is not None:
        x, number = inputs[0].arguments
        return Expression("{0} * {1}", (number, _reduction(node, primitive, [x], axis)), TERM, shape=node.shape)
    if node.shape == () and primitive is p.sum_:
        return Expression("sum_all({0})", tuple(inputs), shape=node.shape, cheap=False)
    if over is None:
        place = "None"
    elif axis:
        place = axis
    else:
        place = str(_from_behind(over, node.inputs[0].ndim))
    end = _KEPT if node.params.get("keepdims") else ")"
    code = f"{_REDUCTIONS[primitive]}({{0}}, axis={place}{end}"
    return Expression(code, tuple(inputs), shape=node.shape, cheap=False)


def _from_behind(over: Any, axes: int) -> int:
    """The axis of a reduction; the last one is −1, however many there are."""
    (place,) = over if isinstance(over, tuple) else (over,)
    return -1 if axes > 1 and place == axes - 1 else int(place)


def _elementwise(primitive: Primitive, inputs: list[Expression], shape: tuple[int, ...]) -> Expression:
    if primitive is p.negative and inputs[0].code == "-{0}":
        return inputs[0].arguments[0]
    if primitive is p.where and inputs[1] == inputs[2]:
        return inputs[1]
    for rule in _RULES:
        better = rule(primitive, inputs)
        if better is not None:
            code, arguments, level = better
            if code.startswith("choose(") and arguments[1] == arguments[2]:
                return arguments[1]
            return Expression(code, arguments, level, shape=shape, cheap=primitive not in (p.where, p.exp))
    cheap = primitive in _CHEAP and (len(inputs) == 1 or any(x.number is not None for x in inputs))
    if primitive in _OPERATORS:
        code, level = _OPERATORS[primitive]
        return Expression(code, tuple(inputs), level, shape=shape, cheap=cheap)
    name = _HELPERS.get(primitive) or f"np.{primitive.name}"
    code = f"{name}({', '.join(f'{{{i}}}' for i in range(len(inputs)))})"
    return Expression(code, tuple(inputs), shape=shape, cheap=cheap)


# --- rules: code, arguments and level of a shorter form, or None ----------------------------------------------------------

Shorter = tuple[str, tuple[Expression, ...], int] | None


def _sign(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """−1 where z > 0, else 1."""
    if primitive is p.where and [x.number for x in inputs[1:]] == [-1, 1]:
        condition = inputs[0]
        if condition.code == "{0} > {1}" and condition.arguments[1].number == 0:
            return "minus_side({0}, {1})", (condition, condition.arguments[0]), ATOM
    return None


def _minus_abs(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """s z with that sign s."""
    sign = inputs[0]
    if primitive is p.multiply and sign.code == "minus_side({0}, {1})" and sign.arguments[1] == inputs[1]:
        return "minus_abs({0})", (inputs[1],), ATOM
    return None


def _exp_minus_abs(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """e^(−|z|), and e^(−k |z|) with a positive number k."""
    x = inputs[0]
    if primitive is not p.exp:
        return None
    if x.code == "minus_abs({0})":
        return "exp_minus_abs({0})", x.arguments, ATOM
    if x.code == "{0} * {1}" and (x.arguments[0].number or 0) > 0 and x.arguments[1].code == "minus_abs({0})":
        return "exp_minus_abs({0}, {1})", (*x.arguments[1].arguments, x.arguments[0]), ATOM
    return None


def _one_minus_exp(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """1 − e^(−k |z|), which would be rounded to 0 where z is small."""
    if primitive is not p.subtract or inputs[0].number != 1 or not inputs[1].code.startswith("exp_minus_abs("):
        return None
    return inputs[1].code.replace("exp_minus_abs", "one_minus_exp"), inputs[1].arguments, ATOM


def _over_square_of_sum(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """x / (k + y)² with a number k; a number before x goes before the quotient. 4 e/(1 + e)² is 1/cosh² if e = e^(−2 |z|)."""
    if primitive is not p.divide or inputs[1].code != "np.square({0})":
        return None
    x, total = inputs[0], inputs[1].arguments[0]
    factor = None
    if x.code == "{0} * {1}" and x.arguments[0].number is not None:
        factor, x = x.arguments
    if total.code != "{0} + {1}" or total.arguments[0].number is None or total.arguments[1].shape != x.shape:
        return None
    code, parts = "over_square_of_sum({0}, {1}, {2})", (x, *total.arguments)
    if factor is None:
        return code, parts, ATOM
    e, (one, y) = x, total.arguments
    doubled = e.code == "exp_minus_abs({0}, {1})" and e.arguments[1].number == 2
    if doubled and e == y and (factor.number, one.number) == (4, 1):
        return "sech_squared({0})", e.arguments[:1], ATOM
    return "{0} * {1}", (factor, Expression(code, parts, shape=x.shape)), TERM


def _one_or(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """1 or an exponential of what is not positive, which is at most 1."""
    if primitive is not p.where or inputs[1].number != 1 or not inputs[2].code.startswith("exp_minus_abs("):
        return None
    return "one_or({0}, {1})", (inputs[0], inputs[2]), ATOM


def _one_less(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """1 − y or −y is the condition, as 1 or 0, less y."""
    if primitive is p.where and inputs[1].code == "{0} - {1}" and inputs[2].code == "-{0}":
        one, y = inputs[1].arguments
        if one.number == 1 and inputs[2].arguments == (y,):
            return "{0} - {1}", (inputs[0], y), SUM
    return None


def _both_sides(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """(x where c, else 0) + k (0 where c, else y) is one choice."""
    if primitive is not p.add:
        return None
    one, other = inputs
    if one.code != "choose({0}, {1}, {2})" or one.arguments[2].number != 0:
        return None
    factor: tuple[Expression, ...] = ()
    if other.code == "{0} * {1}":
        sides = other.arguments
        other, *factor_ = sides if sides[0].code == one.code else sides[::-1]
        factor = tuple(factor_)
    if other.code != one.code or other.arguments[:1] != one.arguments[:1] or other.arguments[1].number != 0:
        return None
    y = other.arguments[2]
    if factor:
        y = Expression("{0} * {1}", (*factor, y), TERM, shape=y.shape)
    return one.code, (one.arguments[0], one.arguments[1], y), ATOM


def _minus(x: Expression) -> Expression | None:
    return x.arguments[0] if x.code == "-{0}" else None


def _sign_last(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """A minus is written where it costs least: −x·y as −(x·y), a + (−b) as a − b."""
    if len(inputs) != 2:
        return None
    x, y = map(_minus, inputs)
    code, level = _OPERATORS.get(primitive, ("", ATOM))
    if primitive in (p.add, p.subtract) and y is not None:
        return ("{0} - {1}" if primitive is p.add else "{0} + {1}"), (inputs[0], y), SUM
    if primitive is p.add and x is not None:
        return "{0} - {1}", (inputs[1], x), SUM
    if primitive in (p.multiply, p.divide) and (x is not None or y is not None):
        inner = (x or inputs[0], y or inputs[1])
        if x is not None and y is not None:
            return code, inner, level  # −x · −y
        return "-{0}", (_elementwise(primitive, list(inner), np.broadcast_shapes(*(a.shape for a in inner))),), SIGN
    return None


def _halves(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """2 (x / (2 m)) and (2 x) / (2 m) are x / m."""
    if primitive is p.divide and inputs[0].code == inputs[1].code == "{0} * {1}":
        (two, x), (same, m) = inputs[0].arguments, inputs[1].arguments
        return ("{0} / {1}", (x, m), TERM) if two == same and two.number == 2 else None
    if primitive is p.multiply and inputs[0].number == 2 and inputs[1].code == "{0} / {1}":
        x, below = inputs[1].arguments
        if below.code == "{0} * {1}" and below.arguments[0] == inputs[0]:
            return "{0} / {1}", (x, below.arguments[1]), TERM
    return None


def _factor(x: Expression) -> Expression | None:
    """The number that comes in with the call, such as the upstream gradient of a cost, by which a product begins."""
    while x.code in ("{0} * {1}", "{0} / {1}"):
        if x.shape == () and x.arguments[0].name == "g":
            return x
        x = x.arguments[0]
    return None


def _without(x: Expression, factor: Expression) -> Expression | None:
    """The product without its first factor; None where nothing is left."""
    if x == factor:
        return None
    left, right = x.arguments
    rest = _without(left, factor)
    if rest is None:
        return right if x.code == "{0} * {1}" else Expression("1.0 / {0}", (right,), TERM, shape=x.shape)
    if rest.code == "1.0 / {0}" and x.code == "{0} * {1}":
        return Expression("{0} / {1}", (right, *rest.arguments), TERM, shape=x.shape)
    return Expression(x.code, (rest, right), TERM, shape=x.shape)


def _common_factor(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """k x + k y is k (x + y), where k is one number: that is one product of arrays less."""
    if primitive not in (p.add, p.subtract):
        return None
    one, other = map(_factor, inputs)
    if one is None or one != other:
        return None
    x, y = (_without(part, one) for part in inputs)
    if x is None or y is None:
        return None
    code, level = _OPERATORS[primitive]
    total = Expression(code, (x, y), level, shape=np.broadcast_shapes(x.shape, y.shape))
    return "{0} * {1}", (one, total), TERM


def _rectified(primitive: Primitive, inputs: list[Expression]) -> Shorter:
    """0 where z ≤ 0, else z: the larger of the two; nan stays nan in both."""
    if primitive is not p.where or inputs[0].code != "{0} <= {1}":
        return None
    (z, zero), same = inputs[0].arguments, inputs[2] == inputs[0].arguments[0]
    return ("np.maximum({0}, 0)", (z,), ATOM) if same and zero.number == inputs[1].number == 0 else None


_RULES: list[Callable[[Primitive, list[Expression]], Shorter]] = [
    _sign, _minus_abs, _exp_minus_abs, _one_minus_exp, _over_square_of_sum, _one_or, _one_less, _both_sides, _sign_last, _halves, _common_factor, _rectified,
]  # fmt: skip
