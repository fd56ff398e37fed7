"""Sets of real numbers, as far as side conditions need them.

A `Domain` is an interval with open, closed or infinite ends, met, if so marked, with the integers
or with the numbers other than zero.  That covers what a side condition asks for: signs, unit
intervals, ``{0, 1}``, ``{-1, 1}``, counts.  Arithmetic on domains is outward: the result contains
every value, so an inclusion that is found is true and one that is not found means nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from lossproof.kernel.presenting import Readable

End: TypeAlias = Fraction | float  # a float only as -inf or +inf

_INF = math.inf


@dataclass(frozen=True, repr=False)
class Domain(Readable):
    """``{ v in R : low < v < high }``, each end closed or open; perhaps integers, perhaps not 0."""

    low: End = -_INF
    high: End = _INF
    low_closed: bool = False
    high_closed: bool = False
    integer: bool = False
    nonzero: bool = False

    def __post_init__(self) -> None:
        for end, infinite, closed in ((self.low, -_INF, self.low_closed), (self.high, _INF, self.high_closed)):
            if not isinstance(end, (int, Fraction)) and end != infinite:
                raise ValueError(f"an end of a domain is a fraction, an integer or {infinite}, not {end!r}")
            if end == infinite and closed:
                raise ValueError("an infinite end is open")
        if not all(isinstance(m, bool) for m in (self.low_closed, self.high_closed, self.integer, self.nonzero)):
            raise ValueError("the marks of a domain are True or False")
        if self.integer:
            self._tighten_to_integers()
        if not self._has(Fraction(0)):
            object.__setattr__(self, "nonzero", True)
        self._round_outward()

    def _round_outward(self) -> None:
        """Ends with very many digits give way to simpler ones outside, so that arithmetic stays cheap."""
        if _is_long(self.low):
            object.__setattr__(self, "low", _beyond(self.low, math.floor))
            object.__setattr__(self, "low_closed", False)
        if _is_long(self.high):
            object.__setattr__(self, "high", _beyond(self.high, math.ceil))
            object.__setattr__(self, "high_closed", False)

    def _tighten_to_integers(self) -> None:
        if self.low != -_INF:
            low = math.ceil(self.low) if self.low_closed else math.floor(self.low) + 1
            object.__setattr__(self, "low", Fraction(low))
            object.__setattr__(self, "low_closed", True)
        if self.high != _INF:
            high = math.floor(self.high) if self.high_closed else math.ceil(self.high) - 1
            object.__setattr__(self, "high", Fraction(high))
            object.__setattr__(self, "high_closed", True)

    def _has(self, v: Fraction) -> bool:
        above = self.low < v or (self.low == v and self.low_closed)
        return above and (v < self.high or (v == self.high and self.high_closed))

    @property
    def open(self) -> bool:
        """Whether every point has a neighbourhood inside, so that derivatives make sense."""
        return not (self.integer or self.low_closed or self.high_closed)

    def within(self, other: Domain) -> bool:
        """Whether every value here is shown to be a value there."""
        low = self.low > other.low or (self.low == other.low and (other.low_closed or not self.low_closed))
        high = self.high < other.high or (self.high == other.high and (other.high_closed or not self.high_closed))
        return low and high and self.integer >= other.integer and self.nonzero >= other.nonzero

    def meet(self, other: Domain) -> Domain:
        """Values in both."""
        low, low_closed = max((self.low, not self.low_closed), (other.low, not other.low_closed))
        high, high_closed = min((self.high, self.high_closed), (other.high, other.high_closed))
        return Domain(
            low, high, not low_closed, high_closed, self.integer or other.integer, self.nonzero or other.nonzero
        )

    def __neg__(self) -> Domain:
        return Domain(-self.high, -self.low, self.high_closed, self.low_closed, self.integer, self.nonzero)

    @lru_cache(maxsize=1 << 10)  # noqa: B019 (domains are few, small and immutable)
    def __add__(self, other: Domain) -> Domain:
        return Domain(
            self.low + other.low,
            self.high + other.high,
            self.low_closed and other.low_closed,
            self.high_closed and other.high_closed,
            self.integer and other.integer,
        )

    @lru_cache(maxsize=1 << 10)  # noqa: B019
    def __mul__(self, other: Domain) -> Domain:
        corners = [
            _corner(a, a_closed, b, b_closed)
            for a, a_closed in ((self.low, self.low_closed), (self.high, self.high_closed))
            for b, b_closed in ((other.low, other.low_closed), (other.high, other.high_closed))
        ]
        low, high = min(v for v, _ in corners), max(v for v, _ in corners)
        return Domain(
            low,
            high,
            any(closed for v, closed in corners if v == low),
            any(closed for v, closed in corners if v == high),
            self.integer and other.integer,
            self.nonzero and other.nonzero,
        )

    def reciprocal(self) -> Domain | None:
        """Values of ``1/v``; None if ``v`` may be 0."""
        if not self.nonzero or self.low > self.high or self.low == self.high == 0:
            return None  # also for the empty set, which only contradictory hypotheses give
        if self.low < 0 < self.high:
            return NONZERO
        low, high = _reciprocal_end(self.high, sign=self.low >= 0), _reciprocal_end(self.low, sign=self.low >= 0)
        return Domain(low, high, self.high_closed and self.high != 0, self.low_closed and self.low != 0, nonzero=True)

    def __str__(self) -> str:
        if self in _NAMES:
            return _NAMES[self]
        if self.low == self.high:
            return f"{{{self.low}}}"
        ends = f"{'[' if self.low_closed else '('}{_end(self.low)}, {_end(self.high)}{']' if self.high_closed else ')'}"
        marks = (" of integers" if self.integer else "") + (
            " without 0" if self.nonzero and self.low < 0 < self.high else ""
        )
        return ends + marks


_MOST_BITS, _GRAIN = 512, 2**64


def _is_long(end: End) -> bool:
    if not isinstance(end, (int, Fraction)):
        return False
    return end.numerator.bit_length() > _MOST_BITS or end.denominator.bit_length() > _MOST_BITS


def _beyond(end: End, away: Callable[[Fraction], int]) -> End:
    """A simple number strictly further out than the end; infinity if the end is very large."""
    step = 1 if away is math.ceil else -1
    if not -_GRAIN <= end <= _GRAIN:
        return step * _INF if (end > 0) == (step > 0) else Fraction(-step * _GRAIN)
    return Fraction(away(Fraction(end) * _GRAIN) + step, _GRAIN)


def _corner(a: End, a_closed: bool, b: End, b_closed: bool) -> tuple[End, bool]:
    if a == 0 or b == 0:
        return Fraction(0), (a == 0 and a_closed) or (b == 0 and b_closed)
    return a * b, a_closed and b_closed


def _reciprocal_end(v: End, *, sign: bool) -> End:
    if v == 0:
        return _INF if sign else -_INF
    return Fraction(0) if abs(v) == _INF else 1 / Fraction(v)


def _end(v: End) -> str:
    return str(v).replace("inf", "oo")


def point(value: Fraction | int) -> Domain:
    """The set with one element."""
    v = Fraction(value)
    return Domain(v, v, True, True, integer=v.denominator == 1)


_ZERO, _ONE = Fraction(0), Fraction(1)
REAL = Domain()
POSITIVE = Domain(low=_ZERO)
NONNEGATIVE = Domain(low=_ZERO, low_closed=True)
NONZERO = Domain(nonzero=True)
UNIT = Domain(_ZERO, _ONE)
CLOSED_UNIT = Domain(_ZERO, _ONE, True, True)
SYMMETRIC_UNIT = Domain(-_ONE, _ONE)
INTEGER = Domain(integer=True)
COUNT = Domain(low=_ZERO, low_closed=True, integer=True)
POSITIVE_COUNT = Domain(low=_ONE, low_closed=True, integer=True)
BINARY = Domain(_ZERO, _ONE, True, True, integer=True)
SIGNS = Domain(-_ONE, _ONE, True, True, integer=True, nonzero=True)

_NAMES = {
    REAL: "R",
    POSITIVE: "(0, oo)",
    NONNEGATIVE: "[0, oo)",
    NONZERO: "R without 0",
    INTEGER: "Z",
    COUNT: "{0, 1, 2, ...}",
    POSITIVE_COUNT: "{1, 2, 3, ...}",
    BINARY: "{0, 1}",
    SIGNS: "{-1, 1}",
}
