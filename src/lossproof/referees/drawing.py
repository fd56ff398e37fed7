"""Numbers and functions for hypotheses that speak of more than one thing at a time.

Class labels between two bounds, equations between arrays (one-hot labels, counts that add up to the
number of trials), opaque functions, and functions of one number with their derivatives.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
from sympy import Add, Expr, Indexed, IndexedBase, Integer, Rational, Sum, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled, Maps, Range
from lossproof.kernel.domains import COUNT, Domain
from lossproof.notation.inert import ZERO, add, neg, walk
from lossproof.notation.nodes import Chance
from lossproof.numeric.evaluate import Instance, Precise, evaluate

Values = dict[str, Any]
Function = Callable[..., Any]

_DIGITS = 50


def labels(h: Labelled, values: Values, chance: random.Random) -> str | None:
    """Draw integers between the bounds of a label, or say why there are none."""
    low, high = (integer(e, values) for e in (h.low, h.high))
    if low is None or high is None or low > high:
        return f"there is no integer with {h}"
    shape = sizes(h.term, h.ranges, values)
    if shape is None:
        return f"the size of '{h.term}' is not known"
    cells = [chance.randint(low, high) for _ in range(math.prod(shape))]
    name = str(h.term.base) if isinstance(h.term, Indexed) else str(h.term)
    values[name] = np.array(cells, dtype=object).reshape(shape) if shape else cells[0]
    return None


def integer(e: Expr, values: Mapping[str, Any]) -> int | None:
    """The value of a bound."""
    if isinstance(e, Integer):
        return int(e)
    return int(values[e.name]) if isinstance(e, Symbol) and e.name in values else None


def sizes(term: Expr, ranges: tuple[Range, ...], values: Mapping[str, Any]) -> tuple[int, ...] | None:
    """The shape of the array that a term with these ranges is an element of; () for a symbol."""
    highs = {r.index: integer(r.high, values) for r in ranges}
    found = [highs.get(index) for index in getattr(term, "indices", ())]
    return None if None in found else tuple(size for size in found if size is not None)


# ------------------------------------------------------------------ equations between arrays


def equate(hypotheses: Iterable[Hypothesis], values: Values, chance: random.Random) -> str | None:
    """Change values so that what is assumed of several numbers at once holds, or say what does not."""
    for h in hypotheses:
        if isinstance(h, Declared) and isinstance(h.term, Add) and not _apart(h, values, chance):
            return f"it would have to satisfy {h}"
        if isinstance(h, Assumed) and not any(isinstance(p, Chance) for s in (h.left, h.right) for p in walk(s)):
            try:
                _equate(h, values, chance)
                if not all(_holds(h, values, indices) for indices in _all_indices(h.ranges, values)):
                    return f"it would have to satisfy {h}"
            except LossproofError as error:
                return str(error)
    return None


def _equate(h: Assumed, values: Values, chance: random.Random) -> None:
    for indices in _all_indices(h.ranges, values):
        if isinstance(h.left, Indexed):
            _set(h.left, h.right, values, indices)
        elif isinstance(h.right, Indexed):
            _set(h.right, h.left, values, indices)
        elif isinstance(h.left, Sum) and isinstance(h.left.args[0], Indexed) and isinstance(h.right, Rational):
            _share(h.left, values, indices, chance)


def _apart(h: Declared, values: Values, chance: random.Random) -> bool:
    """Draw the first of two elements again if their difference is to be a count; whether it is in the set now."""
    first, *rest = h.term.args
    for indices in _all_indices(h.ranges, values):
        if isinstance(first, Indexed) and h.domain == COUNT:
            _set(first, add(Integer(chance.randint(0, 4)), neg(add(ZERO, *rest))), values, indices)
        if not _in(evaluate(h.term, Instance(values, indices=indices), Precise(_DIGITS)), h.domain):
            return False
    return True


def _set(element: Indexed, to: Expr, values: Values, indices: Mapping[str, int]) -> None:
    """An element of an array becomes the value of an expression."""
    where = tuple(_position(index, values, indices) for index in element.indices)
    values[str(element.base)][where] = evaluate(to, Instance(values, indices=indices), Precise(_DIGITS))


def _share(sum_: Sum, values: Values, indices: Mapping[str, int], chance: random.Random) -> None:
    """The elements that are added up become 1 once and 0 elsewhere if they are integers, else shares of 1."""
    element, (index, low, high) = sum_.args[0], sum_.args[1]
    members = range(integer(low, values) or 0, (integer(high, values) or 0) + 1)
    where = [tuple(_position(a, values, {**indices, index.name: m}) for a in element.indices) for m in members]
    array = values[str(element.base)]
    whole = all(isinstance(array[at], int) for at in where)
    cuts = sorted([0, 1024, *(chance.choice((0, 1024)) if whole else chance.randint(0, 1024) for _ in where[1:])])
    for at, (below, above) in zip(where, pairwise(cuts), strict=True):
        array[at] = (above - below) // 1024 if whole else (above - below) / 1024


def _position(index: Expr, values: Mapping[str, Any], indices: Mapping[str, int]) -> int:
    return int(evaluate(index, Instance(values, indices=indices))) - 1


def _all_indices(ranges: tuple[Range, ...], values: Mapping[str, Any]) -> list[dict[str, int]]:
    found: list[dict[str, int]] = [{}]
    for r in ranges:
        low, high = integer(r.low, values) or 0, integer(r.high, values) or 0
        found = [{**known, r.index.name: m} for known in found for m in range(low, high + 1)]
    return found


def _holds(h: Assumed, values: Mapping[str, Any], indices: Mapping[str, int]) -> bool:
    left, right = (evaluate(e, Instance(values, indices=indices), Precise(_DIGITS)) for e in (h.left, h.right))
    return bool(abs(left - right) <= mpmath.mpf(10) ** (10 - _DIGITS) * (1 + abs(left)))


# ------------------------------------------------------------------ functions


def opaque(h: Declared, values: Mapping[str, Any], offset: float) -> Function:
    """A smooth function of everything it is given, with values inside the declared set.

    Numbers count as they are; a row, or an array of parameters, counts by its sum.
    """
    domain, summed = h.domain, [_is_array(a, values) for a in h.term.args[1:]]

    def function(*arguments: Any) -> Any:
        mixed: Any = mpmath.mpf(offset)
        for a, whole in zip(arguments, summed, strict=True):
            mixed = mixed + (np.sum(np.asarray(a, dtype=object), axis=-1) if whole else a)
        return _inside(domain, np.frompyfunc(lambda v: v.context.sin(v), 1, 1)(mixed))

    return function


def _is_array(argument: Expr, values: Mapping[str, Any]) -> bool:
    if isinstance(argument, Indexed):
        return np.ndim(values[str(argument.base)]) > len(argument.indices)
    return isinstance(argument, IndexedBase)


def _inside(domain: Domain, wave: Any) -> Any:
    """Values in a set, from values between -1 and 1."""
    share = 0.501 + 0.499 * wave
    if domain.low != -math.inf and domain.high != math.inf:
        return float(domain.low) + (float(domain.high) - float(domain.low)) * share
    if domain.low != -math.inf:
        return float(domain.low) + 3 * share
    return float(domain.high) - 3 * share if domain.high != math.inf else 3 * share if domain.nonzero else 3 * wave


#: Functions of one number, each with its first three derivatives.
CURVES: tuple[tuple[Function, ...], ...] = (
    (lambda t: t * t / 2 + t, lambda t: t + 1, lambda t: t.context.one, lambda t: t.context.zero),
    (lambda t: t.context.exp(t),) * 4,
    (lambda t: -t.context.log(-t), lambda t: -1 / t, lambda t: 1 / t**2, lambda t: -2 / t**3),
    (
        lambda t: t.context.cos(t),
        lambda t: -t.context.sin(t),
        lambda t: -t.context.cos(t),
        lambda t: t.context.sin(t),
    ),
)


def curves(hypotheses: Iterable[Hypothesis], chance: random.Random) -> dict[str, Function] | str:
    """For every function of one number one that does what is declared, with its derivatives, or why there is none."""
    found: dict[str, Function] = {}
    declared = [h for h in hypotheses if isinstance(h, Maps)]
    for head in dict.fromkeys(h.head for h in declared):
        fitting = [c for c in CURVES if all(_maps(c[h.order], h) for h in declared if h.head == head)]
        if not fitting:
            return f"no function is known with {next(h for h in declared if h.head == head)}"
        chosen = chance.choice(fitting)
        found.update({f"{head.name}{chr(39) * k}": np.frompyfunc(f, 1, 1) for k, f in enumerate(chosen)})
    return found


def _maps(function: Function, h: Maps) -> bool:
    """Whether a function maps points of the one set into the other, as far as some points tell."""
    points = [mpmath.mpf(k) / 7 for k in range(-40, 41)]
    try:
        return all(_in(function(t), h.target) for t in points if _in(t, h.source))
    except (ValueError, ZeroDivisionError, TypeError):
        return False


def _in(v: Any, domain: Domain) -> bool:
    low, high = float(domain.low), float(domain.high)
    above = v > low or (domain.low_closed and v == low)
    below = v < high or (domain.high_closed and v == high)
    return bool(above and below and (v == int(v) or not domain.integer) and (v != 0 or not domain.nonzero))
