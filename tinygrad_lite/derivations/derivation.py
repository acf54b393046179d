"""A derivation: its steps, its formulas, its text, and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinygrad_lite.derivations import pages
from tinygrad_lite.derivations.affordable import affordable
from tinygrad_lite.derivations.formula import Formula, closed_form
from tinygrad_lite.derivations.judging.answers import judged
from tinygrad_lite.derivations.judging.questions import Questions
from tinygrad_lite.derivations.judging.sameness import Sameness
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.reading.selectors import Selector
from tinygrad_lite.derivations.second import walked
from tinygrad_lite.derivations.step import Step, steps_of
from tinygrad_lite.derivations.steps.given import given
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.display import symbol_node
from tinygrad_lite.derivations.writing.text import WIDTH, block, row
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.files import write
from tinygrad_lite.notation.formula import Notation, named, unicode
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.wrapping import wrapped


class Derivation:
    """A gradient, derived line by line: `steps`, `formula`, `text()`, `latex()`, `save()`.

    steps: its lines. formulas: the closed form by the name of each value that was derived by. notes: what the lines take
    for granted.

    See also: tg.derive, tg.derivations.Step, tg.derivations.Formula.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor(3.0, requires_grad=True, name="w")
    >>> d = tg.derive(w**2 / 2, wrt=w)
    >>> len(d.steps), d.formula, d.evaluate()
    (1, <formula w>, array(3.))
    """

    def __init__(self, derived: Tensor, wrt: Sequence[Tensor]) -> None:
        self._chain = chain = walked(derived, wrt)
        self._wrt = list(wrt)
        with affordable():
            self._given = given(chain)
        self._questions = Questions(chain, wrt, lambda more: walked(derived, more, partly=True))
        self.steps: list[Step] = list(steps_of(chain, chain.lines))
        self._notes = [*chain.notes, *chain.explained()]
        for one, other in chain.stations.alike():
            self._notes.append(reasons.alike(named(one, (), 0, True), named(other, (), 0, True)))
        self.formulas: dict[str, Formula] = {}
        for tensor in wrt:
            gradient = chain.gradients[key_of(tensor)]
            name = chain.stations.symbols[key_of(tensor)].name
            self.formulas[name] = closed_form(chain, tensor)
            open_end = reasons.no_closed_form(gradient.value, chain.writer(chain.around(gradient.indices)))
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

        >>> from tinygrad_lite.derivations import derive
        >>> w = Tensor(2.0, requires_grad=True, name="w")
        >>> float(derive(w * w, wrt=w).evaluate())
        4.0
        """
        found = {name: formula.evaluate() for name, formula in self.formulas.items()}
        return next(iter(found.values())) if len(found) == 1 else found

    def check(self, formula: Any, wrt: Any = None) -> Sameness:
        """Judge an answer: whether a formula is the gradient of the cost by a value of this derivation.

        formula: a text (NumPy's spelling, index notation or LaTeX, with or without a left side such as "dw_j = "),
        or a function of arrays whose parameters are names of the derivation. It may use all its names: values,
        error signals, derivatives, sizes. wrt: a Tensor, or the name of any value on the way; None for the only one.

        Sizes are symbols: "/ 5" in the place of "/ m" is not the same, and the reason says so. An answer of another
        shape is judged with how="shapes". Raises FormulaError for what cannot be read.

        >>> from tinygrad_lite.derivations import derive
        >>> w = Tensor([0.5, 2.0], requires_grad=True, name="w")
        >>> d = derive((w ** 2).sum() / 2, wrt=w)
        >>> bool(d.check("w")), bool(d.check("w_j")), bool(d.check(lambda w: 2 * w))
        (True, True, False)
        """
        with affordable():
            return judged(*self._questions.asked(formula, wrt))

    def given(self) -> list[tuple[Notation, Notation]]:
        """What the derivation starts from: the formulas of the cost and of the values that its lines use."""
        return self._given

    @property
    def values(self) -> dict[str, Tensor]:
        """The values of the graph by their names in the lines; the derivation names those that have none."""
        return {name: node for name, node in self._chain.stations.names.items() if isinstance(node, Tensor)}

    @property
    def selectors(self) -> dict[str, Selector]:
        """The arrays of zeros and ones that say where a largest element is, by their names in the lines."""
        sources = self._chain.stations.reader.sources
        return {name: found for name, found in sources.items() if isinstance(found, Selector) and found.depends}

    @property
    def introduced(self) -> dict[str, tuple[tuple[str, ...], str]]:
        """The values that a line names first, such as a = σ(z): the letters of each, and what it is."""
        facts, slopes = self._chain.facts, self._chain.slopes
        found = {}
        for name, (value, indices) in facts.defined.items():
            if name not in slopes:
                writer = self._chain.writer(indices)
                found[name] = tuple(writer.bind(index) for index in indices), unicode(writer(value))
        return found

    @property
    def sizes(self) -> dict[str, int]:
        """The length of each axis by its name in the lines."""
        return dict(self._chain.stations.axes.sizes)

    def lemmas(self) -> dict[str, list[Step]]:
        """How each local derivative was found, such as σ′(z) = a (1 − a), in lines of its own."""
        return {name: list(steps_of(self._chain, lines, gradients=False)) for name, lines in self._chain.lemmas.items()}

    def text(self, lemmas: bool = False, width: int = WIDTH) -> str:
        """The derivation for a terminal of ``width`` columns; with ``lemmas`` the local derivatives, too."""
        lines: list[str] = []
        for left, right in self.given():
            lines += row(f"{unicode(left)} = ", unicode(right), "", width)
        lines.append("")
        lines += block((s.row for s in self.steps), width)
        if lemmas:
            for found in self.lemmas().values():
                lines += ["", *block((s.row for s in found), width)]
        for note in self.notes:
            lines += ["", *wrapped(note, width)]
        return "\n".join(lines)

    def latex(self) -> str:
        """The lines in LaTeX, as an `aligned` block with the reasons beside them."""
        return pages.aligned(self.steps)

    def contents(self) -> pages.Contents:
        """What a page shows: the given formulas, the steps, the lemmas, the notes."""
        found = [(self._chain.slopes[name], steps) for name, steps in self.lemmas().items()]
        lemmas = {symbol_node(symbol, raised=any(s.indices for s in steps)): steps for symbol, steps in found}
        return pages.Contents(self.given(), self.steps, lemmas, self._notes)

    def save(self, path: str | Path) -> None:
        """Write a page: .html (MathML, needs no network) or .tex (compiles alone).

        Raises DerivationError for another ending, WriteError where the file cannot be written.
        """
        target = Path(path)
        writers = {".html": pages.html, ".tex": pages.tex}
        if target.suffix not in writers:
            raise DerivationError(
                f"a derivation is saved as .html or .tex; got {target.name!r}. Choose one of the two endings."
            )
        write(target, writers[target.suffix]([(self.title, self.contents())]))

    @property
    def titles(self) -> dict[str, Notation]:
        """What was derived, ∂C/∂w without indices, by the name of w."""
        return dict(zip(self.formulas, map(self._chain.title, self._wrt), strict=True))

    @property
    def title(self) -> str:
        """What was derived: ∂C/∂w."""
        return ", ".join(unicode(title) for title in self.titles.values())

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<derivation of {self.title}: {len(self.steps)} steps>"

    def _repr_latex_(self) -> str:
        return pages.notebook(self.contents())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/latex": self._repr_latex_()}
