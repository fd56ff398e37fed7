"""Whether a step still holds when a hypothesis says less: case by case, where no single rule covers them all.

==============  ====================================================================================
the same form   both sides are the same after what may be done whether or not there is a value: a
                factor that is not 0 in front of a derivative, the logarithm of factors that are not
                negative, or of which all but one are positive, the factorial as gamma function
by label        the same for each value of a binary label
no world        a size below 1 leaves a sum empty, and what is declared of that sum is not true of 0
piece by piece  on each piece of what is left of the larger set, the kernel takes the step, or
                neither side has a value
beyond          the same of an element beyond those of which something is declared
==============  ====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import prod

from sympy import Basic, Derivative, Expr, Indexed, Integer, Mul, Pow, Product, Rational, Sum, Symbol, factorial, log
from sympy import gamma as gamma_function

from attack.equivalence import _cases, _differing, _rearranged, _with, _with_plain_powers
from attack.mutations import Claim, at, put
from attack.with_less import NEGATIVE, _alike, _regions, _steps_with, _without_value
from lossproof.errors import LossproofError, SideConditionError
from lossproof.kernel.conditions import Declared, Hypothesis, Ranged, ranges_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import COUNT, NONNEGATIVE, NONZERO, POSITIVE, REAL, Domain, point
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import EQUAL
from lossproof.kernel.steps import Place, apply
from lossproof.notation.inert import (
    ONE,
    ZERO,
    add,
    alpha_equal,
    build,
    free,
    is_leaf,
    limits_of,
    mul,
    rebuild,
    slope_of,
    walk,
)
from lossproof.notation.nodes import ProductOver, written_out
from lossproof.rulebook.algebra import LAWS


def proved_by_cases(claim: Claim, parameters: tuple[Expr, ...]) -> str | None:
    """Why a step holds as well when a hypothesis says less, or nothing at all; None if that is not shown."""
    if _excluded_below_one(claim, parameters):
        return "a size below 1 leaves the sum empty of which more is declared, and above the same step replays"
    if claim.step.relation != EQUAL:
        return None
    sides = (claim.step.before, claim.step.after)
    facts = Facts(claim.hypotheses, parameters)
    if _same_form(*sides, facts) or _same_form(*map(written_out, sides), facts):
        return "the same, whether or not there is a value"
    h = claim.lost
    if isinstance(h, Ranged):
        return _beyond(claim, h, parameters)
    if not isinstance(h, Declared):
        return None
    if claim.weaker is None and _alike(claim, h.term, [written_out(e) for e in sides]) and _by_label(claim, parameters):
        return "the same for each label, and undefined on both sides alike"
    if isinstance(h.term, Symbol) and _piece_by_piece(claim, h, parameters):
        return "piece by piece: the same step replays, or neither side has a value"
    return None


# ------------------------------------------------------------------ what may be done in any case


def _same_form(a: Basic, b: Basic, facts: Facts) -> bool:
    return alpha_equal(_form(a, facts), _form(b, facts))


def _form(e: Basic, facts: Facts) -> Basic:
    """The expression after rewriting by equations whose sides always have the same value, or neither has one."""
    if is_leaf(e):
        return e
    inside = facts
    if limits_of(e) is not None:
        try:
            inside = facts.under(e)
        except SideConditionError:  # its index means something else around it
            return e
    if slope_of(e) is None:  # what holds where something is declared need not hold around it
        e = rebuild(e, [_form(a, inside) for a in e.args])
    if isinstance(e, factorial):
        return build(gamma_function, (add(e.args[0], ONE),))
    if isinstance(e, Derivative) and isinstance(e.args[0], Mul):
        return _factors_in_front(e, facts)
    if isinstance(e, log) and isinstance(e.args[0], Mul) and _may_be_split(e.args[0], facts):
        return add(*(build(log, (a,)) for a in e.args[0].args))
    if isinstance(e, log) and type(e.args[0]) is Product:
        return _sum_of_logarithms(e, facts)
    return e


def _factors_in_front(e: Derivative, facts: Facts) -> Basic:
    """``(c f)'`` as ``c f'``: if ``c`` is a number other than 0, ``f`` has a slope just where ``c f`` has one."""
    body, variable = e.args[0], e.args[1][0]
    constant = [a for a in body.args if not free(a) & free(variable) and facts.shows(a, NONZERO)]
    if not constant:
        return e
    rest = [a for a in body.args if a not in constant]
    inner = rebuild(e, [mul(*rest) if len(rest) > 1 else rest[0] if rest else ONE, *e.args[1:]])
    return mul(*constant, inner)


def _may_be_split(e: Mul, facts: Facts) -> bool:
    """Whether the logarithm of a product is the sum of theirs, as far as there are logarithms at all."""
    others = [a for a in e.args if not facts.shows(a, POSITIVE)]
    return len(others) <= 1 or all(facts.shows(a, NONNEGATIVE) for a in others)


def _sum_of_logarithms(e: log, facts: Facts) -> Basic:
    """The logarithm of a product over an index, none of whose factors is negative."""
    body, limits = e.args[0].args
    try:
        inside = facts.under(e.args[0])
    except SideConditionError:
        return e
    return _form(build(Sum, (build(log, (body,)), limits)), facts) if inside.shows(body, NONNEGATIVE) else e


def _by_label(claim: Claim, parameters: tuple[Expr, ...]) -> bool:
    """Whether the sides have the same form for each value of one label, if the term is any real number."""
    hypotheses = (*claim.hypotheses, replace(claim.lost, domain=REAL))
    derivation = Derivation("", hypotheses, parameters, claim.step.before)
    for path, part in _differing(claim.step.before, claim.step.after):
        for label, values in _cases(at(claim.step.before, path), hypotheses):
            pairs = [[_with(e, label, Integer(v)) for e in (at(claim.step.before, path), part)] for v in values]
            wholes = [[_with_plain_powers(put(claim.step.before, path, e), derivation) for e in p] for p in pairs]
            if all(_same_form(*whole, derivation.facts) for whole in wholes):
                return True
    return False


# ------------------------------------------------------------------ sizes


def _excluded_below_one(claim: Claim, parameters: tuple[Expr, ...]) -> bool:
    """Whether a size of which less is said is at least 1 because of what is declared of a sum, and that is enough."""
    h = claim.lost
    if not (isinstance(h, Declared) and isinstance(h.term, Symbol) and h.domain.within(COUNT) and h.domain.low == 1):
        return False
    facts = Facts(claim.hypotheses, parameters)
    for g in claim.hypotheses:
        if isinstance(g, Declared) and not g.ranges and not isinstance(g.term, (Symbol, Indexed)):
            term = written_out(g.term)
            known = facts.domain_of(_emptied(term, h.term)) if h.term in free(term) else None
            if known is not None and _is_empty(known.claim.domain.meet(g.domain)):
                break
    else:
        return False
    rest = tuple(g for g in claim.hypotheses if g != claim.weaker)
    integers = claim.weaker is not None and claim.weaker.domain.integer
    return integers or _steps_with(claim, (*rest, replace(h, domain=POSITIVE)), parameters)


def _emptied(e: Basic, size: Symbol) -> Basic:
    """The expression with 0 for every sum from 1 to a size, and 1 for every product."""
    if is_leaf(e):
        return e
    if isinstance(e, (Sum, Product)) and tuple(e.args[1][1:]) == (ONE, size):
        return ZERO if isinstance(e, Sum) else ONE
    return rebuild(e, [_emptied(a, size) for a in e.args])


def _is_empty(domain: Domain) -> bool:
    at_one_point = domain.low == domain.high and not (domain.low_closed and domain.high_closed)
    return domain.low > domain.high or at_one_point or (domain.low == domain.high == 0 and domain.nonzero)


# ------------------------------------------------------------------ pieces


def _piece_by_piece(claim: Claim, h: Declared, parameters: tuple[Expr, ...]) -> bool:
    """Whether on each piece of what was added the kernel takes the step, or neither side has a value."""
    bound = REAL if claim.weaker is None else claim.weaker.domain
    rest = tuple(g for g in claim.hypotheses if g != claim.weaker)
    sides = [written_out(e) for e in (claim.step.before, claim.step.after)]
    pieces = [p for region in _regions(h.domain, bound) for p in _split(region.meet(bound))]
    if not pieces or (claim.weaker is None and not _alike(claim, h.term, sides)):
        return False
    return all(
        _steps_with(claim, (*rest, replace(h, domain=p)), parameters)
        or all(_has_no_value(e, replace(h, domain=p), rest, parameters) for e in sides)
        for p in pieces
    )


def _split(region: Domain) -> Iterator[Domain]:
    """Points and open intervals that make up a set; sets of integers stay whole."""
    if region.integer:
        yield region
        return
    cuts = sorted({e for e in (region.low, region.high, Fraction(0)) if abs(e) != float("inf")})
    ends = [-float("inf"), *cuts, float("inf")]
    yield from (point(c) for c in cuts if point(c).within(region))
    for low, high in pairwise(ends):
        between = Domain(low, high)
        if between.within(replace(region, nonzero=False)):
            yield between


def _has_no_value(e: Basic, h: Declared, rest: tuple[Hypothesis, ...], parameters: tuple[Expr, ...]) -> bool:
    """Whether a part of an expression that is in no sum or product has no value where a term lies now."""
    if is_leaf(e) or limits_of(e) is not None or isinstance(e, ProductOver):
        return False
    facts = Facts((*rest, h), parameters)
    if isinstance(e, (log, Pow)):
        bad = _without_value(e, facts)
        if bad is not None and (
            facts.shows(e.args[0], bad)
            or (point(-1).within(bad) and _sign(e.args[0], facts) == -1)
            or (point(0).within(bad) and _is_zero(e.args[0], h, rest))
        ):
            return True
    if isinstance(e, Derivative) and e.args[1][0] == h.term and h.domain.low == h.domain.high:
        # a function without values as near as one likes has no slope
        sides = (Domain(low=h.domain.low), Domain(high=h.domain.low))
        if any(_has_no_value(e.args[0], replace(h, domain=side), rest, parameters) for side in sides):
            return True
    return any(_has_no_value(a, h, rest, parameters) for a in e.args)


def _sign(e: Basic, facts: Facts) -> int | None:
    """Whether a product is certainly positive or negative where it has a value, odd powers of its factors included."""
    if isinstance(e, Mul):
        signs = [_sign(a, facts) for a in e.args]
        return None if None in signs else prod(signs)
    if isinstance(e, Pow) and isinstance(e.exp, Integer) and e.exp % 2:
        return _sign(e.base, facts)
    return 1 if facts.shows(e, POSITIVE) else -1 if facts.shows(e, NEGATIVE) else None


def _is_zero(e: Basic, h: Declared, rest: tuple[Hypothesis, ...]) -> bool:
    """Whether an expression is 0 at the only value that a term has."""
    if h.domain.low != h.domain.high or any(isinstance(p, Derivative) for p in walk(e)):
        return False
    value = Fraction(h.domain.low)
    here = _with(e, h.term, Rational(value.numerator, value.denominator))
    try:
        return apply(LAWS, (Place((), (("to", ZERO),)),), here, Facts(rest, ())).after == ZERO
    except LossproofError:
        return False


# ------------------------------------------------------------------ beyond the declared elements


def _beyond(claim: Claim, h: Ranged, parameters: tuple[Expr, ...]) -> str | None:
    """For an index of which less is said: as far as there is an element it may be any number."""
    over = h.over
    wide = replace(over, low=Symbol("bottom", integer=True), high=Symbol("top", integer=True))
    rest = tuple(g for g in claim.hypotheses if g != claim.weaker)
    sides = [written_out(e) for e in (claim.step.before, claim.step.after)]
    longer = []
    for g in rest:
        as_far = [r for r in ranges_of(g) if (r.low, r.high) == (over.low, over.high)]
        if isinstance(g, Declared) and isinstance(g.term, Indexed) and as_far:
            ranges = tuple(replace(r, low=wide.low, high=wide.high) if r in as_far else r for r in g.ranges)
            longer.append(replace(g, domain=REAL, ranges=ranges))  # beyond, nothing else is said
    if not longer or not all(_alike(claim, g.term, sides) for g in longer):
        return None
    known = (*rest, Ranged(wide))
    facts = Facts((*known, *longer), parameters)
    if _same_form(*sides, facts):
        return "the index may go on: the same, whether or not there is a value"
    whole, marks = _with_marks(sides)
    if marks and _rearranged(*whole, Facts((*known, *longer, *marks), parameters)):
        return "the index may go on: the same for any value of the gamma functions"
    if len(longer) == 1 and _term_is_at(longer[0].term, over.index, sides):
        pieces = list(_split(REAL))
        if all(_rearranged_or_none(sides, replace(longer[0], domain=p), known, parameters) for p in pieces):
            return "the index may go on: piece by piece, the same or without a value on both sides"
    return None


def _term_is_at(term: Indexed, index: Symbol, sides: list[Basic]) -> bool:
    """Whether all that is read of an array is its element at the index."""
    cells = {p for p in walk(*sides) if isinstance(p, Indexed) and p.base == term.base}
    return len(cells) == 1 and cells.pop().indices == (index,)


def _rearranged_or_none(
    sides: list[Basic], h: Declared, rest: tuple[Hypothesis, ...], parameters: tuple[Expr, ...]
) -> bool:
    if _rearranged(*sides, Facts((*rest, h), parameters)) is not None:
        return True
    return all(_has_no_value(e, h, rest, parameters) for e in sides)


def _with_marks(sides: list[Basic]) -> tuple[list[Basic], list[Declared]]:
    """Both sides with a letter for each gamma function and factorial in both, which is not 0 where it is defined."""
    marks: list[Declared] = []
    parts = [[p for p in walk(e) if isinstance(p, (gamma_function, factorial))] for e in sides]
    bound = {limits[0] for p in walk(*sides) if (limits := limits_of(p)) is not None}
    for part in dict.fromkeys(p for p in parts[0] if p in parts[1] and not free(p) & bound):
        letter = Symbol(f"mark_{len(marks)}", real=True)
        sides = [_with(e, part, letter) for e in sides]
        marks.append(Declared(letter, NONZERO))
    return sides, marks
