"""What is said of slips, as a student reads it: every clause is true of the answer, and has words."""

from __future__ import annotations

import numpy as np
import pytest

from tinygrad_lite.exercises import load
from tinygrad_lite.exercises.judging.describing import unknown
from tinygrad_lite.exercises.judging.judge import judged


def said(id: str, left: str, text: str) -> str:
    verdict = judged(load(id), {left: text})[left[1:].partition("_")[0]]
    return verdict.slip.text if verdict.slip else verdict.notes[0].text


@pytest.mark.parametrize(
    ("id", "left", "text"), [("curvature", "dw", "x² (a-y)"), ("curvature", "dw", "x² a (1-a) (a-y)")]
)
def test_a_slip_at_a_value_inside_of_a_stable_function_is_not_told(id: str, left: str, text: str) -> None:
    assert said(id, left, text).startswith("not a slip that I know")


SAID = {
    ("stable-sigmoid", "dz", "σ(z) - y"): "The factor 1/m is missing.",
    ("stable-softmax", "ds", "-1"): "The factor y is missing — or the value y is taken as 1.",
    ("curvature", "dw", "x (a-y)"): "This is the value that is to be differentiated; it stands as it is.",
    ("sigmoid", "dz", "-e^{-z}/(1+e^{-z})^2"): "The sign is wrong — or the inner derivative −1 of −z is missing.",
    ("tanh-and-sigmoid", "dz", "1 - t²"): "The factors 1/2 and 1/2 are missing.",
    ("broadcasting", "dz", "(z-y)/(m x)"): "It is divided by x, which is too much.",
    (
        "softmax",
        "dz_ij",
        "δ_ij a_i",
    ): "In the derivative of e^z/(Σ e^z) only the term of j = k with the factor a is there; "
    "the sum over the others is missing.",
    ("one-neuron", "dw", "dz w"): "The value w stands in the place of x: differentiating their product by w leaves x.",
}


@pytest.mark.parametrize("answer", SAID, ids=" ".join)
def test_what_is_said(answer: tuple[str, str, str]) -> None:
    assert said(*answer) == SAID[answer]


def test_the_sign_and_size_of_an_unknown_slip_are_those_at_all_points() -> None:
    softmax = load("softmax")
    points = [*softmax.points, *softmax.unseen]
    diagonals = [np.diag(point.truth["z"]) for point in points]
    text = unknown("z", [np.tile(d, (len(d), 1)) for d in diagonals], points).text
    assert "at J = 2: 2 of 4 elements are wrong" in text  # off the diagonal, of the right size there, and nowhere else
    assert "the size is right" not in text
    assert "it is from 1 to " in text
