"""The rows of the table, a file for each kind of problem."""

from __future__ import annotations

from benchmarks.rows import elementwise, matrices, networks, scalars
from benchmarks.rows.base import Row

__all__ = ["ROWS"]

ROWS: dict[str, Row] = {**scalars.ROWS, **networks.ROWS, **elementwise.ROWS, **matrices.ROWS}
