"""The gallery in examples/ is written by its script, and is what the script writes today."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from tests.helpers.repository import ROOT, load_example, needed, needs_graphviz

gallery = load_example("gallery")
pytestmark = needs_graphviz


def words(svg: str) -> set[str]:
    """What is written in a picture: the same under every version of Graphviz, unlike where it stands."""
    return {e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith(("text", "desc"))}


def test_the_script_writes_the_gallery_that_is_committed(tmp_path: Path) -> None:
    needed("matplotlib")
    assert gallery.main([str(tmp_path)]) == 0
    assert {p.name for p in tmp_path.iterdir()} == set(gallery.GALLERY)
    assert {p.name for p in (ROOT / "examples" / "gallery").iterdir()} == set(gallery.GALLERY)
    for path in tmp_path.glob("*.svg"):
        committed = (ROOT / "examples" / "gallery" / path.name).read_text(encoding="utf-8")
        assert words(path.read_text(encoding="utf-8")) == words(committed), "python examples/gallery.py writes it anew"
