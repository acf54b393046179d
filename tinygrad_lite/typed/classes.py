"""Class indices in typed formulas: numbers are floats there, but a class is a whole number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.evaluating import evaluate
from tinygrad_lite.typed.graphs import FUNCTIONS

__all__ = ["classes_of", "targets_of", "whole_targets"]

OF_CLASSES = ("log_likelihood", "log_likelihood_with_logits")
"""Functions of outputs and of targets that are classes or one-hot rows."""


def classes_of(tree: t.Syntax, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the values those that stand where classes do, as integers; values that are not whole stay what they are.

    Targets have one axis less than outputs, where they are classes; where the outputs cannot be computed from the values,
    rows with one 1 are no classes.

    >>> from tinygrad_lite.typed.parser import parse
    >>> classes_of(parse("log_likelihood(softmax(z), y)"), {"z": np.ones(4), "y": np.array(3.0)})
    {'y': array(3)}
    """
    outputs = {name: own for own, name in targets_of(tree)}
    return {n: v for n, v in whole_targets(tree, values).items() if _below(outputs[n], values, v)}


def whole_targets(tree: t.Syntax, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the values the targets that are whole numbers, as integers: classes, or one-hot rows."""
    found = {name: np.asarray(values[name]) for _, name in targets_of(tree) if name in values}
    return {name: value.astype(int) for name, value in found.items() if np.all(value == np.floor(value))}


def targets_of(node: t.Syntax) -> Iterator[tuple[t.Syntax, str]]:
    """The outputs and the name of the targets, wherever these are a name."""
    match node:
        case t.FunctionCall(function=function, arguments=(outputs, t.Variable(text=name, letters=""))) if (
            function in OF_CLASSES
        ):
            yield outputs, name
        case t.Definitions(definitions=definitions):  # outputs may be computed by the formulas before
            for number, part in enumerate((*(body for _, body in definitions), node.result)):
                before = definitions[:number]
                yield from ((t.Definitions(o.place, before, o), name) for o, name in targets_of(part))
            return
    for child in t.children(node):
        yield from targets_of(child)


def _below(outputs: t.Syntax, values: Mapping[str, Any], targets: Any) -> bool:
    """Whether the targets have one axis less than the outputs."""
    try:
        with np.errstate(all="ignore"):
            return bool(np.ndim(evaluate(outputs, values, FUNCTIONS)) == targets.ndim + 1)
    except TinygradLiteError:
        return targets.ndim == 0 or not bool(np.all(np.sum(targets, axis=-1) == 1) and np.all(targets <= 1))
