"""A local derivative in the index letters of the statement: it is derived for itself, with letters of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tinygrad_lite.notation.formula import Big, Iverson, Name, Notation, Relation
from tinygrad_lite.notation.node import rebuilt
from tinygrad_lite.notation.styles import INDEX_LETTERS


def like(given: Iterable[tuple[Notation, Notation]], name: Notation) -> tuple[str, ...]:
    """The letters that a value has where it is given, such as i and j of z_ij; none where it has none."""
    for left, _ in given:
        if isinstance(left, Name) and isinstance(name, Name) and (left.text, left.layer) == (name.text, name.layer):
            return left.subs
    return ()


def renaming(old: Iterable[str], new: Sequence[str], others: Iterable[str]) -> dict[str, str]:
    """Old letters to new ones, and others to letters that come behind these.

    >>> renaming("ji", "ij", "kl"), renaming("i", "j", "j")
    ({'j': 'i', 'i': 'j', 'k': 'k', 'l': 'l'}, {'i': 'j', 'j': 'k'})
    """
    found = dict(zip(old, new, strict=False))
    last = max((INDEX_LETTERS.index(letter) for letter in new), default=-1) + 1
    rest = (letter for letter in (*INDEX_LETTERS[last:], *INDEX_LETTERS) if letter not in new)
    return found | dict(zip(dict.fromkeys(letter for letter in others if letter not in found), rest, strict=False))


def bound(node: Notation) -> str:
    """The letters that the sums of a formula run over."""
    own = node.letters if isinstance(node, Big) else ""
    return own + "".join(map(bound, node.inside()))


def relettered(node: Notation, to: Mapping[str, str]) -> Notation:
    """A formula with other index letters."""

    def change(part: Notation) -> Notation | None:
        match part:
            case Name(subs=subs) if subs:
                return replace(part, subs=tuple(to.get(s, s) for s in subs))
            case Big(letters=letters, body=body):
                return replace(part, letters="".join(to.get(c, c) for c in letters), body=rebuilt(body, change))
            case Iverson(condition=Relation(left=Name(subs=()) as left, right=Name(subs=()) as right) as same):
                one, other = (replace(letter, text=to.get(letter.text, letter.text)) for letter in (left, right))
                return Iverson(replace(same, left=one, right=other))
        return None

    return rebuilt(node, change)
