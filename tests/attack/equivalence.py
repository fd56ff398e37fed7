"""Whether a mutant is true: by proof, with the kernel's own rules, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic, Derivative, Expr, Indexed, IndexedBase, Integer, KroneckerDelta, Symbol, Tuple

from attack.mutations import Claim, at, put, weaker_than
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, REAL, SIGNS
from lossproof.kernel.facts import Facts
from lossproof.kernel.steps import Path, Place, _may_enter, apply
from lossproof.notation.inert import ONE, ZERO, alpha_equal, free, is_leaf, limits_of, rebuild, symbol_of, walk
from lossproof.notation.nodes import ProductOver, written_out
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA

_RULES = (ALGEBRA, LAWS, MATRIX_ALGEBRA, ENTRY_BY_ENTRY)


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


# ------------------------------------------------------------------ without a declaration


def proved_without(claim: Claim, parameters: tuple[Expr, ...]) -> str | None:
    """Why a step holds as well when a hypothesis says less, or none at all; None if that is not shown.

    Where it holds when it says even less, the kernel proves it.  Where nothing is left of a declaration
    that a term is real, by cases: if the term has a value, that is real, and the step is the kernel's
    theorem; if it has none, neither side has one, since both read the same elements in the same ranges,
    and every node that is met on the way is undefined as soon as a part of it is.
    """
    h = claim.lost
    for less in weaker_than(claim.weaker) if claim.weaker is not None else ():
        hypotheses = tuple(less if g == claim.weaker else g for g in claim.hypotheses)
        try:
            if apply(claim.step.rule, claim.step.places, claim.step.before, Facts(hypotheses, parameters)).after == (
                claim.step.after
            ):
                return f"the same step replays with  {less}"
        except LossproofError:
            continue
    if not isinstance(h, Declared) or h.domain != REAL or claim.weaker is not None:
        return None
    sides = [reads(e, h.term, claim.hypotheses) for e in (claim.step.before, claim.step.after)]
    return "undefined on both sides alike" if None not in sides and sides[0] == sides[1] else None


Read = tuple[Basic, ...]


def reads(e: Basic, term: Expr, hypotheses: tuple[Hypothesis, ...]) -> frozenset[tuple[Read, frozenset[Read]]] | None:
    """Which elements of a term's array an expression needs, and the ranges that must not be empty for that.

    What is read where a label is 1 and where it is 0 is read, if there is no third label.

    None where an expression may have a value although an element that it speaks of has none.
    """
    if not isinstance(term, (Symbol, Indexed)):
        return None
    found: set[tuple[Read, frozenset[Read]]] = set()
    if not _read(written_out(e), symbol_of(term), {}, frozenset(), found):
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
    e: Basic, name: Symbol, bound: dict[Symbol, Read], under: frozenset[Read], found: set[tuple[Read, frozenset[Read]]]
) -> bool:
    if isinstance(e, Derivative) and name in free(e):
        return False
    if isinstance(e, ProductOver):
        if e.equation is None or name in free(Tuple(*e.equation)):
            return False
        index, *span = e.args[1]
        inside = under | {tuple(span), (*span, *e.equation)}
        return _read(e.args[0], name, {**bound, index: tuple(span)}, inside, found)
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
    limits = limits_of(e)
    if limits is None:
        return all(_read(a, name, bound, under, found) for a in e.args)
    span = (limits[1], limits[2])
    if name in free(limits[1]) | free(limits[2]):
        return False
    return all(_read(a, name, {**bound, limits[0]: span}, under | {span}, found) for a in e.args if a is not limits)
