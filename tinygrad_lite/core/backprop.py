"""The reverse sweep: from a result back to what it was computed from, one visit per node."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from heapq import heappop, heappush, heappushpop
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import unchanged
from tinygrad_lite.errors import GradientError, NumericsWarning, ShapeError, StaleGraphError
from tinygrad_lite.tensor.operands import STATE, WATCH
from tinygrad_lite.tensor.tensor import Tensor, as_tensor, new_leaf

__all__ = ["backward", "check_unchanged", "graph", "pull_back", "sweep"]


def graph(*results: Tensor) -> list[Tensor]:
    """All tensors that the results were computed from, and they themselves, in the order of their creation.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> [t.primitive.name if t.primitive else "leaf" for t in graph(x * x + 1.0)]
    ['leaf', 'multiply', 'add']
    """
    return _reachable(results, lambda t: t.inputs)


def _reachable(results: Sequence[Tensor], inputs: Callable[[Tensor], tuple[Any, ...]]) -> list[Tensor]:
    seen = set(results)
    stack = list(seen)
    while stack:
        for x in inputs(stack.pop()):
            if type(x) is Tensor and x not in seen:
                seen.add(x)
                stack.append(x)
    return sorted(seen, key=lambda t: t.order)


def backward(result: Tensor, gradient: Any = None, create_graph: bool = False) -> None:
    """What Tensor.backward does: sweep, and add to `.grad` of the leaves and of those that retain it."""
    if not result.requires_grad:
        raise GradientError(
            f"backward() needs a result that tracks a gradient; {result._label()} does not. "
            "Make a leaf with requires_grad=True, and compute outside no_grad()."
        )
    seed = _seed(result, gradient, create_graph)

    def arrive(t: Tensor, g: Any) -> None:
        notes = t._note()
        before = notes.grad if t._primitive is None else None  # leaves accumulate; what else keeps a gradient, the last
        if create_graph:
            notes.grad = p.copy(g) if before is None else before + g
        else:
            g = g if _alone(g) else g.copy()
            notes.grad = new_leaf(g if before is None else before._data + g)

    sweep([(result, seed)], arrive, create_graph)


def pull_back(
    results: Sequence[Tensor], gradients: Sequence[Any], wrt: Sequence[Tensor], create_graph: bool = False
) -> list[Any]:
    """Cotangents of the tensors `wrt` (leaves or not) for the upstream `gradients` of the results.

    Returns arrays, or with create_graph Tensors that can be differentiated again; None where no path leads.
    `.grad` is touched nowhere.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> z = x * x
    >>> pull_back([z * 3.0], [np.float64(1.0)], [z, x])
    [np.float64(3.0), np.float64(12.0)]
    """
    wanted = set(wrt)
    found: dict[Tensor, Any] = {}

    def arrive(t: Tensor, g: Any) -> None:
        found[t] = g if create_graph or _alone(g) else g.copy()

    seeds = [(r, g) for r, g in zip(results, gradients, strict=True) if r.requires_grad]
    if create_graph:
        seeds = [(r, as_tensor(g)) for r, g in seeds]
    sweep(seeds, arrive, create_graph, wanted, _between(results, wanted, create_graph))
    return [found.get(t) for t in wrt]


def _between(results: Sequence[Tensor], wanted: set[Tensor], unfolded: bool) -> set[Tensor]:
    """The nodes on paths from `wanted` to the results: only their cotangents are asked for."""
    inside = set(wanted)
    for t in graph(*results) if unfolded else _reachable(results, lambda t: t._inputs):
        if any(type(x) is Tensor and x in inside for x in t._inputs):
            inside.add(t)
    return inside


def _seed(result: Tensor, gradient: Any, create_graph: bool) -> Any:
    """The upstream gradient of the result, in its shape and dtype."""
    data = result._data
    if gradient is None:
        if result.size != 1:
            raise GradientError(
                f"backward() needs a scalar or an explicit gradient; got shape {result.shape}. Call .sum() first, or pass gradient=."
            )
        seed = np.ones_like(data) if type(data) not in _SCALARS else data.dtype.type(1)
    else:
        given = as_tensor(gradient)
        if given.shape != result.shape:
            raise ShapeError(f"backward(): the gradient has the result's shape {result.shape}; got {given.shape}.")
        if create_graph:
            return given if given.dtype == data.dtype else given.astype(data.dtype)
        seed = given._data.astype(data.dtype)
    return new_leaf(seed) if create_graph else seed


# --- the sweep --------------------------------------------------------------------------------------------------


def sweep(
    seeds: Sequence[tuple[Tensor, Any]],
    arrive: Callable[[Tensor, Any], None],
    create_graph: bool,
    wanted: set[Tensor] | None = None,
    inside: set[Tensor] | None = None,
) -> None:
    """Carry cotangents from the seeds down the graph; hand them to `arrive` at leaves (or at `wanted`).

    Nodes are taken by falling creation number, so each is complete when its turn comes. Cotangents live in a
    local dict and go as they are used. Sums are made in place only in arrays that this sweep itself has made.
    """
    trouble: list[tuple[Tensor, str]] = []
    # A result that is no number already is the other sign of trouble: its gradient has no flag to raise.
    suspicious = any(type(r._data) in _SCALARS and not math.isfinite(r._data) for r, _ in seeds)
    damaged = False
    node: Any = None
    cotangents: dict[Tensor, Any] = {}
    waiting: list[tuple[float, Tensor]] = []  # a heap of computed nodes that have a cotangent
    for result, seed in seeds:
        if result in cotangents:
            cotangents[result] = cotangents[result] + seed
        else:
            cotangents[result] = seed
            if result._primitive is not None:
                heappush(waiting, (-result.order, result))
    entry = heappop(waiting) if waiting else None
    owned: set[Tensor] = set()
    plain, watched, array = not create_graph and inside is None, -WATCH.order, np.ndarray
    with np.errstate(divide="call", over="call", invalid="call", call=lambda kind, flag: trouble.append((node, kind))):
        while entry is not None:
            key, node = entry
            entry = None  # the latest node found below; those found before it wait
            g = cotangents.pop(node)
            primitive = node.primitive if create_graph else node._primitive
            if node in wanted if wanted is not None else node._notes is not None and node._notes.retain:
                c = total = None  # no name of ours but g holds it now: see _alone
                arrive(node, g)
            if key >= watched:
                check_unchanged(node)
            inputs, rules, arity = node._inputs, primitive.vjps, primitive.arity
            if arity and plain:
                # One or two operands: most of all nodes. The loop below, unrolled, takes a third less time.
                x = inputs[0]
                a = x._data if type(x) is Tensor else x
                if arity == 1:
                    params = node._params
                    c = rules[0](g, node._data, a) if params is None else rules[0](g, node._data, a, **params)
                    same = False
                else:
                    y = inputs[1]
                    b = y._data if type(y) is Tensor else y
                    # Operands that are alike need no fitting.
                    same = type(b) is array and a.shape == b.shape and a.dtype is b.dtype
                    if type(y) is Tensor and y._requires:
                        c = g if rules[1] is unchanged else rules[1](g, node._data, a, b)
                        if not same and (c.shape != b.shape or c.dtype is not b.dtype):
                            c = _fit(c, y, primitive)
                        if y not in cotangents:
                            cotangents[y] = c
                            if y._primitive is not None:
                                entry = (-y.order, y)
                        elif y in owned:
                            total = cotangents[y]
                            total += c
                        else:
                            cotangents[y] = total = cotangents[y] + c
                            if type(total) is array:
                                owned.add(y)
                    if type(x) is not Tensor or not x._requires:
                        c = None
                    else:
                        c = g if rules[0] is unchanged else rules[0](g, node._data, a, b)
                if c is not None:
                    if not same and (c.shape != a.shape or c.dtype is not a.dtype):
                        c = _fit(c, x, primitive)
                    if x not in cotangents:
                        cotangents[x] = c
                        if x._primitive is not None:
                            if entry is not None:
                                heappush(waiting, entry)
                            entry = (-x.order, x)
                    elif x in owned:
                        total = cotangents[x]
                        total += c
                    else:
                        cotangents[x] = total = cotangents[x] + c
                        if type(total) is array:
                            owned.add(x)
            else:
                params = node._params
                values = inputs if create_graph else [x._data if type(x) is Tensor else x for x in inputs]
                out = node if create_graph else node._data
                if type(rules) is not tuple:  # an open number of inputs: functions of g alone
                    rules = rules(out, *values) if params is None else rules(out, *values, **params)
                i = -1
                for x in inputs:
                    i += 1
                    if type(x) is not Tensor or not x._requires or not (plain or inside is None or x in inside):
                        continue
                    if type(rules) is list:
                        c = rules[i](g)
                    else:
                        c = rules[i](g, out, *values) if params is None else rules[i](g, out, *values, **params)
                    if c is None:
                        continue  # a condition, even of floats, has no derivative
                    if c.shape != x._data.shape or c.dtype is not x._data.dtype:
                        c = _fit(c, x, primitive)
                    if x not in cotangents:
                        cotangents[x] = c
                        if x._primitive is not None:
                            if entry is not None:
                                heappush(waiting, entry)
                            entry = (-x.order, x)
                    elif x in owned:
                        total = cotangents[x]
                        total += c
                    else:
                        cotangents[x] = total = cotangents[x] + c
                        if type(total) is array:
                            owned.add(x)
            if waiting:
                entry = heappop(waiting) if entry is None else heappushpop(waiting, entry)
    c = total = None
    for leaf in sorted(cotangents, key=lambda t: t.order, reverse=True):
        if wanted is None or leaf in wanted:
            g = cotangents.pop(leaf)
            if (suspicious or trouble) and not damaged:
                damaged = not np.isfinite(g._data if create_graph else g).all()
            arrive(leaf, g)
    if damaged and not STATE.unfused:  # a trace for a program is nobody's gradient
        _warn([r for r, _ in seeds], trouble)


def _fit(c: Any, x: Tensor, primitive: p.Primitive) -> Any:
    """A cotangent in the shape and dtype of its tensor: what broadcasting added is summed, once and here."""
    shape = x._data.shape
    if c.shape == shape:
        pass  # only the dtype differs
    elif c.shape[1:] == shape:  # a bias: the sum over the examples
        c = c.sum(axis=0)
    else:
        lead = c.ndim - len(shape)
        axes = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(shape) if n == 1 and c.shape[i + lead] != 1)
        if lead >= 0 and axes:
            c = c.sum(axis=axes[0] if len(axes) == 1 else axes)
        if c.shape != shape:
            if c.size != x.size:
                raise ShapeError(
                    f"the VJP rule of {primitive.name} gave shape {c.shape} for an input of shape {shape}."
                )
            c = c.reshape(shape)
    return c if c.dtype == x._data.dtype else c.astype(x._data.dtype)


def _alone(g: Any) -> bool:
    """Whether nobody but this sweep can reach the memory of g, so that it need not be copied."""
    return type(g) is not np.ndarray or (g.base is None and sys.getrefcount(g) <= _FEWEST)


def _fewest_references() -> int:
    """What getrefcount says of an array that only the sweep's `g` holds, three calls deep as in `_alone`."""

    def count(g: Any) -> int:
        return sys.getrefcount(g)

    def arrive(g: Any) -> int:
        return count(g)

    g = np.empty(1)
    return arrive(g)


_FEWEST = _fewest_references()


_VIEWS = (p.identity, p.reshape, p.transpose, p.getitem, p.broadcast_to)


def check_unchanged(node: Tensor) -> None:
    """Raise StaleGraphError where the data that a node was computed from has changed since."""
    for x in node._inputs:
        while type(x) is Tensor and x._primitive in _VIEWS:
            x = x._inputs[0]  # it may share its memory with a leaf
        if type(x) is Tensor and x._primitive is None and x._notes is not None:
            if x._notes.lent is not None:
                x._reclaim()
            if x._notes.changed > node.order:
                raise StaleGraphError(
                    f"the data of {x._label()} was changed after {node._label()} was computed from it: the gradient "
                    "would be wrong. Run the forward pass again, or change data only after backward()."
                )


# --- saying where a gradient went wrong ---------------------------------------------------------------------------

_SCALARS = (np.float64, np.float32, np.float16, np.longdouble)

_REPAIRS = {
    "cross_entropy": "tg.cross_entropy_with_logits(z, y) takes the logits and is finite everywhere",
    "log_likelihood": "tg.log_likelihood_with_logits(z, y) takes the logits and is finite everywhere",
    "log": "log of a sigmoid or softmax is finite as tg.cross_entropy_with_logits, tg.log_softmax or -tg.softplus(-z)",
    "divide": "a quotient of exponentials is finite as tg.sigmoid or tg.softmax",
    "exp": "tg.sigmoid, tg.softmax and tg.logsumexp exponentiate only numbers that are not positive",
    "sqrt": "the root has an infinite slope at 0: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0) sets it aside",
    "power": "a power below 1 has an infinite slope at 0, and a negative base no derivative by the exponent",
}


def _warn(results: list[Tensor], trouble: list[tuple[Tensor, str]]) -> None:
    """Name the node at which nan or inf came up first, and the spelling that repairs it."""

    def finite(x: Any) -> bool:
        return bool(np.isfinite(x._data if type(x) is Tensor else x).all())

    born = (t for t in graph(*results) if t._primitive is not None and not finite(t) and all(map(finite, t._inputs)))
    node = next(born, None)
    if node is None and trouble:
        node = trouble[0][0]
    if node is None:
        return  # nan or inf came with the data: it is passed on as NumPy does
    names = [node._primitive.name] if node._primitive is not None else []
    call = node._call
    while call is not None:
        names.append(call.name)
        call = call.parent
    repair = next(
        (_REPAIRS[n] for n in reversed(names) if n in _REPAIRS), "look at its inputs for 0 or very large values"
    )
    inside = f" inside {names[1]}" if len(names) > 1 else ""
    warnings.warn(
        f"the gradient became nan or inf at {node._label()}{inside}: {repair}. "
        "tg.derive(cost, wrt=…).evaluate() computes it from the closed form.",
        NumericsWarning,
        stacklevel=5,
    )
