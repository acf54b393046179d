"""Why a right answer is right, and how the book writes it; worked out when somebody reads it, as it takes a derivation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.exercises.answers.kinds import Formula
from tinygrad_lite.exercises.answers.vocabulary import Vocabulary
from tinygrad_lite.exercises.judging.forms import same_form
from tinygrad_lite.exercises.judging.saturated import Flat
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.message import Message


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


def explained(exercise: Definition, step: str, answer: Any, book_too: bool, flat: Flat) -> list[Message]:
    """Why a right step is right, and, with book_too, the book's form where the answer has another."""
    lines = [line for line in exercise.derivation.steps if line.between[-1] == step]
    if not lines:
        return []
    reasons = list(dict.fromkeys(line.reason for line in lines if line.rule != "name"))
    last = lines[-1]
    found = [Message("why", {"step": step}, "; ".join(reasons or [last.reason]))]
    found += flat.remarks(step, answer, last.right)
    if not book_too:
        return found
    book = {"step": step, "form": last.right, "numpy": last.numpy()}
    if not isinstance(answer, Formula):
        found.append(Message("book", book, f"in the form of the book: {last.numpy()}"))
    elif not _as_in_the_book(answer, exercise, step, last):
        found.append(Message("book", book, f"the book writes {last}"))
    return found


def _as_in_the_book(answer: Formula, exercise: Definition, step: str, line: Any) -> bool:
    """Whether an answer has the form of a line, in its notation or in NumPy's."""
    names = Vocabulary(exercise, step, exercise.point(0), {})
    for text in (line.right, line.numpy()):
        try:
            if same_form(answer.text, text, names):
                return True
        except (FormulaError, TinygradLiteError):
            continue
    return False
