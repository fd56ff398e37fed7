"""Densities, labels, likelihoods and their losses: lost constants, swapped labels, misused independence."""

from __future__ import annotations

from dataclasses import replace

import lossproof as lp
from attack.claims import Use, claim
from attack.writing import *
from lossproof.kernel.rules import Assume
from lossproof.losses import ABSOLUTE_ERROR
from lossproof.losses import sigma as known_sigma
from lossproof.models.distributions import BINOMIAL, GAUSSIAN, POISSON
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.logarithms import LOG_OF_FACTORS, LOG_OF_POWER, LOG_OF_PRODUCT
from lossproof.rulebook.probability import COMPLEMENT
from lossproof.rulebook.sigmoids import LOG_OF_SIGMOID
from lossproof.rulebook.special import FACTORIAL_AS_GAMMA
from lossproof.rulebook.sums import SUM_OF_CONSTANT, SUM_OF_TERMS

letters_sigma = Term(known_sigma)

# ------------------------------------------------------------------ densities of one observation u, or of all x_i


def normal(value, mean=mu, deviation=s):
    return (2 * pi_ * deviation**2) ** (-half) * exp(-((value - mean) ** 2) / (2 * deviation**2))


def laplace(value):
    return 1 / (2 * b) * exp(-absolute(value - mu) / b)


def poisson(value):
    return lam**value * exp(-lam) / factorial(value)


def bernoulli(value, chance=p):
    return chance**value * (1 - chance) ** (1 - value)


def binomial(value):
    return factorial(c) / (factorial(value) * factorial(c - value)) * p**value * (1 - p) ** (c - value)


def cross_entropy(value, chance=p):
    return -(value * log(chance)) - (1 - value) * log(1 - chance)


_NORMAL = (*positive(s), *real(mu, u))
_SAMPLE = (*positive(s), *real(mu, x[i]))
_LAPLACE = (*positive(b), *real(mu, u))
_COUNTED = (*positive(lam), *count(v))
_LABELLED = (*in_unit(p), *binary(v))
_TRIALS = (*in_unit(p), *count(v, c - v, c))
_POSITIVE = positive(u, lam, alpha)


def wrong(noise, **changes):
    """The derivation of a noise model of the package in which one part was declared wrongly."""

    def derive():
        return lp.derive(lp.Model("wrong", replace(noise, **changes), lp.LinearPredictor()))

    return derive


def with_labels(labels):
    """Logistic regression for other labels than 0 and 1."""

    def derive():
        return lp.derive(lp.Model("labels", lp.Bernoulli(labels=labels), lp.SigmoidNode()))

    return derive


# ------------------------------------------------------------------ probabilities as atoms

_P1, _P0, _P2 = (P(Y[1], c_, X[1], x[1]) for c_ in (1, 0, 2))
_THREE = (
    Assumed("none", _P0.e, a.e),
    Assumed("one", _P1.e, b.e),
    Assumed("two", _P2.e, (1 - a - b).e),
    *in_unit(a, b),
    *positive(1 - a - b),
)
_EXPONENTIAL = (
    Assumed("density", density(Y[1], y[1], X[1], x[1]).e, (lam * exp(-lam * u)).e),
    Assumed("survival", survival(Y[1], y[1], X[1], x[1]).e, exp(-lam * u).e),
    *positive(lam, u),
)
_joint = P(Y, y, X, x)
_marginal = P(Y[i], y[i], X[i], x[i])
_INDEPENDENT = (
    Assumed("independence", _joint.e, times_i(_marginal).e),
    Assumed("Bernoulli", _marginal.e, bernoulli(y[i], g[i]).e, ranges(y[i].e)),
    *binary(y[i]),
    *in_unit(g[i]),
)
_POISSON = (
    Assumed("none", P(Y[i], 0, X[i], x[i]).e, exp(-lam).e, ranges(x[i].e)),
    Assumed("one", P(Y[i], 1, X[i], x[i]).e, (lam * exp(-lam)).e, ranges(x[i].e)),
    *positive(lam),
)
_SWAPPED = (
    Assumed("forward", P(Y[1], 1, X[1], 1).e, a.e),
    Assumed("backward", P(X[1], 1, Y[1], 1).e, b.e),
    *in_unit(a, b),
)

CLAIMS = {
    "Gaussian noise": (
        claim(
            "the constant without a half",
            -log(normal(u)),
            log(2 * pi_ * s**2) + (u - mu) ** 2 / (2 * s**2),
            _NORMAL,
            by=(LOG_OF_FACTORS, LOG_OF_POWER),
            tried=wrong(GAUSSIAN, constant=(log(2 * pi_ * letters_sigma**2)).e),
        ),
        claim(
            "sigma for sigma squared in the constant",
            -log(normal(u)),
            half * log(2 * pi_ * s) + (u - mu) ** 2 / (2 * s**2),
            _NORMAL,
            by=LAWS,
        ),
        claim(
            "sigma for sigma squared below the square",
            -log(normal(u)),
            half * log(2 * pi_ * s**2) + (u - mu) ** 2 / (2 * s),
            _NORMAL,
            by=LAWS,
            tried=wrong(GAUSSIAN, scale=(1 / (2 * letters_sigma)).e),
        ),
        claim(
            "the square without a half",
            -log(normal(u)),
            half * log(2 * pi_ * s**2) + (u - mu) ** 2 / s**2,
            _NORMAL,
            by=LAWS,
            tried=wrong(GAUSSIAN, scale=(1 / letters_sigma**2).e),
        ),
        claim(
            "the square with the sign of the density",
            -log(normal(u)),
            half * log(2 * pi_ * s**2) - (u - mu) ** 2 / (2 * s**2),
            _NORMAL,
            by=LAWS,
        ),
        claim(
            "the constant with the sign of the density",
            -log(normal(u)),
            -half * log(2 * pi_ * s**2) + (u - mu) ** 2 / (2 * s**2),
            _NORMAL,
            by=LAWS,
            tried=wrong(GAUSSIAN, constant=(-(half * log(2 * pi_ * letters_sigma**2))).e),
        ),
        claim("pi lost", -log(normal(u)), half * log(2 * s**2) + (u - mu) ** 2 / (2 * s**2), _NORMAL, by=LAWS),
        claim(
            "the 2 of 2 pi lost", -log(normal(u)), half * log(pi_ * s**2) + (u - mu) ** 2 / (2 * s**2), _NORMAL, by=LAWS
        ),
        claim(
            "log sigma lost",
            -log(normal(u)),
            half * log(2 * pi_) + (u - mu) ** 2 / (2 * s**2),
            _NORMAL,
            by=LAWS,
            tried=wrong(GAUSSIAN, constant=(half * log(2 * pi_)).e),
        ),
        claim(
            "log sigma doubled",
            -log(normal(u)),
            half * log(2 * pi_) + 2 * log(s) + (u - mu) ** 2 / (2 * s**2),
            _NORMAL,
            by=LAWS,
        ),
        claim("minus the logarithm as the logarithm", -log(normal(u)), log(normal(u)), _NORMAL, by=LAWS),
        claim(
            "the absolute error for the square",
            -log(normal(u)),
            half * log(2 * pi_ * s**2) + absolute(u - mu) / (2 * s**2),
            _NORMAL,
            by=LAWS,
            tried=wrong(GAUSSIAN, loss=ABSOLUTE_ERROR, slope=None),
        ),
        claim(
            "the constant once for n observations",
            -log(times_i(normal(x[i]))),
            half * log(2 * pi_ * s**2) + over_i((x[i] - mu) ** 2) / (2 * s**2),
            _SAMPLE,
            by=(LOG_OF_PRODUCT, SUM_OF_TERMS, SUM_OF_CONSTANT),
        ),
        claim(
            "n for n over 2 in the constant",
            -log(times_i(normal(x[i]))),
            n * log(2 * pi_ * s**2) + over_i((x[i] - mu) ** 2) / (2 * s**2),
            _SAMPLE,
            by=(LOG_OF_PRODUCT, SUM_OF_CONSTANT),
        ),
        claim(
            "n - 1 for n in the constant",
            -log(times_i(normal(x[i]))),
            half * (n - 1) * log(2 * pi_ * s**2) + over_i((x[i] - mu) ** 2) / (2 * s**2),
            _SAMPLE,
            by=SUM_OF_CONSTANT,
        ),
        claim(
            "the mean of squares for the sum",
            -log(times_i(normal(x[i]))),
            half * n * log(2 * pi_ * s**2) + over_i((x[i] - mu) ** 2) / n / (2 * s**2),
            _SAMPLE,
            by=LAWS,
        ),
        claim(
            "the square of the summed errors",
            -log(times_i(normal(x[i]))),
            half * n * log(2 * pi_ * s**2) + over_i(x[i] - mu) ** 2 / (2 * s**2),
            _SAMPLE,
            by=LAWS,
        ),
        claim("the joint density as sum of densities", times_i(normal(x[i])), over_i(normal(x[i])), _SAMPLE, by=LAWS),
        claim(
            "the joint density as one density of the sum", times_i(normal(x[i])), normal(over_i(x[i])), _SAMPLE, by=LAWS
        ),
        claim(
            "the precision as the deviation",
            normal(u),
            (2 * pi_ / s**2) ** (-half) * exp(-(s**2) * (u - mu) ** 2 / 2),
            _NORMAL,
            by=LAWS,
        ),
        claim(
            "the standard density without dividing by sigma", normal(u), normal((u - mu) / s, 0, 1), _NORMAL, by=LAWS
        ),
        claim("the density at the mean is 1", normal(mu), 1 + 0 * s, _NORMAL, by=LAWS),
        claim("the density is a probability at most 1: its square root", sqrt(normal(u)), normal(u), _NORMAL, by=LAWS),
        claim(
            "half the mean squared error as the mean squared error",
            1 / (2 * n) * over_i((x[i] - mu) ** 2),
            1 / n * over_i((x[i] - mu) ** 2),
            real(mu, x[i]),
            positive_count(n),
            by=ALGEBRA,
        ),
        claim(
            "the root of the mean squared error as the mean absolute error",
            sqrt(1 / n * over_i((x[i] - mu) ** 2)),
            1 / n * over_i(absolute(x[i] - mu)),
            real(mu, x[i]),
            positive_count(n),
            by=LAWS,
        ),
    ),
    "Laplace and other real noise": (
        claim("Laplace with the 2 lost", -log(laplace(u)), log(b) + absolute(u - mu) / b, _LAPLACE, by=LAWS),
        claim("Laplace with 2 b below", -log(laplace(u)), log(2 * b) + absolute(u - mu) / (2 * b), _LAPLACE, by=LAWS),
        claim("Laplace with a square", -log(laplace(u)), log(2 * b) + (u - mu) ** 2 / b, _LAPLACE, by=LAWS),
        claim("Laplace without |.|", -log(laplace(u)), log(2 * b) + (u - mu) / b, _LAPLACE, by=LAWS),
        claim("Laplace's constant inverted", -log(laplace(u)), -log(2 * b) + absolute(u - mu) / b, _LAPLACE, by=LAWS),
        claim(
            "the pinball loss at 1/2 is the absolute error",
            (u - mu) * (half - 0) + maximum(mu - u, 0),
            absolute(u - mu),
            _LAPLACE,
            by=LAWS,
        ),
        claim(
            "the pinball loss with tau for over-prediction",
            maximum(tau * (u - mu), (tau - 1) * (u - mu)),
            maximum((1 - tau) * (u - mu), -tau * (u - mu)),
            in_unit(tau),
            real(u, mu),
            by=LAWS,
        ),
        claim(
            "Cauchy without pi",
            -log(1 / (pi_ * s * (1 + (u / s) ** 2))),
            log(s) + log(1 + (u / s) ** 2),
            positive(s),
            real(u),
            by=LAWS,
        ),
        claim(
            "Cauchy with the square outside",
            -log(1 / (pi_ * s * (1 + (u / s) ** 2))),
            log(pi_ * s) + 2 * log(1 + u / s),
            positive(s, u),
            by=LAWS,
        ),
        claim(
            "Student's exponent nu for nu + 1",
            -log((1 + u**2 / a) ** (-half * (a + 1))),
            half * a * log(1 + u**2 / a),
            positive(a),
            real(u),
            by=LOG_OF_POWER,
        ),
        claim(
            "Student's t as Gauss", (1 + u**2 / a) ** (-half * (a + 1)), exp(-(u**2) / 2), positive(a), real(u), by=LAWS
        ),
        claim(
            "von Mises as the cosine itself",
            -log(exp(a * cos(u - mu)) / (2 * pi_ * bessel(0, a))),
            -a * cos(u - mu),
            positive(a),
            real(u, mu),
            by=LAWS,
        ),
        claim("Huber below its threshold as above", u**2 / 2, c * (absolute(u) - c / 2), positive(c), real(u), by=LAWS),
        claim("log-cosh as a square", log((exp(u) + exp(-u)) / 2), u**2 / 2, real(u), by=LAWS),
        claim("log-cosh as |u|", log((exp(u) + exp(-u)) / 2), absolute(u), real(u), by=LAWS),
        claim("Gumbel with the inner minus lost", -log(exp(-u) * exp(-exp(-u))), u + exp(u), real(u), by=LAWS),
    ),
    "counts": (
        claim(
            "Poisson without the factorial, as equal",
            -log(poisson(v)),
            lam - v * log(lam),
            _COUNTED,
            by=LAWS,
            tried=wrong(POISSON, constant=ZERO),
        ),
        claim(
            "Poisson with the rate's sign turned",
            -log(poisson(v)),
            log(factorial(v)) - lam - v * log(lam),
            _COUNTED,
            by=LAWS,
        ),
        claim(
            "Poisson with log and identity mixed",
            -log(poisson(v)),
            log(factorial(v)) + lam - v * lam,
            _COUNTED,
            by=LAWS,
        ),
        claim(
            "Poisson with log y for log y!",
            -log(poisson(v)),
            log(v) + lam - v * log(lam),
            positive(lam),
            positive_count(v),
            by=LAWS,
        ),
        claim(
            "Poisson with the factorial's sign turned",
            -log(poisson(v)),
            lam - v * log(lam) - log(factorial(v)),
            _COUNTED,
            by=LAWS,
        ),
        claim(
            "Poisson with (y - 1)!",
            poisson(v),
            lam**v * exp(-lam) / gamma(v),
            positive(lam),
            positive_count(v),
            by=FACTORIAL_AS_GAMMA,
        ),
        claim(
            "Poisson with base and exponent exchanged", poisson(v), v**lam * exp(-lam) / factorial(v), _COUNTED, by=LAWS
        ),
        claim(
            "Poisson's sum as product of rates",
            times_i(lam ** x[i]),
            lam ** times_i(x[i]),
            positive(lam),
            count(x[i]),
            by=LAWS,
        ),
        claim(
            "the likelihood of counts as that of their sum",
            times_i(poisson(x[i])),
            poisson(over_i(x[i])),
            positive(lam),
            count(x[i]),
            by=LAWS,
        ),
        claim("no events is certain", poisson(v - v), 1 + 0 * lam, _COUNTED, by=LAWS),
        claim(
            "binomial without its coefficient",
            binomial(v),
            p**v * (1 - p) ** (c - v),
            _TRIALS,
            by=LAWS,
            tried=wrong(BINOMIAL, constant=ZERO),
        ),
        claim(
            "binomial with 1 - y for m - y",
            binomial(v),
            factorial(c) / (factorial(v) * factorial(c - v)) * p**v * (1 - p) ** (1 - v),
            _TRIALS,
            by=LAWS,
        ),
        claim(
            "binomial with successes and failures swapped",
            binomial(v),
            factorial(c) / (factorial(v) * factorial(c - v)) * p ** (c - v) * (1 - p) ** v,
            _TRIALS,
            by=LAWS,
        ),
        claim(
            "binomial with permutations",
            binomial(v),
            factorial(c) / factorial(c - v) * p**v * (1 - p) ** (c - v),
            _TRIALS,
            by=LAWS,
        ),
        claim(
            "a binomial coefficient as a fraction",
            factorial(c) / (factorial(v) * factorial(c - v)),
            c / v,
            count(c, c - v),
            positive_count(v),
            by=LAWS,
        ),
        claim(
            "Pascal's rule without the shift",
            factorial(c + 1) / (factorial(v) * factorial(c + 1 - v)),
            2 * factorial(c) / (factorial(v) * factorial(c - v)),
            count(v, c, c - v),
            by=LAWS,
        ),
        claim(
            "a sum of binomial coefficients with one left out",
            total(factorial(n) / (factorial(i) * factorial(n - i)), i, 1, n),
            2**n,
            by=LAWS,
        ),
        claim("geometric from 0 and from 1", (1 - p) ** v * p, (1 - p) ** (v - 1) * p, in_unit(p), count(v), by=LAWS),
        claim("geometric with success for failure", (1 - p) ** v * p, p**v * (1 - p), in_unit(p), count(v), by=LAWS),
        claim(
            "negative binomial with r - 1 for r",
            gamma(v + a) / (gamma(a) * factorial(v)),
            gamma(v + a - 1) / (gamma(a) * factorial(v)),
            positive_count(v),
            positive(a),
            by=LAWS,
        ),
        claim(
            "multinomial with the sum of factorials",
            log(factorial(over_k(pr[k]))),
            over_k(log(factorial(pr[k]))),
            count(pr[k]),
            by=LAWS,
        ),
    ),
    "positive observations, shares, survival": (
        claim("rate for scale", lam * exp(-lam * u), 1 / lam * exp(-u / lam), _POSITIVE, by=LAWS),
        claim("the exponential's NLL with minus log rate lost", -log(lam * exp(-lam * u)), lam * u, _POSITIVE, by=LAWS),
        claim(
            "the exponential's NLL with the sign turned",
            -log(lam * exp(-lam * u)),
            log(lam) + lam * u,
            _POSITIVE,
            by=LAWS,
        ),
        claim("survival as density", exp(-lam * u), lam * exp(-lam * u), _POSITIVE, by=LAWS),
        claim(
            "the hazard as the density", lam * exp(-lam * u) / exp(-lam * u), lam * exp(-lam * u), _POSITIVE, by=LAWS
        ),
        claim("survival as the complement's density", 1 - exp(-lam * u), lam * exp(-lam * u), _POSITIVE, by=LAWS),
        claim(
            "a censored observation with its density",
            (lam * exp(-lam * u)) ** v * exp(-lam * u) ** (1 - v),
            lam * exp(-lam * u),
            _POSITIVE,
            binary(v),
            by=LAWS,
        ),
        claim(
            "a censored observation's log rate for all",
            -(v * log(lam)) + lam * u,
            -log(lam) + lam * u,
            _POSITIVE,
            binary(v),
            by=LAWS,
        ),
        claim(
            "censored rows left out of the time",
            over_i(lam * x[i] - y[i] * log(lam)),
            over_i(y[i] * (lam * x[i] - log(lam))),
            positive(lam, x[i]),
            binary(y[i]),
            by=LAWS,
        ),
        claim(
            "gamma with scale for rate",
            lam**alpha / gamma(alpha) * u ** (alpha - 1) * exp(-lam * u),
            lam ** (-alpha) / gamma(alpha) * u ** (alpha - 1) * exp(-lam * u),
            _POSITIVE,
            by=LAWS,
        ),
        claim("gamma with shape for shape - 1", u ** (alpha - 1) * exp(-u), u**alpha * exp(-u), _POSITIVE, by=LAWS),
        claim(
            "gamma with gamma(shape + 1)",
            u ** (alpha - 1) * exp(-u) / gamma(alpha),
            u ** (alpha - 1) * exp(-u) / gamma(alpha + 1),
            _POSITIVE,
            by=LAWS,
        ),
        claim(
            "Weibull with the power outside", exp(-((u / lam) ** alpha)), exp(-(u / lam)) ** alpha, _POSITIVE, by=LAWS
        ),
        claim(
            "Weibull's density without the inner factor",
            (alpha / lam) * (u / lam) ** (alpha - 1) * exp(-((u / lam) ** alpha)),
            alpha * (u / lam) ** (alpha - 1) * exp(-((u / lam) ** alpha)),
            _POSITIVE,
            by=LAWS,
        ),
        claim(
            "log-normal without the Jacobian", 1 / u * normal(log(u)), normal(log(u)), positive(s, u), real(mu), by=LAWS
        ),
        claim(
            "log-normal as the log of the normal",
            1 / u * normal(log(u)),
            log(normal(u)),
            positive(s, u),
            real(mu),
            by=LAWS,
        ),
        claim(
            "log-normal's NLL with minus log y",
            -log(1 / u * normal(log(u))),
            -log(u) - log(normal(log(u))),
            positive(s, u),
            real(mu),
            by=LAWS,
        ),
        claim(
            "beta with a for a - 1",
            u ** (a - 1) * (1 - u) ** (b - 1),
            u**a * (1 - u) ** b,
            in_unit(u),
            positive(a, b),
            by=LAWS,
        ),
        claim(
            "beta with the two swapped",
            u ** (a - 1) * (1 - u) ** (b - 1),
            u ** (b - 1) * (1 - u) ** (a - 1),
            in_unit(u),
            positive(a, b),
            by=LAWS,
        ),
        claim(
            "inverse Gaussian with the mean's square lost",
            lam * (u - mu) ** 2 / (2 * mu**2 * u),
            lam * (u - mu) ** 2 / (2 * u),
            positive(u, lam, mu),
            by=LAWS,
        ),
        claim(
            "Pareto's exponent without + 1",
            alpha * lam**alpha / u ** (alpha + 1),
            alpha * lam**alpha / u**alpha,
            _POSITIVE,
            by=LAWS,
        ),
        claim(
            "the variance as the deviation in a coefficient of variation",
            sqrt(lam**2) / lam,
            lam**2 / lam,
            _POSITIVE,
            by=LAWS,
        ),
    ),
    "labels and cross-entropy": (
        claim(
            "soft labels as a mixture",
            bernoulli(v),
            v * p + (1 - v) * (1 - p),
            in_unit(p),
            in_closed_unit(v),
            by=LAWS,
            tried=with_labels(CLOSED_UNIT),
        ),
        claim("the labels swapped", -log(bernoulli(v)), cross_entropy(1 - v), _LABELLED, by=LAWS),
        claim("the prediction in place of the label", cross_entropy(v, p), cross_entropy(p, v), in_unit(p, v), by=LAWS),
        claim(
            "minus forgotten in front of the second part",
            -log(bernoulli(v)),
            -(v * log(p)) + (1 - v) * log(1 - p),
            _LABELLED,
            by=LAWS,
        ),
        claim("the second part forgotten", -log(bernoulli(v)), -(v * log(p)), _LABELLED, by=LAWS),
        claim(
            "log of 1 - p as 1 - log p", -log(bernoulli(v)), -(v * log(p)) - (1 - v) * (1 - log(p)), _LABELLED, by=LAWS
        ),
        claim("log p(1 - p) as log p times log(1 - p)", log(p * (1 - p)), log(p) * log(1 - p), in_unit(p), by=LAWS),
        claim(
            "labels -1 and 1 in the 0-1 formula",
            cross_entropy(v, sigma(z)),
            log(1 + exp(-v * z)),
            signs(v),
            real(z),
            by=(LAWS, LOG_OF_SIGMOID),
            tried=with_labels(SIGNS),
        ),
        claim(
            "labels 0 and 1 in the -1-1 formula",
            cross_entropy(v, sigma(z)),
            log(1 + exp(-v * z)),
            binary(v),
            real(z),
            by=(LAWS, LOG_OF_SIGMOID),
        ),
        claim(
            "labels converted with 2y + 1",
            cross_entropy(v, sigma(z)),
            log(1 + exp(-(2 * v + 1) * z)),
            binary(v),
            real(z),
            by=LAWS,
        ),
        claim(
            "labels -1 and 1 as exponents",
            sigma(v * z),
            sigma(z) ** v * (1 - sigma(z)) ** (1 - v),
            signs(v),
            real(z),
            by=LAWS,
        ),
        claim(
            "the loss on scores with minus softplus",
            cross_entropy(v, sigma(z)),
            v * z - softplus(z),
            binary(v),
            real(z),
            by=LAWS,
        ),
        claim("the loss on scores without y z", cross_entropy(v, sigma(z)), softplus(z), binary(v), real(z), by=LAWS),
        claim(
            "the loss on scores with (1 - y) z turned",
            cross_entropy(v, sigma(z)),
            softplus(-z) - (1 - v) * z,
            binary(v),
            real(z),
            by=LAWS,
        ),
        claim(
            "the sigmoid applied twice",
            cross_entropy(v, sigma(z)),
            cross_entropy(v, sigma(sigma(z))),
            binary(v),
            real(z),
            by=LAWS,
        ),
        claim(
            "the hinge for the logistic loss", log(1 + exp(-v * z)), maximum(1 - v * z, 0), signs(v), real(z), by=LAWS
        ),
        claim(
            "the exponential loss for the logistic loss", log(1 + exp(-v * z)), exp(-v * z), signs(v), real(z), by=LAWS
        ),
        claim("squared error for cross-entropy", cross_entropy(v), (v - p) ** 2, _LABELLED, by=LAWS),
        claim("squared error of labels as absolute error", (v - p) ** 2, absolute(v - p), _LABELLED, by=LAWS),
        claim("the focal loss as cross-entropy", -((1 - p) ** 2) * log(p), -log(p), in_unit(p), by=LAWS),
        claim(
            "a class weight for one class on both",
            -(a * v * log(p)) - (1 - v) * log(1 - p),
            a * cross_entropy(v),
            positive(a),
            _LABELLED,
            by=LAWS,
        ),
        claim("entropy and cross-entropy", cross_entropy(q, p), cross_entropy(q, q), in_unit(p, q), by=LAWS),
        claim("the divergence is symmetric", q * log(q / p), p * log(p / q), in_unit(p, q), by=LAWS),
        claim(
            "the divergence with the entropy's sign", q * log(q / p), -(q * log(q)) - q * log(p), in_unit(p, q), by=LAWS
        ),
        claim(
            "cross-entropy over classes that are not one-hot",
            -over_k(pr[k] * log(B[k])),
            -log(over_k(pr[k] * B[k])),
            in_unit(pr[k], B[k]),
            by=LAWS,
        ),
        claim(
            "the averaged loss as the loss of the average",
            over_i(-log(g[i])) / n,
            -log(over_i(g[i]) / n),
            in_unit(g[i]),
            positive_count(n),
            by=LAWS,
        ),
        claim(
            "accuracy for likelihood",
            times_i(bernoulli(y[i], g[i])),
            over_i(y[i] * g[i] + (1 - y[i]) * (1 - g[i])),
            binary(y[i]),
            in_unit(g[i]),
            by=LAWS,
        ),
    ),
    "probability": (
        claim("the complement with three classes", _P0, 1 - _P1, _THREE, by=(COMPLEMENT, Assume("none"))),
        claim(
            "the complement of a count",
            P(Y[i], 0, X[i], x[i]),
            1 - P(Y[i], 1, X[i], x[i]),
            _POISSON,
            count(Y[i]),
            free_index(i),
            by=(COMPLEMENT, Assume("none")),
        ),
        claim("all classes are equally likely", _P0, _P1, _THREE, by=(Assume("none"), Assume("one"))),
        claim("two classes of three sum to 1", _P0 + _P1, _P0 + _P1 + _P2, _THREE, by=ALGEBRA),
        claim("either of two as product", _P0 + _P1, _P0 * _P1, _THREE, by=ALGEBRA),
        claim(
            "the condition and the event swapped",
            P(Y[1], 1, X[1], 1),
            P(X[1], 1, Y[1], 1),
            _SWAPPED,
            by=(Assume("forward"), Assume("backward")),
        ),
        claim(
            "Bayes' rule without dividing",
            P(X[1], 1, Y[1], 1),
            P(Y[1], 1, X[1], 1) * a,
            _SWAPPED,
            by=Assume("backward"),
        ),
        claim(
            "another condition, the same probability",
            P(Y[1], 1, X[1], 1),
            P(Y[1], 1, X[1], 2),
            (Assumed("at 1", P(Y[1], 1, X[1], 1).e, a.e), Assumed("at 2", P(Y[1], 1, X[1], 2).e, b.e)),
            in_unit(a, b),
            by=Assume("at 1"),
        ),
        claim(
            "the survival function is the density",
            survival(Y[1], y[1], X[1], x[1]),
            density(Y[1], y[1], X[1], x[1]),
            _EXPONENTIAL,
            by=(Assume("survival"), Assume("density")),
        ),
        claim(
            "a density is a probability",
            density(Y[1], y[1], X[1], x[1]),
            P(Y[1], y[1], X[1], x[1]),
            (
                Assumed("density", density(Y[1], y[1], X[1], x[1]).e, (2 * exp(-2 * u)).e),
                Assumed("probability", P(Y[1], y[1], X[1], x[1]).e, (0 * u).e),
            ),
            positive(u),
            by=(Assume("density"), Assume("probability")),
        ),
        claim(
            "density and survival sum to 1",
            density(Y[1], y[1], X[1], x[1]) + survival(Y[1], y[1], X[1], x[1]),
            1 + 0 * u,
            _EXPONENTIAL,
            by=Assume("survival"),
        ),
        claim(
            "independence from the second observation on",
            _joint,
            product(_marginal, i, 2, n),
            _INDEPENDENT,
            by=Assume("independence"),
        ),
        claim(
            "independence but for the last",
            _joint,
            product(_marginal, i, 1, n - 1),
            _INDEPENDENT,
            by=Assume("independence"),
        ),
        claim("independence as a sum", _joint, over_i(_marginal), _INDEPENDENT, by=Assume("independence")),
        claim(
            "identical as well as independent",
            _joint,
            P(Y[1], y[1], X[1], x[1]) ** n,
            _INDEPENDENT,
            (Declared(n.e, POSITIVE_COUNT),),
            by=Assume("independence"),
        ),
        claim(
            "the joint probability as one observation's",
            _joint,
            P(Y[1], y[1], X[1], x[1]),
            _INDEPENDENT,
            (Declared(n.e, POSITIVE_COUNT),),
            by=Assume("independence"),
        ),
        claim(
            "the joint probability as the mean",
            _joint,
            1 / n * over_i(_marginal),
            _INDEPENDENT,
            (Declared(n.e, POSITIVE_COUNT),),
            by=Assume("independence"),
        ),
        claim(
            "the wrong label put in for independent data",
            _joint,
            times_i(bernoulli(1 - y[i], g[i])),
            _INDEPENDENT,
            by=(Assume("independence"), Use(Assume("Bernoulli"), (0,), {"i": i.e})),
        ),
        claim(
            "an observation with another one's prediction",
            times_i(_marginal),
            times_i(bernoulli(y[i], g[1])),
            _INDEPENDENT,
            (Declared(n.e, POSITIVE_COUNT),),
            by=Use(Assume("Bernoulli"), (0,), {"i": i.e}),
        ),
        claim(
            "the observation's own name put in for the index",
            times_i(_marginal),
            times_i(bernoulli(y[1], g[1])),
            _INDEPENDENT,
            (Declared(n.e, POSITIVE_COUNT),),
            by=Use(Assume("Bernoulli"), (0,), {"i": ONE}),
        ),
    ),
    "priors": (
        claim(
            "the strength of a ridge upside down",
            exp(-(w[j] ** 2) / (2 * tau**2)),
            exp(-(tau**2) * w[j] ** 2 / 2),
            real(w[j]),
            positive(tau),
            free_index(j),
            by=LAWS,
        ),
        claim(
            "ridge strength tau over sigma",
            over_j(w[j] ** 2) * (s**2 / tau**2),
            over_j(w[j] ** 2) * (tau**2 / s**2),
            real(w[j]),
            positive(s, tau),
            by=LAWS,
        ),
        claim(
            "ridge strength sigma over tau without squares",
            over_j(w[j] ** 2) * (s**2 / tau**2),
            over_j(w[j] ** 2) * (s / tau),
            real(w[j]),
            positive(s, tau),
            by=LAWS,
        ),
        claim(
            "lasso strength with the ridge's 2",
            1 / b * over_j(absolute(w[j])),
            1 / (2 * b**2) * over_j(absolute(w[j])),
            real(w[j]),
            positive(b),
            by=LAWS,
        ),
        claim(
            "the Gaussian prior gives an absolute penalty",
            -log(product(normal(w[j], 0, tau), j, 1, d)),
            d * log(tau) + over_j(absolute(w[j])) / tau,
            real(w[j]),
            positive(tau),
            by=(LOG_OF_PRODUCT, LAWS),
        ),
        claim(
            "the prior once for every observation",
            over_i((x[i] - mu) ** 2) + lam * mu**2,
            over_i((x[i] - mu) ** 2 + lam * mu**2),
            real(x[i], mu),
            positive(lam),
            by=SUM_OF_TERMS,
        ),
        claim(
            "the prior forgotten",
            -log(times_i(normal(x[i], mu, 1)) * normal(mu, 0, tau)),
            -log(times_i(normal(x[i], mu, 1))),
            real(x[i], mu),
            positive(tau),
            by=LAWS,
        ),
        claim(
            "the prior's log added to the likelihood",
            times_i(normal(x[i], mu, 1)) * normal(mu, 0, tau),
            times_i(normal(x[i], mu, 1)) + log(normal(mu, 0, tau)),
            real(x[i], mu),
            positive(tau),
            by=LAWS,
        ),
        claim(
            "the posterior as prior plus likelihood",
            normal(u) * normal(mu, 0, tau),
            normal(u) + normal(mu, 0, tau),
            _NORMAL,
            positive(tau),
            by=LAWS,
        ),
        claim(
            "the posterior without the evidence, as equal",
            1 / z * (normal(u) * normal(mu, 0, tau)),
            normal(u) * normal(mu, 0, tau),
            _NORMAL,
            positive(tau, z),
            by=LAWS,
        ),
        claim(
            "the elastic net as a square of a sum",
            a * over_j(absolute(w[j])) + b * over_j(w[j] ** 2),
            over_j((a * absolute(w[j]) + b * w[j]) ** 2),
            positive(a, b),
            real(w[j]),
            by=LAWS,
        ),
    ),
}
