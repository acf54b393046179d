"""With TINYGRAD_LITE_COMPOSITES=bodies every composite runs its body: what is said of programs does not hold then."""

from __future__ import annotations

import pytest

from tinygrad_lite.core.scopes import UNFOLDED

programs_run = pytest.mark.skipif(UNFOLDED.get(), reason="composites run as bodies")
