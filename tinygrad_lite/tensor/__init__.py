"""Tensor: a graph node that is used like a NumPy array."""

import sys
from types import ModuleType
from typing import Any

from tinygrad_lite.errors import SpellingError
from tinygrad_lite.tensor.tensor import Tensor, as_tensor, record

__all__ = ["Tensor", "as_tensor", "record"]


class _Room(ModuleType):
    """This module, which says what to write where somebody calls it as torch.tensor is called."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise SpellingError("tg.tensor is a module: write tg.Tensor(data), with a capital T.")


sys.modules[__name__].__class__ = _Room
