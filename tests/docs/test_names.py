"""What comes up behind a dot, and what help(tg) lists: the names of the API, and no others."""

from __future__ import annotations

import pydoc
import re
import rlcompleter
from types import ModuleType

import pytest

import tinygrad_lite as tg

MODULES = [tg, *(getattr(tg, name) for name in tg.__all__ if isinstance(getattr(tg, name), ModuleType))]


def names(module: ModuleType) -> list[str]:
    return list(module.__all__)


def test_the_public_modules_are_found() -> None:
    assert {m.__name__.removeprefix("tinygrad_lite.") for m in MODULES} == {
        "tinygrad_lite", "data", "derivations", "errors", "exercises", "nn", "optim", "pictures",
    }  # fmt: skip


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_dir_has_the_public_names_alone_and_each_is_there(module: ModuleType) -> None:
    assert [name for name in dir(module) if not name.startswith("__")] == sorted(names(module))
    assert len(set(names(module))) == len(names(module))
    assert [name for name in names(module) if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_tab_in_a_plain_python_offers_the_public_names_alone(module: ModuleType) -> None:
    found = rlcompleter.Completer({"m": module}).attr_matches("m.")  # type: ignore[no-untyped-call]
    assert {match.removeprefix("m.").rstrip("()") for match in found} == set(names(module))


def test_help_names_the_library_once_in_its_first_line() -> None:
    line = pydoc.plain(pydoc.render_doc(tg)).partition("NAME\n")[2].splitlines()[0]
    assert line.startswith("    tinygrad_lite - ")
    assert line.count("tinygrad_lite") == 1


def test_the_overview_of_help_names_each_name_once_by_group_and_none_that_is_not_there() -> None:
    text = pydoc.plain(pydoc.render_doc(tg))
    overview = text[text.index("Values and gradients") : text.index("PACKAGE CONTENTS")]
    rows = [line.strip() for line in overview.splitlines() if line.startswith(" " * 8)]
    words = [word for row in rows for word in re.findall(r"\w+", row) if word in tg.__all__]
    assert set(words) == set(tg.__all__)
    headed = [name for row in rows for name in re.split(r"\s{2,}", row)[0].split(", ")]
    assert len(set(headed)) == len(headed)
    assert [name for name in headed if name not in tg.__all__] == []
    assert max(map(len, rows)) <= 96
