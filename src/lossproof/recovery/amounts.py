"""The value of a loss at a point: a fraction where it is one, else a ball that certainly contains it.

An `Amount` is such a number times a product of powers of positive constants, ``3/2 w delta``, so that a
loss with constants has a value for all their values at once, as far as they only scale it.

What this module knows: what each node means at a point, when an expression certainly has a value there,
and whether it is continuous there in the predictions.  What is not certain is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from sympy import (
    Abs,
    Add,
    Basic,
    E,
    Expr,
    Indexed,
    IndexedBase,
    KroneckerDelta,
    Max,
    Mul,
    Pow,
    Rational,
    Sum,
    Symbol,
    pi,
)
from sympy import exp as exponential
from sympy import log as logarithm

from lossproof.errors import NoFiniteValue, Undefined, UnsupportedExpression
from lossproof.notation.inert import free, limits_of
from lossproof.notation.nodes import Named, Sigmoid, Softplus, Where
from lossproof.notation.plain import written
from lossproof.numeric import balls
from lossproof.numeric.balls import Ball, ball

#: A fraction, or a ball.
Number: TypeAlias = Any
#: Powers of constants, by name.
Unit: TypeAlias = tuple[tuple[str, int], ...]

#: The most terms of a sum, parts of an expression, and the largest whole exponent.
MOST_TERMS, MOST_PARTS, MOST_POWER = 64, 20_000, 64
#: The bits of a fraction beyond which it becomes a ball.
MOST_BITS = 256


@dataclass(frozen=True)
class Amount:
    """A number times powers of positive constants; zero has no constants."""

    number: Number
    unit: Unit = ()

    def __post_init__(self) -> None:
        if isinstance(self.number, Fraction):
            if self.number == 0:
                object.__setattr__(self, "unit", ())
            elif max(self.number.numerator.bit_length(), self.number.denominator.bit_length()) > MOST_BITS:
                object.__setattr__(self, "number", ball(self.number))
        elif not self.number.is_finite():
            raise NoFiniteValue("no value is certain here")

    @property
    def exact(self) -> Fraction | None:
        """The number, if it is a fraction."""
        return self.number if isinstance(self.number, Fraction) else None

    @property
    def ball(self) -> Ball:
        """The number as a ball."""
        return ball(self.number)


#: What a symbol stands for: a number, or the entries of a vector.
Entry: TypeAlias = Amount | tuple[Amount, ...]

ZERO, ONE = Amount(Fraction(0)), Amount(Fraction(1))


def _unlike(what: str) -> UnsupportedExpression:
    return UnsupportedExpression(what, "the exact value of a loss (constants may only scale it)")


def plus(a: Amount, b: Amount) -> Amount:
    """The sum of two amounts of the same constants."""
    if a.exact == 0 or b.exact == 0:
        return b if a.exact == 0 else a
    if a.unit != b.unit:
        raise _unlike("a sum of different constants")
    if a.exact is not None and b.exact is not None:
        return Amount(a.exact + b.exact, a.unit)
    return Amount(a.ball + b.ball, a.unit)


def times(a: Amount, b: Amount) -> Amount:
    """The product of two amounts."""
    if a.exact == 0 or b.exact == 0:
        return ZERO
    powers = dict(a.unit)
    for name, k in b.unit:
        powers[name] = powers.get(name, 0) + k
    unit = tuple(sorted((name, k) for name, k in powers.items() if k))
    if a.exact is not None and b.exact is not None:
        return Amount(a.exact * b.exact, unit)
    return Amount(a.ball * b.ball, unit)


def reciprocal(a: Amount) -> Amount:
    """One over an amount.

    Raises:
        NoFiniteValue: if it may be zero.
    """
    number = 1 / a.exact if a.exact else balls.reciprocal(a.ball)
    return Amount(number, tuple((name, -k) for name, k in a.unit))


def sign(a: Amount) -> int:
    """-1, 0 or 1.

    Raises:
        NoFiniteValue: if that is not certain.
    """
    if a.exact is not None:
        return (a.exact > 0) - (a.exact < 0)
    if a.ball > 0 or a.ball < 0:
        return 1 if a.ball > 0 else -1
    raise NoFiniteValue("a sign is not certain here")


def maximum(a: Amount, b: Amount) -> Amount:
    """The larger of two amounts of the same constants, or of one and zero."""
    unit = a.unit or b.unit
    if (a.unit != unit and a.exact != 0) or (b.unit != unit and b.exact != 0):
        raise _unlike("a maximum of different constants")
    number = max(a.exact, b.exact) if a.exact is not None and b.exact is not None else a.ball.max(b.ball)
    return Amount(number, unit)


class Reader:
    """The values of expressions at one point.

    Args:
        values: what the symbols stand for.
        constants: positive constants that stand for themselves.
        moving: the predictions; `continuous` says whether what was read is continuous in them here.
    """

    def __init__(
        self, values: Mapping[Symbol, Entry], constants: frozenset[Symbol], moving: frozenset[Symbol] = frozenset()
    ) -> None:
        self.values, self.constants, self.moving = dict(values), constants, moving
        self.continuous = True
        self._left = MOST_PARTS

    def value(self, e: Basic) -> Amount:
        """The value of an expression.

        Raises:
            NoFiniteValue: if it has none, or none that is certain.
            UnsupportedExpression: for a node that has no meaning here.
        """
        self._left -= 1
        if self._left < 0:
            raise UnsupportedExpression("an expression that is too large", "the exact value of a loss")
        if isinstance(e, Rational):
            return Amount(Fraction(int(e.p), int(e.q)))
        if isinstance(e, Symbol):
            return self._symbol(e)
        if e in (E, pi):
            return Amount(balls.Balls().constant(e)[()])
        handler = _HANDLERS.get(type(e))
        if handler is None:
            raise UnsupportedExpression(f"{written(e)} ({type(e).__name__})", "the exact value of a loss")
        return handler(self, e)

    def _symbol(self, e: Symbol) -> Amount:
        found = self.values.get(e)
        if isinstance(found, Amount):
            return found
        if found is None and e in self.constants:
            return Amount(Fraction(1), ((e.name, 1),))
        raise UnsupportedExpression(written(e), "the exact value of a loss (it has no value here)")

    def _moves(self, e: Basic) -> bool:
        return bool(free(e) & self.moving)

    def _integer(self, e: Basic) -> int:
        value = self.value(e)
        if value.exact is None or value.exact.denominator != 1 or value.unit:
            raise UnsupportedExpression(written(e), "the exact value of a loss (an index or bound is an integer)")
        return int(value.exact)

    def element(self, e: Indexed) -> Amount:
        """``f[k]``: a position that depends on a prediction would make it jump."""
        array = self.values.get(e.base.label)
        if not isinstance(array, tuple) or len(e.indices) != 1:
            raise UnsupportedExpression(written(e), "the exact value of a loss (it has no value here)")
        (index,) = e.indices
        self.continuous &= not self._moves(index)
        position = self._integer(index)
        if not 1 <= position <= len(array):
            raise Undefined(f"{written(e)} leaves the vector of {len(array)} entries")
        return array[position - 1]

    def sum_of(self, e: Add) -> Amount:
        total = ZERO
        for a in e.args:
            total = plus(total, self.value(a))
        return total

    def product_of(self, e: Mul) -> Amount:
        total = ONE
        for a in e.args:
            total = times(total, self.value(a))
        return total

    def power(self, e: Pow) -> Amount:
        base, exponent = self.value(e.args[0]), self.value(e.args[1])
        if exponent.unit:
            raise _unlike("a constant in an exponent")
        k = exponent.exact
        if k is not None and k.denominator == 1 and abs(k) <= MOST_POWER:
            self.continuous &= not self._moves(e.args[1])
            if k < 0:
                base, k = reciprocal(base), -k
            out = ONE
            for _ in range(int(k)):
                out = times(out, base)
            return out
        if base.unit:
            raise _unlike("a root of a constant")
        if sign(base) <= 0:
            self.continuous &= not self._moves(e)
        return Amount(balls.power(base.ball, exponent.ball))

    def largest(self, e: Max) -> Amount:
        first, *rest = map(self.value, e.args)
        for a in rest:
            first = maximum(first, a)
        return first

    def absolute(self, e: Abs) -> Amount:
        a = self.value(e.args[0])
        return Amount(abs(a.number), a.unit)

    def exponential(self, e: Expr) -> Amount:
        a = self._bare(e)
        return ONE if a.exact == 0 else Amount(balls.exp(a.ball))

    def logarithm(self, e: Expr) -> Amount:
        a = self._bare(e)
        return ZERO if a.exact == 1 else Amount(balls.log(a.ball))

    def sigmoid(self, e: Sigmoid) -> Amount:
        a = self._bare(e)
        return Amount(Fraction(1, 2)) if a.exact == 0 else Amount(balls.sigmoid(a.ball))

    def softplus(self, e: Softplus) -> Amount:
        return Amount(balls.softplus(self._bare(e).ball))

    def _bare(self, e: Expr) -> Amount:
        """The argument of a function, which no constant may scale."""
        a = self.value(e.args[0])
        if a.unit:
            raise _unlike(f"a constant inside {written(e)}")
        return a

    def delta(self, e: KroneckerDelta) -> Amount:
        self.continuous &= not self._moves(e)
        left, right = map(self._integer, e.args)
        return ONE if left == right else ZERO

    def repeated(self, e: Sum) -> Amount:
        limits = limits_of(e)
        if limits is None:
            raise UnsupportedExpression(written(e), "the exact value of a loss")
        index, low, high = limits
        self.continuous &= not (self._moves(low) or self._moves(high))
        first, last = self._integer(low), self._integer(high)
        if last - first >= MOST_TERMS:
            raise UnsupportedExpression(f"{last - first + 1} terms", "the exact value of a loss")
        outer, moving, total = dict(self.values), self.moving, ZERO
        self.moving = moving - {index}
        for k in range(first, last + 1):
            self.values[index] = Amount(Fraction(k))
            total = plus(total, self.value(e.args[0]))
        self.values, self.moving = outer, moving
        return total

    def chosen(self, e: Where) -> Amount:
        """``Where(gap, yes, no)``: only the chosen branch is looked at; it may jump where the gap is 0."""
        gap, yes, no = e.args
        side = sign(self.value(gap))
        if side == 0:
            self.continuous &= not self._moves(gap)
        return self.value(yes if side >= 0 else no)


_HANDLERS: dict[type[Basic], Callable[[Reader, Any], Amount]] = {
    Indexed: Reader.element,
    Add: Reader.sum_of,
    Mul: Reader.product_of,
    Pow: Reader.power,
    Max: Reader.largest,
    Abs: Reader.absolute,
    exponential: Reader.exponential,
    logarithm: Reader.logarithm,
    Sigmoid: Reader.sigmoid,
    Softplus: Reader.softplus,
    KroneckerDelta: Reader.delta,
    Sum: Reader.repeated,
    Where: Reader.chosen,
    Named: lambda self, e: self.value(e.body),
}


def label_of(name: Symbol | IndexedBase) -> Symbol:
    """The symbol that a number or a vector goes by."""
    return name.label if isinstance(name, IndexedBase) else name
