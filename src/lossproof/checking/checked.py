"""What was found of each line that somebody wrote, and how it is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr

from lossproof.checking.proving import proof
from lossproof.checking.reading import Line, read_steps
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis, bounds_of
from lossproof.kernel.derivation import Cite, Derivation
from lossproof.kernel.domains import REAL, Domain, point
from lossproof.notation.boxes import Box, beside, columns, letters, stacked, wrapped
from lossproof.notation.drawn import Formula, Style, in_style, lines_of
from lossproof.notation.inert import free, symbol_of
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import Instance
from lossproof.referees import NOT_APPLICABLE, REFUTED
from lossproof.referees.balls import Point, Sample, Verdict, Witness
from lossproof.referees.instances import Setting


class Finding(StrEnum):
    """What is found of a line."""

    BEGINS = "begins"
    PROVED = "proved"
    WRONG = "wrong"
    OPEN = "open"


_COLOURS = {Finding.PROVED: "32", Finding.WRONG: "1;31", Finding.OPEN: "33"}


@dataclass(frozen=True)
class CheckedLine:
    """A line with what was found.

    Attributes:
        line: what was written.
        finding: ``begins`` a chain, ``proved`` equal to the line before, ``wrong``, or ``open``: neither.
        detail: the rules that prove it; what both sides are at numbers at which they differ; or what was tried.
        witness: of a wrong line, these numbers and values.
        derivation: of a proved line, from the line before to this one, replayed by the kernel.
    """

    line: Line
    finding: Finding
    detail: str = ""
    witness: Witness | None = None
    derivation: Derivation | None = None

    def said(self) -> str:
        """In a few words."""
        return "" if self.finding is Finding.BEGINS else f"{self.finding}: {self.detail}"


@dataclass(frozen=True)
class CheckedSteps:
    """All lines with what was found, and under which hypotheses.

    Attributes:
        hypotheses: what every proof may use; what was not said is that a symbol is a real number.
        lines: in the order written.
    """

    hypotheses: tuple[Hypothesis, ...]
    lines: tuple[CheckedLine, ...]

    @property
    def ok(self) -> bool:
        """Whether every line is proved."""
        return all(line.finding in (Finding.BEGINS, Finding.PROVED) for line in self.lines)

    @property
    def verdict(self) -> str:
        """All in one sentence."""
        numbers = {
            finding: [str(one.line.number) for one in self.lines if one.finding is finding] for finding in Finding
        }
        wrong, open_ = numbers[Finding.WRONG], numbers[Finding.OPEN]
        if wrong:
            more = f"; so {'is' if len(wrong) == 2 else 'are'} {', '.join(wrong[1:])}" if wrong[1:] else ""
            return f"line {wrong[0]} is wrong{more}"
        if open_:
            return (
                f"no line is wrong, but {'line' if len(open_) == 1 else 'lines'} {', '.join(open_)} could not be proved"
            )
        count = len(numbers[Finding.PROVED])
        return f"all {count} steps are proved" if count != 1 else "the step is proved"

    def text(self, width: int = 80, style: Style = "plain", colour: bool = False) -> str:
        """The lines with what was found beside or below each, at most so many columns wide."""
        out = ["Given", *(row for h in self.hypotheses for row in _words(str(h), width, style, "  - ", "    ")), ""]
        out = out if self.hypotheses else []
        hangs = 0  # rows of the line before that hang below its baseline
        for one in self.lines:
            begins = one.finding is Finding.BEGINS
            number = f"{one.line.number:>3}  "
            room = max(width - len(number) - 2, 20)
            boxes = lines_of(_formula(one.line.expression), room, style)
            margins = [number + ("  " if begins else "= "), *[" " * (len(number) + 2)] * (len(boxes) - 1)]
            placed = [beside([letters(m), box]) for m, box in zip(margins, boxes, strict=True)]
            out += [""] if hangs + placed[0].base and one is not self.lines[0] else []
            out += _beside(placed, one, width, style, colour)
            hangs = placed[-1].below
        return "\n".join([*out, "", *_words(self.verdict, width, style)])

    def to_json(self) -> str:
        """Plain fields as JSON."""
        fields = {
            "ok": self.ok,
            "verdict": self.verdict,
            "hypotheses": [str(h) for h in self.hypotheses],
            "lines": [_fields(one) for one in self.lines],
        }
        return json.dumps(fields, indent=1)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<CheckedSteps: {self.verdict}>"


def _fields(one: CheckedLine) -> dict[str, Any]:
    return {
        "line": one.line.number,
        "formula": written(one.line.expression),
        "reason": one.line.reason,
        "finding": str(one.finding),
        "detail": one.detail,
        "witness": None if one.witness is None else vars(one.witness),
        "derivation": None if one.derivation is None else json.loads(one.derivation.to_json()),
    }


def _formula(e: Expr) -> Formula:
    return lambda printer: printer.marked(e)


def _words(text: str, width: int, style: Style, first: str = "", later: str = "") -> list[str]:
    return wrapped(in_style(text, style), width, first, later)


def _beside(placed: list[Box], one: CheckedLine, width: int, style: Style, colour: bool) -> list[str]:
    """A line with what was found of it at the right margin where there is room, else below."""
    rows = stacked(placed)
    said = in_style(one.said(), style)
    if not said:
        return rows
    at = len(rows) - 1 - placed[-1].below
    room = width - columns(rows[at])
    if columns(said) + 2 <= room:
        rows[at] += " " * (room - columns(said)) + _coloured(said, one.finding, colour)
        return rows
    below = wrapped(said, width, " " * 11, " " * 13)
    return [*rows, *(_coloured(row, one.finding, colour) for row in below)]


def _coloured(text: str, finding: Finding, colour: bool) -> str:
    words = text.lstrip()
    return f"{text[: len(text) - len(words)]}\x1b[{_COLOURS[finding]}m{words}\x1b[0m" if colour else text


# ------------------------------------------------------------------ checking


def check_steps(text: str, *, seed: int = 0, progress: Callable[[int, int, int], None] | None = None) -> CheckedSteps:
    """Check each line that somebody wrote against the one before; see `lossproof.checking.reading` for how to write.

    Args:
        text: what is given, and a chain of equations.
        seed: of the points at which the sides of a line are compared.
        progress: called before each line with its number, how many are done and how many there are.

    Returns:
        What was found of each line: a proof by the kernel, numbers at which it is wrong, or neither.

    Raises:
        ParseError: pointing at the line and character that does not fit.

    >>> print(check_steps('''
    ... given a > 0, b > 0
    ...   log(a*b)
    ... = log(a) + log(b)
    ... = log(a + b)
    ... '''))
    Given
      - 0 < a
      - 0 < b
    <BLANKLINE>
      3    log(a b)
      4  = log a + log b                                proved: logarithm of factors
      5  = log(a + b)
               wrong: it is 1.09861228867, the line before is 0.693147180560 where a
                 = 2, b = 1
    <BLANKLINE>
    line 5 is wrong
    """
    steps = read_steps(text)
    found: list[CheckedLine] = []
    for line, before in zip(steps.lines, (None, *steps.lines), strict=False):
        if progress is not None:
            progress(line.number, len(found), len(steps.lines))
        if before is None or line.begins:
            found.append(CheckedLine(line, Finding.BEGINS))
        else:
            known = steps.about(before.expression, line.expression)
            found.append(_checked(line, before, known, seed))
    return CheckedSteps(steps.hypotheses, tuple(found))


def _checked(line: Line, before: Line, hypotheses: tuple[Hypothesis, ...], seed: int) -> CheckedLine:
    compared = _compared(before.expression, line.expression, hypotheses, seed)
    if compared.finding == REFUTED:
        return CheckedLine(line, Finding.WRONG, _difference(compared), compared.witness)
    found = proof(before.expression, line.expression, hypotheses, line.reason, f"line-{line.number}")
    if isinstance(found, Derivation):
        return CheckedLine(line, Finding.PROVED, rules_of(found), derivation=found)
    if compared.finding == NOT_APPLICABLE:
        return CheckedLine(line, Finding.OPEN, f"no proof found; {compared.detail}")
    tried = f"no proof found, though both sides agree at {compared.detail}"
    return CheckedLine(line, Finding.OPEN, f"{tried}; {found}" if found else tried)


def _difference(refuted: Verdict) -> str:
    w = refuted.witness
    if w is None:
        return refuted.detail
    where = f" where {w.point}" if w.point else ""
    if w.left == w.right:
        return f"it is not the line before, though both begin with {w.left}{where}"
    return f"it is {w.right}, the line before is {w.left}{where}"


def rules_of(derivation: Derivation) -> str:
    """The rules that a derivation uses, each once, in order."""
    names: dict[str, None] = {}
    for step in derivation:
        inner = step.rule.derivation if isinstance(step.rule, Cite) else None
        names |= {step.rule.name: None} if inner is None else {s.rule.name: None for s in reversed(inner.steps)}
    return ", ".join(names) or "the same expression"


def _compared(before: Expr, after: Expr, hypotheses: tuple[Hypothesis, ...], seed: int) -> Verdict:
    """What numbers say; of those at which the sides differ, the point that is shortest to write."""
    try:
        sample = Sample(Setting(hypotheses, (), (before, after)), seed=seed)
        sample.points += [Point(at) for one in sample.points[:1] for at in _simple(one.instance, hypotheses)]
        sample.points.sort(key=lambda at: len(str(at)))
        return sample.judged(before, after)
    except LossproofError as error:
        return Verdict(NOT_APPLICABLE, str(error))


def _simple(instance: Instance, hypotheses: tuple[Hypothesis, ...]) -> Iterator[Instance]:
    """The same with 0, 1, -1 or 1/2 for one number or for all, wherever these may be."""
    sizes = {s.name for h in hypotheses for e in bounds_of(h) for s in free(e)}
    domains: dict[str, Domain] = {}
    for h in hypotheses:
        if isinstance(h, Declared) and symbol_of(h.term).name in {*instance.values} - sizes:
            name = symbol_of(h.term).name
            domains[name] = domains.get(name, REAL).meet(h.domain)
    for number in (Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2)):
        fitting = [name for name, domain in domains.items() if point(number).within(domain)]
        for names in (*([name] for name in fitting), *([fitting] if len(fitting) > 1 else [])):
            yield replace(
                instance, values={**instance.values, **{n: _filled(instance.values[n], number) for n in names}}
            )


def _filled(value: Any, number: Fraction) -> Any:
    return np.full_like(value, number) if isinstance(value, np.ndarray) else number
