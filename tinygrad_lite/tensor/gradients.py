"""What is asked of the sweep: gradients added to `.grad`, or cotangents of chosen tensors handed out."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node, Pull, pull_any
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import GradientError, ShapeError
from tinygrad_lite.tensor.operands import plain_array
from tinygrad_lite.tensor.troubles import watched_sweep

__all__ = ["backward", "pull_back", "unit_seed"]

_LOCK = Lock()  # two threads that add to the gradient of one leaf must not lose either


def _recorded(g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
    """The pull whose cotangents can be differentiated again. What a program computed may have one of its own."""
    own = getattr(node.pull, "recorded", None)
    return own(g, node) if own is not None else pull_any(g, node, recorded=True)


def _own(g: Any, out: set[int]) -> Any:
    """A gradient on its way out; a copy where it shares memory: with a larger array, or with one handed out before.

    out: the ids of the arrays that were handed out or belong to the caller.
    """
    if type(g) is np.ndarray and (g.base is not None or id(g) in out):
        return g.copy()
    out.add(id(g))
    return g


def backward(result: Node, gradient: Any = None, create_graph: bool = False) -> None:
    """What Tensor.backward does: sweep, and add to `.grad` of the leaves and of those that retain it."""
    if not result.needs_grad:
        raise GradientError(
            f"backward() needs a result that tracks a gradient; {result.label()} does not. "
            "Make a leaf with requires_grad=True, and compute outside no_grad()."
        )
    if (trace := TRACE.get()) is not None:
        return _backward_of_each_run(trace, result, gradient, create_graph)
    found = watched_sweep([(result, _seed(result, gradient, create_graph))], pull=_recorded if create_graph else None)
    out: set[int] = set()
    new: list[tuple[Any, Any]] = []
    with _LOCK:
        for node, g in found:
            meta = node.note()
            before = meta.grad if node.pull is None else None  # leaves accumulate, other nodes keep the last one
            if create_graph:
                total = before + g if before is not None else _remembered(p.copy(g), result, node, gradient)
            else:
                total = result.leaf(_own(g, out) if before is None else before._array + g)
            new.append((meta, total))
        try:
            _assign(new)
        except BaseException:  # Ctrl-C: all gradients arrive, or none
            _assign(new)
            raise


def _backward_of_each_run(trace: Any, result: Node, gradient: Any, create_graph: bool) -> None:
    """backward() while a trace runs: recorded, and without create_graph of no gradient itself."""
    seed = _seed(result, gradient, create_graph=True)
    found = watched_sweep([(result, seed)], pull=_recorded)
    trace.swept([result], [seed], [node for node, _ in found], [g for _, g in found])
    for node, g in found:
        trace.reads_gradient(node)
        meta = node.note()
        total = g if meta.grad is None or node.pull is not None else meta.grad + g
        meta.grad = p.copy(total) if create_graph else p.stop_gradient(total)


def _remembered(g: Any, result: Node, node: Node, seed: Any) -> Any:
    """A recorded gradient, which now knows what it is the gradient of: of a scalar, for the upstream gradient 1."""
    one = seed is None or (isinstance(seed, np.ndarray | np.generic) and seed.size == 1 and seed.item() == 1)
    if one and result._array.size == 1 and g.serial > result.serial:
        g.note().origin = g.note().origin or (result, node)
    return g


def _assign(gradients: list[tuple[Any, Any]]) -> None:
    for meta, gradient in gradients:
        meta.grad = gradient


def _seed(result: Node, gradient: Any, create_graph: bool) -> Any:
    """The upstream gradient of the result, in its shape and dtype."""
    data = result._array
    if gradient is None:
        if data.size != 1:
            raise GradientError(
                f"backward() needs a scalar or an explicit gradient; got shape {result.shape}. "
                "Call .sum() first, or pass gradient=."
            )
        seed = unit_seed(result)
    else:
        given = gradient if isinstance(gradient, Node) else result.leaf(plain_array(gradient, "backward(gradient)"))
        if given.shape != result.shape:
            raise ShapeError(f"backward(): the gradient has the result's shape {result.shape}; got {given.shape}.")
        if create_graph and isinstance(gradient, Node):
            return gradient if gradient.dtype == data.dtype else p.astype(gradient, dtype=data.dtype)
        seed = given._array.astype(data.dtype)
    return _recorded_seed(result.leaf(seed)) if create_graph else seed


def _recorded_seed(leaf: Any) -> Any:
    """A node over the upstream gradient, so that what is computed from it is recorded: derivations then read 1/m as such.

    As a leaf without a name it would count as data, and so would the array that 1/m is repeated to.
    """
    leaf.note().name = "1"  # for this one call: what is computed from a name is recorded
    seed = p.identity(leaf)
    leaf.meta = None
    return seed


def unit_seed(result: Node) -> Any:
    """The upstream gradient 1 of a result with one element."""
    data = result._array
    return type(data)(1) if isinstance(data, np.generic) else np.ones_like(data)


def pull_back(
    results: Sequence[Node], gradients: Sequence[Any], wrt: Sequence[Node], create_graph: bool = False
) -> list[Any]:
    """Cotangents of the tensors `wrt` (leaves or not) for the upstream `gradients` of the results.

    Returns arrays, or with create_graph Tensors that can be differentiated again; None where no path leads.
    `.grad` is touched nowhere.

    Raises ShapeError for an upstream gradient of another shape than its result, StaleGraphError where captured data changed.

    See also: tg.vjp, tg.Tensor.backward, tg.graph.

    >>> import numpy as np, tinygrad_lite as tg
    >>> x = tg.Tensor(2.0, requires_grad=True)
    >>> z = x * x
    >>> tg.pull_back([z * 3.0], [np.float64(1.0)], [z, x])
    [np.float64(3.0), np.float64(12.0)]
    """
    seeds = [
        (r, r.dtype.type(g) if type(g) in (int, float) and r.shape == () else g)
        for r, g in zip(results, gradients, strict=True)
        if r.needs_grad
    ]
    for r, g in seeds:
        if getattr(g, "shape", ()) != r.shape:
            raise ShapeError(
                f"pull_back: an upstream gradient is an array of its result's shape {r.shape}; got {g!r}. "
                "np.ones_like(result) gives the gradient of its sum."
            )
    if create_graph:
        seeds = [(r, g if isinstance(g, Node) else r.leaf(g)) for r, g in seeds]
    if not seeds or not wrt:
        return [None for _ in wrt]
    wanted = set(wrt)
    pairs = watched_sweep(seeds, wanted, _narrow([r for r, _ in seeds], wanted, create_graph))
    found: dict[Node, Any] = {}
    out = {id(g) for _, g in seeds}  # the caller keeps the seeds
    for node, g in pairs:
        found[node] = g if create_graph else _own(g, out)
        if create_graph and len(results) == 1:
            _remembered(g, results[0], node, gradients[0])
    cotangents = [found.get(node) for node in wrt]
    if create_graph and (trace := TRACE.get()) is not None:
        trace.swept(results, gradients, wrt, cotangents)
    return cotangents


def _narrow(results: list[Node], wanted: set[Node], create_graph: bool) -> Pull | None:
    """A pull that goes only where it leads to what is wanted; None where each node's own pull does that."""
    oldest = min(node.serial for node in wanted)
    computed = any(node.pull is not None for node in wanted)
    reached = list(set(results))
    seen, more = set(reached), False
    for node in reached:  # it grows on the way
        if computed and hasattr(node.pull, "hides") and node.pull.hides(wanted):
            node.unfold()  # type: ignore[attr-defined]
        if node.serial > oldest:
            more = more or (node.pull is None and node not in wanted)
            for x in node.sources:
                if isinstance(x, Node) and x.needs_grad and x not in seen:
                    seen.add(x)
                    reached.append(x)
        elif node not in wanted:
            more = True
    if not more:
        return _recorded if create_graph else None
    inside = set(wanted)
    for node in sorted(reached, key=lambda node: node.serial):
        if any(isinstance(x, Node) and x.needs_grad and x in inside for x in node.sources):
            inside.add(node)
    outside = seen - inside

    def pull(g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        if not hasattr(node.pull, "recorded"):
            return pull_any(g, node, recorded=create_graph, outside=outside)
        # What a program computed is pulled through as a whole.
        pairs = _recorded(g, node) if create_graph else node.pull(g, node)
        return [(x, c) for x, c in pairs if x not in outside]

    return pull
