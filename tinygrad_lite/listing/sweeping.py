"""The chain rule from line to line: the lines of a gradient, as a lecturer writes them.

Each line passes on the cotangents of what it uses. An activation that only the cost uses is differentiated together
with it, where that is shorter: (a − y)/m is.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.listing.derivatives import Derivatives
from tinygrad_lite.listing.expressions import called, name, negated, replaced, uses
from tinygrad_lite.listing.local import Local
from tinygrad_lite.listing.sheet import Sheet, Variable, first
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Sweep"]

ONE = ast.Constant(1)

OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Compare)


class Sweep:
    """Writes gradients on a sheet. written: reads recorded nodes into code, where a line has no derivation."""

    def __init__(self, sheet: Sheet, written: Any) -> None:
        self.sheet, self.written = sheet, written
        self.derivatives = Derivatives(sheet)

    def gradients(
        self, results: Sequence[tuple[Variable, ast.expr | None]], wrt: Sequence[Variable]
    ) -> dict[Variable, Variable]:
        """The variables that hold the cotangents of wrt, after the lines that compute them.

        results: what is differentiated, each with its upstream gradient; None for 1.
        """
        path = self._path([v for v, _ in results], wrt)
        self.parts: dict[str, list[ast.expr]] = {v.key: [] for v in path}
        self.on_path, self.merged = {v.key: v for v in path}, set[str]()
        for v, seed in results:
            if v.key in self.parts:
                self.parts[v.key].append(ONE if seed is None else seed)
        self.parted: list[tuple[Variable, Variable, list[Variable]]] = []
        cotangents: dict[str, Variable] = {}
        waiting = Counter(k for u in path if u not in wrt for k in u.parts if k in self.parts)
        for v in reversed(path):
            if v not in wrt and v.key not in self.merged and self.parts[v.key]:
                self._pass_on(v, self._cotangent(v, self.parts[v.key]), path)
            for k in v.parts if v not in wrt else ():
                waiting[k] -= 1
            for target in wrt:  # as soon as all has come, so that what belongs together stands together
                if not waiting[target.key] and self.parts.get(target.key) and target.key not in cotangents:
                    cotangents[target.key] = self._variable(target, self._cotangent(target, self.parts[target.key]))
        for line, rest, parts in self.parted:
            self.sheet.part(line, rest, parts)
        return {v: cotangents.get(v.key) or self._zero(v) for v in wrt}

    def _path(self, results: Sequence[Variable], wrt: Sequence[Variable]) -> list[Variable]:
        """The variables that depend on one of wrt and lead to a result, in order."""
        below = {v.key for v in wrt}
        for v in self.sheet.variables.values():
            floats = np.asarray(v.data).dtype.kind == "f"
            if v.key not in below and floats and any(k in below for k in v.parts):
                below.add(v.key)
        above: set[str] = set()
        stack = list(results)
        while stack:
            v = stack.pop()
            if v.key in above or v.key not in below:
                continue
            above.add(v.key)
            if v not in wrt:
                stack += [self.sheet.variables[k] for k in v.parts]
        return [v for v in self.sheet.variables.values() if v.key in above]

    def _pass_on(self, v: Variable, upstream: Variable | None, path: Sequence[Variable]) -> None:
        """Add what a line contributes to the cotangents of what it uses. upstream: None for 1."""
        wrt = [k for k in v.parts if k in self.on_path]
        if v.same is not None:
            self.parts[v.same.key].append(name(upstream.key) if upstream else ONE)
            return
        own = self._own_activation(v)
        if own is not None:
            self._contribute({wrt[0]: own if upstream is None else ast.BinOp(name(upstream.key), ast.Mult(), own)})
            return
        if not v.shape:
            for a in [k for k in wrt if self._only_user(k, v, path)]:
                found = self._with_activation(v, a, upstream)
                if found is not None:
                    self.merged.add(a)
                    wrt.remove(a)
                    self._contribute(found)
        if wrt:
            found = self.derivatives.derived([v], wrt, upstream)
            if found is None:
                found = self._parted(v, upstream, path)
            self._contribute(self._recorded(v, wrt, upstream) if found is None else found)

    def _own_activation(self, v: Variable) -> ast.expr | None:
        """The derivative of an activation of the user's at the weighted input that a line takes it of."""
        match v.code:
            case ast.Call(func=ast.Name(id=function), args=[ast.Name(), *_]) if function in self.sheet.elementwise:
                return ast.Call(name(self.sheet.slope(function)), v.code.args, v.code.keywords)
        return None

    def _parted(self, v: Variable, upstream: Variable | None, path: Sequence[Variable]) -> dict[str, ast.expr] | None:
        """What a line contributes, where parts of it get lines of their own; None where there are no such parts.

        The parts are as small as they can be. Where no choice makes what is left derivable, they are its operands.
        """
        assert v.code is not None
        by: dict[str, Variable] = {}
        for height in range(1, 1 + _height(v.code)):
            parts = [x for x in _parts(v.code, height) if not self.on_path.keys().isdisjoint(uses(x))]
            if not parts:
                return None
            if by.keys() == {ast.dump(x) for x in parts}:
                continue
            by = {ast.dump(x): self._line_of(x) for x in parts}
            rest = self._rest(v, by)
            inside = {u.key for u in by.values()}
            wrt = [k for k in rest.parts if k in self.on_path or k in inside]
            if self.derivatives.derived([rest], wrt, upstream) is not None:
                break
        for u in by.values():
            self.on_path[u.key], self.parts[u.key] = u, []
        rest = self._rest(v, by)
        if v.key in self.sheet.variables:  # v itself is written with the parts that its derivative has
            self.parted.append((self.sheet.variables[v.key], rest, list(by.values())))
        self._pass_on(rest, upstream, path)
        for u in reversed(by.values()):
            if self.parts[u.key]:
                self._pass_on(u, self._cotangent(u, self.parts[u.key]), path)
        return {}

    def _line_of(self, code: ast.expr) -> Variable:
        """A variable with this code; one that nothing uses in the end is not written."""
        dump = ast.dump(code)
        known = (u for u in self.sheet.variables.values() if u.code is not None and ast.dump(u.code) == dump)
        found = next(known, None)
        if found is None:
            found = self.sheet.add(self._value(code), "t", code)
            found.passing = True
        return found

    def _rest(self, v: Variable, by: Mapping[str, Variable]) -> Variable:
        """A line with variables in the place of parts; by: of the dump of each part."""
        assert v.code is not None

        class Put(ast.NodeTransformer):
            def visit(self, node: ast.AST) -> Any:
                found = by.get(ast.dump(node))
                return self.generic_visit(node) if found is None else ast.Name(found.key)

        return Variable(v.key, v.data, v.label, Put().visit(copy.deepcopy(v.code)))

    def _contribute(self, found: dict[str, ast.expr]) -> None:
        for key, code in found.items():
            self.parts[key].append(code)

    def _only_user(self, key: str, user: Variable, path: Sequence[Variable]) -> bool:
        v = self.sheet.variables[key]
        return v.code is not None and v.same is None and [u for u in path if key in u.parts] == [user]

    def _with_activation(self, cost: Variable, key: str, upstream: Variable | None) -> dict[str, ast.expr] | None:
        """The cotangents of what an activation is taken of, from the cost at once, where that is shorter."""
        a = self.sheet.variables[key]
        below = [k for k in a.parts if k in self.on_path]
        if len(below) != 1 or not isinstance(a.code, ast.Call) or self.sheet.variables[below[0]].shape != a.shape:
            return None
        together = self.derivatives.derived([a, cost], below, upstream)
        if together is None:
            return None
        apart = self.derivatives.derived([cost], [key], upstream)
        if apart is not None:
            rest = self.derivatives.derived([a], below, self._placeholder(a))
            if rest is not None:
                whole = replaced(rest[below[0]], {self._place.key: apart[key]})
                if _length(together[below[0]]) > _length(whole):
                    return None
        return together

    def _placeholder(self, a: Variable) -> Variable:
        self._place = Variable("place_key", a.data, "d" + a.label, None)
        return self._place

    def _cotangent(self, v: Variable, contributions: list[ast.expr]) -> Variable | None:
        """The variable of a cotangent, which is the sum of what came; None where it is 1."""
        if [ast.dump(c) for c in contributions] == [ast.dump(ONE)] and not v.shape:
            return None
        code = self._sum(v, contributions)
        data = np.broadcast_to(self._value(code), v.shape)
        same = self.sheet.variables[code.id] if isinstance(code, ast.Name) else None
        found = self.sheet.add(data, "d" + v.label, code, same)
        found.of, found.passing, found.rounded = v, True, v.key in self.derivatives.rounded
        return found

    def _sum(self, v: Variable, contributions: list[ast.expr]) -> ast.expr:
        """What came to the cotangent of a variable, added. A row that is added to a matrix need not be repeated before."""
        if len(contributions) > 1:
            plain = [_row(c) or c for c in contributions]
            if any(np.shape(self._value(c)) == v.shape for c in plain):
                contributions = plain
        code = contributions[0]
        for more in contributions[1:]:
            less = negated(more)
            code = ast.BinOp(code, ast.Add(), more) if less is None else ast.BinOp(code, ast.Sub(), less)
        return code

    def _variable(self, v: Variable, cotangent: Variable | None) -> Variable:
        """The variable of a cotangent that was asked for, with a line of its own: db = dz."""
        same = None if cotangent is None else cotangent.same
        if same is not None and same.of is not None and first(same.of) is first(v):
            return same
        if cotangent is not None and v.code is None:
            cotangent.passing = False  # it was asked for: dW1 has a line
        if cotangent is None or same is not None:
            data, code = (np.ones(v.shape), ONE) if cotangent is None else (cotangent.data, cotangent.code)
            cotangent = self.sheet.add(data, "d" + v.label, code)
            cotangent.of = v
        return cotangent

    def _value(self, code: ast.expr) -> Any:
        with np.errstate(all="ignore"):
            return self.sheet.evaluate(code, {k: v.data for k, v in self.sheet.variables.items()})

    def _zero(self, v: Variable) -> Variable:
        return self.sheet.add(np.zeros(v.shape), "d" + v.label, called("np.zeros_like", name(v.key)))

    def _recorded(self, v: Variable, wrt: list[str], upstream: Variable | None) -> dict[str, ast.expr]:
        """The cotangents as the rules of the primitives compute them."""
        local = Local(self.sheet, [v], wrt, upstream)
        keys = [x.key for x in (*local.leaves, *([upstream] if upstream else []))]
        known = local.run({k: self.sheet.variables[k].data for k in keys})
        out = known[v.key]
        seed = known[upstream.key] if upstream else Tensor(np.ones_like(out.data)[()])
        with recorded(unfolded=True), np.errstate(all="ignore"):
            found = pull_back([out], [seed], [known[k] for k in wrt], create_graph=True)
        nodes = {known[k]: self.sheet.variables[k] for k in (*keys, v.key) if isinstance(known[k], Tensor)}
        reached = {k: g for k, g in zip(wrt, found, strict=True) if g is not None}
        return dict(zip(reached, self.written(nodes, list(reached.values())), strict=True))


def _row(code: ast.expr) -> ast.expr | None:
    """What np.broadcast_to(row, shape) repeats."""
    match code:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="broadcast_to"), args=[row, _]):
            return row
    return None


def _length(code: ast.expr) -> int:
    return sum(1 for _ in ast.walk(code))


def _height(code: ast.AST) -> int:
    """How many operations stand one in the other."""
    below = max((_height(x) for x in ast.iter_child_nodes(code)), default=0)
    return below + isinstance(code, OPERATIONS)


def _parts(code: ast.expr, height: int) -> list[ast.expr]:
    """The largest parts of code in which no more operations stand one in the other, from left to right; not the whole."""
    found: list[ast.expr] = []
    for child in ast.iter_child_nodes(code):
        if isinstance(child, OPERATIONS) and _height(child) <= height:
            found.append(child)
        else:
            found += _parts(child, height) if isinstance(child, ast.expr) else ()
    return found
