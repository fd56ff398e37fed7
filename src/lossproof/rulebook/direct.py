"""Rules that a pattern cannot say, and that need nothing but the expression they are applied to."""

from __future__ import annotations

from abc import abstractmethod

from sympy import Expr

from lossproof.kernel.rules import Rule


class Direct(Rule):
    """A rule without metavariables: whoever applies it says only where."""

    @abstractmethod
    def fits(self, e: Expr) -> bool:
        """Whether an expression has the form; the conditions are shown when the rule is applied."""
