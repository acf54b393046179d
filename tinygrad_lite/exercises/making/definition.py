"""An exercise: a cost function, and the gradients that are asked for, one after another."""

from __future__ import annotations

import inspect
import keyword
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.making.points import POINTS, Point, learned_of, made
from tinygrad_lite.notation.formula import Notation
from tinygrad_lite.tensor.facts import FACTS

_AXIS = re.compile(r"[A-Za-z]|[1-9][0-9]?")
"""The name of an axis is one letter; a number is a length that never changes."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_AXES_OF_FACTS = {"one_hot": 1, "rows sum to 1": 1, "columns sum to 1": 2}
"""How many axes a value must have for a fact to be said of it."""


class Definition:
    """A cost function in plain NumPy, and the gradients of it that a learner derives.

    cost: a function of arrays; its variables give names to the values on the way. steps: what to derive by, in the
    order in which it is asked for, as in "a2 z2 W2 b2". shapes: the axes of each parameter by their letters, as in
    {"x": "m n", "w": "n", "b": ""}; without shapes, they are those of annotations, as in cost(x: "m n", w: "n"), or
    else all parameters are numbers. facts: what is known of parameters, as in tg.Tensor. title, text: what a learner
    reads. seed: other seeds give other numbers. id: the name of its file. source: the text of the cost, which is
    found where it stands in a file.

    Raises ExerciseError for a cost that cannot be called so, and for steps that are not in it.

    See also: tg.exercises.load, tg.exercises.random_exercise, tg.exercises.export, tg.derive.

    >>> import tinygrad_lite as tg
    >>> from tinygrad_lite.exercises import Exercise
    >>> def neuron(w, x, b, y):
    ...     a = tg.sigmoid(w * x + b)
    ...     return (y - a) ** 2 / 2
    >>> exercise = Exercise(neuron, steps="a w b", title="one neuron")
    >>> exercise.steps
    ('a', 'w', 'b')
    """

    def __init__(
        self,
        cost: Callable[..., Any],
        steps: str | Sequence[str],
        shapes: Mapping[str, str] | None = None,
        facts: Mapping[str, str | Sequence[str]] | None = None,
        title: str = "",
        text: str = "",
        seed: int = 0,
        id: str = "",
        source: str = "",
    ) -> None:
        self.cost = cost
        self.parameters = parameters_of(cost)
        self.steps = _steps(steps)
        self.shaped = shapes is not None or bool(annotated(cost))
        self.shapes = _shapes(self.parameters, annotated(cost) or None if shapes is None else shapes)
        self.facts = _facts(self.parameters, self.shapes, facts or {})
        name = getattr(cost, "__name__", "exercise").strip("_<>").replace("lambda", "exercise")
        self.title = title or name.replace("_", " ")
        self.paragraphs = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n") if part.strip()]
        self.seed = _seed(seed)
        self.id = id or name.replace("_", "-")
        self._given_source = source
        self._points: dict[int, Point] = {}
        if not _ID.fullmatch(self.id):
            raise ExerciseError(f"id is the name of a file, of letters, digits and hyphens; got {self.id!r}.")

    @property
    def text(self) -> str:
        """What a learner reads below the title, with an empty line between paragraphs."""
        return "\n\n".join(self.paragraphs)

    @cached_property
    def source(self) -> str:
        """The text of the cost, as it stands in its file; "" where it stands in none."""
        return self._given_source or _source(self.cost)

    @cached_property
    def learned(self) -> set[str]:
        """The parameters that take a gradient."""
        return learned_of(self)

    def point(self, number: int) -> Point:
        """Numbers for the parameters, and the graph of the cost there; the same for the same number."""
        if number not in self._points:
            self._points[number] = made(self, number)
        return self._points[number]

    @property
    def points(self) -> list[Point]:
        """The points at which answers are compared with the gradients."""
        return [self.point(number) for number in range(POINTS)]

    @property
    def unseen(self) -> list[Point]:
        """Points that no diagnosis uses: what a diagnosis says is verified there."""
        return [self.point(number) for number in range(POINTS, POINTS + 2)]

    @cached_property
    def derivation(self) -> Any:
        """The Derivation of all steps at the first point, with the letters and names that a learner sees."""
        from tinygrad_lite.derivations import derive  # imported here: most checks are done without it

        point = self.point(0)
        return derive(point.result, wrt=[point.nodes[step] for step in self.steps])

    def given(self) -> list[tuple[Notation, Notation]]:
        """The formulas of the cost and of the named values, both sides as trees of notation.

        Of values beside the cost, such as an a = σ(z) that only answers use, too.
        """
        from tinygrad_lite.derivations import derive

        point, found = self.point(0), list(self.derivation.given())
        for name in point.beside:
            node = point.nodes[name]
            below = [n for n in graph(node) if n is not node and n.name in point.nodes and n.requires_grad]
            found += derive(node, wrt=below[-1:]).given()[:1] if below else []
        return found

    def again(self, steps: str | Sequence[str] | None = None, seed: int | None = None) -> Self:
        """The same exercise with other steps, or with other numbers."""
        shapes = {name: " ".join(axes) for name, axes in self.shapes.items()} if self.shaped else None
        return type(self)(
            self.cost, self.steps if steps is None else steps, shapes, self.facts, self.title, self.text,
            self.seed if seed is None else seed, self.id, self.source,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<exercise {self.id}: {' '.join(self.steps)}>"


def parameters_of(cost: Any) -> tuple[str, ...]:
    """The names of the parameters of a cost that have no default.

    Raises ExerciseError for what is no function, and for parameters without a fixed name.
    """
    if not callable(cost):
        raise ExerciseError(f"an exercise takes a cost function; got {type(cost).__name__}.")
    try:
        found = inspect.signature(cost).parameters
    except (TypeError, ValueError) as error:
        raise ExerciseError(f"the parameters of {cost!r} are not known; write a function around it.") from error
    for p in found.values():
        if p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            raise ExerciseError(
                f"a cost is called with its parameters by name, and {p} has none. Write them out, as in cost(x, w, b, y)."
            )
    names = tuple(name for name, p in found.items() if p.default is p.empty)
    if not names:
        raise ExerciseError("a cost takes its values as parameters, as in cost(x, w, b, y); this one has none.")
    return names


def annotated(cost: Any) -> dict[str, str]:
    """The axes that a cost says in annotations, as in def cost(x: "m n", w: "n"); {} unless all parameters have some."""
    found = {}
    for name in parameters_of(cost):
        said = inspect.signature(cost).parameters[name].annotation
        if isinstance(said, str) and len(said) > 1 and said[0] == said[-1] and said[0] in "'\"":
            said = said[1:-1]  # with `from __future__ import annotations`, the text of a text
        if not isinstance(said, str) or not all(map(_AXIS.fullmatch, said.split())):
            return {}
        found[name] = said
    return found


def _steps(given: str | Sequence[str]) -> tuple[str, ...]:
    steps = tuple(given.replace(",", " ").split() if isinstance(given, str) else given)
    if not steps or len(set(steps)) != len(steps) or not all(isinstance(step, str) for step in steps):
        raise ExerciseError(f"steps names each gradient once, as in steps='a z w b'; got {given!r}.")
    if words := [step for step in steps if keyword.iskeyword(f"d{step}")]:
        raise ExerciseError(
            f"the answer of the step {words[0]!r} would be called d{words[0]}, which is a word of Python. "
            "Give this variable another name."
        )
    return steps


def _seed(given: Any) -> int:
    try:
        seed = operator.index(given)
    except TypeError:
        seed = -1
    if seed < 0:
        raise ExerciseError(f"seed is a whole number from 0 on; got {given!r}.")
    return seed


def _source(cost: Any) -> str:
    function = inspect.unwrap(cost)
    try:
        text = inspect.cleandoc("\n" + inspect.getsource(function)) + "\n"
    except (OSError, TypeError):
        return ""
    # For what eval() made, Python 3.13 gives the text of `python -c`, under which it may run.
    code = getattr(function, "__code__", None)
    return text if code is None or code.co_name.strip("<>") in text else ""


def _shapes(parameters: Sequence[str], given: Mapping[str, str] | None) -> dict[str, tuple[str, ...]]:
    if given is None:
        return dict.fromkeys(parameters, ())
    unknown, missing = [n for n in given if n not in parameters], [n for n in parameters if n not in given]
    if unknown or missing:
        what = f"{unknown[0]!r}, which is no parameter" if unknown else f"nothing of {missing[0]!r}"
        raise ExerciseError(
            f"shapes says {what}; the parameters are {', '.join(parameters)}. A number has the axes ''."
        )
    found = {name: tuple(axes.split() if isinstance(axes, str) else map(str, axes)) for name, axes in given.items()}
    for name, axes in found.items():
        if strange := [a for a in axes if not _AXIS.fullmatch(a)]:
            raise ExerciseError(
                f"shapes: an axis is one letter, such as m, or its length; {name!r} has {strange[0]!r} in "
                f"{given[name]!r}. Write letters with spaces between them, as in 'm n'."
            )
        if both := [a for a in axes if a in parameters]:
            raise ExerciseError(
                f"shapes: {both[0]!r} is an axis of {name!r} and a parameter, so that an answer with {both[0]} could mean "
                "either. Take another letter for the axis."
            )
    return found


def _facts(
    parameters: Sequence[str], shapes: Mapping[str, tuple[str, ...]], given: Mapping[str, str | Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    found = {name: (facts,) if isinstance(facts, str) else tuple(facts) for name, facts in given.items()}
    for name, facts in found.items():
        if name not in parameters:
            raise ExerciseError(f"facts: {name!r} is no parameter; the parameters are {', '.join(parameters)}.")
        for fact in facts:
            if fact not in FACTS:
                raise ExerciseError(f"facts: {name!r} has the unknown fact {fact!r}; known are {', '.join(FACTS)}.")
            if len(shapes[name]) < _AXES_OF_FACTS.get(fact, 0):
                raise ExerciseError(
                    f"facts: {fact!r} is said of rows, and {name!r} has {len(shapes[name])} axes. Say its axes in shapes."
                )
    return found
