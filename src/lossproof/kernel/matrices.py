"""What is known of matrices, and what follows from it.

One question, `shown`: does a matrix have a property, given the hypotheses?  The answers come from
declarations, from the entries, and from the way a matrix is made of others.  As with numbers,
silence means nothing, and a property that is shown includes that the matrix is defined.

Sizes may be 0: the matrix without rows and columns is invertible, positive definite and has the
determinant 1; a column without entries is zero; ``X`` has full column rank if ``X v = 0`` only for
``v = 0``, so always if it has no columns, and full row rank if ``X^T`` has full column rank.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sympy import Basic, Expr, Symbol

from lossproof.kernel.conditions import Fact, Has, Member, Property, Range
from lossproof.kernel.domains import COUNT, NONNEGATIVE, NONZERO, POSITIVE, REAL, Domain
from lossproof.notation.inert import ONE, fresh, symbols_in
from lossproof.notation.matrices import (
    Column,
    Component,
    Determinant,
    Form,
    Gradient,
    IdentityMatrix,
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    NamedMatrix,
    OpaqueColumn,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    congruence,
    factors,
    is_square,
)

if TYPE_CHECKING:
    from lossproof.kernel.facts import Facts

_P = Property

#: What a declared property includes.
INCLUDES: dict[Property, frozenset[Property]] = {
    _P.REAL: frozenset({_P.REAL}),
    _P.NONZERO: frozenset({_P.NONZERO, _P.REAL}),
    _P.SYMMETRIC: frozenset({_P.SYMMETRIC, _P.REAL}),
    _P.INVERTIBLE: frozenset({_P.INVERTIBLE, _P.FULL_COLUMN_RANK, _P.FULL_ROW_RANK, _P.REAL}),
    _P.POSITIVE_DEFINITE: frozenset(_P) - {_P.NONZERO},
    _P.FULL_COLUMN_RANK: frozenset({_P.FULL_COLUMN_RANK, _P.REAL}),
    _P.POSITIVE_SEMIDEFINITE: frozenset({_P.POSITIVE_SEMIDEFINITE, _P.SYMMETRIC, _P.REAL}),
    _P.FULL_ROW_RANK: frozenset({_P.FULL_ROW_RANK, _P.REAL}),
}
#: Properties that make no sense of a matrix that is not square.
SQUARE_ONLY = frozenset({_P.SYMMETRIC, _P.INVERTIBLE, _P.POSITIVE_DEFINITE, _P.POSITIVE_SEMIDEFINITE})
#: The letters that a property may be declared of.
LETTERS = (Matrix, Column, OpaqueColumn)


def shown(facts: Facts, e: MatrixTerm, wanted: Property) -> Fact | None:
    """That a matrix has a property, with the reason, or None."""
    if wanted in SQUARE_ONLY and not is_square(e):
        return None
    if isinstance(e, NamedMatrix):
        body = facts.has(e.body, wanted)
        return None if body is None else Fact(Has(e, wanted), "", (body,))
    match wanted:
        case _P.REAL:
            return _real(facts, e)
        case _P.NONZERO:
            return _declared(facts, e, wanted) or _nonzero(facts, e)
        case _P.SYMMETRIC:
            return _declared(facts, e, wanted) or _symmetric(facts, e)
        case _P.INVERTIBLE:
            return _declared(facts, e, wanted) or _invertible(facts, e)
        case _P.POSITIVE_DEFINITE:
            return _declared(facts, e, wanted) or _positive_definite(facts, e)
        case _P.FULL_COLUMN_RANK:
            return _declared(facts, e, wanted) or _full_column_rank(facts, e)
        case _P.POSITIVE_SEMIDEFINITE:
            return _declared(facts, e, wanted) or _positive_semidefinite(facts, e)
        case _P.FULL_ROW_RANK:
            return _declared(facts, e, wanted) or _full_row_rank(facts, e)


def _declared(facts: Facts, e: MatrixTerm, wanted: Property) -> Fact | None:
    """What a hypothesis says of the letter as it stands."""
    if not isinstance(e, LETTERS):
        return None
    for h, inside in facts.declared_matrices(e):
        if wanted in INCLUDES[h.property]:
            return Fact(Has(e, h.property), "declared", inside, h)
    return None


def _because(e: MatrixTerm, wanted: Property, *premises: Fact | None, because: str = "") -> Fact | None:
    """The property, if none of the premises is missing."""
    there = tuple(p for p in premises if p is not None)
    return Fact(Has(e, wanted), because, there) if len(there) == len(premises) else None


def _each(facts: Facts, parts: Iterable[MatrixTerm], wanted: Property) -> list[Fact | None]:
    return [facts.has(p, wanted) for p in parts]


def _number(facts: Facts, e: Expr, wanted: Domain) -> Fact | None:
    known = facts.domain_of(e)
    inside = known is not None and isinstance(known.claim, Member) and known.claim.domain.within(wanted)
    return known if inside else None


def _real(facts: Facts, e: MatrixTerm) -> Fact | None:
    match e:
        case Matrix() | Column():
            return _entries_real(facts, e) or _declared(facts, e, _P.REAL)
        case OpaqueColumn():
            return _declared(facts, e, _P.REAL)
        case IdentityMatrix():
            return _because(e, _P.REAL, _number(facts, e.args[0], COUNT))
        case MatrixSum() | MatrixProduct() | Transpose():
            return _because(e, _P.REAL, *_each(facts, e.args, _P.REAL))
        case ScalarMultiple():
            return _because(e, _P.REAL, _number(facts, e.args[0], REAL), facts.has(e.args[1], _P.REAL))
        case Inverse():
            return _because(e, _P.REAL, facts.has(e.args[0], _P.INVERTIBLE))
        case Gradient():
            return _because(e, _P.REAL, facts.differentiable(*e.args), _number(facts, e.size[0], COUNT))
    return None


def _entries_real(facts: Facts, e: Matrix | Column) -> Fact | None:
    """That every entry is real, and that the sizes are sizes."""
    sizes = [_number(facts, s, COUNT) for s in e.size]
    (row, column), inside = opened(facts, e)
    entry = inside.domain_of(e.entry(row, column))
    return _because(e, _P.REAL, *sizes, entry, because="by its entries")


_ROW = Symbol("i", integer=True)


def opened(facts: Facts, e: MatrixTerm, *beside: Basic) -> tuple[tuple[Expr, Expr], Facts]:
    """Indices for an entry of a matrix, or of a column, and the facts that hold of them; ``beside`` has others."""
    avoid = facts.taken.union(*map(symbols_in, (e, *beside)))
    row = _ROW if _ROW.name not in {s.name for s in avoid} else fresh(_ROW, avoid)
    inside = facts.ranged(Range(row, ONE, e.size[0]))
    if isinstance(e, Column):
        return (row, ONE), inside
    column = fresh(row, avoid | {row})
    return (row, column), inside.ranged(Range(column, ONE, e.size[1]))


def _nonzero(facts: Facts, e: MatrixTerm) -> Fact | None:
    """``A v`` is not zero if ``v`` is not and ``A`` has full column rank."""
    match e:
        case MatrixProduct():
            first, last = _each(facts, e.args[:-1], _P.FULL_COLUMN_RANK), facts.has(e.args[-1], _P.NONZERO)
            return _because(e, _P.NONZERO, *first, last)
        case ScalarMultiple():
            return _because(e, _P.NONZERO, _number(facts, e.args[0], NONZERO), facts.has(e.args[1], _P.NONZERO))
        case Transpose():
            return _because(e, _P.NONZERO, facts.has(e.args[0], _P.NONZERO))
    return None


def _symmetric(facts: Facts, e: MatrixTerm) -> Fact | None:
    found = facts.has(e, _P.POSITIVE_DEFINITE)
    if found is not None:
        return found
    match e:
        case MatrixSum():
            return _because(e, _P.SYMMETRIC, *_each(facts, e.args, _P.SYMMETRIC))
        case ScalarMultiple():
            return _because(e, _P.SYMMETRIC, _number(facts, e.args[0], REAL), facts.has(e.args[1], _P.SYMMETRIC))
        case Transpose():
            return _because(e, _P.SYMMETRIC, facts.has(e.args[0], _P.SYMMETRIC))
        case Inverse():
            return _because(e, _P.SYMMETRIC, *(facts.has(e.args[0], p) for p in (_P.SYMMETRIC, _P.INVERTIBLE)))
        case MatrixProduct():
            parts = congruence(e)
            if parts is None:
                return None
            middle = [] if parts[1] is None else [facts.has(parts[1], _P.SYMMETRIC)]
            because = "equal to its transpose" if not middle else ""
            return _because(e, _P.SYMMETRIC, facts.has(e, _P.REAL), *middle, because=because)
    return None


def _invertible(facts: Facts, e: MatrixTerm) -> Fact | None:
    definite = facts.has(e, _P.POSITIVE_DEFINITE)
    if definite is not None:
        return _because(e, _P.INVERTIBLE, definite)
    match e:
        case Inverse() | Transpose():
            return _because(e, _P.INVERTIBLE, facts.has(e.args[0], _P.INVERTIBLE))
        case ScalarMultiple():
            return _because(e, _P.INVERTIBLE, _number(facts, e.args[0], NONZERO), facts.has(e.args[1], _P.INVERTIBLE))
        case MatrixProduct():
            return _because(e, _P.INVERTIBLE, *_each(facts, e.args, _P.INVERTIBLE))
    return None


def _positive_definite(facts: Facts, e: MatrixTerm) -> Fact | None:
    """Identities, inverses, sums, positive multiples; ``B^T C B`` if ``B`` has full column rank.

    Of the terms of a sum one must be, and the others positive semidefinite.
    """
    definite = _P.POSITIVE_DEFINITE
    match e:
        case IdentityMatrix():
            return _because(e, definite, facts.has(e, _P.REAL), because="the identity")
        case Inverse() | Transpose():
            return _because(e, definite, *_each(facts, e.args, definite))
        case MatrixSum():
            terms = [facts.has(t, definite) for t in e.args]
            if not any(terms):
                return None
            others = (facts.has(t, _P.POSITIVE_SEMIDEFINITE) for t in e.args)
            return _because(e, definite, *(t or other for t, other in zip(terms, others, strict=True)))
        case ScalarMultiple():
            return _because(e, definite, _number(facts, e.args[0], POSITIVE), facts.has(e.args[1], definite))
        case MatrixProduct():
            parts = congruence(e)
            if parts is None:
                return None
            outer, middle = parts
            inner = [] if middle is None else [facts.has(middle, definite)]
            return _because(e, definite, *_each(facts, outer, _P.FULL_COLUMN_RANK), *inner)
    return None


def _positive_semidefinite(facts: Facts, e: MatrixTerm) -> Fact | None:
    """What is positive definite; sums, multiples that are not negative; ``B^T C B`` and ``B^T B`` for any ``B``."""
    semidefinite = _P.POSITIVE_SEMIDEFINITE
    definite = facts.has(e, _P.POSITIVE_DEFINITE)
    if definite is not None:
        return _because(e, semidefinite, definite)
    match e:
        case Transpose() | MatrixSum():
            return _because(e, semidefinite, *_each(facts, e.args, semidefinite))
        case ScalarMultiple():
            factor, matrix = _number(facts, e.args[0], NONNEGATIVE), facts.has(e.args[1], semidefinite)
            return _because(e, semidefinite, factor, matrix)
        case MatrixProduct():
            parts = congruence(e)
            if parts is None:
                return None
            middle = [] if parts[1] is None else [facts.has(parts[1], semidefinite)]
            because = "a matrix times its transpose" if not middle else ""
            return _because(e, semidefinite, facts.has(e, _P.REAL), *middle, because=because)
    return None


def _full_rank(facts: Facts, e: MatrixTerm, rank: Property, of_transpose: Property) -> Fact | None:
    """Full row rank or full column rank; the one is the other of the transpose."""
    inverse = facts.has(e, _P.INVERTIBLE)
    if inverse is not None:
        return _because(e, rank, inverse)
    match e:
        case Transpose():
            return _because(e, rank, facts.has(e.args[0], of_transpose))
        case MatrixProduct():
            return _because(e, rank, *_each(facts, e.args, rank))
        case ScalarMultiple():
            return _because(e, rank, _number(facts, e.args[0], NONZERO), facts.has(e.args[1], rank))
    return None


def _full_row_rank(facts: Facts, e: MatrixTerm) -> Fact | None:
    return _full_rank(facts, e, _P.FULL_ROW_RANK, _P.FULL_COLUMN_RANK)


def _full_column_rank(facts: Facts, e: MatrixTerm) -> Fact | None:
    return _full_rank(facts, e, _P.FULL_COLUMN_RANK, _P.FULL_ROW_RANK)


# ------------------------------------------------------------------ numbers made of matrices


def number(facts: Facts, e: Expr) -> Fact | None:
    """An enclosure of a number made of a matrix; having one means that it is defined."""
    a = e.args[0]
    real = facts.has(a, _P.REAL)
    if real is None:
        return None
    match e:
        case Component():
            place = facts.position(e.args[1], a.size[0])
            return None if place is None else Fact(Member(e, REAL), "", (real, place))
        case SquaredNorm():
            nonzero = facts.has(a, _P.NONZERO)
            if nonzero is not None:
                return Fact(Member(e, POSITIVE), "", (nonzero,))
            return Fact(Member(e, NONNEGATIVE), "a sum of squares", (real,))
        case Determinant():
            return _determinant(facts, e, real)
        case Form():
            return _form(facts, e, real)
    return None


def _determinant(facts: Facts, e: Expr, real: Fact) -> Fact:
    for wanted, domain in ((_P.POSITIVE_DEFINITE, POSITIVE), (_P.INVERTIBLE, NONZERO)):
        found = facts.has(e.args[0], wanted)
        if found is not None:
            return Fact(Member(e, domain), "", (found,))
    return Fact(Member(e, REAL), "", (real,))


def _form(facts: Facts, e: Expr, real: Fact) -> Fact:
    """``v^T C v`` is not negative if ``C`` is positive semidefinite, or ``v^T v``.

    It is positive if ``C`` is positive definite, or not there, and ``v`` is not zero.
    """
    parts = congruence(e.args[0])
    if parts is None:
        return Fact(Member(e, REAL), "", (real,))
    outer, middle = parts
    definite = None if middle is None else facts.has(middle, _P.POSITIVE_DEFINITE)
    if middle is not None and definite is None:
        semidefinite = facts.has(middle, _P.POSITIVE_SEMIDEFINITE)
        domain = REAL if semidefinite is None else NONNEGATIVE
        return Fact(Member(e, domain), "", (real,) if semidefinite is None else (real, semidefinite))
    premises = () if definite is None else (definite,)
    vector = outer[0] if len(outer) == 1 else MatrixProduct(*outer)
    nonzero = facts.has(vector, _P.NONZERO)
    if nonzero is not None:
        return Fact(Member(e, POSITIVE), "", (nonzero, *premises))
    because = "a sum of squares" if definite is None else ""
    return Fact(Member(e, NONNEGATIVE), because, (real, *premises))


# ------------------------------------------------------------------ what to say of a refusal


def lacking(facts: Facts, e: Basic, wanted: Property) -> str:
    """The property whose absence keeps a matrix from having the wanted one."""
    for part, property_ in _asked(e, wanted):
        if facts.has(part, property_) is None:
            return lacking(facts, part, property_)
    return f"that {Has(e, wanted)}"


def _asked(e: Basic, wanted: Property) -> list[tuple[MatrixTerm, Property]]:
    """Properties of parts that would settle the question."""
    if isinstance(e, NamedMatrix):
        return [(e.body, wanted)]
    if wanted is _P.REAL:
        inner = _P.INVERTIBLE if isinstance(e, Inverse) else _P.REAL
        return [(a, inner) for a in e.args if isinstance(a, MatrixTerm)] if not isinstance(e, Gradient) else []
    if wanted is _P.NONZERO and isinstance(e, MatrixProduct):
        return [(e.args[-1], wanted), *((a, _P.FULL_COLUMN_RANK) for a in e.args[:-1])]
    if isinstance(e, (Inverse, Transpose)):
        return [(e.args[0], wanted)]
    parts = congruence(e) if isinstance(e, MatrixProduct) else None
    if parts is not None and wanted in (_P.INVERTIBLE, _P.POSITIVE_DEFINITE, _P.SYMMETRIC):
        outer = [] if wanted is _P.SYMMETRIC else [(a, _P.FULL_COLUMN_RANK) for a in outer_letters(parts[0])]
        inner = _P.SYMMETRIC if wanted is _P.SYMMETRIC else _P.POSITIVE_DEFINITE
        return outer + ([] if parts[1] is None else [(parts[1], inner)])
    return []


def outer_letters(outer: tuple[MatrixTerm, ...]) -> list[MatrixTerm]:
    """The factors of a product, laid flat."""
    return [f for a in outer for f in factors(a)]
