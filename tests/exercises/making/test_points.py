"""Points: sizes that differ, numbers that show slips, values away from kinks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.exercises import Exercise
from tinygrad_lite.exercises.making.points import trouble_of


def relu_layer(x: Any, W: Any, y: Any) -> Any:
    z = x @ W
    a = tg.relu(z)
    return np.sum((a - y) ** 2)


RELU = Exercise(relu_layer, "a z W", shapes={"x": "m n", "W": "n J", "y": "m J"})


def test_the_same_number_is_the_same_point() -> None:
    other = Exercise(relu_layer, "a z W", shapes={"x": "m n", "W": "n J", "y": "m J"})
    for one, two in zip(RELU.points, other.points, strict=True):
        assert one.sizes == two.sizes
        assert all(np.array_equal(one.values[name], two.values[name]) for name in one.values)
    moved = Exercise(relu_layer, "a z W", shapes={"x": "m n", "W": "n J", "y": "m J"}, seed=1)
    assert not np.array_equal(moved.point(0).values["x"], RELU.point(0).values["x"])


def test_no_size_is_that_of_another_axis_or_point() -> None:
    for seed in range(5):
        exercise = Exercise(relu_layer, "W", shapes={"x": "m n", "W": "n J", "y": "m J"}, seed=seed)
        points = exercise.points
        for point in points:
            assert len({*point.sizes.values(), 1}) == 4
        for letter in "mnJ":
            assert len({point.sizes[letter] for point in points}) == 4


def test_no_length_is_2_where_the_derivation_is_made() -> None:
    """There 1/m could not be told from 1/2."""
    for seed in range(10):
        assert 2 not in RELU.again(seed=seed).point(0).sizes.values()


def test_values_stay_away_from_the_kink_and_on_both_sides_of_it() -> None:
    for point in RELU.points:
        z = point.values["z"]
        assert np.abs(z).min() > 0.019
        assert (z > 0).any()
        assert (z < 0).any()


@pytest.mark.parametrize(
    "bent",
    [
        tg.relu, tg.leaky_relu, np.abs, lambda z: np.maximum(0, z), lambda z: np.maximum(z, 0), lambda z: -np.minimum(z, 0),
        lambda z: np.where(z > 0, z, 0), lambda z: np.where(z <= 0, 0, z),
    ],
)  # fmt: skip
def test_a_number_is_above_the_kink_at_one_point_and_below_at_the_next(bent: Any) -> None:
    def cost(w: Any, x: Any) -> Any:
        z = w * x
        return bent(z) + w**2

    for seed in range(3):
        exercise = Exercise(cost, "z w", seed=seed)
        assert [np.sign(float(point.values["z"])) for point in exercise.points] == [1, -1, 1, -1]
    assert all(trouble_of(point, number) <= 1 for number, point in enumerate(exercise.points))


def test_the_largest_value_is_clearly_the_largest() -> None:
    def cost(w: Any, x: Any) -> Any:
        z = x * w
        return np.sum(np.max(z, axis=1))

    for point in Exercise(cost, "z w", shapes={"w": "n", "x": "m n"}).points:
        z = np.sort(point.values["z"], axis=1)
        assert (z[:, -1] - z[:, -2]).min() > 0.019


def test_a_sigmoid_has_no_kink() -> None:
    def cost(w: Any, x: Any) -> Any:
        z = w * x
        return tg.sigmoid(z)

    exercise = Exercise(cost, "z")
    point = exercise.point(1)
    assert trouble_of(point, 1) == trouble_of(point, 0) <= 1


def test_an_exercise_can_be_made_inside_no_grad() -> None:
    with tg.no_grad():
        assert RELU.again().point(0).truth["z"].shape


def test_a_gradient_is_not_zero_where_it_need_not_be() -> None:
    def cost(w: Any, x: Any) -> Any:
        z = np.outer(w, x)
        return np.sum(tg.relu(z) * [[1.0, 0.0]])

    for point in Exercise(cost, "z", shapes={"w": "n", "x": "2"}).points:
        assert (point.truth["z"] != 0).any()


def test_a_step_alone_is_told_without_the_parameters_below_it() -> None:
    def cost(x: Any, w: Any, b: Any, y: Any) -> Any:
        z = x @ w + b
        a = tg.sigmoid(z)
        return tg.cross_entropy(a, y)

    shapes = {"x": "m n", "w": "n", "b": "", "y": "m"}
    exercise = Exercise(cost, "a", shapes=shapes, facts={"y": "in (0, 1)"})
    v = exercise.point(0).values
    np.testing.assert_allclose(exercise.point(0).truth["a"], (v["a"] - v["y"]) / (v["a"] * (1 - v["a"])) / len(v["y"]))
    point = Exercise(cost, "z w", shapes=shapes, facts={"y": "in (0, 1)"}).point(0)
    assert [n for n, node in point.nodes.items() if node.requires_grad] == ["w", "b", "z", "a"]


def test_a_value_beside_the_cost_has_a_name_and_a_formula() -> None:
    def cost(x: Any, w: Any, y: Any) -> Any:
        z = x @ w
        a = tg.sigmoid(z)  # noqa: F841 - only the answer needs it
        return np.sum(np.log(1 + np.exp(z)) - y * z)

    exercise = Exercise(cost, "z w", shapes={"x": "m n", "w": "n", "y": "m"})
    point = exercise.point(0)
    assert point.beside == ("a",)
    np.testing.assert_allclose(point.truth["z"], point.values["a"] - point.values["y"])
    assert len(exercise.given()) == len(exercise.derivation.given()) + 1


def test_a_second_derivative_is_an_exercise() -> None:
    def cost(w: Any, x: Any) -> Any:
        C = (w * x) ** 3
        C.backward(create_graph=True)
        return w.grad

    point = Exercise(cost, "w").point(0)
    np.testing.assert_allclose(point.truth["w"], 6 * point.values["w"] * point.values["x"] ** 3)
    assert point.beside == ()


def test_a_parameter_without_use_can_still_be_named() -> None:
    def cost(w: Any, x: Any, y: Any) -> Any:
        return w * x * len(y)

    exercise = Exercise(cost, "w", shapes={"w": "", "x": "", "y": "m"})
    assert exercise.point(0).values["y"].shape == (exercise.point(0).sizes["m"],)
