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

from lossproof.errors import DataError
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
from lossproof.kernel.rules import FOLD, UNFOLD, Assume, Identity, Rule
from lossproof.kernel.steps import Step
from lossproof.notation.breaking import TERM
from lossproof.notation.layout import Layout
from lossproof.notation.letters import USUAL, Letter, Notation
from lossproof.notation.nodes import Chance, Curve
from lossproof.render.glossary import glossary
from lossproof.render.notation import abbreviations, of_rules, printer_for, renamed
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
def _is_word(name: str) -> bool:
    """Whether the name of a function is a word such as ``log1p`` or ``log_ndtr``, no letter and no accent."""
    words = re.fullmatch(r"[a-z]{3}[a-z0-9]*(_[a-z]{2,})*", name)
    return words is not None and all(translate(part) == part for part in name.split("_"))


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

    def called(self, name: str) -> str:
        if name in self.notation.letters or not _is_word(name):
            return self.name(name)
        return self.function(name.replace("_", r"\_"))

    def chosen(self, letter: Letter) -> str:
        return letter.latex

    def formula(self, e: Basic) -> str:
        """An expression on one line, without marks."""
        return _formula(self, e)

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
def _formula(printer: Latex, e: Basic) -> str:
    return finished(printer.marked(e))


#: Writes everything as usual.
LATEX = Latex()


def mathematics(e: Basic) -> str:
    """An expression as LaTeX, for use in mathematics mode.

    >>> from lossproof.models import LOGISTIC
    >>> mathematics(LOGISTIC.loss.body)
    '\\\\sum_{i=1}^{n} \\\\ell(f_w(x_i), y_i)'
    """
    return LATEX.formula(e)


def finished(marked: str) -> str:
    """A formula with the marks of `Latex`, on one line."""
    return _spaced(LATEX.brackets(marked))


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


_ESCAPED = {r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^"}
_ESCAPE = re.compile(r"\\(?:text\w+\{\}|[&%#_{}$])")


def pieces_of_text(text: str) -> list[tuple[str, bool]]:
    """Text with ``$mathematics$`` in pieces, each with whether it is a formula; words as they were before `escape`."""
    pieces = re.split(r"(?<!\\)\$(.*?)(?<!\\)\$", text)
    words = (_ESCAPE.sub(lambda found: _ESCAPED.get(found[0], found[0][1:]), piece) for piece in pieces)
    return [(piece if k % 2 else word, bool(k % 2)) for k, (piece, word) in enumerate(zip(pieces, words, strict=True))]


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


def ranged(over: Range | Between, printer: Latex = LATEX) -> str:
    """An index, or a variable of integration, and its range."""
    index, low, high = (printer.formula(e) for e in (over.index, over.low, over.high))
    return rf"{low} < {index} < {high}" if isinstance(over, Between) else rf"{index} = {low}, \dots, {high}"


def worded(text: str, printer: Latex = LATEX) -> str:
    """A title or the name of an assumption, as text; a renamed name in it is set as everywhere."""
    return "".join(f"${piece}$" if formula else escape(piece) for piece, formula in renamed(text, printer))


def condition(c: Condition, printer: Latex = LATEX) -> str:
    """A condition as mathematics."""
    match c:
        case Member(e, d):
            return f"{printer.formula(e)} {domain(d)}"
        case Constant(e, variables):
            names = ", ".join(printer.formula(v) for v in variables)
            return rf"{printer.formula(e)} \text{{ does not contain }} {names}"
        case Differentiable(e, v):
            return rf"{printer.formula(e)} \text{{ is differentiable in }} {printer.formula(v)}"
        case Has(e, what):
            return rf"{printer.formula(e)} \text{{ {what.value}}}"
        case Within(position, low, high):
            return rf"{printer.formula(low)} \leq {printer.formula(position)} \leq {printer.formula(high)}"
        case ForAll(over, inner):
            return rf"{condition(inner, printer)} \text{{ for }} {ranged(over, printer)}"


def hypothesis(h: Hypothesis, printer: Latex = LATEX) -> str:
    """A hypothesis as text with mathematics."""
    match h:
        case Declared(term, d, ranges):
            return f"${printer.formula(term)} {domain(d)}${_for(ranges, printer)}"
        case DeclaredMatrix(term, what, ranges):
            return f"${printer.formula(term)}$ {what.value}{_for(ranges, printer)}"
        case Smooth(term, variable, ranges):
            smooth = f"is differentiable in ${printer.formula(variable)}$"
            return f"${printer.formula(term)}$ {smooth}{_for(ranges, printer)}"
        case Assumed(name, left, right, ranges):
            equation = f"{printer.formula(left)} = {printer.formula(right)}"
            return f"{worded(name, printer)}: ${equation}${_for(ranges, printer)}"
        case Ranged(over):
            low, high = printer.formula(over.low), printer.formula(over.high)
            return rf"${low} \leq {printer.formula(over.index)} \leq {high}$, an integer"
        case Labelled(term, low, high, ranges):
            return f"${condition(Within(term, low, high), printer)}$, an integer{_for(ranges, printer)}"
        case Maps(head, order, source, target):
            t = Symbol("t")
            return f"${printer.formula(Curve(head, order, t))} {domain(target)}$ for every $t {domain(source)}$"


def assumed(theorem: Theorem, printer: Latex = LATEX) -> list[str]:
    """The hypotheses of a theorem, each with the parameters for every value of which it is to hold."""
    lines = []
    for h in theorem.hypotheses:
        every = ", ".join(f"${printer.formula(p)}$" for p in universal_in(h, theorem.parameters))
        lines.append(hypothesis(h, printer) + (f", for every {every}" if every else ""))
    return lines


def _for(ranges: tuple[Range, ...], printer: Latex) -> str:
    return " for " + " and ".join(f"${ranged(r, printer)}$" for r in ranges) if ranges else ""


def fact(f: Fact, printer: Latex = LATEX) -> str:
    """A shown condition with the reason why it holds, as text with mathematics."""
    grounds, because = f.reasons()
    if not grounds:
        return f"${condition(f.claim, printer)}$" + (f" ({escape(because)})" if because else "")
    return f"${condition(f.claim, printer)}$, since " + "; ".join(
        f"${condition(g.claim, printer)}$ ({escape(g.because)})" for g in grounds
    )


def reason(step: Step, printer: Latex = LATEX) -> str:
    """What stands beside a step: its rule, in text with mathematics."""
    if step.rule in (UNFOLD, FOLD):
        names = (printer.name(a.name) if a.subscripts else printer.called(a.name) for a in step.about)
        return "definition of " + ", ".join(f"${name}$" for name in names)
    if isinstance(step.rule, Cite):
        cited = step.rule.derivation
        return worded(cited.title.partition(": ")[2] or cited.name, printer)
    if isinstance(step.rule, Assume):
        return worded(step.rule.name, printer)
    return escape(step.rule.name)


def statement(rule: Identity, printer: Latex = LATEX) -> str:
    """The identity that a rule states, in letters of its own."""
    sign = "=" if rule.kind is Kind.EQUAL else r"\longrightarrow"
    own = of_rules(printer)
    return f"{own.formula(rule.left)} {sign} {own.formula(rule.right)}"


# ------------------------------------------------------------------ chains


def optimum(e: Basic, relation: Relation, printer: Latex = LATEX, *, lowest: bool) -> str:
    """The optimiser of an expression over the parameters of a relation, with the marks of `Latex`."""
    over = ", ".join(printer.formula(p) for p in relation.over)
    which = "min" if lowest else "max"
    return rf"\operatorname*{{arg\,{which}}}_{{{over}}} {printer.marked(e, alone=False)}"


def _turn(before: Expr, after: Expr, relation: Relation, printer: Latex, *, lowest: bool) -> tuple[str, str]:
    """Left and right side of a line that keeps the optima but not the value; lowest if it begins with a minimum."""
    left = optimum(before, relation, printer, lowest=lowest)
    return left, optimum(after, relation, printer, lowest=lowest != relation.reverses)


def same_optima(before: Expr, after: Expr, relation: Relation, printer: Latex = LATEX, *, lowest: bool) -> str:
    """That two expressions have the same optima; lowest if it begins with a minimum."""
    return f" {TERM}= ".join(_turn(before, after, relation, printer, lowest=lowest))


@dataclass(frozen=True)
class Row:
    """A line of a chain: left side or nothing, what follows ``=``, the reason; with the marks of `Latex`."""

    left: str
    right: str
    why: str


def rows(derivation: Derivation, printer: Latex = LATEX) -> list[Row]:
    """The steps of a derivation as rows."""
    out: list[Row] = []
    left = printer.marked(derivation.start)
    for step, lowest in zip(derivation, sought(derivation), strict=True):
        if step.relation.kind is Kind.EQUAL:
            out.append(Row(left, printer.marked(step.after), reason(step, printer)))
            left = ""
        else:
            before, after = _turn(step.before, step.after, step.relation, printer, lowest=lowest)
            out.append(Row(before, after, reason(step, printer)))
            left = printer.marked(step.after)
    return out


PAGE = 41.6  # the width of a line in em: 166 millimetres, with a little room for what `width` does not know
_WIDE_LEFT = 10.0  # a left side wider than this gets a line of its own, further out than what follows
OUT = r"\hspace{-2em} "


@dataclass(frozen=True)
class Margin:
    """Where the lines of a chain begin: the room that left sides take, and what sets other lines in or out."""

    lines: list[Row]
    widest: float = _WIDE_LEFT

    @property
    def short(self) -> list[float]:
        """The widths of the left sides that stand before their lines."""
        return [w for w in (width(finished(row.left)) for row in self.lines) if 0 < w <= self.widest]

    @property
    def room(self) -> float:
        """What left sides take of a line."""
        return max(self.short, default=1.0)

    def left(self, row: Row, room: float) -> tuple[str, list[str]]:
        """What stands before the first line of a row, and the lines above it if that is too much."""
        if not row.left:
            return "", []
        if width(finished(row.left)) <= self.widest:
            return f"{finished(row.left)} ", []
        return "", [f"{OUT if self.short else ''}{piece}" for piece in pieces_of(row.left, room)]

    def right(self, marked: str, room: float) -> list[str]:
        """What follows, in pieces."""
        inset = "" if self.short else r"\quad "
        return [inset + piece for piece in pieces_of(marked, room)]


def alignment(derivation: Derivation, printer: Latex = LATEX, *, remarks: bool = False, stay: str = r"\\") -> str:
    """The chain as an ``align*`` with the reason beside each step.

    Reasons stand at the right margin, below a line that leaves no room; what is too long for the
    page is broken.  With ``remarks``, steps with side conditions are marked by their numbers;
    ``stay`` ends a line that should not be parted from the next by a page break.
    """
    lines = rows(derivation, printer)
    margin = Margin(lines)
    room = PAGE - margin.room
    out: list[str] = []
    for number, step, row in zip(derivation.numbers, derivation, lines, strict=True):
        mark = rf" $^{{({number})}}$" if remarks and _shown_conditions(step) else ""
        left, above = margin.left(row, room)
        out += [rf"& {piece} {stay}" for piece in above]
        *pieces, last = margin.right(f"= {row.right}", room)
        for piece in pieces:
            out.append(f"{left}& {piece} {stay}")
            left = ""
        out.append(rf"{left}& {last} \tag*{{\small {row.why}{mark}}} \\")
    if derivation.claim is not None:
        out.append(rf"& {domain(derivation.claim)} \tag*{{\small {BY_PARTS}}} \\")
    if not lines:
        out += [rf"& {piece} {stay}" for piece in pieces_of(printer.marked(derivation.start), PAGE)]
    return environment("align*", out)


#: Why a claim holds.
BY_PARTS = "by its parts"


def environment(name: str, lines: Iterable[str]) -> str:
    """Lines in an environment; the last is not ended."""
    body = "\n".join(f"  {line}" for line in lines).removesuffix("*").removesuffix(r" \\")
    return f"\\begin{{{name}}}\n{body}\n\\end{{{name}}}"


_REASON = 12.0  # the width of a column of reasons, in em
_NUMBER = 3.0  # of a number at the margin
_GAP = 2.0  # between two columns of an alignment


def columns(derivation: Derivation, printer: Latex = LATEX, *, page: float = PAGE, numbers: str = "") -> list[str]:
    r"""The chain as lines of an alignment with a column of reasons, each broken where it is long.

    Args:
        derivation: the chain.
        printer: how it is written.
        page: how wide a line is, in em.
        numbers: the name under which a text refers to the steps: step 3 of ``logistic`` has the number
            (3) at the margin, and the label ``logistic:3``.  What is wider than the column of formulas
            then runs on below that of the reasons, and its reason begins a line further down.
    """
    lines = rows(derivation, printer)
    margin = Margin(lines)
    reasons = [_words_in(row.why, _REASON) for row in lines]
    room = page - margin.room - (_NUMBER if numbers else 0.0)
    size = r"\small " if numbers else ""
    narrow = room - _GAP - max((width(_text(part)) for parts in reasons for part in parts), default=0.0)
    out: list[str] = []

    def line(left: str, formula: str, beside: str = "") -> None:
        if numbers and width(formula) > narrow:
            formula = rf"\rlap{{$\displaystyle {{}}{formula}$}}"
        out.append(f"{left}& {formula} {beside}".rstrip() + r" \\")

    for number, row, why in zip(derivation.numbers, lines, reasons, strict=True):
        left, above = margin.left(row, room)
        *pieces, last = margin.right(f"= {row.right}", room if numbers else narrow)
        for piece in above:
            line("", piece)
        for piece in pieces:
            line(left, piece)
            left = ""
        tag = rf"\tag{{{number}}}\label{{{numbers}:{number}}}" if numbers else ""
        fits = width(last) <= narrow
        line(left, last, f"&& {_text(why[0], size)} {tag}" if fits else tag)
        for part in why[fits:]:
            out[-1] += "*" if numbers else ""  # a formula and its reason stay on one page
            out.append(rf"& && {_text(part, size)} \\")
    if derivation.claim is not None:
        line("", domain(derivation.claim), f"&& {_text(BY_PARTS, size)}")
    if not lines:
        out += [rf"& {piece} \\" for piece in pieces_of(printer.marked(derivation.start), page)]
    return out


def _text(words: str, size: str = "") -> str:
    """Words with ``$formulas$`` in a formula."""
    pieces = enumerate(re.split(r"(?<!\\)\$(.*?)(?<!\\)\$", words))
    return "".join(piece if k % 2 else rf"\text{{{size}{piece}}}" for k, piece in pieces if piece)


def _words_in(text: str, room: float) -> list[str]:
    """Text with ``$mathematics$`` in lines that fit."""
    lines: list[str] = []
    for word in re.findall(r"(?:\\\$|\$[^$]*\$|[^\s$])+", text):
        if lines and width(_text(f"{lines[-1]} {word}")) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def label_of(name: str) -> str:
    """The name of a derivation as LaTeX lets a label be called; different names stay different."""
    return re.sub(r"[^A-Za-z0-9:._-]", lambda other: f"+{ord(other[0]):x}", name)


def pieces_of(marked: str, room: float = PAGE) -> list[str]:
    """A formula in pieces that fit a line, set in as far as they are to be."""
    return [(r"\quad" * line.depth + " " + _spaced(line.text)).strip() for line in LATEX.folded(marked, room)]


def display(marked: str) -> str:
    """A formula on as many lines as it takes."""
    first, *others = pieces_of(marked)
    if not others:
        return first
    lines = " \\\\\n".join(f"  & {piece}" for piece in (first, *others))
    return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


def _shown_conditions(step: Step) -> list[Fact]:
    """The side conditions of a step for which a reader asks for a reason: not those of a number written out."""
    kinds = (Member, Constant, Differentiable)
    return [c for c in step.conditions if not (isinstance(c.claim, kinds) and isinstance(c.claim.expression, Rational))]


def latex(
    thing: Derivation | Step | Theorem,
    *,
    remarks: bool = False,
    standalone: bool = False,
    labels: bool = False,
    slides: bool = False,
    notation: Notation | str = USUAL,
) -> str:
    r"""A derivation, a step or a theorem as LaTeX.

    A derivation is an ``align*`` with the reason beside each step.  A fragment needs the packages
    ``amsmath`` and ``amssymb``, and lines of 166 millimetres at 11 points.

    Args:
        thing: what to print.
        remarks: list the hypotheses, the side conditions with the reasons why they hold, and the rules
            with their references below a derivation.
        standalone: a document that ``pdflatex`` compiles, with hypotheses, theorem and references.
        labels: number the steps, and label them for ``\eqref{logistic:3}`` in the text around.
        slides: fewer lines, in one ``align*`` for each slide; see `lossproof.render.slides`.
        notation: how names, logarithms, probabilities and sums are written, as a `Notation` or as
            the text of its symbols: ``"f=\hat p, n=N"``.

    Raises:
        ParseError: if a notation given as text cannot be read.
        UnknownName: if a renamed name does not occur in the derivation.
        LooksAlike: if the notation would have two different things written alike.
        DataError: if slides are to have remarks or labels.

    >>> import lossproof as lp
    >>> d = lp.derive("logistic")
    >>> d.steps[9].latex(notation=lp.Notation(r"f=\hat p, n=N", logarithm="ln", sums="index"))[:33]
    '-\\ln L(w) = -\\ln \\prod_{i=1}^{N} '
    """
    printer = printer_for(Latex, thing, notation)
    match thing:
        case Derivation() if slides:
            if remarks or labels:
                raise DataError("slides have neither remarks nor labels: their lines are several steps each")
            from lossproof.render.slides import deck, frames

            return deck(thing, printer) if standalone else "\n\n".join(frames(thing, printer))
        case Derivation():
            make = document if standalone else _fragment
            return make(thing, printer, remarks=remarks, labels=labels)
        case Theorem():
            return theorem_statement(thing, printer)
        case Step() if thing.relation.kind is Kind.EQUAL:
            return f"{printer.formula(thing.before)} = {printer.formula(thing.after)}"
        case Step():
            lowest = is_loss(thing.before)
            return finished(same_optima(thing.before, thing.after, thing.relation, printer, lowest=lowest))


def _chain(derivation: Derivation, printer: Latex, *, remarks: bool, labels: bool, stay: str = r"\\") -> str:
    if labels and derivation.steps:
        return environment("align*", columns(derivation, printer, numbers=label_of(derivation.name)))
    return alignment(derivation, printer, remarks=remarks, stay=stay)


def _fragment(derivation: Derivation, printer: Latex, *, remarks: bool, labels: bool) -> str:
    """The chain, and below it what it rests on if that is asked for."""
    parts = [_chain(derivation, printer, remarks=remarks, labels=labels)]
    if remarks:
        parts += [_hypotheses(derivation.theorem, printer), _conditions(derivation, printer, "Side conditions")]
        parts += [_rules_used(derivation.theorem, printer)]
    return "\n".join(part for part in parts if part)


def _hypotheses(theorem: Theorem, printer: Latex) -> str:
    if not theorem.hypotheses:
        return ""
    lines = "\n".join(rf"  \item {line}" for line in assumed(theorem, printer))
    return f"\\paragraph{{Hypotheses.}}\n\\begin{{itemize}}\\itemsep0pt\\raggedright\n{lines}\n\\end{{itemize}}"


def _conditions(derivation: Derivation, printer: Latex, heading: str = "") -> str:
    """The side conditions by the numbers of their steps, with the reasons why they hold."""
    listed = [
        rf"  \item[({number})] {'; '.join(fact(c, printer) for c in shown)}."
        for number, step in zip(derivation.numbers, derivation, strict=True)
        if (shown := _shown_conditions(step))
    ]
    if not listed:
        return ""
    opening = [rf"\paragraph{{{heading}.}}"] if heading else []
    opening += [r"\begin{description}\itemsep0pt\small\raggedright"]
    return "\n".join([*opening, *listed, r"\end{description}"])


def theorem_statement(theorem: Theorem, printer: Latex = LATEX) -> str:
    """What a theorem states, as mathematics without its hypotheses.

    For a relation other than equality: the equation that carries one side to the other, and what
    it means for the optima.
    """
    stated = finished(_equation(theorem, printer))
    if theorem.relation.carries is None:
        return stated
    return rf"{stated}, \qquad {finished(_optima(theorem, printer))}"


def _equation(theorem: Theorem, printer: Latex) -> str:
    """The equation that a theorem states or, if the values differ, by which one side gives the other."""
    carries = theorem.relation.carries
    if carries is None:
        claim = "" if theorem.claim is None else f" {domain(theorem.claim)}"
        return f"{printer.marked(theorem.left)} {TERM}= {printer.marked(theorem.right)}{claim}"
    return f"{printer.marked(theorem.right)} {TERM}= {printer.marked(carries(theorem.left))}"


def _optima(theorem: Theorem, printer: Latex) -> str:
    return same_optima(theorem.left, theorem.right, theorem.relation, printer, lowest=is_loss(theorem.left))


# ------------------------------------------------------------------ documents

STAY = r"\\*"
_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath, amssymb}
\usepackage[a4paper, margin=22mm]{geometry}
\allowdisplaybreaks
\makeatletter\@beginparpenalty=10000 \makeatother % a heading stays with its list
\setlength{\parindent}{0pt}
\sloppy
\begin{document}
"""


def document(derivation: Derivation, printer: Latex = LATEX, *, remarks: bool = False, labels: bool = False) -> str:
    """A LaTeX document: hypotheses, definitions, the theorem, its proof and the rules it used."""
    theorem = derivation.theorem
    parts = [_PREAMBLE + rf"\section*{{{worded(derivation.title or derivation.name, printer)}}}"]
    parts.append(_hypotheses(theorem, printer))
    known = notation(derivation, printer)
    if known:
        parts.append(f"\\paragraph{{Notation.}}\n{_gather(known)}")
    parts.append(f"\\paragraph{{Theorem.}}\n{_gather(statements(derivation, printer))}")
    cited = lemmas(derivation, printer)
    if cited:
        parts.append(f"\\paragraph{{Cited.}}\n{_gather(cited)}")
    chain = _chain(derivation, printer, remarks=remarks, labels=labels, stay=STAY)
    end = "\n\\end{align*}"
    chain = rf"{chain.removesuffix(end)} {STAY} & \tag*{{$\square$}}{end}"  # which no page parts from the proof
    noted = _conditions(derivation, printer) if remarks else ""
    proof = "\n".join(part for part in (chain, noted) if part)
    parts.append(f"\\paragraph{{Proof.}}\n{proof}")
    parts.append(_rules_used(theorem, printer))
    return "\n\n".join(part for part in parts if part) + "\n\n\\end{document}\n"


def _gather(formulas: Iterable[str]) -> str:
    body = " \\\\\n".join(f"  {display(formula)}" for formula in formulas)
    return f"\\begin{{gather*}}\n{body}\n\\end{{gather*}}"


def statements(derivation: Derivation, printer: Latex = LATEX) -> list[str]:
    """What a derivation proves: its equations, then what they mean for the optima; with the marks of `Latex`."""
    theorem = derivation.theorem
    if theorem.relation.kind is Kind.EQUAL:
        return [_equation(theorem, printer)]
    equations = [part.theorem for part in derivation.equations] or [theorem]
    return [*(_equation(part, printer) for part in equations), _optima(theorem, printer)]


def notation(derivation: Derivation, printer: Latex = LATEX) -> list[str]:
    """The names and functions that occur, with what they stand for; with the marks of `Latex`."""
    known = [
        f"{printer.marked(left)} := " + (_in_words(right, printer) if isinstance(right, str) else printer.marked(right))
        for left, right in glossary(derivation)
    ]
    return [*abbreviations(derivation, printer), *map(printer.marked, derivation.theorem.definitions), *known]


def _in_words(words: str, printer: Latex) -> str:
    """What a function stands for, in words, with renamed letters."""
    return "".join(piece if formula else rf"\text{{{piece}}}" for piece, formula in renamed(words, printer))


def lemmas(derivation: Derivation, printer: Latex = LATEX) -> list[str]:
    """What the theorems state that a derivation cites; with the marks of `Latex`."""
    cited = {step.rule.derivation.name: step.rule.derivation for step in derivation if isinstance(step.rule, Cite)}
    return [_equation(d.theorem, printer) for d in cited.values()]


def _rules_used(theorem: Theorem, printer: Latex) -> str:
    rows = [rf"  \item {rule_used(r, printer)}" for r in theorem.rules if r.reference]
    if not rows:
        return ""
    out = "\\paragraph{Rules.}\n\\begin{itemize}\\itemsep0pt\\small\n" + "\n".join(rows) + "\n\\end{itemize}"
    if theorem.unproved:
        out += "\n{\\small Stated with a reference, without a machine-checked proof: "
        out += ", ".join(map(escape, unproved(theorem))) + ".}"
    return out


def rule_used(rule: Rule, printer: Latex = LATEX) -> str:
    """A rule with what it states and where it can be looked up, as text with mathematics."""
    stated = f": ${statement(rule, printer)}$" if isinstance(rule, Identity) else ""
    return f"{escape(rule.name)}{stated}. {escape(rule.reference)}."
