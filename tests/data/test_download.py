"""MNIST's download, against a server on this machine that behaves badly in every known way."""

from __future__ import annotations

import builtins
import contextlib
import gzip
import hashlib
import importlib
import io
import os
import socket
import struct
import sys
import threading
import urllib.error
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.repository import needed
from tinygrad_lite.data import datasets as data
from tinygrad_lite.data import download
from tinygrad_lite.errors import DataError

NAMES = [file.name for file in data._MNIST_FILES]
IMAGES = f"{NAMES[0]}.gz"


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`; what `server.manners` names for a file happens once per entry."""

    server: Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        mirror, name = self.path.strip("/").split("/")
        asked = self.headers.get("Range")
        self.server.log.append((mirror, name, asked))
        planned = self.server.manners.get((mirror, name), [])
        how = planned.pop(0) if planned else "well"
        getattr(self, how)(self.server.files[name], asked)

    def start(self, status: int, length: int | None, content_range: str = "") -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()

    def well(self, body: bytes, asked: str | None, stop: int | None = None) -> None:
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if first >= len(body):
            self.start(416, 0, f"bytes */{len(body)}")
            return
        told = f"bytes {first}-{len(body) - 1}/{len(body)}" if asked else ""
        self.start(206 if asked else 200, len(body) - first, told)
        self.wfile.write(body[first:stop])

    def cut(self, body: bytes, asked: str | None) -> None:
        self.well(body, asked, stop=len(body) // 2)

    def cut_late(self, body: bytes, asked: str | None) -> None:
        self.well(body, asked, stop=len(body) - 1)

    def reset(self, body: bytes, asked: str | None) -> None:
        self.cut(body, asked)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def cut_chunk(self, body: bytes, asked: str | None) -> None:
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"fffff\r\n" + body[:1000])
        self.close_connection = True

    def no_length(self, body: bytes, asked: str | None) -> None:
        self.start(200, None)
        self.wfile.write(body)

    def ignore_range(self, body: bytes, asked: str | None) -> None:
        self.well(body, None)

    def wrong_range(self, body: bytes, asked: str | None) -> None:
        self.start(206, len(body), f"bytes 0-{len(body) - 1}/{len(body)}")
        self.wfile.write(body)

    def junk(self, body: bytes, asked: str | None) -> None:
        self.well(b"<html>Please log in to the hotel's network</html>", None)

    def cut_junk(self, body: bytes, asked: str | None) -> None:
        self.start(200, len(body))
        self.wfile.write(b"j" * (len(body) // 2))

    def unpacked(self, body: bytes, asked: str | None) -> None:
        self.well(gzip.decompress(body), None)

    def gone(self, body: bytes, asked: str | None) -> None:
        self.start(404, 9)
        self.wfile.write(b"not here\n")

    def hang_up(self, body: bytes, asked: str | None) -> None:
        """Close without an answer."""

    def endless(self, body: bytes, asked: str | None) -> None:
        self.start(200, None)
        with contextlib.suppress(OSError):
            while self.server.sent < 10**9:
                self.wfile.write(b"j" * 10**5)
                self.server.sent += 10**5

    def announced(self, body: bytes, asked: str | None) -> None:
        self.start(200, 10**9)
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def stall(self, body: bytes, asked: str | None) -> None:
        self.start(200, len(body))
        self.wfile.write(body[:1000])
        self.server.when_stalled()
        self.server.release.wait()


class Server(ThreadingHTTPServer):
    """A server for two mirrors, /a/ and /b/, with a log of (mirror, name, Range)."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.manners: dict[tuple[str, str], list[str]] = {}
        self.log: list[tuple[str, str, str | None]] = []
        self.sent = 0  # by an endless answer
        self.when_stalled: Callable[[], None] = lambda: None
        self.release = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news."""

    def asked(self, name: str = IMAGES) -> list[tuple[str, str | None]]:
        return [(mirror, span) for mirror, got, span in self.log if got == name]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server with four files in MNIST's form, in the table and mirror list as if MNIST."""
    rng = np.random.default_rng(5)
    files, table = {}, []
    for name, shape in zip(NAMES, [(300, 28, 28), (300,), (20, 28, 28), (20,)], strict=True):
        head = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
        content = head + rng.integers(0, 256, shape).astype(np.uint8).tobytes()
        files[f"{name}.gz"] = gzip.compress(content)
        digest = hashlib.sha256(content).hexdigest()
        table.append(data._IdxFile(name, len(content), digest))
    monkeypatch.setattr(data, "_MNIST_FILES", tuple(table))
    monkeypatch.setattr(download, "TIMEOUT", 60.0)
    monkeypatch.delenv("TINYGRAD_LITE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(files) as running:
        base = f"http://127.0.0.1:{running.server_port}"
        monkeypatch.setattr(data, "MNIST_MIRRORS", (f"{base}/a/", f"{base}/b/"))
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "tinygrad_lite" / "mnist"


def leave_part(cache: Path, content: bytes) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    part = cache / f"{IMAGES}.part"
    part.write_bytes(content)
    return part


def test_downloads_once(server: Server, cache: Path) -> None:
    d = data.mnist()
    assert [name for _, name, _ in server.log] == [f"{name}.gz" for name in NAMES]
    assert (d.x_train.shape, d.y_test.shape) == ((300, 784), (20,))
    packed = server.files[IMAGES]
    assert np.array_equal(d.x_train.ravel() * 255, np.frombuffer(gzip.decompress(packed)[16:], np.uint8))
    assert sorted(p.name for p in cache.iterdir()) == sorted(server.files)
    assert (cache / IMAGES).read_bytes() == packed
    server.log.clear()
    assert np.array_equal(data.mnist().x_train, d.x_train)
    assert server.log == []


def test_never_downloads_into_a_directory_of_the_user(
    server: Server, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "named"
    named.mkdir()
    with pytest.raises(DataError, match="named lacks 4"):
        data.mnist(named)
    monkeypatch.setenv("TINYGRAD_LITE_DATA", str(named))
    with pytest.raises(DataError, match="named lacks 4"):
        data.mnist()
    assert server.log == []
    assert list(named.iterdir()) == []
    monkeypatch.setenv("TINYGRAD_LITE_DATA", "")
    data.mnist()
    assert (cache / IMAGES).is_file()


@pytest.mark.parametrize(
    ("manners", "spans"),
    [
        (["cut"], [None, "half"]),
        (["cut", "cut_late"], [None, "half", "last"]),
        (["reset"], [None, "any"]),
        (["cut_chunk", "ignore_range"], [None, "any"]),
        (["cut", "ignore_range"], [None, "half"]),
        (["cut", "wrong_range"], [None, "half", None]),
        (["cut_junk"], [None, "half", None]),
        (["no_length"], [None]),
        (["unpacked"], [None]),
    ],
)
def test_one_mirror_is_enough(server: Server, cache: Path, manners: list[str], spans: list[str | None]) -> None:
    server.manners["a", IMAGES] = list(manners)
    data.mnist()
    size = len(server.files[IMAGES])
    seen = server.asked()
    assert [mirror for mirror, _ in seen] == ["a"] * len(spans)
    for (_, span), wanted in zip(seen, spans, strict=True):
        if wanted == "any":
            assert span is not None
        else:
            first = {"half": size // 2, "last": size - 1}.get(str(wanted))
            assert span == (None if wanted is None else f"bytes={first}-")
    unpacked = _unpack((cache / IMAGES).read_bytes())
    assert unpacked == gzip.decompress(server.files[IMAGES])
    assert not (cache / f"{IMAGES}.part").exists()


def _unpack(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


@pytest.mark.parametrize("how", ["gone", "junk", "hang_up"])
def test_second_mirror_steps_in(server: Server, how: str) -> None:
    server.manners["a", IMAGES] = [how]
    assert len(data.mnist().x_train) == 300
    assert server.asked() == [("a", None), ("b", None)]


def test_second_mirror_continues_what_the_first_began(server: Server) -> None:
    server.manners["a", IMAGES] = ["cut", "gone"]
    data.mnist()
    half = len(server.files[IMAGES]) // 2
    assert server.asked() == [("a", None), ("a", f"bytes={half}-"), ("b", f"bytes={half}-")]


def test_mirror_that_stalls(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gives up by itself: the server holds the line until the test has ended."""
    monkeypatch.setattr(download, "TIMEOUT", 1.0)
    # The requests after that have time, so that a busy machine does not make them fail, too.
    server.when_stalled = lambda: monkeypatch.setattr(download, "TIMEOUT", 60.0)
    server.manners["a", IMAGES] = ["stall"]
    data.mnist()
    assert server.asked() == [("a", None), ("a", "bytes=1000-")]


def test_server_that_is_not_there(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(data, "MNIST_MIRRORS", (f"http://127.0.0.1:{port}/a/",))
    with pytest.raises(DataError) as caught:
        data.mnist()
    text = str(caught.value)
    assert f"could not download {IMAGES}" in text
    assert f"http://127.0.0.1:{port}/a/{IMAGES}: no answer" in text
    assert f"put it into {cache}" in text
    assert "are kept" not in text


def test_refusal_is_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    body = io.BytesIO(b"not here")
    refusal = urllib.error.HTTPError("http://a/", 404, "Not Found", Message(), body)

    def refuse(*_: Any, **__: Any) -> None:
        raise refusal

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(DataError, match="HTTP 404 Not Found"):
        download.fetch(["http://a/"], tmp_path / "file", lambda part: None, 100)
    assert body.closed


@pytest.mark.parametrize("how", ["gone", "junk"])
def test_all_mirrors_fail(server: Server, cache: Path, how: str) -> None:
    for mirror in "ab":
        server.manners[mirror, IMAGES] = [how]
    with pytest.raises(DataError) as caught:
        data.mnist()
    text = str(caught.value)
    for mirror in data.MNIST_MIRRORS:
        assert f"{mirror}{IMAGES}: " in text
    if how == "gone":
        assert text.count("HTTP 404") == 2
    else:
        assert text.count("49 bytes unpacked instead of 235,216; it begins with 3c 68 74 6d") == 2
    assert list(cache.iterdir()) == []
    assert len(data.mnist().x_train) == 300  # nothing bad was left behind


def test_answer_for_another_range_is_not_appended(server: Server, cache: Path) -> None:
    server.manners["a", IMAGES] = ["cut", "wrong_range", "gone"]
    server.manners["b", IMAGES] = ["gone"]
    with pytest.raises(DataError) as caught:
        data.mnist()
    size = len(server.files[IMAGES])
    told = f"asked for the bytes from {size // 2}, got Content-Range 'bytes 0-{size - 1}/{size}'"
    assert told in str(caught.value)
    assert list(cache.iterdir()) == []


def test_cut_again_and_again_keeps_what_came(server: Server, cache: Path) -> None:
    for mirror in "ab":
        server.manners[mirror, IMAGES] = ["cut"] + ["cut_late"] * 2
    with pytest.raises(DataError) as caught:
        data.mnist()
    assert len(server.asked()) == 2 * download.ATTEMPTS
    size = len(server.files[IMAGES])
    assert f"the connection ended after {size // 2:,} of {size:,} bytes" in str(caught.value)
    assert f"{size - 1:,} bytes are kept in {cache / IMAGES}.part" in str(caught.value)
    assert not (cache / IMAGES).exists()
    server.log.clear()
    data.mnist()
    assert server.asked() == [("a", f"bytes={size - 1}-")]


def test_interrupted_by_the_user_and_continued(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Any, count: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(download._Progress, "update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            data.mnist()
    assert [p.name for p in cache.iterdir()] == [f"{IMAGES}.part"]
    kept = (cache / f"{IMAGES}.part").stat().st_size
    assert 0 < kept < len(server.files[IMAGES])
    server.log.clear()
    data.mnist()
    assert server.asked() == [("a", f"bytes={kept}-")]


def test_part_that_was_complete(server: Server, cache: Path) -> None:
    size = len(server.files[IMAGES])
    leave_part(cache, server.files[IMAGES])
    data.mnist()
    assert server.asked() == [("a", f"bytes={size}-")]


@pytest.mark.parametrize(("much", "asks"), [(1000, ["bytes=1000-", None]), (10**6, [None])])
def test_part_that_was_junk_gets_a_clean_start(server: Server, cache: Path, much: int, asks: list[str | None]) -> None:
    leave_part(cache, b"j" * much)  # a million bytes are more than the file can have
    data.mnist()
    assert server.asked() == [("a", span) for span in asks]


@pytest.mark.parametrize("how", ["endless", "announced"])
def test_a_mirror_that_sends_more_than_the_file_has_is_left(server: Server, cache: Path, how: str) -> None:
    server.manners["a", IMAGES] = [how]
    data.mnist()
    assert server.asked() == [("a", None), ("b", None)]
    server.manners["a", IMAGES], server.manners["b", IMAGES] = [how], [how]
    (cache / IMAGES).unlink()
    with pytest.raises(DataError, match=r"it sends more than the [\d,]+ bytes that the file can have"):
        data.mnist()
    assert not (cache / f"{IMAGES}.part").exists()
    assert server.sent < 10**8  # of the endless: what the buffers on the way took


@pytest.mark.parametrize("bad", [b"", b"junk", None])
def test_damaged_cache_is_downloaded_again(
    server: Server, cache: Path, capsys: pytest.CaptureFixture[str], bad: bytes | None
) -> None:
    data.mnist()
    whole = (cache / IMAGES).read_bytes()
    (cache / IMAGES).write_bytes(whole[:-20] if bad is None else bad)
    server.log.clear()
    capsys.readouterr()
    data.mnist()
    assert server.log == [("a", IMAGES, None)]
    assert (cache / IMAGES).read_bytes() == whole
    err = capsys.readouterr().err
    assert str(cache / IMAGES) in err
    assert "Downloading it again." in err


def test_cache_that_cannot_be_made(server: Server, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the directory should be")
    with pytest.raises(DataError) as caught:
        data.mnist()
    assert f"cannot write {IMAGES} into {cache}: " in str(caught.value)
    assert "XDG_CACHE_HOME" in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert server.log == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk(server: Server, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / f"{IMAGES}.part").symlink_to("/dev/full")
    with pytest.raises(DataError, match=r"No space left on device.*Make room there") as caught:
        data.mnist()
    assert str(cache) in str(caught.value)
    assert server.asked() == [("a", None)]  # another mirror would not help


def test_directory_in_the_files_place(server: Server, cache: Path) -> None:
    (cache / IMAGES).mkdir(parents=True)
    with pytest.raises(DataError, match=f"cannot write {IMAGES} into"):
        data.mnist()


# -- where the cache is


def test_cache_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    end = Path("tinygrad_lite", "mnist")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "w"))
    assert data._cache_directory("linux") == tmp_path / "x" / end
    assert data._cache_directory("win32") == tmp_path / "w" / end
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        monkeypatch.setenv("LOCALAPPDATA", unset)
        assert data._cache_directory("linux") == tmp_path / ".cache" / end
        assert data._cache_directory("win32") == tmp_path / "AppData" / "Local" / end
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert data._cache_directory("linux") == tmp_path / ".cache" / end


def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with pytest.raises(DataError, match=r"no home directory.*set XDG_CACHE_HOME"):
        data._cache_directory("linux")


# -- progress


@pytest.fixture
def without_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)  # import then raises ImportError


@pytest.mark.usefixtures("without_tqdm")
def test_one_plain_line_per_file(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.manners["a", f"{NAMES[3]}.gz"] = ["no_length"]
    data.mnist()
    out, err = capsys.readouterr()
    sizes = [f" ({len(server.files[f'{name}.gz']):,} bytes)" for name in NAMES[:3]] + [""]
    assert out == ""
    assert err.splitlines() == [
        f"tinygrad_lite: downloading {name}.gz{size}" for name, size in zip(NAMES, sizes, strict=True)
    ]


class FakeTqdm:
    """Keeps what a bar is told."""

    bars: list[FakeTqdm]

    def __init__(self, **told: Any) -> None:
        self.told, self.done, self.closed = told, told["initial"], False
        self.bars.append(self)

    def update(self, count: int) -> None:
        self.done += count

    def close(self) -> None:
        self.closed = True


def test_bar_counts_from_what_was_there(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    FakeTqdm.bars = []
    monkeypatch.setattr(importlib.import_module("types"), "tqdm", FakeTqdm, raising=False)
    monkeypatch.setitem(sys.modules, "tqdm", importlib.import_module("types"))
    server.manners["a", IMAGES] = ["cut", "well"]
    data.mnist()
    size = len(server.files[IMAGES])
    first, second, *rest = FakeTqdm.bars
    assert (first.told["initial"], first.done, first.told["total"]) == (0, size // 2, size)
    assert (second.told["initial"], second.done, second.told["total"]) == (size // 2, size, size)
    assert len(rest) == 3
    assert all(bar.closed and bar.told["unit"] == "B" for bar in FakeTqdm.bars)
    assert capsys.readouterr().err == ""


def test_real_bar(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    needed("tqdm")
    data.mnist()
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{IMAGES}: 100%" in err


def test_bar_is_closed_when_the_disk_fails(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    monkeypatch.setattr(download._Progress, "close", lambda self: closed.append("yes"))
    real_open: Callable[..., Any] = builtins.open

    def broken(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        handle = real_open(path, mode, *rest, **more)
        if path.name.endswith(".part") and mode == "wb":
            handle.close()
            return _Broken()
        return handle

    monkeypatch.setattr(Path, "open", broken)
    with pytest.raises(DataError, match="disk on fire"):
        data.mnist()
    assert closed == ["yes"]


class _Broken:
    def __enter__(self) -> _Broken:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def write(self, _: bytes) -> None:
        raise OSError("disk on fire")
