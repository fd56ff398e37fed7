"""The page of the rules: what each says, under which conditions, where to look it up, how it is proved, who uses it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from lossproof.kernel.derivation import Derivation
from lossproof.kernel.rules import Rule
from lossproof.render.html import formula, words
from lossproof.render.rules import chapters, sheet, uses
from lossproof.render.website.collection import RULES_PAGE, Collection
from lossproof.render.website.naming import slugs
from lossproof.render.website.shell import counted, in_cell, link, listed, whole

#: More users than this are folded away.
_FEW = 5
_ROOM = 16.5  # for a condition on a narrow screen, in em


def rules_page(collection: Collection) -> str:
    """Every rule of the rulebook, by chapters."""
    book = chapters()
    users = _Users(collection)
    anchors = dict(zip(book, slugs(book), strict=True))
    many = sum(map(len, book.values()))
    parts = [
        "<h1>Rules</h1>",
        f"<p>{counted(many, 'rule')}. A step of a derivation applies one of them at one place, or at several, after "
        "its conditions have been shown. An equation <i>a</i> = <i>b</i> means that both sides are defined with the "
        "same real value, or both are undefined; letters stand for expressions, and the empty product is 1. "
        "What a proof assumes (independence, say) and the theorems that it cites are named on its own page.</p>",
        listed((f'<a href="#chapter-{anchors[title]}">{words(title)}</a>' for title in book), "columns"),
    ]
    for title, rules in book.items():
        parts.append(f'<h2 id="chapter-{anchors[title]}">{words(title)}</h2>')
        parts += [_section(collection, rule, users) for rule in rules]
    return whole(RULES_PAGE, "Rules", "\n".join(parts))


class _Users:
    """Who uses a rule: results of the catalogue with their lemmas, and answers to questions about losses."""

    def __init__(self, collection: Collection) -> None:
        self.results: dict[str, dict[str, str]] = {}
        self.questions: dict[str, dict[str, str]] = {}
        for result in collection.results:
            self._note(self.results, (result.derivation,), result.file, result.label)
        for question in collection.questions:
            self._note(self.questions, question.found.derivations, question.file, question.title)

    def _note(self, where: dict[str, dict[str, str]], ds: tuple[Derivation, ...], file: str, label: str) -> None:
        for name, users in uses(ds).items():
            if users:
                where.setdefault(name, {})[file] = label

    def of(self, rule: Rule) -> str:
        """Links to all of them, as HTML."""
        said = [
            _several(self.results.get(rule.name, {}), "result"),
            _several(self.questions.get(rule.name, {}), "answer of the atlas", "answers of the atlas"),
        ]
        return " ".join(filter(None, said)) or "nothing on this site"


def _several(users: Mapping[str, str], what: str, plural: str = "") -> str:
    links = ", ".join(link(RULES_PAGE, file, label) for file, label in users.items())
    if len(users) <= _FEW:
        return links
    return f"<details><summary>{counted(len(users), what, plural)}</summary><p>{links}</p></details>"


def _section(collection: Collection, rule: Rule, users: _Users) -> str:
    facts = sheet(rule)
    said = formula(facts.statement) if facts.statement else ""
    rows = [("says", words(facts.words))] if facts.words else []
    if facts.conditions:
        rows.append(("if", listed(in_cell(condition, _ROOM) for condition in facts.conditions)))
    if facts.reference:
        rows.append(("reference", escape(facts.reference)))
    rows.append(("standing", escape(facts.standing)))
    if facts.lemma:
        rows.append(("lemma", f"<code>{escape(facts.lemma)}</code>: <code>{escape(facts.coq)}</code>"))
    rows.append(("used by", users.of(rule)))
    listing = "\n".join(f"<dt>{word}</dt><dd>{what}</dd>" for word, what in rows)
    return (
        f'<section class="rule lossproof">\n<h3 id="{collection.rules[rule.name]}">{escape(rule.name)}</h3>\n'
        f'{said}\n<dl class="facts">\n{listing}\n</dl>\n</section>'
    )
