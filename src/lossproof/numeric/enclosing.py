"""The total mass of a density, enclosed in a ball: sums and integrals with a bound on what is left out.

Counts are added up to a number `K`; beyond it the ratio of consecutive terms is shown to be at most
`rho < 1`, so that the rest is at most ``f(K) / (1 - rho)``.

Continuous observations are written ``y = c + u`` and ``y = c - u`` with ``u > 0``, and integrated over
``log u`` in a compact range by Arb (Johansson 2018, "Numerical integration in arbitrary-precision ball
arithmetic").  What lies beyond is bounded by the elasticity ``E = u f'(u) / f(u)``: if ``E <= -1 - c``
for all ``u >= T`` then ``f(u) <= f(T) (T / u)^(1 + c)``, and the tail is at most ``f(T) T / c``; if
``E >= c - 1`` for all ``u <= t`` then the mass below ``t`` is at most ``f(t) t / c``.

Elasticities and ratios are enclosed on an unbounded range by the form of the density: a product of
powers and exponentials.  Of other forms nothing is claimed: there `Unbounded` says what was met.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from sympy import Abs, Add, Basic, Expr, Indexed, Integer, Mul, Pow, exp, factorial, gamma, log

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import Domain
from lossproof.models import Model, Noise, NoiseModel, i, y
from lossproof.notation.inert import free, limits_of, symbol_of
from lossproof.notation.nodes import Density, Probability, written_out
from lossproof.numeric.balls import Ball, Balls, ComplexBalls, integral, rounded
from lossproof.numeric.evaluate import Evaluator
from lossproof.numeric.normalisation import Observation, at_parameters, parameters_tried
from lossproof.numeric.support import constraints

BITS = 128
#: What a tail may have at most.
NEGLIGIBLE = 1e-15
_INF = math.inf
_LAWS = (Density, Probability)


class Unbounded(LossproofError):
    """What is left out of a sum or an integral cannot be bounded; the message says why."""


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


# ------------------------------------------------------------------ intervals with infinite ends


@dataclass(frozen=True)
class Interval:
    """All real numbers from an end to an end, which are exact balls or infinite."""

    low: Any
    high: Any

    @staticmethod
    def around(*values: Any) -> Interval:
        """From the least to the greatest of some balls or infinities."""
        return Interval(min(map(_lower, values)), max(map(_upper, values)))

    def __add__(self, other: Interval) -> Interval:
        return Interval(_plus(self.low, other.low), _plus(self.high, other.high)).outward()

    def __mul__(self, other: Interval) -> Interval:
        return Interval.around(*(_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)))

    def outward(self) -> Interval:
        return Interval(_lower(self.low), _upper(self.high))

    def reciprocal(self) -> Interval:
        """``1/v`` where ``v`` is not 0; an end at 0 gives an infinite one."""
        if self.high <= 0:
            other = Interval(-self.high, -self.low).reciprocal()
            return Interval(-other.high, -other.low)
        if self.low < 0:
            raise Unbounded("a division by what may be 0")
        return Interval.around(_one_over(self.high), _one_over(self.low))

    def power(self, p: Ball) -> Interval:
        """``v^p`` for a constant exponent."""
        if p < 0:
            return self.reciprocal().power(-p)
        if self.low >= 0:
            return Interval.around(_to(self.low, p), _to(self.high, p))
        if not (p.is_exact() and p.is_integer()):
            raise Unbounded("a power of what may be negative")
        even = int(p.unique_fmpz()) % 2 == 0
        if self.high <= 0:
            other = Interval(-self.high, -self.low).power(p)
            return other if even else Interval(-other.high, -other.low)
        ends = Interval.around(_to(self.high, p), _to(-self.low, p) if even else -_to(-self.low, p))
        return Interval.around(0, ends.high) if even else ends

    def exp(self) -> Interval:
        """``exp(v)``."""
        return Interval.around(*(v.exp() if _finite(v) else 0 if v < 0 else _INF for v in (self.low, self.high)))

    def log(self) -> Interval:
        """``log(v)`` where ``v`` is positive."""
        if self.low < 0:
            raise Unbounded("a logarithm of what may be negative")
        return Interval.around(*(-_INF if v == 0 else v.log() if _finite(v) else v for v in (self.low, self.high)))


def _finite(v: Any) -> bool:
    return not isinstance(v, float)


def _lower(v: Any) -> Any:
    return v if isinstance(v, float) and math.isinf(v) else rounded(v).lower()


def _upper(v: Any) -> Any:
    return v if isinstance(v, float) and math.isinf(v) else rounded(v).upper()


def _plus(a: Any, b: Any) -> Any:
    return a + b if _finite(a) and _finite(b) else b if _finite(a) else a


def _times(a: Any, b: Any) -> Any:
    if _finite(a) and _finite(b):
        return a * b
    if a == 0 or b == 0:
        return rounded(0)
    return _INF if (a > 0) == (b > 0) else -_INF


def _one_over(v: Any) -> Any:
    return rounded(0) if not _finite(v) else _INF if v == 0 else 1 / v


def _to(v: Any, p: Ball) -> Any:
    """``v^p`` for ``v >= 0`` and ``p >= 0``."""
    if p.is_zero():
        return rounded(1)
    return v if not _finite(v) or v == 0 else v**p


# ------------------------------------------------------------------ a density on a ray


@dataclass(frozen=True)
class Ray:
    """The observations ``y = centre + sign u`` for all ``u`` in an interval that ends at 0 or infinity.

    It gives ranges and elasticities of expressions on the whole of the ray.
    """

    centre: Ball
    sign: int
    u: Interval
    at: Evaluator

    def constant(self, e: Expr) -> Ball | None:
        """The value of an expression without ``y``."""
        return None if symbol_of(y) in free(e) else rounded(self.at.value(e))

    def linear(self, e: Expr) -> tuple[Ball, Ball] | None:
        """``(a, b)`` if the expression is ``a + b u`` on the ray."""
        known = self.constant(e)
        if known is not None:
            return known, rounded(0)
        match e:
            case Indexed():
                return self.centre, rounded(self.sign)
            case Add():
                parts = [self.linear(a) for a in e.args]
                if any(p is None for p in parts):
                    return None
                return sum(p[0] for p in parts if p), sum(p[1] for p in parts if p)
            case Mul():
                factor, line = rounded(1), None
                for a in e.args:
                    known, part = self.constant(a), self.linear(a)
                    if known is not None:
                        factor = factor * known
                    elif part is None or line is not None:
                        return None
                    else:
                        line = part
                return None if line is None else (factor * line[0], factor * line[1])
            case Abs():
                inner = self.linear(e.args[0])
                if inner is None:
                    return None
                over = self._over(*inner)
                return inner if over.low >= 0 else (-inner[0], -inner[1]) if over.high <= 0 else None
        return None

    def _over(self, a: Ball, b: Ball) -> Interval:
        return Interval.around(a) + Interval.around(b) * self.u

    def range(self, e: Expr) -> Interval:
        """All values of an expression on the ray, and perhaps more."""
        line = self.linear(e)
        if line is not None:
            return self._over(*line)
        match e:
            case Add():
                return _sum(self.range(a) for a in e.args)
            case Mul():
                return _product(self.range(a) for a in e.args)
            case Pow():
                return self.range(e.args[0]).power(self._exponent(e))
            case exp():
                return self.range(e.args[0]).exp()
            case log():
                return self.range(e.args[0]).log()
        raise Unbounded(f"nothing is known of the range of a {type(e).__name__}")

    def _exponent(self, e: Expr) -> Ball:
        known = self.constant(e.args[1])
        if known is None:
            raise Unbounded("an exponent that depends on the observation")
        return known

    def elasticity(self, e: Expr) -> Interval:
        """``u e'(u) / e(u)`` on the ray."""
        line = self.linear(e)
        if line is not None:
            return self._of_line(*line)
        match e:
            case Mul():
                return _sum(self.elasticity(a) for a in e.args)
            case Pow():
                return Interval.around(self._exponent(e)) * self.elasticity(e.args[0])
            case exp():
                return self.change(e.args[0])
            case Add():
                return self._of_sum(e)
            case log():
                return self.elasticity(e.args[0]) * self.range(e).reciprocal()
        raise Unbounded(f"nothing is known of the elasticity of a {type(e).__name__}")

    def _of_line(self, a: Ball, b: Ball) -> Interval:
        """``b u / (a + b u) = 1 / (1 + a / (b u))``, monotone in ``u``."""
        if a.is_zero() or b.is_zero():
            return Interval.around(rounded(0) if b.is_zero() else rounded(1))
        over = self._over(a, b)
        if over.low <= 0 <= over.high:
            raise Unbounded("a line that may cross 0")
        ends = [rounded(0) if u == 0 else rounded(1) if not _finite(u) else b * u / (a + b * u) for u in self._ends()]
        return Interval.around(*ends)

    def _ends(self) -> tuple[Any, Any]:
        return self.u.low, self.u.high

    def _of_sum(self, e: Expr) -> Interval:
        """Of a constant and one more term, ``E = E(h) / (1 + g / h)``; of terms of one sign, between theirs."""
        known = [self.constant(a) for a in e.args]
        fixed = sum((k for k in known if k is not None), rounded(0))
        moving = [a for a, k in zip(e.args, known, strict=True) if k is None]
        if len(moving) == 1:
            share = Interval.around(rounded(1)) + Interval.around(fixed) * self.range(moving[0]).reciprocal()
            return self.elasticity(moving[0]) * share.reciprocal()
        ranges = [self.range(a) for a in moving]
        if not (all(r.low >= 0 for r in ranges) or all(r.high <= 0 for r in ranges)):
            raise Unbounded("a sum of terms of different signs")
        parts = [self.elasticity(a) for a in moving] + ([] if fixed.is_zero() else [Interval.around(rounded(0))])
        if not fixed.is_zero() and (fixed > 0) != (ranges[0].low >= 0):
            raise Unbounded("a sum of terms of different signs")
        return Interval.around(*(end for p in parts for end in (p.low, p.high)))

    def change(self, e: Expr) -> Interval:
        """``u e'(u)`` on the ray."""
        line = self.linear(e)
        if line is not None:
            return Interval.around(line[1]) * self.u
        match e:
            case Add():
                return _sum(self.change(a) for a in e.args if self.constant(a) is None)
            case log():
                return self.elasticity(e.args[0])
            case Mul() if sum(self.constant(a) is None for a in e.args) == 1:
                fixed = [self.constant(a) for a in e.args]
                factor = math.prod((k for k in fixed if k is not None), start=rounded(1))
                (moving,) = (a for a, k in zip(e.args, fixed, strict=True) if k is None)
                return Interval.around(factor) * self.change(moving)
            case Pow():
                p, base = self._exponent(e), e.args[0]
                if p > 1:
                    return Interval.around(p) * self.range(base).power(p - 1) * self.change(base)
        return self.range(e) * self.elasticity(e)


def _sum(parts: Iterator[Interval]) -> Interval:
    total = Interval.around(rounded(0))
    for part in parts:
        total = total + part
    return total


def _product(parts: Iterator[Interval]) -> Interval:
    total = Interval.around(rounded(1))
    for part in parts:
        total = total * part
    return total


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
            if not _finite(largest) or largest >= 1:
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
        if _finite(low) and _finite(high):
            middle = (low + high) / 2
            parts = [self._ray(low, 1, middle - low), self._ray(high, -1, high - middle)]
        elif _finite(low):
            parts = [self._ray(low, 1, _INF)]
        elif _finite(high):
            parts = [self._ray(high, -1, _INF)]
        else:
            centre = rounded(self.observation.predictions[0])
            parts = [self._ray(centre, 1, _INF), self._ray(centre, -1, _INF)]
        return Enclosure(sum(parts, rounded(0)), "an integral over a compact interval, and bounds on the rest")

    def _ray(self, centre: Ball, sign: int, length: Any) -> Ball:
        """The mass of ``y = centre + sign u`` for ``0 < u < length``."""
        near, left_out = self._end(centre, sign, below=True)
        total = _at_most(left_out)
        if _finite(length):
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
                mass = abs(self._density(numbers, centre + sign * edge)) * edge / (margin if _finite(margin) else 1)
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
