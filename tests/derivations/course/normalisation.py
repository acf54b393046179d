"""Batch, layer and RMS normalisation, with and without names and an epsilon."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, data, hot, leaf, m, n, named, positive

entry = Book("normalisation")

ROW = "(g - np.mean(g, axis=1, keepdims=True) - u * np.mean(g * u, axis=1, keepdims=True)) / s"
COLUMN = "(g - np.mean(g, axis=0) - u * np.mean(g * u, axis=0)) / s"
"""The gradient by what is normalised: g comes from above, u is normalised, s is the standard deviation."""


@entry("g = 2 * (u - t)", x=COLUMN)
def batch_norm_with_names() -> dict[str, Any]:
    x, t = leaf("x", m, n), data("t", m, n)
    mu = named("mu", np.mean(x, axis=0))
    s = named("s", np.sqrt(np.mean((x - mu) ** 2, axis=0)))
    u = named("u", (x - mu) / s)
    C = np.sum((u - t) ** 2)
    return locals()


@entry("s = np.sqrt(np.var(x, axis=0) + 1e-5)", "u = (x - np.mean(x, axis=0)) / s", "g = c", x=COLUMN)
def batch_norm_with_epsilon_in_one_expression() -> dict[str, Any]:
    x, c = leaf("x", m, n), data("c", m, n)
    C = np.sum(c * (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-5))
    return locals()


@entry("g = c", x=COLUMN)
def batch_norm_with_np_std() -> dict[str, Any]:
    x, c = leaf("x", m, n), data("c", m, n)
    s = named("s", np.std(x, axis=0))
    u = named("u", (x - x.mean(axis=0)) / s)
    C = np.sum(c * u)
    return locals()


@entry(gamma="np.sum(2 * (v - t) * u, axis=0)", beta="np.sum(2 * (v - t), axis=0)")
def scale_and_shift_of_batch_norm() -> dict[str, Any]:
    x, t, gamma, beta = data("x", m, n), data("t", m, n), leaf("gamma", n), leaf("beta", n)
    u = named("u", (x - np.mean(x, axis=0)) / np.std(x, axis=0))
    v = named("v", gamma * u + beta)
    C = np.sum((v - t) ** 2)
    return locals()


@entry("g = 2 * gamma * (v - t)", x=COLUMN, gamma="np.sum(2 * (v - t) * u, axis=0)", beta="np.sum(2 * (v - t), axis=0)")
def batch_norm_with_scale_and_shift() -> dict[str, Any]:
    x, t, gamma, beta = leaf("x", m, n), data("t", m, n), leaf("gamma", n), leaf("beta", n)
    mu = named("mu", np.mean(x, axis=0))
    s = named("s", np.sqrt(np.var(x, axis=0) + 1e-5))
    u = named("u", (x - mu) / s)
    v = named("v", gamma * u + beta)
    C = np.sum((v - t) ** 2)
    return locals()


@entry("g = c", x="(g - np.mean(g) - u * np.mean(g * u)) / s")
def batch_norm_of_one_feature() -> dict[str, Any]:
    x, c = leaf("x", m), data("c", m)
    mu = named("mu", np.mean(x))
    s = named("s", np.sqrt(np.mean((x - mu) ** 2)))
    u = named("u", (x - mu) / s)
    C = np.sum(c * u)
    return locals()


@entry("g = 2 * (u - t)", x=ROW)
def layer_norm_with_names() -> dict[str, Any]:
    x, t = leaf("x", m, n), data("t", m, n)
    mu = named("mu", np.mean(x, axis=1, keepdims=True))
    s = named("s", np.std(x, axis=1, keepdims=True))
    u = named("u", (x - mu) / s)
    C = np.sum((u - t) ** 2)
    return locals()


@entry("s = np.sqrt(np.var(x, axis=1, keepdims=True) + 1e-5)", "g = c", x=ROW)
def layer_norm_with_epsilon() -> dict[str, Any]:
    x, c = leaf("x", m, n), data("c", m, n)
    mu = x.mean(axis=-1, keepdims=True)
    v = ((x - mu) ** 2).mean(axis=-1, keepdims=True)
    u = named("u", (x - mu) / np.sqrt(v + 1e-5))
    C = np.sum(c * u)
    return locals()


@entry("g = c", x="(g - np.mean(g) - u * np.mean(g * u)) / s")
def layer_norm_of_one_vector() -> dict[str, Any]:
    x, c = leaf("x", n), data("c", n)
    s = named("s", np.std(x))
    u = named("u", (x - np.mean(x)) / s)
    C = c @ u
    return locals()


@entry("g = 2 * (u - t)", x="(g - u * np.mean(g * u, axis=1, keepdims=True)) / r")
def rms_norm_with_names() -> dict[str, Any]:
    x, t = leaf("x", m, n), data("t", m, n)
    r = named("r", np.sqrt(np.mean(x**2, axis=1, keepdims=True)))
    u = named("u", x / r)
    C = np.sum((u - t) ** 2)
    return locals()


@entry("r = np.sqrt(np.mean(x**2) + 1e-6)", "u = x / r", x="(c - u * np.mean(c * u)) / r")
def rms_norm_of_one_vector() -> dict[str, Any]:
    x, c = leaf("x", n), data("c", n)
    C = np.sum(c * x / np.sqrt(np.mean(x**2) + 1e-6))
    return locals()


@entry(x="(g * c - u * np.mean(g * c * u)) / r", g="c * u")
def rms_norm_with_gain() -> dict[str, Any]:
    x, c, g = leaf("x", n), data("c", n), leaf("g", n)
    r = named("r", np.sqrt(np.mean(x**2)))
    u = named("u", x / r)
    C = np.sum(c * g * u)
    return locals()


@entry(x="2 * (x - np.mean(x, axis=0)) / m")
def the_variance() -> dict[str, Any]:
    x = leaf("x", m, n)
    C = np.sum(np.var(x, axis=0))
    return locals()


@entry(x="2 * (x - np.mean(x)) / m")
def the_variance_spelled_out() -> dict[str, Any]:
    x = leaf("x", m)
    mu = named("mu", np.mean(x))
    C = np.mean((x - mu) ** 2)
    return locals()


@entry(x="2 * (x - np.mean(x)) / m")
def the_variance_as_a_difference_of_moments() -> dict[str, Any]:
    x = leaf("x", m)
    C = np.mean(x**2) - np.mean(x) ** 2
    return locals()


@entry(x="(x - np.mean(x)) / (m * s)")
def the_standard_deviation() -> dict[str, Any]:
    x = leaf("x", m)
    s = named("s", np.sqrt(np.mean((x - np.mean(x)) ** 2)))
    C = s * 1.0
    return locals()


@entry(x="c - np.mean(c)")
def centring() -> dict[str, Any]:
    x, c = leaf("x", m), data("c", m)
    u = named("u", x - np.mean(x))
    C = np.sum(c * u)
    return locals()


@entry(x="np.zeros((m, n))")
def the_mean_of_what_is_normalised() -> dict[str, Any]:
    x = leaf("x", m, n)
    mu = named("mu", np.mean(x, axis=0))
    C = np.sum(x - mu)
    return locals()


@entry(x="(c - np.sum(c * y)) / np.sum(x)")
def division_by_the_sum() -> dict[str, Any]:
    x, c = positive("x", n), data("c", n)
    y = named("y", x / np.sum(x))
    C = np.sum(c * y)
    return locals()


@entry(v="g / q * (c - u * (u @ c))", g="u @ c")
def weight_norm() -> dict[str, Any]:
    v, g, c = leaf("v", n), leaf("g"), data("c", n)
    q = named("q", np.sqrt(np.sum(v**2)))
    u = named("u", v / q)
    C = np.sum(g * u * c)
    return locals()


@entry("g = (a - y) @ W.T / m", x=ROW, W="u.T @ (a - y) / m")
def layer_norm_before_softmax() -> dict[str, Any]:
    x, W, y = leaf("x", m, n), leaf("W", n, J), hot()
    mu = named("mu", np.mean(x, axis=1, keepdims=True))
    s = named("s", np.sqrt(np.mean((x - mu) ** 2, axis=1, keepdims=True)))
    u = named("u", (x - mu) / s)
    a = named("a", tg.softmax(u @ W))
    C = -np.sum(y * np.log(a)) / m
    return locals()


@entry(x="2 * (u - t) / (b - a)")
def scaling_to_an_interval() -> dict[str, Any]:
    x, t, a, b = leaf("x", m), data("t", m), data("a"), data("b")
    u = named("u", (x - a) / (b - a))
    C = np.sum((u - t) ** 2)
    return locals()
