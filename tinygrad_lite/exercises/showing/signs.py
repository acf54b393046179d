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
    "right": "#00704F", "follows": "#00704F", "wrong": "#B03A00", "shape": "#B03A00", "error": "#B03A00", "missing": "#5F5F5F",
}  # fmt: skip
"""The colours on a page: those of the pictures, for every kind of colour vision."""


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
