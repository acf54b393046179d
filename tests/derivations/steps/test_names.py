"""Names: the user's are kept, those that would be written alike are told apart, and it is said."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.nets import layered
from tests.helpers.spellings import M, normal, targets
from tests.helpers.work import counted
from tinygrad_lite.derivations import derive, same_formula


def test_two_tensors_of_one_name_are_numbered_and_it_is_said() -> None:
    x, one, two = normal((M, 3), "x", 0), normal(3, "w", 1, True), normal(3, "w", 2, True)
    derivation = derive(np.mean((x @ one * np.exp(x @ two)) ** 2), wrt=[one, two])
    assert set(derivation.formulas) == {"w1", "w2"}
    assert "2 tensors have the name 'w': here they are w⁽¹⁾, w⁽²⁾, the oldest first." in derivation.notes


@pytest.mark.parametrize(("one", "two"), [("x2", "x_2"), ("lambda", "λ"), ("W1", "W^1"), ("a b", "a_b")])
def test_names_that_are_written_alike_are_told_apart(one: str, two: str) -> None:
    u, v = tg.Tensor(0.3, requires_grad=True, name=one), tg.Tensor(0.7, requires_grad=True, name=two)
    derivation = derive(u * v**2, wrt=[u, v])
    first, second = (str(formula) for formula in derivation.formulas.values())
    assert first != second.removeprefix("2 ")
    lefts = {s.left for s in derivation.steps if not s.continues}
    assert len(lefts) == 2
    assert any(repr(two) in note for note in derivation.notes)


def test_names_that_are_kept_need_no_note() -> None:
    cost, parameters = layered(2, named=True)
    assert not any("the name" in note for note in derive(cost, wrt=parameters).notes)


def test_rosenbrock_has_powers_and_no_layers() -> None:
    x, y = (tg.Tensor(n, requires_grad=True, name=name) for n, name in ((1.3, "x"), (0.4, "y")))
    derivation = derive((1 - x) ** 2 + 100 * (y - x**2) ** 2, wrt=[x, y])
    assert derivation.text().startswith("C = (1 − x)² + 100 (y − x²)²\n")
    assert len(derivation.given()) == 1


def test_a_power_of_a_name_and_a_name_with_a_number() -> None:
    x, x2 = (tg.Tensor(n, requires_grad=True, name=name) for n, name in ((1.3, "x"), (0.4, "x2")))
    derivation = derive(x**2 * x2, wrt=[x, x2])
    assert derivation.text().startswith("C = x² x₂\n")
    assert str(derivation.formulas["x2"]) == "x²"


def test_lines_of_weights_stand_in_the_order_in_which_they_were_asked_for() -> None:
    """(7) and (8) have w before b, (14) and (15) have b before w."""
    x, w, b = normal((M, 3), "x", 0), normal(3, "w", 1, True), normal((), "b", 2, True)
    cost = tg.cross_entropy(tg.sigmoid(x @ w + b), targets(M))
    for order in ([w, b], [b, w]):
        lefts = [s.left for s in derive(cost, wrt=order).steps if s.left in ("∂C/∂w_j", "∂C/∂b")]
        assert lefts == [{"w": "∂C/∂w_j", "b": "∂C/∂b"}[str(t.name)] for t in order]


def test_twice_the_layers_take_twice_the_work() -> None:
    calls = []
    for depth in (4, 8):
        cost, parameters = layered(depth)
        with counted() as work:
            assert len(derive(cost, wrt=parameters).formulas) == 2 * depth
        calls.append(work.calls)
    assert calls[1] < 2.6 * calls[0]


def first_line(name: str) -> str:
    w = tg.Tensor([0.5, 2.0], requires_grad=True, name=name)
    x = tg.Tensor([[1.0, 2.0], [3.0, 5.0], [1.0, 4.0]], name="x")
    return str(derive(np.mean((x @ w - 1) ** 2) + np.sum(w**2), w)).splitlines()[0]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("w", "C = (1/m) Σ_i (z_i − 1)² + Σ_j w_j²"),
        ("m", "C = (1/N) Σ_i (z_i − 1)² + Σ_j m_j²"),
        ("j", "C = (1/m) Σ_i (z_i − 1)² + Σ_k j_k²"),
        ("i", "C = (1/m) Σ_k (z_k − 1)² + Σ_j i_j²"),
    ],
)
def test_no_size_and_no_index_is_called_like_a_tensor(name: str, line: str) -> None:
    assert first_line(name) == line


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x²", "x⁽²⁾"),
        ("2x", "t2x"),
        ("W^T", "W_T"),
        ("layer.weight", "layer_weight"),
        ("Σ", "Σ_"),
        ("[j = k]", "_j___k_"),
    ],
)
def test_a_name_that_a_formula_cannot_hold_is_changed_and_said(name: str, written: str) -> None:
    w = tg.Tensor([0.5, 2.0], requires_grad=True, name=name)
    d = derive(np.sum(w**2), w)
    assert d.notes == [f"The tensor with the name {name!r} is {written} here."]
    assert same_formula(d.steps[-1], d.steps[-1].latex().partition("=")[2])


def test_inputs_without_a_name_are_x_and_targets_are_y() -> None:
    model = tg.nn.Linear(3, 1)
    cost = np.mean((model(np.arange(12.0).reshape(4, 3)) - np.arange(4.0)[:, None]) ** 2)
    assert str(derive(cost, model.parameters())).splitlines()[:2] == [
        "C = (1/m) Σ_i (z_i − y_i)²",
        "z_i = Σ_j w_j x_ij + b",
    ]
