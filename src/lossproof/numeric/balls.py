"""Real numbers as balls that certainly contain them, by Arb through `python-flint`.

A ball is a midpoint with a radius; every operation encloses.  What it knows: the meaning of each
function at a ball, when an expression certainly has no value (`Undefined`), and slopes, which are
carried along (forward differentiation), so that a derivative is enclosed too.

A ball that is not finite says that the working precision does not tell.  A finite ball says more
than an enclosure: that every part of the expression is defined.

`python-flint` is optional; without it the constructor of `Balls` says how to get it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sympy import Expr, pi

from lossproof.errors import MissingExtra, NoFiniteValue, Undefined, UnsupportedExpression
from lossproof.numeric.evaluate import Array, Instance, Numbers

try:
    from flint import acb, arb, arb_mat, ctx, fmpq, fmpq_mat
except ImportError:
    arb = acb = arb_mat = ctx = fmpq = None

#: A real ball, or a `Dual` of them.
Ball: TypeAlias = Any
Function: TypeAlias = Callable[[Ball], Ball]


def available() -> bool:
    """Whether `python-flint` can be imported."""
    return arb is not None


def is_ball(value: Any) -> bool:
    """Whether a number is a ball, perhaps one that carries a slope."""
    return isinstance(value, Dual) or (available() and isinstance(value, arb))


def ball(value: Any) -> Ball:
    """A number as a ball at the working precision: exactly, except a fraction that is not a binary one."""
    if isinstance(value, (arb, Dual)):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    if isinstance(value, (int, float)):
        return arb(value)
    raise UnsupportedExpression(f"{value!r:.60} of the type {type(value).__name__}", "the evaluator in balls")


def rounded(value: Any, radius: Any = 0) -> Ball:
    """A number as a ball, perhaps with a radius."""
    return ball(value) + arb(0, radius)


def exactly(a: Ball) -> Fraction | None:
    """The number, if the ball contains no other."""
    if not (a.is_finite() and a.is_exact()):
        return None
    mantissa, exponent = (int(v) for v in a.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


# ------------------------------------------------------------------ numbers that carry a slope


class Dual:
    """A number with its slope in one variable; the level says of which derivative, for nested ones.

    The slope of a slope is had by nesting: value and slope may carry slopes of a lower level.
    """

    __slots__ = ("level", "slope", "value")

    def __init__(self, value: Ball, slope: Ball, level: int) -> None:
        self.value, self.slope, self.level = value, slope, level

    def _with(self, other: Any, combine: Callable[[Ball, Ball, Ball, Ball], tuple[Ball, Ball]]) -> Any:
        """An operation on value and slope of both, at the higher level of the two."""
        if isinstance(other, np.ndarray):
            return NotImplemented  # numpy goes through its elements
        level = max(self.level, other.level) if isinstance(other, Dual) else self.level
        return Dual(*combine(*_at(self, level), *_at(other, level)), level)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, da, b, db: (a + b, da + db))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, da, b, db: (a - b, da - db))

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, da, b, db: (a * b, da * b + a * db))

    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        return self * reciprocal(ball(other))

    def __rtruediv__(self, other: Any) -> Any:
        return reciprocal(self) * other

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope, self.level)

    def __abs__(self) -> Dual:
        return absolute(self)


def _at(a: Any, level: int) -> tuple[Ball, Ball]:
    """Value and slope of a number in the variable of a level; what is unknown may depend on it."""
    if isinstance(a, Dual) and a.level == level:
        return a.value, a.slope
    known = not is_ball(_value(a)) or _value(a).is_finite()
    return a, arb(0) if known else _unknown()


def _unknown() -> Ball:
    return arb.nan()


def _value(a: Ball) -> Ball:
    """The number without its slopes."""
    while isinstance(a, Dual):
        a = a.value
    return a


def _differentiable(function: Function, slope: Function) -> Function:
    """The function of balls, which takes numbers that carry slopes too.

    Where its slope has no value, nothing is known of the slope of the whole: it may exist all the same.
    """

    def at(a: Ball) -> Ball:
        if not isinstance(a, Dual):
            return function(a) if a.is_finite() else _unknown()
        value = at(a.value)
        try:
            return Dual(value, slope(a.value) * a.slope, a.level)
        except Undefined:
            return Dual(value, _unknown(), a.level)

    return at


# ------------------------------------------------------------------ the functions


def _log(a: Ball) -> Ball:
    if a <= 0:
        raise Undefined(f"no finite value here: the logarithm of {shown(a)}")
    return a.log() if a > 0 else _unknown()


def _reciprocal(a: Ball) -> Ball:
    if a.is_zero():
        raise Undefined("no finite value here: division by 0")
    return _unknown() if a.contains(0) else 1 / a


def _gamma(a: Ball) -> Ball:
    return a.gamma() if _no_pole(a) else _unknown()


def _no_pole(a: Ball) -> bool:
    """Whether the gamma function is certainly defined; if it is certainly not, that is an error."""
    if a > 0 or not a.contains_integer():
        return True
    if a.is_exact():
        raise Undefined(f"no finite value here: the gamma function at {shown(a)}")
    return False


def _log_gamma(a: Ball) -> Ball:
    return a.lgamma() if a > 0 else log(_gamma(a))


def _sign(a: Ball) -> Ball:
    if a.is_zero():
        return arb(0)
    return arb(1) if a > 0 else arb(-1) if a < 0 else arb(0, 1)


def _sign_slope(a: Ball) -> Ball:
    """0 away from 0; at 0 there is none."""
    return _unknown() if _value(a).contains(0) else a * 0


def _polygamma(order: int) -> Function:
    def function(a: Ball) -> Ball:
        return acb(a).polygamma(order).real if _no_pole(a) else _unknown()

    return _differentiable(function, lambda a: _polygamma(order + 1)(a))


def _bessel(order: Ball) -> Function:
    """The modified Bessel function ``I_order``; ``2 I_v' = I_(v-1) + I_(v+1)`` (DLMF 10.29.1)."""

    def slope(a: Ball) -> Ball:
        return (_bessel(order - 1)(a) + _bessel(order + 1)(a)) / 2

    return _differentiable(lambda a: a.bessel_i(order), slope)


def bessel(order: Ball, a: Ball) -> Ball:
    """``I_order(a)`` for an order that is constant."""
    if isinstance(order, Dual):
        raise UnsupportedExpression("the derivative of a Bessel function in its order", "the evaluator in balls")
    return _bessel(order)(a)


def polygamma(order: Ball, a: Ball) -> Ball:
    """``psi^(order)(a)`` for an order that is constant."""
    if isinstance(order, Dual):
        raise UnsupportedExpression("the derivative of a polygamma function in its order", "the evaluator in balls")
    return _polygamma(int(order.unique_fmpz()))(a)


reciprocal: Function = _differentiable(_reciprocal, lambda a: -reciprocal(a * a))
exp: Function = _differentiable(lambda a: a.exp(), lambda a: exp(a))
log: Function = _differentiable(_log, lambda a: reciprocal(a))
sigmoid: Function = _differentiable(lambda a: 1 / (1 + (-a).exp()), lambda a: sigmoid(a) * sigmoid(-a))
softplus: Function = _differentiable(lambda a: a.exp().log1p(), lambda a: sigmoid(a))
gamma: Function = _differentiable(_gamma, lambda a: gamma(a) * digamma(a))
log_gamma: Function = _differentiable(_log_gamma, lambda a: digamma(a))
digamma: Function = _differentiable(lambda a: a.digamma() if _no_pole(a) else _unknown(), lambda a: _polygamma(1)(a))
erf: Function = _differentiable(lambda a: a.erf(), lambda a: 2 / arb.pi().sqrt() * exp(-(a * a)))
cos: Function = _differentiable(lambda a: a.cos(), lambda a: -sin(a))
sin: Function = _differentiable(lambda a: a.sin(), lambda a: cos(a))
sign: Function = _differentiable(_sign, _sign_slope)
absolute: Function = _differentiable(abs, lambda a: _unknown() if _value(a).contains(0) else sign(a))


def sqrt(a: Ball) -> Ball:
    """The root of a number that is not negative."""
    return power(a, arb(1) / 2)


def power(a: Ball, b: Ball) -> Ball:
    """``a^b``: any base with an integer exponent, a positive one with any; ``a^0 = 1``, ``0^b = 0`` for ``b > 0``."""
    if not isinstance(a, Dual) and not isinstance(b, Dual):
        return _power(a, b)
    level = max(v.level for v in (a, b) if isinstance(v, Dual))
    (u, du), (v, dv) = _at(a, level), _at(b, level)
    value = power(u, v)
    fixed = not isinstance(b, Dual) and b.is_exact() and b.is_integer()
    try:
        if fixed:
            slope = arb(0) if b.is_zero() else b * power(u, b - 1) * du
        elif _value(u) > 0:
            slope = value * (dv * log(u) + v * du * reciprocal(u))
        else:
            slope = _unknown()
    except Undefined:
        slope = _unknown()
    return Dual(value, slope, level)


def _power(a: Ball, b: Ball) -> Ball:
    if not (a.is_finite() and b.is_finite()):
        return _unknown()
    if b.is_exact() and b.is_integer():
        if b < 0 and a.contains(0):
            return _reciprocal(a)
        return a ** b.unique_fmpz()
    if a > 0:
        return a**b
    if a.is_zero() and b > 0:
        return arb(0)
    if (a.is_zero() and b < 0) or (a < 0 and not b.contains_integer()):
        raise Undefined(f"no finite value here: {shown(a)} to the power {shown(b)}")
    return _unknown()


def maximum(a: Ball, b: Ball) -> Ball:
    """The larger of two numbers; where it is not known which that is, neither is the slope."""
    if not (isinstance(a, Dual) or isinstance(b, Dual)):
        return a.max(b)
    if _value(a) > _value(b):
        return a
    if _value(a) < _value(b):
        return b
    level = max(v.level for v in (a, b) if isinstance(v, Dual))
    return Dual(maximum(_at(a, level)[0], _at(b, level)[0]), _unknown(), level)


def shown(a: Ball, digits: int = 12) -> str:
    """A ball in few digits."""
    exact = exactly(_value(a))
    if exact is not None and exact.denominator == 1 and abs(exact) < 10**digits:
        return str(exact)
    return _value(a).str(digits, radius=False)


# ------------------------------------------------------------------ the kind of number


class Balls(Numbers):
    """Balls of a working precision, in object arrays.

    Raises `Undefined` where an expression certainly has no value, and gives balls that are not finite
    where the precision does not tell.

    >>> from lossproof.numeric.evaluate import evaluate
    >>> from lossproof.notation.inert import ONE, exp
    >>> third = evaluate(exp(-ONE / 3), {}, Balls(64))
    >>> bool(third > 0.716 and third < 0.717)
    True
    """

    carries_slopes = True

    def __init__(self, bits: int = 128) -> None:
        if not available():
            raise MissingExtra("an enclosure in balls", "python-flint")
        self.bits = bits

    def working(self) -> AbstractContextManager[object]:
        return ctx.workprec(self.bits)

    def rational(self, top: int, bottom: int) -> Array:
        return _boxed(arb(fmpq(top, bottom)))

    def constant(self, e: Expr) -> Array:
        return _boxed(arb.pi() if e is pi else arb(1).exp())

    def array(self, values: object) -> Array:
        raw = np.asarray(values)
        return _each(ball, raw).reshape(raw.shape)

    def log(self, a: Array) -> Array:
        return _each(log, a)

    def exp(self, a: Array) -> Array:
        return _each(exp, a)

    def sigmoid(self, z: Array) -> Array:
        return _each(sigmoid, z)

    def softplus(self, z: Array) -> Array:
        return _each(softplus, z)

    def power(self, a: Array, b: Array) -> Array:
        return _each(power, a, b)

    def reciprocal(self, a: Array) -> Array:
        return _each(reciprocal, a)

    def maximum(self, a: Array, b: Array) -> Array:
        return _each(maximum, a, b)

    def special(self, name: str, *arguments: Array) -> Array:
        return _each(_SPECIAL[name], *arguments)

    def equal(self, a: Array, b: Array) -> npt.NDArray[np.bool_]:
        return np.asarray(np.frompyfunc(_same, 2, 1)(a, b), dtype=bool)

    def not_negative(self, a: Array) -> npt.NDArray[np.bool_]:
        return np.asarray(np.frompyfunc(_not_negative, 1, 1)(a), dtype=bool)

    def integral(self, e: Expr, instance: Instance) -> Any:
        from lossproof.numeric.integrating import integral_of

        body, (variable, low, high) = e.args
        return integral_of(body, variable, low, high, instance, self.bits)

    def series(self, e: Expr, instance: Instance) -> Any:
        from lossproof.numeric.integrating import series_of

        body, (index, low, _) = e.args
        return series_of(body, index, low, instance, self.bits)

    def integers(self, a: Array) -> npt.NDArray[np.int64]:
        return np.asarray(np.frompyfunc(_integer, 1, 1)(a), dtype=np.int64)

    def inverse(self, a: Array) -> Array:
        return _inverse(a) if a.size else a

    def determinant(self, a: Array) -> Any:
        return _determinant(a) if a.size else arb(1)

    def step(self) -> Any:
        raise UnsupportedExpression("a difference in place of a derivative", "the evaluator in balls")

    def varied(self, value: Any, level: int) -> Any:
        return Dual(value, arb(1), level)

    def slope_of(self, a: Array, level: int) -> Array:
        return _each(lambda v: _at(v, level)[1], a)


def _boxed(value: Any) -> Array:
    out = np.empty((), dtype=object)
    out[()] = value
    return out


def _each(function: Callable[..., Any], *arguments: Array) -> Array:
    return np.asarray(np.frompyfunc(function, len(arguments), 1)(*arguments), dtype=object)


def _same(a: Ball, b: Ball) -> bool:
    """Whether two numbers are the same, if that can be told."""
    a, b = _plain(a), _plain(b)
    if a.is_exact() and b.is_exact() and a.is_finite() and b.is_finite():
        return bool(a == b)
    if a.is_finite() and b.is_finite() and not a.overlaps(b):
        return False
    raise NoFiniteValue("whether two numbers are the same cannot be told at this precision")


def _integer(a: Ball) -> int:
    found = exactly(_plain(a))
    if found is None or found.denominator != 1 or abs(found) > 2**62:
        raise NoFiniteValue(f"{shown(a)} is no integer of which it is known")
    return int(found)


def _not_negative(a: Ball) -> bool:
    """Whether a number is at least 0, if that can be told; of one that moves, whether it stays there."""
    value = _value(a)
    if value > 0 or (value >= 0 and not isinstance(a, Dual)):
        return True
    if value < 0:
        return False
    raise NoFiniteValue("whether a number is negative cannot be told at this precision")


def _plain(a: Ball) -> Ball:
    if isinstance(a, Dual):
        raise UnsupportedExpression("the derivative of something in an index or a label", "the evaluator in balls")
    return a


# ------------------------------------------------------------------ matrices


def _level(a: Array) -> int:
    return max((v.level for v in a.flat if isinstance(v, Dual)), default=0)


def _split(a: Array, level: int) -> tuple[Array, Array]:
    return _each(lambda v: _at(v, level)[0], a), _each(lambda v: _at(v, level)[1], a)


def _joined(level: int) -> Callable[[Ball, Ball], Dual]:
    return lambda value, slope: Dual(value, slope, level)


def _inverse(a: Array) -> Array:
    """``A^-1``, whose slope is ``-A^-1 A' A^-1``."""
    level = _level(a)
    if level:
        value, slope = _split(a, level)
        inverse = _inverse(value)
        return _each(_joined(level), inverse, -(inverse.dot(slope).dot(inverse)))
    matrix = arb_mat(a.tolist())
    determinant = matrix.det()
    if determinant.is_zero():
        raise Undefined("no finite value here: a matrix is not invertible")
    if not determinant.is_finite() or determinant.contains(0):
        return _each(lambda _: _unknown(), a)
    try:
        return _table(matrix.inv())
    except ZeroDivisionError:
        return _each(lambda _: _unknown(), a)


def determinant_of_exact(a: Array) -> fmpq | None:
    """The determinant of a matrix of balls that are numbers each; None if one of them is not."""
    if not all(isinstance(v, arb) and v.is_exact() for v in a.flat):
        return None
    return fmpq_mat([[v.fmpq() for v in row] for row in a]).det()


def _table(matrix: Any) -> Array:
    out = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    for place in np.ndindex(out.shape):
        out[place] = matrix[place]
    return out


def _determinant(a: Array) -> Ball:
    """``|A|``, whose slope is ``|A| tr(A^-1 A')``."""
    level = _level(a)
    if not level:
        return arb_mat(a.tolist()).det()
    value, slope = _split(a, level)
    determinant = _determinant(value)
    try:
        return Dual(determinant, determinant * np.trace(_inverse(value).dot(slope)), level)
    except Undefined:
        return Dual(determinant, _unknown(), level)


_SPECIAL: dict[str, Callable[..., Ball]] = {
    "gamma": gamma,
    "loggamma": log_gamma,
    "factorial": lambda a: gamma(a + 1),
    "digamma": digamma,
    "psi": polygamma,
    "besseli": bessel,
    "cos": cos,
    "sin": sin,
    "erf": erf,
    "sign": sign,
}
