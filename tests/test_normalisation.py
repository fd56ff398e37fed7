"""A density that is not one is refused, and so is an observation that a model cannot have produced."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
from sympy import Expr, Integer, Symbol, pi

import lossproof as lp
from lossproof.errors import DataError, LossproofError, NotADensity
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import COUNT, INTEGER, POSITIVE, REAL, UNIT, Domain
from lossproof.models import (
    BERNOULLI,
    BETA,
    BINOMIAL,
    EXPONENTIAL,
    GAMMA,
    GAUSSIAN,
    LOGISTIC,
    POISSON,
    VON_MISES,
    Categorical,
    LinearPredictor,
    LinearScores,
    Model,
    Multinomial,
    Noise,
    NoiseModel,
    OneHot,
    OpaqueNetwork,
    OpaqueScores,
    WrittenPredictor,
)
from lossproof.notation.inert import ONE, TWO, absolute, add, exp, inverse, mul, neg, power, sub
from lossproof.notation.nodes import Probability
from lossproof.numeric.normalisation import check_density, total_mass
from lossproof.numeric.support import check_support, lies_in
from lossproof.strategies.standard import STANDARD

CLASSES = [
    LOGISTIC,
    BERNOULLI,
    Model("softmax", Categorical(), OpaqueScores()),
    Model("softmax-linear", Categorical(), LinearScores()),
    Model("one-hot", OneHot(), OpaqueScores()),
    Model("multinomial", Multinomial(), LinearScores()),
]
SHIPPED = [*(model for model, _ in STANDARD), *CLASSES]


def real(density: Callable[..., Expr], support: Domain = REAL, **more: Any) -> Model[Noise]:
    return Model("mine", Noise("mine", density, support, **more), OpaqueNetwork(REAL))


def counts(mass: Callable[..., Expr], support: Domain = COUNT, **more: Any) -> Model[Noise]:
    return real(mass, support, kind=Probability, **more)


# ------------------------------------------------------------------ densities


@pytest.mark.parametrize("model", SHIPPED, ids=lambda m: m.name)
def test_every_model_that_ships_is_judged_to_have_a_density(model: Model[NoiseModel]) -> None:
    found = check_density(model)
    assert found.judged
    assert len(set(found.points)) == 3


def _doubled(noise: Noise) -> Noise:
    return replace(noise, density=lambda *a: mul(TWO, noise.density(*a)))


@pytest.mark.parametrize("model", [m for m, _ in STANDARD], ids=lambda m: m.name)
def test_twice_a_density_is_refused_with_what_it_came_to(model: Model[Noise]) -> None:
    with pytest.raises(NotADensity, match=r"total mass is (2|1\.99999999\d*) instead of 1 at f = 0.4"):
        check_density(replace(model, noise=_doubled(model.noise)))


@pytest.mark.parametrize("noise", [Categorical(), OneHot(), Multinomial()], ids=lambda c: type(c).__name__)
def test_classes_whose_probabilities_do_not_add_up_are_refused(noise: Any) -> None:
    class Wrong(type(noise)):  # type: ignore[misc]
        def factor(self, predictor: Any) -> Expr:
            return mul(TWO, super().factor(predictor))

    with pytest.raises(NotADensity, match="total mass is 2 instead of 1"):
        check_density(Model("wrong", Wrong(), LinearScores()))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (real(lambda f, v: exp(neg(power(sub(v, f), TWO)))), "total mass is 1.77245385 instead of 1"),
        (real(lambda f, v: exp(neg(absolute(sub(v, f))))), "total mass is 2 instead of 1 at f = 0.4"),
        (counts(lambda f, v: mul(power(exp(f), v), exp(neg(exp(f))))), "total mass is more than"),
        (counts(lambda f, v: power(inverse(TWO), v)), "total mass is 2 instead of 1"),
        (counts(lambda f, v: power(inverse(TWO), v), INTEGER), "total mass is more than"),
        (real(lambda f, v: f, UNIT), "total mass is 0.4 instead of 1"),
        (real(lambda f, v: sub(mul(TWO, v), mul(TWO, mul(f, sub(ONE, mul(TWO, v))))), UNIT), "is negative: -0.*y = "),
        (counts(lambda f, v: mul(f, power(sub(ONE, f), v))), "is negative: -"),
        (
            real(lambda f, v: inverse(mul(pi, add(ONE, power(sub(v, f), TWO)))), POSITIVE),
            "total mass is 0.6211",
        ),
    ],
    ids=["bell", "tent", "no factorial", "halves", "halves both ways", "constant", "negative", "geometric", "half"],
)
def test_what_is_not_a_density_is_refused(model: Model[Noise], message: str) -> None:
    with pytest.raises(NotADensity, match=message):
        check_density(model)


@pytest.mark.parametrize(
    "model",
    [
        real(lambda f, v: mul(inverse(TWO), exp(neg(absolute(sub(v, f)))))),
        real(lambda f, v: exp(neg(v)), POSITIVE),
        real(lambda f, v: mul(TWO, v), UNIT),
        real(lambda f, v: inverse(power(v, TWO)), Domain(low=1)),
        counts(lambda f, v: power(inverse(TWO), add(v, ONE))),
        counts(lambda f, v: mul(power(inverse(TWO), absolute(v)), inverse(Integer(3))), INTEGER),
        real(lambda f, v: mul(inverse(TWO * TWO), inverse(power(add(ONE, absolute(sub(v, f))), TWO + ONE)), TWO * TWO)),
    ],
    ids=["laplace", "exponential", "triangle", "pareto", "geometric", "both ways", "heavy tail"],
)
def test_other_densities_pass(model: Model[Noise]) -> None:
    assert check_density(model).judged


ZETA = mul(Integer(6), inverse(power(pi, TWO)))


@pytest.mark.parametrize(
    ("model", "note"),
    [
        (
            counts(lambda f, v: mul(ZETA, inverse(power(v, TWO))), Domain(low=1, low_closed=True, integer=True)),
            "only to",
        ),
        (real(lambda f, v: ONE, UNIT, kind=Probability), "not an integer"),
        (Model("elsewhere", GAUSSIAN, WrittenPredictor(lambda w, x: w[1])), "predictor is not one that ships"),
        (real(lambda f, v: mul(exp(neg(v)), Symbol("c", real=True)), POSITIVE), "no value is given for 'c'"),
    ],
    ids=["long tail", "no integer", "predictor", "undeclared"],
)
def test_where_it_cannot_judge_it_says_so(model: Model[Noise], note: str) -> None:
    found = check_density(model)
    assert not found.judged
    assert note in found.note


@pytest.mark.parametrize(
    ("noise", "prediction", "values"),
    [
        (GAUSSIAN, 3.0, {"sigma": 1e-6}),
        (GAUSSIAN, -1e6, {"sigma": 1e6}),
        (GAMMA, 2.0, {"alpha": 0.05}),
        (GAMMA, -3.0, {"alpha": 1e6}),
        (BETA, 1.5, {"phi": 1e4}),
        (BETA, -2.0, {"phi": 0.5}),
        (VON_MISES, 1.0, {"kappa": 1e6}),
        (VON_MISES, 1.0, {"kappa": 1e-6}),
        (POISSON, 7.0, {}),
        (POISSON, -20.0, {}),
        (EXPONENTIAL, 13.0, {}),
        (BINOMIAL, 0.3, {"m": 0}),
        (BINOMIAL, 0.3, {"m": 400}),
    ],
    ids=lambda value: value.name if isinstance(value, Noise) else str(value),
)
def test_tiny_and_huge_scales_have_mass_one(noise: Noise, prediction: float, values: dict[str, float]) -> None:
    mass = total_mass(Model("edge", noise, LinearPredictor()), [prediction], values)
    assert mass.value == pytest.approx(1, abs=1e-8)
    assert mass.error < 1e-8


@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_the_mass_is_what_mpmath_integrates(sigma: float) -> None:
    """An independent computation, of something that is not one."""
    model = real(lambda f, v: exp(neg(power(mul(sub(v, f), inverse(Symbol("sigma", positive=True))), TWO * TWO))))
    ours = total_mass(model, [0.3], {"sigma": sigma})
    theirs = mpmath.quad(lambda v: mpmath.exp(-(((v - 0.3) / sigma) ** 4)), [-mpmath.inf, 0.3, mpmath.inf])
    assert ours.value == pytest.approx(float(theirs), rel=1e-10)


def test_the_density_of_a_model_with_two_outputs_is_that_of_both() -> None:
    model = next(m for m, _ in STANDARD if m.name == "heteroscedastic")
    assert total_mass(model, [0.2, 3.0]).value == pytest.approx(1, abs=1e-9)
    assert "v = " in check_density(model).points[0]


# ------------------------------------------------------------------ survival functions

CENSORED = [lp.CATALOGUE[name].model for name in ("exponential-censored", "weibull-censored")]


@pytest.mark.parametrize("model", CENSORED, ids=lambda m: m.name)
def test_a_survival_function_of_another_density_is_refused(model: Any) -> None:
    assert check_density(model).judged
    other = replace(model.noise, survival=lambda f, v: mul(inverse(TWO), model.noise.survival(f, v)))
    with pytest.raises(
        NotADensity, match=r"y exceeds 0\.7 with probability 0\.\d+, but its density has the mass 0\.\d+"
    ):
        check_density(replace(model, noise=other))


# ------------------------------------------------------------------ observations


@pytest.mark.parametrize(
    ("noise", "observations", "message"),
    [
        (POISSON, [0, 3, -1], r"observation y in row 3 is -1, which is not in \{0, 1, 2, ...\}"),
        (POISSON, [0.5], r"row 1 is 0.5, which is not in \{0, 1, 2, ...\}"),
        (GAMMA, [1.0, 0.0], r"row 2 is 0, which is not in \(0, oo\)"),
        (EXPONENTIAL, [0.0, -1e-9], "row 2 is -1e-09"),
        (BETA, [0.5, 1.0, 2.0], r"row 2 is 1, which is not in \(0, 1\)"),
        (GAUSSIAN, [0.0, math.nan], "row 2 is nan, which is not in R"),
        (GAUSSIAN, [math.inf], "row 1 is inf, which is not in R"),
        (GAUSSIAN, ["a"], "must be numbers"),
        (GAUSSIAN, [[1.0]], r"must have the shape \(n,\), not \(1, 1\)"),
    ],
)
def test_observations_outside_the_support_are_refused(noise: Noise, observations: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_support(Model("m", noise, LinearPredictor()), observations)


@pytest.mark.parametrize(
    ("noise", "observations"),
    [(POISSON, [0, 3]), (GAMMA, [1e-300]), (EXPONENTIAL, [0.0]), (BETA, [0.5]), (GAUSSIAN, [-3.0]), (GAUSSIAN, [])],
)
def test_observations_in_the_support_pass(noise: Noise, observations: Any) -> None:
    check_support(Model("m", noise, LinearPredictor()), observations)
    domain = next(h.domain for h in noise.hypotheses(_marginal, LinearPredictor()) if isinstance(h, Declared))
    assert isinstance(domain, Domain)


def _marginal(label: Expr) -> Any:
    return Model("m", GAUSSIAN, LinearPredictor()).marginal(label)


@pytest.mark.parametrize(
    ("noise", "observations", "values", "message"),
    [
        (Categorical(), [1, 4], {"K": 3}, "observation y in row 2 is 4, which is not one of the classes 1..3"),
        (Categorical(), [0, 1], {"K": 3}, "row 1 is 0"),
        (Categorical(), [1, 2], {}, "'K'"),
        (OneHot(), [[1, 0], [1, 1]], {}, r"y_ik in row 2 is 2, which is not 1"),
        (OneHot(), [[1, 0], [3, -2]], {}, r"row 2 is 3, which is not in \{0, 1\}"),
        (OneHot(), [1, 0], {}, r"must have the shape \(n, K\)"),
        (Multinomial(), [[1, 0], [2, 1]], {"m": [1, 4]}, "in row 2 is 3, which is not m_i"),
        (Multinomial(), [[1, 0]], {}, "depends on 'm'"),
    ],
)
def test_classes_and_counts_of_classes_are_checked(noise: Any, observations: Any, values: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_support(Model("m", noise, LinearScores()), observations, values)


def test_classes_and_counts_of_classes_pass() -> None:
    assert check_support(Model("m", Categorical(), LinearScores()), [1, 3], {"K": 3}) is None  # type: ignore[func-returns-value]
    assert check_support(Model("m", OneHot(), LinearScores()), np.eye(3)) is None  # type: ignore[func-returns-value]


def test_more_successes_than_trials_are_refused() -> None:
    model = Model("m", BINOMIAL, LinearPredictor())
    with pytest.raises(DataError, match=r"m_i - y_i in row 2 is -1, which is not in \{0, 1, 2, ...\}"):
        check_support(model, [1, 3], {"m": [2, 2]})
    with pytest.raises(DataError, match="depends on 'm'"):
        check_support(model, [1, 3])


def test_membership_is_exact() -> None:
    assert lies_in(UNIT, 1 - 2.0**-53)
    assert not lies_in(UNIT, 1.0)
    assert lies_in(POSITIVE, 5e-324)
    assert not lies_in(Domain(nonzero=True), 0.0)


def test_the_refusals_are_errors_that_a_caller_can_act_on() -> None:
    assert issubclass(NotADensity, LossproofError)
    assert lp.DataError is DataError
