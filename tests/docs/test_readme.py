"""README.md holds: its examples print what it shows, its links lead somewhere, its commands are single lines."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from tests.helpers.repository import ROOT, file_of, needs_examples
from tinygrad_lite.command import cli

README = (ROOT / "README.md").read_text(encoding="utf-8")
# Each fenced block: the mark in the comment above it (or none), its language, its text.
BLOCKS = re.findall(r"(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)```", README, re.DOTALL)
EXAMPLES = [
    (code, BLOCKS[i + 1][2] if i + 1 < len(BLOCKS) and BLOCKS[i + 1][:2] == ("", "text") else "")
    for i, (_, language, code) in enumerate(BLOCKS)
    if language == "python"
]


def printed_by(code: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def test_the_readme_has_examples_and_all_show_what_they_print() -> None:
    assert len(EXAMPLES) >= 3
    assert all(shown for _, shown in EXAMPLES)


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=range(1, len(EXAMPLES) + 1))
def test_an_example_prints_what_the_readme_shows(
    code: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert printed_by(code) == shown


@pytest.mark.slow
def test_the_demo_prints_the_lines_that_the_readme_shows_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (excerpt,) = [text for mark, _, text in BLOCKS if mark == "shown by: demo"]
    assert cli.main(["demo", "--epochs", "1"]) == 0
    printed = capsys.readouterr().out.splitlines()
    places = [printed.index(line) for line in excerpt.splitlines()]
    assert places == sorted(places)
    assert len(places) >= 3


@pytest.mark.slow
def test_a_learner_is_told_the_slip_that_the_readme_shows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (typed,) = [text for mark, _, text in BLOCKS if mark == "typed: learn"]
    (shown,) = [text for mark, _, text in BLOCKS if mark == "shown by: learn"]
    _, start, edit, check = typed.splitlines()
    assert cli.main(shlex.split(start)[1:]) == 0
    file, line = edit.removeprefix("# write into ").split(": ", 1)
    answers = tmp_path / file
    text = answers.read_text(encoding="utf-8")
    name = line.split(" =")[0]
    answers.write_text(re.sub(rf"^{name} = .*$", line, text, flags=re.MULTILINE), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(shlex.split(check)[1:]) == 1
    assert shown in capsys.readouterr().out


@pytest.mark.parametrize("name", ["demo", "test"])
def test_each_command_is_one_line_that_makes_its_own_environment(name: str) -> None:
    (text,) = [text for mark, _, text in BLOCKS if mark == f"command: {name}"]
    (line,) = text.splitlines()
    assert shlex.split(line)[:4] == ["python3", "-m", "venv", ".venv"]


@needs_examples
def test_every_link_is_absolute_and_leads_to_a_file() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    links = re.findall(r"\]\(([^)]+)\)|^\[[^\]]+\]: (\S+)$", README, re.MULTILINE)
    targets = [inline or defined for inline, defined in links] + list(urls.values())
    # A package index shows the page without the files beside it.
    assert [target for target in targets if not target.startswith("https://")] == []
    ours = {target: file for target in targets if (file := file_of(target, urls["Source"])) is not None}
    assert len(ours) > 10
    assert [target for target, file in ours.items() if not file.exists()] == []
    assert [target for target, file in ours.items() if file.is_dir() != ("/tree/main/" in target)] == []


def test_every_link_that_is_defined_below_is_used_above() -> None:
    labels = re.findall(r"^(\[[^\]]+\]): ", README, re.MULTILINE)
    assert [label for label in labels if README.count(label) < 2] == []
