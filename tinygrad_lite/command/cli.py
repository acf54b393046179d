"""The `tinygrad-lite` command: one function per subcommand, in one table."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import TinygradLiteError

__all__ = ["COMMANDS", "main"]

Run = Callable[[argparse.Namespace], None]


def _demo(parser: argparse.ArgumentParser) -> Run:
    """the lecture's story in your terminal: why a neuron learns slowly, and what repairs it"""
    parser.add_argument("--epochs", type=int, default=10, help="of the network on digits (default: %(default)s)")
    parser.add_argument(
        "--out", default="tinygrad-lite-demo", metavar="DIR", help="for the pictures (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of its weights and batches (default: %(default)s)")

    def run(options: argparse.Namespace) -> None:
        from tinygrad_lite.command.demo import demo

        demo(Terminal(), options.epochs, options.seed, options.out)

    return run


def _derive(parser: argparse.ArgumentParser) -> Run:
    """the gradient of a formula, derived line by line: derive -e "(y - sigmoid(w*x + b))**2 / 2" --wrt w"""
    parser.add_argument("-e", "--expression", required=True, metavar="EXPR", help="a cost, as NumPy would write it")
    parser.add_argument("--wrt", required=True, metavar="NAME[,NAME]", help="what to derive by")
    parser.add_argument(
        "--let", action="append", default=[], metavar="NAME=VALUE", help="a value: w=2, x=[[1,2],[3,4]]"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write .html or .tex instead of text here")

    def run(options: argparse.Namespace) -> None:
        from tinygrad_lite.command.derive import derive_text, read_let
        from tinygrad_lite.derivations import derive_expression

        if options.output is None:
            Terminal().write(derive_text(options.expression, options.wrt, options.let))
        else:
            derive_expression(options.expression, options.wrt, dict(map(read_let, options.let))).save(options.output)
            Terminal().write(f"wrote {options.output}")

    return run


def _draw(parser: argparse.ArgumentParser) -> Run:
    """a picture of a computation graph: draw FILE.py:NAME -o out.html, or draw -e "sigmoid(w*x + b)" --let w=2 ..."""
    from tinygrad_lite.command.draw import add_arguments, run

    add_arguments(parser)
    return run


# A subcommand declares its options on the parser that it is given and returns what runs; its docstring is its help.
# Help is plain ASCII: argparse prints it as it is, in every locale.
COMMANDS: dict[str, Callable[[argparse.ArgumentParser], Run]] = {"demo": _demo, "derive": _derive, "draw": _draw}


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    from tinygrad_lite import __doc__ as about
    from tinygrad_lite import __version__

    parser = argparse.ArgumentParser(prog="tinygrad-lite", description=(about or "").splitlines()[0])
    parser.add_argument("--version", action="version", version=f"tinygrad-lite {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, declare in COMMANDS.items():
        below = commands.add_parser(name, help=declare.__doc__, description=declare.__doc__)
        if name in argv:  # declaring loads what the subcommand needs: no other does
            below.set_defaults(run=declare(below))
    return parser


def _joined(argv: Sequence[str]) -> list[str]:
    """Arguments with `-e EXPR` as one: argparse takes an expression that begins with a minus for an option."""
    words, rest = [], iter(argv)
    for word in rest:
        expression = next(rest, None) if word in ("-e", "--expression") else None
        words.append(word if expression is None else f"--expression={expression}")
    return words


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status: 0, 2 for what the user can mend, 130 after Ctrl-C.

    Errors of ours are one line on stderr. Options that argparse refuses raise SystemExit(2), as it does everywhere.
    """
    words = _joined(sys.argv[1:] if argv is None else argv)
    options = _parser(words).parse_args(words)
    try:
        options.run(options)
    except TinygradLiteError as error:
        Terminal(sys.stderr).write(f"tinygrad-lite: {error}")
        return 2
    except KeyboardInterrupt:
        Terminal(sys.stderr).write("tinygrad-lite: interrupted")
        return 130
    except BrokenPipeError:  # the reader, `| head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains again at exit
        return 141
    return 0


if __name__ == "__main__":
    sys.exit(main())
