"""Every function of tg.supported() means on Tensors what NumPy means by it: value and gradient. Holes: test_walk.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.array_functions.cases import BAD, SAMPLES
from tests.array_functions.cases.arrays import C, M, N, V, W
from tests.helpers.grouped import in_groups

pytestmark = pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # since NumPy 2.5

# What the issue asks for by name (issue 2, point 3).
ASKED = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "exp",
    "log",
    "log1p",
    "expm1",
    "sqrt",
    "square",
    "reciprocal",
    "power",
    "tanh",
    "sinh",
    "cosh",
    "sin",
    "cos",
    "abs",
    "sign",
    "maximum",
    "minimum",
    "where",
    "clip",
    "logaddexp",
    "greater",
    "less",
    "equal",
    "isfinite",
    "sum",
    "mean",
    "max",
    "min",
    "var",
    "std",
    "prod",
    "cumsum",
    "argmax",
    "matmul",
    "dot",
    "outer",
    "einsum",
    "tensordot",
    "reshape",
    "transpose",
    "swapaxes",
    "moveaxis",
    "expand_dims",
    "squeeze",
    "broadcast_to",
    "concatenate",
    "stack",
    "split",
    "zeros_like",
    "ones_like",
    "linalg.norm",
]

EVERY = [(name, i, f, inputs) for name, cases in SAMPLES.items() for i, (f, inputs) in enumerate(cases)]


def by_function(case: Any) -> str:
    return str(case[0])


every = in_groups("name, i, f, inputs", EVERY, by_function)
of_several = in_groups("name, i, f, inputs", [q for q in EVERY if len(q[3]) > 1], by_function)


def test_every_supported_function_has_samples() -> None:
    assert sorted(SAMPLES) == tg.supported()


def test_the_functions_that_the_issue_asks_for_are_supported() -> None:
    def canonical(name: str) -> str:
        function: Any = np
        for part in name.split("."):
            function = getattr(function, part)
        return ("np.linalg." if "." in name else "np.") + function.__name__

    assert {canonical(name) for name in ASKED} <= set(tg.supported())


def parts(x: Any) -> list[Any]:
    return list(x) if isinstance(x, list | tuple) else [x]


@every
def test_the_value_is_numpys(name: str, i: int, f: Callable[..., Any], inputs: list[Any]) -> None:
    expected = f(*inputs)
    for tracks in (True, False):
        got = f(*[tg.Tensor(x, requires_grad=tracks) for x in inputs])
        assert len(parts(got)) == len(parts(expected))
        for one, other in zip(parts(got), parts(expected), strict=True):
            if not isinstance(other, np.ndarray | np.generic):
                assert one == other
                assert type(one) is type(other)
                continue
            assert isinstance(one, tg.Tensor)
            assert one.dtype == other.dtype
            assert one.shape == other.shape
            np.testing.assert_allclose(one.numpy(), other, rtol=1e-14, atol=1e-15)


@every
def test_the_gradient_agrees_with_differences(name: str, i: int, f: Callable[..., Any], inputs: list[Any]) -> None:
    found = [p for p in parts(f(*[tg.Tensor(x, requires_grad=True) for x in inputs])) if isinstance(p, tg.Tensor)]
    if not any(p.requires_grad for p in found):
        if not found:
            return  # a fact, such as a shape
        expected = parts(f(*inputs))  # a constant or a step: its differences are 0, too
        moved = parts(f(*[x + 1e-9 for x in inputs]))
        assert all(np.array_equal(a, b) for a, b in zip(expected, moved, strict=True))
        return
    for k in (k for k, part in enumerate(found) if part.dtype.kind == "f"):
        assert tg.gradcheck(lambda *xs, k=k: parts(f(*xs))[k], *inputs)


@of_several
def test_a_tensor_beside_arrays(name: str, i: int, f: Callable[..., Any], inputs: list[Any]) -> None:
    expected = f(*inputs)
    for place in range(len(inputs)):
        got = f(*[tg.Tensor(x, requires_grad=True) if place == j else x for j, x in enumerate(inputs)])
        for one, other in zip(parts(got), parts(expected), strict=True):
            if isinstance(other, np.ndarray | np.generic):
                assert isinstance(one, tg.Tensor)
                np.testing.assert_allclose(one.numpy(), other, rtol=1e-14, atol=1e-15)
            else:
                assert one == other


@of_several
def test_what_is_written_into_an_array_afterwards_changes_no_gradient(
    name: str, i: int, f: Callable[..., Any], inputs: list[Any]
) -> None:
    for place in range(len(inputs)):
        runs = []
        for overwritten in (False, True):
            arrays = [np.array(x) for x in inputs]
            t = tg.Tensor(arrays[place], requires_grad=True)
            made = [
                p for p in parts(f(*[t if place == j else x for j, x in enumerate(arrays)])) if isinstance(p, tg.Tensor)
            ]
            made = [p for p in made if p.requires_grad]
            if overwritten:
                for array in arrays:
                    array[...] = 17
            runs.append([p.numpy() for p in made] + tg.pull_back(made, [np.ones_like(p.data) for p in made], [t]))
        for before, after in zip(*runs, strict=True):
            np.testing.assert_array_equal(before, after)


@every
def test_float32_stays_float32(name: str, i: int, f: Callable[..., Any], inputs: list[Any]) -> None:
    small = [np.asarray(x, np.float32) for x in inputs]
    for one, other in zip(parts(f(*[tg.Tensor(x, True) for x in small])), parts(f(*small)), strict=True):
        if isinstance(one, tg.Tensor) and N.dtype not in {getattr(c, "dtype", None) for c in _constants(f)}:
            assert one.dtype == other.dtype
            np.testing.assert_allclose(one.numpy(), other, rtol=2e-6, atol=2e-6)


def _constants(f: Any) -> list[Any]:
    """float64 arrays of this module that a sample mixes in by name: there NumPy's promotion decides."""
    names = getattr(getattr(f, "__code__", None), "co_names", ())
    return [globals()[n] for n in names if n in ("M", "N", "V", "W")]


# --- the ufunc's own ways to reduce ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum, np.minimum])
@pytest.mark.parametrize(
    "keywords", [{}, {"axis": 1}, {"axis": None}, {"axis": (0, 2)}, {"axis": 0, "keepdims": True}], ids=str
)
def test_reduce(ufunc: Any, keywords: dict[str, Any]) -> None:
    np.testing.assert_allclose(
        ufunc.reduce(tg.Tensor(C, True), **keywords).numpy(), ufunc.reduce(C, **keywords), rtol=1e-14
    )
    assert tg.gradcheck(lambda x: ufunc.reduce(x, **keywords), C)


@pytest.mark.parametrize("ufunc", [np.logical_and, np.logical_or])
def test_reduce_of_truths(ufunc: Any) -> None:
    np.testing.assert_array_equal(ufunc.reduce(tg.Tensor(M) > 0).numpy(), ufunc.reduce(M > 0))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_accumulate(axis: int) -> None:
    np.testing.assert_array_equal(np.add.accumulate(tg.Tensor(C, True), axis).numpy(), np.add.accumulate(C, axis))
    assert tg.gradcheck(lambda x: np.add.accumulate(x, axis), C)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.subtract, np.maximum, np.greater])
def test_outer(ufunc: Any) -> None:
    for left, right in ((V, M), (M, V), (V, np.array(2.0))):
        np.testing.assert_array_equal(ufunc.outer(tg.Tensor(left, True), right).numpy(), ufunc.outer(left, right))
        np.testing.assert_array_equal(ufunc.outer(left, tg.Tensor(right, True)).numpy(), ufunc.outer(left, right))
    if ufunc is not np.greater:
        assert tg.gradcheck(ufunc.outer, V, W)


# --- errors ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "kind", "message"), [q[1:] for q in BAD], ids=[q[0] for q in BAD])
def test_what_does_not_fit_is_said_clearly(wrong: Callable[[Any], Any], kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        wrong(tg.Tensor(M, requires_grad=True))
