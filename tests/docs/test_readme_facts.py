"""What README says beside its examples: what is needed, what the commands in its sentences do, what the lecture's tests cover."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from tests.docs import test_lecture
from tests.helpers.repository import ROOT
from tinygrad_lite.command import cli
from tinygrad_lite.exercises import PATH

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROSE = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
COMMANDS = re.findall(r"`tinygrad-lite ((?:derive|draw) -[^`]*)`", PROSE)


def test_python_numpy_and_graphviz_are_all_that_is_needed() -> None:
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    needed = [re.split(r"[<>=~ ]", text)[0] for text in PROJECT["project"]["dependencies"]]
    assert needed == ["numpy", "graphviz"]


def test_the_extras_that_are_named_are_there() -> None:
    pages = README + "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    named = {extra for group in re.findall(r"'\.\[([\w,-]+)\]'", pages) for extra in group.split(",")}
    assert named >= {"all-tests", "docs", "draw", "test", "plot", "progress"}
    assert named <= PROJECT["project"]["optional-dependencies"].keys()


def test_a_run_without_a_path_is_the_first_tests_of_every_room() -> None:
    options = PROJECT["tool"]["pytest"]["ini_options"]
    words = shlex.split(options["addopts"])
    assert words[words.index("-m") + 1] == "not slow"  # -m "" comes later on the line and takes its place
    package, *first = options["testpaths"]
    assert package == "tinygrad_lite"
    assert [path for path in first if not (ROOT / path).exists()] == []
    rooms = {file.relative_to(ROOT / "tests").parts[0] for file in (ROOT / "tests").rglob("test_*.py")}
    assert {Path(path).parts[1] for path in first} == rooms


def test_every_equation_of_the_lecture_is_in_the_name_of_a_test() -> None:
    names = [name for name in vars(test_lecture) if name.startswith("test_")]
    numbers = {int(n) for name in names for n in re.match(r"test_((?:\d+_)*)", name)[1].split("_") if n}  # type: ignore[index]
    assert numbers == set(range(1, 21))


def test_the_path_has_the_number_of_exercises_that_is_said() -> None:
    (number,) = re.findall(r"(\d+) exercises lead through the lecture", README)
    assert int(number) == len(PATH)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[0])
def test_a_command_in_a_sentence_runs(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(command)
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    if "-o" in arguments:
        assert "<svg" in (tmp_path / arguments[arguments.index("-o") + 1]).read_text(encoding="utf-8")
    else:
        assert "∂" in printed


def test_both_commands_are_found() -> None:
    assert [command.split()[0] for command in COMMANDS] == ["derive", "draw"]
