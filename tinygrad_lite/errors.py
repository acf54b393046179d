"""What can go wrong, one exception type for each kind of trouble, all under one base class.

Each type is also the built-in exception that a NumPy user would expect (`ShapeError` is a `ValueError`,
`DTypeError` a `TypeError`, ...), so `except ValueError` keeps working. Messages say what happened, what was
seen, and what to do.
"""

from __future__ import annotations

__all__ = [
    "TinygradLiteError",
    "ShapeError",
    "DTypeError",
    "IndexingError",
    "UnsupportedError",
    "DetachError",
    "SpellingError",
    "SpellingImportError",
    "ScalarError",
    "ReadOnlyError",
    "GradientError",
    "StaleGraphError",
    "DomainError",
    "CompileError",
    "GradcheckError",
    "StateError",
    "DataError",
    "FormulaError",
    "DerivationError",
    "ExerciseError",
    "DrawingError",
    "WriteError",
    "MissingExtraError",
    "NumericsWarning",
]


def __dir__() -> list[str]:
    return sorted(__all__)


class TinygradLiteError(Exception):
    """Base class of every error that tinygrad_lite raises on purpose.

    See also: tg.errors.NumericsWarning.

    >>> import tinygrad_lite as tg
    >>> try:
    ...     tg.Tensor([1.0, 2.0]) + tg.Tensor([1.0, 2.0, 3.0])
    ... except tg.TinygradLiteError as error:
    ...     print(type(error).__name__, isinstance(error, ValueError))
    ShapeError True
    """


class ShapeError(TinygradLiteError, ValueError):
    """Shapes, axes or lengths that do not fit together; the message shows all of them."""


class DTypeError(TinygradLiteError, TypeError):
    """Data of a type that has no derivative or no arithmetic here (integers that want a gradient, strings)."""


class IndexingError(TinygradLiteError, IndexError):
    """An index that is out of range or of a kind that NumPy does not know."""


class UnsupportedError(TinygradLiteError, TypeError):
    """A NumPy function, keyword or method that has no meaning on Tensors; says what to write instead, or why it is not there."""


class ReadOnlyError(UnsupportedError, ValueError):
    """An in-place operation on the values of a Tensor, which its graph may need. NumPy's own error is a ValueError."""


class DetachError(TinygradLiteError, TypeError):
    """Something would have turned a tracked Tensor into a plain array and silently lost its gradient."""


class SpellingError(TinygradLiteError, AttributeError):
    """A name that other libraries use for what is written in another way here; says how."""


class SpellingImportError(TinygradLiteError, ImportError):
    """The same in `from tinygrad_lite.nn import ReLU`, where Python expects an ImportError."""


class ScalarError(ShapeError, TypeError):
    """A scalar that was asked for its length or its elements.

    It is a TypeError, too: by that Python and other libraries find out that something cannot be iterated over.
    """


class GradientError(TinygradLiteError, RuntimeError):
    """A derivative that cannot be taken: no scalar to start from, nothing tracked, no path."""


class StaleGraphError(TinygradLiteError, RuntimeError):
    """Data that a graph has captured was changed between the forward and the backward pass."""


class DomainError(TinygradLiteError, ValueError):
    """Values outside the range on which a function is defined (activations outside [0, 1], class 10 of 10)."""


class CompileError(TinygradLiteError, RuntimeError):
    """A function that no program can stand for, such as one that branches on a value; names the line that does it."""


class GradcheckError(TinygradLiteError, AssertionError):
    """A derivative that disagrees with differences; names the input, the index, got and expected."""


class StateError(TinygradLiteError, ValueError):
    """Weights that do not fit a model: missing or unknown keys, wrong shapes, damaged files."""


class DataError(TinygradLiteError, ValueError):
    """Data files that are missing, truncated, foreign or unreadable; names the file."""


class FormulaError(TinygradLiteError, ValueError):
    """A formula or expression that cannot be read; points at the place."""


class DerivationError(TinygradLiteError, ValueError):
    """A derivation that was asked for something that is not in the graph."""


class ExerciseError(TinygradLiteError, ValueError):
    """An exercise that cannot be made or found, and an answer or a folder of answers that cannot be read."""


class DrawingError(TinygradLiteError, RuntimeError):
    """A picture that cannot be made here, with the ways out."""


class WriteError(TinygradLiteError, OSError):
    """A file that cannot be written: a directory that is not there or not yours, a full disk; names the file."""


class MissingExtraError(TinygradLiteError, ImportError):
    """An optional dependency is not installed; names the extra that brings it."""


class NumericsWarning(RuntimeWarning):
    """A gradient became nan or inf; says at which node and which spelling repairs it."""


def extra(name: str) -> str:
    """How an extra is installed, from a package index and in a clone.

    >>> extra("plot")
    "pip install 'tinygrad-lite[plot]', or in a clone pip install '.[plot]'"
    """
    return f"pip install 'tinygrad-lite[{name}]', or in a clone pip install '.[{name}]'"


def line_in(error: BaseException, path: str) -> str:
    """Where in a user's file an error came from, as in ", line 3,"; "" where that is not known."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}," if error.filename == path else ""
    line, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = f", line {trace.tb_lineno},"
        trace = trace.tb_next
    return line
