"""A loss of the difference from a prediction that may be any real number, and whose mass is infinite.

Theorem.  Let ``l(f, y) = rho(y - f)``, or ``rho(y + f)``, for every real ``y`` and ``f``, where ``rho`` tends to a
level on one side of which it lies (`Divergence.limit`, where the argument is).  Then for no base measure
``h > 0`` and no scale ``c > 0`` is the total mass of ``h(y) exp(-c l(f, y))`` the same number for every ``f``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol

from lossproof.kernel.derivation import Derivation
from lossproof.notation.inert import neg, sub, substitute
from lossproof.notation.plain import written
from lossproof.recovery.findings import around
from lossproof.recovery.mass import Divergence
from lossproof.recovery.question import Question
from lossproof.recovery.refutation import NotRefuted
from lossproof.recovery.sets import REAL
from lossproof.recovery.vanishing import constants, proved
from lossproof.strategies.chain import Chain


@dataclass(frozen=True)
class LevelLocation:
    """A certificate of the theorem above; each one that exists has been checked.

    Attributes:
        question: what is asked.
        centre: the prediction, or minus the prediction.
        same: that the loss is ``rho`` of the difference, by the kernel; None if it is written so.
        divergence: that ``exp(-c rho)`` has an infinite mass, and that ``rho`` tends to a level.

    Raises:
        NotRefuted: if something does not fit.
    """

    question: Question
    centre: Expr
    same: Derivation | None
    divergence: Divergence

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Check everything, from nothing.

        Raises:
            NotRefuted: naming what fails.
        """
        q, found = self.question, self.divergence
        anywhere = [f for f, s in q.predictions if s == REAL and isinstance(f, Symbol)]
        if q.target != REAL or self.centre not in (*anywhere, *map(neg, anywhere)):
            raise NotRefuted("the observation and the centre must be any real numbers")
        others = {f for f, _ in q.predictions} - {self.centre, *self.centre.args}
        if others or found.scale is not None or found.hypotheses != around(q) or found.limit is None:
            raise NotRefuted("the mass must be infinite for every scale, and the loss tend to a level")
        wanted = written_about(found, self.question.y, self.centre)
        if self.same is None:
            if q.loss != wanted:
                raise NotRefuted(f"the loss is not written {written(wanted)}")
            return
        if (self.same.lhs, self.same.rhs) != (q.loss, wanted):
            raise NotRefuted(f"it is not shown that the loss is {written(wanted)}")
        proved(self.same, q.hypotheses, constants(q) | {q.y, *anywhere})

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""
        return self.divergence.lines()

    def to_json(self) -> dict[str, Any]:
        """Plain fields."""
        return self.divergence.to_json()


def written_about(found: Divergence, y: Symbol, centre: Expr) -> Expr:
    """``rho(y - centre)``."""
    return substitute(found.rho, {found.y: sub(y, centre)})


def level_location(question: Question, centre: Expr, found: Divergence) -> LevelLocation:
    """The certificate for a loss that the laws of algebra show to be ``rho(y - centre)``.

    Raises:
        LossproofError: if they do not, or something else does not fit.
    """
    wanted = written_about(found, question.y, centre)
    if wanted == question.loss:
        return LevelLocation(question, centre, None, found)
    chain = Chain("location", question.hypotheses, (), question.loss, "A loss of the difference from the prediction")
    return LevelLocation(question, centre, chain.laws(wanted).done(), found)
