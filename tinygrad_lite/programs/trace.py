"""Functions of primitives that run as one node, with value and VJP as flat NumPy programs traced from their body.

Nothing is typed in and nothing is lost: the program makes the same NumPy calls as the body, and the node unfolds
into the primitives as soon as anybody looks at it (a picture, a derivation, a second derivative). What is saved is
the price of a Tensor per operation, which for the small arrays of a lecture is most of the time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.backprop import check_unchanged, graph, pull_back
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.tensor.operands import OFF, SCOPES, STATE, next_order
from tinygrad_lite.tensor.tensor import Tensor, as_tensor, new_node

__all__ = ["fused"]

F = TypeVar("F", bound=Callable[..., Any])
_ARRAYS = (np.ndarray, np.float64, np.float32)


def fused(function: F) -> F:
    """Run a function as one node wherever its arguments allow; elsewhere it runs as it stands.

    function: composed of primitives; what it does may depend on shapes and dtypes, but on no value. Where an array
    comes by keyword, or is of another library, or no gradient is needed, the function runs as it stands.
    """
    programs: dict[Any, Program] = {}

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if STATE.unfused or (SCOPES and STATE.scope is OFF):
            return function(*args, **kwargs)
        key: list[Any] = []
        inputs = []  # what the node keeps: Tensors, and copies of plain arrays, which nobody else can change
        values = []
        needs = False
        for x in args:
            kind = type(x)
            if kind is Tensor and type(x._data) in _ARRAYS:
                if x._notes is not None and x._notes.lent is not None:
                    x._reclaim()
                needs = needs or x._requires
                values.append(x._data)
                key.append((x._data.shape, x._data.dtype.char, x._requires))
                inputs.append(x)
            elif kind in _ARRAYS:
                values.append(x.copy())
                key.append((x.shape, x.dtype.char))
                inputs.append(values[-1])
            elif kind is int or kind is tuple or kind is bool or x is None:
                key.append((kind, x))
            elif kind is float:
                key.append(repr(x))  # 0.0 and -0.0 are equal, and not the same
            else:
                return function(*args, **kwargs)
        for item in kwargs.items():
            if type(item[1]) not in (int, bool, tuple, type(None)):
                return function(*args, **kwargs)
            key.append(item)
        if not needs:
            return function(*args, **kwargs)
        signature = tuple(key)
        program = programs.get(signature)
        if program is None:
            if len(programs) > 256:
                programs.clear()  # shapes that change at every call must not pile up
            program = programs[signature] = Program(function, args, kwargs)
        data, saved = program.forward(*values)
        return new_node(cast(Primitive, program), tuple(inputs), {"saved": saved}, data)

    return cast(F, call)


class Program:
    """One signature of a fused function: its value and VJP as Python functions, and the way back to its nodes."""

    arity = 0

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.name = function.__name__
        self.function, self.kwargs = function, kwargs
        # Arrays become inputs of the program, all else is part of it.
        self.static = [None if type(x) is Tensor or type(x) in _ARRAYS else x for x in args]
        self.is_input = [type(x) is Tensor or type(x) in _ARRAYS for x in args]
        given = [x for x, array in zip(args, self.is_input, strict=True) if array]
        leaves = [_placeholder(x) for x in given]
        outer, STATE.scope, STATE.unfused = STATE.scope, None, True
        try:
            with np.errstate(all="ignore"):  # the program itself will warn
                out = function(*self._arguments(leaves), **kwargs)
                g = Tensor(np.ones_like(out._data), requires_grad=True)
                found = pull_back([out], [g], [x for x in leaves if x._requires], create_graph=True)
        finally:
            STATE.scope, STATE.unfused = outer, False
        self.positions = [i for i, x in enumerate(leaves) if x._requires]
        forward, backward, saved = _write(leaves, out, g, found)
        self.forward = forward.compile(forward.name(out), f"({''.join(f'{name}, ' for name in saved)})")
        self.backward = backward.compile(f"({''.join(f'{backward.name(c)}, ' for c in found)})")

    def _arguments(self, inputs: Any) -> list[Any]:
        rest = iter(inputs)
        return [next(rest) if array else x for x, array in zip(self.static, self.is_input, strict=True)]

    def vjps(self, out: Any, *values: Any, saved: Any) -> list[Any]:
        """The sweep's protocol for an open number of inputs: one function of g per input."""
        rules: list[Any] = [None] * len(values)
        cotangents: list[Any] = []

        def rule(place: int, g: Any) -> Any:
            if not cotangents:
                cotangents.extend(self.backward(g, saved))
            return cotangents[place]

        for place, i in enumerate(self.positions):
            rules[i] = functools.partial(rule, place)
        return rules

    def unfold(self, t: Tensor) -> None:
        """Put the nodes of the body in the place of t: its primitive and inputs become those of the last of them."""
        check_unchanged(t)  # else the nodes would be of new values, and t of the old ones
        first = next_order()
        outer, STATE.scope, STATE.unfused = STATE.scope, t._call, True
        try:
            with np.errstate(all="ignore"):  # what there was to warn of, the forward pass has warned of
                result = self.function(*self._arguments(t._inputs), **self.kwargs)
        finally:
            STATE.scope, STATE.unfused = outer, False
        inner: set[Tensor] = set()
        stack = [result]
        while stack:
            below = {x for x in stack.pop()._inputs if type(x) is Tensor and x.order > first} - inner
            inner |= below
            stack += below
        for k, x in enumerate(sorted(inner, key=lambda x: x.order), 1):  # between the inputs, which are older, and t
            x.order = t.order - 1 + k / (len(inner) + 1)
        t._primitive, t._inputs, t._params = result._primitive, result._inputs, result._params


def _placeholder(x: Any) -> Tensor:
    """An input of the trace. What needs no gradient is a node, too, so that the program does not bake it in."""
    if type(x) is Tensor and x._requires:
        return Tensor(x._data, requires_grad=True)
    leaf = as_tensor(x).detach()
    return new_node(p.stop_gradient, (leaf,), None, leaf._data)


class _Code:
    """Lines of straight NumPy, one per node, and what their names stand for."""

    def __init__(self, head: str, names: dict[Tensor, str], prefix: str) -> None:
        self.lines, self.names, self.prefix = [head], names, prefix
        self.space: dict[str, Any] = {}

    def name(self, x: Any) -> str:
        if type(x) is Tensor:
            if x in self.names:
                return self.names[x]
            x = x._data  # made inside, of nothing that comes in
        name = f"k{len(self.space)}"
        self.space[name] = x
        return name

    def add(self, t: Tensor) -> None:
        primitive = cast(Primitive, t._primitive)
        arguments = [self.name(x) for x in t._inputs]
        if getattr(primitive.value, "__module__", "") == "_operator":
            value = primitive.source.format(*arguments)
        else:
            keywords = [f"{k}={self.name(v)}" for k, v in (t._params or {}).items()]
            value = f"{self.name(primitive.value)}({', '.join([*arguments, *keywords])})"
        self.names[t] = name = f"{self.prefix}{len(self.lines)}"
        self.lines.append(f"    {name} = {value}")

    def compile(self, *returns: str) -> Callable[..., Any]:
        self.lines.append(f"    return {', '.join(returns)}")
        exec("\n".join(self.lines), self.space)  # lines that this class wrote, of names that it bound
        return cast(Callable[..., Any], self.space["program"])


def _write(leaves: list[Tensor], out: Tensor, g: Tensor, found: list[Tensor]) -> tuple[_Code, _Code, list[str]]:
    """The lines of the value, the lines of the VJP, and what the first saves for the second."""
    names = {x: f"a{i}" for i, x in enumerate(leaves)}
    forward = _Code(f"def program({', '.join(names.values())}):", dict(names), "v")
    for t in graph(out):
        if t._primitive is not None and t not in names:
            forward.add(t)
    backward_nodes = [t for t in graph(*found) if t._primitive is not None and t not in forward.names]
    used = {x for t in backward_nodes for x in t._inputs if type(x) is Tensor} | set(found)
    saved = [name for t, name in forward.names.items() if t in used]
    backward = _Code("def program(g, saved):", {g: "g", **forward.names}, "d")
    if saved:
        backward.lines.append(f"    ({', '.join(saved)},) = saved")
    for t in backward_nodes:
        backward.add(t)
    return forward, backward, saved
