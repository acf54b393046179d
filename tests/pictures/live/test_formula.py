"""The page's parser of formulas: what it reads means what tinygrad_lite/typed says, and it reads nothing more."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np

from tests.helpers.live_pages import as_floats, asked, in_browser
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.pictures.live.callables import CALLABLE, typed
from tinygrad_lite.pictures.live.spelling import script
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.evaluating import evaluate
from tinygrad_lite.typed.graphs import FUNCTIONS, derivative
from tinygrad_lite.typed.parser import parse

VALUES = {
    "a": 0.75, "y": 0.25, "w": -1.5, "x": 2.0, "b": 0.5, "z": 1.25, "z2": 3.0, "sigma": 0.4, "w1": 0.3, "C": 0.6,
    "da": 0.1, "∂C/∂a": 0.7, "∂C/∂z2": -0.2, "delta2": 0.9, "∂sigma/∂z": 0.35, "k1": 2.5, "h3": 0.8,
}  # fmt: skip
KNOWN = [
    name for name in VALUES if name not in ("da",) and "∂" not in name
]  # dC/da is one name, where da is a gradient

READ = [
    "a - y", "(a-y)*a*(1-a)", "dC/da * a*(1-a)", "∂C/∂a·a", "-a**2", "2^-1", "a**b**w", "a^b^2", "a*-b", "a--b",
    "(a - y) / x * w", "a/b/x", "σ(z)", "sigmoid'(z)", "σ′(z)*(a−y)", "sigma(z)", "np.exp(-z)", "tg.relu(w)", "e^z", "e**-z",
    "pi*a", "π", "z⁽²⁾", "z_2", "z₂", "w₁·x", "δ2", "a²", "a⁻¹", "(a-y)²/2", "2²", "1e3*a", ".5", "2.", "ln(a)", "log(a)",
    "∂C/∂z₂", "dC/dz2", "∂ C / ∂ a", "da*a", "sqrt(a)^3", "+a", "- - a", "a × b ÷ x", "σ", "sigma*a", "1/(1 + exp(-z))",
    "tanh'(a) + tan(b)", "(((a)))", "a ^ b", "2^x^2", "softplus'(w)", "abs(w)", "arctan(w)", "square(a)", "∂σ/∂z", "a^T", "a.T", "(a-y)ᵀ", "sum(a)", "np.sum(a*w)", "z^2", "h3^2",
    "a(1-a)", "a b", "2a", "(a)(b)", "2 a (1 - a)", "dC/da a(1-a)", "da a", "∂C/∂a σ′(z)", "σ(z)(1-σ(z))", "1/2 a", "-a b",
    "a^2 b", "a b^2", "2 e^z", "(a - y) σ′(z) x", "a exp(z)", "z2 (a)", "z₂a", "2 ∂C/∂z₂",
]  # fmt: skip

REFUSED = [
    "", " ", "a 2", "2 3", "wx", "a/2 b", "a/b c", "1/2a", "a(z2)", "foo(1 - a)", "foo (a)", "a -", "(a", "a)", "* a", "a ** ", "exp", "exp a", "log a",
    "foo(a)", "e", "e^2", "e²", "a.S", "e^T", "sum(a, axis)", "sum(a, axis=0)", "a @ w", "x_i", "Σ_i x", "a^(2)", "h^3", "h³", "k²", "sin²(a)", "σ''(z)", "a'", "a == b",
    "[a > 0]", "|a|", "√a", "1e999", "1e-999", "∂C", "∂C/a", "∂²C/∂a²", "∂C/∂a²", "dC/d a", "a % b", "a // b", "a = b",
    "exp(a, b)", "max(0, z)", "__import__('os')", "a[0]", "1.5.2", "½", "a ⊗ b", "∂C/∂q", "q", "e^z + e", "1/0", "log(w)",
    "(" * 60 + "a" + ")" * 60, "-" * 60 + "a", "w ** b", "a^L", "\\frac{a}{b}", "{a}", "ʼ", "a\u0000b", "z ⁽²⁾", "np.cosh", "T",
]  # fmt: skip


ARRAYS = {
    "X": np.arange(6.0).reshape(2, 3) - 2.5, "W": np.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]),
    "v": np.array([0.3, -0.2, 0.9]), "u": np.array([1.5, -0.5]), "s": np.float64(0.4), "K": np.arange(4.0).reshape(2, 2, 1),
}  # fmt: skip

ON_ARRAYS = [
    "X @ W", "W @ X", "X.T", "X^T @ u", "Xᵀ @ u", "X @ v", "v @ W", "v @ v", "u @ X", "X.T @ X * s", "sum(X)", "sum(X, axis=0)",
    "sum(X, axis=1)", "np.sum(X, 0)", "X * v", "X + s", "X * u", "X @ u", "v * v", "X * W", "X * X.T", "σ(X)", "σ′(v) * v", "-X / 2",
    "X ** 2", "X · s", "X · X", "s @ X", "X @ s", "K @ X", "K.T", "K * X", "sum(K, axis=1)", "sum(X, axis=2)", "exp(X) @ W",
    "(X @ W).T", "X.T.T - X", "v.T", "W.T * X", "1 / X", "sqrt(X*X)", "X @ W @ u", "2 * X @ W ** 2", "-X @ v", "K + u", "v²", "X[0]",
]  # fmt: skip

REFUSED_ON_ARRAYS = {
    "X @ u", "X * u", "X * W", "X * X.T", "X · X", "s @ X", "X @ s", "K @ X", "sum(X, axis=2)", "X[0]",
}  # fmt: skip  # without K @ X, NumPy cannot compute them either


def random_text(rng: random.Random, depth: int = 0) -> str:
    """A formula, mostly a right one."""
    if depth > 3 or rng.random() < 0.25:
        atoms = ["a", "y", "w", "b", "z2", "z₂", "δ2", "2", "0.5", "dC/da", "∂C/∂a", "π", "w₁", "a²", "e", "1e-2", "da"]
        return rng.choice(atoms)
    one, other = random_text(rng, depth + 1), random_text(rng, depth + 1)
    function = rng.choice([*CALLABLE, "σ", "np.tanh", "ln", "σ′", "tanh'", "exp'"])
    sign = rng.choice(["+", " - ", "*", " / ", "·", "**", "^", " − ", " "])
    forms = [
        f"({one})",
        f"{one}{sign}{other}",
        f"{one}{sign}{other}",
        f"-{one}",
        f"{function}({one})",
        f"({one}){sign}{other}",
    ]
    return rng.choice(forms)


def broken(rng: random.Random, text: str) -> str:
    """The text with a sign taken out, put in or doubled."""
    at = rng.randrange(len(text) + 1)
    sign = rng.choice("()*^-+/ .2aeT_²′∂dσ₁,")
    return rng.choice(
        [text[:at] + text[at + 1 :], text[:at] + sign + text[at:], text[:at] + text[at : at + 1] * 2 + text[at + 1 :]]
    )


def texts() -> list[str]:
    rng = random.Random(0)
    right = [random_text(rng) for _ in range(300)]
    return [*READ, *REFUSED, *right, *(broken(rng, text) for text in right if text)]


def as_typed(text: str, values: dict[str, Any] = VALUES) -> Any:
    """The value of a text as the package reads it; None where it refuses."""
    try:
        tree = parse(text, FUNCTIONS, known=KNOWN if values is VALUES else values, factors=values)
        with np.errstate(all="ignore"):
            found = evaluate(tree, {k: np.asarray(v)[()] for k, v in values.items()}, FUNCTIONS, text, derivative)
        return np.asarray(found.numpy() if isinstance(found, Tensor) else found)
    except (FormulaError, ArithmeticError):
        return None


def in_page(given: list[str], folder: Path, values: dict[str, Any] = VALUES) -> list[Any]:
    """The value of each text as the page reads it, or what it says against it."""
    formulas, primitives = typed()
    arrays = {k: {"shape": np.shape(v), "numbers": np.ravel(v).tolist()} for k, v in values.items()}
    question = f"""
    const values = {json.dumps(arrays)}, known = new Set({json.dumps(KNOWN if values is VALUES else list(values))});
    return {json.dumps(given)}.map((text) => {{
      try {{
        const of = (name) => (Object.hasOwn(values, name) ? values[name] : undefined);
        const {{ shape, numbers }} = page.evaluating.value(page.formula.read(text, known), of);
        return {{ shape, numbers: [...numbers].map(String) }};
      }} catch (error) {{
        if (!(error instanceof page.formula.Refused)) throw error;
        return {{ refused: error.message, place: error.place }};
      }}
    }});"""
    more = f"{script(primitives)}\npage.typed = {json.dumps(formulas)};"
    return list(asked(question, ["arrays.js", "program.js", "formula.js", "evaluating.js"], folder, more))


def agree(text: str, found: dict[str, Any], values: dict[str, Any]) -> bool:
    """Whether the page read a text and its numbers are some; what it read must be what the package says of it."""
    if "refused" in found:
        assert 0 <= found["place"] <= len(text)
        return False
    here = as_typed(text, values)
    there = as_floats(found["numbers"]).reshape(found["shape"])
    if here is None:  # what NumPy refuses to compute, such as 1/0, is no number in a page
        assert not np.isfinite(there).all(), (text, there)
        return False
    assert there.shape == here.shape, (text, there.shape, here.shape)
    assert np.allclose(there, here, rtol=1e-12, atol=0, equal_nan=True), (text, here, there)
    return bool(np.isfinite(there).all())


@in_browser
def test_both_parsers_say_the_same(tmp_path: Path) -> None:
    given = texts()
    assert len(given) > 600
    read = {text for text, found in zip(given, in_page(given, tmp_path), strict=True) if agree(text, found, VALUES)}
    assert set(READ) <= read
    assert read.isdisjoint(REFUSED)
    assert len(read) > 200


@in_browser
def test_arrays_follow_the_rules_of_numpy(tmp_path: Path) -> None:
    found = dict(zip(ON_ARRAYS, in_page(ON_ARRAYS, tmp_path, ARRAYS), strict=True))
    refused = {text for text in ON_ARRAYS if not agree(text, found[text], ARRAYS)}
    assert refused == REFUSED_ON_ARRAYS
