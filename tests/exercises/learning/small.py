"""A path of two small exercises, so that a folder is made in no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tinygrad_lite as tg
from tinygrad_lite.exercises import Exercise
from tinygrad_lite.exercises.learning import catalogue
from tinygrad_lite.exercises.learning.folder import Folder


def neuron(w: Any, x: Any, b: Any, y: Any) -> Any:
    z = w * x + b
    a = tg.sigmoid(z)
    return (y - a) ** 2 / 2


def layer(x: Any, W: Any, y: Any) -> Any:
    a = x @ W
    return ((a - y) ** 2).sum() / 2


SMALL = (
    Exercise(neuron, "a z", title="A neuron that learns slowly", id="neuron"),
    Exercise(layer, "a W", {"x": "m n", "W": "n J", "y": "m J"}, title="A layer", id="linear-layer"),
)
NEURON, LAYER = "01_neuron.py", "02_linear_layer.py"
RIGHT = {NEURON: 'da = "a - y"\ndz = "(a - y) a (1 - a)"\n', LAYER: 'da = "a - y"\ndW = "x.T @ (a - y)"\n'}
WRONG = 'da = "a - y"\ndz = "(y - a) a (1 - a)"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder that was just begun, and in which a learner stands."""
    monkeypatch.setattr(catalogue, "PATH", SMALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    begun = Folder(tmp_path)
    list(begun.start())
    return begun


def answer(folder: Folder, name: str, text: str) -> None:
    (folder.path / name).write_text(text, encoding="utf-8")
