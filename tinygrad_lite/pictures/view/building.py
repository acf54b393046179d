"""From a graph that was read to the View of it: boxes, edges and frames for what is drawn as one box each."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures.edges.derivatives import Local
from tinygrad_lite.pictures.edges.formulas import Closed
from tinygrad_lite.pictures.edges.numbers import as_array, constant
from tinygrad_lite.pictures.edges.saturation import Saturation, saturation
from tinygrad_lite.pictures.edges.symbols import call_text, derivative_formula, named, number_in_title, pretty
from tinygrad_lite.pictures.view.folding import Group, Rule, exit_of, members_of, repeats
from tinygrad_lite.pictures.view.model import Box, Edge, Frame, View
from tinygrad_lite.pictures.view.names import is_inline
from tinygrad_lite.pictures.view.reading import Subject
from tinygrad_lite.pictures.view.settings import settings
from tinygrad_lite.pictures.view.ways import mark_other_ways, notes
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["view_of"]

MANY = 40  # more boxes than this are looked through for repetitions
DEEPEST = 20  # frames in one another
LIMIT = 200  # and more than this are not drawn
UPSTREAM = ("g", "h", "q", "r", "s", "upstream gradient")  # what g is called in g ↦ g @ wᵀ: a name that is free


def view_of(subject: Subject, rule: Rule, repeat: bool | None = None, limit: int = LIMIT, widths: bool = False) -> View:
    """The boxes, edges and frames of a graph under a folding.

    Raises DrawingError where there are more boxes than anybody could read.
    """
    units, around = subject.folds.units(rule)
    if subject.steps_back is not None and subject.steps_back < len(units):
        units = units[-subject.steps_back :]
    if repeat is not False and (repeat or len(units) + len(_leaves(units, subject)) > MANY):
        units = repeats(units, subject.result)
    deepest = max((len(around.get(exit_of(unit), ())) for unit in units), default=0)
    if deepest > DEEPEST:
        raise DrawingError(
            f"composites nest {deepest} deep here; more than {DEEPEST} frames in one another would not be readable. "
            f"Open fewer: fold=True, or fold={DEEPEST // 4} for the outermost {DEEPEST // 4} levels."
        )
    builder = _Builder(subject, units, around)
    if builder.size > limit:
        raise DrawingError(
            f"{builder.size} boxes would not be readable (limit={limit}), and no more of them fold or repeat. See a "
            f"part: tg.draw(t, upto={min(limit, 30)}) shows the last {min(limit, 30)} steps, tg.draw(t, upto=z) "
            "stops at the tensor z; or mark functions with @tg.composite, or raise limit=."
        )
    view = builder.build()
    view.widths = widths
    return view


def _leaves(units: list[Any], subject: Subject) -> set[Any]:
    """What the units are computed from besides each other, numbers that stand in a formula left out."""
    inputs = {x if isinstance(x, Tensor) else id(x): x for u in units for t in members_of(u) for x in t.inputs}
    computed = {t for unit in units for t in members_of(unit)}
    return {key for key, x in inputs.items() if key not in computed and not is_inline(x)}


class _Builder:
    def __init__(self, subject: Subject, units: list[Any], around: dict[Tensor, tuple[Call, ...]]) -> None:
        self.subject = subject
        self.units = units
        self.around = around
        self.home = {t: u for u in units for t in members_of(u)}
        self.boxes: dict[Any, Box] = {}
        self.edges: list[Edge] = []
        self.arrays = (name for k in count(1) if (name := f"array {k}") not in subject.names.values())
        self.bundles = self._bundles()
        self.upstream = next(letter for letter in UPSTREAM if letter not in subject.names.values())

    def build(self) -> View:
        for unit in self.units:
            self._unit(unit)
        result = self.subject.result
        if not self.units:
            self._source(result)
        order = sorted(self.boxes.values(), key=lambda b: b.tensor.serial if isinstance(b.tensor, Tensor) else 0)
        boxes = list(dict.fromkeys(order))
        for i, box in enumerate(boxes, 1):
            box.id = f"n{i}"
        for i, edge in enumerate(self.edges, 1):
            edge.id = f"e{i}"
        mark_other_ways(self.edges, self.subject.everything)
        said = [*notes(self.edges), *self._no_gradients()]
        return View(boxes, self.edges, self._frames(), [self.boxes[result]], self._title(), notes=said)

    def _no_gradients(self) -> list[str]:
        """Why there are no gradients, where these are asked for and nothing learns."""
        if not self.subject.insists or any(t.requires_grad for t in self.subject.everything):
            return []
        return ["no gradients: none of these tensors has requires_grad=True"]

    def _title(self) -> str:
        result = self.subject.result
        shape = "a scalar" if not result.shape else f"shape {result.shape}"
        of_sum = "; gradients are those of its sum" if result.size != 1 and result.requires_grad else ""
        return f"The graph of {self.subject.names[result]}, {shape}{of_sum}"

    # --- boxes -----------------------------------------------------------------------------------------------------

    def _unit(self, unit: Any) -> None:
        subject, t = self.subject, exit_of(unit)
        slots = self._slots(unit)
        sources = [(i, x, self._source(x)) for i, x in slots]
        box = self._box(t, "result" if t is subject.result else "value")
        box.formula, box.operation = self._formula(unit)
        box.frames = self.around.get(t, ())
        if isinstance(unit, Group):
            box.call, box.count = unit.call, unit.count
            box.steps = tuple(f"{subject.names[exit_of(u)]} = {self._formula(u)[0]}" for u in unit.steps)
        merged: dict[tuple[Box, str], Edge] = {}
        for number, (i, x, source) in enumerate(sources, 1):
            if source is not None:
                edge = self._edge(unit, i, x, source, box)
                edge.number = number if i is None else number_in_title(unit, i)
                twin = merged.get((source, edge.kind)) if source.count > 1 and source.kind != "value" else None
                if twin is not None:
                    twin.locals += edge.locals
                    continue
                merged[source, edge.kind] = edge
                self.edges.append(edge)
        differentiable = [e for e in self.edges if e.target is box and e.passes]
        if len(differentiable) == 1 and differentiable[0].local is not None:
            box.saturation = saturation(differentiable[0].local)

    def _slots(self, unit: Any) -> list[tuple[int | None, Any]]:
        """What a unit was computed from: each input of a primitive; for a group, each tensor once."""
        if not isinstance(unit, Group):
            return list(enumerate(unit.inputs))
        inside = set(unit.members)
        passed = unit.call.inputs if unit.call is not None else ()
        used: dict[Any, None] = {}
        for t in unit.members:
            used.update((x, None) for x in t.inputs if isinstance(x, Tensor) and x not in inside)
        first = dict.fromkeys(x for x in passed if x in used)
        rest = [x for x in used if x not in first and (x.primitive is not None or x.requires_grad or x.name)]
        return [(None, x) for x in [*first, *rest]]

    def _source(self, x: Any) -> Box | None:
        """The box that an input is drawn as; None for a number that stands in the formula."""
        key: Any = x if isinstance(x, Tensor) else id(x)
        if key in self.boxes:
            return self.boxes[key]
        if isinstance(x, Tensor) and x in self.home:
            return self.boxes.setdefault(x, self._box(x, "value"))
        if is_inline(x) and x is not self.subject.result:
            return None
        if key in self.bundles:
            return self._bundle(key)
        if not isinstance(x, Tensor):
            box = Box("", "constant", next(self.arrays), "", np.asarray(x), x)
            return self.boxes.setdefault(key, box)
        if x.primitive is not None:
            box = self._box(x, "cut")
            box.formula = "… computed before"
            return box
        return self._box(x, "result" if x is self.subject.result else "parameter" if x.requires_grad else "constant")

    def _box(self, t: Tensor, kind: str) -> Box:
        subject = self.subject
        box = Box("", kind, subject.names[t], "", subject.values(t), t, learns=t.requires_grad)
        result = subject.names.get(subject.result, "")
        box.result = result if subject.result.size == 1 else f"(Σ {result})"
        box.shown = subject.shown(t)
        box.gradient = subject.gradients.get(t)
        if t.primitive is None and t.grad is not None and box.gradient is not None:
            held = as_array(t.grad)
            if held is not None and not np.allclose(held, box.gradient, rtol=1e-6, atol=0, equal_nan=True):
                box.held = held
        self.boxes[t] = box
        return box

    @property
    def size(self) -> int:
        """How many boxes there will be."""
        leaves = {id(self.bundles.get(x, x)) for x in _leaves(self.units, self.subject)}
        return len(self.units) + len(leaves)

    # --- leaves of repetitions ---------------------------------------------------------------------------------------

    def _bundles(self) -> dict[Any, list[Tensor]]:
        """Leaves that play the same part in each repetition, or in a long list that is joined, and none elsewhere."""
        parts: dict[Tensor, list[Any]] = {}
        for unit in self.units:
            repeating = isinstance(unit, Group) and unit.call is None
            period = max(1, len(unit.members) // unit.count) if repeating else 1
            for place, t in enumerate(members_of(unit)):
                joined = (
                    not isinstance(unit, Group) and len(t.inputs) > MANY
                )  # of so many inputs, each is like the others
                for slot, x in enumerate(t.inputs):
                    if isinstance(x, Tensor) and x in self.subject.sources:
                        part = (id(unit), place % period, 0 if joined else slot) if repeating or joined else None
                        parts.setdefault(x, []).append(part)
        alike: dict[Any, list[Tensor]] = {}
        for x, found in parts.items():
            if None not in found:
                alike.setdefault((tuple(found), x.shape, str(x.dtype), x.requires_grad), []).append(x)
        return {x: group for group in alike.values() if len(group) > 1 for x in group}

    def _bundle(self, x: Tensor) -> Box:
        group = self.bundles[x]
        box = self._box(group[0], "parameter" if x.requires_grad else "constant")
        box.count = len(group)
        names = dict.fromkeys(self.subject.names.get(t, "number") for t in group)
        box.name = next(iter(names)) if len(names) == 1 else f"{next(iter(names))} … {list(names)[-1]}"
        box.value = np.stack([self.subject.values(t) for t in group])
        found = [self.subject.gradients.get(t) for t in group]
        known = [g for g in found if g is not None]
        box.gradient = np.stack(known) if len(known) == len(found) else None
        box.held = None
        self.boxes.update(dict.fromkeys(group, box))
        return box

    # --- words -------------------------------------------------------------------------------------------------------

    def _called(self, x: Any) -> str:
        box = self.boxes.get(x if isinstance(x, Tensor) else id(x))
        if box is not None:
            return box.name
        if is_inline(x):
            return constant(np.reshape(self.subject.values(x), ())[()])
        return self.subject.names.get(x, "…") if isinstance(x, Tensor) else "…"

    def _all_called(self, inputs: tuple[Any, ...]) -> list[str]:
        """The names of the inputs; a bundle has one for all of its leaves."""
        keys = [
            id(self.bundles[x]) if isinstance(x, Tensor) and x in self.bundles else -i for i, x in enumerate(inputs)
        ]
        return list({key: self._called(x) for key, x in zip(keys, inputs, strict=True)}.values())

    def _formula(self, unit: Any) -> tuple[str, str]:
        """How a box was computed, and the operation's name alone."""
        if not isinstance(unit, Group):
            return call_text(unit, self._all_called(unit.inputs)), unit.primitive.name
        if unit.call is None:
            return f"repeated × {unit.count}", "repeat"
        inputs = [self._called(x) for _, x in self._slots(unit) if not is_inline(x)]
        return f"{pretty(unit.name)}({', '.join(inputs + settings(unit.call))})", unit.name

    # --- edges -------------------------------------------------------------------------------------------------------

    def _edge(self, unit: Any, slot: int | None, x: Any, source: Box, target: Box) -> Edge:
        t = exit_of(unit)
        if not isinstance(x, Tensor) or not x.requires_grad:
            return Edge("", source, target, "constant")
        local = Local(members_of(unit), t, x, slot, self.subject.values)
        if not t.requires_grad or not local.path:
            return Edge("", source, target, "stopped")
        if source.count > 1 and x in self.bundles:
            return Edge("", source, target, "bundle", count=source.count, locals=(local,))
        found = self._derivative(unit, slot, local) or Closed(None)
        edge = Edge("", source, target, local.kind, local, found.formula, found.letters, self.upstream)
        if isinstance(unit, Group) and unit.call is not None:
            call = unit.call
            edge.find = lambda: self.subject.element_formula(call, local, self._called)
        return edge

    def _derivative(self, unit: Any, slot: int | None, local: Local) -> Closed | None:
        full = local.kind == "full"
        if isinstance(unit, Group):
            if unit.call is None:
                return None
            if full:
                return self.subject.jacobian_formula(unit.call, local, self._called, self.upstream)
            return self.subject.folded_formula(unit.call, local, self._called)
        assert slot is not None
        names = [self.subject.values(v) if is_inline(v) else named(self._called(v), v) for v in unit.inputs]
        return Closed(derivative_formula(unit, slot, names, self._called(unit), self.upstream if full else ""))

    # --- frames ------------------------------------------------------------------------------------------------------

    def _frames(self) -> dict[Call, Frame]:
        """The open calls; a function that saturates says so on its frame as it does on its box."""
        found: dict[Call, Frame] = {}
        for chain in self.around.values():
            for call in chain:
                if call not in found and any(call in b.frames for b in self.boxes.values()):
                    frame = Frame(f"c{len(found) + 1}", call, pretty(call.name), self._frame_saturation(call))
                    found[call] = frame
        return found

    def _frame_saturation(self, call: Call) -> Saturation | None:
        folds = self.subject.folds
        exits = folds.exits.get(call, [])
        if len(exits) != 1 or len(call.inputs) != 1 or not call.inputs[0].requires_grad:
            return None
        members = [t for t in folds.nodes if call in folds.chain(t)]
        return saturation(Local(members, exits[0], call.inputs[0], None, self.subject.values))
