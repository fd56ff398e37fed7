"""Steps made wrong: replay rejects each, a referee refutes each, and what is true nevertheless is proved."""

from __future__ import annotations

from collections import Counter

import pytest
from attack.equivalence import proved_equal
from attack.mutants import EQUIVALENT, HOLE, ILL_FORMED, REFUTED, UNDECIDED, Finding, attack_all, mutants, ok, table
from attack.mutations import MUTATIONS

import lossproof as lp
from lossproof.models import i, y
from lossproof.notation.inert import ONE, TWO, add, mul, power, sub

#: Labels, real numbers, gradients, classes, censoring, priors, matrices, exponential families, densities.
ENTRIES = (
    "logistic",
    "logistic-gradient",
    "linear-regression",
    "softmax-gradient",
    "exponential-censored-gradient",
    "gaussian-prior",
    "ridge-gradient",
    "normal-equations",
    "least-squares-minimum",
    "exponential-family-convexity",
    "bernoulli-exponential-family-variance",
    "profile-likelihood-minimum",
    "weibull-density",
)


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    return attack_all(ENTRIES, cap=1)


def test_replay_rejects_every_mutant_that_is_not_proved_true(findings: list[Finding]) -> None:
    assert len(findings) > 1000
    assert [f for f in findings if not f.rejected and f.verdict != EQUIVALENT] == []
    assert ok(findings)


def test_no_mutant_is_both_proved_and_refuted(findings: list[Finding]) -> None:
    assert [f for f in findings if f.verdict == HOLE] == []


def test_every_other_mutant_is_refuted(findings: list[Finding]) -> None:
    assert [f for f in findings if f.verdict == UNDECIDED] == []


def test_every_mutation_makes_mutants_that_are_refuted(findings: list[Finding]) -> None:
    refuted = Counter(f.operator for f in findings if f.verdict == REFUTED)
    assert set(refuted) == set(MUTATIONS)


def test_figures_count_every_mutant_once(findings: list[Finding]) -> None:
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


def test_a_square_of_a_binary_label_is_the_label_and_that_is_proved() -> None:
    d = lp.derive("logistic")
    assert proved_equal(y[i], power(y[i], TWO), d) is None  # i is nothing here, so it may be any index
    whole, squared = d.steps[12].after, d.steps[12].after.xreplace({y[i]: power(y[i], TWO)})
    assert "in each of finitely many cases" in (proved_equal(whole, squared, d) or "")


def test_another_way_of_writing_is_proved_equal_and_a_wrong_one_is_not() -> None:
    d = lp.derive("logistic-stable")
    z = d.rhs.args[0].args[0]
    assert proved_equal(sub(z, ONE), add(z, mul(ONE, sub(ONE, TWO))), d) == "algebra"
    assert proved_equal(sub(z, ONE), add(z, ONE), d) is None
