"""One step of the chain rule, from a station up to one that is computed from it, line by line."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tinygrad_lite.derivations.normal.algebra import add, expanded, multiply, power, product
from tinygrad_lite.derivations.normal.calculus import differentiate
from tinygrad_lite.derivations.normal.sums import delta, opened, rebuild, rename, sum_over
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Case,
    Delta,
    Derivative,
    Index,
    Poly,
    Product,
    Sum,
    Sym,
    Symbol,
    Value,
    atom,
)
from tinygrad_lite.derivations.reading.functions import function_of
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.steps.given import formula_of
from tinygrad_lite.derivations.steps.lemmas import lemma
from tinygrad_lite.derivations.steps.lines import Beside, Terms, Total, Whole, Written
from tinygrad_lite.derivations.steps.link import Link, diagonal, divisors, shorter
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.display import symbol_node
from tinygrad_lite.derivations.writing.factoring import termwise
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.derivations.writing.reasons import NOTHING, Reason
from tinygrad_lite.notation.formula import Applied, named


class Path(Link):
    """One step of the chain rule, and the lines that it is written in."""

    @property
    def standing(self) -> Written:
        """The product of the chain rule as it stands."""
        if self.parent is self.board.stations.cost:
            return self.terms() or Whole(self.closed)
        return Whole(self.closed)

    # --- the lines of a single path --------------------------------------------------------------

    def lines(self) -> Value:
        """Write the lines of this path; the value in normal form that the last one shows."""
        if self.parent is self.board.stations.cost:
            return self._from_cost()
        known = self.above in self.board.stations.solutions or _is_activation(self)
        value = self._through_activation() if known else self._through_weights()
        named_value, renamed = self._introduced(value)
        if named_value != value:
            self._write(Whole(named_value), renamed or reasons.PUT_TOGETHER)
        return named_value

    def _write(self, line: Written, reason: Reason, assumption: Reason = NOTHING) -> bool:
        return self.board.write(self.node, line, self.order, reason, assumption)

    def terms(self) -> Terms | None:
        """The derivative of a cost term by term, as in (5); None where there is only one term."""
        form = self.formula
        if isinstance(form, Product):
            mine = [t for t in expanded(form) if self.name in t.names]
            form = mine[0] if len(mine) == 1 else form
        front, bodies = _cost_terms(form)
        derivatives = [differentiate(b, self.name, self.order) for b in bodies]
        groups: dict[tuple[tuple[Base, object], ...], list[Value]] = {}
        for derivative in derivatives:
            if isinstance(derivative, Case):
                return None
            assert isinstance(derivative, Product)
            if derivative != ZERO:
                under = tuple((b, e) for b, e in derivative.factors if e < 0)
                groups.setdefault(under, []).append(derivative)
        parts = [add(*g) for g in groups.values()]
        parts = [p for p in parts if p != ZERO]
        if len(parts) < 2 or any(isinstance(p, Case) for p in parts):
            return None
        parts.sort(key=lambda p: -self.writer.signed(p)[0] if isinstance(p, Product) else 0)
        return Terms(tuple(parts), front)

    def _from_cost(self) -> Value:
        terms = self.terms()
        if terms is not None:
            self._write(terms, reasons.term_by_term(self.bare))
        differentiated = reasons.differentiated(self.bare_above, self.bare)
        if self._solved():
            differentiated = reasons.put_in(self.bare_above)
        value, renamed = self._introduced(self.closed)
        apart = isinstance(self.closed, Product) and termwise(self.closed) is not None
        reason = differentiated if terms is None else reasons.PUT_TOGETHER if apart else reasons.COMMON_DENOMINATOR
        if value != self.closed:
            self._write(Whole(self.closed), reason)
            self._write(Whole(value), renamed or reasons.PUT_TOGETHER)
        elif terms is None or _is_divided(self.closed):
            self._write(Whole(self.closed), reason, reasons.kinks(self.closed, self.writer))
        else:
            self._write(Whole(self.closed), reasons.PUT_TOGETHER)
        return value

    def _solved(self) -> bool:
        """Write the closed form in terms of the cost itself, where that is a known function: 1 − C²."""
        solution = self.board.stations.solutions.get(self.above)
        if solution is None:
            return False
        self.board.facts.defined.pop(self.above, None)
        solved = self.board.stations.constrained(solution.apply(self.closed))
        if length(solved) >= length(self.closed) or _is_divided(solved):
            return False
        self._write(Whole(self.closed), reasons.differentiated(self.bare_above, self.bare))
        self.closed = solved
        return True

    def _introduced(self, value: Value) -> tuple[Value, Reason]:
        """Write a = σ(z) or a = softmax(z) where the exponentials of z are left."""
        found = self.board.introduced(value)
        return (value, NOTHING) if found is None else (found.value, found.reason)

    def _through_activation(self) -> Value:
        st = self.board.stations
        function = function_of(self.formula, self.parent, st.formal(self.parent), st.symbols)
        along = reasons.chain_rule(self.bare_above, Applied(named(function), self.bare)) if function else self._along()
        if not self.elementwise:
            return self._through_softmax(along)
        slope, found = sum_over(self.fresh, self.local), NOTHING
        known = self.board.introduced(slope)
        if known is not None:
            slope, found = known.value, known.reason
            self.closed = shorter(self.board, known.solution.apply(self.closed))
        upstream = sum_over(self.fresh, multiply(self.upstream, _deltas(self.fresh, self.order)))
        prime = Derivative(self.above, self.name, function, elementwise=True).symbol
        self.board.facts.defined[prime.name] = (slope, self.order)
        self.board.slopes[prime.name] = prime
        bare = symbol_node(prime, raised=self.order != ())
        cancelled = reasons.cancelled(upstream, slope)
        writer = self.writer
        if prime.name not in self.board.lemmas:
            self.board.lemmas[prime.name] = lemma(self, function, slope)
        if slope == ONE:
            self._write(Whole(self.closed), reasons.slope_is_one(self._along(), bare))
            return self.closed
        self._write(Beside((Whole(upstream), Whole(atom(Sym(prime, self.order))))), along)
        found = reasons.slope(bare, slope, writer, found)
        if cancelled:
            self._write(Beside((Whole(upstream), Whole(slope))), found)
            self._write(Whole(self.closed), reasons.cancel(cancelled, writer), reasons.nonzero(cancelled, writer))
        else:
            self._write(Whole(self.closed), found, reasons.kinks(self.closed, writer))
        return self.closed

    def _through_softmax(self, along: Reason) -> Value:
        standing = Total(self.fresh, Beside((Whole(self.upstream), Whole(self.local))))
        reduced = self._only_needed(standing)
        writer = self.writer
        self._write(reduced, reasons.every_output(along))
        bare = _without_facts(multiply(self.upstream, self.local))
        open_ = sum_over(self.fresh, bare)
        if open_ != self.closed:
            one = reasons.sums_to_one(open_, writer)
            self._write(Whole(open_), reasons.CARRY_OUT)
            self._write(Whole(self.closed), one or reasons.COLLECT, one)
        else:
            self._write(Whole(self.closed), reasons.CARRY_OUT)
        return self.closed

    def _only_needed(self, total: Total) -> Written:
        """A sum over the batch and the classes, without the indices that only a δ picks."""
        body = multiply(self.upstream, self.local)
        local, upstream = self.local, self.upstream
        keep: list[Index] = []
        for index in self.fresh:
            partner = diagonal(local, index)
            if partner is not None and partner in self.order:
                local = rename(_drop_delta(local, index, partner), {index: partner})
                upstream = rename(upstream, {index: partner})
            else:
                keep.append(index)
        if not keep or sum_over(keep, multiply(upstream, local)) != sum_over(self.fresh, body):
            return total
        return Total(tuple(keep), Beside((Whole(upstream), Whole(local))))

    def _through_weights(self) -> Value:
        reason = self._along()
        if key_of(self.parent) in self.board.deltas and self.upstream != self.symbol():
            self._write(Whole(sum_over(self.fresh, multiply(self.symbol(), self.local))), reason)
            reason = reasons.put_in(named(self.board.deltas[key_of(self.parent)], (), 0, self.fresh != ()))
        self._write(Whole(self.closed), reason)
        self._with_primes()
        return self.closed

    def _along(self) -> Reason:
        """The reason of a step through weights."""
        st = self.board.stations
        left = self.board.writer(st.formal(self.parent))(st.named(self.parent))
        return reasons.along(self.bare_above, left, formula_of(self.board, self.parent))

    def _with_primes(self) -> None:
        """The last line in the lecture's form (2): (a − y) σ′(z) x."""
        for name, symbol in self.board.slopes.items():
            slope, formal = self.board.facts.defined[name]
            if not isinstance(self.closed, Product) or not isinstance(slope, Product) or len(slope.factors) < 2:
                continue
            known = symbol.derivative is not None and symbol.derivative.function
            value = _divide_out(self.closed, slope, formal, symbol) if known else None
            if value is not None:
                bare = symbol_node(symbol, raised=formal != ())
                self._write(Whole(value), reasons.slope_back(bare, slope, self.board.writer(formal)))
                return


def _is_activation(link: Path) -> bool:
    """An elementwise function of one station that is no plain scaling."""
    return link.elementwise and link.formula.names == frozenset((link.name,))


def _is_divided(value: Value) -> bool:
    """Whether something else than a size stands below a line."""
    return any(not (isinstance(base, Sym) and base.symbol.has("size")) for base in divisors(value))


def _deltas(left: Sequence[Index], right: Sequence[Index]) -> Value:
    """Deltas that tie the parent's indices to the node's of the same axis, in order."""
    rest = list(right)
    parts: list[Value] = [ONE]
    for index in left:
        partner = next((r for r in rest if r.axis == index.axis), None)
        if partner is not None:
            rest.remove(partner)
            parts.append(delta(index, partner))
    return multiply(*parts)


def _cost_terms(form: Value) -> tuple[Product, list[Value]]:
    """A cost as a front factor and terms: −1/m and y log a, (1 − y) log(1 − a)."""
    if not isinstance(form, Product):
        return ONE, [form]
    for base, exponent in form.factors:
        front = multiply(form, atom(base, -exponent))
        if not isinstance(front, Product) or exponent != 1:
            continue
        if isinstance(base, Sum):
            bound, body = opened(base)
            if isinstance(body, Product):
                return front, [sum_over(bound, t) for t in expanded(body)]
        if isinstance(base, Poly):
            return front, list(base.terms)
    return ONE, [form]


def _without_facts(value: Value) -> Value:
    """The value as it would be if nobody knew that rows sum to one."""

    def change(base: Base) -> Value | None:
        if isinstance(base, Sym) and any(" sum " in f" {x} " or x == "one_hot" for x in base.symbol.facts):
            facts = frozenset(x for x in base.symbol.facts if " sum " not in f" {x} " and x != "one_hot")
            return atom(Sym(Symbol(base.symbol.name, facts), base.indices))
        return None

    return rebuild(value, change)


def _drop_delta(value: Value, left: Index, right: Index) -> Value:
    assert isinstance(value, Product)
    return product(value.coef, {b: e for b, e in value.factors if b != Delta(left, right)})


def _divide_out(value: Product, slope: Product, formal: tuple[Index, ...], symbol: Symbol) -> Value | None:
    """The value with the factors of a local derivative put together again as σ′(z)."""

    def attempt(inner: Product, names: Sequence[Index]) -> Product | None:
        for chosen in itertools.product(*([n for n in sorted(names) if n.axis == f.axis] for f in formal)):
            if len(set(chosen)) < len(chosen):
                continue
            there = rename(slope, dict(zip(formal, chosen, strict=True)))
            assert isinstance(there, Product)
            powers = dict(inner.factors)
            if all(powers.get(b, 0) >= e for b, e in there.factors):
                back = multiply(inner, power(there, -1), atom(Sym(symbol, chosen)))
                return back if isinstance(back, Product) else None
        return None

    direct = attempt(value, [i for i in value.free])
    if direct is not None:
        return direct
    for base, exponent in value.factors:
        if isinstance(base, Sum) and exponent == 1 and isinstance(base.body, Product):
            bound, body = opened(base)
            assert isinstance(body, Product)
            inner = attempt(body, [*body.free])
            if inner is not None:
                return multiply(value, atom(base, -1), sum_over(bound, inner))
    return None
