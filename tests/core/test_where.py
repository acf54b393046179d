"""The choice by bits gives np.where's elements bit for bit, whatever the numbers, dtypes, shapes and strides are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.grouped import in_groups
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core import choosing
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import DTypeError


@pytest.fixture(autouse=True)
def bits_from_512_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bits begin to be used is a matter of speed; here both ways must be gone."""
    monkeypatch.setattr(choosing, "_MANY", 512)


SIZES = [1, 511, 512, 513, 4096]
FLOATS: list[Any] = [np.float16, np.float32, np.float64, np.longdouble]
DTYPES: list[Any] = [*FLOATS, np.int8, np.int32, np.int64, np.uint64, np.bool_]
SPECIAL = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1e-45, 2.2e-308, 1.0, -1.5]
NUMBERS: list[Any] = [0, 1, -3, 0.0, -0.0, 0.5, np.nan, np.inf, -np.inf, 5e-324, True, False]


def numbers(dtype: Any, shape: Any, seed: int = 0) -> Any:
    """Random numbers with the special ones strewn in; for float32 and float64 also bit patterns of every sort of nan."""
    rng = np.random.default_rng(seed)
    count = int(np.prod(shape, dtype=int))
    if np.dtype(dtype).kind in "iub":
        return rng.integers(0, 2 if dtype is np.bool_ else 100, count).astype(dtype).reshape(shape)
    with np.errstate(over="ignore", under="ignore"):
        x = rng.choice([*SPECIAL, *rng.standard_normal(8)], count).astype(dtype)
    bits = {np.float32: np.uint32, np.float64: np.uint64}.get(dtype)
    if bits is not None and count > 4:
        x.view(bits)[:: max(1, count // 7)] |= np.array(0x7FC00123 if bits is np.uint32 else 0x7FF8000000000123, bits)
    return x.reshape(shape)


def mask(shape: Any, seed: int = 9, share: float = 0.5) -> Any:
    return np.random.default_rng(seed).random(shape) < share


def same_bits(got: Any, expected: Any) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    if got.dtype == np.longdouble:  # 80 bits in 128: the rest is padding
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))
    else:
        assert np.ascontiguousarray(got).tobytes() == np.ascontiguousarray(expected).tobytes()


def check(c: Any, x: Any, y: Any) -> None:
    before = [np.array(a) for a in (c, x, y)]
    expected = np.where(c, x, y)
    got = p.where(c, x, y)
    same_bits(got, expected)
    for a, was in zip((c, x, y), before, strict=True):
        same_bits(a, was)  # operands are as they were
        assert not (isinstance(a, np.ndarray) and np.shares_memory(got, a))


@in_groups("dtype, size, share", product(DTYPES, SIZES, [0.0, 0.5, 1.0]), by=lambda case: str(case[0].__name__))
def test_two_arrays(dtype: Any, size: int, share: float) -> None:
    for seed in range(3):
        check(mask(size, seed, share), numbers(dtype, size, 10 + seed), numbers(dtype, size, 20 + seed))


@in_groups("left, right", product(DTYPES, DTYPES), by=lambda case: str(case[0].__name__))
def test_two_dtypes(left: Any, right: Any) -> None:
    check(mask(600), numbers(left, 600, 1), numbers(right, 600, 2))


@in_groups("dtype, number, size", product(DTYPES, NUMBERS, [511, 600]), by=lambda case: str(case[0].__name__))
def test_an_array_and_a_python_number_on_either_side(dtype: Any, number: Any, size: int) -> None:
    c, x = mask(size), numbers(dtype, size, 3)
    with np.errstate(over="ignore", under="ignore"):
        try:
            np.where(c, x, number), np.where(c, number, x)
        except OverflowError:  # −3 is no unsigned number, for NumPy neither
            with pytest.raises(DTypeError, match="out of bounds"):  # uint64: since NumPy 2.5
                p.where(c, x, number)
            return
        check(c, x, number)
        check(c, number, x)
        check(c, number, number)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("other", FLOATS)
@pytest.mark.parametrize("make", [lambda v, d: d(v), lambda v, d: np.asarray(v, d), lambda v, d: np.full((1,), v, d)])
def test_an_array_and_a_numpy_scalar_a_0d_array_or_a_single_element(dtype: Any, other: Any, make: Any) -> None:
    c, x = mask(600), numbers(dtype, 600, 4)
    for value in (0.0, -0.0, np.nan, 2.5, -np.inf):
        small = make(value, other)
        check(c, x, small)
        check(c, small, x)
        check(c, small, make(-1.0, other))
        check(c, small, 0)
        check(c, 0.0, small)
        check(np.asarray(True), x, small)
        check(np.bool_(False), x, small)
        check(mask((1,)), x, small)


BROADCASTS = [
    ((40, 30), (30,), (40, 1)), ((40, 1), (40, 30), (30,)), ((30,), (40, 30), (1, 30)), ((40, 30), (1, 1), (40, 30)),
    ((600,), (3, 1), (2, 1, 1)), ((2, 600), (600,), ()), ((1, 600), (2, 1), (2, 600)), ((600,), (1,), (1,)), ((600, 1), (1, 2), ()),
]  # fmt: skip


@pytest.mark.parametrize("shapes", BROADCASTS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_broadcasting_among_all_three(shapes: Any, dtype: Any) -> None:
    c, x, y = shapes
    check(mask(c), numbers(dtype, x, 5), numbers(dtype, y, 6))


STRIDES: dict[str, Callable[[Any], Any]] = {
    "reversed": lambda a: a[::-1], "every second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "transposed": lambda a: np.ascontiguousarray(a.T).T, "Fortran": np.asfortranarray, "read-only": lambda a: frozen(a),
    "repeated": lambda a: np.broadcast_to(a[:1], a.shape), "offset": lambda a: np.concatenate([a, a])[len(a) :],
    "unaligned": lambda a: unaligned(a), "other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
}  # fmt: skip


def frozen(a: Any) -> Any:
    a = a.copy()
    a.flags.writeable = False
    return a


def unaligned(a: Any) -> Any:
    """The same numbers, one byte beside where their type would stand."""
    raw = np.zeros(a.nbytes + 1, np.uint8)
    view = raw[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view


@pytest.mark.parametrize("strides", STRIDES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_strange_strides_of_each(strides: str, dtype: Any) -> None:
    view = STRIDES[strides]
    c, x, y = mask((40, 30)), numbers(dtype, (40, 30), 7), numbers(dtype, (40, 30), 8)
    check(view(c), x, y)
    check(c, view(x), y)
    check(c, x, view(y))
    check(view(c), view(x), view(y))
    check(c, view(x), 0)
    check(c, 0, view(y))


@pytest.mark.parametrize("condition", [np.int64, np.float64, np.uint8])
def test_a_condition_of_numbers(condition: Any) -> None:
    c = numbers(condition, 600, 1)
    check(c, numbers(np.float64, 600, 2), numbers(np.float64, 600, 3))
    check(c.astype(bool).tolist(), numbers(np.float64, 600, 2), 0.0)


def test_nothing_at_all() -> None:
    for shape in ((0,), (0, 600), (600, 0)):
        check(mask(shape), numbers(np.float64, shape), numbers(np.float64, shape))
        check(mask(shape), numbers(np.float64, shape), 0)


# --- through the graph ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("condition", ["array", "Tensor", "comparison"])
@pytest.mark.parametrize("size", [3, 600])
def test_values_and_gradients_through_where(dtype: Any, create_graph: bool, condition: str, size: int) -> None:
    x, y = leaf(numbers(dtype, size, 1)), leaf(numbers(dtype, size, 2))
    with np.errstate(invalid="ignore"):
        c: Any = mask(size) if condition == "array" else Tensor(mask(size)) if condition == "Tensor" else x > 0.3
    plain = c.detach().numpy() if isinstance(c, Tensor) else c
    upstream = numbers(dtype, size, 3)
    upstream[~np.isfinite(upstream)] = -0.0  # a damaged gradient would warn
    out = np.where(c, x, y)
    same_bits(out.detach().numpy(), np.where(plain, x.numpy(), y.numpy()))
    out.backward(upstream, create_graph=create_graph)
    same_bits(gradient(x), np.where(plain, upstream, dtype(0)))
    same_bits(gradient(y), np.where(plain, dtype(0), upstream))


@pytest.mark.parametrize("size", [3, 600])
@pytest.mark.parametrize("constant", ["x", "y", "neither"])
def test_second_derivatives_through_where_by_a_constant_mask(size: int, constant: str) -> None:
    rng = np.random.default_rng(0)
    c = mask(size)
    x, y = (Tensor(rng.standard_normal(size), requires_grad=name != constant) for name in "xy")
    (np.where(c, x * x * x, y * y * y)).sum().backward(create_graph=True)
    firsts = {t: t.grad for t in (x, y) if t.requires_grad}
    for t, first in firsts.items():
        t.zero_grad()
        first.sum().backward()
        np.testing.assert_allclose(gradient(t), np.where(c if t is x else ~c, 6 * t.numpy(), 0.0), rtol=1e-14)


@pytest.mark.parametrize("function", [np.maximum, np.minimum, tg.relu, tg.leaky_relu, np.clip, np.abs])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_arrays_get_the_gradients_of_their_elements(function: Any, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.choice([-2.0, -1.0, 0.0, -0.0, 0.5, 1.0, 3.0], 1200).astype(dtype)
    other = rng.choice([-1.0, 0.0, 1.0], 1200).astype(dtype)
    upstream = rng.standard_normal(1200).astype(dtype)
    f: Any = {
        np.maximum: lambda v, k: np.maximum(v, other[k]), np.minimum: lambda v, k: np.minimum(v, other[k]),
        np.clip: lambda v, k: np.clip(v, -1, 1),
    }.get(function, lambda v, k: function(v))  # fmt: skip
    whole = tg.vjp(lambda v: f(v, slice(None)), x)[1](upstream)[0]
    parts = [
        tg.vjp(lambda v, k=k: f(v, k), x[k])[1](upstream[k])[0] for k in (slice(i, i + 400) for i in (0, 400, 800))
    ]
    same_bits(whole, np.concatenate(parts))  # 400 elements go the plain way
