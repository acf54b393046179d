"""What a Python file defines that the user names: it is run, and what it raises is said with its line."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import TinygradLiteError, line_in

__all__ = ["RUN_AS", "beside", "namespace"]

RUN_AS = "__named_file__"
"""The __name__ of the file while it runs."""


def namespace(path: Path, error: type[TinygradLiteError]) -> dict[str, Any]:
    """The names of a file, which runs as `python FILE.py` does, but with another __name__ than "__main__".

    Raises `error` where the file is missing or fails, with the line.
    """
    if not path.is_file():
        raise error(f"there is no file {path}. Check the path.")
    with beside(path, error):
        return runpy.run_path(str(path), run_name=RUN_AS)


@contextmanager
def beside(path: Path, error: type[TinygradLiteError]) -> Iterator[None]:
    """Where the modules beside a file can be imported; what is raised is `error`, with the line of the file."""
    sys.path.insert(0, str(path.resolve().parent))
    try:
        yield
    except (Exception, SystemExit) as problem:
        said = f"{type(problem).__name__}: {problem}".rstrip(".")
        raise error(f"{path}{line_in(problem, str(path))} raised {said}. Run it by itself first.") from problem
    finally:
        sys.path.pop(0)
