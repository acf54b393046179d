"""What is said where an error ended a file: its line, and that the steps behind it were not computed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tinygrad_lite.exercises.answers.kinds import Trouble
from tinygrad_lite.exercises.answers.raised import raised
from tinygrad_lite.exercises.sandbox.run import printable

SHOWN = 70
"""How many characters of the line are shown."""

LONGEST = 400
"""How many characters of the error are shown."""


def ended(trouble: Trouble, lines: Sequence[bytes], names: Mapping[str, Any], sizes: Mapping[str, int]) -> Trouble:
    """The trouble with the line that raised it, and with shapes in the names of the exercise."""
    if trouble.key != "raised" or trouble.line is None or trouble.line > len(lines):
        return trouble
    line = printable(lines[trouble.line - 1].decode(errors="replace").strip())
    code = line.partition("#")[0]
    used = {name: names[name] for name in re.findall(r"\w+", code.partition("=")[2] or code) if name in names}
    return replace(trouble, text=f"{raised(trouble.text, used, sizes)[:LONGEST]}\n  {line[:SHOWN]}")


def behind(trouble: Trouble) -> Trouble:
    """What is said of the steps behind the one that has the trouble."""
    if trouble.key != "raised" or trouble.line is None:
        return trouble
    return Trouble("stopped", f"the file ends before it, at the error in line {trouble.line}.", trouble.line)
