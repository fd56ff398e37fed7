"""Exponential families, once and for all: ``p(y | eta) = h(y) exp(eta T(y) - A(eta))``.

Of ``h``, ``T`` and ``A`` nothing is known but where their values lie, and that is enough for the loss,
its gradient, and that it is convex.  Then the shipped noise models as instances, one line each: that
the density is of that form, that ``A'`` is the mean, and that ``A''`` is not negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from sympy import Expr, IndexedBase, Integer, Symbol, Tuple, pi

from lossproof.kernel.conditions import Declared, Hypothesis, Maps, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, COUNT, NONNEGATIVE, POSITIVE, REAL, Domain
from lossproof.losses import HALF, alpha, loss, r, sigma
from lossproof.models import (
    BINOMIAL,
    EXPONENTIAL,
    FEATURES,
    GAMMA,
    GAUSSIAN,
    GEOMETRIC,
    INVERSE_GAUSSIAN,
    NEGATIVE_BINOMIAL,
    OBSERVATIONS,
    POISSON,
    Bernoulli,
    LinearPredictor,
    Model,
    Noise,
    d,
    i,
    j,
    n,
    w,
    x,
    y,
)
from lossproof.models.distributions import lambda_
from lossproof.models.symbols import TRIALS
from lossproof.notation.inert import (
    ONE,
    TWO,
    add,
    derivative,
    exp,
    factorial,
    free,
    gamma_function,
    inverse,
    log,
    mul,
    neg,
    power,
    sub,
    total,
)
from lossproof.notation.nodes import Curve, Definition, Head, Named, Opaque, Sigmoid, Softplus
from lossproof.rulebook import calculus, logarithms, sigmoids
from lossproof.strategies import likelihood
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry
from lossproof.strategies.matching import places

# ------------------------------------------------------------------ any exponential family

_CUMULANT = Head("A")


def _base(value: Expr) -> Opaque:
    return Opaque(Head("h"), value)


def _statistic(value: Expr) -> Opaque:
    return Opaque(Head("T"), value)


def _cumulant(value: Expr, order: int = 0) -> Curve:
    return Curve(_CUMULANT, order, value)


_eta, _y = Symbol("yhat", real=True), Symbol("y", real=True)

#: ``A(eta) - T(y) eta``; McCullagh and Nelder (1989), Generalized Linear Models, section 2.2.
LOSS = loss(sub(_cumulant(_eta), mul(_statistic(_y), _eta)))

#: ``A`` is smooth on the real line and ``A'' >= 0``, as it is for every cumulant function.
CONVEX = Maps(_CUMULANT, 2, REAL, NONNEGATIVE)

#: A density, with respect to whatever measure, whose natural parameter is predicted.
NOISE = Noise(
    "exponential family",
    lambda f, v: mul(_base(v), exp(sub(mul(f, _statistic(v)), _cumulant(f)))),
    REAL,
    (
        Maps(_CUMULANT, 0, REAL, REAL),
        Maps(_CUMULANT, 1, REAL, REAL),
        CONVEX,
        Declared(_base(y[i]), POSITIVE, (OBSERVATIONS,)),
        Declared(_statistic(y[i]), REAL, (OBSERVATIONS,)),
    ),
    loss=LOSS,
    constant=neg(log(_base(y[i]))),
    slope=lambda f, v: sub(_cumulant(f, 1), _statistic(v)),
)
MODEL = Model("exponential-family", NOISE, LinearPredictor(), "Any exponential family in its natural parameter")

#: A point ``w + t v`` of a line through ``w``, the prediction there, and the loss as a function of ``t``.
t, v = Symbol("t", real=True), IndexedBase("v", real=True)
_ON_LINE = Definition(Head("f", 1), Tuple(t, x), total(mul(add(w[j], mul(t, v[j])), x[j]), j, ONE, d))
_STEP = total(mul(v[j], x[i, j]), j, ONE, d)


def _on_line(model: Model[Noise]) -> Named:
    assert model.noise.loss is not None
    body = total(model.noise.loss(_ON_LINE(t, x[i]), y[i]), i, ONE, n)
    return Definition(Head("g"), Tuple(t), body)(t)


def _line_hypotheses(model: Model[Noise]) -> tuple[Hypothesis, ...]:
    observed = Declared(y[i], model.noise.support, (OBSERVATIONS,))
    known = (Declared(n, COUNT), *model.predictor.hypotheses, *model.noise.declared, observed)
    return (*known, Declared(v[j], REAL, (FEATURES,)), Declared(t, REAL))


@cache
def _prediction_slope() -> Derivation:
    """``d f_t(x_i) / dt = sum_j v_j x_ij``."""
    hypotheses = (*LinearPredictor().hypotheses, Declared(v[j], REAL, (FEATURES,)), Declared(t, REAL))
    title = "Linear predictor: slope along a line"
    start = derivative(_ON_LINE(t, x[i]), t)
    chain = Chain("linear-prediction-slope", (*hypotheses, Declared(n, COUNT), Ranged(OBSERVATIONS)), (), start, title)
    chain.unfold(_ON_LINE).rewrite(calculus.DERIVATIVE_OF_SUM).rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
    chain.exhaust(
        calculus.DERIVATIVE_OF_CONSTANT,
        calculus.DERIVATIVE_OF_TERMS,
        calculus.DERIVATIVE_OF_LINEAR_TERM,
        calculus.DERIVATIVE_OF_VARIABLE,
    )
    return chain.algebra(mul(v[j], x[i, j]), at=_part(chain.here.args[0])).done()


@cache
def slope_on_line(model: Model[Noise] = MODEL) -> Derivation:
    """``dg/dt = sum_i (A'(f_t(x_i)) - T(y_i)) sum_j v_j x_ij``."""
    title = f"{model.heading}: slope of the loss along a line"
    start, f = derivative(_on_line(model), t), _ON_LINE(t, x[i])
    chain = Chain(f"{model.name}-line-slope", _line_hypotheses(model), (), start, title)
    assert model.noise.loss is not None
    chain.unfold(_on_line(model).definition).rewrite(calculus.DERIVATIVE_OF_SUM).unfold(model.noise.loss)
    chain.exhaust(*_DERIVATIVES, calculus.DERIVATIVE_OF_CURVE).cite(_prediction_slope())
    return chain.algebra(mul(sub(_cumulant(f, 1), _statistic(y[i])), _STEP), at=_part(chain.here.args[0])).done()


def convexity(model: Model[Noise] = MODEL) -> Derivation:
    """``d^2 g/dt^2 = sum_i A''(f_t(x_i)) (sum_j v_j x_ij)^2 >= 0`` along every line ``w + t v``."""
    title = f"{model.heading}: the loss is convex"
    f, start = _ON_LINE(t, x[i]), derivative(derivative(_on_line(model), t), t)
    chain = Chain(f"{model.name}-convexity", _line_hypotheses(model), (), start, title)
    chain.cite(slope_on_line(model)).rewrite(calculus.DERIVATIVE_OF_SUM)
    chain.exhaust(*_DERIVATIVES, calculus.DERIVATIVE_OF_CURVE).cite(_prediction_slope())
    bend = mul(_cumulant(f, 2), power(_STEP, TWO))
    return chain.algebra(bend, at=_part(chain.here.args[0])).done(claim=NONNEGATIVE)


def _part(e: Expr) -> Callable[[Expr], bool]:
    return lambda part: part is e


# ------------------------------------------------------------------ instances

eta = Symbol("eta", real=True)
_NEGATIVE = -POSITIVE
_MINUS_ETA, _ODDS = neg(eta), exp(eta)
_REST = sub(ONE, _ODDS)


@dataclass(frozen=True)
class Family:
    """A noise model as an exponential family with natural parameter ``eta``.

    Attributes:
        name: of the entries, lower case with hyphens.
        title: in words.
        density: the shipped density, ``(score, y_i) -> expression``.
        support: where ``y_i`` lies.
        cumulant: ``A(eta)``.
        mean: ``A'(eta)``, the mean of ``T(y_i)``.
        variance: ``A''(eta)``, its variance.
        base: ``h(y_i)``, 1 if not given.
        statistic: ``T(y_i)``.
        score: the score that the density takes, as a function of ``eta``.
        natural: where ``eta`` lies.
        declared: what is known of other parameters.
        parts: parts of the density, after sigmoids are written out, with what they are in ``eta``.
    """

    name: str
    title: str
    density: Callable[[Expr, Expr], Expr]
    support: Domain
    cumulant: Expr
    mean: Expr
    variance: Expr
    base: Expr = ONE
    statistic: Expr = y[i]
    score: Expr = eta
    natural: Domain = REAL
    declared: tuple[Hypothesis, ...] = ()
    parts: tuple[tuple[Expr, Expr], ...] = ()

    @property
    def definition(self) -> Definition:
        """``A(eta) := ...``."""
        return Definition(Head("A"), Tuple(eta), self.cumulant)

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """One observation ``y_i`` and the natural parameter."""
        observed = Declared(y[i], self.support, (OBSERVATIONS,))
        return (Declared(n, COUNT), Ranged(OBSERVATIONS), Declared(eta, self.natural), *self.declared, observed)


def _log_of_odds(e: Expr) -> Expr:
    """The logarithm of ``e exp(eta) / (1 - exp(eta))``."""
    return log(mul(e, _ODDS, inverse(_REST)))


def _of(name: str, noise: Noise, cumulant: Expr, mean: Expr, variance: Expr, **more: Any) -> Family:
    """The family of a shipped noise model, whose density, support and known parameters it has."""
    title = noise.name[0].upper() + noise.name[1:]
    known = {"declared": noise.declared, **more}
    return Family(name, title, noise.density, noise.support, cumulant, mean, variance, **known)


_variance = power(sigma, TWO)
_inverse_gaussian_mean = power(mul(lambda_, inverse(mul(TWO, eta))), HALF)
_geometric_score = log(mul(_REST, inverse(_ODDS)))
_mass = Bernoulli().mass

FAMILIES: tuple[Family, ...] = (
    Family(
        "bernoulli",
        "Bernoulli distribution",
        lambda score, label: _mass(Sigmoid(score), label),
        BINARY,
        Softplus(eta),
        Sigmoid(eta),
        mul(Sigmoid(eta), sub(ONE, Sigmoid(eta))),
    ),
    _of(
        "binomial",
        BINOMIAL,
        mul(TRIALS[i], Softplus(eta)),
        mul(TRIALS[i], Sigmoid(eta)),
        mul(TRIALS[i], mul(Sigmoid(eta), sub(ONE, Sigmoid(eta)))),
        base=mul(factorial(TRIALS[i]), inverse(mul(factorial(y[i]), factorial(sub(TRIALS[i], y[i]))))),
    ),
    _of("poisson", POISSON, exp(eta), exp(eta), exp(eta), base=inverse(factorial(y[i]))),
    _of(
        "gaussian",
        GAUSSIAN,
        mul(mul(HALF, _variance), power(eta, TWO)),
        mul(_variance, eta),
        _variance,
        base=mul(
            power(mul(TWO, pi, _variance), neg(HALF)),
            exp(neg(mul(power(y[i], TWO), inverse(mul(TWO, _variance))))),
        ),
        score=mul(_variance, eta),
    ),
    _of(
        "exponential",
        EXPONENTIAL,
        neg(log(_MINUS_ETA)),
        neg(inverse(eta)),
        inverse(power(eta, TWO)),
        score=neg(log(_MINUS_ETA)),
        natural=_NEGATIVE,
    ),
    _of(
        "gamma",
        GAMMA,
        neg(mul(alpha, log(_MINUS_ETA))),
        neg(mul(alpha, inverse(eta))),
        mul(alpha, inverse(power(eta, TWO))),
        base=mul(power(y[i], sub(alpha, ONE)), inverse(gamma_function(alpha))),
        score=log(mul(alpha, inverse(_MINUS_ETA))),
        natural=_NEGATIVE,
    ),
    _of(
        "inverse-gaussian",
        INVERSE_GAUSSIAN,
        neg(power(mul(mul(TWO, lambda_), eta), HALF)),
        neg(_inverse_gaussian_mean),
        mul(inverse(lambda_), power(_inverse_gaussian_mean, Integer(3))),
        base=mul(
            power(mul(lambda_, inverse(mul(TWO, pi, power(y[i], Integer(3))))), HALF),
            exp(neg(mul(lambda_, inverse(mul(TWO, y[i]))))),
        ),
        statistic=neg(y[i]),
        score=log(_inverse_gaussian_mean),
        natural=POSITIVE,
    ),
    _of(
        "geometric",
        GEOMETRIC,
        sub(eta, log(_REST)),
        inverse(_REST),
        mul(_ODDS, inverse(power(_REST, TWO))),
        score=_geometric_score,
        natural=_NEGATIVE,
        parts=((inverse(add(ONE, exp(neg(_geometric_score)))), _REST), (sub(ONE, _REST), _ODDS)),
    ),
    _of(
        "negative-binomial",
        NEGATIVE_BINOMIAL,
        neg(mul(r, log(_REST))),
        mul(r, mul(_ODDS, inverse(_REST))),
        mul(r, _ODDS, inverse(power(_REST, TWO))),
        base=mul(gamma_function(add(y[i], r)), inverse(mul(gamma_function(r), factorial(y[i])))),
        score=_log_of_odds(r),
        natural=_NEGATIVE,
        parts=(
            (mul(r, inverse(add(r, exp(_log_of_odds(r))))), _REST),
            (mul(exp(_log_of_odds(r)), inverse(add(r, exp(_log_of_odds(r))))), _ODDS),
        ),
    ),
)

_LOGARITHMS = (
    logarithms.LOG_OF_FACTORS,
    logarithms.LOG_OF_POWER,
    sigmoids.LOG_OF_SIGMOID,
    sigmoids.LOG_OF_SIGMOID_COMPLEMENT,
)


def instance(family: Family) -> Derivation:
    """The shipped density at a natural parameter is ``h(y) exp(eta T(y) - A(eta))``."""
    title = f"{family.title}: the density as an exponential family"
    name, start = f"{family.name}-exponential-family", family.density(family.score, y[i])
    chain = Chain(name, family.hypotheses, (), start, title)
    if family.parts:
        chain.exhaust(sigmoids.SIGMOID)
    for part, becomes in family.parts:
        while any(e == part for _, e in places(chain.here)):
            chain.laws(becomes, at=part.__eq__)
    if any(isinstance(e, Sigmoid) for _, e in places(chain.here)):
        chain.at_root(logarithms.AS_EXP_OF_LOG).exhaust(*_LOGARITHMS, at=lambda e: eta in free(e))
    power_ = exp(sub(mul(eta, family.statistic), family.cumulant))
    chain.laws(power_ if family.base == ONE else mul(family.base, power_))
    return chain.fold(family.definition(eta)).done()


_DERIVATIVES = (
    calculus.DERIVATIVE_OF_VARIABLE,
    calculus.DERIVATIVE_OF_CONSTANT,
    calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT,
    calculus.DERIVATIVE_OF_TERMS,
    calculus.DERIVATIVE_OF_MULTIPLE,
    calculus.DERIVATIVE_OF_LINEAR_TERM,
    calculus.PRODUCT_RULE,
    calculus.DERIVATIVE_OF_SQUARE,
    calculus.DERIVATIVE_OF_INVERSE,
    calculus.DERIVATIVE_OF_POWER,
    calculus.DERIVATIVE_OF_EXP,
    calculus.DERIVATIVE_OF_LOG,
    calculus.DERIVATIVE_OF_SIGMOID,
    calculus.DERIVATIVE_OF_SOFTPLUS,
)


@cache
def mean(family: Family) -> Derivation:
    """``A'(eta)`` is the mean."""
    title = f"{family.title}: the slope of the cumulant function"
    start, name = derivative(family.definition(eta), eta), f"{family.name}-exponential-family-mean"
    chain = Chain(name, family.hypotheses, (), start, title)
    chain.unfold(family.definition).exhaust(*_DERIVATIVES)
    return chain.done() if chain.here == family.mean else chain.laws(family.mean).done()


def variance(family: Family) -> Derivation:
    """``A''(eta) >= 0``: minus the log-likelihood is convex in the natural parameter."""
    title = f"{family.title}: the cumulant function is convex"
    start = derivative(derivative(family.definition(eta), eta), eta)
    chain = Chain(f"{family.name}-exponential-family-variance", family.hypotheses, (), start, title)
    chain.cite(mean(family)).exhaust(*_DERIVATIVES)
    done = chain if chain.here == family.variance else chain.laws(family.variance)
    return done.done(claim=NONNEGATIVE)


def _entries() -> Iterator[Entry]:
    yield Entry("exponential-family", partial(likelihood.negative_log_likelihood, MODEL))
    yield Entry("exponential-family-equation", partial(likelihood.equation, MODEL))
    yield Entry("exponential-family-gradient", partial(likelihood.loss_gradient, MODEL))
    yield Entry("exponential-family-line-slope", slope_on_line)
    yield Entry("exponential-family-convexity", convexity)
    for family in FAMILIES:
        for suffix, derive in (("", instance), ("-mean", mean), ("-variance", variance)):
            yield Entry(f"{family.name}-exponential-family{suffix}", partial(derive, family))


FAMILY = "Exponential families"
ENTRIES = tuple(_entries())
