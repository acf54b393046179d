"""Derivatives against differences, measured in a wider precision than the one that is checked.

To read it: `gradcheck`, then `_Element.check`, which decides on the derivatives by one element of an input. It calls
`quotient` for one step and `extrapolate` for many, and what it cannot decide is said by `doubt`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.errors import DTypeError, GradcheckError, GradientError
from tinygrad_lite.extrapolation import extrapolate
from tinygrad_lite.programs.rows import swept_rows
from tinygrad_lite.rounding import rows_and_noise
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.transforms import as_result
from tinygrad_lite.trees import Inputs, flatten

__all__ = ["gradcheck"]

Array = np.ndarray[Any, Any]

WIDER: tuple[Any, ...] = (np.float64, np.longdouble)  # the precisions in which differences are taken
RTOL = 1e-6  # how far a right derivative may be off; the rounding errors come on top
DECIDED = 2.4e-3  # an error bound that tells 1 % from 0
SHORTEST = 2.0**-40  # of the size of the element: the shortest step


def gradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    **kwargs: Any,
) -> bool:
    """Compare every derivative of f at the inputs with differences: True, or an error that says where.

    f: returns one Tensor of any shape; each of its K elements is checked by each of the n elements of the inputs,
    which may be nested as for tg.grad. It is called about 2 n times, and up to a hundred times more for an element
    where it is steep, has a kink near by, or stands on a large offset. There are K sweeps.

    Everything runs in the next wider precision: float32 in float64, float64 in longdouble. There the derivative is
    compared with (f(x + h) − f(x − h)) / 2h, and with the derivative in the inputs' own precision. Where the first
    step does not settle it, all steps do, from the shortest on, extrapolated to h = 0 (Ridders, "Accurate computation
    of F′(x) and F′(x)F″(x)", 1982). The rounding error of f(x) is the sum over all nodes v of ε |v̄ v|, with the
    cotangents v̄ of the sweep (Linnainmaa, 1976). A derivative below the rounding error of f itself counts as zero.

    Raises GradcheckError where a derivative is wrong. Raises GradientError where that cannot be decided, which is
    never True: at a kink, where f draws random numbers, where it is nan, where rounding hides the difference. At a
    kink only the mean of the slopes on both sides passes, which np.maximum gives where its arguments tie, but not the
    0 of tg.relu. Raises DTypeError for inputs of integers.

    rtol, atol: how far a derivative may be off: rtol |difference| + atol, and the rounding errors; 1e-6 and 0 by
    default. eps: the longest step, relative to elements above 1.

    See also: tg.jacobian, tg.stop_gradient, tg.errors.GradcheckError.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.gradcheck(lambda x, y: np.exp(x) * y, np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    True
    """
    function = _Function(f, inputs, kwargs)
    own = function.derivatives(function.arrays, warn=True)
    for (k,) in np.argwhere(~np.isfinite(own.value)):
        raise GradientError(
            f"gradcheck: result{own.place(k)} is {own.value[k]}, which has no derivative. Choose inputs where f is finite."
        )
    limits = _Limits(RTOL if rtol is None else rtol, 0.0 if atol is None else atol, eps)
    pending = [(i, index) for i, a in enumerate(own.arrays) for index in np.ndindex(a.shape)]
    doubts: list[str] = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # f has warned at the inputs already; what it says beside them is no news
        for run, last in function.wider(own):
            function.refuse_chance(run, times=3)
            found = [(i, index, _Element(function, run, i, index).check(limits, last)) for i, index in pending]
            pending = [(i, index) for i, index, doubt in found if doubt]
            doubts = [doubt for _, _, doubt in found if doubt]
            if not pending:
                _compare_precisions(function, own, run, limits)
                return True
    raise GradientError(doubts[0])


@dataclass(frozen=True)
class _Limits:
    """What the caller asked for."""

    rtol: float
    atol: float
    eps: float | None


@dataclass(frozen=True)
class _Run:
    """f and its derivatives in one precision: the value flat, the derivatives of shape (value.size, *input.shape).

    noise: per element of the value its rounding error; coarse: the same in the precision that is checked.
    """

    arrays: list[Any]
    shape: tuple[int, ...]
    value: Array
    rows: list[Array]
    noise: Array
    coarse: Array
    dtype: Any

    def place(self, k: Any) -> str:
        return str([int(n) for n in np.unravel_index(k, self.shape)]) if self.shape else ""


class _Function:
    """f as a function of the leaves of its inputs, as plain arrays."""

    def __init__(self, f: Callable[..., Any], inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.f, self.inputs, self.kwargs = f, inputs, kwargs
        leaves, self.rebuild = flatten(inputs)
        self.names = [f"input {n}" for n, tree in enumerate(inputs) for _ in flatten(tree)[0]]
        self.arrays = [np.array((x.detach() if isinstance(x, Tensor) else Tensor(x))._array) for x in leaves]
        for name, a in zip(self.names, self.arrays, strict=True):
            if a.dtype.kind != "f":
                raise DTypeError(
                    f"gradcheck: argument {name.split()[-1]} has dtype {a.dtype}, which has no derivative. Write 3.0 for 3, or "
                    "close over what is constant: tg.gradcheck(lambda x: f(x, labels), x)."
                )
            if not np.isfinite(a).all():
                raise GradientError(
                    f"gradcheck: {name} holds nan or inf, which no step can move. Choose finite inputs."
                )
        self.epsilon = max((float(np.finfo(a.dtype).eps) for a in self.arrays), default=0.0)

    def value(self, arrays: list[Any]) -> Any:
        """f as a plain array of its own shape, computed without a graph."""
        tensors = Inputs(tuple(self.rebuild([Tensor(a) for a in arrays])), (), "gradcheck")
        return as_result(tensors.call(self.f, self.kwargs), "gradcheck", scalar=False).numpy()

    def derivatives(self, arrays: list[Any], warn: bool = False) -> _Run:
        """f and all its derivatives at the arrays. warn: as tg.jacobian does, where they are nan."""
        trees = tuple(self.rebuild([Tensor(a) for a in arrays]))
        inputs = Inputs(trees, tuple(range(len(trees))), "gradcheck")
        try:
            out = as_result(inputs.call(self.f, self.kwargs), "gradcheck", scalar=False)
        except TypeError as error:
            if any(isinstance(x, list) for x in self.inputs):
                raise DTypeError(
                    f"gradcheck: f gets a list of numbers as a list of Tensors, as from tg.grad, and it raised: {error} "
                    "For an array write np.array([...])."
                ) from error
            raise
        rows, noise, coarse = rows_and_noise(out, inputs.fresh, self.epsilon)
        if warn:
            rows = swept_rows(out, inputs.fresh)
        value = np.array(out.numpy()).reshape(-1)
        dtype = np.result_type(*arrays) if arrays else value.dtype
        return _Run(arrays, out.shape, value, rows, noise, coarse, dtype)

    def wider(self, own: _Run) -> Iterator[tuple[_Run, bool]]:
        """f in each wider precision in which it can be computed, or in its own; and whether it is the last one."""
        runs = []
        for dtype in WIDER:
            if np.finfo(dtype).eps < self.epsilon:
                try:
                    runs.append(self.derivatives([a.astype(dtype) for a in self.arrays]))
                except Exception:  # np.linalg, for one, knows no longdouble
                    continue
        runs = [r for r in runs if r.shape == own.shape] or [self.derivatives(self.arrays)]
        return ((run, run is runs[-1]) for run in runs)

    def refuse_chance(self, run: _Run, times: int) -> None:
        """Raise GradientError where f gives different values at the same inputs."""
        for _ in range(times):
            again = np.reshape(self.value(run.arrays), -1)
            for (k,) in np.argwhere(~(np.abs(again - run.value) <= 64 * run.noise)):
                raise GradientError(
                    f"gradcheck: f gave two values at the same inputs, {run.value[k]:.10g} and {again[k]:.10g} for "
                    f"result{run.place(k)}. Does it draw random numbers or keep a state? Make the generator inside f, from a fixed seed."
                )


class _Element:
    """One element of one input: the derivatives of all elements of the result by it."""

    def __init__(self, function: _Function, run: _Run, i: int, index: tuple[int, ...]) -> None:
        self.function, self.run, self.i, self.index = function, run, i, index
        self.arrays: list[Any] = [a.copy() if j == i else a for j, a in enumerate(run.arrays)]
        self.x = run.arrays[i][index]
        here: Any = (slice(None), *index)
        self.got = run.rows[i][here]
        self.bend = self.rise = np.zeros(self.got.shape)
        size = int(np.frexp(self.x)[1])  # steps are powers of two, so that x ± h is exact
        self.small, self.large = (np.ldexp(run.dtype.type(1), n) for n in (min(size, 0), max(size, 0)))

    def at(self, h: Any) -> Any:
        """f with the element moved by h; None where f is not defined there."""
        self.arrays[self.i][self.index] = self.x + h
        try:
            value = self.function.value(self.arrays)
        except Exception:  # f was defined at the inputs, so it is the step that it refuses
            return None
        finally:
            self.arrays[self.i][self.index] = self.x
        return np.reshape(value, -1) if value.shape == self.run.shape else None

    def quotient(self, h: Any) -> Any:
        up, down = self.x + h, self.x - h
        if not down < self.x < up or (above := self.at(h)) is None or (below := self.at(-h)) is None:
            return None
        # Where f bends within the step, the quotient alone may look right by chance; see `check`.
        right, left = above - self.run.value, self.run.value - below
        self.bend, self.rise = np.abs(right - left), np.fmax(np.abs(right), np.abs(left))
        return (above - below) / (up - down)

    def steps(self, eps: float | None, shortest: Any) -> list[Any]:
        """All steps that are worth a try, the shortest first."""
        if eps is not None:
            return [eps * max(1.0, abs(self.x)) / 2**n for n in range(5, -1, -1)]
        h, steps = self.small * SHORTEST, []
        while h <= self.large:
            if h >= shortest:
                steps.append(h)
            h = 2 * h
        return steps

    def first_step(self, eps: float | None) -> Any:
        """The step of the quotient that is tried first."""
        if eps is None:
            return 2.0**-16 * self.large
        step = eps * max(1.0, abs(self.x))
        if self.x + step == self.x:
            raise GradientError(f"gradcheck: eps={eps} does not change {self.x} in {self.run.dtype}. Use a larger one.")
        return step

    def after_one_step(self, limits: _Limits) -> tuple[Array, Any]:
        """Which derivatives one quotient leaves undecided, and the shortest step that can decide on them.

        What agrees to six digits does not agree by chance. So one quotient is enough to see that a derivative is
        right, where f is straight over the step.
        """
        got, noise, step = self.got, self.run.noise, self.first_step(limits.eps)
        quotient = self.quotient(step)
        if quotient is None:
            return np.full(got.shape, True), 0.0
        straight = self.bend <= np.maximum(0.1 * self.rise, 16 * noise)
        undecided = ~(straight & _near(got, quotient, limits))
        if not undecided.any():
            return undecided, 0.0
        # Over a shorter step than this, f changes by less than it is rounded. The longest steps are tried in any case.
        hidden = noise / np.fmax(np.abs(got), self.rise / step)
        return undecided, min(np.nan_to_num(hidden[undecided], nan=0.0).min(), self.large / 256)

    def check(self, limits: _Limits, last: bool) -> str:
        """An empty string where all derivatives are right, and the reason where it cannot be decided.

        last: no wider precision is left, so what cannot be decided here never will. Raises GradcheckError where a
        derivative is wrong.
        """
        got, run = self.got, self.run
        undecided, shortest = self.after_one_step(limits)
        if not undecided.any():
            return ""
        best, error = extrapolate(self.quotient, self.steps(limits.eps, shortest), run.noise, undecided, 10 * RTOL)
        tolerance = limits.rtol * np.abs(best) + limits.atol
        away = np.abs(got - best) - tolerance
        right = (away <= 2 * error) & (error <= np.maximum(DECIDED * np.abs(best), tolerance))
        right |= (got == 0) & (best == 0)
        if last:
            right |= self.zero(best, error, away)
        for (k,) in np.argwhere(undecided & ~right):
            # The error bound is a quarter of the derivative: what is expected is not known well enough to call it wrong.
            vague = error[k] > 0.25 * np.fmax(np.abs(best[k]), np.abs(got[k])) or not np.isfinite(error[k])
            # Where rounding is larger than f itself, as in sin(exp(77)), no difference of values means anything.
            vague = vague or run.noise[k] > np.fmax(np.abs(run.value[k]), self.rise[k])
            if not last or vague or away[k] <= 4 * error[k] + 16 * self.shaken(k):
                return self.doubt(k, best[k], error[k])
            self.function.refuse_chance(run, times=8)
            self.refuse_kink(k)
            raise GradcheckError(
                f"gradcheck: the derivative of result{run.place(k)} by {self.name} is wrong: got {got[k]:.10g}, "
                f"expected {best[k]:.10g} ± {error[k]:.1g} (differences in {run.dtype})."
            )
        return ""

    def zero(self, best: Any, error: Any, away: Any) -> Any:
        """Where the derivative is below what rounding lets us see, over a step of the size of the element or of 1."""
        noise, unit = self.run.noise, np.maximum(np.abs(self.x), 1)
        size = np.maximum(np.abs(self.got), error) * unit
        below_value = (size <= 8 * np.minimum(self.run.coarse, 2048 * noise)) & (away <= 2 * error)
        return below_value | (np.maximum(size, np.abs(best) * unit) <= 64 * noise)

    def shaken(self, k: Any) -> Any:
        """How far this derivative moves where the inputs move by a rounding error."""
        return _shaken(self.function, self.run, float(np.finfo(self.run.dtype).eps))[self.i][(k, *self.index)]

    @property
    def name(self) -> str:
        return f"{self.function.names[self.i]}{list(self.index) or ''}"

    def doubt(self, k: Any, best: Any, error: Any) -> str:
        if not np.isfinite(error):
            seen = "there are no values on both sides of it: f raises, is nan or changes its shape there"
        else:
            seen = f"got {self.got[k]:.10g}, and differences in {self.run.dtype} give {best:.3g} ± {error:.1g}"
        return (
            f"gradcheck cannot decide on the derivative of result{self.run.place(k)} by {self.name}: {seen}. Move the input away "
            "from kinks and ends, leave out large constants that hide the change, or pass the atol= that is enough."
        )

    def refuse_kink(self, k: Any) -> None:
        """Raise GradientError where the slopes on both sides differ and stay so as the step shrinks."""
        run, slopes = self.run, []
        for n in range(38, 16, -1):
            h = self.small * 2.0**-n
            above, below = self.at(h), self.at(-h)
            if above is None or below is None:
                continue
            right, left = (above[k] - run.value[k]) / h, (run.value[k] - below[k]) / h
            if abs(right - left) > 16 * run.noise[k] / h:
                slopes.append((left, right))
        if len(slopes) < 2:
            return
        (left, right), (l2, r2) = slopes[:2]
        if abs((right - left) - (r2 - l2)) < 0.25 * abs(r2 - l2):
            raise GradientError(
                f"gradcheck: result{run.place(k)} has a kink at {self.name}: its slope is {left:.10g} on the left and {right:.10g} "
                f"on the right, so it has no derivative there; got {self.got[k]:.10g}. Move the input off the kink."
            )


def _near(got: Any, expected: Any, limits: _Limits) -> Any:
    """Where the derivative is the expected one, up to what the caller allows."""
    return np.isfinite(expected) & (np.abs(got - expected) <= limits.rtol * np.abs(expected) + limits.atol)


def _compare_precisions(function: _Function, own: _Run, run: _Run, limits: _Limits) -> None:
    """Raise GradcheckError where the derivatives in the inputs' precision are not the rounded ones of the wider run."""
    rtol = max(limits.rtol, function.epsilon**0.5)
    shaken: list[Any] | None = None
    for i, (got, expected) in enumerate(zip(own.rows, run.rows, strict=True)):
        scale = np.maximum(np.abs(run.arrays[i]), 1)
        rounding = 8 * run.coarse.reshape(-1, *[1] * scale.ndim) / scale + np.finfo(got.dtype).smallest_normal
        allowed = limits.atol + rtol * np.abs(expected) + rounding
        if (np.abs(got - expected) <= allowed).all():
            continue
        shaken = _shaken(function, run, function.epsilon) if shaken is None else shaken
        for place in np.argwhere(~(np.abs(got - expected) <= allowed + 8 * shaken[i]))[:1]:
            k, *index = (int(n) for n in place)
            raise GradcheckError(
                f"gradcheck: the derivative of result{own.place(k)} by {function.names[i]}{index or ''} is wrong: "
                f"got {got[k, *index]:.10g}, expected {expected[k, *index]:.10g} (which it is in {run.dtype})."
            )


def _shaken(function: _Function, run: _Run, epsilon: float) -> list[Any]:
    """How far the derivatives move where the inputs move by ε."""
    rng = np.random.default_rng(0)
    most = [np.zeros(r.shape) for r in run.rows]
    for _ in range(4):
        moved = [a * (1 + epsilon * rng.choice([-1.0, 1.0], a.shape)) for a in run.arrays]
        rows = function.derivatives([np.asarray(m, a.dtype) for m, a in zip(moved, run.arrays, strict=True)]).rows
        most = [np.fmax(m, np.abs(r - e)) for m, r, e in zip(most, rows, run.rows, strict=True)]
    return most
