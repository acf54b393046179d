"""Formulas as NumPy code: it reads as a person writes it, it runs, and it gives the formula's numbers and shape."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.derivations.course import CASES as COURSE
from tests.helpers.random_graphs import random_cost
from tests.helpers.repository import load_example
from tests.helpers.slow import slow
from tests.helpers.spellings import normal, targets
from tinygrad_lite.derivations import Derivation, Formula, derive
from tinygrad_lite.errors import DerivationError

lecture = load_example("lecture")


def data(name: str, *shape: int) -> tg.Tensor:
    return normal(shape, name, seed=len(name) + sum(map(ord, name)))


def parameter(name: str, *shape: int) -> tg.Tensor:
    return normal(shape, name, seed=sum(map(ord, name)), grad=True)


def entropy(a: Any, y: Any) -> Any:
    return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / 5


def neuron(*shapes: tuple[int, ...]) -> tuple[tg.Tensor, list[tg.Tensor]]:
    """Cross-entropy over a sigmoid; the shapes of the weights, the bias and the targets."""
    w, b = parameter("w", *shapes[0]), parameter("b", *shapes[1])
    return entropy(tg.sigmoid(data("x", 5, 3) @ w + b), targets(shapes[2])), [w, b]


def hidden() -> tuple[tg.Tensor, list[tg.Tensor]]:
    w1, w2, b2 = parameter("w1", 4, 3), parameter("w2", 2, 4), parameter("b2", 2)
    a = np.tanh(data("x", 5, 3) @ w1.T)
    return entropy(tg.sigmoid(a @ w2.T + b2), targets((5, 2))), [w1, w2, b2]


def examples_in_columns() -> tuple[tg.Tensor, list[tg.Tensor]]:
    w, b = parameter("w", 4, 3), parameter("b", 4, 1)
    return np.sum((w @ data("x", 3, 5) + b - data("y", 4, 5)) ** 2) / 2, [w, b]


def one_example() -> tuple[tg.Tensor, list[tg.Tensor]]:
    w = parameter("w", 3, 4)
    return np.sum((data("x", 1, 3) @ w - data("y", 1, 4)) ** 2), [w]


def one_class() -> tuple[tg.Tensor, list[tg.Tensor]]:
    w, b = parameter("w", 4, 3), parameter("b", 4)
    return -np.log(tg.softmax(w @ data("x", 3) + b)[2]), [w, b]


def ridge() -> tuple[tg.Tensor, list[tg.Tensor]]:
    w = parameter("w", 3, 1)
    return np.sum((data("x", 5, 3) @ w - data("y", 5, 1)) ** 2) / 2 + 0.01 * np.sum(w**2), [w]


def of(cost: Callable[..., Any], **shapes: tuple[int, ...]) -> Callable[[], tuple[tg.Tensor, list[tg.Tensor]]]:
    """A cost of parameters of these names and shapes."""

    def make() -> tuple[tg.Tensor, list[tg.Tensor]]:
        tensors = {name: parameter(name, *shape) for name, shape in shapes.items()}
        return cost(**tensors), list(tensors.values())

    return make


def layer_norm(x: Any, g: Any) -> Any:
    mu, s = np.mean(x, axis=1, keepdims=True), np.std(x, axis=1, keepdims=True)
    return np.sum(((x - mu) / s * g) ** 3)


Expected = dict[str, str]
CASES: dict[str, tuple[Callable[[], tuple[tg.Tensor, list[tg.Tensor]]], Expected]] = {
    "vectors": (lambda: neuron((3,), (), (5,)), {"w": "x.T @ (a - y) / m", "b": "np.sum(a - y) / m"}),
    "columns": (lambda: neuron((3, 1), (1,), (5, 1)), {"w": "x.T @ (a - y) / m", "b": "np.sum(a - y, axis=0) / m"}),
    "a scalar beside columns": (lambda: neuron((3, 1), (), (5, 1)), {"b": "np.sum(a - y) / m"}),
    "a bias of one element": (lambda: neuron((3, 1), (1, 1), (5, 1)), {"b": "(np.sum(a - y, axis=0) / m)[None]"}),
    "a row of biases": (lambda: neuron((3, 4), (1, 4), (5, 4)), {"b": "(np.sum(a - y, axis=0) / m)[None]"}),
    "hidden layer": (hidden, {"w1": "delta1.T @ x", "w2": "(a2 - y).T @ a1 / m", "b2": "np.sum(a2 - y, axis=0) / m"}),
    "examples in columns": (examples_in_columns, {"w": "(z - y) @ x.T", "b": "np.sum(z - y, axis=1, keepdims=True)"}),
    "one example": (one_example, {"w": "2 * np.outer(x[0], z[0] - y[0])"}),
    "one class": (one_class, {"w": "np.outer(a - y, x)", "b": "a - y"}),
    "ridge": (ridge, {"w": "x.T @ (z - y) + w / 50"}),
    "a sum": (of(lambda w: np.sum(w), w=(4,)), {"w": "np.ones(J)"}),
    "a mean": (of(lambda w: np.mean(w), w=(4, 3)), {"w": "np.full((J, K), 1 / (J * K))"}),
    "norm": (of(lambda w: np.sqrt(np.sum(w**2)), w=(4,)), {"w": "w / np.sqrt(np.sum(w**2))"}),
    "quadratic form": (of(lambda x: x @ data("A", 3, 3) @ x, x=(3,)), {"x": "(A.T + A) @ x"}),
    "diagonal": (of(lambda A: np.sum(np.diagonal(A) ** 2), A=(3, 3)), {"A": "2 * np.diagonal(A)[:, None] * np.eye(J)"}),
    "bilinear": (of(lambda A: data("u", 3) @ A @ data("v", 4), A=(3, 4)), {"A": "np.outer(u, v)"}),
    "outer": (of(lambda u, v: np.sum(np.outer(u, v) ** 3), u=(3,), v=(4,)), {}),
    "chain of matrices": (of(lambda A, B, D: np.sum((A @ B @ D) ** 2), A=(2, 3), B=(3, 4), D=(4, 5)), {}),
    "stack of matrices": (of(lambda A, B: np.sum((A @ B) ** 2), A=(2, 3, 4), B=(2, 4, 5)), {}),
    "a stack by a matrix": (of(lambda A, B: np.sum(np.tanh(A @ B)), A=(2, 3, 4), B=(4, 5)), {"A": "(1 - a**2) @ B.T"}),
    "three factors": (
        of(lambda A, B, D: np.sum(np.einsum("ij,ik,il->jkl", A, B, D) ** 2), A=(2, 3), B=(2, 4), D=(2, 5)),
        {"A": "2 * ((D @ D.T) * (B @ B.T)) @ A"},
    ),
    "column and row": (
        of(lambda u, v: np.sum(np.tanh(u + v)), u=(3, 1), v=(1, 4)),
        {"u": "np.sum(1 - a**2, axis=1, keepdims=True)", "v": "np.sum(1 - a**2, axis=0, keepdims=True)"},
    ),
    "elements": (of(lambda w, x: np.sum(w * x * x), w=(1,), x=(1, 1)), {}),
    "cosine": (of(lambda u, v: u @ v / (np.sqrt(u @ u) * np.sqrt(v @ v)), u=(4,), v=(4,)), {}),
    "attention": (of(lambda Q, K, V: np.sum((tg.softmax(Q @ K.T) @ V) ** 2), Q=(3, 4), K=(5, 4), V=(5, 2)), {}),
    "layer norm": (of(layer_norm, x=(5, 4), g=(4,)), {}),
    "pooling": (of(lambda x: np.sum(np.max(x, axis=1) ** 2), x=(3, 4)), {}),
    "slices": (of(lambda x: np.sum((x[1:] - x[:-1]) ** 2), x=(5,)), {}),
    "embedding": (of(lambda E: np.sum(E[np.array([0, 2, 2])] ** 2), E=(5, 3)), {}),
    "places": (of(lambda x: x[0, 1] * x[2, 1] ** 2, x=(3, 2)), {}),
    "hinge": (of(lambda w: np.sum(np.maximum(0, 1 - data("y", 5) * (data("x", 5, 3) @ w))), w=(3,)), {}),
    "lasso": (of(lambda w: np.sum(np.abs(w)), w=(4,)), {"w": "np.sign(w)"}),
    "two kinks": (
        of(lambda w: np.sum(np.where(np.abs(w) < 1, w**2 / 2, np.abs(w) - 0.5)), w=(4,)),
        {"w": "np.where(np.abs(w) < 1, w, np.sign(w))"},
    ),
    "small numbers": (of(lambda w: np.sum(np.log(w * w + 1e-8)), w=(4,)), {"w": "2 * w / (w**2 + 1e-08)"}),
    "large numbers": (of(lambda w: np.sum(w**2) * 1e20, w=(3,)), {"w": "2e+20 * w"}),
    "roots": (of(lambda w: np.sum((w * w + 1) ** 0.3), w=(3,)), {"w": "3 * w / (5 * (1 + w**2)**(7 / 10))"}),
    "functions": (of(lambda w: np.sum(np.sin(w)) * np.exp(-w[0]), w=(3,)), {}),
}


def formulas(d: Derivation) -> Iterator[Formula]:
    """All that is written in a derivation: its formulas, its steps, its lemmas."""
    yield from d.formulas.values()
    for steps in (d.steps, *d.lemmas().values()):
        yield from (step.formula for step in steps)


def runs(formula: Formula) -> None:
    """The code of a formula gives its numbers, in its shape."""
    code = formula.numpy()
    found, expected = eval(code, {"np": np, **formula.arrays()}), formula.evaluate()
    assert np.shape(found) == expected.shape, code
    size = float(np.max(np.abs(expected), initial=1.0))
    near = 1e-4 if any(np.asarray(x).dtype == np.float32 for x in (expected, found)) else 1e-6
    np.testing.assert_allclose(found, expected, rtol=near, atol=1e-3 * near * size, err_msg=f"{formula}: {code}")


@pytest.mark.parametrize("name", CASES)
def test_the_code_reads_as_a_person_writes_it(name: str) -> None:
    make, expected = CASES[name]
    d = derive(*make())
    assert {name: d.formulas[name].numpy() for name in expected} == expected


@pytest.mark.parametrize("name", CASES)
def test_the_code_of_every_line_runs(name: str) -> None:
    cost, parameters = CASES[name][0]()
    d = derive(cost, parameters)
    cost.backward()
    for tensor in parameters:
        formula = d.formulas[tensor.name or ""]
        found = eval(formula.numpy(), {"np": np, **formula.arrays()})
        np.testing.assert_allclose(found, tensor.grad, rtol=1e-6, atol=1e-9)
    for formula in formulas(d):
        runs(formula)


@pytest.mark.parametrize("title", [title for title, _ in lecture.SECTIONS])
def test_the_code_of_the_lecture_runs(title: str) -> None:
    d = dict(lecture.SECTIONS)[title]()
    for formula in formulas(d) if isinstance(d, Derivation) else ():
        runs(formula)


ENTRIES = list(dict.fromkeys(case.entry.name for case in COURSE.values()))


@pytest.mark.parametrize("names", [ENTRIES[::60], *slow(*(ENTRIES[n::20] for n in range(20)))], ids=lambda n: n[0])
def test_the_code_of_the_course_runs(names: list[str]) -> None:
    for name in names:
        values = COURSE[name].entry.build()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                d = derive(values["C"], [values[leaf] for leaf in COURSE[name].leaves])
            except DerivationError:
                continue
            for formula in formulas(d):
                runs(formula)


@pytest.mark.parametrize("seeds", [range(6), *slow(*(range(n, n + 100) for n in range(6, 106, 100)))], ids=str)
def test_the_code_of_random_graphs_runs(seeds: range) -> None:
    lines = 0
    for seed in seeds:
        cost, parameters = random_cost(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                d = derive(cost, parameters)
            except DerivationError:
                continue
            for formula in formulas(d):
                runs(formula)
                lines += 1
    assert lines > 5 * len(seeds)


def test_names_that_python_has_no_place_for() -> None:
    w, e = parameter("lambda", 4), parameter("np", 4)
    d = derive(np.sum(w * e), [w, e])
    assert d.formulas["lambda"].numpy() == "np_"
    assert d.formulas["np"].numpy() == "lambda_"
    runs(d.formulas["np"])


def test_a_size_and_a_value_of_one_name_stay_apart() -> None:
    w, m = parameter("w", 4), tg.Tensor(3.0, name="m")
    formula = derive(m * np.mean(w**2), w).formula
    runs(formula)
    assert formula.arrays()["m"] == 3.0
