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
    floating,
    integrals,
    logarithms,
    matrices,
    optima,
    probability,
    sigmoids,
    special,
    sums,
)

_MODULES = (
    probability,
    sums,
    logarithms,
    optima,
    calculus,
    sigmoids,
    special,
    cases,
    absolute_values,
    floating,
    integrals,
    algebra,
    matrices,
)
#: The rules that ship in reading order, under what they are about.
CHAPTERS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        str(module.__doc__).partition("\n")[0].removesuffix("."): tuple(
            rule for rule in vars(module).values() if isinstance(rule, Rule)
        )
        for module in _MODULES
    }
    | {"Names and what they stand for": (UNFOLD, FOLD)}
)

#: All rules by name.
RULES: dict[str, Rule] = {rule.name: rule for chapter in CHAPTERS.values() for rule in chapter}

#: The rules that come with the package, as they are; `RULES` may grow.
SHIPPED: Mapping[str, Rule] = MappingProxyType(dict(RULES))
