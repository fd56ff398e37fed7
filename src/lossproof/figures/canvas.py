"""What all figures share: their style, their letters, how they are kept.

The colours are told apart by readers who do not see all of them, and the lines by their dashes where there is
no colour at all.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Basic

from lossproof.errors import LossproofError, MissingExtra, OutputError
from lossproof.files import write_whole
from lossproof.notation.plain import written
from lossproof.render.latex import mathematics

#: Colour, dashes and marker of the curves of a figure, in this order (colours: Okabe and Ito 2008).
SERIES = (("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", ":", "^"), ("#CC79A7", "-.", "D"))
#: Of what is marked on a curve.
MARKED = "#000000"
#: The colours of heights: from dark to light, so that they are in order without colour too.
HEIGHTS = "cividis"
#: The width of a column of text, in inches, and the height of a figure with its panels side by side.
WIDTH, HEIGHT = 6.3, 2.7
FORMATS = ("png", "pdf", "svg")
_DOTS, _DOTS_ON_SCREEN = 200, 110

_STYLE = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "lossproof",
}
#: What would make two files of one figure differ.
_UNDATED = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


def _matplotlib(module: str) -> Any:
    try:
        return importlib.import_module(f"matplotlib{module}")
    except ImportError as error:
        raise MissingExtra("a figure", "matplotlib") from error


@cache
def _figure_class() -> Any:
    """A figure of matplotlib that a notebook shows without pyplot."""

    class Figure(_matplotlib(".figure").Figure):  # type: ignore[misc]
        def _repr_png_(self) -> bytes:
            return contents(self, "png", _DOTS_ON_SCREEN)

    return Figure


@contextlib.contextmanager
def styled(out: str | Path | None = None) -> Iterator[None]:
    """In this style; what else is drawn by matplotlib is left as it is.

    Args:
        out: the file that is to be written, if any, so that a wrong name is found before anything is computed.

    Raises:
        MissingExtra: if ``matplotlib`` (extra ``figures``) is not installed.
        OutputError: if the name of the file does not end as one of `FORMATS`.
    """
    if out is not None:
        form_of(out)
    _matplotlib(".figure")
    with _matplotlib("").rc_context(_STYLE), np.errstate(all="ignore"):
        yield


def canvas(axes: Any, rows: int, columns: int, *, height: float = HEIGHT, **settings: Any) -> tuple[Any, list[Any]]:
    """A figure and its panels: those that are given, or new ones.

    Args:
        axes: the panels to draw in, one or a sequence of them, or None for a figure of its own.
        rows: of panels.
        columns: of panels.
        height: of a new figure, in inches.
        settings: for new panels, as ``matplotlib.figure.Figure.subplots`` takes them.

    Raises:
        LossproofError: if another number of panels is given than there is to draw.
    """
    if axes is None:
        figure = _figure_class()(figsize=(WIDTH, height), layout="constrained")
        return figure, list(figure.subplots(rows, columns, squeeze=False, **settings).flat)
    panels = list(np.ravel(np.asarray(axes, dtype=object)))
    if len(panels) != rows * columns or not all(hasattr(panel, "plot") for panel in panels):
        raise LossproofError(f"this figure has {rows * columns} panels; give as many axes of matplotlib")
    return panels[0].figure, panels


def label(e: Basic | str, more: str = "") -> str:
    """An expression as it stands in the derivations, for matplotlib; as plain text, if it cannot set that.

    Args:
        e: an expression, or LaTeX.
        more: what follows it, in words.
    """
    latex = e if isinstance(e, str) else mathematics(e)
    latex = latex.replace(r"\lvert", "|").replace(r"\rvert", "|").replace(r"\bigl", "").replace(r"\bigr", "")
    try:
        _matplotlib(".mathtext").MathTextParser("path").parse(f"${latex}$")
    except ValueError:
        return (e.replace("$", "") if isinstance(e, str) else written(e)) + more
    return f"${latex}${more}"


def words(text: str) -> str:
    """Words from a user, in which matplotlib is to see no mathematics."""
    return text.replace("$", r"\$")


def contents(figure: Any, form: str, dots: int = _DOTS) -> bytes:
    """A figure as the bytes of a file, in one of `FORMATS`; the same figure gives the same bytes."""
    file = io.BytesIO()
    with styled():
        figure.savefig(file, format=form, dpi=dots, metadata=_UNDATED[form])
    return file.getvalue()


def kept(figure: Any, out: str | Path | None) -> Any:
    """The figure, written to a file if one is named, whole or not at all.

    Raises:
        OutputError: if the file cannot be written, or its name does not end as one of `FORMATS`.
    """
    if out is not None:
        write_whole(contents(figure, form_of(out)), out)
    return figure


def form_of(out: str | Path) -> str:
    """The format that the end of a file's name stands for.

    Raises:
        OutputError: for another end than those of `FORMATS`.
    """
    form = Path(out).suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise OutputError(f"cannot write '{out}': a figure is a file .png, .pdf or .svg")
    return form


def number(value: Any) -> str:
    """A number, or several in brackets, for a legend."""
    flat = [f"{v + 0.0:.3g}" for v in np.ravel(np.asarray(value, dtype=float))]  # -0 is 0
    return flat[0] if np.ndim(value) == 0 else f"({', '.join(flat)})"
