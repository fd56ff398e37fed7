"""A referee that encloses: both sides of every step in real balls, at instances of the hypotheses.

It draws numbers that satisfy the hypotheses (`lossproof.referees.instances`), encloses both sides by
rigorous ball arithmetic (`lossproof.numeric.balls`), and uses no rule.  What it says of a step

====================  ==============================================================================
``=``                 the enclosures overlap at every precision tried, and get small; or a point is
                      found at which they are apart, or only one side is defined
``= up to a constant``  also: the difference of the sides does not move with the parameters
``proportional``        also: neither does the ratio, and the sides have the same sign
``same optima``         also: of two parameters, both sides say which is better
====================  ==============================================================================

A relation that is not an equation is tested without its map ``phi``, by drawing the parameters again
with all else fixed, and then through it: the right side must be ``phi`` of the left.

Where a model that ships assumes a density, its total mass is enclosed too, at a few parameters
(`lossproof.numeric.enclosing`).

A refutation is a proof that the claim is false, up to the errors of Arb; agreement is evidence at a
few points.  A point counts as evidence only if every side condition of the step is shown to hold
there, and both sides are enclosed to `DIGITS` digits; a condition that is shown not to hold, where
the hypotheses do, refutes the step.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import combinations
from itertools import product as pairs_of
from typing import Any, TypeAlias

import numpy as np
from sympy import Basic, Dummy, Eq, Expr, Indexed, Integral, S, Symbol

from lossproof.errors import LossproofError, NoFiniteValue, Undefined
from lossproof.kernel.conditions import (
    Assumed,
    Between,
    Condition,
    Constant,
    Declared,
    DeclaredMatrix,
    Differentiable,
    ForAll,
    Has,
    Hypothesis,
    Member,
    Property,
    Range,
    Within,
)
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import Domain
from lossproof.kernel.relations import EQUAL, Kind, Relation
from lossproof.kernel.rules import Assume
from lossproof.kernel.steps import Step
from lossproof.notation.inert import ONE, derivative, free, limits_of, symbol_of
from lossproof.notation.matrices import Gradient
from lossproof.notation.nodes import Opaque, ProductOver
from lossproof.numeric.balls import Balls, ball, determinant_of_exact, exactly, shown
from lossproof.numeric.enclosing import masses
from lossproof.numeric.evaluate import Evaluator, Instance
from lossproof.numeric.support import constraints, violations
from lossproof.referees import HELD, NOT_APPLICABLE, REFUTED, Row, referee
from lossproof.referees.instances import Manner, Setting, draw, redraw

NAME = "balls"
POINTS, REDRAWN = 12, 2
#: Working precisions, tried in turn, and the digits that an enclosure must have to count.
BITS, DIGITS = (128, 512, 2048), 20
#: How the first points are drawn; the others are drawn at random.
FIRST = (Manner.SMALLEST, Manner.ENDS, Manner.TINY, Manner.HUGE, Manner.ENDS, Manner.ENDS)


@dataclass(frozen=True)
class Witness:
    """Two sides that differ at a point: their values, or ``undefined``, and the numbers put in."""

    left: str
    right: str
    point: str


@dataclass(frozen=True)
class Verdict:
    """What is found of a claim.

    Attributes:
        finding: ``held``, ``refuted`` or ``not applicable``.
        detail: at how many points it was shown to hold, the witness against it, or why it was not judged.
        witness: of an equation that is refuted at a point, what both sides are there.
    """

    finding: str
    detail: str
    witness: Witness | None = None


@referee(NAME)
def judge(derivation: Derivation, *, seed: int = 0, points: int = POINTS) -> list[Row]:
    """One row per step: at how many points it holds, or the first at which it does not.

    Raises:
        MissingExtra: without `python-flint`.
    """
    sample = Sample(Setting.of(derivation), seed=seed, points=points)
    rows = []
    for number, step in zip(derivation.numbers, derivation, strict=True):
        verdict = sample.step(step)
        if isinstance(step.rule, Assume) and verdict.finding == HELD:
            assumed = derivation.facts.assumed(step.rule.assumption)
            verdict = _both(verdict, _mass(assumed)) if assumed is not None and masses(assumed) else verdict
        if derivation.claim is not None and number == derivation.numbers[-1] and verdict.finding == HELD:
            claimed = sample.member(step.after, derivation.claim)
            verdict = _both(verdict, replace(claimed, detail=f"claim: {claimed.detail}"))
        rows.append(Row(number, step.rule.name, NAME, verdict.finding, verdict.detail))
    return rows


def differs(
    before: Basic,
    after: Basic,
    hypotheses: Sequence[Hypothesis] = (),
    *,
    relation: Relation = EQUAL,
    parameters: Sequence[Expr] = (),
    seed: int = 0,
    points: int = POINTS,
) -> Verdict:
    """Whether a claim about two expressions is refuted; it need not be a step of any derivation.

    Args:
        before: the left side.
        after: the right side.
        hypotheses: what is declared; symbols of which nothing is declared get any value of their kind.
        relation: how the sides are claimed to be related; one without a map is tested without.
        parameters: what the relation speaks of.
        seed: of the points.
        points: how many are tried.

    >>> from sympy import Symbol
    >>> from lossproof.notation.inert import ONE, TWO, add, log, mul, power
    >>> a = Symbol("a", real=True)
    >>> differs(log(power(a, TWO)), mul(TWO, log(a))).finding
    'refuted'
    >>> differs(mul(a, a), power(a, TWO)).finding
    'held'
    """
    sample = Sample(Setting(tuple(hypotheses), tuple(parameters), (before, after)), seed=seed, points=points)
    return sample.judged(before, after, relation)


def _both(one: Verdict, other: Verdict) -> Verdict:
    return Verdict(HELD, f"{one.detail}; {other.detail}") if other.finding == HELD else other


def _mass(assumed: Assumed) -> Verdict:
    """Whether what a model assumes to be a density is one: its total mass is enclosed, not sampled."""
    enclosed = [(at, mass) for at, mass in masses(assumed) if not isinstance(mass, str)]
    wrong = [f"the total mass is {mass} at {at}" for at, mass in enclosed if not mass.is_one]
    if wrong:
        return Verdict(REFUTED, wrong[0])
    if not enclosed:
        return Verdict(HELD, f"the total mass is not enclosed: {masses(assumed)[0][1]}")
    widest = max(mass.radius for _, mass in enclosed)
    return Verdict(HELD, f"total mass 1 to {widest:.1g} at {len(enclosed)} parameters")


# ------------------------------------------------------------------ points


@cache
def _numbers(bits: int) -> Balls:
    return Balls(bits)


class Point:
    """An instance with the values that were found there: the end of a step is the beginning of the next."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._evaluators: dict[int, Evaluator] = {}
        self._found: dict[tuple[Basic, int], Any] = {}
        self._inside: dict[tuple[str, int | Fraction], Point] = {}
        self.held: dict[Condition, bool | None] = {}

    def value(self, e: Basic, bits: int) -> Any:
        """The enclosure of an expression, an array for a matrix, found once for each precision.

        Raises:
            Undefined: if the expression certainly has no value here.
            LossproofError: if it cannot be evaluated.
        """
        key = (e, bits)
        if key not in self._found:
            if bits not in self._evaluators:
                self._evaluators[bits] = Evaluator(self.instance, _numbers(bits), remember=True)
            try:
                self._found[key] = self._evaluators[bits].value(e)
            except LossproofError as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, LossproofError):
            raise found
        return found

    def at(self, index: str, value: int) -> Point:
        """The same point with one more index."""
        key = (index, value)
        if key not in self._inside:
            indices = {**self.instance.indices, index: value}
            self._inside[key] = Point(replace(self.instance, indices=indices))
        return self._inside[key]

    def valued(self, variable: str, value: Fraction) -> Point:
        """The same point with a value for a variable of integration."""
        key = (variable, value)
        if key not in self._inside:
            indices = {name: v for name, v in self.instance.indices.items() if name != variable}
            values = {**self.instance.values, variable: value}
            self._inside[key] = Point(replace(self.instance, values=values, indices=indices))
        return self._inside[key]

    def __str__(self) -> str:
        known = {**self.instance.values, **self.instance.indices}
        return ", ".join(f"{name} = {_written(value)}" for name, value in known.items())


def _written(value: Any) -> str:
    """A number or an array of them, in decimals where these are exact."""
    if isinstance(value, np.ndarray):
        return f"[{', '.join(map(_written, value))}]" if value.ndim else _written(value.item())
    if isinstance(value, Fraction) and value.denominator != 1:
        return repr(float(value)) if Fraction(float(value)) == value else str(value)
    return str(value)


# ------------------------------------------------------------------ the sample


class _Apart(Exception):
    """Two sides differ; the message says how, and `sides` what they are if they are numbers or matrices."""

    def __init__(self, message: str, sides: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.sides = sides


class _Undecided(Exception):
    """A point does not tell; the message says why."""


def _everywhere(ranges: Sequence[Range], claim: Condition) -> Condition:
    for over in reversed(ranges):
        claim = ForAll(over, claim)
    return claim


class Sample:
    """Points that satisfy hypotheses, at which claims are judged.

    Args:
        setting: the hypotheses, the parameters, and the expressions whose symbols need values.
        seed: the same seed gives the same points.
        points: how many are tried.
    """

    def __init__(self, setting: Setting, *, seed: int = 0, points: int = POINTS) -> None:
        _numbers(BITS[0])  # before anything is drawn, so that a missing library is an error at once
        self.setting, self.seed = setting, seed
        self.points: list[Point] = []
        self.reasons: Counter[str] = Counter()
        self._others: dict[int, list[Point]] = {}
        for k in range(points):
            found = draw(setting, random.Random(f"{seed}/{k}"), FIRST[k] if k < len(FIRST) else Manner.ANY)
            point = found if isinstance(found, str) else Point(found)
            broken = None if isinstance(point, str) else self._broken(point)
            if isinstance(point, str) or broken is not None:
                self.reasons[str(point) if isinstance(point, str) else f"'{broken}' is not sure to hold"] += 1
            else:
                self.points.append(point)

    def _broken(self, point: Point) -> Hypothesis | None:
        """The first hypothesis about an expression, a function or a matrix that is not shown to hold at a point."""
        functions = (h for h in self.setting.hypotheses if isinstance(h, Declared) and isinstance(h.term, Opaque))
        for h in (*constraints(self.setting.hypotheses), *functions):
            if isinstance(h, Assumed):
                if violations(h, point.instance, exactly=True):
                    return h
            elif holds(_everywhere(h.ranges, Member(h.term, h.domain)), point) is not True:
                return h
        letters = [h for h in self.setting.hypotheses if isinstance(h, DeclaredMatrix)]
        shown_of = ((m, holds(_everywhere(m.ranges, Has(m.term, m.property)), point)) for m in letters)
        return next((m for m, found in shown_of if found is not True), None)

    def step(self, step: Step) -> Verdict:
        """What is found of a step of a derivation."""
        scopes = [_scope(step.before, place.path) for place in step.places]
        conditions = [Placed(fact.claim, scopes) for fact in step.conditions]
        return self.judged(step.before, step.after, step.relation, conditions)

    def judged(
        self, before: Basic, after: Basic, relation: Relation = EQUAL, conditions: Sequence[Placed] = ()
    ) -> Verdict:
        """What is found of a claim, at points where the conditions hold."""
        agreed, compared, reasons = 0, 0, Counter(self.reasons)
        for k, point in enumerate(self.points):
            try:
                self._conditions(conditions, point)
                if relation.carries is not None or relation.kind is Kind.EQUAL:
                    carried = before if relation.carries is None else relation.carries(before)
                    _same(carried, after, point)
                if relation.kind is not Kind.EQUAL:
                    compared += self._compared(before, after, relation, k)
                agreed += 1
            except _Apart as difference:
                witness = Witness(*difference.sides, str(point)) if difference.sides else None
                return Verdict(REFUTED, f"{difference} at {point}", witness)
            except _Undecided as reason:
                reasons[str(reason)] += 1
            except LossproofError as error:
                reasons[str(error)] += 1
        if not agreed or (relation.kind is not Kind.EQUAL and not compared):
            why = "no two parameters are told apart" if agreed else next(iter(dict(reasons.most_common())), "no points")
            return Verdict(NOT_APPLICABLE, why)
        also = "" if relation.kind is Kind.EQUAL else f", {compared} pair{'s' if compared != 1 else ''} of parameters"
        return Verdict(HELD, f"{agreed} point{'s' if agreed != 1 else ''}{also}")

    def member(self, e: Expr, domain: Domain) -> Verdict:
        """Whether an expression lies in a set at all points where it has a value."""
        held = 0
        for point in self.points:
            found = holds(Member(e, domain), point)
            if found is False and _value_of(e, point) is not None:
                return Verdict(REFUTED, f"{Member(e, domain)} does not hold at {point}")
            held += found is True
        if not held:
            return Verdict(NOT_APPLICABLE, f"{Member(e, domain)} is undecided everywhere")
        return Verdict(HELD, f"{held} point{'s' if held != 1 else ''}")

    def _conditions(self, conditions: Sequence[Placed], point: Point) -> None:
        for condition in conditions:
            found = condition.holds(point)
            if found is False:
                raise _Apart(f"the side condition '{condition.claim}' does not hold")
            if found is None:
                raise _Undecided(f"whether '{condition.claim}' holds is not told by {BITS[-1]} bits")

    # -------------------------------------------------------------- relations

    def others(self, k: int) -> list[Point]:
        """The k-th point with other values of the parameters."""
        if k not in self._others:
            chance = random.Random(f"{self.seed}/{k}/parameters")
            instance = self.points[k].instance
            found = (redraw(self.setting, instance, chance) for _ in range(REDRAWN))
            self._others[k] = [Point(other) for other in found if other is not None]
        return self._others[k]

    def _compared(self, before: Basic, after: Basic, relation: Relation, k: int) -> int:
        """How many pairs of parameters the relation was shown to hold of.

        Raises:
            _Apart: if it does certainly not hold of one.
        """
        points = [self.points[k], *self.others(k)]
        return sum(
            _related(before, after, relation, one, other)
            for number, one in enumerate(points)
            for other in points[number + 1 :]
        )


# ------------------------------------------------------------------ equations

#: A side that certainly has no value.
_NOWHERE = object()


def difference(step: Step, instance: Instance) -> str | None:
    """How the two sides of a step differ at an instance, whatever its conditions; None if they do not.

    Raises:
        NoFiniteValue: if it cannot be told: neither side has a value there, or the balls stay wide.
    """
    carried = step.before if step.relation.carries is None else step.relation.carries(step.before)
    try:
        _same(carried, step.after, Point(instance))
    except _Apart as apart:
        return str(apart)
    except _Undecided as reason:
        raise NoFiniteValue(str(reason)) from reason
    return None


def _same(before: Basic, after: Basic, point: Point) -> None:
    """Both sides have the same value, to `DIGITS` digits.

    Raises:
        _Apart: if they certainly have not.
        _Undecided: if neither is defined, or the balls do not tell.
    """
    for bits in BITS:
        sides = [_side(e, point, bits) for e in (before, after)]
        if all(side is _NOWHERE for side in sides):
            raise _Undecided("neither side is defined")
        if any(side is _NOWHERE for side in sides):
            defined = sides[0] if sides[1] is _NOWHERE else sides[1]
            if defined is not None:
                names = ("the left", "the right") if sides[0] is _NOWHERE else ("the right", "the left")
                shown_sides = ["undefined" if side is _NOWHERE else _shown(defined) for side in sides]
                said = f"{names[0]} side is undefined, {names[1]} is {_shown(defined)}"
                raise _Apart(said, (shown_sides[0], shown_sides[1]))
            continue
        if sides[0] is None or sides[1] is None:
            continue
        if _agree(sides[0], sides[1], bits):
            return
    raise _Undecided(f"the sides are not told apart, nor enclosed to {DIGITS} digits, by {BITS[-1]} bits")


def _side(e: Basic, point: Point, bits: int) -> Any:
    """The finite enclosure of a side, `_NOWHERE` if it is certainly undefined, None if the precision does not tell."""
    try:
        found = np.asarray(point.value(e, bits), dtype=object)
    except Undefined:
        return _NOWHERE
    except NoFiniteValue:
        return None
    return found if all(v.is_finite() for v in found.flat) else None


def _value_of(e: Basic, point: Point) -> Any:
    """The enclosure of an expression at the first precision that has one."""
    for bits in BITS:
        found = _side(e, point, bits)
        if found is not None:
            return None if found is _NOWHERE else found
    return None


def _agree(before: Any, after: Any, bits: int) -> bool:
    """Whether enclosures overlap and are small; if they certainly do not, that is an error."""
    if before.shape != after.shape:
        raise _Apart(f"a matrix of the shape {before.shape} != one of the shape {after.shape}")
    small = True
    for a, b in zip(before.flat, after.flat, strict=True):
        if not a.overlaps(b):
            raise _Apart(f"{shown(a)} != {shown(b)}", (shown(a), shown(b)))
        small = small and _is_small(a, bits) and _is_small(b, bits)
    return small


def _is_small(a: Any, bits: int) -> bool:
    """Whether a ball tells the first digits; one around 0 never does, and must be small as such."""
    enough = int(DIGITS * 3.33)
    if a.rel_accuracy_bits() >= enough:
        return True
    return bool(bits > BITS[0] and a.contains(0) and a.rad() < ball(Fraction(1, 2 ** (bits // 2))))


def _shown(values: Any) -> str:
    return shown(values.item()) if values.ndim == 0 else f"[{', '.join(map(shown, values.flat))}]"


def _related(before: Basic, after: Basic, relation: Relation, one: Point, other: Point) -> bool:
    """Whether a relation that is not an equation is shown to hold of a pair of parameters."""
    for bits in BITS:
        sides = [_side(e, point, bits) for e in (before, after) for point in (one, other)]
        if any(s is None or s is _NOWHERE or s.ndim for s in sides):
            continue
        with _numbers(bits).working():
            a, a_, b, b_ = (s.item() for s in sides)
            found = _PAIRWISE[relation.kind](a, a_, b, b_, relation)
        if found is not None:
            if not found:
                seen = f"{shown(a)} and {shown(a_)} on the left, {shown(b)} and {shown(b_)} on the right"
                raise _Apart(f"{seen}, the second with {_moved(one, other)}, the first")
            return True
    return False


def _moved(one: Point, other: Point) -> str:
    """What the other point has in other places."""
    changed = {k: v for k, v in other.instance.values.items() if v is not one.instance.values[k]}
    return ", ".join(f"{name} = {_written(value)}" for name, value in changed.items())


def _up_to_constant(a: Any, a_: Any, b: Any, b_: Any, _: Relation) -> bool | None:
    """``b - a`` is the same at both."""
    return _equal(b - a, b_ - a_, abs(a) + abs(a_) + abs(b) + abs(b_))


def _proportional(a: Any, a_: Any, b: Any, b_: Any, _: Relation) -> bool | None:
    """``b / a`` is the same at both, and positive."""
    if a * b < 0 or a_ * b_ < 0 or (a.is_zero() and not b.contains(0)) or (b.is_zero() and not a.contains(0)):
        return False
    return _equal(b * a_, b_ * a, abs(b * a_) + abs(b_ * a))


def _equal(left: Any, right: Any, size: Any) -> bool | None:
    """Whether two numbers are the same; None if their balls are wide in comparison with a size."""
    if not left.overlaps(right):
        return False
    return True if left.rad() + right.rad() <= size * ball(Fraction(1, 10**DIGITS)) else None


def _same_order(a: Any, a_: Any, b: Any, b_: Any, relation: Relation) -> bool | None:
    """What is better on the left is better on the right."""
    left, right = _order(a, a_), _order(b, b_)
    if left is None or right is None:
        return None
    return right == (-left if relation.reverses else left)


def _order(a: Any, b: Any) -> int | None:
    """-1, 0 or 1 as the first is less than, equal to or greater than the second, if that can be told."""
    if a < b or a > b:
        return -1 if a < b else 1
    return 0 if exactly(a) is not None and exactly(a) == exactly(b) else None


_PAIRWISE: dict[Kind, Callable[[Any, Any, Any, Any, Relation], bool | None]] = {
    Kind.UP_TO_CONSTANT: _up_to_constant,
    Kind.PROPORTIONAL: _proportional,
    Kind.SAME_OPTIMA: _same_order,
}


# ------------------------------------------------------------------ conditions

_ROW = Dummy("row", integer=True)

#: The sums, products and integrals around a place, from the outermost: the range of each, the choice of a product.
Scope: TypeAlias = tuple[tuple[Range | Between, Basic | None], ...]

#: Where conditions are tried that speak of every number between two ends, or of every integer from one on.
SHARES, BEYOND = (Fraction(1, 64), Fraction(1, 3), Fraction(1, 2), Fraction(15, 16)), (0, 1, 2, 5, 20)


def _scope(e: Basic, path: tuple[int, ...]) -> Scope:
    """What is bound on the way to a place; the rows of a gradient are counted by an index without a name."""
    found = []
    for position in path:
        limits = limits_of(e)
        if limits is not None and position == 0:
            over = Between(*limits) if isinstance(e, Integral) else Range(*limits)
            found.append((over, e.args[2] if isinstance(e, ProductOver) else None))
        if isinstance(e, Gradient) and position == 0:
            found.append((Range(_ROW, ONE, e.size[0]), None))
        if position >= len(e.args):
            break  # a place made by what was rewritten at an earlier one
        e = e.args[position]
    return tuple(found)


@dataclass(frozen=True)
class Placed:
    """A condition with the scopes of the places, one of which it was asked in."""

    claim: Condition
    scopes: Sequence[Scope] = ((),)

    def holds(self, point: Point) -> bool | None:
        """Whether it is shown to hold in one of them, or not to hold in any."""
        known = {*point.instance.values, *point.instance.indices}
        wanted = frozenset(s for s in _free(self.claim) if s.name not in known)
        scopes = [_naming_rows(s, wanted) for s in dict.fromkeys(self.scopes)]
        covering = [s for s in scopes if wanted <= {over.index for over, _ in s}]
        found = [_under(scope, self.claim, point) for scope in covering or [()]]
        return True if True in found else False if all(f is False for f in found) else None


def _naming_rows(scope: Scope, wanted: frozenset[Symbol]) -> Scope:
    """The scope with the index that is still wanted for the rows of a gradient."""
    left = [s for s in wanted if s not in {over.index for over, _ in scope}]
    if len(left) != 1:
        return scope
    return tuple((replace(over, index=left[0]) if over.index == _ROW else over, choice) for over, choice in scope)


def _under(scope: Scope, claim: Condition, point: Point) -> bool | None:
    """Whether a condition holds for all indices of a scope; those that are not chosen do not matter."""
    if not scope:
        return holds(claim, point)
    (over, choice), *rest = scope
    occurs = (
        choice is not None
        or over.index in _free(claim)
        or any(over.index in free(c) for _, c in rest if c is not None)
        or any(over.index in free(end) for o, _ in rest for end in (o.low, o.high))
    )
    inside = _inside(over, point, every=occurs)
    if inside is None:
        return None
    chosen = [(p, True if choice is None else _is_chosen(choice, p)) for p in inside]
    if any(c is None for _, c in chosen):
        return None
    return _all(_under(tuple(rest), claim, p) for p, c in chosen if c)


def _inside(over: Range | Between, point: Point, *, every: bool = True) -> list[Point] | None:
    """The point with each value of an index, or one of them; a few, where there is no end of them."""
    low = None if over.low is S.NegativeInfinity else _number(over.low, point)
    high = None if over.high is S.Infinity else _number(over.high, point)
    if (low is None and over.low is not S.NegativeInfinity) or (high is None and over.high is not S.Infinity):
        return None
    if isinstance(over, Between):
        if low is not None and high is not None:
            between = [low + (high - low) * share for share in SHARES] if low < high else []
        else:
            away = [share / (1 - share) for share in SHARES]
            between = [low + v for v in away] if low is not None else [(high or 0) - v for v in away]
            between += [*away, Fraction(0)] if low is None and high is None else []
        return [point.valued(over.index.name, v) for v in between[: None if every else 1]]
    if low is None or low.denominator != 1 or (high is not None and high.denominator != 1):
        return None
    indices = [int(low) + k for k in BEYOND] if high is None else range(int(low), int(high) + 1)
    return [point.at(over.index.name, k) for k in indices[: None if every else 1]]


def _is_chosen(choice: Basic, point: Point) -> bool | None:
    left, right = (_side(e, point, BITS[0]) for e in choice.args)
    if left is None or right is None or left is _NOWHERE or right is _NOWHERE:
        return None
    left, right = left.item(), right.item()
    same = False if not left.overlaps(right) else True if left.is_exact() and right.is_exact() else None
    return same if same is None or isinstance(choice, Eq) else not same


def _free(claim: Condition) -> frozenset[Symbol]:
    """The symbols a condition speaks of."""
    match claim:
        case ForAll(over, inner):
            return (_free(inner) - {over.index}) | free(over.low) | free(over.high)
        case Within(position, low, high):
            return free(position) | free(low) | free(high)
        case Differentiable(expression, variable):
            return free(expression) | free(variable)
        case Member(expression, _) | Has(expression, _):
            return free(expression)
    return frozenset()


def holds(claim: Condition, point: Point) -> bool | None:
    """Whether a condition is shown to hold at a point, or not to; None if the precision does not tell."""
    if claim not in point.held:
        point.held[claim] = _holds(claim, point)
    return point.held[claim]


def _holds(claim: Condition, point: Point) -> bool | None:
    match claim:
        case ForAll(over, inner):
            inside = _inside(over, point)
            return None if inside is None else _all(holds(inner, p) for p in inside)
        case Constant(expression, variables):
            return not free(expression) & {symbol_of(v) for v in variables}
        case Within(position, low, high):
            numbers = [_integer(e, point) for e in (position, low, high)]
            place, first, last = numbers
            return None if place is None or first is None or last is None else first <= place <= last
        case Member(expression, domain):
            return _at_some_precision(expression, point, lambda v, _: _lies_in(v.item(), domain))
        case Differentiable(expression, variable):
            return _differentiable(expression, variable, point)
        case Has(expression, wanted):
            return _at_some_precision(expression, point, lambda v, bits: _has(v, wanted, bits))
    return None


def _all(found: Iterable[bool | None]) -> bool | None:
    every = list(found)
    return False if False in every else None if None in every else True


def _at_some_precision(
    e: Basic, point: Point, decided: Callable[[Any, int], bool | None], *, undefined: bool | None = False
) -> bool | None:
    """What is decided of an expression's value at the first precision at which anything is."""
    for bits in BITS:
        side = _side(e, point, bits)
        if side is _NOWHERE:
            return undefined
        if side is not None:
            with _numbers(bits).working():
                found = decided(side, bits)
            if found is not None:
                return found
    return None


def _integer(e: Expr, point: Point) -> int | None:
    value = _number(e, point)
    return int(value) if value is not None and value.denominator == 1 else None


def _number(e: Expr, point: Point) -> Fraction | None:
    """The value, if the ball contains no other number."""
    side = _side(e, point, BITS[0])
    return None if side is None or side is _NOWHERE else exactly(side.item())


def _lies_in(value: Any, domain: Domain) -> bool | None:
    """Whether a ball lies in a set, or outside."""
    if domain.integer or domain.nonzero:
        exact = exactly(value)
        if domain.integer and (exact is None or exact.denominator != 1):
            return False if exact is not None or not value.contains_integer() else None
        if domain.nonzero and value.contains(0):
            return False if exact == 0 else None
    low, high = (None if abs(end) == float("inf") else ball(Fraction(end)) for end in (domain.low, domain.high))
    above = low is None or value > low or (domain.low_closed and value >= low)
    below = high is None or value < high or (domain.high_closed and value <= high)
    if above and below:
        return True
    under = low is not None and (value < low or (not domain.low_closed and value <= low))
    over = high is not None and (value > high or (not domain.high_closed and value >= high))
    return False if under or over else None


def _differentiable(e: Basic, variable: Expr, point: Point) -> bool | None:
    """Whether the slope is enclosed; that there is none is shown only where the expression itself is undefined."""
    if not isinstance(e, Expr) or not isinstance(variable, (Symbol, Indexed)):
        return None if _value_of(e, point) is None else True
    if _value_of(e, point) is None:
        return _at_some_precision(e, point, lambda *_: None)
    return _at_some_precision(derivative(e, variable), point, lambda *_: True)


def _has(a: Any, wanted: Property, bits: int) -> bool | None:
    """Whether a matrix of balls has a property."""
    numbers = _numbers(bits)
    match wanted:
        case Property.REAL:
            return True
        case Property.NONZERO:
            if any(not v.contains(0) for v in a.flat):
                return True
            return False if all(v.is_zero() for v in a.flat) else None
        case Property.SYMMETRIC:
            pairs = [(a[i, j], a[j, i]) for i, j in pairs_of(range(len(a)), repeat=2)]
            return all(v.overlaps(w) for v, w in pairs)
        case Property.INVERTIBLE:
            return _is_not_zero(numbers.determinant(a))
        case Property.FULL_COLUMN_RANK:
            return _is_not_zero(numbers.determinant(a.T.dot(a))) if a.size else a.shape[1] == 0
        case Property.FULL_ROW_RANK:
            return _has(a.T, Property.FULL_COLUMN_RANK, bits)
        case Property.POSITIVE_DEFINITE:
            minors = [numbers.determinant(a[:k, :k]) for k in range(1, len(a) + 1)]
            if not _has(a, Property.SYMMETRIC, bits) or any(m <= 0 for m in minors):
                return False
            return True if all(m > 0 for m in minors) else None
        case Property.POSITIVE_SEMIDEFINITE:
            subsets = (list(s) for k in range(1, len(a) + 1) for s in combinations(range(len(a)), k))
            minors = [determinant_of_exact(a[np.ix_(s, s)]) for s in subsets]
            if not _has(a, Property.SYMMETRIC, bits) or any(m is not None and m < 0 for m in minors):
                return False
            exact = all(m is not None for m in minors)  # a minor that is 0 is known to be only if it is exact
            return exact or _has(a, Property.POSITIVE_DEFINITE, bits) or None
    return None


def _is_not_zero(value: Any) -> bool | None:
    return False if value.is_zero() else None if value.contains(0) else True
