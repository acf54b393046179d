"""The public names of the library: what its modules list in `__all__`, and what a Tensor shows after a dot."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import tinygrad_lite as tg

ROOMS = ("nn", "optim", "data", "exercises", "pictures", "derivations", "errors")


def public_names() -> dict[str, Any]:
    """Each public object by the shortest of its names, as in tg.draw and tg.nn.MLP."""
    modules = [("tg", tg), *((f"tg.{room}", getattr(tg, room)) for room in ROOMS)]
    found: dict[str, Any] = {}
    for path, module in modules:
        for name in module.__all__:
            thing = getattr(module, name)
            if not isinstance(thing, ModuleType) and not any(thing is other for other in found.values()):
                found[f"{path}.{name}"] = thing
    return found


def tensor_members() -> dict[str, Any]:
    """Methods and properties of a Tensor that come up after a dot and are not only there for the library itself."""
    return {name: inspect.getattr_static(tg.Tensor, name) for name in dir(tg.Tensor(0.0)) if not name.startswith("_")}
