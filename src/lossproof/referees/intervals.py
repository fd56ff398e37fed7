"""Where the values of an ordinary SymPy expression lie, outward: enough to see a sign.

An interval is ``(low, high, low_in, high_in)``.  What is not known is the whole line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from sympy import Abs, Add, E, Expr, Mul, Pow, Rational, besseli, erf, exp, gamma, log, pi

from lossproof.kernel.domains import Domain

Interval: TypeAlias = tuple[Fraction | float, Fraction | float, bool, bool]
_OO = math.inf
LINE: Interval = (-_OO, _OO, False, False)
_ABOVE: Interval = (Fraction(0), _OO, False, False)
_FROM_ZERO: Interval = (Fraction(0), _OO, True, False)


def is_positive(i: Interval) -> bool:
    """Whether every value is positive."""
    return i[0] > 0 or (i[0] == 0 and not i[2])


def is_negative(i: Interval) -> bool:
    """Whether every value is negative."""
    return is_positive(_minus(i))


def bounds(e: Expr, domains: Mapping[Any, Domain]) -> Interval:
    """An interval that contains every value of the expression where it has one.

    Args:
        e: an ordinary SymPy expression.
        domains: where symbols and unknown functions lie.
    """
    if isinstance(e, Rational):
        value = Fraction(int(e.p), int(e.q))
        return value, value, True, True
    if e in domains:
        d = domains[e]
        return d.low, d.high, d.low_closed, d.high_closed
    if e in (pi, E):
        return Fraction(2), Fraction(4), False, False
    parts = [bounds(a, domains) for a in e.args] if isinstance(e, _FOLLOWED) else []
    match e:
        case Add():
            return _folded(parts, _plus)
        case Mul():
            return _folded(parts, _times)
        case Pow():
            return _power(parts[0], e.exp)
        case exp():
            return _exp(parts[0])
        case log():
            return _log(parts[0])
        case Abs():
            return parts[0] if is_positive(parts[0]) else _FROM_ZERO
        case erf():
            return Fraction(-1), Fraction(1), False, False
        case gamma():
            return _ABOVE if is_positive(parts[0]) else LINE
        case besseli():  # increasing from 0, or from 1 for the order 0
            return _ABOVE if parts[0][0] >= 0 and is_positive(parts[1]) else LINE
    return _ABOVE if e.is_positive else LINE


_FOLLOWED = (Add, Mul, Pow, exp, log, Abs, gamma, besseli)


def _folded(parts: list[Interval], operation: Any) -> Interval:
    whole = parts[0]
    for p in parts[1:]:
        whole = operation(whole, p)
    return whole


def _plus(a: Interval, b: Interval) -> Interval:
    return a[0] + b[0], a[1] + b[1], a[2] and b[2], a[3] and b[3]


def _minus(a: Interval) -> Interval:
    return -a[1], -a[0], a[3], a[2]


def _times(a: Interval, b: Interval) -> Interval:
    if a[1] <= 0 and a[0] < 0:
        return _minus(_times(_minus(a), b))
    if b[1] <= 0 and b[0] < 0:
        return _minus(_times(a, _minus(b)))
    if a[0] >= 0 and b[0] >= 0:
        low = a[0] * b[0] if a[0] and b[0] else Fraction(0)
        low_in = (a[2] and b[2]) if low else (a[0] == 0 and a[2]) or (b[0] == 0 and b[2])
        high = a[1] * b[1] if a[1] and b[1] else Fraction(0)
        return low, high, low_in, (a[3] and b[3]) or not high
    return LINE


def _power(base: Interval, exponent: Expr) -> Interval:
    if not exponent.is_Integer:
        return _ABOVE if is_positive(base) else _FROM_ZERO
    if is_negative(base):
        turned = _power(_minus(base), exponent)
        return turned if exponent % 2 == 0 else _minus(turned)
    if exponent < 0:
        if not is_positive(base):
            return _FROM_ZERO if exponent % 2 == 0 else LINE
        inverse = (_inverse(base[1]), _inverse(base[0]), base[3], base[2])
        return _power(inverse, -exponent)
    if exponent == 0:
        return Fraction(1), Fraction(1), True, True
    if base[0] >= 0:
        k = min(int(exponent), 64)
        return (base[0] ** k, base[1] ** k, base[2], base[3]) if exponent <= 64 else (Fraction(0), _OO, base[2], False)
    if exponent % 2 == 0:
        return _FROM_ZERO
    return LINE


def _inverse(end: Fraction | float) -> Fraction | float:
    if end == 0:
        return _OO
    return Fraction(0) if end == _OO else 1 / Fraction(end)


def _exp(a: Interval) -> Interval:
    """Between simple ends: at most 1 where the exponent is at most 0, at least 1 where it is at least 0."""
    low: Fraction | float = Fraction(1) if a[0] >= 0 else Fraction(0)
    high: Fraction | float = Fraction(1) if a[1] <= 0 else _OO
    return low, high, a[0] == 0 and a[2], a[1] == 0 and a[3]


def _log(a: Interval) -> Interval:
    low: Fraction | float = Fraction(0) if a[0] >= 1 else -_OO
    high: Fraction | float = Fraction(0) if a[1] <= 1 else _OO
    return low, high, a[0] == 1 and a[2], a[1] == 1 and a[3]
