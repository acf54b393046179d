"""Local derivatives, each derived for itself: what a hint says of one step of the chain rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tinygrad_lite.core.walks import graph, replay
from tinygrad_lite.derivations import Derivation, Step, derive
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.showing.boxes import RESULT, boxes, symbol
from tinygrad_lite.exercises.showing.letters import bound, like, relettered, renaming
from tinygrad_lite.notation.formula import Iverson, Name, Notation, Partial, Relation, named, unicode
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor


def chain(exercise: Definition, above: str, step: str, alone: bool = True) -> Iterator[str]:
    """How the gradient by a step comes from that of a value above, with the local derivative between the two.

    alone: whether no other path leads from the step to what is derived.
    """
    gradient, upstream = (unicode(Partial(symbol(exercise, RESULT), symbol(exercise, n))) for n in (step, above))
    bare = unicode(symbol(exercise, above))
    is_ = f"{gradient} is " if alone else f"Along {bare}: "
    node, leaf = _alone(exercise, above, step)
    if node.shape == leaf.shape and _diagonal(node, leaf):
        how = "" if node.shape == () else ", element by element"
        yield f"{is_}{upstream} times the local derivative{how}:"
        local = Partial(symbol(exercise, above), symbol(exercise, step))
        slope = derive(node.sum(), wrt=leaf).formulas[step]
        own = renaming(slope.indices, like(exercise.given(), symbol(exercise, above)), bound(slope.node))
        yield f"  {unicode(local)} = {unicode(relettered(slope.node, own))}"
        return
    over = "" if node.shape == () else f", over all elements of {bare}"
    yield f"{is_}{'the sum of ' if over else ''}{upstream} times the local derivative{over}:"
    derivation = derive(node, wrt=leaf)
    head, right = _as_given(exercise, above, *derivation.steps[-1].nodes)
    yield f"  {unicode(head)} = {unicode(right)}"
    yield from (f"  {each.reason}" for each in derivation.steps if each.rule == "name")
    if brackets := list(_brackets(right)):
        ones = " and ".join(unicode(bracket) for bracket in brackets)
        if len(brackets) > 1:
            yield f"  where {ones} are 1 if both letters are equal, and 0 otherwise"
        else:
            yield f"  where {ones} is 1 if {unicode(brackets[0].condition)}, and 0 otherwise"


def _as_given(exercise: Definition, above: str, head: Notation, right: Notation) -> tuple[Notation, Notation]:
    """Both sides of ∂z_ji/∂a_kl = … with z_ij as it is given."""
    match head:
        case Partial(top=Name(subs=top), bottom=Name(subs=bottom)):
            letters = like(exercise.given(), symbol(exercise, above))
            to = renaming(top, letters, (*bottom, *bound(right))) if top and len(letters) == len(top) else {}
            return relettered(head, to), relettered(right, to)
    return head, right


def differentiating(exercise: Definition, above: str, step: str) -> Iterator[str]:
    """The rules by which what is derived is differentiated, where it is computed from a step directly."""
    result, node = boxes(exercise)[above], boxes(exercise)[step]
    found = {}
    for each in _path(exercise, result, node):
        if each.call is None and (derivation := _function(each)) is not None:
            found[str(derivation.steps[-1])] = derivation
    for derivation in found.values():
        (left, right), *_ = derivation.given()
        yield f"  {unicode(left)} = {unicode(right)} has the derivative {derivation.steps[-1]}"
    letter = unicode(symbol(exercise, step))
    if found:
        yield f"Multiply by the inner derivative, and by the factors in front of the terms with {letter}."
    else:
        yield f"Every term with {letter} is {letter} times a factor: this factor is left."


def station(exercise: Definition, line: Step) -> str:
    """The value without a name of its own, such as a z, that the first line of a step goes along; "" for none.

    The derivation gives such values a name where a lecturer would, and what is given says what they are.
    """
    known = {*boxes(exercise), unicode(symbol(exercise, RESULT))}
    return next((name for name in line.between[:-1] if name not in known), "")


def along(exercise: Definition, name: str, step: str) -> Iterator[str]:
    """How the gradient by a step comes from that of a value that the derivation gave a name."""
    own = named(name)
    for left, right in exercise.given():
        if isinstance(left, Name) and (left.text, left.layer) == (own.text, own.layer):
            upstream = Partial(symbol(exercise, RESULT), replace(left, subs=(), raised=left.subs != ()))
            yield f"Find {unicode(upstream)} first; then differentiate by {unicode(symbol(exercise, step))}:"
            yield f"  {unicode(left)} = {unicode(right)}"


def _alone(exercise: Definition, above: str, step: str) -> tuple[Tensor, Tensor]:
    """A value computed again from the boxes below it, in which a step is the only one that takes a gradient."""
    named_nodes = boxes(exercise)
    node = named_nodes[above]
    known = {
        other: Tensor(other.detach().numpy(), requires_grad=each == step, name=each, facts=other.facts, axes=other.axes)
        for each, other in named_nodes.items()
        if other is not node
    }
    leaf = known[named_nodes[step]]
    again = replay(graph(node, stops=set(known)), dict(known))[node]
    again.name = node.name
    return again, leaf


def _diagonal(node: Tensor, leaf: Tensor) -> bool:
    """Whether each element depends on the one in its place only, by the numbers of this point."""
    for place, seed in enumerate(np.eye(node.size)):
        (found,) = pull_back([node], [seed.reshape(node.shape)[()]], [leaf])
        if found is not None and np.delete(np.ravel(found), place).any():
            return False
    return True


def _path(exercise: Definition, result: Tensor, node: Tensor) -> list[Tensor]:
    """The nodes from a value to the result that have no name."""
    stops = {other for other in boxes(exercise).values() if other is not result}
    reached, found = {node}, []
    for each in graph(result, stops=stops):
        if each not in stops and any(isinstance(x, Tensor) and x in reached for x in each.inputs):
            reached.add(each)
            found.append(each)
    return found


def _function(node: Tensor) -> Derivation | None:
    """A primitive of one input, derived by a letter; None for others and for those that are linear."""
    variable = [x for x in node.inputs if isinstance(x, Tensor) and x.requires_grad]
    others = [x for x in node.inputs if x is not variable[0]]
    if len(variable) != 1 or any(np.size(x) != 1 for x in others) or node.primitive is None:
        return None
    if node.primitive.kind != "elementwise":
        return None
    u = Tensor(abs(variable[0].detach().numpy().ravel()[0]), requires_grad=True, name="u", facts="positive")
    value = node.primitive(*(u if x is variable[0] else x for x in node.inputs), **node.params)
    if not value.requires_grad:
        return None
    value.name = "g"
    derivation = derive(value, wrt=u)
    return derivation if "u" in derivation.steps[-1].shapes else None


def _brackets(node: Notation) -> Iterator[Iverson]:
    """The brackets [j = k] in a formula that compare two letters."""
    match node:
        case Iverson(condition=Relation(left=Name(), right=Name())):
            yield node
    for part in node.inside():
        yield from _brackets(part)
