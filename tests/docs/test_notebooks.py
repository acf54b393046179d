"""The course in notebooks: each shows what it shows when it is run, and can be read by who does not run it.

`WRITE_GOLDENS=1 python -m pytest -m slow tests/docs/test_notebooks.py` runs them and stores what they show now.
"""

import itertools
import os
import re
from pathlib import Path

import pytest

from tests.helpers import notebooks
from tests.helpers.readmes import broken_links, links
from tests.helpers.repository import ROOT, needs_examples, needs_graphviz

FOLDER = ROOT / "examples" / "notebooks"
COLUMNS = 105
PATHS = sorted(FOLDER.glob("*.ipynb"))

pytestmark = needs_examples
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_there_is_a_course_of_six() -> None:
    assert [path.stem for path in PATHS] == [
        "1_one_neuron", "2_cross_entropy", "3_softmax", "4_activations", "5_digits", "6_your_own_cost",
    ]  # fmt: skip


def test_the_index_names_all_in_their_order_and_each_leads_to_the_next() -> None:
    index = FOLDER / "README.md"
    assert [link for link in links(index.read_text(encoding="utf-8")) if link.endswith(".ipynb")] == [
        path.name for path in PATHS
    ]
    assert broken_links(index) == []
    for path, following in itertools.pairwise(PATHS):
        assert links("".join(notebooks.read(path)["cells"][-1]["source"])) == [following.name]


@pytest.mark.slow
@notebooks.needs_jupyter
@needs_graphviz
@each
def test_a_notebook_runs_and_shows_what_is_stored(path: Path, tmp_path: Path) -> None:
    found = notebooks.run(path, tmp_path)
    if os.environ.get("WRITE_GOLDENS"):
        notebooks.store(path, found)
    stored = notebooks.read(path)
    assert list(map(notebooks.words, notebooks.code(found))) == list(map(notebooks.words, notebooks.code(stored)))
    assert list(tmp_path.iterdir()) == []  # and leaves nothing behind


@pytest.mark.slow
@notebooks.needs_jupyter
def test_what_a_cell_prints_in_pieces_is_stored_as_one(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [],
        "source": "print('one,', end=' ', flush=True)\nprint('two')",
    }  # fmt: skip
    path = tmp_path / "pieces.ipynb"
    notebooks.store(path, {"nbformat": 4, "nbformat_minor": 5, "metadata": notebooks.KERNEL, "cells": [cell]})
    assert notebooks.code(notebooks.run(path, tmp_path))[0]["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["one, two\n"]}
    ]


@each
def test_a_notebook_says_at_its_start_how_to_run_it(path: Path) -> None:
    first = "".join(notebooks.read(path)["cells"][0]["source"])
    assert first.startswith(f"# {path.stem[0]} · ")
    assert "`pip install '.[draw,plot]' jupyterlab`" in first


@each
def test_a_notebook_shows_a_slip_and_its_repair_and_ends_in_two_exercises(path: Path) -> None:
    notebook = notebooks.read(path)
    said = list(map(notebooks.words, notebooks.code(notebook)))
    slips = [n for n, words in enumerate(said) if "✗" in words]
    repairs = [n for n, words in enumerate(said) if re.search("steps are right.|This is right.", words)]
    left = [n for n, words in enumerate(said) if "not answered" in words]
    assert slips
    assert max(slips) < max(repairs) < min(left)
    assert left == [len(said) - 3, len(said) - 1]  # each below its statement
    assert not any(sign in said[n] for n in left for sign in "✓✗↪")
    headings = [
        line for cell in notebook["cells"] for line in "".join(cell["source"]).splitlines() if "# Exercise" in line
    ]
    assert headings == ["## Exercise 1", "## Exercise 2"]


@each
def test_a_notebook_shows_pictures_and_formulas_also_where_it_is_not_trusted(path: Path) -> None:
    for shown in notebooks.bundles(notebooks.read(path)):
        kind, text = notebooks.untrusted(shown)
        assert kind != "text/plain"
        assert "$" in text or "<img" in text or kind == "image/png"


@each
def test_no_line_of_a_cell_is_cut_off_in_a_window_of_1280_pixels(path: Path) -> None:
    """JupyterLab does not wrap code; beside its list of files it has room there for COLUMNS."""
    lines = [line for cell in notebooks.code(notebooks.read(path)) for line in "".join(cell["source"]).splitlines()]
    assert [line for line in lines if len(line) > COLUMNS] == []


@each
def test_a_notebook_stores_nothing_of_the_machine_that_ran_it(path: Path) -> None:
    notebook = notebooks.read(path)
    assert path.stat().st_size < 650_000  # the live page of the first takes half of that
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"] == notebooks.KERNEL
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebooks.code(notebook):
        assert cell["execution_count"] is None
        assert cell["metadata"] == {}
        assert {out["output_type"] for out in cell["outputs"]} <= {"stream", "execute_result", "display_data"}
        assert {out.get("name", "stdout") for out in cell["outputs"]} <= {"stdout"}  # no warnings
        assert not re.search(r"/(home|root|tmp|Users|work)/|\bipykernel", notebooks.words(cell))
