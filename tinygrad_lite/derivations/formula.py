"""A formula of a derivation: what stands on the right side of a line, or the closed form of a gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite import functions
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.derivations.affordable import affordable
from tinygrad_lite.derivations.normal.calculus import put_in
from tinygrad_lite.derivations.normal.contents import symbols_in
from tinygrad_lite.derivations.normal.terms import ZERO, Index, Sym, Value, atom, size_symbol
from tinygrad_lite.derivations.reading.functions import sigmoid, softmax
from tinygrad_lite.derivations.reading.nodes import data_of, key_of
from tinygrad_lite.derivations.steps.board import Board
from tinygrad_lite.derivations.steps.checking import Facts
from tinygrad_lite.derivations.steps.closed import evaluated
from tinygrad_lite.derivations.steps.lines import Whole, Written
from tinygrad_lite.derivations.writing.display import marks
from tinygrad_lite.derivations.writing.numpy_source import Array, Source, derivative_label, identifiers
from tinygrad_lite.notation.formula import Notation, latex, unicode
from tinygrad_lite.tensor.facts import FACTS
from tinygrad_lite.tensor.tensor import Tensor

Data = np.ndarray[Any, Any]


class Formula:
    """A value of a derivation: as text, in LaTeX, in NumPy, and as numbers.

    value: its normal form, which decides what is equal. indices: the letters of its axes. sizes: the length of each
    axis of the graph by its name. shapes, facts: of the named values in it; the axes of size 1, which have no index,
    are left out of the shapes.

    See also: tg.Derivation, tg.same_formula.

    >>> import numpy as np, tinygrad_lite as tg
    >>> w, x = tg.Tensor([0.5, 2.0], requires_grad=True, name="w"), tg.Tensor([[1.0, 2.0], [3.0, 4.0]], name="x")
    >>> formula = tg.derive(np.sum((x @ w) ** 2) / 2, wrt=w).formula
    >>> print(formula, formula.numpy(), formula.evaluate(), sep="; ")
    Σ_i x_ij z_i; x.T @ z; [33. 47.]
    """

    def __init__(
        self, board: Board, written: Written, order: tuple[Index, ...], node: Notation, of: Tensor | None = None
    ) -> None:
        self.node = node
        self._board = board
        self._written = written
        self._order = order
        self._of = of

    @cached_property
    def value(self) -> Value:
        """The normal form."""
        with affordable():
            return self._written.normal()

    @property
    def indices(self) -> tuple[str, ...]:
        """The letters of its axes."""
        writer = self._board.writer(self._order)
        return tuple(writer.bind(index) for index in self._order)

    @property
    def sizes(self) -> dict[str, int]:
        """The length of each axis, by the name that stands for it in formulas."""
        return dict(self._board.stations.axes.sizes)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each named value in it, without axes of size 1."""
        return {name: tuple(n for n in self._shape(name) if n != 1) for name in self._names}

    @property
    def facts(self) -> dict[str, frozenset[str]]:
        """What is known of the named values in it, in the words that a Tensor's facts have."""
        st = self._board.stations
        symbols = {symbol.name: symbol.facts for symbol in st.symbols.values()}
        known = {n: symbols.get(n, frozenset()) | st.constraints.get(n, frozenset()) for n in self._names}
        known = {name: facts & FACTS.keys() for name, facts in known.items()}
        return {name: facts for name, facts in known.items() if facts}

    @property
    def _names(self) -> list[str]:
        """The named values in it, of σ′(z) the z; a size is none."""
        return sorted({self._argument(n) for n in self._written.names - self._size_names})

    @property
    def _size_names(self) -> set[str]:
        return {size_symbol(axis).name for axis in self.sizes}

    def __str__(self) -> str:
        return unicode(self.node)

    def __repr__(self) -> str:
        return f"<formula {self}>"

    def latex(self) -> str:
        """The formula in LaTeX."""
        return latex(self.node)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    # --- as numbers --------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its numbers: that of what is differentiated by, after that of what has several elements."""
        if self._of is None:
            return tuple(self.sizes[i.axis] for i in self._order)
        return self._board.stations.out_shape + self._of.shape

    def evaluate(self) -> Data:
        """The numbers of this formula, computed from the data: finite where a naive spelling is not.

        >>> from tinygrad_lite.derivations import derive
        >>> z = Tensor([40.0], requires_grad=True, name="z")
        >>> a = 1 / (1 + np.exp(-z))                       # rounded to 1, so a (1 - a) is 0 in eager numbers
        >>> np.all(derive(np.sum(a), wrt=z).formula.evaluate() > 4e-18)
        np.True_
        """
        result = evaluated(self._board, self.value, self._order)
        return result.reshape(self.shape).astype(float if self._of is None else self._of.dtype)

    # --- in NumPy ----------------------------------------------------------------------------------

    def numpy(self) -> str:
        """The formula as NumPy code. It runs on the graph's arrays; sizes such as m are numbers: see `arrays`."""
        value = self._without_slopes()
        names = self._identifiers(value)
        arrays = {name: Array(names[name], self._shape(name)) for name in names if name not in self._size_names}
        sizes = {axis: names[size_symbol(axis).name] for axis in self.sizes}
        return Source(arrays, sizes)(value, self._order, self.shape)

    def arrays(self) -> dict[str, Data | int]:
        """What the names in `numpy` stand for: arrays, and the lengths of axes.

        >>> from tinygrad_lite.derivations import derive
        >>> w = Tensor([0.5, 2.0], requires_grad=True, name="w")
        >>> formula = derive(np.mean(w ** 2), wrt=w).formula
        >>> formula.numpy(), eval(formula.numpy(), {"np": np, **formula.arrays()})
        ('2 * w / m', array([0.5, 2. ]))
        """
        value = self._without_slopes()
        names = self._identifiers(value)
        found: dict[str, Data | int] = {names[size_symbol(axis).name]: length for axis, length in self.sizes.items()}
        for name in value.names - self._size_names:
            found[names[name]] = self._numbers(name).reshape(self._shape(name))
        return found

    @property
    def label(self) -> str:
        """What NumPy code calls the derivative that this is a formula of: dC_dw, delta2; "" for another value."""
        if self._of is None:
            return ""
        delta = self._board.deltas.get(key_of(self._of))
        return identifiers({"": delta or derivative_label(self._board.derivative(self._of))})[""]

    @property
    def derivatives(self) -> frozenset[str]:
        """Of the names in `numpy`, those of other derivatives."""
        names = self._identifiers(self._without_slopes())
        return frozenset(names[name] for name in names.keys() & self._board.cotangents.keys())

    def lengths(self) -> dict[str, str]:
        """How `numpy` may get the sizes that it names: {"m": "len(x)", "J": "x.shape[1]"}, of an array that it names."""
        value = self._without_slopes()
        names = self._identifiers(value)
        found: dict[str, str] = {}
        for name in sorted(value.names - self._size_names):
            node = self._board.stations.names.get(name)
            for n, axis in enumerate(self.axes_of(node) if isinstance(node, Tensor) else ()):
                if axis is not None:
                    code = f"{names[name]}.shape[{n}]" if n else f"len({names[name]})"
                    found.setdefault(names[size_symbol(axis).name], code)
        return found

    def graph(self) -> Any:
        """The formula computed anew from the tensors of the graph: a graph that can be derived like any other."""
        names, arrays = self._identifiers(self._without_slopes()), self.arrays()
        tensors = {
            names[name]: node
            for name, node in self._board.stations.names.items()
            if name in names and isinstance(node, Tensor) and (node.requires_grad or _equal(arrays[names[name]], node))
        }
        with recorded(), np.errstate(all="ignore"):
            found = eval(self.numpy(), {"np": np, **arrays, **tensors})
            return p.copy(found) if any(found is t for t in tensors.values()) else found

    def axes_of(self, node: Tensor) -> tuple[str | None, ...]:
        """The name of the length of each axis of a tensor of the graph; None for an axis of size 1."""
        indices = self._board.stations.axes.formal(node)
        return tuple(None if index is None else index.axis for index in indices)

    def application(self, name: str) -> tuple[Callable[..., Any], str, int | None] | None:
        """What a name that a line introduced stands for: a function of the library, the name of what it is taken of,
        and the axis, where the function runs along one; None where it is another value.
        """
        value, indices = self._board.facts.defined.get(name, (ZERO, ()))
        for symbol in symbols_in(value):
            z = atom(Sym(symbol.symbol, indices))
            if value == sigmoid(z):
                return functions.sigmoid, symbol.symbol.name, None
            for axis, index in enumerate(indices):
                if value == softmax(z, index):
                    return functions.softmax, symbol.symbol.name, axis
        return None

    def _without_slopes(self) -> Value:
        """The value with σ′(z) put in."""
        value = self.value
        for name in self._board.slopes:
            if name in value.names:
                value = put_in(value, name, *self._board.facts.defined[name])
        return value

    def _identifiers(self, value: Value) -> dict[str, str]:
        board = self._board
        labels = {name: name for name in sorted(value.names - self._size_names)}
        for name, node in board.cotangents.items():
            if name in labels and name not in board.deltas.values():
                labels[name] = derivative_label(board.derivative(node))
        for symbol in board.stations.symbols.values():
            if symbol.name in labels and symbol.derivative is not None:
                labels[symbol.name] = derivative_label(symbol.derivative)
        return identifiers(labels | {size_symbol(axis).name: axis for axis in self.sizes})

    # --- the named values --------------------------------------------------------------------------

    def _argument(self, name: str) -> str:
        """The z of σ′(z) and of σ(z); any other name as it is."""
        slope = self._board.slopes.get(name)
        of = slope.derivative if slope is not None else None
        return of.below if of is not None and of.function else self._board.applied.get(name, name)

    def _numbers(self, name: str) -> Data:
        """The numbers of a named value; those of an error signal from its closed form."""
        node = self._board.cotangents.get(name)
        if node is not None and name not in (gradient := self._board.gradients[key_of(node)]).value.names:
            return evaluated(self._board, gradient.value, self._board.around(gradient.indices))
        return self._board.facts.value(name) if node is None else Facts(self._board.stations).cotangent(node)

    def _shape(self, name: str) -> tuple[int, ...]:
        """The shape of a named value, axes of size 1 included."""
        board = self._board
        if name in board.cotangents:
            return board.stations.out_shape + board.cotangents[name].shape
        if name in board.facts.defined:
            return tuple(self.sizes[index.axis] for index in board.facts.defined[name][1])
        node = board.stations.reader.sources.get(name, board.stations.names.get(name))
        if not isinstance(node, Tensor | np.ndarray):  # a selector, or the like: it has no axes of size 1
            return board.facts.value(name).shape
        return np.shape(data_of(node))


def _equal(array: Any, node: Tensor) -> bool:
    """Whether an array is what a tensor holds: a name may stand for one-hot rows where the tensor has class numbers."""
    return np.array_equal(array, data_of(node))


def closed_form(board: Board, tensor: Tensor) -> Formula:
    """The gradient by a tensor: as the last line has it where that is plain and shorter, else the normal form."""
    gradient = board.gradients[key_of(tensor)]
    order = board.around(gradient.indices)
    node = board.writer(order)(gradient.value)
    name = board.stations.symbols[key_of(tensor)].name
    last = next((line for line in reversed(board.lines) if line.station == name), None)
    if last is not None and last.written.names <= gradient.value.names and marks(last.right) < marks(node):
        node = last.right
    return Formula(board, Whole(gradient.value), order, node, tensor)
