"""Values, local derivatives and axes in the words of a lecture: z⁽²⁾, σ′(z⁽²⁾), the m examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.axes import letter_of
from tinygrad_lite.exercises.making.edges import Edge
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.notation import formula as f
from tinygrad_lite.tensor.tensor import Tensor

LONGEST = 32
"""A longer formula is not read in a sentence."""

SHORT = {"sigmoid": "σ"}
"""Functions that a lecture calls otherwise."""

EXAMPLES = "m"
"""The letter of the axis of the examples."""


UNWRITTEN = (
    "where", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or",
    "logical_not", "sign", "getitem", "scatter", "concatenate",
)  # fmt: skip
"""Primitives that no lecture writes in a formula: the inside of a function that was made safe."""


class Unsaid(Exception):
    """A value that has no words, such as one inside of a stable function: a slip there is not told."""


def is_value(x: Any) -> bool:
    """Whether this is a value and not a number that was written."""
    return isinstance(x, Tensor) and (x.name is not None or x.primitive is not None)


def name(text: str, point: Point) -> str:
    """The name of a value as a lecture writes it."""
    return f.unicode(f.named(text, raised=point.nodes[text].ndim > 0))


def function(text: str) -> str:
    """The name of a function as a lecture writes it."""
    return SHORT.get(text, text.replace("_", " "))


# --- formulas ------------------------------------------------------------------------------------------------------


def value(node: Any, point: Point, own: bool = False) -> str:
    """A value by its name, or as a formula of values that have names; own: as a formula although it has a name."""
    return f.unicode(formula(node, point, own))


def formula(node: Any, point: Point, own: bool = False) -> f.Notation:
    """The same as a formula that can be a part of others."""
    if not isinstance(node, Tensor) or (node.name is None and node.primitive is None):
        return _number(node, point)
    if node.name is not None and (not own or node.primitive is None):
        return f.named(node.name, raised=node.ndim > 0)
    if node.call is not None and len(node.call.inputs) == 1 and node.call.output == node.serial:
        return f.Applied(f.Name(function(node.call.name)), formula(node.call.inputs[0], point))
    assert node.primitive is not None
    parts = [formula(x, point) for x in node.inputs]
    return _written(node.primitive.name, parts, node.primitive.symbol)


def _written(primitive: str, parts: list[f.Notation], symbol: str) -> f.Notation:
    x, y = parts[0], parts[-1]
    one = f.Num("1")
    match primitive:
        case "add":
            return f.Plus((*_terms(x), *_terms(y)))
        case "subtract":
            return f.Plus((*_terms(x), *((-sign, term) for sign, term in _terms(y))))
        case "negative":
            return f.Plus(tuple((-sign, term) for sign, term in _terms(x)))
        case "multiply" if isinstance(x, f.Plus) and x.terms == ((-1, one),):
            return f.Plus(tuple((-sign, term) for sign, term in _terms(y)))
        case "multiply":
            return f.Times((x, y))
        case "matmul":
            return f.Times((x, y), "@")
        case "divide":
            return f.Quotient(x, y)
        case "power":
            return f.Power(x, y)
        case "square":
            return f.Power(x, f.Num("2"))
        case "sqrt":
            return f.Root(x)
        case "exp":
            return f.Exponential(x)
        case "log1p":
            return f.Applied(f.Name("log"), _written("add", [one, x], ""))
        case "xlogy":
            return f.Times((x, f.Applied(f.Name("log"), y)))
        case "xlog1py":
            return f.Times((x, f.Applied(f.Name("log"), _written("add", [one, y], ""))))
        case "absolute":
            return f.Absolute(x)
        case "identity" | "copy" | "broadcast_to" | "reshape" | "astype" | "stop_gradient":
            return x
        case "sum":
            return f.Times((f.Name("Σ"), x))
        case "transpose":
            return f.Power(x, f.Num("⊤"))
    if primitive in UNWRITTEN:
        return f.Name("…")
    return f.Applied(f.Name(symbol if symbol.isalpha() else primitive), x, tuple(parts[1:]))


def _terms(x: f.Notation) -> tuple[tuple[int, f.Notation], ...]:
    return x.terms if isinstance(x, f.Plus) else ((1, x),)


def _number(x: Any, point: Point) -> f.Notation:
    """A number; the length of an axis is that axis' letter."""
    array = np.asarray(x.detach().numpy() if isinstance(x, Tensor) else x)
    if array.size != 1:
        return f.Name("…")
    found = float(array.reshape(()))
    for letter, length in point.sizes.items():
        if found == length:
            return f.Name(letter)
        if found == 1 / length:
            return f.Quotient(f.Num("1"), f.Name(letter))
        if found == 2 * length:
            return f.Times((f.Num("2"), f.Name(letter)))
    number = f.Num(f"{abs(found):g}")
    return f.Plus(((-1, number),)) if found < 0 else number


def short(text: str, instead: str) -> str:
    """A formula, or what is said instead of one that is too long to read."""
    return text if len(text) <= LONGEST and "…" not in text else instead


def said(text: str) -> str:
    """A formula; raises Unsaid where it cannot be read."""
    if not short(text, ""):
        raise Unsaid(text)
    return text


def called(text: str, node: Tensor) -> str:
    """A formula of a value, or what part of which cost it is; raises Unsaid where it is neither."""
    return short(text, "") or cost(node)


# --- parts of a sentence -------------------------------------------------------------------------------------------


def way(above: Tensor, below: Tensor, point: Point) -> str:
    """What a part of a gradient comes over: the value above."""
    if above.primitive is not None and above.primitive.name == "divide":
        return "the denominator" if above.inputs[1] is below else "the numerator"
    if above.name is None and above.primitive is not None and above.primitive.name == "negative" and above.call:
        text = f.unicode(f.Plus(((1, f.Num("1")), (-1, formula(below, point)))))  # of log(1 − a), kept as log1p(−a)
        return f"log({text})"
    return called(value(above, point), above)


def inner(above: Tensor, below: Tensor, point: Point) -> str:
    """A value of which the inner derivative is −1: 1 − a, y − a, −z."""
    if above.primitive is not None and above.primitive.name == "negative" and above.call is not None:
        return f.unicode(f.Plus(((1, f.Num("1")), (-1, formula(below, point)))))
    return called(value(above, point, own=True), above)


def cost(node: Tensor) -> str:
    """A value of a cost that has no name and a long formula; raises Unsaid for a value of no function."""
    call = node.call
    while call is not None and call.parent is not None:
        call = call.parent
    if call is None:
        raise Unsaid(node.label())
    text = call.name.replace("_", "-")
    return f"the {text}" if call.output == node.serial else f"a value of the {text}"


def local(edge: Edge, point: Point) -> str:
    """The local derivative of an edge: σ′(z), 1/m, the other factor of a product; "" where it is too long to read."""
    source = formula(edge.below, point)
    inputs = edge.above.inputs
    found: f.Notation
    if edge.call is not None:
        return f.unicode(f.Applied(f.Name(function(edge.call.name), primes=1), source))
    if edge.name == "divide" and edge.slot == 0:
        found = f.Quotient(f.Num("1"), formula(inputs[1], point))
    elif edge.name == "multiply":
        found = formula(inputs[1 - (edge.slot or 0)], point)
    elif edge.name == "log":
        found = f.Quotient(f.Num("1"), source)
    elif edge.name == "xlogy":
        found = f.Quotient(formula(inputs[0], point), source)
    elif edge.name == "square":
        found = f.Times((f.Num("2"), source))
    elif edge.name == "exp":
        found = formula(edge.above, point)
    elif edge.name in ("negative", "subtract"):
        return "−1"
    else:
        top, bottom = (
            f.unicode(x) if isinstance(x, f.Name) else f"({f.unicode(x)})" for x in (formula(edge.above, point), source)
        )
        return short(f"∂{top}/∂{bottom}", "")
    return short(f.unicode(found), "")


def axis(length: int, point: Point) -> str:
    """The axis of a length in a sentence."""
    own = letter_of(length, point.sizes)
    return f"the {own} examples" if own == EXAMPLES else f"the axis of length {own}"
