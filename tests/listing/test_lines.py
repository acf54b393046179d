"""Lines of a source as a lecturer writes them: numbers as they were typed, states by the names of their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.listing.cases import normal
from tests.listing.test_source import assert_same, ran
from tinygrad_lite.listing import source


def lines_of(function: Any, *args: Any) -> list[str]:
    """The lines of the last function, without the shapes."""
    rows = source(function, args).splitlines()
    start = max(n for n, row in enumerate(rows) if row.startswith("def "))
    return [row.split("#")[0].strip() for row in rows[start + 1 :]]


def test_factors_are_the_numbers_that_the_user_typed() -> None:
    w, mask = normal(4), np.array([1.0, 0.0, 1.0, 1.0])
    assert lines_of(tg.grad(lambda w: 0.1 * np.sum(w**2) / 2), w)[-2] == "dw = 0.1 * w"
    assert lines_of(tg.grad(lambda w: 0.05 * (w @ w)), w)[-2] == "dw = 0.1 * w"
    assert lines_of(tg.grad(lambda w, mask: np.sum(w * mask / 0.8)), w, mask)[-2] == "dw = mask / 0.8"
    assert lines_of(tg.grad(lambda w: np.sum(w**2) / 20), w)[-2] == "dw = w / 10"


def batch_norm(x, y):
    mu = np.mean(x, axis=0)
    var = np.mean((x - mu) ** 2, axis=0)
    a = (x - mu) / np.sqrt(var + 1e-5)
    return np.sum((a - y) ** 2) / 2


@pytest.mark.slow
def test_a_row_is_added_to_a_matrix_as_it_is_and_a_negative_term_is_subtracted() -> None:
    args = normal(6, 3), normal(6, 3)
    text = "\n".join(lines_of(tg.grad(batch_norm), *args))
    assert "broadcast_to" not in text
    assert "+ -" not in text
    assert "dmu / m" in text
    assert_same(source(tg.grad(batch_norm), args), tg.grad(batch_norm), args)


@pytest.mark.slow
def test_a_line_has_the_parts_that_its_derivative_has() -> None:
    def cost(w, x, y):
        return np.sum((np.exp(-np.sum((x - w) ** 2, axis=-1)) - y) ** 2)

    args = normal(3), normal(5, 3), normal(5)
    found = lines_of(tg.value_and_grad(cost), *args)
    assert found[:2] == ["t = -np.sum((x - w)**2, axis=-1)", "C = np.sum((np.exp(t) - y)**2)"]
    assert_same(source(tg.value_and_grad(cost), args), tg.value_and_grad(cost), args)


def step_of(optimizer: Any, weights: list[Any], **settings: Any) -> tuple[Any, Any, list[tg.Tensor]]:
    own = [tg.Tensor(w.copy(), requires_grad=True, name=f"W{n}") for n, w in enumerate(weights, 1)]
    opt = optimizer(own, **settings)

    def step(x, y):
        C = tg.quadratic_cost(np.tanh(x @ own[0]) @ own[1], y)
        opt.zero_grad()
        C.backward()
        opt.step()
        return C

    return step, opt, own


@programs_run  # bodies are listed line by line
@pytest.mark.parametrize(
    ("optimizer", "settings", "names"),
    [
        (tg.optim.SGD, {"lr": 0.1, "momentum": 0.9}, "W1 W2 lr v_W1 v_W2"),
        (tg.optim.Adam, {"lr": 0.1}, "W1 W2 lr t_W1 t_W2 m_W1 m_W2 v_W1 v_W2"),
    ],
)
def test_what_an_optimiser_remembers_is_called_after_its_parameter(optimizer: Any, settings: Any, names: str) -> None:
    weights, x, y = [normal(3, 4), normal(4, 2)], normal(5, 3), normal(5, 2)
    step, opt, own = step_of(optimizer, weights, **settings)
    text = source(step, (x, y))
    assert f"def step(x, y, {', '.join(names.split())}):" in text
    assert "    dW1 = x.T @ dz" in text
    state = {name.split(".")[0]: [] for name in opt.state_dict() if "." in name}
    given = [w.copy() for w in weights]
    outside = [0.1, *(np.zeros_like(w) if name != "steps" else np.array(0) for name in _order(state) for w in weights)]
    for _ in range(3):
        step(x, y)
        ran(text, (x, y, *given, *outside))
    for a, b in zip(own, given, strict=True):
        np.testing.assert_allclose(b, a.data, rtol=1e-12)


def _order(state: dict[str, Any]) -> list[str]:
    return [name for name in ("velocity", "steps", "mean", "square") if name in state]


@tg.composite
def swish(z, beta=1.0):
    """z σ(β z), elementwise."""
    return z * tg.sigmoid(beta * z)


@tg.composite
def normed(z):
    return z / np.sqrt(np.sum(z**2))


SCALE = np.array([1.0, 2.0, 3.0])


@tg.composite
def scaled(z):
    return z * SCALE


@pytest.mark.slow
def test_an_activation_of_the_users_is_a_function_with_its_derivative() -> None:
    def cost(W, x, y):
        a = swish(x @ W, beta=2.0)
        return np.sum((a - y) ** 2) / 2

    args = normal(3, 2), normal(5, 3), normal(5, 2)
    text = source(tg.grad(cost), args)
    assert lines_of(tg.grad(cost), *args) == [
        "z = x @ W", "a = swish(z, beta=2.0)", "da = a - y", "dz = da * swish_prime(z, beta=2.0)", "dW = x.T @ dz", "return dW",
    ]  # fmt: skip
    assert '    """z σ(β z), elementwise."""' in text
    assert_same(text, tg.grad(cost), args)


@pytest.mark.slow
def test_an_activation_that_is_called_in_two_ways_is_two_functions() -> None:
    def cost(x):
        return np.sum(swish(swish(x, beta=2.0)))

    text = source(tg.grad(cost), (normal(4),))
    assert "def swish(z, beta):" in text
    assert "def swish2(z):" in text
    assert text.index("# dz loses digits") < text.index("def swish2_prime(z):") < text.index("def cost_gradient(x):")
    assert_same(text, tg.grad(cost), (normal(4),))


@pytest.mark.parametrize("composite", [normed, scaled])
def test_what_is_no_function_of_each_element_alone_is_written_out(composite: Any) -> None:
    def cost(w, x):
        return np.sum(composite(w * x) ** 3)

    args = normal(3), normal(3)
    text = source(tg.grad(cost), args)
    assert f"{composite.__name__}(" not in text
    outside = (SCALE,) if composite is scaled else ()
    np.testing.assert_allclose(ran(text, (*args, *outside)), tg.grad(cost)(*args), rtol=1e-12)


@pytest.mark.parametrize("wrt", [0, (0, 1)])
def test_gradients_of_each_example_are_the_gradient_of_one_called_for_each(wrt: Any) -> None:
    def cost(W, b, x, y):
        return -np.sum(y * np.log(tg.softmax(x @ W + b)))

    gradients = tg.vmap(tg.grad(cost, wrt), in_axes=(None, None, 0, 0))
    args = normal(3, 2), normal(2), normal(5, 3), np.eye(2)[[0, 1, 1, 0, 1]]
    text = source(gradients, args)
    assert "    dW = np.outer(x, dz)" in text
    assert "    found = [cost_gradient(W, b, x[i], y[i]) for i in range(len(x))]\n" in text
    assert_same(text, gradients, args)


def test_where_examples_do_not_lie_along_first_axes_the_source_is_what_was_recorded() -> None:
    columns = tg.vmap(lambda x, s: np.sin(x) * s, in_axes=(1, None), out_axes=1)
    args = normal(3, 4), normal(3)
    assert_same(source(columns, args), columns, args)
