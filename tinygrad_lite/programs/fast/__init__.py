"""Programs as functions for the machine: buffers that are reused, blocks that fit the cache, threads."""

from tinygrad_lite.programs.fast.fast import Fast, fast
from tinygrad_lite.programs.fast.guards import Doubt, guarded

__all__ = ["Doubt", "Fast", "fast", "guarded"]
