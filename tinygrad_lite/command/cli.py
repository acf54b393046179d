"""The `tinygrad-lite` command: its subcommands in one table, and how it ends."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from tinygrad_lite import __doc__ as about
from tinygrad_lite import __version__
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import TinygradLiteError

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "compile": (
        "a cost and its gradients as NumPy code: compile FILE.py:NAME --wrt w, or "
        'compile -e "w**2 / 2" --wrt w --let w=2'
    ),
    "demo": "the lecture's story in your terminal: why a neuron learns slowly, and what repairs it",
    "derive": 'the gradient of a formula, derived line by line: derive -e "(y - sigmoid(w*x + b))**2 / 2" --wrt w',
    "learn": "exercises: derive the lecture's gradients yourself, and be told which slip you made: learn start",
    "draw": (
        'a picture of a computation graph: draw FILE.py:NAME -o out.html, or draw -e "sigmoid(w*x + b)" --let w=2 ...'
    ),
    "teach": "for teachers: new exercises, checks of them, and grades: teach grade DIR -o grades.csv",
}
"""The line of help of each subcommand, which is the module of that name beside this one: `add_arguments` declares its
options, `run` does the work and may give the exit status. Help is plain ASCII: argparse prints it as it is, in every locale."""


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tinygrad-lite", description=(about or "").splitlines()[0])
    parser.add_argument("--version", action="version", version=f"tinygrad-lite {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, line in COMMANDS.items():
        below = commands.add_parser(name, help=line, description=line)
        if name in argv:  # a subcommand loads much of the package, so only the one that is asked for is imported
            module = importlib.import_module(f"tinygrad_lite.command.{name}")
            module.add_arguments(below)
            below.set_defaults(run=module.run)
    return parser


def _joined(argv: Sequence[str]) -> list[str]:
    """Arguments with `-e EXPR` as one: argparse takes an expression that begins with a minus for an option."""
    words, rest = [], iter(argv)
    for word in rest:
        expression = next(rest, None) if word in ("-e", "--expression") else None
        words.append(word if expression is None else f"--expression={expression}")
    return words


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status: what the subcommand says (0 for None), 2 for what the user can mend, 130
    after Ctrl-C.

    Errors of ours and of the file system are one line on stderr. Options that argparse refuses raise SystemExit(2), as
    it does everywhere.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell, as in `tinygrad-lite demo >&-`: nobody listens
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    words = _joined(sys.argv[1:] if argv is None else argv)
    try:  # Ctrl-C may come while a subcommand is imported
        options = _parser(words).parse_args(words)
        status = options.run(options)
    except KeyboardInterrupt:
        Terminal(sys.stderr).write("tinygrad-lite: interrupted")
        return 130
    except BrokenPipeError:  # the reader, `| head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains again at exit
        return 141
    except (TinygradLiteError, OSError) as error:  # OSError: a file that cannot be written, for instance
        said = str(error)
        if isinstance(error, OSError) and error.strerror and error.filename:
            said = f"{error.filename}: {error.strerror}."
        Terminal(sys.stderr).write(f"tinygrad-lite: {said}")
        return 2
    return status or 0
