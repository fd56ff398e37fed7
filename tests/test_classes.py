"""One of K classes: what is stated, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Expr, IndexedBase, KroneckerDelta, Symbol, symbols

import lossproof as lp
from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Declared, Hypothesis, Labelled, Range, Ranged
from lossproof.kernel.domains import COUNT, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Rule
from lossproof.kernel.schema import Abstraction
from lossproof.kernel.steps import Place, apply
from lossproof.models import (
    CLASSES,
    FEATURES,
    OBSERVATIONS,
    Categorical,
    K,
    LinearPredictor,
    LinearScores,
    OneHot,
    i,
    j,
    k,
    theta,
    w,
    y,
)
from lossproof.notation.inert import ONE, ZERO, add, build, derivative, exp, inverse, log, mul, neg, sub, total
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import evaluate
from lossproof.rulebook import calculus, logarithms, sums
from lossproof.strategies import classes
from lossproof.strategies.classes import c, z

STATED = {
    "softmax": "P[Y = y | X = x]  same optima  J(w)",
    "softmax-equation": "-log L(w)  =  J(w)",
    "softmax-converse": "exp(-J(w))  =  L(w)",
    "softmax-gradient": "∂J(w)/∂w_cj  =  ∑_{i=1}^n (q_{w, c}(x_i) - δ_{y_i, c}) x_ij",
    "softmax-one-hot": "P[Y = y | X = x]  same optima  J(w)",
    "softmax-one-hot-gradient": "∂J(w)/∂w_cj  =  ∑_{i=1}^n (q_{w, c}(x_i) - y_ic) x_ij",
    "multinomial-gradient": "∂J(w)/∂w_cj  =  ∑_{i=1}^n (m_i q_{w, c}(x_i) - y_ic) x_ij",
    "multinomial": "P[Y = y | X = x]  same optima  J(w)",
    "categorical": "P[Y = y | X = x]  same optima  J(θ)",
    "categorical-converse": "exp(-J(θ))  =  L(θ)",
    "categorical-gradient": "∂J(θ)/∂θ_j  =  ∑_{i=1}^n ∑_{k=1}^K (q_{θ, k}(x_i) - δ_{k, y_i}) ∂f_{θ, k}(x_i)/∂θ_j",
    "softmax-logit-gradient": "∂/∂z_c (log(∑_{k=1}^K exp(z_k)) - z_y)  =  exp(z_c)/(∑_{k=1}^K exp(z_k)) - δ_yc",
    "softmax-one-hot-logit-gradient": (
        "∂/∂z_c [-∑_{k=1}^K y_k log(exp(z_k)/(∑_{l=1}^K exp(z_l)))]  =  exp(z_c)/(∑_{k=1}^K exp(z_k)) - y_c"
    ),
    "softmax-log-sum-exp": (
        "-∑_{k=1}^K y_k log(exp(z_k)/(∑_{l=1}^K exp(z_l)))  =  log(∑_{k=1}^K exp(z_k)) - ∑_{k=1}^K y_k z_k"
    ),
    "softmax-stable": "log(∑_{k=1}^K exp(z_k))  =  m + log(∑_{k=1}^K exp(z_k - m))",
    "softmax-two-classes-probability": "exp(z_2)/(∑_{k=1}^2 exp(z_k))  =  σ(z_2 - z_1)",
    "softmax-two-classes": "-∑_{k=1}^2 y_k log(exp(z_k)/(∑_{l=1}^2 exp(z_l)))  =  ℓ(σ(z_2 - z_1), y_2)",
}


@pytest.mark.parametrize("name", STATED)
def test_what_is_stated(name: str) -> None:
    assert str(lp.derive(name).theorem) == f"|- {STATED[name]}"


def test_every_entry_of_the_module_is_looked_at() -> None:
    assert [e.name for e in classes.ENTRIES if e.name not in STATED] == []


def test_the_loss_is_the_log_sum_exp_minus_the_score_of_the_observed_class() -> None:
    loss = lp.derive("softmax").rhs
    assert written(loss.body) == "∑_{i=1}^n (log(∑_{k=1}^K exp(f_{w, k}(x_i))) - f_{w, y_i}(x_i))"


def test_the_constant_of_the_multinomial_is_dropped_because_it_has_no_weights() -> None:
    d = lp.derive("multinomial")
    assert d.steps[-1].rule.name == "drop a constant term"
    assert [str(f.claim) for f in d.steps[-1].conditions if "contain" in str(f.claim)] == [
        "∑_{i=1}^n [-log(m_i!/(∏_{k=1}^K y_ik!))] does not contain w"
    ]


def test_the_two_kinds_of_label_have_the_same_loss() -> None:
    chance = np.random.default_rng(5)
    inputs, weights, labels = chance.standard_normal((7, 2)), chance.standard_normal((3, 2)), chance.integers(1, 4, 7)
    values: dict[str, Any] = {"n": 7, "d": 2, "K": 3, "w": weights, "x": inputs}
    by_number = evaluate(lp.derive("softmax").rhs, {**values, "y": labels})
    one_hot = evaluate(lp.derive("softmax-one-hot").rhs, {**values, "y": np.eye(3)[labels - 1]})
    scores = inputs @ weights.T
    expected = np.log(np.exp(scores).sum(axis=1)).sum() - scores[np.arange(7), labels - 1].sum()
    assert by_number == pytest.approx(expected, rel=1e-12)
    assert one_hot == pytest.approx(expected, rel=1e-12)


# ------------------------------------------------------------------ refusals

C = Symbol("C", integer=True)
LOGITS = (Declared(C, COUNT), Declared(z[k], REAL, (Range(k, ONE, C),)))


def test_no_class_has_no_log_sum_exp() -> None:
    facts = Facts(LOGITS)
    assert facts.domain_of(log(total(exp(z[k]), k, ONE, C))) is None
    chain = lp.Chain("x", (*LOGITS, Ranged(Range(c, ONE, C))), (), derivative(log(total(exp(z[k]), k, ONE, C)), z[c]))
    with pytest.raises(SideConditionError, match="0 <"):
        chain.rewrite(calculus.DERIVATIVE_OF_LOG)


@pytest.mark.parametrize("labels", [(), (Labelled(y[i], ZERO, K, (OBSERVATIONS,)),)])
def test_a_label_that_may_be_no_class_is_refused(labels: tuple[Hypothesis, ...]) -> None:
    model = lp.Model("outside", Categorical(), LinearScores())
    others = tuple(h for h in model.hypotheses if not isinstance(h, Labelled))
    chain = lp.Chain("x", (*others, *labels), (w,), exp(neg(model.loss)))
    chain.unfold(model.loss.definition).rewrite(sums.MINUS_INTO_SUM)
    with pytest.raises(SideConditionError, match=r"f_\{w, y_i\}"):
        chain.rewrite(logarithms.EXP_OF_SUM)


def test_labels_that_do_not_add_up_to_one_have_no_log_sum_exp_form() -> None:
    d = classes.log_sum_exp()
    weaker = tuple(h for h in d.hypotheses if "one-hot" not in str(h))
    with pytest.raises(LossproofError, match="one-hot"):
        lp.replay(lp.Derivation("x", weaker, (), d.start, d.steps))


def test_a_predictor_without_a_score_for_each_class_is_refused() -> None:
    for noise in (Categorical(), OneHot()):
        with pytest.raises(LossproofError, match="classes need a score each"):
            lp.derive(lp.Model("wrong", noise, LinearPredictor()))


# ------------------------------------------------------------------ attacks on the rules

q, t = symbols("q t")
TABLE = IndexedBase("V")
ONE_OF_K = Range(c, ONE, K)
KNOWN: tuple[Hypothesis, ...] = (
    Declared(q, REAL),
    Declared(z[k], REAL, (CLASSES,)),
    Declared(TABLE[k, j], REAL, (CLASSES, Range(j, ONE, K))),
    Declared(t, REAL),
    Declared(TABLE[TABLE[c, c], c], REAL),
    Ranged(ONE_OF_K),
)
DELTA = build(KroneckerDelta, (k, t))
ATTACKS: dict[str, tuple[Rule, Expr, dict[str, Any]]] = {
    "an index that may lie outside is sifted": (
        sums.SIFT_BEHIND,
        total(mul(z[k], DELTA), k, ONE, K),
        {"a": Abstraction((k,), z[k]), "i": k, "k": t, "m": ONE, "n": K},
    ),
    "a number that is not an index becomes a sum": (
        sums.AS_SIFTED_SUM,
        exp(t),
        {"a": Abstraction((k,), exp(k)), "i": k, "k": t, "m": ONE, "n": K},
    ),
    "terms that are not numbers become a sum": (
        sums.AS_SIFTED_SUM,
        log(sub(c, ONE)),
        {"a": Abstraction((k,), log(sub(k, ONE))), "i": k, "k": c, "m": ONE, "n": K},
    ),
    "a factor that may not exist goes into a sum that may be empty": (
        sums.FACTOR_INTO_SUM,
        mul(inverse(q), total(z[k], k, ONE, K)),
        {"c": inverse(q), "a": Abstraction((k,), z[k]), "i": k, "m": ONE, "n": K},
    ),
    "sums over different ranges are merged": (
        sums.MERGE_SUMS,
        add(total(z[k], k, ONE, K), total(z[k], k, ONE, c)),
        {"a": (Abstraction((k,), z[k]), Abstraction((k,), z[k])), "i": k, "m": ONE, "n": K},
    ),
    "a sum up to a symbol is written out": (sums.WRITTEN_OUT, total(z[k], k, ONE, K), {}),
    "an entry outside the array is differentiated": (
        calculus.DERIVATIVE_OF_ENTRY,
        derivative(TABLE[t, c], TABLE[c, c]),
        {"w": TABLE, "i": t, "j": c, "k": c, "m": c},
    ),
    "a row of a table is taken for an entry": (
        calculus.DERIVATIVE_OF_ENTRY,
        derivative(TABLE[TABLE[c, c], c], TABLE[c, c]),
        {"w": TABLE, "i": TABLE[c, c], "j": c, "k": c, "m": c},
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_rule_does_not_hold_for_is_refused(attack: str) -> None:
    rule, start, given = ATTACKS[attack]
    with pytest.raises((SideConditionError, RuleDoesNotApply)):
        apply(rule, (Place((), tuple(sorted(given.items()))),), start, Facts(KNOWN))


def test_a_gradient_of_scores_nobody_called_smooth_is_refused() -> None:
    model = classes.CATEGORICAL
    rough = tuple(h for h in model.hypotheses if "differentiable" not in str(h))
    chain = lp.Chain("x", (*rough, Ranged(FEATURES)), (theta,), derivative(model.loss, theta[j]))
    with pytest.raises(SideConditionError, match="differentiable"):
        chain.unfold(model.loss.definition).rewrite(calculus.DERIVATIVE_OF_SUM)
