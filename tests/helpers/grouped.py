"""Many small cases in one test: to collect and report a test costs more than such a case takes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def in_groups(names: str, cases: Iterable[Any], by: Callable[[Any], str]) -> Callable[[Any], Any]:
    """As pytest.mark.parametrize(names, cases), but with one test for all cases of which `by` says the same word.

    With several names, separated by commas, each case is a tuple. The traceback of a failure ends with the case.
    """
    wanted = [name.strip() for name in names.split(",")]
    groups: dict[str, list[Any]] = {}
    for case in cases:
        groups.setdefault(by(case), []).append(case)

    def decorate(test: Callable[..., None]) -> Any:
        @functools.wraps(test)
        def run(group: str, **others: Any) -> None:
            for case in groups[group]:
                values = case if len(wanted) > 1 else (case,)
                try:
                    test(**dict(zip(wanted, values, strict=True)), **others)
                except BaseException as error:
                    error.add_note(f"The case is {names} = {case}")
                    raise

        old = inspect.signature(test)
        group = inspect.Parameter("group", inspect.Parameter.KEYWORD_ONLY)
        rest = [q.replace(kind=q.KEYWORD_ONLY) for q in old.parameters.values() if q.name not in wanted]
        run.__signature__ = old.replace(parameters=[group, *rest])  # type: ignore[attr-defined]
        return pytest.mark.parametrize("group", list(groups))(run)

    return decorate
