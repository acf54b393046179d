"""tinygrad_lite: reverse-mode autodiff on NumPy that shows its graphs and derives its gradients.

>>> import numpy as np, tinygrad_lite as tg
>>> w = tg.Tensor(2.0, requires_grad=True)
>>> tg.cross_entropy(tg.sigmoid(w * 1.0 + 2.0), 0.0).backward()
>>> round(w.grad.item(), 6)  # a − y, found by the engine
0.982014
"""

import importlib
from typing import TYPE_CHECKING, Any

from . import data, errors, nn, optim
from . import numpy_api as numpy_api  # registers what NumPy's functions mean
from .backprop import graph, pull_back
from .composites import composite
from .errors import NumericsWarning, TinygradLiteError
from .functions import (
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
from .gradcheck import gradcheck
from .protocols import supported
from .recording import no_grad
from .tensor import Tensor
from .transforms import grad, hessian, hvp, jacobian, jvp, stop_gradient, value_and_grad, vjp

if TYPE_CHECKING:
    from . import derivations, pictures
    from .derivations import Derivation, derive, same_formula
    from .pictures import Drawing, draw

__version__ = "0.1.0"

__all__ = [
    "Derivation", "Drawing", "NumericsWarning", "Tensor", "TinygradLiteError", "composite", "cross_entropy", "cross_entropy_with_logits",
    "data", "derivations", "derive", "draw", "errors", "grad", "gradcheck", "graph", "hessian", "hvp", "jacobian", "jvp", "leaky_relu",
    "log_likelihood", "log_likelihood_with_logits", "log_softmax", "logsumexp", "nn", "no_grad",
    "one_hot", "optim", "pictures", "pull_back", "quadratic_cost", "relu", "same_formula", "sigmoid", "softmax", "softplus", "stop_gradient",
    "supported", "tanh", "value_and_grad", "vjp",
]  # fmt: skip

# The readers of the graph are loaded when they are asked for: the core does without them, and imports stay quick.
_READERS = {
    "derivations": "derivations", "Derivation": "derivations", "derive": "derivations", "same_formula": "derivations",
    "pictures": "pictures", "Drawing": "pictures", "draw": "pictures",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _READERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{_READERS[name]}", __name__)
    return module if name == _READERS[name] else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
