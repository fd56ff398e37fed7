"""An expression as operations on floating-point numbers: what is computed, in which order, how exactly.

`reading` says of every node which operation of a computer it is and on which operands: ``a + (-1) b`` is
one subtraction, ``a b^(-1)`` one division, a sum of three terms two additions from left to right.  A name
of `rulebook.floating` is one call of a library's function; any other name is what it stands for.

What this module knows of an operation: its value at balls, how fast it changes with each operand, and how
exact a computer's is.  What it does not know: which values are put in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import flint
from sympy import (
    Abs,
    Add,
    Basic,
    E,
    Expr,
    Indexed,
    Integer,
    Max,
    Mul,
    Pow,
    Rational,
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

from lossproof.errors import UnsupportedExpression
from lossproof.notation.inert import MINUS_ONE, ONE, add, inverse, mul, neg, power
from lossproof.notation.inert import exp as exponential
from lossproof.notation.inert import log as logarithm
from lossproof.notation.nodes import Named, Opaque, Sigmoid, Softplus, Where
from lossproof.notation.plain import written
from lossproof.rulebook.floating import FUNCTIONS

arb, acb = flint.arb, flint.acb

Ball: TypeAlias = Any
#: The value of an operation at balls, and the size of its slope in each operand, at the operands and the value.
Value: TypeAlias = Callable[..., Ball]
Slope: TypeAlias = Callable[..., Ball]


@dataclass(frozen=True)
class Operation:
    """What a computer does in one go.

    Attributes:
        name: as the programs call it.
        value: at balls.
        slopes: ``|d value / d operand|`` for each operand, at the operands followed by the value.
        ulps: by how much a good library's result may be wrong where the operands are right; 0 if it is exact.
        cost: of one call, in additions.
    """

    name: str
    value: Value
    slopes: tuple[Slope, ...] = ()
    ulps: float = 0.5
    cost: float = 1.0


def _undefined() -> Ball:
    return arb.nan()


def _log(a: Ball) -> Ball:
    return a.log() if a > 0 else _undefined()


def _log1p(a: Ball) -> Ball:
    return a.log1p() if a > -1 else _undefined()


def _sqrt(a: Ball) -> Ball:
    return a.sqrt() if a >= 0 else _undefined()


def _power(a: Ball, b: Ball) -> Ball:
    if b.is_exact() and b.is_integer() and abs(b) < 1 << 62:
        return a ** int(b.unique_fmpz())
    if a.is_zero() and b > 0:
        return arb(0)
    return a**b if a > 0 else _undefined()


def _xlogy(a: Ball, b: Ball) -> Ball:
    return arb(0) if a.is_zero() else a * _log(b)


def _log_ndtr(z: Ball) -> Ball:
    """``log(erfc(-z / sqrt 2) / 2)``, near 0 of the complement: ``log1p(-erfc(z / sqrt 2) / 2)``."""
    t = z / arb(2).sqrt()
    return (-t.erfc() / 2).log1p() if z > 0 else _log((-t).erfc() / 2)


def _erfcx(z: Ball) -> Ball:
    return (z * z).exp() * z.erfc()


def _sign(a: Ball) -> Ball:
    return arb(0) if a.is_zero() else arb(1) if a > 0 else arb(-1) if a < 0 else arb(0, 1)


def _trigamma(a: Ball) -> Ball:
    return acb(a).polygamma(1).real


def _lgamma(a: Ball) -> Ball:
    return a.lgamma() if a > 0 else abs(a.gamma()).log() if not a.contains_integer() else _undefined()


def _erf_slope(a: Ball, _: Ball) -> Ball:
    return (2 / arb.pi().sqrt()) * (-a * a).exp()


def _log_ndtr_slope(z: Ball, v: Ball) -> Ball:
    return (-z * z / 2 - v).exp() / (2 * arb.pi()).sqrt()


def _one(*_: Ball) -> Ball:
    return arb(1)


LIBM, ROUNDED, EXACT = 1.0, 0.5, 0.0

ADD = Operation("add", lambda a, b: a + b, (_one, _one))
SUBTRACT = Operation("subtract", lambda a, b: a - b, (_one, _one))
MULTIPLY = Operation("multiply", lambda a, b: a * b, (lambda a, b, v: abs(b), lambda a, b, v: abs(a)))
DIVIDE = Operation(
    "divide",
    lambda a, b: _undefined() if b.contains(0) else a / b,
    (lambda a, b, v: abs(1 / b), lambda a, b, v: abs(v / b)),
    cost=2,
)
NEGATIVE = Operation("negative", lambda a: -a, (_one,), EXACT, 0.5)
SQUARE = Operation("square", lambda a: a * a, (lambda a, v: abs(2 * a),))
ABSOLUTE = Operation("absolute", abs, (_one,), EXACT, 0.5)
MAXIMUM = Operation("maximum", lambda a, b: a.max(b), (_one, _one), EXACT)
#: ``yes`` where ``0 <= gap``, else ``no``; the value is picked by whoever evaluates.
SELECT = Operation("where", lambda gap, yes, no: yes if gap >= 0 else no, (), EXACT, 1.5)
SIGN = Operation("sign", _sign, (lambda a, v: arb(0),), EXACT)
SQRT = Operation("sqrt", _sqrt, (lambda a, v: abs(1 / (2 * v)),), cost=3)
EXP = Operation("exp", lambda a: a.exp(), (lambda a, v: abs(v),), LIBM, 8)
LOG = Operation("log", _log, (lambda a, v: abs(1 / a),), LIBM, 8)
POWER = Operation("power", _power, (lambda a, b, v: abs(b * v / a), lambda a, b, v: abs(v * a.log())), LIBM, 20)

#: Functions that libraries have, by the names in `FUNCTIONS` and of SymPy's classes.
LIBRARY: dict[str, Operation] = {
    f.name: f
    for f in (
        Operation("log1p", _log1p, (lambda a, v: (-v).exp(),), LIBM, 9),
        Operation("expm1", lambda a: a.expm1(), (lambda a, v: a.exp(),), LIBM, 9),
        Operation("xlogy", _xlogy, (lambda a, b, v: abs(_log(b)), lambda a, b, v: abs(a / b)), LIBM, 10),
        Operation("lgamma", _lgamma, (lambda a, v: abs(a.digamma()),), LIBM, 40),
        Operation("erfc", lambda a: a.erfc(), (_erf_slope,), LIBM, 20),
        Operation("erfcx", _erfcx, (lambda a, v: abs(2 * a * v - 2 / arb.pi().sqrt()),), LIBM, 20),
        Operation("log_ndtr", _log_ndtr, (_log_ndtr_slope,), LIBM, 30),
        Operation(
            "ndtr",
            lambda z: (-z / arb(2).sqrt()).erfc() / 2,
            (lambda z, v: (-z * z / 2).exp() / (2 * arb.pi()).sqrt(),),
            LIBM,
            20,
        ),
        Operation(
            "hypot",
            lambda a, b: (a * a + b * b).sqrt(),
            (lambda a, b, v: abs(a / v), lambda a, b, v: abs(b / v)),
            LIBM,
            12,
        ),
        Operation("erf", lambda a: a.erf(), (_erf_slope,), LIBM, 20),
        Operation("cos", lambda a: a.cos(), (lambda a, v: abs(a.sin()),), LIBM, 15),
        Operation("sin", lambda a: a.sin(), (lambda a, v: abs(a.cos()),), LIBM, 15),
        Operation("gamma", lambda a: a.gamma(), (lambda a, v: abs(v * a.digamma()),), LIBM, 40),
        Operation("trigamma", _trigamma, (lambda a, v: abs(acb(a).polygamma(2).real),), LIBM, 40),
        Operation("digamma", lambda a: a.digamma(), (lambda a, v: abs(_trigamma(a)),), LIBM, 40),
    )
}

#: What SymPy's nodes of one number are.
_UNARY: dict[type[Basic], Operation] = {
    exp: EXP,
    log: LOG,
    Abs: ABSOLUTE,
    sign: SIGN,
    **{kind: LIBRARY[kind.__name__] for kind in (erf, cos, sin, gamma, digamma, trigamma)},
}


@dataclass(frozen=True)
class Reading:
    """An operation on operands; of an input or a constant, none."""

    operation: Operation | None
    operands: tuple[Expr, ...] = ()


INPUT = Reading(None)


def is_input(e: Expr) -> bool:
    """What is given: a letter, an element of an array, an output of a network."""
    return isinstance(e, (Symbol, Indexed, Opaque))


def is_constant(e: Expr) -> bool:
    """A number as it is written."""
    return isinstance(e, Rational) or e in (pi, E)


@lru_cache(maxsize=1 << 15)
def reading(e: Expr) -> Reading:
    """Which operation a node is, and its operands.

    Raises:
        UnsupportedExpression: for a node that no program computes in one go, such as a sum over an index.

    >>> from sympy import symbols
    >>> from lossproof.notation.inert import inverse, mul, sub
    >>> a, b = symbols("a b", real=True)
    >>> [reading(e).operation.name for e in (sub(a, b), mul(a, inverse(b)), mul(a, b, b))]
    ['subtract', 'divide', 'multiply']
    """
    if is_input(e) or is_constant(e):
        return INPUT
    if isinstance(e, Add):
        return _sum(e)
    if isinstance(e, Mul):
        return _product(e)
    if isinstance(e, Pow):
        return _raised(*e.args)
    if type(e) in _UNARY:
        return Reading(_UNARY[type(e)], e.args)
    if isinstance(e, Max) and len(e.args) == 2:
        return Reading(MAXIMUM, e.args)
    if isinstance(e, Where):
        return Reading(SELECT, e.args)
    if isinstance(e, Sigmoid):
        return reading(inverse(add(ONE, exponential(neg(e.args[0])))))
    if isinstance(e, Softplus):
        return reading(logarithm(add(ONE, exponential(e.args[0]))))
    if isinstance(e, factorial):
        return Reading(LIBRARY["gamma"], (add(e.args[0], ONE),))
    if isinstance(e, besseli) and isinstance(e.args[0], Integer):
        return Reading(_bessel(int(e.args[0])), e.args[1:])
    if isinstance(e, Named):
        name = e.head.name
        if FUNCTIONS.get(name) == e.definition:
            return Reading(LIBRARY[name], e.arguments)
        return reading(e.body)
    raise UnsupportedExpression(written(e), "the error analysis")


@lru_cache
def _bessel(order: int) -> Operation:
    """``I_k``; ``2 I_k' = I_(k-1) + I_(k+1)`` (DLMF 10.29.1)."""

    def slope(a: Ball, _: Ball) -> Ball:
        return abs(a.bessel_i(abs(order - 1)) + a.bessel_i(order + 1)) / 2

    return Operation(f"besseli{order}", lambda a: a.bessel_i(order), (slope,), LIBM, 40)


def negated(e: Expr) -> Expr | None:
    """``a`` of ``-a``."""
    if isinstance(e, Mul) and len(e.args) > 1 and e.args[0] == MINUS_ONE:
        return e.args[1] if len(e.args) == 2 else mul(*e.args[1:])
    return None


def inverted(e: Expr) -> Expr | None:
    """``a`` of ``1 / a``, also of ``a^(-n)``."""
    if isinstance(e, Pow) and isinstance(e.args[1], Integer) and e.args[1] < 0:
        return e.args[0] if e.args[1] == -1 else power(e.args[0], -e.args[1])
    return None


def _sum(e: Expr) -> Reading:
    if len(e.args) == 1:
        return reading(e.args[0])
    *first, last = e.args
    a = first[0] if len(first) == 1 else add(*first)
    taken = negated(last)
    if taken is not None:
        return Reading(SUBTRACT, (a, taken))
    turned = negated(a)
    return Reading(ADD, (a, last)) if turned is None else Reading(SUBTRACT, (last, turned))


def _product(e: Expr) -> Reading:
    if len(e.args) == 1:
        return reading(e.args[0])
    positive = negated(e)
    if positive is not None:
        return Reading(NEGATIVE, (positive,))
    *first, last = e.args
    a = first[0] if len(first) == 1 else mul(*first)
    below = inverted(last)
    if below is not None:
        return Reading(DIVIDE, (a, below))
    below = inverted(a)
    return Reading(MULTIPLY, (a, last)) if below is None else Reading(DIVIDE, (last, below))


def _raised(base: Expr, exponent: Expr) -> Reading:
    if isinstance(exponent, Integer):
        n = int(exponent)
        if n < 0:
            return Reading(DIVIDE, (ONE, base if n == -1 else power(base, Integer(-n))))
        if n == 2:
            return Reading(SQUARE, (base,))
        if n == 1:
            return reading(base)
        if 3 <= n <= 4:
            return Reading(MULTIPLY, (power(base, Integer(n - 1)), base))
    if exponent == Rational(1, 2):
        return Reading(SQRT, (base,))
    if exponent == Rational(-1, 2):
        return Reading(DIVIDE, (ONE, power(base, Rational(1, 2))))
    return Reading(POWER, (base, exponent))
