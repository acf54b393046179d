"""In these tests a mistake in a program is loud."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinygrad_lite.compiling.variant import Variant


@pytest.fixture(autouse=True)
def no_hidden_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a program stops with an error that no flag and no domain explains, eager evaluation must raise one as well.

    Without this, a shape that does not fit or an index out of range in a program would only make it slow.
    """
    eagerly = Variant.eagerly

    def checked(self: Variant, args: Any, kwargs: Any, doubt: Exception | None) -> Any:
        results = eagerly(self, args, kwargs, doubt)
        cause = getattr(doubt, "__cause__", None)
        by_values = isinstance(cause, ArithmeticError | np.linalg.LinAlgError)  # the function may have caught it
        explained = cause is None or by_values or "math domain error" in str(cause)
        assert explained, f"{self.function} ran eagerly without an error, but its program raised {cause!r}"
        return results

    monkeypatch.setattr(Variant, "eagerly", checked)
