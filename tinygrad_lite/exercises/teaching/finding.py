"""The exercise that a teacher names: an id of the path, or FILE.py:NAME."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.exercise import Exercise


def exercise_named(spec: str) -> Exercise:
    """The exercise with this id of the path, or the one called NAME in a file, given as FILE.py:NAME or FILE.py.

    Raises ExerciseError where there is none, or several and none is named.

    >>> exercise_named("one-neuron")
    <exercise one-neuron: a z w b>
    """
    file, _, name = spec.partition(".py:") if ".py:" in spec else (spec.removesuffix(".py"), "", "")
    if not spec.endswith(".py") and ".py:" not in spec:
        from tinygrad_lite.exercises import load

        return load(spec)
    return named_in(namespace(Path(f"{file}.py")), f"{file}.py", name)


def named_in(found: dict[str, Any], file: str, name: str) -> Exercise:
    """The Exercise called name among what a file defines; without a name, the only one there."""
    own = {n: value for n, value in found.items() if isinstance(value, Exercise)}
    if name in own:
        return own[name]
    if not name and len(own) == 1:
        return next(iter(own.values()))
    listed = ", ".join(own) or "none; tinygrad-lite teach new makes one from a cost function"
    raise ExerciseError(f"{file} has no exercise {name!r}; its exercises are: {listed}. Name one as {file}:NAME.")


def namespace(path: Path) -> dict[str, Any]:
    """What a teacher's own file defines: it is run. Raises ExerciseError where it is missing or fails."""
    if not path.is_file():
        raise ExerciseError(f"there is no file {path}. Check the path.")
    sys.path.insert(0, str(path.resolve().parent))
    try:
        return runpy.run_path(str(path), run_name="__exercise__")
    except Exception as error:
        raise ExerciseError(f"{path} raised {type(error).__name__}: {error}. Run it by itself first.") from error
    finally:
        sys.path.pop(0)
