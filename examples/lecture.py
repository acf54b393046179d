"""All derivations of the lecture on one page, made by the engine: examples/lecture.html.

    python examples/lecture.py                 write the page beside this script
    python examples/lecture.py --to page.html  write it elsewhere
    python examples/lecture.py --check         fail if the page here is not what the engine makes today

Nothing on the page is typed in: each formula is found from a graph of primitives, and each line is
checked against the engine's own gradient before it is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite.derivations import Derivation, derive, same_formula
from tinygrad_lite.derivations.pages import html
from tinygrad_lite.errors import WriteError
from tinygrad_lite.files import write

HERE = Path(__file__).resolve().parent
M, N, J = 6, 3, 4
rng = np.random.default_rng(4)


def named(name: str, *shape: int) -> tg.Tensor:
    """A parameter with random numbers."""
    return tg.Tensor(rng.normal(size=shape), requires_grad=True, name=name)


def data(name: str, *shape: int) -> tg.Tensor:
    """Data with random numbers."""
    return tg.Tensor(rng.normal(size=shape), name=name)


def targets(*shape: int) -> tg.Tensor:
    """Zeros and ones."""
    return tg.Tensor(rng.integers(0, 2, size=shape).astype(float), name="y")


def entropy(a: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
    """Cross-entropy as in (3), summed over everything and averaged over the examples."""
    return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / M


def one_neuron(activation: Callable[[tg.Tensor], tg.Tensor]) -> Derivation:
    """(1), (2): C = (y − a)²/2 of one neuron with one input."""
    x, y = tg.Tensor(1.0, name="x"), tg.Tensor(0.0, name="y")
    w, b = tg.Tensor(0.6, requires_grad=True, name="w"), tg.Tensor(0.9, requires_grad=True, name="b")
    return derive((y - activation(w * x + b)) ** 2 / 2, wrt=[w, b])


def cross_entropy() -> Derivation:
    """(5) to (8)."""
    x, w, b = data("x", M, N), named("w", N), named("b")
    return derive(entropy(tg.sigmoid(x @ w + b), targets(M)), wrt=[w, b])


def many_outputs() -> Derivation:
    """(9)."""
    x, w, b = data("x", M, N), named("w", J, N), named("b", J)
    return derive(entropy(tg.sigmoid(x @ w.T + b), targets(M, J)), wrt=[w, b])


def softmax() -> Derivation:
    """(13) to (15), for one example of class 2."""
    x, w, b = data("x", N), named("w", J, N), named("b", J)
    return derive(-np.log(tg.softmax(w @ x + b)[2]), wrt=[b, w])


def softmax_batch() -> Derivation:
    """(14), (15) over a batch, from the logits."""
    x, w, b = data("x", M, N), named("w", J, N), named("b", J)
    classes = rng.integers(0, J, size=M)
    return derive(tg.log_likelihood_with_logits(x @ w.T + b, classes), wrt=[b, w])


def hidden_layer() -> Derivation:
    """(18): backpropagation through a hidden layer, with δ."""
    x = data("x", M, N)
    w1, b1, w2, b2 = named("w1", J, N), named("b1", J), named("w2", 2, J), named("b2", 2)
    return derive(entropy(tg.sigmoid(np.tanh(x @ w1.T + b1) @ w2.T + b2), targets(M, 2)), wrt=[w2, w1])


def rectified() -> Derivation:
    """(19), (20)."""
    x, w, b = data("x", N), named("w", N), named("b")
    return derive(np.maximum(0, w @ x + b), wrt=[w, b])


def weight_decay() -> Derivation:
    """Cross-entropy with an L2 term."""
    x, w, b = data("x", M, N), named("w", N), named("b")
    decay = tg.Tensor(0.1, name="lambda")
    return derive(entropy(tg.sigmoid(x @ w + b), targets(M)) + decay * np.sum(w**2) / 2, wrt=w)


def identities() -> str:
    """(16) and (17), proved by the normal form."""
    rows = ""
    for left, right in (
        ("(exp(z) - exp(-z)) / (exp(z) + exp(-z))", "tanh(z)"),
        ("(1 + tanh(z/2)) / 2", "sigmoid(z)"),
        ("sigmoid'(z)", "sigmoid(z) * (1 - sigmoid(z))"),
        ("tanh'(z)", "1 - tanh(z)**2"),
    ):
        answer = same_formula(left, right)
        if answer.how != "proved":
            raise SystemExit(f"{left} = {right} is not proved: {answer}")
        rows += f"<li><code>{left}</code> = <code>{right}</code>: {answer.how}</li>"
    return f"<ul>{rows}</ul>"


SECTIONS: list[tuple[str, Callable[[], Derivation | str]]] = [
    ("Quadratic cost over a sigmoid, one neuron: (1), (2)", lambda: one_neuron(tg.sigmoid)),
    ("Cross-entropy over a sigmoid: (5), (6), (7), (8)", cross_entropy),
    ("Cross-entropy with many outputs: (9)", many_outputs),
    ("Softmax and log-likelihood, one example: (13), (14), (15)", softmax),
    ("Softmax and log-likelihood, from logits over a batch", softmax_batch),
    ("Tanh and sigmoid: (16), (17)", identities),
    ("Quadratic cost over tanh", lambda: one_neuron(np.tanh)),
    ("A hidden layer: (18)", hidden_layer),
    ("The rectified linear neuron: (19), (20)", rectified),
    ("Quadratic cost over a rectified linear neuron", lambda: one_neuron(tg.relu)),
    ("Weight decay", weight_decay),
]

INTRO = (
    '<p class="source">Made by <code>examples/lecture.py</code>. The engine is given a cost as a graph of primitives '
    "(exp, log, products, sums); it knows no derivative of σ and no a − y. Every line was checked against the gradient "
    "that the engine computes, before it was written here. A line in blue is the same derivative in NumPy: it links to all "
    "lines of that program, and these link back.</p>\n"
)


def page() -> str:
    """The whole page."""
    global rng
    rng = np.random.default_rng(4)
    found = [(title, make()) for title, make in SECTIONS]
    parts = [(title, part if isinstance(part, str) else part.contents()) for title, part in found]
    return html(parts, "The lecture's derivations", INTRO)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check that it is up to date; the exit status."""
    parser = argparse.ArgumentParser(description="Derive the lecture's formulas and write them as a page.")
    parser.add_argument("--to", type=Path, default=HERE / "lecture.html", help="where the page goes")
    parser.add_argument("--check", action="store_true", help="only compare with the page that is there")
    options = parser.parse_args(arguments)
    text = page()
    if options.check:
        same = options.to.exists() and options.to.read_text(encoding="utf-8") == text
        print(f"{options.to} is {'up to date' if same else 'not what the engine makes: run examples/lecture.py'}.")
        return 0 if same else 1
    try:
        write(options.to, text)
    except WriteError as error:
        print(f"lecture.py: {error} --to FILE names one.", file=sys.stderr)
        return 1
    print(f"wrote {options.to} ({len(text) // 1024} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
