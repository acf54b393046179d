"""Cases of products: of vectors and matrices, along diagonals, convolutions, polynomials, einsum's other spellings."""

from __future__ import annotations

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, Q, S, V, W, calls
from tests.helpers.samples import draw
from tinygrad_lite import errors

K, LONG = draw((-1.0, 2.0), (3,), 4), draw((-1.5, 2.0), (6,), 5)
STACK = draw((-1.5, 2.0), (2, 4, 3), 6)
MODES = ("full", "same", "valid")
PAIRS = ((V, K), (K, V), (V, W), (LONG, V), (V, LONG), (V, V[:1]))

SAMPLES: dict[str, list[Case]] = {
    "np.inner": calls(
        (np.inner, np.zeros(0), np.zeros(0)), (np.inner, np.zeros((2, 0)), np.zeros((3, 0))), (np.inner, C, STACK.swapaxes(1, 2)),
    ),
    "np.tensordot": calls((lambda x, y: np.tensordot(x, y, axes=np.int64(1)), np.zeros((2, 0)), np.zeros((0, 3)))),
    "np.vecdot": calls((np.vecdot, V, W), (np.vecdot, C, W), (np.vecdot, C, C[0])),
    **{
        f"np.{name}": calls(*[(getattr(np, name), *xs) for xs in cases])
        for name, cases in {"matvec": [(C, W), (M, K), (M, STACK[0])], "vecmat": [(W, STACK), (K, S), (STACK[0], S)]}.items()
        if hasattr(np, name)
    },
    "np.kron": calls((np.kron, V, W), (np.kron, M, Q), (np.kron, V, C), (np.kron, C, M), (np.kron, np.array(2.0), M)),
    "np.cross": calls(
        (np.cross, K, S), (np.cross, M, N), (lambda x, y: np.cross(x, y, axis=1), STACK[:, :3], STACK[:, 1:]),
        (lambda x, y: np.cross(x, y, axisa=0, axisb=1, axisc=0), Q, M),
    ),
    "np.trace": calls((lambda x: np.trace(x, 1, 2, 0), C), (lambda x: np.trace(x, -5), C), (lambda x: np.trace(x, dtype=float), S)),
    "np.diagonal": calls(*[(lambda x, k=k: np.diagonal(x, k), M) for k in range(-3, 5)]),
    "np.convolve": calls(*[(lambda x, y, m=m: np.convolve(x, y, m), *pair) for m in MODES for pair in PAIRS]),
    "np.correlate": calls(
        (np.correlate, V, K), *[(lambda x, y, m=m: np.correlate(x, y, m), *pair) for m in MODES for pair in PAIRS],
    ),
    "np.polyval": calls((np.polyval, K, M), (np.polyval, V, np.array(0.5)), (lambda x: np.polyval([2, 0, 1], x), V)),
    "np.vander": calls(
        (np.vander, V), (lambda x: np.vander(x, 2), V), (lambda x: np.vander(x, 6, increasing=True), V), (lambda x: np.vander(x, 0), V),
    ),
    "np.einsum": calls(
        (lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), M, S), (lambda x, y: np.einsum(x, [5, 30], y, [30, 2]), M, S),
        (lambda x: np.einsum(x, [0, ...]), C), (lambda x: np.einsum(x, [..., 0], [0, ...]), C), (lambda x: np.einsum(x, [3, 3]), S),
        *[
            (lambda x, y, z, o=o: np.einsum("ij,jk,kl->il", x, y, z, optimize=o), M, S, Q)
            for o in (True, False, "greedy", "optimal", ["einsum_path", (0, 1), (0, 1)], ("greedy", 10))
        ],
        (lambda x, y, z: np.einsum("ij,ik,i->", x, y, z, optimize=True), M, N, V[:2]),
        (lambda x, y, z: np.einsum("ij,jj,j", x, y, z, optimize=True), M, S, K),
        (lambda x, y, z: np.einsum("ij,ij,kj->ik", x, y, z, optimize=True), M, M[:, :1], S),
        (lambda x: np.einsum("ij,jk", x, S, optimize=True), M),
    ),
    "np.einsum_path": calls(
        *[(lambda x, i=i: np.einsum_path("ij,jk,kl", x, S, Q)[i], M) for i in (0, 1)],
        (lambda x: np.einsum_path(x, [0, 1], S, [1, 2], Q, [2, 3])[0], M),  # [1] has other letters before NumPy 2.3
    ),
}  # fmt: skip

BAD: list[Bad] = [
    ("vecdot", lambda t: np.vecdot(t, np.ones(2)), errors.ShapeError, r"vecdot.*\(2, 3\) and \(2,\)"),
    ("vecdot of a scalar", lambda t: np.vecdot(t, 1.0), errors.ShapeError, r"vecdot.*\(2, 3\) and \(\)"),
    ("vdot", lambda t: np.vdot(t, np.ones(5)), errors.ShapeError, r"\(6,\) and \(5,\)"),
    ("cross in the plane", lambda t: np.cross(t[:, :2], t[:, :2]), errors.ShapeError, r"3 numbers; got 2.*x\[..., 0\]"),
    ("axis of cross", lambda t: np.cross(t, t, axis=2), errors.ShapeError, "axis 2"),
    ("axes of tensordot", lambda t: np.tensordot(t, t, ([0], [0], [1])), errors.ShapeError, "pair of the axes"),
    ("axes of tensordot that differ", lambda t: np.tensordot(t, t, ([0, 1], [0])), errors.ShapeError, "differ"),
    ("convolve of nothing", lambda t: np.convolve(t[0], t[0, :0]), errors.ShapeError, r"one number.*\(3,\) and \(0,\)"),
    ("convolve of a matrix", lambda t: np.convolve(t, t), errors.ShapeError, r"two vectors.*\(2, 3\)"),
    ("mode of convolve", lambda t: np.convolve(t[0], t[0], "valdi"), errors.DomainError, "'valdi'"),
    ("mode of correlate", lambda t: np.correlate(t[0], t[0], 3), errors.DomainError, "got 3"),
    ("out of trace", lambda t: np.trace(t, out=np.empty(())), errors.UnsupportedError, "out="),
    ("dtype of trace", lambda t: np.trace(t, dtype=complex), errors.DTypeError, "complex"),
    ("trace of one axis twice", lambda t: np.trace(t, 0, 1, 1), errors.ShapeError, "named once"),
    ("vander of a matrix", lambda t: np.vander(t), errors.ShapeError, r"\(2, 3\)"),
    ("half a column", lambda t: np.vander(t[0], 2.5), errors.DTypeError, "columns.*2.5"),
    ("minus one column", lambda t: np.vander(t[0], -1), errors.ShapeError, "N=-1"),
    ("half an offset", lambda t: np.diagonal(t, 0.5), errors.DTypeError, "offset.*0.5"),
    ("polyval of a matrix", lambda t: np.polyval(t, 2.0), errors.ShapeError, r"\(2, 3\)"),
    ("a diagonal that is none", lambda t: np.einsum("ii->i", t), errors.ShapeError, r"einsum.*\(2, 3\)"),
    ("no diagonal of 0 by 3", lambda t: np.einsum("ii->i", t[:0]), errors.ShapeError, r"einsum.*\(0, 3\)"),
    ("labels of einsum", lambda t: np.einsum(t, [0, 52]), errors.IndexingError, "0 to 51.*52"),
    ("no labels of einsum", lambda t: np.einsum(t, t), errors.UnsupportedError, "list of integers"),
    ("einsum of an array alone", lambda t: np.einsum(t), errors.UnsupportedError, "subscripts and arrays"),
    ("too few labels", lambda t: np.einsum(t, [0], [0]), errors.ShapeError, "2 axes"),
    ("order of einsum", lambda t: np.einsum("ij,ij,ij", t, t, t, optimize="fast"), errors.ShapeError, "optimize='fast'"),
    ("order of einsum's sizes", lambda t: np.einsum("ij,jk,kl", t, t, t, optimize=True), errors.ShapeError, r"\(2, 3\)"),
]  # fmt: skip
