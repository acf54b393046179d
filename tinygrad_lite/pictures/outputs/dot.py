"""A View as DOT source, with Graphviz's HTML-like labels.

What is what can be told without colour: a parameter has a thick border, a constant a thin one, a result a double
one; what is dashed, box or edge, takes no gradient (or one that is no number, where edges are as wide as their terms
are large: widths.py). Colours (Okabe and Ito's, for every kind of colour vision) only
repeat that. Each kind is named in the box as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tinygrad_lite.pictures.outputs import html_labels
from tinygrad_lite.pictures.outputs.characters import visible
from tinygrad_lite.pictures.outputs.colours import LIGHT
from tinygrad_lite.pictures.outputs.labels import BLUE, GREY, INK, RED, SHEET
from tinygrad_lite.pictures.outputs.lettering import blocks
from tinygrad_lite.pictures.outputs.widths import looks as looks_by_widths
from tinygrad_lite.pictures.view.model import Box, Edge, View

if TYPE_CHECKING:
    import graphviz

__all__ = ["source", "to_digraph"]

Looks = Mapping[str, Mapping[str, str]]
ROOMY = "0.12,0.08"  # inches around texts, where the heads of wide edges reach into boxes
FONT = "Helvetica,Arial,sans-serif"
KINDS = {
    "parameter": {"style": "filled", "fillcolor": LIGHT["sky"], "color": BLUE, "penwidth": "2.6"},
    "constant": {"style": "filled,dashed", "fillcolor": LIGHT["wash"], "color": LIGHT["pale"], "penwidth": "1"},
    "cut": {"style": "filled,dotted", "fillcolor": LIGHT["paper"], "color": INK, "penwidth": "1.4"},
    "value": {"style": "filled,rounded", "fillcolor": LIGHT["paper"], "color": LIGHT["border"], "penwidth": "1.2"},
    "result": {"style": "filled", "fillcolor": LIGHT["sand"], "color": INK, "penwidth": "1.2", "peripheries": "2"},
}


def _tip(box: Box) -> str:
    """What hovering over the box shows."""
    parts = [box.title, box.shape, f"value {box.numbers}"]
    if box.saturation is not None:
        parts.append(box.saturation.text)
    return "\n".join(visible(p) for p in parts)


def _node(graph: Any, box: Box, label: str, folds: bool, own: Mapping[str, str]) -> None:
    import graphviz

    look = dict(KINDS[box.kind])
    if box.kind == "value" and not box.learns:
        look |= {"style": "filled,rounded,dashed", "color": LIGHT["pale"]}
    if box.saturation is not None and box.saturation.level == "saturated":
        # A page says the same by a class, which comes and goes with the numbers.
        look |= {"class": "saturated"} if folds else {"color": RED, "penwidth": "2.2", "fillcolor": LIGHT["rose"]}
    graph.node(box.id, label, id=box.id, tooltip=graphviz.escape(_tip(box)), **{**look, **own})


def _edge(graph: Any, edge: Edge, label: str | None, own: Mapping[str, str]) -> None:
    import graphviz

    formula, figure = edge.label()
    look: dict[str, str] = {
        "id": edge.id,
        "tooltip": graphviz.escape(visible(f"{formula} {figure}".strip()) or "constant"),
    }
    if label:
        look["label"] = label
    if edge.kind == "stopped":
        look |= {"style": "dashed", "arrowhead": "tee", "color": GREY, "penwidth": "1.4"}
    elif edge.kind != "constant" and edge.target.gradient is None and edge.target.learns:
        look |= {"style": "dashed", "color": GREY, "penwidth": "1.2", "arrowsize": "0.8"}  # nothing comes to be passed
    elif edge.kind == "constant":
        look |= {"style": "dashed", "color": LIGHT["pale"], "penwidth": "0.9", "arrowsize": "0.6"}
    else:
        look |= {"color": INK, "penwidth": "1.4" if edge.kind != "full" else "2.4", "arrowsize": "0.8"}
    graph.edge(edge.source.id, edge.target.id, **{**look, **own})


def _inside(
    graph: Any, view: View, around: tuple[Any, ...], labels: Mapping[str, str], folds: bool, looks: Looks
) -> None:
    """Boxes and frames directly within the calls `around`, then what is in those frames."""
    import graphviz

    depth = len(around)
    here = [b for b in view.boxes if b.frames[:depth] == around]
    for box in here:
        if len(box.frames) == depth:
            _node(graph, box, labels[box.id], folds, looks.get(box.id, {}))
    for call in dict.fromkeys(b.frames[depth] for b in here if len(b.frames) > depth):
        frame = view.frames[call]
        with graph.subgraph(name=f"cluster_{frame.id}") as inner:
            inner.attr(
                id=frame.id, label=labels[frame.id], style="rounded", color=LIGHT["line"], penwidth="1",
                bgcolor=LIGHT["frame"], labelloc="t" if frame.whole else "b", labeljust="l", margin="10", tooltip=graphviz.escape(visible(frame.name)),
            )  # fmt: skip
            _inside(inner, view, (*around, call), labels, folds, looks)


def to_digraph(
    view: View,
    direction: str,
    folds: bool = False,
    dpi: int | None = None,
    rooms: bool = False,
    labels: Mapping[str, str] | None = None,
    looks: Looks | None = None,
) -> graphviz.Digraph:
    """The graphviz.Digraph of a view. folds: mark what a click folds and unfolds. rooms: without texts (svg.py).

    labels: by id, in the place of those that a picture has. looks: by id, what is drawn differently; for None the edges
    where the view asks for widths, but not in a page, whose scripts draw them.
    """
    import graphviz

    if looks is None:
        looks = looks_by_widths(view) if view.widths and not folds else {}
    if labels is None:
        write = html_labels.room if rooms else html_labels.label
        labels = {id_: write(block) for id_, block in blocks(view, folds).items()}
    graph = graphviz.Digraph(
        name="graph",
        graph_attr={
            "rankdir": direction, "fontname": FONT, "nodesep": "0.25", "ranksep": "0.35", "pad": "0.15",
            "bgcolor": LIGHT["paper"], "tooltip": graphviz.escape(visible(view.title)), **({"dpi": str(dpi)} if dpi else {}),
        },
        node_attr={
            "shape": "box", "fontname": FONT, "fontsize": "12", "fontcolor": INK,
            "margin": ROOMY if view.widths and not folds else "0.06,0.03",
        },
        edge_attr={"fontname": FONT, "fontsize": "11", "fontcolor": INK},
    )  # fmt: skip
    _inside(graph, view, (), labels, folds, looks)
    for edge in view.edges:
        _edge(graph, edge, labels.get(edge.id), looks.get(edge.id, {}))
    if view.columns:
        graph.attr(newrank="true")
        for column in view.columns:
            with graph.subgraph() as same:
                same.attr(rank="same")
                for box in column:
                    same.node(box.id)
    if SHEET in labels:
        graph.attr(label=labels[SHEET], labelloc="b", labeljust="l")
    return graph


def source(view: View, direction: str, **options: Any) -> str:
    """The DOT source of a view, with the options of `to_digraph`."""
    return str(to_digraph(view, direction, **options).source)
