"""A function run once on stand-ins for its arguments, with the names that its variables had.

A listing shows what the user's code says, so it needs more than the lines of a program: the calls of composites, the
gradients that were taken, and the names of the values in the functions of the user.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

import tinygrad_lite
from tinygrad_lite.core.graph import Node
from tinygrad_lite.optim import Optimizer
from tinygrad_lite.programs.places import Item
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.programs.tracing import Trace
from tinygrad_lite.programs.watching import profile_again
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.trees import flatten

__all__ = ["Argument", "Recording", "is_argument", "record_call"]

_PACKAGE = str(Path(tinygrad_lite.__file__).parent)
_END = 1 << 62  # a serial after all others
_LIBRARIES = (_PACKAGE, str(Path(np.__file__).parent), str(Path(inspect.__file__).parent))


@dataclass
class Argument:
    """One array or number that comes in: where it is in the arguments, and what stood in for it.

    place: the parameter, and the keys and numbers that lead to the value inside of it. outside: whether the function
    reaches it in another way than by its arguments; place is then what it is called there.
    """

    place: tuple[Any, ...]
    node: Tensor
    outside: bool = False


@dataclass(eq=False)
class Swept:
    """One sweep: from results with their upstream gradients to the cotangents of some tensors, those that were reached."""

    results: list[Any]
    seeds: list[Any]
    cotangents: dict[Any, Any]

    @property
    def wrt(self) -> list[Any]:
        """The tensors."""
        return list(self.cotangents)


@dataclass
class Recording:
    """What one call did. names: of the values that variables of the user's functions held, the first name of each.

    arrays: the plain arrays that such variables held.
    """

    arguments: list[Argument]
    result: Any
    trace: Trace = field(default_factory=Trace)
    sweeps: list[Swept] = field(default_factory=list)
    names: dict[Tensor, str] = field(default_factory=dict)
    arrays: dict[str, Any] = field(default_factory=dict)
    updates: list[tuple[Any, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.targets = {t for sweep in self.sweeps for t in sweep.wrt}

    @property
    def results(self) -> list[Any]:
        """The leaves of the result, and the new values of what was updated."""
        return [*(self.held(x, _END) for x in flatten(self.result)[0]), *(new for _, new in self.updates)]

    def held(self, x: Any, serial: int) -> Any:
        """What x was when a node of this serial was computed: a leaf may hold what was computed.

        A leaf that is differentiated by stays itself, as long as nothing else was put into it.
        """
        entries = self.trace.contents.get(x, ()) if isinstance(x, Node) else ()
        before = [value for since, value in entries if since < serial]
        if not before or (x in self.targets and len(before) == 1 and self.made_of(x) is not None):
            return x
        return self.held(before[-1], serial)

    def made_of(self, leaf: Any) -> Any:
        """What a leaf was made of, as `Tensor(x)` is of x; None for a leaf of numbers, or an argument."""
        entries = self.trace.contents.get(leaf, ())
        return entries[0][1] if entries and leaf not in self.trace.inputs else None

    def inputs_of(self, node: Node) -> list[Any]:
        """The inputs of a node, as they were when it was computed."""
        return [self.held(x, node.serial) for x in node.inputs]

    def nodes(self) -> list[Any]:
        """The results and all nodes that they were computed from, in order."""
        stack = [x for x in self.results if isinstance(x, Node)]
        seen = set(stack)
        while stack:
            for x in self.inputs_of(stack.pop()):
                if isinstance(x, Node) and x not in seen:
                    seen.add(x)
                    stack.append(x)
        return sorted(seen, key=lambda node: node.serial)

    def label_of(self, array: Any) -> str:
        """The name of a variable that held these numbers, or ""."""
        for name, other in self.arrays.items():
            if other.shape == array.shape and other.dtype == array.dtype and np.array_equal(other, array):
                return name
        return ""


class _Names:
    """A profiler that looks into the variables of the user's functions, whenever these call something or return.

    It sees a variable of a loop at each turn, because every operation on a Tensor is a call.
    """

    def __init__(self, file: str | None) -> None:
        self.file = file  # of a library, whose functions alone are looked into
        self.found: dict[Tensor, str] = {}
        self.arrays: dict[str, Any] = {}
        self.looked: dict[CodeType, bool] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_back is not None:
            self.look(frame.f_back)
        elif event == "return":
            self.look(frame)

    def look(self, frame: FrameType) -> None:
        code = frame.f_code
        if code not in self.looked:
            library = code.co_filename.startswith((*_LIBRARIES, "<frozen"))
            self.looked[code] = code.co_filename == self.file if self.file else not library
        if not self.looked[code]:
            return
        for name, value in frame.f_locals.items():
            self.note(name, value)
        for name in code.co_names:
            self.note(name, frame.f_globals.get(name))

    def note(self, name: str, value: Any) -> None:
        """Remember what a variable holds."""
        if isinstance(value, Tensor):
            self.found.setdefault(value, name)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            self.arrays.setdefault(name, value)


def record_call(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], body: bool = False,
    new_world: Callable[[], World] = World,
) -> Recording:  # fmt: skip
    """Run a function on stand-ins for the arrays that it takes and reaches, and remember what it did.

    It runs in a copy of all that it reaches, so that nothing of the caller's changes. body: whether it is the body of
    one of the library's functions, whose variables are then looked at. new_world: makes the World that it runs in, which
    says what comes in with each call.
    """
    world = new_world()
    labels, trace = parameters(function, args), world.trace
    code = getattr(inspect.unwrap(function), "__code__", None) if body else None
    names = _Names(code.co_filename if code is not None else None)
    before = sys.getprofile()
    sys.setprofile(names)
    try:
        result = world.call(function, args, kwargs, labels)
    finally:
        profile_again(before)
    arguments = _arguments(world, [*zip(labels, args, strict=True), *kwargs.items()])
    slopes = [g for g in world.gradients.values() if g is not None]
    reached = dict.fromkeys([*world.tensors, *(t for t, _ in world.reached), *slopes])
    own = {a.node for a in arguments}
    states = _states(world, names.found)
    outside = [Argument((states.get(t) or t.name or "t",), t, outside=True) for t in reached if t not in own]
    updates = [*trace.updates(), *((old, new) for _, _, old, new, _ in world.changes() if isinstance(old, Tensor))]
    return Recording([*arguments, *outside], result, trace, _sweeps(trace), names.found, names.arrays, updates)


def _states(world: World, names: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """What optimisers remember, called after the parameters that it belongs to: m_W1 of W1."""
    labels = {original: names.get(copy) or copy.name for copy, original in world.tensors.items()}
    found = {}
    for optimizer in world.originals(Optimizer):
        for name, arrays in optimizer._memory().items():
            for t, place in world.reached:
                if isinstance(place, Item) and place.container is arrays:
                    label = labels.get(optimizer.parameters[place.key])
                    found[t] = f"{optimizer.symbols.get(name, name)}_{label or place.key}"
    return found


def _sweeps(trace: Trace) -> list[Swept]:
    """The sweeps of a trace, with the cotangents that each computed."""
    found = []
    for results, seeds, wrt, cotangents in trace.sweeps:
        last = max((r.serial for r in results), default=0)
        pairs = zip(wrt, cotangents, strict=True)
        reached = {t: g for t, g in pairs if isinstance(g, Tensor) and g.serial > last}
        if reached:
            found.append(Swept(list(results), list(seeds), reached))
    return found


def _arguments(world: World, given: Iterable[tuple[str, Any]]) -> list[Argument]:
    """The stand-ins for the arguments, with their places."""
    arrays = iter([t for t in world.given if t not in world.tensors])
    tensors = {id(world.tensors[t]): t for t in world.given if t in world.tensors}
    found = []
    for label, tree in given:
        for x, place in zip(flatten(tree)[0], _places(tree, (label,)), strict=True):
            if is_argument(x, world.floats):
                found.append(Argument(place, tensors[id(x)] if isinstance(x, Tensor) else next(arrays)))
    return found


def is_argument(value: Any, floats: bool) -> bool:
    """Whether a value comes in with each call; any other is a part of the function. floats: whether Python floats do."""
    if type(value) is float:
        return floats
    return isinstance(value, Tensor | np.ndarray | np.generic) and value.dtype.kind in "fiub"


def _places(tree: Any, place: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Where the leaves of a tree are, in the order of `flatten`."""
    if isinstance(tree, dict):
        return [p for key, part in tree.items() for p in _places(part, (*place, key))]
    if isinstance(tree, list | tuple):
        return [p for n, part in enumerate(tree) for p in _places(part, (*place, n))]
    return [place]


def parameters(function: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """The names of the parameters that take the positional arguments."""
    try:
        known = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        known = []
    names = [q.name for q in known if q.kind in (q.POSITIONAL_ONLY, q.POSITIONAL_OR_KEYWORD)]
    names += [
        f"{next((q.name for q in known if q.kind is q.VAR_POSITIONAL), 'x')}{n}" for n in range(len(names), len(args))
    ]
    return names[: len(args)]
