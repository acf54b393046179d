"""The stations of a derivation: the named values that the chain rule goes through.

Stations are the cost, the parameters, and every named tensor in between.  What has no name gets one
where a lecturer would give it: a weighted input is z, an activation is a.  They are chosen as if the
cost were derived by every parameter, so that each gradient has the same lines whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.normal.algebra import expanded
from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.contents import has_function, inside, values_in
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.known import proved_facts, unconstrained
from tinygrad_lite.derivations.normal.solving import Solution, solve_ratio
from tinygrad_lite.derivations.normal.sums import rebuild
from tinygrad_lite.derivations.normal.terms import Base, Function, Index, Poly, Product, Sum, Sym, Symbol, Value, atom
from tinygrad_lite.derivations.reading.functions import function_of
from tinygrad_lite.derivations.reading.library import AVERAGES
from tinygrad_lite.derivations.reading.names import Names
from tinygrad_lite.derivations.reading.nodes import is_output, key_of
from tinygrad_lite.derivations.reading.selectors import Selector
from tinygrad_lite.tensor.tensor import Tensor

WEIGHTED, ACTIVATION, ROOT, OTHER = "zuvsq", "ahgf", "snrd", "utrs"
"""Letters for results without a name: the first that the user gave to nothing else."""


def read(cost: Tensor, wrt: Sequence[Tensor], inner: bool = False) -> Stations:
    """The stations of a cost: where several results get the same letter, they are numbered from 1, as layers are."""
    found = Stations(cost, wrt, inner=inner)
    several = len(set(found.invented)) < len(found.invented)
    return Stations(cost, wrt, layered=True, inner=inner) if several and not found.layered else found


class Stations(Names):
    """The graph of a cost, read: stations, their symbols, and their formulas.

    ``stations`` maps serials to nodes; ``formula`` gives each in terms of lower ones.
    """

    def __init__(self, cost: Tensor, wrt: Sequence[Tensor], layered: bool = False, inner: bool = False) -> None:
        super().__init__(cost, wrt, layered, inner)
        self.solutions: dict[str, Solution] = {}
        self.twins: dict[int, list[Tensor]] = {}
        self.stations: dict[int, Tensor] = {}
        self.added: set[int] = set()
        self._formulas: dict[int, Value] = {}
        self._chosen = False
        self._choose()
        self._chosen = True
        self._formulas.clear()

    # --- which nodes become stations ------------------------------------------------------------

    def _choose(self) -> None:
        """Walk up from the leaves; name weighted inputs and activations where they are used."""
        affine: set[int] = set()
        ratio: set[int] = set()
        self._users: dict[int, list[Tensor]] = {}
        for node in self.nodes:
            for part in node.inputs:
                if isinstance(part, Tensor):
                    self._users.setdefault(part.serial, []).append(node)
        for node in self.nodes:
            if node.serial not in self.path:
                continue
            if key_of(node) in self.symbols:
                if node.primitive is not None:
                    self._read_inputs(node, affine, ratio)
                self.stations[node.serial] = node
                self._learn(node)
                continue
            self._read_inputs(node, affine, ratio)
            if node is not self.cost and not _inside(node) and self._is_root(node):
                self._station(node, ROOT)
            if any(node is t for t in self.wrt) and key_of(node) not in self.symbols:
                self._station(
                    node, WEIGHTED if node.serial in affine else ACTIVATION if self._is_known(node) else OTHER
                )

    def _read_inputs(self, node: Tensor, affine: set[int], ratio: set[int]) -> None:
        """Classify a node; where it is neither affine nor a ratio, its inputs become stations."""
        call = node.call
        while call is not None:
            for part in call.inputs if call.function not in AVERAGES else ():
                if part.serial in affine:
                    self._station(self._unscaled(part, affine), WEIGHTED)
                elif part.serial in ratio and part is not node:
                    self._station(self._lowest(part, ratio), ACTIVATION)
            call = call.parent
        if self._classify(node, affine, ratio):
            return
        made = False
        for part in node.inputs:
            if not isinstance(part, Tensor) or part.serial in self.stations or part is self.cost:
                continue
            if part.serial in affine or part.serial in ratio:
                if part.serial in ratio:
                    self._station(self._lowest(part, ratio), ACTIVATION)
                else:
                    self._station(self._unscaled(part, affine), WEIGHTED)
                made = True
        self.reader.forget_one(node)
        if made and key_of(node) not in self.symbols:
            self._classify(node, affine, ratio)
        if key_of(node) not in self.symbols and self._is_activation(node):
            self._station(node, ACTIVATION)

    def _classify(self, node: Tensor, affine: set[int], ratio: set[int]) -> bool:
        form = self._safe_form(node)
        if form is None:
            return False
        if self._affine(form):
            affine.add(node.serial)
            return True
        if not isinstance(form, Product):
            return _inside(node)
        if _is_ratio(form) and self._of_one_station(form):
            named = atom(Sym(Symbol("?"), self.formal(node)))
            if solve_ratio(form, named, self.formal(node)) is not None:
                ratio.add(node.serial)
                return True
        return _inside(node)

    def _safe_form(self, node: Tensor) -> Value | None:
        try:
            return self.reader.form(node, through=key_of(node) in self.symbols)
        except (NoFormula, BudgetError):
            return None

    def _affine(self, form: Value) -> bool:
        """Products of a parameter and something else, summed, or w + b where the input is 1."""
        if not isinstance(form, Product):
            return False
        try:
            terms = expanded(form)
        except BudgetError:
            return False
        return all(self._linear(t) for t in terms) and (len(terms) > 1 or any(_is_weighted(t) for t in terms))

    def _linear(self, term: Product) -> bool:
        """Whether a term is linear in a parameter, and nothing else happens to it."""
        parameters, summed = 0, False
        stack = [(b, e) for b, e in term.factors]
        while stack:
            base, exponent = stack.pop()
            if isinstance(base, Sym) and exponent == 1:
                source = self.names.get(base.symbol.name)
                if isinstance(source, Selector) and source.depends:  # the largest of z is no weighted input
                    return False
                parameters += self._is_parameter(base)
            elif isinstance(base, Sum) and exponent == 1 and isinstance(base.body, Product):
                stack, summed = [*stack, *base.body.factors], True
            elif isinstance(base, Poly) and exponent == 1:  # x + a, of a residual connection
                parts = [factor for t in base.terms for factor in t.factors]
                if not all(isinstance(b, Sym) and e == 1 and not self._is_parameter(b) for b, e in parts):
                    return False
            elif not isinstance(base, Sym) or not base.symbol.has("size"):
                return False
        return parameters == 1 or (summed and parameters == 2)  # x w, where the inputs learn, too

    def _is_parameter(self, base: Sym) -> bool:
        node = self.names.get(base.symbol.name)
        return isinstance(node, Tensor) and node.primitive is None and node.requires_grad

    def _unscaled(self, node: Tensor, affine: set[int]) -> Tensor:
        """Of -z, z / 2 or y z and z, the z; a mean stays whole, though it is a sum divided by m."""
        if not is_output(node) and node.primitive in (p.negative, p.multiply, p.divide):
            for part in node.inputs:
                others = [x for x in node.inputs if x is not part]
                data = not any(isinstance(x, Tensor) and x.serial in self.path for x in others)
                if isinstance(part, Tensor) and part.serial in affine and data:
                    return self._unscaled(part, affine)
        return node

    def _lowest(self, node: Tensor, ratio: set[int]) -> Tensor:
        """Of 1 - a and a, both ratios, the one that others use as well, or that has a known name."""

        if self._is_known(node):
            return node
        for part in node.inputs:
            if isinstance(part, Tensor) and part.serial in ratio and part.serial in self.path:
                shared = len(self._users.get(part.serial, [])) > 1 and not _inside(part)
                found = self._lowest(part, ratio)
                if found is not part or shared or is_output(part) or self._is_known(part):
                    return found
        return node

    def _is_root(self, node: Tensor) -> bool:
        """Whether a node is the root of what is summed: a norm, a standard deviation."""
        form = self._safe_form(node)
        if not isinstance(form, Product):
            return False
        under = [(b, e) for b, e in form.factors if isinstance(b, Poly | Sum)]
        others = [b for b, _ in form.factors if not isinstance(b, Poly | Sum)]
        plain = all(not values_in(b) for b in others)
        return plain and len(under) == 1 and under[0][1] == Fraction(1, 2) and under[0][0].height > 0

    def _is_known(self, node: Tensor) -> bool:
        """Whether a node is σ, tanh or softmax of something."""
        form = self._safe_form(node)
        return form is not None and function_of(form, node, self.formal(node), self.symbols) in ("σ", "tanh", "softmax")

    def _is_activation(self, node: Tensor) -> bool:
        """The result of a composite of one tensor that keeps its shape, or of max(0, z)."""
        form = self._safe_form(node)
        if form is None or node is self.cost or _has_log_of_sum(form):
            return False
        inputs = [x for x in node.inputs if isinstance(x, Tensor) and x.serial in self.path]
        if is_output(node) and node.call is not None and node.call.parent is None:
            given = [t for t in node.call.inputs if t.serial in self.path]
            keeps = len(given) == 1 and given[0].shape == node.shape and node.call.function not in AVERAGES
            return keeps and self._passes_all(node, form)
        if node.call is None and node.primitive in (p.maximum, p.where):
            return bool(inputs) and not isinstance(form, Product) and self._passes_all(node, form)
        return False

    def _of_one_station(self, form: Value) -> bool:
        return len(values_in(form)) == 1

    def _passes_all(self, node: Tensor, form: Value) -> bool:
        """Whether everything that the cost gets from the node's station comes through the node."""
        below = [n for n in self.stations.values() if self.symbols[key_of(n)].name in form.names]
        seen, stack = {node.serial}, [u for n in below for u in self._users.get(n.serial, [])]
        while stack:
            user = stack.pop()
            if user is self.cost:
                return False
            if user.serial not in seen and user.serial in self.path:
                seen.add(user.serial)
                stack += self._users.get(user.serial, [])
        return True

    def _station(self, node: Tensor, letters: str) -> None:
        if node.serial in self.stations or node is self.cost or key_of(node) in self.symbols:
            return
        form = self._safe_form(node)
        twin = self._same_station(node, form)
        if twin is not None:
            self.symbols[key_of(node)] = self.symbols[key_of(twin)]
            self.twins.setdefault(key_of(twin), []).append(node)
            self._forget(node.serial)
            return
        self._give(node, self.invent(letters))
        self.stations[node.serial] = node
        self._learn(node, form)
        self._forget(node.serial)

    def _forget(self, serial: int) -> None:
        """Read anew what was made after a node that became a station."""
        self.reader.forget(serial)
        self._formulas = {key: form for key, form in self._formulas.items() if key <= serial}

    def _same_station(self, node: Tensor, form: Value | None) -> Tensor | None:
        """A station that is the same value, computed twice."""
        for other in self.stations.values():
            earlier = other.primitive is not None and other.serial < node.serial
            if form is not None and earlier and other.shape == node.shape and other is not self.cost:
                try:
                    if self.formula(other) == form and self.formal(other) == self.formal(node):
                        return other
                except (NoFormula, BudgetError):
                    continue
        return None

    def weighted(self, node: Tensor) -> bool:
        """Whether a station is a weighted input: products of a parameter, summed."""
        return node.primitive is not None and node is not self.cost and self._affine(self.formula(node))

    def deep(self, node: Tensor) -> bool:
        """Whether a station is computed from another one that was computed: there is a layer below it."""
        below = [self.names.get(name) for name in self.formula(node).names]
        return any(isinstance(n, Tensor) and n.primitive is not None and n.serial in self.stations for n in below)

    def constrained(self, value: Value) -> Value:
        """A value, with the equations known of its symbols used: rows of softmax sum to one (N6)."""
        bound = {n: f for n, f in self.constraints.items() if n in value.names and f != unconstrained(f)}
        if not bound:
            return value

        def change(base: Base) -> Value | None:
            if isinstance(base, Sym) and base.symbol.name in bound:
                return atom(Sym(Symbol(base.symbol.name, bound[base.symbol.name]), base.indices))
            return None

        return rebuild(value, change, lambda e: not e.names.isdisjoint(bound))

    # --- a gradient in the place of the cost --------------------------------------------------------

    def add(self, node: Tensor, symbol: Symbol, form: Value, order: Sequence[Index]) -> None:
        """A station that the graph did not have when it was read; order: the indices of its axes."""
        axes = (axis for axis, length in enumerate(node.shape) if length != 1)
        for axis, index in zip(axes, order, strict=True):
            self.axes.names[key_of(node), axis] = index.axis
        self.symbols[key_of(node)] = symbol
        self.names[symbol.name] = node
        self.stations[node.serial] = node
        self.added.add(node.serial)
        self._formulas[key_of(node)] = form
        self._learn(node, form)

    def derive(self, cost: Tensor, wrt: Sequence[Tensor]) -> None:
        """Derive another station from now on, and by other tensors."""
        self.origins.append(self.cost)
        self.cost, self.wrt = cost, list(wrt)
        self.out_shape = cost.shape if cost.size > 1 else ()
        self.__dict__.pop("out", None)
        self.nodes = graph(cost, *self.origins)
        self.needed = self._above(self.wrt)

    # --- what is known of a station ---------------------------------------------------------------

    def formula(self, node: Tensor) -> Value:
        """A station in terms of lower stations and data, at its formal indices."""
        if key_of(node) not in self._formulas:
            self._formulas[key_of(node)] = self.reader.form(node, through=True)
        return self._formulas[key_of(node)]

    def _learn(self, node: Tensor, form: Value | None = None) -> None:
        """Facts of a station that follow from its formula: in (0, 1), rows sum to one; N9."""
        if node.primitive is None:
            return
        try:
            form = form or self.formula(node)
        except (NoFormula, BudgetError):
            return
        if not isinstance(form, Product) or not _is_ratio(form):
            return
        facts = proved_facts(form, self.formal(node))
        old = self.symbols[key_of(node)]
        self.constraints[old.name] = self.constraints.get(old.name, frozenset()) | facts
        symbol = Symbol(old.name, old.facts | unconstrained(facts))
        self.symbols[key_of(node)] = symbol
        solution = solve_ratio(form, atom(Sym(symbol, self.formal(node))), self.formal(node))
        if solution is not None:
            self.solutions[symbol.name] = solution


def _is_ratio(form: Product) -> bool:
    """Something over a sum: a denominator with an exponential in it, alone or summed."""
    return any(e < 0 and isinstance(b, Poly | Sum) and has_function(b, "exp") for b, e in form.factors)


def _has_log_of_sum(form: Value) -> bool:
    """log Σ_k e^(z_k), which is the inside of a cost."""
    logs = [part.argument for part in inside(form) if isinstance(part, Function) and part.name == "log"]
    return any(isinstance(base, Sum) for argument in logs for base, _ in argument.factors)


def _is_weighted(term: Product) -> bool:
    if any(isinstance(b, Sum) for b, _ in term.factors):
        return True
    return sum(1 for b, _ in term.factors if isinstance(b, Sym)) > 1


def _inside(node: Tensor) -> bool:
    return node.call is not None and not is_output(node)
