"""How fast the engine is, side by side with hand-written NumPy, autograd and torch.

    python benchmarks/eager.py                      (autograd and torch are measured where they are installed)
    python benchmarks/eager.py --rows neuron hvp --processes 3 --rounds 11

Every contender computes the same numbers, which is checked first; rows.py has them all. What is shown is a Markdown
table: the time by hand, and the time of each contender as a multiple of it. (Multiple − 1) × time by hand / operations
is what one recorded operation adds to NumPy's own time.

How it is measured, since each of these changes the ratios:
- Each row runs in several processes of its own. Where the large arrays of a process happen to lie in memory changes
  its ratios by up to a fifth, and a second round in the same process finds them in the same place. Shown are the
  median over the processes, and the lowest and the highest in brackets.
- In a process the contenders take turns, and a ratio is that of the medians over the rounds.
- BLAS has one thread. The processes are started with the variables that say so, because BLAS reads them when NumPy
  is imported. All work is then done by one thread, and its CPU time is a steadier measure than the clock on the wall
  where other programs run, too.
- The row of imports counts the CPU time of whole processes, over that of `import numpy`, with modules compiled
  beforehand. PYTHONDONTWRITEBYTECODE is removed for it: where it is set and nothing was compiled before, every import
  compiles again and takes several times as long.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import metadata

import numpy as np
from rows import ROWS, Row, Step

HAND = "by hand"
METHODS = {HAND: "by_hand", "tinygrad_lite": "engine", "autograd": "autograd", "torch": "torch"}
MODULES = {HAND: "numpy", "tinygrad_lite": "tinygrad_lite", "autograd": "autograd.numpy", "torch": "torch"}
IMPORT = "import"  # the only row that is a difference of times, not a ratio
TITLES = {name: row.title for name, row in ROWS.items()} | {IMPORT: "import, CPU time over that of `import numpy`"}
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "BLIS")} | {
    "VECLIB_MAXIMUM_THREADS": "1"
}

Result = dict[str, float]  # seconds by hand, and for each other contender its ratio (import: seconds) over that


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", nargs="+", choices=TITLES, default=list(TITLES), metavar="ROW", help=", ".join(TITLES)
    )
    parser.add_argument("--rounds", type=_positive, default=21, help="per process (default 21)")
    parser.add_argument("--processes", type=_positive, default=5, help="per row (default 5)")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        (name,) = options.rows
        print(json.dumps(imports(options.rounds) if name == IMPORT else race(ROWS[name], options.rounds)))
        return
    names = [name for name in METHODS if name == HAND or _installed(name)]
    print(f"| | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    for row in options.rows:
        results = [in_child(row, options.rounds) for _ in range(options.processes)]
        cells = [shown(row, name, [r[name] for r in results if name in r]) for name in names]
        print(f"| {TITLES[row]} | {' | '.join(cells)} |", flush=True)
    print(f"\n{machine()}; processes {options.processes}, rounds {options.rounds}.")


def in_child(row: str, rounds: int) -> Result:
    """The result of one row, measured in a process of its own with one BLAS thread."""
    command = [sys.executable, __file__, "--child", "--rows", row, "--rounds", str(rounds)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | ONE_THREAD
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:  # the child has said on stderr what went wrong
        raise SystemExit(f"row {row} stopped with exit status {done.returncode}: see above.")
    result: Result = json.loads(done.stdout)
    return result


def race(row: Row, rounds: int) -> Result:
    """Check that all contenders agree at every step, then time them in turns."""
    # A training program has freed arrays of this size (its data, its evaluations); until then glibc gives memory
    # back to the kernel after every step, and all contenders measure page faults.
    del_me = np.empty(2**21)
    del del_me
    problem = row.problem()
    installed = [name for name in METHODS if name not in row.without and (name == HAND or _installed(name))]
    steps: dict[str, Step] = {name: getattr(problem, METHODS[name])() for name in installed}
    agree(row, steps)
    repeat = {name: max(1, round(0.01 / seconds(step, 2))) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            seconds(step, min(repeat[name], 5))  # fills the caches, which the contender before has used
            times[name].append(seconds(step, repeat[name]))
    medians = {name: statistics.median(own) for name, own in times.items()}
    return {name: own if name == HAND else own / medians[HAND] for name, own in medians.items()}


def agree(row: Row, steps: dict[str, Step], rounds: int = 5) -> None:
    """Stop where a contender's numbers differ from those by hand; later steps see the gradients of earlier ones."""
    for i in range(rounds):
        values = {name: step() for name, step in steps.items()}
        for name, value in values.items():
            if not np.allclose(value, values[HAND], rtol=row.rtol, atol=0):
                raise SystemExit(f"{row.title}, step {i}: {name} gives {value}, by hand it is {values[HAND]}")


def seconds(step: Step, repeat: int) -> float:
    """CPU time of one step, the mean of some."""
    start = time.thread_time()
    for _ in range(repeat):
        step()
    return (time.thread_time() - start) / repeat


def imports(rounds: int) -> Result:
    """CPU time of processes that import a module, over those that import NumPy."""
    modules = {name: module for name, module in MODULES.items() if _installed(module.partition(".")[0])}
    times: dict[str, list[float]] = {name: [] for name in modules}
    for i in range(rounds + 1):
        for name, module in modules.items():
            spent = _cpu_of_child(f"import {module}")
            if i:  # the first round compiles
                times[name].append(spent)
    medians = {name: statistics.median(own) for name, own in times.items()}
    return {name: own if name == HAND else own - medians[HAND] for name, own in medians.items()}


def _cpu_of_child(code: str) -> float:
    """User and system time of a Python process that runs `code`, with its start and its end."""
    import resource  # only POSIX systems have it

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = spent()
    subprocess.run([sys.executable, "-c", code], check=True)
    return spent() - before


def shown(row: str, name: str, values: Sequence[float]) -> str:
    """A cell of the table; a dash for a contender that does not run in this row."""
    if not values:
        return "–"
    middle, low, high = statistics.median(values), min(values), max(values)
    if name == HAND:
        return f"{middle * 1e3:.2f} ms" if middle > 1e-3 else f"{middle * 1e6:.1f} µs"
    if row == IMPORT:
        return f"{middle * 1e3:+.0f} ms ({low * 1e3:.0f} to {high * 1e3:.0f})"
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def machine() -> str:
    """What the numbers depend on: processor, system, versions."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    versions = [f"{name} {metadata.version(name)}" for name in ("numpy", "autograd", "torch") if _installed(name)]
    return ", ".join([model, platform.system(), f"Python {platform.python_version()}", *versions])


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more; got {number}")
    return number


if __name__ == "__main__":
    main()
