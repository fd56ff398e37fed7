"""Why the logarithm is taken: the product underflows where the sum does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lossproof.errors import DataError
from lossproof.figures.canvas import MARKED, SERIES, canvas, kept, label, styled, words
from lossproof.figures.case import Case, Data, case
from lossproof.figures.optimum import minimiser
from lossproof.models import Model, NoiseModel
from lossproof.render.latex import mathematics

#: How many points a curve has; how many factors are tried; how far beyond the underflow the figure goes.
_POINTS, _MOST, _BEYOND = 120, 100_000, 1.5
#: Minus the logarithm of the smallest double, 2^-1074, and the logarithm of the largest.
_SMALLEST, _LARGEST = 744.44, 709.78
#: Of how many observations the mean loss is taken to foresee where that is.
_SAMPLE = 90


def underflow(
    what: str | Model[NoiseModel] | NoiseModel = "logistic",
    data: Data | None = None,
    *,
    axes: Any = None,
    out: str | Path | None = None,
    seed: int = 0,
    **constants: Any,
) -> Any:
    """The likelihood, a product, and the negative log-likelihood, a sum, of more and more observations, in doubles.

    From some number on the product is 0 (or, of densities above 1, infinite) and its logarithm is lost; the sum,
    which is proved equal to minus that logarithm, goes on.  Both are the expressions of the derivation.

    Args:
        what: the name of a model in the catalogue, a model, or a noise model.
        data: as for `lossproof.figures.optimum`; drawn from the model, as many as it takes, if not given.
        axes: two panels of matplotlib to draw in; a figure of its own if none are given.
        out: a file .png, .pdf or .svg, written whole or not at all.
        seed: of the data that are drawn.
        constants: numbers for the constants of the model, by name.

    Returns:
        A ``matplotlib.figure.Figure``; its ``axes`` may be changed.

    Raises:
        UnknownName: for a name or a constant that there is not.
        DataError: if the data do not fit the model, or it would take too many of them.
        MissingExtra: if ``matplotlib`` (extra ``figures``) is not installed.
        OutputError: if the file cannot be written.
    """
    with styled(out):
        found = case(what, data, count=_SAMPLE, seed=seed, constants=constants)
        point = found.truth
        if point is None:
            point = tuple(minimiser(found, found.loss, [0.5] * len(found.parameters)))
        else:
            mean = found.negative_log_likelihood(point) / len(found)
            needed = int(_BEYOND * (_SMALLEST if mean > 0 else _LARGEST) / max(abs(mean), 1e-300))
            if needed > _MOST:
                raise DataError(f"'{found.model.name}': the product would need {needed} observations to underflow")
            found = case(what, None, count=needed, seed=seed, constants=constants)
        return kept(_draw(found, point, axes), out)


def lost_at(case: Case, point: tuple[float, ...]) -> int | None:
    """From how many observations on the product is 0 or infinite in doubles; None if it is neither of all of them."""

    def lost(rows: int) -> bool:
        return not 0.0 < case.likelihood(point, rows) < np.inf

    if not lost(len(case)):
        return None
    low, high = 0, len(case)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if lost(middle) else (middle, high)
    return high


def _draw(case: Case, point: tuple[float, ...], axes: Any) -> Any:
    lost = lost_at(case, point)
    counts = np.unique([*np.linspace(1, len(case), _POINTS).astype(int), *([lost - 1, lost] if lost else [])])
    counts = counts[counts > 0]
    products = np.array([case.likelihood(point, int(count)) for count in counts])
    sums = np.array([case.negative_log_likelihood(point, int(count)) for count in counts])
    figure, (left, right) = canvas(axes, 1, 2)
    alive = (products > 0) & np.isfinite(products)
    with np.errstate(all="ignore"):
        logarithms = -np.log(products)
    colour, dashes, _ = SERIES[0]
    left.plot(counts[alive], products[alive], dashes, color=colour, label=f"product {label(_name(case))}")
    falls = sums[-1] > 0
    left.set_yscale("log")
    left.set_ylim((5e-324, 1e20) if falls else (1e-20, 1e304))
    left.set_yticks([10.0 ** (-power if falls else power) for power in (0, 100, 200, 300)])
    left.minorticks_off()
    left.set(xlabel=label("n"), ylabel=label(_name(case)), title="the product, in doubles")
    other, other_dashes, _ = SERIES[1]
    right.plot(counts, sums, other_dashes, color=other, label="the sum")
    right.plot(counts[alive], logarithms[alive], ":", color=colour, linewidth=2.4, label="minus log of the product")
    right.set(xlabel=label("n"), ylabel=label(rf"-\log {_name(case)}"), title="the sum, in doubles")
    if lost is not None:
        for panel in (left, right):
            panel.axvspan(lost, counts[-1], color="#BBBBBB", alpha=0.35, linewidth=0)
        gone = 0.0 if falls else np.inf
        assert products[counts == lost][0] == gone
        said = f"from {label('n')}$ = {lost}$ on\nthe product is {'0.0' if falls else '∞'}"
        _point_at(left, said, (lost, min(products[alive][-1], 1e300)), (0.05, 0.12 if falls else 0.75))
        said = f"minus its logarithm: {'∞' if falls else '−∞'}"
        _point_at(right, said, (lost, sums[counts == lost][0]), (0.42 if falls else 0.05, 0.12))
    right.legend(loc="upper left" if falls else "upper right")
    if axes is None:
        figure.suptitle(words(case.model.heading), fontsize=10)
    return figure


def _point_at(panel: Any, said: str, place: tuple[float, float], text: tuple[float, float]) -> None:
    arrow = {"arrowstyle": "->", "color": MARKED, "linewidth": 0.8}
    panel.annotate(said, place, xytext=text, textcoords="axes fraction", arrowprops=arrow)


def _name(case: Case) -> str:
    return f"L({', '.join(mathematics(p) for p in case.model.parameters)})"
