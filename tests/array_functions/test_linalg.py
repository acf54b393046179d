"""Linear algebra where it is delicate: equal eigenvalues, singular matrices, symmetric matrices, what has no derivative.

Values and derivatives where all is smooth: cases/linalg.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.matrices import DEFINITE, MIXED, SQUARE, SQUARES, TALL, WIDE, symmetric, turned
from tests.helpers.tensors import gradient, leaf, same
from tinygrad_lite import NumericsWarning, errors

L: Any = np.linalg
SINGULAR = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
U = np.array([[0.7, -1.1, 0.4], [0.2, 0.9, -0.6], [1.3, 0.5, 0.8]])


@pytest.mark.parametrize("f", [L.eigh, L.qr, L.slogdet, L.svd], ids=lambda f: f.__name__)
def test_several_results_are_numpys_named_tuples(f: Any) -> None:
    assert type(f(leaf(DEFINITE))) is type(f(DEFINITE))
    assert f(leaf(DEFINITE))._fields == f(DEFINITE)._fields


@pytest.mark.parametrize(
    "f",
    [
        L.inv, L.det, L.slogdet, lambda x: L.eigvalsh(x + x.T), L.svdvals, L.qr, L.pinv, L.cond, L.norm, L.matrix_rank,
        lambda x: L.solve(x, x[0]), lambda x: L.lstsq(x, x[0])[0], lambda x: L.matrix_power(x, 3), lambda x: L.norm(x, 3, axis=0),
        lambda x: L.norm(x, "nuc"), lambda x: L.norm(x[0], 0), lambda x: np.convolve(x[0], x[1]), lambda x: np.kron(x, x),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint8])
def test_integers_have_numpys_values(f: Any, kind: Any) -> None:
    x = np.array([[50, 3, 1], [2, 40, 5], [4, 0, 60]], kind)
    expected, got = f(x), f(tg.Tensor(x))
    for want, have in zip(*[r if isinstance(r, tuple) else (r,) for r in (expected, got)], strict=True):
        assert have.dtype == want.dtype
        np.testing.assert_allclose(have.numpy(), want, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("f", [L.inv, L.det, L.svdvals, L.eigvalsh, L.cholesky, L.qr, L.pinv], ids=lambda f: f.__name__)
def test_half_precision_is_refused_as_numpy_refuses_it(f: Any) -> None:
    with pytest.raises(errors.DTypeError, match="float16"):
        f(leaf(DEFINITE.astype(np.float16)))


# --- determinants and inverses -----------------------------------------------------------------------------------


def minors(x: Any) -> Any:
    """The cofactors by the determinants of what is left without a row and a column."""
    n = len(x)
    rest = [[L.det(np.delete(np.delete(x, i, 0), j, 1)) for j in range(n)] for i in range(n)]
    return np.array(rest) * (-1.0) ** np.add.outer(np.arange(n), np.arange(n))


@pytest.mark.parametrize(
    "x", [SQUARE, SINGULAR, np.zeros((3, 3)), np.ones((3, 3)), np.diag([1.0, 2.0, 0.0]), np.array([[5.0]])], ids=str
)
def test_the_gradient_of_a_determinant_is_its_cofactors_also_where_it_is_0(x: Any) -> None:
    np.testing.assert_allclose(tg.grad(L.det)(x), minors(x) if x.size > 1 else [[1.0]], atol=1e-13)


def test_a_second_derivative_of_the_determinant_of_a_singular_matrix_is_refused() -> None:
    with pytest.raises(errors.DomainError, match=r"inv of shape \(2, 2\): Singular"):
        tg.hessian(L.det)(np.array([[1.0, 2.0], [2.0, 4.0]]))


def test_the_logarithm_of_a_determinant_that_is_0_has_no_gradient() -> None:
    x = leaf(np.array([[1.0, 2.0], [2.0, 4.0]]))
    sign, logarithm = L.slogdet(x)
    assert (sign.item(), logarithm.item()) == (0.0, -np.inf)
    with pytest.raises(errors.DomainError, match="Singular"):
        logarithm.backward()


def test_a_determinant_that_overflows_has_a_logarithm_with_a_gradient() -> None:
    x = 1e200 * np.eye(3) + np.ones((3, 3))
    with np.errstate(over="ignore"):
        assert L.det(x) == np.inf
    np.testing.assert_allclose(tg.grad(lambda x: L.slogdet(x)[1])(x), 1e-200 * np.eye(3), atol=1e-300)


@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 3), (3,)), ((3, 3), (3, 1)), ((2, 3, 3), (3, 4)), ((3, 3), (2, 3, 1)), ((4, 1, 3, 3), (2, 3, 2)), ((2, 3, 3), (3,)),
     ((0, 3, 3), (3, 2)), ((2, 0, 0), (0, 3)), ((1, 1), (1, 0))],
)  # fmt: skip
def test_solve_broadcasts_as_numpy_2_does(a: Any, b: Any) -> None:
    x, y = turned([3.0, 2.0, 1.0], a), turned([3.0, 2.0, 1.0], b) if len(b) > 1 else U[0]
    expected = L.solve(x, y)
    np.testing.assert_array_equal(L.solve(leaf(x), leaf(y)).numpy(), expected, strict=True)
    by_a, by_b = tg.grad(lambda x, y: (L.solve(x, y) ** 2).sum(), (0, 1))(x, y)
    assert (by_a.shape, by_b.shape) == (a, b)


# --- one triangle, or both -------------------------------------------------------------------------------------------

OF_ONE_TRIANGLE = [
    (lambda x: L.eigvalsh(x), np.tril), (lambda x: L.eigvalsh(x, "U"), np.triu),
    (lambda x: L.eigh(x)[1], np.tril), (lambda x: L.eigh(x, "U")[1], np.triu),
]  # fmt: skip
CHOLESKY = [lambda x: L.cholesky(x), lambda x: L.cholesky(x, upper=True)]


@pytest.mark.parametrize(("f", "triangle"), OF_ONE_TRIANGLE)
def test_only_the_triangle_that_uplo_names_gets_a_gradient(f: Any, triangle: Any) -> None:
    x, u = DEFINITE, np.resize(U, np.shape(f(DEFINITE)))
    other = DEFINITE + DEFINITE - triangle(DEFINITE)  # another matrix, but for the triangle and its diagonal
    np.testing.assert_array_equal(f(triangle(x) + 5.0 * (other - triangle(other))), f(x))
    for y in (x, other):
        g = tg.grad(lambda x: (f(x) * u).sum())(y)
        np.testing.assert_array_equal(g, triangle(g))
        assert np.abs(g - np.diag(np.diag(g))).max() > 0.01
        assert tg.gradcheck(lambda x: f(x) * u, y)


@pytest.mark.parametrize("f", CHOLESKY)
def test_both_triangles_get_their_share_of_choleskys_gradient(f: Any) -> None:
    g = tg.grad(lambda x: (f(x) * U).sum())(DEFINITE)
    np.testing.assert_allclose(g, g.T, rtol=1e-12)
    assert np.abs(g - np.diag(np.diag(g))).max() > 0.01
    assert tg.gradcheck(lambda x: f(x) * U, DEFINITE)


def test_the_gradient_of_log_det_through_cholesky_is_the_inverse() -> None:
    found = tg.grad(lambda x: 2 * np.log(np.diagonal(L.cholesky(x))).sum())(DEFINITE)
    np.testing.assert_allclose(found, L.inv(DEFINITE), rtol=1e-12)
    np.testing.assert_allclose(tg.grad(lambda x: L.slogdet(x)[1])(DEFINITE), L.inv(DEFINITE), rtol=1e-12)


@pytest.mark.parametrize("f", CHOLESKY)
def test_cholesky_of_a_matrix_that_is_not_symmetric_is_refused(f: Any) -> None:
    x = DEFINITE.copy()
    x[0, 1] += 0.5
    with pytest.raises(errors.DomainError, match=r"symmetric.*differ by up to 0\.5"):
        f(leaf(x))
    for dtype in (np.float32, np.uint8):
        large = np.array([[200, 100], [100, 200]], dtype)
        same(f(tg.Tensor(large)), f(large))


@pytest.mark.parametrize("f", [f for f, _ in OF_ONE_TRIANGLE] + CHOLESKY)
def test_through_a_symmetric_product_the_gradient_is_that_of_the_product(f: Any) -> None:
    u = np.resize(U, np.shape(f(DEFINITE)))

    def whole(y: Any) -> Any:
        return (f(y @ y.T + np.eye(3)) * u).sum()

    assert tg.gradcheck(whole, SQUARE)
    g = tg.grad(lambda x: (f(x) * u).sum())(SQUARE @ SQUARE.T + np.eye(3))
    np.testing.assert_allclose(tg.grad(whole)(SQUARE), (g + g.T) @ SQUARE, atol=1e-12)


# --- equal eigenvalues -----------------------------------------------------------------------------------------------

EQUAL = [np.eye(3), np.zeros((3, 3)), symmetric([1.0, 2.0, 2.0], (3, 3)), np.diag([2.0, 2.0, 5.0])]


@pytest.mark.parametrize("x", EQUAL, ids=["1", "0", "turned", "diagonal"])
def test_functions_of_equal_eigenvalues_keep_their_gradient(x: Any) -> None:
    for f in (L.eigvalsh, lambda x: L.eigh(x)[0]):
        np.testing.assert_allclose(tg.grad(lambda x, f=f: f(x).sum())(x), np.eye(3), atol=1e-14)
        by_triangle = np.tril(4 * x) - 2 * np.diag(np.diag(x))
        np.testing.assert_allclose(tg.grad(lambda x, f=f: (f(x) ** 2).sum())(x), by_triangle, atol=1e-13)
    for f in (L.svdvals, lambda x: L.svd(x)[1]):
        np.testing.assert_allclose(tg.grad(lambda x, f=f: (f(x) ** 2).sum())(x), 2 * x, atol=1e-13)


@pytest.mark.parametrize("x", EQUAL, ids=["1", "0", "turned", "diagonal"])
@pytest.mark.parametrize(
    "f", [lambda x: L.eigh(x)[1], lambda x: L.svd(x)[0], lambda x: L.svd(x)[2]], ids=["eigh", "u", "vh"]
)
def test_vectors_of_equal_eigenvalues_have_no_derivative_and_the_sweep_says_so(f: Any, x: Any) -> None:
    with pytest.warns(NumericsWarning, match=r"made by .*vectors.*have no derivative"):
        assert not np.isfinite(tg.grad(lambda x: (f(x) * U).sum())(x)).all()
    with pytest.warns(NumericsWarning):
        assert not np.isfinite(tg.jvp(f, x, U)[1]).all()


def test_eigenvalues_that_differ_by_rounding_errors_are_equal() -> None:
    x = np.diag([1.0, 1.0 + 2e-16, 3.0])
    with pytest.warns(NumericsWarning):
        assert not np.isfinite(tg.grad(lambda x: (L.eigh(x)[1] * U).sum())(x)).all()
    with pytest.warns(NumericsWarning):
        assert not np.isfinite(tg.grad(lambda x: (L.svd(x)[0] * U).sum())(x)).all()
    apart = np.diag([1.0, 1.0 + 1e-6, 3.0])
    assert np.abs(tg.grad(lambda x: (L.eigh(x)[1] * U).sum())(apart)).max() > 1e5


# --- what has no derivative ----------------------------------------------------------------------------------------


def test_vectors_that_full_matrices_adds_are_numpys_where_nothing_is_tracked() -> None:
    for x in (TALL, WIDE):
        for got, want in zip(L.svd(tg.Tensor(x)), L.svd(x), strict=True):
            np.testing.assert_array_equal(got.numpy(), want)
    for got, want in zip(L.qr(tg.Tensor(TALL), "complete"), L.qr(TALL, "complete"), strict=True):
        np.testing.assert_array_equal(got.numpy(), want)


DEPENDENT = np.array([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0]])


@pytest.mark.parametrize("x", [DEPENDENT, DEPENDENT.T, np.zeros((2, 2))], ids=["tall", "wide", "0"])
def test_a_pseudo_inverse_that_jumps_has_no_gradient(x: Any) -> None:
    for f in (L.pinv, lambda x: L.lstsq(x, U[: len(x)])[0]):
        np.testing.assert_allclose(f(leaf(x)).numpy(), f(x), atol=1e-15)
        with pytest.raises(errors.GradientError, match=r"shape \(\d, \d\) has no derivative.*cut off"):
            tg.grad(lambda x, f=f: f(x).sum())(x)


def test_a_pseudo_inverse_without_its_small_singular_values_has_no_gradient() -> None:
    with pytest.raises(errors.GradientError, match="the smallest is 1 beside 3"):
        tg.grad(lambda x: L.pinv(x, 0.5).sum())(SQUARE)


@pytest.mark.parametrize("x", [DEPENDENT, np.zeros((2, 3)), np.ones((3, 3))], ids=["tall", "0", "1"])
def test_dependent_columns_have_no_derivative_of_q_and_r(x: Any) -> None:
    with pytest.raises(errors.GradientError, match="columns depend on each other"):
        tg.grad(lambda x: L.qr(x)[1].sum())(x)


def test_least_squares_gives_what_numpy_gives() -> None:
    for a, b in ((TALL, U[0]), (TALL, U), (WIDE, U[:2]), (DEPENDENT, U), (SQUARE, U)):
        expected, got = L.lstsq(a, b), L.lstsq(leaf(a), leaf(b))
        assert len(got) == len(expected)
        for have, want in zip(got, expected, strict=True):
            assert (have.shape, have.dtype) == (np.shape(want), want.dtype)
            np.testing.assert_allclose(have.numpy(), want, rtol=1e-12, atol=1e-14)


# --- norms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3, 0.5, -1, np.inf, -np.inf])
def test_a_norm_does_not_swallow_nan(ord: Any) -> None:
    x = np.array([np.nan, 1.0, 2.0])
    np.testing.assert_array_equal(L.norm(leaf(x), ord).numpy(), L.norm(x, ord))
    np.testing.assert_array_equal(L.norm(tg.Tensor(x), ord).numpy(), L.norm(x, ord))


@pytest.mark.parametrize("ord", [None, 2, 3, 1.5, 1, np.inf])
def test_at_0_the_derivative_of_a_norm_is_0(ord: Any) -> None:
    np.testing.assert_array_equal(tg.grad(lambda x: L.norm(x, ord))(np.zeros(3)), 0.0)
    np.testing.assert_array_equal(
        tg.grad(lambda x: L.norm(x, ord, axis=0).sum())(np.array([[0.0, 3.0], [0.0, 0.0]]))[:, 0], 0.0
    )


@pytest.mark.parametrize("ord", ["fro", "nuc", 2, -2, 1, np.inf])
def test_at_0_the_derivative_of_a_matrix_norm_is_0(ord: Any) -> None:
    np.testing.assert_array_equal(tg.grad(lambda x: L.norm(x, ord))(np.zeros((2, 3))), 0.0)


@pytest.mark.parametrize("size", [1e-200, 1e200])
@pytest.mark.parametrize("ord", [None, 2, 3, "fro"])
def test_a_norm_overflows_and_underflows_where_numpys_does(size: float, ord: Any) -> None:
    x = np.full((2, 2) if ord == "fro" else 3, size)
    with np.errstate(over="ignore"):
        assert L.norm(leaf(x), ord).item() == L.norm(x, ord)


# --- the graph ---------------------------------------------------------------------------------------------------------


def test_an_ordered_einsum_is_recorded_as_products_of_two() -> None:
    a = leaf(np.ones((2, 3)))

    def largest(**order: Any) -> int:
        c = np.einsum("ij,jk,kl,lm->im", a, np.ones((3, 20)), np.ones((20, 30)), np.ones((30, 2)), **order)
        return max(len(t.inputs) for t in tg.graph(c))

    assert (largest(), largest(optimize=True)) == (4, 2)


def test_multi_dot_takes_the_order_that_multiplies_fewest_numbers() -> None:
    x = leaf(np.ones((10, 100)))
    made = [t.shape for t in tg.graph(L.multi_dot([x, np.ones((100, 5)), np.ones((5, 50))])) if t.made_by == "matmul"]
    assert made == [(10, 5), (10, 50)]
    made = [t.shape for t in tg.graph(L.multi_dot([np.ones((50, 5)), np.ones((5, 100)), x.T])) if t.made_by == "matmul"]
    assert made == [(5, 10), (50, 10)]


def test_pictures_show_linear_algebra_and_derivations_refuse_it() -> None:
    a = leaf(SQUARE, name="A")
    cost = (L.solve(a, U) ** 2).sum() + L.det(a)
    assert "A⁻¹" in tg.draw(cost).text()
    with pytest.raises(errors.DerivationError, match=r"solve|det"):
        tg.derive(cost, wrt=a)


def test_gradients_add_up_over_a_stack() -> None:
    x = leaf(SQUARES)
    L.det(x).sum().backward()
    for g, one in zip(gradient(x), SQUARES, strict=True):
        np.testing.assert_allclose(g, L.det(one) * L.inv(one).T, rtol=1e-12)


def test_a_matrix_with_equal_singular_values_has_a_nuclear_norm_with_a_gradient() -> None:
    np.testing.assert_allclose(tg.grad(lambda x: L.norm(x, "nuc"))(3.0 * np.eye(3)), np.eye(3), atol=1e-14)
    np.testing.assert_allclose(tg.grad(lambda x: L.cond(x))(MIXED), _cond_slope(), rtol=1e-6)


def _cond_slope() -> Any:
    g, h = np.zeros((3, 3)), 1e-6
    for index in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[index] = h
        g[index] = (L.cond(MIXED + step) - L.cond(MIXED - step)) / (2 * h)
    return g


def test_derivatives_of_a_pseudo_inverse_are_those_of_the_inverse_where_it_is_one() -> None:
    """The rule projects away what is 0 for a square matrix; the rounding noise of it was most of a second derivative."""
    x = np.diag([1.0, 0.5, 2e-4]) @ np.array([[1.0, 0.3, 0.2], [0.1, 1.0, 0.4], [0.5, 0.2, 1.0]])

    def curvature(inverse: Any) -> Any:
        slope = tg.grad(lambda t: np.sum(inverse(t.T @ t)))
        return tg.grad(lambda t: np.sum(slope(t) * x))(x)

    np.testing.assert_allclose(curvature(np.linalg.pinv), curvature(np.linalg.inv), rtol=1e-5)
