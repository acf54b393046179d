"""What a notebook and Python's own prompt show of an exercise and of a verdict.

A notebook gets Markdown with LaTeX, which reads the same whether the notebook is trusted or not; it strips MathML from
the HTML of one that is not, and leaves its letters behind.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.errors import DrawingError
from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.showing.escaping import plain
from tinygrad_lite.exercises.showing.verdicts import markdown, text


@dataclass(frozen=True, repr=False)
class ShownVerdict(Verdict):
    """A verdict that knows its exercise: printed it is text, and a notebook shows the graph with marks below it."""

    exercise: Any = None

    def __repr__(self) -> str:
        return f"{self.exercise.title}\n\n{text(self)}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        picture = pictured(self.exercise, self)
        return {
            "text/plain": repr(self),
            "text/markdown": markdown(self, self.exercise.title, picture, self._typeset),
        }

    def _typeset(self, step: str, said: Message) -> str | None:
        """What a note says of the derivation, with its formulas set in LaTeX; None for other messages."""
        from tinygrad_lite.exercises.showing.hints import lines
        from tinygrad_lite.notation.formula import latex

        if said.key == "derivation":
            # The rule has no width, and keeps a high fraction away from the line above it.
            return f"the derivation writes $\\displaystyle {lines(self.exercise, step)[-1].latex()} \\rule{{0pt}}{{1.8em}}$"
        if said.key != "why":
            return None
        own = lines(self.exercise, step)
        reasons = dict.fromkeys(line.because for line in own if line.rule != "name" or len(own) == 1)
        return "; ".join(reason.set(plain, lambda formula: f"${latex(formula)}$") for reason in reasons) or None


def bundle(exercise: Any) -> dict[str, str]:
    """What a notebook shows of an exercise: the statement with its picture."""
    from tinygrad_lite.exercises.showing import statement

    return {
        "text/plain": statement.text(exercise),
        "text/markdown": statement.markdown(exercise, pictured(exercise)),
    }


def pictured(exercise: Any, verdict: Verdict | None = None) -> str:
    """The picture as an image of HTML, which Markdown takes, too; where it cannot be drawn, the reason."""
    from tinygrad_lite.exercises.showing import picture
    from tinygrad_lite.pictures.outputs.image import image

    try:
        return image(picture.svg(exercise, verdict), picture.description(exercise, verdict))
    except DrawingError as error:
        return f"<p>No picture: {html.escape(str(error))}</p>"
