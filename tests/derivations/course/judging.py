"""Judge one case: is the value right, is the formula as short as the textbook's, does every symbol have a meaning?"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course import writing
from tests.derivations.course.writing import Case
from tinygrad_lite.derivations import affordable as module
from tinygrad_lite.derivations.normal.budgets import WORK, budget
from tinygrad_lite.errors import DerivationError

LONGER = 1.6
"""A closed formula has at most so many times the names of the textbook's."""

SPELLING = {
    "np", "T", "sum", "axis", "keepdims", "True", "None", "newaxis", "outer", "einsum", "dot",
    "ones", "zeros", "where", "abs", "shape", "ones_like", "zeros_like", "float", "for", "in", "range",
}  # fmt: skip
"""Words of NumPy that a formula with indices has no word for."""

LETTER = r"[^\W\d_⁰¹²³⁴-⁹₀-₉]"
LAYER = r"(?:⁽[⁰¹²³⁴-⁹]+⁾|[⁰¹²³⁴-⁹]+|[₀-₉]+)?"
NAME = re.compile(rf"((?:∂{LETTER}+{LAYER}/∂)?{LETTER}+′*){LAYER}(?:_\w+|_\{{[^}}]*\}}|\[[^\]]*\])?")
KRONECKER = re.compile(r"\[\w = [\w, ]+\]")
ERROR = re.compile(rf"(?:δ|∂{LETTER}+/∂{LETTER}+){LAYER}")
NO_NAMES = {"Σ", "Π", "if", "otherwise", "and"}
FUNCTIONS = {
    "e", "exp", "log", "ln", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "max", "min", "sign", "abs", "kronecker",
    "σ", "softmax", "relu", "softplus", "argmax", "π",
}  # fmt: skip
SIZES = {"m", "n", *"IJKLPQRSTUVN"}


@dataclass
class Verdict:
    """What was found of one case."""

    name: str
    trouble: str = ""
    wrong: list[str] = field(default_factory=list)
    printed: dict[str, str] = field(default_factory=dict)
    textbook: dict[str, str | None] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    undefined: dict[str, set[str]] = field(default_factory=dict)
    work: int = 0
    seconds: float = 0.0
    text: str = ""

    @property
    def state(self) -> str:
        """`closed` where every formula is about as short as the textbook's, in defined symbols; `long`; `refused`."""
        if self.trouble:
            return "refused"
        short = all(r <= LONGER for r in self.ratios.values())
        return "closed" if short and not any(self.undefined.values()) else "long"


def names(formula: str) -> list[str]:
    """The names in a printed formula, with repetitions: a cost of reading it.

    >>> names("(1/m) Σ_i x_ij (a⁽²⁾_ij − y_ij)")
    ['m', 'x', 'a', 'y']
    """
    return [x for x in NAME.findall(KRONECKER.sub("kronecker", formula)) if x not in NO_NAMES]


def names_in_numpy(formula: str) -> list[str]:
    """The names in a formula in NumPy's spelling, with repetitions.

    >>> names_in_numpy("np.sum(x * (a2 - y), axis=1) / m")
    ['x', 'a', 'y', 'm']
    """
    plain = re.sub(r"'[^']*'", "", formula)
    found = re.findall(r"[A-Za-z][A-Za-z_]*", plain)
    return [x for x in found if x not in SPELLING]


def defined_by(derivation: Any, cost: tg.Tensor) -> set[str]:
    """The names that a reader knows: tensors with a name, sizes, functions, data in the cost, and left sides."""
    text = derivation.text()
    known = FUNCTIONS | SIZES | set(names(text.partition("\n\n")[0]))
    for node in tg.graph(cost):
        known |= set(names(node.name or ""))
    for left in re.findall(r"(\S+) = ", text):
        known |= set(names(left))
    return known


def namespace(case: Case, values: dict[str, Any]) -> dict[str, Any]:
    """What the textbook's formulas are read with: the builder's locals as arrays of float64, and `where`."""
    plain: dict[str, Any] = {
        "np": np, "m": writing.m, "n": writing.n, "J": writing.J, "h": writing.h, "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    }  # fmt: skip
    for name, value in values.items():
        value = value.detach().numpy() if isinstance(value, tg.Tensor) else value
        single = getattr(value, "dtype", None) == np.float32
        plain[name] = value.astype(np.float64) if single else value
    for line in case.entry.where:
        name, _, right = line.partition("=")
        plain[name.strip()] = eval(right, plain)
    return plain


def mistakes(case: Case) -> list[str]:
    """What is wrong with the textbook's formulas: their numbers are compared with the engine's."""
    values = case.entry.build()
    gradients = engines(values["C"], {x: values[x] for x in case.leaves})
    names, found = namespace(case, values), []
    for leaf, gradient in gradients.items():
        text = case.entry.textbook[leaf]
        try:
            wanted = gradient if text is None else np.broadcast_to(eval(text, names), gradient.shape)
        except (NameError, ValueError, IndexError, TypeError) as error:
            found.append(f"the textbook's ∂C/∂{leaf}: {error}")
            continue
        if not agree(wanted, gradient, gradient.dtype == np.float32):
            found.append(f"the textbook's ∂C/∂{leaf} has other numbers than the engine's")
    return found


def engines(cost: tg.Tensor, leaves: dict[str, tg.Tensor]) -> dict[str, Any]:
    """The engine's gradients."""
    cost.backward()
    return {x: np.asarray(t.grad.numpy()) for x, t in leaves.items() if t.grad is not None}


def agree(left: Any, right: Any, single: bool) -> bool:
    """Equal up to rounding, and of one shape."""
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    tolerance = 1e-4 if single else 1e-8
    scale = max(1e-3, float(np.max(np.abs(right), initial=0.0)))
    return left.shape == right.shape and bool(np.all(np.abs(left - right) <= tolerance * scale))


def derived(case: Case) -> tuple[Any, dict[str, Any], dict[str, tg.Tensor]]:
    """The derivation of a case, the locals of its builder, its leaves."""
    values = case.entry.build()
    leaves = {x: values[x] for x in case.leaves}
    wrt = list(leaves.values())
    return tg.derive(values["C"], wrt[0] if len(wrt) == 1 else wrt), values, leaves


@contextmanager
def expressions(verdict: Verdict) -> Iterator[None]:
    """Count into the verdict how many expressions a derivation builds."""

    @contextmanager
    def counting(most: int) -> Iterator[None]:
        with budget(most):
            before = WORK.left
            try:
                yield
            finally:
                verdict.work += before - WORK.left

    with mock.patch.object(module, "budget", counting):
        yield


def judge(case: Case) -> Verdict:
    """Derive a case and compare it with the engine and the textbook."""
    verdict = Verdict(case.name)
    started = time.process_time()
    try:
        with expressions(verdict), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            derivation, values, leaves = derived(case)
    except DerivationError as error:
        verdict.trouble = f"DerivationError: {error}"
    except Exception as error:
        verdict.trouble = f"crash, {type(error).__name__}: {error}"
    verdict.seconds = time.process_time() - started
    if verdict.trouble:
        return verdict
    verdict.text = derivation.text()
    _values(verdict, derivation, engines(values["C"], leaves))
    _lengths(verdict, case, derivation, defined_by(derivation, values["C"]))
    return verdict


def errors_without_a_line(steps: Iterable[Any]) -> set[str]:
    """The error signals and derivatives that lines use, and that are not the left side of a line."""
    lines = [step for step in steps if step.rule != "name"]
    used = {error for step in lines for error in ERROR.findall(step.right)}
    return used - {error for step in steps for error in ERROR.findall(step.left)}


def steps_in_numbers(steps: Iterable[Any], single: bool) -> Iterator[str]:
    """The steps whose NumPy code has other numbers than the step."""
    for step in steps:
        with np.errstate(all="ignore"):
            numbers, code = step.evaluate(), step.numpy()
            found = eval(code, {"np": np, **step.formula.arrays()})
        if not agree(np.broadcast_to(found, np.shape(numbers)), numbers, single):
            yield f"the code {code} of the step {step}"


def _values(verdict: Verdict, derivation: Any, gradients: dict[str, Any]) -> None:
    """Note each formula whose numbers are not the engine's, and each error signal that no line defines."""
    verdict.wrong += [f"no line has {error} at its left" for error in errors_without_a_line(derivation.steps)]
    verdict.wrong += steps_in_numbers(derivation.steps, any(g.dtype == np.float32 for g in gradients.values()))
    for (name, formula), (leaf, gradient) in zip(derivation.formulas.items(), gradients.items(), strict=True):
        if not agree(formula.evaluate(), gradient, gradient.dtype == np.float32):
            verdict.wrong.append(f"∂C/∂{leaf}, printed as {name}")


def _lengths(verdict: Verdict, case: Case, derivation: Any, known: set[str]) -> None:
    """Compare the lengths of the formulas with the textbook's, and find symbols that nothing defines."""
    for leaf, formula in zip(case.leaves, derivation.formulas.values(), strict=True):
        printed, textbook = str(formula), case.entry.textbook[leaf]
        verdict.printed[leaf], verdict.textbook[leaf] = printed, textbook
        if textbook is not None:
            verdict.ratios[leaf] = len(names(printed)) / max(1, len(names_in_numpy(textbook)))
        verdict.undefined[leaf] = {x for x in names(printed) if x.rstrip("′") not in known}
