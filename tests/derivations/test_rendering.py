"""How derivations look: LaTeX that parses, text of 80 columns, pages that stand alone."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.random_graphs import random_cost
from tests.helpers.repository import needed
from tests.helpers.slow import slow
from tests.helpers.spellings import entropy_spellings, likelihood_spellings, neuron
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.errors import DerivationError


def some(random: int) -> list[Derivation]:
    """Derivations with all kinds of formulas in them, and some of random graphs."""
    found = [derive(*entropy_spellings()[s]()) for s in ("library, plain", "textbook, quotient", "logits", "softplus")]
    found += [derive(*likelihood_spellings()[s]()) for s in ("naive, indices", "logits, log_softmax")]
    found.append(derive(*neuron(tg.relu, tg.quadratic_cost)))
    found.append(derive(*neuron(np.tanh, tg.quadratic_cost)))
    found.append(derive(*neuron(tg.sigmoid, lambda a, y: -np.mean(y * np.log(np.clip(a + 1e-8, 0.001, 0.999))))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(random):
            cost, parameters = random_cost(seed)
            found.append(derive(cost, parameters))
    return found


@pytest.fixture(scope="module", params=[3, *slow(30)])
def derivations(request: pytest.FixtureRequest) -> list[Derivation]:
    return some(request.param)


def test_latex_parses_in_mathtext(derivations: list[Derivation]) -> None:
    mathtext = needed("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    lines = 0
    for d in derivations:
        for step in [*d.steps, *(s for lemma in d.lemmas().values() for s in lemma)]:
            parser.parse(f"${step.latex()}$")
            lines += 1
        for formula in d.formulas.values():
            parser.parse(formula._repr_latex_())
    assert lines > 4 * len(derivations)


def test_text_fits_a_terminal(derivations: list[Derivation]) -> None:
    for d in derivations:
        for line in d.text(lemmas=True).split("\n"):
            assert len(line) <= 80, line
            assert "\\" not in line
            assert line == line.rstrip()


def test_braces_and_brackets_match(derivations: list[Derivation]) -> None:
    for d in derivations:
        for step in d.steps:
            for text, pairs in ((step.latex(), "{}"), (str(step), "()"), (str(step), "[]")):
                assert text.count(pairs[0]) - 2 * text.count("\\left\\{") * (pairs == "{}") >= 0
                assert text.replace("\\{", "").count(pairs[0]) == text.replace("\\}", "").count(pairs[1]), text


def test_html_is_well_formed_and_needs_no_network(derivations: list[Derivation], tmp_path: Path) -> None:
    for n, d in enumerate(derivations[:20]):
        path = tmp_path / f"{n}.html"
        d.save(path)
        text = path.read_text(encoding="utf-8")
        assert "<math" in text
        assert not re.search(r"https?://|<script|src=|@import|url\(", text)
        body = text.split("<body>")[1].split("</body>")[0]
        ET.fromstring(f"<body>{body.replace('&nbsp;', ' ')}</body>")


def test_tex_stands_alone(derivations: list[Derivation], tmp_path: Path) -> None:
    path = tmp_path / "d.tex"
    derivations[0].save(path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("\\documentclass")
    assert text.count("\\begin{") == text.count("\\end{")
    assert all(ord(c) < 128 for c in text), [c for c in text if ord(c) > 127]


def test_other_endings_are_refused(derivations: list[Derivation], tmp_path: Path) -> None:
    with pytest.raises(DerivationError, match=r"\.html or \.tex"):
        derivations[0].save(tmp_path / "d.pdf")


def test_notebooks(derivations: list[Derivation]) -> None:
    bundle = derivations[0]._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex"}  # Jupyter strips MathML where a notebook is not trusted
    assert bundle["text/plain"] == derivations[0].text()
    assert bundle["text/latex"] == derivations[0]._repr_latex_()
    assert bundle["text/latex"].startswith("$\\displaystyle")  # of a line: a display is centred


def test_text_is_the_same_in_every_run() -> None:
    one, two = (derive(*entropy_spellings()["library, plain"]()).text(lemmas=True) for _ in range(2))
    assert one == two
