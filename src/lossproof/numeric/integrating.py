"""Integrals and series of expressions, enclosed in balls.

An integral is cut where the integrand has a kink (where `Abs`, `Max` or `Where` changes over, if that
is at a root of a polynomial); each piece is integrated by Arb (Johansson 2018, "Numerical integration
in arbitrary-precision ball arithmetic") over a compact range, as a function of ``log u`` where an end
is singular or infinite, and what lies beyond is bounded by its elasticity (`lossproof.numeric.rays`).
A series is added up to a number beyond which the ratio of consecutive terms is at most ``rho < 1``.

Everything that is not the variable has a number here.  A finite ball says that the integrand has a
value everywhere between the ends, and that the integral converges absolutely.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from sympy import (
    Abs,
    Add,
    Basic,
    Expr,
    Integer,
    Max,
    Mul,
    Pow,
    S,
    Symbol,
    besseli,
    cos,
    digamma,
    erf,
    exp,
    factorial,
    gamma,
    log,
    sign,
    sin,
    trigamma,
)

from lossproof.errors import LossproofError, NoFiniteValue, UnsupportedExpression
from lossproof.notation.inert import ONE, add, free, is_leaf, limits_of, neg, rebuild
from lossproof.notation.nodes import Sigmoid, Softplus, Where, written_out
from lossproof.numeric.balls import Ball, Balls, Dual, ball, exactly, rounded
from lossproof.numeric.evaluate import Evaluator, Instance, Rationals
from lossproof.numeric.rays import KINKED, Interval, Ray, Unbounded, gap, is_finite, sides

try:
    from flint import acb, arb, ctx, fmpq, fmpq_poly
except ImportError:
    acb = arb = ctx = fmpq = fmpq_poly = None

_INF = math.inf
#: The radius of the result is to be at most this, or this share of the result.
SMALL = Fraction(1, 2**80)
#: A ball whose radius is larger, and that tells fewer than nine digits, is none.
LARGEST_RADIUS = Fraction(1, 2**30)
#: How many pieces an integral may be cut into, and how often an integrand is evaluated on one of them.
MOST_PIECES, MOST_VALUES = 64, 12_000
#: From how far, as powers of two, tails are left out: ``exp(2^k)`` from an end; and terms of a series.
FARTHEST, MOST_TERMS = 14, 13
_CHANGES = (Abs, Max, Where, sign)

#: An end: an exact number, a ball, or an infinity.
End: TypeAlias = Any
Function: TypeAlias = Callable[[Any, bool], Any]


def integral_of(e: Expr, variable: Symbol, low: Expr, high: Expr, instance: Instance, bits: int) -> Ball:
    """A ball around the integral of an expression.

    Args:
        e: the integrand.
        variable: of integration.
        low: the lower end; it may be ``-oo``.
        high: the upper end; it may be ``oo``.
        instance: numbers for all other symbols.
        bits: the working precision.

    Raises:
        Unbounded: if a tail could not be bounded, or no narrow ball is found.
        NoFiniteValue: if it cannot be told which end is the greater.
        UnsupportedExpression: for a node that the integrand may not have.

    >>> from lossproof.notation.inert import exp, power, TWO, neg
    >>> from sympy import S
    >>> x = Symbol("x")
    >>> e = exp(neg(power(x, TWO)))
    >>> integral_of(e, x, S.NegativeInfinity, S.Infinity, Instance({}), 128).str(10)
    '[1.772453851 +/- 9...e-11]'
    """
    numbers = Balls(bits)
    with numbers.working():
        here = Surroundings(instance, variable, numbers)
        ends = here.end(low), here.end(high)
        if not _before(*ends):
            return rounded(0)
        pieces = list(here.pieces(_without_names(e), *ends))
        total = sum((_Piece(here, *piece).total(SMALL) for piece in pieces), rounded(0))
        if 0 < abs(total).upper() < 1 and total.rel_accuracy_bits() < 70:
            finer = SMALL * _size(total)
            total = sum((_Piece(here, *piece).total(finer) for piece in pieces), rounded(0))
    if not total.is_finite() or (total.rel_accuracy_bits() < 30 and total.rad() > ball(LARGEST_RADIUS)):
        raise Unbounded(f"no narrow ball is found for an integral with {MOST_VALUES} values of the integrand")
    return total


def series_of(e: Expr, index: Symbol, low: Expr, instance: Instance, bits: int) -> Ball:
    """A ball around the sum of an expression over the integers from a first one on.

    Raises:
        Unbounded: if the ratio of consecutive terms is not shown to stay below 1.
        NoFiniteValue: if no ball of finite radius is found, or the first integer is not known.
    """
    numbers = Balls(bits)
    with numbers.working():
        here = Surroundings(instance, index, numbers)
        start = here.end(low)
        if not isinstance(start, Fraction):
            raise NoFiniteValue("where a series begins is not known exactly")
        first = math.ceil(start)
        body, why = _without_names(e), "the ratio of consecutive terms does not fall below 1"
        for power in range(4, MOST_TERMS + 1):
            last = max(first, 0) + 2**power
            try:
                ratio = here.ratio(body, last)
            except Unbounded as reason:
                why = str(reason)
                continue
            largest = max(-ratio.low, ratio.high)
            if not is_finite(largest) or not largest < 1:
                continue
            rest = abs(here.terms(body, last, last)) / (1 - largest)
            if rest < ball(SMALL):
                total = here.terms(body, first, last - 1)
                if rest.upper() <= ball(SMALL) * abs(total).lower() or power == MOST_TERMS or rest.is_zero():
                    return total + arb(0, rest.upper())
    raise Unbounded(why)


def _size(v: Ball) -> Fraction:
    """How large a number is, at least `SMALL`: one such as 2^-(10^12) must not be written out."""
    high = abs(v).upper()
    found = SMALL if high < ball(SMALL) else exactly(high.mid())
    return found if found else Fraction(1)


def _without_names(e: Expr) -> Expr:
    """Names, sigmoids and softplus written out, so that what is known of exponentials is known of them."""
    return _plain(written_out(e))


def _plain(e: Basic) -> Expr:
    if is_leaf(e) or limits_of(e) is not None:
        return e
    parts = [_plain(a) for a in e.args]
    if isinstance(e, Sigmoid):
        return Pow(add(ONE, exp(neg(parts[0]), evaluate=False)), Integer(-1), evaluate=False)
    if isinstance(e, Softplus):
        return log(add(ONE, exp(parts[0], evaluate=False)), evaluate=False)
    return rebuild(e, parts)


def _before(low: End, high: End) -> bool:
    """Whether one end is less than the other, exactly or certainly."""
    if isinstance(low, float) or isinstance(high, float):
        return bool(low == -_INF or high == _INF)
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return low < high
    if ball(low) < ball(high):
        return True
    if ball(low) >= ball(high):
        return False
    raise NoFiniteValue("which end of an integral is the greater cannot be told at this precision")


class Surroundings:
    """What an integral or a series stands in: everything but its variable has a number here."""

    def __init__(self, instance: Instance, variable: Symbol, numbers: Balls) -> None:
        self.instance, self.variable, self.bits = instance, variable, numbers.bits
        self.real = Evaluator(instance, numbers)
        self._exact: Evaluator | None = None
        self._found: dict[tuple[Basic, int], Ball] = {}

    def exact(self, e: Expr) -> Fraction | None:
        """The value as a fraction, if it is one and made by arithmetic."""
        try:
            if self._exact is None:
                values = {name: _fractions(v) for name, v in self.instance.values.items()}
                self._exact = Evaluator(replace(self.instance, values=values), Rationals())
            return Fraction(self._exact.value(e))
        except (LossproofError, TypeError, ValueError):
            return None

    def end(self, e: Expr) -> End:
        """An end of a range."""
        if e in (S.Infinity, S.NegativeInfinity):
            return _INF if e is S.Infinity else -_INF
        known = self.exact(e)
        return self.constant(e) if known is None else known

    def constant(self, e: Expr, bits: int | None = None) -> Ball:
        """The value of an expression without the variable."""
        bits = bits or self.bits
        if (e, bits) not in self._found:
            at = self.real if bits == self.bits else Evaluator(self.instance, Balls(bits))
            self._found[e, bits] = at.value(e)
        found = self._found[e, bits]
        if isinstance(found, Dual):
            raise UnsupportedExpression("the derivative of an integral or a series", "the evaluator in balls")
        return found

    # -------------------------------------------------------------- kinks

    def pieces(self, e: Expr, low: End, high: End) -> Iterator[tuple[Expr, End, End]]:
        """The integrand between kinks, where it is written without them."""
        found = [(e, low, high)]
        done = 0
        while found:
            body, left, right = found.pop()
            cut = self._cut(body, left, right)
            if cut is None:
                yield body, left, right
                done += 1
            else:
                found.extend(cut)
            if len(found) + done > MOST_PIECES:
                raise UnsupportedExpression("an integrand with so many kinks", "the evaluator in balls")

    def _cut(self, e: Expr, low: End, high: End) -> list[tuple[Expr, End, End]] | None:
        """One kink resolved: the pieces that it makes; None if there is none at a root of a polynomial."""
        for node in self._kinked(e):
            inside = gap(node)
            polynomial = self.polynomial(inside)
            if polynomial is None:
                continue
            cuts = [low, *(r for r in _roots(polynomial) if _inside(r, low, high)), high]
            yes, no = sides(node)
            return [
                (_put(e, node, yes if _value(polynomial, _between(a, b)) >= 0 else no), a, b) for a, b in pairwise(cuts)
            ]
        return None

    def _kinked(self, e: Basic) -> Iterator[Expr]:
        """The nodes with kinks, innermost first."""
        if is_leaf(e) or self.variable not in free(e) or limits_of(e) is not None:
            return
        for a in e.args:
            yield from self._kinked(a)
        if isinstance(e, KINKED):
            yield e

    def polynomial(self, e: Expr) -> list[Fraction] | None:
        """The coefficients, if the expression is a polynomial in the variable with rational ones."""
        if self.variable not in free(e):
            known = self.exact(e)
            return None if known is None else [known]
        if e == self.variable:
            return [Fraction(0), Fraction(1)]
        if isinstance(e, Pow) and isinstance(e.exp, Integer) and 0 < e.exp <= 8:
            return self._times([e.base] * int(e.exp))
        if isinstance(e, Mul):
            return self._times(e.args)
        if isinstance(e, Add):
            terms = [self.polynomial(a) for a in e.args]
            known_terms = [t for t in terms if t is not None]
            if len(known_terms) < len(terms):
                return None
            size = max(map(len, known_terms))
            return _trimmed([sum((t[k] for t in known_terms if k < len(t)), Fraction(0)) for k in range(size)])
        return None

    def _times(self, factors: Any) -> list[Fraction] | None:
        out = [Fraction(1)]
        for factor in map(self.polynomial, factors):
            if factor is None or len(factor) + len(out) > 32:
                return None
            product = [Fraction(0)] * (len(out) + len(factor) - 1)
            for j, a in enumerate(out):
                for k, b in enumerate(factor):
                    product[j + k] += a * b
            out = product
        return _trimmed(out)

    # -------------------------------------------------------------- series

    def terms(self, e: Expr, first: int, last: int) -> Ball:
        """The sum of the terms from a first to a last one."""
        if last < first:
            return rounded(0)
        indices = {**self.instance.indices, self.variable.name: np.arange(first, last + 1)}
        values = {name: v for name, v in self.instance.values.items() if name != self.variable.name}
        found = np.asarray(Evaluator(replace(self.instance, values=values, indices=indices), Balls(self.bits)).value(e))
        if any(isinstance(v, Dual) for v in found.flat):
            raise UnsupportedExpression("the derivative of a series", "the evaluator in balls")
        total = sum(np.broadcast_to(found, (last + 1 - first,)).flat, rounded(0))
        if not total.is_finite():
            raise NoFiniteValue("no finite value is found for a term of a series")
        return total

    def ratio(self, e: Expr, first: int) -> Interval:
        """``f(k + 1) / f(k)`` for all ``k >= first``."""
        ray = Ray(rounded(0), 1, Interval(rounded(first), _INF), self.real, self.variable)
        out, above, below = Interval.around(rounded(1)), list[Ball](), list[Ball]()
        for factor, power in _factors(e, 1):
            known = ray.constant(factor)
            if known is not None:
                out = out * Interval.around(rounded(0 if known.is_zero() else 1))
                continue
            line = ray.linear(factor.args[0]) if isinstance(factor, (factorial, gamma)) else None
            if line is not None and (line[1] - 1).is_zero():
                start = rounded(first) + line[0] + (1 if isinstance(factor, factorial) else 0)
                if not start > 0:
                    raise Unbounded("a gamma function of a negative number")
                (above if power > 0 else below).extend([start] * abs(power))
                continue
            out = out * self._grown(factor, power, ray, first)
        if len(above) > len(below):
            raise Unbounded("a term that grows faster than every power")
        for k, b in enumerate(below):
            out = out * Interval.around(*([rounded(1), above[k] / b] if k < len(above) else [rounded(0), 1 / b]))
        return out

    def _grown(self, factor: Expr, power: int, ray: Ray, first: int) -> Interval:
        """The ratio of consecutive values of a factor: of a geometric one, else by its elasticity."""
        base = ray.constant(factor.args[0]) if isinstance(factor, Pow) else None
        exponent = ray.linear(factor.args[1]) if isinstance(factor, Pow) and base is not None else None
        if type(factor) is exp:
            exponent = ray.linear(factor.args[0])
        if exponent is not None:
            step = exponent[1] * power
            if base is not None and base.is_zero():
                return Interval.around(rounded(0))
            if base is not None and not base > 0 and not (step.is_exact() and step.is_integer()):
                raise Unbounded("a power of what may be negative")
            return Interval.around(step.exp() if base is None else base**step)
        bound = ray.elasticity(factor) * Interval.around(rounded(power))
        if not is_finite(bound.low) or not is_finite(bound.high):
            raise Unbounded(f"the ratio of consecutive values of a {type(factor).__name__}")
        step = rounded(first + 1) / first
        return Interval.around(1, step**bound.low, step**bound.high)


def _factors(e: Expr, power: int) -> Iterator[tuple[Expr, int]]:
    """The factors of a product, with integer powers."""
    if isinstance(e, Mul):
        for a in e.args:
            yield from _factors(a, power)
    elif isinstance(e, Pow) and isinstance(e.args[1], Integer):
        yield from _factors(e.args[0], power * int(e.args[1]))
    else:
        yield e, power


def _fractions(value: Any) -> Any:
    """Balls that contain one number as that number; anything else as it is."""
    if isinstance(value, arb):
        found = exactly(value)
        return value if found is None else found
    return value


def _trimmed(coefficients: list[Fraction]) -> list[Fraction]:
    while len(coefficients) > 1 and not coefficients[-1]:
        coefficients.pop()
    return coefficients


def _value(coefficients: list[Fraction], at: Fraction) -> Fraction:
    out = Fraction(0)
    for c in reversed(coefficients):
        out = out * at + c
    return out


def _roots(coefficients: list[Fraction]) -> tuple[End, ...]:
    """The real roots in order, exactly where they are fractions; the same objects for a multiple of the polynomial."""
    return _roots_of(tuple(c / coefficients[-1] for c in coefficients)) if len(coefficients) > 1 else ()


@lru_cache(maxsize=1 << 8)
def _roots_of(coefficients: tuple[Fraction, ...]) -> tuple[End, ...]:
    if len(coefficients) == 2:
        return (-coefficients[0],)
    polynomial = fmpq_poly([fmpq(c.numerator, c.denominator) for c in coefficients])
    real = [r.real for r, _ in polynomial.complex_roots() if r.imag.is_zero()]
    return tuple(_as_fraction(r, coefficients) for r in sorted(real, key=lambda r: float(r.mid())))


def _as_fraction(root: Ball, coefficients: tuple[Fraction, ...]) -> End:
    """The root as a fraction, if it is a simple one."""
    near, low, high = _middle(root).limit_denominator(1 << 20), exactly(root.lower()), exactly(root.upper())
    assert low is not None
    assert high is not None
    return near if low <= near <= high and not _value(list(coefficients), near) else root


def _inside(root: End, low: End, high: End) -> bool:
    """Whether a root lies strictly between two ends; one of its own balls does not."""
    return all(
        isinstance(a, float) or isinstance(b, float) or (a is not b and _before(a, b))
        for a, b in ((low, root), (root, high))
    )


def _between(low: End, high: End) -> Fraction:
    """A fraction strictly between two ends."""
    if isinstance(low, float) and isinstance(high, float):
        return Fraction(0)
    if isinstance(low, float):
        return _middle(high) - 1
    if isinstance(high, float):
        return _middle(low) + 1
    found = (_middle(low) + _middle(high)) / 2
    if not (ball(low) < ball(found) < ball(high)) and not (isinstance(low, Fraction) and isinstance(high, Fraction)):
        raise NoFiniteValue("two kinks that cannot be told apart at this precision")
    return found


def _middle(v: End) -> Fraction:
    if isinstance(v, Fraction):
        return v
    found = exactly(v.mid())
    assert found is not None
    return found


def _put(e: Basic, node: Expr, by: Expr) -> Expr:
    """The expression with a part replaced wherever it stands."""
    if e == node:
        return by
    return e if is_leaf(e) or limits_of(e) is not None else rebuild(e, [_put(a, node, by) for a in e.args])


# ------------------------------------------------------------------ one piece


class _Piece:
    """An integrand between two ends."""

    def __init__(self, here: Surroundings, e: Expr, low: End, high: End) -> None:
        self.here, self.e, self.low, self.high = here, e, low, high
        self._compiled: dict[int, Function] = {}
        self.error = SMALL

    def total(self, error: Fraction) -> Ball:
        """The integral, with an error of this order if it can be had."""
        if self.here.variable not in free(self.e) and self.here.constant(self.e).is_zero():
            return rounded(0)
        self.error = error
        low, high = self.low, self.high
        if isinstance(low, float) and isinstance(high, float):
            return self._ray(rounded(0), 1, _INF) + self._ray(rounded(0), -1, _INF)
        if isinstance(high, float):
            return self._ray(ball(low), 1, _INF)
        if isinstance(low, float):
            return self._ray(ball(high), -1, _INF)
        low, high = ball(low), ball(high)
        length = high - low
        if not length > 0:
            raise NoFiniteValue("two ends that cannot be told apart at this precision")
        smooth = [self._is_smooth(low, length), self._is_smooth(high, length)]
        if all(smooth):
            return self._direct(low, high)
        middle = (low + high) / 2
        return self._ray(low, 1, middle - low) + self._ray(high, -1, high - middle)

    def _is_smooth(self, end: Ball, length: Ball) -> bool:
        """Whether the integrand is analytic and known around an end."""
        found = self.at(acb(end + arb(0, 1) * length / 2**10, arb(0, 1) * length / 2**10), True)
        return bool(found.is_finite())

    def _direct(self, low: Ball, high: Ball) -> Ball:
        error = arb(ball(self.error))
        return acb.integral(self.at, acb(low), acb(high), abs_tol=error, rel_tol=error, eval_limit=MOST_VALUES).real

    def _ray(self, centre: Ball, sign: int, length: Any) -> Ball:
        """The integral over ``centre + sign u`` for ``0 < u < length``."""
        reach = length if is_finite(length) else rounded(1)
        if self._is_smooth(centre, reach):
            ends = (centre, centre + reach) if sign > 0 else (centre - reach, centre)
            total, near = self._direct(*ends), reach.log()
        else:
            near, left_out = self._end(centre, sign, below=True)
            total = arb(0, left_out.upper()) + self._logarithmic(centre, sign, near, reach.log())
            near = reach.log()
        if is_finite(length):
            return total
        far, left_out = self._end(centre, sign, below=False)
        return total + arb(0, left_out.upper()) + self._logarithmic(centre, sign, near, far)

    def _logarithmic(self, centre: Ball, sign: int, near: Ball, far: Ball) -> Ball:
        """The integral over ``centre + sign exp(v)`` for ``v`` between two ends."""

        def integrand(v: Any, analytic: bool) -> Any:
            u = v.exp()
            return self.at(centre + sign * u, analytic) * u

        error = arb(ball(self.error))
        with ctx.workprec(_enough(self.here.bits, near)):
            found = acb.integral(integrand, acb(near), acb(far), abs_tol=error, rel_tol=error, eval_limit=MOST_VALUES)
        return found.real

    def _end(self, centre: Ball, sign: int, *, below: bool) -> tuple[Ball, Ball]:
        """The logarithm of how far to go, and a bound on what is left out."""
        why = "it does not fall fast enough"
        for power in range(FARTHEST):
            far = rounded(-(2**power) if below else 2**power)
            edge = far.exp()
            u = Interval(rounded(0), edge.upper()) if below else Interval(edge.lower(), _INF)
            try:
                found = Ray(centre, sign, u, self.here.real, self.here.variable).elasticity(self.e)
            except Unbounded as reason:
                why = str(reason)
                continue
            margin = 1 + found.low if below else -1 - found.high
            if not margin > 0:
                continue
            with ctx.workprec(_enough(self.here.bits, far)):
                edge = far.exp()
                value = self.at(acb(centre + sign * edge), False)
                mass = abs(value.real) * edge / (margin if is_finite(margin) else 1)
            if value.is_finite() and mass < ball(self.error):
                return far, mass
        raise Unbounded(f"{why}, {'towards' if below else 'away from'} {float(centre.mid()):g}")

    def at(self, t: Any, analytic: bool) -> Any:
        """The integrand at a complex ball; not finite where it is not known, or not analytic if it must be."""
        bits = ctx.prec
        if bits not in self._compiled:
            self._compiled[bits] = self._function(self.e, bits)
        found = self._compiled[bits](acb(t), analytic)
        return found if isinstance(found, acb) else acb(found)

    def _function(self, e: Expr, bits: int) -> Function:
        """The expression as a function of complex balls."""
        if self.here.variable not in free(e):
            value = acb(self.here.constant(e, bits))
            return lambda t, analytic: value
        if e == self.here.variable:
            return lambda t, analytic: t
        if type(e) not in _COMPLEX or limits_of(e) is not None:
            raise UnsupportedExpression(f"a {type(e).__name__} of the variable of integration", "Arb")
        if isinstance(e, besseli):
            order, inner = acb(int(e.args[0])), self._function(e.args[1], bits)
            return lambda t, analytic: inner(t, analytic).bessel_i(order)
        if isinstance(e, Pow) and isinstance(e.exp, Integer):
            power, inner = int(e.exp), self._function(e.base, bits)
            if power < 0:
                return lambda t, analytic: (1 / inner(t, analytic)) ** -power
            return lambda t, analytic: inner(t, analytic) ** power
        parts, function = [self._function(a, bits) for a in e.args], _COMPLEX[type(e)]
        if isinstance(e, Where):
            return _where(*parts)
        return lambda t, analytic: function(analytic, *(p(t, analytic) for p in parts))


def _enough(bits: int, log_of_edge: Ball) -> int:
    """The precision at which a number that differs so little from one of ordinary size is told from it."""
    return bits + max(0, math.ceil(-1.5 * float(log_of_edge)))


# ------------------------------------------------------------------ functions of complex balls


def _nan() -> Any:
    return acb(arb.nan())


def _sum(_: bool, *terms: Any) -> Any:
    return sum(terms[1:], terms[0])


def _product(_: bool, *factors: Any) -> Any:
    out = factors[0]
    for factor in factors[1:]:
        out = out * factor
    return out


def _power(_: bool, a: Any, b: Any) -> Any:
    """A power whose base is to the right of the imaginary axis, where it has no cut; on the left it is not defined."""
    return a.pow(b) if a.real > 0 else _nan()


def _log(_: bool, a: Any) -> Any:
    return a.log() if a.real > 0 else _nan()


def _absolute(analytic: bool, a: Any) -> Any:
    return a if a.real > 0 else -a if a.real < 0 else a.real_abs(analytic=analytic)


def _maximum(analytic: bool, a: Any, b: Any) -> Any:
    over = (a - b).real
    return a if over > 0 else b if over < 0 else a.real_max(b, analytic=analytic)


def _sign(analytic: bool, a: Any) -> Any:
    return acb(1) if a.real > 0 else acb(-1) if a.real < 0 else _nan() if analytic else acb(arb(0, 1))


def _where(gap_of: Function, yes: Function, no: Function) -> Function:
    """The chosen branch; where it is not known which that is, both."""

    def function(t: Any, analytic: bool) -> Any:
        over = gap_of(t, analytic)
        if not over.is_finite():
            return _nan()
        if over.real > 0 or (over.real >= 0 and not analytic):
            return yes(t, analytic)
        if over.real < 0:
            return no(t, analytic)
        return _nan() if analytic else yes(t, analytic).union(no(t, analytic))

    return function


_COMPLEX: dict[type[Basic], Callable[..., Any]] = {
    Add: _sum,
    Mul: _product,
    Pow: _power,
    exp: lambda _, a: a.exp(),
    log: _log,
    Abs: _absolute,
    Max: _maximum,
    sign: _sign,
    Where: _where,
    cos: lambda _, a: a.cos(),
    sin: lambda _, a: a.sin(),
    erf: lambda _, a: a.erf(),
    gamma: lambda _, a: a.gamma(),
    factorial: lambda _, a: (a + 1).gamma(),
    digamma: lambda _, a: a.digamma(),
    trigamma: lambda _, a: a.polygamma(1),
    besseli: lambda _, a, b: b.bessel_i(a),
}
