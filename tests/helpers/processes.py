"""Child processes that are interrupted or left alone, and that never outlive their test."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A child process with its output piped; it is killed at the end of the block if it still runs.

    A process that was started in the background ignores Ctrl-C, and so does every child that it starts. The default
    handler is set while the child is started, so that Ctrl-C reaches the child there, too.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()
