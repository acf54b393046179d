"""Activations and costs, composed of primitives only: their derivatives are found, not typed in."""

from tinygrad_lite.functions.costs import (
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

__all__ = [
    "cross_entropy", "cross_entropy_with_logits", "leaky_relu", "log_likelihood", "log_likelihood_with_logits",
    "log_softmax", "logsumexp", "one_hot", "quadratic_cost", "relu", "sigmoid", "softmax", "softplus", "tanh",
]  # fmt: skip
