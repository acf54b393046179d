"""A derivation's lines as NumPy code, and the page that links the two."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.random_graphs import random_cost
from tests.helpers.repository import load_example
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.derivations.code import code_of
from tinygrad_lite.derivations.pages import fragment, html

lecture = load_example("lecture")
DERIVATIONS: dict[str, Callable[[], Derivation]] = {
    **{title: make for title, make in lecture.SECTIONS if make is not lecture.identities},
    **{f"random {seed}": lambda n=seed: derive(*random_cost(n)) for seed in range(12)},  # type: ignore[misc]
}


@pytest.mark.parametrize("make", DERIVATIONS.values(), ids=DERIVATIONS)
def test_the_lines_run_on_numpy_alone_and_compute_every_derivative(make: Callable[[], Derivation]) -> None:
    derivation = make()
    code = code_of(derivation.steps)
    assert code is not None
    values = {"np": np, **code.given}
    exec(str(code), values)
    assert {line.name for line in code.lines} == {step.formula.label for step in derivation.steps}
    for line in code.lines:
        want = derivation.steps[line.step].formula.evaluate()
        assert np.shape(values[line.name]) == want.shape
        np.testing.assert_allclose(values[line.name], want, rtol=1e-9, atol=1e-12)


def test_a_line_uses_the_error_signals_before_it() -> None:
    code = code_of(lecture.hidden_layer().steps)
    assert str(code).splitlines() == [
        "m = len(a2)", "dC_da2 = (a2 - y) / (m * a2 * (1 - a2))", "delta2 = (a2 - y) / m", "dC_dw2 = delta2.T @ a1",
        "dC_da1 = delta2 @ w2", "delta1 = (1 - a1**2) * (delta2 @ w2)", "dC_dw1 = delta1.T @ x",
    ]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [("lambda", "lambda_"), ("dC_dw", "x")])
def test_there_is_no_code_where_one_name_would_stand_for_two_values(one: str, other: str) -> None:
    w = tg.Tensor([0.5, 2.0], requires_grad=True, name="w")
    v = tg.Tensor([0.1, 0.2], requires_grad=True, name="v")
    x, y = tg.Tensor([1.0, 3.0], name=one), tg.Tensor([4.0, 5.0], name=other)
    derivation = derive(np.sum(w * x + v * y), wrt=[w, v])
    assert code_of(derivation.steps) is None
    assert "<pre" not in fragment(derivation.contents())


def test_each_line_of_the_page_and_its_code_link_to_each_other() -> None:
    parts = [(title, DERIVATIONS[title]().contents()) for title in list(DERIVATIONS)[:2]]
    page = html(parts)
    body = ET.fromstring(page[page.index("<body>") :].removesuffix("</html>\n").replace("<wbr/>", ""))
    anchors = [a for a in body.iter("a") if a.get("id") is not None]
    by = {f"#{a.get('id')}": a for a in anchors}
    assert len(by) == len(anchors) == 16
    for anchor in anchors:
        other = by[anchor.get("href", "")]
        assert by[other.get("href", "")] is anchor
        assert "".join(other.itertext()) == "".join(anchor.itertext())
    rows = [tr for tr in body.iter("tr") if any(a.get("class") == "code" for a in tr.iter("a"))]
    assert len(rows) == len(anchors) / 2
