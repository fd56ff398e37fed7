"""Everything that is tried to make the kernel grant a claim.

For each claim: every rule of the rulebook whose pattern fits either side, at the whole and at the
part where the two sides differ, in both directions; the normal forms; both sides worked out as far
as the rules go and then compared; a constant or a factor made of the difference or the quotient of
the two sides; the rules and strategies that the claim itself names.  Whatever is granted is compared
with the claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from sympy import Basic, Expr

from attack.claims import Claim, Use
from lossproof.errors import LossproofError, ReplayError, SideConditionError
from lossproof.kernel.derivation import Derivation, Theorem
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import ARGUMENT, EQUAL, Kind, Relation
from lossproof.kernel.rules import Identity, Rule
from lossproof.kernel.schema import Abstraction, Value
from lossproof.kernel.steps import Path, Place, Step, apply
from lossproof.notation.inert import MINUS_ONE, add, alpha_equal, inverse, is_leaf, limits_of, log, mul, neg, sub
from lossproof.notation.matrices import MatrixTerm
from lossproof.rulebook import SHIPPED, calculus, logarithms, optima, sigmoids, sums
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.direct import Direct
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA
from lossproof.strategies.chain import Chain
from lossproof.strategies.matching import _match, find

IDENTITIES = [rule for rule in SHIPPED.values() if isinstance(rule, Identity)]
DIRECT = [rule for rule in SHIPPED.values() if isinstance(rule, Direct)]
NORMAL_FORMS: tuple[Rule, ...] = (ALGEBRA, LAWS, MATRIX_ALGEBRA, ENTRY_BY_ENTRY)

#: What a person would do to an expression before comparing; every rule here ends.
WORKING_OUT = (
    *(logarithms.LOG_OF_PRODUCT, logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_EXP, logarithms.LOG_OF_INVERSE),
    *(logarithms.LOG_OF_POWER, logarithms.EXP_OF_LOG, logarithms.EXP_OF_SUM, logarithms.EXP_OF_TERMS),
    *(sigmoids.LOG_OF_SIGMOID, sigmoids.LOG_OF_SIGMOID_COMPLEMENT, sigmoids.COMPLEMENT_OF_SIGMOID, sigmoids.SIGMOID),
    sigmoids.SOFTPLUS,
    *(sums.SUM_OF_TERMS, sums.CONSTANT_FACTOR_OUT_OF_SUM, sums.CONSTANT_OUT_OF_SUM, sums.SUM_OF_CONSTANT),
    *(sums.SIFT, sums.SIFT_BEHIND, sums.MERGE_PRODUCTS, sums.WRITTEN_OUT),
    *(
        rule
        for rule in vars(calculus).values()
        if isinstance(rule, (Identity, Direct)) and rule is not calculus.POWER_LESS_ONE
    ),
)


class Refusal(Enum):
    """Why an attempt came to nothing."""

    CONDITION = "a side condition was not shown"
    FORM = "the rule does not fit"
    OTHER = "what is granted says something else"


@dataclass(frozen=True)
class Tried:
    """An attempt and how it was refused; `refusal` is None if the claim was granted."""

    how: str
    refusal: Refusal | None
    why: str = ""


def attempts(claim: Claim) -> Iterator[Tried]:
    """All attempts on a claim, each refused or, if there is a hole, granted."""
    facts = Facts(claim.hypotheses, claim.over)
    for use in claim.tempted_by:
        yield _named(claim, use, facts)
    for trial in claim.tried:
        yield _strategy(claim, trial)
    if claim.kind is Kind.EQUAL:
        yield from _everything(claim, claim.left, claim.right, facts)
        yield from _everything(claim, claim.right, claim.left, facts)
        yield _worked_out(claim)
    else:
        yield from _optima(claim, facts)


# ------------------------------------------------------------------ one rule


def _named(claim: Claim, use: Use, facts: Facts) -> Tried:
    """A rule that the claim itself names, at the place it names."""
    left, right = _at(claim.left, use.path), claim.right
    if use.path:
        right = _at(right, use.path) if _exists(right, use.path) else right
    given = dict(use.given)
    if isinstance(use.rule, Identity):
        given = _values(use.rule, left, right, given) or given
    elif not isinstance(use.rule, Direct):
        given.setdefault("to", right)
    return one_step(claim, use.rule, use.path, given, claim.left, claim.right, facts)


def steps_by(rule: Identity, claim: Claim) -> Iterator[tuple[Path, dict[str, Value], Basic, Basic]]:
    """Every place where a pattern fits, with the values for it, and the two sides in the direction in which it does."""
    for use in claim.tempted_by:
        if use.rule.name == rule.name and use.given:
            given = dict(use.given)
            yield use.path, _values(rule, claim.left, claim.right, given) or given, claim.left, claim.right
    directions = [(claim.left, claim.right)]
    if claim.kind is Kind.EQUAL:
        directions.append((claim.right, claim.left))
    for left, right in directions:
        for path, ours, theirs in _differing(left, right):
            values = _values(rule, ours, theirs, {})
            if values is not None:
                yield path, values, left, right


def _everything(claim: Claim, left: Basic, right: Basic, facts: Facts) -> Iterator[Tried]:
    """Every rule that fits where the two sides differ."""
    for path, ours, theirs in _differing(left, right):
        for rule in IDENTITIES:
            if rule.kind is Kind.EQUAL:
                values = _values(rule, ours, theirs, {})
                if values is not None:
                    yield one_step(claim, rule, path, values, left, right, facts)
        for direct in DIRECT:
            if isinstance(ours, Expr) and direct.fits(ours):
                yield one_step(claim, direct, path, {}, left, right, facts)
        for rule in NORMAL_FORMS:
            yield one_step(claim, rule, path, {"to": theirs}, left, right, facts)


def one_step(
    claim: Claim, rule: Rule, path: Path, given: Mapping[str, Value], left: Basic, right: Basic, facts: Facts
) -> Tried:
    """The claim in one step, put to replay as if it held; then, if the rule applies at all, with what it gives."""
    place = Place(path, tuple(sorted(given.items())))
    how = f"{rule.name} at {path}" if path else rule.name
    stated = Step(rule, (place,), left, right, _relation(claim))  # type: ignore[arg-type]
    try:
        theorem = _of_one(claim, stated).theorem
    except ReplayError as error:
        if error.__cause__ is not None:
            return _refused(how, error.__cause__)
    else:
        return Tried(how, None, str(theorem))
    step = apply(rule, (place,), left, facts)  # type: ignore[arg-type]
    return _judged(claim, how, _of_one(claim, step), left, right)


def _of_one(claim: Claim, step: Step) -> Derivation:
    return Derivation(claim.name, claim.hypotheses, claim.over, step.before, (step,))


def _refused(how: str, error: BaseException) -> Tried:
    """What an error says of an attempt; one that is not typed is a fault, and goes on."""
    if isinstance(error, SideConditionError):
        return Tried(how, Refusal.CONDITION, str(error))
    if isinstance(error, LossproofError):
        return Tried(how, Refusal.FORM, str(error))
    raise error


def _judged(claim: Claim, how: str, derivation: Derivation, left: Basic, right: Basic) -> Tried:
    try:
        theorem = derivation.theorem
    except LossproofError as error:
        return Tried(how, Refusal.FORM, str(error))
    if says(theorem, left, right, claim):
        return Tried(how, None, str(theorem))
    return Tried(how, Refusal.OTHER, str(theorem))


def says(theorem: Theorem, left: Basic, right: Basic, claim: Claim) -> bool:
    """Whether a theorem states the claim, or more."""
    relation = theorem.relation
    enough = relation.kind in (Kind.EQUAL, claim.kind) or claim.kind is Kind.SAME_OPTIMA
    return (
        enough
        and relation.reverses == claim.reverses
        and alpha_equal(theorem.left, left)
        and alpha_equal(theorem.right, right)
    )


def _relation(claim: Claim) -> Relation:
    """The relation claimed, with a map that would do if it were true."""
    if claim.kind is Kind.EQUAL:
        return EQUAL
    body = neg(ARGUMENT) if claim.reverses else ARGUMENT
    return Relation(claim.kind, claim.over, claim.reverses, Abstraction((ARGUMENT,), body))


def _values(rule: Identity, left: Basic, right: Basic, given: dict[str, Value]) -> dict[str, Value] | None:
    """What the metavariables stand for, read off the left side and then off the right; None if that does not fit."""
    values = find(rule.left, left, given)  # type: ignore[arg-type]
    if values is None:
        return None
    more = dict(values)
    return more if _match(rule.right, right, more) else values


def _differing(left: Basic, right: Basic, path: Path = ()) -> Iterator[tuple[Path, Basic, Basic]]:
    """The whole, and every part that holds all that differs."""
    yield path, left, right
    if left.func is not right.func or is_leaf(left) or len(left.args) != len(right.args):
        return
    different = [k for k, (p, q) in enumerate(zip(left.args, right.args, strict=True)) if p != q]
    if len(different) == 1 and (limits_of(left) is None or different == [0]):
        ours, theirs = left.args[different[0]], right.args[different[0]]
        if all(isinstance(e, (Expr, MatrixTerm)) for e in (ours, theirs)):
            yield from _differing(ours, theirs, (*path, different[0]))


def _exists(e: Basic, path: Path) -> bool:
    for position in path:
        if position >= len(e.args):
            return False
        e = e.args[position]
    return True


def _at(e: Basic, path: Path) -> Basic:
    for position in path:
        e = e.args[position]
    return e


# ------------------------------------------------------------------ several steps


def _strategy(claim: Claim, trial: object) -> Tried:
    """What a strategy makes of it: a typed error, or a derivation that may say something else."""
    how = f"strategy {getattr(trial, '__name__', trial)}"
    try:
        derivation = trial()  # type: ignore[operator]
        theorem = derivation.theorem
    except LossproofError as error:
        return _refused(how, error)
    granted = says(theorem, claim.left, claim.right, claim)
    return Tried(how, None if granted else Refusal.OTHER, str(theorem))


def _worked_out(claim: Claim) -> Tried:
    """Both sides worked out as far as the rules go, then compared by the strongest normal form."""
    how = "both sides worked out"
    ends = []
    for side in (claim.left, claim.right):
        chain = Chain(claim.name, claim.hypotheses, claim.over, side)  # type: ignore[arg-type]
        ends.append(chain.exhaust(*WORKING_OUT).done())
    first, second = ends
    if alpha_equal(first.rhs, second.rhs) and first.theorem and second.theorem:
        return Tried(how, None, f"{first.theorem}; {second.theorem}")
    refused = None
    for rule in (LAWS, MATRIX_ALGEBRA):
        chain = Chain(claim.name, claim.hypotheses, claim.over, first.rhs)
        try:
            step = chain._rearrange(rule, second.rhs, None).done()
        except LossproofError as error:
            refused = refused or _refused(how, error)
        else:
            return Tried(how, None, f"{first.theorem}; {step.theorem}; {second.theorem}")
    assert refused is not None
    return refused


def _optima(claim: Claim, facts: Facts) -> Iterator[Tried]:
    """The rules of optima, and a constant or factor made of what the two sides differ by."""
    left, right = claim.left, claim.right
    for rule in IDENTITIES:
        if rule.kind is not Kind.EQUAL:
            values = _values(rule, left, right, {})
            if values is not None:
                yield one_step(claim, rule, (), values, left, right, facts)
    assert isinstance(left, Expr)
    assert isinstance(right, Expr)
    difference, quotient = sub(left, right), mul(right, inverse(left))
    for laws in (ALGEBRA, LAWS):
        yield _chained(claim, "the difference as a constant", [(laws, {"to": add(difference, right)})], True)
        yield _chained(claim, "the two as equal", [(laws, {"to": right})], False)
    quotients: list[tuple[Rule, dict[str, Value]]] = [(optima.SCALE_BY_POSITIVE, {"c": quotient, "a": left})]
    yield _chained(claim, "the quotient as a factor", quotients, True)
    if claim.kind is Kind.SAME_OPTIMA:
        yield _chained(claim, "minus the logarithm", [(optima.NEGATIVE_LOGARITHM, {"a": left})], True)
        twice = [(optima.NEGATIVE_LOGARITHM, {"a": left}), (optima.NEGATIVE_LOGARITHM, {"a": neg(log(left))})]
        yield _chained(claim, "minus the logarithm, twice", twice, True)
        minus = [(optima.SCALE_BY_POSITIVE, {"c": MINUS_ONE, "a": left})]
        yield _chained(claim, "a negative factor", minus, True)


def _chained(claim: Claim, how: str, steps: list[tuple[Rule, dict[str, Value]]], finish: bool) -> Tried:
    """Some steps on the whole, then what is constant dropped and the rest rearranged to the right side."""
    chain = Chain(claim.name, claim.hypotheses, claim.over, claim.left)  # type: ignore[arg-type]
    try:
        for rule, given in steps:
            chain._apply(rule, [((), given)])
        if finish and steps[-1][0] in (ALGEBRA, LAWS):
            given = dict(zip("ca", chain.here.args, strict=True))
            chain._apply(optima.DROP_CONSTANT_TERM, [((), given)])
        elif finish:
            chain.laws(claim.right)  # type: ignore[arg-type]
    except LossproofError as error:
        return _refused(how, error)
    return _judged(claim, how, chain.done(), claim.left, claim.right)
