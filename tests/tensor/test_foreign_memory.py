"""Memory that is not ours: what a graph keeps never changes afterwards, whoever else can write to where it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import gradient, leaf


def views(source: Any) -> dict[str, Any]:
    """Arrays without axes that are read-only, and whose number still changes with the source."""
    locked = source[0:1].reshape(())
    locked.flags.writeable = False
    return {
        "np.broadcast_to": np.broadcast_to(source[0:1].reshape(()), ()),
        "np.nditer": next(iter(np.nditer(source))),
        "locked view": locked,
    }


@pytest.mark.parametrize("kind", ["np.broadcast_to", "np.nditer", "locked view"])
@pytest.mark.parametrize("operate", [lambda x, a: x * a, lambda x, a: a * x, lambda x, a: np.where(x > 0, x * a, 0)])
@pytest.mark.parametrize("x", [2.0, np.full(3, 2.0)], ids=["scalar", "array"])
def test_a_constant_without_axes_is_copied(kind: str, operate: Callable[[Any, Any], Any], x: Any) -> None:
    source = np.array([3.0, 3.0])
    constant = views(source)[kind]
    assert not constant.flags.writeable
    t = leaf(x)
    y = operate(t, constant).sum()
    source[:] = 100.0
    assert constant == 100.0
    y.backward()
    np.testing.assert_array_equal(gradient(t), np.full(np.shape(x), 3.0))


@pytest.mark.parametrize("wrap", [lambda k: slice(k, None), lambda k: (slice(0, 3), slice(None, k, k)), lambda k: k])
def test_bounds_and_places_that_are_arrays_are_copied(wrap: Callable[[Any], Any]) -> None:
    place, fixed = np.array(1), np.array(1)
    t, twin = leaf(np.ones((3, 3))), leaf(np.ones((3, 3)))
    y, z = t[wrap(place)], twin[wrap(fixed)]
    place[...] = 2
    y.sum().backward()
    z.sum().backward()
    np.testing.assert_array_equal(gradient(t), gradient(twin))


def test_bounds_may_be_integer_tensors_and_nothing_else() -> None:
    t = leaf([1.0, 2.0, 3.0])
    assert t[np.argmax(t) :].tolist() == [3.0]
    for bound in (1.0, "a", [1], np.array([1])):
        with pytest.raises(tg.errors.IndexingError, match="a slice has integers or None as bounds"):
            t[bound:]  # type: ignore[misc]
    with pytest.raises(tg.errors.DetachError, match="an index"):
        t[leaf(1.0) :]


@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize("spell", [lambda t, s: t.reshape(s), np.reshape])
def test_a_shape_that_may_change_is_copied(spell: Any, kind: Any) -> None:
    shape = kind([2, 3])
    y = spell(leaf(np.ones(6)), shape)
    shape[0] = 7
    assert tuple(y.params["shape"]) == (2, 3)


@pytest.mark.parametrize("constant", [np.full(3, 2.0), np.full((), 2.0), 2.0, [2.0, 2.0, 2.0]])
def test_a_constant_cannot_be_written_through_the_graph(constant: Any) -> None:
    """Numbers are shared by all graphs: whoever wrote into one would change what others compute."""
    y = leaf([1.0, 1.0, 1.0]) * constant
    kept = y.inputs[1]
    with pytest.raises((ValueError, TypeError)):
        kept[...] = 7.0
    if type(constant) is float:
        with pytest.raises(ValueError, match="WRITEABLE"):
            kept.flags.writeable = True
        while isinstance(kept.base, np.ndarray):
            kept = kept.base
            with pytest.raises(ValueError, match="WRITEABLE"):
                kept.flags.writeable = True
    np.testing.assert_array_equal((leaf([1.0, 1.0, 1.0]) * constant).numpy(), [2.0, 2.0, 2.0])


@pytest.mark.parametrize(
    "give",
    [
        lambda x: tg.value_and_grad(lambda x: x.sum())(x)[1],
        lambda x: tg.value_and_grad(lambda x: x.reshape(()))(x[:1])[0],
        lambda x: tg.value_and_grad(lambda x: ((x * x).sum(), x), has_aux=True)(x)[1],
        lambda x: tg.jvp(lambda x: x, x, np.ones(3))[0],
        lambda x: tg.jvp(lambda x: x.T, x, x)[1],
        lambda x: tg.vjp(lambda x: x, x)[0],
        lambda x: tg.vjp(lambda x: x, x)[1](x)[0],
    ],
)
def test_a_derivative_hands_out_memory_of_its_own(give: Callable[[Any], Any]) -> None:
    x = np.ones(3)
    got = give(x)
    assert not np.shares_memory(got, x)
    if isinstance(got, np.ndarray):
        got[...] = 9.0
    np.testing.assert_array_equal(x, 1.0)


@pytest.mark.parametrize("tracks", [True, False])
def test_a_derivative_hands_out_no_leaf_of_the_callers(tracks: bool) -> None:
    w, v = tg.Tensor(np.ones(3), requires_grad=tracks), tg.Tensor(np.ones(3), requires_grad=tracks)
    x = tg.Tensor(np.ones(3))
    handed: list[Any] = [
        tg.jvp(lambda x: w, x, v)[0],
        tg.jvp(lambda x: x + 1.0, x, v)[1],
        tg.vjp(lambda x: w, x)[0],
        tg.vjp(lambda x: x + 1.0, x)[1](v)[0],
    ]
    for got in handed:
        assert got is not w
        assert got is not v
        assert not np.shares_memory(got.data, w.data)
        assert not np.shares_memory(got.data, v.data)
        assert got.requires_grad == tracks  # a copy in the graph: the gradient goes on
    cost = tg.Tensor(1.0, requires_grad=tracks)
    assert tg.value_and_grad(lambda x: cost)(x)[0] is not cost


@pytest.mark.parametrize(
    "index", [np.True_, np.False_, np.array(True), (np.True_, 0), (slice(None), np.False_), [True, False]]
)
def test_truths_of_numpy_are_indices_as_numpy_means_them(index: Any) -> None:
    a = np.arange(4.0).reshape(2, 2)
    t = leaf(a)
    got = t[index]
    np.testing.assert_array_equal(got.numpy(), a[index], strict=True)
    got.sum().backward()
    expected = np.zeros((2, 2))
    np.add.at(expected, index, 1.0)
    np.testing.assert_array_equal(gradient(t), expected)


@pytest.mark.parametrize("depth", [65, 2_000, 100_000])
def test_a_deeply_nested_list_is_refused_in_our_words(depth: int) -> None:
    nested: Any = 1.0
    for _ in range(depth):
        nested = [nested]
    for use in (tg.Tensor, lambda x: leaf([1.0]) + x, lambda x: leaf([1.0])[x], lambda x: np.add(leaf([1.0]), x)):
        with pytest.raises(tg.TinygradLiteError, match="list"):
            use(nested)


MATRIX = np.array([[1.0, 2.0], [3.0, 5.0]])
AXES: list[Callable[[], Any]] = [lambda: np.array(0), lambda: (np.array(0),), lambda: tg.Tensor(0), lambda: np.int8(0)]


@pytest.mark.parametrize("function", [np.sum, np.max, np.mean, np.std, tg.softmax, tg.logsumexp, np.linalg.norm])
@pytest.mark.parametrize("axis", AXES)
def test_a_graph_keeps_an_axis_as_it_was(function: Any, axis: Callable[[], Any]) -> None:
    weights = np.array([1.0, 3.0])
    expected, t, given = leaf(MATRIX), leaf(MATRIX), axis()
    np.sum(function(expected, axis=0) * weights).backward()
    result = np.sum(function(t, axis=given) * weights)
    array = given[0] if isinstance(given, tuple) else given
    if isinstance(array, np.ndarray):
        array[...] = 1
    result.backward()
    np.testing.assert_array_equal(gradient(t), gradient(expected))
