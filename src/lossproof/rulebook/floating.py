"""Forms that keep their digits.

What is equal for real numbers is not for those of a computer: where one side of an identity here overflows,
or loses digits to a difference of nearly equal numbers, the other does not.  And the names under which
floating-point libraries have functions whose digits they keep: `FUNCTIONS`, each of which stands for an
expression, so that writing one is no more than a `FOLD`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Rational, Symbol, Tuple, cos, sin

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    absolute,
    add,
    build,
    error_function,
    exp,
    gamma_function,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.nodes import Definition, Head, Sigmoid, Softplus, Where
from lossproof.rulebook.metavariables import a, b, c, u, z

_DLMF = "NIST Digital Library of Mathematical Functions"
_MAECHLER = "Mächler (2012), Accurately Computing log(1 - exp(-|a|))"
_BLANCHARD = "Blanchard, Higham and Higham (2021), Accurately computing the log-sum-exp and softmax functions"
_HIGHAM = "Higham (2002), Accuracy and Stability of Numerical Algorithms"
_MCCULLAGH = "McCullagh and Nelder (1989), Generalized Linear Models, section 4.3"
_HALF = Rational(1, 2)

# ------------------------------------------------------------------ functions of floating-point libraries

_zeta, _chi = Symbol("zeta", real=True), Symbol("chi", real=True)
_ndtr = mul(_HALF, add(ONE, error_function(mul(_zeta, inverse(power(TWO, _HALF))))))

#: Functions that libraries compute to the last digits where the formula would not, by their usual names.
FUNCTIONS: Mapping[str, Definition] = MappingProxyType(
    {
        name: Definition(Head(name), Tuple(*parameters), body)
        for name, parameters, body in (
            ("log1p", (_zeta,), log(add(ONE, _zeta))),
            ("expm1", (_zeta,), sub(exp(_zeta), ONE)),
            ("xlogy", (_chi, _zeta), mul(_chi, log(_zeta))),
            ("lgamma", (_zeta,), log(gamma_function(_zeta))),
            ("erfc", (_zeta,), sub(ONE, error_function(_zeta))),
            ("erfcx", (_zeta,), mul(exp(power(_zeta, TWO)), sub(ONE, error_function(_zeta)))),
            ("log_ndtr", (_zeta,), log(_ndtr)),
            ("ndtr", (_zeta,), _ndtr),
        )
    }
)
LOG1P, EXPM1, XLOGY, LGAMMA, ERFC, ERFCX, LOG_NDTR, NDTR = FUNCTIONS.values()

# ------------------------------------------------------------------ the sigmoid and the softplus

REFLECTION_OF_SIGMOID = Identity(
    "reflection of the sigmoid",
    sub(ONE, Sigmoid(z)),
    Sigmoid(neg(z)),
    when=(Member(z, REAL),),
    reference=_MCCULLAGH,
)
SIGMOID_WITHOUT_OVERFLOW = Identity(
    "sigmoid without overflow",
    Sigmoid(z),
    mul(Where(z, ONE, exp(neg(absolute(z)))), inverse(add(ONE, exp(neg(absolute(z)))))),
    when=(Member(z, REAL),),
    reference=f"{_BLANCHARD}, section 4 (softmax, shifted by the larger)",
)
REFLECTION_OF_SOFTPLUS = Identity(
    "reflection of the softplus",
    sub(Softplus(z), z),
    Softplus(neg(z)),
    when=(Member(z, REAL),),
    reference=f"{_MAECHLER}, section 2",
)
SHARE_OF_EXP = Identity(
    "share of an exponential",
    mul(exp(a), inverse(add(c, exp(a)))),
    Sigmoid(sub(a, log(c))),
    when=(Member(c, POSITIVE), Member(a, REAL)),
    reference=_MCCULLAGH,
)
SHARE_BESIDE_EXP = Identity(
    "share beside an exponential",
    mul(c, inverse(add(c, exp(a)))),
    Sigmoid(sub(log(c), a)),
    when=(Member(c, POSITIVE), Member(a, REAL)),
    reference=_MCCULLAGH,
)

AS_SOFTPLUS = Identity(
    "by definition of the softplus",
    log(add(ONE, exp(z))),
    Softplus(z),
    when=(Member(z, REAL),),
    reference=f"{_MAECHLER}, section 2",
)
VARIANCE_OF_SIGMOID = Identity(
    "sigmoid times its complement",
    mul(Sigmoid(z), sub(ONE, Sigmoid(z))),
    mul(exp(neg(absolute(z))), inverse(power(add(ONE, exp(neg(absolute(z)))), TWO))),
    when=(Member(z, REAL),),
    reference=_MCCULLAGH,
)

# ------------------------------------------------------------------ logarithms of sums

LOG_ADD_EXP = Identity(
    "logarithm of two exponentials",
    log(add(exp(a), exp(b))),
    add(maximum(a, b), log(add(ONE, exp(neg(absolute(sub(a, b))))))),
    when=(Member(a, REAL), Member(b, REAL)),
    reference=f"{_BLANCHARD}, section 4 (shifted by the larger)",
)
LOG_OF_CONSTANT_AND_EXP = Identity(
    "logarithm of a constant and an exponential",
    log(add(c, exp(a))),
    add(log(c), Softplus(sub(a, log(c)))),
    when=(Member(c, POSITIVE), Member(a, REAL)),
    reference=f"{_DLMF}, section 4.8(i)",
)
LOG_OF_EXP_COMPLEMENT = Identity(
    "logarithm of 1 minus an exponential",
    log(sub(ONE, exp(neg(a)))),
    Where(sub(log(TWO), a), log(neg(sub(exp(neg(a)), ONE))), log(add(ONE, neg(exp(neg(a)))))),
    when=(Member(a, POSITIVE),),
    reference=f"{_MAECHLER}, the function log1mexp",
)
LOG_OF_ONE_PLUS_SQUARE = Identity(
    "logarithm of 1 plus a square",
    log(add(ONE, power(u, TWO))),
    add(
        mul(TWO, log(maximum(absolute(u), ONE))),
        log(add(ONE, power(mul(maximum(neg(absolute(u)), MINUS_ONE), inverse(maximum(absolute(u), ONE))), TWO))),
    ),
    when=(Member(u, REAL),),
    reference=f"{_DLMF}, section 4.8(i), the larger of 1 and u taken out",
)

# ------------------------------------------------------------------ exponentials

EXP_BY_HALVES = Identity(
    "exponential by halves",
    exp(a),
    mul(exp(mul(_HALF, a)), exp(mul(_HALF, a))),
    when=(Member(a, REAL),),
    reference=f"{_DLMF}, section 4.8(ii)",
)
PRODUCT_OF_EXPS = Identity(
    "product of exponentials",
    mul(exp(a), exp(b)),
    exp(add(a, b)),
    when=(Member(a, REAL), Member(b, REAL)),
    reference=f"{_DLMF}, section 4.8(ii)",
)
DIFFERENCE_OF_EXPS = Identity(
    "difference of exponentials",
    sub(exp(a), exp(b)),
    mul(exp(b), sub(exp(sub(a, b)), ONE)),
    when=(Member(a, REAL), Member(b, REAL)),
    reference=f"{_DLMF}, section 4.8(ii)",
)

# ------------------------------------------------------------------ other functions

COMPLEMENT_OF_COSINE = Identity(
    "1 minus the cosine",
    sub(ONE, build(cos, (a,))),
    mul(TWO, power(build(sin, (mul(_HALF, a),)), TWO)),
    when=(Member(a, REAL),),
    reference=f"{_DLMF}, section 4.21(iii); {_HIGHAM}, section 1.7",
)
LOG_OF_GAMMA_BY_THE_NEXT = Identity(
    "logarithm of the gamma function by the next",
    log(gamma_function(a)),
    sub(log(gamma_function(add(a, ONE))), log(a)),
    when=(Member(a, POSITIVE),),
    reference=f"{_DLMF}, eq. 5.5.1",
)
REFLECTION_OF_ERROR_FUNCTION = Identity(
    "reflection of the error function",
    add(ONE, error_function(a)),
    sub(ONE, error_function(neg(a))),
    when=(Member(a, REAL),),
    reference=f"{_DLMF}, section 7.4",
)
