"""How a rule stands: whether it is proved by machine, and whose it is."""

from __future__ import annotations

from lossproof.kernel.derivation import Theorem
from lossproof.kernel.rules import Rule
from lossproof.rulebook import SHIPPED


def unproved(theorem: Theorem) -> list[str]:
    """The names of the rules without a lemma of their own, with how they stand."""
    names = set(theorem.unproved)
    return [rule.name + _standing(rule) for rule in theorem.rules if rule.name in names]


def proved_at_use(rule: Rule) -> bool:
    """Whether a rule has no lemma of its own, but a tactic that proves every use of it in a certificate."""
    from lossproof.certificates.proofs import TACTICS  # asked for by few pages, and slow to import

    return SHIPPED.get(rule.name) is rule and rule.name in TACTICS


def _standing(rule: Rule) -> str:
    if SHIPPED.get(rule.name) is not rule:
        return " (added by the user)"
    return " (proved use by use, in certificates)" if proved_at_use(rule) else ""
