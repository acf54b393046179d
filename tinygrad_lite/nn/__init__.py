"""The few layers that the lecture's networks need, their initialisation, and weights on disk."""

from typing import TYPE_CHECKING

from tinygrad_lite.nn.layers import ACTIVATIONS, MLP, Linear, Sequential, l2
from tinygrad_lite.nn.module import Module
from tinygrad_lite.spellings import not_here

__all__ = ["ACTIVATIONS", "MLP", "Linear", "Module", "Sequential", "l2"]


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # for a type checker every name would exist
    __getattr__ = not_here(__name__)
