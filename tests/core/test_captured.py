"""What a graph has captured cannot be corrupted: `.data` is read-only, and every allowed change raises in backward()."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.changes import CHANGES, change_in_no_grad
from tests.helpers.grouped import in_groups
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.graph import CLOCK
from tinygrad_lite.errors import StaleGraphError


@pytest.fixture(autouse=True)
def nothing_is_watched_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process: after a change in another test the sweep checks older nodes, too, and overlooks less."""
    monkeypatch.setattr(CLOCK, "newest", 0)


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
ALIASES: dict[str, Callable[[Any], Any]] = {
    "the array": lambda t: t.data,
    "a row": lambda t: t.data[0],
    "its transpose": lambda t: t.data.T,
    "a flat view": lambda t: t.data.reshape(-1),
    "a memoryview": lambda t: np.asarray(memoryview(t.data)),
    "a buffer": lambda t: np.frombuffer(t.data),
    "a view of a view": lambda t: t.data[:, 1:][::-1],
    "the array interface": lambda t: np.asarray(Borrowed(t.data)),
    "raveled": lambda t: np.ravel(t.data),
    "without an axis of size 1": lambda t: np.squeeze(t.data[None]),
    "a diagonal": lambda t: np.diagonal(t.data),
    "as integers": lambda t: t.data.view(np.int64),
}
WRITINGS: dict[str, Callable[[Any], Any]] = {
    "all elements": lambda a: a.__setitem__(..., 9.0),
    "in-place subtraction": lambda a: a.__isub__(a),
    "filled": lambda a: a.fill(0),
    "out=": lambda a: np.add(a, a, out=a),
    "copyto": lambda a: np.copyto(a, 0),
    "sorted": lambda a: a.sort(),
    "put": lambda a: np.put(a, 0, 9),
    "through flat": lambda a: a.flat.__setitem__(0, 9),
}


class Borrowed:
    """An array seen through the dictionary that other libraries read."""

    def __init__(self, array: Any) -> None:
        self.__array_interface__ = array.__array_interface__
        self.array = array


KINDS: dict[str, Callable[[Tensor], Any]] = {
    "leaf": lambda w: w, "plain leaf": lambda w: Tensor(w.numpy()), "computed": lambda w: w * 1.0,
    "view": lambda w: w[:], "untracked": lambda w: Tensor(w.numpy()) * 2, "detached": lambda w: w.detach(),
    "gradient": lambda w: tg.grad(lambda v: (v * v).sum())(w),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alias", ALIASES)
def test_writing_through_data_raises_at_once_and_changes_nothing(kind: str, alias: str) -> None:
    for write in WRITINGS.values():
        w = leaf([[4.0, 3.0], [2.0, 1.0]])
        t = KINDS[kind](w)
        before = t.detach().numpy()
        with pytest.raises(ValueError, match="read-only"):
            write(ALIASES[alias](t))
        np.testing.assert_array_equal(t.detach().numpy(), before)
        np.testing.assert_array_equal(w.numpy(), [[4.0, 3.0], [2.0, 1.0]])


@pytest.mark.parametrize("step", [0.5, np.float64(0.5), np.full((2, 2), 0.5), Tensor(0.5)], ids=lambda s: str(type(s)))
def test_an_in_place_operator_on_data_raises_at_once_and_raises_no_version(step: Any) -> None:
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    loss = (w * w).sum()
    for update in ("w.data -= step", "w.data += step", "w.data *= step", "w.data /= step", "w.data **= step"):
        with pytest.raises(ValueError, match="read-only"):
            exec(update, {"w": w, "step": step})
    loss.backward()  # nothing has changed, so the graph is as good as before
    np.testing.assert_array_equal(w.grad.numpy(), [[2.0, 4.0], [6.0, 8.0]])  # type: ignore[union-attr]


@pytest.mark.parametrize("held", ALIASES)
def test_what_is_read_from_data_needs_no_lent_copy(held: str) -> None:
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    loss = (w * w).sum()
    taken = ALIASES[held](w)
    values = taken.copy()
    loss.backward()  # reading raises no version, however the view is held
    w.data = np.zeros((2, 2))
    np.testing.assert_array_equal(taken, values)  # assigning binds a new array: views keep the old numbers
    with pytest.raises(StaleGraphError):
        loss.backward()


@in_groups("change, forward, when", product(CHANGES, FORWARDS, ["new", "long used"]), by=lambda case: str(case[1]))
def test_changing_data_between_forward_and_backward_raises(change: str, forward: str, when: str) -> None:
    w, f = leaf([[1.0, 2.0], [3.0, 4.0]], name="w"), FORWARDS[forward]
    if when == "long used":
        for _ in range(3):
            f(w).backward()
            w.zero_grad()
            CHANGES[change](w)
            w.data = [[1.0, 2.0], [3.0, 4.0]]
    loss = f(w)
    CHANGES[change](w)
    with pytest.raises(StaleGraphError, match=r"'w'.*Run the forward pass again"):
        loss.backward()
    with pytest.raises(StaleGraphError):
        loss.backward(create_graph=True)
    with pytest.raises(StaleGraphError):
        tg.pull_back([loss], [np.float64(1)], [w])
    w.zero_grad()
    f(w).backward()  # the new forward pass is right again
    np.testing.assert_allclose(w.grad.numpy(), tg.grad(f)(w.numpy()), rtol=1e-12)  # type: ignore[union-attr]


def test_a_change_after_backward_is_noticed_by_the_next_backward_through_the_same_graph() -> None:
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    loss.backward()
    change_in_no_grad(w)
    with pytest.raises(StaleGraphError):
        loss.backward()


def test_a_change_elsewhere_disturbs_no_graph() -> None:
    w, other, constant = leaf([1.0, 2.0]), leaf([3.0, 4.0]), Tensor([5.0, 6.0])
    loss = (w * w * constant).sum()
    other.data = [0.0, 0.0]
    change_in_no_grad(other)
    loss.backward()
    np.testing.assert_array_equal(w.grad.numpy(), [10.0, 24.0])  # type: ignore[union-attr]


def test_a_graph_made_after_a_change_is_good_whatever_happened_to_older_ones() -> None:
    w = leaf([1.0, 2.0])
    old = (w * w).sum()
    w.data = [3.0, 4.0]
    new = (w * w).sum()
    with pytest.raises(StaleGraphError):
        old.backward()
    w.zero_grad()
    new.backward()
    np.testing.assert_array_equal(w.grad.numpy(), [6.0, 8.0])  # type: ignore[union-attr]
    both = old + new  # a part from before the change makes the whole one from before
    with pytest.raises(StaleGraphError):
        both.backward()


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
    with pytest.raises(ValueError, match="read-only"):
        other.data[:] = 0
    other.data = np.zeros(2, other.dtype)
    try:
        loss.backward()
    except StaleGraphError:
        return
    np.testing.assert_array_equal(x.grad.numpy(), [3.0, 4.0])  # type: ignore[union-attr]


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


def test_the_data_of_a_leaf_cannot_be_unlocked_through_a_view() -> None:
    made_to_learn = Tensor([1.0, 2.0])
    made_to_learn.requires_grad = True
    for w in (leaf([1.0, 2.0]), Tensor([1.0, 2.0]), made_to_learn):
        with pytest.raises(ValueError, match="WRITEABLE"):
            w.data.flags.writeable = True
        with pytest.raises(ValueError, match="read-only"):
            w.data.base[...] = 9.0
    w = leaf([1.0, 2.0])
    for optimiser in (tg.optim.SGD([w], 0.1), tg.optim.Adam([w], 0.1)):
        w.grad = np.ones(2)
        optimiser.step()
        with pytest.raises(ValueError, match="read-only"):
            w.data.base[...] = 9.0
    w.data = [3.0, 4.0]
    with pytest.raises(ValueError, match="read-only"):
        w.data.base[...] = 9.0
