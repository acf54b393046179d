"""The values of an exercise that have names, and which of them are computed from which."""

from __future__ import annotations

from tinygrad_lite.core.walks import graph
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.notation.formula import Name, Notation, Partial, named
from tinygrad_lite.tensor.tensor import Tensor

RESULT = ""
"""What a result without a name of its own is called here; no variable has this name."""


def boxes(exercise: Definition) -> dict[str, Tensor]:
    """The nodes with a name, and the result, by name, in the order in which they were computed."""
    point = exercise.points[0]
    found = {name: node for name, node in point.nodes.items() if name not in point.beside}
    if all(node is not point.result for node in found.values()):
        found[RESULT] = point.result
    return dict(sorted(found.items(), key=lambda entry: entry[1].serial))


def below(exercise: Definition, name: str) -> list[str]:
    """The boxes that a box is computed from; values without a name are passed over."""
    named_nodes = boxes(exercise)
    names = {node: each for each, node in named_nodes.items()}
    node = named_nodes[name]
    stops = {other for other in names if other is not node}
    inputs = {x for n in graph(node, stops=stops) if n not in stops for x in n.inputs if isinstance(x, Tensor)}
    return [each for each, other in named_nodes.items() if other in inputs and other in stops]


def above(exercise: Definition, name: str) -> list[str]:
    """The boxes that are computed from a box."""
    return [each for each in boxes(exercise) if name in below(exercise, each)]


def result_of(exercise: Definition) -> Notation:
    """What is derived: C, or ∂C/∂w for second derivatives."""
    title = next(iter(exercise.derivation.titles.values()))
    assert isinstance(title, Partial)
    return title.top


def symbol(exercise: Definition, name: str) -> Notation:
    """A value as the lecture writes it: a⁽²⁾."""
    if name == RESULT:
        return result_of(exercise)
    return named(name, raised=exercise.points[0].nodes[name].shape != ())


def equation(exercise: Definition, name: str) -> tuple[Notation, Notation] | None:
    """How a value is computed, as the statement says it; None where it does not say it."""
    own = symbol(exercise, name)
    for left, right in exercise.given():
        if isinstance(left, Name) and isinstance(own, Name) and (left.text, left.layer) == (own.text, own.layer):
            return left, right
        if isinstance(left, Partial) and isinstance(own, Partial):  # a derivative that is derived once more
            return left, right
    return None
