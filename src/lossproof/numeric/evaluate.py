"""The value of an inert expression at given numbers, without simplifying it.

One interpreter serves several kinds of number: NumPy's doubles, for data; mpmath's numbers of any
precision, for checks with tight tolerances; rational numbers, where nothing may be rounded; and the
balls of `lossproof.numeric.balls`, which enclose the value.  A bound index becomes an axis of an
array, so a sum over a thousand observations is one array operation.

Arrays are given as usual, counted from 0; indices in expressions count from 1, as in the theorems.
"""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    E,
    Eq,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
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

from lossproof.errors import DataError, NoFiniteValue, Undefined, UnsupportedExpression
from lossproof.kernel.conditions import Assumed
from lossproof.kernel.facts import match
from lossproof.notation.inert import ONE, derivative, free, limits_of, sub, substitute, symbol_of
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
    Series,
    Sigmoid,
    Softplus,
    Survival,
    Where,
)
from lossproof.notation.plain import written
from lossproof.notation.shapes import check_bulk

Array = npt.NDArray[Any]

#: How many terms a sum or product that is evaluated may have, together with those around it; a matrix, entries.
MOST_TERMS = 1 << 22
#: How many parts of an expression are visited for one value, names written out.
MOST_VISITS = 200_000
#: How many derivatives may stand inside each other; each doubles the work.
DEEPEST_SLOPE = 6
#: The precision of integrals and series among doubles; how many points are tried for kinks, and terms for a series.
DIGITS_OF_AN_INTEGRAL, POINTS_FOR_KINKS, MOST_TERMS_OF_A_SERIES = 25, 64, 1 << 14
#: From where on an integrand that cannot be computed with counts as nothing, among numbers without rigorous bounds.
FAR_OUT = 1e3
#: How far from an integer a computed position may lie, and the size from which doubles skip integers.
_NEARLY, _LARGEST_INTEGER = 1e-9, 2.0**53


class Numbers(ABC):
    """The operations that the interpreter needs of a kind of number, elementwise on arrays."""

    @abstractmethod
    def rational(self, top: int, bottom: int) -> Array: ...
    @abstractmethod
    def constant(self, e: Expr) -> Array: ...
    @abstractmethod
    def array(self, values: object) -> Array: ...
    @abstractmethod
    def log(self, a: Array) -> Array: ...
    @abstractmethod
    def exp(self, a: Array) -> Array: ...
    @abstractmethod
    def power(self, a: Array, b: Array) -> Array: ...
    @abstractmethod
    def inverse(self, a: Array) -> Array:
        """The inverse of one square matrix."""

    @abstractmethod
    def determinant(self, a: Array) -> Any:
        """The determinant of one square matrix."""

    @abstractmethod
    def special(self, name: str, *arguments: Array) -> Array:
        """A function of mpmath by its name."""

    @abstractmethod
    def step(self) -> Any:
        """A step for central differences that suits the precision."""

    #: How many terms may be computed with at once.
    most_terms = 1 << 20
    #: Whether slopes are taken by carrying them along (`varied`, `slope_of`), not by differences.
    carries_slopes = False

    def varied(self, value: Any, level: int) -> Any:
        """A number that carries its slope in the variable of a derivative, which is 1."""
        raise UnsupportedExpression("a slope that is carried along", type(self).__name__)

    def slope_of(self, a: Array, level: int) -> Array:
        """The slopes that numbers carry."""
        raise UnsupportedExpression("a slope that is carried along", type(self).__name__)

    def working(self) -> AbstractContextManager[object]:
        """What must be set while such numbers are computed with."""
        return nullcontext()

    def reciprocal(self, a: Array) -> Array:
        """``1 / a``."""
        return np.asarray(self.rational(1, 1) / a)

    def absolute(self, a: Array) -> Array:
        """The size of a number."""
        return np.asarray(np.abs(a))

    def maximum(self, a: Array, b: Array) -> Array:
        """The larger of two numbers."""
        return np.asarray(np.maximum(a, b))

    def equal(self, a: Array, b: Array) -> npt.NDArray[np.bool_]:
        """Whether numbers are the same."""
        return np.asarray(a == b, dtype=bool)

    def not_negative(self, a: Array) -> npt.NDArray[np.bool_]:
        """Whether numbers are at least 0."""
        return np.asarray(a >= self.rational(0, 1), dtype=bool)

    def integral(self, e: Integral, instance: Instance) -> Any:
        """An integral at numbers for everything else."""
        raise UnsupportedExpression("an integral", type(self).__name__)

    def series(self, e: Series, instance: Instance) -> Any:
        """The sum of a series at numbers for everything else."""
        raise UnsupportedExpression("a series", type(self).__name__)

    def integers(self, a: Array) -> npt.NDArray[np.int64]:
        """Numbers that stand for positions, sizes or bounds.

        Raises:
            DataError: if they are no integers, or so large that doubles skip some.
        """
        values = np.asarray(a, dtype=float)
        if not np.all(np.abs(values) < _LARGEST_INTEGER):
            raise DataError("a position, a size or a bound is too large")
        if np.any(np.abs(values - values.round()) > _NEARLY):
            raise DataError("a position, a size or a bound is not an integer")
        return values.round().astype(np.int64)

    def sigmoid(self, z: Array) -> Array:
        """``1 / (1 + exp(-z))``."""
        one = self.rational(1, 1)
        return one / (one + self.exp(-z))

    def softplus(self, z: Array) -> Array:
        """``log(1 + exp(z))``."""
        return self.log(self.rational(1, 1) + self.exp(z))


class Doubles(Numbers):
    """IEEE doubles; overflow and ``log 0`` give infinities, silently."""

    most_terms = MOST_TERMS

    def rational(self, top: int, bottom: int) -> Array:
        return np.asarray(top / bottom)

    def constant(self, e: Expr) -> Array:
        return np.asarray(float(e))

    def array(self, values: object) -> Array:
        return np.asarray(values, dtype=float)

    def log(self, a: Array) -> Array:
        return np.log(a)

    def exp(self, a: Array) -> Array:
        return np.exp(a)

    def power(self, a: Array, b: Array) -> Array:
        return np.power(a, b)

    def inverse(self, a: Array) -> Array:
        try:
            return np.asarray(np.linalg.inv(a))
        except np.linalg.LinAlgError as error:
            raise DataError(f"a matrix to be inverted is not invertible: {error}") from error

    def determinant(self, a: Array) -> Any:
        return np.linalg.det(a)

    def special(self, name: str, *arguments: Array) -> Array:
        return np.asarray(_one_by_one(_in_doubles(getattr(mpmath.fp, name)), *arguments), dtype=float)

    def step(self) -> Any:
        return 2.0**-17

    def integral(self, e: Integral, instance: Instance) -> Any:
        return float(Precise(DIGITS_OF_AN_INTEGRAL).integral(e, instance))

    def series(self, e: Series, instance: Instance) -> Any:
        return float(Precise(DIGITS_OF_AN_INTEGRAL).series(e, instance))


def _one_by_one(function: Callable[..., Any], *arguments: Array) -> Any:
    """A function that is costly, elementwise; for equal arguments it is called once."""
    return np.frompyfunc(lru_cache(maxsize=1 << 12)(function), len(arguments), 1)(*arguments)


def _in_doubles(function: Callable[..., Any]) -> Callable[..., float]:
    """The function with infinity for an overflow, and NaN where it has no real value."""

    def real(*arguments: float) -> float:
        try:
            value = function(*arguments)
        except OverflowError:
            return np.inf
        except (ValueError, ZeroDivisionError, mpmath.libmp.NoConvergence):
            return np.nan
        return np.nan if isinstance(value, complex) else float(value)

    return real


class Precise(Numbers):
    """Numbers with a given count of decimal digits, in object arrays.

    The context belongs to the object, so nothing else that uses mpmath is disturbed.  A function that
    has no real value at a number raises `NoFiniteValue`.
    """

    #: The size, as an exponent of 2, beyond which a number is not made the exponent of another.
    LARGEST_EXPONENT = 10_000

    def __init__(self, digits: int = 50) -> None:
        self.context = mpmath.mp.clone()
        self.context.dps = digits
        self._log = np.frompyfunc(self._real(self.context.log), 1, 1)
        self._exp = np.frompyfunc(self._real(self._real_exp), 1, 1)
        self._power = np.frompyfunc(self._real(self._real_power), 2, 1)
        self._number = np.frompyfunc(self._mpf, 1, 1)

    def _real(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function of real numbers with real values."""

        def real(*arguments: Any) -> Any:
            try:
                value = function(*arguments)
            except (ValueError, ArithmeticError, mpmath.libmp.NoConvergence) as error:
                raise NoFiniteValue(f"no finite value here: {error}") from error
            if isinstance(value, self.context.mpc):
                raise NoFiniteValue("no finite value here: not a real number")
            return value

        return real

    def _bearable(self, exponent: Any) -> Any:
        if self.context.isfinite(exponent) and exponent and self.context.mag(exponent) > self.LARGEST_EXPONENT:
            raise NoFiniteValue("no finite value here: a number is too large to compute with")
        return exponent

    def _real_exp(self, a: Any) -> Any:
        return self.context.exp(self._bearable(a))

    def _real_power(self, a: Any, b: Any) -> Any:
        if b == 0:
            return self.context.one
        return self.context.zero if a == 0 and b > 0 else self.context.power(a, self._bearable(b))

    def rational(self, top: int, bottom: int) -> Array:
        return self._boxed(self.context.mpf(top) / bottom)

    def constant(self, e: Expr) -> Array:
        return self._boxed(+self.context.pi if e is pi else +self.context.e)

    def _boxed(self, value: Any) -> Array:
        out = np.empty((), dtype=object)
        out[()] = value
        return out

    def _mpf(self, value: Any) -> Any:
        if isinstance(value, Fraction):
            return self.context.mpf(value.numerator) / value.denominator
        return self.context.mpf(value)

    def array(self, values: object) -> Array:
        raw = np.asarray(values)
        with np.errstate(invalid="ignore"):  # what is not a number is refused where it is used
            return np.asarray(self._number(raw), dtype=object).reshape(raw.shape)

    def log(self, a: Array) -> Array:
        return np.asarray(self._log(a), dtype=object)

    def exp(self, a: Array) -> Array:
        return np.asarray(self._exp(a), dtype=object)

    def power(self, a: Array, b: Array) -> Array:
        return np.asarray(self._power(a, b), dtype=object)

    def inverse(self, a: Array) -> Array:
        if not a.size:
            return a
        try:
            return np.array(self.context.inverse(self.context.matrix(a.tolist())).tolist(), dtype=object)
        except ZeroDivisionError as error:
            raise DataError("a matrix to be inverted is not invertible") from error

    def determinant(self, a: Array) -> Any:
        return self.context.det(self.context.matrix(a.tolist())) if a.size else self.context.one

    def special(self, name: str, *arguments: Array) -> Array:
        function = getattr(self.context, name)

        def bearable(*numbers: Any) -> Any:
            return function(*map(self._bearable, numbers))

        return np.asarray(_one_by_one(self._real(bearable), *arguments), dtype=object)

    def step(self) -> Any:
        return self.context.mpf(10) ** (-self.context.dps // 3)

    def integral(self, e: Integral, instance: Instance) -> Any:
        """By mpmath (tanh-sinh), between the kinks that are found; no rigorous bound, unlike that of balls."""
        body, (variable, low, high) = e.args
        ends = [self._end(end, instance) for end in (low, high)]
        if ends[0] >= ends[1]:
            return self.context.zero

        def at(part: Expr) -> Callable[[Any], Any]:
            def value(v: Any) -> Any:
                try:
                    return _scalar(part, instance, variable, v, self)
                except NoFiniteValue:
                    if abs(v) < FAR_OUT:
                        raise
                    return self.context.zero  # exp(-exp(v)) is too small to compute with, not undefined

            return value

        kinks = {kink for g in _gaps(body, variable) for kink in self._roots(at(g), *ends)}
        points = [ends[0], *sorted(k for k in kinks if ends[0] < k < ends[1]), ends[1]]
        value, error = self.context.quad(self._real(at(body)), points, error=True)
        if not self.context.isfinite(value) or error > abs(value) * 1e-8 + 1e-10:
            raise NoFiniteValue("no finite value is found for an integral")
        return value

    def _end(self, e: Expr, instance: Instance) -> Any:
        if e in (S.Infinity, S.NegativeInfinity):
            return self.context.inf if e is S.Infinity else self.context.ninf
        return Evaluator(instance, self).value(e)

    def _roots(self, function: Callable[[Any], Any], low: Any, high: Any) -> list[Any]:
        """Where the function is seen to change its sign."""
        ctx, found = self.context, []
        grid = [low + (high - low) * k / POINTS_FOR_KINKS for k in range(POINTS_FOR_KINKS + 1)]
        if not (ctx.isfinite(low) and ctx.isfinite(high)):
            turns = [ctx.tan(ctx.pi * k / (2 * POINTS_FOR_KINKS)) for k in range(1, POINTS_FOR_KINKS)]
            above = [low + t for t in turns] if ctx.isfinite(low) else [high - t for t in reversed(turns)]
            grid = above if ctx.isfinite(low) or ctx.isfinite(high) else [-t for t in reversed(turns)] + turns
        for a, b in pairwise(grid[1:-1]):
            if (function(a) >= 0) == (function(b) >= 0):
                continue
            for _ in range(ctx.prec + 16):
                middle = (a + b) / 2
                a, b = (middle, b) if (function(a) >= 0) == (function(middle) >= 0) else (a, middle)
            found.append((a + b) / 2)
        return found

    def series(self, e: Series, instance: Instance) -> Any:
        """Added up until the terms are negligible; no rigorous bound, unlike that of balls."""
        body, (index, low, _) = e.args
        first, total = self.context.ceil(self._end(low, instance)), self.context.zero
        for k in range(int(first), int(first) + MOST_TERMS_OF_A_SERIES, 64):
            at = replace(instance, indices={**instance.indices, index.name: np.arange(k, k + 64)})
            terms = np.broadcast_to(np.asarray(Evaluator(at, self).value(body), dtype=object), (64,))
            total += sum(terms, self.context.zero)
            sizes = [abs(t) for t in terms]
            if max(sizes[-8:]) <= self.context.eps * abs(total) and sizes[-1] <= sizes[-8]:
                return total
        raise NoFiniteValue("the terms of a series do not become small soon")


def _scalar(e: Expr, instance: Instance, variable: Symbol, value: Any, numbers: Numbers) -> Any:
    """The value of an expression where its variable has a value."""
    indices = {name: v for name, v in instance.indices.items() if name != variable.name}
    here = replace(instance, values={**instance.values, variable.name: value}, indices=indices)
    return Evaluator(here, numbers).value(e)


def _gaps(e: Basic, variable: Symbol) -> Iterator[Expr]:
    """Where an expression with the variable has a kink: the roots of these."""
    if isinstance(e, Named):
        yield from _gaps(_body(e), variable)
    if variable not in free(e) or not e.args:
        return
    if isinstance(e, (Abs, Where, sign)):
        yield e.args[0]
    if isinstance(e, Max):
        yield sub(*e.args)
    if limits_of(e) is None:
        for a in e.args:
            yield from _gaps(a, variable)


class Rationals(Numbers):
    """Fractions in object arrays: exact, and only for what is made by arithmetic."""

    def rational(self, top: int, bottom: int) -> Array:
        return np.asarray(Fraction(top, bottom), dtype=object)

    def constant(self, e: Expr) -> Array:
        raise UnsupportedExpression(str(e), "exact arithmetic")

    def array(self, values: object) -> Array:
        raw = np.asarray(values, dtype=object)
        return np.asarray(np.frompyfunc(_fraction, 1, 1)(raw), dtype=object).reshape(raw.shape)

    def log(self, a: Array) -> Array:
        return self.special("log")

    def exp(self, a: Array) -> Array:
        return self.special("exp")

    def power(self, a: Array, b: Array) -> Array:
        return np.asarray(np.frompyfunc(_fraction_to, 2, 1)(a, b), dtype=object)

    def inverse(self, a: Array) -> Array:
        return self.special("an inverse")

    def determinant(self, a: Array) -> Any:
        return self.special("a determinant")

    def special(self, name: str, *arguments: Array) -> Array:
        raise UnsupportedExpression(name, "exact arithmetic")

    def step(self) -> Any:
        return self.special("a derivative")


def _fraction(value: Any) -> Fraction:
    number = value.item() if isinstance(value, np.generic) else value
    if isinstance(number, float) and not np.isfinite(number):
        raise NoFiniteValue(f"{number} is no number")
    return Fraction(number)


def _fraction_to(a: Fraction, b: Fraction) -> Fraction:
    if b.denominator != 1 or abs(b) > Precise.LARGEST_EXPONENT:
        raise UnsupportedExpression(f"the exponent {b}", "exact arithmetic")
    return a ** int(b)


@dataclass(frozen=True)
class Instance:
    """What the symbols of an expression stand for.

    Attributes:
        values: numbers for symbols, arrays (counted from 0) for indexed names, by name.
        functions: for opaque functions, by name: a Python function of the values of the arguments;
            a row ``x_i`` arrives as an array whose last axis holds the features.
        assumptions: equations that give the probabilities a value.
        indices: integers (from 1) for free indices; an array of them gives an array of values.
        beyond: what an array has at a place that it was not given a value for, by its name and the
            indices; without it that is an error.
    """

    values: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    assumptions: tuple[Assumed, ...] = ()
    indices: Mapping[str, Any] = field(default_factory=dict)
    beyond: Callable[[str, tuple[int, ...]], Any] | None = None


def evaluate(e: Basic, instance: Instance | Mapping[str, Any], numbers: Numbers | None = None) -> Any:
    """The value of an expression.

    Args:
        e: any expression of a derivation.
        instance: what its symbols stand for; a mapping of values by name will do.
        numbers: the kind of number; doubles by default.

    Returns:
        A number, or an array of rows for a matrix; an array of them if a free index was given an
        array of values.

    Raises:
        DataError: if a symbol has no value or an index leaves its array.
        NoFiniteValue: in high precision, where a function has a pole or no real value; doubles give
            infinities and NaN.
        UnsupportedExpression: for a node that has no value, or what would take too long to compute.

    >>> from lossproof.models import LOGISTIC
    >>> evaluate(LOGISTIC.loss, {"n": 1, "d": 1, "w": [0.0], "x": [[1.0]], "y": [1]})
    0.693147...
    """
    given = instance if isinstance(instance, Instance) else Instance(instance)
    return Evaluator(given, numbers or Doubles()).value(e)


class Evaluator:
    """Values of expressions at one instance.

    Args:
        instance: what the symbols stand for.
        numbers: the kind of number.
        remember: keep the values of all parts, for expressions that have parts in common.
        parts: values of parts that are known already; they are kept too.
    """

    def __init__(
        self,
        instance: Instance,
        numbers: Numbers,
        *,
        remember: bool = False,
        parts: Mapping[Basic, Array] | None = None,
    ) -> None:
        self.instance, self.numbers = instance, numbers
        with numbers.working():
            arrays = {name: numbers.array(value) for name, value in instance.values.items()}
        self._interpreter = _Interpreter(numbers, instance, arrays, dict(parts or {}) if remember or parts else None)

    def value(self, e: Basic) -> Any:
        """The value of an expression, as `evaluate` gives it."""
        check_bulk(e)
        self._interpreter.budget.left = MOST_VISITS
        try:
            with np.errstate(all="ignore"), self.numbers.working():
                out = np.asarray(self._interpreter.value(e))
        except ArithmeticError as error:
            raise NoFiniteValue(f"no finite value here: {error}") from error
        return out.item() if out.ndim == 0 else out


class _Budget:
    """How many parts may still be visited; shared by all that work on one value."""

    left = MOST_VISITS


class _Interpreter:
    """Values of expressions under bound indices; every bound index owns one axis."""

    def __init__(
        self, numbers: Numbers, instance: Instance, arrays: Mapping[str, Array], known: dict[Any, Any] | None = None
    ) -> None:
        self.numbers, self.instance, self.arrays, self.known = numbers, instance, dict(arrays), known
        self.indices = {name: np.asarray(v, dtype=np.int64) for name, v in instance.indices.items()}
        self.depth = max((v.ndim for v in self.indices.values()), default=0)
        self.level = 0  # of the derivative inside which this is
        self.moved_names: frozenset[str] = frozenset()  # what has another value than the given one
        self.budget = _Budget()

    def value(self, e: Basic) -> Array:
        if self.known is None:
            return self.found(e)
        if e not in self.known:
            self.known[e] = self.found(e)
        return self.known[e]

    def found(self, e: Basic) -> Array:
        handler = _HANDLERS.get(type(e))
        self.budget.left -= 1
        if self.budget.left < 0:
            raise UnsupportedExpression("an expression that is too large, its names written out", "the evaluator")
        if handler is not None:
            return np.asarray(handler(self, e))  # numpy makes a bare number of an operation on an array without axes
        if isinstance(e, Rational):
            return self.numbers.rational(int(e.p), int(e.q))
        if e in (pi, E):
            return self.numbers.constant(e)
        raise UnsupportedExpression(f"{e} ({type(e).__name__})", "the evaluator")

    # -------------------------------------------------------------- atoms

    def symbol(self, e: Symbol) -> Array:
        if e.name in self.indices:
            return self.numbers.array(self.indices[e.name])
        if e.name not in self.arrays:
            raise DataError(f"no value is given for '{e.name}'")
        return self.arrays[e.name]

    def element(self, e: Indexed) -> Array:
        if self.instance.beyond is not None:
            return self.anywhere(e, self.instance.beyond)
        array = self.value(e.base)
        if len(e.indices) > array.ndim:
            raise DataError(f"'{e.base}' has {array.ndim} axes, but {written(e)} needs {len(e.indices)}")
        where = []
        for axis, index in enumerate(e.indices):
            position = self.integer(index)
            if position.size and (position.min() < 1 or position.max() > array.shape[axis]):
                raise DataError(f"{written(e)} leaves the array '{e.base}' of shape {array.shape}")
            where.append(position - 1)
        return np.asarray(array[tuple(where)])

    def anywhere(self, e: Indexed, beyond: Callable[[str, tuple[int, ...]], Any]) -> Array:
        """An element that may lie outside what was given."""
        name, where = str(e.base), [self.integer(index) for index in e.indices]
        array = self.arrays.get(name, np.empty((0,) * len(where), dtype=object))
        if len(where) > array.ndim:
            raise DataError(f"'{e.base}' has {array.ndim} axes, but {written(e)} needs {len(where)}")
        spread = np.broadcast_arrays(*where)
        sizes = array.shape[: len(where)]
        inside = np.logical_and.reduce([(p >= 1) & (p <= size) for p, size in zip(spread, sizes, strict=True)])
        if np.all(inside):
            return np.asarray(array[tuple(p - 1 for p in where)])
        rest = array.shape[len(where) :]
        out = np.empty((*spread[0].shape, *rest), dtype=object)
        for place in np.ndindex(spread[0].shape):
            at = tuple(int(p[place]) for p in spread)
            for more in np.ndindex(rest):
                out[(*place, *more)] = (
                    array[(*(k - 1 for k in at), *more)]
                    if inside[place]
                    else self.numbers.array(beyond(name, (*at, *(k + 1 for k in more))))[()]
                )
        return out

    def integer(self, e: Expr) -> npt.NDArray[np.int64]:
        if isinstance(e, Symbol) and e.name in self.indices:
            return self.indices[e.name]
        return self.numbers.integers(self.value(e))

    # -------------------------------------------------------------- arithmetic

    def sum_of(self, e: Add) -> Array:
        return _fold(np.add, [self.value(a) for a in e.args])

    def product_of(self, e: Mul) -> Array:
        return _fold(np.multiply, [self.value(a) for a in e.args])

    def power(self, e: Pow) -> Array:
        if e.exp == -1:
            return self.numbers.reciprocal(self.value(e.base))
        return self.numbers.power(self.value(e.base), self.value(e.exp))

    def maximum(self, e: Max) -> Array:
        return _fold(self.numbers.maximum, [self.value(a) for a in e.args])

    def where(self, e: Where) -> Array:
        """Of the two branches only the chosen one needs to have a value."""
        gap, yes, no = e.args
        over = self.value(gap)
        chosen = self.numbers.not_negative(over)
        if np.all(chosen) or not np.any(chosen):
            found = self.value(yes if np.all(chosen) else no)
        else:
            try:
                found = np.where(chosen, self.value(yes), self.value(no))
            except (NoFiniteValue, ArithmeticError):
                return self.place_by_place(e, lambda here: here.where(e)[()])
        return np.where(np.isnan(over), np.nan, found) if over.dtype == float else found

    def place_by_place(self, e: Expr, value: Callable[[_Interpreter], Any]) -> Array:
        """What is found one after the other for all values of the indices that occur."""
        known = {s.name: self.indices[s.name] for s in free(e) if s.name in self.indices}
        shape = np.broadcast_shapes(*(v.shape for v in known.values()))
        self.check_size(math.prod(shape))
        out = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            here = _Interpreter(self.numbers, self.instance, self.arrays)
            here.indices = {name: np.asarray(np.broadcast_to(v, shape)[place]) for name, v in known.items()}
            here.level, here.budget, here.moved_names = self.level, self.budget, self.moved_names
            out[place] = value(here)
        return out if isinstance(self.numbers, Precise) or self.numbers.carries_slopes else self.numbers.array(out)

    def here(self) -> Instance:
        """The instance with the values that are meant here: those given, unless they carry a slope."""
        values = {
            name: self.instance.values[name] if name in self.instance.values and name not in self.moved_names else array
            for name, array in self.arrays.items()
        }
        return replace(self.instance, values=values, indices=dict(self.indices))

    def integral(self, e: Integral) -> Array:
        return self.place_by_place(e, lambda inner: self.numbers.integral(e, inner.here()))

    def series(self, e: Series) -> Array:
        return self.place_by_place(e, lambda inner: self.numbers.series(e, inner.here()))

    def delta(self, e: KroneckerDelta) -> Array:
        left, right = (self.integer(a) for a in e.args)
        return self.numbers.array((left == right).astype(int))

    # -------------------------------------------------------------- sums and products

    def repeated(self, e: Sum | Product | ProductOver) -> Array:
        limits = limits_of(e)
        if limits is None:
            raise UnsupportedExpression(str(e), "the evaluator")
        bounds = [self.integer(bound) for bound in limits[1:]]
        if any(bound.ndim for bound in bounds):
            raise UnsupportedExpression(written(e), "the evaluator (bounds that depend on an index)")
        index, (low, high) = limits[0].name, map(int, bounds)
        around = (self.indices[s.name].size for s in free(e) if s.name in self.indices)
        self.check_size((high - low + 1) * math.prod(around))
        inner = self.under(index, low, high)
        axis = inner.indices[index]
        one, all_count = self.numbers.rational(1, 1), True
        if isinstance(e, ProductOver) and axis.size:
            chosen = inner.chosen(e.args[2])
            if chosen.ndim <= 1 or max(chosen.shape[:-1]) == 1:  # what is not chosen need not have a value
                axis = axis[..., np.broadcast_to(chosen.reshape(-1), axis.shape[-1:])]
                inner, chosen = self.inside(index, axis, None), np.ones(1, dtype=bool)
            all_count = bool(np.all(chosen))
        try:
            body = inner.value(e.args[0]) if axis.size else self.numbers.array(np.zeros(axis.shape))
        except Undefined as error:
            if all_count:
                raise
            raise NoFiniteValue(f"{error}, but perhaps only where it is not chosen") from error
        if isinstance(e, ProductOver) and axis.size:
            body = np.where(chosen, body, one)
        shape = np.broadcast_shapes(body.shape, axis.shape)
        operation, start = (np.add, self.numbers.rational(0, 1)) if isinstance(e, Sum) else (np.multiply, one)
        reduced = operation.reduce(np.broadcast_to(body, shape), axis=-1, initial=start[()])
        return np.asarray(reduced)

    def check_size(self, terms: int) -> None:
        """Refuse what has too many terms or entries to compute with."""
        if terms > self.numbers.most_terms:
            raise UnsupportedExpression(f"{terms} terms", "the evaluator")

    def under(self, index: str, low: int, high: int) -> _Interpreter:
        """The same inside a sum or product; it is the same one for the same range, if parts are remembered."""
        scope = (index, low, high)
        if self.known is not None and scope in self.known:
            return self.known[scope]
        axis = np.arange(low, high + 1).reshape((1,) * self.depth + (-1,))
        inner = self.inside(index, axis, None if self.known is None else {})
        if self.known is not None:
            self.known[scope] = inner
        return inner

    def inside(self, index: str, axis: npt.NDArray[np.int64], known: dict[Any, Any] | None) -> _Interpreter:
        inner = _Interpreter(self.numbers, self.instance, self.arrays, known)
        inner.depth, inner.level, inner.budget = self.depth + 1, self.level, self.budget
        inner.moved_names = self.moved_names
        inner.indices = {name: v[..., None] if v.ndim else v for name, v in self.indices.items()}
        inner.indices[index] = axis
        return inner

    def chosen(self, condition: Basic) -> npt.NDArray[np.bool_]:
        left, right = (self.value(a) for a in condition.args)
        same = self.numbers.equal(left, right)
        return same if isinstance(condition, Eq) else ~same

    # -------------------------------------------------------------- matrices: the last two axes

    def matrix(self, e: Matrix) -> Array:
        return self.sized(self.value(e.args[1]), e.size, e)

    def column(self, e: Column) -> Array:
        values = self.element(e.array[tuple(e.args[1])]) if len(e.args[1]) else self.value(e.array)
        return self.sized(values[..., None], e.size, e)

    def sized(self, values: Array, size: tuple[Expr, Expr], e: Basic) -> Array:
        """The values, if they have the rows and columns that the notation says."""
        shape = tuple(int(self.integer(s)) for s in size)
        if values.shape[-2:] != shape:
            raise DataError(f"{written(e)} has {shape} rows and columns, but {values.shape[-2:]} are given")
        return values

    def opaque_column(self, e: OpaqueColumn) -> Array:
        if e.head.name not in self.instance.functions:
            raise DataError(f"no Python function is given for '{e.head.name}'")
        values = self.instance.functions[e.head.name](*(self.value(a) for a in e.arguments))
        return self.sized(self.numbers.array(values)[..., None], e.size, e)

    def identity(self, e: IdentityMatrix) -> Array:
        size = int(self.integer(e.args[0]))
        self.check_size(size**2)
        return self.numbers.array(np.eye(size, dtype=int))

    def matrix_product(self, e: MatrixProduct) -> Array:
        return _fold(self.matrix_times, [self.value(a) for a in e.args])

    def matrix_times(self, a: Array, b: Array) -> Array:
        if a.dtype != object and b.dtype != object:
            return np.asarray(a @ b)
        zero = self.numbers.rational(0, 1)[()]
        return np.add.reduce(a[..., :, :, None] * b[..., None, :, :], axis=-2, initial=zero)

    def scalar_multiple(self, e: ScalarMultiple) -> Array:
        return np.asarray(self.value(e.args[0])[..., None, None] * self.value(e.args[1]))

    def one_by_one(self, operation: Callable[[Array], Any], a: Array) -> Array:
        """An operation on a matrix, for each matrix of a stack; the result keeps the axes of the stack."""
        results = [operation(a[at]) for at in np.ndindex(a.shape[:-2])]
        shape = a.shape[:-2] + np.shape(results[0]) if results else a.shape
        return np.array(results, dtype=a.dtype).reshape(shape)

    def inverse(self, e: Inverse) -> Array:
        return self.one_by_one(self.numbers.inverse, self.value(e.args[0]))

    def determinant(self, e: Determinant) -> Array:
        a = self.value(e.args[0])
        return self.one_by_one(self.numbers.determinant, a).reshape(a.shape[:-2])

    def component(self, e: Component) -> Array:
        values, position = self.value(e.args[0])[..., 0], self.integer(e.args[1])
        if position.size and (position.min() < 1 or position.max() > values.shape[-1]):
            error = DataError if self.instance.beyond is None else Undefined
            raise error(f"{written(e)} leaves the column of {values.shape[-1]} entries")
        if values.ndim == 1:
            return np.asarray(values[position - 1])
        places = np.broadcast_arrays(position, values[..., 0])[0]
        spread = np.broadcast_to(values, (*places.shape, values.shape[-1]))
        return np.asarray(np.take_along_axis(spread, places[..., None] - 1, axis=-1)[..., 0])

    def squared_norm(self, e: SquaredNorm) -> Array:
        a = self.value(e.args[0])
        return self.matrix_times(np.swapaxes(a, -1, -2), a)[..., 0, 0]

    def gradient(self, e: Gradient) -> Array:
        """The central difference in each element of the column."""
        body, variables = e.args
        rows = int(self.integer(variables.size[0]))
        slopes = [self.slope(derivative(body, variables.entry(Integer(k + 1)))) for k in range(rows)]
        if not slopes:
            return self.numbers.array(np.zeros((0, 1)))
        return np.stack(np.broadcast_arrays(*slopes), axis=-1)[..., None]

    # -------------------------------------------------------------- our own nodes

    def named(self, e: Named | NamedMatrix) -> Array:
        return self.value(_body(e))

    def opaque(self, e: Opaque) -> Array:
        if e.head.name not in self.instance.functions:
            raise DataError(f"no Python function is given for '{e.head.name}'")
        return self.numbers.array(self.instance.functions[e.head.name](*(self.value(a) for a in e.arguments)))

    def curve(self, e: Curve) -> Array:
        name = f"{e.head.name}{chr(39) * e.order}"
        if name not in self.instance.functions:
            raise DataError(f"no Python function is given for '{name}'")
        return self.numbers.array(self.instance.functions[name](self.value(e.args[2])))

    def logarithm(self, e: Expr) -> Array:
        """Of a gamma function or a factorial without overflow."""
        inner = e.args[0]
        if isinstance(inner, gamma):
            return self.numbers.special("loggamma", self.value(inner.args[0]))
        if isinstance(inner, factorial):
            return self.numbers.special("loggamma", self.value(inner.args[0]) + self.numbers.rational(1, 1))
        return self.numbers.log(self.value(inner))

    def special(self, e: Expr) -> Array:
        return self.numbers.special(type(e).__name__, *map(self.value, e.args))

    def probability(self, e: Chance) -> Array:
        """By the assumptions: an equation for it as it stands, or for the label 1 and its complement."""
        for assumed in self.instance.assumptions:
            found = match(assumed.left, e, {r.index for r in assumed.ranges})
            if found is not None:
                return self.value(_put_in(assumed.right, tuple(found.items())))
        certain = Probability(e.args[0], ONE, *e.args[2:])
        if certain == e or not isinstance(e, Probability):
            raise DataError(f"nothing is assumed of {written(e)}")
        label, one = self.value(e.args[1]), self.numbers.rational(1, 1)
        p = self.value(certain)
        zero = np.asarray(one - one, dtype=one.dtype)
        certain_one, certain_zero = self.numbers.equal(label, one), self.numbers.equal(label, zero)
        return np.where(certain_one, p, np.where(certain_zero, one - p, zero))

    def slope(self, e: Derivative) -> Array:
        """Carried along; or else a central difference, whose error is of the order of the square of the step."""
        variable, level = e.args[1][0], self.level + 1
        if level > DEEPEST_SLOPE:
            raise UnsupportedExpression("derivatives of derivatives beyond any use", "the evaluator")
        if self.numbers.carries_slopes:
            return self.numbers.slope_of(self.varied(variable, level).value(e.args[0]), level)
        h = self.numbers.step()
        sides = [self.moved(variable, partial(operator.add, by)) for by in (h, -h)]
        for side in sides:
            side.level = level
        above, below = (side.value(e.args[0]) for side in sides)
        return np.asarray((above - below) / (2 * h))

    def varied(self, variable: Expr, level: int) -> _Interpreter:
        """The same with one variable that carries its slope."""
        scope = (variable, "varied")
        if self.known is not None and scope in self.known:
            return self.known[scope]
        inner = self.moved(variable, lambda value: self.numbers.varied(value, level))
        inner.level = level
        if self.known is not None:
            inner.known = {}
            self.known[scope] = inner
        return inner

    def moved(self, variable: Expr, how: Callable[[Any], Any]) -> _Interpreter:
        """The same with one variable moved."""
        name = symbol_of(variable).name
        if name not in self.arrays:
            raise DataError(f"no value is given for '{name}'")
        array = np.array(self.arrays[name], copy=True)
        where: tuple[int, ...] = ()
        if isinstance(variable, Indexed):
            positions = [self.integer(i) for i in variable.indices]
            if any(p.size != 1 for p in positions):
                raise UnsupportedExpression(written(variable), "the evaluator (one variable at a time)")
            where = tuple(int(p.reshape(-1)[0]) - 1 for p in positions)
            if len(where) != array.ndim or any(not 0 <= k < size for k, size in zip(where, array.shape, strict=True)):
                raise DataError(f"{written(variable)} leaves the array '{name}' of shape {array.shape}")
        array[where] = how(array[where])
        other = _Interpreter(self.numbers, self.instance, {**self.arrays, name: array})
        other.indices, other.depth, other.level, other.budget = self.indices, self.depth, self.level, self.budget
        other.moved_names = self.moved_names | {name}
        return other


@lru_cache(maxsize=1 << 12)
def _body(e: Named) -> Expr:
    return e.body


@lru_cache(maxsize=1 << 12)
def _put_in(e: Expr, found: tuple[tuple[Basic, Expr], ...]) -> Expr:
    return substitute(e, dict(found))


def _fold(operation: Callable[[Array, Array], Array], parts: Iterable[Array]) -> Array:
    out: Array | None = None
    for part in parts:
        out = part if out is None else np.asarray(operation(out, part))
    assert out is not None
    return out


_HANDLERS: dict[type[Basic], Callable[[_Interpreter, Any], Array]] = {
    Symbol: _Interpreter.symbol,
    IndexedBase: lambda self, e: self.symbol(e.label),
    Indexed: _Interpreter.element,
    Add: _Interpreter.sum_of,
    Mul: _Interpreter.product_of,
    Pow: _Interpreter.power,
    Max: _Interpreter.maximum,
    Where: _Interpreter.where,
    Integral: _Interpreter.integral,
    Series: _Interpreter.series,
    Abs: lambda self, e: self.numbers.absolute(self.value(e.args[0])),
    exp: lambda self, e: self.numbers.exp(self.value(e.args[0])),
    log: _Interpreter.logarithm,
    **dict.fromkeys((gamma, factorial, besseli, digamma, cos, sin, erf, sign), _Interpreter.special),
    trigamma: lambda self, e: self.numbers.special("psi", self.numbers.rational(1, 1), self.value(e.args[0])),
    Sigmoid: lambda self, e: self.numbers.sigmoid(self.value(e.args[0])),
    Softplus: lambda self, e: self.numbers.softplus(self.value(e.args[0])),
    KroneckerDelta: _Interpreter.delta,
    Sum: _Interpreter.repeated,
    Product: _Interpreter.repeated,
    ProductOver: _Interpreter.repeated,
    Named: _Interpreter.named,
    Opaque: _Interpreter.opaque,
    **dict.fromkeys((Probability, Density, Survival), _Interpreter.probability),
    Curve: _Interpreter.curve,
    Derivative: _Interpreter.slope,
    Matrix: _Interpreter.matrix,
    Column: _Interpreter.column,
    OpaqueColumn: _Interpreter.opaque_column,
    IdentityMatrix: _Interpreter.identity,
    NamedMatrix: _Interpreter.named,
    MatrixSum: lambda self, e: _fold(np.add, [self.value(a) for a in e.args]),
    MatrixProduct: _Interpreter.matrix_product,
    ScalarMultiple: _Interpreter.scalar_multiple,
    Transpose: lambda self, e: np.swapaxes(self.value(e.args[0]), -1, -2),
    Inverse: _Interpreter.inverse,
    Determinant: _Interpreter.determinant,
    Component: _Interpreter.component,
    Form: lambda self, e: self.value(e.args[0])[..., 0, 0],
    SquaredNorm: _Interpreter.squared_norm,
    Gradient: _Interpreter.gradient,
}
