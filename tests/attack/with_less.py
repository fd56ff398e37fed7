"""Whether a step still holds when a hypothesis says less, or nothing at all: by proof, or not at all.

================  ==================================================================================
by definition     both sides are the same once every name is written out
less still        the kernel takes the same step under a hypothesis that says even less
as a bound        a size that occurs only as the last value of an index counts as the largest count
                  below it, and for that the kernel proved the step
beyond            a free index that is there only to say that a variable exists may go on: as far as
                  there are variables the kernel takes the step, and beyond neither side has a value
outside           where a term lies outside the set that was declared, neither side has a value
undefined         a term without a value leaves neither side with one, since both read the same
                  elements in the same ranges, and a node is undefined as soon as a part of it is
================  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from sympy import Basic, Expr, Indexed, IndexedBase, Pow, Symbol, Tuple, log

from attack.mutations import Claim, larger_than, weaker_than
from lossproof.errors import LossproofError, SideConditionError
from lossproof.kernel.conditions import (
    Declared,
    DeclaredMatrix,
    Hypothesis,
    Labelled,
    Range,
    Ranged,
    ranges_of,
    terms_of,
)
from lossproof.kernel.derivation import Cite
from lossproof.kernel.domains import BINARY, COUNT, POSITIVE_COUNT, REAL, Domain, point
from lossproof.kernel.facts import Facts, match
from lossproof.kernel.relations import EQUAL
from lossproof.kernel.steps import apply
from lossproof.notation.inert import ONE, ZERO, alpha_equal, free, is_leaf, limits_of, slope_of, symbol_of, walk
from lossproof.notation.matrices import Column, IdentityMatrix, Matrix, OpaqueColumn
from lossproof.notation.nodes import Head, Opaque, ProductOver, written_out

#: Numbers that have no logarithm, and those that have no root.
NOT_POSITIVE, NEGATIVE = Domain(high=Fraction(0), high_closed=True), Domain(high=Fraction(0))

Read = tuple[Basic, ...]
Reads = set[tuple[Read, frozenset[Read]]]


def proved_without(claim: Claim, parameters: tuple[Expr, ...]) -> str | None:
    """Why a step holds as well when a hypothesis says less, or nothing at all; None if that is not shown."""
    h, step = claim.lost, claim.step
    sides = [written_out(e) for e in (step.before, step.after)]
    if step.relation == EQUAL and alpha_equal(*sides):
        return "the same by definition, whatever is declared"
    for less in weaker_than(claim.weaker) if claim.weaker is not None else ():
        if _steps_with(claim, tuple(less if g == claim.weaker else g for g in claim.hypotheses), parameters):
            return f"the same step replays with  {less}"
    if isinstance(h, Ranged):
        return _goes_on(claim, h.over, parameters)
    if isinstance(h, Labelled):
        return _goes_on(claim, h, parameters)
    if not isinstance(h, Declared):
        return None
    bound = REAL if claim.weaker is None else claim.weaker.domain
    for wide in (h.domain, *(d for d in larger_than(h.domain) if d.within(bound))):
        known = tuple(replace(h, domain=wide) if g == h else g for g in (*claim.hypotheses, h) if g != claim.weaker)
        if wide != h.domain and not _steps_with(claim, known, parameters):
            continue
        outside = wide != bound and _undefined_outside(claim, replace(h, domain=wide), sides, parameters)
        if outside and (claim.weaker is not None or _alike(claim, h.term, sides)):
            return f"undefined on both sides outside {wide}"
    real = tuple(replace(h, domain=REAL) if g == h else g for g in (*claim.hypotheses, h) if g != claim.weaker)
    if claim.weaker is None and _steps_with(claim, real, parameters) and _alike(claim, h.term, sides):
        return "the same step replays with any real number, and without one neither side has a value"
    is_bound = h.domain.within(COUNT) and isinstance(h.term, Symbol) and _bounds_only(sides, claim, h)
    if not is_bound and (h.domain != REAL or claim.weaker is not None):
        return None
    if not _alike(claim, h.term, sides):
        return None
    return "a bound counts as the count below it" if is_bound else "undefined on both sides alike"


def _alike(claim: Claim, term: Expr, sides: list[Basic]) -> bool:
    """Whether both sides read the same elements of a term's array, so that both are defined or neither."""
    for as_variable in (True, False):
        needed = [reads(e, term, claim.hypotheses, as_variable=as_variable) for e in sides]
        if None in needed or needed[0] != needed[1]:
            return False
    return True


def _goes_on(claim: Claim, over: Range | Labelled, parameters: tuple[Expr, ...]) -> str | None:
    """For an index or label of which less is said: the kernel takes the step if the arrays go on as far as it does."""
    wide = replace(over, low=Symbol("bottom", integer=True), high=Symbol("top", integer=True))
    rest = tuple(g for g in claim.hypotheses if g != claim.weaker)
    longer, terms = [], []
    for g in rest:
        as_far = [r for r in ranges_of(g) if (r.low, r.high) == (over.low, over.high)]
        if isinstance(g, Declared) and isinstance(g.term, (Indexed, Opaque)) and as_far:
            ranges = tuple(replace(r, low=wide.low, high=wide.high) if r in as_far else r for r in g.ranges)
            longer.append(replace(g, domain=REAL, ranges=ranges))  # beyond, nothing else is said
            terms.append(g.term)
    sides = [written_out(e) for e in (claim.step.before, claim.step.after)]
    said = Ranged(wide) if isinstance(wide, Range) else wide
    terms += [] if isinstance(wide, Range) else [wide.term]
    if _steps_with(claim, (*rest, said, *longer), parameters) and all(_alike(claim, t, sides) for t in terms):
        return "the index may go on, as far as there is a variable"
    return None


# ------------------------------------------------------------------ where neither side has a value


def _undefined_outside(claim: Claim, h: Declared, sides: list[Basic], parameters: tuple[Expr, ...]) -> bool:
    """Whether neither side has a value as soon as one of the elements lies outside what was declared of them."""
    bound = REAL if claim.weaker is None else claim.weaker.domain
    regions = [region.meet(bound) for region in _regions(h.domain, bound)]
    rest = tuple(g for g in claim.hypotheses if g != claim.weaker)
    for region in regions:
        facts = Facts((*rest, replace(h, domain=region)), parameters)
        without: list[Reads] = [set(), set()]
        for e, found in zip(sides, without, strict=True):
            _breaks(e, h, facts, {}, frozenset(), found)
        ours, theirs = (_needed(found, claim.hypotheses) for found in without)
        if not ours or ours != theirs:
            return False
    return bool(regions)


def _regions(domain: Domain, bound: Domain) -> Iterator[Domain]:
    """The intervals of a larger set outside a smaller one; none if that is not a matter of intervals."""
    if domain.integer != bound.integer:
        return
    step = 1 if domain.integer else 0
    if bound.low < domain.low or (bound.low_closed and not domain.low_closed and bound.low == domain.low):
        yield Domain(
            bound.low, domain.low - step, bound.low_closed, not domain.low_closed or bool(step), domain.integer
        )
    if bound.high > domain.high or (bound.high_closed and not domain.high_closed and bound.high == domain.high):
        above = domain.high + step
        yield Domain(above, bound.high, not domain.high_closed or bool(step), bound.high_closed, domain.integer)
    if domain.nonzero and domain.low < 0 < domain.high and not bound.nonzero:
        yield point(0)


def _breaks(
    e: Basic, h: Declared, facts: Facts, bound: dict[Symbol, Read], under: frozenset[Read], found: Reads
) -> None:
    """The elements that leave a part of an expression without a value, if they lie where they are declared now."""
    inside = e.args[0] if isinstance(e, (log, Pow)) else None
    if inside is not None and not any(limits_of(p) is not None for p in walk(inside)):
        cells = {c for p in walk(inside) if (c := _cell(p, h, bound)) is not None}
        bad = _without_value(e, facts)
        if len(cells) == 1 and bad is not None and facts.shows(inside, bad):
            found.add((cells.pop(), under))
    limits = limits_of(e)
    if limits is not None and not isinstance(e, ProductOver):
        span = (limits[1], limits[2])
        try:
            inner = facts.under(e)
        except SideConditionError:  # its index means something else around it, so nothing is known inside
            return
        _breaks(e.args[0], h, inner, {**bound, limits[0]: span}, under | {span}, found)
    elif limits is None and not is_leaf(e):
        for a in e.args:
            _breaks(a, h, facts, bound, under, found)


def _without_value(e: Basic, facts: Facts) -> Domain | None:
    """The numbers of which a logarithm or a power has no value."""
    if isinstance(e, log):
        return NOT_POSITIVE
    known = facts.domain_of(e.exp)
    exponent = None if known is None else known.claim.domain
    if exponent is None or exponent.low != exponent.high:
        return None
    if exponent.low.denominator == 1:
        return Domain(Fraction(0), Fraction(0), True, True) if exponent.low < 0 else None
    return NOT_POSITIVE if exponent.low < 0 else NEGATIVE


def _cell(e: Basic, h: Declared, bound: dict[Symbol, Read]) -> Read | None:
    """Which of the elements of which something is declared a part is."""
    if not isinstance(e, (Symbol, Indexed, Opaque)):
        return None
    values = match(h.term, e, {r.index for r in h.ranges})
    return None if values is None else (h.term, *(bound.get(v, (v,)) for v in values.values()))


def _steps_with(claim: Claim, hypotheses: tuple[Hypothesis, ...], parameters: tuple[Expr, ...]) -> bool:
    """Whether the kernel takes the same step under other hypotheses; a cited theorem is proved under them too."""
    step, rule = claim.step, claim.step.rule
    facts = Facts(hypotheses, parameters)
    try:
        if isinstance(rule, Cite):
            kept = tuple(g for g in rule.derivation.hypotheses if g != claim.lost)
            said = (*kept, *(g for g in hypotheses if g not in claim.hypotheses))
            proving = Facts(said, rule.derivation.parameters)
            steps = tuple(apply(s.rule, s.places, s.before, proving) for s in rule.derivation)
            rule = replace(rule, derivation=replace(rule.derivation, hypotheses=said, steps=steps))
        return apply(rule, step.places, step.before, facts).after == step.after
    except LossproofError:
        return False


def _bounds_only(sides: list[Basic], claim: Claim, h: Declared) -> bool:
    """Whether a size says only how far indices from 1 go, so that all but its whole part does not matter.

    A size that is declared positive must not be 0, which the range of a free index has to say.  A
    matrix whose size is no count has no value, so a size may be that of a matrix on both sides.
    """
    if h.domain != COUNT and not any(isinstance(g, Ranged) and g.over.high == h.term for g in claim.hypotheses):
        return False
    others = [g for g in claim.hypotheses if g != claim.weaker and not isinstance(g, DeclaredMatrix)]
    said = [e for g in others for e in terms_of(g)]
    ranges = [r for g in claim.hypotheses for r in ranges_of(g)]
    if any(r.high == h.term and r.low != ONE for r in ranges) or any(h.term in free(r.low) for r in ranges):
        return False
    of_matrices = [h.term in frozenset().union(*(free(m) for m in walk(e) if _has_size(m))) for e in sides]
    return all(_only_a_bound(e, h.term) for e in (*sides, *said)) and len(set(of_matrices)) == 1


def _has_size(e: Basic) -> bool:
    return isinstance(e, (Matrix, Column, OpaqueColumn, IdentityMatrix))


def _only_a_bound(e: Basic, size: Symbol) -> bool:
    if _has_size(e):
        return True
    limits = limits_of(e)
    if limits is not None:
        inside = all(_only_a_bound(a, size) for a in e.args if a is not limits)
        return inside and size not in free(limits[1]) and (limits[2] != size or limits[1] == ONE)
    return e != size and (is_leaf(e) or all(_only_a_bound(a, size) for a in e.args))


def reads(
    e: Basic, term: Expr, hypotheses: tuple[Hypothesis, ...], *, as_variable: bool = True
) -> frozenset[tuple[Read, frozenset[Read]]] | None:
    """Which elements of a term's array an expression needs, and the ranges that must not be empty for that.

    What is read where a label is 1 and where it is 0 is read, if there is no third label.  Whether a
    derivative reads the variable that it is taken in is for the caller to say.

    None where an expression may have a value although an element that it speaks of has none.
    """
    if not isinstance(term, (Symbol, Indexed, Opaque)):
        return None
    found: Reads = set()
    name = term.head if isinstance(term, Opaque) else symbol_of(term)
    if not _read(e, name, {}, frozenset(), found, as_variable):
        return None
    binary = {h.term for h in hypotheses if isinstance(h, Declared) and h.domain == BINARY}
    for cell, under in tuple(found):
        for chosen in under:
            if len(chosen) == 4 and chosen[2] in binary and (cell, under ^ {chosen, _other(chosen)}) in found:
                found.add((cell, under - {chosen}))
    return _needed(found, hypotheses)


def _needed(found: Reads, hypotheses: tuple[Hypothesis, ...]) -> frozenset[tuple[Read, frozenset[Read]]]:
    """The same without ranges that are not empty, and without what is said twice."""
    labels = [h for h in hypotheses if isinstance(h, Labelled)]
    not_empty = {(h.over.low, h.over.high) for h in hypotheses if isinstance(h, Ranged)}
    not_empty |= {(h.low, h.high) for h in labels if not h.ranges}
    counts = (h for h in hypotheses if isinstance(h, Declared) and h.domain.within(POSITIVE_COUNT))
    not_empty |= {(ONE, h.term) for h in counts if not h.ranges}
    spans: dict[Basic, Read] = {h.over.index: (h.over.low, h.over.high) for h in hypotheses if isinstance(h, Ranged)}
    spans |= {h.term: (h.low, h.high) for h in labels if not h.ranges}
    every = {(cell, _without_labels(under, labels) - not_empty) for cell, under in found}
    for cell, under in tuple(every):
        if any(c != cell and u <= under and _covers(c, cell, spans) for c, u in every):
            every.discard((cell, under))
    return frozenset((cell, under) for cell, under in every if not any(c == cell and u < under for c, u in every))


def _without_labels(under: frozenset[Read], labels: list[Labelled]) -> frozenset[Read]:
    """The ranges that must not be empty, without those of labels of which there is one then."""
    labelled = {(h.low, h.high) for h in labels if all((r.low, r.high) in under for r in h.ranges)}
    return under - {span for span in labelled if span not in {(r.low, r.high) for h in labels for r in h.ranges}}


def _covers(wide: Read, cell: Read, spans: dict[Basic, Read]) -> bool:
    """Whether elements in a range include one, of which an index is any in that range."""
    return len(wide) == len(cell) and all(
        w == c or (isinstance(c, Basic) and w == spans.get(c)) for w, c in zip(wide, cell, strict=True)
    )


def _other(chosen: Read) -> Read:
    """The indices whose label is the other one."""
    return (*chosen[:3], ZERO if chosen[3] == ONE else ONE)


def _spanned(index: Expr, bound: dict[Symbol, Read]) -> Basic | Read:
    """An index with the range of what is bound in it."""
    if isinstance(index, Symbol):
        return bound.get(index, index)
    return (index, *(bound.get(s, s) for s in sorted(free(index), key=str)))


def _read(
    e: Basic, name: Symbol | Head, bound: dict[Symbol, Read], under: frozenset[Read], found: Reads, as_variable: bool
) -> bool:
    def inside(*parts: Basic, indices: dict[Symbol, Read] = bound, ranges: frozenset[Read] = under) -> bool:
        return all(_read(p, name, indices, ranges, found, as_variable) for p in parts)

    if e == name or (isinstance(e, IndexedBase) and e.label == name):
        found.add(((e,), under))
        return True
    if isinstance(e, Opaque) and e.head == name:
        found.add(((name, *(bound.get(s, s) for s in sorted(free(e), key=str))), under))
        return True
    if isinstance(e, Indexed) and e.base.label == name:
        found.add((tuple(_spanned(index, bound) for index in e.indices), under))
        return True
    if is_leaf(e):
        return True
    if slope_of(e) is not None:
        return inside(e.args[0]) and (not as_variable or inside(slope_of(e)))
    limits = limits_of(e)
    if limits is None:
        return inside(*e.args)
    index, low, high = limits
    if isinstance(e, ProductOver):
        if e.equation is None or name in free(Tuple(*e.equation)):
            return False
        chosen = under | {(low, high), (low, high, *e.equation)}
        return inside(low, high) and inside(e.args[0], indices={**bound, index: (low, high)}, ranges=chosen)
    return inside(low, high) and inside(e.args[0], indices={**bound, index: (low, high)}, ranges=under | {(low, high)})
