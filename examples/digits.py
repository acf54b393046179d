"""Train a network on handwritten digits, and see how it learns.

    python examples/digits.py                                    # the 8x8 digits of the package: seconds
    python examples/digits.py --cost quadratic                   # the same network, learning slowly
    python examples/digits.py --data mnist --hidden 100 --l2 1e-4
    python examples/digits.py --help

The last sixth of the training set is set aside to choose the best epoch; the test set is looked at once, at the end.
The best weights are written whenever there are better ones, so Ctrl-C loses nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import DomainError, DrawingError, MissingExtraError, StateError, TinygradLiteError, extra
from tinygrad_lite.files import place_for_results
from tinygrad_lite.nn import MLP, l2
from tinygrad_lite.optim import SGD, Adam, Optimizer

CLASSES = 10
HIDDEN_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus")
# All costs take the logits z of the output layer and one-hot targets y.
COSTS: dict[str, Callable[[Any, Any], Any]] = {
    "cross-entropy": tg.cross_entropy_with_logits,
    "log-likelihood": tg.log_likelihood_with_logits,
    "quadratic": lambda z, y: tg.quadratic_cost(tg.sigmoid(z), y),
}
RATES = {"sgd": 0.5, "adam": 0.003}


class Epoch(NamedTuple):
    """What one epoch of training came to; shares in [0, 1]."""

    cost: float
    training: float
    validation: float


@dataclass
class Best:
    """The epoch with the best share of the validation set, and its weights."""

    epoch: int
    share: float
    weights: dict[str, Any]


def options_from(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train a network on handwritten digits.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", choices=("digits", "mnist"), default="digits", help="8x8 digits of the package, or 28x28 MNIST")
    add("--data-dir", type=Path, help="directory of MNIST's files; without one they are downloaded once")
    add("--examples", type=int, help="train on so many examples only")
    add("--hidden", type=int, nargs="*", default=[30], metavar="N", help="sizes of the hidden layers")
    add("--activation", choices=HIDDEN_ACTIVATIONS, default="sigmoid", help="of the hidden layers")
    add("--init", choices=("default", "large"), default="default", help="Nielsen's two initialisations")
    add("--cost", choices=COSTS, default="cross-entropy", help="what is minimised")
    add("--optimiser", choices=RATES, default="sgd", help="how")
    add("--lr", type=float, help=f"learning rate; by default {RATES['sgd']} for sgd, {RATES['adam']} for adam")
    add("--momentum", type=float, default=0.0, help="of sgd")
    add("--l2", type=float, default=0.0, help="strength of the penalty (l2/2) sum of w^2")
    add("--batch", type=int, default=10, help="examples per step")
    add("--epochs", type=int, default=20, help="passes through the training set")
    add("--seed", type=int, default=0, help="of weights and batches")
    add("--dtype", choices=("float64", "float32"), default="float64", help="of everything")
    add("--out", type=Path, help="picture of the learning curves, .png, .svg or .pdf; by default out/digits.png")
    add("--no-plot", action="store_true", help="no picture; needs no matplotlib")
    add("--save", type=Path, help="where the best weights go; by default out/digits.npz")
    return parser.parse_args(argv)


def check(options: argparse.Namespace) -> None:
    """Refuse before the training, not after it, what could only fail after it.

    A picture that nobody asked for is left out where there is no matplotlib.
    """
    wanted = options.out is not None
    for name, least in (("epochs", 1), ("batch", 1), ("seed", 0), ("examples", 6)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise DomainError(f"--{name} must be {least} or more; got {value}.")
    if options.data_dir is not None and options.data != "mnist":
        raise DomainError("--data-dir is where MNIST lies: it goes with --data mnist.")
    if options.momentum and options.optimiser != "sgd":
        raise DomainError("--momentum is an option of sgd: leave it out, or choose --optimiser sgd.")
    if options.save is None or options.out is None:
        folder = place_for_results()
        options.save, options.out = options.save or folder / "digits.npz", options.out or folder / "digits.png"
    for path in [options.save] + [options.out] * (not options.no_plot):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"cannot make the directory of {path}: {error.strerror}. Choose another one.") from error
        if path.is_dir():
            raise StateError(f"{path} is a directory: give the name of a file in it.")
    options.missing = None
    if not options.no_plot:
        try:
            figure(options.out)
        except MissingExtraError as error:
            if wanted:
                raise
            options.no_plot, options.missing = True, error


def load(options: argparse.Namespace) -> tuple[Any, ...]:
    """x, y of the training, validation and test sets; the y are class indices."""
    if options.data == "digits":
        found = tg.data.digits(dtype=options.dtype)
    else:
        found = tg.data.mnist(options.data_dir, dtype=options.dtype)
    x, y = found.x_train[: options.examples], found.y_train[: options.examples]
    cut = len(x) - len(x) // 6
    return x[:cut], y[:cut], x[cut:], y[cut:], found.x_test, found.y_test


def accuracy(model: MLP, x: Any, y: Any) -> float:
    with tg.no_grad():
        return float((model(x).argmax(axis=1).numpy() == y).mean())


def make_optimiser(model: MLP, options: argparse.Namespace) -> Optimizer:
    rate = RATES[options.optimiser] if options.lr is None else options.lr
    if options.optimiser == "adam":
        return Adam(model.parameters(), rate)
    return SGD(model.parameters(), rate, momentum=options.momentum)


def train(model: MLP, data: tuple[Any, ...], options: argparse.Namespace) -> Iterator[Epoch]:
    """Train the model, one epoch at a time."""
    x_train, y_train, x_validation, y_validation = data[:4]
    cost, optimiser, rng = COSTS[options.cost], make_optimiser(model, options), np.random.default_rng(options.seed)
    targets = tg.one_hot(y_train, CLASSES, options.dtype).numpy()
    for epoch in range(1, options.epochs + 1):
        total = 0.0
        batches = tg.data.batches(x_train, targets, options.batch, rng)
        for x, y in with_progress(batches, -(-len(x_train) // options.batch), f"epoch {epoch}"):
            optimiser.zero_grad()
            c = cost(model(x), y)
            total += c.item() * len(x)
            if options.l2:
                c = c + l2(model, options.l2)
            c.backward()
            optimiser.step()
        right = (accuracy(model, x_train, y_train), accuracy(model, x_validation, y_validation))
        yield Epoch(total / len(x_train), *right)


def with_progress(batches: Iterable[Any], total: int, label: str) -> Iterable[Any]:
    """The batches, with a bar on a terminal where tqdm is installed; the line per epoch comes in any case."""
    try:
        from tqdm import tqdm
    except ImportError:
        return batches
    return tqdm(batches, total=total, desc=label, leave=False, disable=None)  # None: only on a terminal


# --- the picture ----------------------------------------------------------------------------------------------------


def figure(path: Path) -> Any:
    """An empty figure, if one can be drawn and written as this kind of file."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError(f"the picture needs matplotlib: {extra('plot')}.") from None
    made = Figure(figsize=(10, 4.2), layout="constrained")
    kinds = made.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".") not in kinds:
        raise DrawingError(f"--out {path}: a picture is one of {', '.join(sorted(kinds))}; its name has to end so.")
    return made


def plot(history: list[Epoch], best: Best, title: str, path: Path) -> None:
    sheet = figure(path)
    sheet.suptitle(title)
    left, right = sheet.subplots(1, 2)
    epochs = range(1, len(history) + 1)
    left.plot(epochs, [e.cost for e in history], color="#0072B2", linewidth=2, marker=".")
    left.set(ylabel="cost while training", ylim=(0, None))
    # Okabe and Ito's colours for colour-blind readers; the line styles differ, too.
    right.plot(epochs, [100 * e.training for e in history], ".--", color="#D55E00", label="training", linewidth=2)
    right.plot(epochs, [100 * e.validation for e in history], ".-", color="#0072B2", label="validation", linewidth=2)
    marked = f"best: {100 * best.share:.1f} %, epoch {best.epoch}"
    right.plot(best.epoch, 100 * best.share, "o", color="#0072B2", markersize=9, label=marked)
    right.set_ylabel("correct, in %")
    right.legend(frameon=False, loc="lower right")
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    try:
        sheet.savefig(path, dpi=150)
    except OSError as error:
        raise DrawingError(f"cannot write the picture to {path}: {error}.") from error


# --- the program ----------------------------------------------------------------------------------------------------


def run(options: argparse.Namespace, terminal: Terminal) -> int:
    check(options)
    data = load(options)
    sizes = [data[0].shape[1], *options.hidden, CLASSES]
    model = MLP(sizes, options.activation, init=options.init, rng=options.seed, dtype=options.dtype)
    title = f"{options.data}: {'-'.join(map(str, sizes))}, {options.activation}, {options.cost}, {options.optimiser}"
    terminal.write(f"{title}\n{len(data[0]):,} to train on, {len(data[2]):,} to validate, {len(data[4]):,} to test")
    history: list[Epoch] = []
    best: Best | None = None
    interrupted = False
    try:
        for epoch in train(model, data, options):
            history.append(epoch)
            better = best is None or epoch.validation > best.share
            if better:
                best = Best(len(history), epoch.validation, model.state_dict())
                model.save(options.save)
            terminal.write(
                f"epoch {len(history):>3}   cost {epoch.cost:7.4f}   correct: training {100 * epoch.training:6.2f} %, "
                f"validation {100 * epoch.validation:6.2f} %{' *' if better else ''}"
            )
    except KeyboardInterrupt:
        interrupted = True
        terminal.write("\ninterrupted")
    if best is None:
        terminal.write("no epoch was finished: there are no weights to keep")
        return 130
    model.load_state_dict(best.weights)
    model.save(options.save)  # once more: Ctrl-C may have come between an epoch and its save
    share = accuracy(model, *data[4:])
    terminal.write(f"best: epoch {best.epoch}, validation {100 * best.share:.2f} %, test {100 * share:.2f} %")
    terminal.write(f"weights: {options.save}")
    if not options.no_plot:
        plot(history, best, title, options.out)
        terminal.write(f"picture: {options.out}")
    elif options.missing:
        terminal.write(f"no picture: {options.missing}")
    return 130 if interrupted else 0


def main(argv: list[str] | None = None) -> int:
    options = options_from(argv)
    try:
        return run(options, Terminal())
    except TinygradLiteError as error:
        Terminal(sys.stderr).write(f"digits.py: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
