"""Options that more than one subcommand has: values of names, as `--let NAME=VALUE` gives them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from tinygrad_lite.errors import FormulaError

__all__ = ["read_values"]


def read_values(given: Iterable[str], option: str = "--let") -> dict[str, npt.NDArray[Any]]:
    """The names and values in texts such as "w=2" and "x=[[1, 2], [3, 4]]", as float arrays.

    A value is a number or nested lists of numbers in JSON; nothing is evaluated by Python.
    Raises FormulaError, which names the option that the text was given to.

    >>> read_values(["w=2", "x=[1, 2.5]"])
    {'w': array(2.), 'x': array([1. , 2.5])}
    """
    values: dict[str, npt.NDArray[Any]] = {}
    for text in given:
        name, value = _read_value(text, option)
        if name in values:
            raise FormulaError(f"{option} gives {name!r} two values. Give it one.")
        values[name] = value
    return values


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise OverflowError(text)
    return value


def _read_value(text: str, option: str) -> tuple[str, npt.NDArray[Any]]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name.isidentifier():
        raise FormulaError(f"{option} takes NAME=VALUE, such as w=2 or x=[1,2]; got {text!r}.")
    try:
        # Integers are read as floats: NumPy would make an array of objects of those that it has no type for.
        array = np.asarray(json.loads(value, parse_int=_number, parse_float=_number))
        readable = array.dtype.kind in "bf"
    except OverflowError:
        raise FormulaError(
            f"{option} {name}: a number is too large: floats end at 1.8e308. Give a smaller one."
        ) from None
    except (ValueError, RecursionError):  # no JSON, rows of different lengths, too many brackets
        readable = False
    if not readable:
        shown = value if len(value) <= 60 else value[:60] + "…"
        raise FormulaError(
            f"{option} {name}: {shown!r} is neither a number nor a list of numbers with rows of one length, "
            f"nested at most 64 deep. Write {name}=2 or {name}=[1,2]."
        )
    return name, array.astype(float)
