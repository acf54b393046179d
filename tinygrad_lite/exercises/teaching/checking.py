"""Whether an exercise is fit to be handed out: solvable, not solved by its stub, readable, with slips to be told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.derivations import derive
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.making.quiet import quiet
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.sandbox.files import read
from tinygrad_lite.exercises.showing import hints
from tinygrad_lite.exercises.showing.stub import WIDTH, stub
from tinygrad_lite.exercises.slips.diagnosis import TOLERANCE, agreeing
from tinygrad_lite.exercises.slips.hypotheses import Hypothesis, singles
from tinygrad_lite.exercises.slips.messages import one
from tinygrad_lite.exercises.slips.route import Route
from tinygrad_lite.notation.formula import unicode

CHECK_SECONDS = 1.0
"""How much time of the processor a check of all steps may take."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is as it should be, and what was seen."""

    right: bool
    what: str
    seen: str

    def __str__(self) -> str:
        return f"{'ok ' if self.right else 'NOT'} {self.what}: {self.seen}"


def findings(exercise: Exercise) -> Iterator[Finding]:
    """What a teacher wants to know of an exercise before it is handed out, one after another."""
    try:
        points = [*exercise.points, *exercise.unseen]
    except TinygradLiteError as error:
        yield Finding(False, "points", str(error))
        return
    sizes = "; ".join(" ".join(f"{axis}={n}" for axis, n in point.sizes.items()) for point in points)
    yield Finding(True, "points", f"{len(points)}, with {sizes}" if points[0].sizes else f"{len(points)}")
    try:
        text, empty = exercise.statement(), stub(exercise)
    except TinygradLiteError as error:
        yield Finding(False, "statement", str(error))
        return
    longest = max(map(len, text.splitlines()))
    yield Finding(longest <= WIDTH + 1, "statement", f"{len(text.splitlines())} lines, the longest {longest} wide")
    yield from _sizes(exercise)
    yield from _stub(exercise, empty)
    for step in exercise.steps:
        yield _hints(exercise, step)
    for step in exercise.steps:
        yield _slips(exercise, step)
    yield from _solution(exercise)


def solution_of(exercise: Exercise) -> dict[str, str]:
    """The engine's own answer for each step, by the left side under which it is answered."""
    found = {}
    for step in exercise.steps:
        if own := hints.lines(exercise, step):
            letters = "".join(own[-1].indices)
            found[f"d{step}_{letters}" if letters else f"d{step}"] = own[-1].right
    return found


def _sizes(exercise: Exercise) -> Iterator[Finding]:
    """A number that depends on sizes, such as √h, is written as a number, which is wrong at other sizes."""
    other = exercise.point(1)
    elsewhere = derive(other.result, wrt=[other.nodes[step] for step in exercise.steps]).given()
    for (left, right), (_, again) in zip(exercise.derivation.given(), elsewhere, strict=True):
        if unicode(right) != unicode(again):
            advice = "Make the number a parameter, or fix the length of the axis: 'n 4'."
            seen = f"{unicode(left)} is {unicode(right)} at one point and {unicode(again)} at another. {advice}"
            yield Finding(False, "numbers", seen)


def _stub(exercise: Exercise, empty: str) -> Iterator[Finding]:
    """The file that is handed out must answer nothing."""
    try:
        outcomes = {step.outcome for step in exercise.check(**read(empty, exercise)).steps}
    except TinygradLiteError as error:
        yield Finding(False, "stub", str(error))
    else:
        yield Finding(outcomes == {"missing"}, "stub", f"answers nothing: {', '.join(sorted(outcomes))}")


def _hints(exercise: Exercise, step: str) -> Finding:
    try:
        found = [exercise.hint(step, level) for level in (1, 2, 3)]
    except (TinygradLiteError, LookupError) as error:
        return Finding(False, f"d{step} hints", f"there is no line of the derivation: {error}")
    return Finding(all(found), f"d{step} hints", found[2])


def _slips(exercise: Exercise, step: str) -> Finding:
    said = messages_of(exercise, step)
    several = sum("or" in message.parameters for message in said)
    return Finding(bool(said), f"d{step} slips", f"{len(said)} can be told, {several} of them with two readings")


def messages_of(exercise: Exercise, step: str) -> list[Message]:
    """What a learner can be told of a step: a message for each class of slips that give the same numbers.

    >>> from tinygrad_lite.exercises import load
    >>> "sign" in [message.key for message in messages_of(load("one-neuron"), "w")]
    True
    """
    route = Route(exercise.point(0), step, {})
    classes: list[tuple[Any, list[Hypothesis]]] = [(np.asarray(route.shaped(route.right)), [])]
    with quiet():  # a slip may divide by 0: it is no hypothesis there
        found = [(hypothesis, answer) for hypothesis, answer in singles(route) if np.isfinite(answer).all()]
    for hypothesis, answer in found:
        for one_of, alike in classes:
            if answer.shape == one_of.shape and agreeing(answer, one_of[None], TOLERANCE)[0]:
                alike.append(hypothesis)
                break
        else:
            classes.append((answer, [hypothesis]))
    said = [one(alike, route) for _, alike in classes[1:]]  # the first class is what is right
    return list({message.text: message for message in said if message is not None}.values())


def _solution(exercise: Exercise) -> Iterator[Finding]:
    """The engine's own answers must be right, each for itself, and within the time."""
    answers = solution_of(exercise)
    began = time.process_time()
    try:
        verdict = exercise.check(**answers)
    except TinygradLiteError as error:
        yield Finding(False, "solution", str(error))
        return
    took = time.process_time() - began
    for step in verdict.steps:
        said = " ".join(str(note) for note in step.notes) if not step.accepted else ""
        yield Finding(step.outcome == "right", f"d{step.step} solution", f"{step.outcome} {said}".strip())
    yield Finding(took <= CHECK_SECONDS, "time", f"{1000 * took:.0f} ms of the processor for a check of all steps")
