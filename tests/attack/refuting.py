"""What the referees say of a claim: a witness, numbers that satisfy its hypotheses and at which it fails.

The referees are asked at points that they draw themselves, and at corners: small numbers at which
wrong claims tend to fail, and those that a claim names.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isinf
from typing import Any

import numpy as np
from sympy import Indexed, Symbol

from attack.claims import Claim
from lossproof.kernel.conditions import Assumed, Declared, DeclaredMatrix, Has, Hypothesis, bounds_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import Domain
from lossproof.kernel.relations import Relation
from lossproof.kernel.rules import UNFOLD
from lossproof.kernel.steps import Place, Step
from lossproof.notation.inert import free, symbol_of
from lossproof.numeric.evaluate import Instance
from lossproof.numeric.support import lies_in, violations
from lossproof.referees import REFUTED
from lossproof.referees.balls import Point, Sample, differs, holds
from lossproof.referees.finite import judge
from lossproof.referees.instances import Setting, draw

CORNERS = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "3", "-3", "1/4", "3/4", "5")))
DRAWN, AT_CORNERS, AS_NAMED = 8, 24, 8


@dataclass(frozen=True)
class Witness:
    """Who found where a claim fails, and how."""

    referee: str
    detail: str

    def __str__(self) -> str:
        return f"{self.detail} ({self.referee})"


def by_balls(claim: Claim) -> Witness | None:
    """Rigorous enclosures: a witness is a proof that the claim is false there."""
    relation = Relation(claim.kind, claim.over, claim.reverses)
    about = {"relation": relation, "parameters": claim.over, "points": DRAWN}
    verdict = differs(claim.left, claim.right, claim.hypotheses, **about)  # type: ignore[arg-type]
    if verdict.finding != REFUTED:
        sample = Sample(_setting(claim), points=0)
        sample.points = [Point(instance) for instance in corners(claim)]
        verdict = sample.judged(claim.left, claim.right, relation)
    return Witness("balls", verdict.detail) if verdict.finding == REFUTED else None


def by_finite(claim: Claim) -> Witness | None:
    """Every sum written out at small sizes, the sides compared exactly; equations only."""
    step = Step(UNFOLD, (Place(()),), claim.left, claim.right, Relation(claim.kind, claim.over, claim.reverses))  # type: ignore[arg-type]
    stated = Derivation(claim.name, claim.hypotheses, claim.over, claim.left, (step,))  # type: ignore[arg-type]
    (row,) = judge(stated)
    return Witness("finite", row.detail) if row.finding == REFUTED else None


#: Every referee by name; each answers with a witness or with nothing.
REFEREES: dict[str, Callable[[Claim], Witness | None]] = {"balls": by_balls, "finite": by_finite}


def refute(claim: Claim, referees: Iterable[str] = ()) -> dict[str, Witness]:
    """The witnesses of the referees that refute a claim: of those named, by default of all."""
    found = {name: REFEREES[name](claim) for name in referees or REFEREES}
    return {name: witness for name, witness in found.items() if witness is not None}


# ------------------------------------------------------------------ corners


def corners(claim: Claim) -> Iterator[Instance]:
    """Numbers that satisfy the hypotheses of a claim: those it names, then small ones, with random sizes."""
    for number in range(AT_CORNERS):
        chance = random.Random(f"{claim.name}/{number}")
        drawn = draw(_setting(claim), chance)
        if isinstance(drawn, str):
            continue
        if claim.at is not None and number < AS_NAMED:
            values = {**drawn.values, **{name: _exact(value) for name, value in claim.at.items()}}
        else:
            values = {**drawn.values, **_small(claim.hypotheses, drawn, chance)}
        instance = replace(drawn, values=values)
        if satisfies(claim.hypotheses, instance):
            yield instance


def satisfies(hypotheses: tuple[Hypothesis, ...], instance: Instance) -> bool:
    """Whether numbers satisfy all that is declared and assumed."""
    at = Point(instance)
    matrices = all(holds(Has(h.term, h.property), at) is True for h in hypotheses if isinstance(h, DeclaredMatrix))
    return matrices and not any(violations(h, instance) for h in hypotheses if isinstance(h, (Declared, Assumed)))


def _setting(claim: Claim) -> Setting:
    return Setting(claim.hypotheses, claim.over, (claim.left, claim.right))


def _exact(value: Any) -> Any:
    if isinstance(value, list):
        return np.array([_exact(v) for v in value], dtype=object)
    return Fraction(value)


def _small(hypotheses: tuple[Hypothesis, ...], drawn: Instance, chance: random.Random) -> dict[str, Any]:
    """Corners of their domains for numbers that are not sizes."""
    sizes = {s.name for h in hypotheses for bound in bounds_of(h) for s in free(bound)}
    values: dict[str, Any] = {}
    for h in hypotheses:
        if isinstance(h, Declared) and isinstance(h.term, (Symbol, Indexed)):
            name = symbol_of(h.term).name
            if name in sizes or name not in drawn.values:
                continue
            before = np.asarray(drawn.values[name], dtype=object)
            after = np.array([_corner(h.domain, chance, v) for v in before.flat], dtype=object).reshape(before.shape)
            values[name] = after if after.ndim else after.item()
    return values


def _corner(domain: Domain, chance: random.Random, otherwise: Any) -> Any:
    ends = [Fraction(v) for v in (domain.low, domain.high) if not isinf(v)]
    inside = [v for v in (*CORNERS, *ends) if lies_in(domain, v)]
    return chance.choice(inside) if inside else otherwise
