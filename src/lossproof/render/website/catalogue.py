"""The first page: every result by family, where else to go, and a box that filters."""

from __future__ import annotations

from html import escape

from lossproof.render.website.collection import ATLAS, INDEX, MAP, RULES_PAGE, Collection, Result
from lossproof.render.website.shell import counted, link, listed, standing, table, whole

#: The filter: hidden without scripts, where the browser's own search does the same.
_FILTER = """
const box = document.getElementById("filter"), said = document.getElementById("filtered");
box.hidden = false;
box.querySelector("input").addEventListener("input", event => {
  const words = event.target.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let many = 0;
  for (const family of document.querySelectorAll("section.family")) {
    let some = 0;
    for (const row of family.querySelectorAll("tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      some += !row.hidden;
    }
    family.hidden = !some;
    many += some;
  }
  said.textContent = words.length ? many + (many === 1 ? " result" : " results") : "";
});
"""


def catalogue_page(collection: Collection) -> str:
    """The index of the site."""
    here = INDEX
    many = sum(result.entry is not None for result in collection.results)
    verified = sum(found.ok for found in collection.reports.values())
    judged = f" Every step was judged again, and none refuted, in {verified} of {len(collection.results)} derivations."
    names = collection.family_anchors
    where = [
        "Which loss follows from my model, and why? Look below, by what is observed; each result has a page "
        "with its derivation, its gradient and what it is called in other libraries.",
        f"What does my loss assume of the noise? See the {link(here, ATLAS, 'atlas of losses')}.",
        f"What rests on what? See the {link(here, MAP, 'map of results')}.",
        f"What may a step do, and how is that proved? See the {link(here, RULES_PAGE, 'rules')}.",
    ]
    jump = listed(
        (
            f'<a href="#{names[family]}">{escape(family)}</a> ({len(results)})'
            for family, results in _families(collection)
        ),
        "columns",
    )
    parts = [
        "<h1>Every loss, derived</h1>",
        f"<p>{counted(many, 'result')}, each derived step by step by named rules, and checked."
        f"{judged if collection.reports else ''} "
        "A relation says how the first and the last line of a derivation are related: <b>=</b> is an equation, "
        "<b>same optima</b> means that a maximum of the likelihood is a minimum of the loss.</p>",
        listed(where),
        f'<nav aria-label="Families">\n<h2>Families</h2>\n{jump}\n</nav>',
        '<p id="filter" hidden><label>Filter by words of the name, the title or a library\'s function: '
        '<input type="search" autocomplete="off"></label> <span id="filtered" role="status"></span></p>',
    ]
    for family, results in _families(collection):
        title = f'<h2 id="{names[family]}">{escape(family)}</h2>'
        head = ("name", "result", "relation", "steps", "standing")
        rows = table(family, head, (_row(collection, result) for result in results), "results")
        parts.append(f'<section class="family">\n{title}\n{rows}\n</section>')
    return whole(here, "Catalogue", "\n".join(parts), script=_FILTER)


def _families(collection: Collection) -> list[tuple[str, tuple[Result, ...]]]:
    return list(collection.families.items())


def _row(collection: Collection, result: Result) -> tuple[str, ...]:
    d = result.derivation
    peers = ", ".join(result.entry.peers) if result.entry else ""
    also = f'<p class="note">{escape(peers)}</p>' if peers else ""
    return (
        link(INDEX, result.file, result.label),
        escape(d.title) + also,
        relation(result),
        str(len(d)),
        standing(collection, result),
    )


def relation(result: Result) -> str:
    """How the first and the last line are related, with what is claimed of the last, as HTML."""
    d = result.derivation
    return escape(str(d.relation) + ("" if d.claim is None else f" in {d.claim}"))
