"""Calls of composites as one node: a program computes the value and the cotangents, the body is run when it is asked for.

A small array costs as much to record as to compute, and a body records a node for each of its primitives. The node
here is one for all of them. As soon as anybody looks at what it was computed from (a picture, a derivation, a third
derivative), the body is run on the same inputs and its nodes take the place of this one. Its value stays the one of
the program, which equals that of the body to a few roundings. slopes.py does the same for its cotangents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from threading import RLock
from typing import Any, NamedTuple

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.backprop import check_version
from tinygrad_lite.core.graph import SERIAL_STEP, Call, Node, Primitive, next_serial, pull_any
from tinygrad_lite.core.scopes import SCOPE, TRACE, UNFOLDED, Off, current_scope
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import GradientError
from tinygrad_lite.tensor.operands import unchanging
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Ask", "Fits", "Folded", "Folding", "Kernel", "Run", "floats", "folded", "run", "stand_in"]


class Ask(NamedTuple):
    """What the arguments in these places must hold, and what that claims of the value: see Check in program.py."""

    places: tuple[int, ...]
    holds: Callable[..., bool]
    claim: str = ""


class Fits(NamedTuple):
    """When a program may run in the place of a body, asked of arrays and numbers; elsewhere the body runs.

    shapes: looks at shapes and dtypes only, and returns what the program takes besides its arguments, mostly (), or
    None. asks: what the numbers must hold, where a body refuses some.
    """

    shapes: Callable[..., tuple[Any, ...] | None]
    asks: tuple[Ask, ...] = ()


_ARRAYS = {np.ndarray, np.float64, np.float32}
_PLAIN = {int, float, bool, tuple, type(None)}
_KEPT = _PLAIN | {np.float64, np.float32}  # what an argument may be besides an array: nobody can change it


class Kernel:
    """A program that computes what a body computes.

    value: takes the arguments of the body and what `fits` adds; returns the result, and what the VJPs need of it.
    vjps: by the place of an argument, a function of the upstream gradient and of what was saved; without one for an
    argument the cotangents come from the nodes of the body.
    primitive: what the call is in a trace where a NumPy function computes the value; the VJPs then take its arguments.
    slopes: where a sweep is recorded, the cotangents of a call as one node each, or None: see slopes.py.
    """

    __slots__ = ("fits", "primitive", "slopes", "value", "vjps")

    def __init__(
        self,
        value: Callable[..., tuple[Any, tuple[Any, ...]]],
        vjps: Mapping[int, Callable[..., Any]],
        fits: Fits,
        primitive: Primitive | None = None,
        slopes: Callable[[Run, Node, Any], Sequence[tuple[Node, Any]] | None] | None = None,
    ) -> None:
        self.value, self.vjps, self.fits, self.primitive, self.slopes = value, vjps, fits, primitive, slopes


def floats(*arrays: Any) -> tuple[Any, ...] | None:
    """The shapes of a program that takes any arrays of floats, and nothing besides them."""
    for a in arrays:
        if a.dtype.kind != "f":
            return None
    return ()


def run(
    kernels: Sequence[Kernel], function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], repair: str
) -> Any:
    """The result of a call of a composite by the first kernel that fits; None where the body must run."""
    values: list[Any] = []
    needing: list[int] = []  # the places of the arguments that need a gradient
    tensors = tracked = arrays = False
    for x in args:
        kind = type(x)
        if kind is Tensor or kind is Folded:
            tensors = True
            if x.needs_grad:
                needing.append(len(values))
            elif not tracked:
                tracked = x.in_graph
            x = x._array
            if type(x) not in _ARRAYS:
                return None
        elif kind is np.ndarray:
            arrays = True
        elif kind not in _KEPT:
            return None
        values.append(x)
    if kwargs and not _PLAIN.issuperset(map(type, kwargs.values())):
        return None
    if tensors and (trace := TRACE.get()) is not None:
        return _traced(trace, kernels, function, args, values, kwargs, repair)
    scope: Any = _OFF
    if (needing or tracked) and type(scope := SCOPE.get()) is Off:
        scope = current_scope()
    sources = args
    if arrays and type(scope) is not Off:  # the caller may write into arrays: the node keeps its own
        own = list(args)
        for i, x in enumerate(args):
            if type(x) is np.ndarray:
                own[i] = values[i] = unchanging(x)
        sources = tuple(own)
    try:
        for kernel in kernels:
            fits, asks = kernel.fits
            extra = fits(*values, **kwargs) if kwargs else fits(*values)
            if extra is not None and _hold(asks, values):
                break
        else:
            return None
        data, saved = kernel.value(*values, *extra, **kwargs)
    except Exception:
        return None  # the body then says in its own words what is wrong with the arguments
    if type(scope) is Off:
        return Tensor.leaf(data) if tensors else data
    call = Run(function, scope, args, kwargs, repair)
    call.kernel, call.sources, call.needing, call.saved = kernel, sources, needing, saved
    call.output = serial = next_serial()
    return folded(data, call, call, serial, bool(needing))


def _hold(asks: Sequence[Ask], values: Sequence[Any]) -> bool:
    for places, holds, _ in asks:  # a generator costs a third of what a check does
        if not (holds(values[places[0]]) if len(places) == 1 else holds(*[values[i] for i in places])):
            return False
    return True


def _traced(
    trace: Any, kernels: Sequence[Kernel], function: Callable[..., Any], args: tuple[Any, ...], values: list[Any],
    kwargs: dict[str, Any], repair: str,
) -> Any:  # fmt: skip
    """The result of a call inside of a trace: the lines of the program are recorded, its value and its VJP.

    What Fits asks of the numbers of Tensors becomes checks of the trace: they are not looked at.
    """
    for kernel in kernels:
        shapes, asks = kernel.fits
        try:
            extra = shapes(*values, **kwargs)
        except Exception:
            continue
        if extra is not None and kernel.vjps:
            break
    else:
        return None
    needing = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.needs_grad]
    if not all(i in kernel.vjps for i in needing):
        return None
    of_tensors = [any(isinstance(args[i], Tensor) for i in ask.places) for ask in asks]
    if not _hold([ask for ask, later in zip(asks, of_tensors, strict=True) if not later], values):
        return None
    for (places, holds, claim), later in zip(asks, of_tensors, strict=True):
        if later:
            trace.check(holds, *(args[i] for i in places), claim=claim)
    outer = current_scope()
    call = _Traced(function, None if type(outer) is Off else outer, args, kwargs, repair)
    call.kernel, call.sources, call.needing = kernel, args, needing
    trace.calls.append(call)
    try:
        if type(outer) is not Off:
            SCOPE.set(call)
        if kernel.primitive is not None:
            out, call.saved = kernel.primitive(*args), args
        else:
            out, call.saved = kernel.value(*args, *extra, **kwargs)
            if out.needs_grad:
                out = p.identity(out)
        if out.needs_grad:
            out.pull = call
        call.output = out.serial
    finally:
        SCOPE.set(outer)
    return out


_new = Tensor.__new__
_OFF = Off(None)


class Folding:
    """The pull of a node that a program computed. It can run the function that the program stands for.

    room: how many serials are free for the nodes of the function, up to that of the node.
    """

    __slots__ = ()

    room = SERIAL_STEP - 1

    @property
    def name(self) -> str:
        """The name of the function."""
        raise NotImplementedError

    @property
    def sources(self) -> Sequence[Any]:
        """What the function was called with, as far as cotangents depend on it."""
        raise NotImplementedError

    @property
    def scope(self) -> Call | Off | None:
        """Where the nodes of the function belong."""
        raise NotImplementedError

    def recorded(self, g: Any, node: Folded) -> Sequence[tuple[Node, Any]]:
        """The cotangents as a graph, by the rules of the function's nodes."""
        node.unfold()
        return pull_any(g, node, recorded=True)

    def run_again(self) -> tuple[Node, Mapping[Any, Any]]:
        """The last node of the function, and what stand-ins for its arguments stand for."""
        raise NotImplementedError


class Run(Call, Folding):
    """A call of a composite that a kernel computed.

    sources: the arguments, with the node's own copies of arrays. needing: the places of those that needed a gradient.
    """

    __slots__ = ("kernel", "needing", "saved", "sources")

    sources: tuple[Any, ...]
    kernel: Kernel
    needing: list[int]
    saved: tuple[Any, ...]

    @property
    def scope(self) -> Call:
        """The nodes of the body belong to this call."""
        return self

    def __call__(self, g: Any, node: Folded) -> Sequence[tuple[Node, Any]]:
        vjps, saved, arguments = self.kernel.vjps, self.saved, self.sources
        pairs = []
        for i in self.needing[::-1]:
            vjp = vjps.get(i)
            if vjp is None:
                break
            pairs.append((arguments[i], vjp(g, *saved)))
        else:
            return pairs
        node.unfold()
        return node.pull(g, node)  # type: ignore[no-any-return]

    def recorded(self, g: Any, node: Folded) -> Sequence[tuple[Node, Any]]:
        """The cotangents, each as one node where that is possible."""
        slopes = self.kernel.slopes
        return (slopes(self, node, g) if slopes is not None else None) or super().recorded(g, node)

    def run_again(self) -> tuple[Node, Mapping[Any, Any]]:
        """Run the body on stand-ins, so that its nodes are new, and record the primitives of composites in it, too."""
        given: dict[Tensor, Any] = {}
        arguments = list(self.sources)
        for i, x in enumerate(arguments):
            # An array gets a stand-in, too: so what the body computes from it is recorded, and 1 − y is known to be that.
            if isinstance(x, Tensor | np.ndarray):
                arguments[i] = fresh = stand_in(x, i in self.needing)
                given[fresh] = x
        UNFOLDED.set(True)
        return self.function(*arguments, **self.kwargs), given


class _Traced(Run):
    """The pull of a result inside of a trace: the lines of the VJP are recorded."""

    __slots__ = ()

    def __call__(self, g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        saved = [x._array if isinstance(x, Tensor) else x for x in self.saved]
        return [(self.sources[i], self.kernel.vjps[i](g, *saved)) for i in reversed(self.needing)]

    def recorded(self, g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        slopes = self.kernel.slopes
        found = slopes(self, node, g) if slopes is not None else None
        return found or [(self.sources[i], self.kernel.vjps[i](g, *self.saved)) for i in reversed(self.needing)]


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
    def made_by(self) -> str | None:
        """The name of the function that the program stands for."""
        step = self.pull
        return step.name if isinstance(step, Folding) else self.primitive.name

    @property
    def sources(self) -> tuple[Any, ...]:
        """What the program carries cotangents to."""
        step = self.pull
        return tuple(step.sources) if isinstance(step, Folding) else self.inputs

    def unfold(self) -> None:
        """Put the nodes of the function in the place of this one, which becomes the last of them."""
        with _LOCK:
            step = self.pull
            if isinstance(step, Folding):  # another thread may have been quicker
                self._replace(step)
            self.__class__ = Tensor  # type: ignore[assignment]  # last: until then other threads wait for the lock

    def _replace(self, step: Folding) -> None:
        for x in step.sources:
            check_version(self, x)  # from changed inputs the function would compute other values than this node has
        start = next_serial()
        last, given = copy_context().run(_recorded, step)
        self._take_place_of(last, given, [node for node in graph(last) if node.serial > start], step)
        self.call = last.call
        self.primitive, self.inputs, self.params = last.primitive, last.inputs, last.params
        self.pull = last.pull  # after the others: whoever finds it finds them, also where Ctrl-C comes in between

    def _take_place_of(self, last: Node, given: Mapping[Any, Any], nodes: Sequence[Node], step: Folding) -> None:
        """Put new nodes between the arguments and this node: in their inputs, serials and calls."""
        if len(nodes) > step.room:
            raise GradientError(f"{step.name} has too many steps to be looked into.")
        numbers = {node.serial: k for k, node in enumerate(nodes, self.serial - len(nodes) + 1)}
        calls = {step.scope}
        for node in nodes:
            node.inputs, node.serial = _swapped(node.inputs, given), numbers[node.serial]
            call = node.call
            while call is not None and call not in calls:  # of a composite inside of the function
                calls.add(call)
                call.args, call.output = _swapped(call.args, given), numbers.get(call.output or 0)
                call.kwargs = dict(zip(call.kwargs, _swapped(tuple(call.kwargs.values()), given), strict=True))
                call = call.parent


def _swapped(values: tuple[Any, ...], given: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(given.get(x, x) if isinstance(x, Tensor) else x for x in values)


def folded(data: Any, scope: Call | None, pull: Folding, serial: int, needs_grad: bool = True) -> Folded:
    """The node of what a program computed. scope: the call that it was made in."""
    node = _new(Folded)
    node._array, node.call, node.meta = data, scope, None
    node.needs_grad, node.pull, node.serial = needs_grad, pull, serial
    return node


def stand_in(x: Any, needs: bool) -> Tensor:
    """An argument as it was when the node was made; it has a name, so that what is computed from it is recorded."""
    tensor = isinstance(x, Tensor)
    fresh = Tensor.leaf(x._array if tensor else x)
    fresh.needs_grad = needs
    fresh.note().name = (tensor and x.name) or "argument"
    return fresh


def _recorded(step: Folding) -> tuple[Node, Mapping[Any, Any]]:
    """What the function computes, recorded in its scope whatever is recorded where somebody looks.

    It runs in a context of its own, so that nothing has to be set back.
    """
    SCOPE.set(step.scope)
    TRACE.set(None)
    with np.errstate(all="ignore"):  # the forward pass has warned already
        return step.run_again()
