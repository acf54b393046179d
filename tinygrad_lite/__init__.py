"""tinygrad_lite: reverse-mode autodiff on NumPy that shows its graphs and derives its gradients.

>>> import numpy as np, tinygrad_lite as tg
>>> w = tg.Tensor(2.0, requires_grad=True)
>>> tg.cross_entropy(tg.sigmoid(w * 1.0 + 2.0), 0.0).backward()
>>> round(w.grad.item(), 6)  # a − y, found by the engine
0.982014
"""

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

__version__ = "0.1.0"

__all__ = [
    "NumericsWarning", "Tensor", "TinygradLiteError", "composite", "cross_entropy", "cross_entropy_with_logits",
    "data", "errors", "grad", "gradcheck", "graph", "hessian", "hvp", "jacobian", "jvp", "leaky_relu",
    "log_likelihood", "log_likelihood_with_logits", "log_softmax", "logsumexp", "nn", "no_grad",
    "one_hot", "optim", "pull_back", "quadratic_cost", "relu", "sigmoid", "softmax", "softplus", "stop_gradient",
    "supported", "tanh", "value_and_grad", "vjp",
]  # fmt: skip
