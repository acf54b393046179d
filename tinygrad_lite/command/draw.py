"""`tinygrad-lite draw`: a picture of a tensor in a file, or of an expression."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from tinygrad_lite.command.files import tensor_in
from tinygrad_lite.command.options import add_source, no_value, one_source, read_both
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.affordable import affordable
from tinygrad_lite.derivations.reading.stations import read as read_stations
from tinygrad_lite.errors import DerivationError, DrawingError, FormulaError
from tinygrad_lite.pictures.drawing import DIRECTIONS, Drawing, draw
from tinygrad_lite.tensor.tensor import Tensor, as_tensor
from tinygrad_lite.transforms import stop_gradient
from tinygrad_lite.typed.classes import classes_of
from tinygrad_lite.typed.evaluating import evaluate, names
from tinygrad_lite.typed.graphs import FUNCTIONS as KNOWN
from tinygrad_lite.typed.several import formula_or_value, parse_several

__all__ = ["FUNCTIONS", "add_arguments", "from_expression", "from_file", "run"]

FUNCTIONS: dict[str, Any] = {**KNOWN, "stop_gradient": stop_gradient}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite draw`."""
    add_source(parser, "a Tensor, or a function that gives one", ", that learns")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="where to: .html .svg .png .pdf .dot .txt (default: text here)"
    )
    parser.add_argument(
        "--fold",
        default="all",
        metavar="WHICH",
        help="which composites are one box: all, none, levels to open, or names a,b (default: all)",
    )
    parser.add_argument(
        "--direction", choices=DIRECTIONS, help="where results are (default: what the graph's shape asks for)"
    )
    parser.add_argument("--upto", metavar="N|NAME", help="draw the last N steps, or stop at a name")
    parser.add_argument(
        "--predict", action="store_true", help="a page that asks for each gradient before it shows it (-o FILE.html)"
    )
    parser.add_argument(
        "--widths", action="store_true", help="edges as wide as the terms are large that go back along them"
    )
    parser.add_argument("--steps", action="store_true", help="one page a step, for slides (-o FILE.pdf)")
    parser.add_argument("--no-grads", action="store_true", help="leave gradients out")


def run(options: argparse.Namespace) -> None:
    """Draw what the options say, to the output or as text on the terminal.

    Raises DrawingError or FormulaError where that is not possible.
    """
    one_source(options, DrawingError, "draw", "-e 'w*x' --let w=2 --let x=1")
    if options.expression is not None:
        result = from_expression(options.expression, options.let, options.const)
    else:
        result = from_file(options.source, options.let, options.const)
    drawing = _draw(result, options)
    if options.predict and options.output is None:
        raise DrawingError("--predict makes a page, which needs a file. Add -o FILE.html.")
    if options.steps and options.output is None:
        raise DrawingError("--steps makes a PDF, which needs a file. Add -o FILE.pdf.")
    if options.output is None:
        Terminal().tree(drawing.text())
    else:
        drawing.save(options.output, options.predict, options.steps)
        Terminal().write(f"wrote {options.output}")
    if not (options.no_grads or any(node.requires_grad for node in graph(result))):
        how = "give it by --let and not by --const" if options.source is None else "make it with requires_grad=True"
        Terminal(sys.stderr).write(
            f"tinygrad-lite: no gradients, because nothing here learns. For a value that learns, {how}."
        )


def _draw(result: Tensor, options: argparse.Namespace) -> Drawing:
    fold: Any = {"all": True, "none": False}.get(options.fold)
    if fold is None:
        fold = int(options.fold) if _is_number(options.fold) else set(options.fold.split(","))
    upto = int(options.upto) if options.upto is not None and _is_number(options.upto) else options.upto
    if options.widths and options.no_grads:
        raise DrawingError("--widths draws gradients, and --no-grads leaves them out. Give one of them.")
    return draw(
        result, fold=fold, direction=options.direction, upto=upto, grads=not options.no_grads, widths=options.widths
    )


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 10  # "²" is a digit and no number; int() refuses 5,000 digits


def from_expression(text: str, learning: Sequence[str], constants: Sequence[str] = ()) -> Tensor:
    """The Tensor that an expression makes; never evaluated by Python.

    learning, constants: NAME=VALUE, as --let and --const take them; a gradient arrives at the learning ones only.
    Raises FormulaError for what cannot be read, and names what has no value.

    >>> from_expression("sigmoid(w*x+b)", ["w=2", "x=1", "b=-2"]).item()
    0.5
    """
    tree = parse_several(text, FUNCTIONS)
    lets, consts = read_both(learning, constants)
    formula_or_value(tree, lets | consts)
    classes = classes_of(tree, lets | consts)
    fixed = consts | classes
    values = {n: Tensor(fixed.get(n, v), requires_grad=n not in fixed, name=n) for n, v in (lets | consts).items()}
    needed = names(tree)
    missing = [name for name in needed if name not in values]
    if missing:
        raise FormulaError(no_value(missing, values))
    unused = [name for name in values if name not in needed]
    if unused:
        raise FormulaError(f"{', '.join(unused)} does not occur in {text!r}; it has {', '.join(needed) or 'no names'}.")
    result = as_tensor(evaluate(tree, values, FUNCTIONS, text))
    _name_as_derived(result)
    return result


def _name_as_derived(result: Tensor) -> None:
    """Give values the names that a derivation gives them, so that a neuron has z, a and C in both."""
    learning = [node for node in graph(result) if node.primitive is None and node.requires_grad]
    try:
        with affordable():
            named = read_stations(result, learning, inner=True).names if learning and result.size == 1 else {}
    except DerivationError:  # what cannot be derived can be drawn, under numbered names
        return
    for name, node in named.items():
        if isinstance(node, Tensor) and node.primitive is not None and node.name is None:
            node.name = name


def from_file(source: str, learning: Sequence[str] = (), constants: Sequence[str] = ()) -> Tensor:
    """The Tensor NAME of a Python file FILE.py:NAME, or what the function NAME gives.

    The file runs as `python FILE.py` does, but with another __name__ than "__main__".
    Raises DrawingError where the file, the name or the Tensor is not there, or the file itself fails.
    """
    return tensor_in(source, "draw", DrawingError, *read_both(learning, constants, typed=True))
