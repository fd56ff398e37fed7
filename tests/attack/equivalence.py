"""Whether a mutant is true: by proof, with the kernel's own rules, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic, Expr, Indexed, IndexedBase, Integer, KroneckerDelta, Symbol, Tuple

from attack.mutations import Claim, at, put, weaker_than
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, DeclaredMatrix, Hypothesis, Ranged, ranges_of, terms_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, COUNT, REAL, SIGNS
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import EQUAL
from lossproof.kernel.rules import Identity
from lossproof.kernel.steps import Path, Place, _may_enter, apply
from lossproof.notation.inert import (
    ONE,
    ZERO,
    alpha_equal,
    free,
    is_leaf,
    limits_of,
    rebuild,
    slope_of,
    symbol_of,
    walk,
)
from lossproof.notation.matrices import Column, IdentityMatrix, Matrix, OpaqueColumn
from lossproof.notation.nodes import ProductOver, written_out
from lossproof.rulebook import calculus, matrices, sums
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.direct import Direct
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA
from lossproof.strategies.chain import Chain

_RULES = (ALGEBRA, LAWS, MATRIX_ALGEBRA, ENTRY_BY_ENTRY)

_NOT = (calculus.POWER_LESS_ONE, calculus.DERIVATIVE_OF_PRODUCT)
#: What a person would work out before comparing: derivatives and gradients, sums of one term that is not 0.
_WORKED_OUT = (
    *(rule for rule in vars(calculus).values() if isinstance(rule, (Identity, Direct)) and rule not in _NOT),
    matrices.GRADIENT_WITHOUT_CONSTANT,
    *(rule for name, rule in vars(matrices).items() if name.startswith("GRADIENT") and isinstance(rule, Identity)),
    *(sums.SIFT, sums.SIFT_BEHIND),
)


def proved_equal(true: Basic, other: Basic, derivation: Derivation) -> str | None:
    """How the kernel's rules prove two expressions equal under a derivation's hypotheses, or None."""
    if alpha_equal(true, other):
        return "the same up to the names of bound indices"
    facts = derivation.facts
    for a, b, how in ((true, other, ""), (written_out(true), written_out(other), "by definition and ")):
        if alpha_equal(a, b):
            return "by definition"
        for path, part in _differing(a, b):
            for rule in _RULES:
                if _applies(rule, path, a, part, b, facts):
                    return how + rule.name
            if _in_every_case(path, a, part, derivation):
                return f"{how}{LAWS.name}, in each of finitely many cases"
    return None


def proved_worked_out(true: Basic, other: Basic, derivation: Derivation) -> str | None:
    """The same after the derivatives in both were taken."""
    facts = derivation.facts
    ours, theirs = (_worked_out(e, derivation) for e in (true, other))
    worked = (ours, theirs) != (true, other)
    if worked and (alpha_equal(ours, theirs) or any(_applies(r, (), ours, theirs, theirs, facts) for r in _RULES)):
        return "working out both"
    return None


def _worked_out(e: Basic, derivation: Derivation) -> Basic:
    """The expression with its derivatives taken as far as the kernel grants that."""
    return Chain("", derivation.hypotheses, derivation.parameters, e).exhaust(*_WORKED_OUT).here


def _in_every_case(path: Path, a: Basic, part: Expr, derivation: Derivation) -> bool:
    """Whether two parts are equal for each of the values of one term that has finitely many."""
    for term, values in _cases(at(a, path), derivation.hypotheses):
        every = []
        for value in values:
            ours, theirs = (_with(e, term, Integer(value)) for e in (at(a, path), part))
            every.append(alpha_equal(ours, theirs) or _proved(ours, theirs, path, a, derivation.facts))
        if all(every):
            return True
    return False


def _proved(ours: Expr, theirs: Expr, path: Path, a: Basic, facts: Facts) -> bool:
    whole = put(a, path, ours)
    return _applies(LAWS, path, whole, theirs, put(a, path, theirs), facts)


def _cases(e: Basic, hypotheses: tuple[Hypothesis, ...]) -> Iterator[tuple[Expr, tuple[int, ...]]]:
    """The parts of an expression that take finitely many values, with these."""
    finite = {
        str(h.term.base): (0, 1) if h.domain == BINARY else (-1, 1)
        for h in hypotheses
        if isinstance(h, Declared) and h.domain in (BINARY, SIGNS) and isinstance(h.term, Indexed)
    }
    bound = {limits[0] for p in walk(e) if (limits := limits_of(p)) is not None}
    for part in dict.fromkeys(walk(e)):
        if free(part) & bound:
            continue
        if isinstance(part, Indexed) and str(part.base) in finite:
            yield part, finite[str(part.base)]
        elif isinstance(part, KroneckerDelta):
            yield part, (0, 1)


def _with(e: Basic, term: Expr, value: Expr) -> Expr:
    """The expression with a number for one of its parts."""
    return value if e == term else e if is_leaf(e) else rebuild(e, [_with(a, term, value) for a in e.args])


def _applies(rule: object, path: Path, a: Basic, part: Basic, b: Basic, facts: Facts) -> bool:
    try:
        return apply(rule, (Place(path, (("to", part),)),), a, facts).after == b
    except LossproofError:
        return False


def _differing(a: Basic, b: Basic) -> Iterator[tuple[Path, Expr]]:
    """The places at which one expression has to be changed to make it the other, the innermost first."""
    path: list[int] = []
    found = [((), b)]
    while not is_leaf(a) and type(a) is type(b) and len(a.args) == len(b.args):
        differ = [k for k, (p, q) in enumerate(zip(a.args, b.args, strict=True)) if p != q]
        if len(differ) != 1 or not _may_enter(a, differ[0]):
            break
        path.append(differ[0])
        a, b = a.args[differ[0]], b.args[differ[0]]
        found.append((tuple(path), b))
    yield from reversed(found)


# ------------------------------------------------------------------ with less than was declared


def proved_without(claim: Claim, parameters: tuple[Expr, ...]) -> str | None:
    """Why a step holds as well when a hypothesis says less, or nothing at all; None if that is not shown.

    *By definition*: both sides are the same once every name is written out.  *Less still*: the kernel
    takes the same step with a hypothesis that says even less.  *As a bound*: a size that occurs only as
    the last value of an index counts as the largest count below it, and for that the kernel proved it.
    *Undefined*: if the term has a value, that is real, and the kernel proved it; if it has none, neither
    side has one, since both read the same elements in the same ranges, and every node on the way is
    undefined as soon as a part of it is.
    """
    h, step = claim.lost, claim.step
    sides = [written_out(e) for e in (step.before, step.after)]
    if step.relation == EQUAL and alpha_equal(*sides):
        return "the same by definition, whatever is declared"
    for less in weaker_than(claim.weaker) if claim.weaker is not None else ():
        if _steps_with(claim, tuple(less if g == claim.weaker else g for g in claim.hypotheses), parameters):
            return f"the same step replays with  {less}"
    if not isinstance(h, Declared):
        return None
    is_bound = h.domain.within(COUNT) and isinstance(h.term, Symbol) and _bounds_only(sides, claim, h)
    if not is_bound and (h.domain != REAL or claim.weaker is not None):
        return None
    for as_variable in (True, False):
        needed = [reads(e, h.term, claim.hypotheses, as_variable=as_variable) for e in sides]
        if None in needed or needed[0] != needed[1]:
            return None
    return "a bound counts as the count below it" if is_bound else "undefined on both sides alike"


def _steps_with(claim: Claim, hypotheses: tuple[Hypothesis, ...], parameters: tuple[Expr, ...]) -> bool:
    """Whether the kernel takes the same step under other hypotheses."""
    step = claim.step
    try:
        return apply(step.rule, step.places, step.before, Facts(hypotheses, parameters)).after == step.after
    except LossproofError:
        return False


def _bounds_only(sides: list[Basic], claim: Claim, h: Declared) -> bool:
    """Whether a size says only how far indices from 1 go, so that all but its whole part does not matter.

    A size that is declared positive must not be 0, which the range of a free index has to say.  A
    matrix whose size is no count has no value, so a size may be that of a matrix on both sides.
    """
    if h.domain != COUNT and not any(isinstance(g, Ranged) and g.over.high == h.term for g in claim.hypotheses):
        return False
    said = [e for g in claim.hypotheses for e in terms_of(g) if not isinstance(g, DeclaredMatrix)]
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


Read = tuple[Basic, ...]
Reads = set[tuple[Read, frozenset[Read]]]


def reads(
    e: Basic, term: Expr, hypotheses: tuple[Hypothesis, ...], *, as_variable: bool = True
) -> frozenset[tuple[Read, frozenset[Read]]] | None:
    """Which elements of a term's array an expression needs, and the ranges that must not be empty for that.

    What is read where a label is 1 and where it is 0 is read, if there is no third label.  Whether a
    derivative reads the variable that it is taken in is for the caller to say.

    None where an expression may have a value although an element that it speaks of has none.
    """
    if not isinstance(term, (Symbol, Indexed)):
        return None
    found: Reads = set()
    if not _read(e, symbol_of(term), {}, frozenset(), found, as_variable):
        return None
    binary = {h.term for h in hypotheses if isinstance(h, Declared) and h.domain == BINARY}
    for cell, under in tuple(found):
        for chosen in under:
            if len(chosen) == 4 and chosen[2] in binary and (cell, under ^ {chosen, _other(chosen)}) in found:
                found.add((cell, under - {chosen}))
    return frozenset((cell, under) for cell, under in found if not any(c == cell and u < under for c, u in found))


def _other(chosen: Read) -> Read:
    """The indices whose label is the other one."""
    return (*chosen[:3], ZERO if chosen[3] == ONE else ONE)


def _read(
    e: Basic, name: Symbol, bound: dict[Symbol, Read], under: frozenset[Read], found: Reads, as_variable: bool
) -> bool:
    def inside(*parts: Basic, indices: dict[Symbol, Read] = bound, ranges: frozenset[Read] = under) -> bool:
        return all(_read(p, name, indices, ranges, found, as_variable) for p in parts)

    if e == name or (isinstance(e, IndexedBase) and e.label == name):
        found.add(((e,), under))
        return True
    if isinstance(e, Indexed) and e.base.label == name:
        if not all(isinstance(index, Symbol) for index in e.indices):
            return False
        found.add((tuple(bound.get(index, (index,)) for index in e.indices), under))
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
