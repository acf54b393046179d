"""A function run once on stand-ins for its arguments, with the names that its variables had.

A listing shows what the user's code says, so it needs more than the lines of a program: the calls of composites, the
gradients that were taken, and the names of the values in the functions of the user.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

import tinygrad_lite
from tinygrad_lite.core.graph import Node
from tinygrad_lite.programs.standins import python_float, stand_in
from tinygrad_lite.programs.tracing import Trace, traced_call
from tinygrad_lite.tensor.gradients import backward, pull_back
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.trees import flatten

__all__ = ["Argument", "Recording", "is_argument", "record_call"]

_PACKAGE = str(Path(tinygrad_lite.__file__).parent)
_END = 1 << 62  # a serial after all others
_SWEEPS = (backward.__code__, pull_back.__code__)
_LIBRARIES = (_PACKAGE, str(Path(np.__file__).parent), str(Path(inspect.__file__).parent))


@dataclass
class Argument:
    """One array or number that comes in: where it is in the arguments, and what stood in for it.

    place: the parameter, and the keys and numbers that lead to the value inside of it.
    """

    place: tuple[Any, ...]
    value: Any
    node: Tensor


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
        self.sweeps: list[Swept] = []
        self.file = file  # of a library, whose functions alone are looked into
        self.found: dict[Tensor, str] = {}
        self.arrays: dict[str, Any] = {}
        self.looked: dict[CodeType, bool] = {}

    def __call__(self, frame: FrameType, event: str, result: Any) -> None:
        if event == "call" and frame.f_back is not None:
            self.look(frame.f_back)
        elif event == "return":
            if frame.f_code in _SWEEPS and frame.f_locals.get("create_graph"):
                self.swept(frame.f_code, frame.f_locals, result)
            self.look(frame)

    def swept(self, code: CodeType, inside: Mapping[str, Any], result: Any) -> None:
        """Remember a sweep that ends."""
        if code is backward.__code__:
            pairs = inside.get("found", ())
            results, seeds, found = [inside["result"]], [np.float64(1.0)], dict(pairs)
        elif result is not None:
            results, seeds = list(inside["results"]), list(inside["gradients"])
            found = dict(zip(inside["wrt"], result, strict=True))
        last = max((r.serial for r in results), default=0)
        found = {t: g for t, g in found.items() if isinstance(g, Tensor) and g.serial > last}
        if found:
            self.sweeps.append(Swept(results, seeds, found))

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
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], body: bool = False
) -> Recording:
    """Run a function on stand-ins for the arrays among its arguments, and remember what it did.

    body: whether it is the body of one of the library's functions, whose variables are then looked at.
    """
    stand_ins, found = _stand_ins(function, args, kwargs)
    code = getattr(inspect.unwrap(function), "__code__", None) if body else None
    names = _Names(code.co_filename if code is not None else None)
    trace = Trace([a.node for a in found], [a.node for a in found if isinstance(a.value, np.ndarray)])
    before = sys.getprofile()
    sys.setprofile(names)
    try:
        result = traced_call(trace, function, *stand_ins[0], **stand_ins[1])
    finally:
        sys.setprofile(before)
    return Recording(found, result, trace, names.sweeps, names.found, names.arrays, trace.updates())


def is_argument(value: Any) -> bool:
    """Whether a value comes in with each call; any other is a part of the function."""
    return type(value) is float or (isinstance(value, Tensor | np.ndarray | np.generic) and value.dtype.kind in "fiub")


def _stand_ins(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[list[Any], dict[str, Any]], list[Argument]]:
    found: list[Argument] = []

    def stand_in_for(value: Any, place: tuple[Any, ...]) -> Any:
        if not is_argument(value):
            return value
        data = value.detach() if isinstance(value, Tensor) else value
        node = stand_in(data, str(place[-1]))
        found.append(Argument(place, value, python_float(node) if type(value) is float else node))
        return node

    def replaced(tree: Any, place: tuple[Any, ...]) -> Any:
        leaves, rebuild = flatten(tree)
        return rebuild([stand_in_for(x, p) for x, p in zip(leaves, _places(tree, place), strict=True)])

    labels = parameters(function, args)
    stand_args = [replaced(x, (label,)) for x, label in zip(args, labels, strict=True)]
    return (stand_args, {name: replaced(x, (name,)) for name, x in kwargs.items()}), found


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
