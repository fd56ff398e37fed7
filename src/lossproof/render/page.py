"""The shell of every HTML page: self-contained, nothing to fetch, no script to read it."""

from __future__ import annotations

import base64
import hashlib
import html as escaping
import re
from importlib.resources import files


def stylesheet(name: str) -> str:
    """A style sheet of the package: ``article`` for what shows a derivation, ``page`` around it, ``notebook``."""
    return files("lossproof.render").joinpath(f"{name}.css").read_text(encoding="utf-8")


def page(title: str, body: str, *, navigation: str = "", style: str = "", script: str = "") -> str:
    """A whole HTML page.

    It may run no script but the one that adds buttons which copy LaTeX, and the caller's; the page says so to
    the browser, so that nothing else in it could run.

    Args:
        title: as plain text; it is escaped here.
        body: the content, as HTML; it is the page's ``<main>``.
        navigation: links to other places, as HTML; the page's ``<nav>``, before the content.
        style: a style sheet of the caller's, after the package's own.
        script: enhances what is there; nothing is lost without it.

    >>> page("a < b", "<h1>A</h1>").partition("<title>")[2].partition("</title>")[0]
    'a &lt; b'
    """
    nav = f'<nav aria-label="Site">\n{navigation}\n</nav>\n' if navigation else ""
    copying = files("lossproof.render").joinpath("copy.js").read_text(encoding="utf-8")
    scripts = [some for some in (copying, script) if some]
    known = " ".join(f"'sha256-{_digest(some)}'" for some in scripts)
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {known}; base-uri 'none'"
    runs = "\n".join(f"<script>{some}</script>" for some in scripts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaping.escape(title)}</title>\n"
        f"<style>\n{stylesheet('page')}{stylesheet('article')}{style}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#page.content">Skip to the content</a>\n{nav}'
        f'<main id="page.content">\n{body}\n</main>\n{runs}\n</body>\n</html>\n'
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def anchor(name: str) -> str:
    """A name as what may follow ``#`` in a link, and stand in a file's name: lower case, digits and hyphens.

    >>> anchor('my "model"/../x')
    'my-model-x'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "derivation"
