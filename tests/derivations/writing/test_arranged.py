"""What is rewritten only to be shown keeps its value: roots joined, signs in the place of cases, turned differences."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from tinygrad_lite.derivations.normal import algebra, sums
from tinygrad_lite.derivations.normal.numbers import Setting, number
from tinygrad_lite.derivations.normal.terms import ONE, Index, Product, Value, const, size, sym
from tinygrad_lite.derivations.writing import roots, signs
from tinygrad_lite.derivations.writing.arranging import turned

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


SHOWN: dict[str, tuple[Callable[[np.random.Generator], Value], Callable[[Value], Value]]] = {
    "roots": (some_root, lambda v: plain(*roots.joined(v.coef, v.factors)) if isinstance(v, Product) else v),
    "signs": (some_case, signs.with_signs),
    "turned": (some_difference, lambda v: plain(*turned(v)) if isinstance(v, Product) else v),
}  # fmt: skip


def keeps_its_value(kind: str, seed: int) -> bool:
    rng = np.random.default_rng(seed)
    make, shown = SHOWN[kind]
    value, at = make(rng), setting(rng)
    one, two = (number(v, at, (ROW,)).value() for v in (value, shown(value)))
    return bool(np.allclose(one, two, rtol=1e-9))


@pytest.mark.parametrize("kind", SHOWN)
def test_what_is_shown_has_the_value(kind: str) -> None:
    assert all(keeps_its_value(kind, seed) for seed in range(150))


def test_wrong_ways_to_show_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "_halved", lambda v: v)
    assert not all(keeps_its_value("signs", seed) for seed in range(150))
    monkeypatch.setattr(roots, "_times", lambda product, base, exponent: product)
    assert not all(keeps_its_value("roots", seed) for seed in range(150))
