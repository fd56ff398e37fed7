"""Headless Chromium for tests: what axe-core says of a page, what a script finds in it, how wide it is."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
COMMAND = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=60000", "--hide-scrollbars"),
)
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_DETAILS = re.compile(r"<details(?![^>]* open)")


def asked(page: str, script: str, folder: Path, *, width: int = 1200, dark: bool = False) -> Any:
    """What a script finds in a page, as JSON; it is the body of an asynchronous function that returns it.

    The page is shown in a frame, as narrow as asked; a browser window has a least width.
    """
    inner = f"(async () => {{ {script} }})().catch(e => ({{error: String(e)}}))"
    tail = f"<script>{inner}.then(found => parent.postMessage(JSON.stringify(found), '*'))</script>"
    inside = _POLICY.sub("", page).replace("</body>", f"{tail}</body>")
    frame = (
        f'<iframe title="page" style="border:0;width:{width}px;height:2000px" srcdoc="{html.escape(inside)}"></iframe>'
    )
    outer = (
        "<!DOCTYPE html><title>test</title><script>addEventListener('message', e => {"
        f"document.body.textContent = 'FOUND' + e.data + 'END' }})</script><body>{frame}</body>"
    )
    (folder / "page.html").write_text(outer, encoding="utf-8")
    command = [*COMMAND, f"--user-data-dir={folder / 'profile'}", "--window-size=1300,2000", "--dump-dom"]
    command += ["--blink-settings=preferredColorScheme=0"] if dark else []
    done = subprocess.run(
        [*command, (folder / "page.html").as_uri()], capture_output=True, text=True, check=False, timeout=300
    )
    found = re.search(r"<body>FOUND(.*)END", done.stdout, re.DOTALL)
    assert found, f"the browser found nothing: {done.stdout[-300:]} {done.stderr[-300:]}"
    return json.loads(html.unescape(found[1]))


def unfolded(page: str) -> str:
    """The page with every fold open."""
    return _DETAILS.sub("<details open", page)


def violations(page: str, folder: Path, *, width: int = 1200, dark: bool = False) -> list[str]:
    """What axe-core finds wrong with a page, all folds open: rule, what to do, where."""
    axe = AXE.read_text(encoding="utf-8")
    script = """
        const found = await axe.run(document, {resultTypes: ["violations"]});
        const dark = matchMedia("(prefers-color-scheme: dark)").matches;
        const said = found.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(
            n => n.target.join(" ") + " " + n.failureSummary).join(" | "));
        return {dark, said, rules: found.passes.length};
    """
    with_axe = unfolded(page).replace("</head>", f"<script>{axe}</script></head>")
    found = asked(with_axe, script, folder, width=width, dark=dark)
    assert "error" not in found, found
    assert found["dark"] == dark
    assert found["rules"] > 10
    return list(found["said"])
