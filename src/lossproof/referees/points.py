"""A referee that computes: both sides of every step at random instances, in high precision.

It draws numbers for everything the hypotheses declare (sizes from 0, weights large enough to
saturate a sigmoid), gives opaque functions random values in their declared range, and compares
what the expressions evaluate to.  It uses the hypotheses and the meaning of the nodes, no rule.

A saturated sigmoid is 1 to any fixed number of digits, so a difference, or a side that is not
finite, counts only if it stays when the number of digits grows.

A relation that is not an equation is checked through its map: the right side must be ``phi`` of the
left.  An instance in which a derivative is taken numerically is compared with a wider tolerance.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Derivative, Expr, Indexed, Integer, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Labelled, Range, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, Domain
from lossproof.kernel.steps import Step
from lossproof.notation.inert import walk
from lossproof.notation.nodes import Opaque
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.referees import HELD, NOT_APPLICABLE, REFUTED, Row, drawing, referee

POINTS, LARGEST_SIZE = 12, 4
DIGITS = (50, 200, 800)  # tried in turn


@referee("points")
def judge(derivation: Derivation, *, seed: int = 0, points: int = POINTS) -> list[Row]:
    """One row per step: how many instances agreed, or the first at which the sides differ."""
    instances = [draw(derivation, random.Random(f"{seed}/{k}"), smallest=k == 0) for k in range(points)]
    return [_judge(k, step, instances) for k, step in enumerate(derivation, start=1)]


def _judge(number: int, step: Step, instances: list[Instance | str]) -> Row:
    agreed, reason = 0, "no instance could be drawn"
    for instance in instances:
        if isinstance(instance, str):
            reason = instance
            continue
        try:
            witness = difference(step, instance)
        except LossproofError as error:
            reason = str(error)
            continue
        if witness is not None:
            return Row(number, step.rule.name, "points", REFUTED, f"{witness} at {_shown(instance)}")
        agreed += 1
    if not agreed:
        return Row(number, step.rule.name, "points", NOT_APPLICABLE, reason)
    return Row(number, step.rule.name, "points", HELD, f"{agreed} instances agree")


def difference(step: Step, instance: Instance) -> str | None:
    """How the two sides of a step differ at an instance, whatever the precision, or None.

    Raises:
        LossproofError: if a side has no finite value there, or no value at all.
    """
    found: str | None = None
    for digits in DIGITS:
        try:
            found = _difference(step, instance, Precise(digits))
        except ArithmeticError:
            found = ""
        if found is None:
            return None
    if not found:
        raise LossproofError("a side is not finite here")
    return found


def _difference(step: Step, instance: Instance, numbers: Precise) -> str | None:
    before, after = (evaluate(e, instance, numbers) for e in (step.before, step.after))
    carries = step.relation.carries
    if carries is not None:
        before = evaluate(carries(step.before), instance, numbers)
    context = numbers.context
    digits = context.dps
    sloped = any(isinstance(p, Derivative) for e in (step.before, step.after) for p in walk(e))
    size = abs(before) + abs(after)
    floor = context.mpf(10) ** (100 - DIGITS[-1])  # what cancellation leaves of 0 at the last precision
    tolerance = context.mpf(10) ** -(digits // 3) * (1 + size) if sloped else context.mpf(10) ** (12 - digits) * size
    if not (context.isfinite(before) and context.isfinite(after)):
        return ""
    if abs(before - after) > tolerance + floor:
        return f"{context.nstr(before, 12)} != {context.nstr(after, 12)}"
    return None


def _shown(instance: Instance) -> str:
    return ", ".join(f"{k} = {np.asarray(v).tolist()}" for k, v in instance.values.items())


# ------------------------------------------------------------------ drawing an instance


@dataclass
class _Draft:
    values: dict[str, Any]
    functions: dict[str, Callable[..., Any]]
    indices: dict[str, int]


def draw(derivation: Derivation, chance: random.Random, *, smallest: bool = False) -> Instance | str:
    """Numbers for everything a derivation's hypotheses declare, or why there are none.

    Args:
        derivation: whose hypotheses are to be satisfied.
        chance: the source of randomness.
        smallest: take the smallest admissible sizes (the empty data set, where there is one).
    """
    draft = _Draft({}, {}, {})
    ranged = [h.over for h in derivation.hypotheses if isinstance(h, Ranged)]
    needed = {str(r.high) for r in ranged}
    declared = [h for h in derivation.hypotheses if isinstance(h, Declared)]
    for h in declared:
        if isinstance(h.term, Symbol):
            low = 1 if h.term.name in needed else 0
            draft.values[h.term.name] = _number(h.domain, chance, at_least=low, smallest=smallest)
    for over in ranged:
        high = _bound(over.high, draft.values)
        if high is None or high < 1:
            return "the range of a free index is empty"
        draft.indices[over.index.name] = chance.randint(1, high)
    for h in declared:
        if isinstance(h.term, Indexed):
            shape = _shape(h.term, h.ranges, draft.values)
            if shape is None:
                return f"the size of '{h.term.base}' is not known"
            cells = [_number(h.domain, chance) for _ in range(math.prod(shape))]
            draft.values[str(h.term.base)] = np.array(cells, dtype=object).reshape(shape)
    for e in (derivation.start, *(s.after for s in derivation)):
        for part in walk(e):
            if isinstance(part, Symbol) and part.name not in draft.values and part.is_positive:
                draft.values[part.name] = _number(POSITIVE, chance)
    _rows(derivation, draft, chance)
    failed = _relate(derivation, draft, chance)
    if failed is not None:
        return failed
    assumptions = tuple(h for h in derivation.hypotheses if isinstance(h, Assumed))
    return Instance(draft.values, draft.functions, assumptions, draft.indices)


def _relate(derivation: Derivation, draft: _Draft, chance: random.Random) -> str | None:
    """Labels, functions, and values that satisfy the equations between them, or why there are none."""
    for h in derivation.hypotheses:
        if isinstance(h, Labelled):
            failed = drawing.labels(h, draft.values, chance)
            if failed is not None:
                return failed
        elif isinstance(h, Declared) and isinstance(h.term, Opaque):
            draft.functions[h.term.head.name] = drawing.opaque(h, draft.values, chance.random())
    curves = drawing.curves(derivation.hypotheses, chance)
    if isinstance(curves, str):
        return curves
    draft.functions.update(curves)
    return drawing.equate(derivation.hypotheses, draft.values, chance)


def _rows(derivation: Derivation, draft: _Draft, chance: random.Random) -> None:
    """Inputs that only an opaque function sees: any rows will do."""
    for h in derivation.hypotheses:
        if isinstance(h, Declared) and isinstance(h.term, Opaque):
            for argument in h.term.arguments:
                if isinstance(argument, Indexed) and str(argument.base) not in draft.values:
                    size = _bound(h.ranges[0].high, draft.values) or 0
                    cells = [[_number(Domain(), chance)] for _ in range(size)]
                    draft.values[str(argument.base)] = np.array(cells, dtype=object).reshape(size, 1)


def _bound(e: Expr, values: Mapping[str, Any]) -> int | None:
    if isinstance(e, Integer):
        return int(e)
    return int(values[e.name]) if isinstance(e, Symbol) and e.name in values else None


def _shape(term: Indexed, ranges: tuple[Range, ...], values: Mapping[str, Any]) -> tuple[int, ...] | None:
    highs = {r.index: _bound(r.high, values) for r in ranges}
    sizes = [highs.get(i) for i in term.indices]
    return None if any(s is None for s in sizes) else tuple(s for s in sizes if s is not None)


def _number(domain: Domain, chance: random.Random, *, at_least: int = 0, smallest: bool = False) -> Any:
    """A value in the domain, now and then extreme; integers stay small."""
    if domain.integer:
        low = at_least if domain.low == -math.inf else max(int(domain.low), at_least)
        low = -LARGEST_SIZE if domain.low == -math.inf and not at_least else low
        high = low + LARGEST_SIZE if domain.high == math.inf else int(domain.high)
        choices = [v for v in range(low, high + 1) if v or not domain.nonzero]
        return choices[0] if smallest else chance.choice(choices)
    if domain.low == -math.inf or domain.high == math.inf:
        size = chance.choice([0.5, 3.0, 12.0])
        if domain.low == -math.inf and domain.high == math.inf:
            return chance.gauss(0.0, size)
        away = chance.expovariate(1 / size)
        return float(domain.low) + away if domain.high == math.inf else float(domain.high) - away
    return float(domain.low) + (float(domain.high) - float(domain.low)) * chance.uniform(0.001, 0.999)
