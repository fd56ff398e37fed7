"""Random hypotheses, and random well-typed expressions of what they declare; for the attacks on the kernel.

A `World` declares numbers, arrays, labels, functions and matrices in random domains.  A `Maker` builds
expressions that are meant to lie in a domain: mostly they do, now and then on purpose they do not, and
it is for the kernel to tell.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from sympy import Basic, Expr, IndexedBase, Integer, KroneckerDelta, Rational, Symbol, Tuple, besseli, pi
from sympy import cos as cosine
from sympy import digamma as digamma_function
from sympy import sign as signum
from sympy import sin as sine

from lossproof.kernel.conditions import Declared, DeclaredMatrix, Hypothesis, Labelled, Maps, Property, Range, Ranged
from lossproof.kernel.conditions import Smooth as Smoothness
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
)
from lossproof.losses import HALF
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    derivative,
    distinct,
    equation,
    exp,
    factorial,
    free,
    gamma_function,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    product,
    sub,
    symbol_of,
    total,
)
from lossproof.notation.matrices import (
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
    ScalarMultiple,
    SquaredNorm,
    Transpose,
    column,
)
from lossproof.notation.nodes import Curve, Definition, Head, Opaque, ProductOver, Sigmoid, Softplus

_BETWEEN = Domain(Fraction(-2), Fraction(3), True, True)
_ABOVE = Domain(low=Fraction(1))
DOMAINS = (REAL, POSITIVE, UNIT, CLOSED_UNIT, NONNEGATIVE, NONZERO, BINARY, COUNT, SIGNS, INTEGER, _BETWEEN, _ABOVE)

NUMBERS = tuple(map(Symbol, "pqrs"))
N, D = Symbol("n", integer=True), Symbol("d", integer=True)
ROW, COLUMN = Symbol("i", integer=True), Symbol("j", integer=True)
FREE_ROW, FREE_COLUMN = Symbol("k", integer=True), Symbol("l", integer=True)
INDICES = tuple(Symbol(name, integer=True) for name in "ijtuz")
X_, Y_, W_, TABLE, LABEL, ENTRIES, OTHERS = map(IndexedBase, ("x", "y", "w", "X", "c", "h", "b"))
CURVE, NETWORK = Head("A"), Head("f", 1)
PREDICTION = Opaque(NETWORK, W_, TABLE[ROW])
SQUARE, REGULAR = Matrix(Head("S"), ENTRIES, D, D), Matrix(Head("B"), OTHERS, D, D)
DESIGN, WEIGHTS, VALUES = Matrix(Head("M"), TABLE, N, D), column(W_, D), column(X_, N)


@dataclass(frozen=True)
class World:
    """Hypotheses in random domains, and what the parameters are."""

    hypotheses: tuple[Hypothesis, ...]
    parameters: tuple[Expr, ...]
    domains: dict[Basic, Domain]
    ranged: bool

    @staticmethod
    def random(chance: random.Random, *, ranged: bool | None = None) -> World:
        """A world; its first number is real, its second positive."""
        kinds = [REAL, POSITIVE, *chance.choices(DOMAINS, k=2)]
        if ranged is None:
            ranged = chance.random() < 0.5
        rows, columns = Range(ROW, ONE, N), Range(COLUMN, ONE, D)
        labelled = chance.random() < 0.4
        elements = chance.choice(DOMAINS)
        domains: dict[Basic, Domain] = dict(zip(NUMBERS, kinds, strict=True)) | {X_: elements}
        what = Property.POSITIVE_DEFINITE if chance.random() < 0.5 else Property.SYMMETRIC
        values = chance.choice((REAL, POSITIVE, UNIT))
        domains[NETWORK] = values
        hypotheses: list[Hypothesis] = [
            *(Declared(s, domain) for s, domain in zip(NUMBERS, kinds, strict=True)),
            Declared(N, COUNT),
            Declared(D, POSITIVE_COUNT if labelled or ranged else COUNT),
            Declared(X_[ROW], elements, (rows,)),
            Declared(Y_[ROW], BINARY, (rows,)),
            Declared(W_[COLUMN], REAL, (columns,)),
            Declared(TABLE[ROW, COLUMN], REAL, (rows, columns)),
            Declared(OTHERS[ROW, COLUMN], REAL, (Range(ROW, ONE, D), columns)),
            DeclaredMatrix(SQUARE, what),
            DeclaredMatrix(REGULAR, Property.INVERTIBLE),
            Declared(PREDICTION, values, (rows,)),
            Smoothness(PREDICTION, W_, (rows,)),
            *(Maps(CURVE, order, REAL, REAL) for order in range(4)),
        ]
        if labelled:
            hypotheses.append(Labelled(LABEL[ROW], ONE, D, (rows,)))
            domains[LABEL] = INTEGER
        if ranged:
            hypotheses += [Ranged(Range(FREE_ROW, ONE, N)), Ranged(Range(FREE_COLUMN, ONE, D))]
        parameters = (chance.choice((W_, NUMBERS[0])),)
        return World(tuple(hypotheses), parameters, domains, ranged)


@dataclass
class Maker:
    """Builds expressions of what a world declares.

    Attributes:
        world: what is declared.
        chance: the source of randomness.
        scope: the indices around the place, each with its upper bound; the lower is 1.
        avoid: symbols that must not occur.
        sloppy: how often an expression is not what it is meant to be.
        smooth: whether only differentiable functions are used, and in which variable.
    """

    world: World
    chance: random.Random
    scope: tuple[tuple[Symbol, Expr], ...] = ()
    avoid: frozenset[Symbol] = frozenset()
    sloppy: float = 0.08
    smooth: Expr | None = None
    names: int = field(default=0)

    def inside(self, index: Symbol, high: Expr) -> Maker:
        """The same maker under a binder."""
        return Maker(
            self.world, self.chance, (*self.scope, (index, high)), self.avoid, self.sloppy, self.smooth, self.names
        )

    def without(self, *variables: Basic) -> Maker:
        """The same maker, some variables not to occur."""
        avoid = self.avoid | {symbol_of(v) for v in variables}
        return Maker(self.world, self.chance, self.scope, avoid, self.sloppy, None, self.names)

    def differentiable(self, variable: Expr) -> Maker:
        """The same maker of what is differentiable in a variable."""
        return Maker(self.world, self.chance, self.scope, self.avoid, self.sloppy, variable, self.names)

    def index(self) -> Symbol:
        """An index that means nothing around the place."""
        taken = {index for index, _ in self.scope} | self.avoid
        return self.chance.choice([index for index in INDICES if index not in taken])

    def size(self) -> Expr:
        """An upper bound of a range."""
        sizes = [s for s in (N, N, D, Integer(2), Integer(3)) if not free(s) & self.avoid]
        return self.chance.choice(sizes)

    # -------------------------------------------------------------- leaves

    def position(self, high: Expr) -> Expr | None:
        """An index that lies in ``1..high``."""
        found: list[Expr] = [index for index, bound in self.scope if bound == high]
        if self.world.ranged:
            found += [k for k, bound in ((FREE_ROW, N), (FREE_COLUMN, D)) if bound == high]
        if high == D and LABEL in self.world.domains:
            found += [LABEL[index] for index, bound in self.scope if bound == N]
        found = [e for e in found if not free(e) & self.avoid]
        return self.chance.choice(found) if found else None

    def leaves(self, domain: Domain) -> list[Expr]:
        """Names and elements that lie in a domain."""
        known: list[tuple[Expr, Domain]] = [(s, self.world.domains[s]) for s in NUMBERS]
        known += [(N, COUNT), *((index, POSITIVE_COUNT) for index, _ in self.scope)]
        row, col = self.position(N), self.position(D)
        if row is not None:
            known += [(X_[row], self.world.domains[X_]), (Y_[row], BINARY)]
            known.append((Opaque(NETWORK, W_, TABLE[row]), self.world.domains[NETWORK]))
        if col is not None:
            known.append((W_[col], REAL))
        if row is not None and col is not None:
            known.append((TABLE[row, col], REAL))
        constants = (ZERO, ONE, TWO, MINUS_ONE, HALF, Integer(3), Rational(-3, 2))
        known += [(c, Domain(Fraction(c.p, c.q), Fraction(c.p, c.q), True, True)) for c in constants]
        known += [(pi, POSITIVE)]
        return [e for e, where in known if where.within(domain) and not free(e) & self.avoid]

    def leaf(self, domain: Domain) -> Expr:
        """A name, an element or a constant in a domain."""
        if self.smooth is not None and domain in (REAL, NONZERO) and self.chance.random() < 0.5:
            return self.smooth
        found = self.leaves(domain)
        return self.chance.choice(found) if found else ONE

    # -------------------------------------------------------------- numbers

    def number(self, domain: Domain = REAL, depth: int = 2) -> Expr:
        """An expression that is meant to lie in a domain."""
        c = self.chance
        if c.random() < self.sloppy:
            domain = c.choice((REAL, POSITIVE, BINARY))
            return self._undefined_perhaps(depth) if c.random() < 0.5 else self.number(domain, depth - 1)
        if depth <= 0 or c.random() < 0.15:
            return self.leaf(domain)
        table = {REAL: self._reals, POSITIVE: self._positives, UNIT: self._units, NONZERO: self._nonzeros}
        table |= {NONNEGATIVE: self._nonnegatives, COUNT: self._counts, BINARY: self._binaries}
        return c.choice(table.get(domain, self._reals)())(depth - 1)

    def _undefined_perhaps(self, depth: int) -> Expr:
        of = self.number(REAL, depth - 1)
        return self.chance.choice((log, inverse, lambda e: power(e, HALF), gamma_function, factorial))(of)

    def _reals(self) -> list[Callable[[int], Expr]]:
        n = self.number
        found: list[Callable[[int], Expr]] = [
            lambda k: add(n(REAL, k), n(REAL, k)),
            lambda k: add(n(REAL, k), n(REAL, k), n(REAL, k)),
            lambda k: mul(n(REAL, k), n(REAL, k)),
            lambda k: sub(n(REAL, k), n(REAL, k)),
            lambda k: neg(n(REAL, k)),
            lambda k: power(n(REAL, k), self.chance.choice((TWO, Integer(3), ZERO))),
            lambda k: log(n(POSITIVE, k)),
            lambda k: inverse(n(NONZERO, k)),
            lambda k: build(cosine, (n(REAL, k),)),
            lambda k: build(sine, (n(REAL, k),)),
            lambda k: build(digamma_function, (n(POSITIVE, k),)),
            lambda k: build(besseli, (Integer(self.chance.randint(0, 2)), n(REAL, 0))),
            lambda k: Curve(CURVE, self.chance.randint(0, 1), n(REAL, k)),
            lambda k: self.repeated(total, REAL, k),
            lambda k: self.repeated(product, REAL, k),
            lambda k: self.named(k),
            lambda k: n(POSITIVE, k),
            lambda k: n(UNIT, k),
        ]
        if self.smooth is None:
            found += [
                lambda k: absolute(n(REAL, k)),
                lambda k: maximum(n(REAL, k), n(REAL, k)),
                lambda k: build(signum, (n(REAL, k),)),
                self.over_chosen,
                self.slope,
                self.made_of_matrices,
            ]
        return found

    def _positives(self) -> list[Callable[[int], Expr]]:
        n = self.number
        return [
            lambda k: exp(n(REAL, k)),
            lambda k: add(n(POSITIVE, k), n(POSITIVE, k)),
            lambda k: mul(n(POSITIVE, k), n(POSITIVE, k)),
            lambda k: power(n(POSITIVE, k), n(REAL, 0)),
            lambda k: power(n(POSITIVE, k), self.chance.choice((HALF, Rational(-3, 2), Rational(1, 3)))),
            lambda k: inverse(n(POSITIVE, k)),
            lambda k: build(Softplus, (n(REAL, k),)),
            lambda k: gamma_function(n(POSITIVE, 0)),
            lambda k: factorial(n(COUNT, 0)),
            lambda k: add(ONE, power(n(REAL, k), TWO)),
            lambda k: self.repeated(product, POSITIVE, k),
            lambda k: n(UNIT, k),
        ]

    def _units(self) -> list[Callable[[int], Expr]]:
        n = self.number
        return [
            lambda k: build(Sigmoid, (n(REAL, k),)),
            lambda k: mul(n(UNIT, k), n(UNIT, k)),
            lambda k: sub(ONE, n(UNIT, k)),
            lambda k: exp(neg(n(POSITIVE, k))),
            lambda k: inverse(add(ONE, exp(neg(n(REAL, k))))),
            lambda k: power(n(UNIT, k), n(POSITIVE, 0)),
        ]

    def _nonzeros(self) -> list[Callable[[int], Expr]]:
        n = self.number
        return [
            lambda k: n(POSITIVE, k),
            lambda k: neg(n(POSITIVE, k)),
            lambda k: mul(n(NONZERO, k), n(NONZERO, k)),
            lambda k: power(n(NONZERO, k), Integer(-3)),
        ]

    def _nonnegatives(self) -> list[Callable[[int], Expr]]:
        n = self.number
        return [lambda k: n(POSITIVE, k), lambda k: power(n(REAL, k), TWO), lambda k: self.repeated(total, POSITIVE, k)]

    def _counts(self) -> list[Callable[[int], Expr]]:
        n = self.number
        return [
            lambda k: add(n(COUNT, k), n(COUNT, k)),
            lambda k: mul(n(COUNT, k), n(COUNT, k)),
            lambda k: self.repeated(total, COUNT, k),
            lambda k: n(BINARY, k),
        ]

    def _binaries(self) -> list[Callable[[int], Expr]]:
        return [lambda k: build(KroneckerDelta, (self.leaf(COUNT), self.leaf(COUNT))), lambda k: self.leaf(BINARY)]

    def repeated(self, kind: Callable[..., Expr], domain: Domain, depth: int) -> Expr:
        """A sum or product."""
        if len(self.scope) >= 3:
            return self.number(domain, depth)
        index, high = self.index(), self.size()
        return kind(self.inside(index, high).number(domain, depth), index, ONE, high)

    def over_chosen(self, depth: int) -> Expr:
        """A product over the indices that satisfy a condition."""
        if N in self.avoid or len(self.scope) >= 3:
            return self.number(REAL, depth)
        index = self.index()
        relation = self.chance.choice((equation, distinct))
        body = self.inside(index, N).number(REAL, depth)
        return ProductOver(body, Tuple(index, ONE, N), relation(Y_[index], self.chance.choice((ZERO, ONE))))

    def named(self, depth: int) -> Expr:
        """An expression under a name of its own."""
        bare = Maker(self.world, self.chance, (), self.avoid, self.sloppy, None)
        parameter = Symbol("v")
        body = bare.number(REAL, depth)
        operation = self.chance.choice((add, mul, sub))
        definition = Definition(Head(f"F{self.chance.randrange(10**6)}"), Tuple(parameter), operation(body, parameter))
        return definition(self.number(REAL, depth))

    def variable(self) -> Expr:
        """Something to differentiate in, over an open set."""
        found = [s for s in NUMBERS if self.world.domains[s].open and s not in self.avoid]
        col = self.position(D)
        if col is not None and type(col) is Symbol and W_.label not in self.avoid:
            found.append(W_[col])
        return self.chance.choice(found) if found else NUMBERS[0]

    def slope(self, depth: int) -> Expr:
        """A derivative."""
        v = self.variable()
        return derivative(self.differentiable(v).number(REAL, min(depth, 1)), v)

    # -------------------------------------------------------------- matrices

    def made_of_matrices(self, depth: int) -> Expr:
        """A number made of matrices, whatever is to be avoided."""
        position = self.position(D)
        kinds: list[Callable[[], Expr]] = [
            lambda: SquaredNorm(self.column(depth)),
            lambda: Form(MatrixProduct(Transpose(self.column(depth)), self.column(depth))),
            lambda: Determinant(self.square(depth)),
        ]
        if position is not None:
            kinds.append(lambda: Component(self.column(depth), position))
        return self.leaf(REAL) if self.avoid else self.chance.choice(kinds)()

    def column(self, depth: int = 1) -> MatrixTerm:
        """A column of ``d`` numbers."""
        c = self.chance
        if depth <= 0 or c.random() < 0.3:
            return WEIGHTS
        kinds: list[Callable[[], MatrixTerm]] = [
            lambda: MatrixSum(self.column(depth - 1), self.column(depth - 1)),
            lambda: ScalarMultiple(self.number(REAL, 1), self.column(depth - 1)),
            lambda: MatrixProduct(self.square(depth - 1), self.column(depth - 1)),
            lambda: MatrixProduct(Transpose(DESIGN), VALUES),
            lambda: MatrixProduct(Transpose(DESIGN), MatrixProduct(DESIGN, self.column(depth - 1))),
        ]
        return c.choice(kinds)()

    def square(self, depth: int = 1) -> MatrixTerm:
        """A matrix of ``d`` rows and columns."""
        c = self.chance
        if depth <= 0 or c.random() < 0.3:
            return c.choice((SQUARE, REGULAR, SQUARE, IdentityMatrix(D)))
        kinds: list[Callable[[], MatrixTerm]] = [
            lambda: MatrixSum(self.square(depth - 1), self.square(depth - 1)),
            lambda: ScalarMultiple(self.number(c.choice((REAL, POSITIVE)), 1), self.square(depth - 1)),
            lambda: MatrixProduct(self.square(depth - 1), self.square(depth - 1)),
            lambda: Transpose(self.square(depth - 1)),
            lambda: MatrixProduct(Transpose(DESIGN), DESIGN),
            lambda: Inverse(c.choice((SQUARE, REGULAR, MatrixProduct(REGULAR, REGULAR)))),
            lambda: MatrixProduct(Transpose(REGULAR), SQUARE, REGULAR),
        ]
        return c.choice(kinds)()

    def gradient(self, depth: int = 1) -> MatrixTerm:
        """The column of partial derivatives of a number made of the weights."""
        return Gradient(SquaredNorm(MatrixSum(WEIGHTS, ScalarMultiple(self.number(REAL, 0), WEIGHTS))), WEIGHTS)
