"""Fixtures that several test files share."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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


def pytest_collection_finish() -> None:
    """The garbage collector leaves out the tests that were found: to look through them took longer than most tests."""
    gc.freeze()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is run writes where it stands: not into the repository."""
    monkeypatch.chdir(tmp_path)
