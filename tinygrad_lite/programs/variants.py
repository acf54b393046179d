"""A variant of a composite: its programs for one signature, and the node that a call of it makes.

The body is traced once. Its value is one program; its cotangents are another, which starts from what the first has saved.
A call makes one node, and whoever looks into that gets the nodes of the body, as with the package's own composites
(folded.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.core.graph import Call, Meta, Node
from tinygrad_lite.core.scopes import SCOPE, UNFOLDED, Off, current_scope
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.again import Again
from tinygrad_lite.programs.entrance import Entrance
from tinygrad_lite.programs.fast.guards import Doubt
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.folded import Folded, Folding, folded, stand_in
from tinygrad_lite.programs.places import Place
from tinygrad_lite.programs.program import Program, ends_of
from tinygrad_lite.programs.pulling import Joint, Pulls, joint
from tinygrad_lite.programs.signature import Signature
from tinygrad_lite.programs.standins import PythonFloat
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.tensor.operands import own
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["NotNow", "Variant", "made"]

Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class _Traced:
    """What a trace has found.

    whole: the programs of the value and of its cotangents. lines: how many the value has. reached: where the inputs lie that
    are no arguments; these come after those that are. tensors: the numbers of the inputs that are Tensors, each with the
    Tensor itself where it is reached. counting: how many of them the value depends on; they come first. wanted: which of
    these take cotangents. needing: whether each Tensor needs a gradient.
    """

    whole: Joint
    lines: int
    reached: list[Place]
    tensors: dict[int, Tensor]
    counting: int
    wanted: list[int]
    needing: list[bool]


class Variant:
    """The programs of a composite for one signature.

    enter: (args, kwargs) -> the values of the inputs and the Tensors among these, or None where the arguments are of
    another signature, or the surroundings are not as they were. again: records the nodes of the body. doubts: how often
    the program has given up.
    """

    def __init__(
        self, function: Function, repair: str, traced: _Traced, enter: Function, again: Again, values: Sequence[Any]
    ) -> None:
        self.function, self.repair, self.enter, self.again, self.doubts = function, repair, enter, again, 0
        self.pulls = pulls = Pulls(traced.whole, shared=(0,))  # nobody writes to the array of a Tensor
        self.forward, self.backward = pulls.value.call, pulls.pull(0)
        self.kept, self.saved = pulls.parts.inputs, pulls.parts.saved
        self.found = [traced.wanted[i] for i in traced.whole.reached[0] or ()]
        self.tensors, self.counting, self.needing = list(traced.tensors), traced.counting, traced.needing
        self.arrays = [i for i, x in enumerate(values) if type(x) is np.ndarray and i not in traced.tensors]

    def call(self, given: tuple[Sequence[Any], Sequence[Node]], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result for what `enter` gave; None where the program gives up, and the body must run."""
        values, tensors = given
        try:
            outputs = self.forward(*values)
        except Doubt:
            self.doubts += 1
            return None
        scope = current_scope()
        if type(scope) is Off:
            return Tensor.leaf(outputs[0])
        call = _Run(self.function, scope, args, kwargs, self.repair)
        call.variant, call.values, call.outputs, call.tensors = self, own(values, self.arrays), outputs, tensors
        call.output = serial = self.pulls.serial()
        return folded(outputs[0], call, call, serial)


class _Run(Call, Folding):
    """A call of a composite that a variant computed.

    values, outputs: inputs and outputs of the program of the value. tensors: the Tensors among the inputs.
    """

    __slots__ = ("outputs", "tensors", "values", "variant")

    outputs: Sequence[Any]
    tensors: Sequence[Any]
    values: Sequence[Any]
    variant: Variant

    @property
    def scope(self) -> Call:
        """The nodes of the body belong to this call."""
        return self

    @property
    def sources(self) -> Sequence[Any]:
        """The Tensors on which the value depends."""
        return self.tensors[: self.variant.counting]

    @property
    def room(self) -> int:  # type: ignore[override]
        return self.variant.pulls.room

    def __call__(self, g: Any, node: Folded) -> Sequence[tuple[Node, Any]]:
        try:
            return self.cotangents(g)
        except Doubt:  # the rules of the body then give nan and inf as they do
            node.unfold()
            return node.pull(g, node)  # type: ignore[no-any-return]

    def cotangents(self, g: Any) -> list[tuple[Node, Any]]:
        """The cotangents of the sources. Raises Doubt."""
        v, values, outputs = self.variant, self.values, self.outputs
        found = v.backward(g, *[values[i] for i in v.kept], *[outputs[i] for i in v.saved])
        return [(self.tensors[i], c) for i, c in zip(v.found, found, strict=True)]

    def run_again(self) -> tuple[Node, Mapping[Any, Any]]:
        """Run the body on stand-ins for the Tensors, so that its nodes are as they were when it was called."""
        v, values = self.variant, list(self.values)
        given: dict[Tensor, Any] = {}
        for i, t, needs in zip(v.tensors, self.tensors, v.needing, strict=True):
            values[i] = fresh = stand_in(t, needs)
            given[fresh] = t
        UNFOLDED.set(True)
        return v.again.node(values, 0, 0), given


# --- how a variant is made --------------------------------------------------------------------------------------------


def made(
    function: Function, repair: str, args: tuple[Any, ...], kwargs: dict[str, Any], signature: Signature, fewest: int
) -> Variant:
    """The variant for a call. Raises CompileError where the body is none that a program can stand for, or NotNow.

    fewest: a body of fewer lines is not worth a program.
    """
    world = World(_inlined, floats=False)
    result = world.call(function, args, kwargs, signature.names)
    if len(world.given) != len(signature.inputs):
        _refuse("is called with arguments of which no program can tell the inputs")
    _refuse_result(result)
    _refuse_effects(world)
    traced, program = _programs(result, world)
    world.forget()
    if traced.lines < fewest:
        _refuse("has too few lines to gain by a program")
    enter = _written(args, kwargs, world, traced)
    given = enter(args, kwargs)
    if given is None:
        _refuse("is called with arguments, or in surroundings, that are not what they seem")
    again = Again(function, args, kwargs, signature.inputs, world.places, traced.reached, program, False)
    variant = Variant(function, repair, traced, enter, again, given[0])
    _compare(variant, given, args, kwargs)
    return variant


def _inlined(x: Any) -> Any:
    """What a trace calls in the place of a compiled function: the function itself."""
    return getattr(x, "__wrapped__", None) if type(x).__module__.split(".")[0] == "tinygrad_lite" else None


def _refuse(what: str) -> None:
    raise CompileError(f"the composite {what}.")


def _refuse_result(result: Any) -> None:
    if not isinstance(result, Tensor) or isinstance(result, PythonFloat) or not result.needs_grad:
        _refuse("returns something else than one Tensor with a gradient")
    root = result
    while root.base is not None:
        root = root.base
    if root.pull is None:
        _refuse("returns an argument, or a view of one")
    if result.meta is not None:
        _refuse("names its result, or keeps its gradient")


def _refuse_effects(world: World) -> None:
    if world.trace.updates() or any(True for _ in world.changes()):
        _refuse("changes something")
    for t, original in world.tensors.items():
        now, before = t.note(), original.meta or Meta()
        if now.grad is not world.gradients[t] or now.name != world.labels[t] or now.retain:
            _refuse("changes a Tensor")
        if (now.axes, now.facts, t.needs_grad) != (before.axes, before.facts, original.needs_grad):
            _refuse("changes a Tensor")


def _programs(result: Tensor, world: World) -> tuple[_Traced, Program]:
    """The programs of a trace, and that of the value as the body computes it."""
    trace, reached = world.trace, world.found()
    gradients = [t for t in world.gradients.values() if t is not None]
    inputs = [*world.given, *(t for t, _ in reached)]
    program = trace.program([*inputs, *gradients], [result], [])
    used = {x for line in program.lines for x in line.inputs} | set(ends_of(program))
    if not used.isdisjoint(program.inputs[len(inputs) :]):
        _refuse("reads a gradient")
    counts = {t for t, x in zip(inputs, program.inputs, strict=False) if x in used}
    reached = [(t, place) for t, place in reached if t in counts]
    inputs = [*world.given, *(t for t, _ in reached)]
    if not all(isinstance(t._array, np.ndarray | np.generic) and t.dtype.kind in "fiub" for t in inputs):
        _refuse("reaches arrays of others than NumPy's numbers")
    tensors = sorted((i for i, t in enumerate(inputs) if t in world.tensors), key=lambda i: inputs[i] not in counts)
    counting = [i for i in tensors if inputs[i] in counts]
    wanted = [k for k, i in enumerate(counting) if inputs[i].needs_grad]
    program = trace.program(inputs, [result], [])
    whole = joint(trace, inputs, [result], [result], [inputs[counting[k]] for k in wanted])
    return _Traced(
        whole, len(program.lines), [place for _, place in reached], {i: world.tensors[inputs[i]] for i in tensors},
        len(counting), wanted, [inputs[i].needs_grad for i in tensors],
    ), program  # fmt: skip


def _written(args: tuple[Any, ...], kwargs: dict[str, Any], world: World, traced: _Traced) -> Function:
    """The function `enter` of a variant. It is written once, because each call asks it."""
    source = Source()
    source.reserve("enter", "hold", "args", "kwargs", "id", "isinstance", "len", "list", "type", "x")
    entrance = Entrance(source, args, False, kwargs)
    asked = [*entrance.asked, *([] if world.places.empty() else ["hold()"])]
    source.space["hold"] = world.places.hold
    count = len(entrance.given)
    values = [f"{text}._array" if i in traced.tensors else text for i, text in enumerate(entrance.given)]
    values += [place.text(source) for place in traced.reached]
    tensors = [entrance.given[i] if i < count else source.bind("k", t) for i, t in traced.tensors.items()]
    source.lines += [
        "def enter(args, kwargs):",
        f"    if len(args) != {len(args)} or len(kwargs) != {len(kwargs)}:",
        "        return None",
        *(f"    ({name},) = args" for name in [", ".join(entrance.names)] if name),
        f"    if not ({' and '.join(asked) or 'True'}):",
        "        return None",
        f"    return ({''.join(f'{x}, ' for x in values)}), ({''.join(f'{x}, ' for x in tensors)})",
    ]
    return source.compiled("enter")


# --- whether it is right ------------------------------------------------------------------------------------------------


class NotNow(Exception):
    """With these arguments the programs cannot be compared with the body: they give up, or the body raises an error."""


def _compare(variant: Variant, given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise CompileError where the programs give something else than the body for these arguments, or NotNow.

    A body may ask for what a stand-in cannot show, such as `type(x)`: then its trace went another way.
    """
    node = copy_context().run(_recorded_call, variant, given, args, kwargs)
    if node is None:
        raise NotNow
    g = np.cos(np.arange(node.size)).reshape(node.shape).astype(node.dtype)[()]
    try:
        found = dict(node.pull.cotangents(g))
        value, wanted = copy_context().run(_of_the_body, variant.function, args, kwargs, g, set(found))
    except Exception as error:
        raise NotNow from error
    if not _close(node._array, value) or found.keys() != wanted.keys():
        _refuse("does something else for arrays than for Tensors")
    if not all(_close(c, wanted[t]) for t, c in found.items()):
        _refuse("has other derivatives for arrays than for Tensors")


def _recorded_call(variant: Variant, given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    SCOPE.set(None)
    return variant.call(given, args, kwargs)


def _of_the_body(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], g: Any, sources: set[Node]
) -> tuple[Any, dict[Node, Any]]:
    """The value of the body, and its cotangents for the upstream gradient g."""
    SCOPE.set(None)
    with np.errstate(all="ignore"):
        result = function(*args, **kwargs)
        return result._array, dict(sweep([(result, g)], sources))


def _close(x: Any, y: Any) -> bool:
    """Whether two arrays are the same but for rounding: in half of the digits, because terms may cancel."""
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    share = float(np.sqrt(np.finfo(y.dtype).eps))
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(y), initial=0, where=np.isfinite(y))
        return bool(np.allclose(x, y, rtol=share, atol=share * float(largest), equal_nan=True))
