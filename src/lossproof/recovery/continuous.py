"""Observations in an interval: for which base measure and scale the integral does not depend on the prediction.

Four kinds of argument are tried, the plain ones first.

* *Location*: ``l = rho(g(y) - m(f))`` with ``g`` from the target set onto the real line: the identity,
  ``log y`` (that is a scale family), ``log(1 + y)``, the logit.  With ``h = g'`` the integral is the same
  for every ``f``, whatever ``rho`` is.
* *As it stands*: the integral is one of those whose value is known, and ``f`` cancels.
* *A linear statistic*: ``l = A(f) + B(y) + eta(f) y``.  Then ``h exp(B)`` has the Laplace transform
  ``Z exp(A)`` at ``eta``, which determines it: a gamma, a normal or an inverse Gaussian density.

Untrusted: the kernel proves what is guessed here, or it is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from sympy import Expr, Rational, S, Symbol, expand, powsimp, sqrt
from sympy import exp as sympy_exp
from sympy import log as sympy_log

from lossproof.errors import LossproofError
from lossproof.kernel.domains import POSITIVE
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Abstraction
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    exp,
    free,
    integral,
    inverse,
    is_leaf,
    log,
    mul,
    neg,
    rebuild,
    sub,
    substitute,
)
from lossproof.recovery.findings import Finding, around, mentions_prediction, weight
from lossproof.recovery.guessing import Guess, distance, own_terms, ratio, sorted_terms, with_own
from lossproof.recovery.question import Question, label
from lossproof.recovery.sets import Interval
from lossproof.rulebook import integrals
from lossproof.rulebook.algebra import LAWS
from lossproof.strategies.chain import Chain
from lossproof.strategies.total_mass import NoKnownValue, evaluate, tidy

_HALF = Rational(1, 2)


@dataclass(frozen=True)
class _Chart:
    """A map from an interval onto the real line, its slope, and the rule that integrates along it."""

    low: Expr
    high: Expr
    onto: Callable[[Expr], Expr]
    back: Callable[[Expr], Expr]
    slope: Callable[[Expr], Expr]
    rule: Identity | None


_CHARTS = (
    _Chart(S.NegativeInfinity, S.Infinity, lambda y: y, lambda t: t, lambda y: ONE, None),
    _Chart(ZERO, S.Infinity, log, sympy_exp, inverse, integrals.LOGARITHM_AS_VARIABLE),
    _Chart(
        MINUS_ONE,
        S.Infinity,
        lambda y: log(add(ONE, y)),
        lambda t: sympy_exp(t) - 1,
        lambda y: inverse(add(ONE, y)),
        integrals.SHIFTED_LOGARITHM_AS_VARIABLE,
    ),
    _Chart(
        ZERO,
        ONE,
        lambda y: sub(log(y), log(sub(ONE, y))),
        lambda t: 1 / (1 + sympy_exp(-t)),
        lambda y: inverse(mul(y, sub(ONE, y))),
        integrals.LOGIT_AS_VARIABLE,
    ),
)


def findings(question: Question, scales: tuple[Expr, ...]) -> Iterator[Finding]:
    """Everything that is found for a target that is an interval, the default base measure first."""
    for scale in scales:
        yield from _located(question, scale, default_measure=True)
        yield from _as_it_stands(question, scale)
        yield from _located(question, scale, default_measure=False)
        yield from _located_but_for_own_terms(question, scale)
    for scale in scales:
        yield from _linear(question, scale)


def _chain(question: Question, scale: Expr, base_measure: Expr) -> Chain:
    """The total mass of ``h(y) exp(-c l)`` over the target set."""
    target = question.target
    assert isinstance(target, Interval)
    body = weight(question.loss, scale, base_measure)
    start = integral(body, question.y, target.low, target.high)
    return Chain("total-mass", around(question), (), start, "Total mass")


def _found(question: Question, chain: Chain, scale: Expr, base_measure: Expr) -> Iterator[Finding]:
    """What a chain has found, if it ends without the predictions; with a value, if there is one that is known."""
    reached = len(chain.steps) if not mentions_prediction(question, chain.here) else None
    try:
        tidy(evaluate(chain))
        claim = POSITIVE
    except NoKnownValue:
        if reached is None:
            return
        del chain.steps[reached:]
        claim = None
    if not mentions_prediction(question, chain.here):
        with suppress(LossproofError):
            yield Finding(scale, base_measure, chain.done(claim=claim))


# ------------------------------------------------------------------ location


def _located(question: Question, scale: Expr, *, default_measure: bool) -> Iterator[Finding]:
    """``l = rho(g(y) - m(f))``."""
    charts = (chart for chart in _CHARTS if (chart.rule is None) == default_measure)
    yield from _along(charts, question, question.loss, scale, ONE)


def _located_but_for_own_terms(question: Question, scale: Expr) -> Iterator[Finding]:
    """``l = rho(g(y) - m(f)) + B(y)``: what the observation adds by itself goes into the base measure."""
    mixed, own = own_terms(question)
    if own != ZERO and mixed != ZERO:
        given = exp(own if scale == ONE else mul(scale, own))
        yield from _along(iter(_CHARTS), question, mixed, scale, given)


def _along(charts: Iterator[_Chart], question: Question, rho: Expr, scale: Expr, given: Expr) -> Iterator[Finding]:
    """With ``h = given g'``, by the first chart along which ``rho`` is a loss of the difference from a centre."""
    target = question.target
    assert isinstance(target, Interval)
    for chart in charts:
        if (chart.low, chart.high) != (target.low, target.high):
            continue
        slope = chart.slope(question.y)
        base_measure = slope if given == ONE else given if slope == ONE else mul(slope, given)
        for centre, shape in _centres(replace(question, loss=rho), chart):
            with suppress(LossproofError):
                chain = _translated(question, scale, chart, centre, shape, base_measure)
                found = list(_found(question, chain, scale, base_measure))
                if found:
                    yield found[0]
                    return


def _translated(question: Question, scale: Expr, chart: _Chart, centre: Expr, shape: Expr, base_measure: Expr) -> Chain:
    """The integral over the distance ``t`` from the centre."""
    y, slope = question.y, chart.slope(question.y)
    chain, t = _chain(question, scale, base_measure), distance(question)
    rho = weight(shape, scale)
    around_centre = substitute(rho, {t: sub(chart.onto(y), centre)})
    body = around_centre if slope == ONE else mul(slope, around_centre)
    if body != chain.here.args[0]:
        chain.at_places(LAWS, [(0,)], to=body)
    if chart.rule is not None:
        moved = substitute(rho, {t: sub(t, centre)})
        chain.at_places(chart.rule, [()], y=t, a=Abstraction((t,), moved))
    return chain.at_places(integrals.TRANSLATION, [()], c=centre, y=t, a=Abstraction((t,), rho))


def _centres(question: Question, chart: _Chart) -> Iterator[tuple[Expr, Expr]]:
    """The centre that the observation may be compared with, and the loss as a function of the distance from it."""
    guess, t = Guess.of(question), distance(question)
    predictions = {label(f) for f, _ in question.predictions}
    parts = dict.fromkeys(f for f, _ in question.predictions if isinstance(f, Symbol))
    parts |= dict.fromkeys(_parts_without(question, question.loss))
    if chart.rule is not None:
        parts = dict.fromkeys(chart.onto(part) for part in parts) | parts
    for part in (*parts, *map(neg, parts)):
        centre = guess.of_expression(part)
        shape = guess.of_expression(question.loss).subs(guess.y, chart.back(guess.plain(t) + centre))
        shape = powsimp(expand(shape))
        if not shape.free_symbols & centre.free_symbols & guess.predictions:
            written_as = _in_terms_of(question.loss, sub(chart.onto(question.y), part), t)
            if free(written_as) & ({question.y} | (free(part) & predictions)):
                written_as = guess.back(shape)
            yield part, written_as


def _in_terms_of(e: Expr, difference: Expr, t: Symbol) -> Expr:
    """The expression with a difference written ``t``, where it stands as such."""
    if e == difference:
        return t
    if e == sub(*reversed([difference.args[0], difference.args[1].args[1]])):
        return neg(t)
    return e if is_leaf(e) else rebuild(e, [_in_terms_of(a, difference, t) for a in e.args])


def _parts_without(question: Question, e: Expr) -> Iterator[Expr]:
    """The largest parts that contain a prediction and not the observation."""
    if question.y not in free(e):
        if mentions_prediction(question, e):
            yield e
    elif not is_leaf(e):
        for a in e.args:
            yield from _parts_without(question, a)


# ------------------------------------------------------------------ as it stands


def _as_it_stands(question: Question, scale: Expr) -> Iterator[Finding]:
    """The integral has a known value."""
    yield from _found(question, _chain(question, scale, ONE), scale, ONE)


# ------------------------------------------------------------------ a linear statistic


def _linear(question: Question, scale: Expr) -> Iterator[Finding]:
    """``l = A(f) + B(y) + eta(f) y``."""
    guess = Guess.of(question)
    split = sorted_terms(question, scale)
    if split is None:
        return
    level, own, eta = split
    target = question.target
    assert isinstance(target, Interval)
    for base in _bases((target.low, target.high), guess, level, eta):
        base_measure = with_own(question, base, own)
        found = list(_found(question, _chain(question, scale, base_measure), scale, base_measure))
        if found:
            yield found[0]
            return


def _bases(ends: tuple[Expr, Expr], guess: Guess, level: Expr, eta: Expr) -> Iterator[Expr]:
    """Base measures whose Laplace transform at ``eta`` is a multiple of ``exp(A)``."""
    y = guess.y
    f = next(iter(eta.free_symbols & guess.predictions))
    if ends == (ZERO, S.Infinity):
        shape = ratio(-level.diff(f), sympy_log(eta).diff(f))
        if not shape.free_symbols & guess.predictions:
            yield y ** (shape - 1)
        root = ratio(-level.diff(f), 2 * sqrt(eta).diff(f))
        if root != 0 and not root.free_symbols & guess.predictions:
            yield y ** Rational(-3, 2) * sympy_exp(-(root**2) / y)
    if ends == (S.NegativeInfinity, S.Infinity):
        variance = ratio(level.diff(f), eta * eta.diff(f))
        if variance != 0 and not variance.free_symbols & guess.predictions:
            yield sympy_exp(-(y**2) / (2 * variance))
