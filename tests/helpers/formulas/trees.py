"""Formulas as trees, written in NumPy's spelling or in index notation.

They are made at random, changed by identities and by mistakes, and written as text.  A tree of NumPy's
spelling knows the axes of each of its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

AXES = {
    "c": "", "s": "", "r": "", "m": "", "n": "",
    "v": "m", "y": "m", "a": "m", "w": "n", "u": "n", "g": "n", "b": "J", "t": "J", "h": "J", "o": "J",
    "X": "mn", "Z": "mn", "P": "mn", "W": "Jn", "D": "mJ", "H": "mJ", "A": "nn", "B": "nn", "G": "mnJ",
    "x": "mn", "z": "mn", "delta": "mJ",
}  # fmt: skip
"""The axes of every name, each with a length of its own: examples m, inputs n, outputs J."""

FACTS = {
    "r": "positive", "g": "positive", "P": "positive", "a": "in (0, 1)", "h": "one_hot", "H": "one_hot",
    "o": "rows sum to 1",
}  # fmt: skip
"""What is known of some names; nothing is known of the others."""

LETTERS = {"m": "ip", "n": "jl", "J": "kq"}
"""The index letters that run along an axis."""

FUNCTIONS = ("exp", "log", "sqrt", "abs", "sigmoid", "tanh", "relu", "sigmoid'", "tanh'")

POSITIVE = ("positive", "in (0, 1)")


@dataclass(frozen=True)
class Tree:
    """A value: ``op`` is a sign, "name", "number", "neg", "**", "T", "sum", "mean", "index sum"
    or a function.

    what: the name, the number's text, the exponent, the axis of a sum (None: all of them) or the letters.
    letters: of a name in index notation. axes: of a value in NumPy's spelling.
    """

    op: str
    args: tuple[Tree, ...] = ()
    what: str | int | None = None
    letters: str = ""
    axes: str = ""


def number(text: str | int) -> Tree:
    """A number that is written out."""
    return Tree("number", what=str(text))


def name(text: str, letters: str = "") -> Tree:
    """A name; its letters make it a name of index notation."""
    return Tree("name", what=text, letters=letters, axes="" if letters else AXES.get(text, ""))


def pair(op: str, left: Tree, right: Tree) -> Tree:
    """Two values and + - * or /, element by element."""
    return Tree(op, (left, right), axes=max(left.axes, right.axes, key=len))


def negative(inner: Tree) -> Tree:
    """-x."""
    return Tree("neg", (inner,), axes=inner.axes)


def function(op: str, inner: Tree) -> Tree:
    """A function of one value, element by element."""
    return Tree(op, (inner,), axes=inner.axes)


def power(base: Tree, exponent: int) -> Tree:
    """A whole power."""
    return Tree("**", (base,), what=exponent, axes=base.axes)


def transposed(inner: Tree) -> Tree:
    """x.T."""
    return Tree("T", (inner,), axes=inner.axes[::-1])


def matmul(left: Tree, right: Tree) -> Tree:
    """left @ right, of vectors and matrices."""
    return Tree("@", (left, right), axes=left.axes[:-1] + right.axes[1:])


def reduced(op: str, inner: Tree, axis: int | None) -> Tree:
    """A sum or a mean, over one axis or over all."""
    left = "" if axis is None else "".join(a for k, a in enumerate(inner.axes) if k != axis)
    return Tree(op, (inner,), what=axis, axes=left)


def index_sum(letters: str, body: Tree) -> Tree:
    """The sum over index letters."""
    return Tree("index sum", (body,), what=letters)


def nodes(tree: Tree) -> Iterator[Tree]:
    """All values of a tree."""
    yield tree
    for child in tree.args:
        yield from nodes(child)


def free(tree: Tree) -> str:
    """The letters of a value that no sum binds, in alphabetical order."""
    inner = set(tree.letters).union(*map(free, tree.args))
    return "".join(sorted(inner - set(str(tree.what)) if tree.op == "index sum" else inner))


def all_letters(tree: Tree) -> set[str]:
    """Every letter that stands in a tree."""
    return {c for part in nodes(tree) for c in part.letters}


def is_positive(tree: Tree) -> bool:
    """Whether a value is known to be positive."""
    match tree.op:
        case "name":
            return FACTS.get(str(tree.what)) in POSITIVE
        case "number":
            return not str(tree.what).startswith("-")
        case "exp" | "sigmoid":
            return True
        case "+" | "*" | "/" | "**" | "sqrt" | "T":
            return all(map(is_positive, tree.args))
    return False


def rebuilt(tree: Tree) -> Tree:
    """A tree of NumPy's spelling whose values know their axes again, after one of them was changed."""
    args = tuple(map(rebuilt, tree.args))
    match tree.op:
        case "number" | "name":
            return tree
        case "T":
            return transposed(args[0])
        case "@":
            return matmul(*args)
        case "sum" | "mean":
            return reduced(tree.op, args[0], None if tree.what is None else int(tree.what))
    return replace(tree, args=args, axes=max((a.axes for a in args), key=len))


def sums_are_sound(tree: Tree, bound: str = "") -> bool:
    """Whether every index sum binds letters that stand in it, and that no sum around it binds."""
    own = str(tree.what) if tree.op == "index sum" else ""
    if own and (set(own) & set(bound) or not set(own) <= set(free(tree.args[0]))):
        return False
    return all(sums_are_sound(a, bound + own) for a in tree.args)


def changed(tree: Tree, place: int, change: Callable[[Tree], Tree | None]) -> Tree | None:
    """The tree with one of its values replaced, counted as `nodes` does; None where the change does not apply."""
    if place == 0:
        return change(tree)
    at = 1
    for k, child in enumerate(tree.args):
        size = sum(1 for _ in nodes(child))
        if place < at + size:
            new = changed(child, place - at, change)
            return None if new is None else replace(tree, args=(*tree.args[:k], new, *tree.args[k + 1 :]))
        at += size
    raise IndexError(place)


def renamed(tree: Tree, old: str, new: str) -> Tree:
    """The tree with a free letter renamed."""
    if tree.op == "index sum" and old in str(tree.what):
        return tree
    letters = tree.letters.replace(old, new)
    return replace(tree, letters=letters, args=tuple(renamed(a, old, new) for a in tree.args))


_STRENGTH = {"+": 1.0, "-": 1.0, "*": 2.0, "/": 2.0, "@": 2.0, "neg": 3.0, "**": 4.0}


def _is_open(tree: Tree) -> bool:
    """Whether a sum at the end of a text would take in what is written after it."""
    return tree.op == "index sum" or (tree.op == "*" and _is_open(tree.args[1]))


def _strength(tree: Tree) -> float:
    if tree.op == "number" and str(tree.what).startswith("-"):
        return _STRENGTH["neg"]
    return 1.5 if _is_open(tree) else _STRENGTH.get(tree.op, 5.0)


def text(tree: Tree, star: bool = True) -> str:
    """A tree as it is typed; star=False writes products of index notation without a sign."""

    def inner(part: Tree, least: float) -> str:
        return text(part, star) if _strength(part) >= least else f"({text(part, star)})"

    match tree.op:
        case "number":
            return str(tree.what)
        case "name":
            return f"{tree.what}_{tree.letters}" if tree.letters else str(tree.what)
        case "neg":
            return f"-{inner(tree.args[0], 3)}"
        case "T":
            return f"{inner(tree.args[0], 5)}.T"
        case "sum" | "mean":
            axis = "" if tree.what is None else f", axis={tree.what}"
            return f"{tree.op}({text(tree.args[0], star)}{axis})"
        case "index sum":
            return f"sum_{tree.what} {inner(tree.args[0], 1.5)}"
        case "**":
            return f"{inner(tree.args[0], 5)}**{tree.what}"
        case "+" | "-" | "*" | "/" | "@":
            own = _STRENGTH[tree.op]
            right = inner(tree.args[1], 1.5 if _is_open(tree) else own + 0.5)
            juxtaposed = tree.op == "*" and not star and right[0] not in "-0123456789."
            below = tree.op == "*" and not star and tree.args[0].op == "/"  # a/b c may be a/(b c) for a reader
            return f"{inner(tree.args[0], own + 0.5 * below)} {'' if juxtaposed else tree.op + ' '}{right}"
    return f"{tree.op}({text(tree.args[0], star)})"


class NoLetters(Exception):
    """A formula that cannot be written with index letters."""


def indexed(tree: Tree, letters: str = "") -> Tree:
    """A tree of NumPy's spelling in index notation; ``letters`` are those of its axes."""
    taken = set(letters) | all_letters(tree)

    def fresh(axis: str) -> str:
        letter = next((c for c in LETTERS[axis] if c not in taken), None)
        if letter is None:
            raise NoLetters(f"no letter is left along {axis}")
        taken.add(letter)
        return letter

    def at(part: Tree, own: str) -> Tree:
        match part.op:
            case "number":
                return part
            case "name":
                return replace(part, letters=own)
            case "T":
                return at(part.args[0], own[::-1])
            case "@":
                left, right = part.args
                bound = fresh(left.axes[-1])
                split = len(left.axes) - 1
                return index_sum(bound, pair("*", at(left, own[:split] + bound), at(right, bound + own[split:])))
            case "sum":
                body = part.args[0]
                if part.what is None:
                    bound = "".join(map(fresh, body.axes))
                    return index_sum(bound, at(body, bound)) if bound else at(body, "")
                place = int(part.what)
                bound = fresh(body.axes[place])
                return index_sum(bound, at(body, own[:place] + bound + own[place:]))
            case "mean":
                raise NoLetters("a mean has no spelling with indices")
        return replace(part, args=tuple(at(a, own[len(own) - len(a.axes) :] if a.axes else "") for a in part.args))

    def bare(part: Tree) -> Tree:
        return replace(part, axes="", args=tuple(map(bare, part.args)))

    return bare(at(tree, letters))
