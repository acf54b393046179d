"""Where things lie that tests read, and what makes a test skip where they are missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MNIST = Path(os.environ.get("TINYGRAD_LITE_DATA") or ROOT.parent / "shared" / "data" / "mnist")

needs_mnist = pytest.mark.skipif(
    not MNIST.is_dir(), reason=f"no MNIST in {MNIST}: set TINYGRAD_LITE_DATA to its directory"
)
NO_EXAMPLES = f"no examples in {ROOT}: this copy has the package and its tests only"
needs_examples = pytest.mark.skipif(not (ROOT / "examples").is_dir(), reason=NO_EXAMPLES)
needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None and importlib.util.find_spec("pygraphviz") is None, reason="no Graphviz here"
)


def needed(module: str) -> Any:
    """The module of another package; where that is missing, the test is skipped and says which extra brings it."""
    package = module.partition(".")[0]
    return pytest.importorskip(module, reason=f"{package} is not installed: it comes with the extra all-tests")


def file_of(link: str, repository: str) -> Path | None:
    """Where the repository has what a link of its own shows; None for a link that leads elsewhere."""
    raw = repository.replace("https://github.com/", "https://raw.githubusercontent.com/")
    for start in (f"{repository}/blob/main/", f"{repository}/tree/main/", f"{raw}/main/"):
        if link.startswith(start):
            return ROOT / link.removeprefix(start).partition("#")[0]
    return None


def load_example(name: str) -> ModuleType:
    """examples/NAME.py as a module; in a copy without examples, such as an sdist, the test file is skipped."""
    path = ROOT / "examples" / f"{name}.py"
    if not path.parent.is_dir():
        pytest.skip(NO_EXAMPLES, allow_module_level=True)
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
