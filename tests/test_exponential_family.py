"""Exponential families: what is stated for any of them, the instances, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath
import pytest
from sympy import Symbol

import lossproof as lp
from lossproof.errors import LossproofError, SideConditionError
from lossproof.kernel.conditions import Declared, Hypothesis, Maps
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.models import BINOMIAL, GAUSSIAN, Noise, i, y
from lossproof.models.distributions import (
    EXPONENTIAL,
    GAMMA,
    GEOMETRIC,
    INVERSE_GAUSSIAN,
    NEGATIVE_BINOMIAL,
    POISSON,
)
from lossproof.models.symbols import TRIALS
from lossproof.notation.inert import ONE, derivative, exp, log, sub
from lossproof.notation.nodes import Curve, Head
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.rulebook import calculus
from lossproof.strategies import exponential_family as family
from lossproof.strategies.exponential_family import FAMILIES, MODEL, Family, eta

STATED = {
    "exponential-family": "p[Y = y | X = x]  same optima  J(w)",
    "exponential-family-equation": "-log L(w)  =  ∑_{i=1}^n (-log h(y_i)) + J(w)",
    "exponential-family-gradient": "∂J(w)/∂w_j  =  ∑_{i=1}^n (A'(f_w(x_i)) - T(y_i)) x_ij",
    "exponential-family-line-slope": "∂g(t)/∂t  =  ∑_{i=1}^n (A'(f_t(x_i)) - T(y_i)) ∑_{j=1}^d v_j x_ij",
    "exponential-family-convexity": "∂/∂t ∂g(t)/∂t  =  ∑_{i=1}^n A''(f_t(x_i)) (∑_{j=1}^d v_j x_ij)^2  in [0, oo)",
    "bernoulli-exponential-family": "σ(η)^y_i (1 - σ(η))^(1 - y_i)  =  exp(η y_i - A(η))",
    "poisson-exponential-family": "1/y_i! · exp(η)^y_i exp(-exp(η))  =  1/y_i! · exp(η y_i - A(η))",
    "exponential-exponential-family": "1/exp(-log(-η)) · exp(-y_i/exp(-log(-η)))  =  exp(η y_i - A(η))",
}

#: ``A(eta)``, ``A'(eta)`` and ``A''(eta)``.
CUMULANTS = {
    "bernoulli": ("softplus(η)", "σ(η)", "σ(η) (1 - σ(η))"),
    "binomial": ("m_i softplus(η)", "m_i σ(η)", "m_i σ(η) (1 - σ(η))"),
    "poisson": ("exp(η)", "exp(η)", "exp(η)"),
    "gaussian": ("1/2 · σ^2 η^2", "σ^2 η", "σ^2"),
    "exponential": ("-log(-η)", "-1/η", "1/η^2"),
    "gamma": ("-α log(-η)", "-α/η", "α/η^2"),
    "inverse-gaussian": ("-√(2 λ η)", "-√(λ/(2 η))", "1/λ · [√(λ/(2 η))]^3"),
    "geometric": ("η - log(1 - exp(η))", "1/(1 - exp(η))", "exp(η)/(1 - exp(η))^2"),
    "negative-binomial": ("-r log(1 - exp(η))", "r exp(η)/(1 - exp(η))", "r exp(η)/(1 - exp(η))^2"),
}
NOISES: dict[str, Noise] = {
    "binomial": BINOMIAL,
    "poisson": POISSON,
    "gaussian": GAUSSIAN,
    "exponential": EXPONENTIAL,
    "gamma": GAMMA,
    "inverse-gaussian": INVERSE_GAUSSIAN,
    "geometric": GEOMETRIC,
    "negative-binomial": NEGATIVE_BINOMIAL,
}


@pytest.mark.parametrize("name", STATED)
def test_what_is_stated(name: str) -> None:
    assert str(lp.derive(name).theorem) == f"|- {STATED[name]}"


@pytest.mark.parametrize("one", FAMILIES, ids=lambda f: f.name)
def test_cumulant_mean_and_variance(one: Family) -> None:
    cumulant, mean, variance = CUMULANTS[one.name]
    assert written(one.cumulant) == cumulant
    assert str(family.mean(one).theorem) == f"|- ∂A(η)/∂η  =  {mean}"
    bend = family.variance(one).theorem
    assert str(bend) == f"|- ∂/∂η ∂A(η)/∂η  =  {variance}  in [0, oo)"
    assert bend.claim == NONNEGATIVE
    assert written(family.instance(one).rhs).endswith("- A(η))")


@pytest.mark.parametrize("one", [f for f in FAMILIES if f.name in NOISES], ids=lambda f: f.name)
@pytest.mark.parametrize("at", [0.3, 1.7])
def test_the_slope_of_the_shipped_loss_is_that_of_the_family(one: Family, at: float) -> None:
    """``scale dl/dz (z) dz/d eta = A'(eta) - T(y)`` at ``z = z(eta)``."""
    noise, number = NOISES[one.name], Precise(50)
    values: dict[str, Any] = {"n": 1, "y": [0.5 if one.support == POSITIVE or not one.support.integer else 2]}
    values |= {"eta": at if one.natural.high > 0 else -at, "m": [4], "y": values["y"]}
    values |= {"sigma": 0.7, "alpha": 2.3, "lambda": 1.9, "r": 3.1}
    point = Instance(values, indices={"i": 1})

    def value(e: Any) -> mpmath.mpf:
        return evaluate(e, point, number)

    assert noise.slope is not None
    known = tuple(TRIALS[i] for _ in noise.known)
    slope = value(noise.scale) * value(noise.slope(one.score, y[i], *known)) * value(derivative(one.score, eta))
    assert abs(slope - (value(one.mean) - value(one.statistic))) < 1e-14


def test_the_convexity_needs_nothing_of_the_base_measure() -> None:
    hypotheses = [str(h) for h in lp.derive("exponential-family-convexity").theorem.hypotheses]
    assert "A''(t) in [0, oo) for every t in R" in hypotheses
    assert not any(h.startswith("0 < h") for h in hypotheses)


# ------------------------------------------------------------------ refusals


def _without(*dropped: Hypothesis, more: tuple[Hypothesis, ...] = ()) -> lp.Model[Noise]:
    kept = tuple(h for h in family.NOISE.declared if h not in dropped)
    return lp.Model("weaker", replace(family.NOISE, declared=(*kept, *more)), MODEL.predictor)


def test_a_second_derivative_of_unknown_sign_claims_nothing() -> None:
    unsigned = _without(family.CONVEX, more=(Maps(Head("A"), 2, REAL, REAL),))
    d = family.convexity(unsigned)
    with pytest.raises(LossproofError, match=r"claim.*A''"):
        lp.replay(d)
    assert lp.replay(lp.Derivation("x", d.hypotheses, (), d.start, d.steps)).claim is None


def test_a_second_derivative_of_which_nothing_is_known_is_not_formed() -> None:
    with pytest.raises(LossproofError):
        family.convexity(_without(family.CONVEX))


def test_a_base_measure_that_may_vanish_has_no_logarithm() -> None:
    positive = next(h for h in family.NOISE.declared if isinstance(h, Declared) and h.domain == POSITIVE)
    zero = Declared(positive.term, NONNEGATIVE, positive.ranges)
    with pytest.raises(SideConditionError) as caught:
        lp.derive(_without(positive, more=(zero,)))
    assert caught.value.missing == "0 < h(y_i) (only h(y_i) in [0, oo) is known)"


def test_a_natural_parameter_outside_the_cumulants_domain_is_refused() -> None:
    half = tuple(Maps(Head("A"), order, POSITIVE, REAL) for order in range(3))
    maps = tuple(h for h in family.NOISE.declared if isinstance(h, Maps))
    with pytest.raises(SideConditionError, match="A"):
        lp.derive(_without(*maps, more=half))


u = Symbol("u")
A = Head("A")


@pytest.mark.parametrize(
    "maps",
    [
        (Maps(A, 0, REAL, REAL),),
        (Maps(A, 0, REAL, REAL), Maps(A, 1, POSITIVE, REAL)),
        (Maps(A, 0, REAL, REAL), Maps(A, 1, NONNEGATIVE, REAL)),
        (Maps(A, 1, REAL, REAL),),
        (Maps(Head("B"), 0, REAL, REAL), Maps(Head("B"), 1, REAL, REAL)),
    ],
    ids=["no derivative", "derivative elsewhere", "derivative on a closed set", "no value", "another function"],
)
def test_the_chain_rule_asks_for_the_derivative_where_it_is_taken(maps: tuple[Maps, ...]) -> None:
    chain = lp.Chain("x", (Declared(u, REAL), *maps), (), derivative(Curve(A, 0, u), u))
    with pytest.raises(SideConditionError):
        chain.rewrite(calculus.DERIVATIVE_OF_CURVE)


def test_a_constant_argument_does_not_make_up_a_derivative() -> None:
    v = Symbol("v")
    known = (Declared(u, REAL), Declared(v, REAL), Maps(A, 0, REAL, REAL))
    chain = lp.Chain("x", known, (), derivative(Curve(A, 0, v), u))
    with pytest.raises(SideConditionError, match=r"A'\(v\) in R"):
        chain.rewrite(calculus.DERIVATIVE_OF_CURVE)


def test_a_derivative_of_too_high_an_order_is_refused() -> None:
    known = (Declared(u, REAL), *(Maps(A, order, REAL, REAL) for order in range(4)))
    chain = lp.Chain("x", known, (), derivative(Curve(A, 3, u), u))
    with pytest.raises(LossproofError):
        chain.rewrite(calculus.DERIVATIVE_OF_CURVE)


def test_the_exponential_of_a_number_below_zero_is_below_one() -> None:
    below, above = Facts([Declared(u, -POSITIVE)]), Facts([Declared(u, POSITIVE)])
    e = exp(u)
    assert below.shows(log(sub(ONE, e)), REAL)
    assert above.shows(log(sub(e, ONE)), REAL)
    assert not Facts([Declared(u, NONNEGATIVE)]).shows(log(sub(e, ONE)), REAL)
    assert not Facts([Declared(u, -NONNEGATIVE)]).shows(log(sub(ONE, e)), REAL)
