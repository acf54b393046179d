"""Cases of the functions that join, split and pad."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, S, V, W, calls
from tinygrad_lite import errors

ONE = np.array(2.0)


def pads(x: Any, *ways: tuple[Any, dict[str, Any]]) -> list[Case]:
    return calls(*[(lambda x, w=w, k=k: np.pad(x, w, **k), x) for w, k in ways])


SAMPLES: dict[str, list[Case]] = {
    "np.concatenate": calls(
        (lambda x, y: np.concatenate([x, y], dtype=np.float32), M, N), (lambda x, y: np.concatenate([x, y], 0, casting="safe"), M, N),
        (lambda x: np.concatenate(x, axis=1), C),
    ),
    "np.stack": calls((lambda x, y: np.stack([x, y], 1, dtype=np.float32, casting="unsafe"), M, N), (np.stack, M)),
    "np.vstack": calls((lambda x, y: np.vstack([x, y, M], dtype=np.float32), V[:3], M)),
    "np.hstack": calls((lambda x, y: np.hstack([x, y], dtype=np.float32), V, ONE), (lambda x: np.hstack([x, 1.5]), V)),
    "np.dstack": calls((lambda x, y: np.dstack([x, y]), V, W), (lambda x, y: np.dstack([x, y]), M, C), (lambda x: np.dstack([x, 2.0]), ONE)),
    "np.column_stack": calls((lambda x, y: np.column_stack([x, y]), V[:2], M)),
    "np.append": calls((np.append, M, V), (lambda x, y: np.append(x, y, axis=0), M, N), (lambda x: np.append(x, 1.5), V), (lambda x: np.append(x, []), V)),
    "np.block": calls(
        (lambda x, y: np.block([[x, y], [y, x]]), M, N), (lambda x, y: np.block([x, y, 1.0]), V, W),
        (lambda x: np.block([[x, np.zeros((2, 1))], [np.ones((1, 3)), 5.0]]), M), (np.block, M), (lambda x, y: np.block([[[x], [y]]]), M, N),
    ),
    "np.split": calls((lambda x: np.split(x, [3, 1]), V), (lambda x: np.split(x, [-1]), V), (lambda x: np.split(x, ()), V)),
    "np.array_split": calls((lambda x: np.array_split(x, [9, 2, -3]), V), (lambda x: np.array_split(x, 6), V), (lambda x: np.array_split(x, 3, -1), C)),
    "np.hsplit": calls((lambda x: np.hsplit(x, 2), V), (lambda x: np.hsplit(x, [1]), M)),
    "np.vsplit": calls((lambda x: np.vsplit(x, 2), M)),
    "np.dsplit": calls((lambda x: np.dsplit(x, [1, 3]), C)),
    "np.pad": [
        *pads(
            M, (1, {}), (((0, 2), (1, 0)), {}), ((1, 2), {"constant_values": 3}), (1, {"constant_values": ((1, 2), (3, 4))}),
            (((0, 1),), {"constant_values": (1.5,)}), (0, {}), (1, {"mode": "edge"}), (((2, 5), (4, 0)), {"mode": "reflect"}),
            (4, {"mode": "symmetric"}), (5, {"mode": "wrap"}), ((1, 2), {"mode": "reflect", "reflect_type": "even"}),
            (2, {"mode": "maximum"}), (2, {"mode": "minimum", "stat_length": 2}), (1, {"mode": "mean", "stat_length": (1, 2)}),
            ((2, 3), {"mode": "linear_ramp", "end_values": (1.0, -2.0)}), (((1, 0), (0, 2)), {"mode": "linear_ramp"}),
        ),
        *pads(np.zeros((0, 2)), (1, {"constant_values": 1}), (((0, 0), (1, 1)), {"mode": "edge"})),
        *pads(ONE, (1, {}), (1, {"mode": "wrap"})),
        *calls(
            (lambda x, c: np.pad(x * c, 1, constant_values=c), M, ONE), (lambda x, c: np.pad(x * c[0, 0], ((1, 2), (0, 1)), constant_values=c), M, S[:2, :2]),
            (lambda x, c: np.pad(x * c, 2, constant_values=((c, 1.0),)), V, ONE),
            (lambda x, c: np.pad(x * c, 2, "linear_ramp", end_values=c), M, ONE),
        ),
    ],
}  # fmt: skip
if hasattr(np, "unstack"):  # since NumPy 2.1
    SAMPLES["np.unstack"] = calls((np.unstack, M), (lambda x: np.unstack(x, axis=-1), C))

BAD: list[Bad] = [
    ("no sections", lambda t: np.split(t, 0), errors.ShapeError, "at least one section; got 0"),
    ("falling below none", lambda t: np.array_split(t, -2), errors.ShapeError, "at least one section; got -2"),
    ("half a section", lambda t: np.array_split(t, 1.5), errors.DTypeError, "whole number; got 1.5"),
    ("half a place", lambda t: np.split(t, [0.5]), errors.DTypeError, "whole number; got 0.5"),
    ("axis of split", lambda t: np.split(t, 1, 2), errors.ShapeError, "axis 2"),
    ("vsplit of a vector", lambda t: np.vsplit(t[0], 1), errors.ShapeError, r"vsplit needs at least 2 axes; got shape \(3,\)"),
    ("hsplit of a scalar", lambda t: np.hsplit(t[0, 0], 1), errors.ShapeError, "at least 1"),
    ("dsplit of a matrix", lambda t: np.dsplit(t, 1), errors.ShapeError, "at least 3"),
    ("casting", lambda t: np.concatenate([t, t], dtype=np.float32, casting="safe"), errors.DTypeError, "'safe' refuses to join float64"),
    ("casting of two", lambda t: np.stack([t, t.detach().astype(np.float32)], casting="no"), errors.DTypeError, "'no' refuses"),
    ("a word for casting", lambda t: np.vstack([t], casting="always"), errors.UnsupportedError, "'always'"),
    ("a gradient joined as integers", lambda t: np.hstack([t, t], dtype=int, casting="unsafe"), errors.DTypeError, "int64 would lose"),
    ("rows of block", lambda t: np.block([[t], [t, t]]), errors.ShapeError, r"\(2, 3\)"),
    ("depths of block", lambda t: np.block([t, [t]]), errors.ShapeError, "equally many lists"),
    ("sizes of append", lambda t: np.append(t, t[0], axis=0), errors.ShapeError, "concatenate"),
    ("a mode of pad", lambda t: np.pad(t, 1, "empty"), errors.UnsupportedError, "mode is one of constant.*'empty'"),
    ("a function for pad", lambda t: np.pad(t, 1, lambda *_: None), errors.UnsupportedError, "mode is one of"),
    ("odd reflection", lambda t: np.pad(t, 1, "reflect", reflect_type="odd"), errors.UnsupportedError, "'even'; got 'odd'"),
    ("another mode's keyword", lambda t: np.pad(t, 1, "edge", constant_values=1), errors.UnsupportedError, "'edge' takes no constant_values"),
    ("a width below 0", lambda t: np.pad(t, -1), errors.ShapeError, "not negative; got -1"),
    ("half a width", lambda t: np.pad(t, 0.5), errors.DTypeError, "whole numbers"),
    ("three widths", lambda t: np.pad(t, (1, 2, 3)), errors.ShapeError, "np.broadcast_to"),
    ("axis of pad", lambda t: np.pad(t, {2: 1}), errors.ShapeError, "axis 2"),
    ("nothing to repeat", lambda t: np.pad(t[:0], 1, "edge"), errors.ShapeError, r"axis 0 of shape \(0, 3\) is empty"),
    ("no length of pad", lambda t: np.pad(t, 1, "mean", stat_length=0), errors.ShapeError, "at least 1; got 0"),
    ("integers ramp", lambda t: np.pad(t.detach().astype(int), 1, "linear_ramp"), errors.DTypeError, "int64"),
    ("a border that tracks a gradient", lambda t: np.pad((t > 0), 1, constant_values=t[0, 0]), errors.DTypeError, "bool would lose"),
]  # fmt: skip
