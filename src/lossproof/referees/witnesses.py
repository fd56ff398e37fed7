"""Numbers that satisfy the hypotheses at a case, and what ordinary expressions are there.

They are needed where exact arithmetic finds two sides different, or finds that they need different
things in order to have a value.  Unknown functions are given a definition, so that equal arguments
give equal values; everything is rational as far as it can be, and evaluated by SymPy otherwise.
"""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sympy import Basic, Expr, ImmutableDenseMatrix, N, Pow, Rational, S, Symbol, exp
from sympy.core.function import AppliedUndef

from lossproof.errors import Undefined
from lossproof.kernel.conditions import Declared, DeclaredMatrix, Hypothesis, Maps, Property
from lossproof.kernel.domains import POSITIVE, REAL, Domain
from lossproof.notation.matrices import Matrix
from lossproof.referees.cases import lies
from lossproof.referees.unrolling import CannotTell, Case, Kind, Need, Needs, Unknown, Unrolled

POINTS, ATTEMPTS, DIGITS, HIGHEST_TOWER = 8, 60, 60, 3
NEGLIGIBLE = Rational(1, 10**25)


@dataclass(frozen=True)
class Point:
    """A number for every symbol of a case."""

    values: dict[Symbol, Rational]
    found: dict[Expr, Expr | None] = field(default_factory=dict, compare=False)  # values of expressions there

    def where(self, *expressions: Basic) -> str:
        """The numbers that these expressions contain, as the end of a message."""
        used = frozenset().union(*(e.free_symbols for e in expressions))
        shown = ", ".join(f"{s} = {v}" for s, v in self.values.items() if s in used)
        return f", where {shown}" if shown else ""


class Witnesses:
    """The points of a case; the first few have zeros and ones wherever they may."""

    def __init__(self, case: Case, hypotheses: tuple[Hypothesis, ...], seed: int) -> None:
        self.case, self.hypotheses, self.seed = case, hypotheses, seed
        self._points: list[Point] | None = None

    @property
    def points(self) -> list[Point]:
        """At most so many, drawn when they are first asked for."""
        if self._points is None:
            self._points = list(self._drawn())
        return self._points

    # -------------------------------------------------------------- drawing

    def _drawn(self) -> Iterator[Point]:
        chance = random.Random(f"finite/{self.case}/{self.seed}")
        symbols = [s for s in self.case.domains if isinstance(s, Symbol)]
        found: list[Point] = []
        for attempt in range(ATTEMPTS):
            corner = (S.Zero, S.One, S.NegativeOne)[attempt] if attempt < 3 else None
            values = {s: _number(self.case.domains[s], chance, corner) for s in symbols}
            self._give(values, chance)
            point = Point(values)
            if point not in found and self._holds(point):
                found.append(point)
                yield point
            if len(found) == POINTS:
                return

    def _give(self, values: dict[Symbol, Rational], chance: random.Random) -> None:
        """Values of the entries of positive definite matrices, ``B^T B + 1``, and of semidefinite ones, ``B^T B``."""
        for h in self.hypotheses:
            if (
                isinstance(h, DeclaredMatrix)
                and h.property in (Property.POSITIVE_DEFINITE, Property.POSITIVE_SEMIDEFINITE)
                and isinstance(h.term, Matrix)
            ):
                matrix, _ = Unrolled(self.case).value(h.term)
                more = 1 if h.property is Property.POSITIVE_DEFINITE else 0
                of = matrix.rows if more else chance.randint(0, matrix.rows)  # the rank, or more
                rows = [[Rational(chance.randint(-3, 3), 2) for _ in range(matrix.rows)] for _ in range(of)]
                for i in range(matrix.rows):
                    for j in range(matrix.rows):
                        inner = sum((row[i] * row[j] for row in rows), S.Zero)
                        values[matrix[i, j]] = inner + (more if i == j else 0)

    def _holds(self, point: Point) -> bool:
        """Whether every hypothesis holds there for certain."""
        here = Unrolled(self.case)
        for h in self.hypotheses:
            if isinstance(h, DeclaredMatrix) and not self._has(point, h, here):
                return False
            if not isinstance(h, Declared):
                continue
            try:
                found = [here.value(h.term, at) for at in here.places(h.ranges)]
            except (CannotTell, Undefined):
                continue  # a random variable; what is undefined here would not have become a case
            for e, needs in found:
                value = self.at(point, e)
                if value is None or self.defined(point, needs) is not True or not _inside(value, h.domain):
                    return False
        return True

    def _has(self, point: Point, h: DeclaredMatrix, here: Unrolled) -> bool:
        """Whether a matrix has its property there; symmetric and semidefinite ones were made so."""
        ranks = (Property.NONZERO, Property.INVERTIBLE, Property.FULL_COLUMN_RANK, Property.FULL_ROW_RANK)
        if h.property not in ranks:
            return True
        for at in here.places(h.ranges):
            matrix = here.value(h.term, at)[0]
            whole = matrix.rows if h.property is Property.FULL_ROW_RANK else matrix.cols
            if self._rank(point, matrix) < (1 if h.property is Property.NONZERO else whole):
                return False
        return True

    def _rank(self, point: Point, matrix: Any) -> int:
        """The rank of a matrix of rational numbers; 0 if an entry is not known exactly."""
        values = [self.at(point, e) for e in matrix]
        if not all(isinstance(v, Rational) for v in values):
            return 0
        return int(ImmutableDenseMatrix(matrix.rows, matrix.cols, values).rank()) if values else 0

    # -------------------------------------------------------------- values

    def at(self, point: Point, e: Expr) -> Expr | None:
        """The value of an expression, exactly if it is rational; None if it has none that SymPy finds."""
        if e not in point.found:
            definite = self._definite(e)
            if definite.is_rational_function():
                value = definite.xreplace(point.values)  # exactly, but for pi
                value = value if isinstance(value, Rational) else value.evalf(DIGITS)
            elif _tower(definite) > HIGHEST_TOWER:
                value = S.NaN
            else:
                value = definite.evalf(DIGITS, subs=point.values)
            point.found[e] = value if value.is_Number and value.is_finite else None
        return point.found[e]

    def defined(self, point: Point, needs: Needs) -> bool | None:
        """Whether all that is needed holds there; None if that is not certain."""
        unclear = False
        for need in needs:
            held = self._met(point, need)
            if held is False:
                return False
            unclear = unclear or held is None
        return None if unclear else True

    def _met(self, point: Point, need: Need) -> bool | None:
        value = self.at(point, need.expression)
        zero = isinstance(value, Rational) and value == 0
        if value is None or (abs(value) <= NEGLIGIBLE and not zero):
            return None
        if value > 0 or (not zero and need.kind is Kind.NONZERO):
            return True
        if need.kind is Kind.SIMPLY_POSITIVE:
            exponent = None if need.exponent is None else self.at(point, need.exponent)
            if not isinstance(exponent, Rational):
                return None
            return bool(exponent >= 0 if zero else exponent.is_Integer)  # the power 0 of 0 is 1
        return zero and need.kind is Kind.NONNEGATIVE

    def _definite(self, e: Expr) -> Expr:
        """The expression with a definition for every unknown function."""
        unknown = e.atoms(AppliedUndef, Unknown)
        if not unknown:
            return e
        changed = e
        for u in sorted(unknown, key=lambda u: (-u.count_ops(), str(u))):
            if isinstance(u, AppliedUndef):
                changed = _replaced(changed, u.func, self.case.domains.get(u, REAL))
        for u in sorted(changed.atoms(Unknown), key=lambda u: u.count_ops()):
            changed = changed.replace(u.func, self._curve(u))
        return changed.doit()

    def _curve(self, u: Any) -> Any:
        """The exponential for every function of one number, if it maps as declared."""
        name, order = u.of
        for h in self.hypotheses:
            if isinstance(h, Maps) and h.head.name == name and not POSITIVE.within(h.target):
                raise CannotTell(f"no function is at hand for which {h}")
        del order
        return lambda t: exp(t)


def _tower(e: Expr) -> int:
    """How deep exponents stand in exponents: numbers grow that fast."""
    inner = max(map(_tower, e.args), default=0)
    raises = isinstance(e, exp) or (isinstance(e, Pow) and not e.exp.is_Number)
    return inner + 1 if raises else inner


def _replaced(e: Expr, function: Any, domain: Domain) -> Expr:
    """The expression with a rational function with values in a domain put for an unknown one."""

    def definition(*arguments: Expr) -> Expr:
        return _mixed(function.__name__, domain, arguments)

    return e.replace(function, definition)


def _mixed(name: str, domain: Domain, arguments: tuple[Expr, ...]) -> Expr:
    mixed: Expr = Rational(zlib.crc32(name.encode()) % 89, 89)
    for k, a in enumerate(arguments, start=2):
        mixed = mixed + a / k * (1 + mixed / 3)
    ratio = mixed / (1 + mixed**2) * Rational(49, 50)  # in [-0.49, 0.49]
    low, high = domain.low, domain.high
    if low != -math.inf and high != math.inf:
        return _exact(low) + (_exact(high) - _exact(low)) * (Rational(1, 2) + ratio)
    if low == -math.inf and high == math.inf:
        return 8 * ratio
    away = (Rational(1, 2) + ratio) / (Rational(1, 2) - ratio)
    return _exact(low) + away if high == math.inf else _exact(high) - away


def _exact(end: Fraction | float) -> Rational:
    return Rational(Fraction(end).numerator, Fraction(end).denominator)


def _number(domain: Domain, chance: random.Random, corner: Rational | None) -> Rational:
    """A simple number of a domain: the given one if it lies there."""
    if corner is not None and lies(Fraction(int(corner)), domain):
        return corner
    low, high = domain.low, domain.high
    if low != -math.inf and high != math.inf:
        return _exact(low) + (_exact(high) - _exact(low)) * Rational(chance.randint(1, 12), 13)
    away = Rational(chance.randint(1, 30), chance.choice((2, 3, 5, 7)))
    if low == -math.inf and high == math.inf:
        return away if chance.random() < 0.5 else -away
    return _exact(low) + away if high == math.inf else _exact(high) - away


def _inside(value: Expr, domain: Domain) -> bool:
    """Whether a number lies in a domain, and not too close to its edge to be sure."""
    if isinstance(value, Rational):
        return lies(Fraction(int(value.p), int(value.q)), domain)
    v = Fraction(str(N(value, 40)))
    edges = [e for e in (domain.low, domain.high) if isinstance(e, Fraction)]
    if domain.nonzero:
        edges.append(Fraction(0))
    at_edge = [e for e in edges if abs(v - e) < Fraction(1, 10**20)]
    if at_edge:
        return lies(at_edge[0], domain)
    return not domain.integer and domain.low < v < domain.high
