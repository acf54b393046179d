"""Right answers in many forms: written by hand, and by algebra from one of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.exercises.hand.wrong_answers import code
from tests.helpers.repository import needed

CHAINS: dict[str, dict[str, str]] = {
    "h-neuron": {"da": "a - y", "dz": "da σ′(z)", "dw": "dz x", "db": "dz"},
    "one-neuron": {"da": "a − y", "dz": "da * a * (1 - a)", "dw": "x dz", "db": "dz"},
    "h-crossed": {
        "da": "(a - y)/(m a * (1 - a))", "dz": "da * a * (1 - a)", "dw_j": "Σ_i x_ij dz_i", "db": "sum(dz)",
    },
    "h-opened": {"da": "-(y/a - (1-y)/(1-a))/m", "dz_i": "da_i σ′(z_i)", "dw": "x.T @ dz", "db": "Σ_i dz_i"},
    "h-outputs": {
        "da": "(a - y)/(m a * (1 - a))", "dz": "da ⊙ σ′(z)", "dW_jk": "Σ_i x_ij dz_ik",
        "db": "lambda dz: dz.sum(axis=0)",
    },
    "h-tanh": {"da": "(a - y)/m", "dz": "da * (1 - a²)", "dw": "lambda x, dz: x.T @ dz", "db": "sum(dz)"},
    "h-relu": {"da": "a - y", "dz": "lambda da, z: da * (z > 0)", "dW": "x.T @ dz", "db": "sum(dz, axis=0)"},
    "h-likely": {
        "da": "-y/a", "dz_j": "a_j da_j − a_j Σ_k a_k da_k", "db": "dz", "dW_jk": "dz_j a1_k",
    },
    "h-batch": {
        "da": "-y/(m a)", "dz": "lambda a, da: a * (da - np.sum(a * da, axis=1, keepdims=True))", "dW": "x.T @ dz",
        "db_j": "Σ_i dz_ij",
    },
    "h-two": {
        "dz2": "(a2 - y)/m", "dW2": "a1.T @ dz2", "db2": "sum(dz2, axis=0)", "da1": "dz2 @ W2.T",
        "dz1": "da1 * (1 - a1²)", "dW1_jk": "Σ_i x_ij dz1_ik", "db1": "lambda dz1: dz1.sum(0)",
    },
    "two-layers": {
        "da2": "(a2 - y)/(m a2 * (1 - a2))", "dz2": "da2 * a2 * (1 - a2)", "dW2_jk": "Σ_i a1_ij dz2_ik",
        "db2": "sum(dz2, axis=0)", "da1_ij": "Σ_k dz2_ik W2_jk", "dz1": "da1 ⊙ σ′(z1)",
        "dW1": "lambda x, dz1: x.T @ dz1", "db1_j": "Σ_i dz1_ij",
    },
    "h-columns": {
        "da2": "a2 - y", "dz2": "da2 * σ′(z2)", "dW2_jk": "dz2_j a1_k", "db2": "dz2", "da1": "W2.T @ dz2",
        "dz1": "da1 * a1 * (1 - a1)", "dW1": "lambda dz1, x: np.outer(dz1, x)", "db1_j": "dz1_j",
    },
    "h-encoder": {"dr": "r - x", "du": "dr @ W", "dW": "dr.T @ u + x.T @ (du * (1 - u²))"},
    "h-decay": {"dz": "(a - y)/m", "dw": "x.T @ dz + lam w", "db": "sum(dz)"},
    "h-huber": {"dr": "lambda r, m: np.where(np.abs(r) <= 1, r, np.sign(r)) / m", "dw": "x.T @ dr"},
    "h-attention": {"do": "o - y", "dp": "V @ do", "ds": "lambda p, dp: p * (dp - p @ dp)", "dq_j": "Σ_i K_ij ds_i"},
    "h-poisson": {"dz": "(exp(z) - y)/m", "dw_j": "Σ_i x_ij dz_i"},
    "h-cube": {"da": "a - y", "dz": "3 z² da", "dw": "dz x"},
    "h-weighted": {
        "da": "−(1/m)(v y/a − (1 − y)/(1 − a))", "dz": "lambda da, a: da * a * (1 - a)", "dw": "x.T @ dz",
    },
    "h-logits": {"dz": "(softmax(z) - y)/m", "dW": "x.T @ dz"},
    "h-gate": {"dc": "c - y", "dg": "dc * t", "dt": "dc * g", "du": "dg * g * (1 - g)", "dv": "dt * (1 - t²)"},
    "h-centred": {"dd_i": "y_i Σ_j d_j y_j", "dx": "lambda dd: dd - np.mean(dd)"},
    "h-ratio": {"dr": "r - y", "du": "dr/v", "dv": "-dr u/v²"},
    "h-tied": {"da": "a - y", "du": "da a (1 - a) w", "dw": "da a (1 - a) u + du u (1 - u) x"},
    "first-step": {"da": "a - y"},
    "sigmoid": {"dz": "a (1 - a)"},
    "slow-learning": {"dz": "(a - y) * σ′(z)/m", "dw": "x.T @ dz", "db": "sum(dz)"},
    "entropy-of-one-example": {"da": "(1 - y)/(1 - a) - y/a", "dz": "da σ'(z)", "dw": "dz x"},
    "equation-5": {"da_i": "(1/m)((1 − y_i)/(1 − a_i) − y_i/a_i)"},
    "equations-6-7": {"dz": "(a - y)/m", "dw": "x.T @ dz"},
    "equation-8": {"dz": "(a - y)/m", "db": "sum(dz)"},
    "missing-factor": {"da": "1/(1 - a)", "dz": "da a (1 - a)", "dw": "dz x", "db": "dz"},
    "several-outputs": {"da": "(a - y)/(m a * (1 - a))", "dz": "da * a * (1 - a)", "dW_kj": "Σ_i x_ik dz_ij", "db_j": "Σ_i dz_ij"},
    "softmax": {"dz": "lambda a: np.diag(a) - np.outer(a, a)"},
    "log-likelihood": {"da": "-y/a", "dz": "lambda a, da: a * (da - a @ da)"},
    "output-layer": {"dz2": "a2 − y", "dW2_jk": "a1_k dz2_j", "db2": "dz2"},
    "softmax-batch": {"dz": "(a - y)/m", "dW": "x.T @ dz", "db": "lambda dz: dz.sum(axis=0)"},
    "stable-sigmoid": {"dz": "(σ(z) − y)/m", "dw_j": "Σ_i x_ij dz_i", "db": "sum(dz)"},
    "stable-softmax": {"ds": "-y", "dz": "lambda ds, a: ds - a * ds.sum()"},
    "tanh": {"dz": "(1 - a)(1 + a)"},
    "tanh-and-sigmoid": {"dt": "1/2", "dz": "dt (1 - t²)/2"},
    "tanh-neuron": {"da": "(a - y)/m", "dz": "da * (1 - a²)", "dw": "x.T @ dz", "db": "sum(dz)"},
    "signs": {"dz2": "a2 - y", "dW2_jk": "dz2_j a1_k"},
    "relu-neuron": {"da": "a - y", "dz": "da [z > 0]", "dw_j": "dz x_j", "db": "dz"},
    "relu-layer": {"dz": "(a - y) * (z > 0)/m", "dW": "x.T @ dz", "db": "sum(dz, axis=0)"},
    "broadcasting": {"dz": "(z - y)/m", "ds_j": "Σ_i x_ij dz_ij", "db": "sum(dz, axis=0)"},
    "tied-weights": {"dz2": "(a2 − y) a2 (1 − a2)", "da1": "w dz2", "dz1": "da1 a1 (1 − a1)", "dw": "a1 dz2 + x dz1"},
    "autoencoder": {"dr": "(r - x)/m", "da": "dr @ W", "dz": "da ⊙ σ′(z)", "dW": "x.T @ dz + dr.T @ a"},
    "weight-decay": {"dz": "(a - y)/m", "dw": "x.T @ dz + lam w", "db": "sum(dz)"},
    "curvature": {"dw": "x² a (1 - a)"},
    "deep-net": {
        "dz3": "(a3 - y)/m", "dW3": "a2.T @ dz3", "da2": "dz3 @ W3.T", "dz2": "da2 * (1 - a2²)", "dW2_lk": "Σ_i a1_il dz2_ik",
        "dz1": "lambda dz2, W2, z1: (dz2 @ W2.T) * (z1 > 0)", "dW1": "x.T @ dz1",
    },
    "h-jacobian": {"dz_jk": "a_j ([j = k] − a_k)"},
}  # fmt: skip
"""A right answer for each step, most by the step above: what a student writes who works from the top down."""

SLOPES = {
    "σ": ("a*(1 - a)", "a - a**2", "a/(1 + exp(z))", "exp(-z)/(1 + exp(-z))**2", "(1 - tanh(z/2)**2)/4", "exp(z)/(1 + exp(z))**2"),
    "tanh": ("1 - a**2", "(1 - a)*(1 + a)", "1 - tanh(z)**2", "1/cosh(z)**2", "4/(exp(z) + exp(-z))**2"),
}  # fmt: skip
OUTPUTS = ("a", "1/(1 + exp(-z))", "exp(z)/(exp(z) + 1)", "(1 + tanh(z/2))/2", "1 - 1/(1 + exp(z))")
TANHS = ("a", "(exp(z) - exp(-z))/(exp(z) + exp(-z))", "tanh(z)", "2/(1 + exp(-2*z)) - 1", "1 - 2/(exp(2*z) + 1)")

WEIGHTS = {  # the gradient by W where z = x W + b, from the one by z
    "sum over i": "x.T @ ({})",
    "transposed": "(({}).T @ x).T",
    "dot": "lambda {names}: np.dot(x.T, {})",
    "matmul": "lambda {names}: np.matmul(np.transpose(x), {})",
    "einsum": "lambda {names}: np.einsum('ij,ik->jk', x, {})",
    "tensordot": "lambda {names}: np.tensordot(x, {}, axes=(0, 0))",
    "outer, summed": "lambda {names}: sum(np.outer(xi, di) for xi, di in zip(x, {}))",
    "broadcast": "lambda {names}: (x[:, :, None] * ({})[:, None, :]).sum(axis=0)",
}


def algebra(texts: tuple[str, ...], inner: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Forms of some elementwise formulas: expanded, factored, over one denominator, in fractions; other names put in."""
    sympy = needed("sympy")

    found: dict[str, None] = {}
    forms = [sympy.expand, sympy.factor, sympy.together, lambda e: sympy.apart(e, sympy.Symbol("y"))]
    for text in texts:
        expressions = [sympy.sympify(text)]
        for name, others in inner.items():
            expressions += [e.subs(sympy.Symbol(name), sympy.sympify(o)) for e in expressions for o in others]
        found.update(dict.fromkeys([text, *(str(e) for e in expressions)]))
        for expression in expressions:
            for form in forms:
                found[str(form(expression))] = None
    yield from found


def _names(text: str) -> str:
    return ", ".join(sorted({t for t in re.findall(r"[A-Za-z]\w*", text)} - {"exp", "tanh", "cosh"} | {"x"}))


def _code(form: str, inner: str) -> str:
    spelled = inner
    for function in ("exp", "tanh", "cosh"):
        spelled = re.sub(rf"(?<!\.)\b{function}\(", f"np.{function}(", spelled)
    return form.replace("{names}", _names(inner)).replace("{}", f"({spelled})")


def _weights(inners: tuple[str, ...]) -> list[str]:
    return [
        _code(form, inner) if form.startswith("lambda") else form.replace("{}", inner)
        for form in WEIGHTS.values() for inner in inners
    ]  # fmt: skip


QUADRATIC = tuple(f"(a - y)*({s})" for s in SLOPES["σ"])
CROSSED = ("(a - y)/m", "a/m - y/m", "-(y - a)/m", "(1/(1 + exp(-z)) - y)/m", "((1 - y)*a - y*(1 - a))/m")


ELEMENTWISE: dict[tuple[str, str], tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = {
    ("h-neuron", "dz"): (QUADRATIC[:4], {"a": OUTPUTS[1:4]}),
    ("h-neuron", "dw"): (tuple(f"{q}*x" for q in QUADRATIC[2:]), {"a": OUTPUTS[1:4]}),
    ("h-crossed", "da"): (("(a - y)/(m*a*(1 - a))", "-(y/a - (1 - y)/(1 - a))/m"), {"a": OUTPUTS[1:], "y": ("y*(1 - a) + y*a",)}),
    ("h-crossed", "dz"): ((*CROSSED, "(a - y)*(1 - a)/(m - m*a)", "(a**2 - a*y)/(a*m)"), {"a": OUTPUTS[1:]}),
    ("h-tanh", "dz"): (tuple(f"(a - y)*({s})/m" for s in SLOPES["tanh"][:4]), {"a": TANHS[1:4]}),
}  # fmt: skip
"""Formulas of one element, from which algebra makes others."""


def right_forms(id: str, left: str) -> list[str]:
    """Texts that are right for a step: 40 or more."""
    if (id, left) in ELEMENTWISE:
        return list(algebra(*ELEMENTWISE[id, left]))
    return list(dict.fromkeys(_typed()[id, left]))


def _typed() -> dict[tuple[str, str], list[str]]:
    return {
        ("h-outputs", "dW"): _weights(CROSSED),
        ("h-batch", "dW"): _weights(("(a - y)/m", "a/m - y/m", "-(y - a)/m", "(a - y)*(1/m)", "a*(1/m) + (-y)/m")),
        ("h-likely", "dW"): [
            form for d in ("(a - y)", "(a + (-y))", "(-y + a)", "(-(y - a))", "(2*(a - y)/2)", "((a - y)*1.0)", "((a**2 - y**2)/(a + y))")
            for form in (
                f"lambda a, y, a1: np.outer({d}, a1)", f"lambda a, y, a1: {d}[:, None] * a1", f"lambda a, y, a1: np.einsum('j,k->jk', {d}, a1)",
                f"lambda a, y, a1: {d}.reshape(-1, 1) @ a1.reshape(1, -1)", f"lambda a, y, a1: np.multiply.outer({d}, a1)",
                f"lambda a, y, a1: np.kron({d}[:, None], a1[None, :])",
            )
        ],
        ("h-outputs", "db"): [
            form.replace("D", d) for d in ("(a - y)", "(-(y - a))", "(a + 1 - y - 1)", "((1 - y) - (1 - a))", "(2*a - a - y)")
            for form in (
                "sum(D, axis=0)/m", "mean(D, axis=0)", "lambda a, y, m: D.sum(0) / m", "lambda a, y, m: np.ones(int(m)) @ D / m",
                "lambda a, y: np.average(D, axis=0)", "lambda a, y: D.mean(axis=0)", "lambda a, y, m: np.add.reduce(D) / m",
                "lambda a, y, m: np.einsum('ij->j', D) / m", "lambda a, y: np.mean(D, 0)",
            )
        ],
        ("h-two", "dz1"): [
            form.replace("D", d).replace("S", s)
            for d in ("(a2 - y)/m", "(a2/m - y/m)", "dz2", "-(y - a2)/m") for s in ("(1 - a1**2)", "(1 - a1) * (1 + a1)", "(1 - tanh(z1)**2)", "1/cosh(z1)**2")
            for form in ("(D) @ W2.T * S", "S * ((D) @ W2.T)", "(W2 @ (D).T).T * S")
        ],
        ("h-attention", "ds"): [
            form.replace("G", g) for g in ("(V @ (o - y))", "dp", "(V @ do)", "((o - y) @ V.T)")
            for form in (
                "lambda p, V, o, y, do, dp: p * (G - p @ G)", "lambda p, V, o, y, do, dp: p * G - p * np.sum(p * G)",
                "lambda p, V, o, y, do, dp: (np.diag(p) - np.outer(p, p)) @ G", "lambda p, V, o, y, do, dp: p * (1 - p) * G - p * ((1 - np.eye(p.size)) @ (p * G))",
                "lambda p, V, o, y, do, dp: np.diag(p) @ G - p * (p * G).sum()", "lambda p, V, o, y, do, dp: G @ np.diag(p) - np.dot(p, G) * p",
                "lambda p, V, o, y, do, dp: p * (G - np.average(G, weights=p))", "lambda p, V, o, y, do, dp: np.einsum('i,ij,j->i', p, np.eye(p.size) - p[None, :], G)",
                "lambda s, p, V, o, y, do, dp: np.exp(s) / np.exp(s).sum() * (G - p @ G)", "p * (G - sum(p * G))",
            )
        ],
        ("h-two", "dW1_jk"): [
            form.replace("D", d).replace("S", s)
            for d in ("((a2_il − y_il)/m)", "(a2_il/m − y_il/m)", "dz2_il", "(−(y_il − a2_il)/m)")
            for s in ("(1 − a1_ik²)", "(1 − a1_ik)(1 + a1_ik)", "tanh′(z1_ik)", "(1 − tanh(z1_ik)^2)")
            for form in ("Σ_i x_ij S Σ_l W2_kl D", "Σ_il x_ij S W2_kl D", "Σ_i Σ_l D x_ij W2_kl S")
        ],
    }  # fmt: skip


def in_single(text: str) -> Callable[..., Any]:
    """The function of a text in NumPy's spelling, computed in float32 throughout."""
    function = code(text)

    def single(**values: Any) -> Any:
        return np.asarray(
            function(**{n: np.asarray(v).astype(np.float32) for n, v in values.items()}), dtype=np.float32
        )

    single.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return single
