"""Pages as TeX and browsers read them: documents that compile, sentences whose formulas are set as formulas."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.random_graphs import random_cost
from tests.helpers.spellings import entropy_spellings, likelihood_spellings, neuron
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.derivations.pages import html_text, tex, tex_text

LONG = (24, 54)
"""Seeds of random graphs whose lines, or whose given formulas, are wider than a page."""


def named(letter: str) -> Derivation:
    """A derivation by a tensor of a certain name."""
    w = tg.Tensor(np.ones(3), requires_grad=True, name=letter)
    z = np.sum(w * tg.Tensor(np.arange(3.0), name="x"))
    z.name = "z"
    return derive(tg.sigmoid(z) ** 2, wrt=w)


DERIVATIONS: dict[str, Callable[[], Derivation]] = {
    "cross-entropy": lambda: derive(*entropy_spellings()["library, plain"]()),
    "softmax": lambda: derive(*likelihood_spellings()["naive, indices"]()),
    "tanh": lambda: derive(*neuron(np.tanh, tg.quadratic_cost)),
    "relu": lambda: derive(*neuron(tg.relu, tg.quadratic_cost)),
    "at most": lambda: derive(*random_cost(13)),
    **{f"long {seed}": lambda n=seed: derive(*random_cost(n)) for seed in LONG},  # type: ignore[misc]
    **{name: lambda n=name: named(n) for name in ("π", "größe", "权", "a$b", "a\\b", "50%")},  # type: ignore[misc]
}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_tex_compiles_and_nothing_leaves_the_page(tmp_path: Path) -> None:
    (tmp_path / "d.tex").write_text(tex([(name, make()) for name, make in DERIVATIONS.items()]), encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "d.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", errors="replace", check=False)
    wrong = [x for x in run.stdout.splitlines() if x.startswith(("!", "Overfull", "Missing character"))]
    assert (run.returncode, wrong) == (0, [])
    assert (tmp_path / "d.pdf").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("differentiate by a, term by term", "differentiate by $a$, term by term"),
        ("σ′(z) = a_i (1 − a_i), found", r"$\sigma'(z) = a_{i} \, (1 - a_{i})$, found"),
        ("put in ∂C/∂z²", r"put in $\partial C / \partial z^{2}$"),
        ("chain rule along a = softmax(z²); x", r"chain rule along $a = \mathrm{softmax}(z^{2})$; $x$"),
        ("z¹_ik = Σ_l w¹_kl x_il", r"$z^{1}_{ik} = \sum_{l} w^{1}_{kl} \, x_{il}$"),
        ("1 − (a¹_ik)² − a_ij²", "$1 - (a^{1}_{ik})^{2} - a_{ij}^{2}$"),
        ("1 + e^(h⁶_i) stays", "$1 + e^{h^{6}_{i}}$ stays"),
        ("{ 1 if z ≤ 0; 2 otherwise }", r"$\{ 1$ if $z \leq 0$; $2$ otherwise $\}$"),
        ("leaky_relu′(z), w_n1,n2", r"$\mathrm{leaky\_relu}'(z)$, $w_{n1,n2}$"),
        ("There is no sum: a sum stays", "There is no sum: a sum stays"),
        ("the lines (cut, here) & 5%", r"the lines (cut, here) \& $5$\%"),
    ],
)
def test_formulas_in_sentences(text: str, expected: str) -> None:
    assert tex_text(text) == expected
    assert "_" not in "".join(ET.fromstring(f"<p>{html_text(text.replace('leaky_', ''))}</p>").itertext())


@pytest.mark.parametrize("text", ["f(e^z", "a) (b", "e^()", "² + a", "a²_ij²", "e^(z)²", "max(0, z)", "^2"])
def test_what_is_no_formula_stays_text(text: str) -> None:
    plain = "".join(ET.fromstring(f"<p>{html_text(text)}</p>").itertext())
    assert plain == text
