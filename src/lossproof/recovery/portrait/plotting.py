"""One picture: the loss beside the density that it came from, for a few predictions."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Symbol

from lossproof.errors import LossproofError, MissingExtra
from lossproof.notation.plain import written
from lossproof.recovery.portrait.numbers import Curve, Masses, Pieces, Points, masses
from lossproof.recovery.sets import Set

#: The quantiles that a picture reaches to, those of its middle half, and how many times as far from it at most.
_SHARES, _FAR = (0.005, 0.25, 0.75, 0.995), 3
#: How many points a curve has, how many outcomes are shown, and up to how many of them each has a tick.
_POINTS, _MOST_OUTCOMES, _FEW = 400, 40, 12


def plot(
    loss: Expr,
    density: Expr,
    y: Symbol,
    target: Set,
    settings: Sequence[Mapping[str, Any]],
    *,
    title: str = "",
) -> Any:
    """A figure with the loss on the left and the density on the right, a colour for each setting.

    Args:
        loss: of an observation, inert.
        density: inert, normalised.
        y: the observation.
        target: where it lies; bars for outcomes that are counted, curves for intervals.
        settings: numbers for the predictions and the constants, by name.
        title: what stands above.

    Returns:
        A ``matplotlib.figure.Figure``; ``.savefig("name.png")`` writes it.

    Raises:
        MissingExtra: if ``matplotlib`` (extra ``all``) is not installed.
        LossproofError: if observations are vectors, or the density cannot be computed.
    """
    try:
        figures = importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise MissingExtra("a plot", "matplotlib") from error
    found = [masses(density, y, target, setting) for setting in settings]
    if not found:
        raise LossproofError("give at least one prediction to plot")
    places = _places(found)
    figure = figures.Figure(figsize=(9, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    bars = all(isinstance(m, Points) for m in found)
    shared = {name: value for name, value in settings[0].items() if all(s.get(name) is value for s in settings)}
    width = 0.8 / len(found) * _least_gap(places)
    for nth, (mass, setting) in enumerate(zip(found, settings, strict=True)):
        label = _said({name: value for name, value in setting.items() if name not in shared or len(settings) == 1})
        values, heights = Curve(loss, y, setting)(places), mass.density(places)
        values = np.where(np.isfinite(values), values, np.nan)
        left.plot(places, values, "o-" if bars else "-", markersize=4, linewidth=0.8 if bars else 1.5, label=label)
        if bars:
            right.bar(places + (nth - (len(found) - 1) / 2) * width, heights, width)
        else:
            right.plot(places, heights)
    what = "probability" if bars else "density"
    left.set(xlabel=written(y), title="loss")
    right.set(xlabel=written(y), title=what)
    right.set_ylim(bottom=0)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        if bars and len(places) <= _FEW:
            axes.set_xticks(places)
    figure.legend(loc="outside lower center", ncols=len(found), frameon=False)
    above = ", ".join(filter(None, (title, _said(shared) if len(settings) > 1 else "")))
    if above:
        figure.suptitle(above)
    return figure


def _said(setting: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_number(value)}" for name, value in setting.items())


def _places(found: Sequence[Masses]) -> npt.NDArray[Any]:
    """Observations that are likely enough to be shown."""
    lows, highs = zip(*(_range(m) for m in found), strict=True)
    low, high = min(lows), max(highs)
    if all(isinstance(m, Points) for m in found):
        outcomes = np.unique(np.concatenate([m.outcomes for m in found if isinstance(m, Points)]))
        return outcomes[(outcomes >= low) & (outcomes <= high)][:_MOST_OUTCOMES]
    return np.linspace(low, high, _POINTS)


def _range(mass: Masses) -> tuple[float, float]:
    """Between which observations nearly all of the mass lies; of heavy tails, not too far from the middle."""
    above = np.cumsum(mass.mass)
    low, first, third, high = (min(int(np.searchsorted(above, q)), len(above) - 1) for q in _SHARES)
    if isinstance(mass, Points):
        return float(mass.outcomes[0]), float(mass.outcomes[min(max(high, 2), len(above) - 1)])
    assert isinstance(mass, Pieces)
    spread = mass.right[third] - mass.left[first]
    near, far = mass.left[first] - _FAR * spread, mass.right[third] + _FAR * spread
    return float(max(mass.left[low], near)), float(min(mass.right[high], far))


def _least_gap(places: npt.NDArray[Any]) -> float:
    return float(np.diff(np.sort(places)).min()) if len(places) > 1 else 1.0


def _number(value: Any) -> str:
    flat = np.ravel(np.asarray(value, dtype=float))
    text = ", ".join(f"{v:g}" for v in flat)
    return text if np.ndim(value) == 0 else f"({text})"
