"""README and the guide promise nothing that no test holds: each of their sentences has its tests, which exist.

Those of README stand in promises.py, those that only the guide has in guide_promises.py.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs import guide_promises, promises
from tests.helpers.repository import ROOT

TESTS = ROOT / "tests"
DOCS = ROOT / "docs"
HELD = promises.HELD | guide_promises.HELD
NO_PROMISE = promises.NO_PROMISE | guide_promises.NO_PROMISE
NO_PROSE = re.compile(r"#|\||!\[|\[[^\]]+\]: ")  # headings, tables, pictures, definitions of links


def sentences(text: str) -> list[str]:
    """The sentences of a page's prose. A colon ends one at the end of a paragraph only, where code or a table follows."""
    text = re.sub(r"<!--.*?-->|^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        prose = " ".join(line.strip() for line in paragraph.splitlines() if not NO_PROSE.match(line.strip())).strip()
        # Stops in code and in brackets end nothing.
        hidden = re.sub(r"`[^`]*`|\([^()]*\)", lambda match: "x" * len(match[0]), prose)
        ends = [match.end() for match in re.finditer(r"[.?!](?=\s)|$", hidden)]
        found += [prose[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]
    return [sentence for sentence in found if sentence]


@cache
def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    return (TESTS / file).is_file() and name in names_in(TESTS / file)


def plain(sentence: str) -> str:
    """A sentence as README and the guide both say it: where a link leads, bold type and a bold head do not count."""
    return re.sub(r"^\*\*\w+\.\*\* |(?<=\])\([^)]+\)", "", sentence).replace("**", "")


README = sentences((ROOT / "README.md").read_text(encoding="utf-8"))
GUIDE = [
    sentence
    for page in [DOCS / "index.md", *sorted((DOCS / "guide").glob("*.md"))]
    if page.is_file()
    for sentence in sentences(page.read_text(encoding="utf-8"))
]


def test_sentences_are_told_apart_from_code_tables_and_links() -> None:
    page = "# A head.\n\nOne `t. x` (or. so). Two\nlines: go on. Three:\n\n```text\nNo. No.\n```\n\n| a. b |\n\n[x]: https://x.y. z\n<!-- No. -->"
    assert sentences(page) == ["One `t. x` (or. so).", "Two lines: go on.", "Three:"]
    assert plain("**Kinks.** **One** is [0](x.md).") == plain("One is [0].") == "One is [0]."


def test_every_sentence_has_its_tests_or_is_said_to_promise_nothing() -> None:
    assert len(README) >= 20
    assert len(GUIDE) >= 60
    known = {plain(sentence) for sentence in HELD.keys() | NO_PROMISE.keys()}
    assert [sentence for sentence in README + GUIDE if plain(sentence) not in known] == []


def test_no_sentence_is_held_that_nobody_says() -> None:
    said = {plain(sentence) for sentence in README + GUIDE}
    assert [sentence for sentence in [*HELD, *NO_PROMISE] if plain(sentence) not in said] == []
    assert HELD.keys() & NO_PROMISE.keys() == set()
    assert promises.HELD.keys() & guide_promises.HELD.keys() == set()


@pytest.mark.parametrize("sentence", HELD)
def test_the_tests_that_hold_a_sentence_are_there(sentence: str) -> None:
    assert HELD[sentence]
    assert [test for test in HELD[sentence] if not is_there(test)] == []


def test_a_test_that_is_not_there_is_seen() -> None:
    assert is_there("docs/test_promises.py::test_a_test_that_is_not_there_is_seen")
    assert not is_there("docs/test_promises.py::test_that_nobody_wrote")
    assert not is_there("docs/no_such_file.py::test_a_test_that_is_not_there_is_seen")


def test_what_promises_nothing_has_a_reason_of_a_few_words() -> None:
    assert all(1 < len(reason.split()) < 12 for reason in NO_PROMISE.values())
