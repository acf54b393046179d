"""Random programs, simplified.

On whole numbers every sum, product and choice is exact, so that a rule that is wrong shows in the last bit. On other
numbers the error of the simplified program in float32 is held against that of the program as traced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.programs.rewriting.extremes import Array, names, warned
from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.program import Program
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.rewriting.rules import rules_of, signs
from tinygrad_lite.programs.tracing import traced

SHAPES = [(3, 4), (4,), (3, 1), ()]
Draw = np.random.Generator
Make = Callable[[Draw, list[Any]], Any]


def constant(rng: Draw) -> float:
    return float(rng.choice([0.0, 1.0, -1.0, 2.0, 0.5, -0.25, 3.0]))


def pick(rng: Draw, values: list[Any]) -> Any:
    recent = values[-6:]
    return recent[rng.integers(len(recent))] if rng.random() < 0.8 else values[rng.integers(len(values))]


def wide(x: Any) -> Any:
    return p.broadcast_to(x, shape=(3, 4))


def condition(rng: Draw, values: list[Any]) -> Any:
    compare = [p.greater, p.less_equal, p.greater_equal, p.less][rng.integers(4)]
    return compare(pick(rng, values), constant(rng) if rng.random() < 0.7 else pick(rng, values))


EXACT: list[Make] = [
    lambda rng, v: pick(rng, v) + pick(rng, v),
    lambda rng, v: pick(rng, v) - pick(rng, v),
    lambda rng, v: pick(rng, v) * constant(rng),
    lambda rng, v: constant(rng) * pick(rng, v) + constant(rng) * pick(rng, v),
    lambda rng, v: pick(rng, v) * p.sign(pick(rng, v)),
    lambda rng, v: -pick(rng, v),
    lambda rng, v: constant(rng) + pick(rng, v),
    lambda rng, v: constant(rng) - pick(rng, v),
    lambda rng, v: pick(rng, v) / 2.0,
    lambda rng, v: p.where(condition(rng, v), pick(rng, v), pick(rng, v)),
    lambda rng, v: p.where(condition(rng, v), constant(rng), pick(rng, v)),
    lambda rng, v: (lambda x: x * p.where(x > 0, *map(x.dtype.type, rng.choice([[1, -1], [-1, 1]]))))(pick(rng, v)),
    lambda rng, v: (lambda y: p.where(condition(rng, v), 1.0 - y, -y))(pick(rng, v)),
    lambda rng, v: (lambda x: p.where(x <= 0, 0, x))(pick(rng, v)),
    lambda rng, v: np.maximum(pick(rng, v), constant(rng)),
    lambda rng, v: np.abs(pick(rng, v)),
    lambda rng, v: np.exp(pick(rng, v) * 0.0),
    lambda rng, v: wide(pick(rng, v)),
    lambda rng, v: wide(pick(rng, v)).sum(axis=[None, 0, 1, -1][rng.integers(4)]),
    lambda rng, v: wide(pick(rng, v)).max(axis=-1, keepdims=True),
    lambda rng, v: wide(pick(rng, v)).sum(axis=1).reshape(3, 1),
    lambda rng, v: p.stop_gradient(wide(pick(rng, v)).T.T),
    lambda rng, v: wide(pick(rng, v)).reshape(4, 3).reshape(12).reshape(3, 4),
    lambda rng, v: (wide(pick(rng, v)) @ p.broadcast_to(pick(rng, v), shape=(3, 4)).T).sum(axis=0, keepdims=True).sum(),
    lambda rng, v: pick(rng, v) ** 1,
]
SMOOTH: list[Make] = [
    *EXACT[:8],
    lambda rng, v: pick(rng, v) * pick(rng, v) / 5.0,
    lambda rng, v: 0.2 * pick(rng, v) * pick(rng, v),
    lambda rng, v: 0.2 * pick(rng, v) - 0.2 * pick(rng, v),
    lambda rng, v: pick(rng, v) / (1 + np.abs(pick(rng, v))),
    lambda rng, v: 0.3 / (1 + np.exp(-np.abs(pick(rng, v)))) * pick(rng, v),
    lambda rng, v: np.exp(-np.abs(pick(rng, v))),
    lambda rng, v: (0.1 * wide(pick(rng, v))).sum(axis=1, keepdims=True),
    lambda rng, v: np.log1p(np.abs(pick(rng, v))),
    lambda rng, v: wide(pick(rng, v)).sum(axis=0) / 7.0,
    lambda rng, v: p.where(condition(rng, v), pick(rng, v), pick(rng, v)),
]


FIRSTS = [0, *(pytest.param(first, marks=pytest.mark.slow) for first in range(20, 160, 20))]


def random_function(seed: int, makers: list[Make], lines: int) -> Callable[..., Any]:
    """A function of four arrays of the shapes above: some calls, of which the last ones are what it returns."""

    def function(*inputs: Any) -> Any:
        rng = np.random.default_rng(seed)
        values = [p.identity(x) for x in inputs]
        for _ in range(lines):
            value = makers[rng.integers(len(makers))](rng, values)
            values.append(value if value.shape in SHAPES else value.sum())
        return tuple(values[-3:])

    return function


def random_program(seed: int, makers: list[Make], dtype: Any, lines: int = 25) -> Program:
    with np.errstate(all="ignore"):
        return traced(random_function(seed, makers, lines), [np.ones(s, dtype) for s in SHAPES])


@pytest.mark.parametrize("first", FIRSTS)
def test_random_programs_of_exact_lines_give_the_same_bits(first: int) -> None:
    saved = 0
    for seed in range(first, first + 20):
        program = random_program(seed, EXACT, np.float64)
        better = simplified(program)
        saved += len(program.lines) - len(better.lines)
        rng = np.random.default_rng(seed)
        for numbers in ([-2.0, -1.0, 0.0, 1.0, 3.0], [-1.0, 0.0, 2.0, np.nan], [0.0, -1.0, 1.0, np.inf, -np.inf]):
            inputs = [np.asarray(rng.choice(numbers, s)) for s in SHAPES]
            old, _ = warned(program, inputs)
            new, flags = warned(better, inputs)
            for x, y in zip(old, new, strict=True):
                assert (np.shape(x), x.dtype) == (np.shape(y), y.dtype)
                if not flags:
                    np.testing.assert_array_equal(y, x, err_msg=f"seed {seed}\n{program}\n{better}")
    assert saved > 20 * 5


@pytest.mark.parametrize("first", FIRSTS)
def test_random_programs_are_no_less_exact(first: int) -> None:
    for seed in range(first, first + 20):
        program = random_program(seed, SMOOTH, np.float32)
        better, exact = simplified(program), random_program(seed, SMOOTH, np.float64)
        rng = np.random.default_rng(seed)
        errors = np.zeros((2, len(program.outputs)))
        sizes = np.zeros(len(program.outputs))
        for _ in range(8):
            inputs: list[Array] = [np.asarray(rng.standard_normal(s), np.float32) for s in SHAPES]
            right = exact.run(*[x.astype(float) for x in inputs])
            sizes = np.maximum(sizes, [np.abs(x).max() for x in right])
            for i, run in enumerate((program.run, better.run)):
                errors[i] = np.maximum(
                    errors[i], [np.abs(x - y).max() for x, y in zip(run(*inputs), right, strict=True)]
                )
        limit = 2 * errors[0] + 4 * np.finfo(np.float32).eps * sizes
        assert np.all(errors[1] <= limit), f"seed {seed}: {errors[1]} over {limit}\n{program}\n{better}"


def test_a_rule_that_forgets_a_sign_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    rules_of.cache_clear()
    monkeypatch.setitem(signs.SIGNS, "subtract", [lambda build, line: signs.add_minus(build, line)])  # type: ignore[index]
    try:
        with pytest.raises(AssertionError):
            test_random_programs_of_exact_lines_give_the_same_bits(0)
    finally:
        monkeypatch.undo()
        rules_of.cache_clear()
    assert names(simplified(random_program(0, EXACT, np.float64)))
