"""Where the axes of an answer in index notation belong in the gradient.

At a point all sizes differ, so the length of a letter's axis says which axis it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.axes import letter_of, lettered
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.letters import Run, Runs


class Unplaced(Exception):
    """An answer whose axes are not those of the gradient; says both."""


@dataclass(frozen=True)
class Gradient:
    """The gradient that is asked for at a point: how it is called, its shape, and the letters of a left side.

    letters: "" where no left side has letters. printed: the letters that the derivation writes, asked for only where
    an axis comes twice.
    """

    name: str
    shape: tuple[int, ...]
    letters: str
    sizes: Mapping[str, int]
    printed: Callable[[], str]

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths of the axes that have a letter."""
        return tuple(n for n in self.shape if n != 1)

    def axis(self, length: int) -> str:
        """An axis by its name, or by its length where that is fixed."""
        return letter_of(length, self.sizes)

    def shown(self, shape: Sequence[int]) -> str:
        """A shape in the names of its sizes: (m, h)."""
        return lettered(shape, self.sizes)


@dataclass
class Letters:
    """The axes that the letters of a tree run over; Unplaced where one runs over two."""

    gradient: Gradient
    text: str
    shapes: Mapping[str, tuple[int, ...]]
    brackets: dict[str, Any] = field(default_factory=dict)
    """The numbers of [j = k], by the names that ``named`` gives to them."""

    def read(self, tree: t.Syntax) -> t.Syntax:
        """The tree with its [j = k] as names; the letters are kept for ``put``."""
        self.free = "".join(sorted(t.free_letters(tree)))
        runs = Runs(self._axes, self._clash)
        scope = runs.of(tree)
        if any(run.root.axis is None for run in scope.values()):
            runs.settle_open(scope, self._own(), self.gradient.name)
        self.lengths = {letter: run.root.axis or 0 for letter, run in scope.items()}
        return t.changed(tree, partial(self._named, runs.brackets))

    def _own(self) -> list[tuple[str, int]]:
        """The letters of the gradient itself, or all of the answer's where it has one axis only."""
        lengths, letters = self.gradient.lengths, self.gradient.letters
        if not letters and len(set(lengths)) == 1:
            return [(letter, lengths[0]) for letter in self.free]
        letters = letters or self.gradient.printed()
        return list(zip(letters, lengths, strict=bool(letters)))

    def put(self, value: Any) -> Any:
        """The numbers of the tree, which have the axes of its letters in their order, in the shape of the gradient.

        With another shape they stay as they are written, so that a slip can be found in them; Unplaced where the
        shape alone does not say that.
        """
        value, left = np.asarray(value), self.gradient.letters
        if left and set(self.free) == set(left):
            whole = tuple(self.lengths[letter] for letter in left)
            turned = np.transpose(value, [self.free.index(letter) for letter in left])
            return turned.reshape(self.gradient.shape) if whole == self.gradient.lengths else turned
        try:
            places = self._places()
        except Unplaced:
            if value.shape in (self.gradient.shape, self.gradient.lengths):
                raise
            return value
        turned = np.transpose(value, sorted(range(len(self.free)), key=lambda n: places[self.free[n]]))
        here = set(places.values())
        spread = turned[tuple(slice(None) if n in here else np.newaxis for n in range(len(self.gradient.lengths)))]
        return np.broadcast_to(spread, self.gradient.lengths).reshape(self.gradient.shape)

    # --- which axis of the gradient a letter is ----------------------------------------------------------------

    def _places(self) -> dict[str, int]:
        places: dict[str, int] = {}
        for letter in self.free:
            place = self._place(letter)
            for other, taken in places.items():
                if taken == place:
                    axis = self.gradient.axis(self.lengths[letter])
                    raise Unplaced(
                        f"{other} and {letter} both run over the axis {axis}, and {self.gradient.name} has it once"
                    )
            places[letter] = place
        return places

    def _place(self, letter: str) -> int:
        gradient, length = self.gradient, self.lengths[letter]
        fitting = [n for n, own in enumerate(gradient.lengths) if own == length]
        letters = gradient.letters
        if not letters and len(fitting) > 1:
            letters = gradient.printed()
            if letter not in letters:
                raise Unplaced(
                    f"{gradient.name} has the axis {gradient.axis(length)} {len(fitting)} times: which one is {letter!r}? "
                    f"Begin with a left side that has letters, such as {gradient.name}_{''.join(sorted(self.free))} = …"
                )
        if letters:
            fitting = [n for n in fitting if letters[n] == letter]
        if not fitting:
            over = f"runs over the axis {gradient.axis(length)}" if length else "stands at no name"
            own = (
                ", ".join(f"{c} over {gradient.axis(n)}" for c, n in zip(letters, gradient.lengths, strict=True))
                if letters
                else f"the axes {gradient.shown(gradient.lengths)}"
            )
            raise Unplaced(f"{letter} {over}, and {gradient.name} has {own if gradient.lengths else 'no axis'}")
        return fitting[0]

    # --- how far a letter runs ---------------------------------------------------------------------------------

    def _axes(self, node: t.Variable) -> tuple[int, ...] | None:
        shape = self.shapes.get(node.text)
        if shape is not None and len(shape) != len(node.indices):
            axes = f"the axes {self.gradient.shown(shape)}" if shape else "no axis"
            many = len(node.indices)
            here = "no index" if not many else "1 index" if many == 1 else f"{many} indices"
            raise t.pointed(self.text, node.place, f"{node.text!r} has {axes}, and {here} here")
        return shape

    def _clash(self, letter: str, run: Run, length: int, where: str) -> Unplaced:
        one, other = self.gradient.axis(run.axis), self.gradient.axis(length)
        return Unplaced(f"{letter} runs over the axis {one} at {run.where}, and over {other} at {where}")

    def _named(self, brackets: Mapping[int, Run], node: t.Syntax) -> t.Syntax | None:
        if not isinstance(node, t.Kronecker):
            return None
        length = brackets[node.place].root.axis
        if not length:
            raise t.pointed(self.text, node.place, "what do the letters run over? They stand at no name")
        place = int(node.right) if node.right.isdigit() else None
        if place is not None and place >= length:
            axis = self.gradient.axis(length)
            raise t.pointed(self.text, node.place, f"the axis {axis} has {length} places here; got {place}")
        name = f"[{length}]" if place is None else f"[{length}, {place}]"
        self.brackets[name] = np.eye(length) if place is None else np.eye(length)[place]
        return t.Variable(node.place, name, node.left + (node.right if place is None else ""))
