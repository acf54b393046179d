"""Derivatives of lines, each kind of lines derived once.

The chain rule goes from line to line, as a lecturer writes it. So each derivation is small, and their number grows with
the kinds of lines only.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Container, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.listing.expressions import replaced, uses
from tinygrad_lite.listing.local import Code, Local, NotDerived
from tinygrad_lite.listing.sheet import KEY, Sheet, Variable

__all__ = ["Derivatives"]


class _Parts:
    """Data that lines take a part of, such as xs[3]: a variable for the time of a derivation, which then knows no place.

    So the lines of a loop are alike.
    """

    def __init__(self, sheet: Sheet, computed: Container[str]) -> None:
        self.sheet, self.computed = sheet, computed
        self.found: dict[str, Variable] = {}

    def taken_out(self, line: Variable) -> Variable:
        """The line, with variables in the place of such parts."""
        parts, known = self, {ast.dump(v.code): key for key, v in self.found.items() if v.code is not None}

        class Take(ast.NodeTransformer):
            def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
                if any(key in parts.computed for key in uses(node)) or not isinstance(node.value, ast.Name):
                    return self.generic_visit(node)
                return ast.Name(known.get(ast.dump(node)) or parts.variable(node))

        assert line.code is not None
        return Variable(line.key, line.data, line.label, Take().visit(copy.deepcopy(line.code)))

    def variable(self, code: ast.Subscript) -> str:
        """The key of a new variable for a part."""
        assert isinstance(code.value, ast.Name)
        whole = self.sheet.variables[code.value.id]
        key = f"part{len(self.found)}{KEY}"
        values = {k: v.data for k, v in self.sheet.variables.items()}
        self.found[key] = Variable(key, self.sheet.evaluate(code, values), whole.label, code)
        return key


class Derivatives:
    """Derivatives of lines, each kind of lines derived once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.rounded: set[str] = set()  # variables of whose cotangent a part loses digits
        self.known: dict[Any, dict[str, tuple[ast.expr, bool]] | None] = {}

    def derived(self, lines: Sequence[Variable], wrt: Sequence[str], upstream: Variable | None) -> Code | None:
        """The code of the cotangents of some variables, by their keys; None where there is no derivation.

        A variable that the last line does not depend on is left out.
        """
        parts = _Parts(self.sheet, {*wrt, *(line.key for line in lines)})
        lines = [parts.taken_out(line) for line in lines]
        local = Local(self.sheet, lines, wrt, upstream, parts.found)
        own = [*local.leaves, *lines, *([upstream] if upstream else [])]
        general = {v.key: ast.Name(f"p{n}{KEY}") for n, v in enumerate(own)}
        kind = (
            tuple(ast.dump(replaced(line.code, general)) for line in lines if line.code is not None),
            tuple((v.shape, np.asarray(v.data).dtype) for v in own),
            tuple(general[k].id for k in wrt), upstream is None,
        )  # fmt: skip
        if kind not in self.known:
            try:
                found = local.derived()
                self.known[kind] = {
                    general[k].id: (replaced(code, general), k in local.rounded) for k, code in found.items()
                }
            except NotDerived:
                self.known[kind] = None
        codes = {key: part.code for key, part in parts.found.items()}
        back = {own.id: codes.get(key) or ast.Name(key) for key, own in general.items()}
        known = self.known[kind]
        if known is None:
            return None
        keys = {own.id: key for key, own in general.items()}
        self.rounded |= {keys[k] for k, (_, rounded) in known.items() if rounded}
        return {keys[k]: replaced(code, back) for k, (code, _) in known.items()}
