"""Straight-line functions as one node, with value and VJP as flat NumPy programs traced from their body.

The program makes the same NumPy calls as the body, so its numbers are the same to the bit; only where an input is used
both inside and elsewhere is its gradient summed in another order. The node unfolds into the primitives of the body as
soon as anybody looks at what it was computed from (a picture, a derivation, a third derivative). What is saved is the
price of a Tensor per operation, which for small arrays is most of the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any
from weakref import WeakSet

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.backprop import check_version, sweep
from tinygrad_lite.core.graph import SERIAL_STEP, Node, next_serial, pull_any
from tinygrad_lite.core.scopes import SCOPE, UNFOLDED, Off, current_scope, recorded
from tinygrad_lite.core.walks import graph
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Folded", "Program"]

_ARRAYS = {np.ndarray, np.float64, np.float32}
_MOST = 1024  # programs that are kept: shapes that change at every call must not pile up

_PROGRAMS: dict[tuple[Any, ...], Program] = {}
_VJPS: WeakSet[Callable[..., Any]] = WeakSet()  # the functions that Program.vjp made


def run(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a straight-line function as one node wherever its arguments allow; elsewhere it runs as it stands.

    It runs as it stands where no gradient is needed, and where an array comes by keyword or is of another library.
    """
    key: list[Any] = [function]
    inputs: list[Any] = []  # what the node keeps: Tensors, and copies of plain arrays, which nobody else can change
    needs = False
    for x in args:
        kind = type(x)
        if kind is Tensor or kind is Folded:
            data = x._array
            if type(data) not in _ARRAYS:
                return function(*args, **kwargs)
            needs = needs or x.needs_grad
            key += (data.shape, data.dtype.char, x.needs_grad)
            inputs.append(x)
        elif kind in _ARRAYS:
            key += (x.shape, x.dtype.char)
            inputs.append(x)
        elif kind is int or kind is tuple or kind is bool or x is None:
            key += (kind, x)
        elif kind is float:
            key.append(repr(x))  # 0.0 and -0.0 are equal, and not the same
        else:
            return function(*args, **kwargs)
    for name, value in kwargs.items():
        if type(value) not in (int, bool, tuple, type(None)):
            return function(*args, **kwargs)
        if type(value) is tuple and not all(type(part) is int for part in value):
            return function(*args, **kwargs)  # an array among the axes has no hash
        key += (name, type(value), value)
    if not needs:
        return function(*args, **kwargs)
    inputs = [x.copy("K") if type(x) is np.ndarray else x for x in inputs]
    values = [x._array if isinstance(x, Tensor) else x for x in inputs]
    signature = tuple(key)
    program = _PROGRAMS.get(signature)
    if program is None:
        if len(_PROGRAMS) >= _MOST:
            _PROGRAMS.clear()
        program = _PROGRAMS[signature] = Program(function, args, kwargs)
    if not program.lines:
        return function(*args, **kwargs)  # it gives back what it was given
    data, saved = program.forward(*values)
    if program.lines[-1].primitive.view:
        data = data.copy()
    if not program.positions:
        return Tensor.leaf(data)  # nothing that needs a gradient leads here
    node = _new(Folded)
    node._array = data
    node.call = current_scope()  # type: ignore[assignment]  # `straight` has seen that recording is on
    node.meta = None
    node.needs_grad = True
    node.pull = _Run(program, inputs, saved)
    node.serial = next_serial()
    return node


class _Run:
    """One run of a program: the pull of its node, and all that is needed to unfold it."""

    __slots__ = ("inputs", "program", "saved")

    def __init__(self, program: Program, inputs: list[Any], saved: Any) -> None:
        self.program, self.inputs, self.saved = program, inputs, saved

    def __call__(self, g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        cotangents = self.program.backward(g, self.saved)
        return [(self.inputs[i], c) for i, c in zip(self.program.positions, cotangents, strict=True)]

    def recorded(self, g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        """The same, recorded. A VJP of a straight function is straight, too, so that a cotangent is again one node."""
        program = self.program
        if program.is_vjp or UNFOLDED.get() or type(current_scope()) is Off:
            return pull_any(g, node, recorded=True)  # programs of higher orders would grow without bound
        return [(self.inputs[i], run(program.vjp(i), (g, node, *self.inputs), {})) for i in program.positions]


_LOCK = RLock()  # two threads may look at the same node; so may a signal handler, in the thread that has the lock


def _unfolding(name: str) -> Any:
    slot = getattr(Node, name)

    def read(node: Folded) -> Any:
        Folded.unfold(node)  # by its class, because another thread may just have made it a plain Tensor
        return slot.__get__(node)

    return property(read, slot.__set__)


class Folded(Tensor, internal=True):
    """A Tensor that a program computed. It becomes a plain Tensor when somebody asks for its primitive, inputs or params."""

    __slots__ = ()

    primitive = _unfolding("primitive")
    inputs = _unfolding("inputs")
    params = _unfolding("params")
    leaf = Tensor.leaf  # type: ignore[assignment]  # a leaf has nothing to unfold
    base = None  # a program gives an array of its own

    @property
    def made_by(self) -> str:
        """The name of the function."""
        step = self.pull
        return step.program.function.__name__ if type(step) is _Run else self.primitive.name

    @property
    def sources(self) -> tuple[Any, ...]:
        """The arguments of the function, to which its program carries cotangents."""
        step = self.pull
        return tuple(step.inputs) if type(step) is _Run else self.inputs

    def unfold(self) -> None:
        """Put the nodes of the body in the place of this one, which becomes the last of them."""
        with _LOCK:
            step = self.pull
            if type(step) is _Run:  # another thread may have been quicker
                self._replace(step)
            self.__class__ = Tensor  # type: ignore[assignment]  # last: until then other threads wait for the lock

    def _replace(self, step: _Run) -> None:
        for x in step.inputs:
            check_version(self, x)  # from changed inputs the lines would give other values than this node has
        known = list(step.inputs)
        for k, line in enumerate(step.program.lines, 1):
            known.append(line.node(known, self, self.serial - SERIAL_STEP + k))
        last = known[-1]
        self.primitive, self.inputs, self.params = last.primitive, last.inputs, last.params
        self.pull = last.pull  # after the others: whoever finds it finds them, also where Ctrl-C comes in between


class _Line:
    """One line of a body: a primitive, and where its inputs are among the inputs of the program and earlier lines."""

    def __init__(self, traced: Node, places: dict[Node, int]) -> None:
        assert traced.primitive is not None
        self.primitive, self.params, self.pull = traced.primitive, traced.params, traced.pull
        self.needs_grad = traced.needs_grad
        # A Tensor that was made inside, of nothing that comes in, is a constant.
        self.inputs = [(places.get(x), x) if isinstance(x, Node) else (None, x) for x in traced.inputs]

    def node(self, known: list[Any], folded: Folded, serial: int) -> Tensor:
        """The node of this line, with the values that the folded node's program computed with."""
        inputs = tuple(x if place is None else known[place] for place, x in self.inputs)
        values = [x._array if isinstance(x, Node) else x for x in inputs]
        with np.errstate(all="ignore"):  # the forward pass has warned already
            node = Tensor.leaf(self.primitive.value(*values, **self.params))
        node.primitive, node.inputs, node.params, node.pull = self.primitive, inputs, self.params, self.pull
        node.call, node.needs_grad, node.serial = folded.call, self.needs_grad, serial
        return node


_new = Tensor.__new__


class Program:
    """One signature of a straight-line function: its value and its VJP as Python functions."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.function, self.kwargs = function, kwargs
        # Arrays are the inputs of the program, everything else is part of it.
        self.is_input = [isinstance(x, (Tensor, *_ARRAYS)) for x in args]
        self.fixed = [None if array else x for x, array in zip(args, self.is_input, strict=True)]
        given = [x for x, array in zip(args, self.is_input, strict=True) if array]
        leaves = [_placeholder(x) for x in given]
        scope = SCOPE.get()
        try:
            SCOPE.set(None)
            with recorded(unfolded=True), np.errstate(all="ignore"):  # the program itself will warn
                out = self.call(leaves)
                g = Tensor(np.ones_like(out._array), requires_grad=True)
                found = _pulled(out, g, {x for x in leaves if x.needs_grad})
        finally:
            SCOPE.set(scope)
        self.positions = [i for i, x in enumerate(leaves) if x in found]
        self.is_vjp = function in _VJPS
        self._vjps: dict[int, Callable[..., Any]] = {}
        nodes = [node for node in graph(out) if node.primitive is not None]
        if len(nodes) >= SERIAL_STEP:
            raise RuntimeError(f"{function.__name__} has too many steps for one node; do not mark it as straight.")
        places: dict[Node, int] = {x: i for i, x in enumerate([*leaves, *nodes])}
        self.lines = [_Line(node, places) for node in nodes]
        cotangents = [found[leaves[i]] for i in self.positions]
        forward, backward, saved = _write(leaves, nodes, g, cotangents)
        self.forward = forward.compile(forward.name(out), f"({''.join(f'{name}, ' for name in saved)})")
        self.backward = backward.compile(f"({''.join(f'{backward.name(c)}, ' for c in cotangents)})")

    def vjp(self, i: int) -> Callable[..., Any]:
        """The cotangent of input i as a straight function of g, the result and the inputs, composed of primitives.

        The rule of the last line takes the result that it is given, as it does where the line is a node of its own.
        """
        if i not in self._vjps:

            def vjp(g: Any, result: Any, *inputs: Any) -> Any:
                x = inputs[i]
                found = _pulled(self.call(inputs), g, {x}, result)
                return found[x] if x in found else Tensor(np.zeros_like(x._array))

            self._vjps[i] = vjp
            _VJPS.add(vjp)
        return self._vjps[i]

    def call(self, inputs: Sequence[Any]) -> Any:
        """The function itself on other inputs."""
        rest = iter(inputs)
        return self.function(
            *(next(rest) if array else x for x, array in zip(self.fixed, self.is_input, strict=True)), **self.kwargs
        )


def _pulled(last: Node, g: Any, wanted: set[Any], result: Node | None = None) -> dict[Node, Any]:
    """The cotangents of `wanted` for the upstream gradient g of the last node, recorded, where a path leads to them."""

    def pull(g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        return pull_any(g, node, recorded=True, out=result if node is last else None)

    return dict(sweep([(last, g)], wanted, pull)) if last.needs_grad else {}


def _placeholder(x: Any) -> Tensor:
    """An input of the trace. It has a name, so that what is computed from it is recorded in any case."""
    needs = isinstance(x, Tensor) and x.needs_grad
    return Tensor(x._array if isinstance(x, Tensor) else x, requires_grad=needs, name="input")


# Python's signs cost half of a call of the function from the table.
_SIGNS = {
    p.add: "+", p.subtract: "-", p.multiply: "*", p.divide: "/", p.power: "**", p.matmul: "@",
    p.greater: ">", p.greater_equal: ">=", p.less: "<", p.less_equal: "<=", p.equal: "==", p.not_equal: "!=",
}  # fmt: skip
_IN_PLACE = (p.add, p.multiply, p.subtract, p.divide)
_COMMUTATIVE = (p.add, p.multiply)


class _Code:
    """Lines of straight NumPy, one per node, and what their names stand for.

    once: nodes that a single line uses and nobody else; that line may write its result over their array.
    """

    def __init__(self, head: str, names: dict[Node, str], prefix: str, once: set[Node]) -> None:
        self.lines, self.names, self.prefix, self.once = [head], names, prefix, once
        self.made: set[Node] = set()  # by the lines of this code
        self.space: dict[str, Any] = {}

    def name(self, x: Any) -> str:
        if isinstance(x, Node):
            if x in self.names:
                return self.names[x]
            x = x._array  # a Tensor that the body makes of numbers: a constant
        name = f"k{len(self.space)}"
        self.space[name] = x
        return name

    def add(self, node: Node) -> None:
        primitive = node.primitive
        assert primitive is not None
        arguments = [self.name(x) for x in node.inputs]
        self.made.add(node)
        for i in range(2 if primitive in _COMMUTATIVE else 1):
            if primitive in _IN_PLACE and self._may_be_overwritten(node.inputs[i], node):
                self.names[node] = arguments[i]
                self.lines.append(f"    {arguments[i]} {_SIGNS[primitive]}= {arguments[1 - i]}")
                return
        if primitive in _SIGNS:
            value = f" {_SIGNS[primitive]} ".join(arguments)
        else:
            keywords = [f"{k}={self.name(v)}" for k, v in node.params.items()]
            value = f"{self.name(primitive.value)}({', '.join([*arguments, *keywords])})"
        self.names[node] = name = f"{self.prefix}{len(self.lines)}"
        self.lines.append(f"    {name} = {value}")

    def _may_be_overwritten(self, x: Any, node: Node) -> bool:
        """Whether the array of x can become that of the node: a line above has made it for this one alone."""
        if not isinstance(x, Node) or x not in self.once or x not in self.made or x.base is not None:
            return False
        return type(x._array) is np.ndarray and (x.shape, x.dtype) == (node.shape, node.dtype)

    def compile(self, *returns: str) -> Callable[..., Any]:
        self.lines.append(f"    return {', '.join(returns)}")
        exec("\n".join(self.lines), self.space)  # lines that this class wrote, of names that it bound
        return self.space["program"]  # type: ignore[no-any-return]


def _write(
    leaves: list[Tensor], forward_nodes: list[Node], g: Node, found: list[Node]
) -> tuple[_Code, _Code, list[str]]:
    """The lines of the value, the lines of the VJP, and what the first saves for the second."""
    known = set(forward_nodes)
    backward_nodes = [t for t in graph(*found) if t.primitive is not None and t not in known]
    uses = Counter(x for t in forward_nodes + backward_nodes for x in t.inputs if isinstance(x, Node))
    once = {x for x, count in uses.items() if count == 1} - {
        *forward_nodes[-1:],
        *found,
    }  # the result and the cotangents are given away
    names: dict[Node, str] = {x: f"a{i}" for i, x in enumerate(leaves)}
    forward = _Code(f"def program({', '.join(names.values())}):", dict(names), "v", once)
    for node in forward_nodes:
        forward.add(node)
    used = {x for t in backward_nodes for x in t.inputs if isinstance(x, Node)} | set(found)
    saved = [name for node, name in forward.names.items() if node in used]
    backward = _Code("def program(g, saved):", {g: "g", **forward.names}, "d", once)
    if saved:
        backward.lines.append(f"    ({', '.join(saved)},) = saved")
    for node in backward_nodes:
        backward.add(node)
    return forward, backward, saved
