"""NumPy's linear algebra on Tensors: what np.linalg takes and returns, said with the primitives of decompositions.py."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, cast

import numpy as np

from tinygrad_lite.array_functions import decompositions as d
from tinygrad_lite.array_functions.arguments import axes_of, fact, plain, refuse, whole
from tinygrad_lite.array_functions.norms import norm
from tinygrad_lite.array_functions.products import cross, diagonal, outer, tensordot, trace, vecdot
from tinygrad_lite.array_functions.shapes import matrix_transpose, moveaxis
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import DomainError, ShapeError, UnsupportedError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import Tensor, as_tensor

# The named tuples that NumPy returns. It names their types nowhere in public.
_EIGH, _QR, _SLOGDET, _SVD = (
    cast(Any, type(f(np.eye(1)))) for f in (np.linalg.eigh, np.linalg.qr, np.linalg.slogdet, np.linalg.svd)
)


def _matrices(a: Any, who: str, square: bool = True) -> Tensor:
    t: Tensor = as_tensor(a)
    if t.ndim < 2 or (square and t.shape[-1] != t.shape[-2]):
        kind, shape = ("square matrices", "(..., n, n)") if square else ("matrices", "(..., m, n)")
        raise ShapeError(f"{who} takes {kind} of shape {shape}; got shape {t.shape}.")
    return t


def _columns(a: Tensor, b: Any, who: str) -> tuple[Tensor, bool]:
    """The right sides b as a matrix with the rows of a, and whether it was one vector."""
    b = as_tensor(b)
    vector = b.ndim == 1
    if b.ndim == 0 or b.shape[0 if vector else -2] != a.shape[-2]:
        raise ShapeError(
            f"{who}: b needs {a.shape[-2]} rows, as a of shape {a.shape} has; got shape {b.shape}. "
            "A stack of vectors is b[..., None]."
        )
    return (p.reshape(b, shape=(*b.shape, 1)), True) if vector else (b, False)


# --- equations and inverses --------------------------------------------------------------------------------------


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    return d.inv(_matrices(a, "inv"))


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """x in a @ x = b. As in NumPy 2, b is one vector only if it has one axis; else its last two axes are a matrix."""
    a = _matrices(a, "solve")
    columns, vector = _columns(a, b, "solve")
    x = d.solve(a, columns)
    return x[..., 0] if vector else x


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    ind = whole(ind, "the number of axes")
    rows, columns = a.shape[:ind], a.shape[ind:]
    if ind <= 0 or math.prod(rows) != math.prod(columns):
        raise ShapeError(f"tensorinv: the first {ind} axes of shape {a.shape} have another size than the others.")
    return p.reshape(d.inv(p.reshape(a, shape=(math.prod(rows), math.prod(columns)))), shape=columns + rows)


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    if axes is not None:
        a = moveaxis(a, axes, tuple(range(a.ndim - len(axes_of(axes, a.ndim)), a.ndim)))
    unknowns = a.shape[b.ndim :]
    if math.prod(unknowns) != b.size or a.size != b.size**2:
        raise ShapeError(f"tensorsolve: shape {a.shape} does not take unknowns to the {b.size} numbers of {b.shape}.")
    x = solve(p.reshape(a, shape=(b.size, b.size)), p.reshape(b, shape=(b.size,)))
    return p.reshape(x, shape=unknowns)


def _cutoff(a: Any, rcond: Any) -> float:
    """The size below which NumPy takes a singular value for 0, relative to the largest."""
    if rcond is None:
        return float(max(a.shape[-2:]) * np.finfo(a.dtype if a.dtype.kind == "f" else float).eps)
    if isinstance(rcond, Tensor) or np.ndim(rcond) != 0 or np.asarray(rcond).dtype.kind not in "fiu":
        raise UnsupportedError(f"rcond= is one plain number on Tensors; got {type(rcond).__name__}.")
    return float(rcond)


@implements(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = False) -> Any:
    """The pseudo-inverse; rtol=False stands for NumPy's own default, which is 1e-15 and not what None means."""
    _not_hermitian(hermitian, "pinv")
    if rcond is not None and rtol is not False:
        raise UnsupportedError("pinv takes one of rcond= and rtol=; got both.")
    a = _matrices(a, "pinv", square=False)
    given = (1e-15 if rtol is False else rtol) if rcond is None else rcond
    return d.pinv(a, rcond=_cutoff(a, given))


def _not_hermitian(hermitian: Any, who: str) -> None:
    if hermitian:
        raise UnsupportedError(f"{who} on Tensors takes no hermitian=True. Use np.linalg.eigh, or leave it out.")


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The x for which a @ x is nearest to b; with the sums of squares that are left, the rank, the singular values."""
    a = _matrices(a, "lstsq", square=False)
    if a.ndim != 2 or np.ndim(b) > 2:
        raise ShapeError(f"lstsq takes one matrix and one or two axes of b; got shapes {a.shape} and {np.shape(b)}.")
    b = as_tensor(b)
    kind = np.result_type(*(x.dtype if x.dtype.kind == "f" else np.float64 for x in (a, b)))  # also for small integers
    a, b = (x if x.dtype in (kind, np.float16) else p.astype(x, dtype=kind) for x in (a, b))  # float16 is refused
    columns, vector = _columns(a, b, "lstsq")
    cutoff = _cutoff(a, rcond)
    if not 0 < cutoff < 1:
        cutoff = float(np.finfo(kind).eps)  # so LAPACK reads rcond=-1 and whatever else is no part of the largest
    x, s = d.lstsq(a, columns, rcond=cutoff), d.singular_values(a)
    kept = s.detach().numpy()
    rank = np.int32(np.sum(kept > cutoff * kept.max(initial=0)))
    left = p.sum_(p.square(columns - p.matmul(a, x)), axis=0, keepdims=False)
    if a.shape[0] <= a.shape[1] or rank < a.shape[1]:
        left = left[:0]  # NumPy gives them only where the equations leave some
    return (x[:, 0] if vector else x), left, Tensor(rank), s


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    a = _matrices(a, "matrix_power")
    n = whole(n, "the power of a matrix")
    if n == 0:
        return Tensor(np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape))
    if n < 0:
        a, n = d.inv(a), -n
    if n <= 3:
        return p.copy(a) if n == 1 else p.matmul(a, a) if n == 2 else p.matmul(p.matmul(a, a), a)
    result = None
    while n:  # by the binary digits of n
        if n % 2:
            result = a if result is None else p.matmul(result, a)
        n //= 2
        a = p.matmul(a, a) if n else a
    return result


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """The product of a chain of matrices in the order that multiplies fewest numbers."""
    refuse(out=out)
    chain = [as_tensor(x) for x in arrays]
    if len(chain) < 2:
        raise ShapeError(f"multi_dot takes at least two arrays; got {len(chain)}.")
    shape = (*chain[0].shape[:-1], *chain[-1].shape[1:])
    if chain[0].ndim == 1:
        chain[0] = p.reshape(chain[0], shape=(1, -1))
    if chain[-1].ndim == 1:
        chain[-1] = p.reshape(chain[-1], shape=(-1, 1))
    if any(x.ndim != 2 for x in chain):
        raise ShapeError(
            "multi_dot takes matrices, and vectors at the ends; got shapes " + ", ".join(str(x.shape) for x in chain)
        )
    sizes = [x.shape[0] for x in chain] + [chain[-1].shape[1]]

    @cache
    def cheapest(i: int, j: int) -> tuple[int, int]:
        """The cost of the product of i to j, and where to split it."""
        if i == j:
            return 0, i
        return min(
            (cheapest(i, k)[0] + cheapest(k + 1, j)[0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
        )

    def product(i: int, j: int) -> Any:
        if i == j:
            return chain[i]
        k = cheapest(i, j)[1]
        return p.matmul(product(i, k), product(k + 1, j))

    return p.reshape(product(0, len(chain) - 1), shape=shape)


# --- determinants ------------------------------------------------------------------------------------------------


@implements(np.linalg.det)
def det(a: Any) -> Any:
    """The determinant. Its derivative holds at singular matrices, too; second derivatives are refused there."""
    return d.det(_matrices(a, "det"))


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    a = _matrices(a, "slogdet")
    return _SLOGDET(d.det_sign(a), d.logabsdet(a))


# --- decompositions ----------------------------------------------------------------------------------------------


@implements(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The triangular factor of a symmetric matrix, lower or upper.

    It is that of the mean of both triangles, so that each gets its share of the gradient, as in autograd, PyTorch and
    JAX. NumPy reads one triangle and takes the other to be its mirror image: a matrix that is not symmetric is
    refused here. Differences of 1 % are let through, because difference quotients move one element at a time.
    """
    half = _matrices(a, "cholesky") * 0.5
    mirrored = matrix_transpose(half)
    apart, size = np.abs(plain(half) - plain(mirrored)), np.abs(plain(half)).max(initial=0)
    if (apart > 0.01 * size).any():
        raise DomainError(
            f"cholesky takes symmetric matrices; got shape {half.shape} with triangles that differ by up to "
            f"{2 * apart.max():.3g}. Write (a + a.T) / 2 if that is meant."
        )
    factor = d.cholesky(half + mirrored)
    return matrix_transpose(factor) if upper else factor


def _triangle(uplo: Any) -> str:
    if not isinstance(uplo, str) or uplo.upper() not in ("L", "U"):
        raise DomainError(f"UPLO is 'L' or 'U'; got {uplo!r}.")
    return uplo.upper()


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return d.eigenvalues(_matrices(a, "eigvalsh"), uplo=_triangle(UPLO))


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of the symmetric matrix whose one triangle, named by UPLO, is that of a.

    The other triangle is not read, as in NumPy, and gets no gradient. So a gradient agrees with the differences of
    NumPy's function, also where a is not symmetric.
    """
    a, uplo = _matrices(a, "eigh"), _triangle(UPLO)
    return _EIGH(d.eigenvalues(a, uplo=uplo), d.eigenvectors(a, uplo=uplo))


@implements(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    return d.singular_values(_matrices(x, "svdvals", square=False))


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    _not_hermitian(hermitian, "svd")
    a = _matrices(a, "svd", square=False)
    if not compute_uv:
        return d.singular_values(a)
    rows, columns = a.shape[-2:]
    if full_matrices and rows != columns:
        if a.needs_grad:
            raise UnsupportedError(
                f"svd of shape {a.shape}: the vectors that full_matrices=True adds have no derivative, because they may "
                "turn among themselves. Write np.linalg.svd(t, full_matrices=False)."
            )
        return _SVD(*map(Tensor, np.linalg.svd(a.numpy())))
    both = d.singular_vectors(a)
    return _SVD(both[..., :rows, :], d.singular_values(a), matrix_transpose(both[..., rows:, :]))


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    a = _matrices(a, "qr", square=False)
    rows, columns = a.shape[-2:]
    if mode == "complete" and rows > columns and not a.needs_grad:
        return _QR(*map(Tensor, np.linalg.qr(a.numpy(), "complete")))
    if mode not in ("reduced", "r") and not (mode == "complete" and rows <= columns):
        raise UnsupportedError(
            f"qr of shape {a.shape} with mode={mode!r}: what it adds has no derivative. Use mode='reduced' or 'r'."
        )
    both = d.qr(a)
    r = matrix_transpose(both[..., rows:, :])
    return r if mode == "r" else _QR(both[..., :rows, :], r)


# --- facts ---------------------------------------------------------------------------------------------------------


@implements(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """How many singular values are not 0: a count, which has no gradient."""
    return fact(np.linalg.matrix_rank, A, tol, hermitian, rtol=rtol)


@implements(np.linalg.cond)
@composite
def cond(x: Any, p: Any = None) -> Any:
    """The norm of a matrix times that of its inverse; for the 2-norm the largest singular value over the smallest."""
    if not (p is None or (isinstance(p, int | float) and abs(p) == 2)):
        x = _matrices(x, "cond")
        return norm(x, p, (-2, -1)) * norm(d.inv(x), p, (-2, -1))
    s = svdvals(x)
    if s.shape[-1] == 0:
        raise ShapeError(f"cond needs a matrix with elements; got shape {np.shape(x)}.")
    largest, smallest = s[..., 0], s[..., -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = smallest / largest if p == -2 else largest / smallest
    return np.where(np.isnan(quotient), np.inf, quotient)  # 0/0: the matrix is 0


# --- np.linalg's names for NumPy's products ------------------------------------------------------------------------


@implements(np.linalg.matmul)
def matmul(x1: Any, x2: Any, /) -> Any:
    return p.matmul(x1, x2)


@implements(np.linalg.outer)
def outer_of_vectors(x1: Any, x2: Any, /) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ShapeError(f"np.linalg.outer takes vectors; got shapes {np.shape(x1)} and {np.shape(x2)}. Use np.outer.")
    return outer(x1, x2)


@implements(np.linalg.tensordot)
def tensordot_by_keyword(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return tensordot(x1, x2, axes)


@implements(np.linalg.vecdot)
def vecdot_along(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return vecdot(moveaxis(as_tensor(x1), axis, -1), moveaxis(as_tensor(x2), axis, -1))


@implements(np.linalg.cross)
def cross_along(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return cross(x1, x2, axis=axis)


@implements(np.linalg.trace)
def trace_of_last(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)


@implements(np.linalg.diagonal)
def diagonal_of_last(x: Any, /, *, offset: int = 0) -> Any:
    return diagonal(x, offset, -2, -1)


implements(np.linalg.matrix_transpose)(matrix_transpose)
