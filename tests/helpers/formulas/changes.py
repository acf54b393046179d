"""Changes of formulas: identities, which keep the value, and mistakes, which seldom do."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from tests.helpers.formulas.trees import (
    AXES,
    FACTS,
    LETTERS,
    Tree,
    all_letters,
    changed,
    free,
    function,
    index_sum,
    is_positive,
    matmul,
    name,
    negative,
    nodes,
    number,
    pair,
    power,
    reduced,
    renamed,
    sums_are_sound,
    transposed,
)

Change = Callable[[Tree, random.Random], Tree | None]
"""A change of one value; None where it does not apply."""

LARGEST = 60
"""How many values a formula has at most."""


def commute(tree: Tree, rng: random.Random) -> Tree | None:
    """A + b is b + a."""
    return pair(tree.op, *tree.args[::-1]) if tree.op in ("+", "*") else None


def associate(tree: Tree, rng: random.Random) -> Tree | None:
    """(a + b) + c is a + (b + c), and so are products of matrices."""
    if tree.op in ("+", "*") and tree.args[0].op == tree.op:
        (one, two), three = tree.args[0].args, tree.args[1]
        return pair(tree.op, one, pair(tree.op, two, three))
    if tree.op == "@" and tree.args[0].op == "@":
        (one, two), three = tree.args[0].args, tree.args[1]
        if len(one.axes) == len(two.axes) == 2:
            return matmul(one, matmul(two, three))
    return None


def distribute(tree: Tree, rng: random.Random) -> Tree | None:
    """A product, a sum or a transpose of a sum, term by term."""
    inner = tree.args[-1] if tree.op == "@" else tree.args[0] if tree.args else tree
    if inner.op not in ("+", "-"):
        return None
    one, two = inner.args
    if tree.op in ("*", "/"):
        return pair(inner.op, pair(tree.op, one, tree.args[1]), pair(tree.op, two, tree.args[1]))
    if one.axes != two.axes:
        return None
    if tree.op == "@":
        return pair(inner.op, matmul(tree.args[0], one), matmul(tree.args[0], two))
    bound = set(str(tree.what)) if tree.op == "index sum" else set()
    if tree.op in ("sum", "mean", "T", "index sum") and bound <= set(free(one)) & set(free(two)):
        return pair(inner.op, replace(tree, args=(one,)), replace(tree, args=(two,)))
    return None


def factor_out(tree: Tree, rng: random.Random) -> Tree | None:
    """A factor that is one number for the whole sum, out of the sum."""
    inner = tree.args[0] if tree.args else tree
    if inner.op not in ("*", "/"):
        return None
    body, factor = inner.args
    if tree.op == "index sum":
        bound = set(str(tree.what))
        inside = bound <= set(free(body)) and not bound & set(free(factor))
        return pair(inner.op, replace(tree, args=(body,)), factor) if inside else None
    if factor.axes or not body.axes:
        return None
    if tree.op in ("sum", "mean", "T"):
        return pair(inner.op, replace(tree, args=(body,)), factor)
    return pair(inner.op, matmul(body, tree.args[1]), factor) if tree.op == "@" else None


def transpose(tree: Tree, rng: random.Random) -> Tree | None:
    """(A @ B).T is B.T @ A.T, and what else a transpose may do."""
    inner = tree.args[0] if tree.args else tree
    if tree.op == "T" and inner.op == "T":
        return inner.args[0]
    if tree.op == "T" and inner.op == "@":
        return matmul(*map(transposed, inner.args[::-1]))
    if tree.op == "T" and inner.op in ("+", "-", "*", "/") and len({a.axes for a in inner.args}) == 1:
        return pair(inner.op, *map(transposed, inner.args))
    if tree.op == "@" and len(tree.args[0].axes + tree.args[1].axes) == 3:
        return matmul(*(transposed(a) if len(a.axes) == 2 else a for a in tree.args[::-1]))
    if tree.op in ("sum", "mean") and len(inner.axes) == 2:
        return reduced(tree.op, transposed(inner), None if tree.what is None else 1 - int(tree.what))
    if tree.op == "@" and len(tree.axes) == 2:
        return transposed(matmul(*map(transposed, tree.args[::-1])))
    return None


def rewrite_sum(tree: Tree, rng: random.Random) -> Tree | None:
    """A product of matrices is a sum of products; a sum over two axes is two sums; a trace is cyclic."""
    inner = tree.args[0] if tree.args else tree
    if tree.op == "@" and tree.axes == "":
        return reduced("sum", pair("*", *tree.args), None)
    if tree.op == "@" and len(tree.args[0].axes) == 2 and len(tree.args[1].axes) == 1:
        return reduced("sum", pair("*", *tree.args), 1)
    if tree.op != "sum" or tree.what is not None or len(inner.axes) != 2:
        return None
    if inner.op == "*" and len({a.axes for a in inner.args}) == 1 and rng.random() < 0.5:
        one, two = inner.args
        return reduced("sum", pair("*", transposed(two), transposed(one)), None)
    if inner.op == "@":
        one, two = (reduced("sum", a, k) for k, a in enumerate(inner.args))
        return matmul(one, two)
    return reduced("sum", reduced("sum", inner, rng.choice((0, 1))), None)


def rename(tree: Tree, rng: random.Random) -> Tree | None:
    """A letter that a sum binds may be any other."""
    if tree.op != "index sum":
        return None
    old = rng.choice(str(tree.what))
    new = rng.choice("ijklpq")
    if new in all_letters(tree) or new in str(tree.what):
        return None
    return index_sum(str(tree.what).replace(old, new), renamed(tree.args[0], old, new))


def exchange_sums(tree: Tree, rng: random.Random) -> Tree | None:
    """Sums in another order, together or one after the other."""
    if tree.op != "index sum":
        return None
    bound, body = str(tree.what), tree.args[0]
    if len(bound) > 1:
        return index_sum(bound[1:], index_sum(bound[0], body)) if rng.random() < 0.5 else index_sum(bound[::-1], body)
    if body.op == "index sum" and len(bound + str(body.what)) <= 3:
        return index_sum(bound + str(body.what), body.args[0])
    return None


def other_signs(tree: Tree, rng: random.Random) -> Tree | None:
    """A - b is -(b - a), and a + -b."""
    if tree.op == "-":
        one, two = tree.args
        return rng.choice((negative(pair("-", two, one)), pair("+", one, negative(two))))
    if tree.op == "neg":
        return pair("*", number(-1), tree.args[0])
    return None


def powers(tree: Tree, rng: random.Random) -> Tree | None:
    """Squares are products, quotients are products with a power -1."""
    if tree.op == "/" and tree.args[1].op == "name":
        return pair("*", tree.args[0], power(tree.args[1], -1))
    if tree.op == "**" and tree.what in (2, 3):
        rest = tree.args[0] if tree.what == 2 else power(tree.args[0], 2)
        return pair("*", tree.args[0], rest)
    if tree.op == "*" and tree.args[0] == tree.args[1]:
        return power(tree.args[0], 2)
    return None


def split_a_name(tree: Tree, rng: random.Random) -> Tree | None:
    """A name as something longer that is the same."""
    if tree.op != "name":
        return None
    if rng.random() < 0.1:
        return pair("-", pair("+", tree, number("1e9")), number("1e9"))
    half, thrice = pair("/", tree, number(2)), pair("*", number(3), tree)
    return rng.choice((pair("+", half, half), pair("-", thrice, pair("*", number(2), tree))))


def laws(tree: Tree, rng: random.Random) -> Tree | None:
    """Laws of functions that hold for all real numbers for which both sides are defined."""
    inner = tree.args[0] if tree.args else tree
    one, two = number(1), number(2)
    match tree.op:
        case "exp" if inner.op in ("+", "-"):
            return pair("*" if inner.op == "+" else "/", *(function("exp", a) for a in inner.args))
        case "exp" if inner.op == "neg":
            return pair("/", one, function("exp", inner.args[0]))
        case "exp" if inner.op == "*" and inner.args[0] == two:
            return power(function("exp", inner.args[1]), 2)
        case "exp" if inner.op == "log" and is_positive(inner.args[0]):
            return inner.args[0]
        case "log" if inner.op == "exp":
            return inner.args[0]
        case "log" if inner.op in ("*", "/") and is_positive(inner):
            return pair("+" if inner.op == "*" else "-", *(function("log", a) for a in inner.args))
        case "log" if inner.op == "**" and is_positive(inner):
            return pair("*", number(int(str(inner.what))), function("log", inner.args[0]))
        case "sqrt" if inner.op == "**" and inner.what == 2 and is_positive(inner):
            return inner.args[0]
        case "sigmoid":
            other = pair("-", one, function("sigmoid", negative(inner)))
            return rng.choice((other, pair("/", one, pair("+", one, function("exp", negative(inner))))))
        case "sigmoid'":
            value = function("sigmoid", inner)
            return pair("*", value, pair("-", one, value))
        case "tanh'":
            return pair("-", one, power(function("tanh", inner), 2))
        case "tanh":
            doubled = function("sigmoid", pair("*", two, inner))
            odd = negative(function("tanh", negative(inner)))
            return rng.choice((pair("-", pair("*", two, doubled), one), odd))
        case "abs":
            halves = pair("+", function("relu", inner), function("relu", negative(inner)))
            return rng.choice((function("abs", negative(inner)), function("sqrt", power(inner, 2)), halves))
        case "relu":
            return pair("/", pair("+", inner, function("abs", inner)), two)
    return None


def facts(tree: Tree, rng: random.Random) -> Tree | None:
    """What is known of a name: a one-hot vector is its own square; some sum to 1."""
    if tree.op == "name" and FACTS.get(str(tree.what)) == "one_hot":
        return power(tree, 2)
    if tree.op == "name" and FACTS.get(str(tree.what)) in ("positive", "in (0, 1)"):
        return rng.choice((function("exp", function("log", tree)), function("abs", tree)))
    if tree.op == "*" and tree.args[1] == number(1) and (tree.axes or all_letters(tree)):
        known = rng.choice(("h", "o"))
        if all_letters(tree):
            letter = next((c for c in "kq" if c not in all_letters(tree)), None)
            return letter and pair("*", tree.args[0], index_sum(letter, name(known, letter)))
        return pair("*", tree.args[0], reduced("sum", name(known), None))
    return pair("*", tree, number(1)) if tree.op == "name" else None


IDENTITIES: tuple[Change, ...] = (
    commute, associate, distribute, distribute, factor_out, factor_out, transpose, transpose, rewrite_sum, rename,
    exchange_sums, other_signs, powers, split_a_name, laws, laws, facts,
)  # fmt: skip


def other_sign(tree: Tree, rng: random.Random) -> Tree | None:
    """A + for a -."""
    if tree.op in ("+", "-"):
        return replace(tree, op="-" if tree.op == "+" else "+")
    return tree.args[0] if tree.op == "neg" else None


def other_letter(tree: Tree, rng: random.Random) -> Tree | None:
    """Another letter at a name, or its letters exchanged."""
    if not tree.letters:
        return None
    if len(tree.letters) == 2 and AXES[str(tree.what)] == "nn" and rng.random() < 0.5:
        return replace(tree, letters=tree.letters[::-1])
    old = rng.choice(tree.letters)
    twin = next(own for own in LETTERS.values() if old in own).replace(old, "")
    return replace(tree, letters=tree.letters.replace(old, twin))


def other_name(tree: Tree, rng: random.Random) -> Tree | None:
    """Another name with the same axes."""
    if tree.op != "name":
        return None
    others = [n for n, own in AXES.items() if own == AXES[str(tree.what)] and n != tree.what and n not in "xz"]
    return replace(tree, what=rng.choice(others)) if others else None


def other_transpose(tree: Tree, rng: random.Random) -> Tree | None:
    """A transpose dropped, or one too many."""
    if tree.op == "T":
        return tree.args[0]
    return transposed(tree) if len(tree.axes) == 2 else None


def other_number(tree: Tree, rng: random.Random) -> Tree | None:
    """Another factor, another power, a number for a size, or a very small difference."""
    if tree.op == "number":
        return number(rng.choice((2, 3, 4, 5)))
    if tree.op == "**":
        return power(tree.args[0], 3 if tree.what == 2 else 2)
    if tree.op == "name" and tree.what in ("m", "n"):
        return rng.choice((*map(number, (2, 3, 4, 5)), name("m"), name("n")))
    if rng.random() < 0.7:
        return pair("*", number(2), tree)
    return rng.choice((pair("*", number("1.0000000001"), tree), pair("+", tree, number("1e-9"))))


def drop_part(tree: Tree, rng: random.Random) -> Tree | None:
    """One of two terms or factors, or a function, is missing."""
    return rng.choice(tree.args) if tree.op in ("+", "-", "*", "/", "exp", "log", "abs", "relu", "sqrt") else None


def other_axis(tree: Tree, rng: random.Random) -> Tree | None:
    """A sum over the other axis, a mean for a sum, factors of a matrix product exchanged."""
    if tree.op == "@":
        return matmul(*tree.args[::-1]) if tree.args[1].axes[-1:] == tree.args[0].axes[:1] else None
    if tree.op not in ("sum", "mean"):
        return None
    if tree.what is not None:
        return reduced(tree.op, tree.args[0], 1 - int(tree.what))
    return replace(tree, op="mean" if tree.op == "sum" else "sum")


MISTAKES: tuple[Change, ...] = (
    other_sign, other_letter, other_name, other_transpose, other_transpose, other_number, drop_part, other_axis,
)  # fmt: skip


def change(tree: Tree, rng: random.Random, kinds: tuple[Change, ...], times: int) -> Tree:
    """A tree after some random changes, each at a random value where it applies."""
    for _ in range(times):
        for _ in range(60):
            new = _changed_once(tree, rng, rng.choice(kinds))
            if new is not None and sum(1 for _ in nodes(new)) <= LARGEST and sums_are_sound(new):
                tree = new
                break
    return tree


def _changed_once(tree: Tree, rng: random.Random, kind: Change) -> Tree | None:
    place = rng.randrange(sum(1 for _ in nodes(tree)))
    return changed(tree, place, lambda part: kind(part, rng))
