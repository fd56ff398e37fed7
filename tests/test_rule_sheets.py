"""What is said of a rule, on the pages of the rulebook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sympy import Integer

import lossproof
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Meta
from lossproof.render.rules import ADDED, chapters, sheet, uses
from lossproof.rulebook import RULES, SHIPPED
from lossproof.rulebook.logarithms import LOG_OF_FACTORS

SHEETS = {name: sheet(rule) for name, rule in SHIPPED.items()}


def test_every_rule_says_something_and_where_it_stands() -> None:
    assert len(SHEETS) > 120
    for facts in SHEETS.values():
        assert facts.statement or facts.words, facts.name
        assert facts.reference or "kernel's logic" in facts.standing, facts.name
        assert "Each" not in facts.statement + "".join(facts.conditions), facts.name
        assert "`" not in facts.statement, facts.name


def test_a_rule_counts_as_proved_only_if_the_kernel_says_so() -> None:
    prove = lossproof.kernel.presenting.provided("proved", "service")
    for name, facts in SHEETS.items():
        assert (facts.standing == "proved in Coq") == prove(SHIPPED[name]) == bool(facts.lemma) == bool(facts.coq)


def test_every_condition_is_listed() -> None:
    for name, rule in SHIPPED.items():
        if isinstance(rule, Identity):
            assert len(SHEETS[name].conditions) == len(rule.when) + len(rule.constant)


def test_what_is_no_equation_says_what_becomes_of_the_optima() -> None:
    facts = SHEETS["minus log is strictly decreasing"]
    assert facts.words == "by a strictly monotone map: a maximum of the one is a minimum of the other"
    assert SHEETS["drop a constant term"].conditions[-1] == r"c \text{ does not contain the parameters}"


def test_the_chapters_hold_every_rule_once() -> None:
    listed = [rule.name for rules in chapters().values() for rule in rules]
    assert sorted(listed) == sorted(RULES)


def test_uses_are_the_steps_by_that_rule() -> None:
    derivations = [lossproof.derive(name) for name in ("logistic", "poisson", "poisson-gradient")]
    found = uses(derivations)
    for name, names in found.items():
        assert names == tuple(d.name for d in derivations if any(step.rule == RULES[name] for step in d))
    assert found["logarithm of a product"] == ("logistic", "poisson")
    assert found["definition"] == ("logistic", "poisson", "poisson-gradient")


@pytest.fixture
def _rules() -> Iterator[None]:
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


@pytest.mark.usefixtures("_rules")
def test_a_rule_of_a_user_is_not_taken_for_one_that_ships() -> None:
    a = Meta("a")
    mine = Identity("mine", a, a + Integer(0), reference="a guess")
    lossproof.register(mine)
    assert chapters()[ADDED] == (mine,)
    assert sheet(mine).standing == "added by the user, without a machine-checked proof"
    same_name = Identity(LOG_OF_FACTORS.name, a, a, reference="another")
    assert not sheet(same_name).lemma
    assert sheet(same_name).chapter == ADDED
