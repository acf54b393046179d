"""All rows of a Jacobian: one program of the upstream gradient, run for many rows at once.

The sweep is linear in the upstream gradient that it starts from, so its lines are the same for every row. They are
recorded once. What makes gradients nan or inf is left to the sweeps row by row, which say where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import TRACE, recorded
from tinygrad_lite.programs.batching import batched
from tinygrad_lite.programs.factoring import factored
from tinygrad_lite.programs.program import Line, Program, Value, program_of
from tinygrad_lite.programs.running import all_finite, run_or_none
from tinygrad_lite.programs.stacking import NotBatched
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["jacobian_rows", "swept_rows"]

FEWEST = 16  # rows from which on one program is faster than a sweep for each
MOST_BYTES = 2**26  # of all lines of the program together; where the rows need more, they come in several runs


def jacobian_rows(out: Tensor, wrt: list[Tensor], create_graph: bool = False) -> list[Any]:
    """Per tensor of `wrt`, the derivatives of all elements of `out`, of shape (out.size, *shape).

    create_graph: the results are Tensors that can be differentiated again.
    """
    if out.size < FEWEST or not out.needs_grad:
        return swept_rows(out, wrt, create_graph)
    seed = Tensor.leaf(_unit_row(out, 0))
    seed.name = "g"  # what is computed from it is recorded
    with recorded():
        first = pull_back([out], [seed], wrt, create_graph=True)
    found = _at_once(out, seed, first, create_graph)
    if found is None:
        rows = [first if create_graph else [c if c is None else c._array for c in first]]
        return _stacked(rows + [_row(out, wrt, i, create_graph) for i in range(1, out.size)], wrt)
    return [np.zeros((out.size, *x.shape), x.dtype) if c is None else c for c, x in zip(found, wrt, strict=True)]


def swept_rows(out: Tensor, wrt: list[Tensor], create_graph: bool = False) -> list[Any]:
    """What jacobian_rows gives, by a sweep for each row, as backward() does it."""
    return _stacked([_row(out, wrt, i, create_graph) for i in range(out.size)], wrt)


def _row(out: Tensor, wrt: list[Tensor], i: int, create_graph: bool) -> list[Any]:
    return pull_back([out], [_unit_row(out, i)], wrt, create_graph)


def _unit_row(out: Tensor, i: int) -> Any:
    return _unit_rows(out, i, i + 1)[0]


def _unit_rows(out: Tensor, start: int, stop: int) -> Any:
    """The upstream gradients of the rows from start to stop: 1 for one element of `out` each."""
    return np.eye(stop - start, out.size, start, out.dtype).reshape((stop - start, *out.shape))


def _stacked(rows: list[list[Any]], wrt: list[Tensor]) -> list[Any]:
    columns = zip(*rows, strict=True) if rows else [[] for _ in wrt]
    return [
        np.stack([np.zeros(x.shape, x.dtype) if g is None else g for g in c]) if c else np.zeros((0, *x.shape), x.dtype)
        for c, x in zip(columns, wrt, strict=True)
    ]


def _at_once(out: Tensor, seed: Tensor, first: list[Any], create_graph: bool) -> list[Any] | None:
    """The rows by the program that leads from the seed to the cotangents of its sweep; None where it does not serve."""
    captured: list[Node] = []
    reached = [c for c in first if c is not None]
    program = program_of([seed], reached, captured=captured if create_graph else None)
    seed_of_rows, trace = program.inputs[0], TRACE.get()
    try:
        runs = list(_runs(factored(program, seed_of_rows, exact=trace is not None), out, captured, underflow=False))
        if None in runs:  # the order of the factors may matter: they are kept as the rules have them
            runs = list(_runs(program, out, captured))
    except NotBatched:
        return None
    if None in runs:
        return None
    columns = [run[0] if len(runs) == 1 else np.concatenate(run) for run in zip(*runs, strict=True)]
    if trace is not None:
        trace.check(all_finite, *columns)
    elif not all_finite(*columns):
        return None
    rest = iter(columns)
    return [None if c is None else next(rest) for c in first]


def _runs(
    program: Program, out: Tensor, captured: list[Node], underflow: bool = True
) -> Iterator[tuple[Any, ...] | None]:
    """The program's outputs for all rows in order, as many rows in each run as there is memory for."""
    bytes_per_row = sum(line.size * line.dtype.itemsize for line in program.lines if line.dtype is not None)
    most = max(1, MOST_BYTES // max(1, bytes_per_row))
    carried = [True] + [False] * len(captured)
    units = program.inputs[0] if out.shape == (out.size,) and out.size <= most else None
    whole, prepared = None, 0
    for start in range(0, out.size, most):
        stop = min(start + most, out.size)
        if whole is None or prepared != stop - start:
            whole, prepared = batched(program, carried, stop - start, units), stop - start
        found = run_or_none(whole, [_unit_rows(out, start, stop), *captured], underflow)
        yield found if found is None else tuple(_own(x, v) for x, v in zip(found, whole.outputs, strict=True))


def _own(x: Any, value: Value) -> Any:
    """The array x of a value, which the caller may write into: a copy where it shows what was there before."""
    while isinstance(value, Line) and value.primitive.view:
        value = value.inputs[0]
    new = isinstance(value, Line) and (not isinstance(x, np.ndarray) or x.flags.writeable)
    return x if new or isinstance(x, Node) else np.array(x)
