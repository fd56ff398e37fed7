"""The minimiser of a summed loss by Newton's method, in a basis in which the inputs are orthonormal.

A step that does not lower the loss enough is halved (Armijo's rule; Nocedal and Wright 2006, section 3.1).  Where
the matrix of second derivatives is not positive definite, as far from the minimum of a loss that is not convex, its
eigenvalues are taken without their signs, and those near 0 are raised (section 3.4).  It ends where a full step
changes the scores by less than 1e-9 of their size, so that what is left is the square of that, or where rounding
lets the loss fall no further.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lossproof.compiled.objective import Floats, Objective
from lossproof.errors import NoMinimiser
from lossproof.fitting.design import Design
from lossproof.fitting.separation import in_words, recession

MOST_STEPS = 200
_HALVINGS, _ENOUGH, _ROUNDING = 60, 1e-4, 1e-14
_SMALL_STEP, _SMALL_FALL, _NO_FALL, _STILL_MOVING = 1e-9, 1e-13, 1e-24, 1e-4
_RAISED = 1e-10


@dataclass(frozen=True)
class Minimum:
    """Where a loss is smallest.

    Attributes:
        weights: there, shape (p,).
        value: of the loss.
        steps: how many steps led there.
    """

    weights: Floats
    value: float
    steps: int


def minimise(
    o: Objective, basis: Design, start: Floats, progress: Callable[[int, float], None] | None = None
) -> Minimum:
    """The minimiser, by Newton's method.

    Args:
        o: the loss on data.
        basis: of the weights.
        start: weights to start from.
        progress: told the number of steps and the loss after each.

    Raises:
        NoMinimiser: if there is none, or none was reached; it says why and what to try.
    """
    w, asked, last = start, False, np.inf
    with np.errstate(all="ignore"):
        value, gradient = o.value_and_gradient(w)
        for steps in range(1, MOST_STEPS + 1):
            slope = basis.inverse.T @ gradient
            step = -_solved(hessian(o, basis, w), slope)
            fall = -float(slope @ step)
            size, length = float(np.linalg.norm(step)), float(np.linalg.norm(basis.factor @ w))
            near = fall <= _SMALL_FALL * abs(value) and size <= _STILL_MOVING * length
            if size == 0 or fall <= _NO_FALL * abs(value) or (near and size >= last / 2):
                return Minimum(w, value, steps)  # rounding is all that is left
            share, found = (
                (1.0, _at(o, w, basis.inverse @ step)) if near else _search(o, w, basis.inverse @ step, value, fall)
            )
            if found is None:
                _diagnose(o, basis, asked)
                raise NoMinimiser(
                    f"no minimiser was reached: after {steps} steps the loss {value:.10g} falls no further, though its "
                    "slope is not 0; standardise the features, or look for observations far out"
                )
            w, value, gradient = found
            if progress is not None:
                progress(steps, value)
            if share == 1 and size <= _SMALL_STEP * length:
                return Minimum(w, value, steps)
            last = size if near else np.inf
            drifts = fall <= 1e-6 * (1 + abs(value)) and size > 1e-3 * length
            if not asked and ((drifts and steps > 5) or steps in (15, 60)):
                _diagnose(o, basis, asked)
                asked = steps >= 15
    raise NoMinimiser(
        f"no minimiser was reached in {MOST_STEPS} steps; the loss was {value:.10g}; standardise the features, "
        "or look for observations far out"
    )


def hessian(o: Objective, basis: Design, w: Floats) -> Floats:
    """The second derivatives in the basis."""
    found = basis.inverse.T @ o.hessian(w) @ basis.inverse
    return (found + found.T) / 2


#: Weights with the loss and its gradient there.
Found: TypeAlias = tuple[Floats, float, Floats]


def _at(o: Objective, w: Floats, step: Floats) -> Found | None:
    """What is found after a step; None if that is not finite."""
    value, gradient = o.value_and_gradient(w + step)
    return (w + step, value, gradient) if np.isfinite(value) and np.isfinite(gradient).all() else None


def _search(o: Objective, w: Floats, step: Floats, value: float, fall: float) -> tuple[float, Found | None]:
    """The share of a step that lowers the loss enough, and what is found there; None if there is none."""
    share = 1.0
    for _ in range(_HALVINGS):
        found = _at(o, w, share * step)
        if found is not None and found[1] <= value - _ENOUGH * share * fall + _ROUNDING * abs(value):
            return share, found
        share /= 2
    return 0.0, None


def _solved(matrix: Floats, slope: Floats) -> Floats:
    """``|matrix|^-1 slope``, with eigenvalues near 0 raised."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    if not np.isfinite(matrix).all():
        return slope
    try:
        found: Floats = cho_solve(cho_factor(matrix, lower=True), slope)
    except LinAlgError:
        values, vectors = np.linalg.eigh(matrix)
        size = np.abs(values)
        found = vectors @ ((vectors.T @ slope) / np.maximum(size, _RAISED * max(size.max(), 1e-300)))
    return found


def _diagnose(o: Objective, basis: Design, asked: bool) -> None:
    """Raise an error if there is no minimiser at all."""
    found = None if asked or o.penalty is not None else recession(o, basis)
    if found is not None:
        raise NoMinimiser(in_words(found, o, basis))


def constant_start(o: Objective, basis: Design) -> Floats:
    """The weights whose scores are nearest to the one score that suits some thousand observations best; or 0."""
    from scipy.optimize import brentq

    picked = np.linspace(0, len(o) - 1, min(len(o), 4000)).astype(int)
    given = [np.asarray(a[picked], dtype=np.float64) if np.ndim(a) else a for a in o.given]
    weights = np.ones(len(picked)) if o.weights is None else o.weights[picked]
    slopes = np.empty(len(picked))

    def slope(z: float) -> float:
        with np.errstate(all="ignore"):
            o.loss.backend.fill("slope", [np.full(len(picked), z), *given], o.numbers, [slopes])
            found = float(np.sum(slopes * weights))
        return found if np.isfinite(found) else 0.0

    at_zero = slope(0.0)
    far = -np.sign(at_zero)
    for _ in range(400):
        if at_zero == 0 or np.sign(slope(far)) != np.sign(at_zero):
            break
        far *= 2
    if at_zero == 0 or slope(far) == 0:
        return np.zeros(o.coordinates)
    score = float(brentq(slope, min(0.0, far), max(0.0, far), xtol=1e-3 * min(1.0, abs(far)), rtol=1e-3))
    total = np.zeros(o.coordinates)
    for block in o.blocks():
        total += block.transposed(np.ones(block.cut.stop - block.cut.start))
    found = basis.inverse @ (basis.inverse.T @ (total * score))
    return found if o.value(found) < o.value(np.zeros(o.coordinates)) else np.zeros(o.coordinates)


def quasi(o: Objective, basis: Design, start: Floats) -> Minimum:
    """The minimiser of a loss without a derived curvature, by a quasi-Newton method (L-BFGS).

    Raises:
        NoMinimiser: if there is none, or none was reached.
    """
    from scipy.optimize import minimize

    def both(v: Floats) -> tuple[float, Floats]:
        value, gradient = o.value_and_gradient(basis.inverse @ v)
        return value, basis.inverse.T @ gradient

    _diagnose(o, basis, asked=False)
    options = {"maxiter": 20000, "maxfun": 40000, "ftol": 0.0, "gtol": 1e-9, "maxcor": 30}
    found = minimize(both, basis.factor @ start, jac=True, method="L-BFGS-B", options=options)
    size = float(np.abs(found.jac).max())
    if not size <= 1e-5 * (1 + float(np.abs(both(basis.factor @ start)[1]).max())):
        raise NoMinimiser(f"no minimiser was reached: {found.message}; the largest slope left is {size:.3g}")
    return Minimum(basis.inverse @ found.x, float(found.fun), int(found.nit))
