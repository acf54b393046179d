"""The READMEs of exercises hold: their files and names are there, the rooms are in order, the tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tinygrad_lite
from tests.helpers.readmes import broken_links, links, rows, unknown_names
from tinygrad_lite.exercises.sandbox.run import unprotected

PACKAGE = Path(tinygrad_lite.__file__).parent
FOLDER = PACKAGE / "exercises"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
READMES = [FOLDER / "README.md", FOLDER / "slips" / "README.md", FOLDER / "sandbox" / "README.md"]


def test_every_room_and_every_file_at_the_top_is_named() -> None:
    rooms = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    files = {path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py"}
    assert rooms == set(rows(README, r"\w+"))
    assert files <= set(links(README))


def test_the_rooms_stand_in_the_order_of_their_imports() -> None:
    rooms = rows(README, r"\w+")
    for place, room in enumerate(rooms):
        text = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / room).glob("*.py"))
        assert not [later for later in rooms[place + 1 :] if f"exercises.{later}" in text]


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_every_file_and_every_name_is_there(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    assert list(unknown_names(readme, PACKAGE)) == []
    assert not links(text) or broken_links(readme) == []


def test_every_file_of_the_sandbox_and_every_family_of_slips_is_told() -> None:
    sandbox, slips = ((FOLDER / room / "README.md").read_text(encoding="utf-8") for room in ("sandbox", "slips"))
    assert {path.name for path in (FOLDER / "sandbox").glob("[!_]*.py")} <= set(re.findall(r"\w+\.py", sandbox))
    table = (FOLDER / "slips" / "table.py").read_text(encoding="utf-8")
    families = {f"{family}.py" for family in re.findall(r"(\w+)\.SLIPS", table)}
    assert families
    assert families <= set(re.findall(r"\w+\.py", slips))


def test_the_protections_of_the_sandbox_have_their_names_in_the_table() -> None:
    text = (FOLDER / "sandbox" / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| ([\w ]+?) \| ", text, re.MULTILINE)[1:]
    code = (FOLDER / "sandbox" / "protections.py").read_text(encoding="utf-8")
    assert named
    assert [name for name in named if f'"{name}"' not in code] == []
    assert unprotected(named) == []
