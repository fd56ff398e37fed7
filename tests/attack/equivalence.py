"""Whether a mutant is true: by proof, with the kernel's own rules, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sympy import Basic, Expr, Indexed, Integer, KroneckerDelta, Pow, Rational

from attack.mutations import at, put
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, SIGNS
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Identity
from lossproof.kernel.steps import Path, Place, _may_enter, apply
from lossproof.notation.inert import (
    ONE,
    ZERO,
    alpha_equal,
    free,
    is_leaf,
    limits_of,
    power,
    rebuild,
    slope_of,
    walk,
)
from lossproof.notation.matrices import MatrixTerm
from lossproof.notation.nodes import written_out
from lossproof.numeric.evaluate import Rationals, evaluate
from lossproof.rulebook import calculus, matrices, sums
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.direct import Direct
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA
from lossproof.strategies.chain import Chain

_RULES = (ALGEBRA, LAWS, MATRIX_ALGEBRA, ENTRY_BY_ENTRY)

_NOT = (calculus.POWER_LESS_ONE, calculus.DERIVATIVE_OF_PRODUCT)
#: What a person would work out before comparing: derivatives and gradients, sums of one term that is not 0.
_DERIVATIVES = (
    *(rule for rule in vars(calculus).values() if isinstance(rule, (Identity, Direct)) and rule not in _NOT),
    matrices.GRADIENT_WITHOUT_CONSTANT,
    *(rule for name, rule in vars(matrices).items() if name.startswith("GRADIENT") and isinstance(rule, Identity)),
)
_SUMS = (sums.SIFT, sums.SIFT_BEHIND, sums.CONSTANT_FACTOR_OUT_OF_SUM)


def proved_equal(true: Basic, other: Basic, derivation: Derivation) -> str | None:
    """How the kernel's rules prove two expressions equal under a derivation's hypotheses, or None."""
    if alpha_equal(true, other):
        return "the same up to the names of bound indices"
    return _rearranged(true, other, derivation.facts)


def proved_equal_by_all_means(
    true: Basic, other: Basic, derivation: Derivation, *, end: Basic | None = None
) -> str | None:
    """The same, with names written out, case by case, and after the derivatives in both were taken.

    Args:
        true: one expression.
        other: the other.
        derivation: whose hypotheses hold.
        end: what the derivation goes on to show the first to be equal to.
    """
    if end == ZERO and proved_equal(end, _with(other, true, end), derivation):
        return "both are shown to be 0"
    ours, theirs = written_out(true), written_out(other)
    how = proved_equal(ours, theirs, derivation)
    if how is not None:
        return f"by definition and {how}"
    for a, b in ((true, other), (ours, theirs)):
        if any(_in_every_case(path, a, part, derivation) for path, part in _differing(a, b)):
            return f"{LAWS.name}, in each of finitely many cases"
    for rules in (_DERIVATIVES, (*_DERIVATIVES, *_SUMS)):
        ours, theirs = (_worked_out(e, derivation, rules) for e in (true, other))
        if (ours, theirs) != (true, other):
            how = proved_equal(ours, theirs, derivation)
            cases = any(_in_every_case(path, ours, part, derivation) for path, part in _differing(ours, theirs))
            if how is not None or cases:
                return f"worked out, {how or LAWS.name}"
    return None


def _rearranged(a: Basic, b: Basic, facts: Facts) -> str | None:
    with_matrices = any(isinstance(p, MatrixTerm) for p in walk(a, b))
    for path, part in _differing(a, b):
        for rule in _RULES if with_matrices else _RULES[:2]:
            if _applies(rule, path, a, part, b, facts):
                return rule.name
    return None


def _worked_out(e: Basic, derivation: Derivation, rules: tuple[Identity | Direct, ...]) -> Basic:
    """The expression with its derivatives taken as far as the kernel grants that."""
    return Chain("", derivation.hypotheses, derivation.parameters, e).exhaust(*rules).here


def _in_every_case(path: Path, a: Basic, part: Expr, derivation: Derivation) -> bool:
    """Whether two parts are equal for each of the values of one term that has finitely many."""
    for term, values in _cases(at(a, path), derivation.hypotheses):
        every = []
        for value in values:
            ours, theirs = (_with(e, term, Integer(value)) for e in (at(a, path), part))
            every.append(alpha_equal(ours, theirs) or _proved(ours, theirs, path, a, derivation))
        if all(every):
            return True
    return False


def _proved(ours: Expr, theirs: Expr, path: Path, a: Basic, derivation: Derivation) -> bool:
    whole, other = put(a, path, ours), put(a, path, theirs)
    if _applies(LAWS, path, whole, theirs, other, derivation.facts):
        return True
    if not any(slope_of(p) is not None for p in walk(whole)):
        return False
    worked = [_worked_out(_with_plain_powers(e, derivation), derivation, _DERIVATIVES) for e in (whole, other)]
    return proved_equal(*worked, derivation) is not None


def _with_plain_powers(e: Basic, derivation: Derivation) -> Basic:
    """The expression in which the kernel was asked to write ``a^(1 - 0)`` as ``a`` and ``a^(1 - 1)`` as 1."""
    chain = Chain("", derivation.hypotheses, derivation.parameters, e)
    for part in [p for p in walk(e) if isinstance(p, Pow) and not free(p.exp)]:
        exponent = evaluate(part.exp, {}, Rationals())
        if exponent in (0, 1):
            whole = power(part.base, Integer(int(exponent)))
            with suppress(LossproofError):
                if not isinstance(part.exp, Rational):
                    chain.algebra(Integer(int(exponent)), at=lambda here, part=part: here == part.exp)
                chain.algebra(part.base if exponent else ONE, at=lambda here, whole=whole: here == whole)
    return chain.here


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
