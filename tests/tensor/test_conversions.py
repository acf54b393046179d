"""No silent detaching where NumPy asks no protocol: converters, scalar types, methods of arrays, writing into arrays."""

from __future__ import annotations

import array as array_module
import cmath
import math
import operator
import re
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import gradient, ours_behind, outcome, same, tracked
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
def test_no_conversion_detaches(spelling: str) -> None:
    assert outcome(lambda: CONVERSIONS[spelling](tracked(()), tracked())) in ("error", "tracked", "refused")


@pytest.mark.parametrize("spelling", ["np.array(t)", "np.asarray(t)", "np.array([s, s])", "np.array([t, t])", "a += t"])
def test_the_error_says_how_to_detach(spelling: str) -> None:
    with pytest.raises(errors.DetachError, match=r"\.detach\(\)"):
        CONVERSIONS[spelling](tracked(()), tracked())


class Table:
    """Numbers that only NumPy's conversion can read, and that convert what stands beside them, as pandas does."""

    def __init__(self, numbers: Any) -> None:
        self._numbers = np.asarray(numbers)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._numbers.astype(dtype or self._numbers.dtype)

    def __matmul__(self, other: Any) -> Table:
        return Table(self._numbers @ np.asarray(other))

    def to_numpy(self) -> Any:
        return self._numbers.copy()


def test_a_table_is_read_where_a_tensor_is_made_of_it_and_refused_beside_one() -> None:
    table, t = Table(np.eye(3)), tracked()
    assert np.array_equal(tg.Tensor(table).numpy(), np.eye(3))
    assert np.array_equal(tg.grad(lambda x: np.sum(x * x))(table), 2 * np.eye(3))
    with pytest.raises(errors.DetachError, match=r"\.to_numpy\(\)"):
        table @ t
    assert (table.to_numpy() @ t).needs_grad


def test_numbers_that_are_objects_are_refused_with_what_converts_them() -> None:
    with pytest.raises(errors.DTypeError, match=r"\.astype\(float\)"):
        tg.Tensor(np.array([1.0, 2.0], dtype=object))
    with pytest.raises(errors.DTypeError, match=r"\.astype\(float\)"):
        tracked() * np.array([1.0, 2.0, 3.0], dtype=object)


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


# --- one number ----------------------------------------------------------------------------------------------------------


def objects(s: tg.Tensor) -> Any:
    found = np.empty(2, object)
    found[:] = [s, s]
    return found


# All of them call __float__, __int__, __complex__ or another method for one number.
NUMBERS: dict[str, Callable[[tg.Tensor], Any]] = {
    "float(s)": float,
    "int(s)": int,
    "complex(s)": complex,
    "operator.index(s)": operator.index,
    "round(s)": round,
    "round(s, 1)": lambda s: round(s, 1),  # type: ignore[call-overload]
    "math.exp(s)": math.exp,
    "math.floor(s)": math.floor,
    "math.ceil(s)": math.ceil,
    "math.trunc(s)": math.trunc,
    "math.fsum([s, s])": lambda s: math.fsum([s, s]),
    "math.isclose(s, 2)": lambda s: math.isclose(s, 2),
    "cmath.exp(s)": cmath.exp,
    "statistics.fmean([s, s])": lambda s: statistics.fmean([s, s]),
    "array.array('d', [s])": lambda s: array_module.array("d", [s]),
    "'%.2f' % s": lambda s: "%.2f" % s,  # noqa: UP031
    "range(s)": range,
    "['a', 'b'][s]": lambda s: ["a", "b"][s],
    "np.float64(s)": np.float64,
    "np.arange(3)[s]": lambda s: np.arange(3)[s],
    "np.arange(3)[s:]": lambda s: np.arange(3)[s:],
    "a[0] = s": lambda s: array().__setitem__(0, s),
    "a.fill(s)": lambda s: array().fill(s),
    "a.sum(initial=s)": lambda s: array().sum(initial=s),
    "np.sum(a, initial=s)": lambda s: np.sum(array(), initial=s),
    "np.max(a, initial=s)": lambda s: np.max(array(), initial=s),
    "np.add.reduce(a, initial=s)": lambda s: np.add.reduce(array(), initial=s),
    "np.fromiter([s, s], float)": lambda s: np.fromiter([s, s], float),
    "np.vectorize(f, otypes=[float])(a)": lambda s: np.vectorize(lambda x: x * s, otypes=[float])(array()),
    "objects.astype(float)": lambda s: objects(s).astype(float),
    "np.array(objects, dtype=float)": lambda s: np.array(objects(s), dtype=float),
    "np.base_repr(s)": np.base_repr,
    "np.tri(s)": np.tri,
}  # fmt: skip


@pytest.mark.parametrize("spelling", NUMBERS)
def test_a_tracked_tensor_becomes_no_number_in_silence(spelling: str) -> None:
    """Where NumPy puts an error of its own in front, ours is its cause, and the traceback shows both."""
    with pytest.raises((TypeError, ValueError)) as caught:
        NUMBERS[spelling](tracked(()))
    error = ours_behind(caught.value)
    assert isinstance(error, errors.DetachError)
    assert "tracks a gradient" in str(error)


def test_the_error_says_what_to_write_for_a_formula_an_array_and_a_log() -> None:
    loss = tg.Tensor(2.0, requires_grad=True, name="loss")
    with pytest.raises(errors.DetachError) as caught:
        float(loss)
    for part in ("'loss'", "np.exp(t), not math.exp(t)", "np.stack", "out[i] = t", "float(loss) is loss.item()"):
        assert part in str(caught.value)


def test_what_shows_a_number_stays() -> None:
    s = tracked(())
    number = s.item()
    assert type(number) is float
    assert s.tolist() == number
    assert f"{s:.3f}" == format(s, ".3f") == format(number, ".3f")
    assert str(s).startswith("Tensor(0.5")
    assert s > 0
    assert not s > 2
    assert s in [number]
    assert max(0.0, s) is s


@pytest.mark.parametrize(
    "convert", [float, int, complex, round, math.exp, math.floor, math.ceil, math.trunc, np.float64]
)
def test_an_untracked_tensor_is_a_number_where_one_is_wanted(convert: Any) -> None:
    assert convert(tg.Tensor(2.6)) == convert(2.6)
    assert convert(tg.Tensor([2.6])[0]) == convert(2.6)


def test_an_euler_loop_into_an_array_raises_and_a_list_gives_the_gradient() -> None:
    k = tg.Tensor(0.5, requires_grad=True)
    y = np.ones(2)
    with pytest.raises(ValueError, match="array element") as caught:
        y[1] = y[0] - 0.1 * k * y[0]
    assert isinstance(caught.value.__cause__, errors.DetachError)
    states = [tg.Tensor(1.0)]
    for _ in range(10):
        states.append(states[-1] - 0.1 * k * states[-1])
    np.stack(states)[-1].backward()
    assert gradient(k) == pytest.approx(-(0.95**9))  # of (1 - k/10)^10


# --- subclasses of arrays -----------------------------------------------------------------------------------------------


MATRIX = np.eye(2).view(np.matrix)


@pytest.mark.parametrize("operate", [operator.mul, operator.matmul, operator.add, operator.sub, operator.truediv])
@pytest.mark.parametrize("tracks", [True, False])
def test_no_operator_guesses_which_product_a_matrix_means(operate: Any, tracks: bool) -> None:
    """np.matrix has another * than arrays: m * t is a matrix product in NumPy, and would be none here."""
    t = tg.Tensor(np.ones((2, 2)), requires_grad=tracks)
    for left, right in ((MATRIX, t), (t, MATRIX)):
        with pytest.raises(errors.DTypeError, match=r"np\.matrix.*np\.asarray\(m\)"):
            operate(left, right)


def test_other_subclasses_count_as_the_arrays_that_they_are() -> None:
    class Own(np.ndarray):
        pass

    a, t = np.arange(3.0).view(Own), tracked()
    for got, expected in ((a * t, np.arange(3.0) * t), (a @ t, np.arange(3.0) @ t), (t - a, t - np.arange(3.0))):
        same(got, expected.numpy())
        assert got.requires_grad


def test_complex_numbers_are_refused_beside_a_tensor() -> None:
    for operate in (lambda t: t * 1j, lambda t: 1j + t, lambda t: t**1j, lambda t: t @ np.array([1j, 0, 0])):
        with pytest.raises(errors.DTypeError, match="complex"):
            operate(tracked())


# --- masked arrays ------------------------------------------------------------------------------------------------------

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
    "m[0] = t[0]": lambda t, m: m.__setitem__(0, t[0]),
}  # fmt: skip


@pytest.mark.parametrize("spelling", MASKED)
def test_masked_arrays_take_no_tracked_tensor(spelling: str) -> None:
    """numpy.ma reads an attribute named _data of whatever it is given, before it asks any protocol."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whichever NumPy puts in front
        MASKED[spelling](tracked(), np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False]))
    assert ours_behind(caught.value) is not None


@pytest.mark.parametrize(
    ("name", "said"),
    [("exp", "has no exp: write np.exp."), ("zeros", "has no zeros: write np.zeros."), ("nowhere", "no attribute 'nowhere'")],
)  # fmt: skip
def test_a_function_that_other_engines_have_in_their_module_is_numpys_here(name: str, said: str) -> None:
    with pytest.raises(AttributeError, match=f"{re.escape(said)}$"):
        getattr(tg, name)
