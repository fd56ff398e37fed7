"""False claims, each tempting, under headings; every claim names the rules one would cite for it."""

from __future__ import annotations

from attack.claims import Claim
from attack.false_claims import algebra, calculus, functions, logarithms, matrices, sums

#: Headings, each with its claims.
CORPUS: dict[str, tuple[Claim, ...]] = {
    heading: claims
    for module in (logarithms, algebra, sums, calculus, functions, matrices)
    for heading, claims in module.CLAIMS.items()
}
CLAIMS: tuple[Claim, ...] = tuple(claim for claims in CORPUS.values() for claim in claims)
