"""What the pages take from elsewhere: docstrings, which are plain text, and READMEs of folders, whose links lead to files."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import itertools
import os
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from tinygrad_lite import errors
from tinygrad_lite.command import cli

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "https://github.com/tinygrad-lite/tinygrad_lite"
LITERAL = re.compile(r"``(.+?)``|`(.+?)`")
NAME = re.compile(rf"\btg(?:\.\w+)+|\b(?:{'|'.join(errors.__all__)})\b")
SEE_ALSO = "See also: "
# Users get these from functions, so that how they are made is no news for them.
NOT_CALLED = (
    "Compiled",
    "Curves",
    "Derivation",
    "Drawing",
    "Formula",
    "Message",
    "Row",
    "Summary",
    "Sameness",
    "Step",
    "StepVerdict",
    "Verdict",
)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("autodoc-process-docstring", docstring)
    app.connect("autodoc-process-signature", signature)
    app.connect("include-read", include)
    app.add_directive("help", Help)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Help(Directive):
    """What a command of `tinygrad-lite` says with --help."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """A block with the help, in 80 columns and without colours."""
        os.environ.update(COLUMNS="80", NO_COLOR="1")
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            cli.main([*self.content[0].split()[1:], "--help"])
        block = nodes.literal_block(said.getvalue(), said.getvalue())
        block["language"] = "text"
        return [block]


def docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """A docstring as reStructuredText: its prose has no markup but backticks, so everything else is taken as it stands."""
    if what == "data":
        lines[:] = below(name, obj).splitlines()
    names = _parameters(obj)
    paragraphs = "\n".join(lines).split("\n\n")
    lines[:] = [*"\n\n".join(_paragraph(text, names) for text in paragraphs).splitlines(), ""]


def below(name: str, obj: Any) -> str:
    """The text that stands below the assignment of a public constant, wherever that is: the object has only that of its type.

    Raises LookupError where there is none.
    """
    short = name.rpartition(".")[2]
    for module in [module for path, module in sys.modules.items() if path.startswith("tinygrad_lite")]:
        if vars(module).get(short) is not obj:
            continue
        body = ast.parse(inspect.getsource(module)).body
        for line, text in itertools.pairwise(body):
            targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == short for target in targets):
                match text:
                    case ast.Expr(value=ast.Constant(value=str(said))):
                        return inspect.cleandoc(said)
    raise LookupError(f"{name} has no docstring. Write one below the line that assigns {short}.")


def signature(app: Sphinx, what: str, name: str, obj: Any, options: Any, given: str, result: str) -> Any:
    """No signature for a class that nobody calls."""
    return ("", None) if what == "class" and name.rpartition(".")[2] in NOT_CALLED else None


def _parameters(obj: Any) -> list[str]:
    try:
        return list(inspect.signature(obj).parameters)
    except (TypeError, ValueError):  # it cannot be called
        return []


def _paragraph(text: str, names: list[str]) -> str:
    if text.lstrip().startswith(">>>"):
        return text
    line = " ".join(text.split())
    if line.startswith(SEE_ALSO):
        return f".. seealso:: {_prose(line.removeprefix(SEE_ALSO))}"
    one = f"(?:{'|'.join(names)})"
    head = rf"{one}(?:, {one})*: "
    if not names or not re.search(rf"(?:^|(?<=\. )){head}", line):
        return _prose(text)
    # What is said of parameters, and behind it of errors: a line for each.
    parts = re.split(rf"(?<=\.) (?={head}|Raises )", line)
    return "\n\n".join(
        f"* ``{part.partition(': ')[0]}``: {_prose(part.partition(': ')[2])}" if re.match(head, part) else _prose(part)
        for part in parts
    )


def _prose(text: str) -> str:
    """Literals stay literals, names of the library become links, and all other signs lose their meaning."""
    done, place = "", 0
    for literal in LITERAL.finditer(text):
        done += _linked(text[place : literal.start()]) + f"\\ ``{literal[1] or literal[2]}``\\ "
        place = literal.end()
    return done + _linked(text[place:])


def _linked(text: str) -> str:
    done, place = "", 0
    for found in NAME.finditer(text):
        target = found[0].removeprefix("tg.") if found[0].startswith("tg.") else f"errors.{found[0]}"
        done += _plain(text[place : found.start()]) + f"\\ :py:obj:`{found[0]} <tinygrad_lite.{target}>`\\ "
        place = found.end()
    return done + _plain(text[place:])


def _plain(text: str) -> str:
    return re.sub(r"([\\*_|`])", r"\\\1", text)


def include(app: Sphinx, path: Path, page: str, content: list[str]) -> None:
    """The links of an included file: to the page that includes their target, or to the target in the repository."""
    folder = (Path(app.srcdir) / path).resolve().parent
    content[0] = re.sub(r"\]\(([^)#\s]+)", lambda link: f"]({_target(folder, link[1])}", content[0])


def _target(folder: Path, link: str) -> str:
    file = (folder / link).resolve()
    if "://" in link or not file.exists():
        return link
    inside = file.relative_to(ROOT).as_posix()
    return PAGES.get(inside) or f"{SOURCE}/{'tree' if file.is_dir() else 'blob'}/main/{inside}"


def _pages() -> dict[str, str]:
    """Which page includes a file, by the file's path."""
    found = {}
    for page in sorted((ROOT / "docs").rglob("*.md"), reverse=True):
        for file in re.findall(r"^```\{include\} (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            path = (page.parent / file).resolve().relative_to(ROOT).as_posix()
            found.setdefault(path, f"/{page.relative_to(ROOT / 'docs').as_posix()}")
    return found


PAGES = _pages()
