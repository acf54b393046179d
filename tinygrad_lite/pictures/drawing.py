"""Drawing: what `tg.draw` gives, and every form that it can be had in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygrad_lite.errors import DrawingError, DTypeError
from tinygrad_lite.files import write
from tinygrad_lite.pictures.outputs import dot, layout, svg
from tinygrad_lite.pictures.outputs.direction import SLIDE, fitting
from tinygrad_lite.pictures.outputs.image import CLASS, DARK_NOTEBOOKS, image
from tinygrad_lite.pictures.outputs.lettering import blocks
from tinygrad_lite.pictures.outputs.states import State, states
from tinygrad_lite.pictures.outputs.tree import tree
from tinygrad_lite.pictures.view.building import LIMIT, view_of
from tinygrad_lite.pictures.view.folding import fold_rule
from tinygrad_lite.pictures.view.model import View
from tinygrad_lite.pictures.view.reading import Subject
from tinygrad_lite.tensor.keywords import answering
from tinygrad_lite.tensor.tensor import Tensor

if TYPE_CHECKING:
    import graphviz

__all__ = ["Drawing", "check_direction", "draw", "grads_to_show"]

DIRECTIONS = ("LR", "TB", "RL", "BT")
PNG_DPI = 144


class Drawing:
    """A picture of a graph: `save` it, `print(d.text())`, or let a notebook show it.

    view: the boxes, edges and frames that are drawn, for programs that want to read them.

    See also: tg.draw, tg.pictures.compare.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor(3.0, requires_grad=True, name="w")
    >>> drawing = tg.draw(w * w)
    >>> [box.title for box in drawing.view.boxes], len(drawing.view.edges)
    (['w', 'v1 = w × w'], 2)
    """

    def __init__(self, view: View, direction: str | None, states: Callable[[], list[State]] | None = None) -> None:
        self.view = view
        self.direction = direction or fitting(view)
        self._asked = direction
        self._states = states or (lambda: [State("", view, {})])

    def to_dot(self) -> str:
        """The picture in Graphviz's language; needs no Graphviz."""
        return dot.source(self.view, self.direction)

    def to_graphviz(self) -> graphviz.Digraph:
        """A `graphviz.Digraph` to go on with; needs no Graphviz."""
        return dot.to_digraph(self.view, self.direction)

    def text(self) -> str:
        """A tree for a terminal; needs no Graphviz."""
        return tree(self.view)

    @cached_property
    def _laid(self) -> str:
        """The SVG of Graphviz, with rooms for the texts."""
        return layout.render(dot.source(self.view, self.direction, rooms=True), "svg").decode()

    def to_svg(self, dark: bool = False) -> str:
        """The picture as SVG, dark: on dark paper. Raises DrawingError where there is no Graphviz."""
        return svg.for_file(self._laid, blocks(self.view, folds=False), self.view.title, self.text(), dark)

    def image(self) -> str:
        """The picture as an `<img>` for a notebook or a page. Raises DrawingError where there is no Graphviz."""
        return image(self.to_svg(), self.text())

    def to_html(self, predict: bool = False) -> str:
        """One self-contained page that steps through the backward pass. Raises DrawingError without Graphviz.

        predict: the page asks for each gradient before it shows it, as a page for teaching does; a number or a formula
        is judged. Its reader can switch this on and off in every page.
        """
        from tinygrad_lite.pictures.outputs.page.page import page

        return page(self._states(), self.direction, predict)

    def stepper(self, height: int = 640) -> Stepper:
        """The page of `to_html` for a notebook, in a frame of so many pixels."""
        return Stepper(self.to_html(), height, self)

    def to_slides(self) -> bytes:
        """A PDF that goes through the backward pass, one page a step, in the direction that fills a wide slide better.

        Raises MissingExtraError without pypdf, DrawingError without Graphviz.
        """
        from tinygrad_lite.pictures.outputs.slides import slides

        return slides(self._states()[0], self._asked or fitting(self.view, SLIDE))

    def save(
        self, path: str | os.PathLike[str], predict: bool = False, steps: bool = False, dark: bool = False
    ) -> None:
        """Write a .svg, .png, .pdf, .dot, .html or .txt file, by its ending.

        predict: of a page, see `to_html`. steps: of a PDF, one page a step, see `to_slides`. dark: of an .svg, on dark
        paper; a page needs no such choice, it is dark where its reader's system is.

        Raises DrawingError for another ending or without Graphviz, WriteError where the file cannot be written,
        MissingExtraError for steps without pypdf.
        """
        target = Path(path)
        ending = target.suffix.lower()
        if ending not in _WRITERS:
            raise DrawingError(
                f"a drawing is saved as {', '.join(_WRITERS)}; got {target.name!r}. Choose one of these."
            )
        if predict and ending != ".html":
            raise DrawingError(f"only a page can ask for gradients; got {target.name!r}. Save it as .html.")
        if steps and ending != ".pdf":
            raise DrawingError(f"only a PDF has one page a step; got {target.name!r}. Save it as .pdf.")
        if dark and ending != ".svg":
            raise DrawingError(f"only .svg can be made dark; got {target.name!r}. Save it as .svg.")
        if predict:
            data = self.to_html(predict).encode()
        elif dark:
            data = self.to_svg(dark).encode()
        else:
            data = self.to_slides() if steps else _WRITERS[ending](self)
        write(target, data)

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": self.text()}
        try:
            bundle["image/svg+xml"] = self.to_svg()
            bundle["text/html"] = self.image()
        except DrawingError as error:
            bundle["text/plain"] += f"\n\n({error})"
        return bundle

    def __repr__(self) -> str:
        return f"<drawing of {len(self.view.boxes)} boxes: .save('x.svg'), .save('x.html'), print(d.text())>"


class Stepper:
    """The page in a frame of its own, so that it and the notebook keep out of each other's way."""

    def __init__(self, page: str, height: int, drawing: Drawing) -> None:
        self._page = page
        self._height = int(height)
        self._drawing = drawing

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Any = None) -> dict[str, str]:
        import html

        page = html.escape(self._page, quote=True)
        # A notebook that is not trusted takes the frame away, and shows what is in it.
        still = f"A page that steps through the graph; to see it, run this cell, or trust this notebook.<br>{self._drawing.image()}"
        frame = f'<iframe class="{CLASS}" srcdoc="{page}" style="width:100%;height:{self._height}px;border:0">{still}</iframe>'
        return {"text/plain": self._drawing.text(), "text/html": DARK_NOTEBOOKS + frame}


_WRITERS: dict[str, Callable[[Drawing], bytes]] = {
    ".svg": lambda d: d.to_svg().encode(),
    ".png": lambda d: layout.render(dot.source(d.view, d.direction, dpi=PNG_DPI), "png"),
    ".pdf": lambda d: layout.render(d.to_dot(), "pdf"),
    ".dot": lambda d: d.to_dot().encode(),
    ".html": lambda d: d.to_html().encode(),
    ".txt": lambda d: (d.text() + "\n").encode(),
}


@answering("tg.draw")
def draw(
    t: Tensor,
    *,
    fold: Any = True,
    grads: bool | None = None,
    direction: str | None = None,
    upto: Any = None,
    repeat: bool | None = None,
    limit: int = LIMIT,
    widths: bool = False,
) -> Drawing:
    """The graph of a tensor as a picture: values, gradients, and the local derivative on each edge.

    fold: which composites are one box: True, False, a number of levels to open, or a set of names.
    grads: gradients beside the values: None once `backward()` has brought one, True always (computed here, `.grad` is
    not touched), False never. For a tensor with several elements they are those of its sum.
    direction: "LR", "TB", "RL", "BT", or None for what the shape of the graph asks for. upto: where to stop: a number of steps back, a tensor, a name, or several.
    repeat: draw equal steps as one box `× n`; None does so in large graphs only. limit: the most boxes to draw.
    widths: an edge is as wide as the term is large that the backward pass sends along it, ten times as large is twice
    as wide; this needs gradients, so that None means True for `grads`. Every page has a switch for it.

    Raises DTypeError for what is no Tensor, DrawingError for options that mean nothing and for graphs that stay too
    large to read, StaleGraphError where data was changed after the graph was made.

    See also: tg.Drawing, tg.pictures.compare, tg.derive.

    >>> import tinygrad_lite as tg
    >>> z = tg.Tensor(4.0, requires_grad=True, name="z")
    >>> a = tg.sigmoid(z)
    >>> a.name = "a"
    >>> print(tg.draw(a, grads=True).text())
    a = σ(z) · result · scalar float64 · 0.982 · ▲ saturated: slope at 7 % of its maximum · ∂a/∂a = 1.0
    └─ [∂a/∂z = a (1 − a) = 0.01766] z · learns · scalar float64 · 4.0 · ∂a/∂z = 0.01766
    """
    if not isinstance(t, Tensor):
        raise DTypeError(f"draw takes a Tensor; got {type(t).__name__}. Compute it from Tensors.")
    check_direction(direction)
    subject = Subject(t, upto, grads_to_show(grads, widths))
    rule = fold_rule(fold, [subject.folds])
    view = view_of(subject, rule, repeat, limit, widths)

    def foldings() -> list[State]:
        subject = Subject(t, upto, True)
        return states(lambda r: view_of(subject, r, repeat, limit, widths), subject.folds.calls(), rule)

    return Drawing(view, direction, foldings)


def grads_to_show(grads: bool | None, widths: bool) -> bool | None:
    """`grads` as it is meant beside `widths`. Raises DrawingError for options that mean nothing."""
    if grads is not None and not isinstance(grads, bool):
        raise DrawingError(f"grads is True, False or None; got {grads!r}.")
    if not isinstance(widths, bool):
        raise DrawingError(f"widths is True or False; got {widths!r}.")
    if widths and grads is False:
        raise DrawingError("widths=True draws how much gradient goes along each edge; got grads=False. Leave one out.")
    return True if widths else grads


def check_direction(direction: str | None) -> None:
    """Raises DrawingError for a direction that Graphviz does not know."""
    if direction is not None and direction not in DIRECTIONS:
        raise DrawingError(f"direction is one of {', '.join(DIRECTIONS)}; got {direction!r}.")
