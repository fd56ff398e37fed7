"""Claims written as on paper: ``log(a + b)`` for the inert expression, ``real(a, x[i])`` for the declarations.

Nothing is evaluated: every operator builds the node of `lossproof.notation` that it looks like.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from sympy import (
    Add,
    Basic,
    E,
    Expr,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Mul,
    Rational,
    Symbol,
    Tuple,
    besseli,
    digamma,
    pi,
)
from sympy import cos as sympy_cos
from sympy import sign as sympy_sign
from sympy import sin as sympy_sin
from sympy import trigamma as sympy_trigamma

from lossproof.kernel.conditions import (
    Assumed,
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Property,
    Range,
    Ranged,
    Smooth,
)
from lossproof.kernel.domains import (
    BINARY,
    CLOSED_UNIT,
    COUNT,
    INTEGER,
    NONNEGATIVE,
    NONZERO,
    POSITIVE,
    POSITIVE_COUNT,
    REAL,
    SIGNS,
    UNIT,
    Domain,
    point,
)
from lossproof.models import symbols as letters
from lossproof.notation import inert
from lossproof.notation import matrices as m
from lossproof.notation.inert import ONE, ZERO, equation
from lossproof.notation.nodes import (
    Definition,
    Density,
    Head,
    Opaque,
    Probability,
    ProductOver,
    Sigmoid,
    Softplus,
    Where,
)
from lossproof.notation.nodes import Survival as SurvivalNode


class Term:
    """A number, with the operators of a formula."""

    def __init__(self, e: Basic) -> None:
        self.e = e

    def __add__(self, other: Number) -> Term:
        return Term(inert.add(*self._parts(Add), node(other)))

    def __radd__(self, other: Number) -> Term:
        return Term(inert.add(node(other), node(self)))

    def __sub__(self, other: Number) -> Term:
        return Term(inert.add(*self._parts(Add), inert.neg(node(other))))

    def __rsub__(self, other: Number) -> Term:
        return Term(inert.sub(node(other), node(self)))

    def __mul__(self, other: Number) -> Term:
        if isinstance(other, Table):
            return NotImplemented
        return Term(inert.mul(*self._parts(Mul), node(other)))

    def __rmul__(self, other: Number) -> Term:
        return Term(inert.mul(node(other), node(self)))

    def __truediv__(self, other: Number) -> Term:
        return Term(inert.mul(*self._parts(Mul), inert.inverse(node(other))))

    def __rtruediv__(self, other: Number) -> Term:
        below = inert.inverse(node(self))
        return Term(below if node(other) == ONE else inert.mul(node(other), below))

    def __pow__(self, other: Number) -> Term:
        return Term(inert.power(node(self), node(other)))

    def __rpow__(self, other: Number) -> Term:
        return Term(inert.power(node(other), node(self)))

    def __neg__(self) -> Term:
        return Term(inert.neg(node(self)))

    def __call__(self, *arguments: Number) -> Term:
        """The opaque function of this name."""
        assert isinstance(self.e, Symbol)
        return Term(Opaque(Head(self.e.name), *map(node, arguments)))

    def _parts(self, kind: type[Basic]) -> tuple[Expr, ...]:
        """A sum goes on as a sum, a product as a product."""
        return self.e.args if type(self.e) is kind else (self.e,)


class Array:
    """A name whose elements are numbers."""

    def __init__(self, base: IndexedBase) -> None:
        self.base = base

    def __getitem__(self, index: Number | tuple[Number, ...]) -> Term:
        indices = index if isinstance(index, tuple) else (index,)
        return Term(self.base[tuple(map(node, indices))])


class Table:
    """A matrix."""

    def __init__(self, e: m.MatrixTerm) -> None:
        self.e = e

    def __matmul__(self, other: Table) -> Table:
        mine = self.e.args if type(self.e) is m.MatrixProduct else (self.e,)
        return Table(m.MatrixProduct(*mine, other.e))

    def __add__(self, other: Table) -> Table:
        return Table(m.MatrixSum(self.e, other.e))

    def __sub__(self, other: Table) -> Table:
        return Table(m.minus(self.e, other.e))

    def __rmul__(self, other: Number) -> Table:
        return Table(m.ScalarMultiple(node(other), self.e))

    @property
    def T(self) -> Table:
        """Transposed."""
        return Table(m.Transpose(self.e))

    @property
    def inv(self) -> Table:
        """Inverted."""
        return Table(m.Inverse(self.e))


Number = Term | Array | Table | int | Fraction | Basic


def node(a: Number) -> Any:
    """The node that is written."""
    if isinstance(a, (Term, Table)):
        return a.e
    if isinstance(a, Array):
        return a.base
    if isinstance(a, Fraction):
        return Rational(a.numerator, a.denominator)
    return Integer(a) if isinstance(a, int) else a


# ------------------------------------------------------------------ functions


def _of_one(build: Any) -> Any:
    return lambda a: Term(build(node(a)))


log, exp, absolute = (_of_one(f) for f in (inert.log, inert.exp, inert.absolute))
factorial, gamma = _of_one(inert.factorial), _of_one(inert.gamma_function)
sigma, softplus = _of_one(Sigmoid), _of_one(Softplus)
cos, sin, sign, psi, trigamma = (
    _of_one(lambda e, kind=kind: inert.build(kind, (e,)))
    for kind in (sympy_cos, sympy_sin, sympy_sign, digamma, sympy_trigamma)
)
minus, erf = _of_one(inert.neg), _of_one(inert.error_function)
sqrt = _of_one(lambda e: inert.power(e, Rational(1, 2)))
form, det, norm2 = _of_one(m.Form), _of_one(m.Determinant), _of_one(m.SquaredNorm)
half, pi_, e_ = Term(Rational(1, 2)), Term(pi), Term(E)


def maximum(a: Number, b: Number) -> Term:
    return Term(inert.maximum(node(a), node(b)))


def cases(gap: Number, yes: Number, no: Number) -> Term:
    """``yes`` where ``0 <= gap``, else ``no``."""
    return Term(Where(node(gap), node(yes), node(no)))


def bessel(order: int, a: Number) -> Term:
    return Term(inert.build(besseli, (Integer(order), node(a))))


def delta(a: Number, b: Number) -> Term:
    return Term(inert.build(KroneckerDelta, (node(a), node(b))))


def total(body: Number, index: Number, low: Number, high: Number) -> Term:
    return Term(inert.total(*map(node, (body, index, low, high))))


def product(body: Number, index: Number, low: Number, high: Number) -> Term:
    return Term(inert.product(*map(node, (body, index, low, high))))


def over_i(body: Number) -> Term:
    """The sum over ``i = 1..n``."""
    return total(body, i, 1, n)


def over_j(body: Number) -> Term:
    """The sum over ``j = 1..d``."""
    return total(body, j, 1, d)


def over_k(body: Number) -> Term:
    """The sum over ``k = 1..K``."""
    return total(body, k, 1, K)


def times_i(body: Number) -> Term:
    """The product over ``i = 1..n``."""
    return product(body, i, 1, n)


def times_k(body: Number) -> Term:
    """The product over ``k = 1..K``."""
    return product(body, k, 1, K)


def where_i(body: Number, left: Number, right: Number, *, differ: bool = False) -> Term:
    """The product over those ``i`` in ``1..n`` for which two numbers are equal, or differ."""
    chosen = (inert.distinct if differ else equation)(node(left), node(right))
    return Term(ProductOver(node(body), Tuple(node(i), ONE, node(n)), chosen))


def D(body: Number, variable: Number) -> Term:
    """The derivative."""
    return Term(inert.derivative(node(body), node(variable)))


def named(head: str, parameters: tuple[Number, ...], body: Number, *arguments: Number) -> Term:
    """``head(arguments)`` where ``head(parameters) := body``."""
    definition = Definition(Head(head), Tuple(*map(node, parameters)), node(body))
    return Term(definition(*map(node, arguments)))


def P(variable: Number, value: Number, given: Number, at: Number, *parameters: Number) -> Term:
    return Term(Probability(*map(node, (variable, value, given, at)), Tuple(*map(node, parameters))))


def density(variable: Number, value: Number, given: Number, at: Number, *parameters: Number) -> Term:
    return Term(Density(*map(node, (variable, value, given, at)), Tuple(*map(node, parameters))))


def survival(variable: Number, value: Number, given: Number, at: Number, *parameters: Number) -> Term:
    return Term(SurvivalNode(*map(node, (variable, value, given, at)), Tuple(*map(node, parameters))))


# ------------------------------------------------------------------ matrices


def matrix(name: str, entries: str, rows: Number, columns: Number) -> Table:
    return Table(m.Matrix(Head(name), IndexedBase(entries), node(rows), node(columns)))


def column(array: Array, size: Number) -> Table:
    return Table(m.column(array.base, node(size)))


def identity(size: Number) -> Table:
    return Table(m.IdentityMatrix(node(size)))


def gradient(body: Number, variables: Table) -> Table:
    return Table(m.Gradient(node(body), variables.e))


def component(a: Table, at: Number) -> Term:
    return Term(m.Component(a.e, node(at)))


# ------------------------------------------------------------------ letters

i, j, k, n, d, K = map(Term, (letters.i, letters.j, letters.k, letters.n, letters.d, letters.K))
l, t = (Term(Symbol(s, integer=True)) for s in "lt")  # noqa: E741
a, b, c, p, q, s, u, v, z = map(Term, map(Symbol, "abcpqsuvz"))
f, h, lam, mu, tau, alpha = map(Term, map(Symbol, ["f", "h", "lambda", "mu", "tau", "alpha"]))
x, y, w, X, Y, theta = map(Array, (letters.x, letters.y, letters.w, letters.X, letters.Y, letters.theta))
g, pr, B = map(Array, map(IndexedBase, ["g", "pr", "B"]))

SIZES = {letters.i: letters.n, letters.j: letters.d, letters.k: letters.K, l.e: letters.n}

# ------------------------------------------------------------------ hypotheses


def ranges(term: Expr) -> tuple[Range, ...]:
    """The ranges of the indices of a term: ``i`` and ``l`` to ``n``, ``j`` to ``d``, ``k`` to ``K``."""
    indices = [s for s in SIZES if s in inert.free(term)]
    return tuple(Range(index, ONE, SIZES[index]) for index in indices)


def declared(domain: Domain, *terms: Number) -> tuple[Hypothesis, ...]:
    """Where some numbers lie, for every index."""
    return tuple(Declared(node(t), domain, ranges(node(t))) for t in terms)


def _in(domain: Domain) -> Any:
    return lambda *terms: declared(domain, *terms)


real, positive, nonnegative, nonzero = map(_in, (REAL, POSITIVE, NONNEGATIVE, NONZERO))
in_unit, in_closed_unit, binary, signs = map(_in, (UNIT, CLOSED_UNIT, BINARY, SIGNS))
count, positive_count, integer = map(_in, (COUNT, POSITIVE_COUNT, INTEGER))
negative = _in(Domain(high=Fraction(0)))
nonpositive = _in(Domain(high=Fraction(0), high_closed=True))


def free_index(index: Number) -> tuple[Hypothesis, ...]:
    """A free index stands for any number of its range."""
    return (Ranged(Range(node(index), ONE, SIZES[node(index)])),)


def matrix_is(a: Table, of: Property) -> tuple[Hypothesis, ...]:
    return (DeclaredMatrix(a.e, of),)


def entries(a: Table) -> tuple[Hypothesis, ...]:
    """The entries of a matrix, or of a column, are real."""
    rows, columns = a.e.size
    if isinstance(a.e, m.Column):
        return (Declared(a.e.entry(letters.i), REAL, (Range(letters.i, ONE, rows),)),)
    over = Range(letters.i, ONE, rows), Range(letters.j, ONE, columns)
    return (Declared(a.e.entry(letters.i, letters.j), REAL, over),)


def sizes(*whole: Basic) -> Iterator[Declared]:
    """What ``n``, ``d`` and ``K`` are, where they occur."""
    used = frozenset().union(*map(inert.free, whole))
    for size, domain in ((letters.n, COUNT), (letters.d, COUNT), (letters.K, POSITIVE_COUNT)):
        if size in used:
            yield Declared(size, domain)


__all__ = [
    "Array",
    "Assumed",
    "B",
    "CLOSED_UNIT",
    "D",
    "Declared",
    "Fraction",
    "IndexedBase",
    "K",
    "NONNEGATIVE",
    "ONE",
    "P",
    "POSITIVE",
    "POSITIVE_COUNT",
    "ProductOver",
    "Property",
    "REAL",
    "SIGNS",
    "Smooth",
    "Term",
    "Tuple",
    "X",
    "Y",
    "ZERO",
    "a",
    "absolute",
    "alpha",
    "b",
    "bessel",
    "binary",
    "c",
    "cases",
    "column",
    "component",
    "cos",
    "count",
    "d",
    "delta",
    "density",
    "det",
    "e_",
    "erf",
    "entries",
    "exp",
    "f",
    "factorial",
    "form",
    "free_index",
    "g",
    "gamma",
    "gradient",
    "h",
    "half",
    "i",
    "identity",
    "in_closed_unit",
    "in_unit",
    "inert",
    "integer",
    "j",
    "k",
    "l",
    "lam",
    "log",
    "matrix",
    "matrix_is",
    "maximum",
    "minus",
    "mu",
    "n",
    "named",
    "negative",
    "node",
    "nonnegative",
    "nonpositive",
    "nonzero",
    "norm2",
    "over_i",
    "over_j",
    "over_k",
    "p",
    "pi_",
    "point",
    "positive",
    "positive_count",
    "pr",
    "product",
    "psi",
    "q",
    "ranges",
    "real",
    "s",
    "sigma",
    "sign",
    "signs",
    "sin",
    "softplus",
    "sqrt",
    "survival",
    "t",
    "tau",
    "theta",
    "times_i",
    "times_k",
    "total",
    "trigamma",
    "u",
    "v",
    "w",
    "where_i",
    "x",
    "y",
    "z",
]
