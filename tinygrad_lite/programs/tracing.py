"""Tracing: a function run once on stand-ins for its arguments, so that its program is known.

While a trace runs, everything that is computed from the stand-ins is recorded, inside no_grad, too: what depends on an
argument must not become a constant. What would take a value out of the graph (`.item()`, a branch on a value) is
refused, because the program would keep the value of this one call. Gradients inside are recorded as well, so that a
function that calls tg.grad is one program like any other.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node, next_serial
from tinygrad_lite.core.scopes import TRACE, recorded
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import CompileError, ShapeError
from tinygrad_lite.programs.program import Program, program_of
from tinygrad_lite.programs.standins import stand_in
from tinygrad_lite.programs.watching import watching
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Trace", "refusal", "traced", "is_users_file", "traced_call", "users_line"]

# Where code lies that is not the user's: this package, NumPy and all that is installed, Python itself.
_LIBRARIES = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep for file in (os.path.dirname(__file__), np.__file__, os.__file__)
)


class Trace:
    """One run of a function on stand-ins. `TRACE.get()` is it, as long as the run lasts.

    inputs: the stand-ins. checks: what eager evaluation looks at in the values (see programs/program.py). watched:
    scalars from which a sweep began. contents: what a leaf holds, from which serial on, where that was computed in the
    trace: a leaf that was made of a stand-in, or that was updated in place. replaced: computed arrays that were changed
    in place, from which serial on, and where. sweeps: the sweeps of tg.grad and the like, as `swept` was told of them.
    generators: of random numbers, that the function may reach. arrays: the inputs that stand for NumPy arrays, which an
    in-place operator changes for the caller. tensors: those that are Tensors in eager evaluation, too.
    """

    def __init__(self, inputs: Iterable[Tensor] = ()) -> None:
        self.inputs = set(inputs)
        self.arrays: set[Node] = set()
        self.generators: Sequence[Any] = ()
        self.checks: list[tuple[Any, ...]] = []
        self.watched: list[Node] = []
        self.contents: dict[Node, list[tuple[int, Node]]] = {}
        self.moved: set[Node] = set()
        self.assigned: set[Node] = set()  # leaves whose gradient was assigned, or read
        self.accumulated: set[Node] = set()  # those of them whose gradient from before the call counts
        self.replaced: dict[Node, tuple[int, str]] = {}
        self.sweeps: list[tuple[Any, ...]] = []
        self.calls: list[Any] = []  # those of composites, with what they save
        self.tensors: set[Node] = set()
        self.plain: set[Node] = set()  # what is an array there, though Tensors lead to it
        self.refused: CompileError | None = None
        self.seeks = False  # whether the line is sought that draws random numbers
        self.late = False  # whether what is refused was seen only afterwards, maybe in another line

    def check(self, holds: Callable[..., bool], *values: Any, claim: str = "") -> None:
        """Ask of every run of the program what eager evaluation asks of these values; claim: as in Check."""
        self.checks.append((holds, tuple(map(self.now, values)), claim))

    def now(self, x: Any) -> Any:
        """What a leaf holds at this point of the trace; anything else is itself."""
        return self.contents[x][-1][1] if isinstance(x, Node) and x in self.contents else x

    def watch(self, results: Iterable[Node]) -> None:
        """Ask of every run of the program whether these scalars, from which a sweep begins, are finite."""
        self.watched += [r for r in results if not r.shape]

    def hold(self, leaf: Node, value: Node) -> None:
        """Say that a leaf holds, from now on, what was computed as `value`, in its own dtype."""
        if value.dtype != leaf.dtype:
            value = (p.astype if leaf.dtype.kind == "f" else p.astype_integer)(value, dtype=leaf.dtype)
        self.contents.setdefault(leaf, []).append((next_serial(), self.now(value)))

    def move(self, leaf: Tensor, value: Tensor) -> None:
        """Say that an optimiser gives a parameter this value, in its own array, which views show."""
        self.hold(leaf, value)
        self.moved.add(leaf)
        leaf.changed()

    def reads_gradient(self, leaf: Node) -> None:
        """Note that the gradient which a leaf has before the call counts."""
        if leaf not in self.assigned:
            self.assigned.add(leaf)
            self.accumulated.add(leaf)

    def in_place(self, old: Tensor, new: Any) -> Any:
        """What `old -= …` gives: for an array of the caller's itself with other contents, else the new value."""
        if new is NotImplemented or (not old.shape and old not in self.arrays):
            return new  # NumPy's numbers do not change
        if _root(old) is not old:
            self.refuse(f"{users_line()}: a view is changed in place. Write t = t - …, or change the array itself.")
        if old not in self.arrays:
            self.replaced[old] = next_serial(), users_line()
            return new
        if new.shape != old.shape or not np.can_cast(new.dtype, old.dtype, "same_kind"):
            raise ShapeError(f"in-place change of shape {old.shape}, {old.dtype}, to shape {new.shape}, {new.dtype}.")
        self.hold(old, new)
        old.changed()  # whoever pulls through what was computed before is told so
        self.replaced[old] = self.contents[old][-1][0], users_line()
        return old

    def updates(self) -> list[tuple[Node, Node]]:
        """The inputs that hold something else at the end, with what they hold."""
        return [(x, self.contents[x][-1][1]) for x in self.contents if x in self.inputs]

    def forget(self) -> None:
        """Let go of all nodes: a trace may lie in a cycle, and their arrays would wait for the garbage collector."""
        self.checks, self.watched, self.sweeps = [], [], []
        self.contents, self.replaced = {}, {}
        for call in self.calls:  # its nodes belong to it, and it saves some of them
            call.saved, call.sources = (), ()
        self.calls = []
        for known in (self.inputs, self.arrays, self.tensors, self.moved, self.assigned, self.accumulated, self.plain):
            known.clear()

    def swept(self, results: Any, gradients: Any, wrt: Any, found: Any) -> None:
        """Note a sweep: of which results, for which upstream gradients, by what, and the cotangents that came out."""
        self.sweeps.append((results, gradients, wrt, found))

    def program(
        self, inputs: Sequence[Tensor], outputs: Sequence[Any], updates: Sequence[tuple[Node, Node]] | None = None
    ) -> Program:
        """The program of this trace. Raises CompileError where a line uses what was changed in place before it.

        updates: the inputs that it changes in place, with their new values; all by default.
        """
        updates = self.updates() if updates is None else updates
        if self.replaced:
            self._check_replaced(
                [*outputs, *self.watched, *(value for held in self.contents.values() for _, value in held)]
            )
        return program_of(inputs, outputs, self.checks, self.watched, contents=self.contents, updates=updates)

    def _check_replaced(self, ends: Sequence[Any]) -> None:
        uses = [(x, 1 << 62) for x in ends]
        uses += [(x, node.serial) for node in graph(*(e for e in ends if isinstance(e, Node))) for x in node.inputs]
        for x, serial in uses:
            if not isinstance(x, Node):
                continue
            root = _root(x)
            since, line = self.replaced.get(root, (serial, ""))
            # An array of the caller's is known under its new contents; a view of it is not.
            if since < serial and x.serial < since and not (x is root and x in self.arrays):
                raise CompileError(
                    f"{line}: an array is changed in place, and what shares its memory is used afterwards. Write t = t - …"
                )

    def detached(self, node: Tensor) -> Tensor:
        """A leaf with the values of a node."""
        leaf = Tensor.leaf(node._array.copy())
        self.hold(leaf, p.stop_gradient(node))
        return leaf

    def depends(self, node: Any) -> bool:
        """Whether a value differs from call to call."""
        seen: set[Node] = set()
        stack = [node]
        while stack:
            x = stack.pop()
            if not isinstance(x, Node) or x in seen:
                continue
            if x in self.inputs:
                return True
            seen.add(x)
            stack += x.inputs
            stack += (value for _, value in self.contents.get(x, ()))
        return False

    def is_tensor(self, node: Any) -> bool:
        """Whether a value is a Tensor in eager evaluation, and not an array."""
        seen: set[Node] = set()
        stack = [node] if self.tensors else []
        while stack:
            x = stack.pop()
            if isinstance(x, Node) and x not in seen and x not in self.plain:
                if x in self.tensors:
                    return True
                seen.add(x)
                stack += x.inputs
                stack += (value for _, value in self.contents.get(x, ()))
        return False

    def as_array(self, t: Any) -> Any:
        """t as what eager evaluation gives as an array."""
        if not self.tensors or not isinstance(t, Node):
            return t
        t = p.identity(t)
        self.plain.add(t)
        return t

    def refuse(self, message: str) -> NoReturn:
        """Raise CompileError, and remember it: the function may catch it."""
        self.refused = self.refused or CompileError(message)
        raise self.refused

    def raised(self, error: Exception) -> None:
        """Note an error that depends on the values: where the function catches it, other values go another way."""
        self.refused = self.refused or CompileError(
            f"{users_line()}: the function catches {type(error).__name__} ({error}), and what it does then would be done for "
            "all values. Decide by np.where, or outside of the function."
        )

    def does(self, what: str, line: tuple[str, int] | None = None, late: bool = False) -> None:
        """Refuse what no program does again. line: the file and number of the line that does it; None for the one that
        runs. late: whether it is seen only after the line has run.
        """
        self.late = late
        self.refuse(
            f"{line_of(*line) if line else users_line()}: the function {what}, which no program does again. Do it outside of the function, and pass "
            "what the function needs of it as an argument."
        )

    def leave(self, node: Any, what: str, instead: str = "") -> None:
        """Refuse that a value leaves the graph, unless it is the same in every call."""
        if self.depends(node):
            self.refuse(
                f"{users_line()}: {what} takes a value that differs from call to call out of the program, which would keep "
                f"that of one call. {instead or 'Do it outside of the compiled function.'}"
            )


def _root(x: Any) -> Any:
    """What a view shares the memory of; anything else is its own root."""
    while isinstance(x, Node) and x.base is not None:
        x = x.base
    return x


def is_users_file(file: str) -> bool:
    """Whether code of this file was written by the user, and not by a library."""
    return not file.startswith((*_LIBRARIES, "<frozen"))


def users_line() -> str:
    """The file and line of the user's code that runs now, with its text."""
    frame = sys._getframe(1)
    while frame.f_back is not None and not is_users_file(frame.f_code.co_filename):
        frame = frame.f_back
    return line_of(frame.f_code.co_filename, frame.f_lineno)


def line_of(file: str, number: int) -> str:
    """A line of a file as messages name it."""
    text = linecache.getline(file, number).strip()
    return f"{os.path.basename(file)}, line {number}{f' ({text})' if text else ''}"


def traced_call(trace: Trace, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The result of a function that runs on stand-ins: recorded, and without warnings of NumPy's.

    Composites record the lines of their programs.
    """
    token = TRACE.set(trace)
    try:
        with recorded(), np.errstate(all="ignore"), watching(trace.does, is_users_file, trace.generators, trace.seeks):
            result = function(*args, **kwargs)
    finally:
        TRACE.reset(token)
    if trace.refused is not None:  # the function has caught it
        raise trace.refused
    return result


def traced(function: Callable[..., Any], values: Sequence[Any], names: Sequence[str | None] = ()) -> Program:
    """The program of a function of arrays, traced at these values; its result is one array, or a flat tuple of them."""
    inputs = [stand_in(v, names[i] if names else None) for i, v in enumerate(values)]
    trace = Trace(inputs)
    results = traced_call(trace, function, *inputs)
    return trace.program(inputs, results if isinstance(results, tuple) else (results,))


def refusal(error: BaseException) -> CompileError:
    """What to say where a function runs on its arguments, and not on stand-ins for them."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if is_users_file(file):
            place = line_of(file, trace.tb_lineno)
        trace = trace.tb_next
    said = str(error).strip()
    return CompileError(f"{place or 'the function'} cannot be compiled: {type(error).__name__}: {said}")
