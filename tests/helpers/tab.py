"""A tab of Chromium that is spoken to while it is open: what it shows, and what it tells a screen reader."""

from __future__ import annotations

import atexit
import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.helpers.chromium import Chromium

HELP = """
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const key = (name, target) => (target || document).dispatchEvent(new KeyboardEvent("keydown", {key: name, bubbles: true}));
const press = (how) => one(`[data-go=${how}]`).click();
const click = (element) => element.dispatchEvent(new MouseEvent("click", {bubbles: true}));
const node = (title) => all("#stage .node").find((n) => (n.querySelector("title")?.textContent || "").split("\\n")[0] === title);
const gradients = () => Object.fromEntries(all("#stage .node").map((n) => [n.querySelector("title").textContent.split("\\n")[0], n.querySelector("text.gradient")?.textContent]));
const badge = (where) => [...where.querySelectorAll("text.fold")][0];
const picture = () => one("#stage").innerHTML;
"""
TROUBLES = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")


class Tab:
    """An open page, in a context that shares nothing with other tabs."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._context = chromium.ask("Target.createBrowserContext")["browserContextId"]
        target = chromium.ask("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._session = chromium.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self.ask(f"{domain}.enable")

    @property
    def troubles(self) -> list[str]:
        """What came up in the page's console."""
        heard = self._chromium.heard(self._session)
        return [json.dumps(message["params"]) for message in heard if message["method"] in TROUBLES]

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to one message; raises AssertionError where Chromium refuses."""
        return self._chromium.ask(method, self._session, **params)

    def open(self, path: Path, scripts: bool = True, step: int = 0) -> None:
        """Shows a page, at the step that its address asks for; where scripts run, they find the helpers of HELP."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._go("about:blank")  # or the same page at another step would not be loaded again
        self._go(path.as_uri() + (f"#step={step}" if step else ""))
        if scripts:
            self.run(HELP.replace("const ", "var "))

    def _go(self, address: str) -> None:
        start = len(self._chromium.heard(self._session))
        self.ask("Page.navigate", url=address)
        self._wait_for("Page.loadEventFired", start)

    def let_pass(self, milliseconds: int) -> None:
        """The page's clock goes on by so much, as fast as the page is done with what is to happen until then."""
        start = len(self._chromium.heard(self._session))
        self.ask("Emulation.setVirtualTimePolicy", policy="pauseIfNetworkFetchesPending", budget=milliseconds)
        self._wait_for("Emulation.virtualTimeBudgetExpired", start)

    def _wait_for(self, method: str, start: int) -> None:
        """Until the tab has said this, not counting the messages before `start`."""
        while all(message["method"] != method for message in self._chromium.heard(self._session)[start:]):
            self._chromium.hear()

    def sized(self, width: int, height: int, phone: bool = False, dark: bool = False) -> None:
        """The window's size in pixels; phone: fingers instead of a mouse. dark: the reader's system is."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        self.ask("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def printed(self) -> bytes:
        """The page as a PDF, on the paper that it asks for."""
        found = self.ask("Page.printToPDF", preferCSSPageSize=True)
        return base64.b64decode(found["data"])

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

    def close(self) -> None:
        self._chromium.ask("Target.disposeBrowserContext", browserContextId=self._context)


_running: dict[tuple[str, ...], Chromium] = {}


def _one_for_all(flags: tuple[str, ...]) -> Chromium:
    """The Chromium of this process with these flags: to start one takes longer than most tests of a page."""
    if flags not in _running or not _running[flags].runs:
        _running[flags] = Chromium(flags)
        atexit.register(_running[flags].end)
    return _running[flags]


@contextmanager
def chromium(flags: Sequence[str] = ()) -> Iterator[Tab]:
    """A tab that shares nothing with others, and is closed with the block. flags: more of the browser's."""
    tab = Tab(_one_for_all(tuple(flags)))
    try:
        yield tab
    finally:
        tab.close()
