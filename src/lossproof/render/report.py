"""Several derivations with what the referees say of them, as one page or as JSON."""

from __future__ import annotations

import html as escaping
import json
from collections.abc import Sequence

from lossproof.kernel.derivation import Derivation
from lossproof.kernel.serial import to_json
from lossproof.notation.letters import USUAL, Notation
from lossproof.referees import Report
from lossproof.render.html import References, article
from lossproof.render.notation import shared
from lossproof.render.page import page
from lossproof.render.website.naming import slugs

#: A derivation with what the referees say of it.
Judged = tuple[Derivation, Report]


def report(judged: Sequence[Judged], *, notation: Notation | str = USUAL) -> str:
    """One self-contained HTML page about some derivations: contents, each of them, the rules they use.

    Args:
        judged: the derivations in the order of the page, each with what the referees say of it.
        notation: how names, logarithms, probabilities and sums are written, as for `lossproof.render.latex.latex`;
            a name need not occur in each of them.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
        LooksAlike: if the notation would have two different things written alike.
        ReplayError: if a step does not hold.
        UnknownName: if a renamed name occurs in none of them.
    """
    derivations = [derivation for derivation, _ in judged]
    book = References(derivations)
    anchors = slugs(d.name for d in derivations)
    links = {d: f"#{anchor}" for d, anchor in zip(derivations, anchors, strict=True)}
    several = len(judged) > 1
    articles = [
        article(
            derivation,
            found,
            level=2 if several else 1,
            anchor=anchor,
            links=links,
            rules=book.links(derivation),
            notation=own,
        )
        for (derivation, found), anchor, own in zip(judged, anchors, shared(notation, derivations), strict=True)
    ]
    title = f"Report on {len(judged)} derivations" if several else derivations[0].title or derivations[0].name
    parts = [f"<h1>{title}</h1>", _contents(judged, anchors)] if several else []
    return page(title, "\n".join([*parts, *articles, book.html(notation=notation)]))


def _contents(judged: Sequence[Judged], anchors: Sequence[str]) -> str:
    items = "\n".join(
        f'<li><a href="#{anchor}">{escaping.escape(d.title or d.name)}</a>: {escaping.escape(_standing(found))}</li>'
        for (d, found), anchor in zip(judged, anchors, strict=True)
    )
    return f'<nav aria-label="Contents" class="contents">\n<h2>Contents</h2>\n<ol>\n{items}\n</ol>\n</nav>'


def _standing(found: Report) -> str:
    return "every step holds" if found.ok else "NOT verified"


def report_json(judged: Sequence[Judged]) -> str:
    """The same as JSON: a list of derivations, as they are saved, each with the rows of its referees."""
    entries = [
        {"derivation": json.loads(to_json(derivation)), "report": json.loads(found.to_json())}
        for derivation, found in judged
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False)
