"""Statistics, sorting and scans where samples of smooth functions do not lead: ties, nan, dtypes, extreme numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import FLOATS, leaf, same
from tinygrad_lite.core.walks import graph

HALVES = np.linspace(-3.0, 3.0, 4001).astype(np.float16)
NAN = np.nan


def slopes(f: Any, x: Any) -> Any:
    return tg.grad(lambda t: np.sum(f(t)))(np.asarray(x)).tolist()


@pytest.mark.parametrize("f", [np.mean, np.var, np.std, np.median, np.nanmean, np.nanvar])
def test_averages_of_float16_are_numpys_to_the_bit(f: Any) -> None:
    x = HALVES.reshape(-1, 1)
    same(f(leaf(x), axis=0), f(x, axis=0))


def test_a_mean_of_float16_does_not_overflow_on_the_way() -> None:
    assert np.mean(leaf(np.full(4000, 100, np.float16))).item() == 100.0


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "i8", "?"])
@pytest.mark.parametrize(
    "f", [np.prod, np.sum, np.mean, np.var, np.cumsum, np.cumprod, np.median, np.nansum, np.nanprod]
)
def test_integers_are_reduced_in_the_dtype_that_numpy_takes(f: Any, dtype: str) -> None:
    x = np.array([[3, 100, 1], [2, 5, 90]]).astype(dtype)
    same(f(tg.Tensor(x), axis=1), f(x, axis=1))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(0,), (3, 0), (1,), ()])
def test_empty_and_single_arrays(dtype: Any, shape: tuple[int, ...]) -> None:
    x = np.ones(shape, dtype)
    for f in (
        np.sum,
        np.prod,
        np.nansum,
        np.nanprod,
        np.cumprod,
        np.nancumsum,
        np.nan_to_num,
        np.unique,
        np.count_nonzero,
    ):
        same(f(leaf(x)), f(x))


def test_means_of_nothing_are_nan_with_numpys_warning() -> None:
    for f in (np.mean, np.median, np.nanmean):
        with pytest.warns(RuntimeWarning):
            assert np.isnan(f(leaf(np.ones(0))).item())
    for f in (np.nanmax, np.nanmin, np.nanmedian):
        with pytest.warns(RuntimeWarning, match="All-NaN"):
            same(f(leaf([[NAN, NAN], [1.0, NAN]]), axis=1), [NAN, 1.0])


# --- order -----------------------------------------------------------------------------------------------------------


def test_of_equal_elements_each_gets_the_gradient_of_its_own_place() -> None:
    x = np.array([1.0, 0.0, 1.0, 0.0])
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    assert slopes(lambda t: np.sort(t) * weights, x) == [3.0, 1.0, 4.0, 2.0]
    assert slopes(lambda t: np.partition(t, 1) * weights, x) == [3.0, 1.0, 4.0, 2.0]
    assert slopes(np.median, x) == [0.5, 0.0, 0.0, 0.5]
    assert slopes(np.maximum.accumulate, x) == [4.0, 0.0, 0.0, 0.0]


def test_nan_is_sorted_last_and_is_what_a_median_is() -> None:
    x = np.array([2.0, NAN, 1.0, -np.inf])
    for f in (np.sort, np.argsort, np.median, np.max, np.min, np.maximum.accumulate, np.minimum.accumulate):
        same(f(leaf(x)), f(x))
    x[3] = 0.0
    same(np.quantile(leaf(x), [0.2, 0.9]), [NAN, NAN])
    same(np.nanmedian(leaf(x)), 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_quantiles_have_numpys_values_and_dtypes_whatever_q_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(3, rng.integers(1, 9))).astype(rng.choice(["f2", "f4", "f8"]))
    method = rng.choice(["linear", "hazen", "lower", "averaged_inverted_cdf"])
    # Before 2.4 NumPy rounds at other places of the mixture.
    roundings = 0 if np.lib.NumpyVersion(np.__version__) >= "2.4.0" else 4
    for q in (0.3, [0.1, 0.7], np.float32(0.7), [0, 1], np.array([0.5], np.float32)):
        for f in (np.quantile, np.nanquantile):
            got, expected = (f(t, q, axis=1, method=method) for t in (leaf(x), x))
            assert got.dtype == expected.dtype
            assert got.shape == expected.shape
            atol = roundings * np.finfo(expected.dtype).eps * np.abs(x).max()
            np.testing.assert_allclose(got.detach().numpy(), expected, rtol=0, atol=atol)


# --- scans -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "x", [[0.0, 1e200, 1e200, 1e200], [1e-300, 1e200, 1e200], [np.inf, 2.0, 0.0, 3.0], [-0.0, 1.0, -1.0]]
)
def test_running_products_overflow_only_where_numpys_do(x: list[float]) -> None:
    with np.errstate(invalid="ignore"):  # inf · 0
        same(np.cumprod(leaf(x)), np.cumprod(x))
        assert np.array_equal(np.signbit(np.cumprod(leaf(x)).numpy()), np.signbit(np.cumprod(x)))


def test_running_products_at_zeros_to_second_order() -> None:
    x = np.array([2.0, 0.0, 3.0, 0.0, 5.0])
    n = len(x)
    products = [[np.prod(np.delete(x[: k + 1], i)) if i <= k else 0.0 for i in range(n)] for k in range(n)]
    assert slopes(np.cumprod, x) == np.sum(products, axis=0).tolist()
    twice = [
        [sum(np.prod(np.delete(x[: k + 1], [i, j])) for k in range(max(i, j), n)) if i != j else 0.0 for j in range(n)]
        for i in range(n)
    ]
    assert tg.hessian(lambda t: np.sum(np.cumprod(t)))(x).tolist() == twice


def test_a_running_product_takes_steps_in_proportion_to_its_length() -> None:
    def work(n: int) -> int:
        nodes = graph(np.cumprod(leaf(np.ones(n))))
        return sum(node.size for node in nodes)

    assert work(512) < 2.6 * work(256)  # a cut of the whole for each element would make four times as much


def test_a_gradient_by_coordinates_reaches_all_of_them_also_where_they_lie_evenly() -> None:
    f, x = np.array([1.0, 3.0, 2.0, 7.0]), np.arange(4.0)
    same(np.gradient(leaf(f), leaf(x)), np.gradient(f, x))
    assert tg.gradcheck(lambda x: np.gradient(tg.Tensor(f), x, edge_order=2), x)


def test_interp_at_its_points_and_beyond() -> None:
    xp, fp = np.array([0.1, 0.2, 0.7]), np.array([1.0, 0.3, 4.1])
    x = np.array([-1.0, 0.1, 0.2, 0.7, 0.8, np.inf, -np.inf, NAN])
    same(np.interp(leaf(x), xp, fp), np.interp(x, xp, fp))
    assert slopes(lambda t: np.interp(t, xp, fp), x[[0, 4, 5]]) == [0.0, 0.0, 0.0]
    assert slopes(lambda t: np.interp(x[:7], xp, t), fp) == [3.0, 1.0, 3.0]


def test_nan_to_num_stops_the_gradient_where_it_replaces() -> None:
    x = np.array([1.0, NAN, np.inf, -np.inf])
    same(np.nan_to_num(leaf(x)), np.nan_to_num(x))
    assert slopes(np.nan_to_num, x) == [1.0, 0.0, 0.0, 0.0]


# --- what where= leaves out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.sum, np.mean, np.var, np.prod, np.nansum, np.nanmean, np.nanvar])
def test_what_where_leaves_out_harms_neither_value_nor_gradient(f: Any) -> None:
    x, where = np.array([0.5, NAN, 2.0, np.inf]), np.array([True, False, True, False])
    same(f(leaf(x), where=where), f(x[where]))
    expected = np.zeros(4)
    expected[where] = slopes(f, x[where])
    assert slopes(lambda t: f(t, where=where), x) == expected.tolist()


def test_initial_takes_part_with_a_gradient_of_its_own() -> None:
    x, start = np.array([1.0, 2.0]), leaf(5.0)
    for f, by_start in ((np.sum, 1.0), (np.prod, 2.0), (np.max, 1.0), (np.min, 0.0)):
        start.zero_grad()
        f(leaf(x), initial=start).backward()
        assert start.grad is not None
        assert start.grad.item() == by_start
    same(np.max(leaf(np.ones((0, 2))), axis=0, initial=3.0), [3.0, 3.0])


def test_the_methods_are_numpys() -> None:
    x = np.array([[1.5, -2.0], [0.5, 4.0]])
    t = leaf(x)
    same(t.sum(1, np.float32, None, True), x.sum(1, np.float32, None, True))
    same(t.max(0, None, True), x.max(0, None, True))
    same(t.min(initial=-9.0, where=x > 1), -9.0)
    same(t.sum(where=t > 0), 6.0)
    same(t.cumprod(1), x.cumprod(1))
    same(t.argsort(), x.argsort())


@pytest.mark.parametrize("f", [np.std, np.nanstd, np.linalg.norm])
def test_the_kink_of_a_root_at_0_has_derivative_0_and_nan_stays_nan(f: Any) -> None:
    constant = np.zeros(3) if f is np.linalg.norm else np.full(3, 2.5)
    assert slopes(f, constant) == [0.0, 0.0, 0.0]
    assert tg.hessian(f)(constant).tolist() == np.zeros((3, 3)).tolist()
    if f is not np.nanstd:
        assert np.isnan(f(leaf([NAN, 1.0])).item())
