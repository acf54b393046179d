"""How a compiled function's results are put together: of the outputs of its program, nested as the function nests them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.standins import PythonFloat
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.programs.tracing import Trace
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.trees import flatten

__all__ = ["Results"]

_FIXED = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype, type, slice, range)


class Results:
    """The results of a traced function.

    nodes: what the program has to compute, in order. needing: the numbers of those that are Tensors with a gradient, each
    with its place among the leaves of what the function returns.
    text: an expression of the results, over `given`, the inputs among the arguments, `outputs` of the program, and
    `node`, which makes a Tensor with a gradient of the number of an output. It is written once, because to walk through
    the nesting at each call would cost as much as a small program.
    """

    def __init__(self, tree: Any, world: World, trace: Trace, source: Source) -> None:
        self.trace, self.world = trace, world
        self.places = {t: i for i, t in enumerate(world.given)}
        self.reached = dict(world.reached)
        self.nodes: list[Node] = []
        self.needing: dict[int, int] = {}
        self._leaves = flatten(tree)[0]
        self._known: dict[Node, str] = {}
        self._source = source
        source.reserve("given", "outputs", "node", "float")
        self.text = self._written(tree)

    def _bound(self, x: Any) -> str:
        return self._source.bind("k", x)

    def _written(self, x: Any) -> str:
        kind = type(x)
        if isinstance(x, Node):
            return self._value(x)
        if kind is tuple:
            return f"({''.join(f'{self._written(part)}, ' for part in x)})"
        if kind is list:
            return f"[{', '.join(map(self._written, x))}]"
        if kind is dict or kind is OrderedDict:
            items = ", ".join(f"{self._bound(key)}: {self._written(part)}" for key, part in x.items())
            return f"{{{items}}}" if kind is dict else f"{self._bound(OrderedDict)}({{{items}}})"
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            return f"{self._bound(kind)}({', '.join(map(self._written, x))})"
        if kind is np.ndarray:
            return f"{self._bound(x.copy())}.copy()"
        if isinstance(x, _FIXED) or callable(x):
            return self._bound(x)
        if hasattr(x, "close") and hasattr(x, "send"):
            x.close()  # a generator or a coroutine that nobody will run
        raise CompileError(
            f"the function returns a {kind.__name__}. A compiled function returns arrays, numbers, and lists, tuples and dicts "
            "of them."
        )

    def _value(self, x: Any) -> str:
        if x in self.places:  # the argument itself, as eager evaluation returns it
            return f"given[{self.places[x]}]"
        if x in self.world.tensors:
            return self._bound(self.world.tensors[x])
        if x in self.reached:
            return f"{self._bound(self.reached[x])}.read()"
        if not self.trace.depends(x):
            return self._written(x._array)
        if x in self._known:
            return self._known[x]
        text = self._output(x, len(self.nodes))
        self.nodes.append(x)
        if sum(x is leaf for leaf in self._leaves) > 1:  # what is the same in eager evaluation is the same here
            self._known[x] = self._source.numbered("same")
            return f"({self._known[x]} := {text})"
        return text

    def _output(self, x: Any, number: int) -> str:
        output = f"outputs[{number}]"
        if self.trace.is_tensor(x):
            if not x.needs_grad:
                return f"{self._bound(Tensor.leaf)}({output})"
            self.needing[number] = next(i for i, leaf in enumerate(self._leaves) if leaf is x)
            return f"node({number})"
        return f"float({output})" if isinstance(x, PythonFloat) else output
