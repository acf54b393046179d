"""Options that more than one subcommand has: FILE.py:NAME or -e EXPR, and values of names."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.typed.spelling import as_product

__all__ = ["add_source", "no_value", "one_source", "read_both", "read_values"]

Values = dict[str, npt.NDArray[Any]]


def add_source(parser: argparse.ArgumentParser, what: str, let: str) -> None:
    """FILE.py:NAME, -e, --let and --const. what: what stands in the file. let: what is special of a --let."""
    parser.add_argument(
        "source", nargs="?", metavar="FILE.py:NAME",
        help=f"{what}, in a file; a function is called with the values of --let and --const, or with the file's variables that "
        "are named as its parameters",
    )  # fmt: skip
    parser.add_argument(
        "-e",
        "--expression",
        metavar="EXPR",
        help="an expression, as NumPy would write it; or several with names: 'z = w*x + b; a = sigmoid(z); C = (y - a)**2/2'",
    )
    parser.add_argument(
        "--let", action="append", default=[], metavar="NAME=VALUE",
        help=f"a value: w=2, x=[[1,2],[3,4]]{let}; classes of log_likelihood are whole numbers: y=3",
    )  # fmt: skip
    parser.add_argument(
        "--const", action="append", default=[], metavar="NAME=VALUE",
        help="a value that takes no gradient; in a file's function, y=3 is an integer",
    )  # fmt: skip


def one_source(options: argparse.Namespace, error: type[TinygradLiteError], command: str, example: str) -> None:
    """Raise where there is neither FILE.py:NAME nor -e EXPR, or both."""
    if (options.source is None) == (options.expression is None):
        raise error(f"{command} takes FILE.py:NAME or -e EXPR, one of the two. Try: tinygrad-lite {command} {example}")


def no_value(missing: Sequence[str], given: Collection[str]) -> str:
    """What is said where names have no value: the options that give one, and a product that was written without its sign.

    >>> no_value(["wx"], ["w", "b"])
    'no value for wx. Add --let wx=1, or --const wx=1 where nothing is to learn. If wx is a product, write w*x.'
    """
    lets, consts = (" ".join(f"{option} {name}=1" for name in missing) for option in ("--let", "--const"))
    said = f"no value for {', '.join(missing)}. Add {lets}, or {consts} where nothing is to learn."
    return "".join((said, *(as_product(name, given) for name in missing)))


def read_both(learning: Iterable[str], constants: Iterable[str], typed: bool = False) -> tuple[Values, Values]:
    """The values of --let and of --const; `typed` as in `read_values`, for those of --const. No name has two."""
    lets, consts = read_values(learning), read_values(constants, "--const", typed)
    for name in lets.keys() & consts.keys():
        raise FormulaError(f"--let and --const both give {name!r} a value. Give it one.")
    return lets, consts


def read_values(given: Iterable[str], option: str = "--let", typed: bool = False) -> Values:
    """The names and values in texts such as "w=2" and "x=[[1, 2], [3, 4]]", as float arrays.

    A value is a number or nested lists of numbers in JSON; nothing is evaluated by Python. typed: integers stay integers.
    Raises FormulaError, which names the option that the text was given to.

    >>> read_values(["w=2", "x=[1, 2.5]"])
    {'w': array(2.), 'x': array([1. , 2.5])}
    """
    values: Values = {}
    for text in given:
        name, value = _read_value(text, option, typed)
        if name in values:
            raise FormulaError(f"{option} gives {name!r} two values. Give it one.")
        values[name] = value
    return values


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise OverflowError(text)
    return value


def _read_value(text: str, option: str, typed: bool) -> tuple[str, npt.NDArray[Any]]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name.isidentifier():
        raise FormulaError(f"{option} takes NAME=VALUE, such as w=2 or x=[1,2]; got {text!r}.")
    try:
        # Integers are read as floats: NumPy would make an array of objects of those that it has no type for.
        array = np.asarray(json.loads(value, parse_int=_number, parse_float=_number))
        readable = array.dtype.kind in "bf"
        whole = np.asarray(json.loads(value)) if typed and readable else array
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
            f"nested at most 64 deep. Write {name}=2.5 or {name}=[1,2]."
        )
    return name, whole if whole.dtype.kind == "i" else array.astype(float)
