"""`tinygrad-lite derive`: an expression, or a cost in a file, derived line by line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tinygrad_lite.command.files import tensor_in
from tinygrad_lite.command.options import add_source, one_source, read_both
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.derivations import Derivation, derive, derive_expression
from tinygrad_lite.errors import DerivationError

__all__ = ["add_arguments", "from_expression", "from_file", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite derive`."""
    add_source(parser, "a cost, or a function that gives one", "")
    parser.add_argument("--wrt", required=True, metavar="NAME[,NAME]", help="what to derive by")
    parser.add_argument("-o", "--output", metavar="FILE", help="write .html or .tex instead of text here")


def run(options: argparse.Namespace) -> None:
    """Derive what the options say, to the output or as text on the terminal.

    Raises FormulaError or DerivationError where that is not possible.
    """
    one_source(options, DerivationError, "derive", "-e '(y - w*x)**2 / 2' --wrt w")
    if options.expression is not None:
        derivation = from_expression(options.expression, options.wrt, options.let, options.const)
    else:
        derivation = from_file(options.source, options.wrt, options.let, options.const)
    if options.output is None:
        terminal = Terminal()
        terminal.write(derivation.text(lemmas=True, width=terminal.width))
    else:
        derivation.save(options.output)
        Terminal().write(f"wrote {options.output}")


def from_expression(text: str, wrt: str, learning: Sequence[str] = (), constants: Sequence[str] = ()) -> Derivation:
    """The derivation of an expression. learning, constants: NAME=VALUE, as --let and --const take them.

    >>> print(from_expression("(y - w*x)**2 / 2", "w", ["y=0"]).formula)
    x (z − y)
    """
    lets, consts = read_both(learning, constants)
    return derive_expression(text, wrt, lets | consts, consts)


def from_file(source: str, wrt: str, learning: Sequence[str] = (), constants: Sequence[str] = ()) -> Derivation:
    """The derivation of the cost NAME of a Python file FILE.py:NAME, or of what the function NAME gives.

    Raises DerivationError where the file, the name or a value is not there.
    """
    lets, consts = read_both(learning, constants, typed=True)
    names = [name.strip() for name in wrt.split(",")]
    if clash := [name for name in names if name in consts]:
        raise DerivationError(f"{clash[0]!r} is a constant, so there is nothing to derive by. Give it by --let.")
    return derive(tensor_in(source, "derive", DerivationError, lets, consts, names), names)
