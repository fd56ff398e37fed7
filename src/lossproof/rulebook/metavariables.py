"""The letters in which the rules are written.

``a, b, c, u, v`` stand for expressions (``a(i)`` for one that depends on ``i``), ``i, k`` for
indices with bounds ``m`` and ``n``, ``t`` for the argument of a monotone map.
"""

from __future__ import annotations

from lossproof.kernel.conditions import Condition, ForAll, Range
from lossproof.kernel.schema import Meta

a, b, c, u, v, w, x, y, z = (Meta(name) for name in ("a", "b", "c", "u", "v", "w", "x", "y", "z"))
i, j, k, m, n = (Meta(name) for name in ("i", "j", "k", "m", "n"))
V, X, theta, A = Meta("V"), Meta("X"), Meta("theta"), Meta("A")


def for_all_i(condition: Condition) -> Condition:
    """The condition for ``i = m..n``."""
    return ForAll(Range(i, m, n), condition)
