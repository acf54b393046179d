"""What a lecturer says at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tinygrad_lite.derivations.normal.algebra import leaves, product
from tinygrad_lite.derivations.normal.terms import Base, Case, Function, Poly, Product, Sum, Sym, Value, atom
from tinygrad_lite.derivations.reading.axes import key_of
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.notation.formula import short, unicode

if TYPE_CHECKING:
    from tinygrad_lite.derivations.reading.stations import Stations
    from tinygrad_lite.tensor.tensor import Tensor


def term_by_term(name: str) -> str:
    """Reason of the first line."""
    return f"differentiate by {short(name)}, term by term"


def differentiated(above: str, name: str) -> str:
    """Reason of a line that is a plain derivative."""
    return f"differentiate {short(above)} by {short(name)}"


def paths(names: Sequence[str]) -> str:
    """Reason where several paths lead up."""
    return "chain rule along " + " and ".join(short(n) for n in names) + "; the paths add"


def chain_rule(above: str, inner: str, stations: Stations | None = None, node: Tensor | None = None) -> str:
    """Reason of a product of the chain rule."""
    inner = short(inner) if "(" in inner or inner.isidentifier() else inner
    return f"chain rule along {short(above)} = {inner}"


def every_output() -> str:
    """Said for softmax, where each output depends on each input."""
    return "; every output depends on every input"


def along(above: str, symbol: str, stations: Stations, node: Tensor, writer: Writer) -> str:
    """Reason of a step through weights: chain rule along z = Σ_j w_j x_ij + b."""
    letters = stations.formal(node)
    text = unicode(Writer(writer.letters, letters)(stations.formula(node)))
    left = unicode(Writer(writer.letters, letters)(stations.named(node)))
    cost = stations.symbols[key_of(stations.cost)].name
    delta = f"; {short(symbol)} = ∂{short(cost)}/∂{short(above)}" if symbol.startswith("δ") else ""
    if len(text) > 40:
        return f"chain rule along {short(above)}{delta}"
    return f"chain rule along {left} = {text}{delta}"


def put_in(above: str, stations: Stations) -> str:
    """Reason of a line where δ is put in."""
    cost = stations.symbols[key_of(stations.cost)].name
    return f"put in ∂{short(cost)}/∂{short(above)}"


def cancelled(left: Value, right: Value) -> list[Base]:
    """The bases that cancel between two factors."""
    found: list[Base] = []
    for one in leaves(left):
        for other in leaves(right):
            powers = dict(other.factors)
            found += [b for b, e in one.factors if e * powers.get(b, 0) < 0 and b not in found]
    return [b for b in found if not (isinstance(b, Sym) and b.symbol.has("size"))]


def _together(bases: Sequence[Base], writer: Writer) -> str:
    return unicode(writer(product(1, dict.fromkeys(bases, 1))))


def cancel(bases: Sequence[Base], writer: Writer) -> str:
    """Reason of a line where something cancels."""
    return f"cancel {_together(bases, writer)} ≠ 0"


def nonzero(bases: Sequence[Base], writer: Writer) -> str:
    """The assumption of a cancellation."""
    return f"{_together(bases, writer)} ≠ 0"


def slope(function: str, name: str, value: Value, writer: Writer) -> str:
    """Reason of a line where a local derivative is put in."""
    return f"{function}′({short(name)}) = {unicode(writer(value))}, found"


def slope_back(name: str, value: Value, writer: Writer) -> str:
    """Reason of a line where a(1 − a) is written as σ′(z) again."""
    return f"{short(name)} = {unicode(writer(value))}"


def kinks(value: Value, writer: Writer) -> str:
    """The assumption of a line with cases."""
    found: list[str] = []

    def walk(v: Value) -> None:
        if isinstance(v, Case):
            text = unicode(writer.predicate(v.predicate)).replace(">", "≠").replace("<", "≠")
            if v.predicate.kind == "positive" and text not in found:
                found.append(text)
            walk(v.yes)
            walk(v.no)

    walk(value)
    return ", ".join(found)


def _row_sums(value: Value) -> list[Sum]:
    found: list[Sum] = []

    def walk(v: Value) -> None:
        for side in leaves(v):
            for base, _ in side.factors:
                if isinstance(base, Sum):
                    inner = base.body.factors if isinstance(base.body, Product) else ()
                    if len(inner) == 1 and isinstance(inner[0][0], Sym):
                        found.append(base)
                    walk(base.body)
                elif isinstance(base, Poly):
                    for term in base.terms:
                        walk(term)
                elif isinstance(base, Function):
                    walk(base.argument)

    walk(value)
    return found


def sums_to_one(value: Value, writer: Writer) -> str:
    """Reason where the sum over a row of a one-hot or a softmax collapses."""
    sums = _row_sums(value)
    if not sums:
        return "collect"
    text = unicode(writer(atom(sums[0])))
    return f"{text} = 1"


def one_hot(value: Value, writer: Writer) -> str:
    """The assumption that rows sum to one."""
    sums = _row_sums(value)
    return f"{unicode(writer(atom(sums[0])))} = 1" if sums else ""


def no_closed_form(value: Value, writer: Writer) -> str:
    """The note where a denominator stays, or cases other than a sign: there is no shorter form."""
    under: list[Base] = []
    predicates: list[str] = []

    def walk(v: Value) -> None:
        if isinstance(v, Case):
            text = unicode(writer.predicate(v.predicate))
            if not text.endswith(" 0") and text not in predicates:
                predicates.append(text)
            walk(v.yes)
            walk(v.no)
            return
        for base, exponent in v.factors:
            size = isinstance(base, Sym) and base.symbol.has("size")
            power = isinstance(base, Function) and base.name == "exp"
            if exponent < 0 and not size and not power and base not in under:
                under.append(base)
            if isinstance(base, Sum):
                walk(base.body)

    walk(value)
    if predicates:
        return f"There is no shorter closed form: it differs where {' and where '.join(predicates)}."
    if under:
        text = _together(under, writer)
        return f"There is no shorter closed form: {text if len(text) < 60 else 'a sum'} stays in the denominator."
    return ""


def no_formula(name: str, primitive: str) -> str:
    """The error for a primitive that has no index expression."""
    return (
        f"cannot derive through {primitive!r}, which {short(name)} is computed with: it has no formula with indices here. "
        "Derive by a tensor after it, or write this step with sums, products, exp, log, where and maximum."
    )


def stopped(name: str, reason: str) -> str:
    """The note where the budget ran out."""
    return f"stopped at ∂/∂{short(name)}: the next line outgrew the budget ({reason}); the lines above are right, and not simplified further."


def too_large(reason: str) -> str:
    """The error where not even the formulas of the cost fit the budget."""
    return f'the cost\'s own formula outgrew the budget ({reason}). Name tensors on the way (t.name = "h"): each becomes a step of its own.'


def unchecked(name: str) -> str:
    """The note where a line failed its check, or could not be checked."""
    return f"the closed form of ∂/∂{short(name)} did not pass its check, so it is not shown; the line before it stands."


def alike(one: str, other: str) -> str:
    """The note where two arrays without a name may be the same data to the reader."""
    return (
        f"{short(one)} and {short(other)} are two arrays without a name, and nothing says that one was computed from the other. "
        'If it was, make the data a Tensor with a name, as in y = tg.Tensor(y, name="y"): then 1 − y is read as 1 − y.'
    )


def absent(name: str) -> str:
    """The reason where everything with a tensor in it cancels."""
    return f"{short(name)} cancels"


def no_path(name: str, cost: str) -> str:
    """The error where the cost does not depend on a tensor."""
    return f"no path leads from {name} to {cost}: the gradient is 0. Check that {cost} was computed from it."
