"""Whether a total mass is finite: balls around it, and certificates that hold for every value of the constants."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, S, Symbol, cos, pi, sin

from lossproof.errors import LossproofError, NoFiniteValue, UnsupportedExpression
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import POSITIVE, REAL, UNIT
from lossproof.kernel.facts import Facts
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    error_function,
    exp,
    factorial,
    gamma_function,
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
from lossproof.notation.nodes import Sigmoid, Softplus, Where, series
from lossproof.numeric.balls import Balls
from lossproof.numeric.evaluate import Instance, Precise, Rationals, evaluate
from lossproof.numeric.integrating import integral_of
from lossproof.numeric.rays import Unbounded
from lossproof.recovery.growth import Germs, Growth, NotShown
from lossproof.recovery.mass import (
    Convergence,
    Divergence,
    Mass,
    between,
    converges,
    decimals,
    diverges,
    enclose,
    loss_of,
    of_mass,
    tail,
)
from lossproof.recovery.recover import recover
from lossproof.recovery.sets import COUNTS, Interval
from lossproof.recovery.sets import POSITIVE as RAY
from lossproof.recovery.sets import REAL as LINE
from lossproof.recovery.sets import UNIT as SHARES

t = Symbol("t", real=True)
y = Symbol("y", real=True)
delta, nu, tau, c = (Symbol(name, positive=True) for name in ("delta", "nu", "tau", "c"))
KNOWN = (Declared(tau, UNIT),)
HALF = Rational(1, 2)
OO, MINUS_OO = S.Infinity, S.NegativeInfinity


def huber(d: Expr) -> Expr:
    return Where(sub(d, absolute(t)), mul(HALF, power(t, TWO)), mul(d, sub(absolute(t), mul(HALF, d))))


def pinball(share: Expr) -> Expr:
    return maximum(mul(share, t), mul(sub(share, ONE), t))


def least(a: Expr, b: Expr) -> Expr:
    return neg(maximum(neg(a), neg(b)))


COSH = mul(HALF, add(exp(t), exp(neg(t))))
SQUARE = power(t, TWO)
LOG = log(add(ONE, SQUARE))

# ------------------------------------------------------------------ balls around masses

MASSES: dict[str, tuple[Expr, Any, str]] = {
    "Huber": (exp(neg(huber(ONE))), LINE, "sqrt(2*pi)*erf(1/sqrt(2)) + 2*exp(-0.5)"),
    "pinball": (exp(neg(pinball(Rational(3, 10)))), LINE, "1/(0.3*0.7)"),
    "Gauss": (exp(neg(SQUARE)), LINE, "sqrt(pi)"),
    "Laplace": (exp(neg(absolute(t))), LINE, "mpf(2)"),
    "log cosh": (exp(neg(log(COSH))), LINE, "pi"),
    "logistic": (exp(neg(add(Softplus(t), Softplus(neg(t))))), LINE, "mpf(1)"),
    "Gumbel": (exp(neg(add(t, exp(neg(t))))), LINE, "mpf(1)"),
    "Cauchy": (exp(neg(LOG)), LINE, "pi"),
    "epsilon-insensitive": (exp(neg(maximum(ZERO, sub(absolute(t), ONE)))), LINE, "mpf(4)"),
    "Fair": (exp(neg(sub(absolute(t), log(add(ONE, absolute(t)))))), LINE, "mpf(4)"),
    "Charbonnier": (exp(neg(power(add(ONE, SQUARE), HALF))), LINE, "2*besselk(1, 1)"),
    "a cube": (exp(neg(power(absolute(t), Integer(3)))), LINE, "2*gamma(mpf(4)/3)"),
    "an even quartic with two wells": (
        exp(neg(sub(power(t, Integer(4)), mul(Integer(5), SQUARE)))),
        LINE,
        "quad(lambda v: exp(5*v**2 - v**4), [-4, -1.6, 0, 1.6, 4])",
    ),
    "a gamma density": (mul(power(y, neg(HALF)), exp(neg(y))), RAY, "sqrt(pi)"),
    "a beta density": (mul(power(y, neg(HALF)), power(sub(ONE, y), neg(HALF))), SHARES, "pi"),
    "a logarithm": (neg(log(y)), SHARES, "mpf(1)"),
    "Rayleigh": (mul(y, exp(neg(power(y, TWO)))), RAY, "mpf(1)/2"),
    "Poisson": (mul(power(Integer(3), y), inverse(factorial(y))), COUNTS, "exp(3)"),
    "geometric": (power(HALF, y), COUNTS, "mpf(2)"),
    "an interval": (exp(y), Interval(Integer(-1), TWO), "exp(2) - exp(-1)"),
    "nothing": (inverse(y), Interval(TWO, ONE), "mpf(0)"),
}


@pytest.mark.parametrize("name", MASSES)
def test_a_ball_contains_the_mass(name: str) -> None:
    integrand, target, said = MASSES[name]
    variable = t if t in integrand.free_symbols else y
    found = enclose(integrand, variable, target)
    with mpmath.workdps(40):
        known = eval_mpmath(said)
    low, high = (Fraction(end) for end in decimals(found, 18))
    assert low <= Fraction(str(mpmath.nstr(known, 30, strip_zeros=False))) + Fraction(1, 10**18)
    assert high >= Fraction(str(mpmath.nstr(known, 30, strip_zeros=False))) - Fraction(1, 10**18)
    assert high - low < Fraction(1, 10**15)


def eval_mpmath(text: str) -> Any:
    """A value by mpmath; the texts are those above."""
    return {
        "sqrt(2*pi)*erf(1/sqrt(2)) + 2*exp(-0.5)": lambda m: (
            m.sqrt(2 * m.pi) * m.erf(1 / m.sqrt(2)) + 2 * m.exp(-m.mpf(1) / 2)
        ),
        "1/(0.3*0.7)": lambda m: m.mpf(100) / 21,
        "sqrt(pi)": lambda m: m.sqrt(m.pi),
        "pi": lambda m: +m.pi,
        "2*besselk(1, 1)": lambda m: 2 * m.besselk(1, 1),
        "2*gamma(mpf(4)/3)": lambda m: 2 * m.gamma(m.mpf(4) / 3),
        "quad(lambda v: exp(5*v**2 - v**4), [-4, -1.6, 0, 1.6, 4])": lambda m: m.quad(
            lambda v: m.exp(5 * v**2 - v**4), [-6, -3, -1.6, 0, 1.6, 3, 6]
        ),
        "exp(3)": lambda m: m.exp(3),
        "exp(2) - exp(-1)": lambda m: m.exp(2) - m.exp(-1),
        "mpf(0)": lambda m: m.mpf(0),
        "mpf(1)": lambda m: m.mpf(1),
        "mpf(1)/2": lambda m: m.mpf(1) / 2,
        "mpf(2)": lambda m: m.mpf(2),
        "mpf(4)": lambda m: m.mpf(4),
    }[text](mpmath)


def test_the_mass_of_the_issue() -> None:
    assert decimals(enclose(exp(neg(huber(ONE))), t, LINE), 5) == ("2.92431", "2.92432")


DIVERGENT: dict[str, tuple[Expr, Any]] = {
    "1 / y at 0": (inverse(y), SHARES),
    "1 / y far out": (inverse(y), Interval(ONE, OO)),
    "1 / (y log y), slowly": (inverse(mul(y, log(y))), Interval(TWO, OO)),
    "1 / (y log log y), more slowly": (inverse(mul(y, log(log(y)))), Interval(Integer(16), OO)),
    "1 / sqrt(1 + y^2)": (power(add(ONE, power(y, TWO)), neg(HALF)), LINE),
    "a capped loss": (exp(neg(least(power(y, TWO), ONE))), LINE),
    "a loss of 0 on a half-line": (exp(neg(maximum(ZERO, y))), LINE),
    "sin(y) / y, which converges, but not absolutely": (mul(build(sin, (y,)), inverse(y)), Interval(ONE, OO)),
    "cos(y)": (build(cos, (y,)), RAY),
    "a growing exponential": (exp(y), LINE),
    "1 / (y - 1)^2 inside": (power(sub(y, ONE), neg(TWO)), Interval(ZERO, TWO)),
    "a harmonic series": (inverse(add(ONE, y)), COUNTS),
    "a growing series": (power(TWO, y), COUNTS),
    "an alternating series": (power(MINUS_ONE, y), COUNTS),
    "a logarithm of a negative number": (log(sub(y, ONE)), Interval(ZERO, TWO)),
    "a root of a negative number": (power(sub(y, ONE), HALF), Interval(ZERO, TWO)),
}


@pytest.mark.parametrize("name", DIVERGENT)
def test_what_has_no_mass_gets_no_ball(name: str) -> None:
    integrand, target = DIVERGENT[name]
    with pytest.raises((Unbounded, NoFiniteValue, UnsupportedExpression)):
        enclose(integrand, y, target)


def test_a_mass_hidden_in_a_narrow_spike_is_found() -> None:
    """All but nothing of this mass lies within a millionth of 1234.5; a rule that samples misses it."""
    far = sub(t, Rational(2469, 2))
    spike = exp(neg(power(mul(Integer(10**6), far), TWO)))
    both = add(exp(neg(SQUARE)), mul(Integer(10**6), spike))
    low, high = map(Fraction, decimals(enclose(both, t, LINE), 12))
    assert low <= Fraction("3.544907701811") + Fraction(1, 10**12)
    assert high >= Fraction("3.544907701811")
    assert high - low < Fraction(1, 10**11)


def test_a_kink_between_two_numbers_is_found() -> None:
    """The kinks are at the roots of 2 and 3, which are no fractions."""
    rho = maximum(sub(power(t, TWO), TWO), maximum(ZERO, mul(TWO, sub(power(t, TWO), Integer(3)))))
    low, high = map(Fraction, decimals(enclose(exp(neg(rho)), t, LINE), 12))
    with mpmath.workdps(30):
        m = mpmath
        known = m.quad(
            lambda v: m.exp(-max(v * v - 2, 0, 2 * (v * v - 3))),
            [-m.inf, -4, -2, -m.sqrt(2), 0, m.sqrt(2), 2, 4, m.inf],
        )
    assert low - Fraction(1, 10**12) <= Fraction(m.nstr(known, 20)) <= high + Fraction(1, 10**12)


@given(
    slope=st.fractions(Fraction(1, 4), 4, max_denominator=8),
    cap=st.fractions(Fraction(1, 4), 4, max_denominator=8),
    bend=st.fractions(0, 3, max_denominator=8),
    centre=st.fractions(-3, 3, max_denominator=8),
)
@settings(max_examples=12, deadline=None)
def test_masses_of_random_losses_agree_with_mpmath(
    slope: Fraction, cap: Fraction, bend: Fraction, centre: Fraction
) -> None:
    """A line on the left, a Huber function in the middle, and a square beside it, moved."""
    a, d, b, m = (Rational(v.numerator, v.denominator) for v in (slope, cap, bend, centre))
    s = sub(t, m)
    middle = Where(sub(d, absolute(s)), mul(HALF, power(s, TWO)), mul(d, sub(absolute(s), mul(HALF, d))))
    rho = add(middle, maximum(mul(neg(a), s), mul(b, power(s, TWO))))
    low, high = map(Fraction, decimals(enclose(exp(neg(rho)), t, LINE), 12))

    def value(v: Any) -> Any:
        v = v - mpmath.mpf(centre.numerator) / centre.denominator
        size, edge = abs(v), mpmath.mpf(cap.numerator) / cap.denominator
        inner = v * v / 2 if size <= edge else edge * (size - edge / 2)
        rate, curve = (mpmath.mpf(q.numerator) / q.denominator for q in (slope, bend))
        return mpmath.exp(-(inner + max(-rate * v, curve * v * v)))

    corners = [centre - cap, centre, centre + cap] + ([centre - slope / bend] if bend else [])
    ends = sorted({mpmath.mpf(q.numerator) / q.denominator for q in corners})
    with mpmath.workdps(20):
        known = mpmath.quad(value, [-mpmath.inf, *ends, mpmath.inf])
    assert low - Fraction(1, 10**9) <= Fraction(mpmath.nstr(known, 15)) <= high + Fraction(1, 10**9)


def test_an_integral_in_doubles_is_near_the_ball() -> None:
    e = integral(exp(neg(huber(ONE))), t, MINUS_OO, OO)
    assert abs(evaluate(e, {}) - 2.9243101032095646) < 1e-12
    assert (
        abs(evaluate(series(mul(power(nu, y), inverse(factorial(y))), y, ZERO), {"nu": 2.5}) - 12.182493960703473)
        < 1e-12
    )
    with pytest.raises(NoFiniteValue):
        evaluate(integral(inverse(y), y, ZERO, ONE), {})
    assert evaluate(integral(inverse(y), y, ONE, ZERO), {}) == 0


def test_only_the_chosen_piece_needs_a_value() -> None:
    e = Where(sub(nu, ONE), log(sub(nu, ONE)), TWO)
    for numbers in (None, Precise(30), Balls(128)):
        assert float(mid(evaluate(e, {"nu": Fraction(1, 2)}, numbers))) == 2
    with pytest.raises(NoFiniteValue):
        evaluate(e, {"nu": 1}, Balls(128))
    i = Symbol("i", integer=True)
    some = total(Where(sub(i, TWO), inverse(sub(i, ONE)), i), i, ONE, Integer(4))
    for numbers in (Precise(30), Balls(128), Rationals()):
        assert abs(float(mid(evaluate(some, {}, numbers))) - (1 + 1 + 1 / 2 + 1 / 3)) < 1e-12
    half = Where(t, mul(t, log(t)), ZERO)
    assert decimals(enclose(half, t, Interval(Integer(-1), ONE)), 6) == ("-0.250001", "-0.249999")


def mid(v: Any) -> Any:
    return v.mid() if hasattr(v, "mid") else v


def test_an_end_that_cannot_be_told_from_the_other_gives_no_value() -> None:
    root = power(TWO, HALF)
    same = power(mul(root, root), HALF)
    with pytest.raises(NoFiniteValue, match="greater"):
        integral_of(ONE, t, root, same, Instance({}), 128)


# ------------------------------------------------------------------ how a loss grows

GROWTHS: dict[str, tuple[Expr, int, Expr, Fraction]] = {
    "a square": (SQUARE, 1, TWO, Fraction(0)),
    "a polynomial whose leading terms cancel": (sub(power(add(t, ONE), TWO), SQUARE), 1, ONE, Fraction(0)),
    "a polynomial with constants": (sub(mul(delta, SQUARE), mul(nu, t)), 1, TWO, Fraction(0)),
    "Huber": (huber(delta), 1, ONE, Fraction(0)),
    "log cosh": (log(COSH), 1, ONE, Fraction(0)),
    "a logarithm": (LOG, 1, ZERO, Fraction(1)),
    "a root of a logarithm": (power(LOG, HALF), 1, ZERO, HALF_LOG := Fraction(1, 2)),
    "Student": (mul(mul(HALF, add(nu, ONE)), log(add(ONE, mul(SQUARE, inverse(nu))))), 1, ZERO, Fraction(1)),
    "a power": (power(absolute(t), delta), 1, delta, Fraction(0)),
    "a capped square": (least(SQUARE, delta), 1, ZERO, Fraction(0)),
    "a share": (sub(ONE, exp(neg(SQUARE))), 1, ZERO, Fraction(0)),
    "a falling line": (mul(sub(tau, ONE), t), -1, ONE, Fraction(0)),
    "a sigmoid": (Sigmoid(t), 1, ZERO, Fraction(0)),
    "an error function": (error_function(neg(t)), -1, ZERO, Fraction(0)),
    "a quotient": (mul(power(t, Integer(3)), inverse(add(ONE, t))), 1, TWO, Fraction(0)),
}


@pytest.mark.parametrize("name", GROWTHS)
def test_the_leading_order_is_found(name: str) -> None:
    e, sign, order, logs = GROWTHS[name]
    found = Germs(t, Facts(KNOWN)).growth(e)
    assert (found.sign, found.power, found.logs, found.rate) == (sign, order, logs, None)


UNKNOWN: dict[str, Expr] = {
    "a constant of unknown sign in front": mul(sub(delta, nu), t),
    "exponentials that cancel": sub(exp(t), exp(t)),
    "exponentials of which it is not known which is larger": sub(exp(mul(delta, t)), exp(mul(nu, t))),
    "an exponential of a logarithm": exp(add(log(t), power(log(t), HALF))),
    "a gamma function": gamma_function(t),
    "a logarithm of what may be negative": log(sub(build(cos, (t,)), ONE)),
    "a sign that oscillates": Where(build(sin, (t,)), t, neg(t)),
    "a root of a negative number": power(neg(t), HALF),
    "a division by what vanishes": inverse(sub(absolute(t), t)),
    "a maximum that cannot be told": maximum(mul(delta, t), mul(nu, t)),
    "a case that only tends to 0": Where(neg(log(Sigmoid(t))), t, neg(t)),
    "an integral": integral(exp(mul(t, y)), y, ZERO, ONE),
    "what is not defined": log(neg(delta)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_of_other_expressions_nothing_is_said(name: str) -> None:
    with pytest.raises(NotShown):
        Germs(t, Facts(KNOWN)).growth(UNKNOWN[name])


def test_a_symbol_without_hypotheses_is_no_number() -> None:
    with pytest.raises(NotShown):
        Germs(t, Facts()).growth(mul(Symbol("z"), t))


CONSTANTS = st.fractions(Fraction(1, 4), 3, max_denominator=4).map(lambda q: Rational(q.numerator, q.denominator))


def expressions() -> st.SearchStrategy[Expr]:
    def larger(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        return st.one_of(
            st.builds(add, parts, parts),
            st.builds(sub, parts, parts),
            st.builds(mul, CONSTANTS, parts),
            st.builds(mul, parts, parts),
            st.builds(absolute, parts),
            st.builds(maximum, parts, parts),
            st.builds(lambda e: power(e, TWO), parts),
            st.builds(lambda e: power(add(ONE, absolute(e)), HALF), parts),
            st.builds(lambda e: inverse(add(ONE, absolute(e))), parts),
            st.builds(lambda e: log(add(ONE, absolute(e))), parts),
            st.builds(lambda e: exp(neg(absolute(e))), parts),
            st.builds(Softplus, parts),
            st.builds(Sigmoid, parts),
            st.builds(Where, parts, parts, parts),
        )

    return st.recursive(st.one_of(st.just(t), CONSTANTS), larger, max_leaves=6)


#: Far enough out that the leading order is nearly all there is, and digits enough that it does not cancel.
FAR, DIGITS = 10**300, 1500


@given(expressions())
@settings(max_examples=150, deadline=None)
def test_far_out_an_expression_is_near_its_leading_order(e: Expr) -> None:
    try:
        found = Germs(t, Facts()).growth(e)
    except NotShown:
        assume(False)
    numbers = Precise(DIGITS)
    try:
        value = evaluate(e, {"t": FAR}, numbers)
    except LossproofError:
        assume(False)
    m = numbers.context
    order = m.mpf(FAR) ** evaluate(found.power, {}, numbers) * m.log(FAR) ** m.mpf(str(float(found.logs)))
    if found.rate is not None:
        assert abs(value) > m.mpf(10) ** 1000 or abs(value) < m.mpf(10) ** -1000
        assert (abs(value) > 1) == (found.rate.sign > 0)
    elif found.sign:
        assert abs(value / order / evaluate(found.factor, {}, numbers) - 1) < 0.2
    else:
        assert abs(value / order) < 0.2


# ------------------------------------------------------------------ certificates

FINITE: dict[str, Expr] = {
    "a square": SQUARE,
    "an absolute value": absolute(t),
    "Huber": huber(delta),
    "pinball": pinball(tau),
    "log cosh": log(COSH),
    "logistic": add(Softplus(t), Softplus(neg(t))),
    "a cube and a square": add(power(absolute(t), Integer(3)), SQUARE),
    "Charbonnier": sub(power(add(ONE, power(mul(t, inverse(delta)), TWO)), HALF), ONE),
    "epsilon-insensitive": maximum(ZERO, sub(absolute(t), delta)),
    "linex": sub(sub(exp(mul(delta, t)), mul(delta, t)), ONE),
    "Fair": sub(absolute(t), log(add(ONE, absolute(t)))),
    "any power": power(absolute(t), delta),
    "a third power of a logarithm": power(LOG, Integer(3)),
    "a double well": sub(power(t, Integer(4)), mul(nu, SQUARE)),
}
INFINITE: dict[str, Expr] = {
    "nothing": mul(ZERO, t),
    "a capped square": least(SQUARE, ONE),
    "a square capped anywhere": least(SQUARE, delta),
    "a hinge": maximum(ZERO, sub(ONE, t)),
    "one softplus": Softplus(t),
    "a root of a logarithm": power(LOG, Rational(1, 4)),
    "Welsch": sub(ONE, exp(neg(SQUARE))),
    "Geman and McClure": mul(SQUARE, inverse(add(ONE, SQUARE))),
    "Tukey": Where(sub(ONE, absolute(t)), sub(ONE, power(sub(ONE, SQUARE), Integer(3))), ONE),
    "a line": t,
    "an odd power": power(t, Integer(3)),
    "one that oscillates": sub(ONE, build(cos, (t,))),
}


@pytest.mark.parametrize("name", FINITE)
def test_a_loss_that_grows_has_a_finite_mass_at_every_scale(name: str) -> None:
    found = converges(FINITE[name], t, LINE, KNOWN)
    assert found is not None
    assert found.above == ()
    assert all(tail.mass is Mass.ALWAYS for tail in found.tails())
    assert converges(FINITE[name], t, LINE, KNOWN, scale=c) is not None
    assert diverges(FINITE[name], t, LINE, KNOWN) is None


@pytest.mark.parametrize("name", INFINITE)
def test_a_loss_that_does_not_grow_has_an_infinite_mass_at_every_scale(name: str) -> None:
    found = diverges(INFINITE[name], t, LINE, KNOWN)
    assert found is not None
    assert found.to_json()["scale"] == "every c > 0"
    assert "the mass there is finite for no c > 0" in next(found.lines())
    assert converges(INFINITE[name], t, LINE, KNOWN) is None
    assert converges(INFINITE[name], t, LINE, KNOWN, scale=ONE) is None


def test_a_loss_like_a_logarithm_has_a_finite_mass_above_a_scale() -> None:
    found = converges(LOG, t, LINE)
    assert found is not None
    assert set(found.above) == {HALF}
    assert converges(LOG, t, LINE, scale=ONE) is not None
    assert converges(LOG, t, LINE, scale=Rational(1, 3)) is None
    assert diverges(LOG, t, LINE, scale=Rational(1, 3)) is not None
    assert diverges(LOG, t, LINE) is None  # not at every scale
    for certificate in (converges, diverges):  # at the bound nothing is said; the mass is infinite there
        assert certificate(LOG, t, LINE, scale=HALF) is None
        assert certificate(LOG, t, LINE, scale=c) is None


def test_the_bound_may_depend_on_constants() -> None:
    student = mul(mul(HALF, add(nu, ONE)), log(add(ONE, mul(SQUARE, inverse(nu)))))
    assert converges(student, t, LINE, scale=ONE) is not None
    assert converges(student, t, LINE, scale=HALF) is None  # for nu < 1 it is infinite
    found = converges(student, t, LINE)
    assert found is not None
    assert set(found.above) == {inverse(add(nu, ONE))} or set(found.above) == {1 / (nu + 1)}


@pytest.mark.parametrize(
    ("rho", "target", "finite", "infinite"),
    [
        (neg(log(y)), SHARES, (HALF, ONE, TWO), ()),  # y^c
        (log(y), SHARES, (HALF,), (TWO,)),  # y^(-c): at c = 1 nothing is said
        (inverse(y), SHARES, (HALF, ONE, TWO), ()),
        (neg(inverse(y)), SHARES, (), (HALF, ONE, TWO)),
        (add(log(y), log(sub(ONE, y))), SHARES, (HALF,), (TWO,)),
        (y, RAY, (HALF, ONE, TWO), ()),
        (log(y), RAY, (), (HALF, TWO)),  # y^(-c) is never integrable on the whole of the ray
        (add(y, log(y)), RAY, (HALF,), (TWO,)),
        (sub(y, log(y)), RAY, (HALF, ONE, TWO), ()),
        (mul(nu, y), COUNTS, (HALF, ONE, TWO), ()),
        (log(add(ONE, y)), COUNTS, (TWO,), (HALF,)),
        (ONE, COUNTS, (), (HALF, ONE, TWO)),
        (exp(neg(y)), Interval(ZERO, OO, True), (), (HALF, ONE, TWO)),
        (power(y, TWO), Interval(ZERO, ONE, True, True), (HALF, ONE, TWO), ()),
        (log(absolute(y)), Interval(Integer(-1), ONE), (), ()),  # the singularity is inside: nothing is said
    ],
    ids=str,
)
def test_other_sets_have_ends_of_their_own(
    rho: Expr, target: Any, finite: tuple[Expr, ...], infinite: tuple[Expr, ...]
) -> None:
    for scale in (HALF, ONE, TWO):
        assert (converges(rho, y, target, scale=scale) is not None) == (scale in finite)
        assert (diverges(rho, y, target, scale=scale) is not None) == (scale in infinite)


def test_a_certificate_is_checked_when_it_is_made() -> None:
    with pytest.raises(NotShown):
        Convergence(least(SQUARE, ONE), t, LINE, ())
    with pytest.raises(NotShown):
        Divergence(SQUARE, t, LINE, ())
    found = converges(SQUARE, t, LINE)
    assert found is not None
    with pytest.raises(NotShown):
        dataclasses.replace(found, rho=Softplus(t))
    with pytest.raises(NotShown):
        Convergence(SQUARE, t, LINE, (), MINUS_ONE)  # a scale is positive
    with pytest.raises(NotShown):
        Divergence(t, t, LINE, (), MINUS_ONE)
    with pytest.raises(NotShown):  # the variable is bound, and not what a hypothesis says
        Convergence(t, t, LINE, (Declared(t, POSITIVE),))


@pytest.mark.parametrize(
    "rho",
    [
        add(SQUARE, neg(power(t, neg(TWO)))),  # a pole at 0
        add(SQUARE, log(absolute(t))),
        add(SQUARE, log(Where(t, t, ONE))),  # log t just above 0
        add(SQUARE, mul(MINUS_ONE, inverse(Where(t, ONE, t)))),
        add(SQUARE, power(t, neg(HALF))),
        add(SQUARE, integral(ONE, y, ZERO, t)),
        add(SQUARE, Symbol("z")),
    ],
    ids=str,
)
def test_a_loss_that_may_be_unbounded_inside_has_no_certificate(rho: Expr) -> None:
    assert converges(rho, t, LINE) is None


def test_the_lower_bound_is_given_in_numbers_where_there_are_no_constants() -> None:
    found = diverges(least(SQUARE, ONE), t, LINE)
    assert found is not None
    assert found.since is not None
    start, most = found.since
    for far in (start, 2 * start, 1000 * start):
        assert evaluate(least(SQUARE, ONE), {"t": -far}) <= float(most)
    assert f"for t <= -{start} the loss is at most {most}, so that exp(-c loss) >= exp(-c) there" in found.lines()
    assert diverges(least(SQUARE, delta), t, LINE).since is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rho", "end"),
    [
        (least(SQUARE, ONE), MINUS_OO),
        (least(SQUARE, delta), MINUS_OO),
        (maximum(ZERO, t), MINUS_OO),
        (maximum(ZERO, neg(t)), OO),
        (Softplus(t), MINUS_OO),
        (sub(ONE, exp(neg(SQUARE))), MINUS_OO),
        (mul(SQUARE, inverse(add(ONE, SQUARE))), MINUS_OO),
    ],
    ids=str,
)
def test_no_base_measure_at_all_makes_these_a_likelihood(rho: Expr, end: Expr) -> None:
    found = diverges(rho, t, LINE)
    assert found is not None
    assert found.limit is not None
    assert found.limit[0] == end
    assert found.to_json()["base measure"] == "every one"


@pytest.mark.parametrize(
    "rho",
    [
        mul(ZERO, t),  # constant: any finite measure will do
        t,  # exp(-y) changes by a factor
        add(least(SQUARE, ONE), exp(neg(power(sub(t, TWO), TWO)))),  # on both sides of its limit
        power(LOG, Rational(1, 4)),
        sub(ONE, build(cos, (t,))),  # for a measure of period 2 pi ... there are others
    ],
    ids=str,
)
def test_of_others_it_is_said_for_the_lebesgue_measure_only(rho: Expr) -> None:
    found = diverges(rho, t, LINE)
    assert found is not None
    assert found.limit is None
    assert found.to_json()["base measure"] == "Lebesgue"


def test_what_a_total_mass_is_one_of() -> None:
    body = mul(inverse(y), exp(neg(mul(c, power(log(y), TWO)))))
    parts = of_mass(integral(body, y, ZERO, OO))
    assert parts is not None
    rho, variable, target = parts
    assert (variable, target) == (y, Interval(ZERO, OO))
    assert abs(evaluate(rho, {"y": 2.0, "c": 3.0}) + mpmath.log(evaluate(body, {"y": 2.0, "c": 3.0}))) < 1e-12
    assert of_mass(series(exp(neg(y)), y, ZERO)) == (y, y, COUNTS)
    assert of_mass(series(exp(neg(y)), y, ONE)) is None
    assert of_mass(exp(y)) is None
    assert loss_of(exp(neg(y))) == y
    low, high = between(integral(exp(neg(huber(ONE))), t, MINUS_OO, OO))
    assert (low[:8], high[:8]) == ("2.924310", "2.924310")
    assert between(integral(exp(neg(mul(c, absolute(t)))), t, MINUS_OO, OO)) == ("0", "oo")


def test_a_tail_says_how_the_loss_grows() -> None:
    found = tail(huber(delta), t, OO, Facts())
    assert str(found) == "as t tends to ∞ the loss is like δ t: the mass there is finite for every c > 0"
    at_zero = tail(log(y), y, ZERO, Facts(), from_below=False)
    assert at_zero.mass is Mass.BELOW
    assert "infinite above it" in str(at_zero)
    assert Growth(pi, 1).is_constant


@given(expressions(), st.sampled_from([HALF, ONE, TWO]))
@settings(max_examples=60, deadline=None)
def test_no_loss_has_both_certificates_and_a_finite_one_is_enclosed(rho: Expr, scale: Expr) -> None:
    even = add(rho, substitute(rho, {t: neg(t)}))
    finite, infinite = (certify(even, t, LINE, (), scale) for certify in (converges, diverges))
    assert finite is None or infinite is None
    if infinite is not None:
        with pytest.raises((Unbounded, NoFiniteValue, UnsupportedExpression)):
            enclose(exp(neg(mul(scale, even))), t, LINE)


# ------------------------------------------------------------------ what it is for


@pytest.mark.parametrize(
    ("loss", "word"),
    [
        ("abs(y - f)**3 + (y - f)**2", "likelihood up to a constant"),
        ("sqrt(1 + (y - f)**2) - 1", "likelihood up to a constant"),
        ("log(1 + abs(y - f))", "likelihood at scale c"),
        ("min((y - f)**2, 1)", "pseudo-likelihood"),
        ("max(0, y - f)", "pseudo-likelihood"),
        ("1 - exp(-(y - f)**2)", "pseudo-likelihood"),
        ("log(1 + (y - f)**2)**(1/4)", "unknown"),
    ],
)
def test_the_verdict_rests_on_the_mass(loss: str, word: str) -> None:
    verdict = recover(loss, "real", "real")
    assert verdict.verdict == word, verdict.tried
    if verdict.enclosed is not None:
        assert Fraction(verdict.enclosed.low) < Fraction(verdict.enclosed.high)
    if verdict.witness is not None:
        assert any("nor does any other base measure" in line for line in verdict.witness.lines())


def test_a_capped_loss_of_predictions_that_are_not_all_of_the_line_is_not_refuted() -> None:
    """``f`` does not go to infinity, so a measure with a finite mass may do."""
    assert recover("min((y - exp(f))**2, 1)", "real", "real").verdict != "pseudo-likelihood"
    assert recover("min((y - f)**2, 1)", "real", "unit").verdict != "pseudo-likelihood"


def test_declared_constants_are_real() -> None:
    a = Symbol("a", real=True)
    assert converges(power(sub(t, a), TWO), t, LINE, (Declared(a, REAL),)) is not None
    assert converges(mul(a, SQUARE), t, LINE, (Declared(a, REAL),)) is None
    assert diverges(mul(a, SQUARE), t, LINE, (Declared(a, REAL),)) is None
