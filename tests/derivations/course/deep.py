"""Deep nets of two to six layers: the textbook's four equations, by all leaves together and by each alone."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import CLASSES, Book, J, bits, data, h, hot, leaf, m, n, named

entry = Book("deep nets")

SLOPE = "* a1 * (1 - a1)"
BACK = "((a2 - y) @ W2.T * a1 * (1 - a1)) / m"
"""The error of the hidden layer under cross-entropy, examples in rows."""


@entry(
    each=True, W1=f"x.T @ {BACK}", b1=f"np.sum({BACK}, axis=0)", W2="a1.T @ (a2 - y) / m", b2="np.sum(a2 - y, axis=0) / m"
)  # fmt: skip
def two_sigmoid_layers_without_names() -> dict[str, Any]:
    x, y = data("x", m, n), bits("y", m, J)
    W1, b1, W2, b2 = leaf("W1", n, h), leaf("b1", h), leaf("W2", h, J), leaf("b2", J)
    a1 = tg.sigmoid(x @ W1 + b1)
    a2 = tg.sigmoid(a1 @ W2 + b2)
    C = tg.cross_entropy(a2, y)
    return locals()


@entry(
    each=True, W1=f"x.T @ {BACK}", b1=f"np.sum({BACK}, axis=0)", W2="a1.T @ (a2 - y) / m", b2="np.sum(a2 - y, axis=0) / m"
)  # fmt: skip
def two_layers_with_softmax_and_names() -> dict[str, Any]:
    x, y = data("x", m, n), hot()
    W1, b1, W2, b2 = leaf("W1", n, h), leaf("b1", h), leaf("W2", h, J), leaf("b2", J)
    z1 = named("z1", x @ W1 + b1)
    a1 = named("a1", tg.sigmoid(z1))
    z2 = named("z2", a1 @ W2 + b2)
    a2 = named("a2", tg.softmax(z2))
    C = tg.log_likelihood(a2, y)
    return locals()


@entry(
    each=True, W1="np.outer(W2.T @ (a2 - y) * a1 * (1 - a1), x)", b1="W2.T @ (a2 - y) * a1 * (1 - a1)",
    W2="np.outer(a2 - y, a1)", b2="a2 - y",
)  # fmt: skip
def the_lectures_net_on_one_example() -> dict[str, Any]:
    x, W1, b1, W2, b2 = data("x", n), leaf("W1", h, n), leaf("b1", h), leaf("W2", J, h), leaf("b2", J)
    y = tg.Tensor(np.eye(J)[1], name="y", facts=("one_hot",))
    a1 = named("a1", tg.sigmoid(W1 @ x + b1))
    a2 = named("a2", tg.softmax(W2 @ a1 + b2))
    C = -np.sum(y * np.log(a2))
    return locals()


@entry(
    "delta2 = (a2 - y) * a2 * (1 - a2)",
    W1="np.outer(W2.T @ delta2 * a1 * (1 - a1), x)", b1="W2.T @ delta2 * a1 * (1 - a1)",
    W2="np.outer((a2 - y) * a2 * (1 - a2), a1)", b2="(a2 - y) * a2 * (1 - a2)",
)  # fmt: skip
def quadratic_cost_on_one_example() -> dict[str, Any]:
    x, y, W1, b1, W2, b2 = data("x", n), data("y", J), leaf("W1", h, n), leaf("b1", h), leaf("W2", J, h), leaf("b2", J)
    z1 = W1 @ x + b1
    a1 = tg.sigmoid(z1)
    z2 = W2 @ a1 + b2
    a2 = tg.sigmoid(z2)
    C = np.sum((a2 - y) ** 2) / 2
    return locals()


@entry(
    "delta2 = (a2 - y) / m", W1="(W2.T @ delta2 * a1 * (1 - a1)) @ X.T",
    b1="np.sum(W2.T @ delta2 * a1 * (1 - a1), axis=1, keepdims=True)", W2="(a2 - y) @ a1.T / m",
    b2="np.sum(a2 - y, axis=1, keepdims=True) / m",
)  # fmt: skip
def two_layers_with_examples_in_columns() -> dict[str, Any]:
    X, y = data("X", n, m), bits("Y", 1, m)
    W1, b1, W2, b2 = leaf("W1", h, n), leaf("b1", h, 1), leaf("W2", 1, h), leaf("b2", 1, 1)
    a1 = tg.sigmoid(W1 @ X + b1)
    a2 = tg.sigmoid(W2 @ a1 + b2)
    C = -np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2)) / m
    return locals()


@entry(
    each=True, W1="x.T @ (((a2 - y) @ W2.T) * (1 - a1**2)) / m", W2="a1.T @ (a2 - y) / m"
)  # fmt: skip
def tanh_then_softmax() -> dict[str, Any]:
    x, W1, W2 = data("x", m, n), leaf("W1", n, h), leaf("W2", h, J)
    y = hot()
    a1 = np.tanh(x @ W1)
    z2 = a1 @ W2
    a2 = np.exp(z2) / np.sum(np.exp(z2), axis=1, keepdims=True)
    C = -np.sum(y * np.log(a2)) / m
    return locals()


@entry(
    each=True, W1="x.T @ (((a2 - y) @ W2.T) * (z1 > 0)) / m", b1="np.sum(((a2 - y) @ W2.T) * (z1 > 0), axis=0) / m",
    W2="a1.T @ (a2 - y) / m", b2="np.sum(a2 - y, axis=0) / m",
)  # fmt: skip
def relu_then_softmax_on_class_numbers() -> dict[str, Any]:
    x, y = data("x", m, n), hot()
    W1, b1, W2, b2 = leaf("W1", n, h), leaf("b1", h), leaf("W2", h, J), leaf("b2", J)
    z1 = x @ W1 + b1
    a1 = tg.relu(z1)
    a2 = tg.softmax(a1 @ W2 + b2)
    C = -np.mean(np.log(a2[np.arange(m), CLASSES]))
    return locals()


@entry(
    each=True, W1="2 * x.T @ (np.outer(z2 - y, w2) * (z1 > 0)) / m", w2="2 * a1.T @ (z2 - y) / m"
)  # fmt: skip
def regression_with_a_hidden_layer() -> dict[str, Any]:
    x, y, W1, w2 = data("x", m, n), data("y", m), leaf("W1", n, h), leaf("w2", h)
    z1 = named("z1", x @ W1)
    a1 = named("a1", np.maximum(0, z1))
    z2 = named("z2", a1 @ w2)
    C = np.mean((z2 - y) ** 2)
    return locals()


@entry(
    each=True, W1="x.T @ (np.outer(a2 - y, w2) * a1 * (1 - a1)) / m", b1="np.sum(np.outer(a2 - y, w2) * a1 * (1 - a1), axis=0) / m",
    w2="a1.T @ (a2 - y) / m", b2="np.sum(a2 - y) / m",
)  # fmt: skip
def hidden_layer_and_one_output() -> dict[str, Any]:
    x, y, W1, b1, w2, b2 = data("x", m, n), bits("y", m), leaf("W1", n, h), leaf("b1", h), leaf("w2", h), leaf("b2")
    a1 = tg.sigmoid(x @ W1 + b1)
    z2 = a1 @ w2 + b2
    C = tg.cross_entropy_with_logits(z2, y)
    a2 = named("a2", tg.sigmoid(z2))
    return locals()


@entry(
    w1="(a2 - y) * w2 * a1 * (1 - a1) * x", b1="(a2 - y) * w2 * a1 * (1 - a1)", w2="(a2 - y) * a1", b2="a2 - y"
)  # fmt: skip
def two_neurons_in_a_row() -> dict[str, Any]:
    x, y, w1, b1, w2, b2 = data("x"), bits("y"), leaf("w1"), leaf("b1"), leaf("w2"), leaf("b2")
    a1 = named("a1", tg.sigmoid(w1 * x + b1))
    a2 = named("a2", tg.sigmoid(w2 * a1 + b2))
    C = -(y * np.log(a2) + (1 - y) * np.log(1 - a2))
    return locals()


@entry(
    each=True, w1="(a4 - y) * a4 * (1 - a4) * w4 * a3 * (1 - a3) * w3 * a2 * (1 - a2) * w2 * a1 * (1 - a1) * x",
    w4="(a4 - y) * a4 * (1 - a4) * a3",
)  # fmt: skip
def nielsens_chain_of_four_neurons() -> dict[str, Any]:
    x, y, w1, w2, w3, w4 = data("x"), data("y"), leaf("w1"), leaf("w2"), leaf("w3"), leaf("w4")
    a1 = tg.sigmoid(w1 * x)
    a2 = tg.sigmoid(w2 * a1)
    a3 = tg.sigmoid(w3 * a2)
    a4 = tg.sigmoid(w4 * a3)
    C = (a4 - y) ** 2 / 2
    return locals()


THREE = ("delta3 = (a3 - y) / m", "delta2 = delta3 @ W3.T * a2 * (1 - a2)", "delta1 = delta2 @ W2.T * a1 * (1 - a1)")


@entry(
    *THREE, each=True, W1="x.T @ (delta2 @ W2.T * a1 * (1 - a1))", b1="np.sum(delta2 @ W2.T * a1 * (1 - a1), axis=0)",
    W2="a1.T @ (delta3 @ W3.T * a2 * (1 - a2))", b2="np.sum(delta3 @ W3.T * a2 * (1 - a2), axis=0)",
    W3="a2.T @ (a3 - y) / m", b3="np.sum(a3 - y, axis=0) / m",
)  # fmt: skip
def three_sigmoid_layers() -> dict[str, Any]:
    x, y = data("x", m, n), bits("y", m, J)
    W1, b1, W2, b2, W3, b3 = (
        leaf("W1", n, h),
        leaf("b1", h),
        leaf("W2", h, 2),
        leaf("b2", 2),
        leaf("W3", 2, J),
        leaf("b3", J),
    )
    a1 = tg.sigmoid(x @ W1 + b1)
    a2 = tg.sigmoid(a1 @ W2 + b2)
    a3 = tg.sigmoid(a2 @ W3 + b3)
    C = tg.cross_entropy(a3, y)
    return locals()


@entry(
    *THREE, W1="x.T @ delta1", W2="a1.T @ delta2", W3="a2.T @ (a3 - y) / m",
)  # fmt: skip
def three_layers_in_a_loop() -> dict[str, Any]:
    x, y = data("x", m, n), hot()
    W1, W2, W3 = leaf("W1", n, h), leaf("W2", h, 2), leaf("W3", 2, J)
    activations = [x]
    for W in (W1, W2, W3):
        activations.append(tg.sigmoid(activations[-1] @ W) if W is not W3 else tg.softmax(activations[-1] @ W))
    _, a1, a2, a3 = activations
    C = -np.sum(y * np.log(a3)) / m
    return locals()


@entry(
    "delta3 = (a3 - y) / m", "delta2 = delta3 @ W3.T * (z2 > 0)",
    each=True, W1="x.T @ (delta2 @ W2.T * (z1 > 0))", W2="a1.T @ (delta3 @ W3.T * (z2 > 0))", W3="a2.T @ (a3 - y) / m",
)  # fmt: skip
def three_layers_with_relu() -> dict[str, Any]:
    x, y = data("x", m, n), hot()
    W1, W2, W3 = leaf("W1", n, h), leaf("W2", h, 2), leaf("W3", 2, J)
    z1 = named("z1", x @ W1)
    a1 = named("a1", tg.relu(z1))
    z2 = named("z2", a1 @ W2)
    a2 = named("a2", tg.relu(z2))
    a3 = tg.softmax(a2 @ W3)
    C = tg.log_likelihood(a3, y)
    return locals()


def net(depth: int) -> dict[str, Any]:
    """Sigmoid layers of two neurons, then cross-entropy over four outputs, without names."""
    found: dict[str, Any] = {"x": data("x", m, n), "y": bits("y", m, J)}
    a = found["x"]
    for k in range(1, depth + 1):
        wide, narrow = (n if k == 1 else 2), (J if k == depth else 2)
        found[f"W{k}"], found[f"b{k}"] = leaf(f"W{k}", wide, narrow), leaf(f"b{k}", narrow)
        a = found[f"a{k}"] = tg.sigmoid(a @ found[f"W{k}"] + found[f"b{k}"])
    found["C"] = tg.cross_entropy(a, found["y"])
    return found


for depth in (4, 5, 6):
    errors = [f"delta{depth} = (a{depth} - y) / m"]
    books: dict[str, str | None] = {f"W{depth}": f"a{depth - 1}.T @ (a{depth} - y) / m"}
    for k in range(depth - 1, 0, -1):
        errors.append(f"delta{k} = delta{k + 1} @ W{k + 1}.T * a{k} * (1 - a{k})")
        below = f"a{k - 1}" if k > 1 else "x"
        books[f"W{k}"] = f"{below}.T @ (delta{k + 1} @ W{k + 1}.T * a{k} * (1 - a{k}))"
        books[f"b{k}"] = f"np.sum(delta{k + 1} @ W{k + 1}.T * a{k} * (1 - a{k}), axis=0)"

    @entry(*errors, each=depth == 5, called=f"{depth} sigmoid layers", **books)
    def sigmoid_layers(depth: int = depth) -> dict[str, Any]:
        return net(depth)


@entry(
    called="linear deep net", W1="x.T @ ((z3 - y) @ W3.T @ W2.T) / m",
    W2="a1.T @ ((z3 - y) @ W3.T) / m", W3="a2.T @ (z3 - y) / m",
)  # fmt: skip
def linear() -> dict[str, Any]:
    x, y = data("x", m, n), data("y", m, J)
    W1, W2, W3 = leaf("W1", n, h), leaf("W2", h, 2), leaf("W3", 2, J)
    a1 = x @ W1
    a2 = a1 @ W2
    z3 = a2 @ W3
    C = np.sum((z3 - y) ** 2) / (2 * m)
    return locals()


@entry(
    W="x.T @ (2 * (r - x) @ W * a * (1 - a)) + (2 * (r - x)).T @ a",
)  # fmt: skip
def autoencoder_with_tied_weights() -> dict[str, Any]:
    x, W = data("x", m, n), leaf("W", n, 2)
    a = named("a", tg.sigmoid(x @ W))
    r = named("r", a @ W.T)
    C = np.sum((r - x) ** 2)
    return locals()


@entry(V="2 * a.T @ (r - x) / m", W="2 * x.T @ ((r - x) @ V.T * a * (1 - a)) / m")
def autoencoder() -> dict[str, Any]:
    x, W, V = data("x", m, n), leaf("W", n, 2), leaf("V", 2, n)
    a = named("a", tg.sigmoid(x @ W))
    r = named("r", a @ V)
    C = np.sum((x - r) ** 2) / m
    return locals()


@entry(each=True, W1=f"x.T @ {BACK} + lam * W1", W2="a1.T @ (a2 - y) / m + lam * W2")
def two_layers_with_weight_decay() -> dict[str, Any]:
    x, y, W1, W2, lam = data("x", m, n), bits("y", m, J), leaf("W1", n, h), leaf("W2", h, J), data("lam")
    a1 = tg.sigmoid(x @ W1)
    a2 = tg.sigmoid(a1 @ W2)
    C = tg.cross_entropy(a2, y) + lam / 2 * (np.sum(W1**2) + np.sum(W2**2))
    return locals()


@entry(
    each=True, W1="x.T @ (((a2 - y) @ W2.T) * d * a1 * (1 - a1)) / m", W2="(d * a1).T @ (a2 - y) / m"
)  # fmt: skip
def two_layers_with_dropout() -> dict[str, Any]:
    x, y, W1, W2 = data("x", m, n), bits("y", m, J), leaf("W1", n, h), leaf("W2", h, J)
    d = tg.Tensor((np.arange(m * h).reshape(m, h) % 3 > 0) / 0.5, name="d")
    a1 = tg.sigmoid(x @ W1)
    a2 = tg.sigmoid((a1 * d) @ W2)
    C = tg.cross_entropy(a2, y)
    return locals()


@entry(x="((a2 - y) @ W2.T * a1 * (1 - a1)) @ W1.T")
def the_gradient_by_the_input() -> dict[str, Any]:
    x, y, W1, W2 = leaf("x", m, n), bits("y", m, J), leaf("W1", n, h), leaf("W2", h, J)
    a1 = named("a1", tg.sigmoid(x @ W1))
    a2 = named("a2", tg.sigmoid(a1 @ W2))
    C = m * tg.cross_entropy(a2, y)
    return locals()
