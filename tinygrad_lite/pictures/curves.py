"""Curves: a function with its derivative, and how numbers change while something learns.

Drawn by matplotlib (the extra plot), which is made for this; each line has its name beside it.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_lite.core.scopes import no_grad
from tinygrad_lite.errors import DrawingError, MissingExtraError, NumericsWarning, ShapeError, extra
from tinygrad_lite.files import write
from tinygrad_lite.mapping import vmap
from tinygrad_lite.pictures.edges.numbers import number
from tinygrad_lite.pictures.edges.symbols import pretty
from tinygrad_lite.pictures.outputs import svg
from tinygrad_lite.pictures.outputs.colours import LIGHT
from tinygrad_lite.pictures.outputs.image import image
from tinygrad_lite.pictures.outputs.labels import BLUE, INK, ORANGE, RED
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.transforms import grad

__all__ = ["Curves", "curve", "learning_curves"]

LOOKS = ((BLUE, "-"), (ORANGE, "--"), (RED, ":"), (INK, "-."))  # told apart without colour as well
POINTS = 401  # so that a kink at 0 is one of them
GAP = 0.075  # of a panel's height between two names
ENDINGS = ("svg", "png", "pdf")


@dataclass(frozen=True)
class Panel:
    """One pair of axes. lines: x and y by the name that stands beside the line."""

    title: str
    x: str
    lines: Mapping[str, tuple[Any, Any]]

    def text(self) -> str:
        """What the lines do, in words."""
        finite = {name: y[np.isfinite(y)] for name, (_, y) in self.lines.items()}
        told = (
            f"{name} from {number(y[0])} to {number(y[-1])}" if y.size else f"{name} nowhere finite"
            for name, y in finite.items()
        )  # fmt: skip
        return f"{self.title}: {', '.join(told)}, for {self.x} from {' to '.join(map(number, self._range()))}"

    def _range(self) -> tuple[float, float]:
        every = np.concatenate([x for x, _ in self.lines.values()])
        return float(every.min()), float(every.max())


class Curves:
    """Panels of curves: `save` them, `print(c.text())`, or let a notebook show them.

    See also: tg.pictures.curve, tg.pictures.learning_curves.

    >>> import tinygrad_lite as tg
    >>> curves = tg.pictures.learning_curves({"cost": {"one run": [0.5, 0.25]}})
    >>> print(curves.text())
    cost: one run from 0.5 to 0.25, for updates from 0.0 to 1.0
    """

    def __init__(self, panels: Sequence[Panel]) -> None:
        self.panels = tuple(panels)

    def text(self) -> str:
        """What the curves do, in words; needs no matplotlib."""
        return "\n".join(panel.text() for panel in self.panels)

    def to_svg(self) -> str:
        """The picture as SVG, in which letters are shapes. Raises MissingExtraError without matplotlib."""
        title = ", ".join(panel.title for panel in self.panels)
        return svg.for_file(_drawn(self.panels, "svg").decode(), {}, title, self.text())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .svg, .png or .pdf file, by its ending.

        Raises DrawingError for another ending, WriteError where the file cannot be written, MissingExtraError without
        matplotlib.
        """
        target = Path(path)
        ending = target.suffix.lower().removeprefix(".")
        if ending not in ENDINGS:
            raise DrawingError(f"curves are saved as .svg, .png or .pdf; got {target.name!r}. Choose one of these.")
        data = self.to_svg().encode() if ending == "svg" else _drawn(self.panels, ending)
        write(target, data)

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Any = None) -> dict[str, str]:
        try:
            drawn = self.to_svg()
        except MissingExtraError as error:
            return {"text/plain": f"{self.text()}\n\n({error})"}
        return {"text/plain": self.text(), "image/svg+xml": drawn, "text/html": image(drawn, self.text())}

    def __repr__(self) -> str:
        count = f"{len(self.panels)} panel{'s' if len(self.panels) > 1 else ''}"
        return f"<curves in {count}: .save('x.svg'), print(c.text())>"


def curve(*functions: Callable[[Any], Any], low: float = -5.0, high: float = 5.0) -> Curves:
    """Functions of one number, each with its derivative, which the engine computes.

    Where a function is not finite, as np.log below 0, its lines have a gap.
    Raises DrawingError without a function, where low is not below high, and where a function is finite nowhere;
    ShapeError where a number does not give one.

    See also: tg.pictures.learning_curves, tg.pictures.Curves, tg.grad.

    >>> import tinygrad_lite as tg
    >>> print(tg.pictures.curve(tg.sigmoid, low=-4, high=4).text())
    σ: σ(z) from 0.01799 to 0.982, σ′(z) from 0.01766 to 0.01766, for z from −4.0 to 4.0
    """
    if not functions:
        raise DrawingError("curve takes one function or more: curve(sigmoid, tanh).")
    if not -np.inf < low < high < np.inf:
        raise DrawingError(f"curve draws from low to high, with low below high; got {low!r} and {high!r}.")
    return Curves([_with_derivative(function, np.linspace(low, high, POINTS)) for function in functions])


def _with_derivative(function: Callable[[Any], Any], z: Any) -> Panel:
    """The function and its derivative at the numbers z; nan where the function is not finite, so that lines have gaps there."""
    if not callable(function):
        raise DrawingError(f"curve takes functions; got {function!r}. Write tg.pictures.curve(tg.sigmoid).")
    name = pretty(getattr(function, "__name__", "f"))
    name = "f" if name == "<lambda>" else name
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericsWarning)  # the gap shows it
        with no_grad():
            y = np.asarray(vmap(function)(Tensor(z)))
        if y.shape != z.shape:
            raise ShapeError(
                f"curve takes functions that give one number for a number; {name} gives shape {y.shape[1:]}."
            )
        slopes = np.asarray(vmap(grad(function))(z))
    defined = np.isfinite(y)
    if not defined.any():
        raise DrawingError(
            f"{name}(z) is not finite for any z from {number(z[0])} to {number(z[-1])}. Choose low and high where it is."
        )
    lines = {f"{name}(z)": y, f"{name}′(z)": slopes}
    return Panel(name, "z", {title: (z, np.where(defined, line, np.nan)) for title, line in lines.items()})


def learning_curves(runs: Mapping[str, Mapping[str, Sequence[float]]], *, x: str = "updates") -> Curves:
    """How quantities change from update to update: a panel for each quantity, in it a line for each run.

    runs: by the name of the quantity and the name of the run the numbers, the first before any update.

    Raises DrawingError where there is nothing to draw, a quantity without runs, or a line of fewer than two numbers.

    See also: tg.pictures.curve, tg.pictures.Curves.

    >>> import tinygrad_lite as tg
    >>> tg.pictures.learning_curves({"cost C": {"quadratic": [0.5, 0.4, 0.2], "cross-entropy": [0.5, 0.1, 0.05]}})
    <curves in 1 panel: .save('x.svg'), print(c.text())>
    """
    for title, series in runs.items():
        if not isinstance(series, Mapping):
            raise DrawingError(
                f"learning curves take a dict of runs for each quantity; {title!r} has a {type(series).__name__}. "
                f"Write {{{title!r}: {{'one run': …}}}}."
            )
    lines = {
        title: {name: np.asarray(numbers, dtype=np.float64) for name, numbers in series.items()}
        for title, series in runs.items()
    }
    short = [
        (title, name) for title, series in lines.items() for name, y in series.items() if y.ndim != 1 or y.size < 2
    ]
    if short or not lines or not all(lines.values()):
        raise DrawingError(
            f"learning curves take a list of two numbers or more for each run; not so for {short or 'an empty dict'}."
        )
    return Curves([
        Panel(title, x, {name: (np.arange(y.size), y) for name, y in series.items()})
        for title, series in lines.items()
    ])  # fmt: skip


# --- how it is drawn -----------------------------------------------------------------------------------------------


def _drawn(panels: Sequence[Panel], ending: str) -> bytes:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError(
            f"curves need matplotlib: {extra('plot')}. Without it, print(curves.text()) works."
        ) from None
    # Letters as shapes look the same in any font; the same curves give the same file.
    looks: dict[Any, Any] = dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    )
    looks |= {"svg.fonttype": "path", "svg.hashsalt": "tinygrad_lite", "grid.color": LIGHT["line"]}
    with matplotlib.rc_context(looks | {"font.size": 12}):
        figure = Figure(figsize=(4.6 * len(panels), 3.6), layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw(axes, panel)
        nothing = {"svg": ("Date", "Creator", "Format", "Type"), "pdf": ("CreationDate",), "png": ()}[ending]
        written = io.BytesIO()
        figure.savefig(written, format=ending, dpi=144, metadata=dict.fromkeys(nothing))
    return written.getvalue()


def _draw(axes: Any, panel: Panel) -> None:
    for (x, y), (color, dashes) in zip(panel.lines.values(), LOOKS * len(panel.lines), strict=False):
        axes.plot(x, y, color=color, linestyle=dashes, linewidth=2.2)
    axes.set_title(panel.title, fontweight="bold")
    axes.set_xlabel(panel.x)
    axes.margins(x=0)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    _name_lines(axes, panel)


def _name_lines(axes: Any, panel: Panel) -> None:
    """Writes each name at the right end of its line, moved up where it would stand on another."""
    low, high = axes.get_ylim()
    last = [y[np.isfinite(y)][-1:] for _, y in panel.lines.values()]
    ends = sorted(((y[0] - low) / (high - low), place) for place, y in enumerate(last) if y.size)
    names = list(panel.lines)
    free = -np.inf  # below this height another name stands
    for i, (end, place) in enumerate(ends):
        height = max(min(end, 1 - GAP * (len(ends) - 1 - i)), free)
        free = height + GAP
        axes.annotate(
            names[place], (1.02, height), xycoords="axes fraction", va="center",
            color=LOOKS[place % len(LOOKS)][0], fontweight="bold",
        )  # fmt: skip
