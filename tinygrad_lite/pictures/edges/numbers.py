"""How numbers, arrays, shapes and names are written in pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.tensor.tensor import Tensor

__all__ = [
    "MANY", "as_array", "constant", "equals", "factor", "figure", "full", "matrix", "number", "one_line", "shape_text", "short",
    "slope_equals", "summary",
]  # fmt: skip

SMALL = 6  # up to so many elements are written out
LONGEST = 44  # where that is no longer than so many letters
ROUNDING = 1e-14  # of the mean: what equal numbers differ by after a few operations
DUST = 5e-5  # of the deviation: four digits of it show no smaller mean
MANY = 200  # up to so many are written out in full


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
    text = short(x)
    whole = not isinstance(x, bool | np.bool_ | int | np.integer) and text.removeprefix("−").isdigit()
    return f"{text}.0" if whole else text


def short(x: Any) -> str:
    """A number as it stands in a formula: `number` without the .0 of a float.

    >>> short(2.0), short(-0.0), short(0.5)
    ('2', '0', '0.5')
    """
    if isinstance(x, bool | np.bool_):
        return "true" if x else "false"
    if isinstance(x, int | np.integer):
        return str(x).replace("-", "−")
    digits, e, power = f"{float(x) + 0.0:.4g}".partition("e")  # + 0.0: −0.0 is written as 0
    return f"{digits}{e}{int(power) if e else ''}".replace("-", "−")


def constant(x: Any) -> str:
    """A number in full, as it stands in a formula: with as many digits as tell it from every other of its dtype.

    >>> constant(1.0001), constant(np.float32(0.1)), constant(2.0), constant(1e-9), constant(float("-inf"))
    ('1.0001', '0.1', '2', '1e−9', '−inf')
    """
    if isinstance(x, bool | np.bool_ | int | np.integer):
        return short(x)
    digits, e, power = str(np.asarray(x) + 0).partition("e")
    return f"{digits.removesuffix('.0')}{e}{int(power) if e else ''}".replace("-", "−")


def _nested(x: Any) -> str:
    return number(x[()]) if x.ndim == 0 else "[" + ", ".join(_nested(row) for row in x) + "]"


def one_line(x: Any) -> str:
    """A small array written out, of a large one the mean and the standard deviation; nan and inf are said.

    >>> one_line(np.array([1.0, 0.5])), one_line(np.arange(10.0))
    ('[1.0, 0.5]', 'mean 4.5, std 2.872')
    """
    if x is None:
        return "not looked at"
    x = np.asarray(x)
    if x.size == 0:
        return "empty"
    return _nested(x) if _is_written_out(x) else summary(x)


def _is_written_out(x: Any) -> bool:
    return x.size == 1 or (x.size <= SMALL and len(_nested(x)) <= LONGEST)


def figure(x: Any) -> str:
    """A local derivative in one line: where all its elements are equal, the one number that they are.

    >>> figure(np.array([2.0, 2.0])), figure(np.array([[0.5]]))
    ('2.0 each', '0.5')
    """
    x = np.asarray(x)
    if x.size == 1:
        return number(x.reshape(())[()])
    return f"{number(x.flat[0])} each" if _is_uniform(x) else one_line(x)


def _is_uniform(x: Any) -> bool:
    return bool(x.size and np.isfinite(x).all() and x.min() == x.max())


def equals(x: Any) -> str:
    """`one_line` behind a symbol: only numbers that are written out are equal to something.

    >>> equals(np.float64(0.5)), equals(np.arange(10.0))
    ('= 0.5', 'with mean 4.5, std 2.872')
    """
    return _behind(x, one_line(x))


def slope_equals(x: Any) -> str:
    """`figure` behind the symbol of a local derivative."""
    return _behind(x, figure(x))


def _behind(x: Any, text: str) -> str:
    x = np.asarray(x)
    summed_up = x.size > 0 and not _is_written_out(x) and not _is_uniform(x)
    return f"with {text}" if summed_up else f"= {text}"


def factor(x: Any) -> str:
    """`figure` as a factor of a product: what begins with a minus stands in brackets.

    >>> factor(np.float64(-0.5)), factor(np.array([-1.0, 2.0]))
    ('(−0.5)', '[−1.0, 2.0]')
    >>> factor(np.float64(-np.inf))
    '(−inf)'
    """
    x = np.asarray(x)
    is_list = x.size > 1 and _is_written_out(x) and not _is_uniform(x)
    with np.errstate(invalid="ignore"):  # infinite numbers have no deviation, and only the mean is looked at
        negative = x.size > 0 and not is_list and _mean_and_std(x)[0] < 0
    return f"({figure(x)})" if negative else figure(x)


def full(x: Any) -> str:
    """Every element, each row on a line of its own; of many elements the corners, as NumPy prints them.

    >>> print(full(np.array([[1.0, 2.0], [0.5, 4.0]])))
    [[1.0, 2.0],
     [0.5, 4.0]]
    """
    if x is None:
        return ""
    x = np.asarray(x)
    if x.size > MANY:
        return np.array2string(x, precision=4, threshold=MANY // 4, edgeitems=3)
    return _nested(x).replace("], [", "],\n [")


def matrix(x: Any) -> list[str]:
    """The rows of a matrix, its columns below each other.

    >>> print("\\n".join(matrix(np.array([[1.0, -0.25], [0.5, 4.0]]))))
    [[1.0, −0.25],
     [0.5,   4.0]]
    """
    texts = [[number(v) for v in row] for row in np.asarray(x)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    rows = [", ".join(text.rjust(n) for text, n in zip(row, widths, strict=True)) for row in texts]
    return [("[[" if i == 0 else " [") + row + ("]]" if i == len(rows) - 1 else "],") for i, row in enumerate(rows)]


def summary(x: Any) -> str:
    """Mean and standard deviation, or the one value where all are equal.

    What is next to nothing beside the other is written as 0: what is left of it is rounding.
    """
    flat = np.asarray(x).reshape(-1)
    if flat.dtype.kind == "b":
        return f"{np.count_nonzero(flat)} of {flat.size} true"
    bad = np.count_nonzero(~np.isfinite(flat)) if flat.dtype.kind == "f" else 0
    if bad:
        return f"{bad} of {flat.size} nan or inf"
    if flat.min() == flat.max():
        return f"all {number(flat[0])}"
    mean, std = _mean_and_std(flat)
    mean, std = mean if abs(mean) >= DUST * std else 0.0, std if std >= ROUNDING * abs(mean) else 0.0
    return f"mean {number(mean)}, std {number(std)}"


def _mean_and_std(x: Any) -> tuple[Any, Any]:
    """The mean and the standard deviation. Numbers whose squares would overflow are scaled by a power of two."""
    wide = x.astype(np.float64, copy=False)
    if max(-wide.min(), wide.max()) <= 2.0**400:
        return wide.mean(), wide.std()
    scale = 2.0**600
    wide = wide / scale
    return wide.mean() * scale, wide.std() * scale


def shape_text(x: Any) -> str:
    """Shape and dtype of a tensor or array: `scalar float64`, `(10, 784) float32`.

    >>> shape_text(np.zeros((2, 3)))
    '(2, 3) float64'
    """
    shape = np.shape(x)
    return f"{shape if shape else 'scalar'} {getattr(x, 'dtype', type(x).__name__)}"
