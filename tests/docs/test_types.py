"""Type checkers are told the truth: the programs of README and of the guide pass them strictly, and what they are told comes out.

mypy and pyright read `told_types.py`, these programs and a program of mistakes. They take seconds, so these tests are
marked slow; they skip where the extra `lint` is not installed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.docs import told_types
from tests.helpers.repository import ROOT, needed

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = [
    p for page in PAGES for p in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]

# Each line below the definitions is a mistake that a type checker finds.
MISTAKES = """
import numpy as np
import tinygrad_lite as tg

w, model = tg.Tensor(1.0), tg.nn.MLP([2, 1])


@tg.composite
def swish(t: tg.Tensor, *, factor: int = 1) -> tg.Tensor:
    return t * tg.sigmoid(t) * factor


@tg.compile
def step(x: np.ndarray, *, rate: float = 0.1) -> float:
    return float(x.sum()) * rate


# --- mistakes
w * None
w @ None
w.summ()
w.sum().backwards()
(w * 2).exp()
w.mean().exp()
w.grad.itme()
tg.sigmoid(w).exp()
tg.sigmoid("z")
tg.softmax(w, axis="rows")
tg.cross_entropy(w)
tg.cross_entropy(w, None)
tg.cross_entropy(w, 0.0).items()
model(w).relu()
model("x")
tg.grad(swish)(w).exp()
tg.value_and_grad(swish)(w).value
tg.hvp(swish, w, w).exp()
swish(w, slope=2)
swish(w).exp()
tg.optim.SGD(model, lr=0.1)
tg.draw("w")
tg.derive(w, wrt=w).latecs()
step(w)
step(np.ones(2), 0.1)
step(np.ones(2), rat=0.1)
step(np.ones(2)).exp()
step.sauce
tg.compile(tg.grad(swish))(w).exp()
model[:1].layer
w.sum().backward(retain_graph=True)
model.zero_grad(set_to_none=True)
tg.vmap(swish, in_dims=0)
tg.nn.Linear(2, 3, seed=0)
"""
ABOVE, BELOW = MISTAKES.split("# --- mistakes\n")
WRONG_LINES = {ABOVE.count("\n") + 2 + i: line for i, line in enumerate(BELOW.splitlines())}

Checker = Callable[..., list[tuple[str, int, str]]]


def mypy(directory: Path) -> list[tuple[str, int, str]]:
    """mypy's errors under --strict in a directory's files as (file, line, message), with a cache of its own."""
    api = needed("mypy.api")
    config = directory / "mypy.ini"
    config.write_text(f"[mypy]\nmypy_path = {ROOT}\nstrict = True\n", encoding="utf-8")
    options = ["--hide-error-context", "--config-file", str(config), "--cache-dir", str(directory / "cache")]
    out, trouble, status = api.run([*options, *map(str, directory.glob("*.py"))])
    assert status in (0, 1), trouble or out
    found = re.findall(r"^(.*?):(\d+): error: (.*)$", out, re.MULTILINE)
    return [(Path(file).name, int(line), message) for file, line, message in found]


def pyright(directory: Path) -> list[tuple[str, int, str]]:
    """pyright's errors in a directory's files as (file, line, message)."""
    needed("pyright")
    (directory / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, cwd=directory)
    assert done.returncode in (0, 1), done.stderr or done.stdout
    return [
        (Path(said["file"]).name, said["range"]["start"]["line"] + 1, said["message"])
        for said in json.loads(done.stdout)["generalDiagnostics"]
        if said["severity"] == "error"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_pass_what_is_right_and_find_every_mistake(checker: Checker, tmp_path: Path) -> None:
    shutil.copy(told_types.__file__, tmp_path)
    (tmp_path / "mistakes.py").write_text(MISTAKES, encoding="utf-8")
    for number, program in enumerate(PROGRAMS):
        (tmp_path / f"program_{number}.py").write_text(program, encoding="utf-8")
    errors = checker(tmp_path)
    assert [error for error in errors if error[0] != "mistakes.py"] == []
    assert {line for _, line, _ in errors} == WRONG_LINES.keys()


def test_the_programs_are_found() -> None:
    assert len(PROGRAMS) >= 9
    assert all("import tinygrad_lite as tg\n" in program for program in PROGRAMS)


def of_type(value: object, told: Any) -> bool:
    """Whether a value is of a type, as far as the types in `told_types` go."""
    kind, inside = get_origin(told) or told, get_args(told)
    if kind is Any:
        return True
    if kind in (Union, types.UnionType):
        return any(of_type(value, one) for one in inside)
    if not isinstance(value, kind):
        return False
    if isinstance(value, np.ndarray):
        dtype = get_args(inside[1]) if inside else ()
        return not dtype or dtype[0] is Any or value.dtype == dtype[0]
    if isinstance(value, tuple) and inside[-1:] != (...,):
        return len(value) == len(inside) and all(map(of_type, value, inside))
    if isinstance(value, list | tuple):
        return all(of_type(x, inside[0]) for x in value)
    if isinstance(value, dict):
        return all(of_type(k, inside[0]) and of_type(x, inside[1]) for k, x in value.items())
    return True


TOLD = ["operators", "methods", "activations", "costs", "derivatives", "models", "readers", "programs", "datasets"]


@pytest.mark.parametrize("name", TOLD)
def test_what_type_checkers_are_told_is_what_comes_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def check(value: object, told: Any) -> None:
        assert of_type(value, told), f"told {told}, got {type(value)}: {value!r}"
        seen.append(True)

    monkeypatch.setattr(told_types, "assert_type", check)
    getattr(told_types, name)(tg.Tensor([0.25, 0.75], requires_grad=True, name="w"), np.array([1.0, 0.5]))
    assert len(seen) >= 3


def test_a_value_of_another_type_is_seen() -> None:
    t, x = tg.Tensor(1.0), np.ones(2, np.float32)
    wrong: list[tuple[object, Any]] = [
        (x, tg.Tensor), (t, np.ndarray), (x, told_types.Array), ([t, x], list[tg.Tensor]), ((t, x), tuple[tg.Tensor, tg.Tensor]),
        ((t,), tuple[tg.Tensor, tg.Tensor]), ({"a": x}, dict[str, tg.Tensor]), (1.0, np.floating), ((t, x), tuple[tg.Tensor, ...]),
    ]  # fmt: skip
    assert [told for value, told in wrong if of_type(value, told)] == []


def test_what_numpys_stubs_call_an_array_is_a_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    values: list[object] = []
    monkeypatch.setattr(told_types, "assert_type", lambda value, told: values.append(value))
    told_types.numpys_stubs(tg.Tensor([1.0, 2.0], requires_grad=True), np.ones(2))
    assert len(values) == 4
    assert all(isinstance(value, tg.Tensor) for value in values)
