"""Certificates that no density is behind a loss that levels off far from the observation.

Let ``Z(f) = int h(y) exp(-c l(f, y)) dy`` with any ``h > 0`` and ``c > 0`` be finite and the same positive number for
all predictions, which have no bound on one side.  Let ``f_0`` be a prediction and ``K`` a number such that for almost
every ``y`` and every prediction ``f``

    l(f, y) >= l(f_0, y) - K,

and let ``m(y) > l(f_0, y)``, ``B(y)``, ``a(y) > 0``, ``b(y)`` and ``E(d, y) >= a d + b`` be such that for ``d > 0``

    l(y + d, y) >= m(y) - B(y) r   with   r = 1 / E   or   r = exp(-E)

(or the same with ``y - d``).  Then ``r -> 0`` as ``d -> oo``, so the limit inferior of ``l(f, y)`` as ``f -> oo`` is at
least ``m(y)``.  ``h exp(-c l(f, .))`` is at most ``exp(c K) h exp(-c l(f_0, .))``, which is integrable, so by Fatou's
lemma (Rudin 1987, Real and Complex Analysis, 1.28) the limit superior of ``Z(f)`` is at most ``int h exp(-c m)``,
which is less than ``Z(f_0)``: a contradiction.

What this module knows: how such a certificate is checked.  What it does not know: how one is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol

from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL, Domain
from lossproof.kernel.facts import Facts
from lossproof.notation.inert import ONE, add, exp, inverse, mul, neg, sub, substitute, symbols_in
from lossproof.notation.plain import written
from lossproof.recovery.question import Question, label, name
from lossproof.recovery.refutation import NotRefuted
from lossproof.recovery.sets import Counts, Interval
from lossproof.recovery.vanishing import (
    above,
    beyond,
    constants,
    difference,
    less,
    more,
    observed,
    only,
    plus,
    proved,
    times,
)


@dataclass(frozen=True)
class Levelling:
    """Far from every observation the loss is larger than it is at one prediction.

    Attributes:
        question: what is asked.
        d: the distance from the observation.
        upwards: whether the prediction is ``y + d``; else ``y - d``.
        start: ``f_0``.
        bound: ``K``.
        level: ``m(y)``.
        factor: ``B(y)``.
        grows: ``E(d, y)``.
        exponential: whether ``r`` is ``exp(-E)``; else ``1 / E``.
        rate: ``a(y)``.
        own: ``b(y)``.
        bounded: ``l(f, y) - l(f_0, y) + K >= 0``.
        near: ``l(y + d, y) - m + B r >= 0``.
        growing: ``E - (a d + b) >= 0``.
        higher: ``m - l(f_0, y) > 0``.

    Raises:
        NotRefuted: if the certificate does not show that there is no density.
    """

    question: Question
    d: Symbol
    upwards: bool
    start: Expr
    bound: Expr
    level: Expr
    factor: Expr
    grows: Expr
    exponential: bool
    rate: Expr
    own: Expr
    bounded: Derivation
    near: Derivation
    growing: Derivation
    higher: Derivation

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Check everything, from nothing.

        Raises:
            NotRefuted: naming what fails.
        """
        q, d = self.question, self.d
        lives_in = values_of(q)
        fixed, y, f = constants(q), label(q.y), label(q.f)
        if d != Symbol(d.name, real=True) or d.name in {t.name for t in {*symbols_in(q.loss), *fixed, y, f}}:
            raise NotRefuted(f"'{d}' is not a real variable of its own")
        for e in (self.start, self.bound):
            only(e, fixed)
        for e in (self.level, self.factor, self.rate, self.own):
            only(e, fixed | {y})
        only(self.grows, fixed | {y, d})
        apart, along, anywhere = (Facts(hypotheses) for hypotheses in settings(q, d))
        for facts, e, domain in (
            (apart, self.start, lives_in),
            (along, self.away, lives_in),
            (apart, self.rate, POSITIVE),
            *((apart, e, REAL) for e in (self.bound, self.level, self.factor, self.own)),
        ):
            if not facts.shows(e, domain):
                raise NotRefuted(f"{written(e)} is not shown to lie in {domain}")
        at_start = self.loss_at(self.start)
        remainder = mul(self.factor, exp(neg(self.grows)) if self.exponential else inverse(self.grows))
        for derivation, facts, start, claim in (
            (self.bounded, anywhere, above(q.loss, at_start, self.bound), NONNEGATIVE),
            (self.near, along, above(self.loss_at(self.away), self.level, remainder), NONNEGATIVE),
            (self.growing, along, beyond(self.grows, self.rate, d, self.own), NONNEGATIVE),
            (self.higher, apart, sub(self.level, at_start), POSITIVE),
        ):
            if derivation.start != start or derivation.claim != claim:
                raise NotRefuted(f"{written(start)} is not shown to lie in {claim}")
            proved(derivation, facts.hypotheses, fixed | {y, d, f})

    @property
    def away(self) -> Expr:
        """A prediction at a distance from the observation."""
        return add(self.question.y, self.d if self.upwards else neg(self.d))

    def loss_at(self, prediction: Expr) -> Expr:
        """The loss of a prediction."""
        return substitute(self.question.loss, {self.question.f: prediction})

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """The theorems that it rests on."""
        return self.bounded, self.near, self.growing, self.higher

    def lines(self) -> Iterator[str]:
        """The certificate in words, so that it can be checked by hand."""
        y, f = name(self.question.y), name(self.question.f)
        loss, start, away = f"l({f}, {y})", f"l({written(self.start)}, {y})", f"l({written(self.away)}, {y})"
        yield (
            f"the lower limit of {loss} as {f} -> {'' if self.upwards else '-'}oo is at least m = "
            f"{written(self.level)}, and {loss} >= {start}{less(self.bound)} everywhere; so the upper limit of Z({f}) "
            "is at most the total mass of h exp(-c m), by Fatou's lemma, whatever h and c are. But "
            f"m > {start}, so that this is less than Z({written(self.start)}). The bounds:"
        )
        yield difference(f"m - {start}", self.higher, " > 0")
        r = "exp(-E)" if self.exponential else "1/E"
        remainder = r if self.factor == ONE else f"B {r}, B = {written(self.factor)},"
        yield difference(f"with E = {written(self.grows)}: {away} - m + {remainder}", self.near)
        yield difference(written(sub(Symbol("E"), plus(times(self.rate, self.d), self.own))), self.growing)
        yield difference(f"{loss} - {start}{more(self.bound)}", self.bounded)

    def to_json(self) -> dict[str, Any]:
        """Plain fields: the level and the bounds, the derivations, and the same in words."""
        return {
            "kind": "a loss that levels off far from the observation",
            "start": written(self.start),
            "level": written(self.level),
            "bound": written(self.bound),
            "derivations": [json.loads(d.to_json()) for d in self.derivations],
            "lines": list(self.lines()),
        }


def values_of(question: Question) -> Domain:
    """Where the one prediction lies.

    Raises:
        NotRefuted: if there are several, or they or the observations are no numbers of an interval or counts.
    """
    _, lives_in = question.predictions[0]
    if len(question.predictions) != 1 or not isinstance(lives_in, Interval) or lives_in.domain is None:
        raise NotRefuted("there is not one prediction in an interval")
    if not isinstance(question.target, (Interval, Counts)):
        raise NotRefuted("the observation is no number")
    return lives_in.domain


def settings(question: Question, d: Symbol) -> tuple[tuple[Hypothesis, ...], ...]:
    """What is known of the observation alone, of it and a distance, and of it and a prediction."""
    said = observed(question)
    predicted = Declared(label(question.f), values_of(question))
    known = question.constants
    return (said, *known), (said, Declared(d, POSITIVE), *known), (said, predicted, *known)
