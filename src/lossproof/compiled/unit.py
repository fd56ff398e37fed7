"""What a backend compiles: programs for one observation, under the name of the loss, with what proves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from lossproof.compiled.program import Level, Program
from lossproof.kernel.derivation import Derivation


@dataclass(frozen=True)
class Unit:
    """The programs of a pointwise loss.

    Attributes:
        name: of the loss, lower case with hyphens.
        arguments: the names of what is given for each observation, in order; predictions first.
        predictions: how many of them are predictions.
        parameters: the names of what is one number, whatever the observation.
        programs: by what they compute: ``pointwise``, ``slope``, ``curvature``, ``pointwise_and_slope``.  The outputs
            are called ``loss``, ``slope`` (``slope_1``, ... of several predictions) and ``curvature``.  ``total`` and
            ``total_and_slope`` are there if sums are better made of other forms.
        proofs: gives the derivations of an output; of ``total``, the theorem that sums the loss.
    """

    name: str
    arguments: tuple[str, ...]
    predictions: int
    parameters: tuple[str, ...]
    programs: Mapping[str, Program]
    proofs: Callable[[str], tuple[Derivation, ...]]

    @cached_property
    def identifier(self) -> str:
        """The name as an identifier."""
        return self.name.replace("-", "_")

    def level(self, argument: str) -> Level:
        """Whether an argument is a number for each observation or for each class of each."""
        return self.programs["pointwise"].inputs[argument]

    def given(self, what: str) -> tuple[str, ...]:
        """The names of what a program takes for each observation, in order: the arguments, and what it needs beside."""
        beside = (name for name in self.programs[what].inputs if name not in (*self.arguments, *self.parameters))
        return *self.arguments, *beside

    def summed(self, *, slopes: bool) -> str:
        """The program for the sum of the losses, with the slopes or without."""
        name = "total_and_slope" if slopes else "total"
        return name if name in self.programs else name.replace("total", "pointwise")

    @cached_property
    def classes(self) -> bool:
        """Whether there is a score for each class."""
        return any(self.level(a) is Level.CLASS for a in self.arguments)
