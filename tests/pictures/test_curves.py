"""Curves: derivatives are the engine's, names stand beside their lines and never on each other, files say what they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import needed
from tinygrad_lite.errors import DrawingError, MissingExtraError, ShapeError, WriteError
from tinygrad_lite.pictures import curve, learning_curves
from tinygrad_lite.pictures.curves import _draw

Figure = needed("matplotlib.figure").Figure


@pytest.mark.parametrize("function", [tg.sigmoid, tg.tanh, tg.softplus, np.sin, lambda z: z**3])
def test_the_second_line_is_the_derivative_of_the_first(function: Any) -> None:
    (panel,) = curve(function, low=-2.0, high=3.0).panels
    (z, y), (same, slopes) = panel.lines.values()
    np.testing.assert_array_equal(z, same)
    np.testing.assert_allclose(np.gradient(y, z)[1:-1], slopes[1:-1], rtol=1e-3, atol=1e-3)


def test_a_kink_is_a_step_of_the_derivative() -> None:
    (_, _), (z, slopes) = curve(tg.relu).panels[0].lines.values()
    np.testing.assert_array_equal(slopes, np.where(z > 0, 1.0, 0.0))


def places(panel: Any) -> dict[str, float]:
    """How high the names stand, in parts of the panel's height."""
    axes = Figure().subplots()
    _draw(axes, panel)
    return {text.get_text(): text.xy[1] for text in axes.texts}


def test_each_line_has_its_name_at_its_end_and_no_name_stands_on_another() -> None:
    ends = {"one": 0.0, "two": 0.001, "three": 0.002, "four": 1.0, "five": 0.9999}
    (panel,) = learning_curves({"C": {name: [0.5, end] for name, end in ends.items()}}).panels
    found = places(panel)
    assert set(found) == set(ends)
    heights = sorted(found.values())
    assert min(np.diff(heights)) > 0.07
    assert heights[0] >= 0
    assert heights[-1] <= 1
    assert sorted(ends, key=lambda name: ends[name]) == sorted(found, key=lambda name: found[name])
    alone = places(learning_curves({"C": {"one": [0.0, 0.5, 1.0, 0.75]}}).panels[0])
    assert alone["one"] == pytest.approx((0.75 + 0.05) / 1.1, abs=0.01)


@pytest.mark.parametrize("name", ["c.svg", "c.png", "c.pdf"])
def test_files_are_the_same_every_time(name: str, tmp_path: Path) -> None:
    curves = curve(tg.sigmoid)
    files = [tmp_path / "1" / name, tmp_path / "2" / name]
    for path in files:
        path.parent.mkdir()
        curves.save(path)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes()[:4] in (b"<?xm", b"\x89PNG", b"%PDF")


def test_the_svg_needs_no_font_and_says_what_it_shows() -> None:
    curves = curve(tg.sigmoid, tg.relu)
    tags = {element.tag.partition("}")[2]: element.text for element in ElementTree.fromstring(curves.to_svg()).iter()}
    assert "text" not in tags
    assert tags["desc"] == curves.text()
    assert curves._repr_mimebundle_()["image/svg+xml"] == curves.to_svg()


def reciprocal(z: Any) -> Any:
    return 1 / z


@pytest.mark.parametrize(("function", "holes"), [(np.log, 201), (np.sqrt, 200), (reciprocal, 1)])
def test_where_a_function_is_not_finite_its_lines_have_a_gap(function: Any, holes: int) -> None:
    curves = curve(function)
    for _, y in curves.panels[0].lines.values():
        assert np.isfinite(y).sum() in (401 - holes, 400 - holes)  # the slope of a root at 0 is infinite
    assert "nan" not in curves.text()
    assert "inf" not in curves.text()
    assert len(places(curves.panels[0])) == 2


def test_a_function_that_branches_or_holds_a_parameter_has_its_curves() -> None:
    w = tg.Tensor(2.0, requires_grad=True)

    def branches(z: Any) -> Any:
        return z * z if z > 0 else w * z

    (panel,) = curve(branches, low=-1, high=1).panels
    (_, y), (_, slopes) = panel.lines.values()
    assert (y[0], y[-1], slopes[0], slopes[-1]) == (-2, 1, 2, 2)


def test_a_run_that_diverges_keeps_its_name_beside_its_line() -> None:
    curves = learning_curves({"C": {"well": [0.5, 0.2], "badly": [0.5, np.nan], "never": [np.nan, np.nan]}})
    assert curves.text().startswith("C: well from 0.5 to 0.2, badly from 0.5 to 0.5, never nowhere finite")
    assert len(places(curves.panels[0])) == 2


def test_what_is_no_curve_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DrawingError, match="one function or more"):
        curve()
    with pytest.raises(DrawingError, match="low below high"):
        curve(tg.sigmoid, low=1.0, high=1.0)
    with pytest.raises(ShapeError, match=r"gives shape \(2,\)"):
        curve(lambda z: np.stack([z, z]))
    for wrong in ({}, {"C": {}}, {"C": {"a": [1.0]}}, {"C": {"a": [[1.0, 2.0]]}}):
        with pytest.raises(DrawingError, match="two numbers or more"):
            learning_curves(wrong)  # type: ignore[arg-type]
    with pytest.raises(DrawingError, match="takes functions; got 'sigmoid'"):
        curve("sigmoid")  # type: ignore[arg-type]
    with pytest.raises(DrawingError, match=r"log\(z\) is not finite for any z"):
        curve(np.log, low=-2, high=-1)
    with pytest.raises(DrawingError, match="'C' has a list"):
        learning_curves({"C": [1.0, 0.5]})  # type: ignore[dict-item]
    with pytest.raises(DrawingError, match=r"got 'x\.html'"):
        curve(tg.relu).save(tmp_path / "x.html")
    with pytest.raises(WriteError, match="cannot write"):
        curve(tg.relu).save(tmp_path / "no" / "x.svg")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"tinygrad-lite\[plot\]"):
        curve(tg.relu).to_svg()
    assert "needs" not in curve(tg.relu).text()
    assert "curves need matplotlib" in curve(tg.relu)._repr_mimebundle_()["text/plain"]
