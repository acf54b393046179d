"""Any exercise as a file to hand out: one of the path by its id, others with the program that makes them."""

from __future__ import annotations

from pathlib import Path

from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.path import PATH
from tinygrad_lite.exercises.path.files import file_text


def export(exercise: Exercise, path: str | Path) -> None:
    """Write an exercise to hand out, as .py, .html, .ipynb or .md: statement, picture, room for answers, how to check.

    As .tex it is a sheet of paper: the statement, and room to write.
    No solution, hint or number of a gradient is in the file. An exercise that is not of the path is in it as a program:
    its cost, and the line that makes the exercise.
    Raises ExerciseError for another ending, WriteError where the file cannot be written.

    See also: tg.exercises.file_text, tg.exercises.from_file.

    >>> import tinygrad_lite as tg
    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tg.exercises.export(tg.exercises.load("first-step"), Path(folder, "first.md"))
    ...     print(Path(folder, "first.md").read_text(encoding="utf-8").splitlines()[0])
    ### A first step: the quadratic cost
    """
    from tinygrad_lite.exercises.showing.export import export as write  # imported here: it brings pictures

    known = exercise in PATH or Path(path).suffix == ".py"  # who fills in a .py hands it back to be graded
    write(exercise, path, "" if known else file_text(exercise))
