"""What a notebook shows that nobody has trusted yet: scripts, SVG and MathML are left out of it, and it still reads."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.notebooks import bundle, sanitised, untrusted
from tests.helpers.picture_graphs import neuron
from tests.helpers.repository import needed, needs_graphviz
from tinygrad_lite.exercises import load
from tinygrad_lite.pictures import draw


def pictures(html: str) -> list[ElementTree.Element]:
    """The SVG of each image."""
    found = re.findall(r'<img [^>]*src="data:image/svg\+xml;base64,([^"]*)"[^>]*>', html)
    return [ElementTree.fromstring(base64.b64decode(data)) for data in found]


def test_the_sanitiser_keeps_text_and_drops_what_runs() -> None:
    assert sanitised("<b>a &lt; b</b><script>x</script><iframe srcdoc='<p>'>c</iframe>") == "<b>a &lt; b</b>c"
    assert sanitised("<math><mi>a</mi><mn>2</mn></math><svg><text>d</text></svg>") == "a2d"
    assert sanitised('<img src="x" onerror="y">') == ""


@needs_graphviz
def test_a_drawing_is_a_still_picture_that_fits_its_cell() -> None:
    kind, html = untrusted(bundle(draw(neuron())))
    (svg,) = pictures(html)
    assert kind == "text/html"
    assert 'style="max-width:100%"' in html
    assert svg.get("viewBox")
    assert not [e for e in svg.iter() if e.tag.endswith("script")]
    assert html.index("alt=") < html.index("C = quadratic_cost(a, y)")  # and says what it shows


@needs_graphviz
def test_a_page_leaves_its_still_picture_and_says_why() -> None:
    kind, html = untrusted(bundle(draw(neuron()).stepper()))
    assert kind == "text/html"
    assert len(pictures(html)) == 1
    assert "run this cell, or trust this notebook" in html


def test_curves_are_a_still_picture_too() -> None:
    needed("matplotlib")
    kind, html = untrusted(bundle(tg.pictures.curve(tg.sigmoid)))
    assert kind == "text/html"
    assert len(pictures(html)) == 1


def test_derivations_and_formulas_are_latex() -> None:
    cost = neuron()
    derivation = tg.derive(cost, wrt=next(t for t in tg.graph(cost) if t.name == "w"))
    kind, latex = untrusted(bundle(derivation))
    assert kind == "text/latex"
    assert latex.startswith("$")
    assert not latex.startswith("$$")  # displayed, it would be centred
    assert latex.count("\\begin{") == latex.count("\\end{") > 2
    assert r"\frac{(a - y)^{2}}{2}" in latex
    assert untrusted(bundle(next(iter(derivation.formulas.values()))))[0] == "text/latex"


@needs_graphviz
@pytest.mark.parametrize("answered", [False, True])
def test_exercises_and_verdicts_keep_their_words_and_the_picture(answered: bool) -> None:
    exercise = load("one-neuron")
    kind, text = untrusted(bundle(exercise.check(da="a − y") if answered else exercise))
    assert kind == "text/markdown"
    assert len(pictures(text)) == 1
    assert "$" in text


@pytest.mark.parametrize(
    ("t", "said"),
    [
        (lambda: tg.Tensor([[1.0, 2.0]], name="x<y"), "<b>x&lt;y</b> · shape (1, 2) · float64<pre>[[1. 2.]]</pre>"),
        (lambda: np.exp(tg.Tensor(0.0, requires_grad=True)), "scalar · float64 · made by exp, passes gradients on<pre>1.0</pre>"),
        (lambda: tg.Tensor(np.float32(2), requires_grad=True), "scalar · float32 · learns, no gradient yet<pre>2.0</pre>"),
    ],
)  # fmt: skip
def test_a_tensor_says_what_it_is(t: object, said: str) -> None:
    value = t()  # type: ignore[operator]
    assert untrusted(bundle(value)) == ("text/html", said)
    assert value._repr_mimebundle_()["text/plain"] == repr(value)


def test_a_tensor_with_a_gradient_says_so() -> None:
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    (w * w).backward()
    assert "learns, has a gradient" in untrusted(bundle(w))[1]
