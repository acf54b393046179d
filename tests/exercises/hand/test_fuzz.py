"""Nothing is accepted that is not the gradient, and no slip is named that was not made."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite.functions as tg
from tests.exercises.hand.costs import MADE, exercise
from tests.exercises.hand.fresh_costs import FRESH
from tests.exercises.hand.fuzzing import judged, noisy, perturbed, truths, values_of
from tests.exercises.hand.wrong_answers import judged as said_of
from tests.exercises.hand.wrong_answers import rated, wrong_answers
from tests.helpers.slow import slow
from tinygrad_lite.exercises import PATH, Exercise

IDS = [*MADE, *FRESH, *(e.id for e in PATH)]
COUNTS = [(1, 24), *(pytest.param(seed, 125, marks=pytest.mark.slow) for seed in (2, 3))]


def some_step(rng: np.random.Generator) -> tuple[Exercise, str]:
    own = exercise(str(rng.choice(IDS)))
    return own, str(rng.choice(own.steps))


@pytest.mark.parametrize(("seed", "count"), COUNTS)
def test_a_gradient_that_is_changed_at_random_is_refused_and_not_named(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        own, step = some_step(rng)
        way, values = perturbed(rng, own, step)
        said = judged(own, step, values)
        assert not said.accepted, (own.id, step, way)
        assert said.slip is None, (own.id, step, way, said.slip)


@pytest.mark.parametrize(("seed", "count"), COUNTS)
def test_a_slip_with_noise_on_it_is_not_named(seed: int, count: int) -> None:
    rng = np.random.default_rng([seed, 1])
    wrongs = [w for w in wrong_answers() if w.nameable and w.exercise in IDS]
    for place in rng.integers(len(wrongs), size=count):
        wrong = wrongs[place]
        own = exercise(wrong.exercise)
        exact = values_of(wrong, own)
        if max((np.abs(v).max(initial=0.0) for v in exact), default=0.0) < 1e-12:
            continue  # 0 with noise on it is still 0, and what is not read has no numbers
        by = 10.0 ** rng.uniform(-5, -1)
        said = judged(own, wrong.step, [noisy(rng, v, by) for v in exact])
        assert not said.accepted, wrong
        assert said.slip is None, (str(wrong), by, said.slip)


@pytest.mark.parametrize(("seed", "count"), [COUNTS[0], pytest.param(2, 100, marks=pytest.mark.slow)])
def test_a_slip_that_is_none_at_the_unseen_points_is_not_named(seed: int, count: int) -> None:
    rng = np.random.default_rng([seed, 2])
    wrongs = [w for w in wrong_answers() if w.nameable and w.exercise in IDS]
    for place in rng.integers(len(wrongs), size=count):
        wrong = wrongs[place]
        own = exercise(wrong.exercise)
        values = [np.asarray(v) for v in values_of(wrong, own)]
        if not values:
            continue
        unseen = 4 + int(rng.integers(2))
        values[unseen] = values[unseen] * 1.01 + 1e-3
        said = judged(own, wrong.step, values)
        assert said.slip is None, (str(wrong), said.slip)


@pytest.mark.parametrize("id", ["h-neuron", "h-outputs", *slow(*IDS[5::8])])
def test_a_millionth_in_one_element_is_refused_and_rounding_is_not(id: str) -> None:
    own = exercise(id)
    for step in own.steps:
        right = truths(own, step)
        assert judged(own, step, [t * (1 + 4e-15) for t in right]).outcome == "right"
        for number in range(4):
            for place in list(np.ndindex(*right[number].shape))[:: max(1, right[number].size // 3)]:
                changed = [np.array(t) for t in right]
                if changed[number][place] == 0:
                    continue
                changed[number][place] *= 1 + 1e-6
                assert not judged(own, step, changed).accepted, (step, number, place)


def dead(z, w, y):  # type: ignore[no-untyped-def]
    u = w * z
    a = tg.softmax(u)
    return np.sum(a) + np.sum((w - y) ** 2)


def test_a_gradient_that_is_exactly_zero_is_judged() -> None:
    own = Exercise(dead, "u w", shapes={"z": "n", "w": "n", "y": "n"}, id="dead")
    assert own.check(du="0 * u")["u"].outcome == "right"
    assert own.check(du=lambda u: np.zeros(u.shape))["u"].outcome == "right"
    assert own.check(du=lambda a: a * (1 - a.sum()))["u"].outcome == "right"
    assert not own.check(du=lambda u: 1e-6 * u)["u"].accepted
    assert not own.check(du=lambda u: np.full(u.shape, 1e-8))["u"].accepted
    assert not own.check(du="a")["u"].accepted


def test_a_named_slip_in_these_tests_is_named_without_noise() -> None:
    wrong = next(w for w in wrong_answers() if w.exercise == "h-outputs" and w.kinds == ("sign",))
    assert rated(wrong, said_of(wrong)) == "named"
