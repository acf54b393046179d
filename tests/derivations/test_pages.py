"""Pages as TeX and browsers read them: documents that compile, sentences whose formulas are set as formulas."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, open_page
from tests.helpers.random_graphs import random_cost
from tests.helpers.repository import load_example
from tests.helpers.spellings import entropy_spellings, likelihood_spellings, neuron
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.derivations.pages import Contents, fragment, html_sentence, math_of, notebook, tex, tex_sentence
from tinygrad_lite.derivations.writing.reasons import Reason
from tinygrad_lite.notation.formula import Applied, Cases, Num, Plus, Power, Relation, latex, unicode
from tinygrad_lite.notation.formula import named as named_value

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
    (tmp_path / "d.tex").write_text(
        tex([(name, make().contents()) for name, make in DERIVATIONS.items()]), encoding="ascii"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "d.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", errors="replace", check=False)
    wrong = [x for x in run.stdout.splitlines() if x.startswith(("!", "Overfull", "Missing character"))]
    assert (run.returncode, wrong) == (0, [])
    assert (tmp_path / "d.pdf").stat().st_size > 10_000


Z = named_value("z2", ("i",))
SENTENCE = Reason(
    "cancel",
    (
        "cancel ",
        Relation(Power(Z, Num("2")), "≠", Num("0")),
        ", 5 % & more: ",
        Applied(named_value("leaky_relu", (), 1), Z),
    ),
)


def test_a_sentence_sets_its_words_as_words_and_its_formulas_as_formulas() -> None:
    power, slope = latex(Power(Z, Num("2"))), latex(SENTENCE.parts[3])  # type: ignore[arg-type]
    assert tex_sentence(SENTENCE) == rf"cancel ${power} \neq 0$, 5 \% \& more: ${slope}$"
    page = ET.fromstring(f"<p>{html_sentence(SENTENCE)}</p>")
    assert [child.tag for child in page] == ["math", "math"]
    assert (page.text, page[0].tail) == ("cancel ", ", 5 % & more: ")
    assert str(SENTENCE) == f"cancel {unicode(Power(Z, Num('2')))} ≠ 0, 5 % & more: leaky_relu′({unicode(Z)})"


def test_an_assumption_is_said_once() -> None:
    d = DERIVATIONS["cross-entropy"]()
    cancel = next(s for s in d.steps if s.rule == "cancel")
    assert str(cancel.said) == cancel.reason == "cancel a_i (1 − a_i) ≠ 0"
    assert cancel.assumption == "a_i (1 − a_i) ≠ 0"
    kink = next(s for s in DERIVATIONS["relu"]().steps if s.assumption)
    assert str(kink.said) == f"{kink.reason} ({kink.assumption})"


def test_a_page_says_every_reason_and_note_with_its_formulas_set() -> None:
    contents = DERIVATIONS["long 24"]().contents()
    page = ET.fromstring(fragment(contents))
    for step in contents.steps:
        words = [part for part in step.said.parts if isinstance(part, str)]
        assert all(any(w.strip() in "".join(td.itertext()) for td in page.iter("td")) for w in words)
    notes = [p for p in page.iter("p") if p.get("class") == "note"]
    assert len(notes) == len(contents.notes)
    for note, said in zip(notes, contents.notes, strict=True):
        assert len(list(note.iter("math"))) == sum(not isinstance(part, str) for part in said.parts)


def test_a_notebook_shows_what_is_given_the_lines_and_the_notes() -> None:
    contents = DERIVATIONS["long 24"]().contents()
    text = notebook(contents)
    assert text.count("\\begin{array}{l}") == 1  # all in one column, on the left
    for left, right in contents.given:
        assert f"{latex(left)} &= {latex(right)}" in text
    for step in contents.steps:
        assert f"&= {latex(step.nodes[1])} &&" in text
        assert tex_sentence(step.said) in text


def test_cases_that_are_displayed_have_a_line_each_and_those_of_a_sentence_do_not() -> None:
    z = named_value("z", ("i",))
    cases = Cases(((z, Relation(z, ">", Num("0"))), (Num("0"), None)))
    rows = r"\begin{cases} z_{i} & \text{if } z_{i} > 0 \\ 0 & \text{otherwise} \end{cases}"
    assert latex(cases, displayed=True) == rows
    contents = DERIVATIONS["relu"]().contents()
    many = sum(unicode(node).count("otherwise") for _, node in (*contents.given, *(s.nodes for s in contents.steps)))
    assert many > 0
    for text in (tex([("relu", contents)]), notebook(contents)):
        assert text.count(r"\begin{cases}") == text.count(r"\end{cases}") == many
    sentence = tex_sentence(Reason("note", ("with ", cases)))
    assert "begin" not in sentence
    assert r"\mathrm{otherwise}" in sentence


def test_notes_are_lines_of_text_in_a_notebooks_formula_and_break_no_formula_of_theirs() -> None:
    words = [f"word{i} " for i in range(60)]
    note = Reason("note", ("".join(words), named_value("a", ("i", "j")), " stays whole"))
    text = notebook(Contents([], [], {}, [note, note]))
    lines = re.findall(r"^\\text\{(.*)\}(?: \\\\.*)?$", text, re.MULTILINE)
    assert max(map(len, lines)) <= 110
    assert len(lines) > 2
    assert " ".join(lines) == " ".join([tex_sentence(note)] * 2)


def test_a_sum_may_break_between_its_terms() -> None:
    total = Plus(((-1, Z), (1, Num("2")), (-1, Num("3"))))
    page = ET.fromstring(f"<p>{math_of(total)}</p>")
    assert [child.tag for child in page] == ["math", "wbr", "math", "wbr", "math"]
    assert ["".join(child.itertext()) for child in page.iter("math")][1:] == ["+2", "−3"]
    assert "".join(page[0].itertext()).startswith("−")
    assert math_of(Num("2")).count("<math") == 1


MEASURE = """<script>addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map((frame) => {
    const inside = frame.contentDocument, all = [...inside.querySelectorAll("body *")];
    const place = (selector) => inside.querySelector(`section table:not(.given) ${selector}`).getBoundingClientRect();
    return {
      wide: inside.documentElement.scrollWidth - frame.clientWidth,
      scrolls: all.filter((e) => ["auto", "scroll"].includes(frame.contentWindow.getComputedStyle(e).overflowX)).length,
      below: place("td.why").top >= place("td.r").bottom - 8,
      right: place("td.why").left >= place("td.r").right,
    };
  });
  document.body.innerHTML = `<pre id="report">${JSON.stringify(found)}</pre>`;
});</script>"""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
def test_a_narrow_window_stacks_the_reasons_and_nothing_scrolls(tmp_path: Path) -> None:
    page = escape(load_example("lecture").page())
    frames = "".join(f'<iframe width="{width}" height="900" srcdoc="{page}"></iframe>' for width in (1200, 600, 390))
    (tmp_path / "frames.html").write_text(f"<!doctype html><body>{MEASURE}{frames}</body>", encoding="utf-8")
    dom, _ = open_page((tmp_path / "frames.html").as_uri())
    found = re.search(r'<pre id="report">(.*?)</pre>', dom)
    assert found is not None
    wide, middle, narrow = json.loads(found[1])
    assert (wide["right"], wide["below"]) == (True, False)
    assert (middle["right"], middle["below"]) == (narrow["right"], narrow["below"]) == (False, True)
    for size in (wide, middle, narrow):
        assert size["wide"] <= 0
        assert size["scrolls"] == 0
