"""Exercises in files: read from a teacher's own, and written so that they can be read again."""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tinygrad_lite import sources
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.making.definition import annotated, parameters_of
from tinygrad_lite.exercises.making.tracing import code_of

IMPORTED = {"np": "import numpy as np", "tg": "import tinygrad_lite as tg"}
"""The names that a cost may use besides its own, and how a file gets them."""


def from_file(source: str, steps: str | Sequence[str] | None = None, seed: int | None = None) -> Exercise:
    """The exercise in a Python file, given as FILE.py:NAME: an Exercise, or a cost function; the file is run.

    FILE.py alone is enough where it has one Exercise. steps: what to derive by; needed for a function. seed: other
    numbers than the Exercise says. A function says its axes in annotations, as in cost(x: "m n", w: "n").
    Raises ExerciseError where there is no such file or name, where the file fails, and for a function of which steps or
    axes are not known: the line to write is in the message.

    See also: tg.exercises.file_text, tg.exercises.export.

    >>> import tinygrad_lite as tg
    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.py")
    ...     _ = path.write_text(tg.exercises.file_text(tg.exercises.load("first-step")), encoding="utf-8")
    ...     tg.exercises.from_file(str(path)).steps
    ('a',)
    """
    file, name = parts(source)
    found = namespace(file)
    value = _named(found, file, name)
    if isinstance(value, Exercise):
        return value if steps is None and seed is None else value.again(steps, seed)
    parameters_of(value)
    if steps is None:
        raise ExerciseError(
            f"{source} is a function; which of its gradients are asked for? Write below it, with what you want of\n"
            f"    {_line(value)}\nand give the name of that, or let `tinygrad-lite teach new {source}` write it."
        )
    exercise = Exercise(value, steps, seed=seed or 0)
    try:
        exercise.point(0)
    except ExerciseError as error:
        if exercise.shaped:
            raise
        raise ExerciseError(f"{error}\nThat is a line below it:\n    {_line(value, steps)}") from error
    return exercise


def parts(source: str) -> tuple[Path, str]:
    """The file and the name of FILE.py:NAME; the name is "" where there is none. Raises ExerciseError for another text."""
    file, colon, name = source.rpartition(":") if ".py:" in source else (source, "", "")
    if not file.endswith(".py") or (colon and not name.isidentifier()):
        raise ExerciseError(f"an exercise is given as FILE.py:NAME; got {source!r}. Name a function or Exercise in it.")
    return Path(file), name


def namespace(path: Path) -> dict[str, Any]:
    """What a teacher's own file defines: it is run, but not as __main__.

    Raises ExerciseError where it is missing or fails, with the line.
    """
    return sources.namespace(path, ExerciseError)


def functions_of(found: Mapping[str, Any]) -> list[str]:
    """The names of the functions that a file defines itself."""
    return [name for name, value in found.items() if inspect.isfunction(value) and value.__module__ == sources.RUN_AS]


def _named(found: Mapping[str, Any], path: Path, name: str) -> Any:
    """The Exercise or function called so; without a name, the only Exercise."""
    exercises = [n for n, value in found.items() if isinstance(value, Exercise)]
    functions = functions_of(found)
    if name in found:
        if isinstance(found[name], Exercise) or callable(found[name]):
            return found[name]
        raise ExerciseError(
            f"{name} in {path} is {type(found[name]).__name__}, and neither an Exercise nor a cost function."
        )
    if not name and len(exercises) == 1:
        return found[exercises[0]]
    asked = f"has no {name!r}" if name else f"has {len(exercises) or 'no'} exercises, so that one must be named"
    known = f"exercises: {', '.join(exercises) or 'none'}; functions: {', '.join(functions) or 'none'}"
    raise ExerciseError(f"{path} {asked}. Its {known}. Write {path}:NAME.")


def _line(cost: Callable[..., Any], steps: str | Sequence[str] | None = None) -> str:
    """The line that makes an exercise of a function, filled in as far as it is known."""
    known = annotated(cost)
    shapes = ", ".join(f'"{name}": "{known.get(name, "…")}"' for name in parameters_of(cost))
    asked = steps if isinstance(steps, str) else " ".join(steps or _values(cost))
    return f'exercise = Exercise({cost.__name__}, steps="{asked}", shapes={{{shapes}}})'


def _values(cost: Callable[..., Any]) -> list[str]:
    """All that could be asked for, from the last value to the parameters."""
    try:
        point = Exercise(cost, parameters_of(cost)).point(0)
    except ExerciseError:  # its axes are not known, so that it cannot be computed; some of these may be no arrays
        code = code_of(cost)
        variables = () if code is None else code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]
        return [*reversed(variables), *parameters_of(cost)]
    inner = [n for n, node in point.nodes.items() if node.primitive is not None and node is not point.result]
    used = {n.name for n in graph(point.result)}
    return [*reversed([n for n in inner if n in used]), *(n for n in parameters_of(cost) if n in used)]


# --- written ---------------------------------------------------------------------------------------------------------


def file_text(exercise: Exercise) -> str:
    """A Python file that defines `exercise`; from_file reads it again.

    Raises ExerciseError for a cost of which the text is not known, or that needs more than np, tg and its parameters.

    See also: tg.exercises.from_file, tg.exercises.export.

    >>> import tinygrad_lite as tg
    >>> print(tg.exercises.file_text(tg.exercises.load("first-step")).splitlines()[-1])
    )
    """
    try:
        (function,) = ast.parse(exercise.source).body
    except (SyntaxError, ValueError):
        function = ast.Pass()
    if not isinstance(function, ast.FunctionDef):
        raise ExerciseError(f"the text of the cost of {exercise.id} is not known. Write it with def in a file.")
    used = _outer_names(function)
    if unknown := [n for n in used if n not in IMPORTED]:
        raise ExerciseError(
            f"the cost of {exercise.id} uses {unknown[0]!r} of its own file. Use np, tg and parameters."
        )
    lines = [f'""{quoted(exercise.title)}""', ""]
    if _annotations(function):  # so that nothing looks up the names in them
        lines += ["from __future__ import annotations", ""]
    lines += [IMPORTED[n] for n in IMPORTED if n in used] + ["from tinygrad_lite.exercises import Exercise", "", ""]
    lines += [exercise.source.rstrip(), "", "", "exercise = Exercise("]
    lines += [f"    {line}" for line in (f"{function.name},", *_arguments(exercise))]
    return "\n".join([*lines, ")", ""])


def _outer_names(function: ast.FunctionDef) -> list[str]:
    """The names that a function takes from its file when it runs, in the order in which they occur."""
    left_out = {name for annotation in _annotations(function) for name in ast.walk(annotation)}
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node not in left_out]
    own = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.name for node in ast.walk(function) if isinstance(node, ast.FunctionDef)}
    return list(dict.fromkeys(node.id for node in names if node.id not in own and not hasattr(builtins, node.id)))


def _annotations(function: ast.FunctionDef) -> list[ast.expr]:
    """What is said of the types of parameters, results and variables."""
    nodes = list(ast.walk(function))
    found = [node.annotation for node in nodes if isinstance(node, ast.arg | ast.AnnAssign)]
    found += [node.returns for node in nodes if isinstance(node, ast.FunctionDef)]
    return [annotation for annotation in found if annotation is not None]


def _arguments(exercise: Exercise) -> Iterator[str]:
    """The arguments of Exercise(...) below the cost, a line each."""
    yield f"steps={quoted(' '.join(exercise.steps))},"
    yield f"shapes={quoted({name: ' '.join(axes) for name, axes in exercise.shapes.items()})},"
    if facts := {name: own[0] if len(own) == 1 else list(own) for name, own in exercise.facts.items() if own}:
        yield f"facts={quoted(facts)},"
    yield f"title={quoted(exercise.title)},"
    yield "text=("
    for line in exercise.text.splitlines(keepends=True) or [""]:
        kept = textwrap.wrap(line, 100, drop_whitespace=False, replace_whitespace=False, expand_tabs=False)
        yield from (f"    {quoted(part)}" for part in kept or [line])
    yield "),"
    yield f"seed={exercise.seed},"
    yield f"id={quoted(exercise.id)},"


def quoted(value: Any) -> str:
    """Texts, and lists and dictionaries of texts, as Python that stands in double quotes."""
    return json.dumps(value, ensure_ascii=False)
