"""Chromium without a window: open a page, act on it as a person would, and read what came of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip

# Before anything of the page: note everything that would show up in the console, and every attempt to load something.
WATCH = """<script>
window.troubles = [];
for (const kind of ["error", "warn"]) console[kind] = (...all) => window.troubles.push(all.join(" "));
window.addEventListener("error", (event) => window.troubles.push(String(event.message)));
window.addEventListener("securitypolicyviolation", (event) => window.troubles.push(event.violatedDirective));
window.alert = () => window.troubles.push("alert");
</script>"""

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


def open_page(target: str, cwd: Path | None = None, flags: Sequence[str] = ()) -> tuple[str, list[str]]:
    """The document after its scripts have run, and what the console said. flags: more of the browser's."""
    assert BROWSER is not None
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [BROWSER, *FLAGS, *flags, f"--user-data-dir={profile}", "--virtual-time-budget=4000", "--dump-dom", target],
            cwd=cwd, capture_output=True, text=True, check=True,
        )  # fmt: skip
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def act(page: str, script: str, folder: Path, flags: Sequence[str] = ()) -> Any:
    """What the script's function returns, run in the page once it has loaded; any trouble fails.

    The page's own policy lets no foreign script in, so it is taken out of this copy; `open_page` tests it as it is.
    """
    copy, replaced = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', WATCH, page)
    assert replaced == 1
    ending = f"""<script>{HELP}
const report = document.createElement("pre");
report.id = "report";
try {{ report.textContent = JSON.stringify((() => {{ {script} }})()); }}
catch (error) {{ window.troubles.push(String(error.stack)); }}
report.dataset.troubles = JSON.stringify(window.troubles);
document.body.append(report);
</script></body>"""
    path = folder / "acted.html"
    path.write_text(copy.replace("</body>", ending), encoding="utf-8")
    dom, console = open_page(path.as_uri(), flags=flags)
    found = re.search(r'<pre id="report" data-troubles="([^"]*)">(.*?)</pre>', dom, re.S)
    assert found is not None, dom[-2000:]
    import html

    troubles = json.loads(html.unescape(found[1]))
    assert troubles == [], troubles
    assert console == []
    return json.loads(html.unescape(found[2]))
