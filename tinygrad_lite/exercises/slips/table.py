"""THE TABLE: every kind of slip, once."""

from __future__ import annotations

from tinygrad_lite.exercises.slips import any_edge, axes, costs, elementwise, powers, products, softmax, whole

TABLE = (
    *any_edge.SLIPS,
    *elementwise.SLIPS,
    *powers.SLIPS,
    *products.SLIPS,
    *axes.SLIPS,
    *softmax.SLIPS,
    *whole.SLIPS,
    *costs.SLIPS,
)
