"""`tinygrad-lite derive`: a typed expression, derived line by line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tinygrad_lite.command.options import read_values
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.derivations import Derivation, derive_expression

__all__ = ["add_arguments", "from_expression", "run"]


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
        terminal = Terminal()
        terminal.write(derivation.text(lemmas=True, width=terminal.width))
    else:
        derivation.save(options.output)
        Terminal().write(f"wrote {options.output}")


def from_expression(text: str, wrt: str, given: Sequence[str] = ()) -> Derivation:
    """The derivation of an expression; given: NAME=VALUE, as `--let` takes them.

    >>> print(from_expression("(y - w*x)**2 / 2", "w", ["y=0"]).formula)
    x (z − y)
    """
    return derive_expression(text, wrt, read_values(given))
