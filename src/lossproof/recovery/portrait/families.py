"""Distributions by name: the density as a template, and what follows once the parameters are known.

Each family is one entry: where the observations lie, the density, the mean and the variance, what its
parameters are in words, and how NumPy draws from it.  Parameters are written as in ``sympy.stats`` where that
has the distribution.  What this module does not know: how parameters are found (`search`), and when a density
may be called by a name (`naming`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sympy import EulerGamma, Expr, Integer, Rational, S, Symbol, besseli, cos, gamma, pi, sin, sqrt
from sympy import exp as _exp

from lossproof.kernel.domains import COUNT, POSITIVE, REAL, UNIT, Domain
from lossproof.losses import HALF
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
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.inert import log as inert_log
from lossproof.notation.plain import written
from lossproof.recovery.portrait.writing import tidy

Values: TypeAlias = Mapping[str, Expr]
Draw: TypeAlias = Callable[..., Any]

#: Interval (-pi, pi), one turn of an angle, is told by its ends, which are not fractions.
CIRCLE = "circle"


@dataclass(frozen=True)
class Family:
    """A distribution by name.

    Attributes:
        name: as printed.
        parameters: their names, in the order in which every function below takes them.
        support: where the observations lie; `CIRCLE` for angles, a tuple of numbers for finitely many outcomes.
        density: ``(y, parameters...) -> density``, inert.
        source: where else the distribution is found: the catalogue of lossproof, ``sympy.stats``, SciPy.
        reference: where its mean and variance are taken from.
        of: what has the distribution, if not ``y`` itself.
        says: ``(parameters...) -> {words: value}``: what the numbers that a model may predict are called.
        mean: ``(parameters...) -> mean``; None if there is no closed form.
        variance: the same for the variance.
        mean_needs: ``(parameters...) -> a number``; there is a mean if it is positive, and only then.
        variance_needs: the same for a finite variance.
        no_mean: what is said of the mean if there is none.
        also: the density in another form, which the laws of algebra do not see to be the same.
        kinks: whether the density has an absolute value in it; None if it may have.
        draw: ``(numpy generator, size, parameters...) -> sample``, the parameters as floats; None if it is drawn from
            the density itself.
    """

    name: str
    parameters: tuple[str, ...]
    support: Domain | str | tuple[Expr, ...]
    density: Callable[..., Expr]
    source: str
    says: Callable[..., dict[str, Expr]]
    mean: Callable[..., Expr] | None
    variance: Callable[..., Expr] | None
    draw: Draw | None
    reference: str
    of: str = ""
    mean_needs: Callable[..., Expr] | None = None
    variance_needs: Callable[..., Expr] | None = None
    no_mean: str = "infinite"
    also: Callable[..., Expr] | None = None
    kinks: bool | None = False


def _square(e: Expr) -> Expr:
    return power(e, TWO)


def _centre(m: Expr) -> dict[str, Expr]:
    return {"mean": m, "median": m, "mode": m}


def _rest(p: Expr) -> Expr:
    """``1 - p`` as one fraction, which is easier to see to be positive."""
    return tidy(1 - p)


def _over(y: Expr, m: Expr, s: Expr) -> Expr:
    return mul(sub(y, m), inverse(s))


_NIST = "NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.6"
_JKB1, _JKB2 = (
    f"Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. {k}" for k in ("1 (1994)", "2 (1995)")
)
_JKK = "Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions"


# ------------------------------------------------------------------ real observations


def _normal(y: Expr, m: Expr, s: Expr) -> Expr:
    v = _square(s)
    return mul(power(mul(TWO, pi, v), neg(HALF)), exp(neg(mul(_square(sub(y, m)), inverse(mul(TWO, v))))))


def _laplace(y: Expr, m: Expr, b: Expr) -> Expr:
    return mul(inverse(mul(TWO, b)), exp(neg(mul(absolute(sub(y, m)), inverse(b)))))


def _asymmetric_laplace(y: Expr, m: Expr, b: Expr, t: Expr) -> Expr:
    return _with_pinball(mul(absolute(sub(y, m)), inverse(b)), _over(y, m, b), b, t)


def _with_pinball(size: Expr, u: Expr, b: Expr, t: Expr) -> Expr:
    return mul(t, sub(ONE, t), inverse(b), exp(neg(add(mul(HALF, size), mul(sub(t, HALF), u)))))


def _student(y: Expr, n: Expr, m: Expr, s: Expr) -> Expr:
    spread, half = mul(n, _square(s)), mul(HALF, add(n, ONE))
    kernel = power(add(ONE, mul(_square(sub(y, m)), inverse(spread))), neg(half))
    return mul(gamma_function(half), inverse(mul(gamma_function(mul(HALF, n)), power(mul(pi, spread), HALF))), kernel)


def _cauchy(y: Expr, m: Expr, g: Expr) -> Expr:
    return inverse(mul(pi, g, add(ONE, _square(_over(y, m, g)))))


def _logistic(y: Expr, m: Expr, s: Expr) -> Expr:
    e = exp(neg(_over(y, m, s)))
    return mul(inverse(s), e, power(add(ONE, e), neg(TWO)))


def _secant(y: Expr, m: Expr, s: Expr) -> Expr:
    u = _over(y, m, s)
    return inverse(mul(pi, s, add(mul(HALF, exp(u)), mul(HALF, exp(neg(u))))))


def _gumbel(y: Expr, m: Expr, b: Expr) -> Expr:
    u = _over(y, m, b)
    return mul(inverse(b), exp(neg(add(u, exp(neg(u))))))


def _smallest(y: Expr, m: Expr, b: Expr) -> Expr:
    u = _over(y, m, b)
    return mul(inverse(b), exp(sub(u, exp(u))))


def _general(y: Expr, m: Expr, a: Expr, k: Expr) -> Expr:
    return _of_power(power(absolute(_over(y, m, a)), k), a, k)


def _general_of_even_power(y: Expr, m: Expr, a: Expr, k: Expr) -> Expr:
    return _of_power(power(_over(y, m, a), k) if k.is_even else power(absolute(sub(y, m)), k) * a**-k, a, k)


def _of_power(size: Expr, a: Expr, k: Expr) -> Expr:
    return mul(k, inverse(mul(TWO, a, gamma_function(inverse(k)))), exp(neg(size)))


def _draw_general(rng: Any, size: int, m: float, a: float, k: float) -> Any:
    return m + a * rng.choice([-1.0, 1.0], size) * rng.gamma(1 / k, 1, size) ** (1 / k)


def _draw_asymmetric(rng: Any, size: int, m: float, b: float, t: float) -> Any:
    above = rng.random(size) >= t  # P[Y <= m] = tau
    away = rng.exponential(b, size)
    return m + np.where(above, away / t, -away / (1 - t))


def _draw_secant(rng: Any, size: int, m: float, s: float) -> Any:
    return m + s * np.log(np.tan(np.pi / 2 * rng.random(size)))


REAL_FAMILIES: tuple[Family, ...] = (
    Family(
        "Normal",
        ("mu", "sigma"),
        REAL,
        _normal,
        "catalogue: gaussian; sympy.stats: Normal",
        lambda m, s: _centre(m) | {"standard deviation": s, "variance": s**2, "precision": 1 / s**2},
        lambda m, s: m,
        lambda m, s: s**2,
        lambda rng, size, m, s: rng.normal(m, s, size),
        f"{_NIST}.1",
    ),
    Family(
        "Laplace",
        ("mu", "b"),
        REAL,
        _laplace,
        "catalogue: laplace; sympy.stats: Laplace",
        lambda m, b: {"median": m, "mean": m, "mode": m, "scale": b},
        lambda m, b: m,
        lambda m, b: 2 * b**2,
        lambda rng, size, m, b: rng.laplace(m, b, size),
        f"{_NIST}.12",
        also=lambda y, m, b: mul(inverse(mul(TWO, b)), exp(neg(absolute(_over(y, m, b))))),
        kinks=True,
    ),
    Family(
        "AsymmetricLaplace",
        ("mu", "b", "tau"),
        REAL,
        _asymmetric_laplace,
        "catalogue: asymmetric-laplace",
        lambda m, b, t: {f"quantile of level {written(t)}": m, "mode": m, "scale": b},
        lambda m, b, t: m + b * (1 - 2 * t) / (t * (1 - t)),
        lambda m, b, t: b**2 * (1 - 2 * t + 2 * t**2) / (t**2 * (1 - t) ** 2),
        _draw_asymmetric,
        "Yu and Zhang (2005), A Three-Parameter Asymmetric Laplace Distribution and Its Extension, section 2",
        also=lambda y, m, b, t: _with_pinball(absolute(_over(y, m, b)), _over(y, m, b), b, t),
        kinks=True,
    ),
    Family(
        "Cauchy",
        ("x0", "gamma"),
        REAL,
        _cauchy,
        "catalogue: cauchy; sympy.stats: Cauchy",
        lambda m, g: {"median": m, "mode": m, "scale": g},
        lambda m, g: m,
        lambda m, g: S.Infinity,
        lambda rng, size, m, g: m + g * rng.standard_cauchy(size),
        f"{_NIST}.3",
        mean_needs=lambda m, g: S.NegativeOne,
        variance_needs=lambda m, g: S.NegativeOne,
        no_mean="undefined",
    ),
    Family(
        "StudentT",
        ("nu", "mu", "sigma"),
        REAL,
        _student,
        "catalogue: student-t; with mu = 0 and sigma = 1 sympy.stats: StudentT",
        lambda n, m, s: {"median": m, "mode": m, "scale": s},
        lambda n, m, s: m,
        lambda n, m, s: n * s**2 / (n - 2),
        lambda rng, size, n, m, s: m + s * rng.standard_t(n, size),
        f"{_NIST}.4",
        mean_needs=lambda n, m, s: n - 1,
        variance_needs=lambda n, m, s: n - 2,
        no_mean="undefined",
    ),
    Family(
        "Logistic",
        ("mu", "s"),
        REAL,
        _logistic,
        "sympy.stats: Logistic",
        lambda m, s: _centre(m) | {"scale": s},
        lambda m, s: m,
        lambda m, s: pi**2 * s**2 / 3,
        lambda rng, size, m, s: rng.logistic(m, s, size),
        f"{_JKB2}, chapter 23",
    ),
    Family(
        "HyperbolicSecant",
        ("mu", "s"),
        REAL,
        _secant,
        "scipy.stats: hypsecant",
        lambda m, s: _centre(m) | {"scale": s},
        lambda m, s: m,
        lambda m, s: pi**2 * s**2 / 4,
        _draw_secant,
        f"{_JKB2}, section 23.11",
    ),
    Family(
        "Gumbel",
        ("mu", "beta"),
        REAL,
        _gumbel,
        "sympy.stats: Gumbel",
        lambda m, b: {"mode": m, "scale": b},
        lambda m, b: m + EulerGamma * b,
        lambda m, b: pi**2 * b**2 / 6,
        lambda rng, size, m, b: rng.gumbel(m, b, size),
        f"{_NIST}.16",
    ),
    Family(
        "GumbelMinimum",
        ("mu", "beta"),
        REAL,
        _smallest,
        "sympy.stats: Gumbel with minimum=True",
        lambda m, b: {"mode": m, "scale": b},
        lambda m, b: m - EulerGamma * b,
        lambda m, b: pi**2 * b**2 / 6,
        lambda rng, size, m, b: -rng.gumbel(-m, b, size),
        f"{_NIST}.16",
    ),
)

REAL_FAMILIES += (
    Family(
        "GeneralizedNormal",
        ("mu", "alpha", "beta"),
        REAL,
        _general,
        "scipy.stats: gennorm",
        lambda m, a, k: _centre(m) | {"scale": a},
        lambda m, a, k: m,
        lambda m, a, k: a**2 * gamma(3 / k) / gamma(1 / k),
        _draw_general,
        f"{_JKB2}, section 24.6",
        also=_general_of_even_power,
        kinks=None,
    ),
)

CIRCULAR_FAMILIES = (
    Family(
        "VonMises",
        ("mu", "kappa"),
        CIRCLE,
        lambda y, m, k: mul(exp(mul(k, build(cos, (sub(y, m),)))), inverse(mul(TWO, pi, build(besseli, (ZERO, k))))),
        "catalogue: von-mises; sympy.stats: VonMises",
        lambda m, k: {"mean direction": m, "concentration": k},  # the mode is a multiple of 2 pi away
        None,
        None,
        lambda rng, size, m, k: rng.vonmises(np.remainder(m + np.pi, 2 * np.pi) - np.pi, k, size),
        "Mardia and Jupp (2000), Directional Statistics, section 3.5.4",
    ),
)

# ------------------------------------------------------------------ positive observations


def _gamma_density(y: Expr, k: Expr, t: Expr) -> Expr:
    return mul(inverse(mul(gamma_function(k), power(t, k))), power(y, sub(k, ONE)), exp(neg(mul(y, inverse(t)))))


def _inverse_gamma(y: Expr, a: Expr, b: Expr) -> Expr:
    return mul(power(b, a), inverse(gamma_function(a)), power(y, sub(neg(a), ONE)), exp(neg(mul(b, inverse(y)))))


def _inverse_gaussian(y: Expr, m: Expr, c: Expr) -> Expr:
    root = power(mul(c, inverse(mul(TWO, pi, power(y, Integer(3))))), HALF)
    return mul(root, exp(neg(mul(c, _square(sub(y, m)), inverse(mul(TWO, _square(m), y))))))


def _weibull(y: Expr, a: Expr, k: Expr) -> Expr:
    u = mul(y, inverse(a))
    return mul(k, inverse(a), power(u, sub(k, ONE)), exp(neg(power(u, k))))


def _log_normal(y: Expr, m: Expr, s: Expr) -> Expr:
    return mul(inverse(y), _normal(inert_log(y), m, s))


def _log_logistic(y: Expr, a: Expr, k: Expr) -> Expr:
    u = mul(y, inverse(a))
    return mul(k, inverse(a), power(u, sub(k, ONE)), power(add(ONE, power(u, k)), neg(TWO)))


def _half_normal(y: Expr, s: Expr) -> Expr:
    v = _square(s)
    return mul(power(mul(TWO, inverse(mul(pi, v))), HALF), exp(neg(mul(_square(y), inverse(mul(TWO, v))))))


def _draw_log_logistic(rng: Any, size: int, a: float, k: float) -> Any:
    u = rng.random(size)
    return a * (u / (1 - u)) ** (1 / k)


POSITIVE_FAMILIES = (
    Family(
        "Exponential",
        ("rate",),
        POSITIVE,
        lambda y, r: mul(r, exp(neg(mul(r, y)))),
        "catalogue: exponential; sympy.stats: Exponential",
        lambda r: {"mean": 1 / r, "rate": r},
        lambda r: 1 / r,
        lambda r: 1 / r**2,
        lambda rng, size, r: rng.exponential(1 / r, size),
        f"{_NIST}.7",
    ),
    Family(
        "Gamma",
        ("k", "theta"),
        POSITIVE,
        _gamma_density,
        "catalogue: gamma; sympy.stats: Gamma",
        lambda k, t: {"mean": k * t, "scale": t, "shape": k, "rate": 1 / t},
        lambda k, t: k * t,
        lambda k, t: k * t**2,
        lambda rng, size, k, t: rng.gamma(k, t, size),
        f"{_NIST}.11",
    ),
    Family(
        "InverseGamma",
        ("a", "b"),
        POSITIVE,
        _inverse_gamma,
        "sympy.stats: GammaInverse",
        lambda a, b: {"shape": a, "scale": b, "mode": b / (a + 1)},
        lambda a, b: b / (a - 1),
        lambda a, b: b**2 / ((a - 1) ** 2 * (a - 2)),
        lambda rng, size, a, b: b / rng.gamma(a, 1, size),
        f"{_JKB1}, chapter 17",
        mean_needs=lambda a, b: a - 1,
        variance_needs=lambda a, b: a - 2,
    ),
    Family(
        "InverseGaussian",
        ("mu", "lambda"),
        POSITIVE,
        _inverse_gaussian,
        "catalogue: inverse-gaussian; sympy.stats: GaussianInverse",
        lambda m, c: {"mean": m, "shape": c},
        lambda m, c: m,
        lambda m, c: m**3 / c,
        lambda rng, size, m, c: rng.wald(m, c, size),
        f"{_JKB1}, chapter 15",
    ),
    Family(
        "Weibull",
        ("scale", "shape"),
        POSITIVE,
        _weibull,
        "catalogue: weibull; sympy.stats: Weibull",
        lambda a, k: {"scale": a, "shape": k, "quantile of level 1 - 1/e": a},
        lambda a, k: a * gamma(1 + 1 / k),
        lambda a, k: a**2 * (gamma(1 + 2 / k) - gamma(1 + 1 / k) ** 2),
        lambda rng, size, a, k: a * rng.weibull(k, size),
        f"{_NIST}.8",
    ),
    Family(
        "LogNormal",
        ("mu", "sigma"),
        POSITIVE,
        _log_normal,
        "catalogue: log-normal; sympy.stats: LogNormal",
        lambda m, s: {
            "median": _exp(m),
            "mean of log y": m,
            "standard deviation of log y": s,
            "variance of log y": s**2,
        },
        lambda m, s: _exp(m + s**2 / 2),
        lambda m, s: (_exp(s**2) - 1) * _exp(2 * m + s**2),
        lambda rng, size, m, s: rng.lognormal(m, s, size),
        f"{_NIST}.9",
    ),
    Family(
        "LogLogistic",
        ("alpha", "beta"),
        POSITIVE,
        _log_logistic,
        "sympy.stats: LogLogistic",
        lambda a, k: {"median": a, "shape": k},
        lambda a, k: a * (pi / k) / sin(pi / k),
        lambda a, k: a**2 * ((2 * pi / k) / sin(2 * pi / k) - (pi / k) ** 2 / sin(pi / k) ** 2),
        _draw_log_logistic,
        f"{_JKB2}, section 23.11",
        mean_needs=lambda a, k: k - 1,
        variance_needs=lambda a, k: k - 2,
    ),
    Family(
        "LogLaplace",
        ("mu", "b"),
        POSITIVE,
        lambda y, m, b: mul(inverse(y), _laplace(inert_log(y), m, b)),
        "scipy.stats: loglaplace",
        lambda m, b: {"median": _exp(m), "median of log y": m},
        lambda m, b: _exp(m) / (1 - b**2),
        lambda m, b: _exp(2 * m) * (1 / (1 - 4 * b**2) - 1 / (1 - b**2) ** 2),
        lambda rng, size, m, b: np.exp(rng.laplace(m, b, size)),
        "Kotz, Kozubowski and Podgórski (2001), The Laplace Distribution and Generalizations, section 2.4",
        mean_needs=lambda m, b: 1 - b,
        variance_needs=lambda m, b: Rational(1, 2) - b,
        kinks=True,
    ),
    Family(
        "HalfNormal",
        ("sigma",),
        POSITIVE,
        _half_normal,
        "scipy.stats: halfnorm",
        lambda s: {"scale": s},
        lambda s: s * sqrt(2 / pi),
        lambda s: s**2 * (1 - 2 / pi),
        lambda rng, size, s: np.abs(rng.normal(0, s, size)),
        f"{_JKB1}, section 13.10",
    ),
)

# ------------------------------------------------------------------ shares


def _beta_density(y: Expr, a: Expr, b: Expr) -> Expr:
    normal = mul(gamma_function(add(a, b)), inverse(mul(gamma_function(a), gamma_function(b))))
    return mul(normal, power(y, sub(a, ONE)), power(sub(ONE, y), sub(b, ONE)))


UNIT_FAMILIES = (
    Family(
        "Beta",
        ("alpha", "beta"),
        UNIT,
        _beta_density,
        "catalogue: beta; sympy.stats: Beta",
        lambda a, b: {"mean": tidy(a / (a + b))},
        lambda a, b: tidy(a / (a + b)),
        lambda a, b: tidy(a / (a + b)) * tidy(b / (a + b)) / (tidy(a + b) + 1),
        lambda rng, size, a, b: rng.beta(a, b, size),
        f"{_NIST}.17",
    ),
)


# ------------------------------------------------------------------ counts


def _negative_binomial(y: Expr, r: Expr, p: Expr) -> Expr:
    ways = mul(gamma_function(add(y, r)), inverse(mul(gamma_function(r), gamma_function(add(y, ONE)))))
    return mul(ways, power(p, r), power(_rest(p), y))


COUNT_FAMILIES = (
    Family(
        "Poisson",
        ("lambda",),
        COUNT,
        lambda y, c: mul(power(c, y), exp(neg(c)), inverse(gamma_function(add(y, ONE)))),
        "catalogue: poisson; sympy.stats: Poisson",
        lambda c: {"mean": c},
        lambda c: c,
        lambda c: c,
        lambda rng, size, c: rng.poisson(c, size),
        f"{_NIST}.19",
    ),
    Family(
        "Geometric",
        ("p",),
        COUNT,
        lambda y, p: mul(p, power(_rest(p), y)),
        "catalogue: geometric, for y + 1; sympy.stats: Geometric, for y + 1",
        lambda p: {"probability of success": p, "mean": tidy((1 - p) / p)},
        lambda p: tidy((1 - p) / p),
        lambda p: tidy((1 - p) / p**2),
        lambda rng, size, p: rng.geometric(p, size) - 1,
        f"{_JKK}, section 5.2",
    ),
    Family(
        "NegativeBinomial",
        ("r", "p"),
        COUNT,
        _negative_binomial,
        "catalogue: negative-binomial; sympy.stats: NegativeBinomial",
        lambda r, p: {"probability of success": p, "mean": tidy(r * (1 - p) / p)},
        lambda r, p: tidy(r * (1 - p) / p),
        lambda r, p: tidy(r * (1 - p) / p**2),
        lambda rng, size, r, p: rng.negative_binomial(r, p, size),
        f"{_JKK}, section 5.3",
    ),
)

# ------------------------------------------------------------------ finitely many outcomes


def bernoulli(outcomes: tuple[Expr, ...]) -> Family:
    """Two outcomes, of which the second has probability ``p``."""
    low, high = outcomes
    span = high - low
    return Family(
        "Bernoulli",
        ("p",),
        outcomes,
        lambda y, p: p if y == high else _rest(p),
        "catalogue: bernoulli; sympy.stats: Bernoulli",
        lambda p: {f"probability of y = {high}": p} | ({"mean": p} if outcomes == (0, 1) else {}),
        lambda p: low + span * p,
        lambda p: span**2 * p * (1 - p),
        lambda rng, size, p: np.where(rng.random(size) < p, float(high), float(low)),
        f"{_JKK}, section 3.2",
        "" if outcomes == (0, 1) else f"(y + {-low}) / {span}" if low < 0 else f"(y - {low}) / {span}",
    )


def binomial(n: int) -> Family:
    """The number of successes in ``n`` trials."""
    count = Integer(n)
    return Family(
        "Binomial",
        ("n", "p"),
        tuple(Integer(k) for k in range(n + 1)),
        lambda y, m, p: mul(
            mul(factorial(count), inverse(mul(factorial(y), factorial(sub(count, y))))),
            power(p, y),
            power(_rest(p), count - y),
        ),
        "catalogue: binomial; sympy.stats: Binomial",
        lambda m, p: {"probability of success": p, "mean": m * p},
        lambda m, p: m * p,
        lambda m, p: m * p * (1 - p),
        lambda rng, size, m, p: rng.binomial(n, p, size),
        f"{_NIST}.18",
    )


def uniform_on(outcomes: tuple[Expr, ...]) -> Family:
    """All outcomes alike."""
    n = Integer(len(outcomes))
    mean = sum(outcomes, S.Zero) / n
    return Family(
        "DiscreteUniform",
        (),
        outcomes,
        lambda y: Rational(1, n),
        "sympy.stats: DiscreteUniform",
        dict,
        lambda: mean,
        lambda: sum(((k - mean) ** 2 for k in outcomes), S.Zero) / n,
        lambda rng, size: rng.choice(np.array([float(k) for k in outcomes]), size),
        f"{_JKK}, section 6.10.1",
    )


def uniform_between(low: Expr, high: Expr) -> Family:
    """All of an interval alike."""
    return Family(
        "Uniform",
        ("left", "right"),
        Domain(),
        lambda y, a, b: inverse(sub(b, a)),
        "sympy.stats: Uniform",
        lambda a, b: {},
        lambda a, b: (a + b) / 2,
        lambda a, b: (b - a) ** 2 / 12,
        lambda rng, size, a, b: rng.uniform(a, b, size),
        f"{_NIST}.2",
    )


def categorical(low: Expr, high: Expr) -> Family:
    """A class with its probability; what the probabilities are is the parameter."""
    return Family(
        "Categorical",
        ("p_k",),
        (low, high),
        lambda y, p: p,
        "catalogue: categorical; sympy.stats: FiniteRV",
        lambda p: {},
        None,
        None,
        None,
        "",
    )


def pareto(low: Expr) -> Family:
    """A power of ``y`` beyond a positive number."""
    y0 = Symbol("xm")
    return Family(
        "Pareto",
        (y0.name, "alpha"),
        Domain(),
        lambda y, m, a: mul(a, power(m, a), power(y, sub(neg(a), ONE))),
        "sympy.stats: Pareto",
        lambda m, a: {"exponent": a, "smallest value": m},
        lambda m, a: a * m / (a - 1),
        lambda m, a: m**2 * a / ((a - 1) ** 2 * (a - 2)),
        lambda rng, size, m, a: m * (1 + rng.pareto(a, size)),
        f"{_JKB1}, chapter 20",
        mean_needs=lambda m, a: a - 1,
        variance_needs=lambda m, a: a - 2,
    )


def shifted(family: Family, by: Expr) -> Family:
    """``y + by`` has the distribution."""
    return Family(
        family.name,
        family.parameters,
        family.support,
        lambda y, *p: family.density(add(y, by), *p),
        family.source,
        lambda *p: {words: v - by for words, v in family.says(*p).items() if words in ("mean", "median", "mode")},
        None if family.mean is None else lambda *p: family.mean(*p) - by,  # type: ignore[misc]
        family.variance,
        None if family.draw is None else lambda rng, size, *p: family.draw(rng, size, *p) - float(by),  # type: ignore[misc]
        family.reference,
        f"y + {by}",
        family.mean_needs,
        family.variance_needs,
        family.no_mean,
        None,
        family.kinks,
    )
