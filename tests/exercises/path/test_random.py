"""Random exercises: each seed another graph, solved by the engine, with a cost that can be read and written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import Exercise, file_text, from_file, random_exercise
from tinygrad_lite.exercises.making.points import trouble_of
from tinygrad_lite.exercises.path.chance import nets, of_net


def operations(exercise: Exercise) -> tuple[str, ...]:
    """What a graph computes: its primitives, and which parameters and activations are in it."""
    nodes = graph(exercise.point(0).result)
    return tuple(
        f"{n.primitive.name if n.primitive else n.name} {n.call.name if n.call else ''} {n.ndim}" for n in nodes
    )


def solved(exercise: Exercise) -> dict[str, Any]:
    """The last line of each step, by its left side."""
    steps = exercise.derivation.steps
    return {f"d{step}": [s for s in steps if s.between[-1] == step][-1].right for step in exercise.steps}


def test_ten_seeds_give_ten_graphs() -> None:
    assert len({operations(random_exercise(seed)) for seed in range(10)}) == 10


def test_no_seed_gives_a_net_again_before_all_were_given() -> None:
    assert len(nets()) == len(set(nets())) > 500
    sources = [of_net(net, 0).source for net in nets()]
    assert len(set(sources)) == len(sources)


def test_a_seed_gives_the_same_exercise_each_time() -> None:
    one, two = random_exercise(3), random_exercise(3)
    assert (one.id, one.source, one.steps, one.point(0).sizes) == (two.id, two.source, two.steps, two.point(0).sizes)


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(s, marks=pytest.mark.slow) for s in range(10, 40))])
def test_the_engine_solves_it_and_an_empty_answer_does_not(seed: int) -> None:
    exercise = random_exercise(seed)
    verdict = exercise.check(**solved(exercise))
    assert verdict.right, verdict
    assert not exercise.check()
    assert max(trouble_of(point, n) for n, point in enumerate([*exercise.points, *exercise.unseen])) <= 1.1
    names = {name for line in exercise.derivation.steps for name in line.shapes if name[0] not in "δ∂"}
    assert names <= set(exercise.point(0).values)


@pytest.mark.parametrize(
    ("knobs", "holds"),
    [
        ({"layers": 2}, lambda net: len(net.activations) == 2),
        ({"costs": "cross-entropy"}, lambda net: net.cost == "cross-entropy"),
        ({"shapes": ["numbers", "batch"]}, lambda net: net.shape != "example"),
        ({"activations": ("relu",), "costs": "quadratic"}, lambda net: set(net.activations) == {"relu"}),
    ],
)
def test_knobs_are_kept_to(knobs: dict[str, Any], holds: Any) -> None:
    several = {name: (value,) if isinstance(value, str | int) else value for name, value in knobs.items()}
    assert nets(**several)
    assert all(holds(net) for net in nets(**several))
    assert random_exercise(1, **knobs).source in {of_net(net, 1).source for net in nets(**several)}


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"layers": 4}, "layers is one or several of 1, 2, 3; got 4"),
        ({"activations": "gelu"}, "activations is one or several of sigmoid, tanh, relu, linear; got 'gelu'"),
        ({"costs": "log-likelihood", "shapes": "numbers"}, "no exercise has all of"),
        ({"activations": "linear", "layers": 2}, "no exercise has all of"),
    ],
)
def test_knobs_that_allow_nothing_are_refused(knobs: dict[str, Any], said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        random_exercise(0, **knobs)


@pytest.mark.parametrize("seed", [-1, 1.5, "2", True])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(ExerciseError, match="seed is a whole number"):
        random_exercise(seed)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_written_to_a_file_and_read_again(tmp_path: Path, seed: int) -> None:
    made = random_exercise(seed)
    file = tmp_path / "mine.py"
    file.write_text(file_text(made), encoding="utf-8")
    read = from_file(str(file))
    for name in ("steps", "shapes", "facts", "title", "text", "seed", "id", "source"):
        assert getattr(read, name) == getattr(made, name)
    assert (read.point(0).truth[made.steps[0]] == made.point(0).truth[made.steps[0]]).all()
