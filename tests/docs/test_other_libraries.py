"""The tables "there and here": our column runs, and gives what the other libraries give where they are installed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import ROOT

PAGE = ROOT / "docs" / "guide" / "from_other_libraries.md"
if not PAGE.is_file():
    pytest.skip(f"no {PAGE}: this copy has the package and its tests only", allow_module_level=True)

X, V = np.array([0.5, 1.5, -2.0]), np.array([1.0, 0.0, 2.0])
ROWS = np.array([[0.5, 1.5, -2.0], [1.0, 2.0, 0.25]])
LABELS = np.array([2, 0])
LIBRARIES = {"PyTorch": "torch", "JAX": "jax", "autograd": "autograd", "here": "tinygrad_lite"}


def rows(section: str) -> list[dict[str, str]]:
    """The rows of a section's table: code by the library's name, without empty cells."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")]
    heads, _, *body = [[cell.strip() for cell in line] for line in lines]
    return [dict(zip(heads, line, strict=True)) for line in body]


def code(cell: str) -> str:
    found = re.match(r"`([^`]+)`", cell)
    return found[1] if found else ""


def names_of(library: str) -> dict[str, Any]:
    """What the cells of a column use: modules, arrays of the library, and three functions."""
    if library == "PyTorch":
        torch = pytest.importorskip("torch")
        array: Callable[[Any], Any] = torch.tensor
        names: dict[str, Any] = {"torch": torch, "sum": torch.sum, "tanh": torch.tanh}
    elif library == "JAX":
        jax, jnp = pytest.importorskip("jax"), importlib.import_module("jax.numpy")
        jax.config.update("jax_enable_x64", True)
        array, names = jnp.asarray, {"jax": jax, "jnp": jnp, "sum": jnp.sum, "tanh": jnp.tanh}
    elif library == "autograd":
        autograd, anp = pytest.importorskip("autograd"), importlib.import_module("autograd.numpy")
        array, names = np.array, {"autograd": autograd, "np": anp, "sum": anp.sum, "tanh": anp.tanh}
    else:
        array, names = np.array, {"tg": tg, "np": np, "sum": np.sum, "tanh": np.tanh}
    total, tanh = names["sum"], names["tanh"]
    arrays = {"x": X, "v": V, "X": ROWS, "Z": ROWS, "labels": LABELS, "z": X, "y": np.array([0.0, 1.0, 1.0]), "a": V}
    functions = {"f": lambda x: total(x**3), "g": lambda x: tanh(x) * x[0], "h": lambda x, v: total(x * v**2)}
    return names | {name: array(value) for name, value in arrays.items()} | functions


def numbers(result: Any) -> list[Any]:
    """The arrays of a result, one after the other, whatever it is nested in."""
    if isinstance(result, tuple | list):
        return [x for part in result for x in numbers(part)]
    return [np.asarray(result.detach() if hasattr(result, "detach") else result, dtype=float)]


FUNCTIONS, COSTS, TRAINING = rows("Functions"), rows("Costs"), rows("Training")


def cells(table: list[dict[str, str]]) -> list[Any]:
    return [
        pytest.param(library, code(row[library]), code(row["here"]), "*" in row[library], id=f"{library}-{row['']}")
        for row in table
        for library in LIBRARIES
        if code(row.get(library, ""))
    ]


@pytest.mark.parametrize(("there", "theirs", "ours", "otherwise"), cells(FUNCTIONS + COSTS))
def test_both_cells_of_a_row_give_the_same_numbers(there: str, theirs: str, ours: str, otherwise: bool) -> None:
    found, expected = numbers(eval(ours, names_of("here"))), numbers(eval(theirs, names_of(there)))
    for one, other in zip(found, reversed(expected) if otherwise else expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize("library", ["PyTorch", "here"])
def test_the_lines_of_training_run_one_after_the_other(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = names_of(library)
    for row in TRAINING:
        exec(code(row[library]), names)
    np.testing.assert_allclose(numbers(names["w"]), [[0.8, 1.6]])


def test_axes_and_repetitions_are_numpys_as_the_page_says() -> None:
    t = tg.Tensor(ROWS, requires_grad=True)
    np.testing.assert_array_equal(t.repeat(2, 1).detach(), np.repeat(ROWS, 2, axis=1))
    np.testing.assert_array_equal(t.max(1).detach(), ROWS.max(axis=1))
    assert isinstance(t.size, int)
    layer = tg.nn.Linear(2, 3)
    assert (layer.weight.shape, type(layer.parameters()), type(layer.named_parameters())) == ((2, 3), list, dict)


def test_the_tables_are_read() -> None:
    assert len(FUNCTIONS) >= 15
    assert len(COSTS) == 3
    assert len(TRAINING) >= 10
    assert [row for row in FUNCTIONS + COSTS + TRAINING if not code(row["here"])] == []
