"""What is asked: a loss of an observation and its predictions, and the sets that they live in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sympy import Expr, IndexedBase, Symbol

from lossproof.kernel.conditions import Declared
from lossproof.recovery.sets import Set

#: A number, or the name of a vector of them.
Name: TypeAlias = Symbol | IndexedBase


@dataclass(frozen=True)
class Question:
    """Which likelihood is behind a loss?

    Attributes:
        loss: the loss of one observation, inert.
        y: the observation; an array's name if the target is a set of vectors.
        target: where the observation lives.
        predictions: each prediction, and where it lives.
        constants: what is said of other symbols; the rest carry the assumption of being positive.
    """

    loss: Expr
    y: Name
    target: Set
    predictions: tuple[tuple[Name, Set], ...]
    constants: tuple[Declared, ...] = ()
