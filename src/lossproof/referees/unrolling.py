"""An inert expression at given sizes and labels, as ordinary SymPy: nothing inert, no rule of ours.

Every sum, product and matrix is written out entry by entry, every name by what it stands for, every
derivative is SymPy's own, and SymPy evaluates all of it as it always does.  What SymPy would lose on
the way (``x / x`` becomes 1) is kept beside it: a list of what must be positive or not zero for the
expression to have a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from itertools import product as every
from typing import Any, TypeAlias

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    E,
    Eq,
    Expr,
    Function,
    ImmutableDenseMatrix,
    Indexed,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Max,
    Mul,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    besseli,
    cos,
    digamma,
    erf,
    exp,
    factorial,
    gamma,
    log,
    pi,
    sign,
    sin,
    trigamma,
)

from lossproof.errors import LossproofError, Undefined
from lossproof.kernel.conditions import Assumed
from lossproof.kernel.domains import CLOSED_UNIT, NONNEGATIVE, REAL, Domain
from lossproof.kernel.relations import Argument
from lossproof.notation.inert import free, limits_of
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
    NamedMatrix,
    OpaqueColumn,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
)
from lossproof.notation.nodes import (
    Chance,
    Curve,
    Density,
    Named,
    Opaque,
    Probability,
    ProductOver,
    Sigmoid,
    Softplus,
    Survival,
    Where,
)
from lossproof.notation.plain import written
from lossproof.notation.shapes import bearable
from lossproof.referees.intervals import bounds, is_negative, is_positive

#: Terms of a sum or product, bits of a number, parts of expressions at one case, rows of a matrix to be inverted.
LONGEST, LARGEST_NUMBER, MOST_PARTS, MOST_ROWS = 64, 10_000, 100_000, 3
#: Divisors nested more deeply are not asked whether they are zero; SymPy's answer takes exponentially long.
DEEPEST_DIVISOR = 24


class CannotTell(LossproofError):
    """The referee has no way to write something out, or it would be too large."""


class Unknown(Function):
    """A function of which only the range is declared; its derivatives are unknown functions too."""


class Kind(Enum):
    """What may be needed of a number."""

    POSITIVE = "positive"
    NONNEGATIVE = "not negative"
    NONZERO = "not zero"
    SIMPLY_POSITIVE = "positive; where it is not, it depends, for a power on the exponent"


@dataclass(frozen=True)
class Need:
    """What must hold of another expression for one to have a value; if it is raised to a power, to which."""

    expression: Expr
    kind: Kind
    exponent: Expr | None = None


Needs: TypeAlias = frozenset[Need]
Found: TypeAlias = tuple[Any, Needs]
NOTHING: Needs = frozenset()
_NO_VALUES = (S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity)


@dataclass
class Case:
    """Sizes, labels and names for everything else.

    Attributes:
        sizes: integers by the names of scalars: sizes, free indices, labels.
        scalars: the other scalars, by name: a symbol, or a number.
        arrays: the elements of arrays by their indices from 1.
        domains: of opaque functions, by name; of plain symbols and functions, by themselves.
        assumptions: equations for probabilities.
        binary: random variables that are 0 or 1.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    scalars: dict[str, Expr] = field(default_factory=dict)
    arrays: dict[str, dict[tuple[int, ...], Expr]] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    domains: dict[Any, Domain] = field(default_factory=dict)
    assumptions: tuple[Assumed, ...] = ()
    binary: frozenset[str] = frozenset()

    def symbol(self, name: str, domain: Domain) -> Symbol:
        """An ordinary symbol for a number in a domain."""
        made = Symbol(name, **_assumptions(domain))
        self.domains[made] = domain
        return made

    def function(self, name: str, domain: Domain, arguments: list[Expr]) -> Expr:
        """An unknown function of some numbers, with values in a domain."""
        if not arguments:
            return self.symbol(name, domain)
        made = Function(name, **_assumptions(domain))(*arguments)
        self.domains[made] = domain
        return made

    def put_in(self, old: Symbol, new: Expr) -> None:
        """Write a number by others, as an equation of the hypotheses allows."""
        for elements in self.arrays.values():
            elements.update({k: v.xreplace({old: new}) for k, v in elements.items()})
        self.scalars.update({k: v.xreplace({old: new}) for k, v in self.scalars.items()})

    def __str__(self) -> str:
        sizes = [f"{k} = {v}" for k, v in self.sizes.items()]
        cells = [
            f"{name}_{','.join(map(str, at))} = {v}"
            for name, elements in self.arrays.items()
            for at, v in elements.items()
            if v.is_Number
        ]
        return ", ".join(sizes + cells)


def _assumptions(domain: Domain) -> dict[str, bool]:
    found = {"real": True}
    if domain.within(NONNEGATIVE):
        found["positive" if domain.nonzero else "nonnegative"] = True
    elif domain.nonzero:
        found["zero"] = False
    return found


class Unrolled:
    """The ordinary form of expressions at one case; parts that occur again are written out once."""

    def __init__(self, case: Case, argument: Symbol | None = None) -> None:
        self.case, self.argument = case, argument
        self._known: dict[tuple[Basic, tuple[tuple[str, int], ...]], Found] = {}

    @cached_property
    def _given(self) -> dict[tuple[object, ...], tuple[Expr, dict[str, int]]]:
        """What is assumed of probabilities: for what is asked, an expression and the indices in it."""
        return {
            self.asked(assumed.left, at): (assumed.right, at)
            for assumed in self.case.assumptions
            if isinstance(assumed.left, Chance)
            for at in self.places(assumed.ranges)
        }

    def places(self, ranges: tuple[Any, ...]) -> Iterator[dict[str, int]]:
        """Every choice of indices in some ranges."""
        spans = [range(self.integer(r.low, {}), self.integer(r.high, {}) + 1) for r in ranges]
        for chosen in every(*spans):
            yield {r.index.name: k for r, k in zip(ranges, chosen, strict=True)}

    def value(self, e: Basic, at: Mapping[str, int] | None = None) -> Found:
        """The ordinary form, a number or a matrix, and what it needs in order to have a value.

        Raises:
            CannotTell: if there is none, or it would be too large.
            Undefined: if it has no value.
        """
        at = at or {}
        used = tuple((name, at[name]) for name in _names(e) if name in at)
        key = (e, used)
        found = self._known.get(key)
        if found is None:
            handler = _HANDLERS.get(type(e))
            if handler is None and not isinstance(e, Rational):
                raise CannotTell(f"no ordinary form is known for {type(e).__name__}")
            found = (e, NOTHING) if handler is None else handler(self, e, dict(used))
            if found[0] in _NO_VALUES:
                raise Undefined(f"{written(e)} has no value")
            if len(self._known) == MOST_PARTS:
                raise CannotTell("too large: an expression of very many parts")
            self._known[key] = found
        return found

    def number(self, e: Basic, at: Mapping[str, int]) -> Expr:
        """The ordinary form of an expression that is defined for certain, such as a bound."""
        found, needs = self.value(e, at)
        if needs:
            raise CannotTell(f"it is not known that {written(e)} has a value")
        return found

    def integer(self, e: Basic, at: Mapping[str, int]) -> int:
        """An index, a bound or a size."""
        found = self.number(e, at)
        if not isinstance(found, Integer):
            raise CannotTell(f"{written(e)} is not a known integer")
        return int(found)

    def all(self, parts: Any, at: Mapping[str, int]) -> tuple[list[Any], Needs]:
        """Several at once."""
        found = [self.value(p, at) for p in parts]
        return [f for f, _ in found], frozenset().union(*(n for _, n in found))

    # -------------------------------------------------------------- numbers

    def symbol(self, e: Symbol, at: dict[str, int]) -> Found:
        if e.name in at:
            return Integer(at[e.name]), NOTHING
        if e.name in self.case.sizes:
            return Integer(self.case.sizes[e.name]), NOTHING
        if e.name not in self.case.scalars:
            raise CannotTell(f"nothing is declared of {written(e)}")
        return self.case.scalars[e.name], NOTHING

    def carried(self, e: Argument, at: dict[str, int]) -> Found:
        if self.argument is None:
            raise CannotTell("the argument of a map stands outside of it")
        return self.argument, NOTHING

    def element(self, e: Indexed, at: dict[str, int]) -> Found:
        name, where = str(e.base), tuple(self.integer(i, at) for i in e.indices)
        if name not in self.case.arrays:
            raise CannotTell(f"nothing is declared of {written(e)}")
        if where not in self.case.arrays[name]:
            raise Undefined(f"{name} has no element {where}")
        return self.case.arrays[name][where], NOTHING

    def sum_of(self, e: Add, at: dict[str, int]) -> Found:
        parts, needs = self.all(e.args, at)
        return Add(*parts), needs

    def product_of(self, e: Mul, at: dict[str, int]) -> Found:
        parts, needs = self.all(e.args, at)
        return Mul(*parts), needs

    def power(self, e: Pow, at: dict[str, int]) -> Found:
        (base, exponent), needs = self.all(e.args, at)
        _bearable(base, exponent)
        if exponent.is_Integer:
            return Pow(base, exponent), needs if exponent >= 0 else needs | self.nonzero(base)
        if not exponent.is_Rational:
            return Pow(base, exponent), needs | self.positive(base, Kind.SIMPLY_POSITIVE, exponent)
        return Pow(base, exponent), needs | self.positive(base, Kind.NONNEGATIVE if exponent > 0 else Kind.POSITIVE)

    def logarithm(self, e: Expr, at: dict[str, int]) -> Found:
        a, needs = self.value(e.args[0], at)
        return log(a), needs | self.positive(a)

    def function(self, e: Expr, at: dict[str, int]) -> Found:
        parts, needs = self.all(e.args, at)
        if isinstance(e, exp):
            _bearable(E, parts[0])
        if isinstance(e, (gamma, factorial, digamma, trigamma)):
            shifted = parts[0] + 1 if isinstance(e, factorial) else parts[0]
            if shifted.is_number and not shifted < LONGEST:
                raise CannotTell(f"too large: {written(e)} at {parts[0]}")
            needs |= self.positive(shifted, Kind.SIMPLY_POSITIVE)
        return e.func(*parts), needs

    def maximum(self, e: Max, at: dict[str, int]) -> Found:
        parts, needs = self.all(e.args, at)
        largest = parts[0]
        for p in parts[1:]:
            largest = (largest + p + Abs(largest - p)) / 2
        return largest, needs

    def where(self, e: Where, at: dict[str, int]) -> Found:
        """The branch that is chosen for certain; the other need not have a value."""
        gap, needs = self.value(e.args[0], at)
        interval = bounds(gap, self.case.domains)
        if interval[0] >= 0 or is_negative(interval):
            found, more = self.value(e.args[1 if interval[0] >= 0 else 2], at)
            return found, needs | more
        raise CannotTell(f"whether {written(e.args[0])} is negative depends")

    def sigmoid(self, e: Sigmoid, at: dict[str, int]) -> Found:
        z, needs = self.value(e.args[0], at)
        return 1 / (1 + exp(-z)), needs

    def softplus(self, e: Softplus, at: dict[str, int]) -> Found:
        z, needs = self.value(e.args[0], at)
        return log(1 + exp(z)), needs

    def delta(self, e: KroneckerDelta, at: dict[str, int]) -> Found:
        left, right = (self.integer(a, at) for a in e.args)
        return Integer(left == right), NOTHING

    def repeated(self, e: Sum | Product | ProductOver, at: dict[str, int]) -> Found:
        limits = limits_of(e)
        if limits is None:
            raise CannotTell(f"{written(e)} has no plain bounds")
        low, high = (self.integer(bound, at) for bound in limits[1:])
        if high - low >= LONGEST:
            raise CannotTell(f"too large: a sum or product of {high - low + 1} terms")
        places = [{**at, limits[0].name: k} for k in range(low, high + 1)]
        if isinstance(e, ProductOver):
            places = [place for place in places if self.holds(e.args[2], place)]
        found = [self.value(e.args[0], place) for place in places]
        whole = Add if isinstance(e, Sum) else Mul
        return whole(*(f for f, _ in found)), frozenset().union(*(n for _, n in found))

    def holds(self, condition: Basic, at: Mapping[str, int]) -> bool:
        left, right = (self.number(a, at) for a in condition.args)
        if not (left.is_Number and right.is_Number):
            raise CannotTell(f"whether {left} is {right} depends")
        return bool((left == right) == isinstance(condition, Eq))

    def slope(self, e: Derivative, at: dict[str, int]) -> Found:
        body, needs = self.value(e.args[0], at)
        variable = self.number(e.args[1][0], at)
        return _slope(body, variable), needs | self.kinks(body, variable)

    def kinks(self, body: Expr, variable: Expr) -> Needs:
        """A function with a kink has no derivative where the kink is, nor has a root where its values end."""
        bends = [a.args[0] for a in body.atoms(Abs, sign) if variable in a.free_symbols]
        roots = (p.base for p in body.atoms(Pow) if p.exp.is_Rational and not p.exp.is_Integer)
        bends += [a for a in roots if self.crosses_zero(a, variable)]
        return frozenset().union(*map(self.nonzero, bends))

    def crosses_zero(self, a: Expr, variable: Expr) -> bool:
        """Whether it is certainly of both signs around where it is 0: a straight line that is not level."""
        if variable not in a.free_symbols or not variable.is_Symbol:
            return False
        incline = a.diff(variable)
        interval = bounds(incline, self.case.domains)
        return variable not in incline.free_symbols and (is_positive(interval) or is_negative(interval))

    # -------------------------------------------------------------- what must hold

    def positive(self, a: Expr, kind: Kind = Kind.POSITIVE, exponent: Expr | None = None) -> Needs:
        """That it is positive, or at least not negative, unless it is for certain.

        Raises:
            Undefined: if it is not for certain.
            CannotTell: if that decides nothing.
        """
        interval = bounds(a, self.case.domains)
        if is_positive(interval) or (kind is Kind.NONNEGATIVE and interval[0] >= 0):
            return NOTHING
        if interval[1] < 0 or (interval[1] == 0 and kind is not Kind.NONNEGATIVE):
            if kind is Kind.SIMPLY_POSITIVE:
                raise CannotTell(f"a power or a gamma function of {a}, which is not positive")
            raise Undefined(f"{a} is not positive")
        return frozenset((Need(a, kind, exponent),))

    def nonzero(self, a: Expr) -> Needs:
        """That it is not zero, unless it is not for certain.

        Raises:
            Undefined: if it is zero.
        """
        if not bearable(a, deepest=DEEPEST_DIVISOR):
            raise CannotTell("too large: a divisor nested too deeply")
        if a.is_zero:
            raise Undefined("a division by 0")
        interval = bounds(a, self.case.domains)
        if is_positive(interval) or is_negative(interval) or a.is_zero is False:
            return NOTHING
        return frozenset((Need(a, Kind.NONZERO),))

    # -------------------------------------------------------------- what is not looked into

    def named(self, e: Named | NamedMatrix, at: dict[str, int]) -> Found:
        return self.value(e.body, at)

    def opaque(self, e: Opaque, at: dict[str, int]) -> Found:
        label, numbers, needs = self.arguments(e.arguments, at)
        domain = self.case.domains.get(e.head.name, REAL)
        return self.case.function(f"{e.head.name}[{label}]", domain, numbers), needs

    def arguments(self, arguments: tuple[Basic, ...], at: Mapping[str, int]) -> tuple[str, list[Expr], Needs]:
        """What an unknown function is given: in its name what is fixed, and the numbers that are not."""
        label, numbers, needs = [], [], NOTHING
        for a in arguments:
            elements = self.row(a, at)
            if elements is None and isinstance(a, (Indexed, IndexedBase)):
                label.append(self.spelt(a, at))  # rows that nothing else looks at
                continue
            if elements is None:
                one, more = self.value(a, at)
                elements, needs = [one], needs | more
            label.append(",".join(str(v) if v.is_Number else "." for v in elements))
            numbers += [v for v in elements if not v.is_Number]
        return "; ".join(label), numbers, needs

    def row(self, a: Basic, at: Mapping[str, int]) -> list[Expr] | None:
        """The elements of an array, or of a row of one; None for what is no such thing."""
        if not isinstance(a, (Indexed, IndexedBase)):
            return None
        base, indices = (a, ()) if isinstance(a, IndexedBase) else (a.base, a.indices)
        if str(base) not in self.case.arrays:
            return None
        first = tuple(self.integer(i, at) for i in indices)
        return [v for k, v in sorted(self.case.arrays[str(base)].items()) if k[: len(first)] == first]

    def spelt(self, a: Basic, at: Mapping[str, int]) -> str:
        """An array, a row or an element of it by its name."""
        if not isinstance(a, Indexed):
            return str(a)
        return f"{a.base}_{','.join(str(self.integer(i, at)) for i in a.indices)}"

    def curve(self, e: Curve, at: dict[str, int]) -> Found:
        t, needs = self.value(e.args[2], at)
        return curve(e.head.name, e.order)(t), needs

    def asked(self, e: Chance, at: Mapping[str, int]) -> tuple[object, ...]:
        """What is asked of which distribution: equal if it is the same number at this case."""
        variables = [self.spelt(e.args[k], at) for k in (0, 2)]
        values: list[object] = []
        for k in (1, 3):
            a = e.args[k]
            is_row = isinstance(a, IndexedBase) or (
                isinstance(a, Indexed) and len(self.case.shapes.get(str(a.base), (0,) * 9)) != len(a.indices)
            )
            values.append(self.spelt(a, at) if is_row else self.number(a, at))
        return (type(e), *variables, *values)

    def chance(self, e: Chance, at: dict[str, int]) -> Found:
        asked = self.asked(e, at)
        if asked in self._given:
            right, there = self._given[asked]
            return self.value(right, there)
        if isinstance(e, Probability) and str(getattr(e.args[0], "base", e.args[0])) in self.case.binary:
            label = asked[3]
            if label == 0:
                p, needs = self.chance(Probability(e.args[0], S.One, *e.args[2:]), at)
                return 1 - p, needs
            if isinstance(label, Rational) and label != 1:
                return S.Zero, NOTHING
        parameters = [v for p in e.args[4] for v in (self.row(p, at) or [self.number(p, at)])]
        domain = NONNEGATIVE if isinstance(e, Density) else CLOSED_UNIT
        return self.case.function(f"{type(e).__name__}{asked[1:]}", domain, parameters), NOTHING

    # -------------------------------------------------------------- matrices

    def table(self, e: Any, at: Mapping[str, int], entry: Callable[[int, int], Expr]) -> Found:
        rows, columns = (self.integer(s, at) for s in e.size)
        if rows * columns > LONGEST:
            raise CannotTell(f"too large: a matrix of {rows} x {columns}")
        return _matrix(rows, columns, [entry(i, j) for i in range(1, rows + 1) for j in range(1, columns + 1)]), NOTHING

    def letter(self, e: Matrix | Column, at: dict[str, int]) -> Found:
        return self.table(e, at, lambda i, j: self.number(e.entry(Integer(i), Integer(j)), at))

    def opaque_column(self, e: OpaqueColumn, at: dict[str, int]) -> Found:
        label, numbers, needs = self.arguments(e.arguments, at)
        name = e.head.name
        found, _ = self.table(e, at, lambda i, _: self.case.function(f"{name}[{label}]_{i}", REAL, numbers))
        return found, needs

    def identity(self, e: IdentityMatrix, at: dict[str, int]) -> Found:
        return self.table(e, at, lambda i, j: Integer(i == j))

    def matrix_sum(self, e: MatrixSum, at: dict[str, int]) -> Found:
        parts, needs = self.all(e.args, at)
        return _folded(parts, lambda a, b: a + b), needs

    def matrix_product(self, e: MatrixProduct, at: dict[str, int]) -> Found:
        parts, needs = self.all(e.args, at)
        return _folded(parts, lambda a, b: a * b), needs

    def scalar_multiple(self, e: ScalarMultiple, at: dict[str, int]) -> Found:
        (c, a), needs = self.all(e.args, at)
        return a * c, needs

    def transpose(self, e: Transpose, at: dict[str, int]) -> Found:
        a, needs = self.value(e.args[0], at)
        return a.T, needs

    def inverse(self, e: Inverse, at: dict[str, int]) -> Found:
        a, needs = self.value(e.args[0], at)
        rows = a.shape[0]
        if rows > MOST_ROWS:
            raise CannotTell(f"too large: the inverse of a matrix of {rows} x {rows}")
        if not rows:
            return a, needs
        size = a.det(method="berkowitz")
        return a.adjugate(method="berkowitz") / size, needs | self.nonzero(size)

    def determinant(self, e: Determinant, at: dict[str, int]) -> Found:
        a, needs = self.value(e.args[0], at)
        if a.shape[0] > MOST_ROWS:
            raise CannotTell(f"too large: the determinant of a matrix of {a.shape[0]} x {a.shape[0]}")
        return (a.det(method="berkowitz") if a.shape[0] else S.One), needs

    def component(self, e: Component, at: dict[str, int]) -> Found:
        a, needs = self.value(e.args[0], at)
        position = self.integer(e.args[1], at)
        if not 1 <= position <= a.shape[0]:
            raise Undefined(f"a column of {a.shape[0]} entries has no entry {position}")
        return a[position - 1, 0], needs

    def form(self, e: Form, at: dict[str, int]) -> Found:
        a, needs = self.value(e.args[0], at)
        return a[0, 0], needs

    def squared_norm(self, e: SquaredNorm, at: dict[str, int]) -> Found:
        a, needs = self.value(e.args[0], at)
        return Add(*(v**2 for v in a)), needs

    def gradient(self, e: Gradient, at: dict[str, int]) -> Found:
        body, needs = self.value(e.args[0], at)
        variables, _ = self.value(e.args[1], at)
        kinks = frozenset().union(*(self.kinks(body, v) for v in variables))
        return _matrix(variables.shape[0], 1, [_slope(body, v) for v in variables]), needs | kinks


@lru_cache(maxsize=1 << 14)
def _names(e: Basic) -> tuple[str, ...]:
    """The names that occur free, in a fixed order."""
    return tuple(sorted({s.name for s in free(e)}))


def _matrix(rows: int, columns: int, entries: list[Expr]) -> ImmutableDenseMatrix:
    return ImmutableDenseMatrix(rows, columns, entries)


def _folded(parts: list[Any], operation: Callable[[Any, Any], Any]) -> Any:
    whole = parts[0]
    for p in parts[1:]:
        whole = operation(whole, p)
    return whole


def _slope(body: Expr, variable: Expr) -> Expr:
    if not isinstance(variable, Symbol):
        raise CannotTell(f"a derivative in {variable}")
    return body.diff(variable)


def _bearable(base: Expr, exponent: Expr) -> None:
    """Refuse numbers with very many digits before SymPy computes them."""
    if exponent.is_Number and abs(exponent) > LONGEST and base.is_number:
        raise CannotTell("too large: a number to a large power")
    if base.is_Rational and max(abs(base.p), base.q).bit_length() > LARGEST_NUMBER:
        raise CannotTell("too large: a number of very many digits")


_CURVES: dict[tuple[str, int], type[Function]] = {}


def curve(name: str, order: int) -> type[Function]:
    """A derivative of an unknown function of one number, as a function class of SymPy."""
    if (name, order) not in _CURVES:

        def fdiff(self: Any, argindex: int = 1) -> Expr:
            return curve(name, order + 1)(self.args[0])

        body = {"fdiff": fdiff, "nargs": 1, "is_real": True, "of": (name, order)}
        _CURVES[name, order] = type(f"{name}{chr(39) * order}", (Unknown,), body)
    return _CURVES[name, order]


_HANDLERS: dict[type[Basic], Callable[[Unrolled, Any, dict[str, int]], Found]] = {
    Symbol: Unrolled.symbol,
    Argument: Unrolled.carried,
    Indexed: Unrolled.element,
    Add: Unrolled.sum_of,
    Mul: Unrolled.product_of,
    Pow: Unrolled.power,
    log: Unrolled.logarithm,
    type(pi): lambda self, e, at: (e, NOTHING),
    type(E): lambda self, e, at: (e, NOTHING),
    **dict.fromkeys((exp, Abs, sign, cos, sin, erf, gamma, digamma, trigamma, factorial, besseli), Unrolled.function),
    Max: Unrolled.maximum,
    Where: Unrolled.where,
    Sigmoid: Unrolled.sigmoid,
    Softplus: Unrolled.softplus,
    KroneckerDelta: Unrolled.delta,
    **dict.fromkeys((Sum, Product, ProductOver), Unrolled.repeated),
    Derivative: Unrolled.slope,
    **dict.fromkeys((Named, NamedMatrix), Unrolled.named),
    Opaque: Unrolled.opaque,
    Curve: Unrolled.curve,
    **dict.fromkeys((Probability, Density, Survival), Unrolled.chance),
    **dict.fromkeys((Matrix, Column), Unrolled.letter),
    OpaqueColumn: Unrolled.opaque_column,
    IdentityMatrix: Unrolled.identity,
    MatrixSum: Unrolled.matrix_sum,
    MatrixProduct: Unrolled.matrix_product,
    ScalarMultiple: Unrolled.scalar_multiple,
    Transpose: Unrolled.transpose,
    Inverse: Unrolled.inverse,
    Determinant: Unrolled.determinant,
    Component: Unrolled.component,
    Form: Unrolled.form,
    SquaredNorm: Unrolled.squared_norm,
    Gradient: Unrolled.gradient,
}
