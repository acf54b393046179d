"""A learning rate multiplies one small array where the sweep begins, in place of every gradient where it ends.

Gradients are linear in the cotangent of the scores: where all of it goes into steps p − c · g with one rate c, the sweep
may begin with c times the cotangent. As many roundings are made; a pass over each weight is saved. Numbers become small
earlier: in double precision those below 1e-303 lose digits, of which nobody computes a step. In single precision this
would begin at 1e-34, which the cotangent of a saturated neuron is, so there each gradient is multiplied itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tinygrad_lite.core.graph import NO_PARAMS, TABLE
from tinygrad_lite.programs.program import Check, Constant, Line, Program, Value, ends_of
from tinygrad_lite.programs.rewriting.constants import number

__all__ = ["with_rates_first"]

CALL = 1000  # what calling NumPy costs, in elements
LINES = 1000  # up to which a program is looked through
LEAST = 1e-4  # a smaller rate would make numbers lose digits from larger ones on


@dataclass
class _Region:
    """What is computed linearly from a root. whole: whether all of it ends in steps."""

    members: set[Value]
    whole: bool = True
    rates: set[float] = field(default_factory=set)
    ends: list[Line] = field(default_factory=list)


def with_rates_first(program: Program) -> Program:
    """The program, with a rate that all gradients share moved to where they come from."""
    uses: dict[Value, list[Line]] = {}
    for line in program.lines:
        for x in set(line.inputs):
            uses.setdefault(x, []).append(line)
    steps = {line: c for line in program.lines if (c := _rate(line, uses)) is not None}
    if len(steps) < 2 or len(program.lines) > LINES:
        return program
    regions = _regions(program, steps)
    found = [(root, region) for root, region in regions.items() if region.whole and len(region.rates) == 1]
    gains = {root: sum(CALL + x.size for x in region.ends) - _price(root) for root, region in found}
    best = max(gains, key=gains.__getitem__, default=None)
    return program if best is None or gains[best] <= 0 else _moved(program, best, regions[best])


def _price(root: Line) -> int:
    """What it costs to multiply a root by a constant, in elements."""
    return 0 if _factor(root) is not None else CALL + root.size


def _rate(line: Line, uses: dict[Value, list[Line]]) -> float | None:
    """c, if a line is c · g and only sums and differences with something else use it."""
    if line.primitive.name != "multiply" or line.dtype.kind != "f" or line.dtype.itemsize < 8:
        return None
    c, g = number(line.inputs[0]), line.inputs[1]
    if c is None or not LEAST <= abs(c) <= 1 or g.dtype != line.dtype or g.shape != line.shape or line not in uses:
        return None
    return c if all(_is_step(u, line) for u in uses[line]) else None


def _is_step(line: Line, step: Line) -> bool:
    return line.primitive.name in ("add", "subtract") and line.inputs.count(step) == 1


def _regions(program: Program, steps: dict[Line, float]) -> dict[Line, _Region]:
    """Each line that gradients may come from, with what is computed linearly from it."""
    regions: dict[Line, _Region] = {}
    roots: dict[Value, set[Line]] = {}  # of which lines a value is a linear function
    for line in program.lines:
        above = [roots.get(x, set()) for x in line.inputs]
        linear = set() if line in steps else _linear_in(line, above)
        for root in set().union(*above):
            region = regions[root]
            if line in steps and root in above[1]:
                region.rates.add(steps[line])
                region.ends.append(line)
            elif root in linear:
                region.members.add(line)
            else:
                region.whole = False
        linear = {root for root in linear if regions[root].whole}
        if line.dtype.kind == "f" and line not in steps and line.shape:
            regions[line] = _Region({line})
            linear = linear | {line}
        roots[line] = linear
    for x in ends_of(program):
        for root in roots.get(x, ()):
            regions[root].whole = False
    return regions


def _linear_in(line: Line, above: list[set[Line]]) -> set[Line]:
    """The roots in which a line is linear: through one factor, or through both terms."""
    name = line.primitive.name
    if line.primitive.linear:
        times = Counter(root for roots in above for root in roots)
        return {root for root in times if times[root] == 1}
    if name in ("add", "subtract"):
        return above[0] & above[1]
    if name == "divide":
        return above[0] - above[1]
    if name == "where":
        zero = [isinstance(x, Constant) and number(x) == 0.0 for x in line.inputs[1:]]
        return (above[1] if zero[1] else above[2] if zero[0] else set()) - above[0]
    return set()


def _moved(program: Program, root: Line, region: _Region) -> Program:
    """The program in which the root is multiplied by the rate, and the steps are what they multiplied."""
    (c,) = region.rates
    new: dict[Value, Value] = {}
    lines: list[Line] = []

    def at(x: Value) -> Value:
        return new.get(x, x)

    for line in program.lines:
        if line in region.ends:
            new[line] = at(line.inputs[1])
        elif line is root:
            k = _factor(root)
            x: Value = root if k is None else root.inputs[1]
            scaled = Line(
                TABLE["multiply"], (Constant(c * (1.0 if k is None else k)), x), NO_PARAMS, root.shape, root.dtype
            )
            lines += [root, scaled] if k is None else [scaled]
            new[line] = scaled
        elif any(x in new for x in line.inputs):
            new[line] = Line(
                line.primitive, [at(x) for x in line.inputs], line.params, line.shape, line.dtype, line.name
            )
            lines.append(new[line])  # type: ignore[arg-type]
        else:
            lines.append(line)
    checks = tuple(Check(check.holds, tuple(map(at, check.values)), check.claim) for check in program.checks)
    updates = tuple((x, at(v)) for x, v in program.updates)
    outputs, watched = tuple(map(at, program.outputs)), tuple(map(at, program.watched))
    return Program(program.inputs, tuple(lines), outputs, checks, watched, updates)


def _factor(line: Line) -> float | None:
    """k, if a line is k · x: another constant takes its place at no cost."""
    same = (
        line.primitive.name == "multiply" and line.inputs[1].dtype == line.dtype and line.inputs[1].shape == line.shape
    )
    return number(line.inputs[0]) if same else None
