"""The library's functions run as one node until somebody looks: nobody can tell, except by the time it takes."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.errors import StaleGraphError

RNG = np.random.default_rng(0)
TARGETS, HOT, CLASSES = RNG.random((4, 3)), np.eye(3)[[0, 1, 2, 1]], np.array([0, 1, 2, 1])

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{n: getattr(tg, n) for n in ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax", "log_softmax")},
    "logsumexp": tg.logsumexp,
    "logsumexp of all": lambda z: tg.logsumexp(z, axis=None),
    "softmax of columns": lambda z: tg.softmax(z, axis=0),
    "leaky": lambda z: tg.leaky_relu(z, slope=0.3),
    "quadratic": lambda z: tg.quadratic_cost(z, TARGETS.astype(z.dtype)),
    "cross-entropy": lambda z: tg.cross_entropy(tg.sigmoid(z), TARGETS.astype(z.dtype)),
    "cross-entropy of logits": lambda z: tg.cross_entropy_with_logits(z, TARGETS.astype(z.dtype)),
    "log-likelihood": lambda z: tg.log_likelihood(tg.softmax(z), CLASSES),
    "log-likelihood of rows": lambda z: tg.log_likelihood(tg.softmax(z), HOT.astype(z.dtype)),
    "log-likelihood of logits": lambda z: tg.log_likelihood_with_logits(z, CLASSES),
    "log-likelihood of logits of rows": lambda z: tg.log_likelihood_with_logits(z, HOT.astype(z.dtype)),
    "both sides": lambda z: tg.quadratic_cost(tg.sigmoid(z), tg.tanh(z)),
    "one tensor twice": lambda z: tg.quadratic_cost(z, z) + tg.cross_entropy(tg.sigmoid(z), tg.sigmoid(z)),
    "a chain": lambda z: tg.softmax(tg.tanh(tg.sigmoid(z) * 3) + tg.softplus(z)) ** 2,
}
SAMPLES = {
    "random": RNG.standard_normal((4, 3)) * 3,
    "zeros and ties": np.zeros((4, 3)),
    "extremes": RNG.choice([-800.0, 800.0, -0.0, 40.0], (4, 3)),
}


def near(got: Any, expected: Any) -> None:
    """Equal to a few roundings: of the number itself, or, where numbers are summed, of the largest of them."""
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(got, expected)
    elif expected.size:
        eps, tiny = float(np.finfo(expected.dtype).eps), float(np.finfo(expected.dtype).tiny)
        largest = float(np.max(np.abs(expected), initial=0, where=np.isfinite(expected)))
        np.testing.assert_allclose(got, expected, rtol=8 * eps, atol=4 * eps * largest + tiny)


@programs_run
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_gradients_are_those_of_the_primitives(name: str, sample: str, dtype: Any) -> None:
    f, z = FUNCTIONS[name], SAMPLES[sample].astype(dtype)
    found = []
    for look in ("never", "before backward", "inside no fusion"):
        x = leaf(z)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # naive costs of saturated activations warn, in all ways alike
            with recorded(unfolded=look == "inside no fusion"):
                out = f(x)
            assert ("Folded" in {type(t).__name__ for t in (out, *out.sources)}) == (
                look != "inside no fusion" and name != "logsumexp of all"
            )
            if look == "before backward":
                assert all(t.primitive is None or t.primitive in TABLE.values() for t in tg.graph(out))
            out.sum().backward()
        assert x.grad is not None
        found.append([np.asarray(out.detach().numpy()), x.grad.numpy()])
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            near(one, two)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives_are_those_of_the_primitives(name: str) -> None:
    z, v = SAMPLES["random"], RNG.standard_normal((4, 3))

    def f(z: Any) -> Any:
        return (FUNCTIONS[name](z) ** 2).sum()

    got = [tg.hvp(f, z, v), tg.jvp(tg.grad(f), z, v)[1]]
    with recorded(unfolded=True):
        expected = tg.hvp(f, z, v)
    for product in got:
        np.testing.assert_allclose(product, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_graph_that_is_looked_at_is_in_order_and_knows_its_calls(name: str) -> None:
    x = leaf(SAMPLES["random"])
    out = FUNCTIONS[name](x)
    after = out * 2.0
    nodes = tg.graph(after)
    assert [t.serial for t in nodes] == sorted({t.serial for t in nodes})
    for t in nodes:
        assert all(i.serial < t.serial for i in t.inputs if isinstance(i, Tensor))
        if t.primitive is not None:
            values = [i.detach().numpy() if isinstance(i, Tensor) else i for i in t.inputs]
            near(np.asarray(t.detach().numpy()), np.asarray(t.primitive.value(*values, **t.params)))
    made = [t for t in nodes if t.primitive is not None and t is not after]
    if name not in ("one tensor twice", "a chain"):
        assert all(t.call is not None for t in made)
    assert after.call is None
    assert tg.graph(after) == nodes or [id(t) for t in tg.graph(after)] == [id(t) for t in nodes]


COSTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "quadratic": (tg.quadratic_cost, TARGETS),
    "cross-entropy": (tg.cross_entropy, TARGETS),
    "cross-entropy of logits": (tg.cross_entropy_with_logits, TARGETS),
    "log-likelihood": (tg.log_likelihood, CLASSES),
    "log-likelihood of rows": (tg.log_likelihood, HOT),
    "log-likelihood of logits": (tg.log_likelihood_with_logits, CLASSES),
    "log-likelihood of logits of rows": (tg.log_likelihood_with_logits, HOT),
    "leaky_relu": (tg.leaky_relu, np.array([0.1, 0.2, 0.3])),
}


@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("look", [False, True])
def test_targets_are_captured_as_they_were(name: str, look: bool) -> None:
    f, given = COSTS[name]
    gradients = []
    for change in (False, True):
        a, y = leaf(np.random.default_rng(1).uniform(0.1, 0.9, (4, 3)) - (name == "leaky_relu")), given.copy()
        out = f(a, y)
        if change:
            y[...] = np.flip(y, axis=0) if name != "leaky_relu" else 7.0
        if look:
            tg.graph(out)
        out.sum().backward()
        assert a.grad is not None
        gradients.append(a.grad.numpy())
    np.testing.assert_array_equal(gradients[0], gradients[1])


@programs_run
@pytest.mark.parametrize("name", COSTS)
def test_tensors_in_every_place_are_watched(name: str) -> None:
    f, given = COSTS[name]
    for changed in (0, 1):
        a, y = leaf(np.full((4, 3), 0.3)), Tensor(given)
        out = f(a, y).sum()
        (a, y)[changed].data = np.zeros_like((a, y)[changed].data)
        with pytest.raises(StaleGraphError):
            out.backward()


@programs_run
def test_unfolding_after_a_change_raises_and_never_mixes_old_and_new_values() -> None:
    w = leaf([1.0, 2.0])
    y = tg.sigmoid(w)
    w.data = [-9.0, -9.0]
    with pytest.raises(StaleGraphError):
        tg.graph(y)


@pytest.mark.parametrize("slope", [[0.1, 0.2], np.array([0.1, 0.2]), Tensor([0.1, 0.2]), 0.1, np.float32(0.1), 1, True])
def test_arguments_by_position_and_by_keyword_are_the_same(slope: Any) -> None:
    x = np.array([[-1.0, 2.0], [-3.0, -4.0]])
    expected = np.where(x > 0, x, np.asarray(slope) * x)
    for call in (lambda z: tg.leaky_relu(z, slope), lambda z: tg.leaky_relu(z, slope=slope)):
        z = leaf(x)
        out = call(z)
        np.testing.assert_array_equal(out.detach().numpy(), expected)
        out.sum().backward()
        np.testing.assert_array_equal(z.grad.numpy(), np.where(x > 0, 1.0, np.asarray(slope) * np.ones((2, 2))))  # type: ignore[union-attr]


def test_a_tensor_by_keyword_gets_its_gradient_and_is_read_anew() -> None:
    for call in (lambda z, s: tg.leaky_relu(z, s), lambda z, s: tg.leaky_relu(z, slope=s)):
        z, s = leaf([-1.0, 2.0]), leaf(0.1)
        call(z, s).sum().backward()
        assert s.grad is not None
        assert s.grad.item() == -1.0
        s.data = 0.5
        assert call(z, s).numpy()[0] == -0.5


def test_promotion_beside_numbers_that_are_equal_but_of_other_types() -> None:
    x = np.array([-1.0, 2.0], np.float32)
    for slope in (1, np.int64(1), 1.0, True, np.float64(1)):
        assert tg.leaky_relu(leaf(x), slope).dtype == np.where(x > 0, x, slope * x).dtype


def test_the_first_call_warns_as_every_other() -> None:
    for f in (tg.cross_entropy, tg.log_likelihood):
        heard = []
        for _ in range(3):  # a shape that no other test uses: the first call traces
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                f(leaf(np.full((7, 1), 0.0)), np.ones((7, 1)))
            heard.append([(w.category, str(w.message)) for w in caught])
        assert heard[0] == heard[1] == heard[2]
        assert not any(issubclass(category, tg.NumericsWarning) for category, _ in heard[0])


def test_what_the_caller_gets_back_can_spoil_nothing() -> None:
    x = leaf([0.5, -0.5])
    y = tg.sigmoid(x)
    with pytest.raises(ValueError, match="read-only"):
        y.data[:] = 0
    copy = y.numpy()
    copy[:] = 0
    y.sum().backward()
    expected = x.grad.numpy()  # type: ignore[union-attr]
    value, pullback = tg.vjp(tg.sigmoid, x.numpy())
    if value.flags.writeable:
        value[:] = 0
    np.testing.assert_array_equal(pullback(np.ones(2))[0], expected)


def test_threads_may_trace_the_same_function_at_once() -> None:
    start, found = threading.Barrier(4), []

    def work(k: int) -> None:
        start.wait(30)
        for n in range(11, 31):  # shapes that are new to all of them
            z = leaf(np.linspace(-1, 1, n))
            tg.sigmoid(z).sum().backward()
            found.append((n, z.grad.numpy().tobytes()))  # type: ignore[union-attr]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 80
    assert len(set(found)) == 20
