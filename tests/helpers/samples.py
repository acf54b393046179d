"""Sample inputs for every entry of the table of primitives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygrad_lite.array_functions  # noqa: F401  # it adds entries to the table
from tests.helpers.matrices import DEFINITE, DEFINITES, MIXED, MIXEDS, SQUARE, SQUARES, TALL, WIDE
from tinygrad_lite.core.primitives import TABLE, Primitive
from tinygrad_lite.core.slots import SLOT, fill_slots

Array = np.ndarray[Any, Any]

BOOL = "bool"
INTEGER = "integer"
Domain = tuple[float, float] | str


def draw(domain: Domain, shape: tuple[int, ...], seed: int = 0) -> Array:
    """Numbers that lie evenly over the domain in a random order, so that no two are close; booleans, or integers."""
    size = int(np.prod(shape, dtype=int))
    rng = np.random.default_rng([seed, size])
    if domain == BOOL:
        return rng.permutation(np.arange(size) % 2 == 0).reshape(shape)
    if domain == INTEGER:
        return rng.permutation(np.arange(1, size + 1)).reshape(shape)
    return rng.permutation(np.linspace(*domain, size)).reshape(shape)  # type: ignore[misc]


LINE, OTHER_LINE, POSITIVE = (-2.0, 2.0), (-1.7, 2.3), (0.5, 3.0)

# Where each elementwise primitive is smooth: one interval per input.
DOMAINS: dict[str, tuple[Domain, ...]] = {
    **dict.fromkeys(["add", "subtract", "multiply", "logaddexp", "maximum", "minimum"], (LINE, OTHER_LINE)),
    **dict.fromkeys(["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"], (LINE, OTHER_LINE)),
    **dict.fromkeys(["logical_and", "logical_or"], (BOOL, BOOL)),
    "logical_not": (BOOL,),
    **dict.fromkeys(["negative", "square", "absolute", "exp", "exp2", "expm1", "sin", "cos", "arctan"], (LINE,)),
    **dict.fromkeys(["sinh", "cosh", "identity", "copy", "stop_gradient"], (LINE,)),
    **dict.fromkeys(["sign", "floor", "ceil", "rint"], ((-1.9, 2.2),)),
    **dict.fromkeys(["isfinite", "isnan", "isinf"], (LINE,)),
    **dict.fromkeys(["sqrt", "log", "log2", "log10", "reciprocal"], (POSITIVE,)),
    "log1p": ((-0.5, 2.0),),
    "tan": ((-1.0, 1.0),),
    **dict.fromkeys(["divide", "xdivy"], (LINE, POSITIVE)),
    "power": (POSITIVE, LINE),
    "xlogy": (LINE, POSITIVE),
    "xlog1py": (LINE, (-0.5, 2.0)),
    "where": (BOOL, LINE, OTHER_LINE),
    **dict.fromkeys(["arcsin", "arccos", "arctanh"], ((-0.7, 0.6),)),
    "arccosh": ((1.2, 3.0),),
    "arctan2": (LINE, POSITIVE),
    **dict.fromkeys(["remainder", "fmod", "floor_divide"], ((-1.9, 2.2), (2.5, 3.5))),
    **dict.fromkeys(["trunc", "fractional_part", "whole_part", "signbit"], ((-1.9, 2.2),)),
    "copysign": ((-1.9, 2.2), OTHER_LINE),
    "heaviside": ((-1.9, 2.2), OTHER_LINE),
    "sinc": (LINE,),
    "logical_xor": (BOOL, BOOL),
    **dict.fromkeys(["gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor"], (INTEGER, INTEGER)),
    **dict.fromkeys(["left_shift", "right_shift"], (INTEGER, INTEGER)),
    "invert": (INTEGER,),
}
for _name, _entry in TABLE.items():  # a new ufunc is smooth on the line until somebody says otherwise above
    if _entry.kind == "elementwise" and isinstance(_entry.ufunc, np.ufunc):
        DOMAINS.setdefault(_name, (LINE, OTHER_LINE)[: _entry.ufunc.nin])


@dataclass(frozen=True)
class Sample:
    """One call of a primitive: the arrays, the keywords, and NumPy's function of the same meaning."""

    primitive: Primitive
    inputs: tuple[Array, ...]
    reference: Callable[..., Any]
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def floats(self) -> list[Array]:
        """The inputs that can be differentiated by."""
        return [x for x in self.inputs if x.dtype.kind == "f"]

    def with_floats(self, floats: Any) -> list[Any]:
        """All inputs, the floating-point ones replaced."""
        rest = iter(floats)
        return [next(rest) if x.dtype.kind == "f" else x for x in self.inputs]

    def __call__(self, *floats: Any) -> Any:
        return self.primitive(*self.with_floats(floats), **self.params)

    def __str__(self) -> str:
        shapes = ",".join("x".join(map(str, x.shape)) or "scalar" for x in self.inputs)
        return f"{self.primitive.name}({shapes})" + "".join(f" {k}={v}" for k, v in self.params.items())


def _elementwise(name: str) -> list[Sample]:
    primitive = TABLE[name]
    references = {
        "xdivy": np.divide,
        "xlogy": lambda x, y: x * np.log(y),
        "xlog1py": lambda x, y: x * np.log1p(y),
        "where": lambda c, x, y: np.array(
            [a if k else b for k, a, b in zip(c.flat, x.flat, y.flat, strict=True)]
        ).reshape(c.shape),
        "stop_gradient": np.positive,
        "copy": np.copy,
        "sinc": np.sinc,
        "fractional_part": lambda x: np.modf(x)[0],
        "whole_part": lambda x: np.modf(x)[1],
    }
    inputs = tuple(draw(d, (2, 3), seed) for seed, d in enumerate(DOMAINS[name]))
    return [Sample(primitive, inputs, references.get(name) or primitive.ufunc)]  # type: ignore[arg-type]


def _of(name: str, reference: Callable[..., Any], *cases: tuple[Any, dict[str, Any]]) -> list[Sample]:
    """Samples of one primitive; each case is the inputs (arrays, or shapes to fill) and the keywords."""
    samples = []
    for inputs, params in cases:
        arrays = [x if isinstance(x, np.ndarray) else draw(LINE, x, seed) for seed, x in enumerate(inputs)]
        samples.append(Sample(TABLE[name], tuple(arrays), reference, params))
    return samples


def _scattered(g: Array, *arrays: Array, index: Any, shape: tuple[int, ...]) -> Array:
    """What scatter means, element by element."""
    places = np.arange(np.prod(shape)).reshape(shape)[fill_slots(index, arrays)]
    out = np.zeros(shape)
    for place, value in zip(np.ravel(places), np.ravel(g), strict=True):
        out.flat[place] += value
    return out


def _indexed(x: Array, *arrays: Array, index: Any) -> Array:
    return x[fill_slots(index, arrays)]


_AXES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 3), {"axis": None, "keepdims": False}),
    ((2, 3), {"axis": None, "keepdims": True}),
    ((2, 3), {"axis": 0, "keepdims": False}),
    ((2, 3), {"axis": -1, "keepdims": True}),
    ((2, 3, 2), {"axis": 1, "keepdims": False}),
    ((), {"axis": None, "keepdims": False}),
]
_SEVERAL: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 3, 2), {"axis": (0, 2), "keepdims": False}),
    ((2, 3, 2), {"axis": (-1, 0), "keepdims": True}),
]


def _reduced(name: str, several: bool = True) -> list[Sample]:
    cases = _AXES + (_SEVERAL if several else [])
    return _of(name, getattr(np, name), *[((shape,), params) for shape, params in cases])


def _of_matrices(name: str, reference: Callable[..., Any], *matrices: Array, **params: Any) -> list[Sample]:
    return [Sample(TABLE[name], (x,), reference, params) for x in matrices]


def _under_each_other(left: Any, right: Any) -> Any:
    return np.concatenate([left, np.swapaxes(right, -1, -2)], axis=-2)


_TWICE = np.array([0, 2, 0])
_MASK = np.array([True, False, True])

_OTHERS: dict[str, list[Sample]] = {
    **{name: _reduced(name) for name in ("sum", "max", "min")},
    **{name: _reduced(name, several=False) for name in ("argmax", "argmin")},
    **{
        name: _of(name, getattr(np, name), ((draw(BOOL, (2, 3)),), {"axis": 0, "keepdims": False}))
        for name in ("any", "all")
    },
    "cumsum": _of("cumsum", np.cumsum, (((4,),), {"axis": 0}), (((2, 3),), {"axis": 1}), (((2, 3),), {"axis": -2})),
    "matmul": _of(
        "matmul", np.matmul,
        *[(shapes, {}) for shapes in [
            ((2, 3), (3, 2)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,)), ((2, 2, 3), (3, 2)), ((3,), (2, 3, 2)),
            ((2, 2, 3), (3,)), ((2, 3), (2, 3, 2)), ((1, 2, 3), (2, 3, 2)), ((2, 1, 1, 2), (3, 2, 1)),
        ]],
    ),
    "einsum": _of(
        "einsum", lambda *xs, subscripts: np.einsum(subscripts, *xs),
        *[(shapes, {"subscripts": s}) for s, shapes in [
            ("ij,jk->ik", ((2, 3), (3, 2))), ("ij,jk->ki", ((2, 3), (3, 2))), ("bij,bjk->bik", ((2, 2, 3), (2, 3, 2))),
            ("ij->ji", ((2, 3),)), ("ij->j", ((2, 3),)), ("ij->", ((2, 3),)), ("ii->i", ((3, 3),)),
            ("ii->", ((3, 3),)), ("iij,j->i", ((2, 2, 3), (3,))), ("i,j->ij", ((2,), (3,))),
            ("i,i,i->", ((3,), (3,), (3,))), ("ij,k->i", ((2, 3), (2,))), ("ij,kj,lk->il", ((2, 3), (2, 3), (2, 2))),
            ("ij,ij->i", ((2, 1), (2, 3))),
        ]],
    ),
    "broadcast_to": _of(
        "broadcast_to", np.broadcast_to, (((3,),), {"shape": (2, 3)}), (((2, 1),), {"shape": (2, 3)}),
        (((),), {"shape": (2,)}), (((2, 3),), {"shape": (2, 3)}), (((1, 3),), {"shape": (0, 3)}),
        (((5,),), {"shape": (1000, 5)}),
    ),
    "reshape": _of(
        "reshape", lambda x, shape: np.reshape(x, shape),  # NumPy 2.0 has no shape=
        (((2, 3),), {"shape": (3, 2)}), (((2, 3),), {"shape": (-1,)}), (((1,),), {"shape": ()}),
    ),
    "transpose": _of(
        "transpose", np.transpose, (((2, 3),), {"axes": (1, 0)}), (((2, 3, 4),), {"axes": (2, 0, 1)}),
        (((),), {"axes": ()}),
    ),
    "round": _of("round", np.round, *[(((2, 3),), {"decimals": n}) for n in (0, 1, -1)]),
    "angle": _of("angle", np.angle, *[(((2, 3),), {"deg": deg}) for deg in (False, True)]),
    "sinc_slope": _of("sinc_slope", TABLE["sinc_slope"].value, *[(((7,),), {"order": n}) for n in (1, 2, 3)]),
    "astype": _of("astype", lambda x, dtype: x.astype(dtype), (((2, 3),), {"dtype": np.dtype(np.float64)})),
    "astype_integer": _of("astype_integer", lambda x, dtype: x.astype(dtype), (((4,),), {"dtype": np.dtype(int)})),
    "concatenate": _of(
        "concatenate", lambda *xs, axis: np.concatenate(xs, axis=axis), (((2, 3), (1, 3)), {"axis": 0}),
        (((2, 1), (2, 3), (2, 2)), {"axis": 1}), (((2,), (0,)), {"axis": 0}), (((2, 3),), {"axis": 1}),
    ),
    "getitem": _of(
        "getitem", _indexed, (((4, 3),), {"index": (slice(3, None, -2), None, 1)}), (((4,),), {"index": 2}),
        (((3, 2), _TWICE), {"index": (SLOT,)}), (((2, 3), _MASK), {"index": (Ellipsis, SLOT)}),
        (((3, 3), _TWICE, _TWICE[:, None]), {"index": (SLOT, SLOT)}),
    ),
    "scatter": _of(
        "scatter", _scattered, (((2, 1),), {"index": (slice(3, None, -2), None, 1), "shape": (4, 3)}),
        (((3, 2), _TWICE), {"index": (SLOT,), "shape": (3, 2)}),
        (((2, 2), _MASK), {"index": (Ellipsis, SLOT), "shape": (2, 3)}), (((),), {"index": 2, "shape": (4,)}),
    ),
    "convolve": _of("convolve", np.convolve, (((4,), (3,)), {}), (((2,), (4,)), {}), (((1,), (1,)), {})),
    "inv": _of_matrices("inv", np.linalg.inv, SQUARE, SQUARES),
    "solve": _of(
        "solve", np.linalg.solve, ((SQUARE, (3, 2)), {}), ((SQUARES, (2, 1)), {}), ((SQUARE, (2, 3, 2)), {}),
    ),
    "det": _of_matrices("det", np.linalg.det, SQUARE, SQUARES),
    "cofactors": _of_matrices("cofactors", TABLE["cofactors"].value, SQUARE, SQUARES),  # minors: test_linalg.py
    "logabsdet": _of_matrices("logabsdet", lambda x: np.linalg.slogdet(x)[1], SQUARE, SQUARES),
    "det_sign": _of_matrices("det_sign", lambda x: np.linalg.slogdet(x)[0], SQUARE, SQUARES),
    "cholesky": _of_matrices("cholesky", np.linalg.cholesky, DEFINITE, DEFINITES),
    "eigenvalues": [
        *_of_matrices("eigenvalues", lambda x, uplo: np.linalg.eigvalsh(x, uplo), MIXED, MIXEDS, uplo="L"),
        *_of_matrices("eigenvalues", lambda x, uplo: np.linalg.eigvalsh(x, uplo), SQUARE, uplo="U"),
    ],
    "eigenvectors": [
        *_of_matrices("eigenvectors", lambda x, uplo: np.linalg.eigh(x, uplo)[1], MIXED, MIXEDS, uplo="L"),
        *_of_matrices("eigenvectors", lambda x, uplo: np.linalg.eigh(x, uplo)[1], SQUARE, uplo="U"),
    ],
    "singular_values": _of_matrices("singular_values", np.linalg.svdvals, SQUARE, SQUARES, TALL, WIDE),
    "singular_vectors": _of_matrices(
        "singular_vectors", lambda x: _under_each_other(*np.linalg.svd(x, full_matrices=False)[::2]),
        SQUARE, SQUARES, TALL, WIDE,
    ),
    "qr": _of_matrices("qr", lambda x: _under_each_other(*np.linalg.qr(x)), SQUARE, SQUARES, TALL, WIDE),
    "pinv": _of_matrices("pinv", np.linalg.pinv, SQUARE, SQUARES, TALL, WIDE, rcond=1e-12),
    "lstsq": _of(
        "lstsq", lambda x, y, rcond: np.linalg.lstsq(x, y, rcond)[0], ((TALL, (3, 2)), {"rcond": 1e-12}),
        ((WIDE, (2, 1)), {"rcond": 1e-12}),
    ),
}  # fmt: skip

SAMPLES: dict[str, list[Sample]] = {name: _elementwise(name) for name in DOMAINS if name in TABLE} | _OTHERS
