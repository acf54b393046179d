"""How a compiled function's results are put together: of the outputs of its program, nested as the function nests them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.standins import PythonFloat

__all__ = ["Results"]

_FIXED = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype, type, slice, range)


class Results:
    """The results of a traced function.

    nodes: what the program has to compute, in order. put_together: the function (values of the inputs, outputs of the
    program) -> results. It is an expression that is written once, because to walk through the nesting at each call would
    cost as much as a small program.
    """

    def __init__(self, tree: Any, places: Mapping[Node, int], depends: Callable[[Node], bool]) -> None:
        self.places, self.depends = places, depends
        self.nodes: list[Node] = []
        self._space: dict[str, Any] = {}
        self.text = f"lambda inputs, outputs: {self._written(tree)}"
        self.put_together: Callable[[Any, Any], Any] = eval(self.text, self._space)  # written here, of names bound here

    def _bound(self, x: Any) -> str:
        name = f"k{len(self._space)}"
        self._space[name] = x
        return name

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
        raise CompileError(
            f"the function returns a {kind.__name__}. A compiled function returns arrays, numbers, and lists, tuples and dicts "
            "of them."
        )

    def _value(self, x: Node) -> str:
        if x in self.places:  # the argument itself, as eager evaluation returns it
            return f"inputs[{self.places[x]}]"
        if not self.depends(x):
            return self._written(x._array)
        self.nodes.append(x)
        output = f"outputs[{len(self.nodes) - 1}]"
        return f"float({output})" if isinstance(x, PythonFloat) else output
