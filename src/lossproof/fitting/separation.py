"""Whether the likelihood has a maximiser: directions of the weights along which it never falls.

An observation lets its score grow for ever if the slope of its loss is not positive far to the right, and lets it
fall for ever if the slope is not negative far to the left.  A direction of the weights that every observation
allows, and that changes the score of one, is a direction of recession: the likelihood has no maximiser (Geyer 2009,
Likelihood inference in exponential families and directions of recession, theorem 3; for binary labels Albert and
Anderson 1984).  It is found by a linear programme (Konis 2007), on some observations at first; those that object
to what comes out are added, so that data that overlap are told quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lossproof.compiled.objective import Floats, Objective
from lossproof.fitting.design import INTERCEPT, Design

_FAR = 300.0  # a score at which a slope has the sign that it keeps, and no square of its exponential overflows
_AT_FIRST, _ROUNDS, _TOLERANCE, _SEED, _MOST_FOR_A_GAP = 2000, 50, 1e-7, 7, 20_000


@dataclass(frozen=True)
class Recession:
    """A direction along which the likelihood never falls.

    Attributes:
        direction: of the weights, shape (p,).
        change: of the score of each observation, shape (n,).
    """

    direction: Floats
    change: Floats


def recession(o: Objective, basis: Design) -> Recession | None:
    """A direction of recession, if there is one."""
    up, down = _allowed(o)
    if (up & down).all():
        return None
    picked = np.random.default_rng(_SEED).permutation(len(o))[:_AT_FIRST]
    for _ in range(_ROUNDS):
        direction = _programme(_rows(o, picked) / basis.lengths, up[picked], down[picked])
        if direction is None:
            return None
        weights = direction / basis.lengths
        change = o.scores(weights)
        objecting = ((change > _TOLERANCE) & ~up) | ((change < -_TOLERANCE) & ~down)
        if not objecting.any():
            return Recession(weights, change)
        worst = np.argsort(-np.abs(change) * objecting)[:_AT_FIRST]
        picked = np.union1d(picked, worst[objecting[worst]])
    return None


def _allowed(o: Objective) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which observations let their scores grow for ever, and fall for ever."""
    up, down = np.empty(len(o), dtype=bool), np.empty(len(o), dtype=bool)
    for block in o.blocks():
        size = block.cut.stop - block.cut.start
        for found, far in ((up, _FAR), (down, -_FAR)):
            slope = np.empty(size)
            o.loss.backend.fill("slope", [np.full(size, far), *o.arrays(block)], o.numbers, [slope])
            counts = o.weighted(block, np.ones(size)) > 0
            found[block.cut] = (slope * np.sign(far) <= 0) | ~counts
    return up, down


def _rows(o: Objective, picked: npt.NDArray[np.intp]) -> Floats:
    inputs = o.inputs[picked]
    dense = np.asarray(inputs.toarray() if hasattr(inputs, "toarray") else inputs, dtype=np.float64)
    return np.column_stack([np.ones(len(dense)), dense]) if o.intercept else dense


def _programme(rows: Floats, up: npt.NDArray[np.bool_], down: npt.NDArray[np.bool_]) -> Floats | None:
    """A direction that every row allows and that changes a score, each coordinate between -1 and 1; or None."""
    from scipy.optimize import linprog

    both = up & down
    rows, up, down = rows[~both], up[~both], down[~both]
    signs = np.where(up, 1.0, -1.0)[up | down]
    moving, fixed = rows[up | down] * signs[:, None], rows[~up & ~down]
    if not len(moving):
        return None
    found: Any = linprog(
        -moving.sum(axis=0) / len(moving),
        A_ub=-moving,
        b_ub=np.zeros(len(moving)),
        A_eq=fixed if len(fixed) else None,
        b_eq=np.zeros(len(fixed)) if len(fixed) else None,
        bounds=(-1.0, 1.0),
        method="highs",
    )
    return np.asarray(found.x) if found.success and (moving @ found.x).max() > _TOLERANCE else None


# ------------------------------------------------------------------ in words


def in_words(found: Recession, o: Objective, basis: Design) -> str:
    """Why the likelihood has no maximiser, and what to do."""
    y = np.asarray(o.given[0])
    binary = y.ndim == 1 and set(np.unique(y)) == {0, 1} and o.loss.one.domain_of(o.loss.one.observation).high == 1
    shares = np.abs(found.direction) * basis.lengths
    features = [n for n, s in zip(basis.names, shares, strict=True) if s > 1e-6 * shares.max() and n != INTERCEPT]
    few = ", ".join(features[:4]) + (f" and {len(features) - 4} more" if len(features) > 4 else "")
    cure = "leave a feature out, or use a prior, which gives finite weights: 'logistic-ridge'"
    if not binary:
        if y.min() == y.max():
            return f"every observation is {y.min():g}, and the likelihood grows for ever as the predictions go there"
        what = f"along a direction of {few}" if features else "along the intercept"
        return (
            f"the likelihood has no maximiser: it grows for ever {what}, which changes the scores of "
            f"{int((np.abs(found.change) > _TOLERANCE).sum())} of {len(o)} observations and makes each of them more "
            f"probable; leave a feature out, or use a prior"
        )
    alone = _alone(o, y, basis)
    if alone:
        return f"the classes are separable: {alone}; the likelihood has no maximiser: {cure}"
    on_it = int((np.abs(found.change) <= _TOLERANCE).sum())
    if on_it == 0 or _completely(o, basis):
        return (
            f"the classes are completely separable: a hyperplane in {few} has all labels 1 on one side and all labels "
            f"0 on the other; the likelihood has no maximiser: {cure}"
        )
    return (
        f"the classes are quasi-completely separable: a hyperplane in {few} has labels 1 on one side only, labels 0 on "
        f"the other, and {on_it} of {len(o)} observations on it; the likelihood has no maximiser: {cure}"
    )


def _completely(o: Objective, basis: Design) -> bool:
    """Whether a hyperplane leaves no label on it: a second linear programme, for the widest gap, on moderate data."""
    from scipy.optimize import linprog

    if len(o) > _MOST_FOR_A_GAP:
        return False
    counts = np.ones(len(o), dtype=bool) if o.weights is None else o.weights > 0
    rows = _rows(o, np.flatnonzero(counts)) / basis.lengths
    signs = 2 * np.broadcast_to(np.asarray(o.given[0], dtype=np.float64), (len(o),))[counts] - 1
    gaps = np.column_stack([-rows * signs[:, None], np.ones(len(rows))])
    price = np.append(np.zeros(rows.shape[1]), -1.0)
    bounds = [*[(-1.0, 1.0)] * rows.shape[1], (None, 1.0)]
    found: Any = linprog(price, A_ub=gaps, b_ub=np.zeros(len(rows)), bounds=bounds, method="highs")
    return bool(found.success and found.x[-1] > _TOLERANCE)


def _alone(o: Objective, y: Any, basis: Design) -> str:
    """A single feature that separates the labels, in words."""
    counts = np.ones(len(o), dtype=bool) if o.weights is None else o.weights > 0
    ones = (y == 1) & counts
    zeros = (y == 0) & counts
    for k in range(o.inputs.shape[1]):
        column = o.inputs[:, [k]]
        values = np.ravel(column.toarray() if hasattr(column, "toarray") else column)
        name = basis.names[k + o.intercept]
        for low, high, label in ((zeros, ones, 1), (ones, zeros, 0)):
            below, above = values[low].max(), values[high].min()
            if below < above:
                return (
                    f"'{name}' alone does it, y is {label} where it is {above:g} or more, {1 - label} up to {below:g}"
                )
            if below == above and o.intercept and (values[low].min() < below or values[high].max() > above):
                return (
                    f"'{name}' alone does it, y is {label} above {below:g} and {1 - label} below, "
                    f"either only where it is {below:g}"
                )
    return ""
