"""What is asked: the gradient by one value of a derivation, and the names that an answer may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from tinygrad_lite.derivations.judging.sides import Side
from tinygrad_lite.derivations.judging.vocabulary import Vocabulary
from tinygrad_lite.derivations.normal.terms import Index
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.steps.board import Gradient
from tinygrad_lite.derivations.steps.checking import Facts
from tinygrad_lite.derivations.steps.walk import Chain
from tinygrad_lite.errors import DerivationError, FormulaError
from tinygrad_lite.notation.formula import unicode
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import graphs as ty
from tinygrad_lite.typed import tree as t

EQUALS = re.compile(r"(?<![=<>!:])=(?!=)")
"""The sign of an equation, not a part of a comparison."""


class Question:
    """The gradient by ``target``. ``written`` are the letters of a left side, one for each axis, or None."""

    def __init__(self, chain: Chain, target: Tensor, written: str | None = None) -> None:
        self.chain = chain
        self.target = target
        self.written = written
        self.vocabulary = Vocabulary(chain)
        self._points: list[tuple[Facts, Any]] = []
        self._more: Iterator[tuple[Facts, Any]] | None = None

    @cached_property
    def gradient(self) -> Gradient | None:
        """The gradient in normal form; None where it has no formula."""
        found = self.chain.gradients.get(key_of(self.target))
        opaque = found is not None and any(n is self.target for n in self.vocabulary.signals(found.value))
        return None if opaque else found

    @property
    def formal(self) -> tuple[Index | None, ...]:
        """The index of each axis of the gradient; None for an axis of size 1."""
        return (*self.chain.stations.outputs, *self.chain.stations.axes.formal(self.target))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the gradient: where what is derived has several elements, its axes come first."""
        return self.chain.stations.out_shape + self.target.shape

    @property
    def order(self) -> tuple[Index, ...]:
        """The indices of the gradient."""
        return tuple(index for index in self.formal if index is not None)

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of the gradient that have an index."""
        return tuple(index.axis for index in self.order)

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that the derivation writes at the gradient."""
        writer = self.chain.writer(self.order)
        return tuple(writer.bind(index) for index in self.order)

    def shown(self, indices: bool = False) -> str:
        """∂C/∂w, or ∂C/∂w_j."""
        if indices:
            own = self.chain.stations.formal(self.target)
            return unicode(self.chain.partial(self.target, self.chain.writer(self.order), own))
        return unicode(self.chain.title(self.target))

    def points(self, make: Callable[[Question], Iterator[tuple[Facts, Any]]]) -> Iterator[tuple[Facts, Any]]:
        """The points of this question: each is made once."""
        if self._more is None:
            self._more = make(self)
        place = 0
        while place < len(self._points) or (new := next(self._more, None)) is not None:
            if place == len(self._points):
                self._points.append(new)  # type: ignore[arg-type]
            yield self._points[place]
            place += 1


class Questions:
    """The questions that were asked of one derivation: what was worked out for one is kept."""

    def __init__(self, chain: Chain, wrt: Sequence[Tensor], again: Callable[[Sequence[Tensor]], Chain]) -> None:
        self._chain = chain
        self._wrt = list(wrt)
        self._again = again  # the same, derived by other tensors
        self._found: dict[tuple[int, str | None], Question] = {}

    @cached_property
    def own(self) -> Vocabulary:
        """The names of the derivation as it stands."""
        return Vocabulary(self._chain)

    def asked(self, formula: Any, wrt: Any) -> tuple[Question, Side]:
        """What is asked, and the answer that was given; DerivationError for what nobody can derive by."""
        written: t.Variable | None = None
        if isinstance(formula, str):
            left, formula = _sides(formula)
            written = self._left(left) if left is not None else None
        target = self._target(wrt, written)
        side = Side.of(formula, self.own.names, self.own.functions)
        letters = None if written is None else self._checked(written, target)
        question = self._question(target, letters or (side.axes or None))
        needed = [n for name in side.names for n in self._signals(question, name)]
        if any(key_of(n) not in question.chain.gradients for n in needed):
            question = Question(self._walked([target, *needed]), target, question.written)
        _known(side, question.vocabulary)
        return question, replace(side, axes="")

    def _signals(self, question: Question, name: str) -> list[Tensor]:
        known = question.vocabulary.names.get(name)
        return [] if known is None else question.vocabulary.signals(known)

    # --- what is differentiated by -----------------------------------------------------------------------

    def _left(self, text: str) -> t.Variable:
        """The left side of an equation: ∂C/∂w_jk, dW1_jk, δ⁽²⁾_ij."""
        tree = ty.read(text, self.own.names).tree
        if not isinstance(tree, t.Variable) or self._of_left(tree) is None:
            raise t.pointed(text, 0, f"a left side is a gradient, such as ∂C/∂w_jk; the names are: {self._listed()}")
        return tree

    def _of_left(self, left: t.Variable) -> Tensor | None:
        """The value whose gradient a left side is."""
        known = self.own.names.get(left.text)
        if known is not None and (found := self.own.signals(known)):
            return found[0]
        return self.own.node(left.text[1:]) if left.text[:1] == "d" else None

    def _target(self, wrt: Any, left: t.Variable | None) -> Tensor:
        of_left = None if left is None else self._of_left(left)
        if wrt is None:
            if of_left is None and len(self._wrt) > 1:
                names = [repr(self._name(x)) for x in self._wrt]
                raise DerivationError(
                    f"this derivation has several gradients: by {', '.join(names)}. Say which one, as in wrt={names[0]}."
                )
            return self._wrt[0] if of_left is None else of_left
        target = self._given(wrt)
        if of_left is not None and of_left is not target:
            raise FormulaError(
                f"the left side is the gradient by {self._name(of_left)!r}, and wrt is {self._name(target)!r}. "
                "Leave one of them out."
            )
        return target

    def _given(self, wrt: Any) -> Tensor:
        if isinstance(wrt, str):
            found = self.own.node(wrt)
            if found is None:
                raise DerivationError(f"this derivation has no {wrt!r}; its names are: {self._listed()}.")
            return found
        if not isinstance(wrt, Tensor):
            raise DerivationError(
                f"wrt takes a Tensor or a name; got {type(wrt).__name__}. The names are: {self._listed()}."
            )
        if not any(node is wrt for node in self._chain.stations.nodes) or not wrt.requires_grad:
            raise DerivationError(
                f"no gradient reaches {wrt.name or 'this tensor'!r} here; the names are: {self._listed()}."
            )
        return wrt

    def _listed(self) -> str:
        return ", ".join(repr(name) for name in self.own.nodes)

    def _name(self, node: Tensor) -> str:
        return self._chain.stations.symbols[key_of(node)].name

    # --- the derivation by it ------------------------------------------------------------------------------

    def _question(self, target: Tensor, written: str | None) -> Question:
        key = (key_of(target), written)
        if key not in self._found:
            reached = key_of(target) in self._chain.gradients
            chain = self._chain if reached else self._walked([target])
            self._found[key] = Question(chain, target, written)
        return self._found[key]

    def _walked(self, more: Sequence[Tensor]) -> Chain:
        """The chain rule down to more values; without their gradients where these have no formula."""
        return self._again([*self._wrt, *(n for n in more if not any(n is w for w in self._wrt))])

    def _checked(self, left: t.Variable, target: Tensor) -> str | None:
        """The letters of a left side: one for each axis."""
        axes = len(self._chain.around(self._chain.stations.formal(target)))
        if left.letters and len(left.letters) != axes:
            raise FormulaError(
                f"the left side has {len(left.letters)} indices, and the gradient by {self._name(target)!r} has {axes}."
            )
        return left.letters or None


def _sides(text: str) -> tuple[str | None, str]:
    """The left side of an equation, None where there is none, and the right side."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and EQUALS.match(text, place):
            return text[:place].strip(), text[place + 1 :].strip()
    return None, text


def _known(side: Side, vocabulary: Vocabulary) -> None:
    """Raise FormulaError for a name that the derivation does not have."""
    unknown = [name for name in side.names if name not in vocabulary.names]
    if not unknown:
        return
    message = f"this derivation has no {unknown[0]!r}; its names are: {vocabulary.shown()}"
    for node in t.variables(side.typed.tree) if side.typed is not None else ():
        if node.text == unknown[0]:
            raise t.pointed(side.typed.text, node.place, message)  # type: ignore[union-attr]
    raise FormulaError(f"{message}.")
