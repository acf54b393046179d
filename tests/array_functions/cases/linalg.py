"""Cases of linear algebra and of norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, Q, S, V, calls
from tests.helpers.matrices import (
    DEFINITE,
    DEFINITES,
    MIXED,
    MIXEDS,
    SQUARE,
    SQUARES,
    TALL,
    WIDE,
    turned,
)
from tests.helpers.samples import draw
from tinygrad_lite import errors

L: Any = np.linalg
K = draw((-1.0, 2.0), (3,), 4)
MAP = turned([4.0, 3.0, 2.5, 2.0, 1.5, 1.0], (6, 6))
FIRST = turned([4.0, 3.0], (3, 4, 2))
LOPSIDED = draw((-1.4, 2.3), (2, 3, 4))  # no two have the same size
INF = np.inf


def norms(function: Any, orders: list[Any], *inputs: Any, **keywords: Any) -> list[Case]:
    return calls(*[(lambda x, o=o: function(x, ord=o, **keywords), x) for o in orders for x in inputs])


OF_VECTORS, OF_MATRICES = [0, 1, 2, 3, 2.5, 0.5, -1, -2, INF, -INF], ["fro", "nuc", 1, -1, 2, -2, INF, -INF]

SAMPLES: dict[str, list[Case]] = {
    "np.linalg.inv": calls((L.inv, SQUARE), (L.inv, SQUARES)),
    "np.linalg.solve": calls(
        (L.solve, SQUARE, K), (L.solve, SQUARE, Q), (L.solve, SQUARES, V[:2]), (L.solve, SQUARES, M), (L.solve, SQUARES, SQUARES),
        (L.solve, SQUARES[0], M[None]), (lambda b: L.solve(SQUARE.tolist(), b), K),
    ),
    "np.linalg.tensorinv": calls((lambda x: L.tensorinv(x.reshape(2, 3, 3, 2)), MAP), (lambda x: L.tensorinv(x, ind=1), SQUARE)),
    "np.linalg.tensorsolve": calls(
        (lambda a, b: L.tensorsolve(a.reshape(2, 3, 3, 2), b), MAP, M),
        (lambda a, b: L.tensorsolve(a.reshape(2, 3, 2, 3), b, axes=(2,)), MAP, Q),
    ),
    "np.linalg.pinv": calls(
        (L.pinv, TALL), (L.pinv, WIDE), (L.pinv, SQUARES), (lambda x: L.pinv(x, rtol=None), TALL), (lambda x: L.pinv(x, 0.01), TALL),
    ),
    "np.linalg.lstsq": calls(
        (lambda a, b: L.lstsq(a, b)[0], TALL, K), (lambda a, b: L.lstsq(a, b)[0], WIDE, M), (lambda a, b: L.lstsq(a, b)[1], TALL, Q),
        (lambda a, b: L.lstsq(a, b)[1], WIDE, M), (lambda a: L.lstsq(a, K, rcond=-1)[3], TALL), (lambda a: L.lstsq(a, K)[2], TALL),
    ),
    "np.linalg.matrix_power": calls(
        *[(lambda x, n=n: L.matrix_power(x, n), x) for n in (-3, -1, 0, 1, 2, 3, 6) for x in (SQUARE, SQUARES)],
    ),
    "np.linalg.multi_dot": calls(
        (lambda x, y: L.multi_dot([x, y]), M, Q), (lambda x, y, z: L.multi_dot([x, y, z]), M, S, Q),
        (lambda x, y, z: L.multi_dot([x, y, S, z]), M[:, 0], M, K), (lambda x: L.multi_dot([K, S, x]), Q),
    ),
    "np.linalg.det": calls((L.det, SQUARE), (L.det, SQUARES), (L.det, np.array([[2.0]])), (L.det, np.array([[1.0, 2.0], [2.0, 4.0]]))),
    "np.linalg.slogdet": calls((L.slogdet, SQUARE), (L.slogdet, SQUARES)),
    "np.linalg.cholesky": calls((L.cholesky, DEFINITE), (L.cholesky, DEFINITES), (lambda x: L.cholesky(x, upper=True), DEFINITE)),
    "np.linalg.eigvalsh": calls((L.eigvalsh, MIXED), (L.eigvalsh, MIXEDS), (lambda x: L.eigvalsh(x, "U"), DEFINITE)),
    "np.linalg.eigh": calls((L.eigh, MIXED), (L.eigh, MIXEDS), (lambda x: L.eigh(x, "u"), DEFINITE), (L.eigh, DEFINITE)),
    "np.linalg.svdvals": calls((L.svdvals, SQUARE), (L.svdvals, TALL), (L.svdvals, FIRST)),
    "np.linalg.svd": calls(
        (L.svd, SQUARE), (L.svd, SQUARES), *[(lambda x: L.svd(x, full_matrices=False), x) for x in (TALL, WIDE, FIRST)],
        (lambda x: L.svd(x, compute_uv=False), WIDE),
    ),
    "np.linalg.qr": calls(
        *[(L.qr, x) for x in (SQUARE, SQUARES, TALL, WIDE, FIRST)], (lambda x: L.qr(x, "r"), TALL), (lambda x: L.qr(x, "complete"), WIDE),
    ),
    "np.linalg.matrix_rank": calls((L.matrix_rank, SQUARE), (L.matrix_rank, FIRST), (lambda x: L.matrix_rank(x, 3.2), SQUARE)),
    "np.linalg.cond": calls(
        *[(lambda x, o=o: L.cond(x, o), SQUARE) for o in (None, 2, -2, 1, -1, INF, -INF, "fro", "nuc")], (L.cond, TALL), (L.cond, FIRST),
    ),
    "np.linalg.norm": [
        *norms(L.norm, OF_VECTORS, V), *norms(L.norm, OF_VECTORS, LOPSIDED, axis=1, keepdims=True), *norms(L.norm, OF_MATRICES, TALL, WIDE),
        *norms(L.norm, OF_MATRICES, FIRST, axis=(2, 1), keepdims=True), *norms(L.norm, [None], LOPSIDED, LOPSIDED[0], V, np.array(-2.0)),
        *norms(L.norm, [None], LOPSIDED, keepdims=True), *norms(L.norm, [None, "f"], LOPSIDED, axis=(-1, 0)),
    ],
    "np.linalg.vector_norm": [
        *norms(L.vector_norm, OF_VECTORS, LOPSIDED, axis=(0, 2)), *norms(L.vector_norm, OF_VECTORS, LOPSIDED, keepdims=True), *calls((L.vector_norm, M)),
    ],
    "np.linalg.matrix_norm": [*norms(L.matrix_norm, OF_MATRICES, FIRST, keepdims=True), *calls((L.matrix_norm, LOPSIDED))],
    "np.linalg.matmul": calls((L.matmul, S, Q)),
    "np.linalg.outer": calls((L.outer, V, K)),
    "np.linalg.tensordot": calls((lambda x, y: L.tensordot(x, y, axes=1), S, Q), (L.tensordot, M, N)),
    "np.linalg.vecdot": calls((L.vecdot, M, N), (lambda x, y: L.vecdot(x, y, axis=0), M, N)),
    "np.linalg.cross": calls((L.cross, M, N), (lambda x, y: L.cross(x, y, axis=0), S, S.T)),
    "np.linalg.trace": calls((L.trace, C), (lambda x: L.trace(x, offset=1, dtype=float), C)),
    "np.linalg.diagonal": calls((L.diagonal, C), (lambda x: L.diagonal(x, offset=-1), C)),
    "np.linalg.matrix_transpose": calls((L.matrix_transpose, C)),
}  # fmt: skip

BAD: list[Bad] = [
    *[
        (f"{name} of no square", lambda t, name=name: getattr(L, name)(t), errors.ShapeError, rf"{name} takes square.*\(2, 3\)")
        for name in ("inv", "det", "slogdet", "cholesky", "eigh", "eigvalsh")
    ],
    *[
        (f"{name} of a vector", lambda t, name=name: getattr(L, name)(t[0]), errors.ShapeError, rf"{name} takes matrices.*\(3,\)")
        for name in ("svd", "svdvals", "qr", "pinv")
    ],
    ("a singular inverse", lambda t: L.inv(t[:, :2] * 0), errors.DomainError, r"inv of shape \(2, 2\): Singular.*pinv"),
    ("a singular system", lambda t: L.solve(t[:, :2] * 0, t), errors.DomainError, r"\(2, 2\) and \(2, 3\): Singular.*lstsq"),
    ("rows of b", lambda t: L.solve(np.eye(3), t), errors.ShapeError, r"solve: b needs 3 rows.*\(2, 3\)"),
    ("a scalar b", lambda t: L.solve(t[:, :2], 1.0), errors.ShapeError, r"solve: b needs 2 rows.*\(\)"),
    ("stacks of solve", lambda t: L.solve(np.ones((2, 2, 2)), t[None, None] * np.ones((2, 3, 1, 1))), errors.ShapeError, "solve"),
    ("cholesky", lambda t: L.cholesky(-t[:, :2] @ t[:, :2].T), errors.DomainError, "not positive definite.*x @ x.T"),
    ("UPLO", lambda t: L.eigh(t[:, :2], "X"), errors.DomainError, "'L' or 'U'; got 'X'"),
    ("nan in eigh", lambda t: L.eigh(t[:, :2] * np.nan), errors.DomainError, r"\(2, 2\) takes finite"),
    ("inf in svd", lambda t: L.svd(t * np.inf, full_matrices=False), errors.DomainError, r"\(2, 3\) takes finite"),
    ("full_matrices of svd", lambda t: L.svd(t), errors.UnsupportedError, r"\(2, 3\).*full_matrices=False"),
    ("hermitian svd", lambda t: L.svd(t, hermitian=True), errors.UnsupportedError, "hermitian.*eigh"),
    ("mode of qr", lambda t: L.qr(t.T, "complete"), errors.UnsupportedError, r"\(3, 2\).*'complete'.*'reduced'"),
    ("raw qr", lambda t: L.qr(t, "raw"), errors.UnsupportedError, "'raw'"),
    ("cutoffs of pinv", lambda t: L.pinv(t, 0.1, rtol=0.1), errors.UnsupportedError, "both"),
    ("a stack of cutoffs", lambda t: L.pinv(t, np.array([0.1])), errors.UnsupportedError, "one plain number"),
    ("lstsq of stacks", lambda t: L.lstsq(t[None], t), errors.ShapeError, r"\(1, 2, 3\)"),
    ("half a power", lambda t: L.matrix_power(t[:, :2], 0.5), errors.DTypeError, "power of a matrix.*0.5"),
    ("multi_dot of one", lambda t: L.multi_dot([t]), errors.ShapeError, "got 1"),
    ("multi_dot of stacks", lambda t: L.multi_dot([t[None], t]), errors.ShapeError, r"\(1, 2, 3\), \(2, 3\)"),
    ("multi_dot that does not fit", lambda t: L.multi_dot([t, t, t]), errors.ShapeError, r"\(2, 3\) and \(2, 3\)"),
    ("tensorinv", lambda t: L.tensorinv(t, 1), errors.ShapeError, r"\(2, 3\)"),
    ("half an axis", lambda t: L.tensorinv(t, 1.5), errors.DTypeError, "axes.*1.5"),
    ("cond by a Tensor", lambda t: L.cond(t[:, :2], t), errors.DomainError, "the norm of a matrix takes"),
    ("tensorsolve", lambda t: L.tensorsolve(t, np.ones(2)), errors.ShapeError, r"\(2, 3\)"),
    ("cond of nothing", lambda t: L.cond(t[:0]), errors.ShapeError, r"\(0, 3\)"),
    ("outer of matrices", lambda t: L.outer(t, t), errors.ShapeError, r"vectors.*np\.outer"),
    ("norm over three axes", lambda t: L.norm(t[None], axis=(0, 1, 2)), errors.ShapeError, r"one axis or two.*\(0, 1, 2\)"),
    ("norm over one axis twice", lambda t: L.norm(t, axis=(1, 1)), errors.ShapeError, r"named once.*\(1, 1\)"),
    ("norm of three axes by order", lambda t: L.norm(t[None], 2), errors.ShapeError, r"\(1, 2, 3\)"),
    ("fro of a vector", lambda t: L.norm(t[0], "fro"), errors.DomainError, "vector.*'fro'"),
    ("norm of a matrix", lambda t: L.norm(t, 3), errors.DomainError, "matrix.*got 3"),
    ("norm by nan", lambda t: L.norm(t[0], np.nan), errors.DomainError, "nan"),
    ("norm by a Tensor", lambda t: L.norm(t[0], ord=t[0, 0]), errors.UnsupportedError, "no derivative by ord"),
    ("rank of nan", lambda t: L.matrix_rank(t * np.nan), errors.DomainError, r"matrix_rank of shape \(2, 3\)"),
    ("an axis of norm", lambda t: L.norm(t, axis=2), errors.ShapeError, "axis 2"),
]  # fmt: skip
