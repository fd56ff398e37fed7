"""No false theorem about integrals and series: infinity is no number, a bound variable is what its range says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sympy import Abs, Expr, IndexedBase, Integer, Integral, KroneckerDelta, Rational, S, Symbol, Tuple, symbols

from lossproof.errors import LossproofError, ReplayError, RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Assumed, Between, Declared, ForAll, Hypothesis, Labelled, Member, Range, Ranged
from lossproof.kernel.derivation import Derivation, replay
from lossproof.kernel.domains import COUNT, NONNEGATIVE, POSITIVE, REAL, UNIT, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import FOLD, Rule
from lossproof.kernel.schema import Abstraction, Value
from lossproof.kernel.serial import from_json, to_json
from lossproof.kernel.steps import Place, Step, apply
from lossproof.notation.codec import Encoder, decode
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    alpha_equal,
    build,
    derivative,
    error_function,
    exp,
    factorial,
    free,
    integral,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    sub,
    substitute,
    total,
)
from lossproof.notation.matrices import IdentityMatrix, Matrix
from lossproof.notation.nodes import Definition, Density, Head, Opaque, Where, meaning, series
from lossproof.notation.shapes import check_expression, check_term
from lossproof.numeric.evaluate import Instance
from lossproof.numeric.integrating import integral_of
from lossproof.referees.balls import Sample, Setting, differs, holds
from lossproof.rulebook import RULES, cases, integrals, logarithms, sums
from lossproof.rulebook.algebra import ALGEBRA
from lossproof.strategies.chain import Chain

OO, MINUS_OO = S.Infinity, S.NegativeInfinity
a, b, c, g, h, t, v = symbols("a b c g h t v")
i, k, n = symbols("i k n", integer=True)
x, y = IndexedBase("x"), IndexedBase("y")
#: Where it is free, this is a positive number; where it is bound, what its range says.
POSITIVE_G = Symbol("g", positive=True)
BASIC = (Declared(a, REAL), Declared(b, POSITIVE), Declared(c, REAL), Declared(n, COUNT))
F = Head("f")


def step(
    rule: Rule, before: Expr, path: tuple[int, ...] = (), hypotheses: tuple[Hypothesis, ...] = BASIC, **given: Value
) -> Step:
    return apply(rule, (Place(path, tuple(sorted(given.items()))),), before, Facts(hypotheses))


# ------------------------------------------------------------------ infinity is no number

NUMBERS: dict[str, Callable[[Expr], Expr]] = {
    "itself": lambda e: e,
    "a term": lambda e: add(ONE, e),
    "a factor": lambda e: mul(ZERO, e),
    "a base": lambda e: power(e, MINUS_ONE),
    "an exponent": lambda e: power(TWO, e),
    "an argument": lambda e: exp(neg(e)),
    "of the error function": error_function,
    "a maximum": lambda e: maximum(e, ONE),
    "a branch": lambda e: Where(ONE, e, ONE),
    "a gap": lambda e: Where(e, ONE, ONE),
    "an index": lambda e: x[e],
    "a delta": lambda e: build(KroneckerDelta, (e, e)),
    "of an unknown function": lambda e: Opaque(F, e),
    "of a density": lambda e: Density(x, e, y, y, Tuple(a)),
    "what a density is given": lambda e: Density(x, x, y, e, Tuple(a)),
    "a parameter of a density": lambda e: Density(x, x, y, y, Tuple(e)),
    "the body of a sum": lambda e: total(e, k, ONE, n),
    "the end of a sum": lambda e: total(ONE, k, ONE, e),
    "the body of an integral": lambda e: integral(e, v, ZERO, ONE),
    "the body of a series": lambda e: series(e, k, ZERO),
    "in the end of an integral": lambda e: integral(ONE, v, ZERO, add(e, ONE)),
    "a derivative": lambda e: derivative(e, v),
    "a named value": lambda e: Definition(Head("J"), Tuple(a), a)(e),
    "the meaning of a name": lambda e: Definition(Head("J"), Tuple(), e)(),
    "the size of a matrix": lambda e: Matrix(Head("M"), x, e, n),
    "the size of an identity": IdentityMatrix,
}


@pytest.mark.parametrize("end", [OO, MINUS_OO], ids=str)
@pytest.mark.parametrize("use", NUMBERS)
def test_infinity_is_no_number(use: str, end: Expr) -> None:
    e = NUMBERS[use](end)
    with pytest.raises(UnsupportedExpression):
        check_term(e)
    if isinstance(e, Expr):
        with pytest.raises((UnsupportedExpression, ReplayError)):
            replay(Derivation("oo", BASIC, (), e))


@pytest.mark.parametrize(
    "e",
    [
        integral(ONE, v, OO, MINUS_OO),
        integral(ONE, v, OO, OO),
        integral(ONE, v, MINUS_OO, MINUS_OO),
        integral(v, v, ZERO, v),
        series(ONE, k, MINUS_OO),
        series(ONE, k, OO),
        series(k, k, k),
    ],
    ids=str,
)
def test_a_range_has_its_infinities_on_their_own_sides_and_does_not_bound_itself(e: Expr) -> None:
    with pytest.raises(UnsupportedExpression):
        check_expression(e)


OVER = Range(i, ONE, OO)


@pytest.mark.parametrize(
    "h",
    [
        Declared(OO, POSITIVE),
        Declared(add(OO, a), REAL),
        Declared(x[i], REAL, (OVER,)),
        Declared(Opaque(F, OO), UNIT),
        Assumed("A", a, OO),
        Assumed("A", OO, a),
        Assumed("A", Opaque(F, OO), a),
        Ranged(OVER),
        Labelled(k, ONE, OO),
        Labelled(k, MINUS_OO, ONE),
    ],
    ids=str,
)
def test_no_hypothesis_speaks_of_infinity(h: Hypothesis) -> None:
    with pytest.raises(ReplayError):
        replay(Derivation("oo", (*BASIC, h), (), a))


def test_infinity_is_no_parameter() -> None:
    with pytest.raises(ReplayError):
        replay(Derivation("oo", BASIC, (OO,), a))


def test_a_saved_file_keeps_the_ends_and_may_not_use_them_otherwise() -> None:
    line = integral(exp(neg(mul(b, power(v, TWO)))), v, MINUS_OO, OO)
    d = Chain("g", BASIC, (), line).at_root(integrals.GAUSSIAN_INTEGRAL).done()
    text = to_json(d)
    assert from_json(text, RULES) == d
    data = json.loads(text)
    encoder = Encoder()
    number = encoder.number(add(ONE, a))
    table = [row if row[0] != "Symbol" else ["Constant", "oo"] for row in encoder.rows]
    assert number == len(table) - 1
    with pytest.raises(LossproofError):
        decode(table)
    nodes = next(value for value in data.values() if isinstance(value, list) and ["Constant", "oo"] in value)
    at = next(r for r, row in enumerate(nodes) if row[0] == "Constant" and row[1] == "oo")
    for row in nodes:
        if row[0] == "exp":
            row[1] = at
            break
    with pytest.raises(LossproofError):
        replay(from_json(json.dumps(data), RULES))


def test_infinity_is_given_for_the_end_of_a_range_and_for_nothing_else() -> None:
    line, ray = integral(exp(v), v, MINUS_OO, OO), integral(exp(v), v, ZERO, OO)
    body = Abstraction((v,), exp(v))
    with pytest.raises((SideConditionError, UnsupportedExpression)):
        step(integrals.SPLIT_THE_LINE, line, a=body, c=OO, x=v)
    with pytest.raises((SideConditionError, UnsupportedExpression)):
        step(integrals.SPLIT_THE_RAY, ray, a=body, m=ZERO, c=OO, x=v)
    with pytest.raises((SideConditionError, UnsupportedExpression)):
        step(integrals.SPLIT_THE_INTERVAL, ray, a=body, m=ZERO, c=ONE, n=OO, x=v)
    with pytest.raises((SideConditionError, UnsupportedExpression)):
        step(integrals.LENGTH, integral(ONE, v, ZERO, OO), c=ONE, m=ZERO, n=OO, x=v)
    for value in (Abstraction((v,), OO), (OO, ONE), (Abstraction((v,), OO),), Tuple(OO, ONE)):
        with pytest.raises(UnsupportedExpression):
            step(integrals.SPLIT_THE_LINE, line, a=body, c=ZERO, x=v, m=value)


def test_the_distance_from_an_infinite_end_is_not_known_to_be_positive() -> None:
    """Else ``int_t^oo 1`` would be ``oo - t`` inside ``int_0^oo dt``."""
    outer = integral(integral(ONE, v, t, OO), t, ZERO, OO)
    with pytest.raises((SideConditionError, UnsupportedExpression)):
        step(integrals.LENGTH, outer, (0,), c=ONE, m=t, n=OO, x=v)
    inside = Facts(BASIC).under(outer)
    assert not inside.shows(sub(OO, t), REAL)
    assert inside.shows(sub(t, ZERO), POSITIVE)
    below = Facts(BASIC).under(integral(ONE, t, MINUS_OO, a))
    assert below.shows(sub(a, t), POSITIVE)
    assert not below.shows(sub(t, MINUS_OO), REAL)


def test_a_sum_does_not_become_infinite() -> None:
    """Inside a series its index lies in ``0..oo``, which is no range of a sum."""
    before = series(power(Rational(1, 2), k), k, ZERO)
    with pytest.raises(UnsupportedExpression):
        step(sums.AS_SIFTED_SUM, before, (0,), a=Abstraction((i,), power(Rational(1, 2), i)), i=i, k=k, m=ZERO, n=OO)


# ------------------------------------------------------------------ nothing is captured


def test_a_variable_of_integration_is_not_captured() -> None:
    body = Abstraction((h,), exp(neg(power(h, TWO))))
    line = integral(exp(neg(power(sub(v, v), TWO))), v, MINUS_OO, OO)
    with pytest.raises(RuleDoesNotApply):  # c is v itself: int exp(-(v - v)^2) is not int exp(-y^2)
        step(integrals.TRANSLATION, line, a=body, c=v, x=v, y=g)
    with pytest.raises(RuleDoesNotApply):  # the factor is not constant
        step(
            integrals.CONSTANT_OUT_OF_INTEGRAL,
            integral(mul(v, v), v, ZERO, ONE),
            a=Abstraction((h,), h),
            c=v,
            x=v,
            m=ZERO,
            n=ONE,
        )
    line = integral(mul(g, exp(sub(v, a))), v, MINUS_OO, OO)
    with pytest.raises(RuleDoesNotApply):  # g is free in the integrand, and would be bound
        step(integrals.TRANSLATION, line, a=Abstraction((h,), mul(g, exp(h))), c=a, x=v, y=g)
    with pytest.raises(RuleDoesNotApply):
        step(integrals.SPLIT_THE_LINE, integral(exp(v), v, MINUS_OO, OO), a=Abstraction((h,), exp(h)), c=v, x=v)
    line = integral(exp(v), v, MINUS_OO, g)
    with pytest.raises(RuleDoesNotApply):
        step(integrals.REFLECTION, line, a=Abstraction((h,), exp(h)), c=g, x=v, y=g)
    with pytest.raises(RuleDoesNotApply):
        step(integrals.LENGTH, integral(v, v, ZERO, ONE), c=v, m=ZERO, n=ONE, x=v)
    with pytest.raises(RuleDoesNotApply):
        step(integrals.GEOMETRIC_SERIES, series(power(k, k), k, ZERO), a=k, k=k)


def test_substitution_renames_what_it_would_capture() -> None:
    inner = integral(exp(mul(v, a)), v, ZERO, a)
    moved = substitute(inner, {a: add(v, ONE)})
    assert free(moved) == {v}
    assert alpha_equal(moved, integral(exp(mul(g, add(v, ONE))), g, ZERO, add(v, ONE)))
    assert not alpha_equal(moved, integral(exp(mul(v, add(v, ONE))), v, ZERO, ONE))
    assert alpha_equal(integral(v, v, ZERO, ONE), integral(t, t, ZERO, ONE))
    assert not alpha_equal(integral(v, v, ZERO, ONE), integral(t, t, ZERO, TWO))
    assert not alpha_equal(integral(g, v, ZERO, ONE), integral(g, g, ZERO, ONE))


def test_nothing_is_rewritten_under_a_variable_that_means_something_outside() -> None:
    """Here ``b`` is declared positive; under the integral it is any number."""
    e = integral(log(power(b, TWO)), b, MINUS_OO, OO)
    with pytest.raises(SideConditionError, match="rename b"):
        step(logarithms.LOG_OF_POWER, e, (0,), a=b, b=TWO)


def test_a_name_is_folded_with_its_integral_renamed() -> None:
    mass = Definition(Head("Z"), Tuple(a), integral(exp(neg(mul(a, v))), v, ZERO, OO))
    found = step(FOLD, integral(exp(neg(mul(c, t))), t, ZERO, OO), named=mass(c))
    assert found.after == mass(c)
    with pytest.raises(RuleDoesNotApply):
        step(FOLD, integral(exp(neg(mul(c, t))), t, ONE, OO), named=mass(c))


# ------------------------------------------------------------------ a bound variable is what its range says


def test_the_assumptions_of_a_bound_variable_are_not_believed() -> None:
    line = integral(log(power(POSITIVE_G, TWO)), POSITIVE_G, MINUS_OO, OO)
    with pytest.raises(SideConditionError):
        step(logarithms.LOG_OF_POWER, line, (0,), hypotheses=(), a=POSITIVE_G, b=TWO)
    ray = integral(log(power(POSITIVE_G, TWO)), POSITIVE_G, ZERO, OO)
    assert step(logarithms.LOG_OF_POWER, ray, (0,), hypotheses=(), a=POSITIVE_G, b=TWO).after.args[1] == ray.args[1]
    with pytest.raises(SideConditionError):
        step(
            cases.WHERE_IT_HOLDS,
            replace_body(line, Where(POSITIVE_G, ONE, ZERO)),
            (0,),
            c=POSITIVE_G,
            a=ONE,
            b=ZERO,
        )
    count = Symbol("m", integer=True, positive=True)
    inside = Facts().under(integral(ONE, count, ZERO, ONE))
    assert not inside.shows(count, COUNT)
    assert inside.shows(count, UNIT)
    assert not Facts().under(series(ONE, count, MINUS_ONE)).shows(count, NONNEGATIVE)


def replace_body(e: Expr, body: Expr) -> Expr:
    return build(type(e), (body, *e.args[1:]))


def test_sympy_is_not_told_them_either() -> None:
    found = meaning(integral(exp(neg(absolute(POSITIVE_G))), POSITIVE_G, MINUS_OO, OO))
    assert isinstance(found, Integral)
    assert found.atoms(Abs)
    assert found.doit() == 2


@pytest.mark.parametrize(
    ("low", "high", "inside"),
    [
        (MINUS_OO, OO, REAL),
        (ZERO, OO, POSITIVE),
        (MINUS_OO, ZERO, -POSITIVE),
        (ZERO, ONE, UNIT),
        (b, OO, POSITIVE),
        (a, OO, REAL),
        (MINUS_OO, neg(b), -POSITIVE),
    ],
    ids=str,
)
def test_the_range_of_an_integral_is_known_inside_and_no_more(low: Expr, high: Expr, inside: Domain) -> None:
    facts = Facts(BASIC).under(integral(ONE, v, low, high))
    found = facts.domain_of(v)
    assert found is not None
    assert isinstance(found.claim, Member)
    assert found.claim.domain == inside


def test_what_holds_at_the_ends_is_not_taken_for_granted_inside() -> None:
    """The ends do not belong to the range: there, ``log v`` has a value on ``(0, 1)``, and ``1 / (v - 1)`` too."""
    facts = Facts(BASIC).under(integral(ONE, v, ZERO, ONE))
    assert facts.shows(log(v), -POSITIVE)
    assert facts.shows(inverse(sub(v, ONE)), REAL)
    assert not Facts(BASIC).under(integral(ONE, v, MINUS_ONE, ONE)).shows(inverse(v), REAL)


def test_a_condition_for_every_number_between_two_ends_is_not_one_for_integers() -> None:
    facts = Facts(BASIC)
    every = ForAll(Between(v, ZERO, OO), Member(v, Domain(low=1, low_closed=True)))
    with pytest.raises(SideConditionError):
        facts.discharge("test", every)
    with pytest.raises(SideConditionError):
        facts.discharge("test", ForAll(Between(b, MINUS_OO, OO), Member(b, REAL)))


# ------------------------------------------------------------------ the edges of conditions


def test_no_constant_that_may_be_zero_leaves_an_integral() -> None:
    """``int_0^oo 0 exp(v) dv`` is 0, but ``0 int_0^oo exp(v) dv`` has no value."""
    body = Abstraction((h,), exp(h))
    with pytest.raises(SideConditionError):
        step(integrals.CONSTANT_OUT_OF_INTEGRAL, integral(mul(a, exp(v)), v, ZERO, OO), a=body, c=a, x=v, m=ZERO, n=OO)
    with pytest.raises(SideConditionError):
        step(
            integrals.CONSTANT_OUT_OF_INTEGRAL,
            integral(mul(ZERO, exp(v)), v, ZERO, OO),
            a=body,
            c=ZERO,
            x=v,
            m=ZERO,
            n=OO,
        )
    with pytest.raises(SideConditionError):
        step(integrals.CONSTANT_OUT_OF_SERIES, series(mul(a, exp(k)), k, ZERO), a=body, c=a, k=k, m=ZERO)


def test_terms_of_different_signs_are_not_integrated_one_by_one() -> None:
    """``int_R (v - v) dv`` is 0, and neither of its parts has a value."""
    up, down = Abstraction((h,), h), Abstraction((h,), neg(h))
    with pytest.raises(SideConditionError):
        step(
            integrals.INTEGRAL_OF_TERMS, integral(add(v, neg(v)), v, MINUS_OO, OO), a=up, b=down, x=v, m=MINUS_OO, n=OO
        )
    with pytest.raises(SideConditionError):  # on [0, oo) the second is negative
        step(integrals.INTEGRAL_OF_TERMS, integral(add(v, neg(v)), v, ZERO, OO), a=up, b=down, x=v, m=ZERO, n=OO)
    shown = step(
        integrals.INTEGRAL_OF_TERMS,
        integral(add(v, exp(v)), v, ZERO, ONE),
        a=up,
        b=Abstraction((h,), exp(h)),
        x=v,
        m=ZERO,
        n=ONE,
    )
    assert isinstance(shown.conditions[0].claim, ForAll)


def test_an_integral_is_split_inside_its_range_only() -> None:
    """From 1 to 0 there is nothing, so ``int_0^1`` is not ``int_0^2`` and ``int_2^1`` together."""
    body = Abstraction((h,), exp(h))
    with pytest.raises(SideConditionError):
        step(integrals.SPLIT_THE_INTERVAL, integral(exp(v), v, ZERO, ONE), a=body, m=ZERO, c=TWO, n=ONE, x=v)
    with pytest.raises(SideConditionError):
        step(integrals.SPLIT_THE_RAY, integral(exp(v), v, ZERO, OO), a=body, m=ZERO, c=MINUS_ONE, x=v)
    with pytest.raises(SideConditionError):
        step(integrals.SPLIT_THE_RAY, integral(exp(v), v, ZERO, OO), a=body, m=ZERO, c=a, x=v)
    with pytest.raises(SideConditionError):
        step(integrals.SPLIT_THE_INTERVAL, integral(exp(v), v, MINUS_OO, ONE), a=body, m=MINUS_OO, c=ZERO, n=ONE, x=v)
    with pytest.raises(SideConditionError):  # a cut that has no value
        step(integrals.SPLIT_THE_LINE, integral(exp(v), v, MINUS_OO, OO), a=body, c=log(a), x=v)


def test_a_length_is_not_negative() -> None:
    with pytest.raises(SideConditionError):
        step(integrals.LENGTH, integral(TWO, v, ONE, ZERO), c=TWO, m=ONE, n=ZERO, x=v)
    with pytest.raises(SideConditionError):
        step(integrals.LENGTH, integral(TWO, v, a, c), c=TWO, m=a, n=c, x=v)
    with pytest.raises(SideConditionError):  # 0 times what has no value has none; an empty integral of it is 0
        step(integrals.LENGTH, integral(log(a), v, ZERO, ZERO), c=log(a), m=ZERO, n=ZERO, x=v)


GAUSS = exp(neg(mul(a, power(v, TWO))))
EDGES: dict[str, tuple[Rule, Expr, dict[str, Value]]] = {
    "a flat exponential": (
        integrals.EXPONENTIAL_TAIL,
        integral(exp(neg(mul(ZERO, v))), v, c, OO),
        {"a": ZERO, "c": c, "x": v},
    ),
    "a growing exponential": (
        integrals.EXPONENTIAL_TAIL,
        integral(exp(neg(mul(a, v))), v, c, OO),
        {"a": a, "c": c, "x": v},
    ),
    "a flat Gaussian": (integrals.GAUSSIAN_INTEGRAL, integral(GAUSS, v, MINUS_OO, OO), {"a": a, "x": v}),
    "a Gaussian turned around": (
        integrals.PART_OF_GAUSSIAN_INTEGRAL,
        integral(exp(neg(mul(b, power(v, TWO)))), v, neg(c), c),
        {"a": b, "c": c, "x": v},
    ),
    "a gamma function at 0": (
        integrals.GAMMA_INTEGRAL,
        integral(mul(power(v, sub(ZERO, ONE)), exp(neg(mul(b, v)))), v, ZERO, OO),
        {"a": ZERO, "b": b, "x": v},
    ),
    "a flat power": (
        integrals.GENERALISED_GAMMA_INTEGRAL,
        integral(mul(power(v, sub(b, ONE)), exp(neg(mul(b, power(v, ZERO))))), v, ZERO, OO),
        {"a": b, "b": b, "c": ZERO, "x": v},
    ),
    "a beta function at 0": (
        integrals.BETA_INTEGRAL,
        integral(mul(power(v, sub(ZERO, ONE)), power(sub(ONE, v), sub(b, ONE))), v, ZERO, ONE),
        {"a": ZERO, "b": b, "x": v},
    ),
    "a tail that is too heavy": (
        integrals.STUDENT_INTEGRAL,
        integral(power(add(ONE, mul(b, power(v, TWO))), neg(Rational(1, 2))), v, MINUS_OO, OO),
        {"a": b, "b": Rational(1, 2), "x": v},
    ),
    "a logistic density without a tail": (
        integrals.LOGISTIC_INTEGRAL,
        integral(mul(exp(neg(mul(b, v))), power(add(ONE, exp(neg(mul(b, v)))), neg(ONE))), v, MINUS_OO, OO),
        {"a": b, "b": ONE, "c": b, "x": v},
    ),
    "a Gumbel density without a tail": (
        integrals.GUMBEL_INTEGRAL,
        integral(mul(exp(neg(mul(ZERO, v))), exp(neg(mul(b, exp(neg(mul(b, v))))))), v, MINUS_OO, OO),
        {"a": ZERO, "b": b, "c": b, "x": v},
    ),
    "an inverse Gaussian at 0": (
        integrals.INVERSE_GAUSSIAN_INTEGRAL,
        integral(mul(power(v, Rational(-3, 2)), exp(neg(add(mul(b, v), mul(ZERO, inverse(v)))))), v, ZERO, OO),
        {"a": b, "b": ZERO, "x": v},
    ),
    "a reciprocal one without a tail": (
        integrals.RECIPROCAL_INVERSE_GAUSSIAN_INTEGRAL,
        integral(mul(power(v, Rational(-1, 2)), exp(neg(add(mul(ZERO, v), mul(b, inverse(v)))))), v, ZERO, OO),
        {"a": ZERO, "b": b, "x": v},
    ),
    "a scale of 0": (
        integrals.SCALE_OF_RAY,
        integral(exp(mul(v, inverse(a))), v, ZERO, OO),
        {"a": Abstraction((h,), exp(h)), "c": a, "x": v, "y": v},
    ),
    "a geometric series of ones": (integrals.GEOMETRIC_SERIES, series(power(ONE, k), k, ZERO), {"a": ONE, "k": k}),
    "an alternating one": (integrals.GEOMETRIC_SERIES, series(power(MINUS_ONE, k), k, ZERO), {"a": MINUS_ONE, "k": k}),
    "an exponential series of no number": (
        integrals.EXPONENTIAL_SERIES,
        series(mul(power(log(a), k), inverse(factorial(k))), k, ZERO),
        {"a": log(a), "k": k},
    ),
    "a shift by no number": (
        integrals.TRANSLATION,
        integral(exp(sub(v, log(a))), v, MINUS_OO, OO),
        {"a": Abstraction((h,), exp(h)), "c": log(a), "x": v, "y": v},
    ),
    "a case on the edge": (cases.WHERE_IT_FAILS, Where(ZERO, ONE, TWO), {"a": ONE, "b": TWO, "c": ZERO}),
    "a case without a value": (cases.WHERE_IT_FAILS, Where(log(a), ONE, TWO), {"a": ONE, "b": TWO, "c": log(a)}),
}


@pytest.mark.parametrize("name", EDGES)
def test_a_known_integral_or_series_is_not_used_beyond_its_conditions(name: str) -> None:
    rule, before, given = EDGES[name]
    with pytest.raises(SideConditionError):
        step(rule, before, **given)


def test_of_a_function_in_pieces_only_the_chosen_one_needs_a_value() -> None:
    found = step(cases.WHERE_IT_HOLDS, Where(power(a, TWO), b, log(a)), c=power(a, TWO), a=b, b=log(a))
    assert found.after == b
    facts = Facts(BASIC)
    assert facts.domain_of(Where(a, b, log(a))) is None
    assert facts.shows(Where(a, b, exp(c)), POSITIVE)
    assert not facts.shows(Where(a, b, c), NONNEGATIVE)
    assert facts.differentiable(Where(a, a, neg(a)), a) is None
    assert facts.differentiable(integral(mul(a, v), v, ZERO, ONE), a) is None


def test_an_integral_without_a_value_is_not_cancelled() -> None:
    """``int_0^oo exp(v) dv`` less itself is not 0: it has no value."""
    diverges = integral(exp(v), v, ZERO, OO)
    with pytest.raises(SideConditionError):
        step(ALGEBRA, sub(diverges, diverges), to=ZERO)
    with pytest.raises(SideConditionError):
        step(ALGEBRA, mul(ZERO, series(ONE, k, ZERO)), to=ZERO)


def test_a_step_inside_an_empty_integral_is_worth_nothing_outside() -> None:
    """Between 1 and 0 everything holds; what follows from it stays there."""
    nothing = Facts(BASIC).under(integral(ONE, v, ONE, ZERO))
    assert nothing.shows(a, REAL)
    assert not Facts(BASIC).shows(v, POSITIVE)
    assert not nothing.shows(a, POSITIVE)


def test_two_symbols_of_one_name_are_not_taken_for_one() -> None:
    plain = Symbol("g")
    e = add(plain, integral(POSITIVE_G, POSITIVE_G, ZERO, ONE))
    with pytest.raises(ReplayError, match="two different symbols"):
        replay(Derivation("g", (Declared(plain, REAL),), (), e))


def test_a_forged_step_under_an_integral_is_refused() -> None:
    line = integral(exp(neg(mul(b, power(v, TWO)))), v, MINUS_OO, OO)
    d = Chain("g", BASIC, (), line).at_root(integrals.GAUSSIAN_INTEGRAL).done()
    forged = replace(d, steps=(replace(d.steps[0], after=mul(TWO, d.rhs)),))
    with pytest.raises(ReplayError):
        replay(forged)
    assert replay(d).right == d.rhs


# ------------------------------------------------------------------ what the referees say

GAUSS_LINE = integral(exp(neg(mul(b, power(sub(v, a), TWO)))), v, MINUS_OO, OO)


def gauss() -> Derivation:
    around = Abstraction((h,), exp(neg(mul(b, power(h, TWO)))))
    chain = Chain("gauss", BASIC[:2], (), GAUSS_LINE).at_root(integrals.TRANSLATION, a=around, c=a, x=v, y=v)
    return chain.at_root(integrals.GAUSSIAN_INTEGRAL).done(claim=POSITIVE)


def test_every_referee_says_something_of_an_integral_and_none_fails() -> None:
    found = {(row.step, row.referee): row.finding for name in ("finite", "balls") for row in gauss().verify(name).rows}
    assert found[1, "replay"] == found[2, "replay"] == "held"
    assert found[1, "balls"] == found[2, "balls"] == "held"
    assert found[1, "finite"] == "not applicable"
    assert "refuted" not in found.values()


def test_the_finite_referee_knows_which_piece_is_at_hand() -> None:
    e = Where(add(ONE, power(a, TWO)), exp(a), log(neg(power(a, TWO))))
    chain = Chain("piece", BASIC, (), e).at_root(cases.WHERE_IT_HOLDS)
    assert [row.finding for row in chain.done().verify("finite").rows if row.referee == "finite"] == ["held"]
    open_ended = Chain("piece", BASIC, (), add(Where(a, b, b), ZERO)).algebra(Where(a, b, b)).done()
    assert [r.finding for r in open_ended.verify("finite").rows if r.referee == "finite"] == ["not applicable"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GAUSS_LINE, power(mul(TWO, inverse(b)), Rational(1, 2))),
        (integral(exp(neg(absolute(v))), v, MINUS_OO, OO), ONE),
        (integral(log(v), v, ZERO, ONE), ONE),
        (integral(Where(sub(a, v), ONE, ZERO), v, a, add(a, ONE)), ONE),
        (integral(power(add(ONE, power(v, TWO)), MINUS_ONE), v, ZERO, OO), ONE),
        (integral(mul(v, exp(neg(v))), v, ZERO, b), ONE),
        (series(power(Rational(1, 2), k), k, ONE), TWO),
        (series(mul(power(a, k), inverse(factorial(k))), k, ONE), exp(a)),
        (integral(log(neg(power(a, TWO))), v, ZERO, ONE), ZERO),
    ],
    ids=str,
)
def test_a_false_value_of_an_integral_is_refuted(before: Expr, after: Expr) -> None:
    assert differs(before, after, BASIC).finding == "refuted"


def test_an_integral_of_which_no_ball_is_found_is_not_judged() -> None:
    found = differs(integral(inverse(v), v, ZERO, ONE), ONE)
    assert found.finding == "not applicable"
    assert "fall fast enough" in found.detail


def test_a_condition_for_every_number_of_a_range_is_tried_at_some() -> None:
    point = Sample(Setting(BASIC, (), (a, b))).points[0]
    positive = ForAll(Between(v, ZERO, OO), Member(v, POSITIVE))
    assert holds(positive, point) is True
    assert holds(ForAll(Between(v, MINUS_OO, OO), Member(v, POSITIVE)), point) is False
    assert holds(ForAll(Between(v, ONE, ZERO), Member(v, -POSITIVE)), point) is True  # there is none
    assert holds(ForAll(Range(k, ZERO, OO), Member(sub(Integer(3), k), POSITIVE)), point) is False


def test_an_integral_that_is_all_but_zero_is_not_written_out_to_its_last_digit() -> None:
    x = Symbol("x")
    tail = integral_of(exp(neg(x)), x, Integer(10**12), S.Infinity, Instance({}), 128)
    assert tail.contains(0)
    assert tail.upper() < 1e-300
