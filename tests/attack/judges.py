"""The referees, asked about one claim: the only place that knows how they are called.

A claim whose hypothesis was lost is false if it fails in *some* world in which the others hold.  So
it is asked in worlds made for it: where the term lies outside the set that was declared, where it has
no value at all, where a label or a free index is one too large, where a matrix is not invertible,
where the model is another one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Expr, Indexed, IndexedBase, Integer, KroneckerDelta, Max, Rational, Symbol

from attack.mutations import Claim
from lossproof.errors import DataError, LossproofError, NoFiniteValue
from lossproof.kernel.conditions import (
    Assumed,
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Labelled,
    Maps,
    Range,
    Ranged,
    bounds_of,
)
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import REAL, Domain, point
from lossproof.kernel.relations import Kind
from lossproof.kernel.steps import Step
from lossproof.notation.inert import ONE, ZERO, add, free, mul, sub, symbol_of, walk
from lossproof.notation.matrices import MatrixTerm
from lossproof.notation.nodes import Opaque, Probability, ProductOver, written_out
from lossproof.numeric.evaluate import Instance, Precise
from lossproof.referees.points import DIGITS, Valued, _apart, draw

FEW, MANY = 6, 40
IN_A_WORLD = 10
HALF = Rational(1, 2)


class Strict(Precise):
    """Numbers of so many digits among which NaN stands for what is undefined, and is never lost."""

    def _real_power(self, a: Any, b: Any) -> Any:
        return self.context.nan if self.context.isnan(a) or self.context.isnan(b) else super()._real_power(a, b)


_NUMBERS = {digits: Strict(digits) for digits in DIGITS}


@dataclass(frozen=True)
class World:
    """Hypotheses to draw from, and what is changed in what was drawn."""

    hypotheses: tuple[Hypothesis, ...]
    change: Callable[[Instance, random.Random], Instance] | None = None
    name: str = ""


class Judge:
    """Everything that is asked about the mutants of one step; the points are drawn once."""

    def __init__(self, derivation: Derivation, number: int) -> None:
        self.derivation, self.step = derivation, derivation.steps[number - 1]
        self._points: list[Valued | str] = []

    def refute(self, claim: Claim, *, patient: bool = True) -> tuple[str | None, str]:
        """A witness against a claim, or None and how many points agreed."""
        agreed, reason = 0, "no point could be drawn"
        for at in self._at(claim, MANY if patient else FEW):
            if isinstance(at, str):
                reason = at
                continue
            try:
                witness = _against(claim.step, at, self)
            except LossproofError as error:
                reason = str(error)
                continue
            if witness is not None:
                return witness, ""
            agreed += 1
        return None, f"{agreed} points agree" if agreed else reason

    def finite(self, claim: Claim) -> str:
        """What the finite referee says: ``refuted``, ``held``, or nothing where it does not apply."""
        return ""

    def _at(self, claim: Claim, many: int) -> Iterator[Valued | str]:
        if claim.lost is not None:
            for world in worlds(claim):
                yield from (self._draw(world, k) for k in range(1, 1 + IN_A_WORLD))
            return
        for k in range(many):
            if len(self._points) <= k:
                self._points.append(self._draw(World(claim.hypotheses), k + 1))
            yield self._points[k]

    def _draw(self, world: World, k: int) -> Valued | str:
        chance = random.Random(f"mutants/{k}")
        try:
            drawn = draw(replace(self.derivation, hypotheses=world.hypotheses), chance)
        except IndexError:
            return "no number satisfies all that is declared of a term"
        if isinstance(drawn, str):
            return drawn
        roomy = self._with_room(drawn, chance)
        return Valued(roomy if world.change is None else world.change(roomy, chance))

    @cached_property
    def _has_matrices(self) -> bool:
        return any(isinstance(p, MatrixTerm) for p in walk(self.step.before, self.step.after))

    def _with_room(self, instance: Instance, chance: random.Random) -> Instance:
        """One more element on every axis than is declared, so that an index off by one finds a number there."""
        if self._has_matrices:
            return instance
        values = {name: _padded(v, chance) if np.ndim(v) else v for name, v in instance.values.items()}
        return replace(instance, values=values)

    def moved(self, at: Valued) -> Valued:
        """The same point at other parameters."""
        values = dict(at.instance.values)
        for parameter in self.derivation.parameters:
            name = symbol_of(parameter).name
            if name in values:
                values[name] = np.asarray(values[name], dtype=object) * 0.7 + 0.2
        return Valued(replace(at.instance, values=values))


def _padded(array: Any, chance: random.Random) -> Any:
    known = np.asarray(array, dtype=object)
    cells = known.ravel().tolist() or [1]
    out = np.empty([size + 1 for size in known.shape], dtype=object)
    for where in np.ndindex(out.shape):
        out[where] = chance.choice(cells)
    out[tuple(slice(0, size) for size in known.shape)] = known
    return out


# ------------------------------------------------------------------ worlds in which a hypothesis fails


def worlds(claim: Claim) -> Iterator[World]:
    """Worlds in which the hypotheses of a claim hold, and the one that was lost does not."""
    h = claim.lost
    assert h is not None
    rest = tuple(g for g in claim.hypotheses if g != claim.weaker)
    before = (*rest, h)
    match h:
        case Declared(term, domain, _):
            bound = REAL if claim.weaker is None else claim.weaker.domain
            if term in _sizes(claim):
                empty = (*rest, replace(h, domain=point(0)))
                yield World(empty, name="nothing of it")
                yield World(empty, _number_set(term, -1), "a size below 0")
                return
            for other in outside(domain, bound):
                yield World((*rest, replace(h, domain=other)), name=f"in {other}")
            if claim.weaker is None and _may_be_undefined(claim, term):
                yield World(before, _undefined(term), "undefined")
            yield from _third_value(claim, h, rest)
        case Assumed(_, _, right, _):
            yield World((*rest, replace(h, right=mul(HALF, right))), name="another model")
            yield World((*rest, replace(h, right=add(right, ONE))), name="another model")
        case Labelled(_, _, high, _):
            yield World(before, _set_to(h.term, high, 1), "a label one too large")
        case Ranged(Range(index, _, high)):
            yield World(before, _index_at(index, high), "an index one too large")
        case DeclaredMatrix():
            yield World(rest if claim.weaker is None else (*rest, claim.weaker), name="any matrix")
            yield World(before, _filled(h.term, 0), "zero")
            yield World(before, _filled(h.term, 1), "singular")
            yield World(before, _filled(h.term, -1), "negative")
        case Maps(_, _, _, target):
            bound = REAL if claim.weaker is None else claim.weaker.target
            for other in outside(target, bound):
                yield World((*rest, replace(h, target=other)), name=f"values in {other}")


def outside(domain: Domain, bound: Domain) -> Iterator[Domain]:
    """Pieces of what a larger set holds besides a smaller one: between its integers, at its ends, beyond them."""
    pieces = []
    low, high = domain.low, domain.high
    if domain.integer and not bound.integer:
        start = int(low) if low != -np.inf else 0
        pieces += [Domain(Fraction(start), Fraction(start + 1))]
    for end, closed in ((low, domain.low_closed), (high, domain.high_closed)):
        if abs(end) != np.inf and not closed:
            pieces.append(point(Fraction(end)))
    if domain.nonzero and low < 0 < high:
        pieces.append(point(0))
    if high != np.inf:
        pieces += [point(int(high) + 1), Domain(Fraction(high), integer=bound.integer)]
    if low != -np.inf:
        pieces += [point(int(low) - 1), Domain(high=Fraction(low), integer=bound.integer)]
    return (p.meet(bound) for p in pieces if p.within(bound))


def _third_value(claim: Claim, h: Declared, rest: tuple[Hypothesis, ...]) -> Iterator[World]:
    """A label that may be something else than 0 and 1."""
    for e in walk(claim.step.before, claim.step.after):
        if isinstance(e, Probability) and e.args[1] in (ZERO, ONE) and symbol_of(e.args[0]) == symbol_of(_base(h.term)):
            one, none = (Probability(e.args[0], v, *e.args[2:]) for v in (ONE, ZERO))
            bound = {r.index for r in h.ranges}
            ranges = tuple(r for r in h.ranges if r.index in bound)
            less = Assumed("a third value", none, mul(HALF, sub(ONE, one)), ranges)
            yield World((*rest, h, less), name="a third value")
            return


def _sizes(claim: Claim) -> frozenset[Expr]:
    """The symbols that bound the indices of what is declared."""
    return frozenset(s for h in claim.hypotheses for e in bounds_of(h) for s in free(e))


def _base(term: Expr) -> Expr:
    return term if isinstance(term, (Symbol, Indexed, IndexedBase)) else Symbol("nothing")


def _may_be_undefined(claim: Claim, term: Expr) -> bool:
    """Whether NaN stands for a term without a value in everything that is computed of it."""
    if not isinstance(term, (Symbol, Indexed, Opaque)):
        return False
    name = term.head if isinstance(term, Opaque) else symbol_of(term)
    for e in map(written_out, (claim.step.before, claim.step.after)):
        for part in walk(e):
            asked = ()
            if isinstance(part, ProductOver):
                asked = part.args[1:]
            elif isinstance(part, (KroneckerDelta, Max)):
                asked = part.args
            elif isinstance(part, Indexed):
                asked = part.indices
            elif hasattr(part, "args") and type(part).__name__ in ("Sum", "Product"):
                asked = part.args[1:]
            elif isinstance(part, MatrixTerm):
                asked = tuple(a for a in part.args if isinstance(a, Symbol))
            if any(name == p or (isinstance(p, IndexedBase) and p.label == name) for p in walk(*asked)):
                return False
    return True


def _undefined(term: Expr) -> Callable[[Instance, random.Random], Instance]:
    """One element of the term's array, its number, or the value of its function, made undefined."""
    nan = float("nan")

    def change(instance: Instance, chance: random.Random) -> Instance:
        if isinstance(term, Opaque):
            known = instance.functions[term.head.name]
            return replace(
                instance, functions={**instance.functions, term.head.name: lambda *a: np.asarray(known(*a)) * nan}
            )
        name = symbol_of(term).name
        values = np.array(instance.values[name], dtype=object)
        values[tuple(chance.randrange(max(size - 1, 1)) for size in values.shape)] = nan
        return replace(instance, values={**instance.values, name: values})

    return change


def _size(instance: Instance, bound: Expr) -> int:
    return int(bound) if isinstance(bound, Integer) else int(instance.values[bound.name])


def _set_to(term: Expr, high: Expr, more: int) -> Callable[[Instance, random.Random], Instance]:
    def change(instance: Instance, chance: random.Random) -> Instance:
        name = symbol_of(term).name
        values = np.array(instance.values[name], dtype=object)
        values[...] = _size(instance, high) + more
        return replace(instance, values={**instance.values, name: values})

    return change


def _number_set(term: Symbol, value: int) -> Callable[[Instance, random.Random], Instance]:
    def change(instance: Instance, chance: random.Random) -> Instance:
        return replace(instance, values={**instance.values, term.name: value})

    return change


def _index_at(index: Symbol, high: Expr) -> Callable[[Instance, random.Random], Instance]:
    def change(instance: Instance, chance: random.Random) -> Instance:
        return replace(instance, indices={**instance.indices, index.name: _size(instance, high) + 1})

    return change


def _filled(term: MatrixTerm, value: int) -> Callable[[Instance, random.Random], Instance]:
    def change(instance: Instance, chance: random.Random) -> Instance:
        names = [symbol_of(p).name for p in walk(term) if isinstance(p, IndexedBase)]
        changed = {name: np.full(np.shape(instance.values[name]), value, dtype=object) for name in names}
        return replace(instance, values={**instance.values, **changed})

    return change


# ------------------------------------------------------------------ at one point


def _against(step: Step, at: Valued, judge: Judge) -> str | None:
    """How a claim fails at a point."""
    relation = step.relation
    if relation == judge.step.relation or relation.kind is Kind.EQUAL:
        return _differ(step, at)
    return _misrelated(step, at, judge.moved(at))


def _differ(step: Step, at: Valued) -> str | None:
    """How the sides differ, or that one is defined and the other is not, whatever the precision."""
    carries = step.relation.carries
    before = step.before if carries is None else carries(step.before)
    found = None
    for digits in DIGITS:
        numbers = _NUMBERS[digits]
        a, b = _value(before, at, numbers), _value(step.after, at, numbers)
        if a is None and b is None:
            raise NoFiniteValue("neither side is defined here")
        if a is None or b is None:
            found = "only one side is defined"
            continue
        if np.shape(a) != np.shape(b):
            return f"shapes {np.shape(a)} and {np.shape(b)}"
        pairs = zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True)
        found = next((d for d in (_apart(step, *pair, numbers) for pair in pairs) if d), None)
        if found is None:
            return None
    return found


def _misrelated(step: Step, at: Valued, moved: Valued) -> str | None:
    """How the sides, at two parameters, are not related as is claimed."""
    numbers = _NUMBERS[DIGITS[0]]
    points = [(_value(step.before, p, numbers), _value(step.after, p, numbers)) for p in (at, moved)]
    if any(v is None for pair in points for v in pair):
        raise NoFiniteValue("a side is not defined here")
    (a, b), (other_a, other_b) = points
    small = numbers.context.mpf(10) ** -20
    if abs(a - other_a) <= small * (abs(a) + abs(other_a)):
        return None
    match step.relation.kind:
        case Kind.SAME_OPTIMA:
            wrong = ((a < other_a) == (b < other_b)) == step.relation.reverses
        case Kind.PROPORTIONAL:
            wrong = abs(a * other_b - other_a * b) > small * (abs(a * other_b) + abs(other_a * b)) or a * b < 0
        case _:
            wrong = abs((a - b) - (other_a - other_b)) > small * (abs(a) + abs(b) + abs(other_a) + abs(other_b))
    shown = [numbers.context.nstr(v, 8) for v in (a, b, other_a, other_b)]
    if step.relation.kind is not Kind.SAME_OPTIMA and step.relation.reverses:
        return "only an order can be reversed"
    return "{} -> {} but {} -> {}".format(*shown) if wrong else None


def _value(e: Expr, at: Valued, numbers: Precise) -> Any:
    """The value, None where there is none; an infinity is none."""
    try:
        value = at.value(e, numbers)
    except NoFiniteValue:
        return None
    except DataError as error:
        if "not invertible" in str(error):
            return None
        raise
    cells = np.ravel(value).tolist()
    return value if all(map(numbers.context.isfinite, cells)) else None
