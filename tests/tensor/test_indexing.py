"""Every kind of index that NumPy knows: the value is NumPy's, the gradient goes back to where each element came from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices, integer_array_indices

import tinygrad_lite as tg
from tinygrad_lite import errors

CUBE = np.arange(24.0).reshape(2, 3, 4) / 10


def routed(shape: tuple[int, ...], index: Any, upstream: Any) -> Any:
    """The gradient, element by element: each upstream number is added at the place its element was read from."""
    places = np.arange(np.prod(shape, dtype=int)).reshape(shape)[index]
    gradient = np.zeros(shape)
    for place, g in zip(np.ravel(places), np.ravel(upstream), strict=True):
        gradient.flat[place] += g
    return gradient


def check(array: Any, index: Any, given: Any = None) -> None:
    """`given` is the index as the Tensor gets it, if not as the array does."""
    given = index if given is None else given
    t = tg.Tensor(array, requires_grad=True)
    expected = array[index]
    got = t[given]
    assert type(got) is tg.Tensor
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got.numpy(), expected, strict=True)
    upstream = np.linspace(1.0, 2.0, expected.size).reshape(expected.shape)
    got.backward(upstream)
    np.testing.assert_allclose(t.grad.numpy(), routed(array.shape, index, upstream), rtol=1e-14)
    # The second derivative of Σ u x[index]³: the rule is recorded itself, and its own rule is right.
    slope = tg.grad(lambda x: (x[given] ** 3 * upstream).sum())
    curve = tg.grad(lambda x: slope(x).sum())(array)
    np.testing.assert_allclose(curve, 6 * array * routed(array.shape, index, upstream), rtol=1e-12)


PICK, COLUMN = np.array([0, 2, 0]), np.array([[1], [3]])
MASK = CUBE > 0.75
KINDS: dict[str, Any] = {
    "integer": 1, "negative": -1, "NumPy integer": np.int64(1), "0-d array": np.array(1), "all integers": (1, 2, 3),
    "tuple": (1, -2), "slice": slice(1, 3), "slices": (slice(None), slice(0, 2), slice(1, None)),
    "steps": (slice(None), slice(None, None, 2)), "negative step": slice(None, None, -1),
    "negative steps": (slice(None), slice(2, 0, -1), slice(None, None, -2)), "empty slice": slice(2, 1),
    "beyond the end": (slice(0, 99), slice(-99, 2)), "ellipsis": Ellipsis, "ellipsis first": (Ellipsis, 1),
    "ellipsis inside": (1, Ellipsis, 2), "ellipsis for nothing": (1, 2, Ellipsis, 3), "None": None,
    "None inside": (slice(None), None, 1), "several None": (None, Ellipsis, None), "nothing": (),
    "array": np.array([0, 1, 1]), "list": [0, 1, 1], "list of lists": [[0, 1], [1, 1]], "empty list": [],
    "negative numbers in an array": np.array([-1, 0, -1]), "array of small integers": np.array([0, 1], np.uint8),
    "two arrays": (np.array([0, 1, 1]), PICK), "broadcasting arrays": (slice(None), PICK, COLUMN), "arrays apart": (np.array([0, 1, 0]), slice(None), PICK),
    "arrays apart by None": (np.array([0, 1, 0]), None, PICK), "array and integer": (1, PICK),
    "integer, slice, array": (0, slice(None), PICK), "array, slice, integer": (np.array([0, 1, 1]), slice(0, 2), 3),
    "three arrays": (np.array([0, 1, 0]), PICK, np.array([3, 3, 3])), "2-d array and slice": (slice(None), slice(None), COLUMN),
    "list and slice": (slice(None), [2, 0, 2]), "whole mask": MASK, "mask of one axis": np.array([True, False]),
    "mask after slice": (slice(None), np.array([True, False, True])), "mask of two axes": CUBE[..., 0] > 0.5,
    "mask of the last axes": (slice(None), CUBE[0] > 0.3), "mask and array": (np.array([True, True]), np.array([2, 0])),
    "mask and integer": (1, np.array([True, False, True])), "mask of nothing": np.zeros((2, 3, 4), bool), "list of truths": [True, False],
    "True": True, "False": False, "mask, None, slice": (np.array([True, False]), None, slice(1, 3)),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_index(kind: str) -> None:
    check(CUBE, KINDS[kind])


@pytest.mark.parametrize(
    "kind", ["whole mask", "array", "two arrays", "broadcasting arrays", "mask and array", "0-d array"]
)
def test_tensors_as_index(kind: str) -> None:
    def as_tensor(part: Any) -> Any:
        return tg.Tensor(part) if isinstance(part, np.ndarray) else part

    index = KINDS[kind]
    check(CUBE, index, tuple(map(as_tensor, index)) if isinstance(index, tuple) else as_tensor(index))


def test_an_index_that_was_computed_is_an_input_of_the_node() -> None:
    x = tg.Tensor([3.0, 1.0, 2.0], requires_grad=True)
    place, mask = np.argmax(x), x > 1.5
    largest, large = x[place], x[mask]
    assert largest.inputs[1] is place
    assert large.inputs[1] is mask
    (largest * 10 + large.sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [11.0, 0.0, 1.0])


def test_a_tensor_indexes_arrays_and_lists_where_it_is_one_integer() -> None:
    k = np.argmax(tg.Tensor([1.0, 3.0, 2.0], requires_grad=True))
    assert ["a", "b", "c"][k] == "b"
    with pytest.raises(errors.DTypeError, match=r"one integer.*float64"):
        ["a", "b"][tg.Tensor(1.0)]


def test_0_d_tensors_take_the_indices_that_0_d_arrays_take() -> None:
    for index in ((), Ellipsis, None, (None, None), True, np.array(False)):
        check(np.array(2.5), index)


def test_iteration_and_unpacking_go_row_by_row() -> None:
    t = tg.Tensor(CUBE[0], requires_grad=True)
    first, *_, last = t
    (first.sum() * 2 + last.sum() * 3).backward()
    np.testing.assert_array_equal(t.grad.numpy(), np.broadcast_to([[2.0], [0.0], [3.0]], (3, 4)))
    assert len(t) == 3


def test_the_same_place_a_thousand_times() -> None:
    x = tg.Tensor(np.zeros(3), requires_grad=True)
    x[np.zeros(1000, int)].sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1000.0, 0.0, 0.0])


def test_float32_gradients_through_an_index_stay_float32() -> None:
    for index in KINDS.values():
        x = tg.Tensor(CUBE.astype(np.float32), requires_grad=True)
        x[index].sum().backward()
        assert x.grad.dtype == np.float32


def test_an_index_that_is_changed_later_changes_nothing() -> None:
    x, index, mask = tg.Tensor(np.arange(3.0), requires_grad=True), np.array([0, 1]), np.array([True, False, False])
    picked = x[index].sum() + x[mask].sum()
    index[:] = 2
    mask[:] = True
    picked.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 1.0, 0.0])


# --- whatever hypothesis thinks of ----------------------------------------------------------------------------------------

SHAPES = array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)


def values(shape: tuple[int, ...]) -> Any:
    return np.linspace(-1.0, 1.0, int(np.prod(shape))).reshape(shape)


@given(data=st.data())
def test_any_basic_index(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    check(values(shape), data.draw(basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)))


@given(data=st.data())
def test_any_arrays_of_integers(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    check(values(shape), data.draw(integer_array_indices(shape, result_shape=array_shapes(max_dims=2, max_side=3))))


@given(data=st.data())
def test_any_mixture(data: st.DataObject) -> None:
    shape = data.draw(array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=3))
    parts: list[Any] = []
    for size in shape:
        whole = st.integers(-size, size - 1)
        kinds = [
            whole,
            st.slices(size),
            st.lists(whole, min_size=2, max_size=2).map(np.array),
            st.just(np.arange(size) > 0),
        ]
        if size != 3:  # a mask of one truth broadcasts against the arrays of two
            kinds.pop()
        parts.append(data.draw(st.one_of(kinds)))
        if data.draw(st.booleans()):
            parts.append(None)
    index = tuple(parts)
    try:
        values(shape)[index]
    except IndexError:
        with pytest.raises(errors.IndexingError):
            tg.Tensor(values(shape), requires_grad=True)[index]
        return
    check(values(shape), index)


@given(data=st.data())
def test_any_mask(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    axes = data.draw(st.integers(1, len(shape)))
    check(values(shape), data.draw(arrays(bool, shape[:axes])))


# --- errors ------------------------------------------------------------------------------------------------------------------

BAD: list[tuple[Any, str]] = [
    (5, r"index 5 is out of bounds.*|\(2, 3, 4\)"),
    (-3, "out of bounds"),
    ((0, 0, 0, 0), "too many indices"),
    ((Ellipsis, Ellipsis), "single ellipsis"),
    (1.0, "float64"),
    (np.array([0.5]), "float64"),
    ("name", "integers, slices|<U4|str"),
    ([0, 9], "out of bounds"),
    (np.array([True, False, True]), "boolean index"),
    (([0, 1], [0, 1, 2]), "broadcast"),
    (slice(0, 2, 0), "zero"),
    (slice("a", None), "slice"),
    ([[0], [1, 2]], "ragged|rectangular|index"),
]  # fmt: skip


@pytest.mark.parametrize(("index", "message"), BAD, ids=[str(b[0]) for b in BAD])
@pytest.mark.parametrize("tracks", [True, False])
def test_a_bad_index_is_an_error_of_ours(index: Any, message: str, tracks: bool) -> None:
    with pytest.raises(errors.TinygradLiteError, match=message):
        tg.Tensor(CUBE, requires_grad=tracks)[index]


def test_a_bad_index_shows_the_shape_and_is_an_index_error() -> None:
    with pytest.raises(errors.IndexingError, match=r"\(2, 3, 4\)") as caught:
        tg.Tensor(CUBE)[5]
    assert isinstance(caught.value, IndexError)


def test_a_scalar_has_no_places() -> None:
    for index in (0, slice(None), (0, 0)):
        with pytest.raises(errors.IndexingError):
            tg.Tensor(1.0, requires_grad=True)[index]
    with pytest.raises(errors.ShapeError, match="scalar"):
        iter(tg.Tensor(1.0)).__next__()


def test_a_tensor_is_not_written_to() -> None:
    t = tg.Tensor(CUBE, requires_grad=True)
    with pytest.raises(errors.UnsupportedError, match=r"np\.where"):
        t[0] = 1.0
    with pytest.raises((TypeError, AttributeError)):
        del t[0]
    np.testing.assert_array_equal(t.numpy(), CUBE)
