"""The noise models that ship, one declaration each.

Densities are written as textbooks write them; where ``sympy.stats`` has the distribution it is named,
and the kernel proves the two equal (`lossproof.strategies.densities`).  A score ``z`` is a real number from
which the parameter is made by the inverse link that stands in the density: ``exp(z)`` for a mean
or a scale, ``sigma(z)`` for a probability or a mean in (0, 1).
"""

from __future__ import annotations

import importlib
from fractions import Fraction
from typing import Any

from sympy import Expr, Symbol, besseli, cos, digamma, pi, sign
from sympy import sin as sine

from lossproof import losses
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import BINARY, COUNT, NONNEGATIVE, POSITIVE, REAL, UNIT, Domain
from lossproof.losses import HALF, PHI, alpha, gamma, kappa, nu, phi, r, sigma, tau
from lossproof.models.noise import Noise
from lossproof.models.symbols import OBSERVATIONS, SCALES, TRIALS, i, y
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    exp,
    factorial,
    gamma_function,
    inverse,
    log,
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.nodes import Probability, Sigmoid

lambda_, scale = Symbol("lambda", positive=True), Symbol("beta", positive=True)
FROM_ONE = Domain(low=Fraction(1), low_closed=True, integer=True)


def _gauss(f: Expr, v: Expr, value: Expr) -> Expr:
    """``(2 pi v)^(-1/2) exp(-(value - f)^2 / (2 v))``."""
    normal = power(mul(TWO, pi, v), neg(HALF))
    return mul(normal, exp(neg(mul(power(sub(value, f), TWO), inverse(mul(TWO, v))))))


def _log_of_normal(v: Expr) -> Expr:
    return mul(HALF, log(mul(TWO, pi, v)))


def _stats() -> Any:
    """``sympy.stats``, imported only when a density is compared with it."""
    return importlib.import_module("sympy.stats")


def _known(symbol: Symbol, domain: Domain = POSITIVE) -> Declared:
    return Declared(symbol, domain)


# ------------------------------------------------------------------ real observations

GAUSSIAN = Noise(
    "Gaussian noise",
    lambda f, v: _gauss(f, power(sigma, TWO), v),
    REAL,
    (_known(sigma),),
    loss=losses.SQUARED_ERROR,
    scale=inverse(mul(TWO, power(sigma, TWO))),
    constant=_log_of_normal(power(sigma, TWO)),
    slope=lambda f, v: mul(TWO, sub(f, v)),
    distribution=lambda f: _stats().Normal("Y", f, sigma),
)
WEIGHTED_GAUSSIAN = Noise(
    "Gaussian noise of known scales",
    lambda f, v: _gauss(f, power(SCALES[i], TWO), v),
    REAL,
    (Declared(SCALES[i], POSITIVE, (OBSERVATIONS,)),),
    known=(SCALES[i],),
    loss=losses.WEIGHTED_SQUARED_ERROR,
    scale=HALF,
    constant=_log_of_normal(power(SCALES[i], TWO)),
    slope=lambda f, v, s: mul(TWO, sub(f, v), inverse(power(s, TWO))),
)
HETEROSCEDASTIC_GAUSSIAN = Noise(
    "Gaussian noise of predicted variance",
    _gauss,
    REAL,
    loss=losses.GAUSSIAN_NLL,
    scale=HALF,
    constant=mul(HALF, log(mul(TWO, pi))),
    slope=lambda f, v, value: (
        mul(TWO, sub(f, value), inverse(v)),
        sub(inverse(v), mul(power(sub(value, f), TWO), inverse(power(v, TWO)))),
    ),
    distribution=lambda f, v: _stats().Normal("Y", f, power(v, HALF)),
)
LAPLACE = Noise(
    "Laplace noise",
    lambda f, v: mul(inverse(mul(TWO, scale)), exp(neg(mul(absolute(sub(v, f)), inverse(scale))))),
    REAL,
    (_known(scale),),
    loss=losses.ABSOLUTE_ERROR,
    scale=inverse(scale),
    constant=log(mul(TWO, scale)),
    slope=lambda f, v: neg(build(sign, (sub(v, f),))),
    kink=lambda f, v: sub(v, f),
    distribution=lambda f: _stats().Laplace("Y", f, scale),
)
ASYMMETRIC_LAPLACE = Noise(
    "asymmetric Laplace noise",
    lambda f, v: mul(
        mul(mul(tau, sub(ONE, tau)), inverse(scale)),
        exp(neg(mul(add(mul(HALF, absolute(sub(v, f))), mul(sub(tau, HALF), sub(v, f))), inverse(scale)))),
    ),
    REAL,
    (_known(tau, UNIT), _known(scale)),
    loss=losses.PINBALL,
    scale=inverse(scale),
    constant=neg(log(mul(mul(tau, sub(ONE, tau)), inverse(scale)))),
    slope=lambda f, v: sub(sub(HALF, tau), mul(HALF, build(sign, (sub(v, f),)))),
    kink=lambda f, v: sub(v, f),
)
STUDENT_T = Noise(
    "Student t noise",
    lambda f, v: mul(
        gamma_function(mul(HALF, add(nu, ONE))),
        inverse(mul(gamma_function(mul(HALF, nu)), power(mul(pi, nu, power(sigma, TWO)), HALF))),
        power(add(ONE, mul(power(sub(v, f), TWO), inverse(mul(nu, power(sigma, TWO))))), neg(mul(HALF, add(nu, ONE)))),
    ),
    REAL,
    (_known(nu), _known(sigma)),
    loss=losses.STUDENT_T,
    scale=mul(HALF, add(nu, ONE)),
    constant=add(
        log(gamma_function(mul(HALF, nu))),
        neg(log(gamma_function(mul(HALF, add(nu, ONE))))),
        mul(HALF, log(mul(pi, nu, power(sigma, TWO)))),
    ),
    slope=lambda f, v: mul(TWO, sub(f, v), inverse(add(mul(nu, power(sigma, TWO)), power(sub(v, f), TWO)))),
)
CAUCHY = Noise(
    "Cauchy noise",
    lambda f, v: inverse(mul(mul(pi, gamma), add(ONE, power(mul(sub(v, f), inverse(gamma)), TWO)))),
    REAL,
    (_known(gamma),),
    loss=losses.CAUCHY,
    constant=log(mul(pi, gamma)),
    slope=lambda f, v: mul(TWO, sub(f, v), inverse(add(power(gamma, TWO), power(sub(v, f), TWO)))),
    distribution=lambda f: _stats().Cauchy("Y", f, gamma),
)
VON_MISES = Noise(
    "von Mises noise",
    lambda f, v: mul(exp(mul(kappa, build(cos, (sub(v, f),)))), inverse(mul(TWO, pi, build(besseli, (ZERO, kappa))))),
    REAL,
    (_known(kappa),),
    loss=losses.COSINE,
    scale=kappa,
    constant=sub(log(mul(TWO, pi, build(besseli, (ZERO, kappa)))), kappa),
    slope=lambda f, v: neg(build(sine, (sub(v, f),))),
    distribution=lambda f: _stats().VonMises("Y", f, kappa),
    bounds=(neg(pi), pi),
)

# ------------------------------------------------------------------ labels

PROBIT = Noise(
    "probit model",
    lambda f, v: mul(power(PHI(f), v), power(PHI(neg(f)), sub(ONE, v))),
    BINARY,
    kind=Probability,
    loss=losses.PROBIT,
    slope=lambda f, v: mul(
        mul(power(mul(TWO, pi), neg(HALF)), exp(neg(mul(HALF, power(f, TWO))))),
        sub(mul(sub(ONE, v), inverse(PHI(neg(f)))), mul(v, inverse(PHI(f)))),
    ),
)
COMPLEMENTARY_LOG_LOG = Noise(
    "complementary log-log model",
    lambda f, v: mul(power(sub(ONE, exp(neg(exp(f)))), v), power(exp(neg(exp(f))), sub(ONE, v))),
    BINARY,
    kind=Probability,
    loss=losses.COMPLEMENTARY_LOG_LOG,
    slope=lambda f, v: mul(
        exp(f),
        sub(sub(ONE, v), mul(v, mul(exp(neg(exp(f))), inverse(sub(ONE, exp(neg(exp(f)))))))),
    ),
)

# ------------------------------------------------------------------ counts

POISSON = Noise(
    "Poisson distribution",
    lambda f, v: mul(inverse(factorial(v)), mul(power(exp(f), v), exp(neg(exp(f))))),
    COUNT,
    kind=Probability,
    loss=losses.POISSON,
    constant=log(factorial(y[i])),
    slope=lambda f, v: sub(exp(f), v),
    distribution=lambda f: _stats().Poisson("Y", exp(f)),
)
BINOMIAL = Noise(
    "binomial distribution",
    lambda f, v: mul(
        mul(factorial(TRIALS[i]), inverse(mul(factorial(v), factorial(sub(TRIALS[i], v))))),
        power(Sigmoid(f), v),
        power(sub(ONE, Sigmoid(f)), sub(TRIALS[i], v)),
    ),
    COUNT,
    (
        Declared(TRIALS[i], COUNT, (OBSERVATIONS,)),
        Declared(sub(TRIALS[i], y[i]), COUNT, (OBSERVATIONS,)),
    ),
    kind=Probability,
    known=(TRIALS[i],),
    loss=losses.BINOMIAL,
    constant=neg(log(mul(factorial(TRIALS[i]), inverse(mul(factorial(y[i]), factorial(sub(TRIALS[i], y[i]))))))),
    slope=lambda f, v, m: sub(mul(m, Sigmoid(f)), v),
)
GEOMETRIC = Noise(
    "geometric distribution",
    lambda f, v: mul(power(sub(ONE, Sigmoid(f)), sub(v, ONE)), Sigmoid(f)),
    FROM_ONE,
    kind=Probability,
    loss=losses.GEOMETRIC,
    slope=lambda f, v: sub(mul(v, Sigmoid(f)), ONE),
    distribution=lambda f: _stats().Geometric("Y", inverse(add(ONE, exp(neg(f))))),
)
NEGATIVE_BINOMIAL = Noise(
    "negative binomial distribution",
    lambda f, v: mul(
        gamma_function(add(v, r)),
        inverse(mul(gamma_function(r), factorial(v))),
        power(mul(r, inverse(add(r, exp(f)))), r),
        power(mul(exp(f), inverse(add(r, exp(f)))), v),
    ),
    COUNT,
    (_known(r),),
    kind=Probability,
    loss=losses.NEGATIVE_BINOMIAL,
    constant=add(
        log(mul(gamma_function(r), factorial(y[i]))), neg(log(gamma_function(add(y[i], r)))), neg(mul(r, log(r)))
    ),
    slope=lambda f, v: mul(r, sub(exp(f), v), inverse(add(r, exp(f)))),
    distribution=lambda f: _stats().NegativeBinomial("Y", r, mul(r, inverse(add(r, exp(f))))),
)

# ------------------------------------------------------------------ positive observations, and shares

EXPONENTIAL = Noise(
    "exponential distribution",
    lambda f, v: mul(inverse(exp(f)), exp(neg(mul(v, inverse(exp(f)))))),
    NONNEGATIVE,
    loss=losses.LOG_MEAN,
    slope=lambda f, v: sub(ONE, mul(v, exp(neg(f)))),
    distribution=lambda f: _stats().Exponential("Y", exp(neg(f))),
)
GAMMA = Noise(
    "gamma distribution",
    lambda f, v: mul(
        inverse(mul(gamma_function(alpha), v)),
        power(mul(alpha, v, inverse(exp(f))), alpha),
        exp(neg(mul(alpha, v, inverse(exp(f))))),
    ),
    POSITIVE,
    (_known(alpha),),
    loss=losses.LOG_MEAN,
    scale=alpha,
    constant=add(log(gamma_function(alpha)), neg(mul(alpha, log(alpha))), neg(mul(sub(alpha, ONE), log(y[i])))),
    slope=lambda f, v: sub(ONE, mul(v, exp(neg(f)))),
    distribution=lambda f: _stats().Gamma("Y", alpha, mul(exp(f), inverse(alpha))),
)
INVERSE_GAUSSIAN = Noise(
    "inverse Gaussian distribution",
    lambda f, v: mul(
        power(mul(lambda_, inverse(mul(TWO, pi, power(v, TWO + ONE)))), HALF),
        exp(
            neg(
                mul(
                    lambda_,
                    power(sub(v, exp(f)), TWO),
                    inverse(mul(TWO, mul(power(exp(f), TWO), v))),
                )
            )
        ),
    ),
    POSITIVE,
    (_known(lambda_),),
    loss=losses.INVERSE_GAUSSIAN,
    scale=mul(HALF, lambda_),
    constant=mul(HALF, log(mul(mul(TWO, pi, power(y[i], TWO + ONE)), inverse(lambda_)))),
    slope=lambda f, v: mul(TWO, sub(exp(f), v), inverse(power(exp(f), TWO))),
    distribution=lambda f: _stats().GaussianInverse("Y", exp(f), lambda_),
)
WEIBULL = Noise(
    "Weibull distribution",
    lambda f, v: mul(
        mul(alpha, inverse(exp(f))),
        power(mul(v, inverse(exp(f))), sub(alpha, ONE)),
        exp(neg(power(mul(v, inverse(exp(f))), alpha))),
    ),
    POSITIVE,
    (_known(alpha),),
    loss=losses.WEIBULL,
    constant=neg(add(log(alpha), mul(sub(alpha, ONE), log(y[i])))),
    slope=lambda f, v: mul(alpha, sub(ONE, power(mul(v, exp(neg(f))), alpha))),
    distribution=lambda f: _stats().Weibull("Y", exp(f), alpha),
)
LOG_NORMAL = Noise(
    "log-normal distribution",
    lambda f, v: mul(inverse(v), _gauss(f, power(sigma, TWO), log(v))),
    POSITIVE,
    (_known(sigma),),
    loss=losses.SQUARED_LOG_ERROR,
    scale=inverse(mul(TWO, power(sigma, TWO))),
    constant=add(log(y[i]), _log_of_normal(power(sigma, TWO))),
    slope=lambda f, v: mul(TWO, sub(f, log(v))),
    distribution=lambda f: _stats().LogNormal("Y", f, sigma),
)
BETA = Noise(
    "beta distribution",
    lambda f, v: mul(
        mul(
            gamma_function(phi),
            inverse(mul(gamma_function(mul(Sigmoid(f), phi)), gamma_function(mul(sub(ONE, Sigmoid(f)), phi)))),
        ),
        power(v, sub(mul(Sigmoid(f), phi), ONE)),
        power(sub(ONE, v), sub(mul(sub(ONE, Sigmoid(f)), phi), ONE)),
    ),
    UNIT,
    (_known(phi),),
    loss=losses.BETA,
    constant=neg(log(gamma_function(phi))),
    slope=lambda f, v: mul(
        mul(phi, mul(Sigmoid(f), sub(ONE, Sigmoid(f)))),
        add(
            build(digamma, (mul(Sigmoid(f), phi),)),
            neg(build(digamma, (mul(sub(ONE, Sigmoid(f)), phi),))),
            neg(log(v)),
            log(sub(ONE, v)),
        ),
    ),
)
