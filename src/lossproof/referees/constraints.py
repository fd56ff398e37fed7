"""Drawn numbers made to satisfy what is declared of whole expressions: ``m_i - y_i`` a count, ``sum_k y_ik = 1``.

An array element that is declared by itself is drawn from its domain.  What is declared of an
expression of several is reached by repair: an equation is solved for one of the elements in it; where that
is not possible, or did not last, they are drawn again, a bounded number of times.  Nothing here knows a model.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt
from sympy import Expr, Indexed, Integer, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis
from lossproof.kernel.domains import Domain
from lossproof.notation.inert import sub, walk
from lossproof.notation.nodes import written_out
from lossproof.numeric.evaluate import Instance, Rationals, evaluate
from lossproof.numeric.support import constraints, lies_in, violations

ROUNDS = 200
_NUMBERS = Rationals()

Redraw = Callable[[Domain], Any]


def repair(
    hypotheses: Sequence[Hypothesis], instance: Instance, domains: Mapping[str, Domain], redraw: Redraw
) -> Declared | Assumed | None:
    """Draw elements again until every constraint holds; the first that still does not, or None.

    Args:
        hypotheses: what is to hold.
        instance: numbers, whose arrays are changed in place.
        domains: where the elements of each array lie, by its name.
        redraw: a random value in a domain.
    """
    wanted = list(constraints(hypotheses))
    solved: Counter[Hypothesis] = Counter()
    broken: Declared | Assumed | None = None
    for _ in range(ROUNDS):
        broken, places = next(((h, found) for h in wanted if (found := violations(h, instance))), (None, []))
        if broken is None:
            return None
        if isinstance(broken, Assumed) and solved[broken] < len(wanted):  # solving one may break those before it
            solved[broken] += 1
            places = [at for at in places if not _solve(broken, at, instance, domains)]
        for at in places[:1]:
            cells = list(_cells(broken, at, instance, domains))
            if not cells:
                return broken
            for cell in cells:
                cell.set(redraw(cell.domain))
            if isinstance(broken, Assumed):
                _solve(broken, at, instance, domains)
    return broken


@dataclass(frozen=True)
class _Cell:
    """An element of a drawn array."""

    array: npt.NDArray[Any]
    where: tuple[int, ...]
    domain: Domain

    def set(self, value: Any) -> None:
        self.array[self.where] = value


def _cells(
    h: Declared | Assumed, at: Mapping[str, int], instance: Instance, domains: Mapping[str, Domain]
) -> Iterator[_Cell]:
    """The array elements in a constraint at some indices; under a bound index, all of them."""
    for side in (h.term,) if isinstance(h, Declared) else (h.right, h.left):
        for part in walk(written_out(side)):
            if isinstance(part, Indexed) and str(part.base) in domains:
                array = instance.values[str(part.base)]
                positions = [_positions(e, size, at) for e, size in zip(part.indices, array.shape, strict=True)]
                for where in itertools.product(*positions):
                    yield _Cell(array, where, domains[str(part.base)])


def _positions(index: Expr, size: int, at: Mapping[str, int]) -> range:
    known = at.get(index.name) if isinstance(index, Symbol) else int(index) if isinstance(index, Integer) else None
    return range(size) if known is None else range(known - 1, known)


def _solve(h: Assumed, at: Mapping[str, int], instance: Instance, domains: Mapping[str, Domain]) -> bool:
    """Give its last element the value for which an equation holds that is linear in it, if that lies in its domain."""
    *_, cell = [None, *_cells(h, at, instance, domains)]
    if cell is None:
        return False
    here, drawn = replace(instance, indices={**instance.indices, **at}), cell.array[cell.where]

    def excess(value: Any) -> Any:
        cell.set(value)
        return evaluate(sub(h.left, h.right), here, _NUMBERS)

    try:
        start = excess(0)
        slope = excess(1) - start
        solution = -start / slope if slope else None
        if solution is not None and lies_in(cell.domain, solution) and excess(solution) == 0:
            cell.set(int(solution) if cell.domain.integer else solution)
            return True
    except LossproofError:
        pass
    cell.set(drawn)
    return False
