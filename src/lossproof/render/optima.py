"""Whether a reader looks for a maximum or a minimum.

A relation such as `drop a constant term` speaks of both.  Likelihoods are maximised and losses
minimised, so a chain that has passed from the one to the other goes on with minima.
"""

from __future__ import annotations

from sympy import Expr, Mul

from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import MINUS_ONE
from lossproof.notation.nodes import Named


def is_loss(e: Expr) -> bool:
    """Whether an expression is what one minimises: ``-log L(w)``, ``J(w)``."""
    if isinstance(e, Named):
        return e.head.name == "J"
    return isinstance(e, Mul) and e.args[0] == MINUS_ONE


def sought(derivation: Derivation) -> list[bool]:
    """For each step, whether what it starts from is to be minimised."""
    lowest = is_loss(derivation.start)
    out = []
    for step in derivation:
        out.append(lowest)
        lowest = lowest != step.relation.reverses
    return out
