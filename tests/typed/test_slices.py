"""NumPy's brackets, and functions of an axis: which axes a formula takes."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.graphs import graph_of, read

x, a = np.arange(6.0).reshape(2, 3), np.arange(2.0)


@pytest.mark.parametrize(
    "text", ["x * a[:, None]", "(a + 1)[None] @ x", "(2 * x)[0]", "x[:, np.newaxis, 1]", "x[:, 0]"]
)
def test_slices_are_numpys(text: str) -> None:
    value, letters = graph_of(read(text), {"x": x, "a": a})
    np.testing.assert_array_equal(value, eval(text, {"np": np, "x": x, "a": a}))
    assert letters == ""


def test_a_place_of_a_name_is_index_notation() -> None:
    assert read("x[0, j]").indexed
    assert not read("x[:, 0]").indexed


def test_brackets_behind_a_value_are_no_product_with_a_number() -> None:
    assert isinstance(read("(x - 1)[0]").tree, t.Slices)
    assert isinstance(read("(x - 1) [x > 0]").tree, t.Binary)


def test_slices_that_do_not_fit_are_an_error_at_their_place() -> None:
    with pytest.raises(FormulaError, match="cannot be computed") as error:
        graph_of(read("a[:, 0]"), {"a": a})
    assert str(error.value).splitlines()[-1].index("^") - 2 == 1
    with pytest.raises(FormulaError, match="no meaning beside indices"):
        graph_of(read("Σ_i x_ij a[:, None]"), {"x": x, "a": a})


def test_softmax_beside_indices_runs_over_the_last_letter() -> None:
    for text, axis in (("softmax(x_ij)", 1), ("log_softmax(x_ij / 2)", 1), ("softmax(x_ji)", 1)):
        value, letters = graph_of(read(text), {"x": x})
        function = tg.softmax if text.startswith("softmax") else lambda t, axis: tg.log_softmax(t / 2, axis=axis)
        wanted = np.asarray(function(tg.Tensor(x), axis=axis).numpy())
        np.testing.assert_allclose(np.asarray(value), wanted if "ij" in text else wanted.T)
        assert letters == "ij"


def test_softmax_that_may_run_over_two_letters_and_its_slope_are_refused() -> None:
    with pytest.raises(FormulaError, match="which letter"):
        graph_of(read("softmax(x_ij + a_i)"), {"x": x, "a": a})
    for text in ("softmax'(x_ij)", "softmax'(x)"):
        with pytest.raises(FormulaError, match="element by element"):
            graph_of(read(text), {"x": tg.Tensor(x, requires_grad=True)})
