"""Notebooks, run without Jupyter: each code cell in its order, with what it would show."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def read(path: Path) -> Json:
    """A notebook as data."""
    notebook: Json = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code(notebook: Json) -> list[Json]:
    """The cells that run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: Json) -> list[list[Json]]:
    """What Jupyter would keep as the outputs of each code cell."""
    names: Json = {"__name__": "__main__"}
    return [_output("".join(cell["source"]), names, number) for number, cell in enumerate(code(notebook), 1)]


def _output(source: str, names: Json, number: int) -> list[Json]:
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {number}", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
    found: list[Json] = []
    if printed.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": _lines(printed.getvalue())})
    if value is not None:
        data = {kind: _lines(text) for kind, text in _bundle(value).items()}
        found.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return found


def _bundle(value: Any) -> dict[str, str]:
    """What Jupyter asks a value for."""
    if hasattr(value, "_repr_mimebundle_"):
        return dict(value._repr_mimebundle_())
    shown = {"text/plain": repr(value)}
    if hasattr(value, "_repr_latex_"):
        shown["text/latex"] = value._repr_latex_()
    return shown


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def words(cell_outputs: list[Json]) -> str:
    """What can be read of outputs without their pictures."""
    return "\n".join("".join(out.get("text") or out["data"]["text/plain"]) for out in cell_outputs)


def kept(path: Path, notebook: Json, found: list[list[Json]]) -> None:
    """Write the notebook with these outputs."""
    for number, (cell, own) in enumerate(zip(code(notebook), found, strict=True), 1):
        cell["outputs"], cell["execution_count"] = own, number
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


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


def untrusted(value: Any) -> tuple[str, str]:
    """What a notebook that is not trusted shows of a value: the kind of output, and its text."""
    shown = _bundle(value)
    kind = next(kind for kind in _SAFE if kind in shown)
    return kind, sanitised(shown[kind]) if kind in ("text/html", "text/markdown") else shown[kind]
