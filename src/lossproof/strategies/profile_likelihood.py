"""Gaussian noise of unknown variance: the variance that fits best, and what is left when it is put in.

With residuals ``r_i`` and ``RSS = sum_i r_i^2 > 0``, the negative log-likelihood as a function of the
variance is ``NLL(v) = n/2 log(2 pi v) + RSS/(2 v)``.  It is least at ``v_hat = RSS/n``, for all ``v > 0``,
by ``log t <= t - 1``.
"""

from __future__ import annotations

from sympy import Expr, IndexedBase, Rational, Symbol, Tuple, pi

from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, POSITIVE_COUNT, REAL
from lossproof.models import OBSERVATIONS, i, n
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    add,
    derivative,
    exp,
    inverse,
    log,
    mul,
    neg,
    power,
    product,
    sub,
    total,
)
from lossproof.notation.nodes import Definition, Head
from lossproof.rulebook import calculus, logarithms, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

v, r = Symbol("v", positive=True), IndexedBase("r", real=True)

RSS = Definition(Head("RSS"), Tuple(), total(power(r[i], TWO), i, ONE, n))()
BEST = Definition(Head("vhat"), Tuple(), mul(RSS, inverse(n)))()

_HALF_N, _TWO_PI = mul(n, inverse(TWO)), mul(TWO, pi)


def _nll(variance: Expr) -> Expr:
    return add(mul(_HALF_N, log(mul(_TWO_PI, variance))), mul(RSS, inverse(mul(TWO, variance))))


NLL = Definition(Head("NLL"), Tuple(v), _nll(v))

#: There is an observation.
DATA: tuple[Hypothesis, ...] = (
    Declared(n, POSITIVE_COUNT),
    Declared(r[i], REAL, (OBSERVATIONS,)),
    Declared(v, POSITIVE),
)
#: And the fit is not exact.
HYPOTHESES: tuple[Hypothesis, ...] = (*DATA, Declared(RSS, POSITIVE))


def _chain(what: str, start: Expr, title: str, *, inexact: bool = True) -> Chain:
    hypotheses = HYPOTHESES if inexact else DATA
    return Chain(f"profile-likelihood{what}", hypotheses, (), start, f"Gaussian noise of unknown variance: {title}")


def profile() -> Derivation:
    """``NLL(v_hat) = n/2 (log(2 pi RSS/n) + 1)``."""
    chain = _chain("", NLL(BEST), "the profile likelihood").unfold(NLL).unfold(BEST.definition)
    return chain.algebra(mul(_HALF_N, add(log(mul(_TWO_PI, BEST.body)), ONE))).done()


def minimum() -> Derivation:
    """``NLL(v) - NLL(v_hat) = n/2 (v_hat/v - 1 - log(v_hat/v)) >= 0``."""
    chain = _chain("-minimum", sub(NLL(v), NLL(BEST)), "the mean squared residual is the best variance")
    chain.unfold(NLL).rewrite(logarithms.LOG_OF_FACTORS).unfold(BEST.definition)
    ratio, logs = mul(BEST.body, inverse(v)), sub(log(BEST.body), log(v))
    chain.algebra(mul(_HALF_N, sub(sub(ratio, ONE), logs))).fold(BEST)
    return chain.rewrite(logarithms.DIFFERENCE_OF_LOGS).done(claim=NONNEGATIVE)


def _slope_at(variance: Expr) -> Expr:
    return sub(mul(n, inverse(mul(TWO, variance))), mul(RSS, inverse(mul(TWO, power(variance, TWO)))))


def derivative_in_the_variance() -> Derivation:
    """``dNLL(v) / dv = n/(2 v) - RSS/(2 v^2)``."""
    chain = _chain("-derivative", derivative(NLL(v), v), "derivative in the variance", inexact=False).unfold(NLL)
    chain.rewrite(calculus.DERIVATIVE_OF_TERMS).rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
    chain.rewrite(calculus.DERIVATIVE_OF_LOG).rewrite(calculus.DERIVATIVE_OF_INVERSE)
    chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE).rewrite(calculus.DERIVATIVE_OF_VARIABLE)
    return chain.algebra(_slope_at(v)).done()


def stationary() -> Derivation:
    """``n/(2 v_hat) - RSS/(2 v_hat^2) = 0``."""
    chain = _chain("-stationary", _slope_at(BEST), "the derivative vanishes at the mean squared residual")
    return chain.unfold(BEST.definition).algebra(ZERO).done()


def from_densities() -> Derivation:
    """``-log prod_i (2 pi v)^(-1/2) exp(-r_i^2/(2 v)) = NLL(v)``."""
    density = mul(power(mul(_TWO_PI, v), Rational(-1, 2)), exp(neg(mul(power(r[i], TWO), inverse(mul(TWO, v))))))
    title = "from the densities to the negative log-likelihood"
    chain = _chain("-densities", neg(log(product(density, i, ONE, n))), title, inexact=False)
    chain.exhaust(logarithms.LOG_OF_PRODUCT).rewrite(logarithms.LOG_OF_FACTORS)
    chain.rewrite(logarithms.LOG_OF_POWER).rewrite(logarithms.LOG_OF_EXP)
    chain.rewrite(sums.SUM_OF_TERMS).rewrite(sums.SUM_OF_CONSTANT)
    chain.exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM, sums.CONSTANT_OUT_OF_SUM).fold(RSS)
    return chain.algebra(NLL.body).fold(NLL).done()


FAMILY = "Gaussian noise of unknown variance"
ENTRIES = (
    Entry("profile-likelihood", profile),
    Entry("profile-likelihood-minimum", minimum),
    Entry("profile-likelihood-derivative", derivative_in_the_variance),
    Entry("profile-likelihood-stationary", stationary),
    Entry("profile-likelihood-densities", from_densities),
)
