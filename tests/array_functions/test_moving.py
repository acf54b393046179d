"""Functions that move elements compute nothing: they give NumPy's very elements, and move gradients of any order."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.array_functions.cases import joining, places, shapes
from tests.array_functions.cases.arrays import C, M, V
from tests.helpers.grouped import in_groups
from tests.helpers.samples import draw
from tests.helpers.tensors import gradient, leaf, same
from tinygrad_lite import errors

MOVING = {name: cases for module in (shapes, joining, places) for name, cases in module.SAMPLES.items()}


def parts(x: Any) -> list[Any]:
    return list(x) if isinstance(x, list | tuple) else [x]


@in_groups("name, dtype", product(MOVING, [np.float16, np.int32, np.uint8, np.bool_]), by=lambda case: str(case[0]))
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_elements_of_every_dtype_come_out_as_they_went_in(name: str, dtype: Any) -> None:
    for f, inputs in MOVING[name]:
        arrays = [np.abs(4 * x).astype(dtype) for x in inputs]
        try:
            expected = f(*arrays)
        except TypeError:
            continue  # samples compute beside it what NumPy has not for this dtype, such as a difference of booleans
        try:
            found = f(*[tg.Tensor(x) for x in arrays])
        except errors.DTypeError as error:
            assert "computes with floats" in str(error)  # noqa: PT017  # np.pad by a mean or a ramp
            continue
        for one, other in zip(parts(found), parts(expected), strict=True):
            if isinstance(other, np.ndarray | np.generic):
                same(one, other)
            else:
                assert one == other


@pytest.mark.parametrize("name", [n for n in MOVING if n not in ("np.array", "np.full")])
def test_the_gradient_of_the_gradient_agrees_with_differences(name: str) -> None:
    for f, inputs in MOVING[name]:

        def cubes(*xs: Any, f: Any = f) -> Any:
            found = [y for y in parts(f(*xs)) if isinstance(y, tg.Tensor) and y.requires_grad and y.dtype == float]
            return sum(((y**3).sum() for y in found), start=0.0 * xs[0].sum())

        x, step = inputs[0], 1e-6 * draw((-1.0, 1.0), inputs[0].shape, 5)
        before, behind = (tg.grad(cubes)(leaf(x + d), *inputs[1:]).numpy() for d in (-step, step))
        found = tg.hvp(lambda z, f=cubes, rest=inputs[1:]: f(z, *rest), leaf(x), 2 * step).numpy()
        np.testing.assert_allclose(found, behind - before, rtol=1e-4, atol=1e-12)


# --- what the samples cannot say -------------------------------------------------------------------------------------


def test_an_element_that_is_picked_twice_gets_both_gradients() -> None:
    t = leaf(V)
    (np.pad(t, (0, 2), "edge") * np.array([1, 2, 3, 4, 10, 100])).sum().backward()
    np.testing.assert_array_equal(gradient(t), [1, 2, 3, 114])
    t = leaf(V)
    np.insert(t, [0, 0], t[:2]).sum().backward()
    np.testing.assert_array_equal(gradient(t), [2, 2, 1, 1])


def test_pad_takes_widths_by_axis() -> None:
    same(np.pad(leaf(M), {-1: (0, 1)}), np.pad(M, ((0, 0), (0, 1))))  # NumPy itself since 2.3
    same(np.pad(leaf(C), {0: 1, 2: (2, 0)}, "edge"), np.pad(C, ((1, 1), (0, 0), (2, 0)), "edge"))


def test_nan_beside_the_triangle_and_outside_the_piece_stays_there() -> None:
    t = leaf([[1.0, np.nan], [2.0, 3.0]])
    same(np.tril(t), [[1.0, 0], [2, 3]])
    np.tril(t).sum().backward()
    np.testing.assert_array_equal(gradient(t), [[1, 0], [1, 1]])
    same(np.diag(leaf([np.inf, np.nan])), [[np.inf, 0.0], [0, np.nan]])
    t = leaf([-1.0, 0.0, 4.0])
    np.piecewise(t, [t > 0], [np.sqrt, lambda z: z * z]).sum().backward()  # the root's slope at 0 is infinite
    np.testing.assert_array_equal(gradient(t), [-2, 0, 0.25])


def test_a_piece_is_only_asked_about_its_own_elements() -> None:
    seen = []

    def note(z: Any) -> Any:
        seen.append(z.numpy().tolist())
        return z

    np.piecewise(leaf(V), [V > 0, V > 9], [note, note, note])
    assert seen == [V[V > 0].tolist(), V[V <= 0].tolist()]


def test_a_later_condition_of_piecewise_and_an_earlier_one_of_select_win() -> None:
    both = [np.ones(4, bool)] * 2
    same(np.piecewise(leaf(V), both, [1, 2]), np.piecewise(V, both, [1, 2]))
    same(np.select(both, [leaf(V), leaf(M[0, 0])]), V)


def test_places_are_integers_that_no_gradient_passes_and_that_index() -> None:
    t = leaf(M)
    for found in (*np.nonzero(t > 0), np.argwhere(t > 0), np.flatnonzero(t), np.searchsorted(np.sort(V), t)):
        assert isinstance(found, tg.Tensor)
        assert found.dtype == np.intp
        assert not found.requires_grad
    same(t[np.nonzero(t > 0)], M[M > 0])
    np.testing.assert_array_equal(M[np.nonzero(t > 0)], M[M > 0])


def test_booleans_count_as_places_in_take_also_in_a_tensor() -> None:
    picks = np.array([True, False, True, True])
    for indices in (picks, tg.Tensor(picks), picks.tolist()):
        same(np.take(leaf(V), indices), np.take(V, picks))


def test_different_values_pass_their_gradient_and_equal_ones_without_one_are_counted() -> None:
    t = leaf([3.0, 1.0, 2.0])
    (np.unique(t) * np.array([1, 10, 100])).sum().backward()
    np.testing.assert_array_equal(gradient(t), [100, 1, 10])
    values, counts = np.unique(tg.Tensor([2, 1, 2]), return_counts=True)
    same(values, [1, 2])
    same(counts, [1, 2])


def test_one_window_function_and_an_einsum_are_a_convolution() -> None:
    def convolve(x: Any, w: Any) -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(1, 2))
        return np.einsum("nijab,ab->nij", windows, w)

    assert tg.gradcheck(convolve, C, M[:, :2])
    assert convolve(leaf(C), M[:, :2]).shape == (2, 2, 3)


def test_lists_of_tensors_become_a_tensor_by_like() -> None:
    x, y = leaf(1.0), leaf(2.0)
    t = np.array([[x * y, 0], [y, x]], like=x)
    t.sum().backward()
    assert (t.shape, gradient(x), gradient(y)) == ((2, 2), 3.0, 2.0)


def test_pictures_show_one_node_for_one_index() -> None:
    t = leaf(M)
    for f in (
        lambda: np.pad(t, 1, "reflect"),
        lambda: np.delete(t, 0, 1),
        lambda: np.repeat(t, 2, 0),
        lambda: np.flip(t),
    ):
        found = f()
        assert found.made_by == "getitem"
        assert found.inputs[0] is t
