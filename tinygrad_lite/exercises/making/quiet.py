"""Numbers that are not finite, without a word."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tinygrad_lite.errors import NumericsWarning


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings of nan and infinity: they are looked for inside, and are no surprise.

    >>> with quiet():
    ...     print(np.log(np.zeros(1)))
    [-inf]
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericsWarning)
        yield
