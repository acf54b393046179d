"""The SVG that Graphviz writes, made ready for a page: each text knows its role, and nothing stands there twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tinygrad_lite.errors import DrawingError

__all__ = ["for_page"]

PREFIXES = {
    "": "", "{http://www.w3.org/2000/svg}": "", "{http://www.w3.org/1999/xlink}": "xlink:",
    "{http://www.w3.org/XML/1998/namespace}": "xml:",
}  # fmt: skip


def for_page(svg: str, roles: dict[str, list[str]], blank: Collection[str] = ()) -> str:
    """The picture without XML's prologue, Graphviz's ids and its tooltips, each text with its role as class.

    roles: those of the texts of each group, by the group's id. A text without a role is left out, and
    one whose role is in blank is empty.
    Raises DrawingError where Graphviz wrote other texts than these.

    >>> drawn = '<svg xmlns="http://www.w3.org/2000/svg"><g id="n1"><title>n1</title><text>w</text></g></svg>'
    >>> for_page(drawn, {"n1": ["title"]})
    '<svg xmlns="http://www.w3.org/2000/svg"><g id="n1"><text class="title">w</text></g></svg>'
    """
    root = ElementTree.fromstring(svg)
    for group in list(root.iter()):
        _clean(group)
        if group.get("id") in roles:
            _mark(group, roles[group.attrib["id"]], blank)
    return ElementTree.tostring(_with_plain_names(root), encoding="unicode").strip()


def _clean(group: Element) -> None:
    """Takes out titles, and the links that Graphviz puts around what has a tooltip."""
    for child in list(group):
        if child.tag.endswith("}title"):
            group.remove(child)
        elif child.get("id", "").startswith("a_"):
            place = list(group).index(child)
            group.remove(child)
            for number, drawn in enumerate(part for link in child for part in link):
                group.insert(place + number, drawn)


def _mark(group: Element, roles: list[str], blank: Collection[str]) -> None:
    texts = list(_texts(group))
    if len(texts) != len(roles):
        raise DrawingError(
            f"Graphviz wrote {len(texts)} texts for {group.get('id')!r}, and {len(roles)} were meant. This version of it "
            "cannot be read for a page; .svg, .png and .pdf can be saved."
        )
    for text, role in zip(texts, roles, strict=True):
        if role:
            text.set("class", role)
            text.text = "" if role in blank else text.text
        else:
            group.remove(text)


def _texts(group: Element) -> Iterator[Element]:
    return (child for child in group if child.tag.endswith("}text"))


def _with_plain_names(root: Element) -> Element:
    """The tree with the names that SVG has inside a page, instead of ElementTree's with their address in front."""
    for element in root.iter():
        element.tag = _plain(element.tag)
        element.attrib = {_plain(name): value for name, value in element.attrib.items()}
    root.attrib = {"xmlns": "http://www.w3.org/2000/svg", **root.attrib}
    return root


def _plain(name: str) -> str:
    address, brace, local = name.rpartition("}")
    return PREFIXES[address + brace] + local
