"""The rounding error of a value: the sweep that gives the derivatives of the value gives its error, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.core.graph import Node
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["rows_and_noise"]

Array = np.ndarray[Any, Any]


def rows_and_noise(out: Tensor, wrt: list[Tensor], coarsest: float) -> tuple[list[Array], Array, Array]:
    """The derivatives of each element of `out`, and its rounding errors in its own and in the coarsest precision.

    A relative error ε in a node v changes the result by v̄ ε v, where v̄ is the cotangent of v. The errors of all nodes
    are independent, so their squares add up.
    """
    rows = [np.zeros((out.size, *x.shape), x.dtype) for x in wrt]
    value = np.abs(np.reshape(out.numpy(), -1).astype(np.longdouble))
    epsilon = float(np.finfo(out.dtype).eps)
    # Squares of errors in two precisions, that of the result and the coarsest. They begin with what f rounds last.
    squares = np.stack([(epsilon * value) ** 2, (max(epsilon, coarsest) * value) ** 2])
    places: dict[Node, int] = {x: i for i, x in enumerate(wrt)}

    def note(g: Any, v: Any, epsilon: float) -> None:
        """Add the error of a node v, whose cotangent is g, to that of the result."""
        effect = np.abs(np.asarray(g * v, np.longdouble))
        effect = effect[np.isfinite(effect)]
        for row, e in enumerate((epsilon, max(epsilon, coarsest))):
            squares[row, k] += np.sum((e * effect) ** 2)

    def pull(g: Any, node: Node) -> Any:
        epsilon = float(np.finfo(node.dtype).eps)
        note(g, node._array, epsilon)
        pairs = node.pull(g, node)
        # A product or an inverse rounds each element as if all of its input were off by ε of the norm (Wilkinson).
        if not hasattr(node.pull, "recorded") and node.primitive is not None and node.primitive.kind == "product":
            for x, c in pairs:
                note(c, np.sqrt(np.sum(np.square(x._array, dtype=np.longdouble))), epsilon)
        return pairs

    for k in range(out.size if out.needs_grad else 0):
        seed = np.zeros(out.size, out.dtype)
        seed[k] = 1
        with np.errstate(all="ignore"):
            for node, g in sweep([(out, seed.reshape(out.shape)[()])], set(wrt), pull):
                note(g, node._array, float(np.finfo(node.dtype).eps))
                rows[places[node]][k] = g
    noise = 0.5 * np.sqrt(squares)  # NumPy rounds to half a unit in the last place
    return rows, noise[0], noise[1]
