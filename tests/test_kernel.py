"""No false theorem: what the kernel refuses, and that replay believes nothing."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from sympy import Dummy, Expr, Float, Indexed, IndexedBase, KroneckerDelta, Symbol, Tuple, symbols, tan

import lossproof as lp
from lossproof.certificates.statements import proved
from lossproof.errors import (
    LossproofError,
    ReplayError,
    RuleDoesNotApply,
    SideConditionError,
    UnsupportedExpression,
)
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Range, Ranged, Smooth
from lossproof.kernel.derivation import Cite, Derivation, Theorem, replay
from lossproof.kernel.domains import BINARY, CLOSED_UNIT, COUNT, NONNEGATIVE, POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import EQUAL, Kind
from lossproof.kernel.rules import FOLD, UNFOLD, Assume, Rule
from lossproof.kernel.schema import Abstraction, Value
from lossproof.kernel.steps import Place, Step, apply
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    derivative,
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
from lossproof.notation.nodes import Definition, Head, Opaque, Sigmoid
from lossproof.rulebook import RULES, calculus, logarithms, optima, probability, sigmoids, sums
from lossproof.rulebook.algebra import ALGEBRA
from lossproof.strategies.chain import Chain

a, b, c, t = symbols("a b c t")
i, j, k, m, n = symbols("i j k m n", integer=True)
w, x, y, z = IndexedBase("w"), IndexedBase("x"), IndexedBase("y"), IndexedBase("z")
OVER = Range(i, ONE, n)
BASIC = (Declared(n, COUNT), Declared(a, REAL), Declared(b, POSITIVE), Declared(c, REAL))
LOGISTIC = lp.derive("logistic")


def step(rule: Rule, before: Expr, hypotheses: tuple[Hypothesis, ...] = BASIC, **given: Value) -> Step:
    return apply(rule, (Place((), tuple(sorted(given.items()))),), before, Facts(hypotheses))


# ------------------------------------------------------------------ a theorem is made by replay only


def test_a_theorem_cannot_be_constructed() -> None:
    with pytest.raises(TypeError):
        Theorem()
    with pytest.raises(TypeError):
        Theorem("x", (), (), ZERO, ONE)


def test_a_forged_theorem_states_nothing() -> None:
    forged = object.__new__(Theorem)
    with pytest.raises(TypeError, match="states nothing"):
        _ = forged.left
    with pytest.raises(AttributeError):
        object.__setattr__(forged, "left", ZERO)


def test_a_theorem_is_not_subclassed_copied_or_pickled() -> None:
    with pytest.raises(TypeError):
        type("Fake", (Theorem,), {})
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            attempt(LOGISTIC.theorem)


def test_a_derivation_without_steps_proves_that_a_thing_is_itself() -> None:
    theorem = Derivation("self", BASIC, (), log(a)).theorem
    assert (theorem.left, theorem.relation, theorem.right) == (log(a), EQUAL, log(a))


def test_a_theorem_lists_the_hypotheses_it_used_and_no_others() -> None:
    chain = Chain("x", BASIC, (), log(power(b, c))).at_root(logarithms.LOG_OF_POWER)
    assert chain.done().theorem.hypotheses == (BASIC[2], BASIC[3])


def test_a_theorem_lists_its_unproved_rules() -> None:
    chain = Chain("x", BASIC, (), log(power(b, c))).at_root(logarithms.LOG_OF_POWER)
    assert chain.done().theorem.unproved == ()  # its lemma is in rules.v
    weaker = replace(logarithms.LOG_OF_POWER, when=())
    assert not proved(weaker)  # by the same name
    assert chain.algebra(mul(log(b), c)).done().theorem.unproved == ("algebra",)


# ------------------------------------------------------------------ replay believes nothing


def tampered(derivation: Derivation, number: int, **changes: object) -> Derivation:
    steps = list(derivation.steps)
    steps[number - 1] = replace(steps[number - 1], **changes)  # type: ignore[arg-type]
    return replace(derivation, steps=tuple(steps))


@pytest.mark.parametrize("number", range(1, len(LOGISTIC) + 1))
def test_replay_rejects_a_step_whose_result_was_changed(number: int) -> None:
    wrong = add(LOGISTIC[number - 1].after, ONE)
    with pytest.raises(ReplayError) as caught:
        replay(tampered(LOGISTIC, number, after=wrong))
    assert caught.value.step == number


@pytest.mark.parametrize("number", range(1, len(LOGISTIC) + 1))
def test_replay_rejects_a_step_whose_relation_was_changed(number: int) -> None:
    other = LOGISTIC[8].relation if LOGISTIC[number - 1].relation == EQUAL else EQUAL
    with pytest.raises(ReplayError) as caught:
        replay(tampered(LOGISTIC, number, relation=other))
    assert caught.value.step == number


@pytest.mark.parametrize("number", [k for k, s in enumerate(LOGISTIC, 1) if s.conditions])
def test_replay_rejects_a_step_that_lost_a_condition(number: int) -> None:
    with pytest.raises(ReplayError) as caught:
        replay(tampered(LOGISTIC, number, conditions=LOGISTIC[number - 1].conditions[1:]))
    assert caught.value.step == number


@pytest.mark.parametrize("number", range(1, len(LOGISTIC) + 1))
def test_replay_rejects_a_step_with_another_rule(number: int) -> None:
    for rule in (sums.DOUBLE_NEGATION, logarithms.EXP_OF_SUM, calculus.PRODUCT_RULE):
        with pytest.raises(ReplayError) as caught:
            replay(tampered(LOGISTIC, number, rule=rule))
        assert caught.value.step == number


@pytest.mark.parametrize("number", range(1, len(LOGISTIC)))
def test_replay_rejects_a_chain_with_a_missing_step(number: int) -> None:
    steps = LOGISTIC.steps[: number - 1] + LOGISTIC.steps[number:]
    with pytest.raises(ReplayError):
        replay(replace(LOGISTIC, steps=steps))


@pytest.mark.parametrize("lost", range(len(LOGISTIC.theorem.hypotheses)))
def test_replay_needs_every_hypothesis_that_the_theorem_lists(lost: int) -> None:
    needed = LOGISTIC.theorem.hypotheses[lost]
    without = replace(LOGISTIC, hypotheses=tuple(h for h in LOGISTIC.hypotheses if h != needed))
    if isinstance(needed, Declared) and isinstance(needed.term, Symbol):
        assert needed in replay(without).hypotheses, "the symbol itself carries the fact"
    else:
        with pytest.raises(ReplayError):
            replay(without)


@pytest.mark.parametrize("text", ["two\n\nparagraphs", "\x1b[31mred", "a\u202eb", "a\x00b", "\u2028"])
def test_a_name_or_a_title_is_a_line_of_text(text: str) -> None:
    believed = [replace(h, name=text) if isinstance(h, Assumed) else h for h in LOGISTIC.hypotheses]
    for d in (replace(LOGISTIC, title=text), replace(LOGISTIC, name=text), replace(LOGISTIC, hypotheses=(*believed,))):
        with pytest.raises(ReplayError, match="a line of text"):
            d.to("markdown")


def test_a_slice_of_a_derivation_is_a_derivation() -> None:
    part = LOGISTIC[9:]
    assert part.theorem.relation == EQUAL
    assert part.theorem.left == lp.LOGISTIC.negative_log_likelihood
    assert part.theorem.right == lp.LOGISTIC.loss
    with pytest.raises(LossproofError):
        LOGISTIC[::2]


# ------------------------------------------------------------------ tempting falsehoods

over = Range(i, ONE, n)
SEQUENCE = (*BASIC, Declared(x[i], REAL, (over,)))
LABELS_SOFT = (*BASIC, Declared(y[i], CLOSED_UNIT, (over,)), Declared(x[i], CLOSED_UNIT, (over,)))
y_i = Abstraction((i,), y[i])
ROW = Abstraction((i,), x[i])
INTEGRAL = (Declared(n, COUNT), Declared(a, BINARY))

REFUSED: dict[str, Callable[[], Step]] = {
    "log(a c) = log a + log c for real a, c": lambda: step(logarithms.LOG_OF_FACTORS, log(mul(a, c)), a=(a, c)),
    "log(a^2) = 2 log a for real a": lambda: step(logarithms.LOG_OF_POWER, log(power(a, TWO)), a=a, b=TWO),
    "log(a + b) = log a + log b": lambda: step(logarithms.LOG_OF_FACTORS, log(add(a, b)), a=(a, b)),
    "log of a product of real numbers": lambda: step(
        logarithms.LOG_OF_PRODUCT, log(product(x[i], i, ONE, n)), SEQUENCE, a=ROW, i=i, m=ONE, n=n
    ),
    "exp(a log c) = c^a for real c": lambda: step(logarithms.EXP_OF_LOG_MULTIPLE, exp(mul(a, log(c))), a=c, b=a),
    "soft labels split the product": lambda: step(
        probability.SPLIT_BY_LABEL,
        product(power(x[i], y[i]), i, ONE, n),
        LABELS_SOFT,
        a=Abstraction((i, t), power(x[i], t)),
        y=y_i,
        i=i,
        m=ONE,
        n=n,
    ),
    "the complement of a variable with more than two values": lambda: step(
        probability.COMPLEMENT,
        lp.LOGISTIC.marginal(ZERO),
        (Declared(lp.LOGISTIC.marginal(ZERO).args[0], COUNT, (Range(i, ONE, n),)),),
        V=lp.LOGISTIC.marginal(ZERO).args[0],
        X=lp.LOGISTIC.marginal(ZERO).args[2],
        x=lp.LOGISTIC.marginal(ZERO).args[3],
        theta=lp.LOGISTIC.marginal(ZERO).args[4],
    ),
    "-log reverses the order of real numbers": lambda: step(optima.NEGATIVE_LOGARITHM, a, a=a),
    "0 log 0 = 0": lambda: step(ALGEBRA, mul(ZERO, log(ZERO)), to=ZERO),
    "a / a = 1 for real a": lambda: step(ALGEBRA, mul(a, inverse(a)), to=ONE),
    "(a + c)^2 = a^2 + c^2": lambda: step(ALGEBRA, power(add(a, c), TWO), to=add(power(a, TWO), power(c, TWO))),
    "a sign is lost": lambda: step(ALGEBRA, sub(a, c), to=sub(c, a)),
    "|a|' for real a": lambda: step(
        calculus.DERIVATIVE_OF_TERMS, derivative(add(absolute(a), a), a), u=(absolute(a), a), v=a
    ),
    "log' a = 1/a for real a": lambda: step(calculus.DERIVATIVE_OF_LOG, derivative(log(a), a), u=a, v=a),
    "a constant that contains the variable": lambda: step(
        calculus.DERIVATIVE_OF_MULTIPLE, derivative(mul(a, a), a), c=a, u=a, v=a
    ),
    "(b^b)' = b b^(b-1)": lambda: step(calculus.DERIVATIVE_OF_POWER, derivative(power(b, b), b), u=b, b=b, v=b),
    "the derivative of a label": lambda: step(
        calculus.DERIVATIVE_OF_TERMS, derivative(add(a, power(a, TWO)), a), INTEGRAL, u=(a, power(a, TWO)), v=a
    ),
    "a factor that depends on the index leaves the sum": lambda: step(
        sums.CONSTANT_OUT_OF_SUM, total(mul(x[i], x[i]), i, ONE, n), SEQUENCE, a=ROW, c=x[i], i=i, m=ONE, n=n
    ),
    "sifting outside the range": lambda: step(
        sums.SIFT,
        total(mul(build(KroneckerDelta, (i, k)), x[i]), i, ONE, n),
        (*SEQUENCE, Ranged(Range(k, ZERO, n))),
        a=ROW,
        i=i,
        k=k,
        m=ONE,
        n=n,
    ),
    "sigma(z) of anything": lambda: step(sigmoids.LOG_OF_SIGMOID, log(Sigmoid(log(a))), z=log(a)),
    "the derivative of a sum in its own index": lambda: step(
        calculus.DERIVATIVE_OF_SUM,
        derivative(total(w[i], i, ONE, n), w[i]),
        (Declared(n, COUNT), Declared(w[i], REAL, (over,))),
        a=Abstraction((i,), w[i]),
        i=i,
        m=ONE,
        n=n,
        v=w[i],
    ),
}


@pytest.mark.parametrize("claim", REFUSED)
def test_a_tempting_falsehood_is_refused(claim: str) -> None:
    with pytest.raises((SideConditionError, RuleDoesNotApply)):
        REFUSED[claim]()


def test_a_refusal_names_rule_condition_and_missing_fact() -> None:
    with pytest.raises(SideConditionError) as caught:
        step(logarithms.LOG_OF_FACTORS, log(mul(b, a)), a=(b, a))
    error = caught.value
    assert (error.rule, error.condition, error.missing) == (
        "logarithm of factors",
        "0 < a",
        "0 < a (only a in R is known)",
    )


# ------------------------------------------------------------------ congruence


def test_a_fact_at_a_point_is_not_used_under_a_derivative() -> None:
    # On {0, 1} a^2 = a, but the derivative of a^2 is not that of a.
    idempotent = Assumed("idempotent", power(a, TWO), a)
    chain = Chain("x", (Declared(a, BINARY), idempotent), (), derivative(power(a, TWO), a))
    with pytest.raises(SideConditionError, match="open domain"):
        chain.assume("idempotent")


def test_an_equation_that_holds_at_a_point_is_not_used_under_a_derivative() -> None:
    chain = Chain("x", (Declared(a, REAL), Assumed("here", a, ZERO)), (), derivative(power(a, TWO), a))
    with pytest.raises(RuleDoesNotApply):
        chain.assume("here")


def test_a_shadowed_index_is_refused() -> None:
    inner = total(log(mul(x[i], x[i])), i, ONE, TWO)
    chain = Chain("x", (Declared(x[i], POSITIVE, (over,)), Declared(n, COUNT)), (), total(inner, i, ONE, n))
    with pytest.raises(SideConditionError, match="rename i"):
        chain.rewrite(logarithms.LOG_OF_FACTORS)


def test_optima_are_compared_at_the_root_only() -> None:
    inside = Place((0,), (("a", b),))
    with pytest.raises(RuleDoesNotApply, match="holds of the whole only"):
        apply(optima.NEGATIVE_LOGARITHM, (inside,), add(b, ONE), Facts(BASIC))


def test_definitions_are_not_rewritten_from_inside() -> None:
    half = Definition(Head("h"), Tuple(t), log(mul(t, t)))
    place = Place((0, 2), (("a", (t, t)),))
    with pytest.raises(RuleDoesNotApply, match="nothing can be rewritten"):
        apply(logarithms.LOG_OF_FACTORS, (place,), half(b), Facts(BASIC))


# ------------------------------------------------------------------ constants and optima

sigma = Symbol("sigma")
GAUSS = (Declared(a, REAL), Declared(sigma, POSITIVE))
NLL = add(log(sigma), power(a, TWO))


def test_a_term_without_the_parameters_is_dropped() -> None:
    d = Chain("x", GAUSS, (a,), NLL).at_root(optima.DROP_CONSTANT_TERM).done()
    assert d.theorem.relation.kind is Kind.UP_TO_CONSTANT
    assert d.theorem.relation.over == (a,)
    assert not d.theorem.relation.reverses


def test_a_constant_that_contains_a_parameter_is_not_dropped() -> None:
    chain = Chain("x", GAUSS, (a, sigma), NLL)
    with pytest.raises(SideConditionError) as caught:
        chain.at_root(optima.DROP_CONSTANT_TERM)
    assert "contains sigma" in caught.value.missing


def test_a_parameter_hidden_in_a_definition_is_found() -> None:
    hidden = Definition(Head("C"), Tuple(t), mul(t, log(sigma)))
    chain = Chain("x", GAUSS, (sigma,), add(hidden(ONE), sigma))
    with pytest.raises(SideConditionError, match="does not contain"):
        chain.at_root(optima.DROP_CONSTANT_TERM)


def test_a_factor_of_unknown_sign_is_not_dropped() -> None:
    chain = Chain("x", (Declared(a, REAL), Declared(c, REAL)), (a,), mul(c, power(a, TWO)))
    with pytest.raises(SideConditionError, match="0 < c"):
        chain.at_root(optima.DROP_POSITIVE_FACTOR)


def test_relations_compose_to_the_weakest_with_their_maps() -> None:
    start = add(log(sigma), mul(TWO, power(a, TWO)))
    d = Chain("x", GAUSS, (a,), start).at_root(optima.DROP_CONSTANT_TERM).at_root(optima.DROP_POSITIVE_FACTOR).done()
    relation = d.theorem.relation
    assert relation.kind is Kind.SAME_OPTIMA
    assert not relation.reverses
    assert relation.carries is not None
    assert relation.carries(start).doit().equals(a**2)


def test_minus_log_turns_a_maximum_into_a_minimum() -> None:
    d = Chain("x", (Declared(b, POSITIVE),), (b,), b).at_root(optima.NEGATIVE_LOGARITHM).done()
    assert d.theorem.relation.reverses


# ------------------------------------------------------------------ names and nodes


def test_one_name_has_one_meaning() -> None:
    f, g = Definition(Head("f"), Tuple(t), t), Definition(Head("f"), Tuple(t), neg(t))
    with pytest.raises(ReplayError, match="two different things"):
        _ = Derivation("x", BASIC, (), add(f(a), g(a))).theorem
    with pytest.raises(ReplayError, match="two different things"):
        _ = Derivation("x", BASIC, (), add(f(a), Opaque(Head("f"), a))).theorem


def test_one_name_is_one_symbol() -> None:
    with pytest.raises(ReplayError, match="two different symbols"):
        _ = Derivation("x", (), (), add(Symbol("p"), Symbol("p", positive=True))).theorem


@pytest.mark.parametrize("e", [Float(0.5), tan(a), Dummy("a"), RULES["double negation"].left])  # type: ignore[attr-defined]
def test_nodes_of_unknown_meaning_are_refused(e: Expr) -> None:
    with pytest.raises(ReplayError) as caught:
        _ = Derivation("x", BASIC, (), e).theorem
    assert isinstance(caught.value.__cause__, UnsupportedExpression)


def test_a_name_is_folded_only_over_what_it_stands_for() -> None:
    f = Definition(Head("f"), Tuple(t), power(t, TWO))
    assert step(FOLD, power(a, TWO), named=f(a)).after == f(a)
    with pytest.raises(RuleDoesNotApply, match="stands for"):
        step(FOLD, power(a, TWO), named=f(b))
    assert step(UNFOLD, f(a)).after == power(a, TWO)


def test_unfolding_renames_an_index_in_use() -> None:
    score = Definition(Head("s"), Tuple(w), total(w[j], j, ONE, n))
    assert step(UNFOLD, score(w), avoid=(j,)).after == total(w[k], k, ONE, n)


# ------------------------------------------------------------------ assumptions and citations


def test_an_assumption_holds_within_its_range_only() -> None:
    assumed = Assumed("shift", x[i], y[i], (over,))
    inside = Chain("x", (Declared(n, COUNT), assumed), (), total(x[i], i, ONE, n)).assume("shift")
    assert inside.here == total(y[i], i, ONE, n)
    with pytest.raises(SideConditionError):
        Chain("x", (Declared(n, COUNT), assumed), (), total(x[i], i, ZERO, n)).assume("shift")
    with pytest.raises(RuleDoesNotApply):
        step(Assume("another"), a)


def _lemma() -> Derivation:
    hypotheses = (Declared(x[i], POSITIVE, (over,)), Declared(n, COUNT), Ranged(over))
    return Chain("lemma", hypotheses, (), log(mul(x[i], x[i]))).at_root(logarithms.LOG_OF_FACTORS).done()


def test_a_theorem_is_cited_where_its_hypotheses_hold() -> None:
    hypotheses = (Declared(x[i], POSITIVE, (over,)), Declared(n, COUNT))
    d = Chain("x", hypotheses, (), total(log(mul(x[i], x[i])), i, ONE, n)).cite(_lemma()).done()
    assert d.theorem.right == total(add(log(x[i]), log(x[i])), i, ONE, n)
    assert hypotheses[0] in d.theorem.hypotheses
    assert "logarithm of factors" in {rule.name for rule in d.theorem.rules}


def test_a_theorem_is_not_cited_where_its_hypotheses_fail() -> None:
    weaker = (Declared(x[i], NONNEGATIVE, (over,)), Declared(n, COUNT))
    for hypotheses, low in ((weaker, ONE), (_lemma().hypotheses[:2], ZERO)):
        with pytest.raises((RuleDoesNotApply, SideConditionError)):
            Chain("x", hypotheses, (), total(log(mul(x[i], x[i])), i, low, n)).cite(_lemma())


def test_only_equations_are_cited() -> None:
    turned = Chain("x", (Declared(b, POSITIVE),), (), b).at_root(optima.NEGATIVE_LOGARITHM).done()
    with pytest.raises(RuleDoesNotApply, match="not an equation"):
        step(Cite(turned), b)


def test_a_smooth_opaque_function_is_differentiated_a_rough_one_is_not() -> None:
    f = Opaque(Head("f"), a)
    smooth = (Declared(a, REAL), Declared(f, REAL), Smooth(f, a))
    before = derivative(neg(f), a)
    assert step(calculus.DERIVATIVE_OF_MULTIPLE, before, smooth, c=neg(ONE).args[0], u=f, v=a).after
    with pytest.raises(SideConditionError):
        step(calculus.DERIVATIVE_OF_MULTIPLE, before, smooth[:2], c=neg(ONE).args[0], u=f, v=a)


def test_a_coordinate_is_differentiated_only_where_it_is_free() -> None:
    before = derivative(Indexed(w, i), Indexed(w, k))
    with pytest.raises(SideConditionError):
        step(calculus.DERIVATIVE_OF_COORDINATE, before, (), w=w, i=i, k=k)


# ------------------------------------------------------------------ wrong instantiations


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"a": a},
        {"a": ROW},
        {"a": ROW, "i": add(i, ONE), "m": ONE, "n": n},
        {"a": ROW, "i": i, "m": ONE, "n": a},
        {"a": Abstraction((i, k), x[i]), "i": i, "m": ONE, "n": n},
        {"a": Abstraction((k,), x[i]), "i": i, "m": ONE, "n": n},
        {"a": (x[i],), "i": i, "m": ONE, "n": n},
    ],
)
def test_a_wrong_instantiation_is_refused(given: dict[str, Value]) -> None:
    with pytest.raises(RuleDoesNotApply):
        step(logarithms.LOG_OF_PRODUCT, log(product(x[i], i, ONE, n)), SEQUENCE, **given)


@pytest.mark.parametrize("path", [(5,), (-1,), (0, 0, 0, 0), (1,)])
def test_a_place_that_is_not_there_is_refused(path: tuple[int, ...]) -> None:
    with pytest.raises(RuleDoesNotApply):
        apply(sums.DOUBLE_NEGATION, (Place(path, (("a", a),)),), log(b), Facts(BASIC))
