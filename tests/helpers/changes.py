"""Every allowed way to change the data of a leaf, and what may look at its memory afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite import Tensor


def stepped(optimiser: Any, w: Tensor) -> None:
    w.grad = np.ones(w.shape)
    optimiser.step()


def change_in_no_grad(w: Any) -> None:
    with tg.no_grad():
        w -= 1.0


def scale_in_no_grad(w: Any) -> None:
    with tg.no_grad():
        w *= 2.0


CHANGES: dict[str, Callable[[Tensor], Any]] = {
    "assigned": lambda w: setattr(w, "data", np.full((2, 2), 9.0)),
    "assigned from the old": lambda w: setattr(w, "data", w.data - 1.0),
    "assigned the same": lambda w: setattr(w, "data", w.data),
    "assigned a list": lambda w: setattr(w, "data", [[9.0, 9.0], [9.0, 9.0]]),
    "assigned a Tensor": lambda w: setattr(w, "data", Tensor(np.zeros((2, 2)))),
    "no_grad": change_in_no_grad,
    "no_grad product": scale_in_no_grad,
    "optimiser": lambda w: stepped(tg.optim.SGD([w], 0.1), w),
    "momentum": lambda w: stepped(tg.optim.SGD([w], 0.1, momentum=0.9), w),
    "Adam": lambda w: stepped(tg.optim.Adam([w], 0.1), w),
}


# --- views -------------------------------------------------------------------------------------------------------

# Each gives back a matrix that is, or may be, a view of the matrix w.
VIEWS: dict[str, Callable[[Any], Any]] = {
    "rows": lambda w: w[:], "transposed": lambda w: w.T, "reshaped": lambda w: w.reshape(4, 1).reshape(2, 2),
    "copied": lambda w: w.copy(), "positive": lambda w: +w, "np.positive": np.positive, "split": lambda w: np.split(w, 1)[0],
    "broadcast": lambda w: np.broadcast_to(w, (5000, 2, 2))[0], "view of views": lambda w: w.T.reshape(-1)[::-1].reshape(2, 2),
    "einsum": lambda w: np.einsum("ij->ji", w), "swapped": lambda w: np.swapaxes(w, 0, 1), "squeezed": lambda w: w[None].squeeze(),
}  # fmt: skip
