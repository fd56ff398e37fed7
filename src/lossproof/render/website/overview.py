"""The map: which result is used in the proof of which, as drawings and as lists that say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from lossproof.render.website.collection import INDEX, LEMMAS, MAP, Collection, Result
from lossproof.render.website.drawing import Node, drawing
from lossproof.render.website.naming import slugs
from lossproof.render.website.results import anchor_of
from lossproof.render.website.shell import counted, href, link, listed, table, whole


def map_page(collection: Collection) -> str:
    """The drawings, one for each family that has an edge, then every edge in a table."""
    here, groups = MAP, _groups(collection)
    edges = collection.dependencies.edges
    alone = len(collection.results) - len({place for edge in edges for place in edge})
    parts = [
        "<h1>Map of results</h1>",
        f"<p>An arrow leads from a theorem, on the left, to a result in whose proof it is cited: "
        f"{counted(len(edges), 'citation')}. Boxes are links; a dashed box is a lemma that is not in the catalogue "
        f"by itself. {counted(alone, 'result')} of the {link(here, INDEX, 'catalogue')} cite nothing and are not "
        "cited: they stand on the rules alone.</p>",
        '<p><a href="#table">The same as a table</a></p>',
    ]
    for (family, places), slug in zip(groups.items(), slugs(groups), strict=True):
        parts.append(
            f'<section>\n<h2 id="map-{slug}">{escape(family)}</h2>\n{_figure(collection, family, places)}\n</section>'
        )
    rows = (
        _row(collection, result)
        for result in collection.results
        if collection.uses(result) or collection.used_by(result)
    )
    parts.append('<h2 id="table">The same as a table</h2>')
    parts.append(table("Who uses what", ("result", "uses", "used by"), rows, "edges"))
    return whole(here, "Map of results", "\n".join(parts))


def _groups(collection: Collection) -> dict[str, list[int]]:
    """The places that have an edge, by the family that most of those belong to that hang together."""
    found: dict[str, list[int]] = {}
    for component in collection.dependencies.components:
        families = Counter(collection.results[place].family for place in component)
        del families[LEMMAS]
        found.setdefault(families.most_common(1)[0][0], []).extend(component)
    order = list(collection.families)
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def _figure(collection: Collection, family: str, places: Sequence[int]) -> str:
    results = [collection.results[place] for place in places]
    nodes = [
        Node(r.label, r.derivation.title, href(MAP, r.file), "lemma" if r.entry is None else "result") for r in results
    ]
    at = {place: k for k, place in enumerate(places)}
    edges = [(at[used], at[user]) for user, used in collection.dependencies.edges if user in at]
    said = f"{family}: {counted(len(nodes), 'result')}, {counted(len(edges), 'citation')}"
    return (
        f'<div class="region" role="region" aria-label="Map: {escape(family)}" tabindex="0">\n'
        f"{drawing(nodes, edges, said)}\n</div>"
    )


def _row(collection: Collection, result: Result) -> tuple[str, ...]:
    uses, used_by = (
        listed((link(MAP, other.file, other.label) for other in others), "plain") or "nothing"
        for others in (collection.uses(result), collection.used_by(result))
    )
    return f'<span id="{anchor_of(result)}">{link(MAP, result.file, result.label)}</span>', uses, used_by
