"""`tinygrad-lite derive`: a typed expression, derived line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.derivations.expression import derive_expression
from tinygrad_lite.errors import FormulaError

__all__ = ["derive_text", "read_let"]


def read_let(text: str) -> tuple[str, Any]:
    """A name and its value from "w=2" or "x=[[1, 2], [3, 4]]".

    >>> read_let("w=2"), read_let("x=[1, 2.5]")
    (('w', 2), ('x', [1, 2.5]))
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip().isidentifier():
        raise FormulaError(f"--let takes name=value, such as w=2 or x=[1,2]; got {text!r}.")
    try:
        number = json.loads(value)
        np.asarray(number, dtype=float)
    except (ValueError, TypeError):
        raise FormulaError(
            f"--let {name.strip()}: {value.strip()!r} is no number and no list of numbers; write w=2 or x=[1,2]."
        ) from None
    return name.strip(), number


def derive_text(expression: str, wrt: str | Sequence[str], lets: Sequence[str] = (), form: str = "text") -> str:
    """What `tinygrad-lite derive -e EXPRESSION --wrt NAMES --let NAME=VALUE` prints.

    form: "text" for a terminal, or "latex".
    """
    derivation = derive_expression(expression, wrt, dict(map(read_let, lets)))
    return derivation.latex() if form == "latex" else derivation.text(lemmas=True)
