"""What `import tinygrad_lite` loads: nothing that only a download, a picture or another library's array needs."""

from __future__ import annotations

import subprocess
import sys

SLOW = {
    "urllib.request", "ssl", "email", "http.client", "zipfile", "importlib.resources",
    "matplotlib", "graphviz", "pygraphviz", "dask", "sympy",
}  # fmt: skip
"""Modules that take long to import; a program that does not use them should not wait for them."""


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}; import sys; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_importing_the_package_loads_no_slow_module() -> None:
    assert (loaded_by("import tinygrad_lite") - loaded_by("import numpy")) & SLOW == set()


def test_a_download_loads_what_it_needs_when_it_is_asked_for() -> None:
    assert "urllib.request" in loaded_by("import tinygrad_lite.data.download")
