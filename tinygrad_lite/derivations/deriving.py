"""derive: from a graph to a derivation; what cannot be derived by gets an error that says why."""

from __future__ import annotations

from typing import Any

from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.affordable import affordable
from tinygrad_lite.derivations.derivation import Derivation
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.tensor.tensor import Tensor

MOST_OPERATIONS = 5_000
"""How many operations a graph may have that is derived: reading more takes seconds, and nobody reads the result."""


def derive(cost: Tensor, wrt: Any) -> Derivation:
    """Derive the gradient of a cost, line by line, each line checked against the engine's gradient.

    cost: a Tensor; where it has several elements, each is derived by each of wrt, and its axes come first, as in
    tg.jacobian. wrt: a Tensor in its graph, its name, or several of either.
    Raises DerivationError where the tensor is not in the graph, no path leads to it, or a primitive
    on the way has no formula.

    See also: tg.Derivation, tg.same_formula, tg.grad, tg.exercises.Exercise.

    >>> import tinygrad_lite as tg
    >>> x, y = tg.Tensor(1.0, name="x"), tg.Tensor(0.0, name="y")
    >>> w = tg.Tensor(0.6, requires_grad=True, name="w")
    >>> a = w * x
    >>> a.name = "a"
    >>> print(tg.derive((y - a) ** 2 / 2, wrt="w").formula)
    x (a − y)
    >>> z = tg.Tensor([0.5, -1.0, 2.0], requires_grad=True, name="z")
    >>> print(tg.derive(z ** 2, wrt=z).steps[-1])
    ∂g_i/∂z_j = 2 z_i [i = j]
    """
    targets = _targets(cost, wrt)
    with affordable():
        return Derivation(cost, targets)


def _targets(cost: Any, wrt: Any) -> list[Tensor]:
    """The tensors to derive by; errors for what cannot be one."""
    if not isinstance(cost, Tensor):
        raise DerivationError(
            f"derive takes a Tensor to derive; got {type(cost).__name__}. Compute the cost from Tensors."
        )
    if not cost.size:
        raise DerivationError(f"derive needs something to derive; got an empty tensor, of shape {cost.shape}.")
    if not cost.requires_grad and _is_gradient(cost):
        raise DerivationError("this gradient is constant: the second derivative is 0. Derive the cost itself.")
    if not cost.requires_grad:
        raise DerivationError(
            "the cost tracks no gradient. Make a leaf with requires_grad=True and compute outside no_grad()."
        )
    several = wrt if isinstance(wrt, list | tuple) else [wrt]
    if not several:
        raise DerivationError("derive needs a tensor to derive by; got none. Pass wrt=w, its name, or several.")
    nodes = graph(cost)
    operations = sum(n.primitive is not None for n in nodes)
    if operations > MOST_OPERATIONS:
        raise DerivationError(
            f"a derivation reads at most {MOST_OPERATIONS:,} operations; this cost was computed with {operations:,}. Derive one "
            "step of the loop, or write the loop as operations on whole arrays."
        )
    return [_target(cost, nodes, item) for item in several]


def _target(cost: Tensor, nodes: list[Tensor], item: Any) -> Tensor:
    named = {n.name: n for n in nodes if n.name}
    known = ", ".join(repr(n) for n in named) or "none has a name"
    if isinstance(item, str):
        if item not in named:
            raise DerivationError(f"no tensor of the graph has the name {item!r}; names are: {known}.")
        same = sum(n.name == item for n in nodes)
        if same > 1:
            raise DerivationError(
                f"{same} tensors of the graph have the name {item!r}. Pass the tensor itself, or name them apart."
            )
        item = named[item]
    if not isinstance(item, Tensor):
        raise DerivationError(f"wrt takes a Tensor or the name of one; got {type(item).__name__}. Names are: {known}.")
    if not any(n is item for n in nodes):
        zero = " This gradient does not depend on it: the second derivative is 0." if _is_gradient(cost) else ""
        raise DerivationError(f"{_label(item)} is not in the graph of the cost.{zero} Named tensors there: {known}.")
    if item.dtype.kind != "f":
        raise DerivationError(f"{_label(item)} holds {item.dtype}, which has no derivative. Make it a float tensor.")
    if item is cost:
        one = "1" if cost.size == 1 else "1 where the indices are equal, else 0"
        raise DerivationError(
            f"the derivative of the cost by itself is {one}. Pass a tensor that it was computed from."
        )
    if not item.requires_grad:
        raise DerivationError(f"{_label(item)} tracks no gradient. Make it with requires_grad=True.")
    return item


def _is_gradient(cost: Tensor) -> bool:
    return cost.meta is not None and cost.meta.origin is not None


def _label(tensor: Tensor) -> str:
    return f"the tensor {tensor.name!r}" if tensor.name else f"a tensor of shape {tensor.shape}"
