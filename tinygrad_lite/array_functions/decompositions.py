"""Primitives of linear algebra: inverses, determinants, and the decompositions of a matrix.

All take stacks of matrices of shape (..., n, n) or (..., m, n). A decomposition has several results, a primitive has
one. So values and vectors are primitives of their own: the rule of the eigenvalues has no differences of eigenvalues
in it, and stays finite where these are equal. The rule of the vectors divides by the differences. Equal eigenvalues
have no derivative of their eigenvectors: the gradient is nan or inf there, and the sweep warns of it.

The primitives of symmetric matrices read one triangle, as NumPy does. Their rules are the derivative of just that:
what changes an element of the triangle that is read changes its mirror image, too, and the other triangle gets no
gradient. linalg.py hands cholesky the mean of both triangles, so that both get their share.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import plain
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.errors import DomainError, GradientError
from tinygrad_lite.programs.batching import stacked
from tinygrad_lite.programs.stacking import batches

__all__ = [
    "cholesky", "cofactors", "det", "det_sign", "eigenvalues", "eigenvectors", "inv", "logabsdet", "lstsq", "pinv",
    "qr", "singular_values", "singular_vectors", "solve",
]  # fmt: skip


def _t(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _finite(x: Any, name: str) -> Any:
    """x itself, where it is finite. LAPACK loops without end on some matrices with inf in them."""
    if not np.isfinite(x).all():
        raise DomainError(f"{name} of shape {x.shape} takes finite numbers; got nan or inf.")
    return x


def _lower(x: Any, diagonal: float = 1.0) -> Any:
    """The lower triangle of x, its diagonal times a number."""
    ones = np.ones(x.shape[-2:], x.dtype)
    return x * (np.tril(ones, -1) + diagonal * np.eye(*ones.shape, dtype=x.dtype))


# --- inverses and determinants -----------------------------------------------------------------------------------

_SINGULAR = (
    "np.linalg.pinv and np.linalg.lstsq need no inverse, and a multiple of np.eye(n) added to the matrix makes one"
)

inv = Primitive(
    "inv", np.linalg.inv, [lambda g, out, x: -_t(out) @ g @ _t(out)], kind="product", symbol="⁻¹", text="{0}⁻¹",
    source="np.linalg.inv({0})", repair=_SINGULAR,
)  # fmt: skip


def _solve_right(g: Any, out: Any, x: Any, y: Any) -> Any:
    return solve(_t(x), g)


solve: Primitive = Primitive(
    "solve", np.linalg.solve, [lambda g, out, x, y: -_solve_right(g, out, x, y) @ _t(out), _solve_right], kind="product",
    symbol="⁻¹", text="{0}⁻¹ {1}", source="np.linalg.solve({0}, {1})", repair=_SINGULAR,
)  # fmt: skip


def _cofactors_value(x: Any) -> Any:
    # Of the singular values all but one are multiplied, so that nothing is divided by: a singular matrix has them, too.
    u, s, vh = np.linalg.svd(_finite(x, "cofactors"))
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(axis=-1)
    turns = np.rint(np.linalg.det(u) * np.linalg.det(vh))
    return (u * others[..., None, :]) @ vh * turns[..., None, None]


def _cofactors_rule(g: Any, out: Any, x: Any) -> Any:
    inverse = _t(inv(x))
    return np.sum(g * out, axis=(-2, -1), keepdims=True) * inverse - out @ _t(g) @ inverse


cofactors = Primitive(
    "cofactors", _cofactors_value, [_cofactors_rule], kind="product", text="cofactors {0}", source="cofactors({0})",
    repair=_SINGULAR,
)  # fmt: skip
det = Primitive(
    "det", np.linalg.det, [lambda g, out, x: g[..., None, None] * cofactors(x)], kind="product", text="det {0}",
    source="np.linalg.det({0})",
)  # fmt: skip
logabsdet = Primitive(
    "logabsdet", lambda x: np.linalg.slogdet(x).logabsdet, [lambda g, out, x: g[..., None, None] * _t(inv(x))],
    kind="product", symbol="log|det|", text="log|det {0}|", source="np.linalg.slogdet({0}).logabsdet", repair=_SINGULAR,
)  # fmt: skip
det_sign = Primitive(
    "det_sign", lambda x: np.linalg.slogdet(x).sign, None, kind="product", symbol="sign det", text="sign det {0}",
    source="np.linalg.slogdet({0}).sign",
)  # fmt: skip

# --- symmetric matrices ------------------------------------------------------------------------------------------


def _as_read(s: Any, uplo: str) -> Any:
    """The gradient by the triangle that is read, from the gradient s by all elements, which is symmetric."""
    both = 2 * np.tril(np.ones(s.shape[-2:], s.dtype)) - np.eye(s.shape[-1], dtype=s.dtype)
    return s * (both if uplo == "L" else both.T)


def _cholesky_rule(g: Any, out: Any, x: Any) -> Any:
    half = solve(_t(out), _lower(_t(out) @ g, diagonal=0.5))
    s = solve(_t(out), _t(half))
    return _as_read(0.5 * (s + _t(s)), "L")


cholesky = Primitive(
    "cholesky", lambda x: np.linalg.cholesky(x), [_cholesky_rule], kind="product", text="cholesky {0}",
    source="np.linalg.cholesky({0})", repair="the matrix x @ x.T + c * np.eye(n) is positive definite for every c > 0",
)  # fmt: skip


def _apart(gap: Any, values: Any) -> Any:
    """Differences of eigenvalues to divide by: 1 on the diagonal, and 0 where they are no larger than rounding errors.

    Eigenvalues that differ by rounding errors are equal: to divide by such a difference would give large numbers that
    mean nothing. Division by 0 says that there is no derivative.
    """
    rounding = 10 * np.finfo(gap.dtype).eps * np.sum(np.abs(values), axis=-1)[..., None, None]
    return np.where(np.abs(gap) > rounding, gap, 0) + np.eye(gap.shape[-1], dtype=gap.dtype)


def _eigenvalues_rule(g: Any, out: Any, x: Any, *, uplo: str) -> Any:
    v = eigenvectors(x, uplo=uplo)
    return _as_read((v * g[..., None, :]) @ _t(v), uplo)


def _eigenvectors_rule(g: Any, out: Any, x: Any, *, uplo: str) -> Any:
    w = eigenvalues(x, uplo=uplo)
    turn = _t(out) @ g
    turn = 0.5 * (turn - _t(turn)) / _apart(w[..., None, :] - w[..., :, None], w)
    return _as_read(out @ turn @ _t(out), uplo)


_EQUAL = (
    "equal eigenvalues have no derivative of their eigenvectors. Functions of the eigenvalues alone have one: "
    "np.linalg.eigvalsh"
)
eigenvalues = Primitive(
    "eigenvalues", lambda x, *, uplo: np.linalg.eigvalsh(_finite(x, "eigenvalues"), uplo), [_eigenvalues_rule], kind="product",
    text="eigenvalues {0}", source="np.linalg.eigvalsh({0}, {uplo!r})", repair=_EQUAL,
)  # fmt: skip
eigenvectors = Primitive(
    "eigenvectors", lambda x, *, uplo: np.linalg.eigh(_finite(x, "eigenvectors"), uplo).eigenvectors, [_eigenvectors_rule], kind="product",
    text="eigenvectors {0}", source="np.linalg.eigh({0}, {uplo!r}).eigenvectors", repair=_EQUAL,
)  # fmt: skip

# --- matrices of any shape: one under the other, the left vectors and the right ones ----------------------------------


def _above(left: Any, right: Any) -> Any:
    return np.concatenate([left, right], axis=-2)


def _parts(both: Any, x: Any) -> tuple[Any, Any]:
    """The left vectors, one for each row of x, and the right ones, one for each column."""
    rows = x.shape[-2]
    return both[..., :rows, :], both[..., rows:, :]


def _singular_values_rule(g: Any, out: Any, x: Any) -> Any:
    u, v = _parts(singular_vectors(x), x)
    signed = g * np.sign(out)  # at 0 a singular value has a kink, like |x|
    return (u * signed[..., None, :]) @ _t(v)


def _singular_vectors_value(x: Any) -> Any:
    u, _, vh = np.linalg.svd(_finite(x, "singular vectors"), full_matrices=False)
    return _above(u, _t(vh))


def _singular_vectors_rule(g: Any, out: Any, x: Any) -> Any:
    (u, v), (gu, gv), s = _parts(out, x), _parts(g, x), singular_values(x)
    column, row = s[..., :, None], s[..., None, :]
    gap = _apart(row - column, s) * _apart(row + column, s)
    left, right = _t(u) @ gu, _t(v) @ gv
    turn = (left - _t(left)) / gap * row + column * ((right - _t(right)) / gap)
    c = u @ turn @ _t(v)
    if x.shape[-2] > s.shape[-1]:  # the left vectors may also turn out of the space that they span
        c = c + ((gu - u @ left) / row) @ _t(v)
    if x.shape[-1] > s.shape[-1]:
        c = c + u @ _t((gv - v @ right) / row)
    return c


_SINGULAR_VECTORS = (
    "equal singular values have no derivative of their vectors. Functions of the singular values alone have one: "
    "np.linalg.svdvals"
)
singular_values = Primitive(
    "singular_values", lambda x: np.linalg.svdvals(_finite(x, "singular values")), [_singular_values_rule], kind="product", text="singular values {0}",
    source="np.linalg.svdvals({0})", repair=_SINGULAR_VECTORS,
)  # fmt: skip
singular_vectors = Primitive(
    "singular_vectors", _singular_vectors_value, [_singular_vectors_rule], kind="product", text="singular vectors {0}",
    source="singular_vectors({0})", repair=_SINGULAR_VECTORS,
)  # fmt: skip


def _qr_value(x: Any) -> Any:
    q, r = np.linalg.qr(x)
    return _above(q, _t(r))


def _qr_rule(g: Any, out: Any, x: Any) -> Any:
    k = out.shape[-1]
    (q, r), (gq, gr) = _parts(out, x), _parts(g, x)
    r, gr = _t(r), _t(gr)
    sizes = np.abs(np.diagonal(plain(r), 0, -2, -1))
    if (sizes <= max(x.shape[-2:]) * np.finfo(sizes.dtype).eps * sizes.max(axis=-1, initial=0, keepdims=True)).any():
        raise GradientError(
            f"qr of shape {x.shape} has no derivative where the first {k} columns depend on each other. "
            "Leave out the columns that do."
        )
    # What a matrix has beyond k columns is only turned: its part of r is q.T @ x[..., k:].
    gq = gq + x[..., k:] @ _t(gr[..., k:])
    turn = r[..., :k] @ _t(gr[..., :k]) - _t(gq) @ q
    first = gq + q @ (_lower(turn) + _t(_lower(turn, diagonal=0.0)))
    return np.concatenate([_t(solve(r[..., :k], _t(first))), q @ gr[..., k:]], axis=-1)


qr = Primitive("qr", _qr_value, [_qr_rule], kind="product", text="qr {0}", source="qr({0})")

# --- least squares -----------------------------------------------------------------------------------------------------


def _pinv_rule(g: Any, out: Any, x: Any, *, rcond: float) -> Any:
    s = np.linalg.svdvals(plain(x))
    if (s <= rcond * s.max(axis=-1, initial=0, keepdims=True)).any():
        raise GradientError(
            f"a pseudo-inverse of shape {x.shape} has no derivative where singular values are 0 or cut off: there it "
            f"jumps. Here the smallest is {s.min():.3g} beside {s.max():.3g}. Leave out what depends on the rest, or "
            "solve with x.T @ x + c * np.eye(n)."
        )
    h, ht = _t(g), _t(out)
    by_x = -ht @ g @ ht
    rows, columns = x.shape[-2:]
    # x⁺ x is 1 where no column is too many, x x⁺ where no row is. Computed, what is left beside 1 is rounding noise, and
    # the factors next to it enlarge it: in a second derivative it would be most of the result where x is near singular.
    if rows > columns:
        left = h @ (out @ ht)
        by_x = by_x + left - x @ (out @ left)
    if columns > rows:
        right = ht @ (out @ h)
        by_x = by_x + right - (right @ out) @ x
    return by_x


pinv = Primitive(
    "pinv", lambda x, *, rcond: np.linalg.pinv(_finite(x, "pinv"), rcond), [_pinv_rule], kind="product", symbol="⁺", text="{0}⁺",
    source="np.linalg.pinv({0}, {rcond})",
)  # fmt: skip


def _lstsq_value(x: Any, y: Any, *, rcond: float) -> Any:
    return np.linalg.lstsq(_finite(x, "lstsq"), _finite(y, "lstsq"), rcond)[0]


def _lstsq_rules(out: Any, x: Any, y: Any, *, rcond: float) -> list[Any]:
    inverse = pinv(x, rcond=rcond)  # the solution is this times y
    return [lambda g: _pinv_rule(g @ _t(y), inverse, x, rcond=rcond), lambda g: _t(inverse) @ g]


lstsq = Primitive(
    "lstsq", _lstsq_value, _lstsq_rules, kind="product", symbol="⁺", text="{0}⁺ {1}",
    source="np.linalg.lstsq({0}, {1}, {rcond})[0]",
)  # fmt: skip

batches(
    cholesky, cofactors, det, det_sign, eigenvalues, eigenvectors, inv, logabsdet, pinv, qr, singular_values,
    singular_vectors, solve,
)(stacked)  # fmt: skip
