"""What runs by which way: composites by their bodies, or by programs.

With TINYGRAD_LITE_COMPOSITES=bodies every composite runs its body: what is said of programs does not hold then.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest

import tinygrad_lite as tg
from tinygrad_lite.core.scopes import UNFOLDED
from tinygrad_lite.programs import just_in_time
from tinygrad_lite.programs.just_in_time import JustInTime

__all__ = ["body_only", "fold_at_once", "programs_of", "programs_run"]

programs_run = pytest.mark.skipif(UNFOLDED.get(), reason="composites run as bodies")


def fold_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let composites run as programs from their first call on."""
    monkeypatch.setattr(just_in_time, "_EVERY", 1)
    monkeypatch.setattr(just_in_time, "_LOOKS", 1)
    monkeypatch.setattr(just_in_time, "_FEWEST", 1)


def programs_of(composite: Any) -> JustInTime:
    """The programs that the calls of a composite have made."""
    made = inspect.getclosurevars(composite).nonlocals["made"]
    assert isinstance(made, JustInTime)
    return made


class _Never(OrderedDict[Any, int]):
    def get(self, key: Any, default: Any = None) -> int:
        return -(10**9)


def body_only(function: Callable[..., Any]) -> Any:
    """A composite that no call makes a program for; what its body calls may run as programs."""
    composite = tg.composite(function)
    programs_of(composite)._looks = _Never()
    return composite
