"""Programs as fast functions beside the same programs line by line."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.helpers.any_graphs import any_cost
from tinygrad_lite.programs.fast import Doubt, Fast, fast
from tinygrad_lite.programs.program import Program, program_of

EXTREMES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-20,
    -1e-20,
    0.5,
    -30.0,
    30.0,
    800.0,
    -800.0,
    np.inf,
    -np.inf,
    np.nan,
    1e-300,
    1e300,
]


def cost_with_gradients(seed: int) -> tuple[Program, list[Any]] | None:
    """The program of a random cost and its gradients, and values for it; None where the seed gives no cost."""
    made = any_cost(seed)
    if made is None:
        return None
    cost, leaves = made
    cost.backward(create_graph=True)
    return program_of(leaves, [cost, *[t.grad for t in leaves]]), [t.data.copy() for t in leaves]


def plain(program: Program, *values: Any) -> tuple[Any, ...] | None:
    """What the lines give one after the other, or None where NumPy warns or something raises."""
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            return program.run(*values)
    except (ArithmeticError, ValueError):
        return None


def same(program: Program, *values: Any, function: Fast | None = None, ulps: float = 4) -> bool:
    """Assert that the fast function gives what the lines give, or Doubt; true where it gave something.

    It must doubt where NumPy warns, and only there; single numbers may also doubt where something is not finite.
    """
    expected = plain(program, *values)
    function = function or fast(program)
    before = [np.copy(x) for x in values]
    try:
        found = function(*values)
    except Doubt:
        assert expected is None or _extreme(values) or program.checks, "a doubt without a reason"
        return False
    assert expected is not None, "no doubt where NumPy warns"
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        agree(ours, theirs, ulps)
        assert not any(np.shares_memory(ours, x) for x in values)
    for x, copy in zip(values, before, strict=True):
        np.testing.assert_array_equal(x, copy)
    return True


def _extreme(values: Any) -> bool:
    """Whether single numbers among the values are so large that a program may doubt."""
    return all(np.ndim(x) == 0 for x in values) and not all(np.abs(x) < 1e100 for x in values)


def agree(ours: Any, theirs: Any, ulps: float) -> None:
    """Assert that two results have one type, shape and dtype, and differ by few ulps of the larger numbers."""
    assert np.shape(ours) == np.shape(theirs)
    if not np.shape(theirs) and not isinstance(theirs, float | int):
        assert isinstance(ours, np.generic)
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.dtype == theirs.dtype
    if theirs.dtype.kind != "f":
        np.testing.assert_array_equal(ours, theirs)
        return
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite & ~np.isnan(theirs)], theirs[~finite & ~np.isnan(theirs)])
    room = ulps * np.spacing(np.abs(theirs[finite]))
    assert (np.abs(ours[finite] - theirs[finite]) <= room).all(), (ours, theirs)
