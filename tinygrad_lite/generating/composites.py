"""The composites that run as programs: their bodies, sample arguments, and the text of programs/generated.py."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite import nn
from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.functions import activations, costs
from tinygrad_lite.generating.expressions import Expression, expressions
from tinygrad_lite.generating.slopes import slope
from tinygrad_lite.generating.source import functions
from tinygrad_lite.programs import kernels
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["PROGRAMS", "Source", "text"]

HEAD = '''"""Programs of the package's composites: what each computes, and its VJP by each argument.

Made by `python -m tinygrad_lite.generating` from the bodies that are named above the functions, by their own rules;
a test makes it again and compares. g is the upstream gradient; the other arguments of a VJP are what the value saved.
"""

# fmt: off
# ruff: noqa
# mypy: ignore-errors

import numpy as np

from tinygrad_lite.programs.kernels import {names}
'''


@dataclass(frozen=True)
class Source:
    """A body, and samples of its arguments by name: arrays, numbers that come in with a call, and an axis.

    by: the arguments by which there is a VJP. kernel: a NumPy function of the same value, see `composite`.
    """

    body: Callable[..., Any]
    samples: tuple[dict[str, Any], ...]
    by: tuple[str, ...]
    kernel: str = ""


def _one(body: Callable[..., Any], kernel: str = "", **more: Any) -> Source:
    """A function of one array, elementwise or along an axis."""
    samples = ((4, 3), -1), ((2, 5, 3), 1)
    along = "axis" in inspect.signature(body).parameters
    made = tuple({"z": np.ones(shape), **({"axis": axis} if along else {}), **more} for shape, axis in samples)
    return Source(inspect.unwrap(body), made, ("z",), kernel)


def _cost(body: Callable[..., Any], outputs: str, *shapes: tuple[int, ...]) -> Source:
    """A cost of outputs and targets of one shape, averaged over m examples."""
    made = tuple({outputs: np.full(shape, 0.5), "y": np.full(shape, 0.5), "m": 7.0} for shape in shapes)
    return Source(body, made, (outputs, "y"))


def _cost_of_classes(body: Callable[..., Any], outputs: str) -> Source:
    """A cost of outputs and class indices."""
    return Source(body, ({outputs: np.full((4, 3), 0.5), "y": np.zeros(4, int), "m": 7.0},), (outputs,))


def _layer(**shapes: tuple[int, ...]) -> Source:
    return Source(inspect.unwrap(nn.linear), ({n: np.ones(shape) for n, shape in shapes.items()},), tuple(shapes))


PROGRAMS: dict[str, Source] = {
    "sigmoid": _one(activations.sigmoid),
    "tanh": _one(activations.tanh, kernel="np.tanh"),
    "relu": _one(activations.relu),
    "leaky_relu": _one(activations.leaky_relu, slope=0.01),
    "softplus": _one(activations.softplus),
    "softmax": _one(activations.softmax),
    "log_softmax": _one(activations.log_softmax),
    "logsumexp": _one(activations.logsumexp),
    "quadratic_cost": _cost(costs.quadratic, "a", (4, 3), (2, 5, 3), ()),
    "cross_entropy": _cost(costs.cross_entropies, "a", (4, 3), (2, 5, 3), ()),
    "cross_entropy_with_logits": _cost(costs.cross_entropies_with_logits, "z", (4, 3), (2, 5, 3), ()),
    "log_likelihood_of_rows": _cost(costs.log_likelihoods, "a", (4, 3), (3,)),
    "log_likelihood_of_classes": _cost_of_classes(costs.log_likelihoods, "a"),
    "log_likelihood_with_logits_of_rows": _cost(costs.log_likelihoods_with_logits, "z", (4, 3), (2, 3)),
    "log_likelihood_with_logits_of_classes": _cost_of_classes(costs.log_likelihoods_with_logits, "z"),
    "linear": _layer(x=(4, 3), weight=(3, 2), bias=(2,)),
    "linear_without_bias": _layer(x=(4, 3), weight=(3, 2)),
}


def text() -> str:
    """The whole text of programs/generated.py."""
    parts = [f"# {_where(source)}\n{_program(name, source)}" for name, source in PROGRAMS.items()]
    body = "\n\n\n".join(parts)
    names = ", ".join(n for n in sorted(kernels.__all__) if f"{n}(" in body)
    return f"{HEAD.format(names=names)}\n\n{body}\n"


def _where(source: Source) -> str:
    module = source.body.__module__.removeprefix("tinygrad_lite.").replace(".", "/")
    return f"{source.body.__name__} in {module}.py"


def _program(name: str, source: Source) -> str:
    """The source of one program. All samples must give the same text: then it fits arrays of every shape."""
    first, *others = (_of_sample(name, source, sample) for sample in source.samples)
    for other in others:
        assert other == first, f"{name} is not the same for other shapes:\n{first}\n{other}"
    return first


def _of_sample(name: str, source: Source, sample: dict[str, Any]) -> str:
    given: dict[str, Any] = {
        n: Tensor(v, requires_grad=n in source.by, name=n) if n not in ("axis", "keepdims") else v
        for n, v in sample.items()
    }
    with recorded(unfolded=True):
        out = source.body(**given)
        g = Tensor(np.ones(out.shape), name="g")
        cotangents = {}
        for n in source.by:
            closed = slope(out, given[n]) if out.shape == given[n].shape and len(source.by) == 1 else None
            cotangents[n] = (
                g * closed if closed is not None else pull_back([out], [g], [given[n]], create_graph=True)[0]
            )
    names: dict[Node, str] = {x: n for n, x in given.items() if isinstance(x, Node)} | {g: "g"}
    axis = "axis" if "axis" in sample else ""
    found = expressions([out, *cotangents.values()], names, axis)
    defaults = {
        n: repr(p.default)
        for n, p in inspect.signature(source.body).parameters.items()
        if n in sample and p.default not in (p.empty, None)
    }
    value = Expression(f"{source.kernel}({{0}})", (found[given["z"]],)) if source.kernel else found[out]
    return functions(name, list(sample), value, {n: found[c] for n, c in cotangents.items()}, defaults)
