"""Steps as objects: what a line is, and not only how it is written."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.spellings import J, M, N, normal, targets
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.derivations.normal.algebra import subtract
from tinygrad_lite.derivations.normal.terms import ZERO


@pytest.fixture(name="d")
def two_layers() -> Derivation:
    """Cross-entropy over two layers; the targets are a column."""
    x, y = normal((M, N), "x", 0), targets((M, 1))
    w1, w2 = normal((N, J), "w1", 1, True), normal((J, 1), "w2", 2, True)
    a = tg.sigmoid(tg.sigmoid(x @ w1) @ w2)
    return derive(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)), [w1, w2])


def test_a_step_has_its_rule_and_its_stations(d: Derivation) -> None:
    rules = {step.rule for step in d.steps}
    assert {"differentiate", "chain", "slope", "cancel", "put in", "put together"} <= rules
    assert all(step.reason.strip() and step.rule.strip() for step in d.steps)
    first, last = d.steps[0], d.steps[-1]
    assert first.between == ("C", "a2")
    assert last.between == ("z1", "w1")
    assert all(len(step.between) >= 2 for step in d.steps)


def test_the_steps_to_one_station_have_one_value(d: Derivation) -> None:
    """What changes from line to line is the form: each is a number of the same array."""
    for step in d.steps:
        of = d._chain.stations.names[step.between[-1]]
        gradient = d._chain.facts.cotangent(of).reshape(of.shape)
        np.testing.assert_allclose(step.evaluate(), gradient, rtol=1e-9)
        assert step.error < 1e-9


def test_a_step_has_a_normal_form() -> None:
    x, y, w = normal((M, N), "x", 0), targets(M), normal(N, "w", 1, True)
    d = derive(tg.cross_entropy(tg.sigmoid(x @ w), y), w)
    to_z = [step for step in d.steps if step.between[-1] == "z"]
    as_slope, cancelled = to_z[1], to_z[2]
    assert (as_slope.rule, cancelled.rule) == ("slope", "cancel")
    assert as_slope.right != cancelled.right
    assert subtract(as_slope.value, cancelled.value) == ZERO
    assert d.steps[-1].value == d.formula.value


def test_indices_sizes_shapes_and_facts(d: Derivation) -> None:
    step = next(step for step in d.steps if step.between[-1] == "w1")
    assert len(step.indices) == 2
    assert all(letter in step.left for letter in step.indices)
    assert sorted(step.sizes.values()) == sorted([M, N, J])
    assert step.shapes["x"] == (M, N)
    assert next(s for s in d.steps if "y" in s.shapes).shapes["y"] == (M,)  # a column has one index
    assert all(len(shape) <= 2 for s in d.steps for shape in s.shapes.values())
    t = tg.Tensor(np.eye(J)[[0, 2, 1]], name="t", facts=("one_hot",))
    v = normal((N, J), "v", 1, True)
    softmax = derive(-np.sum(t * np.log(tg.softmax(normal((3, N), "x", 0) @ v))), v)
    assert {fact for s in softmax.steps for fact in s.facts.get("t", ())} == {"one_hot"}
    assert {fact for s in softmax.steps for fact in s.facts.get("a", ())} >= {"in (0, 1)"}


def test_a_function_of_a_step_stands_for_what_it_is_taken_of(d: Derivation) -> None:
    prime = next(step for step in d.steps if step.rule == "chain" and step.between[-1] == "z2")
    assert "′" in prime.right
    assert prime.shapes["z2"] == (M,)
    assert "′" not in prime.numpy()


def test_the_lines_of_a_lemma_are_steps_too(d: Derivation) -> None:
    for steps in d.lemmas().values():
        assert [step.rule for step in steps][:2] == ["definition", "differentiate"]
        above, below = steps[0].between
        value = d._chain.facts.value(above)
        np.testing.assert_allclose(steps[0].evaluate(), value, rtol=1e-9)
        assert f"∂{above[0]}" in steps[1].left
        assert below[0] == "z"


def test_a_step_as_text_and_latex(d: Derivation) -> None:
    for step in d.steps:
        assert str(step) == f"{step.left} = {step.right}"
        assert step.latex().count(" = ") >= 1
        assert step.latex().endswith(step.formula.latex())


def test_the_sizes_of_a_formula_are_numbers_for_its_code(d: Derivation) -> None:
    formula = d.formulas["w2"]
    arrays = formula.arrays()
    assert {name: arrays[name] for name in formula.sizes} == formula.sizes
    assert set(formula.shapes) <= set(arrays)
