"""Activations and their slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, data, leaf, m, n, named

entry = Book("activations")

SUMS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "sigmoid": (tg.sigmoid, "a * (1 - a)"),
    "sigmoid from exp(z)": (lambda z: np.exp(z) / (np.exp(z) + 1), "a * (1 - a)"),
    "tanh": (np.tanh, "1 - a**2"),
    "tanh from exp": (lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), "1 - a**2"),
    "tanh from sigmoid": (lambda z: 2 * tg.sigmoid(2 * z) - 1, "1 - a**2"),
    "relu": (tg.relu, "1 * (z > 0)"),
    "relu by maximum": (lambda z: np.maximum(0, z), "1 * (z > 0)"),
    "relu by mask": (lambda z: z * (z > 0), "1 * (z > 0)"),
    "relu by where": (lambda z: np.where(z > 0, z, 0), "1 * (z > 0)"),
    "relu by abs": (lambda z: (z + np.abs(z)) / 2, "1 * (z > 0)"),
    "leaky relu": (lambda z: tg.leaky_relu(z, 0.1), "np.where(z > 0, 1, 0.1)"),
    "leaky relu by maximum": (lambda z: np.maximum(z, 0.1 * z), "np.where(z > 0, 1, 0.1)"),
    "softplus": (tg.softplus, "sigmoid(z)"),
    "softplus spelled out": (lambda z: np.log(1 + np.exp(z)), "sigmoid(z)"),
    "swish": (lambda z: z * tg.sigmoid(z), "sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z))"),
    "elu": (lambda z: np.where(z > 0, z, np.exp(z) - 1), "np.where(z > 0, 1, np.exp(z))"),
    "softsign": (lambda z: z / (1 + np.abs(z)), "1 / (1 + np.abs(z))**2"),
    "hard sigmoid": (lambda z: np.clip(0.2 * z + 0.5, 0, 1), "np.where(abs(z) < 2.5, 0.2, 0)"),
    "gelu by tanh": (
        lambda z: 0.5 * z * (1 + np.tanh(0.8 * (z + 0.04 * z**3))),
        "0.5 * (1 + u) + 0.5 * z * (1 - u**2) * 0.8 * (1 + 0.12 * z**2)",
    ),
    "gelu by sigmoid": (lambda z: z * tg.sigmoid(1.7 * z), "sigmoid(1.7 * z) + 1.7 * z * sigmoid(1.7 * z) * (1 - sigmoid(1.7 * z))"),
    "gaussian": (lambda z: np.exp(-(z**2) / 2), "-z * np.exp(-z**2 / 2)"),
    "sine": (np.sin, "np.cos(z)"),
    "arctan": (np.arctan, "1 / (1 + z**2)"),
    "square": (np.square, "2 * z"),
    "log-sigmoid": (lambda z: np.log(tg.sigmoid(z)), "1 - sigmoid(z)"),
    "mish": (lambda z: z * np.tanh(np.log(1 + np.exp(z))), "t + z * (1 - t**2) * sigmoid(z)"),
}  # fmt: skip

for activation, (function, slope) in SUMS.items():

    @entry(
        "u = np.tanh(0.8 * (z + 0.04 * z**3))", "t = np.tanh(np.log(1 + np.exp(z)))", called=f"slope of {activation}", z=slope
    )  # fmt: skip
    def summed(function: Callable[[Any], Any] = function) -> dict[str, Any]:
        z = leaf("z", m)
        a = function(z)
        C = np.sum(a)
        return locals()


NEURONS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "relu by mask": (lambda z: z * (z > 0), "x.T @ ((a - y) * (z > 0)) / m"),
    "softplus": (tg.softplus, "x.T @ ((a - y) * sigmoid(z)) / m"),
    "leaky relu": (lambda z: np.where(z > 0, z, 0.01 * z), "x.T @ ((a - y) * np.where(z > 0, 1, 0.01)) / m"),
    "swish": (lambda z: z * tg.sigmoid(z), "x.T @ ((a - y) * (s + z * s * (1 - s))) / m"),
    "exp": (np.exp, "x.T @ ((a - y) * a) / m"),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), "x.T @ ((a - y) * np.where(z > 0, 1, np.exp(z))) / m"),
    "hard tanh": (lambda z: np.clip(z, -1, 1), "x.T @ ((a - y) * (abs(z) < 1)) / m"),
}  # fmt: skip

for activation, (function, gradient) in NEURONS.items():

    @entry("s = sigmoid(z)", called=f"neuron with {activation}", w=gradient)
    def neuron(function: Callable[[Any], Any] = function) -> dict[str, Any]:
        x, y, w = data("x", m, n), data("y", m), leaf("w", n)
        z = named("z", x @ w)
        a = named("a", function(z))
        C = np.sum((a - y) ** 2) / 2 / m
        return locals()


@tg.composite
def bent_identity(z: Any) -> Any:
    """A student's own activation."""
    return (np.sqrt(z**2 + 1) - 1) / 2 + z


@entry(z="2 * a * (1 + z / (2 * np.sqrt(z**2 + 1)))")
def a_students_own_composite() -> dict[str, Any]:
    z = leaf("z", m)
    a = named("a", bent_identity(z))
    C = np.sum(a**2)
    return locals()


@entry(alpha="np.sum(np.minimum(0, z))", z="np.where(z > 0, 1, alpha)")
def parametric_relu() -> dict[str, Any]:
    z, alpha = leaf("z", m), leaf("alpha")
    C = np.sum(np.where(z > 0, z, alpha * z))
    return locals()


@entry(beta="np.sum(z**2 * s * (1 - s))", z="s + beta * z * s * (1 - s)")
def swish_with_a_parameter() -> dict[str, Any]:
    z, beta = leaf("z", m), leaf("beta")
    s = named("s", tg.sigmoid(beta * z))
    C = np.sum(z * s)
    return locals()


@entry(u="np.array(sigmoid(v)) * (1 - np.tanh(u)**2)", v="np.tanh(u) * sigmoid(v) * (1 - sigmoid(v))")
def a_gated_unit() -> dict[str, Any]:
    u, v = leaf("u", m), leaf("v", m)
    C = np.sum(np.tanh(u) * tg.sigmoid(v))
    return locals()


@entry(u="s", v="u * s * (1 - s)")
def glu() -> dict[str, Any]:
    u, v = leaf("u", m), leaf("v", m)
    s = tg.sigmoid(v)
    C = (u * s).sum()
    return locals()


@entry(z="1 * (z == np.max(z, axis=1, keepdims=True))")
def maxout() -> dict[str, Any]:
    z = leaf("z", m, 3)
    C = np.sum(np.max(z, axis=1))
    return locals()
