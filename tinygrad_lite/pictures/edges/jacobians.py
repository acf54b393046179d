"""A local derivative that is a full Jacobian, as formulas: what it makes of g, and each of its elements.

Of a folded call, by the primitives' rules run on formulas, or by what `tinygrad_lite.derivations` finds for its twin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.core.graph import Call, Node
from tinygrad_lite.core.scopes import SCOPE
from tinygrad_lite.derivations import derive
from tinygrad_lite.notation.formula import Relation, compact, unicode
from tinygrad_lite.pictures.edges.derivatives import Local, slot_cotangent
from tinygrad_lite.pictures.edges.formulas import LETTERS, NOT_FOUND, Closed, in_names, indices, twin, with_sizes
from tinygrad_lite.pictures.edges.symbols import LONGEST, Symbolic, named
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["element_formula", "jacobian_formula"]

UPSTREAM = "g"  # what it is called in a twin
LONGEST_ELEMENT = 80  # letters of an element's formula, which has a line of its own
FEW = 400  # elements of the box and of the input: beyond, a formula is not worth its time
MOST_STEPS = 12  # primitives in the box: of more there is no short formula, and to look for it takes minutes

Called = Callable[[Any], str]


def jacobian_formula(call: Call, local: Local, called: Called, upstream: str) -> Closed | None:
    """What the Jacobian of a folded call makes of the upstream gradient; None without a short formula.

    Matrices where the rules give some, g @ wᵀ; else in index notation, a_j (g_j − Σ_k a_k g_k).
    """
    found = _by_rules(local, called, upstream) or _derived(call, local, called, upstream, _product)
    return found if found is not None and len(unicode(found.formula)) <= LONGEST else None  # type: ignore[arg-type]


def element_formula(call: Call, local: Local, called: Called) -> Closed | None:
    """The elements of the Jacobian of a folded call, such as ∂a_j/∂z_k = a_j ([j = k] − a_k); None if none is found."""
    found = _derived(call, local, called, "", _elements)
    return found if found is not None and len(unicode(found.formula)) <= LONGEST_ELEMENT else None  # type: ignore[arg-type]


# --- by the rules --------------------------------------------------------------------------------------------------


def _by_rules(local: Local, called: Called, upstream: str) -> Closed | None:
    """The sweep inside the box with formulas in the place of arrays; None where an inner value would need a name."""
    path, inner = set(local.path), set(local.members) - {local.exit}

    def symbol(x: Any) -> Any:
        if not isinstance(x, Tensor):
            return x
        return _Unnamed(x) if x in inner else named(called(x), x)

    def pull(g: Any, t: Node) -> Sequence[tuple[Node, Any]]:
        pairs = []
        for i, x in enumerate(t.inputs if t in path else ()):
            if isinstance(x, Tensor) and (x in path or x is local.x):
                c = slot_cotangent(t, i, g, symbol)
                if not isinstance(c, Symbolic) or c.shape != x.shape:
                    raise TypeError("a sum over axes that were broadcast is not in the formula")
                pairs.append((x, c))
        return pairs

    try:
        with np.errstate(all="ignore"):
            ((_, found),) = sweep([(local.exit, named(upstream, local.exit))], {local.x}, pull)
    except NOT_FOUND:
        return None
    whole = isinstance(found, Symbolic) and found.written == found.shape and len(compact(found.formula)) <= LONGEST
    return Closed(found.formula) if whole else None


class _Unnamed:
    """A value inside the box, for which there is no name in the picture: only its shape can be asked for."""

    def __init__(self, like: Any) -> None:
        self.shape, self.ndim, self.size, self.dtype = like.shape, like.ndim, like.size, like.dtype


# --- by derivations ------------------------------------------------------------------------------------------------


def _derived(
    call: Call, local: Local, called: Called, upstream: str, of: Callable[[Any, Any], Closed]
) -> Closed | None:
    """A formula of the twin, where it has no name that the picture does not have."""
    if local.exit.size + local.x.size > FEW or len(local.members) > MOST_STEPS:
        return None
    scope = SCOPE.get()
    try:
        SCOPE.set(None)  # record the twin even inside no_grad(), and outside of any composite
        box, inputs, letters = twin(call, local, taken=UPSTREAM)
        texts = {letter: called(x) for x, letter in letters.items()} | {UPSTREAM: upstream}
        own = called(local.exit)
        box.name = next(c for c in (own, *LETTERS) if c in LETTERS and c not in texts)
        texts[box.name] = own
        found = of(box, inputs[local.x])
        clashes = indices(found.formula) & set(texts.values())
        formula = None if found.formula is None or clashes else in_names(found.formula, texts)
    except NOT_FOUND:
        return None
    finally:
        SCOPE.set(scope)
    return None if formula is None else Closed(formula, found.letters)


def _product(box: Any, x: Any) -> Closed:
    g = Tensor(np.random.default_rng(0).standard_normal(box.shape), name=UPSTREAM)
    total = (box * g).sum()
    total.name = "C"
    formula = derive(total, x).formula
    return Closed(with_sizes(formula.node, formula.sizes), formula.indices)


def _elements(box: Any, x: Any) -> Closed:
    last = derive(box, x).steps[-1]
    left, right = last.nodes
    return Closed(Relation(left, "=", with_sizes(right, last.sizes)))
