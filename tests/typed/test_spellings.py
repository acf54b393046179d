"""What students type on paper's terms: each spelling means one thing, or is refused with the spellings that are meant."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.graphs import graph_of, read

rng = np.random.default_rng(4)
X, A, Y, W = (
    rng.uniform(0.2, 0.9, (5, 3)),
    rng.uniform(0.2, 0.9, 5),
    rng.uniform(0.2, 0.9, 5),
    rng.uniform(0.2, 0.9, (3, 3)),
)
SHAPED: dict[str, Any] = {
    "x": X,
    "a": A,
    "y": Y,
    "w": W,
    "m": 5.0,
    "z2": W,
    "delta2": W,
    "∂C/∂w": Y,
    "u": rng.normal(size=3),
}
NUMBERS: dict[str, Any] = {
    "x": 0.7, "a": 0.3, "b": 0.4, "y": 0.6, "z": -1.2, "w": 2.0, "m": 5.0, "z2": 0.8, "lambda": 0.1, "sigma": 0.5, "e": 0.2,
    "∂C/∂w": 3.0, "∂∂C/∂w/∂w": 4.0, "∂∂C/∂w/∂z2": 6.0, "n": 3.0, "ŷ": 0.9, "x_train": 0.1,
}  # fmt: skip
z, s = -1.2, 1 / (1 + np.exp(1.2))

SCALARS: dict[str, float] = {
    "e^z": np.exp(z), "e^(z)": np.exp(z), "e**z": np.exp(z), "e^-z": np.exp(-z), "e^{2 z}": np.exp(2 * z), "exp(z)": np.exp(z),
    "e * x": 0.14, "(e)² + e": 0.24, "log a": np.log(0.3), "ln a": np.log(0.3), "ln(a)": np.log(0.3),
    "y log a": 0.6 * np.log(0.3), "y log a / m": 0.6 * np.log(0.3) / 5, "log a log b": np.log(0.3) * np.log(0.4),
    "sin²(x)": np.sin(0.7) ** 2, "sin^2 x": np.sin(0.7) ** 2, "log log 9": np.log(np.log(9)), "2 x": 1.4, "2x": 1.4,
    "2(x + 1)": 3.4, "x (a − y)": 0.7 * -0.3, "(a − y)x": 0.7 * -0.3, "(a)(y)": 0.18, "a · y": 0.18, "a × y": 0.18, "a ⊙ y": 0.18,
    "x²": 0.49, "x^2": 0.49, "x**2": 0.49, "x⁻¹": 1 / 0.7, "x^-1": 1 / 0.7, "x^n": 0.343, "2^3^2": 512, "-2**2": -4,
    "z2": 0.8, "z_2": 0.8, "z₂": 0.8, "z_{2}": 0.8, "z⁽²⁾": 0.8, "z^{(2)}": 0.8, "(z₂)²": 0.64, "z2²": 0.64,
    "σ(z)": s, "sigma(z)": s, "\\sigma(z)": s, "σ′(z)": s * (1 - s), "σ'(z)": s * (1 - s), "\\sigma^{\\prime}(z)": s * (1 - s),
    "σ * x": 0.35, "λ w": 0.2, "lambda*w": 0.2, "\\lambda w": 0.2, "tanh′(z)": 1 - np.tanh(z) ** 2,
    "∂C/∂w": 3, "dC/dw": 3, "\\frac{dC}{dw}": 3, "\\frac{\\partial C}{\\partial w}": 3, "(∂C/∂w)² x": 6.3, "x/(∂C/∂w)": 0.7 / 3,
    "∂²C/∂w²": 4, "∂^2 C/∂w∂w x": 2.8, "(∂²C/∂w²)²": 16, "∂²C/∂w∂z₂": 6, "\\frac{\\partial^{2}C}{\\partial w^{2}}": 4,
    "\\frac{\\partial^{2}C}{\\partial w\\partial z_{2}}": 6, "∂²C/∂w² x/∂C/∂w": 2.8 / 3,
    "|z|": 1.2, "|a − |b||": 0.1, "||a| − |b||": 0.1, "|a| |b|": 0.12, "\\left|z\\right|": 1.2, "2 |z|²": 2.88,
    "[z > 0]": 0, "[z ≤ 0]": 1, "x [z < 0]": 0.7, "[z ≠ 0]": 1, "[z = 0]": 0, "[y log a + (1 − y)]": 0.6 * np.log(0.3) + 0.4,
    "{ x if z > 0; y otherwise }": 0.6, "\\left\\{ x \\; \\mathrm{if} \\; z < 0, \\;\\; y \\; \\mathrm{otherwise} \\right.": 0.7,
    "\\begin{cases} x & z > 0 \\\\ y & \\text{otherwise} \\end{cases}": 0.6, "√x": 0.7**0.5, "√(x + 1)": 1.7**0.5, "\\sqrt{x}": 0.7**0.5,
    "\\frac{a - y}{m}": -0.06, "$a - y$": -0.3, "a − y": -0.3, "1/2 x^2": 0.245, "1/m x": 0.14, "-1/m (x - y)": -0.02, "max(0, z)": 0, "\\hat{y} x": 0.63,
    "x_train": 0.1, "\\mathrm{x\\_train}": 0.1, "x_{\\mathrm{train}}": 0.1, "np.exp(z)": np.exp(z), "π": np.pi, "z ≥ 0": 0,
    "½ x": 0.35, "x ½": 0.35, "x²¾": 0.3675, "⅓ (x + 2)": 0.9, "\\frac12 x": 0.35, "\\frac1mx": 0.14, "\\frac{x}7": 0.1, "\\frac\\lambda2": 0.05,
    "x 1[z < 0]": 0.7, "1_{z < 0} x": 0.7, "x \\mathbb{1}[z < 0]": 0.7, "\\mathbf{1}_{z > 0}": 0, "𝟙{z < 0} x": 0.7, "𝟙(z < 0)": 1, "1{ x if z < 0; y otherwise }": 0.7,
}  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_numbers(text: str) -> None:
    found = graph_of(read(text, ("e",) if "(e)" in text else ()), NUMBERS)[0]
    assert float(found.item() if isinstance(found, tg.Tensor) else found) == pytest.approx(
        SCALARS[text], rel=1e-12, abs=1e-15
    )


J = np.arange(3)
INDEXED: dict[str, tuple[Any, str]] = {
    "x_ij": (X, "ij"), "x_{ij}": (X, "ij"), "xᵢⱼ": (X, "ij"), "x_ji": (X.T, "ij"), "w_jj": (np.diagonal(W), "j"),
    "a_i²": (A**2, "i"), "a_i^2": (A**2, "i"), "a²_i": (A**2, "i"), "a^2_i": (A**2, "i"), "a^{2}_{i}": (A**2, "i"),
    "a_{i}^{2}": (A**2, "i"), "z⁽²⁾_jk": (W, "jk"), "z^(2)_jk": (W, "jk"), "z^{(2)}_{jk}": (W, "jk"), "z2_jk": (W, "jk"),
    "z₂_jk": (W, "jk"), "δ⁽²⁾_jk": (W, "jk"), "delta2_jk": (W, "jk"), "log a_i": (np.log(A), "i"), "e^(a_i)": (np.exp(A), "i"),
    "e^{a_{i}}": (np.exp(A), "i"), "Σ_ij x_ij": (X.sum(), ""), "Σ_{ij} x_{ij}": (X.sum(), ""), "\\sum_{ij} x_{ij}": (X.sum(), ""),
    "∑_i x_ij": (X.sum(0), "j"), "sum_i x_ij": (X.sum(0), "j"), "Σᵢ x_ij": (X.sum(0), "j"), "Σ_i Σ_j x_ij": (X.sum(), ""),
    "(1/m) Σ_i x_ij (a_i − y_i)": (X.T @ (A - Y) / 5, "j"), "1/m Σ_i x_ij (a_i - y_i)": (X.T @ (A - Y) / 5, "j"),
    "sum_i x_ij(a_i - y_i) / m": (X.T @ (A - Y) / 5, "j"), "\\frac{1}{m} \\sum_{i} x_{ij} \\left(a_{i} - y_{i}\\right)": (X.T @ (A - Y) / 5, "j"),
    "−Σ_i y_i log a_i / m": (-(Y * np.log(A)).sum() / 5, ""), "log Σ_i e^(a_i)": (np.log(np.exp(A).sum()), ""),
    "u_j [j = k] u_k": (np.diag(rng.normal(size=3) * 0 + 1) * np.square(SHAPED["u"]), "jk"), "u_j [j ≠ k] u_k": ((1 - np.eye(3)) * np.outer(SHAPED["u"], SHAPED["u"]), "jk"),
    "u_j [j = 1]": (SHAPED["u"] * (J == 1), "j"), "x[0, j]": (X[0], "j"), "x[0, 2] m": (X[0, 2] * 5, ""), "[u_j > 0] u_j": (np.maximum(SHAPED["u"], 0), "j"),
    "∂C/∂w_i": (Y, "i"), "dC/dw_i": (Y, "i"), "\\frac{\\partial C}{\\partial w_{i}}": (Y, "i"), "|u_j|": (np.abs(SHAPED["u"]), "j"),
    "{ u_j if u_j > 0; 0 otherwise }": (np.maximum(SHAPED["u"], 0), "j"), "a_i Σ_j u_j − y_i": (A * SHAPED["u"].sum() - Y, "i"),
    "Σ_{k≠j} u_j u_k": (SHAPED["u"] * (SHAPED["u"].sum() - SHAPED["u"]), "j"), "u_j 1_{j=k} u_k": (np.diag(np.square(SHAPED["u"])), "jk"), "1[j = 1] u_j": (SHAPED["u"] * (J == 1), "j"),
}  # fmt: skip


@pytest.mark.parametrize("text", INDEXED)
def test_indices(text: str) -> None:
    found, letters = graph_of(read(text), SHAPED)
    wanted, own = INDEXED[text]
    assert letters == own
    np.testing.assert_allclose(found.numpy() if isinstance(found, tg.Tensor) else found, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    "text", ["x^T @ (a - y)", "xᵀ @ (a − y)", "x⊤ @ (a − y)", "x^\\top @ (a - y)", "x^{T} @ (a - y)", "x.T @ (a - y)"]
)
def test_transposes(text: str) -> None:
    np.testing.assert_allclose(graph_of(read(text), SHAPED)[0], X.T @ (A - Y))


REFUSED: dict[str, tuple[int, str]] = {
    "e^2": (1, "write exp(…)"), "e²": (1, "(e)^…"), "e + e^z": (0, "is Euler's number there"), "log a b": (6, "as in log(a) b"),
    "log a/b": (5, "Write its argument in brackets"), "a/2m": (3, "Write (a/b) c or a/(b c)"), "a/b c": (4, "Write (a/b) c or a/(b c)"),
    "Σ x_i": (0, "Write Σ_i"), "sum x_ij": (0, "Write sum_ij"), "\\sum x_i": (0, "Write Σ_i"), "Σ": (0, "Write Σ_i"),
    "Σ_i a_i − y_i": (8, "write Σ_i (…)"), "Σ_i^m a_i": (3, "without limits"), "Σ_ii x_ii": (0, "twice"),
    "x(a − y)": (0, "write x * (…) or x (…)"), "f(x)": (0, "write f * (…)"), "sigmod(z)": (0, "the nearest function is sigmoid"),
    "f′(z)": (0, "write its derivative out"), "log": (0, "write log(…)"), "relu z": (0, "write relu(…)"), "σ z": (0, "write σ(…)"),
    "max_k z_k": (0, "write max(…)"), "z^(2)": (1, "z^2 for the power, z⁽²⁾ or z2 for the layer"), "a_j^L": (3, "Layers are numbers"),
    "z^n_j": (1, "in brackets"), "∂C/∂w²": (5, "(∂C/∂w)²"), "∂²C/∂w": (0, "∂²C/∂w²"), "∂²C/∂w³": (0, "∂²C/∂w²"), "∂⁰C/∂w": (1, "1 to 9 times"), "∂²/∂w²": (2, "a name is missing"), "∂C": (0, "∂C/∂w_j"),
    "x[z > 0]": (1, "x * […]"), "x[1:]": (1, "x[0, j]"), "2½ x": (1, "operator is missing"), "\\foo x": (0, "has no meaning"), "\\fra{a}{b}": (0, "is \\frac"),
    "\\frac1a_i": (6, "braces are missing"), "{ a if b }": (9, "the last case is missing"), "{ a if b; c }": (12, "cases are written"),
    "if": (0, "cases are written"), "(a − y) if z > 0 else 0": (8, "as a factor [z > 0]"), "x_": (2, "") , "x_{}": (3, "an index is missing"), "x_{1,2}": (3, "indices are letters"), "a 2": (2, "an operator is missing"),
    "2 3": (2, "an operator is missing"), "|a": (0, "never closed"), "[a": (0, "never closed"), "{a": (0, "never closed"), "a]": (1, "has no '['"),
    "z⁽²⁾⁽³⁾": (4, "one layer"), "x_i_{j}": (4, "already"), "²": (0, "stands behind a name"), "a = b": (2, "compare with =="), "sin^-1(x)": (0, "write sin(…)"),
    "y(x) log a(x)": (0, "write y * (…)"), "\\begin{matrix} a": (0, "only cases"), "x; y": (1, "a value is missing"),
    "\\mathbf{1} x": (0, "1 is no vector here"), "1_m x": (0, "1 is no vector here"), "\\mathbb{1}(a - y)": (10, "a condition stands behind this 1"), "1^T dz_i": (0, "Σ_i dz_i"), "1^T a * y": (6, "Write it in brackets"),
    "Σ_{i<j} x_ij": (4, "a condition is a factor"), "a_i ⊗ y_j": (4, "write a_j b_k"), "a 1": (2, "an operator is missing"),
}  # fmt: skip
del REFUSED["x_"]


@pytest.mark.parametrize("text", REFUSED)
def test_what_may_mean_two_things_is_refused_at_its_place(text: str) -> None:
    place, words = REFUSED[text]
    with pytest.raises(FormulaError) as caught:
        read(text)
    message = str(caught.value)
    assert words in message
    assert message.split("\n")[-1].index("^") - 2 == place


@pytest.mark.parametrize("text", ["w x", "w · x", "w^T (a − y)"])
def test_arrays_without_a_sign_between_them_are_refused(text: str) -> None:
    with pytest.raises(FormulaError, match=r"write \* \(element by element\) or @"):
        graph_of(read(text), {**SHAPED, "w": X, "x": X})


@pytest.mark.parametrize("text", ["a(1 − a)", "a(a y)", "y a(1 - a)", "a (x)(1)", "a(-x)", "1/a a(x + y)"])
def test_brackets_behind_a_known_value_hold_a_factor(text: str) -> None:
    spaced = text.replace("a(", "a (")
    assert graph_of(read(text, NUMBERS), NUMBERS)[0] == graph_of(read(spaced), NUMBERS)[0]


@pytest.mark.parametrize("text", ["y(x)", "y(x_i)", "y(2)", "y(x, 1 + a)", "q(1 - a)", "q(x) (1 - a)"])
def test_a_lone_name_in_brackets_or_an_unknown_name_before_them_is_no_product(text: str) -> None:
    with pytest.raises(FormulaError, match="is not a function here"):
        read(text, NUMBERS)


NUMPYS: dict[str, Any] = {
    "x.sum(0)": X.sum(0), "np.sum(x, 1)": X.sum(1), "x.max(0)": X.max(0), "np.max(x, 1)": X.max(1), "max(0, x - 1/2)": np.maximum(0, X - 0.5),
    "np.diag(a)": np.diag(A), "diag(w)": np.diag(W), "np.eye(3)": np.eye(3), "(x > 1/2).astype(float)": X > 0.5, "x.astype(np.float64)": X,
    "x.sum() / len(x)": X.sum() / 5, "x.shape[1] a": 3 * A, "np.power(a, 2)": A**2,
}  # fmt: skip


@pytest.mark.parametrize("text", NUMPYS)
def test_what_numpy_calls_is_computed_as_numpy_does(text: str) -> None:
    np.testing.assert_array_equal(graph_of(read(text), SHAPED)[0], NUMPYS[text])


@pytest.mark.parametrize("text", ["x.astype(int)", "a.shape[1]", "x.shape[z]"])
def test_what_numpy_would_round_or_has_not_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        graph_of(read(text), SHAPED)


def test_known_names_are_values() -> None:
    assert (
        graph_of(
            read("h_t + e sigma (x − 1)", ("h_t", "e", "sigma", "x")), {"h_t": 1.0, "e": 2.0, "sigma": 3.0, "x": 2.0}
        )[0]
        == 7
    )
    assert read("h_t").letters() == {"h": "t"}


def test_greek_letters_and_their_names_are_one() -> None:
    assert read("λ w + \\lambda + lambda").names() == ["lambda", "w"]
    assert read("δ⁽²⁾_ij + delta2_ij").names() == ["delta2"]


PIECES = [
    "a_i",
    "x_ij",
    "Σ_i",
    "Σ",
    "\\sum_{i}",
    "\\frac{a}{b}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "|",
    "∂C/∂w",
    "^",
    "^{(2)}",
    "⁽²⁾",
    "²",
    "_",
    "_{ij}",
    "e^z",
    "log",
    "σ",
    "′",
    "T",
    "⊤",
    "if",
    ";",
    "otherwise",
    "=",
    ">",
    "+",
    "−",
    "*",
    "/",
    "@",
    "·",
    "2",
    "0.5",
    ",",
    ".",
    "\\left(",
    "\\right)",
    "√",
    "&",
]


def test_garbled_texts_raise_nothing_but_our_error() -> None:
    choose = random.Random(4)
    refused = 0
    for _ in range(1000):
        text = choose.choice(("", " ")).join(choose.choice(PIECES) for _ in range(choose.randint(1, 12)))
        try:
            typed = read(text)
        except FormulaError:
            refused += 1
            continue
        with contextlib.suppress(FormulaError), np.errstate(all="ignore"):
            graph_of(typed, SHAPED)
    assert 100 < refused < 1000


def test_a_raised_number_is_a_layer_where_only_the_name_with_it_is_known() -> None:
    known = ("a1", "a2", "y", "z", "z1")
    assert read("a^1_k (a^{2}_j − y_j)", known).letters() == {"a1": "k", "a2": "j", "y": "j"}
    assert read("a¹_k a^1", known).names() == ["a1"]
    assert (
        len({str(_shape(read(text, known).tree)) for text in ("a^{1T}", "a^{(1)\\top}", "a1^T", "{a^{(1)}}^\\top")})
        == 1
    )
    assert read("z^1_k", known).names() == ["z"]
    for text in ("1 − a^2", "1 − a²", "1 − a^{2}"):
        with pytest.raises(FormulaError, match=r"is this a layer or a power\? Write a2 for the layer"):
            read(text, known)


def test_a_one_with_a_transpose_sums_over_the_first_axis() -> None:
    for text in ("1^T x", "1ᵀ @ x", "\\mathbf{1}^\\top x", "m 1^T x / m"):
        np.testing.assert_allclose(graph_of(read(text), SHAPED)[0], X.sum(0))


def test_an_outer_product_is_of_two_vectors() -> None:
    np.testing.assert_array_equal(graph_of(read("a ⊗ u"), SHAPED)[0], np.outer(A, SHAPED["u"]))
    np.testing.assert_array_equal(graph_of(read("2 a \\otimes u / 2"), SHAPED)[0], np.outer(A, SHAPED["u"]))
    with pytest.raises(FormulaError, match="⊗ stands between two vectors"):
        graph_of(read("x ⊗ u"), SHAPED)


SIDE_BY_SIDE = {
    "wx + b": "w x + b", "λw": "λ w", "xdz": "x dz", "dzxw": "dz x w", "wx^2": "w x^2", "2wx": "2 w x", "xσ(wx)": "x σ(w x)",
    "ax_i": "a x_i", "wa(1 − a)": "w a (1 − a)", "x_{wx}": "x_{wx}",
}  # fmt: skip


@pytest.mark.parametrize("text", SIDE_BY_SIDE)
def test_names_side_by_side_are_a_product_where_they_can_be_nothing_else(text: str) -> None:
    known, gradients = ("w", "x", "b", "a", "e", "t", "lambda"), ("dz", "dx")
    apart = read(SIDE_BY_SIDE[text], known, (), gradients)
    assert str(_shape(read(text, known, (), gradients, beside=True).tree)) == str(_shape(apart.tree))


def _shape(node: Any) -> Any:
    """A tree without its places."""
    if isinstance(node, tuple):
        return [_shape(part) for part in node]
    return (
        [type(node).__name__, *(_shape(v) for k, v in vars(node).items() if k != "place")]
        if isinstance(node, t.Syntax)
        else node
    )


@pytest.mark.parametrize("text", ["xx", "nan", "beta", "dxw", "max", "wxab", "dx", "dw", "wq"])
def test_a_word_that_may_be_something_else_is_not_cut(text: str) -> None:
    known = ("w", "x", "b", "a", "e", "t", "d", "m", "n")
    assert text in str(read(text + " + 1" if text != "max" else "max(x, 0)", known, (), ("dx",), beside=True).tree)
