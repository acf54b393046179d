"""Hints and solutions: what the derivation says, in three doses."""

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import PATH, Exercise
from tinygrad_lite.exercises.showing.hints import lines

FAST = ("first-step", "tied-weights", "softmax")
SOME = [*FAST, *slow(*(e.id for e in PATH if e.id not in FAST))]


@pytest.mark.parametrize("id", SOME)
def test_the_third_hint_is_the_last_line_of_the_derivation_and_those_before_are_not(id: str) -> None:
    exercise = tg.exercises.load(id)
    for step in exercise.steps:
        own = [line for line in exercise.derivation.steps if line.between[-1] == step]
        first, second, third = (exercise.hint(step, level) for level in (1, 2, 3))
        assert third == str(own[-1])
        assert own[-1].right not in (first, second)
        assert third not in f"{first}\n{second}"
        assert first.startswith(("chain rule along", "differentiate"))


@pytest.mark.parametrize("id", SOME)
def test_a_solution_has_every_line_with_its_reason(id: str) -> None:
    exercise = tg.exercises.load(id)
    whole = " ".join(exercise.solution().split())
    for line in exercise.derivation.steps:
        if line.between[-1] in exercise.steps:
            assert " ".join(line.right.split()) in whole
            assert " ".join(line.reason.split()) in whole
    assert max(map(len, exercise.solution(width=40).splitlines())) <= 40


def test_the_second_hint_of_a_chain_has_the_local_derivative_and_not_the_gradient() -> None:
    exercise = tg.exercises.load("two-layers")
    assert exercise.hint("z1", 2) == (
        "∂C/∂z⁽¹⁾ is ∂C/∂a⁽¹⁾ times the local derivative, element by element:\n  ∂a⁽¹⁾/∂z⁽¹⁾ = a⁽¹⁾_ik (1 − a⁽¹⁾_ik)"
    )
    assert exercise.hint("b1", 2).splitlines()[1:] == [
        "  ∂z⁽¹⁾_ik/∂b⁽¹⁾_l = [k = l]", "  where [k = l] is 1 if k = l, and 0 otherwise",
    ]  # fmt: skip


def test_the_letters_of_a_local_derivative_are_those_of_the_statement() -> None:
    exercise = tg.exercises.load("two-layers")
    assert "z⁽²⁾_ij = Σ_k W⁽²⁾_kj a⁽¹⁾_ik + b⁽²⁾_j" in str(exercise.statement())
    assert exercise.hint("a1", 2).splitlines()[1:] == [
        "  ∂z⁽²⁾_ij/∂a⁽¹⁾_kl = W⁽²⁾_lj [i = k]", "  where [i = k] is 1 if i = k, and 0 otherwise",
    ]  # fmt: skip
    assert tg.exercises.load("softmax-batch").hint("z", 2).splitlines()[1:] == [
        "  ∂a_ij/∂z_kl = a_ij ([j = l] − a_il) [i = k]",
        "  where [j = l] and [i = k] are 1 if both letters are equal, and 0 otherwise",
    ]


def test_where_paths_meet_the_second_hint_speaks_of_each_alone() -> None:
    assert tg.exercises.load("tied-weights").hint("w", 2).splitlines() == [
        "The paths along z₁ and z₂ add:",
        "Along z₁: ∂C/∂z₁ times the local derivative:",
        "  ∂z₁/∂w = x",
        "Along z₂: ∂C/∂z₂ times the local derivative:",
        "  ∂z₂/∂w = a₁",
    ]


def test_of_a_cost_the_second_hint_says_by_which_rule_it_is_differentiated() -> None:
    assert "g = u² has the derivative ∂g/∂u = 2 u" in tg.exercises.load("first-step").hint("a", 2)
    assert "every term with t is t" in tg.exercises.load("tanh-and-sigmoid").hint("t", 2).lower()


def test_of_a_second_derivative_the_hint_speaks_of_second_derivatives() -> None:
    assert tg.exercises.load("curvature").hint("w", 2).splitlines() == [
        "∂²C/∂w² is ∂²C/∂w∂z times the local derivative:", "  ∂z/∂w = x",
    ]  # fmt: skip


def test_a_hint_along_a_value_without_a_name_says_what_that_value_is() -> None:
    def cost(x, W, b, y):  # type: ignore[no-untyped-def]
        return ((tg.sigmoid(np.tanh(x @ W) @ b) - y) ** 2).mean()

    exercise = Exercise(cost, "W b", shapes={"x": "m n", "W": "n h", "b": "h", "y": "m"})
    assert exercise.hint("W", 2).splitlines() == [
        "Find ∂C/∂z⁽¹⁾ first; then differentiate by W:", "  z⁽¹⁾_ij = Σ_k W_kj x_ik",
    ]  # fmt: skip
    assert exercise.solution("b").count("\n") >= 1


def test_a_name_that_only_a_local_derivative_has_is_explained() -> None:
    assert tg.exercises.load("stable-softmax").hint("z", 2).splitlines()[1:] == [
        "  ∂s_j/∂z_k = [j = k] − a_k", "  with a = softmax(z)", "  where [j = k] is 1 if j = k, and 0 otherwise",
    ]  # fmt: skip


def test_hints_of_steps_and_levels_that_are_not_there_are_refused() -> None:
    exercise = tg.exercises.load("first-step")
    with pytest.raises(ExerciseError, match=r"'q' is no step of this exercise; the steps are a\."):
        exercise.hint("q", 1)
    with pytest.raises(ExerciseError, match="level from 1 to 3; got 4"):
        exercise.hint("a", 4)


def test_the_lines_of_a_step_compute_its_gradient() -> None:
    exercise = tg.exercises.load("several-outputs")
    for step in exercise.steps:
        np.testing.assert_allclose(lines(exercise, step)[-1].evaluate(), exercise.point(0).truth[step])


def test_a_hint_is_read_without_print_and_a_step_may_be_called_as_its_answer() -> None:
    exercise = tg.exercises.load(3)
    assert repr(exercise.hint("dz")) == exercise.hint("z", 1) == "chain rule along a = σ(z)"
    assert repr(exercise.solution("dw")) == exercise.solution("w")
    assert str(exercise) == exercise.statement()
    assert repr(exercise) == "<exercise one-neuron: a z w b>"
