"""The page in a browser: the stepper goes where the engine goes, back again, folds, and loads nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, act, open_page
from tests.helpers.live_pages import page_data
from tests.helpers.picture_graphs import network, neuron, random_graph, softmax_neurons
from tests.helpers.repository import needs_graphviz
from tests.helpers.slow import slow
from tinygrad_lite.pictures import compare, draw
from tinygrad_lite.pictures.edges.numbers import full, one_line

pytestmark = needs_graphviz


def in_browser(test: Any) -> Any:
    """A slow test, because a browser takes a second to start."""
    return pytest.mark.slow(pytest.mark.skipif(BROWSER is None, reason="no Chromium here")(test))


def first(page: str) -> Any:
    found = page_data(page)
    return found["foldings"][found["first"]]


def source(state: Any, term: Any) -> str:
    """The box that a term goes to."""
    found: str = state["edges"][term["edge"]]["source"]
    return found


# --- what the page carries -----------------------------------------------------------------------------------------


def test_the_page_is_one_file_that_asks_for_nothing_else() -> None:
    page = draw(neuron()).to_html()
    assert "default-src 'none'" in page
    links = re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([^\"'\s>)]+)", page)
    assert [link for link in links if not link.startswith(("http://www.w3.org/", "'none'"))] == []
    assert set(re.findall(r"https?://[^\s\"'<>\\]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


@pytest.mark.parametrize("make", [neuron, softmax_neurons, *slow(network), lambda: random_graph(5)])
def test_the_steps_are_the_engines_and_end_at_its_gradients(make: Any) -> None:
    result = make()
    result.backward()
    page = draw(result).to_html()
    for state in page_data(page)["foldings"].values():
        told = [state["boxes"][box]["name"] for s in state["steps"] for box in s["take"]]
        assert told[0] == state["boxes"][state["results"][0]]["name"]
        complete = {source(state, t) for s in state["steps"] for t in s["terms"] if t["complete"]}
        taken: set[str] = set(state["results"])
        for step in state["steps"]:
            assert set(step["take"]) <= taken  # complete before it is taken
            taken |= {source(state, t) for t in step["terms"] if t["complete"]}
        leaves = {t for t in tg.graph(result) if t.primitive is None and t.grad is not None}
        for t in leaves:
            of_name = [i for i in complete if state["boxes"][i]["name"].rstrip("₀₁₂₃₄₅₆₇₈₉") == t.name]
            exact = [state["boxes"][i]["gradient"]["numbers"] for i in of_name]
            assert t.size > 200 or t.grad.numpy().reshape(-1).tolist() in [
                pytest.approx(e, rel=1e-12) for e in exact if e
            ]


def test_sums_name_the_axes_that_broadcasting_added() -> None:
    x, b = tg.Tensor(np.ones((4, 3)), name="x"), tg.Tensor(np.zeros(3), requires_grad=True, name="b")
    state = first(draw((x + b).sum()).to_html())
    terms = [t for s in state["steps"] for t in s["terms"]]
    assert [t["text"] for t in terms if state["boxes"][source(state, t)]["name"] == "b"] == [
        "through v1: ∂v2/∂v1 · ∂v1/∂b, where ∂v1/∂b = 1: the sum of the products, element by element [4.0, 4.0, 4.0], "
        "over axis 0: shape (3,) was broadcast to (4, 3), so each element of b counts for all that it went into"
    ]


def test_every_folding_is_there_or_the_nearest() -> None:
    foldings = page_data(draw(neuron()).to_html())["foldings"]
    assert set(foldings) == {"", "0", "1", "0,1"}
    t: Any = tg.Tensor(0.1, requires_grad=True, name="x")
    for _ in range(5):
        t = tg.sigmoid(t) * tg.tanh(t)
    states = page_data(draw(t).to_html())["foldings"]
    assert len(states) == 24
    assert {str(i) for i in range(10)} | {""} <= set(states)


# --- in the browser ------------------------------------------------------------------------------------------------


@in_browser
def test_the_page_runs_untouched_from_a_sub_folder_by_a_relative_path(tmp_path: Path) -> None:
    folder = tmp_path / "sub folder" / "σ"
    folder.mkdir(parents=True)
    draw(neuron()).save(folder / "x.html")
    dom, console = open_page("sub folder/σ/x.html", cwd=tmp_path)
    assert console == []
    assert '<span id="where">step 0 of 5</span>' in dom
    assert "not computed yet" in dom


@in_browser
def test_the_stepper_ends_at_the_gradients_and_back_stepping_restores(tmp_path: Path) -> None:
    c = neuron()
    c.backward()
    expected = {t.name: f"∂C/∂{t.name} = {one_line(t.grad.numpy())}" for t in tg.graph(c) if t.grad is not None}
    found = act(
        draw(c).to_html(),
        """
        const before = picture(), pictures = [before], said = [one("#status").textContent];
        while (!one("[data-go=on]").disabled) { key("ArrowRight"); pictures.push(picture()); said.push(one("#status").textContent); }
        const end = gradients();
        let restored = true;
        for (const was of pictures.slice(0, -1).reverse()) { press("back"); restored &&= picture() === was; }
        key("End");
        const atEnd = picture() === pictures.at(-1);
        key("Home");
        return {end, restored, atEnd, back: picture() === before, said, count: pictures.length, start: gradients()};
        """,
        tmp_path,
    )
    assert {name: found["end"][name] for name in expected} == expected
    assert found["restored"]
    assert found["atEnd"]
    assert found["back"]
    assert found["count"] == 6
    assert found["start"]["w"] == "not computed yet"
    assert "x" not in found["start"]  # a constant has no such line
    assert found["said"][3].startswith(
        "a passes on ∂C/∂a = 0.982.\nTo ∂C/∂z, through a: ∂C/∂a · ∂a/∂z, where ∂a/∂z = a (1 − a)"
    )


@pytest.mark.slow
@in_browser
def test_sums_come_about_term_by_term(tmp_path: Path) -> None:
    x = tg.Tensor(3.0, requires_grad=True, name="x")
    c = x * np.exp(x) + x
    c.backward()
    found = act(
        draw(c).to_html(),
        """
        const seen = [];
        do { seen.push(gradients().x); press("on"); } while (!one("[data-go=on]").disabled);
        seen.push(gradients().x);
        return seen;
        """,
        tmp_path,
    )
    assert found[0] == "not computed yet"
    partial = [t for t in found if t.endswith("+ …")]
    assert partial[0] == "∂v3/∂x = 1.0 + …"
    assert found[-1] == f"∂v3/∂x = {one_line(x.grad.numpy())}"


@pytest.mark.slow
@in_browser
def test_boxes_fold_and_unfold_and_tell_their_sums_by_click_and_by_key(tmp_path: Path) -> None:
    found = act(
        draw(neuron()).to_html(),
        """
        const count = () => all("#stage .node").length;
        const counts = [count()];
        click(badge(node("a = σ(z)"))); counts.push(count());
        const inside = gradients();
        click(badge(all("#stage .cluster")[0])); counts.push(count());
        key("Enter", badge(node("C = quadratic_cost(a, y)"))); counts.push(count());
        key("End");
        const end = gradients();
        key("Enter", badge(all("#stage .cluster")[0])); counts.push(count());
        click(node("w"));
        const details = one("#details").textContent;
        key("Enter", node("a = σ(z)"));
        const other = one("#details").textContent;
        click([...one("#details").querySelectorAll("button")][0]); counts.push(count());
        return {counts, inside, end, details, other, focusable: all("#stage .node[tabindex='0'][role=button]").length,
                label: node("w").getAttribute("aria-label")};
        """,
        tmp_path,
    )
    assert found["counts"] == [8, 14, 8, 11, 8, 14]
    assert "a.4 = exp(a.3)" in found["inside"]
    assert found["end"]["C.1 = y − a"] == "∂C/∂C.1 = −0.982"
    assert "through v1: ∂C/∂v1 · ∂v1/∂w, where ∂v1/∂w = x: 0.01735 × 1.0 = 0.01735" in found["details"]
    assert "saturated: slope at 7 % of its maximum" in found["other"]
    assert found["focusable"] == 14
    assert found["label"] == "w, learns, scalar float64, value 2.0, ∂C/∂w = 0.01735"


@pytest.mark.slow
@in_browser
def test_hovering_shows_the_array(tmp_path: Path) -> None:
    x = tg.Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True, name="x")
    found = act(draw(x.sum()).to_html(), 'return node("x").querySelector("title").textContent;', tmp_path)
    assert found == "x\n(3, 4) float64\n" + full(np.arange(12.0).reshape(3, 4))


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{7*7}}",
    "\\u003c",
]


@in_browser
def test_no_script_in_a_name_runs(tmp_path: Path) -> None:
    t: Any = tg.Tensor(1.0, requires_grad=True, name=HOSTILE[0])
    for name in HOSTILE[1:]:
        t = t * tg.Tensor(2.0, requires_grad=True, name=name)
    t.name = "<img src=x onerror=alert(2)>"
    found = act(
        draw(t).to_html(),
        """
        key("End");
        all("#stage .node").forEach(click);
        return {title: document.title, images: all("img").length, titles: all("#stage .node").map((n) => n.querySelector("title").textContent.split("\\n")[0])};
        """,
        tmp_path,
    )
    assert found["images"] == 0
    assert set(HOSTILE) <= {title.split(" = ")[0] if title.startswith("<img") else title for title in found["titles"]}


@pytest.mark.slow
@in_browser
def test_the_sheet_of_two_costs_steps_through_both(tmp_path: Path) -> None:
    sheet = compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)})
    found = act(
        sheet.to_html(),
        """
        const count = () => all("#stage .node").length, counts = [count()];
        key("ArrowRight");
        const first = one("#status").textContent;
        click(badge(node("a = σ(z)"))); counts.push(count());
        click(badge(all("#stage .cluster").find((c) => badge(c)))); counts.push(count());
        key("End");
        const end = all("#stage .node").map((n) => n.querySelector("text.gradient")?.textContent).filter((t) => t && t.includes("∂C/∂w"));
        return {counts, first, end};
        """,
        tmp_path,
    )
    assert sorted(found["end"]) == ["∂C/∂w = 0.01735", "∂C/∂w = 0.982"]
    assert (
        found["first"]
        == "quadratic: The sweep starts at C: ∂C/∂C = 1.0.\ncross-entropy: The sweep starts at C: ∂C/∂C = 1.0."
    )
    assert found["counts"] == [16, 22, 16]


@pytest.mark.slow
@in_browser
def test_the_page_works_inside_a_notebooks_frame(tmp_path: Path) -> None:
    cell = draw(neuron()).stepper()._repr_mimebundle_()["text/html"]
    path = tmp_path / "notebook.html"
    path.write_text(
        f"<!DOCTYPE html><meta charset=utf-8><body>{cell}<pre id=said></pre><script>"
        "onload = () => { const d = document.querySelector('iframe').contentDocument;"
        "d.querySelector('[data-go=last]').click();"
        "document.getElementById('said').textContent = d.getElementById('where').textContent; };</script></body>",
        encoding="utf-8",
    )
    dom, console = open_page(path.as_uri())
    assert console == []
    assert '<pre id="said">step 5 of 5</pre>' in dom


@pytest.mark.slow
@in_browser
def test_infinite_gradients_do_not_break_the_page(tmp_path: Path) -> None:
    x = tg.Tensor([0.0, 1.0], requires_grad=True, name="x")
    page = draw(np.sqrt(x).sum()).to_html()
    found = act(page, 'key("End"); return gradients().x;', tmp_path)
    assert found == "∂v2/∂x = [inf, 0.5]"
