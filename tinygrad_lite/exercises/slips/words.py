"""Values, local derivatives and axes in the words of a lecture: z⁽²⁾, σ′(z⁽²⁾), the m examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.edges import Edge
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.notation.formula import named, unicode
from tinygrad_lite.tensor.tensor import Tensor

LONGEST = 40
"""A longer formula is not read in a sentence."""

SHORT = {"sigmoid": "σ"}
"""Functions that a lecture calls otherwise."""

EXAMPLES = "m"
"""The letter of the axis of the examples."""


def name(text: str, raised: bool = False) -> str:
    """A name as a lecture writes it."""
    return unicode(named(text, raised=raised))


def value(node: Any, point: Point, inner: bool = False) -> str:
    """A value as a formula of values that have names; inner: in brackets if it is more than a name."""
    if not isinstance(node, Tensor) or (node.name is None and node.primitive is None):
        return number(node, point)
    if node.name is not None:
        return name(node.name, raised=node.ndim > 0)
    if node.call is not None and len(node.call.inputs) == 1:
        return f"{function(node.call.name)}({value(node.call.inputs[0], point)})"
    assert node.primitive is not None
    parts = [value(x, point, inner=True) for x in node.inputs]
    try:
        text = node.primitive.text.format(*parts, inputs=", ".join(parts), over="", **dict(node.params))
    except (IndexError, KeyError):
        text = f"{node.primitive.name}({', '.join(parts)})"
    text = text.replace(" × ", " ").replace(" ÷ ", "/")
    return f"({text})" if inner and node.primitive.kind in ("elementwise", "product") else text


def number(x: Any, point: Point) -> str:
    """A number; the length of an axis is that axis' letter."""
    array = np.asarray(x.detach().numpy() if isinstance(x, Tensor) else x)
    if array.size != 1:
        return "…"
    found = float(array.reshape(()))
    for letter, length in point.sizes.items():
        if found == length:
            return letter
        if found == 1 / length:
            return f"1/{letter}"
        if found == 2 * length:
            return f"(2 {letter})"
    text = f"{found:g}".replace("-", "−")
    return {"0.5": "½"}.get(text, text)


def function(text: str) -> str:
    """The name of a function as a lecture writes it."""
    return SHORT.get(text, text.replace("_", " "))


def short(text: str, instead: str) -> str:
    """A formula, or what is said instead of one that is too long to read."""
    return text if len(text) <= LONGEST and "…" not in text else instead


def partial(above: Tensor, below: Tensor, point: Point) -> str:
    """∂a/∂z."""
    top, bottom = (value(x, point, inner=True) for x in (above, below))
    return short(f"∂{top}/∂{bottom}", "this local derivative")


def way(above: Tensor, below: Tensor, point: Point) -> str:
    """Where a gradient comes from: the value above."""
    return short(value(above, point), "a value of the cost")


def local(edge: Edge, point: Point) -> str:
    """The local derivative of an edge: σ′(z), 1/m, the other factor of a product."""
    source = value(edge.below, point)
    if edge.call is not None:
        return f"{function(edge.call.name)}′({source})"
    inputs = edge.above.inputs
    if edge.name == "divide" and edge.slot == 0:
        return f"1/{value(inputs[1], point, inner=True)}"
    if edge.name == "multiply":
        return value(inputs[1 - (edge.slot or 0)], point)
    if edge.name == "log":
        return f"1/{value(edge.below, point, inner=True)}"
    if edge.name == "square":
        return f"2 {value(edge.below, point, inner=True)}"
    if edge.name == "exp":
        return short(value(edge.above, point), "the exponential")
    if edge.name in ("negative", "subtract"):
        return "−1"
    return partial(edge.above, edge.below, point)


def examples(letter: str) -> str:
    """The axis of a letter in a sentence."""
    return f"the {letter} examples" if letter == EXAMPLES else f"the axis of length {letter}"


def axis(length: int, point: Point) -> str:
    """The axis of a length in a sentence."""
    letter = next((letter for letter, own in point.sizes.items() if own == length), str(length))
    return examples(letter)
