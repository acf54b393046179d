"""Write programs/generated.py and programs/generated_slopes.py anew."""

from pathlib import Path

from tinygrad_lite.generating.composites import texts
from tinygrad_lite.programs import generated

for module, text in texts().items():
    Path(generated.__file__).with_stem(module).write_text(text, encoding="utf-8")
