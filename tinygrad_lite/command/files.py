"""What a name stands for in a Python file: FILE.py:NAME."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import TinygradLiteError, line_in

__all__ = ["found_in"]


def found_in(
    source: str, command: str, kind: type | tuple[type, ...], what: str, error: type[TinygradLiteError],
    use: Callable[[Any, Mapping[str, Any]], Any],
) -> Any:  # fmt: skip
    """What `use` makes of the value NAME of a Python file FILE.py:NAME, and of all that the file defines.

    The file runs as `python FILE.py` does, but with another __name__ than "__main__". command, kind, what: for messages,
    who asks, and what it looks for, in a word.
    Raises `error` where the file or the name is not there, or the file itself fails.
    """
    file, colon, name = source.rpartition(":")
    path = Path(file)
    if not colon or not name.isidentifier():
        raise error(f"{command} takes FILE.py:NAME; got {source!r}. Name a {what} in the file after a colon.")
    if not path.is_file():
        raise error(f"there is no file {file}. Check the path.")
    sys.path.insert(0, str(path.resolve().parent))
    try:
        found = runpy.run_path(str(path), run_name=f"__{command}__")
        if name not in found:
            known = ", ".join(n for n, v in found.items() if isinstance(v, kind)) or "none"
            raise error(f"{file} has no {name!r}; its {what}s are: {known}.")
        return use(found[name], found)
    except error:
        raise
    except Exception as problem:
        line = line_in(problem, str(path))
        said = f"{type(problem).__name__}: {problem}".rstrip(".")
        raise error(f"{file}{line} raised {said}. Run it by itself first.") from problem
    finally:
        sys.path.pop(0)
