"""What all formulas have: how they are set, and what can be asked of any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from tinygrad_lite.notation.styles import FACTOR, Style

FUNCTION_WORDS = frozenset(
    ("σ", "log", "ln", "exp", "sqrt", "abs", "sign", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "sum",
     "mean", "relu", "softmax", "softplus", "square", "dot", "outer", "where", "clip")
)  # fmt: skip
"""Names that are read as functions where something follows them."""


@dataclass(frozen=True)
class Notation:
    """A formula; ``level`` says where it needs brackets."""

    @property
    def level(self) -> int:
        """SUM, TERM or FACTOR."""
        return FACTOR

    def set(self, style: Style) -> str:
        """The formula in a style."""
        raise NotImplementedError

    def within(self, style: Style, level: int) -> str:
        """The formula, in brackets where it holds together less than ``level``."""
        text = self.set(style)
        return style.brackets(text, big=self.tall()) if self.level < level else text

    def inside(self) -> list[Notation]:
        """The formulas that this one is made of."""

        def within(value: Any) -> list[Notation]:
            if isinstance(value, tuple):
                return [node for part in value for node in within(part)]
            return [value] if isinstance(value, Notation) else []

        return [node for field in fields(self) for node in within(getattr(self, field.name))]

    def tall(self) -> bool:
        """Whether brackets around this must grow: a fraction or a sum is somewhere inside."""
        return any(part.tall() for part in self.inside())

    def named(self) -> bool:
        """Whether a name stands anywhere inside."""
        return any(part.named() for part in self.inside())

    def free(self) -> frozenset[str]:
        """The index letters that no sum inside runs over."""
        return frozenset[str]().union(*(part.free() for part in self.inside()))

    def open(self) -> frozenset[str]:
        """The letters of a sum at the end: what follows would belong to it."""
        return frozenset()

    def closed(self) -> Notation:
        """With brackets around an argument that would stand bare at the end: y log(a), before more follows."""
        return self

    def begins_with_number(self) -> bool:
        """Whether the first sign is a digit."""
        return False


def rebuilt(node: Notation, change: Callable[[Notation], Notation | None]) -> Notation:
    """The formula with some parts changed; ``change`` gives a part's new form, or None to go on inside it.

    >>> from tinygrad_lite.notation.formula import Name, Plus, unicode
    >>> unicode(rebuilt(Plus(((1, Name("x")), (-1, Name("y")))), lambda n: Name("z") if n == Name("y") else None))
    'x − z'
    """

    def inside(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(inside, value))
        return rebuilt(value, change) if isinstance(value, Notation) else value

    changed = change(node)
    return (
        replace(node, **{f.name: inside(getattr(node, f.name)) for f in fields(node)}) if changed is None else changed
    )
