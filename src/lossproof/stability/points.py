"""Where a form is tried: doubles all over their range, and those next to which something cancels.

Every column holds doubles, so that what is put in has no error.  The points are the same on every run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from sympy import Expr

from lossproof.errors import LossproofError
from lossproof.kernel.domains import INTEGER, Domain

#: Sizes from the smallest double to 1e300: around where an exponential, a square, or 1 + u change their nature.
_SIZES = (
    *(5e-324, 3.1e-310, 2.7e-300, 1.3e-200, 1.7e-155, 1.1e-154, 1.9e-100, 1.1e-30, 1.3e-20, 1.7e-17, 1.3e-16),
    *(3.7e-12, 1.3e-9, 1.1e-8, 1.7e-5, 1.3e-3, 0.0317, 0.123, 0.34, 0.6931, 0.71, 1.0, 1.3, 2.317, 3.3, 5.71),
    *(9.3, 12.31, 17.7, 20.13, 33.3, 36.51, 37.43, 41.7, 52.1, 100.3, 203.9, 350.7, 372.7, 500.1, 700.13, 709.51),
    *(710.3, 715.7, 730.1, 744.1, 745.3, 750.7, 803.3, 1003.7, 12345.7, 1.3e7, 1.1e10, 1.7e16, 1.3e20, 1.9e100),
    *(1.1e153, 1.1e154, 1.7e155, 1.3e200, 1.1e300),
)
_COUNTS = (0, 1, 2, 3, 5, 7, 20, 71, 170, 1000, 65537, 1000003, 2147483647, 10**12 + 39, 10**15 - 1)
_SHARES = (*(5e-324, 1.3e-300, 1.7e-20, 1.3e-16, 1.1e-8, 1.3e-3, 0.123, 0.317), 0.5)
#: Values of parameters that are no data: scales, shapes, numbers of degrees of freedom.
_MODERATE = (1.0, 0.37, 2.5, 17.3, 0.0123, 130.7)


def _digits(size: float) -> float:
    """A number of this size with digits down to the last."""
    return size * (1 + 0.0023137419284651234) if 1e-300 < size != 1.0 else size


def _inside(domain: Domain) -> Callable[[float], bool]:
    def test(v: float) -> bool:
        exact = Fraction(v)
        low = domain.low < exact or (domain.low == exact and domain.low_closed)
        high = exact < domain.high or (exact == domain.high and domain.high_closed)
        return low and high and (exact.denominator == 1 or not domain.integer) and (v != 0 or not domain.nonzero)

    return test


def values_in(domain: Domain, *, moderate: bool = False) -> list[float]:
    """Doubles from a set, or some of moderate size.

    Raises:
        LossproofError: if none of those that are tried lies in the set.

    >>> from lossproof.kernel.domains import BINARY
    >>> values_in(BINARY)
    [0.0, 1.0]
    """
    sizes = [_digits(s) for s in _SIZES]
    shares = [_digits(s) for s in _SHARES]
    if domain.within(INTEGER):
        tried = [float(n) for n in _COUNTS] + [float(-n) for n in _COUNTS]
    elif moderate:
        tried = [*_MODERATE, *(-v for v in _MODERATE), *shares[-3:], *(1 - s for s in shares[-3:])]
    elif domain.low != -math.inf and domain.high != math.inf:
        low, width = float(domain.low), float(domain.high) - float(domain.low)
        tried = [low, *(low + s * width for s in shares), *(low + width - s * width for s in shares), low + width]
    else:
        tried = [0.0, *sizes, *(-s for s in sizes)]
    found = sorted(set(filter(_inside(domain), tried)))
    if not found:
        raise LossproofError(f"no numbers to try from {domain}")
    return found


@dataclass(frozen=True)
class Points:
    """As many values of every input.

    Attributes:
        columns: the values of each input, all of one length.
    """

    columns: Mapping[Expr, tuple[float, ...]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), (0.0,)))

    def joined(self, other: Points) -> Points:
        """These points and others."""
        return Points({e: (*column, *other.columns[e]) for e, column in self.columns.items()})

    def chosen(self, which: Iterable[int]) -> Points:
        """Some of the points."""
        kept = tuple(which)
        return Points({e: tuple(column[k] for k in kept) for e, column in self.columns.items()})

    def at(self, k: int) -> dict[Expr, float]:
        """One point."""
        return {e: column[k] for e, column in self.columns.items()}


def spread(domains: Mapping[Expr, Domain], variables: Iterable[Expr], most: int) -> Points:
    """At most so many points: every combination of values, or a fixed choice of them.

    Args:
        domains: of every input.
        variables: the inputs that go over the whole range of doubles; the others are of moderate size.
        most: how many points.
    """
    wide = set(variables)
    values = {e: values_in(domain, moderate=e not in wide) for e, domain in domains.items()}
    size = math.prod(map(len, values.values()))
    if size <= most:
        rows = list(product(*values.values()))
    else:
        chosen = random.Random(7)
        decks = [_dealt(column, most, chosen) for column in values.values()]
        rows = sorted(set(zip(*decks, strict=True)))
    return Points({e: tuple(row[k] for row in rows) for k, e in enumerate(values)})


def _dealt(column: list[float], most: int, chosen: random.Random) -> list[float]:
    """As many values, each as often as the others, in a mixed order."""
    deck = [column[k % len(column)] for k in range(most)]
    chosen.shuffle(deck)
    return deck
