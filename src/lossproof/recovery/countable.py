"""Observations that are counts: for which base measure and scale the series does not depend on the prediction.

If ``c l = A(f) + B(y) + eta(f) y``, then with ``x = exp(-eta)`` the generating function
``sum_y h(y) exp(-B(y)) x^y`` must be ``Z exp(A)``, a function of ``x`` whose power series determines ``h``.
Two are known to the rulebook: the exponential series (Poisson) and the negative binomial series.

Untrusted: the kernel proves what is guessed here, or it is not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sympy import Expr, S, expand, gamma, powsimp
from sympy import exp as sympy_exp
from sympy import factorial as sympy_factorial

from lossproof.errors import LossproofError
from lossproof.kernel.domains import POSITIVE
from lossproof.notation.inert import ONE, ZERO
from lossproof.notation.nodes import series
from lossproof.recovery.findings import Finding, around, mentions_prediction, weight
from lossproof.recovery.guessing import Guess, ratio, sorted_terms, with_own
from lossproof.recovery.question import Question, label
from lossproof.strategies.chain import Chain
from lossproof.strategies.total_mass import evaluate, tidy


def findings(question: Question, scales: tuple[Expr, ...]) -> Iterator[Finding]:
    """Everything that is found for counts, the default base measure first."""
    for scale in scales:
        for base_measure in (ONE, *_bases(question, scale)):
            with suppress(LossproofError):
                body = weight(question.loss, scale, base_measure)
                start = series(body, label(question.y), ZERO)
                chain = Chain("total-mass", around(question), (), start, "Total mass")
                tidy(evaluate(chain))
                if not mentions_prediction(question, chain.here):
                    yield Finding(scale, base_measure, chain.done(claim=POSITIVE))


def _bases(question: Question, scale: Expr) -> Iterator[Expr]:
    """Base measures whose generating function is a multiple of ``exp(A)``."""
    guess = Guess.of(question)
    split = sorted_terms(question, scale)
    if split is None:
        return
    level, own, eta = split
    y, f = guess.y, next(iter(eta.free_symbols & guess.predictions))
    x = powsimp(sympy_exp(expand(-eta)))
    growth = ratio(level.diff(f), x.diff(f))
    if not growth.free_symbols & guess.predictions:
        yield with_own(question, growth**y / sympy_factorial(y), own)
    slope = ratio(ratio(S.One, growth).diff(f), x.diff(f))
    if slope != 0 and not slope.free_symbols & guess.predictions:
        size = ratio(S.NegativeOne, slope)
        rate = ratio(growth, size + growth * x)
        if not rate.free_symbols & guess.predictions:
            counted = gamma(y + size) / (gamma(size) * sympy_factorial(y))
            yield with_own(question, counted * rate**y, own)
