"""Whether a typed formula, or a function of arrays, is the gradient by a value of a derivation.

The answer is read with the derivation's own names, shapes and facts. It is right where its normal form is that of
the gradient, once the names that it uses are put in; where that is not known, the graph is played again on other
numbers and the answer is compared with the engine's gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.judging.forms import WORK, long_axes, numbers_of, unnamed
from tinygrad_lite.derivations.judging.judgement import Sameness, differs, shown
from tinygrad_lite.derivations.judging.placing import Placing, Unplaced, placed
from tinygrad_lite.derivations.judging.points import SAFETY, Difference, coarse_slack, difference_at
from tinygrad_lite.derivations.judging.questions import Question
from tinygrad_lite.derivations.judging.replays import replays
from tinygrad_lite.derivations.judging.sides import Side
from tinygrad_lite.derivations.judging.zero import is_zero, never_zero
from tinygrad_lite.derivations.normal.algebra import subtract
from tinygrad_lite.derivations.normal.budgets import BudgetError, budget
from tinygrad_lite.derivations.normal.calculus import put_in
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.numbers import number, quiet
from tinygrad_lite.derivations.normal.sums import rename
from tinygrad_lite.derivations.normal.terms import ZERO, Index, Value, const, size_symbol
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.nodes import data_of, key_of
from tinygrad_lite.derivations.reading.primitives import Reader
from tinygrad_lite.derivations.steps.checking import Facts
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.tree import Misfit

POINTS = 4
"""At how many points an answer is compared with the engine's gradient."""

LEAST = 1e-12
"""The difference that is rounding where the gradient is 0: at the points, numbers are of size 1."""

NOISE = 4e-15
"""A gradient that is so much smaller than those above it may be rounding only, and says nothing of an answer."""

ROUNDED = 1e-10
"""The relative difference that a number may make that is written out, such as 0.57735026919."""

PROVED = 1000
"""How many times the slack the numbers of a proved answer may differ: the engine rounds, too."""


@dataclass(frozen=True)
class Comparison:
    """What the normal forms say: the differences found on the way, the shortest first, and the last one."""

    differences: Sequence[Value] = ()
    proved: bool = False

    @property
    def last(self) -> Value:
        """The difference with everything put in."""
        return self.differences[-1]

    @property
    def shortest(self) -> Value:
        """The difference that is shown."""
        return min(self.differences, key=length)


def judged(question: Question, side: Side) -> Sameness:
    """The judgement of an answer: shapes first, then the normal form, then points."""
    try:
        place, side = placed(question, side)
        apart, compared = _compared(question, side, place, PROVED)
    except Unplaced as trouble:
        return Sameness(False, "shapes", str(trouble))
    except Misfit as trouble:
        return Sameness(False, "shapes", f"the answer does not fit the shapes of the derivation: {trouble}")
    forms = _compared_forms(question, side, place)
    if forms.proved:
        if apart is not None:
            return differs(apart, "random points", "", "")
        return Sameness(True, "proved", "their difference has the normal form 0")
    if apart is None:
        apart, compared = _compared(question, side, place, 1)
    if apart is None and forms.differences:
        if lucky := _by_luck(question, forms):
            return Sameness(False, "proved", lucky, difference=_text(question, forms))
        apart = _by_form(question, side, forms)
    if apart is None:
        if not compared:
            raise FormulaError(
                "the gradient has no number but rounding at any random point, so nothing is known of this answer. "
                "Derive a cost that is finite, and of fewer layers."
            )
        reason = f"equal to the engine's gradient at {compared} random points; the normal form proves it neither way"
        return Sameness(True, "random points", reason)
    if not forms.differences:
        return differs(apart, "random points", "", "")
    refuted = never_zero(forms.last) and not question.vocabulary.computed(forms.last)
    return differs(apart, "proved" if refuted else "random points", _text(question, forms), "")


def _text(question: Question, forms: Comparison) -> str:
    """The difference in its shortest form, at the letters of the gradient."""
    assert question.gradient is not None
    return shown(forms.shortest, question.chain.writer(question.order))


# --- normal forms ------------------------------------------------------------------------------------


def _compared_forms(question: Question, side: Side, place: Placing) -> Comparison:
    """The difference from the gradient in normal form, names put in one after another until it is 0."""
    if question.gradient is None:
        return Comparison()
    found: list[Value] = []
    try:
        with budget(WORK), quiet():
            answer = _read(question, side, place)
            difference = subtract(answer, question.gradient.value)
            for each in question.vocabulary.unfolded(difference):
                found.append(each)
                if each == ZERO:
                    return Comparison(found, True)
    except (BudgetError, NoFormula, RecursionError, TinygradLiteError, ValueError, TypeError, IndexError):
        return Comparison(found)
    numbered = _with_numbers(question, found[-1], question.chain.sizes_put)  # as the derivation itself writes them
    return Comparison(found, any(is_zero(each) for each in (found[0], found[-1], numbered)))


def _with_numbers(question: Question, value: Value, axes: Iterable[str]) -> Value:
    """The value with the sizes of some axes put in."""
    for axis in axes:
        value = put_in(value, size_symbol(axis).name, const(question.chain.stations.axes.sizes[axis]), ())
    return value


def _read(question: Question, side: Side, place: Placing) -> Value:
    """The answer in normal form, at the indices of the gradient; axes have lengths that no number is by luck."""
    names = question.vocabulary.names
    axes = sorted({a for name in side.names for a in names[name].lettered} | set(question.axes))
    lengths = dict(zip(axes, long_axes(len(axes)), strict=False))
    numbers = numbers_of([side], _probe(question, side, place, lengths))
    lengths = dict(zip(axes, long_axes(len(axes), numbers), strict=False))
    point = _probe(question, side, place, lengths)
    result, _ = side.value(point)
    given = [
        (tensor, n, axis)
        for name, tensor in point.items()
        for n, axis in enumerate(place.axes(names[name]))
        if axis is not None
    ]
    found = Axes(graph(*point.values(), *([result] if isinstance(result, Tensor) else [])), given)
    symbols = {key_of(tensor): names[name].symbol for name, tensor in point.items() if not names[name].bracket}
    reader = Reader(found, symbols, unnamed(found))
    if not isinstance(result, Tensor):
        return reader.number(result)
    value = reader.form(result)
    strange = value.names - {known.symbol.name for known in names.values()} - {size_symbol(a).name for a in lengths}
    if strange:
        raise NoFormula(", ".join(sorted(strange)))
    assert question.gradient is not None
    return rename(value, _at_gradient(question, place, found.formal(result)))


def _at_gradient(question: Question, place: Placing, formal: Sequence[Index | None]) -> dict[Index, Index]:
    """The indices of the gradient for those of a result; NoFormula where these run over other axes."""
    change = {}
    wanted = question.formal if place.letters is None else place.targets
    for own, target in zip(formal, wanted, strict=True) if not place.constant else ():
        if (own and own.axis) != (target and target.axis):
            raise NoFormula("another axis of the same length")
        if own is not None and target is not None:
            change[own] = target
    return change


def _probe(question: Question, side: Side, place: Placing, lengths: Mapping[str, int]) -> dict[str, Tensor]:
    rng = np.random.default_rng(0)
    point = {}
    for name in side.names:
        known = question.vocabulary.names[name]
        data: Any
        if known.bracket:
            data = known.brackets(lengths[known.lettered[0]])
        elif known.symbol.has("size"):
            sizes = question.chain.stations.axes.sizes
            data = np.asarray(float(lengths.get(known.symbol.axis, sizes[known.symbol.axis])))
        else:
            data = rng.uniform(0.1, 0.9, size=tuple(1 if a is None else lengths[a] for a in place.axes(known)))
        point[name] = Tensor(data, requires_grad=True, name=name)
    return point


def _by_luck(question: Question, forms: Comparison) -> str:
    """What is wrong with an answer that is right for the sizes of this graph only: a number stands for m."""
    sizes = question.chain.stations.axes.sizes
    used = [axis for axis in sizes if size_symbol(axis).name in forms.last.names]
    try:
        with budget(WORK):
            if not used or not is_zero(_with_numbers(question, forms.last, used)):
                return ""
    except BudgetError:
        return ""
    assert question.gradient is not None
    meant = [a for a in used if size_symbol(a).name in question.gradient.value.names]
    written = ", ".join(f"{a} = {sizes[a]}" for a in used)
    how = f"write {' and '.join(meant)}" if meant else "the cost has a number there, and no size of an axis"
    return f"right for {written} only: {how}"


# --- points ------------------------------------------------------------------------------------------


def _points(question: Question) -> Iterator[tuple[Facts, Any]]:
    """The graph at random points, with the engine's gradient there, where that is finite."""
    for facts in replays(question.chain.stations):
        gradient = facts.cotangent(question.target).reshape(question.shape)
        if np.all(np.isfinite(gradient)):
            yield question.vocabulary.prepare(facts), gradient


def _compared(question: Question, side: Side, place: Placing, slack: float) -> tuple[Difference | None, int]:
    """A point where the answer is not the engine's gradient, and at how many points both have a number."""
    compared = 0
    alone: Difference | None = None
    for facts, gradient in question.points(_points):
        point = {name: question.vocabulary.numbers(name, facts, place.squeezed) for name in side.names}
        with quiet():
            one = place.put(_value(side, point))
            floor = _floor(question, facts, gradient)
            excess = np.abs(one - gradient) / (
                slack * coarse_slack(one, gradient) + (LEAST if floor is None else floor)
            )
        fine = np.isfinite(one)
        if not fine.all():
            alone = alone or difference_at(point, ~fine, one, gradient)
            continue
        compared += floor is not None
        if excess.size and excess.max() > 1:
            return difference_at(point, excess, one, gradient), compared
        if compared == POINTS:
            break
    return None if compared else alone, compared


def _floor(question: Question, facts: Facts, gradient: Any) -> float | None:
    """What is rounding at a point beside the slack of each number; None where the gradient itself may be that."""
    if question.gradient is not None and question.gradient.value == ZERO:
        return LEAST
    largest = float(np.max(np.abs(gradient), initial=0.0))
    above = [np.abs(facts.cotangent(node)) for node in facts.stations.stations.values()]
    scale = max(float(np.max(x[np.isfinite(x)], initial=0.0)) for x in above)
    return None if largest <= NOISE * scale else min(LEAST, 1e-6 * largest)


def _value(side: Side, point: Mapping[str, Any]) -> Any:
    """The numbers of an answer."""
    try:
        return np.asarray(data_of(side.value(point)[0]), dtype=float)
    except FormulaError:
        raise
    except (TinygradLiteError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise Misfit(str(error)) from None


def _by_form(question: Question, side: Side, forms: Comparison) -> Difference | None:
    """A point where a difference that is no rounding error is left, as of x + 1e-12 from x."""
    value = forms.last
    if question.vocabulary.computed(value) or question.gradient is None:
        return None
    for facts, gradient in question.points(_points):
        order = question.order
        with np.errstate(all="ignore"):
            apart = number(value, facts.setting(value), order)
            exact = gradient.reshape([facts.stations.axes.sizes[i.axis] for i in order])
            slack = np.maximum(SAFETY * np.finfo(float).eps * apart.bound(), ROUNDED * np.abs(exact))
            error = np.broadcast_to(np.abs(apart.value()) / slack, exact.shape)
        if np.isfinite(error).all() and error.max() > 1:
            excess = error.reshape(question.shape)
            one = gradient + np.broadcast_to(apart.value(), error.shape).reshape(gradient.shape)
            point = {name: question.vocabulary.numbers(name, facts) for name in side.names}
            return difference_at(point, excess, one, gradient)
    return None
