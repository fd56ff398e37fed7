"""The total mass of a density, enclosed in a ball: sums and integrals with a bound on what is left out.

Counts are added up to a number `K`; beyond it the ratio of consecutive terms is shown to be at most
`rho < 1`, so that the rest is at most ``f(K) / (1 - rho)``.

The density of a continuous observation is integrated (`lossproof.numeric.integrating`).  Ratios are enclosed
on an unbounded range by the form of the density (`lossproof.numeric.rays`).  Of other forms nothing is
claimed: there `Unbounded` says what was met.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from sympy import Expr, Rational, S

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import Domain, End
from lossproof.models import Model, Noise, NoiseModel, i, y
from lossproof.notation.inert import free, fresh, substitute, symbol_of, symbols_in
from lossproof.notation.nodes import Density, Probability, written_out
from lossproof.numeric.balls import Ball, Balls, rounded
from lossproof.numeric.evaluate import Evaluator
from lossproof.numeric.integrating import Surroundings, integral_of
from lossproof.numeric.normalisation import Observation, at_parameters, parameters_tried
from lossproof.numeric.rays import Interval, Ray, Unbounded, is_finite
from lossproof.numeric.support import constraints

BITS = 128
#: What a tail may have at most.
NEGLIGIBLE = 1e-15
_INF = math.inf
_LAWS = (Density, Probability)


@dataclass(frozen=True)
class Enclosure:
    """A ball that contains a total mass.

    Attributes:
        ball: the ball, by `python-flint`.
        how: what was done, in words.
    """

    ball: Ball
    how: str

    @property
    def radius(self) -> float:
        """How far the mass may be from the middle of the ball."""
        return float(self.ball.rad())

    @property
    def is_one(self) -> bool:
        """Whether the mass may be 1; if not, it is shown not to be."""
        return bool(self.ball.contains(1))

    def __str__(self) -> str:
        return f"{self.ball.str(12)} ({self.how})"


def enclose_mass(
    model: Model[NoiseModel], predictions: Sequence[float], values: Mapping[str, float] | None = None
) -> Enclosure:
    """A ball that contains the total mass of the density of one observation.

    Args:
        model: whose noise is meant.
        predictions: what the predictor gives, as for `total_mass`.
        values: numbers for the other parameters.

    Raises:
        Unbounded: if a tail could not be bounded.
        MissingExtra: without `python-flint`.

    >>> from lossproof.models import CAUCHY, LinearPredictor
    >>> found = enclose_mass(Model("c", CAUCHY, LinearPredictor()), [0.5], {"gamma": 2.0})
    >>> found.is_one and found.radius < 1e-12
    True
    """
    numbers = Balls(BITS)
    with numbers.working():
        return _Mass(Observation(model, predictions, values or {}), numbers).enclosure()


# ------------------------------------------------------------------ the mass


class _Mass:
    """The mass of the density of one observation, piece by piece."""

    def __init__(self, observation: Observation, numbers: Balls) -> None:
        self.observation, self.numbers = observation, numbers
        self.density = written_out(observation.density)
        self.value = fresh(symbol_of(y), frozenset(symbols_in(self.density)))
        self.body = substitute(self.density, {y[i]: self.value})
        self.one = replace(observation.at(np.zeros(1)), indices={"i": 1})
        self.real = Evaluator(self.one, numbers)
        self._around = Surroundings(self.one, self.value, numbers)

    def enclosure(self) -> Enclosure:
        finite = self.observation.finite()
        if finite is not None:
            return Enclosure(self._summed(finite), f"a sum of {len(finite)} terms")
        on = self.observation.on()
        if on.integer:
            return self._counts(on)
        if self.observation.model.noise.kind is Probability:
            raise Unbounded("a probability of an observation that is not an integer")
        return self._integral(on)

    def _summed(self, observations: Any) -> Ball:
        values: Any = self.observation.values(observations, self.numbers) if len(observations) else []
        return sum(values, rounded(0))

    # -------------------------------------------------------------- counts

    def _counts(self, on: Domain) -> Enclosure:
        if on.low == -_INF:
            raise Unbounded("integers without a least one")
        low, last = int(on.low), self._last(on)
        if last is not None:
            return Enclosure(self._summed(np.arange(low, last + 1)), f"a sum of {max(last + 1 - low, 0)} terms")
        why = "the ratio of consecutive terms does not fall below 1"
        for power in range(4, 15):
            first = low + 2**power
            try:
                ratio = self._around.ratio(self.body, first)
            except Unbounded as reason:
                why = str(reason)
                continue
            largest = max(-ratio.low, ratio.high)
            if not is_finite(largest) or largest >= 1:
                continue
            rest = abs(self._summed(np.array([first]))) / (1 - largest)
            if rest < NEGLIGIBLE:
                total = self._summed(np.arange(low, first)) + _at_most(rest)
                return Enclosure(total, f"{2**power} terms; the rest is geometric, ratio <= {float(largest):.3g}")
        raise Unbounded(why)

    def _last(self, on: Domain) -> int | None:
        """The greatest observation that there is, or that a constraint leaves, if there is one."""
        if on.high != _INF:
            return int(on.high)
        for h in constraints(self.observation.model.hypotheses):
            if isinstance(h, Declared) and symbol_of(y) in free(h.term) and h.domain.low != -_INF:
                line = Ray(rounded(0), 1, Interval(rounded(0), _INF), self.real).linear(h.term)
                if line is not None and line[1] < 0:
                    return int(((rounded(h.domain.low) - line[0]) / line[1]).floor().unique_fmpz())
        return None

    # -------------------------------------------------------------- integrals

    def _integral(self, on: Domain) -> Enclosure:
        noise = self.observation.model.noise
        if isinstance(noise, Noise) and noise.bounds is not None:
            low, high = noise.bounds
        else:
            low, high = (_end(end) for end in (on.low, on.high))
        mass = integral_of(self.body, self.value, low, high, self.one, BITS)
        compact = not {low, high} & {S.Infinity, S.NegativeInfinity}
        return Enclosure(mass, f"an integral over a compact interval{'' if compact else ', and bounds on the rest'}")


def _end(end: End) -> Expr:
    """An end of a domain as an expression."""
    if abs(end) == _INF:
        return S.Infinity if end > 0 else S.NegativeInfinity
    return Rational(Fraction(end).numerator, Fraction(end).denominator)


def _at_most(mass: Ball) -> Ball:
    """A number of which it is known that it is not further from 0 than this."""
    return rounded(0, mass.upper())


# ------------------------------------------------------------------ all that ships


def shipped() -> Iterator[Model[NoiseModel]]:
    """A model for each noise that the catalogue has."""
    found: dict[NoiseModel, Model[NoiseModel]] = {}
    for model in _models():
        found.setdefault(model.noise, model)
    yield from found.values()


def _models() -> Iterator[Model[NoiseModel]]:
    from lossproof.strategies.catalogue import CATALOGUE

    yield from (entry.model for entry in CATALOGUE.values() if entry.model is not None)


@cache
def masses(assumed: Assumed) -> tuple[tuple[str, Enclosure | str], ...]:
    """Where the catalogue has a model that makes this assumption: its total masses, or why one is not enclosed."""
    models = (m for m in _models() if isinstance(assumed.left, _LAWS) and assumed.left == m.marginal(y[i]))
    model = next((m for m in models if assumed in m.hypotheses), None)
    if model is None:
        return ()
    found: list[tuple[str, Enclosure | str]] = []
    for predictions, values in parameters_tried(model):
        try:
            mass: Enclosure | str = enclose_mass(model, predictions, values)
        except Unbounded as reason:
            mass = str(reason)
        found.append((at_parameters(model, predictions, values), mass))
    return tuple(found)


def table(models: Iterable[Model[NoiseModel]]) -> Iterator[str]:
    """A line for each model and parameters: the ball that contains the total mass, or why there is none."""
    for model in models:
        for predictions, values in parameters_tried(model):
            try:
                found = str(enclose_mass(model, predictions, values))
            except LossproofError as reason:
                found = f"not enclosed: {reason}"
            yield f"{model.name}, {at_parameters(model, predictions, values)}: {found}"


if __name__ == "__main__":
    for line in table(shipped()):
        print(line)
