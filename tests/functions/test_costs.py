"""Costs: right at every size of z, their closed-form gradients, both spellings of targets, errors. Warnings: test_naive_spellings.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.differences import close
from tests.helpers.exact import FLOATS, POINTS
from tests.helpers.tensors import leaves
from tinygrad_lite import errors

M, J = 5, 4  # examples, outputs
COSTS_OF_NUMBERS = ["quadratic_cost", "cross_entropy", "cross_entropy_with_logits"]
COSTS_OF_CLASSES = ["log_likelihood", "log_likelihood_with_logits"]


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def logits(dtype: Any = np.float64) -> Any:
    return rng().normal(scale=2, size=(M, J)).astype(dtype)


def targets(name: str, dtype: Any = np.float64) -> Any:
    """Targets in [0, 1] for the costs of numbers, class indices for the others."""
    if name in COSTS_OF_CLASSES:
        return rng().integers(0, J, M)
    return rng().uniform(size=(M, J)).astype(dtype)


def outputs(name: str, dtype: Any = np.float64) -> Any:
    """What the cost takes: logits, sigmoid activations, or softmax rows."""
    if name.endswith("logits"):
        return logits(dtype)
    return (tg.softmax if name == "log_likelihood" else tg.sigmoid)(logits(dtype))


def both_orders(cost: Callable[[Any], Any], x: Any) -> list[Any]:
    """Value, first and second derivative of a function of one number."""
    slope = tg.grad(cost)
    return [cost(x), slope(x), tg.grad(slope)(x)]


# --- right at every size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("y", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("z", POINTS)
def test_cross_entropy_with_logits_is_right_at_every_size(z: float, y: float, dtype: Any) -> None:
    z, y = dtype(z), dtype(y)
    with mpmath.workdps(1800):
        exact, e = mpmath.mpf(float(z)), mpmath.exp(float(z))
        a, t = e / (1 + e), mpmath.mpf(float(y))
        true = [mpmath.log(1 + e) - t * exact, a - t, a * (1 - a)]
        info = np.finfo(dtype)
        found = both_orders(lambda z: tg.cross_entropy_with_logits(z, y), z)
        for order, (got, want) in enumerate(zip(found, true, strict=True)):
            size = abs(float(want))
            if order == 1 and 0 < y < 1:
                size = max(size, 1.0)  # a − y cancels where the output is right: eps of a and y
            assert got.dtype == dtype
            assert float(abs(mpmath.mpf(float(got)) - want)) <= max(300 * info.eps * size, info.tiny), (
                order,
                got,
                want,
            )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("z", POINTS)
def test_log_likelihood_with_logits_is_right_at_every_size(z: float, dtype: Any) -> None:
    row = np.array([[z, 0.0, 0.5]], dtype)
    info = np.finfo(dtype)
    for k in range(3):
        value, slope = tg.value_and_grad(tg.log_likelihood_with_logits)(row, np.array([k]))
        with mpmath.workdps(1800):
            e = [mpmath.exp(float(x)) for x in row[0]]
            shares = [x / sum(e) for x in e]
            # Right to eps of 1: the cost of a right answer, and 1 − a of the target. All else to eps of itself.
            size = max(1.0, abs(float(mpmath.log(shares[k]))))
            assert float(abs(float(value) + mpmath.log(shares[k]))) <= 30 * info.eps * size
            for j in range(3):
                want = shares[j] - (j == k)
                size = 1.0 if j == k else float(shares[j])
                assert float(abs(mpmath.mpf(float(slope[0, j])) - want)) <= max(30 * info.eps * size, info.tiny)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("z", [*POINTS, 1000.0, -1000.0])
def test_the_second_derivative_of_log_likelihood_with_logits_is_the_slope_of_softmax(z: float, dtype: Any) -> None:
    row = np.array([z, 0.0, 0.5], dtype)
    slopes = tg.jacobian(tg.softmax)(row)
    for k in range(3):
        curvature = tg.hessian(lambda z, k=k: tg.log_likelihood_with_logits(z[None], np.array([k])))(row)
        assert curvature.dtype == dtype
        np.testing.assert_allclose(curvature, slopes, rtol=30 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("a", [1e-15, 1e-3, 0.5, 0.9])
@pytest.mark.parametrize("y", [0.0, 1.0, 0.25])
def test_cross_entropy_is_right_at_small_activations(a: float, y: float, dtype: Any) -> None:
    a, y = dtype(a), dtype(y)
    with mpmath.workdps(60):
        x, t = mpmath.mpf(float(a)), mpmath.mpf(float(y))
        true = [-t * mpmath.log(x) - (1 - t) * mpmath.log(1 - x), (x - t) / (x * (1 - x))]
        true.append(t / x**2 + (1 - t) / (1 - x) ** 2)
    for got, want in zip(both_orders(lambda a: tg.cross_entropy(a, y), a), true, strict=True):
        np.testing.assert_allclose(got, dtype(float(want)), rtol=30 * np.finfo(dtype).eps)


# --- values and closed-form gradients on a batch ---------------------------------------------------------------------

TEXTBOOK: dict[str, Callable[[Any, Any], Any]] = {
    "quadratic_cost": lambda a, y: np.sum((y - a) ** 2) / 2 / len(a),
    "cross_entropy": lambda a, y: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / len(a),
    "cross_entropy_with_logits": lambda z, y: np.sum(np.log(1 + np.exp(z)) - y * z) / len(z),
    "log_likelihood": lambda a, y: -np.mean(np.log(a[np.arange(len(y)), y])),
    "log_likelihood_with_logits": lambda z, y: (
        -np.mean(np.log((np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[np.arange(len(y)), y]))
    ),
}


def closed_form(name: str, x: Any, y: Any) -> Any:
    """The gradient by the outputs as the lecture writes it."""
    hot = np.eye(J)[y] if name in COSTS_OF_CLASSES else y
    return {
        "quadratic_cost": lambda: (x - y) / M,
        "cross_entropy": lambda: (x - y) / (x * (1 - x)) / M,
        "cross_entropy_with_logits": lambda: (1 / (1 + np.exp(-x)) - y) / M,
        "log_likelihood": lambda: -hot / x / M,
        "log_likelihood_with_logits": lambda: (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) - hot) / M,
    }[name]()


@pytest.mark.parametrize("name", TEXTBOOK)
def test_value_and_gradient_are_the_lectures(name: str) -> None:
    cost, x, y = getattr(tg, name), outputs(name), targets(name)
    value, slope = tg.value_and_grad(cost)(x, y)
    np.testing.assert_allclose(value, TEXTBOOK[name](x, y), rtol=1e-13)
    np.testing.assert_allclose(slope, closed_form(name, x, y), rtol=1e-12, atol=1e-14)
    textbook_slope = tg.grad(lambda x: TEXTBOOK[name](x, y))(x)
    np.testing.assert_allclose(slope, textbook_slope, rtol=1e-11, atol=1e-14)
    assert tg.gradcheck(lambda x: cost(x, y), x)
    assert tg.gradcheck(lambda x: tg.grad(lambda x: cost(x, y))(x), x)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_float32_stays_float32(name: str) -> None:
    x, y = outputs(name, np.float32), targets(name, np.float32)
    value, slope = tg.value_and_grad(getattr(tg, name))(x, y)
    assert (value.dtype, slope.dtype) == (np.float32, np.float32)
    close(slope, closed_form(name, x.astype(float), y), 1e-5)


@pytest.mark.parametrize("name", COSTS_OF_NUMBERS)
def test_targets_can_be_differentiated_by_too(name: str) -> None:
    assert tg.gradcheck(getattr(tg, name), outputs(name), targets(name))


@pytest.mark.parametrize("name", TEXTBOOK)
def test_arrays_in_a_number_out_and_tensors_in_a_tensor_out(name: str) -> None:
    cost, x, y = getattr(tg, name), outputs(name), targets(name)
    plain = cost(x, y)
    assert isinstance(plain, np.float64)
    assert isinstance(cost(tg.Tensor(x), y), tg.Tensor)
    tracked = cost(tg.Tensor(x, requires_grad=True), tg.Tensor(y))
    assert tracked.requires_grad
    assert tracked.call.name == name
    assert (tracked.item(), cost(x.tolist(), y.tolist())) == (plain, plain)


@pytest.mark.parametrize("name", COSTS_OF_NUMBERS)
def test_a_vector_is_m_examples_with_one_output(name: str) -> None:
    cost, x, y = getattr(tg, name), outputs(name)[:, 0], targets(name)[:, 0]
    np.testing.assert_allclose(cost(x, y), cost(x[:, None], y[:, None]), rtol=1e-15)
    np.testing.assert_allclose(cost(x, y), np.mean([cost(a, t) for a, t in zip(x, y, strict=True)]), rtol=1e-14)


@pytest.mark.parametrize("name", COSTS_OF_CLASSES)
def test_a_vector_of_shares_is_one_example(name: str) -> None:
    cost, x = getattr(tg, name), outputs(name)[0]
    for y in (2, np.int64(2), np.array(2), np.eye(J)[2]):
        np.testing.assert_allclose(cost(x, y), cost(x[None], np.array([2])), rtol=1e-15)


@pytest.mark.parametrize("name", COSTS_OF_CLASSES)
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int32])
def test_class_indices_and_one_hot_rows_agree(name: str, dtype: Any) -> None:
    x, y = outputs(name), targets(name).astype(dtype)
    by_index = tg.value_and_grad(getattr(tg, name))(x, y)
    for rows in (tg.one_hot(y, J), np.eye(J)[y], np.eye(J, dtype=int)[y], np.eye(J, dtype=bool)[y]):
        by_row = tg.value_and_grad(getattr(tg, name))(x, getattr(rows, "_array", rows))
        np.testing.assert_allclose(by_row[0], by_index[0], rtol=1e-14)
        np.testing.assert_allclose(by_row[1], by_index[1], rtol=1e-13, atol=1e-16)


def test_costs_from_activations_and_from_logits_agree() -> None:
    z = logits()
    y, k = targets("cross_entropy"), targets("log_likelihood")
    pairs: list[tuple[Any, Any]] = [
        (lambda z: tg.cross_entropy(tg.sigmoid(z), y), lambda z: tg.cross_entropy_with_logits(z, y)),
        (lambda z: tg.log_likelihood(tg.softmax(z), k), lambda z: tg.log_likelihood_with_logits(z, k)),
    ]
    for lecture, stable in pairs:
        for one, other in zip(tg.value_and_grad(lecture)(z), tg.value_and_grad(stable)(z), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(tg.hessian(lecture)(z), tg.hessian(stable)(z), rtol=1e-10, atol=1e-14)


# --- saturation ------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_exactly_right_costs_nothing() -> None:
    a = np.array([0.0, 1.0])
    value, slope = tg.value_and_grad(tg.cross_entropy)(a, a)
    assert value == 0.0
    np.testing.assert_array_equal(slope, [0.5, -0.5])  # (1−y)/(1−a) and −y/a, over m: one-sided, but finite
    assert tg.log_likelihood(np.eye(3), np.arange(3)) == 0.0
    assert tg.log_likelihood(np.eye(3), np.eye(3)) == 0.0
    assert np.isfinite(tg.grad(tg.log_likelihood)(np.eye(3), np.eye(3))).all()


@pytest.mark.parametrize(("a", "y", "sign"), [(0.0, 1.0, -1), (1.0, 0.0, 1), (0.0, 0.5, -1), (1.0, 0.5, 1)])
def test_an_answer_that_is_exactly_wrong_costs_infinitely_much(a: float, y: float, sign: float) -> None:
    x = tg.Tensor([a], requires_grad=True)
    with np.errstate(divide="ignore"):
        cost = tg.cross_entropy(x, [y])
    assert cost.item() == np.inf
    with pytest.warns(tg.NumericsWarning, match=r"cross_entropy: tg\.cross_entropy_with_logits"):
        cost.backward()
    assert x.grad.item() == sign * np.inf


def test_logits_learn_where_activations_saturate() -> None:
    z, y = np.array([800.0, -800.0]), np.array([0.0, 1.0])
    value, slope = tg.value_and_grad(tg.cross_entropy_with_logits)(z, y)
    assert value == 800.0
    np.testing.assert_array_equal(slope, [0.5, -0.5])
    value, slope = tg.value_and_grad(tg.log_likelihood_with_logits)(np.array([[0.0, 1000.0]]), np.array([0]))
    assert value == 1000.0
    np.testing.assert_array_equal(slope, [[-1.0, 1.0]])


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COSTS_OF_NUMBERS)
@pytest.mark.parametrize("shapes", [((5, 1), (5,)), ((5,), (5, 1)), ((5, 2), (2,)), ((5, 2), (2, 5)), ((), (3,))])
def test_shapes_must_be_equal_and_both_are_shown(name: str, shapes: Any) -> None:
    a, y = (np.full(s, 0.5) for s in shapes)
    for outputs_ in (a, tg.Tensor(a, requires_grad=True)):
        with pytest.raises(errors.ShapeError) as caught:
            getattr(tg, name)(outputs_, y)
        assert all(part in str(caught.value) for part in (name, *map(str, shapes)))


@pytest.mark.parametrize("name", TEXTBOOK)
def test_no_examples_are_an_error(name: str) -> None:
    y = np.empty(0, int) if name in COSTS_OF_CLASSES else np.empty((0, 3))
    with pytest.raises(errors.ShapeError, match=r"at least one example; got shape \(0, 3\)"):
        getattr(tg, name)(np.empty((0, 3)), y)


@pytest.mark.parametrize("worst", [-0.25, 1.5, np.inf, -np.inf])
def test_activations_outside_0_to_1_are_an_error_with_the_value_and_the_fix(worst: float) -> None:
    a = np.array([[0.5, worst], [0.5, 0.5]])
    for x in (a, tg.Tensor(a, requires_grad=True)):
        with pytest.raises(errors.DomainError, match=rf"activations.*{worst}.*cross_entropy_with_logits"):
            tg.cross_entropy(x, np.zeros((2, 2)))
        with pytest.raises(errors.DomainError, match=rf"activations.*{worst}.*log_likelihood_with_logits"):
            tg.log_likelihood(x, np.array([0, 1]))


@pytest.mark.parametrize("name", ["cross_entropy", "cross_entropy_with_logits"])
@pytest.mark.parametrize("worst", [-0.5, 2.0])
def test_targets_outside_0_to_1_are_an_error_with_the_value(name: str, worst: float) -> None:
    with pytest.raises(errors.DomainError, match=rf"targets must lie in \[0, 1\]; got {worst}"):
        getattr(tg, name)(np.array([0.5, 0.5]), np.array([0.0, worst]))


BAD_TARGETS: list[tuple[Any, type[Exception], str]] = [
    ([0, 1, J, 0, 1], errors.DomainError, rf"0 to {J - 1}; got 0 to {J}"),
    ([0, 1, -1, 0, 1], errors.DomainError, rf"0 to {J - 1}; got -1 to 1"),
    ([0, 1, 2], errors.ShapeError, r"\(5, 4\).*\(3,\)"),
    ([0.0, 1.0, 2.0, 0.0, 1.0], errors.DTypeError, r"float64.*astype\(int\)"),
    ([True] * M, errors.DTypeError, "bool"),
    (["a"] * M, errors.DTypeError, "real numbers"),
    (0, errors.ShapeError, r"\(5, 4\)"),
    (np.full((M, J), 0.25), errors.DomainError, r"one 1.*tg\.one_hot"),
    (np.zeros((M, J)), errors.DomainError, r"one 1.*tg\.one_hot"),
    (np.ones((M, J)), errors.DomainError, r"one 1.*tg\.one_hot"),
    (np.full((M, J), np.nan), errors.DomainError, r"one 1.*tg\.one_hot"),
    (np.tile([1.0, 1.0, -1.0, 0.0], (M, 1)), errors.DomainError, r"one 1.*tg\.one_hot"),
    (np.eye(J), errors.ShapeError, r"\(5, 4\).*\(4, 4\)"),
    (np.zeros((M, J, 1)), errors.ShapeError, r"\(5, 4, 1\)"),
]  # fmt: skip


@pytest.mark.parametrize("name", COSTS_OF_CLASSES)
@pytest.mark.parametrize(("bad", "kind", "message"), BAD_TARGETS)
def test_targets_that_do_not_fit_are_an_error(name: str, bad: Any, kind: Any, message: str) -> None:
    for x in (outputs(name), *leaves([outputs(name)])):
        with pytest.raises(kind, match=message) as caught:
            getattr(tg, name)(x, bad)
        assert name in str(caught.value)


@pytest.mark.parametrize("name", COSTS_OF_CLASSES)
def test_outputs_have_one_or_two_axes(name: str) -> None:
    for shape in ((), (2, 2, 2)):
        with pytest.raises(errors.ShapeError, match=rf"{name}.*\(m, J\)"):
            getattr(tg, name)(np.full(shape, 0.5), np.array([0, 1]))


@pytest.mark.parametrize("name", TEXTBOOK)
def test_nan_in_the_outputs_passes_through(name: str) -> None:
    x = outputs(name)
    x[1, :] = np.nan
    t = tg.Tensor(x, requires_grad=True)
    cost = getattr(tg, name)(t, targets(name))
    assert np.isnan(cost.item())
    cost.backward()  # no warning: nan came with the data
    bad = np.isnan(t.grad.numpy())
    assert bad[1].any()
    assert not np.delete(bad, 1, axis=0).any()


# --- one_hot -----------------------------------------------------------------------------------------------------------


def test_one_hot_rows() -> None:
    y = rng().integers(0, 7, (2, 3))
    for given in (y, y.tolist(), tg.Tensor(y)):
        rows = tg.one_hot(given, 7)
        np.testing.assert_array_equal(rows.numpy(), np.eye(7)[y], strict=True)
        assert "one_hot" in rows.facts
    assert tg.one_hot(y, 7, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(tg.one_hot(3, 4).numpy(), np.eye(4)[3])
    assert tg.one_hot(np.empty(0, int), 4).shape == (0, 4)


@pytest.mark.parametrize(
    ("bad", "kind", "message"),
    [([0, 4], errors.DomainError, "0 to 3; got 0 to 4"), ([-1], errors.DomainError, "got -1"),
     ([0.5], errors.DTypeError, "float64"), (["a"], errors.DTypeError, "real numbers")],
)  # fmt: skip
def test_one_hot_refuses_what_is_no_class(bad: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=rf"one_hot.*{message}"):
        tg.one_hot(bad, 4)


@pytest.mark.parametrize("cost", [tg.cross_entropy, tg.cross_entropy_with_logits, tg.quadratic_cost])
def test_class_indices_where_rows_are_wanted_are_answered_with_the_cost_that_takes_them(cost: Any) -> None:
    a = np.full((4, 3), 0.2)
    with pytest.raises(
        errors.ShapeError, match=r"\(4, 3\), targets \(4,\).*For class indices write tg\.log_likelihood_with_logits"
    ):
        cost(a, np.array([0, 2, 1, 0]))
    with pytest.raises(errors.ShapeError, match=r"they must be equal\. Reshape one of them\.$"):
        cost(a, np.array([0.0, 1.0, 1.0, 0.0]))
