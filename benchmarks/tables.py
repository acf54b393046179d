"""The results as Markdown: RESULTS.md, whose first table README.md shows."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

from benchmarks.contenders import HAND
from benchmarks.growth import GROWTH
from benchmarks.rows import ROWS

__all__ = ["document", "failures", "line", "ratios"]

Results = dict[str, Any]
_NONE = "–"

_HEAD = """# Results

Made by `python -m benchmarks --write`. NOTES.md says what stands behind the numbers.

Time as a multiple of plain hand-written NumPy in the same run; below 1 is faster than by hand. *by hand* is the time of
one step as a person writes it from the lecture, *by hand, out=* is what an expert makes of it, who allocates nothing
twice. *eager* and *compiled* (`tg.compile`) are tinygrad_lite. Medians over processes of their own, in each of which
the contenders take turns, after checking that all agree. A dash: the contender has no such thing, or would take
minutes."""


def document(results: Results) -> str:
    """All tables."""
    parts = [_HEAD, ", ".join(f"{k} {v}" for k, v in results["machine"].items()) + "."]
    names = results["contenders"]
    for threads, rows in results["times"].items():
        if rows:
            parts += [f"## Times, {threads} thread{'s' * (threads != '1')}", table(rows, names)]
    for threads, rows in results["times"].items():
        if rows:
            title = f"## Lowest and highest over the processes, {threads} thread{'s' * (threads != '1')}"
            parts += [title, table(rows, names, spread)]
    first = next(iter(results["times"].values()), {})
    if any("memory" in row for row in first.values()):
        parts += [
            "## Memory",
            "The peak of one step over its inputs and results, in arrays of the size of x (tracemalloc, which does not "
            "see torch and XLA).",
            _memory(first, names),
        ]
    parts += _others(results["others"], names)
    return "\n\n".join(parts) + "\n"


def _others(others: Results, names: list[str]) -> Iterable[str]:
    grown = [name for name in GROWTH if name in others]
    if grown:
        yield "## Growth"
        yield (
            "Microseconds per unit at growing sizes, and the exponent of the time over the upper half of the sizes: 1 "
            "is linear, below 1 fixed costs are still being spread."
        )
        yield "\n\n".join(_growth(name, others[name], names) for name in grown)
    if "compile-time" in others:
        yield "## The first call of a compiled gradient"
        yield _grid(
            ["operations", "seconds", "µs per operation"],
            [[f"{int(n):,}", f"{s:.3f}", f"{1e6 * s / int(n):.0f}"] for n, s in others["compile-time"].items()],
        )
    if "import" in others:
        yield "## Import"
        cells = [time(s) if n == HAND else f"+{time(s)}" for n, s in others["import"].items()]
        yield "CPU time of `import numpy`, and what the others add to it."
        yield _grid(["", "NumPy", *list(others["import"])[1:]], [["import", *cells]])


def table(rows: Results, names: list[str], cell: Any = None) -> str:
    """A line per row, a column per contender."""
    return "\n".join([heading(names), *(line(row, rows[row], names, cell) for row in ROWS if row in rows)])


def heading(names: list[str]) -> str:
    """The two lines above the rows, which name the columns."""
    return "\n".join(_heading(["", *names]))


def line(row: str, found: Results, names: list[str], cell: Any = None) -> str:
    """The line of one row."""
    return _line([ROWS[row].title, *((cell or middle)(found["seconds"], name) for name in names)])


def middle(times: dict[str, list[float]], name: str) -> str:
    """The median of a contender: seconds by hand, the ratio of the others."""
    if name == HAND:
        return time(statistics.median(times[HAND]))
    return ratio(statistics.median(ratios(times, name))) if name in times else _NONE


def spread(times: dict[str, list[float]], name: str) -> str:
    """The lowest and the highest of a contender."""
    if name == HAND:
        return f"{time(min(times[HAND]))} to {time(max(times[HAND]))}"
    own = ratios(times, name)
    return f"{ratio(min(own))} to {ratio(max(own))}" if own else _NONE


def ratios(times: dict[str, list[float]], name: str) -> list[float]:
    """For each process the time of a contender as a multiple of the time by hand."""
    return [own / hand for own, hand in zip(times.get(name, []), times[HAND], strict=False)]


def ratio(number: float) -> str:
    """Three digits that can be compared in a column."""
    return f"{number:.0f}" if number >= 9.995 else f"{number:.2f}"


def time(seconds: float) -> str:
    """With a unit that needs no power of ten."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def failures(results: Results) -> list[str]:
    """A sentence for each contender that could not run a row."""
    measured = [(ROWS[row].title, found) for rows in results["times"].values() for row, found in rows.items()]
    measured += [(GROWTH[name].title, found) for name, found in results["others"].items() if name in GROWTH]
    return [f"{title}: {name}: {why}" for title, found in measured for name, why in found.get("failed", {}).items()]


def _memory(rows: Results, names: list[str]) -> str:
    measured = {row: found["memory"] for row, found in rows.items() if "memory" in found}
    shown = [name for name in names if any(name in own for own in measured.values())]
    lines = [
        [ROWS[row].title, *(f"{statistics.median(own[n]):.1f}" if n in own else _NONE for n in shown)]
        for row, own in measured.items()
    ]
    return _grid(["", *shown], lines)


def _growth(name: str, found: Results, names: list[str]) -> str:
    growth = GROWTH[name]
    lines = [
        [who, *(f"{1e6 * s / int(n):.3g}" for n, s in found["seconds"][who].items()), f"{found['exponents'][who]:.2f}"]
        for who in names
        if who in found["seconds"]
    ]
    return _grid([growth.title, *(f"n = {n:,}" for n in growth.units), "exponent"], lines)


def _grid(heading: list[str], lines: Iterable[list[str]]) -> str:
    return "\n".join([*_heading(heading), *map(_line, lines)])


def _heading(cells: list[str]) -> list[str]:
    return [_line(cells), "|" + "---|" * len(cells)]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
