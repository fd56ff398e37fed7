"""How a rule stands: whether it is proved by machine, and whose it is."""

from __future__ import annotations

from lossproof.kernel.derivation import Theorem
from lossproof.rulebook import SHIPPED


def unproved(theorem: Theorem) -> list[str]:
    """The names of the rules without a machine-checked proof; it is said of those that do not ship."""
    names = set(theorem.unproved)
    return [
        rule.name if SHIPPED.get(rule.name) is rule else f"{rule.name} (added by the user)"
        for rule in theorem.rules
        if rule.name in names
    ]
