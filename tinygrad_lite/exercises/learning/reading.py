"""A stand-in until sandbox/files.py is there: quoted formulas only."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.answers.kinds import Formula


def read(path: Path, exercise: Any) -> dict[str, Any]:
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise ExerciseError(f"{path.name}, line {error.lineno}: {error.msg}\n  {error.text}") from None
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value:
            found[ast.unparse(node.targets[0])] = Formula(str(node.value.value), ast.unparse(node.targets[0]))
    return found
