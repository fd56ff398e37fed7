"""Which relation holds between a Gaussian likelihood and the squared error, its mean, its half, its multiples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sympy import Float, Rational, Symbol

import lossproof as lp
from lossproof.errors import ReplayError, RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation, replay
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.kernel.relations import Kind
from lossproof.losses import sigma
from lossproof.models import n, w
from lossproof.notation.inert import ONE, ZERO, exp, inverse, neg, power
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.rulebook.optima import DROP_CONSTANT_TERM
from lossproof.strategies.likelihood import equation
from lossproof.strategies.squared_error import SOME_OBSERVATION

REGRESSION = lp.derive("linear-regression")
ENDS = {
    "mean-squared-error": "1/n · ∑_{i=1}^n (y_i - f_θ(x_i))^2",
    "half-squared-error": "1/2 · ∑_{i=1}^n (y_i - f_θ(x_i))^2",
    "squared-error-times-n": "n ∑_{i=1}^n (y_i - f_θ(x_i))^2",
}


@pytest.mark.parametrize("name", ENDS)
def test_a_positive_multiple_has_the_same_minimisers(name: str) -> None:
    d = lp.derive(name)
    assert written(d.rhs) == ENDS[name]
    assert d.theorem.relation.kind is Kind.SAME_OPTIMA
    assert d.theorem.relation.reverses


def test_any_derivation_can_be_scaled() -> None:
    d = lp.scaled(lp.derive("poisson"), inverse(n), assuming=[SOME_OBSERVATION], name="mean-poisson", title="Mean")
    assert (d.name, written(d.rhs)) == ("mean-poisson", "1/n · J(w)")
    assert d.theorem.relation.kind is Kind.SAME_OPTIMA
    assert lp.load(d.to_json()) == d
    again = lp.scaled(d, n)
    assert written(again.rhs) == "n · 1/n · J(w)"


def test_what_is_assumed_takes_the_place_of_what_was_weaker() -> None:
    d = lp.scaled(REGRESSION, inverse(n), assuming=[SOME_OBSERVATION])
    about_n = [str(h) for h in d.theorem.hypotheses if str(h).startswith("n in")]
    assert about_n == ["n in {1, 2, 3, ...}"]
    c = Symbol("c", real=True)
    new = lp.scaled(REGRESSION, c, assuming=[Declared(c, POSITIVE)])
    assert "0 < c" in map(str, new.theorem.hypotheses)


# ------------------------------------------------------------------ what is refused


def test_without_an_observation_there_is_no_mean() -> None:
    with pytest.raises(SideConditionError) as caught:
        lp.scaled(REGRESSION, inverse(n))
    assert caught.value.rule == "scale by a positive constant"
    assert "n in {0, 1, 2, ...}" in caught.value.missing


def test_n_times_the_loss_of_no_observation_says_nothing() -> None:
    with pytest.raises(SideConditionError, match="scale by a positive constant"):
        lp.scaled(REGRESSION, n)


@pytest.mark.parametrize("factor", [ZERO, neg(ONE), Rational(-1, 2), neg(inverse(power(sigma, 2 * ONE)))], ids=str)
def test_a_factor_that_is_not_positive_is_refused(factor: lp.Rule) -> None:
    with pytest.raises(SideConditionError, match="scale by a positive constant"):
        lp.scaled(REGRESSION, factor)


def test_a_factor_that_is_only_known_not_to_be_negative_is_refused() -> None:
    c = Symbol("c", real=True)
    for domain in (NONNEGATIVE, REAL):
        with pytest.raises(SideConditionError, match="0 < c"):
            lp.scaled(REGRESSION, c, assuming=[Declared(c, domain)])


def test_python_numbers_without_rounding_are_factors() -> None:
    assert lp.scaled(REGRESSION, 2) == lp.scaled(REGRESSION, 2 * ONE)
    assert lp.scaled(REGRESSION, Fraction(1, 2)) == lp.scaled(REGRESSION, Rational(1, 2))
    for factor in (0, -1, Fraction(-1, 2)):
        with pytest.raises(SideConditionError, match="scale by a positive constant"):
            lp.scaled(REGRESSION, factor)


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (0.5, r"write Rational\(1, 2\)"),
        (1e-6, r"write Rational\(1, 1000000\)"),
        (Float(0.25), r"write Rational\(1, 4\)"),
        (float("nan"), "write Rational"),
        ("1/2", r"a factor of type str \('1/2'\)"),
        (True, "a factor of type bool"),
        (None, "a factor of type NoneType"),
    ],
)
def test_what_is_rounded_or_no_number_is_no_factor(factor: Any, said: str) -> None:
    with pytest.raises(UnsupportedExpression, match=said):
        lp.scaled(REGRESSION, factor)


REMEDY = r"assuming=\(lp\.Declared\(n, lp\.POSITIVE\),\) with n of lossproof\.models$"


def test_the_message_says_how_to_declare_an_observation() -> None:
    with pytest.raises(SideConditionError, match=REMEDY):
        lp.scaled(REGRESSION, inverse(n))
    d = lp.scaled(REGRESSION, inverse(n), assuming=(lp.Declared(n, lp.POSITIVE),))
    assert written(d.rhs) == "1/n · J(w)"


def test_a_factor_that_contains_a_parameter_is_refused() -> None:
    with pytest.raises(SideConditionError, match="contains w"):
        lp.scaled(REGRESSION, exp(w[ONE]), assuming=[Declared(w[ONE], REAL)])
    with pytest.raises(SideConditionError, match="does not contain w"):
        lp.scaled(REGRESSION, exp(REGRESSION.rhs))


def test_with_the_noise_estimated_too_the_constant_is_not_one() -> None:
    both = replace(lp.LINEAR_REGRESSION, estimated=(sigma,))
    with pytest.raises(SideConditionError) as caught:
        lp.derive(both)
    assert caught.value.rule == "drop a constant term"
    assert caught.value.condition == "n/2 · log(2 π σ^2) does not contain w, σ"
    assert caught.value.missing == "n/2 · log(2 π σ^2) contains sigma"


def test_with_the_noise_estimated_too_the_equation_still_holds() -> None:
    d = lp.derive("linear-regression-equation")
    both = replace(d, parameters=(*d.parameters, sigma))
    assert str(replay(both)) == "|- -log L(w)  =  n/2 · log(2 π σ^2) + 1/(2 σ^2) · J(w)"


def test_a_factor_that_contains_a_parameter_is_not_dropped_either() -> None:
    d = REGRESSION[17:]
    both = replace(d, parameters=(*d.parameters, sigma))
    with pytest.raises(ReplayError, match=r"drop a positive constant factor.*does not contain w, σ"):
        replay(both)


def test_scaling_is_refused_inside_an_expression() -> None:
    from lossproof.kernel.steps import Place, apply
    from lossproof.rulebook.optima import SCALE_BY_POSITIVE

    start = REGRESSION[17].before
    given = (("a", start.args[1]), ("c", 2 * ONE))
    with pytest.raises(RuleDoesNotApply, match="holds of the whole only"):
        apply(SCALE_BY_POSITIVE, (Place((1,), given),), start, REGRESSION.facts)


# ------------------------------------------------------------------ the relation of the whole


def chain_of(*factors: object) -> Derivation:
    """From ``n/2 log(2 pi sigma^2) + 1/(2 sigma^2) J(w)``: the constant dropped, or not, then scaled."""
    start = equation(lp.LINEAR_REGRESSION).rhs
    chain = lp.Chain("part", REGRESSION.hypotheses, REGRESSION.parameters, start)
    for factor in factors:
        if factor == "drop":
            chain.at_root(DROP_CONSTANT_TERM)
        else:
            assert isinstance(factor, (Rational, type(sigma)))
            from lossproof.rulebook.optima import SCALE_BY_POSITIVE

            chain.at_root(SCALE_BY_POSITIVE, c=factor)
    return chain.done()


@pytest.mark.parametrize(
    ("steps", "kind", "text"),
    [
        ((), Kind.EQUAL, "="),
        (("drop",), Kind.UP_TO_CONSTANT, "= up to a constant"),
        ((Rational(2),), Kind.PROPORTIONAL, "proportional"),
        ((Rational(2), sigma), Kind.PROPORTIONAL, "proportional"),
        (("drop", Rational(2)), Kind.SAME_OPTIMA, "same optima"),
    ],
    ids=["nothing", "constant", "factor", "factors", "both"],
)
def test_the_relation_of_the_whole_is_the_weakest_of_the_steps(
    steps: tuple[object, ...], kind: Kind, text: str
) -> None:
    d = chain_of(*steps)
    assert d.relation.kind is kind
    assert not d.relation.reverses
    assert str(d.theorem.relation) == text
    assert (d.theorem.relation.carries is None) == (kind is Kind.EQUAL)


def test_the_map_of_the_relation_carries_the_left_side_to_the_right() -> None:
    d = lp.derive("mean-squared-error")
    carries = d.theorem.relation.carries
    assert carries is not None
    assert written(carries.body).startswith("1/n · 1/[1/(2 σ^2)] · (-log value - n/2 · log(2 π σ^2))")
    chance = np.random.default_rng(5)
    x, y, theta = chance.standard_normal((4, 2)), chance.standard_normal(4), np.array([0.3, -0.7])
    values = {"n": 4, "d": 2, "x": x, "y": y, "theta": theta, "sigma": 0.8}
    instance = Instance(values, {"f": lambda parameters, rows: rows @ parameters})
    likelihood = d[3].before
    assert written(likelihood) == "L(θ)"
    assert evaluate(carries(likelihood), instance) == pytest.approx(evaluate(d.rhs, instance))


def test_the_relation_is_shown_in_latex_and_in_text() -> None:
    d = lp.derive("half-squared-error")
    text = d.latex()
    assert r"\operatorname*{arg\,max}_{\theta} L(\theta) & = \operatorname*{arg\,min}_{\theta}" in text
    assert r"= \operatorname*{arg\,min}_{\theta} \frac{1}{2} \, J(\theta)" in text
    assert r"\operatorname*{arg\,max}_{\theta} p[Y = y \mid X = x] = \operatorname*{arg\,min}_{\theta}" in (
        d.theorem.latex()
    )
    assert "argmin_θ J(θ) = argmin_θ 1/2 · J(θ)" in d.text()
    assert str(d.relation) == "same optima"
    assert repr(d.relation) == "<Relation: same optima over theta, a maximum of the one is a minimum of the other>"


def test_after_a_turn_the_lines_speak_of_minima() -> None:
    after = lp.derive("linear-regression").latex().partition("strictly decreasing")[2]
    assert r"arg\,min" in after
    assert r"arg\,max" not in after


# ------------------------------------------------------------------ other libraries


def test_the_peers_of_the_mean_and_the_half_compute_the_same(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    needs("torch")
    import torch
    from sklearn._loss import HalfSquaredError
    from sklearn.metrics import mean_squared_error

    chance = np.random.default_rng(2)
    y, predicted = chance.standard_normal(30), chance.standard_normal(30)
    instance = Instance(
        {"n": 30, "theta": [0.0], "x": np.zeros((30, 1)), "y": y}, {"f": lambda _theta, _rows: predicted}
    )
    mean, half = (evaluate(lp.derive(f"{name}-squared-error").rhs, instance) for name in ("mean", "half"))
    assert mean == pytest.approx(mean_squared_error(y, predicted))
    assert mean == pytest.approx(torch.nn.MSELoss()(torch.tensor(predicted), torch.tensor(y)).item())
    assert half == pytest.approx(HalfSquaredError().loss(y, predicted).sum())
