"""Second derivatives of the package's composites: the VJPs of the VJPs in generated.py.

Made with that file, in the same way. h is the upstream gradient of the cotangent that, say, sigmoid_by_z gave for g:
sigmoid_by_z_by_g carries it to g, and sigmoid_by_z_by_z to z. Where there is none, the derivative is zero.
"""

# fmt: off
# ruff: noqa
# mypy: ignore-errors

import numpy as np

from tinygrad_lite.programs.kernels import choose, exp_minus_abs, minus_side, one_minus_exp, one_or, over_square_of_sum, pick, scatter_classes, sech_squared, sum_all, xdivy


# sigmoid in functions/activations.py
def sigmoid_by_z_by_g(h, g, z, e):
    return h * over_square_of_sum(e, 1.0, e)


def sigmoid_by_z_by_z(h, g, z, e):
    return h * (g * (over_square_of_sum(minus_side(z > 0.0, z) * one_minus_exp(z) * e, 1.0, e) / (1.0 + e)))


# tanh in functions/activations.py
def tanh_by_z_by_g(h, g, z):
    return h * sech_squared(z)


def tanh_by_z_by_z(h, g, z):
    e = exp_minus_abs(z, 2.0)
    return h * (g * (over_square_of_sum(minus_side(z > 0.0, z) * 8.0 * one_minus_exp(z, 2.0) * e, 1.0, e) / (1.0 + e)))


# relu in functions/activations.py
def relu_by_z_by_g(h, g, z):
    return choose(z <= 0.0, 0, h)


# leaky_relu in functions/activations.py
def leaky_relu_by_z_by_g(h, g, slope, above):
    return choose(above, h, h * slope)


# softplus in functions/activations.py
def softplus_by_z_by_g(h, g, above, e):
    return h * (one_or(above, e) / (1.0 + e))


def softplus_by_z_by_z(h, g, above, e):
    return h * (g * over_square_of_sum(e, 1.0, e))


# softmax in functions/activations.py
def softmax_by_z_by_g(h, g, axis, e, total, out):
    v = h * e
    return v / total - np.add.reduce(v, axis=axis, keepdims=True) * out / total


def softmax_by_z_by_z(h, g, axis, e, total, out):
    v = g / total
    v2 = h * e
    total2 = np.add.reduce(v2, axis=axis, keepdims=True)
    v3 = total2 * v / total
    return (h * (v - np.add.reduce(v * out, axis=axis, keepdims=True)) - v3 + (np.add.reduce(total2 * out / total * v, axis=axis, keepdims=True) - np.add.reduce(v2 / total * v, axis=axis, keepdims=True) + np.add.reduce(v3 * out, axis=axis, keepdims=True))) * e


# log_softmax in functions/activations.py
def log_softmax_by_z_by_g(h, g, axis, e, total):
    return h - np.add.reduce(h * e, axis=axis, keepdims=True) / total


def log_softmax_by_z_by_z(h, g, axis, e, total):
    v = np.add.reduce(g, axis=axis, keepdims=True) / total
    return (np.add.reduce(h * e, axis=axis, keepdims=True) / total * v - h * v) * e


# logsumexp in functions/activations.py
def logsumexp_by_z_by_g(h, g, axis, top, e, total):
    return np.add.reduce(h * e, axis=axis) / total


def logsumexp_by_z_by_z(h, g, axis, top, e, total):
    v = g / total
    return (h * v.reshape(top.shape) - (np.add.reduce(h * e, axis=axis) / total * v).reshape(top.shape)) * e


# quadratic in functions/costs.py
def quadratic_cost_by_a_by_g(h, g, m, v):
    return -(sum_all(h * v) / m)


def quadratic_cost_by_a_by_a(h, g, m, v):
    return h * (g / m)


def quadratic_cost_by_a_by_y(h, g, m, v):
    return -(h * (g / m))


def quadratic_cost_by_y_by_g(h, g, m, v):
    return sum_all(h * v) / m


def quadratic_cost_by_y_by_a(h, g, m, v):
    return -(h * (g / m))


def quadratic_cost_by_y_by_y(h, g, m, v):
    return h * (g / m)


# cross_entropies in functions/costs.py
def cross_entropy_by_a_by_g(h, g, m, y, a):
    return -(sum_all(h * xdivy(y, a) - h * xdivy(1.0 - y, 1.0 - a)) / m)


def cross_entropy_by_a_by_a(h, g, m, y, a):
    v = h * (g / m)
    v2 = 1.0 - a
    return xdivy(v * xdivy(1.0 - y, v2), v2) - xdivy(-(v * xdivy(y, a)), a)


def cross_entropy_by_a_by_y(h, g, m, y, a):
    v = h * (g / m)
    return xdivy(-v, a) - xdivy(v, 1.0 - a)


def cross_entropy_by_y_by_g(h, g, m, y, a):
    return -(sum_all(h * np.log(a) - h * np.log1p(-a)) / m)


def cross_entropy_by_y_by_a(h, g, m, y, a):
    v = h * (g / m)
    return -(v / a) - v / (1.0 - a)


# cross_entropies_with_logits in functions/costs.py
def cross_entropy_with_logits_by_z_by_g(h, g, m, z, above, v, e):
    return sum_all(h * v + h * minus_side(above, z) * e / (1.0 + e)) / m


def cross_entropy_with_logits_by_z_by_z(h, g, m, z, above, v, e):
    return h * (g / m * over_square_of_sum(e, 1.0, e))


def cross_entropy_with_logits_by_z_by_y(h, g, m, z, above, v, e):
    return -(h * (g / m))


def cross_entropy_with_logits_by_y_by_g(h, g, m, z, above, v, e):
    return -(sum_all(h * z) / m)


def cross_entropy_with_logits_by_y_by_z(h, g, m, z, above, v, e):
    return -(h * (g / m))


# log_likelihoods in functions/costs.py
def log_likelihood_of_rows_by_a_by_g(h, g, m, y, a):
    return -(sum_all(h * xdivy(y, a)) / m)


def log_likelihood_of_rows_by_a_by_a(h, g, m, y, a):
    return -xdivy(-(h * (g / m) * xdivy(y, a)), a)


def log_likelihood_of_rows_by_a_by_y(h, g, m, y, a):
    return xdivy(-(h * (g / m)), a)


def log_likelihood_of_rows_by_y_by_g(h, g, m, y, a):
    return -(sum_all(h * np.log(a)) / m)


def log_likelihood_of_rows_by_y_by_a(h, g, m, y, a):
    return -(h * (g / m) / a)


# log_likelihoods in functions/costs.py
def log_likelihood_of_classes_by_a_by_g(h, g, m, a, y, v):
    return -(sum_all(pick(h, y) / v) / m)


def log_likelihood_of_classes_by_a_by_a(h, g, m, a, y, v):
    return scatter_classes(pick(h, y) / v * (g / m / v), a, y)


# log_likelihoods_with_logits in functions/costs.py
def log_likelihood_with_logits_of_rows_by_z_by_g(h, g, m, y, e, total, v2):
    return sum_all((np.add.reduce(h * e, axis=-1, keepdims=True) / total - h) * y) / m


def log_likelihood_with_logits_of_rows_by_z_by_z(h, g, m, y, e, total, v2):
    v = np.add.reduce(g / m * y, axis=-1, keepdims=True) / total
    return (h * v - np.add.reduce(h * e, axis=-1, keepdims=True) / total * v) * e


def log_likelihood_with_logits_of_rows_by_z_by_y(h, g, m, y, e, total, v2):
    return (np.add.reduce(h * e, axis=-1, keepdims=True) / total - h) * (g / m)


def log_likelihood_with_logits_of_rows_by_y_by_g(h, g, m, y, e, total, v2):
    return sum_all(h * v2) / m


def log_likelihood_with_logits_of_rows_by_y_by_z(h, g, m, y, e, total, v2):
    v = h * (g / m)
    return np.add.reduce(v, axis=-1, keepdims=True) / total * e - v


# log_likelihoods_with_logits in functions/costs.py
def log_likelihood_with_logits_of_classes_by_z_by_g(h, g, m, z, y, e, total):
    return sum_all((np.add.reduce(h * e, axis=-1, keepdims=True) / total)[..., 0] - pick(h, y)) / m


def log_likelihood_with_logits_of_classes_by_z_by_z(h, g, m, z, y, e, total):
    v = g / m / total
    return (h * v - np.add.reduce(h * e, axis=-1, keepdims=True) / total * v) * e


# linear in nn/layers.py
def linear_by_x_by_g(h, g, weight, x):
    return h @ weight


def linear_by_x_by_weight(h, g, weight, x):
    return h.T @ g


def linear_by_weight_by_g(h, g, weight, x):
    return x @ h


def linear_by_weight_by_x(h, g, weight, x):
    return g @ h.T


def linear_by_bias_by_g(h, g, weight, x):
    return np.broadcast_to(h, g.shape)


# linear in nn/layers.py
def linear_without_bias_by_x_by_g(h, g, weight, x):
    return h @ weight


def linear_without_bias_by_x_by_weight(h, g, weight, x):
    return h.T @ g


def linear_without_bias_by_weight_by_g(h, g, weight, x):
    return x @ h


def linear_without_bias_by_weight_by_x(h, g, weight, x):
    return g @ h.T
