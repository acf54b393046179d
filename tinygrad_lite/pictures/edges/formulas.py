"""The derivative of a folded box as a formula: what `tinygrad_lite.derivations` finds for a twin of the box."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.core.scopes import SCOPE
from tinygrad_lite.core.walks import replay
from tinygrad_lite.derivations import derive
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.notation.formula import (
    Applied,
    Big,
    Exponential,
    Iverson,
    Name,
    Notation,
    Num,
    Power,
    Quotient,
    Times,
    rebuilt,
    unicode,
)
from tinygrad_lite.pictures.edges.derivatives import Local
from tinygrad_lite.pictures.edges.symbols import LONGEST
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["LETTERS", "NOT_FOUND", "Closed", "folded_formula", "in_names", "indices", "twin", "with_sizes"]

LETTERS = "zyxwuvabcdfghopqrst"  # names of the twin's tensors; e, i to n are taken by formulas themselves
LARGEST = 20_000  # elements: beyond, a formula is not worth its time
NOT_FOUND = (TinygradLiteError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""No closed form, or one that takes too long, or a rule that asks what no formula says: the numbers stand alone."""


@dataclass(frozen=True)
class Closed:
    """A derivative in closed form. letters: the indices of the axes of what it is by, where the formula has some."""

    formula: Notation | None
    letters: tuple[str, ...] = ()


def folded_formula(call: Call, local: Local, called: Callable[[Any], str]) -> Closed | None:
    """∂(box)/∂(input) of a folded call in the names that `called` gives, or None: the number then stands alone.

    The box is run again on fresh tensors with short names, so that it is derived by itself, without what is behind
    its inputs; derivations check each line they give against the engine.
    """
    scope = SCOPE.get()
    try:
        SCOPE.set(None)  # record the twin even inside no_grad(), and outside of any composite
        if local.kind == "elementwise":
            found, names = _slope(call, local)
        elif local.exit.size == 1:
            found, names = _gradient(call, local)
        else:
            return None
    except NOT_FOUND:
        return None
    finally:
        SCOPE.set(scope)
    if found is None or found.formula is None:
        return None
    formula = in_names(found.formula, {letter: called(x) for letter, x in names.items()})
    return None if formula is None or len(unicode(formula)) > LONGEST else Closed(formula, found.letters)


def in_names(formula: Notation, texts: dict[str, str]) -> Notation | None:
    """The formula of a twin with other texts for its names; None where it has a letter that the picture does not define."""
    if not _values(formula) <= texts.keys():
        return None

    def renamed(part: Notation) -> Notation | None:
        if isinstance(part, Exponential):  # e may be a value
            return Applied(Name("exp"), rebuilt(part.exponent, renamed))
        return replace(part, text=texts[part.text]) if isinstance(part, Name) and part.text in texts else None

    return rebuilt(formula, renamed)


def indices(formula: Notation | None) -> set[str]:
    """The index letters in a formula."""
    return {letter for part in _parts(formula) for letter in _letters(part)} if formula is not None else set()


def _parts(node: Notation) -> Iterator[Notation]:
    """The formula and all that it is made of, but for the names of functions."""
    yield node
    inside = [node.argument, *node.more] if isinstance(node, Applied) else node.inside()
    for part in inside:
        yield from _parts(part)


def _values(node: Notation) -> set[str]:
    """The values that a formula names: what stands alone is one, or the index of others, as in [j = k]."""
    names = [part for part in _parts(node) if isinstance(part, Name)]
    return {name.text for name in names if name.subs or name.text not in indices(node)}


def _letters(part: Notation) -> tuple[str, ...]:
    return part.subs if isinstance(part, Name) else tuple(part.letters) if isinstance(part, Big) else ()


def with_sizes(node: Notation, sizes: dict[str, int]) -> Notation:
    """The formula with numbers for the lengths of axes, and products of numbers as one number."""

    def changed(part: Notation) -> Notation | None:
        match part:
            case Name(text=text, subs=()) if text in sizes:
                return Num(str(sizes[text]))
            case Power(base=Name(text=text, subs=()), exponent=Num(text=power)) if text in sizes and power.isdigit():
                return Num(str(sizes[text] ** int(power)))
            case Times(parts=factors, sign=sign):
                return _product([with_sizes(factor, sizes) for factor in factors], sign)
            case Quotient(top=top, bottom=bottom):
                return _fraction(with_sizes(top, sizes), with_sizes(bottom, sizes))
        return None

    return rebuilt(node, changed)


def _fraction(top: Notation, bottom: Notation) -> Notation:
    """In lowest terms as far as plain numbers go: 2 (a − y)/8 is (a − y)/4."""
    first = top.parts[0] if isinstance(top, Times) else top
    if not all(isinstance(part, Num) and part.text.isdigit() for part in (first, bottom)):
        return top if bottom == Num("1") else Quotient(top, bottom)
    above, below = int(first.text), int(bottom.text)  # type: ignore[attr-defined]
    common = math.gcd(above, below)
    rest = list(top.parts[1:]) if isinstance(top, Times) else []
    reduced = _product([Num(str(above // common)), *rest], top.sign if isinstance(top, Times) else "")
    return reduced if below == common else Quotient(reduced, Num(str(below // common)))


def _product(factors: list[Notation], sign: str) -> Notation:
    whole = [factor for factor in factors if isinstance(factor, Num) and factor.text.isdigit()]
    rest = [factor for factor in factors if factor not in whole]
    number = math.prod(int(factor.text) for factor in whole)
    found = ([Num(str(number))] if number != 1 or not rest else []) + rest
    return found[0] if len(found) == 1 else Times(tuple(found), sign)


def _without_letters(found: Closed) -> Closed:
    """Where all arrays have the indices of the derivative, they say nothing: (a_i − y_i)/2 is (a − y)/2."""
    assert found.formula is not None
    parts = list(_parts(found.formula))
    indexed = {part.subs for part in parts if isinstance(part, Name) and part.subs}
    if indexed - {found.letters} or any(isinstance(part, Big | Iverson) for part in parts):
        return found

    def bare(part: Notation) -> Notation | None:
        return replace(part, subs=()) if isinstance(part, Name) else None

    return Closed(rebuilt(found.formula, bare))


def _slope(call: Call, local: Local) -> tuple[Closed | None, dict[str, Any]]:
    """Of an elementwise box: the lemma σ′(z) = a (1 − a) of a derivation through it, at one element."""
    inputs = [x for x in _inputs(call, local) if x.requires_grad]
    if len(inputs) != 1:
        return None, {}
    z = Tensor(0.5, requires_grad=True, dtype=np.float64, name="z")
    a = _again(call, local, {inputs[0]: z})
    if a.shape:
        return None, {}
    a.name = "a"
    upstream = Tensor(2.0, requires_grad=True, name="u")
    found = derive(a * upstream, z).lemmas().values()
    steps = next(iter(found), [])
    return (Closed(steps[-1].nodes[1]) if steps else None), {"z": local.x, "a": local.exit}


def _gradient(call: Call, local: Local) -> tuple[Closed | None, dict[str, Any]]:
    """Of a box with one number as its result, such as a cost: its gradient in index notation."""
    if sum(x.size for x in _inputs(call, local)) > LARGEST:
        return None, {}
    cost, twins, letters = twin(call, local)
    cost.name = "C"
    formula = derive(cost, twins[local.x]).formula
    closed = Closed(with_sizes(formula.node, formula.sizes), formula.indices)
    return _without_letters(closed), {letter: x for x, letter in letters.items()}


def twin(call: Call, local: Local, taken: str = "") -> tuple[Any, dict[Tensor, Tensor], dict[Tensor, str]]:
    """The box run again on fresh tensors: its result, the tensor for each input, and the letter that this is called.

    taken: letters that no input may have.
    """
    inputs = _inputs(call, local)
    free = iter(c for c in LETTERS if c not in {*taken, *(x.name for x in inputs)})
    letters: dict[Tensor, str] = {}
    for x in inputs:  # one letter each: two inputs may have one name
        own = x.name is not None and x.name in LETTERS and x.name not in {*taken, *letters.values()}
        letters[x] = x.name if own and x.name else next(free)
    rows = all(x.ndim == 2 for x in inputs)  # of m examples, as costs take them
    twins = {}
    for x in inputs:
        axes = x.axes or (("m", "n") if rows else None)
        twins[x] = Tensor(local.values(x), requires_grad=x.dtype.kind == "f", name=letters[x], axes=axes, facts=x.facts)
    box = _called_again(call, local, list(twins.values()))
    return _again(call, local, twins) if box is None else box, twins, letters


def _inputs(call: Call, local: Local) -> list[Tensor]:
    inside = set(local.members)
    used = dict.fromkeys(x for t in local.members for x in t.inputs if isinstance(x, Tensor) and x not in inside)
    named = {x: None for x in used if x.requires_grad or x.primitive is not None or x.name}
    return list({x: None for x in call.inputs} | named)


def _called_again(call: Call, local: Local, twins: list[Tensor]) -> Any:
    """The package's own functions are called again, so that 1 − y is recorded, too; None where that is not the same."""
    if not call.function.__module__.startswith("tinygrad_lite."):
        return None
    try:
        again = composite(call.function)(*twins)
    except TinygradLiteError:
        return None
    return again if isinstance(again, Tensor) and np.array_equal(again.numpy(), local.exit.numpy()) else None


def _again(call: Call, local: Local, twins: dict[Any, Any]) -> Any:
    """The recorded steps on the twins, as one call of a composite with the same name."""

    def again(*_: Any) -> Any:
        return replay(local.members, dict(twins), _constant)[local.exit]

    again.__name__ = call.name
    with np.errstate(all="ignore"):
        return composite(again)(*twins.values())


def _constant(x: Any) -> Any:
    x = x.numpy() if isinstance(x, Tensor) else np.asarray(x)
    return x.reshape(())[()] if x.size == 1 else x
