"""Programs made shorter: from what a trace records to the lines that a person would have written."""

from tinygrad_lite.programs.rewriting.machine import for_machine
from tinygrad_lite.programs.rewriting.simplifying import simplified

__all__ = ["for_machine", "simplified"]
