"""Each rule of the normal form: random cases that it must hold on, and a mutation that they must notice."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.derivations import same_formula
from tinygrad_lite.derivations.normal import (
    algebra,
    calculus,
    elementwise,
    exponentials,
    polynomials,
    radicals,
    signs,
    solving,
    sums,
)
from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.numbers import Setting, number
from tinygrad_lite.derivations.normal.terms import ONE, Index, Product, Value, const, size, sym

ROW, J, K = Index("i", "m"), Index("j", "n"), Index("k", "n")
SIZES = {"m": 3, "n": 4}


def setting(rng: np.random.Generator) -> Setting:
    """Numbers for the symbols that the cases use."""
    hot = np.eye(4)[rng.integers(4, size=3)]
    values = {
        "x": rng.normal(size=3), "y": rng.normal(size=3), "p": rng.uniform(0.2, 3, size=3), "q": rng.uniform(0.2, 3, size=3),
        "u": rng.normal(size=(3, 4)), "v": rng.normal(size=(3, 4)), "h": hot, "c": np.asarray(rng.normal()),
        "s": rng.uniform(0.2, 2, size=(3, 4)), "a": rng.uniform(0.05, 0.95, size=3),
    }  # fmt: skip
    return Setting(values, SIZES)


X, Y, C = sym("x", ROW), sym("y", ROW), sym("c")
P, Q = sym("p", ROW, facts=["positive"]), sym("q", ROW, facts=["positive"])
U, V, S, H = (
    sym("u", ROW, J),
    sym("v", ROW, J),
    sym("s", ROW, J, facts=["positive"]),
    sym("h", ROW, J, facts=["one_hot"]),
)


def numbers(value: Value, at: Setting) -> np.ndarray[Any, Any]:
    """A value on data, with axes m and n."""
    return np.broadcast_to(number(value, at, (ROW, J)).value(), (3, 4))


def close(value: Value, wanted: Any, at: Setting) -> bool:
    """Whether a value has the wanted numbers."""
    return bool(np.allclose(numbers(value, at), np.broadcast_to(wanted, (3, 4)), rtol=1e-8, atol=1e-10))


def grab(at: Setting, name: str) -> np.ndarray[Any, Any]:
    """The data of a symbol, shaped to line up with (m, n)."""
    data = at.values[name]
    return data[:, None] if data.ndim == 1 else data


def n1(rng: np.random.Generator, at: Setting) -> bool:
    a, b = (int(e) for e in rng.integers(-3, 4, size=2))
    k = Fraction(int(rng.integers(1, 5)), 3)
    value = algebra.multiply(const(k), algebra.power(X, a), Y, algebra.power(X, b), algebra.power(Y, -2))
    x, y = grab(at, "x"), grab(at, "y")
    return close(value, float(k) * x ** float(a + b) / y, at)


def n1_root(rng: np.random.Generator, at: Setting) -> bool:
    """Roots of numbers: sqrt(12) x / sqrt(3) is 2 x."""
    k, n = (int(e) for e in rng.integers(1, 30, size=2))
    e, g = (Fraction(int(a), int(b)) for a, b in rng.choice([(1, 2), (-1, 2), (3, 2), (1, 3), (-5, 3)], size=2))
    value = algebra.multiply(algebra.power(const(Fraction(k, n)), e), X, algebra.power(const(n), g))
    same = algebra.multiply(algebra.power(const(k), Fraction(1, 2)), algebra.power(const(k), Fraction(-1, 2)))
    wanted = (k / n) ** float(e) * n ** float(g) * grab(at, "x")
    return close(value, wanted, at) and same == ONE


def n2(rng: np.random.Generator, at: Setting) -> bool:
    a, b, c = (int(e) for e in rng.integers(-3, 4, size=3))
    one = algebra.multiply(const(a or 1), X, algebra.power(Y, -1))
    two = algebra.multiply(const(b or 2), Y, algebra.power(algebra.add(X, const(4)), -2))
    x, y = grab(at, "x"), grab(at, "y")
    return close(algebra.add(one, two, const(c)), (a or 1) * x / y + (b or 2) * y / (x + 4) ** 2 + c, at)


def n3(rng: np.random.Generator, at: Setting) -> bool:
    k, n = (int(e) for e in rng.integers(1, 6, size=2))
    value = algebra.add(*(algebra.multiply(const(f * k * n), t, X) for f, t in ((2, X), (-4, Y), (6, ONE))))
    x, y = grab(at, "x"), grab(at, "y")
    return close(value, k * n * x * (2 * x - 4 * y + 6), at)


def n3_square(rng: np.random.Generator, at: Setting) -> bool:
    """A polynomial that is a square is the power of a shorter one, and no other is."""
    k, n = (int(e) for e in rng.integers(-4, 5, size=2))
    square = algebra.power(algebra.add(algebra.multiply(const(k or 1), X), algebra.multiply(const(n or 1), Y)), 2)
    whole = algebra.add(*algebra.expanded(square))  # type: ignore[arg-type]
    x, y = grab(at, "x"), grab(at, "y")
    other = algebra.add(whole, algebra.multiply(const(int(rng.integers(1, 9))), X, Y))
    extra = numbers(algebra.subtract(other, whole), at) / (x * y)
    right = close(whole, ((k or 1) * x + (n or 1) * y) ** 2, at) and whole == square
    return right and close(other, ((k or 1) * x + (n or 1) * y) ** 2 + extra * x * y, at)


def n4(rng: np.random.Generator, at: Setting) -> bool:
    k = int(rng.integers(1, 5))
    divisor = algebra.add(X, algebra.multiply(const(k), Y), const(7))
    terms = [algebra.multiply(t, o) for t in (X, Y, ONE) for o in (X, algebra.multiply(const(k), Y), const(7))]
    value = algebra.add(*(algebra.multiply(t, algebra.power(divisor, -1)) for t in terms))
    assert isinstance(value, Product)
    return close(value, grab(at, "x") + grab(at, "y") + 1, at)


def n5(rng: np.random.Generator, at: Setting) -> bool:
    k = int(rng.integers(1, 5))
    value = sums.sum_over([J], algebra.add(algebra.multiply(X, U), algebra.multiply(const(k), C)))
    return close(value, grab(at, "x") * grab(at, "u").sum(1, keepdims=True) + 4 * k * at.values["c"], at)


def n6(rng: np.random.Generator, at: Setting) -> bool:
    centred = sym("g", ROW, J, facts=["sum over 1 is 0"])
    value = algebra.add(sums.sum_over([J], H), sums.sum_over([J], S), sums.sum_over([J], algebra.multiply(X, centred)))
    u = grab(at, "u")
    numbers = Setting({**at.values, "g": u - u.mean(1, keepdims=True)}, SIZES)
    return close(value, 1 + grab(at, "s").sum(1, keepdims=True), numbers) and "g" not in value.names


def n7(rng: np.random.Generator, at: Setting) -> bool:
    k = int(rng.integers(-2, 3))
    value = exponentials.exp(algebra.add(algebra.multiply(const(k), X), Y, exponentials.log(P), const(1)))
    return close(value, np.exp(k * grab(at, "x") + grab(at, "y") + 1) * grab(at, "p"), at)


def n8(rng: np.random.Generator, at: Setting) -> bool:
    k = int(rng.integers(-3, 4)) or 1
    value = exponentials.log(
        algebra.multiply(const(3), algebra.power(P, k), Q, algebra.power(X, 2), algebra.power(C, 2))
    )
    wanted = np.log(3 * grab(at, "p") ** float(k) * grab(at, "q") * grab(at, "x") ** 2 * at.values["c"] ** 2)
    return close(value, wanted, at) and close(
        exponentials.log(algebra.multiply(X, Y, X, Y)), 2 * np.log(np.abs(grab(at, "x") * grab(at, "y"))), at
    )


def n9(rng: np.random.Generator, at: Setting) -> bool:
    a = sym("a", ROW, facts=["in (0, 1)"])
    p, q, r, s = (int(e) for e in rng.integers(1, 6, size=4))
    if p * s == q * r:
        return True
    e = exponentials.exp(X)
    form = algebra.divide_by(
        algebra.add(algebra.multiply(const(p), e), const(q)), algebra.add(algebra.multiply(const(r), e), const(s))
    )
    assert isinstance(a, Product)
    solution = solving.solve(form, a, (ROW,))
    assert solution is not None
    known = grab(at, "x")
    values = {**at.values, "a": ((p * np.exp(known) + q) / (r * np.exp(known) + s))[:, 0]}
    return close(solution.value, np.exp(known), Setting(values, SIZES))


def n9_factor(rng: np.random.Generator, at: Setting) -> bool:
    """(x + k y)/p, sqrt(p + k) and a mean of rows as named values, put back where they are looked for."""
    k = int(rng.integers(1, 6))
    shifted = algebra.add(X, algebra.multiply(const(k), Y))
    mean = algebra.divide_by(sums.sum_over([J], U), size("n"))
    root = algebra.power(algebra.add(P, const(k)), Fraction(1, 2))
    x, p, u = grab(at, "x"), grab(at, "p"), grab(at, "u")
    named = (x + k * grab(at, "y")) / p
    cases = (
        (
            algebra.divide_by(shifted, P),
            named,
            algebra.multiply(shifted, algebra.power(Q, 2)),
            named * p * grab(at, "q") ** 2,
        ),
        (root, np.sqrt(p + k), algebra.power(root, -3), (p + k) ** -1.5),
        (mean, u.mean(1, keepdims=True), sums.sum_over([J], algebra.power(U, 1)), u.sum(1, keepdims=True)),
        (mean, u.mean(1, keepdims=True), sums.sum_over([J], algebra.subtract(U, sym("r", ROW))), np.zeros(())),
    )
    for form, data, value, wanted in cases:
        solution = solving.solve(form, sym("r", ROW), (ROW,))
        assert solution is not None
        found = solution.apply(value)
        with_name = Setting({**at.values, "r": data[:, 0]}, SIZES)
        if not close(found, wanted, with_name) or found.names & {"x", "u"}:
            return False
    return True


def n10(rng: np.random.Generator, at: Setting) -> bool:
    z = tg.Tensor(rng.normal(size=3) * 3)
    found = (
        elementwise.ELEMENTWISE[TABLE["expm1"]](X),
        elementwise.ELEMENTWISE[TABLE["log1p"]](P),
        elementwise.ELEMENTWISE[TABLE["sinh"]](X),
    )
    x, p = grab(at, "x"), grab(at, "p")
    wanted = np.expm1(x), np.log1p(p), np.sinh(x)
    return all(close(f, w, at) for f, w in zip(found, wanted, strict=True)) and z.size == 3


def n11(rng: np.random.Generator, at: Setting) -> bool:
    picked = sums.apply("log", sums.sum_over([J], algebra.multiply(H, S)))
    mixed = sums.apply("log", sums.sum_over([J], algebra.multiply(sym("w", ROW, J, facts=["positive"]), S)))
    values = {**at.values, "w": at.values["s"] + 1}
    one = close(picked, (grab(at, "h") * np.log(grab(at, "s"))).sum(1, keepdims=True), at)
    two = close(mixed, np.log(((grab(at, "s") + 1) * grab(at, "s")).sum(1, keepdims=True)), Setting(values, SIZES))
    return one and two


def n12(rng: np.random.Generator, at: Setting) -> bool:
    k = int(rng.integers(1, 5))
    value = algebra.choose(algebra.positive(X), algebra.multiply(const(k), X), algebra.multiply(const(-1), Y))
    same = algebra.choose(algebra.positive(Y), algebra.add(X, Y), algebra.add(Y, X))
    x, y = grab(at, "x"), grab(at, "y")
    return close(value, np.where(x > 0, k * x, -y), at) and close(same, x + y, at) and isinstance(same, Product)


def n12_implied(rng: np.random.Generator, at: Setting) -> bool:
    """Conditions inside conditions: each pair of lines a x + b y > c, of which one may decide the other."""
    x, y = grab(at, "x"), grab(at, "y")
    (a, b), (c, d) = rng.integers(-1, 2, size=2), rng.integers(-2, 3, size=2)
    tests = [
        algebra.add(algebra.multiply(const(int(a or 1)), X), const(int(k)), *([Y] if b > 0 else [])) for k in (c, d)
    ]
    lines = [int(a or 1) * x + int(k) + (y if b > 0 else 0) for k in (c, d)]
    turned = bool(rng.integers(2))
    other = algebra.negative(tests[1]) if turned else tests[1]
    assert isinstance(tests[0], Product)
    assert isinstance(other, Product)
    inner = algebra.choose(algebra.positive(other), X, C)
    value = algebra.choose(algebra.positive(tests[0]), inner, algebra.add(inner, ONE))
    within = np.where((lines[1] < 0) if turned else (lines[1] > 0), x, at.values["c"])
    return close(value, np.where(lines[0] > 0, within, within + 1), at)


def n12_zero(rng: np.random.Generator, at: Setting) -> bool:
    """A norm needs no case where it is 0; e^c, which is 1 there, does."""
    k = Fraction(int(rng.integers(1, 4)), 2)
    square = sums.sum_over([J], algebra.power(U, 2))
    assert isinstance(square, Product)
    norm = algebra.choose(algebra.zero(square), const(0), algebra.multiply(X, algebra.power(square, k)))
    one = algebra.choose(algebra.zero(C), const(0), exponentials.exp(C))
    still = Setting({**at.values, "c": np.zeros(()), "u": at.values["u"] * rng.integers(2)}, SIZES)
    wanted = grab(at, "x") * (grab(still, "u") ** 2).sum(1, keepdims=True) ** float(k)
    return isinstance(norm, Product) and close(norm, wanted, still) and close(one, 0, still)


def slopes(rng: np.random.Generator, at: Setting) -> bool:
    k = int(rng.integers(1, 4))
    value = algebra.add(
        exponentials.log(algebra.add(P, ONE)),
        algebra.power(P, k),
        exponentials.exp(algebra.multiply(const(-1), P)),
        sums.apply("sin", P),
    )
    found = calculus.differentiate(
        sums.sum_over([Index("l", "m")], sums.rename(value, {ROW: Index("l", "m")})), "p", (ROW,)
    )
    p = grab(at, "p")
    return close(found, 1 / (p + 1) + k * p ** (k - 1) - np.exp(-p) + np.cos(p), at)


def deltas(rng: np.random.Generator, at: Setting) -> bool:
    inner = algebra.multiply(
        sums.rename(U, {J: K}), algebra.add(sums.delta(J, K), algebra.multiply(const(-1), sums.rename(V, {J: K})))
    )
    u, v = grab(at, "u"), grab(at, "v")
    return close(sums.sum_over([K], inner), u - (u * v).sum(1, keepdims=True), at)


def deltas_met(rng: np.random.Generator, at: Setting) -> bool:
    other = sums.rename(U, {J: K})
    tied = algebra.multiply(sums.delta(J, K), algebra.add(other, algebra.power(U, 2), const(1)))
    value = algebra.add(tied, algebra.multiply(sums.delta(J, K), algebra.power(other, 2)))
    u = grab(at, "u")
    whole = np.eye(u.shape[-1]) * (1 + u + 2 * u**2)[..., None]
    order = (ROW, J, K)
    found = number(value, at, order).value()
    return K in value.free and np.allclose(np.broadcast_to(found, whole.shape), whole)


RULES: dict[str, Callable[[np.random.Generator, Setting], bool]] = {
    "N1": n1, "N1 of a root": n1_root, "N2": n2, "N3": n3, "N3 of a square": n3_square, "N4": n4, "N5": n5, "N6": n6, "N7": n7, "N8": n8, "N9": n9, "N9 of a factor": n9_factor, "N10": n10,
    "N11": n11, "N12": n12, "N12 implied": n12_implied, "N12 zero": n12_zero, "derivative": slopes, "delta": deltas, "delta met": deltas_met,
}  # fmt: skip

real_product, real_expanded, real_divide = algebra.product, algebra.expanded, polynomials.divide
real_slope = calculus._slope

MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "N1": (algebra, "product", lambda c, p: real_product(c, {b: abs(e) for b, e in p.items()})),
    "N1 of a root": (radicals, "_root", lambda number, exponent: (number, 1)),
    "N2": (algebra, "expanded", lambda v: (lambda terms: terms[:-1] if len(terms) > 1 else terms)(real_expanded(v))),
    "N3": (algebra, "_without", lambda part, common: part),
    "N3 of a square": (algebra, "perfect_square", lambda terms: (1, list(terms[:2])) if len(terms) == 3 else None),
    "N4": (algebra, "divide", lambda t, by: (real_divide(t, by) or [None])[:-1] or None),
    "N5": (sums, "size", lambda axis: ONE),
    "N6": (sums, "_known_sum", lambda base, k: ONE if k in base.free else None),
    "N7": (exponentials, "_exp", lambda v: exponentials.log(algebra.add(v, const(9)))),
    "N8": (signs, "positive_base", lambda base: True),
    "N9": (solving, "negative", lambda v: v),
    "N9 of a factor": (solving, "divide_by", algebra.multiply),
    "N10": (elementwise, "apply", lambda name, v: sums.apply("sin", v)),
    "N11": (sums, "_pick_factor", lambda body, bound: next(b for b, _ in body.factors if hasattr(b, "symbol"))),
    "N12": (algebra, "subtract", lambda u, v: const(0)),
    "N12 implied": (algebra, "implied", lambda wanted, given, holds: holds),
    "N12 zero": (algebra, "vanishes", lambda value, base: True),
    "derivative": (calculus, "_slope", lambda name, v: algebra.multiply(const(-1), real_slope(name, v))),
    "delta": (sums, "_collapse", lambda k, partner, body: sums._sum_one(k, sums.rebuild(body, lambda b: const(0) if hasattr(b, "left") else None))),
    "delta met": (sums, "met", lambda value: value if len(value.factors) < 2 else real_product(value.coef, dict(value.factors[:1]))),
}  # fmt: skip


def all_hold(rule: str) -> bool:
    """Whether a rule holds on 40 random cases; a crash or an outgrown budget is a failure."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        try:
            with np.errstate(all="ignore"):
                if not RULES[rule](rng, setting(rng)):
                    return False
        except (
            BudgetError,
            AssertionError,
            TypeError,
            AttributeError,
            StopIteration,
            RecursionError,
            KeyError,
            ValueError,
        ):
            return False
    return True


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds(rule: str) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        assert RULES[rule](rng, setting(rng)), f"{rule}, seed {seed}"


@pytest.mark.parametrize("rule", RULES)
def test_a_broken_rule_is_noticed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, broken = MUTANTS[rule]
    monkeypatch.setattr(module, name, broken)
    assert not all_hold(rule)


def test_equal_values_have_equal_keys() -> None:
    """1/(1 + e^−z), e^z/(1 + e^z) and (1 + tanh(z/2))/2 are one and the same."""
    e = exponentials.exp(X)
    one = algebra.power(algebra.add(ONE, exponentials.exp(algebra.multiply(const(-1), X))), -1)
    two = algebra.divide_by(e, algebra.add(ONE, e))
    root = exponentials.exp(algebra.multiply(const(Fraction(1, 2)), X))
    back = algebra.power(root, -1)
    tanh = algebra.divide_by(algebra.subtract(root, back), algebra.add(root, back))
    three = algebra.multiply(const(Fraction(1, 2)), algebra.add(ONE, tanh))
    assert one.key == two.key == three.key


def test_bound_names_are_canonical() -> None:
    other = Index("anything", "n")
    assert sums.sum_over([J], U).key == sums.sum_over([other], sums.rename(U, {J: other})).key


def test_sums_may_be_nested_either_way() -> None:
    left = sums.sum_over([ROW], algebra.multiply(X, sums.sum_over([J], U)))
    right = sums.sum_over([J], sums.sum_over([ROW], algebra.multiply(X, U)))
    assert left == right
    assert sums.sum_over([ROW], ONE) == size("m")


def test_no_wrong_positivity() -> None:
    """What is said to be positive is."""
    assert same_formula("log(x*y)", "log(x) + log(y)").domain == "x > 0 and y > 0"
    assert same_formula("log(x*y)", "log(x) + log(y)", facts={"x": "positive", "y": "positive"}).how == "proved"
    assert not same_formula("sqrt(x**2)", "x")
