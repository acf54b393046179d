"""A running Chromium without a window, which is asked by its debugging protocol.

Messages are JSON, each ended by a NUL, over two pipes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip


class Chromium:
    """A Chromium of its own, until `end()`. flags: more than FLAGS."""

    def __init__(self, flags: Sequence[str] = ()) -> None:
        assert BROWSER is not None
        self._ending = contextlib.ExitStack()
        profile = self._ending.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        theirs_in, self._to = os.pipe()
        back, theirs_out = os.pipe()
        self._back = os.fdopen(back, "rb", buffering=1 << 16)
        self._number = 0
        self._heard: dict[str, list[dict[str, Any]]] = {}

        def at_3_and_4() -> None:
            spare = os.dup(theirs_in), os.dup(theirs_out)  # neither of them is 3 or 4 while both are moved there
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        self._process = subprocess.Popen(
            [BROWSER, *FLAGS, *flags, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=at_3_and_4, close_fds=False,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def ask(self, method: str, session: str | None = None, **params: Any) -> Any:
        """The answer to one message; raises AssertionError where Chromium refuses."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            pass
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def heard(self, session: str) -> list[dict[str, Any]]:
        """What a tab has said without being asked, oldest first."""
        return self._heard.setdefault(session, [])

    def hear(self) -> None:
        """Waits for one more message that nobody asked for."""
        assert "id" not in self._read()

    def _read(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._back.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            text += byte
        message: dict[str, Any] = json.loads(text)
        if "id" not in message:
            self.heard(message.get("sessionId", "")).append(message)
        return message

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._to)
        self._back.close()
        self._ending.close()
