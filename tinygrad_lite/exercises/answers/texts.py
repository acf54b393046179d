"""The numbers of a formula that was typed; the text is parsed and never run."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.exercises.answers.axes import Gradient, Letters, Unplaced
from tinygrad_lite.exercises.answers.kinds import Formula, Trouble
from tinygrad_lite.exercises.answers.products import with_signs
from tinygrad_lite.exercises.answers.results import as_array
from tinygrad_lite.exercises.answers.steps import step_of
from tinygrad_lite.exercises.answers.vocabulary import Unknown, Vocabulary
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.exercises.making.quiet import quiet
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.evaluating import CONSTANTS
from tinygrad_lite.typed.graphs import FUNCTIONS, Typed, graph_of, read
from tinygrad_lite.typed.spelling import canonical

_CODE = re.compile(r"\b(np|numpy)\.|\.(T|shape|sum|mean|reshape|dot|astype|ravel|flatten)\b|\blen\(|\bfor\b.+\bin\b")
"""What a text has that was meant as NumPy code."""

_EQUALS = re.compile(r"(?<![=<>!:≤≥≠])=(?!=)")


@dataclass(frozen=True)
class Text:
    """A formula that was read: its tree, and the letters of its left side in their order, "" for none."""

    exercise: Definition
    step: str
    typed: Typed
    letters: str

    def at(self, point: Point, own: Mapping[str, Any]) -> Any:
        """The numbers at a point, or Trouble."""
        with quiet():
            return self._at(Vocabulary(self.exercise, self.step, point, own))

    def _at(self, names: Vocabulary) -> Any:
        try:
            return self._value(names)
        except Unplaced as error:
            return Trouble("shape", str(error))
        except t.Misfit as error:
            shapes = self._misfit(names)
            return Trouble("misfit", shapes) if shapes else _unreadable(error, self.typed.text)
        except FormulaError as error:
            return _unreadable(error, self.typed.text)
        except TinygradLiteError as error:
            return Trouble("unreadable", f"{self.typed.text!r} cannot be computed: {error}")
        except (ArithmeticError, ValueError, TypeError, IndexError):
            return Trouble("unreadable", f"{self.typed.text!r} cannot be computed on the values of this exercise.")

    def _value(self, names: Vocabulary) -> Any:
        tree = t.changed(self.typed.tree, lambda node: _activation(node, names))
        if self.typed.indexed:
            tree = t.changed(tree, lambda node: _size(node, names))
            lengths = _lengths(tree, names)
            tree = t.changed(tree, lambda node: _kronecker(node, names, lengths))
        found = self._found(tree, names)
        gradient = self._gradient(names)
        if self.typed.indexed:
            squeezed = {name: np.squeeze(value) if np.ndim(value) else value for name, value in found.items()}
            letters = Letters(gradient, self.typed.text, {name: np.shape(v) for name, v in squeezed.items()})
            tree = letters.read(tree)
            value, _ = graph_of(replace(self.typed, tree=tree), {**squeezed, **letters.brackets})
            return letters.put(as_array(value))
        value = as_array(graph_of(replace(self.typed, tree=with_signs(tree, self._shape(found))), found)[0])
        if isinstance(value, Trouble) or value.ndim or any(map(np.ndim, found.values())):
            return value
        return np.broadcast_to(value, gradient.shape)  # a formula without axes is meant for every element

    def _shape(self, found: Mapping[str, Any]) -> Callable[[t.Syntax], tuple[int, ...]]:
        """The shape of a part of the formula, on the arrays of its names."""
        return lambda node: np.shape(graph_of(replace(self.typed, tree=node), found)[0])

    def _gradient(self, names: Vocabulary) -> Gradient:
        return Gradient(f"d{self.step}", names.shape, self.letters, names.point.sizes, self._letters)

    def _letters(self) -> str:
        return "".join(self.exercise.derivation.formulas[self.step].indices)

    def _found(self, tree: t.Syntax, names: Vocabulary) -> dict[str, Any]:
        """The arrays of the names in a tree; FormulaError points at one that means nothing here."""
        found: dict[str, Any] = {}
        for node in t.variables(tree):
            if node.text in found or (node.text in CONSTANTS and node.text not in names.values):
                continue
            try:
                found[node.text] = names.of(node.text, len(node.indices) if self.typed.indexed else None)
            except Unknown as error:
                raise t.pointed(self.typed.text, node.place, str(error)) from None
        self._refuse_chain_rule(tree, names)
        return found

    def _refuse_chain_rule(self, tree: t.Syntax, names: Vocabulary) -> None:
        """Refuse ∂C/∂a ∂a/∂z: of derivatives alone, nothing is worked out."""
        used = [node for node in t.variables(tree) if node.text not in (*names.point.sizes, *CONSTANTS)]
        if all(names.is_derivative(node.text) for node in used):
            left = [node for node in used if names.step_of(node.text) is None]
            if left and left[0].text not in self._printed:
                message = (
                    f"this is the chain rule itself: work out {left[0].text}, by the values or as a slope such as σ′(z)"
                )
                raise t.pointed(self.typed.text, left[0].place, message)

    @cached_property
    def _printed(self) -> set[str]:
        """The names in the lines of the derivation for this step: it leaves a slope that has no other name."""
        lines = [line for line in self.exercise.derivation.steps if line.between[-1] == self.step]
        names = Vocabulary(self.exercise, self.step, self.exercise.point(0), {})
        trees = [read(line.right, names.values, names.functions).tree for line in lines]
        return {node.text for tree in trees for node in t.variables(tree)}

    def _misfit(self, names: Vocabulary) -> str:
        """Which operands do not fit, by their shapes; "" where the reason is another."""
        gradient = self._gradient(names)
        found = self._found(self.typed.tree, names)

        shape = self._shape(found)

        def search(node: t.Syntax) -> str:
            for child in t.children(node):
                if found := search(child):
                    return found
            if not isinstance(node, t.Binary):
                return ""
            try:
                left, right = (shape(with_signs(side, shape)) for side in (node.left, node.right))
            except (TinygradLiteError, ValueError, TypeError):
                return ""
            bare = node.sign in (" ", "·")
            if not left or not right or (bare and left == right):
                return ""  # numbers fit anything, and a bare product of arrays may be either
            try:
                shape(with_signs(node, shape))
            except t.Misfit:
                sides = f"{gradient.shown(left)} and {gradient.shown(right)}"
                where = "in this product" if bare else f"at this {node.sign}"
                return str(t.pointed(self.typed.text, node.place, f"the shapes {sides} do not fit {where}"))
            return ""

        return "" if self.typed.indexed else search(self.typed.tree)


def _unreadable(error: FormulaError, text: str) -> Trouble:
    hint = (
        "\nNumPy code stands without quotes; in a notebook it is a function: lambda x, y: …"
        if _CODE.search(text)
        else ""
    )
    return Trouble("unreadable", f"{error}{hint}")


def text(formula: Formula, exercise: Definition, step: str) -> Text | Trouble:
    """A formula, read once for all points."""
    left, right = sides(formula.text)
    names = Vocabulary(exercise, step, exercise.point(0), {})
    letters = step_of(formula.left, exercise.steps)[1] if formula.left else ""
    try:
        if left is not None:
            letters = _of_left(left, names, step) or letters
        typed = names.read(right)
    except FormulaError as error:
        return _unreadable(error, right)
    axes = [n for n in names.shape if n != 1]
    if letters and len(letters) != len(axes):
        return Trouble("left", _of_letters(letters, step, len(axes)))
    return Text(exercise, step, typed, letters)


def _of_letters(letters: str, step: str, axes: int) -> str:
    """What is said of a left side that has another number of letters than the gradient has axes."""
    written = "1 letter" if len(letters) == 1 else f"{len(letters)} letters"
    there = "is one number" if not axes else "has 1 axis" if axes == 1 else f"has {axes} axes"
    more = ": is a sum missing?" if len(letters) > axes else "."
    return f"the left side has {written}, and d{step} {there}{more}"


def _of_left(left: str, names: Vocabulary, step: str) -> str:
    """The letters of a left side such as ∂C/∂W_jk; FormulaError where it is another step's."""
    tree = read(left, names.values).tree
    if not isinstance(tree, t.Variable) or names.step_of(tree.text) != step:
        raise t.pointed(left, 0, f"the left side is not d{step}: write the right side alone, or d{step} = …")
    return tree.letters


def sides(text: str) -> tuple[str | None, str]:
    """The left side of an equation, None where there is none, and the right side."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and _EQUALS.match(text, place):
            return text[:place].strip(), text[place + 1 :].strip()
    return None, text


def _activation(node: t.Syntax, names: Vocabulary) -> t.Syntax | None:
    """f′(z) and f(z) of an activation of this exercise as names: its own slope may be known to the cost alone."""
    match node:
        case t.FunctionCall(function=function, primes=primes, arguments=(t.Variable(text=argument, places=()) as of,)):
            known = function in FUNCTIONS and not (primes and function == "leaky_relu")
            edge = None if known else names.activation(function, canonical(argument))
            if edge is not None and primes <= 1:
                name = f"{function}{'′' * primes}({argument})"
                names.values[name] = edge.derivative if primes else edge.above.detach().numpy()
                return t.Variable(node.place, name, of.letters)
    return None


def _lengths(tree: t.Syntax, names: Vocabulary) -> dict[str, int]:
    """How far each letter runs at the names of a tree, but for δ."""
    found: dict[str, int] = {}
    for node in t.variables(tree):
        if node.text != "delta":
            with contextlib.suppress(Unknown):
                found.update(zip(node.indices, np.shape(names.of(node.text, len(node.indices))), strict=False))
    return found


def _kronecker(node: t.Syntax, names: Vocabulary, lengths: Mapping[str, int]) -> t.Syntax | None:
    """δ_jk as [j = k], where j and k run over one axis at other names and no gradient with two axes is called δ.

    One of the letters may stand at δ alone: then the left side says how far it runs.
    """
    match node:
        case t.Variable(text="delta", letters=letters, places=()) if len(letters) == 2:
            one, other = (lengths.get(c, 0) for c in letters)
            try:
                gradient = np.ndim(names.of("delta", 2)) == 2
            except Unknown:
                gradient = False
            known = {one, other} - {0}
            return t.Kronecker(node.place, *letters) if len(known) == 1 and not gradient else None
    return None


def _size(node: t.Syntax, names: Vocabulary) -> t.Syntax | None:
    """n without an index as a size, where n_ij is a value: the derivation writes both."""
    match node:
        case t.Variable(text=name, letters="", places=()) if name in names.point.sizes and np.ndim(names.values[name]):
            return t.Variable(node.place, f"{name}_")
    return None


def at_points(formula: Formula, exercise: Definition, step: str, points: Sequence[Point],
              earlier: Sequence[Mapping[str, Any]]) -> list[Any]:  # fmt: skip
    """The numbers of a formula at each point, or Trouble."""
    found = text(formula, exercise, step)
    if isinstance(found, Trouble):
        return [found] * len(points)
    return [found.at(point, own) for point, own in zip(points, earlier, strict=True)]
