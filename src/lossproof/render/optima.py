"""Whether a reader looks for a maximum or a minimum.

A relation such as `drop a constant term` speaks of both.  Likelihoods are maximised and losses
minimised, so a chain that has passed from the one to the other goes on with minima.
"""

from __future__ import annotations

from sympy import Add, Expr, Mul, log

from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import MINUS_ONE
from lossproof.notation.nodes import Named


def is_loss(e: Expr) -> bool:
    """Whether an expression is what one minimises: ``-log L(w)``, ``J(w)``, or a sum or product that ends so."""
    if isinstance(e, Named):
        return e.head.name == "J"
    if isinstance(e, Mul) and e.args[0] == MINUS_ONE:
        return isinstance(e.args[-1], log)
    return isinstance(e, (Add, Mul)) and is_loss(e.args[-1])


def sought(derivation: Derivation) -> list[bool]:
    """For each step, whether what it starts from is to be minimised."""
    lowest = is_loss(derivation.start)
    out = []
    for step in derivation:
        out.append(lowest)
        lowest = lowest != step.relation.reverses
    return out
