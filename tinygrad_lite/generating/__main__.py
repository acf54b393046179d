"""Write programs/generated.py anew."""

from pathlib import Path

from tinygrad_lite.generating.composites import text
from tinygrad_lite.programs import generated

Path(generated.__file__).write_text(text(), encoding="utf-8")
