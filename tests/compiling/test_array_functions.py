"""NumPy's functions in compiled functions: on fresh numbers they give what they give alone, or they are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.array_functions.cases import SAMPLES
from tinygrad_lite.errors import CompileError

# What decides by the numbers themselves: how many calls of each are refused. A list that may get shorter.
REFUSED = {
    "np.allclose": 3, "np.compress": 1, "np.array_equal": 2, "np.array_equiv": 2, "np.average": 4, "np.interp": 5,
    "np.linalg.cholesky": 3, "np.cov": 2, "np.linalg.lstsq": 6, "np.einsum": 8, "np.einsum_path": 3, "np.extract": 1,
    "np.maximum.accumulate": 2, "np.mean": 1, "np.minimum.accumulate": 2, "np.nanmax": 4, "np.nanmean": 5, "np.nanmedian": 5,
    "np.nanmin": 5, "np.nanpercentile": 5, "np.nanquantile": 16, "np.nanstd": 2, "np.nanvar": 7, "np.nonzero": 3,
    "np.piecewise": 4, "np.searchsorted": 3, "np.trim_zeros": 3, "np.unique": 3, "np.where": 2,
}  # fmt: skip


def fresh(x: Any, seed: int) -> Any:
    """Other numbers of the same shape, dtype and kind: the same in another order."""
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "f":
        return x
    return np.random.default_rng(seed).permutation(x.ravel()).reshape(x.shape)


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # of arrays, since NumPy 2.5
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_on_fresh_numbers(name: str) -> None:
    refused = 0
    for function, args in SAMPLES[name]:
        compiled = tg.compile(function)
        try:
            compiled(*args)
        except CompileError:
            refused += 1
            continue
        others = [fresh(x, 1) for x in args]
        compare(compiled, function, others)
    assert refused == REFUSED.get(name, 0)


def compare(compiled: Any, function: Any, others: Any) -> None:
    try:
        expected = function(*others)
    except Exception as error:
        with pytest.raises(type(error)):
            compiled(*others)
        return
    got = compiled(*others)
    flat, again = (x if isinstance(x, list | tuple) else [x] for x in (got, expected))
    assert len(flat) == len(again)
    for a, b in zip(flat, again, strict=True):
        if isinstance(b, np.dtype):
            assert a == b
            continue
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-11, atol=1e-13)
        assert np.asarray(a).dtype == np.asarray(b).dtype
