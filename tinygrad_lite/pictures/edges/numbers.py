"""How numbers, arrays, shapes and names are written in pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["as_array", "one_line", "number", "shape_text", "summary"]

SMALL = 6  # up to so many elements are written out


def as_array(x: Any) -> Any:
    """The numbers of a tensor or constant as a NumPy array, or None where they cannot be had (on a GPU)."""
    try:
        return x.numpy() if isinstance(x, Tensor) else np.asarray(x)
    except TypeError:
        return None


def number(x: Any) -> str:
    """A number with four significant digits: never 0.0000 for what is not 0.

    >>> number(-1e-9), number(0.0176627), number(2.0), number(3), number(float("nan"))
    ('−1e−9', '0.01766', '2.0', '3', 'nan')
    """
    if isinstance(x, bool | np.bool_):
        return "true" if x else "false"
    if isinstance(x, int | np.integer):
        return str(x).replace("-", "−")
    text = f"{float(x):.4g}"
    if "e" in text:
        digits, power = text.split("e")
        text = f"{digits}e{int(power)}"
    elif text.lstrip("-").isdigit():
        text = "0.0" if float(text) == 0 else text + ".0"
    return text.replace("-", "−")


def _nested(x: Any) -> str:
    return number(x[()]) if x.ndim == 0 else "[" + ", ".join(_nested(row) for row in x) + "]"


def one_line(x: Any, longest: int = 44) -> str:
    """A small array written out, of a large one mean ± spread (the standard deviation); nan and inf are said.

    >>> one_line(np.array([1.0, 0.5])), one_line(np.arange(10.0))
    ('[1.0, 0.5]', '4.5 ± 2.872')
    """
    if x is None:
        return "not looked at"
    x = np.asarray(x)
    if x.size == 0:
        return "empty"
    if x.size <= SMALL:
        text = _nested(x)
        if len(text) <= longest or x.size == 1:
            return text
    return summary(x)


def summary(x: Any) -> str:
    """Mean ± spread, or the one value where all are equal."""
    flat = np.asarray(x).reshape(-1)
    if flat.dtype.kind == "b":
        return f"{np.count_nonzero(flat)} of {flat.size} true"
    bad = np.count_nonzero(~np.isfinite(flat)) if flat.dtype.kind == "f" else 0
    if bad:
        return f"{bad} of {flat.size} nan or inf"
    if flat.min() == flat.max():
        return f"all {number(flat[0])}"
    wide = flat.astype(np.float64)
    return f"{number(wide.mean())} ± {number(wide.std())}"


def shape_text(x: Any) -> str:
    """Shape and dtype of a tensor or array: `scalar float64`, `(10, 784) float32`.

    >>> shape_text(np.zeros((2, 3)))
    '(2, 3) float64'
    """
    shape = np.shape(x)
    return f"{shape if shape else 'scalar'} {getattr(x, 'dtype', type(x).__name__)}"
