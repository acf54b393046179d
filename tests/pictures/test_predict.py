"""Predict mode: nothing says what is ahead of the step, and answers are judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers import picture_graphs
from tests.helpers.live_pages import in_browser, page_data
from tests.helpers.repository import needs_graphviz
from tests.helpers.tab import Tab, chromium
from tinygrad_lite.pictures import compare, draw

pytestmark = needs_graphviz


def neuron(cost: Any = tg.quadratic_cost) -> Any:
    """A neuron in which no two numbers are the same by chance."""
    return picture_graphs.neuron(0.6, 0.9, cost, input=1.7, desired=0.3)


def shared() -> Any:
    """A value with two ways to the result, of which one goes through a folded function."""
    u = tg.Tensor(0.8, requires_grad=True, name="u")
    v = np.exp(u) * tg.Tensor(1.3, name="k")
    v.name = "v"
    c = v * np.sin(u)
    c.name = "C"
    return c


def softmax() -> Any:
    """A small Jacobian, which a click shows as numbers."""
    z = tg.Tensor([0.31, -1.27, 0.83], requires_grad=True, name="z")
    c = (tg.softmax(z) * tg.Tensor([1.1, 2.3, 0.7], name="x")).sum()
    c.name = "C"
    return c


def off() -> Any:
    """An activation whose slope is 0: what it says of saturation is its derivative."""
    a = tg.relu(tg.Tensor(-0.7, requires_grad=True, name="z"))
    a.name = "a"
    c = a * tg.Tensor(2.9, name="k")
    c.name = "C"
    return c


def small_arrays() -> Any:
    w = tg.Tensor([0.31, -1.27, 0.83], requires_grad=True, name="w")
    c = (tg.sigmoid(w) * tg.Tensor([1.1, 2.3, 0.7], name="x")).sum()
    c.name = "C"
    return c


GRAPHS = {
    "neuron": lambda: draw(neuron()), "unfolded": lambda: draw(neuron(), fold=False),
    "shared": lambda: draw(shared()), "arrays": lambda: draw(small_arrays()),
    "softmax": lambda: draw(softmax()),
    "compared": lambda: compare({"quadratic": neuron(), "cross-entropy": neuron(tg.cross_entropy)}),
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with chromium() as tab:
        yield tab


def opened(tab: Tab, page: str, folder: Path, scripts: bool = True) -> None:
    (folder / "page.html").write_text(page, encoding="utf-8")
    tab.open(folder / "page.html", scripts)


def said(tab: Tab) -> list[str]:
    """Whatever the page shows, on screen and on paper, and whatever it tells a screen reader or in a tooltip."""
    titles = "[...document.querySelectorAll('title, [title]')].map((e) => e.getAttribute('title') ?? e.textContent)"
    texts = [*tab.accessible(), *tab.run(titles)]
    for media in ("print", "screen"):
        tab.ask("Emulation.setEmulatedMedia", media=media)
        texts += tab.run("document.body.innerText").split("\n")
    return texts


def numbers(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])[−-]?\d+\.\d+(?:e[−-]?\d+)?", text))


def secrets(folding: dict[str, Any], step: int) -> set[str]:
    """The numbers of all gradients, terms and derivatives that the backward pass has not come to; none that is known."""
    boxes, edges = folding["boxes"], folding["edges"]
    known = {"1.0"} | {n for box in boxes.values() for n in numbers(box["value"]["full"])}
    taken = folding["steps"][: max(0, step - 1)]
    if step:
        known |= {n for box in folding["results"] for n in numbers(boxes[box]["gradient"]["full"])}
    for turn in taken:
        for term in turn["terms"]:
            known |= numbers(term["text"]) | numbers(term["total"]) | numbers(term["amount"])
            known |= numbers(edges[term["edge"]]["figure"])
            if term["complete"]:
                known |= numbers(boxes[edges[term["edge"]]["source"]]["gradient"]["full"])
    every = {n for box in boxes.values() if box["gradient"] is not None for n in numbers(box["gradient"]["full"])}
    every |= {n for turn in folding["steps"] for term in turn["terms"] for n in numbers(term["text"])}
    every |= {n for edge in edges.values() for n in numbers(edge["figure"])}
    return every - known


@in_browser
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_says_what_is_ahead_of_the_step(name: str, browser: Tab, tmp_path: Path) -> None:
    drawing = GRAPHS[name]()
    page = drawing.to_html(predict=True)
    data = page_data(page)
    folding = data["foldings"][data["first"]]
    opened(browser, page, tmp_path)
    last = len(folding["steps"]) + 1
    hidden = 0
    for step in range(last):
        for chosen in [*folding["edges"], *folding["boxes"]][step % 3 :: 3]:
            browser.run(f"click(one('[id=\"{chosen}\"]'))")
            assert not numbers(browser.run("one('#details').innerText")) & secrets(folding, step), (step, chosen)
        assert browser.run("one('#where').textContent") == f"step {step} of {last}"
        secret = secrets(folding, step)
        hidden += len(secret)
        for text in said(browser):
            assert not numbers(text) & secret, (step, text)
            assert step or ("slope at" not in text and "saturated" not in text)
        assert browser.run("one('#sums').checkVisibility()") is False
        browser.run("press('on')")
    assert hidden > 0
    assert secrets(folding, 0) <= numbers("\n".join(said(browser)))  # at the end everything is told
    assert browser.run("one('#predict').hidden && one('#sums').checkVisibility()")
    assert browser.troubles == []


@in_browser
def test_a_page_for_teaching_has_no_answers_without_scripts(browser: Tab, tmp_path: Path) -> None:
    for drawing in (draw(neuron()), GRAPHS["compared"](), draw(off())):
        page = drawing.to_html(predict=True)
        data = page_data(page)
        opened(browser, page, tmp_path, scripts=False)
        texts = browser.accessible()
        assert any("quadratic_cost" in text or "relu" in text.lower() for text in texts)
        secret = secrets(data["foldings"][data["first"]], 0)
        assert [text for text in texts if numbers(text) & secret or "saturated" in text or "slope" in text] == []
    opened(browser, draw(neuron()).to_html(), tmp_path, scripts=False)
    assert any("saturated" in text or "slope" in text for text in browser.accessible())  # as every other page has


@in_browser
def test_the_mode_is_switched_on_and_off_in_every_page(browser: Tab, tmp_path: Path) -> None:
    seen = []
    for page in (draw(neuron()).to_html(), draw(neuron()).to_html(predict=True)):
        opened(browser, page, tmp_path)
        for _ in range(3):
            seen.append(
                browser.run(
                    "[one('[data-predict]').getAttribute('aria-pressed'), one('#predict').hidden, getComputedStyle(one('#stage text.formula')).visibility, one('#sums').checkVisibility(), all('#sums li').length > 0]"
                )
            )
            browser.run("one('[data-predict]').click()")
    shown, hidden = ["false", True, "visible", True, True], ["true", False, "hidden", False, False]
    assert seen == [shown, hidden, shown, hidden, shown, hidden]


# --- answers -------------------------------------------------------------------------------------------------------

ANSWER = """(() => {{ one("#guess").value = {text!r}; one("#predict [type=submit]").click();
return [one("#predict label").textContent, one("#predict .verdict").textContent || one("#status").textContent, one("#where").textContent]; }})()"""


def answer(tab: Tab, text: str) -> Any:
    return tab.run(ANSWER.format(text=text))


@in_browser
def test_right_answers_lead_through_the_whole_pass(browser: Tab, tmp_path: Path) -> None:
    opened(browser, draw(neuron()).to_html(predict=True), tmp_path)
    answers = ["1", "a - y", "dC/da * a*(1-a)", "(a-y)*σ′(z)", "∂C/∂z", "x * dC/dz"]
    found = [answer(browser, text) for text in answers]
    assert [verdict.split(" = ")[0] for _, verdict, _ in found[:-1]] == [
        "Right: this is ∂C/∂C", "Right: this is ∂C/∂a", "Right: this is ∂C/∂z", "Right: this is ∂C/∂v1", "Right: this is ∂C/∂b",
    ]  # fmt: skip
    assert found[0][0] == "What will ∂C/∂a be?"
    assert found[-1][2] == "step 5 of 5"
    assert browser.run("one('#predict').hidden")


SLIPS = [
    ("y - a", "The sign is wrong."),
    ("a", "Not yet."),
    ("(a - y) * x", "The factor x is too much."),
    ("a + y", "Not yet. One + or − in it is wrong."),
    ("(a + x) - y", "Not yet."),
    ("0.1", "Not yet."),
    ("2 * (a - y)", "It is 2.0 times what it should be."),
    ("1/(a - y)", "It is 1 divided by what it should be."),
    ("dC/dz", "∂C/∂z is not known yet in this step"),
    ("dC/da", "∂C/∂a is what is asked for"),
    ("q * a", "no name of this picture; the names are"),
    ("a(y)", "for a product write a * (…)"),
    ("(1 - a) 2", "write * for a product"),
    ("a/2 y", "is this below the line? Write (a/b) c or a/(b c)"),
    ("", "there is no formula yet"),
]


@in_browser
def test_what_is_said_of_wrong_answers(browser: Tab, tmp_path: Path) -> None:
    opened(browser, draw(neuron()).to_html(predict=True), tmp_path)
    answer(browser, "1")
    for text, wanted in SLIPS:
        asked, verdict, where = answer(browser, text)
        assert wanted in verdict, (text, verdict)
        assert (asked, where) == ("What will ∂C/∂a be?", "step 1 of 5")
    answer(browser, "a - y")
    for text, wanted in [
        ("a*(1-a)", "The gradient that comes back is missing: ∂C/∂a is a factor."),
        ("-a*(1-a)", "∂C/∂a is a factor. And the sign is wrong."),
        ("dC/da", "This only hands ∂C/∂a on: the local derivative is missing."),
        ("(a - y)*a", "The factor 1 − a is missing."),
        ("(a - y)*a/(1-a)", "Here 1 − a is divided by and should be a factor."),
        ("dC/da a(1 + a)", "Not yet. One + or − in it is wrong."),
        ("(a + y) a (1 - a)", "Not yet. One + or − in it is wrong."),
        ("0.2", "Not yet."),
    ]:
        assert wanted in answer(browser, text)[1], text
    assert answer(browser, "dC/da a(1 - a)")[2] == "step 3 of 5"  # a product as on paper


@in_browser
def test_what_is_said_of_an_answer_is_in_sight(tmp_path: Path) -> None:
    with chromium() as tab:
        tab.ask("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
        opened(tab, draw(neuron(), direction="TB").to_html(predict=True), tmp_path)
        tab.run("scrollTo(0, 0)")
        answer(tab, "2")
        verdict = tab.run(
            "(() => { const v = one('#predict .verdict').getBoundingClientRect(); return [v.top, v.bottom]; })()"
        )
        assert 0 < verdict[0] < verdict[1] <= 800


@in_browser
def test_a_way_of_the_sum_that_is_forgotten_is_named(browser: Tab, tmp_path: Path) -> None:
    opened(browser, draw(shared()).to_html(predict=True), tmp_path)
    browser.run("while (!one('#predict label').textContent.includes('∂C/∂u')) press('on')")
    for text, wanted in [
        ("v*cos(u)", "The way through v1 is missing"), ("exp(u)*k*sin(u)", "missing: a gradient is a sum over all ways"),
        ("v*cos(u) - exp(u)*k*sin(u)", "The sign of the term through v1 is wrong"),
    ]:  # fmt: skip
        assert wanted in answer(browser, text)[1], text
    assert answer(browser, "v*cos(u) + exp(u)*k*sin(u)")[2] == "step 5 of 5"


@in_browser
def test_numbers_are_right_to_the_digits_typed_and_by_chance_they_are_not_formulas(
    browser: Tab, tmp_path: Path
) -> None:
    x = tg.Tensor(2.0, name="x")
    c = tg.Tensor(3.0, requires_grad=True, name="w") * x * x
    c.name = "C"
    opened(browser, draw(c).to_html(predict=True), tmp_path)
    answer(browser, "1")
    answer(browser, "x")
    assert "by chance" in answer(browser, "x + x")[1]
    assert "by chance" in answer(browser, "4 * w / w")[1]
    assert answer(browser, "4")[1].startswith("Right: this is ∂C/∂w = 4.0.")
    opened(browser, draw(neuron()).to_html(predict=True), tmp_path)
    answer(browser, "1")
    slope = tg.grad(lambda w: tg.quadratic_cost(w, 0.3))(float(tg.sigmoid(tg.Tensor(1.92)).item()))
    assert "two digits" in answer(browser, f"{slope:.1f}")[1]
    assert "Not yet" in answer(browser, f"{slope + 0.02:.3f}")[1]
    assert "Not yet. The sign is wrong." in answer(browser, f"{-slope:.4f}")[1]
    assert f"Right: this is ∂C/∂a = {slope:.4}" in answer(browser, f"{slope:.2f}")[1]


@in_browser
def test_arrays_are_answered_by_formulas_of_their_shape(browser: Tab, tmp_path: Path) -> None:
    opened(browser, draw(small_arrays()).to_html(predict=True), tmp_path)
    browser.run("while (!one('#predict label').textContent.includes('∂C/∂w')) press('on')")
    assert "It has the shape (), and ∂C/∂w has (3)" in answer(browser, "pi")[1]
    assert "The gradient that comes back is missing" in answer(browser, "σ′(w)")[1]
    assert "The sign is wrong" in answer(browser, "-x*σ′(w)")[1]
    assert "Right: this is ∂C/∂w" in answer(browser, "x*σ′(w)")[1]


@in_browser
def test_a_layers_gradients_are_products_of_matrices(browser: Tab, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    x, w, b = (
        tg.Tensor(rng.normal(size=n), requires_grad=name != "x", name=name)
        for n, name in [((2, 3), "x"), ((3, 2), "W"), (2, "b")]
    )
    z = x @ w + b
    z.name = "z"
    c = (z * z).sum()
    c.name = "C"
    opened(browser, draw(c).to_html(predict=True), tmp_path)
    browser.run(
        "while (!one('#predict label').textContent.includes('∂C/∂b')) { one('#predict [data-reveal]').click(); }"
    )
    assert "It has the shape (2,2), and ∂C/∂b has (2)" in answer(browser, "2*z")[1]
    assert "Right: this is ∂C/∂b" in answer(browser, "sum(dC/dz, axis=0)")[1]
    browser.run(
        "while (!one('#predict label').textContent.includes('∂C/∂W')) { one('#predict [data-reveal]').click(); }"
    )
    assert "It is the transpose of what it should be." in answer(browser, "dC/dz.T @ x")[1]
    assert "The sign is wrong." in answer(browser, "-x.T @ (2*z)")[1]
    assert "Right: this is ∂C/∂W" in answer(browser, "x.T @ dC/dz")[1]
