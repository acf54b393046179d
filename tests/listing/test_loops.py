"""Loops of a source: where they are written, and that they compute what the lines of all turns compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.listing.cases import normal
from tests.listing.test_source import DRAWS, assert_same, fresh
from tinygrad_lite.listing import source


def recurrent(Wx, Wh, b, xs, y):
    h = np.zeros(4)
    for t in range(len(xs)):
        h = np.tanh(xs[t] @ Wx + h @ Wh + b)
    return np.sum((h - y) ** 2) / 2


def read_out(Wx, Wh, b, V, xs, y):
    h = np.zeros(4)
    for t in range(len(xs)):
        h = np.tanh(xs[t] @ Wx + h @ Wh + b)
    a = h @ V
    return np.sum((a - y) ** 2) / 2


def args_of(steps: int) -> tuple[Any, ...]:
    return normal(2, 4), normal(4, 4) / 2, normal(4), normal(steps, 2), normal(4)


def loops_in(text: str) -> list[str]:
    return [row.strip() for row in text.splitlines() if row.strip().startswith("for ")]


@programs_run  # bodies are listed line by line
def test_a_recurrent_network_is_a_loop_forwards_and_one_backwards_through_time() -> None:
    Wx, Wh, b, xs, y = args_of(5)
    text = source(tg.grad(read_out, (0, 1, 2)), (Wx, Wh, b, normal(4, 4), xs, y))
    body = text[text.index("def read_out") :].splitlines()[1:]
    assert [row.split("#")[0].rstrip() for row in body] == [
        "    h = np.zeros(4)",
        "    hs = [h]",
        "    for t in range(len(xs)):",
        "        z = xs[t] @ Wx + h @ Wh + b",
        "        h = np.tanh(z)",
        "        hs.append(h)",
        "    a = h @ V",
        "    da = a - y",
        "    dh = V @ da",
        "    dWx = np.zeros_like(Wx)",
        "    dWh = np.zeros_like(Wh)",
        "    db = np.zeros_like(b)",
        "    for t in reversed(range(len(xs))):",
        "        dz = dh * (1 - hs[t + 1]**2)",
        "        dWx += np.outer(xs[t], dz)",
        "        dWh += np.outer(hs[t], dz)",
        "        db += dz",
        "        dh = Wh @ dz",
        "    return dWx, dWh, db",
    ]


@programs_run  # bodies are listed line by line
def test_a_source_with_loops_is_as_long_for_many_turns_as_for_few() -> None:
    few, many = (len(source(tg.grad(recurrent, (0, 1, 2)), args_of(n)).splitlines()) for n in (4, 40))
    assert few == many


def test_the_rows_of_a_jacobian_and_of_a_hessian_are_a_loop() -> None:
    for f, x in ((tg.jacobian(tg.softmax), normal(4)), (tg.hessian(lambda x: np.sum(np.tanh(x) ** 3)), normal(5))):
        text = source(lambda x, f=f: f(x), (x,))
        assert loops_in(text) == [f"for t in range({len(x)}):"]
        assert "return np.stack(" in text
        assert_same(text, f, (normal(len(x)),))


def test_steps_of_descent_are_a_loop() -> None:
    def descend(w, x, y):
        for _ in range(5):
            w = w - 0.5 * tg.grad(lambda w: tg.cross_entropy(tg.sigmoid(x @ w), y))(w)
        return w

    text = source(descend, (normal(3), normal(6, 3), np.array([0.0, 1, 1, 0, 1, 0])))
    assert loops_in(text) == ["for t in range(5):"]
    assert "w1 = w1 - 0.5 * dw1" in text
    assert_same(text, descend, (normal(3), normal(6, 3), np.array([0.0, 1, 1, 0, 1, 0])))


def test_lines_that_differ_by_more_than_a_turn_stay_lines() -> None:
    def layers(x, A, B, C, D):
        for W in (A, B, C, D):
            x = np.tanh(x @ W)
        return x

    assert loops_in(source(layers, (normal(3), *(normal(3, 3) for _ in range(4))))) == []


def two_states(Wx, Wh, b, xs, y):
    h, c = np.zeros(4), np.ones(4)
    for x in xs:
        c = 0.5 * c + x @ Wx
        h = tg.sigmoid(c + h @ Wh) * np.tanh(c) + b
    return np.sum((h - y) ** 2)


def cost_of_each_turn(Wx, Wh, b, xs, y):
    h, C = np.zeros(4), 0.0
    for x in xs:
        h = np.tanh(x @ Wx + h @ Wh)
        C = C + tg.quadratic_cost(h, y)
    return C / len(xs) + np.sum(b**2)


def all_states(Wx, Wh, b, xs, y):
    hs = [b]
    for x in xs:
        hs.append(np.tanh(x @ Wx + hs[-1] @ Wh))
    return np.sum((np.stack(hs[1:]) - y) ** 2)


def the_state_before_the_last(Wx, Wh, b, xs, y):
    hs = [b * y]
    for t in range(len(xs)):
        hs.append(np.sin(hs[-1] @ Wh) * (t + 1) + xs[len(xs) - 1 - t] @ Wx)
    return np.sum(hs[-2] * hs[1] + hs[-1])


def memory_cell(Wx, Wh, b, xs, y):
    h, c = np.zeros(4), np.zeros(4)
    for x in xs:
        z = x @ Wx + h @ Wh + b
        c = tg.sigmoid(z) * c + np.tanh(z)
        h = tg.sigmoid(-z) * np.tanh(c)
    return np.sum((h - y) ** 2) / 2


def two_loops(Wx, Wh, b, xs, y):
    h = b
    seen = []
    for x in xs:
        h = tg.relu(x @ Wx + h)
        seen.append(h)
    g = y
    for h in seen[::-1]:
        g = np.tanh(g @ Wh + h)
    return np.sum(g * seen[0])


def a_step_back(Wx, Wh, b, xs, y):
    before, h = b, y
    for x in xs:
        before, h = h, np.sin(before + h @ Wh + x @ Wx)
    return np.sum(h * before)


def steps_of_descent(Wx, Wh, b, xs, y):
    w = b
    for _ in range(len(xs)):
        w = w - 0.1 * tg.grad(lambda w: np.sum((xs @ Wx @ w - 1) ** 2))(w)
    return np.sum(w * y) + np.sum(Wh)


HARD: list[Callable[..., Any]] = [
    two_states, memory_cell, cost_of_each_turn, all_states, the_state_before_the_last, two_loops, a_step_back, steps_of_descent,
]  # fmt: skip


@pytest.mark.parametrize("function", HARD, ids=lambda f: f.__name__)
@pytest.mark.parametrize("steps", [4, 8])
def test_loops_compute_what_the_turns_compute(function: Callable[..., Any], steps: int) -> None:
    gradient = tg.value_and_grad(function, (0, 1, 2))
    args = args_of(steps)
    text = source(gradient, args)
    assert loops_in(text) or steps < 8
    assert_same(text, gradient, args)
    rng = np.random.default_rng(3)
    assert_same(text, gradient, tuple(fresh(x, rng, DRAWS["usual"]) for x in args))
