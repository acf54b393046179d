"""The derivative of one line of a listing, or of a few, as tg.derive finds it, put to the test."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations import derive
from tinygrad_lite.derivations.formula import Formula
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.listing.agreement import AT_THE_CALL, ELSEWHERE, EXACTLY, agrees
from tinygrad_lite.listing.constants import as_typed, decimals
from tinygrad_lite.listing.expressions import called, parsed, replaced, uses
from tinygrad_lite.listing.sheet import KEY, Sheet, Variable
from tinygrad_lite.listing.sizes import at_short_lengths, counted, length_of, lengths_in, resized_to, with_lengths
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Code", "Local", "NotDerived"]

STRANGE = (0.0, 1.0, -1.0, 40.0, -40.0, 800.0, -800.0)

Code = dict[str, ast.expr]
Data = dict[str, Any]


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

    def data(self) -> Data:
        """The numbers of the call."""
        variables = self.leaves if self.upstream is None else [*self.leaves, self.upstream]
        return {v.key: _numbers(v.data, n) for n, v in enumerate(variables)}

    def samples(self) -> list[tuple[Data, Data]]:
        """Numbers to derive at, and others of other lengths to try the result on.

        First on short axes of different lengths, so that no size is taken for another, and that large arrays cost no
        time. Then with another number of rows, because classes may not be cut off. Last as they are.
        """
        data, known = at_short_lengths(self.data(), self.run)
        if not isinstance(known[""], Tensor):
            raise NotDerived
        nodes = graph(known[""])
        constants = [x for n in nodes for x in n.inputs if not isinstance(x, Node) and np.size(x) > 1]
        axes = Axes([*constants, *nodes])
        spots = {key: [axes.spot(known[key], a) for a in range(np.ndim(x))] for key, x in data.items()
                 if isinstance(known.get(key), Tensor)}  # fmt: skip
        self._declare(axes, known, spots)
        if constants:
            return [(data, data)]

        def resized(lengths: Mapping[Any, int]) -> Data:
            return {k: resized_to(x, [lengths.get(s) for s in spots.get(k, [])]) for k, x in data.items()}

        classes = dict.fromkeys(
            s for key, found in spots.items() for s, n in zip(found, data[key].shape, strict=True) if n > 1
        )
        short, other = ({spot: first + n for n, spot in enumerate(classes)} for first in (3, 5))
        elsewhere = {s for found in spots.values() for s in found[1:]}
        fresh = next(n for n in range(3, 99) if n not in {n for x in data.values() for n in np.shape(x)})
        rows = {spot: fresh for spot in classes if spot not in elsewhere}
        return [(resized(short), resized(other)), (resized(rows), data), (data, data)]

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
        for data, others in self.samples():
            try:
                return self._derived(self.run(data), data, others)
            except (NotDerived, TinygradLiteError):
                continue
            except (ValueError, TypeError, IndexError, SyntaxError, NameError):
                continue  # a length is written out in the code: it runs on arrays of these shapes only
        raise NotDerived

    def _derived(self, known: dict[str, Any], data: Data, others: Data) -> Code:
        if known[""].size != 1 or not known[""].requires_grad:
            raise NotDerived
        reached = set(graph(known[""]))
        wrt = [k for k in self.wrt if known[k] in reached]
        derivation = derive(known[""], [known[k] for k in wrt])
        found = {k: self._code(formula, known) for k, formula in zip(wrt, derivation.formulas.values(), strict=True)}
        self.axes = {}
        where = [(others, AT_THE_CALL), *((x, ELSEWHERE) for x in self._strange(data))]
        if not all(agrees(self.sheet, found, *self._engine(found, x), how) for x, how in where):
            raise NotDerived
        self.rounded = {
            k for k, code in found.items()
            if not all(agrees(self.sheet, {k: code}, *self._engine([k], x), EXACTLY) for x in self._strange(data))
        }  # fmt: skip
        return found

    def _strange(self, data: Data) -> list[Data]:
        """Numbers at which a form may break that is right elsewhere: zeros, ties, and where functions saturate."""
        equal = {k: np.ones_like(x) if x.dtype.kind == "f" else x for k, x in data.items()}
        return [
            *({k: np.full_like(x, v) if k in self.wrt else x for k, x in data.items()} for v in STRANGE),
            equal,
        ]

    def _engine(self, wrt: Iterable[str], data: Data) -> tuple[dict[str, Any], list[Any] | None]:
        """All values at these numbers, and the engine's cotangents; None where such numbers are none for the lines."""
        try:
            known = self.run(data)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = pull_back([known[""]], [np.ones_like(known[""].data)[()]], [known[k] for k in wrt])
        except TinygradLiteError:
            return {}, None
        return {k: x.data if isinstance(x, Tensor) else x for k, x in known.items()}, found

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
                by[name] = self._introduced(formula, name, value, known)
        return as_typed(replaced(text, by), [n for code in self.codes for n in decimals(code)])

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
                length = length_of(variable.key, known[variable.key].ndim - 1)
                dtype = np.asarray(variable.data).dtype
                single = {} if dtype.char == "d" else {"dtype": parsed(f"np.{dtype.name}")}
                return ast.Subscript(called("np.eye", length, **single), ast.Name(key))
        raise NotDerived

    def _introduced(self, formula: Formula, name: str, value: Any, known: dict[str, Any]) -> ast.expr:
        """A value that the derivation named: a part of a line, or, such as a = σ(z), a call of the library's function."""
        applied = formula.application(name)
        if applied is None:
            return self._part(value, known)
        function, argument, axis = applied
        key = next((k for k, own in self.names.items() if own == argument), None)
        if key is None or (axis is not None and axis != np.ndim(known[key]) - 1):
            raise NotDerived
        called_by = self.sheet.function(function.__wrapped__, function.__name__)  # type: ignore[attr-defined]
        self.sheet.examples.setdefault(called_by, ([self.sheet.variables[key].data], {}))
        return called(called_by, ast.Name(key))

    def _part(self, value: Any, known: dict[str, Any]) -> ast.expr:
        """The shortest part of a line that has these numbers; whether it has them elsewhere, too, is tried later."""
        lengths = {key: length_of(*spot) for key, spot in self.lengths.items()}
        data = {key: x.data if isinstance(x, Tensor) else x for key, x in known.items()}
        parts = [
            x for code in self.codes for x in ast.walk(code) if isinstance(x, ast.BinOp | ast.Call | ast.Subscript)
        ]
        for part in sorted(parts, key=lambda x: len(ast.dump(x))):
            with np.errstate(all="ignore"):
                if np.array_equal(self.sheet.evaluate(part, data), value):
                    return replaced(part, lengths)
        raise NotDerived


def _numbers(data: Any, seed: int) -> Any:
    """Numbers to derive at: those of the call, but no zeros only, at which nothing could be told apart."""
    array = np.asarray(data)
    if array.dtype.kind == "f" and not array.any():
        return np.random.default_rng(seed).uniform(0.1, 0.9, array.shape)
    return array.astype(float) if array.dtype.kind == "f" else array


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
