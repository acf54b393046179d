"""Operands that do not fit are told in words for who typed the formula, never in those of Python or NumPy."""

from __future__ import annotations

import random
import re
import warnings

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.exercises.answers.kinds import Formula, Trouble
from tinygrad_lite.exercises.answers.reading import numbers
from tinygrad_lite.typed.graphs import FUNCTIONS, graph_of, read

VALUES = {"x": np.ones((4, 3)), "a": np.ones(4), "c": 2.0, "d": np.ones(3)}

MISFITS = {
    "x + a": "the shapes (4, 3) and (4,) do not fit at this +", "x @ a": "the shapes (4, 3) and (4,) do not fit at this @",
    "c @ x": "@ is a product of arrays, and a number stands beside it: write *", "a * None": "a number or an array is missing beside *",
    "c.T": "only an array has a transpose", "a[:, 0]": "an array of shape (4,) has no such place", "x.shape[5]": "an array of shape (4, 3) has no such place",
    "c[0, 0]": "has 0 axes", "(c)[:, None]": "a number has no places in brackets", "c / 0": "a division by 0", "−(1, 2)": "there is no number here",
    "sum(x, axis=7)": "sum is taken over an axis that (4, 3) does not have", "x.sum(axis=0.5)": "sum is not written with 1 value in its brackets and with axis=; an axis is a whole number",
    "exp(foo=1)": "exp is not written with nothing in its brackets and with foo=", "x.dot(a)": "dot does not fit what stands in its brackets, of shape (4, 3) and (4,)",
    "logsumexp(a, axis=9)": "logsumexp does not fit what stands in its brackets, of shape (4,)",
    "diag()": "diag is not written with nothing in its brackets", "min′(x)": "a prime is for functions that work element by element", "cbrt′(x)": "no slope of cbrt is known",
    "x ⊗ a": "⊗ stands between two vectors", "a_i (1/0)": "a division by 0", "maximum(a_i)": "maximum is not written with 1 value in its brackets",
}  # fmt: skip


@pytest.mark.parametrize("text", MISFITS)
def test_what_does_not_fit_is_said_in_our_words(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        graph_of(read(text), VALUES)
    assert MISFITS[text] in str(caught.value)


PYTHONS = re.compile(
    r"object|operand|positional|ufunc|unexpected keyword|NoneType|ndarray|dtype|dimension|argument|slope\(|'float'|not aligned|NaN"
)
"""Words of Python's and NumPy's errors."""

PARTS = (
    "x", "a", "y", "w", "dz", "z", "m", "1", "0", "None", "½", ".T", ".sum(axis=0)", ".sum(axis=4)", ".max(1)", "[:, None]", "[:, 0]", "_i", "_ij", "²", "^T", " ", " + ", " * ",
    " @ ", " / ", "⊗", " > ", "(", ")", "(1, 2)", "Σ_i ", "sum(", "np.dot(", "softmax(", "where(", "eye(", ", ", "axis=1", "foo=2", "1^T ", "[i = j]", "{", "}", "′", ".shape[0]", ".shape[7]",
)  # fmt: skip


@pytest.mark.slow
def test_garbled_answers_say_nothing_of_python() -> None:
    choose = random.Random(7)
    exercise = tg.exercises.load("slow-learning")
    point = exercise.point(0)
    computed = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(4000):
            calls = (
                f"{choose.choice(sorted(FUNCTIONS))}({', '.join(choose.choices(PARTS[:12], k=choose.randint(0, 3)))})"
            )
            text = "".join(choose.choice((*PARTS, calls)) for _ in range(choose.randint(1, 6)))
            (found,) = numbers(Formula(text), exercise, "w", [point], [{"z": point.truth["z"]}])
            if isinstance(found, Trouble):
                assert not PYTHONS.search(found.text.partition("\n")[0].replace(text, "")), (text, found.text)
                computed += "cannot be computed" in found.text
    assert computed > 50
