"""Pointwise functions that keep their digits whatever the data: a backend's kernels with guards, and what they catch.

The kernels of any backend also fill ``doubt`` (`lossproof.compiled.guards`); rows where it is positive are computed
again in numbers of several doubles (`lossproof.compiled.refinement`), a few thousand at a time.  Numbers narrower
than doubles are computed as doubles and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lossproof.compiled.guards import Range, guarded
from lossproof.compiled.program import Level, Program
from lossproof.compiled.refinement import EXTENDED_MOST, extended, refined
from lossproof.compiled.unit import Unit

if TYPE_CHECKING:
    from lossproof.compiled.loss import Backend

Array = npt.NDArray[Any]

#: How many numbers are computed before their doubts are looked at, and how many rows are refined together.
AT_ONCE, REFINED_AT_ONCE = 1 << 17, 1 << 12


class Guarded(Mapping[str, Program]):
    """The programs of a loss with their doubts, each made when it is first asked for."""

    def __init__(self, programs: Mapping[str, Program], ranges: Mapping[str, Range], most: float | None = None) -> None:
        self.programs, self.ranges, self.most = programs, ranges, most
        self._made: dict[str, Program] = {}

    def __getitem__(self, what: str) -> Program:
        if what not in self._made:
            self._made[what] = guarded(self.programs[what], self.ranges, self.most)
        return self._made[what]

    def __contains__(self, what: object) -> bool:
        return what in self.programs

    def __iter__(self) -> Iterator[str]:
        return iter(self.programs)

    def __len__(self) -> int:
        return len(self.programs)


@dataclass(frozen=True)
class Accurate:
    """Fills the outputs of programs as a backend does, to a few units in the last place.

    Attributes:
        unit: the programs.
        ranges: where the inputs lie, if they are declared to lie in an interval.
        backend: makes what runs the programs of a unit.
    """

    unit: Unit
    ranges: Mapping[str, Range]
    backend: Callable[[Unit], Backend]

    @cached_property
    def guarded(self) -> Unit:
        """The programs with doubts."""
        return replace(self.unit, programs=Guarded(self.unit.programs, self.ranges))

    @cached_property
    def _extended(self) -> Mapping[str, Program]:
        """The programs with doubts for extended precision; none over classes."""
        if self.unit.classes:
            return {}
        return Guarded(self.unit.programs, self.ranges, EXTENDED_MOST)

    @cached_property
    def _running(self) -> Backend:
        return self.backend(self.guarded)

    def fill(self, what: str, arrays: Sequence[Any], numbers: Sequence[float], outs: Sequence[Array]) -> None:
        """Fill the outputs of a program.

        Args:
            what: the name of the program.
            arrays: of one length, shape (n,), or (n, K) over classes; or one number for all.
            numbers: the parameters.
            outs: arrays of shape (n,) or (n, K).
        """
        program = self.guarded.programs[what]
        count = len(outs[0])
        step = max(1, AT_ONCE // max(o.shape[1] if o.ndim == 2 else 1 for o in (*arrays, *outs) if np.ndim(o)))
        level = program.nodes[program.outputs["doubt"]].level if "doubt" in program.outputs else Level.ROW
        for start in range(0, count, step):
            cut = slice(start, start + step)
            here = [_in_double(a[cut] if np.ndim(a) else a) for a in arrays]
            out = [o[cut] for o in outs]
            made = [o if o.dtype == np.float64 else np.empty(o.shape) for o in out]
            doubts = [np.empty(_shape_of(level, here, made))] if "doubt" in program.outputs else []
            self._running.fill(what, here, numbers, [*made, *doubts])
            for doubt in doubts:
                self._refine(what, here, numbers, made, doubt)
            for o, m in zip(out, made, strict=True):
                if o is not m:
                    with np.errstate(over="ignore"):
                        o[...] = m

    def _refine(
        self, what: str, arrays: Sequence[Any], numbers: Sequence[float], outs: Sequence[Array], doubt: Array
    ) -> None:
        with np.errstate(invalid="ignore"):
            doubtful = ~(doubt <= 0)
        rows = np.flatnonzero(doubtful.any(axis=1) if doubtful.ndim == 2 else doubtful)
        if not len(rows):
            return
        for a in (*arrays, *numbers):
            finite = np.isfinite(a)
            if not np.ndim(finite):
                rows = rows if finite else rows[:0]
            else:
                rows = rows[(finite.all(axis=1) if finite.ndim == 2 else finite)[rows]]
        names = (*self.unit.given(what), *self.unit.parameters)
        given = dict(zip(names, [*arrays, *numbers], strict=True))
        rows = self._extend(what, given, rows, outs)
        classes = next((a.shape[1] for a in arrays if np.ndim(a) == 2), 1)
        for some in _parts(rows, classes):
            found = refined(self.unit.programs[what], _at(given, some), classes)
            for out, value in zip(outs, found.values(), strict=True):
                out[some] = np.where(np.isnan(value), out[some], value)

    def _extend(self, what: str, given: Mapping[str, Any], rows: Array, outs: Sequence[Array]) -> Array:
        """Fill rows in extended precision; returns those for which that is not enough."""
        left = []
        for some in _parts(rows, 1):
            wide = extended(self._extended[what], _at(given, some)) if what in self._extended else None
            if wide is None:
                return rows
            found, good = wide
            for out, value in zip(outs, found.values(), strict=True):
                out[some[good]] = np.broadcast_to(value, some.shape)[good]
            left.append(some[~good])
        return np.concatenate([rows[:0], *left])


def _parts(rows: Array, classes: int) -> Iterator[Array]:
    step = max(1, REFINED_AT_ONCE // classes)
    return (rows[start : start + step] for start in range(0, len(rows), step))


def _at(given: Mapping[str, Any], rows: Array) -> dict[str, Any]:
    return {name: a[rows] if np.ndim(a) else a for name, a in given.items()}


def _in_double(array: Any) -> Any:
    return array if not np.issubdtype(array.dtype, np.floating) else array.astype(np.float64, copy=False)


def _shape_of(level: Level, arrays: Sequence[Any], outs: Sequence[Array]) -> tuple[int, ...]:
    if level is not Level.CLASS:
        return outs[0].shape[:1]
    return next(a.shape for a in (*arrays, *outs) if np.ndim(a) == 2)
