"""Jacobians whose rows come from one program: the same as a sweep for each row, in less work."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite import Tensor
from tinygrad_lite.core.graph import TABLE
from tinygrad_lite.errors import NumericsWarning
from tinygrad_lite.programs import rows
from tinygrad_lite.transforms import as_result

N = rows.FEWEST + 1
A = np.random.default_rng(0).normal(size=(N, N)) / np.sqrt(N)
W = np.random.default_rng(1).normal(size=(4, 5))
PLACES = np.random.default_rng(2).integers(N, size=2 * N)

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "layer": lambda x: np.tanh(A @ x),
    "network": lambda x: tg.softmax(A @ tg.relu(A @ x + 1.0)),
    "elementwise": lambda x: np.sin(x) * x**3,
    "sum of all beside each": lambda x: x / np.sum(np.exp(x)),
    "largest": lambda x: x - np.max(x),
    "branches": lambda x: np.where(x > 0, x * x, np.exp(x)),
    "places": lambda x: (x * x)[PLACES] * x[0],
    "reordered": lambda x: np.concatenate([x[::-1], np.cumsum(x) ** 2]),
    "batch": lambda x: tg.sigmoid((x[:16].reshape(4, 4)) @ W),
    "outer product": lambda x: np.outer(x, np.cos(x)),
    "contraction": lambda x: np.einsum("ij,j,k->ik", A, x, x[:2]),
    "solution": lambda x: np.linalg.solve(np.eye(N) * 3 + np.outer(x, x), x),
    "inverse": lambda x: np.linalg.inv(np.eye(4) * 9 + x[:16].reshape(4, 4)),
    "only some of it": lambda x: np.ones(N) * x[3],
    "none of it": lambda x: Tensor(np.ones(N)) + 0 * tg.stop_gradient(x),
    "convolution": lambda x: np.convolve(x, x[:3]),
}


def at(seed: int = 0, dtype: Any = float) -> Any:
    return np.random.default_rng(seed).normal(size=N).astype(dtype)


def swept(f: Callable[[Any], Any], x: Any) -> Any:
    """The Jacobian by a sweep for each row."""
    t = Tensor(x, requires_grad=True)
    out = as_result(f(t), "test", scalar=False)
    return np.reshape(rows.swept_rows(out, [t])[0], out.shape + t.shape)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_rows_at_once_are_the_rows_one_by_one(name: str, dtype: Any) -> None:
    x = at(0, dtype)
    found, wanted = tg.jacobian(FUNCTIONS[name])(x), swept(FUNCTIONS[name], x)
    assert type(found) is np.ndarray
    assert found.dtype == wanted.dtype == dtype
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(found, wanted, rtol=40 * eps, atol=40 * eps * np.abs(wanted).max(initial=0))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_jacobian_of_tensors_can_be_differentiated_again(name: str) -> None:
    x, v = at(), at(1)

    def of_tensors(x: Any) -> Any:
        return (tg.jacobian(FUNCTIONS[name])(x) * np.cos(np.arange(N))).sum()

    def by_rows(x: Any) -> Any:
        out = as_result(FUNCTIONS[name](x), "test", scalar=False)
        return (rows.swept_rows(out, [x], create_graph=True)[0] * np.cos(np.arange(N))).sum()

    t = Tensor(x, requires_grad=True)
    found, wanted = tg.grad(of_tensors)(t), tg.grad(by_rows)(t)
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-11, atol=1e-11)
    third = tg.jvp(tg.grad(of_tensors), x, v)[1]
    np.testing.assert_allclose(third, tg.jvp(tg.grad(by_rows), x, v)[1], rtol=1e-10, atol=1e-10)


def test_a_hessian_is_that_of_the_formula() -> None:
    x = at()
    t = np.tanh(A @ x)
    s = 1 - t * t
    wanted = A.T @ ((2 * s * s - 4 * t * t * s)[:, None] * A)
    found = tg.hessian(lambda x: (np.tanh(A @ x) ** 2).sum())(x)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


def test_a_jacobian_by_several_arguments() -> None:
    x, y = at(), at(1)
    by_x, by_y = tg.jacobian(lambda x, y: x * np.sum(y**2), argnums=(0, 1))(x, y)
    np.testing.assert_allclose(by_x, np.eye(N) * (y**2).sum())
    np.testing.assert_allclose(by_y, 2 * np.outer(x, y))


def calls(monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any]) -> int:
    """How often values of primitives are computed."""
    count = 0

    def counted(value: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            return value(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for primitive in TABLE.values():
            patch.setattr(primitive, "value", counted(primitive.value))
        make()
    return count


def test_the_number_of_calls_does_not_grow_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(n: int) -> int:
        return calls(monkeypatch, lambda: tg.jacobian(lambda x: np.exp(x) * np.sum(x * x))(np.ones(n)))

    assert work(4 * rows.FEWEST) == work(rows.FEWEST)


def test_where_memory_is_short_the_rows_come_in_several_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tg.jacobian(FUNCTIONS["network"])(at())
    seen = []
    batched = rows.batched
    monkeypatch.setattr(rows, "batched", lambda p, c, n, u: seen.append(n) or batched(p, c, n, u))  # type: ignore[func-returns-value]
    for most, sizes in ((1, [1]), (2**13, [5, 2])):
        monkeypatch.setattr(rows, "MOST_BYTES", most)
        seen.clear()
        np.testing.assert_allclose(tg.jacobian(FUNCTIONS["network"])(at()), whole, rtol=1e-12, atol=1e-14)
        assert len(seen) == len(sizes)


def test_a_damaged_gradient_warns_as_a_sweep_does() -> None:
    x = at()
    x[2] = 0.0
    with pytest.warns(NumericsWarning, match="sqrt"):
        found = tg.jacobian(lambda x: np.sqrt(np.abs(x)))(x)
    with pytest.warns(NumericsWarning, match="sqrt"):
        wanted = swept(lambda x: np.sqrt(np.abs(x)), x)
    np.testing.assert_array_equal(found, wanted)
    assert not np.isfinite(found[2, 2])


def test_what_is_not_finite_in_the_data_comes_out_as_from_sweeps() -> None:
    for bad in (np.nan, np.inf):
        x = at()
        x[1] = bad
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("elementwise", "layer", "branches"):
                np.testing.assert_array_equal(tg.jacobian(FUNCTIONS[name])(x), swept(FUNCTIONS[name], x))


def test_an_infinity_that_is_set_aside_stays_aside() -> None:
    x = at()
    x[2] = 0.0
    found = tg.jacobian(lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0))(x)
    np.testing.assert_array_equal(found, np.diag(np.where(x > 0, 1 / np.where(x > 0, x, 1), 0)))


def test_a_compiled_jacobian_is_the_eager_one_also_where_numbers_are_not_finite() -> None:
    for name in ("layer", "elementwise", "branches", "network"):
        compiled = tg.compile(tg.jacobian(FUNCTIONS[name]))
        for bad in (0.3, np.nan, np.inf, 0.0):
            x = at(3)
            x[1] = bad
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found, wanted = compiled(x), tg.jacobian(FUNCTIONS[name])(x)
            np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)


def test_a_factor_that_is_nan_damages_all_rows_as_in_sweeps() -> None:
    c = np.where(np.arange(N) == 1, np.nan, 1.0)
    for transform in (tg.jacobian, lambda f: tg.compile(tg.jacobian(f))):
        assert np.isnan(transform(lambda x: (A @ x) * c)(at())).all()
    assert np.isnan(swept(lambda x: (A @ x) * c, at())).all()


def test_a_factor_that_would_underflow_stays_with_its_partner() -> None:
    big, small = np.full(N, 1e200), np.full(N, 1e-200)
    for transform in (tg.jacobian, lambda f: tg.compile(tg.jacobian(f))):
        found = transform(lambda x: np.diag(big) @ ((x * small) * small))(at())
        np.testing.assert_allclose(np.diag(found), 1e-200)


def test_results_belong_to_the_caller() -> None:
    scaled = Tensor(A, requires_grad=True) * 2
    for f in (
        FUNCTIONS["only some of it"],
        lambda x: x.reshape(N, 1),
        lambda x: A @ x,
        lambda x: scaled @ x,
        lambda x: x @ A,
    ):
        first = tg.jacobian(f)(at())
        kept = first.copy()
        first += 1  # it can be written to
        np.testing.assert_array_equal(tg.jacobian(f)(at()), kept)
