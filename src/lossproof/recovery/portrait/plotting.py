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

#: How much of the mass a picture leaves out on each side, and how many points a curve has.
_LEFT_OUT, _POINTS = 0.005, 400
#: The least and the greatest of the losses shown, as multiples of their spread in the middle of the density.
_MOST_OUTCOMES = 40


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
    figure = figures.Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    bars = isinstance(found[0], Points)
    for nth, (mass, setting) in enumerate(zip(found, settings, strict=True)):
        label = ", ".join(f"{name} = {_number(value)}" for name, value in setting.items())
        values = Curve(loss, y, setting)(places)
        heights = mass.density(places)
        if bars:
            width = 0.8 / len(found) * _least_gap(places)
            shift = (nth - (len(found) - 1) / 2) * width
            left.bar(places + shift, values, width, label=label)
            right.bar(places + shift, heights, width, label=label)
        else:
            left.plot(places, np.where(np.isfinite(values), values, np.nan), label=label)
            right.plot(places, heights, label=label)
    name = written(y)
    left.set(xlabel=name, ylabel="loss", title="loss")
    right.set(xlabel=name, ylabel="probability" if bars else "density", title="density" if not bars else "probability")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        if bars and len(places) <= 12:
            axes.set_xticks(places)
    right.set_ylim(bottom=0)
    right.legend(frameon=False, fontsize="small")
    if title:
        figure.suptitle(title)
    return figure


def _places(found: Sequence[Masses]) -> npt.NDArray[Any]:
    """Observations that are likely enough to be shown."""
    lows, highs = zip(*(_quantiles(m) for m in found), strict=True)
    low, high = min(lows), max(highs)
    if all(isinstance(m, Points) for m in found):
        outcomes = np.unique(np.concatenate([m.outcomes for m in found if isinstance(m, Points)]))
        return outcomes[(outcomes >= low) & (outcomes <= high)][:_MOST_OUTCOMES]
    return np.linspace(low, high, _POINTS)


def _quantiles(mass: Masses) -> tuple[float, float]:
    if isinstance(mass, Points):
        above = np.cumsum(mass.mass)
        high = mass.outcomes[min(np.searchsorted(above, 1 - _LEFT_OUT), len(above) - 1)]
        return float(mass.outcomes.min()), float(max(high, mass.outcomes[:3].max()))
    assert isinstance(mass, Pieces)
    above = np.cumsum(mass.mass)
    low = mass.left[np.searchsorted(above, _LEFT_OUT)]
    high = mass.right[min(np.searchsorted(above, 1 - _LEFT_OUT), len(above) - 1)]
    return float(low), float(high)


def _least_gap(places: npt.NDArray[Any]) -> float:
    return float(np.diff(np.sort(places)).min()) if len(places) > 1 else 1.0


def _number(value: Any) -> str:
    flat = np.ravel(np.asarray(value, dtype=float))
    text = ", ".join(f"{v:g}" for v in flat)
    return text if np.ndim(value) == 0 else f"({text})"
