"""A program is rewritten line by line: each line is made again from its new inputs, and rules may give something better.

So a rule sees inputs that are simplified already, and one walk over the lines is enough for rules that look at a line
and what stands above it. What two lines compute alike is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np

from tinygrad_lite.core.graph import NO_PARAMS, TABLE, Primitive
from tinygrad_lite.programs.program import IN_0_1, ONE_HOT, Check, Constant, Line, Program, Value, ends_of, values_of
from tinygrad_lite.programs.rewriting.bounds import UNKNOWN, Bounds, bounds_of
from tinygrad_lite.programs.rewriting.constants import key_of, one_number
from tinygrad_lite.programs.rewriting.zeros import with_signed_zeros

__all__ = ["Builder", "Rule", "is_call"]

Rule = Callable[["Builder", Line], Value | None]
"""From a line to a value of the same shape and dtype that is equal to it; None where the rule does not fit."""

FOLDED = 65_536  # elements up to which a constant is computed when the program is made, and then kept
COMMUTATIVE = frozenset({"add", "multiply", "maximum", "minimum", "equal", "not_equal", "logical_and", "logical_or"})


def is_call(x: Value, *names: str) -> TypeGuard[Line]:
    """Whether a value is a line of one of these primitives."""
    return type(x) is Line and x.primitive.name in names


class Builder:
    """What a program is rewritten into.

    rules_of: from a primitive to the rules for its lines, in the order in which they are tried. uses: how often each value of the new
    program is wanted, as far as known; a rule may ask so as not to compute twice what is used elsewhere, too. bounds: see bounds.py.
    zeros_matter: whether the sign of a zero is seen in the line that is made (see zeros.py); rules that may change it
    ask.
    """

    def __init__(self, rules_of: Callable[[Primitive], Sequence[Rule]]) -> None:
        self.rules_of = rules_of
        self.uses: dict[Value, int] = {}
        self.bounds: dict[Value, Bounds] = {}
        self.zeros_matter = False
        self.lines: list[Line] = []
        self._known: dict[Any, Value] = {}
        self._constants: dict[Any, Constant] = {}
        self._keys: dict[Constant, Any] = {}

    def used_once(self, x: Value) -> bool:
        """Whether nothing but the line that is being made uses x."""
        return self.uses.get(x, 1) <= 1

    def lies_in(self, x: Value, low: float, high: float) -> bool:
        """Whether all elements of x lie between low and high, or are nan."""
        least, most = self.bounds.get(x, UNKNOWN)
        return low <= least and most <= high

    def constant(self, value: Any) -> Constant:
        """The constant of this value: one for all equal values."""
        return self._one(Constant(value))

    def _one(self, x: Constant) -> Constant:
        key = self._keys.get(x)
        if key is None:
            key = self._keys[x] = key_of(x.value)
        one = self._constants.setdefault(key, x)
        if one not in self.bounds:
            self.bounds[one] = bounds_of(one, self.bounds)
        return one

    def make(
        self, name: str, *inputs: Value, shape: tuple[int, ...], dtype: Any, params: Mapping[str, Any] = NO_PARAMS
    ) -> Value:
        """The result of a primitive, simplified."""
        return self.line(Line(TABLE[name], inputs, params, shape, dtype))

    def known(self, name: str, *inputs: Value) -> Value | None:
        """The line of a primitive without parameters on these inputs, if there is one already."""
        return self._known.get((name, tuple([id(x) for x in inputs])))

    def elementwise(self, name: str, *inputs: Value, dtype: Any) -> Value:
        """The result of an elementwise primitive, in the shape to which its inputs broadcast."""
        shape = inputs[0].shape
        if any(x.shape != shape for x in inputs):
            shape = np.broadcast_shapes(*(x.shape for x in inputs))
        return self.make(name, *inputs, shape=shape, dtype=dtype)

    def line(self, line: Line) -> Value:
        """The value of a line whose inputs belong to this builder: by a rule, folded, known already, or new."""
        for rule in self.rules_of(line.primitive):
            better = rule(self, line)
            if better is not None:
                return better
        if all(isinstance(x, Constant) for x in line.inputs):
            folded = _folded(line)
            if folded is not None:
                return self.constant(folded)
        key = _key(line)
        if key is not None:
            known = self._known.get(key)
            if known is not None:
                return known
            self._known[key] = line
        self.lines.append(line)
        self.bounds[line] = bounds_of(line, self.bounds)
        return line

    def rebuild(self, program: Program) -> Program:
        """The program, rewritten."""
        new: dict[Value, Value] = {x: self._one(x) if isinstance(x, Constant) else x for x in values_of(program)}
        uses = _uses(program)
        checks = _checks_by_value(program)
        kept: list[Check] = []
        signed = with_signed_zeros(program)

        def rely_on_checks(x: Value) -> None:
            kept.extend(check for check in checks.get(x, ()) if not self._proved(check, new[x]))

        for x in checks:
            if not isinstance(x, Line):
                rely_on_checks(x)
        for line in program.lines:
            inputs = tuple([new[x] for x in line.inputs])
            self.zeros_matter = line in signed
            value = self.line(Line(line.primitive, inputs, line.params, line.shape, line.dtype))
            if line.name is not None and value.name is None and isinstance(value, Line):
                value.name = line.name
            self.uses[value] = self.uses.get(value, 0) + uses.get(line, 0)
            new[line] = value
            if line in checks:
                rely_on_checks(line)
        return Program(
            program.inputs,
            tuple(self.lines),
            tuple(new[x] for x in program.outputs),
            _different(Check(c.holds, tuple(new[x] for x in c.values), c.claim) for c in kept),
            tuple(new[x] for x in program.watched),
            tuple((x, new[v]) for x, v in program.updates),
        )

    def _proved(self, check: Check, x: Value) -> bool:
        """Whether the lines show that a check holds. If not, what it claims of x is known from here on."""
        if check.claim == IN_0_1:
            if self.lies_in(x, 0.0, 1.0):
                return True
            low, high = self.bounds.get(x, UNKNOWN)
            self.bounds[x] = max(low, 0.0), min(high, 1.0)
        elif check.claim == ONE_HOT:
            self.bounds[x] = 0.0, 1.0
        return False


def _checks_by_value(program: Program) -> dict[Value, list[Check]]:
    """The checks by the last value that they look at: when that is known, all are."""
    places = {line: i for i, line in enumerate(program.lines)}
    checks: dict[Value, list[Check]] = {}
    for check in program.checks:
        checks.setdefault(max(check.values, key=lambda x: places.get(x, -1)), []).append(check)  # type: ignore[call-overload]
    return checks


def _different(checks: Iterable[Check]) -> tuple[Check, ...]:
    return tuple({(check.holds, check.values): check for check in checks}.values())


def _uses(program: Program) -> dict[Value, int]:
    uses: dict[Value, int] = {}
    for x in ends_of(program):
        uses[x] = uses.get(x, 0) + 1
    for line in program.lines:
        for x in line.inputs:
            uses[x] = uses.get(x, 0) + 1
    return uses


def _key(line: Line) -> Any:
    """Equal for lines that compute the same; None where that cannot be said."""
    inputs = tuple([id(x) for x in line.inputs])
    if len(inputs) == 2 and inputs[0] > inputs[1] and line.primitive.name in COMMUTATIVE:
        inputs = (inputs[1], inputs[0])
    if not line.params:
        return line.primitive.name, inputs
    try:
        params = tuple([(k, _hashable(v)) for k, v in line.params.items()])
        hash(params)
    except TypeError:
        return None
    return line.primitive.name, inputs, params


def _hashable(v: Any) -> Any:
    """A parameter as part of a key. True and 1, as well as 0.0 and -0.0, are not the same parameter."""
    if isinstance(v, tuple | list):
        return type(v), tuple([_hashable(x) for x in v])
    if isinstance(v, slice):
        return slice, _hashable((v.start, v.stop, v.step))
    return type(v), v.hex() if type(v) is float else v


def _folded(line: Line) -> Any:
    """The value of a line of constants, or None: where it is large, and where NumPy would warn in each call."""
    primitive: Primitive = line.primitive
    values: list[Any] = [x.value for x in line.inputs if isinstance(x, Constant)]
    if primitive.name == "broadcast_to" or (primitive.kind == "elementwise" and line.size > 1):
        scalars = [v if isinstance(v, int | float) else one_number(v) for v in values]
        if all(v is not None for v in scalars):  # one number, in an array that takes no memory
            value = scalars[0] if primitive.name == "broadcast_to" else _computed(primitive, scalars, line)
            return None if value is None else np.broadcast_to(np.asarray(value, line.dtype), line.shape)
    return _computed(primitive, values, line) if line.size <= FOLDED else None


def _computed(primitive: Primitive, values: list[Any], line: Line) -> Any:
    try:
        with np.errstate(all="raise", under="ignore"):
            value = primitive.value(*values, **line.params)
    except Exception:  # it raises when the program runs, as it does without being folded
        return None
    if isinstance(value, np.ndarray):
        if value.base is not None or any(value is v for v in values):
            value = value.copy()
        value.flags.writeable = False
    return value if getattr(value, "dtype", None) == line.dtype else None
