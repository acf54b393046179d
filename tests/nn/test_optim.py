"""Optimisers against their formulas written out, over many steps; their state; what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite import Tensor
from tinygrad_lite.errors import DomainError, DTypeError, GradientError, StateError
from tinygrad_lite.optim import SGD, Adam, Optimizer

START = {"w": np.array([[1.0, -2.0], [0.5, 3.0]]), "b": np.array([0.1, -0.2]), "s": np.float64(0.7)}


def leaves(dtype: Any = np.float64) -> list[Tensor]:
    return [Tensor(v, requires_grad=True, dtype=dtype, name=k) for k, v in START.items()]


def cost(w: Any, b: Any, s: Any) -> Any:
    return ((w @ np.array([1.0, 2.0], w.dtype) + b) ** 2).sum() * 0.05 + s * s * (b * b).sum() + (w**4).sum() * 0.01


def gradients(w: Any, b: Any, s: Any) -> list[Any]:
    """Those of `cost`, by hand."""
    v = np.array([1.0, 2.0])
    r = w @ v + b
    return [0.1 * np.outer(r, v) + 0.04 * w**3, 0.1 * r + 2 * s * s * b, 2 * s * (b * b).sum()]


def train(optimiser: Optimizer, steps: int, rate: Callable[[int], float] | None = None) -> list[Any]:
    for n in range(steps):
        if rate is not None:
            optimiser.lr = rate(n)
        optimiser.zero_grad()
        cost(*optimiser.parameters).backward()
        optimiser.step()
    return [t.numpy() for t in optimiser.parameters]


def sgd_by_hand(steps: int, lr: float, momentum: float = 0.0, decay: float = 0.0, rate: Any = None) -> list[Any]:
    values = [np.array(v) for v in START.values()]
    velocity = [np.zeros_like(v) for v in values]
    for n in range(steps):
        slopes = [g + decay * v for g, v in zip(gradients(*values), values, strict=True)]
        velocity = [momentum * v + g for v, g in zip(velocity, slopes, strict=True)]
        values = [x - (rate(n) if rate else lr) * v for x, v in zip(values, velocity, strict=True)]
    return values


def adam_by_hand(steps: int, lr: float, b1: float, b2: float, eps: float, decay: float = 0.0) -> list[Any]:
    values = [np.array(v) for v in START.values()]
    mean, square = ([np.zeros_like(v) for v in values] for _ in range(2))
    for n in range(1, steps + 1):
        slopes = [g + decay * v for g, v in zip(gradients(*values), values, strict=True)]
        mean = [b1 * m + (1 - b1) * g for m, g in zip(mean, slopes, strict=True)]
        square = [b2 * q + (1 - b2) * g**2 for q, g in zip(square, slopes, strict=True)]
        values = [
            x - lr * (m / (1 - b1**n)) / (np.sqrt(q / (1 - b2**n)) + eps)
            for x, m, q in zip(values, mean, square, strict=True)
        ]
    return values


def equal(got: list[Any], expected: list[Any], tolerance: float = 1e-12) -> None:
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance)


# --- the formulas --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_sgd_follows_its_formula(momentum: float, decay: float) -> None:
    got = train(SGD(leaves(), lr=0.1, momentum=momentum, weight_decay=decay), 25)
    equal(got, sgd_by_hand(25, 0.1, momentum, decay))


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("settings", [(0.001, 0.9, 0.999, 1e-8), (0.1, 0.5, 0.7, 1e-3), (0.05, 0.0, 0.0, 1e-8)])
def test_adam_follows_algorithm_1(settings: Any, decay: float) -> None:
    lr, b1, b2, eps = settings
    got = train(Adam(leaves(), lr, betas=(b1, b2), eps=eps, weight_decay=decay), 25)
    equal(got, adam_by_hand(25, lr, b1, b2, eps, decay), 1e-11)


def test_adams_defaults_are_the_papers() -> None:
    equal(train(Adam(leaves()), 10), adam_by_hand(10, 0.001, 0.9, 0.999, 1e-8))


def test_the_rate_may_change_between_steps() -> None:
    def rate(n: int) -> float:
        return 0.2 / (1 + n)

    equal(train(SGD(leaves(), lr=99.0, momentum=0.5), 20, rate), sgd_by_hand(20, 0.0, 0.5, rate=rate))


@pytest.mark.parametrize("make", [lambda p: SGD(p, np.float64(0.1), momentum=np.float64(0.9)),
                                  lambda p: Adam(p, np.float64(0.1), weight_decay=np.float64(0.1)),
                                  lambda p: SGD(p, 1)])  # fmt: skip
def test_parameters_stay_in_their_precision_and_keep_their_identity(make: Any) -> None:
    parameters = leaves(np.float32)
    optimiser = make(parameters)
    train(optimiser, 3)
    assert all(a is b for a, b in zip(optimiser.parameters, parameters, strict=True))
    for t in parameters:
        assert t.dtype == np.float32
        assert t.requires_grad
        assert t.primitive is None
    state = optimiser.state_dict()
    assert {v.dtype for k, v in state.items() if k.startswith(("velocity", "mean", "square"))} <= {np.dtype(np.float32)}


def test_a_step_equals_a_plain_loop_while_somebody_holds_the_data() -> None:
    optimiser = SGD(leaves(), lr=0.1)
    held = [t.data for t in optimiser.parameters]
    rows = [a[0] for a in held[:2]]
    train(optimiser, 10)
    equal([t.numpy() for t in optimiser.parameters], sgd_by_hand(10, 0.1))
    assert len(held) == len(rows) + 1


def test_parameters_without_gradient_stay_and_do_not_age() -> None:
    used, idle = Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    optimiser = Adam([used, idle], lr=0.1, weight_decay=0.5)
    for _ in range(5):
        used.grad = np.ones(1)
        optimiser.step()
    assert idle.item() == 2.0
    idle.grad = np.ones(1)
    optimiser.step()
    assert idle.item() == pytest.approx(2.0 - 0.1, abs=1e-8)  # a first step is one of lr
    with pytest.raises(GradientError, match="backward"):
        SGD([Tensor(1.0, requires_grad=True)], 0.1).step()


def test_a_step_leaves_gradients_alone() -> None:
    for make in (lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.1), lambda p: Adam(p, 0.1, weight_decay=0.1)):
        (w,) = parameters = [Tensor([1.0, 2.0], requires_grad=True)]
        optimiser = make(parameters)
        (w * w).sum().backward()
        before = w.grad.numpy()  # type: ignore[union-attr]
        for _ in range(3):
            optimiser.step()
            np.testing.assert_array_equal(w.grad.numpy(), before)  # type: ignore[union-attr]
            assert not np.shares_memory(w.grad.data, w.data)  # type: ignore[union-attr]
        optimiser.zero_grad()
        assert w.grad is None


def test_a_step_is_finished_where_new_values_overflow() -> None:
    largest = np.finfo(float).max
    parameters = [Tensor([value], requires_grad=True) for value in (largest, 1.0, largest, 2.0)]
    for t in parameters:
        t.grad = -t.detach()
    cost = sum((0.1 * t).sum() for t in parameters)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        SGD(parameters, 1.0).step()
    assert [t.item() for t in parameters] == [np.inf, 2.0, np.inf, 4.0]
    assert not any(t._array.flags.writeable for t in parameters)
    with pytest.raises(tg.errors.StaleGraphError):
        cost.backward()  # type: ignore[union-attr]


def test_a_step_is_noticed_by_the_graph_before_it() -> None:
    for make in (lambda p: SGD(p, 0.1), lambda p: Adam(p, 0.1)):
        parameters = leaves()
        optimiser = make(parameters)
        c = cost(*parameters)
        c.backward()
        optimiser.step()
        with pytest.raises(tg.errors.StaleGraphError):
            c.backward()


def test_optimisers_of_ones_own_say_what_a_direction_is() -> None:
    class Signs(Optimizer):
        def direction(self, i: int, g: Any) -> Any:
            return np.sign(g)

    w = Tensor([1.0, -2.0], requires_grad=True)
    w.grad = np.array([5.0, -0.1])
    Signs([w], lr=0.25).step()
    np.testing.assert_array_equal(w.numpy(), [0.75, -1.75])
    with pytest.raises(NotImplementedError):
        Optimizer([w], lr=0.1).step()


# --- state ---------------------------------------------------------------------------------------------------------

MAKERS: dict[str, Callable[[list[Tensor]], Optimizer]] = {
    "SGD": lambda p: SGD(p, 0.1, weight_decay=0.01),
    "momentum": lambda p: SGD(p, 0.1, momentum=0.9),
    "Adam": lambda p: Adam(p, 0.05, weight_decay=0.01),
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("on_disk", [False, True])
def test_training_goes_on_from_a_saved_state_as_if_nothing_had_happened(
    kind: str, on_disk: bool, tmp_path: Path
) -> None:
    straight = MAKERS[kind](leaves())
    train(straight, 12)
    first = MAKERS[kind](leaves())
    train(first, 5)
    state = first.state_dict()
    if on_disk:
        np.savez(tmp_path / "state.npz", **state)
        with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
            state = {k: file[k] for k in file.files}
    second = MAKERS[kind](
        [t.detach() for t in first.parameters] and [Tensor(t.numpy(), True) for t in first.parameters]
    )
    second.lr = 123.0
    second.load_state_dict(state)
    train(first, 3)  # moves on, and must not move what it gave away
    for got, expected in zip(train(second, 7), [t.numpy() for t in straight.parameters], strict=True):
        np.testing.assert_array_equal(got, expected)


def test_states_are_copies() -> None:
    optimiser = MAKERS["momentum"](leaves())
    train(optimiser, 2)
    state = optimiser.state_dict()
    kept = {k: np.array(v) for k, v in state.items()}
    train(optimiser, 2)
    for k, v in kept.items():
        np.testing.assert_array_equal(state[k], v)
    other = MAKERS["momentum"](leaves())
    other.load_state_dict(state)
    for v in state.values():
        if isinstance(v, np.ndarray):
            v[...] = 0
    for k, v in other.state_dict().items():
        np.testing.assert_array_equal(v, kept[k])


def test_a_state_that_does_not_fit_is_listed_and_not_taken() -> None:
    optimiser = MAKERS["Adam"](leaves())
    train(optimiser, 2)
    before = {k: np.array(v) for k, v in optimiser.state_dict().items()}
    bad = dict(optimiser.state_dict())
    bad["spare"] = bad.pop("mean.0")
    bad["square.1"] = np.ones(3)
    with pytest.raises(StateError) as info:
        optimiser.load_state_dict(bad)
    for part in ("missing mean.0", "unknown spare", "square.1 has shape (3,), not (2,)"):
        assert part in str(info.value)
    for other in ("SGD", "momentum"):
        with pytest.raises(StateError):
            optimiser.load_state_dict(MAKERS[other](leaves()).state_dict())
        with pytest.raises(StateError):
            MAKERS[other](leaves()).load_state_dict(optimiser.state_dict())
    for k, v in optimiser.state_dict().items():
        np.testing.assert_array_equal(v, before[k])


# --- what is refused -----------------------------------------------------------------------------------------------


def test_what_is_no_parameter() -> None:
    w = Tensor([1.0], requires_grad=True)
    for make in (SGD, Adam):
        for bad in ([Tensor([1.0])], [w * 2], [np.ones(2)], [w, 3.0], ["w"]):
            with pytest.raises(DTypeError, match=r"model\.parameters\(\)"):
                make(bad, 0.1)
        with pytest.raises(DomainError, match="at least one"):
            make([], 0.1)
        with pytest.raises(DomainError, match="twice"):
            make([w, w], 0.1)
    with pytest.raises(DTypeError):
        SGD(w, 0.1)  # a Tensor itself iterates over its elements, which are computed


@pytest.mark.parametrize(
    "settings",
    [{"lr": -0.1}, {"lr": float("nan")}, {"lr": 0.1, "weight_decay": -1.0}, {"lr": 0.1, "weight_decay": np.nan}],
)
def test_rates_below_zero(settings: Any) -> None:
    for make in (SGD, Adam):
        with pytest.raises(DomainError, match="0 or more"):
            make(leaves(), **settings)


@pytest.mark.parametrize("bad", ["0.1", None, [0.1], np.ones(2)], ids=str)
def test_settings_are_single_numbers(bad: Any) -> None:
    made: dict[str, Callable[[], Any]] = {
        "lr": lambda: SGD(leaves(), bad),
        "momentum": lambda: SGD(leaves(), 0.1, momentum=bad),
        "weight_decay": lambda: Adam(leaves(), weight_decay=bad),
        "eps": lambda: Adam(leaves(), eps=bad),
        "betas": lambda: Adam(leaves(), betas=(0.9, bad)),
    }
    for name, make in made.items():
        with pytest.raises(DTypeError, match=name):
            make()


@pytest.mark.parametrize("bad", [0.9, (0.9,), None, (0.9, 0.99, 0.999)], ids=str)
def test_betas_are_two_numbers(bad: Any) -> None:
    with pytest.raises(DTypeError, match="two numbers"):
        Adam(leaves(), betas=bad)


def test_momenta_and_betas_outside_0_to_1() -> None:
    for momentum in (-0.1, 1.0, 2.0, float("nan")):
        with pytest.raises(DomainError, match=r"\[0, 1\)"):
            SGD(leaves(), 0.1, momentum=momentum)
        for betas in ((momentum, 0.9), (0.9, momentum)):
            with pytest.raises(DomainError, match=r"\[0, 1\)"):
                Adam(leaves(), 0.1, betas=betas)
    with pytest.raises(DomainError, match="eps"):
        Adam(leaves(), 0.1, eps=-1e-8)
