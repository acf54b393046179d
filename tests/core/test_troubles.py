"""Where a gradient becomes nan or inf: the warning names the node, the composite around it, and what to write instead."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf
from tinygrad_lite.core.primitives import TABLE

LOG = (
    r"log of a sigmoid or softmax is finite as tg\.cross_entropy_with_logits, tg\.log_softmax or -tg\.softplus\(-z\), "
)
LOG += r"and np\.where\(x > 0, np\.log\(np\.where\(x > 0, x, 1\)\), 0\) sets 0 aside"
ROOT = r"the root has an infinite slope at 0: np\.where\(x > 0, np\.sqrt\(np\.where\(x > 0, x, 1\)\), 0\) sets it aside"
QUOTIENT = r"a quotient of exponentials is finite as tg\.sigmoid or tg\.softmax"
POWER = r"a power below 1 has an infinite slope at 0, and a negative base no derivative by the exponent"
EXP = r"tg\.sigmoid, tg\.softmax, tg\.softplus and tg\.logsumexp exponentiate only numbers that are not positive"
LOOK = "look at its inputs for 0 or very large values"
COST = r"tg\.cross_entropy_with_logits\(z, y\) takes the logits and is finite everywhere"
LIKELY = r"tg\.log_likelihood_with_logits\(z, y\) takes the logits and is finite everywhere"


@tg.composite
def mine(x: Any) -> Any:
    return np.sqrt(x) * 2.0


@tg.composite(repair="do as I say")
def outer(x: Any) -> Any:
    return mine(x) + 1.0


def softmax_by_hand(z: Any) -> Any:
    e = np.exp(z)
    return e / e.sum()


def rooted(x: Any) -> Any:
    return np.where(x > 0, np.sqrt(x), 0.0).sum()


def aside(x: Any) -> Any:
    return np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0).sum()


def logged(x: Any) -> Any:
    return np.where(x > 0, np.log(x), 0.0).sum()


# What is computed; and the shape and primitive of the node that the warning names, what it is inside of, the repair.
Named = tuple[str, str, str, str]
DAMAGED: dict[str, tuple[Callable[[], Any], Named]] = {
    "log of zero": (lambda: np.log(leaf([0.0, 1.0])).sum(), ("(2,)", "log", "", LOG)),
    "root of zero": (lambda: np.sqrt(leaf([0.0, 4.0])).sum(), ("(2,)", "sqrt", "", ROOT)),
    "quotient by zero": (lambda: (leaf([1.0, 2.0]) / leaf([0.0, 1.0])).sum(), ("(2,)", "divide", "", QUOTIENT)),
    "zero by zero": (lambda: (leaf([0.0]) / leaf([0.0])).sum(), ("(1,)", "divide", "", QUOTIENT)),
    "overflow": (lambda: np.exp(leaf([1e3, 0.0])).sum(), ("(2,)", "exp", "", EXP)),
    "naive sigmoid": (lambda: (1 / (1 + np.exp(-leaf([-1e3])))).sum(), ("(1,)", "exp", "", EXP)),
    "naive softmax": (lambda: softmax_by_hand(leaf([1e3, 0.0])).max(), ("(2,)", "exp", "", EXP)),
    "power of a negative": (lambda: (leaf([-1.0, 2.0]) ** leaf([0.5, 1.0])).sum(), ("(2,)", "power", "", POWER)),
    "power below one": (lambda: (leaf([0.0, 2.0]) ** 0.3).sum(), ("(2,)", "power", "", POWER)),
    "reciprocal": (lambda: np.reciprocal(leaf([0.0])).sum(), ("(1,)", "reciprocal", "", LOOK)),
    "log1p": (lambda: np.log1p(leaf([-1.0])).sum(), ("(1,)", "log1p", "", LOOK)),
    "log2": (lambda: np.log2(leaf([0.0])).sum(), ("(1,)", "log2", "", LOOK)),
    "saturated sigmoid": (
        lambda: tg.cross_entropy(tg.sigmoid(leaf([1e3])), np.zeros(1)), ("(1,)", "xlog1py", "cross_entropy", COST)),
    "cross-entropy at zero": (
        lambda: tg.cross_entropy(leaf([0.0, 1.0]), np.ones(2)), ("(2,)", "xlogy", "cross_entropy", COST)),
    "saturated softmax": (
        lambda: tg.log_likelihood(tg.softmax(leaf([[1e3, 0.0]])), np.array([1])), ("(1,)", "log", "log_likelihood", LIKELY)),
    "log after softmax": (lambda: np.log(tg.softmax(leaf([1e3, 0.0]))).sum(), ("(2,)", "log", "", LOG)),
    "norm by hand": (lambda: np.sqrt((leaf([0.0, 0.0]) ** 2).sum()), ("()", "sqrt", "", ROOT)),
    "branch that where leaves out": (lambda: rooted(leaf([0.0, 4.0])), ("(2,)", "sqrt", "", ROOT)),
    "branch of a log that where leaves out": (lambda: logged(leaf([0.0, 4.0])), ("(2,)", "log", "", LOG)),
    "own composite": (lambda: mine(leaf([0.0, 1.0])).sum(), ("(2,)", "sqrt", "mine", ROOT)),
    "own repair": (lambda: outer(leaf([0.0, 1.0])).sum(), ("(2,)", "sqrt", "mine", "do as I say")),
    "deep": (lambda: np.exp(np.exp(leaf([10.0])) * 1.0).sum(), ("(1,)", "exp", "", EXP)),
    "large factors": (lambda: (leaf([1e200]) * 1e200).sum() * 1e200, ("(1,)", "multiply", "", LOOK)),
    "scalar": (lambda: np.log(leaf(0.0)), ("()", "log", "", LOG)),
    "nan without a flag": (lambda: np.sqrt(leaf(-1.0)), ("()", "sqrt", "", ROOT)),
    "float32": (lambda: np.exp(leaf(np.array([100.0], np.float32))).sum(), ("(1,)", "exp", "", EXP)),
}  # fmt: skip
SOUND: dict[str, Callable[[], Any]] = {
    "nan in the data": lambda: (leaf([np.nan, 1.0]) * 2.0).sum(),
    "inf in the data": lambda: (leaf([np.inf, 1.0]) * leaf([1.0, 1.0])).sum(),
    "set aside twice": lambda: aside(leaf([0.0, 4.0])),
    "log set aside": lambda: np.where((x := leaf([0.0, 4.0])) > 0, np.log(np.where(x > 0, x, 1)), 0).sum(),
    "finite": lambda: np.exp(leaf([1.0])).sum(),
    "finite gradient of nan": lambda: np.log(leaf([-1.0])).sum(), "infinite logsumexp": lambda: tg.logsumexp(leaf([np.inf, 0.0])),
    "underflow": lambda: np.exp(leaf([-800.0])).sum(), "flag without damage": lambda: (np.exp(leaf([1e3])) < 1.0) * leaf([1.0]),
}  # fmt: skip


def by_pull_back(result: Any) -> None:
    tg.pull_back(
        [result], [np.ones(result.shape)], [t for t in tg.graph(result) if t.primitive is None and t.needs_grad]
    )


WAYS: dict[str, Callable[[Any], Any]] = {
    "backward": lambda result: result.backward(np.ones(result.shape)),
    "create_graph": lambda result: result.backward(np.ones(result.shape), create_graph=True), "pull_back": by_pull_back,
}  # fmt: skip


def heard(make: Callable[[], Any], way: Callable[[Any], Any]) -> list[warnings.WarningMessage]:
    with np.errstate(all="ignore"):
        result = make()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        way(result)
    return caught


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_gradient_names_its_node_and_the_repair(name: str, way: str) -> None:
    make, (shape, primitive, inside, repair) = DAMAGED[name]
    caught = heard(make, WAYS[way])
    assert [w.category for w in caught] == [tg.NumericsWarning]  # one, and NumPy's own flags are not heard
    place = f"tensor of shape {shape} made by {primitive}" + (f" inside {inside}" if inside else "")
    plain = repair.replace("\\", "")
    assert str(caught[0].message) == (
        f"the gradient became nan or inf at {place}: {plain}. "
        "tg.derive(cost, wrt=…).evaluate() computes it from the closed form."
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SOUND)
def test_what_came_with_the_data_or_does_no_damage_is_not_warned_about(name: str, way: str) -> None:
    assert heard(SOUND[name], WAYS[way]) == []


def test_the_warning_points_to_the_line_that_called_backward() -> None:
    (caught,) = heard(DAMAGED["log of zero"][0], lambda result: result.backward())
    assert caught.filename == __file__


def test_looking_for_the_place_changes_no_gradient() -> None:
    x = leaf([0.0, 1.0])
    with np.errstate(all="ignore"):
        y = np.log(x)
    y.retain_grad()
    with pytest.warns(tg.NumericsWarning):
        (y * 2.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [np.inf, 2.0])  # type: ignore[union-attr]
    np.testing.assert_array_equal(y.grad.numpy(), [2.0, 2.0])


@pytest.mark.parametrize("state", ["ignore", "raise"])
def test_the_callers_error_state_is_as_before(state: Any) -> None:
    with np.errstate(all="ignore"):
        y = np.log(leaf([0.0, 1.0])).sum()
    with np.errstate(all=state):
        before = np.geterr(), np.geterrcall()
        with pytest.warns(tg.NumericsWarning):
            y.backward()
        assert (np.geterr(), np.geterrcall()) == before


def test_a_flag_inside_a_sweep_is_no_error_whatever_the_caller_has_set() -> None:
    x = leaf(1.0)
    y = (x * 1e-200 + x) * 1e-200
    with np.errstate(all="raise"):
        y.backward()  # 1e-200 times 1e-200 underflows
    assert x.grad.item() == 1e-200


def test_every_repair_of_the_table_is_one_of_those_that_are_tested() -> None:
    known = {r.replace("\\", "") for r in (LOG, ROOT, QUOTIENT, POWER, EXP)}
    linear_algebra = {
        TABLE[n].repair for n in ("inv", "cholesky", "eigenvectors", "singular_vectors")
    }  # test_linalg.py
    assert {entry.repair for entry in TABLE.values() if entry.repair} - linear_algebra == known
