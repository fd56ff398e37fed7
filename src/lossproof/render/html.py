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
.line, .equal { overflow: auto hidden; padding: .3rem 0 .3rem 2rem; }
.equal { padding-left: 4rem; }
section { display: grid; grid-template-columns: minmax(0, 1fr) 16rem; align-items: end; }
section + section { border-top: 1px solid rgb(128 128 128 / .2); }
.reason, details { font-size: .9rem; }
.reason { padding-bottom: .5rem; }
details { grid-column: 1 / -1; margin-left: 2rem; }
@media (max-width: 45rem) { section { display: block; } .reason { margin-left: 2rem; } }
"""


#: What the converter does not know, and what it makes the same of.
_UNDERSTOOD = (
    (r"\\operatorname\*\{arg\\,(max|min)\}_\{(.*?)\}", r"\\underset{\2}{\\mathrm{arg\\,\1}}\\,"),
    (r"(?<=\S) \\(log|exp)\b", r" \\,\\\1"),
    (r"\\log (?!\\left)", r"\\log\\,"),
    (":=", r"\\;≔\\;"),
)
_ROOM = 31.0  # the width of a formula beside its reason, in em


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
    out.extend(_step(*step) for step in zip(d.numbers, d, tex.rows(d), strict=True))
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
    pieces = tex.pieces_of(marked, _ROOM if kind == "equal" else tex.PAGE)
    lines = (_mathml(_with_limits(piece)).replace("<math ", '<math displaystyle="true" ', 1) for piece in pieces)
    return f'<div class="{kind}">{"<br>".join(lines)}</div>'


def _with_limits(formula: str) -> str:
    """Ranges below and above the sign of a sum, as in display style."""
    return re.sub(r"\\(sum|prod)_", r"\\\1\\limits_", formula)


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
        formula = re.sub(written, understood, formula)
    upright = re.compile("<mi>(&#x0039[0-9A-F];|&#x003A[0-9];)</mi>")  # capital Greek letters
    return upright.sub(r'<mi mathvariant="normal">\1</mi>', str(convert(formula)))
