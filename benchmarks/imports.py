"""What importing costs: CPU time of whole processes, over that of `import numpy`, with modules compiled beforehand."""

from __future__ import annotations

import statistics
import subprocess
import sys
from typing import Any

__all__ = ["imports"]

_MODULES = {
    "by hand": "numpy",
    "eager": "tinygrad_lite",
    "compiled": "tinygrad_lite.compiling",
    "torch": "torch",
    "jax.jit": "jax",
    "autograd": "autograd.numpy",
}


def imports(names: list[str], rounds: int) -> dict[str, Any]:
    """Seconds of CPU time for each contender among `names`: of NumPy, and of each other what it adds to that."""
    modules = {name: module for name, module in _MODULES.items() if name in names}
    times: dict[str, list[float]] = {name: [] for name in modules}
    for i in range(rounds + 1):
        for name, module in modules.items():
            spent = _cpu_of_child(f"import {module}")
            if i:  # the first round compiles
                times[name].append(spent)
    numpy, *others = [(name, statistics.median(own)) for name, own in times.items()]
    return dict([numpy, *((name, spent - numpy[1]) for name, spent in others)])


def _cpu_of_child(code: str) -> float:
    """User and system time of a Python process that runs `code`, with its start and its end."""
    import resource  # only POSIX systems have it

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = spent()
    subprocess.run([sys.executable, "-c", code], check=True)
    return spent() - before
