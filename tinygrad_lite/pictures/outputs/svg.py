"""The picture as SVG: Graphviz places boxes, edges and empty rooms, and the texts are written into these here.

So the picture is the same whatever fonts there are, and each text knows its role. In the reader's font a text is as
wide as it is planned: `textLength` makes it so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures.outputs.characters import visible
from tinygrad_lite.pictures.outputs.colours import in_dark, in_page
from tinygrad_lite.pictures.outputs.heat import Heat
from tinygrad_lite.pictures.outputs.html_labels import ROOM
from tinygrad_lite.pictures.outputs.labels import INK, Sample, Tiles
from tinygrad_lite.pictures.outputs.lettering import APART, ASCENT, SAMPLE, Block, Placed

__all__ = ["for_file", "for_page", "inline", "texts_of", "themed"]

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
PREFIXES = {
    "": "", "{http://www.w3.org/2000/svg}": "", "{http://www.w3.org/1999/xlink}": "xlink:",
    "{http://www.w3.org/XML/1998/namespace}": "xml:",
}  # fmt: skip
MIDDLE = 3.0  # points above their base: the middle of small letters
COLOURED = {"fill", "stroke"}
CHANGING = {"value", "gradient", "saturation", "figure"}  # the texts that a page writes anew


def for_file(drawn: str, blocks: dict[str, Block], title: str, description: str, dark: bool = False) -> str:
    """The picture as a file of its own; see `inline`."""
    text = inline(drawn, blocks, title, description, dark)
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{text}\n'


def inline(drawn: str, blocks: dict[str, Block], title: str, description: str, dark: bool = False) -> str:
    """The picture to stand in any page, with a title and a description for those who cannot see it.

    drawn: what Graphviz wrote. blocks: what is written in each group, by the group's id. dark: on dark paper.
    Raises DrawingError where Graphviz left no room for a block.
    """
    root = _read(drawn)
    _fill(root, blocks, changes=False)
    if dark:
        _colour(root, in_dark)
    root.set("role", "img")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        described = Element(tag)
        described.text, described.tail = visible(text), "\n"
        root.insert(place, described)
    return ElementTree.tostring(root, encoding="unicode").strip()


def for_page(drawn: str, blocks: dict[str, Block], blank: Collection[str] = (), stretches: bool = True) -> str:
    """The picture as a part of a page: without Graphviz's ids and its tooltips, each text with its role as class.

    blank: the roles of texts that are empty. stretches: whether each text says that its letters are stretched to its
    length; else a script does (drawing.js). The rest is as in `inline`.

    >>> from tinygrad_lite.pictures.outputs.labels import Run
    >>> room = '<polygon fill="#010203" points="4,-2 4,-22 30,-22 30,-2"/>'
    >>> drawn = f'<svg xmlns="http://www.w3.org/2000/svg"><g id="n1"><title>n1</title>{room}</g></svg>'
    >>> "n1</title>" in for_page(drawn, {}), 'class="title" x="6" y="' in for_page(drawn, {"n1": Block([([Run("title", "w")], [])])})
    (False, True)
    """
    root = _read(drawn)
    for group in list(root.iter("g")):
        _clean(group)
    _fill(root, blocks, changes=True)
    _colour(root, in_page)
    for made in list(root.iter()):
        if not stretches:
            made.attrib.pop("lengthAdjust", None)
        if made.get("class") in blank:
            made.text = ""
            made.attrib.pop("textLength", None)
            made[:] = []
    return ElementTree.tostring(root, encoding="unicode").strip()


def themed(written: str) -> str:
    """A picture that `inline` or `for_file` wrote, with a style that makes it dark where what shows it is dark.

    >>> themed('<svg xmlns="http://www.w3.org/2000/svg"><path stroke="#1a1a1a"/></svg>').count("stroke:#ececec")
    1
    """
    root = _read(written)
    dark: dict[str, str] = {}
    for element in root.iter():
        own = {
            f'[{name}="{element.attrib[name]}"]': (name, element.attrib[name]) for name in COLOURED & {*element.attrib}
        }
        for declaration in filter(None, map(str.strip, element.get("style", "").split(";"))):
            name, _, colour = map(str.strip, declaration.partition(":"))
            own |= {f'[style*="{declaration}"]': (name, colour)} if name in COLOURED else {}
        dark |= {
            which: f"{name}:{in_dark(colour)}" for which, (name, colour) in own.items() if in_dark(colour) != colour
        }
    style = Element("style")
    rules = "".join(f"{which}{{{look}!important}}" for which, look in sorted(dark.items()))
    style.text = f"@media (prefers-color-scheme:dark){{{rules}}}"
    root.insert(0, style)
    return ElementTree.tostring(root, encoding="unicode").strip()


def texts_of(page_svg: str, roles: Collection[str]) -> list[list[str]]:
    """What `for_page` leaves out of the texts of these roles, in their order: each text, and its length if it has one."""
    found = (text for text in _read(page_svg).iter("text") if text.get("class") in roles)
    return [[text.text or "", *filter(None, [text.get("textLength")])] for text in found]


def _read(drawn: str) -> Element:
    """The tree with the names that SVG has inside a page, instead of ElementTree's with their address in front."""
    root = ElementTree.fromstring(drawn)
    for element in root.iter():
        element.tag = _plain(element.tag)
        element.attrib = {_plain(name): value for name, value in element.attrib.items()}
    links = any(name.startswith("xlink:") for element in root.iter() for name in element.attrib)
    linked = {"xmlns:xlink": "http://www.w3.org/1999/xlink"} if links else {}
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        **linked,
        "xml:space": "preserve",
        "font-family": FONT,
        "fill": INK,
        **root.attrib,
    }
    return root


def _plain(name: str) -> str:
    address, brace, local = name.rpartition("}")
    return PREFIXES[address + brace] + local


def _clean(group: Element) -> None:
    """Takes out titles, and the links that Graphviz puts around what has a tooltip."""
    for child in list(group):
        if child.tag == "title":
            group.remove(child)
        elif child.get("id", "").startswith("a_"):
            place = list(group).index(child)
            group.remove(child)
            for number, drawn in enumerate(part for link in child for part in link):
                group.insert(place + number, drawn)


def _colour(root: Element, other: Callable[[str], str]) -> None:
    for element in root.iter():
        for name in COLOURED & {*element.attrib}:
            element.set(name, other(element.attrib[name]))


# --- texts ---------------------------------------------------------------------------------------------------------


def _fill(root: Element, blocks: dict[str, Block], changes: bool) -> None:
    """Writes each block into its room. changes: texts come and go, as in a page."""
    unfilled = dict(blocks)
    for group in root.iter("g"):
        block = blocks.get(group.get("id", ""))
        room = _room(group) if block is not None else None
        if block is None or room is None:
            continue
        del unfilled[group.attrib["id"]]
        parent, marker = room
        left, top = _corner(marker)
        place = list(parent).index(marker)
        parent[place : place + 1] = [
            _drawn(placed, left, top, changes) for placed in block.placed() if _is_seen(placed)
        ]
    if unfilled:
        raise DrawingError(
            f"Graphviz left no room for the texts of {', '.join(unfilled)}. This version of it cannot be read for .svg and "
            ".html; .png, .pdf and .dot can be saved."
        )


def _room(group: Element) -> tuple[Element, Element] | None:
    """The rectangle that Graphviz put where the texts belong, after what it is in: the group or a link in it."""
    inner = [group, *group.findall("g/a")]
    return next(((p, child) for p in inner for child in p if child.get("fill") == ROOM), None)


def _corner(marker: Element) -> tuple[float, float]:
    """The upper left corner of a polygon."""
    points = [tuple(map(float, point.split(","))) for point in marker.attrib["points"].split()]
    return min(x for x, _ in points), min(y for _, y in points)


def _is_seen(placed: Placed) -> bool:
    return bool(placed.text.strip() or placed.run.longest) or isinstance(placed.run, Tiles | Sample)


def _drawn(placed: Placed, left: float, top: float, changes: bool) -> Element:
    if isinstance(placed.run, Tiles) and placed.run.heat is not None:
        return _tiles(placed.run, placed.run.heat, left + placed.x, top + placed.y, changes)
    if isinstance(placed.run, Sample):
        return _line(placed.run, left + placed.x, top + placed.y)
    return _text(placed, left, top, changes)


def _tiles(run: Tiles, heat: Heat, x: float, base: float, changes: bool) -> Element:
    """The picture of an array, with its upper end where that of a text would be."""
    made = Element("g", {"class": run.role} if changes else {})
    made.set("transform", f"translate({_short(x)} {_short(base - ASCENT * run.size)})")
    made.extend(heat.svg())
    return made


def _line(sample: Sample, x: float, base: float) -> Element:
    """A line of a legend, at half the height of the small letters beside it."""
    place = {"x1": x + APART, "x2": x + APART + SAMPLE, "y1": base - MIDDLE, "y2": base - MIDDLE}
    written = {name: _short(value) for name, value in place.items()}
    return Element("line", written | {"stroke": sample.color, "stroke-width": f"{sample.width:g}"})


def _text(placed: Placed, left: float, top: float, changes: bool) -> Element:
    run = placed.run
    made = Element("text", {"class": run.role} if changes else {})
    made.set("x", _short(left + placed.x))
    made.set("y", _short(top + placed.y))
    if placed.from_right:
        made.set("text-anchor", "end")
    made.set("font-size", f"{run.size:g}")
    if run.color != INK:
        made.set("fill", run.color)
    if run.bold:
        made.set("font-weight", "bold")
    if run.italic:
        made.set("font-style", "italic")
    if placed.width:
        made.set("textLength", _short(placed.width))
    made.set("lengthAdjust", "spacingAndGlyphs")
    if changes and run.role in CHANGING:
        made.set("data-room", _short(placed.room))
    made.text = visible(placed.text)
    return made


def _short(x: float) -> str:
    return f"{round(x, 1):g}"
