"""A line fitted by least squares and a variance profiled out: statements, refusals, numbers."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Expr

import lossproof as lp
from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Declared, Hypothesis, Member, Range
from lossproof.kernel.domains import COUNT, NONNEGATIVE, POSITIVE, POSITIVE_COUNT, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.schema import Abstraction
from lossproof.kernel.steps import Place, apply
from lossproof.models import OBSERVATIONS, i, j, n, x, y
from lossproof.notation.inert import ONE, TWO, ZERO, add, derivative, mul, power, sub, total
from lossproof.notation.plain import written
from lossproof.referees.instances import Manner, Setting, draw
from lossproof.rulebook import calculus, sums
from lossproof.strategies import profile_likelihood as profile
from lossproof.strategies import simple_regression as line

STATEMENTS = {
    "simple-linear-regression": "RSS(a, b)  =  RSS(â, b̂) + ∑_{i=1}^n [â - a + (b̂ - b) x_i]^2",
    "simple-linear-regression-minimum": "RSS(a, b) - RSS(â, b̂)  =  ∑_{i=1}^n [â - a + (b̂ - b) x_i]^2  in [0, oo)",
    "simple-linear-regression-excess": (
        "RSS(a, b) - RSS(â, b̂)  =  n [â - a + (b̂ - b) x̄]^2 + S_xx (b̂ - b)^2  in [0, oo)"
    ),
    "simple-linear-regression-intercept": "∑_{i=1}^n r̂_i  =  0",
    "simple-linear-regression-slope": "∑_{i=1}^n r̂_i x_i  =  0",
    "simple-linear-regression-intercept-derivative": "∂RSS(a, b)/∂a  =  -2 ∑_{i=1}^n (y_i - a - b x_i)",
    "simple-linear-regression-slope-derivative": "∂RSS(a, b)/∂b  =  -2 ∑_{i=1}^n (y_i - a - b x_i) x_i",
    "simple-linear-regression-covariance": "b̂  =  Cov_xy/Var_x",
    "simple-linear-regression-deviations-x": "∑_{i=1}^n (x_i - x̄)  =  0",
    "simple-linear-regression-deviations-y": "∑_{i=1}^n (y_i - ȳ)  =  0",
    "profile-likelihood": "NLL(v̂)  =  n/2 · (log(2 π RSS/n) + 1)",
    "profile-likelihood-minimum": "NLL(v) - NLL(v̂)  =  n/2 · (v̂/v - 1 - log(v̂/v))  in [0, oo)",
    "profile-likelihood-derivative": "∂NLL(v)/∂v  =  n/(2 v) - RSS/(2 v^2)",
    "profile-likelihood-stationary": "n/(2 v̂) - RSS/(2 v̂^2)  =  0",
    "profile-likelihood-densities": "-log ∏_{i=1}^n (2 π v)^(-1/2) exp(-r_i^2/(2 v))  =  NLL(v)",
}


def said(thing: object) -> str:
    """As text, an accent and its letter in one character."""
    return unicodedata.normalize("NFC", str(thing))


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_theorem_says_what_it_should(name: str) -> None:
    assert said(lp.derive(name).theorem) == said(f"|- {STATEMENTS[name]}")


def test_the_statements_cover_the_entries() -> None:
    assert set(STATEMENTS) == {entry.name for module in (line, profile) for entry in module.ENTRIES}


def test_names_stand_for_what_a_textbook_says() -> None:
    notation = {said(written(d)) for d in lp.derive("simple-linear-regression").theorem.definitions}
    expected = {
        "RSS(a, b) := ∑_{i=1}^n (y_i - a - b x_i)^2",
        "x̄ := 1/n · ∑_{i=1}^n x_i",
        "S_xx := ∑_{i=1}^n (x_i - x̄)^2",
        "S_xy := ∑_{i=1}^n (x_i - x̄) (y_i - ȳ)",
        "b̂ := S_xy/S_xx",
        "â := ȳ - b̂ x̄",
        "r̂_i := y_i - â - b̂ x_i",
    }
    assert notation >= set(map(said, expected))


def test_the_theorems_list_that_inputs_differ_and_that_there_is_one() -> None:
    for name in ("simple-linear-regression", "simple-linear-regression-slope", "simple-linear-regression-minimum"):
        listed = [str(h) for h in lp.derive(name).theorem.hypotheses]
        assert "0 < S_xx" in listed
        assert "n in {1, 2, 3, ...}" in listed
    assert "0 < S_xx" not in map(str, lp.derive("simple-linear-regression-deviations-x").theorem.hypotheses)


def test_the_reason_for_the_best_variance_is_named() -> None:
    d = lp.derive("profile-likelihood-minimum")
    shown = d.facts.discharge("claim", Member(d.rhs, NONNEGATIVE))
    assert "log u <= u - 1" in [fact.because for fact in shown.grounds()]


# ------------------------------------------------------------------ refusals


def _without(hypotheses: tuple[Hypothesis, ...], term: Expr, *instead: Hypothesis) -> tuple[Hypothesis, ...]:
    return (*(h for h in hypotheses if not (isinstance(h, Declared) and h.term == term)), *instead)


@pytest.mark.parametrize(
    "entry", [e for e in line.ENTRIES if "deviations" not in e.name and "derivative" not in e.name]
)
@pytest.mark.parametrize("instead", [(), (Declared(line.S_XX, NONNEGATIVE),)])
def test_inputs_that_may_all_be_equal_are_refused(
    entry: Any, instead: tuple[Hypothesis, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "HYPOTHESES", _without(line.HYPOTHESES, line.S_XX, *instead))
    with pytest.raises(SideConditionError, match="S_xx"):
        entry.derive()


@pytest.mark.parametrize("entry", [e for e in line.ENTRIES if "derivative" not in e.name])
def test_an_empty_data_set_is_refused_where_there_is_a_mean(entry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for which in ("DATA", "HYPOTHESES"):
        monkeypatch.setattr(line, which, _without(getattr(line, which), n, Declared(n, COUNT)))
    with pytest.raises(SideConditionError, match=r"n in R without 0|0, 1, 2"):
        entry.derive()


@pytest.mark.parametrize("entry", [e for e in line.ENTRIES if "derivative" in e.name])
def test_the_derivatives_need_neither(entry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "DATA", _without(line.DATA, n, Declared(n, COUNT)))
    assert str(entry.derive().theorem) == f"|- {STATEMENTS[entry.name]}"


@pytest.mark.parametrize("name", ["profile", "minimum", "stationary"])
@pytest.mark.parametrize(
    ("term", "instead"),
    [(profile.RSS, ()), (profile.RSS, (Declared(profile.RSS, NONNEGATIVE),)), (n, (Declared(n, COUNT),))],
)
def test_an_exact_fit_and_an_empty_data_set_are_refused(
    name: str, term: Expr, instead: tuple[Hypothesis, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "HYPOTHESES", _without(profile.HYPOTHESES, term, *instead))
    with pytest.raises(SideConditionError):
        getattr(profile, name)()


def test_a_claim_that_does_not_hold_is_refused() -> None:
    d = line.minimum()
    wrong = lp.Derivation(d.name, d.hypotheses, d.parameters, d.start, d.steps, d.title, POSITIVE)
    with pytest.raises(lp.ReplayError):
        _ = wrong.theorem


# ------------------------------------------------------------------ the new rules, misapplied

FACTS = Facts(
    (Declared(n, COUNT), Declared(x[i], REAL, (OBSERVATIONS,)), Declared(line.a, REAL), Declared(line.b, REAL))
)
OVER: dict[str, Any] = {"i": i, "m": ONE, "n": n}


def _try(rule: lp.Rule, before: Expr, **given: Any) -> Expr:
    return apply(rule, (Place((), tuple(sorted(given.items()))),), before, FACTS).after


def _sum(body: Expr) -> Expr:
    return total(body, i, ONE, n)


def test_linearity_needs_no_condition() -> None:
    each = (Abstraction((i,), x[i]), Abstraction((j,), mul(line.a, y[j])))
    after = _try(sums.SUM_OF_TERMS, _sum(add(x[i], mul(line.a, y[i]))), a=each, **OVER)
    assert after == add(_sum(x[i]), _sum(mul(line.a, y[i])))


@pytest.mark.parametrize(
    "each",
    [
        (Abstraction((j,), x[i]), Abstraction((j,), y[j])),  # the first escapes its sum
        (x[i], y[i]),
        (Abstraction((i, j), x[i]), Abstraction((i,), y[i])),
        (Abstraction((i,), x[i]),),
        (Abstraction((i,), y[i]), Abstraction((i,), x[i])),
        ((Abstraction((i,), x[i]),), Abstraction((i,), y[i])),
        Abstraction((i,), add(x[i], y[i])),
    ],
)
def test_terms_that_do_not_make_up_the_sum_are_refused(each: Any) -> None:
    with pytest.raises(LossproofError):
        _try(sums.SUM_OF_TERMS, _sum(add(x[i], y[i])), a=each, **OVER)


def test_a_factor_that_depends_on_the_index_stays_in_the_sum() -> None:
    with pytest.raises(RuleDoesNotApply, match="bound index"):
        _try(sums.CONSTANT_FACTOR_OUT_OF_SUM, _sum(mul(x[i], y[i])), c=x[i], a=Abstraction((j,), y[j]), **OVER)
    chain = lp.Chain("x", FACTS.hypotheses, (), _sum(mul(x[i], y[i])))
    with pytest.raises(RuleDoesNotApply, match="no part of it"):
        chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)


def test_a_factor_that_may_be_undefined_stays_in_the_sum() -> None:
    strange = power(line.a, sub(ZERO, ONE))
    with pytest.raises(SideConditionError):
        _try(sums.CONSTANT_FACTOR_OUT_OF_SUM, _sum(mul(strange, x[i])), c=strange, a=Abstraction((i,), x[i]), **OVER)


def test_a_constant_is_summed_over_a_count_of_terms_only() -> None:
    assert _try(sums.SUM_OF_CONSTANT, _sum(line.a), c=line.a, i=i, n=n) == mul(n, line.a)
    with pytest.raises(SideConditionError, match="0, 1, 2"):
        _try(sums.SUM_OF_CONSTANT, total(line.a, i, ONE, line.b), c=line.a, i=i, n=line.b)
    with pytest.raises(RuleDoesNotApply, match="bound index"):
        _try(sums.SUM_OF_CONSTANT, _sum(x[i]), c=x[i], i=i, n=n)
    with pytest.raises(RuleDoesNotApply):
        _try(sums.SUM_OF_CONSTANT, total(line.a, i, ZERO, n), c=line.a, i=i, n=n)
    with pytest.raises(SideConditionError):
        _try(sums.SUM_OF_CONSTANT, _sum(power(line.a, -ONE)), c=power(line.a, -ONE), i=i, n=n)


def test_what_contains_the_variable_is_no_constant() -> None:
    a, b = line.a, line.b
    with pytest.raises(SideConditionError, match="b contains b"):
        _try(calculus.DERIVATIVE_OF_CONSTANT, derivative(b, b), c=b, v=b)
    with pytest.raises(SideConditionError, match="contains a"):
        _try(calculus.DERIVATIVE_OF_CONSTANT, derivative(line.RSS(a, b), a), c=line.RSS(a, b), v=a)
    assert _try(calculus.DERIVATIVE_OF_CONSTANT, derivative(b, a), c=b, v=a) == ZERO


def test_the_inverse_of_what_may_be_zero_has_no_derivative() -> None:
    a = line.a
    with pytest.raises(SideConditionError):
        _try(calculus.DERIVATIVE_OF_INVERSE, derivative(power(a, -ONE), a), u=a, v=a)
    assert _try(calculus.DERIVATIVE_OF_SQUARE, derivative(power(a, TWO), a), u=a, v=a) is not None


# ------------------------------------------------------------------ the referee


def test_an_instance_that_breaks_a_declaration_is_passed_over() -> None:
    d = line.decomposition()
    assert draw(Setting.of(d), random.Random(0), Manner.SMALLEST) == "it would have to satisfy 0 < S_xx"
    drawn = [draw(Setting.of(d), random.Random(k)) for k in range(12)]
    assert sum(not isinstance(instance, str) for instance in drawn) > 6


# ------------------------------------------------------------------ numbers

_NUMBERS = st.floats(-50, 50, allow_nan=False, width=32)
_POINTS = st.lists(st.tuples(_NUMBERS, _NUMBERS), min_size=2, max_size=12).filter(
    lambda points: float(np.ptp([p[0] for p in points])) > 0.5
)


def _values(points: list[tuple[float, float]]) -> dict[str, Any]:
    return {"n": len(points), "x": [p[0] for p in points], "y": [p[1] for p in points]}


@given(_POINTS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_slope_and_intercept_are_those_of_scipy(
    needs: Callable[[str], None], points: list[tuple[float, float]]
) -> None:
    needs("scipy")
    from scipy.stats import linregress

    values = _values(points)
    peer = linregress(values["x"], values["y"])
    assert lp.evaluate(line.SLOPE, values) == pytest.approx(peer.slope, rel=1e-6, abs=1e-6)
    assert lp.evaluate(line.INTERCEPT, values) == pytest.approx(peer.intercept, rel=1e-6, abs=1e-6)


def test_slope_intercept_and_least_squares_are_those_of_statsmodels(needs: Callable[[str], None]) -> None:
    needs("statsmodels")
    from statsmodels import api as statsmodels

    chance = np.random.default_rng(0)
    inputs = chance.normal(size=40)
    values = {"n": 40, "x": inputs, "y": 2 - 3 * inputs + chance.normal(size=40)}
    fit = statsmodels.OLS(values["y"], statsmodels.add_constant(inputs)).fit()
    assert [lp.evaluate(e, values) for e in (line.INTERCEPT, line.SLOPE)] == pytest.approx(list(fit.params))
    assert lp.evaluate(line.LEAST, values) == pytest.approx(fit.ssr)


@given(_POINTS, _NUMBERS, _NUMBERS)
@settings(max_examples=40)
def test_no_other_line_does_better(points: list[tuple[float, float]], a: float, b: float) -> None:
    values = {**_values(points), "a": a, "b": b}
    least, other = (lp.evaluate(e, values) for e in (line.LEAST, line.RSS(line.a, line.b)))
    assert least <= other * (1 + 1e-9) + 1e-6
    excess = lp.derive("simple-linear-regression-excess")
    assert lp.evaluate(excess.rhs, values) == pytest.approx(other - least, rel=1e-5, abs=1e-3)


def test_the_likelihood_is_that_of_scipy_and_least_at_the_mean_squared_residual(needs: Callable[[str], None]) -> None:
    needs("scipy")
    from scipy.optimize import minimize_scalar
    from scipy.stats import norm

    residuals = np.random.default_rng(1).normal(scale=2.0, size=25)
    values = {"n": 25, "r": residuals}

    def nll(variance: float) -> float:
        return float(lp.evaluate(profile.NLL(profile.v), {**values, "v": variance}))

    for variance in (0.3, 1.0, 7.5):
        assert nll(variance) == pytest.approx(-norm.logpdf(residuals, scale=np.sqrt(variance)).sum())
    best = lp.evaluate(profile.BEST, values)
    assert best == pytest.approx(norm.fit(residuals, floc=0)[1] ** 2)
    assert minimize_scalar(nll, bounds=(0.01, 50), method="bounded").x == pytest.approx(best, rel=1e-4)
    assert lp.evaluate(lp.derive("profile-likelihood").rhs, values) == pytest.approx(nll(best))


def test_a_range_with_another_bound_is_another_range() -> None:
    """The mean is taken over ``1..n``; declarations over ``0..n`` say nothing of it."""
    shifted = Range(i, ZERO, n)
    facts = (Declared(n, POSITIVE_COUNT), Declared(x[i], REAL, (shifted,)))
    chain = lp.Chain("x", facts, (), _sum(sub(x[i], line.X_MEAN)))
    with pytest.raises(SideConditionError):
        chain.rewrite(sums.SUM_OF_TERMS).rewrite(sums.SUM_OF_CONSTANT)
