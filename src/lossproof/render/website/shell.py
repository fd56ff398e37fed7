"""What the pages of a site share: the navigation, links, tables."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files

from lossproof.kernel.derivation import Derivation
from lossproof.render import latex as tex
from lossproof.render.html import References, article
from lossproof.render.mathml import lines
from lossproof.render.page import page
from lossproof.render.standing import proved_at_use
from lossproof.render.website.collection import ATLAS, INDEX, MAP, RULES_PAGE, Collection, Result
from lossproof.render.width import width
from lossproof.rulebook import RULES

_PLACES = {INDEX: "Catalogue", ATLAS: "Atlas of losses", MAP: "Map of results", RULES_PAGE: "Rules"}


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
    return page(
        f"{title} | lossproof",
        body,
        navigation=f'<ul class="places">\n{links}\n</ul>\n{more}',
        style=style,
        script=script,
    )


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


def shown(
    collection: Collection, here: str, derivations: Sequence[tuple[str, Derivation]], level: int
) -> Iterator[str]:
    """Derivations in full, each under its anchor, with links to what they cite; then the rules they use."""
    known = {name: href(here, f"{RULES_PAGE}#{place}") for name, place in collection.rules.items()}
    used = {rule for _, d in derivations for rule in d.theorem.rules}
    book = References((d for _, d in derivations), {rule: known[rule.name] for rule in used & set(RULES.values())})
    for anchor, derivation in derivations:
        cited = {other.derivation: href(here, other.file) for other in collection.cited(derivation)}
        report = collection.report(here)
        yield article(derivation, report, level=level, anchor=anchor, links=cited, rules=book.links(derivation))
    yield book.html()


def result_link(here: str, result: Result) -> str:
    """A link to a result, with its title."""
    return f"{link(here, result.file, result.label)}: {escape(result.derivation.title)}"


def listed(items: Iterable[str], kind: str = "plain") -> str:
    """A list of items that are HTML."""
    inside = "\n".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="{kind}">\n{inside}\n</ul>' if inside else ""


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "plain") -> str:
    """A table whose cells are HTML; the first of each row is its heading.  On a narrow screen it scrolls by itself."""
    # The roles say what the elements are by themselves, but browsers forget where a style shows them as blocks.
    top = "".join(f'<th scope="col" role="columnheader">{escape(cell)}</th>' for cell in head)
    body = "\n".join(
        f'<tr role="row"><th scope="row" role="rowheader">{first}</th>'
        + "".join(
            f'<td role="cell" data-of="{escape(of)}">{cell}</td>' for of, cell in zip(head[1:], rest, strict=True)
        )
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="region" role="region" aria-label="{escape(caption)}" tabindex="0">\n'
        f'<table class="{kind}" role="table">\n<thead role="rowgroup"><tr role="row">{top}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}\n</tbody>\n</table>\n</div>'
    )


def in_cell(marked: str, room: float) -> str:
    """A formula for a cell of a table, broken so that it fits; what cannot be broken is scrolled, by keyboard too."""
    pieces = tex.pieces_of(marked, room)
    wide = max(map(width, pieces)) > room
    scrolls = ' tabindex="0" role="group" aria-label="formula"' if wide else ""
    shown = "".join(f"<div>{line}</div>" for line in lines(marked, room))
    return f'<div class="formula"{scrolls}>{shown}</div>'


def counted(many: int, what: str, plural: str = "") -> str:
    """A number of things in words."""
    return f"{many} {what if many == 1 else plural or what + 's'}"


def standing(collection: Collection, result: Result) -> str:
    """How a result stands, in words, as HTML."""
    theorem, report = result.derivation.theorem, collection.report(result.file)
    missing = [rule for rule in theorem.rules if rule.name in theorem.unproved and not proved_at_use(rule)]
    without = f"; {counted(len(missing), 'rule')} without a machine-checked proof" if missing else ""
    if report is None:
        return f"proved{without}"
    if not report.ok:
        return "<strong>not verified</strong>"
    held = [who for who, counts in report.counts.items() if "held" in counts]
    return f"proved{without}; held by {escape(', '.join(held))}"
