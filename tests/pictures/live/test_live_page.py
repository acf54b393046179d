"""The page in a browser: a number is changed, and everything that it says is what Python says of the new graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import act, open_page
from tests.helpers.live_pages import changed_in_page, data_text, in_browser, page_data
from tests.helpers.picture_graphs import layers, network, neuron, random_graph
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.pictures import compare, draw
from tinygrad_lite.tensor.tensor import Tensor

pytestmark = needs_graphviz

Numbers = dict[str, Any]
Graph = Callable[[Numbers], Any]


def leaf(numbers: Numbers, name: str, learns: bool = True) -> tg.Tensor:
    return tg.Tensor(numbers[name], requires_grad=learns, name=name)


# --- graphs by their numbers ---------------------------------------------------------------------------------------


def one_neuron(cost: Any) -> Graph:
    def made(numbers: Numbers) -> Any:
        z = leaf(numbers, "w") * leaf(numbers, "x", False) + leaf(numbers, "b")
        a = tg.sigmoid(z)
        a.name = "a"
        c = cost(a, leaf(numbers, "y", False))
        c.name = "C"
        return c

    return made


def batch(numbers: Numbers) -> Any:
    h = np.tanh(leaf(numbers, "x", False) @ leaf(numbers, "W") + leaf(numbers, "b"))
    return tg.quadratic_cost(tg.relu(h @ leaf(numbers, "v")), leaf(numbers, "y", False))


def choices(numbers: Numbers) -> Any:
    u, v = leaf(numbers, "u"), leaf(numbers, "v")
    return np.where(u > v, u * u, np.sin(v)) + np.maximum(u, 0.5) * u + np.abs(v - u)


def outputs(numbers: Numbers) -> Any:
    a = tg.softmax(leaf(numbers, "z"))
    return tg.log_likelihood(a, tg.Tensor([0.0, 1.0, 0.0], name="y", facts=("one_hot",)))


def single_precision(numbers: Numbers) -> Any:
    w = tg.Tensor(np.asarray(numbers["w"], np.float32), requires_grad=True, name="w")
    return np.exp(w * np.float32(0.3)).sum()


rng = np.random.default_rng(0)
MATRICES = {"x": (4, 2), "W": (2, 3), "b": (3,), "v": (3,), "y": (4,)}
CASES: dict[str, tuple[Graph, Numbers, Numbers]] = {
    "quadratic": (one_neuron(tg.quadratic_cost), {"w": 2.0, "x": 1.0, "b": 2.0, "y": 0.0}, {"w": -3.25, "b": 0.5}),
    "cross-entropy": (one_neuron(tg.cross_entropy), {"w": 2.0, "x": 1.0, "b": 2.0, "y": 0.0}, {"x": 1.5, "y": 1.0}),
    "saturated": (one_neuron(tg.quadratic_cost), {"w": 0.5, "x": 1.0, "b": 0.0, "y": 0.0}, {"w": 30.0}),
    "batch": (
        batch,
        {name: rng.normal(size=shape) for name, shape in MATRICES.items()},
        {name: rng.normal(size=shape) for name, shape in MATRICES.items()},
    ),
    "choices": (choices, {"u": 1.0, "v": 0.25}, {"u": -0.75, "v": 2.0}),
    "softmax": (outputs, {"z": [2.0, 1.0, 0.1]}, {"z": [-0.5, 12.0, 3.0]}),
    "no scalar": (lambda numbers: tg.sigmoid(leaf(numbers, "z")), {"z": [0.5, -1.0]}, {"z": [30.0, 2.0]}),
    "float32": (single_precision, {"w": [1.0, 2.0]}, {"w": [0.1, -0.7]}),
}  # fmt: skip


def said(folding: Any) -> dict[str, Any]:
    """All texts of a folding that depend on numbers."""
    return {
        "boxes": {
            k: [b["value"]["line"], b["value"]["full"], b["saturation"], b["gradient"] and b["gradient"]["equals"]]
            for k, b in folding["boxes"].items()
        },
        "edges": {k: e["figure"] for k, e in folding["edges"].items()},
        "frames": {k: f["saturation"] for k, f in folding["frames"].items()},
        "steps": [[[t["text"], t["amount"], t["total"]] for t in s["terms"]] for s in folding["steps"]],
    }


SET = "page.live.set((i) => given[page.live.inputs[i].name] ?? null);"
EVERY_FOLDING = """
  const found = {};
  for (const folding of Object.keys(page.store.data.foldings)) {
    page.store.change({folding});
    const {boxes, edges, frames, steps} = page.store.folding();
    found[folding] = {boxes, edges, frames, steps};
  }
  return found;"""


@in_browser
@pytest.mark.parametrize("name", CASES)
def test_changed_numbers_are_in_every_text(name: str, tmp_path: Path) -> None:
    graph, before, change = CASES[name]
    given = json.dumps({k: np.ravel(v).tolist() for k, v in change.items()})
    found = act(draw(graph(before)).to_html(), f"const given = {given}; {SET} {EVERY_FOLDING}", tmp_path)
    wanted = page_data(draw(graph(before | change)).to_html())["foldings"]
    for key, folding in found.items():
        assert said(folding) == said(json.loads(json.dumps(wanted[key])))
        for place, box in folding["boxes"].items():
            if box["gradient"] is not None:
                exact = [float(x) for x in wanted[key]["boxes"][place]["gradient"]["numbers"]]
                np.testing.assert_allclose(
                    [float(x) for x in box["gradient"]["numbers"]], exact, rtol=1e-9 if name != "float32" else 1e-6
                )


def differing(a: Any, b: Any, where: str = "") -> list[tuple[str, Any, Any]]:
    """The leaves of two nested structures that are not the same, each with its place."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [found for k in a for found in differing(a[k], b[k], f"{where}.{k}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [found for k, (x, y) in enumerate(zip(a, b, strict=True)) for found in differing(x, y, f"{where}.{k}")]
    return [] if a == b else [(where, a, b)]


def is_silent(where: str, page: Any, python: Any) -> bool:
    """Whether a page says nothing of a saturation whose bound would change, too; it cannot find it anew."""
    return where.startswith(".boxes.") and where.endswith((".2.level", ".2.text")) and page == ""


def with_numbers(make: Callable[[], Any], new: Numbers, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same graph of leaves that have other numbers from the beginning."""
    with monkeypatch.context() as patch:
        patch.setattr(tg, "Tensor", lambda x, name=None, **how: Tensor(new.get(name, x), name=name, **how))
        return make()


@in_browser
def test_random_graphs_say_what_python_says_of_the_new_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, wanted = [], []
    for seed in range(40):
        make = partial(random_graph, seed, scalar=bool(seed % 2))
        before = make()
        new = {t.name: np.random.default_rng(seed).normal(size=t.shape) for t in tg.graph(before) if t.name}
        after = page_data(draw(with_numbers(make, new, monkeypatch)).to_html())["foldings"]
        jobs.append((data_text(draw(before).to_html()), new))
        wanted.append({key: said(json.loads(json.dumps(folding))) for key, folding in after.items()})
    for seed, (found, python) in enumerate(zip(changed_in_page(jobs, tmp_path), wanted, strict=True)):
        assert found.keys() == python.keys()
        for key, folding in found.items():
            different = [d for d in differing(said(folding), python[key]) if not is_silent(*d)]
            assert different == [], f"seed {seed}, folding {key!r}"


# --- what the reader does ------------------------------------------------------------------------------------------

CONTROLS = """
  const field = (name) => all("#live input[type=text]").find((f) => f.getAttribute("aria-label").startsWith(name));
  const slider = (name) => all("#live input[type=range]").find((f) => f.getAttribute("aria-label") === name);
  const enter = (control, value) => { control.value = value; control.dispatchEvent(new Event("input", {bubbles: true})); };
  const numbers = () => Object.fromEntries(page.live.inputs.map(({name}, i) => [name, page.live.leaves()[i][0]]));
  const box = (name) => Object.values(page.store.folding().boxes).find((b) => b.name === name);
  const texts = (name) => [...node(Object.values(page.store.folding().boxes).find((b) => b.name === name).title).querySelectorAll("text")].map((t) => t.textContent);
"""


@in_browser
def test_a_slider_and_a_field_change_a_leaf_and_what_follows(tmp_path: Path) -> None:
    script = f"""{CONTROLS}
      press("last");
      enter(slider("w"), "-1");
      const slid = [numbers(), box("w").gradient.numbers, texts("a"), field("w").value];
      enter(field("b"), "0.125");
      const typed = [numbers(), slider("b").value, box("w").gradient.numbers];
      enter(field("b"), "one");
      const wrong = [numbers(), field("b").getAttribute("aria-invalid")];
      field("b").dispatchEvent(new KeyboardEvent("keydown", {{key: "ArrowLeft", bubbles: true}}));
      const where = one("#where").textContent;
      one("[data-reset]").click();
      return [slid, typed, wrong, where, [numbers(), texts("a"), page.store.get().leaves]];"""
    slid, typed, wrong, where, reset = act(draw(neuron()).to_html(), script, tmp_path)
    a = 1 / (1 + np.exp(-1.0))
    assert slid[0] == {"w": -1, "b": 2, "x": 1, "y": 0}
    assert slid[1] == [pytest.approx(a * a * (1 - a), rel=1e-9)]
    assert "unsaturated: slope at 79 % of its maximum" in slid[2]
    assert slid[3] == "-1"
    assert typed[0]["b"] == 0.125
    assert float(typed[1]) == pytest.approx(0.125, abs=0.02)  # the slider's own steps
    assert wrong == [typed[0], "true"]
    assert where == "step 5 of 5"  # the arrow was the field's
    assert reset[0] == {"w": 2, "b": 2, "x": 1, "y": 0}
    assert "▲ saturated: slope at 7 % of its maximum" in reset[1]
    assert reset[2] is None


@in_browser
def test_a_drag_is_not_read_out_pixel_by_pixel(tmp_path: Path) -> None:
    script = f"""{CONTROLS}
      const loud = () => ["status", "details"].map((id) => one("#" + id).getAttribute("aria-live"));
      enter(slider("w"), "1");
      enter(slider("w"), "0.5");
      const moving = [loud(), one("#live .spoken").textContent, slider("w").getAttribute("aria-valuetext")];
      press("on");
      return [moving, loud()];"""
    moving, stepping = act(draw(neuron()).to_html(), script, tmp_path)
    assert moving == [["off", "off"], "", "0.5"]  # what is read out comes when the slider rests
    assert stepping == ["polite", "polite"]


@in_browser
def test_a_step_of_gradient_descent_is_the_engines(tmp_path: Path) -> None:
    script = f"""{CONTROLS}
      enter(one("#live .rate"), "0.25");
      one("[data-descend='1']").click();
      const first = numbers();
      one("[data-descend='10']").click();
      const plots = all("#live .traces svg[role=img]").map((s) => s.getAttribute("aria-label"));
      enter(slider("w"), "1");
      return [first, numbers(), plots, all("#live .traces svg").length];"""
    first, _, plots, left = act(draw(neuron()).to_html(), script, tmp_path)
    c = neuron()
    c.backward()
    wanted = {t.name: t.item() - 0.25 * t.grad.item() for t in tg.graph(c) if t.grad is not None}
    assert {k: first[k] for k in wanted} == {k: pytest.approx(v, rel=1e-12) for k, v in wanted.items()}
    assert [p.split(" over ")[0] for p in plots] == ["C", "a"]
    assert all("over 11 steps" in p for p in plots)
    assert left == 0  # a trace of steps ends where a slider moves


@in_browser
def test_one_slider_moves_both_graphs_of_a_sheet(tmp_path: Path) -> None:
    sheet = compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)})
    script = f"""{CONTROLS}
      const gradients = () => Object.values(page.store.folding().boxes).filter((b) => b.name === "w").map((b) => b.gradient.numbers[0]);
      enter(slider("w"), "4");
      const slid = gradients();
      one("[data-descend='1']").click();
      return [slid, field("w").placeholder, page.store.folding().steps.length];"""
    slid, placeholder, _ = act(sheet.to_html(), script, tmp_path)
    a = 1 / (1 + np.exp(-6.0))
    assert sorted(slid) == [pytest.approx(a * a * (1 - a), rel=1e-9), pytest.approx(a, rel=1e-9)]
    assert placeholder == "differ"


@in_browser
def test_a_small_array_is_changed_in_a_table(tmp_path: Path) -> None:
    graph, before, _ = CASES["batch"]
    script = f"""{CONTROLS}
      const [id] = Object.entries(page.store.folding().boxes).find(([, b]) => b.name === "W");
      page.store.change({{chosen: id}});
      enter(field("W[1, 2]"), "0.5");
      const [k] = page.live.inputs.map(({{name}}, i) => [name, i]).find(([name]) => name === "W").slice(1);
      return [all("#live td").length, [...page.live.leaves()[k]]];"""
    cells, numbers = act(draw(graph(before)).to_html(), script, tmp_path)
    assert cells == 6
    wanted = before["W"].copy()
    wanted[1, 2] = 0.5
    assert numbers == [pytest.approx(x) for x in wanted.ravel()]


@in_browser
def test_what_a_cost_refuses_is_refused(tmp_path: Path) -> None:
    script = f"""{CONTROLS}
      const ends = [slider("y").min, slider("y").max, slider("w").min];
      enter(field("y"), "1.5");
      const refused = [numbers().y, one("#status").textContent.split("\\n")[0]];
      enter(field("y"), "0.75");
      return [ends, refused, numbers().y];"""
    ends, refused, taken = act(draw(neuron(cost=tg.cross_entropy)).to_html(), script, tmp_path)
    assert ends == ["0", "1", "-4"]
    assert refused == [0, "Nothing was changed: cross_entropy takes y in [0, 1]."]
    assert taken == 0.75


@in_browser
def test_descent_stops_where_a_cost_would_refuse(tmp_path: Path) -> None:
    a = tg.Tensor(0.5, requires_grad=True, name="a")
    script = """one("[data-descend='10']").click();
      return [page.live.leaves()[0][0], one("#status").textContent.split("\\n")[0]];"""
    found, said = act(draw(tg.cross_entropy(a, tg.Tensor(1.0))).to_html(), script, tmp_path)
    assert 0.5 <= found <= 1
    assert said == "Nothing was changed: cross_entropy takes a in [0, 1]."


@in_browser
def test_graphs_of_one_leaf_have_no_common_way_downhill(tmp_path: Path) -> None:
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    script = f"""{CONTROLS}
      enter(slider("w"), "3");
      return [one("#live .descent").hidden, Object.values(page.store.folding().boxes).filter((b) => b.name === "w").map((b) => b.gradient.numbers[0])];"""
    hidden, gradients = act(compare({"square": w * w, "sine": np.sin(w)}).to_html(), script, tmp_path)
    assert hidden
    assert sorted(gradients) == [pytest.approx(np.cos(3.0)), 6]


@in_browser
def test_where_a_gradient_is_predicted_other_numbers_hide_it_again(tmp_path: Path) -> None:
    script = f"""{CONTROLS}
      page.store.change({{predict: true, step: 2}});
      const ahead = one("#live .descent").hidden;
      enter(slider("w"), "1");
      const moved = page.store.get().step;
      press("last");
      page.store.change({{step: 5}});
      enter(slider("w"), "2");
      return [ahead, moved, page.store.get().step, one("#live .descent").hidden];"""
    assert act(draw(neuron()).to_html(), script, tmp_path) == [True, 0, 5, False]


@in_browser
def test_a_live_page_runs_under_its_own_policy_and_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(draw(neuron()).to_html(), encoding="utf-8")
    dom, console = open_page(path.as_uri())
    assert console == []
    assert dom.count('<input type="range"') == 4


# --- what the page carries -----------------------------------------------------------------------------------------


def test_a_page_that_cannot_be_live_says_why() -> None:
    large = page_data(draw(network((60, 30, 10), 4)).to_html())["live"]
    assert large == {"refusal": "the graph holds more than 2,000 numbers."}
    assert page_data(draw(layers(30)).to_html())["live"] == {
        "refusal": "the leaves of equal steps are drawn as one box."
    }
    hot = tg.log_likelihood(tg.softmax(tg.Tensor(np.ones(3), requires_grad=True, name="z")), np.eye(3)[0])
    assert [x["name"] for x in page_data(draw(hot).to_html())["live"]["inputs"]] == ["z"]
    constant = tg.Tensor(np.arange(3), name="n")
    assert page_data(draw(constant).to_html())["live"] == {"refusal": "no number of this graph can change."}
    found = page_data(draw(np.linalg.inv(tg.Tensor(np.eye(2), requires_grad=True, name="A"))).to_html())["live"]
    assert found == {"refusal": "inv cannot be computed in a page."}


@in_browser
def test_the_refusal_is_to_be_read(tmp_path: Path) -> None:
    page = draw(layers(30)).to_html()
    text, controls = act(page, 'return [one("#live").innerText, one("#live .controls").hidden];', tmp_path)
    assert text.strip() == "Numbers cannot be changed here: the leaves of equal steps are drawn as one box."
    assert controls is True


def test_the_page_of_the_neuron_is_small() -> None:
    assert len(draw(neuron()).to_html().encode()) < 250_000


def test_a_page_of_random_numbers_is_valid_json() -> None:
    for seed in range(3):
        assert "program" in page_data(draw(random_graph(seed)).to_html())["live"]
