"""What is rewritten only to be shown keeps its value: roots joined, signs in the place of cases, turned differences."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from tinygrad_lite.derivations.normal import algebra, exponentials, sums
from tinygrad_lite.derivations.normal.numbers import Setting, number
from tinygrad_lite.derivations.normal.terms import ONE, Index, Poly, Product, Value, const, size, sym
from tinygrad_lite.derivations.writing import factoring, roots, signs
from tinygrad_lite.derivations.writing.arranging import turned
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.notation.formula import unicode

ROW, J = Index("i", "m"), Index("j", "n")
X, Y, C = sym("x", ROW), sym("y", ROW), sym("c")
U = sym("u", ROW, J)


def setting(rng: np.random.Generator) -> Setting:
    values = {
        "x": rng.normal(size=3),
        "y": rng.normal(size=3),
        "u": rng.normal(size=(3, 4)),
        "c": np.asarray(rng.normal()),
    }
    return Setting(values, {"m": 3, "n": 4})


def plain(coef: object, factors: object) -> Product:
    return Product(coef, tuple(factors))  # type: ignore[arg-type]


def some_root(rng: np.random.Generator) -> Product:
    square = sums.sum_over([J], algebra.power(U, 2))
    inside = algebra.add(
        *(
            algebra.multiply(const(int(k)), t)
            for k, t in zip(rng.integers(1, 2000, 3), (square, ONE, size("n")), strict=True)
        )
    )
    half = [Fraction(int(k), 2) for k in rng.choice([-3, -1, 1, 3], size=4)]
    value = algebra.multiply(
        algebra.power(inside if rng.integers(2) else square, half[0]), algebra.power(const(int(rng.integers(1, 50))), half[1]),
        algebra.power(size("n"), half[2]), algebra.power(size("m"), half[3]), X,
    )  # fmt: skip
    assert isinstance(value, Product)
    return value


def some_case(rng: np.random.Generator) -> Value:
    test = [X, algebra.subtract(X, Y), algebra.multiply(X, Y)][rng.integers(3)]
    assert isinstance(test, Product)
    size_of = algebra.absolute(test)
    return [
        algebra.multiply(C, size_of),
        algebra.divide_by(test, algebra.add(ONE, size_of)),
        algebra.add(Y, algebra.multiply(C, algebra.choose(algebra.positive(test), ONE, const(-1)))),
        algebra.power(algebra.add(ONE, algebra.power(size_of, 3)), -2),
        algebra.choose(algebra.positive(test), C, algebra.multiply(const(2), Y)),
    ][rng.integers(5)]  # fmt: skip


def some_difference(rng: np.random.Generator) -> Product:
    k, n = (int(e) for e in rng.integers(-3, 4, size=2))
    one = algebra.add(const(k or 1), algebra.multiply(const(n or 1), X))
    value = algebra.multiply(
        const(int(rng.choice([-2, -1, 1]))), one, algebra.power(algebra.subtract(Y, C), int(rng.integers(-1, 3)))
    )
    assert isinstance(value, Product)
    return value


def some_polynomial(rng: np.random.Generator) -> Product:
    """Squares among other terms, over what cancels in some of them."""
    k = int(rng.integers(1, 4))
    square = algebra.power(algebra.add(algebra.multiply(const(k), U), Y), 2)
    terms = [square, C, sums.sum_over([J], algebra.power(algebra.add(U, Y), 2)), size("n")]
    chosen = [t for t in terms if rng.integers(3)] or [square]
    front = [algebra.power(C, -1), exponentials.exp(X), algebra.power(size("n"), -1)][rng.integers(3)]
    value = algebra.add(*(algebra.multiply(front, t) for t in chosen), *([X] if rng.integers(2) else []))
    assert isinstance(value, Product)
    return value


def in_squares(value: Value) -> Value:
    polys = [(b, e) for b, e in value.factors if isinstance(b, Poly) and e == 1] if isinstance(value, Product) else []
    if not isinstance(value, Product) or not polys:
        return value
    (poly, _), *_ = polys
    assert isinstance(poly, Poly)
    terms = tuple(factoring.with_squares(poly.terms))
    shown = terms[0] if len(terms) == 1 else plain(1, [(Poly(terms), 1)])
    rest = [(b, e) for b, e in value.factors if b != poly]
    return plain(value.coef * shown.coef, [*rest, *shown.factors])


def apart(value: Value) -> Value:
    terms = factoring.termwise(value) if isinstance(value, Product) else None
    return value if terms is None else plain(1, [(Poly(tuple(terms)), 1)])


SHOWN: dict[str, tuple[Callable[[np.random.Generator], Value], Callable[[Value], Value]]] = {
    "roots": (some_root, lambda v: plain(*roots.joined(v.coef, v.factors)) if isinstance(v, Product) else v),
    "signs": (some_case, signs.with_signs),
    "squares": (some_polynomial, in_squares),
    "term by term": (some_polynomial, apart),
    "turned": (some_difference, lambda v: plain(*turned(v)) if isinstance(v, Product) else v),
}  # fmt: skip


def keeps_its_value(kind: str, seed: int) -> bool:
    rng = np.random.default_rng(seed)
    make, shown = SHOWN[kind]
    value, at = make(rng), setting(rng)
    one, two = (number(v, at, (ROW, J)).value() for v in (value, shown(value)))
    return bool(np.allclose(one, two, rtol=1e-9))


@pytest.mark.parametrize("kind", SHOWN)
def test_what_is_shown_has_the_value(kind: str) -> None:
    assert all(keeps_its_value(kind, seed) for seed in range(150))


def test_wrong_ways_to_show_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "_halved", lambda v: v)
    assert not all(keeps_its_value("signs", seed) for seed in range(150))
    monkeypatch.setattr(factoring, "_square_inside", lambda term, total, other: None if other is term else term)
    assert not all(keeps_its_value("squares", seed) for seed in range(150))
    monkeypatch.setattr(roots, "_times", lambda product, base, exponent: product)
    assert not all(keeps_its_value("roots", seed) for seed in range(150))


def test_terms_that_are_nearly_a_square_are_written_as_they_are() -> None:
    """1 − 2 e^(x/2) + e^x is (e^(x/2) − 1)², which the normal form does not find; the writer called itself without end."""
    terms = [
        ONE,
        exponentials.exp(X),
        algebra.multiply(const(-2), exponentials.exp(algebra.multiply(const(Fraction(1, 2)), X))),
    ]
    assert factoring.with_squares(terms) == terms  # type: ignore[arg-type, comparison-overlap]
    assert unicode(Writer({"m": "i"}, [ROW])(algebra.add(*terms))) == "1 + e^(x_i) − 2 e^(x_i/2)"


def some_terms(rng: np.random.Generator) -> list[Product]:
    names = [X, Y, C, U, size("m")]
    terms = []
    for _ in range(int(rng.integers(3, 7))):
        parts = [
            const(int(rng.choice([-2, -1, 1, 3]))),
            *(names[k] for k in rng.choice(5, size=int(rng.integers(1, 4)))),
        ]
        terms.append(algebra.multiply(*parts))
    whole = algebra.add(*terms)
    return list(algebra.expanded(whole)) if isinstance(whole, Product) else []


def common_factors_hold(seed: int) -> bool:
    rng = np.random.default_rng(seed)
    terms = some_terms(rng)
    found = factoring.with_common_factors(terms)
    return len(found) <= len(terms) and close(terms, found, setting(rng))


def close(one: list[Product], other: list[Product], at: Setting) -> bool:
    totals = [sum((number(t, at, (ROW, J)).value() for t in terms), np.zeros((3, 4))) for terms in (one, other)]
    return np.allclose(*totals)


def test_terms_with_common_factors_keep_their_value() -> None:
    assert all(common_factors_hold(seed) for seed in range(200))
    assert (
        sum(
            len(factoring.with_common_factors(t)) < len(t)
            for s in range(200)
            if (t := some_terms(np.random.default_rng(s)))
        )
        > 20
    )


def test_a_wrong_common_factor_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factoring, "add", lambda *pair: pair[0])
    assert not all(common_factors_hold(seed) for seed in range(200))


def test_a_denominator_goes_into_the_terms_where_that_saves_numbers() -> None:
    writer = Writer({"m": "i"}, [ROW])
    four, s = const(4), sym("s")
    inner = algebra.add(algebra.multiply(four, X), algebra.multiply(const(-4), Y), algebra.multiply(const(-1), s))
    quarter = algebra.multiply(const(Fraction(1, 4)), inner)
    assert unicode(writer(quarter)) == "x_i − s/4 − y_i"
    assert (
        unicode(Writer({"m": "i"})(sums.sum_over([ROW], algebra.multiply(quarter, C, X))))
        == "c Σ_i x_i (x_i − s/4 − y_i)"
    )
    assert unicode(writer(algebra.multiply(const(Fraction(1, 2)), algebra.add(ONE, X)))) == "(1 + x_i)/2"
