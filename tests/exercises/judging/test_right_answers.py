"""Right answers are accepted: every line that derive writes, in every notation, and 40 forms of each in two precisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.exercises.judging.kinds import KINDS
from tests.helpers.slow import slow
from tinygrad_lite.derivations.step import Step
from tinygrad_lite.exercises import PATH, Exercise
from tinygrad_lite.exercises.answers.vocabulary import Vocabulary
from tinygrad_lite.exercises.judging.comparing import equal, slack

EVERY = {e.id: e for e in (*PATH, *KINDS.values())}

FORMS = (
    "({f})*1", "2*({f})/2", "({f})/3*3", "({f}) + 0.5 - 0.5", "-(-({f}))", "0.1*({f}) + 0.9*({f})", "({f})*7 - 6*({f})",
    "({f})*(np.sin(1)**2 + np.cos(1)**2)", "3*({f}) - ({f}) - ({f})", "({f})*1e6/1e6", "({f})*1e-6*1e6",
    "({f})*np.exp(1)/np.exp(1)", "({f})*np.sqrt(2)**2/2", "({f})*np.log(np.exp(1.5))/1.5",
    "np.tanh(np.arctanh(({f})/(1 + np.abs({f})))) * (1 + np.abs({f}))", "np.cbrt(({f})**3)", "np.exp(({f})/9)**0 * ({f})",
    "np.arcsinh(np.sinh(({f})/9))*9", "(({f}) + 1)**2/2 - (({f})**2 + 1)/2", "((({f}) + 2)**2 - (({f}) - 2)**2)/8",
)  # fmt: skip
"""Ways to write f; with both signs in front of each there are 40."""


def lines(exercise: Exercise) -> Iterator[tuple[str, Step]]:
    """The lines that say a gradient that is asked for: not those that only name it, as δ = ∂C/∂z does."""
    for line in exercise.derivation.steps:
        step = line.between[-1]
        if (step in exercise.steps and line.rule != "name") or line.reason.startswith("with "):
            yield step, line


@pytest.mark.parametrize("id", [*list(EVERY)[::4], *slow(*(id for n, id in enumerate(EVERY) if n % 4))])
def test_every_line_of_the_derivation_is_accepted_as_its_answer(id: str) -> None:
    exercise = EVERY[id]
    found = list(lines(exercise))
    assert found
    for step, line in found:
        for text in (str(line), line.right, line.latex(), line.numpy()):
            said = exercise.check(**{f"d{step}": text})[step]
            assert said.outcome == "right", f"{text}: {said}"


class _Names(dict[str, Any]):
    """The values of a point, in a precision."""

    def __init__(self, names: Vocabulary, precision: Any) -> None:
        super().__init__(np=np)
        self.names, self.precision = names, precision

    def __missing__(self, name: str) -> Any:
        value = self.names[name]
        return value if isinstance(value, int) else np.asarray(value).astype(self.precision)


@pytest.mark.parametrize("precision", [np.float64, np.float32])
@pytest.mark.parametrize("id", ["slow-learning", "tied-weights", "two-layers", "deep-net", "normalised", "attention"])
def test_forty_right_forms_of_a_step_are_equal_to_it(id: str, precision: Any) -> None:
    exercise = EVERY[id]
    last = {step: line.numpy() for step, line in lines(exercise)}
    point = exercise.point(0)
    for step, code in last.items():
        names = _Names(Vocabulary(exercise, step, point, {}), precision)
        for form in FORMS:
            for sign in (1, -1):
                text = form.format(f=code if sign == 1 else f"-({code})")
                value = np.asarray(eval(text, {}, names)).astype(precision)
                truth, scale = point.truth[step], point.scale[step]
                assert equal(np.broadcast_to(sign * value, truth.shape), truth, scale), f"{step}: {text}"


@pytest.mark.parametrize("id", EVERY)
def test_a_slip_of_a_millionth_in_one_element_is_refused(id: str) -> None:
    for point in [*EVERY[id].points, *EVERY[id].unseen]:
        for step, truth in point.truth.items():
            for place in np.ndindex(truth.shape):
                value = truth.copy()
                value[place] += 1e-6 * (truth[place] or np.max(np.abs(truth)) or point.scale[step].max() or 1)
                assert not equal(value, truth, point.scale[step]), (step, place)


def test_a_gradient_that_is_zero_is_met_but_for_rounding_only() -> None:
    truth, scale = np.zeros(3), np.array([1.0, 2.0, 3.0])
    assert equal(np.array([0.1 + 0.2 - 0.3, 0, 0]), truth, scale)
    assert not equal(np.array([1e-9, 0, 0]), truth, scale)


def test_numbers_of_another_shape_are_not_equal_even_where_numpy_would_repeat_them() -> None:
    assert not equal(np.ones(1), np.ones(3), np.ones(3))
    assert not equal(np.array(1.0), np.ones(3), np.ones(3))


def test_float32_has_a_slack_of_its_own_and_still_sees_a_slip_of_a_hundredth() -> None:
    truth = np.array([1.0, -0.5])
    value = (truth * [1, 1.00001]).astype(np.float32)
    assert equal(value, truth, np.abs(truth))
    assert not equal(value.astype(float), truth, np.abs(truth))
    assert not equal((truth * [1, 1.01]).astype(np.float32), truth, np.abs(truth))
    assert np.all(slack(truth, np.abs(truth), single=True) > slack(truth, np.abs(truth)))


@pytest.mark.parametrize(
    ("id", "step", "text"),
    [
        ("softmax", "dz", "a_i (δ_ij − a_j)"),
        ("softmax", "dz", r"\delta_{ij} a_i - a_i a_j"),
        ("softmax-batch", "dz", "-(1/m) sum_j y_ij (δ_jk − a_ik)"),
        ("slow-learning", "db", r"\frac{1}{m} \sum_{i=1}^{m} (a_i - y_i) \sigma^\prime(z_i)"),
        ("slow-learning", "db", "(1/m) Σ_{k=1}^m (a_k − y_k) σ^{′}(z_k)"),
    ],
)
def test_kroneckers_delta_the_limits_of_a_sum_and_raised_primes_are_read_as_on_paper(
    id: str, step: str, text: str
) -> None:
    verdict = tg.exercises.load(id).check(**{step: text})
    assert [s.outcome for s in verdict.steps if s.outcome != "missing"] == ["right"]


def test_delta_with_two_letters_is_a_gradient_where_that_has_two_axes() -> None:
    batch = tg.exercises.load("softmax-batch").check(dz="(a − y)/m", dW="Σ_i x_ij δ_ik")
    assert [step.outcome for step in batch.steps] == ["right", "right", "missing"]


@pytest.mark.parametrize("text", ["Σ_{i=1}^n dz_i", "Σ_{i=0}^m dz_i", "Σ_{i=1}^2 dz_i", "Σ_i^m dz_i"])
def test_a_sum_that_does_not_run_over_its_whole_axis_is_refused(text: str) -> None:
    verdict = tg.exercises.load("slow-learning").check(dz="(a − y) σ′(z)/m", db=text)
    assert verdict.steps[2].outcome == "error"
