"""The derivative of one line of a listing, or of a few: as tg.derive finds it, else as the rules recorded it.

The chain rule goes from line to line, as a lecturer writes it. So each derivation is small, and its cost grows with
the length of the listing only; lines that are alike are derived once.
"""

from __future__ import annotations

import ast
import copy
import re
import warnings
from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations import derive
from tinygrad_lite.derivations.formula import Formula
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.listing.expressions import called, parsed, replaced, uses
from tinygrad_lite.listing.sheet import KEY, Sheet, Variable
from tinygrad_lite.listing.sizes import counted, length_of, lengths_in, with_lengths
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Derivatives", "Local"]

Code = dict[str, ast.expr]


class NotDerived(Exception):
    """There is no derivation of these lines that can be written as NumPy code."""


class Local:
    """A few lines, one computed from the other, whose last is differentiated by some of the variables they use.

    upstream: the key of the last line's cotangent; None where that is 1.
    """

    def __init__(
        self, sheet: Sheet, lines: Sequence[Variable], wrt: Sequence[str], upstream: Variable | None,
        parts: Mapping[str, Variable] = {},
    ) -> None:  # fmt: skip
        self.sheet, self.lines, self.wrt, self.upstream = sheet, list(lines), list(wrt), upstream
        made = {line.key for line in lines}
        used = dict.fromkeys(k for line in lines for k in line.parts if k not in made)
        self.leaves = [parts[k] if k in parts else sheet.variables[k] for k in used]
        self.rounded: set[str] = set()  # the variables whose cotangent loses digits in its derived form
        self.axes: dict[str, tuple[str, ...]] = {}
        self.lengths: dict[str, tuple[str, int]] = {}  # by the names that stand for them
        self.codes = [self._with_lengths(line) for line in lines]
        self.names = _names([*self.leaves, *self.lines, *([upstream] if upstream else [])])
        letters = (c for c in ("m", "n", "k", *(f"m{n}" for n in range(9, 999))) if c not in self.names.values())
        self.length_names = dict(zip(self.lengths, letters, strict=False))

    def _with_lengths(self, line: Variable) -> ast.expr:
        """The code of a line; a length that is computed with is a value with a name, which a derivation keeps."""
        assert line.code is not None
        by: dict[tuple[str, int], ast.expr] = {}
        for spot in counted(line.code):
            key = f"length{len(self.lengths)}{KEY}"
            self.lengths[key] = spot
            by[spot] = ast.Name(key)
        return with_lengths(line.code, by) if by else line.code

    def run(self, data: Mapping[str, Any], named: bool = True) -> dict[str, Any]:
        """All values on leaves with these numbers; the last line times its cotangent, summed, is the key ''."""
        known: dict[str, Any] = {}
        for leaf in self.leaves:
            x = data[leaf.key]
            known[leaf.key] = Tensor(
                x, requires_grad=leaf.key in self.wrt, name=self.names[leaf.key], axes=self.axes.get(leaf.key)
            )
        with recorded(), np.errstate(all="ignore"):
            for line, code in zip(self.lines, self.codes, strict=True):
                for key in set(uses(code)) & self.lengths.keys():
                    of, axis = self.lengths[key]
                    known[key] = Tensor(float(np.shape(known[of])[axis]), name=self.length_names[key])
                value = self.sheet.evaluate(code, known)
                if (
                    isinstance(value, Tensor)
                    and value.made_by is not None
                    and not any(value is t for t in known.values())
                ):
                    value.name = self.names[line.key]
                known[line.key] = value
            known[""] = known[self.lines[-1].key]
            if self.upstream is not None:
                known[self.upstream.key] = Tensor(data[self.upstream.key], name=self.names[self.upstream.key])
                known[""] = np.sum(known[self.upstream.key] * known[""])
        return known

    # --- numbers to derive at ------------------------------------------------------------------------------------

    def samples(self) -> list[dict[str, Any]]:
        """Numbers for the leaves: first on short axes of different lengths, so that no size is taken for another."""
        data = {
            v.key: _numbers(v.data, n)
            for n, v in enumerate((*self.leaves, *([self.upstream] if self.upstream else [])))
        }
        known = self.run(data)
        if not isinstance(known[""], Tensor):
            raise NotDerived
        nodes = graph(known[""])
        constants = [x for n in nodes for x in n.inputs if not isinstance(x, Node) and np.size(x) > 1]
        axes = Axes([*constants, *nodes])
        spots = {key: [axes.spot(known[key], a) for a in range(np.ndim(x))] for key, x in data.items()
                 if isinstance(known.get(key), Tensor)}  # fmt: skip
        self._declare(axes, known, spots)
        if constants:
            return [data]
        classes = dict.fromkeys(
            s for key, found in spots.items() for s, n in zip(found, data[key].shape, strict=True) if n > 1
        )
        short = {spot: 3 + n for n, spot in enumerate(classes)}
        elsewhere = {s for found in spots.values() for s in found[1:]}
        lengths = {n for x in data.values() for n in np.shape(x)}
        fresh = next(n for n in range(3, 99) if n not in lengths)
        rows = {spot: fresh for spot in classes if spot not in elsewhere}
        return [
            *(
                {k: _resized(x, [new.get(s) for s in spots.get(k, [])]) for k, x in data.items()}
                for new in (short, rows)
            ),
            data,
        ]

    def _declare(self, axes: Axes, known: Mapping[str, Any], spots: Mapping[str, Sequence[Any]]) -> None:
        """Say which axis is that of the examples: the one whose length the lines ask for."""
        asked = [spot for line in self.lines if line.code is not None for spot in lengths_in(line.code)]
        rows = next((axes.spot(known[key], axis) for key, axis in asked if isinstance(known.get(key), Tensor)), None)
        for key, found in spots.items():
            if rows is not None and rows in found:
                others = [f"N{n}" for n in range(len(found))]
                self.axes[key] = tuple("m" if s == rows else o for s, o in zip(found, others, strict=True))

    # --- as tg.derive finds it -----------------------------------------------------------------------------------

    def derived(self) -> Code:
        """The code of each cotangent as a derivation has it; NotDerived where there is none."""
        for data in self.samples():
            try:
                known = self.run(data)
                if known[""].size != 1 or not known[""].requires_grad:
                    raise NotDerived
                return self._derived(known)
            except TinygradLiteError:
                continue
            except (ValueError, TypeError, IndexError, SyntaxError, NameError):
                continue  # a length is written out in the code: it runs on arrays of these shapes only
        raise NotDerived

    def _derived(self, known: dict[str, Any]) -> Code:
        reached = set(graph(known[""]))
        wrt = [k for k in self.wrt if known[k] in reached]
        derivation = derive(known[""], [known[k] for k in wrt])
        found = {k: self._code(formula, known) for k, formula in zip(wrt, derivation.formulas.values(), strict=True)}
        self.axes = {}
        data = {
            v.key: _numbers(v.data, n)
            for n, v in enumerate((*self.leaves, *([self.upstream] if self.upstream else [])))
        }
        if not self._holds(found, data) or not all(self._holds(found, x, strange=True) for x in self._strange(data)):
            raise NotDerived
        self.rounded = {
            k for k in found if not all(self._holds({k: found[k]}, x, exact=True) for x in self._strange(data))
        }
        return found

    def _strange(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Numbers at which a form may break that is right elsewhere: zeros, and where functions saturate."""
        return [
            {k: np.full_like(x, v) if k in self.wrt else x for k, x in data.items()}
            for v in (0.0, 40.0, -40.0, 800.0, -800.0)
        ]

    def _holds(self, found: Code, data: Mapping[str, Any], strange: bool = False, exact: bool = False) -> bool:
        """Whether the code gives what the engine gives, at these numbers.

        strange: only that it is finite where the engine's is, and as far from it as rounding in a sum of such terms is.
        exact: to nearly all digits, however small the numbers are.
        """
        try:
            known = self.run(data)
            wrt = [known[k] for k in found]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                eager = pull_back([known[""]], [np.ones_like(known[""].data)[()]], wrt)
        except TinygradLiteError:
            return strange or exact  # such numbers are none for this function
        arrays = {k: x.data if isinstance(x, Tensor) else x for k, x in known.items()}
        size = max(
            (float(np.max(np.abs(x), initial=0.0)) for x in arrays.values() if np.isfinite(x).all()), default=1.0
        )
        for code, right in zip(found.values(), eager, strict=True):
            with np.errstate(all="ignore"):
                got = self.sheet.evaluate(code, arrays)
            if right is None:
                return strange
            fine = np.isfinite(right)
            if (
                np.shape(got) not in (np.shape(right), ())
                or not np.isfinite(np.broadcast_to(got, np.shape(right))[fine]).all()
            ):
                return False
            slack = 0.0 if exact else 1e-12 * max(1.0, size) if strange else 1e-12
            if not np.allclose(np.broadcast_to(got, np.shape(right))[fine], right[fine], rtol=1e-7, atol=slack):
                return False
        return True

    def _code(self, formula: Formula, known: dict[str, Any]) -> ast.expr:
        """The code of a formula, with the variables' keys in the place of their names."""
        keys = {name: key for key, name in self.names.items()}
        by: Code = {self.length_names[key]: length_of(*spot) for key, spot in self.lengths.items()}
        text = parsed(formula.numpy())
        there = set(uses(text))
        for name, value in formula.arrays().items():
            key = keys.get(name, "")
            if name not in there or name in by:
                continue
            if isinstance(value, int):
                by[name] = self._length(formula, name, known)
            elif key and np.array_equal(value, known[key].data if isinstance(known[key], Tensor) else known[key]):
                by[name] = ast.Name(key)
            elif (
                key
                and known[key].dtype.kind in "iu"
                and np.array_equal(value, np.eye(value.shape[-1])[known[key].data])
            ):
                by[name] = self._one_hot(key, value.shape[-1], known)
            else:
                by[name] = self._introduced(formula, name, known)
        return replaced(text, by)

    def _length(self, formula: Formula, size: str, known: dict[str, Any]) -> ast.expr:
        for variable in (*self.leaves, *self.lines):
            node = known[variable.key]
            axes = formula.axes_of(node) if isinstance(node, Tensor) else ()
            if size in axes:
                return length_of(variable.key, axes.index(size))
        raise NotDerived

    def _one_hot(self, key: str, classes: int, known: dict[str, Any]) -> ast.expr:
        """Class numbers as rows of zeros and a one."""
        for variable in (*self.leaves, *self.lines):
            if known[variable.key].ndim and known[variable.key].shape[-1] == classes and variable.key != key:
                return ast.Subscript(
                    called("np.eye", length_of(variable.key, known[variable.key].ndim - 1)), ast.Name(key)
                )
        raise NotDerived

    def _introduced(self, formula: Formula, name: str, known: dict[str, Any]) -> ast.expr:
        """A value that the derivation named first, such as a = σ(z), as a call of the library's function."""
        applied = formula.application(name)
        if applied is None:
            raise NotDerived
        function, argument, axis = applied
        key = next((k for k, own in self.names.items() if own == argument), None)
        if key is None or (axis is not None and axis != np.ndim(known[key]) - 1):
            raise NotDerived
        called_by = self.sheet.function(function.__wrapped__, function.__name__)  # type: ignore[attr-defined]
        self.sheet.examples.setdefault(called_by, ([self.sheet.variables[key].data], {}))
        return called(called_by, ast.Name(key))


def _numbers(data: Any, seed: int) -> Any:
    """Numbers to derive at: those of the call, but no zeros only, at which nothing could be told apart."""
    array = np.asarray(data)
    if array.dtype.kind == "f" and not array.any():
        return np.random.default_rng(seed).uniform(0.1, 0.9, array.shape)
    return array.astype(float) if array.dtype.kind == "f" else array


def _resized(x: Any, lengths: Sequence[int | None]) -> Any:
    for axis, length in enumerate(lengths):
        if length is not None:
            x = np.take(x, np.arange(length) % x.shape[axis], axis=axis)
    return x


def _names(variables: Sequence[Variable]) -> dict[str, str]:
    """A name for each variable that a derivation writes as it stands: letters, and digits at the end."""
    found: dict[str, str] = {}
    for v in variables:
        base, digits = re.fullmatch(r"(.*?)(\d*)", re.sub(r"[^A-Za-z0-9]", "", v.label)).groups()  # type: ignore[union-attr]
        base = re.sub(r"\d", "", base) or "t"
        wanted, number = base + digits, 2
        while wanted in found.values() or wanted in ("np",):
            wanted, number = f"{base}{digits}{'x' * bool(digits)}{number}", number + 1
        found[v.key] = wanted
    return found


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
            tuple((v.shape, np.asarray(v.data).dtype.kind) for v in own),
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
