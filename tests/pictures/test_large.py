"""Large graphs repeat, parts can be drawn, and what is too large to read says how."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.picture_graphs import layers, loop, neuron, operations
from tests.helpers.slow import slow
from tests.helpers.work import counted
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures import compare, draw


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


def joined(count: int, twice: bool = False) -> Any:
    """Many leaves in one list; twice: each is used a second time, so that no two play the same part."""
    leaves = [tg.Tensor([float(i)], requires_grad=True, name=f"w{i}") for i in range(count)]
    c = np.sum(np.concatenate(leaves) ** 2)
    for i, w in enumerate(leaves if twice else []):
        c = c + (w * float(i)).sum()
    return c


def test_a_thousand_leaves_that_are_joined_are_one_box() -> None:
    with counted() as work:
        drawing = draw(joined(1000), grads=True)
    assert [b.title for b in drawing.view.boxes] == [
        "w0 … w999", "v1 = concat w0 … w999 over axis 0", "v2 = v1²", "v3 = Σ v2",
    ]  # fmt: skip
    bundle = drawing.view.boxes[0]
    assert bundle.count == 1000
    assert np.array_equal(bundle.gradient.ravel(), 2.0 * np.arange(1000))
    with counted() as less:
        draw(joined(500), grads=True)
    assert work.calls < 2.5 * less.calls


def test_the_edges_of_a_list_of_leaves_cost_no_more_than_a_pass_over_the_list_each() -> None:
    def calls(count: int) -> int:
        c = joined(count, twice=True)
        with counted() as work:
            draw(c, repeat=False, limit=10_000)
        return work.calls

    assert calls(80) < 4.2 * calls(40)  # eight times as many, were it a pass for each input of each edge


def test_leaves_count_among_the_boxes_that_nobody_could_read() -> None:
    c = joined(80, twice=True)
    with pytest.raises(DrawingError, match=r"3\d\d boxes would not be readable"):
        draw(c, repeat=False)
    assert len(draw(c, repeat=False, limit=400).view.boxes) > 200


@tg.composite
def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + 1e-5) * gamma + beta


def transformer(blocks: int) -> Any:
    """Attention, layer norm and a net of two layers in each block, with residual connections."""
    rng = np.random.default_rng(0)

    def parameter(name: str, *shape: int) -> Any:
        return tg.Tensor(rng.normal(size=shape), requires_grad=True, name=name)

    @tg.composite
    def block(x: Any, p: list[Any]) -> Any:
        h = layer_norm(x, p[0], p[1])
        q, k, v = (h @ w for w in p[2:5])
        x = x + tg.softmax(q @ k.T / 2.0) @ v
        return x + tg.relu(layer_norm(x, p[5], p[6]) @ p[7]) @ p[8]

    x = tg.Tensor(rng.normal(size=(3, 4)), name="x")
    for _ in range(blocks):
        names = ["γ", "β", "Q", "K", "V", "γ", "β", "W1", "W2"]
        shapes = [(4,), (4,), (4, 4), (4, 4), (4, 4), (4,), (4,), (4, 8), (8, 4)]
        x = block(x, [parameter(name, *shape) for name, shape in zip(names, shapes, strict=True)])
    return np.mean(x**2)


def test_the_blocks_of_a_transformer_repeat() -> None:
    view = draw(transformer(6), grads=True).view
    assert [b.operation for b in view.boxes if b.operation] == ["block", "repeat", "square", "mean"]
    assert len(view.boxes) < 30
    bundles = [b for b in view.boxes if b.count == 5 and b.kind == "parameter"]
    assert len(bundles) == 9


def test_numbers_near_the_largest_are_drawn_without_a_warning() -> None:
    w = tg.Tensor(1e300, requires_grad=True, name="w")
    many = tg.Tensor([1e300] * 6 + [-1e300] * 2, requires_grad=True, name="p")
    assert draw(w * 2.0, grads=True).view.boxes[0].numbers == "1e300"
    sheet = compare({"a": np.sum(many * 1e-300) * w, "b": np.sum(many * 1e-200) + w}, grads=True)
    (p,) = [b for b in sheet.view.boxes if b.name == "p" and b.id.startswith("g1")]
    assert p.numbers == "mean 5e299, std 8.66e299"
