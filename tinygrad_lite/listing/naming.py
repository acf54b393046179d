"""The names of the variables of a listing."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from tinygrad_lite.listing.sheet import Variable, first
from tinygrad_lite.notation.styles import ENGLISH

__all__ = ["identifier", "named"]


def identifier(label: str) -> str:
    """A label as a name in Python: letters of other alphabets by their English names.

    >>> identifier("δ2"), identifier("lambda"), identifier("x y"), identifier("z′")
    ('delta2', 'lambda_', 'x_y', 'z_prime')
    """
    text = unicodedata.normalize("NFKC", label.lstrip("_") or label).replace("′", "_prime").replace("'", "_prime")
    text = "".join(ENGLISH.get(c, c) for c in text)
    text = re.sub(r"[^A-Za-z0-9_]", "_", text)
    text = text if text[:1].isalpha() or text[:1] == "_" else f"t{text}"
    return f"{text}_" if keyword.iskeyword(text) or hasattr(builtins, text) else text


def named(
    variables: Sequence[Variable], nested: set[str], taken: set[str], alike: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """A name for each variable, no two alike: where a loop gave one name to several, they are numbered.

    A cotangent is called after its variable: dW of W. nested: the keys of inputs that are part of an argument, and may
    be numbered, too. alike: for variables of a loop, the one that stands for all of its turns.
    """
    found: dict[str, str] = {}
    used = set(taken)
    own = [v for v in variables if v.of is None]
    counts = Counter(identifier(v.label or "t") for v in own)
    for v in [*own, *(v for v in variables if v.of is not None)]:
        of = None if v.of is None else first(v.of)
        label = identifier(v.label or "t")
        if of is not None and of.of is not None:
            label = f"{identifier(of.of.label)}_dot"  # of a cotangent: how the value itself changes
        elif of is not None:
            label = f"d{found.get(alike.get(of.key, of.key)) or identifier(of.label or 't')}"
        elif v.activates is not None and (numbered := label + _number(found, v.activates, alike)) not in counts:
            label = numbered
        several = of is None and counts[label] > 1 and (v.code is not None or v.key in nested)
        number, wanted = 1, f"{label}1" if several else label
        while wanted in used:
            number += 1
            wanted = f"{label}{'_' * label[-1].isdigit()}{number}"
        used.add(wanted)
        found[v.key] = wanted
    return found


def _number(names: Mapping[str, str], z: Variable, alike: Mapping[str, str]) -> str:
    """The number at the end of the name of a weighted input, or ""."""
    key = first(z).key
    found = re.fullmatch(r"z(\d+)", names.get(alike.get(key, key), ""))
    return found[1] if found is not None else ""
