"""Sigmoid, softplus, softmax, and the special functions."""

from __future__ import annotations

from attack.claims import claim
from attack.writing import *
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.sigmoids import (
    AS_SIGMOID,
    COMPLEMENT_OF_SIGMOID,
    LOG_OF_SIGMOID,
    LOG_OF_SIGMOID_COMPLEMENT,
    SIGMOID,
    SOFTPLUS,
    SOFTPLUS_WITHOUT_OVERFLOW,
)
from lossproof.rulebook.special import FACTORIAL_AS_GAMMA


def softmax(score, all_scores):
    """One entry of the softmax of scores over the classes."""
    return exp(score) / over_k(exp(all_scores))


_SCORES = (Declared(w[k].e, REAL, ranges(w[k].e)),)

CLAIMS = {
    "the sigmoid": (
        claim("the sigmoid is odd", sigma(-z), -sigma(z), real(z), by=(LAWS, SIGMOID)),
        claim("the sigmoid is even", sigma(-z), sigma(z), real(z), by=(LAWS, SIGMOID)),
        claim("the sigmoid with the wrong sign", sigma(z), 1 / (1 + exp(z)), real(z), by=SIGMOID),
        claim("the wrong sign folded", 1 / (1 + exp(z)), sigma(z), real(z), by=AS_SIGMOID),
        claim(
            "the complement of the sigmoid is the sigmoid", 1 - sigma(z), sigma(z), real(z), by=COMPLEMENT_OF_SIGMOID
        ),
        claim(
            "the complement of the sigmoid with minus",
            1 - sigma(z),
            1 / (1 + exp(-z)),
            real(z),
            by=COMPLEMENT_OF_SIGMOID,
        ),
        claim(
            "1 minus sigmoid as exp(z) over 1 + exp(z)",
            1 - sigma(z),
            exp(z) / (1 + exp(z)),
            real(z),
            by=COMPLEMENT_OF_SIGMOID,
        ),
        claim("the sigmoid as exp(-z) over 1 + exp(-z)", sigma(z), exp(-z) / (1 + exp(-z)), real(z), by=SIGMOID),
        claim(
            "the sigmoid minus the other one is 1", sigma(z) - sigma(-z), 1 + 0 * z, real(z), by=COMPLEMENT_OF_SIGMOID
        ),
        claim("the sigmoid of a sum as sum of sigmoids", sigma(a + b), sigma(a) + sigma(b), real(a, b), by=LAWS),
        claim("the sigmoid of a double as double", sigma(2 * z), 2 * sigma(z), real(z), by=LAWS),
        claim("the sigmoid of the log as the number", sigma(log(a)), a, positive(a), by=(SIGMOID, LAWS)),
        claim("the sigmoid of log odds upside down", sigma(log((1 - p) / p)), p, in_unit(p), by=(SIGMOID, LAWS)),
        claim(
            "the sigmoid's product with its complement as their sum",
            sigma(z) * (1 - sigma(z)),
            sigma(z) + sigma(-z),
            real(z),
            by=COMPLEMENT_OF_SIGMOID,
        ),
        claim(
            "log of the sigmoid as minus the softplus",
            log(sigma(z)),
            -softplus(z),
            real(z),
            by=(LOG_OF_SIGMOID, LOG_OF_SIGMOID_COMPLEMENT),
        ),
        claim("log of the sigmoid as softplus minus z", log(sigma(z)), softplus(z) - z, real(z), by=LOG_OF_SIGMOID),
        claim("log of the sigmoid as the score", log(sigma(z)), z, real(z), by=LOG_OF_SIGMOID),
        claim(
            "log of the complement without minus", log(1 - sigma(z)), softplus(z), real(z), by=LOG_OF_SIGMOID_COMPLEMENT
        ),
        claim(
            "log of the complement with the score",
            log(1 - sigma(z)),
            z - softplus(z),
            real(z),
            by=LOG_OF_SIGMOID_COMPLEMENT,
        ),
        claim(
            "log of the complement as minus the log",
            log(1 - sigma(z)),
            -log(sigma(z)),
            real(z),
            by=LOG_OF_SIGMOID_COMPLEMENT,
        ),
        claim("log odds as the log of the sigmoid", log(sigma(z) / (1 - sigma(z))), log(sigma(z)), real(z), by=LAWS),
        claim(
            "the sigmoid of an array of labels as its mean",
            sigma(over_i(x[i])),
            over_i(sigma(x[i])),
            real(x[i]),
            by=LAWS,
        ),
        claim(
            "the probit as the sigmoid, at 1.7 times",
            sigma(Fraction(17, 10) * z),
            half + z / sqrt(2 * pi_),
            real(z),
            by=LAWS,
        ),
    ),
    "the softplus": (
        claim("the softplus with minus", softplus(z), log(1 + exp(-z)), real(z), by=SOFTPLUS),
        claim("the softplus is log(exp(z) - 1)", softplus(z), log(exp(z) - 1), positive(z), by=SOFTPLUS),
        claim("the softplus as the maximum", softplus(z), maximum(z, 0), real(z), by=SOFTPLUS_WITHOUT_OVERFLOW),
        claim(
            "the softplus without |.|",
            softplus(z),
            maximum(z, 0) + log(1 + exp(-z)),
            real(z),
            by=SOFTPLUS_WITHOUT_OVERFLOW,
        ),
        claim(
            "the softplus with a plus in the exp",
            softplus(z),
            maximum(z, 0) + log(1 + exp(absolute(z))),
            real(z),
            by=SOFTPLUS_WITHOUT_OVERFLOW,
        ),
        claim(
            "the softplus without overflow, the maximum of -z",
            softplus(z),
            maximum(-z, 0) + log(1 + exp(-absolute(z))),
            real(z),
            by=SOFTPLUS_WITHOUT_OVERFLOW,
        ),
        claim("the softplus is even", softplus(-z), softplus(z), real(z), by=LAWS),
        claim("the softplus is odd", softplus(-z), -softplus(z), real(z), by=LAWS),
        claim("the softplus of minus z as z minus softplus", softplus(-z), z - softplus(z), real(z), by=LOG_OF_SIGMOID),
        claim("the softplus plus z", softplus(-z), softplus(z) + z, real(z), by=LAWS),
        claim("exp of softplus as exp", exp(softplus(z)), exp(z), real(z), by=(SOFTPLUS, LAWS)),
        claim("softplus as the log of the sigmoid", softplus(z), log(sigma(z)), real(z), by=LOG_OF_SIGMOID),
        claim("softplus of a sum as sum of softplus", softplus(a + b), softplus(a) + softplus(b), real(a, b), by=LAWS),
    ),
    "the softmax": (
        claim(
            "a constant added to the score of one class alone",
            softmax(w[1] + c, w[k]),
            softmax(w[1], w[k]),
            _SCORES,
            real(c),
            by=LAWS,
        ),
        claim(
            "scores multiplied by a constant",
            softmax(c * w[1], c * w[k]),
            softmax(w[1], w[k]),
            _SCORES,
            positive(c),
            by=LAWS,
        ),
        claim("scores squared", softmax(w[1] ** 2, w[k] ** 2), softmax(w[1], w[k]), _SCORES, by=LAWS),
        claim("the softmax as the sigmoid of its score", softmax(w[1], w[k]), sigma(w[1]), _SCORES, by=(SIGMOID, LAWS)),
        claim(
            "two classes with the sum of scores",
            exp(a) / (exp(a) + exp(b)),
            sigma(a + b),
            real(a, b),
            by=(AS_SIGMOID, LAWS),
        ),
        claim(
            "two classes with the difference turned",
            exp(a) / (exp(a) + exp(b)),
            sigma(b - a),
            real(a, b),
            by=(AS_SIGMOID, LAWS),
        ),
        claim("the log of a softmax as the score", log(softmax(w[1], w[k])), w[1], _SCORES, by=LAWS),
        claim(
            "the log of a softmax with the sum of scores",
            log(softmax(w[1], w[k])),
            w[1] - over_k(w[k]),
            _SCORES,
            by=LAWS,
        ),
        claim(
            "the log of a softmax with the log inside",
            log(softmax(w[1], w[k])),
            w[1] - over_k(log(exp(w[k]))),
            _SCORES,
            by=LAWS,
        ),
        claim(
            "log-sum-exp shifted without adding the shift back",
            log(over_k(exp(w[k] - c))),
            log(over_k(exp(w[k]))),
            _SCORES,
            real(c),
            by=LAWS,
        ),
        claim(
            "log-sum-exp shifted, added with the wrong sign",
            log(over_k(exp(w[k]))),
            -c + log(over_k(exp(w[k] - c))),
            _SCORES,
            real(c),
            by=LAWS,
        ),
        claim(
            "log-sum-exp shifted, times K",
            log(over_k(exp(w[k]))),
            K * c + log(over_k(exp(w[k] - c))),
            _SCORES,
            real(c),
            by=LAWS,
        ),
        claim("log-sum-exp of equal scores is the score", log(over_k(exp(c))), c, real(c), by=LAWS),
        claim("log-sum-exp with K multiplied", log(over_k(exp(c))), K * c, real(c), by=LAWS),
        claim(
            "probabilities proportional to scores",
            w[1] / over_k(w[k]),
            softmax(w[1], w[k]),
            (Declared(w[k].e, POSITIVE, ranges(w[k].e)),),
            by=LAWS,
        ),
        claim("the probabilities sum to K", over_k(softmax(w[k], w[k])), K * 1, _SCORES, by=LAWS),
        claim("the hardmax is the softmax", softmax(w[1], w[k]), delta(1, 1) / K, _SCORES, by=LAWS),
        claim(
            "temperature outside the exp",
            softmax(w[1] / tau, w[k] / tau),
            softmax(w[1], w[k]) / tau,
            _SCORES,
            positive(tau),
            by=LAWS,
        ),
    ),
    "the gamma function and its kin": (
        claim("gamma(n) is n!", gamma(n), factorial(n), (Declared(n.e, POSITIVE_COUNT),), by=FACTORIAL_AS_GAMMA),
        claim("n! is gamma(n)", factorial(n), gamma(n), (Declared(n.e, POSITIVE_COUNT),), by=FACTORIAL_AS_GAMMA),
        claim("n! as gamma for a real number", factorial(a), gamma(a), in_unit(a), by=FACTORIAL_AS_GAMMA),
        claim("gamma(a + 1) is gamma(a) + 1", gamma(a + 1), gamma(a) + 1, positive(a), by=LAWS),
        claim("gamma(a + 1) is (a + 1) gamma(a)", gamma(a + 1), (a + 1) * gamma(a), positive(a), by=LAWS),
        claim("gamma(a + b) is the product", gamma(a + b), gamma(a) * gamma(b), positive(a, b), by=LAWS),
        claim("gamma of a double as double", gamma(2 * a), 2 * gamma(a), positive(a), by=LAWS),
        claim("gamma of a half is pi", gamma(half) * a, pi_ * a, nonzero(a), by=LAWS),
        claim(
            "the beta function upside down",
            gamma(a) * gamma(b) / gamma(a + b),
            gamma(a + b) / (gamma(a) * gamma(b)),
            positive(a, b),
            by=LAWS,
        ),
        claim(
            "the beta function with a product below",
            gamma(a) * gamma(b) / gamma(a + b),
            gamma(a) * gamma(b) / gamma(a * b),
            positive(a, b),
            by=LAWS,
        ),
        claim("a factorial of a sum as product", factorial(n + K), factorial(n) * factorial(K), by=LAWS),
        claim("a factorial of a product", factorial(n * K), factorial(n) * factorial(K), by=LAWS),
        claim("0! is 0", factorial(n - n), n - n, by=FACTORIAL_AS_GAMMA),
        claim("a double's factorial as double", factorial(2 * n), 2 * factorial(n), by=LAWS),
        claim(
            "a binomial coefficient without the second factorial",
            factorial(n) / factorial(K),
            factorial(n - K + K) / (factorial(K) * factorial(K)),
            by=LAWS,
        ),
        claim(
            "log of a factorial as n log n", log(factorial(n)), n * log(n), (Declared(n.e, POSITIVE_COUNT),), by=LAWS
        ),
        claim(
            "log of a factorial by Stirling",
            log(factorial(n)),
            n * log(n) - n,
            (Declared(n.e, POSITIVE_COUNT),),
            by=LAWS,
        ),
        claim("log of gamma is gamma of log", log(gamma(a)), gamma(log(a)), positive(a), by=LAWS, at={"a": 3}),
        claim("a factorial as a power", factorial(n), n**n, by=LAWS),
        claim("digamma is the logarithm", psi(a), log(a), positive(a), by=LAWS),
        claim("digamma(a + 1) is digamma(a) + 1", psi(a + 1), psi(a) + 1, positive(a), by=LAWS, at={"a": 2}),
        claim("digamma as inverse of gamma", psi(a), 1 / gamma(a), positive(a), by=LAWS, at={"a": 2}),
        claim("Bessel I0 at 0 as 0", bessel(0, a - a), a - a, real(a), by=ALGEBRA),
        claim("Bessel I0 as exp", bessel(0, a), exp(a), positive(a), by=LAWS, at={"a": 1}),
        claim(
            "Bessel I1 is the derivative of I0 with minus",
            bessel(1, a),
            -bessel(1, a),
            positive(a),
            by=LAWS,
            at={"a": 1},
        ),
        claim("the cosine of a sum as sum of cosines", cos(a + b), cos(a) + cos(b), real(a, b), by=LAWS),
        claim("the cosine of a multiple", cos(2 * a), 2 * cos(a), real(a), by=LAWS),
        claim("the sine is even", sin(-a), sin(a), real(a), by=LAWS),
        claim("the cosine is odd", cos(-a), -cos(a), real(a), by=LAWS),
        claim("the cosine of a difference as difference", cos(a - b), cos(a) - cos(b), real(a, b), by=LAWS),
        claim("sine and cosine sum to 1", sin(a) + cos(a), 1 + 0 * a, real(a), by=LAWS),
    ),
}
