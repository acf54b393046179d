"""One spelling for each name: greek letters and their names, layers above or below, index letters apart."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable

from tinygrad_lite.notation import styles
from tinygrad_lite.notation.styles import INDEX_LETTERS, reads_as_indices

__all__ = ["SPELLED", "INDEX_LETTERS", "as_product", "canonical", "nearest", "split_indices"]

SPELLED = styles.ENGLISH | {"π": "pi", "Σ": "Sigma", "ϕ": "phi", "ϵ": "epsilon"}


def canonical(name: str) -> str:
    """The one spelling of a name: σ is sigma, and z_2, z^2 and z⁽²⁾ are z2.

    >>> canonical("δ2"), canonical("z_2"), canonical("learning_rate"), canonical("∂C/∂μ")
    ('delta2', 'z2', 'learning_rate', '∂C/∂mu')
    """
    if name.startswith("∂") and "/∂" in name:
        return "/".join("∂" + canonical(part[1:]) for part in name.split("/"))
    name = unicodedata.normalize("NFC", name).replace("'", "′")
    bare = name.rstrip("′")
    match = re.fullmatch(r"([^\W\d_]+)[\^_]?(\d+)", bare)
    base, layer = match.groups() if match else (bare, "")
    return SPELLED.get(base, base) + layer + name[len(bare) :]


def split_indices(name: str) -> tuple[str, str]:
    """A name and its index letters.

    >>> split_indices("x_ij"), split_indices("loss"), split_indices("a2_ik"), split_indices("W_in")
    (('x', 'ij'), ('loss', ''), ('a2', 'ik'), ('W_in', ''))
    """
    base, _, letters = name.rpartition("_")
    return (base, letters) if base and reads_as_indices(letters) else (name, "")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known word that is most like a name, or "".

    >>> nearest("sigmod", ["sigmoid", "softmax", "log"])
    'sigmoid'
    """
    return next(iter(difflib.get_close_matches(name, sorted(known), 1, 0.6)), "")


def as_product(name: str, known: Collection[str]) -> str:
    """A sentence for a name such as wx, of letters of which one at least is known by itself; "" for any other name.

    >>> as_product("wx", ["w", "b"]), as_product("theta", ["t"])
    (' If wx is a product, write w*x.', '')
    """
    letters = name.isalpha() and 1 < len(name) <= 3 and any(letter in known for letter in name)
    return f" If {name} is a product, write {'*'.join(name)}." if letters else ""
