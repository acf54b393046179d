"""Optimisers: what turns gradients into steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_lite.core.graph import CLOCK
from tinygrad_lite.core.scopes import TRACE, no_grad
from tinygrad_lite.errors import DomainError, DTypeError, GradientError, StateError
from tinygrad_lite.programs.standins import python_number
from tinygrad_lite.spellings import OPTIMISER, elsewhere, not_here
from tinygrad_lite.tensor.keywords import answering, refused
from tinygrad_lite.tensor.operands import constant
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["SGD", "Adam", "Optimizer"]


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # for a type checker every name would exist
    __getattr__ = not_here(__name__)


class Optimizer:
    """Parameters, their gradients, and a step. Subclasses say what a step is: `direction(i, g)`.

    lr: the learning rate, may be changed between steps. weight_decay: adds weight_decay · w to the gradient.
    Raises DTypeError for what is no leaf that requires a gradient, DomainError for rates below 0.

    See also: tg.optim.SGD, tg.optim.Adam.

    >>> import numpy as np, tinygrad_lite as tg
    >>> class SignDescent(tg.optim.Optimizer):
    ...     def direction(self, i, g):
    ...         return np.sign(g)
    >>> w = tg.Tensor([3.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> SignDescent([w], lr=0.25).step()
    >>> w.data
    array([2.75])
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        if not isinstance(parameters, Iterable):
            raise DTypeError(f"an optimiser takes a list of parameters; got {parameters!r}. Pass model.parameters().")
        self.parameters = list(parameters)
        if not self.parameters:
            raise DomainError("an optimiser needs at least one parameter; got none.")
        for t in self.parameters:
            if not isinstance(t, Tensor) or not t.requires_grad or t.made_by is not None:
                raise DTypeError(f"an optimiser takes leaves that require a gradient; got {_no_leaf(t)}")
        if len(set(self.parameters)) != len(self.parameters):
            raise DomainError("an optimiser was given the same parameter twice: it would be stepped twice.")
        _not_negative(lr=lr, weight_decay=weight_decay)
        self.lr, self.weight_decay = lr, float(weight_decay)
        self._scratch = [np.empty_like(t._array) if type(t._array) is np.ndarray else None for t in self.parameters]
        self._doors: list[Any] = [None for _ in self.parameters]

    live_numbers = ("lr",)  # attributes that each run of a compiled step reads anew
    symbols: Mapping[str, str] = {}  # how a source of a step calls what is remembered, m of m_W1; else by its own name

    def direction(self, i: int, g: Any) -> Any:
        """What to subtract from parameter i, up to the learning rate, for the gradient g."""
        raise NotImplementedError

    def step(self) -> None:
        """Move every parameter that has a gradient; all of them or none, also where Ctrl-C comes in between.

        Ctrl-C before all changes are known leaves the parameters and what the optimiser remembers as they were;
        later, the step is finished first. It is finished, too, where NumPy raises an error because a new value
        overflows. Raises GradientError where no parameter has a gradient.
        """
        if (trace := TRACE.get()) is not None:
            return self._step_of_each_run(trace)
        lr = float(self.lr)  # a NumPy number would turn float32 into float64
        memory = [(arrays, list(arrays)) for arrays in self._memory().values()]
        moved: list[Tensor] = []
        arrays: list[Any] = []  # those that are changed in place, because views that somebody keeps show them
        doors: list[Any] = []
        changes: list[Any] = []
        values: list[tuple[Tensor, Any]] = []  # new values of the others: NumPy scalars, arrays of other libraries
        write: Any = None
        dtype: Any = None
        try:
            for i, t in enumerate(self.parameters):
                if t.meta is None or t.meta.grad is None:
                    continue
                data, g = t._array, t.meta.grad._array
                d = self.direction(i, g + self.weight_decay * data if self.weight_decay else g)
                moved.append(t)
                if type(data) is np.ndarray and t.needs_grad:
                    if d.dtype is not dtype:
                        dtype, rate = d.dtype, constant(lr, d)
                    changes.append(np.multiply(d, rate, self._scratch[i]))
                    arrays.append(data)
                    doors.append(self._door(i, data))
                else:  # also what needs no gradient now: its array may be shared
                    new = data - lr * d
                    values.append((t, new if new.dtype is data.dtype else new.astype(data.dtype)))
            write = partial(_write, moved, values, map(np.subtract, arrays, changes, doors))
            write()
        except BaseException:
            if write is not None:
                write()  # the rest of it
            else:
                for own, before in memory:
                    own[:] = before
            raise
        if not moved:
            raise GradientError("step() found no gradient on any parameter. Call backward() first.")

    def _door(self, i: int, array: Any) -> Any:
        """A view of the locked array of parameter i through which this optimiser alone writes."""
        door = self._doors[i]
        if door is None or door.base is not array:  # the first step, or the first after t.data = …
            try:
                array.setflags(write=True)
                door = self._doors[i] = array.view()
            finally:
                array.setflags(write=False)
        return door

    def _step_of_each_run(self, trace: Any) -> None:
        """The step while a trace runs: in Tensors, so that the program that comes of it makes it again."""
        lr, moved = python_number(self.lr), False
        with no_grad():
            for i, t in enumerate(self.parameters):
                if t.grad is not None:
                    d = self.direction(i, t.grad + self.weight_decay * t if self.weight_decay else t.grad)
                    trace.move(t, t - lr * d)
                    moved = True
        if not moved:
            raise GradientError("step() found no gradient on any parameter. Call backward() first.")

    def zero_grad(self, set_to_none: None = None) -> None:
        """Forget all gradients, before the next backward(). set_to_none of PyTorch is refused: it is always so."""
        if set_to_none is not None:
            raise refused("optimiser.zero_grad", ["set_to_none"])
        for t in self.parameters:
            t.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """What the optimiser remembers, as copies of plain arrays and numbers, to go on later."""
        return {"lr": self.lr, "weight_decay": self.weight_decay} | {
            f"{name}.{i}": np.array(a) for name, arrays in self._memory().items() for i, a in enumerate(arrays)
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what state_dict() gave. Raises StateError that lists keys and shapes that do not fit."""
        own = self.state_dict()
        wrong = [f"missing {k}" for k in own if k not in state] + [f"unknown {k}" for k in state if k not in own]
        wrong += [
            f"{k} has shape {np.shape(state[k])}, not {np.shape(own[k])}"
            for k in own
            if k in state and np.shape(state[k]) != np.shape(own[k])
        ]
        if wrong:
            raise StateError(f"this state does not fit {type(self).__name__}: {'; '.join(wrong)}.")
        new = [
            (arrays, [np.array(state[f"{name}.{i}"], dtype=np.asarray(a).dtype) for i, a in enumerate(arrays)])
            for name, arrays in self._memory().items()
        ]
        self.lr, self.weight_decay = float(state["lr"]), float(state["weight_decay"])
        for arrays, values in new:
            arrays[:] = values

    def _memory(self) -> dict[str, list[Any]]:
        return {}

    def __repr__(self) -> str:
        count = len(self.parameters)
        return f"<{type(self).__name__} of {count} parameter{'s' * (count > 1)}, lr={self.lr}>"

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in OPTIMISER]


elsewhere(Optimizer, "an optimiser", OPTIMISER)


def _write(moved: list[Tensor], values: list[tuple[Tensor, Any]], subtractions: Iterator[Any]) -> None:
    """Give parameters their new values. To call it again finishes what an error or Ctrl-C had stopped.

    subtractions: an iterator that changes one array after the other; what it has done it does not do again.
    """
    for t, new in values:
        t._array = new
    try:
        for _ in subtractions:
            pass
    except BaseException:
        _write(moved, values, subtractions)
        raise
    version = CLOCK.tick()  # after the writes: what another thread computes in between is out of date, too
    for t in moved:
        t.changed(version)


def _no_leaf(t: Any) -> str:
    """What was given in the place of a leaf that learns, and what to write."""
    if isinstance(t, Tensor) and t.made_by is not None:
        return (
            f"{t!r}, which was computed. To learn it, write tg.Tensor(array, requires_grad=True), with the factor in the array; "
            "a value that a model keeps to be looked at is not to learn: take it out of model.parameters()."
        )
    what = "a dict; there are no groups: make an optimiser for each" if isinstance(t, dict) else repr(t)
    return f"{what}. Pass model.parameters()."


def _one_number(name: str, value: Any) -> None:
    if value is None or isinstance(value, str) or np.ndim(value):
        raise DTypeError(f"{name} is one number; got {value!r}.")


def _not_negative(**numbers: float) -> None:
    for name, value in numbers.items():
        _one_number(name, value)
        if not value >= 0:
            raise DomainError(f"{name} must be 0 or more; got {value}.")


class SGD(Optimizer):
    """Gradient descent w ← w − lr · v with v = momentum · v + gradient.

    momentum: in [0, 1), else DomainError.

    See also: tg.optim.Adam, tg.nn.l2.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.SGD([w], lr=0.25).step()
    >>> w.data
    array([0.5])
    """

    symbols: Mapping[str, str] = {"velocity": "v"}

    @answering("tg.optim.SGD")
    def __init__(
        self, parameters: Iterable[Tensor], lr: float, *, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        _one_number("momentum", momentum)
        if not 0 <= momentum < 1:
            raise DomainError(f"momentum must lie in [0, 1); got {momentum}.")
        self.momentum = float(momentum)
        self._velocity: list[Any] = [np.zeros_like(t._array) for t in self.parameters] if momentum else []

    def direction(self, i: int, g: Any) -> Any:
        """The velocity, or the gradient itself without momentum."""
        if not self.momentum:
            return g
        self._velocity[i] = self.momentum * self._velocity[i] + g
        return self._velocity[i]

    def _memory(self) -> dict[str, list[Any]]:
        return {"velocity": self._velocity}


class Adam(Optimizer):
    """Steps of about lr whatever the gradient's size (Kingma and Ba, 2015, algorithm 1).

    betas: decay of the running mean and of the running square; eps: keeps the quotient finite.

    With the gradient g of step t: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², and w ← w − lr m̂/(√v̂ + eps), where
    m̂ = m/(1 − β₁^t) and v̂ = v/(1 − β₂^t). Raises DomainError for betas outside [0, 1).

    See also: tg.optim.SGD.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> tg.optim.Adam([w], lr=0.25).step()
    >>> w.data.round(6)
    array([0.75])
    """

    symbols: Mapping[str, str] = {"mean": "m", "square": "v", "steps": "t"}  # as in algorithm 1

    @answering("tg.optim.Adam")
    def __init__(
        self, parameters: Iterable[Tensor], lr: float = 0.001, *, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, weight_decay)
        try:
            first, second = betas
        except (TypeError, ValueError):
            raise DTypeError(f"betas are two numbers, as in (0.9, 0.999); got {betas!r}.") from None
        _one_number("the first of betas", first)
        _one_number("the second of betas", second)
        if not all(0 <= b < 1 for b in betas):
            raise DomainError(f"betas must lie in [0, 1); got {betas}.")
        _not_negative(eps=eps)
        self.betas, self.eps = (float(first), float(second)), float(eps)
        self._mean: list[Any] = [np.zeros_like(t._array) for t in self.parameters]
        self._square: list[Any] = [np.zeros_like(t._array) for t in self.parameters]
        self._steps: list[Any] = [np.int64(0) for _ in self.parameters]

    def direction(self, i: int, g: Any) -> Any:
        """The running mean over the root of the running square, both freed of their bias to 0."""
        first, second = self.betas
        self._steps[i] = steps = self._steps[i] + 1
        n = python_number(steps)  # a NumPy number would turn float32 into float64
        self._mean[i] = first * self._mean[i] + (1 - first) * g
        self._square[i] = second * self._square[i] + (1 - second) * g * g
        mean, square = self._mean[i] / (1 - first**n), self._square[i] / (1 - second**n)
        return mean / (np.sqrt(square) + self.eps)

    def _memory(self) -> dict[str, list[Any]]:
        return {"mean": self._mean, "square": self._square, "steps": self._steps}
