"""`tinygrad-lite compile`: an expression with its gradients, or a function in a file, as NumPy code."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinygrad_lite.command.files import found_in
from tinygrad_lite.command.options import read_values
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.compiling import Compiled
from tinygrad_lite.compiling import compile as compiled
from tinygrad_lite.errors import CompileError, FormulaError
from tinygrad_lite.transforms import value_and_grad
from tinygrad_lite.typed import graphs as ty

__all__ = ["add_arguments", "from_expression", "from_file", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite compile`."""
    parser.add_argument(
        "source", nargs="?", metavar="FILE.py:NAME", help="a function that tg.compile made and that the file calls"
    )
    parser.add_argument("-e", "--expression", metavar="EXPR", help="a cost, as NumPy would write it")
    parser.add_argument("--wrt", metavar="NAME[,NAME]", help="what of -e to derive by; without it there is no gradient")
    parser.add_argument(
        "--let", action="append", default=[], metavar="NAME=VALUE", help="a value of -e: w=2, x=[[1,2],[3,4]]"
    )
    parser.add_argument("--fast", action="store_true", help="the code that runs, not the code that is read")
    parser.add_argument("--save", metavar="FILE.py", help="write a file instead of text here")


def run(options: argparse.Namespace) -> None:
    """Write the source of what the options say, to the file or to the terminal.

    Raises CompileError or FormulaError where that is not possible.
    """
    if (options.source is None) == (options.expression is None):
        raise CompileError(
            "compile takes FILE.py:NAME or -e EXPR, one of the two. "
            "Try: tinygrad-lite compile -e '(y - w*x)**2 / 2' --wrt w --let w=2 --let x=1 --let y=0"
        )
    if options.expression is not None:
        found = from_expression(options.expression, options.wrt, options.let)
    elif options.let or options.wrt:
        raise CompileError("--let and --wrt belong to -e EXPR; a file has its own values.")
    else:
        found = from_file(options.source)
    text = found.fast_source if options.fast else found.source
    if options.save is None:
        Terminal().write(text.rstrip())
    else:
        Path(options.save).write_text(text, encoding="utf-8")
        Terminal().write(f"wrote {options.save}")


def from_expression(text: str, wrt: str | None = None, given: Sequence[str] = ()) -> Compiled:
    """A cost that was typed as text, with its gradients by the names in `wrt`, compiled and called once.

    given: NAME=VALUE, as `--let` takes them. Raises FormulaError for what cannot be read, and names what has no value.

    >>> print(from_expression("(w*x)**2", "w", ["w=2", "x=3"])(2.0, 3.0))
    (np.float64(36.0), (np.float64(36.0),))
    """
    typed = ty.read(text)
    values = read_values(given)
    names = typed.names()
    missing = [name for name in names if name not in values]
    if missing:
        raise FormulaError(f"no value for {', '.join(missing)}. Add {' '.join(f'--let {n}=1' for n in missing)}.")
    targets = [n.strip() for n in wrt.split(",")] if wrt else []
    for name in (*values, *targets):
        if name not in names:
            raise FormulaError(f"{name!r} does not occur in {text!r}; it has {', '.join(names) or 'no names'}.")

    def cost(*arguments: Any) -> Any:
        return ty.graph_of(typed, dict(zip(names, arguments, strict=True)))[0]

    parameters = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names]
    cost.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    whole = value_and_grad(cost, [names.index(n) for n in targets]) if targets else cost
    found: Compiled = compiled(whole)
    found(*(values[n][()] for n in names))
    return found


def from_file(source: str) -> Compiled:
    """The function NAME of a Python file FILE.py:NAME, which tg.compile made and the file has called.

    Raises CompileError where the file, the name or the function is not there, or was not called.
    """
    found = found_in(source, "compile", Compiled, "compiled function", CompileError, lambda value: value)
    if not isinstance(found, Compiled):
        raise CompileError(
            f"{source} is {type(found).__name__}, not a compiled function. Write @tg.compile above its def, and call it once."
        )
    return found
