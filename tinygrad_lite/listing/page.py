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
        self._drop_unused()
        self._sizes()
        self._inline()
        self.updates, self.results = in_order(self.code, self.updates, self.results)
        taken = {called, "np", *listing.sheet.functions, *TABLE}
        self.outside = self._outside()
        nested = {v.key for v in self.outside}
        nested |= {v.key for v, argument in listing.inputs.items() if len(argument.place) > 1}
        self.names = named(
            self._order(), nested, taken | {str(a.place[0]) for a in listing.inputs.values() if len(a.place) > 1}
        )
        self.parameters = dict(self._parameters())

    def codes(self) -> Iterator[ast.expr]:
        """The code of all statements."""
        yield from self.code.values()
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

    def _inline(self) -> None:
        """Write what one line alone uses inside of this line, where it has no name of the user's and is short."""
        counts = Counter(k for code in self.codes() for k in uses(code))
        for key in list(self.code):
            v = self.lines[key]
            code = self.code[key]
            product = isinstance(code, ast.BinOp) and isinstance(code.op, ast.MatMult)
            if counts[key] != 1 or not v.passing or not product or len(printed(code, {})) > INLINE:
                continue
            user = next((k for k, code in self.code.items() if key in uses(code)), None)
            if user is None or not _elementwise(self.code[user]):
                continue
            self.code[user] = replaced(self.code[user], {key: self.code[key]})
            del self.code[key]

    def _order(self) -> list[Variable]:
        given = [v for v, argument in self.listing.inputs.items() if not argument.outside]
        return [*given, *self.outside, *(self.lines[k] for k in self.code)]

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
        parts = {key: _rests(self.code[key]) for key in self.code if self.lines[key].rounded}
        lines = [self.names[key] for key, found_there in parts.items() if found_there]
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
        shapes = {key: _shape(self.lines[key].shape) if comments else "" for key in self.code}
        lengths = [
            len(f"{self.names[key]} = {printed(code, self.names)}") for key, code in self.code.items() if shapes[key]
        ]
        wide = max((n for n in lengths if n < 60), default=0)
        for key, code in self.code.items():
            yield from assigned(self.names[key], code, self.names, shapes[key], wide)
        for v, code in self.updates:
            yield self._update(v, code)
        tree = self.listing.tree
        text = self.result(tree, iter(self.results))
        if tree is not None:
            yield f"return {text[1:-1] if type(tree) is tuple and len(tree) > 1 else text}"
        elif not self.code and not self.updates:
            yield "pass"  # Python takes no function without a line

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
