"""core/README.md holds: its files are there, its examples print what it shows, its links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import tinygrad_lite

CORE = Path(tinygrad_lite.__file__).parent / "core"
README = (CORE / "README.md").read_text(encoding="utf-8")


def test_the_table_of_files_is_complete() -> None:
    assert sorted(re.findall(r"^\| \[(\w+\.py)\]", README, re.MULTILINE)) == sorted(
        path.name for path in CORE.glob("*.py") if path.name != "__init__.py"
    )


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not (CORE / link).exists()] == []


def test_the_examples_print_what_is_shown() -> None:
    shown = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", README)
    assert len(shown) == 2
    for code, expected in shown:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "core/README.md", "exec"), {"__name__": "__main__"})
        assert printed.getvalue() == expected


def test_the_words_of_the_glossary_are_used() -> None:
    words = re.findall(r"^\| (\w[\w -]*) \| ", README.partition("## Words")[2], re.MULTILINE)[1:]
    assert len(words) > 15
    text = "".join(path.read_text(encoding="utf-8").lower() for path in CORE.parent.rglob("*.py")) + README.lower()
    assert [word for word in words if text.count(word.lower()) < 3] == []
