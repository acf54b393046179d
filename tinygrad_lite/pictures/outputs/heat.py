"""Arrays as heat tiles: a small PNG with a pixel for each element, in colours that say sign and size.

Blue is negative, orange positive, and 0 is nearly white, so that what is far from 0 is dark, also for those who do
not tell red from green. What is nan or infinite is black.
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from tinygrad_lite.pictures.edges.numbers import SMALL, number
from tinygrad_lite.pictures.outputs.measure import width

__all__ = ["PALETTE", "Heat", "heat"]

MOST = 4096  # elements: beyond, tiles could not be told apart
LEVELS = 31  # shades on either side of 0
LARGEST_TILE, WIDEST, HIGHEST, THINNEST = 12.0, 160.0, 96.0, 6.0  # points
RAMP, SCALE, SPACE, SMALL_PRINT = 48.0, 13.0, 4.0, 9.0  # of the scale below: how long and high it is, and its letters

NEGATIVE, ZERO, POSITIVE = np.array([[0, 84, 148], [247, 247, 247], [194, 78, 0]])
SHADES = np.linspace(0, 1, LEVELS + 1)[:, None]
PALETTE = np.concatenate(
    [(ZERO + (NEGATIVE - ZERO) * SHADES)[:0:-1], ZERO + (POSITIVE - ZERO) * SHADES, np.zeros((1, 3))]
).round().astype(np.uint8)  # fmt: skip
BLACK = len(PALETTE) - 1


@dataclass(frozen=True, eq=False)
class Heat:
    """A picture of an array. places: a row of the palette for each element. low, high: what the scale runs over."""

    places: Any
    low: float
    high: float
    odd: int = 0  # elements that are nan or infinite

    @cached_property
    def picture(self) -> tuple[float, float]:
        """Width and height of the tiles alone, in points."""
        rows, columns = self.places.shape
        tile = min(LARGEST_TILE, WIDEST / columns, HIGHEST / rows)
        return max(tile * columns, THINNEST), max(tile * rows, THINNEST)

    @cached_property
    def ends(self) -> tuple[str, str]:
        """What stands on either side of the scale."""
        odd = f", black: {self.odd} nan or inf" if self.odd else ""
        return number(self.low), number(self.high) + odd

    @cached_property
    def size(self) -> tuple[float, float]:
        """Width and height with the scale, in points."""
        scale = sum(width(text, SMALL_PRINT, False) for text in self.ends) + RAMP + 2 * SPACE
        return max(self.picture[0], scale), self.picture[1] + SCALE

    def svg(self) -> list[Element]:
        """The tiles with their upper left corner at (0, 0), and their scale below."""
        low, high = (width(text, SMALL_PRINT, False) for text in self.ends)
        base = self.picture[1] + 0.8 * SCALE
        first, last = LEVELS if self.low == 0 else 0, LEVELS if self.high == 0 else 2 * LEVELS
        ramp = np.arange(first, last + 1, dtype=np.uint8)[None]
        return [
            _image(self.places, 0, 0, *self.picture),
            _text(self.ends[0], 0, base, low),
            _image(ramp, low + SPACE, base - 6.5, RAMP, 7),
            _text(self.ends[1], low + RAMP + 2 * SPACE, base, high),
        ]


def _image(places: Any, x: float, y: float, width: float, height: float) -> Element:
    place = {"x": x, "y": y, "width": width, "height": height}
    link = f"data:image/png;base64,{base64.b64encode(_png(places)).decode()}"
    written = {name: f"{round(value, 1):g}" for name, value in place.items()}
    return Element("image", written | {"preserveAspectRatio": "none", "image-rendering": "pixelated", "href": link})


def _text(text: str, x: float, y: float, length: float) -> Element:
    place = {"x": x, "y": y, "font-size": SMALL_PRINT, "textLength": length}
    made = Element("text", {name: f"{round(value, 1):g}" for name, value in place.items()})
    made.set("lengthAdjust", "spacingAndGlyphs")
    made.text = text
    return made


def heat(x: Any) -> Heat | None:
    """The tiles of an array: its last axis runs to the right, all others downwards.

    None for what has few elements or too many, and where all are the same: a number says more there.
    """
    array = np.asarray(x)
    if x is None or not SMALL < array.size <= MOST or array.dtype.kind not in "fiub":
        return None
    wide = array.astype(np.float64).reshape(-1, array.shape[-1])
    known = np.isfinite(wide)
    values = wide[known]
    if values.size == 0 or values.min() == values.max():
        return None
    largest = np.abs(values).max()
    shares = np.divide(wide, largest, out=np.zeros_like(wide), where=known)
    places = np.where(known, LEVELS + np.rint(LEVELS * shares), BLACK).astype(np.uint8)
    low, high = (-largest if values.min() < 0 else 0.0), (largest if values.max() > 0 else 0.0)
    return Heat(places, float(low), float(high), int(np.count_nonzero(~known)))


def _png(places: Any) -> bytes:
    """A picture whose pixels are rows of the palette."""
    height, width = places.shape
    rows = b"".join(b"\0" + row.tobytes() for row in places)  # each row begins with its filter: none
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", PALETTE.tobytes()), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
