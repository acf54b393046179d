"""The READMEs of derivations hold: their files are there, the example prints what is shown, the links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tinygrad_lite
from tests.helpers.readmes import broken_links, links, printed, rows

FOLDER = Path(tinygrad_lite.__file__).parent / "derivations"
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_every_room_and_every_file_at_the_top_is_named() -> None:
    rooms = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    files = {path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py"}
    assert rooms | files <= set(links(README))


def test_the_rooms_stand_in_the_order_of_their_imports() -> None:
    rooms = rows(README, r"\w+")
    for place, room in enumerate(rooms):
        text = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / room).glob("*.py"))
        assert not [later for later in rooms[place + 1 :] if f"derivations.{later}" in text]


def test_the_table_of_the_normal_form_is_complete() -> None:
    room = FOLDER / "normal"
    named = rows((room / "README.md").read_text(encoding="utf-8"), r"\w+\.py")
    assert sorted(named) == sorted(path.name for path in room.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("readme", [FOLDER / "README.md", FOLDER / "normal" / "README.md"], ids=["all", "normal"])
def test_every_link_leads_to_a_file(readme: Path) -> None:
    assert broken_links(readme) == []


def test_the_example_prints_what_is_shown() -> None:
    ((code, expected),) = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", README)
    assert printed(code, "derivations/README.md") == expected
