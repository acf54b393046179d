"""The file that a learner fills in."""

import ast

import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tinygrad_lite.exercises import PATH, Exercise
from tinygrad_lite.exercises.showing.stub import WIDTH, id_of, stub


def answers(text: str) -> dict[str, object]:
    """What a file assigns, as constants."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


FAST = ("first-step", "two-layers", "curvature")


@pytest.mark.parametrize("id", [*FAST, *slow(*(e.id for e in PATH if e.id not in FAST))])
def test_a_stub_is_python_of_the_width_of_a_screen_that_answers_nothing(id: str) -> None:
    exercise = tg.exercises.load(id)
    text = stub(exercise, "tinygrad-lite learn check")
    assert answers(text) == {f"d{step}": "" for step in exercise.steps}
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_stub_says_what_is_given_and_the_shape_of_what_is_asked() -> None:
    text = stub(tg.exercises.load("two-layers"))
    assert "#   a⁽²⁾_ij = σ(z⁽²⁾_ij)\n" in text
    assert "a1 (m, h)," in text
    assert "and the sizes m, n, h, J.\n" in text
    assert 'dW1 = ""  # ∂C/∂W⁽¹⁾, shape (n, h)\n' in text


def test_a_stub_shows_the_cost_in_numpy_and_long_lines_of_it_wrapped() -> None:
    text = stub(tg.exercises.random_exercise(3))
    assert "#   def relu_sigmoid(x, W1, W2, y, lam):\n#       m = len(x)\n" in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_stub_says_which_exercise_it_answers() -> None:
    assert id_of(stub(tg.exercises.load("two-layers"))) == "two-layers"
    assert id_of("da = 1") is None


def test_a_stub_names_its_check_only_where_there_is_one() -> None:
    exercise = tg.exercises.load("one-neuron")
    assert "# Check it: learn check one-neuron\n" in stub(exercise, "learn check one-neuron")
    assert "Check it" not in stub(exercise)


def test_the_example_of_a_stub_uses_no_name_of_the_exercise() -> None:
    def cost(u, v):  # type: ignore[no-untyped-def]
        p = u * v
        return p**2

    assert "For C = q r² it would be" in stub(Exercise(cost, "p u"))


def test_a_long_text_is_wrapped_and_its_paragraphs_stay_apart() -> None:
    def cost(w):  # type: ignore[no-untyped-def]
        return w**2

    text = stub(Exercise(cost, "w", title="Squares", text="One word. " * 30 + "\n\nAnother paragraph."))
    assert "#\n# Another paragraph.\n#\n# Given:" in text
    assert max(map(len, text.splitlines())) <= WIDTH
