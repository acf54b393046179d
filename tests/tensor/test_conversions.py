"""No silent detaching where NumPy asks no protocol: converters, scalar types, methods of arrays, writing into arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import outcome, tracked
from tinygrad_lite import errors


def array() -> Any:
    return np.ones(3)


CONVERSIONS: dict[str, Callable[[tg.Tensor, tg.Tensor], Any]] = {
    "np.array(t)": lambda s, t: np.array(t),
    "np.array(s)": lambda s, t: np.array(s),
    "np.array(t, dtype=object)": lambda s, t: np.array(t, dtype=object),
    "np.array(t, copy=None)": lambda s, t: np.array(t, copy=None),
    "np.asarray(t, dtype=float)": lambda s, t: np.asarray(t, dtype=float),
    "np.asarray(t)": lambda s, t: np.asarray(t),
    "np.asanyarray(t)": lambda s, t: np.asanyarray(t),
    "np.ascontiguousarray(t)": lambda s, t: np.ascontiguousarray(t),
    "np.asfortranarray(t)": lambda s, t: np.asfortranarray(t),
    "np.asarray_chkfinite(t)": lambda s, t: np.asarray_chkfinite(t),
    "np.require(t)": lambda s, t: np.require(t),
    "np.asmatrix(t)": lambda s, t: np.asmatrix(t),
    "np.array([s, s])": lambda s, t: np.array([s, s]),
    "np.array([t, t])": lambda s, t: np.array([t, t]),
    "np.array([s, 1.0])": lambda s, t: np.array([s, 1.0]),
    "np.array([[s, 1.0], [2.0, s]])": lambda s, t: np.array([[s, 1.0], [2.0, s]]),
    "np.array((t, [1, 2, 3]))": lambda s, t: np.array((t, [1, 2, 3])),
    "np.array([s], dtype=float)": lambda s, t: np.array([s], dtype=float),
    "np.array([s], dtype=object)": lambda s, t: np.array([s], dtype=object),
    "np.array(s > 0 and [s])": lambda s, t: np.array([s > 0, s]),
    "np.float32(s)": lambda s, t: np.float32(s),
    "np.float64(t)": lambda s, t: np.float64(t),
    "np.int64(s)": lambda s, t: np.int64(s),
    "np.bool_(s)": lambda s, t: np.bool_(s),
    "np.full(3, s)": lambda s, t: np.full(3, s),
    "np.full(3, s, dtype=float)": lambda s, t: np.full(3, s, dtype=float),
    "np.arange(s)": lambda s, t: np.arange(s),
    "np.arange(0, s, 0.5)": lambda s, t: np.arange(0.0, s, 0.5),
    "np.kaiser(3, s)": lambda s, t: np.kaiser(3, s),
    "np.frombuffer(t)": lambda s, t: np.frombuffer(t),
    "np.from_dlpack(t)": lambda s, t: np.from_dlpack(t),
    "np.fromiter(t)": lambda s, t: np.fromiter(t, float),
    "np.vectorize(f)(t)": lambda s, t: np.vectorize(lambda x: x)(t),
    "np.frompyfunc(f)(t)": lambda s, t: np.frompyfunc(lambda x: x, 1, 1)(t),
    "np.apply_along_axis(f of t)": lambda s, t: np.apply_along_axis(lambda row: s, 0, np.ones(3)),
    "np.bmat([[t]])": lambda s, t: np.bmat([[t]]),
    "np.r_[t, t]": lambda s, t: np.r_[t, t],
    "np.c_[t, t]": lambda s, t: np.c_[t, t],
    "np.mgrid[0:s]": lambda s, t: np.mgrid[0:s],
    "np.ix_(t)": lambda s, t: np.ix_(t),
    "np.poly1d([s, s])": lambda s, t: np.poly1d([s, s]).coeffs,
    "Polynomial([s, s])": lambda s, t: np.polynomial.Polynomial([s, s]).coef,
    "np.ma.array(t)": lambda s, t: np.ma.array(t),
    "np.ma.sum(t)": lambda s, t: np.ma.sum(t),
    "np.matrix(t)": lambda s, t: np.matrix(t),
    "np.nditer(t)": lambda s, t: list(np.nditer(t, op_flags=[["readonly"]])),
    "np.ndenumerate(t)": lambda s, t: list(np.ndenumerate(t)),
    "np.broadcast(t, a)": lambda s, t: np.broadcast(t, array()),
    "np.random.default_rng().normal(s)": lambda s, t: np.random.default_rng(0).normal(s),
    "np.random.default_rng().choice(t)": lambda s, t: np.random.default_rng(0).choice(t),
    "np.random.default_rng().permutation(t)": lambda s, t: np.random.default_rng(0).permutation(t),
    "np.testing.assert_allclose": lambda s, t: np.testing.assert_allclose(t, t),
    "np.add(a, [s, s, s])": lambda s, t: np.add(array(), [s, s, s]),
    "a.dot(t)": lambda s, t: array().dot(t),
    "a.clip(s)": lambda s, t: array().clip(s, 2.0),
    "a.searchsorted(t)": lambda s, t: array().searchsorted(t),
    "a.choose(t)": lambda s, t: array().astype(int).choose(t),
    "a[:] = t": lambda s, t: array().__setitem__(slice(None), t) or array(),
    "a[[0, 1, 2]] = t": lambda s, t: array().__setitem__([0, 1, 2], t) or array(),
    "a[mask] = t": lambda s, t: array().__setitem__(array() > 0, t) or array(),
    "a.put": lambda s, t: array().put([0], s) or array(),
    "a += t": lambda s, t: array().__iadd__(t),
    "a @= t": lambda s, t: np.eye(3).__imatmul__(tracked((3, 3))),
    "0-d a += s": lambda s, t: np.array(1.0).__iadd__(s),
    "object array of Tensors": lambda s, t: np.array([None]).__setitem__(slice(None), t) or array(),
}  # fmt: skip


@pytest.mark.parametrize("spelling", CONVERSIONS)
def test_no_conversion_detaches(spelling: str, no_spelled_conversions: None) -> None:
    assert outcome(lambda: CONVERSIONS[spelling](tracked(()), tracked())) in ("error", "tracked", "refused")


@pytest.mark.parametrize("spelling", ["np.array(t)", "np.asarray(t)", "np.array([s, s])", "np.array([t, t])", "a += t"])
def test_the_error_says_how_to_detach(spelling: str) -> None:
    with pytest.raises(errors.DetachError, match=r"\.detach\(\)"):
        CONVERSIONS[spelling](tracked(()), tracked())


def test_arrays_meet_tensors_on_either_side() -> None:
    t, a = tracked(), np.ones(3)
    for both in (
        a + t,
        a - t,
        a * t,
        a / t,
        a**t,
        a @ t,
        a > t,
        a == t,
        np.float64(2) * t,
        np.float32(2) * t,
        (1, 2, 3) * t,
    ):
        assert type(both) is tg.Tensor
        assert both.shape in ((3,), ())


def test_an_untracked_tensor_becomes_an_array_as_asked() -> None:
    t = tg.Tensor([1.0, 2.0])
    for convert in (np.asarray, np.array, lambda t: t.numpy()):
        got = convert(t)
        assert type(got) is np.ndarray
        got[0] = 9.0
        assert t.tolist() == [1.0, 2.0]  # a copy
    assert np.asarray(t, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(np.array([t, t]), [[1.0, 2.0], [1.0, 2.0]])
    a = np.zeros(2)
    a += t
    a[:] = t
    np.testing.assert_array_equal(a, [1.0, 2.0])


def test_the_ways_by_which_numpy_takes_one_number() -> None:
    """float(t) is how a user says "the number"; NumPy says the same in these places, and cannot be told apart."""
    s = tracked(())
    a = np.zeros(3)
    a[0] = s
    assert a[0] == np.float64(s) == float(s) == s.item()
    assert np.sum(np.zeros(2), initial=s) == s.item()
    with pytest.raises(errors.ShapeError, match=r"one element; got shape \(3,\)"):
        float(tracked())


MASKED: dict[str, Callable[[tg.Tensor, Any], Any]] = {
    "np.ma.array(t)": lambda t, m: np.ma.array(t),
    "np.ma.array(t, mask=…)": lambda t, m: np.ma.array(t, mask=[True, False, False]),
    "np.ma.getdata(t)": lambda t, m: np.ma.getdata(t),
    "np.ma.exp(t)": lambda t, m: np.ma.exp(t),
    "np.ma.log(t)": lambda t, m: np.ma.log(t),
    "np.ma.add(m, t)": lambda t, m: np.ma.add(m, t),
    "np.ma.power(t, 2)": lambda t, m: np.ma.power(t, 2),
    "np.ma.where(m > 0, t, m)": lambda t, m: np.ma.where(m > 0, t, m),
    "np.ma.masked_where(m > 0, t)": lambda t, m: np.ma.masked_where(m > 0, t),
    "np.ma.masked_invalid(t)": lambda t, m: np.ma.masked_invalid(t),
    "np.ma.concatenate([m, t])": lambda t, m: np.ma.concatenate([m, t]),
    "np.ma.dot(m, t)": lambda t, m: np.ma.dot(m, t),
    "m + t": lambda t, m: m + t,
    "t + m": lambda t, m: t + m,
    "m @ t": lambda t, m: m @ t,
    "t * m": lambda t, m: t * m,
    "m[:] = t": lambda t, m: m.__setitem__(slice(None), t),
    "m += t": lambda t, m: m.__iadd__(t),
}  # fmt: skip


@pytest.mark.parametrize("spelling", MASKED)
def test_masked_arrays_take_no_tracked_tensor(spelling: str) -> None:
    """numpy.ma reads an attribute named _data of whatever it is given, before it asks any protocol."""
    with pytest.raises(errors.TinygradLiteError):
        MASKED[spelling](tracked(), np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False]))
