"""An exported page that judges answers says what the package says, and names the same slips where it can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tinygrad_lite as tg
from tests.helpers.live_pages import in_browser
from tests.helpers.repository import needs_graphviz
from tests.helpers.tab import Tab, chromium
from tinygrad_lite.exercises import PATH, export
from tinygrad_lite.exercises.showing.judged import judged

pytestmark = needs_graphviz

RIGHT = {
    "first-step": {"a": "a - y"},
    "sigmoid": {"z": "a*(1 - a)"},
    "one-neuron": {"a": "a - y", "z": "da * σ′(z)", "w": "(a-y)*a*(1-a)*x", "b": "∂C/∂z"},
    "entropy-of-one-example": {"a": "(a-y)/(a*(1-a))", "z": "a - y", "w": "x*(a - y)"},
    "missing-factor": {"a": "1/(1-a)", "z": "a", "w": "dz*x", "b": "dz"},
    "tanh": {"z": "1 - a^2"},
    "tied-weights": {"z2": "(a2-y)*a2*(1-a2)", "a1": "w*dz2", "z1": "da1*a1*(1-a1)", "w": "dz1*x + dz2*a1"},
}


def wrong(text: str) -> Iterator[str]:
    """Answers that are near the right one."""
    yield from (f"-({text})", f"2*({text})", f"({text})**2", f"({text}) + 0.01", f"1/({text})", "0.37", "x_ij", "a(1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with chromium() as tab:
        yield tab


ANSWER = """((name, text) => {{ const room = one(`[name=d${{name}}]`); room.value = text; room.nextElementSibling.click();
return one(`[name=d${{name}}] ~ .verdict`).textContent; }})({name!r}, {text!r})"""


def answer(tab: Tab, name: str, text: str) -> Any:
    return tab.run(ANSWER.format(name=name, text=text))


def accepted(id: str, step: str, text: str) -> bool:
    """What the package says of an answer, where all others are right."""
    verdict = tg.exercises.load(id).check(**{f"d{s}": r for s, r in (RIGHT[id] | {step: text}).items()})
    return verdict[step].outcome == "right"


@in_browser
@pytest.mark.parametrize("id", RIGHT)
def test_a_page_says_what_the_package_says(id: str, browser: Tab, tmp_path: Path) -> None:
    export(tg.exercises.load(id), tmp_path / "x.html")
    browser.open(tmp_path / "x.html")
    steps = RIGHT[id]
    for number, (step, text) in enumerate(steps.items(), 1):
        for other in (*wrong(text), text):
            said = answer(browser, step, other)
            assert said.startswith("✓") == accepted(id, step, other), (step, other, said)
        assert answer(browser, step, f"-({text})") == "✗ Not yet. The sign is wrong."
        assert "no name of this exercise" in answer(browser, step, "nothing * a" if "a" in steps else "nothing")
        assert "is what is asked for here" in answer(browser, step, f"d{step}")
        assert answer(browser, step, text).startswith("✓ Right")
        assert browser.run("one('#judged').textContent") == f"{number} of {len(steps)} gradients are right."
    assert browser.troubles == []


@in_browser
def test_slips_are_named_and_later_gradients_cannot_be_used(browser: Tab, tmp_path: Path) -> None:
    export(tg.exercises.load("one-neuron"), tmp_path / "x.html")
    browser.open(tmp_path / "x.html")
    assert "dz comes later" in answer(browser, "a", "dz * a")
    assert "The gradient that comes back is missing: ∂C/∂a is a factor." in answer(browser, "z", "a*(1-a)")
    assert "This only hands ∂C/∂z on: the local derivative is missing." in answer(browser, "w", "dz")
    assert "The factor 1 − a is missing." in answer(browser, "w", "da*a*x")
    assert "times what it should be" in answer(browser, "a", "3*(a-y)")
    export(tg.exercises.load("tied-weights"), tmp_path / "y.html")
    browser.open(tmp_path / "y.html")
    assert "The way through z1 is missing" in answer(browser, "w", "dz2*a1")
    assert "The way through z2 is missing" in answer(browser, "w", "dz1*x")


def test_exercises_with_axes_are_put_together_only() -> None:
    assert {e.id for e in PATH if judged(e)} == {*RIGHT, "tanh-and-sigmoid"}
