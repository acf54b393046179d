"""The table as a whole: every slip that it makes is named, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

from tests.exercises.slips.asking import EXERCISES, asked, key
from tinygrad_lite.exercises import PATH
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.slips.diagnosis import Work, diagnosed
from tinygrad_lite.exercises.slips.hypotheses import Hypothesis, quiet, singles
from tinygrad_lite.exercises.slips.messages import one
from tinygrad_lite.exercises.slips.table import TABLE
from tinygrad_lite.exercises.slips.words import Unsaid

STEPS = [(exercise, step) for exercise in EXERCISES.values() for step in exercise.steps]


def made(exercise: Definition, step: str) -> Iterator[tuple[Hypothesis, list[Any]]]:
    """Each slip of a step with its answers at all points, if these are finite and wrong; of equal answers one."""
    work = Work(exercise, step, [], {})
    found = [dict(singles(work.route(n))) for n in range(len(work.points))]
    seen = set()
    for hypothesis in found[0]:
        answers = [at.get(hypothesis) for at in found]
        if all(a is not None and np.isfinite(a).all() for a in answers):
            key = tuple((a.shape, np.round(a, 9).tobytes()) for a in answers)
            if key not in seen and not Work(exercise, step, answers, {}).right():
                yield hypothesis, answers
            seen.add(key)


def test_every_kind_of_slip_has_a_key_and_is_made_somewhere() -> None:
    with quiet():
        found = {h.slip.key for exercise, step in STEPS for h, _ in singles(Work(exercise, step, [], {}).route(0))}
    assert {slip.key for slip in TABLE} == found


@pytest.mark.parametrize("name", ["neuron", "classes", "odd", "square", "jacobian"])
def test_every_slip_of_every_step_is_named_with_two_readings_at_most(name: str) -> None:
    exercise = EXERCISES[name]
    with quiet():
        for step in exercise.steps:
            for hypothesis, answers in made(exercise, step):
                message = diagnosed(exercise, step, answers, {})
                assert message is not None, (step, hypothesis.slip.key, hypothesis.variant)
                assert message.text.count(" — or ") <= 1


@pytest.mark.slow
@pytest.mark.parametrize("exercise", PATH, ids=lambda exercise: exercise.id)
def test_every_slip_on_the_path_is_named_unless_it_has_no_words(exercise: Definition) -> None:
    with quiet():
        for step in exercise.steps:
            for hypothesis, answers in islice(made(exercise, step), 0, None, 2):  # half of them: there are thousands
                if diagnosed(exercise, step, answers, {}) is None:
                    with pytest.raises(Unsaid):
                        hypothesis.said(Work(exercise, step, [], {}).route(0))


def test_a_message_is_made_of_the_slips_that_give_the_answers_at_all_points() -> None:
    exercise = EXERCISES["two layers"]
    points = [*exercise.points, *exercise.unseen]
    answers = [2 * point.truth["z2"] for point in points]
    work = Work(exercise, "z2", answers, {})
    with quiet():
        alike = [h for h, _ in singles(work.route(0)) if all(work.same(n, h.answer(work.route(n))) for n in range(6))]
    message = diagnosed(exercise, "z2", answers, {})
    assert message is not None
    assert message.text == one(alike, work.route(0)).text == "A factor 2 is too much."


# --- no false names ------------------------------------------------------------------------------------------------


def noise(truth: list[Any], kind: int, rng: np.random.Generator) -> list[Any]:
    c = rng.uniform(0.2, 3) * rng.choice([-1.0, 1.0])
    if kind == 0:
        return [t * c for t in truth]
    if kind == 1:
        return [t + c for t in truth]
    if kind == 2:
        return [t * (1 + 10.0 ** rng.integers(-5, 1) * rng.normal(size=t.shape)) for t in truth]
    return [rng.normal(size=t.shape) for t in truth]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_random_changes_of_the_truth_get_no_name(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for n in range(100 if seed else 40):
        exercise, step = STEPS[rng.integers(len(STEPS))]
        points = [*exercise.points, *exercise.unseen]
        truth = [point.truth[step] for point in points]
        above = exercise.steps[: exercise.steps.index(step)] if n % 2 else ()
        given = {s: [point.truth[s] for point in points] for s in above}
        assert diagnosed(exercise, step, noise(truth, n % 4, rng), given) is None, (n, exercise, step)


@pytest.mark.parametrize("number", range(6))
def test_a_slip_that_is_not_made_at_every_point_gets_no_name(number: int) -> None:
    exercise = EXERCISES["examples"]
    points = [*exercise.points, *exercise.unseen]
    answers = [-point.truth["w"] for point in points]
    answers[number] = answers[number] * 1.01
    assert diagnosed(exercise, "w", answers, {}) is None


def test_a_right_answer_has_no_slip() -> None:
    assert key("examples", "z", "(a - y)/m") == ""


def test_an_answer_that_is_not_finite_has_no_slip() -> None:
    assert key("examples", "z", "np.nan*a") == ""


def test_an_answer_of_zeros_gets_no_pair() -> None:
    assert "+" not in key("neuron", "a", "0*a")


def test_the_same_slip_in_float32_is_named() -> None:
    assert key("examples", "z", "((y - a)/m).astype(np.float32)") == "sign"


# --- what the work stands on ---------------------------------------------------------------------------------------


def test_a_step_that_stands_on_a_wrong_gradient_is_told_the_slip_below_it() -> None:
    exercise = EXERCISES["two layers"]
    points = [*exercise.points, *exercise.unseen]
    own = [3.7 * point.truth["z2"] + 0.1 for point in points]
    answers = [o.T @ point.values["a1"] for o, point in zip(own, points, strict=True)]
    message = diagnosed(exercise, "W2", answers, {"z2": own})
    assert message is not None
    assert message.key == "transposed"


def test_a_step_may_stand_on_a_gradient_that_is_not_the_next_above() -> None:
    exercise = EXERCISES["two layers"]
    points = [*exercise.points, *exercise.unseen]
    own = [3.7 * point.truth["a1"] for point in points]
    after = [o * p.values["a1"] * (1 - p.values["a1"]) for o, p in zip(own, points, strict=True)]
    answers = [point.values["x"].T @ o for o, point in zip(own, points, strict=True)]
    message = diagnosed(exercise, "W1", answers, {"a1": own, "z1": after})
    assert message is not None
    assert message.text == "The factor σ′(z⁽¹⁾) is missing."


def test_a_slip_above_a_right_gradient_is_found_if_none_below_it_explains_the_answer() -> None:
    message = asked("two layers", "W2", "a1.T @ ((a2 - y)*a2*(1 - a2))/m", given="a2 z2")
    assert message is not None
    assert message.key == "local derivative twice"


def test_a_slip_above_another_is_made_first() -> None:
    """Two slips in the wrong order would be carried down past each other."""
    assert asked("two layers", "z1", "0*z1") is None
