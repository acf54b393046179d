"""The notebooks: they run, they show what is stored in them, and each has a slip and its repair.

WRITE_GOLDENS=1 stores what they show now.
"""

import os
from pathlib import Path

import pytest

from tests.helpers import notebooks
from tests.helpers.repository import ROOT, needs_examples, needs_graphviz

FOLDER = ROOT / "examples" / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))

pytestmark = needs_examples


def test_there_are_notebooks() -> None:
    assert [path.stem for path in PATHS] == ["cross_entropy", "deep_net", "one_neuron"]


@needs_graphviz
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_stored(path: Path) -> None:
    notebook = notebooks.read(path)
    found = notebooks.outputs(notebook)
    if os.environ.get("WRITE_GOLDENS"):
        notebooks.kept(path, notebook, found)
    stored = [cell["outputs"] for cell in notebooks.code(notebook)]
    assert list(map(notebooks.words, found)) == list(map(notebooks.words, stored))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_shows_a_slip_its_repair_and_then_leaves_the_learner_alone(path: Path) -> None:
    said = [notebooks.words(cell["outputs"]) for cell in notebooks.code(notebooks.read(path))]
    slips = [n for n, words in enumerate(said) if "✗" in words]
    repairs = [n for n, words in enumerate(said) if "steps are right." in words or "This is right." in words]
    assert slips
    assert max(slips) < max(repairs) < len(said) - 2
    assert said[-1].count("not answered") >= 3
    assert "✓" not in said[-1]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_has_what_its_format_asks_for(path: Path) -> None:
    notebook = notebooks.read(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert [cell["execution_count"] for cell in notebooks.code(notebook)] == list(
        range(1, len(notebooks.code(notebook)) + 1)
    )
