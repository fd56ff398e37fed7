"""A refutation that exists has been checked: what the checker refuses, and what it lets through."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
from sympy import Expr, IndexedBase, Integer, KroneckerDelta, Rational, S, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import REAL as ALL_REALS
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    exp,
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
from lossproof.numeric.evaluate import Precise, evaluate
from lossproof.recovery.question import Question
from lossproof.recovery.refutation import Cell, NotRefuted, Point, Refutation, lines, loss_at, outcomes, system
from lossproof.recovery.sets import BINARY, POSITIVE, REAL, SIGNS, UNIT, Finite, Interval, Simplex, Vectors, labels

y, f, w = Symbol("y", real=True), Symbol("f", real=True), Symbol("w", positive=True)
scores = IndexedBase("f", real=True)
HINGE_LOSS = maximum(ZERO, sub(ONE, mul(y, f)))
HINGE = Question(HINGE_LOSS, y, SIGNS, ((f, REAL),))
LOGISTIC = Question(log(add(ONE, exp(neg(mul(y, f))))), y, SIGNS, ((f, REAL),))
BRIER = Question(power(sub(y, f), TWO), y, BINARY, ((f, UNIT),))
F = Fraction


def cell(points: list[object], multipliers: list[int], low: object = F(0), high: object = None) -> Cell:
    inside = tuple((tuple(map(S, p)),) if isinstance(p, tuple) else (S(p),) for p in points)
    return Cell(low, high, inside, tuple(map(F, multipliers)))  # type: ignore[arg-type]


SECOND_DIFFERENCE = cell([-1, 0, 1], [1, -2, 1])


def test_the_hinge_is_refuted_by_its_second_difference() -> None:
    refutation = Refutation(HINGE, (SECOND_DIFFERENCE,))
    assert list(lines(refutation)) == [
        "for every c > 0: Z(-1) + Z(1) - 2 Z(0) > 0, though it would be 0 if Z were constant; the factor of",
        "  h(-1) is 1 + exp(-2 c) - 2 exp(-c)",
        "  h(1) is exp(-2 c) + 1 - 2 exp(-c)",
        "where Z(f) is the sum of h(y) exp(-c l(f, y)) over all y, and every h(y) > 0",
    ]


def test_beyond_the_margin_two_points_are_enough() -> None:
    assert Refutation(HINGE, (cell([1, 2], [1, -1]),)).points == ((ONE,), (TWO,))


@pytest.mark.parametrize(
    "tampered",
    [
        cell([-1, 0, 1], [1, -2, 2]),
        cell([-1, 0, 1], [-1, 2, -1]),
        cell([-1, 0, 1], [0, 0, 0]),
        cell([-1, 0], [1, -2, 1]),
        cell([0, 0], [1, -1]),
        cell([0, 1], [1, -1]),
        cell([-1, 0, 1], [1, -2, 1], F(0), F(5)),
        cell([-1, 0, 1], [1, -2, 1], F(1), None),
        cell([-1, 0, 1], [1, -2, 1], F(-1), None),
        cell([-1, 0, 1], [1, -2, 1], 0.0, None),
        cell([-1, 0, 1], [1, -2, 1], float("nan"), None),
        cell([-1, 0, 1], [1, -2, 1], F(0), float("nan")),
        cell([(-1, 1), (0, 1), (1, 1)], [1, -2, 1]),
        cell([S.Infinity, 0], [1, -1]),
    ],
)
def test_a_tampered_certificate_is_refused(tampered: Cell) -> None:
    with pytest.raises(LossproofError):
        Refutation(HINGE, (tampered,))
    with pytest.raises(LossproofError):
        replace(Refutation(HINGE, (SECOND_DIFFERENCE,)), cells=(tampered,))


def test_there_must_be_cells_and_no_gap_between_them() -> None:
    low, high = replace(SECOND_DIFFERENCE, high=F(1)), replace(SECOND_DIFFERENCE, low=F(1))
    assert Refutation(HINGE, (low, high))
    for wrong in ((), (high, low), (low,), (high,), (low, replace(high, low=F(2)))):
        with pytest.raises(NotRefuted):
            Refutation(HINGE, wrong)


def test_a_scale_must_be_among_those_of_the_cells() -> None:
    at_one = replace(SECOND_DIFFERENCE, low=F(1), high=F(1))
    assert Refutation(HINGE, (at_one,), scale=ONE)
    for scale in (TWO, ZERO, Integer(-1), log(Integer(3)), w):
        with pytest.raises(LossproofError):
            Refutation(HINGE, (at_one,), scale=scale)
    around = replace(SECOND_DIFFERENCE, low=F(1, 2), high=F(1))
    assert Refutation(HINGE, (around,), scale=log(TWO))


def test_another_question_is_not_refuted_by_the_same_certificate() -> None:
    for question in (LOGISTIC, replace(HINGE, loss=mul(y, mul(ZERO, f)))):
        with pytest.raises(NotRefuted):
            Refutation(question, (SECOND_DIFFERENCE,))


# ------------------------------------------------------------------ points


@pytest.mark.parametrize("outside", [-1, 2, Rational(-1, 10**9)])
def test_a_point_outside_the_predictions_is_refused(outside: object) -> None:
    with pytest.raises(NotRefuted, match="not known to be a prediction"):
        loss_at(BRIER, (S(outside),), ZERO)


def test_the_edge_of_an_open_set_counts_where_the_loss_is_continuous() -> None:
    assert loss_at(BRIER, (ZERO,), ONE).exact == 1
    assert Refutation(BRIER, (cell([0, 1, Rational(1, 2)], [1, 1, -2], F(20), F(20)),), scale=Integer(20))
    jump = replace(BRIER, loss=Where(sub(f, ONE), Integer(5), power(sub(y, f), TWO)))
    with pytest.raises(NotRefuted, match="may jump"):
        loss_at(jump, (ONE,), ZERO)
    assert loss_at(jump, (ZERO,), ZERO).exact == 0
    assert loss_at(replace(jump, predictions=((f, Interval(ZERO, ONE, True, True)),)), (ONE,), ZERO).exact == 5


@pytest.mark.parametrize(
    "loss",
    [
        Where(neg(f), ONE, y),
        build(KroneckerDelta, (f, ZERO)),
        power(f, mul(y, f)),
        power(f, Rational(1, 2)),
        total(ONE, Symbol("k", integer=True), ONE, f),
    ],
)
def test_what_may_jump_at_the_edge_is_not_taken_there(loss: Expr) -> None:
    with pytest.raises(LossproofError):
        loss_at(replace(BRIER, loss=loss), (ZERO,), ONE)


@pytest.mark.parametrize("loss", [log(f), inverse(f), mul(y, log(f)), power(f, Integer(-2)), log(neg(f))])
def test_where_the_loss_has_no_value_there_is_no_point(loss: Expr) -> None:
    with pytest.raises(LossproofError):
        loss_at(replace(BRIER, loss=loss), (ZERO,), ZERO)


@pytest.mark.parametrize("empty", [Interval(ONE, ONE), Interval(TWO, ONE), Interval(ONE, ONE, True), Finite(())])
def test_an_empty_set_of_predictions_has_no_points(empty: Interval | Finite) -> None:
    with pytest.raises(NotRefuted):
        loss_at(replace(BRIER, predictions=((f, empty),)), (ONE,), ZERO)


def test_shares_must_add_up_to_one() -> None:
    question = Question(neg(log(scores[y])), y, labels(2), ((scores, Simplex(TWO)),))
    third = Rational(1, 3)
    assert loss_at(question, ((third, sub(ONE, third)),), ONE)
    for wrong in ((third, third), (third,), (TWO, Integer(-1)), (third, third, third)):
        with pytest.raises(NotRefuted):
            loss_at(question, (wrong,), ONE)


def test_a_target_that_is_not_finite_is_not_refuted_this_way() -> None:
    with pytest.raises(NotRefuted):
        outcomes(Vectors(BINARY, Integer(40)))
    for target in (REAL, POSITIVE, labels(Symbol("K", integer=True, positive=True))):
        with pytest.raises(NotRefuted):
            Refutation(replace(HINGE, target=target), (SECOND_DIFFERENCE,))


# ------------------------------------------------------------------ constants


def test_constants_that_scale_the_loss_do_not_matter() -> None:
    margin = Symbol("m", positive=True)
    loss = mul(w, maximum(ZERO, sub(margin, mul(y, f))))
    points = ((neg(margin),), (ZERO,), (margin,))
    assert Refutation(replace(HINGE, loss=loss), (replace(SECOND_DIFFERENCE, points=points),))


def test_a_constant_that_may_be_negative_scales_nothing() -> None:
    question = replace(HINGE, loss=mul(w, HINGE_LOSS))
    assert Refutation(question, (SECOND_DIFFERENCE,))
    for loss, constants in (
        (mul(Symbol("w", real=True), HINGE_LOSS), ()),
        (mul(w, HINGE_LOSS), (Declared(w, ALL_REALS),)),
        (mul(mul(w, Symbol("w", positive=True, integer=True)), HINGE_LOSS), ()),
    ):
        with pytest.raises(LossproofError):
            Refutation(replace(HINGE, loss=loss, constants=constants), (SECOND_DIFFERENCE,))


def test_cells_must_speak_of_the_same_scales() -> None:
    """A constant that scales the losses of one cell only, or of one outcome only, leaves scales out."""
    low, high = replace(SECOND_DIFFERENCE, high=F(1)), replace(SECOND_DIFFERENCE, low=F(1))
    weighted = mul(add(ONE, mul(sub(w, ONE), ZERO)), HINGE_LOSS)
    assert Refutation(replace(HINGE, loss=mul(w, HINGE_LOSS)), (low, high))
    with pytest.raises(LossproofError):
        Refutation(replace(HINGE, loss=weighted), (low, high))
    by_class = mul(Where(y, w, ONE), HINGE_LOSS)
    assert Refutation(replace(HINGE, loss=by_class), (SECOND_DIFFERENCE,))
    with pytest.raises(NotRefuted, match="constants"):
        Refutation(replace(HINGE, loss=by_class), (low, high))
    with pytest.raises(NotRefuted, match="constants"):
        Refutation(replace(HINGE, loss=mul(w, HINGE_LOSS)), (replace(low, low=F(1)),), scale=ONE)


# ------------------------------------------------------------------ true likelihoods


def likelihood(draw: random.Random) -> tuple[Question, Expr]:
    """A random distribution of a few outcomes given a number, as a loss up to scale and base measure."""
    size = draw.choice((1, 2, 2, 3, 4))

    def number() -> Expr:
        return Rational(draw.randint(-8, 8), draw.randint(1, 4))

    shapes = (f, power(f, TWO), absolute(f), maximum(f, number()), Sigmoid(f), Softplus(f), exp(neg(power(f, TWO))))

    def score() -> Expr:
        return add(mul(number(), draw.choice(shapes)), mul(number(), draw.choice(shapes)))

    every = [score() for _ in range(size)]
    partition = log(add(*map(exp, every)) if size > 1 else exp(every[0]))
    chosen = [mul(build(KroneckerDelta, (y, Integer(at))), add(g, number())) for at, g in enumerate(every, 1)]
    picked = add(*chosen) if size > 1 else chosen[0]
    scale = Rational(draw.randint(1, 9), draw.randint(1, 5))
    return Question(mul(inverse(scale), sub(partition, picked)), y, labels(size), ((f, REAL),)), scale


@pytest.mark.parametrize("seed", range(24))
def test_no_certificate_refutes_a_likelihood(seed: int) -> None:
    draw = random.Random(seed)
    question, scale = likelihood(draw)
    at = F(int(scale.p), int(scale.q))
    for _ in range(6):
        points = [Rational(draw.randint(-12, 12), draw.choice((1, 2, 3))) for _ in range(draw.randint(2, 6))]
        multipliers = [draw.choice((-3, -2, -1, 1, 2, 3)) for _ in points[1:]]
        multipliers.append(-sum(multipliers))
        for low, high in ((at, at), (F(0), at), (at, None), (F(0), None), (at * F(99, 100), at * F(101, 100))):
            with pytest.raises(LossproofError):
                Refutation(question, (cell(points, multipliers, low, high),), scale=scale)


@pytest.mark.parametrize("seed", range(8))
def test_the_total_mass_of_a_likelihood_is_what_points_force(seed: int) -> None:
    question, scale = likelihood(random.Random(seed))
    points: list[Point] = [(Integer(k),) for k in (0, 1, -2, 3, -4)]
    found = system(question, points[: len(outcomes(question.target)) + 1], scale)
    assert found is None or not found.refutes


# ------------------------------------------------------------------ the sums themselves, in other numbers


@pytest.mark.parametrize("seed", range(8))
def test_what_the_checker_lets_through_is_positive(seed: int) -> None:
    draw = random.Random(seed)
    losses = (
        HINGE_LOSS,
        power(HINGE_LOSS, TWO),
        exp(neg(mul(y, f))),
        absolute(sub(y, f)),
        power(sub(y, f), TWO),
        log(add(TWO, exp(neg(mul(y, f))))),
    )
    question = Question(draw.choice(losses), y, SIGNS, ((f, REAL),))
    let_through = 0
    for _ in range(40):
        points = draw.sample([Rational(k, 2) for k in range(-6, 7)], 3)
        a, b = draw.choice((1, 2)), draw.choice((-3, -2, -1, 1))
        low, high = draw.choice(((F(0), None), (F(0), F(1)), (F(1, 2), F(2)), (F(2), None)))
        tried = cell(points, [a, b, -a - b], low, high)
        try:
            Refutation(question, (tried,), scale=ONE if low != F(2) else Integer(3))
        except NotRefuted:
            continue
        let_through += 1
        for c in [draw.uniform(float(low), float(high) if high is not None else 9.0) for _ in range(5)]:
            sums = [_sum(question, tried, outcome, c) for outcome in (Integer(-1), ONE)]
            assert min(sums) > -1e-30
            assert max(sums) > 0
    assert let_through or question.loss != HINGE_LOSS


def _sum(question: Question, tried: Cell, outcome: Expr, c: float) -> mpmath.mpf:
    out = mpmath.mpf(0)
    with mpmath.workdps(50):
        for (point,), m in zip(tried.points, tried.multipliers, strict=True):
            value = evaluate(question.loss, {"y": F(int(outcome)), "f": F(int(point.p), int(point.q))}, Precise(50))
            out += mpmath.mpf(m.numerator) / m.denominator * mpmath.exp(-mpmath.mpf(c) * mpmath.mpf(str(value)))
    return out


# ------------------------------------------------------------------ losses that are fractions


def test_a_loss_is_a_fraction_where_the_kernel_says_so() -> None:
    sigmoid = Question(Sigmoid(neg(mul(y, f))), y, SIGNS, ((f, REAL),))
    assert loss_at(sigmoid, (log(TWO),), ONE).exact == F(1, 3)
    points = ((log(TWO),), (log(Rational(1, 2)),), (ZERO,))
    assert Refutation(sigmoid, (Cell(F(0), None, points, (F(1), F(1), F(-2))),))
    nearly = replace(sigmoid, loss=add(sigmoid.loss, mul(Rational(1, 10**45), f)))
    value = loss_at(nearly, (log(TWO),), ONE)
    assert value.exact is None
    assert value.ball.contains(loss_at(sigmoid, (log(TWO),), ONE).ball)
    with pytest.raises(NotRefuted):
        Refutation(nearly, (Cell(F(0), None, points, (F(1), F(1), F(-2))),))
