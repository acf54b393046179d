"""The former command: `python -m benchmarks` is the present one."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent.parent)
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
