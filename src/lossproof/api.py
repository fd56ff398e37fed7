"""The public functions that join the layers."""

from __future__ import annotations

from lossproof import render
from lossproof.kernel.derivation import Derivation, replay
from lossproof.kernel.presenting import provide
from lossproof.strategies.catalogue import derive, register

__all__ = ["derive", "load", "register", "render", "replay"]

provide(json="lossproof.kernel.serial:to_json", verify="lossproof.referees:verify")


def load(text: str | bytes) -> Derivation:
    """A derivation from its JSON, replayed with the rulebook.

    Raises:
        ReplayError: if the text is not a saved derivation, or a step does not hold; it names it.

    >>> load(derive("logistic").to_json()) == derive("logistic")
    True
    """
    from lossproof.kernel.serial import from_json
    from lossproof.rulebook import RULES

    return from_json(text, RULES)
