"""Every function of tg.supported() means on Tensors what NumPy means by it: value and gradient. Holes: test_numpy_walk.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.samples import BOOL, DOMAINS, draw
from tinygrad_lite import errors

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

V, W = draw((-1.7, 2.0), (4,)), draw((-1.4, 2.3), (4,), 1)
M, N = draw((-2.0, 2.0), (2, 3)), draw((-1.7, 2.3), (2, 3), 1)
S, Q = draw((-2.0, 2.0), (3, 3)), draw((-1.7, 2.3), (3, 2), 2)
C = draw((-2.0, 2.0), (2, 3, 4))

Case = tuple[Callable[..., Any], list[Any]]


def calls(*cases: Any) -> list[Case]:
    """Cases of one function: what to call, and the arrays to call it on (each one a Tensor in turn)."""
    return [(f, list(inputs)) for f, *inputs in cases]


def over_axes(function: Any, **more: Any) -> list[Case]:
    keywords: list[dict[str, Any]] = [
        {}, {"axis": 0}, {"axis": -1}, {"axis": (0, 2)}, {"axis": 1, "keepdims": True}, {"keepdims": True}, {"axis": None},
    ]  # fmt: skip
    return calls(*[(lambda x, k=k: function(x, **k), C) for k in keywords], (lambda x: function(x, **more), M))


def along_one(function: Any) -> list[Case]:
    return calls(
        (function, V),
        (function, C),
        (lambda x: function(x, axis=1), C),
        (lambda x: function(x, axis=-1, keepdims=True), C),
    )


SAMPLES: dict[str, list[Case]] = {
    **{
        f"np.{name}": calls((getattr(np, name), *[draw(d, (2, 3), i) for i, d in enumerate(domains)]))
        for name, domains in DOMAINS.items()
        if name in dir(np) and name != "identity" and BOOL not in domains  # np.identity makes matrices
    },
    "np.positive": calls((np.positive, M)),
    "np.tanh": calls((np.tanh, M)),
    "np.logical_and": calls((lambda x, y: np.logical_and(x > 0, y > 0), M, N), (lambda x: np.logical_and(x, 1.0), M)),
    "np.logical_or": calls((lambda x, y: np.logical_or(x > 0, y > 0), M, N)),
    "np.logical_not": calls((lambda x: np.logical_not(x > 0), M)),
    **{f"np.{f.__name__}": over_axes(f) for f in (np.sum, np.mean, np.max, np.min, np.prod)},
    **{f"np.{f.__name__}": over_axes(f, axis=1, ddof=1) for f in (np.var, np.std)},
    **{f"np.{f.__name__}": along_one(f) for f in (np.argmax, np.argmin)},
    **{f"np.{f.__name__}": over_axes(lambda x, f=f, **k: f(x > 1.0, **k)) for f in (np.any, np.all)},
    "np.cumsum": calls((np.cumsum, V), (np.cumsum, M), (lambda x: np.cumsum(x, axis=1), C), (lambda x: x.cumsum(-2), C)),
    "np.linalg.norm": calls(
        *[(lambda x, k=k: np.linalg.norm(x, **k), x) for x, k in [
            (V, {}), (V, {"ord": 1}), (V, {"ord": 2}), (V, {"ord": np.inf}), (M, {}), (M, {"ord": "fro"}), (M, {"axis": 1}),
            (M, {"axis": 0, "keepdims": True}), (M, {"ord": 1, "axis": 0}), (M, {"ord": np.inf, "axis": 1}), (M, {"axis": (0, 1)}),
        ]],
    ),
    "np.where": calls((lambda x, y: np.where(x > 0, x, y), M, N), (lambda x: np.where(M > 0, x, 0), N)),
    "np.clip": calls(
        (lambda x: np.clip(x, -1, 1), M), (lambda x: np.clip(x, None, 1.0), M), (lambda x: np.clip(x, -1.0, None), M),
        (lambda x, low: np.clip(x, low, 5.0), M, N), (lambda x: x.clip(-1, 1), M), (lambda x: x.clip(min=-1), M),
    ),
    "np.matmul": calls((np.matmul, S, Q), (np.matmul, V, W), (lambda x, y: x @ y, C, W)),
    "np.dot": calls(
        (np.dot, S, Q), (np.dot, V, W), (np.dot, C, W), (np.dot, C, np.tile(W, (2, 1)).T + 0.1), (np.dot, M, np.stack([S, 2 * S])),
        (np.dot, np.array(2.0), V), (lambda x: x.dot(Q), S),
    ),
    "np.inner": calls((np.inner, V, W), (np.inner, C, W), (np.inner, M, N), (np.inner, np.array(2.0), M)),
    "np.vdot": calls((np.vdot, M, N), (np.vdot, V, W)),
    "np.outer": calls((np.outer, V, W), (np.outer, M, V)),
    "np.tensordot": calls(
        (lambda x, y: np.tensordot(x, y, axes=0), V, M), (lambda x, y: np.tensordot(x, y, axes=1), S, Q),
        (np.tensordot, M, N), (lambda x, y: np.tensordot(x, y, axes=([0, 1], [0, 1])), C, M),
        (lambda x, y: np.tensordot(x, y, axes=(1, -1)), C, M), (lambda x, y: np.tensordot(x, y, axes=((-1,), (0,))), C, V),
    ),
    "np.einsum": calls(
        *[(lambda *xs, s=s: np.einsum(s, *xs), *xs) for s, *xs in [
            ("ij,jk->ik", S, Q), ("ij,jk", S, Q), ("ii", S), ("ii->i", S), ("ji", M), ("i,i", V, W), ("...ij->...ji", C),
            ("ij...,ij->...", C, M), ("...k,k", C, V), ("i, j -> ij", V, W), ("ijk->", C), ("...,...->...", C, V),
            ("ba,bc", M, N),
        ]],
    ),
    "np.trace": calls((np.trace, S), (lambda x: np.trace(x, 1), S), (lambda x: np.trace(x, -1, 2, 0), C)),
    "np.diagonal": calls((np.diagonal, S), (lambda x: np.diagonal(x, 1), S), (lambda x: x.diagonal(0, 1, 2), C)),
    "np.reshape": calls(
        (lambda x: np.reshape(x, (3, 2)), M), (lambda x: np.reshape(x, -1), M), (lambda x: x.reshape(3, -1), M),
        (lambda x: x.reshape((6,)), M),
    ),
    "np.ravel": calls((np.ravel, M), (lambda x: x.ravel(), M), (lambda x: x.flatten(), M)),
    "np.transpose": calls(
        (np.transpose, C), (lambda x: np.transpose(x, (1, 0, 2)), C), (lambda x: np.transpose(x, (-1, 0, 1)), C),
        (lambda x: x.T, C), (lambda x: x.transpose(2, 0, 1), C), (lambda x: x.transpose((2, 0, 1)), C), (np.transpose, V),
    ),
    "np.matrix_transpose": calls((np.matrix_transpose, C)),
    "np.swapaxes": calls((lambda x: np.swapaxes(x, 0, -1), C), (lambda x: x.swapaxes(1, 2), C)),
    "np.moveaxis": calls((lambda x: np.moveaxis(x, 0, -1), C), (lambda x: np.moveaxis(x, (0, 1), (-1, 0)), C)),
    "np.expand_dims": calls((lambda x: np.expand_dims(x, 0), M), (lambda x: np.expand_dims(x, (0, -1)), M)),
    "np.squeeze": calls((np.squeeze, M[None, :, None]), (lambda x: np.squeeze(x, 0), M[None, :, None]), (np.squeeze, M)),
    "np.broadcast_to": calls((lambda x: np.broadcast_to(x, (2, 2, 3)), M), (lambda x: np.broadcast_to(x, 4), V)),
    "np.atleast_1d": calls((np.atleast_1d, np.array(2.0)), (np.atleast_1d, M)),
    "np.flip": calls((np.flip, M), (lambda x: np.flip(x, 1), C), (lambda x: np.flip(x, (0, -1)), C)),
    "np.concatenate": calls(
        (lambda x, y: np.concatenate([x, y]), M, N), (lambda x, y: np.concatenate((x, y, x), axis=1), M, N),
        (lambda x, y: np.concatenate([x, y], axis=None), M, V), (lambda x: np.concatenate([x, N], -1), M),
    ),
    "np.stack": calls((lambda x, y: np.stack([x, y]), M, N), (lambda x, y: np.stack([x, y], axis=-1), M, N)),
    "np.vstack": calls((lambda x, y: np.vstack([x, y]), V, W), (lambda x, y: np.vstack([x, y]), M, N)),
    "np.hstack": calls((lambda x, y: np.hstack([x, y]), V, W), (lambda x, y: np.hstack([x, y]), M, N)),
    "np.column_stack": calls((lambda x, y: np.column_stack([x, y]), V, W), (lambda x, y: np.column_stack([x, y]), M, N)),
    "np.split": calls(
        (lambda x: np.split(x, 2), V), (lambda x: np.split(x, [1, 3], axis=2), C), (lambda x: np.split(x, 2, -1), C),
    ),
    "np.array_split": calls((lambda x: np.array_split(x, 3), V), (lambda x: np.array_split(x, [1, 9], axis=1), M)),
    "np.repeat": calls((lambda x: np.repeat(x, 2), M), (lambda x: np.repeat(x, [1, 2, 0], axis=1), M)),
    "np.take": calls((lambda x: np.take(x, [0, 2, 0]), M), (lambda x: x.take(np.array([[1, 0]]), axis=1), C)),
    "np.sort": calls((np.sort, V), (np.sort, C), (lambda x: np.sort(x, axis=0), M)),
    "np.zeros_like": calls((np.zeros_like, M), (lambda x: np.zeros_like(x, dtype=np.float32), M)),
    "np.ones_like": calls((np.ones_like, M), (lambda x: np.ones_like(x, shape=(2,)), M)),
    "np.full_like": calls((lambda x: np.full_like(x, 2.5), M), (lambda y: np.full_like(M, 1.0) * y, N)),
    "np.copy": calls((np.copy, M), (lambda x: x.copy(), M)),
    "np.shape": calls((np.shape, M)),
    "np.ndim": calls((np.ndim, M)),
    "np.size": calls((np.size, M), (lambda x: np.size(x, 1), M)),
    "np.result_type": calls((lambda x: np.result_type(x, np.float32), M)),
    "np.iscomplexobj": calls((np.iscomplexobj, M)),
    "np.isrealobj": calls((np.isrealobj, M)),
    "np.array_equal": calls((lambda x: np.array_equal(x, M), M), (np.array_equal, M, N)),
    "np.allclose": calls((lambda x: np.allclose(x, M), M), (np.allclose, M, N), (lambda x: np.allclose(x, M + 1e-3, atol=1), M)),
    "np.empty_like": calls((lambda x: np.empty_like(x) * 0.0, M), (lambda x: np.empty_like(x, dtype=np.float32) * 0, M)),
}  # fmt: skip

EVERY = [
    pytest.param(f, inputs, id=f"{name}-{i}") for name, cases in SAMPLES.items() for i, (f, inputs) in enumerate(cases)
]


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


@pytest.mark.parametrize(("f", "inputs"), EVERY)
def test_the_value_is_numpys(f: Callable[..., Any], inputs: list[Any]) -> None:
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


@pytest.mark.parametrize(("f", "inputs"), EVERY)
def test_the_gradient_agrees_with_differences(f: Callable[..., Any], inputs: list[Any]) -> None:
    found = [p for p in parts(f(*[tg.Tensor(x, requires_grad=True) for x in inputs])) if isinstance(p, tg.Tensor)]
    if not any(p.requires_grad for p in found):
        if not found:
            return  # a fact, such as a shape
        expected = parts(f(*inputs))  # a constant or a step: its differences are 0, too
        moved = parts(f(*[x + 1e-9 for x in inputs]))
        assert all(np.array_equal(a, b) for a, b in zip(expected, moved, strict=True))
        return
    for k in range(len(found)):
        assert tg.gradcheck(lambda *xs, k=k: parts(f(*xs))[k], *inputs)


@pytest.mark.parametrize(("f", "inputs"), [q for q in EVERY if len(q.values[1]) > 1])
def test_a_tensor_beside_arrays(f: Callable[..., Any], inputs: list[Any]) -> None:
    expected = f(*inputs)
    for i in range(len(inputs)):
        got = f(*[tg.Tensor(x, requires_grad=True) if i == j else x for j, x in enumerate(inputs)])
        if isinstance(expected, np.ndarray | np.generic):
            assert type(got) is tg.Tensor
            np.testing.assert_allclose(got.numpy(), expected, rtol=1e-14, atol=1e-15)
        else:
            assert got == expected


@pytest.mark.parametrize(("f", "inputs"), EVERY)
def test_float32_stays_float32(f: Callable[..., Any], inputs: list[Any]) -> None:
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

BAD: list[tuple[str, Callable[[Any], Any], type[Exception], str]] = [
    ("axis of sum", lambda t: np.sum(t, axis=2), errors.ShapeError, r"axis 2.*\(2, 3\)|axis 2"),
    ("axis of mean", lambda t: np.mean(t, axis=-3), errors.ShapeError, "axis -3"),
    ("axis of max", lambda t: np.max(t, axis=5), errors.ShapeError, "axis 5"),
    ("axis twice", lambda t: np.sum(t, axis=(0, 0)), errors.ShapeError, "axis|duplicate"),
    ("a float axis", lambda t: np.sum(t, axis=0.5), errors.TinygradLiteError, "axis|integer"),
    ("sizes of +", lambda t: t + np.ones((4, 3)), errors.ShapeError, r"\(2, 3\) and \(4, 3\)"),
    ("sizes of maximum", lambda t: np.maximum(np.ones(2), t), errors.ShapeError, r"\(2,\) and \(2, 3\)"),
    ("sizes of where", lambda t: np.where(t > 0, t, np.ones(2)), errors.ShapeError, r"\(2, 3\).*\(2,\)"),
    ("sizes of @", lambda t: t @ t, errors.ShapeError, r"\(2, 3\) and \(2, 3\)"),
    ("a scalar in @", lambda t: t @ 2.0, errors.ShapeError, r"\(\)"),
    ("sizes of dot", lambda t: np.dot(t, np.ones(2)), errors.ShapeError, r"\(2, 3\).*\(2,\)"),
    ("sizes of tensordot", lambda t: np.tensordot(t, t, 1), errors.ShapeError, r"\(2, 3\)"),
    ("too many axes of tensordot", lambda t: np.tensordot(t, t, 3), errors.ShapeError, "tensordot"),
    ("sizes of inner", lambda t: np.inner(t, np.ones(2)), errors.ShapeError, r"\(2, 3\).*\(2,\)"),
    ("sizes of einsum", lambda t: np.einsum("ij,jk", t, t), errors.ShapeError, "einsum"),
    ("operands of einsum", lambda t: np.einsum("ij,jk", t), errors.ShapeError, "2 operands; got 1"),
    ("axes of einsum", lambda t: np.einsum("i", t), errors.ShapeError, "2 axes"),
    ("result of einsum", lambda t: np.einsum("ij->k", t), errors.ShapeError, "einsum"),
    ("reshape", lambda t: np.reshape(t, (4, 2)), errors.ShapeError, r"\(2, 3\).*\(4, 2\)"),
    ("reshape in Fortran order", lambda t: np.reshape(t, (3, 2), order="F"), errors.UnsupportedError, "order"),
    ("transpose", lambda t: np.transpose(t, (0, 0)), errors.ShapeError, "every axis"),
    ("transpose of too few", lambda t: t.transpose(0), errors.ShapeError, "every axis"),
    ("swapaxes", lambda t: np.swapaxes(t, 0, 2), errors.ShapeError, "axis 2"),
    ("moveaxis", lambda t: np.moveaxis(t, (0, 1), 0), errors.ShapeError, "places"),
    ("squeeze", lambda t: np.squeeze(t, 0), errors.ShapeError, "size 2, not 1"),
    ("broadcast_to", lambda t: np.broadcast_to(t, (3, 3)), errors.ShapeError, r"\(2, 3\).*\(3, 3\)"),
    ("concatenate", lambda t: np.concatenate([t, np.ones((2, 2))]), errors.ShapeError, r"\(2, 3\).*\(2, 2\)"),
    ("stack", lambda t: np.stack([t, np.ones(3)]), errors.ShapeError, r"\(2, 3\)"),
    ("split", lambda t: np.split(t, 2, axis=1), errors.ShapeError, "equal parts"),
    ("variance of one", lambda t: np.var(t[:1], axis=0, ddof=1), errors.DomainError, "ddof=1"),
    ("norm of a matrix", lambda t: np.linalg.norm(t, ord=2), errors.UnsupportedError, "ord=2"),
    ("where of one", lambda t: np.where(t > 0), errors.UnsupportedError, "three arguments"),
    ("initial", lambda t: np.sum(t, initial=1.0), errors.UnsupportedError, r"np\.sum.*initial"),
    ("where=", lambda t: np.sum(t, where=M > 0), errors.UnsupportedError, r"np\.sum.*where"),
    ("dtype=", lambda t: np.sum(t, dtype=np.float32), errors.UnsupportedError, r"dtype=.*astype"),
    ("out=", lambda t: np.mean(t, out=np.empty(())), errors.UnsupportedError, r"out="),
    ("ufunc dtype=", lambda t: np.exp(t, dtype=np.float32), errors.UnsupportedError, r"np\.exp.*dtype"),
    ("ufunc where=", lambda t: np.exp(t, where=M > 0), errors.UnsupportedError, r"np\.exp.*where"),
    ("ufunc out=", lambda t: np.exp(t, out=np.empty((2, 3))), errors.DetachError, r"np\.exp.*detach"),
    ("strings", lambda t: t + "a", TypeError, "str"),
    ("objects", lambda t: np.add(t, np.array([None, 1, 2])), errors.DTypeError, "object"),
    ("complex numbers", lambda t: t * np.array([1j, 2, 3]), errors.DTypeError, "complex"),
    ("argsort", lambda t: np.argsort(t), errors.UnsupportedError, r"np\.argsort.*np\.(sort|argmax|argmin)"),
    ("linalg.inv", lambda t: np.linalg.inv(t), errors.UnsupportedError, r"np\.linalg\.inv"),
    ("fft", lambda t: np.fft.fft(t), errors.UnsupportedError, "fft"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "message"), [q[1:] for q in BAD], ids=[q[0] for q in BAD])
def test_what_does_not_fit_is_said_clearly(wrong: Callable[[Any], Any], kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        wrong(tg.Tensor(M, requires_grad=True))
