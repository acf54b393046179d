"""What a person says of a Tensor: its name, the names of its axes, and what is known of its values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tinygrad_lite.core.graph import CLOCK, Node
from tinygrad_lite.errors import DTypeError, ShapeError
from tinygrad_lite.tensor.facts import check_facts, still_true

__all__ = ["Described"]


class Described(Node):
    """A node with a name, axes and facts; they are kept in its Meta."""

    __slots__ = ()

    @property
    def name(self) -> str | None:
        """A name for pictures, derivations and messages."""
        return self.meta.name if self.meta is not None else None

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            raise DTypeError(f"a name is a string; got {type(value).__name__}.")
        self.note().name = value

    @property
    def axes(self) -> tuple[str, ...] | None:
        """Names of the axes for derivations, such as ("m", "n"), or None."""
        return self.meta.axes if self.meta is not None else None

    @axes.setter
    def axes(self, value: Sequence[str] | None) -> None:
        if value is not None:
            value = tuple(value)
            if len(value) != self.ndim or not all(isinstance(a, str) and a for a in value):
                raise ShapeError(f"axes takes one name per axis of shape {self.shape}; got {value!r}.")
        self.note().axes = value

    @property
    def facts(self) -> frozenset[str]:
        """What was declared of the values and checked against them, such as {"one_hot"}."""
        return self.meta.facts if self.meta is not None else frozenset()

    @facts.setter
    def facts(self, value: str | Iterable[str]) -> None:
        self.note().facts = check_facts(self._array, (value,) if isinstance(value, str) else value)

    def changed(self, version: int | None = None) -> None:
        """Say that the data of this leaf has changed: what was computed from the old data cannot be differentiated.

        Facts that the new data does not have are forgotten. version: one tick of the clock may serve several leaves
        that change together.
        """
        meta = self.note()
        meta.version = CLOCK.tick() if version is None else version
        if meta.facts:
            meta.facts = still_true(self._array, meta.facts)
