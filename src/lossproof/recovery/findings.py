"""What the search for a likelihood finds: a base measure, a scale, and the proof that the total mass is constant."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Integral, Mul, Pow

from lossproof.kernel.conditions import Declared, Hypothesis, symbols_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE
from lossproof.kernel.facts import Facts
from lossproof.notation.inert import ONE, exp, free, inverse, mul, neg, walk
from lossproof.notation.nodes import Series
from lossproof.recovery.question import Question, domain_of, label
from lossproof.recovery.sets import Interval


@dataclass(frozen=True)
class Finding:
    """``h(y) exp(-c l(f, y))`` has the same total mass for every prediction.

    Attributes:
        scale: ``c > 0``.
        base_measure: ``h(y) > 0``.
        mass: the derivation, from the sum or integral over the target set to a value without the predictions.
    """

    scale: Expr
    base_measure: Expr
    mass: Derivation

    @property
    def normaliser(self) -> Expr:
        """``Z``: the total mass."""
        return self.mass.rhs

    @property
    def closed(self) -> bool:
        """Whether the total mass is written without an integral or an infinite sum."""
        return not any(isinstance(e, (Integral, Series)) for e in walk(self.normaliser))


def weight(loss: Expr, scale: Expr = ONE, base_measure: Expr = ONE) -> Expr:
    """``h(y) exp(-c l(f, y))``, without ones."""
    factor = exp(neg(loss if scale == ONE else mul(scale, loss)))
    return factor if base_measure == ONE else mul(base_measure, factor)


def normalised(loss: Expr, finding: Finding, mass: Expr) -> Expr:
    """``p(y | f) = h(y) exp(-c l(f, y)) / Z``, inert."""
    unnormalised = weight(loss, finding.scale, finding.base_measure)
    return unnormalised if mass == ONE else mul(_reciprocal(mass), unnormalised)


def _reciprocal(e: Expr) -> Expr:
    """``1 / e``; of a fraction, turned over."""
    if isinstance(e, Pow) and e.exp == -1:
        return e.base
    if isinstance(e, Mul) and len(e.args) == 2 and isinstance(e.args[1], Pow) and e.args[1].exp == -1:
        return mul(e.args[1].base, inverse(e.args[0]))
    return inverse(e)


def around(question: Question) -> tuple[Hypothesis, ...]:
    """What is known of the predictions and the constants, where the observation is summed or integrated over."""
    observed = label(question.y)
    return tuple(h for h in question.hypotheses if observed not in symbols_of(h))


def is_positive(question: Question, finding: Finding) -> bool:
    """Whether the scale is shown to be positive, and so is the base measure at almost every observation.

    The total mass says nothing of that: ``h(y) = (-1)^y`` has the total ``1 / (1 + x)`` against ``x^y``.
    """
    target, known = question.target, around(question)
    observed = question.hypotheses
    if isinstance(target, Interval):  # an end has no mass
        inside = replace(domain_of(target), low_closed=False, high_closed=False)
        observed = (*known, Declared(question.y, inside))
    return Facts(known).shows(finding.scale, POSITIVE) and Facts(observed).shows(finding.base_measure, POSITIVE)


def mentions_prediction(question: Question, e: Expr) -> bool:
    """Whether an expression depends on one of the predictions."""
    return bool(free(e) & {label(f) for f, _ in question.predictions})
