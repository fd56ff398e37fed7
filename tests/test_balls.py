"""The referee that encloses: what it draws satisfies what is declared, and what it cannot judge it says."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import IndexedBase, Integer, Max, Symbol, Tuple, besseli, cos, digamma, gamma, pi, sign, sin

import lossproof as lp
from lossproof.errors import MissingExtra, NoFiniteValue, Undefined, UnsupportedExpression
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled, Maps, Member, Range
from lossproof.kernel.domains import (
    BINARY,
    CLOSED_UNIT,
    COUNT,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    REAL,
    SIGNS,
    UNIT,
    Domain,
    point,
)
from lossproof.kernel.relations import EQUAL, Kind, Relation
from lossproof.models import BINOMIAL, LAPLACE, Categorical, LinearPredictor, LinearScores, Multinomial, OneHot
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    derivative,
    distinct,
    exp,
    inverse,
    log,
    mul,
    neg,
    power,
    product,
    sub,
    total,
)
from lossproof.notation.matrices import Component, Inverse, Matrix, column
from lossproof.notation.nodes import Curve, Head, Opaque, ProductOver, Sigmoid, Softplus
from lossproof.numeric.balls import Balls
from lossproof.numeric.evaluate import Doubles, Instance, Precise, Rationals, evaluate
from lossproof.numeric.support import lies_in
from lossproof.referees import verify
from lossproof.referees.balls import Placed, Sample, difference, differs, judge
from lossproof.referees.curves import FAMILIES, Family, functions_for
from lossproof.referees.instances import Manner, Setting, _opaque, draw
from lossproof.strategies import likelihood

n = Symbol("n", integer=True, nonnegative=True)
d = Symbol("d", integer=True, nonnegative=True)
i, j = Symbol("i", integer=True), Symbol("j", integer=True)
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
    (row,) = [r for r in verify(chain.algebra(n).done(), referees="balls").rows if r.referee == "balls"]
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
    assert verify(derivation, referees="balls").ok
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
    assert verify(lp.derive("laplace-gradient"), referees="balls").ok


def test_labels_between_bounds_that_are_numbers_are_drawn() -> None:
    three = Labelled(y[i], ONE, 3 * ONE, (EVERY,))
    assert {v for f in instances(three) for v in f.values["y"]} == {1, 2, 3}


def test_labels_of_either_sign_are_drawn() -> None:
    signs = instances(Declared(y[i], SIGNS, (EVERY,)))
    assert {v for f in signs for v in f.values["y"]} == {-1, 1}
    assert any(len(set(f.values["y"])) == 2 for f in signs)


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


# ------------------------------------------------------------------ claims, with a witness where they are wrong

a, b = Symbol("a", real=True), Symbol("b", real=True)
p, theta = Symbol("p", positive=True), IndexedBase("theta", real=True)
EACH = Range(j, ONE, d)
WEIGHTS = (Declared(d, POSITIVE_COUNT), Declared(theta[j], REAL, (EACH,)))
SQUARES = total(mul(theta[j], theta[j]), j, ONE, d)


def over(kind: Kind, *, reverses: bool = False) -> Relation:
    return Relation(kind, (theta,), reverses)


WRONG: dict[str, tuple[Any, Any, str]] = {
    "a sum": (log(add(a, b)), add(log(a), log(b)), ""),
    "a power": (log(power(a, TWO)), mul(TWO, log(a)), "the right side is undefined"),
    "a cancelled divisor": (mul(a, inverse(a)), ONE, "the left side is undefined, the right is 1 at "),
    "an exponent": (power(a, add(b, ONE)), power(a, b), ""),
    "an empty product": (product(y[i], i, ONE, n), total(y[i], i, ONE, n), "1 != 0 at n = 0"),
    "a bound": (total(y[i], i, ONE, n), total(y[i], i, ONE, add(n, ONE)), "!="),
    "a derivative": (derivative(absolute(a), a), ONE, "-1 != 1"),
    "0 to the power 0": (power(sub(a, a), ZERO), ZERO, "1 != 0"),
    "a gamma function": (build(gamma, (add(p, ONE),)), build(gamma, (p,)), "!="),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_equation_is_refuted_with_a_witness(name: str) -> None:
    before, after, seen = WRONG[name]
    found = differs(before, after, (Declared(n, COUNT),))
    assert found.finding == "refuted"
    assert seen in found.detail
    assert " at " in found.detail


RIGHT: dict[str, tuple[Any, Any]] = {
    "a sum of logarithms": (add(log(p), log(p)), log(mul(p, p))),
    "a derivative of a derivative": (
        derivative(derivative(exp(mul(a, a)), a), a),
        mul(add(TWO, mul(mul(TWO, TWO), a, a)), exp(mul(a, a))),
    ),
    "a saturated sigmoid": (neg(log(Sigmoid(a))), Softplus(neg(a))),
    "the empty product": (product(y[i], i, ONE, ZERO), ONE),
    "a logarithm of a gamma function": (log(build(gamma, (add(p, ONE),))), add(log(p), log(build(gamma, (p,))))),
    "a slope of a gamma function": (derivative(log(build(gamma, (p,))), p), build(digamma, (p,))),
    "a Bessel function": (derivative(build(besseli, (ZERO, p)), p), build(besseli, (ONE, p))),
    "a maximum": (build(Max, (a, neg(a))), absolute(a)),
    "both sides undefined somewhere": (inverse(inverse(a)), power(inverse(a), neg(ONE))),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_equation_is_held(name: str) -> None:
    before, after = RIGHT[name]
    found = differs(before, after, (Declared(n, COUNT),))
    assert (found.finding, found.detail.split()[-1]) == ("held", "points")


def test_where_no_side_is_defined_nothing_is_held() -> None:
    found = differs(log(neg(p)), inverse(sub(a, a)))
    assert (found.finding, found.detail) == ("not applicable", "neither side is defined")


def test_what_no_precision_tells_is_not_held() -> None:
    """Nothing shows a ball around 0 to be 0, and so nothing shows the logarithm to be undefined."""
    found = differs(log(sub(exp(a), exp(a))), ONE)
    assert found.finding == "not applicable"
    assert "2048 bits" in found.detail


# relation, before, after; the map is not looked at
RELATED: dict[str, tuple[Relation, Any, Any]] = {
    "a constant dropped": (over(Kind.UP_TO_CONSTANT), add(SQUARES, a), SQUARES),
    "a factor dropped": (over(Kind.PROPORTIONAL), mul(exp(a), exp(SQUARES)), exp(SQUARES)),
    "minus": (over(Kind.SAME_OPTIMA, reverses=True), SQUARES, neg(exp(SQUARES))),
    "a logarithm": (over(Kind.SAME_OPTIMA), exp(SQUARES), SQUARES),
}
NOT_RELATED: dict[str, tuple[Relation, Any, Any]] = {
    "a factor for a constant": (over(Kind.UP_TO_CONSTANT), mul(TWO, SQUARES), SQUARES),
    "a constant for a factor": (over(Kind.PROPORTIONAL), add(exp(SQUARES), ONE), exp(SQUARES)),
    "a negative factor": (over(Kind.PROPORTIONAL), exp(SQUARES), neg(exp(SQUARES))),
    "a factor of unknown sign": (over(Kind.PROPORTIONAL), exp(SQUARES), mul(a, exp(SQUARES))),
    "a maximum for a minimum": (over(Kind.SAME_OPTIMA), SQUARES, neg(SQUARES)),
    "a minimum for a maximum": (over(Kind.SAME_OPTIMA, reverses=True), SQUARES, SQUARES),
    "what depends on the parameters dropped": (over(Kind.UP_TO_CONSTANT), add(SQUARES, theta[ONE]), SQUARES),
    "a square that is not monotone": (over(Kind.SAME_OPTIMA), theta[ONE], mul(theta[ONE], theta[ONE])),
}


@pytest.mark.parametrize("name", RELATED)
def test_a_right_relation_is_held_without_its_map(name: str) -> None:
    relation, before, after = RELATED[name]
    found = differs(before, after, WEIGHTS, relation=relation, parameters=(theta,))
    assert found.finding == "held", found
    assert found.detail.endswith("pairs of parameters")


@pytest.mark.parametrize("name", NOT_RELATED)
def test_a_wrong_relation_is_refuted_by_two_parameters(name: str) -> None:
    relation, before, after = NOT_RELATED[name]
    found = differs(before, after, WEIGHTS, relation=relation, parameters=(theta,))
    assert found.finding == "refuted", found
    assert re.search(r"on the right, the second with theta = \[.*\], the first at d = ", found.detail)


def test_a_relation_of_what_does_not_move_is_not_held() -> None:
    relation = over(Kind.SAME_OPTIMA)
    found = differs(exp(pi), exp(pi), WEIGHTS, relation=relation, parameters=(theta,))
    assert (found.finding, found.detail) == ("not applicable", "no two parameters are told apart")
    found = differs(a, exp(theta[ONE]), WEIGHTS, relation=relation, parameters=(theta,))
    assert found.finding == "refuted"


@pytest.mark.parametrize("name", ["logistic", "gaussian", "gamma", "weighted-least-squares", "softmax"])
def test_a_relation_made_stronger_or_turned_around_is_refuted(name: str) -> None:
    derivation = lp.derive(name)
    sample = Sample(Setting.of(derivation), points=6)
    loose = [step for step in derivation if step.relation != EQUAL]
    assert loose
    for step in loose:
        assert sample.judged(step.before, step.after, step.relation).finding == "held"
        assert sample.judged(step.before, step.after, EQUAL).finding == "refuted"
        turned = replace(step.relation, kind=Kind.SAME_OPTIMA, reverses=not step.relation.reverses, carries=None)
        assert sample.judged(step.before, step.after, turned).finding == "refuted"


def test_a_side_condition_that_does_not_hold_refutes_a_step_whose_sides_agree() -> None:
    derivation = lp.derive("logistic")
    sample, step = Sample(Setting.of(derivation), points=4), derivation[12]
    assert sample.step(step).finding == "held"
    (fact, *_) = step.conditions
    assert isinstance(fact.claim, Member)
    false = replace(fact, claim=Member(neg(fact.claim.expression), POSITIVE))
    found = sample.step(replace(step, conditions=(false,)))
    assert found.finding == "refuted"
    assert found.detail.startswith("the side condition '0 < -f_w(x_i)' does not hold at n = ")


def test_a_point_where_a_condition_is_undecided_is_no_evidence() -> None:
    condition = Placed(Member(sub(exp(a), exp(a)), NONNEGATIVE))
    sample = Sample(Setting((), (), (a,)))
    assert sample.judged(a, a).finding == "held"
    found = sample.judged(a, a, EQUAL, [condition])
    assert found.finding == "not applicable"
    assert "holds is not told by 2048 bits" in found.detail


def test_a_claim_about_the_last_expression_is_judged() -> None:
    derivation = lp.derive("least-squares-strict")
    assert judge(derivation, points=6)[-1].detail.endswith("; claim: 5 points")
    wrong = replace(derivation, claim=Domain(high=Fraction(0)))
    row = judge(wrong, points=6)[-1]
    assert row.finding == "refuted"
    assert "in (-oo, 0) does not hold at " in row.detail


def test_the_same_seed_gives_the_same_points_and_another_gives_others() -> None:
    setting = Setting.of(lp.derive("gaussian"))
    first, again, other = ([str(p) for p in Sample(setting, seed=seed).points] for seed in (1, 1, 2))
    assert first == again
    assert not set(first) & set(other)
    assert "n = 0, d = 0" in first[0]


def test_a_hypothesis_that_is_not_shown_to_hold_at_a_point_keeps_it_from_use() -> None:
    never = Declared(sub(exp(a), exp(a)), POSITIVE)
    sample = Sample(Setting((never,), (), (a,)))
    assert not sample.points
    assert sample.judged(a, add(a, ONE)).finding == "not applicable"


def test_without_the_library_the_referee_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    from lossproof.numeric import balls
    from lossproof.referees.balls import _numbers

    monkeypatch.setattr(balls, "arb", None)
    _numbers.cache_clear()
    report = verify(lp.derive("logistic"), referees=["all"])
    assert {r.finding for r in report.rows if r.referee == "balls"} == {"absent"}
    assert "pip install python-flint" in report.absent["balls"]
    assert report.ok
    assert not verify(lp.derive("logistic"), referees="balls").ok
    with pytest.raises(MissingExtra):
        differs(a, a)


# ------------------------------------------------------------------ balls enclose

NUMBERS = st.fractions(min_value=-40, max_value=40, max_denominator=64)
SAFE_EXP, SQUARE = (lambda e: exp(neg(mul(e, e)))), (lambda e: add(ONE, mul(e, e)))


def expressions() -> st.SearchStrategy[Any]:
    """Expressions that are defined everywhere, of all functions."""
    one = [
        *(neg, SAFE_EXP, Sigmoid, Softplus, absolute, SQUARE),
        *(lambda e: log(SQUARE(e)), lambda e: inverse(SQUARE(e)), lambda e: power(SQUARE(e), inverse(add(TWO, ONE)))),
        *(lambda e: build(cos, (e,)), lambda e: build(sin, (e,)), lambda e: build(sign, (e,))),
        *(lambda e: log(build(gamma, (SQUARE(e),))), lambda e: build(digamma, (SQUARE(e),))),
        lambda e: log(build(besseli, (ZERO, e))),
    ]
    two = [add, mul, sub, lambda u, v: build(Max, (u, v)), lambda u, v: power(SQUARE(u), Sigmoid(v))]
    return st.recursive(
        st.sampled_from([a, b, ONE, TWO]),
        lambda inner: st.one_of(
            st.builds(lambda f, e: f(e), st.sampled_from(one), inner),
            st.builds(lambda f, u, v: f(u, v), st.sampled_from(two), inner, inner),
        ),
        max_leaves=8,
    )


def encloses(ball: Any, value: Any) -> bool:
    """Whether a ball meets a number of 300 digits, give or take its last 30."""
    from flint import arb, ctx

    with ctx.workdps(300):
        return bool(ball.overlaps(arb(mpmath.nstr(value, 300), arb(10) ** -270 * (1 + abs(float(value))))))


@settings(max_examples=200, deadline=None)
@given(expressions(), NUMBERS, NUMBERS, st.sampled_from([64, 128, 300]))
def test_a_ball_contains_the_value(e: Any, first: Fraction, second: Fraction, bits: int) -> None:
    values = {"a": first, "b": second}
    try:
        exact = evaluate(e, values, Precise(300))
    except NoFiniteValue:
        assume(False)
    ball = evaluate(e, values, Balls(bits))
    assert not ball.is_finite() or encloses(ball, exact)


@settings(max_examples=60, deadline=None)
@given(expressions(), NUMBERS, NUMBERS)
def test_a_ball_contains_the_slope(e: Any, first: Fraction, second: Fraction) -> None:
    values = {"a": first, "b": second}
    slope = evaluate(derivative(e, a), values, Balls(256))
    assume(slope.is_finite())
    numbers = Precise(400)
    steps = [numbers.context.mpf(10) ** -130 * k for k in (-1, 1)]
    at = [
        evaluate(e, {"a": numbers.context.mpf(first.numerator) / first.denominator + h, "b": second}, numbers)
        for h in steps
    ]
    difference = (at[1] - at[0]) / (2 * steps[1])
    assert abs(float(slope.mid()) - float(difference)) <= 1e-9 * (1 + abs(float(difference))) + float(slope.rad())


@pytest.mark.parametrize(
    "e",
    [
        log(sub(a, a)),
        inverse(sub(a, a)),
        power(neg(p), inverse(TWO)),
        power(sub(a, a), neg(p)),
        build(gamma, (neg(ONE),)),
        build(digamma, (ZERO,)),
        derivative(log(neg(p)), p),
        Inverse(Matrix(Head("S"), IndexedBase("s"), TWO, TWO)),
    ],
    ids=str,
)
def test_what_certainly_has_no_value_is_undefined(e: Any) -> None:
    with pytest.raises(Undefined):
        evaluate(e, {"a": Fraction(1, 4), "p": Fraction(1, 2), "s": [[1, 2], [2, 4]]}, Balls(64))


@pytest.mark.parametrize(
    "e",
    [derivative(absolute(a), a), derivative(mul(a, absolute(a)), a), derivative(power(mul(a, a), inverse(TWO)), a)],
    ids=str,
)
def test_a_slope_that_is_not_had_by_the_chain_rule_is_not_called_undefined(e: Any) -> None:
    """``a |a|`` has a slope at 0 although ``|a|`` has none."""
    assert not evaluate(e, {"a": 0}, Balls(64)).is_finite()


def test_a_choice_leaves_out_what_has_no_value() -> None:
    chosen = build(ProductOver, (inverse(y[i]), Tuple(i, ONE, n), distinct(y[i], ZERO)))
    assert evaluate(chosen, {"n": 3, "y": [0, 2, 4]}, Balls(64)) == Fraction(1, 8).numerator / 8


def test_exact_arithmetic_refuses_what_is_not_rational() -> None:
    assert evaluate(power(inverse(add(a, TWO)), TWO), {"a": Fraction(1, 3)}, Rationals()) == Fraction(9, 49)
    for e in (log(a), exp(a), power(TWO, inverse(TWO)), pi):
        with pytest.raises(UnsupportedExpression):
            evaluate(e, {"a": Fraction(1, 3)}, Rationals())
    with pytest.raises(NoFiniteValue):
        evaluate(inverse(sub(a, a)), {"a": 1}, Rationals())


def test_a_sum_too_long_is_refused_at_once() -> None:
    with pytest.raises(UnsupportedExpression, match="terms"):
        evaluate(total(i, i, ONE, Integer(10**12)), {}, Balls(64))


def test_a_function_that_is_declared_to_have_integer_values_is_not_guessed() -> None:
    count = Opaque(Head("c"), a)
    found = differs(count, add(count, ONE), (Declared(count, COUNT),))
    assert (found.finding, found.detail) == ("not applicable", "'c(a) in {0, 1, 2, ...}' is not sure to hold")


def test_what_is_not_chosen_does_not_make_a_double_product_undefined() -> None:
    table = IndexedBase("t", real=True)
    inner = build(ProductOver, (log(table[i, j]), Tuple(j, ONE, TWO), distinct(table[i, j], ZERO)))
    nested = product(inner, i, ONE, TWO)
    with pytest.raises(NoFiniteValue, match="perhaps only where it is not chosen") as caught:
        evaluate(nested, {"t": [[0, 2], [3, 0]]}, Balls(64))
    assert not isinstance(caught.value, Undefined)


def test_a_component_beyond_a_column_is_undefined() -> None:
    vector = column(y, n)
    found = differs(total(Component(vector, i), i, ONE, n), total(Component(vector, i), i, ONE, add(n, ONE)), COLUMN)
    assert found.finding == "refuted"
    assert "the right side is undefined" in found.detail


COLUMN = (Declared(n, COUNT), Declared(y[i], REAL, (EVERY,)))


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
