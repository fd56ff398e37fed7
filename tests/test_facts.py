"""What is known, and what follows: entailment may be silent, but never wrong."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Expr, IndexedBase, Integer, Rational, Symbol, symbols

import lossproof as lp
from lossproof.errors import SideConditionError
from lossproof.kernel.conditions import Constant, Declared, Differentiable, ForAll, Member, Range, Ranged, Within
from lossproof.kernel.domains import (
    BINARY,
    CLOSED_UNIT,
    COUNT,
    NONNEGATIVE,
    NONZERO,
    POSITIVE,
    REAL,
    SIGNS,
    UNIT,
    Domain,
    point,
)
from lossproof.kernel.facts import Facts
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    derivative,
    exp,
    log,
    maximum,
    mul,
    neg,
    power,
    product,
    sub,
    total,
)
from lossproof.notation.nodes import Sigmoid, Softplus
from lossproof.numeric.evaluate import Precise, evaluate

a, b, c = symbols("a b c")
i, j, n = symbols("i j n", integer=True)
y, w, x = IndexedBase("y"), IndexedBase("w"), IndexedBase("x")

# ------------------------------------------------------------------ domains

_FRACTIONS = st.fractions(min_value=-4, max_value=4, max_denominator=4)


@st.composite
def domains(draw: st.DrawFn) -> tuple[Domain, Fraction]:
    """A domain and a number in it."""
    inside = draw(_FRACTIONS)
    low = draw(st.one_of(st.just(-math.inf), _FRACTIONS.filter(lambda v: v <= inside)))
    high = draw(st.one_of(st.just(math.inf), _FRACTIONS.filter(lambda v: v >= inside)))
    low_closed = low == inside or (low != -math.inf and draw(st.booleans()))
    high_closed = high == inside or (high != math.inf and draw(st.booleans()))
    integer = inside.denominator == 1 and draw(st.booleans())
    return Domain(low, high, low_closed, high_closed, integer, inside != 0 and draw(st.booleans())), inside


def contains(domain: Domain, value: Fraction) -> bool:
    return point(value).within(domain)


@given(domains(), domains())
def test_arithmetic_on_domains_contains_every_value(p: tuple[Domain, Fraction], q: tuple[Domain, Fraction]) -> None:
    (d, v), (e, u) = p, q
    assert contains(d, v)
    assert contains(d + e, v + u)
    assert contains(d * e, v * u)
    assert contains(-d, -v)
    if contains(e, v):
        assert contains(d.meet(e), v)
    inverse = d.reciprocal()
    if inverse is not None:
        assert v != 0
        assert contains(inverse, 1 / v)
    if d.within(e):
        assert contains(e, v)


@pytest.mark.parametrize(
    "value", [Fraction(10) ** 999, -(Fraction(10) ** 999), Fraction(1, 10**999), Fraction(-1, 3**999)]
)
def test_ends_with_very_many_digits_give_way_outward(value: Fraction) -> None:
    exact = point(value)
    assert exact.low < value < exact.high
    assert exact.nonzero
    for end in (exact.low, exact.high):
        assert abs(end) == math.inf or Fraction(end).denominator.bit_length() <= 512


@pytest.mark.parametrize(
    ("inner", "outer", "holds"),
    [
        (UNIT, CLOSED_UNIT, True),
        (CLOSED_UNIT, UNIT, False),
        (BINARY, CLOSED_UNIT, True),
        (CLOSED_UNIT, BINARY, False),
        (POSITIVE, NONZERO, True),
        (NONNEGATIVE, NONZERO, False),
        (SIGNS, NONZERO, True),
        (COUNT, NONNEGATIVE, True),
        (COUNT, POSITIVE, False),
        (Domain(low=Fraction(0), integer=True), Domain(low=Fraction(1), low_closed=True), True),
    ],
)
def test_inclusion_of_domains(inner: Domain, outer: Domain, holds: bool) -> None:
    assert inner.within(outer) is holds


# ------------------------------------------------------------------ entailment against arithmetic

_DECLARED = {"a": REAL, "b": POSITIVE, "c": UNIT}
_FACTS = Facts([Declared(Symbol(name), domain) for name, domain in _DECLARED.items()])


def _trees() -> st.SearchStrategy[Expr]:
    leaves = st.sampled_from([a, b, c, ONE, ZERO, TWO, MINUS_ONE, Rational(1, 2)])

    def grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        one = st.sampled_from([neg, log, exp, absolute, Sigmoid, Softplus, lambda e: power(e, MINUS_ONE)])
        two = st.sampled_from([add, mul, sub, power, maximum])
        return st.one_of(
            st.builds(lambda f, e: f(e), one, inner), st.builds(lambda f, e, g: f(e, g), two, inner, inner)
        )

    return st.recursive(leaves, grow, max_leaves=6)


@given(_trees(), st.integers(0, 10**6))
def test_an_enclosure_contains_the_value(e: Expr, seed: int) -> None:
    known = _FACTS.domain_of(e)
    if known is None:
        return
    chance = random.Random(seed)
    values = {"a": chance.gauss(0, 2), "b": chance.expovariate(1.0) + 1e-6, "c": chance.uniform(1e-6, 1 - 1e-6)}
    numbers = Precise(80)
    try:
        value = evaluate(e, values, numbers)
    except ArithmeticError:
        return  # too large to compute
    assert numbers.context.im(value) == 0, "an enclosure promises a real number"
    if not numbers.context.isfinite(value):
        return
    domain = known.claim.domain
    slack = numbers.context.mpf(10) ** -30 * (1 + abs(value))
    assert float(domain.low) - slack <= value <= float(domain.high) + slack
    assert value != 0 or not domain.nonzero or abs(value) < numbers.context.mpf(10) ** -70


# ------------------------------------------------------------------ particular answers

MODEL = Facts(lp.LOGISTIC.hypotheses, lp.LOGISTIC.parameters)


def holds(facts: Facts, condition: object) -> bool:
    try:
        facts.discharge("test", condition)  # type: ignore[arg-type]
    except SideConditionError:
        return False
    return True


def test_a_declared_array_is_known_within_its_bounds_only() -> None:
    over = Range(i, ONE, n)
    facts = Facts([Declared(y[i], BINARY, (over,))])
    assert holds(facts, ForAll(over, Member(y[i], BINARY)))
    assert not holds(facts, ForAll(over, Member(y[add(i, ONE)], BINARY)))
    assert not holds(facts, ForAll(Range(i, ZERO, n), Member(y[i], BINARY)))
    assert not holds(facts, Member(y[i], BINARY))
    assert not holds(facts, Member(y[ONE], BINARY))


def test_assumptions_that_an_index_carries_are_not_believed() -> None:
    k = Symbol("k", positive=True)
    assert not holds(Facts(), ForAll(Range(k, ZERO, n), Member(k, POSITIVE)))


def test_a_symbol_with_assumptions_is_known_and_listed() -> None:
    s = Symbol("s", positive=True)
    fact = Facts().discharge("test", Member(log(s), REAL))
    assert [str(h) for h in fact.hypotheses()] == ["0 < s"]


@pytest.mark.parametrize("e", [log(ZERO), log(a), power(ZERO, MINUS_ONE), power(a, Rational(1, 2)), power(a, a)])
def test_what_may_be_undefined_is_not_called_real(e: Expr) -> None:
    assert not holds(Facts([Declared(a, REAL)]), Member(e, REAL))


_AT_LEAST_ONE = Domain(low=Fraction(1), low_closed=True)


@pytest.mark.parametrize(
    ("e", "domain"),
    [
        (sub(b, log(b)), _AT_LEAST_ONE),
        (sub(sub(b, ONE), log(b)), NONNEGATIVE),
        (sub(mul(b, b), add(ONE, log(mul(b, b)))), NONNEGATIVE),
        (sub(neg(sub(log(exp(a)), exp(a))), ONE), NONNEGATIVE),
        (sub(add(b, c), log(add(b, c))), _AT_LEAST_ONE),
        (add(sub(b, log(b)), sub(b, log(b))), Domain(low=Fraction(2), low_closed=True)),
    ],
)
def test_a_number_exceeds_its_logarithm_by_one(e: Expr, domain: Domain) -> None:
    assert holds(_FACTS, Member(e, domain))


@pytest.mark.parametrize(
    "e",
    [
        sub(a, log(a)),
        add(b, log(b)),
        sub(c, log(b)),
        sub(log(b), b),
        add(neg(b), neg(log(b))),
        sub(b, add(log(b), log(b))),
        sub(sub(b, TWO), log(b)),
        sub(b, sub(ONE, log(b))),
    ],
)
def test_only_a_positive_number_less_its_own_logarithm_is_enclosed_so(e: Expr) -> None:
    assert not holds(_FACTS, Member(e, NONNEGATIVE))


def test_an_index_that_shadows_another_is_refused() -> None:
    outer = Range(i, ONE, n)
    assert not holds(Facts(), ForAll(outer, ForAll(Range(i, ONE, TWO), Within(i, ONE, n))))


def test_constants_are_found_out_through_names() -> None:
    (w_bar,) = lp.LOGISTIC.parameters
    assert holds(MODEL, Constant(a, (w_bar,)))
    assert not holds(MODEL, Constant(lp.LOGISTIC.loss, (w_bar,)))
    assert not holds(MODEL, Constant(lp.LOGISTIC.joint, (w_bar,)))
    hidden = lp.CROSS_ENTROPY(w_bar[j], a)
    assert not holds(MODEL, Constant(hidden, (w_bar,)))


def test_differentiability_needs_an_open_domain() -> None:
    for domain, expected in ((REAL, True), (POSITIVE, True), (CLOSED_UNIT, False), (BINARY, False)):
        facts = Facts([Declared(a, domain)])
        assert holds(facts, Differentiable(power(a, TWO), a)) is expected


def test_kinks_are_not_called_differentiable() -> None:
    facts = Facts([Declared(a, REAL), Declared(b, POSITIVE)])
    assert not holds(facts, Differentiable(absolute(a), a))
    assert not holds(facts, Differentiable(maximum(a, ZERO), a))
    assert not holds(facts, Differentiable(log(a), a))
    assert holds(facts, Differentiable(absolute(b), b))
    assert holds(facts, Differentiable(log(b), b))


def test_a_sum_with_a_variable_bound_is_not_called_differentiable() -> None:
    facts = Facts([Declared(a, REAL)])
    assert not holds(facts, Differentiable(total(ONE, i, ONE, a), a))


def test_one_confined_element_confines_the_array() -> None:
    over = Range(j, ONE, n)
    free = Facts([Declared(n, COUNT), Declared(w[j], REAL, (over,)), Ranged(over)])
    confined = Facts([*free.hypotheses, Declared(w[ONE], BINARY)])
    assert holds(free, Differentiable(power(w[j], TWO), w[j]))
    assert not holds(confined, Differentiable(power(w[j], TWO), w[j]))


def test_the_missing_fact_is_the_smallest() -> None:
    closed = lp.Model("closed", lp.Bernoulli(), lp.OpaqueNetwork(values=CLOSED_UNIT))
    facts = Facts(closed.hypotheses, (closed.parameters,))
    with pytest.raises(SideConditionError) as caught:
        facts.discharge("a rule", Member(closed.likelihood, POSITIVE))
    assert caught.value.missing == "0 < f_θ(x_i) (only f_θ(x_i) in [0, 1] is known)"


@pytest.mark.parametrize(
    ("e", "domain"),
    [
        (product(y[i], i, ONE, n), REAL),
        (total(y[i], i, ONE, n), COUNT),
        (product(exp(y[i]), i, ONE, n), POSITIVE),
        (exp(neg(absolute(a))), Domain(Fraction(0), Fraction(1), False, True)),
        (derivative(log(b), b), REAL),
        (sub(ONE, Sigmoid(a)), UNIT),
        (power(Integer(0), Integer(0)), REAL),
    ],
)
def test_enclosures_that_rules_rely_on(e: Expr, domain: Domain) -> None:
    over = Range(i, ONE, n)
    facts = Facts([Declared(n, COUNT), Declared(y[i], BINARY, (over,)), Declared(a, REAL), Declared(b, POSITIVE)])
    assert holds(facts, Member(e, domain))
