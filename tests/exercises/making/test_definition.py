"""What a teacher may write as an exercise, and what is refused with which words."""

from __future__ import annotations

import cProfile
import functools
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import Exercise

NET = {"x": "m n", "w": "n", "b": "", "y": "m"}


def neuron(w: Any, x: Any, b: Any, y: Any) -> Any:
    z = w * x + b
    a = tg.sigmoid(z)
    return (y - a) ** 2 / 2


def layer(x: Any, w: Any, b: Any, y: Any) -> Any:
    z = x @ w + b
    a = tg.sigmoid(z)
    return np.sum((y - a) ** 2) / (2 * len(x))


def truth(exercise: Exercise, step: str, number: int = 0) -> Any:
    return exercise.point(number).truth[step]


# --- which functions are taken ------------------------------------------------------------------------------------


def test_the_variables_of_the_cost_are_the_names_of_its_values() -> None:
    point = Exercise(neuron, "a z w b").point(0)
    v = point.values
    assert list(v) == ["w", "x", "b", "y", "z", "a"]
    np.testing.assert_allclose(point.truth["z"], (v["a"] - v["y"]) * v["a"] * (1 - v["a"]))


def test_parameters_with_a_default_stay_what_they_are() -> None:
    def cost(w: Any, x: Any, *, power: int = 3) -> Any:
        return (w * x) ** power

    exercise = Exercise(cost, "w")
    v = exercise.point(0).values
    assert exercise.parameters == ("w", "x")
    np.testing.assert_allclose(truth(exercise, "w"), 3 * v["w"] ** 2 * v["x"] ** 3)


def test_keyword_only_parameters_are_parameters() -> None:
    def cost(*, w: Any, x: Any) -> Any:
        return w * x

    exercise = Exercise(cost, "w")
    assert truth(exercise, "w") == exercise.point(0).values["x"]


def test_a_lambda_is_a_cost() -> None:
    exercise = Exercise(lambda w, x: (w * x) ** 2, "w")
    v = exercise.point(0).values
    np.testing.assert_allclose(truth(exercise, "w"), 2 * v["w"] * v["x"] ** 2)
    assert exercise.id == "exercise"


def test_a_decorated_cost_keeps_its_names() -> None:
    def doubled(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(**values: Any) -> Any:
            return 2 * function(**values)

        return wrapper

    point = Exercise(doubled(neuron), "a").point(0)
    np.testing.assert_allclose(point.truth["a"], 2 * (point.values["a"] - point.values["y"]))


def test_a_partial_function_and_a_method_keep_their_names() -> None:
    class Model:
        def cost(self, w: Any, x: Any) -> Any:
            u = w * x
            return u**2

        def __call__(self, w: Any, x: Any) -> Any:
            return self.cost(w, x)

    for cost in (Model().cost, functools.partial(Model.cost, Model())):
        point = Exercise(cost, "u").point(0)
        np.testing.assert_allclose(point.truth["u"], 2 * point.values["u"])
    point = Exercise(Model(), "w", id="model").point(0)
    np.testing.assert_allclose(point.truth["w"], 2 * point.values["w"] * point.values["x"] ** 2)


def test_a_function_inside_keeps_its_variables_to_itself() -> None:
    def cost(w: Any, x: Any) -> Any:
        def square(t: Any) -> Any:
            hidden = t * t
            return hidden

        z = w * x
        return square(z)

    assert list(Exercise(cost, "z").point(0).values) == ["w", "x", "z"]


def test_a_function_that_calls_itself_gives_the_names_of_the_outermost_call() -> None:
    def cost(w: Any, x: Any, again: int = 2) -> Any:
        a = tg.sigmoid(w * x)
        if not again:
            innermost = 2 * a
            return innermost
        return cost(w, a, again - 1)

    point = Exercise(cost, "a").point(0)
    assert list(point.values) == ["w", "x", "a"]
    np.testing.assert_allclose(point.values["a"], 1 / (1 + np.exp(-point.values["w"] * point.values["x"])))


def test_of_a_variable_that_is_set_twice_the_last_value_is_meant() -> None:
    def cost(w: Any, x: Any) -> Any:
        a = w * x
        a = tg.sigmoid(a)
        return a**2

    point = Exercise(cost, "a").point(0)
    np.testing.assert_allclose(point.truth["a"], 2 * point.values["a"])


def test_a_parameter_that_is_set_again_is_refused() -> None:
    def cost(w: Any, x: Any) -> Any:
        x = x / 2
        return w * x

    with pytest.raises(ExerciseError, match="two values of the cost are called 'x'"):
        Exercise(cost, "w x").point(0)


def test_a_profiler_that_runs_goes_on_running() -> None:
    profile = cProfile.Profile()
    profile.enable()
    try:
        Exercise(neuron, "a").point(0)
        after_the_point()
    finally:
        profile.disable()
    assert any("after_the_point" in str(entry.code) for entry in profile.getstats())


def after_the_point() -> None:
    pass


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (3, "takes a cost function; got int"),
        (lambda *x: x, r"\*x has none"),
        (lambda **x: x, r"\*\*x has none"),
        (lambda: 1, "this one has none"),
        (eval("lambda w, /, x: w * x"), "w has none"),
    ],
)
def test_what_is_no_cost_is_refused(cost: Any, said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        Exercise(cost, "w")


# --- what is said of a cost ---------------------------------------------------------------------------------------


def test_annotations_say_the_axes() -> None:
    def cost(x: Any, w: Any, b: Any, y: Any) -> Any:
        z = x @ w + b
        return np.sum((z - y) ** 2)

    cost.__annotations__ = {"x": "m n", "w": "'n'", "b": "", "y": "m"}  # 'n' as `from __future__` leaves it

    point = Exercise(cost, "z w b").point(0)
    assert point.values["x"].shape == (point.sizes["m"], point.sizes["n"])
    assert point.truth["b"].shape == ()


def test_a_length_that_never_changes_is_a_number() -> None:
    def cost(x: Any, b: Any) -> Any:
        z = x + b
        return np.sum(z**2)

    exercise = Exercise(cost, "z b", shapes={"x": "m n", "b": "m 1"})
    for point in exercise.points:
        assert point.truth["b"].shape == (point.sizes["m"], 1)
        assert 1 not in point.sizes.values()


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({"x": "m n"}, "nothing of 'w'"),
        (NET | {"u": ""}, "'u', which is no parameter"),
        (NET | {"x": "mn"}, "'x' has 'mn'"),
        (NET | {"x": "m, n"}, "'x' has 'm,'"),
        (NET | {"x": "m 0"}, "'x' has '0'"),
        (NET | {"x": "m w"}, "'w' is an axis of 'x' and a parameter"),
    ],
)
def test_shapes_that_cannot_be_meant_are_refused(shapes: dict[str, str], said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        Exercise(layer, "z", shapes=shapes)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"u": "positive"}, "'u' is no parameter"),
        ({"y": "even"}, "unknown fact 'even'; known are positive"),
        ({"b": "one_hot"}, "'one_hot' is said of rows, and 'b' has 0 axes"),
        ({"y": "columns sum to 1"}, "and 'y' has 1 axes"),
    ],
)
def test_facts_that_cannot_be_meant_are_refused(facts: dict[str, str], said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        Exercise(layer, "z", shapes=NET, facts=facts)


def test_facts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ExerciseError, match=r"'one_hot', 'in \(0, 1\)' cannot be made to hold for 'y' together"):
        Exercise(layer, "z", shapes=NET, facts={"y": ["one_hot", "in (0, 1)"]}).point(0)


@pytest.mark.parametrize(
    "fact", ["positive", "in (0, 1)", "one_hot", "rows sum to 1", "columns sum to 1", ("positive", "rows sum to 1")]
)
def test_facts_hold_at_every_point(fact: Any) -> None:
    def cost(w: Any, y: Any) -> Any:
        return np.sum(w * y)

    exercise = Exercise(cost, "w", shapes={"w": "m n", "y": "m n"}, facts={"y": fact})
    for point in [*exercise.points, *exercise.unseen]:  # Tensor itself checks the facts
        assert point.nodes["y"].facts == frozenset([fact] if isinstance(fact, str) else fact)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("", "names each gradient once"),
        ("z z", "names each gradient once"),
        ([1], "names each gradient once"),
        ("ef", "called def, which is a word of Python"),
    ],
)
def test_steps_that_name_nothing_are_refused(steps: Any, said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        Exercise(neuron, steps)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("q", "'q' is no value that the cost 'neuron' is computed from; these are w, x, b, y, z, a"),
        ("z C", "'C' is no value"),
    ],
)
def test_steps_that_are_not_in_the_cost_are_refused_at_the_first_point(steps: str, said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        Exercise(neuron, steps).point(0)


def test_a_step_that_the_cost_does_not_need_is_refused() -> None:
    def cost(w: Any, x: Any) -> Any:
        beside = 2 * w
        return w * x + 0 * beside.item()

    with pytest.raises(ExerciseError, match=r"does not depend on 'beside', so there is nothing to derive"):
        Exercise(cost, "w beside").point(0)


def test_the_cost_itself_is_no_step() -> None:
    def cost(w: Any, x: Any) -> Any:
        C = w * x
        return C

    with pytest.raises(ExerciseError, match="'C' is what the cost 'cost' returns"):
        Exercise(cost, "C w").point(0)


def test_a_variable_that_is_called_as_an_answer_is_refused() -> None:
    def cost(w: Any, x: Any) -> Any:
        z = w * x
        dz = z**2
        return dz + z

    with pytest.raises(ExerciseError, match="the gradient by 'z' is answered as dz, which is a variable"):
        Exercise(cost, "z").point(0)


def test_commas_between_steps_are_read() -> None:
    assert Exercise(neuron, "a, z,w").steps == ("a", "z", "w")


@pytest.mark.parametrize("seed", [-1, 0.5, "1", None])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(ExerciseError, match="seed is a whole number"):
        Exercise(neuron, "a", seed=seed)


def test_an_id_is_the_name_of_a_file() -> None:
    with pytest.raises(ExerciseError, match="id is the name of a file"):
        Exercise(neuron, "a", id="../up")


# --- costs that cannot be an exercise ------------------------------------------------------------------------------


def test_a_cost_that_draws_random_numbers_is_refused() -> None:
    def cost(w: Any, x: Any) -> Any:
        return w * x * np.random.default_rng().uniform()

    with pytest.raises(ExerciseError, match="gives another value when it is computed again"):
        Exercise(cost, "w").point(0)


def test_a_cost_that_is_never_finite_is_refused_with_the_fact_that_helps() -> None:
    def cost(w: Any) -> Any:
        return np.sum(np.log(w - 2))

    with pytest.raises(ExerciseError, match="not finite at any of 40 random points"):
        Exercise(cost, "w", shapes={"w": "n"}).point(0)


def test_sums_over_numbers_ask_for_the_axes() -> None:
    def cost(w: Any, x: Any) -> Any:
        return np.sum((w * x) ** 2)

    with pytest.raises(ExerciseError, match=r"shapes=\{'w': …, 'x': …\}"):
        Exercise(cost, "w").point(0)
    assert Exercise(cost, "w", shapes={"w": "", "x": ""}).point(0).truth["w"].shape == ()


def test_a_product_of_numbers_asks_for_the_axes() -> None:
    with pytest.raises(ExerciseError, match=r"cannot be computed on x \(\), w \(\).*shapes=\{'x': …"):
        Exercise(layer, "z").point(0)


def test_a_cost_that_needs_targets_of_a_range_says_how_to_declare_it() -> None:
    def neuron(w: Any, x: Any, y: Any) -> Any:
        return tg.cross_entropy(tg.sigmoid(x @ w), y)

    shapes = {"w": "n", "x": "m n", "y": "m"}
    with pytest.raises(ExerciseError, match=r"must lie in \[0, 1\].*facts=\{\"y\": \"in \(0, 1\)\"\}"):
        _ = Exercise(neuron, "w", shapes).points
    assert Exercise(neuron, "w", shapes, facts={"y": "in (0, 1)"}).points


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (lambda w: 3.0, "returns float and not what it computed"),
        (lambda w: (w, w), "returns tuple"),
        (lambda w: w > 0, "returns bool of shape"),
        (lambda w: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda w: w.nothing, "AttributeError"),
        (lambda w: {}["w"], "KeyError"),
    ],
)
def test_a_cost_that_fails_is_refused_with_what_it_did(cost: Any, said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        Exercise(cost, "w").point(0)


def test_the_text_of_a_cost_is_kept() -> None:
    assert Exercise(neuron, "a").source.startswith("def neuron(w: Any, x: Any, b: Any, y: Any) -> Any:\n    z = w")
    assert Exercise(eval("lambda w: w * w"), "w").source == ""
    assert Exercise(neuron, "a", source="def other(): ...").source == "def other(): ..."
