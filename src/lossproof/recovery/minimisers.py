"""That two losses have the same minimisers.

**By one point.**  If ``A(f) - A(m) > 0`` for every ``f != m``, then ``m`` is the one minimiser; two losses with
the same ``m`` have the same minimisers.  Proved by the kernel: the two differences are positive, for ``f > m``
and for ``f < m``.

**By slopes.**

If ``dA/df = u(f) h(f)`` and ``dB/df = v(f) h(f)`` on an open interval, with ``u, v > 0`` and ``h``
strictly increasing or of one sign, then both losses fall where ``h < 0`` and rise where ``h > 0``
(mean value theorem): both have their minimum where ``h = 0``, or, if that is nowhere, neither has one.

Proved by the kernel: the slopes as these products, and that the first factors are positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from sympy import Derivative, Expr, Symbol, cancel, factor, together

from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE
from lossproof.kernel.facts import Facts
from lossproof.notation.inert import MINUS_ONE, ONE, add, derivative, exp, inverse, log, mul, neg, substitute, walk
from lossproof.notation.nodes import meaning
from lossproof.notation.plain import written
from lossproof.recovery.comparing import Case, Gap, Prover, plainly, reduced
from lossproof.recovery.functions import minus
from lossproof.rulebook import calculus
from lossproof.strategies.chain import Chain

_RULES = (
    calculus.DERIVATIVE_OF_VARIABLE,
    calculus.DERIVATIVE_OF_CONSTANT,
    calculus.DERIVATIVE_OF_TERMS,
    calculus.DERIVATIVE_OF_MULTIPLE,
    calculus.DERIVATIVE_OF_LINEAR_TERM,
    calculus.DERIVATIVE_OF_SQUARE,
    calculus.DERIVATIVE_OF_INVERSE,
    calculus.DERIVATIVE_OF_EXP,
    calculus.DERIVATIVE_OF_LOG,
    calculus.DERIVATIVE_OF_SOFTPLUS,
    calculus.DERIVATIVE_OF_SIGMOID,
    calculus.DERIVATIVE_OF_COSINE,
    calculus.DERIVATIVE_OF_POWER,
    calculus.PRODUCT_RULE,
)
_REFUSED = (RuleDoesNotApply, SideConditionError, UnsupportedExpression)


@dataclass(frozen=True)
class Turn:
    """What the slopes have the sign of: ``h``, strictly increasing in ``f`` or of one sign."""

    h: Expr
    says: str


def turns(f: Symbol, y: Expr, facts: Facts) -> Iterator[Turn]:
    """Where losses commonly have their minimum."""
    yield Turn(ONE, "both increase")
    yield Turn(MINUS_ONE, "both decrease")
    increasing = [f, exp(f), inverse(add(ONE, exp(neg(f))))]
    if facts.shows(f, POSITIVE):
        increasing += [log(f), neg(inverse(f))]
    for g in increasing:
        yield Turn(add(g, minus(y)), f"both fall where {written(g)} < {written(y)} and rise where it is more")
        if not isinstance(y, Symbol):
            continue
        for m in (exp(y), log(y), inverse(y)):
            if facts.domain_of(m) is not None and g is f:
                yield Turn(add(g, neg(m)), f"both fall where {written(g)} < {written(m)} and rise where it is more")


def strictly_least(e: Expr, f: Symbol, m: Expr, hypotheses: tuple[Hypothesis, ...], prover: Prover) -> tuple[Case, ...]:
    """Proofs that a loss is less at ``m`` than at every other prediction; none if they were not found."""
    gap = Gap.of(add(f, minus(m)))
    if gap is None:
        return ()
    excess = add(e, minus(substitute(e, {f: m})))
    found: list[Case] = []
    for side in (POSITIVE, -POSITIVE):
        cases = prover.member(excess, POSITIVE, (*hypotheses, Declared(gap.primitive, side)))
        if not cases:
            return ()
        found += cases
    return tuple(found)


def slope(e: Expr, f: Symbol, hypotheses: tuple[Hypothesis, ...]) -> Chain | None:
    """The derivative of a loss in the prediction, found; None if a rule is missing or a condition is not shown."""
    try:
        chain = Chain("slope", hypotheses, (), derivative(e, f), "The slope of a loss in the prediction")
        reduced(chain)
        chain.exhaust(*_RULES)
    except _REFUSED:
        return None
    return None if any(isinstance(p, Derivative) for p in walk(chain.here)) else chain


def as_product(e: Expr, f: Symbol, h: Expr, hypotheses: tuple[Hypothesis, ...]) -> tuple[Derivation, ...]:
    """Proofs that the slope of a loss is ``u h``, and that ``u`` is positive; none if they were not found."""
    found = slope(e, f, hypotheses)
    if found is None:
        return ()
    facts = Facts(hypotheses)
    for u in _factors(found.here, h):
        if not facts.shows(u, POSITIVE):
            continue
        chain = slope(e, f, hypotheses)
        assert chain is not None
        with suppress(*_REFUSED):
            chain.laws(mul(u, h))
            return chain.done(), Derivation("factor", hypotheses, (), u, (), "The factor is positive", POSITIVE)
    return ()


def _factors(value: Expr, h: Expr) -> Iterator[Expr]:
    """What is left of a slope when a factor is taken out, in forms whose sign may be seen."""
    if h is ONE:
        yield value
    with suppress(LossproofError, ArithmeticError, AttributeError, TypeError):
        ratio = meaning(value) / meaning(h)
        for form in (ratio, factor(cancel(together(ratio))), together(ratio), cancel(ratio)):
            yield plainly(form)
