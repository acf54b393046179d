"""tg.vmap: a function of one example, run for all examples at once.

The function is traced on one example, and its program is batched: what depends on the examples has them as its first
axis. Where that cannot be done, the function runs for one example after the other, with the same result.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node, next_serial
from tinygrad_lite.core.scopes import TRACE, recorded
from tinygrad_lite.errors import GradientError, ShapeError, UnsupportedError
from tinygrad_lite.programs.batching import batched, dependent
from tinygrad_lite.programs.program import program_of
from tinygrad_lite.programs.reachable import generators_in, makes_generators, reached_by
from tinygrad_lite.programs.running import all_finite, run_or_none
from tinygrad_lite.programs.stacking import NotBatched
from tinygrad_lite.programs.standins import stand_in
from tinygrad_lite.programs.tracing import Trace
from tinygrad_lite.programs.watching import drawing_nothing
from tinygrad_lite.tensor.keywords import answering
from tinygrad_lite.tensor.operands import plain_array
from tinygrad_lite.tensor.tensor import Tensor, as_tensor
from tinygrad_lite.trees import flatten

__all__ = ["vmap"]

Function: TypeAlias = Callable[..., Any]
Axes: TypeAlias = Any  # an axis, None, or nested lists, tuples and dicts of these


@answering("tg.vmap")
def vmap(f: Function, in_axes: Axes = 0, out_axes: Axes = 0) -> Function:
    """A function that runs f for each row of its arguments, and stacks the results.

    f: takes one example and returns arrays, or nested lists, tuples and dicts of them. in_axes: the axis of each
    positional argument along which the examples lie, or None for what is the same for all: one for all arguments, or
    a tuple with one per argument, nested as the argument or not. out_axes: where the examples lie in the results;
    None for what is the same for all. Keyword arguments are handed on as they are. Arrays in, arrays out; Tensors in,
    Tensors out that can be differentiated. What f closes over is the same for all examples.

    f runs once in each call, on stand-ins for one example; tg.compile(tg.vmap(f)) runs it in the first call alone. Where
    no program can stand for f, because it branches on values, draws random numbers or changes a Tensor, it runs for each
    example by itself. Raises ShapeError where the sizes of the mapped axes differ, or in_axes and out_axes do not fit.

    See also: tg.grad, tg.jacobian, tg.compile.

    >>> import numpy as np, tinygrad_lite as tg
    >>> def cost(w, x, y):
    ...     return (x @ w - y) ** 2
    >>> w, x, y = np.ones(2), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.0, 7.0])
    >>> print(tg.vmap(tg.grad(cost), in_axes=(None, 0, 0))(w, x, y))  # a gradient for each example
    [[ 6. 12.]
     [ 0.  0.]]
    """

    if not callable(f):
        raise UnsupportedError(f"tg.vmap takes a function; got {f!r}. Call what it gives: tg.vmap(f)(x).")

    @functools.wraps(f)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        return _Mapping(f, args, kwargs, in_axes).results(out_axes)

    return mapped


_MISSING = object()  # no result: None may be one


class _ExampleTrace(Trace):
    """The trace of one example. It refuses what changes a Tensor that is the same for all examples.

    outer: the trace in which this one runs, or None. start: the serial from which on Tensors belong to the example.
    """

    def __init__(self, inputs: list[Tensor], outer: Trace | None, start: int) -> None:
        super().__init__(inputs if outer is None else [*inputs, *outer.inputs])
        self.start = start
        if outer is not None:
            self.contents = dict(outer.contents)  # what the outer function has computed so far holds here, too

    def hold(self, leaf: Node, value: Node) -> None:
        """Say that a leaf holds another value."""
        self._own(leaf, "changes a Tensor that it closes over")
        super().hold(leaf, value)

    def reads_gradient(self, leaf: Node) -> None:
        """Note that the gradient of a leaf is read or added to."""
        self._own(leaf, "reads or changes the gradient of a Tensor that it closes over")
        super().reads_gradient(leaf)

    def _own(self, leaf: Node, what: str) -> None:
        if leaf.serial < self.start:
            self.does(what)


class _Mapping:
    """One call of a mapped function.

    leaves: the arrays in the arguments, those that are mapped with the examples first. places: which are mapped.
    size: how many examples there are.
    """

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], in_axes: Axes) -> None:
        self.f, self.kwargs = f, kwargs
        self.leaves, self.rebuild = flatten(args)
        self.tensors = any(isinstance(x, Tensor) for x in self.leaves)
        axes = _per_leaf(in_axes, args, "in_axes")
        self.places = [i for i, x in enumerate(self.leaves) if axes[i] is not None and x is not None]
        if not self.places:
            raise ShapeError(f"vmap maps at least one array; in_axes={in_axes!r} leaves everything as it is.")
        shapes = [np.shape(self.leaves[i]) for i in self.places]
        for i in self.places:
            self.leaves[i] = _examples_first(self.leaves[i], axes[i])
        sizes = [self.leaves[i].shape[0] for i in self.places]
        if len(set(sizes)) > 1:
            listed = ", ".join(
                f"{n} along axis {axes[i]} of {s}" for i, s, n in zip(self.places, shapes, sizes, strict=True)
            )
            raise ShapeError(
                f"vmap: the mapped axes are of one size; got {listed}. Give None for what is the same for all."
            )
        self.size = sizes[0]

    def results(self, out_axes: Axes) -> Any:
        """What f gives for all examples, nested as f returns it."""
        found = self._at_once(out_axes)
        return self._one_by_one(out_axes) if found is _MISSING else found

    def _example(self, values: list[Any]) -> Any:
        """f for one example: the values of what is mapped."""
        leaves = list(self.leaves)
        for i, value in zip(self.places, values, strict=True):
            leaves[i] = value
        return self.f(*self.rebuild(leaves), **self.kwargs)

    # --- all at once ---------------------------------------------------------------------------------------------

    def _at_once(self, out_axes: Axes) -> Any:
        """The results by one program; None where the examples have to go one by one."""
        outer, start = TRACE.get(), next_serial()
        stacks = [self.leaves[i] for i in self.places]
        inputs = [stand_in(_an_example(x)) for x in stacks]
        trace = _ExampleTrace(inputs, outer, start)
        try:
            example = self._traced(trace, inputs)
        except Exception:
            if not self.size:
                raise  # without an example nobody can say what f returns
            return _MISSING  # no program can stand for f, or it raises an error, which it raises in its own words
        results = _Results(example, out_axes)
        captured: list[Node] = []
        row = program_of(inputs, results.leaves, trace.checks, trace.watched, captured, trace.contents)
        moving = dependent(row, row.inputs[: len(inputs)])
        for value, axis in zip(row.outputs, results.axes, strict=True):
            if axis is None and value in moving:
                raise _unstacked(value.shape)
        tensors = self.tensors or outer is not None or _reach_back(captured, start)
        given = captured if tensors else [x._array for x in captured]
        if not self.size:
            return results.put([np.zeros((0, *x.shape), x.dtype) for x in row.outputs], tensors)
        if trace.replaced or trace.assigned:
            return _MISSING  # what is changed in place, or assigned, is not in the program
        try:
            whole = batched(row, [True] * len(inputs) + [False] * len(captured), self.size)
        except NotBatched:
            return _MISSING
        found = run_or_none(whole, [*stacks, *given])
        if found is None or (outer is None and not all_finite(*found)):
            return _MISSING  # there may be something to warn of
        return results.put(found, tensors, [*stacks, *given])

    def _traced(self, trace: _ExampleTrace, inputs: list[Tensor]) -> Any:
        """What f returns for stand-ins. Raises CompileError where it draws random numbers, which all would share."""
        outer = TRACE.get()  # which looks at the generators itself
        known: list[Any] = []
        if outer is None:
            reached = list(reached_by(self.f))
            if self.size and makes_generators(reached):
                trace.does("may draw random numbers")
            known = [*generators_in(reached), random._inst, np.random.mtrand._rand]
        flags: list[str] = []
        token = TRACE.set(trace)
        try:
            with recorded(), _flags_to(flags, outer is None), drawing_nothing(trace.does, known):
                result = self._example(inputs)
        finally:
            TRACE.reset(token)
        if trace.refused is not None:  # the function has caught it
            raise trace.refused
        if flags and self.size:
            trace.does("computes something that NumPy warns of")
        return result

    # --- one by one ----------------------------------------------------------------------------------------------

    def _one_by_one(self, out_axes: Axes) -> Any:
        """The results of f for each example, stacked."""
        start = next_serial()
        rows = [
            _Results(self._example([self.leaves[i][number] for i in self.places]), out_axes)
            for number in range(self.size)
        ]
        for row in rows[1:]:
            rows[0].refuse_another(row)
        results = [x for row in rows for x in row.leaves if isinstance(x, Tensor)]
        tensors = self.tensors or TRACE.get() is not None or _reach_back(results, start)
        columns = zip(*(row.leaves for row in rows), strict=True)
        stacks = [np.stack(column) for column in columns]
        for x, axis in zip(stacks, rows[0].axes, strict=True):
            data = x._array if isinstance(x, Tensor) else x
            if axis is None and not np.array_equal(data, np.broadcast_to(data[:1], data.shape), equal_nan=True):
                raise _unstacked(data.shape[1:])
        return rows[0].put(stacks, tensors)


def _flags_to(flags: list[str], noted: bool) -> np.errstate:
    """No warnings; where a flag is noted, its kind is put into the list."""
    mode = "call" if noted else "ignore"
    return np.errstate(divide=mode, over=mode, invalid=mode, under="ignore", call=lambda kind, flag: flags.append(kind))  # type: ignore[arg-type]


def _reach_back(nodes: Sequence[Node], start: int) -> bool:
    """Whether one of the nodes belongs to a graph that was there before serial `start`, or was computed from one."""
    stack, seen = list(nodes), set(nodes)
    while stack:
        node = stack.pop()
        if node.serial < start and node.in_graph:
            return True
        new = {x for x in node.inputs if isinstance(x, Node)} - seen
        seen |= new
        stack += new
    return False


class _Results:
    """What f returned for one example, and where the examples lie in the results of all.

    leaves: its arrays and Tensors. axes: for each of them, the axis, or None.
    """

    def __init__(self, result: Any, out_axes: Axes) -> None:
        all_leaves, self.rebuild = flatten(result)
        all_axes = _per_leaf(out_axes, result, "out_axes")
        self.places = [i for i, x in enumerate(all_leaves) if x is not None]
        self.count = len(all_leaves)
        self.leaves = [_checked(all_leaves[i]) for i in self.places]
        self.axes = [all_axes[i] for i in self.places]

    def refuse_another(self, other: _Results) -> None:
        """Raise ShapeError where the result for another example is nested otherwise, or has other shapes."""
        nested, other_nested = (r.rebuild([None] * r.count) for r in (self, other))
        if nested != other_nested or self.places != other.places:
            raise ShapeError(f"vmap: results are nested alike for all examples; got {nested} and {other_nested}.")
        for x, y in zip(self.leaves, other.leaves, strict=True):
            if np.shape(x) != np.shape(y):
                raise ShapeError(f"vmap: a result has one shape for all examples; got {np.shape(x)} and {np.shape(y)}.")

    def put(self, stacks: Any, tensors: bool, callers: Sequence[Any] = ()) -> Any:
        """Stacks of all examples' leaves, nested as f's result. callers: arrays of the caller's own, to be copied."""
        full: list[Any] = [None] * self.count
        seen = set(map(id, callers))
        for i, axis, x in zip(self.places, self.axes, stacks, strict=True):
            full[i] = _finished(x, axis, tensors, seen)
        return self.rebuild(full)


# --- axes --------------------------------------------------------------------------------------------------------


def _per_leaf(axes: Axes, tree: Any, what: str) -> list[Any]:
    """The axis of each leaf of a tree: an axis or None stands for all leaves below its place."""
    if axes is None or (isinstance(axes, int | np.integer) and not isinstance(axes, bool)):
        return [None if axes is None else int(axes)] * len(flatten(tree)[0])
    if isinstance(axes, dict) and isinstance(tree, dict) and axes.keys() == tree.keys():
        return [a for key in tree for a in _per_leaf(axes[key], tree[key], what)]
    nested = isinstance(axes, list | tuple) and isinstance(tree, list | tuple)
    if not nested or len(axes) != len(tree):
        at = f"{len(tree)} values" if isinstance(tree, list | tuple) else f"a {type(tree).__name__}"
        raise ShapeError(
            f"vmap: {what} is one axis, None, or nested as the values that it is for; got {axes!r} for {at}. "
            "A tuple has one entry for each."
        )
    return [a for below, part in zip(axes, tree, strict=True) for a in _per_leaf(below, part, what)]


def _examples_first(x: Any, axis: int) -> Any:
    """An array or Tensor with the mapped axis in front."""
    if not isinstance(x, Tensor):
        x = np.asarray(plain_array(x, "vmap"))
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(
            f"vmap: there is no axis {axis} in shape {x.shape}. Give None in in_axes for what is the same for all "
            "examples, and make nested lists arrays first: np.array(rows)."
        )
    return x if axis % x.ndim == 0 else np.moveaxis(x, axis, 0)


def _an_example(x: Any) -> Any:
    """Numbers to trace with: the first example, or zeros where there is none."""
    data = x._array if isinstance(x, Tensor) else x
    return data[0] if len(data) else np.zeros(data.shape[1:], data.dtype)


# --- results -----------------------------------------------------------------------------------------------------


def _checked(x: Any) -> Any:
    """A leaf of f's result."""
    if isinstance(x, Tensor | np.ndarray | np.generic | int | float):
        return x
    raise GradientError(f"vmap: the function must return arrays or Tensors, nested or not; got {type(x).__name__}.")


def _unstacked(shape: Any) -> ShapeError:
    return ShapeError(
        f"vmap: out_axes=None is for a result that is the same for all examples; one of shape {shape} differs. "
        "Give the axis where the examples are to lie."
    )


def _finished(x: Any, axis: int | None, tensors: bool, seen: set[int]) -> Any:
    """A stack of one result with the examples where they are wanted, as the caller's own array or Tensor."""
    if axis is None:
        x = x[0]
    elif not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"vmap: out_axes={axis}, but with the examples the result has shape {x.shape}.")
    elif axis % x.ndim:
        x = np.moveaxis(x, 0, axis)
    if tensors:
        return p.copy(x) if isinstance(x, Tensor) and x.made_by is None else as_tensor(x)
    x = x._array if isinstance(x, Tensor) else x
    shared = isinstance(x, np.ndarray) and (x.base is not None or not x.flags.writeable or id(x) in seen)
    seen.add(id(x))
    return x.copy() if shared else x
