"""Parameters of the noise on which the weights depend: found with them, by maximum likelihood.

For each value of the parameters Newton's method finds the weights; the likelihood there is a function of the
parameters alone, the profile likelihood, and its maximum is that of the likelihood (Barndorff-Nielsen and Cox 1994,
Inference and Asymptotics, section 3.4).  Second derivatives in the logarithms of the parameters are differences of
the derived gradient and of the likelihood; the standard errors of the weights take them into account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from lossproof.compiled.objective import Floats, Objective
from lossproof.errors import NoMinimiser
from lossproof.fitting import newton
from lossproof.fitting.design import Design
from lossproof.fitting.likelihood import Likelihood

_SEARCHED, _STEP, _WIDE = 12.0, 1e-3, 1e-4  # logarithms: how far, and the steps of differences


def at(o: Objective, values: Mapping[str, float]) -> Objective:
    """The loss with other parameters."""
    return replace(o, numbers=tuple(float(values[str(letter)]) for letter in o.loss.one.parameters))


def most_likely(
    likelihood: Likelihood, o: Objective, basis: Design, names: Sequence[str], known: Mapping[str, float]
) -> tuple[dict[str, float], newton.Minimum]:
    """The most likely parameters, and the weights there.

    Raises:
        NoMinimiser: if the likelihood grows towards 0 or infinity in a parameter, or no weights are found.
    """
    from scipy.optimize import minimize, minimize_scalar

    last: list[newton.Minimum] = []

    def fitted(logs: Floats) -> tuple[float, newton.Minimum]:
        values = {**known, **dict(zip(names, np.exp(logs), strict=True))}
        here = at(o, values)
        start = last[-1].weights if last else newton.constant_start(here, basis)
        found = newton.minimise(here, basis, start)
        last.append(found)
        return -likelihood.of(here, found.value, values), found

    def minus(logs: Floats) -> float:
        try:
            value = fitted(np.atleast_1d(logs))[0]
        except NoMinimiser:
            return np.inf
        return value if np.isfinite(value) else np.inf

    if len(names) == 1:
        low, high = _around(minus)
        best = np.atleast_1d(minimize_scalar(minus, bounds=(low, high), method="bounded", options={"xatol": 1e-11}).x)
    else:
        options = {"xatol": 1e-9, "fatol": 1e-11, "maxfev": 2000}
        best = minimize(minus, np.zeros(len(names)), method="Nelder-Mead", options=options).x
    for name, log in zip(names, best, strict=True):
        if abs(log) > _SEARCHED - 0.1:
            where = "0" if log < 0 else "infinity"
            raise NoMinimiser(f"the likelihood grows as {name} goes to {where}; give a number for it")
    return dict(zip(names, map(float, np.exp(best)), strict=True)), fitted(best)[1]


def _around(minus: Callable[[Floats], float]) -> tuple[float, float]:
    """Logarithms between which a function has a minimum: from 0 on, as long as it falls."""
    known = {0.0: minus(np.zeros(1))}
    for sign in (1.0, -1.0):
        for log, further in pairwise(np.arange(0.0, _SEARCHED + 1.0) * sign):
            known[further] = minus(np.array([further]))
            if known[further] > known[log]:
                break
    best = min(known, key=lambda log: known[log])
    return best - 1.0, best + 1.0


def information(
    likelihood: Likelihood, o: Objective, basis: Design, w: Floats, names: Sequence[str], values: Mapping[str, float]
) -> Floats:
    """The observed information about the weights when the parameters are estimated too, in the basis."""

    def moved(logs: Floats) -> dict[str, float]:
        return {**values, **{n: float(values[n] * np.exp(t)) for n, t in zip(names, logs, strict=True)}}

    def gradient(logs: Floats) -> Floats:
        there = moved(logs)
        return basis.inverse.T @ (at(o, there).gradient(w) * likelihood.scale(there))

    def minus(logs: Floats) -> float:
        there = at(o, moved(logs))
        return -likelihood.of(there, there.value(w), moved(logs))

    units = np.eye(len(names))
    cross = np.column_stack([(gradient(_WIDE * e) - gradient(-_WIDE * e)) / (2 * _WIDE) for e in units])
    own = np.array([[_mixed(minus, a, b) for a in units] for b in units])
    within = newton.hessian(o, basis, w) * likelihood.scale(values)
    return within - cross @ np.linalg.solve(own, cross.T)


def _mixed(f: Callable[[Floats], float], a: Floats, b: Floats) -> float:
    """A second derivative in two directions, by differences."""
    h = _STEP
    return (f(h * (a + b)) - f(h * (a - b)) - f(h * (b - a)) + f(-h * (a + b))) / (4 * h * h)
