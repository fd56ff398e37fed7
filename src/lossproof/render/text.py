"""Text: a derivation for a terminal, never wider than asked for.

In three forms: plain, one line of Unicode for a formula, which can be searched; drawn, with fractions and
ranges stacked, for people who look at a terminal; ascii, for terminals and files that know no other letters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from sympy import Expr

from lossproof.kernel.conditions import Assumed, Member, Writer
from lossproof.kernel.derivation import Cite, Derivation, Theorem
from lossproof.kernel.facts import universal_in
from lossproof.kernel.relations import Kind, Relation
from lossproof.kernel.rules import FOLD, UNFOLD, Assume
from lossproof.kernel.steps import Step
from lossproof.notation.boxes import Box, beside, columns, letters, stacked, wrapped
from lossproof.notation.breaking import TERM
from lossproof.notation.drawn import Formula, Style, in_style, lines_of
from lossproof.notation.inert import symbol_of
from lossproof.notation.letters import USUAL, Notation
from lossproof.notation.plain import PLAIN, Ascii, Plain, written
from lossproof.render.glossary import glossary
from lossproof.render.notation import abbreviations, printer_for, renamed
from lossproof.render.optima import is_loss, sought
from lossproof.render.standing import unproved

WIDTH = 80
_NARROW = 60  # columns below which no formula is set in to make room for a left side
_WIDE_LEFT = 12  # a left side wider than this gets a line of its own


def worded(words: str, printer: Plain) -> str:
    """A title or the name of an assumption, with the symbols of renamed names."""
    return "".join(piece for piece, _ in renamed(words, printer))


def reason(step: Step, printer: Plain = PLAIN) -> str:
    """What stands beside a step."""
    if step.rule in (UNFOLD, FOLD):
        return "definition of " + ", ".join(printer.name(a.name) for a in step.about)
    if isinstance(step.rule, Cite):
        cited = step.rule.derivation
        return worded(cited.title.partition(": ")[2] or cited.name, printer)
    return worded(step.rule.name, printer) if isinstance(step.rule, Assume) else step.rule.name


def shown(e: Expr) -> Formula:
    """An expression."""
    return lambda printer: printer.marked(e)


def equation(left: Formula, right: Formula) -> Formula:
    """Two sides with a sign of equality, before which a line may be broken."""
    return lambda printer: f"{left(printer)} {TERM}= {right(printer)}"


def _equal_to(right: Formula) -> Formula:
    return lambda printer: f"= {right(printer)}"


def optimum(e: Expr, relation: Relation, *, lowest: bool) -> Formula:
    """The optimiser of an expression over the parameters of a relation."""
    which = "argmin" if lowest else "argmax"

    def made(printer: Plain) -> str:
        names = [printer.name(symbol_of(p).name) for p in relation.over]
        over = names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"
        return f"{which}_{over} {printer.marked(e, alone=False)}"

    return made


def _turn(before: Expr, after: Expr, relation: Relation, *, lowest: bool) -> tuple[Formula, Formula]:
    """The two sides of a line that keeps the optima; lowest if it begins with a minimum."""
    return optimum(before, relation, lowest=lowest), optimum(after, relation, lowest=lowest != relation.reverses)


def assumed(theorem: Theorem, printer: Plain = PLAIN) -> list[str]:
    """The hypotheses of a theorem, each with the parameters for every value of which it is to hold."""
    lines = []
    for h in theorem.hypotheses:
        named = replace(h, name=worded(h.name, printer)) if isinstance(h, Assumed) else h
        said = named.said(partial(written, printer=printer))
        every = ", ".join(written(p, printer) for p in universal_in(h, theorem.parameters))
        lines.append(f"{said}, for every {every}" if every else said)
    return lines


def statement(theorem: Theorem) -> list[Formula]:
    """What a theorem states, formula by formula."""
    carries = theorem.relation.carries
    if carries is None:
        claim = theorem.claim
        said = [] if claim is None else [lambda printer: f"{printer.marked(theorem.right)} in {claim}"]
        return [equation(shown(theorem.left), shown(theorem.right)), *said]
    return [equation(shown(theorem.right), shown(carries(theorem.left))), _same_optima(theorem)]


def _same_optima(theorem: Theorem) -> Formula:
    return equation(*_turn(theorem.left, theorem.right, theorem.relation, lowest=is_loss(theorem.left)))


def text(
    thing: Derivation | Step | Theorem,
    *,
    width: int = WIDTH,
    remarks: bool = False,
    style: Style = "plain",
    colour: bool = False,
    notation: Notation | str = USUAL,
) -> str:
    r"""A derivation, a step or a theorem as text.

    Args:
        thing: what to print.
        width: no line is wider, in columns of a terminal.
        remarks: print the side conditions, with reasons, below each step.
        style: ``plain``, one line for a formula; ``drawn``, fractions, ranges and exponents stacked as on paper;
            ``ascii``, plain in ASCII.
        colour: headings are bold and reasons dim, with the escape codes of a terminal.
        notation: how names, logarithms, probabilities and sums are written, as far as Unicode has it; as for
            `lossproof.render.latex.latex`, with the same errors.

    >>> import lossproof as lp
    >>> lp.derive("logistic").steps[15].text(notation=r"f=\hat p, w=\beta, n=N").split()[-5]
    'J(β)'
    """
    sheet = Sheet(width, style, colour, printer_for(Ascii if style == "ascii" else Plain, thing, notation))
    match thing:
        case Derivation():
            lines = _derivation(thing, sheet, remarks)
        case Step():
            lines = _steps(Derivation("", (), (), thing.before, (thing,)), sheet, remarks)
        case Theorem():
            lines = sheet.formulas(statement(thing), first="")
    return "\n".join(lines)


@dataclass(frozen=True)
class Sheet:
    """What is written on: so many columns, a style, perhaps colour; and who writes."""

    width: int = WIDTH
    style: Style = "plain"
    colour: bool = False
    printer: Plain = PLAIN

    @property
    def writer(self) -> Writer:
        """How expressions are written in words."""
        return partial(written, printer=self.printer)

    def heading(self, words: str) -> str:
        """Words that stand out."""
        return f"\x1b[1m{words}\x1b[0m" if self.colour else words

    def aside(self, words: str) -> str:
        """Words that stand back."""
        return f"\x1b[2m{words}\x1b[0m" if self.colour else words

    def words(self, line: str, first: str = "", later: str = "") -> list[str]:
        """Words on as many lines as it takes."""
        return wrapped(in_style(line, self.style), self.width, first, later)

    def boxes(self, formula: Formula, room: int) -> list[Box]:
        """A formula on as many lines as it takes, each set in as far as it is to be."""
        return lines_of(formula, room, self.style, self.printer)

    def formula(self, formula: Formula, first: str = "    ", why: str = "") -> list[str]:
        """A formula, set in, with a reason at the right margin."""
        return self.placed([beside([letters(first), b]) for b in self.boxes(formula, self.width - len(first))], why)

    def formulas(self, formulas: list[Formula], first: str = "    ") -> list[str]:
        """Formulas below each other."""
        return self.apart([self.boxes(f, self.width - len(first)) for f in formulas], first)

    def apart(self, groups: list[list[Box]], first: str) -> list[str]:
        """Lines of formulas below each other."""
        return self.placed([beside([letters(first), box]) for group in groups for box in group])

    def placed(self, lines: list[Box], why: str = "") -> list[str]:
        """Lines of boxes below each other, a row free between tall ones; a reason beside the last, or below it."""
        out = stacked(lines)
        if not why:
            return out
        why = in_style(why, self.style)
        for at in range(len(out) - 1 - lines[-1].below, len(out)):
            room = self.width - columns(out[at])
            if columns(why) + 2 <= room:
                out[at] += " " * (room - columns(why)) + self.aside(why)
                return out
        below = wrapped(why, self.width, " " * max(8, self.width - columns(why)), " " * 12)
        return [*out, *(self._set_back(line) for line in below)]

    def _set_back(self, line: str) -> str:
        words = line.lstrip()
        return line[: len(line) - len(words)] + self.aside(words)


def _derivation(d: Derivation, sheet: Sheet, remarks: bool) -> list[str]:
    theorem = d.theorem
    title = sheet.words(worded(d.title or d.name, sheet.printer))
    lines = [*map(sheet.heading, title), "=" * max(map(columns, title)), ""]
    if theorem.hypotheses:
        lines.append(sheet.heading("Hypotheses"))
        for line in assumed(theorem, sheet.printer):
            lines += sheet.words(line, "  - ", "    ")
        lines.append("")
    if known := _notation(d, sheet):
        lines += [sheet.heading("Notation"), *sheet.formulas(known), ""]
    lines += [sheet.heading("Derivation"), *_steps(d, sheet, remarks)]
    if theorem.claim is not None:
        claimed = Member(theorem.right, theorem.claim)
        placed = [letters(line) for line in sheet.words(claimed.said(sheet.writer), " " * 6, " " * 8)]
        lines += sheet.placed(placed, "by its parts")
    cited = {step.rule.derivation.name: step.rule.derivation for step in d if isinstance(step.rule, Cite)}
    if cited:
        stated = [formula for c in cited.values() for formula in statement(c.theorem)]
        lines += ["", sheet.heading("Cited"), *sheet.formulas(stated)]
    lines += ["", sheet.heading("Theorem"), *sheet.formulas(_stated(d))]
    if theorem.unproved:
        lines += ["", *map(sheet.heading, sheet.words("Rules without a machine-checked proof"))]
        lines += sheet.words(", ".join(unproved(theorem)), "    ", "    ")
    return lines


def _notation(d: Derivation, sheet: Sheet) -> list[Formula]:
    def meaning(left: Expr, right: Expr | str) -> Formula:
        return lambda printer: (
            f"{printer.marked(left)} := {worded(right, printer) if isinstance(right, str) else printer.marked(right)}"
        )

    def short(k: int) -> Formula:
        return lambda printer: abbreviations(d, printer)[k]

    signs = [short(k) for k in range(len(abbreviations(d, sheet.printer)))]
    return [*signs, *map(shown, d.theorem.definitions), *(meaning(*pair) for pair in glossary(d))]


def _stated(d: Derivation) -> list[Formula]:
    theorem = d.theorem
    if theorem.relation.kind is Kind.EQUAL:
        return statement(theorem)
    equations = [part.theorem for part in d.equations] or [theorem]
    stated = [formula for part in equations for formula in statement(part)]
    return [*stated, _same_optima(theorem)] if len(d.equations) else stated


# ------------------------------------------------------------------ chains


@dataclass(frozen=True)
class Row:
    """A line of a chain: its left side or None, what follows the sign of equality, and the step."""

    left: Formula | None
    right: Formula
    step: Step

    @property
    def turns(self) -> bool:
        """Whether it keeps the optima but not the value."""
        return self.step.relation.kind is not Kind.EQUAL


def rows(d: Derivation) -> list[Row]:
    """The steps of a derivation as rows."""
    out: list[Row] = []
    left: Formula | None = shown(d.start)
    for step, lowest in zip(d, sought(d), strict=True):
        if step.relation.kind is Kind.EQUAL:
            out.append(Row(left, shown(step.after), step))
            left = None
        else:
            out.append(Row(*_turn(step.before, step.after, step.relation, lowest=lowest), step))
            left = shown(step.after)
    return out


def _steps(d: Derivation, sheet: Sheet, remarks: bool) -> list[str]:
    if not len(d):
        return sheet.formula(shown(d.start))
    lines: list[str] = []
    chain = _aligned if sheet.style == "drawn" else _listed
    for number, row, placed in zip(d.numbers, rows(d), chain(rows(d), sheet), strict=True):
        done = sheet.placed(placed, f"({number}) {reason(row.step, sheet.printer)}")
        lines += ["", *done] if lines and sheet.style == "drawn" and len(placed) + placed[0].height > 2 else done
        if remarks:
            for fact in row.step.conditions:
                lines += map(sheet.aside, sheet.words(f"needs {fact.said(sheet.writer)}", " " * 14, " " * 18))
    return lines


def _listed(chain: list[Row], sheet: Sheet) -> list[list[Box]]:
    """Each row of a chain as lines: a left side above, what is equal to it below."""
    out: list[list[Box]] = []
    for row in chain:
        placed: list[Box] = []
        formulas = [("    ", row.left)] if row.left is not None else []
        formulas.append(("  ", _equal_to(row.right)))
        if row.turns and row.left is not None:
            formulas = [("    ", equation(row.left, row.right))]
        for first, formula in formulas:
            placed += [beside([letters(first), box]) for box in sheet.boxes(formula, sheet.width - len(first))]
        out.append(placed)
    return out


def _aligned(chain: list[Row], sheet: Sheet) -> list[list[Box]]:
    """Each row of a chain as lines, with one column for the signs of equality; wide left sides above."""
    lefts = [sheet.boxes(row.left, sheet.width - 2) if row.left is not None and not row.turns else [] for row in chain]
    short = [bool(left) and len(left) == 1 and left[0].width <= _WIDE_LEFT for left in lefts]
    margin = max((left[0].width for left, is_short in zip(lefts, short, strict=True) if is_short), default=2)
    margin = margin if sheet.width >= _NARROW else 2
    out: list[list[Box]] = []
    for row, left, is_short in zip(chain, lefts, short, strict=True):
        if row.left is not None and row.turns:
            formula = equation(row.left, row.right)
            out.append([beside([letters("  "), box]) for box in sheet.boxes(formula, sheet.width - 2)])
            continue
        beside_it = is_short and left[0].width <= margin
        first, *others = sheet.boxes(row.right, sheet.width - margin - 5)
        before = left[0] if beside_it else letters("")
        lead = letters(" " * (2 + margin - before.width))
        placed = [] if beside_it else [beside([letters("  "), box]) for box in left]
        placed.append(beside([lead, before, letters(" = "), first]))
        out.append(placed + [beside([letters(" " * (margin + 5)), box]) for box in others])
    return out
