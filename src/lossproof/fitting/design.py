"""The matrix of the inputs: what makes a fit impossible, said in words, and a basis in which it is well scaled.

The triangular factor ``R`` of ``X = Q R`` is found block by block of rows (each factorised together with the ``R``
of those before: Demmel, Grigori, Hoemmen and Langou 2012, section 2), so that the matrix is read once and never copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lossproof.compiled.objective import Floats, Objective
from lossproof.errors import DataError, NoMinimiser

#: How an observation is called in messages: its row, or its line in a file.
Place = Callable[[int], str]

#: A column whose part outside of the columns before it is shorter than this, relative to it, depends on them.
_DEPENDENT = 1e-11
_LARGEST = 1e100
_NEGLIGIBLE = 1e-8


@dataclass(frozen=True)
class Design:
    """The columns of the inputs.

    Attributes:
        names: of the columns, the intercept's first, if there is one.
        factor: ``R``, shape (p, p).
    """

    names: tuple[str, ...]
    factor: Floats

    @cached_property
    def lengths(self) -> Floats:
        """The Euclidean length of each column."""
        return np.sqrt(np.sum(self.factor**2, axis=0))

    @cached_property
    def condition(self) -> float:
        """The condition number of the columns, each scaled to the length 1."""
        return float(np.linalg.cond(self.factor / self.lengths))

    @property
    def means(self) -> Floats:
        """The means of the columns after the first, which is the intercept's."""
        return self.factor[0, 1:] / self.factor[0, 0]

    @cached_property
    def inverse(self) -> Floats:
        """``R^-1``: weights ``w = R^-1 v`` have scores of the length of ``v``."""
        from scipy.linalg import solve_triangular

        found: Floats = solve_triangular(self.factor / self.lengths, np.eye(len(self.names)))
        return found / self.lengths[:, None]


def design(o: Objective, names: Sequence[str], place: Place, *, unique: bool = True) -> Design:
    """Read the inputs once.

    Args:
        o: the loss on data.
        names: of the columns.
        place: what an observation is called.
        unique: whether the columns must determine the weights; else the factor is the diagonal of their lengths.

    Raises:
        DataError: if a value is not finite, or too large to be squared; it names row and column.
        NoMinimiser: if there are fewer rows than columns, or a column is constant or depends on others; it names them.
    """
    count = o.coordinates
    factor, least, largest = np.zeros((0, count)), np.full(count, np.inf), np.full(count, -np.inf)
    for block in o.blocks():
        rows = block.dense
        if not np.isfinite(rows).all():
            row, column = map(int, np.argwhere(~np.isfinite(rows))[0])
            what = "missing (NaN)" if np.isnan(rows[row, column]) else "infinite"
            where = f"{place(block.cut.start + row)}, column '{names[column]}'"
            raise DataError(f"{where}: the value is {what}; remove or impute such observations")
        least, largest = np.minimum(least, rows.min(axis=0)), np.maximum(largest, rows.max(axis=0))
        factor = np.asarray(np.linalg.qr(np.vstack([factor, rows]), mode="r"))
    _refuse_large(names, np.maximum(np.abs(least), np.abs(largest)))
    if not unique:
        lengths = np.sqrt(np.sum(factor**2, axis=0))
        return Design(tuple(names), np.diag(np.where(lengths > 0, lengths, 1.0)))
    _refuse_few(len(o), names)
    for k in range(o.intercept, count):
        if least[k] == largest[k] and (o.intercept or largest[k] == 0):
            why = "it repeats the intercept" if o.intercept else "its weight has no influence"
            raise NoMinimiser(
                f"column '{names[k]}' is constant, {largest[k] + 0.0:g} in every row: {why}; leave it out"
            )
    found = Design(tuple(names), factor)
    _refuse_dependent(found)
    return found


def _refuse_large(names: Sequence[str], sizes: Floats) -> None:
    if sizes.size and sizes.max() > _LARGEST:
        worst = int(np.argmax(sizes))
        raise DataError(f"column '{names[worst]}' has values up to {sizes[worst]:.1g}; divide it by its largest value")


def _refuse_few(rows: int, names: Sequence[str]) -> None:
    if rows < len(names):
        few = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise NoMinimiser(
            f"{rows} observations do not determine {len(names)} weights ({few}): leave columns out, or use a prior, "
            "such as that of 'ridge'"
        )


def _refuse_dependent(found: Design) -> None:
    """Say which column is made of which, if one is."""
    scaled = found.factor / np.where(found.lengths > 0, found.lengths, 1.0)
    for k in range(scaled.shape[1]):
        if abs(scaled[k, k]) <= _DEPENDENT:
            shares, *_ = np.linalg.lstsq(scaled[:k, :k], scaled[:k, k], rcond=_DEPENDENT)
            weights = shares * found.lengths[k] / found.lengths[:k]
            terms = [(w, n) for w, n, s in zip(weights, found.names, shares, strict=False) if abs(s) > _NEGLIGIBLE]
            raise NoMinimiser(
                f"the columns are linearly dependent: {found.names[k]} = {_combination(terms)}; many weights give the "
                "same predictions: leave one of these columns out"
            )


def _combination(terms: Sequence[tuple[float, str]]) -> str:
    """``2 a - b + 3``."""
    text = ""
    for weight, name in terms:
        size = f"{abs(weight):.6g}"
        what = size if name == INTERCEPT else name if size == "1" else f"{size} {name}"
        sign = "-" if weight < 0 else "+"
        text += f" {sign} {what}" if text else f"-{what}" if weight < 0 else what
    return text or "0"


#: What the weight of the feature that is 1 everywhere is called.
INTERCEPT = "(intercept)"


def column_names(inputs: Any, features: Sequence[str] | None, intercept: bool) -> tuple[str, ...]:
    """The names of the weights: as given, as a data frame has them, or ``x1``, ``x2``, ...

    Raises:
        DataError: if there are not as many names as columns.
    """
    count = int(inputs.shape[1])
    given = features if features is not None else getattr(inputs, "columns", None)
    found = tuple(map(str, given)) if given is not None else tuple(f"x{k}" for k in range(1, count + 1))
    if len(found) != count:
        raise DataError(f"{len(found)} names of features for {count} columns")
    return ((INTERCEPT,) if intercept else ()) + found
