"""Names side by side without a space, as on paper: wx is w x where it can mean nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from tinygrad_lite.typed.fractions import is_differential
from tinygrad_lite.typed.scanning import Token
from tinygrad_lite.typed.spelling import SPELLED, canonical, split_indices

LONGEST = 12
"""How many letters a word may have that is cut into names."""

MOST = 3
"""Into how many names: longer words are rather misspelled."""

_WORDS = {
    "if",
    "else",
    "otherwise",
    "sum",
    "True",
    "False",
    "None",
    "np",
    "numpy",
    "tg",
    "nan",
    "inf",
    *SPELLED.values(),
}


def ways(word: str, names: Collection[str]) -> list[list[str]]:
    """The ways to cut a word into names of which no two neighbours are the same.

    >>> ways("wx", ["w", "x"]), ways("dzx", ["d", "z", "dz", "x"]), ways("yy", ["y"])
    ([['w', 'x']], [['d', 'z', 'x'], ['dz', 'x']], [])
    """

    def cut(rest: str, before: str, left: int) -> Iterator[list[str]]:
        if not rest:
            yield []
        for end in range(1, len(rest) + 1 if left else 0):
            name = rest[:end]
            if name != before and canonical(name) in names:
                yield from ([name, *others] for others in cut(rest[end:], name, left - 1))

    return list(cut(word, "", MOST)) if len(word) <= LONGEST else []


def apart(tokens: Sequence[Token], names: Collection[str], functions: Collection[str]) -> list[Token]:
    """The tokens, where each word that is no name and is made of names in one way only is cut into them."""
    found: list[Token] = []
    for place, token in enumerate(tokens):
        base, letters = split_indices(token.text)
        before = [t.text for t in tokens[max(0, place - 2) : place]]
        index = before[-1:] == ["."] or before == ["_", "{"]
        following = tokens[min(place + 1, len(tokens) - 1)]
        if token.kind != "name" or token.set_apart or index or following.text in (".", "="):
            found.append(token)
            continue
        called = (following.text == "(" and not following.spaced) or following.kind == "prime"
        cuts = [] if _is_word(token, base, names, functions) else ways(base, {*names, "sigma"} if called else names)
        found += _cut(token, cuts[0], letters) if len(cuts) == 1 else [token]
    return found


def _is_word(token: Token, base: str, names: Collection[str], functions: Collection[str]) -> bool:
    """Whether a text means something as it is."""
    spelled = {token.text, base, canonical(token.text), canonical(base)}
    return not spelled.isdisjoint({*names, *functions, *_WORDS}) or "_" in base or is_differential(token)


def _cut(token: Token, names: Sequence[str], letters: str) -> list[Token]:
    """The tokens of names that stood in one; the last one has the indices."""
    found: list[Token] = []
    place = token.place
    for name in names:
        spaced = token.spaced and not found
        found.append(replace(token, text=name, place=place, spaced=spaced))
        place += len(name)
    if letters:
        found[-1] = replace(found[-1], text=f"{found[-1].text}_{letters}")
    return found
