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

import tinygrad_lite
from tinygrad_lite.core.primitives import TABLE

PACKAGE = Path(tinygrad_lite.__file__).parent
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
    assert tg.gradcheck(function, np.array([-1.5, 0.0, x]))

    picture = tg.draw(a).text()
    assert f"a = {name}(x)" in picture, picture
    assert f"∂a/∂x = {slope}" in picture, picture

    derivation = tg.derive(a * a, wrt=t)
    assert f"{name}(x)" in derivation.text(), derivation.text()
    np.testing.assert_allclose(derivation.evaluate(), 2 * expected[0] * expected[1], rtol=1e-12)
    return a


x = 0.75  # 1 + x² is 1.25²
a = check(np.arcsinh, x, [math.log(2), 0.8, -0.75 * 0.8**3], "arcsinh", "1/sqrt(1 + x²)")
assert a.primitive.name == "arcsinh"

s = 1 / (1 + math.exp(-x))
first = s + x * s * (1 - s)
second = s * (1 - s) * (2 + x * (1 - 2 * s))
a = check(swish, x, [x * s, first, second], "swish", "a (1 + x − a)/x")
assert a.call.name == "swish"

x, y = tg.Tensor(3.0, requires_grad=True), tg.Tensor([4.0, 1.25], requires_grad=True)
np.hypot(x, y).sum().backward()
np.testing.assert_allclose(x.grad.item(), 3 / 5 + 3 / 3.25, rtol=1e-12)
np.testing.assert_allclose(y.grad.numpy(), [4 / 5, 1.25 / 3.25], rtol=1e-12)
assert tg.gradcheck(np.hypot, 3.0, np.array([4.0, 1.25]))
print("done")
"""


@pytest.fixture
def entries() -> list[str]:
    """The lines of the README that add primitives."""
    lines = re.findall(r"^\w+ = _elementwise\(.+$", README, re.MULTILINE)
    assert [line.partition(" ")[0] for line in lines] == ["arcsinh", "hypot"]
    return lines


def test_the_primitives_of_the_readme_are_not_in_the_table_yet() -> None:
    assert not {"arcsinh", "hypot"} & set(TABLE)


def test_one_entry_and_one_function_are_seen_by_gradients_pictures_and_derivations(
    entries: list[str], tmp_path: Path
) -> None:
    copy = shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "core" / "primitives.py").open("a", encoding="utf-8") as table:
        table.write("\n".join(["", *entries, ""]))
    child = tmp_path / "newcomer.py"  # Python puts a script's own folder first on sys.path: the copy is found there
    child.write_text(NEWCOMER, encoding="utf-8")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-W", "error", child, tmp_path], env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
