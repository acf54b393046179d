"""The two formulas that are judged: texts, functions of arrays, and formulas of derivations."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinygrad_lite.derivations.normal.numbers import quiet
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.notation.styles import IN_CODE
from tinygrad_lite.tensor.facts import FACTS
from tinygrad_lite.typed import graphs as ty
from tinygrad_lite.typed.spelling import canonical
from tinygrad_lite.typed.tree import Misfit, Syntax, Variable, changed

MOST_ELEMENTS = 1_000_000
"""How many elements a name may have where its shape is given."""

LEAST_AXES = {"one_hot": 1, "rows sum to 1": 1, "columns sum to 1": 2}
"""How many axes a name has at least, of which such a fact is known."""

Shape = tuple[int, ...]
Facts = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Side:
    """One of the two formulas; ``axes`` are the letters of its result in the order of the axes, where that is known."""

    names: list[str]
    typed: ty.Typed | None
    function: Callable[..., Any] | None
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    axes: str = ""

    @staticmethod
    def of(formula: Any, known: Collection[str] = (), functions: Collection[str] = ()) -> Side:
        """A formula from a text, from a function, or from a formula or a step of a derivation.

        known: names that are values, whatever else they could mean. functions: more functions that a text may call.
        """
        if isinstance(formula, str):
            read = _read(formula, known, functions)
            return Side(read.names(), read, None)
        if hasattr(formula, "shapes") and hasattr(formula, "facts"):
            read = _read(str(getattr(formula, "right", formula)), known, functions)
            own = read.names()
            shapes = {_spelled(n): s for n, s in formula.shapes.items() if _spelled(n) in own}
            facts = {_spelled(n): f & FACTS.keys() for n, f in formula.facts.items() if _spelled(n) in own}
            return Side(own, read, None, shapes, facts, "".join(getattr(formula, "indices", ())))
        if callable(formula):
            return Side(_parameters(formula), None, formula)
        kind = type(formula).__name__
        raise FormulaError(f"a formula is a text or a function of arrays, or comes from a derivation; got {kind}.")

    def value(self, point: Mapping[str, Any]) -> tuple[Any, str]:
        """The graph (or the array) at a point, and its index letters."""
        with quiet():
            if self.typed is not None:
                return self.arranged(*ty.graph_of(self.typed, point, kept=True))
            assert self.function is not None
            try:
                return self.function(*(point[n] for n in self.names)), ""
            except (ValueError, TypeError, IndexError, AttributeError) as error:
                shapes = ", ".join(f"{n} {np.shape(point[n])}" for n in self.names)
                raise Misfit(f"the function cannot be computed on the shapes {shapes}: {error}") from None

    def arranged(self, value: Any, letters: str) -> tuple[Any, str]:
        """A value with the axes of its letters in the order that is known of the result."""
        if letters != self.axes and sorted(letters) == sorted(self.axes):
            return np.transpose(value, [letters.index(c) for c in self.axes]), self.axes
        return value, letters

    @property
    def ordered(self) -> bool:
        """Whether the order of the result's axes is known: in index notation, letters have none."""
        return self.typed is None or not self.typed.indexed or self.axes != ""


def _in_one_spelling(name: str) -> str:
    """A name of code as what is printed for it is spelled: lam is printed as λ, which is lambda."""
    return canonical(IN_CODE[name]) if name in IN_CODE else name


def _spelled(name: str) -> str:
    """The one spelling of a name: σ is sigma, lam is lambda."""
    return canonical(_in_one_spelling(name))


def _read(text: str, known: Collection[str], functions: Collection[str]) -> ty.Typed:
    """A formula that was typed, its names in their one spelling."""
    typed = ty.read(text, known, functions)

    def change(node: Syntax) -> Syntax | None:
        if isinstance(node, Variable) and node.text in IN_CODE:
            return Variable(node.place, _in_one_spelling(node.text), node.letters, node.places)
        return None

    return replace(typed, tree=changed(typed.tree, change))


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        return [_in_one_spelling(name) for name in inspect.signature(function).parameters]
    except ValueError:
        raise FormulaError(
            f"the names of a function are its parameters; {function!r} does not tell them. "
            "Write lambda z: ... around it."
        ) from None


def given_shapes(sides: Sequence[Side], shapes: Mapping[str, Sequence[int]] | None) -> dict[str, Shape]:
    """The shapes that were given, or that a derivation knows; checked."""
    found: dict[str, Any] = {}
    for side in sides:
        found.update(side.shapes)
    found.update(_of_names("shapes", shapes or {}, all_names(sides)))
    return {name: _shape(name, shape) for name, shape in found.items()}


def given_facts(
    sides: Sequence[Side], facts: Mapping[str, str | Iterable[str]] | None, shapes: Mapping[str, Shape]
) -> dict[str, frozenset[str]]:
    """The facts that were given, or that a derivation knows; checked."""
    found: dict[str, frozenset[str]] = {}
    for side in sides:
        for name, own in side.facts.items():
            found[name] = found.get(name, frozenset()) | own
    for name, words in _of_names("facts", facts or {}, all_names(sides)).items():
        found[name] = found.get(name, frozenset()) | _words(name, words)
    for name, own in found.items():
        if "one_hot" in own and own & {"positive", "in (0, 1)"}:
            raise FormulaError(f"facts: {name!r} is one_hot, so most of it is 0, and not {_listed(own - {'one_hot'})}.")
        if name in shapes:
            check_axes(name, len(shapes[name]), own, f"its shape is {shapes[name]}")
    return found


def check_axes(name: str, rank: int, facts: frozenset[str], seen: str) -> None:
    """Raise FormulaError where a fact takes more axes than a name has."""
    for fact in sorted(facts):
        least = LEAST_AXES.get(fact, 0)
        if rank < least:
            axes = "an axis" if least == 1 else f"{least} axes"
            raise FormulaError(f"facts: {name!r} is said to be {fact!r}, which takes {axes}; {seen}.")


def _listed(facts: Iterable[str]) -> str:
    return " or ".join(sorted(facts))


def _words(name: str, words: str | Iterable[str]) -> frozenset[str]:
    """The facts of a name, each of them known."""
    try:
        own = frozenset((words,) if isinstance(words, str) else words)
    except TypeError:
        raise FormulaError(
            f"facts: {name!r} has a fact or a list of facts, such as 'positive'; got {words!r}."
        ) from None
    if strange := [w for w in own if w not in FACTS]:
        raise FormulaError(
            f"facts of {name!r}: {min(strange, key=repr)!r} is not one of {', '.join(map(repr, FACTS))}."
        )
    return own


def all_names(sides: Sequence[Side]) -> list[str]:
    """The names of both formulas."""
    return list(dict.fromkeys(n for s in sides for n in s.names))


def one_hot_names(sides: Sequence[Side]) -> set[str]:
    """The names whose rows have one 1, as a cost or a derivation knows."""
    return {name for side in sides for name, facts in side.facts.items() if "one_hot" in facts}


def _of_names(what: str, given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What is given for names, these spelled as in the formulas; FormulaError for one that is not there."""
    found = {name if name in names else _spelled(name): value for name, value in given.items()}
    unknown = [name for name in found if name not in names]
    if unknown:
        raise FormulaError(f"{what} are given for {unknown[0]!r}, which no formula has; names are: {', '.join(names)}.")
    return found


def _shape(name: str, given: Any) -> Shape:
    """A shape that was given, as whole numbers."""
    try:
        shape = tuple(operator.index(n) for n in given)
    except TypeError:
        raise FormulaError(f"shapes: {name!r} has a tuple of whole numbers, such as (5, 3); got {given!r}.") from None
    if any(n < 1 for n in shape) or math.prod(shape) > MOST_ELEMENTS:
        raise FormulaError(
            f"shapes: {name!r} has sizes of 1 or more and at most {MOST_ELEMENTS:,} elements; got {shape}. "
            "The formulas are tried out on random numbers: small shapes do."
        )
    return shape
