"""Where the axes of an answer belong in the gradient: by the axes that letters run over, or by their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinygrad_lite.derivations.judging.questions import Question
from tinygrad_lite.derivations.judging.sides import Side
from tinygrad_lite.derivations.judging.vocabulary import Axis, Known
from tinygrad_lite.derivations.normal.terms import Index
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.letters import Run, Runs
from tinygrad_lite.typed.spelling import canonical


class Unplaced(Exception):
    """An answer whose axes are not those of the gradient; says both."""


@dataclass(frozen=True)
class Placing:
    """Where the axes of a result belong.

    letters: those of the result, alphabetically, as index notation gives them; None for NumPy's order. targets: the
    index of the gradient for each letter. constant: one number for all elements. squeezed: names have no axes of size 1.
    """

    question: Question
    letters: str | None = None
    targets: tuple[Index, ...] = ()
    constant: bool = False
    squeezed: bool = False

    def axes(self, known: Known) -> tuple[Axis, ...]:
        """The axes that a name has in this answer."""
        return known.lettered if self.squeezed else known.axes

    def put(self, value: Any) -> Any:
        """The numbers of an answer in the shape of the gradient; Unplaced where they have another shape."""
        shape = self.question.shape
        if self.constant:
            return np.broadcast_to(value, shape)
        if self.letters is None:
            if value.shape != shape:
                raise Unplaced(f"the answer has the shape {value.shape}, and {self.question.shown()} has {shape}")
            return value
        order = [self.targets.index(i) if i in self.targets else None for i in self.question.order]
        turned = np.transpose(value, [n for n in order if n is not None])
        spread = turned[tuple(np.newaxis if n is None else slice(None) for n in order)]
        sizes = self.question.chain.stations.axes.sizes
        return np.broadcast_to(spread, tuple(sizes[i.axis] for i in self.question.order)).reshape(shape)


def placed(question: Question, side: Side) -> tuple[Placing, Side]:
    """How the result of an answer is put in the gradient's place, and the answer with its brackets and slopes named."""
    names = question.vocabulary.names
    side = _with_slopes(question, side)
    if side.typed is not None and side.typed.indexed:
        return _by_letters(question, side)
    if side.typed is not None and not any(names[name].lettered for name in side.names):
        plain = any(axis is None for name in side.names for axis in names[name].axes)
        if not plain or not question.formal or not _in_numpy(side.typed.tree):
            return Placing(question, constant=True, squeezed=True), side
    return Placing(question), side


def _with_slopes(question: Question, side: Side) -> Side:
    """The answer in which f′(z) is the derivative that the derivation has found: only it knows the slope of leaky_relu."""

    def change(node: t.Syntax) -> t.Syntax | None:
        if isinstance(node, t.FunctionCall) and node.primes == 1 and len(node.arguments) == 1:
            (of,) = node.arguments
            if isinstance(of, t.Variable) and not of.places:
                found = question.vocabulary.slope(canonical(node.function), of.text)
                return None if found is None else t.Variable(node.place, found, of.letters)
        return None

    return _changed(side, change)


def _changed(side: Side, change: Callable[[t.Syntax], t.Syntax | None]) -> Side:
    if side.typed is None:
        return side
    typed = replace(side.typed, tree=t.changed(side.typed.tree, change))
    return replace(side, typed=typed, names=typed.names())


def _in_numpy(node: t.Syntax) -> bool:
    """Whether a formula has what only NumPy's spelling has: @, .T, sums along axes."""
    own = isinstance(node, t.Attribute | t.Slices) or (isinstance(node, t.Binary) and node.sign == "@")
    own = own or (isinstance(node, t.FunctionCall) and node.function in ("sum", "mean", "dot", "outer", "transpose"))
    return own or any(map(_in_numpy, t.children(node)))


def _by_letters(question: Question, side: Side) -> tuple[Placing, Side]:
    """Index notation: each letter runs over the axis of the names that it stands at."""
    assert side.typed is not None
    letters = _Letters(question, side.typed.text)
    runs = letters.of(side.typed.tree)
    free = "".join(sorted(t.free_letters(side.typed.tree)))
    targets: list[Index] = []
    for letter in free:
        index = _target(question, letter, runs)
        if index in targets:
            other = free[targets.index(index)]
            raise Unplaced(
                f"{other} and {letter} both run over the axis {index.axis}, and {question.shown()} has it once"
            )
        targets.append(index)
    return Placing(question, free, tuple(targets), squeezed=True), _changed(side, letters.named)


class _Letters:
    """The axis that each letter runs over; Unplaced where one stands at two axes."""

    def __init__(self, question: Question, text: str) -> None:
        self._question = question
        self._text = text
        self._runs = Runs(self._axes, self._clash)

    def of(self, tree: t.Syntax) -> dict[str, str]:
        """The axes of the letters that no sum runs over; one that stands at no name is the gradient's own."""
        question = self._question
        scope = self._runs.of(tree)
        own = zip(question.written or question.letters, question.axes, strict=True)
        self._runs.settle_open(scope, own, question.shown(True))
        return {letter: run.root.axis or "" for letter, run in scope.items()}

    def named(self, node: t.Syntax) -> t.Syntax | None:
        """[j = k] and [j = 2] as names with letters; None for anything else."""
        if not isinstance(node, t.Kronecker):
            return None
        axis = self._runs.brackets[node.place].root.axis
        if not axis:
            raise t.pointed(self._text, node.place, "what do the letters run over? They stand at no name")
        place = int(node.right) if node.right.isdigit() else None
        size = self._question.chain.stations.axes.sizes[axis]
        if place is not None and place >= size:
            raise t.pointed(self._text, node.place, f"the axis {axis} has {size} places, 0 to {size - 1}; got {place}")
        letters = node.left + (node.right if place is None else "")
        return t.Variable(node.place, self._question.vocabulary.bracket(axis, place), letters)

    def _axes(self, node: t.Variable) -> tuple[str, ...] | None:
        known = self._question.vocabulary.names.get(node.text)
        if known is None:
            return None
        if len(known.lettered) != len(node.indices):
            shape = self._question.vocabulary.shape(known, lettered=True)
            many = len(known.lettered)
            has = "no index" if not many else "1 index" if many == 1 else f"{many} indices"
            raise t.pointed(
                self._text, node.place, f"{node.text!r} has {has} (shape {shape}), and {len(node.indices)} here"
            )
        return known.lettered

    def _clash(self, letter: str, run: Run, axis: str, where: str) -> Unplaced:
        return Unplaced(f"{letter} runs over the axis {run.axis} at {run.where}, and over {axis} at {where}")


def _target(question: Question, letter: str, runs: dict[str, str]) -> Index:
    """The index of the gradient that a letter of the result is."""
    axis = runs.get(letter, "")
    fitting = [index for index in question.order if index.axis == axis]
    printed: Sequence[str] = question.written or question.letters
    own = [i for i, c in zip(question.order, printed, strict=True) if c == letter]
    if question.written is not None or len(fitting) > 1:
        if not own and (question.written is None):
            raise FormulaError(
                f"{question.shown()} has the axis {axis} {len(fitting)} times: which one is {letter!r}? "
                f"Write its letters as in {question.shown(True)}, or begin with a left side, {question.shown(True)} = …"
            )
        fitting = [i for i in own if i.axis == axis]
    if not fitting:
        mine = ", ".join(f"{c} over {i.axis}" for c, i in zip(printed, question.order, strict=True)) or "no index"
        over = f"runs over the axis {axis}" if axis else "stands at no name"
        raise Unplaced(f"{letter} {over}, and {question.shown(True)} has {mine}")
    return fitting[0]
