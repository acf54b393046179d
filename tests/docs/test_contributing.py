"""What contributors and users of the repository read beside the README holds, too."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import ROOT

GUIDES = ROOT / ".github"
CONTRIBUTING = GUIDES / "CONTRIBUTING.md"

in_repository = pytest.mark.skipif(not GUIDES.is_dir(), reason=f"no {GUIDES}: this copy is no clone of the repository")


@in_repository
@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_path_in_a_guide_leads_to_a_file(name: str) -> None:
    text = (GUIDES / name).read_text(encoding="utf-8")
    links = [GUIDES / link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    paths = [ROOT / path for path in re.findall(r"`(tinygrad_lite/[\w/.]+)`", text)]
    assert links + paths
    assert [path for path in links + paths if not path.exists()] == []


@in_repository
def test_the_example_of_a_composite_is_a_composite() -> None:
    (example,) = re.findall(r"```python\n(import .*?)```", CONTRIBUTING.read_text(encoding="utf-8"), re.DOTALL)
    space: dict[str, Any] = {}
    exec(compile(example, "CONTRIBUTING.md", "exec"), space)
    assert space["swish"](tg.Tensor(0.0, requires_grad=True)).call.name == "swish"
    tg.gradcheck(space["swish"], np.array([-3.0, 0.0, 2.0]))


def test_the_changelog_begins_with_what_is_to_come_and_then_this_version() -> None:
    sections = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections[:2] == ["Unreleased", tg.__version__]
