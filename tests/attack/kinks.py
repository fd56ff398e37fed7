"""A world in which a function has no derivative: two one-sided slopes that differ, like those of ``|t|`` at 0.

One-sided slopes obey the chain rule, so the slopes from the right and from the left are carried
along in two evaluations.  A derivative exists where they agree.  All observations are alike but for
the sign of their kink, so that kinks may cancel in a sum; that is what differentiability excludes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Basic, Derivative, Expr, Indexed

from attack.mutations import Claim
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis, Smooth
from lossproof.kernel.domains import REAL
from lossproof.models import i, y
from lossproof.notation.inert import is_leaf, limits_of, symbol_of
from lossproof.notation.nodes import Opaque, written_out
from lossproof.numeric.balls import Dual
from lossproof.numeric.evaluate import Instance, Rationals, evaluate
from lossproof.referees.balls import _NOWHERE, BITS, Point, Sample, _integer, _shown, _side


def refuted_by_a_kink(claim: Claim, sample: Sample) -> str | None:
    """A witness against a claim that has lost a hypothesis of differentiability: only one side has a value."""
    assert isinstance(claim.lost, Smooth)
    sides = [written_out(e) for e in (claim.step.before, claim.step.after)]
    for point in sample.points:
        for right, left in _worlds(claim.lost.term, point.instance, claim.hypotheses):
            try:
                found = [_value(e, Point(right), Point(left)) for e in sides]
            except LossproofError:
                continue
            if (found[0] is None) != (found[1] is None):
                known = found[1] if found[0] is None else found[0]
                name = "right" if found[0] is None else "left"
                return f"a kink: only the {name} side is defined, {_shown(known)}, at {Point(right)}"
    return None


def _worlds(
    term: Opaque, instance: Instance, hypotheses: tuple[Hypothesis, ...]
) -> Iterator[tuple[Instance, Instance]]:
    """Alike observations with alternating kinks; then also such that the observation is the value."""
    rows = [p for p, a in enumerate(term.arguments) if isinstance(a, Indexed)]
    inputs = {symbol_of(term.arguments[p]).name for p in rows}
    size = max((np.shape(instance.values[name])[0] for name in inputs), default=0)
    if size < 2 or size % 2:
        return
    values = dict(instance.values)
    for name, value in instance.values.items():
        if np.ndim(value) and np.shape(value)[0] == size and name not in {str(a) for a in term.arguments}:
            values[name] = np.array([value[0]] * size, dtype=object).reshape(np.shape(value))
    for name in inputs:
        signs = [(-1) ** k for k in range(size)]
        values[name] = np.array([np.full(np.shape(values[name])[1:], s) for s in signs], dtype=object)
    functions = {name: _without_input(f, rows) for name, f in instance.functions.items()}
    alike = replace(instance, values=values, functions=functions)
    yield _pair(alike, term, rows)
    try:
        there = evaluate(term, replace(alike, indices={**alike.indices, **_first(term)}), Rationals())
    except LossproofError:
        return
    if "y" in values and any(isinstance(h, Declared) and h.term == y[i] and h.domain == REAL for h in hypotheses):
        at_value = {**values, "y": np.full(np.shape(values["y"]), there, dtype=object)}
        yield _pair(replace(alike, values=at_value), term, rows)


def _first(term: Opaque) -> dict[str, int]:
    return {index.name: 1 for a in term.arguments if isinstance(a, Indexed) for index in a.indices}


def _without_input(function: Callable[..., Any], rows: list[int]) -> Callable[..., Any]:
    """The function with every input replaced by the same one."""
    return lambda *a: function(*(abs(np.asarray(v)) if p in rows else v for p, v in enumerate(a)))


def _pair(instance: Instance, term: Opaque, rows: list[int]) -> tuple[Instance, Instance]:
    """The instance with the slopes from the right, and with those from the left."""
    known, name = instance.functions[term.head.name], term.head.name

    def kinked(side: int) -> Instance:
        def function(*arguments: Any) -> Any:
            sign = np.asarray(arguments[rows[0]], dtype=object)[..., 0]
            return np.frompyfunc(lambda v, s: _bent(v, s * side), 2, 1)(known(*arguments), sign)

        return replace(instance, functions={**instance.functions, name: function})

    return kinked(1), kinked(-1)


def _bent(value: Any, sign: Any) -> Any:
    return Dual(value.value, abs(value.slope) * sign, value.level) if isinstance(value, Dual) else value


def _value(e: Basic, right: Point, left: Point) -> Any:
    """The value of a side, None if a derivative in it does not exist."""
    if not _exists(e, right, left):
        return None
    found = next((v for bits in BITS if (v := _side(e, right, bits)) is not None), _NOWHERE)
    if found is _NOWHERE:
        raise LossproofError("the side has no value for another reason")
    return found


def _exists(e: Basic, right: Point, left: Point) -> bool:
    """Whether both slopes of every derivative in an expression agree."""
    if is_leaf(e):
        return True
    limits = limits_of(e)
    if limits is not None:
        index, low, high = limits
        first, last = _integer(low, right), _integer(high, right)
        if first is None or last is None or len(e.args) > 2:
            raise LossproofError("no bounds")
        return all(_exists(e.args[0], right.at(index.name, k), left.at(index.name, k)) for k in range(first, last + 1))
    if isinstance(e, Derivative):
        return _agree(e, right, left)
    return all(_exists(a, right, left) for a in e.args)


def _agree(e: Expr, right: Point, left: Point) -> bool:
    sides = [_side(e, p, BITS[-1]) for p in (right, left)]
    if any(s is None or s is _NOWHERE for s in sides):
        raise LossproofError("no slope")
    return bool(sides[0].item().overlaps(sides[1].item()))
