"""Programs of the package's composites: what each computes, and its VJP by each argument.

Made by `python -m tinygrad_lite.generating` from the bodies that are named above the functions, by their own rules;
a test makes it again and compares. g is the upstream gradient; the other arguments of a VJP are what the value saved.
"""

# fmt: off
# ruff: noqa
# mypy: ignore-errors

import numpy as np

from tinygrad_lite.programs.kernels import choose, constant_here, exp_minus_abs, minus_side, one_or, over_square_of_sum, pick, scatter_classes, sech_squared, sum_all, xdivy, xlog1py, xlogy


# sigmoid in functions/activations.py
def sigmoid(z):
    e = exp_minus_abs(z)
    out = one_or(z > 0.0, e) / (1.0 + e)
    return out, (z, e)


def sigmoid_by_z(g, z, e):
    return g * over_square_of_sum(e, 1.0, e)


# tanh in functions/activations.py
def tanh(z):
    out = np.tanh(z)
    return out, (z,)


def tanh_by_z(g, z):
    return g * sech_squared(z)


# relu in functions/activations.py
def relu(z):
    out = np.maximum(z, 0)
    return out, (z,)


def relu_by_z(g, z):
    return choose(z <= 0.0, 0, g)


# leaky_relu in functions/activations.py
def leaky_relu(z, slope=0.01):
    above = z > 0.0
    out = choose(above, z, slope * z)
    return out, (slope, above)


def leaky_relu_by_z(g, slope, above):
    return choose(above, g, slope * g)


# softplus in functions/activations.py
def softplus(z):
    above = z > 0.0
    e = exp_minus_abs(z)
    out = choose(above, z, 0) + np.log1p(e)
    return out, (above, e)


def softplus_by_z(g, above, e):
    return g * (one_or(above, e) / (1.0 + e))


# softmax in functions/activations.py
def softmax(z, axis=-1):
    e = np.exp(z - constant_here(np.maximum.reduce(z, axis=axis, keepdims=True)))
    total = np.add.reduce(e, axis=axis, keepdims=True)
    out = e / total
    return out, (axis, e, total, out)


def softmax_by_z(g, axis, e, total, out):
    v = g / total
    return (v - np.add.reduce(v * out, axis=axis, keepdims=True)) * e


# log_softmax in functions/activations.py
def log_softmax(z, axis=-1):
    v = z - constant_here(np.maximum.reduce(z, axis=axis, keepdims=True))
    e = np.exp(v)
    total = np.add.reduce(e, axis=axis, keepdims=True)
    out = v - np.log(total)
    return out, (axis, e, total)


def log_softmax_by_z(g, axis, e, total):
    return g - np.add.reduce(g, axis=axis, keepdims=True) / total * e


# logsumexp in functions/activations.py
def logsumexp(z, axis=-1):
    top = np.maximum.reduce(z, axis=axis, keepdims=True)
    v = constant_here(top)
    v2 = choose(np.isfinite(v), v, 0)
    e = np.exp(z - v2)
    total = np.add.reduce(e, axis=axis)
    out = np.log(total) + v2.reshape(total.shape)
    return out, (axis, top, e, total)


def logsumexp_by_z(g, axis, top, e, total):
    return (g / total).reshape(top.shape) * e


# quadratic in functions/costs.py
def quadratic_cost(a, y, m):
    v = y - a
    out = sum_all(np.square(v)) / (2.0 * m)
    return out, (m, v)


def quadratic_cost_by_a(g, m, v):
    return -(g / m * v)


def quadratic_cost_by_y(g, m, v):
    return g / m * v


# cross_entropies in functions/costs.py
def cross_entropy(a, y, m):
    out = -(sum_all(xlogy(y, a) + xlog1py(1.0 - y, -a)) / m)
    return out, (m, y, a)


def cross_entropy_by_a(g, m, y, a):
    v = g / m
    return v * xdivy(1.0 - y, 1.0 - a) - v * xdivy(y, a)


def cross_entropy_by_y(g, m, y, a):
    v = g / m
    return v * np.log1p(-a) - v * np.log(a)


# cross_entropies_with_logits in functions/costs.py
def cross_entropy_with_logits(z, y, m):
    above = z > 0.0
    v = above - y
    e = exp_minus_abs(z)
    out = sum_all(v * z + np.log1p(e)) / m
    return out, (m, z, above, v, e)


def cross_entropy_with_logits_by_z(g, m, z, above, v, e):
    return g / m * (e / (1.0 + e) * minus_side(above, z) + v)


def cross_entropy_with_logits_by_y(g, m, z, above, v, e):
    v2 = g / m * z
    return -choose(above, 0, v2) - choose(above, v2, 0)


# log_likelihoods in functions/costs.py
def log_likelihood_of_rows(a, y, m):
    out = -(sum_all(xlogy(y, a)) / m)
    return out, (m, y, a)


def log_likelihood_of_rows_by_a(g, m, y, a):
    return -(g / m * xdivy(y, a))


def log_likelihood_of_rows_by_y(g, m, y, a):
    return -(g / m * np.log(a))


# log_likelihoods in functions/costs.py
def log_likelihood_of_classes(a, y, m):
    v = pick(a, y)
    out = -(sum_all(np.log(v)) / m)
    return out, (m, a, y, v)


def log_likelihood_of_classes_by_a(g, m, a, y, v):
    return scatter_classes(-(g / m / v), a, y)


# log_likelihoods_with_logits in functions/costs.py
def log_likelihood_with_logits_of_rows(z, y, m):
    v = z - constant_here(np.maximum.reduce(z, axis=-1, keepdims=True))
    e = np.exp(v)
    total = np.add.reduce(e, axis=-1, keepdims=True)
    v2 = np.log(total) - v
    out = sum_all(y * v2) / m
    return out, (m, y, e, total, v2)


def log_likelihood_with_logits_of_rows_by_z(g, m, y, e, total, v2):
    v = g / m * y
    return np.add.reduce(v, axis=-1, keepdims=True) / total * e - v


def log_likelihood_with_logits_of_rows_by_y(g, m, y, e, total, v2):
    return g / m * v2


# log_likelihoods_with_logits in functions/costs.py
def log_likelihood_with_logits_of_classes(z, y, m):
    v = z - constant_here(np.maximum.reduce(z, axis=-1, keepdims=True))
    e = np.exp(v)
    total = np.add.reduce(e, axis=-1, keepdims=True)
    out = sum_all(np.log(total)[..., 0] - pick(v, y)) / m
    return out, (m, z, y, e, total)


def log_likelihood_with_logits_of_classes_by_z(g, m, z, y, e, total):
    v = g / m
    return scatter_classes(-v, z, y) + v / total * e


# linear in nn/layers.py
def linear(x, weight, bias):
    out = x @ weight + bias
    return out, (weight, x)


def linear_by_x(g, weight, x):
    return g @ weight.T


def linear_by_weight(g, weight, x):
    return x.T @ g


def linear_by_bias(g, weight, x):
    return np.add.reduce(g, axis=0)


# linear in nn/layers.py
def linear_without_bias(x, weight):
    out = x @ weight
    return out, (weight, x)


def linear_without_bias_by_x(g, weight, x):
    return g @ weight.T


def linear_without_bias_by_weight(g, weight, x):
    return x.T @ g
