"""Slips at functions of which each output depends on several inputs: softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.slip import Altered, Slip
from tinygrad_lite.functions.activations import softmax

SOFTMAX: Any = softmax.__wrapped__  # type: ignore[attr-defined]


def _square(at: Place) -> bool:
    return at.derivative is None and at.edge.call is not None and at.above.shape == at.below.shape


def _axis(at: Place) -> int | None:
    """The axis of a softmax, counted from the end; None at other edges."""
    call = at.edge.call
    if call is None or call.function is not SOFTMAX:
        return None
    axis = int(call.kwargs.get("axis", call.args[1] if len(call.args) > 1 else -1))
    return axis - at.above.ndim if axis >= 0 else axis


def _flat(at: Place, arrays: Any) -> Any:
    return arrays.reshape(at.upstream.shape)


def _forgotten(at: Place) -> Altered:
    if _square(at):
        yield "", at.upstream


def _elementwise(at: Place) -> Altered:
    if _square(at):
        yield "", at.upstream * np.diag(at.edge.matrix)


def _without_diagonal(at: Place) -> Altered:
    if _square(at):
        yield "", at.upstream @ (at.edge.matrix - np.diag(np.diag(at.edge.matrix)))


def _sign_off_diagonal(at: Place) -> Altered:
    if _square(at):
        yield "", at.upstream @ (2 * np.diag(np.diag(at.edge.matrix)) - at.edge.matrix)


def _only_own(at: Place) -> Altered:
    if _axis(at) is not None:
        yield "", at.upstream * at.value.ravel()


def _only_sum(at: Place) -> Altered:
    if _axis(at) is not None:
        yield "", at.right - at.upstream * at.value.ravel()


def _sign_of_sum(at: Place) -> Altered:
    if _axis(at) is not None:
        yield "", 2 * at.upstream * at.value.ravel() - at.right


def _sum_without_weights(at: Place) -> Altered:
    axis = _axis(at)
    if axis is not None:
        u = at.arrays(at.upstream)
        yield "", _flat(at, at.value * (u - u.sum(axis=axis, keepdims=True)))
        yield "own weight", _flat(at, u - at.value * (at.value * u).sum(axis=axis, keepdims=True))
        yield "no own weight", _flat(at, u - (at.value * u).sum(axis=axis, keepdims=True))
        yield "weight drawn out", _flat(at, at.value * u - (at.value * u).sum(axis=axis, keepdims=True))


def _sum_over_all(at: Place) -> Altered:
    if _axis(at) is not None and at.above.ndim > 1:
        u = at.arrays(at.upstream)
        every = tuple(range(-at.above.ndim, 0))
        for variant, axes in (("too", every), ("instead", tuple(k for k in every if k != _axis(at)))):
            yield variant, _flat(at, at.value * (u - (at.value * u).sum(axis=axes, keepdims=True)))


def _exponential(at: Place) -> Altered:
    if _axis(at) is not None:
        yield "", at.upstream * np.exp(at.source).ravel()


def _delta_as_one(at: Place) -> Altered:
    """a_j (1 − a_k) for all j and k: the [j = k] read as 1."""
    axis = _axis(at)
    if axis is not None:
        u = at.arrays(at.upstream)
        yield "", _flat(at, (1 - at.value) * (u * at.value).sum(axis=axis, keepdims=True))


def _jacobian(at: Place) -> Altered:
    """The Jacobian itself, or its diagonal, as the answer."""
    if not at.last or not _square(at):
        return
    own = at.edge.matrix.reshape(at.above.shape + at.below.shape)
    if at.above.ndim == 1 and not at.route.rows:
        yield "", own
    if at.above.ndim == 2 and not at.route.rows:
        each = np.arange(at.above.shape[0])
        yield "", own[each, :, each, :]
    if at.above.ndim == 1 and at.above is at.route.backward.result:
        yield "diagonal", np.diag(at.edge.matrix)


def _own_everywhere(at: Place) -> Altered:
    """The derivative of each output by its own input, for all inputs."""
    if _square(at) and at.above is at.route.backward.result and at.above.ndim == 1:
        own = np.diag(at.edge.matrix)
        yield "", np.repeat(own[:, None], len(own), axis=1)
        yield "rows", np.repeat(own[None, :], len(own), axis=0)


def _say_jacobian(at: Place, what: str) -> str:
    if what:
        return f"this is only the diagonal of the matrix of derivatives of {at.own}"
    return f"the gradient by {at.name} is missing: this is the Jacobian of {at.own} alone"


SLIPS = (
    Slip("softmax derivative forgotten", _forgotten, lambda at, _: f"{at.local} is missing", 10, paired=True),
    Slip("softmax element by element", _elementwise, lambda at, _: f"the function {at.own} is differentiated element by element, but each output depends on all inputs", 11, paired=True),
    Slip("softmax element by element", _own_everywhere, lambda at, _: f"this is the derivative of each element of {at.name} by its own input; by the others (j ≠ k) it is another", 12, scope="answer"),
    Slip("softmax without its diagonal", _without_diagonal, lambda at, _: f"in the derivative of {at.own} the terms of j = k are missing", 20),
    Slip("sign off the diagonal", _sign_off_diagonal, lambda at, _: f"in the derivative of {at.own} the terms of j ≠ k have the wrong sign", 21, paired=True),
    Slip("softmax without the sum", _only_own, lambda at, _: f"in the derivative of {at.own} only the term of j = k with the factor {at.name} is there; the sum over the others is missing", 19, paired=True),
    Slip("softmax only the sum", _only_sum, lambda at, _: f"in the derivative of {at.own} only the sum is there; the own term is missing", 22),
    Slip("sign of the sum of softmax", _sign_of_sum, lambda at, _: f"in the derivative of {at.own} the sum has the wrong sign", 18, paired=True),
    Slip("sum without weights", _sum_without_weights, lambda at, _: f"in the derivative of {at.own} a factor {at.name} is missing", 23),
    Slip("softmax summed over the examples", _sum_over_all, lambda at, what: f"in the derivative of {at.own} the sum runs over the examples{', too' if what == 'too' else ', not over the outputs'}", 24),
    Slip("softmax as an exponential", _exponential, lambda at, _: f"the function {at.own} is differentiated as an exponential, without its denominator", 25),
    Slip("[j = k] taken as 1", _delta_as_one, lambda at, _: f"in the derivative of {at.own} the term [j = k] is taken as 1", 26),
    Slip("the Jacobian itself", _jacobian, _say_jacobian, 27, scope="answer"),
)  # fmt: skip
