"""The value of a formula tree, computed from what its parts mean: nothing of it is printed or read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.notation import formula as f

LETTERS = "ijklpqrstuvn"
"""Each index letter has an axis of its own, in this order."""

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "exp": np.exp, "max": np.maximum,
    "σ": lambda z: 1 / (1 + np.exp(-z)), "relu": lambda z: np.maximum(z, 0.0),
}  # fmt: skip
SLOPES: dict[str, Callable[..., Any]] = {
    "σ": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2, "tanh": lambda z: 1 - np.tanh(z) ** 2, "log": lambda z: 1 / z,
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
}  # fmt: skip
RELATIONS = {">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal, "=": np.equal, "≠": np.not_equal}


def spread(data: Any, subs: tuple[str, ...]) -> Any:
    """An array with the axes of its letters, where a letter stands twice its diagonal, and 1 for each other letter."""
    data = np.asarray(data)[tuple(int(s) if s.isdigit() else slice(None) for s in subs)]
    letters = "".join(s for s in subs if not s.isdigit())
    own = "".join(c for c in LETTERS if c in letters)
    data = np.einsum(f"{letters}->{own}", data) if letters else data
    lengths = iter(data.shape)
    return np.reshape(data, tuple(next(lengths) if c in own else 1 for c in LETTERS))


def key(node: f.Notation) -> str:
    """How a name is called among the values."""
    match node:
        case f.Name(text=text, layer=layer):
            return text + layer
        case f.Partial(top=top, bottom=bottom):
            return f"∂{key(top)}/∂{key(bottom)}"
    raise TypeError(f"{node!r} is no name")


def value(node: f.Notation, values: Mapping[str, Any]) -> Any:
    """The value of a formula, with an axis for each letter; "length" among the values is that of the letters in [j = k]."""
    match node:
        case f.Num(text=text):
            return spread(float(text.replace("−", "-")), ())
        case f.Name(subs=subs) | f.Partial(bottom=f.Name(subs=subs)):
            return spread(values[key(node)], subs)
        case f.Quotient(top=top, bottom=bottom):
            return value(top, values) / value(bottom, values)
        case f.Power(base=base, exponent=exponent):
            return value(base, values) ** value(exponent, values)
        case f.Exponential(exponent=exponent):
            return np.exp(value(exponent, values))
        case f.Root(inner=inner):
            return np.sqrt(value(inner, values))
        case f.Absolute(inner=inner):
            return np.abs(value(inner, values))
        case f.Applied(name=f.Name(text=name, primes=primes), argument=argument, more=more):
            return (SLOPES if primes else FUNCTIONS)[name](*(value(x, values) for x in (argument, *more)))
        case f.Times(parts=parts):
            return np.prod(np.broadcast_arrays(*(value(p, values) for p in parts)), axis=0)
        case f.Plus(terms=terms):
            return sum(sign * value(t, values) for sign, t in terms)
        case f.Big(letters=letters, body=body):
            inner = value(body, values)
            return inner.sum(axis=tuple(LETTERS.index(c) for c in letters), keepdims=True)
        case f.Cases(sides=(*sides, (rest, None))):
            result = value(rest, values)
            for side, condition in reversed(sides):
                assert condition is not None
                result = np.where(holds(condition, values), value(side, values), result)
            return result
        case f.Iverson(condition=condition):
            return np.where(holds(condition, values), 1.0, 0.0)
    raise TypeError(f"no value for {node!r}")


def holds(condition: f.Notation, values: Mapping[str, Any]) -> Any:
    """Where a condition holds."""
    assert isinstance(condition, f.Relation)
    left, right = condition.left, condition.right
    match left, right:
        case f.Name(text=row, subs=()), f.Name(text=column, subs=()) if row in LETTERS and column in LETTERS:
            return spread(np.eye(values["length"], dtype=bool), (row, column))
        case f.Name(text=row, subs=()), f.Num(text=number) if row in LETTERS:
            return spread(np.arange(values["length"]) == int(number), (row,))
    return RELATIONS[condition.symbol](value(left, values), value(right, values))
