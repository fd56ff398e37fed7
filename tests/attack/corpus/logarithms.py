"""Logarithms, exponentials, and powers with real exponents."""

from __future__ import annotations

import lossproof as lp
from attack.claims import claim
from attack.writing import *
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.logarithms import (
    AS_EXP_OF_LOG,
    DIFFERENCE_OF_LOGS,
    EXP_OF_LOG,
    EXP_OF_LOG_MULTIPLE,
    EXP_OF_SUM,
    EXP_OF_TERMS,
    LOG_OF_EXP,
    LOG_OF_FACTORS,
    LOG_OF_INVERSE,
    LOG_OF_POWER,
    LOG_OF_PRODUCT,
)


def expanded(e, *hypotheses):
    """The strategy that expands logarithms, on a logarithm."""

    def expand_log():
        return lp.expand_log(node(e), *(h for group in hypotheses for h in group))

    return expand_log


CLAIMS = {
    "a logarithm and the four operations": (
        claim("log of a sum as sum of logs", log(a + b), log(a) + log(b), positive(a, b), by=(LOG_OF_FACTORS, LAWS)),
        claim("log of a difference as difference of logs", log(3 + a - b), log(3 + a) - log(b), in_unit(a, b), by=LAWS),
        claim("log of a difference as quotient of logs", log(a / b), log(a) / log(b), positive(a, b), by=LAWS),
        claim("log of a product as product of logs", log(a * b), log(a) * log(b), positive(a, b), by=LOG_OF_FACTORS),
        claim("quotient of logs as difference", log(a) / log(b), log(a) - log(b), in_unit(a, b), by=DIFFERENCE_OF_LOGS),
        claim("difference of logs upside down", log(a) - log(b), log(b / a), positive(a, b), by=DIFFERENCE_OF_LOGS),
        claim("log of one more as log", log(1 + a), log(a), positive(a), by=ALGEBRA),
        claim("log(1 + a) as a", log(1 + a), a, nonnegative(a), by=LAWS),
        claim("log of a double as double log", log(2 * a), 2 * log(a), positive(a), by=(LOG_OF_FACTORS, LOG_OF_POWER)),
        claim("log of a half as half log", log(a / 2), log(a) / 2, positive(a), by=LAWS),
        claim("a constant taken out of the log", log(c * a), c * log(a), positive(a, c), by=LAWS),
        claim("log of minus a as minus log a", log(-a), -log(a), negative(a), by=(LOG_OF_INVERSE, LOG_OF_FACTORS)),
        claim("log of 0 as 0", log(a * 0 + a - a), 0 * a, real(a), by=ALGEBRA),
        claim("log 1 as 1", log(a / a), a / a, nonzero(a), by=LAWS),
        claim("log e as e", log(e_), e_ * a / a, nonzero(a), by=LAWS),
        claim("log to the base 10 as the natural one", log(a) / log(10), log(a), positive(a), by=LAWS),
        claim("bits taken for nats", -p * log(p) / log(2), -p * log(p), in_unit(p), by=LAWS),
        claim("nats to bits the wrong way", log(a) / log(2), log(a) * log(2), positive(a), by=LAWS),
        claim("change of base upside down", log(a) / log(b), log(b) / log(a), in_unit(a, b), by=LAWS),
    ),
    "a logarithm of what need not be positive": (
        claim("factors may both be negative", log(a * b), log(a) + log(b), negative(a, b), by=(LOG_OF_FACTORS, LAWS)),
        claim(
            "a product is positive, its factors are not known to be",
            log(a * b),
            log(a) + log(b),
            real(a, b),
            positive(a * b),
            by=LOG_OF_FACTORS,
            tried=expanded(log(a * b), real(a, b), positive(a * b)),
        ),
        claim(
            "log of a square of a real number",
            log(a**2),
            2 * log(a),
            real(a),
            by=(LOG_OF_POWER, LAWS),
            tried=expanded(log(a**2), real(a)),
        ),
        claim("log of a square of a number that is not 0", log(a**2), 2 * log(a), nonzero(a), by=(LOG_OF_POWER, LAWS)),
        claim("log of a square of a negative number", log(a**2), 2 * log(a), negative(a), by=LOG_OF_POWER),
        claim("log of a square as the log squared", log(a**2), log(a) ** 2, positive(a), by=LOG_OF_POWER),
        claim("log of an even power", log(a**4), 4 * log(a), nonzero(a), by=LOG_OF_POWER),
        claim("log of the square of a sign", log(a**2), 2 * log(a), signs(a), by=LAWS),
        claim("log of a square with |.| but at 0", log(a**2 + 1), 2 * log(absolute(a) + 1), real(a), by=LAWS),
        claim("log of |a| as |log a|", log(absolute(a)), absolute(log(a)), positive(a), by=LAWS),
        claim("log of |a| as log a", log(absolute(a)), log(a), nonzero(a), by=LAWS),
        claim(
            "log of an inverse of a negative square root", log(1 / (a * b)), -log(a) - log(b), negative(a, b), by=LAWS
        ),
        claim("log of a quotient of negatives", log(a / b), log(a) - log(b), negative(a, b), by=(LOG_OF_FACTORS, LAWS)),
        claim("quotient joined from logs of reals", log(a / b), log(a) - log(b), nonzero(a, b), by=LAWS),
        claim(
            "log of a product over an index with negative factors",
            log(times_i(x[i])),
            over_i(log(x[i])),
            negative(x[i]),
            by=LOG_OF_PRODUCT,
        ),
        claim(
            "log of a product over an index of reals",
            log(times_i(x[i] ** 2)),
            over_i(2 * log(x[i])),
            nonzero(x[i]),
            by=(LOG_OF_PRODUCT, LAWS),
            tried=expanded(log(times_i(x[i] ** 2)), nonzero(x[i])),
        ),
        claim(
            "log of factors from a closed interval",
            log(times_i(1 + x[i] - x[i] * 2)),
            over_i(log(1 - x[i])),
            nonnegative(x[i]),
            by=LOG_OF_PRODUCT,
        ),
        claim("exp of log of a real number", exp(log(a)), a, real(a), by=EXP_OF_LOG),
        claim("exp of log of 0", exp(log(a)), a, nonnegative(a), by=(EXP_OF_LOG, LAWS)),
        claim("any number as exp of its log", a, exp(log(a)), nonpositive(a), by=AS_EXP_OF_LOG),
        claim(
            "exp of b log a as a power, a negative",
            exp(b * log(a)),
            a**b,
            negative(a),
            integer(b),
            by=EXP_OF_LOG_MULTIPLE,
        ),
        claim("exp of b log 0", exp(b * log(a)), a**b, nonnegative(a), positive_count(b), by=EXP_OF_LOG_MULTIPLE),
    ),
    "0 log 0": (
        claim(
            "0 log 0 is 0 by accident",
            b * log(p),
            0 * p,
            in_closed_unit(p),
            (Declared(b.e, point(0)),),
            by=(ALGEBRA, LAWS),
            at={"p": 0, "b": 0},
        ),
        claim(
            "the cross-entropy of a right and certain answer is 0",
            -b * log(p) - (1 - b) * log(1 - p),
            0 * p,
            binary(b, p),
            by=(ALGEBRA, LAWS),
            at={"p": 1, "b": 1},
        ),
        claim("zero times the log of what may be 0", 0 * log(a), 0 * a, nonnegative(a), by=ALGEBRA, at={"a": 0}),
        claim(
            "entropy of a certain event is defined",
            -p * log(p) - (1 - p) * log(1 - p),
            0 * p,
            binary(p),
            by=(ALGEBRA, LAWS),
        ),
        claim(
            "log of 0 to the 0 as 0 log 0",
            log(a**b),
            b * log(a),
            nonnegative(a),
            count(b),
            by=LOG_OF_POWER,
            at={"a": 0, "b": 0},
        ),
        claim(
            "a likelihood of 1 at the edge",
            p**b * (1 - p) ** (1 - b),
            exp(b * log(p) + (1 - b) * log(1 - p)),
            in_closed_unit(p),
            binary(b),
            by=LAWS,
            at={"p": 1, "b": 1},
        ),
        claim("a difference of infinities", log(a) - log(a), 0 * a, real(a), by=(ALGEBRA, LAWS)),
    ),
    "exponentials": (
        claim("exp of a sum as sum of exps", exp(a + b), exp(a) + exp(b), real(a, b), by=EXP_OF_TERMS),
        claim("exp of a product as product of exps", exp(a * b), exp(a) * exp(b), real(a, b), by=(EXP_OF_TERMS, LAWS)),
        claim("product of exps as exp of the product", exp(a) * exp(b), exp(a * b), real(a, b), by=LAWS),
        claim("exp of a double as double exp", exp(2 * a), 2 * exp(a), real(a), by=LAWS),
        claim("exp of minus as minus exp", exp(-a), -exp(a), real(a), by=LAWS),
        claim("exp of an inverse as inverse of exp", exp(1 / a), 1 / exp(a), nonzero(a), by=LAWS),
        claim("exp of a power as power of exp", exp(a**2), exp(a) ** 2, real(a), by=LAWS),
        claim(
            "exp of a sum over an index as sum of exps", exp(over_i(x[i])), over_i(exp(x[i])), real(x[i]), by=EXP_OF_SUM
        ),
        claim(
            "sum of exps as exp of the sum",
            log(over_i(exp(x[i]))),
            over_i(x[i]),
            real(x[i]),
            positive_count(n),
            by=(LOG_OF_EXP, EXP_OF_SUM),
        ),
        claim("exp of a difference as difference of exps", exp(a - b), exp(a) - exp(b), real(a, b), by=EXP_OF_TERMS),
        claim("log of an exp plus 1", log(exp(a) + 1), a + 1, real(a), by=LOG_OF_EXP),
        claim("log of twice an exp", log(2 * exp(a)), 2 * a, real(a), by=(LOG_OF_EXP, LOG_OF_FACTORS)),
        claim("log of minus an exp", log(-exp(a)), -a, real(a), by=LOG_OF_EXP),
        claim("exp of minus log", exp(-log(a)), -a, positive(a), by=EXP_OF_LOG),
        claim("exp of half a log as half", exp(log(a) / 2), a / 2, positive(a), by=EXP_OF_LOG_MULTIPLE),
        claim("e to the power as power of e upside down", e_**a, a**e_, positive(a), by=LAWS),
        claim("exp of a log-sum", exp(log(a) + b), a + exp(b), positive(a), real(b), by=(EXP_OF_TERMS, EXP_OF_LOG)),
    ),
    "powers with real exponents": (
        claim("a power of a power of a negative number", (a**6) ** half, a**3, negative(a), by=LAWS),
        claim("a power of a power, halves", (a ** (2 * b)) ** half, a**b, negative(a), positive_count(b), by=LAWS),
        claim("square root of a square", sqrt(a**2), a, real(a), by=LAWS),
        claim("square root of a square, negative", sqrt(a**2), a, nonpositive(a), by=LAWS),
        claim("square of a square root of a real", sqrt(a) ** 2, a, real(a), by=LAWS),
        claim("root of a sum as sum of roots", sqrt(a + b), sqrt(a) + sqrt(b), positive(a, b), by=LAWS),
        claim("root of a sum of squares as sum", sqrt(a**2 + b**2), a + b, positive(a, b), by=LAWS),
        claim("root of a product of negatives", sqrt(a * b), sqrt(a) * sqrt(b), negative(a, b), by=LAWS),
        claim("root of a quotient of negatives", sqrt(a / b), sqrt(a) / sqrt(b), negative(a, b), by=LAWS),
        claim("power of a sum as sum of powers", (a + b) ** c, a**c + b**c, positive(a, b, c), by=LAWS),
        claim("square of a sum without the middle", (a + b) ** 2, a**2 + b**2, real(a, b), by=(ALGEBRA, LAWS)),
        claim("square of a difference as difference of squares", (a - b) ** 2, a**2 - b**2, real(a, b), by=ALGEBRA),
        claim(
            "powers multiplied by multiplying exponents", a**b * a**c, a ** (b * c), positive(a), real(b, c), by=LAWS
        ),
        claim("powers of powers by adding exponents", (a**b) ** c, a ** (b + c), positive(a), real(b, c), by=LAWS),
        claim("powers in another order", a ** (b**c), (a**b) ** c, positive(a, b, c), by=LAWS),
        claim("powers added by adding exponents", a**b + a**c, a ** (b + c), positive(a), real(b, c), by=LAWS),
        claim("power of a product of negatives", (a * b) ** c, a**c * b**c, negative(a, b), real(c), by=LAWS),
        claim("exponent and base exchanged", a**b, b**a, positive(a, b), by=LAWS),
        claim("minus a to an even power", (-a) ** 2, -(a**2), real(a), by=ALGEBRA),
        claim("minus in front of a power as base", -(a**b), (-a) ** b, positive(a), count(b), by=LAWS),
        claim("a negative exponent as a negative number", a ** (-b), -(a**b), positive(a, b), by=LAWS),
        claim("a fraction as exponent as a fraction", a ** (half), a / 2, positive(a), by=LAWS),
        claim("0 to the 0 as 0", a**b, 0 * a, nonnegative(a), count(b), by=ALGEBRA, at={"a": 0, "b": 0}),
        claim("0 to a power is 0, even to the 0", (a - a) ** b, a - a, real(a), nonnegative(b), by=(ALGEBRA, LAWS)),
        claim("a to the 0 is a", a ** (b - b), a, positive(a), real(b), by=LAWS),
        claim(
            "the 0th power is 1 even where the exponent is undefined",
            a ** (0 * (1 / b)),
            1 + 0 * a,
            positive(a),
            real(b),
            by=(ALGEBRA, LAWS),
            at={"a": 2, "b": 0},
        ),
        claim("1 to a power that is undefined", 1 ** (1 / b), 1 + 0 * b, real(b), by=(ALGEBRA, LAWS), at={"b": 0}),
        claim("an exponent pulled down without a log", a ** (b + 1), a * b + a, positive(a), real(b), by=LAWS),
    ),
}
