"""Figures of what is derived: one call, one file.

>>> import lossproof as lp
>>> figure = lp.figures.optimum("logistic")            # likelihood and loss over the weight, with their optimum
>>> len(figure.axes)
2

Every curve is an expression of a derivation at numbers; nothing is written again here.  A figure is one of
matplotlib's (extra ``figures``), made without pyplot or a display; a notebook shows it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lossproof.errors import UnknownName
from lossproof.figures.noise import noise
from lossproof.figures.optimum import optimum
from lossproof.figures.underflow import underflow

#: Each kind of figure by its name; another is one line here.
KINDS: dict[str, Callable[..., Any]] = {"optimum": optimum, "underflow": underflow, "noise": noise}


def draw(
    kind: str, what: Any, *, out: str | Path | None = None, constants: Mapping[str, Any] | None = None, **settings: Any
) -> Any:
    """A figure by the name of its kind.

    Args:
        kind: one of `KINDS`.
        what: a name of the catalogue, a model, a noise model or a verdict.
        out: a file .png, .pdf or .svg.
        constants: numbers for the constants of the model, by name.
        settings: what else that kind of figure takes.

    Raises:
        UnknownName: if there is no such kind, or no such constant.
    """
    if kind not in KINDS:
        raise UnknownName("kind of figure", kind, KINDS)
    for name in constants or ():
        if name in inspect.signature(KINDS[kind]).parameters:
            raise UnknownName("constant", name, ())
    return KINDS[kind](what, out=out, **settings, **(constants or {}))


__all__ = ["KINDS", "draw", "noise", "optimum", "underflow"]
