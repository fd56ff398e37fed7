"""Losses with finitely many outcomes: which likelihood is behind them, or a refutation."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from sympy import Expr, IndexedBase, Integer, KroneckerDelta, Rational, Symbol
from test_refutation import BRIER, HINGE, HINGE_LOSS, LOGISTIC, F, likelihood

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import REAL as ALL_REALS
from lossproof.kernel.domains import UNIT as BELOW_ONE
from lossproof.kernel.relations import EQUAL
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    exp,
    free,
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
from lossproof.recovery.finite import refute, refute_somewhere
from lossproof.recovery.finite_likelihood import Candidate, candidate, prove
from lossproof.recovery.question import Question
from lossproof.recovery.refutation import NotRefuted, Refutation, lines
from lossproof.recovery.sets import BINARY, REAL, SIGNS, UNIT, Interval, Simplex, Vectors, labels

y, f = Symbol("y", real=True), Symbol("f", real=True)
w, margin = Symbol("w", positive=True), Symbol("m", positive=True)
scores, bits = IndexedBase("f", real=True), IndexedBase("y", real=True)
k = Symbol("k", integer=True)
THREE = Integer(3)


def log_loss(p: Expr, label: Expr = y) -> Expr:
    return neg(add(mul(label, log(p)), mul(sub(ONE, label), log(sub(ONE, p)))))


def weighted(positive: Expr, negative: Expr = ONE) -> Expr:
    return neg(add(mul(mul(positive, y), log(f)), mul(mul(negative, sub(ONE, y)), log(sub(ONE, f)))))


def focal(gamma: Expr) -> Expr:
    hit, miss = mul(power(sub(ONE, f), gamma), log(f)), mul(power(f, gamma), log(sub(ONE, f)))
    return neg(add(mul(y, hit), mul(sub(ONE, y), miss)))


SMOOTHED = add(mul(Rational(9, 10), y), Rational(1, 20))
MULTI_MARGIN = mul(Rational(1, 3), sub(total(maximum(ZERO, add(sub(ONE, scores[y]), scores[k])), k, ONE, THREE), ONE))
LOG_SUM_EXP = log(total(exp(scores[k]), k, ONE, THREE))
ONE_OF_THREE = total(power(sub(build(KroneckerDelta, (k, y)), scores[k]), TWO), k, ONE, THREE)
ON_REALS, ON_UNIT = ((f, REAL),), ((f, UNIT),)
THREE_SCORES, THREE_SHARES = ((scores, Vectors(REAL, THREE)),), ((scores, Simplex(THREE)),)
BITS_3 = Vectors(BINARY, THREE)

NONE_BEHIND = {
    "hinge": HINGE,
    "hinge with a margin and a weight": Question(mul(w, maximum(ZERO, sub(margin, mul(y, f)))), y, SIGNS, ON_REALS),
    "squared hinge": Question(power(HINGE_LOSS, TWO), y, SIGNS, ON_REALS),
    "Brier score": BRIER,
    "weighted Brier score": Question(mul(w, power(sub(y, f), TWO)), y, BINARY, ON_UNIT),
    "Brier score of a logit": Question(power(sub(y, Sigmoid(f)), TWO), y, BINARY, ON_REALS),
    "Brier score of three classes": Question(ONE_OF_THREE, y, labels(3), THREE_SHARES),
    "Brier score of three labels": Question(
        total(power(sub(bits[k], scores[k]), TWO), k, ONE, THREE), bits, BITS_3, ((scores, Vectors(UNIT, THREE)),)
    ),
    "absolute error of a probability": Question(absolute(sub(y, f)), y, BINARY, ON_UNIT),
    "exponential": Question(exp(neg(mul(y, f))), y, SIGNS, ON_REALS),
    "sigmoid": Question(Sigmoid(neg(mul(y, f))), y, SIGNS, ON_REALS),
    "hyperbolic tangent": Question(sub(ONE, sub(ONE, mul(TWO, Sigmoid(mul(mul(TWO, y), f))))), y, SIGNS, ON_REALS),
    "perceptron": Question(maximum(ZERO, neg(mul(y, f))), y, SIGNS, ON_REALS),
    "linear": Question(neg(mul(y, f)), y, SIGNS, ON_REALS),
    "multi-margin": Question(MULTI_MARGIN, y, labels(3), THREE_SCORES),
    "cross-entropy with class weights": Question(weighted(THREE), y, BINARY, ON_UNIT),
    "cross-entropy with class weights 2 and 1/2": Question(weighted(TWO, Rational(1, 2)), y, BINARY, ON_UNIT),
    "label smoothing": Question(log_loss(f, SMOOTHED), y, BINARY, ON_UNIT),
    "focal": Question(focal(TWO), y, BINARY, ON_UNIT),
    "focal with the exponent 1/2": Question(focal(Rational(1, 2)), y, BINARY, ON_UNIT),
    "of the prediction only": Question(add(power(f, TWO), mul(ZERO, y)), y, BINARY, ON_REALS),
    "log-loss of a number that is not normalised": Question(
        neg(log(scores[y])), y, labels(3), ((scores, Vectors(UNIT, THREE)),)
    ),
}

# A part of the labels is enough: the others stay where they are.
NONE_BEHIND["Brier score of five labels"] = Question(
    total(power(sub(bits[k], scores[k]), TWO), k, ONE, Integer(5)),
    bits,
    Vectors(BINARY, Integer(5)),
    ((scores, Vectors(UNIT, Integer(5))),),
)

BEHIND: dict[str, tuple[Question, Expr, Expr]] = {
    "logistic": (LOGISTIC, ONE, ONE),
    "log-loss": (Question(log_loss(f), y, BINARY, ON_UNIT), ONE, ONE),
    "twice the log-loss": (Question(mul(TWO, log_loss(f)), y, BINARY, ON_UNIT), Rational(1, 2), ONE),
    "weighted log-loss": (Question(mul(w, log_loss(f)), y, BINARY, ON_UNIT), inverse(w), ONE),
    "log-loss in bits": (Question(mul(inverse(log(TWO)), log_loss(f)), y, BINARY, ON_UNIT), log(TWO), ONE),
    "log-loss of a logit": (Question(log_loss(Sigmoid(f)), y, BINARY, ON_REALS), ONE, ONE),
    "log-loss of a logit, stable": (Question(sub(Softplus(f), mul(y, f)), y, BINARY, ON_REALS), ONE, ONE),
    "softmax": (Question(sub(LOG_SUM_EXP, scores[y]), y, labels(3), THREE_SCORES), ONE, ONE),
    "log of a share": (Question(neg(log(scores[y])), y, labels(3), THREE_SHARES), ONE, ONE),
    "logistic of four labels": (
        Question(
            total(log(add(ONE, exp(neg(mul(bits[k], scores[k]))))), k, ONE, Integer(4)),
            bits,
            Vectors(SIGNS, Integer(4)),
            ((scores, Vectors(REAL, Integer(4))),),
        ),
        ONE,
        ONE,
    ),
    "mean over three labels": (
        Question(
            mul(Rational(1, 3), total(sub(Softplus(scores[k]), mul(bits[k], scores[k])), k, ONE, THREE)),
            bits,
            BITS_3,
            THREE_SCORES,
        ),
        THREE,
        ONE,
    ),
    "constant": (Question(add(y, mul(ZERO, f)), y, BINARY, ON_REALS), ONE, ZERO),
}


@pytest.mark.parametrize("name", NONE_BEHIND)
def test_a_pseudo_likelihood_is_refuted_for_every_scale(name: str) -> None:
    question = NONE_BEHIND[name]
    refutation = refute(question)
    assert isinstance(refutation, Refutation)
    assert refutation.scale is None
    assert refutation.question == question
    refutation.check()
    assert sum("> 0, though it would be 0" in line for line in lines(refutation)) == len(refutation.cells)
    assert candidate(question) is None


@pytest.mark.parametrize("name", NONE_BEHIND)
@pytest.mark.parametrize("scale", [ONE, Rational(1, 7), log(TWO)])
def test_it_is_refuted_for_one_scale(name: str, scale: Expr) -> None:
    refutation = refute(NONE_BEHIND[name], scale)
    assert refutation is not None or name.startswith(("weighted", "hinge with"))
    assert refutation is None or refutation.scale == scale


@pytest.mark.parametrize("name", BEHIND)
def test_a_likelihood_is_found_and_proved(name: str) -> None:
    question, scale, mass = BEHIND[name]
    guess = candidate(question)
    assert guess is not None
    assert guess.scale == scale
    assert set(guess.measure.values()) == {ONE}
    derivation = prove(question, guess)
    assert derivation is not None
    assert derivation.theorem.relation == EQUAL
    assert not free(derivation.rhs) & {f, scores.label, y, bits.label}
    if mass == ONE:
        assert derivation.rhs == ONE


@pytest.mark.parametrize("name", BEHIND)
def test_a_likelihood_is_not_refuted(name: str) -> None:
    question, scale, _ = BEHIND[name]
    assert refute(question) is None
    assert free(scale) or refute(question, scale) is None
    assert refute_somewhere(question) is None


def test_a_likelihood_is_refuted_at_other_scales() -> None:
    for scale in (TWO, Rational(1, 2), Rational(99, 100)):
        assert refute(LOGISTIC, scale) is not None


@pytest.mark.parametrize("seed", range(8))
def test_a_random_likelihood_is_never_refuted_and_a_wrong_guess_never_proved(seed: int) -> None:
    question, scale = likelihood(random.Random(seed))
    assert refute(question, scale) is None
    if seed % 4 == 0:
        assert refute(question) is None
    guess = candidate(question)
    for wrong in (ZERO, TWO, Rational(1, 2)):
        if guess is not None and guess.total != wrong:
            assert prove(question, guess._replace(total=wrong)) is None


def test_a_guess_with_a_prediction_in_the_total_is_no_proof() -> None:
    question = Question(add(power(f, TWO), mul(ZERO, y)), y, BINARY, ON_REALS)
    mass = exp(neg(power(f, TWO)))
    assert prove(question, Candidate(ONE, {ZERO: ONE, ONE: ONE}, add(mass, mass))) is None


def test_a_base_measure_is_found() -> None:
    question = Question(add(log_loss(f), mul(y, log(THREE))), y, BINARY, ON_UNIT)
    guess = candidate(question)
    assert guess == Candidate(ONE, {ZERO: ONE, ONE: THREE}, ONE)
    assert prove(question, guess) is not None
    assert refute(question) is None


def test_a_loss_that_is_nearly_a_likelihood_is_not_proved_one() -> None:
    for size in (9, 12, 15):
        little = Rational(1, 10**size)
        question = replace(LOGISTIC, loss=add(LOGISTIC.loss, mul(little, f)))
        assert prove(question, Candidate(ONE, {Integer(-1): ONE, ONE: ONE}, ONE)) is None
        guess = candidate(question)
        assert guess is None or prove(question, guess) is None


def test_the_facts_of_the_issue() -> None:
    refutation = refute(BRIER)
    assert refutation is not None
    assert list(refutation.lines())[:2] == [
        "for c = 1: Z = 1 at 0, 1 forces h(0) = 0.731059, h(1) = 0.731059;",  # 1/(1 + 1/e)
        "  but then Z = 1.13870 at 1/2",
    ]
    hinge = refute(HINGE)
    assert hinge is not None
    assert hinge.system is not None
    assert hinge.system.refutes
    with pytest.raises(NotRefuted):
        replace(hinge, example=hinge.example[:-1])
    with pytest.raises(NotRefuted):
        replace(hinge, example=(*hinge.example[:-1], hinge.example[0]))


def test_unequal_symbolic_weights_are_refuted_at_some_values_only() -> None:
    question = Question(weighted(w), y, BINARY, ON_UNIT)
    assert refute(question) is None
    assert candidate(question) is None
    found = refute_somewhere(question)
    assert found is not None
    assert found.values == {w: F(2)}
    assert w not in free(found.refutation.question.loss)
    below_one = replace(question, constants=(Declared(w, BELOW_ONE),))
    inside = refute_somewhere(below_one)
    assert inside is not None
    assert inside.values == {w: F(1, 2)}


def test_what_is_not_finite_or_not_understood_is_not_refuted() -> None:
    gamma = Symbol("g", real=True)
    for question in (
        replace(BRIER, target=REAL),
        replace(BRIER, loss=add(y, log(neg(power(f, TWO))))),
        replace(BRIER, loss=mul(gamma, power(sub(y, f), TWO)), constants=(Declared(gamma, ALL_REALS),)),
        replace(BRIER, predictions=((f, labels(1)),)),
    ):
        assert refute(question) is None
        assert candidate(question) is None


@pytest.mark.parametrize(
    "tamper",
    [
        lambda c: replace(c, multipliers=tuple(-m for m in c.multipliers)),
        lambda c: replace(c, multipliers=(c.multipliers[0] + 1, *c.multipliers[1:])),
        lambda c: replace(c, points=c.points[1:]),
        lambda c: replace(c, points=(*c.points[1:], ((f,),))),
    ],
)
@pytest.mark.parametrize("name", ["hinge", "Brier score", "exponential", "multi-margin", "focal", "linear"])
def test_a_found_refutation_that_is_tampered_with_is_refused(name: str, tamper: Callable[[object], object]) -> None:
    refutation = refute(NONE_BEHIND[name])
    assert refutation is not None
    cells = refutation.cells
    for at in {0, len(cells) - 1}:
        changed = (*cells[:at], tamper(cells[at]), *cells[at + 1 :])
        with pytest.raises(LossproofError):
            replace(refutation, cells=changed)
    if len(cells) > 1:
        with pytest.raises(NotRefuted):
            replace(refutation, cells=cells[1:])


# ------------------------------------------------------------------ classes 1..K

K = Symbol("K", integer=True, positive=True)
CLASSES, ANY_SCORES, ANY_SHARES = labels(K), ((scores, Vectors(REAL, K)),), ((scores, Simplex(K)),)
NORMALISER = total(exp(scores[k]), k, ONE, K)
CROSS_ENTROPY = sub(log(NORMALISER), scores[y])


@pytest.mark.parametrize(
    ("loss", "predictions", "scale"),
    [
        (neg(log(scores[y])), ANY_SHARES, ONE),
        (mul(Rational(1, 2), neg(log(scores[y]))), ANY_SHARES, TWO),
        (neg(total(mul(build(KroneckerDelta, (k, y)), log(scores[k])), k, ONE, K)), ANY_SHARES, ONE),
        (CROSS_ENTROPY, ANY_SCORES, ONE),
        (mul(w, CROSS_ENTROPY), ANY_SCORES, inverse(w)),
        (mul(inverse(K), CROSS_ENTROPY), ANY_SCORES, K),
        (neg(log(mul(exp(scores[y]), inverse(NORMALISER)))), ANY_SCORES, ONE),
    ],
)
def test_a_likelihood_of_any_number_of_classes_is_found_and_proved(
    loss: Expr, predictions: tuple[tuple[IndexedBase, Simplex | Vectors], ...], scale: Expr
) -> None:
    question = Question(loss, y, CLASSES, predictions)
    guess = candidate(question)
    assert guess == Candidate(scale, {y: ONE}, ONE)
    derivation = prove(question, guess)
    assert derivation is not None
    assert derivation.rhs == ONE
    assert prove(question, guess._replace(total=TWO)) is None
    assert prove(question, guess._replace(scale=mul(TWO, scale))) is None


def test_a_pseudo_likelihood_of_any_number_of_classes_is_not_proved() -> None:
    loss = total(power(sub(build(KroneckerDelta, (k, y)), scores[k]), TWO), k, ONE, K)
    question = Question(loss, y, CLASSES, ANY_SHARES)
    assert candidate(question) is None
    assert prove(question, Candidate(ONE, {y: ONE}, ONE)) is None
    assert refute(question) is None


def test_cases_inside_cases_are_compared_without_end_no_more() -> None:
    """A branch was compared with the whole, which was compared with the branch."""
    half = Rational(1, 2)
    inner = Where(mul(half, y), absolute(y), mul(half, TWO))
    loss = Where(mul(mul(f, y), mul(f, ZERO)), inner, add(mul(Integer(-2), y), add(f, f)))
    question = Question(loss, y, BINARY, ((f, Interval(Integer(-1), ONE, True, True)),))
    guess = candidate(question)
    assert guess is not None
    derivation = prove(question, guess)
    assert derivation is None or derivation.rhs == guess.total
