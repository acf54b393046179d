"""What a lecturer says at each step: sentences of words and formula trees.

A terminal, LaTeX and a browser each set the formulas of a sentence in their own way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinygrad_lite.derivations.normal.algebra import leaves, product
from tinygrad_lite.derivations.normal.contents import inside
from tinygrad_lite.derivations.normal.terms import Base, Case, Poly, Product, Sum, Sym, Value, atom, magnitude
from tinygrad_lite.derivations.writing.display import Writer, marks
from tinygrad_lite.notation.formula import Notation, Num, Relation, unicode

Part = str | Notation


@dataclass(frozen=True)
class Reason:
    """A sentence about a line: the rule in one word, and the words and formulas that are said.

    Reasons, assumptions and notes are all of this kind.

    >>> str(Reason("cancel", ("cancel ", Num("2"), " once")))
    'cancel 2 once'
    """

    rule: str
    parts: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return self.parts != ()

    def __str__(self) -> str:
        return self.set(str, unicode)

    def set(self, words: Callable[[str], str], formula: Callable[[Notation], str]) -> str:
        """The sentence, its words and its formulas set by these two functions."""
        return "".join(words(part) if isinstance(part, str) else formula(part) for part in self.parts)

    def then(self, *parts: Part) -> Reason:
        """The sentence with more words and formulas at its end."""
        return Reason(self.rule, (*self.parts, *parts))

    def says(self, other: Reason) -> bool:
        """Whether everything that another sentence says stands in this one, too."""
        return all(part in self.parts for part in other.parts)


NOTHING = Reason("")
PUT_TOGETHER = Reason("put together", ("put together",))
COMMON_DENOMINATOR = Reason("put together", ("common denominator",))
COLLECT = Reason("put together", ("collect",))
CARRY_OUT = Reason("sum", ("carry out the sum",))
NOT_SIMPLIFIED = Reason("chain", ("chain rule, not simplified",))
PUT_IN = Reason("put in", ("put in",))


def term_by_term(name: Notation) -> Reason:
    """Reason of the first line."""
    return Reason("differentiate", ("differentiate by ", name, ", term by term"))


def differentiated(above: Notation, name: Notation) -> Reason:
    """Reason of a line that is a plain derivative."""
    return Reason("differentiate", ("differentiate ", above, " by ", name))


def differentiated_by(name: Notation) -> Reason:
    """Reason of a local derivative, as it stands."""
    return Reason("differentiate", ("differentiate by ", name))


def paths(names: Sequence[Notation]) -> Reason:
    """Reason where several paths lead up."""
    listed = _joined(names, " and ")
    return Reason("chain", ("chain rule along ", *listed, "; the paths add"))


def chain_rule(above: Notation, right: Notation) -> Reason:
    """Reason of a product of the chain rule: along a = σ(z)."""
    return Reason("chain", ("chain rule along ", Relation(above, "=", right)))


def every_output(reason: Reason) -> Reason:
    """Said for softmax, where each output depends on each input."""
    return reason.then("; every output depends on every input")


def slope_is_one(reason: Reason, slope: Notation) -> Reason:
    """Said where a local derivative is 1."""
    return reason.then(", ", Relation(slope, "=", Num("1")))


def error_signal(name: Notation) -> Reason:
    """Reason of the line δ = ∂C/∂z, which names the gradient by a weighted input."""
    return Reason("name", ("name the gradient by ", name))


LONG = 18
"""A formula with more marks is not repeated in a sentence."""


def along(above: Notation, left: Notation, right: Notation | None) -> Reason:
    """Reason of a step through weights: chain rule along z = Σ_j w_j x_ij + b."""
    whole = above if right is None or marks(right) > LONG else Relation(left, "=", right)
    return Reason("chain", ("chain rule along ", whole))


def put_in(gradient: Notation) -> Reason:
    """Reason of a line where δ is put in."""
    return Reason("put in", ("put in ", gradient))


def put_in_size(size: Notation, number: int) -> Reason:
    """Reason of a line where the size of an axis is put in: J = 4."""
    return Reason("put in", ("put in ", Relation(size, "=", Num(str(number)))))


def cancelled(left: Value, right: Value) -> list[Base]:
    """The bases that cancel between two factors."""
    found: list[Base] = []
    for one in leaves(left):
        for other in leaves(right):
            powers = dict(other.factors)
            found += [b for b, e in one.factors if e * powers.get(b, 0) < 0 and b not in found]
    return [b for b in found if not (isinstance(b, Sym) and b.symbol.has("size"))]


def _together(bases: Sequence[Base]) -> Product:
    return product(1, dict.fromkeys(bases, 1))


def _nonzero(bases: Sequence[Base], writer: Writer) -> Relation:
    return Relation(writer(_together(bases)), "≠", Num("0"))


def _joined(parts: Sequence[Notation], words: str) -> list[Part]:
    """Formulas with words between them."""
    return [x for part in parts for x in (words, part)][1:]


def cancel(bases: Sequence[Base], writer: Writer) -> Reason:
    """Reason of a line where something cancels."""
    return Reason("cancel", ("cancel ", _nonzero(bases, writer)))


def nonzero(bases: Sequence[Base], writer: Writer) -> Reason:
    """The assumption of a cancellation."""
    return Reason("not zero", (_nonzero(bases, writer),))


def slope(name: Notation, value: Value, writer: Writer, more: Reason = NOTHING) -> Reason:
    """Reason of a line where a local derivative is put in: σ′(z) = a (1 − a); ``more`` names a new value in it."""
    return Reason("slope", (Relation(name, "=", writer(value)), ", found", *((", ", *more.parts) if more else ())))


def slope_back(name: Notation, value: Value, writer: Writer) -> Reason:
    """Reason of a line where a(1 − a) is written as σ′(z) again."""
    return Reason("slope", (Relation(name, "=", writer(value)),))


def defined(name: Notation) -> Reason:
    """Reason of a line that says what a function is, or a value that is computed by no known one."""
    return Reason("definition", ("definition of ", name))


def solved(above: Notation, right: Notation | None) -> Reason:
    """Reason of a line that says e^z in terms of a = σ(z)."""
    if right is None:
        return Reason("solve", ("solve the definition of ", above))
    return Reason("solve", ("solve ", Relation(above, "=", right)))


def introduced(name: Notation, right: Notation) -> Reason:
    """Reason of a line that writes e^z / (1 + e^z) as a = σ(z)."""
    return Reason("name", ("with ", Relation(name, "=", right)))


def kinks(value: Value, writer: Writer) -> Reason:
    """The assumption of a line with cases: it holds off the kinks."""
    found: list[Notation] = []

    def walk(v: Value) -> None:
        if isinstance(v, Case):
            said = writer.predicate(v.predicate)
            off = Relation(said.left, "≠", said.right)
            if v.predicate.kind == "positive" and off not in found:
                found.append(off)
            walk(v.yes)
            walk(v.no)

    walk(value)
    return Reason("off the kinks", tuple(_joined(found, ", ")))


def _row_sums(value: Value) -> list[Sum]:
    """The sums in a value of one symbol and nothing else."""
    sums = [
        (part, part.body.factors) for part in inside(value) if isinstance(part, Sum) and isinstance(part.body, Product)
    ]
    return [total for total, inner in sums if len(inner) == 1 and isinstance(inner[0][0], Sym)]


def sums_to_one(value: Value, writer: Writer) -> Reason:
    """Reason, and assumption, where the sum over a row of a one-hot or a softmax collapses."""
    sums = _row_sums(value)
    return Reason("sum to one", (Relation(writer(atom(sums[0])), "=", Num("1")),)) if sums else NOTHING


def no_closed_form(value: Value, writer: Writer) -> Reason:
    """The note where it is known that there is no shorter form.

    That is where a found function, such as a = σ(z), has been shifted or cut off before it was used, as in
    log(a + 10⁻⁸) or clip(a, 0.01, 0.99).  The denominator a + 10⁻⁸ has degree 1 in a: either it divides what
    stands above it, and the normal form has divided already, or nothing cancels it.
    """
    under: list[Base] = []
    predicates: list[Notation] = []

    def walk(v: Value) -> None:
        if isinstance(v, Case):
            said = writer.predicate(v.predicate)
            if any(_is_shifted(b) for b, _ in v.predicate.value.factors) and said not in predicates:
                predicates.append(said)
            walk(v.yes)
            walk(v.no)
            return
        for base, exponent in v.factors:
            if exponent < 0 and _is_shifted(base) and base not in under:
                under.append(base)
            if isinstance(base, Sum):
                walk(base.body)

    walk(value)
    if predicates:
        listed = _joined(predicates, " and where ")
        return Reason("note", ("There is no shorter closed form: it differs where ", *listed, "."))
    if under:
        return Reason(
            "note", ("There is no shorter closed form: ", writer(_together(under)), " stays in the denominator.")
        )
    return NOTHING


def _is_shifted(base: Base) -> bool:
    """Whether a base is a + c for the value of a known function, and no 1 − a or 1 + a."""
    if not isinstance(base, Poly) or len(base.terms) != 2:
        return False
    constants = [t for t in base.terms if not t.factors]
    others = [t for t in base.terms if t.factors]
    if len(constants) != 1 or len(others[0].factors) != 1 or magnitude(others[0].coef) == magnitude(constants[0].coef):
        return False
    ((inner, exponent),) = others[0].factors
    return isinstance(inner, Sym) and exponent == 1 and inner.symbol.has("in (0, 1)", "in (-1, 1)")


def stopped(name: Notation, reason: str) -> Reason:
    """The note where the budget ran out."""
    words = f": the next line outgrew the budget ({reason}); the lines above are right, and not simplified further."
    return Reason("note", ("stopped at ∂/∂", name, words))


def unchecked(name: Notation) -> Reason:
    """The note where a line failed its check, or could not be checked."""
    words = " did not pass its check, so it is not shown; the line before it stands."
    return Reason("note", ("the closed form of ∂/∂", name, words))


def alike(one: Notation, other: Notation) -> Reason:
    """The note where two arrays without a name may be the same data to the reader."""
    words = (
        " are two arrays without a name, and nothing says that one was computed from the other. If it was, make the data "
        'a Tensor with a name, as in y = tg.Tensor(y, name="y"): then 1 − y is read as 1 − y.'
    )
    return Reason("note", (one, " and ", other, words))


def explained(name: Notation, words: str) -> Reason:
    """The note on a symbol that the graph has no name for."""
    return Reason("name", (name, f" {words}."))


def renamed(given: str, names: Sequence[Notation]) -> Reason:
    """The note where the name of a tensor is another tensor's, too, or no name that a formula can hold."""
    if len(names) > 1:
        return Reason(
            "name",
            (
                f"{len(names)} tensors have the name {given!r}: here they are ",
                *_joined(names, ", "),
                ", the oldest first.",
            ),
        )
    return Reason("name", (f"The tensor with the name {given!r} is ", *names, " here."))


def absent(name: Notation) -> Reason:
    """The reason where everything with a tensor in it cancels."""
    return Reason("cancel", (name, " cancels"))


# --- errors, which are plain text ---------------------------------------------------------------------


def no_formula(name: Notation, primitive: str) -> str:
    """The error for a primitive that has no index expression."""
    return (
        f"cannot derive through {primitive!r}, which {unicode(name)} is computed with: it has no formula with indices here. "
        "Derive by a tensor after it, or write this step with sums, products, exp, log, where and maximum."
    )


def too_large(reason: str) -> str:
    """The error where not even the formulas of the cost fit the budget."""
    return f'the cost\'s own formula outgrew the budget ({reason}). Name tensors on the way (t.name = "h"): each becomes a step of its own.'


def no_path(name: str, cost: str) -> str:
    """The error where the cost does not depend on a tensor."""
    return f"no path leads from {name} to {cost}: the gradient is 0. Check that {cost} was computed from it."
