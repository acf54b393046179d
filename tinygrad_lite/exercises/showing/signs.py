"""A sign and a word for each outcome: what is said does not rest on colour."""

from __future__ import annotations

from collections.abc import Mapping

from tinygrad_lite.exercises.judging.verdict import Outcome, StepVerdict

SIGNS: Mapping[Outcome, str] = {
    "right": "✓", "follows": "↪", "wrong": "✗", "shape": "✗", "error": "!", "missing": "…",
}  # fmt: skip

TERMINAL: Mapping[Outcome, str] = {
    "right": "32", "follows": "32", "wrong": "31", "shape": "31", "error": "31", "missing": "2",
}  # fmt: skip
"""The ANSI code of each colour."""

CSS: Mapping[Outcome, str] = {
    "right": "#0b8a61", "follows": "#0b8a61", "wrong": "#d1541a", "shape": "#d1541a", "error": "#d1541a", "missing": "#7a7a7a",
}  # fmt: skip
"""The colours of the signs in a notebook, which are seen on a light and on a dark one, for every kind of colour vision."""


def outcome_of(step: StepVerdict) -> str:
    """The outcome in words.

    >>> outcome_of(StepVerdict("W2", "follows", given=("z2",)))
    'right, given your dz2'
    """
    if step.outcome == "follows":
        return f"right, given your {' and '.join(f'd{above}' for above in step.given)}"
    words = {
        "right": "right", "wrong": "wrong", "shape": "another shape", "error": "not computed", "missing": "not answered",
    }  # fmt: skip
    return words[step.outcome]
