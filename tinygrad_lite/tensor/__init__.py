"""Tensor: a graph node that is used like a NumPy array.

Importing this room says what NumPy's functions mean on Tensors.
"""

from tinygrad_lite.tensor import products, reductions, shapes
from tinygrad_lite.tensor.tensor import Tensor, as_tensor, record

__all__ = ["Tensor", "as_tensor", "products", "record", "reductions", "shapes"]
