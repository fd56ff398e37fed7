"""What a recovered density is: a name only where it is proved, moments, tails, samples and pictures."""

from __future__ import annotations

import json
import math
import sys
import time
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sympy.stats as stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol, cos, erf, pi

from lossproof import load
from lossproof.errors import DataError, LossproofError, MissingExtra
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import replay
from lossproof.kernel.domains import POSITIVE as KNOWN_POSITIVE
from lossproof.kernel.domains import POSITIVE_COUNT
from lossproof.kernel.domains import UNIT as KNOWN_UNIT
from lossproof.kernel.relations import Kind
from lossproof.models import distributions
from lossproof.notation.inert import (
    ONE,
    TWO,
    absolute,
    add,
    build,
    exp,
    factorial,
    gamma_function,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    sub,
    total,
)
from lossproof.notation.nodes import Sigmoid, Softplus, Where
from lossproof.numeric.balls import Balls
from lossproof.numeric.evaluate import Precise, evaluate
from lossproof.recovery.patience import OutOfTime, at_most
from lossproof.recovery.portrait import Moments, Portrait, Pull, Weight, families, portrait
from lossproof.recovery.portrait.families import Family
from lossproof.recovery.portrait.numbers import masses
from lossproof.recovery.sets import (
    BINARY,
    COUNTS,
    POSITIVE,
    REAL,
    SIGNS,
    UNIT,
    Finite,
    Interval,
    Labels,
    Set,
    Simplex,
    Vectors,
    labels,
)

HALF = Rational(1, 2)
y, f = Symbol("y", real=True), Symbol("f", real=True)
tau, sigma, delta, c = (Symbol(s, positive=True) for s in ("tau", "sigma", "delta", "c"))
u = sub(y, f)
KNOWN = {s: Declared(s, KNOWN_POSITIVE) for s in (sigma, delta, c)} | {tau: Declared(tau, KNOWN_UNIT)}


def of(density: Expr, loss: Expr, target: Set = REAL, values: Set = REAL, *constants: Declared) -> Portrait:
    return portrait(density, y, target, ((f, values),), constants, loss)


def from_loss(loss: Expr, normal: Expr, target: Set = REAL, values: Set = REAL, *constants: Declared) -> Portrait:
    return of(mul(inverse(normal), exp(neg(loss))), loss, target, values, *constants)


# ------------------------------------------------------------------ densities and what they must be called

SQUARE, ROOT_PI = power(u, TWO), power(pi, HALF)
PINBALL = maximum(mul(tau, u), mul(sub(tau, ONE), u))
LOG_COSH = log(mul(HALF, add(exp(u), exp(neg(u)))))
MARGIN = log(add(ONE, exp(neg(mul(y, f)))))
CROSS_ENTROPY = neg(add(mul(y, log(f)), mul(sub(ONE, y), log(sub(ONE, f)))))
FROM_MINUS_ONE = Interval(Integer(-1), S.Infinity)
SQUARED_LOG = power(sub(log(add(ONE, y)), log(add(ONE, f))), TWO)
POISSON_OF_SCORE = sub(exp(f), mul(y, f))
HUBER = Where(sub(delta, absolute(u)), mul(HALF, SQUARE), sub(mul(delta, absolute(u)), mul(HALF, power(delta, TWO))))
HUBER_MASS = add(
    mul(power(mul(TWO, pi), HALF), build(erf, (mul(delta, power(TWO, neg(HALF))),))),
    mul(TWO, inverse(delta), exp(neg(mul(HALF, power(delta, TWO))))),
)
BINOMIAL = mul(
    mul(factorial(Integer(3)), inverse(mul(factorial(y), factorial(sub(Integer(3), y))))),
    power(Sigmoid(f), y),
    power(sub(ONE, Sigmoid(f)), sub(Integer(3), y)),
)
LOG_ABSOLUTE = absolute(sub(log(y), f))
DEVIANCE = mul(power(u, TWO), inverse(mul(power(f, TWO), y)))
CHOICES = Where(neg(y), ONE, Where(sub(TWO, y), Integer(3), ONE))


def huber() -> Portrait:
    return from_loss(HUBER, HUBER_MASS, REAL, REAL, KNOWN[delta])


#: A portrait, its name, what the prediction is, the weight of its tails, and the pull of an outlier.
NAMED: dict[str, tuple[Portrait, str, str, Weight, Pull]] = {
    "absolute error": (
        from_loss(absolute(u), TWO),
        "Laplace(mu = f, b = 1)",
        "f is the median, the mean and the mode",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "absolute error of twice": (
        from_loss(absolute(sub(mul(TWO, y), f)), ONE),
        "Laplace(mu = f/2, b = 1/2)",
        "",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "squared error": (
        from_loss(SQUARE, ROOT_PI),
        "Normal(mu = f, sigma = √2/2)",
        "f is the mean, the median and the mode",
        Weight.GAUSSIAN,
        Pull.UNBOUNDED,
    ),
    "squared error multiplied out": (
        from_loss(add(power(y, TWO), neg(mul(TWO, y, f)), power(f, TWO)), ROOT_PI),
        "Normal(mu = f, sigma = √2/2)",
        "f is the mean, the median and the mode",
        Weight.GAUSSIAN,
        Pull.UNBOUNDED,
    ),
    "squared error over a variance": (
        from_loss(
            mul(HALF, SQUARE, inverse(power(sigma, TWO))),
            mul(sigma, power(mul(TWO, pi), HALF)),
            REAL,
            REAL,
            KNOWN[sigma],
        ),
        "Normal(mu = f, sigma = σ)",
        "f is the mean, the median and the mode",
        Weight.GAUSSIAN,
        Pull.UNBOUNDED,
    ),
    "pinball": (
        of(mul(tau, sub(ONE, tau), exp(neg(PINBALL))), PINBALL, REAL, REAL, KNOWN[tau]),
        "AsymmetricLaplace(mu = f, b = 1, tau = τ)",
        "f is the quantile of level τ and the mode",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "log-cosh": (
        from_loss(LOG_COSH, pi),
        "HyperbolicSecant(mu = f, s = 1)",
        "f is the mean, the median and the mode",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "logistic noise": (
        of(mul(exp(neg(u)), power(add(ONE, exp(neg(u))), neg(TWO))), add(u, mul(TWO, Softplus(neg(u))))),
        "Logistic(mu = f, s = 1)",
        "f is the mean, the median and the mode",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "logistic noise by cosh": (
        of(power(add(exp(mul(HALF, u)), exp(neg(mul(HALF, u)))), neg(TWO)), mul(TWO, log(add(exp(u), ONE)))),
        "Logistic(mu = f, s = 1)",
        "f is the mean, the median and the mode",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "Gumbel": (
        from_loss(add(u, exp(neg(u))), ONE),
        "Gumbel(mu = f, beta = 1)",
        "f is the mode",
        Weight.EXPONENTIAL,
        Pull.UNBOUNDED,
    ),
    "smallest value": (
        from_loss(sub(exp(u), u), ONE),
        "GumbelMinimum(mu = f, beta = 1)",
        "f is the mode",
        Weight.EXPONENTIAL,
        Pull.UNBOUNDED,
    ),
    "Cauchy": (
        of(inverse(mul(pi, add(ONE, SQUARE))), log(add(ONE, SQUARE))),
        "Cauchy(x0 = f, gamma = 1)",
        "f is the median and the mode",
        Weight.POWER,
        Pull.REDESCENDING,
    ),
    "squared log error": (
        of(
            mul(inverse(add(ONE, y)), inverse(ROOT_PI), exp(neg(SQUARED_LOG))),
            SQUARED_LOG,
            FROM_MINUS_ONE,
            FROM_MINUS_ONE,
        ),
        "LogNormal(mu = log(f + 1), sigma = √2/2) of y + 1",
        "f is the median",
        Weight.STRETCHED,
        Pull.UNBOUNDED,
    ),
    "Poisson": (
        of(mul(power(f, y), exp(neg(f)), inverse(factorial(y))), sub(f, mul(y, log(f))), COUNTS, POSITIVE),
        "Poisson(lambda = f)",
        "f is the mean",
        Weight.BETWEEN,
        Pull.UNBOUNDED,
    ),
    "Poisson of a score": (
        of(mul(exp(neg(POISSON_OF_SCORE)), inverse(factorial(y))), POISSON_OF_SCORE, COUNTS),
        "Poisson(lambda = exp(f))",
        "f is the logarithm of the mean",
        Weight.BETWEEN,
        Pull.UNBOUNDED,
    ),
    "margin": (
        of(exp(neg(MARGIN)), MARGIN, SIGNS),
        "Bernoulli(p = σ(f)) of (y + 1) / 2",
        "f is the log-odds of the probability of y = 1",
        Weight.BOUNDED,
        Pull.BOUNDED,
    ),
    "cross-entropy": (
        of(exp(neg(CROSS_ENTROPY)), CROSS_ENTROPY, BINARY, UNIT),
        "Bernoulli(p = f)",
        "f is the probability of y = 1 and the mean",
        Weight.BOUNDED,
        Pull.NONE,
    ),
    "cross-entropy of a logit": (
        of(exp(sub(mul(y, f), Softplus(f))), sub(Softplus(f), mul(y, f)), BINARY),
        "Bernoulli(p = σ(f))",
        "f is the log-odds of the probability of y = 1 and the mean",
        Weight.BOUNDED,
        Pull.BOUNDED,
    ),
    "pinball in pieces": (
        of(
            mul(tau, sub(ONE, tau), exp(neg(Where(sub(f, y), mul(sub(tau, ONE), u), mul(tau, u))))),
            Where(sub(f, y), mul(sub(tau, ONE), u), mul(tau, u)),
            REAL,
            REAL,
            KNOWN[tau],
        ),
        "AsymmetricLaplace(mu = f, b = 1, tau = τ)",
        "f is the quantile of level τ and the mode",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "absolute error in pieces": (
        from_loss(Where(u, mul(TWO, u), mul(TWO, sub(f, y))), ONE),
        "Laplace(mu = f, b = 1/2)",
        "f is the median, the mean and the mode",
        Weight.EXPONENTIAL,
        Pull.BOUNDED,
    ),
    "third power": (
        from_loss(power(absolute(u), Integer(3)), mul(Rational(2, 3), gamma_function(Rational(1, 3)))),
        "GeneralizedNormal(mu = f, alpha = 1, beta = 3)",
        "f is the mean, the median and the mode",
        Weight.LIGHTER,
        Pull.UNBOUNDED,
    ),
    "fourth power": (
        from_loss(power(u, Integer(4)), mul(HALF, gamma_function(Rational(1, 4)))),
        "GeneralizedNormal(mu = f, alpha = 1, beta = 4)",
        "f is the mean, the median and the mode",
        Weight.LIGHTER,
        Pull.UNBOUNDED,
    ),
    "absolute error of the logarithm": (
        of(mul(HALF, inverse(y), exp(neg(LOG_ABSOLUTE))), LOG_ABSOLUTE, POSITIVE),
        "LogLaplace(mu = f, b = 1)",
        "f is the median of log y, and the logarithm of the median",
        Weight.POWER,
        Pull.BOUNDED,
    ),
    "gamma deviance": (
        of(mul(inverse(f), exp(neg(mul(y, inverse(f))))), add(mul(y, inverse(f)), log(f)), POSITIVE, POSITIVE),
        "Exponential(rate = 1/f)",
        "f is the mean",
        Weight.EXPONENTIAL,
        Pull.UNBOUNDED,
    ),
    "inverse Gaussian deviance": (
        of(
            mul(inverse(ROOT_PI), power(y, Rational(-3, 2)), exp(neg(DEVIANCE))),
            DEVIANCE,
            POSITIVE,
            POSITIVE,
        ),
        "InverseGaussian(mu = f, lambda = 2)",
        "f is the mean",
        Weight.EXPONENTIAL,
        Pull.UNBOUNDED,
    ),
    "a power beyond 1": (
        of(mul(TWO, power(y, Integer(-3))), mul(Integer(3), log(y)), Interval(S.One, S.Infinity)),
        "Pareto(xm = 1, alpha = 2)",
        "",
        Weight.POWER,
        Pull.REDESCENDING,
    ),
    "three trials with a base measure in pieces": (
        of(
            mul(CHOICES, exp(neg(sub(mul(Integer(3), Softplus(f)), mul(y, f))))),
            sub(mul(Integer(3), Softplus(f)), mul(y, f)),
            Finite(tuple(map(Integer, range(4)))),
        ),
        "Binomial(n = 3, p = σ(f))",
        "f is the log-odds of the probability of success",
        Weight.BOUNDED,
        Pull.BOUNDED,
    ),
    "three trials": (
        of(BINOMIAL, sub(mul(Integer(3), Softplus(f)), mul(y, f)), Finite(tuple(map(Integer, range(4))))),
        "Binomial(n = 3, p = σ(f))",
        "f is the log-odds of the probability of success",
        Weight.BOUNDED,
        Pull.BOUNDED,
    ),
    "a die": (
        of(Rational(1, 6), mul(ONE, f), Finite(tuple(map(Integer, range(1, 7))))),
        "DiscreteUniform()",
        "",
        Weight.BOUNDED,
        Pull.BOUNDED,
    ),
}


@pytest.mark.parametrize("which", NAMED)
def test_a_density_is_called_by_its_name(which: str) -> None:
    found, name, said, weight, pull = NAMED[which]
    assert str(found.name) == name
    assert found.prediction_is == ((said,) if said else ())
    assert found.tail is not None
    assert (found.tail.weight, found.tail.pull) == (weight, pull)


@pytest.mark.parametrize("which", NAMED)
def test_a_name_is_a_theorem(which: str) -> None:
    found = NAMED[which][0]
    assert found.name is not None
    assert found.name.derivations
    for derivation in found.name.derivations:
        assert replay(derivation).relation.kind is Kind.EQUAL
        assert load(derivation.to_json()) == derivation


SHIPPED: dict[str, tuple[Any, Set, str]] = {
    "GAUSSIAN": (distributions.GAUSSIAN, REAL, "Normal(mu = f, sigma = σ)"),
    "LAPLACE": (distributions.LAPLACE, REAL, "Laplace(mu = f, b = β)"),
    "ASYMMETRIC_LAPLACE": (distributions.ASYMMETRIC_LAPLACE, REAL, "AsymmetricLaplace(mu = f, b = β, tau = τ)"),
    "STUDENT_T": (distributions.STUDENT_T, REAL, "StudentT(nu = ν, mu = f, sigma = σ)"),
    "CAUCHY": (distributions.CAUCHY, REAL, "Cauchy(x0 = f, gamma = γ)"),
    "VON_MISES": (distributions.VON_MISES, Interval(-pi, pi, True, True), "VonMises(mu = f, kappa = κ)"),
    "POISSON": (distributions.POISSON, COUNTS, "Poisson(lambda = exp(f))"),
    "NEGATIVE_BINOMIAL": (distributions.NEGATIVE_BINOMIAL, COUNTS, "NegativeBinomial(r = r, p = r/(r + exp(f)))"),
    "EXPONENTIAL": (distributions.EXPONENTIAL, Interval(S.Zero, S.Infinity, True), "Exponential(rate = exp(-f))"),
    "GAMMA": (distributions.GAMMA, POSITIVE, "Gamma(k = α, theta = exp(f)/α)"),
    "INVERSE_GAUSSIAN": (distributions.INVERSE_GAUSSIAN, POSITIVE, "InverseGaussian(mu = exp(f), lambda = λ)"),
    "WEIBULL": (distributions.WEIBULL, POSITIVE, "Weibull(scale = exp(f), shape = α)"),
    "LOG_NORMAL": (distributions.LOG_NORMAL, POSITIVE, "LogNormal(mu = f, sigma = σ)"),
    "BETA": (distributions.BETA, UNIT, "Beta(alpha = φ σ(f), beta = φ σ(-f))"),
}


@cache
def shipped(which: str) -> Portrait:
    noise, target, _ = SHIPPED[which]
    return of(noise.density(f, y), noise.loss(f, y), target, REAL, *noise.declared)


@pytest.mark.parametrize("which", SHIPPED)
def test_a_noise_model_that_ships_is_recognised(which: str) -> None:
    assert str(shipped(which).name) == SHIPPED[which][2]


def test_the_number_of_failures_is_geometric() -> None:
    density = distributions.GEOMETRIC.density(f, add(y, ONE))
    found = of(density, distributions.GEOMETRIC.loss(f, add(y, ONE)).body, COUNTS)
    assert str(found.name) == "Geometric(p = σ(f))"
    assert str(found.mean) == "exp(-f)"


# ------------------------------------------------------------------ classes

K, k = Symbol("K", integer=True, positive=True), Symbol("k", integer=True)
scores = IndexedBase("f", real=True)
CLASSES = Declared(K, POSITIVE_COUNT)


def of_classes(density: Expr, target: Set, values: Set, *constants: Declared) -> Portrait:
    return portrait(density, y, target, ((scores, values),), constants, neg(log(density)))


def softmax(classes: int | Expr) -> Expr:
    if isinstance(classes, int):
        partition = add(*(exp(scores[j]) for j in range(1, classes + 1)))
    else:
        partition = total(exp(scores[k]), k, ONE, classes)
    return exp(neg(sub(log(partition), scores[y])))


def test_a_softmax_is_categorical() -> None:
    found = of_classes(softmax(3), labels(3), Vectors(REAL, Integer(3)))
    assert str(found.name).startswith("Categorical(p_k = exp(f_k)")
    assert found.name is not None
    assert len(found.name.derivations) == 3
    assert found.prediction_is == ("f_k is the logarithm of the probability of class k, but for a constant",)
    assert str(found.mean) == "of classes there is none"
    drawn = found.sample(20_000, seed=3, f=[0.2, 1.0, -0.5])
    chances = np.exp([0.2, 1.0, -0.5]) / np.exp([0.2, 1.0, -0.5]).sum()
    assert scipy.stats.chisquare([np.sum(drawn == j) for j in (1, 2, 3)], chances * 20_000).pvalue > 1e-3


def test_a_softmax_of_any_number_of_classes_is_categorical() -> None:
    found = of_classes(softmax(K), Labels(K), Vectors(REAL, K), CLASSES)
    assert str(found.name) == "Categorical(p_k = exp(f_k)/(∑_{j=1}^K exp(f_j)))"
    assert set(found.sample(50, seed=3, f=[0.2, 1.0, -0.5], K=3)) <= {1.0, 2.0, 3.0}


def test_shares_are_the_probabilities_of_classes() -> None:
    found = of_classes(scores[y], Labels(K), Simplex(K), CLASSES)
    assert str(found.name) == "Categorical(p_k = f_k)"
    assert found.prediction_is == ("f_k is the probability of class k",)


def test_what_is_not_quite_a_softmax_is_not_categorical() -> None:
    almost = mul(Rational(1001, 1000), softmax(3))
    assert of_classes(almost, labels(3), Vectors(REAL, Integer(3))).name is None
    shifted = exp(neg(sub(log(add(ONE, total(exp(scores[k]), k, ONE, K))), scores[y])))
    assert of_classes(shifted, Labels(K), Vectors(REAL, K), CLASSES).name is None


def test_a_mean_and_a_variance_that_are_predicted_are_both_recognised() -> None:
    v = Symbol("v", real=True)
    loss = mul(HALF, add(log(v), mul(SQUARE, inverse(v))))
    density = mul(inverse(power(mul(TWO, pi), HALF)), exp(neg(loss)))
    found = portrait(density, y, REAL, ((f, REAL), (v, POSITIVE)), (), loss)
    assert str(found.name) == "Normal(mu = f, sigma = √v)"
    assert found.prediction_is == ("f is the mean, the median and the mode", "v is the variance")
    assert found.sample(5, seed=1, f=0.0, v=2.0).shape == (5,)


# ------------------------------------------------------------------ a letter for the total mass


def test_a_total_mass_without_closed_form_is_computed_where_it_is_needed() -> None:
    z = Symbol("Z", positive=True)
    loss = power(add(ONE, SQUARE), HALF)
    found = portrait(mul(inverse(z), exp(neg(loss))), y, REAL, ((f, REAL),), (), loss, z)
    assert found.name is None
    assert str(found.mean) == "f"
    assert found.tail is not None
    assert (found.tail.weight, found.tail.pull) == (Weight.EXPONENTIAL, Pull.BOUNDED)
    drawn, moments = found.sample(20_000, seed=2, f=1.0), found.moments(f=1.0)
    assert (moments.mass, moments.mean) == (pytest.approx(1), pytest.approx(1))
    assert abs(drawn.mean() - 1) < 4 * math.sqrt(moments.variance / 20_000)
    assert len(found.plot().axes) == 2


# ------------------------------------------------------------------ what has no name

NAMELESS: dict[str, Portrait] = {
    "half of a Laplace density": from_loss(absolute(u), Integer(4)),
    "a Laplace density and a little": of(
        add(mul(HALF, exp(neg(absolute(u)))), mul(Rational(1, 10**9), exp(neg(SQUARE)))), absolute(u)
    ),
    "a Laplace density with a nearly right constant": of(
        mul(Rational(500000001, 1000000000), exp(neg(absolute(u)))), absolute(u)
    ),
    "a normal density with a wrong variance": from_loss(SQUARE, power(mul(TWO, pi), HALF)),
    "a fourth power with any constant": from_loss(power(u, Integer(4)), c, REAL, REAL, KNOWN[c]),
    "Huber": huber(),
    "pieces of two scales with the constant of one": from_loss(Where(u, u, mul(TWO, sub(f, y))), TWO),
    "pieces that do not meet at the kink": from_loss(Where(sub(u, ONE), u, sub(f, y)), TWO),
    "a Poisson density with a wrong factor": of(
        mul(exp(neg(POISSON_OF_SCORE)), inverse(factorial(add(y, ONE)))), POISSON_OF_SCORE, COUNTS
    ),
    "two labels that do not add up": of(exp(neg(mul(y, f))), mul(y, f), BINARY, POSITIVE),
    "the normal density on half a line": from_loss(SQUARE, ROOT_PI, POSITIVE),
}


@pytest.mark.parametrize("which", NAMELESS)
def test_what_is_not_proved_has_no_name(which: str) -> None:
    assert NAMELESS[which].name is None


def test_huber_has_a_mean_by_symmetry_and_no_closed_variance() -> None:
    found = huber()
    assert found.symmetric is not None
    assert str(found.mean) == "f"
    assert found.prediction_is == ("f is the mean and the median",)
    assert found.variance.value is None
    assert found.tail is not None
    assert (found.tail.weight, found.tail.pull) == (Weight.EXPONENTIAL, Pull.BOUNDED)
    assert "dl/df tends to -δ as y tends to oo" in found.tail.pull_reason
    at = found.moments(f=3.0, delta=1.0)
    assert at.mean == pytest.approx(3, abs=1e-9)
    assert abs(at.mass - 1) < 1e-9


# ------------------------------------------------------------------ moments


def test_moments_that_do_not_exist_are_said_not_to() -> None:
    cauchy = NAMED["Cauchy"][0]
    assert (cauchy.mean.value, str(cauchy.mean), str(cauchy.variance)) == (None, "undefined", "undefined")
    student = shipped("STUDENT_T")
    assert str(student.mean) == "f if 0 < ν - 1, else undefined"
    assert str(student.variance) == "ν σ^2/(ν - 2) if 0 < ν - 2, else infinite"
    with pytest.raises(LossproofError, match="not known to be finite"):
        cauchy.moments(f=0.0)


#: Of each model, its constants, and the distribution of SciPy at predictions and constants.
PEERS: dict[str, tuple[dict[str, tuple[float, float]], Any]] = {
    "GAUSSIAN": ({"sigma": (0.2, 4)}, lambda f, sigma: scipy.stats.norm(f, sigma)),
    "LAPLACE": ({"beta": (0.2, 4)}, lambda f, beta: scipy.stats.laplace(f, beta)),
    "ASYMMETRIC_LAPLACE": (
        {"tau": (0.1, 0.9), "beta": (0.2, 4)},
        lambda f, tau, beta: scipy.stats.laplace_asymmetric(
            math.sqrt(tau / (1 - tau)), f, beta / math.sqrt(tau * (1 - tau))
        ),
    ),
    "STUDENT_T": ({"nu": (2.5, 9), "sigma": (0.2, 4)}, lambda f, nu, sigma: scipy.stats.t(nu, f, sigma)),
    "POISSON": ({}, lambda f: scipy.stats.poisson(math.exp(f))),
    "NEGATIVE_BINOMIAL": ({"r": (0.5, 6)}, lambda f, r: scipy.stats.nbinom(r, r / (r + math.exp(f)))),
    "EXPONENTIAL": ({}, lambda f: scipy.stats.expon(scale=math.exp(f))),
    "GAMMA": ({"alpha": (0.5, 6)}, lambda f, alpha: scipy.stats.gamma(alpha, scale=math.exp(f) / alpha)),
    "INVERSE_GAUSSIAN": (
        {"lambda": (0.5, 6)},
        lambda f, **k: scipy.stats.invgauss(math.exp(f) / k["lambda"], scale=k["lambda"]),
    ),
    "WEIBULL": ({"alpha": (0.7, 4)}, lambda f, alpha: scipy.stats.weibull_min(alpha, scale=math.exp(f))),
    "LOG_NORMAL": ({"sigma": (0.2, 1.2)}, lambda f, sigma: scipy.stats.lognorm(sigma, scale=math.exp(f))),
    "BETA": (
        {"phi": (0.8, 8)},
        lambda f, phi: scipy.stats.beta(phi / (1 + math.exp(-f)), phi / (1 + math.exp(f))),
    ),
}


@pytest.mark.parametrize("which", PEERS)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_mean_variance_and_density_are_those_of_scipy(which: str, data: st.DataObject) -> None:
    ranges, peer = PEERS[which]
    values = {name: data.draw(st.floats(low, high), label=name) for name, (low, high) in ranges.items()}
    values["f"] = data.draw(st.floats(-1.5, 1.5), label="f")
    found, scipys = shipped(which), peer(**values)
    assert found.mean.value is not None
    assert found.variance.value is not None
    assert evaluate(found.mean.value, values) == pytest.approx(scipys.mean(), rel=1e-9)
    assert evaluate(found.variance.value, values) == pytest.approx(scipys.var(), rel=1e-9)
    places = scipys.ppf([0.1, 0.4, 0.8])
    theirs = scipys.pmf(places) if found.target == COUNTS else scipys.pdf(places)
    ours = [evaluate(found.density, {**values, "y": place}) for place in places]
    assert ours == pytest.approx(list(theirs), rel=1e-8)


def test_the_variance_of_the_von_mises_distribution_is_not_given_in_closed_form() -> None:
    found = shipped("VON_MISES")
    assert found.mean.value is None
    assert found.prediction_is == ("f is the mean direction",)
    assert found.moments(f=0.0, kappa=2.0).mean == pytest.approx(0, abs=1e-9)


def test_the_mean_of_labels_is_a_sum() -> None:
    four = Finite(tuple(map(Integer, (1, 2, 4, 7))))
    found = of(mul(y, Rational(1, 14)), neg(log(y)), four)
    assert found.name is None
    assert (found.mean.value, found.variance.value) == (5, Rational(33, 7))


def test_bounds_of_the_moments_of_a_power_law_are_seen() -> None:
    found = from_loss(mul(Integer(2), log(add(ONE, absolute(u)))), ONE)  # mass 2, but the tails are what is asked
    assert found.tail is not None
    assert (found.tail.weight, found.tail.exponent) == (Weight.POWER, 2)
    assert "too heavy" in str(found.variance)


# ------------------------------------------------------------------ tails


TAILS: dict[str, tuple[Expr, Expr, Set, tuple[Declared, ...], Weight]] = {
    "an exponent that is not known": (power(absolute(u), sigma), ONE, REAL, (KNOWN[sigma],), Weight.UNKNOWN),
    "a fourth power": (power(u, Integer(4)), ONE, REAL, (), Weight.LIGHTER),
    "a power between": (power(absolute(u), Rational(3, 2)), ONE, REAL, (), Weight.BETWEEN),
    "a root": (power(absolute(u), HALF), ONE, REAL, (), Weight.STRETCHED),
    "a difference that cancels": (sub(absolute(u), absolute(y)), ONE, REAL, (), Weight.UNKNOWN),
    "the smaller of two slopes": (maximum(mul(TWO, u), neg(u)), ONE, REAL, (), Weight.EXPONENTIAL),
    "an interval": (absolute(u), ONE, UNIT, (), Weight.BOUNDED),
    "a sine": (add(power(y, TWO), build(cos, (y,))), ONE, REAL, (), Weight.UNKNOWN),
    "one side only": (Softplus(u), ONE, REAL, (), Weight.UNKNOWN),
}


@pytest.mark.parametrize("which", TAILS)
def test_tails_are_weighed_or_not_determined(which: str) -> None:
    loss, normal, target, constants, weight = TAILS[which]
    found = from_loss(loss, normal, target, REAL, *constants).tail
    assert found is not None
    assert found.weight is weight
    assert str(found)


@given(k=st.integers(1, 9), slope=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_the_order_of_growth_is_that_of_the_largest_term(k: int, slope: int) -> None:
    loss = add(mul(Integer(slope), power(absolute(u), Integer(k))), log(add(ONE, power(u, TWO))), neg(u))
    found = from_loss(loss, ONE).tail
    weights = {1: Weight.EXPONENTIAL, 2: Weight.GAUSSIAN}
    assert found is not None
    if (k, slope) == (1, 1):  # towards +oo what is left is 2 log y
        assert found.weight in (Weight.UNKNOWN, Weight.POWER)
    else:
        assert found.weight is weights.get(k, Weight.LIGHTER)


# ------------------------------------------------------------------ samples

#: Numbers for the parameters of a density, and its cumulative distribution function.
DRAWN: dict[str, tuple[Portrait, dict[str, float], Any]] = {
    **{
        which: (shipped(which), at, PEERS[which][1](**at).cdf)
        for which, at in {
            "GAUSSIAN": {"f": 0.4, "sigma": 1.3},
            "LAPLACE": {"f": 0.4, "beta": 1.3},
            "ASYMMETRIC_LAPLACE": {"f": 0.4, "beta": 1.3, "tau": 0.2},
            "STUDENT_T": {"f": 0.4, "nu": 3.0, "sigma": 2.0},
            "EXPONENTIAL": {"f": 0.4},
            "GAMMA": {"f": 0.4, "alpha": 0.6},
            "INVERSE_GAUSSIAN": {"f": 0.4, "lambda": 1.3},
            "WEIBULL": {"f": 0.4, "alpha": 0.8},
            "LOG_NORMAL": {"f": 0.4, "sigma": 1.3},
            "BETA": {"f": 0.4, "phi": 1.3},
        }.items()
    },
    "CAUCHY": (shipped("CAUCHY"), {"f": 0.4, "gamma": 1.3}, scipy.stats.cauchy(0.4, 1.3).cdf),
    "VON_MISES": (shipped("VON_MISES"), {"f": 0.4, "kappa": 1.3}, None),
    "third power": (NAMED["third power"][0], {"f": 0.4}, scipy.stats.gennorm(3, 0.4).cdf),
    "fourth power": (NAMED["fourth power"][0], {"f": 0.4}, scipy.stats.gennorm(4, 0.4).cdf),
    "a power beyond 1": (NAMED["a power beyond 1"][0], {}, scipy.stats.pareto(2).cdf),
    "absolute error of the logarithm": (
        NAMED["absolute error of the logarithm"][0],
        {"f": 0.4},
        scipy.stats.loglaplace(1, scale=math.exp(0.4)).cdf,
    ),
    "log-cosh": (NAMED["log-cosh"][0], {"f": 0.4}, scipy.stats.hypsecant(0.4).cdf),
    "logistic": (NAMED["logistic noise"][0], {"f": 0.4}, scipy.stats.logistic(0.4).cdf),
    "Gumbel": (NAMED["Gumbel"][0], {"f": 0.4}, scipy.stats.gumbel_r(0.4).cdf),
    "smallest": (NAMED["smallest value"][0], {"f": 0.4}, scipy.stats.gumbel_l(0.4).cdf),
    "squared log error": (
        NAMED["squared log error"][0],
        {"f": 0.4},
        scipy.stats.lognorm(math.sqrt(0.5), loc=-1, scale=1.4).cdf,
    ),
}


@pytest.mark.parametrize("named", [True, False], ids=["by name", "by numbers"])
@pytest.mark.parametrize("which", DRAWN)
def test_a_sample_follows_its_density(which: str, named: bool) -> None:
    found, at, cumulative = DRAWN[which]
    if not named:  # a portrait that does not know its name draws from the density itself
        found = of(found.density, found.loss, found.target, REAL, *found.constants)
        found.__dict__["name"] = None
    drawn = found.sample(20_000, seed=7, **at)
    if cumulative is None:
        theirs = scipy.stats.vonmises(at["kappa"], at["f"]).rvs(20_000, random_state=8)
        assert scipy.stats.ks_2samp(drawn, (theirs + np.pi) % (2 * np.pi) - np.pi).pvalue > 1e-3
    else:
        assert scipy.stats.kstest(drawn, cumulative).pvalue > 1e-3


@pytest.mark.parametrize("named", [True, False], ids=["by name", "by numbers"])
@pytest.mark.parametrize("which", ["POISSON", "NEGATIVE_BINOMIAL", "three trials", "margin"])
def test_a_sample_of_counts_follows_its_probabilities(which: str, named: bool) -> None:
    found = shipped(which) if which in SHIPPED else NAMED[which][0]
    if not named:
        found = of(found.density, found.loss, found.target, REAL, *found.constants)
        found.__dict__["name"] = None
    at = {"f": 0.4, "r": 1.3} if which == "NEGATIVE_BINOMIAL" else {"f": 0.4}
    drawn = found.sample(20_000, seed=7, **at)
    outcomes = [float(k) for k in found.target.outcomes] if isinstance(found.target, Finite) else range(6)
    expected = np.array([evaluate(found.density, {**at, "y": k}) for k in outcomes])
    counted = np.array([np.sum(drawn == k) for k in outcomes])
    rest = 1 - expected.sum()
    if rest > 1e-9:
        expected, counted = np.append(expected, rest), np.append(counted, len(drawn) - counted.sum())
    assert scipy.stats.chisquare(counted, expected / expected.sum() * len(drawn)).pvalue > 1e-3


def test_a_sample_of_a_nameless_density_has_its_moments_and_is_repeatable() -> None:
    found, at = huber(), {"f": 3.0, "delta": 1.0}
    drawn = found.sample(50_000, seed=1, **at)
    moments = found.moments(**at)
    error = math.sqrt(moments.variance / len(drawn))
    assert abs(drawn.mean() - moments.mean) < 4 * error
    assert drawn.var() == pytest.approx(moments.variance, rel=0.05)
    assert np.array_equal(drawn, found.sample(50_000, seed=1, **at))


def test_a_density_far_from_0_and_narrow_is_drawn_from() -> None:
    found = huber()
    drawn = found.sample(1000, seed=1, f=1e6, delta=1.0)
    assert abs(drawn.mean() - 1e6) < 0.5


def test_a_density_of_another_mass_is_not_drawn_from() -> None:
    with pytest.raises(LossproofError, match=r"the mass found is 0\.5, not 1"):
        NAMELESS["half of a Laplace density"].sample(10, seed=1, f=0.0)


def test_a_missing_number_is_asked_for() -> None:
    with pytest.raises(DataError, match="delta"):
        huber().sample(10, seed=1, f=0.0)
    with pytest.raises(LossproofError, match="draws"):
        huber().sample(-1, f=0.0, delta=1.0)


# ------------------------------------------------------------------ pictures


@pytest.mark.parametrize("which", ["absolute error", "Poisson", "margin", "Cauchy", "squared log error"])
def test_the_loss_is_drawn_beside_the_density(which: str) -> None:
    figure = NAMED[which][0].plot()
    left, right = figure.axes
    assert left.get_title() in ("noise model: density", "noise model: probability")
    assert right.get_title() == "pointwise loss"
    assert len(left.lines) == 3
    assert len(right.lines) == (2 if which == "margin" else 3)  # of two outcomes a curve each, over the prediction
    assert left.get_ylim()[0] == 0


def test_a_plot_takes_the_predictions_and_constants_that_are_given() -> None:
    figure = huber().plot([1.0, 5.0], delta=0.5)
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["$f = 1$", "$f = 5$"]
    assert figure.get_suptitle() == r"$\delta = 0.5$"


def test_without_matplotlib_a_plot_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match="matplotlib"):
        huber().plot()


def test_a_portrait_is_plain_json() -> None:
    said = json.loads(json.dumps(NAMED["pinball"][0].to_json()))
    assert said["name"] == "AsymmetricLaplace(mu = f, b = 1, tau = τ)"
    assert said["mean"] == "f + (1 - 2 τ)/[τ (1 - τ)]"
    assert said["tail"] == "exponential"
    assert json.loads(json.dumps(huber().to_json()))["name"] is None


# ------------------------------------------------------------------ every family by itself

#: Numbers for the parameters of each family, of which mean and variance are finite.
PARAMETERS: dict[str, tuple[Rational, ...]] = {
    "Normal": (Rational(3, 10), Rational(6, 5)),
    "Laplace": (Rational(3, 10), Rational(6, 5)),
    "AsymmetricLaplace": (Rational(3, 10), Rational(6, 5), Rational(1, 5)),
    "StudentT": (Integer(7), Rational(3, 10), Rational(6, 5)),
    "Logistic": (Rational(3, 10), Rational(6, 5)),
    "HyperbolicSecant": (Rational(3, 10), Rational(6, 5)),
    "Gumbel": (Rational(3, 10), Rational(6, 5)),
    "GumbelMinimum": (Rational(3, 10), Rational(6, 5)),
    "GeneralizedNormal": (Rational(3, 10), Rational(6, 5), Rational(5, 2)),
    "Exponential": (Rational(6, 5),),
    "Gamma": (Rational(7, 5), Rational(6, 5)),
    "InverseGamma": (Integer(7), Rational(6, 5)),
    "InverseGaussian": (Rational(7, 5), Rational(6, 5)),
    "Weibull": (Rational(7, 5), Rational(6, 5)),
    "LogNormal": (Rational(3, 10), Rational(3, 5)),
    "LogLogistic": (Rational(3, 10), Integer(7)),
    "LogLaplace": (Rational(3, 10), Rational(1, 7)),
    "HalfNormal": (Rational(6, 5),),
    "Beta": (Rational(7, 5), Rational(6, 5)),
    "Poisson": (Rational(6, 5),),
    "Geometric": (Rational(3, 10),),
    "NegativeBinomial": (Rational(7, 5), Rational(3, 10)),
    "Pareto": (Integer(1), Integer(7)),
    "Uniform": (Integer(1), Integer(3)),
    "LogNormal of y + 1": (Rational(3, 10), Rational(3, 5)),
    "Binomial": (Integer(4), Rational(3, 10)),
    "Bernoulli of (y + 1) / 2": (Rational(3, 10),),
}
BY_NAME: dict[str, tuple[Family, Set]] = {
    **{
        family.name: (family, target)
        for group, target in (
            (families.REAL_FAMILIES, REAL),
            (families.POSITIVE_FAMILIES, POSITIVE),
            (families.UNIT_FAMILIES, UNIT),
            (families.COUNT_FAMILIES, COUNTS),
        )
        for family in group
        if family.name != "Cauchy"
    },
    "Pareto": (families.pareto(Integer(1)), Interval(S.One, S.Infinity)),
    "Uniform": (families.uniform_between(Integer(1), Integer(3)), Interval(Integer(1), Integer(3))),
    "LogNormal of y + 1": (
        families.shifted(next(v for v in families.POSITIVE_FAMILIES if v.name == "LogNormal"), Integer(1)),
        FROM_MINUS_ONE,
    ),
    "Binomial": (families.binomial(4), Finite(tuple(map(Integer, range(5))))),
    "Bernoulli of (y + 1) / 2": (families.bernoulli((Integer(-1), Integer(1))), SIGNS),
}


@pytest.mark.parametrize("which", BY_NAME)
def test_the_mean_variance_and_sample_of_a_family_are_those_of_its_density(which: str) -> None:
    family, target = BY_NAME[which]
    at = PARAMETERS[which]
    if isinstance(target, Finite):
        outcomes = np.array([float(v) for v in target.outcomes])
        mass = np.array([evaluate(family.density(v, *at), {}) for v in target.outcomes])
        mean = float(outcomes @ mass)
        found = Moments(mean, float((outcomes - mean) ** 2 @ mass), float(mass.sum()))
    else:
        found = masses(family.density(y, *at), y, target, {}).moments()
    assert found.mass == pytest.approx(1, abs=1e-9)
    assert family.mean is not None
    assert family.variance is not None
    assert float(family.mean(*at)) == pytest.approx(found.mean, rel=1e-6)
    assert float(family.variance(*at)) == pytest.approx(found.variance, rel=1e-6)
    assert family.draw is not None
    drawn = family.draw(np.random.default_rng(5), 20_000, *map(float, at))
    if isinstance(target, Interval):
        theirs = masses(family.density(y, *at), y, target, {}).sample(20_000, np.random.default_rng(6))
        assert scipy.stats.ks_2samp(drawn, theirs).pvalue > 1e-3
    assert abs(drawn.mean() - found.mean) < 5 * math.sqrt(found.variance / 20_000)
    assert set(PARAMETERS) == set(BY_NAME)


#: Where ``sympy.stats`` has a family under the parameters that are used here.
OF_SYMPY: dict[str, Any] = {
    "Normal": stats.Normal,
    "Laplace": stats.Laplace,
    "Logistic": stats.Logistic,
    "Gumbel": lambda name, m, b: stats.Gumbel(name, b, m),
    "GumbelMinimum": lambda name, m, b: stats.Gumbel(name, b, m, minimum=True),
    "Exponential": stats.Exponential,
    "Gamma": stats.Gamma,
    "InverseGamma": stats.GammaInverse,
    "InverseGaussian": stats.GaussianInverse,
    "Weibull": stats.Weibull,
    "LogNormal": stats.LogNormal,
    "LogLogistic": stats.LogLogistic,
    "Beta": stats.Beta,
    "Poisson": stats.Poisson,
    "NegativeBinomial": stats.NegativeBinomial,
    "Pareto": stats.Pareto,
}


@pytest.mark.parametrize("which", OF_SYMPY)
def test_a_family_that_sympy_has_has_the_density_that_sympy_gives_it(which: str) -> None:
    family, target = BY_NAME[which]
    at = PARAMETERS[which]
    assert "sympy.stats" in family.source
    theirs = stats.density(OF_SYMPY[which]("Y", *at))
    for place in {REAL: (-1, 2), UNIT: (Rational(1, 3),), COUNTS: (0, 3)}.get(target, (Integer(2), Integer(5))):
        ours = evaluate(family.density(y, *at), {"y": float(place)})
        assert ours == pytest.approx(float(theirs(place).evalf()), rel=1e-9)


# ------------------------------------------------------------------ what makes no sense

HOSTILE: dict[str, Expr] = {
    "a huge power": power(add(ONE, power(u, TWO)), Integer(10**6)),
    "a factorial of a million": mul(factorial(Integer(10**6)), absolute(u)),
    "nested exponentials": exp(exp(exp(exp(u)))),
    "a logarithm of a negative number": log(neg(exp(u))),
    "pieces of what has no value": Where(log(neg(exp(f))), y, gamma_function(u)),
    "cosines of cosines": build(cos, (build(cos, (exp(u),)),)),
    "a tall sum": add(*(power(absolute(sub(y, Integer(j))), Rational(j, 7)) for j in range(1, 60))),
}


@pytest.mark.parametrize("which", HOSTILE)
@pytest.mark.parametrize("target", [REAL, POSITIVE, COUNTS, BINARY], ids=str)
def test_what_makes_no_sense_is_answered_soon_and_not_named(which: str, target: Set) -> None:
    start = time.monotonic()
    said = from_loss(HOSTILE[which], ONE, target).to_json()
    assert said["name"] is None
    assert time.monotonic() - start < 60  # each of four parts is given a few seconds, on a busy machine


def test_a_mass_that_does_not_settle_is_given_up() -> None:
    with pytest.raises(LossproofError):
        from_loss(build(cos, (u,)), ONE).sample(1, seed=1, f=0.0)


def test_a_limit_around_a_portrait_is_left_to_ring() -> None:
    slow = from_loss(HOSTILE["nested exponentials"], ONE)
    with pytest.raises(OutOfTime), at_most(0.05):
        slow.to_json()


def test_a_function_in_pieces_has_a_value_where_the_chosen_piece_has_one() -> None:
    piece = Where(sub(y, ONE), log(y), neg(y))
    assert [evaluate(piece, {"y": v}) for v in (-2.0, 1.0, math.e)] == [2.0, 0.0, pytest.approx(1)]
    for v, value in ((-2, 2.0), (1, 0.0)):
        assert float(evaluate(piece, {"y": v}, Precise(30))) == value
        assert float(evaluate(piece, {"y": v}, Balls())) == value
    assert evaluate(build(erf, (y,)), {"y": 0.5}) == pytest.approx(math.erf(0.5))
    assert float(evaluate(build(erf, (y,)), {"y": 0.5}, Balls())) == pytest.approx(math.erf(0.5))
