"""Chromium without a window: open a page, act on it as a person would, and read what came of it."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.helpers.chromium import BROWSER, FLAGS
from tests.helpers.tab import HELP, chromium

# Before anything of the page: note everything that would show up in the console, and every attempt to load something.
WATCH = """<script>
window.troubles = [];
for (const kind of ["error", "warn"]) console[kind] = (...all) => window.troubles.push(all.join(" "));
window.addEventListener("error", (event) => window.troubles.push(String(event.message)));
window.addEventListener("securitypolicyviolation", (event) => window.troubles.push(event.violatedDirective));
window.alert = () => window.troubles.push("alert");
</script>"""


def open_page(target: str, cwd: Path | None = None) -> tuple[str, list[str]]:
    """The document after its scripts have run, and what the console said, in a browser of its own."""
    assert BROWSER is not None
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [BROWSER, *FLAGS, f"--user-data-dir={profile}", "--virtual-time-budget=4000", "--dump-dom", target],
            cwd=cwd, capture_output=True, text=True, check=True,
        )  # fmt: skip
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def act(page: str, script: str, folder: Path, flags: Sequence[str] = ()) -> Any:
    """What the script's function returns, run in the page once it has loaded; any trouble fails.

    The page's own policy lets no foreign script in, so it is taken out of this copy; `open_page` tests it as it is.
    flags: more of the browser's.
    """
    copy, replaced = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', WATCH, page)
    assert replaced == 1
    ending = f"""<script>{{ {HELP}
try {{ window.report = JSON.stringify((() => {{ {script} }})()); }}
catch (error) {{ window.troubles.push(String(error.stack)); }}
}}</script></body>"""
    path = folder / "acted.html"
    path.write_text(copy.replace("</body>", ending), encoding="utf-8")
    with chromium(flags) as tab:
        tab.open(path)
        tab.let_pass(4000)
        assert tab.run("window.troubles") == []
        assert tab.troubles == []
        return json.loads(tab.run('window.report ?? "null"'))
