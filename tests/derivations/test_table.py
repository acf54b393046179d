"""What derivations know of each primitive: a new entry of THE TABLE shows up here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import tinygrad_lite as tg
import tinygrad_lite.array_functions  # it adds entries to the table
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.derivations.reading.primitives import has_formula
from tinygrad_lite.derivations.reading.ties import BY_KIND, TIES

# An element depends on all others, by no sum over axes.
LINEAR_ALGEBRA = {
    "inv", "solve", "det", "cofactors", "logabsdet", "det_sign", "cholesky", "eigenvalues", "eigenvectors",
    "singular_values", "singular_vectors", "qr", "pinv", "lstsq", "convolve",
}  # fmt: skip
WITHOUT_FORMULA = {
    "argmax", "argmin", "any", "all", "floor", "ceil", "rint", "isfinite", "isnan", "isinf",  # no gradient passes
    "trunc", "round", "floor_divide", "whole_part", "signbit", "angle", "stop_gradient", "astype_integer",
    "gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift",  # integers
    "arctan2", "remainder", "fmod", "sinc", "sinc_slope",  # formulas with steps or with 0/0
} | LINEAR_ALGEBRA  # fmt: skip
WITHOUT_TIES = LINEAR_ALGEBRA


def test_the_primitives_without_an_index_formula_are_listed() -> None:
    assert {name for name, primitive in TABLE.items() if not has_formula(primitive)} == WITHOUT_FORMULA


def test_the_primitives_that_tie_no_axes_are_listed() -> None:
    lacking = {name for name, pr in TABLE.items() if pr not in TIES and pr.kind not in BY_KIND}
    assert lacking == WITHOUT_TIES


@pytest.fixture
def cube_root() -> Iterator[Primitive]:
    yield Primitive("cbrt", np.cbrt, [lambda g, out, x: g / (3 * out * out)], kind="elementwise", ufunc=np.cbrt)
    del TABLE["cbrt"]


def test_a_new_elementwise_primitive_needs_no_rule_here(cube_root: Primitive) -> None:
    z = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="z")
    a = cube_root(z)
    a.name = "a"
    d = tg.derive(np.sum(a * a), wrt=z)
    assert str(d.steps[1]) == "∂C/∂z_i = 2 a_i · cbrt′(z_i)"
    assert d.steps[2].reason == "cbrt′(z) = 1/(3 (cbrt(z_i))²), found"
    assert np.allclose(d.evaluate(), 2 / 3 * np.cbrt(z.numpy()) ** -1)


def test_a_rule_that_cannot_run_on_formulas_is_an_error_that_names_the_primitive() -> None:
    odd = Primitive("odd", np.cbrt, [lambda g, out, x: g * np.interp(x, [0, 1], [1, 2])], kind="elementwise")
    try:
        z = tg.Tensor([0.5], requires_grad=True, name="z")
        with pytest.raises(tg.errors.DerivationError, match="cannot derive through 'odd'"):
            tg.derive(np.sum(odd(z)), wrt=z)
    finally:
        del TABLE["odd"]
