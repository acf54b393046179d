"""An expression that was typed as text, derived."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.derivations.derivation import Derivation
from tinygrad_lite.derivations.deriving import derive
from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.tensor.operands import plain_array
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import graphs as ty

__all__ = ["derive_expression"]

DATA = ("x", "y", "m", "n")
"""Names that stand for data and not for parameters, unless one derives by them."""


def derive_expression(expression: str, wrt: str | Sequence[str], lets: Mapping[str, Any] | None = None) -> Derivation:
    """Derive an expression that was typed as text.

    expression: a cost such as "(y - sigmoid(w*x + b))**2 / 2". wrt: names, or one text with commas.
    lets: values of names, as numbers or arrays; the others get some.
    Raises FormulaError for what cannot be read, DerivationError for what cannot be derived.

    >>> print(derive_expression("(y - w*x)**2 / 2", "w").formula)
    x (z − y)
    """
    typed = ty.read(expression)
    names = typed.names()
    targets = [n.strip() for n in wrt.split(",")] if isinstance(wrt, str) else list(wrt)
    for name in targets:
        if name not in names:
            raise FormulaError(f"{name!r} is not in the expression; its names are: {', '.join(names) or 'none'}.")
    values = {n: np.asarray(plain_array(v, f"--let {n}"), dtype=float) for n, v in (lets or {}).items()}
    unknown = [n for n in values if n not in names]
    if unknown:
        raise FormulaError(
            f"--let gives {unknown[0]!r}, which is not in the expression; its names are: {', '.join(names)}."
        )
    trouble: TinygradLiteError | None = None
    for layout in _layouts(typed, names):
        point = _point(names, layout, values, targets)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cost, _ = ty.graph_of(typed, point)
        except TinygradLiteError as error:
            trouble = trouble or error
            continue
        if isinstance(cost, Tensor) and cost.size == 1:
            if cost.name is None and not any(cost is t for t in point.values()):
                cost.name = "C" if "C" not in names else None
            return derive(cost, [point[n] for n in targets])
    if trouble is not None:
        raise trouble
    raise FormulaError("the expression has no single number as its value; take a sum or a mean of it.")


def _layouts(typed: ty.Typed, names: Sequence[str]) -> list[dict[str, str]]:
    fixed = {n: "".join(ty.LETTER_AXES.get(c, "K") for c in letters) for n, letters in typed.letters().items()}
    found = ty.layouts(names, fixed)
    scalars = {n: fixed.get(n, "") for n in names}
    return [scalars, *[x for x in found if x != scalars]]


def _point(
    names: Sequence[str], layout: Mapping[str, str], values: Mapping[str, Any], targets: Sequence[str]
) -> dict[str, Tensor]:
    rng = np.random.default_rng(4)
    point: dict[str, Tensor] = {}
    for name in names:
        shape = tuple(ty.SIZES[a] for a in layout[name])
        if name in values:
            data = values[name]
        elif name == "m" and not shape:
            data = np.asarray(float(ty.SIZES["m"]))
        elif name == "y":
            data = np.asarray(rng.integers(0, 2, size=shape), dtype=float)
        else:
            data = rng.uniform(0.1, 0.9, size=shape)
        needs = name in targets or name not in DATA
        if name == "m" and not needs:
            point[name] = Tensor(data)
        else:
            point[name] = Tensor(data, requires_grad=needs, name=name)
    return point
