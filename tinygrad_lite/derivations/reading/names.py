"""Names for the values of a graph: given ones, and those that data without a name gets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.normal.algebra import add, multiply
from tinygrad_lite.derivations.normal.elementwise import as_number
from tinygrad_lite.derivations.normal.known import unconstrained
from tinygrad_lite.derivations.normal.terms import Index, Product, Sym, Symbol, Value, atom, const
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.library import ACTIVATIONS
from tinygrad_lite.derivations.reading.nodes import data_of, is_output, key_of, one_number
from tinygrad_lite.derivations.reading.primitives import Reader
from tinygrad_lite.derivations.reading.shown import (
    ONE_HOT,
    ONE_HOT_COLUMNS,
    PROBABILITIES,
    has_rows_of_probabilities,
    one_hot_axis,
)
from tinygrad_lite.notation.formula import named
from tinygrad_lite.tensor.tensor import Tensor

ORDERS = (p.greater, p.greater_equal, p.less, p.less_equal)
"""The comparisons that are read as a condition, such as |r_i| < 1."""


class Names:
    """The symbols of a graph's nodes, and the names that are taken.

    Data that is computed from known data, such as 1 - y, has no symbol of its own.
    """

    def __init__(self, cost: Tensor, wrt: Sequence[Tensor], layered: bool = False, inner: bool = False) -> None:
        self.cost = cost
        self.inner = inner  # whether a gradient of it is derived again
        self.wrt = list(wrt)
        self.origins: list[Tensor] = []  # where the cost is a gradient: what it is the gradient of
        self.out_shape = cost.shape if cost.size > 1 else ()
        self.nodes = graph(cost)
        self._constants: dict[int, Any] = {}  # in the order in which the graph uses them
        for node in self.nodes:
            for part in node.inputs:
                if not isinstance(part, Tensor) and np.size(part) > 1:
                    self._constants[key_of(part)] = part
        self.axes = Axes([*self._constants.values(), *self.nodes])
        self.symbols: dict[int, Symbol] = {}
        self.names: dict[str, Any] = {}
        self.constraints: dict[str, frozenset[str]] = {}
        self.layered = layered
        self.invented: list[str] = []
        self.renamed: dict[str, list[str]] = {}  # given names that several tensors have, or that are no names here
        self._written: set[tuple[str, str]] = set()
        self._unnamed: set[str] = set()
        self._keep: list[Any] = []
        self._computed: dict[tuple[Any, ...], Symbol] = {}
        self.reader = Reader(
            self.axes, self.symbols, self._opaque, lambda part, letter: self._give(part, self._numbered(letter))
        )
        self.reader.order = {key: place for place, key in enumerate(self._constants)}
        parameters = [n for n in self.nodes if n.primitive is None and n.requires_grad]
        self.path = self._above([*parameters, *self.wrt])
        self.needed = self._above(self.wrt)
        self._name_given(parameters)

    def _above(self, starts: Sequence[Tensor]) -> set[int]:
        """The serials of some nodes and of all that depend on them."""
        on = {t.serial for t in starts}
        for node in self.nodes:
            if any(isinstance(x, Tensor) and x.serial in on for x in node.inputs):
                on.add(node.serial)
        return on

    def _name_given(self, parameters: Sequence[Tensor]) -> None:
        """Symbols for the tensors that have a name, for the cost and for the parameters."""
        given = [n.name for n in parameters]
        unnamed = {n.serial: self._letter(n) for n in parameters if _is_blank(n)}
        letters = list(unnamed.values())
        self.layered = self.layered or any(n in ("w1", "W1", "b1") or given.count(n) > 1 for n in given if n)
        self.layered = self.layered or any(letters.count(c) > 1 for c in "wb")
        for node in self.nodes:
            if node.name is not None and not _is_blank(node) and not self._is_condition(node):
                shared = node.primitive is None and given.count(node.name) > 1
                symbol = self._give(node, self._numbered(node.name, first=1) if shared else node.name)
                self.renamed.setdefault(node.name, []).append(symbol.name)
        self.renamed = {name: own for name, own in self.renamed.items() if own != [name]}
        if key_of(self.cost) not in self.symbols:
            self._give(self.cost, self._letter_of_result())
        for node in parameters:
            if key_of(node) not in self.symbols:
                letter = unnamed[node.serial]
                self._give(node, self._numbered(letter, first=1 if letters.count(letter) > 1 else 2))

    def _is_condition(self, node: Tensor) -> bool:
        """Whether a named node compares what is derived: cases are told by their condition, not by its name."""
        return node.primitive in ORDERS and node.serial in self.path

    def _letter(self, node: Tensor) -> str:
        """What a lecturer calls a parameter: w for weights, b for a bias, x for a single number."""
        if not node.ndim:
            return "x"
        return "w" if node.ndim > 1 or self._weighs(node) else "b"

    def _letter_of_result(self) -> str:
        """A cost is called C; what has several elements a, where a function such as σ made it, else z or g.

        So is the a whose gradient is derived again.
        """
        activation = is_output(self.cost) and _is_activation(self.cost)
        if not self.out_shape and not (activation and self.inner):
            return "C"
        leaves = all(not isinstance(x, Tensor) or x.primitive is None for x in self.cost.inputs)
        weighted = leaves and self.cost.primitive in (p.matmul, p.einsum)
        return self.unused("ahgf" if activation else "zuvsq" if weighted else "ghfu")

    def unused(self, letters: str) -> str:
        """The first letter that no value has; where all are taken, the first one with a number."""
        return self._numbered(next((c for c in letters if not self._is_taken(c)), letters[0]))

    def _weighs(self, node: Any) -> bool:
        """Whether a product of matrices uses a node."""
        return any(n.primitive in (p.matmul, p.einsum) for n in self.nodes if any(x is node for x in n.inputs))

    def _sums(self, node: Any) -> bool:
        """Whether the only product that uses a vector is with a computed vector: log(a) @ y is a sum of y_j log a_j."""
        products = [n for n in self.nodes if n.primitive is p.matmul and any(x is node for x in n.inputs)]
        return len(products) == 1 and all(
            x is node or (np.ndim(x) == 1 and isinstance(x, Tensor) and x.primitive is not None)
            for x in products[0].inputs
        )

    def _give(self, node: Any, name: str, used: Any = None) -> Symbol:
        """A symbol for a node; ``used`` is what the graph has of it, where that is a copy."""
        name = _readable(name)
        unique, number = name, 2
        while self._is_taken(unique):
            unique, number = f"{name}{'_' * name[-1:].isdigit()}{number}", number + 1
        known = frozenset(getattr(node, "facts", ()))
        if "columns sum to 1" in known:
            known |= {"sum over 0 is 1"}
        if hasattr(node, "shape") and not known and not (isinstance(node, Tensor) and node.serial in self.path):
            known |= self._shown(node if used is None else used, unique)
        if isinstance(node, Tensor) and node.serial in self.path:
            self.constraints[unique] = known
            known = unconstrained(known)
        symbol = Symbol(unique, known)
        self.names[unique] = node
        self._written.add(_as_written(unique))
        self.symbols[key_of(node)] = symbol
        return symbol

    def _shown(self, node: Any, name: str) -> frozenset[str]:
        """Facts that data without declared ones shows of itself: yes or no; one-hot or rows that sum to 1, with a note."""
        if data_of(node).dtype.kind == "b":
            return frozenset(("binary",))
        if self._weighs(node) and not self._sums(node):
            return frozenset()
        axis = one_hot_axis(node, self.axes)
        if axis is None:
            rows = has_rows_of_probabilities(node, self.axes)
            if rows:
                self.reader.notes[name] = named(name, raised=True), PROBABILITIES
            return frozenset(("rows sum to 1",) if rows else ())
        place = len([n for n in node.shape[:axis] if n != 1])
        last = all(n == 1 for n in node.shape[axis + 1 :])
        self.reader.notes[name] = named(name, raised=True), ONE_HOT if last else ONE_HOT_COLUMNS
        return frozenset(("one_hot",) if last else ("binary", f"sum over {place} is 1"))

    def _is_taken(self, name: str) -> bool:
        """Whether another value is written in this way: x2 and x_2 both are x₂, lambda and λ both are λ."""
        return name in self.names or _as_written(name) in self._written

    def _opaque(self, node: Any) -> Value:
        """A symbol for a value without a formula or a name: data, or a node that is only used.

        Numbers alone make no two arrays the same: a target may equal an input, or 1 minus it.
        """
        if isinstance(node, Tensor) and node.primitive is not None:
            signature = (node.primitive.name, tuple(key_of(x) for x in node.inputs), repr(node.params))
            known = self._computed.get(signature)
            if known is None:
                known = self._computed[signature] = self._give(node, self._numbered("c"))
            self.symbols[key_of(node)] = known
            return self.named(node)
        data = np.asarray(data_of(node))
        number = one_number(node)
        if number is not None:
            return as_number(number)
        users = [n for n in self.nodes if any(x is node for x in n.inputs)]
        argued = self._of_argument(node, data, users)
        if argued is not None:
            return argued
        integer = data.dtype.kind in "iu"
        letter = (
            "mask"
            if data.dtype.kind == "b"
            else "x"
            if self._weighs(node)
            else "y"
            if integer or "y" not in self.names
            else "t"
        )
        symbol = self._give(node, self._numbered(letter))
        self._unnamed.add(symbol.name)
        return self.named(node)

    def _of_argument(self, node: Any, data: Any, users: Sequence[Tensor]) -> Value | None:
        """Data that a composite computed from an argument of its call: the argument y itself, -y or 1 - y.

        Equal numbers alone prove nothing: a target may equal an input. So data is compared with the arguments of its
        own call only, and not where two of the three have the same numbers, as 1 - y has where y is one half.
        """
        if data.dtype.kind != "f" or (isinstance(node, Tensor) and node.requires_grad):
            return None
        for argument in _arguments(users):
            given = np.asarray(data_of(argument))
            if given.shape != data.shape or given.dtype.kind not in "fiub":
                continue
            given = given.astype(data.dtype)
            fits = [
                (factor, shift)
                for factor, shift in ((1, 0), (-1, 0), (-1, 1))
                if (shift + factor * given if shift else factor * given).tobytes() == data.tobytes()
            ]
            if len(fits) != 1:
                continue
            if key_of(argument) not in self.symbols:
                own = np.array(given)  # the caller may write into the argument
                self._keep.append(argument)
                symbol = self._give(argument, self._numbered("x" if self._weighs(node) else "y"), used=node)
                self.names[symbol.name] = self.reader.sources[symbol.name] = own
            symbol = self.symbols[key_of(argument)]
            ((factor, shift),) = fits
            return add(multiply(const(factor), atom(Sym(symbol, self.formal(node)))), const(shift))
        return None

    def alike(self) -> list[tuple[str, str]]:
        """The names of unnamed data of which one has the numbers y and another y or 1 - y."""
        unnamed = [(name, node) for name, node in self.names.items() if name in self._unnamed]
        found = []
        for place, (name, node) in enumerate(unnamed):
            for other_name, other in unnamed[:place]:
                one, two = np.asarray(data_of(node)), np.asarray(data_of(other))
                if one.shape == two.shape and (np.array_equal(one, two) or np.array_equal(one, 1.0 - two)):
                    found.append((other_name, name))
        return found

    def _numbered(self, name: str, first: int = 2) -> str:
        """A name that is free, with a number where layers have numbers or it is taken."""
        if not self._is_taken(name) and first != 1:
            return name
        number = first
        while self._is_taken(f"{name}{number}"):
            number += 1
        return f"{name}{number}"

    def invent(self, letters: str) -> str:
        """A name for a result without one: the first letter that is nobody's name, with a number where there are layers."""
        given = {n.name for n in self.nodes}
        letter = next((c for c in letters if c not in given), letters[0])
        self.invented.append(letter)
        return self._numbered(letter, first=1 if self.layered else 2)

    def formal(self, node: Any) -> tuple[Index, ...]:
        """The indices of a node's axes that have one."""
        return tuple(i for i in self.axes.formal(node) if i is not None)

    @cached_property
    def out(self) -> tuple[Index, ...]:
        """The indices of what is derived, where it has several elements: each of these is derived."""
        return tuple(index for index in self.outputs if index is not None)

    @property
    def outputs(self) -> tuple[Index | None, ...]:
        """The same, and None for an axis of size 1."""
        formal = self.axes.formal(self.cost) if self.out_shape else ()
        return tuple(i and i.outer for i in formal)

    def named(self, node: Any) -> Product:
        """A node's symbol at its formal indices."""
        return atom(Sym(self.symbols[key_of(node)], self.formal(node)))


def _arguments(users: Sequence[Tensor]) -> list[Any]:
    """The arrays and Tensors that were passed to the calls which these nodes were made in."""
    found: dict[int, Any] = {}
    for node in users:
        call = node.call
        while call is not None:
            found |= {id(x): x for x in (*call.args, *call.kwargs.values()) if isinstance(x, Tensor | np.ndarray)}
            call = call.parent
    return [x for x in found.values() if not (isinstance(x, Tensor) and (x.requires_grad or x.primitive is not None))]


def _readable(name: str) -> str:
    """A name that a formula can hold and that is read back: letters, digits and underscores, a letter first.

    >>> _readable("z^1"), _readable("x 1"), _readable("x²"), _readable("2x"), _readable("W^T"), _readable("Σ")
    ('z^1', 'x_1', 'x2', 't2x', 'W_T', 'Σ_')
    """
    name = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isdecimal() else c for c in name.strip())
    name = re.sub(r"\^(?!\d+$)|[^\w^\u0300-\u036f]", "_", unicodedata.normalize("NFC", name))
    name = f"{name}_" if name in ("Σ", "if", "else", "otherwise") else name
    return name if re.match(r"[^\W\d]", name) and name.strip("_") else f"t{name.strip('_')}"


def _as_written(name: str) -> tuple[str, str]:
    node = named(name)
    return node.text, node.layer


def _is_activation(node: Tensor) -> bool:
    return node.call is not None and node.call.function in ACTIVATIONS


def _is_blank(node: Tensor) -> bool:
    return not (node.name or "").strip()
