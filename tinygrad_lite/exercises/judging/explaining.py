"""Why a right answer is right, and how the derivation writes it; worked out when somebody reads it, as it takes a derivation."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.exercises.answers.kinds import Computed, Formula
from tinygrad_lite.exercises.answers.vocabulary import Vocabulary
from tinygrad_lite.exercises.judging.forms import same_form
from tinygrad_lite.exercises.judging.saturated import Flat
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.graphs import read
from tinygrad_lite.typed.spelling import canonical

LONGEST = 70
"""The derivation's form is said in NumPy up to so many characters; the formula of longer code is read more easily."""


class Notes(Sequence[Message]):
    """Messages of which some are made when they are read."""

    def __init__(self, made: Sequence[Message], more: Callable[[], Sequence[Message]]) -> None:
        self._made = made
        self._more = more

    @cached_property
    def _all(self) -> tuple[Message, ...]:
        return (*self._made, *self._more())

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Message]: ...
    def __getitem__(self, place: Any) -> Any:
        return self._all[place]

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._all)

    def __repr__(self) -> str:
        return repr(self._all)


def explained(
    exercise: Definition, step: str, answer: Any, unsolved: Collection[str] | None, flat: Flat
) -> list[Message]:
    """Why a right step is right, and the derivation's form where the answer has another.

    unsolved: steps so far whose form must not be given away; None: the derivation's form is not told at all.
    """
    lines = [line for line in exercise.derivation.steps if line.between[-1] == step]
    if not lines:
        return []
    reasons = list(dict.fromkeys(line.reason for line in lines if line.rule != "name"))
    last = lines[-1]
    found = [Message("why", {"step": step}, "; ".join(reasons or [last.reason]))]
    found += flat.remarks(step, answer, last.right)
    names = Vocabulary(exercise, step, exercise.point(0), {})
    if unsolved is None:
        return found
    if unsolved:
        kept = [n for n in lines if n.rule != "name" and not _gives_away(n.right, names, step, unsolved)]
        if not kept:
            return found
        last = kept[-1]
    code = re.sub(r"[^\W\d]\w*", lambda word: _left(word[0], names), last.numpy())
    if not _as_derived(answer, (last.right, code), names):
        formula = isinstance(answer, Formula) or len(code) > LONGEST
        said = f"the derivation writes {last}" if formula else f"in the form of the derivation: {code}"
        found.append(Message("derivation", {"step": step, "form": last.right, "numpy": code}, said))
    return found


def _gives_away(form: str, names: Vocabulary, step: str, unsolved: Collection[str]) -> bool:
    """Whether a form has worked out the gradient of a step that is not solved: those that it names, it has not."""
    point = names.point
    try:
        tree = read(form, names.values, names.functions).tree
    except FormulaError:
        return True
    called = {node: name for name, node in point.nodes.items()}
    named = {names.step_of(node.text) for node in t.variables(tree)} - {None}
    seen, waiting = set(), [point.nodes[step]]
    while waiting:
        for edge in point.backward.above.get(waiting.pop(), ()):
            name = called.get(edge.above)
            if name in unsolved and name not in named:
                return True
            if name not in named and edge.above not in seen:
                seen.add(edge.above)
                waiting.append(edge.above)
    return False


def _left(word: str, names: Vocabulary) -> str:
    """A word of NumPy code; what means a gradient, such as delta2, as an answer names it: dz2."""
    step = names.step_of(canonical(word))
    return word if step is None else f"d{step}"


def _as_derived(answer: Any, forms: Iterable[str], names: Vocabulary) -> bool:
    """Whether an answer has one of the forms; of code, the expression is compared where that is known."""
    written = answer.text if isinstance(answer, Formula | Computed) else ""
    for text in forms if written else ():
        try:
            if same_form(written, text, names):
                return True
        except (FormulaError, TinygradLiteError):
            continue
    return False
