"""What a derivation starts from is written as it was typed, and checked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.spellings import M, normal
from tinygrad_lite.derivations import derive
from tinygrad_lite.derivations.steps import given as module
from tinygrad_lite.notation.formula import unicode

Cost = Callable[[tg.Tensor, tg.Tensor], tg.Tensor]

COSTS: dict[str, Cost] = {
    "(y − a)²/2": lambda a, y: (y - a) ** 2 / 2,
    "(1/2) (y − a)²": lambda a, y: (1 / 2) * (y - a) ** 2,
    "(a − y)²": lambda a, y: (a - y) * (a - y),
    "100 (y − a²)² + (1 − a)²": lambda a, y: 100 * (y - a**2) ** 2 + (1 - a) ** 2,
    "(1 − a)² + 100 (y − a²)²": lambda a, y: (1 - a) ** 2 + 100 * (y - a * a) ** 2,
    "a² (y + 1) − (y − a)": lambda a, y: a**2 * (y + 1) - (y - a),
    "1/(1 + e^(−a²))": lambda a, y: 1 / (1 + np.exp(-(a**2))),
    "−(y log a − log(1/a))": lambda a, y: -(y * np.log(a) - np.log(np.reciprocal(a))),
    "1/a² + √a": lambda a, y: a**-2 + np.sqrt(a),
    "max(0, 1 − a²) + a": lambda a, y: np.maximum(0, 1 - a**2) + a,
    "a² a₂": lambda a, y: a**2 * y,
}


@pytest.mark.parametrize("wanted", COSTS)
def test_a_cost_is_written_as_it_was_typed(wanted: str) -> None:
    a = tg.Tensor(0.3, requires_grad=True, name="a")
    y = tg.Tensor(0.7, name="a2" if "₂" in wanted else "y")
    left, right = derive(COSTS[wanted](a, y), wrt=a).given()[0]
    assert (unicode(left), unicode(right)) == ("C", wanted)


SUMS: dict[str, Callable[[tg.Tensor, tg.Tensor], tg.Tensor]] = {
    "−(1/m) Σ_i (y_i log a_i + (1 − y_i) log(1 − a_i))": lambda a, y: -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)),
    "(1/m) Σ_i (y_i − a_i)²/2": lambda a, y: np.sum((y - a) ** 2 / 2) / M,
    "(1/(2 m)) Σ_i (y_i − a_i)²": lambda a, y: np.sum((y - a) ** 2) / (2 * M),
    "(1/2) (1/m) Σ_i (y_i − a_i)²": lambda a, y: np.mean((y - a) ** 2) / 2,
    "Σ_i y_i/a_i + (3/10) Σ_i a_i²": lambda a, y: np.sum(y / a) + 0.3 * np.sum(a**2),
    "(1/(Σ_i y_i + 1)) Σ_j 1/a_j": lambda a, y: np.sum(1 / a) / (np.sum(y) + 1),
}


@pytest.mark.parametrize("wanted", SUMS)
def test_sums_keep_their_order_and_sizes_are_letters(wanted: str) -> None:
    rng = np.random.default_rng(0)
    a = tg.Tensor(rng.uniform(0.1, 0.9, M), requires_grad=True, name="a")
    y = tg.Tensor(rng.uniform(0.1, 0.9, M), name="y", axes=("m",))
    assert unicode(derive(SUMS[wanted](a, y), wrt=a).given()[0][1]) == wanted


def test_a_formula_that_fails_its_check_is_written_from_the_normal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    a, y = tg.Tensor(0.3, requires_grad=True, name="a"), tg.Tensor(0.7, name="y")
    monkeypatch.setattr(module.Operation, "number", lambda *_: (np.array(3.0), np.array(3.0)))
    ((_, right),) = derive((y - a) ** 2 / 2, wrt=a).given()
    assert unicode(right) == "(a − y)²/2"


def test_a_long_formula_is_written_from_the_normal_form() -> None:
    x = v = tg.Tensor(0.5, requires_grad=True, name="x")
    for _ in range(module.MOST_NODES):
        v = v + x
    assert unicode(derive(v * v, wrt=x).given()[0][1]) == f"{(module.MOST_NODES + 1) ** 2} x²"


def test_weights_are_written_as_the_lecture_has_them_in_the_reason_too() -> None:
    x, w, b = normal((M, 3), "x", 0), normal(3, "w", 1, True), normal((), "b", 2, True)
    derivation = derive(tg.cross_entropy(tg.sigmoid(x @ w + b), np.ones(M)), wrt=w)
    assert unicode(derivation.given()[2][1]) == "Σ_j w_j x_ij + b"
    assert "chain rule along z_i = Σ_j w_j x_ij + b" in derivation.text()


def test_every_formula_of_the_start_is_a_number_of_the_graph() -> None:
    """The last spelling of a composite of the user's: written out."""

    @tg.composite
    def swish(z: tg.Tensor) -> tg.Tensor:
        return z * tg.sigmoid(z)

    z = normal(4, "z", 0, True)
    a = swish(z)
    a.name = "a"
    found = [unicode(right) for _, right in derive(np.sum(a**2), wrt=z).given()]
    assert found[0] == "Σ_i a_i²"
    assert found[1].startswith("z_i ")


def test_a_function_with_a_name_of_the_library_is_not_taken_for_it() -> None:
    @tg.composite
    def sigmoid(z: tg.Tensor) -> tg.Tensor:
        return 1 / (1 + np.exp(-2 * z))

    @tg.composite
    def mean(z: tg.Tensor) -> tg.Tensor:
        return np.sum(z) / 7

    w, u = tg.Tensor(0.3, requires_grad=True, name="w"), normal(7, "u", 0, True)
    assert unicode(derive(sigmoid(w) * w, wrt=w).given()[0][1]) == "(1/(1 + e^(−2 w))) w"
    assert unicode(derive(mean(u**2), wrt=u).given()[0][1]) == "(1/7) Σ_i u_i²"
