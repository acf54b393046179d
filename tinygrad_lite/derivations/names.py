"""Names for the values of a graph: given ones, and those that data without a name gets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.algebra import add, multiply
from tinygrad_lite.derivations.axes import Axes, data_of, key_of
from tinygrad_lite.derivations.known import affinely, unconstrained
from tinygrad_lite.derivations.reading import Reader, as_number, one_number
from tinygrad_lite.derivations.terms import Index, Product, Sym, Symbol, Value, atom, const
from tinygrad_lite.tensor.tensor import Tensor


class Names:
    """The symbols of a graph's nodes, and the names that are taken.

    Data that is computed from known data, such as 1 - y, has no symbol of its own.
    """

    def __init__(self, cost: Tensor, wrt: Sequence[Tensor]) -> None:
        self.cost = cost
        self.wrt = list(wrt)
        self.nodes = graph(cost)
        self._constants: dict[int, Any] = {}
        for node in self.nodes:
            for part in node.inputs:
                if not isinstance(part, Tensor) and np.size(part) > 1:
                    self._constants[key_of(part)] = part
        self.axes = Axes([*self._constants.values(), *self.nodes])
        self.symbols: dict[int, Symbol] = {}
        self.names: dict[str, Any] = {}
        self.constraints: dict[str, frozenset[str]] = {}
        self._known: list[tuple[Any, Symbol]] = []
        self._keep: list[Any] = []
        self._computed: dict[tuple[Any, ...], Symbol] = {}
        self.reader = Reader(self.axes, self.symbols, self._opaque, lambda c: self._give(c, self._numbered("y")))
        self.path = self._path()
        self._name_given()

    def _path(self) -> set[int]:
        """The nodes that depend on what is differentiated by."""
        on: set[int] = {t.serial for t in self.wrt}
        for node in self.nodes:
            if any(isinstance(x, Tensor) and x.serial in on for x in node.inputs):
                on.add(node.serial)
        return on

    def _name_given(self) -> None:
        """Symbols for the tensors that have a name, for the cost and for the leaves."""
        given = [n.name for n in self.nodes if n.primitive is None and n.requires_grad]
        self.layered = any(n in ("w1", "W1", "b1") or given.count(n) > 1 for n in given if n)
        for node in self.nodes:
            if node.name is not None and not _is_blank(node):
                shared = node.primitive is None and given.count(node.name) > 1
                symbol = self._give(node, self._numbered(node.name, first=1) if shared else node.name)
                if node.primitive is None and not node.requires_grad:
                    self._known.append((np.squeeze(data_of(node)), symbol))
        for node in self._passed():
            if node.name and key_of(node) not in self.symbols:
                symbol = self._give(node, node.name)
                self.reader.sources[symbol.name] = node
                self._known.append((np.squeeze(data_of(node)), symbol))
        if key_of(self.cost) not in self.symbols:
            self._give(self.cost, "C")
        for node in self.wrt:
            if key_of(node) not in self.symbols:
                self._give(node, "w" if node.ndim else "x")

    def _passed(self) -> list[Tensor]:
        """Data that composites were given, whose 1 - y alone is in the graph."""
        found: dict[int, Tensor] = {}
        for node in self.nodes:
            call = node.call
            while call is not None:
                found |= {t.serial: t for t in call.inputs if t.primitive is None and not t.requires_grad}
                call = call.parent
        return list(found.values())

    def _give(self, node: Any, name: str, facts: frozenset[str] = frozenset()) -> Symbol:
        name = re.sub(r"[\[\]()|+*:,;?'∂\s]", "_", name.strip()) or "t"
        unique, number = name, 2
        while unique in self.names:
            unique, number = f"{name}{'_' * name[-1:].isdigit()}{number}", number + 1
        known = frozenset(getattr(node, "facts", ())) | facts
        if "columns sum to 1" in known:
            known |= {"sum over 0 is 1"}
        if isinstance(node, Tensor) and node.serial in self.path:
            self.constraints[unique] = known
            known = unconstrained(known)
        symbol = Symbol(unique, known)
        self.names[unique] = node
        self.symbols[key_of(node)] = symbol
        return symbol

    def _opaque(self, node: Any) -> Value:
        """A symbol for a value without a formula or a name: data, or a node that is only used.

        Data that equals known data, or one minus it, is that: graphs do not record 1 - y.
        """
        if isinstance(node, Tensor) and node.primitive is not None:
            signature = (node.primitive.name, tuple(key_of(x) for x in node.inputs), repr(node.params))
            known = self._computed.get(signature)
            if known is None:
                known = self._computed[signature] = self._give(node, self._numbered("c"))
            self.symbols[key_of(node)] = known
            return self.named(node)
        data = np.asarray(data_of(node))
        same = self._same_as_known(node, data)
        if same is not None:
            return same
        number = one_number(node)
        if number is not None:
            return as_number(number)
        users = [n for n in self.nodes if any(x is node for x in n.inputs)]
        weighted = any(u.primitive in (p.matmul, p.einsum) for u in users)
        turned = self._turned(node, data)
        if turned is not None and not weighted:
            return turned
        integer = data.dtype.kind in "iu"
        letter = "x" if weighted else "y" if integer or "y" not in self.names else "t"
        if isinstance(node, Tensor) and node.requires_grad:
            letter = "w" if data.ndim > 1 or weighted else "b"
        symbol = self._give(node, self._numbered(letter))
        self._known.append((np.squeeze(data), symbol))
        return self.named(node)

    def _turned(self, node: Any, data: Any) -> Value | None:
        """Data that is -y or 1 - y of a y that is nowhere else: a new symbol for this y."""
        if data.size < 2 or data.dtype.kind != "f" or (isinstance(node, Tensor) and node.requires_grad):
            return None
        minus = data if np.all(data <= 0) and np.any(data < 0) else None
        top = float(np.max(data))
        if minus is None and top not in (0.0, 1.0) and np.all((data == 0) | (data == top)):
            minus = -data / top
        for other in [*self._constants.values(), *(n for n in self.nodes if n.primitive is None)]:
            if minus is None and np.shape(other) == data.shape and np.array_equal(data_of(other) + 1, data):
                minus = data_of(other) if np.all(data_of(other) <= 0) else None
        if minus is None:
            return None
        base = np.array(-minus)
        self._keep.append(base)
        symbol = self._give(base, self._numbered("y"))
        self.reader.sources[symbol.name] = base
        self._known.append((np.squeeze(base), symbol))
        return self._same_as_known(node, data)

    def _same_as_known(self, node: Any, data: Any) -> Value | None:
        if isinstance(node, Tensor) and node.requires_grad:
            return None
        if data.size < 2 and not isinstance(node, Tensor):
            return None
        squeezed, indices = np.squeeze(data), self.formal(node)
        for other, symbol in self._known:
            for order in {(0, 1), (1, 0)} if squeezed.ndim == 2 else {tuple(range(squeezed.ndim))}:
                if squeezed.transpose(order).shape != other.shape:
                    continue
                turned = squeezed.transpose(order)
                value = atom(Sym(symbol, tuple(indices[o] for o in order)))
                related = affinely(turned, other)
                if related is not None:
                    return add(multiply(const(related[0]), value), const(related[1]))
        return None

    def _numbered(self, name: str, first: int = 2) -> str:
        """A name that is free, with a number where layers have numbers or it is taken."""
        number = 1 if name in "az" and self.layered else first
        if name not in self.names and number != 1:
            return name
        while f"{name}{number}" in self.names:
            number += 1
        return f"{name}{number}"

    def formal(self, node: Any) -> tuple[Index, ...]:
        """The indices of a node's axes that have one."""
        return tuple(i for i in self.axes.formal(node) if i is not None)

    def named(self, node: Any) -> Product:
        """A node's symbol at its formal indices."""
        return atom(Sym(self.symbols[key_of(node)], self.formal(node)))


def _is_blank(node: Tensor) -> bool:
    return not (node.name or "").strip()
