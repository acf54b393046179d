"""An expression that was typed as text, derived."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_lite.derivations.derivation import Derivation
from tinygrad_lite.derivations.deriving import derive
from tinygrad_lite.derivations.judging.forms import shapes as shapes_of
from tinygrad_lite.derivations.judging.layouts import Layout, layout
from tinygrad_lite.derivations.judging.ranks import LENGTH, known_ranks, rankings
from tinygrad_lite.derivations.judging.sides import Shape, Side
from tinygrad_lite.derivations.normal.numbers import quiet
from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.notation.formula import split_name
from tinygrad_lite.tensor.operands import plain_array
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import graphs as ty
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.classes import classes_of, targets_of, whole_targets
from tinygrad_lite.typed.evaluating import names
from tinygrad_lite.typed.several import formula_or_value
from tinygrad_lite.typed.spelling import as_product

__all__ = ["derive_expression"]

DATA = ("x", "X", "y", "Y", "m", "n")
"""Names that stand for data and not for parameters, unless one derives by them."""

LENGTHS = {"m": 5, "n": 3, "J": 4, "K": 6, "P": 7, "Q": 2}
"""The lengths of axes: all different, so axes cannot be mixed up."""

ONE_HOT = frozenset(("one_hot",))
"""What is known of targets that are rows of classes."""

REDUCTIONS = ("sum", "mean", "max", "min", "logsumexp", "softmax", "log_softmax")
"""Functions that are taken of several numbers."""

SETTINGS: list[tuple[dict[str, int], int]] = [
    ({"x": 2, "w": 1, "b": 0, "m": 0}, 1), ({"x": 2, "w": 2, "b": 1, "m": 0}, 2), ({"x": 1, "w": 2, "b": 1, "m": 0}, 1),
]  # fmt: skip
"""How many axes x, w, b and every other name have in the lecture's settings: one output, many, one example."""


def derive_expression(
    expression: str, wrt: str | Sequence[str], lets: Mapping[str, Any] | None = None, constants: Collection[str] = ()
) -> Derivation:
    """Derive an expression that was typed as text.

    expression: a cost such as "(y - sigmoid(w*x + b))**2 / 2", or several formulas with names, set apart by ; or by
    lines: "z = w*x + b; C = (y - z)**2 / 2". wrt: names, or one text with commas.
    lets: values of names, as numbers or arrays; the others get some. constants: names that take no gradient.
    Raises FormulaError for what cannot be read, DerivationError for what cannot be derived.

    See also: tg.derive, tg.same_formula.

    >>> import tinygrad_lite as tg
    >>> print(tg.derivations.derive_expression("(y - w*x)**2 / 2", "w").formula)
    x (z − y)
    """
    typed = ty.read_several(expression)
    known = typed.names()
    targets = [n.strip() for n in wrt.split(",")] if isinstance(wrt, str) else list(wrt)
    for name in targets:
        if name not in known and name not in typed.defined():
            raise FormulaError(
                f"{name!r} is not in the expression; its names are: {', '.join(known) or 'none'}."
                + "".join(as_product(other, [name]) for other in known)
            )
    values = {n: np.asarray(plain_array(v, f"--let {n}"), dtype=float) for n, v in (lets or {}).items()}
    formula_or_value(typed.tree, values)
    unknown = [n for n in values if n not in known]
    if unknown:
        raise FormulaError(
            f"--let gives {unknown[0]!r}, which is not in the expression; its names are: {', '.join(known)}."
        )
    if clash := [n for n in targets if n in constants]:
        raise FormulaError(f"{clash[0]!r} is a constant, so there is nothing to derive by. Give it by --let.")
    classes = {n: v for n, v in classes_of(typed.tree, values).items() if n not in targets}
    maybe = {n: v for n, v in whole_targets(typed.tree, values).items() if n not in targets}
    try:
        cost, point = _graph(replace(typed, bound=classes), values, targets, constants)
    except FormulaError:  # y=[0,0,1] may be a row of three classes, or the classes of three examples
        if maybe.keys() == classes.keys():
            raise
        cost, point = _graph(replace(typed, bound=maybe), values, targets, constants)
    if cost.name is None and not any(cost is t for t in point.values()):
        cost.name = "C" if "C" not in known else None
    return derive(cost, [point.get(n, n) for n in targets])


def _graph(
    typed: ty.Typed, values: Mapping[str, Any], targets: Sequence[str], constants: Collection[str]
) -> tuple[Tensor, dict[str, Tensor]]:
    """The cost as a graph in the first reading that makes one number of it, and the Tensors of its names."""
    rows = {n: ONE_HOT for _, n in targets_of(typed.tree) if n not in targets}
    side = Side(names(typed.tree), replace(typed, bound={}), None, facts=rows)
    values = {n: v for n, v in values.items() if n not in typed.bound}
    trouble: TinygradLiteError | None = None
    longer = _longer(typed)
    for reading in _readings(side, {n: np.shape(v) for n, v in values.items()}, typed.bound, longer):
        if isinstance(reading, TinygradLiteError):
            trouble = trouble or reading
            continue
        point = _point(reading, values, targets, constants, rows, longer)
        try:
            with quiet():
                cost, _ = ty.graph_of(typed, point)
        except TinygradLiteError as error:
            trouble = trouble or error
            continue
        if isinstance(cost, Tensor) and cost.size == 1:
            return cost, point
    raise trouble or FormulaError("the expression has no single number as its value; take a sum or a mean of it.")


def _longer(typed: ty.Typed) -> int:
    """By how much axes must be longer than usual, so that the classes and places that the expression names are there."""
    classes = [np.max(v, initial=0) for v in typed.bound.values()]
    places = [int(part) for part in _places(typed.tree) if part.isdecimal()]
    last = int(max([*classes, *places], default=0))
    return 0 if last < min(LENGTHS["n"], LENGTH) else last


def _places(node: t.Syntax) -> Iterator[str]:
    """What stands in the brackets behind values, wherever these are."""
    if isinstance(node, t.Slices):
        yield from node.parts
    elif isinstance(node, t.Variable):
        yield from node.indices
    for child in t.children(node):
        yield from _places(child)


def _readings(
    side: Side, shapes: Mapping[str, Shape], classes: Mapping[str, Any], longer: int
) -> Iterator[Layout | TinygradLiteError]:
    """The readings of an expression; an error in the place of one that cannot be computed.

    First all names are scalars, if none is a capital letter or a target of classes and no sum is of one of them beside a
    given array; then those of the lecture come.
    Classes are read as the one-hot rows that they mean, which have one axis more.
    """
    known = {**shapes, **{n: (*np.shape(v), LENGTH + longer) for n, v in classes.items()}}
    found = sorted(
        (ranks for each in rankings([side], known, side.facts, LENGTH + longer) for ranks in each), key=_strangeness
    )
    arrays = {n for n, shape in shapes.items() if shape}
    sums = side.typed is not None and bool(arrays) and _sums_one_number(side.typed.tree, arrays)
    if not (side.facts or sums or any(name[0].isupper() for name in side.names)):
        found.insert(0, {n: 0 for n in side.names} | known_ranks([side], shapes))
    later: list[Layout] = []
    for ranks in found:
        try:
            reading = layout([side, side], ranks, shapes, LENGTH + longer)
            reading = next(_with_lengths(reading, classes).bindings())
        except TinygradLiteError as error:
            yield error
            continue
        if _has_examples_last(reading):
            later.append(reading)
        else:
            yield reading
    yield from later


def _sums_one_number(node: t.Syntax, arrays: Set[str]) -> bool:
    """Whether a sum or its like is taken of names of which none is an array, as sum(exp(z)) of a number z."""
    if isinstance(node, t.Definitions):
        for name, body in node.definitions:
            if _sums_one_number(body, arrays):
                return True
            arrays = arrays if arrays.isdisjoint(names(body)) else arrays | {name.text}
        return _sums_one_number(node.result, arrays)
    if isinstance(node, t.FunctionCall) and node.function in REDUCTIONS and len(node.arguments) == 1:
        own = names(node)
        if own and arrays.isdisjoint(own):
            return True
    return any(_sums_one_number(child, arrays) for child in t.children(node))


def _with_lengths(reading: Layout, classes: Mapping[str, Any]) -> Layout:
    """A reading in which there are as many examples as there are classes given."""
    given = dict(reading.given)
    for name, value in classes.items():
        for axis, length in zip(reading.axes[name], np.shape(value), strict=False):
            if given.setdefault(axis, length) != length:
                message = f"--let gives {name!r} {length} classes, one for each example; another value has {given[axis]} examples."
                raise FormulaError(message)
    return replace(reading, given=given)


def _has_examples_last(reading: Layout) -> bool:
    """Whether x is a matrix whose first axis, that of the examples, is one of the weights': W @ x with a column for each."""
    weights = {axis for name, axes in reading.axes.items() if split_name(name)[0].lower() == "w" for axis in axes}
    return any(len(axes) == 2 and axes[0] in weights for name, axes in reading.axes.items() if name.lower() == "x")


def _of_examples(reading: Layout, name: str) -> tuple[str, ...] | None:
    """The axes of a name, where one of them is what the expression calls m: a number m is then its size, and no guess."""
    examples = (reading.bound or {}).get("m")
    classes = reading.axes[name]
    if examples not in classes or len(set(classes)) < len(classes):
        return None
    labels = reading.labels()
    return tuple(labels.get(c, "1") for c in classes)


def _strangeness(ranks: Mapping[str, int]) -> tuple[int, int]:
    """How many names have other ranks than in the nearest of the lecture's settings, and which one that is."""
    return min(
        (sum(rank != special.get(split_name(name)[0].lower(), other) for name, rank in ranks.items()), number)
        for number, (special, other) in enumerate(SETTINGS)
    )


def _point(
    reading: Layout, values: Mapping[str, Any], targets: Sequence[str], constants: Collection[str],
    rows: Collection[str], longer: int,
) -> dict[str, Tensor]:  # fmt: skip
    rng = np.random.default_rng(4)
    lengths = {c: reading.given.get(c, LENGTHS.get(label, 4) + longer) for c, label in reading.labels().items()}
    point: dict[str, Tensor] = {}
    for name, shape in shapes_of(reading, lengths).items():
        bound = (reading.bound or {}).get(name)
        if name in values:
            data = values[name]
        elif name == "m" and not shape:
            data = np.asarray(float(LENGTHS["m"] + longer if bound is None else lengths[bound]))
        elif name in rows:
            data = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
        elif name in ("y", "Y"):
            data = np.asarray(rng.integers(0, 2, size=shape), dtype=float)
        else:
            data = rng.uniform(0.1, 0.9, size=shape)
        needs = name in targets or name not in (*DATA, *constants, *rows)
        if name == "m" and not needs:
            point[name] = Tensor(data, name=name if bound is None else None)
        else:
            facts = ONE_HOT if name in rows and name not in values else ()
            axes = _of_examples(reading, name)
            point[name] = Tensor(data, requires_grad=needs, name=name, axes=axes, facts=facts)
    return point
