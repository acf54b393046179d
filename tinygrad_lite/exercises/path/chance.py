"""Random exercises: a net, an activation for each layer and a cost are drawn, and written as a NumPy function."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.exercise import Exercise

LAYERS = (1, 2, 3)
ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear")
WRITTEN = {
    "sigmoid": "tg.sigmoid({z})", "tanh": "np.tanh({z})", "relu": "np.maximum(0, {z})", "softmax": "tg.softmax({z})",
}  # fmt: skip
COSTS = {
    "quadratic": "(y - {a}) ** 2",
    "cross-entropy": "y * np.log({a}) + (1 - y) * np.log(1 - {a})",
    "log-likelihood": "y * np.log({a})",
}
SHAPES = ("numbers", "example", "batch")
AXES = "nhkpJ"
"""The letters of the axes between layers, from the inputs to the outputs."""


@dataclass(frozen=True)
class Net:
    """What a random exercise is about. activations: one for each layer. shape: what goes through the net."""

    activations: tuple[str, ...]
    cost: str
    shape: str
    bias: bool
    decay: bool


def nets(
    layers: Collection[int] = LAYERS, activations: Collection[str] = ACTIVATIONS,
    costs: Collection[str] = tuple(COSTS), shapes: Collection[str] = SHAPES,
) -> list[Net]:  # fmt: skip
    """All nets with these knobs, in an order that looks random and is always the same: depths and costs take turns."""
    found = []
    hidden = [name for name in ACTIVATIONS if name in activations and name != "linear"]
    for depth, cost, shape in itertools.product(LAYERS, COSTS, SHAPES):
        if (
            depth not in layers
            or cost not in costs
            or shape not in shapes
            or (cost, shape) == ("log-likelihood", "numbers")
        ):
            continue
        last = {"cross-entropy": ["sigmoid"], "log-likelihood": ["softmax"]}
        outputs = last.get(cost, [name for name in ACTIVATIONS if name in activations])
        below = itertools.product(hidden, repeat=depth - 1)
        for before, output, bias, decay in itertools.product(below, outputs, (True, False), (False, True)):
            net = Net((*before, output), cost, shape, bias, decay)
            if bias or shape != "numbers" or "relu" not in net.activations:  # relu(w · 0) would be at its kink
                found.append(net)
    random.Random(1).shuffle(found)
    kinds: dict[tuple[int, str], list[Net]] = {}
    for net in found:
        kinds.setdefault((len(net.activations), net.cost), []).append(net)
    rounds = itertools.zip_longest(*(kinds[kind] for kind in sorted(kinds)))
    return [net for each in rounds for net in each if net is not None]


def random_exercise(
    seed: int, *, layers: int | Collection[int] = LAYERS, activations: str | Collection[str] = ACTIVATIONS,
    costs: str | Collection[str] = tuple(COSTS), shapes: str | Collection[str] = SHAPES,
) -> Exercise:  # fmt: skip
    """An exercise made by chance: each seed gives another net, until all that the knobs allow were given once.

    layers: how many, 1 to 3. activations: of "sigmoid", "tanh", "relu" and, for outputs, "linear"; cross-entropy has
    sigmoid outputs and the log-likelihood softmax. costs: of "quadratic", "cross-entropy", "log-likelihood". shapes:
    of "numbers" (one neuron a layer), "example" (vectors), "batch" (m examples in rows). Each knob is one or several.
    Raises ExerciseError for unknown knobs, and where they allow nothing.

    See also: tg.exercises.load, tg.exercises.Exercise.

    >>> import tinygrad_lite as tg
    >>> tg.exercises.random_exercise(0, layers=1, costs="log-likelihood", shapes="example").cost.__name__
    'softmax'
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ExerciseError(f"seed is a whole number from 0 on; got {seed!r}.")
    knobs = {
        "layers": _chosen("layers", layers, LAYERS), "activations": _chosen("activations", activations, ACTIVATIONS),
        "costs": _chosen("costs", costs, tuple(COSTS)), "shapes": _chosen("shapes", shapes, SHAPES),
    }  # fmt: skip
    known = nets(**knobs)
    if not known:
        raise ExerciseError(
            f"no exercise has all of {', '.join(f'{name}={_listed(values)}' for name, values in knobs.items())}. "
            "Softmax with the log-likelihood needs several outputs, and hidden layers are not linear."
        )
    return of_net(known[seed % len(known)], seed)


def _chosen(name: str, given: Any, known: tuple[Any, ...]) -> tuple[Any, ...]:
    values = (given,) if isinstance(given, str | int) else tuple(given)
    for value in values:
        if value not in known:
            raise ExerciseError(f"{name} is one or several of {_listed(known)}; got {value!r}.")
    return values


def _listed(values: Collection[Any]) -> str:
    return ", ".join(map(str, values))


# --- a net as an exercise ------------------------------------------------------------------------------------------


def of_net(net: Net, seed: int) -> Exercise:
    """The exercise of a net; seed gives the numbers, and its name."""
    name = "_".join(net.activations)
    source = "\n".join([f"def {name}({', '.join(_parameters(net))}):", *(f"    {line}" for line in _lines(net))]) + "\n"
    space: dict[str, Any] = {"np": np, "tg": tg}
    exec(compile(source, f"<random exercise {seed}>", "exec"), space)
    facts = {"cross-entropy": {"y": "in (0, 1)"}, "log-likelihood": {"y": "rows sum to 1"}}.get(net.cost, {})
    if net.decay:
        facts["lam"] = "positive"
    return Exercise(
        space[name], _steps(net), shapes=_shapes(net), facts=facts, title=f"Random exercise {seed}: {_title(net)}",
        text=_text(net), seed=seed, id=f"random-{seed}-{'-'.join(net.activations)}", source=source,
    )  # fmt: skip


def _number(net: Net, layer: int) -> str:
    return str(layer) if len(net.activations) > 1 else ""


def _weight(net: Net) -> str:
    return "w" if net.shape == "numbers" else "W"


def _parameters(net: Net) -> Iterator[str]:
    yield "x"
    for layer in range(1, len(net.activations) + 1):
        yield _weight(net) + _number(net, layer)
        if net.bias:
            yield "b" + _number(net, layer)
    yield "y"
    if net.decay:
        yield "lam"


def _lines(net: Net) -> Iterator[str]:
    """The lines of the cost function."""
    if net.shape == "batch":
        yield "m = len(x)"
    below = "x"
    for layer, activation in enumerate(net.activations, 1):
        number = _number(net, layer)
        weight, z, a = _weight(net) + number, f"z{number}", f"a{number}"
        product = {"numbers": f"{weight} * {below}", "example": f"{weight} @ {below}", "batch": f"{below} @ {weight}"}
        yield f"{z} = {product[net.shape]}" + (f" + b{number}" if net.bias else "")
        if activation != "linear":
            yield f"{a} = {WRITTEN[activation].format(z=z)}"
        below = a if activation != "linear" else z
    yield f"C = {_cost(net, below)}"
    yield "return C"


def _cost(net: Net, a: str) -> str:
    term = COSTS[net.cost].format(a=a)
    if net.shape == "numbers":
        cost = f"{term} / 2" if net.cost == "quadratic" else f"-({term})"
    else:
        halves = (
            {"example": "{} / 2", "batch": "{} / (2 * m)"}
            if net.cost == "quadratic"
            else {"example": "-{}", "batch": "-{} / m"}
        )
        cost = halves[net.shape].format(f"np.sum({term})")
    return cost + (f" + lam / 2 * {_squares(net)}" if net.decay else "")


def _squares(net: Net) -> str:
    weights = [_weight(net) + _number(net, layer) for layer in range(1, len(net.activations) + 1)]
    squares = [f"{w}**2" if net.shape == "numbers" else f"np.sum({w}**2)" for w in weights]
    return squares[0] if len(squares) == 1 else f"({' + '.join(squares)})"


def _steps(net: Net) -> list[str]:
    """What to derive by: z and the weights of each layer, from the last on; the last bias; in one layer a, too."""
    depth = len(net.activations)
    steps = ["a"] if depth == 1 and net.activations[0] != "linear" else []
    for layer in range(depth, 0, -1):
        steps += [f"z{_number(net, layer)}", _weight(net) + _number(net, layer)]
        if net.bias and layer == depth:
            steps.append(f"b{_number(net, layer)}")
    return steps


def _shapes(net: Net) -> dict[str, str]:
    depth, batch = len(net.activations), net.shape == "batch"
    wide = ["n", *AXES[1:depth], "J"]
    found = {name: "" for name in _parameters(net)}
    if net.shape != "numbers":
        found |= {"x": "m n" if batch else "n", "y": "m J" if batch else "J"}
        for layer in range(1, depth + 1):
            inner, outer = wide[layer - 1], wide[layer]
            found[f"W{_number(net, layer)}"] = f"{inner} {outer}" if batch else f"{outer} {inner}"
            if net.bias:
                found[f"b{_number(net, layer)}"] = outer
    return found


def _title(net: Net) -> str:
    return f"{', '.join(net.activations)}, {_cost_name(net)}"


def _text(net: Net) -> str:
    through = {
        "numbers": "A number x goes", "example": "One example x, a vector, goes",
        "batch": "A batch of m examples, the rows of x, goes",
    }[net.shape]  # fmt: skip
    depth = len(net.activations)
    layers = {1: "one layer", 2: "two layers", 3: "three layers"}[depth]
    neuron = (
        " of one neuron each"
        if net.shape == "numbers" and depth > 1
        else " of one neuron"
        if net.shape == "numbers"
        else ""
    )
    decay = " Large weights cost something, too: lam is the strength of weight decay." if net.decay else ""
    return f"{through} through {layers}{neuron}: {', then '.join(net.activations)}. The cost is the {_cost_name(net)}.{decay}"


def _cost_name(net: Net) -> str:
    return {"quadratic": "quadratic cost"}.get(net.cost, net.cost)
