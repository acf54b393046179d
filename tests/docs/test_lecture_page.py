"""The page of the lecture's derivations is what the engine makes today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_up_to_date(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("example_lecture", ROOT / "examples" / "lecture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--check"]) == 0, capsys.readouterr().out
    assert module.main(["--to", str(tmp_path / "p.html")]) == 0
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert text.count("<section>") == len(module.SECTIONS)
    assert "did not pass" not in text
    (tmp_path / "p.html").write_text(text + "x", encoding="utf-8")
    assert module.main(["--check", "--to", str(tmp_path / "p.html")]) == 1
