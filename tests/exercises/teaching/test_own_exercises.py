"""Exercises as a teacher would write them, of costs that are not in the lecture: fit to be handed out, slips named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.exercises import Exercise
from tinygrad_lite.exercises.teaching.checking import findings
from tinygrad_lite.exercises.teaching.new import of_function


def attention(X, Wq, Wk, V, y):  # type: ignore[no-untyped-def]
    q = X @ Wq
    k = X @ Wk
    s = q @ k.T / 2
    p = tg.softmax(s)
    o = p @ V
    return np.sum((o - y) ** 2) / 2


def batch_norm(x, gamma, beta, y):  # type: ignore[no-untyped-def]
    mu = np.mean(x, axis=0)
    v = np.mean((x - mu) ** 2, axis=0)
    s = (x - mu) / np.sqrt(v + 1e-5)
    z = gamma * s + beta
    return np.mean((z - y) ** 2) / 2


def huber(x, w, b, y):  # type: ignore[no-untyped-def]
    z = x @ w + b
    e = z - y
    h = np.where(abs(e) < 1, e**2 / 2, abs(e) - 0.5)
    return np.mean(h)


def tied_autoencoder(x, W, b, c):  # type: ignore[no-untyped-def]
    h = tg.sigmoid(x @ W + b)
    r = h @ W.T + c
    return np.sum((r - x) ** 2) / (2 * len(x))


def roots(X, W, y):  # type: ignore[no-untyped-def]
    q = X @ W
    s = q @ X.T / np.sqrt(q.shape[1])
    return np.sum((s - y) ** 2)


ATTENTION = Exercise(
    attention, "o p s q k Wq", shapes={"X": "m n", "Wq": "n 4", "Wk": "n 4", "V": "m d", "y": "m d"}, text="…"
)
BATCH_NORM = Exercise(
    batch_norm, "z gamma beta s v mu x", shapes={"x": "m n", "gamma": "n", "beta": "n", "y": "m n"}
)  # fmt: skip
HUBER = Exercise(huber, "e z w b", shapes={"x": "m n", "w": "n", "b": "", "y": "m"})
TIED = Exercise(tied_autoencoder, "r c h W b", shapes={"x": "m n", "W": "n k", "b": "k", "c": "n"})


@pytest.mark.slow
@pytest.mark.parametrize("exercise", [ATTENTION, BATCH_NORM, HUBER, TIED], ids=lambda exercise: exercise.id)
def test_an_exercise_of_a_teachers_own_is_fit_to_be_handed_out(exercise: Exercise) -> None:
    assert [str(found) for found in findings(exercise) if not found.right] == []


@pytest.mark.parametrize(
    ("exercise", "wrong", "right"),
    [
        (ATTENTION, {"ds": "p * (1 - p) * dp", "dq": "ds @ k", "dWq": "dq.T @ X"}, {"dp": "(o - y) @ V.T"}),
        (BATCH_NORM, {"dgamma": "dz * s", "ds": "dz * beta"}, {"dz": "(z - y) / (m n)", "dbeta": "sum(dz, axis=0)"}),
        (HUBER, {"de": "np.where(abs(e) < 1, e, sign(e))", "dw": "-x.T @ dz"}, {"dz": "de", "db": "sum(dz)"}),
        (TIED, {"dW": "dr.T @ h", "db": "sum(dh, axis=0)"}, {"dr": "(r - x) / m", "dh": "dr @ W"}),
    ],
    ids=["attention", "batch norm", "huber", "tied"],
)
def test_slips_in_it_are_named(exercise: Exercise, wrong: dict[str, Any], right: dict[str, Any]) -> None:
    verdict = exercise.check(**wrong, **right)
    assert {f"d{step.step}" for step in verdict.steps if step.slip is not None} == set(wrong)
    assert {f"d{step.step}" for step in verdict.steps if step.accepted} == set(right)


def test_a_number_that_depends_on_sizes_is_told_to_the_teacher() -> None:
    exercise = Exercise(roots, "s q", shapes={"X": "m n", "W": "n n", "y": "m m"})
    wrong = {found.what: found.seen for found in findings(exercise) if not found.right}
    assert "fix the length of the axis" in wrong["numbers"]


@pytest.mark.parametrize(
    ("cost", "shapes"),
    [
        (batch_norm, {"x": "m n", "gamma": "n", "beta": "n", "y": "m n"}),
        (huber, {"x": "m n", "w": "n", "b": "", "y": "m"}),
        (tied_autoencoder, {"x": "m n", "W": "n k", "b": "k", "c": "n"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_shapes_of_it_are_found_by_trying(cost: Any, shapes: dict[str, str]) -> None:
    names: dict[str, Any] = {cost.__name__: cost}
    exec(of_function(cost, "", {}).text, names)
    exercise = names[f"{cost.__name__}_exercise"]
    assert {name: " ".join(axes) for name, axes in exercise.shapes.items()} == shapes
