"""Tensor: a graph node that is used like a NumPy array."""

from tinygrad_lite.tensor.tensor import Tensor, as_tensor, record

__all__ = ["Tensor", "as_tensor", "record"]
