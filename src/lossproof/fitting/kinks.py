"""Minimisers of losses with kinks, which Newton's method does not see.

A loss that is linear on both sides of the observation, as of a quantile, is minimised by a linear programme (Koenker
and Bassett 1978; Koenker and d'Orey 1987), of which the dual is solved; the observations that the optimum goes through
then give the weights to all their digits.  The penalty ``|w|`` is smooth in the positive and the negative part of a
weight, which are bounded by 0; the weights that are not 0 are then refined by Newton's method.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import S

from lossproof.compiled.loss import CompiledLoss
from lossproof.compiled.objective import Block, Floats, Objective
from lossproof.errors import LossproofError, NoMinimiser
from lossproof.fitting.design import Design
from lossproof.fitting.likelihood import Information
from lossproof.fitting.newton import Minimum


def is_linear_on_both_sides(c: CompiledLoss) -> bool:
    """Whether the loss has a kink, and no curvature beside it: derived, not sampled."""
    if not c.one.smooth_if:
        return False
    try:
        return bool(c.one.curvature().rhs == S.Zero)
    except LossproofError:
        return False


def slopes_beside(o: Objective) -> tuple[float, float]:
    """The slopes of such a loss below and above the observation."""
    found = np.empty(2)
    o.loss.backend.fill("slope", [np.array([-1.0, 1.0]), np.zeros(2)], o.numbers, [found])
    return float(found[0]), float(found[1])


def information_of_kink(o: Objective) -> Information:
    """The variance of the slope, which has two values and the mean 0: minus the product of the two."""
    below, above = slopes_beside(o)

    def of(o: Objective, block: Block, z: Floats) -> Floats:
        return o.weighted(block, np.full(len(z), -below * above))

    return Information("derived Fisher information", of, expected=False, power=2)


def by_linear_programme(o: Objective, basis: Design) -> Minimum:
    """The minimiser of a loss that is linear on both sides of the observation.

    Raises:
        NoMinimiser: if the linear programme has no solution.
    """
    from scipy.optimize import linprog

    below, above = slopes_beside(o)
    rows = np.vstack([block.dense for block in o.blocks()]) / basis.lengths
    y = np.broadcast_to(np.asarray(o.given[0], dtype=np.float64), (len(o),))
    weights = np.ones(len(o)) if o.weights is None else o.weights
    bounds = np.column_stack([-above * weights, -below * weights])
    found: Any = linprog(-y, A_eq=rows.T, b_eq=np.zeros(rows.shape[1]), bounds=bounds, method="highs")
    if not found.success:
        raise NoMinimiser(f"the linear programme has no solution: {found.message}")
    w = -np.asarray(found.eqlin.marginals)
    through = np.flatnonzero((found.x > bounds[:, 0]) & (found.x < bounds[:, 1]))
    if len(through) == rows.shape[1] and np.linalg.cond(rows[through]) < 1e10:
        exact = np.linalg.solve(rows[through], y[through])
        if o.value(exact / basis.lengths) <= o.value(w / basis.lengths):
            w = exact
    w = w / basis.lengths
    return Minimum(w, o.value(w), int(found.nit))


def with_absolute_values(o: Objective, basis: Design) -> Minimum:
    """The minimiser of a smooth loss plus a multiple of the absolute values of the weights (but the intercept).

    Raises:
        NoMinimiser: if none was reached.
    """
    from scipy.optimize import minimize

    assert o.penalty is not None
    first, lengths = int(o.intercept), basis.lengths
    bare = o.without_penalty()
    prices = o.penalty.factor / lengths[first:]
    count = len(prices)

    def weights(v: Floats) -> Floats:
        return np.concatenate([v[:first], v[first : first + count] - v[first + count :]]) / lengths

    def both(v: Floats) -> tuple[float, Floats]:
        value, slope = bare.value_and_gradient(weights(v))
        slope = slope / lengths
        parts = np.concatenate([slope[:first], slope[first:] + prices, prices - slope[first:]])
        return value + float(prices @ (v[first : first + count] + v[first + count :])), parts

    bounds = [(None, None)] * first + [(0.0, None)] * (2 * count)
    options = {"maxiter": 20000, "maxfun": 40000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30}
    found: Any = minimize(
        both, np.zeros(first + 2 * count), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    w = _refined(bare, weights(found.x), np.concatenate([np.zeros(first), prices * lengths[first:]]), first)
    return Minimum(w, o.value(w), int(found.nit))


def _refined(bare: Objective, w: Floats, prices: Floats, first: int) -> Floats:
    """Newton's method on the weights that are not 0, as long as they keep their signs."""
    active = np.flatnonzero((w != 0) | (np.arange(len(w)) < first))
    for _ in range(20):
        slope = (bare.gradient(w) + prices * np.sign(w))[active]
        step = np.linalg.lstsq(bare.hessian(w)[np.ix_(active, active)], -slope, rcond=None)[0]
        trial = w.copy()
        trial[active] += step
        if not np.isfinite(trial).all() or (np.sign(trial[first:]) != np.sign(w[first:])).any():
            return w
        w = trial
        if np.abs(step).max(initial=0.0) <= 1e-12 * np.abs(w).max(initial=0.0):
            return w
    return w
