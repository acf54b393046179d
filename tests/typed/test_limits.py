"""What is too long, too deep or too large ends in an error of ours that says the limit: typed, derived and compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.work import counted
from tinygrad_lite.command.derive import from_expression
from tinygrad_lite.command.draw import from_expression as drawn
from tinygrad_lite.derivations import derive_expression
from tinygrad_lite.errors import DerivationError, DTypeError, FormulaError

LARGE, SMALL = "floats end at 1.8e308", "below 4.9e-324 floats are 0"

TYPED = {
    "sigmoid'''''(x)": "at most 4 primes; sigmoid has 5",
    "sigmoid" + "'" * 1000 + "(x)": "at most 4 primes; sigmoid has 1,000",
    "(" * 200 + "x" + ")" * 200: "brackets nest deeper than 40",
    "(" * 5000 + "x" + ")" * 5000: "at most 10,000 characters",
    "-" * 400 + "x": "more than 40 signs",
    "+".join(["x"] * 300): "at most 500 signs and names",
    "2**2**2**2**2*x": LARGE,
    "9**9**9*x": LARGE,
    "1e400*x": LARGE,
    "9" * 400 + "*x": LARGE,
    "1e-400*x": SMALL,
    "(-1)**0.5*x": "not real",
    "1/0*x": "cannot be computed",
    "sum(x, axis=99999999999999999999)": "cannot be computed",
    "x*'y": "has no meaning",
    "x\0": r"'\x00' has no meaning",
    "": "the formula is empty",
}


@pytest.mark.parametrize("ask", [tg.same_formula, derive_expression], ids=["same_formula", "derive"])
@pytest.mark.parametrize("text", TYPED, ids=lambda text: repr(text[:20]))
def test_a_typed_formula_beyond_a_limit_is_refused_with_the_limit(text: str, ask: Callable[..., Any]) -> None:
    with counted() as work, pytest.raises(FormulaError, match=re.escape(TYPED[text])):
        ask(text, "x")
    assert work.calls < 20_000


def test_four_primes_are_read() -> None:
    assert tg.same_formula("exp''''(x)", "exp(x)")
    assert tg.same_formula("a" + "'" * 1000, "a" + "'" * 1000)  # the primes of a name are no derivative


DERIVED = {
    "(2*x)**99999999": "a power of 99999999",
    "(x*1e308)**3": "1.8e308",
    "(x*1e-308)**3": "4.9e-324",
    "1e300*x*1e300*x": "1.8e308",
    "x/0": "0 has no reciprocal",
}


@pytest.mark.parametrize("text", DERIVED)
def test_numbers_that_no_float_can_hold_end_a_derivation(text: str) -> None:
    with counted() as work, pytest.raises(DerivationError, match=DERIVED[text]):
        derive_expression(text, "x")
    assert work.calls < 200_000


def chain(operations: int, step: Callable[[Any], Any]) -> tuple[Any, Any]:
    w: Any = tg.Tensor(0.5, requires_grad=True, name="w")
    c = w
    for _ in range(operations):
        c = step(c)
    return c, w


def test_a_graph_of_20_000_operations_is_refused_before_it_is_read() -> None:
    cost, w = chain(20_000, lambda t: t * 1.01)
    with counted() as work, pytest.raises(DerivationError, match=r"at most 5,000 operations; .* with 20,000"):
        tg.derive(cost, wrt=w)
    assert work.calls < 100_000
    assert float(tg.derive(*chain(100, lambda t: t * 1.01)).evaluate()) == pytest.approx(1.01**100)


def test_functions_in_functions_are_tried_once_each() -> None:
    cost, w = chain(1000, np.sin)
    with counted() as work, pytest.raises(DerivationError, match="functions nested 101 deep"):
        tg.derive(cost, wrt=w)
    assert work.calls < 400_000


def test_fractions_of_thousands_of_digits_are_a_budget_and_no_error_of_pythons() -> None:
    with pytest.raises(DerivationError, match="a fraction of more than 12,000 bits"):
        tg.derive(*chain(300, lambda t: t * 1.0000000001234567))


def test_an_axis_for_each_letter_and_more() -> None:
    def derived(axes: int) -> str:
        w = tg.Tensor(np.ones((2,) * axes), requires_grad=True, name="w")
        return str(tg.derive((w * w).sum(), wrt=w).formula)

    with counted() as work:
        assert derived(11) == "2 w_{jklpqrstuvn}"
    assert work.calls < 100_000  # and not 11! orders of the indices
    assert derived(13) == "2 w_{jklpqrstuvnia}"


BAD_SHAPES: list[Any] = [(-1,), (0,), (10**12,), tuple(range(1, 12)), "ab", 3, (1.5,), (2**40, 2**40)]


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=repr)
def test_shapes_that_are_none_are_refused(shape: Any) -> None:
    with pytest.raises(FormulaError, match="shapes: "):
        tg.same_formula("x", "x", shapes={"x": shape})


def test_shapes_and_facts_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(FormulaError, match="shapes are given for 'z', which no formula has; names are: x"):
        tg.same_formula("x", "x", shapes={"z": (2,)})
    with pytest.raises(FormulaError, match="'silly' is not one of 'positive'"):
        tg.same_formula("x", "x", facts={"x": "silly"})


LETS = {
    "a=1e400": LARGE, "a=-1e400": LARGE, "a=" + "9" * 5000: LARGE, "a=[1, 1e999]": LARGE,
    "a=" + "[" * 5000 + "]" * 5000: "nested at most 64 deep", "a=" + "[" * 65 + "1" + "]" * 65: "nested at most 64 deep",
    "a=" + '{"a":' * 5000: "neither a number", "a=٣": "neither a number", "a='1": "neither a number",
}  # fmt: skip


@pytest.mark.parametrize("let", LETS, ids=lambda text: repr(text[:12]))
def test_values_of_let_beyond_a_limit_are_refused(let: str) -> None:
    with pytest.raises(FormulaError, match=LETS[let]):
        from_expression("a*x", "x", [let])
    with pytest.raises(FormulaError, match=LETS[let]):
        drawn("a*x", ["x=1"], [let])


def test_a_name_has_one_value() -> None:
    with pytest.raises(FormulaError, match="--let gives 'a' two values"):
        from_expression("a*x", "x", ["a=1", "a=2"])
    with pytest.raises(FormulaError, match="--let and --const both give 'a'"):
        drawn("a*2", ["a=1"], ["a=2"])


def test_values_given_in_python_are_checked_as_those_of_the_command() -> None:
    for bad in ("abc", [1, [2]], 1j, None):
        with pytest.raises(DTypeError, match="--let a"):
            derive_expression("a*x", "x", {"a": bad})


def test_lists_that_nest_without_end_are_refused() -> None:
    deep: Any = 1.0
    for _ in range(2000):
        deep = [deep]
    endless: list[Any] = []
    endless.append(endless)
    for nested in (deep, endless):
        with pytest.raises(DTypeError, match="at most 64 lists"):
            tg.Tensor(nested)
        with pytest.raises(DTypeError, match="nest at most 100 deep"):
            tg.grad(lambda x: x)(nested)
