"""How a row is measured: answers first, then the contenders in turns.

- Each row runs in several processes of its own. Where the large arrays of a process happen to lie in memory changes
  its ratios by up to a fifth, and a second round in the same process finds them in the same place. Shown are the median
  over the processes, and the lowest and the highest.
- In a process the contenders take turns, and a ratio is that of the medians over the rounds.
- With one thread, BLAS, torch and XLA have one, and the process may use one processor only. What is counted is the CPU
  time of all threads of the process: it is steadier than the clock on the wall where other programs run, too. With more
  threads only the clock on the wall says how long a user waits.
"""

from __future__ import annotations

import os
import statistics
import time
import tracemalloc
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from benchmarks.contenders import CONTENDERS, HAND, present
from benchmarks.rows.base import Row, Step

__all__ = ["Disagreement", "agreeing", "limit_processors", "peak_arrays", "race", "seconds"]

Times = dict[str, Any]
# Allocated by C++ code that tracemalloc does not see.
_UNTRACED = ("torch", "jax.jit")


class Disagreement(Exception):
    """A contender computes other numbers than the one by hand."""


def limit_processors(threads: int) -> None:
    """Let this process use so many processors, where the system can be told."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def agreeing(
    row: Row, problem: Any, contenders: Collection[str] = CONTENDERS, rounds: int = 3
) -> tuple[dict[str, Step], dict[str, str]]:
    """The steps of all contenders of a row, whose numbers agree; and the errors of those that cannot run it.

    Raises Disagreement where numbers differ from those by hand. Later steps see the gradients of earlier ones.
    """
    steps, failed, expected = {}, {}, []
    for name in present():
        prepare = getattr(problem, CONTENDERS[name].method, None)
        if prepare is None or name in row.without or name not in (HAND, *contenders):
            continue
        try:
            steps[name] = prepare()
            answers = [steps[name]() for _ in range(rounds)]
        except Exception as error:  # the others are measured all the same; the table says what is missing
            if name == HAND:
                raise
            steps.pop(name, None)
            failed[name] = f"{type(error).__name__}: {error}"
            continue
        expected = answers if name == HAND else expected
        for i, (answer, right) in enumerate(zip(answers, expected, strict=True)):
            if not same(answer, right, row.rtol):
                raise Disagreement(f"{row.title}, step {i}: {name} gives {answer}, by hand it is {right}")
    return steps, failed


def same(value: Any, expected: Any, rtol: float) -> bool:
    """Whether numbers agree to rtol of the largest of their array."""
    if isinstance(expected, tuple):
        return len(value) == len(expected) and all(same(v, e, rtol) for v, e in zip(value, expected, strict=True))
    value, expected = np.asarray(value), np.asarray(expected)
    return value.shape == expected.shape and np.allclose(value, expected, rtol=0, atol=rtol * np.abs(expected).max())


def race(
    row: Row, budget: float, threads: int = 1, contenders: Collection[str] = CONTENDERS, sizes: Any = None
) -> Times:
    """Check that all contenders agree, then time them in turns, for about `budget` seconds but at least three rounds.

    Gives seconds (the median of each), failed (errors), and memory where the row asks for it.
    """
    # A training program has freed arrays of this size (its data, its evaluations); until then glibc gives memory back
    # to the kernel after every step, and all contenders measure page faults.
    del_me = np.empty(2**21)
    del del_me
    problem = row.problem(**(row.sizes if sizes is None else sizes))
    steps, failed = agreeing(row, problem, contenders)
    clock = time.process_time if threads == 1 else time.perf_counter
    share = min(0.01, budget / (10 * len(steps)))
    repeat = {name: max(1, round(share / seconds(step, 1, clock))) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    begin, rounds = time.perf_counter(), 0
    while rounds < 3 or time.perf_counter() - begin < budget:
        for name, step in steps.items():
            if repeat[name] > 1:
                seconds(step, min(repeat[name], 5), clock)  # fills the caches, which the contender before has used
            times[name].append(seconds(step, repeat[name], clock))
        rounds += 1
    result: Times = {"seconds": {k: statistics.median(v) for k, v in times.items()}, "failed": failed, "rounds": rounds}
    if row.memory:
        result["memory"] = {
            name: peak_arrays(getattr(problem, CONTENDERS[name].method), problem.unit)
            for name in steps
            if name not in _UNTRACED
        }
    return result


def seconds(step: Step, repeat: int, clock: Callable[[], float] = time.process_time) -> float:
    """The time of one step, the mean of some."""
    start = clock()
    for _ in range(repeat):
        step()
    return (clock() - start) / repeat


def peak_arrays(prepare: Callable[[], Step], unit: int) -> float:
    """The most memory that a step holds beside its inputs and its results, in arrays of `unit` bytes.

    Memory that the first step allocates and keeps counts, too: buffers are not free because they are used again.
    """
    step = prepare()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    results = step()
    size = sum(np.asarray(r).nbytes for r in (results if isinstance(results, tuple) else (results,)))
    del results
    tracemalloc.reset_peak()
    kept = step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return (peak - before - size) / unit
