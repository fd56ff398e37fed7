"""LaTeX: an ``align*`` a lecturer could have written, one step of it, or a whole document.

What you see is what was proved: expressions are printed in the order in which they were built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sympy import Add, Basic, Expr, Mul, Product, Rational, Sum, Symbol
from sympy import latex as sympy_latex

from lossproof.kernel.conditions import (
    Assumed,
    Condition,
    Constant,
    Declared,
    DeclaredMatrix,
    Differentiable,
    Fact,
    ForAll,
    Has,
    Hypothesis,
    Labelled,
    Maps,
    Member,
    Range,
    Ranged,
    Smooth,
    Within,
)
from lossproof.kernel.derivation import Cite, Derivation, Theorem
from lossproof.kernel.domains import (
    BINARY,
    COUNT,
    INTEGER,
    NONNEGATIVE,
    NONZERO,
    POSITIVE,
    POSITIVE_COUNT,
    REAL,
    SIGNS,
    Domain,
)
from lossproof.kernel.facts import universal_in
from lossproof.kernel.relations import Kind, Relation
from lossproof.kernel.rules import FOLD, UNFOLD, Identity, Rule
from lossproof.kernel.steps import Step
from lossproof.notation.inert import mul, rebuild
from lossproof.notation.layout import Layout
from lossproof.notation.nodes import Chance, Curve, ProductOver
from lossproof.render.glossary import glossary

_TALL = ("\\frac", "\\sum", "\\prod", "\\left", "\\begin", "\\partial")


class Latex(Layout):
    """Expressions as LaTeX mathematics."""

    times = " \\, "
    dot = " \\cdot "
    dots = "\\cdots"
    transposed = "\\top"

    def name(self, name: str) -> str:
        if len(name) > 1 and name.isalpha() and name.isupper():
            return rf"\mathrm{{{name}}}"  # an abbreviation, not a product of letters
        # A name of several letters is set as a word: "Xw" is not the product of X and w.
        return re.sub(r"^[A-Za-z]{2,}", lambda word: rf"\mathit{{{word[0]}}}", str(sympy_latex(Symbol(name))))

    def fraction(self, top: str, bottom: str) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def superscript(self, base: str, exponent: str, *, simple: bool) -> str:
        return f"{base}^{{{exponent}}}"

    def subscript(self, base: str, below: str) -> str:
        return f"{base}_{below}" if len(below) == 1 or re.fullmatch(r"\\[a-z]+", below) else f"{base}_{{{below}}}"

    def big(self, operator: str, below: str, above: str) -> str:
        return rf"\{operator}_{{{below}}}" + (f"^{{{above}}}" if above else "")

    def function(self, name: str) -> str:
        return f"\\{name}" if name in ("log", "exp", "max", "cos", "sin") else rf"\operatorname{{{name}}}"

    def bars(self, inside: str) -> str:
        return rf"\lvert {inside} \rvert"

    def norm(self, inside: str) -> str:
        return rf"\lVert {inside} \rVert"

    def nabla(self, variable: str) -> str:
        return self.subscript(r"\nabla", variable)

    def span(self, index: str, last: str) -> str:
        return rf"{index} = 1, \dots, {last}"

    def slope(self, body: str | None, variable: str) -> str:
        return rf"\frac{{\partial {body or ''}}}{{\partial {variable}}}"

    def chance(self, kind: type[Chance], variable: str, value: str, given: str, at: str) -> str:
        return rf"{kind.letter}[{variable} {kind.sign} {value} \mid {given} = {at}]"

    def condition(self, left: str, right: str, *, equal: bool) -> str:
        sign = "=" if equal else r"\neq"
        return f"{left} {sign} {right}"

    def delimit(self, inside: str, level: int) -> str:
        opening, closing = ("[", "]") if level and level % 2 == 0 else ("(", ")")
        if any(mark in inside for mark in _TALL):
            return rf"\left{opening}{inside}\right{closing}"
        size = r"\bigl", r"\bigr"
        return f"{size[0]}{opening}{inside}{size[1]}{closing}" if level > 1 else f"{opening}{inside}{closing}"

    def emptyPrinter(self, e: object) -> str:
        return str(sympy_latex(e))

    def lines(self, e: Basic) -> list[str]:
        """A long expression in pieces, broken before its terms or before its last product."""
        if isinstance(e, Add):
            return [_spaced(self.brackets(term)) for term in self._terms(e)]
        body = e.args[0] if isinstance(e, Sum) else None
        if isinstance(body, Mul) and isinstance(body.args[-1], (Product, ProductOver)):
            first = rebuild(e, (mul(*body.args[:-1]) if len(body.args) > 2 else body.args[0], e.args[1]))
            return [_spaced(self.written(first)), rf"\cdot {_spaced(self.written(body.args[-1]))}"]
        return [_spaced(self.written(e))]


@lru_cache(maxsize=4096)
def mathematics(e: Basic) -> str:
    """An expression as LaTeX, for use in mathematics mode.

    >>> from lossproof.models import LOGISTIC
    >>> mathematics(LOGISTIC.loss.body)
    '\\\\sum_{i=1}^{n} \\\\ell(f_w(x_i), y_i)'
    """
    return _spaced(Latex().written(e))


def _spaced(text: str) -> str:
    """Thin spaces only where TeX does not set one by itself."""
    text = re.sub(r"\\, (?=\\(left|frac|log|sum|prod|exp|max|operatorname)\b)", " ", text)
    return re.sub(r"\s+", " ", text).strip()


# ------------------------------------------------------------------ words


def escape(text: str) -> str:
    """Text made safe for LaTeX's text mode."""
    special = {c: f"\\{c}" for c in "&%$#_{}"}
    special |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(c, c) for c in text)


_DOMAINS = {
    REAL: r"\in \mathbb{R}",
    POSITIVE: "> 0",
    NONNEGATIVE: r"\geq 0",
    NONZERO: r"\neq 0",
    INTEGER: r"\in \mathbb{Z}",
    COUNT: r"\in \{0, 1, 2, \dots\}",
    POSITIVE_COUNT: r"\in \{1, 2, 3, \dots\}",
    BINARY: r"\in \{0, 1\}",
    SIGNS: r"\in \{-1, 1\}",
}


def domain(d: Domain) -> str:
    """Membership in a domain, as what follows the expression."""
    if d in _DOMAINS:
        return _DOMAINS[d]
    ends = f"{'[' if d.low_closed else '('}{_end(d.low)}, {_end(d.high)}{']' if d.high_closed else ')'}"
    return rf"\in {ends}" + (r" \cap \mathbb{Z}" if d.integer else "")


def _end(v: object) -> str:
    return str(v).replace("inf", r"\infty")


def ranged(over: Range) -> str:
    """An index and its range."""
    low, high = mathematics(over.low), mathematics(over.high)
    return rf"{mathematics(over.index)} = {low}, \dots, {high}"


def condition(c: Condition) -> str:
    """A condition as mathematics."""
    match c:
        case Member(e, d):
            return f"{mathematics(e)} {domain(d)}"
        case Constant(e, variables):
            names = ", ".join(mathematics(v) for v in variables)
            return rf"{mathematics(e)} \text{{ does not contain }} {names}"
        case Differentiable(e, v):
            return rf"{mathematics(e)} \text{{ is differentiable in }} {mathematics(v)}"
        case Has(e, what):
            return rf"{mathematics(e)} \text{{ {what.value}}}"
        case Within(position, low, high):
            return rf"{mathematics(low)} \leq {mathematics(position)} \leq {mathematics(high)}"
        case ForAll(over, inner):
            return rf"{condition(inner)} \text{{ for }} {ranged(over)}"


def hypothesis(h: Hypothesis) -> str:
    """A hypothesis as text with mathematics."""
    match h:
        case Declared(term, d, ranges):
            return f"${mathematics(term)} {domain(d)}${_for(ranges)}"
        case DeclaredMatrix(term, what, ranges):
            return f"${mathematics(term)}$ {what.value}{_for(ranges)}"
        case Smooth(term, variable, ranges):
            return f"${mathematics(term)}$ is differentiable in ${mathematics(variable)}${_for(ranges)}"
        case Assumed(name, left, right, ranges):
            return f"{escape(name)}: ${mathematics(left)} = {mathematics(right)}${_for(ranges)}"
        case Ranged(over):
            low, high = mathematics(over.low), mathematics(over.high)
            return rf"${low} \leq {mathematics(over.index)} \leq {high}$, an integer"
        case Labelled(term, low, high, ranges):
            return f"${condition(Within(term, low, high))}$, an integer{_for(ranges)}"
        case Maps(head, order, source, target):
            t = Symbol("t")
            return f"${mathematics(Curve(head, order, t))} {domain(target)}$ for every $t {domain(source)}$"


def assumed(theorem: Theorem) -> list[str]:
    """The hypotheses of a theorem, each with the parameters for every value of which it is to hold."""
    lines = []
    for h in theorem.hypotheses:
        every = ", ".join(f"${mathematics(p)}$" for p in universal_in(h, theorem.parameters))
        lines.append(hypothesis(h) + (f", for every {every}" if every else ""))
    return lines


def _for(ranges: tuple[Range, ...]) -> str:
    return " for " + " and ".join(f"${ranged(r)}$" for r in ranges) if ranges else ""


def fact(f: Fact) -> str:
    """A shown condition with the reason why it holds, as text with mathematics."""
    grounds, because = f.reasons()
    if not grounds:
        return f"${condition(f.claim)}$" + (f" ({escape(because)})" if because else "")
    return f"${condition(f.claim)}$, since " + "; ".join(
        f"${condition(g.claim)}$ ({escape(g.because)})" for g in grounds
    )


def reason(step: Step) -> str:
    """What stands beside a step: its rule, in text with mathematics."""
    if step.rule in (UNFOLD, FOLD):
        return "definition of " + ", ".join(f"${Latex().name(a.name)}$" for a in step.about)
    if isinstance(step.rule, Cite):
        cited = step.rule.derivation
        return escape(cited.title.partition(": ")[2] or cited.name)
    return escape(step.rule.name)


def statement(rule: Identity) -> str:
    """The identity that a rule states."""
    sign = "=" if rule.kind is Kind.EQUAL else r"\longrightarrow"
    return f"{mathematics(rule.left)} {sign} {mathematics(rule.right)}"


# ------------------------------------------------------------------ chains


def optimum(e: Basic, relation: Relation, *, lowest: bool) -> str:
    """The optimiser of an expression over the parameters of a relation."""
    over = ", ".join(mathematics(p) for p in relation.over)
    which = "min" if lowest else "max"
    return rf"\operatorname*{{arg\,{which}}}_{{{over}}} {_bracketed(e)}"


def _bracketed(e: Basic) -> str:
    text = mathematics(e)
    return rf"\left[{text}\right]" if text.startswith("-") or " + " in text or " - " in text else text


def _turn(before: Expr, after: Expr, relation: Relation, *, lowest: bool = False) -> tuple[str, str]:
    """Left and right side of a line that keeps the optima but not the value; ``lowest`` if it starts from minima."""
    return optimum(before, relation, lowest=lowest), optimum(after, relation, lowest=relation.reverses != lowest)


@dataclass(frozen=True)
class _Row:
    """A line of an alignment: left side (or nothing), sign and right side, reason."""

    left: str
    right: list[str]
    why: str


def _rows(derivation: Derivation) -> list[_Row]:
    rows: list[_Row] = []
    left, lowest = mathematics(derivation.start), False
    for step in derivation:
        if step.relation.kind is Kind.EQUAL:
            rows.append(_Row(left, Latex().lines(step.after), reason(step)))
            left = ""
        else:
            before, after = _turn(step.before, step.after, step.relation, lowest=lowest)
            rows.append(_Row(before, [after], reason(step)))
            lowest = lowest != step.relation.reverses
            left = mathematics(step.after)
    return rows


_PAGE, _LETTER, _SMALL_LETTER = 420.0, 5.7, 4.9  # widths in points: a line, a letter, one of a reason
_WIDE_LEFT = 20  # letters; a longer left side gets a line of its own


def _visible(text: str) -> int:
    """Roughly how many letters wide a formula is: commands count as one, invisible marks not at all."""
    text = re.sub(r"\\(prod|sum)_\{\w+ : [^{}]*\}", "SSSSS", text)
    text = re.sub(r"\\frac\{\\partial ([^{}]*)\}\{\\partial [^{}]*\}", r"d\1", text)
    text = re.sub(r"\\(left|right|bigl|bigr|,|text|operatorname\*?)", "", text)
    text = re.sub(r"\\(log|exp)(?![a-z])", "xx", text)
    text = re.sub(r"\\(prod|sum)_\{[^{}]*\}(\^\{[^{}]*\})?", "SSS", text)
    return len(re.sub(r"\\[a-zA-Z]+|[{}^_\s]", lambda m: "x" if m[0].startswith("\\") else "", text))


def alignment(derivation: Derivation, *, remarks: bool = False, stay: str = r"\\", lap: bool = True) -> str:
    """The chain as an ``align*`` with the reason beside each step.

    A line too long for its reason is followed by it on a line of its own, and broken if it is too
    long for the page.  With ``remarks``, side conditions are listed below by the numbers of their
    steps, with the reasons why they hold; ``stay`` ends a line that should not be parted from the
    next by a page break; without ``lap`` every reason stays on its line.
    """
    lines = _rows(derivation)
    own = [len(row.left) > 0 and _visible(row.left) > _WIDE_LEFT for row in lines]
    margin = max((_visible(row.left) for row, alone in zip(lines, own, strict=True) if not alone), default=0)
    longest = max((len(row.why) for row in lines), default=0) + 7 * remarks
    room = (_PAGE - _SMALL_LETTER * longest) / _LETTER - margin
    page = _PAGE / _LETTER - 2 - margin
    rows: list[str] = []
    notes: list[str] = []
    for number, (step, row, alone) in enumerate(zip(derivation.steps, lines, own, strict=True), start=1):
        shown = [c for c in step.conditions if not _trivial(c)]
        mark = rf" $^{{({number})}}$" if remarks and shown else ""
        if mark:
            notes.append(rf"  \item[({number})] {'; '.join(map(fact, shown))}.")
        beside = rf"\text{{\small {row.why}{mark}}}"
        if alone:
            rows.append(rf"\rlap{{$\displaystyle {row.left}$}}\quad & {stay}")
        left, whole = "" if alone else row.left, "= " + " ".join(row.right)
        if _visible(whole) <= room or not lap:
            rows.append(rf"{left} & {whole} && {beside} \\".strip())
            continue
        pieces = [whole] if _visible(whole) <= page else ["= " + row.right[0], *(rf"\quad {p}" for p in row.right[1:])]
        for piece in pieces:
            rows.append(rf"{left} & \rlap{{$\displaystyle {{}} {piece}$}} {stay}".strip())
            left = ""
        rows.append(rf"& && {beside} \\")
    if derivation.claim is not None:
        rows.append(rf"& {domain(derivation.claim)} && \text{{\small by its parts}} \\")
    if not lines:
        rows.append(mathematics(derivation.start))
    body = "\n".join(f"  {row}" for row in rows).removesuffix(r" \\")
    out = f"\\begin{{align*}}\n{body}\n\\end{{align*}}"
    if notes:
        listed = "\n".join(notes)
        out += f"\n\\begin{{description}}\\itemsep0pt\\small\\raggedright\n{listed}\n\\end{{description}}"
    return out


def _trivial(f: Fact) -> bool:
    """Whether a condition is about a number written out, so that no reader asks for a reason."""
    return isinstance(f.claim, (Member, Constant, Differentiable)) and isinstance(f.claim.expression, Rational)


def latex(thing: Derivation | Step | Theorem, *, remarks: bool = False, standalone: bool = False) -> str:
    """A derivation, a step or a theorem as LaTeX.

    Args:
        thing: what to print.
        remarks: list the side conditions, with reasons, below a derivation.
        standalone: a document that ``pdflatex`` compiles, with hypotheses, theorem and references.
    """
    match thing:
        case Derivation():
            return document(thing, remarks=remarks) if standalone else alignment(thing, remarks=remarks)
        case Theorem():
            return theorem_statement(thing)
        case Step() if thing.relation.kind is Kind.EQUAL:
            return f"{mathematics(thing.before)} = {mathematics(thing.after)}"
        case Step():
            return " = ".join(_turn(thing.before, thing.after, thing.relation))


def theorem_statement(theorem: Theorem) -> str:
    """What a theorem states, as mathematics without its hypotheses.

    For a relation other than equality: the equation that carries one side to the other, and what
    it means for the optima.
    """
    relation, left, right = theorem.relation, theorem.left, theorem.right
    if relation.carries is None:
        return f"{mathematics(left)} = {mathematics(right)}" + claimed(theorem)
    return rf"{mathematics(right)} = {mathematics(relation.carries(left))}, \qquad {_optima(theorem)}"


def claimed(theorem: Theorem) -> str:
    """Where both sides of an equation lie, if that is claimed."""
    return "" if theorem.claim is None else f" {domain(theorem.claim)}"


def _optima(theorem: Theorem) -> str:
    return " = ".join(_turn(theorem.left, theorem.right, theorem.relation))


# ------------------------------------------------------------------ documents

STAY = r"\\*"
_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath, amssymb}
\usepackage[a4paper, margin=22mm]{geometry}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\sloppy
\begin{document}
"""


def document(derivation: Derivation, *, remarks: bool = False) -> str:
    """A LaTeX document: hypotheses, definitions, the theorem, its proof and the rules it used."""
    theorem = derivation.theorem
    hypotheses = "\n".join(rf"  \item {line}" for line in assumed(theorem))
    parts = [_PREAMBLE + rf"\section*{{{escape(derivation.title or derivation.name)}}}"]
    if theorem.hypotheses:
        parts.append(f"\\paragraph{{Hypotheses.}}\n\\begin{{itemize}}\\itemsep0pt\n{hypotheses}\n\\end{{itemize}}")
    if notation(derivation):
        parts.append(f"\\paragraph{{Notation.}}\n{_gather(notation(derivation))}")
    parts.append(f"\\paragraph{{Theorem.}}\n{_gather(statements(derivation))}")
    if lemmas(derivation):
        parts.append(f"\\paragraph{{Cited.}}\n{_gather(lemmas(derivation))}")
    parts.append(f"\\paragraph{{Proof.}}\n{alignment(derivation, remarks=remarks, stay=STAY)}\n\\hfill$\\square$")
    parts.append(_rules_used(theorem))
    return "\n\n".join(parts) + "\n\n\\end{document}\n"


def _gather(lines: Iterable[str]) -> str:
    body = " \\\\\n".join(f"  {line}" for line in lines)
    return f"\\begin{{gather*}}\n{body}\n\\end{{gather*}}"


def statements(derivation: Derivation) -> list[str]:
    """What a derivation proves, line by line: its equations, then what they mean for the optima."""
    theorem = derivation.theorem
    if theorem.relation.kind is Kind.EQUAL:
        return [theorem_statement(theorem)]
    return [*(theorem_statement(part.theorem) for part in derivation.equations), _optima(theorem)]


def notation(derivation: Derivation) -> list[str]:
    """The names and functions that occur, with what they stand for."""
    known = [
        f"{mathematics(left)} := " + (rf"\text{{{right}}}" if isinstance(right, str) else mathematics(right))
        for left, right in glossary(derivation)
    ]
    return [*map(mathematics, derivation.theorem.definitions), *known]


def lemmas(derivation: Derivation) -> list[str]:
    """What the theorems state that a derivation cites."""
    cited = {step.rule.derivation.name: step.rule.derivation for step in derivation if isinstance(step.rule, Cite)}
    return [theorem_statement(d.theorem) for d in cited.values()]


def _rules_used(theorem: Theorem) -> str:
    rows = [rf"  \item {_rule(r)}" for r in theorem.rules if r.reference]
    if not rows:
        return ""
    out = "\\paragraph{Rules.}\n\\begin{itemize}\\itemsep0pt\\small\n" + "\n".join(rows) + "\n\\end{itemize}"
    if theorem.unproved:
        out += "\n{\\small Stated with a reference, without a machine-checked proof: "
        out += ", ".join(map(escape, theorem.unproved)) + ".}"
    return out


def _rule(rule: Rule) -> str:
    stated = f": ${statement(rule)}$" if isinstance(rule, Identity) else ""
    return f"{escape(rule.name)}{stated}. {escape(rule.reference)}."
