"""The Tensor as an array: construction, dtypes, operators, methods, conversions, copies, and what is refused."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.helpers.tensors import FLOATS, leaf, same
from tinygrad_lite import Tensor
from tinygrad_lite.errors import (
    DetachError,
    DomainError,
    DTypeError,
    IndexingError,
    ShapeError,
    UnsupportedError,
)

# --- construction --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [3, 2.5, True, [1, 2], [[1.0], [2.0]], (1, 2.5), [], np.float32(2), np.arange(6.0)])
def test_construction_takes_what_numpy_takes_with_its_shape_and_dtype(data: Any) -> None:
    same(Tensor(data), np.asarray(data))


def test_construction_copies_arrays_and_tensors() -> None:
    array = np.ones((2, 3))
    first = Tensor(array)
    second = Tensor(first)
    array[:] = 7
    same(first, np.ones((2, 3)))
    with pytest.raises(ValueError, match="read-only"):
        first.data[:] = 8
    first.data = np.full((2, 3), 8)
    same(first, np.full((2, 3), 8.0))
    same(second, np.ones((2, 3)))


@pytest.mark.parametrize("dtype", [*FLOATS, int, bool, "float32", np.dtype("i2")])
def test_dtype_is_converted_to_as_numpy_does(dtype: Any) -> None:
    same(Tensor([0, 1, 2], dtype=dtype), np.array([0, 1, 2], dtype=dtype))


@pytest.mark.parametrize(
    "data",
    [
        "3.0", ["a", "b"], [1 + 2j], np.complex64(1), None, [None, 1.0], object(), [[1.0, 2.0], [3.0]], [[1.0], 2.0],
        {"w": 1.0}, np.array([1, 2], object), np.array(["2020-01-01"], "datetime64[D]"), b"12",
        np.zeros(2, dtype=[("a", float)]), {1.0, 2.0}, lambda: 1.0,
    ],
)  # fmt: skip
def test_data_that_are_no_rectangular_real_numbers_are_refused(data: Any) -> None:
    with pytest.raises(DTypeError, match="Tensor takes"):
        Tensor(data)


@pytest.mark.parametrize("dtype", [complex, object, str, "datetime64[s]", "nonsense"])
def test_dtypes_that_are_no_real_numbers_are_refused(dtype: Any) -> None:
    with pytest.raises(DTypeError):
        Tensor([1.0], dtype=dtype)


@pytest.mark.parametrize("data", [3, True, [1, 2], np.arange(3, dtype=np.uint8), np.array([True])])
def test_integers_and_booleans_cannot_require_a_gradient(data: Any) -> None:
    with pytest.raises(DTypeError, match=r"Write 3\.0 for 3, or pass dtype=float"):
        leaf(data)
    t = Tensor(data)
    with pytest.raises(DTypeError):
        t.requires_grad = True
    assert not t.requires_grad
    assert leaf(data, dtype=float).requires_grad


@pytest.mark.parametrize("kind", [np.matrix, np.memmap])
def test_subclasses_of_ndarray_become_plain_arrays(kind: Any, tmp_path: Any) -> None:
    data = np.arange(4.0).reshape(2, 2)
    if kind is np.memmap:
        given = np.memmap(tmp_path / "array", shape=(2, 2), dtype=float, mode="w+")
        given[:] = data
    else:
        given = data.view(kind)
    t = Tensor(given)
    assert type(t.data) is np.ndarray
    same(t * t, data * data)
    if kind is np.memmap:
        same(leaf(data) * given, data * data)


def test_masked_arrays_are_refused() -> None:
    with pytest.raises(DTypeError, match="mask"):
        Tensor(np.ma.array([1.0, 2.0], mask=[False, True]))


def test_byte_order_and_memory_order_do_not_matter() -> None:
    array = np.arange(6, dtype=">f8").reshape(2, 3, order="F")
    t = leaf(array)
    (t * t).sum().backward()
    assert t.grad is not None
    np.testing.assert_array_equal(t.grad.numpy(), 2 * array)
    assert t.grad.dtype == t.dtype


def test_nan_and_inf_are_data_like_any_other() -> None:
    array = np.array([np.nan, np.inf, -np.inf, 1.0])
    t = leaf(array)
    (t * 2.0).sum().backward()
    same(t.grad, np.full(4, 2.0))
    np.testing.assert_array_equal(t.numpy(), array)


def test_a_tracked_tensor_is_not_detached_by_construction() -> None:
    w = leaf([1.0])
    for data in (w, w * 2, [w, w], [[w[0], 1.0]], np.float64(1) * w):
        with pytest.raises(DetachError, match=r"\.detach\(\)"):
            Tensor(data)


def test_tensor_cannot_be_subclassed() -> None:
    with pytest.raises(UnsupportedError, match="composite"):
        type("Parameter", (Tensor,), {})


# --- names, axes, facts, repr --------------------------------------------------------------------------------


def test_name_axes_and_facts_are_kept_and_checked() -> None:
    t = Tensor([[0.25, 0.75]], name="a", axes=("m", "J"), facts=("positive", "rows sum to 1"))
    assert (t.name, t.axes, t.facts) == ("a", ("m", "J"), {"positive", "rows sum to 1"})
    t.name, t.axes, t.facts = "p", None, "in (0, 1)"
    assert (t.name, t.axes, t.facts) == ("p", None, {"in (0, 1)"})
    with pytest.raises(ShapeError, match="one name per axis"):
        Tensor([1.0], axes=("m", "n"))
    with pytest.raises(DTypeError, match="name"):
        Tensor([1.0], name=3)  # type: ignore[arg-type]
    with pytest.raises(DomainError, match="unknown fact"):
        Tensor([1.0], facts=("even",))


@pytest.mark.parametrize(
    ("fact", "good", "bad"),
    [
        ("positive", [1.0, 2.0], [1.0, 0.0]),
        ("in (0, 1)", [0.5], [1.0]),
        ("one_hot", [[0, 1], [1, 0]], [[1, 1], [1, 0]]),
        ("rows sum to 1", [[0.1] * 10], [[0.1] * 9]),
        ("positive", [1.0], [np.nan]),
    ],
)
def test_facts_are_checked_against_the_data(fact: str, good: Any, bad: Any) -> None:
    assert Tensor(good, facts=(fact,)).facts == {fact}
    with pytest.raises(DomainError, match="does not have the fact"):
        Tensor(bad, facts=(fact,))


def test_a_fact_does_not_outlive_the_data_that_it_was_checked_against() -> None:
    t = Tensor([1.0], facts=("positive",))
    try:
        t.data = np.array([-1.0])
    except DomainError:
        same(t, [1.0])
    else:
        assert "positive" not in t.facts


def test_repr_shows_data_dtype_name_and_primitive() -> None:
    w = leaf(np.array([1.5, 2.5], np.float32), name="weights")
    assert repr(w) == "Tensor([1.5, 2.5], dtype=float32, name='weights', requires_grad=True)"
    assert repr(np.exp(w * 0)) == "Tensor([1., 1.], dtype=float32, primitive=exp)"
    assert "int16" in repr(Tensor(np.array([1], np.int16)))
    assert repr(Tensor(3)) == "Tensor(3)"
    assert len(repr(Tensor(np.zeros(10**6)))) < 200


# --- methods against NumPy --------------------------------------------------------------------------------------

METHODS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *[(m, (), k) for m in ("sum", "mean", "max", "min", "var", "std", "prod", "any", "all")
      for k in ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)})],
    ("var", (), {"axis": 1, "ddof": 1}), ("std", (), {"ddof": 2}),
    ("sum", (1,), {}), ("cumsum", (), {}), ("cumsum", (), {"axis": 1}),
    ("argmax", (), {}), ("argmax", (1,), {}), ("argmin", (), {"axis": -1}),
    ("reshape", (6, 4), {}), ("reshape", ((4, 6),), {}), ("reshape", (-1,), {}), ("reshape", (2, -1), {}),
    ("transpose", (), {}), ("transpose", (2, 0, 1), {}), ("transpose", ((1, 0, 2),), {}),
    ("swapaxes", (0, -1), {}), ("flatten", (), {}), ("ravel", (), {}), ("squeeze", (), {}),
    ("clip", (-0.5, 0.5), {}), ("clip", (0.0,), {}), ("clip", (None, 0.25), {}),
    ("astype", (np.float32,), {}), ("astype", (int,), {}), ("astype", ("bool",), {}),
    ("dot", (np.arange(4.0),), {}), ("dot", (np.arange(20.0).reshape(4, 5),), {}),
    ("repeat", (2, 1), {}), ("take", ([0, 2, 2], 1), {}), ("trace", (), {}), ("diagonal", (), {}),
    ("round", (), {}), ("copy", (), {}), ("tolist", (), {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "args", "kwargs"), METHODS)
def test_methods_are_numpys(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    array = np.random.default_rng(3).standard_normal((2, 3, 4))
    got, expected = getattr(leaf(array), method)(*args, **kwargs), getattr(array, method)(*args, **kwargs)
    if method == "tolist":
        assert got == expected
        return
    assert (got.shape, got.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-14)


def test_attributes_are_numpys() -> None:
    for array in (np.zeros((2, 3), np.float32), np.float64(1), np.arange(3), np.zeros((2, 0, 3))):
        t = Tensor(array)
        assert (t.shape, t.ndim, t.size, t.dtype) == (array.shape, array.ndim, array.size, array.dtype)
        same(t.T, array.T)


def test_methods_refuse_what_they_do_not_mean() -> None:
    t = leaf(np.ones((2, 3)))
    for compute in (
        lambda: t.mean(dtype=int),
        lambda: np.sum(t, out=np.ones(())),
        lambda: t.sum(where=1.0),
        lambda: t.sort(),
    ):
        with pytest.raises((UnsupportedError, TypeError)):
            compute()
    for compute in (lambda: t.sum(axis=2), lambda: t.reshape(4), lambda: t.squeeze(0), lambda: t.transpose(0, 0)):
        with pytest.raises(ShapeError):
            compute()


INDICES: list[Any] = [
    0, -1, np.int64(1), slice(None), slice(1, None), slice(None, None, -1), slice(3, 0, -2), slice(0, 0), None, ...,
    (0, 1), (..., 0), (None, 1, ..., None), (slice(None), 2), [0, 2, 0], np.array([[0, 1], [2, 2]]), ([0, 2], [1, 1]),
    np.array([True, False, True]), (slice(None), [3, 0]), (0, [1, 1, 1]), ([0, 1], slice(None, 2)), [], True, False,
    np.arange(12).reshape(3, 4) % 2 == 0, (np.array([[0], [2]]), np.array([1, 3])), (), np.array(1),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_every_kind_of_index_is_numpys_and_its_gradient_counts_each_element(index: Any) -> None:
    array = np.arange(12.0).reshape(3, 4)
    t = leaf(array)
    same(t[index], array[index])
    t[index].sum().backward()
    taken = np.bincount(np.arange(12).reshape(3, 4)[index].reshape(-1), minlength=12)
    same(t.grad, taken.reshape(3, 4).astype(float))


def test_tensors_are_indices_too() -> None:
    array = np.arange(12.0).reshape(3, 4)
    same(leaf(array)[Tensor([2, 0])], array[[2, 0]])
    same(leaf(array)[leaf(array) > 5], array[array > 5])
    assert array[Tensor(1)][Tensor(2)] == 6
    assert list(range(3))[Tensor(1)] == 1


@pytest.mark.parametrize("index", [3, (0, 4), (0, 0, 0), [7], "a", 1.5, [0.5], Tensor([1.0]), np.array([True, False])])
def test_wrong_indices_are_index_errors(index: Any) -> None:
    with pytest.raises(IndexingError):
        leaf(np.ones((3, 4)))[index]


# --- into Python ------------------------------------------------------------------------------------------------


def test_one_element_is_a_python_number_and_many_are_not() -> None:
    one, many = leaf([[2.5]]), leaf([1.0, 2.0])
    assert (one.item(), bool(one), f"{one:.2f}") == (2.5, True, "2.50")
    free = one.detach()
    assert (float(free), int(free), complex(free)) == (2.5, 2, 2.5)
    assert type(one.item()) is float
    assert f"{many}" == str(many) == repr(many)
    for convert in (float, int, bool, Tensor.item, lambda t: f"{t:.2f}", lambda t: t in (many * 1, 3)):
        with pytest.raises(ShapeError):
            convert(many)
    with pytest.raises(ShapeError):
        bool(Tensor([]))
    with pytest.raises(DTypeError):
        operator.index(free)


def test_length_iteration_and_membership() -> None:
    t = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(t) == 2
    rows = list(t)
    same(rows[1], [3.0, 4.0])
    first, second = t
    (first * second).sum().backward()
    same(t.grad, [[3.0, 4.0], [1.0, 2.0]])
    assert 3.0 in t
    assert 5.0 not in t
    with pytest.raises(ShapeError, match="scalar"):
        len(leaf(1.0))
    with pytest.raises(ShapeError):
        iter(leaf(1.0)).__next__()


def test_arrays_are_given_for_what_tracks_no_gradient_only() -> None:
    array = np.arange(3.0)
    for convert in (np.asarray, np.array, lambda t: np.asarray(t, dtype=np.float32), list, lambda t: np.array([t])):
        np.testing.assert_array_equal(np.squeeze(convert(Tensor(array))), array)
    for tracked in (leaf(array), leaf(array) * 2):
        for convert in (np.asarray, np.array, lambda t: np.array([t, t]), lambda t: np.array([[t[0]], [1.0]])):
            with pytest.raises(DetachError, match=r"\.detach\(\)"):
                convert(tracked)


def test_nothing_tracked_can_be_written_into_a_plain_array() -> None:
    array, w = np.zeros(2), leaf([1.0, 2.0])
    with pytest.raises(DetachError):
        array += w
    with pytest.raises(DetachError):
        np.add(array, w, out=array)
    with pytest.raises(DetachError):
        array[:] = w
    np.testing.assert_array_equal(array, 0)
    array += Tensor([1.0, 2.0])
    np.testing.assert_array_equal(array, [1.0, 2.0])


def test_numpy_and_detach_give_copies() -> None:
    for t in (leaf([1.0, 2.0]), leaf([1.0, 2.0]) * 1.0, Tensor([1.0, 2.0])):
        for away in (t.numpy(), t.detach().data, np.asarray(t.detach())):
            assert not np.shares_memory(away, t.data)
        assert not t.detach().requires_grad
        assert t.detach().primitive is None


# --- copies and pickles -------------------------------------------------------------------------------------------

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "pickle": lambda t: pickle.loads(pickle.dumps(t)),
}


@pytest.mark.parametrize("kind", COPIES)
def test_leaves_are_copied_with_all_that_is_known_of_them(kind: str) -> None:
    t = leaf(np.array([0.25, 0.75], np.float32), name="a", axes=("J",), facts=("rows sum to 1",))
    (t * t).sum().backward()
    twin = COPIES[kind](t)
    same(twin, t.numpy())
    assert (twin.name, twin.axes, twin.facts, twin.requires_grad) == ("a", ("J",), {"rows sum to 1"}, True)
    same(twin.grad, t.grad.numpy())  # type: ignore[union-attr]
    for mine, its in ((t, twin), (t.grad, twin.grad)):
        assert not np.shares_memory(mine.data, its.data)  # type: ignore[union-attr]
    (twin * twin).sum().backward()
    same(t.grad, np.array([0.5, 1.5], np.float32))


@pytest.mark.parametrize("kind", COPIES)
def test_computed_tensors_are_not_copied_in_silence(kind: str) -> None:
    with pytest.raises(DetachError, match=r"\.detach\(\)"):
        COPIES[kind](leaf([1.0]) * 2)
    same(COPIES[kind](Tensor([1.0]) * 2), [2.0])
