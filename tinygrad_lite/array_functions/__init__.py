"""NumPy's functions on Tensors. Each file says by `implements` what NumPy's functions of its kind mean.

They are composed of primitives, or have an entry of their own in the table where a rule is needed. The first use of
one of them loads all of them.
"""

from tinygrad_lite.array_functions import (
    arguments,
    choices,
    comparisons,
    creation,
    einsum,
    elementwise,
    joining,
    linalg,
    norms,
    padding,
    places,
    products,
    reductions,
    scans,
    shapes,
    sorting,
    statistics,
)

__all__ = [
    "arguments",
    "choices",
    "comparisons",
    "creation",
    "einsum",
    "elementwise",
    "joining",
    "linalg",
    "norms",
    "padding",
    "places",
    "products",
    "reductions",
    "scans",
    "shapes",
    "sorting",
    "statistics",
]
