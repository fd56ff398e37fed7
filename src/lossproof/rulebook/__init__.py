"""Every rule: what may be put for what, under which conditions.  Reads like a formula sheet.

A rule is one declaration in one of the modules here; `RULES` finds it by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lossproof.kernel.rules import FOLD, UNFOLD, Rule
from lossproof.rulebook import (
    absolute_values,
    algebra,
    calculus,
    cases,
    integrals,
    logarithms,
    matrices,
    optima,
    probability,
    sigmoids,
    special,
    sums,
)

#: All rules by name.
RULES: dict[str, Rule] = {
    rule.name: rule
    for module in (
        probability,
        sums,
        logarithms,
        optima,
        calculus,
        sigmoids,
        special,
        cases,
        absolute_values,
        integrals,
        algebra,
        matrices,
    )
    for rule in vars(module).values()
    if isinstance(rule, Rule)
} | {rule.name: rule for rule in (UNFOLD, FOLD)}

#: The rules that come with the package, as they are; `RULES` may grow.
SHIPPED: Mapping[str, Rule] = MappingProxyType(dict(RULES))
