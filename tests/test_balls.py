"""The referee that encloses: what it draws satisfies what is declared, and what it cannot judge it says."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import IndexedBase, Integer, Symbol, gamma

import lossproof as lp
from lossproof.errors import NoFiniteValue
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled, Maps, Range
from lossproof.kernel.domains import (
    BINARY,
    CLOSED_UNIT,
    COUNT,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    REAL,
    UNIT,
    Domain,
    point,
)
from lossproof.models import BINOMIAL, LAPLACE, Categorical, LinearPredictor, LinearScores, Multinomial, OneHot
from lossproof.notation.inert import ONE, ZERO, add, build, derivative, exp, inverse, log, mul, neg, power, sub, total
from lossproof.notation.nodes import Curve, Head
from lossproof.numeric.evaluate import Doubles, Instance, Precise, evaluate
from lossproof.numeric.support import lies_in
from lossproof.referees import verify
from lossproof.referees.balls import difference, differs
from lossproof.referees.curves import FAMILIES, Family, functions_for
from lossproof.referees.instances import Manner, Setting, _opaque, draw
from lossproof.strategies import likelihood

n = Symbol("n", integer=True, nonnegative=True)
i = Symbol("i", integer=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
EVERY = Range(i, ONE, n)


def drawn(*hypotheses: Hypothesis, start: Any = ONE) -> list[Instance | str]:
    """What is drawn for a derivation with these hypotheses, the smallest instance first."""
    chain = lp.Chain("drawn", (Declared(n, COUNT), *hypotheses), (), add(start, ZERO))
    derivation = chain.algebra(start).done()
    manners = [Manner.SMALLEST, *([Manner.ANY] * 11)]
    return [draw(Setting.of(derivation), random.Random(seed), manner) for seed, manner in enumerate(manners)]


def instances(*hypotheses: Hypothesis) -> list[Instance]:
    found = drawn(*hypotheses)
    assert all(isinstance(f, Instance) for f in found), found
    return [f for f in found if isinstance(f, Instance)]


# ------------------------------------------------------------------ what is drawn


def test_what_is_declared_of_a_difference_holds_of_what_is_drawn() -> None:
    model = lp.Model("b", BINOMIAL, LinearPredictor())
    sizes = set()
    for instance in instances(*model.hypotheses):
        trials, successes = instance.values["m"], instance.values["y"]
        assert (trials - successes >= 0).all()
        sizes.add(len(trials))
    assert len(sizes) > 2
    assert 0 in sizes


@pytest.mark.parametrize("noise", [OneHot(), Multinomial()])
def test_counts_of_classes_add_up(noise: lp.NoiseModel) -> None:
    classes = set()
    for instance in instances(*lp.Model("m", noise, LinearScores()).hypotheses):
        trials = instance.values["m"] if isinstance(noise, Multinomial) else 1
        assert (instance.values["y"].sum(axis=1) == trials).all()
        classes.add(instance.values["y"].shape[1])
    assert len(classes) > 2


def test_an_equation_between_real_numbers_is_solved_for_one_of_them() -> None:
    shares = Declared(y[i], CLOSED_UNIT, (EVERY,))
    found = drawn(Declared(n, POSITIVE_COUNT), shares, Assumed("shares", total(y[i], i, ONE, n), ONE))
    assert all(isinstance(f, Instance) and abs(sum(f.values["y"]) - 1) < 1e-15 for f in found)
    assert any(
        len(f.values["y"]) > 3 and all(0 < v < 1 for v in f.values["y"]) for f in found if isinstance(f, Instance)
    )


def test_labels_are_classes() -> None:
    for instance in instances(*lp.Model("m", Categorical(), LinearScores()).hypotheses):
        assert all(1 <= c <= instance.values["K"] for c in instance.values["y"])


def test_no_observation_is_drawn_where_the_loss_has_a_kink() -> None:
    away = Declared(sub(y[i], x[i]), Domain(nonzero=True), (EVERY,))
    for instance in instances(Declared(y[i], BINARY, (EVERY,)), Declared(x[i], BINARY, (EVERY,)), away):
        assert (instance.values["y"] != instance.values["x"]).all()


def test_what_is_declared_of_a_sum_holds_where_the_sum_is_not_empty() -> None:
    some = Declared(total(mul(y[i], y[i]), i, ONE, n), POSITIVE)
    found = drawn(Declared(y[i], BINARY, (EVERY,)), some)
    assert found[0] == f"it would have to satisfy {some}"
    drawn_ones = [f for f in found if isinstance(f, Instance)]
    assert len(drawn_ones) == 11
    assert all(sum(f.values["y"]) > 0 for f in drawn_ones)


def test_what_cannot_be_satisfied_is_said_and_nothing_is_held() -> None:
    never = Assumed("impossible", y[i], add(y[i], ONE), (EVERY,))
    assert all(f.values["n"] == 0 for f in drawn(Declared(y[i], COUNT, (EVERY,)), never) if isinstance(f, Instance))
    never = Assumed("impossible", ZERO, ONE)
    chain = lp.Chain("no", (Declared(n, COUNT), never), (), add(n, ZERO))
    (row,) = [r for r in verify(chain.algebra(n).done()).rows if r.referee == "balls"]
    assert (row.finding, row.detail) == ("not applicable", f"it would have to satisfy {never}")


def test_closed_ends_tiny_and_huge_numbers_are_among_what_is_drawn() -> None:
    found = [v for f in instances(Declared(y[i], NONNEGATIVE, (EVERY,))) for v in f.values["y"]]
    assert 0.0 in found
    assert any(0 < v < 1e-4 for v in found)
    assert any(v > 1e4 for v in found)


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize("domain", [REAL, POSITIVE, UNIT, Domain(Fraction(-1), Fraction(3)), Domain(high=Fraction(0))])
def test_an_opaque_function_is_smooth_and_keeps_away_from_open_ends(domain: Domain) -> None:
    f = _opaque(domain, Fraction(3, 8))
    values = [f(np.array([t])) for t in (-1e6, -3.0, -1.0, 0.0, 0.5, 2.0, 1e6)]
    assert len(set(values)) == len(values)
    for v in values:
        assert lies_in(domain, v)
        assert all(abs(v - end) > 1e-3 for end in (0, 1, -1, 3) if end in (domain.low, domain.high))
    context = Precise(60).context
    h = context.mpf(10) ** -20
    slopes = [(f(np.array([t + h])) - f(np.array([t - h]))) / (2 * h) for t in (context.mpf(1) / 3, context.mpf(2))]
    assert all(0 < abs(s) < 1000 for s in slopes)


def test_an_opaque_score_depends_on_the_class_and_on_every_parameter() -> None:
    f = _opaque(REAL, Fraction(3, 8), (True, False, True))
    theta, classes, rows = np.array([0.1, 0.2]), np.array([[1, 2, 3]]), np.array([[[0.5]], [[0.7]]])
    scores = f(theta, classes, rows)
    assert scores.shape == (2, 3)
    assert len(set(scores.ravel())) == 6
    first, second = np.array([0.2, 0.2]), np.array([0.1, 0.3])
    assert f(first, classes, rows)[0, 0] != f(second, classes, rows)[0, 0]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_derivatives_of_a_family_are_its_derivatives_and_lie_where_it_says(family: Family) -> None:
    context = mpmath.mp.clone()
    context.dps = 60
    for t in (-2.5, -0.3, 0.4, 3.0):
        if not lies_in(family.source, t):
            continue
        for order, domain in enumerate(family.ranges):
            assert lies_in(domain, family.value(context, order, context.mpf(t)))
            if order:
                slope = context.diff(lambda v, k=order: family.value(context, k - 1, v), context.mpf(t))
                assert abs(slope - family.value(context, order, context.mpf(t))) < 1e-25


def test_a_function_is_found_that_maps_as_declared() -> None:
    cumulant = Head("A")
    declared = [Maps(cumulant, 0, REAL, REAL), Maps(cumulant, 1, REAL, UNIT), Maps(cumulant, 2, REAL, POSITIVE)]
    found = functions_for(declared, random.Random(0))
    assert isinstance(found, dict)
    assert {"A", "A'", "A''"} <= set(found)
    assert all(0 < found["A'"](t) < 1 for t in (-3.0, 0.0, 4.0))
    t = Symbol("t", real=True)
    instance = Instance({"t": 0.25}, found)
    assert evaluate(Curve(cumulant, 1, t), instance) == pytest.approx(
        (found["A"](0.25 + 1e-6) - found["A"](0.25 - 1e-6)) / 2e-6
    )


def test_where_no_function_is_known_the_referee_says_so() -> None:
    odd = Maps(Head("A"), 0, REAL, point(7))
    assert functions_for([odd], random.Random(0)) == odd
    assert all(found == f"no function is at hand for which {odd}" for found in drawn(odd))


# ------------------------------------------------------------------ no finite value


@pytest.mark.parametrize(
    "e",
    [
        build(gamma, (neg(n),)),
        inverse(sub(n, n)),
        log(neg(ONE)),
        power(neg(ONE), inverse(ONE + ONE)),
        log(build(gamma, (neg(inverse(ONE + ONE)),))),
    ],
    ids=["pole", "division by 0", "logarithm of a negative number", "root of one", "logarithm of a gamma function"],
)
def test_what_has_no_real_value_is_an_error_of_its_own_type(e: Any) -> None:
    with pytest.raises(NoFiniteValue, match="no finite value here"):
        evaluate(e, {"n": 1}, Precise(30))
    assert not np.isfinite(evaluate(e, {"n": 1}, Doubles()))


def test_an_exponent_too_large_for_any_machine_is_refused_at_once() -> None:
    from lossproof.notation.inert import exp

    tower = exp(exp(exp(exp(n))))
    with pytest.raises(NoFiniteValue, match="too large"):
        evaluate(tower, {"n": 5}, Precise(50))


# ------------------------------------------------------------------ it refutes


@pytest.mark.parametrize("noise", [Categorical(), OneHot(), Multinomial()])
def test_a_wrong_step_about_classes_is_refuted(noise: lp.NoiseModel) -> None:
    derivation = likelihood.negative_log_likelihood(lp.Model("classes", noise, LinearScores()))
    assert verify(derivation).ok
    found = [draw(Setting.of(derivation), random.Random(seed)) for seed in range(8)]
    for step in list(derivation)[3:-2]:
        wrong = replace(step, after=mul(ONE + ONE, step.after))
        results = [difference(wrong, f) for f in found if isinstance(f, Instance) and f.values["n"]]
        assert any(results), step.rule.name


@pytest.mark.parametrize("name", ["heteroscedastic-gradient", "gaussian-gradient"])
def test_a_wrong_gradient_of_a_network_is_refuted(name: str) -> None:
    derivation = lp.derive(name)
    found = [draw(Setting.of(derivation), random.Random(seed)) for seed in range(8)]
    last = derivation[-1]
    wrong = replace(last, before=derivation.lhs, after=neg(last.after))
    assert any(difference(wrong, f) for f in found if isinstance(f, Instance) and f.values["n"])


def test_a_kink_is_respected_in_the_gradient_of_the_absolute_error() -> None:
    model = lp.Model("l", LAPLACE, LinearPredictor())
    (kink,) = LAPLACE.smooth_if(model.predictor)
    assert kink in lp.derive("laplace-gradient").hypotheses
    assert verify(lp.derive("laplace-gradient")).ok


def test_labels_between_bounds_that_are_numbers_are_drawn() -> None:
    three = Labelled(y[i], ONE, 3 * ONE, (EVERY,))
    assert {v for f in instances(three) for v in f.values["y"]} == {1, 2, 3}


# ------------------------------------------------------------------ the whole catalogue, at whatever is drawn


@settings(max_examples=120)
@given(st.sampled_from(sorted(lp.CATALOGUE)), st.integers(0, 10**6))
def test_both_sides_of_every_step_of_every_entry_agree(name: str, seed: int) -> None:
    derivation = lp.CATALOGUE[name].derive()
    instance = draw(Setting.of(derivation), random.Random(seed))
    assume(isinstance(instance, Instance))
    assert isinstance(instance, Instance)
    for step in derivation:
        try:
            assert difference(step, instance) is None
        except NoFiniteValue:
            continue  # a pole, or an overflow beyond every precision


def test_the_slope_of_what_is_unknown_is_unknown() -> None:
    """It once was 0 in the variable of an outer derivative, which refuted what is true."""
    base = Symbol("a", real=True)
    cube, as_power = power(base, Integer(3)), power(base, exp(log(Integer(3))))
    twice = [derivative(derivative(e, base), base) for e in (cube, as_power)]
    assert differs(*twice, (Declared(base, REAL),)).finding != "refuted"
    assert differs(twice[0], mul(Integer(6), base), (Declared(base, REAL),)).finding == "held"


def test_a_constraint_that_is_not_arithmetic_is_checked_at_exact_numbers() -> None:
    number = Symbol("a", real=True)
    positive_log = Declared(log(number), POSITIVE)
    verdict = differs(log(number), neg(log(number)), (Declared(number, POSITIVE), positive_log))
    assert verdict.finding == "refuted"
