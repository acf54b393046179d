"""Gaussian mixtures, Kullback-Leibler divergence, variational autoencoders, energies."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, data, h, leaf, m, n, named, positive

entry = Book("likelihoods")


@entry(mu="-np.sum(x - mu)")
def mean_of_a_gaussian() -> dict[str, Any]:
    x, mu = data("x", m), leaf("mu")
    C = np.sum((x - mu) ** 2) / 2
    return locals()


@entry(mu="-np.sum(x - mu) / s**2", s="m / s - np.sum((x - mu)**2) / s**3")
def mean_and_width_of_a_gaussian() -> dict[str, Any]:
    x, mu, s = data("x", m), leaf("mu"), positive("s")
    C = m * np.log(s) + np.sum((x - mu) ** 2) / (2 * s**2)
    return locals()


@entry(v="m / (2 * v) - np.sum((x - mu)**2) / (2 * v**2)")
def variance_of_a_gaussian() -> dict[str, Any]:
    x, mu, v = data("x", m), data("mu"), positive("v")
    C = np.sum(np.log(v) / 2 + (x - mu) ** 2 / (2 * v))
    return locals()


@entry(mu="-np.sum(r * (x[:, None] - mu), axis=0)")
def means_of_a_mixture() -> dict[str, Any]:
    x, mu, c = data("x", m), leaf("mu", J), positive("c", J, grad=False)
    p = named("p", c * np.exp(-((x[:, None] - mu) ** 2) / 2))
    q = named("q", np.sum(p, axis=1, keepdims=True))
    r = (p / q).numpy()
    C = -np.sum(np.log(q))
    return locals()


@entry("r = np.exp(b) / np.sum(np.exp(b), axis=1, keepdims=True)", mu="-np.sum(r * (x[:, None] - mu), axis=0)")
def means_of_a_mixture_by_logsumexp() -> dict[str, Any]:
    x, mu = data("x", m), leaf("mu", J)
    b = named("b", -((x[:, None] - mu[None, :]) ** 2) / 2)
    C = -np.sum(tg.logsumexp(b, axis=1))
    return locals()


@entry(t="m * c - np.sum(r, axis=0)")
def weights_of_a_mixture() -> dict[str, Any]:
    p, t = positive("p", m, J, grad=False), leaf("t", J)
    c = named("c", tg.softmax(t))
    q = named("q", p @ c)
    r = (p * c / q[:, None]).numpy()
    C = -np.sum(np.log(q))
    return locals()


@entry(z="a * (np.log(a / q) - np.sum(a * np.log(a / q)))")
def divergence_of_a_softmax_from_fixed_probabilities() -> dict[str, Any]:
    z = leaf("z", J)
    q = tg.Tensor(np.array([0.1, 0.2, 0.3, 0.4]), name="q")
    a = named("a", tg.softmax(z))
    C = np.sum(a * np.log(a / q))
    return locals()


@entry(z="a - p")
def divergence_of_fixed_probabilities_from_a_softmax() -> dict[str, Any]:
    z = leaf("z", J)
    p = tg.Tensor(np.array([0.1, 0.2, 0.3, 0.4]), name="p", facts=("positive",))
    total = tg.Tensor(1.0)
    a = named("a", np.exp(z) / np.sum(np.exp(z)))
    C = np.sum(p * (np.log(p) - np.log(a))) * total
    return locals()


@entry(mu="mu", s="s - 1 / s")
def divergence_of_gaussians() -> dict[str, Any]:
    mu, s = leaf("mu", n), positive("s", n)
    C = np.sum(mu**2 + s**2 - 1 - 2 * np.log(s)) / 2
    return locals()


@entry(mu="mu", v="(np.exp(v) - 1) / 2")
def divergence_by_log_variance() -> dict[str, Any]:
    mu, v = leaf("mu", n), leaf("v", n)
    C = -0.5 * np.sum(1 + v - mu**2 - np.exp(v))
    return locals()


@entry(mu="2 * (z - x) + mu", v="(z - x) * e * np.exp(v / 2) + (np.exp(v) - 1) / 2")
def reparameterisation() -> dict[str, Any]:
    mu, v, e, x = leaf("mu", n), leaf("v", n), data("e", n), data("x", n)
    z = named("z", mu + np.exp(v / 2) * e)
    C = np.sum((z - x) ** 2) - 0.5 * np.sum(1 + v - mu**2 - np.exp(v))
    return locals()


@entry(
    D="z.T @ (r - x) / m", M="x.T @ ((r - x) @ D.T + mu) / m",
    V="x.T @ (((r - x) @ D.T) * e * s + (s**2 - 1)) / m",
)  # fmt: skip
def variational_autoencoder() -> dict[str, Any]:
    x, e, M, V, D = data("x", m, n), data("e", m, 2), leaf("M", n, 2), leaf("V", n, 2), leaf("D", 2, n)
    mu = named("mu", x @ M)
    t = named("t", x @ V)
    s = named("s", np.exp(t))
    z = named("z", mu + s * e)
    r = named("r", z @ D)
    C = np.sum((r - x) ** 2) / (2 * m) + np.sum(mu**2 + s**2 - 1 - 2 * t) / (2 * m)
    return locals()


@entry(a="-(1 - q)", b="p")
def a_generator_against_a_discriminator() -> dict[str, Any]:
    a, b = leaf("a", m), leaf("b", m)
    q = tg.sigmoid(a)
    p = named("p", tg.sigmoid(b))
    C = -np.sum(np.log(q)) - np.sum(np.log(1 - p))
    return locals()


@entry(W="-np.outer(v, h)", b="-v", c="-h")
def the_energy_of_a_boltzmann_machine() -> dict[str, Any]:
    v, h, W, b, c = data("v", n), data("h", J), leaf("W", n, J), leaf("b", n), leaf("c", J)
    C = -(v @ W @ h) - b @ v - c @ h
    return locals()


@entry(W="-np.outer(v, a)", b="-v", c="-a")
def the_free_energy_of_a_boltzmann_machine() -> dict[str, Any]:
    v, W, b, c = data("v", n), leaf("W", n, J), leaf("b", n), leaf("c", J)
    z = named("z", v @ W + c)
    a = tg.sigmoid(z)
    C = -(b @ v) - np.sum(np.log(1 + np.exp(z)))
    return locals()


@entry(p="-k / p + (N - k) / (1 - p)")
def a_coin() -> dict[str, Any]:
    p, k, N = tg.Tensor(0.3, requires_grad=True, name="p"), tg.Tensor(4.0, name="k"), tg.Tensor(9.0, name="N")
    C = -k * np.log(p) - (N - k) * np.log(1 - p)
    return locals()


@entry(lam="m - np.sum(k) / lam")
def a_poisson_rate() -> dict[str, Any]:
    lam, k = positive("lam"), tg.Tensor([2.0, 0.0, 3.0, 1.0, 5.0], name="k")
    C = np.sum(lam - k * np.log(lam))
    return locals()


@entry(x="(x - y) / s**2 + W.T @ (W @ x)")
def a_posterior() -> dict[str, Any]:
    x, y, W, s = leaf("x", n), data("y", n), data("W", h, n), positive("s", grad=False)
    C = np.sum((x - y) ** 2) / (2 * s**2) + np.sum((W @ x) ** 2) / 2
    return locals()


@entry(r="(p - q) * (1 - 2 * r)", called="an expectation over two outcomes")
def expectation() -> dict[str, Any]:
    r, p, q = tg.Tensor(0.3, requires_grad=True, name="r"), data("p"), data("q")
    C = r * (1 - r) * (p - q)
    return locals()


@entry(theta="-A * (y - p)")
def advantage_times_log_probability() -> dict[str, Any]:
    theta, A = leaf("theta", J), data("A")
    y = tg.Tensor(np.eye(J)[1], name="y", facts=("one_hot",))
    p = named("p", tg.softmax(theta))
    C = -A * np.sum(y * np.log(p))
    return locals()


@entry(theta="-A * np.exp(theta - k)", called="a ratio of probabilities")
def ratio() -> dict[str, Any]:
    theta, k, A = leaf("theta", m), data("k", m), data("A", m)
    C = -np.sum(A * np.exp(theta - k))
    return locals()
