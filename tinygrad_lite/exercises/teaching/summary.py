"""What a whole class did: how often each outcome and each slip was, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

ORDER = ("right", "follows", "wrong", "shape", "error", "missing")


def summary(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> str:
    """A few lines for each step, made of the rows of a table of grades and its columns."""
    rows = list(rows)
    got = [float(row["points"]) for row in rows]
    lines = (
        [f"{len(rows)} student{'s' * (len(rows) > 1)}, {sum(got) / len(got):.3g} points on average"]
        if got
        else ["no answers"]
    )
    steps = [name for name in columns if f"{name} slip" in columns]
    unanswered = [name for name in steps if all(row.get(name, "") in ("missing", "") for row in rows)]
    for name in steps:
        if name not in unanswered:
            lines += _step(rows, name)
    if unanswered and got:
        lines.append(f"answered by nobody: {', '.join(_together(unanswered, steps))}")
    return "\n".join(lines)


def _together(some: Sequence[str], steps: Sequence[str]) -> Iterator[str]:
    """Steps, those of a whole exercise by its id."""
    for id in dict.fromkeys(name.partition(":")[0] for name in some):
        own, whole = ([name for name in names if name.startswith(f"{id}:")] for names in (some, steps))
        yield from [id] if own == whole else own


def _step(rows: Sequence[Mapping[str, str]], name: str) -> list[str]:
    outcomes = Counter(row.get(name, "") for row in rows)
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in ORDER if outcomes[outcome])
    slips = Counter((row[f"{name} slip"], row[f"{name} said"]) for row in rows if row.get(f"{name} slip"))
    return [f"{name}: {counts}", *(f"  {count} × {key}: {said}" for (key, said), count in slips.most_common())]
