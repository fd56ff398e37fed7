"""How a step is made wrong: one small declaration for each kind of mistake.

A mutation says what may be written instead of one part of what a step reaches, instead of its
relation, or instead of its hypotheses; it is applied at every position where it fits.  What comes
out is a claim that looks like the true one.  Whether it is false is for others to find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Eq,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Max,
    Mul,
    Number,
    Pow,
    Rational,
    Symbol,
    Tuple,
    cos,
    exp,
    log,
    sign,
    sin,
)

from lossproof.kernel.conditions import (
    Assumed,
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Labelled,
    Maps,
    Property,
    Range,
    Ranged,
    Smooth,
)
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import (
    BINARY,
    CLOSED_UNIT,
    COUNT,
    INTEGER,
    NONNEGATIVE,
    NONZERO,
    POSITIVE,
    POSITIVE_COUNT,
    REAL,
    SIGNS,
    UNIT,
    Domain,
)
from lossproof.kernel.relations import EQUAL, Kind
from lossproof.kernel.rules import Fold
from lossproof.kernel.steps import Path, Step, _may_enter
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    add,
    equation,
    is_leaf,
    limits_of,
    mul,
    neg,
    power,
    rebuild,
    sub,
    substitute,
    walk,
)
from lossproof.notation.matrices import (
    Component,
    Inverse,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
)
from lossproof.notation.nodes import Chance, Curve, Definition, Name, Opaque, ProductOver, Sigmoid, Softplus


@dataclass(frozen=True)
class Claim:
    """One step under its hypotheses: what a mutation starts from, and what it makes."""

    hypotheses: tuple[Hypothesis, ...]
    step: Step
    lost: Hypothesis | None = None
    weaker: Hypothesis | None = None


Wrong = Callable[[Claim], Iterator[Claim]]
MUTATIONS: dict[str, Wrong] = {}


def mutation(name: str) -> Callable[[Wrong], Wrong]:
    """Declare a mutation of a claim under a name."""

    def register(wrong: Wrong) -> Wrong:
        MUTATIONS[name] = wrong
        return wrong

    return register


@dataclass(frozen=True)
class Spot:
    """A part of an expression, with what is around it."""

    path: Path
    part: Basic
    around: Basic | None
    is_value: bool  # whether equals may be put for equals here


def of_parts(name: str) -> Callable[[Callable[[Spot], Iterator[Basic]]], Callable[[Spot], Iterator[Basic]]]:
    """Declare a mutation of one part of what is reached."""

    def register(wrong: Callable[[Spot], Iterator[Basic]]) -> Callable[[Spot], Iterator[Basic]]:
        def everywhere(claim: Claim) -> Iterator[Claim]:
            after = claim.step.after
            for spot in spots(after, definitions=isinstance(claim.step.rule, Fold)):
                for part in wrong(spot):
                    yield replace(claim, step=replace(claim.step, after=put(after, spot.path, part)))

        MUTATIONS[name] = everywhere
        return wrong

    return register


# ------------------------------------------------------------------ positions


def spots(e: Basic, *, definitions: bool = False) -> Iterator[Spot]:
    """Every part of an expression, outermost first; what a name stands for only if asked."""
    stack: list[Spot] = [Spot((), e, None, True)]
    while stack:
        here = stack.pop()
        yield here
        if is_leaf(here.part):
            continue
        inside = []
        for k, a in enumerate(here.part.args):
            if isinstance(here.part, Name) and k == 0:
                if definitions:
                    assert isinstance(a, Definition)
                    inside.append(Spot((*here.path, 0, 2), a.body, a, here.is_value))
            elif isinstance(a, (Expr, MatrixTerm, Tuple, Eq)) and not isinstance(here.part, Chance):
                value = here.is_value and _may_enter(here.part, k)
                inside.append(Spot((*here.path, k), a, here.part, value))
        stack.extend(reversed(inside))


def put(e: Basic, path: Path, part: Basic) -> Basic:
    """The expression with the part at a path replaced."""
    if not path:
        return part
    arguments = list(e.args)
    arguments[path[0]] = put(arguments[path[0]], path[1:], part)
    return rebuild(e, arguments)


def at(e: Basic, path: Path) -> Basic:
    """The part at a path."""
    for k in path:
        e = e.args[k]
    return e


def _is_number(e: Basic) -> bool:
    return isinstance(e, Expr) and not isinstance(e, IndexedBase)


def _is_term(spot: Spot) -> bool:
    """A number or matrix that is not a factor: what may have a sign or a coefficient of its own."""
    return spot.is_value and not isinstance(spot.around, (Mul, MatrixProduct, ScalarMultiple))


def _without(e: Basic, k: int) -> Basic:
    """A sum or product without one of its terms."""
    rest = [*e.args[:k], *e.args[k + 1 :]]
    return rest[0] if len(rest) == 1 else rebuild(e, rest)


def _is_constant(e: Basic) -> bool:
    """Made of numbers and symbols alone: no data, no function of the parameters."""
    return not any(isinstance(p, (Indexed, Name, Opaque, Curve, Chance, MatrixTerm, Derivative)) for p in walk(e))


# ------------------------------------------------------------------ signs, factors, terms


@of_parts("sign")
def _sign(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if not _is_term(spot):
        return
    if isinstance(e, Mul) and e.args[0] == MINUS_ONE:
        yield _without(e, 0)
    elif isinstance(e, MatrixTerm):
        yield e.args[1] if isinstance(e, ScalarMultiple) and e.args[0] == MINUS_ONE else ScalarMultiple(MINUS_ONE, e)
    elif e != ZERO:
        yield neg(e)


@of_parts("dropped factor")
def _dropped_factor(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if spot.is_value and isinstance(e, (Mul, MatrixProduct)):
        yield from (_without(e, k) for k, a in enumerate(e.args) if a != MINUS_ONE and not isinstance(a, Number))
    elif spot.is_value and isinstance(e, ScalarMultiple):
        yield e.args[1]


@of_parts("doubled term")
def _doubled(spot: Spot) -> Iterator[Basic]:
    if _is_term(spot) and spot.part != ZERO:
        e = spot.part
        yield ScalarMultiple(TWO, e) if isinstance(e, MatrixTerm) else mul(TWO, e)


@of_parts("doubled factor")
def _doubled_factor(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if spot.is_value and isinstance(e, (Mul, MatrixProduct)):
        for k, a in enumerate(e.args):
            if not isinstance(a, Number):
                yield rebuild(e, [*e.args[:k], a, *e.args[k:]])


@of_parts("lost constant")
def _lost_constant(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if spot.is_value and isinstance(e, Add):
        yield from (_without(e, k) for k, a in enumerate(e.args) if _is_constant(a))
    if spot.is_value and isinstance(e, Mul):
        yield from (_without(e, k) for k, a in enumerate(e.args) if isinstance(a, Number) and a != MINUS_ONE)


@of_parts("lost term")
def _lost_term(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if spot.is_value and isinstance(e, (Add, MatrixSum)):
        yield from (_without(e, k) for k, a in enumerate(e.args) if not _is_constant(a))


@of_parts("lost operation")
def _lost_operation(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    one_argument = (log, exp, Abs, Sigmoid, Softplus, cos, sin, sign, Max, Transpose, Inverse)
    if spot.is_value and isinstance(e, one_argument):
        yield from e.args


# ------------------------------------------------------------------ indices, bounds, exponents


def _next(index: Expr) -> Expr:
    return Integer(int(index) + 1) if isinstance(index, Integer) else add(index, ONE)


@of_parts("index off by one")
def _index(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if isinstance(e, Indexed):
        for k, index in enumerate(e.args[1:], start=1):
            yield rebuild(e, [*e.args[:k], _next(index), *e.args[k + 1 :]])
    elif isinstance(e, (KroneckerDelta, Component)):
        yield rebuild(e, [e.args[0], _next(e.args[1])])
    elif isinstance(e, Chance):
        for index in getattr(e.args[0], "indices", ()):
            if isinstance(index, Symbol):
                yield substitute(e, {index: _next(index)})


@of_parts("index fixed")
def _fixed(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if isinstance(e, Indexed):
        for k, index in enumerate(e.args[1:], start=1):
            if index != ONE:
                yield rebuild(e, [*e.args[:k], ONE, *e.args[k + 1 :]])
    elif isinstance(e, Component) and e.args[1] != ONE:
        yield rebuild(e, [e.args[0], ONE])


@of_parts("bound off by one")
def _bound(spot: Spot) -> Iterator[Basic]:
    limits = limits_of(spot.part)
    if limits is not None and not isinstance(spot.part, Definition):
        index, low, high = limits
        position = next(k for k, a in enumerate(spot.part.args) if a is limits)
        for wrong in ((_next(low), high), (low, sub(high, ONE)), (low, add(high, ONE))):
            yield put(spot.part, (position,), Tuple(index, *wrong))


@of_parts("wrong exponent")
def _exponent(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    if spot.is_value and isinstance(e, Pow):
        base, k = e.args
        if isinstance(k, Rational):
            yield from (base if r == 1 else power(base, r) for r in (k + 1, k - 1, -k) if r)
        else:
            yield from (power(base, wrong) for wrong in (add(k, ONE), sub(k, ONE), neg(k)))
    elif spot.is_value and isinstance(e, SquaredNorm):
        yield power(e, TWO)


@of_parts("swapped y and 1 - y")
def _swapped(spot: Spot) -> Iterator[Basic]:
    e = spot.part
    inside = _complemented(e)
    if spot.is_value and inside is not None:
        yield inside
    elif spot.is_value and isinstance(e, (Add, Mul)):
        for part in walk(e):
            other = _complemented(part)
            if other is not None:
                yield _exchanged(e, other, part)
    elif spot.is_value and isinstance(spot.around, Name) and isinstance(e, (Indexed, Opaque, Sigmoid)):
        yield sub(ONE, e)
    elif isinstance(e, ProductOver) and e.equation is not None and e.equation[1] in (ZERO, ONE):
        label, value = e.equation
        yield rebuild(e, [*e.args[:2], equation(label, ONE if value == ZERO else ZERO)])


def _complemented(e: Basic) -> Expr | None:
    """``e`` where the expression is ``1 - e``."""
    if isinstance(e, Add) and len(e.args) == 2 and e.args[0] == ONE:
        other = e.args[1]
        if isinstance(other, Mul) and len(other.args) == 2 and other.args[0] == MINUS_ONE:
            return other.args[1]
    return None


def _exchanged(e: Basic, a: Basic, b: Basic) -> Basic:
    """The expression with two of its parts in each other's places."""
    if e in (a, b):
        return b if e == a else a
    if is_leaf(e) or isinstance(e, Name):
        return e
    return rebuild(e, [_exchanged(p, a, b) for p in e.args])


# ------------------------------------------------------------------ relations


@mutation("relation upgraded")
def _upgraded(claim: Claim) -> Iterator[Claim]:
    relation = claim.step.relation
    for kind in Kind:
        if kind is Kind.EQUAL and relation.kind is not kind:
            yield replace(claim, step=replace(claim.step, relation=EQUAL))
        elif kind < relation.kind:
            yield replace(claim, step=replace(claim.step, relation=replace(relation, kind=kind)))


@mutation("direction reversed")
def _reversed(claim: Claim) -> Iterator[Claim]:
    relation = claim.step.relation
    if relation.kind is not Kind.EQUAL:
        yield replace(claim, step=replace(claim.step, relation=replace(relation, reverses=not relation.reverses)))


# ------------------------------------------------------------------ side conditions

#: Sets that are larger than one that is declared, the next larger first.
_LARGER = (UNIT, CLOSED_UNIT, BINARY, SIGNS, POSITIVE_COUNT, COUNT, INTEGER, POSITIVE, NONNEGATIVE, NONZERO, REAL)
_WEAKER = {
    Property.NONZERO: Property.REAL,
    Property.SYMMETRIC: Property.REAL,
    Property.INVERTIBLE: Property.REAL,
    Property.POSITIVE_DEFINITE: Property.SYMMETRIC,
    Property.FULL_COLUMN_RANK: Property.REAL,
    Property.POSITIVE_SEMIDEFINITE: Property.SYMMETRIC,
    Property.FULL_ROW_RANK: Property.REAL,
}


def used(claim: Claim, facts: object) -> list[Hypothesis]:
    """The hypotheses that a step rests on, in their order."""
    rests = {h for fact in claim.step.conditions for h in fact.hypotheses()}
    rests |= set(claim.step.rule.assumes(facts))
    return [h for h in claim.hypotheses if h in rests]


@mutation("lost side condition")
def _lost(claim: Claim) -> Iterator[Claim]:
    for h in _rested_on(claim):
        yield replace(claim, hypotheses=tuple(g for g in claim.hypotheses if g != h), lost=h)


@mutation("weakened side condition")
def _weakened(claim: Claim) -> Iterator[Claim]:
    for h in _rested_on(claim):
        for weaker in weaker_than(h):
            hypotheses = tuple(weaker if g == h else g for g in claim.hypotheses)
            yield replace(claim, hypotheses=hypotheses, lost=h, weaker=weaker)


def _rested_on(claim: Claim) -> list[Hypothesis]:
    return used(claim, Derivation("", claim.hypotheses, (), claim.step.before).facts)


def larger_than(domain: Domain) -> Iterator[Domain]:
    """Larger sets of the same kind."""
    return (d for d in _LARGER if domain.within(d) and not d.within(domain))


def weaker_than(h: Hypothesis) -> Iterable[Hypothesis]:
    """Hypotheses that say a little less."""
    match h:
        case Declared(_, domain, _):
            return [replace(h, domain=d) for d in larger_than(domain)]
        case Labelled(_, low, high, _):
            return [replace(h, high=add(high, ONE)), replace(h, low=sub(low, ONE))]
        case DeclaredMatrix(_, known, _):
            return [replace(h, property=_WEAKER[known])] if known in _WEAKER else []
        case Maps(_, _, _, target):
            return [replace(h, target=d) for d in larger_than(target)]
        case Ranged(Range(index, low, high)):
            return [Ranged(Range(index, low, add(high, ONE)))]
        case Smooth() | Assumed():
            return []
    return []
