"""The course: every value right, most formulas as short as the textbook's, and a list of those that are not yet.

The list is `not_closed.txt`. It is exact: what closes must leave it, so that it only gets shorter. This writes it anew:

    python -m tests.derivations.course --not-closed > tests/derivations/course/not_closed.txt
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.derivations.course import CASES, ENTRIES
from tests.derivations.course.judging import LONGER, derived, errors_without_a_line, judge, mistakes, steps_in_numbers
from tests.derivations.course.writing import Book, Case, leaf
from tests.helpers.grouped import in_groups

NOT_CLOSED = Path(__file__).with_name("not_closed.txt").read_text(encoding="utf-8").splitlines()
"""Lines such as "long: matrices: trace"."""

WORK = 200_000
"""How many expressions a closed derivation of the course may build: about a second."""

WAITING = {line.partition(": ")[2] for line in NOT_CLOSED}
READY = [case for name, case in CASES.items() if name not in WAITING]
SAMPLE = READY[::24]


def subject(case: Case) -> str:
    return case.entry.name.partition(":")[0]


def test_the_course_is_large_and_names_differ() -> None:
    assert len(CASES) == sum(len(list(entry.cases())) for entry in ENTRIES) >= 300
    assert set(CASES) >= WAITING


@in_groups("case", [Case(e.name, e, tuple(e.textbook)) for e in ENTRIES], by=subject)
def test_the_textbook_is_right(case: Case) -> None:
    assert not mistakes(case)


@in_groups("case", SAMPLE, by=subject)
def test_closed_as_the_textbook_has_it(case: Case) -> None:
    verdict = judge(case)
    assert not verdict.wrong
    assert verdict.state == "closed", f"{verdict.trouble} {verdict.printed} {verdict.textbook} {verdict.undefined}"
    assert verdict.work <= WORK


@pytest.mark.slow
@in_groups("case", list(CASES.values()), by=subject)
def test_the_list_of_what_is_not_closed_is_exact(case: Case) -> None:
    verdict = judge(case)
    listed = {line.partition(": ")[2]: line.partition(": ")[0] for line in NOT_CLOSED}
    assert not verdict.wrong
    assert verdict.state == listed.get(case.name, "closed"), "write not_closed.txt anew, if this is an improvement"
    assert verdict.work <= WORK or verdict.state != "closed"


def test_nine_in_ten_are_closed() -> None:
    assert len(READY) > 0.9 * len(CASES)


def entry_of(textbook: str) -> Case:
    """The cost w², whose gradient is said to be this."""
    entry = Book("test")

    @entry(w=textbook)
    def square() -> dict[str, Any]:
        w = leaf("w", 3)
        C = (w * w).sum()
        return {"w": w, "C": C}

    return next(entry.entries[0].cases())


def test_a_wrong_textbook_is_found() -> None:
    assert not mistakes(entry_of("2 * w"))
    assert mistakes(entry_of("3 * w")) == ["the textbook's ∂C/∂w has other numbers than the engine's"]
    assert mistakes(entry_of("2 * v")) == ["the textbook's ∂C/∂w: name 'v' is not defined"]


def test_the_code_of_a_comparison_with_nothing_on_one_side_can_be_run() -> None:
    case = CASES["activations: neuron with hard tanh"]
    steps = derived(case)[0].steps
    assert any("np.where" in step.numpy() for step in steps)
    assert not list(steps_in_numbers(steps, single=False))


def test_an_error_signal_without_a_line_is_found() -> None:
    steps = list(derived(CASES["deep nets: three sigmoid layers"])[0].steps)
    assert errors_without_a_line(steps) == set()
    assert errors_without_a_line([s for s in steps if not s.left.startswith("δ⁽²⁾")]) == {"δ⁽²⁾"}


def test_a_formula_that_is_longer_than_the_textbooks_is_not_closed() -> None:
    short = judge(entry_of("2 * w"))
    assert (short.state, short.ratios) == ("closed", {"w": 1.0})
    short.ratios["w"] = LONGER + 0.1
    assert short.state == "long"
    short.ratios["w"], short.undefined["w"] = 1.0, {"q"}
    assert short.state == "long"
