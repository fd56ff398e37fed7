r"""Markdown that GitHub, Jupyter and other renderers show alike.

The common form is ``$...$`` within a line and ``$$...$$`` as a block: Jupyter knows no fenced
``math``.  But GitHub lets Markdown have its way with what stands between the dollars before it
typesets it, and forbids some commands.  So formulas are written without what either would touch:

===================================  =====================================================
in LaTeX                             here, because GitHub
===================================  =====================================================
a backslash before punctuation       ``\lbrace``, ``\thinspace``, ``\cr``: Markdown takes the backslash away
``\operatorname``                    ``\mathop``: the other is forbidden
``}_{...}``, ``)_{...}``             ``}_ {...}``: an underscore after punctuation may begin emphasis
``<``                                ``\lt``: it may begin a tag
``\text{... $x$ ...}``               ``\text{... }x\text{ ...}``: dollars in dollars are lost
===================================  =====================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.steps import Step
from lossproof.notation.letters import USUAL, Notation
from lossproof.render import latex as tex
from lossproof.render.notation import printer_for
from lossproof.render.standing import unproved

_PAGE = 46.0  # the width of a line in em, on GitHub

#: What Markdown would change in a formula, and what is written instead.
_SAFE = (
    (r"\\operatorname\*\{(.*?)\}_", r"\\mathop{\\mathrm{\1}}\\limits_"),
    (r"\\operatorname\{(.*?)\}", r"\\mathop{\\mathrm{\1}}"),
    (r"\\\{", r"\\lbrace "),
    (r"\\\}", r"\\rbrace "),
    (r"\\,", r"\\thinspace "),
    (r"\\\\(?=\s|$)", r"\\cr"),
    (r"<", r"\\lt "),
    (r"(?<=[^\w\s\\])_(?=\S)", "_ "),
)


def markdown(thing: Derivation | Step | Theorem, *, notation: Notation | str = USUAL) -> str:
    """A derivation, a step or a theorem as Markdown.

    Args:
        thing: what to print.
        notation: how names, logarithms, probabilities and sums are written, as for
            `lossproof.render.latex.latex`, with the same errors.
    """
    if not isinstance(thing, Derivation):
        return _display([tex.latex(thing, notation=notation)]) + "\n"
    printer = printer_for(tex.Latex, thing, notation)
    theorem = thing.theorem
    parts = [f"## {_words(tex.worded(thing.title or thing.name, printer))}"]
    if theorem.hypotheses:
        parts.append("**Hypotheses**\n\n" + "\n".join(f"- {_words(line)}" for line in tex.assumed(theorem, printer)))
    if known := tex.notation(thing, printer):
        parts.append("**Notation**\n\n" + _formulas(known))
    parts.append("**Theorem**\n\n" + _formulas(tex.statements(thing, printer)))
    if cited := tex.lemmas(thing, printer):
        parts.append("**Cited**\n\n" + _formulas(cited))
    chain = tex.environment("aligned", tex.columns(thing, printer, page=_PAGE))
    parts.append("**Proof**\n\n" + _display([chain]))
    steps = [
        f"{k}. {_words(tex.reason(s, printer))}"
        + "".join(f"\n{' ' * len(f'{k}. ')}- {_words(tex.fact(c, printer))}" for c in s.conditions)
        for k, s in zip(thing.numbers, thing, strict=True)
    ]
    if steps:
        parts.append("**Steps and side conditions**\n\n" + "\n".join(steps))
    if rules := [f"- {_words(tex.rule_used(r, printer))}" for r in theorem.rules if r.reference]:
        parts.append("**Rules**\n\n" + "\n".join(rules))
    if theorem.unproved:
        names = ", ".join(_words(tex.escape(name)) for name in unproved(theorem))
        parts.append(f"Rules without a machine-checked proof: {names}.")
    return "\n\n".join(parts) + "\n"


def _formulas(formulas: Iterable[str]) -> str:
    return _display(map(tex.display, formulas))


def _display(formulas: Iterable[str]) -> str:
    """Formulas as blocks."""
    return "\n\n".join(f"$$\n{_safe(formula)}\n$$" for formula in formulas)


def _safe(formula: str) -> str:
    """A formula in which there is nothing that Markdown would change."""
    for written, safe in _SAFE:
        formula = re.sub(written, safe, formula)
    return re.sub(r"(?<=\S) {2,}", " ", formula).strip()


def _words(text: str) -> str:
    """Text with ``$mathematics$``, escaped for LaTeX, as Markdown."""
    return "".join(f"${_safe(p)}$" if formula else _plain(p) for p, formula in tex.pieces_of_text(text))


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|$~&])", r"\\\1", text)
