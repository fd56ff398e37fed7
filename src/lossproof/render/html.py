"""A derivation, a step or a theorem as HTML with MathML: a whole page, or a part of one."""

from __future__ import annotations

import html as escaping

from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.steps import Step
from lossproof.referees import Report
from lossproof.render import latex as tex
from lossproof.render.mathml import ROOM, lines, prose
from lossproof.render.page import page, stylesheet
from lossproof.render.standing import unproved


def html(thing: Derivation | Step | Theorem) -> str:
    """A derivation, a step or a theorem as an HTML page.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    title = (thing.title or thing.name) if isinstance(thing, Derivation) else "lossproof"
    return page(title, _part(thing))


def fragment(thing: Derivation | Step | Theorem) -> str:
    """The same without the page around it, with its style confined to itself: for a notebook.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    return f"<style>\n{stylesheet('article')}</style>\n{_part(thing, level=4)}"


def _part(thing: Derivation | Step | Theorem, *, level: int = 1) -> str:
    if isinstance(thing, Derivation):
        return article(thing, level=level)
    return f'<div class="lossproof">\n{_display(tex.latex(thing))}\n</div>'


def article(derivation: Derivation, report: Report | None = None, *, level: int = 1) -> str:
    """The part of a page about one derivation: hypotheses, notation, theorem, proof.

    Args:
        derivation: what to show.
        report: what the referees say of it, if they were asked.
        level: of its heading, 1 to 5; the headings within are one lower.
    """
    d, theorem = derivation, derivation.theorem
    below = f"h{level + 1}"
    out = ['<article class="lossproof">', f"<h{level}>{escaping.escape(d.title or d.name)}</h{level}>"]
    if theorem.hypotheses:
        items = "\n".join(f"<li>{prose(line)}</li>" for line in tex.assumed(theorem))
        out.append(f"<{below}>Hypotheses</{below}>\n<ul>\n{items}\n</ul>")
    if tex.notation(d):
        out.append(f"<{below}>Notation</{below}>\n" + "\n".join(map(_display, tex.notation(d))))
    out.append(f"<{below}>Theorem</{below}>\n" + "\n".join(_display(s) for s in tex.statements(d)))
    lemmas = tex.lemmas(d)
    if lemmas:
        out.append(f"<{below}>Cited</{below}>\n" + "\n".join(_display(formula) for formula in lemmas))
    out.append(f"<{below}>Proof</{below}>" + ("" if d.steps else "\n" + _display(tex.Latex().marked(d.start))))
    out.extend(_step(*step) for step in zip(d.numbers, d, tex.rows(d), strict=True))
    if theorem.claim is not None:
        out.append(f"<section>\n{_display(tex.domain(theorem.claim), 'equal')}\n{_reason('by its parts')}\n</section>")
    if theorem.unproved:
        names = escaping.escape(", ".join(unproved(theorem)))
        out.append(f"<p>Rules without a machine-checked proof: {names}.</p>")
    if report is not None:
        out.append(f"<p>{escaping.escape(report.verdict)}</p>")
    out.append("</article>")
    return "\n".join(out)


def _step(number: int, step: Step, row: tex.Row) -> str:
    shown = (_display(row.left) if row.left else "") + _display(f"= {row.right}", "equal")
    section = f"<section>\n<div>{shown}</div>\n{_reason(f'({number}) {tex.reason(step)}')}\n"
    if step.conditions:
        items = "\n".join(f"<li>{prose(tex.fact(c))}</li>" for c in step.conditions)
        section += f"<details><summary>side conditions</summary>\n<ul>\n{items}\n</ul>\n</details>\n"
    return f"{section}</section>"


def _reason(text: str) -> str:
    return f'<div class="reason">{prose(text)}</div>'


def _display(marked: str, kind: str = "line") -> str:
    """A formula on lines of its own."""
    return f'<div class="{kind}">{"<br>".join(lines(marked, ROOM if kind == "equal" else tex.PAGE))}</div>'
