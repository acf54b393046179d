"""Fetching one file over HTTP so that an interruption or a bad server does no harm.

Bytes go to `NAME.part`; only a file that passed the caller's check gets its real name. A
`.part` that was left behind is continued where it ends, or thrown away if the result is wrong.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import DataError

CHUNK = 1 << 16
TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 3  # per mirror, each continuing where the one before was cut off


class _TransferError(Exception):
    """The server or the network failed; `again` says whether the same mirror is worth asking."""

    def __init__(self, what: str, *, again: bool) -> None:
        super().__init__(what)
        self.again = again


class _Progress:
    """A tqdm bar where tqdm is installed, otherwise one plain line per file; both on stderr."""

    def __init__(self, name: str, done: int, total: int | None) -> None:
        self._bar: Any = None
        try:
            from tqdm import tqdm
        except ImportError:
            size = "" if total is None else f" ({total:,} bytes)"
            print(f"tinygrad_lite: downloading {name}{size}", file=sys.stderr)
        else:
            self._bar = tqdm(desc=name, initial=done, total=total, unit="B", unit_scale=True)

    def update(self, count: int) -> None:
        if self._bar is not None:
            self._bar.update(count)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def fetch(urls: Sequence[str], target: Path, check: Callable[[Path], object], most: int) -> None:
    """Download `target` from the first of `urls` whose bytes pass `check`, at most `most` bytes from each.

    `check` gets the path of the finished `.part` file and raises DataError if it is not what
    was wanted. One process at a time: two that fetch the same target spoil each other's
    `.part`, which the check notices.

    Raises DataError if no URL delivers, or if the directory cannot be written.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        seen: list[str] = []
        for url in urls:
            if _from_mirror(url, part, check, most, seen):
                os.replace(part, target)
                return
        kept = _size(part)
    except OSError as error:
        raise DataError(
            f"cannot write {target.name} into {target.parent}: {error}. Make room there, or "
            "make the directory writable, or point XDG_CACHE_HOME (on Windows LOCALAPPDATA) "
            "to another one."
        ) from error
    again = f" {kept:,} bytes are kept in {part}; the next call goes on from there." if kept else ""
    raise DataError(
        f"could not download {target.name}. Tried:\n  " + "\n  ".join(seen) + "\n"
        f"Try again when the network is up, or fetch the file by hand and put it into "
        f"{target.parent}.{again}"
    )


def _from_mirror(url: str, part: Path, check: Callable[[Path], object], most: int, seen: list[str]) -> bool:
    """Whether `part` now holds a file that passes `check`; failures are noted in `seen`."""
    for _ in range(ATTEMPTS):
        resumed = _size(part) > 0
        try:
            _transfer(url, part, most)
            check(part)
        except _TransferError as error:
            seen.append(f"{url}: {error}")
            if not error.again:
                return False
        except DataError as error:
            seen.append(f"{url}: {error}")
            part.unlink()
            # What was continued may be bad in its old half only, so it gets a clean start;
            # what came whole from this mirror and is wrong will be wrong again.
            if not resumed:
                return False
        else:
            return True
    return False


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _transfer(url: str, part: Path, most: int) -> None:
    """One request: the rest of `part`, or all of it. OSError means the disk, not the network."""
    have = _size(part)
    if have > most:  # left behind by something else
        part.unlink()
        have = 0
    headers = {"User-Agent": "tinygrad_lite"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:
            return  # nothing lies beyond `have`: it may be complete, which the check will tell
        raise _TransferError(f"HTTP {error.code} {error.reason}", again=False) from error
    except (OSError, HTTPException) as error:
        raise _TransferError(f"no answer ({error})", again=False) from error
    with response:
        if response.status != 206:
            have = 0  # the server ignored the Range and sends everything: start again
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.unlink()
            raise _TransferError(
                f"asked for the bytes from {have}, got Content-Range {response.headers.get('Content-Range')!r}",
                again=True,
            )
        with part.open("ab" if have else "wb") as handle:
            fits = _copy(response, handle.write, part.name.removesuffix(".part"), have, most)
        if not fits:
            part.unlink()
            raise _TransferError(f"it sends more than the {most:,} bytes that the file can have", again=False)


def _copy(response: HTTPResponse, write: Callable[[bytes], object], name: str, have: int, most: int) -> bool:
    """Write the body, and say whether it ended within `most` bytes; _TransferError if less came than was announced."""
    announced = response.headers.get("Content-Length", "")
    length = int(announced) if announced.isdecimal() else None
    if length is not None and have + length > most:
        return False
    progress = _Progress(name, have, None if length is None else have + length)
    got = 0
    try:
        while chunk := _read(response, got):
            if have + got + len(chunk) > most:
                return False
            write(chunk)
            got += len(chunk)
            progress.update(len(chunk))
    finally:
        progress.close()
    # http.client returns a short body without complaint when it is read in pieces.
    if length is not None and got < length:
        raise _TransferError(f"the connection ended after {got:,} of {length:,} bytes", again=True)
    return True


def _read(response: HTTPResponse, got: int) -> bytes:
    try:
        # read1 hands over what has come; read would lose it if the rest never does.
        return response.read1(CHUNK)
    except (OSError, HTTPException) as error:
        raise _TransferError(f"the connection broke after {got:,} bytes ({error!r})", again=True) from error
