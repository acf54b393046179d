"""Random graphs against references that know nothing of the engine: dual numbers, the complex step, differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygrad_lite as tg
from tests.helpers.differences import close, difference_gradients
from tinygrad_lite import Tensor

# --- dual numbers, nested for second derivatives ---------------------------------------------------------------------


@dataclass(frozen=True)
class Dual:
    """value + slope·ε with ε² = 0; both parts may be Duals themselves."""

    value: Any
    slope: Any

    def __add__(self, other: Any) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other: Any) -> Dual:
        return Dual(self.value - other.value, self.slope - other.slope)

    def __mul__(self, other: Any) -> Dual:
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __truediv__(self, other: Any) -> Dual:
        quotient = self.value / other.value
        return Dual(quotient, (self.slope - quotient * other.slope) / other.value)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)


def number(like: Any, x: float) -> Any:
    """The constant x at the nesting of `like`."""
    return Dual(number(like.value, x), number(like.slope, 0.0)) if isinstance(like, Dual) else x


def real(x: Any) -> float:
    return real(x.value) if isinstance(x, Dual) else x


def dual(f: Callable[[float], float], slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f on floats and Duals, from f on floats and its derivative on both."""

    def lifted(x: Any) -> Any:
        return Dual(lifted(x.value), slope(x.value) * x.slope) if isinstance(x, Dual) else f(x)

    return lifted


d_exp: Callable[[Any], Any] = dual(math.exp, lambda x: d_exp(x))
d_sin: Callable[[Any], Any] = dual(math.sin, lambda x: d_cos(x))
d_cos: Callable[[Any], Any] = dual(math.cos, lambda x: -d_sin(x))
d_tanh: Callable[[Any], Any] = dual(math.tanh, lambda x: number(x, 1.0) - d_tanh(x) * d_tanh(x))
d_sigmoid: Callable[[Any], Any] = dual(
    lambda x: 1 / (1 + math.exp(-x)), lambda x: d_sigmoid(x) * (number(x, 1.0) - d_sigmoid(x))
)
d_softplus: Callable[[Any], Any] = dual(lambda x: math.log1p(math.exp(x)), lambda x: d_sigmoid(x))
d_arctan: Callable[[Any], Any] = dual(math.atan, lambda x: number(x, 1.0) / (number(x, 1.0) + x * x))
d_sqrt: Callable[[Any], Any] = dual(math.sqrt, lambda x: number(x, 0.5) / d_sqrt(x))

Pair = tuple[Callable[..., Any], Callable[..., Any]]  # what the engine computes, what the reference computes

UNARY: dict[str, Pair] = {
    "neg": (lambda x: -x, lambda x: -x),
    "sin": (np.sin, d_sin),
    "cos": (np.cos, d_cos),
    "tanh": (tg.tanh, d_tanh),
    "sigmoid": (tg.sigmoid, d_sigmoid),
    "softplus": (tg.softplus, d_softplus),
    "arctan": (np.arctan, d_arctan),
    "bell": (lambda x: np.exp(-(x**2)), lambda x: d_exp(-(x * x))),
    "root": (lambda x: np.sqrt(1 + np.square(x)), lambda x: d_sqrt(number(x, 1.0) + x * x)),
    "relu": (tg.relu, lambda x: x if real(x) > 0 else number(x, 0.0)),
    "abs": (abs, lambda x: x if real(x) > 0 else -x),
    "cube": (lambda x: x**3, lambda x: x * x * x),
    "half": (lambda x: 0.5 * x, lambda x: x * number(x, 0.5)),
    "self sum": (lambda x: x + x, lambda x: x + x),
}
BINARY: dict[str, Pair] = {
    "add": (lambda x, y: x + y, lambda x, y: x + y),
    "sub": (lambda x, y: x - y, lambda x, y: x - y),
    "mul": (lambda x, y: x * y, lambda x, y: x * y),
    "div": (lambda x, y: x / (1 + y * y), lambda x, y: x / (number(y, 1.0) + y * y)),
    "max": (np.maximum, lambda x, y: x if real(x) > real(y) else y),
    "min": (np.minimum, lambda x, y: x if real(x) < real(y) else y),
    "where": (lambda x, y: np.where(x > y, x * y, y), lambda x, y: x * y if real(x) > real(y) else y),
    "hypot": (lambda x, y: (1 + x * x + y * y) ** 0.5, lambda x, y: d_sqrt(number(x, 1.0) + x * x + y * y)),
}


Step = tuple[str, int, int]


@st.composite
def programs(draw: Any, inputs: int = 3) -> list[Step]:
    """Steps (operation, operand, operand); operands are the inputs and all earlier results."""
    steps: list[Step] = []
    for k in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(sorted(UNARY | BINARY)))
        place = st.integers(0, inputs + k - 1)
        steps.append((name, draw(place), draw(place)))
    return steps


def run(steps: list[Step], inputs: Any, side: int) -> Any:
    """The last result plus all others that nobody used, so that every step counts."""
    values = list(inputs)
    for name, i, j in steps:
        values.append(UNARY[name][side](values[i]) if name in UNARY else BINARY[name][side](values[i], values[j]))
    used = {k for name, i, j in steps for k in ((i,) if name in UNARY else (i, j))}
    total = values[-1]
    for k, value in enumerate(values[:-1]):
        if k not in used:
            total = total + value
    return total


numbers = st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3)


def away_from_kinks(steps: list[Step], inputs: list[float]) -> bool:
    """No choice is made between numbers so close that rounding might decide; nothing has grown beyond 10⁴."""
    values = list(inputs)
    for name, i, j in steps:
        a, b = values[i], values[j]
        if (name in ("max", "min", "where") and abs(a - b) < 1e-6) or (name in ("relu", "abs") and abs(a) < 1e-6):
            return False
        values.append(UNARY[name][1](a) if name in UNARY else BINARY[name][1](a, b))
        if not abs(values[-1]) < 1e4:
            return False
    return True


@given(programs(), st.lists(numbers, min_size=3, max_size=3))
def test_gradients_of_random_graphs_are_those_of_dual_numbers(steps: list[Step], inputs: list[float]) -> None:
    assume(away_from_kinks(steps, inputs))
    leaves = [Tensor(x, requires_grad=True) for x in inputs]
    out = run(steps, leaves, 0)
    out.backward()
    slopes = [run(steps, [Dual(x, float(k == i)) for k, x in enumerate(inputs)], 1) for i in range(3)]
    np.testing.assert_allclose(out.item(), slopes[0].value, rtol=1e-11, atol=1e-11)
    got = [t.grad.item() if t.grad is not None else 0.0 for t in leaves]
    close(got, [s.slope for s in slopes], 1e-10)


@given(programs(), st.lists(numbers, min_size=3, max_size=3), st.integers(0, 2), st.integers(0, 2))
def test_second_derivatives_of_random_graphs_are_those_of_nested_duals(
    steps: list[Step], inputs: list[float], i: int, j: int
) -> None:
    assume(away_from_kinks(steps, inputs))
    nested = [Dual(Dual(x, float(k == i)), Dual(float(k == j), 0.0)) for k, x in enumerate(inputs)]
    expected = run(steps, nested, 1).slope.slope
    assume(abs(expected) < 1e8)

    def f(*xs: Any) -> Any:
        return run(steps, xs, 0)

    reverse = tg.grad(tg.grad(f, j), i)(*inputs)
    directions = tuple(float(k == j) for k in range(3))
    products = tg.hvp(f, tuple(inputs), directions)
    forward = tg.jvp(tg.grad(f, i), tuple(inputs), directions)[1]
    for got in (reverse, products[i], forward):
        close(got, expected, 1e-9)


# --- random shapes, by the complex step ---------------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (2, 1), (1, 3), (2, 3), (4, 1, 1), (1, 2, 3), (4, 2, 1)]  # all broadcast against each other

ANALYTIC: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (3 + np.cos(y)),
    "sin": lambda x, y: np.sin(x),
    "exp": lambda x, y: np.exp(np.sin(x)),
    "sum": lambda x, y: np.sum(x) * y,
    "sum 0": lambda x, y: np.sum(x + y, axis=0, keepdims=True) if (x + y).ndim else x,
    "mean -1": lambda x, y: np.mean(x * y, axis=-1, keepdims=True) if (x * y).ndim else y,
    "power": lambda x, y: (3 + np.sin(x)) ** np.cos(y),
    "reshape": lambda x, y: np.reshape(np.reshape(x, (-1,)), x.shape) + y,
    "flip": lambda x, y: x[..., ::-1] * y if x.ndim else x,
    "index": lambda x, y: x[[0, 0, -1]].sum(axis=0) + y if x.ndim else y,
    "concatenate": lambda x, y: np.concatenate([np.reshape(x, (-1,)), np.reshape(y, (-1,))]).mean() + np.square(x),
    "outer": lambda x, y: np.outer(x, y).sum() + x,
    "matmul": lambda x, y: np.reshape(x, (1, -1)) @ np.reshape(x, (-1, 1)) + y,
    "cumsum": lambda x, y: np.cumsum(x, axis=-1) * y if x.ndim else x,
    "einsum": lambda x, y: np.einsum("i,i->", np.reshape(x, (-1,)), np.reshape(x, (-1,))) - y,
    "swap": lambda x, y: (x + y).T.T,
    "prod": lambda x, y: np.prod(1 + 0.1 * np.sin(x)) + y,
    "var": lambda x, y: x - np.mean((y - np.mean(y)) ** 2),
}


@st.composite
def array_programs(draw: Any) -> tuple[list[tuple[int, ...]], list[Step], int]:
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=2, max_size=3))
    steps: list[Step] = []
    for k in range(draw(st.integers(1, 7))):
        place = st.integers(0, len(shapes) + k - 1)
        steps.append((draw(st.sampled_from(sorted(ANALYTIC))), draw(place), draw(place)))
    return shapes, steps, draw(st.integers(0, 2**16))


def run_arrays(steps: list[Step], inputs: Any) -> Any:
    values = list(inputs)
    for name, i, j in steps:
        values.append(ANALYTIC[name](values[i], values[j]))
    return values[-1]


@given(array_programs())
def test_gradients_through_random_broadcasting_are_those_of_the_complex_step(program: Any) -> None:
    shapes, steps, seed = program
    rng = np.random.default_rng(seed)
    inputs = [rng.uniform(-1, 1, s) for s in shapes]
    out = run_arrays(steps, inputs)
    assume(np.size(out) <= 200 and np.all(np.abs(out) < 1e4))
    upstream = rng.uniform(-1, 1, np.shape(out))
    _, pullback = tg.vjp(lambda *xs: run_arrays(steps, xs) + np.zeros(np.shape(out)), *inputs)
    cotangents = pullback(upstream)
    h = 1e-30
    for k, x in enumerate(inputs):
        expected = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            moved = [np.array(a, dtype=complex) for a in inputs]
            moved[k][index] += 1j * h
            expected[index] = np.sum(upstream * np.imag(run_arrays(steps, moved))) / h
        close(cotangents[k], expected, 1e-10)


@given(array_programs())
def test_vjp_is_linear_jvp_is_linear_and_they_are_adjoint(program: Any) -> None:
    shapes, steps, seed = program
    rng = np.random.default_rng(seed)
    inputs = tuple(rng.uniform(-1, 1, s) for s in shapes)

    def f(*xs: Any) -> Any:
        return run_arrays(steps, xs) + 0.0 * sum(x.sum() for x in xs)

    value, pullback = tg.vjp(f, *inputs)
    assume(np.size(value) <= 200 and np.all(np.abs(value) < 1e4))
    u1, u2 = (rng.uniform(-1, 1, np.shape(value)) for _ in range(2))
    v1, v2 = (tuple(rng.uniform(-1, 1, s) for s in shapes) for _ in range(2))
    a, b = rng.uniform(-2, 2, 2)

    pulled1, pulled2, combined = pullback(u1), pullback(u2), pullback(a * u1 + b * u2)
    for first, second, both in zip(pulled1, pulled2, combined, strict=True):
        close(both, a * first + b * second, 1e-11)
    pushed1, pushed2 = (tg.jvp(f, inputs, v)[1] for v in (v1, v2))
    close(
        tg.jvp(f, inputs, tuple(a * p + b * q for p, q in zip(v1, v2, strict=True)))[1],
        a * pushed1 + b * pushed2,
        1e-11,
    )
    left = np.sum(pushed1 * u1)
    right = sum(np.sum(p * v) for p, v in zip(pulled1, v1, strict=True))
    assert math.isclose(left, right, rel_tol=1e-11, abs_tol=1e-11 * (1 + np.abs(pushed1).max(initial=0)))


@given(st.permutations(sorted(UNARY)), st.permutations(sorted(UNARY)), st.integers(0, 2**16))
def test_sums_of_permuted_chains_have_the_gradients_of_differences(
    first: list[str], second: list[str], seed: int
) -> None:
    x = np.random.default_rng(seed).uniform(0.2, 1.2, 3)

    def chain(x: Any, names: list[str]) -> Any:
        for name in names:
            x = tg.sigmoid(UNARY[name][0](x)) + 0.25 * x  # stays positive: no kink is near
        return x

    def f(x: Any) -> Any:
        return (chain(x, first) + chain(x, second)).sum()

    close(tg.grad(f)(x), difference_gradients(f, [x])[0], 1e-9)


@given(st.permutations(list(range(6))), array_programs())
def test_the_order_in_which_a_sum_is_built_changes_rounding_only(order: list[int], program: Any) -> None:
    shapes, steps, seed = program
    rng = np.random.default_rng(seed)
    x, weights = rng.uniform(-1, 1, (2, 3)), rng.uniform(-1, 1, 6)

    def parts(x: Any) -> list[Any]:
        inputs = [np.sum(x) * 0.1 + np.zeros(s) for s in shapes]
        return [w * np.sin(np.sum(run_arrays(steps, inputs)) * 1e-3 + x * w) for w in weights]

    def total(x: Any, order: list[int]) -> Any:
        terms = parts(x)
        out = terms[order[0]]
        for k in order[1:]:
            out = terms[k] + out
        return out.sum()

    assume(np.isfinite(total(x, order)))
    close(tg.grad(lambda x: total(x, order))(x), tg.grad(lambda x: total(x, list(range(6))))(x), 1e-11)
