"""How `where` is written: by masks where arrays are small, by bits where they are large."""

from __future__ import annotations

import numpy as np

from tinygrad_lite.programs.fast.body import BITS, Body
from tinygrad_lite.programs.program import Constant, Line, Value

__all__ = ["write_where"]

# From so many elements on, `where` is done with bits: it guesses nothing, where a mask makes the processor guess each
# element. Below, the product costs more, because truths become integers first.
_MANY = 512


def write_where(body: Body, line: Line) -> bool:
    c, x, y = line.inputs
    if isinstance(c, Constant) or c.dtype != np.bool_ or c.shape != line.shape or line.dtype.kind not in "fi":
        return False
    if not all(_arm(v, line) for v in (x, y)):
        return False
    if line.dtype.kind == "f" and line.dtype.itemsize in (4, 8) and line.size >= _MANY:
        _chosen_by_bits(body, line)
        return True
    if not y.shape and x.shape:
        mask, base, other = _inverse(body, c), x, y
    else:
        mask, base, other = body.held[c].name, y, x
    start = body.array(base, line.dtype)
    over = base.shape and body.overwrites(base, line)
    name, held = body.room(line, base)
    if not over:
        body.write(f"{name}[...] = {start}")
    body.write(f"{body.source.bind('putmask', np.putmask)}({name}, {mask}, {body.array(other, line.dtype)})")
    body.held[line] = held
    return True


def _arm(v: Value, line: Line) -> bool:
    """Whether an arm of `where` is an array like the result, or a number."""
    return (v.shape == line.shape and v.dtype == line.dtype) or (not v.shape and v.dtype in (None, line.dtype))


def _is_zero(v: Value) -> bool:
    """Whether all bits of a constant are 0."""
    return isinstance(v, Constant) and not v.shape and not np.asarray(v.value, np.float64).tobytes().strip(b"\0")


def _inverse(body: Body, c: Value) -> str:
    """Where c is false, in a buffer for this line only."""
    entry = body.temporary(c.shape, np.bool_)
    body.write(f"{body.source.bind('logical_not', np.logical_not)}({body.held[c].name}, {entry.name})")
    return entry.name


def _chosen_by_bits(body: Body, line: Line) -> None:
    """x where c is true, else y, as y ^ ((x ^ y) · c) of their bits: nan and inf come through as they are.

    A mask of random truths makes the processor guess wrong every other time, which costs 4 ns an element.
    """
    c, x, y = line.inputs
    multiply, xor = (body.source.bind(f.__name__, f) for f in (np.multiply, np.bitwise_xor))
    mask = body.held[c].name
    if _is_zero(x) and y.shape:  # the same as 0 where c is true
        x, y, mask = y, x, _inverse(body, c)
    first, second = _bits(body, x, line), _bits(body, y, line)
    name, held = body.room(line, *([x] if x is not y else []))
    target = body.bits(name, held.entry, line.dtype)
    if _is_zero(y):
        body.write(f"{multiply}({first}, {mask}, {target})")
    else:
        if x.shape or y.shape:
            body.write(f"{xor}({first}, {second}, {target})")
            body.write(f"{multiply}({target}, {mask}, {target})")
        else:
            body.write(f"{multiply}({first} ^ {second}, {mask}, {target})")
        body.write(f"{xor}({target}, {second}, {target})")
    body.held[line] = held


def _bits(body: Body, v: Value, line: Line) -> str:
    """The bits of an arm as integers."""
    if isinstance(v, Constant) and not v.shape:
        return body.source.constant(np.asarray(v.value, line.dtype).view(BITS[line.dtype.char]), None)
    entry = None if isinstance(v, Constant) or not v.shape else body.held[v].entry
    return body.bits(body.array(v), entry, line.dtype)
