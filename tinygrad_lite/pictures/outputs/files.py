"""Writing a picture to a file."""

from __future__ import annotations

from pathlib import Path

from tinygrad_lite.errors import DrawingError

__all__ = ["write"]


def write(target: Path, data: bytes) -> None:
    """Write the file. Raises DrawingError where it cannot be written."""
    try:
        target.write_bytes(data)
    except (OSError, ValueError) as error:  # ValueError: no path has a NUL in it
        raise DrawingError(
            f"cannot write {target}: {getattr(error, 'strerror', None) or error}. Choose a directory that you may write to."
        ) from error
