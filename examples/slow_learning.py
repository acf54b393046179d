"""The neuron that learns slowly: one sigmoid neuron, input x = 1, desired output y = 0, under two costs.

Prints a table and draws the learning curves: the cost, the neuron's output a, and the size of its gradient while it
learns from two starts, one good and one badly wrong, at the same learning rate under both costs.

    python examples/slow_learning.py                 # table, and the picture as out/slow_learning.png
    python examples/slow_learning.py --out x.svg     # .png, .svg or .pdf
    python examples/slow_learning.py --no-plot       # the table only; needs no matplotlib
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinygrad_lite as tg
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import DrawingError, MissingExtraError, TinygradLiteError, extra
from tinygrad_lite.files import place_for_results
from tinygrad_lite.optim import SGD

X, Y = 1.0, 0.0
UPDATES = 301
STARTS = ((0.6, 0.9), (2.0, 2.0))
COSTS: dict[str, Callable[[Any, Any], Any]] = {"quadratic": tg.quadratic_cost, "cross-entropy": tg.cross_entropy}
RATE = 0.15
SMALL_RATE = 0.005  # the book's for cross-entropy: 30 times smaller, so its figures do not show the two side by side


@dataclass
class Run:
    """One descent: the numbers before each update, and the neuron after the last."""

    cost: str
    start: tuple[float, float]
    rate: float
    costs: list[float]
    outputs: list[float]
    gradients: list[float]
    end: tuple[float, float, float]


def descend(cost: str, start: tuple[float, float], rate: float) -> Run:
    w, b = (tg.Tensor(value, requires_grad=True) for value in start)
    optimiser = SGD([w, b], lr=rate)
    run = Run(cost, start, rate, [], [], [], (0.0, 0.0, 0.0))
    for _ in range(UPDATES):
        a = tg.sigmoid(w * X + b)
        c = COSTS[cost](a, Y)
        optimiser.zero_grad()
        c.backward()
        run.costs.append(c.item())
        run.outputs.append(a.item())
        run.gradients.append(w.grad.item())
        optimiser.step()
    run.end = (w.item(), b.item(), tg.sigmoid(w * X + b).item())
    return run


def all_runs() -> list[Run]:
    same_rate = [descend(cost, start, RATE) for start in STARTS for cost in COSTS]
    return same_rate + [descend("cross-entropy", start, SMALL_RATE) for start in STARTS]


# --- the table ------------------------------------------------------------------------------------------------------


def tell(runs: list[Run]) -> None:
    terminal = Terminal()
    terminal.write(f"\nOne sigmoid neuron, x = {X:g}, y = {Y:g}, {UPDATES} updates: the first gradient")
    shown = (0, 50, 100, 200)
    terminal.write(f"and the output a after {', '.join(map(str, shown))} and {UPDATES} of them\n")
    rows = [["cost", "w, b", "η", "∂C/∂w", "a: 0", *map(str, shown[1:]), str(UPDATES)]]
    for run in runs:
        outputs = [run.outputs[n] for n in shown] + [run.end[2]]
        start, slope = "{}, {}".format(*run.start), f"{run.gradients[0]:.6f}"
        rows.append([run.cost, start, str(run.rate), slope, *(f"{a:.4f}" for a in outputs)])
    terminal.table(rows, indent=0, gap=2)
    first = {(run.cost, run.start): run.gradients[0] for run in runs}
    factor = first["cross-entropy", STARTS[1]] / first["quadratic", STARTS[1]]
    terminal.write(
        f"\nFrom w, b = {rows[4][1]} the neuron is badly wrong. Its first gradient is a − y"
        f"\nunder cross-entropy: {factor:.1f} times that of the quadratic cost, (a − y) σ′(z)."
    )


# --- the picture ----------------------------------------------------------------------------------------------------

# Okabe and Ito's colours, told apart by colour-blind readers; the line styles differ for everybody else.
STYLES = {"quadratic": {"color": "#D55E00", "linestyle": "--"}, "cross-entropy": {"color": "#0072B2", "linestyle": "-"}}


def plot(runs: list[Run], path: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError(f"the picture needs matplotlib: {extra('plot')}.") from None
    figure = Figure(figsize=(10, 8.4), layout="constrained")
    figure.suptitle(f"One sigmoid neuron learns y = {Y:g} from x = {X:g}, both costs with η = {RATE}", fontsize=14)
    panels = figure.subplots(3, len(STARTS), sharex=True, sharey="row")
    rows = [("outputs", "output a"), ("costs", "cost C"), ("gradients", "gradient ∂C/∂w")]
    same_rate = [run for run in runs if run.rate == RATE]
    for column, start in enumerate(STARTS):
        panels[0][column].set_title("start w = {}, b = {}".format(*start))
        panels[2][column].set_xlabel("updates")
        for row, (numbers, label) in enumerate(rows):
            axes = panels[row][column]
            for run in (r for r in same_rate if r.start == start):
                axes.plot(getattr(run, numbers), label=run.cost, linewidth=2.2, **STYLES[run.cost])
            axes.set(xlim=(0, UPDATES), ylim=(0, 1.05 * max(max(getattr(run, numbers)) for run in same_rate)))
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
            if column == 0:
                axes.set_ylabel(label)
    panels[0][0].legend(frameon=False, loc="upper right")
    flat = next(run for run in same_rate if (run.cost, run.start) == ("quadratic", STARTS[1]))
    panels[2][1].annotate(
        f"quadratic begins at {flat.gradients[0]:.3f},\nfor σ′(z) is nearly 0",
        xy=(75, flat.gradients[75]),
        xytext=(70, 0.4),
        arrowprops={"arrowstyle": "->", "color": STYLES["quadratic"]["color"]},
        color=STYLES["quadratic"]["color"],
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise DrawingError(f"cannot write the picture to {path}: {error}.") from error


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="The neuron that learns slowly, under two costs.")
    parser.add_argument("--out", type=Path, help="the picture (default: out/slow_learning.png)")
    parser.add_argument("--no-plot", action="store_true", help="the table only")
    options = parser.parse_args(argv)
    runs = all_runs()
    tell(runs)
    if not options.no_plot:
        path = options.out or place_for_results() / "slow_learning.png"
        try:
            plot(runs, path)
        except TinygradLiteError as error:
            if options.out is None and isinstance(error, MissingExtraError):  # nobody asked for a picture
                print(f"\nNo picture: {error}")
                return 0
            print(f"slow_learning.py: {error}", file=sys.stderr)
            return 2
        print(f"\nPicture: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
