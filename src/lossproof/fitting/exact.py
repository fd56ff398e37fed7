"""Sums without any rounding error, so that it does not matter in which order or in which parts they are taken.

An array of numbers is split into slices (Rump, Ogita and Oishi 2008, *Accurate floating-point summation part I*,
SIAM J. Sci. Comput. 31(1), algorithm 3.2 and lemma 3.3): in a slice all numbers are multiples of one unit and so few
bits long that a plain sum of them is exact, in any order.  What a slice leaves of a number is exact, too, and makes
the next slice, until nothing is left: two or three slices, if the numbers do not differ much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lossproof.compiled.runtime import added

Floats = npt.NDArray[np.float64]

#: Numbers from here on are summed as they come: their slices could overflow.
_TOO_LARGE = 2.0**960

#: The smallest number with as many digits as any; the numbers from here to its double have the smallest unit of all.
_SMALLEST_NORMAL = 2.0**-1022

#: The digits of a number.
_DIGITS = 53

#: So many parts are held before they are made fewer.
_MANY = 16


def exact_sums(values: Floats, room: Floats | None = None) -> Floats:
    """A few numbers for each row whose sum, not rounded, is that of the row.

    Args:
        values: shape (m, n), destroyed; rows with NaN, infinity or numbers beyond 2^960 are summed as they come.
        room: for slices, shape (m, n), if there is some to be used again.

    Returns:
        Shape (few, m).

    >>> ExactSum(exact_sums(np.array([[1e30, 1.0, 1e-30, -1e30]]))).rounded()
    array([1.])
    """
    rows, count = values.shape
    if not count:
        return np.zeros((1, rows))
    with np.errstate(all="ignore"):
        largest = np.maximum(values.max(axis=1), -values.min(axis=1))
        wild = ~(largest < _TOO_LARGE)
        as_they_come = np.where(wild, np.add.reduce(values, axis=1), 0.0)
    if wild.any():
        values[wild], largest[wild] = 0.0, 0.0
    lead = (count + 1).bit_length()
    top = np.ldexp(1.0, np.maximum(np.frexp(largest)[1] + lead, -1022))[:, None]
    parts = [as_they_come] if wild.any() else []
    piece = np.empty_like(values) if room is None else room
    while True:
        np.add(values, top, out=piece)
        np.subtract(piece, top, out=piece)
        np.subtract(values, piece, out=values)
        parts.append(np.add.reduce(piece, axis=1))
        if len(parts) > 1 and not values.any():
            return np.array(parts)
        top = np.maximum(top * 2.0 ** (lead - _DIGITS), _SMALLEST_NORMAL)


@dataclass(frozen=True)
class ExactSum:
    """Sums of arrays that are not rounded before they are asked for.

    Attributes:
        parts: shape (few, m); their sum over the first axis is meant.
    """

    parts: Floats

    @classmethod
    def of(cls, values: Floats, room: Floats | None = None) -> ExactSum:
        """The sum of each row of an array of shape (m, n); see `exact_sums`."""
        return cls(exact_sums(values, room))

    @classmethod
    def together(cls, *sums: ExactSum) -> ExactSum:
        """The sum of sums, in few parts."""
        parts = np.concatenate([s.parts for s in sums])
        return cls.of(np.ascontiguousarray(parts.T)) if len(parts) > _MANY else cls(parts)

    def rounded(self) -> Floats:
        """The sums, each rounded once, shape (m,)."""
        return np.array([added(parts) for parts in np.ascontiguousarray(self.parts.T)])
