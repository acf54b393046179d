"""The page of the lecture's derivations is what the engine makes today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.repository import load_example

lecture = load_example("lecture")


def test_page_is_up_to_date(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert lecture.main(["--check"]) == 0, capsys.readouterr().out
    assert lecture.main(["--to", str(tmp_path / "p.html")]) == 0
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert text.count("<section>") == len(lecture.SECTIONS)
    assert "did not pass" not in text
    (tmp_path / "p.html").write_text(text + "x", encoding="utf-8")
    assert lecture.main(["--check", "--to", str(tmp_path / "p.html")]) == 1
