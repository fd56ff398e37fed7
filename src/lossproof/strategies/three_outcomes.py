"""What the hinge loss is instead of a negative log-likelihood: one of three outcomes, and a mixture.

With a third outcome, "don't know", the factors ``exp(-C l(f, y))`` become probabilities (Sollich 2002); and a
factor is the integral of normal densities over their variance (Polson and Scott 2011).
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic, Rational, S, Symbol, pi

from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, REAL, UNIT
from lossproof.losses import HINGE
from lossproof.models.kernels import COUNTED, KERNEL, LATENT, MARGINS, C, f, process_density, values
from lossproof.models.symbols import b
from lossproof.models.three_outcomes import HYPOTHESES, LABELLED, MOST, OF_LABEL, OF_NONE, label, latent, likelihood
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    exp,
    integral,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    sub,
)
from lossproof.rulebook import absolute_values, integrals, logarithms, optima, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry
from lossproof.strategies.support_vectors import margins, prior_of_latent_values

HALF = Rational(1, 2)


def _is(part: Basic) -> Callable[[Basic], bool]:
    return lambda e: bool(e == part)


# ------------------------------------------------------------------ three outcomes


def total() -> Derivation:
    """``q(f, 1) + q(f, -1) + r(f) = 1``: what is left is the probability of no label."""
    title = "Hinge loss with three outcomes: the probabilities add up to 1"
    start = add(OF_LABEL(latent, ONE), OF_LABEL(latent, MINUS_ONE), OF_NONE(latent))
    chain = Chain("svm-three-outcomes", HYPOTHESES, (), start, title)
    return chain.unfold(OF_NONE).algebra(ONE).done()


def of_label() -> Derivation:
    """``q(f, y)`` is in (0, 1) for both labels."""
    title = "Hinge loss with three outcomes: the probability of a label"
    chain = Chain("svm-label", LABELLED, (), OF_LABEL(latent, label), title)
    return chain.unfold(OF_LABEL).done(claim=UNIT)


_FOR_ONE, _FOR_OTHER = sub(ONE, latent), add(ONE, latent)
_LOSS, _OTHER_LOSS = maximum(_FOR_ONE, ZERO), maximum(_FOR_OTHER, ZERO)
_MORE = add(maximum(neg(_FOR_ONE), ZERO), maximum(neg(_FOR_OTHER), ZERO))


def both_losses() -> Derivation:
    """``max(1 - f, 0) + max(1 + f, 0) = 2 + [max(-(1 - f), 0) + max(-(1 + f), 0)]``: never less than 2."""
    title = "Hinge loss: the losses of both labels add up to 2 at least"
    chain = Chain("hinge-of-both-labels", HYPOTHESES[1:], (), add(_LOSS, _OTHER_LOSS), title)
    return chain.rewrite(absolute_values.POSITIVE_PART).algebra(add(TWO, _MORE)).done()


def of_none() -> Derivation:
    """``r(f) >= 0``: the factors of both labels never add up to more than ``1 + exp(-2 C)``.

    With the losses ``h`` and ``g`` of both labels the difference is ``(1 - e^(-C h)) (1 - e^(-C g))`` and
    ``e^(-2 C) - e^(-C (h + g))``, where ``h + g`` is 2 at least.
    """
    title = "Hinge loss with three outcomes: the probability of no label is not negative"
    chain = Chain("svm-no-label", HYPOTHESES, (), OF_NONE(latent), title)
    chain.unfold(OF_NONE).unfold(OF_LABEL).unfold(HINGE)
    chain.algebra(_FOR_ONE, at=_is(sub(ONE, mul(ONE, latent))))
    chain.algebra(_FOR_OTHER, at=_is(sub(ONE, mul(MINUS_ONE, latent))))
    factor, other = (exp(neg(mul(C, e))) for e in (_LOSS, _OTHER_LOSS))
    most, both = exp(neg(mul(TWO, C))), mul(factor, other)
    apart = mul(sub(ONE, factor), sub(ONE, other))
    chain.algebra(mul(inverse(MOST), add(apart, sub(most, both))))
    chain.laws(exp(neg(mul(C, add(_LOSS, _OTHER_LOSS)))), at=_is(both)).cite(both_losses())
    rest = sub(most, exp(neg(mul(C, add(TWO, _MORE)))))
    chain.laws(mul(most, sub(ONE, exp(neg(mul(C, _MORE))))), at=_is(rest))
    return chain.done(claim=NONNEGATIVE)


def most_probable_latent_values() -> Derivation:
    """``L(b, f) rho(f)`` is largest where the objective of the support vector machine is least.

    So a support vector machine is the most probable value of a Gaussian process with a likelihood after all, the
    one of three outcomes, given that every observation has a label.
    """
    title = "Support vector machine: the most probable values of a Gaussian process with three outcomes"
    named, rho = likelihood(), process_density()
    hypotheses = (COUNTED, LATENT, KERNEL, *MARGINS)
    chain = Chain("svm-three-outcomes-map", hypotheses, (b, values), mul(named, rho), title)
    chain.at_root(optima.NEGATIVE_LOGARITHM).rewrite(logarithms.LOG_OF_FACTORS)
    chain.algebra(add(neg(log(named)), neg(log(rho))))
    chain.cite(of_labels()).cite(prior_of_latent_values(b, values))
    (of_labels_, losses), (of_process, penalty) = (part.args for part in chain.here.args)
    chain.algebra(add(add(of_labels_, of_process), add(losses, penalty))).at_root(optima.DROP_CONSTANT_TERM)
    return chain.unfold(HINGE).done()


def of_labels() -> Derivation:
    """``-log L(b, f) = n log(1 + exp(-2 C)) + C sum_i l(f_i + b, y_i)``."""
    title = "Hinge loss with three outcomes: minus the logarithm of the likelihood"
    named = likelihood()
    chain = Chain("svm-labels", (COUNTED, LATENT, *MARGINS), (b, values), neg(log(named)), title)
    chain.unfold(named.definition).unfold(OF_LABEL).rewrite(logarithms.LOG_OF_PRODUCT)
    chain.rewrite(logarithms.LOG_OF_FACTORS).rewrite(logarithms.LOG_OF_INVERSE).rewrite(logarithms.LOG_OF_EXP)
    chain.rewrite(sums.MINUS_INTO_SUM)
    constant, scaled = log(MOST), margins(f).args[1].args[0]
    chain.algebra(add(constant, mul(C, scaled)), at=_is(chain.here.args[0])).rewrite(sums.SUM_OF_TERMS)
    chain.rewrite(sums.SUM_OF_CONSTANT, at=_is(chain.here.args[0]))
    return chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM).done()


# ------------------------------------------------------------------ a mixture

_u, _variance = Symbol("u", real=True), Symbol("lambda", real=True)
#: The density at ``1 + lambda - u`` of a normal variable with mean 0 and variance ``lambda``.
MIXED = mul(
    power(mul(TWO, pi, _variance), neg(inverse(TWO))),
    exp(neg(mul(power(add(ONE, _variance, neg(_u)), TWO), inverse(mul(TWO, _variance))))),
)


def mixture() -> Derivation:
    """``integral_0^oo (2 pi lambda)^(-1/2) exp(-(1 + lambda - u)^2 / (2 lambda)) d lambda = exp(-2 max(1 - u, 0))``.

    The mixture over the variance, and the mean with it (Polson and Scott 2011, theorem 1).
    """
    title = "Hinge loss: a factor of the pseudo-likelihood as a mixture of normal densities"
    start, margin = integral(MIXED, _variance, ZERO, S.Infinity), sub(ONE, _u)
    chain = Chain("hinge-mixture", (Declared(_u, REAL),), (), start, title)
    front = mul(power(mul(TWO, pi), neg(inverse(TWO))), exp(neg(margin)))
    slope, bend = HALF, mul(HALF, power(margin, TWO))
    inner = exp(neg(add(mul(slope, _variance), mul(bend, inverse(_variance)))))
    chain.laws(mul(front, mul(power(_variance, -HALF), inner)), at=_is(MIXED))
    chain.rewrite(integrals.CONSTANT_OUT_OF_INTEGRAL).rewrite(integrals.RECIPROCAL_INVERSE_GAUSSIAN_INTEGRAL)
    chain.algebra(power(mul(HALF, margin), TWO), at=_is(mul(slope, bend)))
    chain.rewrite(absolute_values.ROOT_OF_SQUARE).rewrite(absolute_values.ABSOLUTE_VALUE_OF_MULTIPLE)
    chain.laws(exp(neg(add(margin, absolute(margin)))))
    return chain.rewrite(absolute_values.TWICE_POSITIVE_PART).done()


FAMILY = "The support vector machine"
ENTRIES = (
    Entry("svm-three-outcomes", total),
    Entry("svm-label", of_label),
    Entry("hinge-of-both-labels", both_losses),
    Entry("svm-no-label", of_none),
    Entry("svm-labels", of_labels),
    Entry("svm-three-outcomes-map", most_probable_latent_values),
    Entry("hinge-mixture", mixture),
)
