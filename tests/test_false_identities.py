"""Tempting wrong claims: the kernel refuses each, and a referee refutes it with numbers that satisfy its hypotheses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from attack.attempts import Refusal, attempts
from attack.claims import Claim
from attack.conditions import SILENT, grants, weakened
from attack.corpus import CORPUS
from attack.corpus.conditions import BEYOND
from attack.corpus.truths import TRUTHS
from attack.false_claims import Finding, figures, found, main, odd
from attack.refuting import REFEREES, corners, refute

from lossproof.kernel.derivation import replay
from lossproof.kernel.relations import Kind

CLAIMS = [pytest.param(c, id=f"{heading}: {c.name}") for heading, claims in CORPUS.items() for c in claims]
EVERY = [c for claims in CORPUS.values() for c in claims]


@pytest.fixture(autouse=True)
def _balls(needs: Callable[[str], None]) -> None:
    needs("flint")


@cache
def finding(claim_at: int) -> Finding:
    return found(EVERY[claim_at], ["balls"])


@pytest.mark.parametrize("number", range(len(EVERY)), ids=[p.id for p in CLAIMS])
def test_a_false_claim_is_refused_and_refuted(number: int) -> None:
    result = finding(number)
    assert len(result.tried) >= 2
    assert [t for t in result.tried if t.refusal is None] == []
    assert result.witnesses or refute(EVERY[number], ["finite"])


@pytest.mark.parametrize("beyond", BEYOND, ids=lambda c: c.name)
def test_a_claim_that_is_false_where_no_referee_looks_is_refused(beyond: Claim) -> None:
    assert [t for t in attempts(beyond) if t.refusal is None] == []


def test_a_rule_without_one_of_its_conditions_grants_a_false_claim() -> None:
    """The corpus asks for the side conditions one by one; those for which there is no false claim are listed."""
    silent = {(rule, condition) for rules in SILENT.values() for rule, each in rules.items() for condition in each}
    not_asked = {(name, condition) for name, condition, rule in weakened() if grants(rule, (*EVERY, *BEYOND)) is None}
    assert not_asked == silent


def test_the_finite_referee_refutes_nearly_all_equations_as_well() -> None:
    """A part of them here; `python tests/attack false_claims` asks it about all."""
    equations = [c for c in EVERY if c.kind is Kind.EQUAL][::25]
    assert len(equations) > 20
    assert sum(bool(refute(c, ["finite"])) for c in equations) >= 0.9 * len(equations)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda c: c.name)
def test_a_true_sibling_is_granted_and_not_refuted(truth: Claim) -> None:
    """What refuses the false claims can say yes, and what refutes them can say no."""
    assert any(t.refusal is None for t in attempts(truth))
    assert refute(truth) == {}


def test_there_are_hundreds_of_claims_and_no_two_are_the_same() -> None:
    assert len(EVERY) >= 300
    said = {(c.left, c.right, c.hypotheses, c.kind, c.reverses, c.over) for c in EVERY}
    assert len(said) == len(EVERY)
    assert len({c.name for c in EVERY}) == len(EVERY)


def test_every_claim_names_what_tempts() -> None:
    assert [c.name for c in EVERY if not c.tempted_by] == []


def test_what_is_refused_for_a_side_condition_is_a_large_part() -> None:
    """The corpus asks the kernel for more than shapes."""
    refused_for_a_condition = [
        c.name for k, c in enumerate(EVERY) if any(t.refusal is Refusal.CONDITION for t in finding(k).tried)
    ]
    assert len(refused_for_a_condition) >= 300


def test_strategies_that_start_from_what_is_wrong_end_in_a_typed_error() -> None:
    """Only the expansion of logarithms may stop half-way, with a theorem that says so."""
    ends = [t for k in range(len(EVERY)) for t in finding(k).tried if t.how.startswith("strategy")]
    assert len(ends) >= 15
    assert {t.how for t in ends if t.refusal is Refusal.OTHER} <= {"strategy expand_log"}


def test_the_hypotheses_of_the_claims_are_such_as_the_kernel_takes() -> None:
    for c in EVERY:
        assert replay(c.derivation()).left == c.left


def test_the_figures_are_those_of_the_findings(capsys: pytest.CaptureFixture[str]) -> None:
    heading = "exponentials"
    some = [found(c, ["balls"]) for c in CORPUS[heading]]
    each = figures(some)
    assert (each.total, each.refused, each.by_any) == (len(some), len(some), len(some))
    assert set(each.refuted) == set(REFEREES)
    assert main([heading]) == 0
    assert f"{heading:<48}{len(some):>9}" in capsys.readouterr().out


def test_what_is_granted_or_not_refuted_is_printed() -> None:
    truth = found(TRUTHS[0])
    assert not truth.refused
    assert not truth.ok
    lines = list(odd([truth]))
    assert any(line.startswith("GRANTED") for line in lines)
    assert any(line.startswith("NOT REFUTED") for line in lines)


def test_the_values_that_a_claim_names_satisfy_its_hypotheses() -> None:
    named = [c for c in EVERY if c.at is not None]
    assert len(named) > 30
    for c in named:
        first = next(corners(c))
        for name, wanted in (c.at or {}).items():
            assert _plain(first.values[name]) == _plain(wanted), c.name


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("log of minus a as minus log a", {"a": 2}),
        ("a product inverted in order", {"d": 1, "a": [[0]], "b": [[1]]}),
        ("a product is positive, its factors are not known to be", {"a": 1, "b": -1}),
    ],
)
def test_numbers_that_do_not_satisfy_the_hypotheses_are_no_witness(name: str, broken: dict[str, Any]) -> None:
    wrong = replace(next(c for c in EVERY if c.name == name), at=broken)
    for at in corners(wrong):
        assert any(str(_plain(at.values[key])) != str(_plain(value)) for key, value in broken.items())


def _plain(value: Any) -> Any:
    return np.asarray(value, dtype=float).tolist()


def test_a_witness_satisfies_the_hypotheses() -> None:
    """The same claim under a hypothesis that no witness satisfies is not refuted."""
    wrong = next(c for c in EVERY if c.name == "square root of a square")
    right = next(c for c in TRUTHS if c.name == "a power of a power of a positive number")
    assert refute(wrong)
    assert refute(replace(wrong, hypotheses=right.hypotheses)) == {}
