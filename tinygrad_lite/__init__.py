"""Reverse-mode autodiff on NumPy that shows its graphs and derives its gradients.

>>> import numpy as np, tinygrad_lite as tg
>>> w = tg.Tensor(2.0, requires_grad=True)
>>> tg.cross_entropy(tg.sigmoid(w * 1.0 + 2.0), 0.0).backward()
>>> round(w.grad.item(), 6)  # a − y, found by the engine
0.982014

Values and gradients
    Tensor                      an array that remembers how it was computed
    no_grad                     compute without a graph
    graph                       the Tensors that a Tensor was computed from
    pull_back                   gradients of some Tensors by others, as values
    supported                   NumPy's functions that work on Tensors

Activations
    sigmoid, tanh, relu, leaky_relu, softplus       element by element
    softmax, log_softmax, logsumexp                 along an axis

Costs
    quadratic_cost              of outputs and targets
    cross_entropy               of activations; cross_entropy_with_logits of z
    log_likelihood              of probabilities; log_likelihood_with_logits of z
    one_hot                     class indices as rows with a single 1

Derivatives of functions
    grad, value_and_grad        the gradient; with the value
    jacobian, hessian           all first derivatives; all second ones
    vjp, jvp, hvp               products with them
    stop_gradient               the value, which no gradient passes
    vmap                        a function of one example, for all at once
    gradcheck                   compare a gradient with differences

Seen and derived
    draw, Drawing               a graph as a picture, a page or text
    derive, Derivation          a gradient, line by line
    same_formula                whether two formulas are the same

Functions of your own
    composite                   a function that pictures show as one box
    compile, Compiled           a function as one NumPy program

Modules
    nn, optim, data             layers, optimisers, digits and batches
    pictures, derivations       more pictures and formulas
    exercises                   derive it yourself, and be told your slips
    errors                      what can go wrong: TinygradLiteError and its kinds, NumericsWarning
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

from tinygrad_lite import errors
from tinygrad_lite.core.scopes import no_grad
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import NumericsWarning, TinygradLiteError
from tinygrad_lite.functions import (
    cross_entropy,
    cross_entropy_with_logits,
    leaky_relu,
    log_likelihood,
    log_likelihood_with_logits,
    log_softmax,
    logsumexp,
    one_hot,
    quadratic_cost,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import LOADERS, supported
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_lite import data, derivations, exercises, nn, optim, pictures
    from tinygrad_lite.compiling import Compiled, compile
    from tinygrad_lite.derivations import Derivation, derive, same_formula
    from tinygrad_lite.differences import gradcheck
    from tinygrad_lite.mapping import vmap
    from tinygrad_lite.pictures import Drawing, draw
    from tinygrad_lite.transforms import grad, hessian, hvp, jacobian, jvp, stop_gradient, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "Compiled", "Derivation", "Drawing", "NumericsWarning", "Tensor", "TinygradLiteError", "compile", "composite", "cross_entropy", "cross_entropy_with_logits",
    "data", "derivations", "derive", "draw", "errors", "exercises", "grad", "gradcheck", "graph", "hessian", "hvp", "jacobian", "jvp", "leaky_relu",
    "log_likelihood", "log_likelihood_with_logits", "log_softmax", "logsumexp", "nn", "no_grad",
    "one_hot", "optim", "pictures", "pull_back", "quadratic_cost", "relu", "same_formula", "sigmoid", "softmax", "softplus", "stop_gradient",
    "supported", "tanh", "value_and_grad", "vjp", "vmap",
]  # fmt: skip

# These are loaded when they are asked for, so that an import takes no longer than what is used.
_ROOMS = ("data", "derivations", "exercises", "nn", "optim", "pictures")
_LATER = {
    "Compiled": "compiling", "compile": "compiling",
    "Derivation": "derivations", "derive": "derivations", "same_formula": "derivations",
    "Drawing": "pictures", "draw": "pictures", "gradcheck": "differences", "vmap": "mapping",
    **dict.fromkeys(
        ("grad", "hessian", "hvp", "jacobian", "jvp", "stop_gradient", "value_and_grad", "vjp"), "transforms"
    ),
}  # fmt: skip


def _load_functions() -> None:
    importlib.import_module("tinygrad_lite.array_functions")  # it says what NumPy's functions mean


LOADERS.append(_load_functions)


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LATER:
        found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
        return found  # the next time nobody asks here
    import numpy as np

    from tinygrad_lite.spellings import MODULES, spelled_otherwise

    # Other engines have a copy of NumPy's namespace; here NumPy's own functions work on Tensors.
    said = MODULES[__name__].get(name) or (f"write np.{name}" if hasattr(np, name) else None)
    if said is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise spelled_otherwise(__name__, name, said, sys._getframe(1))


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
