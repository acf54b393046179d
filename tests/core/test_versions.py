"""Versions: what looks at the memory of a leaf is either told of a change or does not change; ways of training go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.changes import CHANGES, VIEWS, change_in_no_grad, stepped
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core import graph
from tinygrad_lite.core.graph import CLOCK
from tinygrad_lite.errors import DetachError, GradientError, ShapeError, StaleGraphError


@pytest.fixture(autouse=True)
def nothing_is_watched_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process: after a change in another test the sweep checks older nodes, too, and overlooks less."""
    monkeypatch.setattr(CLOCK, "newest", 0)


# --- views ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("change", CHANGES)
def test_pulling_back_past_a_changed_leaf_raises_or_is_right(view: str, change: str) -> None:
    for newer in ("x", "w"):  # the sweep stops at what is older than all that is wanted
        if newer == "x":
            w = leaf([[3.0, 4.0], [5.0, 6.0]])
            seen = VIEWS[view](w)
            x = leaf([[1.0, 2.0], [1.0, 2.0]])
        else:
            x, w = leaf([[1.0, 2.0], [1.0, 2.0]]), leaf([[3.0, 4.0], [5.0, 6.0]])
            seen = VIEWS[view](w)
        before = seen.detach().numpy()
        loss = (x * seen).sum()
        CHANGES[change](w)
        try:
            (slope,) = tg.pull_back([loss], [np.float64(1)], [x])
        except StaleGraphError:
            continue
        np.testing.assert_array_equal(slope, before)


@pytest.mark.parametrize("view", [name for name in VIEWS if name != "positive"])  # +w is w itself
def test_a_view_taken_before_an_update_in_place_is_stale_in_what_is_computed_later(view: str) -> None:
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    seen = VIEWS[view](w)
    stepped(tg.optim.SGD([w], 1.0), w)
    with pytest.raises(StaleGraphError):
        (seen * 2.0).sum().backward()


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


UNTRACKED: dict[str, Callable[[Any], Any]] = VIEWS | {
    "element": lambda t: t[0], "flat": lambda t: t.reshape(4), "stopped": tg.stop_gradient, "detached": lambda t: t.detach(),
    "few copies": lambda t: np.broadcast_to(t, (2, 2, 2)), "many copies": lambda t: np.broadcast_to(t, (5000, 2, 2)),
    "diagonal": lambda t: np.einsum("ii->i", t), "np.diagonal": np.diagonal, "raveled": lambda t: t.ravel(),
    "as it is": lambda t: t.astype(t.dtype), "product": lambda t: t * 1.0, "moved": lambda t: np.moveaxis(t, 0, 1),
    "at least 1-d": np.atleast_1d, "clipped": lambda t: np.clip(t, None, 99.0), "rounded": lambda t: t.round(),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTRACKED)
def test_what_is_computed_from_a_parameter_under_no_grad_does_not_change_with_it(name: str) -> None:
    for change in CHANGES.values():
        w = leaf([[1.0, 2.0], [3.0, 4.0]])
        with tg.no_grad():
            part = UNTRACKED[name](w)
        assert part is w or part.primitive is None
        assert part is w or not np.shares_memory(part.data, w.data)
        before = part.numpy()
        if part is not w:
            change(w)
            np.testing.assert_array_equal(part.numpy(), before)


@pytest.mark.parametrize("name", UNTRACKED)
@pytest.mark.parametrize("learns", ["the part", "the whole"])
def test_sharing_among_tensors_that_track_nothing_cannot_be_seen(name: str, learns: str) -> None:
    whole = Tensor([[1.0, 2.0], [3.0, 4.0]])
    part = UNTRACKED[name](whole)
    for t in (whole, part):
        with pytest.raises(ValueError, match="read-only"):
            t.data[...] = 9.0
    if part is whole:
        return
    mine, other = (part, whole) if learns == "the part" else (whole, part)
    before = other.numpy()
    mine.requires_grad = True  # and now it is updated in place
    stepped(tg.optim.SGD([mine], 1.0), mine)
    np.testing.assert_array_equal(other.numpy(), before)
    mine.data = np.zeros(mine.shape)
    np.testing.assert_array_equal(other.numpy(), before)


class Curious(tg.optim.SGD):
    """An optimiser that computes with its parameters while it steps, and fails on request."""

    def __init__(self, parameters: Any, fails_at: int | None = None) -> None:
        super().__init__(parameters, 1.0)
        self.fails_at = fails_at
        self.losses: list[Tensor] = []

    def direction(self, i: int, g: Any) -> Any:
        if i == self.fails_at:
            raise KeyError(i)
        self.losses = [(t * t).sum() for t in self.parameters]
        return super().direction(i, g)


def test_a_graph_made_while_an_optimiser_steps_is_stale_where_its_parameters_moved_afterwards() -> None:
    w, v = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    w.grad = v.grad = np.ones(2)
    optimiser = Curious([w, v])
    optimiser.step()  # the last graphs are made when both have a new value and neither has moved
    of_w, of_v = optimiser.losses
    with pytest.raises(StaleGraphError):
        of_v.backward()
    w.zero_grad()
    try:
        of_w.backward()
    except StaleGraphError:
        return
    np.testing.assert_array_equal(w.grad.numpy(), [0.0, 2.0])  # type: ignore[union-attr]


def test_a_step_that_fails_half_way_has_moved_nothing() -> None:
    w, v = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss, other = (w * w).sum(), (v * v).sum()
    w.grad = v.grad = np.ones(2)
    with pytest.raises(KeyError):
        Curious([w, v], fails_at=1).step()
    np.testing.assert_array_equal(w.numpy(), [1.0, 2.0])
    np.testing.assert_array_equal(v.numpy(), [3.0, 4.0])
    w.zero_grad()
    v.zero_grad()
    loss.backward()
    other.backward()
    np.testing.assert_array_equal(w.grad.numpy(), [2.0, 4.0])  # type: ignore[union-attr]
    np.testing.assert_array_equal(v.grad.numpy(), [6.0, 8.0])  # type: ignore[union-attr]


# --- ways of training that must go on working ----------------------------------------------------------------------


def assigned_array(w: Any) -> None:
    w.data = w.data - 0.1 * w.grad.numpy()


def assigned_tensor(w: Any) -> None:
    w.data = w.data - 0.1 * w.grad


def under_no_grad(w: Any) -> None:
    with tg.no_grad():
        w -= 0.1 * w.grad


def by_the_optimiser(w: Any) -> None:
    tg.optim.SGD([w], 0.1).step()


def row_by_row(w: Any) -> None:
    new = w.numpy()
    for index in np.ndindex(w.shape):
        new[index] -= 0.1 * w.grad.data[index]
    w.data = new


UPDATES = [assigned_array, assigned_tensor, under_no_grad, by_the_optimiser, row_by_row]


@pytest.mark.parametrize("update", UPDATES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_plain_training_loops_follow_gradient_descent(update: Any, shape: Any) -> None:
    start = np.random.default_rng(1).standard_normal(shape)
    target, w, expected = 0.5, leaf(start), np.array(start)
    identity = w
    for _ in range(2_000):
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
                    t.data = t.data - 0.1 * t.grad.data  # type: ignore[union-attr]
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


def test_an_assigned_array_stays_the_callers_own() -> None:
    w, given = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    w.data = given
    loss = (w * w).sum()
    given[:] = 0.0
    loss.backward()
    np.testing.assert_array_equal(w.grad.numpy(), [6.0, 8.0])  # type: ignore[union-attr]
    assert given.flags.writeable
    other = leaf([0.0, 0.0])
    other.data = w.data  # a view of the one is no view of the other afterwards
    stepped(tg.optim.SGD([w], 1.0), w)
    np.testing.assert_array_equal(other.numpy(), [3.0, 4.0])


def test_scalars_are_numbers_that_nobody_can_write_to() -> None:
    for w in (leaf(2.0), leaf(np.float32(2.0)), leaf(np.asarray(2.0))):
        loss = w * w
        with pytest.raises((TypeError, ValueError)):
            w.data[...] = 5.0
        change_in_no_grad(w)
        assert w.item() == 1.0
        with pytest.raises(StaleGraphError):
            loss.backward()


def test_a_version_that_another_thread_draws_in_between_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, other, draw, made = leaf(1.0), leaf(2.0), graph.next_serial, []

    def overtake() -> None:
        made.append(other * other)
        other.data = 5.0

    overtaker = threading.Thread(target=overtake)

    def preempted() -> int:
        """Draws a serial, and lets a thread go by that computes with `other` and then changes it."""
        serial = draw()
        monkeypatch.setattr(graph, "next_serial", draw)
        overtaker.start()
        overtaker.join(0.5)  # it comes through, or it waits for this thread: both are good
        return serial

    monkeypatch.setattr(graph, "next_serial", preempted)
    slow.changed()
    overtaker.join(60)
    assert graph.CLOCK.newest >= max(slow.note().version, other.note().version)
    with pytest.raises(StaleGraphError):
        made[0].backward()


def test_taking_a_derivative_changes_no_leaf() -> None:
    for derivative in (tg.grad, tg.hessian, lambda f: lambda x: tg.jvp(f, x, np.ones(2))):
        before = CLOCK.newest
        derivative(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
        assert before == CLOCK.newest
