"""Ranges and elasticities of expressions on a whole ray, by ball arithmetic.

The elasticity of a function ``f`` of ``u`` is ``E = u f'(u) / f(u)``.  If ``E <= -1 - c`` for all
``u >= T`` then ``f(u) <= f(T) (T / u)^(1 + c)``, and the integral beyond ``T`` is at most
``f(T) T / c``; if ``E >= c - 1`` for all ``u <= t`` then that below ``t`` is at most ``f(t) t / c``.

Elasticities and ranges are enclosed on an unbounded range by the form of the expression: products of
powers, exponentials and logarithms, polynomials, sums of exponentials of lines, and functions with a
kink on one side of it.  Of other forms nothing is claimed: there `Unbounded` says what was met.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Abs, Add, Basic, Expr, Indexed, Integer, Max, Mul, Pow, Symbol, exp, log

from lossproof.errors import LossproofError, NoFiniteValue
from lossproof.models import y
from lossproof.notation.inert import free, neg, sub, symbol_of
from lossproof.notation.nodes import Where
from lossproof.numeric.balls import Ball, Dual, rounded
from lossproof.numeric.evaluate import Evaluator

_INF = math.inf


class Unbounded(LossproofError):
    """What is left out of a sum or an integral cannot be bounded; the message says why."""


# ------------------------------------------------------------------ intervals with infinite ends


@dataclass(frozen=True)
class Interval:
    """All real numbers from an end to an end, which are exact balls or infinite."""

    low: Any
    high: Any

    @staticmethod
    def around(*values: Any) -> Interval:
        """From the least to the greatest of some balls or infinities."""
        return Interval(min(map(_lower, values)), max(map(_upper, values)))

    def __add__(self, other: Interval) -> Interval:
        return Interval(_plus(self.low, other.low), _plus(self.high, other.high)).outward()

    def __mul__(self, other: Interval) -> Interval:
        return Interval.around(*(_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)))

    def outward(self) -> Interval:
        return Interval(_lower(self.low), _upper(self.high))

    def reciprocal(self) -> Interval:
        """``1/v`` where ``v`` is not 0; an end at 0 gives an infinite one."""
        if self.high <= 0:
            other = Interval(-self.high, -self.low).reciprocal()
            return Interval(-other.high, -other.low)
        if self.low < 0:
            raise Unbounded("a division by what may be 0")
        return Interval.around(_one_over(self.high), _one_over(self.low))

    def power(self, p: Ball) -> Interval:
        """``v^p`` for a constant exponent."""
        if p < 0:
            return self.reciprocal().power(-p)
        if self.low >= 0:
            return Interval.around(_to(self.low, p), _to(self.high, p))
        if not (p.is_exact() and p.is_integer()):
            raise Unbounded("a power of what may be negative")
        even = int(p.unique_fmpz()) % 2 == 0
        if self.high <= 0:
            other = Interval(-self.high, -self.low).power(p)
            return other if even else Interval(-other.high, -other.low)
        ends = Interval.around(_to(self.high, p), _to(-self.low, p) if even else -_to(-self.low, p))
        return Interval.around(0, ends.high) if even else ends

    def exp(self) -> Interval:
        """``exp(v)``."""
        return Interval.around(*(v.exp() if is_finite(v) else 0 if v < 0 else _INF for v in (self.low, self.high)))

    def log(self) -> Interval:
        """``log(v)`` where ``v`` is positive."""
        if self.low < 0:
            raise Unbounded("a logarithm of what may be negative")
        return Interval.around(*(-_INF if v == 0 else v.log() if is_finite(v) else v for v in (self.low, self.high)))


def is_finite(v: Any) -> bool:
    """Whether an end of an interval is a number."""
    return not isinstance(v, float)


def _known(v: Ball) -> Ball:
    if isinstance(v, Dual) or not v.is_finite():
        raise Unbounded("a number that is not known at this precision")
    return v


def _lower(v: Any) -> Any:
    return v if isinstance(v, float) and math.isinf(v) else _known(rounded(v)).lower()


def _upper(v: Any) -> Any:
    return v if isinstance(v, float) and math.isinf(v) else _known(rounded(v)).upper()


def _plus(a: Any, b: Any) -> Any:
    return a + b if is_finite(a) and is_finite(b) else b if is_finite(a) else a


def _times(a: Any, b: Any) -> Any:
    if is_finite(a) and is_finite(b):
        return a * b
    if a == 0 or b == 0:
        return rounded(0)
    return _INF if (a > 0) == (b > 0) else -_INF


def _one_over(v: Any) -> Any:
    return rounded(0) if not is_finite(v) else _INF if v == 0 else 1 / v


def _to(v: Any, p: Ball) -> Any:
    """``v^p`` for ``v >= 0`` and ``p >= 0``."""
    if p.is_zero():
        return rounded(1)
    return v if not is_finite(v) or v == 0 else v**p


# ------------------------------------------------------------------ kinks

#: The functions that may have a kink where a number changes its sign.
KINKED = (Abs, Max, Where)


def _gap(e: Expr) -> Expr | None:
    """The number whose sign chooses what an expression is equal to."""
    return e.args[0] if isinstance(e, (Abs, Where)) else sub(*e.args) if isinstance(e, Max) else None


def sides(e: Expr) -> tuple[Expr, Expr]:
    """What an expression with a kink is equal to where its gap is not negative, and where it is negative."""
    if isinstance(e, Abs):
        return e.args[0], neg(e.args[0])
    return (e.args[1], e.args[2]) if isinstance(e, Where) else (e.args[0], e.args[1])


def gap(e: Expr) -> Expr:
    """The number whose sign chooses what an expression with a kink is equal to."""
    found = _gap(e)
    assert found is not None
    return found


# ------------------------------------------------------------------ polynomials on a ray

_MOST_COEFFICIENTS = 32


@dataclass(frozen=True)
class Polynomial:
    """``c_0 + c_1 u + c_2 u^2 + ...`` with balls for coefficients."""

    of: Sequence[Ball]

    def times(self, other: Polynomial) -> Polynomial:
        """The product."""
        out = [rounded(0)] * (len(self.of) + len(other.of) - 1)
        for j, a in enumerate(self.of):
            for k, b in enumerate(other.of):
                out[j + k] = out[j + k] + a * b
        return Polynomial(out)

    def slope_times_u(self) -> Polynomial:
        """``u p'(u)``."""
        return Polynomial([k * c for k, c in enumerate(self.of)])

    def _leading(self, u: Interval) -> tuple[int, Interval]:
        """``k`` and all values of ``p(u) / u^k``: the degree if the interval is unbounded, else the order."""
        kept = [k for k, c in enumerate(self.of) if not c.is_zero()] or [0]
        far = not is_finite(u.high)
        k, step, rest = kept[-1 if far else 0], u.reciprocal() if far else u, Interval.around(rounded(0))
        others = self.of[:k] if far else self.of[k + 1 :][::-1]
        for c in others:
            rest = (rest + Interval.around(c)) * step
        return k, rest + Interval.around(self.of[k])

    def range(self, u: Interval) -> Interval:
        """All values for ``u`` in an interval of numbers that are not negative, and perhaps more."""
        k, shape = self._leading(u)
        return u.power(rounded(k)) * shape if k else shape

    def elasticity(self, u: Interval) -> Interval:
        """``u p'(u) / p(u)``."""
        k, shape = self._leading(u)
        slope = self.slope_times_u()
        far = not is_finite(u.high)
        step, over = u.reciprocal() if far else u, Interval.around(rounded(0))
        for c in slope.of[:k] if far else slope.of[k + 1 :][::-1]:
            over = (over + Interval.around(c)) * step
        over = over + Interval.around(slope.of[k])
        if shape.low <= 0 <= shape.high:
            raise Unbounded("a polynomial that may cross 0")
        return over * shape.reciprocal()


def sum_of(terms: Sequence[Polynomial]) -> Polynomial:
    """The sum of polynomials."""
    size = max(len(t.of) for t in terms)
    return Polynomial([sum((t.of[k] for t in terms if k < len(t.of)), rounded(0)) for k in range(size)])


# ------------------------------------------------------------------ expressions on a ray


@dataclass(frozen=True)
class Ray:
    """The observations ``y = centre + sign u`` for all ``u`` in an interval that ends at 0 or infinity.

    It gives ranges and elasticities of expressions on the whole of the ray.
    """

    centre: Ball
    sign: int
    u: Interval
    at: Evaluator
    variable: Basic = y

    def constant(self, e: Expr) -> Ball | None:
        """The value of an expression without the variable."""
        return None if symbol_of(self.variable) in free(e) else _known(rounded(self.at.value(e)))

    def linear(self, e: Expr) -> tuple[Ball, Ball] | None:
        """``(a, b)`` if the expression is ``a + b u`` on the ray."""
        known = self.constant(e)
        if known is not None:
            return known, rounded(0)
        match e:
            case Indexed() | Symbol():
                return self.centre, rounded(self.sign)
            case Add():
                parts = [self.linear(a) for a in e.args]
                if any(p is None for p in parts):
                    return None
                return sum(p[0] for p in parts if p), sum(p[1] for p in parts if p)
            case Mul():
                factor, line = rounded(1), None
                for a in e.args:
                    known, part = self.constant(a), self.linear(a)
                    if known is not None:
                        factor = factor * known
                    elif part is None or line is not None:
                        return None
                    else:
                        line = part
                return None if line is None else (factor * line[0], factor * line[1])
            case Abs():
                inner = self.linear(e.args[0])
                if inner is None:
                    return None
                over = self._over(*inner)
                return inner if over.low >= 0 else (-inner[0], -inner[1]) if over.high <= 0 else None
            case Max() | Where():
                side = self.side(e)
                return None if side is None else self.linear(side)
        return None

    def side(self, e: Expr) -> Expr | None:
        """What an expression with a kink is equal to on the whole ray, if that is on one side of it."""
        gap = _gap(e)
        if gap is None:
            return None
        over = self.range(gap)
        yes, no = sides(e)
        return yes if over.low >= 0 else no if over.high < 0 else None

    def polynomial(self, e: Expr) -> Polynomial | None:
        """The coefficients of a polynomial in ``u``, if the expression is one."""
        line = self.linear(e)
        if line is not None:
            return Polynomial(line)
        match e:
            case Add():
                terms = [self.polynomial(a) for a in e.args]
                known = [t for t in terms if t is not None]
                return sum_of(known) if len(known) == len(terms) else None
            case Mul():
                factors = [self.polynomial(a) for a in e.args]
                out = Polynomial((rounded(1),))
                for factor in factors:
                    if factor is None or len(out.of) + len(factor.of) > _MOST_COEFFICIENTS:
                        return None
                    out = out.times(factor)
                return out
            case Pow() if isinstance(e.args[1], Integer) and 0 <= e.args[1] < _MOST_COEFFICIENTS:
                return self.polynomial(Mul(*[e.args[0]] * int(e.args[1]), evaluate=False)) if e.args[1] > 1 else None
            case Abs() | Max() | Where():
                side = self.side(e)
                return None if side is None else self.polynomial(side)
        return None

    def _over(self, a: Ball, b: Ball) -> Interval:
        return Interval.around(a) + Interval.around(b) * self.u

    def range(self, e: Expr) -> Interval:
        """All values of an expression on the ray, and perhaps more."""
        line = self.linear(e)
        if line is not None:
            return self._over(*line)
        whole = self.polynomial(e)
        if whole is not None:
            return whole.range(self.u)
        match e:
            case Abs() | Max() | Where():
                side = self.side(e)
                if side is not None:
                    return self.range(side)
                if isinstance(e, Abs):
                    inner = self.range(e.args[0])
                    return Interval.around(0, -inner.low, inner.high)
                parts = [self.range(a) for a in sides(e)]
                return Interval.around(*(end for part in parts for end in (part.low, part.high)))
            case Add():
                return _sum(self.range(a) for a in e.args)
            case Mul():
                return self._beyond_edge(e, _product(self.range(a) for a in e.args))
            case Pow():
                return self.range(e.args[0]).power(self._exponent(e))
            case exp():
                return self.range(e.args[0]).exp()
            case log():
                return self.range(e.args[0]).log()
        raise Unbounded(f"nothing is known of the range of a {type(e).__name__}")

    def _beyond_edge(self, e: Expr, found: Interval) -> Interval:
        """A range that may reach 0, without what is smaller than at the near end if the size never falls from there."""
        if is_finite(self.u.high) or not isinstance(self.variable, Symbol) or found.low > 0 or found.high < 0:
            return found
        try:
            edge = self.at_edge(e) if self.elasticity(e).low >= 0 else rounded(0)
        except (Unbounded, NoFiniteValue):
            return found
        if edge > 0:
            return Interval(max(found.low, edge.lower()), found.high)
        return Interval(found.low, min(found.high, edge.upper())) if edge < 0 else found

    def _exponent(self, e: Expr) -> Ball:
        known = self.constant(e.args[1])
        if known is None:
            raise Unbounded("an exponent that depends on the observation")
        return known

    def elasticity(self, e: Expr) -> Interval:
        """``u e'(u) / e(u)`` on the ray."""
        line = self.linear(e)
        if line is not None:
            return self._of_line(*line)
        whole = self.polynomial(e)
        if whole is not None:
            return whole.elasticity(self.u)
        match e:
            case Abs() | Max() | Where():
                side = self.side(e)
                if side is not None:
                    return self.elasticity(side)
            case Mul():
                exponents = [a.args[0] for a in e.args if type(a) is exp]
                others = [a for a in e.args if type(a) is not exp]
                if len(exponents) > 1:
                    others.append(exp(Add(*exponents, evaluate=False), evaluate=False))
                    return self._either(lambda: _sum(map(self.elasticity, others)), lambda: self._on(*self.growth(e)))
                return self._either(lambda: _sum(map(self.elasticity, e.args)), lambda: self._on(*self.growth(e)))
            case Pow():
                return Interval.around(self._exponent(e)) * self.elasticity(e.args[0])
            case exp():
                return self._either(lambda: self.change(e.args[0]), lambda: self._on(*self.growth(e)))
            case Add():
                return self._of_sum(e)
            case log():
                return self.elasticity(e.args[0]) * self.range(e).reciprocal()
        raise Unbounded(f"nothing is known of the elasticity of a {type(e).__name__}")

    def _either(self, one: Callable[[], Interval], other: Callable[[], Interval]) -> Interval:
        """What lies in both of two enclosures, or in the one that there is."""
        try:
            first = one()
        except Unbounded:
            return other()
        try:
            second = other()
        except Unbounded:
            return first
        return Interval(max(first.low, second.low), min(first.high, second.high))

    def _on(self, rate: Ball, rest: Interval) -> Interval:
        """``rate u`` and a rest."""
        return Interval.around(rate) * self.u + rest

    def growth(self, e: Expr) -> tuple[Ball, Interval]:
        """The elasticity as a multiple of ``u`` and a rest, so that exponentials cancel in a product."""
        nothing = rounded(0), Interval.around(rounded(0))
        if self.constant(e) is not None:
            return nothing
        match e:
            case Mul():
                return _both(map(self.growth, e.args))
            case Pow():
                return _scaled(self._exponent(e), self.growth(e.args[0]))
            case exp():
                return self._growth_of_exponent(e.args[0])
            case Add():
                found = self._of_exponentials(e)
                if found is not None:
                    return found
        return rounded(0), self.elasticity(e)

    def _growth_of_exponent(self, e: Expr) -> tuple[Ball, Interval]:
        """``u e'(u)`` as a multiple of ``u`` and a rest."""
        line = self.linear(e)
        if line is not None:
            return line[1], Interval.around(rounded(0))
        match e:
            case Add():
                return _both(map(self._growth_of_exponent, e.args))
            case log():
                return self.growth(e.args[0])
            case Mul():
                fixed = [self.constant(a) for a in e.args]
                moving = [a for a, k in zip(e.args, fixed, strict=True) if k is None]
                if len(moving) == 1:
                    factor = math.prod((k for k in fixed if k is not None), start=rounded(1))
                    return _scaled(factor, self._growth_of_exponent(moving[0]))
        return rounded(0), self.change(e)

    def _of_line(self, a: Ball, b: Ball) -> Interval:
        """``b u / (a + b u) = 1 / (1 + a / (b u))``, monotone in ``u``."""
        if a.is_zero() or b.is_zero():
            return Interval.around(rounded(0) if b.is_zero() else rounded(1))
        over = self._over(a, b)
        if over.low <= 0 <= over.high:
            raise Unbounded("a line that may cross 0")
        ends = [rounded(0) if u == 0 else rounded(1) if not is_finite(u) else b * u / (a + b * u) for u in self._ends()]
        return Interval.around(*ends)

    def _ends(self) -> tuple[Any, Any]:
        return self.u.low, self.u.high

    def _of_sum(self, e: Expr) -> Interval:
        """Of a constant and one more term, ``E = E(h) / (1 + g / h)``; of terms of one sign, between theirs."""
        known = [self.constant(a) for a in e.args]
        rates = self._of_exponentials(e)
        if rates is not None:
            return self._on(*rates)
        led = self._led(e)
        if led is not None:
            return led[1] * (Interval.around(rounded(1)) + led[2]).reciprocal()
        fixed = sum((k for k in known if k is not None), rounded(0))
        moving = [a for a, k in zip(e.args, known, strict=True) if k is None]
        if len(moving) == 1:
            share = Interval.around(rounded(1)) + Interval.around(fixed) * self.range(moving[0]).reciprocal()
            return self.elasticity(moving[0]) * share.reciprocal()
        ranges = [self.range(a) for a in moving]
        if not (all(r.low >= 0 for r in ranges) or all(r.high <= 0 for r in ranges)):
            raise Unbounded("a sum of terms of different signs")
        parts = [self.elasticity(a) for a in moving] + ([] if fixed.is_zero() else [Interval.around(rounded(0))])
        if not fixed.is_zero() and (fixed > 0) != (ranges[0].low >= 0):
            raise Unbounded("a sum of terms of different signs")
        return Interval.around(*(end for p in parts for end in (p.low, p.high)))

    def _of_exponentials(self, e: Expr) -> tuple[Ball, Interval] | None:
        """Of a sum of terms ``exp(a + b u)``: ``B u``, with the largest rate ``B``, less ``(B - b) u`` times shares.

        The share of a term is at most its ratio to that of the largest rate, ``exp(d - (B - b) u)``,
        and ``v exp(-v) <= 1 / e`` falls beyond ``v = 1``.
        """
        found = [self._exponential(a) for a in e.args]
        terms = [t for t in found if t is not None]
        if len(terms) < len(found):
            return None
        top = next((t for t in terms if all(t is o or t[1] >= o[1] for o in terms)), None)
        if top is None:
            return None
        less = rounded(0)
        for a, b in (t for t in terms if t is not top):
            start = (top[1] - b) * self.u.low
            peak = start * (-start).exp() if start >= 1 else (-rounded(1)).exp()
            less = less + peak * (a - top[0]).exp()
        return top[1], Interval.around(-less, 0)

    def _led(self, e: Expr) -> tuple[Expr, Interval, Interval] | None:
        """Of a sum one term of which grows faster than all others, away from 0: that term ``D``, and two ranges.

        They are those of ``u e'(u) / D`` and of ``e / D - 1``.  As the elasticity of ``t / D`` is negative,
        its size is at most that at the near end of the ray.
        """
        if is_finite(self.u.high) or not isinstance(self.variable, Symbol):
            return None
        try:
            parts = [(a, self.elasticity(a)) for a in e.args]
        except Unbounded:
            return None
        top = next((p for p in parts if all(p is q or q[1].high <= p[1].low for q in parts)), None)
        if top is None or not top[1].low > 0 or len(parts) > _MOST_COEFFICIENTS:
            return None
        edge, shares, over = self.at_edge(top[0]), Interval.around(rounded(0)), top[1]
        if not (edge > 0 or edge < 0):
            return None
        for a, elasticity in (p for p in parts if p is not top):
            share = Interval.around(0, self.at_edge(a) / edge)
            shares, over = shares + share, over + share * elasticity
        return top[0], over, shares

    def at_edge(self, e: Expr) -> Ball:
        """The value at the near end."""
        here = replace(
            self.at.instance,
            values={**self.at.instance.values, str(self.variable): self.centre + self.sign * rounded(self.u.low)},
        )
        return _known(rounded(Evaluator(here, self.at.numbers).value(e)))

    def _exponential(self, e: Expr) -> tuple[Ball, Ball] | None:
        """``(a, b)`` if the expression is ``exp(a + b u)``."""
        known = self.constant(e)
        if known is not None:
            return (known.log(), rounded(0)) if known > 0 else None
        if isinstance(e, exp) and type(e) is exp:
            return self.linear(e.args[0])
        if isinstance(e, Mul):
            found = [self._exponential(a) for a in e.args]
            terms = [t for t in found if t is not None]
            if len(terms) == len(found):
                return sum((a for a, _ in terms), rounded(0)), sum((b for _, b in terms), rounded(0))
        return None

    def change(self, e: Expr) -> Interval:
        """``u e'(u)`` on the ray."""
        line = self.linear(e)
        if line is not None:
            return Interval.around(line[1]) * self.u
        whole = self.polynomial(e)
        if whole is not None:
            return whole.slope_times_u().range(self.u)
        match e:
            case Abs() | Max() | Where():
                side = self.side(e)
                if side is not None:
                    return self.change(side)
            case Add():
                moving = [a for a in e.args if self.constant(a) is None]
                led = self._led(Add(*moving, evaluate=False)) if len(moving) > 1 else None
                return _sum(map(self.change, moving)) if led is None else self.range(led[0]) * led[1]
            case log():
                return self.elasticity(e.args[0])
            case Mul() if sum(self.constant(a) is None for a in e.args) == 1:
                fixed = [self.constant(a) for a in e.args]
                factor = math.prod((k for k in fixed if k is not None), start=rounded(1))
                (moving,) = (a for a, k in zip(e.args, fixed, strict=True) if k is None)
                return Interval.around(factor) * self.change(moving)
            case Pow():
                p, base = self._exponent(e), e.args[0]
                if p > 1:
                    return Interval.around(p) * self.range(base).power(p - 1) * self.change(base)
        fading = self._exponential(e)
        if fading is not None and fading[1] * self.u.low <= -1:  # v exp(-v) falls beyond v = 1
            start = fading[1] * self.u.low
            return Interval.around(0, start * (fading[0] + start).exp())
        return self.range(e) * self.elasticity(e)


def _both(parts: Iterable[tuple[Ball, Interval]]) -> tuple[Ball, Interval]:
    every = list(parts)
    return sum((rate for rate, _ in every), rounded(0)), _sum(rest for _, rest in every)


def _scaled(factor: Ball, growth: tuple[Ball, Interval]) -> tuple[Ball, Interval]:
    return factor * growth[0], Interval.around(factor) * growth[1]


def _sum(parts: Iterable[Interval]) -> Interval:
    total = Interval.around(rounded(0))
    for part in parts:
        total = total + part
    return total


def _product(parts: Iterable[Interval]) -> Interval:
    total = Interval.around(rounded(1))
    for part in parts:
        total = total * part
    return total
