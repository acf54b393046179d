"""tg.compile: a function of arrays as one flat NumPy program, run in its place."""

from tinygrad_lite.compiling.compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
