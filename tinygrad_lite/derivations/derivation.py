"""derive: from a graph to a derivation, a closed form, and pages."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations import pages
from tinygrad_lite.derivations.normal.calculus import spread
from tinygrad_lite.derivations.normal.terms import BudgetError, Index, Value, budget
from tinygrad_lite.derivations.reading.axes import key_of
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.step import Step, steps_of
from tinygrad_lite.derivations.steps.closed import evaluated
from tinygrad_lite.derivations.steps.introducing import named_function
from tinygrad_lite.derivations.steps.lines import Whole
from tinygrad_lite.derivations.steps.walk import Chain
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.arranging import length
from tinygrad_lite.derivations.writing.display import Writer, marks, symbol_node
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.notation.formula import Applied, Name, Notation, latex, unicode
from tinygrad_lite.tensor.tensor import Tensor

WORK = 400_000
"""How many expressions one derivation may build: some seconds."""

MOST_OPERATIONS = 5_000
"""How many operations a graph may have that is derived: reading more takes seconds, and nobody reads the result."""

WIDTH = 80


class Formula:
    """The closed form of a gradient.

    ``str`` gives it in one line, ``latex()`` in LaTeX, ``evaluate()`` computes it from the data.
    """

    def __init__(self, chain: Chain, tensor: Tensor, value: Value, indices: tuple[Index, ...]) -> None:
        self._chain = chain
        self._tensor = tensor
        self._value = value
        self._indices = indices

    def notation(self) -> Notation:
        """The right side as a tree: the last line of the derivation where that is plain and shorter, else the normal form."""
        whole = self._chain.writer(self._indices)(self._value)
        name = self._chain.stations.symbols[key_of(self._tensor)].name
        last = next((line for line in reversed(self._chain.lines) if line.station == name), None)
        if last is not None and last.written.names <= self._value.names and marks(last.right) < marks(whole):
            return last.right
        return whole

    def __str__(self) -> str:
        return unicode(self.notation())

    def __repr__(self) -> str:
        return f"<formula {self}>"

    def latex(self) -> str:
        """The right side in LaTeX."""
        return latex(self.notation())

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def evaluate(self) -> np.ndarray[Any, Any]:
        """The gradient, computed from the data by this formula: finite where a naive spelling is not.

        >>> z = Tensor([40.0], requires_grad=True, name="z")
        >>> a = 1 / (1 + np.exp(-z))                       # rounded to 1, so a (1 - a) is 0 in eager numbers
        >>> np.all(derive(np.sum(a), wrt=z).formula.evaluate() > 4e-18)
        np.True_
        """
        result = evaluated(self._chain, self._value, self._indices)
        return result.reshape(self._tensor.shape).astype(self._tensor.dtype)


class Derivation:
    """A gradient, derived line by line: `steps`, `formula`, `text()`, `latex()`, `save()`."""

    def __init__(self, chain: Chain, wrt: Sequence[Tensor]) -> None:
        self._chain = chain
        self._given: list[tuple[Notation, Notation]] | None = None
        self.steps: list[Step] = list(steps_of(chain.lines))
        self._notes = [*chain.notes, *chain.explained()]
        for one, other in chain.stations.alike():
            self._notes.append(reasons.alike(symbol_node(one, raised=True), symbol_node(other, raised=True)))
        self.formulas: dict[str, Formula] = {}
        for tensor in wrt:
            gradient = chain.gradients[key_of(tensor)]
            name = chain.stations.symbols[key_of(tensor)].name
            self.formulas[name] = Formula(chain, tensor, gradient.value, gradient.indices)
            open_end = reasons.no_closed_form(gradient.value, chain.writer(gradient.indices))
            if open_end and open_end not in self._notes:
                self._notes.append(open_end)
        self.notes: list[str] = [str(note) for note in self._notes]

    @property
    def formula(self) -> Formula:
        """The closed form, where there is one tensor to derive by."""
        if len(self.formulas) != 1:
            names = ", ".join(repr(n) for n in self.formulas)
            raise DerivationError(
                f"this derivation has several formulas: {names}. Take one, as in d.formulas[{next(iter(self.formulas))!r}]."
            )
        return next(iter(self.formulas.values()))

    def evaluate(self) -> Any:
        """The gradient, computed from the data by the closed form; a dict by name where there are several.

        Finite where a naive spelling is not.

        >>> w = Tensor(2.0, requires_grad=True, name="w")
        >>> float(derive(w * w, wrt=w).evaluate())
        4.0
        """
        found = {name: formula.evaluate() for name, formula in self.formulas.items()}
        return next(iter(found.values())) if len(found) == 1 else found

    def given(self) -> list[tuple[Notation, Notation]]:
        """What the derivation starts from: the formulas of the cost and of the values that its lines use."""
        if self._given is None:
            try:
                with budget(WORK):
                    self._given = self._find_given()
            except BudgetError as reason:
                raise DerivationError(reasons.too_large(str(reason))) from None
        return self._given

    def _find_given(self) -> list[tuple[Notation, Notation]]:
        st = self._chain.stations
        found = []
        for node in sorted(st.stations.values(), key=key_of, reverse=True):
            used = node.serial in st.needed or st.symbols[key_of(node)].name in self._chain.used
            if node.primitive is not None and used:
                writer = Writer(self._chain.writer_letters, st.formal(node))
                form = st.formula(node)
                apart = spread(form)
                form = apart if length(apart) < length(form) else form
                name, order = st.symbols[key_of(node)].name, st.formal(node)
                if self._chain.agrees(Whole(form), lambda facts, n=name: facts.value(n), order) is None:  # type: ignore[misc]
                    continue
                known = named_function(form, node, st)
                right = Applied(Name(known[0]), writer(known[1])) if known is not None else writer(form)
                found.append((writer(st.named(node)), right))
        return found

    def lemmas(self) -> dict[str, list[Step]]:
        """How each local derivative was found, such as σ′(z) = a (1 − a), in lines of its own."""
        return {name: list(steps_of(lines)) for name, lines in self._chain.lemmas.items()}

    def text(self, lemmas: bool = False) -> str:
        """The derivation for a terminal of 80 columns; with ``lemmas`` the local derivatives, too."""
        lines: list[str] = []
        for left, right in self.given():
            lines += _wrapped(f"{unicode(left)} = ", unicode(right), "")
        lines.append("")
        lines += _block(self.steps)
        if lemmas:
            for found in self.lemmas().values():
                lines += ["", *_block(found)]
        for note in self.notes:
            lines += ["", *textwrap.wrap(note, WIDTH)]
        return "\n".join(lines)

    def latex(self) -> str:
        """The lines in LaTeX, as an `aligned` block with the reasons beside them."""
        return pages.aligned(self.steps)

    def contents(self) -> pages.Contents:
        """What a page shows: the given formulas, the steps, the lemmas, the notes."""
        lemmas = {
            symbol_node(name, raised=any(line.order for line in lines)): list(steps_of(lines))
            for name, lines in self._chain.lemmas.items()
        }
        return pages.Contents(self.given(), self.steps, lemmas, self._notes)

    def save(self, path: str | Path) -> None:
        """Write a page: .html (MathML, needs no network) or .tex (compiles alone).

        Raises DerivationError for another ending, and where the file cannot be written.
        """
        target = Path(path)
        writers = {".html": pages.html, ".tex": pages.tex}
        if target.suffix not in writers:
            raise DerivationError(
                f"a derivation is saved as .html or .tex; got {target.name!r}. Choose one of the two endings."
            )
        page = writers[target.suffix]([(self.title, self.contents())])
        try:
            target.write_text(page, encoding="utf-8")
        except (OSError, ValueError) as error:  # ValueError: no path has a NUL in it
            raise DerivationError(
                f"cannot write {str(target)!r}: {getattr(error, 'strerror', None) or error}. Choose a directory that you may write to."
            ) from error

    @property
    def title(self) -> str:
        """What was derived: ∂C/∂w."""
        cost = self._chain.stations.symbols[key_of(self._chain.stations.cost)].name
        return ", ".join(f"∂{cost}/∂{name}" for name in self.formulas)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<derivation of {self.title}: {len(self.steps)} steps>"

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            "text/plain": self.text(),
            "text/latex": self._repr_latex_(),
            "text/html": pages.fragment(self.contents()),
        }


def _block(steps: Sequence[Step]) -> list[str]:
    """The steps of a derivation, wrapped, reasons at the right or below."""
    lines: list[str] = []
    indent = 0
    for step in steps:
        if not step.continues:
            indent = len(step.left)
        head = (" " * indent if step.continues else step.left) + " = "
        lines += _wrapped(head, step.right, str(step.said))
    return lines


def _wrapped(head: str, body: str, reason: str) -> list[str]:
    indent = " " * len(head)
    lines = textwrap.wrap(
        body, WIDTH, initial_indent=head, subsequent_indent=indent + "  ", break_long_words=False
    ) or [head]
    if not reason:
        return lines
    gap = max(44, len(lines[-1]) + 3)
    if gap + len(reason) <= WIDTH:
        lines[-1] = lines[-1].ljust(gap) + reason
        return lines
    more = textwrap.wrap(reason, WIDTH - 8, break_long_words=False)
    width = max(len(x) for x in more)
    return lines + [" " * (WIDTH - width) + x for x in more]


def derive(cost: Tensor, wrt: Any) -> Derivation:
    """Derive the gradient of a cost, line by line, each line checked against the engine's gradient.

    cost: a Tensor with one element. wrt: a Tensor in its graph, its name, or several of either.
    Raises DerivationError where the tensor is not in the graph, no path leads to it, or a primitive
    on the way has no formula.

    >>> x, y = Tensor(1.0, name="x"), Tensor(0.0, name="y")
    >>> w = Tensor(0.6, requires_grad=True, name="w")
    >>> a = w * x
    >>> a.name = "a"
    >>> print(derive((y - a) ** 2 / 2, wrt="w").formula)
    x (a − y)
    """
    targets = _targets(cost, wrt)
    try:
        with budget(WORK), np.errstate(all="ignore"):
            stations = Stations(cost, targets)
            chain = Chain(stations, stations.axes.letters)
            chain.run()
            return Derivation(chain, targets)
    except (BudgetError, OverflowError, RecursionError) as reason:
        raise DerivationError(reasons.too_large(str(reason))) from None


def _targets(cost: Any, wrt: Any) -> list[Tensor]:
    """The tensors to derive by; errors for what cannot be one."""
    if not isinstance(cost, Tensor):
        raise DerivationError(
            f"derive takes a Tensor to derive; got {type(cost).__name__}. Compute the cost from Tensors."
        )
    if cost.size != 1:
        raise DerivationError(
            f"derive needs a cost with one element; got shape {cost.shape}. Take its mean or its sum."
        )
    if not cost.requires_grad:
        raise DerivationError(
            "the cost tracks no gradient. Make a leaf with requires_grad=True and compute outside no_grad()."
        )
    several = wrt if isinstance(wrt, list | tuple) else [wrt]
    if not several:
        raise DerivationError("derive needs a tensor to derive by; got none. Pass wrt=w, its name, or several.")
    nodes = graph(cost)
    operations = sum(n.primitive is not None for n in nodes)
    if operations > MOST_OPERATIONS:
        raise DerivationError(
            f"a derivation reads at most {MOST_OPERATIONS:,} operations; this cost was computed with {operations:,}. Derive one "
            "step of the loop, or write the loop as operations on whole arrays."
        )
    return [_target(cost, nodes, item) for item in several]


def _target(cost: Tensor, nodes: list[Tensor], item: Any) -> Tensor:
    named = {n.name: n for n in nodes if n.name}
    known = ", ".join(repr(n) for n in named) or "none has a name"
    if isinstance(item, str):
        if item not in named:
            raise DerivationError(f"no tensor of the graph has the name {item!r}; names are: {known}.")
        same = sum(n.name == item for n in nodes)
        if same > 1:
            raise DerivationError(
                f"{same} tensors of the graph have the name {item!r}. Pass the tensor itself, or name them apart."
            )
        item = named[item]
    if not isinstance(item, Tensor):
        raise DerivationError(f"wrt takes a Tensor or the name of one; got {type(item).__name__}. Names are: {known}.")
    if not any(n is item for n in nodes):
        raise DerivationError(f"{_label(item)} is not in the graph of the cost. Named tensors there: {known}.")
    if item.dtype.kind != "f":
        raise DerivationError(f"{_label(item)} holds {item.dtype}, which has no derivative. Make it a float tensor.")
    if item is cost:
        raise DerivationError("the derivative of the cost by itself is 1. Pass a tensor that it was computed from.")
    if not item.requires_grad:
        raise DerivationError(f"{_label(item)} tracks no gradient. Make it with requires_grad=True.")
    return item


def _label(tensor: Tensor) -> str:
    return f"the tensor {tensor.name!r}" if tensor.name else f"a tensor of shape {tensor.shape}"


__all__ = ["Derivation", "Formula", "Step", "derive"]
