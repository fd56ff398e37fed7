"""Which results rest on which: a derivation uses another if one of its steps cites the other's theorem.

What this module knows: derivations and the steps that cite.  What it does not know: where anything is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lossproof.kernel.derivation import Cite, Derivation


def cited(derivation: Derivation) -> tuple[Derivation, ...]:
    """The derivations whose theorems it cites, each once, in the order of the steps."""
    found: list[Derivation] = []
    for step in derivation:
        if isinstance(step.rule, Cite) and step.rule.derivation not in found:
            found.append(step.rule.derivation)
    return tuple(found)


@dataclass(frozen=True)
class Dependencies:
    """Derivations, and which of them use which.

    Attributes:
        derivations: those that were asked about, then what they cite besides.  Derivations of one name may be
            different theorems, and are different entries here.
        edges: pairs of positions, ``(who uses, what is used)``: one for every theorem that a derivation cites.
    """

    derivations: tuple[Derivation, ...]
    edges: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, derivations: Iterable[Derivation]) -> Dependencies:
        """What the derivations use, and what that uses in turn.

        >>> import lossproof
        >>> found = Dependencies.of([lossproof.derive("poisson-gradient")])
        >>> [d.name for d in found.derivations], found.edges
        (['poisson-gradient', 'linear-prediction-gradient'], ((0, 1),))
        """
        known = _Places(derivations)
        edges: list[tuple[int, int]] = []
        for here, derivation in enumerate(known.derivations):  # which grows while it is gone through
            edges += ((here, known.place(other)) for other in cited(derivation))
        return cls(tuple(known.derivations), tuple(edges))

    def uses(self, place: int) -> tuple[int, ...]:
        """What a derivation uses."""
        return tuple(used for user, used in self.edges if user == place)

    def used_by(self, place: int) -> tuple[int, ...]:
        """Who uses it."""
        return tuple(user for user, used in self.edges if used == place)

    @cached_property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """The groups of derivations that hang together by edges, each in order; those without an edge are left out."""
        near: dict[int, set[int]] = {}
        for user, used in self.edges:
            near.setdefault(user, set()).add(used)
            near.setdefault(used, set()).add(user)
        return tuple(_reached(near))


class _Places:
    """Different derivations, each with its place."""

    def __init__(self, derivations: Iterable[Derivation]) -> None:
        self.derivations: list[Derivation] = []
        self._named: dict[str, list[int]] = {}
        for derivation in derivations:
            self.place(derivation)

    def place(self, derivation: Derivation) -> int:
        """Where a derivation stands; it is put last if it is new."""
        alike = self._named.setdefault(derivation.name, [])
        for place in alike:
            if self.derivations[place] == derivation:
                return place
        alike.append(len(self.derivations))
        self.derivations.append(derivation)
        return alike[-1]


def _reached(near: dict[int, set[int]]) -> Iterator[tuple[int, ...]]:
    seen: set[int] = set()
    for start in sorted(near):
        if start not in seen:
            group, waiting = {start}, [start]
            while waiting:
                new = near[waiting.pop()] - group
                group |= new
                waiting += new
            seen |= group
            yield tuple(sorted(group))
