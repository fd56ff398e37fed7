"""Whether a mutant is true because of what the derivation cites: a sum that is 0 takes its factors with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from sympy import Basic, Expr, Mul, Sum

from attack.equivalence import _differing, proved_equal
from attack.mutations import at
from lossproof.errors import LossproofError
from lossproof.kernel.derivation import Cite, Derivation
from lossproof.kernel.relations import EQUAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import add, mul, sub
from lossproof.notation.nodes import Name
from lossproof.rulebook.sums import CONSTANT_FACTOR_OUT_OF_SUM, SUM_OF_TERMS
from lossproof.strategies.chain import Chain


def proved_equal_by_theorems(derivation: Derivation, number: int, other: Basic) -> str | None:
    """How the theorems that a derivation cites after a step show that it might as well have reached something else."""
    if not any(isinstance(s.rule, Cite) for s in derivation.steps[number:]):
        return None
    if _goes_the_same_way(derivation, number, other):
        return "going on as the derivation does, with the theorems that it cites"
    true = derivation.steps[number - 1].after
    if _moved_by_a_constant(true, other, derivation):
        return "moved by a constant times a sum that a cited theorem shows to be 0"
    return None


def _goes_the_same_way(derivation: Derivation, number: int, other: Basic) -> bool:
    """Whether the steps that follow lead from something else to what they lead to, as far as they fit."""
    chain = _chain(derivation, other)
    for step in derivation.steps[number:]:
        if step.relation != EQUAL:
            return False
        if isinstance(step.rule, Identity):
            with suppress(LossproofError):
                chain.rewrite(step.rule)
        elif isinstance(step.rule, Cite):
            with suppress(LossproofError):
                chain.cite(step.rule.derivation, reverse=step.rule.reverse)
            if _equal_at_the_end(step.after, chain, derivation):
                return True
    return False


def _moved_by_a_constant(true: Basic, other: Basic, derivation: Derivation) -> bool:
    """Whether factors in a sum differ by a constant, and the sum of what they multiply is shown to be 0."""
    for whole, wrong in _without_names(true, other, derivation):
        for path, part in _differing(whole, wrong):
            body, changed = at(whole, path), part
            if not (isinstance(body, Sum) and isinstance(changed, Sum) and body.args[1] == changed.args[1]):
                continue
            for moved in _by_constants(body.args[0], changed.args[0]):
                chain = _chain(derivation, wrong)
                with suppress(LossproofError):
                    chain.algebra(moved, at=lambda here, before=changed.args[0]: here == before)
                    chain.rewrite(SUM_OF_TERMS, at=_sum_of(moved))
                    chain.rewrite(CONSTANT_FACTOR_OUT_OF_SUM, at=_sum_of(moved.args[1]))
                    _cite_all(chain, derivation)
                    there = _cite_all(_chain(derivation, whole), derivation)
                    if there.done().relation == EQUAL and _equal_at_the_end(there.here, chain, derivation):
                        return True
    return False


def _without_names(true: Basic, other: Basic, derivation: Derivation) -> Iterator[tuple[Basic, Basic]]:
    """Both, and both with a name written out whose body is what differs."""
    yield true, other
    for path, part in _differing(true, other):
        if isinstance(part, Name) and isinstance(at(true, path), Name):
            chains = [_chain(derivation, e) for e in (true, other)]
            with suppress(LossproofError):
                yield chains[0].unfold(at(true, path).definition).here, chains[1].unfold(part.definition).here


def _by_constants(body: Expr, changed: Expr) -> Iterator[Expr]:
    """Ways to write what a product was changed to as the product and a constant times its other factors."""
    if not (isinstance(body, Mul) and isinstance(changed, Mul) and len(body.args) == len(changed.args)):
        return
    differ = [k for k, (p, q) in enumerate(zip(body.args, changed.args, strict=True)) if p != q]
    if len(differ) != 1:
        return
    rest = [a for k, a in enumerate(body.args) if k != differ[0]]
    for path, theirs in _differing(body.args[differ[0]], changed.args[differ[0]]):
        ours = at(body.args[differ[0]], path)
        for constant in (sub(ours, theirs), sub(theirs, ours)):
            yield add(body, mul(constant, *rest))


def _equal_at_the_end(true: Basic, chain: Chain, derivation: Derivation) -> bool:
    return chain.done().relation == EQUAL and proved_equal(true, chain.here, derivation) is not None


def _sum_of(body: Expr) -> Callable[[Expr], bool]:
    return lambda here: isinstance(here, Sum) and here.args[0] == body


def _cite_all(chain: Chain, derivation: Derivation) -> Chain:
    for step in derivation:
        if isinstance(step.rule, Cite):
            with suppress(LossproofError):
                chain.cite(step.rule.derivation, reverse=step.rule.reverse)
    return chain


def _chain(derivation: Derivation, start: Basic) -> Chain:
    return Chain("", derivation.hypotheses, derivation.parameters, start)
