"""The order of judgement: proofs before floats, refutations with their term, points, and domains."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_lite.derivations import same_formula
from tinygrad_lite.derivations.judging.exact import exact_value
from tinygrad_lite.derivations.judging.sides import Side
from tinygrad_lite.errors import FormulaError


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("(x + 1e9) - 1e9", "x"),
        ("exp(x + 1e9) / exp(1e9)", "exp(x)"),
        ("(x + y)**8 - x**8 - y**8", "(y + x)**8 - y**8 - x**8"),
    ],
)
def test_a_proof_beats_floats_that_cancel(f: str, g: str) -> None:
    assert same_formula(f, g).how == "proved"


@pytest.mark.parametrize(
    ("f", "g", "difference"),
    [
        ("2*x", "x", "x"),
        ("x", "x + 1e-12", "−10⁻¹²"),
        ("x_ij", "1.0000000001 x_ij", "−10⁻¹⁰ x_ij"),
        ("x * exp(z)", "0", "e^z x"),
        ("(a - y) * x", "(y - a) * x", "2 x (a − y)"),
    ],
)
def test_a_difference_that_is_a_term_refutes(f: str, g: str, difference: str) -> None:
    answer = same_formula(f, g)
    assert (answer.same, answer.how, answer.difference) == (False, "proved", difference)
    assert difference in answer.reason


def test_a_false_answer_shows_the_element_that_differs() -> None:
    answer = same_formula("x_i", "x_i [x_i > 0]", shapes={"x": (4,)})
    assert not answer
    assert answer.point is not None
    assert answer.values is not None
    x = answer.point["x"]
    assert x[answer.element] == answer.values[0] < 0
    assert answer.values[1] == 0
    assert f"element {list(answer.element)} is" in answer.reason


@pytest.mark.parametrize(("f", "g"), [("sum(A)", "A"), ("x_i", "x_i y_j"), ("A", "sum(A, axis=0)")])
def test_results_of_different_shapes_are_shown(f: str, g: str) -> None:
    answer = same_formula(f, g)
    assert (answer.same, answer.how) == (False, "shapes")
    assert answer.reason.count("(") == 2


DOMAINS = [
    ("log(x)", "log(abs(x))", True, "x > 0"),
    ("x / x", "1", True, "x ≠ 0"),
    ("log(x*y)", "log(x) + log(y)", True, "x > 0 and y > 0"),
    ("log(x**2)", "2*log(x)", True, "x > 0"),
    ("sqrt(x)**2", "x", True, "x ≥ 0"),
    ("sqrt(x*y)", "sqrt(x)*sqrt(y)", True, "x ≥ 0 and y ≥ 0"),
    ("(x**2 - y**2) / (x - y)", "x + y", True, "x ≠ y"),
    ("exp(log(x))", "x", True, "x > 0"),
    ("-(y/a - (1 - y)/(1 - a)) * a * (1 - a)", "a - y", True, "a ≠ 1 and a ≠ 0"),
    ("log(a) - log(1 - a)", "log(a / (1 - a))", True, "a < 1 and a > 0"),
    ("1 / (1 + exp(-z))", "exp(z) / (1 + exp(z))", True, ""),
    ("1 / x", "x / x**2", True, ""),
    ("log(x) + log(x)", "2*log(x)", True, ""),
    ("sqrt(x**2)", "x", False, "x ≥ 0"),
    ("abs(x)", "-x", False, "x ≤ 0"),
    ("max(0, x)", "x", False, "x ≥ 0"),
    ("sqrt(x**2)", "abs(x)", True, ""),
]


@pytest.mark.parametrize(("f", "g", "same", "domain"), DOMAINS)
def test_an_answer_says_where_formulas_are_the_same(f: str, g: str, same: bool, domain: str) -> None:
    answer = same_formula(f, g)
    assert (answer.same, answer.domain) == (same, domain), str(answer)
    if domain:
        assert domain in str(answer)


def test_a_fact_makes_the_domain_needless() -> None:
    answer = same_formula("log(x*y)", "log(x) + log(y)", facts={"x": "positive", "y": "positive"})
    assert (answer.how, answer.domain) == ("proved", "")


def test_formulas_that_differ_on_a_kink_only_differ() -> None:
    answer = same_formula("where(x > 0, 1, 0)", "where(x >= 0, 1, 0)")
    assert not answer
    assert answer.point is not None
    assert float(answer.point["x"]) == 0


def test_formulas_that_are_nowhere_defined_together_differ() -> None:
    assert not same_formula("log(x)", "log(-x)")


def test_formulas_without_a_number_are_refused() -> None:
    with pytest.raises(FormulaError, match="finite at no random point"):
        same_formula("log(-exp(x))", "log(-1 - x**2)")


def rational(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["x", "y", "z", "2", "3", "0.5"])
    if depth == 0:
        return leaf
    inner = rational(depth - 1)
    return st.one_of(leaf, st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner))


def number(text: str, point: dict[str, Fraction]) -> Fraction:
    """The value by Python's own arithmetic."""
    return Fraction(eval(text.replace("0.5", "half"), {"half": Fraction(1, 2), **point}))


@given(rational(3), rational(3), st.integers(1, 10**6))
def test_polynomials_are_the_same_where_python_finds_them_equal(f: str, g: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = [{n: Fraction(int(rng.integers(-99, 99)), 7) for n in "xyz"} for _ in range(8)]
    equal = all(number(f, p) == number(g, p) for p in points)
    answer = same_formula(f, g)
    assert answer.same is equal, f"{f} | {g}: {answer}"
    assert answer.how == "proved"
    assert same_formula(g, f).same is equal


@given(rational(3))
def test_every_formula_is_itself_and_not_itself_and_one_more(f: str) -> None:
    assert same_formula(f, f).how == "proved"
    assert not same_formula(f, f"{f} + 1")


@given(rational(3), st.integers(0, 99))
def test_fractions_are_computed_without_rounding(f: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    point = {n: Fraction(int(rng.integers(-99, 99)), 7) for n in "xyz"}
    assert exact_value(Side.of(f), point) == number(f, point)


def test_no_fractions_where_a_formula_is_not_rational_or_grows() -> None:
    point = {"x": Fraction(2)}
    assert exact_value(Side.of("exp(x)"), point) is None
    assert exact_value(Side.of("x**0.5"), point) is None
    assert exact_value(Side.of("((x**30)**30)**30"), point) is None
    assert exact_value(Side.of("1 / (x - 2)"), point) is None
    assert exact_value(Side.of("x**-2"), point) == Fraction(1, 4)


def test_a_function_that_looks_at_its_numbers_is_not_believed_at_one_point() -> None:
    assert not same_formula(lambda z: z * (z.numpy() > 0), "z")
    masked = same_formula(lambda z: z * (z.numpy() > 0), "max(0, z)")
    assert (masked.same, masked.how) == (True, "random points")


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("relu'(z)", "where(z > 0, 1, 0)"),
        ("leaky_relu'(z)", "where(z > 0, 1, 0.01)"),
        ("abs'(z)", "sign(z)"),
        ("sign'(z)", "0"),
        ("relu''(z)", "0"),
        ("softplus'(z)", "σ(z)"),
    ],
)
def test_primes_of_functions_with_kinks(f: str, g: str) -> None:
    assert same_formula(f, g).how == "proved"
    assert not same_formula(f, f"{g} + z")


def test_a_prime_is_for_one_element() -> None:
    with pytest.raises(FormulaError, match="work element by element"):
        same_formula("softmax'(z) * max'(z)", "1")


def test_an_answer_counts_the_points_on_which_the_formulas_were_compared() -> None:
    assert "equal on 20 random points" in same_formula("abs(x*y)", "abs(x)*abs(y)").reason
    seldom = same_formula("sqrt(-x - 2) + sin(2*x)", "2*sin(x)*cos(x) + sqrt(-x - 2)")
    assert 0 < int(seldom.reason.split()[2]) < 20, seldom.reason


def test_a_difference_that_cannot_be_written_is_judged_all_the_same() -> None:
    assert not same_formula("tanh'(relu(t))", "tanh'(t / 2 + sqrt((-t)^2) / 2 + 1e-9)")
