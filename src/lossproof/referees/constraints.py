"""Drawn numbers made to satisfy what is declared of whole expressions: ``m_i - y_i`` a count, ``sum_k y_ik = 1``.

An array element that is declared by itself is drawn from its domain.  What is declared of an
expression of several is reached by repair: where it does not hold, the elements in it are drawn
again, a bounded number of times.  Nothing here knows a model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr, Indexed, Integer, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis
from lossproof.kernel.domains import Domain, point
from lossproof.notation.inert import sub, walk
from lossproof.notation.nodes import Chance, Opaque, written_out
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.numeric.support import lies_in

ROUNDS = 200
_NUMBERS = Precise(50)

Redraw = Callable[[Domain], Any]


def constraints(hypotheses: Sequence[Hypothesis]) -> Iterator[Declared | Assumed]:
    """What is declared or assumed of expressions, other than single terms and the probabilities of a model."""
    for h in hypotheses:
        if isinstance(h, Declared) and not isinstance(h.term, (Symbol, Indexed, Opaque)):
            yield h
        if isinstance(h, Assumed) and not any(isinstance(p, Chance) for e in (h.left, h.right) for p in walk(e)):
            yield h


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
        broken = next(((h, at) for h in wanted for at in _broken(h, instance)), None)
        if broken is None:
            return None
        if not _renew(*broken, instance, domains, redraw):
            return broken[0]
    return broken[0] if broken else None


def _broken(h: Declared | Assumed, instance: Instance) -> list[dict[str, int]]:
    """The indices at which a constraint does not hold; all of them if it has no value there."""
    names, sizes = [r.index.name for r in h.ranges], [int(evaluate(r.high, instance)) for r in h.ranges]
    if 0 in sizes:
        return []
    axes = np.meshgrid(*(np.arange(1, size + 1) for size in sizes), indexing="ij", sparse=True)
    indices = {**instance.indices, **dict(zip(names, axes, strict=True))}
    term = h.term if isinstance(h, Declared) else sub(h.left, h.right)
    try:
        values = evaluate(term, replace(instance, indices=indices), _NUMBERS)
    except LossproofError:
        values = _NUMBERS.context.nan
    domain = h.domain if isinstance(h, Declared) else point(0)
    spread = np.broadcast_to(np.asarray(values, dtype=object), sizes)
    wrong = [place for place in np.ndindex(*sizes) if not lies_in(domain, spread[place])]
    return [{name: place + 1 for name, place in zip(names, places, strict=True)} for places in wrong]


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
