"""What the functions that have no definition of their own stand for, for readers who ask."""

from __future__ import annotations

from sympy import Basic, Expr, KroneckerDelta, Symbol

from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import ONE, add, build, exp, inverse, log, neg, walk
from lossproof.notation.nodes import Sigmoid, Softplus

_z, _j, _k = Symbol("z"), Symbol("j"), Symbol("k")

#: For each kind of function: an application, and what it stands for, as an expression or in words.
MEANINGS: dict[type[Basic], tuple[Expr, Expr | str]] = {
    Sigmoid: (Sigmoid(_z), inverse(add(ONE, exp(neg(_z))))),
    Softplus: (Softplus(_z), log(add(ONE, exp(_z)))),
    KroneckerDelta: (build(KroneckerDelta, (_j, _k)), "1 if j = k, else 0"),
}


def glossary(derivation: Derivation) -> list[tuple[Expr, Expr | str]]:
    """The functions that occur in a derivation, with what they stand for."""
    whole = (derivation.start, *(step.after for step in derivation))
    kinds = {type(part) for e in whole for part in walk(e)}
    return [meaning for kind, meaning in MEANINGS.items() if kind in kinds]
