"""Tensor: a graph node that is used like a NumPy array."""
