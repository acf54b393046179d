"""core/README.md holds: its files are there, its examples print what it shows, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import tinygrad_lite
from tests.helpers.readmes import broken_links, printed, rows

CORE = Path(tinygrad_lite.__file__).parent / "core"
README = (CORE / "README.md").read_text(encoding="utf-8")


def test_the_table_of_files_is_complete() -> None:
    assert sorted(rows(README, r"\w+\.py")) == sorted(
        path.name for path in CORE.glob("*.py") if path.name != "__init__.py"
    )


def test_every_link_leads_to_a_file() -> None:
    assert broken_links(CORE / "README.md") == []


def test_the_examples_print_what_is_shown() -> None:
    shown = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", README)
    assert len(shown) == 2
    for code, expected in shown:
        assert printed(code, "core/README.md") == expected


def test_the_words_of_the_glossary_are_used() -> None:
    words = re.findall(r"^\| (\w[\w -]*) \| ", README.partition("## Words")[2], re.MULTILINE)[1:]
    assert len(words) > 15
    text = "".join(path.read_text(encoding="utf-8").lower() for path in CORE.parent.rglob("*.py")) + README.lower()
    assert [word for word in words if text.count(word.lower()) < 3] == []
