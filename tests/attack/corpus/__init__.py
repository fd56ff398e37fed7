"""False claims as data, each tempting, under headings; every claim names the rules one would cite for it."""

from __future__ import annotations

from attack.claims import Claim
from attack.corpus import (
    algebra,
    calculus,
    conditions,
    floating,
    functions,
    integrals,
    likelihoods,
    logarithms,
    matrices,
    optima,
    sums,
)

#: Headings, each with its claims.
CORPUS: dict[str, tuple[Claim, ...]] = {
    heading: claims
    for module in (
        logarithms,
        algebra,
        sums,
        calculus,
        functions,
        floating,
        likelihoods,
        optima,
        matrices,
        conditions,
        integrals,
    )
    for heading, claims in module.CLAIMS.items()
}
