"""Notebooks: run as Jupyter runs them, and read as a reader does who does not run them."""

from __future__ import annotations

import importlib.util
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]

needs_jupyter = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("nbclient", "ipykernel"))),
    reason="nothing to run notebooks with: pip install -e '.[notebooks]'",
)

# Which Python and which editor ran a notebook last is nothing that a reader needs, and would change at every run.
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read(path: Path) -> Json:
    """A notebook as data."""
    notebook: Json = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code(notebook: Json) -> list[Json]:
    """The cells that run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(path: Path, folder: Path) -> Json:
    """The notebook with what its cells show now, run by a kernel of its own in this folder.

    Raises nbclient's CellExecutionError where a cell does.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", record_timing=False, timeout=120)
    client.resources["metadata"] = {"path": str(folder)}
    client.execute()
    notebook["metadata"] = KERNEL
    for cell in code(notebook):
        cell["metadata"] = {}
        cell["outputs"] = _joined(cell["outputs"])
        for part in (cell, *cell["outputs"]):
            if "execution_count" in part:
                part["execution_count"] = None  # or one more cell would change all that follow it
    nbformat.validate(notebook)
    found: Json = json.loads(nbformat.writes(notebook))
    return found


def _joined(outputs: list[Json]) -> list[Json]:
    """The outputs, where what is printed in a row is one: a kernel on a busy machine sends it in pieces."""
    joined: list[Json] = []
    for output in outputs:
        if joined and "text" in output and joined[-1].get("name") == output["name"]:
            joined[-1]["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def store(path: Path, notebook: Json) -> None:
    """Write the notebook with its outputs."""
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def words(cell: Json) -> str:
    """What can be read of a cell's outputs without their pictures."""
    return "\n".join(_text(out["text"] if "text" in out else out["data"]["text/plain"]) for out in cell["outputs"])


def bundles(notebook: Json) -> list[dict[str, str]]:
    """All outputs but what is printed: their texts by their kinds."""
    outputs = [out for cell in code(notebook) for out in cell["outputs"] if "data" in out]
    return [{kind: _text(text) for kind, text in out["data"].items()} for out in outputs]


def _text(lines: str | list[str]) -> str:
    return "".join(lines)


# --- notebooks that are not trusted ------------------------------------------------------------------------------------

# What JupyterLab 4 shows then, in the order of its choice: the rest, SVG and scripts among it, it leaves out.
# Of HTML its sanitiser keeps some tags, and the text of the others; JupyterLab 4.6 was looked at with all of these.
_SAFE = ("text/html", "text/markdown", "text/latex", "image/png", "text/plain")
_TAGS = {"b", "br", "code", "em", "h3", "img", "li", "p", "pre", "span", "strong", "ul"}  # some of those that it keeps
_SILENT = frozenset({"script", "style"})  # it drops their text, too


class _Sanitiser(HTMLParser):
    """What the sanitiser leaves of HTML: text, the tags above, and no attribute that runs something."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _TAGS and not any(name.startswith("on") for name, _ in attributes):
            self.kept.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if tag in _TAGS:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")


def sanitised(html: str) -> str:
    """The HTML without what a notebook that is not trusted leaves out."""
    sanitiser = _Sanitiser()
    sanitiser.feed(html)
    sanitiser.close()
    return "".join(sanitiser.kept)


def untrusted(shown: dict[str, str]) -> tuple[str, str]:
    """What a notebook that is not trusted shows of an output: the kind, and its text."""
    kind = next(kind for kind in _SAFE if kind in shown)
    return kind, sanitised(shown[kind]) if kind in ("text/html", "text/markdown") else shown[kind]


def bundle(value: Any) -> dict[str, str]:
    """What Jupyter asks a value for."""
    if hasattr(value, "_repr_mimebundle_"):
        return dict(value._repr_mimebundle_())
    shown = {"text/plain": repr(value)}
    if hasattr(value, "_repr_latex_"):
        shown["text/latex"] = value._repr_latex_()
    return shown
