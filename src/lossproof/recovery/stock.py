"""A stock of points at which a loss has a certain value for every outcome, for searches.

Nothing here is trusted: which points are tried decides only what is found.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from sympy import Expr, Integer, Rational, Symbol, exp

from lossproof.errors import LossproofError, MissingExtra
from lossproof.notation.inert import log, mul, substitute, walk
from lossproof.notation.nodes import Sigmoid
from lossproof.numeric.balls import Balls
from lossproof.recovery.amounts import Amount, Unit
from lossproof.recovery.question import Question
from lossproof.recovery.refutation import BITS, Outcome, Point, constants_of, loss_at, outcomes
from lossproof.recovery.sets import REAL, Counts, Finite, Interval, Labels, Set, Simplex, Vectors

Array: TypeAlias = npt.NDArray[np.float64]
Part: TypeAlias = Expr | tuple[Expr, ...]

#: How many points are tried, and how many losses are evaluated, at most.
MOST_POINTS, MOST_LOSSES = 60, 3000
#: How large a loss may be at a point.
LARGEST = 10**9


def put_in(question: Question, values: Mapping[Symbol, Fraction]) -> Question:
    """The question with numbers for some constants."""
    numbers = {s: Rational(v.numerator, v.denominator) for s, v in values.items()}
    rest = tuple(declared for declared in question.constants if declared.term not in values)
    return replace(question, loss=substitute(question.loss, numbers), constants=rest)


@dataclass(frozen=True)
class Stock:
    """Points at which the loss has a certain value for every outcome.

    Attributes:
        question: what is asked.
        points: the points, the simplest first.
        losses: a row for each point, a column for each outcome.
        families: indices of points around another one, whose index comes last.
        uniform: whether constants scale the losses of all outcomes alike.
    """

    question: Question
    points: tuple[Point, ...]
    losses: Array
    families: tuple[tuple[tuple[int, ...], int], ...]
    uniform: bool

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, question: Question) -> Stock:
        """The stock for a question."""
        every = outcomes(question.target)
        constants = sorted(constants_of(question), key=str)
        candidates, families = _points(question, constants)
        most = min(max(MOST_POINTS // 2, 4 * len(every)), MOST_POINTS, MOST_LOSSES // len(every))
        points: list[Point] = []
        rows: list[list[float]] = []
        units: list[Unit | None] = [None] * len(every)
        with Balls(BITS).working():
            for point in dict.fromkeys(candidates):
                row = _row(question, point, every)
                if row is None or not all(abs(amount.ball) < LARGEST for amount in row) or not _fit(row, units):
                    continue
                points.append(point)
                rows.append([float(amount.ball.mid()) for amount in row])
                if len(points) == most:
                    break
        where = {p: k for k, p in enumerate(points)}
        known = tuple(
            (tuple(where[p] for p in around), where[centre])
            for around, centre in families
            if centre in where and all(p in where for p in around)
        )
        return cls(
            question, tuple(points), np.array(rows).reshape(len(points), len(every)), known, len({*units} - {None}) <= 1
        )

    def first(self, count: int) -> Stock:
        """The simplest points alone."""
        return replace(self, points=self.points[:count], losses=self.losses[:count], families=())

    @property
    def size(self) -> float:
        """How much the losses differ."""
        spread = float(np.max(np.ptp(self.losses, axis=0), initial=0.0))
        return spread or 1.0


def _row(question: Question, point: Point, every: Sequence[Outcome]) -> list[Amount] | None:
    try:
        return [loss_at(question, point, outcome) for outcome in every]
    except MissingExtra:
        raise
    except LossproofError:
        return None


def _fit(row: Sequence[Amount], units: list[Unit | None]) -> bool:
    """Whether the losses are scaled by the same constants as those before; if so, these are noted."""
    pairs = [(k, amount.unit) for k, amount in enumerate(row) if amount.exact != 0]
    if any(units[k] not in (None, unit) for k, unit in pairs):
        return False
    for k, unit in pairs:
        units[k] = unit
    return True


def _points(
    question: Question, constants: Sequence[Symbol]
) -> tuple[list[Point], list[tuple[tuple[Point, ...], Point]]]:
    curved = any(isinstance(e, (exp, Sigmoid)) for e in walk(question.loss))
    parts = [_parts(where, constants, curved) for _, where in question.predictions]
    if len(parts) == 1:
        values, families = parts[0]
        return [(v,) for v in values], [(tuple((v,) for v in around), (c,)) for around, c in families]
    shuffled = list(itertools.islice(itertools.product(*(values[:12] for values, _ in parts)), 4096))
    random.Random(0).shuffle(shuffled)
    return sorted(shuffled[:400], key=lambda p: sum(v[0].index(e) for v, e in zip(parts, p, strict=True))), []


def _parts(
    where: Set, constants: Sequence[Symbol], curved: bool
) -> tuple[list[Part], list[tuple[tuple[Part, ...], Part]]]:
    """Values of one prediction, the simplest first, and those of them that lie around another."""
    match where:
        case Interval() | Counts() | Finite() | Labels():
            numbers = _numbers(where)
            if curved and where == REAL:  # where the exponential is a fraction
                numbers[3:3] = [log(Rational(*e)) for e in ((2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4))]
            scaled = [mul(s, e) for s in constants for e in numbers if e != 0] if isinstance(where, Interval) else []
            return [e for pair in itertools.zip_longest(numbers, scaled) for e in pair if e is not None], []
        case Simplex(size) if isinstance(size, Integer):
            return _shares(int(size))
        case Vectors(of, size) if isinstance(size, Integer):
            return _vectors(_numbers(of), int(size), constants if isinstance(of, Interval) else ())
    return [], []


_HALVES = [Fraction(n) for n in (0, 1, -1, 2, -2, 3, -3, 4, -4, 6, -6, 8, -8)] + [
    Fraction(s * n, d) for n, d in ((1, 2), (3, 2), (1, 4), (3, 4), (5, 2), (5, 1), (1, 8)) for s in (1, -1)
]
_SHARES = (
    [Fraction(n, d) for n, d in ((0, 1), (1, 1), (1, 2), (1, 4), (3, 4), (1, 8), (7, 8), (3, 8), (5, 8))]
    + [Fraction(n, 16) for n in (1, 15, 3, 13, 5, 11, 7, 9)]
    + [Fraction(1, 64), Fraction(63, 64)]
)


def _numbers(where: Set) -> list[Expr]:
    """Numbers of a set, or at its edge, the simplest first."""
    if isinstance(where, Finite):
        return list(where.outcomes)
    if isinstance(where, Counts):
        return [Integer(k) for k in range(12)]
    domain = where.domain if isinstance(where, Interval) else None
    if domain is None:
        return []
    low = domain.low if isinstance(domain.low, (int, Fraction)) else None
    high = domain.high if isinstance(domain.high, (int, Fraction)) else None
    if low is not None and high is not None:
        values = [low + (high - low) * t for t in _SHARES]
    elif low is None and high is None:
        values = list(_HALVES)
    else:
        from_end = [v for v in _HALVES if v >= 0] + [Fraction(16), Fraction(1, 16), Fraction(32)]
        values = [low + v if low is not None else (high or Fraction(0)) - v for v in from_end]
    return [Rational(v.numerator, v.denominator) for v in map(Fraction, values)]


def _shares(size: int) -> tuple[list[Part], list[tuple[tuple[Part, ...], Part]]]:
    corners: list[Part] = [tuple(Integer(int(i == k)) for i in range(size)) for k in range(size)]
    centre: Part = (Rational(1, size),) * size
    rest: list[Part] = []
    for total in (2, 3, 4, 6, 8):
        for cut in itertools.islice(itertools.combinations_with_replacement(range(size), total), 200):
            rest.append(tuple(Rational(cut.count(k), total) for k in range(size)))
    random.Random(0).shuffle(rest)
    near: list[Part] = [tuple(Rational(size + 1 if i == k else 1, 2 * size) for i in range(size)) for k in range(size)]
    values = list(dict.fromkeys([centre, *near, *corners, *rest]))
    return values, [(tuple(corners), centre), (tuple(near), centre)]


def _vectors(
    numbers: Sequence[Expr], size: int, constants: Sequence[Symbol]
) -> tuple[list[Part], list[tuple[tuple[Part, ...], Part]]]:
    """Vectors with entries among some numbers: all but the first equal, all equal, two values, at random."""
    if not numbers or size < 1:
        return [], []
    kinds = [list(numbers)] + [[mul(s, e) if e != 0 else e for e in numbers] for s in constants]
    values: dict[Part, None] = {}
    families: list[tuple[tuple[Part, ...], Part]] = []
    for kind in kinds:
        base = (kind[0],) * (size - 1)
        values.update(dict.fromkeys(((e, *base) for e in kind[:9]), None))
        values.update(dict.fromkeys(((e,) * size for e in kind[:4]), None))
        for centre, other in itertools.islice(itertools.permutations(kind[:4], 2), 8):
            around: tuple[Part, ...] = tuple(
                tuple(other if i == k else centre for i in range(size)) for k in range(size)
            )
            values.update(dict.fromkeys(around))
            families.append((around, (centre,) * size))
        if size <= 4 and len(kind) > 2:
            cube: tuple[Part, ...] = tuple(itertools.product(kind[:2], repeat=size))
            middles = [(e,) * size for e in kind[2:4]]
            values.update(dict.fromkeys(cube))
            families += [(cube, middle) for middle in middles]
        draw = random.Random(size)
        for _ in range(40):
            values[tuple(draw.choice(kind[:9]) for _ in range(size))] = None
    return list(values), families
