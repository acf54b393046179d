"""A compiled function gives what the function gives, on every input of its signature."""

from __future__ import annotations

import copy
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.notebooks import bundle, untrusted
from tinygrad_lite.errors import CompileError, DomainError

Array = np.ndarray[Any, Any]


def network(w: Array, b: Array, v: Array, c: Array, x: Array, y: Array) -> Any:
    return tg.cross_entropy(tg.sigmoid(tg.sigmoid(x @ w + b) @ v + c), y)


def numbers(*shapes: tuple[int, ...], seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def network_arrays(seed: int = 0) -> list[Any]:
    y = np.random.default_rng(seed).integers(0, 2, (5, 3)).astype(float)
    return [*numbers((7, 4), (4,), (4, 3), (3,), (5, 7), seed=seed), y]


def alike(got: Any, expected: Any) -> None:
    """Nested results, equal in types, shapes and dtypes, and in their numbers to a few ulps."""
    assert type(got) is type(expected)
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for key in expected:
            alike(got[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            alike(a, b)
    elif expected is None or isinstance(expected, str):
        assert got == expected
    else:
        assert np.shape(got) == np.shape(expected)
        assert np.asarray(got).dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


def test_value_and_gradient_of_a_network_on_fresh_inputs() -> None:
    eager = tg.value_and_grad(network, (0, 1, 2, 3))
    compiled = tg.compile(eager)
    for seed in range(3):
        arrays = network_arrays(seed)
        alike(compiled(*arrays), eager(*arrays))


def test_a_where_that_flips_and_a_maximum_that_moves() -> None:
    def f(x: Array) -> Any:
        return np.where(x > 0, x * x, np.exp(x)).sum() + np.max(x) ** 2

    eager = tg.value_and_grad(f)
    compiled = tg.compile(eager)
    for seed in range(4):
        (x,) = numbers((3, 4), seed=seed)
        alike(compiled(x), eager(x))


def test_an_error_is_eagers_own() -> None:
    arrays = network_arrays()
    compiled = tg.compile(network)
    compiled(*arrays)
    arrays[5] = arrays[5] + 1
    with pytest.raises(DomainError, match="targets must lie in"):
        compiled(*arrays)


def test_a_warning_is_eagers_own() -> None:
    compiled = tg.compile(lambda x: np.log(x).sum())
    compiled(np.ones(2))
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in log"):
        assert compiled(np.zeros(2)) == -np.inf


def test_a_gradient_that_is_damaged_is_named_as_eager_names_it() -> None:
    compiled = tg.compile(tg.grad(lambda x: np.sqrt(x).sum()))
    compiled(np.ones(2))
    with pytest.warns(tg.NumericsWarning, match="made by sqrt"):
        compiled(np.zeros(2))


def test_results_are_nested_as_the_function_nests_them() -> None:
    def f(x: Array, lr: float, n: int) -> Any:
        return [x * lr, {"n": n, "sum": x.sum()}, x, lr * 2, (None, "text")]

    compiled = tg.compile(f)
    for dtype in (np.float64, np.float32):
        x = np.ones(3, dtype)
        alike(compiled(x, 0.5, 2), f(x, 0.5, 2))
        assert compiled(x, 0.25, 2)[2] is x


def test_a_python_float_is_an_input_and_a_whole_number_is_not() -> None:
    def f(x: Array, lr: float, n: int) -> Any:
        return x * lr**n

    compiled = tg.compile(f)
    x = np.arange(3.0)
    for lr in (0.1, 0.2, 0.3):
        alike(compiled(x, lr, 2), x * lr**2)
    assert compiled.programs == 1
    compiled(x, 0.1, 3)
    assert compiled.programs == 2


def test_a_python_float_that_a_function_decides_by_is_part_of_the_signature() -> None:
    def f(x: Array, slope: float) -> Any:
        return x if slope > 1 else slope * x

    compiled = tg.compile(f)
    for slope in (0.5, 2.0, 0.25):
        alike(compiled(np.ones(2), slope), f(np.ones(2), slope))


def test_a_branch_on_a_value_is_refused_with_its_line() -> None:
    def f(x: Array) -> Any:
        return x if x.sum() > 0 else -x

    with pytest.raises(
        CompileError, match=r"test_compile.py, line \d+ \(return x if x.sum\(\) > 0 else -x\): a branch"
    ):
        tg.compile(f)(np.ones(2))


def test_an_argument_that_is_updated_in_place_is_updated_for_the_caller() -> None:
    def step(w: Array, x: Array, lr: float) -> Any:
        value, slope = tg.value_and_grad(lambda w: ((x @ w) ** 2).sum())(w)
        w -= lr * slope
        return value

    compiled = tg.compile(step)
    w, x = numbers((3, 2), (4, 3))
    mine, others = w.copy(), w.copy()
    for _ in range(3):
        alike(compiled(mine, x, 0.01), step(others, x, 0.01))
        alike(mine, others)


def test_a_sequence_that_is_no_array_is_refused_with_what_makes_one() -> None:
    total = tg.compile(lambda x: np.sum(x))
    data = bytearray([1, 2])
    with pytest.raises(CompileError, match=r"the argument x is of type bytearray, .*np\.asarray"):
        total(data)
    assert total(np.asarray(data)) == 3.0


def test_a_view_of_what_is_updated_in_place_is_refused() -> None:
    def step(w: Array) -> Any:
        first = w[:2]
        w *= 2.0
        return first + 1.0

    with pytest.raises(CompileError, match=r"w \*= 2.0"):
        tg.compile(step)(np.ones(3))


def test_results_share_no_memory_with_anything() -> None:
    def f(x: Array) -> Any:
        y = x * 2.0
        return y, y.T, x.reshape(-1), y

    compiled = tg.compile(f)
    x = np.ones((2, 3))
    first = compiled(x)
    for array in first:
        array += 1
    alike(compiled(x), f(np.ones((2, 3))))


def test_few_programs_are_kept() -> None:
    @tg.compile(most=2)
    def f(x: Array) -> Any:
        return x + 1.0

    kept = []
    for size in (1, 2, 1, 3, 1, 2):
        f(np.ones(size))
        kept.append(f.programs)
    assert kept == [1, 2, 2, 2, 2, 2]


def slope_of_square(x: Array) -> Any:
    return tg.grad(lambda x: (x**2).sum())(x)


slope_compiled = tg.compile(slope_of_square)


def test_the_source_is_that_of_the_last_call_and_can_be_saved(tmp_path: Path) -> None:
    compiled = tg.compile(slope_of_square)
    with pytest.raises(CompileError, match="called once"):
        _ = compiled.source
    compiled(np.ones(3))
    compiled.save(tmp_path / "slope.py")
    space: dict[str, Any] = {}
    exec((tmp_path / "slope.py").read_text(encoding="utf-8"), space)
    np.testing.assert_array_equal(space["slope_of_square"](np.arange(3.0)), 2 * np.arange(3.0))
    assert "def program(x" in compiled.fast_source


def test_a_notebook_shows_the_source_also_where_it_is_not_trusted() -> None:
    compiled = tg.compile(slope_of_square)
    kind, said = untrusted(bundle(compiled))
    assert (kind, said.count("\n")) == ("text/plain", 0)
    assert "Call it first" in said
    compiled(np.ones(3))
    assert untrusted(bundle(compiled)) == ("text/markdown", f"```python\n{compiled.source.rstrip()}\n```")
    assert bundle(compiled)["text/plain"] == compiled.source


def test_a_notebook_shows_a_source_that_holds_backquotes_whole() -> None:
    compiled = tg.compile(lambda x, options: x * options["```"])
    compiled(np.ones(2), {"```": 2})
    first, *_, last = bundle(compiled)["text/markdown"].splitlines()
    assert "```" in compiled.source
    assert (first, last) == ("````python", "````")


def test_a_compiled_function_is_copied_and_pickled_as_a_function_is() -> None:
    assert copy.deepcopy(slope_compiled) is slope_compiled
    again = pickle.loads(pickle.dumps(slope_compiled))
    np.testing.assert_array_equal(again(np.ones(2)), [2.0, 2.0])


def test_the_source_holds_for_a_number_that_the_function_decides_by() -> None:
    def f(x: Array, slope: float) -> Any:
        return x if slope > 1 else slope * x

    compiled = tg.compile(f)
    compiled(np.ones(2), 0.5)
    assert "# It holds for slope = 0.5 alone.\ndef f(x):\n    return 0.5 * x\n" in compiled.source


def test_the_source_names_the_arguments_of_a_compiled_function_that_it_differentiates() -> None:
    compiled = tg.compile(tg.grad(tg.compile(lambda w, x: (w * x) ** 2)))
    compiled(2.0, 3.0)
    assert "(w, x):" in compiled.source


def test_the_source_of_a_function_that_returns_nothing_runs() -> None:
    compiled = tg.compile(lambda w: None)
    compiled(1.0)
    exec(compiled.source, {})  # Python takes it
    assert "(w):\n    pass\n" in compiled.source


def test_the_source_says_which_parts_of_an_argument_it_holds_for() -> None:
    compiled = tg.compile(lambda x, options: x ** options["power"] / options["by"] + sum(options["both"]))
    compiled(np.ones(2), {"power": 3, "by": np.float64(2.0), "both": [1, 2]})
    assert "# It holds for options['power'] = 3 and options['both'] = [1, 2] alone." in compiled.source


def test_a_function_of_math_is_refused_with_what_to_write() -> None:
    with pytest.raises(CompileError, match=r"a function of math takes a value .* Write np\.exp for math\.exp"):
        tg.compile(lambda x: math.exp(x))(np.array(1.0))


def test_at_least_one_program_is_kept() -> None:
    with pytest.raises(DomainError, match="at least one program; got most=0"):
        tg.compile(np.sum, most=0)


@pytest.mark.parametrize("place", [1, np.int64(1), np.array(1), True])
def test_an_index_that_is_an_argument_is_taken_as_it_comes(place: Any) -> None:
    def cost(z: Any, y: Any) -> Any:
        return (z[y] ** 2).sum()

    z = np.arange(3.0)
    for f in (cost, tg.grad(cost)):
        assert np.array_equal(tg.compile(f)(z, place), f(z, place))
