"""Cases of NumPy's elementwise functions that take keywords, give two results, or compute with integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.array_functions.cases.arrays import Bad, Case, M, N, V, calls
from tests.helpers.samples import draw
from tinygrad_lite import errors

X, Y = draw((-1.9, 2.2), (2, 3)), draw((2.5, 3.5), (2, 3), 1)
EXTREMES = np.array([0.5, np.inf, -np.inf])


def of_integers(function: Callable[..., Any], inputs: int = 2) -> list[Case]:
    """A function of integers at whole numbers that are made of the samples."""
    arrays = [9.3 * M, 9.3 * N][:inputs]
    return calls((lambda *xs: function(*[x.astype(np.int64) for x in xs]), *arrays))


def of_truths(function: Callable[..., Any], inputs: int = 2) -> list[Case]:
    return calls((lambda *xs: function(*[x > 0 for x in xs]), *[M, N][:inputs]))


SAMPLES: dict[str, list[Case]] = {
    "np.floor_divide": calls((lambda x: x // 3, X), (lambda y: 2 // y, Y), (lambda x, y: x // y, X, Y)),
    "np.remainder": calls(
        (lambda x: x % 3, X), (lambda y: 2 % y, Y), (lambda x, y: x % y, X, Y), (lambda x: np.mod(x, -3), X),
        (lambda x: x.astype(int) % 3, X), (lambda x: 7 % (x.astype(int) + 9), X),
    ),
    "np.divmod": calls(
        *[(lambda x, y, k=k: np.divmod(x, y)[k], X, Y) for k in (0, 1)],
        *[(lambda x, k=k: divmod(x, 3)[k], X) for k in (0, 1)],
        *[(lambda y, k=k: divmod(2, y)[k], Y) for k in (0, 1)],
    ),
    "np.modf": calls(*[(lambda x, k=k: np.modf(x)[k], X) for k in (0, 1)]),
    "np.fix": calls((np.fix, X)),
    "np.round": calls(
        (np.round, X), (lambda x: np.round(x, 1), X), (lambda x: np.round(100 * x, decimals=-1), X), (lambda x: x.round(2), X),
        (lambda x: x.round(), X), (lambda x: (97 * x).astype(int).round(-1), X),
    ),
    "np.around": calls((np.around, X), (lambda x: np.around(x, 1), X)),
    "np.float_power": calls(
        (np.float_power, np.abs(M) + 0.5, N), (lambda x: np.float_power(x, 2), M), (lambda x: np.float_power(2, x), M),
        (lambda x: np.float_power((9.3 * x).astype(int), -2), M),
    ),
    "np.sinc": calls((np.sinc, draw((-3.0, 3.0), (7,))), (lambda x: np.sinc(x * 1e-3), V)),
    "np.real": calls((np.real, M)),
    "np.imag": calls((np.imag, M)),
    "np.conjugate": calls((np.conj, M), (lambda x: x.conj(), M), (lambda x: x.conjugate(), M)),
    "np.angle": calls((np.angle, M), (lambda x: np.angle(x, deg=True), M)),
    "np.real_if_close": calls((np.real_if_close, M)),
    "np.isreal": calls((np.isreal, M)),
    "np.iscomplex": calls((np.iscomplex, M)),
    "np.isneginf": calls((np.isneginf, M), (lambda x: np.isneginf(x * 0 + EXTREMES), M)),
    "np.isposinf": calls((np.isposinf, M), (lambda x: np.isposinf(x * 0 + EXTREMES), M)),
    "np.isin": calls(
        (np.isin, M, N), (lambda x: np.isin(x, x[:1]), M), (lambda x: np.isin(np.rint(x), [1.0, 2.0], invert=True), M),
        (lambda x: np.isin(np.rint(M), np.rint(x[0]), assume_unique=True), M),
    ),
    **{f"np.{f.__name__}": of_integers(f) for f in (np.gcd, np.lcm)},
    "np.logical_xor": of_truths(np.logical_xor),
    "np.bitwise_and": of_integers(np.bitwise_and) + of_integers(lambda x, y: x & y) + of_truths(lambda x, y: x & y),
    "np.bitwise_or": of_integers(np.bitwise_or) + of_integers(lambda x, y: x | y) + of_truths(lambda x, y: x | y),
    "np.bitwise_xor": of_integers(np.bitwise_xor) + of_integers(lambda x, y: x ^ y) + of_truths(lambda x, y: x ^ y),
    "np.invert": of_integers(np.invert, 1) + of_integers(lambda x: ~x, 1) + of_truths(lambda x: ~x, 1),
    "np.left_shift": of_integers(lambda x, y: x << abs(y)) + of_integers(lambda x: 1 << abs(x), 1),
    "np.right_shift": of_integers(lambda x, y: x >> abs(y)) + of_integers(lambda x: 99 >> abs(x), 1),
}  # fmt: skip

BAD: list[Bad] = [
    ("& of numbers", lambda t: t & 1, errors.DTypeError, r"a & b.*floating-point.*Compare"),
    ("~ of numbers", lambda t: ~t, errors.DTypeError, r"~a.*floating-point.*Compare"),
    ("<< by a number", lambda t: (t > 0) << 1.5, errors.DTypeError, r"a << b.*floating-point"),
    ("gcd of numbers", lambda t: np.gcd(t, 2), errors.DTypeError, "gcd of float64"),
    ("sizes of %", lambda t: t % np.ones(2), errors.ShapeError, r"\(2, 3\) and \(2,\)"),
    ("% of strings", lambda t: t % "a", TypeError, "str"),
    ("decimals", lambda t: t.round(0.5), errors.DTypeError, r"number of decimals is a whole number; got 0\.5"),
    ("round into an array", lambda t: np.round(t, 1, out=np.empty((2, 3))), errors.UnsupportedError, "out="),
    ("frexp", lambda t: np.frexp(t), errors.UnsupportedError, r"np\.frexp would lose the gradient"),
    ("nextafter", lambda t: np.nextafter(t, 1), errors.UnsupportedError, r"np\.nextafter would lose the gradient"),
    ("spacing", lambda t: np.spacing(t), errors.UnsupportedError, r"np\.spacing would lose the gradient"),
    ("ldexp", lambda t: np.ldexp(t, 2), errors.UnsupportedError, r"np\.ldexp would lose the gradient"),
    ("a byte and a number that it cannot hold", lambda t: np.maximum((t > 0).astype(np.uint8), -1), errors.DTypeError, "uint8"),
]  # fmt: skip
