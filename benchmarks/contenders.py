"""Who takes part: hand-written NumPy, the engine in two modes, and other engines where they are installed."""

from __future__ import annotations

import importlib.util
import os
import platform
from dataclasses import dataclass
from importlib import metadata

import numpy as np

__all__ = ["CONTENDERS", "HAND", "Contender", "environment", "machine", "present"]


@dataclass(frozen=True)
class Contender:
    """name: the heading of its column. method: of problems. module: what it imports, if that need not be there."""

    name: str
    method: str
    module: str = "numpy"


HAND = "by hand"
CONTENDERS = {
    c.name: c
    for c in (
        Contender(HAND, "by_hand"),
        Contender("by hand, out=", "by_hand_out"),
        Contender("eager", "eager"),
        Contender("compiled", "compiled"),
        Contender("torch", "torch", "torch"),
        Contender("jax.jit", "jax", "jax"),
        Contender("autograd", "autograd", "autograd"),
        Contender("micrograd", "micrograd", "micrograd"),
    )
}
_THREADS = [f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "BLIS")] + ["VECLIB_MAXIMUM_THREADS"]


def present() -> list[str]:
    """The names of the contenders that can run here, in the order of the table."""
    return [c.name for c in CONTENDERS.values() if _installed(c.module)]


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def environment(threads: int) -> dict[str, str]:
    """Of a process that measures: BLAS reads its number of threads when NumPy is imported, so not later than here.

    PYTHONDONTWRITEBYTECODE is removed for the row of imports: where it is set and nothing was compiled before, every
    import compiles again and takes several times as long. XLA cannot be told a number of threads; it counts the
    processors that it may use, which racing.py limits.
    """
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return inherited | dict.fromkeys(_THREADS, str(threads)) | {"JAX_PLATFORMS": "cpu"}


def machine() -> dict[str, str]:
    """What the numbers depend on: processor, system, versions. load: processes that ran when the run began.

    SIMD: the widest instructions that NumPy found. Its exp and tanh of float64 are vectors with AVX-512 (X86_V4) alone.
    """
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    built = np.show_config(mode="dicts")
    blas, simd = built["Build Dependencies"]["blas"], built["SIMD Extensions"]  # type: ignore[index,call-overload]
    packages = [m for m in ("tinygrad-lite", "numpy", "torch", "jax", "autograd", "micrograd") if _version(m)]
    return {
        "processor": model,
        "processors": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "system": f"{platform.system()} {platform.machine()}",
        "SIMD": (simd.get("found") or simd.get("baseline") or ["unknown"])[-1],
        "Python": platform.python_version(),
        "BLAS": f"{blas['name']} {blas['version']}",
        **{name: _version(name) for name in packages},
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
