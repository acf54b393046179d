"""The line of an exercise, from a cost function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.command.cli import main
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import Exercise
from tinygrad_lite.exercises.teaching.finding import exercise_named
from tinygrad_lite.exercises.teaching.new import Draft, draft, of_function, read_shapes

SOURCE = """
import numpy as np
import tinygrad_lite as tg

def ridge(x, w, lam, y):
    z = x @ w
    return np.mean((z - y) ** 2) / 2 + lam * np.sum(w ** 2) / 2

def other(x):
    return x
"""


def drafted(cost: Callable[..., Any], steps: str = "", shapes: str = "") -> Draft:
    return of_function(cost, steps, read_shapes(shapes))


def made(cost: Callable[..., Any], found: Draft) -> Exercise:
    """The exercise that the text of a draft makes."""
    names: dict[str, Any] = {cost.__name__: cost}
    exec(found.text, names)
    return names[found.name]  # type: ignore[no-any-return]


def test_a_cost_of_two_layers_needs_nothing_from_the_teacher() -> None:
    def two_layers(x, W1, b1, W2, b2, y):  # type: ignore[no-untyped-def]
        z1 = x @ W1 + b1
        a1 = tg.sigmoid(z1)
        z2 = a1 @ W2 + b2
        a2 = tg.sigmoid(z2)
        return tg.cross_entropy(a2, y)

    found = drafted(two_layers)
    assert found.works
    exercise = made(two_layers, found)
    assert exercise.steps == ("a2", "z2", "W2", "b2", "a1", "z1", "W1", "b1")
    assert {p: " ".join(axes) for p, axes in exercise.shapes.items()} == {
        "x": "m n", "W1": "n h", "b1": "h", "W2": "h J", "b2": "J", "y": "m J",
    }  # fmt: skip
    assert exercise.facts == {"y": ("in (0, 1)",)}
    assert exercise.points[0].truth["W1"].shape == exercise.points[0].values["W1"].shape


def test_targets_of_a_softmax_are_rows_whoever_wrote_it() -> None:
    def library(x, W, b, y):  # type: ignore[no-untyped-def]
        a = tg.softmax(x @ W + b)
        return -np.sum(y * np.log(a)) / len(x)

    def by_hand(x, W, b, y):  # type: ignore[no-untyped-def]
        z = x @ W + b
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        a = e / np.sum(e, axis=1, keepdims=True)
        return -np.sum(y * np.log(a)) / len(x)

    def of_neurons(x, W, b, y):  # type: ignore[no-untyped-def]
        a = 1 / (1 + np.exp(-(x @ W + b)))
        return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / len(x)

    found = [made(cost, drafted(cost)).facts["y"] for cost in (library, by_hand, of_neurons)]
    assert found == [("rows sum to 1",), ("rows sum to 1",), ("in (0, 1)",)]


def test_what_is_found_by_trying_is_asked_and_what_is_given_is_not() -> None:
    def cost(x, w, y):  # type: ignore[no-untyped-def]
        return np.mean((x @ w - y) ** 2)

    assert drafted(cost).questions == ("Are these the shapes? x m × n, w n, y m. They were found by trying.",)
    assert drafted(cost, shapes="x: p q, w: q, y: p").questions == ()
    assert "'p q'" not in str(drafted(cost, shapes="x: p q, w: q, y: p").text)
    assert '"x": "p q"' in drafted(cost, shapes="x: p q, w: q, y: p").call


def test_shapes_may_stand_in_the_cost_as_annotations() -> None:
    def cost(x, w, y):  # type: ignore[no-untyped-def]
        return np.mean((x @ w - y) ** 2)

    cost.__annotations__ = {"x": "d k", "w": "k", "y": "d"}
    assert drafted(cost).questions == ()
    assert '"x": "d k"' in drafted(cost).call


def test_a_letter_of_an_axis_is_no_variable_of_the_cost() -> None:
    def autoencoder(x, W, V):  # type: ignore[no-untyped-def]
        h = tg.sigmoid(x @ W)
        r = h @ V
        return np.sum((r - x) ** 2) / (2 * len(x))

    found = drafted(autoencoder)
    assert '"W": "n k", "V": "k n"' in found.call
    assert made(autoencoder, found).steps == ("r", "V", "h", "W")


def test_without_shapes_that_work_the_line_has_question_marks() -> None:
    def cost(x, W):  # type: ignore[no-untyped-def]
        raise ValueError("never")

    found = drafted(cost)
    assert not found.works
    assert '"x": "?", "W": "?"' in found.call
    assert "no shapes were found" in found.questions[0]


def test_what_a_cost_raises_where_it_came_farthest_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "costs.py"
    file.write_text("import numpy as np\n\ndef cost(x, W, y):\n    z = x @ W\n    return np.mena((z - y) ** 2)\n")
    assert main(["teach", "new", f"{file}:cost"]) == 1
    printed = " ".join(line.removeprefix("#").strip() for line in capsys.readouterr().out.splitlines())
    assert "costs.py, line 5, raised AttributeError: module 'numpy' has no attribute 'mena'" in printed


def test_each_parameter_comes_after_the_last_value_that_its_gradient_needs() -> None:
    def tied(x, E, y):  # type: ignore[no-untyped-def]
        h = x @ E
        z = h @ E.T
        return np.mean((z - y) ** 2)

    assert made(tied, drafted(tied)).steps == ("z", "h", "E")


@pytest.mark.parametrize("text", ["x", "x: mn", "x m n", "1: m", "x: m n; w: n"])
def test_shapes_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ExerciseError, match="--shapes"):
        read_shapes(text)


def test_a_step_and_a_parameter_that_are_not_there_are_refused() -> None:
    def cost(x, w):  # type: ignore[no-untyped-def]
        return np.sum(x * w)

    with pytest.raises(ExerciseError, match="'q' is no value"):
        drafted(cost, steps="q")
    with pytest.raises(ExerciseError, match="'v' is no parameter"):
        drafted(cost, shapes="v: m")


def test_a_title_may_have_quotation_marks() -> None:
    def half(w, y):  # type: ignore[no-untyped-def]
        r = w - y
        return r**2 / 2

    found = of_function(half, "", {}, 'The "half" square \\')
    assert made(half, found).title == 'The "half" square \\'


def test_the_command_writes_a_file_that_it_can_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "costs.py").write_text(SOURCE)
    new = ["teach", "new", f"{tmp_path}/costs.py:ridge", "-o", f"{tmp_path}/out.py"]
    assert main(new) == 0
    assert main(["teach", "check", f"{tmp_path}/out.py"]) == 0
    printed = capsys.readouterr().out
    assert "? Are these the shapes?" in printed
    assert "ok  dw solution: right" in printed
    assert main(new) == 2
    assert "out.py is there already" in capsys.readouterr().err
    assert exercise_named(f"{tmp_path}/out.py:ridge_exercise").steps == ("z", "w")
    with pytest.raises(ExerciseError, match="Its functions are: ridge, other"):
        draft(f"{tmp_path}/costs.py:nix")


def test_a_sum_over_nothing_is_no_exercise_and_vectors_are_tried() -> None:
    def triplet(a, p, n):  # type: ignore[no-untyped-def]
        near = np.sum((a - p) ** 2)
        far = np.sum((a - n) ** 2)
        return np.maximum(0, 1 + near - far)

    assert '{"a": "k", "p": "k", "n": "k"}' in drafted(triplet).call
