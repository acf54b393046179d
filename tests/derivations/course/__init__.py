"""Graphs of a course on backpropagation, each with the textbook's gradients: one file for each subject.

A new file in this folder is found by its being there; `writing.py` says how an entry is written.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.derivations.course.writing import Case, Entry

TOOLS = ("writing", "judging", "test_course", "__main__")

ENTRIES: list[Entry] = []
for _module in sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in TOOLS):
    ENTRIES += importlib.import_module(f"{__name__}.{_module}").entry.entries

CASES: dict[str, Case] = {case.name: case for entry in ENTRIES for case in entry.cases()}
