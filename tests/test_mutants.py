"""Steps made wrong: replay rejects each, a referee refutes each, and what is true nevertheless is proved.

Those of some derivations are tried here, those of all by ``python tests/attack mutants --cap 1``, which `.ci/run` runs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from attack.equivalence import proved_equal, proved_equal_by_all_means
from attack.judges import Judge
from attack.mutants import EQUIVALENT, HOLE, ILL_FORMED, REFUTED, UNDECIDED, attack_all, examine, mutants, ok, table
from attack.mutations import MUTATIONS
from attack.with_less import proved_without
from sympy import Basic, Expr, Symbol

import lossproof as lp
from lossproof.errors import ReplayError
from lossproof.kernel.derivation import replay
from lossproof.models import i, y
from lossproof.notation.inert import ONE, TWO, add, is_leaf, mul, neg, power, rebuild, sub

#: Labels, real numbers, gradients, censoring, priors, matrices, exponential families, densities.
ENTRIES = (
    "logistic",
    "linear-regression",
    "exponential-censored-gradient",
    "ridge-gradient",
    "normal-equations",
    "least-squares-minimum",
    "bernoulli-exponential-family-variance",
    "simple-linear-regression-deviations-x",
    "weibull-density",
)


def test_replay_rejects_and_balls_refute_every_mutant_that_is_not_proved_true() -> None:
    findings = attack_all(ENTRIES, cap=1)  # in one test, since it takes long
    assert len(findings) > 600
    assert [f for f in findings if f.verdict == HOLE] == []
    assert [f for f in findings if not f.rejected and f.verdict != EQUIVALENT] == []
    assert ok(findings)
    assert [f for f in findings if f.verdict == UNDECIDED] == []
    refuted = Counter(f.operator for f in findings if f.verdict == REFUTED)
    assert set(refuted) == set(MUTATIONS)
    last = table(findings).splitlines()[-1].split()
    verdicts = Counter(f.verdict for f in findings)
    assert last[:3] == ["all", str(len(findings)), str(verdicts[ILL_FORMED])]
    assert sum(verdicts.values()) == len(findings)


def test_mutants_are_the_same_each_time() -> None:
    derivation = lp.derive("logistic")
    once, again = (list(mutants(derivation, 13)) for _ in range(2))
    assert once == again
    assert len({claim for _, claim in once}) == len(once)
    assert derivation.steps[12] not in [claim.step for _, claim in once if claim.lost is None]


# ------------------------------------------------------------------ equivalents are proved


def test_the_square_of_a_binary_label_is_the_label_and_that_is_proved_case_by_case() -> None:
    d = lp.derive("logistic")
    whole, squared = (_with_label(d.steps[12].after, e) for e in (y[i], power(y[i], TWO)))
    assert whole == d.steps[12].after != squared
    assert proved_equal(whole, squared, d) is None
    assert (
        proved_equal_by_all_means(whole, squared, d) == "laws of powers and logarithms, in each of finitely many cases"
    )
    assert proved_equal_by_all_means(whole, _with_label(whole, mul(TWO, y[i])), d) is None


def _with_label(e: Basic, label: Expr) -> Basic:
    """The expression with something else for ``y_i``."""
    return label if e == y[i] else e if is_leaf(e) else rebuild(e, [_with_label(a, label) for a in e.args])


def test_a_constant_has_no_gradient_so_that_losing_it_is_proved_harmless() -> None:
    d = lp.derive("normal-equations")
    lost = next(claim for name, claim in mutants(d, 1, cap=1) if name == "lost term")
    assert (
        proved_equal_by_all_means(d.steps[0].after, lost.step.after, d)
        == "worked out, the same up to the names of bound indices"
    )


def test_the_sign_of_what_is_shown_to_be_zero_does_not_matter() -> None:
    d = lp.derive("simple-linear-regression-deviations-x")
    here = d.steps[0].after
    assert proved_equal_by_all_means(here, neg(here), d) is None
    assert proved_equal_by_all_means(here, neg(here), d, end=d.rhs) == "both are shown to be 0"
    assert proved_equal_by_all_means(here, add(here, ONE), d, end=d.rhs) is None


def test_another_way_of_writing_is_proved_equal_and_a_wrong_one_is_not() -> None:
    d = lp.derive("logistic-stable")
    z = Symbol("z", real=True)
    assert proved_equal(sub(z, ONE), add(z, sub(ONE, TWO)), d) == "algebra"
    assert proved_equal(sub(z, ONE), add(z, ONE), d) is None


def test_a_hypothesis_that_is_needed_is_missed() -> None:
    d = lp.derive("logistic")
    step = next(k for k, s in enumerate(d, start=1) if s.rule.name == "split the product by label")
    lost = [c for name, c in mutants(d, step, cap=9) if name == "lost side condition" and c.lost.term == y[i]]
    assert len(lost) == 1
    assert proved_without(lost[0], d.parameters) is None
    witness, _ = Judge(d).refute(lost[0])
    assert witness is not None


@pytest.mark.parametrize(
    ("name", "step", "operator", "verdict", "reason"),
    [
        ("bernoulli", 12, "lost side condition", EQUIVALENT, "the same for each label"),
        ("categorical-gradient", 4, "weakened side condition", EQUIVALENT, "the same, whether or not there is a value"),
        ("poisson-exponential-family", 1, "lost side condition", EQUIVALENT, "the index may go on"),
        ("gamma-exponential-family", 1, "lost side condition", REFUTED, "an index beyond, at 0"),
        ("inverse-gaussian-exponential-family-mean", 3, "weakened side condition", EQUIVALENT, "piece by piece"),
        ("squared-error-times-n", 19, "weakened side condition", REFUTED, "nothing of it: the map takes 0 and 1 to 0"),
        (
            "simple-linear-regression-slope",
            13,
            "lost side condition",
            EQUIVALENT,
            "a size below 1 leaves the sum empty",
        ),
        ("softmax-logit-gradient", 6, "weakened side condition", REFUTED, "a label beyond all"),
    ],
)
def test_a_step_with_less_is_proved_case_by_case_or_refuted(
    name: str, step: int, operator: str, verdict: str, reason: str
) -> None:
    d = lp.derive(name)
    claim = next(c for kind, c in mutants(d, step, cap=1) if kind == operator)
    judge = Judge(d)
    found = examine(d, step, operator, claim, judge)
    assert (found.verdict, found.rejected) == (verdict, True)
    assert found.reason.startswith(reason)
    assert (judge.refute(claim)[0] is not None) == (verdict == REFUTED)
    assert verdict == REFUTED or judge.finite([claim])[0] != "refuted"


def test_the_whole_derivation_with_a_mutant_in_its_place_is_rejected_at_the_mutant() -> None:
    d = lp.derive("logistic")
    for number in (1, 9, 13, 16):
        for name, claim in mutants(d, number, cap=1):
            if claim.lost is None:
                wrong = replace(d, steps=(*d.steps[: number - 1], claim.step, *d.steps[number:]))
                with pytest.raises(ReplayError) as caught:
                    replay(wrong)
                assert caught.value.step == number, name


def test_every_kind_of_operator_is_declared_once() -> None:
    assert {"sign", "dropped factor", "doubled factor", "index off by one", "bound off by one"} < set(MUTATIONS)
    assert {"wrong exponent", "swapped y and 1 - y", "lost constant", "lost side condition"} < set(MUTATIONS)
    assert {"relation upgraded", "direction reversed", "weakened side condition"} < set(MUTATIONS)
