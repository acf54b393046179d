"""The part of a test's parameters that only runs where slow tests run."""

from __future__ import annotations

from typing import Any

import pytest


def slow(*values: Any) -> list[Any]:
    """These values as parameters that are marked slow: `[500, *slow(10_000)]`."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]
