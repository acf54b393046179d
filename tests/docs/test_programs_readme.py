"""programs/README.md holds: files and names are there, the example prints what is shown, the links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import tinygrad_lite
from tests.helpers.readmes import broken_links, links, printed, unknown_names

PACKAGE = Path(tinygrad_lite.__file__).parent
FOLDER = PACKAGE / "programs"
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_every_room_and_every_file_at_the_top_is_named() -> None:
    rooms = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    files = {path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py"}
    assert rooms | files <= set(links(README))


def test_every_file_and_every_name_is_there() -> None:
    assert list(unknown_names(FOLDER / "README.md", PACKAGE)) == []


def test_every_link_leads_to_a_file() -> None:
    assert broken_links(FOLDER / "README.md") == []


def test_the_example_prints_what_is_shown() -> None:
    ((code, expected),) = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", README)
    assert printed(code, "programs/README.md") == expected
