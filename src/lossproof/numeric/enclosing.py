"""The total mass of a density, enclosed in a ball: sums and integrals with a bound on what is left out.

Counts are added up to a number `K`; beyond it the ratio of consecutive terms is shown to be at most
`rho < 1`, so that the rest is at most ``f(K) / (1 - rho)``.

Continuous observations are written ``y = c + u`` and ``y = c - u`` with ``u > 0``, and integrated over
``log u`` in a compact range by Arb (Johansson 2018, "Numerical integration in arbitrary-precision ball
arithmetic").  What lies beyond is bounded by the elasticity ``E = u f'(u) / f(u)``: if ``E <= -1 - c``
for all ``u >= T`` then ``f(u) <= f(T) (T / u)^(1 + c)``, and the tail is at most ``f(T) T / c``; if
``E >= c - 1`` for all ``u <= t`` then the mass below ``t`` is at most ``f(t) t / c``.

Elasticities and ratios are enclosed on an unbounded range by the form of the density
(`lossproof.numeric.rays`).  Of other forms nothing is claimed: there `Unbounded` says what was met.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from sympy import Basic, Expr, Indexed, Integer, Mul, Pow, exp, factorial, gamma

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import Domain
from lossproof.models import Model, Noise, NoiseModel, i, y
from lossproof.notation.inert import free, limits_of, symbol_of
from lossproof.notation.nodes import Density, Probability, written_out
from lossproof.numeric.balls import Ball, Balls, ComplexBalls, integral, rounded
from lossproof.numeric.evaluate import Evaluator
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
        self.one = replace(observation.at(np.zeros(1)), indices={"i": 1})
        self.real = Evaluator(self.one, numbers)
        self._parts: dict[int, dict[Basic, Any]] = {}

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
                ratio = self._ratio(first)
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

    def _ratio(self, first: int) -> Interval:
        """``f(k + 1) / f(k)`` for all ``k >= first``."""
        ray = Ray(rounded(0), 1, Interval(rounded(first), _INF), self.real)
        constant, above, below = rounded(1), list[Ball](), list[Ball]()
        for e, power in _factors(self.density, 1):
            if ray.constant(e) is not None:
                continue
            line = ray.linear(e.args[0]) if isinstance(e, (factorial, gamma)) else None
            if line is not None and (line[1] - 1).is_zero():
                (above if power > 0 else below).extend([line[0] + (1 if isinstance(e, factorial) else 0)] * abs(power))
                continue
            base = ray.constant(e.args[0]) if isinstance(e, Pow) else None
            exponent = ray.linear(e.args[-1]) if isinstance(e, (Pow, exp)) else None
            if exponent is None or (isinstance(e, Pow) and base is None):
                raise Unbounded(f"the ratio of consecutive terms of a {type(e).__name__}")
            grown = exponent[1].exp() if base is None else base ** exponent[1]
            constant = constant * grown**power
        if len(above) > len(below):
            raise Unbounded("a term that grows faster than every power")
        out = Interval.around(constant)
        for k, b in enumerate(below):
            whole = rounded(first) + b
            if not whole > 0:
                raise Unbounded("a gamma function of a negative number")
            ends = [rounded(1), (rounded(first) + above[k]) / whole] if k < len(above) else [rounded(0), 1 / whole]
            out = out * Interval.around(*ends)
        return out

    # -------------------------------------------------------------- integrals

    def _integral(self, on: Domain) -> Enclosure:
        low, high = (rounded(end) if abs(end) != _INF else end for end in (on.low, on.high))
        noise = self.observation.model.noise
        if isinstance(noise, Noise) and noise.bounds is not None:
            low, high = (self.real.value(e) for e in noise.bounds)
            return Enclosure(self._between(low, high), "an integral over a compact interval")
        if is_finite(low) and is_finite(high):
            middle = (low + high) / 2
            parts = [self._ray(low, 1, middle - low), self._ray(high, -1, high - middle)]
        elif is_finite(low):
            parts = [self._ray(low, 1, _INF)]
        elif is_finite(high):
            parts = [self._ray(high, -1, _INF)]
        else:
            centre = rounded(self.observation.predictions[0])
            parts = [self._ray(centre, 1, _INF), self._ray(centre, -1, _INF)]
        return Enclosure(sum(parts, rounded(0)), "an integral over a compact interval, and bounds on the rest")

    def _ray(self, centre: Ball, sign: int, length: Any) -> Ball:
        """The mass of ``y = centre + sign u`` for ``0 < u < length``."""
        near, left_out = self._end(centre, sign, below=True)
        total = _at_most(left_out)
        if is_finite(length):
            far = length.log()
        else:
            far, left_out = self._end(centre, sign, below=False)
            total = total + _at_most(left_out)

        def integrand(x: Any, analytic: bool) -> Any:
            u = x.exp()
            return self._density(numbers.when(analytic), centre + sign * u) * u

        numbers = ComplexBalls(_enough(near))
        with numbers.working():
            return total + integral(integrand, near, far, NEGLIGIBLE)

    def _end(self, centre: Ball, sign: int, *, below: bool) -> tuple[Ball, Ball]:
        """The logarithm of how far to go, and the mass beyond."""
        why = "the density does not fall fast enough"
        for power in range(11):
            far = rounded(-(2**power) if below else 2**power)
            edge = far.exp()
            u = Interval(rounded(0), edge.upper()) if below else Interval(edge.lower(), _INF)
            try:
                found = Ray(centre, sign, u, self.real).elasticity(self.density)
            except Unbounded as reason:
                why = str(reason)
                continue
            margin = 1 + found.low if below else -1 - found.high
            if not margin > 0:
                continue
            numbers = Balls(_enough(far))
            with numbers.working():
                edge = far.exp()
                mass = abs(self._density(numbers, centre + sign * edge)) * edge / (margin if is_finite(margin) else 1)
            if mass < NEGLIGIBLE:
                return far, mass
        raise Unbounded(f"{why}, {'towards' if below else 'away from'} {float(centre.mid()):g}")

    def _between(self, low: Ball, high: Ball) -> Ball:
        numbers = ComplexBalls(BITS)
        return integral(lambda x, analytic: self._density(numbers.when(analytic), x), low, high, NEGLIGIBLE)

    def _density(self, numbers: Balls, observation: Any) -> Any:
        """The density at a ball, real or complex."""
        here = replace(self.one, values={**self.one.values, "y": np.array([observation], dtype=object)})
        return Evaluator(here, numbers, parts=self._constants(numbers.bits)).value(self.density)

    def _constants(self, bits: int) -> dict[Basic, Any]:
        """The values of all parts of the density in which there is no observation."""
        if bits not in self._parts:
            at = Evaluator(self.one, Balls(bits))
            self._parts[bits] = {e: np.asarray(at.value(e), dtype=object) for e in _without_observation(self.density)}
        return self._parts[bits]


def _without_observation(e: Expr) -> Iterator[Expr]:
    """The largest parts of an expression that do not contain ``y``."""
    if symbol_of(y) not in free(e):
        yield e
    elif not isinstance(e, Indexed) and limits_of(e) is None:
        for a in e.args:
            yield from _without_observation(a)


def _enough(log_of_edge: Ball) -> int:
    """The precision at which a number that differs so little from one of ordinary size is told from it."""
    return BITS + max(0, math.ceil(-1.5 * float(log_of_edge)))


def _at_most(mass: Ball) -> Ball:
    """A number of which it is known that it is not further from 0 than this."""
    return rounded(0, mass.upper())


def _factors(e: Expr, power: int) -> Iterator[tuple[Expr, int]]:
    """The factors of a product, with integer powers."""
    if isinstance(e, Mul):
        for a in e.args:
            yield from _factors(a, power)
    elif isinstance(e, Pow) and isinstance(e.args[1], Integer):
        yield from _factors(e.args[0], power * int(e.args[1]))
    else:
        yield e, power


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
