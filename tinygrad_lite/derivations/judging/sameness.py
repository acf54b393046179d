"""Whether two formulas are the same: proved by the normal form, or decided on random points."""

from __future__ import annotations

import inspect
import math
import operator
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.normal.algebra import subtract
from tinygrad_lite.derivations.normal.sums import rename
from tinygrad_lite.derivations.normal.terms import ZERO, BudgetError, Index, Sym, Symbol, Value, atom, budget
from tinygrad_lite.derivations.reading.axes import Axes, data_of, key_of
from tinygrad_lite.derivations.reading.primitives import NoFormula, Reader, as_number
from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.tensor.facts import FACTS
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import graphs as ty

POINTS = 20
"""On how many random points formulas are compared that could not be proved equal."""

WORK = 200_000

AXES = "mnJKLPQR"
"""The names of axes whose sizes are given."""

MOST_ELEMENTS = 1_000_000
"""How many elements a name may have where its shape is given."""

Formula = str | Callable[..., Any]


@dataclass(frozen=True)
class Sameness:
    """The answer of `same_formula`: true or false as a condition, ``how`` it was decided, and why.

    ``how`` is "proved", "random points" or "shapes"; ``point`` is a point where the formulas differ.
    """

    same: bool
    how: str
    reason: str
    point: dict[str, Any] | None = None

    def __bool__(self) -> bool:
        return self.same

    def __str__(self) -> str:
        return f"{'the same' if self.same else 'not the same'} ({self.how}): {self.reason}"


def same_formula(
    f: Formula,
    g: Formula,
    *,
    shapes: Mapping[str, Sequence[int]] | None = None,
    facts: Mapping[str, str | Sequence[str]] | None = None,
) -> Sameness:
    """Decide whether two formulas are the same, and say how it was decided.

    f, g: texts in NumPy's spelling or in index notation, or functions of arrays (their parameters
    are the names). shapes: the shape of each name, where it cannot be guessed. facts: what is known
    of a name, such as {"y": "one_hot"}, {"a": "in (0, 1)"}.
    Raises FormulaError for a text that cannot be read, or names whose shapes do not fit.

    >>> print(same_formula("x.T @ (a - y) / m", "sum_i x_ij (a_i - y_i) / m"))
    the same (proved): their difference has the normal form 0
    >>> bool(same_formula("(a - y) * x", "(y - a) * x"))
    False
    """
    sides = [Side.of(f), Side.of(g)]
    names = list(dict.fromkeys(n for s in sides for n in s.names))
    known = {n: frozenset((w,) if isinstance(w, str) else w) for n, w in (facts or {}).items()}
    _check_names("shapes", shapes or {}, names)
    _check_names("facts", known, names)
    for name, facts_of in known.items():
        if strange := sorted(facts_of - FACTS.keys()):
            raise FormulaError(f"facts of {name!r}: {strange[0]!r} is not one of {', '.join(map(repr, FACTS))}.")
    trouble: Exception | None = None
    different: Sameness | None = None
    for layout, lengths in _settings(sides, names, shapes):
        try:
            point = _point(names, layout, lengths, known, seed=0)
            results = [s.value(point) for s in sides]
        except TinygradLiteError as error:
            trouble = trouble or error
            continue
        arranged = _arranged(results)
        if arranged is None:
            shown = " and ".join(str(np.shape(r[0])) for r in results)
            different = different or Sameness(False, "shapes", f"the results have shapes {shown}")
            continue
        return _decide(sides, names, layout, lengths, known)
    if different is not None:
        return different
    raise trouble or FormulaError("no shapes were found that fit both formulas. Pass shapes={...}.")


@dataclass(frozen=True)
class Side:
    """One of the two formulas."""

    names: list[str]
    typed: ty.Typed | None
    function: Callable[..., Any] | None

    @staticmethod
    def of(formula: Formula) -> Side:
        """A formula from a text or a function."""
        if isinstance(formula, str):
            read = ty.read(formula)
            return Side(read.names(), read, None)
        if callable(formula):
            return Side(list(inspect.signature(formula).parameters), None, formula)
        raise FormulaError(f"a formula is a text or a function of arrays; got {type(formula).__name__}.")

    def value(self, point: Mapping[str, Any]) -> tuple[Any, str]:
        """The graph (or the array) at a point, and its index letters."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.typed is not None:
                return ty.graph_of(self.typed, point)
            assert self.function is not None
            try:
                return self.function(*(point[n] for n in self.names)), ""
            except (ValueError, TypeError) as error:
                raise FormulaError(
                    f"the function cannot be computed on shapes { {n: np.shape(point[n]) for n in self.names} }: {error}"
                ) from None


def _check_names(what: str, given: Iterable[str], names: Sequence[str]) -> None:
    """Raise FormulaError where something is given for a name that is not there."""
    unknown = [n for n in given if n not in names]
    if unknown:
        raise FormulaError(f"{what} are given for {unknown[0]!r}, which no formula has; names are: {', '.join(names)}.")


def _shape(name: str, given: Any) -> tuple[int, ...]:
    """A shape that was given, as whole numbers."""
    try:
        shape = tuple(operator.index(n) for n in given)
    except TypeError:
        raise FormulaError(f"shapes: {name!r} has a tuple of whole numbers, such as (5, 3); got {given!r}.") from None
    if any(n < 1 for n in shape) or math.prod(shape) > MOST_ELEMENTS:
        raise FormulaError(
            f"shapes: {name!r} has sizes of 1 or more and at most {MOST_ELEMENTS:,} elements; got {shape}. "
            "The formulas are tried out on random numbers: small shapes do."
        )
    return shape


def _settings(
    sides: Sequence[Side], names: Sequence[str], shapes: Mapping[str, Sequence[int]] | None
) -> list[tuple[dict[str, str], dict[str, int]]]:
    """The axes of each name, and the length of each axis, to be tried one after the other."""
    if shapes is not None:
        layout: dict[str, str] = {}
        lengths: dict[str, int] = {}
        for name in names:
            own = ""
            for length in _shape(name, shapes.get(name, ())):
                axis = next((a for a, n in lengths.items() if n == length), None)
                if axis is None:
                    if len(lengths) == len(AXES):
                        raise FormulaError(f"shapes: at most {len(AXES)} different sizes; {name!r} brings one more.")
                    axis = AXES[len(lengths)]
                lengths[axis] = length
                own += axis
            layout[name] = own
        return [(layout, lengths)]
    fixed: dict[str, str] = {}
    for side in sides:
        if side.typed is not None:
            for name, letters in side.typed.letters().items():
                if side.typed.indexed:
                    fixed.setdefault(name, "".join(ty.LETTER_AXES.get(c, "P") for c in letters))
    return [(layout, dict(ty.SIZES)) for layout in ty.layouts(names, fixed)]


def _point(
    names: Sequence[str], layout: Mapping[str, str], lengths: Mapping[str, int],
    facts: Mapping[str, frozenset[str]], seed: int,
) -> dict[str, Tensor]:  # fmt: skip
    """Random Tensors for the names, with the facts that are known of them."""
    rng = np.random.default_rng(seed)
    point: dict[str, Tensor] = {}
    for name in names:
        shape = tuple(lengths[a] for a in layout[name])
        own = facts.get(name, frozenset())
        if name == "m" and not shape:
            data = np.asarray(float(lengths.get("m", 5)))
        elif "one_hot" in own and shape:
            data = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
        elif "rows sum to 1" in own and shape:
            data = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
        elif own & {"positive", "in (0, 1)"}:
            data = rng.uniform(0.05, 0.95, size=shape)
        else:
            data = rng.uniform(0.1, 0.9, size=shape) if seed % 2 == 0 else rng.normal(size=shape)
        point[name] = Tensor(data, requires_grad=True, name=name)
    return point


def _arranged(results: Sequence[tuple[Any, str]]) -> tuple[int, ...] | None:
    """How the axes of the second result must be turned to be those of the first; None: they do not fit."""
    one, two = (np.shape(r[0]) for r in results)
    if one == two:
        return tuple(range(len(one)))
    if len(one) == len(two) == 2 and one == two[::-1] and results[0][1] != results[1][1]:
        return (1, 0)
    return None


def _decide(
    sides: Sequence[Side], names: Sequence[str], layout: Mapping[str, str], lengths: Mapping[str, int],
    facts: Mapping[str, frozenset[str]],
) -> Sameness:  # fmt: skip
    differs = _differ(sides, names, layout, lengths, facts)
    if differs is not None:
        point, one, two = differs
        text = "at a random point they are " + " and ".join(f"{np.asarray(v).reshape(-1)[0]:.6g}" for v in (one, two))
        return Sameness(False, "random points", text, point)
    if _proved(sides, names, layout, lengths, facts):
        return Sameness(True, "proved", "their difference has the normal form 0")
    return Sameness(True, "random points", f"equal on {POINTS} random points; the normal form proves it neither way")


def _differ(
    sides: Sequence[Side], names: Sequence[str], layout: Mapping[str, str], lengths: Mapping[str, int],
    facts: Mapping[str, frozenset[str]],
) -> tuple[dict[str, Any], Any, Any] | None:  # fmt: skip
    """A point where the two formulas differ, and their values there."""
    compared = 0
    for seed in range(3 * POINTS):
        point = _point(names, layout, lengths, facts, seed)
        results = [s.value(point) for s in sides]
        order = _arranged(results)
        one, two = (np.asarray(data_of(r[0]), dtype=float) for r in results)
        two = two.transpose(order) if order is not None and two.ndim else two
        fine = np.isfinite(one) & np.isfinite(two)
        if not fine.any():
            continue
        compared += 1
        left, right = one[fine], two[fine]
        scale = np.abs(left) + np.abs(right)
        if np.any(np.abs(left - right) > 1e-9 * (scale + scale.max(initial=0.0) * 1e-3) + 1e-300):
            return {n: t.numpy() for n, t in point.items()}, one, two
        if compared == POINTS:
            break
    if compared == 0:
        raise FormulaError(
            "the formulas are finite at no random point; give facts such as {'a': 'in (0, 1)'}, or other shapes."
        )
    return None


def _proved(
    sides: Sequence[Side], names: Sequence[str], layout: Mapping[str, str], lengths: Mapping[str, int],
    facts: Mapping[str, frozenset[str]],
) -> bool:  # fmt: skip
    """Whether the difference of the two normal forms is 0."""
    try:
        with budget(WORK):
            point = _point(names, layout, lengths, facts, seed=0)
            values = [s.value(point)[0] for s in sides]
            order = _arranged([s.value(point) for s in sides])
            tensors = [v for v in values if isinstance(v, Tensor)]
            nodes = graph(*point.values(), *tensors)
            axes = Axes(nodes, tuple((point[n], axis, name) for n in names for axis, name in enumerate(layout[n])))
            reader = Reader(axes, _symbols(point, facts), _unnamed(axes))
            forms = [reader.form(v) if isinstance(v, Tensor) else reader.number(v) for v in values]
            if order is not None and order != tuple(range(len(order))) and isinstance(values[1], Tensor):
                formal = axes.formal(values[1])
                change = {formal[o]: Index(f"@{n}", formal[o].axis) for n, o in enumerate(order)}  # type: ignore[union-attr]
                forms[1] = rename(forms[1], change)  # type: ignore[arg-type]
            return subtract(forms[0], forms[1]) == ZERO
    except (BudgetError, NoFormula, RecursionError, TinygradLiteError):
        return False


def _symbols(point: Mapping[str, Tensor], facts: Mapping[str, frozenset[str]]) -> dict[int, Symbol]:
    symbols = {}
    for name, tensor in point.items():
        symbol = Symbol(name, facts.get(name, frozenset()))
        if name == "m" and tensor.ndim == 0:
            symbol = Symbol("|m|", frozenset(("positive", "size")))
        symbols[key_of(tensor)] = symbol
    return symbols


def _unnamed(axes: Axes) -> Callable[[Any], Value]:
    """What becomes of a value that no formula names: a constant is its number, a shift a symbol."""

    seen: dict[tuple[Any, ...], float] = {}

    def read(node: Any) -> Value:
        data = np.asarray(data_of(node))
        if isinstance(node, Tensor) and node.primitive is not None:
            formal = tuple(i for i in axes.formal(node) if i is not None)
            signature = (node.primitive.name, tuple(key_of(p) for p in node.inputs), repr(node.params))
            return atom(Sym(Symbol(f"value {seen.setdefault(signature, node.serial)}"), formal))
        if data.size and np.all(data == data.reshape(-1)[0]):
            return as_number(float(data.reshape(-1)[0]))
        raise NoFormula("data that no formula names")

    return read


__all__ = ["Sameness", "same_formula"]
