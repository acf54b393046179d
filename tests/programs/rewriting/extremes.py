"""Values on which a rewritten program is held against the program as it was traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.programs.program import Program
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.tracing import traced

Array = np.ndarray[Any, Any]

SIZES = (0.0, 1e-20, 1e-3, 0.5, 1.0, 3.7, 20.0, 88.0, 800.0, np.inf)
EXTREMES = np.array([*SIZES, *(-s for s in SIZES), np.nan])
DTYPES = (np.float32, np.float64)


def together(count: int, dtype: Any) -> list[Array]:
    """Arrays of one shape in which all combinations of the extreme values meet."""
    return [x.ravel().astype(dtype) for x in np.meshgrid(*[EXTREMES] * count, indexing="ij")]


def rewritten(function: Callable[..., Any], inputs: Sequence[Array]) -> tuple[Program, Program]:
    """The program of a function as traced, and simplified."""
    with np.errstate(all="ignore"):
        program = traced(function, inputs)
    return program, simplified(program)


def names(program: Program) -> list[str]:
    """The primitives of the lines in the order in which they run."""
    return [line.primitive.name for line in program.lines]


def warned(program: Program, inputs: Sequence[Array]) -> tuple[tuple[Any, ...], set[str]]:
    """The outputs, and of what NumPy warned."""
    kinds: set[str] = set()
    with np.errstate(divide="call", over="call", invalid="call", under="ignore", call=lambda kind, _: kinds.add(kind)):
        return program.run(*inputs), kinds


def assert_equal(program: Program, better: Program, inputs: Sequence[Array], ulps: float = 0) -> None:
    """The same dtypes, shapes, values and warnings. Zeros are equal whatever their signs."""
    old, new = warned(program, inputs), warned(better, inputs)
    assert old[1] == new[1]
    for x, y in zip(old[0], new[0], strict=True):
        assert (np.shape(x), x.dtype) == (np.shape(y), y.dtype)
        if ulps:
            eps = np.finfo(x.dtype).eps
            np.testing.assert_allclose(y, x, rtol=ulps * eps, atol=4 * np.finfo(x.dtype).smallest_subnormal)
        else:
            np.testing.assert_array_equal(y, x)
