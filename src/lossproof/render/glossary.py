"""What the functions that have no definition of their own stand for, for readers who ask."""

from __future__ import annotations

from sympy import Basic, Expr, KroneckerDelta, Symbol, Tuple

from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import ONE, add, build, exp, fresh, inverse, log, neg, symbols_in, walk
from lossproof.notation.matrices import Column, Entries, Matrix
from lossproof.notation.nodes import Sigmoid, Softplus

_z, _i, _j, _k = Symbol("z"), Symbol("i"), Symbol("j"), Symbol("k")

#: For each kind of function: an application, and what it stands for, as an expression or in words.
MEANINGS: dict[type[Basic], tuple[Expr, Expr | str]] = {
    Sigmoid: (Sigmoid(_z), inverse(add(ONE, exp(neg(_z))))),
    Softplus: (Softplus(_z), log(add(ONE, exp(_z)))),
    KroneckerDelta: (build(KroneckerDelta, (_j, _k)), "1 if j = k, else 0"),
}


def glossary(derivation: Derivation) -> list[tuple[Basic, Basic | str]]:
    """The functions and the letters for matrices that occur in a derivation, with what they stand for."""
    whole = (derivation.start, *(step.after for step in derivation))
    parts = dict.fromkeys(part for e in whole for part in walk(e))
    kinds = {type(part) for part in parts}
    letters = [(part, _entries(part)) for part in parts if isinstance(part, (Matrix, Column))]
    return letters + [meaning for kind, meaning in MEANINGS.items() if kind in kinds]


def _entries(letter: Matrix | Column) -> Entries:
    """``X := (x_ij)_{i = 1..n, j = 1..d}``; a column has one index, and a free one keeps its letter."""
    avoid = frozenset(symbols_in(letter))
    row = next(s for s in (_i, _j, _k) if s.name not in {a.name for a in avoid})
    rows, columns = letter.size
    if isinstance(letter, Column):
        return Entries(letter.entry(row), Tuple(row, rows))
    column = fresh(row, avoid)
    return Entries(letter.entry(row, column), Tuple(row, rows), Tuple(column, columns))
