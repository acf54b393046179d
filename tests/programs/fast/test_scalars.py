"""Programs of single numbers run in Python floats and give what NumPy's scalars give."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.fast_programs import EXTREMES, same
from tests.helpers.samples import SAMPLES
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.programs.fast import Doubt, fast
from tinygrad_lite.programs.fast.scalars import is_scalar
from tinygrad_lite.programs.program import Constant, Input, Line, Program
from tinygrad_lite.programs.tracing import traced

F8 = np.dtype(np.float64)


def neuron(w: Any, b: Any, x: Any, y: Any) -> Any:
    cost, gradient = tg.value_and_grad(lambda w, b: tg.cross_entropy(tg.sigmoid(w * x + b), y), (0, 1))(w, b)
    return (cost, *gradient)


def costs() -> list[Callable[..., Any]]:
    return [
        neuron, lambda a, b, c, d: a * b + np.exp(c) / d, lambda a, b, c, d: np.where(a > b, c / d, a - b),
        lambda a, b, c, d: np.maximum(a, b) * np.minimum(c, d), lambda a, b, c, d: (a**2, b**3, abs(c) ** 0.5, d**-1),
        lambda a, b, c, d: 1 / (1 + a * b) + np.tanh(c) * np.log(d), lambda a, b, c, d: np.sign(a) + np.sqrt(b) + np.abs(c),
        lambda a, b, c, d: np.exp(-(a * b)) - np.log1p(c) * np.square(d),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(8))
def test_the_numbers_are_those_of_numpy(number: int) -> None:
    values = [np.float64(x) for x in (0.6, 0.9, 1.0, 0.25)]
    program = traced(costs()[number], values, ["a", "b", "c", "d"])
    assert is_scalar(program)
    function = fast(program)
    assert same(program, *values, function=function)
    for extreme in itertools.product([0.0, -2.0, 1e200, -800.0, np.nan], repeat=4):
        same(program, *[np.float64(x) for x in extreme], function=function)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("name", sorted(n for n, e in TABLE.items() if e.kind == "elementwise"))
def test_a_primitive_of_scalars(name: str) -> None:
    primitive = TABLE[name]
    count = len(SAMPLES[name][0].inputs)
    if name in ("where", "broadcast_to", "round", "angle", "sinc_slope") or "astype" in name:
        return
    xs = [Input((), F8) for _ in range(count)]
    try:
        out = primitive.value(*[np.float64(1.5) for _ in xs])
    except TypeError:  # a function of integers
        return
    made = Line(primitive, xs, {}, (), np.asarray(out).dtype)
    program = Program(tuple(xs), (made,), (made,))
    function = fast(program)
    for values in itertools.product(EXTREMES, repeat=count):
        same(program, *[np.float64(x) for x in values], function=function)


def test_an_infinity_that_gets_lost_is_a_doubt() -> None:
    x = Input((), F8)
    product = Line(p.multiply, (x, x), {}, (), F8)
    small = Line(p.divide, (Constant(1.0), product), {}, (), F8)
    function = fast(Program((x,), (product, small), (small,)))
    assert function(np.float64(4.0)) == (0.0625,)
    with pytest.raises(Doubt):
        function(np.float64(1e200))


def test_results_are_numpys_scalars() -> None:
    program = traced(lambda x: (x > 0, x * 2.0, 1.5), [np.float64(3.0)])
    truth, number, constant = fast(program)(np.float64(3.0))
    assert isinstance(truth, np.bool_)
    assert isinstance(number, np.float64)
    assert constant == 1.5
