"""The graph of an exercise, with what is asked for and what came of it."""

import xml.etree.ElementTree as ET

import pytest

import tinygrad_lite as tg
from tests.helpers.repository import needs_graphviz
from tests.helpers.slow import slow
from tinygrad_lite.exercises import PATH
from tinygrad_lite.exercises.showing import picture
from tinygrad_lite.exercises.showing.boxes import above, below, boxes, symbol
from tinygrad_lite.notation.formula import unicode

FAST = ("one-neuron", "curvature")


@pytest.mark.parametrize("id", [*FAST, *slow(*(e.id for e in PATH if e.id not in FAST))])
def test_a_picture_marks_what_is_asked_and_gives_no_line_away(id: str) -> None:
    exercise = tg.exercises.load(id)
    drawn = picture.source(exercise) + picture.description(exercise)
    assert drawn.count(" = ?") == 2 * len(exercise.steps)
    for line in exercise.derivation.steps:
        assert str(line) not in drawn


def test_a_box_is_drawn_for_each_name_and_an_edge_along_values_without_one() -> None:
    exercise = tg.exercises.load("one-neuron")
    assert picture.description(exercise).splitlines() == [
        "w; ∂C/∂w = ?", "x", "b; ∂C/∂b = ?", "y", "z from w, x, b; ∂C/∂z = ?", "a from z; ∂C/∂a = ?", "C from y, a",
    ]  # fmt: skip
    assert below(exercise, "a") == ["z"]  # σ is many operations
    assert above(exercise, "z") == ["a"]


def test_a_verdict_is_marked_by_signs_and_by_colours() -> None:
    exercise = tg.exercises.load("one-neuron")
    verdict = exercise.check(da="a - y", dz="a - y", dw="dz x")
    words = picture.description(exercise, verdict)
    assert "a from z; ✓ ∂C/∂a" in words
    assert "z from w, x, b; ✗ ∂C/∂z" in words
    assert "w; ↪ ∂C/∂w" in words
    assert "b; ∂C/∂b = ?" in words
    (wrong,) = (line for line in picture.source(exercise, verdict).splitlines() if line.strip().startswith("z ["))
    assert picture.WRONG in wrong
    assert picture.RIGHT not in wrong


def test_a_second_derivative_is_drawn_as_what_it_is_of() -> None:
    assert "∂C/∂w from x, y, z, a" in picture.description(tg.exercises.load("curvature"))


@needs_graphviz
@pytest.mark.parametrize("id", ["one-neuron", "first-step", "curvature"])  # the result of the last two has no name
def test_every_box_is_filled_with_texts_that_begin_with_no_blank(id: str) -> None:
    exercise = tg.exercises.load(id)
    root = ET.fromstring(picture.svg(exercise))
    texts = [t.text or "" for t in root.iter() if t.tag.endswith("text")]
    assert {unicode(symbol(exercise, name)) for name in boxes(exercise)} <= set(texts)
    assert texts == [text.strip() for text in texts]


@needs_graphviz
def test_the_svg_stands_inside_a_page_and_is_described() -> None:
    svg = picture.svg(tg.exercises.load("one-neuron"))
    root = ET.fromstring(svg)
    assert root.tag.endswith("svg")
    assert "a from z; ∂C/∂a = ?" in svg
