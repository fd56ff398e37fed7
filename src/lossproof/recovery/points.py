"""Numbers from the sets of a question, for guesses and for witnesses; all of them exact."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

from lossproof.errors import DataError
from lossproof.kernel.domains import Domain
from lossproof.recovery.question import Setting, domain_of, name
from lossproof.recovery.sets import Counts, Finite, Interval

Point: TypeAlias = dict[str, Fraction]


def draw(setting: Setting, symbols: Iterable[str], chance: random.Random) -> Point:
    """A number for each name, from its set; a constant of which nothing is said is positive.

    Raises:
        DataError: for a set of vectors.
    """
    sets = {name(v): s for v, s in ((setting.y, setting.target), *setting.predictions)}
    point: Point = {}
    for symbol in symbols:
        lives_in = sets.get(symbol)
        if isinstance(lives_in, Finite):
            value = chance.choice(lives_in.outcomes)
            point[symbol] = Fraction(int(value.p), int(value.q))
        elif isinstance(lives_in, (Interval, Counts)):
            point[symbol] = member(inward(lives_in), chance)
        elif lives_in is None:
            point[symbol] = member(setting.where.get(symbol, Domain(low=Fraction(0))), chance)
        else:
            raise DataError(f"no number can be drawn from {lives_in}")
    return point


def inward(lives_in: Interval | Counts) -> Domain:
    """A set of the kernel inside a set of numbers: an end that is no fraction gives way to one inside."""
    outer = domain_of(lives_in)
    if isinstance(lives_in, Counts) or lives_in.domain is not None:
        return outer
    low = outer.low if outer.low == -math.inf else _end(lives_in, low=True)
    high = outer.high if outer.high == math.inf else _end(lives_in, low=False)
    return Domain(low, high)


def _end(lives_in: Interval, *, low: bool) -> Fraction:
    from lossproof.numeric.evaluate import Precise, evaluate

    value = Fraction(float(evaluate(lives_in.low if low else lives_in.high, {}, Precise(30))))
    nudge = (1 + abs(value)) / 2**20
    return Fraction(round((value + nudge if low else value - nudge) * 2**24), 2**24)


def member(domain: Domain, chance: random.Random) -> Fraction:
    """A number of bearable size in a set, with a small denominator where there is one; sometimes an end."""
    low = Fraction(domain.low) if domain.low != -math.inf else None
    high = Fraction(domain.high) if domain.high != math.inf else None
    if domain.integer:
        first = int(low) if low is not None else (int(high) - 8 if high is not None else -4)
        last = int(high) if high is not None else first + 8
        values = [Fraction(k) for k in range(first, min(last, first + 8) + 1) if k or not domain.nonzero]
        return chance.choice(values)
    ends = [e for e, closed in ((low, domain.low_closed), (high, domain.high_closed)) if e is not None and closed]
    if ends and chance.random() < 0.1:
        return chance.choice(ends)
    if low is not None and high is not None:
        return low + (high - low) * Fraction(chance.randint(1, 63), 64)
    whole = chance.random() < 0.3  # so that two of them are equal now and then
    size = Fraction(chance.randint(1, 6)) if whole else Fraction(chance.randint(1, 16 * chance.choice((1, 4, 12))), 16)
    if low is not None:
        return low + size
    if high is not None:
        return high - size
    return Fraction(0) if chance.random() < 0.05 and not domain.nonzero else size * chance.choice((-1, 1))
