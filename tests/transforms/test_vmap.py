"""tg.vmap: a function of one example for all examples, nested in every way with the other transforms."""

from __future__ import annotations

import random
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.transforms.test_rows import calls
from tinygrad_lite import Tensor
from tinygrad_lite.errors import CompileError, DomainError, GradientError, NumericsWarning, ShapeError, UnsupportedError
from tinygrad_lite.programs.stacking import ForEachRow

Pair = namedtuple("Pair", ["u", "v"])

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
Y = RNG.normal(size=(5, 4))
W = RNG.normal(size=(3, 4))
CLASSES = np.array([2, 0, 3, 3, 1])


def close(got: Any, expected: Any, tolerance: float = 1e-12) -> None:
    got = got.detach().numpy() if isinstance(got, Tensor) else got
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def stacked(f: Callable[..., Any], *arguments: Any) -> Any:
    """f for one example after the other; arguments: all are mapped along their first axis."""
    return np.stack(
        [
            np.asarray(Tensor(f(*row)).detach() if isinstance(f(*row), Tensor) else f(*row))
            for row in zip(*arguments, strict=True)
        ]
    )


# --- values -----------------------------------------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "elementwise": lambda x: np.exp(x) * x,
    "scalar": lambda x: np.sum(x * x),
    "product": lambda x: x @ W,
    "products": lambda x: np.outer(x, x) @ W,
    "softmax": lambda x: tg.softmax(x @ W),
    "relu": lambda x: tg.relu(x) + 1,
    "norm": lambda x: np.linalg.norm(x),
    "solution": lambda x: np.linalg.solve(np.eye(3) * 9 + np.outer(x, x), x),
    "places": lambda x: x[[2, 0]] * x[-1],
    "pieces": lambda x: np.concatenate([x[:1], np.cumsum(x)]).reshape(2, 2).T,
    "largest": lambda x: np.argmax(x),
    "itself": lambda x: x,
    "variance": lambda x: np.var(x) + np.std(x),
    "gradient": tg.grad(lambda x: (np.tanh(x @ W) ** 2).sum()),
    "Jacobian": tg.jacobian(lambda x: np.tanh(x @ W)),
    "Hessian": tg.hessian(lambda x: (np.tanh(x @ W) ** 2).sum()),
    "product with a Hessian": lambda x: tg.hvp(lambda x: (x**4).sum(), x, x),
    "convolution": lambda x: np.convolve(x, x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_examples_at_once_are_the_examples_one_by_one(name: str) -> None:
    f = FUNCTIONS[name]
    found, wanted = tg.vmap(f)(X), stacked(f, X)
    assert type(found) is np.ndarray
    assert found.dtype == wanted.dtype
    close(found, wanted)
    found += 1  # it is the caller's own
    close(tg.vmap(f)(X), wanted)
    of_tensors = tg.vmap(f)(Tensor(X))
    assert type(of_tensors) is Tensor
    close(of_tensors, wanted)


def test_gradients_per_example_are_those_of_each_example() -> None:
    def cost(p: Any, x: Any, y: Any) -> Any:
        return tg.cross_entropy_with_logits(tg.sigmoid(x @ p["w"]) @ p["v"], y)

    p, y = {"w": W, "v": RNG.normal(size=(4, 1))}, RNG.integers(2, size=(5, 1)).astype(float)
    found = tg.vmap(tg.grad(cost), in_axes=(None, 0, 0))(p, X, y)
    for key in p:
        close(found[key], np.stack([tg.grad(cost)(p, a, b)[key] for a, b in zip(X, y, strict=True)]))


def test_class_indices_are_examples_like_others() -> None:
    def cost(w: Any, x: Any, y: Any) -> Any:
        return tg.log_likelihood_with_logits(x @ w, y)

    found = tg.vmap(tg.grad(cost), in_axes=(None, 0, 0))(W, X, CLASSES)
    close(found, np.stack([tg.grad(cost)(W, a, b) for a, b in zip(X, CLASSES, strict=True)]))
    with pytest.raises(DomainError, match="class"):
        tg.vmap(cost, in_axes=(None, 0, 0))(W, X, CLASSES + 1)


def test_the_work_does_not_grow_with_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    f = tg.vmap(tg.grad(lambda x: np.sum(np.exp(x @ W))))
    few, many = (calls(monkeypatch, lambda n=n: f(np.ones((n, 3)))) for n in (2, 40))
    assert few == many


# --- axes -------------------------------------------------------------------------------------------------------


def test_axes_that_are_mapped_and_axes_of_the_results() -> None:
    def f(a: Any, b: Any) -> Any:
        return a * 2, {"outer": np.outer(a, b)}

    b = RNG.normal(size=(2, 5))
    whole = np.einsum("ni,jn->nij", X, b)
    doubled, nested = tg.vmap(f, in_axes=(0, 1))(X, b)
    close(doubled, 2 * X)
    close(nested["outer"], whole)
    doubled, nested = tg.vmap(f, in_axes=(-1, -1), out_axes=(1, {"outer": -1}))(X.T, b)
    close(doubled, 2 * X.T)
    close(nested["outer"], np.moveaxis(whole, 0, -1))
    close(tg.vmap(f, in_axes=(0, 1), out_axes=1)(X, b)[1]["outer"], np.moveaxis(whole, 0, 1))


def test_nested_arguments_take_nested_axes_or_one_for_all() -> None:
    def f(p: Any, x: Any) -> Any:
        return Pair(p["a"].u * x, p["b"][0] + p["a"].v)

    p = {"a": Pair(X, 2.0), "b": [Y]}
    for axes in ({"a": Pair(0, None), "b": [0]}, {"b": 0, "a": (0, None)}):
        found = tg.vmap(f, in_axes=(axes, None))(p, 3.0)
        assert type(found) is Pair
        close(found.u, X * 3)
        close(found.v, Y + 2)
    close(tg.vmap(f)({"a": Pair(X, np.arange(5.0)), "b": (Y,)}, np.ones(5)).v, Y + np.arange(5.0)[:, None])


def test_results_that_are_the_same_for_all_examples() -> None:
    close(tg.vmap(lambda x: 2.0)(X), np.full(5, 2.0))
    close(tg.vmap(lambda x: W)(X), np.stack([W] * 5))
    close(tg.vmap(lambda x: (x, W, 3), out_axes=(0, None, None))(X)[1], W)
    assert tg.vmap(lambda x: (x, None))(X)[1] is None
    value, none = tg.vmap(lambda x, y: (x, y))(X, None)
    close(value, X)
    assert none is None
    for f in (lambda x: x, lambda x: np.convolve(x, x)):
        with pytest.raises(ShapeError, match="out_axes=None"):
            tg.vmap(f, out_axes=None)(X)


def test_keywords_are_handed_on() -> None:
    close(tg.vmap(lambda x, *, power: x**power)(X, power=3), X**3)


def test_no_examples_give_no_rows() -> None:
    for f in (lambda x: np.exp(x @ W), lambda x: np.convolve(x, x[:2]), tg.grad(lambda x: x.sum())):
        assert tg.vmap(f)(np.zeros((0, 3))).shape == (0, *np.shape(f(np.zeros(3))))


# --- one by one -------------------------------------------------------------------------------------------------


def test_a_function_that_branches_on_values_runs_for_each_example() -> None:
    def f(x: Any) -> Any:
        return x * 2 if x.sum() > 0 else -x

    close(tg.vmap(f)(X), np.where(X.sum(axis=1, keepdims=True) > 0, 2 * X, -X))
    close(tg.vmap(tg.grad(lambda x: f(x).sum()))(X), np.where(X.sum(axis=1, keepdims=True) > 0, 2.0, -1.0) * np.ones(3))
    with pytest.raises(ShapeError, match=r"\(3,\) and \(1,\)"):
        tg.vmap(lambda x: x if x[0] > 0 else x[:1])(np.array([[1.0, 2, 3], [-1.0, 2, 3]]))
    with pytest.raises(ShapeError, match=r"alike for all examples; got \[None\] and \[None, None\]"):
        tg.vmap(lambda x: [x] if x[0] > 0 else [x, x])(np.array([[1.0], [-1.0]]))


@pytest.mark.parametrize("draw", [np.random.normal, np.random.default_rng(0).normal, random.gauss])
def test_random_numbers_are_drawn_for_each_example(draw: Callable[..., float]) -> None:
    rng = np.random.default_rng(0)
    for f in (lambda x: x * draw(0.0, 1.0), tg.grad(lambda x: (x * draw(0.0, 1.0)).sum()), lambda x: x * rng.normal()):
        assert len(np.unique(tg.vmap(f)(np.ones((5, 1))))) == 5


_RNG = np.random.default_rng(0)
_BITS, _MAKE = np.random.SFC64(0), np.random.default_rng


class Noise:
    """Generators where a user's class has them."""

    def __init__(self) -> None:
        self.rng, self.several = np.random.default_rng(1), [np.random.default_rng(2)]

    def own(self) -> float:
        return self.rng.normal()

    def __call__(self) -> float:
        return _RNG.normal()

    @staticmethod
    def fresh() -> float:
        return np.random.default_rng().normal()


_NOISE = Noise()
_NOISES = {"by name": _NOISE}


@pytest.mark.parametrize("draw", [
    _NOISE.own, _NOISE, _NOISE.fresh, lambda: _NOISE.own(), lambda: _NOISE.rng.normal(), lambda: _NOISE.several[0].normal(),
    lambda: _NOISES["by name"].own(), lambda rng=_RNG: rng.normal(), lambda: (lambda: _RNG.normal())(),
    lambda: np.random.default_rng().normal(), lambda: random.Random().gauss(0.0, 1.0), lambda: _MAKE().normal(),
    lambda: np.random.Generator(np.random.Philox()).normal(), lambda: np.random.Generator(_BITS).normal(),
])  # fmt: skip
def test_generators_are_found_wherever_the_function_reaches_them(draw: Callable[[], float]) -> None:
    assert len(np.unique(tg.vmap(lambda x: x * draw())(np.ones((5, 1))))) == 5


@pytest.mark.parametrize("caught", [ValueError, Exception])
def test_an_error_that_one_example_raises_and_the_function_catches_is_that_examples(caught: type[Exception]) -> None:
    def f(x: Any) -> Any:
        try:
            return np.linalg.inv(x).sum()
        except caught:
            return x.sum()

    for matrices in (np.stack([np.ones((2, 2)), 2 * np.eye(2)]), np.stack([2 * np.eye(2), np.ones((2, 2))])):
        close(tg.vmap(f)(matrices), np.array([f(x) for x in matrices]))


def test_what_is_drawn_is_what_examples_one_by_one_draw() -> None:
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    other, other_again = random.Random(4), random.Random(4)
    found = tg.vmap(lambda x: x * rng.normal() + other.random())(X)
    close(found, X * again.normal(size=(5, 1)) + np.array([[other_again.random()] for _ in X]))
    assert rng.normal() == again.normal()
    assert other.random() == other_again.random()


def test_a_tensor_that_the_function_changes_is_changed_by_each_example() -> None:
    w = Tensor(2.0, requires_grad=True)

    def step(x: Any) -> Any:
        nonlocal w
        (w * x).sum().backward()
        with tg.no_grad():
            w -= 0.5 * w.grad
        return w.grad.copy()

    grads = np.cumsum(X.sum(axis=1))
    close(tg.vmap(step)(X), grads)
    close(w, 2.0 - 0.5 * grads.sum())
    close(w.grad, grads[-1])


def test_what_numpy_warns_of_is_warned_of() -> None:
    x = np.array([[1.0], [0.0]])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        close(tg.vmap(np.log)(x), np.array([[0.0], [-np.inf]]))
    with pytest.warns(NumericsWarning, match="sqrt"):
        tg.vmap(tg.grad(lambda x: np.sqrt(x).sum()))(x)


def test_what_is_the_same_for_all_examples_warns_and_damages_as_in_each() -> None:
    x, zero = np.array([1.0, 2.0]), np.array(0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        close(tg.vmap(lambda x, c: x + np.log(c), in_axes=(0, None))(x, zero), [-np.inf, -np.inf])
    slope = tg.grad(lambda c, x: np.sqrt(c) * x)
    with pytest.warns(NumericsWarning, match="sqrt"):
        close(tg.vmap(slope, in_axes=(None, 0))(zero, x), [np.inf, np.inf])


def test_arrays_come_out_for_arrays_also_from_examples_one_by_one() -> None:
    slope = tg.grad(lambda w, x: (w * x).sum() if x.sum() > 0 else (w * x).sum() * 2)
    found = tg.vmap(slope, in_axes=(None, 0))(np.ones(3), X)
    assert type(found) is np.ndarray
    close(found, X * np.where(X.sum(axis=1, keepdims=True) > 0, 1, 2))


def test_what_only_numpy_computes_is_computed_for_each_example() -> None:
    close(tg.vmap(lambda x: np.abs(np.fft.fft(x)))(X), np.abs(np.fft.fft(X)))


# --- nested -----------------------------------------------------------------------------------------------------


def test_vmap_in_grad() -> None:
    def cost(w: Any) -> Any:
        return (tg.vmap(lambda x, y: np.tanh(x @ w) * y)(X, Y) ** 2).sum()

    def plain(w: Any) -> Any:
        return ((np.tanh(X @ w) * Y) ** 2).sum()

    close(tg.grad(cost)(W), tg.grad(plain)(W))
    close(tg.hvp(cost, W, W), tg.hvp(plain, W, W))
    close(tg.grad(lambda x: (tg.vmap(lambda x: x @ W)(x) ** 2).sum())(X), 2 * X @ W @ W.T)
    close(tg.jacobian(tg.vmap(lambda x: np.sum(x**2)))(X), np.einsum("nm,mi->nmi", np.eye(5), 2 * X))


def test_vmap_of_vmap() -> None:
    all_pairs = tg.vmap(tg.vmap(lambda a, b: np.sum((a - b) ** 2), in_axes=(None, 0)), in_axes=(0, None))
    close(all_pairs(X, X), ((X[:, None] - X) ** 2).sum(axis=-1))
    close(tg.grad(lambda x: all_pairs(x, X).sum())(X), 2 * (5 * X - X.sum(axis=0)))
    stack = RNG.normal(size=(2, 5, 3))
    close(tg.vmap(tg.vmap(tg.grad(lambda x: np.sum(x**3))))(stack), 3 * stack**2)
    close(
        tg.vmap(tg.vmap(tg.softmax), in_axes=1, out_axes=1)(stack), np.exp(stack) / np.exp(stack).sum(-1, keepdims=True)
    )


def test_gradients_of_tensors_pass_through() -> None:
    x, w = Tensor(X, requires_grad=True), Tensor(W, requires_grad=True)
    found = tg.vmap(lambda x, w: np.tanh(x @ w).sum(), in_axes=(0, None))(x, w)
    (found * np.arange(5)).sum().backward()
    s = (1 - np.tanh(X @ W) ** 2) * np.arange(5)[:, None]
    close(x.grad, s @ W.T)
    close(w.grad, X.T @ s)
    penalty = tg.vmap(tg.grad(lambda w, x: np.tanh(x @ w).sum()), in_axes=(None, 0))(w, x)
    assert (penalty**2).sum().requires_grad


def test_a_tensor_that_the_function_closes_over_gets_its_gradient() -> None:
    w = Tensor(W, requires_grad=True)
    found = tg.vmap(lambda x: x @ w)(X)
    assert type(found) is Tensor
    found.sum().backward()
    close(w.grad, np.repeat(X.sum(axis=0)[:, None], 4, axis=1))
    with tg.no_grad():
        w -= 1.0
    close(tg.vmap(lambda x: x @ w)(X), X @ (W - 1))  # as it is now


def test_vmap_in_a_compiled_function_keeps_no_value_of_the_first_call() -> None:
    def f(x: Any, w: Any, i: Any) -> Any:
        return tg.vmap(lambda x, i: np.tanh(x @ w)[i] * w.sum())(x, i)

    compiled, slope = tg.compile(f), tg.compile(tg.vmap(tg.grad(lambda w, x: np.tanh(x @ w).sum()), in_axes=(None, 0)))
    for scale in (1.0, 2.0, 3.0):
        x, w, i = X * scale, W / scale, (CLASSES + int(scale)) % 4
        close(compiled(x, w, i), f(x, w, i))
        close(slope(w, x), np.stack([np.outer(row, 1 - np.tanh(row @ w) ** 2) for row in x]))
        assert type(slope(w, x)) is type(compiled(x, w, i)) is np.ndarray
    assert isinstance(slope(Tensor(W), X), Tensor)
    with pytest.raises(CompileError, match="branch"):
        tg.compile(lambda x: tg.vmap(lambda x: x if x.sum() > 0 else -x)(x))(X)


def test_what_a_compiled_function_checks_is_checked_for_each_example() -> None:
    compiled = tg.compile(tg.vmap(lambda x, y: tg.log_likelihood_with_logits(x @ W, y)))
    close(compiled(X, CLASSES), tg.vmap(lambda x, y: tg.log_likelihood_with_logits(x @ W, y))(X, CLASSES))
    with pytest.raises(DomainError, match="class"):
        compiled(X, CLASSES + 1)


OUTPUTS = RNG.uniform(0.1, 0.9, size=(5, 4))
HOT = np.eye(4)[CLASSES]


@pytest.mark.parametrize(
    ("cost", "outputs", "targets", "bad"),
    [
        (tg.cross_entropy, OUTPUTS, OUTPUTS.round(), OUTPUTS + 1), (tg.cross_entropy_with_logits, Y, OUTPUTS.round(), -OUTPUTS),
        (tg.log_likelihood, OUTPUTS, HOT, HOT + 1), (tg.log_likelihood_with_logits, Y, HOT, OUTPUTS),
        (tg.log_likelihood, OUTPUTS, CLASSES, CLASSES + 1), (tg.log_likelihood_with_logits, Y, CLASSES, -1 - CLASSES),
        (tg.log_likelihood_with_logits, Y[:, None], CLASSES[:, None], CLASSES[:, None] + 1),
    ],
)  # fmt: skip
def test_a_cost_looks_at_the_targets_of_all_examples_at_once(cost: Any, outputs: Any, targets: Any, bad: Any) -> None:
    compiled = tg.compile(tg.vmap(cost))
    close(compiled(outputs, targets), stacked(cost, outputs, targets))
    assert compiled.last.program.checks
    assert not any(isinstance(check.holds, ForEachRow) for check in compiled.last.program.checks)
    one_bad = targets.copy()
    one_bad[3] = bad[3]
    for f in (compiled, tg.vmap(cost)):
        with pytest.raises(DomainError):
            f(outputs, one_bad)


# --- errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: tg.vmap(np.add)(X, np.ones(4)), ShapeError, "one size; got 5 along axis 0 .* and 4|one size; got 5"),
        (lambda: tg.vmap(np.add)(X, 2.0), ShapeError, r"no axis 0 in shape \(\)"),
        (lambda: tg.vmap(np.add, in_axes=(0, 2))(X, Y), ShapeError, r"no axis 2 in shape \(5, 4\)"),
        (lambda: tg.vmap(np.add, in_axes=(0,))(X, Y), ShapeError, "in_axes .* one entry for each"),
        (lambda: tg.vmap(np.add, in_axes="0")(X, Y), ShapeError, "in_axes"),
        (lambda: tg.vmap(np.add, in_axes=True)(X, Y), ShapeError, "in_axes"),
        (lambda: tg.vmap(np.add, in_axes=({"a": 0}, 0))(X, Y), ShapeError, "in_axes"),
        (lambda: tg.vmap(np.exp, in_axes=None)(X), ShapeError, "at least one"),
        (lambda: tg.vmap(np.sum, out_axes=1)(X), ShapeError, "out_axes=1"),
        (lambda: tg.vmap(lambda x: (x, x), out_axes=(0, 0, 0))(X), ShapeError, "out_axes"),
        (lambda: tg.vmap(lambda x: "text")(X), GradientError, "str"),
        (lambda: tg.vmap(X), UnsupportedError, "takes a function"),
        (lambda: tg.vmap(np.exp)([[1.0, 2.0]]), ShapeError, r"np.array\(rows\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(make: Callable[[], Any], error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        make()


def test_name_and_docstring_are_kept() -> None:
    def cost(x: Any) -> Any:
        """The cost."""
        return x

    assert (tg.vmap(cost).__name__, tg.vmap(cost).__doc__) == ("cost", "The cost.")
