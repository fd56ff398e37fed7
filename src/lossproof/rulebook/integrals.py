"""Integrals and series: how they are taken apart, and those whose value is known.

An integral is Lebesgue's over the open interval between its ends, a series converges absolutely;
otherwise it has no value, and a rule says so of both its sides at once.
"""

from __future__ import annotations

from sympy import Rational, S, besseli, cos, pi

from lossproof.kernel.conditions import Between, Condition, ForAll, Member
from lossproof.kernel.domains import NONNEGATIVE, NONZERO, POSITIVE, REAL, SYMMETRIC_UNIT
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    add,
    build,
    error_function,
    exp,
    factorial,
    gamma_function,
    integral,
    inverse,
    log,
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.nodes import series
from lossproof.rulebook.metavariables import a, b, c, k, m, n, x, y

_RUDIN = "Rudin (1987), Real and Complex Analysis"
_DLMF = "NIST Digital Library of Mathematical Functions"
_GR = "Gradshteyn and Ryzhik (2007), Table of Integrals, Series, and Products, 7th ed."

_MINUS_OO, _OO, _HALF = S.NegativeInfinity, S.Infinity, Rational(1, 2)


def _for_all_x(condition: Condition) -> Condition:
    """The condition for every ``x`` between ``m`` and ``n``."""
    return ForAll(Between(x, m, n), condition)


# ------------------------------------------------------------------ taking integrals apart

CONSTANT_OUT_OF_INTEGRAL = Identity(
    "constant factor in front of the integral",
    integral(mul(c, a(x)), x, m, n),
    mul(c, integral(a(x), x, m, n)),
    when=(Member(c, NONZERO),),
    reference=f"{_RUDIN}, theorem 1.32 (linearity)",
)
INTEGRAL_OF_TERMS = Identity(
    "integral of terms",
    integral(add(a(x), b(x)), x, m, n),
    add(integral(a(x), x, m, n), integral(b(x), x, m, n)),
    when=(_for_all_x(Member(a(x), NONNEGATIVE)), _for_all_x(Member(b(x), NONNEGATIVE))),
    reference=f"{_RUDIN}, theorem 1.27 (sums of functions that are not negative)",
)
SPLIT_THE_LINE = Identity(
    "split the line",
    integral(a(x), x, _MINUS_OO, _OO),
    add(integral(a(x), x, _MINUS_OO, c), integral(a(x), x, c, _OO)),
    when=(Member(c, REAL),),
    reference=f"{_RUDIN}, theorem 1.29 (additivity in the set; one point has measure 0)",
)
REFLECTION_AT_ZERO = Identity(
    "reflection at zero",
    integral(a(x), x, _MINUS_OO, ZERO),
    integral(a(neg(y)), y, ZERO, _OO),
    reference=f"{_RUDIN}, theorem 2.20(e) (substitution of -x for x)",
)
REFLECTION_OF_LINE = Identity(
    "reflection of the line",
    integral(a(x), x, _MINUS_OO, _OO),
    integral(a(neg(y)), y, _MINUS_OO, _OO),
    reference=f"{_RUDIN}, theorem 2.20(e) (substitution of -x for x)",
)
SPLIT_THE_RAY = Identity(
    "split the half-line",
    integral(a(x), x, m, _OO),
    add(integral(a(x), x, m, c), integral(a(x), x, c, _OO)),
    when=(Member(m, REAL), Member(c, REAL), Member(sub(c, m), NONNEGATIVE)),
    reference=f"{_RUDIN}, theorem 1.29 (additivity in the set; one point has measure 0)",
)
SPLIT_THE_INTERVAL = Identity(
    "split the interval",
    integral(a(x), x, m, n),
    add(integral(a(x), x, m, c), integral(a(x), x, c, n)),
    when=(Member(sub(c, m), NONNEGATIVE), Member(sub(n, c), NONNEGATIVE)),
    reference=f"{_RUDIN}, theorem 1.29 (additivity in the set; one point has measure 0)",
)

# ------------------------------------------------------------------ substitution

TRANSLATION = Identity(
    "every location has the same total",
    integral(a(sub(x, c)), x, _MINUS_OO, _OO),
    integral(a(y), y, _MINUS_OO, _OO),
    when=(Member(c, REAL),),
    reference=f"{_RUDIN}, theorem 2.20(c) (Lebesgue measure is translation invariant)",
)
REFLECTION = Identity(
    "reflection",
    integral(a(x), x, _MINUS_OO, c),
    integral(a(neg(y)), y, neg(c), _OO),
    when=(Member(c, REAL),),
    reference=f"{_RUDIN}, theorem 2.20(e) (substitution of -x for x)",
)
SCALE_OF_RAY = Identity(
    "every scale has the same total, times the scale",
    integral(a(mul(x, inverse(c))), x, ZERO, _OO),
    mul(c, integral(a(y), y, ZERO, _OO)),
    when=(Member(c, POSITIVE),),
    reference=f"{_RUDIN}, theorem 2.20(e) (substitution of c x for x)",
)
LOGARITHM_AS_VARIABLE = Identity(
    "logarithm as the variable",
    integral(mul(inverse(x), a(log(x))), x, ZERO, _OO),
    integral(a(y), y, _MINUS_OO, _OO),
    reference=f"{_RUDIN}, theorem 7.26 (change of variables, y = log x)",
)
SHIFTED_LOGARITHM_AS_VARIABLE = Identity(
    "logarithm of one more as the variable",
    integral(mul(inverse(add(ONE, x)), a(log(add(ONE, x)))), x, MINUS_ONE, _OO),
    integral(a(y), y, _MINUS_OO, _OO),
    reference=f"{_RUDIN}, theorem 7.26 (change of variables, y = log(1 + x))",
)
LOGIT_AS_VARIABLE = Identity(
    "logit as the variable",
    integral(mul(inverse(mul(x, sub(ONE, x))), a(sub(log(x), log(sub(ONE, x))))), x, ZERO, ONE),
    integral(a(y), y, _MINUS_OO, _OO),
    reference=f"{_RUDIN}, theorem 7.26 (change of variables, y = log x - log(1 - x))",
)

# ------------------------------------------------------------------ integrals whose value is known

EXPONENTIAL_TAIL = Identity(
    "integral of an exponential",
    integral(exp(neg(mul(a, x))), x, c, _OO),
    mul(exp(neg(mul(a, c))), inverse(a)),
    when=(Member(a, POSITIVE), Member(c, REAL)),
    reference=f"{_DLMF}, section 4.10(ii)",
)
EXPONENTIAL_PIECE = Identity(
    "integral of an exponential up to a bound",
    integral(exp(neg(mul(a, x))), x, m, n),
    mul(sub(exp(neg(mul(a, m))), exp(neg(mul(a, n)))), inverse(a)),
    when=(Member(a, NONZERO), Member(sub(n, m), NONNEGATIVE)),
    reference=f"{_DLMF}, section 4.10(ii)",
)
LENGTH = Identity(
    "integral of a constant",
    integral(c, x, m, n),
    mul(c, sub(n, m)),
    when=(Member(c, REAL), Member(sub(n, m), NONNEGATIVE)),
    reference=f"{_RUDIN}, theorem 2.20(a) (the measure of an interval is its length)",
)
GAUSSIAN_INTEGRAL = Identity(
    "Gaussian integral",
    integral(exp(neg(mul(a, power(x, TWO)))), x, _MINUS_OO, _OO),
    power(mul(pi, inverse(a)), _HALF),
    when=(Member(a, POSITIVE),),
    reference=f"{_DLMF}, eq. 7.4.1 and eq. 7.2.1 (erf has the limit 1), x scaled",
)
PART_OF_GAUSSIAN_INTEGRAL = Identity(
    "Gaussian integral up to a bound",
    integral(exp(neg(mul(a, power(x, TWO)))), x, neg(c), c),
    mul(power(mul(pi, inverse(a)), _HALF), error_function(mul(c, power(a, _HALF)))),
    when=(Member(a, POSITIVE), Member(c, NONNEGATIVE)),
    reference=f"{_DLMF}, eq. 7.2.1 (definition of erf), x scaled, and the integrand is even",
)
GAUSSIAN_TAIL = Identity(
    "Gaussian tail",
    integral(exp(neg(mul(a, power(x, TWO)))), x, c, _OO),
    mul(mul(_HALF, power(mul(pi, inverse(a)), _HALF)), sub(ONE, error_function(mul(c, power(a, _HALF))))),
    when=(Member(a, POSITIVE), Member(c, REAL)),
    reference=f"{_DLMF}, eq. 7.2.1 and 7.2.2, x scaled",
)
GAUSSIAN_INTEGRAL_FROM_ZERO = Identity(
    "Gaussian integral from zero to a bound",
    integral(exp(neg(mul(a, power(x, TWO)))), x, ZERO, c),
    mul(mul(_HALF, power(mul(pi, inverse(a)), _HALF)), error_function(mul(c, power(a, _HALF)))),
    when=(Member(a, POSITIVE), Member(c, NONNEGATIVE)),
    reference=f"{_DLMF}, eq. 7.2.1 (definition of erf), x scaled",
)
PIECE_OF_GAUSSIAN_INTEGRAL = Identity(
    "Gaussian integral between two bounds",
    integral(exp(neg(mul(a, power(x, TWO)))), x, m, n),
    mul(
        mul(_HALF, power(mul(pi, inverse(a)), _HALF)),
        sub(error_function(mul(n, power(a, _HALF))), error_function(mul(m, power(a, _HALF)))),
    ),
    when=(Member(a, POSITIVE), Member(sub(n, m), NONNEGATIVE)),
    reference=f"{_DLMF}, eq. 7.2.1 (definition of erf), x scaled",
)
GAMMA_INTEGRAL = Identity(
    "Euler's integral for the gamma function",
    integral(mul(power(x, sub(a, ONE)), exp(neg(mul(b, x)))), x, ZERO, _OO),
    mul(gamma_function(a), power(b, neg(a))),
    when=(Member(a, POSITIVE), Member(b, POSITIVE)),
    reference=f"{_DLMF}, eq. 5.9.1, with the power 1",
)
GENERALISED_GAMMA_INTEGRAL = Identity(
    "integral of the generalised gamma density",
    integral(mul(power(x, sub(a, ONE)), exp(neg(mul(b, power(x, c))))), x, ZERO, _OO),
    mul(gamma_function(mul(a, inverse(c))), inverse(mul(c, power(b, mul(a, inverse(c)))))),
    when=(Member(a, POSITIVE), Member(b, POSITIVE), Member(c, POSITIVE)),
    reference=f"{_DLMF}, eq. 5.9.1",
)
BETA_INTEGRAL = Identity(
    "Euler's integral for the beta function",
    integral(mul(power(x, sub(a, ONE)), power(sub(ONE, x), sub(b, ONE))), x, ZERO, ONE),
    mul(mul(gamma_function(a), gamma_function(b)), inverse(gamma_function(add(a, b)))),
    when=(Member(a, POSITIVE), Member(b, POSITIVE)),
    reference=f"{_DLMF}, eq. 5.12.1",
)
STUDENT_INTEGRAL = Identity(
    "integral of Student's density",
    integral(power(add(ONE, mul(a, power(x, TWO))), neg(b)), x, _MINUS_OO, _OO),
    mul(power(mul(pi, inverse(a)), _HALF), mul(gamma_function(sub(b, _HALF)), inverse(gamma_function(b)))),
    when=(Member(a, POSITIVE), Member(sub(b, _HALF), POSITIVE)),
    reference=f"{_DLMF}, eq. 5.12.3, with t = a x^2",
)
LOGISTIC_INTEGRAL = Identity(
    "integral of the logistic density",
    integral(mul(exp(neg(mul(a, x))), power(add(ONE, exp(neg(mul(c, x)))), neg(b))), x, _MINUS_OO, _OO),
    mul(
        mul(gamma_function(mul(a, inverse(c))), gamma_function(sub(b, mul(a, inverse(c))))),
        inverse(mul(c, gamma_function(b))),
    ),
    when=(Member(a, POSITIVE), Member(c, POSITIVE), Member(sub(b, mul(a, inverse(c))), POSITIVE)),
    reference=f"{_DLMF}, eq. 5.12.3, with t = exp(-c x)",
)
GUMBEL_INTEGRAL = Identity(
    "integral of Gumbel's density",
    integral(mul(exp(neg(mul(a, x))), exp(neg(mul(b, exp(neg(mul(c, x))))))), x, _MINUS_OO, _OO),
    mul(gamma_function(mul(a, inverse(c))), inverse(mul(c, power(b, mul(a, inverse(c)))))),
    when=(Member(a, POSITIVE), Member(b, POSITIVE), Member(c, POSITIVE)),
    reference=f"{_DLMF}, eq. 5.9.1, with t = exp(-c x)",
)
INVERSE_GAUSSIAN_INTEGRAL = Identity(
    "integral of the inverse Gaussian density",
    integral(mul(power(x, Rational(-3, 2)), exp(neg(add(mul(a, x), mul(b, inverse(x)))))), x, ZERO, _OO),
    mul(power(mul(pi, inverse(b)), _HALF), exp(neg(mul(TWO, power(mul(a, b), _HALF))))),
    when=(Member(a, NONNEGATIVE), Member(b, POSITIVE)),
    reference=f"{_GR}, 3.472.5",
)
RECIPROCAL_INVERSE_GAUSSIAN_INTEGRAL = Identity(
    "integral of the reciprocal inverse Gaussian density",
    integral(mul(power(x, Rational(-1, 2)), exp(neg(add(mul(a, x), mul(b, inverse(x)))))), x, ZERO, _OO),
    mul(power(mul(pi, inverse(a)), _HALF), exp(neg(mul(TWO, power(mul(a, b), _HALF))))),
    when=(Member(a, POSITIVE), Member(b, NONNEGATIVE)),
    reference=f"{_GR}, 3.471.15",
)
VON_MISES_INTEGRAL = Identity(
    "integral of von Mises' density",
    integral(exp(mul(a, build(cos, (sub(x, c),)))), x, neg(pi), pi),
    mul(mul(TWO, pi), build(besseli, (ZERO, a))),
    when=(Member(a, REAL), Member(c, REAL)),
    reference=f"{_DLMF}, eq. 10.32.1, over a whole period",
)

# ------------------------------------------------------------------ series

CONSTANT_OUT_OF_SERIES = Identity(
    "constant factor in front of the series",
    series(mul(c, a(k)), k, m),
    mul(c, series(a(k), k, m)),
    when=(Member(c, NONZERO),),
    reference=f"{_RUDIN}, theorem 1.32, for the counting measure",
)
EXPONENTIAL_SERIES = Identity(
    "exponential series",
    series(mul(power(a, k), inverse(factorial(k))), k, ZERO),
    exp(a),
    when=(Member(a, REAL),),
    reference=f"{_DLMF}, eq. 4.2.19",
)
GEOMETRIC_SERIES = Identity(
    "geometric series",
    series(power(a, k), k, ZERO),
    inverse(sub(ONE, a)),
    when=(Member(a, SYMMETRIC_UNIT),),
    reference=f"{_DLMF}, eq. 4.6.7 with the exponent -1 (binomial expansion)",
)
BINOMIAL_SERIES = Identity(
    "negative binomial series",
    series(
        mul(mul(gamma_function(add(k, b)), inverse(mul(gamma_function(b), factorial(k)))), power(a, k)),
        k,
        ZERO,
    ),
    power(sub(ONE, a), neg(b)),
    when=(Member(a, SYMMETRIC_UNIT), Member(b, POSITIVE)),
    reference=f"{_DLMF}, eq. 4.6.7 (binomial expansion)",
)
