"""Plain text: a derivation for a terminal, never wider than asked for."""

from __future__ import annotations

import textwrap

from sympy import Expr

from lossproof.kernel.conditions import Member
from lossproof.kernel.derivation import Cite, Derivation, Theorem
from lossproof.kernel.facts import universal_in
from lossproof.kernel.relations import Kind, Relation
from lossproof.kernel.rules import FOLD, UNFOLD
from lossproof.kernel.steps import Step
from lossproof.notation.breaking import TERM
from lossproof.notation.inert import symbol_of
from lossproof.notation.plain import Plain, written
from lossproof.render.glossary import glossary
from lossproof.render.optima import is_loss, sought
from lossproof.render.standing import unproved

WIDTH = 80


def reason(step: Step) -> str:
    """What stands beside a step."""
    if step.rule in (UNFOLD, FOLD):
        return "definition of " + ", ".join(Plain().name(a.name) for a in step.about)
    if isinstance(step.rule, Cite):
        cited = step.rule.derivation
        return cited.title.partition(": ")[2] or cited.name
    return step.rule.name


def optima(before: Expr, after: Expr, relation: Relation, *, lowest: bool) -> str:
    """That two expressions have the same optima, with the marks of `Plain`; lowest if it begins with a minimum."""
    names = [written(symbol_of(p)) for p in relation.over]
    over = names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"
    sides = (before, lowest), (after, lowest != relation.reverses)
    left, right = (f"argm{'in' if low else 'ax'}_{over} {Plain().marked(e, alone=False)}" for e, low in sides)
    return f"{left} {TERM}= {right}"


def assumed(theorem: Theorem) -> list[str]:
    """The hypotheses of a theorem, each with the parameters for every value of which it is to hold."""
    lines = []
    for h in theorem.hypotheses:
        every = ", ".join(written(p) for p in universal_in(h, theorem.parameters))
        lines.append(f"{h}, for every {every}" if every else str(h))
    return lines


def statement(theorem: Theorem) -> list[str]:
    """What a theorem states, formula by formula, with the marks of `Plain`."""
    printer, carries = Plain(), theorem.relation.carries
    left, right = printer.marked(theorem.left), printer.marked(theorem.right)
    if carries is None:
        claim = [] if theorem.claim is None else [str(Member(theorem.right, theorem.claim))]
        return [f"{left} {TERM}= {right}", *claim]
    means = optima(theorem.left, theorem.right, theorem.relation, lowest=is_loss(theorem.left))
    return [f"{right} {TERM}= {printer.marked(carries(theorem.left))}", means]


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
            return "\n".join(_steps(Derivation("", (), (), thing.before, (thing,)), width, remarks))
        case Theorem():
            return "\n".join(_folded(formula, width, "") for formula in statement(thing))


def _derivation(d: Derivation, width: int, remarks: bool) -> str:
    theorem = d.theorem
    title = _wrapped(d.title or d.name, width, "", "")
    lines = [title, "=" * max(map(len, title.splitlines())), ""]
    if theorem.hypotheses:
        lines += ["Hypotheses"]
        lines += [_wrapped(line, width, "  - ", "    ") for line in assumed(theorem)] + [""]
    if theorem.definitions or glossary(d):
        printer = Plain()
        lines += ["Notation", *(_folded(printer.marked(definition), width) for definition in theorem.definitions)]
        for left, right in glossary(d):
            meaning = right if isinstance(right, str) else printer.marked(right)
            lines.append(_folded(f"{printer.marked(left)} := {meaning}", width))
        lines.append("")
    lines += ["Derivation", *_steps(d, width, remarks)]
    if theorem.claim is not None:
        lines += _beside(
            _wrapped(str(Member(theorem.right, theorem.claim)), width, " " * 6, " " * 8), "by its parts", width
        )
    cited = {step.rule.derivation.name: step.rule.derivation for step in d if isinstance(step.rule, Cite)}
    if cited:
        lines += ["", "Cited", *(_folded(formula, width) for c in cited.values() for formula in statement(c.theorem))]
    lines += ["", "Theorem"]
    if theorem.relation.kind is Kind.EQUAL:
        stated = statement(theorem)
    else:
        equations = [part.theorem for part in d.equations] or [theorem]
        stated = [formula for part in equations for formula in statement(part)]
        if len(d.equations):
            stated.append(optima(theorem.left, theorem.right, theorem.relation, lowest=is_loss(theorem.left)))
    lines += [_folded(formula, width) for formula in stated]
    if theorem.unproved:
        lines += ["", "Rules without a machine-checked proof"]
        lines.append(_wrapped(", ".join(unproved(theorem)), width, "    ", "    "))
    return "\n".join(lines)


def _steps(d: Derivation, width: int, remarks: bool) -> list[str]:
    lines: list[str] = []
    printer = Plain()
    left = printer.marked(d.start)
    for number, step, lowest in zip(d.numbers, d, sought(d), strict=True):
        if step.relation.kind is Kind.EQUAL:
            lines += [_folded(left, width)] if left else []
            formula, left = f"= {printer.marked(step.after)}", ""
        else:
            formula = optima(step.before, step.after, step.relation, lowest=lowest)
            left = printer.marked(step.after)
        shown = _folded(formula, width, "  " if formula.startswith("=") else "    ")
        lines += _beside(shown, f"({number}) {reason(step)}", width)
        if remarks:
            lines += [_wrapped(f"needs {fact}", width, " " * 14, " " * 18) for fact in step.conditions]
    return lines or [_folded(left, width)]


def _beside(shown: str, why: str, width: int) -> list[str]:
    """A formula with its reason at the right margin, below it where there is no room."""
    *lines, last = shown.split("\n")
    if len(last) + len(why) + 2 <= width:
        return [*lines, last + why.rjust(width - len(last))]
    return [*lines, last, _wrapped(why, width, " " * max(8, width - len(why)), " " * 12)]


def _folded(marked: str, width: int, first: str = "    ") -> str:
    """A formula on as many lines as it takes, each set in as far as it is to be."""
    lines = Plain().folded(marked, width - len(first))
    return "\n".join(
        _wrapped(line.text, width, first + " " * int(Plain.indent * line.depth), first + " " * 8) for line in lines
    )


def _wrapped(line: str, width: int, first: str, later: str) -> str:
    return "\n".join(textwrap.wrap(line, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False))
