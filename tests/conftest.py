"""Fixtures that several test files share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tinygrad_lite import errors
from tinygrad_lite.tensor.tensor import Tensor

pytest.register_assert_rewrite("tests.helpers")

# Every run tries the same examples, and none fails because the machine is busy.
REPEATABLE = {
    "derandomize": True, "database": None, "deadline": None, "suppress_health_check": [HealthCheck.too_slow]
}  # fmt: skip
settings.register_profile("fast", max_examples=30, **REPEATABLE)
settings.register_profile("all", max_examples=300, **REPEATABLE)


def pytest_configure(config: pytest.Config) -> None:
    """A run that leaves out slow tests tries few examples of each property."""
    settings.load_profile("fast" if "not slow" in config.option.markexpr else "all")


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
