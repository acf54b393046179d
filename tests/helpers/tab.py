"""A tab of Chromium that is spoken to while it is open: what it shows, and what it tells a screen reader.

Chromium's debugging protocol over two pipes: messages are JSON, each ended by a NUL.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.helpers.browser import BROWSER, FLAGS, HELP


class Tab:
    """An open page. troubles: what came up in its console."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, os.fdopen(back, "rb", closefd=False)
        self._number = 0
        self._session: str | None = None
        self.troubles: list[str] = []

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to one message; raises AssertionError where Chromium refuses."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.troubles.append(json.dumps(answer["params"]))
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._back.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            text += byte
        return dict(json.loads(text))

    def attach(self) -> None:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self.ask(f"{domain}.enable")

    def open(self, path: Path, scripts: bool = True) -> None:
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.ask("Page.navigate", url=path.as_uri())
        while "DOMContentLoaded" not in self._seen():
            pass
        if scripts:
            self.run(HELP.replace("const ", "var "))

    def _seen(self) -> str:
        """A message that nobody asked for: what the page has come to."""
        answer = self._read()
        return "DOMContentLoaded" if answer.get("method") == "Page.loadEventFired" else ""

    def run(self, script: str) -> Any:
        """The value of a script in the page."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def accessible(self) -> list[str]:
        """Every text of the accessibility tree: names, descriptions, values and properties of what is not ignored."""
        texts = []
        for node in self.ask("Accessibility.getFullAXTree")["nodes"]:
            if node.get("ignored"):
                continue
            said = [node.get(part, {}).get("value") for part in ("name", "description", "value")]
            said += [part["value"].get("value") for part in node.get("properties", ())]
            texts += [text for text in said if isinstance(text, str) and text]
        return texts


@contextmanager
def chromium() -> Iterator[Tab]:
    """A tab in a Chromium of its own, which ends with the block."""
    assert BROWSER is not None
    read_theirs, write_ours = os.pipe()
    read_ours, write_theirs = os.pipe()

    def at_3_and_4() -> None:
        spare = os.dup(read_theirs), os.dup(write_theirs)  # neither of them is 3 or 4 while both are moved there
        os.dup2(spare[0], 3)
        os.dup2(spare[1], 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [BROWSER, *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=at_3_and_4, close_fds=False,
        )  # fmt: skip
        try:
            os.close(read_theirs)
            os.close(write_theirs)
            tab = Tab(write_ours, read_ours)
            tab.attach()
            yield tab
        finally:
            process.terminate()
            process.wait()
            os.close(write_ours)
            os.close(read_ours)
