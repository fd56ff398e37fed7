"""What a notebook shows of an object, in each of the forms from which a front end chooses.

==================  ============================================================================
``text/html``       JupyterLab, Notebook, VS Code, Colab, nbconvert: MathML, steps that fold, a style
                    that stays inside; left out without ``latex2mathml``, and then the next is chosen
``text/markdown``   the same in Markdown with ``$$`` mathematics, which they all typeset
``text/latex``      nbconvert on its way to LaTeX, and whatever asks for ``_repr_latex_``; mathematics
                    that MathJax, KaTeX and LaTeX all accept: no ``align*``, no ``\\tag``
``text/plain``      a terminal: one or two lines
==================  ============================================================================

Nothing is claimed of a derivation that does not replay: each form says what is wrong instead.  No form raises
an error; one that cannot be made is left out.
"""

from __future__ import annotations

import html as escaping
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from lossproof.errors import MissingExtra
from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.presenting import UNWRITABLE
from lossproof.kernel.relations import Relation
from lossproof.kernel.rules import Identity, Rule
from lossproof.kernel.steps import Step
from lossproof.numeric.agreement import Agreement
from lossproof.recovery.equivalence import Equivalence
from lossproof.recovery.verdict import Verdict
from lossproof.referees import Report
from lossproof.render import latex as tex
from lossproof.render.html import fragment
from lossproof.render.markdown import markdown
from lossproof.render.mathml import prose
from lossproof.render.page import stylesheet

#: A line of a table: what stands before it, and what is said, in text with ``$mathematics$``.
Said: TypeAlias = tuple[str, str]


def bundle(thing: Any, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> dict[str, str]:
    """An object in the forms that are asked for, by their MIME types.

    Args:
        thing: what to show.
        include: the forms that are wanted; all, if none are named.
        exclude: the forms that are not.
    """
    wanted = [form for form in FORMS if (not include or form in include) and form not in (exclude or ())]
    wrong = _wrong(thing)
    forms = FORMS if not wrong else {form: _instead(FAILED[form], wrong) for form in FORMS if form in FAILED}
    shown = {form: _made(forms[form], thing) for form in wanted if form in forms}
    return {form: text for form, text in shown.items() if text is not None}


def _wrong(thing: Any) -> str:
    """What is wrong with a derivation or a theorem, or nothing."""
    try:
        if isinstance(thing, Derivation):
            _ = thing.theorem
        if isinstance(thing, Theorem):
            _ = thing.relation
    except UNWRITABLE as error:
        return f"{type(thing).__name__} not proved: {error}"
    return ""


def _instead(form: Callable[[str], str], said: str) -> Callable[[Any], str | None]:
    return lambda _: form(said)


def _made(form: Callable[[Any], str | None], thing: Any) -> str | None:
    """An object in one form, or None if it has no such form or cannot be written in it."""
    try:
        return form(thing)
    except UNWRITABLE:
        return None


# ------------------------------------------------------------------ the forms


def _plain(thing: Any) -> str:
    return repr(thing)


def _latex(thing: Any) -> str | None:
    match thing:
        case Derivation():
            chain = tex.environment("aligned", tex.columns(thing))
            return f"$$\n{chain}\n$$"
        case Step() | Theorem():
            return rf"$\displaystyle {tex.latex(thing)}$"
        case Identity():
            return rf"$\displaystyle {tex.statement(thing)}$"
        case Verdict() if thing.density is not None:
            return rf"$\displaystyle {_density(thing)}$"
    return None


def _markdown(thing: Any) -> str | None:
    match thing:
        case Derivation():  # its title is no heading of the notebook
            title, *rest = markdown(thing).split("\n")
            return "\n".join([f"**{title.removeprefix('## ')}**", *rest])
        case Step() | Theorem():
            return markdown(thing)
        case Report():
            return "\n\n".join((f"**{_marked(thing.verdict)}**", _table_in_markdown(_findings(thing))))
    said = _said(thing)
    if said is None:
        return None
    heading, lines = said
    return "\n\n".join((f"**{_marked(heading)}**", *(f"*{word}* {text}" if word else text for word, text in lines)))


def _html(thing: Any) -> str | None:
    try:
        match thing:
            case Derivation() | Step() | Theorem():
                return fragment(thing)
            case Report():
                return _framed(thing.verdict, _table_in_html(_findings(thing)))
        said = _said(thing)
        if said is None:
            return None
        heading, lines = said
        rows = "\n".join(f"<dt>{escaping.escape(word)}</dt><dd>{prose(text)}</dd>" for word, text in lines)
        return _framed(heading, f"<dl>\n{rows}\n</dl>")
    except MissingExtra:
        return None


#: Each form by its MIME type; the function gives None for what has no such form.
FORMS: dict[str, Callable[[Any], str | None]] = {
    "text/plain": _plain,
    "text/html": _html,
    "text/markdown": _markdown,
    "text/latex": _latex,
}
#: What is shown instead of what is not proved.
FAILED: dict[str, Callable[[str], str]] = {
    "text/plain": lambda said: f"<{said}>",
    "text/html": lambda said: f'<div role="alert"><strong>{escaping.escape(said)}</strong></div>',
    "text/markdown": lambda said: f"**{_marked(said)}**",
}


# ------------------------------------------------------------------ what is said of what is no chain of formulas


def _said(thing: Any) -> tuple[str, list[Said]] | None:
    """A heading and lines, in text with ``$mathematics$`` that is escaped as for LaTeX."""
    match thing:
        case Verdict():
            return str(thing.verdict), _of_verdict(thing)
        case Equivalence():
            return thing.outcome, _of_equivalence(thing)
        case Agreement():
            return ("all agree" if thing.ok else "NOT all agree"), _of_agreement(thing)
        case Relation():
            return str(thing), _of_relation(thing)
        case Identity():
            needs = [("if", f"${tex.condition(c)}$") for c in thing.when]
            source = [("see", tex.escape(thing.reference))] if thing.reference else []
            return thing.name, [("", f"${tex.statement(thing)}$"), *needs, *source]
        case Rule():
            return thing.name, [("see", tex.escape(thing.reference))] if thing.reference else []
    return None


def _density(verdict: Verdict) -> str:
    q = verdict.question
    given = ", ".join(tex.mathematics(f) for f, _ in q.predictions)
    assert verdict.density is not None
    return rf"p({tex.mathematics(q.y)} \mid {given}) = {tex.mathematics(verdict.density)}"


def _of_verdict(verdict: Verdict) -> list[Said]:
    """What the verdict says, loss and density as mathematics."""
    q = verdict.question
    given = ", ".join(tex.mathematics(f) for f, _ in q.predictions)
    loss = rf"$\ell({given}, {tex.mathematics(q.y)}) = {tex.mathematics(q.loss)}$"
    formulas = {"loss": loss} | ({} if verdict.density is None else {"density": f"${_density(verdict)}$"})
    return [(word.strip(), formulas.get(word) or tex.escape(text)) for word, text in verdict.rows() if word]


def _of_equivalence(found: Equivalence) -> list[Said]:
    sides = [(name, f"${tex.mathematics(e)}$") for name, e in (("A", found.a), ("B", found.b))]
    shown = [("because", tex.escape(found.statement))] if found.statement else []
    proofs = [("theorem", f"${tex.theorem_statement(d.theorem)}$") for d in found.derivations] if found.ok else []
    points = [("witness", tex.escape(line)) for w in found.witnesses for line in str(w).splitlines()]
    return [*sides, *shown, *proofs, *points]


def _of_agreement(found: Agreement) -> list[Said]:
    rows = [
        (c.what, tex.escape(f"{c.ours:.12g} derived, {c.other:.12g} by {c.by}: {'agrees' if c.agrees else 'DIFFERS'}"))
        for c in found.comparisons
    ]
    return [("data", tex.escape(found.data)), *rows, *(("note", tex.escape(note)) for note in found.notes)]


def _of_relation(relation: Relation) -> list[Said]:
    over = ", ".join(tex.mathematics(p) for p in relation.over)
    rows = [("over", f"${over}$")] if over else []
    turned = "a maximum of the one is a minimum of the other"
    return [*rows, *([("which", turned)] if relation.reverses else [])]


# ------------------------------------------------------------------ tables


def _findings(report: Report) -> list[list[str]]:
    """A row for each step: its number, its rule, and what each referee found."""
    referees = list(report.counts)
    steps = dict.fromkeys((row.step, row.rule) for row in report.rows)
    found = {(row.step, row.referee): row for row in report.rows}

    def cell(step: int, referee: str) -> str:
        row = found.get((step, referee))
        if row is None:
            return ""
        return row.finding if row.finding == "held" else f"{row.finding}: {row.detail}"

    return [
        ["step", "rule", *referees],
        *([str(step), rule, *(cell(step, who) for who in referees)] for step, rule in steps),
    ]


def _table_in_html(rows: list[list[str]]) -> str:
    head, *body = ([escaping.escape(cell) for cell in row] for row in rows)
    above = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body)
    return f"<table>\n<thead><tr>{above}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


def _table_in_markdown(rows: list[list[str]]) -> str:
    head, *body = (f"| {' | '.join(_marked(cell) for cell in row)} |" for row in rows)
    return "\n".join((head, f"|{'---|' * len(rows[0])}", *body))


def _framed(heading: str, content: str) -> str:
    style = f"<style>\n{stylesheet('article')}{stylesheet('notebook')}</style>\n"
    return f'{style}<div class="lossproof">\n<p><strong>{escaping.escape(heading)}</strong></p>\n{content}\n</div>'


def _marked(text: str) -> str:
    """Text made safe for Markdown."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>#|$" else c for c in text)
