"""Python's operators on Tensors against NumPy's: partners on either side, dtypes, in place, and what is refused."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.grouped import in_groups
from tests.helpers.tensors import FLOATS, leaf, same
from tinygrad_lite import Tensor
from tinygrad_lite.errors import DTypeError, GradientError, ShapeError, UnsupportedError

# --- operators ------------------------------------------------------------------------------------------------

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod]
STEPS = [operator.floordiv]
BITWISE = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
COMPARISONS = [operator.gt, operator.ge, operator.lt, operator.le, operator.eq, operator.ne]
PARTNERS = [
    2, 2.5, True, np.float64(1.5), np.float32(1.5), np.int64(2), np.array([1.5, 2.5]), np.array([[1.0], [2.0]]),
    np.array([1, 2], np.float32), np.array([True, True]), [1.0, 2.0], np.array(2.0), np.array([[3, 1]]),
]  # fmt: skip


@in_groups(
    "op, other, dtype", product(OPERATORS + STEPS + COMPARISONS, PARTNERS, [np.float32, np.float64, np.int64]),
    by=lambda case: str(case[0].__name__),
)  # fmt: skip
def test_operators_with_partners_on_either_side_are_numpys(op: Callable[..., Any], other: Any, dtype: Any) -> None:
    array = np.array([2, 3], dtype)
    partner = np.asarray(other) if isinstance(other, list) else other
    tracked = dtype != np.int64
    t = Tensor(array, requires_grad=tracked)
    for got, expected in ((op(t, other), op(array, partner)), (op(other, t), op(partner, array))):
        same(got, expected)
        assert got.requires_grad == (tracked and op in OPERATORS)
        assert (got.primitive is not None) == tracked
    same(op(t, Tensor(partner)), op(array, np.asarray(partner)))


@pytest.mark.parametrize("other", PARTNERS, ids=lambda x: f"{type(x).__name__}{getattr(x, 'dtype', '')}{np.shape(x)}")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_divmod_with_partners_on_either_side_is_numpys(other: Any, dtype: Any) -> None:
    array = np.array([2, -3], dtype)
    t = Tensor(array, requires_grad=dtype != np.int64)
    partner = np.asarray(other) if isinstance(other, list) else other
    for got, expected in ((divmod(t, other), divmod(array, partner)), (divmod(other, t), divmod(partner, array))):
        assert len(got) == 2
        for one, want in zip(got, expected, strict=True):
            same(one, want)
        assert [part.requires_grad for part in got] == [False, dtype != np.int64]


@in_groups(
    "op, dtype, other",
    product(
        BITWISE, [np.bool_, np.uint8, np.int64],
        [3, True, np.uint8(5), np.array([1, 2, 6]), np.array([True, False, True]), [1, 2, 3]],
    ),
    by=lambda case: str(case[0].__name__),
)  # fmt: skip
def test_operators_of_bits_are_numpys(op: Callable[..., Any], dtype: Any, other: Any) -> None:
    array = np.array([6, 1, 0]).astype(dtype)
    partner = np.asarray(other) if isinstance(other, list) else other
    same(op(Tensor(array), other), op(array, partner))
    same(op(other, Tensor(array)), op(partner, array))
    same(~Tensor(array), ~array)


def test_truths_are_joined_by_the_logical_functions() -> None:
    t = leaf([-1.0, 2.0])
    low, high = t > 0, t < 1
    made = {"&": low & high, "|": low | high, "^": low ^ high, "~": ~low, "& True": low & True}
    names = {"&": "logical_and", "|": "logical_or", "^": "logical_xor", "~": "logical_not", "& True": "logical_and"}
    assert {sign: part.made_by for sign, part in made.items()} == names


def test_an_integer_divided_by_zero_is_numpys() -> None:
    array = np.array([5, -3, 0])
    for dtype in (np.int64, np.int8, np.uint8):
        whole, zero = array.astype(dtype), np.zeros(3, dtype)
        for op in (operator.mod, operator.floordiv, np.fmod):
            with pytest.warns(RuntimeWarning, match="divide by zero"):
                expected = op(whole, zero)
            with pytest.warns(RuntimeWarning, match="divide by zero"):
                same(op(Tensor(whole), zero), expected)


def test_matmul_works_from_both_sides_and_with_lists() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    for got in (leaf(a) @ b, a @ leaf(b), leaf(a) @ leaf(b), a.tolist() @ leaf(b), leaf(a) @ b.tolist()):
        same(got, a @ b)


def test_unary_operators_and_logic() -> None:
    array = np.array([-1.5, 0.0, 2.0])
    t = leaf(array)
    same(-t, -array)
    same(+t, array)
    same(abs(t), abs(array))
    same((t > 0) & (t < 2), (array > 0) & (array < 2))
    same((t > 0) | (t < 0), (array > 0) | (array < 0))
    same(~(t > 0), ~(array > 0))


def test_equality_compares_elements_and_hashing_is_by_identity() -> None:
    a, b = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    same(a == b, [True, True])
    same(a != np.array([1.0, 3.0]), [False, True])
    assert hash(a) != hash(b)
    assert len({a, b, a}) == 2
    assert {a: 1, b: 2}[b] == 2


@pytest.mark.parametrize("other", ["a", None, 1j, object(), {"a": 1}])
@pytest.mark.parametrize("op", [*OPERATORS, *STEPS, divmod])
def test_operands_that_are_no_numbers_are_type_errors(op: Callable[..., Any], other: Any) -> None:
    for left, right in ((leaf([1.0]), other), (other, leaf([1.0]))):
        if op is operator.mod and left == "a":
            continue  # a string with % is formatted
        with pytest.raises(TypeError):
            op(left, right)


@pytest.mark.parametrize(
    "other", [np.array([1j]), np.complex128(1j), np.array(["a"]), np.array([None]), [[1.0], [1.0, 2.0]], np.str_("a")]
)
def test_arrays_and_scalars_of_other_kinds_are_refused_on_either_side(other: Any) -> None:
    for compute in (lambda t: t * other, lambda t: other * t, lambda t: np.multiply(other, t)):
        with pytest.raises(DTypeError):
            compute(leaf([1.0]))


def test_shapes_that_do_not_fit_are_both_shown() -> None:
    a, b = leaf(np.ones((2, 3))), np.ones((4, 5))
    for compute in (lambda: a + b, lambda: b * a, lambda: a @ b, lambda: np.maximum(a, b), lambda: a == b):
        with pytest.raises(ShapeError, match=r"\(\d, \d\).*\(\d, \d\)") as info:
            compute()
        assert "(2, 3)" in str(info.value)
        assert "(4, 5)" in str(info.value)


def test_integers_to_a_negative_power_say_how_to_repair_it() -> None:
    with pytest.raises(DTypeError, match="float"):
        Tensor([1, 2]) ** -1


# --- dtypes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_python_numbers_take_their_partners_dtype(dtype: Any) -> None:
    t = leaf(np.array([1, 2], dtype))
    scalar = leaf(dtype(2))
    for x in (t, scalar):
        for got in (x + 1, 1 - x, x * 2.5, 2.5 / x, x**2, x**1.5, 2**x, np.maximum(0, x), np.where(x > 0, x, 0.0)):
            assert got.dtype == dtype


def test_numpy_scalars_and_arrays_promote_as_in_numpy() -> None:
    array = np.array([1, 2], np.float32)
    for partner in (np.float64(2), np.int64(2), np.array([1, 2]), np.array(2.0), np.float16(1)):
        assert (leaf(array) * partner).dtype == (array * partner).dtype


# --- in-place operators ---------------------------------------------------------------------------------------

IN_PLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow, operator.imatmul]
IN_PLACE += [operator.imod, operator.ifloordiv]


@pytest.mark.parametrize("op", IN_PLACE, ids=lambda op: op.__name__)
def test_in_place_operators_on_a_leaf_advise_and_update_under_no_grad(op: Callable[..., Any]) -> None:
    start, other = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 0.5], [1.0, 3.0]])
    w = leaf(start, name="w")
    with pytest.raises(GradientError, match="no_grad"):
        op(w, other)
    same(w, start)
    for partner in (other, Tensor(other)):
        w = leaf(start)
        with tg.no_grad():
            updated = op(w, partner)
        assert updated is w
        assert w.requires_grad
        same(w, op(start.copy(), other))


def test_in_place_operators_on_what_is_no_parameter_compute_something_new() -> None:
    x = w = leaf([1.0, 2.0])
    y = z = w * 3
    y += 1
    assert y is not z
    same(z, [3.0, 6.0])
    y.sum().backward()
    same(x.grad, [3.0, 3.0])
    t = u = Tensor([1.0])
    t *= 2
    assert t is not u
    same(u, [1.0])


def test_item_assignment_says_what_to_do_instead() -> None:
    with pytest.raises(UnsupportedError, match=r"np\.where"):
        leaf([1.0, 2.0])[0] = 3.0
