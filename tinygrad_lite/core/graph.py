"""What a graph is made of: primitives, nodes, and the calls of composites that the nodes were made in.

Nothing here knows NumPy's functions, the table's entries or Tensor: a graph is data, and whoever reads it needs no
more than this file.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np

from tinygrad_lite.core.broadcasting import unbroadcast

__all__ = [
    "CLOCK", "NO_PARAMS", "SERIAL_STEP", "TABLE", "Call", "Meta", "Node", "Primitive", "next_serial", "pull_any", "upstream",
]  # fmt: skip

# Serials order the graph: a node's is larger than those of its inputs. They grow in steps, because a program computes
# many primitives as one node: when these replace it later, they need serials between its inputs' and its users'.
SERIAL_STEP = 256
next_serial = itertools.count(SERIAL_STEP, SERIAL_STEP).__next__
NO_PARAMS: Mapping[str, Any] = MappingProxyType({})
Kind = Literal["elementwise", "reduction", "shape", "product"]
Rule = Callable[..., Any]

TABLE: dict[str, Primitive] = {}


class Primitive:
    """One entry of the table: everything that is particular to an operation.

    name: how it is known. value: computes the result; arrays are its positional arguments, params its keywords.
    vjps: one rule `(g, out, *inputs, **params) -> cotangent` per input; or, where the number of inputs is open, one
    function `(out, *inputs, **params)` that returns a function of g for each input; or None: no gradient passes.
    kind: "elementwise" (an element of the result depends on one element of each broadcast input), "reduction" (axes
    are reduced), "shape" (elements are moved, not computed with), "product" (an element depends on many others).
    text: how a call is drawn: `{0}`, `{1}` stand for the inputs, `{inputs}` for all of them, `{over}` for the axis,
    other names for parameters. source: the same as NumPy code. javascript: the same on single numbers as JavaScript,
    for pages; where it is empty, `source` says it. symbol: the sign that stands for it alone.
    view: whether the result may share memory with the first input. linear: whether it is a linear function of each of
    its inputs, those of integers set aside, where the others are held. ufunc: the NumPy ufunc that records this primitive
    when it is called on a Tensor; a NumPy function that is no ufunc is given its meaning in tensor/.
    repair: what to write instead where a gradient becomes nan or inf here. listed: whether it is one of the table; what
    stands for a composite in a program is not.

    Calling it computes on arrays and records on Tensors.

    >>> import numpy as np
    >>> from tinygrad_lite.core.primitives import TABLE
    >>> float(TABLE["exp"](np.float64(0.0)))
    1.0
    """

    __slots__ = (
        "javascript", "kind", "linear", "name", "pull_both", "pull_only", "repair", "source", "symbol", "text", "ufunc", "value",
        "view", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        value: Callable[..., Any],
        vjps: Sequence[Rule] | Rule | None,
        *,
        kind: Kind,
        text: str = "",
        source: str = "",
        javascript: str = "",
        symbol: str = "",
        view: bool = False,
        linear: bool = False,
        ufunc: Callable[..., Any] | None = None,
        repair: str = "",
        listed: bool = True,
    ) -> None:
        self.name = name
        self.value = value
        self.vjps: tuple[Rule, ...] | Rule | None = tuple(vjps) if isinstance(vjps, Sequence) else vjps
        self.kind = kind
        self.symbol = symbol or name
        self.text = text or f"{self.symbol}({{inputs}})"
        self.source = source or f"np.{name}({{inputs}})"
        self.javascript = javascript
        self.view = view
        self.linear = linear
        self.ufunc = ufunc
        self.repair = repair
        rules = self.vjps if isinstance(self.vjps, tuple) else ()
        self.pull_only = tuple(
            _pull_only(name, rule, i, isinstance(ufunc, np.ufunc) and len(rules) == 2) for i, rule in enumerate(rules)
        )
        self.pull_both = _pull_both(name, *rules) if len(rules) == 2 else pull_any
        if listed:
            TABLE[name] = self

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        """The value; among Tensors, recorded: tensor.py, which knows how to record, replaces this method."""
        return self.value(*inputs, **params)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.name,)  # copied and pickled by name, because readers compare by identity


def _named(name: str) -> Primitive:
    return TABLE[name]


class Call:
    """One call of a composite: the nodes made inside know it, so that readers can fold and name them.

    function: what was called, with which args and kwargs. parent: the enclosing call or None.
    output: the serial of the node that was returned, or None. The node itself refers to this call, so that to keep it
    here would be a cycle, which only the garbage collector frees. repair: as in Primitive.
    """

    __slots__ = ("args", "function", "kwargs", "output", "parent", "repair")

    def __init__(
        self, function: Callable[..., Any], parent: Call | None, args: tuple[Any, ...], kwargs: dict[str, Any],
        repair: str = "",
    ) -> None:  # fmt: skip
        self.function = function
        self.parent = parent
        self.args = args
        self.kwargs = kwargs
        self.repair = repair
        self.output: int | None = None

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The nodes that were passed, in the order of the arguments."""
        return tuple(x for x in (*self.args, *self.kwargs.values()) if isinstance(x, Node))

    def __repr__(self) -> str:
        return f"<call of {self.name}>"


class Meta:
    """What only some nodes have: a name, a gradient, a version. The others do without, which saves time and memory.

    retain: keep the gradient though this is no leaf. axes: names of the axes. facts: what was declared of the values,
    such as "positive". origin: of a gradient that was recorded, the cost and the tensor that it was derived by.
    Derivations use all three.
    """

    __slots__ = ("axes", "facts", "grad", "name", "origin", "retain", "version")

    def __init__(self) -> None:
        self.name: str | None = None
        self.grad: Any = None
        self.retain = False
        self.axes: tuple[str, ...] | None = None
        self.facts: frozenset[str] = frozenset()
        self.origin: tuple[Node, Node] | None = None
        self.version = 0  # the serial at the last change of the data


class _Clock:
    """The newest version of any leaf. A node with a larger serial was made after all changes and needs no check."""

    __slots__ = ("lock", "newest")

    def __init__(self) -> None:
        self.newest = 0
        self.lock = Lock()

    def tick(self) -> int:
        """A new version. One thread after the other, because the clock must never go back."""
        with self.lock:
            self.newest = next_serial()
            return self.newest


CLOCK = _Clock()


class Node:
    """One node of the graph: data, and how it was computed. `Tensor` is this, and can be computed with.

    primitive: what computed it, or None for a leaf. inputs: Nodes, and constants as plain arrays or numbers.
    params: the primitive's keyword parameters. call: the innermost call of a composite that it was made in, or None.
    serial: the creation number, larger than any input's. needs_grad: whether the sweep may bring a cotangent here; in
    a leaf it is requires_grad. pull: turns the cotangent of this node into those of its inputs; None for a leaf.
    meta: see Meta; None where there is nothing.

    Edges point to inputs only, so a graph goes when its last result goes, without the garbage collector. `_array` is
    the array itself, for the core, the recording of operations and the optimisers: everybody else takes `data`, which
    cannot be written to. The slot must not be called `_data`: numpy.ma takes an attribute of that name from anything.
    """

    __slots__ = (
        "__weakref__", "_array", "call", "inputs", "meta", "needs_grad", "params", "primitive", "pull", "serial",
    )  # fmt: skip

    _array: Any
    call: Call | None
    inputs: tuple[Any, ...]
    meta: Meta | None
    needs_grad: bool
    params: Mapping[str, Any]
    primitive: Primitive | None
    pull: Any
    serial: int

    @classmethod
    def leaf(cls, data: Any) -> Self:
        """A leaf that keeps the data it is given, without a copy."""
        node = cls.__new__(cls)
        node._array = data
        node.call = node.meta = node.primitive = node.pull = None
        node.inputs = ()
        node.needs_grad = False
        node.params = NO_PARAMS
        node.serial = next_serial()
        return node

    def note(self) -> Meta:
        """The node's Meta, made if there is none yet."""
        if self.meta is None:
            self.meta = Meta()
        return self.meta

    @property
    def sources(self) -> tuple[Any, ...]:
        """Where `pull` carries cotangents: the inputs; for a node that a program made, the program's arguments."""
        return self.inputs

    @property
    def base(self) -> Any:
        """The input whose memory this node may share, because its primitive gives views; None otherwise."""
        return self.inputs[0] if self.primitive is not None and self.primitive.view else None

    @property
    def in_graph(self) -> bool:
        """Whether what is computed from this is recorded: a leaf only if it needs a gradient or has a name to show."""
        return self.needs_grad or self.made_by is not None or self.name is not None

    @property
    def name(self) -> str | None:
        """A name for pictures, derivations and messages."""
        return self.meta.name if self.meta is not None else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self._array.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._array.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._array.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """NumPy's dtype of the data."""
        return self._array.dtype

    @property
    def made_by(self) -> str | None:
        """The name of what computed it, or None for a leaf; for messages, which need not unfold a node."""
        return self.primitive.name if self.primitive is not None else None

    def label(self) -> str:
        """How messages speak of this node."""
        made = f" made by {self.made_by}" if self.made_by is not None else ""
        return f"tensor{f' {self.name!r}' if self.name else ''} of shape {self.shape}{made}"


# --- from a cotangent of a node to those of its inputs -----------------------------------------------------------------
# A pull is made once per primitive out of its rules. The common cases, one input that needs a cotangent and two, do
# without the loop over inputs, which costs more than many a rule does.

Pull = Callable[[Any, Node], Sequence[tuple[Node, Any]]]
# Pulls test for this type first: to ask two such scalars for shape and dtype takes longer than to multiply them.
float64 = np.float64


def upstream(g: Any, out: Any, x: Any, y: Any) -> Any:
    """The rule of a sum: _pull_both compares rules with it, and does without the call."""
    return g


def _pull_only(name: str, rule: Rule, i: int, operator: bool) -> Pull:
    """The pull where input i is the only one that needs a cotangent. operator: of two operands, without parameters."""

    def pull(g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        inputs, params = node.inputs, node.params
        x = inputs[i]
        a = x._array
        if len(inputs) == 1:
            c = rule(g, node._array, a, **params) if params else rule(g, node._array, a)
        else:
            values = [v._array if isinstance(v, Node) else v for v in inputs]
            c = rule(g, node._array, *values, **params)
        if c is None:  # a condition has no derivative, even where it is a float
            return ()
        if (type(a) is not float64 or type(c) is not float64) and (c.shape != a.shape or c.dtype is not a.dtype):
            c = unbroadcast(c, a, name)
        return ((x, c),)

    def pull_of_two(g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        x, y = node.inputs
        a = x._array if isinstance(x, Node) else x
        b = y._array if isinstance(y, Node) else y
        c = rule(g, node._array, a, b)
        if i:
            x, a = y, b
        if (type(a) is not float64 or type(c) is not float64) and (c.shape != a.shape or c.dtype is not a.dtype):
            c = unbroadcast(c, a, name)
        return ((x, c),)

    return pull_of_two if operator else pull


def _pull_both(name: str, left: Rule, right: Rule) -> Pull:
    adds, also_adds = left is upstream, right is upstream

    def pull(g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        x, y = node.inputs
        a, b, out = x._array, y._array, node._array
        c = g if adds else left(g, out, a, b)
        d = g if also_adds else right(g, out, a, b)
        # Operands that are alike are not broadcast.
        if (type(a) is not float64 or type(b) is not float64) and (a.shape != b.shape or a.dtype is not b.dtype):
            c, d = unbroadcast(c, a, name), unbroadcast(d, b, name)
        return ((y, d), (x, c))

    return pull


def pull_any(
    g: Any, node: Node, recorded: bool = False, outside: Container[Node] = (), out: Node | None = None
) -> Sequence[tuple[Node, Any]]:
    """The cotangents of the inputs of a node that need one, for the cotangent g of the node itself.

    recorded: hand the rules Tensors in the place of arrays, so that they record and can be differentiated again.
    outside: inputs to leave out. out: what the rules get as the result; the node itself by default.
    """
    primitive, inputs, params = node.primitive, node.inputs, node.params
    assert primitive is not None
    values = inputs if recorded else [x._array if isinstance(x, Node) else x for x in inputs]
    result: Any = (node if out is None else out) if recorded else node._array
    rules = primitive.vjps
    made = None if isinstance(rules, tuple) else rules(result, *values, **params)  # type: ignore[misc]
    pairs = []
    for i in reversed(range(len(inputs))):  # in the order of pull_both, so that sums are the same to the bit
        x = inputs[i]
        if isinstance(x, Node) and x.needs_grad and (not outside or x not in outside):
            if made is None:
                c = rules[i](g, result, *values, **params)  # type: ignore[index]
            elif made[i] is None:
                continue
            else:
                c = made[i](g)
            if c is not None:
                if c.shape != x.shape or c.dtype is not x.dtype:
                    c = unbroadcast(c, x._array, primitive.name)
                pairs.append((x, c))
    return pairs
