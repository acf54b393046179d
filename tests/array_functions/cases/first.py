"""Cases of the functions that the engine had first."""

from __future__ import annotations

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, Q, S, V, W, along_one, calls, over_axes
from tests.helpers.samples import BOOL, DOMAINS, INTEGER, draw
from tinygrad_lite import errors

SAMPLES: dict[str, list[Case]] = {
    **{
        f"np.{name}": calls((getattr(np, name), *[draw(d, (2, 3), i) for i, d in enumerate(domains)]))
        for name, domains in DOMAINS.items()
        if name in dir(np) and name != "identity" and not {BOOL, INTEGER} & set(domains)  # np.identity makes matrices
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

BAD: list[Bad] = [
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
    ("transpose", lambda t: np.transpose(t, (0, 0)), errors.ShapeError, "named once"),
    ("transpose of too few", lambda t: t.transpose(0), errors.ShapeError, "every axis"),
    ("swapaxes", lambda t: np.swapaxes(t, 0, 2), errors.ShapeError, "axis 2"),
    ("moveaxis", lambda t: np.moveaxis(t, (0, 1), 0), errors.ShapeError, "places"),
    ("squeeze", lambda t: np.squeeze(t, 0), errors.ShapeError, "size 2, not 1"),
    ("broadcast_to", lambda t: np.broadcast_to(t, (3, 3)), errors.ShapeError, r"\(2, 3\).*\(3, 3\)"),
    ("concatenate", lambda t: np.concatenate([t, np.ones((2, 2))]), errors.ShapeError, r"\(2, 3\).*\(2, 2\)"),
    ("stack", lambda t: np.stack([t, np.ones(3)]), errors.ShapeError, r"\(2, 3\)"),
    ("split", lambda t: np.split(t, 2, axis=1), errors.ShapeError, "equal parts"),
    ("variance of one", lambda t: np.var(t[:1], axis=0, ddof=1), errors.DomainError, "ddof=1"),
    ("where of one", lambda t: np.where(t > 0), errors.UnsupportedError, "three arguments"),
    ("out=", lambda t: np.mean(t, out=np.empty(())), errors.UnsupportedError, r"out="),
    ("ufunc dtype=", lambda t: np.exp(t, dtype=np.float32), errors.UnsupportedError, r"np\.exp.*dtype"),
    ("ufunc where=", lambda t: np.exp(t, where=M > 0), errors.UnsupportedError, r"np\.exp.*where"),
    ("ufunc out=", lambda t: np.exp(t, out=np.empty((2, 3))), errors.DetachError, r"np\.exp.*detach"),
    ("strings", lambda t: t + "a", TypeError, "str"),
    ("objects", lambda t: np.add(t, np.array([None, 1, 2])), errors.DTypeError, "object"),
    ("complex numbers", lambda t: t * np.array([1j, 2, 3]), errors.DTypeError, "complex"),
    ("fft", lambda t: np.fft.fft(t), errors.UnsupportedError, "fft"),
]  # fmt: skip
