"""Activations and costs, composed of primitives only: their derivatives are found, not typed in."""

from tinygrad_lite.functions.activations import (
    leaky_relu,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from tinygrad_lite.functions.costs import (
    cross_entropy,
    cross_entropy_with_logits,
    log_likelihood,
    log_likelihood_with_logits,
    quadratic_cost,
)
from tinygrad_lite.functions.targets import one_hot

__all__ = [
    "cross_entropy", "cross_entropy_with_logits", "leaky_relu", "log_likelihood", "log_likelihood_with_logits",
    "log_softmax", "logsumexp", "one_hot", "quadratic_cost", "relu", "sigmoid", "softmax", "softplus", "tanh",
]  # fmt: skip
