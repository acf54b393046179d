"""One function of a listing: which lines are written, in which order, under which names, and what is said of them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tinygrad_lite.core.graph import TABLE
from tinygrad_lite.listing.expressions import name, plain, printed, replaced, uses
from tinygrad_lite.listing.layout import assigned
from tinygrad_lite.listing.listing import Listing
from tinygrad_lite.listing.naming import named
from tinygrad_lite.listing.rolling import Loop, Statement, rolled
from tinygrad_lite.listing.sheet import Variable, first
from tinygrad_lite.listing.sizes import Sizes, lengths_in, with_lengths
from tinygrad_lite.listing.updating import in_order

__all__ = ["Page", "listed"]

INLINE = 40
"""A product of matrices that one line alone uses is written inside of this line, where it is no longer than this."""


class Page:
    """The names and statements of one function."""

    def __init__(self, listing: Listing, called: str) -> None:
        self.listing, self.sheet = listing, listing.sheet
        self.lines = {v.key: v for v in self.sheet.variables.values() if v.code is not None and v.same is None}
        self.results, self.updates = list(listing.results), list(listing.updates)
        self.code: dict[str, ast.expr] = {key: self._resolved(v.code) for key, v in self.lines.items()}
        self.results = [self._resolved(c) for c in self.results]
        self.updates = [(v, self._resolved(c)) for v, c in self.updates]
        self.items: list[Statement | Loop] = []
        self.loops: list[Loop] = []
        self.alike: dict[str, str] = {}
        self._drop_unused()
        self._sizes()
        self._roll()
        self._inline()
        in_loops = {k for loop in self.loops for s in loop.statements for k in uses(s.code)}
        self.updates, self.results = in_order(self.code, self.updates, self.results, in_loops)
        self.items = [
            x if isinstance(x, Loop) else Statement(x.key, self.code[x.key])
            for x in self.items if isinstance(x, Loop) or x.key in self.code
        ]  # fmt: skip
        taken = {called, "np", *listing.sheet.functions, *TABLE}
        self.outside = self._outside()
        nested = {v.key for v in self.outside}
        nested |= {v.key for v, argument in listing.inputs.items() if len(argument.place) > 1}
        self.names = named(
            self._order(), nested, taken | {str(a.place[0]) for a in listing.inputs.values() if len(a.place) > 1},
            self.alike,
        )  # fmt: skip
        self.names |= {key: self.names[other] for key, other in self.alike.items() if other in self.names}
        self.parameters = dict(self._parameters())

    def codes(self) -> Iterator[ast.expr]:
        """The code of all statements."""
        yield from self.code.values()
        yield from (code for loop in self.loops for code in (loop.over, *(s.code for s in loop.statements)))
        yield from self.results
        yield from (code for _, code in self.updates)

    def _resolved(self, code: ast.expr | None) -> ast.expr:
        """Code without the variables that are other names only."""
        assert code is not None

        def original(key: str) -> ast.expr | None:
            v = self.sheet.variables.get(key)
            return None if v is None else name(first(v).key)

        return replaced(code, original)

    def _drop_unused(self) -> None:
        needed: set[str] = set()
        stack = [k for code in (*self.results, *(c for _, c in self.updates)) for k in uses(code)]
        while stack:
            key = stack.pop()
            if key not in needed:
                needed.add(key)
                stack += uses(self.code[key]) if key in self.code else ()
        self.code = {key: code for key, code in self.code.items() if key in needed}

    def _sizes(self) -> None:
        """Lengths of axes get a name, in lines at the top: m = len(x)."""
        asked = [spot for code in self.codes() for spot in lengths_in(code)]
        found = Sizes(self.sheet, self.listing.inputs).named(asked)
        if not found:
            return
        by = {spot: name(v.key) for spot, v in found.items()}
        top = {v.key: v.code for v in dict.fromkeys(found.values()) if v.code is not None}
        self.lines |= {v.key: v for v in found.values()}
        self.code = top | {key: with_lengths(code, by) for key, code in self.code.items()}
        self.results = [with_lengths(code, by) for code in self.results]
        self.updates = [(v, with_lengths(code, by)) for v, code in self.updates]

    def _roll(self) -> None:
        """Write lines that repeat as loops."""
        codes = [*self.results, *(c for _, c in self.updates)]
        found = rolled(self.sheet, self.code, codes)
        self.items, self.alike = found.items, found.alike
        self.results = found.results[: len(self.results)]
        self.updates = [(v, c) for (v, _), c in zip(self.updates, found.results[len(self.results) :], strict=True)]
        self.code = {x.key: x.code for x in self.items if isinstance(x, Statement)}
        self.loops = [x for x in self.items if isinstance(x, Loop)]
        self.lines |= {key: self.sheet.variables[key] for loop in self.loops for key in loop.keys}

    def _inline(self) -> None:
        """Write what one line alone uses inside of this line, where it has no name of the user's and is short."""
        counts = Counter(k for code in self.codes() for k in uses(code))
        for key in list(self.code):
            v = self.lines[key]
            code = self.code[key]
            product = isinstance(code, ast.BinOp) and isinstance(code.op, ast.MatMult)
            apart = v.of is None  # the derivative of the line has no use for this part of it
            if counts[key] != 1 or not v.passing or not (apart or product) or len(printed(code, {})) > INLINE:
                continue
            user = next((k for k, code in self.code.items() if key in uses(code)), None)  # None: it is in a loop
            if user is None or not (apart or _elementwise(self.code[user])):
                continue
            self.code[user] = replaced(self.code[user], {key: self.code[key]})
            del self.code[key]

    def _order(self) -> list[Variable]:
        given = [v for v, argument in self.listing.inputs.items() if not argument.outside]
        keys = (k for x in self.items for k in (x.keys if isinstance(x, Loop) else [x.key]))
        own = [self.lines[k] for k in dict.fromkeys(keys) if self.alike.get(k, k) == k]
        return [*given, *self.outside, *own]

    def _parameters(self) -> Iterator[tuple[str, str]]:
        """The names of the parameters, each with that which it has in the user's function."""
        for v, argument in self.listing.inputs.items():
            if not argument.outside:
                own = str(argument.place[0])
                yield self.names[v.key] if len(argument.place) == 1 else own, own
        yield from ((self.names[v.key], "") for v in self.outside)

    def remarks(self) -> list[str]:
        """What a reader has to know before the first line."""
        found = []
        outside = [self.names[v.key] for v in self.outside]
        if outside:
            several = len(outside) > 1
            found.append(
                f"{listed(outside)}: {'values' if several else 'a value'} that the function takes from outside; "
                f"pass {'them' if several else 'it'}, too."
            )
        numbers = [self.names[v.key] for v, _ in self.updates if v in self.outside and not v.shape]
        if numbers:
            found.append(f"Pass {listed(numbers)} as np.array(…): a plain number does not change in place.")
        in_loops = {s.key: s.code for loop in self.loops for s in loop.body if s.sign == "="}
        rounded = {key: code for key, code in (self.code | in_loops).items() if self.lines[key].rounded}
        parts = {key: _rests(code) for key, code in rounded.items()}
        lines = list(dict.fromkeys(self.names[key] for key, found_there in parts.items() if found_there))
        rests = dict.fromkeys(printed(rest, self.names) for found_there in parts.values() for rest in found_there)
        if lines:
            found.append(
                f"{listed(lines)} {'lose' if len(lines) > 1 else 'loses'} digits where a unit saturates, because "
                f"{listed(list(rests))} {'are' if len(rests) > 1 else 'is'} rounded there. "
                "The engine and .fast_source do not use this form."
            )
        return found

    def _outside(self) -> list[Variable]:
        used = {k for code in self.codes() for k in uses(code)} | {v.key for v, _ in self.updates}
        inputs = self.listing.inputs
        given = {v for v, argument in inputs.items() if not argument.outside}
        return [v for v in self.sheet.variables.values() if v.code is None and v not in given and v.key in used]

    def statements(self, comments: bool) -> Iterator[str]:
        """The lines inside of the function. comments: whether shapes stand beside them."""
        yield from self._unpacked()
        indents = [(s, 4 * (isinstance(x, Loop) and s in x.body)) for x in self.items for s in _statements(x)]
        lengths = [
            indent + len(f"{self.names[s.key]} {s.sign} {printed(s.code, self.names)}")
            for s, indent in indents if self._note(s, comments)
        ]  # fmt: skip
        wide = max((n for n in lengths if n < 60), default=0)
        for x in self.items:
            if isinstance(x, Statement):
                yield from self._statement(x, comments, wide)
                continue
            for s in x.before:
                if not (isinstance(s.code, ast.Name) and self.names[s.code.id] == self.names[s.key]):
                    yield from self._statement(s, comments, wide)
            yield f"for {self.names[x.index]} in {printed(x.over, self.names)}:"
            yield from (f"    {row}" for s in x.body for row in self._statement(s, comments, wide - 4))
        for v, code in self.updates:
            yield self._update(v, code)
        tree = self.listing.tree
        text = self.result(tree, iter(self.results))
        if tree is not None:
            yield f"return {text[1:-1] if type(tree) is tuple and len(tree) > 1 else text}"
        elif not self.code and not self.updates:
            yield "pass"  # Python takes no function without a line

    def _statement(self, statement: Statement, comments: bool, wide: int) -> list[str]:
        own, code = self.names[statement.key], statement.code
        if statement.sign == "append":
            return [f"{own}.append({printed(code, self.names)})"]
        return assigned(f"{own} {statement.sign}", code, self.names, self._note(statement, comments), wide)

    def _note(self, statement: Statement, comments: bool) -> str:
        """The shape of what a statement gives, or ""."""
        plain_line = comments and statement.sign == "=" and not isinstance(statement.code, ast.List)
        return _shape(self.lines[statement.key].shape) if plain_line else ""

    def _unpacked(self) -> Iterator[str]:
        """Lines that take the arrays out of the lists and dicts that they come in."""
        nested: dict[str, dict[tuple[Any, ...], str]] = {}
        for v, argument in self.listing.inputs.items():
            if len(argument.place) > 1:
                nested.setdefault(str(argument.place[0]), {})[argument.place[1:]] = self.names[v.key]
        for parameter, names in nested.items():
            if all(isinstance(part, int) for place in names for part in place):
                yield f"{_pattern(names)} = {parameter}"
            else:
                for place, own in names.items():
                    yield f"{own} = {parameter}{''.join(f'[{_quoted(part)}]' for part in place)}"

    def _update(self, v: Variable, code: ast.expr) -> str:
        """A change in place: w -= step."""
        match code := plain(code):
            case ast.BinOp(left=ast.Name(id=key), op=ast.Sub() | ast.Add() | ast.Mult() | ast.Div()) if key == v.key:
                sign = {ast.Sub: "-", ast.Add: "+", ast.Mult: "*", ast.Div: "/"}[type(code.op)]
                return f"{self.names[v.key]} {sign}= {printed(code.right, self.names)}"
        return f"{self.names[v.key]}[...] = {printed(code, self.names)}"

    def result(self, tree: Any, codes: Iterator[ast.expr]) -> str:
        """What is returned, nested as the function returns it."""
        if isinstance(tree, dict):
            return "{" + ", ".join(f"{_quoted(k)}: {self.result(x, codes)}" for k, x in tree.items()) + "}"
        if isinstance(tree, list):
            return "[" + ", ".join(self.result(x, codes) for x in tree) + "]"
        if isinstance(tree, tuple):
            parts = [self.result(x, codes) for x in tree]
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        return printed(next(codes), self.names)


def _statements(item: Statement | Loop) -> list[Statement]:
    return item.statements if isinstance(item, Loop) else [item]


def _pattern(names: Mapping[tuple[Any, ...], str]) -> str:
    """The names in the brackets of the lists that they come out of: (W1, b1), (W2, b2)."""
    groups: dict[Any, dict[tuple[Any, ...], str]] = {}
    for place, own in names.items():
        groups.setdefault(place[0], {})[place[1:]] = own
    parts = [group[()] if () in group else f"({_pattern(group)})" for group in groups.values()]
    return ", ".join(parts) + "," * (len(parts) == 1)


def _quoted(key: Any) -> str:
    """A key of a dict as it is written."""
    return f'"{key}"' if isinstance(key, str) and key.isidentifier() else repr(key)


def _elementwise(code: ast.expr) -> bool:
    """Whether nothing in code moves or sums elements."""
    return not any(
        (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult))
        or (
            isinstance(node, ast.Subscript | ast.Attribute)
            and not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np")
        )
        or (isinstance(node, ast.Call) and printed(node.func, {}) in ("np.sum", "np.outer"))
        for node in ast.walk(code)
    )


def _rests(code: ast.expr) -> list[ast.expr]:
    """What is left of 1 in code: 1 - a, 1 - a**2."""
    return [
        node for node in ast.walk(code)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
        and isinstance(node.left, ast.Constant) and node.left.value == 1
    ]  # fmt: skip


def listed(names: Sequence[str]) -> str:
    """Names as they stand in a sentence: a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else ""
