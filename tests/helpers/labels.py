"""What the labels of a picture say, evaluated: a formula tree at the values that its names have in the picture."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.notation import formula as f

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "σ": lambda z: 1 / (1 + np.exp(-z)), "log": np.log, "exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "sign": np.sign, "logaddexp": np.logaddexp, "max": np.maximum, "min": np.minimum,
}  # fmt: skip
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal, "≠": np.not_equal, ">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal,
}  # fmt: skip


def read_number(text: str) -> float:
    return {"true": 1.0, "false": 0.0}.get(text) if text in ("true", "false") else float(text.replace("−", "-"))  # type: ignore[return-value]


def evaluated(node: f.Notation, values: Mapping[str, Any], letters: tuple[str, ...] = (), shape: Any = ()) -> Any:
    """The value of a formula. letters: the indices of an array of this shape, whose elements the formula is of.

    A name that is not among the values is a KeyError, another kind of formula a TypeError.
    """
    if not letters:
        return _value(node, values, {})
    sizes = [n for n in shape if n != 1]
    found = [_value(node, values, dict(zip(letters, at, strict=True))) for at in np.ndindex(*sizes)]
    return np.reshape(found, shape)


def _value(node: f.Notation, values: Mapping[str, Any], at: Mapping[str, int]) -> Any:
    def of(part: f.Notation) -> Any:
        return _value(part, values, at)

    match node:
        case f.Num(text=text):
            return read_number(text)
        case f.Name(text=text, subs=(), primes=0, layer=""):
            return values[text]
        case f.Name(text=text, subs=subs, primes=0, layer=""):
            return np.squeeze(np.asarray(values[text]))[tuple(at[letter] for letter in subs)]
        case f.Big(letters=letters, body=body):
            sizes = _sizes(body, values)
            places = itertools.product(*(range(sizes[letter]) for letter in letters))
            return sum(_value(body, values, {**at, **dict(zip(letters, place, strict=True))}) for place in places)
        case f.Plus(terms=terms):
            return sum(sign * of(term) for sign, term in terms)
        case f.Times(parts=parts, sign="@"):
            return np.matmul(of(parts[0]), of(parts[1]))
        case f.Times(parts=parts, sign="⊗"):
            return np.multiply.outer(of(parts[0]), of(parts[1]))
        case f.Times(parts=parts):
            return np.prod(np.broadcast_arrays(*map(of, parts)), axis=0)
        case f.Quotient(top=top, bottom=bottom):
            return of(top) / of(bottom)
        case f.Power(base=base, exponent=f.Num(text="⊤")):
            return np.transpose(of(base))
        case f.Power(base=base, exponent=exponent):
            return of(base) ** of(exponent)
        case f.Exponential(exponent=exponent):
            return np.exp(of(exponent))
        case f.Root(inner=inner):
            return np.sqrt(of(inner))
        case f.Absolute(inner=inner):
            return np.abs(of(inner))
        case f.Relation(left=left, symbol=symbol, right=right):
            return RELATIONS[symbol](of(left), of(right))
        case f.Iverson(condition=condition):
            return 1.0 * of(condition)
        case f.Cases(sides=sides):
            result = of(sides[-1][0])
            for value, condition in reversed(sides[:-1]):
                assert condition is not None
                result = np.where(of(condition), of(value), result)
            return result
        case f.Applied(name=f.Name(text=name, primes=0), argument=argument, more=more):
            known = FUNCTIONS.get(name) or getattr(np, name, None) or TABLE[name].value
            return known(*map(of, (argument, *more)))
    raise TypeError(f"{node!r} has no value here")


def _sizes(node: f.Notation, values: Mapping[str, Any]) -> dict[str, int]:
    """The lengths of the axes that the index letters in a formula run over."""
    found: dict[str, int] = {}
    if isinstance(node, f.Name) and node.subs:
        found.update(zip(node.subs, np.shape(np.squeeze(values[node.text])), strict=True))
    for part in node.inside():
        found |= _sizes(part, values)
    return found
