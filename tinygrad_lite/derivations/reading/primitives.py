"""From a graph to index expressions: each primitive read as a formula.

Nodes that are *stations* (named values) and leaves become symbols; what lies between is read
through.  A node that has no formula here becomes a symbol of its own, opaque: it may be used,
and only a derivative through it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.derivations.normal.algebra import divide_by, multiply
from tinygrad_lite.derivations.normal.elementwise import NoFormula, as_number, elementwise
from tinygrad_lite.derivations.normal.sums import fresh_index, rename, sum_over
from tinygrad_lite.derivations.normal.terms import (
    WORK,
    BudgetError,
    Index,
    Poly,
    Product,
    Sum,
    Sym,
    Symbol,
    Value,
    atom,
    const,
    size,
)
from tinygrad_lite.derivations.reading.axes import (
    Axes,
    data_of,
    indexed,
    kept_axes,
    key_of,
    reshaped,
    row_axis,
    subscripts,
)
from tinygrad_lite.tensor.tensor import Tensor

Indices = Sequence[Index | None]


Form = Callable[["Reader", Tensor], Value]
FORMULAS: dict[Primitive, Form] = {}


def formula(primitive: Primitive) -> Callable[[Form], Form]:
    """Register how a primitive is read as an index formula."""

    def register(form: Form) -> Form:
        FORMULAS[primitive] = form
        return form

    return register


def has_formula(primitive: Primitive) -> bool:
    """Whether derivations know an index formula for a primitive."""
    return primitive in FORMULAS or elementwise(primitive) is not None


class Reader:
    """Reads nodes as values in terms of symbols.

    ``symbols`` maps keys of nodes to their symbols; nodes without a formula are added to it.
    """

    def __init__(
        self,
        axes: Axes,
        symbols: dict[int, Symbol],
        opaque: Callable[[Any], Value],
        classes: Callable[[Any], Symbol] = lambda c: Symbol(f"class {id(c)}"),
    ) -> None:
        self.axes = axes
        self.symbols = symbols
        self.sources: dict[str, Any] = {}
        self.order: dict[int, int] = {}  # of constants: they have no serial, and an address is another in each run
        self._opaque = opaque
        self._named_classes = classes
        self._forms: dict[int, Value] = {}
        self._refused: dict[int, str] = {}  # too large to read, so that what uses it need not try again
        self._keep: list[Any] = []
        self._classes: list[Any] = []

    def form(self, node: Any, through: bool = False) -> Value:
        """The value of a node at its formal indices; ``through`` reads a station as a formula."""
        try:
            for part in self._pending(node, through):
                self._forms[key_of(part)] = self._read(part)
        except BudgetError as reason:
            if WORK.left >= 0:  # for its size, and not because there was no work left
                self._refused[key_of(node)] = str(reason)
            raise
        return self._formula(node) if through else self._forms[key_of(node)]

    def number(self, value: Any) -> Value:
        """The value of a plain number."""
        if np.size(value) != 1:
            raise NoFormula("an array that is no Tensor")
        return as_number(float(np.asarray(value).reshape(-1)[0]))

    def forget(self, serial: int) -> None:
        """Read all results anew that were made after this serial."""
        self._forms = {key: form for key, form in self._forms.items() if key < serial}
        self._refused = {key: reason for key, reason in self._refused.items() if key < serial}

    def _pending(self, node: Any, through: bool) -> list[Any]:
        """The nodes to be read first, inputs before results."""
        seen: dict[int, Any] = {}
        stack = [x for x in node.inputs if hasattr(x, "shape")] if through and isinstance(node, Tensor) else [node]
        while stack:
            part = stack.pop()
            key = key_of(part)
            if key in seen or key in self._forms:
                continue
            seen[key] = part
            stops = key in self.symbols
            if key in self._refused and not stops:
                raise BudgetError(self._refused[key])
            if isinstance(part, Tensor) and not stops and not _stops(part):
                assert part.primitive is not None
                inputs = part.inputs[:1] if part.primitive is p.getitem else part.inputs
                stack += [x for x in inputs if hasattr(x, "shape")]
        return sorted(seen.values(), key=lambda part: (key_of(part) > 0, self.order.get(key_of(part), key_of(part))))

    def _symbol(self, node: Any) -> Value:
        symbol = self.symbols.get(key_of(node))
        if symbol is None:
            self._keep.append(node)
            value = self._opaque(node)
            if key_of(node) in self.symbols:
                self.sources.setdefault(self.symbols[key_of(node)].name, node)
            return value
        self.sources.setdefault(symbol.name, node)
        return atom(Sym(symbol, tuple(i for i in self.axes.formal(node) if i is not None)))

    def _read(self, node: Any) -> Value:
        if key_of(node) in self.symbols:
            return self._symbol(node)
        if not isinstance(node, Tensor) or node.primitive is None:
            number = one_number(node)
            return self._symbol(node) if number is None or isinstance(node, Tensor) else as_number(number)
        try:
            return self._formula(node)
        except NoFormula:
            return self._symbol(node)

    def _formula(self, node: Any) -> Value:
        if not isinstance(node, Tensor) or node.primitive is None:
            return self._read(node)
        if node.primitive in FORMULAS:
            return FORMULAS[node.primitive](self, node)
        function = elementwise(node.primitive)
        if function is None:
            raise NoFormula(node.primitive.name)
        return self._divided(node) or function(*(self._aligned(x, node) for x in node.inputs))

    def at(self, part: Any, indices: Indices) -> Value:
        """The form of an input at given indices, one for each of its axes (None for size 1)."""
        if not hasattr(part, "shape"):
            return as_number(part)
        change = {
            formal: index
            for formal, index in zip(self.axes.formal(part), indices, strict=True)
            if formal is not None and index is not None
        }
        return rename(self._forms[key_of(part)], change)

    def _aligned(self, part: Any, node: Tensor) -> Value:
        """An input of an elementwise operation at the formal indices of the result."""
        formal = self.axes.formal(node)
        ndim = len(getattr(part, "shape", ()))
        return self.at(part, formal[len(formal) - ndim :])

    def _divided(self, node: Tensor) -> Value | None:
        """A sum over an axis, divided by a number that is the size of this axis: sum / m."""
        if node.primitive not in (p.divide, p.multiply):
            return None
        for part, other in ((0, 1), (1, 0))[: 1 if node.primitive is p.divide else 2]:
            number = one_number(node.inputs[other])
            total = node.inputs[part]
            if number is None or not hasattr(total, "shape"):
                continue
            form = self._aligned(total, node)
            sign = -1 if number < 0 else 1
            inverse = node.primitive is p.multiply
            found = self._size_of(form, abs(number), inverse, _in_mean(node))
            if found is not None:
                return multiply(const(sign), divide_by(form, found))
        return None

    def _size_of(self, form: Value, number: float, inverse: bool, mean: bool) -> Value | None:
        """The product of sizes of axes summed in ``form`` that the number equals, if any."""
        if not isinstance(form, Product) or not number:
            return None
        axes = _summed_axes(form)
        sizes = self.axes.sizes
        choices: list[tuple[list[str], int]] = [([a], 1) for a in axes] + [([a], 2) for a in axes]
        choices += [([a, b], 1) for n, a in enumerate(axes) for b in axes[n + 1 :]]
        for chosen, factor in choices:
            length = factor * int(np.prod([sizes[a] for a in chosen]))
            batch = any(self.axes.letters[a] == "i" for a in chosen)
            if not mean and (min(sizes[a] for a in chosen) < 3 or ((inverse or factor > 1) and not batch)):
                continue
            if abs((1 / number if inverse else number) - length) <= 1e-6 * length:
                return multiply(const(factor), *(size(a) for a in chosen))
        return None

    @formula(p.sum_)
    def _sum(self, node: Tensor) -> Value:
        part = node.inputs[0]
        kept = kept_axes(part, node)
        formal = iter(self._kept_indices(node, part, kept))
        indices: list[Index | None] = []
        bound: list[Index] = []
        for axis in range(len(part.shape)):
            index = self.axes.index(part, axis)
            if axis in kept:
                indices.append(next(formal))
            else:
                indices.append(None if index is None else fresh_index(index.axis))
                bound += [i for i in indices[-1:] if i is not None]
        return sum_over(bound, self.at(part, indices))

    def _kept_indices(self, node: Tensor, part: Any, kept: list[int]) -> list[Index | None]:
        formal = self.axes.formal(node)
        return [formal[a] for a in kept] if node.params.get("keepdims") else list(formal)

    @formula(p.transpose)
    def _transpose(self, node: Tensor) -> Value:
        axes = node.params["axes"] or tuple(range(node.ndim))[::-1]
        formal = self.axes.formal(node)
        indices: list[Index | None] = [None] * node.ndim
        for place, axis in enumerate(axes):
            indices[axis] = formal[place]
        return self.at(node.inputs[0], indices)

    @formula(p.reshape)
    def _reshape(self, node: Tensor) -> Value:
        part = node.inputs[0]
        formal = self.axes.formal(node)
        places = reshaped(part.shape, node)
        if any(place is None and n != 1 for place, n in zip(places, part.shape, strict=True)):
            raise NoFormula("reshape")
        return self.at(part, [None if place is None else formal[place[1]] for place in places])

    @formula(p.matmul)
    def _matmul(self, node: Tensor) -> Value:
        left, right = node.inputs
        formal = list(self.axes.formal(node))
        inner = self.axes.index(left, len(left.shape) - 1)
        k = None if inner is None else fresh_index(inner.axis)
        batch = formal[: node.ndim - (len(left.shape) > 1) - (len(right.shape) > 1)]
        rest = formal[len(batch) :]
        l_index: list[Index | None] = [rest.pop(0), k] if len(left.shape) > 1 else [k]
        r_index: list[Index | None] = [k, rest.pop(0)] if len(right.shape) > 1 else [k]
        parts = []
        for part, index in ((left, l_index), (right, r_index)):
            more = len(part.shape) - len(index)
            parts.append(self.at(part, [*batch[len(batch) - more :], *index]))
        return sum_over([] if k is None else [k], multiply(*parts))

    @formula(p.einsum)
    def _einsum(self, node: Tensor) -> Value:
        inputs, output = subscripts(node)
        formal = self.axes.formal(node)
        indices: dict[str, Index | None] = dict(zip(output, formal, strict=True))
        bound: list[Index] = []
        parts: list[Value] = []
        for part, letters in zip(node.inputs, inputs, strict=True):
            for axis, letter in enumerate(letters):
                if letter not in indices:
                    index = self.axes.index(part, axis)
                    indices[letter] = None if index is None else fresh_index(index.axis)
                    bound += [i for i in [indices[letter]] if i is not None]
            parts.append(self.at(part, [indices[c] for c in letters]))
        return sum_over(bound, multiply(*parts))

    @formula(p.getitem)
    def _getitem(self, node: Tensor) -> Value:
        """Whole axes, new axes, and the pick of one class per row: sum_j y_ij f_ij."""
        part, *arrays = node.inputs
        formal = self.axes.formal(node)
        places = indexed(node)
        indices: list[Index | None] = [None if place is None else formal[place[1]] for place in places]
        picked = [a for a, place in enumerate(places) if place is None and part.shape[a] != 1]
        if not picked:
            return self.at(part, indices)
        if not arrays and len(picked) == 1:
            return self._one_place(node, part, picked[0], indices)
        if len(arrays) == 0 or len(arrays) > 2 or len(picked) != len(arrays):
            raise NoFormula("getitem")
        row = row_axis(node)
        class_axis = picked[-1]
        classes = arrays[-1]
        if len(picked) == 2:
            if row is None:
                raise NoFormula("getitem")
            indices[row] = formal[0]
            class_axis, classes = 1 - row, arrays[1 - row]
        elif np.size(data_of(classes)) != 1:
            raise NoFormula("getitem")
        index = self.axes.index(part, class_axis)
        assert index is not None
        k = fresh_index(index.axis)
        indices[class_axis] = k
        along = [formal[0]] if len(picked) == 2 else []
        hot = self._one_hot(classes, part, class_axis, [i for i in along if i is not None], k)
        return sum_over([k], multiply(hot, self.at(part, indices)))

    def _one_place(self, node: Tensor, part: Any, axis: int, indices: list[Index | None]) -> Value:
        """t[2]: the sum over all places with a one-hot y."""
        place = _place_of(node.params["index"], len(part.shape), axis)
        index = self.axes.index(part, axis)
        if place is None or index is None:
            raise NoFormula("getitem")
        k = fresh_index(index.axis)
        indices[axis] = k
        hot = self._one_hot(np.asarray(place), part, axis, [], k)
        return sum_over([k], multiply(hot, self.at(part, indices)))

    def _one_hot(self, classes: Any, part: Any, axis: int, row: list[Index], k: Index) -> Value:
        """The one-hot symbol of an array of class numbers."""
        if not isinstance(classes, Tensor):
            data = np.asarray(classes)
            same = [c for c in self._classes if np.array_equal(c, data)]
            classes = same[0] if same else data
            self._classes.append(classes)
        key = key_of(classes)
        if key not in self.symbols:
            self.symbols[key] = self._named_classes(classes)
            self._keep.append(classes)
        symbol = Symbol(self.symbols[key].name, frozenset(("one_hot",)))
        self.symbols[key] = symbol
        numbers = np.asarray(data_of(classes)).reshape(-1)
        rows = (numbers[:, None] % part.shape[axis] == np.arange(part.shape[axis])).astype(float)
        self.sources[symbol.name] = rows if row else rows[0]
        return atom(Sym(symbol, (*row, k)))


def _place_of(template: Any, ndim: int, axis: int) -> int | None:
    """The whole number that an index has for an axis."""
    parts = [t for t in (template if isinstance(template, tuple) else (template,)) if t is not None]
    if Ellipsis in [t if t is Ellipsis else 0 for t in parts]:
        dots = next(n for n, t in enumerate(parts) if t is Ellipsis)
        parts[dots : dots + 1] = [slice(None)] * (ndim - len(parts) + 1)
    found = parts[axis] if axis < len(parts) else None
    return found if isinstance(found, int) else None


def _stops(node: Tensor) -> bool:
    """Whether a node is read as a symbol: a leaf, or what passes no gradient by intention."""
    return node.primitive is None or node.primitive is p.stop_gradient


def _summed_axes(form: Product) -> list[str]:
    """The axes that every term of a value is summed over."""
    axes = [i.axis for b, _ in form.factors if isinstance(b, Sum) for i in b.bound]
    axes += [b.symbol.name.strip("|") for b, _ in form.factors if isinstance(b, Sym) and b.symbol.has("size")]
    for base, exponent in form.factors:
        if isinstance(base, Poly) and exponent == 1:
            each = [_summed_axes(t) for t in base.terms]
            axes += [a for a in each[0] if all(a in other for other in each)]
    return axes


COSTS = (
    "quadratic_cost", "cross_entropy", "cross_entropy_with_logits", "log_likelihood", "log_likelihood_with_logits",
)  # fmt: skip
"""Composites that divide by the number of examples, whatever it is."""


def _in_mean(node: Tensor) -> bool:
    call = node.call
    while call is not None:
        if call.name in ("mean", "average", *COSTS):
            return True
        call = call.parent
    return False


def one_number(value: Any) -> float | None:
    """The number of a constant with one element that has no name and no gradient."""
    if isinstance(value, Tensor):
        if value.primitive is not None or value.requires_grad or value.name is not None:
            return None
        value = data_of(value)
    if np.size(value) != 1 or np.asarray(value).dtype.kind not in "fiub":
        return None
    return float(np.asarray(value).reshape(-1)[0])


__all__ = ["FORMULAS", "NoFormula", "Reader", "as_number", "formula", "has_formula", "one_number"]
