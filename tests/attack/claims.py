"""A wrong claim as data: what it says, under which hypotheses, and by which rules one would be tempted to show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Basic, Expr

from attack.writing import Number, node, sizes
from lossproof.kernel.conditions import Declared, Hypothesis, bounds_of, terms_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import REAL
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import Rule
from lossproof.kernel.schema import Value
from lossproof.kernel.steps import Path

#: A way by which one might hope to prove a claim: the derivation, or a typed error.
Attempt = Callable[[], Derivation]


@dataclass(frozen=True)
class Use:
    """A rule at a place, with values for metavariables that the two sides of the claim do not show."""

    rule: Rule
    path: Path = ()
    given: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """That ``left`` and ``right`` are related in a way in which they are not.

    Attributes:
        name: what is wrong, in words.
        left: the first expression.
        right: the second.
        hypotheses: what is declared.
        tempted_by: the rules that one would cite for it.
        tried: strategies that might be hoped to prove it.
        kind: the relation that is claimed.
        reverses: for *same optima*: whether a maximum of the one is claimed to be a minimum of the other.
        over: the parameters of a relation that is not equality.
        at: values at which it fails, by name, where the referees would be long in finding some.
    """

    name: str
    left: Basic
    right: Basic
    hypotheses: tuple[Hypothesis, ...]
    tempted_by: tuple[Use, ...] = ()
    tried: tuple[Attempt, ...] = ()
    kind: Kind = Kind.EQUAL
    reverses: bool = False
    over: tuple[Expr, ...] = ()
    at: Mapping[str, Any] | None = None

    def derivation(self) -> Derivation:
        """The hypotheses, with the first side and no step."""
        return Derivation(self.name, self.hypotheses, self.over, self.left)  # type: ignore[arg-type]


def claim(
    name: str,
    left: Number,
    right: Number,
    *hypotheses: tuple[Hypothesis, ...],
    by: Rule | Use | tuple[Rule | Use, ...] = (),
    tried: Attempt | tuple[Attempt, ...] = (),
    kind: Kind = Kind.EQUAL,
    reverses: bool = False,
    over: Number | tuple[Number, ...] = (),
    at: Mapping[str, Any] | None = None,
) -> Claim:
    """A claim, with what ``n``, ``d`` and ``K`` are added to its hypotheses."""
    ours, theirs = node(left), node(right)
    given = tuple(h for group in hypotheses for h in group)
    uses = by if isinstance(by, tuple) else (by,)
    parameters = over if isinstance(over, tuple) else (over,)
    return Claim(
        name,
        ours,
        theirs,
        tuple(dict.fromkeys((*(h for h in sizes(ours, theirs, *_mentioned(given)) if not _known(h, given)), *given))),
        tuple(u if isinstance(u, Use) else Use(u) for u in uses),
        tried if isinstance(tried, tuple) else (tried,),
        kind,
        reverses,
        tuple(map(node, parameters)),
        at,
    )


def constant(name: str, left: Number, right: Number, *hypotheses: tuple[Hypothesis, ...], **more: Any) -> Claim:
    """A claim that two expressions are equal up to a constant."""
    return claim(name, left, right, *hypotheses, kind=Kind.UP_TO_CONSTANT, **more)


def proportional(name: str, left: Number, right: Number, *hypotheses: tuple[Hypothesis, ...], **more: Any) -> Claim:
    """A claim that one expression is a positive constant times the other."""
    return claim(name, left, right, *hypotheses, kind=Kind.PROPORTIONAL, **more)


def same(name: str, left: Number, right: Number, *hypotheses: tuple[Hypothesis, ...], **more: Any) -> Claim:
    """A claim that a maximum of the one is a maximum of the other."""
    return claim(name, left, right, *hypotheses, kind=Kind.SAME_OPTIMA, **more)


def turned(name: str, left: Number, right: Number, *hypotheses: tuple[Hypothesis, ...], **more: Any) -> Claim:
    """A claim that a maximum of the one is a minimum of the other."""
    return claim(name, left, right, *hypotheses, kind=Kind.SAME_OPTIMA, reverses=True, **more)


def _mentioned(hypotheses: tuple[Hypothesis, ...]) -> list[Basic]:
    found: list[Basic] = []
    for h in hypotheses:
        found += terms_of(h)
        found += bounds_of(h)
    return found


def _known(size: Declared, hypotheses: tuple[Hypothesis, ...]) -> bool:
    return any(isinstance(h, Declared) and h.term == size.term and h.domain != REAL for h in hypotheses)
