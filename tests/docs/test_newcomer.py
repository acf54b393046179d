"""A newcomer who follows core/README.md gets a primitive and a composite that every reader understands.

The README's own lines are added to a copy of the package, and a child process uses the copy. Nothing else is told to
it, so what it sees comes from an entry of one line, and from the composite in the child's own file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_lite as tg

PACKAGE = Path(tg.__file__).parent
ENTRIES = PACKAGE / "array_functions" / "elementwise.py"
README = (PACKAGE / "core" / "README.md").read_text(encoding="utf-8")

NEWCOMER = """
import math
import sys
from pathlib import Path

import numpy as np

import tinygrad_lite as tg

assert Path(tg.__file__).is_relative_to(sys.argv[1]), tg.__file__  # the copy, not the installed package


@tg.composite
def swish(z):
    return z * tg.sigmoid(z)


def check(function, x, expected, name, slope):
    t = tg.Tensor(x, requires_grad=True, name="x")
    a = function(t)
    a.name = "a"
    a.backward(create_graph=True)
    first = t.grad
    t.zero_grad()
    first.backward()
    np.testing.assert_allclose([a.item(), first.item(), t.grad.item()], expected, rtol=1e-12)
    assert tg.gradcheck(function, np.array([-1.5, 0.5, x]))

    picture = tg.draw(a).text()
    assert f"a = {name}(x)" in picture, picture
    assert f"∂a/∂x = {slope}" in picture, picture

    derivation = tg.derive(a * a, wrt=t)
    assert f"{name}(x)" in derivation.text(), derivation.text()
    np.testing.assert_allclose(derivation.evaluate(), 2 * expected[0] * expected[1], rtol=1e-12)
    return a


x = 0.729  # 0.9³
a = check(np.cbrt, x, [0.9, 1 / (3 * 0.9**2), -2 / (9 * 0.9**5)], "cbrt", "1/(3a·a)")
assert a.primitive.name == "cbrt"

s = 1 / (1 + math.exp(-x))
first = s + x * s * (1 - s)
second = s * (1 - s) * (2 + x * (1 - 2 * s))
a = check(swish, x, [x * s, first, second], "swish", "σ(x) (1 + x − x σ(x))")
assert a.call.name == "swish"
print("done")
"""


@pytest.fixture
def entry() -> str:
    """The line of the README that adds a primitive."""
    (line,) = re.findall(r"^cbrt = elementwise\(.+$", README, re.MULTILINE)
    return str(line)


def test_the_primitive_of_the_readme_is_not_supported_yet() -> None:
    assert "np.cbrt" not in tg.supported()


def test_the_entry_of_two_inputs_that_the_readme_shows_is_the_packages() -> None:
    (shown,) = re.findall(r"```python\n(arctan2 = [^`]+)```", README)
    assert shown in ENTRIES.read_text(encoding="utf-8")


def test_one_entry_and_one_function_are_seen_by_gradients_pictures_and_derivations(entry: str, tmp_path: Path) -> None:
    copy = shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / ENTRIES.relative_to(PACKAGE)).open("a", encoding="utf-8") as table:
        table.write(f"\n{entry}\n")
    child = tmp_path / "newcomer.py"  # Python puts a script's own folder first on sys.path: the copy is found there
    child.write_text(NEWCOMER, encoding="utf-8")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-W", "error", child, tmp_path], env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
