"""The referees, asked about one claim: the only place that knows how they are called.

A claim whose hypothesis was lost is false if it fails in *some* world in which the others hold.  So
it is asked in worlds made for it: where the term lies outside the set that was declared, where it has
no value at all, where a label or a free index is one too large, where a matrix is not invertible,
where the model is another one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Basic, Derivative, Expr, Indexed, IndexedBase, Integer, KroneckerDelta, Rational, Symbol

from attack.kinks import refuted_by_a_kink
from attack.mutations import Claim
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import (
    Assumed,
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Labelled,
    Maps,
    Range,
    Ranged,
    Smooth,
    bounds_of,
)
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import REAL, Domain, point
from lossproof.kernel.facts import carried
from lossproof.kernel.relations import Kind
from lossproof.notation.inert import ONE, ZERO, add, free, is_leaf, limits_of, mul, rebuild, sub, symbol_of, walk
from lossproof.notation.matrices import MatrixTerm
from lossproof.notation.nodes import Opaque, Probability, written_out
from lossproof.numeric.balls import ball
from lossproof.numeric.evaluate import Instance
from lossproof.referees import NOT_APPLICABLE, REFUTED, Row, finite
from lossproof.referees.balls import _NOWHERE, BITS, Point, Sample, Verdict, _shown, _side
from lossproof.referees.instances import Setting

POINTS, MORE_POINTS, IN_A_WORLD = 12, 40, 10
HALF = Rational(1, 2)
NAN = float("nan")


@dataclass(frozen=True)
class World:
    """Hypotheses to draw from, and what is changed in what was drawn."""

    hypotheses: tuple[Hypothesis, ...]
    name: str
    change: Callable[[Instance, random.Random], Instance] = lambda instance, _: instance
    undefined: bool = False  # whether what is changed is made undefined


class Judge:
    """Everything that is asked about the mutants of a derivation; the points are drawn once."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self._samples: dict[int, Sample] = {}

    def forget(self) -> None:
        """Keep the points, and forget the values that were found there."""
        for sample in self._samples.values():
            sample.points = [Point(p.instance) for p in sample.points]

    def refute(self, claim: Claim, *, patient: bool = True) -> tuple[str | None, str]:
        """A witness against a claim, or None and how many points agreed."""
        return self._anywhere(claim, patient) if claim.lost is None else self._in_worlds(claim)

    def finite(self, claims: Sequence[Claim]) -> list[str]:
        """What the finite referee says of each: ``refuted``, ``held``, or nothing where it does not apply."""
        said: dict[int, str] = {}
        for hypotheses in dict.fromkeys(c.hypotheses for c in claims):
            these = [k for k, c in enumerate(claims) if c.hypotheses == hypotheses]
            steps = tuple(claims[k].step for k in these)
            asked = replace(self.derivation, hypotheses=hypotheses, start=steps[0].before, steps=steps, claim=None)
            try:
                rows = finite.judge(asked)
            except LossproofError:  # one of them is asked of what has no value: one by one, then
                rows = [row for step in steps for row in _alone(replace(asked, start=step.before, steps=(step,)))]
            said |= {k: row.finding for k, row in zip(these, rows, strict=True)}
        return ["" if said[k] == NOT_APPLICABLE else said[k] for k in range(len(claims))]

    def _anywhere(self, claim: Claim, patient: bool) -> tuple[str | None, str]:
        reason = ""
        for points in (POINTS, MORE_POINTS) if patient else (POINTS,):
            verdict = _judged(claim, self._sample(points))
            if verdict.finding == REFUTED:
                return verdict.detail, ""
            reason = verdict.detail
        return None, reason

    def _sample(self, points: int) -> Sample:
        if points not in self._samples:
            sample = Sample(Setting.of(self.derivation), seed=points, points=points)
            sample.points = [Point(_going_on(p.instance, self.derivation.hypotheses)) for p in sample.points]
            self._samples[points] = sample
        return self._samples[points]

    def _in_worlds(self, claim: Claim) -> tuple[str | None, str]:
        reason = "there is no world in which it fails"
        if isinstance(claim.lost, Smooth):
            return refuted_by_a_kink(claim, self._sample(MORE_POINTS)), "no kink tells the sides apart"
        for world in worlds(claim):
            setting = replace(Setting.of(self.derivation), hypotheses=world.hypotheses)
            try:
                sample = Sample(setting, points=IN_A_WORLD)
            except (IndexError, ValueError):
                reason = "no number satisfies all that is declared of a term"
                continue
            changed = [Point(world.change(p.instance, random.Random(k))) for k, p in enumerate(sample.points)]
            sample.points = changed
            verdict = _strictly_judged(claim, sample) if world.undefined else _judged(claim, sample)
            verdict = verdict if verdict.finding == REFUTED else _map_judged(claim, sample) or verdict
            if verdict.finding == REFUTED:
                return f"{world.name}: {verdict.detail}", ""
            reason = f"{world.name}: {verdict.detail}"
        return None, reason


def _going_on(instance: Instance, hypotheses: tuple[Hypothesis, ...]) -> Instance:
    """The same, in which the elements beyond the declared ones are of their kind: labels are integers."""
    domains = {
        str(h.term.base): h.domain for h in hypotheses if isinstance(h, Declared) and isinstance(h.term, Indexed)
    }
    labels = {symbol_of(h.term).name: h for h in hypotheses if isinstance(h, Labelled)}
    anything = instance.beyond

    def beyond(name: str, where: tuple[int, ...]) -> Any:
        value = anything(name, where)
        if name in labels:
            return 1 + int(64 * value) % max(_size(instance, labels[name].high), 1)
        domain = domains.get(name, REAL)
        if domain.integer:
            value = Fraction(int(64 * value))
        low = domain.low if domain.low != -np.inf else value
        if domain.low != -np.inf and domain.high != np.inf:
            return low + (int(64 * value) % 2 if domain.integer else (domain.high - low) * (1 + value / 4) / 2)
        return low + abs(value) if domain.low != -np.inf else value

    return replace(instance, beyond=beyond)


def _alone(derivation: Derivation) -> list[Row]:
    """What the finite referee says of one step; nothing where it does not get through."""
    try:
        return finite.judge(derivation)
    except LossproofError as error:
        return [Row(1, derivation[0].rule.name, "finite", NOT_APPLICABLE, str(error))]


def _judged(claim: Claim, sample: Sample) -> Verdict:
    step, relation = claim.step, claim.step.relation
    verdict = sample.judged(step.before, step.after, relation)
    if relation.reverses and relation.kind in (Kind.UP_TO_CONSTANT, Kind.PROPORTIONAL) and verdict.finding != REFUTED:
        verdict = sample.judged(step.before, step.after, replace(relation, kind=Kind.SAME_OPTIMA))
    return verdict


def _map_judged(claim: Claim, sample: Sample) -> Verdict | None:
    """Whether, at a point, the map of a proportionality certainly does not go up, or loses a value."""
    relation = claim.step.relation
    if relation.kind is not Kind.PROPORTIONAL or relation.carries is None:
        return None
    for at in sample.points:
        before, after = (_side(e, at, BITS[0]) for e in (claim.step.before, claim.step.after))
        if after is _NOWHERE and before is not None and before is not _NOWHERE:
            return Verdict(REFUTED, f"the left side is {_shown(before)}, the right is undefined, at {at}")
        low, high = (_side(relation.carries(e), at, BITS[0]) for e in (ZERO, ONE))
        known = all(v is not None and v is not _NOWHERE for v in (low, high))
        if known and (high <= low if not relation.reverses else high >= low):
            return Verdict(REFUTED, f"the map takes 0 and 1 to {_shown(low)} and {_shown(high)}, at {at}")
    return None


def _strictly_judged(claim: Claim, sample: Sample) -> Verdict:
    """Whether, at points where something is NaN for undefined, one side has a value and the other has none."""
    carries = claim.step.relation.carries
    before = claim.step.before if carries is None else carries(claim.step.before)
    sides = [_strict(written_out(e)) for e in (before, claim.step.after)]
    for at in sample.points:
        found = [[_side(e, at, bits) for bits in BITS] for e in sides]
        defined = [[v for v in values if v is not None and v is not _NOWHERE] for values in found]
        if bool(defined[0]) != bool(defined[1]):
            value = _shown((defined[0] or defined[1])[-1])
            return Verdict(REFUTED, f"only the {'left' if defined[0] else 'right'} side is defined, {value}, at {at}")
    return Verdict("held", f"{len(sample.points)} points")


def _strict(e: Basic) -> Basic:
    """The expression with derivatives that have no value where their body or variable has none."""
    if is_leaf(e):
        return e
    inner = rebuild(e, [_strict(a) for a in e.args])
    return add(inner, mul(ZERO, add(inner.args[0], inner.args[1][0]))) if isinstance(inner, Derivative) else inner


# ------------------------------------------------------------------ worlds in which a hypothesis fails


def worlds(claim: Claim) -> Iterator[World]:
    """Worlds in which the hypotheses of a claim hold, and the one that was lost does not."""
    h = claim.lost
    assert h is not None
    rest = tuple(g for g in claim.hypotheses if g != claim.weaker)
    before = (*rest, h)
    match h:
        case Declared(term, domain, _):
            kept = carried(term) if isinstance(term, Symbol) else None  # what a name says of itself is not lost
            bound = (REAL if claim.weaker is None else claim.weaker.domain).meet(REAL if kept is None else kept)
            if term in _sizes(claim):
                empty = (*rest, replace(h, domain=point(0)))
                if point(0).within(bound):
                    yield World(empty, "nothing of it")
                if point(-1).within(bound):
                    yield World(empty, "a size below 0", _number_set(term, -1))
                return
            for other in outside(domain, bound):
                yield World((*rest, replace(h, domain=other)), f"in {other}")
            if claim.weaker is None and kept is None and _may_be_undefined(claim, term):
                yield World(before, "undefined", _undefined(term), undefined=True)
            yield from _third_value(claim, h, rest)
        case Assumed(_, _, right, _):
            yield World((*rest, replace(h, right=mul(HALF, right))), "another model")
            yield World((*rest, replace(h, right=add(right, ONE))), "another model")
        case Labelled(_, _, high, _):
            yield World(before, "a label one too large", _set_to(h.term, high, 1))
            yield World(before, "a label beyond all", _label_beyond(h.term, high, _arrays(rest, high)), undefined=True)
        case Ranged(Range(index, _, high)):
            arrays = _arrays(rest, high)
            yield World(before, "an index one too large", _index_beyond(index, high, arrays))
            for value in (Fraction(0), Fraction(-1), Fraction(1, 2)):
                yield World(before, f"an index beyond, at {value}", _index_beyond(index, high, arrays, value=value))
            yield World(before, "an index beyond all", _index_beyond(index, high, arrays, value=NAN), undefined=True)
            empty = tuple(
                replace(g, domain=point(0)) if isinstance(g, Declared) and g.term == high else g for g in rest
            )
            yield World(empty, "an index where there is nothing", _index_at_nothing(index, arrays), undefined=True)
        case DeclaredMatrix():
            yield World(rest if claim.weaker is None else (*rest, claim.weaker), "any matrix")
            yield World(before, "zero", _filled(h.term, 0))
            yield World(before, "singular", _filled(h.term, 1))
            yield World(before, "negative", _filled(h.term, -1))
        case Maps(_, _, _, target):
            bound = REAL if claim.weaker is None else claim.weaker.target
            for other in outside(target, bound):
                yield World((*rest, replace(h, target=other)), f"values in {other}")


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
            yield World((*rest, h, less), "a third value")
            return


def _sizes(claim: Claim) -> frozenset[Expr]:
    """The symbols that bound the indices of what is declared."""
    return frozenset(s for h in claim.hypotheses for e in bounds_of(h) for s in free(e))


def _arrays(hypotheses: tuple[Hypothesis, ...], high: Expr) -> list[Expr]:
    """The arrays that are declared as far as a bound."""
    return [_base(g.term) for g in hypotheses if isinstance(g, Declared) and any(r.high == high for r in g.ranges)]


def _base(term: Expr) -> Expr:
    return term if isinstance(term, (Symbol, Indexed, IndexedBase)) else Symbol("nothing")


def _may_be_undefined(claim: Claim, term: Expr) -> bool:
    """Whether it can be made undefined: not a label, an index or a size, on which it depends what is computed."""
    if not isinstance(term, (Symbol, Indexed, Opaque)):
        return False
    name = term.head if isinstance(term, Opaque) else symbol_of(term)
    for part in walk(*map(written_out, (claim.step.before, claim.step.after))):
        asked: tuple[Basic, ...] = ()
        if limits_of(part) is not None:
            asked = part.args[1:]
        elif isinstance(part, (KroneckerDelta, Indexed)):
            asked = part.indices if isinstance(part, Indexed) else part.args
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
            return replace(instance, functions={**instance.functions, term.head.name: lambda *a: known(*a) * ball(nan)})
        name = symbol_of(term).name
        values = np.array(instance.values[name], dtype=object)
        if 0 in values.shape:
            return instance
        values[tuple(chance.randrange(size) for size in values.shape)] = nan
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


def _label_beyond(term: Expr, high: Expr, arrays: Sequence[Expr]) -> Callable[[Instance, random.Random], Instance]:
    """The label one too large, and nothing where it points."""
    too_large = _set_to(term, high, 1)

    def change(instance: Instance, chance: random.Random) -> Instance:
        values = {**instance.values, **_longer(instance, arrays, lambda name, at: NAN)}
        return too_large(replace(instance, values=values), chance)

    return change


def _number_set(term: Symbol, value: int) -> Callable[[Instance, random.Random], Instance]:
    def change(instance: Instance, chance: random.Random) -> Instance:
        return replace(instance, values={**instance.values, term.name: value})

    return change


def _index_beyond(
    index: Symbol, high: Expr, arrays: Sequence[Expr], *, value: float | Fraction | None = None
) -> Callable[[Instance, random.Random], Instance]:
    """The index one too large, and one more element in the arrays, so that there may be a derivative in it."""

    def change(instance: Instance, chance: random.Random) -> Instance:
        elements = instance.beyond if value is None else (lambda name, at: value)
        values = {**instance.values, **_longer(instance, arrays, elements)}
        return replace(instance, values=values, indices={**instance.indices, index.name: _size(instance, high) + 1})

    return change


def _index_at_nothing(index: Symbol, arrays: Sequence[Expr]) -> Callable[[Instance, random.Random], Instance]:
    """The index 1 of what has no elements, so that what it points at is undefined."""

    def change(instance: Instance, chance: random.Random) -> Instance:
        values = {**instance.values, **_longer(instance, arrays, lambda name, at: float("nan"))}
        return replace(instance, values=values, indices={**instance.indices, index.name: 1})

    return change


def _longer(
    instance: Instance, arrays: Sequence[Expr], element: Callable[[str, tuple[int, ...]], Any]
) -> dict[str, Any]:
    """The arrays with one more place on every axis."""
    found = {}
    for name in {symbol_of(a).name for a in arrays} & set(instance.values):
        known = np.asarray(instance.values[name], dtype=object)
        longer = np.empty([size + 1 for size in known.shape], dtype=object)
        for where in np.ndindex(longer.shape):
            longer[where] = element(name, tuple(k + 1 for k in where))
        longer[tuple(slice(0, size) for size in known.shape)] = known
        found[name] = longer
    return found


def _filled(term: MatrixTerm, value: int) -> Callable[[Instance, random.Random], Instance]:
    def change(instance: Instance, chance: random.Random) -> Instance:
        names = [symbol_of(p).name for p in walk(term) if isinstance(p, IndexedBase)]
        changed = {name: np.full(np.shape(instance.values[name]), value, dtype=object) for name in names}
        return replace(instance, values={**instance.values, **changed})

    return change
