"""At which scales a total mass is numerically constant, and with which base measure.

Nothing here is trusted: it guesses, in doubles.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from math import isclose, log

import numpy as np

from lossproof.recovery.stock import Array, Stock

#: Scales that are tried before others are searched for.
_SIMPLE = tuple(Fraction(n, d) for n, d in ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (1, 4), (4, 1), (3, 2), (2, 3)))
#: How far from constant a total mass may be to be taken for a constant, and how near a number must be to a simple one.
CONSTANT, NEAR = 1e-10, 1e-8
#: Between how many pairs of scales another is searched for.
MOST_SEARCHED = 3
#: The largest denominator of a simple number.
SIMPLE = 60


def scale_and_measure(stock: Stock) -> tuple[float, Array] | None:
    """A scale and a positive base measure with which the total mass is the same at all points, if found."""
    with np.errstate(all="ignore"), suppress(np.linalg.LinAlgError):
        for scale in itertools.chain(map(float, _SIMPLE), _searched(stock)):
            measure = _measure(stock.losses, scale)
            if measure is not None:
                return scale, measure
    return None


def _masses(losses: Array, scale: float) -> tuple[Array, Array]:
    """``exp(-c l)`` with the largest of each outcome made 1, and what it was."""
    least = losses.min(axis=0)
    return np.exp(-scale * (losses - least)), np.exp(-scale * least)


def _measure(losses: Array, scale: float) -> Array | None:
    """A positive base measure with which the total mass is constant, one for all outcomes if there is such."""
    masses, largest = _masses(losses, scale)
    ones = np.ones(len(losses))
    for h in (largest, np.linalg.lstsq(masses, ones, rcond=None)[0], nonnegative_least_squares(masses, ones)):
        totals = masses @ h
        if h.min() > NEAR * h.max() and np.ptp(totals) < CONSTANT * totals.max():
            found: Array = h / largest
            if np.all(np.isfinite(found)) and np.all(found > 0):
                return found
    return None


def _defect(losses: Array, scale: float) -> float:
    masses, _ = _masses(losses, scale)
    ones = np.ones(len(losses))
    return float(np.linalg.norm(masses @ nonnegative_least_squares(masses, ones) - ones))


def _searched(stock: Stock) -> Iterator[float]:
    """Scales at which the total mass is nearly constant."""
    grid = np.geomspace(1e-2, 1e2, 61) / min(stock.size, 10.0)
    defects = [_defect(stock.losses, c) for c in grid]
    inner = range(1, len(grid) - 1)
    least = [k for k in inner if NEAR < defects[k] <= min(defects[k - 1], defects[k + 1])]
    for k in sorted(least, key=lambda k: defects[k])[:MOST_SEARCHED]:
        yield _least(stock.losses, grid[k - 1], grid[k + 1])


def _least(losses: Array, low: float, high: float) -> float:
    """Where the defect is least between two scales (golden section), made simple if it nearly is."""
    ratio = (np.sqrt(5) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    at_a, at_b = _defect(losses, a), _defect(losses, b)
    for _ in range(60):
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - ratio * (high - low)
            at_a = _defect(losses, a)
        else:
            low, a, at_a = a, b, at_b
            b = low + ratio * (high - low)
            at_b = _defect(losses, b)
    middle = (low + high) / 2
    for factor in (1.0, log(2), log(10), 1 / log(2), 1 / log(10)):
        simple = float(Fraction(middle / factor).limit_denominator(SIMPLE)) * factor
        if isclose(simple, middle, rel_tol=1e-5):
            return simple
    return middle


def nonnegative_least_squares(a: Array, b: Array) -> Array:
    """The ``x >= 0`` that makes ``|a x - b|`` least (Lawson and Hanson 1974, algorithm 23.10)."""
    x = np.zeros(a.shape[1])
    free = np.zeros(len(x), dtype=bool)
    for _ in range(3 * len(x)):
        slope = a.T @ (b - a @ x)
        slope[free] = -np.inf
        if free.all() or slope.max() <= 1e-12:
            break
        free[int(np.argmax(slope))] = True
        while True:
            best = np.zeros(len(x))
            best[free] = np.linalg.lstsq(a[:, free], b, rcond=None)[0]
            if best[free].min(initial=1.0) > 0:
                break
            bad = free & (best <= 0)
            step = float(np.min(x[bad] / np.maximum(x[bad] - best[bad], 1e-300)))
            x = x + step * (best - x)
            free &= x > 1e-14
            x[~free] = 0.0
            if not free.any():
                break
        x = np.where(free, best, 0.0)
    return x
