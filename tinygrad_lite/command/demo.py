"""The lecture's story in a terminal: the neuron that learns slowly, real digits under each cost, and what learned them.

Every number is computed by the engine while it is printed.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_lite import data, functions
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.compiling import compile as compiled
from tinygrad_lite.errors import DomainError, DrawingError
from tinygrad_lite.files import make_directory, write
from tinygrad_lite.nn import MLP
from tinygrad_lite.optim import SGD
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.transforms import grad, value_and_grad

__all__ = ["add_arguments", "demo", "run"]

Cost = Callable[[Any, Any], Any]

NEURON_COSTS: dict[str, Cost] = {"quadratic": functions.quadratic_cost, "cross-entropy": functions.cross_entropy}
NETWORK_COSTS: dict[str, Cost] = {
    "quadratic": lambda z, y: functions.quadratic_cost(functions.sigmoid(z), y),
    "cross-entropy": functions.cross_entropy_with_logits,
    "log-likelihood": functions.log_likelihood_with_logits,
}
NEURON_RATE, NETWORK_RATE = 0.15, 0.5
HIDDEN, BATCH = 30, 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tinygrad-lite demo`."""
    parser.add_argument("--epochs", type=int, default=10, help="how long the network learns (default: %(default)s)")
    parser.add_argument(
        "--out",
        default="tinygrad-lite-demo",
        metavar="DIR",
        help="folder for the pictures and the code (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of its weights and batches (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    """Tell the story as the options say. Raises DomainError."""
    demo(Terminal(), options.epochs, options.seed, options.out)


def demo(terminal: Terminal, epochs: int = 10, seed: int = 0, folder: str | None = None) -> None:
    """Print the story: one neuron drawn, its gradients derived, its descent, a network on digits, and its training step.

    epochs: of the network, 1 or more. seed: of its weights and its batches, 0 or more. folder: for the neuron as
    neuron.svg and neuron.html, and the step as step.py; None writes nothing. Raises DomainError.

    >>> demo(Terminal(), epochs=1)  # doctest: +ELLIPSIS
    <BLANKLINE>
    1  One sigmoid neuron...
    """
    for name, value, least in (("epochs", epochs, 1), ("seed", seed, 0)):
        if value < least:
            raise DomainError(f"{name} must be {least} or more; got {value}.")
    _picture(terminal, folder)
    _gradients(terminal)
    _derivation(terminal)
    _descent(terminal)
    _network(terminal, epochs, seed, folder)


# --- one neuron: a = σ(wx + b), x = 1, y = 0 ------------------------------------------------------------------------


def _neuron(w: Any, b: Any) -> Any:
    return functions.sigmoid(w * 1.0 + b)


def _named_neuron() -> tuple[Tensor, Tensor, Tensor]:
    """w, a and the desired output y of the neuron at w = b = 2, every quantity under its name in the lecture."""
    w, b = Tensor(2.0, requires_grad=True, name="w"), Tensor(2.0, requires_grad=True, name="b")
    z = w * Tensor(1.0, name="x") + b
    z.name = "z"
    a = functions.sigmoid(z)
    a.name = "a"
    return w, a, Tensor(0.0, name="y")


def _picture(terminal: Terminal, directory: str | None) -> None:
    from tinygrad_lite.pictures import draw

    _, a, y = _named_neuron()
    cost = functions.quadratic_cost(a, y)
    cost.name = "C"
    cost.backward()
    picture = draw(cost)
    terminal.wrapped("\n1  One sigmoid neuron: a = σ(wx + b), input x = 1, desired output y = 0\n", 3)
    terminal.wrapped("   Its graph, from the cost down, with the local derivative on every edge:\n", 3)
    terminal.tree(picture.text(), "   ")
    if directory is None:
        return
    try:
        folder = Path(directory)
        make_directory(folder)
        for name in ("neuron.svg", "neuron.html"):
            picture.save(folder / name)
        terminal.write(f"\n   Drawn in {folder / 'neuron.svg'};\n   step through it in {folder / 'neuron.html'}")
    except (DrawingError, OSError) as error:
        terminal.write()
        terminal.wrapped(f"   No picture in a file: {error}", 3)


def _derivation(terminal: Terminal) -> None:
    from tinygrad_lite.derivations import derive

    w, a, y = _named_neuron()
    cost = functions.cross_entropy(a, y)
    cost.name = "C"
    terminal.wrapped("\n   How cross-entropy comes to a − y, derived by the engine from the graph:\n", 3)
    for line in derive(cost, wrt=w).text(width=terminal.width - 3).splitlines():
        terminal.write(f"   {line}".rstrip())


def _gradients(terminal: Terminal) -> None:
    terminal.wrapped("\n   Its gradients, from good starts to bad ones:\n", 3)
    rows = [["w, b", "a", "σ′(z)", "quadratic ∂C/∂w", "cross-entropy ∂C/∂w", "ratio"]]
    for w, b in ((0.0, 0.0), (0.6, 0.9), (2.0, 2.0), (4.0, 4.0)):
        slow, fast = (
            float(grad(lambda w, b, cost=cost: cost(_neuron(w, b), 0.0))(w, b)) for cost in NEURON_COSTS.values()
        )
        a, slope = float(_neuron(w, b)), float(grad(functions.sigmoid)(w + b))
        rows.append([f"{w}, {b}", f"{a:.4f}", f"{slope:.6f}", f"{slow:.6f}", f"{fast:.6f}", f"{fast / slow:.1f}"])
    terminal.table(rows, gap=2)
    terminal.write()
    terminal.wrapped(
        "   The quadratic gradient is (a − y) σ′(z). Where the neuron saturates, σ′(z) dies: the neuron that is most wrong "
        "learns most slowly. Cross-entropy's is a − y: the more wrong, the faster.", 3
    )  # fmt: skip


def _outputs(cost: Cost, updates: int) -> Iterator[float]:
    """The neuron's output before each update and after the last, from w = b = 2."""
    w, b = Tensor(2.0, requires_grad=True), Tensor(2.0, requires_grad=True)
    optimiser = SGD([w, b], NEURON_RATE)
    for _ in range(updates):
        a = _neuron(w, b)
        yield a.item()
        optimiser.zero_grad()
        cost(a, 0.0).backward()
        optimiser.step()
    yield _neuron(w, b).item()


def _descent(terminal: Terminal) -> None:
    shown = range(0, 301, 50)
    rows = [["updates", *map(str, shown)]]
    for name, cost in NEURON_COSTS.items():
        outputs = list(_outputs(cost, shown[-1]))
        rows.append([name, *(f"{outputs[n]:.3f}" for n in shown)])
    terminal.wrapped(f"\n   Its output a on the way from w = b = 2 down to y = 0, both with η = {NEURON_RATE}:\n", 3)
    terminal.table(rows)


# --- a network on real digits ---------------------------------------------------------------------------------------


def _network(terminal: Terminal, epochs: int, seed: int, directory: str | None) -> None:
    digits = data.digits()
    inputs, outputs = digits.x_train.shape[1], int(digits.y_train.max()) + 1
    terminal.wrapped(
        f"\n2  A {inputs}-{HIDDEN}-{outputs} network on {len(digits.y_train):,} handwritten digits, under each cost\n"
        f"\n   Same start, same batches, η = {NETWORK_RATE}; how many of {len(digits.y_test)} other digits it reads:\n", 3
    )  # fmt: skip
    terminal.write("   epoch  " + "".join(f"{name:<23}" for name in NETWORK_COSTS).rstrip())
    lessons = {name: _Lesson(cost, digits, outputs, seed) for name, cost in NETWORK_COSTS.items()}
    for epoch in range(1, epochs + 1):
        shares = [lesson.epoch() for lesson in lessons.values()]
        cells = (f"{100 * share:5.1f} % {terminal.bar(share, 14)} " for share in shares)
        terminal.write(f"   {epoch:>5}  " + "".join(cells).rstrip())
    _source(terminal, lessons["cross-entropy"].source(), directory)


class _Lesson:
    """A network that learns the digits under one cost; its step is compiled."""

    def __init__(self, cost: Cost, digits: data.Dataset, outputs: int, seed: int) -> None:
        self.digits, self.rng = digits, np.random.default_rng(seed)
        self.targets = functions.one_hot(digits.y_train, outputs).numpy()
        model = MLP([digits.x_train.shape[1], HIDDEN, outputs], rng=seed)
        self.parameters = [t.numpy() for t in model.parameters()]

        def step(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, eta: float) -> Any:
            parameters = [W1, b1, W2, b2]
            C, gradients = value_and_grad(lambda *now: cost(_logits(x, *now), y), [0, 1, 2, 3])(*parameters)
            for w, dw in zip(parameters, gradients, strict=True):
                w -= eta * dw
            return C

        self.step = compiled(step)

    def learn(self, x: Any, y: Any) -> None:
        """One update, of all parameters in place."""
        W1, b1, W2, b2 = self.parameters
        self.step(x, y, W1, b1, W2, b2, NETWORK_RATE)

    def epoch(self) -> float:
        """Learn from each digit once; the share of the test digits that the network gets right."""
        for x, y in data.batches(self.digits.x_train, self.targets, BATCH, self.rng):
            self.learn(x, y)
        guesses = _logits(self.digits.x_test, *self.parameters).argmax(axis=1)
        return float((guesses == self.digits.y_test).mean())

    def source(self) -> str:
        """The step as NumPy code, for a whole batch."""
        self.learn(self.digits.x_train[:BATCH], self.targets[:BATCH])
        source: str = self.step.source
        return source


def _logits(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    return functions.sigmoid(x @ W1 + b1) @ W2 + b2


# --- the step as code ------------------------------------------------------------------------------------------------


def _source(terminal: Terminal, source: str, directory: str | None) -> None:
    """Print the step itself, which is the last function of its source, and save the whole."""
    terminal.wrapped("\n3  The training step under cross-entropy, as NumPy code that the engine wrote", 3)
    terminal.wrapped(f"\n   C is the cost and dW2 is ∂C/∂W2; behind # are shapes, for {BATCH} digits at once:\n", 3)
    first = ast.parse(source).body[-1].lineno
    for line in source.splitlines()[first - 1 :]:
        terminal.write(f"   {line}".rstrip())
    if directory is None:
        return
    path = Path(directory, "step.py")
    try:
        make_directory(path.parent)
        write(path, source)
        terminal.write(f"\n   Saved with the functions that it calls in {path};\n   it needs numpy and nothing else")
    except OSError as error:
        terminal.write()
        terminal.wrapped(f"   No source in a file: {error}", 3)
