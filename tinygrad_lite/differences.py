"""Derivatives against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.errors import GradcheckError, GradientError
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.transforms import as_result, jacobian_rows
from tinygrad_lite.trees import Inputs

__all__ = ["gradcheck"]


def gradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    **kwargs: Any,
) -> bool:
    """Compare every derivative of f at the inputs with central differences; True, or an error that says where.

    f: returns one Tensor of any shape; each of its elements is checked by each element of each input.
    eps: the step, by default the cube root of the dtype's epsilon, scaled to the element. rtol, atol: tolerances,
    by default what that step can give. Raises GradcheckError with the input, the index, got and expected.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.gradcheck(lambda x, y: np.exp(x) * y, np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    True
    """
    wrapped = Inputs(inputs, tuple(range(len(inputs))), "gradcheck")
    out = as_result(wrapped.call(f, kwargs), "gradcheck", scalar=False)
    arrays = [np.array(x.numpy()) for x in wrapped.fresh]
    epsilon = float(max(np.finfo(a.dtype).eps for a in [*arrays, out.numpy()]))
    rtol = 50 * epsilon ** (2 / 3) if rtol is None else rtol
    atol = 50 * epsilon ** (2 / 3) if atol is None else atol

    def value() -> Any:
        again = Inputs(tuple(wrapped.rebuild([Tensor(a) for a in arrays])), (), "gradcheck")
        return np.array(as_result(again.call(f, kwargs), "gradcheck", scalar=False).numpy(), dtype=np.float64)

    derivatives = jacobian_rows(out, wrapped.fresh)
    for i, array in enumerate(arrays):
        for index in np.ndindex(array.shape):
            expected, doubt = _difference(value, array, index, epsilon ** (1 / 3) if eps is None else eps)
            got = derivatives[i][(..., *index)].reshape(out.shape).astype(np.float64)
            tolerance = atol * max(1.0, float(np.abs(expected).max(initial=0))) + rtol * np.abs(expected) + doubt
            wrong = ~((np.abs(got - expected) <= tolerance) | (np.isnan(got) & np.isnan(expected)))
            if wrong.any():
                where = tuple(int(k) for k in np.argwhere(wrong)[0])
                raise GradcheckError(
                    f"gradcheck: the derivative of result{list(where) or ''} by input {i}{list(index) or ''} is wrong: "
                    f"got {got[where]:.10g}, expected {expected[where]:.10g} (difference quotient)."
                )
    return True


def _difference(value: Callable[[], Any], array: Any, index: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """The derivative of the value by one element, from central quotients, and how far it may be off.

    The quotients at h and h/2 are extrapolated (Richardson); what they differ by, less its leading term, is doubt:
    where the function bends at the scale of the step, a right derivative must not be called wrong.
    """
    wide, narrow = _quotient(value, array, index, eps), _quotient(value, array, index, eps / 2)
    return (4 * narrow - wide) / 3, np.abs(narrow - wide) / 3


def _quotient(value: Callable[[], Any], array: Any, index: tuple[int, ...], eps: float) -> Any:
    old = array[index].copy()
    step = eps * max(1.0, abs(float(old)))
    array[index] = old + step
    high, above = float(array[index]), value()
    array[index] = old - step
    low, below = float(array[index]), value()
    array[index] = old
    if high == low:
        raise GradientError(f"gradcheck: eps={eps} does not change {old} in {array.dtype}. Use a larger one.")
    return (above - below) / (high - low)  # over the step as it was really made
