"""One slip, and the rest computed from it: the slip is found where it was made, and the rest is right, given that."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from tests.exercises.hand.costs import exercise
from tests.exercises.hand.right import CHAINS
from tests.exercises.hand.wrong_answers import Wrong, code, rated, wrong_answers
from tests.helpers.slow import slow


def one_slip() -> Iterator[Wrong]:
    """Wrong answers of the right shape for steps that others follow."""
    for wrong in wrong_answers():
        texts = list(CHAINS.get(wrong.exercise, {}).items())
        below = [text for left, text in texts if re.search(rf"\bd{wrong.step}(_|\b)", text)]
        if below and wrong.nameable and not set(wrong.kinds) & {"transposed", "not summed", "every axis"}:
            yield wrong


CASES = list(one_slip())
STRIDE = 24


def followed(wrong: Wrong) -> None:
    own = exercise(wrong.exercise)
    chain = dict(CHAINS[wrong.exercise])
    alone = own.check(**{wrong.left: wrong.answer})[wrong.step]
    if alone.outcome != "wrong":
        return
    left = next(name for name in chain if name[1:].partition("_")[0] == wrong.step)
    answers = {
        (wrong.left if name == left else name): (wrong.answer if name == left else code(text))
        for name, text in chain.items()
    }
    verdict = own.check(**answers)
    above = own.steps[: own.steps.index(wrong.step)]
    assert [verdict[s].outcome for s in above] == ["right"] * len(above), wrong
    assert verdict.first_wrong is not None
    assert verdict.first_wrong.step == wrong.step
    assert verdict[wrong.step].outcome == "wrong"
    assert (rated(wrong, verdict[wrong.step]) == "named") == (rated(wrong, alone) == "named"), wrong
    touched = {wrong.step}
    for name, text in chain.items():
        step = name[1:].partition("_")[0]
        if step in above or step == wrong.step:
            continue
        uses = {s for s in own.steps if re.search(rf"\bd{s}(_|\b)", text)}
        said = verdict[step]
        assert said.accepted, (str(wrong), step, said)
        if uses & touched:
            touched.add(step)
        if said.outcome == "follows":
            assert uses & touched, (str(wrong), step)
            assert said.given, (str(wrong), step)
            assert set(said.given) <= touched & set(own.steps[: own.steps.index(step)]), (str(wrong), step, said.given)
        else:
            assert said.given == ()


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize("first", [0, *slow(*range(2, STRIDE, 2))])
def test_the_slip_is_found_and_the_rest_follows(first: int) -> None:
    for wrong in CASES[first::STRIDE]:
        followed(wrong)


def test_a_second_slip_is_found_below_the_first() -> None:
    own = exercise("two-layers")
    verdict = own.check(
        da2="(a2 - y)/(a2 * (1 - a2))", dz2="da2 * a2 * (1 - a2)", dW2="a1.T @ dz2", da1="dz2 @ W2.T", dz1="da1 * (1 - a1²)",
    )  # fmt: skip
    outcomes = [verdict[s].outcome for s in ("a2", "z2", "W2", "a1", "z1")]
    assert outcomes == ["wrong", "follows", "follows", "follows", "wrong"]
    assert verdict["z1"].slip is not None


def test_a_right_step_below_a_wrong_one_is_right() -> None:
    verdict = exercise("two-layers").check(dz2="a2 - y", dW2="a1.T @ (a2 - y) / m", db2=lambda dz2: np.sum(dz2, axis=0))
    assert [verdict[s].outcome for s in ("z2", "W2", "b2")] == ["wrong", "right", "follows"]
    assert (verdict["W2"].given, verdict["b2"].given) == ((), ("z2",))


def test_a_step_follows_from_a_gradient_that_is_0_at_some_points() -> None:
    verdict = exercise("relu-neuron").check(dz="[z > 0]", dw_j="dz x_j", db="dz")
    assert [verdict[s].outcome for s in "zwb"] == ["wrong", "follows", "follows"]
