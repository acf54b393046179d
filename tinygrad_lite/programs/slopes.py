"""Cotangents of composites as one node each, where a sweep is recorded: what a second derivative goes through.

The value of such a node is that of a generated VJP, its pull a VJP of that (programs/generated_slopes.py). When somebody
looks at what it was computed from, it becomes the nodes that the rules of the body's nodes record.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import cache
from typing import Any

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.core.graph import Call, Node, next_serial, pull_any
from tinygrad_lite.core.scopes import Off, current_scope
from tinygrad_lite.programs.folded import Folded, Folding, Run, folded, stand_in
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["slopes"]

Seconds = Mapping[int, Callable[..., Any]]  # the VJPs of one VJP: by g at 0, by argument i at i + 1


def slopes(
    name: str, parameters: tuple[str, ...], run: Run, node: Node, g: Tensor
) -> list[tuple[Node, Any]] | None:  # fmt: skip
    """The cotangents of a composite's arguments, each one node; None where the nodes of the body must give them.

    name, parameters: of the generated program, and of the composite. The body must give them where one tensor is two
    arguments: its cotangents could not be told apart.
    """
    seconds = _seconds(name, parameters)
    wanted = [run.sources[i] for i in run.needing]
    if not all(i in seconds for i in run.needing) or len(set(wanted)) < len(wanted):
        return None
    slope = _slope if isinstance(node, Folded) else _lines
    return [(run.sources[i], slope(run, node, g, i, seconds[i])) for i in reversed(run.needing)]


@cache
def _seconds(name: str, parameters: tuple[str, ...]) -> Mapping[int, Seconds]:
    """The generated second derivatives of a program, by the place of the argument that the first is by."""
    from tinygrad_lite.programs import generated_slopes  # not before there is a second derivative

    found = {}
    for i, first in enumerate(parameters):
        vjps = [getattr(generated_slopes, f"{name}_by_{first}_by_{by}", None) for by in ("g", *parameters)]
        if any(vjps):
            found[i] = {k: vjp for k, vjp in enumerate(vjps) if vjp is not None}
    return found


def _slope(run: Run, node: Any, g: Tensor, place: int, seconds: Seconds) -> Tensor:
    data = run.kernel.vjps[place](g._array, *run.saved)
    scope = current_scope()
    if type(scope) is Off:
        return Tensor.leaf(data)
    pull = _Slope(run, node, g, place, seconds, scope)
    return folded(data, scope, pull, next_serial(), bool(pull.needing))


def _lines(run: Run, node: Node, g: Tensor, place: int, seconds: Seconds) -> Tensor:
    """The cotangent inside of a trace: the lines of the VJP, whose derivatives are the generated ones, too."""
    out: Tensor = run.kernel.vjps[place](g, *run.saved)
    if out.needs_grad:
        out = p.identity(out)
        out.pull = _TracedSlope(run, g, seconds)
    return out


class _TracedSlope:
    """The pull of a cotangent inside of a trace: the lines of the second derivatives are recorded."""

    __slots__ = ("g", "needing", "run", "seconds")

    def __init__(self, run: Run, g: Tensor, seconds: Seconds) -> None:
        self.run, self.g, self.seconds = run, g, seconds
        self.needing = _needing(run, g, seconds)

    def __call__(self, h: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        return self._pairs(h, *[x._array if isinstance(x, Tensor) else x for x in (self.g, *self.run.saved)])

    def recorded(self, h: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        return self._pairs(h, self.g, *self.run.saved)

    def _pairs(self, h: Any, *values: Any) -> Sequence[tuple[Node, Any]]:
        sources = (self.g, *self.run.sources)
        return [(sources[i], self.seconds[i](h, *values)) for i in reversed(self.needing)]


def _needing(run: Run, g: Tensor, seconds: Seconds) -> list[int]:
    """The places in (g, *arguments) that cotangents go to."""
    return [i for i in seconds if (g.needs_grad if i == 0 else i - 1 in run.needing)]


class _Slope(Folding):
    """The pull of a cotangent that a program computed.

    run, node: the call of the composite, and its result. place: of the argument that the cotangent is of. needing: the
    places in `sources` that cotangents go to.
    """

    __slots__ = ("needing", "node", "place", "run", "scope", "seconds", "sources")

    scope: Call | None
    sources: tuple[Any, ...]

    def __init__(self, run: Run, node: Folded, g: Tensor, place: int, seconds: Seconds, scope: Call | None) -> None:
        self.run, self.node, self.place, self.seconds, self.scope = run, node, place, seconds, scope
        self.sources = (g, *run.sources)
        self.needing = _needing(run, g, seconds)

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"the derivative of {self.run.name}"

    def hides(self, wanted: Container[Node]) -> bool:
        """Whether cotangents of the composite's result, or of nodes inside of it, would be lost here.

        By the rules of its nodes, the derivative may be computed from them; this node knows the arguments only.
        """
        result = self.node
        return type(result) is not Folded or result in wanted or (result.meta is not None and result.meta.retain)

    def __call__(self, h: Any, node: Folded) -> Sequence[tuple[Node, Any]]:
        if self.hides(()):
            node.unfold()
            return node.pull(h, node)  # type: ignore[no-any-return]
        g, saved = self.sources[0]._array, self.run.saved
        return [(self.sources[i], self.seconds[i](h, g, *saved)) for i in reversed(self.needing)]

    def run_again(self) -> tuple[Node, Mapping[Any, Any]]:
        """Sweep through the nodes of the body, down to the argument, with a stand-in for the upstream gradient."""
        Folded.unfold(self.node)  # by its class: it may be a plain Tensor already
        run = self.run
        result: Node = self.node
        given: Mapping[Any, Any] = {}
        if not all(run.sources[i].needs_grad for i in run.needing):  # one is frozen by now: nodes stop there
            result, given = run.run_again()
        instead = {x: fresh for fresh, x in given.items() if isinstance(x, Node)}
        places = {instead.get(y, y) for y in run.sources if isinstance(y, Node)}
        x = instead.get(run.sources[self.place], run.sources[self.place])
        outside = places - {x}

        def pull(c: Any, node: Node) -> Sequence[tuple[Node, Any]]:
            return pull_any(c, node, recorded=True, outside=outside)

        g = stand_in(self.sources[0], self.sources[0].needs_grad)
        ((_, found),) = sweep([(result, g)], {x}, pull)
        return p.identity(found) if found is g else found, {**given, g: self.sources[0]}
