"""A product of two arrays by letters, as matmul and einsum make it: z_ih = Σ_n x_in w_nh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.exercises.slips.place import Place

_MATMUL = {(1, 1): "n,n->", (2, 1): "mn,n->m", (1, 2): "n,nh->h", (2, 2): "mn,nh->mh"}


@dataclass(frozen=True)
class Contraction:
    """What stands at the axes of the value below, of the other factor, and of the result."""

    own: str
    others: str
    out: str
    other: Any

    def pulled(self, upstream: Any, other: Any) -> Any:
        """The gradient by the value below for upstream gradients with axes before them."""
        return np.einsum(f"...{self.out},{self.others}->...{self.own}", upstream, other)

    def unsummed(self, upstream: Any) -> Any:
        """The products that the gradient is the sum of: the axes that are summed first, then those of the value."""
        return np.einsum(f"...{self.out},{self.others}->...{self.summed}{self.own}", upstream, self.other)

    @property
    def summed(self) -> str:
        """The axes that the gradient is summed over."""
        return "".join(dict.fromkeys(a for a in self.out + self.others if a not in self.own))


def contraction(at: Place) -> Contraction | None:
    """The product at an edge; None where there is no product of two arrays, or one in which axes come alone."""
    primitive, slot = at.above.primitive, at.edge.slot
    if slot is None or primitive is None or len(at.above.inputs) != 2 or at.edge.name not in ("matmul", "einsum"):
        return None
    values = at.inputs
    if at.edge.name == "einsum":
        subscripts = str(at.above.params["subscripts"])
    else:
        subscripts = _MATMUL.get((values[0].ndim, values[1].ndim), "")
    if not subscripts or "." in subscripts:
        return None
    terms, out = subscripts.split("->")
    both = terms.split(",")
    own, others = both[slot], both[1 - slot]
    if len(set(own)) < len(own) or len(set(others)) < len(others) or not set(own) <= set(out) | set(others):
        return None
    return Contraction(own, others, out, values[1 - slot])
