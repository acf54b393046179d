"""The `tinygrad-lite` command: its subcommands in one table, what it says without one, and how it ends."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from tinygrad_lite import __doc__ as about
from tinygrad_lite import __version__
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import TinygradLiteError

__all__ = ["COMMANDS", "FIRST", "main"]

COMMANDS = {
    "demo": ("the lecture's story in your terminal: why a neuron learns slowly, and what repairs it", "demo"),
    "derive": (
        "the gradient of a formula, or of a cost in a file, derived line by line",
        'derive -e "(y - sigmoid(w*x + b))**2 / 2" --wrt w',
    ),
    "draw": (
        "a picture of a computation graph, or a page that steps through it",
        'draw FILE.py:NAME -o out.html, or draw -e "sigmoid(w*x + b)" --let w=2 ...',
    ),
    "compile": (
        "a cost and its gradients as NumPy code",
        'compile FILE.py:NAME --wrt w, or compile -e "w**2 / 2" --wrt w --let w=2',
    ),
    "learn": ("exercises: derive the lecture's gradients yourself, and be told your slips", "learn start"),
    "teach": ("for teachers: new exercises, checks of them, and grades", "teach grade DIR -o grades.csv"),
}
"""What each subcommand does, and an example. It is the module of that name beside this one: `add_arguments` declares its
options, `run` does the work and may give the exit status. Help is plain ASCII: argparse prints it as it is, in every locale."""

FIRST = {
    'derive -e "(y - sigmoid(w*x + b))**2 / 2" --wrt w': "the gradient of a neuron's cost, derived line by line",
    'draw -e "sigmoid(w*x + b)" --let w=2 --let b=2 --const x=1': "its graph, with the derivative on each edge",
    "demo": "the lecture's story, in seconds; pictures go to tinygrad-lite-demo",
}
"""What to try first: commands that need no file and work in any folder, and what each shows."""

PACKAGE = Path(__file__).parents[1]


class _Parser(argparse.ArgumentParser):
    """A parser that lets it be known where its help cannot be written: argparse says nothing then."""

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)


class _Closed(io.StringIO):
    """The stream that the shell closed: whoever writes to it hears of it. Python itself has None there, and says nothing."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(prog="tinygrad-lite", description=_about())
    parser.add_argument("--version", action="version", version=f"tinygrad-lite {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, (what, example) in COMMANDS.items():
        line = f"{what}: {example}"
        below = commands.add_parser(name, help=line, description=line)
        if name in argv:  # a subcommand loads much of the package, so only the one that is asked for is imported
            module = importlib.import_module(f"tinygrad_lite.command.{name}")
            module.add_arguments(below)
            below.set_defaults(run=module.run)
    parser.set_defaults(run=_overview)
    return parser


def _about() -> str:
    return f"tinygrad_lite: {(about or '').splitlines()[0]}"


def _overview(options: argparse.Namespace) -> None:
    """Say what one can do: three commands to begin with, then all of them."""
    terminal = Terminal()
    terminal.wrapped(_about(), 0)
    terminal.write("\nTo begin with, in any folder:")
    for command, shows in FIRST.items():
        terminal.write(f"\n  tinygrad-lite {command}")
        terminal.wrapped(f"    {shows}", 4)
    terminal.write("\nAll commands:\n")
    for name, (what, _) in COMMANDS.items():
        terminal.wrapped(f"  {name:<8} {what}", 11)
    terminal.write("\ntinygrad-lite COMMAND --help lists the options of a command.")


def _joined(argv: Sequence[str]) -> list[str]:
    """Arguments with `-e EXPR` as one: argparse takes an expression that begins with a minus for an option."""
    words, rest = [], iter(argv)
    for word in rest:
        expression = next(rest, None) if word in ("-e", "--expression") else None
        words.append(word if expression is None else f"--expression={expression}")
    return words


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status.

    It is what the subcommand says (0 for None), 2 for what was typed wrong, 1 where a file or the output cannot be
    written, 141 where the reader of a pipe has seen enough, 130 after Ctrl-C. An error is one line on stderr. Options that
    argparse refuses raise SystemExit(2), as it does everywhere.
    """
    if sys.stdout is None:  # closed by the shell, as in `tinygrad-lite demo >&-`
        sys.stdout = _Closed()
    if sys.stderr is None:  # nobody can be told anything
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    words = _joined(sys.argv[1:] if argv is None else argv)
    try:  # Ctrl-C may come while a subcommand is imported
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warner(warnings.showwarning)
                options = _parser(words).parse_args(words)
                return options.run(options) or 0
        finally:
            sys.stdout.flush()  # here, where it can be said that it fails
    except KeyboardInterrupt:
        return _ended(130, "interrupted")
    except BrokenPipeError:  # the reader, `| head` for instance, has seen enough
        _give_up(sys.stdout)
        return 141
    except OSError as error:
        _give_up(sys.stdout)
        return _ended(1, _reason(error))
    except TinygradLiteError as error:
        return _ended(2, str(error))


def _warner(elsewhere: Callable[..., None]) -> Callable[..., None]:
    """A `warnings.showwarning` that gives one line, once, to what NumPy says of numbers in the library, and no line of code.

    elsewhere: what shows all other warnings, such as those about a file of the user.
    """
    said: set[str] = set()

    def show(message: Any, category: type[Warning], filename: str, *rest: Any) -> None:
        if category is not RuntimeWarning or not Path(filename).is_relative_to(PACKAGE):
            elsewhere(message, category, filename, *rest)
        elif str(message) not in said:
            said.add(str(message))
            _ended(0, f"NumPy warns: {message}.")

    return show


def _reason(error: OSError) -> str:
    """What the system refused, with the file where one is known: a full disk behind the output has no name."""
    if isinstance(error, TinygradLiteError) or not error.strerror:
        return str(error)
    return f"{error.filename or 'cannot write the output'}: {error.strerror}."


def _ended(status: int, said: str) -> int:
    """The exit status, once the line is on stderr, where that can be written."""
    try:
        Terminal(sys.stderr).write(f"tinygrad-lite: {said}")
    except OSError:
        _give_up(sys.stderr)
    return status


def _give_up(stream: TextIO) -> None:
    """Write nothing more to a stream that fails, else Python complains again when it flushes it at the end."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):  # a stream that is no file, as in tests
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
