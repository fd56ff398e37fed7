"""Functions of one number with their derivatives, to stand for those of which only their values are declared."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from lossproof.kernel.conditions import Maps
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL, UNIT, Domain, point
from lossproof.numeric import balls

_NEGATIVE = Domain(high=Fraction(0))
_QUARTER = Domain(low=Fraction(0), high=Fraction(1, 4), high_closed=True)
_WAVE = Domain(Fraction(-1), Fraction(1), True, True)


@dataclass(frozen=True)
class Family:
    """A function: where it is defined, where its derivatives of order 0, 1, ... lie, and their values.

    ``value(c, k, t)`` is the k-th derivative at ``t``, computed with the functions of the mpmath context ``c``,
    or with those of `lossproof.numeric.balls`.
    """

    source: Domain
    ranges: tuple[Domain, ...]
    value: Callable[[Any, int, Any], Any]

    def fits(self, declared: Maps) -> bool:
        """Whether it maps as declared."""
        known = declared.order < len(self.ranges)
        return known and declared.source.within(self.source) and self.ranges[declared.order].within(declared.target)


def _softplus(c: Any, order: int, t: Any) -> Any:
    s = 1 / (1 + c.exp(-t))
    return (c.log(1 + c.exp(t)), s, s * (1 - s), s * (1 - s) * (1 - 2 * s))[order]


def _minus_log(c: Any, order: int, t: Any) -> Any:
    return (-c.log(-t), -1 / t, 1 / t**2, -2 / t**3)[order]


def _minus_root(c: Any, order: int, t: Any) -> Any:
    root = c.sqrt(-2 * t)
    return (-root, 1 / root, 1 / root**3, 3 / root**5)[order]


#: The functions that the cumulants and statistics of exponential families look like, and a few more.
FAMILIES = (
    Family(REAL, (POSITIVE, UNIT, _QUARTER, _WAVE), _softplus),
    Family(REAL, (POSITIVE,) * 4, lambda c, k, t: c.exp(t)),
    Family(REAL, (NONNEGATIVE, REAL, point(1), point(0)), lambda c, k, t: (t * t / 2, t, t * 0 + 1, t * 0)[k]),
    Family(REAL, (REAL, point(1), point(0), point(0)), lambda c, k, t: (t, t * 0 + 1, t * 0, t * 0)[k]),
    Family(REAL, (_WAVE,) * 4, lambda c, k, t: (c.sin(t), c.cos(t), -c.sin(t), -c.cos(t))[k]),
    Family(_NEGATIVE, (REAL, POSITIVE, POSITIVE, POSITIVE), _minus_log),
    Family(_NEGATIVE, (_NEGATIVE, POSITIVE, POSITIVE, POSITIVE), _minus_root),
    Family(
        POSITIVE,
        (REAL, POSITIVE, _NEGATIVE, POSITIVE),
        lambda c, k, t: c.log(t) if k == 0 else (1 / t, -1 / t**2, 2 / t**3)[k - 1],
    ),
    Family(POSITIVE, (POSITIVE, point(1), point(0), point(0)), lambda c, k, t: (t, t * 0 + 1, t * 0, t * 0)[k]),
)


def functions_for(declared: Iterable[Maps], chance: random.Random) -> dict[str, Callable[..., Any]] | Maps:
    """A function with its derivatives for each name, by ``A``, ``A'``, ...; or a declaration that none here fits."""
    found: dict[str, Callable[..., Any]] = {}
    every = list(declared)
    for name in dict.fromkeys(m.head.name for m in every):
        wanted = [m for m in every if m.head.name == name]
        fitting = [family for family in FAMILIES if all(map(family.fits, wanted))]
        if not fitting:
            return wanted[-1]
        family = chance.choice(fitting)
        for order in range(len(family.ranges)):
            found[name + "'" * order] = _elementwise(family, order)
    return found


def _elementwise(family: Family, order: int) -> Callable[..., Any]:
    """The derivative of that order, of floats, of numbers of any mpmath context, or of balls."""

    def value(t: Any) -> Any:
        context = balls if balls.is_ball(t) else getattr(t, "context", mpmath.fp)
        return family.value(context, order, t)

    return np.frompyfunc(value, 1, 1)
