"""What a README of a folder is held to: its links, the names it says, and the examples that it prints."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path


def links(text: str) -> list[str]:
    """Where the links of a text lead."""
    return re.findall(r"\]\(([^)]+)\)", text)


def broken_links(readme: Path) -> list[str]:
    """The links that lead to no file; a README without links has something wrong."""
    found = links(readme.read_text(encoding="utf-8"))
    return [link for link in found if not (readme.parent / link).exists()] if found else ["no links"]


def rows(text: str, name: str) -> list[str]:
    """What a table links to in its first column; name: a pattern."""
    return re.findall(rf"^\| \[({name})\]", text, re.MULTILINE)


def unknown_names(readme: Path, package: Path) -> Iterator[str]:
    """The files and the names of code in a README that the package does not have."""
    text = readme.read_text(encoding="utf-8")
    known = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    roots = [readme.parent, readme.parent.parent, package, package.parent]
    for file in re.findall(r"(?<![\w(/.])[\w/]+\.py\b", text):
        if not any((root / file).exists() for root in roots):
            yield file
    for said in re.findall(r"`([A-Za-z_][\w.]*)`", text):
        words = [] if said.endswith(".py") or said in sys.stdlib_module_names else said.split(".")
        if any(not re.search(rf"\b{word}\b", known) for word in words):
            yield said


def printed(code: str, name: str) -> str:
    """What an example prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, name, "exec"), {"__name__": "__main__"})
    return output.getvalue()
