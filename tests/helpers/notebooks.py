"""Notebooks, run without Jupyter: each code cell in its order, with what it would show."""

from __future__ import annotations

import ast
import contextlib
import io
import json
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
        shown = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {"text/plain": repr(value)}
        data = {kind: _lines(text) for kind, text in shown.items()}
        found.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return found


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
