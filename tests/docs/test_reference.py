"""What the reference says of the names that have no docstring of their own: constants."""

from __future__ import annotations

import operator
import re
import runpy

import pytest

import tinygrad_lite as tg
from tests.helpers.repository import ROOT

pytest.importorskip("sphinx", reason="the pages are built with the extra docs")

CONSTANTS = [
    name for page in sorted((ROOT / "docs/reference").glob("*.md"))
    for name in re.findall(r"^\.\. autodata:: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
]  # fmt: skip
below = runpy.run_path(str(ROOT / "docs/readings.py"))["below"]


def test_the_constants_are_found() -> None:
    assert "tinygrad_lite.nn.ACTIVATIONS" in CONSTANTS


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_has_its_own_text_and_not_that_of_its_type(name: str) -> None:
    value = operator.attrgetter(name.removeprefix("tinygrad_lite."))(tg)
    assert below(name, value) not in ("", type(value).__doc__)


def test_a_constant_without_a_text_is_refused() -> None:
    with pytest.raises(LookupError, match=r"tg\.nothing has no docstring"):
        below("tg.nothing", ())
