"""One line of a derivation, as a reader and a checker take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tinygrad_lite.derivations.formula import Data, Formula
from tinygrad_lite.derivations.normal.terms import Value
from tinygrad_lite.derivations.steps.board import Board
from tinygrad_lite.derivations.steps.lines import Line
from tinygrad_lite.derivations.writing.reasons import Reason
from tinygrad_lite.notation.formula import Notation, latex, unicode


@dataclass(frozen=True)
class Step:
    """One line: left = right, and why.

    formula: the right side, with all that a formula can do; `value`, `evaluate` and the like are its own.
    error: the largest error of the line against the engine's gradient. between: the names of the values that the
    chain rule goes from and, last, to. continues: whether the left side is that of the line before.

    See also: tg.Derivation, tg.derivations.Formula.

    >>> from tinygrad_lite import Tensor
    >>> from tinygrad_lite.derivations import derive
    >>> w = Tensor(3.0, requires_grad=True, name="w")
    >>> step = derive(w**2 / 2, wrt=w).steps[-1]
    >>> step.left, step.right, step.reason
    ('∂C/∂w', 'w', 'differentiate C by w')
    """

    head: Notation
    formula: Formula
    because: Reason
    assumed: Reason
    error: float
    between: tuple[str, ...]
    continues: bool

    # --- the line -----------------------------------------------------------------------------------

    @property
    def left(self) -> str:
        """The left side, in the terminal's notation: ∂C/∂w_j."""
        return unicode(self.head)

    @property
    def right(self) -> str:
        """The right side, in the terminal's notation."""
        return str(self.formula)

    @property
    def nodes(self) -> tuple[Notation, Notation]:
        """Both sides as trees."""
        return self.head, self.formula.node

    @property
    def row(self) -> tuple[str, str, str]:
        """The left side ("" where it is the one before), the right side, and why."""
        return "" if self.continues else self.left, self.right, str(self.said)

    def latex(self) -> str:
        """The line in LaTeX."""
        return f"{latex(self.head)} = {self.formula.latex()}"

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"

    # --- why ----------------------------------------------------------------------------------------

    @property
    def rule(self) -> str:
        """The rule that made the line, in a word: chain, slope, cancel, put in, ..."""
        return self.because.rule

    @property
    def reason(self) -> str:
        """Why the line holds, in a sentence."""
        return str(self.because)

    @property
    def assumption(self) -> str:
        """What the line takes for granted, or ""."""
        return str(self.assumed)

    @property
    def said(self) -> Reason:
        """The reason, with the assumption in brackets where the reason does not say it already."""
        return self.because if self.because.says(self.assumed) else self.because.then(" (", *self.assumed.parts, ")")

    # --- the right side -----------------------------------------------------------------------------

    @property
    def value(self) -> Value:
        """The right side in normal form."""
        return self.formula.value

    @property
    def indices(self) -> tuple[str, ...]:
        """The letters of its axes."""
        return self.formula.indices

    @property
    def sizes(self) -> dict[str, int]:
        """The length of each axis of the graph by its name."""
        return self.formula.sizes

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each named value in it, without axes of size 1."""
        return self.formula.shapes

    @property
    def facts(self) -> dict[str, frozenset[str]]:
        """What is known of the named values in it."""
        return self.formula.facts

    def evaluate(self) -> Data:
        """The numbers of the right side, computed from the data."""
        return self.formula.evaluate()

    def numpy(self) -> str:
        """The right side as NumPy code; `formula.arrays()` says what its names stand for."""
        return self.formula.numpy()


def steps_of(board: Board, lines: Iterable[Line], gradients: bool = True) -> Iterator[Step]:
    """The lines as steps: each with its left side, which a line that goes on takes from the one before.

    gradients: whether the lines are about the gradients of stations, and have their shapes.
    """
    left: Notation | None = None
    for line in lines:
        continues = line.left is None
        left = line.left or left
        assert left is not None
        node = board.stations.names[line.station] if gradients else None
        formula = Formula(board, line.written, line.order, line.right, node)
        between = (*line.above, line.station)
        yield Step(left, formula, line.reason, line.assumption, line.error, between, continues)
