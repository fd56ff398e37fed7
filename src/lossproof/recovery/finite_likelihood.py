"""The likelihood behind a loss whose target is finite: a guess from numbers, and its proof by the kernel.

The guess, a scale and a base measure, is not trusted: the kernel proves that the total mass does not depend
on the predictions, or there is no theorem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import isclose, log, log2, prod
from typing import NamedTuple

import numpy as np
from sympy import Expr, IndexedBase, Integer, Rational, Symbol

from lossproof.errors import LossproofError, MissingExtra, RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Range
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE
from lossproof.notation.inert import (
    ONE,
    add,
    exp,
    free,
    inverse,
    limits_of,
    mul,
    neg,
    power,
    rebuild,
    substitute,
    total,
)
from lossproof.notation.inert import log as logarithm
from lossproof.recovery.finite import Array, Stock, nonnegative_least_squares, put_in
from lossproof.recovery.question import Question
from lossproof.recovery.refutation import Outcome, Point, constants_of, domains_of, outcomes
from lossproof.recovery.sets import Interval, Simplex, Vectors
from lossproof.rulebook import cases, logarithms, sigmoids, sums
from lossproof.strategies.chain import Chain


class Candidate(NamedTuple):
    """A guess: with this scale and base measure the total mass is ``total`` for every prediction."""

    scale: Expr
    measure: dict[Outcome, Expr]
    total: Expr


class _Numeric(NamedTuple):
    point: Point
    scale: float
    measure: tuple[float, ...]
    total: float


#: Scales that are tried before others are searched for.
_SIMPLE = tuple(Fraction(n, d) for n, d in ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (1, 4), (4, 1), (3, 2), (2, 3)))
#: How far from constant a total mass may be to be taken for a constant, and how near a number must be to a simple one.
CONSTANT, NEAR = 1e-10, 1e-8
#: The largest denominator of a simple number.
SIMPLE = 60


def candidate(question: Question) -> Candidate | None:
    """A scale and a base measure that make the total mass the same at the points that are tried.

    Raises:
        MissingExtra: without `python-flint`.
    """
    constants = sorted(constants_of(question), key=str)
    declared = domains_of(question)
    below_one = {s: s in declared and declared[s].high <= 1 for s in constants}
    first = {s: Fraction(1, 2) if below_one[s] else Fraction(1) for s in constants}
    varied = [first] + [first | {s: first[s] * Fraction(1, 2) if below_one[s] else Fraction(2)} for s in constants]
    found = [_numeric(question, values) for values in varied]
    known = [v for v in found if v is not None]
    if len(known) < len(found):
        return None
    scale = _monomial([v.scale for v in known], varied, constants)
    mass = _monomial([v.total for v in known], varied, constants)
    every = outcomes(question.target)
    measure = [_monomial([v.measure[k] for v in known], varied, constants) for k in range(len(every))]
    if scale is None or any(h is None for h in measure):
        return None
    known_measure = {y: h for y, h in zip(every, measure, strict=True) if h is not None}
    guess = Candidate(scale, known_measure, ONE if mass is None else mass)
    return guess if mass is not None else guess._replace(total=_total_at(question, guess, known[0].point))


def _numeric(question: Question, values: Mapping[Symbol, Fraction]) -> _Numeric | None:
    try:
        stock = Stock.of(put_in(question, values))
    except MissingExtra:
        raise
    except LossproofError:
        return None
    if len(stock.points) < 2:
        return None
    for scale in (*map(float, _SIMPLE), *_searched(stock)):
        measure = _measure(stock.losses, scale)
        if measure is not None:
            mass = float(np.exp(-scale * stock.losses[0]) @ measure)
            return _Numeric(stock.points[0], scale, tuple(measure / measure[0]), mass / float(measure[0]))
    return None


def _masses(losses: Array, scale: float) -> tuple[Array, Array]:
    """``exp(-c l)`` with the largest of each outcome made 1, and what it was."""
    least = losses.min(axis=0)
    return np.exp(-scale * (losses - least)), np.exp(-scale * least)


def _measure(losses: Array, scale: float) -> Array | None:
    """A positive base measure with which the total mass is constant, one for all outcomes if there is such."""
    masses, largest = _masses(losses, scale)
    ones = np.ones(len(losses))
    for h in (largest, np.linalg.lstsq(masses, ones, rcond=None)[0], nonnegative_least_squares(masses, ones)):
        totals = masses @ h
        if h.min() > NEAR * h.max() and np.ptp(totals) < CONSTANT * totals.max():
            found: Array = h / largest
            return found
    return None


def _defect(losses: Array, scale: float) -> float:
    masses, _ = _masses(losses, scale)
    ones = np.ones(len(losses))
    return float(np.linalg.norm(masses @ nonnegative_least_squares(masses, ones) - ones))


def _searched(stock: Stock) -> Iterator[float]:
    """Scales at which the total mass is nearly constant."""
    grid = np.geomspace(1e-2, 1e2, 61) / min(stock.size, 10.0)
    defects = [_defect(stock.losses, c) for c in grid]
    for k in range(1, len(grid) - 1):
        if defects[k] <= min(defects[k - 1], defects[k + 1]):
            yield _least(stock.losses, grid[k - 1], grid[k + 1])


def _least(losses: Array, low: float, high: float) -> float:
    """Where the defect is least between two scales (golden section), made simple if it nearly is."""
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(70):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if _defect(losses, a) < _defect(losses, b) else (a, high)
    middle = (low + high) / 2
    for factor in (1.0, log(2), log(10), 1 / log(2), 1 / log(10)):
        simple = float(Fraction(middle / factor).limit_denominator(SIMPLE)) * factor
        if isclose(simple, middle, rel_tol=1e-5):
            return simple
    return middle


# ------------------------------------------------------------------ numbers as expressions


def _monomial(
    values: Sequence[float], at: Sequence[Mapping[Symbol, Fraction]], constants: Sequence[Symbol]
) -> Expr | None:
    """The product of a simple number and whole powers of constants that has some values, if there is one."""
    first, *rest = values
    powers: list[int] = []
    for s, value, where in zip(constants, rest, at[1:], strict=True):
        k = log2(value / first) / log2(where[s] / at[0][s])
        if not isclose(k, round(k), abs_tol=NEAR):
            return None
        powers.append(round(k))
    number = _simple(first / prod(float(at[0][s]) ** k for s, k in zip(constants, powers, strict=True)))
    if number is None:
        return None
    letters = [_power(s, k) for s, k in zip(constants, powers, strict=True) if k]
    factors = letters if number == 1 and letters else [number, *letters]
    return factors[0] if len(factors) == 1 else mul(*factors)


def _power(s: Symbol, k: int) -> Expr:
    return s if k == 1 else inverse(s) if k == -1 else power(s, Integer(k))


def _simple(value: float) -> Expr | None:
    """A positive number as a fraction, the exponential of one, a root of one, or one over the logarithm of 2 or 10."""
    found = _fraction(value)
    if found is not None:
        return found
    exponent = _fraction(log(value)) if value > 0 else None
    if exponent is not None:
        return exp(exponent)
    square = _fraction(value * value)
    if square is not None:
        return power(square, Rational(1, 2))
    for base in (2, 10):
        multiple, divided = _fraction(value / log(base)), _fraction(value * log(base))
        if multiple is not None:
            return mul(multiple, logarithm(Integer(base))) if multiple != 1 else logarithm(Integer(base))
        if divided is not None:
            one_over = inverse(logarithm(Integer(base)))
            return one_over if divided == 1 else mul(divided, one_over)
    return None


def _fraction(value: float) -> Expr | None:
    near = Fraction(value).limit_denominator(SIMPLE)
    return Rational(near.numerator, near.denominator) if near and isclose(near, value, rel_tol=NEAR) else None


# ------------------------------------------------------------------ the proof

_INDEX = Symbol("k", integer=True)
_SHARES = "shares add up to one"


def prove(question: Question, guess: Candidate) -> Derivation | None:
    """That the total mass is what the guess says, if the kernel grants it.

    The derivation begins with ``sum_y h(y) exp(-c l(f, y))``, term by term, and ends with ``Z``, in which
    no prediction occurs.
    """
    names = frozenset().union(*(free(f) for f, _ in question.predictions))
    if free(guess.total) & names:
        return None
    terms = [_term(question, guess, y) for y in outcomes(question.target)]
    start = add(*terms) if len(terms) > 1 else terms[0]
    hypotheses = tuple(hypotheses_of(question))
    shared = next((h for h in hypotheses if isinstance(h, Assumed)), None)
    for tidy in (_STEPS, ()):
        chain = Chain("total-mass", hypotheses, (), start, "The total mass does not depend on the prediction")
        try:
            chain.exhaust(*_MEANINGS).exhaust(*tidy)
            if shared is not None and guess.total == ONE:
                chain.laws(shared.left).assume(_SHARES)
            else:
                chain.laws(guess.total)
            derivation = chain.done()
            _ = derivation.theorem
        except (RuleDoesNotApply, SideConditionError):
            continue
        return derivation
    return None


_MEANINGS = (
    sums.SIFT,
    sums.SIFT_BEHIND,
    sums.WRITTEN_OUT,
    sigmoids.SOFTPLUS,
    sigmoids.SIGMOID,
    cases.WHERE_IT_HOLDS,
    cases.WHERE_IT_FAILS,
    cases.MAXIMUM_IS_FIRST,
    cases.MAXIMUM_IS_SECOND,
)
_STEPS = (sums.DOUBLE_NEGATION, logarithms.EXP_OF_TERMS, logarithms.EXP_OF_LOG_MULTIPLE, logarithms.EXP_OF_LOG)


def _total_at(question: Question, guess: Candidate, point: Point) -> Expr:
    """The total mass at a point, as a sum."""
    terms = [_term(question, guess, y) for y in outcomes(question.target)]
    for (f, _), value in zip(question.predictions, point, strict=True):
        if isinstance(value, tuple):
            terms = [_entries_put_in(_unrolled(t, f), f, value) for t in terms]
        else:
            terms = [substitute(t, {f: value}) for t in terms]
    return add(*terms) if len(terms) > 1 else terms[0]


def _term(question: Question, guess: Candidate, outcome: Outcome) -> Expr:
    """``h(y) exp(-c l(f, y))``; factors 1 are not written."""
    loss = at_outcome(question, outcome)
    scaled = loss if guess.scale == ONE else mul(guess.scale, loss)
    mass, h = exp(neg(scaled)), guess.measure[outcome]
    return mass if h == ONE else mul(h, mass)


def at_outcome(question: Question, outcome: Outcome) -> Expr:
    """The loss with an outcome put in; of a vector, entry by entry, its sums written out."""
    if not isinstance(outcome, tuple):
        return substitute(question.loss, {question.y: outcome})
    array = question.y
    assert isinstance(array, IndexedBase)
    unrolled = _unrolled(question.loss, array)
    return _entries_put_in(unrolled, array, outcome)


def _unrolled(e: Expr, array: IndexedBase) -> Expr:
    """The expression with the sums that run over an array written out."""
    if not e.args or array.label not in free(e) or e.func is type(array[ONE]):
        return e
    limits = limits_of(e)
    if limits is not None and sums.WRITTEN_OUT.fits(e):
        index, low, high = limits
        terms = [_unrolled(substitute(e.args[0], {index: Integer(k)}), array) for k in range(int(low), int(high) + 1)]
        return add(*terms) if len(terms) > 1 else terms[0]
    return rebuild(e, [_unrolled(a, array) for a in e.args])


def _entries_put_in(e: Expr, array: IndexedBase, values: Sequence[Expr]) -> Expr:
    known = {array[Integer(k)]: v for k, v in enumerate(values, start=1)}
    return _replaced(e, known)


def _replaced(e: Expr, known: Mapping[Expr, Expr]) -> Expr:
    if e in known:
        return known[e]
    return e if not e.args or isinstance(e, IndexedBase) else rebuild(e, [_replaced(a, known) for a in e.args])


def hypotheses_of(question: Question) -> Iterator[Hypothesis]:
    """What a question declares, as hypotheses of a theorem."""
    for f, where in question.predictions:
        match where:
            case Interval() if where.domain is not None:
                yield Declared(f, where.domain)
            case Vectors(of, size) if isinstance(of, Interval) and of.domain is not None:
                yield Declared(f[_INDEX], of.domain, (Range(_INDEX, ONE, size),))
            case Simplex(size):
                yield Declared(f[_INDEX], POSITIVE, (Range(_INDEX, ONE, size),))
                if isinstance(size, Integer):
                    entries = [f[Integer(k)] for k in range(1, int(size) + 1)]
                    yield Assumed(_SHARES, add(*entries) if len(entries) > 1 else entries[0], ONE)
                else:
                    yield Assumed(_SHARES, total(f[_INDEX], _INDEX, ONE, size), ONE)
    declared = domains_of(question)
    for s in sorted(constants_of(question), key=str):
        yield Declared(s, declared.get(s, POSITIVE))
