"""What derivations print is typed back, and has the numbers that the formula itself computes without any text."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.random_graphs import random_cost
from tests.helpers.slow import slow
from tinygrad_lite.derivations import derive, same_formula
from tinygrad_lite.derivations.formula import Formula
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import graphs as typed


def typed_back(text: str, formula: Formula, wanted: np.ndarray) -> np.ndarray:
    """The numbers of a text on the arrays of a derivation, with the axes of the formula's indices."""
    read = typed.read(text)
    arrays = formula.arrays()
    point = {n: np.squeeze(arrays[n] if n in arrays else formula._numbers(n)) for n in read.names()}
    value, letters = typed.graph_of(read, point)
    found = np.asarray(value.data if isinstance(value, Tensor) else value, dtype=float)
    there = [i for i in formula.indices if i in letters]
    found = found.transpose([letters.index(i) for i in there])
    kept = iter(found.shape)
    return np.broadcast_to(found.reshape([next(kept) if i in there else 1 for i in formula.indices]), wanted.shape)


def round_trips(seed: int) -> int:
    """Type the formulas of one graph back, from text and from LaTeX; how many were."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        formulas = derive(*random_cost(seed)).formulas
        for name, formula in formulas.items():
            wanted = np.squeeze(formula.evaluate())
            for text in (str(formula), formula.latex()):
                np.testing.assert_allclose(
                    typed_back(text, formula, wanted), wanted, rtol=1e-6, atol=1e-9, err_msg=f"{seed}, {name}: {text}"
                )
    return len(formulas)


@pytest.mark.parametrize("seeds", [range(5), *slow(range(5, 90), range(90, 150))], ids=str)
def test_formulas_are_typed_back(seeds: range) -> None:
    assert sum(round_trips(seed) for seed in seeds) > len(seeds)


@pytest.mark.parametrize(
    "cost",
    [
        lambda z: np.sum(tg.softplus(z) ** 2) + np.sum(z),
        lambda z: np.sum((np.arctan(z) - 1) ** 2),
        lambda z: np.sum(np.arcsinh(z) ** 2),
        lambda z: np.sum(tg.softmax(z) ** 2) + tg.softmax(z)[1],
    ],
)
def test_functions_are_typed_back(cost):
    """σ(z) and arctan′(z) of a step are read, and the shapes that the step knows are those of the names in them."""
    z = Tensor([0.3, -0.2, 0.4], requires_grad=True, name="z")
    for step in derive(cost(z), z).steps:
        assert set(step.shapes) <= {"z", "a", "y"}
        assert same_formula(step, step.latex().partition("=")[2])


def test_a_name_that_begins_with_a_function_is_typed_back():
    scale = Tensor(0.3, requires_grad=True, name="log_s")
    step = derive(np.exp(-2 * scale) + scale**2, scale).steps[-1]
    assert same_formula(step, "2*log_s - 2*exp(-2*log_s)")


def test_a_wrong_text_is_noticed() -> None:
    x = Tensor(np.arange(6.0).reshape(3, 2), name="x")
    w = Tensor(np.array([1.0, 2.0]), requires_grad=True, name="w")
    formula = derive(np.sum((x @ w) ** 2), wrt=w).formula
    wanted = np.squeeze(formula.evaluate())
    np.testing.assert_allclose(typed_back(str(formula), formula, wanted), wanted)
    assert not np.allclose(typed_back(f"2 ({formula})", formula, wanted), wanted)
