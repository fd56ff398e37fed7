"""Right-censored observations: two kinds of factor, one loss, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sympy import Symbol

import lossproof as lp
from lossproof.errors import SideConditionError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import CLOSED_UNIT, COUNT, NONNEGATIVE, POSITIVE, REAL, SIGNS, Domain
from lossproof.losses import CENSORED_EXPONENTIAL, CENSORED_WEIBULL, LOG_MEAN, WEIBULL, alpha
from lossproof.models import LinearPredictor, OpaqueNetwork
from lossproof.models.censoring import CENSORED_EXPONENTIAL_NOISE, CENSORED_WEIBULL_NOISE
from lossproof.notation.inert import ONE
from lossproof.notation.nodes import Definition
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import evaluate
from lossproof.strategies import censored

FACTORS = "∏_{i : u_i = 1} p[Y_i = y_i | X_i = x_i] · ∏_{i : u_i = 0} P[Y_i > y_i | X_i = x_i]"
STATED = {
    "exponential-censored": f"{FACTORS}  same optima  J(w)",
    "weibull-censored": f"{FACTORS}  same optima  J(w)",
    "exponential-censored-gradient": "∂J(w)/∂w_j  =  ∑_{i=1}^n (u_i - y_i exp(-f_w(x_i))) x_ij",
    "weibull-censored-gradient": "∂J(w)/∂w_j  =  ∑_{i=1}^n α [u_i - (y_i exp(-f_w(x_i)))^α] x_ij",
    "exponential-survival": "-∂S(z, y)/∂y  =  q(z, y)",
    "weibull-survival": "-∂S(z, y)/∂y  =  q(z, y)",
}


@pytest.mark.parametrize("name", STATED)
def test_what_is_stated(name: str) -> None:
    assert str(lp.derive(name).theorem) == f"|- {STATED[name]}"


def test_the_argument_begins_as_that_of_binary_labels_does() -> None:
    steps = [(s.rule.name, written(s.after)) for s in lp.derive("exponential-censored")][:6]
    density, survived = "q(f_w(x_i), y_i)", "S(f_w(x_i), y_i)"
    assert steps == [
        ("exponential distribution", f"∏_{{i : u_i = 1}} {density} · ∏_{{i : u_i = 0}} P[Y_i > y_i | X_i = x_i]"),
        ("survival function", f"∏_{{i : u_i = 1}} {density} · ∏_{{i : u_i = 0}} {survived}"),
        ("label as exponent", f"∏_{{i=1}}^n {density}^u_i · ∏_{{i : u_i = 0}} {survived}"),
        ("1 minus label as exponent", f"∏_{{i=1}}^n {density}^u_i · ∏_{{i=1}}^n {survived}^(1 - u_i)"),
        ("merge the products", f"∏_{{i=1}}^n {density}^u_i {survived}^(1 - u_i)"),
        ("by definition", "L(w)"),
    ]


def test_density_and_survival_function_are_those_of_textbooks() -> None:
    names = {d.head.name: written(d.body) for d in lp.derive("weibull-survival").theorem.definitions}
    assert names == {
        "S": "exp(-(y/exp(y\u0302))^α)",
        "q": "α/exp(y\u0302) · (y/exp(y\u0302))^(α - 1) exp(-(y/exp(y\u0302))^α)",
    }


def test_what_depends_on_the_events_alone_is_dropped() -> None:
    last = lp.derive("weibull-censored").steps[-1]
    assert last.rule.name == "drop a constant term"
    assert written(last.before) == "∑_{i=1}^n (-u_i [log α + (α - 1) log y_i]) + J(w)"


@pytest.mark.parametrize(("with_events", "without"), [(CENSORED_EXPONENTIAL, LOG_MEAN), (CENSORED_WEIBULL, WEIBULL)])
def test_without_censoring_the_loss_is_the_uncensored_one(with_events: Definition, without: Definition) -> None:
    z, value = Symbol("z", real=True), Symbol("y", real=True)
    known = (Declared(z, REAL), Declared(value, POSITIVE), Declared(alpha, POSITIVE))
    chain = lp.Chain("x", known, (), with_events(z, value, ONE))
    chain.unfold(with_events).algebra(without(z, value).body)
    assert str(chain.done().theorem).endswith(written(without(z, value).body))


@pytest.mark.parametrize("name", ["exponential-censored", "weibull-censored"])
def test_scipy_gives_the_same_likelihood(name: str, needs: Callable[[str], None]) -> None:
    needs("scipy")
    from scipy import stats

    chance = np.random.default_rng(7)
    inputs, w = chance.standard_normal((30, 2)), np.array([0.4, -1.1])
    scale = np.exp(inputs @ w)
    events, values = chance.integers(0, 2, 30), chance.exponential(scale)
    frozen = stats.expon(scale=scale) if name.startswith("exponential") else stats.weibull_min(1.7, scale=scale)
    expected = -np.where(events == 1, frozen.logpdf(values), frozen.logsf(values)).sum()
    numbers = {"n": 30, "d": 2, "w": w, "x": inputs, "y": values, "u": events, "alpha": 1.7}
    turn = next(s for s in lp.derive(name) if s.rule.name == "minus log is strictly decreasing")
    assert evaluate(turn.after, numbers) == pytest.approx(expected, rel=1e-10)


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize("events", [CLOSED_UNIT, REAL, COUNT, SIGNS], ids=str)
@pytest.mark.parametrize("noise", [CENSORED_EXPONENTIAL_NOISE, CENSORED_WEIBULL_NOISE], ids=lambda n: n.name)
def test_an_indicator_that_is_not_0_or_1_is_refused(noise: censored.Censored, events: Domain) -> None:
    with pytest.raises(SideConditionError) as caught:
        lp.derive(lp.Model("soft", replace(noise, events=events), LinearPredictor()))
    assert caught.value.rule == "label as exponent"
    assert "u_i in {0, 1}" in str(caught.value)


def test_a_weibull_time_of_zero_is_refused() -> None:
    at_zero = replace(CENSORED_WEIBULL_NOISE, noise=replace(CENSORED_WEIBULL_NOISE.noise, support=NONNEGATIVE))
    with pytest.raises(SideConditionError, match="0 < y_i"):
        lp.derive(lp.Model("at-zero", at_zero, LinearPredictor()))


def test_a_survival_function_that_does_not_belong_to_the_density_is_found_out() -> None:
    with pytest.raises(lp.LossproofError):
        censored.survival("x", replace(CENSORED_EXPONENTIAL_NOISE, survival=CENSORED_WEIBULL_NOISE.survival))


def test_any_network_will_do() -> None:
    d = lp.derive(lp.Model("network", CENSORED_EXPONENTIAL_NOISE, OpaqueNetwork(values=REAL)))
    assert written(d.rhs) == "J(θ)"
    assert d.verify("finite,balls").ok
