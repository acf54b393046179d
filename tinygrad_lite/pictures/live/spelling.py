"""Primitives as JavaScript computes them on single numbers: as the table says, or as its NumPy code says already."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tinygrad_lite.core.graph import Primitive

__all__ = ["javascript", "script"]

# Where JavaScript and NumPy agree on the name or sign and on the meaning, the table need not say it twice.
_FUNCTIONS = (
    "abs", "cbrt", "ceil", "cos", "cosh", "exp", "expm1", "floor", "hypot", "log", "log10", "log1p", "log2", "sign",
    "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
)  # fmt: skip
_SAME = {f"np.{name}({inside})": f"Math.{name}({{0}})" for name in _FUNCTIONS for inside in ("{inputs}", "{0}")}
_SAME |= {f"{{0}} {sign} {{1}}": f"{{0}} {sign} {{1}}" for sign in ("+", "-", "*", "/", "<", "<=", ">", ">=")}
_SAME |= {"{0} == {1}": "{0} === {1}", "{0} != {1}": "{0} !== {1}", "-{0}": "-{0}", "{0}": "{0}"}
_SAME["np.hypot({inputs})"] = "Math.hypot({0}, {1})"


def javascript(primitive: Primitive) -> str | None:
    """An elementwise primitive as a JavaScript function of single numbers; None where it has no spelling.

    >>> from tinygrad_lite.core.primitives import TABLE
    >>> javascript(TABLE["exp"]), javascript(TABLE["subtract"]), javascript(TABLE["matmul"])
    ('(x) => Math.exp(x)', '(x, y) => x - y', None)
    """
    template = primitive.javascript or _SAME.get(primitive.source)
    if primitive.kind != "elementwise" or template is None:
        return None
    names = [name for i, name in enumerate("xyz") if f"{{{i}}}" in template]
    return f"({', '.join(names)}) => {template.format(*names)}"


def script(functions: Mapping[str, str]) -> str:
    """The part of a page's script that has these functions, by the names of their primitives.

    >>> print(script({"exp": "(x) => Math.exp(x)"}))
    page.primitives = {
      "exp": (x) => Math.exp(x),
    };
    """
    return "page.primitives = {\n" + "".join(f"  {json.dumps(k)}: {v},\n" for k, v in functions.items()) + "};"
