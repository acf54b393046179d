"""A figure of the times: a line per row, a mark per contender, on a logarithmic axis of multiples of the time by hand."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.contenders import HAND
from benchmarks.rows import ROWS
from benchmarks.tables import ratios, time

__all__ = ["MARKS", "plot"]

OURS = ("eager", "compiled")
# Okabe and Ito's colours, which people with any kind of colour vision tell apart; the shapes differ as well.
MARKS = {
    "compiled": ("#D55E00", "D", 9), "eager": ("#E69F00", "o", 9), "by hand, out=": ("#000000", "|", 11),
    "torch": ("#0072B2", "s", 6), "jax.jit": ("#009E73", "^", 7), "autograd": ("#56B4E9", "v", 6),
    "micrograd": ("#CC79A7", "P", 7),
}  # fmt: skip


def plot(results: dict[str, Any], path: str) -> None:
    """Write the figure of the first number of threads; the ending of the path says which format."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    threads, rows = next(iter(results["times"].items()))
    shown = [row for row in ROWS if row in rows]
    figure, axes = plt.subplots(figsize=(11, 1.6 + 0.42 * len(shown)))
    axes.axvspan(1e-6, 1, color="#009E73", alpha=0.08, lw=0)
    axes.axvline(1, color="#444444", lw=1.2)
    low, high = 1.0, 1.0
    for name in results["contenders"]:
        if name == HAND:
            continue
        colour, marker, size = MARKS[name]
        points = [
            (statistics.median(found), y)
            for y, row in enumerate(shown)
            if (found := ratios(rows[row]["seconds"], name))
        ]
        low, high = min([low, *(x for x, _ in points)]), max([high, *(x for x, _ in points)])
        ours = name in OURS
        axes.plot(
            [x for x, _ in points], [y for _, y in points], ls="none", marker=marker, ms=size, color=colour,
            label=name, mec="white" if ours else colour, mew=0.8 if ours else 1.6, zorder=4 if ours else 3,
        )  # fmt: skip
    for y, row in enumerate(shown):  # how far compiling leads
        ends = [statistics.median(ratios(rows[row]["seconds"], who)) for who in OURS if who in rows[row]["seconds"]]
        axes.plot(ends, [y] * len(ends), color=MARKS["eager"][0], lw=2.5, alpha=0.45, zorder=2)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.3, high * 1.3)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_yticks(range(len(shown)), [f"{ROWS[r].title}  ({time(_hand(rows[r]))})" for r in shown], fontsize=9)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}×")
    axes.grid(axis="x", color="#dddddd", lw=0.8)
    axes.grid(axis="y", color="#eeeeee", lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(
        "time, as a multiple of plain hand-written NumPy (time by hand in brackets); shaded: faster than that"
    )
    axes.legend(
        ncols=len(MARKS), loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9, alignment="left",
        title=f"Time of one step, {threads} thread{'s' * (threads != '1')}: left is faster", title_fontsize=12,
    )  # fmt: skip
    figure.savefig(path, bbox_inches="tight", dpi=130)
    plt.close(figure)


def _hand(found: dict[str, Any]) -> float:
    return statistics.median(found["seconds"][HAND])
