"""Names in a formula, with what stands at them: layers, index letters, primes, powers."""

from __future__ import annotations

from dataclasses import dataclass

from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.cursor import Cursor
from tinygrad_lite.typed.scanning import RAISED, Token
from tinygrad_lite.typed.spelling import INDEX_LETTERS, canonical, split_indices


@dataclass
class _Word:
    """A name that is being read."""

    base: str
    letters: str = ""
    layer: str = ""
    primes: int = 0
    power: Token | None = None
    transposed: bool = False
    places: tuple[str, ...] = ()


class Words(Cursor):
    """Reads names."""

    def word(self, token: Token) -> t.Syntax:
        """A name whose first token was taken, with its layer, indices and primes; a²_i is the power of a_i."""
        word = _Word(*split_indices(token.text)) if not self.is_known(token.text) else _Word(token.text)
        if token.set_apart:
            word = _Word(token.text)
        while not self.now.spaced and self._suffix(word):
            pass
        if word.power is not None and not word.letters:
            raise self.error(word.power.place, "a power stands behind the whole name, as in (z⁽²⁾)²")
        text = canonical(word.base + word.layer) + "′" * word.primes
        node = t.Variable(token.place, text, word.letters, word.places)
        if word.transposed:
            return t.Attribute(token.place, node, "T")
        if word.power is None:
            return node
        return t.Binary(word.power.place, "**", node, t.Number(word.power.place, float(word.power.text)))

    def is_known(self, name: str) -> bool:
        """Whether the caller says that this is the name of a value."""
        return name in self.known or canonical(name) in self.known

    def _suffix(self, word: _Word) -> bool:
        """Read what stands at a name next; False where that is nothing."""
        token = self.now
        if token.kind in ("layer", "low"):
            self._layer(word, token.text, token.place)
            self.at += 1
        elif token.kind == "small":
            self._letters(word, token.text, token.place)
            self.at += 1
        elif token.kind == "prime":
            word.primes += len(token.text)
            self.at += 1
        elif self._number_above(word):
            pass
        elif token.kind == "name" and token.text.startswith("_"):
            self.at += 1
            self._behind_underscore(word, token)
        elif token.kind == "sign" and token.text == "_":
            self.at += 1
            self._in_braces(word)
        elif token.kind == "sign" and token.text == "^":
            return self._raised(word)
        elif token.kind == "sign" and token.text == "[" and all(map(str.isdecimal, self.slices())):
            self._places(word)
        else:
            return False
        return True

    def _index_follows(self, steps: int) -> bool:
        token = self.ahead(steps)
        return not token.spaced and (token.text.startswith("_") or token.kind == "small")

    def _layer(self, word: _Word, digits: str, place: int) -> None:
        if word.layer:
            raise self.error(place, "a name has one layer, as in z⁽²⁾_ij")
        word.layer = digits

    def _letters(self, word: _Word, letters: str, place: int) -> None:
        if word.letters:
            raise self.error(place, f"the name has the indices {word.letters!r} already")
        word.letters = letters

    def _behind_underscore(self, word: _Word, token: Token) -> None:
        """_ij behind a layer, _2 in LaTeX's way."""
        rest, letters = split_indices("x" + token.text)
        rest = rest.removeprefix("x").removeprefix("_")
        if rest.isdecimal():
            self._layer(word, rest, token.place)
        elif rest:
            raise self.error(token.place, f"{rest!r} is neither a layer nor indices, such as i, j, k")
        if letters:
            self._letters(word, letters, token.place)

    def _in_braces(self, word: _Word) -> None:
        """_{ij}, _{2} or _{\\mathrm{train}}."""
        opened = self.now
        if self.take("{") is None:
            raise self.error(opened.place, "an index is missing behind '_', as in x_i or x_{ij}")
        letters = ""
        if self.follow("}"):
            raise self.error(self.now.place, "an index is missing in the braces, as in x_{ij}")
        while self.take("}") is None:
            token = self.now
            if token.kind == "end":
                raise self.error(opened.place, "this '{' is never closed")
            self.at += 1
            if token.kind == "name" and token.set_apart and self.follow("}"):
                word.base += "_" + token.text
            elif token.kind == "name" and token.text.isalpha():
                letters += token.text
            elif token.kind == "number" and token.text.isdigit() and self.follow("}") and not letters:
                self._layer(word, token.text, token.place)
            elif token.text != ",":
                raise self.error(
                    token.place, "indices are letters, as in x_{ij}; a layer is a number, as in z^{(2)}_{ij}"
                )
        if letters:
            self._letters(word, letters, opened.place)

    def _places(self, word: _Word) -> None:
        """[0, j]: letters, and numbers of places."""
        opened, end = self.at, self.at
        while self.tokens[end].text != "]" and self.tokens[end].kind != "end":
            end += 1
        inside = self.tokens[opened + 1 : end + 1]
        places = tuple(token.text for token in inside[::2])
        commas = all(token.text == "," for token in inside[1:-1:2])
        if not (
            places and inside[-1].text == "]" and commas and len(inside) % 2 == 0 and all(map(_is_place, inside[:-1:2]))
        ):
            shown = word.base + word.layer
            message = f"in brackets at a name stand places and letters, as in {shown}[0, j]; for a product write {shown} * […]"
            raise self.error(self.now.place, message)
        self.at = end + 1
        self._letters(word, "".join(p for p in places if not p.isdigit()), self.tokens[opened].place)
        word.places = places if any(p.isdigit() for p in places) else ()

    def _number_above(self, word: _Word) -> bool:
        """Take a number that is raised at a name: a power before an index, or the layer of a name that is known with it."""
        raised = self.now.kind == "raised" and self.now.text.isdecimal()
        length = 1 if raised else 2 if self.follow("^", "2") else 4 if self.follow("^", "{", "2", "}") else 0
        number, indexed = self.ahead(length // 2), self._index_follows(length)
        if length and self._only_layer(word, number.text):
            if not indexed and number.text != "1":
                raise self.error(number.place, _layer_or_power(word.base, number.text))
            self._layer(word, number.text, number.place)
        elif length and indexed and word.power is None:
            word.power = number
        else:
            return False
        self.at += length
        return True

    def _only_layer(self, word: _Word, number: str) -> bool:
        """Whether a name is known with a number and not without: then a number above is a layer."""
        if word.layer or self.is_known(word.base):
            return False
        layered = canonical(word.base + number)
        return layered in self.known or layered in self.factors

    def _transpose_ends(self, steps: int) -> bool:
        """Whether T or ⊤ and a closing brace stand some tokens ahead."""
        sign = self.ahead(steps).text
        return (sign == "⊤" or (sign == "T" and "T" not in self.known)) and self.follow("}", at=steps + 1)

    def _raised(self, word: _Word) -> bool:
        """^(2)_i, ^{(2)}, ^{\\prime}: a layer, primes; ^2_i: a power. Other powers are not the name's own."""
        if self.follow("^", "{", "(", "2", ")"):
            self._layer(word, self.ahead(3).text, self.now.place)
            self.at += 5
        elif self.follow("^", "{") and self.ahead(2).kind == "prime":
            self.at += 2
        elif self.follow("^", "(", "2", ")"):
            if not self._index_follows(4):
                raise self.error(self.now.place, _power_or_layer(word.base, self.ahead(2).text))
            self._layer(word, self.ahead(2).text, self.now.place)
            self.at += 4
            return True
        elif self.follow("^", "{", "2") and self._only_layer(word, self.ahead(2).text) and self._transpose_ends(3):
            self._layer(word, self.ahead(2).text, self.now.place)
            self.at += 3
        else:
            return False
        while self.now.kind == "prime":
            word.primes += len(self.now.text)
            self.at += 1
        if self._transpose_ends(0):
            word.transposed = True
            self.at += 1
        self.close(self.before, "}")
        return True


def _is_place(token: Token) -> bool:
    """Whether a token may stand in x[0, j]."""
    if token.kind == "number":
        return token.text.isdecimal()
    return token.kind == "name" and token.text in INDEX_LETTERS


def _power_or_layer(name: str, number: str) -> str:
    raised = number.translate(str.maketrans("0123456789", RAISED[:10]))
    return f"is this a power or a layer? Write {name}^{number} for the power, {name}⁽{raised}⁾ or {name}{number} for the layer"


def _layer_or_power(name: str, number: str) -> str:
    layer = name + number
    return f"is this a layer or a power? Write {layer} for the layer; a power stands behind the whole name, as in {layer}^2"
