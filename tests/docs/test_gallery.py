"""The gallery in examples/ is written by its script, and is what the script writes today."""

from __future__ import annotations

import importlib.util
import shutil
import tomllib
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

GALLERY = Path(__file__).resolve().parents[2] / "examples"
pytestmark = pytest.mark.skipif(
    shutil.which("dot") is None and importlib.util.find_spec("pygraphviz") is None, reason="no Graphviz here"
)


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_gallery", GALLERY / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words(svg: str) -> set[str]:
    """What is written in a picture: the same under every version of Graphviz, unlike where it stands."""
    return {e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith(("text", "desc"))}


def test_the_script_writes_the_gallery_that_is_committed(tmp_path: Path) -> None:
    gallery = script()
    gallery.main(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == set(gallery.GALLERY)
    assert {p.name for p in (GALLERY / "gallery").iterdir()} == set(gallery.GALLERY)
    for path in tmp_path.glob("*.svg"):
        committed = (GALLERY / "gallery" / path.name).read_text(encoding="utf-8")
        assert words(path.read_text(encoding="utf-8")) == words(committed), (
            f"python {GALLERY / 'gallery.py'} writes it anew"
        )


def test_what_the_page_is_made_of_is_installed_with_the_package() -> None:
    root = GALLERY.parent
    with open(root / "pyproject.toml", "rb") as file:
        patterns = tomllib.load(file)["tool"]["setuptools"]["package-data"]["tinygrad_lite"]
    packaged = {p.name for pattern in patterns for p in (root / "tinygrad_lite").glob(pattern)}
    assert {"page.html", "page.css", "page.js"} <= packaged
