"""Sphinx's settings: `sphinx-build -W -n docs site`. Whatever leads nowhere is an error."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import tinygrad_lite

project = "tinygrad_lite"
author = copyright = "The tinygrad_lite founders"
version = release = tinygrad_lite.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "readings"]
html_theme = "furo"
html_title = "tinygrad_lite"
html_theme_options = {
    "source_repository": "https://github.com/tinygrad-lite/tinygrad_lite",
    "source_branch": "main",
    "source_directory": "docs/",
}
myst_heading_anchors = 3
smartquotes = False  # quotation marks of code stay as they are
nitpicky = True
nitpick_ignore_regex = [
    # The objects of other projects: to look for them needs the network.
    (r"py:.*", r"(collections|graphviz|numpy|np|os|pathlib|typing)\b.*"),
    # Types that a reader of the code meets, and a user of the library does not; and type variables.
    (r"py:class", r"tinygrad_lite\.(compiling|core|derivations|exercises|notation|pictures|programs)\.\w+\..*"),
    (r"py:class", r"(tinygrad_lite\..*\.)?[A-Z]"),
]
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 120
# So that a signature says Plain, and not all that it stands for; reference/tensor.md says that.
autodoc_type_aliases = {name: name for name in ("Arrays", "Function", "Number", "Operand", "Plain")}
autodoc_type_aliases["npt.DTypeLike"] = "numpy.typing.DTypeLike"
