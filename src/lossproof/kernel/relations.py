"""How two expressions of a derivation are related, and how relations compose.

From strongest to weakest, over the parameters ``theta``:

====================  ==============================================================
``=``                 equal: both defined with the same value, or both undefined
``= + const``         ``b = a - c`` with ``c`` free of ``theta``
``proportional``      ``b = c a`` with ``c > 0`` free of ``theta``
``same optima``       ``b = phi(a)`` with ``phi`` strictly monotone: a maximiser of the one is a
                      maximiser (phi increasing) or a minimiser (phi decreasing) of the other
====================  ==============================================================

A relation that is not equality carries its map ``phi``, so that the theorem is again an equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sympy import Expr, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.presenting import Shown
from lossproof.kernel.schema import Abstraction


class Kind(IntEnum):
    """The kinds of relation; a larger number says less."""

    EQUAL = 0
    UP_TO_CONSTANT = 1
    PROPORTIONAL = 2
    SAME_OPTIMA = 3


@dataclass(frozen=True, repr=False)
class Relation(Shown):
    """A relation between ``a`` and ``b``.

    Attributes:
        kind: how strong it is.
        over: the parameters it speaks of; empty for an equation.
        reverses: whether maximising ``a`` is minimising ``b``.
        carries: the strictly monotone map ``phi`` with ``b = phi(a)``; None for an equation.
    """

    kind: Kind = Kind.EQUAL
    over: tuple[Expr, ...] = ()
    reverses: bool = False
    carries: Abstraction | None = None

    def then(self, other: Relation) -> Relation:
        """The relation of ``a`` and ``c`` when this holds of ``a, b`` and the other of ``b, c``.

        Raises:
            LossproofError: if the two speak of different parameters.
        """
        if other.kind is Kind.EQUAL or self.kind is Kind.EQUAL:
            return self if other.kind is Kind.EQUAL else other
        if self.over != other.over:
            raise LossproofError("two relations over different parameters do not compose")
        assert self.carries is not None
        assert other.carries is not None
        kind = self.kind if self.kind is other.kind else Kind.SAME_OPTIMA
        both = Abstraction(self.carries.parameters, other.carries(self.carries.body))
        return Relation(kind, self.over, self.reverses != other.reverses, both)

    def _says(self) -> str:
        over = ", ".join(map(str, self.over))
        turned = ", a maximum of the one is a minimum of the other" if self.reverses else ""
        return f": {self}{' over ' + over if over else ''}{turned}"

    def __str__(self) -> str:
        match self.kind:
            case Kind.EQUAL:
                return "="
            case Kind.UP_TO_CONSTANT:
                return "= up to a constant"
            case Kind.PROPORTIONAL:
                return "proportional"
            case _:
                return "same optima"


EQUAL = Relation()


class Argument(Symbol):
    """The argument of every map ``phi``: a kind of its own, so that no symbol of a user can be it."""

    __slots__ = ()


ARGUMENT = Argument("value")
