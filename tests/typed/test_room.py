"""A formula that asks for too much memory is refused before it is computed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinygrad_lite.errors import FormulaError
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import room
from tinygrad_lite.typed.graphs import graph_of, read

X = np.ones((6, 5))
PAIRS = ("ab", "cd", "ef", "gh", "ij", "kl", "mn", "op")

ASKS_TOO_MUCH = {
    "products": " ".join(f"x_{{{p}}}" for p in PAIRS),
    "sums of products": "sum_{abcdefghijklmnop} " + " ".join(f"x_{{{p}}}" for p in PAIRS),
    "sums": " + ".join(f"x_{{{p}}}" for p in PAIRS),
    "functions": "maximum(maximum(x_{ab} x_{cd}, x_{ef}), x_{gh})",
    "outer": "outer(" * 7 + "x" + ", x)" * 7,
    "outer twice": "outer(outer(x, x), outer(x, x))",
    "new axes": "x[:, :, None, None, None, None, None, None] * x[None, None, :, :, None, None, None, None]"
    " * x[None, None, None, None, :, :, None, None] * x[None, None, None, None, None, None, :, :]",
    "ones": "ones((100000, 100000))",
    "eye": "eye(100000)",
    "a keyword": "full(shape=(100000, 10000), fill_value=1)",
    "a broadcast": "broadcast_to(x, (100000, 100000, 6, 5))",
}  # fmt: skip


@pytest.mark.parametrize("name", ASKS_TOO_MUCH)
def test_a_formula_that_asks_for_too_much_memory_is_refused(name: str) -> None:
    with pytest.raises(FormulaError, match="numbers; a value in a formula has at most 100,000 here"):
        graph_of(read(ASKS_TOO_MUCH[name]), {"x": Tensor(X)})


def test_a_product_of_a_column_and_a_row_is_counted() -> None:
    column, row = np.ones((40_000, 1)), np.ones((1, 40_000))
    with pytest.raises(FormulaError, match=re.escape("1,600,000,000 numbers")):
        graph_of(read("column @ row"), {"column": Tensor(column), "row": Tensor(row)})


@pytest.mark.parametrize(
    ("text", "shape"),
    [("sum_k x_ik w_kj y_i", (6, 3)), ("x @ w", (6, 3)), ("outer(x, w)", (30, 15)), ("x + y[:, None]", (6, 5)),],
)  # fmt: skip
def test_what_is_written_on_paper_has_room(text: str, shape: tuple[int, ...]) -> None:
    values = {"x": Tensor(X), "w": Tensor(np.ones((5, 3))), "y": Tensor(np.ones(6))}
    assert np.shape(graph_of(read(text), values)[0]) == shape


def test_large_values_have_more_room() -> None:
    assert room.room({"x": np.ones(1000)}) == 1_000_000
    assert room.room({"m": 3}) == room.LEAST
