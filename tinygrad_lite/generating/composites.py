"""The composites that run as programs: their bodies, sample arguments, and the texts of what is generated."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.functions import activations, costs
from tinygrad_lite.generating.expressions import Expression, expressions
from tinygrad_lite.generating.slopes import slope
from tinygrad_lite.generating.source import functions
from tinygrad_lite.nn import layers
from tinygrad_lite.programs import kernels
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["PROGRAMS", "Source", "texts"]

HEADS = {
    "generated": '''"""Programs of the package's composites: what each computes, and its VJP by each argument.

Made by `python -m tinygrad_lite.generating` from the bodies that are named above the functions, by their own rules;
a test makes it again and compares. g is the upstream gradient; the other arguments of a VJP are what the value saved.
"""
''',
    "generated_slopes": '''"""Second derivatives of the package's composites: the VJPs of the VJPs in generated.py.

Made with that file, in the same way. h is the upstream gradient of the cotangent that, say, sigmoid_by_z gave for g:
sigmoid_by_z_by_g carries it to g, and sigmoid_by_z_by_z to z. Where there is none, the derivative is zero.
"""
''',
}
_IMPORTS = """
# fmt: off
# ruff: noqa
# mypy: ignore-errors

import numpy as np

from tinygrad_lite.programs.kernels import {names}
"""


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
    return Source(inspect.unwrap(layers.linear), ({n: np.ones(shape) for n, shape in shapes.items()},), tuple(shapes))


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


def texts() -> dict[str, str]:
    """The whole text of each file of programs, by the name of its module."""
    made = {name: _programs(name, source) for name, source in PROGRAMS.items()}
    found = {}
    for i, (module, head) in enumerate(HEADS.items()):
        parts = [f"# {_where(PROGRAMS[name])}\n{both[i]}" for name, both in made.items()]
        body = "\n\n\n".join(parts)
        names = ", ".join(n for n in sorted(kernels.__all__) if re.search(rf"\b{n}\(", body))
        found[module] = f"{head}{_IMPORTS.format(names=names)}\n\n{body}\n"
    return found


def _where(source: Source) -> str:
    module = source.body.__module__.removeprefix("tinygrad_lite.").replace(".", "/")
    return f"{source.body.__name__} in {module}.py"


def _programs(name: str, source: Source) -> tuple[str, str]:
    """The value and its VJPs, and the VJPs of those. All samples must give the same text: then it fits every shape.

    Of single numbers there is nothing to sum up, so second derivatives are written from arrays.
    """
    made = [_of_sample(name, source, sample) for sample in source.samples]
    for i, found in enumerate(zip(*made, strict=True)):
        first, *others = (
            text for text, sample in zip(found, source.samples, strict=True) if i == 0 or _has_axes(sample)
        )
        for other in others:
            assert other == first, f"{name} is not the same for other shapes:\n{first}\n{other}"
    return made[0]


def _has_axes(sample: dict[str, Any]) -> bool:
    return any(np.ndim(v) > 0 for v in sample.values())


def _of_sample(name: str, source: Source, sample: dict[str, Any]) -> tuple[str, str]:
    given: dict[str, Any] = {
        n: Tensor(v, requires_grad=n in source.by, name=n) if n not in ("axis", "keepdims") else v
        for n, v in sample.items()
    }
    with recorded(unfolded=True):
        out = source.body(**given)
        g, h = Tensor(np.ones(out.shape), name="g", requires_grad=True), {}
        cotangents, seconds = {}, {}
        for n in source.by:
            alone = len(source.by) == 1
            c = cotangents[n] = _pulled(out, g, given[n], closed=alone)
            h[n] = Tensor(np.ones(c.shape), name="h")
            for by in ("g", *source.by):
                second = _pulled(c, h[n], g if by == "g" else given[by], closed=by != "g")
                if second is not None:
                    seconds[n, by] = second
    names: dict[Node, str] = {x: n for n, x in given.items() if isinstance(x, Node)}
    names[g] = "g"
    names.update(dict.fromkeys(h.values(), "h"))
    axis = "axis" if "axis" in sample else ""
    found = expressions([out, *cotangents.values(), *seconds.values()], names, axis)
    defaults = {
        n: repr(p.default)
        for n, p in inspect.signature(source.body).parameters.items()
        if n in sample and p.default not in (p.empty, None)
    }
    value = Expression(f"{source.kernel}({{0}})", (found[given["z"]],)) if source.kernel else found[out]
    return functions(
        name,
        list(sample),
        value,
        {n: found[c] for n, c in cotangents.items()},
        {by: _whole(found[c], found[g]) for by, c in seconds.items()},
        defaults,
    )


def _whole(x: Expression, g: Expression) -> Expression:
    """A result that is the same along an axis, in the shape of g, whose cotangent it is."""
    if x.code != "broadcast {0}":
        return x
    while x.code == "broadcast {0}":
        (x,) = x.arguments
    return Expression("np.broadcast_to({0}, {1}.shape)", (x, g), shape=g.shape)


def _pulled(out: Tensor, g: Tensor, x: Tensor, closed: bool) -> Any:
    """The cotangent of x for the upstream gradient g of out, by the closed form where there is one; None for zero."""
    found = slope(out, x) if closed else None
    return g * found if found is not None else pull_back([out], [g], [x], create_graph=True)[0]
