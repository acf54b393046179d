"""Large graphs repeat, parts can be drawn, and what is too large to read says how."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.picture_graphs import layers, loop, neuron, operations
from tests.helpers.slow import slow
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures import draw


def test_a_hundred_layers_repeat() -> None:
    drawing = draw(layers(100), grads=True)
    (group,) = [b for b in drawing.view.boxes if b.operation == "repeat"]
    assert group.count >= 98
    assert group.steps[-1] == "v6 = σ(v5)"
    bundles = [b for b in drawing.view.boxes if b.kind == "parameter" and b.count > 1]
    assert [b.count for b in bundles] == [group.count] * 2
    assert len(drawing.view.boxes) < 20


def test_a_loop_of_5000_operations_repeats_with_the_right_derivative() -> None:
    x = loop(2500)
    x.backward()
    drawing = draw(x)
    assert len(drawing.view.boxes) < 8
    product = np.prod([e.derivative.item() for e in drawing.view.edges if e.passes])
    assert product == pytest.approx(0.999**2500, rel=1e-9)
    assert "× 2499" in drawing.to_dot()


def deep(count: int) -> Any:
    """Steps that never repeat."""
    rng = np.random.default_rng(3)
    functions = [np.sin, np.cos, np.square, np.tanh, np.exp, lambda v: v * 0.5, lambda v: v + 0.1]
    v: Any = tg.Tensor(0.3, requires_grad=True, name="x")
    for i in rng.integers(0, len(functions), count):
        v = functions[i](v) * 0.5
    return v


@pytest.mark.parametrize("count", [1_500, *slow(5_000)])
def test_a_large_graph_without_repetition_says_how_to_see_a_part(count: int) -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(DrawingError, match=r"tg\.draw\(t, upto="):
        draw(deep(count))
    assert sys.getrecursionlimit() == limit
    part = draw(deep(count), upto=12)
    assert len(operations(part)) == 12
    assert next(b.kind for b in part.view.boxes) == "cut"


def test_upto_a_tensor_a_name_or_several() -> None:
    c = neuron()
    assert [b.name for b in draw(c, upto="a").view.boxes] == ["y", "a", "C"]
    z_ = next(t for t in tg.graph(c) if t.name == "z")
    assert [b.name for b in draw(c, upto=z_).view.boxes] == ["y", "z", "a", "C"]
    assert [b.name for b in draw(c, upto=["z", "a"]).view.boxes] == ["y", "a", "C"]


def test_composites_that_nest_too_deep_say_how_to_open_fewer() -> None:
    @tg.composite
    def nested(v: Any, depth: int) -> Any:
        return v * 1.5 if depth == 0 else nested(v, depth - 1) + 1.0

    t = nested(tg.Tensor(1.0, requires_grad=True, name="x"), 60)
    assert operations(draw(t)) == ["nested"]
    assert operations(draw(t, fold=2)) == ["nested", "add", "add"]
    with pytest.raises(DrawingError, match="nest 61 deep"):
        draw(t, fold=False)
