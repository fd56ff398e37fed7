"""Certificates that no likelihood is behind a loss, and the checker that each of them has passed.

A `Refutation` of a question with finitely many outcomes consists of *cells*.  A cell has a range of
scales ``c``, points ``f_1 .. f_k`` and multipliers ``m_1 .. m_k`` with ``m_1 + ... + m_k = 0``, such that

    D_y(c) = m_1 exp(-c l(f_1, y)) + ... + m_k exp(-c l(f_k, y))

is positive, or zero for all ``c``, for each outcome ``y``, and positive for at least one.  Then, for
``Z(f) = sum_y h(y) exp(-c l(f, y))`` and any ``h > 0``,

    m_1 Z(f_1) + ... + m_k Z(f_k) = sum_y h(y) D_y(c) > 0,

though it would be 0 if ``Z`` were the same everywhere.  The ranges cover all positive scales.

What this module knows: how such a certificate is checked.  What it does not know: how one is found.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import factorial
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Integer, Rational, Symbol, log

from lossproof.errors import LossproofError
from lossproof.kernel.domains import POSITIVE, Domain, End
from lossproof.kernel.relations import EQUAL
from lossproof.notation.inert import ONE, free, substitute
from lossproof.notation.plain import written
from lossproof.numeric.balls import Ball, Balls, ball, rounded, shown
from lossproof.recovery.amounts import Amount, Entry, Reader, Unit, label_of, sign
from lossproof.recovery.question import Question
from lossproof.recovery.sets import Counts, Finite, Interval, Set, Simplex, Vectors
from lossproof.rulebook import sigmoids, sums
from lossproof.strategies.chain import Chain

#: A value for each prediction: a number, or the entries of a vector.
Point: TypeAlias = tuple[Expr | tuple[Expr, ...], ...]
#: An outcome: a number, or the entries of a vector.
Outcome: TypeAlias = Expr | tuple[Expr, ...]

#: The working precision, in bits.
BITS = 128
#: How many outcomes a target may have, how often a range is halved at an end, and how many parts it is cut into.
MOST_OUTCOMES, MOST_HALVINGS, MOST_PARTS = 256, 80, 4000
#: Up to which power of the scale a sum of exponentials is expanded at 0.
MOST_ORDER = 6


class NotRefuted(LossproofError):
    """A certificate does not show what it should."""


@dataclass(frozen=True)
class Cell:
    """Points and multipliers for the scales from ``low`` (0 excluded) to ``high`` (None: without end)."""

    low: Fraction
    high: Fraction | None
    points: tuple[Point, ...]
    multipliers: tuple[Fraction, ...]


@dataclass(frozen=True)
class Refutation:
    """No base measure makes the total mass the same for all predictions; each one that exists has been checked.

    Theorem.  Let ``question.target`` be finite.  For every ``h`` from the outcomes to the positive numbers,
    every scale ``c > 0`` (the one scale, if one is given) and all positive values of the constants,
    ``sum_y h(y) exp(-c l(f, y))`` is not the same for all predictions ``f``.

    A point may lie at the edge of an open set of predictions if the loss is continuous there: where the sum
    is constant on the set, it has the same value there.

    Attributes:
        question: what is asked.
        cells: the certificate.
        scale: the only scale that is spoken of; all positive ones by default.
        example: points at which the linear system for ``h`` has no solution at that scale, or at 1.

    Raises:
        NotRefuted: if the certificate does not show that.
        MissingExtra: without `python-flint`.
    """

    question: Question
    cells: tuple[Cell, ...]
    scale: Expr | None = None
    example: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Check everything, from nothing.

        Raises:
            NotRefuted: naming what fails.
        """
        with Balls(BITS).working():
            _check_constants(self.question)
            _check_cover(self.cells, self.scale)
            units = {unit for cell in self.cells for unit in check_cell(self.question, cell)}
            whole = all(cell.low == 0 and cell.high is None for cell in self.cells)
            if self.example and (self.system is None or not self.system.refutes):
                raise NotRefuted("the points of the example force no base measure that fails at another")
            if not whole and units and (len(units) > 1 or (self.scale is not None and units != {()})):
                raise NotRefuted("the scales of the outcomes differ by constants")

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The target, outcome by outcome."""
        return outcomes(self.question.target)

    @cached_property
    def system(self) -> System | None:
        """The base measure that the first points of the example force, and the total mass at the last."""
        return system(self.question, self.example, ONE if self.scale is None else self.scale) if self.example else None

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""
        return lines(self)

    def to_json(self) -> dict[str, Any]:
        """Plain fields: the cells, each with its points and multipliers, and the same in words."""
        return {
            "kind": "points at which no base measure can work",
            "cells": [
                {
                    "scales": _range(cell),
                    "points": [named(p) for p in cell.points],
                    "multipliers": [str(m) for m in cell.multipliers],
                }
                for cell in self.cells
            ],
            "lines": list(lines(self)),
        }

    @property
    def points(self) -> tuple[Point, ...]:
        """All points that the certificate uses."""
        return tuple(dict.fromkeys(p for cell in self.cells for p in cell.points))


# ------------------------------------------------------------------ the sets


def outcomes(target: Set) -> tuple[Outcome, ...]:
    """The elements of a finite set.

    Raises:
        NotRefuted: if it is not finite, or too large.
    """
    if isinstance(target, Finite):
        found: tuple[Outcome, ...] = target.outcomes
    elif isinstance(target, Vectors) and isinstance(target.of, Finite) and isinstance(target.size, Integer):
        if len(target.of.outcomes) ** int(target.size) > MOST_OUTCOMES:
            raise NotRefuted(f"{target} has too many outcomes")
        found = tuple(itertools.product(target.of.outcomes, repeat=int(target.size)))
    else:
        raise NotRefuted(f"{target} is not a set of finitely many outcomes")
    if not 0 < len(found) <= MOST_OUTCOMES:
        raise NotRefuted(f"{target} has {len(found)} outcomes")
    return found


def amounts(question: Question, value: Outcome | Point) -> Entry:
    """A number, or a vector of them, as amounts."""
    reader = Reader({}, constants_of(question))
    return tuple(map(reader.value, value)) if isinstance(value, tuple) else reader.value(value)


def domains_of(question: Question) -> dict[Expr, Domain]:
    """Where the constants lie of which something is declared."""
    return {declared.term: declared.domain for declared in question.constants}


def constants_of(question: Question) -> frozenset[Symbol]:
    """The symbols of the loss that stand for any positive number."""
    declared = domains_of(question)
    names = {label_of(question.y), *(label_of(f) for f, _ in question.predictions)}
    rest = free(question.loss) - names
    return frozenset(s for s in rest if (declared[s].within(POSITIVE) if s in declared else s.is_positive))


def _check_constants(question: Question) -> None:
    names = [s.name for s in free(question.loss)]
    symbols = [label_of(question.y), *(label_of(f) for f, _ in question.predictions)]
    if len(set(names)) != len(names) or len(set(symbols)) != len(symbols):
        raise NotRefuted("two symbols of one name")


def inside(value: Entry, where: Set) -> bool | None:
    """Whether a value certainly lies in a set (True), or at its edge (None), or perhaps not (False)."""
    if isinstance(value, tuple):
        if isinstance(where, Simplex) and where.size == len(value) and all(not v.unit for v in value):
            exact = [v.exact for v in value]
            if any(v is None or v < 0 for v in exact) or sum(v for v in exact if v is not None) != 1:
                return False
            return None if 0 in exact else True
        if isinstance(where, Vectors) and where.size == len(value):
            parts = [inside(v, where.of) for v in value]
            return False if False in parts else None if None in parts else True
        return False
    if isinstance(where, Interval):
        return _between(value, where)
    if value.exact is None or value.unit:
        return False
    if isinstance(where, Finite):
        return any(isinstance(e, Rational) and Fraction(int(e.p), int(e.q)) == value.exact for e in where.outcomes)
    return isinstance(where, Counts) and value.exact >= 0 and value.exact.denominator == 1


def _between(value: Amount, where: Interval) -> bool | None:
    domain = where.domain
    if domain is None or not domain.low < domain.high:
        return False
    if value.unit:  # any multiple of a constant: only the sign is known
        ends = {
            -1: domain.low == float("-inf") and domain.high >= 0,
            1: domain.high == float("inf") and domain.low <= 0,
        }
        return ends.get(sign(value), False)
    if value.exact in (domain.low, domain.high) and value.exact is not None:
        return True if (domain.low_closed if value.exact == domain.low else domain.high_closed) else None
    return _above(value, domain.low) and _above(Amount(-value.number), -domain.high)


def _above(value: Amount, end: End) -> bool:
    """Whether a number is certainly greater than a fraction or an infinite end."""
    if not isinstance(end, (int, Fraction)):
        return end < 0
    return value.exact > end if value.exact is not None else bool(value.ball > ball(Fraction(end)))


# ------------------------------------------------------------------ the checker


def loss_at(question: Question, point: Point, outcome: Outcome) -> Amount:
    """The loss at a point of the closed set of predictions, or at its edge if it is continuous there.

    Raises:
        NotRefuted: if the point lies elsewhere, or the loss may jump at the edge.
        LossproofError: if the loss has no certain value there.
    """
    entries: list[Entry] = [amounts(question, value) for value in point]
    if len(entries) != len(question.predictions):
        raise NotRefuted(f"a point has {len(entries)} parts, but there are {len(question.predictions)} predictions")
    places = [inside(v, where) for v, (_, where) in zip(entries, question.predictions, strict=True)]
    if False in places:
        raise NotRefuted(f"{_listed(point)} is not known to be a prediction")
    names = [label_of(f) for f, _ in question.predictions]
    values = dict(zip(names, entries, strict=True)) | {label_of(question.y): amounts(question, outcome)}
    reader = Reader(values, constants_of(question), frozenset(names))
    loss = reader.value(question.loss)
    if None in places and not reader.continuous:
        raise NotRefuted(f"the loss may jump at {_listed(point)}, which lies at the edge of the predictions")
    exact = None if loss.exact is not None else _as_fraction(question, point, outcome, loss)
    return loss if exact is None else Amount(exact)


#: The largest denominator of a loss that is recognised as a fraction.
MOST_BOTTOM = 1000


def _as_fraction(question: Question, point: Point, outcome: Outcome, loss: Amount) -> Fraction | None:
    """The loss as a fraction, if the kernel grants that it is one: at ``f = log 2``, say, where ``exp(f)`` is."""
    if loss.unit or not any(isinstance(value, log) for value in point) or isinstance(outcome, tuple):
        return None
    near = Fraction(float(loss.ball.mid())).limit_denominator(MOST_BOTTOM)
    if not loss.ball.contains(ball(near)):
        return None
    names = (question.y, *(f for f, _ in question.predictions))
    here = substitute(question.loss, dict(zip(names, (outcome, *point), strict=True)))
    return near if _equal(here, Rational(near.numerator, near.denominator)) else None


@lru_cache(maxsize=1 << 12)
def _equal(e: Expr, value: Rational) -> bool:
    """Whether the kernel grants that an expression without variables has a value."""
    chain = Chain("value", (), (), e)
    try:
        theorem = chain.exhaust(sigmoids.SIGMOID, sums.WRITTEN_OUT).laws(value).done().theorem
    except LossproofError:
        return False
    return (theorem.left, theorem.right, theorem.relation, theorem.hypotheses) == (e, value, EQUAL, ())


def _check_cover(cells: Sequence[Cell], scale: Expr | None) -> None:
    if not cells:
        raise NotRefuted("there are no cells")
    for cell in cells:
        if not all(isinstance(v, Fraction) for v in (cell.low, cell.high or Fraction(0), *cell.multipliers)):
            raise NotRefuted("scales and multipliers are fractions")
        if cell.low < 0 or (cell.high is not None and (cell.high < cell.low or cell.high == 0)):
            raise NotRefuted(f"no positive scales: from {cell.low} to {cell.high}")
    if scale is not None:
        at = Reader({}, frozenset()).value(scale)
        for cell in cells:
            if not (at.ball > 0 and _reached(at, cell)):
                raise NotRefuted(f"the scale {written(scale)} is not among those from {cell.low} to {cell.high}")
        return
    if cells[0].low != 0 or cells[-1].high is not None:
        raise NotRefuted("the cells do not cover all positive scales")
    for one, other in itertools.pairwise(cells):
        if one.high is None or other.low > one.high:
            raise NotRefuted(f"the scales from {one.high} to {other.low} are not covered")


def _reached(scale: Amount, cell: Cell) -> bool:
    if scale.exact is not None:
        return cell.low <= scale.exact and (cell.high is None or scale.exact <= cell.high)
    return bool(scale.ball >= ball(cell.low)) and (cell.high is None or bool(scale.ball <= ball(cell.high)))


def check_cell(question: Question, cell: Cell) -> set[Unit]:
    """Check one cell, at the working precision; the constants that scale its losses, and hence its range.

    Raises:
        NotRefuted: naming what fails.
    """
    if len(cell.points) != len(cell.multipliers) or sum(cell.multipliers) != 0 or not any(cell.multipliers):
        raise NotRefuted("the multipliers of a cell do not add up to zero, one for each point")
    sums = {outcome: differences(question, cell, outcome) for outcome in outcomes(question.target)}
    found = [is_positive(terms, cell) for terms in sums.values()]
    if not any(found):
        raise NotRefuted("the combination of the points is zero")
    return {amount.unit for terms in sums.values() for amount, _ in terms if amount.exact != 0}


#: Losses and their multipliers: ``sum of m exp(-c l)``.
Terms: TypeAlias = list[tuple[Amount, Fraction]]


def differences(question: Question, cell: Cell, outcome: Outcome) -> Terms:
    """The terms of ``D_y(c)``; equal fractions are one term, and terms that cancel are none."""
    merged: dict[tuple[Fraction, Unit], Fraction] = {}
    rest: Terms = []
    for point, m in zip(cell.points, cell.multipliers, strict=True):
        loss = loss_at(question, point, outcome)
        if loss.exact is None:
            rest.append((loss, m))
        else:
            key = (loss.exact, loss.unit)
            merged[key] = merged.get(key, Fraction(0)) + m
    return [(Amount(*key), m) for key, m in merged.items() if m] + [(loss, m) for loss, m in rest if m]


def is_positive(terms: Terms, cell: Cell) -> bool:
    """Whether a sum of exponentials is shown to be positive on a cell (True) or to be zero everywhere (False).

    Raises:
        NotRefuted: if neither is shown.
    """
    if not terms:
        return False
    if len({amount.unit for amount, _ in terms if amount.exact != 0}) > 1:
        raise NotRefuted("the losses at the points differ by constants")
    low, high = cell.low, cell.high
    if low == 0:
        low = _start(terms, Fraction(1) if high is None else high)
    if high is None:
        high = _tail(terms, max(low, Fraction(1)))
    if low < high or cell.low > 0:
        _check_between(terms, low, high)
    return True


def _start(terms: Terms, high: Fraction) -> Fraction:
    """An ``a <= high`` such that the sum is positive on ``(0, a]``.

    By Taylor's theorem the sum is ``(-c)^j M_j / j!`` with ``M_j = sum m l^j``, the first that is not zero, up
    to a remainder of at most ``c^(j+1) / (j+1)! sum |m| |l|^(j+1) exp(c max(0, -l))``.
    """
    order = next((j for j in range(MOST_ORDER + 1) if not _vanishes(terms, j)), None)
    if order is None:
        raise NotRefuted("the sum vanishes at 0 to a high order")
    leading = (-1) ** order * ball(_moment(terms, order)) / factorial(order)
    if not leading > 0:
        raise NotRefuted("the combination is not positive for small scales")
    for _ in range(MOST_HALVINGS):
        c = ball(high)
        rest = sum(
            (
                abs(ball(m)) * abs(amount.ball) ** (order + 1) * (c * (-amount.ball).max(ball(0))).exp()
                for amount, m in terms
            ),
            ball(0),
        )
        if leading > c * rest / factorial(order + 1):
            return high
        high /= 2
    raise NotRefuted("the combination is not shown to be positive for small scales")


def _vanishes(terms: Terms, order: int) -> bool:
    moment = _moment(terms, order)
    return isinstance(moment, Fraction) and moment == 0


def _moment(terms: Terms, order: int) -> Fraction | Ball:
    """``sum m l^order``: a fraction if the losses are (then it may be known to be zero), else a ball."""
    if order == 0 or all(amount.exact is not None for amount, _ in terms):
        return sum((m * (amount.exact or Fraction(0)) ** order if order else m for amount, m in terms), Fraction(0))
    return sum((ball(m) * amount.ball**order for amount, m in terms), ball(0))


def _tail(terms: Terms, low: Fraction) -> Fraction:
    """A ``b >= low`` such that the sum is positive on ``[b, oo)``.

    A term with the multiplier ``m > 0`` and the loss ``l`` outweighs the negative ones, whose losses are
    greater: ``m > sum |m_j| exp(-(l_j - l) c)``, and the right side only falls.
    """
    positive = [(amount, m) for amount, m in terms if m > 0]
    negative = [(amount, m) for amount, m in terms if m < 0]
    leading = [(amount, m) for amount, m in positive if all(other.ball > amount.ball for other, _ in negative)]
    if not leading:
        raise NotRefuted("the combination is not shown to be positive for large scales")
    for _ in range(MOST_HALVINGS):
        for amount, m in leading:
            c = ball(low)
            against = sum((ball(-k) * (-(other.ball - amount.ball) * c).exp() for other, k in negative), ball(0))
            if against < ball(m):
                return low
        low *= 2
    raise NotRefuted("the combination is not shown to be positive for large scales")


def _check_between(terms: Terms, low: Fraction, high: Fraction) -> None:
    """Whether the sum is positive on ``[low, high]``, by the mean value theorem on small enough parts."""
    stack, parts = [(low, high)], 0
    while stack:
        a, b = stack.pop()
        parts += 1
        if parts > MOST_PARTS:
            raise NotRefuted("the combination is not shown to be positive for all scales")
        if _is_positive_on(terms, a, b):
            continue
        middle = (a + b) / 2
        if a == b or not _is_positive_on(terms, middle, middle):
            raise NotRefuted(f"the combination is not positive at the scale {float(middle):.6g}")
        stack += [(middle, b), (a, middle)]


def _is_positive_on(terms: Terms, a: Fraction, b: Fraction) -> bool:
    middle, radius = ball((a + b) / 2), rounded(0, 1) * ball((b - a) / 2)
    c = middle + radius
    least = min(terms, key=lambda term: float(term[0].ball.mid()))[0].ball
    value, slope = ball(0), ball(0)
    for amount, m in terms:
        gap = amount.ball - least
        value += ball(m) * (-gap * middle).exp()
        slope -= ball(m) * gap * (-gap * c).exp()
    return bool(value + slope * radius > 0)


# ------------------------------------------------------------------ for a reader


def _listed(value: Point | Outcome) -> str:
    if not isinstance(value, tuple):
        return written(value)
    inner = [_listed(v) for v in value]
    return inner[0] if len(inner) == 1 else f"({', '.join(inner)})"


def named(value: Point | Outcome) -> str:
    """A point or an outcome in a line of text."""
    return _listed(value)


@dataclass(frozen=True)
class System:
    """What the points say at one scale, in balls: the base measure that the first force, and the total at the last.

    Attributes:
        scale: the scale.
        points: as many as there are outcomes, and a further one.
        masses: ``exp(-c l(f, y))``, a row for each point.
        measure: the ``h`` with ``Z = 1`` at the first points.
        total: ``Z`` at the further point.
    """

    scale: Expr
    points: tuple[Point, ...]
    masses: tuple[tuple[Ball, ...], ...]
    measure: tuple[Ball, ...]
    total: Ball

    @property
    def refutes(self) -> bool:
        """Whether no base measure works at this scale: the total is not 1, or a mass is negative."""
        return bool(self.total > 1 or self.total < 1 or any(h < 0 for h in self.measure))


def system(question: Question, points: Sequence[Point], scale: Expr) -> System | None:
    """The linear system for the base measure at one more point than there are outcomes, if the first determine it."""
    with Balls(BITS).working():
        every = outcomes(question.target)
        if len(points) != len(every) + 1:
            return None
        c = Reader({}, frozenset()).value(scale).ball
        losses = [[loss_at(question, p, y) for y in every] for p in points]
        if any(amount.unit for row in losses for amount in row):
            return None
        rows = [[(-c * amount.ball).exp() for amount in row] for row in losses]
        inverse = Balls(BITS).inverse(np.array(rows[:-1], dtype=object))
        measure = tuple(sum(row, ball(0)) for row in inverse)
        if not all(h.is_finite() for h in measure):
            return None
        total = sum((h * v for h, v in zip(measure, rows[-1], strict=True)), ball(0))
        return System(scale, tuple(points), tuple(map(tuple, rows)), measure, total)


def lines(refutation: Refutation) -> Iterator[str]:
    """The certificate in words: an example at one scale, a line for each cell and outcome, what the letters are."""
    if refutation.system is not None:
        yield from _example(refutation.system, refutation.outcomes)
    for cell in refutation.cells:
        total = _signed((m, f"Z({named(p)})") for p, m in zip(cell.points, cell.multipliers, strict=True))
        yield f"for {_range(cell)}: {total} > 0, though it would be 0 if Z were constant; the factor of"
        for outcome in refutation.outcomes:
            yield f"  h({named(outcome)}) is {combination(refutation.question, cell, outcome)}"
    yield "where Z(f) is the sum of h(y) exp(-c l(f, y)) over all y, and every h(y) > 0"


def _example(found: System, every: Sequence[Outcome]) -> Iterator[str]:
    values = [shown(h, 6) if h > 0 or h < 0 else "0.00000" for h in found.measure]
    forced = ", ".join(f"h({named(y)}) = {h}" for y, h in zip(every, values, strict=True))
    *first, last = map(named, found.points)
    yield f"for c = {written(found.scale)}: Z = 1 at {', '.join(first)} forces {forced};"
    negative = any(h < 0 for h in found.measure)
    yield "  which is not positive" if negative else f"  but then Z = {shown(found.total, 6)} at {last}"


def combination(question: Question, cell: Cell, outcome: Outcome) -> str:
    """``D_y(c)`` in a line of text; of a loss that is no fraction the first digits are given."""
    with Balls(BITS).working():
        terms = differences(question, cell, outcome)
        return _signed((m, _exponential(amount)) for amount, m in terms) or "0"


def _signed(terms: Iterable[tuple[Fraction, str]]) -> str:
    parts = []
    for m, text in sorted(terms, key=lambda term: term[0] < 0):
        size = "" if abs(m) == 1 and text else f"{abs(m)} "
        parts.append(f"{'-' if m < 0 else '+'} {size}{text}".rstrip())
    return " ".join(parts).removeprefix("+ ")


def _exponential(amount: Amount) -> str:
    """``exp(-l c)``; nothing for 1."""
    if amount.exact == 0:
        return ""
    negative = bool(amount.ball > 0)
    size = f"{abs(amount.exact)}" if amount.exact is not None else f"{shown(abs(amount.ball), 8)}..."
    letters = "".join(f" {name}" if k == 1 else f" {name}^{k}" for name, k in amount.unit)
    return f"exp({'-' if negative else ''}{'' if size == '1' else size + ' '}c{letters})"


def _range(cell: Cell) -> str:
    if cell.low == 0 and cell.high is None:
        return "every c > 0"
    if cell.high is None:
        return f"c >= {cell.low}"
    return f"0 < c <= {cell.high}" if cell.low == 0 else f"{cell.low} <= c <= {cell.high}"
