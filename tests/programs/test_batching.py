"""A batched program against the program run row by row: every primitive, random graphs, odd indices, no rows at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.random_graphs import random_cost
from tests.helpers.samples import SAMPLES, Sample
from tinygrad_lite import Tensor
from tinygrad_lite.core.graph import TABLE, Primitive
from tinygrad_lite.core.slots import SLOT
from tinygrad_lite.functions.targets import are_classes, is_one_hot, lies_in_0_1
from tinygrad_lite.programs.batching import batched, dependent
from tinygrad_lite.programs.program import Check, Constant, Input, Line, Program, program_of
from tinygrad_lite.programs.stacking import NotBatched
from tinygrad_lite.programs.tracing import traced

Array = np.ndarray[Any, Any]

ROWS = 3
ONE_ROW_AT_A_TIME = {"convolve", "lstsq"}  # NumPy computes them of one pair only


def program_of_call(name: str, inputs: list[Array], params: dict[str, Any]) -> Program:
    """The program with one line."""
    values = [Input(x.shape, x.dtype) for x in inputs]
    result = np.asarray(TABLE[name].value(*inputs, **params))
    line = Line(TABLE[name], values, params, result.shape, result.dtype)
    return Program(tuple(values), (line,), (line,))


def row_by_row(program: Program, values: list[Any], carried: tuple[bool, ...], rows: int) -> list[Array]:
    """What a batched program must give."""
    results = [
        program.run(*(v[i] if c else v for v, c in zip(values, carried, strict=True))) for i in range(rows)
    ]  # fmt: skip
    return [np.stack([np.asarray(x) for x in column]) for column in zip(*results, strict=True)]


def compare(program: Program, values: list[Any], carried: tuple[bool, ...], rows: int = ROWS) -> None:
    whole = batched(program, carried, rows)
    with np.errstate(all="ignore"):
        found, wanted = whole.run(*values), row_by_row(program, values, carried, rows)
    for value, output, x, y in zip(whole.outputs, program.outputs, found, wanted, strict=True):
        assert value.shape == np.shape(x) == y.shape == (rows, *output.shape)
        assert np.asarray(x).dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-13 if y.dtype.kind == "f" else 0)
        # Where the row has nan, so has the batch: assert_allclose takes nan to equal nan only.


def different(x: Array, rows: int = ROWS) -> Array:
    """Rows that differ, from the domain of a sample."""
    if x.dtype.kind == "f":
        return np.stack([x * (1 + 0.03 * i) for i in range(rows)])
    return np.stack([np.roll(x, i) for i in range(rows)])


def subsets(count: int) -> list[tuple[bool, ...]]:
    return [c for c in itertools.product([True, False], repeat=count) if any(c)]


CALLS = [s for samples in SAMPLES.values() for s in samples]


@pytest.mark.parametrize("sample", CALLS, ids=str)
def test_every_primitive_takes_rows(sample: Sample) -> None:
    name, inputs = sample.primitive.name, [np.asarray(x) for x in sample.inputs]
    program = program_of_call(name, inputs, sample.params)
    for carried in subsets(len(inputs)):
        values = [different(x) if c else x for x, c in zip(inputs, carried, strict=True)]
        masks = [x for x, c in zip(inputs[1:], carried[1:], strict=True) if c and x.dtype == bool]
        if name in ONE_ROW_AT_A_TIME or (name in ("getitem", "scatter") and masks):
            with pytest.raises(NotBatched) as caught:
                batched(program, carried, ROWS)
            assert caught.value.line is program.lines[0]
        else:
            compare(program, values, carried)


def test_every_primitive_of_the_table_is_looked_at() -> None:
    assert set(TABLE) <= set(SAMPLES)


EXTREMES = np.array([0.0, -0.0, 1e-20, 1.0, -1.0, 20.0, 800.0, -800.0, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize(
    "name", sorted(n for n, s in SAMPLES.items() if s and TABLE[n].kind in ("elementwise", "reduction"))
)
def test_rows_keep_nan_and_inf(name: str) -> None:
    for sample in SAMPLES[name]:
        inputs = [np.asarray(x) for x in sample.inputs]
        if any(x.dtype.kind == "i" for x in inputs):
            continue
        stacks = [different(x) for x in inputs]
        for seed, x in enumerate(stacks):
            if x.dtype.kind == "f" and x.size:
                x[...] = np.random.default_rng(seed).choice(EXTREMES, x.shape)
        with np.errstate(all="ignore"):
            program = program_of_call(name, [s[0] for s in stacks], sample.params)
            compare(program, stacks, (True,) * len(stacks))


@pytest.mark.parametrize(
    ("shapes", "f"),
    [
        (((), (3,)), lambda x, y: x * y), (((3,), (2, 3)), np.add), (((2, 1), (3,)), np.subtract),
        (((1,), (4, 2, 1)), np.multiply), (((2, 1), (1, 3)), np.maximum), (((), ()), np.divide),
        (((3,), (2, 3), ()), lambda x, y, z: np.where(x > 0, y, z)), (((2, 1, 3), (2, 1)), np.logaddexp),
    ],
)  # fmt: skip
def test_axes_of_size_1_and_missing_axes_broadcast_within_each_row(shapes: Any, f: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    program = traced(f, [rng.normal(size=s) for s in shapes])
    for carried in subsets(len(shapes)):
        compare(
            program, [rng.normal(size=(ROWS, *s) if c else s) for s, c in zip(shapes, carried, strict=True)], carried
        )


FIRST, SECOND = np.array([0, 2, 1, 1]), np.array([1, 0, 0, 1])
INDICES: list[tuple[tuple[int, ...], Any, list[Array]]] = [
    ((3, 2), (SLOT,), [FIRST]), ((2, 3), (slice(None), SLOT), [FIRST]), ((2, 3), (Ellipsis, SLOT), [FIRST]),
    ((3, 2), (SLOT, SLOT), [FIRST, SECOND]), ((3, 4, 2), (SLOT, slice(None), SLOT), [FIRST, SECOND]),
    ((3, 4, 2), (SLOT, Ellipsis, SLOT), [FIRST, SECOND]), ((3, 2), (SLOT, Ellipsis, SLOT), [FIRST, SECOND]),
    ((2, 3, 2), (1, SLOT, SLOT), [FIRST, SECOND]), ((2, 5, 3), (1, slice(1, 4), SLOT), [FIRST]), ((3, 2), (SLOT, None, SLOT), [FIRST, SECOND]),
    ((4, 3, 2), (None, slice(None, None, 2), SLOT, SLOT), [FIRST, SECOND[:, None]]), ((4, 3, 2, 5), (Ellipsis, SLOT, SLOT, slice(3)), [FIRST, SECOND]),
    ((3, 2), (SLOT,), [np.array(2)]), ((5, 3), (slice(None), SLOT, None), [np.array(2)]), ((3,), (SLOT,), [FIRST.reshape(2, 2)]),
    ((3, 2), (SLOT, 1), [FIRST]), ((3, 2), (SLOT,), [np.zeros(0, int)]),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "index", "arrays"), INDICES, ids=lambda v: str(v)[:40])
def test_index_arrays_stay_where_numpy_puts_them(shape: Any, index: Any, arrays: list[Array]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    got = program_of_call("getitem", [x, *arrays], {"index": index})
    g = np.random.default_rng(1).normal(size=got.outputs[0].shape)
    put = program_of_call("scatter", [g, *arrays], {"index": index, "shape": shape})
    for program, first in ((got, x), (put, g)):
        for carried in subsets(1 + len(arrays)):
            values = [different(v) if c else v for v, c in zip([first, *arrays], carried, strict=True)]
            compare(program, values, carried)


def gradient_program(seed: int) -> Program:
    """A random cost and its gradient, all leaves being inputs."""
    cost, parameters = random_cost(seed)
    leaves = [t for t in tg.graph(cost) if t.primitive is None]
    return program_of(leaves, [cost, *tg.pull_back([cost], [Tensor(1.0)], parameters, create_graph=True)])


@pytest.mark.parametrize("seed", range(12))
def test_random_costs_with_their_gradients(seed: int) -> None:
    program = gradient_program(seed)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        carried = tuple(rng.random(len(program.inputs)) < 0.6)
        if not any(carried):
            continue
        values = [
            rng.uniform(0.1, 0.9, size=(ROWS, *x.shape) if c else x.shape)
            for x, c in zip(program.inputs, carried, strict=True)
        ]
        compare(program, values, carried)


def test_no_rows_at_all_give_outputs_of_no_rows() -> None:
    program = gradient_program(3)
    carried = (True,) * len(program.inputs)
    found = batched(program, carried, 0).run(*(np.zeros((0, *x.shape)) for x in program.inputs))
    assert [x.shape for x in found] == [(0, *x.shape) for x in program.outputs]


def test_outputs_that_are_the_same_for_all_rows_are_repeated() -> None:
    x, y = Input((2,), np.dtype(float)), Input((), np.dtype(float))
    line = Line(TABLE["exp"], [x], {}, (2,), np.dtype(float))
    program = Program((x, y), (line,), (line, y, x, Constant(2.0), Constant(np.ones(2))))
    assert dependent(program, [x]) == {x, line}
    for carried in ((True, False), (False, True), (True, True)):
        values = [np.arange(6.0).reshape(3, 2) if carried[0] else np.arange(2.0), np.arange(3.0) if carried[1] else 5.0]
        compare(program, values, carried)


def test_lines_that_no_row_changes_are_computed_once() -> None:
    program = traced(lambda x, y: np.exp(x) * y, [np.ones(2), np.ones(2)])
    whole = batched(program, (False, True), 5)
    assert [line.shape for line in whole.lines] == [(2,), (5, 2)]


def test_a_check_holds_if_it_holds_for_each_row() -> None:
    x, y = Input((2,), np.dtype(float)), Input((), np.dtype(float))
    seen: list[Any] = []

    def holds(a: Any, b: Any) -> bool:
        seen.append((a.shape, b))
        return bool(a.sum() > b)

    program = Program((x, y), (), (x,), checks=(Check(holds, (x, y)),))
    (check,) = batched(program, (True, False), 2).checks
    assert check.holds(np.array([[1.0, 1.0], [0.0, 3.0]]), 1.0)
    assert not check.holds(np.array([[1.0, 1.0], [0.0, 0.0]]), 1.0)
    assert set(seen) == {((2,), 1.0)}


@pytest.mark.parametrize(
    ("holds", "good", "bad"),
    [
        (lies_in_0_1, [[0.0, 0.5], [1.0, np.nan]], [[0.0, 0.5], [1.5, 0.0]]),
        (is_one_hot, [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]),
        (partial(are_classes, classes=3), [[0, 1], [2, 2]], [[0, 1], [2, 3]]),
    ],
)
def test_checks_of_targets_are_asked_of_all_rows_at_once(holds: Any, good: Any, bad: Any) -> None:
    x = Input((2,), np.asarray(good).dtype)
    (check,) = batched(Program((x,), (), (x,), checks=(Check(holds, (x,)),)), (True,), 2).checks
    assert check.holds is holds
    for values in map(np.asarray, (good, bad)):
        assert holds(values) == all(holds(row) for row in values)
    assert holds(np.asarray(good)) > holds(np.asarray(bad))


def test_a_watched_scalar_is_not_finite_if_it_is_so_in_one_row() -> None:
    x = Input((), np.dtype(float))
    whole = batched(Program((x,), (), (x,), watched=(x,)), (True,), 3)
    total = Program(whole.inputs, whole.lines, whole.watched)
    assert np.isfinite(total.run(np.ones(3))[0])
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(total.run(np.array([1.0, np.inf, -np.inf]))[0])


def test_inputs_that_are_changed_in_place_are_not_batched() -> None:
    x = Input((), np.dtype(float))
    with pytest.raises(NotBatched, match="in place"):
        batched(Program((x,), (), (), updates=((x, Constant(1.0)),)), (True,), 2)


@pytest.mark.parametrize("kind", ["reduction", "shape", "product"])
def test_a_primitive_of_somebody_else_without_a_rule_takes_one_row_at_a_time(kind: Any) -> None:
    own = Primitive("first_number", lambda x: x[0], None, kind=kind)
    try:
        x = Input((2,), np.dtype(float))
        line = Line(own, [x], {}, (), np.dtype(float))
        with pytest.raises(NotBatched, match="first_number"):
            batched(Program((x,), (line,), (line,)), (True,), 3)
    finally:
        del TABLE["first_number"]


def test_a_product_with_one_matrix_for_all_rows_is_one_product_of_matrices() -> None:
    program = traced(lambda x, w: x @ w, [np.ones((2, 3)), np.ones((3, 4))])
    products = [line for line in batched(program, (True, False), 5).lines if line.primitive is TABLE["matmul"]]
    assert [[x.shape for x in line.inputs] for line in products] == [[(10, 3), (3, 4)]]
