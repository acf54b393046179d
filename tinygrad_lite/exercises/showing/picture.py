"""The graph of an exercise as a picture: a box for each named value, with marks on those that are asked for.

It shows no gradient and no local derivative, as `tg.draw` does: these are what a learner is to find.
"""

from __future__ import annotations

import textwrap

from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.making.axes import listed
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.showing.axes import axes_of_value
from tinygrad_lite.exercises.showing.boxes import RESULT, below, boxes, equation, symbol
from tinygrad_lite.exercises.showing.signs import SIGNS
from tinygrad_lite.notation.formula import unicode
from tinygrad_lite.pictures.outputs import dot, html_labels, labels, layout
from tinygrad_lite.pictures.outputs import svg as written
from tinygrad_lite.pictures.outputs.colours import LIGHT
from tinygrad_lite.pictures.outputs.labels import Run
from tinygrad_lite.pictures.outputs.lettering import Block

LONGEST = 24
"""How many letters of a formula stand in one line of a box."""

ASKED, RIGHT, WRONG = labels.BLUE, LIGHT["green"], labels.RED
"""The colours of what is asked for and of answers; a sign says the same."""

ID = "box-"
"""What the id of a box begins with in SVG: the result has no name, and an id is never empty."""

FILLS = {ASKED: LIGHT["paper"], RIGHT: LIGHT["mint"], WRONG: LIGHT["rose"]}
"""What a box of each colour is filled with."""


def svg(exercise: Definition, verdict: Verdict | None = None) -> str:
    """The picture as SVG; with a verdict each asked value has the sign of its outcome.

    Raises DrawingError where there is no Graphviz.
    """
    blocks = {ID + name: _block(name, exercise, verdict) for name in boxes(exercise)}
    drawn = layout.render(source(exercise, verdict, rooms=True), "svg").decode()
    inline = written.inline(drawn, blocks, f"The graph of {exercise.title}", description(exercise, verdict))
    return inline.replace("<svg", '<svg style="max-width:max(100%,40rem);height:auto"', 1)


def description(exercise: Definition, verdict: Verdict | None = None) -> str:
    """The picture in words."""
    lines = []
    for name in boxes(exercise):
        made = ", ".join(unicode(symbol(exercise, other)) for other in below(exercise, name))
        line = unicode(symbol(exercise, name)) + (f" from {made}" if made else "")
        asked = _asked(name, exercise, verdict)
        lines.append(f"{line}; {asked}" if asked else line)
    return "\n".join(lines)


def source(exercise: Definition, verdict: Verdict | None = None, rooms: bool = False) -> str:
    """The picture in Graphviz's language. rooms: without texts, which `svg` writes."""
    import graphviz

    write = html_labels.room if rooms else html_labels.label
    graph = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.2", "ranksep": "0.3", "pad": "0.1", "bgcolor": LIGHT["paper"]},
        node_attr={"shape": "box", "fontname": dot.FONT, "fontsize": "12", "margin": "0.1,0.05"},
        edge_attr={"color": labels.INK, "arrowsize": "0.7"},
    )
    for name, node in boxes(exercise).items():
        look = {"style": "filled,rounded", "fillcolor": LIGHT["paper"], "color": LIGHT["border"]}
        if node.primitive is None and name not in exercise.steps:
            look |= {"style": "filled,dashed", "fillcolor": LIGHT["wash"], "color": LIGHT["pale"]}
        if name in exercise.steps:
            color = _color(name, verdict)
            look |= {"color": color, "penwidth": "2.2", "fillcolor": FILLS[color]}
        label = write(_block(name, exercise, verdict))
        graph.node(name, label, id=ID + name, tooltip=unicode(symbol(exercise, name)), **look)
    for name in boxes(exercise):
        for other in below(exercise, name):
            graph.edge(other, name)
    return str(graph.source)


# --- how it is drawn ------------------------------------------------------------------------------------------------


def _asked(name: str, exercise: Definition, verdict: Verdict | None) -> str:
    if name not in exercise.steps:
        return ""
    title = unicode(exercise.derivation.titles[name])
    if verdict is None or verdict[name].outcome == "missing":
        return f"{title} = ?"
    return f"{SIGNS[verdict[name].outcome]} {title}"


def _color(name: str, verdict: Verdict | None) -> str:
    if verdict is None or verdict[name].outcome == "missing":
        return ASKED
    return RIGHT if verdict[name].accepted else WRONG


def _block(name: str, exercise: Definition, verdict: Verdict | None) -> Block:
    axes = () if name == RESULT else axes_of_value(exercise.points, name)
    found = equation(exercise, name)
    beside = [Run("axes", listed(axes), 10, labels.GREY)] if axes else []
    rows = [([Run("name", unicode(symbol(exercise, name)), 14, bold=True)], beside)]
    rows += [([Run("formula", line, 11)], []) for line in _lines("" if found is None else unicode(found[1]))]
    if asked := _asked(name, exercise, verdict):
        rows.append(([Run("asked", asked, 12, _color(name, verdict), bold=True)], []))
    return Block(rows)


def _lines(formula: str) -> list[str]:
    # No line begins with blanks: SVG drops them, and would stretch the rest to the width that was planned with them.
    return textwrap.wrap(f"= {formula}", LONGEST + 2, break_long_words=False) if formula else []
