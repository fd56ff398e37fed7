"""A derivation, a step or a theorem as HTML with MathML: a whole page, or a part of one."""

from __future__ import annotations

import html as escaping
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sympy import Basic

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed
from lossproof.kernel.derivation import Cite, Derivation, Theorem
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import FOLD, UNFOLD, Assume, Identity, Rule
from lossproof.kernel.steps import Step
from lossproof.notation.breaking import TERM
from lossproof.notation.letters import USUAL, Notation, notation_of
from lossproof.referees import ABSENT, FINDINGS, HELD, NOT_APPLICABLE, REFUTED, Report, Row
from lossproof.render import latex as tex
from lossproof.render.mathml import difference, lines, prose
from lossproof.render.notation import printer_for
from lossproof.render.page import page, stylesheet
from lossproof.render.rules import Sheet, sheet
from lossproof.render.standing import unproved
from lossproof.render.width import width

_BESIDE = 36.0  # the room for a formula beside its reason, in em
_NARROW = 16.5  # on the screen of a telephone
_CHANGED = (
    '<p class="legend"><span class="new">Marked so</span>: new, against the line before; '
    'a hatched blank <span class="gap"></span>: something went away there.</p>'
)


def html(thing: Derivation | Step | Theorem, *, notation: Notation | str = USUAL) -> str:
    """A derivation, a step or a theorem as an HTML page.

    Args:
        thing: what to show.
        notation: how names, logarithms, probabilities and sums are written, as for `lossproof.render.latex.latex`.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    if isinstance(thing, Derivation):
        book = References([thing])
        shown = article(thing, anchor="derivation", rules=book.links(thing), notation=notation)
        return page(thing.title or thing.name, shown + book.html(notation=notation))
    return page("lossproof", f"<h1>{type(thing).__name__}</h1>\n{_formulas(thing, notation)}")


def fragment(thing: Derivation | Step | Theorem, *, notation: Notation | str = USUAL) -> str:
    """The same without the page around it, with its style confined to itself: for a notebook.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    style = f"<style>\n{stylesheet('article')}</style>\n"
    if isinstance(thing, Derivation):
        return style + article(thing, level=4, notation=notation)
    return style + _formulas(thing, notation)


def _formulas(thing: Step | Theorem, notation: Notation | str) -> str:
    return f'<div class="lossproof">\n{_display(tex.latex(thing, notation=notation))}\n</div>'


# ------------------------------------------------------------------ one derivation

_NOWHERE: Mapping[Any, str] = MappingProxyType({})


@dataclass(frozen=True)
class _Place:
    """Where a derivation is shown, and what is known of it there."""

    level: int
    anchor: str
    links: Mapping[Derivation, str]
    rules: Mapping[str, str]
    printer: tex.Latex
    findings: Mapping[int, list[Row]] = field(default_factory=dict)

    def heading(self, text: str, below: int = 0) -> str:
        """A heading; ``below`` that of the derivation."""
        tag = f"h{min(self.level + below, 6)}"
        return f"<{tag}>{text}</{tag}>"

    def formula(self, e: Basic) -> str:
        """An expression on a line of its own."""
        return _display(self.printer.marked(e))


def article(
    derivation: Derivation,
    report: Report | None = None,
    *,
    level: int = 1,
    anchor: str = "",
    links: Mapping[Derivation, str] = _NOWHERE,
    rules: Mapping[str, str] = _NOWHERE,
    notation: Notation | str = USUAL,
) -> str:
    """The part of a page about one derivation: hypotheses, notation, theorem, proof, LaTeX.

    Args:
        derivation: what to show.
        report: what the referees say of it, if they were asked.
        level: of its heading, 1 to 4; those within are lower.
        anchor: its identifier on the page; that of step 3 is ``ANCHOR.3``.  Without it, nothing has one.
        links: where to find the derivations that it may cite.
        rules: where to find rules, by their names.
        notation: how names, logarithms, probabilities and sums are written, as for `lossproof.render.latex.latex`.

    Raises:
        LossproofError: if the report is about another derivation.
        LooksAlike: if the notation would have two different things written alike.
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
        ReplayError: if a step does not hold.
    """
    d, theorem = derivation, derivation.theorem
    findings = {} if report is None else _findings(d, report)
    place = _Place(level, anchor, links, rules, printer_for(tex.Latex, d, notation), findings)
    identity = f' id="{anchor}"' if anchor else ""
    out = [f'<article class="lossproof"{identity}>', place.heading(_title(d, place))]
    out += [f'<p class="verdict">{_verdict(report)}</p>'] if report else []
    if theorem.hypotheses:
        out.append(f"{place.heading('Hypotheses', 1)}\n{_list(map(_said, tex.assumed(theorem, place.printer)))}")
    known = tex.notation(d, place.printer)
    if known:
        out += [place.heading("Notation", 1), *map(_display, known)]
    stated = "\n".join(map(_display, tex.statements(d, place.printer)))
    out.append(f'{place.heading("Theorem", 1)}\n<div class="theorem">\n{stated}\n</div>')
    cited = {step.rule.derivation.name: step.rule.derivation for step in d if isinstance(step.rule, Cite)}
    if cited:
        out += [place.heading("Cited", 1), *(_cited(one, place) for one in cited.values())]
    out += [place.heading("Proof", 1), _proof(d, place)]
    if theorem.unproved:
        names = escaping.escape(", ".join(unproved(theorem)))
        out.append(f"<p>Rules without a machine-checked proof: {names}.</p>")
    out += [_referees(report, place)] if report else []
    out += [_source(d.latex(notation=notation)), "</article>"]
    return "\n".join(out)


def _title(d: Derivation, place: _Place) -> str:
    return prose(tex.worded(d.title or d.name, place.printer))


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
        return place.formula(d.start)
    lines = zip(d.numbers, d, tex.rows(d, place.printer), strict=True)
    steps = "\n".join(_step(d, *line, place) for line in lines)
    if d.claim is not None:
        steps += f'\n<li class="step">\n{_display(tex.domain(d.claim), "equal")}\n{_reason("by its parts")}\n</li>'
    return f'{_CHANGED}\n<ol class="proof" role="list">\n{steps}\n</ol>'


def _step(d: Derivation, number: int, step: Step, row: tex.Row, place: _Place) -> str:
    before = place.printer.marked(step.before) if step.relation.kind is Kind.EQUAL else row.left
    changed = difference(tex.finished(before), tex.finished(row.right)).new
    right = _display(f"= {row.right}", "equal", {k + 1: kind for k, kind in changed.items()})
    left = _display(row.left) if row.left else ""
    identity = f' id="{place.anchor}.{number}"' if place.anchor else ""
    code = tex.finished(f"{before} {TERM}= {row.right}")
    return (
        f'<li class="step"{identity}>\n<div>{left}{right}</div>\n{_reason(f"({number}) {row.why}")}\n'
        f"{_why(d, number, step, code, place)}\n</li>"
    )


#: What lies behind a step, and the class of each, for the style sheet.
_KINDS = {"Rule": "rule", "Here": "here", "Conditions": "conditions", "Referees": "findings", "LaTeX": "latex-of"}


def _why(d: Derivation, number: int, step: Step, code: str, place: _Place) -> str:
    """What lies behind a step, folded away: its rule, what it did, conditions, findings, LaTeX."""
    rows = place.findings.get(number, [])
    told = [("Rule", _rule(d, step, place))]
    if changes := _rewritten(step, place):
        told.append(("Here", "\n".join(changes)))
    if step.conditions:
        told.append(("Conditions", _list(_said(tex.fact(c, place.printer)) for c in step.conditions)))
    if rows:
        told.append(("Referees", _table(("referee", "finding", "what was checked"), map(_finding, rows))))
    told.append(("LaTeX", _code(code, f"of step {number}")))
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
        said.append(f"✓ {_counted(len(held), 'referee')}")
    return f'<span class="hidden">Step {number}: </span>{", ".join(said)}'


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _rule(d: Derivation, step: Step, place: _Place) -> str:
    """What the rule of a step says, on what conditions, and how it is proved."""
    rule, facts = step.rule, sheet(step.rule)
    called = tex.worded(rule.name, place.printer) if isinstance(rule, Assume) else tex.escape(rule.name)
    name = _linked(prose(called), place.rules.get(rule.name))
    said = [f"<p><strong>{name}</strong> ({escaping.escape(facts.standing)})</p>"]
    if isinstance(rule, Identity):
        said.append(_display(tex.statement(rule, place.printer)))
    elif rule in (UNFOLD, FOLD):
        said += [place.formula(one) for one in d.theorem.definitions if one.args[0] in step.about]
    elif isinstance(rule, Assume):
        said += [_said(tex.hypothesis(h, place.printer)) for h in _assumed(d, rule)]
    elif isinstance(rule, Cite):
        said.append(_cited(rule.derivation, place))
    if facts.words and not isinstance(rule, Cite):
        said.append(f"<p>{words(facts.words)}</p>")
    if facts.conditions:
        said.append(_said(_needed(facts)))
    return "\n".join(said)


def words(text: str) -> str:
    """Plain text in which what stands between double backticks is code."""
    return re.sub("``(.*?)``", r"<code>\1</code>", escaping.escape(text))


def _needed(facts: Sheet) -> str:
    """The conditions of a rule, as text with mathematics."""
    return "if " + "; ".join(f"${c}$" for c in facts.conditions)


def _assumed(d: Derivation, rule: Assume) -> list[Assumed]:
    return [h for h in d.hypotheses if isinstance(h, Assumed) and h.name == rule.assumption]


def _rewritten(step: Step, place: _Place) -> list[str]:
    """What the rule put for what, at each place where it was applied, if that is not the whole line."""
    paths = [one.path for one in step.places]
    if any(a[: len(b)] == b for k, a in enumerate(paths) for b in paths[:k] + paths[k + 1 :]) or () in paths:
        return []
    pairs = dict.fromkeys((_at(step.before, path), _at(step.after, path)) for path in paths)
    return [_becomes(*map(place.printer.marked, pair)) for pair in pairs]


def _at(e: Basic, path: tuple[int, ...]) -> Basic:
    for position in path:
        e = e.args[position]
    return e


def _becomes(before: str, after: str) -> str:
    parts = difference(tex.finished(before), tex.finished(after))
    arrow = '<p class="arrow">becomes</p>'
    return (
        f'<div class="becomes">{_display(before, symbols=parts.gone)}{arrow}{_display(after, symbols=parts.new)}</div>'
    )


def _cited(cited: Derivation, place: _Place) -> str:
    """A result that is cited: its title, with a link if it is at hand, and what it states."""
    title = _linked(_title(cited, place), place.links.get(cited))
    return f'<div class="cited"><p>{title}</p>\n{_display(tex.theorem_statement(cited.theorem, place.printer))}</div>'


def _linked(shown: str, url: str | None) -> str:
    return shown if url is None else f'<a href="{escaping.escape(url)}">{shown}</a>'


def _source(code: str) -> str:
    """The LaTeX of a derivation, folded away."""
    shown = _code(code, "of the derivation")
    return f'<details class="source"><summary>LaTeX of the derivation</summary>\n{shown}\n</details>'


def _code(code: str, of_what: str) -> str:
    """LaTeX to copy; with scripts, a button does that."""
    return f'<pre class="latex" tabindex="0" aria-label="LaTeX {of_what}"><code>{escaping.escape(code)}</code></pre>'


# ------------------------------------------------------------------ referees

_SIGNS = {HELD: "✓", REFUTED: "✗", NOT_APPLICABLE: "–", ABSENT: "∅"}


def _verdict(report: Report) -> str:
    """Whether every step holds, and who found so in how many steps."""
    steps = max((row.step for row in report.rows), default=0) - min((row.step for row in report.rows), default=1) + 1
    held = [f"{who} in {found[HELD]} of {steps}" for who, found in report.counts.items() if found.get(HELD)]
    said = ["✓ Every step holds" if report.ok else "✗ NOT verified"]
    said += [f"held by {', '.join(held)}"] if held else []
    said += [f"absent: {', '.join(report.absent)}"] if report.absent else []
    return escaping.escape("; ".join(said)) + "."


def _finding(row: Row) -> tuple[str, str, str]:
    return row.referee, f"{_SIGNS[row.finding]} {row.finding}", row.detail


#: What each referee does with a step.
_DOES = {
    "replay": "the kernel applies the rule again and shows the conditions again",
    "finite": "sums and products are written out at small sizes, the sides compared exactly",
    "balls": "both sides are enclosed in real balls at instances of the hypotheses, without the rules",
    "coq": "Coq accepts a certificate of the step, for every value",
}


def _referees(report: Report, place: _Place) -> str:
    """What each referee found, counted."""
    rows = [
        (name, *(str(found.get(one, 0)) for one in FINDINGS), report.absent.get(name) or _DOES.get(name, ""))
        for name, found in report.counts.items()
    ]
    return f"{place.heading('Referees', 1)}\n{_table(('referee', *FINDINGS, 'what it does'), rows)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column says what each row is about."""
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = "\n".join(
        f'<tr><th scope="row">{escaping.escape(first)}</th>'
        + "".join(f"<td>{escaping.escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    table = f"<table>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>"
    return f'<div class="said" tabindex="0" role="group" aria-label="{head[0]}s">\n{table}\n</div>'


# ------------------------------------------------------------------ references


class References:
    """The rules that the derivations of a page use, each once.

    Args:
        derivations: those of the page.
        more: where there is more about a rule.
    """

    def __init__(self, derivations: Iterable[Derivation], more: Mapping[Rule, str] = MappingProxyType({})) -> None:
        self._more = more
        used = dict.fromkeys(rule for d in derivations for rule in d.theorem.rules if rule.reference)
        self._places = {rule: f"rule.{number}" for number, rule in enumerate(used, start=1)}

    def links(self, derivation: Derivation) -> dict[str, str]:
        """Where on the page to find the rules of a derivation, by their names."""
        rules = derivation.theorem.rules
        return {rule.name: f"#{self._places[rule]}" for rule in rules if rule in self._places}

    def html(self, *, level: int = 2, notation: Notation | str = USUAL) -> str:
        """What each of them says and where it can be looked up, under a heading; nothing if there are none."""
        if not self._places:
            return ""
        printer = tex.Latex(notation_of(notation))
        listed = "\n".join(
            _reference(rule, place, printer, self._more.get(rule, "")) for rule, place in self._places.items()
        )
        heading = f"<h{level}>Rules and references</h{level}>"
        return f'\n<section class="lossproof rules">\n{heading}\n<ul>\n{listed}\n</ul>\n</section>'


def _reference(rule: Rule, identity: str, printer: tex.Latex, more: str) -> str:
    facts = sheet(rule)
    says = f"<p>{words(facts.words)}</p>"
    stated = _display(tex.statement(rule, printer)) if isinstance(rule, Identity) else says
    if facts.conditions:
        stated += _said(_needed(facts))
    name = _linked(escaping.escape(rule.name), more or None)
    return (
        f'<li id="{identity}"><strong>{name}</strong> ({escaping.escape(facts.standing)})\n'
        f'<div class="stated">{stated}</div>\n<cite>{escaping.escape(rule.reference)}.</cite></li>'
    )


# ------------------------------------------------------------------ formulas


def formula(marked: str) -> str:
    """A formula with the marks of `lossproof.render.latex.Latex` on lines of its own, fewer on a wide screen."""
    return _display(marked)


def _list(items: Iterable[str]) -> str:
    listed = "\n".join(f"<li>{item}</li>" for item in items)
    return f"<ul>\n{listed}\n</ul>"


def _reason(text: str) -> str:
    return f'<p class="reason">{prose(text)}</p>'


def _said(text: str) -> str:
    """A paragraph of text with ``$mathematics$``."""
    return f'<div class="said"{_scrolling(re.findall(r"[$](.*?)[$]", text))}>{prose(text)}</div>'


def _scrolling(formulas: Iterable[str]) -> str:
    """The attributes of what may be wider than a screen: it is scrolled by itself, by keyboard too."""
    wide = any(width(formula) > 0.75 * _NARROW for formula in formulas)
    return ' tabindex="0" role="group" aria-label="long formula"' if wide else ""


def _display(marked: str, kind: str = "", symbols: Mapping[int, str] = MappingProxyType({})) -> str:
    """A formula on lines of its own; if a narrow screen takes more lines, in two ways, of which one is shown."""
    room = _BESIDE if kind == "equal" else tex.PAGE
    wide, narrow = (tex.pieces_of(marked, em) for em in (room, _NARROW))
    sizes = [("", wide, room)] if wide == narrow else [("wide", wide, room), ("narrow", narrow, _NARROW)]
    return "".join(_block(marked, f"formula {kind} {size}", em, symbols, pieces) for size, pieces, em in sizes)


def _block(marked: str, kinds: str, room: float, symbols: Mapping[int, str], pieces: Sequence[str]) -> str:
    shown = "".join(f"<div>{line}</div>" for line in lines(marked, room, symbols))
    return f'<div class="{" ".join(kinds.split())}"{_scrolling(pieces)}>{shown}</div>'
