"""Exercises: derive a gradient yourself, and be told which slip you made.

>>> import tinygrad_lite as tg
>>> exercise = tg.exercises.load("two-layers")
>>> bool(exercise.check(dz2="(a2 - y)/m")["z2"].accepted)
True
"""

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.handout import export
from tinygrad_lite.exercises.judging.verdict import StepVerdict, Verdict
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.path import PATH
from tinygrad_lite.exercises.path.chance import random_exercise
from tinygrad_lite.exercises.path.files import file_text, from_file
from tinygrad_lite.typed.spelling import nearest

__all__ = [
    "PATH", "Exercise", "Message", "StepVerdict", "Verdict", "export", "file_text", "from_file", "load", "random_exercise",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)


def load(id: str | int) -> Exercise:
    """An exercise of the path through the lecture, by its name or its number (from 1).

    Raises ExerciseError for one that is not there.

    See also: tg.exercises.PATH, tg.exercises.Exercise, tg.exercises.random_exercise.

    >>> import tinygrad_lite as tg
    >>> tg.exercises.load("one-neuron")
    <exercise one-neuron: a z w b>
    """
    for number, exercise in enumerate(PATH, 1):
        if str(id) in (exercise.id, str(number)):
            return exercise
    ids = [exercise.id for exercise in PATH]
    meant = f"did you mean {near!r}? They" if (near := nearest(str(id), ids)) else "they"
    raise ExerciseError(f"there is no exercise {id!r}; {meant} are {', '.join(ids)}.")
