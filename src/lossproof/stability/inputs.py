"""What is put into an expression to see how it errs: points in its domain, and next to where its parts cancel."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from sympy import Expr

from lossproof.errors import LossproofError, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis, Member
from lossproof.kernel.domains import Domain
from lossproof.kernel.facts import Facts
from lossproof.stability.analysis import Evaluation, operations
from lossproof.stability.operations import is_input, reading
from lossproof.stability.points import Points, spread, values_in

#: How far from where two terms cancel, relatively; the second includes the nearest double.
NEAR = (3e-3, -1e-6)
NEAREST = (0.0, 3e-3, -3e-3, 1e-6, -1e-9, 1e-12)
#: For how many values of the other inputs such a place is looked for.
_ROWS = 6
_ARRANGED = struct.Struct("<d"), struct.Struct("<q")


def inputs(
    start: Expr, hypotheses: tuple[Hypothesis, ...], variables: Sequence[Expr], most: int, near: Sequence[float]
) -> Points:
    """Values of everything that is put into an expression.

    Args:
        start: the expression.
        hypotheses: what is declared of the inputs; points at which a declaration does not hold are left out.
        variables: the inputs that go over the whole range of doubles.
        most: about how many points.
        near: at which relative distances from places where terms cancel there are more.

    Raises:
        UnsupportedExpression: if nothing is declared of an input.
        LossproofError: if no points satisfy the hypotheses.
    """
    leaves = sorted({part for part in operations(start) if is_input(part)}, key=str)
    facts = Facts(hypotheses)
    domains = {leaf: _domain(facts, leaf) for leaf in leaves}
    points = _admitted(spread(domains, variables, most), hypotheses)
    if not len(points):
        raise LossproofError("no doubles were found that satisfy all that is declared")
    rows = [row for leaf in variables if leaf in domains for row in _cancelling(start, leaf, domains, points, near)]
    if not rows:
        return points
    more = Points({leaf: tuple(row[leaf] for row in rows) for leaf in points.columns})
    return points.joined(_admitted(more, hypotheses))


def _domain(facts: Facts, e: Expr) -> Domain:
    known = facts.domain_of(e)
    if known is None or not isinstance(known.claim, Member):
        raise UnsupportedExpression(f"{e}, of which nothing is declared", "the error analysis")
    return known.claim.domain


def _admitted(points: Points, hypotheses: tuple[Hypothesis, ...]) -> Points:
    """The points at which everything holds that is declared of what is more than a letter."""
    evaluation = Evaluation(points)
    kept = np.ones(len(points), np.bool_)
    for h in hypotheses:
        if isinstance(h, Declared) and not is_input(h.term):
            leaves = [part for part in operations(h.term) if is_input(part)]
            if all(leaf in points.columns for leaf in leaves):
                kept &= evaluation.lies_in(h.term, h.domain)
    return points.chosen(np.flatnonzero(kept))


def _cancelling(
    start: Expr, leaf: Expr, domains: Mapping[Expr, Domain], points: Points, near: Sequence[float]
) -> Iterator[dict[Expr, float]]:
    """Points next to which a sum or difference in the expression is 0, one input being moved."""
    domain = domains[leaf]
    sums = [e for e in operations(start) if reading(e).operation is not None and _is_sum(e)]
    sums = [e for e in sums if leaf in set(operations(e))]
    if domain.integer or not sums:
        return
    grid = values_in(domain)
    others = {k: points.at(k) for k in np.linspace(0, len(points) - 1, _ROWS * 4, dtype=int).tolist()}
    distinct = {tuple(v for e, v in row.items() if e != leaf): row for row in others.values()}
    for row in list(distinct.values())[:_ROWS]:
        column = {e: (v,) * len(grid) if e != leaf else tuple(grid) for e, v in row.items()}
        evaluation = Evaluation(Points(column))
        for e in sums:
            signs = evaluation.truth(e).sign
            known = ~evaluation.truth(e).unknown
            turns = np.flatnonzero((signs[1:] * signs[:-1] < 0) & known[1:] & known[:-1])
            for k in turns.tolist()[:2]:
                root = _root(e, leaf, row, grid[k], grid[k + 1], int(signs[k]))
                yield from ({**row, leaf: root * (1 + d)} for d in near)


def _is_sum(e: Expr) -> bool:
    operation = reading(e).operation
    return operation is not None and operation.name in ("add", "subtract")


def _root(e: Expr, leaf: Expr, row: Mapping[Expr, float], low: float, high: float, sign: int) -> float:
    """The double at which a part changes its sign between two, by halving how many doubles there are between."""
    first, last = _rank(low), _rank(high)
    while last - first > 1:
        middle = (first + last) // 2
        point = Points({other: (v if other != leaf else _unrank(middle),) for other, v in row.items()})
        if int(Evaluation(point).truth(e).sign[0]) == sign:
            first = middle
        else:
            last = middle
    return _unrank(first)


def _rank(v: float) -> int:
    """Doubles counted from 0 upwards, and downwards."""
    bits = _ARRANGED[1].unpack(_ARRANGED[0].pack(abs(v)))[0]
    return int(bits) if v >= 0 else -int(bits)


def _unrank(n: int) -> float:
    v: float = _ARRANGED[0].unpack(_ARRANGED[1].pack(abs(n)))[0]
    return v if n >= 0 else -v
