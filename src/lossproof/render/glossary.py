"""What the functions that have no definition of their own stand for, for readers who ask."""

from __future__ import annotations

from sympy import Basic, Expr, KroneckerDelta, Symbol, Tuple

from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import ONE, add, build, exp, fresh, inverse, log, neg, symbols_in, walk
from lossproof.notation.matrices import Column, Entries, Matrix
from lossproof.notation.nodes import Definition, Sigmoid, Softplus

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
    formal = {(p, Tuple()) for part in parts if isinstance(part, Definition) for p in part.parameters}
    shown = (part for part in parts if isinstance(part, (Matrix, Column)) and part.args[:2] not in formal)
    letters = [(part, _entries(part, derivation)) for part in shown]
    return letters + [meaning for kind, meaning in MEANINGS.items() if kind in kinds]


def _entries(letter: Matrix | Column, derivation: Derivation) -> Entries:
    """``X := (x_ij)_{i = 1..n, j = 1..d}``, with the indices with which the entries are declared."""
    avoid = frozenset(symbols_in(letter))
    row = next(s for s in (_i, _j, _k) if s.name not in {a.name for a in avoid})
    count = 1 if isinstance(letter, Column) else 2
    indices = (row, fresh(row, avoid))[:count]
    for h in derivation.hypotheses:
        if isinstance(h, Declared) and letter.entry(*indices).args[:-count] == h.term.args[:-count]:
            declared = tuple(h.term.args[-count:])
            indices = declared if not set(declared) & avoid else indices
    spans = (Tuple(index, last) for index, last in zip(indices, letter.size, strict=False))
    return Entries(letter.entry(*indices), *spans)
