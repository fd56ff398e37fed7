"""Matrices as terms of Coq: functions of a row and a column that are 0 outside of their rows and columns.

So two matrices are equal if their entries are, and equals may be put for equals in them as in numbers.
The functions are defined in ``rules.v``.  As in `lossproof.certificates.terms`, what is written here is
trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING

from sympy import Basic, Expr, IndexedBase, Symbol, Tuple

from lossproof.kernel.conditions import Property
from lossproof.kernel.schema import Each, Meta
from lossproof.notation.inert import ONE, walk
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
    OpaqueColumn,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
)

if TYPE_CHECKING:
    from lossproof.certificates.terms import Scope

Write = Callable[[Basic, "Scope"], str]

#: Words that ``rules.v`` defines for matrices.
RESERVED = (
    "matrix column identity mat_sum mat_scale mat_product mat_add_list no_entries transpose inverse "
    "sum_of_squares gradient determinant sized nonzero_matrix symmetric positive_definite full_column_rank invertible "
    "positive_semidefinite"
)
#: The type of a matrix.
MATRIX = "R -> R -> R"


class Letter(MatrixTerm):
    """A symbol that stands for a whole matrix: ``args = (symbol, rows, columns)``."""

    @property
    def size(self) -> tuple[Expr, Expr]:
        return self.args[1], self.args[2]


# ------------------------------------------------------------------ terms


def array(c: Column, scope: Scope, term: Write) -> str:
    """The array, or the row of one, whose elements are those of a column."""
    words = " ".join(term(a, scope) for a in (c.array, *c.args[1]))
    return f"({words})" if c.args[1] else words


def matrix_term(e: Basic, scope: Scope, term: Write) -> str | None:
    """A matrix, or a number made of one, as a term of Coq; None if it is neither."""

    def call(name: str, *parts: Basic | str) -> str:
        return f"({' '.join((name, *(p if isinstance(p, str) else term(p, scope) for p in parts)))})"

    match e:
        case Letter():
            return term(e.args[0], scope)
        case Matrix():
            return call("matrix", *e.size, e.args[1])
        case Column():
            return call("column", e.size[0], array(e, scope, term))
        case OpaqueColumn():
            function = Symbol(f"{e.head.name}()")
            return call("column", e.size[0], call(term(function, scope), *e.arguments))
        case IdentityMatrix():
            return call("identity", e.size[0])
        case MatrixSum() if isinstance(e.args[0], Each):
            template, sequence = e.args[0].args
            letter, inside = scope.bind(sequence)
            return f"(mat_add_list (map (fun {letter} => {term(template, inside)}) {term(sequence, scope)}))"
        case MatrixSum():
            return reduce(lambda a, b: call("mat_sum", a, b), (term(a, scope) for a in e.args))
        case MatrixProduct():
            first, *rest = e.args
            return reduce(lambda a, b: call("mat_product", b.size[0], a, b), rest, term(first, scope))
        case ScalarMultiple():
            return call("mat_scale", *e.args)
        case Transpose():
            return call("transpose", *e.args)
        case Inverse() | Determinant():
            return call(type(e).__name__.lower(), e.args[0].size[0], e.args[0])
        case Component():
            return f"({term(e.args[0], scope)} {term(e.args[1], scope)} 1)"
        case Form():
            return f"({term(e.args[0], scope)} 1 1)"
        case SquaredNorm():
            return call("sum_of_squares", e.args[0].size[0], e.args[0])
    return None


def has(e: MatrixTerm, wanted: Property, written: str, write: Callable[[Expr], str]) -> str:
    """That a matrix has a property; the empty word if all matrices of Coq have it."""
    rows, columns = map(write, e.size)
    match wanted:
        case Property.REAL:
            return f"sized {rows} {columns} {written}" if isinstance(e, Letter) else ""
        case Property.NONZERO:
            return f"nonzero_matrix {rows} {columns} {written}"
        case Property.FULL_COLUMN_RANK:
            return f"full_column_rank {columns} {written}"
        case Property.FULL_ROW_RANK:
            return f"full_column_rank {rows} (transpose {written})"
        case _:
            return f"{wanted.name.lower()} {rows} {written}"


# ------------------------------------------------------------------ rules

SIZE = Meta("n")  # in a rule, columns have so many rows, and matrices so many rows and columns


def letters(parts: Iterable[Basic]) -> Mapping[Meta, MatrixTerm]:
    """The letters of a rule that stand for columns, small ones, and for square matrices, capital ones.

    What a gradient is taken in is a column of variables, the elements of an array.
    """
    found: dict[Meta, MatrixTerm] = {}
    for p in walk(*parts):
        if isinstance(p, (MatrixTerm, SquaredNorm)):
            numbers = 1 if isinstance(p, (ScalarMultiple, Gradient)) else 0
            for m in p.args[numbers:]:
                if isinstance(m, Meta):
                    columns = SIZE if m.name.isupper() else ONE
                    found.setdefault(m, Letter(m, SIZE, columns))
        if isinstance(p, Gradient) and isinstance(p.args[1], Meta):
            found[p.args[1]] = Column(IndexedBase(p.args[1]), Tuple(), SIZE)
    return found
