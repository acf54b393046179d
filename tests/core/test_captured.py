"""What a graph has captured cannot be corrupted: every way to change data between forward and backward raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.errors import DetachError, GradientError, ShapeError, StaleGraphError
from tinygrad_lite.tensor.operands import WATCH


@pytest.fixture(autouse=True)
def nothing_is_watched_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process: what other tests lent makes the sweep look at everything, and would hide what it overlooks."""
    monkeypatch.setattr(WATCH, "order", 0)


# --- changing data between forward and backward --------------------------------------------------------------------

FORWARDS: dict[str, Callable[[Tensor], Any]] = {
    "operator": lambda w: (w * w).sum(),
    "primitive": lambda w: np.square(w).sum(),
    "several": lambda w: (np.square(w) + np.exp(w) * w).sum(),
    "composite": lambda w: (tg.sigmoid(w) * tg.softplus(w)).sum(),
    "matmul": lambda w: (w @ w).sum(),
    "after indexing": lambda w: (w[0] * w[1]).sum(),
    "after transposing": lambda w: (w.T * 2 * w).sum(),
    "after reshaping": lambda w: (w.reshape(-1) * w.flatten()).sum(),
    "after a copy": lambda w: (w.copy() * w.copy()).sum(),
    "general power": lambda w: (w**3.5).sum(),
    "deep": lambda w: np.log(1 + np.exp(np.sin(w * w) + w)).prod(),
}
ALIASES: dict[str, Callable[[Tensor], Any]] = {
    "the array": lambda w: w.data,
    "a row": lambda w: w.data[0],
    "its transpose": lambda w: w.data.T,
    "a flat view": lambda w: w.data.reshape(-1),
    "a memoryview": lambda w: np.asarray(memoryview(w.data)),
    "a buffer": lambda w: np.frombuffer(w.data),
    "a view of a view": lambda w: w.data[:, 1:][::-1],
}


@pytest.mark.parametrize("forward", FORWARDS)
@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("when", ["before", "after", "long before"])
def test_writing_through_an_alias_between_forward_and_backward_raises(forward: str, alias: str, when: str) -> None:
    w = leaf([[1.0, 2.0], [3.0, 4.0]], name="w")
    f = FORWARDS[forward]
    taken = ALIASES[alias](w) if when != "after" else None
    if when == "long before":
        for _ in range(3):
            f(w).backward()
            w.zero_grad()
    loss = f(w)
    if taken is None:
        taken = ALIASES[alias](w)
    taken[...] = 9.0
    with pytest.raises(StaleGraphError, match=r"'w'.*forward"):
        loss.backward()
    with pytest.raises(StaleGraphError):
        loss.backward(create_graph=True)
    w.zero_grad()
    f(w).backward()  # the new forward pass is right again
    np.testing.assert_allclose(w.grad.numpy(), tg.grad(f)(w.numpy()), rtol=1e-12)  # type: ignore[union-attr]


CHANGES: dict[str, Callable[[Tensor], Any]] = {
    "rebound": lambda w: setattr(w, "data", np.full((2, 2), 9.0)),
    "in-place subtraction": lambda w: setattr(w, "data", w.data.__isub__(1.0)),
    "through a slice": lambda w: w.data.__setitem__((0, slice(None)), 9.0),
    "one element": lambda w: w.data.__setitem__((1, 1), 9.0),
    "filled": lambda w: w.data.fill(0.0),
    "optimiser": lambda w: stepped(tg.optim.SGD([w], 0.1), w),
    "Adam": lambda w: stepped(tg.optim.Adam([w], 0.1), w),
}


def stepped(optimiser: Any, w: Tensor) -> None:
    w.grad = np.ones(w.shape)
    optimiser.step()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("forward", FORWARDS)
def test_changing_data_between_forward_and_backward_raises(change: str, forward: str) -> None:
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    loss = FORWARDS[forward](w)
    CHANGES[change](w)
    with pytest.raises(StaleGraphError, match="Run the forward pass again"):
        loss.backward()


def test_an_update_under_no_grad_between_forward_and_backward_raises() -> None:
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    with tg.no_grad():
        w -= 1.0
    with pytest.raises(StaleGraphError):
        loss.backward()


@pytest.mark.parametrize("of", ["stop_gradient", "detached view", "input without gradient", "index"])
def test_other_captured_leaves_are_watched_or_out_of_reach(of: str) -> None:
    x, other = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    if of == "stop_gradient":
        loss = (x * tg.stop_gradient(other)).sum()
    elif of == "detached view":
        loss = (x * tg.stop_gradient(other[:])).sum()
    elif of == "index":
        other = Tensor([1, 0])
        loss = (x[other] * np.array([4.0, 3.0])).sum()
    else:
        other.requires_grad = False
        loss = (x * other).sum()
    other.data[:] = 0
    try:
        loss.backward()
    except StaleGraphError:
        return
    np.testing.assert_array_equal(x.grad.numpy(), [3.0, 4.0])  # type: ignore[union-attr]


def test_pulling_back_past_a_changed_leaf_raises_or_is_right() -> None:
    for view in (lambda w: w[:], lambda w: w.T, lambda w: w.reshape(2, 1).reshape(2), lambda w: w.copy(), lambda w: +w):
        x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
        loss = (x * view(w)).sum()
        w.data[:] = 9.0
        try:
            (slope,) = tg.pull_back([loss], [np.float64(1)], [x])
        except StaleGraphError:
            continue
        np.testing.assert_array_equal(slope, [3.0, 4.0])


COPYING: dict[str, Callable[[Tensor], Tensor]] = {
    "copy": lambda w: w.copy(), "np.copy": np.copy, "flatten": lambda w: w.flatten(), "stop_gradient": tg.stop_gradient,
    "detach": lambda w: w.detach(), "astype": lambda w: w.astype(float), "list index": lambda w: w[[0, 1]],
}  # fmt: skip


@pytest.mark.parametrize("copying", COPYING)
@pytest.mark.parametrize("change", CHANGES)
def test_what_numpy_copies_does_not_change_afterwards(copying: str, change: str) -> None:
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    kept = COPYING[copying](w)
    before = kept.detach().numpy()
    CHANGES[change](w)
    np.testing.assert_array_equal(kept.detach().numpy(), before)


@pytest.mark.parametrize("view", [lambda w: w[0], lambda w: w.T, lambda w: w.reshape(4), lambda w: w[:, None]])
@pytest.mark.parametrize("change", CHANGES)
def test_a_view_from_before_a_change_cannot_be_differentiated_through(view: Any, change: str) -> None:
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    kept = view(w)
    CHANGES[change](w)
    with pytest.raises(StaleGraphError):
        (kept * kept).sum().backward()


def test_what_is_not_recorded_shares_no_memory_with_what_it_was_computed_from() -> None:
    views: list[Callable[[Any], Any]] = [
        lambda t: t[0], lambda t: t.T, lambda t: t.reshape(4), lambda t: t.copy(), lambda t: tg.stop_gradient(t),
        lambda t: np.positive(t), lambda t: np.broadcast_to(t, (2, 2)), lambda t: np.broadcast_to(t, (5000, 2, 2)),
        lambda t: np.einsum("ij->ji", t), lambda t: np.split(t, 2)[0], lambda t: t.squeeze(), lambda t: t.ravel(),
    ]  # fmt: skip
    for view in views:
        for t in (Tensor([[1.0, 2.0], [3.0, 4.0]]), leaf([[1.0, 2.0], [3.0, 4.0]])):
            with tg.no_grad():
                part = view(t)
            assert part.primitive is None
            assert not np.shares_memory(part.data, t.data)
            part.data[...] = 9.0  # a leaf: it may be written to
            np.testing.assert_array_equal(t.numpy(), [[1.0, 2.0], [3.0, 4.0]])


def test_an_array_operand_is_captured_as_it_was(tmp_path: Any) -> None:
    def frozen_with_a_view() -> tuple[Any, Any]:
        array = np.array([3.0, 4.0])
        view = array[:]
        array.flags.writeable = False
        return array, view

    def mapped() -> tuple[Any, Any]:
        array = np.memmap(tmp_path / "operand", shape=(2,), dtype=float, mode="w+")
        array[:] = [3.0, 4.0]
        return array, array

    def plain() -> tuple[Any, Any]:
        array = np.array([3.0, 4.0])
        return array, array

    def part() -> tuple[Any, Any]:
        array = np.array([0.0, 3.0, 4.0])
        return array[1:], array

    def frozen_view() -> tuple[Any, Any]:
        array = np.array([3.0, 4.0])
        view = array[:]
        view.flags.writeable = False
        return view, array

    for make in (plain, part, frozen_view, frozen_with_a_view, mapped):
        for use in (
            lambda x, a: x * a,
            lambda x, a: a * x,
            np.multiply,
            lambda x, a: np.where(x > 0, x * a, 0),
            np.dot,
        ):
            x = leaf([1.0, 2.0])
            operand, handle = make()
            loss = use(x, operand).sum()
            handle[...] = 0
            loss.backward()
            np.testing.assert_array_equal(x.grad.numpy(), [3.0, 4.0])  # type: ignore[union-attr]


def test_index_arrays_and_seeds_are_captured_as_they_were() -> None:
    x, index, mask = leaf([1.0, 2.0, 3.0]), np.array([0, 0]), np.array([True, False, True])
    loss = x[index].sum() + (x[mask] * 10).sum()
    index[:], mask[:] = 2, False
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [12.0, 0.0, 10.0])  # type: ignore[union-attr]


# --- ways of training that must go on working ----------------------------------------------------------------------


def minus_array(w: Any) -> None:
    w.data -= 0.1 * w.grad.data


def minus_tensor(w: Any) -> None:
    w.data -= 0.1 * w.grad


def assigned_array(w: Any) -> None:
    w.data = w.data - 0.1 * w.grad.numpy()


def assigned_tensor(w: Any) -> None:
    w.data = w.data - 0.1 * w.grad


def under_no_grad(w: Any) -> None:
    with tg.no_grad():
        w -= 0.1 * w.grad


def into_the_array(w: Any) -> None:
    if w.shape == ():
        return minus_array(w)  # a NumPy scalar cannot be written into
    w.data[...] = w.data - 0.1 * w.grad.data


def into_rows(w: Any) -> None:
    if w.shape == ():
        return minus_array(w)
    for row, slope in zip(w.data, w.grad.data, strict=True):
        row_view = np.asarray(row)
        if row_view.base is None:  # the rows of one axis are scalars
            return into_the_array(w)
        np.subtract(row_view, 0.1 * slope, out=row_view)


UPDATES = [minus_array, minus_tensor, assigned_array, assigned_tensor, under_no_grad, into_the_array, into_rows]


@pytest.mark.parametrize("update", UPDATES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
@pytest.mark.parametrize("steps", [200, *slow(2_000)])
def test_plain_training_loops_follow_gradient_descent(update: Any, shape: Any, steps: int) -> None:
    start = np.random.default_rng(1).standard_normal(shape)
    target, w, expected = 0.5, leaf(start), np.array(start)
    identity = w
    for _ in range(steps):
        w.zero_grad()
        ((w - target) ** 2 * 0.01 + w**4 * 0.01).sum().backward()
        update(w)
        expected = expected - 0.1 * (2 * (expected - target) * 0.01 + 4 * expected**3 * 0.01)
    assert w is identity
    np.testing.assert_allclose(w.numpy(), expected, rtol=1e-12)


def test_training_goes_on_while_somebody_holds_and_reads_the_data() -> None:
    for optimiser in (None, tg.optim.SGD, tg.optim.Adam):
        w = leaf(np.linspace(-1, 1, 4))
        twin = leaf(w.numpy())
        held, row = w.data, w.data[1:]
        steppers = [optimiser([t], 0.1) for t in (w, twin)] if optimiser else None
        for step in range(50):
            for i, t in enumerate((w, twin)):
                t.zero_grad()
                (t**2).sum().backward()
                if steppers is not None:
                    steppers[i].step()
                else:
                    t.data -= 0.1 * t.grad.data  # type: ignore[union-attr]
            assert held.shape == (4,)
            assert row[0] == held[1]
            np.testing.assert_array_equal(w.numpy(), twin.numpy(), err_msg=f"step {step}")


def test_assigning_data_is_checked() -> None:
    w, whole = leaf([1.0, 2.0]), Tensor([1, 2])
    for bad, error in (
        ([1.0], ShapeError),
        (np.ones((2, 1)), ShapeError),
        (w * 2, DetachError),
        (["a", "b"], TypeError),
    ):
        with pytest.raises(error):
            w.data = bad
    with pytest.raises(GradientError, match="leaves"):
        (w * 2).data = np.ones(2)
    with pytest.raises(TypeError):
        whole.data = [1.5, 2.5]
    np.testing.assert_array_equal(w.numpy(), [1.0, 2.0])
    np.testing.assert_array_equal(whole.numpy(), [1, 2])
    for array in (np.array([5, 6]), np.array([5.0, 6.0])):
        w.data = array
        array[:] = 0
        np.testing.assert_array_equal(w.numpy(), [5.0, 6.0])
    assert w.dtype == np.float64


def test_the_data_of_computed_tensors_is_read_only() -> None:
    w = leaf(np.ones((2, 2)))
    for computed in (w * 2, w[0], w.T, np.exp(w), w.reshape(4), w.copy(), tg.sigmoid(w), np.broadcast_to(w, (3, 2, 2))):
        with pytest.raises(ValueError, match="read-only"):
            computed.data[...] = 0
