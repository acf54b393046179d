"""A sentence for a learner, with what a program needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """A sentence for a learner: its key and parameters for programs, its text for people.

    See also: tg.exercises.StepVerdict.

    >>> import tinygrad_lite as tg
    >>> print(tg.exercises.Message("greeting", {"name": "Ada"}, "Hello, Ada."))
    Hello, Ada.
    """

    key: str
    parameters: Mapping[str, str]
    text: str

    def __str__(self) -> str:
        return self.text
