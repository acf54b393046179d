"""Right answers in every form are accepted, in both precisions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exercises.hand.costs import exercise
from tests.exercises.hand.right import CHAINS, in_single, right_forms
from tests.exercises.hand.wrong_answers import code
from tests.helpers.slow import slow

STEPS = [
    ("h-neuron", "dz"), ("h-neuron", "dw"), ("h-crossed", "da"), ("h-crossed", "dz"), ("h-tanh", "dz"), ("h-outputs", "dW"),
    ("h-batch", "dW"), ("h-likely", "dW"), ("h-outputs", "db"), ("h-two", "dz1"), ("h-attention", "ds"), ("h-two", "dW1_jk"),
]  # fmt: skip

SOME = [*list(CHAINS)[::5], *slow(*(id for n, id in enumerate(CHAINS) if n % 5))]


def outcome(id: str, left: str, answer: Any) -> str:
    return exercise(id).check(**{left: answer})[left[1:].partition("_")[0]].outcome


@pytest.mark.parametrize("id", SOME)
def test_work_from_the_top_down_is_right_at_every_step(id: str) -> None:
    verdict = exercise(id).check(**{left: code(text) for left, text in CHAINS[id].items()})
    assert [(s.step, s.outcome, s.notes) for s in verdict.steps if s.outcome != "right"] == []
    assert verdict.right


@pytest.mark.parametrize("id", SOME)
def test_a_step_is_right_without_those_above(id: str) -> None:
    wrong = [left for left, text in CHAINS[id].items() if outcome(id, left, code(text)) != "right"]
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize(("id", "left"), STEPS)
def test_forty_forms_of_a_step_are_right(id: str, left: str) -> None:
    texts = right_forms(id, left)
    assert len(texts) >= 40
    assert [text for text in texts if outcome(id, left, code(text)) != "right"] == []


@pytest.mark.slow
@pytest.mark.parametrize(("id", "left"), STEPS[5:11])
def test_functions_that_compute_in_float32_are_right(id: str, left: str) -> None:
    texts = [text for text in right_forms(id, left) if text.startswith("lambda")]
    assert [text for text in texts if outcome(id, left, in_single(text)) != "right"] == []
