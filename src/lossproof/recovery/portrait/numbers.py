"""A density at numbers: its values, its mass piece by piece, its moments, and samples from it.

A continuous density is cut into pieces, geometrically around its predictions and refined until the mass of each
is settled by Gauss-Legendre quadrature; a discrete one is summed until nothing more comes.  These are numbers
in doubles, not theorems.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, IndexedBase, Mul, Pow, Symbol
from sympy import exp as exponential

from lossproof.errors import DataError, LossproofError
from lossproof.notation.inert import add, free, log, mul, neg, substitute
from lossproof.notation.nodes import Sigmoid, Softplus, written_out
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.recovery.sets import Counts, Finite, Interval, Labels, Set

Numbers = npt.NDArray[Any]

#: How far from a prediction, as a power of 2, pieces reach, and how near.
_FARTHEST, _NEAREST = 100, -30
#: The mass of a piece is settled if halving it changes it by no more than this; how often pieces are halved.
_SETTLED, _HALVINGS = 1e-13, 14
#: How many pieces may be halved at once.
_MOST_PIECES = 20_000
#: How far the density of a piece may be from a straight line, by its mass; how much mass may be left out.
_STRAIGHT, LEFT_OUT = 1e-7, 1e-6
#: The most terms of a sum, and how many are taken at once.
_MOST_TERMS, _AT_ONCE = 1 << 20, 1 << 6
#: How many draws are made in doubles at once.
MOST_DRAWS = 10_000_000
#: How long the mass of a density may take to compute, in seconds.
MOST_SECONDS = 10.0

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)


@dataclass(frozen=True)
class Moments:
    """Mean and variance, as numbers, and how much of the mass they were computed from (which is 1 but for rounding)."""

    mean: float
    variance: float
    mass: float


class Curve:
    """An expression as a function of one number, everything else given.

    Args:
        e: the expression, inert.
        y: the variable.
        values: what the other symbols stand for, by name; arrays counted from 0.

    Raises:
        DataError: if a symbol is not given a number.
    """

    def __init__(self, e: Expr, y: Symbol, values: Mapping[str, Any]) -> None:
        missing = sorted(s.name for s in free(e) - {y} if s.name not in values)
        if missing:
            raise DataError(f"give a number for {', '.join(missing)}")
        names = {s.name for s in free(e)} | set(values)
        array = next(name for k in range(len(names) + 1) if (name := f"observed_{k}") not in names)
        index = next(name for k in range(len(names) + 1) if (name := f"i_{k}") not in names)
        element = IndexedBase(array, real=True)[Symbol(index, integer=True)]
        self.body = substitute(e, {y: element})
        self.array, self.index, self.values = array, index, dict(values)

    def __call__(self, places: Numbers) -> Numbers:
        """The values at some numbers; infinite or not a number where doubles have none."""
        where = np.asarray(places, dtype=float)
        found = self._at(where.ravel())
        return found.reshape(where.shape)

    def _at(self, places: Numbers) -> Numbers:
        instance = Instance({**self.values, self.array: places}, indices={self.index: np.arange(1, len(places) + 1)})
        return np.broadcast_to(np.asarray(evaluate(self.body, instance), dtype=float), places.shape)


class Masses(ABC):
    """A density on a set at given numbers.

    Args:
        density: inert, normalised.
        y: the observation.
        target: where it lies.
        values: what the predictions and the constants are, by name.
    """

    def __init__(self, density: Expr, y: Symbol, target: Set, values: Mapping[str, Any]) -> None:
        self.curve, self.values = Curve(density, y, values), values
        self.logarithm = Curve(log_of(written_out(density)), y, values)
        self.target = target
        self.until = time.monotonic() + MOST_SECONDS
        self.mass: Numbers = np.empty(0)

    @abstractmethod
    def sample(self, size: int, rng: np.random.Generator) -> Numbers:
        """Independent draws."""

    @abstractmethod
    def moments(self) -> Moments:
        """Mean and variance."""

    def density(self, places: Numbers) -> Numbers:
        """The density at some numbers; where doubles overflow on the way, by its logarithm; 0 where that fails too."""
        if time.monotonic() > self.until:
            raise LossproofError(f"the density takes more than {MOST_SECONDS:g} s to compute")
        flat = np.ravel(np.asarray(places, dtype=float))
        with np.errstate(all="ignore"):
            found = np.array(self.curve(flat))
            lost = np.flatnonzero(~np.isfinite(found))
            if lost.size:
                found[lost] = np.exp(self.logarithm(flat[lost]))
        return np.where(np.isfinite(found), found, 0.0).reshape(np.shape(places))


def log_of(e: Expr) -> Expr:
    """The logarithm of a density, inert, as if all its factors were positive."""
    if isinstance(e, Mul):
        return add(*map(log_of, e.args))
    if isinstance(e, exponential):
        return e.args[0]
    if isinstance(e, Pow):
        return mul(e.exp, log_of(e.base))
    if isinstance(e, Sigmoid):
        return neg(Softplus(neg(e.args[0])))
    return log(e)


def total_mass(density: Expr, y: Symbol, target: Set, values: Mapping[str, Any]) -> float:
    """What a density that need not be normalised adds up to, in doubles."""
    return float(_masses(density, y, target, values).mass.sum())


def masses(density: Expr, y: Symbol, target: Set, values: Mapping[str, Any]) -> Masses:
    """A density as numbers.

    Raises:
        DataError: if a symbol has no value.
        LossproofError: if observations are vectors, or its mass is not found to be one.
    """
    found = _masses(density, y, target, values)
    total = float(found.mass.sum())
    if not abs(total - 1) <= LEFT_OUT:
        raise LossproofError(f"the mass found is {total:.9g}, not 1")
    return found


def _masses(density: Expr, y: Symbol, target: Set, values: Mapping[str, Any]) -> Masses:
    if isinstance(target, Interval):
        return Pieces(density, y, target, values)
    if isinstance(target, (Counts, Finite, Labels)):
        return Points(density, y, target, values)
    raise LossproofError(f"observations in {target} are vectors, from which nothing is drawn here")


class Points(Masses):
    """Finitely or countably many outcomes."""

    def __init__(self, density: Expr, y: Symbol, target: Counts | Finite | Labels, values: Mapping[str, Any]) -> None:
        super().__init__(density, y, target, values)
        self.outcomes, self.mass = self._all(target)

    def _all(self, target: Counts | Finite | Labels) -> tuple[Numbers, Numbers]:
        if isinstance(target, Counts):
            return self._counts()
        if isinstance(target, Labels):
            outcomes = np.arange(1, int(evaluate(target.high, self.values)) + 1).astype(float)
        else:
            outcomes = np.array([float(k) for k in target.outcomes])
        return outcomes, self.density(outcomes)

    def _counts(self) -> tuple[Numbers, Numbers]:
        found: list[Numbers] = []
        total, size = 0.0, _AT_ONCE
        while sum(map(len, found)) < _MOST_TERMS:
            low = sum(map(len, found))
            found.append(self.density(np.arange(low, low + size, dtype=float)))
            size, more = low + size, float(found[-1].sum())
            total += more
            if total > 0 and more < 1e-15 * total:
                break
        mass = np.concatenate(found)
        return np.arange(len(mass), dtype=float), mass

    def sample(self, size: int, rng: np.random.Generator) -> Numbers:
        above = np.cumsum(self.mass)
        places = np.searchsorted(above, rng.random(size) * above[-1], side="right")
        return self.outcomes[np.minimum(places, len(self.outcomes) - 1)]

    def moments(self) -> Moments:
        total = float(self.mass.sum())
        mean = float(self.outcomes @ self.mass) / total
        return Moments(mean, float((self.outcomes - mean) ** 2 @ self.mass) / total, total)


class Pieces(Masses):
    """An interval, cut into pieces."""

    def __init__(self, density: Expr, y: Symbol, target: Interval, values: Mapping[str, Any]) -> None:
        super().__init__(density, y, target, values)
        self.low, self.high = (float(end) for end in (target.low, target.high))
        edges = self._edges()
        self.left, self.right, self.mass = self._refined(edges[:-1], edges[1:])

    def _edges(self) -> Numbers:
        """Where to cut first: geometrically around what may be a centre, and towards the ends."""
        steps = 2.0 ** np.arange(_NEAREST, _FARTHEST)
        centres = [0.0, *(c for v in self.values.values() for c in _near(v))]
        cuts = [np.concatenate([c - steps, [c], c + steps]) for c in centres]
        ends = [end for end in (self.low, self.high) if np.isfinite(end)]
        shrinking = 2.0 ** -np.arange(1, 200)
        if len(ends) == 2:
            span = self.high - self.low
            cuts += [self.low + span * shrinking, self.high - span * shrinking]
        for end in ends:
            cuts.append(end + (shrinking if end == self.low else -shrinking))
        inside = np.unique(np.concatenate(cuts))
        inside = inside[(inside > self.low) & (inside < self.high)]
        return np.concatenate([[e for e in ends if e == self.low], inside, [e for e in ends if e == self.high]])

    def _refined(self, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Pieces on each of which the mass is settled and the density nearly straight."""
        done: list[tuple[Numbers, Numbers, Numbers]] = []
        whole = self._integrals(left, right)
        for depth in range(_HALVINGS + 1):
            middle = (left + right) / 2
            halves = self._integrals(left, middle), self._integrals(middle, right)
            ends = self.density(left), self.density(right)
            line = (right - left) * (ends[0] + ends[1]) / 2
            both = halves[0] + halves[1]
            settled = np.abs(both - whole) <= _SETTLED
            straight = np.abs(np.nan_to_num(line, nan=np.inf) - both) <= _STRAIGHT
            last = depth == _HALVINGS
            stop = (settled & straight) | last | (middle <= left) | (middle >= right)
            done.append((left[stop], right[stop], both[stop]))
            go = ~stop
            if not go.any():
                break
            if go.sum() > _MOST_PIECES:
                raise LossproofError("the mass of the density does not settle")
            left, right = np.concatenate([left[go], middle[go]]), np.concatenate([middle[go], right[go]])
            whole = np.concatenate([halves[0][go], halves[1][go]])
        found = [np.concatenate(parts) for parts in zip(*done, strict=True)]
        order = np.argsort(found[0])
        keep = order[found[2][order] > 0]
        return found[0][keep], found[1][keep], found[2][keep]

    def _integrals(self, left: Numbers, right: Numbers) -> Numbers:
        half, middle = (right - left) / 2, (right + left) / 2
        return half * (self.density(middle[:, None] + half[:, None] * _NODES) @ _WEIGHTS)

    def sample(self, size: int, rng: np.random.Generator) -> Numbers:
        """A piece by its mass, then a place in it as if the density were straight there."""
        self.until = time.monotonic() + MOST_SECONDS
        above = np.cumsum(self.mass)
        at = np.minimum(np.searchsorted(above, rng.random(size) * above[-1], side="right"), len(above) - 1)
        ends = [np.nan_to_num(self.density(e), nan=0.0, posinf=0.0) for e in (self.left, self.right)]
        p, q = ends[0][at], ends[1][at]
        u = rng.random(size)
        slope = q - p
        root = np.sqrt(np.maximum(p * p + slope * (p + q) * u, 0.0))
        share = np.divide((p + q) * u, p + root, out=u.copy(), where=p + root > 0)
        return self.left[at] + (self.right - self.left)[at] * np.clip(share, 0.0, 1.0)

    def moments(self) -> Moments:
        self.until = time.monotonic() + MOST_SECONDS
        half, middle = (self.right - self.left) / 2, (self.right + self.left) / 2
        places = middle[:, None] + half[:, None] * _NODES
        weighed = half[:, None] * _WEIGHTS * self.density(places)
        total = float(weighed.sum())
        mean = float((weighed * places).sum()) / total
        return Moments(mean, float((weighed * (places - mean) ** 2).sum()) / total, total)


def _near(value: Any) -> list[float]:
    """Numbers around which a density with this parameter may be centred."""
    numbers = [float(v) for v in np.ravel(np.asarray(value, dtype=float))]
    with np.errstate(all="ignore"):
        found = [c for v in numbers[:4] for c in (v, np.exp(v), v / 2, 2 * v)]
    return [float(c) for c in found if np.isfinite(c) and abs(c) < 2.0**_FARTHEST]
