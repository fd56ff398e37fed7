"""Named pointwise losses, each one definition ``l(y_hat, y) := ...``.

``y_hat`` is what the predictor gives and ``y`` the observation; both are numbers.  A loss *of a
score* takes a real score (a logit, or the logarithm of a mean), so that any network will do.
Logarithms are natural.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Expr, Rational, Symbol, Tuple, cos

from lossproof.kernel.domains import CLOSED_UNIT, NONNEGATIVE, POSITIVE, UNIT, Domain
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
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

_predicted, _observed = Symbol("yhat", real=True), Symbol("y", real=True)

HALF = Rational(1, 2)

#: Parameters of the noise that remain in a loss: known positive numbers.
sigma, nu, gamma, tau, alpha, phi, kappa, r, delta = (
    Symbol(name, positive=True) for name in ("sigma", "nu", "gamma", "tau", "alpha", "phi", "kappa", "r", "delta")
)


def loss(body: Expr, *parameters: Symbol) -> Definition:
    """``l(parameters) := body``; the parameters are the prediction and the observation unless given."""
    return Definition(Head("ell"), Tuple(*(parameters or (_predicted, _observed))), body)


_f, _y = _predicted, _observed
_residual = sub(_y, _f)
_s, _m, _e, _v = (Symbol(name, real=True) for name in ("s", "m", "u", "v"))

#: Cross-entropy of a label ``y`` and a predicted probability ``y_hat`` in (0, 1), in nats:
#: ``-[y log y_hat + (1 - y) log(1 - y_hat)]`` (Bishop 2006, eq. 4.90).
CROSS_ENTROPY = loss(neg(add(mul(_y, log(_f)), mul(sub(ONE, _y), log(sub(ONE, _f))))))

#: ``(y - y_hat)^2``; ``torch.nn.MSELoss(reduction="sum")``.
SQUARED_ERROR = loss(power(_residual, TWO))

#: ``(y - y_hat)^2 / s^2`` for an observation of known standard deviation ``s``.
WEIGHTED_SQUARED_ERROR = loss(mul(power(_residual, TWO), inverse(power(_s, TWO))), _f, _y, _s)

#: ``log v + (y - y_hat)^2 / v`` for a predicted variance ``v > 0``; twice ``torch.nn.GaussianNLLLoss``.
GAUSSIAN_NLL = loss(add(log(_v), mul(power(_residual, TWO), inverse(_v))), _f, _v, _y)

#: ``|y - y_hat|``; ``torch.nn.L1Loss``.
ABSOLUTE_ERROR = loss(absolute(_residual))

#: ``|y - y_hat| / 2 + (tau - 1/2) (y - y_hat)``, the pinball loss of the quantile ``tau`` in (0, 1), which is
#: ``max(tau (y - y_hat), (tau - 1) (y - y_hat))`` (Koenker and Bassett 1978); ``lossproof derive pinball``.
PINBALL = loss(add(mul(HALF, absolute(_residual)), mul(sub(tau, HALF), _residual)))

#: ``(y - y_hat)^2 / 2`` up to a distance of ``delta``, and from there on ``delta |y - y_hat| - delta^2 / 2``
#: (Huber 1964, eq. 3.8); ``torch.nn.HuberLoss``.
HUBER = loss(
    Where(
        sub(delta, absolute(_residual)),
        mul(HALF, power(_residual, TWO)),
        sub(mul(delta, absolute(_residual)), mul(HALF, power(delta, TWO))),
    )
)

#: ``log(1 + (y - y_hat)^2 / (nu sigma^2))`` (Lange, Little and Taylor 1989).
STUDENT_T = loss(log(add(ONE, mul(power(_residual, TWO), inverse(mul(nu, power(sigma, TWO)))))))

#: ``log(1 + ((y - y_hat) / gamma)^2)``.
CAUCHY = loss(log(add(ONE, power(mul(_residual, inverse(gamma)), TWO))))

#: ``exp(z) - y z`` of a score ``z``, the logarithm of the mean; ``torch.nn.PoissonNLLLoss``.
POISSON = loss(sub(exp(_f), mul(_y, _f)))

#: ``z + y exp(-z)`` of a score ``z``, the logarithm of the mean: exponential and gamma noise.
LOG_MEAN = loss(add(_f, mul(_y, exp(neg(_f)))))

#: ``(y - mu)^2 / (mu^2 y)`` with ``mu = exp(z)`` of a score ``z``.
INVERSE_GAUSSIAN = loss(mul(power(sub(_y, exp(_f)), TWO), inverse(mul(power(exp(_f), TWO), _y))))

#: ``alpha z + (y exp(-z))^alpha`` of a score ``z``, the logarithm of the scale; ``alpha`` is the shape.
WEIBULL = loss(add(mul(alpha, _f), power(mul(_y, exp(neg(_f))), alpha)))

#: ``(log y - y_hat)^2``.
SQUARED_LOG_ERROR = loss(power(sub(log(_y), _f), TWO))

#: ``(y + r) log(r + exp(z)) - y z`` of a score ``z``, the logarithm of the mean.
NEGATIVE_BINOMIAL = loss(sub(mul(add(_y, r), log(add(r, exp(_f)))), mul(_y, _f)))

#: ``y softplus(z) - z`` of a logit ``z`` of success: the number ``y = 1, 2, ...`` of the first success.
GEOMETRIC = loss(sub(mul(_y, Softplus(_f)), _f))

#: ``m softplus(z) - y z`` of a logit ``z``: ``y`` successes in ``m`` trials.
BINOMIAL = loss(sub(mul(_m, Softplus(_f)), mul(_y, _f)), _f, _y, _m)

#: The standard normal distribution function, ``Phi(z) = (1 + erf(z / sqrt 2)) / 2``.
PHI = Definition(Head("Phi"), Tuple(_f), mul(HALF, add(ONE, error_function(mul(_f, inverse(power(TWO, HALF)))))))

#: ``-[y log Phi(z) + (1 - y) log Phi(-z)]`` of a score ``z`` and a label ``y`` in {0, 1} (Bliss 1934).
PROBIT = loss(neg(add(mul(_y, log(PHI(_f))), mul(sub(ONE, _y), log(PHI(neg(_f)))))))

#: ``(1 - y) exp(z) - y log(1 - exp(-exp(z)))`` of a score ``z`` and a label ``y`` in {0, 1}: the complementary log-log
#: link (McCullagh and Nelder 1989, section 4.3.1).
COMPLEMENTARY_LOG_LOG = loss(sub(mul(sub(ONE, _y), exp(_f)), mul(_y, log(sub(ONE, exp(neg(exp(_f))))))))

#: ``1 - cos(y - y_hat)`` of angles in radians.
COSINE = loss(sub(ONE, build(cos, (_residual,))))

#: ``max(1 - y z, 0)`` of a score ``z`` and a label ``y`` in {-1, 1} (Cortes and Vapnik 1995); no log-likelihood.
HINGE = loss(maximum(sub(ONE, mul(_y, _f)), ZERO))

_mean, _rest = Sigmoid(_f), sub(ONE, Sigmoid(_f))
#: Minus the log-density of a beta variable with mean ``mu = sigma(z)`` and precision ``phi``, up to
#: ``log Gamma(phi)`` (Ferrari and Cribari-Neto 2004, eq. 4).
BETA = loss(
    sub(
        add(log(gamma_function(mul(_mean, phi))), log(gamma_function(mul(_rest, phi)))),
        add(mul(sub(mul(_mean, phi), ONE), log(_y)), mul(sub(mul(_rest, phi), ONE), log(sub(ONE, _y)))),
    )
)

#: ``u z + y exp(-z)``: exponential noise with mean ``exp(z)``; ``u`` is 1 if observed, 0 if censored at ``y``.
CENSORED_EXPONENTIAL = loss(add(mul(_e, _f), mul(_y, exp(neg(_f)))), _f, _y, _e)

#: ``u alpha z + (y exp(-z))^alpha``: Weibull noise with scale ``exp(z)`` and shape ``alpha``, likewise.
CENSORED_WEIBULL = loss(add(mul(_e, mul(alpha, _f)), power(mul(_y, exp(neg(_f))), alpha)), _f, _y, _e)

#: The catalogue, by the names used on the command line.
LOSSES: dict[str, Definition] = {
    "cross-entropy": CROSS_ENTROPY,
    "squared-error": SQUARED_ERROR,
    "weighted-squared-error": WEIGHTED_SQUARED_ERROR,
    "gaussian-nll": GAUSSIAN_NLL,
    "absolute-error": ABSOLUTE_ERROR,
    "pinball": PINBALL,
    "huber": HUBER,
    "student-t": STUDENT_T,
    "cauchy": CAUCHY,
    "poisson": POISSON,
    "log-mean": LOG_MEAN,
    "inverse-gaussian": INVERSE_GAUSSIAN,
    "weibull": WEIBULL,
    "squared-log-error": SQUARED_LOG_ERROR,
    "negative-binomial": NEGATIVE_BINOMIAL,
    "geometric": GEOMETRIC,
    "binomial": BINOMIAL,
    "probit": PROBIT,
    "complementary-log-log": COMPLEMENTARY_LOG_LOG,
    "cosine": COSINE,
    "beta": BETA,
    "hinge": HINGE,
    "censored-exponential": CENSORED_EXPONENTIAL,
    "censored-weibull": CENSORED_WEIBULL,
}

_of_label, _of_amount, _of_size = {_y: CLOSED_UNIT}, {_y: NONNEGATIVE}, {_y: POSITIVE}
_of_time = {_y: POSITIVE, _e: CLOSED_UNIT}
#: Where predictions, observations and parameters lie, by the name of the loss; where nothing is said, they are real,
#: and positive if their symbol is.
DOMAINS: Mapping[str, Mapping[Symbol, Domain]] = MappingProxyType(
    {
        "cross-entropy": {_f: UNIT, **_of_label},
        "weighted-squared-error": {_s: POSITIVE},
        "gaussian-nll": {_v: POSITIVE},
        "pinball": {tau: UNIT},
        **dict.fromkeys(("poisson", "log-mean", "negative-binomial", "geometric"), _of_amount),
        **dict.fromkeys(("inverse-gaussian", "weibull", "squared-log-error"), _of_size),
        "binomial": {_y: NONNEGATIVE, _m: NONNEGATIVE},
        **dict.fromkeys(("probit", "complementary-log-log"), _of_label),
        "beta": {_y: UNIT},
        **dict.fromkeys(("censored-exponential", "censored-weibull"), _of_time),
    }
)
