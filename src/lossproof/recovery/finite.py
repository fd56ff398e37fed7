"""The search for a refutation: points and multipliers at which no base measure can work.

It is not trusted: what it finds, the checker of `lossproof.recovery.refutation` judges.  Points are tried
from a small stock.  On a range of scales, multipliers are sought that make every ``D_y(c)`` positive at
sample scales, the shortest ones (least distance programming; Lawson and Hanson 1974, Solving Least Squares
Problems, chapter 23); a range on which there are none is cut in two.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from sympy import Expr, Integer, Rational, Symbol

from lossproof.errors import LossproofError, MissingExtra
from lossproof.kernel.domains import Domain
from lossproof.notation.inert import mul, substitute
from lossproof.numeric.balls import Balls
from lossproof.recovery.amounts import Amount, Reader, Unit
from lossproof.recovery.question import Question
from lossproof.recovery.refutation import (
    BITS,
    Cell,
    NotRefuted,
    Outcome,
    Point,
    Refutation,
    check_cell,
    constants_of,
    domains_of,
    loss_at,
    outcomes,
)
from lossproof.recovery.sets import Counts, Finite, Interval, Labels, Set, Simplex, Vectors

Array: TypeAlias = npt.NDArray[np.float64]
Part: TypeAlias = Expr | tuple[Expr, ...]

#: How many points are tried, and how many losses are evaluated, at most.
MOST_POINTS, MOST_LOSSES = 60, 4000
#: How many samples a range of scales has, and the narrowest range that is tried, as a ratio.
SAMPLES, NARROWEST = 12, 1.004
#: How many ranges are tried.
MOST_RANGES = 120
#: How many simple cells are tried.
MOST_NICE = 12
#: Digits of the multipliers that are tried.
DIGITS = (1, 2, 3, 5, 8, 12)
#: Values of constants at which a loss is tried that no value of theirs makes simple.
TRIED = (Fraction(2), Fraction(1, 2), Fraction(1, 4), Fraction(1))


def refute(question: Question, scale: Expr | None = None) -> Refutation | None:
    """A refutation for every positive scale, or for the one given, if one is found.

    It holds for all values of the constants.

    Raises:
        MissingExtra: without `python-flint`.
    """
    try:
        stock = Stock.of(question)
    except MissingExtra:
        raise
    except LossproofError:
        return None
    if len(stock.points) < 2:
        return None
    return _at_scale(stock, scale) if scale is not None else _at_every_scale(stock)


@dataclass(frozen=True)
class Instance:
    """A refutation of a loss at certain values of its constants only.

    Attributes:
        values: the values of the constants.
        refutation: of the loss with these values put in.
    """

    values: Mapping[Symbol, Fraction]
    refutation: Refutation


def refute_somewhere(question: Question, scale: Expr | None = None) -> Instance | None:
    """A refutation at some values of the constants: a finding, not a verdict on all of them."""
    constants = sorted(constants_of(question), key=str)
    declared = domains_of(question)
    for value in TRIED if constants else ():
        if not all(_lies_in(value, declared.get(s)) for s in constants):
            continue
        at = put_in(question, dict.fromkeys(constants, value))
        found = refute(at, scale)
        if found is not None:
            return Instance(dict.fromkeys(constants, value), found)
    return None


def put_in(question: Question, values: Mapping[Symbol, Fraction]) -> Question:
    """The question with numbers for some constants."""
    numbers = {s: Rational(v.numerator, v.denominator) for s, v in values.items()}
    rest = tuple(declared for declared in question.constants if declared.term not in values)
    return replace(question, loss=substitute(question.loss, numbers), constants=rest)


def _lies_in(value: Fraction, domain: Domain | None) -> bool:
    return domain is None or Domain(value, value, True, True).within(domain)


# ------------------------------------------------------------------ points


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
    def of(cls, question: Question) -> Stock:
        """The stock for a question."""
        every = outcomes(question.target)
        constants = sorted(constants_of(question), key=str)
        candidates, families = _points(question, constants)
        most = max(2, min(MOST_POINTS, MOST_LOSSES // len(every)))
        points: list[Point] = []
        rows: list[list[float]] = []
        units: list[Unit | None] = [None] * len(every)
        with Balls(BITS).working():
            for point in dict.fromkeys(candidates):
                row = _row(question, point, every)
                if row is None or not _fit(row, units):
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
    parts = [_parts(where, constants) for _, where in question.predictions]
    if len(parts) == 1:
        values, families = parts[0]
        return [(v,) for v in values], [(tuple((v,) for v in around), (c,)) for around, c in families]
    shuffled = list(itertools.islice(itertools.product(*(values[:12] for values, _ in parts)), 4096))
    random.Random(0).shuffle(shuffled)
    return sorted(shuffled[:400], key=lambda p: sum(v[0].index(e) for v, e in zip(parts, p, strict=True))), []


def _parts(where: Set, constants: Sequence[Symbol]) -> tuple[list[Part], list[tuple[tuple[Part, ...], Part]]]:
    """Values of one prediction, the simplest first, and those of them that lie around another."""
    match where:
        case Interval() | Counts() | Finite() | Labels():
            numbers = _numbers(where)
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
    """Vectors with entries among some numbers: all equal, all but one equal, two values, at random."""
    if not numbers or size < 1:
        return [], []
    kinds = [list(numbers)] + [[mul(s, e) if e != 0 else e for e in numbers] for s in constants]
    values: dict[Part, None] = {}
    families: list[tuple[tuple[Part, ...], Part]] = []
    for kind in kinds:
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


# ------------------------------------------------------------------ the search


def _at_scale(stock: Stock, scale: Expr) -> Refutation | None:
    with Balls(BITS).working():
        at = Reader({}, frozenset()).value(scale)
        number = at.exact
        low = high = number if number is not None else Fraction(0)
        if number is None:
            middle = Fraction(float(at.ball.mid()))
            low, high = middle * (1 - Fraction(1, 1 << 45)), middle * (1 + Fraction(1, 1 << 45))
    if low <= 0:
        return None
    tried = itertools.chain(itertools.islice(_nice(stock, np.array([float(low)])), MOST_NICE), _cells(stock, low, high))
    found = (_refutation(stock, (replace(cell, low=low, high=high),), scale) for cell in tried)
    return next((r for r in found if r is not None), None)


def _at_every_scale(stock: Stock) -> Refutation | None:
    scales = np.concatenate([[1e-4], np.geomspace(1e-2, 1e3, 30)]) / stock.size
    for cell in itertools.islice(_nice(stock, scales), MOST_NICE):
        found = _refutation(stock, (cell,))
        if found is not None:
            return found
    for most_points in (stock.losses.shape[1] + 1, 2 * stock.losses.shape[1] + 2, len(stock.points)):
        cells = _cover(stock, most_points)
        if cells is not None:
            return _refutation(stock, cells)
    return None


def _cover(stock: Stock, most_points: int) -> tuple[Cell, ...] | None:
    """Cells that cover all positive scales, each with at most so many points."""
    cells: list[Cell] = []
    unit = Fraction(2) ** round(-np.log2(stock.size))
    ranges: list[tuple[Fraction, Fraction | None]] = [(Fraction(0), None)]
    for _ in range(MOST_RANGES):
        if not ranges:
            return tuple(cells)
        low, high = ranges.pop()
        cell = next(_cells(stock, low, high, most_points), None)
        if cell is not None:
            cells.append(cell)
        elif not stock.uniform or (low and high and high < low * Fraction(NARROWEST)):
            return None
        else:
            middle = _between(low, high, unit)
            ranges += [(middle, high), (low, middle)]
    return None


def _between(low: Fraction, high: Fraction | None, unit: Fraction) -> Fraction:
    if high is None:
        return 16 * low if low else unit
    if not low:
        return high / 16
    middle = float(np.sqrt(float(low) * float(high)))
    return (
        Fraction(middle).limit_denominator(1 << 12)
        if middle > 1
        else 1 / Fraction(1 / middle).limit_denominator(1 << 12)
    )


def _refutation(stock: Stock, cells: tuple[Cell, ...], scale: Expr | None = None) -> Refutation | None:
    try:
        return Refutation(stock.question, cells, scale)
    except NotRefuted:
        return None


def _nice(stock: Stock, scales: Array) -> Iterator[Cell]:
    """Cells with simple multipliers that look right at some scales: 1, 1, ..., and -k in the middle."""
    pairs = range(min(len(stock.points), 20))
    triples = range(min(len(stock.points), 14 if stock.losses.shape[1] <= 4 else 0))
    around: list[tuple[tuple[int, ...], int]] = [((i,), j) for i, j in itertools.permutations(pairs, 2) if i < j]
    around += [((i, k), j) for i, k in itertools.combinations(triples, 2) for j in triples if j not in (i, k)]
    for outside, centre in [*sorted(around, key=lambda a: (len(a[0]), max(*a[0], a[1]))), *stock.families]:
        chosen = [*outside, centre]
        weights = np.array([1.0] * len(outside) + [-len(outside)])
        values = np.expm1(-np.multiply.outer(scales, stock.losses[chosen] - stock.losses[chosen].min(axis=0)))
        sums = np.einsum("k,ckn->cn", weights, values)
        for s in (1, -1):
            if np.all(s * sums >= -1e-12) and np.any(s * sums > 1e-9):
                points = tuple(stock.points[k] for k in chosen)
                yield Cell(Fraction(0), None, points, tuple(s * Fraction(int(w)) for w in weights))


def _cells(stock: Stock, low: Fraction, high: Fraction | None, most_points: int = MOST_POINTS) -> Iterator[Cell]:
    """Cells for a range of scales, checked."""
    rows = _rows(stock.losses, _samples(low, high, stock.size), start=low == 0, tail=high is None)
    order, n = _spread(rows), stock.losses.shape[1]
    counts = (min(k, most_points, len(order)) for k in (n + 1, 2 * n + 2, len(order)))
    for count in dict.fromkeys(counts):
        m = _least_distance(rows[:, order[:count]])
        if m is None:
            continue
        for digits in DIGITS:
            multipliers = _rounded(m, digits)
            if np.any(rows[:, order[:count]] @ np.array(list(map(float, multipliers))) <= 0):
                continue
            kept = [(stock.points[k], v) for k, v in zip(order, multipliers, strict=False) if v]
            cell = Cell(low, high, tuple(p for p, _ in kept), tuple(v for _, v in kept))
            if _holds(stock.question, cell):
                yield cell
                return


def _holds(question: Question, cell: Cell) -> bool:
    try:
        with Balls(BITS).working():
            check_cell(question, cell)
    except NotRefuted:
        return False
    return True


def _samples(low: Fraction, high: Fraction | None, size: float) -> Array:
    if high is not None and low == high:
        return np.array([float(low)])
    start = float(low) or (float(high) if high is not None else 1 / size) * 1e-3
    end = float(high) if high is not None else max(start, 1 / size) * 1e3
    return np.geomspace(start, end, SAMPLES if low and high else 2 * SAMPLES)


def _rows(losses: Array, scales: Array, *, start: bool, tail: bool) -> Array:
    """What each point adds to ``D_y(c)``, up to the same for all points, a row for each outcome and scale."""
    above = losses - losses.min(axis=0)
    values = np.expm1(-np.multiply.outer(scales, above)).transpose(0, 2, 1).reshape(-1, len(losses))
    parts = [values]
    if start:
        parts.append(-above.T)
    if tail:
        parts.append((above < 1e-9).T.astype(float) - 1)
    rows = np.concatenate(parts)
    rows = rows - rows.mean(axis=1, keepdims=True)
    largest = np.max(np.abs(rows), axis=1, keepdims=True, initial=0.0)
    out: Array = rows / np.where(largest > 0, largest, 1)
    return out


def _spread(rows: Array) -> list[int]:
    """All points, those first whose columns differ most (Gram and Schmidt with pivots)."""
    rest, order = rows.copy(), [int(np.argmax(np.linalg.norm(rows, axis=0)))]
    rest = rest - rest[:, order]
    while len(order) < rows.shape[1]:
        norms = np.linalg.norm(rest, axis=0)
        norms[order] = -1
        best = int(np.argmax(norms))
        order.append(best)
        if norms[best] > 1e-9:
            unit = rest[:, best] / norms[best]
            rest = rest - np.outer(unit, unit @ rest)
    return order


def _least_distance(rows: Array) -> Array | None:
    """The shortest ``m`` with ``m_1 + ... = 0`` and ``rows m >= 1``, if there is one."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    system = np.concatenate([centred.T, np.ones((1, len(rows)))])
    goal = np.zeros(len(system))
    goal[-1] = 1.0
    residual = system @ nonnegative_least_squares(system, goal) - goal
    if np.linalg.norm(residual) < 1e-7 or residual[-1] >= 0:
        return None
    m: Array = -residual[:-1] / residual[-1]
    return m


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


def _rounded(m: Array, digits: int) -> list[Fraction]:
    """Integers in the ratio of some numbers, of so many digits, that add up to zero."""
    scaled = [round(float(v) * 10**digits / float(np.max(np.abs(m)))) for v in m]
    largest = max(range(len(scaled)), key=lambda k: abs(scaled[k]))
    scaled[largest] -= sum(scaled)
    common = int(np.gcd.reduce(scaled)) if any(scaled) else 1
    return [Fraction(v, common) for v in scaled]
