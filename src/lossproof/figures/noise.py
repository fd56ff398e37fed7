"""The noise model beside its loss: the density of an observation, and the loss that is minus its logarithm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, IndexedBase, Symbol

from lossproof.errors import LossproofError
from lossproof.figures.canvas import SERIES, canvas, kept, label, number, styled, words
from lossproof.figures.pointwise import Pointwise, model_of
from lossproof.kernel.domains import POSITIVE, REAL, UNIT, Domain
from lossproof.models import Model, NoiseModel
from lossproof.recovery.portrait.numbers import Curve, Masses, Pieces, Points, masses
from lossproof.recovery.sets import Finite, Set
from lossproof.recovery.verdict import Verdict
from lossproof.render.latex import mathematics

#: The quantiles that a picture reaches to, those of its middle half, and how many times as far from it at most.
_SHARES, _FAR = (0.005, 0.25, 0.75, 0.995), 3
#: How many points a curve has, how many outcomes are shown, and up to how many of them each has a tick.
_POINTS, _MOST_OUTCOMES, _FEW = 401, 40, 12
#: Up to how many outcomes the loss is drawn over the prediction, a curve for each of them.
_OVER_PREDICTIONS = 2
#: Predictions that are drawn where they are logarithms, or log-odds, of what is observed.
_LOGARITHMS = (0.0, 1.0, 2.0)


def noise(
    what: str | Model[NoiseModel] | NoiseModel | Verdict,
    predictions: Sequence[Any] = (),
    *,
    axes: Any = None,
    out: str | Path | None = None,
    **constants: Any,
) -> Any:
    """The density of an observation and the pointwise loss, side by side, for a few predictions.

    Both are the expressions of the derivation.  Of two outcomes the loss is drawn over the prediction, with a curve
    for each outcome.

    Args:
        what: the name of a model in the catalogue, a model, a noise model, or a verdict of `lossproof.recover`.
        predictions: values of the (first) prediction; three that its set has, if none are given.
        axes: two panels of matplotlib to draw in; a figure of its own if none are given.
        out: a file .png, .pdf or .svg, written whole or not at all.
        constants: numbers for the constants of the noise model, by name.

    Returns:
        A ``matplotlib.figure.Figure``; its ``axes`` may be changed.

    Raises:
        UnknownName: for a name or a constant that there is not.
        MissingExtra: if ``matplotlib`` (extra ``figures``) is not installed.
        OutputError: if the file cannot be written.
        LossproofError: if observations are vectors, or there is no density that can be drawn.
    """
    if isinstance(what, Verdict):
        with styled(out):
            return kept(what.plot(predictions, axes=axes, **constants), out)
    one = Pointwise(model_of(what), constants)
    f, *others = one.predictions
    usual = {**one.constants, **{str(g.name): _shown(POSITIVE)[1] for g in others}}
    given = list(predictions) or _predictions(one)
    settings = [{_name(f): value, **usual} for value in given]
    with styled(out):
        figure = beside(
            one.loss,
            one.density,
            one.observation,
            one.target,
            settings,
            (f, one.values),
            title=one.model.noise.name,
            axes=axes,
        )
        return kept(figure, out)


def _predictions(one: Pointwise) -> list[Any]:
    if one.scores:
        count = int(one.constants["K"])
        ramp = np.arange(count) - (count - 1) / 2
        return [np.zeros(count), ramp, -2 * ramp]
    low = getattr(one.target, "low", 0.0)
    return list(_shown(one.values) if one.values != REAL or float(low) == -np.inf else _LOGARITHMS)


def _name(f: Symbol | IndexedBase) -> str:
    return str(f.name)


def _shown(values: Domain) -> tuple[float, ...]:
    """Predictions that are drawn when none are given, by the set that they lie in."""
    if values.within(UNIT):
        return (0.2, 0.5, 0.9)
    return (0.5, 1.0, 3.0) if values.within(POSITIVE) else (-1.0, 0.0, 2.0)


@styled()
def beside(
    loss: Expr,
    density: Expr,
    y: Symbol,
    target: Set,
    settings: Sequence[Mapping[str, Any]],
    over: tuple[Symbol | IndexedBase, Domain] | None = None,
    *,
    title: str = "",
    axes: Any = None,
) -> Any:
    """The density on the left and the loss on the right, a colour for each setting.

    Args:
        loss: of an observation, inert.
        density: inert, normalised.
        y: the observation.
        target: where it lies; stems for outcomes that are counted, curves for intervals.
        settings: numbers for the predictions and the constants, by name.
        over: the first prediction and where it lies, if there is one.
        title: what stands above.
        axes: two panels to draw in.

    Raises:
        LossproofError: if observations are vectors, or the density cannot be computed.
    """
    found = [masses(density, y, target, setting) for setting in settings]
    if not found:
        raise LossproofError("give at least one prediction to plot")
    figure, (left, right) = canvas(axes, 1, 2)
    places = _places(found)
    counted = all(isinstance(m, Points) for m in found)
    shared = {name: value for name, value in settings[0].items() if all(s.get(name) is value for s in settings)}
    width = 0.25 / len(found) * _least_gap(places) if len(found) > 1 else 0.0
    f = None if over is None else over[0]
    for nth, (mass, setting) in enumerate(zip(found, settings, strict=True)):
        colour, dashes, marker = SERIES[nth % len(SERIES)]
        said = _said({name: value for name, value in setting.items() if name not in shared or len(settings) == 1}, f)
        heights = mass.density(places)
        if counted:
            at = places + (nth - (len(found) - 1) / 2) * width
            left.vlines(at, 0, heights, colors=colour, linestyles=dashes, linewidth=1.0)
            left.plot(at, heights, marker, color=colour, label=said)
        else:
            left.plot(places, heights, dashes, color=colour, label=said)
    f_of, named = ("f" if f is None else mathematics(f)), mathematics(y)
    left.set(xlabel=label(y), ylabel=label(rf"{'P' if counted else 'p'}({named} \mid {f_of})"))
    left.set_ylim(bottom=0)
    left.set_title("noise model: probability" if counted else "noise model: density")
    right.set(title="pointwise loss", ylabel=label(rf"\ell({f_of}, {named})"))
    if isinstance(target, Finite) and len(target.outcomes) <= _OVER_PREDICTIONS and isinstance(f, Symbol) and over:
        _over_predictions(right, loss, y, target, f, _between(over[1], settings, f), shared)
    else:
        _over_observations(right, loss, y, places, settings, counted)
    if counted and len(places) <= _FEW:
        left.set_xticks(places)
    if axes is None:
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(found))
    else:
        left.legend()
    above = ", ".join(filter(None, (words(title), _said(shared, f) if len(settings) > 1 else "")))
    if above and axes is None:
        figure.suptitle(above, fontsize=10)
    return figure


def _over_observations(
    panel: Any, loss: Expr, y: Symbol, places: npt.NDArray[Any], settings: Sequence[Mapping[str, Any]], counted: bool
) -> None:
    for nth, setting in enumerate(settings):
        colour, dashes, marker = SERIES[nth % len(SERIES)]
        values = Curve(loss, y, setting)(places)
        values = np.where(np.isfinite(values), values, np.nan)
        panel.plot(
            places, values, dashes + (marker if counted else ""), color=colour, linewidth=0.8 if counted else 1.6
        )
    panel.set_xlabel(label(y))
    if counted and len(places) <= _FEW:
        panel.set_xticks(places)


def _over_predictions(
    panel: Any,
    loss: Expr,
    y: Symbol,
    target: Finite,
    f: Symbol,
    places: npt.NDArray[Any],
    constants: Mapping[str, Any],
) -> None:
    for outcome, (_, dashes, _) in zip(target.outcomes, SERIES, strict=False):
        value = float(outcome)
        values = Curve(loss, f, {**constants, y.name: value})(places)
        values = np.where(np.isfinite(values), values, np.nan)
        panel.plot(places, values, dashes, color="#000000", label=label(f"{mathematics(y)} = {outcome}"))
    panel.set_xlabel(label(f))
    panel.legend()


def _between(values: Domain, settings: Sequence[Mapping[str, Any]], f: Symbol) -> npt.NDArray[Any]:
    """Predictions from end to end of their set, or a little beyond those that are drawn."""
    low, high = float(values.low), float(values.high)
    given = [float(setting[f.name]) for setting in settings]
    low = low if np.isfinite(low) else min(*given, -3.0)
    high = high if np.isfinite(high) else max(*given, 3.0)
    return np.linspace(low, high, _POINTS)[1:-1]


def _said(setting: Mapping[str, Any], f: Symbol | IndexedBase | None = None) -> str:
    """Numbers for a legend, with their letters as in the derivations."""

    def letter(name: str) -> str:
        return mathematics(f if f is not None and name == f.name else Symbol(name))

    return ", ".join(label(f"{letter(name)} = {number(value)}") for name, value in setting.items())


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
