"""Several formulas in one text, each with its name: z = w*x + b; a = sigmoid(z); C = (y - a)**2/2."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.parser import Parser
from tinygrad_lite.typed.scanning import Token
from tinygrad_lite.typed.spelling import canonical
from tinygrad_lite.typed.tree import pointed

__all__ = ["formula_or_value", "parse_several"]


@dataclass(frozen=True)
class _Piece:
    """One formula of a text: its name, where it has one, and what stands behind the =."""

    place: int
    name: t.Variable | None
    tokens: Sequence[Token]


def parse_several(text: str, functions: Collection[str]) -> t.Syntax:
    """The tree of one formula, or of several that are set apart by ; or by lines.

    Each formula but one has a name before its =, and the others use it. The value is that of the formula whose name no
    other uses, so their order does not matter. Raises FormulaError, which points at the place.

    >>> several = parse_several("z = w*x; (y - z)**2", {})
    >>> [name.text for name, _ in several.definitions], several.result.sign
    (['z'], '**')
    """
    parser = Parser(text, functions, ())
    pieces = [_piece(text, functions, tokens) for tokens in _apart(text, parser.tokens)]
    named = {piece.name.text: piece for piece in pieces if piece.name is not None}
    if not named:
        return parser.whole()
    for piece in pieces:
        if piece.name is not None and named[piece.name.text] is not piece:
            raise pointed(
                text,
                named[piece.name.text].place,
                f"{piece.name.text!r} has a formula already; give this value another name",
            )
    bodies = {piece.place: _body(text, functions, piece, named) for piece in pieces}
    uses = {p.place: {v.text for v in t.variables(bodies[p.place])} & named.keys() for p in pieces}
    used = set().union(*uses.values())
    ends = [p for p in pieces if p.name is None or p.name.text not in used]
    if len(ends) > 1:
        message = (
            "which formula is the result? No formula uses this one, and none uses another one before it. Leave one out"
        )
        raise pointed(text, ends[1].place, message)
    order = list(_in_order(text, pieces, named, uses))
    definitions = tuple((p.name, bodies[p.place]) for p in order if p.name is not None)
    result = ends[0].name or bodies[ends[0].place]
    return t.Definitions(pieces[0].place, definitions, result)


def formula_or_value(tree: t.Syntax, given: Collection[str]) -> None:
    """Raise where a name has both a formula of its own and a value."""
    both = [n for n in given if isinstance(tree, t.Definitions) and n in tree.names()]
    if both:
        raise FormulaError(
            f"{both[0]!r} has a formula in the expression, and a value by an option. Give it one of them."
        )


def _apart(text: str, tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens of each formula: outside of brackets, ; and the end of a line set formulas apart."""
    found: list[list[Token]] = [[]]
    depth, before = 0, 0
    for token in tokens[:-1]:
        depth += token.nests
        ends = depth == 0 and token.kind == "sign" and token.text == ";"
        if depth == 0 and (ends or "\n" in text[before : token.place]):
            found.append([])
        if not ends:
            found[-1].append(token)
        before = token.place
    return [[*own, Token("end", "", _end(text, own))] for own in found if own]


def _end(text: str, tokens: Sequence[Token]) -> int:
    last = tokens[-1]
    return min(last.place + len(last.text), len(text))


def _piece(text: str, functions: Collection[str], tokens: Sequence[Token]) -> _Piece:
    """A formula with the name that stands before its =."""
    depth = 0
    equals: list[int] = []
    for number, token in enumerate(tokens):
        depth += token.nests
        if depth == 0 and token.kind == "sign" and token.text == "=":
            equals.append(number)
    if not equals:
        return _Piece(tokens[0].place, None, tokens)
    if len(equals) > 1:
        message = "a formula has one =; set formulas apart by ; or write each on its own line"
        raise pointed(text, tokens[equals[1]].place, message)
    return _Piece(tokens[0].place, _name(text, functions, tokens, tokens[equals[0]]), tokens[equals[0] + 1 :])


def _name(text: str, functions: Collection[str], tokens: Sequence[Token], equals: Token) -> t.Variable:
    """What stands before an =."""
    parser = Parser(text, functions, ())
    parser.tokens, parser.at = list(tokens), 1
    first = tokens[0]
    if first.kind == "name" and parser.is_function(canonical(first.text)):
        raise pointed(text, first.place, f"{first.text} is a function; give this value another name")
    if first.kind == "name":
        left = parser.word(first)
        if parser.now is equals and isinstance(left, t.Variable) and not left.places:
            return left
    raise pointed(text, first.place, "one name stands before =, as in z = w*x + b; a comparison is written ==")


def _body(text: str, functions: Collection[str], piece: _Piece, named: Mapping[str, _Piece]) -> t.Syntax:
    """The tree of what stands behind the =."""
    if len(piece.tokens) == 1:
        raise pointed(text, piece.tokens[0].place, "a formula is missing here")
    parser = Parser(text, functions, named.keys())
    parser.tokens = list(piece.tokens)
    return parser.whole()


def _in_order(
    text: str, pieces: Sequence[_Piece], named: Mapping[str, _Piece], uses: Mapping[int, Collection[str]]
) -> Iterator[_Piece]:
    """The formulas, each behind those that it uses."""
    done: set[int] = set()
    waiting = list(pieces)
    while waiting:
        ready = [p for p in waiting if all(named[name].place in done for name in uses[p.place])]
        if not ready:
            raise _circle(text, waiting)
        yield ready[0]
        done.add(ready[0].place)
        waiting.remove(ready[0])


def _circle(text: str, waiting: Sequence[_Piece]) -> FormulaError:
    names = ", ".join(p.name.text for p in waiting if p.name is not None)
    return pointed(text, waiting[0].place, f"this formula needs its own value ({names}); give one value another name")
