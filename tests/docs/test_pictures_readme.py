"""The README of pictures names what is there, in the order in which it is, and its example prints what it says."""

from __future__ import annotations

import re

from tests.helpers.readmes import broken_links, printed, rows, unknown_names
from tests.helpers.repository import ROOT
from tinygrad_lite.pictures.outputs.page.page import SCRIPTS

PACKAGE = ROOT / "tinygrad_lite"
FOLDER = PACKAGE / "pictures"
README = FOLDER / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_links_lead_somewhere_and_names_exist() -> None:
    assert broken_links(README) == []
    assert list(unknown_names(README, PACKAGE)) == []


def test_the_tables_list_every_room_and_every_script() -> None:
    assert sorted(rows(TEXT, r"\w+")) == sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))
    assert rows(TEXT, r"\w+\.js") == [f"{name}.js" for name in SCRIPTS]


def test_the_example_prints_what_stands_below_it() -> None:
    (code,), (output,) = re.findall(r"```python\n(.*?)```", TEXT, re.S), re.findall(r"```text\n(.*?)```", TEXT, re.S)
    assert printed(code, str(README)) == output
