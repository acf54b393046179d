"""Recorded functions as flat NumPy programs.

Importing this room makes functions that are marked as straight run as one node.
"""

from tinygrad_lite.programs.trace import Program

__all__ = ["Program"]
