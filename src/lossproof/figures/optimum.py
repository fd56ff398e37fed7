"""Likelihood and loss over the parameter, with the optimum that they share."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lossproof.errors import DataError, MissingExtra, NoMinimiser
from lossproof.figures.canvas import HEIGHTS, MARKED, SERIES, canvas, kept, label, styled, words
from lossproof.figures.case import Case, Data, Point, case
from lossproof.models import Model, NoiseModel
from lossproof.render.latex import mathematics

#: How many observations are drawn; points of a curve; points of a side of a surface.
_OBSERVATIONS, _POINTS, _SIDE = 36, 121, 25
#: By how much the negative log-likelihood rises to the ends of the picture: the likelihood falls to a hundredth.
_RISE = 4.6
_FARTHEST = 1e6
_ON_WHITE = {"frameon": True, "framealpha": 1.0, "facecolor": "white", "edgecolor": "none"}


def optimum(
    what: str | Model[NoiseModel] | NoiseModel,
    data: Data | None = None,
    *,
    axes: Any = None,
    out: str | Path | None = None,
    seed: int = 0,
    **constants: Any,
) -> Any:
    """The likelihood and the loss over one or two parameters: the one is largest where the other is smallest.

    Both are the expressions of the derivation.  The maximum of the one and the minimum of the other are looked for
    each by itself, and marked.

    Args:
        what: the name of a model in the catalogue, a model, or a noise model.
        data: a `lossproof.Table`, a pair of inputs (n, d) and observations (n,), or, for a network, which is then one
            number whatever the input, observations (n,) alone; drawn from the model if not given.
        axes: two panels of matplotlib to draw in; a figure of its own if none are given.
        out: a file .png, .pdf or .svg, written whole or not at all.
        seed: of the data that are drawn.
        constants: numbers for the constants of the model, by name.

    Returns:
        A ``matplotlib.figure.Figure``; its ``axes`` may be changed.

    Raises:
        UnknownName: for a name or a constant that there is not.
        DataError: if the data do not fit the model, it has more than two parameters, or so many observations that
            the product underflows everywhere.
        NoMinimiser: if the loss has no minimiser on the data.
        MissingExtra: if ``matplotlib`` or ``scipy`` (extra ``figures``) is not installed.
        OutputError: if the file cannot be written.
    """
    with styled(out):
        found = case(what, data, count=_OBSERVATIONS, seed=seed, constants=constants)
        if len(found.parameters) not in (1, 2):
            names = ", ".join(map(str, found.parameters))
            raise DataError(f"a figure shows one or two parameters, not {len(found.parameters)} ({names:.60})")
        draw = _curves if len(found.parameters) == 1 else _surfaces
        return kept(draw(found, axes), out)


def minimiser(case: Case, of: Callable[[Point], float], start: Point) -> npt.NDArray[Any]:
    """Where a function of the parameters of a case is smallest, by the simplex method of Nelder and Mead (1965).

    Raises:
        NoMinimiser: if it is not found, because the function falls for ever.
        MissingExtra: without ``scipy``.
    """
    try:
        optimize = importlib.import_module("scipy.optimize")
    except ImportError as error:
        raise MissingExtra("a figure of the optimum", "scipy") from error

    def height(point: npt.NDArray[Any]) -> float:
        value = of(point) if case.inside(point) else np.inf
        return float(value) if not np.isnan(value) else np.inf

    exact = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 600}
    found = optimize.minimize(height, np.asarray(start, dtype=float), method="Nelder-Mead", options=exact)
    if not np.isfinite(found.fun) or np.abs(found.x).max() > _FARTHEST:
        raise NoMinimiser("the loss has no minimiser on these data: it falls for ever")
    return np.asarray(found.x)


def optima(case: Case) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Where the likelihood is largest, and where the loss is smallest; each is looked for by itself."""
    start = case.truth or [_start(d.low, d.high) for d in case.domains]
    least = minimiser(case, case.loss, start)
    height = case.likelihood(least)
    if not 0.0 < height < np.inf:
        raise DataError(
            f"the product of {len(case)} factors is {height:g} in doubles, so there is no likelihood to draw; give "
            "fewer observations, or see lossproof.figures.underflow"
        )
    aside = [v + 0.3 * w for v, w in zip(least, _widths(case, least), strict=True)]
    return minimiser(case, lambda point: -case.likelihood(point) / height, aside), least


def _start(low: Any, high: Any) -> float:
    if float(low) == -np.inf:
        return 0.0
    return (float(low) + float(high)) / 2 if float(high) < np.inf else float(low) + 1.0


def _widths(case: Case, least: npt.NDArray[Any]) -> list[float]:
    """How far each parameter is from the optimum where the likelihood has fallen to a hundredth, on the nearer side."""
    return [min(_reach(case, least, k, side) for side in (-1.0, 1.0)) for k in range(len(least))]


def _reach(case: Case, least: npt.NDArray[Any], k: int, side: float) -> float:
    bottom = case.negative_log_likelihood(least)
    unit = np.zeros(len(least))
    unit[k] = side

    def risen(far: float) -> bool:
        there = least + far * unit
        if not case.inside(there):
            return True
        rise = case.negative_log_likelihood(there) - bottom
        if np.isnan(rise):
            raise NoMinimiser(f"the loss does not rise along {case.parameters[k]} before its sum is lost in doubles")
        return bool(rise >= _RISE)

    far = 1e-6
    while not risen(far):
        far *= 2
        if far > _FARTHEST:
            raise NoMinimiser(
                f"the loss does not rise along {case.parameters[k]}: it has no single minimiser on these data"
            )
    low = far / 2
    for _ in range(12):
        middle = (low + far) / 2
        low, far = (low, middle) if risen(middle) else (middle, far)
    return low


def _ends(case: Case, least: npt.NDArray[Any], k: int) -> tuple[float, float]:
    return least[k] - _reach(case, least, k, -1.0), least[k] + _reach(case, least, k, 1.0)


def _curves(case: Case, axes: Any) -> Any:
    most, least = optima(case)
    (name,) = case.parameters
    places = np.unique([*np.linspace(*_ends(case, least, 0), _POINTS), least[0]])
    figure, (above, below) = canvas(axes, 2, 1, height=4.2, sharex=axes is None)
    curves = (
        (above, case.likelihood, most[0], "L", "largest"),
        (below, case.loss, least[0], "J", "smallest"),
    )
    for (panel, of, best, letter, which), (colour, dashes, marker) in zip(curves, SERIES, strict=False):
        panel.plot(places, [of([place]) for place in places], dashes, color=colour)
        panel.axvline(best, color=MARKED, linewidth=0.8, linestyle=(0, (4, 3)))
        said = rf"{letter} is {which} at ${_hat(case, 0)} = {best:.4g}$"
        panel.plot([best], [of([best])], marker, color=MARKED, markersize=6, label=f"${said[0]}${said[1:]}")
        panel.set_ylabel(label(_of(case, letter)))
        panel.legend(loc="upper right" if letter == "L" else "upper center", **_ON_WHITE)
    above.set_title(_about(case))
    below.set_xlabel(label(name))
    return figure


def _surfaces(case: Case, axes: Any) -> Any:
    most, least = optima(case)
    first, second = case.parameters
    xs, ys = (np.linspace(*_ends(case, least, k), _SIDE) for k in range(2))
    figure, panels = canvas(axes, 1, 2, height=3.1, sharey=axes is None)
    surfaces = ((case.likelihood, most, "L", "largest"), (case.loss, least, "J", "smallest"))
    for panel, (of, best, letter, which) in zip(panels, surfaces, strict=True):
        heights = np.array([[of((x, y)) for x in xs] for y in ys])
        shares = np.linspace(0, 1, 11)
        levels = heights.min() + (heights.max() - heights.min()) * (shares if letter == "L" else shares**2)
        colours = HEIGHTS if letter == "L" else f"{HEIGHTS}_r"
        filled = panel.contourf(xs, ys, heights, levels=levels, cmap=colours)
        panel.contour(xs, ys, heights, levels=filled.levels, colors=MARKED, linewidths=0.3)
        at = ", ".join(f"{_hat(case, k)} = {value:.3g}" for k, value in enumerate(best))
        panel.plot(*best, "o", color="#FFFFFF", markeredgecolor=MARKED, markersize=7)
        panel.set_title(f"{label(_of(case, letter))} is {which} at\n${at}$")
        panel.set_xlabel(label(first))
    panels[0].set_ylabel(label(second))
    if axes is None:
        figure.suptitle(_about(case), fontsize=10)
    return figure


def _of(case: Case, letter: str) -> str:
    return f"{letter}({', '.join(mathematics(p) for p in case.model.parameters)})"


def _hat(case: Case, k: int) -> str:
    letter, below, index = mathematics(case.parameters[k]).partition("_")
    return rf"\hat{{{letter}}}{below}{index}"


def _about(case: Case) -> str:
    drawn = "" if case.truth is None else ", drawn from the model"
    held = ", last score held at 0" if case.one.scores else ""
    return f"{words(case.model.heading)}: {len(case)} observations{drawn}{held}"
