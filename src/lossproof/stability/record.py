"""Forms that were searched for before: derivations beside this module, which are replayed and not believed.

The search takes seconds; replaying what it found takes milliseconds.  A derivation counts only if it starts where it is
asked to start, under the same hypotheses, and the kernel grants every step, so that a record that is out of date can
cost time but never give another form than a proved one.  `lossproof.compiled.record` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sympy import Expr

from lossproof.errors import ReplayError
from lossproof.kernel.conditions import Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.serial import from_json
from lossproof.rulebook import SHIPPED

#: Where the record is kept: a derivation as JSON text for each name.
PATH = Path(__file__).with_name("forms.json")


@cache
def _texts() -> Mapping[str, str]:
    found: dict[str, str] = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    return found


def recorded(name: str, start: Expr, hypotheses: tuple[Hypothesis, ...]) -> Derivation | None:
    """The derivation of that name, replayed, if it is recorded and starts here."""
    text = _texts().get(name)
    if text is None:
        return None
    try:
        found = from_json(text, SHIPPED)
    except ReplayError:
        return None
    return found if (found.start, found.hypotheses) == (start, hypotheses) else None
