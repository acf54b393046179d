"""Wrong answers as students write them: none is accepted, each slip is named, and no other slip than the one made.

`not_named.txt` lists those that have a slip, and are named wrongly or not at all. It is exact: what is named must leave
it, so that it only gets shorter. This writes it anew:

    python -m tests.exercises.hand.run --list > tests/exercises/hand/not_named.txt
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.exercises.hand.wrong_answers import Wrong, judged, rated, wrong_answers
from tests.helpers.grouped import in_groups

NOT_NAMED = Path(__file__).with_name("not_named.txt").read_text(encoding="utf-8").splitlines()
"""Lines such as "unknown: one-neuron: da = y"."""

MOST = 0.02
"""The share of those with a slip that may be listed."""

LISTED = {line.partition(": ")[2]: line.partition(": ")[0] for line in NOT_NAMED}
ALL = list(wrong_answers())


def subject(wrong: Wrong) -> str:
    return wrong.exercise


def test_there_are_many_wrong_answers_for_many_exercises() -> None:
    assert len(ALL) >= 250
    assert len({w.exercise for w in ALL}) >= 15
    assert [name for name, times in Counter(map(str, ALL)).items() if times > 1] == []
    assert {str(w) for w in ALL} >= set(LISTED)


def test_most_are_named() -> None:
    assert len(LISTED) <= MOST * sum(w.nameable for w in ALL)


@in_groups("wrong", ALL[::24], by=subject)
def test_some_wrong_answers_are_named(wrong: Wrong) -> None:
    rating = rated(wrong, judged(wrong))
    assert rating != "accepted"
    assert rating == "named" or not wrong.nameable or str(wrong) in LISTED


@pytest.mark.slow
@in_groups("wrong", ALL, by=subject)
def test_the_list_of_what_is_not_named_is_exact(wrong: Wrong) -> None:
    rating = rated(wrong, judged(wrong))
    assert rating != "accepted"
    if wrong.nameable:
        assert rating == LISTED.get(str(wrong), "named"), "write not_named.txt anew, if this is an improvement"
