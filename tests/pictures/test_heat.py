"""Heat tiles: what each pixel says, that everybody can tell the colours apart, and that a page shows them in time."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import act
from tests.helpers.live_pages import in_browser
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.pictures import draw
from tinygrad_lite.pictures.outputs.heat import LEVELS, MOST, PALETTE, heat

# sRGB as linear light, and what is left of it without one kind of cone (Machado, Oliveira, Fernandes 2009, severity 1).
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def as_seen(kind: str) -> Any:
    """The palette in CIELAB, where a distance of 2 is just to be seen."""
    share = PALETTE / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(light @ np.transpose(SEEN_BY[kind]), 0, 1) @ XYZ.T / XYZ.sum(axis=1)
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1)


@pytest.mark.parametrize("kind", SEEN_BY)
def test_everybody_tells_the_colours_apart(kind: str) -> None:
    lab = as_seen(kind)
    negative, positive, black = lab[LEVELS::-1], lab[LEVELS : 2 * LEVELS + 1], lab[-1]
    for side in (negative, positive):
        assert (np.diff(side[:, 0]) < 0).all()  # the farther from 0, the darker
    distance = np.linalg.norm(negative - positive, axis=1)
    assert (distance[LEVELS // 4 :] > 10).all()
    assert distance[-1] > 40
    assert np.linalg.norm(lab[:-1] - black, axis=1).min() > 20


def pixels(link: str) -> Any:
    """The colours of a PNG with a palette, and the checks of its chunks."""
    data = base64.b64decode(link.removeprefix("data:image/png;base64,"))
    chunks, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + content),)
        chunks[kind] = content
        at += 12 + length
    wide, high = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(high, wide + 1)
    assert not rows[:, 0].any()
    return np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)[rows[:, 1:]].astype(int)


def test_each_pixel_says_sign_and_size_of_its_element() -> None:
    rng = np.random.default_rng(0)
    for shape in [(7,), (3, 5), (28, 28), (2, 3, 4)]:
        x = rng.normal(size=shape)
        tiles = heat(x)
        assert tiles is not None
        image, *_ = tiles.svg()
        rows = x.reshape(-1, shape[-1])
        seen = pixels(image.attrib["href"])
        assert seen.shape == (*rows.shape, 3)
        blue_over_red = seen[..., 2] - seen[..., 0]
        assert (np.sign(blue_over_red) == -np.sign(np.rint(LEVELS * rows / np.abs(x).max()))).all()
        darkness = 3 * 247 - seen.sum(axis=-1)
        for sign in (1, -1):
            order = np.argsort(np.abs(rows[np.sign(rows) == sign]))
            assert (np.diff(darkness[np.sign(rows) == sign][order]) >= 0).all()


def test_what_is_no_number_is_black_and_counted_and_zero_is_neutral() -> None:
    x = np.array([[0.0, 1.0, -2.0, np.nan], [np.inf, 0.5, -np.inf, 2.0]])
    tiles = heat(x)
    assert tiles is not None
    seen = pixels(tiles.svg()[0].attrib["href"])
    assert ((seen == 0).all(axis=-1) == ~np.isfinite(x)).all()
    assert seen[0, 0].tolist() == [247, 247, 247]
    assert tiles.ends == ("−2.0", "2.0, black: 3 nan or inf")
    positive = heat(np.abs(np.arange(12.0)))
    assert positive is not None
    assert positive.ends == ("0.0", "11.0")
    assert pixels(positive.svg()[2].attrib["href"])[0, 0].tolist() == [247, 247, 247]  # the scale begins at 0


@pytest.mark.parametrize("x", [None, np.arange(6.0), np.ones(9), np.zeros(MOST + 1), np.full(8, np.nan), np.zeros(0)])
def test_few_too_many_or_equal_numbers_have_no_tiles(x: Any) -> None:
    assert heat(x) is None


def graph() -> Any:
    w = tg.Tensor(np.linspace(-1, 2, 12).reshape(3, 4), requires_grad=True, name="w")
    c = (w * w).sum()
    c.name = "C"
    return c


@needs_graphviz
def test_a_picture_has_the_tiles_of_its_arrays_within_their_boxes() -> None:
    svg = ElementTree.fromstring(draw(graph(), grads=True).to_svg())
    named = "{http://www.w3.org/2000/svg}"
    boxes = [g for g in svg.iter(f"{named}g") if g.get("class") == "node"]
    assert [len(list(box.iter(f"{named}image"))) for box in boxes] == [
        4,
        2,
        0,
    ]  # w: value, gradient; w²: a gradient of 1
    assert "image" not in draw(graph(), grads=True).to_dot()
    for box in boxes:
        shape = next(box.iter(f"{named}polygon"), None)
        if shape is None:
            continue
        points = [tuple(map(float, p.split(","))) for p in shape.attrib["points"].split()]
        for group in box.iter(f"{named}g"):
            if "transform" in group.attrib:
                x, y = map(float, group.attrib["transform"][10:-1].split())
                image = group[0].attrib
                assert min(p[0] for p in points) < x
                assert x + float(image["width"]) < max(p[0] for p in points)
                assert min(p[1] for p in points) < y
                assert y + float(image["height"]) < max(p[1] for p in points)


@needs_graphviz
@in_browser
def test_a_page_shows_the_tiles_of_a_gradient_once_it_is_complete_and_none_of_other_numbers(tmp_path: Path) -> None:
    count = "all('g.heat-value image').length, all('g.heat-gradient image').length"
    before, after, moved = act(
        draw(graph(), grads=True).to_html(),
        f"""const before = [{count}]; press("last"); const after = [{count}];
        page.live.set((i) => page.live.inputs[i].numbers.map((x) => 2 * x)); return [before, after, [{count}]];""",
        tmp_path,
    )
    assert before == [4, 0]  # two values, each with its scale
    assert after == [4, 2]
    assert moved == [0, 0]
