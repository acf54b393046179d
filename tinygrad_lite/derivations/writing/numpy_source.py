"""From a value in normal form to NumPy code: Σ_i x_ij (a_i − y_i)/m is x.T @ (a - y) / m.

The code runs: it takes the arrays as the graph has them, axes of size 1 included, and gives an array of the shape of
what is differentiated by.
"""

from __future__ import annotations

import contextlib
import keyword
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.derivations.normal.algebra import expanded
from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.calculus import spread
from tinygrad_lite.derivations.normal.sums import opened
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Case,
    Delta,
    Derivative,
    Function,
    Index,
    Number,
    Poly,
    Predicate,
    Product,
    Sum,
    Sym,
    Value,
    magnitude,
)
from tinygrad_lite.derivations.writing.arranging import arranged, in_order, is_decimal
from tinygrad_lite.derivations.writing.bands import common_factor
from tinygrad_lite.derivations.writing.display import Writer, marks
from tinygrad_lite.derivations.writing.numpy_code import (
    ATOM,
    COMPARED,
    POWER,
    SUM,
    UNIT,
    Code,
    Order,
    added,
    aligned,
    called,
    common,
    quotient,
)
from tinygrad_lite.derivations.writing.numpy_sums import LETTERS, Factor, contracted
from tinygrad_lite.derivations.writing.signs import written_cases
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.notation.formula import split_name
from tinygrad_lite.notation.styles import ENGLISH

EXACT = 2**53
"""A whole number above is written as a float: NumPy has no integers of any length."""


@dataclass(frozen=True)
class Array:
    """How a named value is spelled in NumPy, and its shape with the axes of size 1."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Source:
    """Writes values as NumPy code; ``arrays`` holds the named values, ``sizes`` the name of each axis' length.

    With ``unit``, one axis of size 1 stays: columns stay columns.
    """

    arrays: Mapping[str, Array]
    sizes: Mapping[str, str]
    unit: bool = False

    def __call__(self, value: Value, order: Order, shape: Sequence[int]) -> str:
        """The code of a value whose axes are ``order`` and, between them, the shape's axes of size 1."""
        indices = iter(order)
        target = [None if length == 1 else next(indices) for length in shape]
        if None not in target:
            return self._filled(value, order).text
        place = max(n for n, index in enumerate(target) if index is None)
        wanted = tuple(index or UNIT for n, index in enumerate(target) if n == place or index)
        code = replace(self, unit=True)._filled(value, wanted)
        if len(wanted) == len(shape):
            return code.text
        inside = ["None" if index is None and n != place else ":" for n, index in enumerate(target)]
        while inside[-1] == ":":
            inside.pop()
        return f"{code.within(ATOM)}[{', '.join(inside)}]"

    def _filled(self, value: Value, order: Order) -> Code:
        """The code of a value as an array that has all axes, repeated along those that nothing in it has."""
        code = self._whole(value, order)
        lengths = ", ".join("1" if index == UNIT else self.sizes[index.axis] for index in order)
        lengths = f"({lengths})" if len(order) > 1 else lengths
        if not order:
            return code
        if set(order) - set(code.axes) == {UNIT} and (code.axes or code.summed):
            return aligned(code, order, exact=True)
        if not code.axes:
            plain = {ZERO: "np.zeros", ONE: "np.ones"}.get(value) if isinstance(value, Product) else None
            return called(plain, lengths) if plain else called("np.full", lengths, code.text)
        if set(code.axes) >= set(order):
            return aligned(code, order)
        return called("np.broadcast_to", aligned(code, order).text, lengths)

    def _whole(self, value: Value, hint: Order) -> Code:
        """The code of a value in its shortest form: as it is, with sums apart, or term by term."""
        if isinstance(value, Case):
            return self.code(value, hint)
        writer = Writer({})
        forms: list[Sequence[Product]] = [[value]]
        with contextlib.suppress(BudgetError):
            apart = spread(value)
            forms += [[apart]] if isinstance(apart, Product) else []
            forms.append(expanded(value))
        return self._terms(min(forms, key=lambda terms: sum(marks(writer(t)) + 1 for t in terms)), hint)

    def code(self, value: Value, hint: Order) -> Code:
        """The code of a value; ``hint`` is the order in which its axes are wanted."""
        value = written_cases(value)
        if isinstance(value, Case):
            return self._case(value, hint)
        sign, code = self._signed(value, hint)
        return code if sign > 0 else added([(-1, code)], hint)

    def _case(self, value: Case, hint: Order) -> Code:
        parts = [self._test(value.predicate, hint), self.code(value.yes, hint), self.code(value.no, hint)]
        order = common(parts, hint)
        return called("np.where", *(aligned(part, order).text for part in parts), axes=order)

    def _test(self, predicate: Predicate, hint: Order) -> Code:
        """z > 0, z < 1, or u > v for a difference."""
        symbol = {"positive": ">", "zero": "=="}[predicate.kind]
        base, exponent = predicate.value.factors[0]
        whole = isinstance(base, Poly) and exponent == 1 and len(predicate.value.factors) == 1
        if not isinstance(base, Poly) or not whole:
            return self._compared(self.code(predicate.value, hint), symbol, Code("0", ATOM), hint)
        scale = 1 if predicate.value.coef > 0 else -1
        terms = [Product(t.coef * scale, t.factors) for t in base.terms]
        above = [t for t in terms if t.factors and t.coef > 0]
        below = [Product(-t.coef, t.factors) for t in terms if t.factors and t.coef < 0]
        number = sum((t.coef for t in terms if not t.factors), start=Fraction(0))
        if not above:  # 1 − z > 0 is z < 1
            above, below, number, symbol = below, above, -number, {">": "<"}.get(symbol, symbol)
        if number > 0 and below:
            above, number = [Product(number, ()), *above], Fraction(0)
        right = [*below, *([Product(-number, ())] if number else [])]
        left = self._terms(above, hint)
        return self._compared(left, symbol, self._terms(right, hint) if right else Code("0", ATOM), hint)

    def _compared(self, left: Code, symbol: str, right: Code, hint: Order) -> Code:
        order = common([left, right], hint)
        return Code(f"{aligned(left, order).within(SUM)} {symbol} {aligned(right, order).within(SUM)}", COMPARED, order)

    def _signed(self, value: Product, hint: Order) -> tuple[int, Code]:
        """The sign of a product, and the code of its absolute value."""
        coef, factors = arranged(value)
        above, below = self._coefficient(abs(Fraction(coef)))
        exps = [(b, e) for b, e in factors if isinstance(b, Function) and b.name == "exp"]
        sums = [(b, e) for b, e in factors if isinstance(b, Sum) and e > 0]
        if exps:
            above.append(self._exponential(exps, hint))
        for base, exponent in [(b, e) for b, e in factors if (b, e) not in exps + sums] + sums:
            (above if exponent > 0 else below).append(self._power(base, magnitude(exponent), hint))
        if not coef:
            return 1, Code("0", ATOM)
        if not above and not below:
            return (-1 if coef < 0 else 1), Code("1", ATOM)
        return (-1 if coef < 0 else 1), _outer(above, below, hint) or quotient(above, below, hint)

    def _coefficient(self, number: Fraction) -> tuple[list[Code], list[Code]]:
        if number == 1:
            return [], []
        if is_decimal(number) or max(number.numerator, number.denominator) > EXACT:
            return [Code(repr(float(number)), ATOM)], []
        top, bottom = number.numerator, number.denominator
        return [Code(str(n), ATOM) for n in [top] if n != 1], [Code(str(n), ATOM) for n in [bottom] if n != 1]

    def _power(self, base: Base, exponent: Number, hint: Order) -> Code:
        code = self._base(base, hint)
        whole = Fraction(exponent)
        if whole == 1:
            return code
        if whole == Fraction(1, 2):
            return called("np.sqrt", code.text, axes=code.axes)
        raised = str(whole) if whole.denominator == 1 else f"({whole.numerator} / {whole.denominator})"
        return Code(f"{code.within(ATOM)}**{raised}", POWER, code.axes)

    def _exponential(self, factors: Iterable[tuple[Base, Number]], hint: Order) -> Code:
        scaled = [Product(b.argument.coef * e, b.argument.factors) for b, e in factors if isinstance(b, Function)]
        code = self._terms(scaled, hint)
        return called("np.exp", code.text, axes=code.axes)

    def _terms(self, terms: Sequence[Product], hint: Order) -> Code:
        signed = [self._signed(term, hint) for term in terms]
        return added(sorted(signed, key=lambda pair: -pair[0]), hint)

    def _base(self, base: Base, hint: Order) -> Code:
        match base:
            case Sym(symbol=symbol) if symbol.has("size"):
                return Code(self.sizes[symbol.axis], ATOM)
            case Sym():
                return self._array(base)
            case Delta(left=left, right=right):
                code = called("np.eye", self.sizes[left.axis], axes=(left, right))
                places = [str(i.place) for i in (left, right) if i.place is not None]
                free = tuple(i for i in (left, right) if i.place is None)
                return Code(f"{code.text}[{places[0]}]", ATOM, free) if places else code
            case Poly(terms=terms):
                return added([self._signed(term, hint) for term in in_order(terms)], hint)
            case Function(name="group" | "number", argument=argument):
                return self.code(argument, hint)
            case Function(name=name, argument=argument):
                code = self.code(argument, hint)
                source = TABLE[name].source
                return Code(source.format(code.text, inputs=code.text), ATOM, code.axes)
            case Sum():
                return self._sum(base, hint)
        raise DerivationError(f"there is no NumPy spelling for {base!r}. Read the formula itself: str(formula).")

    def _array(self, sym: Sym) -> Code:
        """A named value; axes of size 1 are dropped but the last, where one is kept."""
        array = self.arrays[sym.symbol.name]
        indices = iter(sym.indices)
        single = [n for n, length in enumerate(array.shape) if length == 1]
        kept = single[-1:] if self.unit else []
        axes: Order = ()
        inside: list[str] = []
        for n, _ in enumerate(array.shape):
            index = UNIT if n in kept else None if n in single else next(indices)
            place = 0 if index is None else index.place
            inside.append(":" if place is None else str(place))
            axes += (index,) if index is not None and place is None else ()
        while inside and inside[-1] == ":":
            inside.pop()
        text = f"{array.name}[{', '.join(inside)}]" if inside else array.name
        if len(set(axes)) == len(axes):
            return Code(text, ATOM, axes)
        if len(axes) == 2:
            return called("np.diagonal", text, axes=axes[:1])
        letters = {index: LETTERS[n] for n, index in enumerate(dict.fromkeys(axes))}
        spelled = "".join(letters[index] for index in axes), "".join(letters.values())
        return called("np.einsum", f'"{spelled[0]}->{spelled[1]}"', text, axes=tuple(letters))

    def _sum(self, base: Sum, hint: Order) -> Code:
        """A sum over indices; where nothing else is left, axes of size 1 are summed over, too."""
        bound, body = opened(base)
        alone = not self.unit and all(index.place is not None for index in base.free)
        inner = replace(self, unit=True) if alone else self
        coef, factors = inner._factors(body, (*hint, *bound))
        axes = frozenset[Index]().union(*(f.axes for f in factors))
        lengths = [Factor(Code(self.sizes[index.axis], ATOM)) for index in bound if index not in axes]
        over = [index for index in bound if index in axes] + [UNIT] * (alone and UNIT in axes)
        code = contracted([*lengths, *factors], over, hint)
        above, below = self._coefficient(abs(Fraction(coef)))
        code = quotient([*above, code], below, hint) if above or below else code
        return code if coef > 0 else added([(-1, code)], hint)

    def _factors(self, body: Value, hint: Order) -> tuple[Number, list[Factor]]:
        """The number before what is summed, and its factors."""
        body = written_cases(body)
        if isinstance(body, Case):
            shared, rest = common_factor(body, least=1)
            coef, factors = self._factors_of(shared, hint)
            return coef, [*factors, Factor(self._case(rest, hint))]
        return self._factors_of(body, hint)

    def _factors_of(self, body: Product, hint: Order) -> tuple[Number, list[Factor]]:
        coef, factors = arranged(body)
        exps = [(b, e) for b, e in factors if isinstance(b, Function) and b.name == "exp"]
        found = [Factor(self._exponential(exps, hint))] if exps else []
        for base, exponent in factors:
            if (base, exponent) not in exps:
                found.append(Factor(self._power(base, magnitude(exponent), hint), exponent > 0))
        return coef, found


def _outer(above: Sequence[Code], below: Sequence[Code], hint: Order) -> Code | None:
    """Two vectors along different axes as np.outer, where a product is of two such."""
    groups: dict[Order, tuple[list[Code], list[Code]]] = {}
    for side, codes in enumerate((above, below)):
        for code in codes:
            if code.axes:
                groups.setdefault(code.axes, ([], []))[side].append(code)
    axes = [index for index in hint if (index,) in groups]
    if len(groups) != 2 or len(axes) != 2 or UNIT in axes or not all(top for top, _ in groups.values()):
        return None
    one, two = (quotient(*groups[(index,)], (index,)) for index in axes)
    outer = called("np.outer", one.text, two.text, axes=tuple(axes))
    numbers = [[code for code in codes if not code.axes] for codes in (above, below)]
    return quotient([*numbers[0], outer], numbers[1], hint)


def derivative_label(which: Derivative) -> str:
    """What a derivative is called in NumPy code: dC_dw, and d2C_dv_dw of a second one.

    >>> derivative_label(Derivative("∂C/∂v", "w", first=Derivative("C", "v")))
    'd2C_dv_dw'
    """
    of, below = which, [which.below]
    while of.first is not None:
        of = of.first
        below.insert(0, of.below)
    return f"d{len(below) if len(below) > 1 else ''}{of.above}" + "".join(f"_d{name}" for name in below)


def identifiers(labels: Mapping[str, str]) -> dict[str, str]:
    """A name in Python for each label, no two alike: δ2 is delta2, lambda is lambda_.

    >>> identifiers({"a": "δ2", "b": "lambda", "c": "x y", "d": "x_y"})
    {'a': 'delta2', 'b': 'lambda_', 'c': 'x_y', 'd': 'x_y_'}
    """
    found: dict[str, str] = {}
    for key, label in labels.items():
        base, layer = split_name(unicodedata.normalize("NFKC", label))
        name = "".join(c if f"_{c}".isidentifier() else "_" for c in ENGLISH.get(base, base) + layer)
        name = name if name[:1].isidentifier() else f"_{name}"
        while keyword.iskeyword(name) or name == "np" or name in found.values():
            name += "_"
        found[key] = name
    return found
