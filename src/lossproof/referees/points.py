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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import numpy as np
from sympy import Derivative, Expr, Indexed, IndexedBase, Integer, Symbol

from lossproof.errors import LossproofError, NoFiniteValue
from lossproof.kernel.conditions import Assumed, Declared, DeclaredMatrix, Labelled, Maps, Property, Range, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, Domain
from lossproof.kernel.steps import Step
from lossproof.notation.inert import walk
from lossproof.notation.matrices import Gradient, Matrix, OpaqueColumn
from lossproof.notation.nodes import Opaque
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.referees import HELD, NOT_APPLICABLE, REFUTED, Row, referee
from lossproof.referees.constraints import repair
from lossproof.referees.curves import functions_for

POINTS, LARGEST_SIZE, ATTEMPTS = 12, 4, 8
DIGITS = (50, 200, 800)  # tried in turn


@referee("points")
def judge(derivation: Derivation, *, seed: int = 0, points: int = POINTS) -> list[Row]:
    """One row per step: how many instances agreed, or the first at which the sides differ."""
    drawn = [draw(derivation, random.Random(f"{seed}/{k}"), smallest=k == 0) for k in range(points)]
    instances = [d if isinstance(d, str) else Valued(d) for d in drawn]
    return [_judge(k, step, instances) for k, step in enumerate(derivation, start=1)]


class Valued:
    """An instance with the values that were found there: the end of a step is the beginning of the next."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._found: dict[tuple[Expr, int], Any] = {}

    def value(self, e: Expr, numbers: Precise) -> Any:
        """The value of an expression, computed once for each precision."""
        key = (e, numbers.context.dps)
        if key not in self._found:
            self._found[key] = evaluate(e, self.instance, numbers)
        return self._found[key]


@cache
def _numbers(digits: int) -> Precise:
    return Precise(digits)


@lru_cache(maxsize=1 << 12)
def _sloped(e: Expr) -> bool:
    """Whether a derivative is taken numerically."""
    return any(isinstance(p, (Derivative, Gradient)) for p in walk(e))


def _judge(number: int, step: Step, instances: list[Valued | str]) -> Row:
    agreed, reason = 0, "no instance could be drawn"
    for at in instances:
        if isinstance(at, str):
            reason = at
            continue
        try:
            witness = difference(step, at)
        except LossproofError as error:
            reason = str(error)
            continue
        if witness is not None:
            return Row(number, step.rule.name, "points", REFUTED, f"{witness} at {_shown(at.instance)}")
        agreed += 1
    if not agreed:
        return Row(number, step.rule.name, "points", NOT_APPLICABLE, reason)
    return Row(number, step.rule.name, "points", HELD, f"{agreed} instances agree")


def difference(step: Step, instance: Instance | Valued) -> str | None:
    """How the two sides of a step differ at an instance, whatever the precision, or None.

    Raises:
        LossproofError: if a side has no finite value there, or no value at all.
    """
    at = instance if isinstance(instance, Valued) else Valued(instance)
    found: str | None = None
    for digits in DIGITS:
        try:
            found = _difference(step, at, _numbers(digits))
        except NoFiniteValue:
            found = ""
        if found is None:
            return None
    if not found:
        raise NoFiniteValue("no finite value here: a side is not finite, whatever the precision")
    return found


def _difference(step: Step, at: Valued, numbers: Precise) -> str | None:
    carries = step.relation.carries
    before = at.value(step.before if carries is None else carries(step.before), numbers)
    after = at.value(step.after, numbers)
    if np.shape(before) != np.shape(after):
        return f"a matrix of the shape {np.shape(before)} != one of the shape {np.shape(after)}"
    pairs = zip(np.ravel(before).tolist(), np.ravel(after).tolist(), strict=True)
    return next((d for d in (_apart(step, *pair, numbers) for pair in pairs) if d is not None), None)


def _apart(step: Step, before: Any, after: Any, numbers: Precise) -> str | None:
    """How two numbers differ, "" if one is not finite, None if they agree."""
    context = numbers.context
    digits = context.dps
    sloped = _sloped(step.before) or _sloped(step.after)
    size = abs(before) + abs(after)
    floor = context.mpf(10) ** (100 - DIGITS[-1])  # what cancellation leaves of 0 at the last precision
    lost = (
        digits - digits // 4 if digits == DIGITS[-1] else 12
    )  # digits that may be lost; more where no more can be had
    tolerance = context.mpf(10) ** -(digits // 4) * (1 + size) if sloped else context.mpf(10) ** (lost - digits) * size
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
    domains: dict[str, Domain]


def draw(derivation: Derivation, chance: random.Random, *, smallest: bool = False) -> Instance | str:
    """Numbers that satisfy a derivation's hypotheses, or why there are none.

    Args:
        derivation: whose hypotheses are to be satisfied.
        chance: the source of randomness.
        smallest: take the smallest admissible sizes (the empty data set, where there is one).
    """
    found = _drawn(derivation, chance, smallest=smallest)
    for _ in range(0 if smallest else ATTEMPTS):
        if isinstance(found, str):
            found = _drawn(derivation, chance)
    return found


def _drawn(derivation: Derivation, chance: random.Random, *, smallest: bool = False) -> Instance | str:
    draft = _Draft({}, {}, {}, {})
    ranged = [h.over for h in derivation.hypotheses if isinstance(h, Ranged)]
    needed = {str(r.high) for r in ranged}
    declared = [h for h in derivation.hypotheses if isinstance(h, Declared)]
    for h in declared:
        if isinstance(h.term, Symbol):
            low = 1 if h.term.name in needed else 0
            draft.values[h.term.name] = _number(h.domain, chance, at_least=low, smallest=smallest)
    matrices = [h for h in derivation.hypotheses if isinstance(h, DeclaredMatrix)]
    _make_room(matrices, draft)
    for over in ranged:
        high = _bound(over.high, draft.values)
        if high is None or high < 1:
            return "the range of a free index is empty"
        draft.indices[over.index.name] = chance.randint(1, high)
    for h in (*declared, *_labels(derivation, draft)):
        if isinstance(h.term, Indexed):
            shape = _shape(h.term, h.ranges, draft.values)
            if shape is None:
                return f"the size of '{h.term.base}' is not known"
            name = str(h.term.base)
            draft.domains[name] = draft.domains.get(name, Domain()).meet(h.domain)
            cells = [_number(draft.domains[name], chance) for _ in range(math.prod(shape))]
            draft.values[name] = np.array(cells, dtype=object).reshape(shape)
        elif isinstance(h.term, Symbol) and h.term.name not in draft.values:
            draft.values[h.term.name] = _number(h.domain, chance)
        elif isinstance(h.term, Opaque):
            draft.functions[h.term.head.name] = _opaque(h.domain, chance.random(), _arrays(h.term))
    for e in (derivation.start, *(s.after for s in derivation)):
        for part in walk(e):
            if isinstance(part, Symbol) and part.name not in draft.values and part.is_positive:
                draft.values[part.name] = _number(POSITIVE, chance)
    _rows(derivation, draft, chance)
    for m in matrices:
        _give(m, draft, chance)
    curves = functions_for((h for h in derivation.hypotheses if isinstance(h, Maps)), chance)
    if isinstance(curves, Maps):
        return f"no function is at hand for which {curves}"
    draft.functions.update(curves)
    assumptions = tuple(h for h in derivation.hypotheses if isinstance(h, Assumed))
    instance = Instance(draft.values, draft.functions, assumptions, draft.indices)
    broken = repair(derivation.hypotheses, instance, draft.domains, lambda domain: _number(domain, chance))
    return instance if broken is None else f"it would have to satisfy {broken}"


def _labels(derivation: Derivation, draft: _Draft) -> Iterator[Declared]:
    """Labels between two bounds, the bounds put in."""
    for h in derivation.hypotheses:
        if isinstance(h, Labelled):
            low, high = _bound(h.low, draft.values), _bound(h.high, draft.values)
            if low is not None and high is not None:
                yield Declared(h.term, Domain(Fraction(low), Fraction(high), True, True, integer=True), h.ranges)


def _rows(derivation: Derivation, draft: _Draft, chance: random.Random) -> None:
    """Inputs that only an opaque function sees: any rows will do."""
    for h in derivation.hypotheses:
        if isinstance(h, (Declared, DeclaredMatrix)) and isinstance(h.term, (Opaque, OpaqueColumn)):
            highs = {r.index: _bound(r.high, draft.values) or 0 for r in h.ranges}
            for argument in h.term.arguments:
                if isinstance(argument, Indexed) and str(argument.base) not in draft.values:
                    shape = (*(highs.get(index, 0) for index in argument.indices), 1)
                    cells = [_number(Domain(), chance) for _ in range(math.prod(shape))]
                    draft.values[str(argument.base)] = np.array(cells, dtype=object).reshape(shape)


def _arrays(term: Opaque) -> tuple[bool, ...]:
    """Which arguments of an opaque function are arrays or rows of one; the others are numbers, such as a class."""
    return tuple(isinstance(a, (Indexed, IndexedBase)) for a in term.arguments)


def _make_room(matrices: list[DeclaredMatrix], draft: _Draft) -> None:
    """Sizes for which there are such matrices: no more columns than rows, one entry that is not zero."""
    for h in matrices:
        rows, columns = h.term.size
        if h.property is Property.FULL_COLUMN_RANK:
            least = _bound(columns, draft.values) or 0
        else:
            least = 1 if h.property is Property.NONZERO else 0
        if isinstance(rows, Symbol) and rows.name in draft.values:
            draft.values[rows.name] = max(draft.values[rows.name], least)


def _give(h: DeclaredMatrix, draft: _Draft, chance: random.Random) -> None:
    """Values for a letter that have the declared property; random entries have full rank."""
    if isinstance(h.term, OpaqueColumn):
        draft.functions[h.term.head.name] = _opaque_column(_bound(h.term.size[0], draft.values) or 0, chance.random())
    if isinstance(h.term, Matrix) and h.property in (Property.SYMMETRIC, Property.POSITIVE_DEFINITE):
        name, size = str(h.term.args[1]), _bound(h.term.size[0], draft.values) or 0
        cells = np.array([Fraction(chance.randint(-9, 9), 4) for _ in range(size * size)], dtype=object)
        cells = cells.reshape(size, size)
        definite = h.property is Property.POSITIVE_DEFINITE
        values = (cells[:, :, None] * cells.T[None, :, :]).sum(axis=1) + np.eye(size, dtype=int)
        draft.values[name] = np.array((values if definite else cells + cells.T) * 1.0, dtype=object)


def _opaque_column(size: int, offset: float) -> Callable[..., Any]:
    """A smooth function of everything it is given, with so many values."""
    each = [_opaque(Domain(Fraction(-3), Fraction(3)), offset + k) for k in range(size)]

    def function(*arguments: Any) -> Any:
        values = [np.asarray(f(*arguments), dtype=object) for f in each]
        return np.stack(values, axis=-1) if values else np.zeros((0,))

    return function


def _bound(e: Expr, values: Mapping[str, Any]) -> int | None:
    if isinstance(e, Integer):
        return int(e)
    return int(values[e.name]) if isinstance(e, Symbol) and e.name in values else None


def _shape(term: Indexed, ranges: tuple[Range, ...], values: Mapping[str, Any]) -> tuple[int, ...] | None:
    highs = {r.index: _bound(r.high, values) for r in ranges}
    sizes = [highs.get(i) for i in term.indices]
    return None if any(s is None for s in sizes) else tuple(s for s in sizes if s is not None)


def _number(domain: Domain, chance: random.Random, *, at_least: int = 0, smallest: bool = False) -> Any:
    """A value in the domain, now and then at a closed end, tiny or huge; integers stay small."""
    if domain.integer:
        low = at_least if domain.low == -math.inf else max(int(domain.low), at_least)
        low = -LARGEST_SIZE if domain.low == -math.inf and not at_least else low
        high = low + LARGEST_SIZE if domain.high == math.inf else int(domain.high)
        choices = [v for v in range(low, high + 1) if v or not domain.nonzero]
        return choices[0] if smallest else chance.choice(choices)
    ends = [e for e, closed in ((domain.low, domain.low_closed), (domain.high, domain.high_closed)) if closed]
    if ends and chance.random() < 0.1:
        return float(chance.choice(ends))
    if domain.low == -math.inf and domain.high == math.inf:
        return chance.gauss(0.0, chance.choice([0.5, 3.0, 12.0]))
    if domain.low == -math.inf or domain.high == math.inf:
        away = chance.choice([1e-6, 0.5, 3.0, 3.0, 12.0, 1e6]) * (0.01 + chance.expovariate(1))
        return float(domain.low) + away if domain.high == math.inf else float(domain.high) - away
    return float(domain.low) + (float(domain.high) - float(domain.low)) * chance.uniform(0.001, 0.999)


def _opaque(domain: Domain, offset: float, arrays: tuple[bool, ...] = ()) -> Callable[..., Any]:
    """A smooth function of everything it is given, with values inside the domain and not close to an open end.

    Args:
        domain: where the values lie.
        offset: in [0, 1); functions with different offsets differ.
        arrays: which arguments are arrays, over whose last axis is summed; by default those that have axes.

    It uses arithmetic alone, so that its derivative can be taken in any precision.
    """

    def function(*arguments: Any) -> Any:
        mixed: Any = offset
        for a, whole in zip(arguments, arrays or map(np.ndim, arguments), strict=True):
            values = np.asarray(a, dtype=object)
            weighted = np.sum(values / np.arange(1, values.shape[-1] + 1), axis=-1) if whole else values
            mixed = mixed + weighted * (1 + mixed / 2)
        ratio = mixed / (1 + mixed * mixed) * 0.98  # in [-0.49, 0.49]
        if domain.low != -math.inf and domain.high != math.inf:
            return float(domain.low) + (float(domain.high) - float(domain.low)) * (0.5 + ratio)
        if domain.low == -math.inf and domain.high == math.inf:
            return 8 * ratio
        away = (0.5 + ratio) / (0.5 - ratio)
        return float(domain.low) + away if domain.high == math.inf else float(domain.high) - away

    return function
