"""Markdown with ``$$`` mathematics, as GitHub and Jupyter render it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.steps import Step
from lossproof.render import latex as tex
from lossproof.render.standing import unproved


def markdown(thing: Derivation | Step | Theorem) -> str:
    """A derivation, a step or a theorem as Markdown."""
    if not isinstance(thing, Derivation):
        return f"$$\n{tex.latex(thing)}\n$$"
    theorem = thing.theorem
    parts = [f"## {_plain(thing.title or thing.name)}"]
    if theorem.hypotheses:
        parts.append("**Hypotheses**\n\n" + "\n".join(f"- {_math(line)}" for line in tex.assumed(theorem)))
    if tex.notation(thing):
        parts.append("**Notation**\n\n" + _display(tex.notation(thing)))
    parts.append("**Theorem**\n\n" + _display(tex.statements(thing)))
    if tex.lemmas(thing):
        parts.append("**Cited**\n\n" + _display(tex.lemmas(thing)))
    chain = tex.environment("aligned", tex.columns(thing))
    parts.append(f"**Proof**\n\n$$\n{_math(chain)}\n$$")
    steps = [
        f"{k}. {_math(tex.reason(s))}" + "".join(f"\n   - {_math(tex.fact(c))}" for c in s.conditions)
        for k, s in zip(thing.numbers, thing, strict=True)
    ]
    parts.append("**Steps and side conditions**\n\n" + "\n".join(steps))
    if theorem.unproved:
        parts.append("Rules without a machine-checked proof: " + ", ".join(map(_plain, unproved(theorem))) + ".")
    return "\n\n".join(parts) + "\n"


def _display(formulas: Iterable[str]) -> str:
    return "\n\n".join(f"$$\n{tex.display(line)}\n$$" for line in formulas)


def _math(text: str) -> str:
    """What Markdown's mathematics does not know is left out."""
    return re.sub(r"\\small ", "", text)


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)
