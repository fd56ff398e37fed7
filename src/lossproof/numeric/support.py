"""Which numbers a noise model can have produced: membership in a domain, and observations that are refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import isfinite

from lossproof.kernel.domains import Domain


def lies_in(domain: Domain, value: Any) -> bool:
    """Whether a number, a double or one of mpmath, lies in a domain; infinities and NaN lie in none.

    >>> from lossproof.kernel.domains import COUNT
    >>> lies_in(COUNT, 2.0), lies_in(COUNT, 0.5), lies_in(COUNT, -1)
    (True, False, False)
    """
    if not isfinite(value):
        return False
    low, high = (_like(value, end) for end in (domain.low, domain.high))
    number = Fraction(value) if isinstance(value, (int, float)) else value
    above = number > low or (domain.low_closed and number == low)
    below = number < high or (domain.high_closed and number == high)
    return bool(above and below and not (domain.nonzero and number == 0) and not (domain.integer and number % 1 != 0))


def _like(value: Any, end: Fraction | float) -> Any:
    """An end of a domain as a number that the value can be compared with."""
    if isinstance(end, Fraction) and hasattr(value, "context"):
        return value.context.mpf(end.numerator) / end.denominator
    return end
