"""Functions that floating-point libraries have: called where they stand, printed, certified; slopes at kinks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mpmath import mp
from sympy import Expr, Rational, Symbol

from lossproof.errors import RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONZERO, POSITIVE
from lossproof.losses import ABSOLUTE_ERROR, COSINE, HINGE
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    add,
    build,
    derivative,
    error_function,
    exp,
    gamma_function,
    inverse,
    log,
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.nodes import Definition, Head, Opaque, Sigmoid
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.referees import coq
from lossproof.render.latex import LATEX
from lossproof.rulebook import calculus, cases, floating
from lossproof.rulebook.floating import EXPM1, FUNCTIONS, LGAMMA, LOG1P, LOG_NDTR, XLOGY
from lossproof.strategies.chain import Chain
from lossproof.strategies.likelihood import DERIVATIVES

s, y, z = Symbol("s", real=True), Symbol("y", real=True), Symbol("z", real=True)
t = Symbol("t", positive=True)
HALF = Rational(1, 2)

#: The same by mpmath, with digits to spare.
MPMATH: dict[str, Callable[..., object]] = {
    "log1p": mp.log1p,
    "expm1": mp.expm1,
    "xlogy": lambda a, b: a * mp.log(b),
    "lgamma": mp.loggamma,
    "erfc": mp.erfc,
    "erfcx": lambda a: mp.exp(a**2) * mp.erfc(a),
    "log_ndtr": lambda a: mp.log(mp.ncdf(a)),
    "ndtr": mp.ncdf,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_stands_for_what_libraries_compute_under_its_name(name: str) -> None:
    function = FUNCTIONS[name]
    arguments = [mp.mpf("0.75"), mp.mpf("1.5")][: len(function.parameters)]
    letters = (s, t)[: len(arguments)]
    instance = Instance({str(k): v for k, v in zip(letters, arguments, strict=True)})
    with mp.workdps(40):
        found = evaluate(function(*letters), instance, Precise(40))
        assert abs(found - MPMATH[name](*arguments)) < mp.mpf(10) ** -30


@pytest.mark.parametrize(
    ("e", "function", "found"),
    [
        (log(add(ONE, neg(exp(neg(t))))), LOG1P, "log1p(-exp(-t))"),
        (log(add(exp(s), ONE)), LOG1P, "log1p(exp(s))"),
        (log(add(power(s, TWO), ONE)), LOG1P, "log1p(s^2)"),
        (log(add(t, ONE, exp(s))), LOG1P, "log1p(t + exp(s))"),
        (sub(exp(s), ONE), EXPM1, "expm1(s)"),
        (add(MINUS_ONE, exp(s)), EXPM1, "expm1(s)"),
        (mul(log(t), s), XLOGY, "xlogy(s, t)"),
        (neg(mul(s, t, log(t))), XLOGY, "-xlogy(s t, t)"),
        (log(gamma_function(t)), LGAMMA, "lgamma(t)"),
        (
            log(mul(add(error_function(mul(inverse(power(TWO, HALF)), s)), ONE), HALF)),
            LOG_NDTR,
            "log_ndtr(s)",
        ),
    ],
    ids=str,
)
def test_a_function_is_called_whatever_the_order_of_terms_and_factors(
    e: Expr, function: Definition, found: str
) -> None:
    theorem = Chain("call", (), (), e).call(function).done().theorem
    assert (theorem.left, written(theorem.right)) == (e, found)


def test_a_function_that_does_not_occur_is_not_called() -> None:
    with pytest.raises(RuleDoesNotApply, match="no part of it has that form"):
        Chain("call", (), (), log(add(t, TWO))).call(LOG1P)


def test_the_names_of_functions_are_set_upright_and_letters_as_letters() -> None:
    def named(head: str) -> Expr:
        return Definition(Head(head), LOG1P.parameters, LOG1P.body)(t)

    assert LATEX.formula(named("log1p")) == r"\operatorname{log1p}(t)"
    assert LATEX.formula(named("log_ndtr")) == r"\operatorname{log\_ndtr}(t)"
    assert LATEX.formula(named("rho")) == r"\rho(t)"
    assert LATEX.formula(named("what")) == r"\hat{w}(t)"
    assert LATEX.formula(Opaque(Head("f"), t)) == "f(t)"


def slope_of(function: Definition, *hypotheses: Declared) -> Derivation:
    """The slope of a loss in the prediction."""
    chain = Chain("slope", hypotheses, (), derivative(function(z, y), z)).unfold(function)
    if function is HINGE:
        chain.rewrite(cases.MAXIMUM_BY_CASES)
    return chain.exhaust(*DERIVATIVES, calculus.DERIVATIVE_OF_VARIABLE).done()


def test_the_hinge_has_a_slope_away_from_its_kink_only() -> None:
    margin = sub(sub(ONE, mul(y, z)), ZERO)
    found = slope_of(HINGE, Declared(margin, NONZERO))
    assert written(found.theorem.right) == "{-y · 1 if 0 ≤ 1 - y z, else 0}"
    at_the_kink = Chain("kink", (), (), derivative(HINGE(z, y), z)).unfold(HINGE).rewrite(cases.MAXIMUM_BY_CASES)
    with pytest.raises(SideConditionError, match="derivative of a function by cases"):
        at_the_kink.rewrite(calculus.DERIVATIVE_OF_CASES)


def logistic_slope() -> Derivation:
    """``sigma(z) - y = (1 - y) sigma(z) - y sigma(-z)``, whose terms are of one sign for labels."""
    chain = Chain("logistic-slope", (), (), sub(Sigmoid(z), y))
    chain.algebra(sub(mul(sub(ONE, y), Sigmoid(z)), mul(y, sub(ONE, Sigmoid(z)))))
    return chain.rewrite(floating.REFLECTION_OF_SIGMOID).rewrite(floating.SIGMOID_WITHOUT_OVERFLOW).done()


def curvature(body: Expr, *hypotheses: Declared) -> Derivation:
    """The slope of a slope."""
    chain = Chain("curvature", hypotheses, (), derivative(body, z))
    return chain.exhaust(*DERIVATIVES, calculus.DERIVATIVE_OF_VARIABLE).done()


def test_coq_accepts_slopes_and_stable_forms(needs: Callable[[str], None]) -> None:
    needs("coqc")
    away = Declared(sub(y, z), NONZERO)
    of_beta = build(calculus.digamma, (mul(Sigmoid(z), t),))
    derivations = [
        logistic_slope(),
        slope_of(HINGE, Declared(sub(sub(ONE, mul(y, z)), ZERO), NONZERO)),
        curvature(slope_of(ABSOLUTE_ERROR, away).rhs, away),
        curvature(slope_of(COSINE).rhs),
        curvature(of_beta, Declared(t, POSITIVE)),
        Chain("unit-cauchy", (), (), log(add(ONE, power(sub(y, z), TWO))))
        .rewrite(floating.LOG_OF_ONE_PLUS_SQUARE)
        .call(LOG1P)
        .done(),
    ]
    results = coq.certify([d.called(f"slope-{k}", "") for k, d in enumerate(derivations)])
    assert [r.gaps for r in results] == [{}] * len(derivations)
    assert [r.name for r in results if r.given] == ["slope-4"]
