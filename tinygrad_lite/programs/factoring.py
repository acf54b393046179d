"""Programs that are linear in one input, with fewer lines that depend on it.

A sweep multiplies its upstream gradient by one factor after the other, and adds what paths bring. Element by element
that is one factor in all, which does not depend on the upstream gradient: it is computed once and not for each row.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.program import Constant, Input, Line, Program, Value

__all__ = ["factored"]


def factored(program: Program, seed: Input, exact: bool = False) -> Program:
    """The same outputs, where the program is linear in `seed`: products of factors come first, then meet the seed.

    Values agree up to rounding and where nothing overflows or underflows; NumPy raises a flag where it does.
    exact: only where the seed itself is multiplied. Where it is 0 or 1, values then agree to the last bit.
    """
    work = _Factoring(seed, exact)
    for line in program.lines:
        work.take(line)
    outputs = tuple(work.whole(x) for x in program.outputs)  # which may add lines
    return replace(program, lines=tuple(work.lines), outputs=outputs)


class _Factoring:
    """The new lines as they are made.

    parts: for each value that depends on the seed, a new value and the factor by which to multiply it, or None for 1.
    only: what alone gets a factor, or None: any value does.
    """

    def __init__(self, seed: Input, exact: bool) -> None:
        self.only = seed if exact else None
        self.parts: dict[Value, tuple[Value, Value | None]] = {seed: (seed, None)}
        self.lines: list[Line] = []

    def take(self, line: Line) -> None:
        """Put a line of the old program into the new one."""
        if not any(x in self.parts for x in line.inputs):
            self.lines.append(line)
            return
        part = self._scaled(line) if line.primitive.kind == "elementwise" else None
        if part is None:
            again = Line(
                line.primitive, [self.whole(x) for x in line.inputs], line.params, line.shape, line.dtype, line.name
            )
            self.lines.append(again)
            part = again, None
        self.parts[line] = part

    def whole(self, x: Value) -> Value:
        """What stands for a value of the old program, its factor multiplied."""
        base, factor = self.parts.get(x, (x, None))
        if factor is None:
            return base
        product = self._line(p.multiply, [base, factor], base.shape, x)
        self.parts[x] = product, None
        return product

    def _line(self, primitive: Primitive, inputs: list[Value], shape: tuple[int, ...], like: Value) -> Line:
        self.lines.append(Line(primitive, inputs, {}, shape, like.dtype))  # type: ignore[arg-type]
        return self.lines[-1]

    def _factor(self, primitive: Primitive, line: Line, *inputs: Value | None) -> Value:
        """A factor computed of others, of which None is 1."""
        given: list[Value] = [Constant(line.dtype.type(1)) if x is None else x for x in inputs]
        shapes = {x.shape for x in given if x.shape}
        return self._line(primitive, given, shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes), line)

    def _scaled(self, line: Line) -> tuple[Value, Value | None] | None:
        """The part of an elementwise line that multiplies its inputs by factors; None where it does more."""
        bases = {self.parts[x][0] for x in line.inputs if x in self.parts}
        base = bases.pop()
        if bases or base.shape != line.shape or base.dtype != line.dtype or (self.only and base is not self.only):
            return None
        factors = [self.parts[x][1] if x in self.parts else x for x in line.inputs]
        primitive, moving = line.primitive, [x in self.parts for x in line.inputs]
        if primitive in (p.add, p.subtract):
            return (base, self._factor(primitive, line, *factors)) if all(moving) else None
        if primitive is p.multiply:
            if all(moving):
                return None  # not linear
            other = line.inputs[moving.index(False)]
            ready = None in factors and (other.dtype is None or other.dtype.kind == "f")
            return base, other if ready else self._factor(primitive, line, *factors)
        if (primitive is p.divide and moving == [True, False]) or primitive is p.negative:
            return base, self._factor(primitive, line, *factors)
        if (
            primitive is p.where
            and not moving[0]
            and all(m or _is_zero(x) for m, x in zip(moving[1:], line.inputs[1:], strict=True))
        ):
            return base, self._factor(primitive, line, *factors)
        return (base, factors[0]) if primitive in (p.identity, p.copy) else None


def _is_zero(x: Value) -> bool:
    return isinstance(x, Constant) and x.size == 1 and bool(x.value == 0)
