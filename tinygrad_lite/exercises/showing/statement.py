"""What is given and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tinygrad_lite.derivations import Derivation
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.notation.formula import unicode


class Derived(Protocol):
    """An exercise with its derivation."""

    id: str
    title: str
    text: str
    steps: tuple[str, ...]

    @property
    def points(self) -> Sequence[Point]:
        """The points at which answers are compared with the gradients."""

    @property
    def derivation(self) -> Derivation:
        """The derivation of its steps."""


def text(exercise: Derived) -> str:
    """The statement for a terminal."""
    given = [f"  {unicode(left)} = {unicode(right)}" for left, right in exercise.derivation.given()]
    asked = ", ".join(f"d{step}" for step in exercise.steps)
    return "\n".join([exercise.title, "", exercise.text, "", *given, "", f"Derive {asked}."])
