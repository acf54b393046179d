"""Fixtures that several test files share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tinygrad_lite import errors
from tinygrad_lite.tensor.tensor import Tensor

pytest.register_assert_rewrite("tests.helpers")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is run writes where it stands: not into the repository."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def no_spelled_conversions(monkeypatch: pytest.MonkeyPatch) -> None:
    """float(t) and int(t) say that a number is wanted. What detaches in any other way has nothing to hide behind."""

    def refuse(self: Any) -> Any:
        raise errors.DetachError("float() or int() was called")

    monkeypatch.setattr(Tensor, "__float__", refuse)
    monkeypatch.setattr(Tensor, "__int__", refuse)
