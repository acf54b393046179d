"""What a compiled function changes besides what it returns: arrays in place, parameters, gradients, items of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import CLOCK, Node
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.places import Cell, Data, Gradient, Item, Place
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.programs.tracing import Trace
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Effects"]

Reference = Tensor | int  # a Tensor that the function reaches, or the number of one among the arguments


class Effects:
    """The changes of one traced function.

    in_place: the updates of its program. nodes: what the program has to compute for the changes that are assignments.
    """

    def __init__(self, world: World, trace: Trace) -> None:
        self.in_place: list[tuple[Node, Node]] = []
        self.nodes: list[Node] = []
        # What makes the place of an assignment, of what, and the number of the node that is written; None for None.
        self._writes: list[tuple[Callable[[Any], Place], Any, int | None]] = []
        self._changed: list[Reference] = []  # Tensors that get new data
        self._unlocked: list[Reference] = []  # those of them whose array is written to
        numbers = {t: i for i, t in enumerate(world.given)}
        self.references: dict[Tensor, Reference] = {t: numbers.get(t, x) for t, x in world.tensors.items()}
        for x, value in trace.updates():
            if x in self.references:
                self._data(x, value, trace)  # type: ignore[arg-type]
            else:
                self.in_place.append((x, value))
        self._gradients(world, trace)
        for container, key, before, after, name in world.changes():
            self._assignment(container, key, before, after, name, world)
        self._changes = bool(self.in_place)

    def __bool__(self) -> bool:
        return bool(self._changes or self._writes)

    def _write(self, place: Callable[[Any], Place], of: Any, value: Any) -> None:
        self._writes.append((place, of, None if value is None else len(self.nodes)))
        if value is not None:
            self.nodes.append(value)

    def _data(self, t: Tensor, value: Node, trace: Trace) -> None:
        tensor = self.references[t]
        self._changed.append(tensor)
        if t in trace.moved and t.needs_grad and isinstance(t._array, np.ndarray):
            self.in_place.append((t, value))
            self._unlocked.append(tensor)
        else:
            self._write(Data, tensor, value)

    def _gradients(self, world: World, trace: Trace) -> None:
        for t, original in world.tensors.items():
            before, after = world.gradients[t], t.note().grad
            given = isinstance(self.references[t], int)
            if t in trace.accumulated and before is not None and given:
                raise CompileError(
                    f"backward() inside of the function adds to the gradient that {original.label()}, an argument, has "
                    "already. Call zero_grad() in the function."
                )
            if t in trace.accumulated and not given:
                if before is None:
                    world.places.same(Item(original, "grad"), None)
                else:
                    world.places.same_kind(Gradient(original), before._array)
            if after is not before:
                if original.made_by is not None:
                    raise CompileError(
                        f"backward() inside of the function reaches {original.label()}, which was computed outside of it."
                    )
                self._write(Gradient, self.references[t], after)
            if t.needs_grad != original.needs_grad:
                raise CompileError(f"the function changes requires_grad of {original.label()}. Do it outside of it.")

    def _assignment(self, container: Any, key: Any, before: Any, after: Any, name: str, world: World) -> None:
        from_before = {t for t, _ in world.reached}
        if (
            isinstance(before, Tensor) and before in from_before
            and isinstance(after, Tensor) and (after.shape, after.dtype) == (before.shape, before.dtype)
        ):  # fmt: skip
            place = Cell(container) if not hasattr(container, "__getitem__") else Item(container, key)
            self._write(lambda place: place, place, after)
        else:
            raise CompileError(
                f"the function stores a value outside of itself, in {name}{f' ({key})' if isinstance(key, str) else ''}, which "
                "a program does not do. Return the value, and store it where the function is called."
            )

    @property
    def sources(self) -> list[Tensor]:
        """The stand-ins for Tensors that take cotangents."""
        return [t for t in self.references if t.needs_grad]

    @property
    def outdating(self) -> bool:
        """Whether no gradient can be asked of the results any more, because one of the sources gets new data."""
        return any(self.references[t] is changed for t in self.sources for changed in self._changed)

    def settle(self, inputs: list[Any], first: int) -> None:
        """Learn where the program has its inputs and, from `first` on, the outputs that are written."""
        places = {x: i for i, x in enumerate(inputs)}
        # The array of a Tensor is its own; one of the caller's may share memory with another.
        self._targets = [places[x] for x, _ in self.in_place if x not in self.references]
        self._first = first

    def forget(self) -> None:
        """Let go of what belongs to the trace, which holds all its arrays."""
        self.in_place, self.nodes, self.references = [], [], {}

    def written(self, source: Source, arrays: Sequence[int]) -> list[str]:
        """Lines that run the program on `inputs`, and make the changes. arrays: the numbers of those that are arrays.

        They run the function eagerly where an array shares memory with one that changes, or is given twice.
        """
        source.space.update(Gradient=Gradient, Data=Data)
        self._write_assign(source)
        lines = ["late = None", "unlocked = ()"] if self._unlocked else ["late = None"]
        if self._targets:
            apart = source.bind("apart", partial(_apart, tuple(self._targets)))
            # Different arrays that own their memory are apart; other cases take a closer look.
            own = f"None is {' is '.join(f'inputs[{i}].base' for i in arrays)}"
            different = f"len({{{', '.join(f'id(inputs[{i}])' for i in arrays)}}}) == {len(arrays)}"
            lines += [f"if not ({own} and {different}) and not {apart}(inputs):"]
            lines += ["    return eagerly(args, kwargs, None)"]
        body = ["outputs = call(*inputs)"]
        if self._unlocked:
            read = "".join(f"{_text(t, source)}._array, " for t in self._unlocked)
            body = [f"unlocked = ({read})", "for array in unlocked:", "    array.flags.writeable = True", *body]
        body = ["try:", *(f"    {line}" for line in body)]
        body += ["except Doubt as doubt:", "    return eagerly(args, kwargs, doubt)"]
        body += ["except Late as trouble:", "    late, outputs = trouble, trouble.outputs"]
        if self._unlocked:
            lock = ["finally:", "    for array in unlocked:", "        array.flags.writeable = False"]
            # What runs eagerly must find them locked.
            body = ["doubts = None", *body[:-4], "except Doubt as doubt:", "    doubts = doubt", *body[-2:], *lock]
            body += ["if doubts is not None:", "    return eagerly(args, kwargs, doubts)"]
        lines += body
        # Ctrl-C: all changes are made, or none.
        lines += [
            "try:",
            "    assign(given, outputs)",
            "except BaseException:",
            "    assign(given, outputs)",
            "    raise",
        ]
        return [*lines, "if late is not None:", "    late.warn(5)"]

    def _write_assign(self, source: Source) -> None:
        lines = []
        for place, of, number in self._writes:
            value = "None" if number is None else f"outputs[{self._first + number}]"
            made = f"{place.__name__}(given[{of}])" if isinstance(of, int) else source.bind("k", place(of))
            lines.append(f"{made}.write({value})")
        if self._changed:
            lines.append(f"version = {source.bind('CLOCK', CLOCK)}.tick()")
            lines += [f"{_text(t, source)}.changed(version)" for t in self._changed]
        source.lines += ["def assign(given, outputs):", *(f"    {line}" for line in lines or ["pass"])]


def _text(x: Reference, source: Source) -> str:
    return f"given[{x}]" if isinstance(x, int) else source.bind("k", x)


def _apart(targets: tuple[int, ...], inputs: Sequence[Any]) -> bool:
    """Whether no array that changes may share memory with another input."""
    owners = [*map(_owner, inputs)]
    if 0 not in owners and len(set(owners)) == len(owners):
        return True
    return not any(
        i != k and isinstance(x, np.ndarray) and (inputs[i] is x or np.may_share_memory(inputs[i], x))
        for i in targets
        for k, x in enumerate(inputs)
        if 0 in (owners[i], owners[k]) or owners[i] == owners[k]
    )


def _owner(x: Any) -> int:
    """The identity of the array whose memory an array uses; 0 where it is none of NumPy's."""
    base = getattr(x, "base", None)
    if base is None:
        return id(x)
    return id(base) if type(base) is np.ndarray and base.base is None else 0
