"""The sets that observations and predictions live in.

====================  =============================================  ===================
written               means                                          measure by default
====================  =============================================  ===================
``real``              the real line                                  Lebesgue
``positive``          ``(0, oo)``                                    Lebesgue
``unit``              the open interval ``(0, 1)``                   Lebesgue
``interval(a, b)``    ``[a, b]``; an end may be ``-oo`` or ``oo``    Lebesgue
``counts``            ``{0, 1, 2, ...}``                             counting
``{0,1}``             these outcomes                                 counting
``{1..K}``            class labels; ``K`` a number or a symbol       counting
``simplex(K)``        shares of ``K`` classes that add to one        Lebesgue, K - 1 dim.
``S^K``               ``K`` elements of a set ``S``                  that of ``S``, K times
====================  =============================================  ===================

What this module knows: what the sets are.  What it does not know: how text is parsed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sympy import Expr, Integer, Rational, S

from lossproof.kernel.domains import COUNT, Domain, End
from lossproof.notation.plain import written


@dataclass(frozen=True)
class Interval:
    """The numbers between two ends, each of which belongs to it or not; an end is a number, ``oo`` or ``-oo``."""

    low: Expr
    high: Expr
    low_closed: bool = False
    high_closed: bool = False

    @property
    def domain(self) -> Domain | None:
        """The same set for the kernel, if its ends are fractions or infinite."""
        low, high = _end(self.low), _end(self.high)
        if low is None or high is None:
            return None
        return Domain(low, high, self.low_closed, self.high_closed)

    def __str__(self) -> str:
        if self in _NAMES:
            return _NAMES[self]
        ends = f"{written(self.low)}, {written(self.high)}"
        if self == interval(self.low, self.high):
            return f"interval({ends})"
        return f"{'[' if self.low_closed else '('}{ends}{']' if self.high_closed else ')'}"


@dataclass(frozen=True)
class Counts:
    """``{0, 1, 2, ...}``."""

    @property
    def domain(self) -> Domain:
        """The same set for the kernel."""
        return COUNT

    def __str__(self) -> str:
        return "counts"


@dataclass(frozen=True)
class Finite:
    """Finitely many numbers, in the order given."""

    outcomes: tuple[Expr, ...]

    def __str__(self) -> str:
        return "{" + ", ".join(map(written, self.outcomes)) + "}"


@dataclass(frozen=True)
class Labels:
    """The integers ``1..K``; ``K`` is a symbol (a number makes it `Finite`)."""

    high: Expr

    def __str__(self) -> str:
        return f"{{1..{written(self.high)}}}"


@dataclass(frozen=True)
class Simplex:
    """Vectors of ``size`` numbers that are not negative (as a prediction: positive) and add to one."""

    size: Expr

    def __str__(self) -> str:
        return f"simplex({written(self.size)})"


@dataclass(frozen=True)
class Vectors:
    """Vectors of ``size`` elements of a set of numbers."""

    of: Interval | Counts | Finite
    size: Expr

    def __str__(self) -> str:
        return f"{self.of}^{written(self.size)}"


Set: TypeAlias = Interval | Counts | Finite | Labels | Simplex | Vectors

REAL = Interval(S.NegativeInfinity, S.Infinity)
POSITIVE = Interval(S.Zero, S.Infinity)
UNIT = Interval(S.Zero, S.One)
COUNTS = Counts()
BINARY = Finite((S.Zero, S.One))
SIGNS = Finite((S.NegativeOne, S.One))

_NAMES = {REAL: "real", POSITIVE: "positive", UNIT: "unit"}


def labels(high: int | Expr) -> Finite | Labels:
    """``{1..K}``: class labels from 1, as outcomes if ``K`` is a number."""
    if isinstance(high, (int, Integer)):
        return Finite(tuple(Integer(k) for k in range(1, int(high) + 1)))
    return Labels(high)


def interval(low: Expr, high: Expr) -> Interval:
    """``[low, high]``; an infinite end is open."""
    return Interval(low, high, low is not S.NegativeInfinity, high is not S.Infinity)


def _end(e: Expr) -> End | None:
    if e is S.Infinity or e is S.NegativeInfinity:
        return float("inf") if e is S.Infinity else float("-inf")
    return Fraction(int(e.p), int(e.q)) if isinstance(e, Rational) else None
