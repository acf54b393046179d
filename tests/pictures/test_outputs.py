"""Files, goldens, Graphviz itself: what is written is right, the same every time, and errors say what to do."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import graphviz
import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.picture_graphs import network, neuron, softmax_neurons
from tests.helpers.repository import ROOT, needs_graphviz
from tests.helpers.slow import slow
from tinygrad_lite.errors import DrawingError, DTypeError, WriteError
from tinygrad_lite.pictures import compare, draw
from tinygrad_lite.pictures.edges.numbers import number
from tinygrad_lite.pictures.outputs import layout
from tinygrad_lite.pictures.outputs.image import CLASS, DARK_NOTEBOOKS

HERE = Path(__file__).parent


def both_costs() -> Any:
    return compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)})


DRAWINGS: dict[str, Any] = {
    "neuron": lambda: draw(neuron(), grads=True),
    "neuron_before_backward": lambda: draw(neuron(0.6, 0.9), grads=None),
    "cost_unfolded": lambda: draw(neuron(cost=tg.cross_entropy), fold={"sigmoid"}, grads=True, direction="TB"),
    "softmax": lambda: draw(softmax_neurons(), grads=True),
    "costs_compared": both_costs,
}

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no dot on PATH")


# --- always the same -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DRAWINGS)
def test_dot_and_text_are_as_committed(name: str) -> None:
    # DOT and text are ours alone. SVG is not kept: its coordinates are those of a Graphviz version and its fonts.
    drawing = DRAWINGS[name]()
    for ending, got in ((".dot", drawing.to_dot()), (".txt", drawing.text() + "\n")):
        golden = HERE / "goldens" / (name + ending)
        if os.environ.get("WRITE_GOLDENS"):
            golden.write_text(got, encoding="utf-8")
        assert got == golden.read_text(encoding="utf-8"), f"WRITE_GOLDENS=1 pytest {__file__} takes over the new {name}"


HASHES = """
import hashlib
from tests.pictures.test_outputs import DRAWINGS
for name in ("neuron", "cost_unfolded", "softmax", "costs_compared"):
    d = DRAWINGS[name]()
    for text in (d.to_dot(), d.to_svg(), d.to_html()):
        print(name, hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.mark.slow
@needs_graphviz
def test_dot_svg_and_html_are_the_same_to_the_byte_for_every_hash_seed() -> None:
    said = set()
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", HASHES], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.count("\n") == 12
        said.add(done.stdout)
    assert len(said) == 1


@pytest.mark.slow
@needs_graphviz
@pytest.mark.parametrize("make", [neuron, *slow(network)])
def test_the_same_drawing_again_is_the_same_to_the_byte(make: Callable[[], Any]) -> None:
    a, b = draw(make()), draw(make())
    assert (a.to_dot(), a.to_svg(), a.to_html()) == (b.to_dot(), b.to_svg(), b.to_html())


# --- names ---------------------------------------------------------------------------------------------------------

NAMES = [
    'say "w"', "a<b>c", "x|y", "{z}", "back\\slash\\N", "tail\\", "σ(日本)", "<script>alert(1)</script>", "</svg>", "a&amp;b",
    "tab\tand  space", "<b>bold</b>", "]]>", "<!-- x", "%s {0}", "@@DATA@@", "𝛼 ↦ β", "'", "-->",
]  # fmt: skip


def texts(svg: str) -> str:
    tree = ElementTree.fromstring(svg)
    assert not [e for e in tree.iter() if e.tag.endswith("script")]
    return "\n".join(e.text or "" for e in tree.iter() if e.tag.endswith("text")).replace("\u200b", "")


@needs_graphviz
@pytest.mark.parametrize("name", NAMES)
def test_names_are_drawn_as_they_are(name: str) -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name=name)
    drawing = draw((x * x).sum(), grads=True)
    shown = texts(drawing.to_svg()).replace("\xa0", " ").splitlines()
    assert name.replace("\t", " ") in shown
    assert name.replace("\t", " ") in drawing.text() or "\t" in name or "  " in name
    page = drawing.to_html()
    assert page.count("<script") == 2
    assert page.count("</script>") == 2


@needs_graphviz
def test_line_breaks_and_control_characters_in_names() -> None:
    x = tg.Tensor(1.0, requires_grad=True, name="two\nlines\x00\x1b[31m")
    shown = texts(draw(x * 2.0, grads=True).to_svg()).splitlines()
    assert shown[:2] == ["two", "lines\ufffd\ufffd[31m"]


def test_a_very_long_name_is_cut_in_the_picture() -> None:
    dot = draw(tg.Tensor(1.0, requires_grad=True, name="n" * 500) * 2.0).to_dot()
    assert "n" * 61 not in dot
    assert "n" * 59 + "…" in dot


@needs_graphviz
def test_names_of_composites_and_titles_are_text_as_well() -> None:
    def f(x: Any) -> Any:
        return np.exp(x)

    f.__name__ = 'f<"|\\>'
    t = tg.composite(f)(tg.Tensor(1.0, requires_grad=True))
    for fold in (True, False):
        assert 'f<"|\\>' in texts(draw(t, fold=fold).to_svg())
    sheet = compare({'<"a\\': t, "</title>": t})
    assert '<"a\\' in texts(sheet.to_svg())
    assert "</title>" in texts(sheet.to_svg())


# --- forms ---------------------------------------------------------------------------------------------------------

BEGINS = {
    ".svg": b"<?xml", ".png": b"\x89PNG\r\n", ".pdf": b"%PDF-", ".dot": b"digraph", ".html": b"<!DOCTYPE html>",
    ".txt": b"C = ",
}  # fmt: skip


@needs_graphviz
@pytest.mark.parametrize("ending", BEGINS)
def test_save_writes_every_form(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{ending.upper() if ending == '.png' else ending}"
    draw(neuron()).save(path)
    assert path.read_bytes().startswith(BEGINS[ending])


def test_save_says_which_endings_there_are_and_where_it_cannot_write(tmp_path: Path) -> None:
    drawing = draw(neuron())
    with pytest.raises(DrawingError, match=r"\.svg, \.png, \.pdf, \.dot, \.html"):
        drawing.save(tmp_path / "x.jpg")
    with pytest.raises(WriteError, match="cannot write"):
        drawing.save(tmp_path / "nowhere" / "x.dot")


def test_to_graphviz_is_a_digraph_to_go_on_with() -> None:
    graph = draw(neuron()).to_graphviz()
    assert isinstance(graph, graphviz.Digraph)
    graph.node("note", "my own")
    graph.edge("note", "n1")
    assert "note -> n1" in graph.source


@needs_graphviz
def test_a_notebook_gets_svg_and_text_and_the_stepper_in_a_frame() -> None:
    drawing = draw(neuron())
    bundle = drawing._repr_mimebundle_()
    assert bundle["text/plain"] == drawing.text()
    assert "<svg" in bundle["image/svg+xml"]
    assert bundle["text/html"] == drawing.image()
    frame = drawing.stepper(300)._repr_mimebundle_()["text/html"]
    assert frame.startswith(f'{DARK_NOTEBOOKS}<iframe class="{CLASS}" srcdoc=')
    assert "height:300px" in frame
    assert "<script" not in frame


@needs_graphviz
def test_svg_has_a_title_and_a_description() -> None:
    tree = ElementTree.fromstring(draw(neuron()).to_svg())
    described = {e.tag.split("}")[1]: e.text for e in list(tree)[:2]}
    assert described["title"] == "The graph of C, a scalar"
    assert described["desc"] == draw(neuron()).text()
    assert tree.get("role") == "img"


# --- Graphviz ------------------------------------------------------------------------------------------------------


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_without_any_engine_the_error_says_both_ways_out(no_dot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda name: None)
    drawing = draw(neuron())
    for make in (drawing.to_svg, drawing.to_html, lambda: drawing.save("x.png")):
        with pytest.raises(
            DrawingError,
            match=r"`dot` is on PATH.*pip install 'tinygrad-lite\[draw\]', or in a clone pip install '\.\[draw\]'",
        ):
            make()
    assert drawing.text()
    assert drawing.to_dot()
    assert "pip install" in drawing._repr_mimebundle_()["text/plain"]


@pytest.mark.slow
@needs_dot
def test_the_wheel_is_asked_where_there_is_no_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A stand-in with pygraphviz's one call that is used, so that this runs without the extra, too.
    (tmp_path / "pygraphviz.py").write_text(
        "import subprocess\n"
        "class AGraph:\n"
        "    def __init__(self, string): self.dot = string\n"
        "    def draw(self, format, prog):\n"
        f"        return subprocess.run([{shutil.which('dot')!r}, '-T' + format], input=self.dot.encode(), capture_output=True).stdout\n"
    )
    drawing = draw(neuron())
    direct, page = drawing.to_svg(), drawing.to_html()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda name: name == "pygraphviz" or None)
    again = draw(neuron())
    assert again.to_svg() == direct
    assert again.to_html() == page


@pytest.mark.slow
def test_the_bundled_graphviz_draws(no_dot: Path) -> None:
    pytest.importorskip("pygraphviz")
    assert "σ(z)" in texts(draw(neuron()).to_svg())
    assert draw(neuron()).to_html().count("\\u003csvg") == 3  # and the first stands in the page itself


@pytest.mark.slow
def test_a_graphviz_that_fails_or_hangs_is_an_error(no_dot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dot = executable(no_dot / "dot", f"#!{shutil.which('sh', path='/bin:/usr/bin')}\necho 'syntax error' >&2\nexit 1\n")
    with pytest.raises(DrawingError, match="syntax error"):
        draw(neuron()).to_svg()
    executable(dot, f"#!{sys.executable}\nimport time\ntime.sleep(30)\n")
    monkeypatch.setattr(layout, "PATIENCE", 0.3)
    with pytest.raises(DrawingError, match=r"upto="):
        draw(neuron()).to_svg()


# --- side by side, imports, time -----------------------------------------------------------------------------------


def test_compare_aligns_what_has_the_same_name_and_says_how_much_larger() -> None:
    sheet = both_costs()
    columns = [[b.name for b in column] for column in sheet.view.columns]
    assert columns == [[n, n] for n in ("x", "y", "w", "v1", "b", "z", "a", "C")]
    slow, fast = (draw(neuron(cost=c), grads=True).view.boxes for c in (tg.quadratic_cost, tg.cross_entropy))
    times = next(b.gradient for b in fast if b.name == "w") / next(b.gradient for b in slow if b.name == "w")
    assert f"({times:.4g} times)" in sheet.view.caption[0]


@needs_graphviz
def test_corresponding_boxes_stand_in_one_column() -> None:
    tree = ElementTree.fromstring(both_costs().to_svg())
    centre = {}
    for group in tree.iter():
        if group.get("class") == "node":
            shapes = [e for e in group.iter() if e.tag.endswith(("polygon", "path")) and e.get("fill") != "none"]
            numbers = (shapes[0].get("points") or shapes[0].get("d") or "").replace("M", " ").replace("C", " ").split()
            xs = [float(pair.split(",")[0]) for pair in numbers]
            centre[group.get("id")] = (min(xs) + max(xs)) / 2
    for column in both_costs().view.columns:
        places = [centre[b.id] for b in column]
        assert max(places) - min(places) < 1.0


@needs_graphviz
def test_two_costs_of_the_very_same_activation() -> None:
    a = tg.sigmoid(tg.Tensor(4.0, requires_grad=True, name="z"))
    a.name = "a"
    costs = {"one": tg.quadratic_cost(a, 0.0), "other": tg.cross_entropy(a, 0.0)}
    sheet = compare(costs, fold={"quadratic_cost", "cross_entropy"})
    inside = [frame.id for frame in sheet.view.frames.values() if frame.name == "σ"]
    assert len(inside) == 2
    svg = sheet.to_svg()
    assert all(f'id="{i}"' in svg for i in inside)
    assert {b.id[:2] for b in sheet.view.boxes if b.name == "a"} == {"g1", "g2"}
    assert sheet.view.caption == [
        f"gradient of z: one {number(a.item() ** 2 * (1 - a.item()))}, other {number(a.item())} ({number(1 / (a.item() * (1 - a.item())))} times)"
    ]


def test_compare_refuses_what_it_cannot_compare() -> None:
    with pytest.raises(DrawingError, match="two graphs"):
        compare({"one": neuron()})
    with pytest.raises(DTypeError, match="'b' is float"):
        compare({"a": neuron(), "b": 1.0})  # type: ignore[dict-item]


@pytest.mark.slow
def test_importing_the_package_imports_no_graphviz() -> None:
    code = (
        "import sys, tinygrad_lite; import tinygrad_lite.pictures; print([m for m in sys.modules if 'graphviz' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_drawings_leave_the_graph_as_it_was() -> None:
    c = neuron()
    before = [(t.serial, t.name, t.grad, hashlib.sha256(t.numpy().tobytes()).hexdigest()) for t in tg.graph(c)]
    draw(c, fold=False, grads=True).to_dot()
    assert before == [(t.serial, t.name, t.grad, hashlib.sha256(t.numpy().tobytes()).hexdigest()) for t in tg.graph(c)]
    c.backward()
