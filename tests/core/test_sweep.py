"""The reverse sweep: depth, width, one visit per node, accumulation, seeds, dtypes, determinism, and its errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.primitives import TABLE, Primitive
from tinygrad_lite.errors import DTypeError, GradientError, ShapeError


@pytest.fixture
def counting() -> Any:
    """A primitive x ↦ 2x that counts the calls of its rule."""
    calls: list[Any] = []

    def rule(g: Any, out: Any, x: Any) -> Any:
        calls.append(g)
        return 2 * g

    primitive = Primitive("counting", lambda x: 2 * x, [rule], kind="elementwise", source="2 * {0}")
    yield primitive, calls
    del TABLE["counting"]


# --- size ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [10_000, *slow(100_000)])
@pytest.mark.parametrize("start", [np.float64(1.0), np.ones(3)])
def test_a_long_chain_of_operations(start: Any, count: int) -> None:
    x = y = leaf(start)
    for i in range(count // 2):
        y = y * (1.0 if i else 3.0)
        y = y + 0.25
    y.sum().backward()
    np.testing.assert_array_equal(gradient(x), 3 * np.ones_like(start))
    assert len(tg.graph(y)) == count + 1
    del y  # goes without recursion, too


@pytest.mark.parametrize("count", [2_000, *slow(10_000)])
def test_a_chain_that_records_its_own_gradient(count: int) -> None:
    c, x = 1e-4, leaf(0.5)
    y, value, first, second = x, 0.5, 1.0, 0.0
    for _ in range(count):
        y = y + y * y * c
        slope = 1 + 2 * c * value
        value, first, second = value + c * value**2, first * slope, second * slope + 2 * c * first**2
    y.backward(create_graph=True)
    derivative = x.grad
    assert derivative is not None
    assert derivative.item() == pytest.approx(first, rel=1e-11)
    x.zero_grad()
    derivative.backward()
    assert gradient(x) == pytest.approx(second, rel=1e-11)


@pytest.mark.slow
def test_a_long_chain_of_composites() -> None:
    x = z = leaf(0.5)
    for _ in range(2_000):
        z = tg.softplus(z) - 0.5
    z.backward()
    assert np.isfinite(gradient(x))
    assert len({t.call for t in tg.graph(z) if t.call is not None}) == 2_000


@pytest.mark.parametrize("count", [5_000, *slow(100_000)])
def test_a_sum_of_many_terms_of_one_leaf_and_of_many_leaves(count: int) -> None:
    x = leaf(2.0)
    sum((x * float(i % 3) for i in range(count)), start=leaf(0.0)).backward()
    assert gradient(x) == sum(i % 3 for i in range(count))
    leaves = [leaf(float(i)) for i in range(count)]
    sum(leaves, start=leaf(0.0)).backward()
    assert all(gradient(t) == 1.0 for t in leaves)


@pytest.mark.parametrize("count", [2_000, *slow(20_000)])
def test_a_stack_of_many_leaves(count: int) -> None:
    leaves = [leaf(float(i)) for i in range(count)]
    (np.stack(leaves) * np.arange(float(count))).sum().backward()
    assert [t.grad.item() for t in leaves if t.grad is not None] == list(range(count))


def test_y_plus_y_sixty_times_visits_each_node_once(counting: Any) -> None:
    double, calls = counting
    x = y = leaf(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert gradient(x) == 2.0**60
    x.zero_grad()
    y = x
    for _ in range(60):
        y = double(y)
        y = y + y
    y.backward()
    assert gradient(x) == 4.0**60
    assert len(calls) == 60


def test_each_node_is_visited_once_and_when_it_is_complete(counting: Any) -> None:
    double, calls = counting
    x = leaf([1.0, 2.0])
    shared = double(x)
    late = double(shared)
    (shared * 3 + late + np.exp(shared * 0) + late * shared).sum().backward()
    assert len(calls) == 2
    s = 2 * x.numpy()
    np.testing.assert_array_equal(gradient(x), 2 * (3 + 2 + 4 * s))


def test_only_what_is_asked_for_is_computed(counting: Any) -> None:
    double, calls = counting
    x, constant = leaf(1.0), Tensor(5.0)
    tg.grad(lambda w: w * double(constant))(2.0)
    out = double(x) * double(leaf(3.0))
    tg.pull_back([out], [np.float64(1)], [x])
    assert len(calls) == 1


# --- where gradients arrive --------------------------------------------------------------------------------------


def test_leaves_accumulate_and_a_second_backward_doubles_leaves_and_nothing_else() -> None:
    x, w, constant = leaf([1.0, 2.0]), leaf([3.0, 4.0]), Tensor([5.0, 6.0])
    hidden = x * w
    out = (hidden * constant).sum()
    out.backward()
    once = {t: gradient(t) for t in (x, w)}
    np.testing.assert_array_equal(once[x], w.numpy() * constant.numpy())
    out.backward()
    for t in (x, w):
        np.testing.assert_array_equal(gradient(t), 2 * once[t])
    assert hidden.grad is out.grad is constant.grad is None
    x.zero_grad()
    assert x.grad is None
    np.testing.assert_array_equal(gradient(w), 2 * once[w])


def test_retain_grad_keeps_the_gradient_of_a_computed_tensor_and_disturbs_no_leaf() -> None:
    x = leaf([1.0, 2.0])
    hidden = x * x
    hidden.retain_grad()
    out = (hidden * hidden + hidden).sum()
    out.retain_grad()
    for times in (1, 2):
        out.backward()
        np.testing.assert_array_equal(gradient(x), times * (4 * x.numpy() ** 3 + 2 * x.numpy()))
        if times == 1:
            np.testing.assert_array_equal(gradient(hidden), 2 * hidden.detach().numpy() + 1)
            assert gradient(out) == 1
    with pytest.raises(GradientError, match="retain_grad"):
        (Tensor(1.0) * 2).retain_grad()


def test_gradient_may_be_assigned_and_has_its_tensors_shape_and_dtype() -> None:
    w = leaf(np.ones(2, np.float32))
    w.grad = np.array([1.0, 2.0])
    assert w.grad is not None
    assert w.grad.dtype == np.float32
    (w * 3).sum().backward()
    np.testing.assert_array_equal(gradient(w), [4.0, 5.0])
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        w.grad = np.ones(3)
    w.grad = None
    assert w.grad is None


def test_a_leaf_is_its_own_result() -> None:
    x = leaf(3.0)
    x.backward()
    assert gradient(x) == 1.0


@pytest.mark.parametrize(
    "gradient_", [[1.0, 10.0], np.array([1, 10]), np.array([1, 10], np.float32), Tensor([1.0, 10])]
)
def test_an_upstream_gradient_is_taken_in_any_form_of_the_right_shape(gradient_: Any) -> None:
    x = leaf([2.0, 3.0])
    (x * x).backward(gradient_)
    np.testing.assert_array_equal(gradient(x), [4.0, 60.0])


@pytest.mark.parametrize("wrong", [1.0, [1.0], [[1.0, 1.0]], np.ones((2, 1)), []])
def test_an_upstream_gradient_of_another_shape_is_refused(wrong: Any) -> None:
    x = leaf([2.0, 3.0])
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        (x * x).backward(wrong)
    assert x.grad is None


def test_a_result_of_one_element_needs_no_gradient_and_of_many_does() -> None:
    x = leaf([[3.0]])
    (x * x).backward()
    np.testing.assert_array_equal(gradient(x), [[6.0]])
    for shape in ((2,), (0,), (2, 2)):
        y = leaf(np.ones(shape)) * 1
        with pytest.raises(GradientError, match="scalar"):
            y.backward()
        with pytest.raises(DTypeError):
            y.backward(np.full(shape, 1j))


def test_backward_needs_something_that_tracks_a_gradient() -> None:
    with tg.no_grad():
        untracked = leaf(1.0) * 2
    for result in (
        Tensor(1.0),
        Tensor(1.0) * 2,
        untracked,
        leaf(1.0) > 0,
        tg.stop_gradient(leaf(1.0)),
        leaf(1.0).detach(),
    ):
        with pytest.raises(GradientError, match="tracks a gradient"):
            result.backward()


def test_gradients_stop_where_they_should() -> None:
    x, y = leaf([1.0, -2.0]), leaf([3.0, 4.0])
    (x * tg.stop_gradient(y) + y.detach() * x * (y > 0) + np.sign(y)).sum().backward()
    np.testing.assert_array_equal(gradient(x), 2 * y.numpy())
    assert y.grad is None


def test_a_leaf_that_stops_asking_gets_nothing_more() -> None:
    x, y = leaf(2.0), leaf(3.0)
    out = x * y
    x.requires_grad = False
    out.backward()
    assert x.grad is None
    assert gradient(y) == 2.0
    with pytest.raises(GradientError, match="leaves"):
        out.requires_grad = False


def test_broadcasting_is_undone() -> None:
    rng = np.random.default_rng(0)
    for shape in ((), (1,), (4,), (3, 1), (3, 4), (1, 1, 4), (2, 1, 1), (2, 3, 4)):
        x, upstream = leaf(rng.standard_normal(shape)), rng.standard_normal((2, 3, 4))
        (x + upstream * 0).backward(upstream)
        missing = tuple(range(3 - len(shape)))
        kept = upstream.sum(missing)
        expected = kept.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
        np.testing.assert_allclose(gradient(x), expected, rtol=1e-13, atol=1e-14)
        assert gradient(x).shape == shape


# --- higher derivatives --------------------------------------------------------------------------------------------


def test_create_graph_makes_gradients_that_can_be_differentiated() -> None:
    x = leaf([1.0, 2.0])
    (x**4).sum().backward(create_graph=True)
    first = x.grad
    assert first is not None
    for power, factor in ((2, 12.0), (1, 24.0)):
        x.zero_grad()
        first.sum().backward(create_graph=True)
        first = x.grad
        assert first is not None
        np.testing.assert_allclose(first.detach().numpy(), factor * np.array([1.0, 2.0]) ** power, rtol=1e-14)


def test_create_graph_accumulates_with_what_is_there() -> None:
    x = leaf(3.0)
    (x * x).backward()
    (x**3).backward(create_graph=True)
    assert x.grad is not None
    assert x.grad.item() == 6 + 27
    total = x.grad
    x.zero_grad()
    total.backward()
    assert gradient(x) == 18


def test_backward_under_no_grad_is_the_same() -> None:
    x = leaf([1.0, 2.0])
    out = (x**3).sum()
    with tg.no_grad():
        out.backward()
    np.testing.assert_array_equal(gradient(x), [3.0, 12.0])


# --- determinism, and what the user's data may expect -------------------------------------------------------------

SCRIPT = """
import hashlib, numpy as np, tinygrad_lite as tg
rng = np.random.default_rng(0)
parts = {name: tg.Tensor(rng.standard_normal((5, 5)), requires_grad=True) for name in "abcdefgh"}
pool = list(parts.values())
for _ in range(200):
    i, j = rng.integers(len(pool), size=2)
    pool.append([lambda: pool[i] * pool[j], lambda: pool[i] @ pool[j] / 7, lambda: tg.sigmoid(pool[i]) + pool[j],
                 lambda: np.tanh(pool[i]) - pool[j].mean(axis=0)][rng.integers(4)]())
total = sum(tg.tanh(t).sum() for t in pool)
total.backward()
print(hashlib.sha256(b"".join(t.grad.numpy().tobytes() for t in parts.values())).hexdigest())
"""


@pytest.mark.slow
def test_gradients_are_the_same_to_the_bit_in_every_run() -> None:
    root = str(Path(tg.__file__).parents[1])
    seen = set()
    for seed in ("0", "1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": root}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout)
    assert len(seen) == 1
    assert len(seen.pop().strip()) == 64


def test_no_array_of_the_users_is_modified() -> None:
    rng = np.random.default_rng(2)
    arrays = {"x": rng.standard_normal((4, 3)), "w": rng.standard_normal((3, 2)), "y": rng.random((4, 2)),
              "g": rng.standard_normal((4, 2)), "i": np.array([0, 1, 1, 0])}  # fmt: skip
    before = {k: v.copy() for k, v in arrays.items()}
    w = leaf(arrays["w"])
    z = arrays["x"] @ w
    out = z * arrays["y"] + z[arrays["i"]] + np.maximum(z, arrays["g"]) + z
    out.backward(arrays["g"])
    out.backward(arrays["g"], create_graph=True)
    tg.grad(lambda w, x, y: tg.cross_entropy(tg.sigmoid(x @ w), y), argnums=(0, 1))(
        arrays["w"], arrays["x"], arrays["y"]
    )
    tg.jvp(lambda w: arrays["x"] @ w, arrays["w"], arrays["w"])
    tg.hvp(lambda w: ((arrays["x"] @ w) ** 3).sum(), arrays["w"], arrays["w"])
    tg.gradcheck(lambda w: np.exp(w), arrays["w"])
    for k, v in arrays.items():
        np.testing.assert_array_equal(v, before[k])
        assert v.flags.writeable


def test_a_second_backward_doubles_leaves_and_no_retained_gradient() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    h.retain_grad()
    cost = (h * 3.0).sum()
    cost.backward()
    cost.backward()
    assert h.grad is not None
    assert x.grad is not None
    np.testing.assert_array_equal(h.grad.numpy(), [3.0, 3.0])
    np.testing.assert_array_equal(x.grad.numpy(), [12.0, 24.0])
