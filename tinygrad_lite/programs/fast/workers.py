"""Blocks on several threads. NumPy lets go of the interpreter while it computes, so that they run at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import pairwise
from typing import Any

__all__ = ["available", "share"]

_POOL: list[ThreadPoolExecutor] = []  # made when it is needed first; a child process makes its own
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_POOL.clear)


def available() -> int:
    """How many threads this process may run at the same time."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share(function: Callable[..., None], blocks: int, threads: int, *arguments: Any) -> None:
    """Call function(first, last, *arguments) for parts of the blocks, on several threads, this one among them.

    NumPy's flags hold in all of them. Returns when all are done; raises what the first of them raised.
    """
    threads = min(threads, blocks)
    own, *parts = pairwise(blocks * i // threads for i in range(threads + 1))
    futures: list[Future[None]] = []
    for first, last in parts:
        try:
            futures.append(_pool().submit(copy_context().run, function, first, last, *arguments))
        except RuntimeError:  # the interpreter shuts down and starts no threads any more
            function(first, last, *arguments)
    try:
        function(*own, *arguments)
    finally:
        troubles = [future.exception() for future in futures]  # waits: the others write into the same arrays
    for trouble in troubles:
        if trouble is not None:
            raise trouble


def _pool() -> ThreadPoolExecutor:
    if not _POOL:
        _POOL.append(ThreadPoolExecutor(max(available(), 2), thread_name_prefix="tinygrad_lite"))
    return _POOL[0]
