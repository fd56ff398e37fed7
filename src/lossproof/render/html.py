"""A self-contained HTML page with MathML: nothing to fetch, no script to read it."""

from __future__ import annotations

import html as escaping
import re

from lossproof.errors import MissingExtra
from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.steps import Step
from lossproof.render import latex as tex
from lossproof.render.standing import unproved

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 Georgia, serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.line, .equal { overflow-x: auto; padding: .3rem 0 .3rem 2rem; }
.equal { padding-left: 4rem; }
section { display: grid; grid-template-columns: minmax(0, 1fr) 16rem; align-items: center; }
section + section { border-top: 1px solid rgb(128 128 128 / .2); }
.reason, details { font-size: .9rem; }
details { grid-column: 1 / -1; margin-left: 2rem; }
@media (max-width: 45rem) { section { display: block; } .reason { margin-left: 2rem; } }
"""


#: What the converter does not know, and what it makes the same of.
_UNDERSTOOD = (
    (r"\operatorname*{arg\,max}", r"\mathrm{arg\,max}"),
    (r"\operatorname*{arg\,min}", r"\mathrm{arg\,min}"),
    *((rf"\{size}{side}", "") for size in ("big", "Big", "bigg", "Bigg") for side in "lr"),
    (r" \log", r" \,\log"),
    (r"\log ", r"\log\,"),
    (":=", "≔"),
)


def html(thing: Derivation | Step | Theorem) -> str:
    """A derivation, a step or a theorem as an HTML page.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``all``) is not installed.
    """
    title = (thing.title or thing.name) if isinstance(thing, Derivation) else "lossproof"
    body = _derivation(thing) if isinstance(thing, Derivation) else _display(tex.latex(thing))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaping.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _derivation(d: Derivation) -> str:
    theorem = d.theorem
    out = [f"<h1>{escaping.escape(d.title or d.name)}</h1>"]
    if theorem.hypotheses:
        items = "\n".join(f"<li>{_words(line)}</li>" for line in tex.assumed(theorem))
        out.append(f"<h2>Hypotheses</h2>\n<ul>\n{items}\n</ul>")
    if tex.notation(d):
        out.append("<h2>Notation</h2>\n" + "\n".join(map(_display, tex.notation(d))))
    out.append("<h2>Theorem</h2>\n" + "\n".join(_display(s) for s in tex.statements(d)))
    lemmas = tex.lemmas(d)
    if lemmas:
        out.append("<h2>Cited</h2>\n" + "\n".join(_display(formula) for formula in lemmas))
    out.append("<h2>Proof</h2>" if d.steps else "<h2>Proof</h2>\n" + _display(tex.Latex().marked(d.start)))
    out.extend(_step(k, step, row) for k, (step, row) in enumerate(zip(d, tex.rows(d), strict=True), start=1))
    if theorem.claim is not None:
        out.append(f"<section>\n{_display(tex.domain(theorem.claim), 'equal')}\n{_reason('by its parts')}\n</section>")
    if theorem.unproved:
        names = escaping.escape(", ".join(unproved(theorem)))
        out.append(f"<p>Rules without a machine-checked proof: {names}.</p>")
    return "\n".join(out)


def _step(number: int, step: Step, row: tex.Row) -> str:
    lines = (_display(row.left) if row.left else "") + _display(f"= {row.right}", "equal")
    section = f"<section>\n<div>{lines}</div>\n{_reason(f'({number}) {tex.reason(step)}')}\n"
    if step.conditions:
        items = "\n".join(f"<li>{_words(tex.fact(c))}</li>" for c in step.conditions)
        section += f"<details><summary>side conditions</summary>\n<ul>\n{items}\n</ul>\n</details>\n"
    return f"{section}</section>"


def _reason(text: str) -> str:
    return f'<div class="reason">{_words(text)}</div>'


def _display(marked: str, kind: str = "line") -> str:
    """A formula on lines of its own."""
    lines = (_mathml(piece).replace("<math ", '<math displaystyle="true" ', 1) for piece in tex.pieces_of(marked))
    return f'<div class="{kind}">{"<br>".join(lines)}</div>'


def _words(text: str) -> str:
    """Text with ``$mathematics$``, as HTML."""
    pieces = re.split(r"\$(.*?)\$", text)
    return "".join(
        _mathml(p) if k % 2 else escaping.escape(re.sub(r"\\([&%#_{}$])", r"\1", p)) for k, p in enumerate(pieces)
    )


def _mathml(formula: str) -> str:
    try:
        from latex2mathml.converter import convert
    except ImportError as error:
        raise MissingExtra("HTML", "latex2mathml") from error
    for written, understood in _UNDERSTOOD:
        formula = formula.replace(written, understood)
    return str(convert(formula))
