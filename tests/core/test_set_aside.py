"""Where a rule sets a point aside (0⁰, 0/0, 0 log 0), only that point is: second derivatives around it are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite.core import primitives as p


def hessian(f: Callable[[Any, Any], Any], x: float, y: float) -> Any:
    return tg.hessian(lambda v: f(v[0], v[1]))(np.array([x, y]))


@pytest.mark.parametrize("x", [0.5, 2.0, 3.0])
def test_a_power_with_exponent_0_has_the_mixed_derivative_1_over_x(x: float) -> None:
    # x^y = 1 + y log x + …, so ∂²/∂x∂y = 1/x and ∂²/∂y² = (log x)² at y = 0.
    np.testing.assert_allclose(
        hessian(np.power, x, 0.0), [[0, 1 / x], [1 / x, np.log(x) ** 2]], rtol=1e-14, atol=1e-300
    )


@pytest.mark.parametrize(
    ("base", "exponent", "slope"), [(0.0, 0.0, 0.0), (0.0, 1.0, 1.0), (np.inf, 0.0, 0.0), (0.0, 2.0, 0.0)]
)
def test_the_slope_of_a_power_at_the_edges(base: float, exponent: float, slope: float) -> None:
    x = leaf(base)
    (x ** tg.Tensor(exponent)).backward()
    assert gradient(x) == slope


# f, and by a computation on paper its ∂²/∂x∂y where x = 0.
@pytest.mark.parametrize(
    ("f", "y", "mixed"),
    [
        (p.xlogy, 0.25, 4.0),
        (p.xlog1py, 0.25, 0.8),
        (p.xdivy, 0.25, -16.0),
        (p.xlogy, 3.0, 1 / 3),
        (p.xlog1py, -0.5, 2.0),
    ],
)
def test_the_mixed_derivative_at_x_0(f: Any, y: float, mixed: float) -> None:
    for x in (0.0, -0.0):
        np.testing.assert_allclose(hessian(f, x, y), [[0, mixed], [mixed, 0]], rtol=1e-15)
    near = hessian(f, 1e-9, y)
    np.testing.assert_allclose(hessian(f, 0.0, y), near, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("y", [0.0, 1.0, 0.5])
def test_cross_entropy_at_hard_targets_has_a_symmetric_hessian(y: float) -> None:
    # −y log a − (1−y) log(1−a): ∂²/∂a∂y = −1/a − 1/(1−a), whatever y is.
    found = tg.hessian(lambda v: tg.cross_entropy(v[:1], v[1:]))(np.array([0.2, y]))
    np.testing.assert_allclose(found[0, 1], -1 / 0.2 - 1 / 0.8, rtol=1e-14)
    np.testing.assert_allclose(found, found.T, rtol=1e-14)
    np.testing.assert_allclose(found[0, 0], y / 0.2**2 + (1 - y) / 0.8**2, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_0_over_0_is_0_with_all_its_derivatives_by_the_denominator(dtype: Any) -> None:
    x, y = dtype([0, 0, 1]), dtype([0, 2, 0])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(p.xdivy(x, y), dtype([0, 0, np.inf]), strict=True)
    y = leaf(dtype([0, 2]))
    (p.xdivy(dtype([0, 0]), y)).sum().backward(create_graph=True)
    np.testing.assert_array_equal(gradient(y), [0, 0])


# --- nan and the infinities are told, not swallowed ------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 10_000])
@pytest.mark.parametrize("f", [tg.relu, tg.leaky_relu, tg.sigmoid, tg.tanh, tg.softplus], ids=lambda f: f.__name__)
def test_an_activation_of_nan_is_nan(f: Any, size: int) -> None:
    x = np.full(size, 0.5)
    x[1] = np.nan
    for got in (f(x), f(leaf(x)).numpy()):
        assert np.isnan(got[1])
        assert np.isfinite(np.delete(got, 1)).all()


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([-np.inf, -np.inf], -np.inf),
        ([np.inf, 1.0], np.inf),
        ([-np.inf, 1.0], 1.0),
        ([np.inf, np.inf], np.inf),
        ([1.0, np.nan], np.nan),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_logsumexp_of_infinities_is_that_of_logaddexp(z: list[float], expected: float) -> None:
    for keepdims in (False, True):
        np.testing.assert_array_equal(np.squeeze(tg.logsumexp(np.array(z), keepdims=keepdims)), expected)
    np.testing.assert_array_equal(np.logaddexp.reduce(z), expected)


def test_log_likelihood_from_logits_is_differentiated_by_the_target_as_its_composition_is() -> None:
    z, y = np.array([[0.3, -1.0, 2.0]]), np.array([[0.0, 1.0, 0.0]])
    by_target = tg.grad(tg.log_likelihood_with_logits, 1)(z, y)
    np.testing.assert_allclose(
        by_target, tg.grad(lambda z, y: tg.log_likelihood(tg.softmax(z), y), 1)(z, y), rtol=1e-14
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f", [p.xlogy, p.xlog1py, p.xdivy], ids=lambda f: f.name)
def test_single_numbers_are_set_aside_without_arrays(f: Any, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = f(np.zeros(3, dtype), np.array([0.0, 0.5, 0.0], dtype))
    monkeypatch.setattr(np, "where", None)
    for x in (0.0, dtype(0.0)):
        for y in (dtype(0.0), dtype(0.5)):
            found = f(x, y)
            assert type(found) is dtype
            assert found == 0
    assert np.all(expected == 0)


def test_a_power_with_a_number_as_exponent_computes_one_other_power(monkeypatch: pytest.MonkeyPatch) -> None:
    x = leaf([0.0, -2.0, 3.0])
    y = x**3
    monkeypatch.setattr(np, "where", None)
    y.sum().backward()
    np.testing.assert_array_equal(gradient(x), [0.0, 12.0, 27.0])
    with pytest.raises(TypeError):
        (x**0).sum().backward()  # 0⁰ is set aside where it can come up
