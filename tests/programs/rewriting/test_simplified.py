"""Whole programs: fewer lines, the same results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.programs.rewriting.extremes import DTYPES, names, rewritten
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.programs.program import Constant, Input, Line, Program
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.rewriting.building import Builder
from tinygrad_lite.programs.tracing import traced

RNG = np.random.default_rng(0)
NETWORK = [RNG.standard_normal(s) for s in [(7, 4), (4,), (4, 3), (3,), (5, 7)]]
BITS = RNG.integers(0, 2, (5, 3)).astype(float)
CLASSES = RNG.integers(0, 3, 5)


def with_gradient(cost: Callable[..., Any], count: int) -> Callable[..., Any]:
    def both(*arrays: Any) -> tuple[Any, ...]:
        value, gradients = tg.value_and_grad(cost, tuple(range(count)))(*arrays)
        return value, *gradients

    return both


def network(activation: Callable[..., Any], cost: Callable[..., Any]) -> Callable[..., Any]:
    return with_gradient(lambda w1, b1, w2, b2, x, y: cost(activation(x @ w1 + b1) @ w2 + b2, y), 4)


def recurrent(w: Any, u: Any, x: Any) -> Any:
    h = np.zeros((3, 4), w.dtype)
    for t in range(x.shape[0]):
        h = tg.tanh(h @ w + x[t] @ u)
    return (h**2).sum()


def chain(x: Any) -> Any:
    return (tg.tanh(x) * tg.sigmoid(x) + np.exp(-(x**2))).sum()


PROGRAMS: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "sigmoid and cross-entropy": (network(tg.sigmoid, tg.cross_entropy_with_logits), [*NETWORK, BITS]),
    "relu and log-likelihood": (network(tg.relu, tg.log_likelihood_with_logits), [*NETWORK, np.eye(3)[CLASSES]]),
    "relu and classes": (network(tg.relu, tg.log_likelihood_with_logits), [*NETWORK, CLASSES]),
    "tanh and quadratic": (network(tg.tanh, lambda z, y: tg.quadratic_cost(tg.sigmoid(z), y)), [*NETWORK, BITS]),
    "softplus and cross-entropy": (
        network(tg.softplus, lambda z, y: tg.cross_entropy(tg.sigmoid(z), y)),
        [*NETWORK, BITS],
    ),
    "recurrent": (with_gradient(recurrent, 2), [RNG.standard_normal(s) for s in [(4, 4), (5, 4), (6, 3, 5)]]),
    "chain": (with_gradient(chain, 1), [RNG.standard_normal(50)]),
    "hessian": (tg.hessian(lambda w: (tg.tanh(NETWORK[4] @ w) ** 2).sum()), [RNG.standard_normal(7)]),
}


def scaled_errors(program: Program, better: Program, inputs: list[Any]) -> list[float]:
    """How far apart the outputs are, in eps of the largest element."""
    with np.errstate(all="ignore"):
        pairs = list(zip(program.run(*inputs), better.run(*inputs), strict=True))
    for x, y in pairs:
        assert (np.shape(x), x.dtype) == (np.shape(y), y.dtype)
    return [float(np.max(np.abs(x - y)) / (np.max(np.abs(x)) + 1e-300) / np.finfo(x.dtype).eps) for x, y in pairs]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "inputs"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_simplified_program_gives_what_it_gave(function: Callable[..., Any], inputs: list[Any], dtype: Any) -> None:
    inputs = [x if x.dtype.kind == "i" else x.astype(dtype) for x in inputs]
    program, better = rewritten(function, inputs)
    assert len(better.lines) < len(program.lines)
    for size in (1.0, 1e-3, 2.0):
        others = [
            x if i == len(inputs) - 1 and len(inputs) > 1 else (size * x).astype(x.dtype) for i, x in enumerate(inputs)
        ]
        assert max(scaled_errors(program, better, others)) <= 16


@pytest.mark.parametrize(("function", "inputs"), PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_simplified_is_simple(function: Callable[..., Any], inputs: list[Any]) -> None:
    _, better = rewritten(function, inputs)
    assert names(simplified(better)) == names(better)
    assert not {"identity", "copy", "stop_gradient"} & set(names(better))


def test_the_rewriting_does_work_that_grows_with_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in lines that are made."""
    made = 0
    line = Builder.line

    def counted(self: Any, x: Any) -> Any:
        nonlocal made
        made += 1
        return line(self, x)

    monkeypatch.setattr(Builder, "line", counted)
    counts = []
    for steps in (10, 40):
        made = 0
        program, _ = rewritten(with_gradient(recurrent, 2), [np.ones(s) for s in [(4, 4), (5, 4), (steps, 3, 5)]])
        counts.append(made / len(program.lines))
    assert counts[1] < 1.1 * counts[0] < 5


def test_names_stay() -> None:
    def named(w: Any, x: Any) -> Any:
        z = np.negative(-w) * x
        z.name = "z"
        a = np.positive(tg.sigmoid(z))
        a.name = "a"
        return a

    _, better = rewritten(named, [np.ones(3), np.ones(3)])
    assert [line.name for line in better.lines if line.name] == ["z", "a"]


def test_an_output_may_be_an_input_or_a_constant() -> None:
    program = simplified(traced(lambda x: (x.copy(), np.exp(np.zeros(3)) + 0 * np.ones(3)), [np.ones(3)]))
    assert program.outputs[0] is program.inputs[0]
    assert isinstance(program.outputs[1], Constant)


def test_updates_and_watched_scalars_are_simplified_with_the_rest() -> None:
    program = traced(lambda w, g: (w - (-g), (w * 1.0).sum()), [np.ones(3), np.ones(3)])
    new, total = program.outputs
    program = replace(program, outputs=(), updates=((program.inputs[0], new),), watched=(total,))
    better = simplified(program)
    assert names(better) == ["add", "sum"]
    assert better.updates == ((better.inputs[0], better.lines[0]),)
    assert better.watched == (better.lines[1],)


def constants(name: str, *values: Any) -> Program:
    """x plus what a primitive makes of constants."""
    x = Input((2,), np.dtype(float))
    of_constants = Line(TABLE[name], [Constant(v) for v in values], {}, (2,), np.dtype(float))
    total = Line(TABLE["add"], [x, of_constants], {}, (2,), np.dtype(float))
    return Program((x,), (of_constants, total), (total,))


def test_constants_are_computed_once() -> None:
    assert names(simplified(constants("exp", np.array([1.0, 2.0])))) == ["add"]


def test_what_numpy_warns_of_is_computed_in_each_run() -> None:
    assert names(simplified(constants("log", np.array([0.0, 2.0])))) == ["log", "add"]
    assert names(simplified(constants("log", np.zeros(2)))) == ["log", "add"]


def test_large_constants_are_not_computed_in_advance() -> None:
    x = Input((), np.dtype(float))
    for size, left in ((1_000, ["multiply"]), (100_000, ["exp", "multiply"])):
        array = np.linspace(0.0, 1.0, size)
        exp = Line(TABLE["exp"], [Constant(array)], {}, array.shape, array.dtype)
        product = Line(TABLE["multiply"], [exp, x], {}, array.shape, array.dtype)
        assert names(simplified(Program((x,), (exp, product), (product,)))) == left


def test_a_cost_that_comes_out_is_watched_itself() -> None:
    function, inputs = PROGRAMS["sigmoid and cross-entropy"]
    _, better = rewritten(function, inputs)
    assert better.watched == (better.outputs[0],)
