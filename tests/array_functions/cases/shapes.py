"""Cases of the functions of shape, and of those that make arrays like a Tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, S, V, W, calls
from tinygrad_lite import errors

ONE = np.array(2.0)


def likes(*makers: Any) -> list[Case]:
    return calls(*[(make, M) for make in makers])


SAMPLES: dict[str, list[Case]] = {
    "np.atleast_1d": calls((np.atleast_1d, ONE, M)),
    "np.atleast_2d": calls((np.atleast_2d, ONE), (np.atleast_2d, V), (np.atleast_2d, ONE, V, C)),
    "np.atleast_3d": calls((np.atleast_3d, ONE), (np.atleast_3d, V), (np.atleast_3d, M), (np.atleast_3d, ONE, C)),
    "np.rollaxis": calls(*[(lambda x, k=k: np.rollaxis(x, *k), C) for k in [(2,), (0, 3), (1, -1), (-1, 1), (1, 1)]]),
    "np.broadcast_arrays": calls((np.broadcast_arrays, M, N[0]), (np.broadcast_arrays, M[:, :1], V[:3], ONE)),
    "np.meshgrid": calls(
        (np.meshgrid, V, W), (lambda x, y: np.meshgrid(x, y, indexing="ij"), V, W[:2]), (np.meshgrid, V[:2], W[:3], ONE),
        (lambda x, y: np.meshgrid(x, y, sparse=True), V, W), (np.meshgrid, M),
    ),
    "np.tile": calls(*[(lambda x, r=r: np.tile(x, r), M) for r in [2, (2, 1), (2, 1, 2), (0, 1), (), [1, 3]]], (lambda x: np.tile(x, 3), ONE)),
    "np.roll": calls(
        *[(lambda x, k=k: np.roll(x, *k), C) for k in [(1,), (-7,), (1, 0), (5, -1), ((1, -1), (0, 2)), (1, (0, 1)), ((1, 2), 1), (0, 0)]],
    ),
    "np.flipud": calls((np.flipud, V), (np.flipud, M)),
    "np.fliplr": calls((np.fliplr, M), (np.fliplr, C)),
    "np.rot90": calls(*[(lambda x, k=k: np.rot90(x, *k), C) for k in [(), (2,), (-1,), (4,), (1, (1, 2)), (3, (-1, 0))]]),
    "np.tril": calls((np.tril, S), (lambda x: np.tril(x, 1), M), (np.tril, V), (lambda x: np.tril(x, k=-1), C)),
    "np.triu": calls((np.triu, S), (lambda x: np.triu(x, 1), M), (np.triu, V), (lambda x: np.triu(x, k=-1), C)),
    "np.size": calls((lambda x: np.size(x, -1), M)),
    "np.expand_dims": calls((lambda x: np.expand_dims(x, [1, 2]), M)),
    "np.zeros_like": likes(
        lambda x: np.zeros_like(x, float, "C", False, (2, 2)), lambda x: np.zeros_like(x, shape=3), lambda x: np.zeros_like(x, bool),
    ),
    "np.ones_like": likes(lambda x: np.ones_like(x, order="A", device="cpu"), lambda x: np.ones_like(x, np.int8, shape=())),
    "np.full_like": calls(
        (lambda x: np.full_like(x, 2.5, dtype=int), M), (lambda x: np.full_like(x, 1, shape=(4,)), M),
        (lambda x, y: np.full_like(x * y, y), M, N[0]), (lambda x, y: np.full_like(x * y, y, shape=(2,)), M, ONE),
    ),
    "np.copy": likes(lambda x: np.copy(x, "C", True)),
    "np.zeros": likes(lambda x: np.zeros((2, 3), int, like=x)),
    "np.ones": likes(lambda x: np.ones(2, like=x)),
    "np.empty": likes(lambda x: np.empty((0, 2), like=x)),
    "np.full": calls((lambda x: np.full((2, 3), 1.5, like=x), M), (lambda x: np.full(2, 1.5, dtype=np.float32, like=x), M)),
    "np.eye": likes(lambda x: np.eye(3, 2, k=1, like=x)),
    "np.identity": likes(lambda x: np.identity(2, like=x)),
    "np.tri": likes(lambda x: np.tri(3, k=-1, dtype=bool, like=x)),
    "np.arange": likes(lambda x: np.arange(1, 7, 2, like=x)),
    "np.array": calls(
        (lambda x, y: np.array([x, y], like=x * y), V, W), (lambda x: np.array([[x, 1], [2, 3 * x]], like=x), ONE),
        (lambda x: np.array(x, ndmin=4, like=x), M), (lambda x: np.array([x, [1, 2, 3, 4]], dtype=np.float32, like=x), V),
    ),
    "np.asarray": calls((lambda x, y: np.asarray((x, y), like=x * y), V, W), (lambda x: np.asarray(x, np.float32, like=x), V)),
    "np.asanyarray": calls((lambda x, y: np.asanyarray([x, y], like=x * y), V, W)),
    "np.ascontiguousarray": calls((lambda x: np.ascontiguousarray(x, like=x), ONE), (lambda x: np.ascontiguousarray([x, 2 * x], like=x), V)),
}  # fmt: skip


def _nested(t: Any, depth: int) -> Any:
    return [_nested(t, depth - 1)] if depth else t


BAD: list[Bad] = [
    ("two axes as one", lambda t: np.swapaxes(t, (0, 1), 1), errors.ShapeError, r"one axis is needed; got axis=\(0, 1\)"),
    ("an axis twice", lambda t: np.expand_dims(t, (0, 0)), errors.ShapeError, r"once.*\(0, 0\)"),
    ("squeeze twice", lambda t: np.squeeze(t[:1, :1], (0, -2)), errors.ShapeError, "once"),
    ("flip twice", lambda t: np.flip(t, (1, -1)), errors.ShapeError, "once"),
    ("axis of flip", lambda t: np.fliplr(t[0]), errors.ShapeError, "axis 1 is out of range for 1"),
    ("a name as an axis", lambda t: np.flip(t, "x"), errors.DTypeError, "whole number; got 'x'"),
    ("axes of rot90", lambda t: np.rot90(t, axes=(0, 0)), errors.ShapeError, "once"),
    ("three axes of rot90", lambda t: np.rot90(t, axes=(0, 1, 2)), errors.ShapeError, "two axes"),
    ("half a turn", lambda t: np.rot90(t, 0.5), errors.DTypeError, "turns is a whole number; got 0.5"),
    ("half a shift", lambda t: np.roll(t, 1.5), errors.DTypeError, "whole number; got 1.5|1.5"),
    ("shifts of roll", lambda t: np.roll(t, (1, 2, 3), (0, 1)), errors.ShapeError, "roll|broadcast"),
    ("shifts in two axes", lambda t: np.roll(t, [[1, 2]], 0), errors.ShapeError, "one shift"),
    ("axis of roll", lambda t: np.roll(t, 1, 2), errors.ShapeError, "axis 2"),
    ("copies of tile", lambda t: np.tile(t, -1), errors.ShapeError, "not negative; got -1"),
    ("half a copy", lambda t: np.tile(t, 1.5), errors.DTypeError, "whole number; got 1.5"),
    ("start of rollaxis", lambda t: np.rollaxis(t, 0, 4), errors.ShapeError, "from -2 to 2"),
    ("a triangle of a scalar", lambda t: np.tril(t[0, 0]), errors.ShapeError, "at least one axis"),
    ("meshgrid indexing", lambda t: np.meshgrid(t[0], indexing="yx"), errors.UnsupportedError, "'xy' or 'ij'"),
    ("shapes of broadcast_arrays", lambda t: np.broadcast_arrays(t, np.ones(2)), errors.ShapeError, r"\(2, 3\) and \(2,\)"),
    ("axes lost in broadcast_to", lambda t: np.broadcast_to(t[:1], (3,)), errors.ShapeError, r"more axes than \(3,\)"),
    ("order of zeros_like", lambda t: np.zeros_like(t, order="F"), errors.UnsupportedError, "order='F'"),
    ("device of ones_like", lambda t: np.ones_like(t, device="gpu"), errors.UnsupportedError, "device='gpu'"),
    ("complex zeros_like", lambda t: np.zeros_like(t, complex), errors.DTypeError, "complex"),
    ("shape of zeros_like", lambda t: np.zeros_like(t, shape=-1), errors.ShapeError, "negative"),
    ("a gradient into integers", lambda t: np.full_like(t, t, dtype=int), errors.DTypeError, "int64 would lose"),
    ("a number that does not fit", lambda t: np.full_like(t, -1, dtype=np.uint8), errors.DTypeError, "uint8"),
    ("a size that is tracked", lambda t: np.arange(t[0, 0], like=t), errors.DetachError, "plain numbers"),
    ("no copy of a list", lambda t: np.array([t, t], copy=False, like=t), errors.UnsupportedError, "copy=False"),
    ("rows of two lengths", lambda t: np.array([t[0], t[0, :2]], like=t), errors.ShapeError, r"\(2,\), \(3,\)"),
    ("a deep list", lambda t: np.array(_nested(t[0, 0], 70), like=t), errors.ShapeError, "64 axes"),
    ("what like= has no meaning for", lambda t: np.fromiter([1.0], float, like=t), errors.UnsupportedError, "fromiter"),
]  # fmt: skip
