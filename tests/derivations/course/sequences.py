"""Residual nets, recurrent nets of two to five steps, loops over examples."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, bits, data, h, hot, leaf, m, n, named

entry = Book("sequences")


@entry(W="x.T @ (2 * (r - y) * a * (1 - a))", x="2 * (r - y) + (2 * (r - y) * a * (1 - a)) @ W.T")
def a_residual_sum() -> dict[str, Any]:
    x, y, W = leaf("x", m, n), data("y", m, n), leaf("W", n, n)
    a = tg.sigmoid(x @ W)
    r = x + a
    C = np.sum((r - y) ** 2)
    return locals()


@entry(W="x.T @ (2 * (r - y) * a * (1 - a))")
def a_residual_sum_with_names() -> dict[str, Any]:
    x, y, W = data("x", m, n), data("y", m, n), leaf("W", n, n)
    a = named("a", tg.sigmoid(x @ W))
    r = named("r", x + a)
    C = np.sum((r - y) ** 2)
    return locals()


@entry(
    "e2 = 2 * (r2 - y)", "e1 = e2 + (e2 * (1 - a2**2)) @ W2.T", each=True,
    W1="x.T @ ((e2 + (e2 * (1 - a2**2)) @ W2.T) * (1 - a1**2))", W2="r1.T @ (2 * (r2 - y) * (1 - a2**2))",
)  # fmt: skip
def two_residual_blocks() -> dict[str, Any]:
    x, y, W1, W2 = data("x", m, n), data("y", m, n), leaf("W1", n, n), leaf("W2", n, n)
    a1 = np.tanh(x @ W1)
    r1 = x + a1
    a2 = np.tanh(r1 @ W2)
    r2 = r1 + a2
    C = np.sum((r2 - y) ** 2)
    return locals()


@entry(V="a.T @ (p - y) / m", W="x.T @ (((p - y) @ V.T) * (z > 0)) / m")
def a_skip_connection_before_softmax() -> dict[str, Any]:
    x, y, W, V = data("x", m, n), hot(), leaf("W", n, n), leaf("V", n, J)
    z = named("z", x @ W)
    a = named("a", tg.relu(z) + x)
    p = named("p", tg.softmax(a @ V))
    C = -np.sum(y * np.log(p)) / m
    return locals()


@entry(
    "d2 = (s2 - y) * (1 - s2**2)", "d1 = d2 * u * (1 - s1**2)",
    u="d2 * s1 + d1 * s0", w="d2 * x2 + d1 * x1",
)  # fmt: skip
def recurrent_neuron_of_two_steps() -> dict[str, Any]:
    x1, x2, y, u, w, s0 = data("x1"), data("x2"), data("y"), leaf("u"), leaf("w"), data("s0")
    s1 = named("s1", np.tanh(u * s0 + w * x1))
    s2 = named("s2", np.tanh(u * s1 + w * x2))
    C = (s2 - y) ** 2 / 2
    return locals()


@entry(u="(z2 - y) * (z1 + u * z0)", w="(z2 - y) * (u * x1 + x2)")
def linear_recurrence_of_two_steps() -> dict[str, Any]:
    x1, x2, y, u, w, z0 = data("x1"), data("x2"), data("y"), leaf("u"), leaf("w"), data("z0")
    z1 = named("z1", u * z0 + w * x1)
    z2 = named("z2", u * z1 + w * x2)
    C = (z2 - y) ** 2 / 2
    return locals()


@entry(
    "d2 = ((p - y) @ V.T) * (1 - h2**2)", "d1 = (d2 @ U.T) * (1 - h1**2)",
    V="h2.T @ (p - y)", U="h1.T @ d2 + h0.T @ d1", W="x2.T @ d2 + x1.T @ d1",
)  # fmt: skip
def recurrent_layer_of_two_steps() -> dict[str, Any]:
    x1, x2, y, h0 = data("x1", m, n), data("x2", m, n), hot(), data("h0", m, h)
    U, W, V = leaf("U", h, h), leaf("W", n, h), leaf("V", h, J)
    h1 = named("h1", np.tanh(h0 @ U + x1 @ W))
    h2 = named("h2", np.tanh(h1 @ U + x2 @ W))
    p = named("p", tg.softmax(h2 @ V))
    C = -np.sum(y * np.log(p))
    return locals()


def unrolled(steps: int, names: bool) -> dict[str, Any]:
    """A recurrent net on one sequence of vectors, with a cost at its end."""
    found: dict[str, Any] = {f"x{t}": data(f"x{t}", n) for t in range(1, steps + 1)}
    found |= {"U": leaf("U", h, h), "W": leaf("W", h, n), "b": leaf("b", h), "y": data("y", h)}
    s = found["s0"] = data("s0", h)
    for t in range(1, steps + 1):
        s = found[f"s{t}"] = np.tanh(found["U"] @ s + found["W"] @ found[f"x{t}"] + found["b"])
        if names:
            s.name = f"s{t}"
    found["C"] = np.sum((s - found["y"]) ** 2) / 2
    return found


for steps in (2, 3, 4, 5):
    for names in (True, False):
        back = [f"d{steps} = (s{steps} - y) * (1 - s{steps}**2)"]
        back += [f"d{t} = (U.T @ d{t + 1}) * (1 - s{t}**2)" for t in range(steps - 1, 0, -1)]

        @entry(
            *back, called=f"recurrent net of {steps} steps, {'named' if names else 'without names'}",
            U=" + ".join(f"np.outer(d{t}, s{t - 1})" for t in range(steps, 0, -1)),
            W=" + ".join(f"np.outer(d{t}, x{t})" for t in range(steps, 0, -1)),
            b=" + ".join(f"d{t}" for t in range(steps, 0, -1)),
        )  # fmt: skip
        def recurrent_net(steps: int = steps, names: bool = names) -> dict[str, Any]:
            return unrolled(steps, names)


@entry(
    "e2 = 2 * (s2 - y2) * (1 - s2**2)", "e1 = (2 * (s1 - y1) + u * e2) * (1 - s1**2)",
    u="e2 * s1 + e1 * s0", w="e2 * x2 + e1 * x1",
)  # fmt: skip
def a_cost_at_every_step() -> dict[str, Any]:
    x1, x2, y1, y2, s0 = data("x1"), data("x2"), data("y1"), data("y2"), data("s0")
    u, w = leaf("u"), leaf("w")
    s1 = named("s1", np.tanh(u * s0 + w * x1))
    s2 = named("s2", np.tanh(u * s1 + w * x2))
    C = (s1 - y1) ** 2 + (s2 - y2) ** 2
    return locals()


@entry(w="2 * x.T @ (x @ w - y)")
def a_loop_over_examples() -> dict[str, Any]:
    x, y, w = data("x", m, n), data("y", m), leaf("w", n)
    C: Any = 0
    for i in range(m):
        C = C + (x[i] @ w - y[i]) ** 2
    return locals()


@entry("a = sigmoid(x @ w)", w="x.T @ (a - y) / m")
def a_loop_over_examples_of_a_neuron() -> dict[str, Any]:
    x, y, w = data("x", m, n), bits("y", m), leaf("w", n)
    total: Any = 0
    for example, target in zip(x.numpy(), y.numpy(), strict=True):
        a = tg.sigmoid(example @ w)
        total = total - (target * np.log(a) + (1 - target) * np.log(1 - a))
    C = total / m
    return locals()


@entry(w="np.array([np.sum(2 * (x @ w - y) * x[:, 0]), np.sum(2 * (x @ w - y) * x[:, 1])])")
def a_loop_over_two_examples_by_stack() -> dict[str, Any]:
    x, y, w = data("x", 2, 2), data("y", 2), leaf("w", 2)
    z = np.stack([x[0] @ w, x[1] @ w])
    C = np.sum((z - y) ** 2)
    return locals()


@entry(w="2 * w * 3")
def a_sum_in_a_loop() -> dict[str, Any]:
    w = leaf("w")
    C: Any = 0
    for _ in range(3):
        C = C + w**2
    return locals()


@entry(w="5 * w**4")
def a_product_in_a_loop() -> dict[str, Any]:
    w = leaf("w")
    C: Any = 1
    for _ in range(5):
        C = C * w
    return locals()


@entry(u="2 * (np.concatenate([u, v]) - t)[:2]", v="2 * (np.concatenate([u, v]) - t)[2:]")
def concatenated_vectors() -> dict[str, Any]:
    u, v, t = leaf("u", 2), leaf("v", 3), data("t", 5)
    z = named("z", np.concatenate([u, v]))
    C = np.sum((z - t) ** 2)
    return locals()


@entry(W="np.hstack([x, r]).T @ (2 * (z - y))")
def concatenated_inputs() -> dict[str, Any]:
    x, r, y, W = data("x", m, 2), data("r", m, 3), data("y", m, J), leaf("W", 5, J)
    z = named("z", np.concatenate([x, r], axis=1) @ W)
    C = np.sum((z - y) ** 2)
    return locals()


@entry(z="c - f", f="1 - z", c="z")
def a_gate() -> dict[str, Any]:
    z, f, c, t = leaf("z", m), leaf("f", m), leaf("c", m), data("t", m)
    C = np.sum((1 - z) * f + z * c - t)
    return locals()


@entry(o="np.tanh(c) * s * (1 - s)", c="s * (1 - np.tanh(c)**2)")
def the_output_of_a_memory_cell() -> dict[str, Any]:
    o, c = leaf("o", h), leaf("c", h)
    s = named("s", tg.sigmoid(o))
    C = np.sum(s * np.tanh(c))
    return locals()
