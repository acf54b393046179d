"""Which libraries of automatic differentiation an answer imports: a grader lists them beside the answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

LIBRARIES = {
    "aesara", "algopy", "autograd", "casadi", "chainer", "flax", "haiku", "jax", "keras", "mindspore",
    "micrograd", "mlx", "mxnet", "mygrad", "numdifftools", "nnabla", "optax", "paddle", "pennylane",
    "pytensor", "sympy", "tensorflow", "theano", "tinygrad", "tinygrad_lite", "torch",
}  # fmt: skip
"""Libraries that differentiate. They cannot be imported where answers run; that they were wanted is worth knowing."""


def imports(tree: ast.Module) -> list[str]:
    """The libraries that differentiate, as far as a program imports them by name.

    >>> imports(ast.parse("import numpy as np; from jax import grad; __import__('torch')"))
    ['jax', 'torch']
    """
    return sorted({name for name in _named(tree) if name in LIBRARIES})


def _named(tree: ast.Module) -> Iterator[str]:
    """The first part of each module that is imported, by a statement or by a call with its name."""
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        elif isinstance(node, ast.Call):
            modules = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        yield from (module.split(".")[0] for module in modules)
