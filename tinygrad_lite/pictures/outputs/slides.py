"""The backward pass as a PDF of one page a step, for slides: in LaTeX \\includegraphics<3>[page=3]{steps.pdf}.

All pages have one layout: each box, edge and frame keeps the room of the largest that is written there on any page.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil

from tinygrad_lite.errors import MissingExtraError, extra
from tinygrad_lite.pictures.edges.numbers import equals, one_line
from tinygrad_lite.pictures.outputs import dot, html_labels, layout
from tinygrad_lite.pictures.outputs.labels import (
    BLUE,
    GREY,
    ODD,
    SHEET,
    ZERO,
    Row,
    Run,
    has_tiles,
    legend_rows,
    rows,
)
from tinygrad_lite.pictures.outputs.lettering import Block, beside
from tinygrad_lite.pictures.outputs.states import State
from tinygrad_lite.pictures.outputs.story import Term
from tinygrad_lite.pictures.outputs.widths import looks
from tinygrad_lite.pictures.view.model import Box, Edge

__all__ = ["slides", "told"]

NOTHING = "not computed yet"
EMPTY = "\u00a0"  # keeps the height of a line in which nothing stands
AMPLE = 1.1  # Graphviz's letters may be that much larger than ours
LONGEST = 100  # letters in a line below the picture


@dataclass(frozen=True)
class Slide:
    """What a step changes in the picture: the line of each box about its gradient, and what is said of the step."""

    gradients: Mapping[Box, str]
    taking: frozenset[Box]
    passed: frozenset[Edge]  # edges along which a term went back in an earlier step
    terms: Mapping[Edge, Term]  # those of this step
    said: list[str]


def slides(state: State, direction: str) -> bytes:
    """The PDF. Raises MissingExtraError without pypdf, DrawingError without Graphviz."""
    try:
        from pypdf import PdfWriter
    except ImportError:
        raise MissingExtraError(
            f"a PDF of one page a step needs pypdf: {extra('slides')}. Without it, save each picture "
            "as .pdf, or step through the .html page."
        ) from None
    sources = list(_sources(state, direction))
    with ThreadPoolExecutor(max_workers=4) as pool:
        pages = list(pool.map(lambda source: layout.render(source, "pdf"), sources))
    joined = PdfWriter()
    joined.add_metadata({"/Title": state.view.title})
    for page in pages:
        joined.append(io.BytesIO(page))
    written = io.BytesIO()
    joined.write(written)
    return written.getvalue()


# --- what is known after each step ---------------------------------------------------------------------------------


def told(state: State) -> list[Slide]:
    """The backward pass from its beginning to its end, as the page's sweep.js tells it."""
    gradients = {box: NOTHING for box in state.view.boxes if box.gradient is not None}
    nothing: frozenset[Edge] = frozenset()
    found = [
        Slide(
            dict(gradients),
            frozenset(),
            nothing,
            {},
            ["Before the backward pass: every value is known, no gradient is."],
        )
    ]
    starts = [box for box in state.view.results if box in gradients]
    gradients |= {box: _complete(box) for box in starts}
    found.append(Slide(dict(gradients), frozenset(starts), nothing, {},
                       [f"{_sheet(box, state)}The sweep starts at {box.name}: {_complete(box)}." for box in starts]))  # fmt: skip
    passed: set[Edge] = set()
    for turn in state.turns:
        for term in turn.terms:
            box = term.edge.source
            gradients[box] = _complete(box) if term.complete else f"{box.symbol} {term.total} + …"
        said = [line for box in turn.boxes for line in _said(box, turn.terms, state)]
        terms = {term.edge: term for term in turn.terms}
        found.append(Slide(dict(gradients), frozenset(turn.boxes), frozenset(passed), terms, said))
        passed |= set(terms)
    return found if state.turns else found[:1]


def _complete(box: Box) -> str:
    return f"{box.symbol} {equals(box.gradient)}"


def _sheet(box: Box, state: State) -> str:
    """Before what is said of a box: of which of several graphs."""
    frame = state.view.frames[box.frames[0]] if box.frames else None
    return f"{frame.name}: " if frame is not None and frame.whole else ""


def _said(box: Box, terms: tuple[Term, ...], state: State) -> Iterator[str]:
    yield f"{_sheet(box, state)}{box.name} passes on {_complete(box)}."
    for term in terms:
        if term.edge.target is box:
            to = term.edge.source
            end = f"complete: {_complete(to)}" if term.complete else f"so far {to.symbol} {term.total}, more is to come"
            yield f"To {to.symbol}, {term.text}; {end}."


# --- how it is drawn -----------------------------------------------------------------------------------------------


def _sources(state: State, direction: str) -> Iterator[str]:
    """The DOT source of each page."""
    for box in state.view.boxes:
        if box.gradient is not None:
            box.shown, box.held = "yes", None  # the slides' own sweep decides what is to be seen when
    steps = told(state)
    pages = [_blocks(state, step, steps) for step in steps]
    widths = looks(state.view) if state.view.widths else {}
    sizes = {id_: _largest([page[id_] for page in pages]) for id_ in pages[0]}
    for step, page in zip(steps, pages, strict=True):
        labels = {id_: html_labels.label(block, sizes[id_]) for id_, block in page.items()}
        yield dot.source(state.view, direction, labels=labels, looks=_looks(step, widths))


def _blocks(state: State, step: Slide, steps: list[Slide]) -> dict[str, Block]:
    """What is written on the page of a step, by id; the same ids on each page."""
    found = rows(state.view, folds=False).items()
    written = {id_: [row for row in written if not has_tiles(row[0])] for id_, written in found}
    for box in step.gradients:
        written[box.id] = [_with_gradient(row, box, step) for row in written[box.id]]
    for edge in {edge for other in steps for edge in other.terms}:
        text = f"+ {one_line(step.terms[edge].amount)}" if edge in step.terms else EMPTY
        written[edge.id] = [*written.get(edge.id, []), ([Run("term", text, 12, BLUE, bold=True)], [])]
    lines = _lines(step) + [EMPTY] * (max(len(_lines(other)) for other in steps) - len(_lines(step)))
    written[SHEET] = [([Run("said", line, 14)], []) for line in lines]  # a caption would tell the end
    written[SHEET] += legend_rows([ZERO, ODD]) if state.view.widths else []
    sides = beside(state.view)
    return {id_: Block(found, sides.get(id_, 0)) for id_, found in written.items()}


def _lines(step: Slide) -> list[str]:
    return [part for line in step.said for part in textwrap.wrap(line, LONGEST)]


def _largest(blocks: list[Block]) -> tuple[int, int]:
    widths, heights = zip(*(block.size for block in blocks), strict=True)
    return ceil(AMPLE * max(widths)), ceil(AMPLE * max(heights))


def _with_gradient(row: Row, box: Box, step: Slide) -> Row:
    """The row about a box's gradient as it is after this step; any other row as it is."""
    text = step.gradients[box]
    known = text == _complete(box)
    run = Run("gradient", text, 12, BLUE, bold=True) if known else Run("gradient", text, 11, GREY, italic=True)
    left, right = row
    return [run if old.role == "gradient" else old for old in left], right


def _looks(step: Slide, widths: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Which boxes and edges the step draws differently: an edge that has passed its term on points back.

    widths: how an edge is drawn that says how large its term is, by its id.
    """
    back = {"dir": "back", "color": BLUE}
    boxes = {box.id: {"color": BLUE, "penwidth": "5"} for box in step.taking}
    earlier = {edge.id: {**back, **widths.get(edge.id, {})} for edge in step.passed}
    now = {edge.id: {**back, "penwidth": "4", **widths.get(edge.id, {})} for edge in step.terms}
    return boxes | earlier | now
