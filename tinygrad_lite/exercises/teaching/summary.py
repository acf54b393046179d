"""What a whole class did: how often each outcome and each slip was, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

ORDER = ("right", "follows", "wrong", "shape", "error", "missing")


def summary(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> str:
    """A few lines for each step, made of the rows of a table of grades and its columns."""
    rows = list(rows)
    got = [float(row["points"]) for row in rows]
    lines = [f"{len(rows)} students, {sum(got) / len(got):.3g} points on average"] if got else ["no answers"]
    for name in columns:
        if f"{name} slip" in columns:
            lines += _step(rows, name)
    return "\n".join(lines)


def _step(rows: Sequence[Mapping[str, str]], name: str) -> list[str]:
    outcomes = Counter(row.get(name, "") for row in rows)
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in ORDER if outcomes[outcome])
    lines = ["", f"{name}: {counts}"]
    slips = Counter(row[f"{name} slip"] for row in rows if row.get(f"{name} slip"))
    said = {row[f"{name} slip"]: row[f"{name} said"] for row in rows if row.get(f"{name} slip")}
    return lines + [f"  {count} × {slip}: {said[slip]}" for slip, count in slips.most_common()]
