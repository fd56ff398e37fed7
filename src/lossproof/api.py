"""Reading a saved derivation with the rulebook that ships."""

from __future__ import annotations

from lossproof.errors import ReplayError
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.serial import from_json
from lossproof.rulebook import RULES


def load(text: str | bytes) -> Derivation:
    """A derivation from its JSON, replayed with the rulebook.

    Raises:
        ReplayError: if the text is not a saved derivation, or a step does not hold; it names it.

    >>> import lossproof as lp
    >>> load(lp.derive("logistic").to_json()) == lp.derive("logistic")
    True
    """
    if not isinstance(text, (str, bytes)):
        raise ReplayError(0, f"JSON text is needed, not a {type(text).__name__}")
    return from_json(text, RULES)
