"""Wrong answers as people write them, and the slip that each must be told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exercises.slips.asking import asked, key
from tinygrad_lite.exercises import Exercise, load

SLIPS = [
    ("neuron", "a", "y - a", "sign"),
    ("neuron", "a", "2*(a - y)", "constant forgotten"),
    ("neuron", "a", "(a - y)/2", "exponent not in front"),
    ("neuron", "z", "a - y", "local derivative forgotten"),
    ("neuron", "z", "y - a", "local derivative forgotten + sign"),
    ("neuron", "z", "(a - y)*(1 - a**2)", "derivative of another function"),
    ("neuron", "z", "(a - y)*z*(1 - z)", "derivative taken elsewhere"),
    ("neuron", "z", "(a - y)*σ(a)*(1 - σ(a))", "derivative taken elsewhere"),
    ("neuron", "z", "(a - y)*(1 - a)", "only a part of the derivative"),
    ("neuron", "z", "a*(1 - a)", "upstream forgotten"),
    ("neuron", "w", "(a - y)*a*(1 - a)*w", "own factor"),
    ("layer", "z", "(a - y)*a*(1 - a)/m", "derivative of another function"),
    ("layer", "z", "(a - y)*(1 + a**2)/m", "sign inside the derivative"),
    ("classes", "z", "-y*(1 - a)/m", "softmax element by element"),
    ("classes", "z", "-y/a*np.exp(z)/m", "softmax as an exponential"),
    ("classes", "z", "-y/m", "softmax without the sum"),
    ("classes", "z", "a/m", "softmax only the sum"),
    ("classes", "z", "a - y/m", "1/m of a part"),
    ("examples", "z", "a - y/m", "1/m of a part"),
    ("classes", "a", "-1/a/m", "weight of a logarithm"),
    ("examples", "w", "x*(a - y)[:, None]/m", "not summed"),
    ("examples", "b", "(a - y)/m", "not summed"),
    ("examples", "w", "x.T @ ((a - y)*a*(1 - a))/m", "gradient of another cost"),
    ("odd", "u", "(a - y)*u/np.exp(v)", "exponent not in front"),
    ("square", "v", "v", "one of two equal factors"),
    ("square", "x", "2*(z - y) @ W", "not transposed"),
    ("jacobian", "z", "np.diag(a*(1 - a))", "softmax element by element"),
    ("jacobian", "z", "a*(1 - a)", "the Jacobian itself"),
    ("two layers", "a2", "-y/a2/m", "path forgotten"),
    ("two layers", "W2", "((a2 - y)/m).T @ a1", "transposed"),
    ("two layers", "W2", "z1.T @ (a2 - y)/m", "another value for a factor"),
    ("two layers", "b2", "(a2 - y).sum(1)/m", "wrong axis"),
    ("two layers", "b2", "(a2 - y).sum(0, keepdims=True)/m", "axis kept"),
    ("two layers", "b2", "(a2 - y).mean(0)/m", "mean for sum"),
    ("two layers", "a2", "(a2 - y)/m", "gradient of another cost"),
    ("two layers", "W2", "x.T @ (a2 - y)/m", "another value for a factor"),
    ("two layers", "W1", "a1.T @ ((a2 - y) @ W2.T*a1*(1 - a1))/m", "another value for a factor"),
    ("two layers", "W2", "(a1*(1 - a1)).T @ (a2 - y)/m", "another value for a factor"),
    ("two layers", "b2", "np.mean(a2 - y, axis=1)", "wrong axis"),
    ("neuron", "a", "(y - a)**2", "exponent not lowered"),
    ("layer", "z", "(a - y)*(1 - a)**2/m", "square of all"),
    ("classes", "z", "(a - y)*a*(1 - a)/m", "factor too much"),
    ("examples", "a", "(a - y)*a*(1 - a)/m", "product for a quotient"),
    ("examples", "w", "x.T*(a - y)/m", "not summed"),
    ("examples", "w", "(x**2).T @ (a - y)/m", "local derivative twice"),
    ("bias", "b", "x.T @ (a - y)/m", "gradient of another value"),
    ("jacobian", "z", "np.outer(a*(1 - a), np.ones_like(a))", "softmax element by element"),
    ("scaled", "z", "2*(a - y)*(1 - np.tanh(z/2)**2)", "constants forgotten"),
    ("scaled", "s", "x.T @ ((a - y)*(1 - np.tanh(z/2)**2)/2)", "matrix product"),
    ("decayed", "w", "x.T @ (a - y)/m + lam*np.sum(w)", "sum kept"),
    ("decayed", "b", "np.mean(a - y) + lam*b", "term of another parameter"),
    ("by hand", "z", "a*(1 - a)", "derivative of another function"),
    ("by hand", "z", "1 - a", "only a part of the derivative"),
    ("two layers", "W1", "x.T @ ((a2 - y) @ W2.T)", "local derivative forgotten + 1/m forgotten"),
]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("(a - y)*a", "1 − a is missing."),
        ("(y - a)*a", "1 − a is missing, and the sign is wrong."),
        ("(a - y)*(a - 1)", "a is missing, and the sign is wrong."),
    ],
)
def test_a_part_of_a_derivative_is_told_with_what_is_missing_and_its_sign(answer: str, said: str) -> None:
    message = asked("neuron", "z", answer)
    assert message is not None
    assert message.text.endswith(f"of the factor σ′(z) only a part is there: {said}"[1:])


@pytest.mark.parametrize(
    ("step", "answer", "text"),
    [
        ("W2", "x.T @ (a2 - y)/m", "The value x stands in the place of a⁽¹⁾."),
        ("W1", "a1.T @ (((a2 - y)/m) @ W2.T * a1 * (1 - a1))", "The value a⁽¹⁾ stands in the place of x."),
    ],
)
def test_a_value_with_other_axes_in_the_place_of_a_factor_is_told(step: str, answer: str, text: str) -> None:
    message = asked("two layers", step, answer)
    assert message is not None
    assert message.text == text


@pytest.mark.parametrize(("exercise", "step", "answer", "slip"), SLIPS)
def test_a_wrong_answer_is_told_its_slip(exercise: str, step: str, answer: str, slip: str) -> None:
    assert key(exercise, step, answer) == slip


def test_two_slips_are_told_only_if_one_reading_is_left() -> None:
    """The factor 2 (y − a) twice and a wrong sign, or the exponent not lowered and the ½ forgotten."""
    assert asked("neuron", "a", "2*(a - y)**2") is None


def test_a_class_of_slips_has_one_message_with_two_readings_at_most() -> None:
    message = asked("two layers", "b2", "(a2 - y)/m")
    assert message is not None
    assert (
        message.text == "The sum over the m examples is missing — or this is ∂C/∂z⁽²⁾, the gradient by another value."
    )
    assert message.parameters == {"step": "b2", "or": "gradient of another step"}


@pytest.mark.parametrize(
    ("exercise", "left", "answer", "said"),
    [
        ("tanh-and-sigmoid", "dz", "1/2", "∂a/∂t"),
        ("two-layers", "dW2", "(a2 - y)/m", "∂C/∂z⁽²⁾"),
        ("curvature", "dw", "x a (1 - a)", "the gradient by z, another value"),
    ],
)
def test_a_gradient_by_another_value_is_called_by_what_is_differentiated(
    exercise: str, left: str, answer: str, said: str
) -> None:
    slip = load(exercise).check(**{left: answer})[left[1:]].slip
    assert slip is not None
    assert f"his is {said}" in slip.text


def test_slips_that_have_no_numbers_at_a_point_warn_of_nothing() -> None:
    """Where the neuron is off, a division by its slope is nan at every element."""
    message = load("relu-neuron").check(dz="2 (a - y)")["z"].slip
    assert message is not None
    assert message.key == "local derivative forgotten + constant forgotten"


def test_a_second_slip_above_which_no_first_one_was_made_is_no_pair() -> None:
    verdict = load("two-layers").check(dz1="da1 a1 (1 - a1)", db1="mean(dz1)")
    assert verdict["b1"].outcome == "shape"  # a sum of all elements is one number, which has no axis of first slips


@pytest.mark.parametrize(
    ("exercise", "left", "answer", "said"),
    [
        ("output-layer", "db2", "Σ_j (a2_j − y_j)", "It is summed over the axis of length J, too."),
        ("one-neuron", "dz", "(z − y) σ′(z)", "The value z stands in the place of a."),
        ("output-layer", "dW2_jk", "(z2_j − y_j) a1_k", "The value z⁽²⁾ stands in the place of a⁽²⁾."),
        ("curvature", "dw", "x² z (1 − z)", "The factor σ′(z) is computed from z as if that were a."),
        ("weight-decay", "dw_j", "(1/m) Σ_i (a_i − y_i) x_ij + lam", "Of the factor 2 w only the 2 is there: w is missing."),
        ("tanh", "dz", "a²", "Of the factor tanh′(z) only the square of a is there: the 1 and the minus are missing."),
        ("signs", "dz2", "y − a2", "The sign is wrong."),
    ],
)  # fmt: skip
def test_slips_that_were_not_known_by_the_third_set_of_wrong_answers(
    exercise: str, left: str, answer: str, said: str
) -> None:
    slip = load(exercise).check(**{left: answer})[left[1:].partition("_")[0]].slip
    assert slip is not None
    assert slip.text == said


def test_of_a_denominator_the_factor_is_named_that_is_not_squared() -> None:
    own = Exercise(_quotient, "r p", facts=dict.fromkeys("spqu", "positive"), id="quotient")
    slip = own.check(dp="−u s/(p q)")["p"].slip
    assert slip is not None
    assert slip.text == "In the derivative of a quotient the square of p is missing."


def _quotient(s: Any, p: Any, q: Any, u: Any) -> Any:
    r = s / (p * q)
    return u * r


def test_a_wrong_sign_of_the_one_path_that_is_left_is_that_of_the_whole() -> None:
    slip = load("tied-weights").check(dw="(y − a2) a2 (1 − a2) a1")["w"].slip
    assert slip is not None
    assert slip.key == "path forgotten + sign"


def test_a_factor_of_a_length_that_nothing_is_divided_by_is_no_second_slip() -> None:
    """The sum over J without 1/m is also the mean over J with a factor J too much, which nobody writes."""
    slip = load("several-outputs").check(db=lambda a, y: (a - y).sum(1))["b"].slip
    assert slip is not None
    assert slip.key == "wrong axis + 1/m forgotten"


def test_a_value_that_is_not_divided_has_its_own_name_in_the_sentence() -> None:
    message = asked("classes", "z", "a - y/m")
    assert message is not None
    assert message.text.startswith("The value a is not divided by m; brackets are missing")
