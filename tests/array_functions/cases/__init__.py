"""Cases of every NumPy function that works on Tensors: each file has SAMPLES by name, and BAD calls.

A new file in this folder is found by its being there.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.array_functions.cases.arrays import Bad, Case

SAMPLES: dict[str, list[Case]] = {}
BAD: list[Bad] = []
for _module in sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "arrays"):
    _cases = importlib.import_module(f"{__name__}.{_module}")
    for _name, _calls in _cases.SAMPLES.items():
        SAMPLES[_name] = SAMPLES.get(_name, []) + _calls
    BAD += _cases.BAD
