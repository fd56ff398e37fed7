"""The likelihood behind a loss whose target is finite: a guess from numbers, and its proof by the kernel.

The guess, a scale and a base measure, is not trusted: the kernel proves that the total mass does not depend
on the predictions, or there is no theorem.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isclose, isfinite, log, log2, prod
from typing import NamedTuple

import numpy as np
from sympy import Add, Expr, IndexedBase, Integer, Rational, Sum, Symbol

from lossproof.errors import LossproofError, MissingExtra, RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Range
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, POSITIVE_COUNT
from lossproof.notation.inert import (
    ONE,
    add,
    exp,
    free,
    fresh,
    inverse,
    limits_of,
    mul,
    neg,
    power,
    rebuild,
    substitute,
    total,
    walk,
)
from lossproof.notation.inert import log as logarithm
from lossproof.notation.nodes import meaning
from lossproof.recovery.amounts import label_of
from lossproof.recovery.measures import NEAR, SIMPLE, scale_and_measure
from lossproof.recovery.question import Question, name
from lossproof.recovery.refutation import Outcome, Point, constants_of, domains_of, outcomes
from lossproof.recovery.sets import Interval, Labels, Set, Simplex, Vectors, labels
from lossproof.recovery.stock import Stock, put_in
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


def candidate(question: Question) -> Candidate | None:
    """A scale and a base measure that make the total mass the same at the points that are tried.

    For classes ``1..K`` with a letter ``K``, what works for two and for three classes; the measure then has
    one value, under the name of the observation.

    Raises:
        MissingExtra: without `python-flint`.
    """
    if isinstance(question.target, Labels):
        return _candidate_of_classes(question, question.target)
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
    found = scale_and_measure(stock)
    if found is None:
        return None
    scale, measure = found
    mass = float(np.exp(-scale * stock.losses[0]) @ measure)
    return _Numeric(stock.points[0], scale, tuple(measure / measure[0]), mass / float(measure[0]))


# ------------------------------------------------------------------ numbers as expressions


def _monomial(
    values: Sequence[float], at: Sequence[Mapping[Symbol, Fraction]], constants: Sequence[Symbol]
) -> Expr | None:
    """The product of a simple number and whole powers of constants that has some values, if there is one."""
    first, *rest = values
    if not all(isfinite(v) and v > 0 for v in values):
        return None
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

_SHARES = "shares add up to one"


def prove(question: Question, guess: Candidate) -> Derivation | None:
    """That the total mass is what the guess says, if the kernel grants it.

    The derivation begins with ``sum_y h(y) exp(-c l(f, y))``, term by term, and ends with ``Z``, in which
    no prediction occurs.
    """
    names = frozenset().union(*(free(f) for f, _ in question.predictions))
    if free(guess.total) & names:
        return None
    if isinstance(question.target, Labels):
        return _prove_for_classes(question, question.target, guess)
    terms = [_term(question, guess, y) for y in outcomes(question.target)]
    start = add(*terms) if len(terms) > 1 else terms[0]
    hypotheses = tuple(hypotheses_of(question))
    tried = ((_STEPS, False), ((), False), ((), True))
    for (tidy, aligned), (goal, used) in itertools.product(tried, _goals(guess.total, hypotheses)):
        chain = Chain("total-mass", hypotheses, (), start, "The total mass does not depend on the prediction")
        try:
            chain.exhaust(*_MEANINGS).exhaust(*tidy)
            if aligned:
                chain.laws_wherever(_without_minus)
            chain.laws(goal)
            for h in used:
                chain.assume(h.name)
            if chain.here != guess.total:
                chain.algebra(guess.total)
            derivation = chain.done()
            _ = derivation.theorem
        except (RuleDoesNotApply, SideConditionError):
            continue
        return derivation
    return None


def _without_minus(e: Expr) -> Expr | None:
    """``exp(-z) (1 + exp(z))`` for ``1 + exp(-z)``, so that all terms have the same denominators."""
    if not (isinstance(e, Add) and len(e.args) == 2 and e.args[0] == ONE and type(e.args[1]) is type(exp(ONE))):
        return None
    (exponent,) = e.args[1].args
    minus = meaning(exponent).could_extract_minus_sign()
    return mul(e.args[1], add(ONE, exp(neg(exponent)))) if minus else None


def _goals(mass: Expr, hypotheses: Sequence[Hypothesis]) -> Iterator[tuple[Expr, tuple[Assumed, ...]]]:
    """Ways to write the total mass, with the equations that lead from there to its value.

    They are products of sums of shares that are 1, and perhaps a number; or the value itself.
    """
    shares = [h for h in hypotheses if isinstance(h, Assumed)]
    for count in range(len(shares), 0, -1):
        for used in itertools.combinations(shares, count):
            product = mul(*(h.left for h in used)) if count > 1 else used[0].left
            if mass == ONE:
                yield product, used
            elif isinstance(mass, Rational):
                yield add(mass - 1, product), used
    yield mass, ()


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


# ------------------------------------------------------------------ classes 1..K, K a letter


def _candidate_of_classes(question: Question, target: Labels) -> Candidate | None:
    """What two and three classes have in common."""
    if not isinstance(target.high, Symbol):
        return None
    found = [candidate(_sized(question, target.high, size)) for size in (2, 3)]
    two, three = found
    if two is None or three is None or any(h != ONE for g in (two, three) for h in g.measure.values()):
        return None
    scale, mass = (_in_size(a, b, target.high) for a, b in ((two.scale, three.scale), (two.total, three.total)))
    if scale is None or mass is None:
        return None
    return Candidate(scale, {label_of(question.y): ONE}, mass)


def _sized(question: Question, letter: Symbol, size: int) -> Question:
    """The question with a number for the number of classes."""
    number = Integer(size)

    def sized(where: Set) -> Set:
        if isinstance(where, (Simplex, Vectors)) and where.size == letter:
            return replace(where, size=number)
        return labels(number) if where == Labels(letter) else where

    return Question(
        substitute(question.loss, {letter: number}),
        question.y,
        sized(question.target),
        tuple((f, sized(where)) for f, where in question.predictions),
        tuple(c for c in question.constants if c.term != letter),
    )


def _in_size(two: Expr, three: Expr, size: Symbol) -> Expr | None:
    """A value that does not depend on the number of classes, or is proportional to it or to its inverse."""
    if two == three:
        return two
    if not (isinstance(two, Rational) and isinstance(three, Rational)):
        return None
    for ratio, factor in ((Rational(3, 2), size), (Rational(2, 3), inverse(size))):
        if three / two == ratio:
            number = two / 2 if factor == size else two * 2
            return factor if number == 1 else mul(number, factor)
    return None


def _prove_for_classes(question: Question, target: Labels, guess: Candidate) -> Derivation | None:
    """``sum_{y=1}^K exp(-c l(f, y)) = Z``: the shares add up to one, or each is a part of its normaliser."""
    y = Symbol(label_of(question.y).name, integer=True)
    loss = substitute(question.loss, {question.y: y})
    body = exp(neg(loss if guess.scale == ONE else mul(guess.scale, loss)))
    start = total(body, y, ONE, target.high)
    hypotheses = tuple(hypotheses_of(question))
    shares = [h for h in hypotheses if isinstance(h, Assumed)]
    whole = [e for e in walk(loss) if isinstance(e, Sum) and y not in free(e)]
    ends: list[tuple[Expr, Assumed | None]] = [
        (mul(inverse(e), substitute(e.args[0], {e.args[1][0]: y})), None) for e in whole
    ]
    simplices = [f for f, where in question.predictions if isinstance(where, Simplex)]
    ends += [(f[y], h) for f, h in zip(simplices, shares, strict=True)]
    for part, shared in ends:
        chain = Chain("total-mass", hypotheses, (), start, "The total mass does not depend on the prediction")
        try:
            chain.exhaust(*_CLASS_MEANINGS)
            chain.laws(part, at=chain.here.args[0].__eq__)
            if shared is None:
                chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)
                chain.laws(guess.total)
            else:
                chain.assume(shared.name)
            derivation = chain.done()
            _ = derivation.theorem
        except (RuleDoesNotApply, SideConditionError):
            continue
        if derivation.rhs == guess.total:
            return derivation
    return None


_CLASS_MEANINGS = (sums.SIFT, sums.SIFT_BEHIND, sigmoids.SOFTPLUS, sigmoids.SIGMOID)


def hypotheses_of(question: Question) -> Iterator[Hypothesis]:
    """What a question declares of all but the observation, as hypotheses of a theorem."""
    sizes = question.sizes
    taken = free(question.loss) | sizes
    k = Symbol("k", integer=True)
    k = fresh(k, taken) if k.name in {s.name for s in taken} else k
    several = sum(isinstance(where, Simplex) for _, where in question.predictions) > 1
    y = Symbol(label_of(question.y).name, integer=True)  # as the class is called in the sum over them
    for f, where in question.predictions:
        match where:
            case Interval() if where.domain is not None:
                yield Declared(f, where.domain)
            case Vectors(of, size) if isinstance(of, Interval) and of.domain is not None:
                yield Declared(f[k], of.domain, (Range(k, ONE, size),))
            case Simplex(size):
                yield Declared(f[k], POSITIVE, (Range(k, ONE, size),))
                entries = [f[Integer(j)] for j in range(1, int(size) + 1)] if isinstance(size, Integer) else []
                written_out = add(*entries) if len(entries) > 1 else next(iter(entries), None)
                shares = total(f[y], y, ONE, size) if written_out is None else written_out
                yield Assumed(f"{_SHARES}: {name(f)}" if several else _SHARES, shares, ONE)
    declared = domains_of(question)
    for s in sorted(constants_of(question) - sizes, key=str):
        yield Declared(s, declared.get(s, POSITIVE))
    for s in sorted(sizes, key=str):
        yield Declared(s, declared.get(s, POSITIVE_COUNT))
