"""Matrices and vectors of symbolic size: a sort of their own beside the numbers.

A matrix is not a number, so its nodes are no SymPy ``Expr``, and `lossproof.notation.shapes` lets
them stand nowhere where a number is expected.  Numbers come out of matrices by four nodes: a
component of a column, the only entry of a 1 x 1 matrix, a squared norm, a determinant.

What a letter stands for is part of its node: ``Matrix(X, x, n, d)`` is the ``n x d`` array of the
entries ``x_ij``, ``Column(y, (), n)`` the column of the entries ``y_i``, and ``Column(y, (i,), k)``
the column ``y_i`` of the entries ``y_ij``.  So a statement about matrices is one about their
entries, and nothing is assumed when the notation changes.

========================  ====================  ==================================================
node                      written               meaning
========================  ====================  ==================================================
Matrix(h, x, n, d)        X                     the array of ``x_ij``, ``i = 1..n``, ``j = 1..d``
Column(y, indices, n)     y, or ``y_i``         the column of the elements of an array or of a row
OpaqueColumn(h, k, ...)   ``mu_theta(x_i)``     a column of ``k`` numbers, nothing known but that
IdentityMatrix(n)         ``I_n``               ones on the diagonal
MatrixSum, MatrixProduct  ``A + B``, ``A B``    as usual; sizes must be the same, or fit
ScalarMultiple(c, A)      ``c A``               every entry times ``c``
Transpose(A), Inverse(A)  ``A^T``, ``A^-1``     as usual
Gradient(u, w)            ``nabla_w u``         the column of the partial derivatives in each ``w_j``
NamedMatrix(D, ...)       ``w_hat``             a matrix under a name
Component(v, i)           ``(v)_i``             a number
Form(A)                   as ``A``              the only entry of a 1 x 1 matrix, a number
SquaredNorm(v)            ``||v||^2``           ``v^T v`` for a column, a number
Determinant(A)            ``|A|``               a number; 1 for the matrix without rows
========================  ====================  ==================================================

A matrix is defined if all its entries are real numbers; one made of matrices is defined only if all
of these are, and an inverse only of an invertible matrix.  Sizes may be 0.  Two sizes are the same
if they are written the same, so sizes can be checked before anything is known of them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

from sympy import (
    Basic,
    Dummy,
    Expr,
    FunctionMatrix,
    Identity,
    Indexed,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Lambda,
    MatAdd,
    MatMul,
    MatrixExpr,
    S,
    Symbol,
    Tuple,
)
from sympy import Determinant as OrdinaryDeterminant

from lossproof.errors import UnsupportedExpression
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    add,
    build,
    derivative,
    fresh,
    mul,
    power,
    symbols_in,
    total,
    walk,
)
from lossproof.notation.nodes import Definition, Head, Name, Opaque, meaning

Size: TypeAlias = tuple[Expr, Expr]


class _Printed:
    """SymPy's printers go by the names of classes, some of which are its own; they get our text."""

    def _sympystr(self, _: Any) -> str:
        from lossproof.notation.plain import written

        return written(self)

    def _latex(self, printer: Any) -> str:
        return rf"\text{{{self._sympystr(printer)}}}"


class MatrixTerm(_Printed, Basic):
    """An expression whose value is a matrix."""

    def meaning(self) -> MatrixExpr:
        """The matrix as ordinary SymPy."""
        return ordinary(self)

    @property
    @abstractmethod
    def size(self) -> Size:
        """Rows and columns."""


class Matrix(MatrixTerm):
    """The array of the entries ``base[i, j]`` under a name: ``args = (head, base, rows, columns)``."""

    def __new__(cls, head: Head, base: IndexedBase, rows: Expr, columns: Expr) -> Matrix:
        if isinstance(base, Indexed):
            raise UnsupportedExpression(f"a matrix of the entries of {base}", "lossproof")
        return Basic.__new__(cls, head, base, rows, columns)

    @property
    def head(self) -> Head:
        return self.args[0]

    @property
    def size(self) -> Size:
        return self.args[2], self.args[3]

    def entry(self, row: Expr, column: Expr) -> Expr:
        """``x_ij``."""
        return self.args[1][row, column]


class Column(MatrixTerm):
    """The column of the elements ``base[*indices, r]``, ``r = 1..size``: ``args = (base, indices, size)``."""

    def __new__(cls, base: IndexedBase, indices: Tuple, size: Expr) -> Column:
        if isinstance(base, Indexed):  # the array was a row of another one
            base, indices = base.base, Tuple(*base.indices, *indices)
        return Basic.__new__(cls, base, indices, size)

    @property
    def array(self) -> IndexedBase:
        """The array whose elements these are."""
        return self.args[0]

    @property
    def size(self) -> Size:
        return self.args[2], ONE

    def entry(self, row: Expr, column: Expr = ONE) -> Expr:
        """``y_r``."""
        return self.args[0][(*self.args[1], row)]


class OpaqueColumn(MatrixTerm):
    """An uninterpreted column-valued function: ``args = (head, rows, *arguments)``."""

    @property
    def head(self) -> Head:
        return self.args[0]

    @property
    def arguments(self) -> tuple[Expr, ...]:
        return tuple(self.args[2:])

    @property
    def size(self) -> Size:
        return self.args[1], ONE


class IdentityMatrix(MatrixTerm):
    """Ones on the diagonal, zeros elsewhere."""

    @property
    def size(self) -> Size:
        return self.args[0], self.args[0]


class MatrixSum(MatrixTerm):
    """``A + B + ...`` of matrices of one size."""

    @property
    def size(self) -> Size:
        return self.args[0].size


class MatrixProduct(MatrixTerm):
    """``A B ...``; nested products stay nested, and are written without brackets."""

    @property
    def size(self) -> Size:
        return self.args[0].size[0], self.args[-1].size[1]


class ScalarMultiple(MatrixTerm):
    """``c A`` for a number ``c``."""

    @property
    def size(self) -> Size:
        return self.args[1].size


class Transpose(MatrixTerm):
    """``A^T``."""

    @property
    def size(self) -> Size:
        rows, columns = self.args[0].size
        return columns, rows


class Inverse(MatrixTerm):
    """``A^(-1)``, defined if ``A`` is invertible."""

    @property
    def size(self) -> Size:
        return self.args[0].size


class Gradient(MatrixTerm):
    """The column of the partial derivatives of a number in each element of a column ``w``."""

    slope_at = 1

    @property
    def size(self) -> Size:
        return self.args[1].size


class NamedMatrix(Name, MatrixTerm):
    """A matrix under a name, such as ``w_hat``; ``.body`` is what the name stands for."""

    def __new__(cls, definition: Definition, *arguments: Expr) -> NamedMatrix:
        if len(arguments) != len(definition.parameters):
            raise TypeError(f"{definition.head.name} takes {len(definition.parameters)} arguments")
        return Basic.__new__(cls, definition, *(S(a) for a in arguments))

    @property
    def size(self) -> Size:
        return self.body.size


class _Number(_Printed, Expr):
    """A number made of a matrix."""

    is_commutative = True
    is_real = True

    def meaning(self) -> Expr:
        """The number as ordinary SymPy."""
        matrix = ordinary(self.args[0])
        if isinstance(self, SquaredNorm):
            matrix = matrix.T * matrix
        if isinstance(self, Determinant):
            return OrdinaryDeterminant(matrix)
        return matrix[self.args[1] - 1 if isinstance(self, Component) else 0, 0]

    def doit(self, **hints: Any) -> Expr:
        """The number as ordinary SymPy, evaluated as far as sizes are numbers."""
        sizes = (s for part in walk(self) if isinstance(part, MatrixTerm) for s in part.size)
        known = all(isinstance(s, Integer) for s in sizes)
        return self.meaning().doit(**hints) if known else self.meaning()

    def _eval_derivative(self, s: Expr) -> Expr:
        return self.meaning().diff(s)


class Component(_Number):
    """``(v)_i`` of a column ``v``."""


class Form(_Number):
    """The only entry of a 1 x 1 matrix, such as ``v^T A w``."""


class SquaredNorm(_Number):
    """``||v||^2``: the sum of the squares of the entries of a column."""


class Determinant(_Number):
    """The determinant of a square matrix."""


class Entries(Basic):
    """The entries of a matrix, for a reader who asks what its letter stands for; no part of expressions."""


# Called by the definition of a name.
Definition.names_matrix = NamedMatrix


# ------------------------------------------------------------------ constructors


def column(base: IndexedBase, size: Expr, *indices: Expr) -> Column:
    """The column ``base`` of ``size`` elements, or the row ``base[*indices]`` as a column."""
    return Column(base, Tuple(*indices), size)


def opposite(a: MatrixTerm) -> ScalarMultiple:
    """``-A``."""
    return ScalarMultiple(MINUS_ONE, a)


def minus(a: MatrixTerm, b: MatrixTerm) -> MatrixSum:
    """``A - B``."""
    return MatrixSum(a, opposite(b))


def quadratic(v: MatrixTerm, a: MatrixTerm) -> Form:
    """``v^T A v``."""
    return Form(MatrixProduct(Transpose(v), a, v))


# ------------------------------------------------------------------ well-formed


def is_matrix(e: Basic) -> bool:
    """Whether the expression is a matrix."""
    return isinstance(e, MatrixTerm)


def same_size(matrices: tuple[MatrixTerm, ...]) -> bool:
    """Whether all have as many rows and columns, written the same."""
    return len({m.size for m in matrices}) == 1


def fit(factors: tuple[MatrixTerm, ...]) -> bool:
    """Whether each has as many columns as the next has rows."""
    return all(a.size[1] == b.size[0] for a, b in pairwise(factors))


def is_square(a: MatrixTerm) -> bool:
    """Whether rows and columns are as many, written the same."""
    return bool(a.size[0] == a.size[1])


# ------------------------------------------------------------------ entries


def entry(a: MatrixTerm, row: Expr, column: Expr, avoid: frozenset[Symbol]) -> Expr:
    """The entry of a matrix, written out as far as sums and products go.

    Raises:
        UnsupportedExpression: for a matrix whose entries have no expression, such as an inverse.
    """
    match a:
        case Matrix() | Column():
            return a.entry(row, column)
        case NamedMatrix():
            return entry(a.body, row, column, avoid)
        case IdentityMatrix():
            return build(KroneckerDelta, (row, column))
        case MatrixSum():
            return add(*(entry(t, row, column, avoid) for t in a.args))
        case ScalarMultiple():
            return mul(a.args[0], entry(a.args[1], row, column, avoid))
        case Transpose():
            return entry(a.args[0], column, row, avoid)
        case Gradient():
            return derivative(a.args[0], a.args[1].entry(row))
        case MatrixProduct():
            first, rest = a.args[0], a.args[1] if len(a.args) == 2 else MatrixProduct(*a.args[1:])
            k = fresh(_INDEX, avoid)
            left, right = (entry(m, *at, avoid | {k}) for m, at in ((first, (row, k)), (rest, (k, column))))
            return total(mul(left, right), k, ONE, first.size[1])
    raise UnsupportedExpression(f"the entries of a matrix of the kind {type(a).__name__}", "lossproof")


_INDEX = Symbol("i", integer=True)


def by_entries(e: Expr, avoid: frozenset[Symbol] = frozenset()) -> Expr:
    """A component, squared norm or form, written with the entries of its matrix.

    Raises:
        UnsupportedExpression: if the entries have no expression.
    """
    taken = avoid | frozenset(symbols_in(e))
    a = e.args[0]
    if isinstance(e, Component):
        return entry(a, e.args[1], ONE, taken)
    if isinstance(e, SquaredNorm):
        r = fresh(_INDEX, taken)
        return total(power(entry(a, r, ONE, taken | {r}), TWO), r, ONE, a.size[0])
    if isinstance(e, Form):
        return entry(a, ONE, ONE, taken)
    raise UnsupportedExpression(f"the entries behind a node of the kind {type(e).__name__}", "lossproof")


# ------------------------------------------------------------------ as ordinary SymPy

_ROW, _COLUMN = Dummy("row", integer=True), Dummy("column", integer=True)


def ordinary(a: MatrixTerm) -> MatrixExpr:
    """The matrix as SymPy's own; once its sizes are numbers, ``.as_explicit()`` writes the entries.

    >>> from sympy import IndexedBase, Symbol
    >>> n = Symbol("n", integer=True, nonnegative=True)
    >>> ordinary(column(IndexedBase("y"), n)).subs(n, 2).as_explicit()
    Matrix([
    [y[1]],
    [y[2]]])
    """
    match a:
        case NamedMatrix():
            return ordinary(a.body)
        case Matrix() | Column():
            return _of_entries(a, a.entry(_ROW + 1, _COLUMN + 1))
        case OpaqueColumn():
            return _of_entries(a, Opaque(a.head, *a.arguments, _ROW + 1))
        case Gradient():
            return _of_entries(a, derivative(meaning(a.args[0]), a.args[1].entry(_ROW + 1)))
        case IdentityMatrix():
            return Identity(a.args[0])
        case ScalarMultiple():
            return meaning(a.args[0]) * ordinary(a.args[1])
        case Transpose():
            return ordinary(a.args[0]).T
        case Inverse():
            return ordinary(a.args[0]).inv()
        case MatrixSum():
            return MatAdd(*map(ordinary, a.args))
        case MatrixProduct():
            return MatMul(*map(ordinary, a.args))
    raise UnsupportedExpression(f"a matrix of the kind {type(a).__name__}", "lossproof")


def _of_entries(a: MatrixTerm, body: Expr) -> MatrixExpr:
    return FunctionMatrix(*a.size, Lambda((_ROW, _COLUMN), body))


# ------------------------------------------------------------------ products


def transposed(a: MatrixTerm) -> MatrixTerm:
    """``A^T``, and ``A`` for ``A^T``."""
    return a.args[0] if isinstance(a, Transpose) else Transpose(a)


def factors(a: MatrixTerm) -> Iterator[MatrixTerm]:
    """The factors of a product, nested ones laid flat, transposes of products turned around."""
    if isinstance(a, MatrixProduct):
        for f in a.args:
            yield from factors(f)
    elif isinstance(a, Transpose) and isinstance(a.args[0], (MatrixProduct, Transpose)):
        for f in reversed(list(factors(a.args[0]))):
            yield transposed(f)
    else:
        yield a


def congruence(a: MatrixTerm) -> tuple[tuple[MatrixTerm, ...], MatrixTerm | None] | None:
    """``(B, C)`` if the matrix is written ``B^T C B``, or ``B^T B``; ``B`` is given by its factors."""
    parts = tuple(factors(a))
    half, odd = divmod(len(parts), 2)
    if half == 0 or any(p != transposed(q) for p, q in zip(parts[:half], reversed(parts[half + odd :]), strict=True)):
        return None
    return parts[half + odd :], parts[half] if odd else None


#: Integers as sizes are written exactly.
UNIT_SIZE: Size = (Integer(1), Integer(1))
