"""The closed form of a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.derivations.normal.terms import Index, Value
from tinygrad_lite.derivations.reading.axes import key_of
from tinygrad_lite.derivations.steps.closed import evaluated
from tinygrad_lite.derivations.steps.walk import Chain
from tinygrad_lite.derivations.writing.display import marks
from tinygrad_lite.notation.formula import Notation, latex, unicode
from tinygrad_lite.tensor.tensor import Tensor


class Formula:
    """The closed form of a gradient.

    ``str`` gives it in one line, ``latex()`` in LaTeX, ``evaluate()`` computes it from the data.
    """

    def __init__(self, chain: Chain, tensor: Tensor, value: Value, indices: tuple[Index, ...]) -> None:
        self._chain = chain
        self._tensor = tensor
        self._value = value
        self._indices = indices

    def notation(self) -> Notation:
        """The right side as a tree: the last line of the derivation where that is plain and shorter, else the normal form."""
        whole = self._chain.writer(self._indices)(self._value)
        name = self._chain.stations.symbols[key_of(self._tensor)].name
        last = next((line for line in reversed(self._chain.lines) if line.station == name), None)
        if last is not None and last.written.names <= self._value.names and marks(last.right) < marks(whole):
            return last.right
        return whole

    def __str__(self) -> str:
        return unicode(self.notation())

    def __repr__(self) -> str:
        return f"<formula {self}>"

    def latex(self) -> str:
        """The right side in LaTeX."""
        return latex(self.notation())

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def evaluate(self) -> np.ndarray[Any, Any]:
        """The gradient, computed from the data by this formula: finite where a naive spelling is not.

        >>> from tinygrad_lite.derivations import derive
        >>> z = Tensor([40.0], requires_grad=True, name="z")
        >>> a = 1 / (1 + np.exp(-z))                       # rounded to 1, so a (1 - a) is 0 in eager numbers
        >>> np.all(derive(np.sum(a), wrt=z).formula.evaluate() > 4e-18)
        np.True_
        """
        result = evaluated(self._chain, self._value, self._indices)
        return result.reshape(self._tensor.shape).astype(self._tensor.dtype)
