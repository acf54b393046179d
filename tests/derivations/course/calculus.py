"""Functions of calculus 1 and 2: product, quotient and chain rule, several variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, data, leaf, m, n, named, positive

entry = Book("calculus")

OF_ONE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a polynomial": (lambda x: 3 * x**4 - 2 * x**2 + 5 * x - 1, "12 * x**3 - 4 * x + 5"),
    "a root": (np.sqrt, "1 / (2 * np.sqrt(x))"),
    "a reciprocal": (lambda x: 1 / x, "-1 / x**2"),
    "a power": (lambda x: x**-3, "-3 * x**-4"),
    "a fractional power": (lambda x: x**1.5, "1.5 * np.sqrt(x)"),
    "product rule": (lambda x: x**2 * np.sin(x), "2 * x * np.sin(x) + x**2 * np.cos(x)"),
    "product rule with exp": (lambda x: x * np.exp(x), "(1 + x) * np.exp(x)"),
    "product rule with log": (lambda x: x * np.log(x), "np.log(x) + 1"),
    "quotient rule": (lambda x: x / (1 + x**2), "(1 - x**2) / (1 + x**2)**2"),
    "quotient rule with sine": (lambda x: np.sin(x) / x, "(x * np.cos(x) - np.sin(x)) / x**2"),
    "tangent": (np.tan, "1 / np.cos(x)**2"),
    "tangent as a quotient": (lambda x: np.sin(x) / np.cos(x), "1 / np.cos(x)**2"),
    "chain rule": (lambda x: np.sin(x**2), "2 * x * np.cos(x**2)"),
    "chain rule twice": (lambda x: np.exp(np.sin(x**2)), "2 * x * np.cos(x**2) * np.exp(np.sin(x**2))"),
    "a power of a sum": (lambda x: (3 * x + 1) ** 5, "15 * (3 * x + 1)**4"),
    "a root of a square": (lambda x: np.sqrt(1 + x**2), "x / np.sqrt(1 + x**2)"),
    "log of a square": (lambda x: np.log(1 + x**2), "2 * x / (1 + x**2)"),
    "log of a quotient": (lambda x: np.log(x / (1 + x)), "1 / (x * (1 + x))"),
    "a bell": (lambda x: np.exp(-(x**2)), "-2 * x * np.exp(-x**2)"),
    "exp of a reciprocal": (lambda x: np.exp(-1 / x), "np.exp(-1 / x) / x**2"),
    "x to the x": (lambda x: x**x, "x**x * (np.log(x) + 1)"),
    "2 to the x": (lambda x: 2**x, "np.log(2) * 2**x"),
    "sine squared plus cosine squared": (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, "0 * x"),
    "hyperbolic cosine": (np.cosh, "np.sinh(x)"),
    "arctangent of exp": (lambda x: np.arctan(np.exp(x)), "np.exp(x) / (1 + np.exp(2 * x))"),
    "absolute value": (lambda x: np.abs(x - 2), "np.sign(x - 2)"),
    "a continued fraction": (lambda x: 1 / (1 + 1 / x), "1 / (1 + x)**2"),
    "a double logarithm": (lambda x: np.log(np.log(x + 2)), "1 / ((x + 2) * np.log(x + 2))"),
}  # fmt: skip

for rule, (function, derivative) in OF_ONE.items():

    @entry(called=rule, x=derivative)
    def of_one(function: Callable[[Any], Any] = function) -> dict[str, Any]:
        x = positive("x")
        C = function(x)
        return locals()


@entry(x="2 * x * x2", x2="x**2")
def a_power_beside_a_name_with_a_digit() -> dict[str, Any]:
    x, x2 = leaf("x"), leaf("x2")
    C = x**2 * x2
    return locals()


@entry(x1="-2 * (1 - x1) - 400 * x1 * (x2 - x1**2)", x2="200 * (x2 - x1**2)")
def rosenbrock() -> dict[str, Any]:
    x1, x2 = leaf("x1"), leaf("x2")
    C = (1 - x1) ** 2 + 100 * (x2 - x1**2) ** 2
    return locals()


@entry(x="-2 * (1 - x) - 400 * x * (y - x**2)", y="200 * (y - x**2)")
def rosenbrock_in_x_and_y() -> dict[str, Any]:
    x, y = leaf("x"), leaf("y")
    C = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    return locals()


@entry(
    x="np.array([-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0]**2), 200 * (x[1] - x[0]**2)])"
)  # fmt: skip
def rosenbrock_of_a_vector() -> dict[str, Any]:
    x = leaf("x", 2)
    C = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    return locals()


@entry(x="y + z", y="x + z", z="x + y")
def products_of_pairs() -> dict[str, Any]:
    x, y, z = leaf("x"), leaf("y"), leaf("z")
    C = x * y + y * z + z * x
    return locals()


@entry(x="z", y="z", z="x + y")
def the_first_graph_of_the_course() -> dict[str, Any]:
    x, y, z = leaf("x"), leaf("y"), leaf("z")
    q = named("q", x + y)
    C = q * z
    return locals()


@entry(x="x / r", y="y / r")
def polar_radius() -> dict[str, Any]:
    x, y = leaf("x"), leaf("y")
    r = named("r", np.sqrt(x**2 + y**2))
    C = r * 1.0
    return locals()


@entry(x="-y / (x**2 + y**2)", y="x / (x**2 + y**2)")
def polar_angle() -> dict[str, Any]:
    x, y = positive("x"), positive("y")
    C = np.arctan(y / x)
    return locals()


@entry(x="4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7)", y="2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7)")
def himmelblau() -> dict[str, Any]:
    x, y = leaf("x"), leaf("y")
    C = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
    return locals()


@entry(x="1 / m * np.ones(m)")
def a_mean() -> dict[str, Any]:
    x = leaf("x", m)
    C = np.mean(x)
    return locals()


@entry(x="2 * np.sum(x) * np.ones(m)")
def the_square_of_a_sum() -> dict[str, Any]:
    x = leaf("x", m)
    C = np.sum(x) ** 2
    return locals()


@entry(x="y * np.exp(x * y)", y="x * np.exp(x * y)")
def exp_of_a_product() -> dict[str, Any]:
    x, y = leaf("x"), leaf("y")
    C = np.exp(x * y)
    return locals()


@entry(x="y * x**(y - 1)", y="np.log(x) * x**y")
def a_power_with_two_variables() -> dict[str, Any]:
    x, y = positive("x"), positive("y")
    C = x**y
    return locals()


@entry(t="2 * t * np.cos(t) - t**2 * np.sin(t) + np.cos(t)**2 - np.sin(t)**2")
def a_path_in_the_plane() -> dict[str, Any]:
    t = leaf("t")
    x, y = named("x", t**2 + np.sin(t)), named("y", np.cos(t))
    C = x * y
    return locals()


@entry(x="2 * x * np.where(x > 0, 1, -1)")
def a_square_with_a_sign() -> dict[str, Any]:
    x = leaf("x", m)
    C = np.sum(x * np.abs(x))
    return locals()


@entry(u="2 * (u - v)", v="2 * (v - u)")
def a_difference_squared() -> dict[str, Any]:
    u, v = leaf("u"), leaf("v")
    C = u**2 - 2 * u * v + v**2
    return locals()


@entry(x="c", c="x")
def a_dot_product() -> dict[str, Any]:
    x, c = leaf("x", n), leaf("c", n)
    C = np.sum(x * c)
    return locals()


@entry(x="3 * x**2", called="a power by a loop")
def power() -> dict[str, Any]:
    x = leaf("x")
    C = x
    for _ in range(n - 1):
        C = C * x
    return locals()


@entry(x="3 * (w * x)**2 * w", w="3 * (w * x)**2 * x")
def a_cube_of_a_product() -> dict[str, Any]:
    x, w = leaf("x"), leaf("w")
    z = named("z", w * x)
    C = z**3
    return locals()


@entry(x="np.where(x > y, 1, 0)", y="np.where(x > y, 0, 1)")
def the_larger_of_two() -> dict[str, Any]:
    x, y = leaf("x"), leaf("y")
    C = np.maximum(x, y)
    return locals()


@entry(z="z / J")
def half_a_mean_square() -> dict[str, Any]:
    z = leaf("z", J)
    C = np.mean(z**2) / 2
    return locals()


@entry(r="k * (r - q)", q="k * (q - r)")
def a_spring() -> dict[str, Any]:
    r, q, k = leaf("r"), leaf("q"), data("k")
    C = k * (r - q) ** 2 / 2
    return locals()


@entry(a="1 / (a * (1 - a))")
def the_logit() -> dict[str, Any]:
    a = tg.Tensor(0.3, requires_grad=True, name="a")
    C = np.log(a) - np.log(1 - a)
    return locals()
