"""LaTeX: an ``align*`` a lecturer could have written, one step of it, or a whole document.

What you see is what was proved: expressions are printed in the order in which they were built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sympy import Basic, Expr, Rational, Symbol
from sympy import latex as sympy_latex
from sympy.printing.conventions import split_super_sub
from sympy.printing.latex import tex_greek_dictionary, translate

from lossproof.kernel.conditions import (
    Assumed,
    Between,
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
from lossproof.notation.breaking import TERM
from lossproof.notation.layout import Layout
from lossproof.notation.letters import Letter
from lossproof.notation.nodes import Chance, Curve
from lossproof.render.glossary import glossary
from lossproof.render.optima import is_loss, sought
from lossproof.render.standing import unproved
from lossproof.render.width import width

_BELOW = re.compile(r"_(\w|\\[A-Za-z]+|\{[^{}]*\})'*$")
_TALL = ("\\frac", "\\sum", "\\prod", "\\left", "\\begin", "\\partial")


def _is_plain(part: str) -> bool:
    """Whether SymPy writes a part of a name as a word or a Greek letter, with an accent at most."""
    for accent in ("hat", "bar"):
        part = part.removesuffix(accent) or part
    return translate(part) in (part, f"\\{part}", tex_greek_dictionary.get(part))


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    """A name as LaTeX, so that no two of them look alike."""
    if len(name) > 1 and name.isalpha() and name.isupper():
        return rf"\mathrm{{{name}}}"  # an abbreviation, not a product of letters
    base, above, below = split_super_sub(name)
    if above or not all(map(_is_plain, (base, *below))):
        name = name.replace("_", r"\_")  # SymPy would write x__2 as a square, and xabs between bars
        return rf"\mathit{{{name}}}"
    # A name of several letters is set as a word: "Xw" is not the product of X and w.
    return re.sub(r"^[A-Za-z]{2,}", lambda word: rf"\mathit{{{word[0]}}}", str(sympy_latex(Symbol(name))))


class Latex(Layout):
    """Expressions as LaTeX mathematics."""

    times = " \\, "
    dot = " \\cdot "
    after_fraction = " \\, "
    indent = 1.0  # \\quad
    dots = "\\cdots"
    transposed = "\\top"
    infinity = "\\infty"

    def usual(self, name: str) -> str:
        return _name(name)

    def chosen(self, letter: Letter) -> str:
        return letter.latex

    def fraction(self, top: str, bottom: str, *, loose: bool = False) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def root(self, inside: str, *, simple: bool) -> str:
        return rf"\sqrt{{{inside}}}"

    def superscript(self, base: str, exponent: str, *, simple: bool) -> str:
        return f"{base}^{{{exponent}}}"

    def subscript(self, base: str, below: str) -> str:
        base = f"{{{base}}}" if _BELOW.search(base) else base  # TeX knows no two subscripts, one after the other
        return f"{base}_{below}" if len(below) == 1 or re.fullmatch(r"\\[a-z]+", below) else f"{base}_{{{below}}}"

    def big(self, operator: str, below: str, above: str) -> str:
        return rf"\{operator}_{{{below}}}" + (f"^{{{above}}}" if above else "")

    def function(self, name: str) -> str:
        return f"\\{name}" if name in ("log", "ln", "exp", "max", "cos", "sin") else rf"\operatorname{{{name}}}"

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
        letter = self.notation.chance.latex if kind.letter == "P" else kind.letter
        return rf"{letter}[{variable} {kind.sign} {value} \mid {given} = {at}]"

    def differential(self, body: str, variable: str) -> str:
        return rf"{body} \, d{variable}"

    def cases(self, yes: str, condition: tuple[str, str], no: str) -> str:
        low, high = condition
        return rf"\begin{{cases}} {yes} & \text{{if }} {low} \le {high} \\ {no} & \text{{else}} \end{{cases}}"

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

    def parted(self, inside: str, level: int) -> tuple[str, str]:
        opening, closing = ("[", "]") if level and level % 2 == 0 else ("(", ")")
        size = "bigg" if any(mark in inside for mark in _TALL) else "Big" if r"\big" in inside else "big"
        size = "Bigg" if r"\bigg" in inside else size
        return rf"\{size}l{opening}", rf"\{size}r{closing}"

    def width(self, text: str) -> float:
        return width(_spaced(text))

    def continued(self, text: str) -> str:
        text = text.strip().removeprefix(r"\,").strip()
        return text if text.startswith(("+", "-", "=", r"\cdot")) else rf"\cdot {text}"


@lru_cache(maxsize=4096)
def mathematics(e: Basic) -> str:
    """An expression as LaTeX, for use in mathematics mode.

    >>> from lossproof.models import LOGISTIC
    >>> mathematics(LOGISTIC.loss.body)
    '\\\\sum_{i=1}^{n} \\\\ell(f_w(x_i), y_i)'
    """
    return finished(Latex().marked(e))


def finished(marked: str) -> str:
    """A formula with the marks of `Latex`, on one line."""
    return _spaced(Latex().brackets(marked))


def _spaced(text: str) -> str:
    """Thin spaces only where TeX does not set one by itself."""
    text = re.sub(r"\\, (?=\\(left|log|ln|sum|prod|exp|max|operatorname)(?![a-zA-Z]))", " ", text)
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


def ranged(over: Range | Between) -> str:
    """An index, or a variable of integration, and its range."""
    low, high = mathematics(over.low), mathematics(over.high)
    if isinstance(over, Between):
        return rf"{low} < {mathematics(over.index)} < {high}"
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
    """The optimiser of an expression over the parameters of a relation, with the marks of `Latex`."""
    over = ", ".join(mathematics(p) for p in relation.over)
    which = "min" if lowest else "max"
    return rf"\operatorname*{{arg\,{which}}}_{{{over}}} {Latex().marked(e, alone=False)}"


def _turn(before: Expr, after: Expr, relation: Relation, *, lowest: bool) -> tuple[str, str]:
    """Left and right side of a line that keeps the optima but not the value; lowest if it begins with a minimum."""
    return optimum(before, relation, lowest=lowest), optimum(after, relation, lowest=lowest != relation.reverses)


def same_optima(before: Expr, after: Expr, relation: Relation, *, lowest: bool) -> str:
    """That two expressions have the same optima; lowest if it begins with a minimum."""
    return f" {TERM}= ".join(_turn(before, after, relation, lowest=lowest))


@dataclass(frozen=True)
class Row:
    """A line of a chain: left side or nothing, what follows ``=``, the reason; with the marks of `Latex`."""

    left: str
    right: str
    why: str


def rows(derivation: Derivation) -> list[Row]:
    """The steps of a derivation as rows."""
    out: list[Row] = []
    printer = Latex()
    left = printer.marked(derivation.start)
    for step, lowest in zip(derivation, sought(derivation), strict=True):
        if step.relation.kind is Kind.EQUAL:
            out.append(Row(left, printer.marked(step.after), reason(step)))
            left = ""
        else:
            before, after = _turn(step.before, step.after, step.relation, lowest=lowest)
            out.append(Row(before, after, reason(step)))
            left = printer.marked(step.after)
    return out


PAGE = 41.6  # the width of a line in em: 166 millimetres, with a little room for what `width` does not know
_WIDE_LEFT = 10.0  # a left side wider than this gets a line of its own, further out than what follows
_OUT = r"\hspace{-2em} "


def alignment(derivation: Derivation, *, remarks: bool = False, stay: str = r"\\", tags: bool = True) -> str:
    """The chain as an ``align*`` with the reason beside each step.

    Reasons stand at the right margin, below a line that leaves no room; what is too long for the
    page is broken.  With ``remarks``, side conditions are listed below by the numbers of their
    steps, with the reasons why they hold; ``stay`` ends a line that should not be parted from the
    next by a page break; without ``tags`` the reasons stand in a column of their own.
    """
    lines = rows(derivation)
    widths = [width(finished(row.left)) for row in lines]
    short = [w for w in widths if 0 < w <= _WIDE_LEFT]
    out_by, in_by, margin = (_OUT, "", max(short)) if short else ("", r"\quad ", 1.0)
    room = PAGE - margin
    out: list[str] = []
    notes: list[str] = []
    for number, step, row, wide in zip(derivation.numbers, derivation, lines, widths, strict=True):
        shown = [c for c in step.conditions if not _trivial(c)]
        mark = rf" $^{{({number})}}$" if remarks and shown else ""
        if mark:
            notes.append(rf"  \item[({number})] {'; '.join(map(fact, shown))}.")
        left = f"{finished(row.left)} " if row.left else ""
        if wide > _WIDE_LEFT:
            out += [rf"& {out_by}{piece} {stay}" for piece in pieces_of(row.left, room)]
            left = ""
        *pieces, last = pieces_of(f"= {row.right}", room)
        for piece in pieces:
            out.append(f"{left}& {in_by}{piece} {stay}")
            left = ""
        out.append(f"{left}& {in_by}{last} {_beside(row.why + mark, tags)} \\\\")
    if derivation.claim is not None:
        out.append(rf"& {domain(derivation.claim)} {_beside('by its parts', tags)} \\")
    if not lines:
        out += [rf"& {piece} {stay}" for piece in pieces_of(Latex().marked(derivation.start), PAGE)]
    body = "\n".join(f"  {row}" for row in out).removesuffix(r" \\")
    text = f"\\begin{{align*}}\n{body}\n\\end{{align*}}"
    if notes:
        listed = "\n".join(notes)
        text += f"\n\\begin{{description}}\\itemsep0pt\\small\\raggedright\n{listed}\n\\end{{description}}"
    return text


def pieces_of(marked: str, room: float = PAGE) -> list[str]:
    """A formula in pieces that fit a line, set in as far as they are to be."""
    return [(r"\quad" * line.depth + " " + _spaced(line.text)).strip() for line in Latex().folded(marked, room)]


def display(marked: str) -> str:
    """A formula on as many lines as it takes."""
    first, *others = pieces_of(marked)
    if not others:
        return first
    lines = " \\\\\n".join(f"  & {piece}" for piece in (first, *others))
    return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


def _beside(why: str, tags: bool) -> str:
    return rf"\tag*{{\small {why}}}" if tags else rf"&& \text{{\small {why}}}"


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
            return finished(same_optima(thing.before, thing.after, thing.relation, lowest=is_loss(thing.before)))


def theorem_statement(theorem: Theorem) -> str:
    """What a theorem states, as mathematics without its hypotheses.

    For a relation other than equality: the equation that carries one side to the other, and what
    it means for the optima.
    """
    stated = finished(_equation(theorem))
    return stated if theorem.relation.carries is None else rf"{stated}, \qquad {finished(_optima(theorem))}"


def _equation(theorem: Theorem) -> str:
    """The equation that a theorem states or, if the values differ, by which one side gives the other."""
    printer, carries = Latex(), theorem.relation.carries
    if carries is None:
        claim = "" if theorem.claim is None else f" {domain(theorem.claim)}"
        return f"{printer.marked(theorem.left)} {TERM}= {printer.marked(theorem.right)}{claim}"
    return f"{printer.marked(theorem.right)} {TERM}= {printer.marked(carries(theorem.left))}"


def _optima(theorem: Theorem) -> str:
    return same_optima(theorem.left, theorem.right, theorem.relation, lowest=is_loss(theorem.left))


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


def _gather(formulas: Iterable[str]) -> str:
    body = " \\\\\n".join(f"  {display(formula)}" for formula in formulas)
    return f"\\begin{{gather*}}\n{body}\n\\end{{gather*}}"


def statements(derivation: Derivation) -> list[str]:
    """What a derivation proves: its equations, then what they mean for the optima; with the marks of `Latex`."""
    theorem = derivation.theorem
    if theorem.relation.kind is Kind.EQUAL:
        return [_equation(theorem)]
    equations = [part.theorem for part in derivation.equations] or [theorem]
    return [*map(_equation, equations), _optima(theorem)]


def notation(derivation: Derivation) -> list[str]:
    """The names and functions that occur, with what they stand for; with the marks of `Latex`."""
    printer = Latex()
    known = [
        f"{printer.marked(left)} := " + (rf"\text{{{right}}}" if isinstance(right, str) else printer.marked(right))
        for left, right in glossary(derivation)
    ]
    return [*map(printer.marked, derivation.theorem.definitions), *known]


def lemmas(derivation: Derivation) -> list[str]:
    """What the theorems state that a derivation cites; with the marks of `Latex`."""
    cited = {step.rule.derivation.name: step.rule.derivation for step in derivation if isinstance(step.rule, Cite)}
    return [_equation(d.theorem) for d in cited.values()]


def _rules_used(theorem: Theorem) -> str:
    rows = [rf"  \item {_rule(r)}" for r in theorem.rules if r.reference]
    if not rows:
        return ""
    out = "\\paragraph{Rules.}\n\\begin{itemize}\\itemsep0pt\\small\n" + "\n".join(rows) + "\n\\end{itemize}"
    if theorem.unproved:
        out += "\n{\\small Stated with a reference, without a machine-checked proof: "
        out += ", ".join(map(escape, unproved(theorem))) + ".}"
    return out


def _rule(rule: Rule) -> str:
    stated = f": ${statement(rule)}$" if isinstance(rule, Identity) else ""
    return f"{escape(rule.name)}{stated}. {escape(rule.reference)}."
