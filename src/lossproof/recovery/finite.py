"""The search for a refutation: points and multipliers at which no base measure can work.

It is not trusted: what it finds, the checker of `lossproof.recovery.refutation` judges.  Points are tried
from a small stock.  On a range of scales, multipliers are sought that make every ``D_y(c)`` positive at
sample scales, the shortest ones (least distance programming; Lawson and Hanson 1974, Solving Least Squares
Problems, chapter 23); a range on which there are none is cut in two.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from sympy import Expr, Symbol

from lossproof.errors import LossproofError, MissingExtra
from lossproof.kernel.domains import Domain
from lossproof.notation.inert import ONE
from lossproof.numeric.balls import Balls
from lossproof.recovery.amounts import Reader
from lossproof.recovery.measures import nonnegative_least_squares, scale_and_measure
from lossproof.recovery.question import Question
from lossproof.recovery.refutation import (
    BITS,
    Cell,
    NotRefuted,
    Refutation,
    System,
    check_cell,
    constants_of,
    domains_of,
    system,
)
from lossproof.recovery.stock import MOST_POINTS, Array, Stock, put_in

#: How many samples a range of scales has, and the narrowest range that is tried, as a ratio.
SAMPLES, NARROWEST = 12, 1.004
#: How many ranges are tried.
MOST_RANGES = 120
#: How many of the simplest points are tried alone.
FEW_POINTS = 9
#: How many simple cells are tried.
MOST_NICE = 12
#: Digits of the multipliers that are tried.
DIGITS = (1, 2, 3, 5, 8, 12)
#: Values of constants at which a loss is tried that no value of theirs makes simple.
TRIED = (Fraction(2), Fraction(1, 2), Fraction(1, 4), Fraction(1, 3), Fraction(1))


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
    with np.errstate(all="ignore"), suppress(np.linalg.LinAlgError):
        return _refuted(stock, scale)
    return None


def _refuted(stock: Stock, scale: Expr | None) -> Refutation | None:
    found = _at_scale(stock, scale) if scale is not None else _at_every_scale(stock)
    example = _forced(stock, ONE if scale is None else scale) if found is not None else None
    return found if found is None or example is None else replace(found, example=example.points)


@dataclass(frozen=True)
class Instance:
    """A refutation of a loss at certain values of its constants only.

    Attributes:
        values: the values of the constants.
        refutation: of the loss with these values put in.
    """

    values: Mapping[Symbol, Fraction]
    refutation: Refutation

    def __str__(self) -> str:
        return ", ".join(f"{s} = {v}" for s, v in self.values.items())


def refute_somewhere(question: Question, scale: Expr | None = None) -> Instance | None:
    """A refutation at some values of the constants: a finding, not a verdict on all of them."""
    constants = sorted(constants_of(question), key=str)
    declared = domains_of(question)
    for first in range(len(TRIED) if constants else 0):
        values = {s: TRIED[(first + k) % len(TRIED)] for k, s in enumerate(constants)}
        if not all(_lies_in(v, declared.get(s)) for s, v in values.items()):
            continue
        found = refute(put_in(question, values), scale)
        if found is not None:
            return Instance(values, found)
    return None


def _lies_in(value: Fraction, domain: Domain | None) -> bool:
    return domain is None or Domain(value, value, True, True).within(domain)


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
    if scale_and_measure(stock) is not None:
        return None
    for points, effort in ((FEW_POINTS, 1), (MOST_POINTS, 1), (MOST_POINTS, 2), (MOST_POINTS, 3)):
        cells = _cover(stock.first(points), effort)
        if cells is not None:
            return _refutation(stock, cells)
    return None


def _cover(stock: Stock, effort: int) -> tuple[Cell, ...] | None:
    """Cells that cover all positive scales; the more effort, the more points in each."""
    cells: list[Cell] = []
    unit = Fraction(2) ** round(-np.log2(stock.size))
    ranges: list[tuple[Fraction, Fraction | None]] = [(Fraction(0), None)]
    for _ in range(MOST_RANGES):
        if not ranges:
            return _merged(stock.question, cells)
        low, high = ranges.pop()
        cell = next(_cells(stock, low, high, effort), None)
        if cell is not None:
            cells.append(cell)
        elif not stock.uniform or (low and high and high < low * Fraction(NARROWEST)):
            return None
        else:
            middle = _between(low, high, unit)
            ranges += [(middle, high), (low, middle)]
    return None


def _between(low: Fraction, high: Fraction | None, unit: Fraction) -> Fraction:
    """A simple number in the middle of a range, as ratios go."""
    if high is None:
        return 16 * low if low else unit
    if not low:
        return high / 16
    middle, ratio = float(np.sqrt(float(low) * float(high))), float(high / low)
    for bottom in (1, 2, 4, 8, 10, 16, 32, 64, 100, 256):
        near = Fraction(round(middle * bottom), bottom)
        if low < near < high and abs(np.log(float(near) / middle)) < np.log(ratio) / 5:
            return near
    return Fraction(middle).limit_denominator(1 << 20)


def _merged(question: Question, cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Neighbours that say the same made one."""
    out: list[Cell] = []
    for cell in cells:
        if out and dict(zip(out[-1].points, out[-1].multipliers, strict=True)) == dict(
            zip(cell.points, cell.multipliers, strict=True)
        ):
            whole = replace(out[-1], high=cell.high)
            if _holds(question, whole):
                out[-1] = whole
                continue
        out.append(cell)
    return tuple(out)


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


def _cells(stock: Stock, low: Fraction, high: Fraction | None, effort: int = 3) -> Iterator[Cell]:
    """Cells for a range of scales, checked."""
    scales = _samples(low, high, stock.size)
    rows = _rows(stock.losses, scales, start=low == 0, tail=high is None)
    middle = _rows(stock.losses, scales[len(scales) // 2 :][:1], start=False, tail=False)
    order, n = _spread(rows), int(np.linalg.matrix_rank(middle, tol=1e-8))
    counts = (min(k, len(order)) for k in (n + 1, 2 * n + 2, len(order)))
    for count in dict.fromkeys(itertools.islice(counts, effort)):
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


def _rounded(m: Array, digits: int) -> list[Fraction]:
    """Integers in the ratio of some numbers, of so many digits, that add up to zero."""
    scaled = [round(float(v) * 10**digits / float(np.max(np.abs(m)))) for v in m]
    largest = max(range(len(scaled)), key=lambda k: abs(scaled[k]))
    scaled[largest] -= sum(scaled)
    common = int(np.gcd.reduce(scaled)) if any(scaled) else 1
    return [Fraction(v, common) for v in scaled]


# ------------------------------------------------------------------ the linear system


def _forced(stock: Stock, scale: Expr) -> System | None:
    """The base measure that simple points force at one scale, and another point at which it fails, if found."""
    with Balls(BITS).working():
        at = float(Reader({}, frozenset()).value(scale).ball.mid())
    masses = np.exp(-at * (stock.losses - stock.losses.min(axis=0)))
    chosen: list[int] = []
    for k in range(len(masses)):
        if len(chosen) < masses.shape[1] and np.linalg.matrix_rank(masses[[*chosen, k]], tol=1e-6) > len(chosen):
            chosen.append(k)
    if len(chosen) < masses.shape[1]:
        return None
    for k in range(len(masses)):
        points = [stock.points[p] for p in (*chosen, k)]
        found = system(stock.question, points, scale) if k not in chosen else None
        if found is not None and found.refutes:
            return found
    return None
