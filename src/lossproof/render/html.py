"""A derivation, a step or a theorem as HTML with MathML: a whole page, or a part of one."""

from __future__ import annotations

import html as escaping
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sympy import Basic

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed
from lossproof.kernel.derivation import Cite, Derivation, Theorem
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import FOLD, UNFOLD, Assume, Rule
from lossproof.kernel.steps import Step
from lossproof.referees import ABSENT, HELD, NOT_APPLICABLE, REFUTED, Report, Row, declared
from lossproof.render import latex as tex
from lossproof.render.mathml import difference, lines, mathml, prose
from lossproof.render.page import anchor as identifier
from lossproof.render.page import page, stylesheet
from lossproof.render.rules import sheet
from lossproof.render.standing import unproved
from lossproof.render.width import width

_BESIDE = 33.0  # the room for a formula beside its reason, in em
_NARROW = 16.5  # on the screen of a telephone
_CHANGED = (
    '<p class="legend"><span class="new">Marked so</span>: new, against the line before; '
    '<span class="gap-behind">a dotted bar</span>: something went away there.</p>'
)


def html(thing: Derivation | Step | Theorem) -> str:
    """A derivation, a step or a theorem as an HTML page.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    if isinstance(thing, Derivation):
        body = article(thing, anchor=identifier(thing.name)) + references([thing])
        return page(thing.title or thing.name, body)
    return page("lossproof", f"<h1>{type(thing).__name__}</h1>\n{_formulas(thing)}")


def fragment(thing: Derivation | Step | Theorem) -> str:
    """The same without the page around it, with its style confined to itself: for a notebook.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    shown = article(thing, level=4) if isinstance(thing, Derivation) else _formulas(thing)
    return f"<style>\n{stylesheet('article')}</style>\n{shown}"


def _formulas(thing: Step | Theorem) -> str:
    return f'<div class="lossproof">\n{_display(tex.latex(thing))}\n</div>'


# ------------------------------------------------------------------ one derivation


@dataclass(frozen=True)
class _Place:
    """Where a derivation is shown, and what is known of it there."""

    level: int
    anchor: str
    links: Mapping[str, str]
    findings: Mapping[int, list[Row]] = field(default_factory=dict)

    def heading(self, text: str, below: int = 0) -> str:
        """A heading; ``below`` that of the derivation."""
        tag = f"h{min(self.level + below, 6)}"
        return f"<{tag}>{text}</{tag}>"

    def identified(self, part: object) -> str:
        """The attribute ``id`` of a part, where parts have one."""
        return f' id="{self.anchor}-{part}"' if self.anchor else ""


def article(
    derivation: Derivation,
    report: Report | None = None,
    *,
    level: int = 1,
    anchor: str = "",
    links: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The part of a page about one derivation: hypotheses, notation, theorem, proof, LaTeX.

    Args:
        derivation: what to show.
        report: what the referees say of it, if they were asked.
        level: of its heading, 1 to 4; those within are lower.
        anchor: an identifier on the page; its steps are ``ANCHOR-1`` and so on, and its rules link to the
            `references`, which must then be on the page.  Without it, nothing has an identifier.
        links: where to find the derivations that it cites, by their names.

    Raises:
        LossproofError: if the report is about another derivation.
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
        ReplayError: if a step does not hold.
    """
    d, theorem = derivation, derivation.theorem
    place = _Place(level, anchor, links, {} if report is None else _findings(d, report))
    identity = f' id="{anchor}"' if anchor else ""
    out = [f'<article class="lossproof"{identity}>', place.heading(escaping.escape(d.title or d.name))]
    out += [f'<p class="verdict">{_verdict(report)}</p>'] if report else []
    if theorem.hypotheses:
        out.append(f"{place.heading('Hypotheses', 1)}\n{_list(map(prose, tex.assumed(theorem)))}")
    if tex.notation(d):
        out += [place.heading("Notation", 1), *map(_display, tex.notation(d))]
    stated = "\n".join(map(_display, tex.statements(d)))
    out.append(f'{place.heading("Theorem", 1)}\n<div class="theorem">\n{stated}\n</div>')
    cited = {step.rule.derivation.name: step.rule.derivation for step in d if isinstance(step.rule, Cite)}
    if cited:
        out += [place.heading("Cited", 1), *(_cited(one, place) for one in cited.values())]
    out += [place.heading("Proof", 1), _proof(d, place)]
    if theorem.unproved:
        names = escaping.escape(", ".join(unproved(theorem)))
        out.append(f"<p>Rules without a machine-checked proof: {names}.</p>")
    out += [_referees(report, place)] if report else []
    out += [_source(d.latex(), "LaTeX of the derivation"), "</article>"]
    return "\n".join(out)


def _findings(d: Derivation, report: Report) -> dict[int, list[Row]]:
    """The rows of a report by the numbers of the steps."""
    rules = dict(zip(d.numbers, (step.rule.name for step in d), strict=True))
    if report.name != d.name or any(rules.get(row.step, row.rule) != row.rule for row in report.rows):
        raise LossproofError(f"the report on '{report.name}' is not about this derivation of '{d.name}'")
    found: dict[int, list[Row]] = {}
    for row in report.rows:
        found.setdefault(row.step, []).append(row)
    return found


def _proof(d: Derivation, place: _Place) -> str:
    if not d.steps:
        return _display(tex.Latex().marked(d.start))
    steps = "\n".join(_step(d, *one, place) for one in zip(d.numbers, d, tex.rows(d), strict=True))
    if d.claim is not None:
        steps += f'\n<li class="step">\n{_display(tex.domain(d.claim), "equal")}\n{_reason("by its parts")}\n</li>'
    return f'{_CHANGED}\n<ol class="proof" role="list">\n{steps}\n</ol>'


def _step(d: Derivation, number: int, step: Step, row: tex.Row, place: _Place) -> str:
    if step.relation.kind is Kind.EQUAL:
        before = tex.finished(tex.Latex().marked(step.before))
    else:
        before = tex.finished(row.left)
    changed = difference(before, tex.finished(row.right)).new
    right = _display(f"= {row.right}", "equal", {k + 1: kind for k, kind in changed.items()})
    left = _display(row.left) if row.left else ""
    return (
        f'<li class="step"{place.identified(number)}>\n<div>{left}{right}</div>\n'
        f"{_reason(f'({number}) {tex.reason(step)}')}\n{_why(d, number, step, place)}\n</li>"
    )


#: What lies behind a step, and the class of each, for the style sheet.
_KINDS = {"Rule": "rule", "Here": "here", "Conditions": "conditions", "Referees": "findings", "LaTeX": "latex-of"}


def _why(d: Derivation, number: int, step: Step, place: _Place) -> str:
    """What lies behind a step, folded away: its rule, what it did, conditions, findings, LaTeX."""
    rows = place.findings.get(number, [])
    told = [("Rule", _rule(d, step, place))]
    if changes := _rewritten(step):
        told.append(("Here", "\n".join(changes)))
    if step.conditions:
        told.append(("Conditions", _list(prose(tex.fact(c)) for c in step.conditions)))
    if rows:
        told.append(("Referees", _table(("referee", "finding", "what was checked"), map(_finding, rows))))
    told.append(("LaTeX", _code(step.latex(), f"of step {number}")))
    listed = "\n".join(
        f'<dt class="{_KINDS[term]}">{term}</dt><dd class="{_KINDS[term]}">{said}</dd>' for term, said in told
    )
    refuted = any(row.finding == REFUTED for row in rows)
    return (
        f'<details class="why"{" open" if refuted else ""}><summary>{_summary(number, step, rows)}</summary>\n'
        f"<dl>\n{listed}\n</dl>\n</details>"
    )


def _summary(number: int, step: Step, rows: Sequence[Row]) -> str:
    """What is behind a fold, in a few words."""
    said = ["rule"]
    if step.conditions:
        said.append(_counted(len(step.conditions), "condition"))
    against = [row.referee for row in rows if row.finding == REFUTED]
    held = [row.referee for row in rows if row.finding == HELD]
    if against:
        said.append(f"REFUTED by {escaping.escape(', '.join(against))}")
    elif rows:
        said.append(f"{_counted(len(held), 'referee')} agree{'s' if len(held) == 1 else ''}")
    return f'<span class="hidden">Step {number}: </span>{", ".join(said)}'


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _rule(d: Derivation, step: Step, place: _Place) -> str:
    """What the rule of a step says, on what conditions, and how it is proved."""
    rule, facts = step.rule, sheet(step.rule)
    name = escaping.escape(rule.name)
    if place.anchor and rule.reference:
        name = f'<a href="#{_key(rule)}">{name}</a>'
    said = [f"<p><strong>{name}</strong> <span>({escaping.escape(facts.standing)})</span></p>"]
    if facts.statement:
        said.append(_display(facts.statement))
    elif rule in (UNFOLD, FOLD):
        said += [_display(tex.Latex().marked(one)) for one in d.theorem.definitions if one.args[0] in step.about]
    elif isinstance(rule, Assume):
        said += [f"<p>{prose(tex.hypothesis(h))}</p>" for h in _assumed(d, rule)]
    elif isinstance(rule, Cite):
        said.append(_cited(rule.derivation, place))
    if facts.words and not isinstance(rule, Cite):
        said.append(f"<p>{escaping.escape(facts.words)}</p>")
    if facts.conditions:
        said.append(f"<p>if {'; '.join(map(mathml, facts.conditions))}</p>")
    return "\n".join(said)


def _assumed(d: Derivation, rule: Assume) -> list[Assumed]:
    return [h for h in d.hypotheses if isinstance(h, Assumed) and h.name == rule.assumption]


def _rewritten(step: Step) -> list[str]:
    """What the rule put for what, at each place where it was applied, if that is not the whole line."""
    paths = [place.path for place in step.places]
    if any(a[: len(b)] == b for k, a in enumerate(paths) for b in paths[:k] + paths[k + 1 :]) or () in paths:
        return []
    pairs = dict.fromkeys((_at(step.before, path), _at(step.after, path)) for path in paths)
    return [_becomes(*pair) for pair in pairs]


def _at(e: Basic, path: tuple[int, ...]) -> Basic:
    for position in path:
        e = e.args[position]
    return e


def _becomes(old: Basic, new: Basic) -> str:
    before, after = tex.Latex().marked(old), tex.Latex().marked(new)
    parts = difference(tex.finished(before), tex.finished(after))
    arrow = '<p class="arrow">becomes</p>'
    return (
        f'<div class="becomes">{_display(before, symbols=parts.gone)}{arrow}{_display(after, symbols=parts.new)}</div>'
    )


def _cited(cited: Derivation, place: _Place) -> str:
    """A result that is cited: its title, with a link if it is at hand, and what it states."""
    title = escaping.escape(cited.title or cited.name)
    url = place.links.get(cited.name)
    title = f'<a href="{escaping.escape(url)}">{title}</a>' if url else title
    stated = [tex.theorem_statement(cited.theorem)]
    return f"<p>{title}</p>\n" + "\n".join(map(_display, stated))


def _source(code: str, title: str) -> str:
    return f'<details class="source"><summary>{title}</summary>\n{_code(code, "of the derivation")}\n</details>'


def _code(code: str, of_what: str) -> str:
    """LaTeX to copy; with scripts, a button does that."""
    return f'<pre class="latex" tabindex="0" aria-label="LaTeX {of_what}"><code>{escaping.escape(code)}</code></pre>'


# ------------------------------------------------------------------ referees

_SIGNS = {HELD: "✓", REFUTED: "✗", NOT_APPLICABLE: "–", ABSENT: "∅"}


def _verdict(report: Report) -> str:
    """Whether every step holds, and according to whom."""
    who = [name for name, found in report.counts.items() if found.get(HELD)]
    said = "✓ Every step holds" if report.ok else "✗ NOT verified"
    absent = f"; absent: {', '.join(report.absent)}" if report.absent else ""
    asked = f", says {' and '.join(filter(None, [', '.join(who[:-1]), who[-1]]))}" if report.ok and who else ""
    return escaping.escape(f"{said}{asked}{absent}.")


def _finding(row: Row) -> tuple[str, str, str]:
    return row.referee, f"{_SIGNS[row.finding]} {row.finding}", row.detail


def _referees(report: Report, place: _Place) -> str:
    """What each referee found, counted."""
    judges = declared()
    rows = [
        (
            name,
            *(str(found.get(f, 0)) for f in (HELD, REFUTED, NOT_APPLICABLE)),
            report.absent.get(name, ""),
            _does(judges, name),
        )
        for name, found in report.counts.items()
    ]
    head = ("referee", "held", "refuted", "not applicable", "absent", "what it says of a step")
    return f"{place.heading('Referees', 1)}\n{_table(head, rows)}"


def _does(judges: Mapping[str, object], name: str) -> str:
    """The first sentence of what is said about a referee."""
    return (getattr(judges.get(name), "__doc__", "") or "").strip().partition("\n")[0]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column says what each row is about."""
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = "\n".join(
        f'<tr><th scope="row">{escaping.escape(first)}</th>'
        + "".join(f"<td>{escaping.escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return f"<table>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


# ------------------------------------------------------------------ references


def _key(rule: Rule) -> str:
    return f"rule-{identifier(rule.name)}"


def references(
    derivations: Iterable[Derivation], *, level: int = 2, links: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The rules that derivations use, each once, with what they say and where they can be looked up.

    Args:
        derivations: those of the page.
        level: of the heading.
        links: where there is more about a rule, by its name.
    """
    rules = {rule.name: rule for d in derivations for rule in d.theorem.rules if rule.reference}
    if not rules:
        return ""
    items = []
    for rule in rules.values():
        facts = sheet(rule)
        stated = _display(facts.statement) if facts.statement else f"<p>{escaping.escape(facts.words)}</p>"
        if facts.conditions:
            stated += f"<p>if {'; '.join(map(mathml, facts.conditions))}</p>"
        name = escaping.escape(rule.name)
        name = f'<a href="{escaping.escape(links[rule.name])}">{name}</a>' if rule.name in links else name
        items.append(
            f'<li id="{_key(rule)}"><strong>{name}</strong> '
            f'({escaping.escape(facts.standing)})\n<div class="stated">{stated}</div>\n'
            f"<cite>{escaping.escape(rule.reference)}.</cite></li>"
        )
    listed = "\n".join(items)
    heading = f"<h{level}>Rules and references</h{level}>"
    return f'\n<section class="lossproof rules">\n{heading}\n<ul>\n{listed}\n</ul>\n</section>'


# ------------------------------------------------------------------ formulas


def _list(items: Iterable[str]) -> str:
    listed = "\n".join(f"<li>{item}</li>" for item in items)
    return f"<ul>\n{listed}\n</ul>"


def _reason(text: str) -> str:
    return f'<p class="reason">{prose(text)}</p>'


def _display(marked: str, kind: str = "", symbols: Mapping[int, str] = MappingProxyType({})) -> str:
    """A formula on lines of its own; if a narrow screen takes more lines, in two ways, of which one is shown."""
    room = _BESIDE if kind == "equal" else tex.PAGE
    wide, narrow = (tex.pieces_of(marked, em) for em in (room, _NARROW))
    sizes = [("", wide, room)] if wide == narrow else [("wide", wide, room), ("narrow", narrow, _NARROW)]
    return "".join(_block(marked, f"formula {kind} {size}", em, symbols, pieces) for size, pieces, em in sizes)


def _block(marked: str, kinds: str, room: float, symbols: Mapping[int, str], pieces: Sequence[str]) -> str:
    # What may be wider than a screen is scrolled within its line, by keyboard too.
    scrolls = ' tabindex="0" role="group" aria-label="formula"' if max(map(width, pieces)) > _NARROW else ""
    shown = "".join(f"<div>{line}</div>" for line in lines(marked, room, symbols))
    return f'<div class="{" ".join(kinds.split())}"{scrolls}>{shown}</div>'
