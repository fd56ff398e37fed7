"""Figures of what is derived: one call, one file.

>>> import lossproof as lp
>>> figure = lp.figures.optimum("logistic")            # likelihood and loss over the weight, with their optimum
>>> len(figure.axes)
2

Every curve is an expression of a derivation at numbers; nothing is written again here.  A figure is one of
matplotlib's (extra ``figures``), made without pyplot or a display; a notebook shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lossproof.errors import UnknownName
from lossproof.figures.noise import noise
from lossproof.figures.optimum import optimum
from lossproof.figures.underflow import underflow

#: Each kind of figure by its name; another is one line here.
KINDS: dict[str, Callable[..., Any]] = {"optimum": optimum, "underflow": underflow, "noise": noise}


def draw(kind: str, what: Any, *, out: str | Path | None = None, **settings: Any) -> Any:
    """A figure by the name of its kind.

    Raises:
        UnknownName: if there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownName("kind of figure", kind, KINDS)
    return KINDS[kind](what, out=out, **settings)


__all__ = ["KINDS", "draw", "noise", "optimum", "underflow"]
