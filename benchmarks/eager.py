"""How fast the engine is, side by side in one run with hand-written NumPy, autograd and torch.

    python benchmarks/eager.py            (autograd and torch are measured where they are installed)

Every contender computes the same numbers, which is checked first. Rounds alternate between the contenders, and what
is shown is the median over the rounds of each one's time as a multiple of the hand-written time of the same round:
machines are noisy, ratios of neighbours much less so.

The hand-written steps are what a person writes from the lecture: closed forms a − y, textbook sigmoid and softmax,
no bookkeeping. They overflow where the engine does not; that is to their advantage.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Iterator

import numpy as np
from rows import Chain, Network, Step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    # A training program has freed arrays of this size (its data, its evaluations); until then glibc gives memory
    # back to the kernel after every step, and all contenders measure page faults.
    del_me = np.empty(2**21)
    del del_me
    print(f"NumPy {np.__version__}; times are multiples of hand-written NumPy, median of {rounds} rounds\n")
    for title, steps in cases():
        report(title, steps, rounds)
    overhead(rounds)


def report(title: str, steps: dict[str, Step], rounds: int) -> None:
    """Check that all contenders agree at every step, then time them in turns."""
    for _ in range(3):
        values = {name: step() for name, step in steps.items()}
        for name, value in values.items():
            if not np.isclose(value, values["NumPy by hand"], rtol=1e-9):
                raise SystemExit(f"{title}: {name} gives {value}, by hand it is {values['NumPy by hand']}")
    repeat = max(1, round(0.01 / seconds(steps["NumPy by hand"], 3)))
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            time.sleep(0.05)  # threads of the one before spin on for a while, which would be charged to this one
            for _ in range(5):
                step()
            times[name].append(seconds(step, repeat))
    hand = times["NumPy by hand"]
    print(f"{title}  (by hand {statistics.median(hand) * 1e6:.0f} µs)")
    for name, own in times.items():
        print(f"  {name:18}{statistics.median(t / h for t, h in zip(own, hand, strict=True)):6.2f}")
    print()


def seconds(step: Step, repeat: int) -> float:
    start = time.perf_counter()
    for _ in range(repeat):
        step()
    return (time.perf_counter() - start) / repeat


def has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def cases() -> Iterator[tuple[str, dict[str, Step]]]:
    for sizes, m, hidden in (([784, 30, 10], 10, "sigmoid"), ([784, 128, 64, 10], 128, "relu")):
        problem = Network(sizes, m, hidden)
        steps = {"NumPy by hand": problem.by_hand(), "tinygrad_lite": problem.engine()}
        if has("autograd"):
            steps["autograd"] = problem.autograd()
        if has("torch"):
            steps["torch eager"] = problem.torch()
        yield f"training step, {'-'.join(map(str, sizes))} {hidden}, batch {m}", steps
    chain = Chain(500)
    steps = {"NumPy by hand": chain.by_hand, "tinygrad_lite": chain.engine}
    if has("autograd"):
        steps["autograd"] = chain.autograd
    if has("torch"):
        steps["torch eager"] = chain.torch
    yield "1,000 operations on 4-vectors, and the gradient", steps


def overhead(rounds: int) -> None:
    """What recording and the sweep add to NumPy's own time, per recorded operation."""
    chain = Chain(500)
    h, w, b = chain.h, chain.w, chain.b

    def bare() -> float:
        x = h
        for _ in range(chain.n):
            x = x * w + b
        g, gw, gb = np.ones(4), np.zeros(4), np.zeros(4)
        for _ in range(chain.n):  # the calls of the sweep, without its bookkeeping
            gb += g
            gw += g * x
            g = g * w
        return float(g[0])

    own = [seconds(chain.engine, 5) - seconds(bare, 5) for _ in range(rounds)]
    print(
        f"over NumPy's own calls, forward and backward: {statistics.median(own) / 1000 * 1e6:.2f} µs per recorded operation"
    )


if __name__ == "__main__":
    main()
