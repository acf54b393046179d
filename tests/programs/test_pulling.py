"""Value and pulls as programs that share what they compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.fast.runs import LARGE
from tinygrad_lite.programs.program import Line
from tinygrad_lite.programs.pulling import Joint, Pulls, joint, parted
from tinygrad_lite.programs.rewriting import for_machine, simplified
from tinygrad_lite.programs.standins import stand_in
from tinygrad_lite.programs.tracing import Trace, traced_call

RNG = np.random.default_rng(0)


def traced_with_pulls(function: Callable[..., Any], arrays: Sequence[Any], needing: Sequence[int]) -> Joint:
    """A function of arrays, of which some need a gradient, with the pulls of all its results."""
    inputs = [stand_in(x, f"x{i}", requires_grad=i in needing) for i, x in enumerate(arrays)]
    trace = Trace(inputs)
    found = traced_call(trace, function, *inputs)
    results = list(found) if isinstance(found, tuple) else [found]
    return joint(trace, inputs, results, results, [inputs[i] for i in needing])


def pulled(pulls: Pulls, arrays: Sequence[Any], g: Any, result: int = 0) -> tuple[Any, ...]:
    """The outputs of the value, without what is saved, and the cotangents of one result."""
    outputs = pulls.value.call(*arrays)
    given = [arrays[i] for i in pulls.parts.inputs] + [outputs[i] for i in pulls.parts.saved]
    return *outputs[: pulls.whole.outputs], *pulls.pull(result)(g, *given)


def layer(x: Any, w: Any, b: Any) -> Any:
    return np.tanh(x @ w.T + b), (tg.sigmoid(x @ w.T) ** 2).sum()


ARRAYS = [RNG.standard_normal(shape) for shape in ((5, 4), (3, 4), (3,))]


def test_the_parts_compute_what_the_whole_computes() -> None:
    whole = traced_with_pulls(layer, ARRAYS, [1, 2])
    pulls, seeds = Pulls(whole, {0, 1}), [RNG.standard_normal((5, 3)), np.float64(0.7)]
    expected = fast(whole.program)(*ARRAYS, *seeds)
    assert whole.reached == ((0, 1), (0,))
    for result, cotangents in ((0, expected[2:4]), (1, expected[4:])):
        found = pulled(pulls, ARRAYS, seeds[result], result)
        for ours, theirs in zip(found, (*expected[:2], *cotangents), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_no_line_is_computed_twice_but_views() -> None:
    whole = traced_with_pulls(layer, ARRAYS, [1, 2])
    parts = parted(whole)
    programs = [parts.value, *(p for p in parts.pulls if p is not None)]
    names = Counter(line.primitive.name for program in programs for line in program.lines if not line.primitive.view)
    once = for_machine(simplified(whole.program)).lines
    assert names == Counter(line.primitive.name for line in once if not line.primitive.view)


def test_only_what_pulls_read_is_kept() -> None:
    parts = parted(traced_with_pulls(lambda x, w: (x @ w).sum(), [ARRAYS[0], ARRAYS[1].T], [1]))
    assert parts.inputs == (0,)
    assert parts.saved == ()
    assert len(parts.value.outputs) == 1


def test_a_result_that_nobody_writes_to_is_kept_as_it_is_and_others_as_copies() -> None:
    whole = traced_with_pulls(lambda x: np.exp(x), [ARRAYS[0]], [0])
    assert parted(whole, {0}).saved == (0,)
    pulls = Pulls(whole)
    assert pulls.parts.saved == (1,)
    result, kept = pulls.value.call(ARRAYS[0])
    assert not np.shares_memory(result, kept)
    result[:] = 0.0
    np.testing.assert_allclose(pulls.pull(0)(np.ones((5, 4)), kept)[0], np.exp(ARRAYS[0]))


def test_later_calls_leave_what_was_kept() -> None:
    pulls = Pulls(traced_with_pulls(layer, ARRAYS, [1, 2]), {0, 1})
    outputs = pulls.value.call(*ARRAYS)
    before = [np.copy(x) for x in outputs]
    pulls.pull(1)(np.float64(1.0), *[ARRAYS[i] for i in pulls.parts.inputs], *[outputs[i] for i in pulls.parts.saved])
    pulls.value.call(*[2 * x for x in ARRAYS])
    for x, copy in zip(outputs, before, strict=True):
        np.testing.assert_array_equal(x, copy)


@programs_run
def test_arithmetic_of_large_arrays_is_done_again_and_dear_functions_are_not() -> None:
    def chain(x: Any) -> Any:
        y = np.tanh(2.0 * x + 1.0)
        return (1.0 + y * y) ** 2

    for size, kept in ((100, ["add", "tanh", "add"]), (LARGE, ["tanh"])):
        whole = traced_with_pulls(chain, [RNG.standard_normal(size)], [0])
        pulls = Pulls(whole)
        saved = [pulls.parts.value.outputs[i] for i in pulls.parts.saved]
        assert [x.primitive.name for x in saved if isinstance(x, Line)] == kept
        x, g = RNG.standard_normal(size), RNG.standard_normal(size)
        for ours, theirs in zip(pulled(pulls, [x], g), fast(whole.program)(x, g), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
