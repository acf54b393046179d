"""The arguments of a call that a compiled function keeps for its source."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.compiling import kept
from tinygrad_lite.errors import CompileError


def doubled(x):
    return 2 * x


def test_small_arguments_are_kept_for_the_source() -> None:
    compiled = tg.compile(doubled)
    compiled(np.ones(3))
    assert "return 2 * x" in compiled.source


def test_large_arguments_are_not_kept_and_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT", 1000)
    compiled = tg.compile(doubled)
    x = np.ones(1000)
    alive = weakref.ref(x)
    compiled(x)
    assert "return 2 * x" in compiled.source
    del x
    gc.collect()
    assert alive() is None
    with pytest.raises(CompileError, match="while you hold the arrays"):
        _ = compiled.source


def test_of_large_and_small_arguments_the_small_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT", 1000)
    large = np.ones(1000)
    remembered = kept.Kept((large, np.ones(3)), {"t": tg.Tensor(np.ones(5))})
    (first, second), keywords = remembered.arguments()
    assert first is large
    assert second.shape == (3,)
    assert keywords["t"].shape == (5,)
