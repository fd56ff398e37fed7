"""Plain text: a derivation for a terminal, never wider than asked for."""

from __future__ import annotations

import textwrap

from lossproof.kernel.conditions import Member
from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.facts import universal_in
from lossproof.kernel.relations import Kind, Relation
from lossproof.kernel.rules import FOLD, UNFOLD
from lossproof.kernel.steps import Step
from lossproof.notation.inert import symbol_of
from lossproof.notation.plain import Plain, written
from lossproof.render.glossary import glossary

WIDTH = 80


def reason(step: Step) -> str:
    """What stands beside a step."""
    if step.rule in (UNFOLD, FOLD):
        return "definition of " + ", ".join(Plain().name(a.name) for a in step.about)
    return step.rule.name


def optima(left: object, right: object, relation: Relation, *, lowest: bool = False) -> str:
    """The statement that two expressions have the same optima; ``lowest`` if it is of the minima of the first."""
    over = ", ".join(written(symbol_of(p)) for p in relation.over)
    first, second = ("argmin" if low else "argmax" for low in (lowest, relation.reverses != lowest))
    return f"{first}_{over} {left} = {second}_{over} {right}"


def assumed(theorem: Theorem) -> list[str]:
    """The hypotheses of a theorem, each with the parameters for every value of which it is to hold."""
    lines = []
    for h in theorem.hypotheses:
        every = ", ".join(written(p) for p in universal_in(h, theorem.parameters))
        lines.append(f"{h}, for every {every}" if every else str(h))
    return lines


def statement(theorem: Theorem) -> list[str]:
    """What a theorem states, line by line."""
    left, right, relation = written(theorem.left), written(theorem.right), theorem.relation
    if relation.carries is None:
        if theorem.claim is None:
            return [f"{left} = {right}"]
        return [f"{left} = {right}", str(Member(theorem.right, theorem.claim))]
    return [f"{right} = {written(relation.carries(theorem.left))}", optima(left, right, relation)]


def text(thing: Derivation | Step | Theorem, *, width: int = WIDTH, remarks: bool = False) -> str:
    """A derivation, a step or a theorem as plain text.

    Args:
        thing: what to print.
        width: no line is wider, in characters.
        remarks: print the side conditions, with reasons, below each step.
    """
    match thing:
        case Derivation():
            return _derivation(thing, width, remarks)
        case Step():
            return _step(thing, width, remarks)
        case Theorem():
            return "\n".join(_wrapped(line, width, "", "    ") for line in statement(thing))


def _derivation(d: Derivation, width: int, remarks: bool) -> str:
    theorem = d.theorem
    title = _wrapped(d.title or d.name, width, "", "")
    lines = [title, "=" * max(map(len, title.splitlines())), ""]
    if theorem.hypotheses:
        lines += ["Hypotheses"]
        lines += [_wrapped(line, width, "  - ", "    ") for line in assumed(theorem)] + [""]
    if theorem.definitions or glossary(d):
        lines += ["Notation"]
        for definition in theorem.definitions:
            lines.append(_wrapped(written(definition), width, "    ", "        "))
        for left, right in glossary(d):
            meaning = right if isinstance(right, str) else written(right)
            lines.append(_wrapped(f"{written(left)} := {meaning}", width, "    ", "        "))
        lines.append("")
    lines += ["Derivation", _wrapped(written(d.start), width, "    ", "      ")]
    lowest = False
    for number, step in enumerate(d, start=1):
        lines.append(_line(number, step, width, remarks, lowest=lowest))
        lowest = lowest != step.relation.reverses
    lines += ["", "Theorem"]
    parts = d.equations if theorem.relation.kind is not Kind.EQUAL else (d,)
    stated = [line for part in parts for line in statement(part.theorem)]
    if theorem.relation.kind is not Kind.EQUAL:
        stated.append(optima(written(theorem.left), written(theorem.right), theorem.relation))
    lines += [_wrapped(line, width, "    ", "        ") for line in stated]
    if theorem.unproved:
        lines += ["", "Rules without a machine-checked proof"]
        lines.append(_wrapped(", ".join(theorem.unproved), width, "    ", "    "))
    return "\n".join(lines)


def _line(number: int, step: Step, width: int, remarks: bool, *, lowest: bool = False) -> str:
    after = written(step.after)
    if step.relation.kind is Kind.EQUAL:
        shown = _wrapped(f"= {after}", width, "  ", "      ")
    else:
        sides = optima(written(step.before), f"[{after}]", step.relation, lowest=lowest)
        shown = _wrapped(sides, width, "  ", "      ") + "\n" + _wrapped(after, width, "    ", "      ")
    out = f"{shown}\n" + _wrapped(f"({number}) {reason(step)}", width, " " * 10, " " * 14)
    if remarks:
        for fact in step.conditions:
            out += "\n" + _wrapped(f"needs {fact}", width, " " * 14, " " * 18)
    return out


def _step(step: Step, width: int, remarks: bool) -> str:
    head = _wrapped(written(step.before), width, "    ", "      ")
    return f"{head}\n{_line(1, step, width, remarks)}"


def _wrapped(line: str, width: int, first: str, later: str) -> str:
    return "\n".join(textwrap.wrap(line, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False))
