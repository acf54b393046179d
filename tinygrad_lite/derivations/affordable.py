"""What one derivation may cost, and the error where that is not enough."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from tinygrad_lite.derivations.normal.budgets import BudgetError, budget
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.errors import DerivationError

WORK = 400_000
"""How many expressions one derivation may build: some seconds."""


@contextlib.contextmanager
def affordable() -> Iterator[None]:
    """Allow what one derivation may cost; DerivationError where that is not enough."""
    try:
        with budget(WORK), np.errstate(all="ignore"):
            yield
    except (BudgetError, OverflowError, RecursionError) as reason:
        raise DerivationError(reasons.too_large(str(reason))) from None
