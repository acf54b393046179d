"""Copies, pickles and weak references of what a graph is made of; and the words that its readers may rely on."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.changes import stepped
from tests.helpers.models import X, model
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.graph import Call, Node
from tinygrad_lite.core.primitives import TABLE

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy, "deepcopy": copy.deepcopy, "pickle": lambda t: pickle.loads(pickle.dumps(t)),
    "old pickle": lambda t: pickle.loads(pickle.dumps(t, protocol=2)),
}  # fmt: skip
every_copy = pytest.mark.parametrize("kind", COPIES)


@every_copy
def test_a_copy_and_its_original_know_nothing_of_each_others_changes(kind: str) -> None:
    w = leaf([1.0, 2.0], name="w")
    w.data = [3.0, 4.0]  # a version, which the copy does not take over
    twin = COPIES[kind](w)
    loss, its_loss = (w * w).sum(), (twin * twin).sum()
    stepped(tg.optim.SGD([twin], 1.0), twin)
    np.testing.assert_array_equal(w.numpy(), [3.0, 4.0])
    w.zero_grad()
    loss.backward()
    np.testing.assert_array_equal(gradient(w), [6.0, 8.0])
    with pytest.raises(tg.errors.StaleGraphError):
        its_loss.backward()
    with pytest.raises(ValueError, match="read-only"):
        twin.data[:] = 0


@every_copy
def test_a_leaf_that_was_a_view_is_copied_whole(kind: str) -> None:
    whole = Tensor(np.arange(12.0).reshape(3, 4))
    part = whole.T[1:]
    twin = COPIES[kind](part)
    np.testing.assert_array_equal(twin.numpy(), part.numpy())
    assert not np.shares_memory(twin.data, whole.data)
    assert not twin.requires_grad


@every_copy
def test_scalars_special_numbers_and_dtypes_survive(kind: str) -> None:
    for value in (np.float32(2.5), np.float64(np.nan), -0.0, np.inf, 3, True, np.float16(0.1), np.longdouble(1) / 3):
        t = Tensor(value)
        twin = COPIES[kind](t)
        assert (twin.dtype, twin.shape) == (t.dtype, ())
        assert twin.data.tobytes()[:10] == t.data.tobytes()[:10]


@pytest.mark.parametrize("kind", ["deepcopy", "pickle"])
def test_what_is_shared_before_is_shared_after(kind: str) -> None:
    w = leaf([1.0, 2.0])
    first, (second, other) = COPIES[kind]([w, (w, leaf(3.0))])
    assert first is second
    assert other is not first
    (first * second).sum().backward()
    np.testing.assert_array_equal(gradient(first), [2.0, 4.0])
    assert w.grad is None


def test_a_gradient_that_records_is_copied_without_its_graph() -> None:
    w = leaf([1.0, 2.0])
    (w**3).sum().backward(create_graph=True)
    assert w.grad is not None
    assert w.grad.primitive is not None
    for kind in COPIES.values():
        twin = kind(w)
        assert twin.grad.primitive is None
        np.testing.assert_array_equal(gradient(twin), [3.0, 12.0])


@pytest.mark.parametrize("kind", ["deepcopy", "pickle"])
def test_a_model_and_its_optimiser_go_on_apart(kind: str) -> None:
    def train(m: Any, optimiser: Any) -> list[Any]:
        for _ in range(3):
            m.zero_grad()
            tg.quadratic_cost(m(X), np.ones((5, 2))).backward()
            optimiser.step()
        return [t.numpy() for t in m.parameters()]

    mine = model()
    optimiser = tg.optim.Adam(mine.parameters(), 0.1)
    train(mine, optimiser)
    twin, its_optimiser = COPIES[kind]((mine, optimiser))
    assert all(a is b for a, b in zip(twin.parameters(), its_optimiser.parameters, strict=True))
    before = [t.numpy() for t in mine.parameters()]
    moved = train(twin, its_optimiser)
    for t, kept in zip(mine.parameters(), before, strict=True):
        np.testing.assert_array_equal(t.numpy(), kept)
    for a, b in zip(train(mine, optimiser), moved, strict=True):
        np.testing.assert_array_equal(a, b)


@every_copy
@pytest.mark.parametrize("name", ["add", "where", "matmul", "getitem", "sum"])
def test_a_primitive_is_the_same_after_copying(name: str, kind: str) -> None:
    assert COPIES[kind](TABLE[name]) is TABLE[name]


# --- weak references -----------------------------------------------------------------------------------------------


def test_tensors_are_keys_of_sets_and_dicts_by_identity() -> None:
    a, b = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    made = {a: "a", b: "b", a * b: "product"}
    assert (made[a], made[b], len(made), len({a, b, a})) == ("a", "b", 3, 2)
    hash_before = hash(a)
    a.data = [5.0, 6.0]
    assert hash(a) == hash_before


@pytest.mark.parametrize("through", ["operator", "primitive", "composite", "no_grad", "error", "index", "create_graph"])
def test_nothing_keeps_a_node_when_its_last_result_goes(through: str) -> None:
    gc.collect()
    gc.disable()
    try:
        x = leaf([1.0, 2.0, 3.0])
        middle: Any = x * 2.0
        ref = weakref.ref(middle)
        if through == "operator":
            result = middle * middle + middle
        elif through == "primitive":
            result = np.exp(middle)
        elif through == "composite":
            result = tg.softmax(tg.sigmoid(middle))
        elif through == "no_grad":
            with tg.no_grad():
                result = middle * 3.0
        elif through == "error":
            with pytest.raises(tg.errors.ShapeError):
                middle @ np.ones((2, 2))
            result = None
        elif through == "index":
            result = middle[np.array([0, 1])] + middle[::2]
        else:
            result = middle * middle
            result.sum().backward(create_graph=True)
            x.zero_grad()
        if isinstance(result, Tensor) and result.requires_grad:
            result.sum().backward()
        x.zero_grad()
        del middle
        del result
        assert ref() is None
    finally:
        gc.enable()


# --- the words that readers rely on ----------------------------------------------------------------------------------


def test_a_node_speaks_the_documented_words() -> None:
    x = leaf([1.0, 2.0], name="x")
    y = x.reshape(2, 1) * 3.0
    for node in (x, y, y.inputs[0], x.detach(), Tensor(1)):
        assert isinstance(node, Node)
        assert isinstance(node.params, Mapping)
        assert type(node.serial) is int
        assert type(node.needs_grad) is bool
        assert type(node.in_graph) is bool
        assert isinstance(node.inputs, tuple)
        assert node.call is None
        assert (node.primitive is None) == (node.pull is None) == (node.inputs == ())
        assert str(node.shape) in node.label()
    assert (x.meta is not None, y.meta) == (True, None)
    assert y.note() is y.note() is y.meta
    assert "'x'" in x.label()
    assert "multiply" in y.label()
    assert dict(y.inputs[0].params) == {"shape": (2, 1)}
    for word in ("order", "_requires", "_pull", "_version", "arity"):
        assert not hasattr(y, word)
    for word in ("latex", "arity"):
        assert not hasattr(TABLE["add"], word)


def test_a_leaf_made_from_data_keeps_it_and_starts_with_nothing() -> None:
    array = np.ones(3)
    for kind in (Node, Tensor):
        node = kind.leaf(array)
        assert type(node) is kind
        assert node._array is array
        assert (node.primitive, node.inputs, node.call, node.meta, node.pull) == (None, (), None, None, None)
        assert (node.needs_grad, node.in_graph, dict(node.params)) == (False, False, {})
    with pytest.raises(TypeError):
        node.params["axis"] = 0  # type: ignore[index]  # all leaves share one empty mapping


def test_a_call_knows_its_arguments_and_what_it_returned() -> None:
    @tg.composite
    def scaled(x: Any, by: float, *, plus: Any = 0.0) -> Any:
        return x * by + plus

    x, c = leaf([1.0]), leaf([2.0])
    y = scaled(x, 3.0, plus=c)
    call = y.call
    assert isinstance(call, Call)
    assert (call.name, call.parent, call.output) == ("scaled", None, y.serial)
    assert list(map(id, call.inputs)) == [id(x), id(c)]
    assert call.args[0] is x
    assert call.args[1] == 3.0
    assert call.kwargs["plus"] is c


def test_serials_grow_along_every_edge_and_leave_room_between() -> None:
    x = leaf(np.ones((2, 2)))
    cost = tg.cross_entropy_with_logits(tg.tanh(x) @ x, np.ones((2, 2)))
    nodes = tg.graph(cost)
    assert [n.serial for n in nodes] == sorted({n.serial for n in nodes})
    for node in nodes:
        assert all(i.serial < node.serial for i in node.inputs if isinstance(i, Node))
