"""What the search for a likelihood finds: a base measure, a scale, and the proof that the total mass is constant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Expr, Integral

from lossproof.kernel.conditions import Hypothesis, symbols_of
from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import ONE, exp, free, inverse, mul, neg, walk
from lossproof.notation.nodes import Series
from lossproof.recovery.question import Question, label


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


def density_of(question: Question, finding: Finding) -> Expr:
    """``p(y | f) = h(y) exp(-c l(f, y)) / Z``, inert."""
    unnormalised = weight(question.loss, finding.scale, finding.base_measure)
    return unnormalised if finding.normaliser == ONE else mul(inverse(finding.normaliser), unnormalised)


def around(question: Question) -> tuple[Hypothesis, ...]:
    """What is known of the predictions and the constants, where the observation is summed or integrated over."""
    observed = label(question.y)
    return tuple(h for h in question.hypotheses if observed not in symbols_of(h))


def mentions_prediction(question: Question, e: Expr) -> bool:
    """Whether an expression depends on one of the predictions."""
    return bool(free(e) & {label(f) for f, _ in question.predictions})


def first(found: Iterable[Finding]) -> Finding | None:
    """The first that was found."""
    return next(iter(found), None)
