"""listing/README.md holds: files and names are there, the links lead somewhere."""

from __future__ import annotations

from pathlib import Path

import tinygrad_lite
from tests.helpers.readmes import broken_links, links, unknown_names

PACKAGE = Path(tinygrad_lite.__file__).parent
FOLDER = PACKAGE / "listing"


def test_every_file_is_named() -> None:
    files = {path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py"}
    assert files == set(links((FOLDER / "README.md").read_text(encoding="utf-8")))


def test_every_name_is_there_and_every_link_leads_to_a_file() -> None:
    assert list(unknown_names(FOLDER / "README.md", PACKAGE)) == []
    assert broken_links(FOLDER / "README.md") == []
