"""The page of one result: its derivation, what it uses, what uses it, and what else is about the same."""

from __future__ import annotations

from html import escape

from lossproof.render.website.collection import ATLAS, INDEX, LEMMAS, MAP, Collection, Result, loss_name
from lossproof.render.website.shell import href, link, listed, result_link, shown, whole


def result_page(collection: Collection, result: Result) -> str:
    """The page of a result."""
    here, place = result.file, collection.results.index(result)
    before = collection.results[place - 1] if place else None
    after = collection.results[place + 1] if place + 1 < len(collection.results) else None
    derived, rules = shown(collection, here, [(anchor_of(result), result.derivation)], level=1)
    parts = [
        derived,
        '<aside aria-label="Around this result">',
        *_lemma(collection, result),
        *_list("Uses", here, collection.uses(result)),
        *_list("Used by", here, collection.used_by(result)),
        *_list("About the same", here, collection.together(result)),
        *_peers(collection, result),
        f"<p>{_where(collection, result)}</p>" if result.entry else "",
        "</aside>",
        rules,
        '<nav aria-label="Reading order" class="order">',
        _turn(here, before, "prev") + _turn(here, after, "next"),
        "</nav>",
    ]
    title = result.derivation.title or result.label
    family = f"{INDEX}#{collection.family_anchors[result.family]}"
    trail = f'<p class="trail">{link(here, family, result.family)} › {escape(result.label)}</p>'
    return whole(here, title, "\n".join(filter(None, parts)), trail)


def _where(collection: Collection, result: Result) -> str:
    """Where else the result is: on the map, if it cites or is cited, and at the command line."""
    command = f"At the command line: <code>lossproof derive {escape(result.derivation.name)}</code>"
    if not collection.uses(result) and not collection.used_by(result):
        return command
    return f"{link(result.file, f'{MAP}#{anchor_of(result)}', 'On the map')}. {command}"


def anchor_of(result: Result) -> str:
    """What the row of a result on the map is called."""
    return result.file.rpartition("/")[2].removesuffix(".html")


def _list(title: str, here: str, results: tuple[Result, ...]) -> list[str]:
    return [f"<h2>{title}</h2>", listed(result_link(here, other) for other in results)] if results else []


def _lemma(collection: Collection, result: Result) -> list[str]:
    if result.family != LEMMAS:
        return []
    same = [
        other for other in collection.results if other is not result and other.derivation.name == result.derivation.name
    ]
    if not same:
        return ["<p>A lemma: it is not in the catalogue by itself, only cited.</p>"]
    others = ", ".join(link(result.file, other.file, other.label) for other in same)
    return [f"<p>A lemma of the same name as {others}, but another theorem: see its parameters and hypotheses.</p>"]


def _peers(collection: Collection, result: Result) -> list[str]:
    if result.entry is None or not result.entry.peers:
        return []
    losses = set(map(loss_name, collection.losses(result)))
    items = []
    for peer in result.entry.peers:
        name = f"<code>{escape(peer)}</code>"
        if peer in losses:
            there = f"{ATLAS}#{loss_anchor(peer)}"
            name = f'<a href="{href(result.file, there)}">{name}</a>, in the atlas'
        items.append(name)
    return ["<h2>In other libraries</h2>", "<p>These compute the same, or find its minimiser:</p>", listed(items)]


def loss_anchor(name: str) -> str:
    """What the section of a loss of a library in the atlas is called."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name).lower()


def _turn(here: str, result: Result | None, which: str) -> str:
    if result is None:
        return "<span></span>"
    words = "Previous" if which == "prev" else "Next"
    return f'<a rel="{which}" href="{href(here, result.file)}">{words}: {escape(result.label)}</a>'
