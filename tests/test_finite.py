"""The referee that writes everything out: what it holds, what it refutes, and when it is silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from time import process_time

import pytest
from sympy import Basic, Expr, IndexedBase, Integer, Sum, Symbol, Tuple, besseli, sign

import lossproof as lp
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Range
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, COUNT, NONNEGATIVE, NONZERO, POSITIVE, REAL, UNIT, Domain
from lossproof.kernel.relations import ARGUMENT, EQUAL, Kind, Relation
from lossproof.kernel.schema import Abstraction
from lossproof.kernel.steps import Step
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    derivative,
    exp,
    factorial,
    gamma_function,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    product,
    sub,
    total,
    walk,
)
from lossproof.notation.nodes import Head, Opaque, Sigmoid, Softplus
from lossproof.referees import HELD, NOT_APPLICABLE, REFUTED, Row
from lossproof.referees.cases import cases
from lossproof.referees.finite import judge
from lossproof.referees.intervals import bounds
from lossproof.referees.unrolling import Unrolled
from lossproof.referees.witnesses import Witnesses
from lossproof.rulebook import RULES

n = Symbol("n", integer=True, nonnegative=True)
i = Symbol("i", integer=True)
a, b, c, s, t, z = map(Symbol, "abcstz")
X, Y = IndexedBase("x"), IndexedBase("y")
OVER = (Range(i, ONE, n),)
LOG = RULES["logarithm of a product"]  # whichever: the referee does not look at rules


def claim(before: Basic, after: Basic, *hypotheses: Hypothesis, relation: Relation = EQUAL) -> Row:
    """What the referee says of one step that nobody proved."""
    step = Step(LOG, (), before, after, relation)
    return judge(Derivation("claim", hypotheses, (), before, (step,)))[0]


def real(*names: Expr, domain: Domain = REAL) -> tuple[Declared, ...]:
    return tuple(Declared(name, domain) for name in names)


SIZED = (Declared(n, COUNT),)
NUMBERS = (*SIZED, Declared(X[i], REAL, OVER))


# ------------------------------------------------------------------ held


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("logistic", "exact for n = 0..2, d = 0..2"),
        ("logistic-gradient", "exact for n = 0..2, d = 1..2, j = 1..2"),
        ("softmax", "exact for n = 0..2, d = 0..2, K = 1..3"),
        ("categorical-gradient", "exact for"),
        ("laplace-gradient", "exact for"),
        ("beta-gradient", "exact for"),
        ("weibull-censored", "exact for"),
        ("exponential-family-convexity", "exact for"),
        ("profile-likelihood", "exact for n = 1..3"),
        ("generalised-least-squares", "exact for n = 0..2, d = 0..2"),
        ("logistic-stable", "exact (1 case)"),
    ],
)
def test_every_step_is_exact(name: str, says: str) -> None:
    rows = judge(lp.derive(name))
    assert {r.finding for r in rows} == {HELD}, [r for r in rows if r.finding != HELD]
    assert all(r.detail.startswith(says) and "case" in r.detail for r in rows)


def test_the_empty_data_set_is_among_the_cases() -> None:
    sizes = [case.sizes["n"] for case in cases(lp.derive("logistic"), 0)]
    assert min(sizes) == 0
    assert claim(product(X[i], i, ONE, n), ONE, *SIZED, Declared(n, Domain(0, 0, True, True))).finding == HELD
    assert "n = 0" in claim(product(X[i], i, ONE, n), ZERO, *NUMBERS).detail


TRUE: dict[str, tuple[Expr, Expr, tuple[Hypothesis, ...]]] = {
    "log of a product": (log(mul(a, b)), add(log(a), log(b)), real(a, b, domain=POSITIVE)),
    "log of a power": (log(power(a, b)), mul(b, log(a)), (*real(a, domain=POSITIVE), *real(b))),
    "log of a factored sum": (
        log(sub(power(a, TWO), ONE)),
        add(log(sub(a, ONE)), log(add(a, ONE))),
        real(a, domain=Domain(low=1)),
    ),
    "exponential of a sum": (exp(add(a, mul(TWO, b))), mul(exp(a), power(exp(b), TWO)), real(a, b)),
    "sigmoid and softplus": (log(Sigmoid(z)), neg(Softplus(neg(z))), real(z)),
    "stable softplus": (Softplus(z), add(maximum(z, ZERO), log(add(ONE, exp(neg(absolute(z)))))), real(z)),
    "root of a product": (
        power(mul(TWO, a, power(s, TWO)), inverse(TWO)),
        mul(s, power(mul(TWO, a), inverse(TWO))),
        real(a, s, domain=POSITIVE),
    ),
    "powers with one base": (
        mul(power(a, b), power(a, c)),
        power(a, add(b, c)),
        (*real(a, domain=POSITIVE), *real(b, c)),
    ),
    "gamma function": (gamma_function(add(a, TWO)), mul(add(a, ONE), a, gamma_function(a)), real(a, domain=POSITIVE)),
    "gamma function of any sign": (gamma_function(add(a, ONE)), mul(a, gamma_function(a)), real(a, domain=NONZERO)),
    "root of 0": (power(power(a, inverse(TWO)), TWO), a, real(a, domain=NONNEGATIVE)),
    "absolute value of a square": (power(absolute(a), TWO), power(a, TWO), real(a)),
    "slope of a product": (derivative(mul(t, exp(t)), t), mul(add(ONE, t), exp(t)), real(t)),
    "sum of a constant": (total(a, i, ONE, n), mul(n, a), (*SIZED, *real(a))),
    "a label as exponent": (
        total(mul(Y[i], log(a)), i, ONE, n),
        log(product(power(a, Y[i]), i, ONE, n)),
        (*SIZED, Declared(Y[i], BINARY, OVER), *real(a, domain=POSITIVE)),
    ),
    "an equation of the hypotheses": (sub(ONE, a), b, (*real(a, b), Assumed("whole", add(a, b), ONE))),
}


@pytest.mark.parametrize("what", TRUE)
def test_a_true_equation_is_exact(what: str) -> None:
    before, after, hypotheses = TRUE[what]
    row = claim(before, after, *hypotheses)
    assert row.finding == HELD, row
    assert claim(before, add(after, power(add(ONE, ONE), Integer(-7))), *hypotheses).finding == REFUTED


# ------------------------------------------------------------------ refuted

FALSE: dict[str, tuple[Expr, Expr, tuple[Hypothesis, ...], str]] = {
    "log of a sum": (log(add(a, b)), add(log(a), log(b)), real(a, b, domain=POSITIVE), "!="),
    "log of negative factors": (log(mul(a, b)), add(log(a), log(b)), real(a, b), "right side has no value"),
    "log of a square": (log(power(a, TWO)), mul(TWO, log(a)), real(a, domain=NONZERO), "right side has no value"),
    "division by itself": (mul(a, inverse(a)), ONE, real(a), "left side has no value, the other has, where a = 0"),
    "a root of a square": (power(power(a, TWO), inverse(TWO)), a, real(a), "!="),
    "the empty product is 0": (product(X[i], i, ONE, ZERO), ZERO, NUMBERS, "1.0"),
    "a sum from the second": (total(X[i], i, ONE, n), total(X[i], i, TWO, n), NUMBERS, "n = 1"),
    "a sum to the last but one": (total(X[i], i, ONE, n), total(X[i], i, ONE, sub(n, ONE)), NUMBERS, "x_1"),
    "soft labels": (
        add(mul(a, b), mul(sub(ONE, a), sub(ONE, b))),
        mul(power(b, a), power(sub(ONE, b), sub(ONE, a))),
        real(a, b, domain=UNIT),
        "!=",
    ),
    "a kink": (derivative(absolute(t), t), ONE, real(t), "t = "),
    "a sign where there is none": (power(sign(a), TWO), ONE, real(a), "where a = 0"),
    "0 log 0": (
        mul(a, log(a)),
        log(power(a, a)),
        real(a, domain=NONNEGATIVE),
        "has no value, the other has, where a = 0",
    ),
    "n for n - 1": (inverse(n), inverse(add(n, ONE)), SIZED, "n = "),
}


@pytest.mark.parametrize("what", FALSE)
def test_a_false_equation_is_refuted_with_a_witness(what: str) -> None:
    before, after, hypotheses, witness = FALSE[what]
    row = claim(before, after, *hypotheses)
    assert row.finding == REFUTED, row
    assert witness in row.detail


def change(e: Expr, here: Callable[[Basic], bool], to: Callable[[Basic], Expr]) -> Expr:
    """The expression with its first part that fits replaced."""
    first = next(p for p in walk(e) if here(p))

    def changed(p: Basic) -> Basic:
        if p is first:
            return to(p)
        return build(p.func, [changed(q) for q in p.args]) if p.args and not isinstance(p, IndexedBase) else p

    return changed(e)


WRONG: dict[str, tuple[str, int, Callable[[Expr], Expr]]] = {
    "sign": ("logistic", 14, neg),
    "dropped factor": ("logistic", 13, lambda e: change(e, lambda p: p == log_of(e), lambda p: ONE)),
    "doubled": ("logistic", 11, lambda e: mul(TWO, e)),
    "bound": (
        "logistic",
        11,
        lambda e: change(e, is_sum, lambda p: build(Sum, (p.args[0], Tuple(p.args[1][0], TWO, p.args[1][2])))),
    ),
    "exponent": ("logistic", 5, lambda e: change(e, is_power, lambda p: power(p.args[0], add(p.args[1], ONE)))),
    "swapped y and 1 - y": (
        "logistic",
        5,
        lambda e: change(e, is_power, lambda p: power(p.args[0], sub(ONE, p.args[1]))),
    ),
}


def is_sum(p: Basic) -> bool:
    return isinstance(p, Sum)


def is_power(p: Basic) -> bool:
    return p.func.__name__ == "Pow" and isinstance(p.args[1], type(Y[i]))


def log_of(e: Expr) -> Basic:
    return next(p for p in walk(e) if p.func.__name__ == "log")


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_step_of_a_derivation_is_refuted_and_the_others_are_not(what: str) -> None:
    name, number, wrong = WRONG[what]
    d = lp.derive(name)
    bad = replace(d[number - 1], after=wrong(d[number - 1].after))
    rows = judge(replace(d, steps=(*d.steps[: number - 1], bad, *d.steps[number:])))
    assert [r.step for r in rows if r.finding == REFUTED] == [number]
    assert {r.finding for r in rows if r.step != number} == {HELD}
    assert "n = " in rows[number - 1].detail


# ------------------------------------------------------------------ relations


def carried(body: Expr, kind: Kind, *over: Expr, reverses: bool = False) -> Relation:
    return Relation(kind, over, reverses, Abstraction((ARGUMENT,), body))


RELATIONS: dict[str, tuple[Expr, Relation, str, str]] = {
    "a constant": (add(a, b), carried(sub(ARGUMENT, b), Kind.UP_TO_CONSTANT, a), HELD, ""),
    "no constant": (add(a, b), carried(sub(ARGUMENT, b), Kind.UP_TO_CONSTANT, b), REFUTED, "moves with b"),
    "constant after all": (
        add(a, b),
        carried(sub(ARGUMENT, mul(b, sub(ONE, ONE))), Kind.UP_TO_CONSTANT, b),
        HELD,
        "",
    ),
    "a factor for a constant": (add(a, b), carried(mul(TWO, ARGUMENT), Kind.UP_TO_CONSTANT, a), REFUTED, "a value"),
    "a positive factor": (add(a, b), carried(mul(s, ARGUMENT), Kind.PROPORTIONAL, a), HELD, ""),
    "a factor of unknown sign": (add(a, b), carried(mul(b, ARGUMENT), Kind.PROPORTIONAL, a), REFUTED, "is -"),
    "a factor that moves": (add(a, b), carried(mul(s, ARGUMENT), Kind.PROPORTIONAL, s), REFUTED, "moves with s"),
    "decreasing": (exp(a), carried(neg(log(ARGUMENT)), Kind.SAME_OPTIMA, a, reverses=True), HELD, ""),
    "monotone on one side only": (a, carried(power(ARGUMENT, TWO), Kind.SAME_OPTIMA, a), REFUTED, "slope"),
    "monotone where it is needed": (exp(a), carried(power(ARGUMENT, TWO), Kind.SAME_OPTIMA, a), HELD, ""),
    "maximiser for minimiser": (exp(a), carried(neg(log(ARGUMENT)), Kind.SAME_OPTIMA, a), REFUTED, "slope"),
}


@pytest.mark.parametrize("what", RELATIONS)
def test_a_relation_is_checked_through_its_map(what: str) -> None:
    before, relation, finding, witness = RELATIONS[what]
    assert relation.carries is not None
    row = claim(before, relation.carries(before), *real(a, b), *real(s, domain=POSITIVE), relation=relation)
    assert row.finding == finding, row
    assert witness in row.detail


def test_a_relation_that_is_upgraded_to_an_equation_is_refuted() -> None:
    d = lp.derive("logistic")
    bad = replace(d[8], relation=EQUAL)
    assert judge(replace(d, start=bad.before, steps=(bad,)))[0].finding == REFUTED


# ------------------------------------------------------------------ evidence


def test_numbers_that_break_a_hypothesis_are_no_evidence() -> None:
    false_at_zero = (mul(a, inverse(a)), ONE)
    assert claim(*false_at_zero, *real(a)).finding == REFUTED
    assert claim(*false_at_zero, *real(a, domain=NONZERO)).finding == HELD
    assert claim(*false_at_zero, *real(a, b), Declared(sub(a, b), NONZERO), *real(a, domain=POSITIVE)).finding == HELD
    difference = sub(a, b)
    row = claim(mul(difference, inverse(difference)), ONE, *real(a, b), Declared(difference, NONZERO))
    assert row.finding == HELD
    assert claim(mul(difference, inverse(difference)), ONE, *real(a, b)).finding == REFUTED


def test_labels_and_points_satisfy_the_hypotheses() -> None:
    d = lp.derive("multinomial")
    for case in cases(d, 0):
        y, m = case.arrays.get("y", {}), case.arrays.get("m", {})
        for (row,), trials in m.items():
            assert sum(v for (r, _), v in y.items() if r == row) == trials
    d = lp.derive("laplace-gradient")
    for case in cases(d, 0):
        for point in Witnesses(case, d.hypotheses, 0).points:
            for h in d.hypotheses:
                if isinstance(h, Declared) and h.domain == NONZERO:
                    for at in Unrolled(case).places(h.ranges):
                        assert Unrolled(case).value(h.term, at)[0].xreplace(point.values) != 0


def test_hypotheses_that_nothing_satisfies_give_no_finding() -> None:
    row = claim(a, add(a, ONE), *real(a), Assumed("impossible", ONE, ZERO))
    assert (row.finding, row.detail) == (NOT_APPLICABLE, "no sizes and labels satisfy the hypotheses")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (a, a, "nothing is declared of a"),
        (mul(power(b, c), b), power(b, add(c, ONE)), "could not be decided"),
        (log(Integer(-1)), inverse(ZERO), "neither side has a value"),
        (total(ONE, i, ONE, Integer(10**12)), ONE, "too large"),
        (power(Integer(9), power(Integer(9), power(Integer(9), Integer(9)))), ONE, "too large"),
        (factorial(Integer(10**9)), ONE, "too large"),
        (power(add(b, c), Integer(1000)), power(add(c, b, ZERO, ONE), Integer(1000)), "too large"),
    ],
)
def test_where_the_referee_cannot_tell_it_says_why_and_soon(before: Expr, after: Expr, reason: str) -> None:
    began = process_time()
    row = claim(before, after, *real(b, c))
    assert process_time() - began < 5
    assert row.finding == NOT_APPLICABLE
    assert reason.lower() in row.detail.lower()


def test_the_same_seed_gives_the_same_findings() -> None:
    d = lp.derive("softmax-one-hot")
    assert judge(d, seed=3) == judge(d, seed=3)


def test_unknown_functions_of_equal_arguments_are_equal_and_others_need_not_be() -> None:
    f = Head("f")
    known = (*real(a, b), Declared(Opaque(f, a), REAL))
    assert claim(Opaque(f, mul(a, add(b, ONE))), Opaque(f, add(a, mul(a, b))), *known).finding == HELD
    assert claim(Opaque(f, a), Opaque(f, b), *known).finding == REFUTED
    assert claim(besseli(ZERO, mul(a, b)), besseli(ZERO, mul(b, a)), *known).finding == HELD


def test_an_interval_contains_the_values() -> None:
    p, q = Symbol("p", real=True), Symbol("q", real=True)
    where = {p: UNIT, q: NONNEGATIVE}
    assert bounds(1 - p, where)[:2] == (0, 1)
    assert bounds(1 / (1 + q), where)[:2] == (0, 1)
    assert bounds(-p / (1 + q), where) == (-1, 0, False, False)
    assert bounds(p - q, where)[1] == 1
    for low, high in pairwise((Integer(-2), Integer(3))):
        inside = bounds(p * (low + (high - low) * p), where)
        assert inside[0] <= low
        assert inside[1] >= 1
