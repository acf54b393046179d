"""One line of a derivation, as a reader and a checker take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tinygrad_lite.derivations.steps.lines import Line
from tinygrad_lite.derivations.writing.reasons import Reason
from tinygrad_lite.notation.formula import Notation, latex, unicode


@dataclass(frozen=True)
class Step:
    """One line: left = right, the reason, the assumption used (or ""), the check's largest error.

    ``left`` and ``right`` are in the terminal's notation; ``latex()`` gives the line in LaTeX.
    """

    nodes: tuple[Notation, Notation]
    because: Reason
    assumed: Reason
    error: float
    continues: bool

    @property
    def left(self) -> str:
        """The left side: ∂C/∂w_j."""
        return unicode(self.nodes[0])

    @property
    def right(self) -> str:
        """The right side."""
        return unicode(self.nodes[1])

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

    @property
    def row(self) -> tuple[str, str, str]:
        """The left side ("" where it is the one before), the right side, and why."""
        return "" if self.continues else self.left, self.right, str(self.said)

    def latex(self) -> str:
        """The line in LaTeX."""
        return f"{latex(self.nodes[0])} = {latex(self.nodes[1])}"

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


def steps_of(lines: Iterable[Line]) -> Iterator[Step]:
    """The lines as steps: each with its left side, which a line that goes on takes from the one before."""
    left: Notation | None = None
    for line in lines:
        continues = line.left is None
        left = line.left or left
        assert left is not None
        yield Step((left, line.right), line.reason, line.assumption, line.error, continues)
