"""What the pages of a site share: the navigation, links, tables."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from lossproof.render.page import page
from lossproof.render.website.collection import ATLAS, INDEX, MAP, RULES, Collection, Result

_PLACES = {INDEX: "Catalogue", ATLAS: "Atlas of losses", MAP: "Map of results", RULES: "Rules"}


def whole(here: str, title: str, body: str, more: str = "", *, script: str = "") -> str:
    """A page of the site.

    Args:
        here: its file.
        title: as plain text.
        body: what it shows, as HTML.
        more: further links for the navigation, as HTML.
        script: enhances what is there; nothing is lost without it.
    """
    links = "\n".join(
        f'<li><a href="{href(here, there)}"{current(here == there)}>{name}</a></li>' for there, name in _PLACES.items()
    )
    style = files("lossproof.render.website").joinpath("site.css").read_text(encoding="utf-8")
    places = f'<ul class="places">\n{links}\n</ul>{more}'
    return page(f"{title} | lossproof", body, navigation=places, style=style, script=script)


def current(here: bool) -> str:
    """The attribute of the link to the page that one is on."""
    return ' aria-current="page"' if here else ""


def href(here: str, there: str) -> str:
    """A relative link from one file of the site to another; it works without a server."""
    path, hash_, place = there.partition("#")
    return escape(posixpath.relpath(path, posixpath.dirname(here) or ".") + hash_ + place)


def link(here: str, there: str, text: str) -> str:
    """A link to another page of the site."""
    return f'<a href="{href(here, there)}">{escape(text)}</a>'


def result_link(here: str, result: Result) -> str:
    """A link to a result, with its title."""
    return f"{link(here, result.file, result.label)}: {escape(result.derivation.title)}"


def listed(items: Iterable[str], kind: str = "plain") -> str:
    """A list of items that are HTML."""
    inside = "\n".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="{kind}">\n{inside}\n</ul>' if inside else ""


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "plain") -> str:
    """A table whose cells are HTML; the first of each row is its heading.  On a narrow screen it scrolls by itself."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>' for first, *rest in rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0">\n'
        f'<table class="{kind}">\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>'
    )


def counted(many: int, what: str, plural: str = "") -> str:
    """A number of things in words."""
    return f"{many} {what if many == 1 else plural or what + 's'}"


def standing(collection: Collection, result: Result) -> str:
    """How a result stands, in words, as HTML."""
    theorem, report = result.derivation.theorem, collection.report(result)
    without = f"; {counted(len(theorem.unproved), 'rule')} without a lemma" if theorem.unproved else ""
    if report is None:
        return f"proved{without}"
    if not report.ok:
        return "<strong>not verified</strong>"
    held = [who for who, counts in report.counts.items() if "held" in counts]
    return f"proved{without}; held by {escape(', '.join(held))}"
