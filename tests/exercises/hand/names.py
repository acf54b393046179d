"""Which keys of the table of slips say what we call a kind."""

from __future__ import annotations

from collections import defaultdict

KINDS: dict[str, set[str]] = defaultdict(set)
