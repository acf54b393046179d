"""Sums over indices (N5, N6, N11), and rebuilding a value from changed atoms.

A sum's bound indices have canonical names (``%1``, ``%2`` ...): whoever looks inside opens it
with fresh names and closes it again through :func:`sum_over`, so nothing is ever captured.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, groupby, permutations

from tinygrad_lite.derivations.normal.algebra import (
    add,
    assume,
    choose,
    leaves,
    lifted,
    multiply,
    positive,
    power,
    product,
    shared_number,
    subtract,
    zero,
)
from tinygrad_lite.derivations.normal.exponentials import exp, log
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Case,
    Delta,
    Function,
    Index,
    Number,
    Poly,
    Product,
    Sum,
    Sym,
    Value,
    atom,
    bound_at,
    size,
)

_fresh = count()


def fresh_index(axis: str) -> Index:
    """An index that nothing else uses."""
    return Index(f"?{next(_fresh)}", axis)


def opened(total: Sum, names: tuple[Index, ...] = ()) -> tuple[tuple[Index, ...], Value]:
    """Fresh (or the given) indices for a sum's bound ones, and its body at them."""
    names = names or tuple(fresh_index(i.axis) for i in total.bound)
    return names, rename(total.body, dict(zip(total.bound, names, strict=True)))


def delta(left: Index, right: Index) -> Product:
    """Kronecker's delta."""
    if left == right:
        return ONE
    return ZERO if left.place is not None and right.place is not None else atom(Delta(left, right))


def met(value: Product) -> Value:
    """[j = k] f_k is [j = k] f_j: where a delta is a factor, both indices are one, and the first is written."""
    for base, exponent in value.factors:
        if isinstance(base, Delta) and exponent > 0:
            keep, gone = (base.right, base.left) if base.right.place is not None else (base.left, base.right)
            rest = product(value.coef, {b: e for b, e in value.factors if b != base})
            if gone in rest.free:
                return multiply(atom(base, exponent), rename(rest, {gone: keep}))
    return value


def rename(value: Value, indices: Mapping[Index, Index]) -> Value:
    """The value at other indices."""
    changed = {a: b for a, b in indices.items() if a in value.free and a != b}
    if not changed:
        return value

    def at(base: Base) -> Value | None:
        if isinstance(base, Sym):
            return atom(Sym(base.symbol, tuple(changed.get(i, i) for i in base.indices)))
        if isinstance(base, Delta):
            return delta(changed.get(base.left, base.left), changed.get(base.right, base.right))
        return None

    return rebuild(value, at, lambda e: not e.free.isdisjoint(changed))


def at_axes(value: Product) -> Product:
    """The value at indices that are named after their axes."""
    change: dict[Index, Index] = {}
    met: dict[str, int] = {}
    for index in sorted(value.free):
        met[index.axis] = met.get(index.axis, 0) + 1
        change[index] = Index(f"@{index.axis}{met[index.axis]}", index.axis)
    renamed = rename(value, change)
    assert isinstance(renamed, Product)
    return renamed


def rebuild(
    value: Value,
    change: Callable[[Base], Value | None],
    touches: Callable[[Product | Case | Base], bool] = lambda _: True,
    taken: Callable[[Product], tuple[Product, Value] | None] = lambda _: None,
) -> Value:
    """The value with some atoms changed, rebuilt through the smart constructors.

    ``change`` gives an atom's new value, or None to go on inside it; what ``touches`` denies
    is kept as it is. ``taken`` may take factors out of a product: it gives what is left, and their new value.
    """

    def walk(v: Value) -> Value:
        if not touches(v):
            return v
        if isinstance(v, Case):
            test = walk(v.predicate.value)
            yes, no = walk(v.yes), walk(v.no)
            decide = positive if v.predicate.kind == "positive" else zero
            return lifted_choice(decide, test, yes, no)
        found = taken(v)
        if found is not None:
            return multiply(found[1], walk(found[0]))
        parts: list[Value] = [product(v.coef, {})]
        parts += [power(base_at(b), e) if touches(b) else atom(b, e) for b, e in v.factors]
        return multiply(*parts)

    def base_at(base: Base) -> Value:
        changed = change(base)
        if changed is not None:
            return changed
        match base:
            case Poly(terms=terms):
                return add(*(walk(t) for t in terms))
            case Function(name=name, argument=argument):
                return apply(name, walk(argument))
            case Sum():
                bound, body = opened(base)
                return sum_over(bound, walk(body))
            case _:
                return atom(base)

    return walk(value)


def lifted_choice(decide: Callable[[Product], object], test: Value, yes: Value, no: Value) -> Value:
    """``choose`` on a test that may itself have cases."""
    if isinstance(test, Case):
        p = test.predicate
        return choose(
            p,
            lifted_choice(decide, test.yes, assume(yes, p, True), assume(no, p, True)),
            lifted_choice(decide, test.no, assume(yes, p, False), assume(no, p, False)),
        )
    outcome = (positive if decide is positive else zero)(test)
    return choose(outcome, yes, no)


def apply(name: str, argument: Value) -> Value:
    """A function by name of a value.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> apply("exp", apply("log", apply("exp", sym("x"))))
    1*exp(1*x[])
    """
    match name:
        case "exp":
            return through_pick(exp, argument)
        case "log":
            return through_pick(log, argument)
        case "group" | "number":
            return argument
        case _:
            return lifted(lambda v: atom(Function(name, v)), argument)


def through_pick(function: Callable[[Value], Value], argument: Value) -> Value:
    """N11: f(sum_j y_j g_j) = sum_j y_j f(g_j) for a one-hot y, which picks one term."""
    if isinstance(argument, Product) and argument.coef != 0 and len(argument.factors) >= 1:
        picks = [b for b, e in argument.factors if isinstance(b, Sum) and e == 1 and picked(b)]
        if len(picks) == 1:
            outside = multiply(argument, atom(picks[0], -1))
            bound, body = opened(picks[0])
            pick = _pick_factor(body, bound)
            if pick is not None:
                inner = multiply(outside, multiply(body, atom(pick, -1)))
                return sum_over(bound, multiply(atom(pick), function(inner)))
    return function(argument)


def picked(total: Sum) -> bool:
    """Whether a sum runs over one index of a one-hot factor."""
    return _pick_factor(total.body, total.bound) is not None


def _pick_factor(body: Value, bound: Sequence[Index]) -> Sym | None:
    if not isinstance(body, Product) or len(bound) != 1:
        return None
    for base, exponent in body.factors:
        hot = isinstance(base, Sym) and base.symbol.has("one_hot") and exponent == 1
        if isinstance(base, Sym) and hot and base.indices.count(bound[0]) == 1 and base.indices[-1] == bound[0]:
            return base
    return None


def sum_over(bound: Sequence[Index], body: Value) -> Value:
    """The sum of a value over indices (N5): what does not depend on them comes out.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> i = Index("i", "m")
    >>> sum_over([i], sym("c"))
    1*c[]*|m|[]
    """
    for index in bound:
        body = _sum_one(index, body)
    return body


def _sum_one(k: Index, body: Value) -> Value:
    if k not in body.free:
        return multiply(size(k.axis), body)
    partner = _delta_partner(body, k)
    if partner is not None:
        return _collapse(k, partner, body)
    if isinstance(body, Case):
        if k not in body.predicate.free:
            return choose(body.predicate, _sum_one(k, body.yes), _sum_one(k, body.no))
        return _sum_of_cases(k, body)
    return _sum_of_product(k, body)


def _sum_of_cases(k: Index, body: Case) -> Value:
    """A sum whose predicate depends on the index: the number and the factors that all sides share come out."""
    sides = [side for side in leaves(body) if side.coef != 0]
    shared = dict(sides[0].factors)
    for side in sides[1:]:
        powers = dict(side.factors)
        shared = {b: e for b, e in shared.items() if powers.get(b) == e}
    outer = product(shared_number(sides), {b: e for b, e in shared.items() if k not in b.free})
    inner = multiply(body, power(outer, -1))
    return multiply(outer, _close((k,), inner))


def _sum_of_product(k: Index, body: Product) -> Value:
    inside = {b: e for b, e in body.factors if k in b.free}
    outside = product(body.coef, {b: e for b, e in body.factors if k not in b.free})
    split = _split(k, inside)
    if split is not None:
        return multiply(outside, add(*(_sum_one(k, part) for part in split)))
    if len(inside) == 1:
        ((base, exponent),) = inside.items()
        total = _known_sum(base, k) if isinstance(base, Sym) and exponent == 1 else None
        if total is not None:
            return multiply(outside, total)
    nested = next((b for b, e in inside.items() if isinstance(b, Sum) and e == 1), None)
    if nested is None:
        return multiply(outside, _close((k,), product(1, inside)))
    bound, inner = opened(nested)
    rest = product(1, {b: e for b, e in inside.items() if b != nested})
    whole = multiply(rest, inner)
    if isinstance(whole, Case):
        return multiply(outside, _close((k,), product(1, inside)))
    return multiply(outside, _flat((k, *bound), whole))


def _split(k: Index, inside: dict[Base, Number]) -> list[Value] | None:
    """The parts of a body that are summed each for itself, where that is shorter."""
    if len(inside) == 1:
        ((base, exponent),) = inside.items()
        if isinstance(base, Poly) and exponent == 1:
            apart = [t for t in base.terms if k not in t.free]
            nested = [t for t in base.terms if _has_linear_sum(t, k)]
            if apart or nested:
                return list(base.terms) if nested else [*apart, add(*(t for t in base.terms if k in t.free))]
    for base, exponent in inside.items():
        if isinstance(base, Poly) and exponent == 1 and any(_has_linear_sum(t, k) for t in base.terms):
            rest = product(1, {b: e for b, e in inside.items() if b != base})
            return [multiply(rest, t) for t in base.terms]
    return None


def _has_linear_sum(term: Product, k: Index) -> bool:
    return any(isinstance(b, Sum) and e == 1 and k in b.free for b, e in term.factors)


def _flat(bound: tuple[Index, ...], body: Product) -> Value:
    """A sum over several indices: factors that share no index are sums of their own."""
    free = {b: e for b, e in body.factors if b.free.isdisjoint(bound)}
    groups: list[tuple[set[Index], dict[Base, Number]]] = []
    for base, exponent in body.factors:
        if base in free:
            continue
        mine = {i for i in bound if i in base.free}
        powers: dict[Base, Number] = {base: exponent}
        apart = []
        for indices, others in groups:
            if indices.isdisjoint(mine):
                apart.append((indices, others))
            else:
                mine |= indices
                powers |= others
        groups = [*apart, (mine, powers)]
    parts: list[Value] = [product(body.coef, free)]
    for indices, powers in groups:
        over = tuple(i for i in bound if i in indices)
        if len(over) == 1:
            parts.append(_sum_one(over[0], product(1, powers)))
        else:
            parts.append(_close(over, product(1, powers)))
    used = {i for indices, _ in groups for i in indices}
    parts += [size(i.axis) for i in bound if i not in used]
    return multiply(*parts)


def orders(indices: Sequence[Index]) -> Iterator[tuple[Index, ...]]:
    """All orders of indices that are sorted by their axis, in which they stay sorted by it."""
    for parts in itertools.product(*(permutations(group) for _, group in groupby(indices, key=lambda i: i.axis))):
        yield tuple(index for part in parts for index in part)


def _close(bound: tuple[Index, ...], body: Value) -> Product:
    """A sum atom with canonical bound names: of all orders the one with the smallest key."""
    base = max([body.height, *(i.bound for i in body.free)])
    ordered = sorted(bound, key=lambda i: i.axis)
    names = [bound_at(base + n + 1, i.axis) for n, i in enumerate(ordered)]
    if len(bound) == 1:
        return atom(Sum(tuple(names), rename(body, {bound[0]: names[0]})))
    best: Sum | None = None
    for order in orders(ordered):
        renamed = rename(body, dict(zip(order, names, strict=True)))
        candidate = Sum(tuple(names), renamed)
        if best is None or candidate.key < best.key:
            best = candidate
    assert best is not None
    return atom(best)


def _known_sum(base: Sym, k: Index) -> Product | None:
    """N6: rows of softmax, and of what is declared so, sum to one over the last index; x_k - mu sums to zero."""
    if base.indices.count(k) != 1:
        return None
    place = base.indices.index(k)
    last = place == len(base.indices) - 1
    if base.symbol.has(f"sum over {place} is 1") or (last and base.symbol.has("one_hot", "rows sum to 1")):
        return ONE
    return ZERO if base.symbol.has(f"sum over {place} is 0") else None


def _delta_partner(value: Value | Base, k: Index) -> Index | None:
    """The other index of a delta that holds this one."""
    if k not in value.free or not value.tied:
        return None
    match value:
        case Delta(left=left, right=right):
            return right if left == k else left
        case Product(factors=factors):
            inner: Sequence[Value | Base] = [b for b, _ in factors]
        case Case(predicate=predicate, yes=yes, no=no):
            inner = [predicate.value, yes, no]
        case Poly(terms=terms):
            inner = terms
        case Function(argument=argument):
            inner = [argument]
        case Sum(body=body, bound=bound):
            found = _delta_partner(body, k)
            return None if found in bound else found
        case _:
            return None
    return next((p for v in inner if (p := _delta_partner(v, k)) is not None), None)


def _collapse(k: Index, partner: Index, body: Value) -> Value:
    """sum_k f(delta_kl, k) = sum_k f(0, k) + f(1, l) - f(0, l); where delta_kl is a factor, it is f(1, l)."""
    target = Delta(k, partner)
    if isinstance(body, Product):
        powers = dict(body.factors)
        if powers.pop(target, 0) > 0:
            return rename(product(body.coef, powers), {k: partner})

    def at(number: Value) -> Value:
        return rebuild(body, lambda b: number if b == target else None)

    without = at(ZERO)
    there = subtract(at(ONE), without)
    return add(_sum_one(k, without), rename(there, {k: partner}))
