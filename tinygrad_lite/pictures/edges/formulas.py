"""The derivative of a folded box as a formula: what `tinygrad_lite.derivations` finds for a twin of the box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_lite.core.scopes import SCOPE
from tinygrad_lite.core.walks import replay
from tinygrad_lite.derivations import derive
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.notation.formula import Name, Notation, rebuilt, unicode
from tinygrad_lite.pictures.edges.derivatives import Local
from tinygrad_lite.pictures.edges.symbols import LONGEST
from tinygrad_lite.pictures.view.folding import Group
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["folded_text"]

LETTERS = "zyxwuvabcdfghopqrst"  # names of the twin's tensors; e, i to n are taken by formulas themselves
LARGEST = 20_000  # elements: beyond, a formula is not worth its time


def folded_text(group: Group, local: Local, called: Callable[[Any], str]) -> str | None:
    """∂(box)/∂(input) as text in the names that `called` gives, or None: the number then stands alone.

    The box is run again on fresh tensors with short names, so that it is derived by itself, without what is behind
    its inputs; derivations check each line they give against the engine.
    """
    scope = SCOPE.get()
    try:
        SCOPE.set(None)  # record the twin even inside no_grad(), and outside of any composite
        if local.kind == "elementwise":
            formula, names = _slope(group, local)
        elif local.exit.size == 1:
            formula, names = _gradient(group, local)
        else:
            return None
    except (TinygradLiteError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
        return None  # no closed form, or one that takes too long: the number is right without it
    finally:
        SCOPE.set(scope)
    if formula is None:
        return None

    def renamed(part: Notation) -> Notation | None:
        return replace(part, text=called(names[part.text])) if isinstance(part, Name) and part.text in names else None

    text = unicode(rebuilt(formula, renamed))
    return text if len(text) <= LONGEST else None


def _slope(group: Group, local: Local) -> tuple[Notation | None, dict[str, Any]]:
    """Of an elementwise box: the lemma σ′(z) = a (1 − a) of a derivation through it, at one element."""
    inputs = [x for x in _inputs(group) if x.requires_grad]
    if len(inputs) != 1:
        return None, {}
    z = Tensor(0.5, requires_grad=True, dtype=np.float64, name="z")
    a = _again(group, {inputs[0]: z})
    if a.shape:
        return None, {}
    a.name = "a"
    upstream = Tensor(2.0, requires_grad=True, name="u")
    found = derive(a * upstream, z).lemmas().values()
    steps = next(iter(found), [])
    return (steps[-1].nodes[1] if steps else None), {"z": local.x, "a": group.exit}


def _gradient(group: Group, local: Local) -> tuple[Notation | None, dict[str, Any]]:
    """Of a box with one number as its result, such as a cost: its gradient in index notation."""
    inputs = _inputs(group)
    if sum(x.size for x in inputs) > LARGEST:
        return None, {}
    free = iter(c for c in LETTERS if c not in {x.name for x in inputs})
    letters = {x: x.name if x.name is not None and x.name in LETTERS else next(free) for x in inputs}
    rows = all(x.ndim == 2 for x in inputs)  # of m examples, as costs take them
    twins = {}
    for x in inputs:
        axes = x.axes or (("m", "n") if rows else None)
        twins[x] = Tensor(local.values(x), requires_grad=x.dtype.kind == "f", name=letters[x], axes=axes, facts=x.facts)
    cost = _called_again(group, list(twins.values()))
    if cost is None:
        cost = _again(group, twins)
    cost.name = "C"
    return derive(cost, twins[local.x]).formula.node, {letters[x]: x for x in inputs}


def _inputs(group: Group) -> list[Tensor]:
    passed = group.call.inputs if group.call is not None else ()
    inside = set(group.members)
    used = dict.fromkeys(x for t in group.members for x in t.inputs if isinstance(x, Tensor) and x not in inside)
    named = {x: None for x in used if x.requires_grad or x.primitive is not None or x.name}
    return list({x: None for x in passed} | named)


def _called_again(group: Group, twins: list[Tensor]) -> Any:
    """The package's own functions are called again, so that 1 − y is recorded, too; None where that is not the same."""
    call = group.call
    if call is None or not call.function.__module__.startswith("tinygrad_lite."):
        return None
    try:
        again = composite(call.function)(*twins)
    except TinygradLiteError:
        return None
    return again if isinstance(again, Tensor) and np.array_equal(again.numpy(), group.exit.numpy()) else None


def _again(group: Group, twins: dict[Any, Any]) -> Any:
    """The recorded steps on the twins, as one call of a composite with the same name."""

    def again(*_: Any) -> Any:
        return replay(group.members, dict(twins), _constant)[group.exit]

    again.__name__ = group.name
    with np.errstate(all="ignore"):
        return composite(again)(*twins.values())


def _constant(x: Any) -> Any:
    x = x.numpy() if isinstance(x, Tensor) else np.asarray(x)
    return x.reshape(())[()] if x.size == 1 else x
