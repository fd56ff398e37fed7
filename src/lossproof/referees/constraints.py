"""Drawn numbers made to satisfy what is declared of whole expressions: ``m_i - y_i`` a count, ``sum_k y_ik = 1``.

An array element that is declared by itself is drawn from its domain.  What is declared of an
expression of several is reached by repair: where it does not hold, the elements in it are drawn
again, a bounded number of times.  Nothing here knows a model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Indexed, Integer, Symbol

from lossproof.kernel.conditions import Assumed, Declared, Hypothesis
from lossproof.kernel.domains import Domain
from lossproof.notation.inert import walk
from lossproof.notation.nodes import written_out
from lossproof.numeric.evaluate import Instance
from lossproof.numeric.support import constraints, violations

ROUNDS = 200

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
    for _ in range(ROUNDS):
        broken = next(((h, at) for h in wanted for at in violations(h, instance)), None)
        if broken is None:
            return None
        if not _renew(*broken, instance, domains, redraw):
            return broken[0]
    return broken[0] if broken else None


def _renew(
    h: Declared | Assumed, at: Mapping[str, int], instance: Instance, domains: Mapping[str, Domain], redraw: Redraw
) -> bool:
    """Draw the array elements in a constraint at some indices again; whether there are any."""
    sides = (h.term,) if isinstance(h, Declared) else (h.left, h.right)
    renewed = False
    for part in (p for side in sides for p in walk(written_out(side))):
        if isinstance(part, Indexed) and str(part.base) in domains:
            array, domain = instance.values[str(part.base)], domains[str(part.base)]
            where = tuple(_position(index, at) for index in part.indices)
            shape = np.shape(array[where])
            drawn = [redraw(domain) for _ in range(math.prod(shape))]
            array[where] = np.array(drawn, dtype=object).reshape(shape) if shape else drawn[0]
            renewed = True
    return renewed


def _position(index: Expr, at: Mapping[str, int]) -> int | slice:
    if isinstance(index, Symbol) and index.name in at:
        return at[index.name] - 1
    return int(index) - 1 if isinstance(index, Integer) else slice(None)
