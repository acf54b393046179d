"""A listing: a function and its gradients as NumPy code that a person would have written."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.listing.expressions import name, uses
from tinygrad_lite.listing.reading import Reader
from tinygrad_lite.listing.recording import Argument, Recording, is_argument, record_call
from tinygrad_lite.listing.sheet import Sheet, Variable
from tinygrad_lite.listing.sizes import length_of
from tinygrad_lite.listing.sweeping import Sweep
from tinygrad_lite.listing.varying import Changed, Varying, rows_of, varying
from tinygrad_lite.programs.standins import PythonFloat
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.trees import flatten

__all__ = ["Listing"]


ROWS = 40


class Listing:
    """The lines of one function, for arguments of these shapes.

    sheet: all variables. inputs: those that come in, with their places among the arguments. results: their code, in the
    order of the leaves of `tree`. updates: the inputs that are changed in place, and the code of their new values.
    """

    def __init__(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], body: bool = False,
        new_world: Callable[[], World] = World,
    ) -> None:  # fmt: skip
        self.function, self.args, self.kwargs = function, args, kwargs
        self.record: Callable[[Sequence[Any], Mapping[str, Any]], Recording] = lambda args, kwargs: record_call(
            function, args, kwargs, body, new_world
        )
        self.recording = self.record(args, kwargs)
        self.floats = new_world().floats
        try:
            self._read()
        except Exception:
            if not self.recording.sweeps:
                raise
            # Whatever a derivation met: what the rules recorded can always be written.
            self.recording = replace(self.recording, sweeps=[])
            self._read()

    def _read(self) -> None:
        self.sheet = Sheet()
        self.inputs: dict[Variable, Argument] = {}
        self.reader = Reader(self.sheet, self.recording, self._gradients)
        for argument in self.recording.arguments:
            self._input(argument)
        self.sweep = Sweep(self.sheet, self._written)
        self.reader.varying = self._sizes()
        codes = self.reader.read(self.recording.results)
        leaves = len(codes) - len(self.recording.updates)
        self.results, self.tree = codes[:leaves], self.recording.result
        self._update({argument.node: v for v, argument in self.inputs.items()}, codes[leaves:])

    def _update(self, inputs: Mapping[Node, Variable], codes: Sequence[ast.expr]) -> None:
        """What is changed in place, in the order of the arguments: after all else, and none from what another has changed."""
        order = list(self.inputs)
        new = [(inputs[node], code) for (node, _), code in zip(self.recording.updates, codes, strict=True)]
        self.updates = sorted(new, key=lambda pair: order.index(pair[0]))
        changed = {ast.dump(code): v for v, code in self.updates}
        keys = {v.key for v, _ in self.updates}
        self.results = [
            name(changed[ast.dump(c)].key) if ast.dump(c) in changed else self._before(c, keys) for c in self.results
        ]
        for n, (v, code) in enumerate(self.updates):
            self.updates[n] = v, self._before(code, {u.key for u, _ in self.updates[:n]})

    def _before(self, code: ast.expr, changed: set[str]) -> ast.expr:
        """Code that is computed before these variables change."""
        if changed.isdisjoint(uses(code)):
            return code
        data = self.sheet.evaluate(code, {k: v.data for k, v in self.sheet.variables.items()})
        return name(self.sheet.add(data, "t", code).key)

    def _input(self, argument: Argument) -> None:
        own = argument.place[-1] if isinstance(argument.place[-1], str) else ""
        data = argument.node._array
        data = float(data) if isinstance(argument.node, PythonFloat) else data
        variable = self.sheet.add(data, self.recording.names.get(argument.node, own), None)
        self.inputs[variable] = argument
        self.reader.keep(argument.node, variable)

    def _sizes(self) -> Varying:
        """The constants that are the number of rows."""
        arrays: dict[Node, Variable] = {argument.node: variable for variable, argument in self.inputs.items()}
        rows = rows_of(self.recording.nodes(), [x for x, v in arrays.items() if not self.inputs[v].outside])
        if not rows:
            return {}
        old = rows[0].shape[0]
        least = min(old, ROWS) + 1  # a second recording of many rows would take as long as the first
        new = next(n for n in range(least, least + 99) if n != old and not any(n in x.shape for x in arrays))
        key = next((arrays[x].key for x in rows if x.ndim > 1), arrays[rows[0]].key)
        changed = {self.inputs[arrays[x]].place: np.take(x._array, np.arange(new) % old, axis=0) for x in rows}
        args, kwargs = self._with(changed)
        try:
            second = self.record(args, kwargs)
        except Exception:  # whatever the function has against it: its numbers then stay numbers
            return {}
        return varying(self.recording, second, [Changed(length_of(key, 0), old, new)]) or {}

    def _gradients(self, costs: Any, wrt: list[Variable]) -> dict[Variable, Variable]:
        return self.sweep.gradients(costs, wrt)

    def _written(self, known: Mapping[Node, Variable], nodes: list[Any]) -> list[ast.expr]:
        """The code of nodes that were recorded besides, from nodes that variables hold."""
        reader = Reader(self.sheet, Recording([], None), self._gradients)
        for node, variable in known.items():
            reader.keep(node, variable)
        return reader.read(nodes)

    def _with(self, changed: Mapping[tuple[Any, ...], Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with other values at some places."""
        places = iter(self.recording.arguments)

        def replaced(tree: Any) -> Any:
            leaves, rebuild = flatten(tree)
            return rebuild([changed.get(next(places).place, x) if is_argument(x, self.floats) else x for x in leaves])

        return [replaced(x) for x in self.args], {k: replaced(x) for k, x in self.kwargs.items()}
