"""What a notebook and Python's own prompt show of an exercise and of a verdict."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.errors import DrawingError
from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.showing.verdicts import html, text


@dataclass(frozen=True, repr=False)
class ShownVerdict(Verdict):
    """A verdict that knows its exercise: printed it is text, and a notebook shows the graph with marks below it."""

    exercise: Any = None

    def __repr__(self) -> str:
        return f"{self.exercise.title}\n\n{text(self)}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        picture = pictured(self.exercise, self)
        return {"text/plain": repr(self), "text/html": html(self, self.exercise.title, picture)}


def bundle(exercise: Any) -> dict[str, str]:
    """What a notebook shows of an exercise: the statement with its picture."""
    from tinygrad_lite.exercises.showing import statement

    return {
        "text/plain": statement.text(exercise),
        "text/markdown": statement.markdown(exercise, pictured(exercise)),
    }


def pictured(exercise: Any, verdict: Verdict | None = None) -> str:
    """The picture as an image of HTML, which Markdown takes, too; where it cannot be drawn, the reason.

    As an image it is left out as a whole where a notebook is not trusted, and its names cannot clash with others.
    """
    import html as web

    from tinygrad_lite.exercises.showing import picture

    try:
        data = base64.b64encode(picture.svg(exercise, verdict).encode()).decode()
    except DrawingError as error:
        return f"<p>No picture: {web.escape(str(error))}</p>"
    words = web.escape(picture.description(exercise, verdict), quote=True).replace("\n", "; ")
    return f'<img alt="{words}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
