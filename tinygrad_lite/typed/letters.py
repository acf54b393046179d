"""What the letters of index notation run over: those of one axis are one run, and each sum has letters of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.typed import tree as t


@dataclass
class Run:
    """What a letter runs over, None where that is not known, and the name that says so.

    axis: a name or a length, as the caller has it. like: the other letter of [j = k], which runs over the same.
    """

    axis: Any = None
    where: str = ""
    like: Run | None = None

    @property
    def root(self) -> Run:
        """The run that says it for all letters that are equal."""
        return self if self.like is None else self.like.root


class Runs:
    """The runs of the letters of a tree.

    axes: the axis of each index of a name; None for a name that says nothing. clash: the error for a letter at two
    axes, from the letter, its run so far, the other axis, and the name that has it.

    >>> from tinygrad_lite.typed.parser import parse
    >>> runs = Runs(lambda name: {"W": ["h", "J"], "a": ["h"]}[name.text], lambda *seen: ValueError(seen))
    >>> scope = runs.of(parse("sum_k W_kj a_k"))
    >>> scope["j"].axis
    'J'
    """

    def __init__(
        self, axes: Callable[[t.Variable], Sequence[Any] | None], clash: Callable[[str, Run, Any, str], Exception]
    ) -> None:
        self._axes = axes
        self._clash = clash
        self.brackets: dict[int, Run] = {}
        """The run of each [j = k], by its place in the text."""

    def of(self, tree: t.Syntax) -> dict[str, Run]:
        """The runs of the letters that no sum runs over; some may not be known yet."""
        scope = {letter: Run() for letter in t.free_letters(tree)}
        self._walk(tree, scope)
        return scope

    def settle(self, run: Run, letter: str, axis: Any, where: str) -> None:
        """Say what a letter runs over; the error of ``clash`` where it runs over something else already."""
        run = run.root
        if run.axis is not None and run.axis != axis:
            raise self._clash(letter, run, axis, where)
        run.axis, run.where = axis, run.where or where

    def settle_open(self, scope: dict[str, Run], letters: Iterable[tuple[str, Any]], where: str) -> None:
        """Say what those letters run over that stand at no name: in [j = k] alone."""
        for letter, axis in letters:
            if letter in scope and scope[letter].root.axis is None:
                self.settle(scope[letter], letter, axis, where)

    def _walk(self, node: t.Syntax, scope: dict[str, Run]) -> None:
        match node:
            case t.IndexSum(letters=letters):
                scope = scope | {letter: Run() for letter in letters}
            case t.Variable():
                for letter, axis in zip(node.indices, self._axes(node) or (), strict=False):
                    if letter.isalpha():
                        self.settle(scope[letter], letter, axis, node.text)
        for child in t.children(node):
            self._walk(child, scope)
        if isinstance(node, t.Kronecker):
            self._bracket(node, scope)

    def _bracket(self, node: t.Kronecker, scope: dict[str, Run]) -> None:
        """Both letters of [j = k] run over one axis."""
        one, *others = (scope[letter].root for letter in (node.left, node.right) if letter.isalpha())
        self.brackets[node.place] = one
        for other in others:
            if other is not one:
                if one.axis is not None and other.axis is not None:
                    self.settle(other, f"{node.left} = {node.right}", one.axis, one.where)
                one.axis, one.where = one.axis if one.axis is not None else other.axis, one.where or other.where
                other.like = one
