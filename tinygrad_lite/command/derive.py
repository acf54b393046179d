"""`tinygrad-lite derive`: a typed expression, derived line by line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.derivations import Derivation, derive_expression
from tinygrad_lite.errors import FormulaError

__all__ = ["add_arguments", "from_expression", "read_let", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite derive`."""
    parser.add_argument("-e", "--expression", required=True, metavar="EXPR", help="a cost, as NumPy would write it")
    parser.add_argument("--wrt", required=True, metavar="NAME[,NAME]", help="what to derive by")
    parser.add_argument(
        "--let", action="append", default=[], metavar="NAME=VALUE", help="a value: w=2, x=[[1,2],[3,4]]"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write .html or .tex instead of text here")


def run(options: argparse.Namespace) -> None:
    """Derive what the options say, to the output or as text on the terminal.

    Raises FormulaError or DerivationError where that is not possible.
    """
    derivation = from_expression(options.expression, options.wrt, options.let)
    if options.output is None:
        Terminal().write(derivation.text(lemmas=True))
    else:
        derivation.save(options.output)
        Terminal().write(f"wrote {options.output}")


def from_expression(text: str, wrt: str, given: Sequence[str] = ()) -> Derivation:
    """The derivation of an expression; given: NAME=VALUE, as `--let` takes them.

    >>> print(from_expression("(y - w*x)**2 / 2", "w", ["y=0"]).formula)
    x (z − y)
    """
    return derive_expression(text, wrt, dict(map(read_let, given)))


def read_let(text: str) -> tuple[str, Any]:
    """A name and its value from "w=2" or "x=[[1, 2], [3, 4]]".

    >>> read_let("w=2"), read_let("x=[1, 2.5]")
    (('w', 2), ('x', [1, 2.5]))
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip().isidentifier():
        raise FormulaError(f"--let takes name=value, such as w=2 or x=[1,2]; got {text!r}.")
    try:
        number = json.loads(value)
        np.asarray(number, dtype=float)
    except (ValueError, TypeError):
        raise FormulaError(
            f"--let {name.strip()}: {value.strip()!r} is no number and no list of numbers; write w=2 or x=[1,2]."
        ) from None
    return name.strip(), number
