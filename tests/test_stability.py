"""Forms that keep their digits are found by rules, and what is predicted of them holds of doubles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Expr, Rational, Symbol, cos, sin
from sympy.stats import Gumbel

import lossproof as lp
from lossproof import losses
from lossproof.kernel.conditions import Declared, Member
from lossproof.kernel.domains import BINARY, COUNT, POSITIVE, REAL, UNIT
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Meta
from lossproof.losses import phi, r, sigma, tau
from lossproof.notation.inert import (
    ONE,
    ZERO,
    absolute,
    add,
    build,
    exp,
    log,
    maximum,
    mul,
    neg,
    sub,
    substitute,
)
from lossproof.notation.nodes import Sigmoid, Softplus, Where
from lossproof.notation.plain import written
from lossproof.numeric.balls import Balls
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.rulebook.floating import FUNCTIONS
from lossproof.stability.analysis import AIM, Evaluation, analysed, cost
from lossproof.stability.inputs import NEAREST, inputs
from lossproof.stability.operations import is_constant, is_input, reading
from lossproof.stability.points import Points, values_in
from lossproof.stability.search import Stable, stabilise

y, z = Symbol("y", real=True), Symbol("z", real=True)
HALF = Rational(1, 2)
LOG1P, EXPM1 = FUNCTIONS["log1p"], FUNCTIONS["expm1"]
DOMAINS = {z: REAL, y: REAL, r: POSITIVE, sigma: POSITIVE, phi: POSITIVE, tau: UNIT}
#: Near 0 below the axis: what a sigmoid and a softplus are made of.
decay = exp(neg(absolute(z)))
stable_softplus = add(maximum(z, ZERO), LOG1P(decay))


def of_score(definition: Any) -> Expr:
    """A pointwise loss in the letters of these tests."""
    return substitute(definition.body, dict(zip(definition.parameters, (z, y), strict=True)))


def found(start: Expr, **domains: Any) -> Stable:
    known = {**DOMAINS, **{Symbol(name, real=True): domain for name, domain in domains.items()}}
    return _found(start, tuple(known.items()))


def _found(start: Expr, known: tuple[Any, ...]) -> Stable:
    leaves = start.free_symbols
    return stabilise(start, [Declared(s, d) for s, d in known if s in leaves], [y, z], name="test")


#: Expressions with the form that is found, as it is printed.
FORMS: dict[str, tuple[Expr, dict[str, Any], str]] = {
    "softplus": (Softplus(z), {}, "max(z, 0) + log1p(exp(-|z|))"),
    "cross-entropy of a sigmoid": (
        neg(add(mul(y, log(Sigmoid(z))), mul(sub(ONE, y), log(sub(ONE, Sigmoid(z)))))),
        {"y": BINARY},
        "max(z, 0) - y z + log1p(exp(-|z|))",
    ),
    "cross-entropy": (
        losses.CROSS_ENTROPY.body,
        {"yhat": UNIT, "y": BINARY},
        "-[y log y\u0302 + (1 - y) log1p(-y\u0302)]",
    ),
    "logarithm of 1 - exp(-a)": (
        log(sub(ONE, exp(neg(y)))),
        {"y": POSITIVE},
        "{log(-expm1(-y)) if y ≤ log 2, else log1p(-exp(-y))}",
    ),
    "two exponentials": (log(add(exp(z), exp(y))), {}, "max(z, y) + log1p(exp(-|z - y|))"),
    "variance of a label": (mul(Sigmoid(z), sub(ONE, Sigmoid(z))), {}, "exp(-|z|)/(1 + exp(-|z|))^2"),
    "probit": (substitute(FUNCTIONS["log_ndtr"].body, {FUNCTIONS["log_ndtr"].parameters[0]: z}), {}, "log_ndtr(z)"),
    "gamma function": (log(losses.gamma_function(y)), {"y": POSITIVE}, "lgamma(y)"),
    "pinball": (of_score(losses.PINBALL), {}, "{τ (y - z) if z ≤ y, else (τ - 1) (y - z)}"),
    "angles": (of_score(losses.COSINE), {}, "2 sin(1/2 · (y - z))^2"),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_form_that_keeps_its_digits_is_found_by_rules(name: str) -> None:
    start, domains, form = FORMS[name]
    stable = found(start, **domains)
    assert written(stable.form) == form
    theorem = stable.derivation.theorem
    assert (theorem.left, theorem.right, str(theorem.relation)) == (start, stable.form, "=")
    assert stable.after.excess < stable.before.excess


@pytest.mark.parametrize("name", FORMS)
def test_the_form_has_the_values_of_the_expression(name: str) -> None:
    start, domains, _ = FORMS[name]
    stable = found(start, **domains)
    values = {s: 1.25 if s != y or domains.get("y") != BINARY else 1 for s in start.free_symbols}
    values |= {s: 0.375 for s in values if domains.get(str(s)) == UNIT or s == tau}
    here = Instance({str(s): v for s, v in values.items()})
    before, after = evaluate(start, here, Balls(200)), evaluate(stable.form, here, Balls(200))
    assert before.overlaps(after)
    assert abs(float(before) - float(after)) < 1e-30 + abs(float(before)) * 1e-15


# ------------------------------------------------------------------ no worse than the best form that is known

#: Expressions whose forms keep their digits at all points but where terms cancel.
NOTHING_LOST: dict[str, tuple[Expr, dict[str, Any]]] = {
    "a probability less a label": (sub(Sigmoid(z), y), {"y": BINARY}),
    "Student t": (of_score(losses.STUDENT_T), {}),
    "log cosh": (log(mul(HALF, add(exp(z), exp(neg(z))))), {}),
    "counts and no counts": (neg(log(add(tau, mul(sub(ONE, tau), exp(neg(exp(z))))))), {}),
}


@pytest.mark.parametrize("name", NOTHING_LOST)
def test_nothing_is_lost_anywhere(name: str) -> None:
    start, domains = NOTHING_LOST[name]
    stable = found(start, **domains)
    assert stable.before.lost > 20
    assert stable.after.lost == 0
    assert stable.after.worst < 64
    assert stable.derivation.theorem.right == stable.form


def test_a_product_does_not_overflow_before_its_time() -> None:
    stable = found(add(z, mul(y, exp(neg(z)))), y=POSITIVE)
    at = Points({z: (-740.0,), y: (1e-20,)})
    assert Evaluation(at).ulps(add(z, mul(y, exp(neg(z)))))[0] == math.inf
    assert Evaluation(at).ulps(stable.form)[0] < AIM


def test_what_no_form_mends_is_named() -> None:
    """Next to ``z = log y`` the terms of the slope of the Poisson loss cancel, whatever the form."""
    stable = found(sub(exp(z), y), y=COUNT)
    assert stable.form == sub(exp(z), y)
    (left,) = stable.remaining
    assert (left.part, left.operand) == (stable.form, 0)
    assert left.ulps > 1e6
    assert math.isclose(left.where[z], math.log(left.where[y]), abs_tol=1e-6)
    assert left.amplification > 1


def test_a_model_of_a_user_gets_its_form() -> None:
    """The slope of a Gumbel loss, ``(exp((z - y) / beta) - 1) / beta``, loses its digits near its optimum."""
    beta = Symbol("beta", positive=True)
    flood = lp.Model("flood", lp.noise(lambda f: Gumbel("Y", beta, f)), lp.LinearPredictor())
    body = lp.gradient(flood).rhs.args[0]
    slope = body.args[0] if len(body.args) == 2 else mul(*body.args[:-1])
    letters = {flood.prediction: z, lp.models.y[lp.models.i]: y}
    start = _replaced(slope, letters)
    assert start.free_symbols == {z, y, beta}
    stable = stabilise(start, [Declared(z, REAL), Declared(y, REAL), Declared(beta, POSITIVE)], [z, y], name="flood")
    assert EXPM1 in {part.definition for part in stable.form.atoms(type(EXPM1(z)))}
    assert stable.after.excess < 1 < stable.before.excess


def _replaced(e: Any, letters: dict[Any, Any]) -> Any:
    if e in letters:
        return letters[e]
    return e if not e.args else build(e.func, [_replaced(a, letters) for a in e.args]) if e.func is not Symbol else e


def test_a_rule_of_a_user_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    start = sub(build(cos, (z,)), build(cos, (y,)))
    assert found(start).form == start
    a, b = Meta("a"), Meta("b")
    halves = (build(sin, (mul(HALF, add(a, b)),)), build(sin, (mul(HALF, sub(a, b)),)))
    rule = Identity(
        "difference of cosines",
        sub(build(cos, (a,)), build(cos, (b,))),
        neg(mul(Rational(2), *halves)),
        when=(Member(a, REAL), Member(b, REAL)),
        reference="NIST Digital Library of Mathematical Functions, eq. 4.21.8",
    )
    monkeypatch.setitem(lp.RULES, rule.name, rule)
    stable = found(start)
    assert stable.after.excess < stable.before.excess
    assert rule.name in stable.derivation.theorem.unproved


# ------------------------------------------------------------------ the analysis is honest

FLOATS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negative": np.negative,
    "square": np.square,
    "absolute": np.abs,
    "maximum": np.maximum,
    "where": lambda gap, yes, no: np.where(gap >= 0, yes, no),
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "power": np.power,
    "sin": np.sin,
    "cos": np.cos,
}


def computed(e: Expr, points: Points) -> Any:
    """What NumPy makes of a form, operation by operation."""
    if is_input(e):
        return np.array(points.columns[e])
    if is_constant(e):
        return np.float64(float(e))
    found = reading(e)
    assert found.operation is not None
    return FLOATS[found.operation.name](*(computed(o, points) for o in found.operands))


MEASURED = {
    "naive softplus": (Softplus(z), {}),
    "softplus": (stable_softplus, {}),
    "gamma": (add(z, mul(y, exp(neg(z)))), {"y": POSITIVE}),
    "Poisson": (sub(exp(z), mul(y, z)), {"y": COUNT}),
    "Student t": (of_score(losses.STUDENT_T), {}),
    "inverse Gaussian": (of_score(losses.INVERSE_GAUSSIAN), {"y": POSITIVE}),
    "complement": (log(sub(ONE, exp(neg(y)))), {"y": POSITIVE}),
    "regimes": (Where(sub(ONE, absolute(z)), EXPM1(z), sub(exp(z), ONE)), {}),
    "angles": (of_score(losses.COSINE), {}),
}


@pytest.mark.parametrize("name", MEASURED)
def test_no_float_errs_more_than_is_predicted(name: str) -> None:
    e, domains = MEASURED[name]
    known = {**DOMAINS, **{Symbol(s, real=True): d for s, d in domains.items()}, losses.nu: POSITIVE}
    points = inputs(e, tuple(Declared(s, d) for s, d in known.items()), (z, y), 250, NEAREST)
    evaluation = Evaluation(points)
    predicted, truth = evaluation.ulps(e), evaluation.truth(e)
    with np.errstate(all="ignore"):
        got = computed(e, points)
    for k in np.flatnonzero(~truth.unknown):
        error = _ulps(float(got[k]), truth.balls[k])
        assert error <= predicted[k] * 1.01 + 0.5, (points.at(int(k)), error, predicted[k])


def _ulps(value: float, truth: Any) -> float:
    exact = float(truth)
    if value == exact:
        return 0.0
    if not (math.isfinite(value) and math.isfinite(exact)):
        return math.inf
    return float(abs(truth - value).upper() / math.ulp(exact))


def test_the_analysis_sees_what_floats_do() -> None:
    at = Points({z: (40.0, -40.0, 800.0)})
    naive = Evaluation(at).ulps(Softplus(z))
    assert naive[0] < 4
    assert naive[1] > 2**50  # log(1 + e) with e below half a unit of 1
    assert naive[2] == math.inf
    assert (Evaluation(at).ulps(stable_softplus) < AIM).all()


def test_a_sum_whose_terms_are_exact_is_rounded_once() -> None:
    at = Points({z: (0.1, 1e300), y: (0.1000000000000001, -1e-300)})
    assert (Evaluation(at).ulps(sub(z, y)) <= 0.5).all()


def test_a_part_that_occurs_twice_is_paid_once() -> None:
    assert cost(mul(exp(z), exp(z))) == cost(exp(z)) + 1


def test_points_lie_in_their_domains_and_reach_its_ends() -> None:
    shares = values_in(UNIT)
    assert shares[0] == 5e-324
    assert shares[-1] == 1 - 2**-53
    assert all(0 < v < 1 for v in shares)
    assert max(values_in(COUNT)) == 1e15 - 1
    assert max(values_in(REAL)) > 1e300
    m = Symbol("m", real=True)
    trials = (Declared(m, COUNT), Declared(y, COUNT), Declared(sub(m, y), COUNT))
    points = inputs(sub(mul(m, z), y), (*trials, Declared(z, REAL)), (z, y, m), 200, ())
    assert len(points) > 20
    assert all(row[m] >= row[y] for row in map(points.at, range(len(points))))


def test_the_search_is_the_same_every_time() -> None:
    known = [Declared(z, REAL)]
    again = [stabilise(sub(Softplus(z), z), known, [z], name=name).derivation for name in ("first", "second")]
    assert again[0].steps == again[1].steps


def test_what_is_not_declared_is_said() -> None:
    with pytest.raises(lp.LossproofError, match="nothing is declared"):
        stabilise(exp(Symbol("t")), [], [Symbol("t")], name="t")


def test_a_form_of_exact_inputs_is_left_alone() -> None:
    stable = found(mul(HALF, sub(y, z)))
    assert stable.derivation.steps == ()
    assert stable.remaining == ()
    assert analysed(stable.form, Evaluation(stable.after.points)).worst <= 1
