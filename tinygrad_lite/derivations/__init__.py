"""Derivations: a gradient as the lecture writes it, line by line, from a graph of primitives.

>>> import numpy as np, tinygrad_lite as tg
>>> x = tg.Tensor(np.arange(6.0).reshape(3, 2), name="x")
>>> y = tg.Tensor([0.0, 1.0, 1.0], name="y")
>>> w = tg.Tensor([0.1, -0.2], requires_grad=True, name="w")
>>> d = derive(tg.cross_entropy(tg.sigmoid(x @ w), y), wrt=w)
>>> for step in d.steps:
...     print(step)
∂C/∂a_i = −(1/m) (y_i/a_i − (1 − y_i)/(1 − a_i))
∂C/∂a_i = (a_i − y_i)/(m a_i (1 − a_i))
∂C/∂z_i = (a_i − y_i)/(m a_i (1 − a_i)) · σ′(z_i)
∂C/∂z_i = (a_i − y_i)/(m a_i (1 − a_i)) · a_i (1 − a_i)
∂C/∂z_i = (a_i − y_i)/m
∂C/∂w_j = (1/m) Σ_i x_ij (a_i − y_i)
>>> print(same_formula("x.T @ (a - y) / m", "sum_i x_ij (a_i - y_i) / m"))
the same (proved): their difference has the normal form 0
"""

from __future__ import annotations

from tinygrad_lite.derivations.derivation import Derivation
from tinygrad_lite.derivations.deriving import derive
from tinygrad_lite.derivations.expression import derive_expression
from tinygrad_lite.derivations.formula import Formula
from tinygrad_lite.derivations.judging.sameness import Sameness, same_formula
from tinygrad_lite.derivations.step import Step

__all__ = ["Derivation", "Formula", "Sameness", "Step", "derive", "derive_expression", "same_formula"]


def __dir__() -> list[str]:
    return sorted(__all__)
