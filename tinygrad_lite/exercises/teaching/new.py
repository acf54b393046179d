"""An exercise from a cost function: the line that a teacher writes, filled in as far as the function says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from traceback import walk_tb
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import ExerciseError, line_in
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.making.definition import annotated, parameters_of
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.exercises.making.tracing import code_of
from tinygrad_lite.exercises.path.files import functions_of, namespace, parts, quoted
from tinygrad_lite.exercises.teaching.shapes import CHOSEN, INPUTS, TARGETS, proposed
from tinygrad_lite.tensor.facts import FACTS
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.wrapping import wrapped

WIDTH = 100
"""How long the line may be before it is broken."""

MOST_TRIES = 12
"""How many shapes are tried as an exercise, at most."""

_AXES = re.compile(r"\s*([A-Za-z]|[1-9][0-9]?)?(\s+([A-Za-z]|[1-9][0-9]?))*\s*")


@dataclass(frozen=True)
class Draft:
    """An exercise that a teacher still looks through.

    call: Exercise(...) as text. questions: what was assumed, and what only the teacher knows. works: whether it is an
    exercise as it stands.
    """

    name: str
    call: str
    questions: tuple[str, ...]
    works: bool

    @property
    def text(self) -> str:
        """The lines to put below the cost function."""
        asked = [line for question in self.questions for line in wrapped(question, WIDTH - 10, "# Check: ", "#   ")]
        return "\n".join(["from tinygrad_lite.exercises import Exercise", "", *asked, f"{self.name} = {self.call}", ""])


def draft(source: str, steps: str = "", shapes: str = "", title: str = "") -> Draft:
    """The exercise of a cost function, given as FILE.py:COST; its file is run.

    steps: what to ask for, as in "a2 z2 W2"; shapes: as in "x: m n, W1: n h"; what is not given is proposed.
    Raises ExerciseError where there is no such function, and for shapes that cannot be read.
    """
    file, name = parts(source)
    found = namespace(file)
    cost = found.get(name)
    if not inspect.isfunction(cost):
        raise ExerciseError(
            f"teach new takes FILE.py:COST, a cost function in a file; got {source!r}. "
            f"Its functions are: {', '.join(functions_of(found)) or 'none'}."
        )
    return of_function(cost, steps, read_shapes(shapes), title)


def of_function(cost: Callable[..., Any], steps: str, known: Mapping[str, str], title: str = "") -> Draft:
    """The same for a function and shapes that are known."""
    parameters = parameters_of(cost)
    if unknown := [n for n in known if n not in parameters]:
        raise ExerciseError(f"--shapes: {unknown[0]!r} is no parameter; the parameters are {', '.join(parameters)}.")
    known = {**annotated(cost), **known}
    name = re.sub(r"\W", "_", cost.__name__)
    title = title or cost.__name__.replace("_", " ").capitalize()
    learned = [p for p in parameters if not any(_is(p, kind) for kind in (INPUTS, TARGETS, CHOSEN))] or parameters
    found: list[dict[str, str]] = []
    point, facts, trouble = None, dict[str, str](), ""
    failed: list[Exception] = []
    for alike in islice(proposed(cost, parameters, known, failed), MOST_TRIES):
        found = [_renamed(each, set(parameters), known) for each in alike]
        point, facts, trouble = _point(cost, learned, found[0])
        if point is not None:
            break
    if point is None:
        shapes = {p: known.get(p, "?") for p in parameters}
        why = f"{trouble or _no_shapes(cost, failed)} Write the axes of each parameter for the '?'."
        return Draft(f"{name}_exercise", _call(cost, steps or "?", shapes, {}, title), (why,), False)
    found = [_renamed(each, set(point.nodes), known) for each in found]
    shapes, questions = found[0], list(_about_shapes(found, known))
    for target, fact in facts.items():
        others = ", ".join(repr(other) for other in FACTS if other != fact)
        questions.append(f"Is {target} {fact!r}? Else leave facts out, or say one of {others}.")
    order = steps or " ".join(chain(point, learned))
    _made(cost, order, shapes, facts).point(0)  # raises where a step is not there
    return Draft(f"{name}_exercise", _call(cost, order, shapes, facts, title), tuple(questions), True)


def _no_shapes(cost: Callable[..., Any], failed: Sequence[Exception]) -> str:
    """That no shapes were found, and what the cost raised where it came farthest."""
    said = "no shapes were found with which the cost is one number."
    code = code_of(cost)
    if not failed or code is None:
        return said

    def reached(error: Exception) -> int:
        return max((line for frame, line in walk_tb(error.__traceback__) if frame.f_code is code), default=0)

    last = max(failed, key=reached)
    raised = f"{type(last).__name__}: {last}".rstrip(".")
    return f"{said} {code.co_filename}{line_in(last, code.co_filename)} raised {raised}."


def read_shapes(text: str) -> dict[str, str]:
    """The axes of parameters, from a text.

    >>> read_shapes("x: m n, W1: n h, b:")
    {'x': 'm n', 'W1': 'n h', 'b': ''}
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, colon, axes = (piece.strip() for piece in part.partition(":"))
        if not colon or not name.isidentifier() or not _AXES.fullmatch(axes):
            raise ExerciseError(f"--shapes: {part!r} cannot be read. Write 'x: m n, W1: n h', and 'b:' for a number.")
        found[name] = " ".join(axes.split())
    return found


def _about_shapes(found: Sequence[Mapping[str, str]], known: Mapping[str, str]) -> Iterator[str]:
    guessed = [name for name in found[0] if name not in known]
    if guessed:
        yield f"Are these the shapes? {_said(found[0], guessed)}. They were found by trying."
    for other in found[1:]:
        yield f"Or rather {_said(other, [n for n in guessed if other[n] != found[0][n]])}?"


def _said(shapes: Mapping[str, str], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {' × '.join(shapes[name].split()) or 'a number'}" for name in names)


def _renamed(shapes: Mapping[str, str], taken: set[str], known: Mapping[str, str]) -> dict[str, str]:
    """Shapes whose letters mean nothing else in the cost; those that are given stay as they are."""
    given = {a for axes in known.values() for a in axes.split()}
    letters = dict.fromkeys(a for axes in shapes.values() for a in axes.split() if a.isalpha())
    free = (letter for letter in "klpqrsdeuvKLPQRSDEUV" if letter not in taken and letter not in letters)
    names = {letter: next(free) if letter in taken and letter not in given else letter for letter in letters}
    return {name: " ".join(names.get(a, a) for a in axes.split()) for name, axes in shapes.items()}


def _is(name: str, kind: Sequence[str]) -> bool:
    return name.rstrip("0123456789_").lower() in kind


def _point(
    cost: Callable[..., Any], learned: Sequence[str], shapes: Mapping[str, str]
) -> tuple[Point | None, dict[str, str], str]:
    """A point of the cost, with the facts of its targets that it needs; without one, why."""
    trouble = ""
    targets = [name for name in shapes if _is(name, TARGETS)]
    tried: list[dict[str, str]] = [{}, *({t: fact} for t in targets for fact in FACTS)]
    for facts in tried:
        try:
            point = _made(cost, learned, shapes, facts).point(0)
        except ExerciseError as error:
            trouble = trouble or str(error)
            continue
        if not facts and (likely := _likely(point, targets, shapes)):
            try:
                return _made(cost, learned, shapes, likely).point(0), likely, ""
            except ExerciseError:
                pass
        return point, facts, ""
    return None, {}, trouble


def _made(
    cost: Callable[..., Any], steps: str | Sequence[str], shapes: Mapping[str, str], facts: Mapping[str, str]
) -> Exercise:
    """The exercise; without shapes where all parameters are numbers, as the line is written."""
    return Exercise(cost, steps, shapes=shapes if any(shapes.values()) else None, facts=facts)


def _likely(point: Point, targets: Sequence[str], shapes: Mapping[str, str]) -> dict[str, str]:
    """What costs with a softmax or logarithms take their targets for."""
    nodes = graph(point.result)
    calls = {node.call.name for node in nodes if node.call is not None}
    used = {node.primitive.name for node in nodes if node.primitive is not None}
    if "log_softmax" in calls or any(map(_is_softmax, nodes)):
        return {t: "rows sum to 1" for t in targets if shapes[t]}
    return {t: "in (0, 1)" for t in targets if "log" in used}


def _is_softmax(node: Tensor) -> bool:
    """Whether a computed value has rows of probabilities, as a softmax has, whoever wrote it."""
    if node.primitive is None or not node.requires_grad or not node.shape or node.shape[-1] == 1:
        return False
    values = node.numpy()
    return bool((values > 0).all() and np.allclose(values.sum(axis=-1), 1))


def chain(point: Point, learned: Sequence[str]) -> list[str]:
    """The values in the order of the chain rule: from the cost on, each followed by what learns in it."""
    names = {node: name for name, node in point.nodes.items()}
    values = [n for n in graph(point.result) if n.requires_grad and n in names and n.primitive is not None]
    values = sorted((n for n in values if n is not point.result), key=_serial, reverse=True)
    within: dict[Tensor | None, list[str]] = {}
    for name in learned:
        first = min(n.serial for n in graph(point.result) if any(x is point.nodes[name] for x in n.inputs))
        within.setdefault(min((v for v in values if v.serial >= first), key=_serial, default=None), []).append(name)
    order = [*within.get(None, [])]
    for value in values:
        order += [names[value], *within.get(value, [])]
    return order


def _serial(node: Tensor) -> int:
    return node.serial


def _call(cost: Callable[..., Any], steps: str, shapes: Mapping[str, str], facts: Mapping[str, str], title: str) -> str:
    """Exercise(...), on one line where there is room."""
    parts = [cost.__name__, f"steps={quoted(steps)}"]
    if any(shapes.values()):
        parts.append(f"shapes={quoted(shapes)}")
    if facts:
        parts.append(f"facts={quoted(facts)}")
    parts += [f"title={quoted(title)}", 'text=""']
    line = f"Exercise({', '.join(parts)})"
    return line if len(line) <= WIDTH else "Exercise(\n" + "".join(f"    {part},\n" for part in parts) + ")"
