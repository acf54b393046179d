"""Whether two texts are one formula: but for spaces, brackets, the order of terms, and the choice of letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from tinygrad_lite.exercises.answers.texts import sides
from tinygrad_lite.exercises.answers.vocabulary import Unknown, Vocabulary
from tinygrad_lite.typed import tree as t


def same_form(one: str, other: str, names: Vocabulary) -> bool:
    """Whether two texts say the same in the same form; the names of one gradient, such as δ and dz, are one name."""
    found: bool = _Form(names).of(one) == _Form(names).of(other)
    return found


class _Form:
    """A text without places, in which the parts of sums and products have one order and letters are axes."""

    def __init__(self, names: Vocabulary) -> None:
        self.names = names
        self.letters: Mapping[str, str] = {}

    def of(self, text: str) -> Any:
        tree = self.names.read(sides(text)[1]).tree
        lengths: dict[str, str] = {}
        for node in t.variables(tree):
            try:
                shape = [n for n in np.shape(self.names.of(node.text, len(node.indices))) if n != 1]
            except Unknown:
                continue
            lengths.update((letter, str(n)) for letter, n in zip(node.indices, shape, strict=False))
        self.letters = lengths if len(set(lengths.values())) == len(lengths) else {}
        return self.key(tree)

    def key(self, node: Any) -> Any:
        if isinstance(node, tuple):
            return tuple(map(self.key, node))
        match node:
            case t.Variable(text=text):
                return ("name", self.names.step_of(text) or text, *(self.letters.get(i, i) for i in node.indices))
            case t.IndexSum(letters=letters, body=body):
                return ("sum", *sorted(self.letters.get(i, i) for i in letters), self.key(body))
            case t.Binary(sign="+" | "-"):
                return ("+", *sorted(self.terms(node, False), key=repr))
            case t.Negative() | t.Binary(sign="*" | "·" | " " | "/"):
                return ("*", *sorted(self.factors(node, False), key=repr))
            case t.Syntax():
                own = [f.name for f in fields(node) if f.name != "place"]
                return (type(node).__name__, *(self.key(getattr(node, name)) for name in own))
        return node

    def terms(self, node: t.Syntax, negative: bool) -> list[Any]:
        match node:
            case t.Binary(sign="+" | "-" as sign, left=left, right=right):
                return self.terms(left, negative) + self.terms(right, negative != (sign == "-"))
            case t.Negative(inner=inner):
                return self.terms(inner, not negative)
        return [(negative, self.key(node))]

    def factors(self, node: t.Syntax, below: bool) -> list[Any]:
        match node:
            case t.Binary(sign="*" | "·" | " ", left=left, right=right):
                return self.factors(left, below) + self.factors(right, below)
            case t.Binary(sign="/", left=left, right=right):
                return self.factors(left, below) + self.factors(right, not below)
            case t.Negative(inner=inner):
                return [(False, -1.0), *self.factors(inner, below)]
            case t.Number(value=1.0):
                return []
        return [(below, self.key(node))]
