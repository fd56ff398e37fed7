"""Forms that keep their digits, and the slopes of the functions that they are written with."""

from __future__ import annotations

from attack.claims import Use, claim
from attack.writing import *
from lossproof.rulebook import calculus, floating
from lossproof.rulebook import cases as of_cases
from lossproof.rulebook.algebra import LAWS

_far = exp(-absolute(z))

CLAIMS = {
    "forms that keep their digits": (
        claim(
            "1 less the sigmoid as minus it", 1 - sigma(z), sigma(z) * -1, real(z), by=floating.REFLECTION_OF_SIGMOID
        ),
        claim("1 less the sigmoid of minus", 1 - sigma(-z), sigma(-z), real(z), by=floating.REFLECTION_OF_SIGMOID),
        claim(
            "the sigmoid of the distance from 0",
            sigma(z),
            _far / (1 + _far),
            real(z),
            by=floating.SIGMOID_WITHOUT_OVERFLOW,
        ),
        claim(
            "the sigmoid with its cases swapped",
            sigma(z),
            cases(z, _far, 1) * (1 / (1 + _far)),
            real(z),
            by=floating.SIGMOID_WITHOUT_OVERFLOW,
        ),
        claim("softplus and its argument", softplus(z) + z, softplus(-z), real(z), by=floating.REFLECTION_OF_SOFTPLUS),
        claim(
            "the share of an exponential without the constant",
            exp(a) / (c + exp(a)),
            sigma(a),
            real(a),
            positive(c),
            by=floating.SHARE_OF_EXP,
        ),
        claim(
            "the share of an exponential where there is none",
            exp(a) / (c + exp(a)),
            sigma(a - log(c)),
            real(a),
            nonnegative(c),
            by=floating.SHARE_OF_EXP,
            at={"a": 1, "c": 0},
        ),
        claim(
            "the share beside an exponential where there is none",
            c / (c + exp(a)),
            sigma(log(c) - a),
            real(a),
            nonnegative(c),
            by=floating.SHARE_BESIDE_EXP,
            at={"a": 1, "c": 0},
        ),
        claim(
            "the share beside an exponential upside down",
            c / (c + exp(a)),
            sigma(a - log(c)),
            real(a),
            positive(c),
            by=floating.SHARE_BESIDE_EXP,
        ),
        claim(
            "log of two exponentials from the first on",
            log(exp(a) + exp(b)),
            a + log(1 + exp(-absolute(a - b))),
            real(a, b),
            by=floating.LOG_ADD_EXP,
        ),
        claim(
            "log of a constant and an exponential, not scaled",
            log(c + exp(a)),
            log(c) + softplus(a),
            real(a),
            positive(c),
            by=floating.LOG_OF_CONSTANT_AND_EXP,
        ),
        claim(
            "log of nothing and an exponential",
            log(c + exp(a)),
            log(c) + softplus(a - log(c)),
            real(a),
            nonnegative(c),
            by=floating.LOG_OF_CONSTANT_AND_EXP,
            at={"a": 1, "c": 0},
        ),
        claim(
            "log of 1 less an exponential as that of 1 more",
            log(1 - exp(-a)),
            log(1 + exp(-a)),
            positive(a),
            by=floating.LOG_OF_EXP_COMPLEMENT,
        ),
        claim(
            "log of 1 and a square as twice the larger",
            log(1 + u**2),
            2 * log(maximum(absolute(u), 1)),
            real(u),
            by=floating.LOG_OF_ONE_PLUS_SQUARE,
        ),
        claim("log of 1 and a square as twice that of 1 and it", log(1 + u**2), 2 * log(1 + u), positive(u), by=LAWS),
        claim(
            "exp as the sum of its halves", exp(a), exp(half * a) + exp(half * a), real(a), by=floating.EXP_BY_HALVES
        ),
        claim("exp as its half", exp(a), exp(half * a), real(a), by=floating.EXP_BY_HALVES),
        claim(
            "a product of exps as exp of the difference",
            exp(a) * exp(b),
            exp(a - b),
            real(a, b),
            by=floating.PRODUCT_OF_EXPS,
        ),
        claim(
            "a difference of exps not scaled",
            exp(a) - exp(b),
            exp(a - b) - 1,
            real(a, b),
            by=floating.DIFFERENCE_OF_EXPS,
        ),
        claim(
            "a difference of exps scaled by the first",
            exp(a) - exp(b),
            exp(a) * (exp(a - b) - 1),
            real(a, b),
            by=floating.DIFFERENCE_OF_EXPS,
        ),
        claim(
            "1 less the cosine by the whole angle",
            1 - cos(a),
            2 * sin(a) ** 2,
            real(a),
            by=floating.COMPLEMENT_OF_COSINE,
        ),
        claim("1 less the cosine as the sine", 1 - cos(a), sin(a), real(a), by=floating.COMPLEMENT_OF_COSINE),
        claim("erf is even", 1 + erf(a), 1 - erf(a), real(a), by=floating.REFLECTION_OF_ERROR_FUNCTION),
        claim(
            "1 and erf as 1 and erf of minus",
            1 + erf(a),
            1 + erf(-a),
            real(a),
            by=floating.REFLECTION_OF_ERROR_FUNCTION,
        ),
    ),
    "the same in two cases": (
        claim(
            "a sum by cases in one of them",
            cases(a, b, c) + u,
            cases(a, b + u, c),
            real(a, b, c, u),
            by=of_cases.SUM_BY_CASES,
        ),
        claim(
            "a product by cases in one of them",
            u * cases(a, b, c),
            cases(a, u * b, c),
            real(a, b, c, u),
            by=of_cases.PRODUCT_BY_CASES,
        ),
        claim(
            "the absolute value with its cases swapped",
            absolute(a),
            cases(a, -a, a),
            real(a),
            by=of_cases.ABSOLUTE_VALUE_BY_CASES,
        ),
        claim(
            "the same in two cases of nothing",
            b,
            cases(log(a), b, b),
            real(a, b),
            by=Use(of_cases.EITHER_CASE, (), {"c": node(log(a))}),
            at={"a": -1, "b": 2},
        ),
    ),
    "slopes of special functions": (
        claim(
            "the chain rule forgotten in a sine", D(sin(2 * a), a), cos(2 * a), real(a), by=calculus.DERIVATIVE_OF_SINE
        ),
        claim(
            "the slope of erf without its factor",
            D(erf(a), a),
            exp(-(a**2)) * D(a, a),
            real(a),
            by=calculus.DERIVATIVE_OF_ERROR_FUNCTION,
        ),
        claim(
            "the chain rule forgotten in erf",
            D(erf(2 * a), a),
            2 * pi_**-half * exp(-((2 * a) ** 2)),
            real(a),
            by=calculus.DERIVATIVE_OF_ERROR_FUNCTION,
        ),
        claim(
            "the slope of the digamma as its inverse",
            D(psi(a), a),
            1 / psi(a),
            positive(a),
            by=calculus.DERIVATIVE_OF_DIGAMMA,
        ),
        claim(
            "the chain rule forgotten in a digamma",
            D(psi(2 * a), a),
            trigamma(2 * a),
            positive(a),
            by=calculus.DERIVATIVE_OF_DIGAMMA,
        ),
        claim("the slope of a sign as 1", D(sign(a), a), 1 + 0 * a, nonzero(a), by=calculus.DERIVATIVE_OF_SIGN),
        claim(
            "the slope of cases from the other case",
            D(cases(a, a, -a), a),
            cases(a, D(-a, a), D(a, a)),
            nonzero(a),
            by=calculus.DERIVATIVE_OF_CASES,
        ),
    ),
}
