"""Whether a declared density is one: nowhere negative, its total mass one, and a declared survival function its own.

The density is the one that the model assumes of one observation, evaluated at numbers; nothing is
derived.  Continuous observations are integrated by the double exponential formulas (Takahasi and
Mori 1974), counts are summed until nothing more comes, classes and one-hot rows are summed over all
of them.  It is evidence at a few points, not a proof, and where it cannot judge it says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Indexed, Symbol

from lossproof.errors import LossproofError, NoFiniteValue, NotADensity
from lossproof.kernel.conditions import Assumed, Declared, Labelled
from lossproof.kernel.domains import POSITIVE, Domain
from lossproof.models import (
    K,
    LinearPredictor,
    LinearScores,
    Model,
    Noise,
    NoiseModel,
    OpaqueNetwork,
    OpaqueScores,
    SigmoidNode,
    d,
    i,
    k,
    n,
    y,
)
from lossproof.notation.inert import free, symbol_of, walk
from lossproof.notation.nodes import Density, Probability, Survival
from lossproof.numeric.evaluate import Doubles, Instance, Numbers, Precise, evaluate
from lossproof.numeric.support import constraints, lies_in

#: How far from one a total mass may be, beyond the error of its computation.
TOLERANCE = 1e-8
MOST_TERMS, MOST_ROWS, FINEST = 1 << 16, 20_000, 6

Values = npt.NDArray[Any]


class _Unjudged(LossproofError):
    """The mass cannot be computed; the message says why."""


@dataclass(frozen=True)
class Mass:
    """The total mass of a density at given numbers.

    Attributes:
        value: what it sums or integrates to.
        error: how far off that may be.
        lowest: the lowest value of the density that was met, and the observation there.
        partial: whether more may come, of which none is negative as far as can be seen.
    """

    value: float
    error: float
    lowest: tuple[float, object]
    partial: bool = False


@dataclass(frozen=True)
class Checked:
    """What was found of a density.

    Attributes:
        points: the parameters at which its total mass is one, in words.
        note: why it could not be judged (further); empty if it was.
    """

    points: tuple[str, ...]
    note: str = ""

    @property
    def judged(self) -> bool:
        """Whether the density passed at every parameter tried."""
        return bool(self.points) and not self.note


def check_density(model: Model[NoiseModel]) -> Checked:
    """Refuse a model whose declared density is not one, at a few parameters in the declared domains.

    Returns:
        Where it was found to be a density, and a note if it could not be judged.

    Raises:
        NotADensity: if it is negative somewhere or its total mass is not one, or if a declared survival
            function is not that of the density; it says at which parameters.

    >>> from lossproof.kernel.domains import REAL
    >>> from lossproof.models import GAUSSIAN, OpaqueNetwork
    >>> check_density(Model("g", GAUSSIAN, OpaqueNetwork(REAL))).points[0]
    'f = 0.4, sigma = 0.77'
    """
    passed: list[str] = []
    for predictions, values in parameters_tried(model):
        at = at_parameters(model, predictions, values)
        try:
            observation = Observation(model, predictions, values)
            mass, above = observation.mass(), observation.exceeding()
        except LossproofError as reason:
            return Checked(tuple(passed), f"the density of '{model.name}' was not checked at {at}: {reason}")
        lowest, where = mass.lowest
        if lowest < 0:
            raise NotADensity(f"'{model.name}' declares a density that is negative: {lowest:.6g} at y = {where}, {at}")
        too_much = mass.partial and mass.value > 1 + TOLERANCE
        if too_much or abs(mass.value - 1) > TOLERANCE + 10 * mass.error:
            came_to = f"{'more than ' if too_much else ''}{mass.value:.9g}"
            raise NotADensity(f"'{model.name}' declares a density whose total mass is {came_to} instead of 1 at {at}")
        if mass.error > TOLERANCE:
            note = f"the total mass at {at} is {mass.value:.6g}, but only to within {mass.error:.1g}"
            return Checked(tuple(passed), f"the density of '{model.name}' was not checked: {note}")
        for value, declared, beyond in above:
            if abs(declared - beyond) > 10 * TOLERANCE:
                raise NotADensity(
                    f"'{model.name}' declares that y exceeds {value:g} with probability {declared:.9g}, but its "
                    f"density has the mass {beyond:.9g} there, at {at}"
                )
        passed.append(at)
    if not passed:
        return Checked((), f"the density of '{model.name}' was not checked: its predictor is not one that ships")
    return Checked(tuple(passed))


def total_mass(
    model: Model[NoiseModel], predictions: Sequence[float], values: Mapping[str, float] | None = None
) -> Mass:
    """The sum or the integral of the density of one observation over all that it can be.

    Args:
        model: whose noise is meant.
        predictions: what the predictor gives: a number for each output, or for each class.
        values: numbers for the other parameters by name; of what is known for each observation, the
            one number for this observation.

    Raises:
        NoFiniteValue: if the density has no finite value at some observation.
        LossproofError: if the mass cannot be computed: the sum is too long, or the observation is of
            a kind that is not summed here.

    >>> from lossproof.models import GAUSSIAN, LinearPredictor
    >>> round(total_mass(Model("g", GAUSSIAN, LinearPredictor()), [0.5], {"sigma": 2.0}).value, 9)
    1.0
    """
    return Observation(model, predictions, values or {}).mass()


# ------------------------------------------------------------------ one observation


class _Vanishing(Precise):
    """High precision in which ``exp(-10^19)`` and less is 0: enough for a sum, and far quicker."""

    def _real_exp(self, a: Any) -> Any:
        if a < 0 and (self.context.isinf(a) or self.context.mag(a) > 64):
            return self.context.zero
        return super()._real_exp(a)


class Observation:
    """The density of one observation as a function of what is observed; many values at a time."""

    def __init__(self, model: Model[NoiseModel], predictions: Sequence[float], values: Mapping[str, float]) -> None:
        self.model, self.predictions = model, tuple(predictions)
        self.density = _density(model)
        self.known = dict(values)
        arrays = {str(p.base) for h in model.hypotheses if isinstance(h, Declared) for p in _elements(h.term)}
        self.arrays = arrays & set(values)

    def mass(self) -> Mass:
        """In doubles if the result is beyond doubt, else in high precision."""
        try:
            found = self._mass(Doubles())
        except NoFiniteValue:
            return self._mass(_Vanishing(50))
        sound = abs(found.value - 1) <= TOLERANCE and found.error <= TOLERANCE and found.lowest[0] >= 0
        return found if sound else self._mass(_Vanishing(50))

    def _mass(self, numbers: Numbers) -> Mass:
        summed, finite = _Summed(self, numbers), self.finite()
        on = None if finite is not None else self.on()
        if finite is not None:
            summed.add(finite)
        elif on is not None and on.integer:
            summed.all_of(on)
        elif self.model.noise.kind is Probability:
            raise _Unjudged("a probability of an observation that is not an integer")
        elif on is not None:
            return self._integral(on, numbers)
        return Mass(float(summed.total), summed.error, summed.lowest, summed.error > 0)

    def finite(self) -> Values | None:
        """All that can be observed, if that is a class, or one of a few rows of counts."""
        labels, rows = self._labels(), _domain(self.model, y[i, k])
        return labels if labels is not None or rows is None else self._rows(rows)

    def on(self) -> Domain:
        """Where the observation is declared to lie."""
        found = _domain(self.model, y[i])
        if found is None:
            raise _Unjudged("nothing is declared of the observations")
        return found

    def exceeding(self) -> list[tuple[float, float, float]]:
        """Some observations, the probability that is declared to exceed each, and the mass of the density there."""
        survival, on = _survival(self.model), _domain(self.model, y[i])
        if survival is None:
            return []
        if on is None or on.integer:
            raise _Unjudged("a survival function of an observation that is not a real number")
        found = []
        for value in (_inside(on, nth, 0) for nth in range(len(_SHARES))):
            declared = evaluate(survival, self.at(np.array([value])))
            try:
                beyond = self._integral(on, Doubles(), above=value)
            except NoFiniteValue:
                beyond = self._integral(on, _Vanishing(30), above=value)
            if beyond.error > TOLERANCE:
                raise _Unjudged(f"the mass above {value:g} is known only to within {beyond.error:.1g}")
            found.append((value, float(np.ravel(declared)[0]), beyond.value))
        return found

    def at(self, observations: Values) -> Instance:
        """So many observations with the same prediction and the same parameters."""
        count = len(observations)
        given: dict[str, Any] = {
            name: np.full(count, value) if name in self.arrays else value for name, value in self.known.items()
        }
        indices = {"i": np.arange(1, count + 1)}
        return _predicting(
            self.model, self.predictions, Instance({"n": count, "y": observations, **given}, indices=indices)
        )

    def values(self, observations: Values, numbers: Numbers) -> Values:
        """The density at observations; those that a constraint excludes have none of it."""
        out = np.full(len(observations), numbers.rational(0, 1)[()])
        allowed = np.ones(len(observations), dtype=bool)
        for h in constraints(self.model.hypotheses):
            if isinstance(h, Declared) and any(symbol_of(p) == symbol_of(y) for p in _elements(h.term)):
                found = np.broadcast_to(evaluate(h.term, self.at(observations)), allowed.shape)
                allowed &= np.array([lies_in(h.domain, float(v)) for v in found], dtype=bool)
        if allowed.any():
            out[allowed] = evaluate(self.density, self.at(observations[allowed]), numbers)
        if isinstance(numbers, Doubles) and not np.isfinite(out).all():
            raise NoFiniteValue("no finite value in doubles")
        return out

    def _labels(self) -> Values | None:
        """The classes, if the observation is one of them."""
        for h in self.model.hypotheses:
            if isinstance(h, Labelled) and h.term == y[i]:
                low, high = (int(evaluate(e, self.at(np.zeros(1)))) for e in (h.low, h.high))
                return np.arange(low, high + 1)
        return None

    def _rows(self, domain: Domain) -> Values:
        """Every row of counts that satisfies what is assumed of it."""
        classes, most = len(self.predictions), int(domain.high) if domain.high != math.inf else None
        equations = [h for h in constraints(self.model.hypotheses) if isinstance(h, Assumed)]
        if most is None and domain.low == 0:
            sums = [h.right for h in equations if symbol_of(y) not in free(h.right)]
            most = max((int(np.ravel(evaluate(e, self.at(np.zeros((1, classes)))))[0]) for e in sums), default=None)
        if most is None or (most + 1 - int(domain.low)) ** classes > MOST_ROWS:
            raise _Unjudged("there are too many rows of counts")
        rows = np.array(list(itertools.product(range(int(domain.low), most + 1), repeat=classes)))
        for h in equations:
            left, right = (np.broadcast_to(evaluate(e, self.at(rows)), len(rows)) for e in (h.left, h.right))
            rows = rows[left == right]
        return rows

    # -------------------------------------------------------------- integrals

    def _integral(self, domain: Domain, numbers: Numbers, *, above: float | None = None) -> Mass:
        low, high = float(domain.low), float(domain.high)
        if isinstance(self.model.noise, Noise) and self.model.noise.bounds is not None:
            low, high = (float(evaluate(e, self.at(np.zeros(1)))) for e in self.model.noise.bounds)
        total, error = 0.0, 0.0
        lowest: tuple[float, object] = (math.inf, 0.0)
        for panel in itertools.pairwise(self._splits(low if above is None else above, high)):
            part = self._panel(*panel, numbers)
            total, error = total + part.value, error + part.error
            lowest = part.lowest if part.lowest[0] < lowest[0] else lowest
        return Mass(total, error, lowest)

    def _splits(self, low: float, high: float) -> list[float]:
        """The ends, and where densities have their peaks and kinks: at the predictions and their inverse links."""
        inside = {0.0, 1.0, *self.predictions}
        inside |= {math.exp(z) for z in self.predictions if z < 300} | {_sigmoid(z) for z in self.predictions}
        between = sorted(v for v in inside if low < v < high)
        apart = [v for v, before in zip(between, [-math.inf, *between], strict=False) if v - before > 1e-9 * abs(v)]
        if not apart and math.isinf(low) and math.isinf(high):
            apart = [0.0]
        return [low, *apart, high]

    def _panel(self, low: float, high: float, numbers: Numbers) -> Mass:
        """The double exponential rule, refined until two in a row agree."""
        total, error, before, met = 0.0, math.inf, math.inf, (math.inf, 0.0)
        for level in range(2, FINEST + 1 + isinstance(numbers, Doubles)):
            points, weights = _nodes(low, high, level, numbers)
            found = self.values(points, numbers)
            worst = int(np.argmin(found))
            met = min(met, (float(found[worst]), float(points[worst])))
            total = total / 2 + float(np.sum(found * weights))
            error, before = abs(total - before), total
            if level > 3 and error < TOLERANCE / 1000:
                break
        return Mass(total, error, met)


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -300 else 0.0


def _nodes(low: float, high: float, level: int, numbers: Numbers) -> tuple[Values, Values]:
    """What the step ``2^-level`` adds to the double exponential rule: observations and their weights."""
    step, furthest = 0.5**level, 4.9 if isinstance(numbers, Doubles) else 7.3
    steps = np.arange(-math.floor(furthest / step), math.floor(furthest / step) + 1)
    steps = steps if level == 2 else steps[steps % 2 != 0]
    t = numbers.array(steps) * numbers.rational(1, 2**level)
    half, one, two = numbers.rational(1, 2), numbers.rational(1, 1), numbers.rational(2, 1)
    up, down = numbers.exp(t), numbers.exp(-t)
    grown = numbers.exp(numbers.array(math.pi) * (up - down) * half * (half if math.isinf(high - low) else one))
    speed = numbers.array(math.pi) * (up + down) * half
    if math.isinf(high - low):
        weights = grown * speed * half
        points = numbers.array(low) + grown if math.isinf(high) else numbers.array(high) - grown
    else:
        width = numbers.array(high - low)
        weights = width * speed / (two + grown + one / grown)
        near = width / (one + numbers.exp(numbers.array(math.pi) * abs(up - down) * half))
        points = np.where(steps < 0, numbers.array(low) + near, numbers.array(high) - near)
    inside = (points > low) & (points < high)
    return points[inside], (weights * numbers.rational(1, 2**level))[inside]


# ------------------------------------------------------------------ sums


@dataclass
class _Summed:
    """A running sum of probabilities."""

    of: Observation
    numbers: Numbers
    total: float = 0.0
    error: float = 0.0
    lowest: tuple[float, object] = (math.inf, 0)
    added: float = field(default=math.inf)

    def add(self, observations: Values) -> None:
        """The probabilities of some observations."""
        found = self.of.values(observations, self.numbers)
        if not len(found):
            return
        worst = int(np.argmin(found))
        if float(found[worst]) < self.lowest[0]:
            self.lowest = (float(found[worst]), observations[worst].tolist())
        self.added = float(np.sum(found))
        self.total += self.added

    def all_of(self, domain: Domain) -> None:
        """The integers of a domain, in blocks of growing length until nothing more comes."""
        if domain.high != math.inf and domain.low != -math.inf:
            if domain.high - domain.low > MOST_TERMS:
                raise _Unjudged("there are too many values to sum over")
            self.add(np.arange(int(domain.low), int(domain.high) + 1))
            return
        start, length, quiet = 0, 64, 0
        while start < (MOST_TERMS if isinstance(self.numbers, Doubles) else MOST_TERMS // 16):
            steps = np.arange(start, start + length)
            self.added = 0.0
            self.add(_outward(domain, steps))
            start, length = start + length, 2 * length
            quiet = quiet + 1 if abs(self.added) < 1e-14 else 0
            if quiet and (self.total > 0.5 or (quiet > 1 and self.total > 1e-6)):
                return
            if self.total > 2:
                break
        self.error = max(10 * abs(self.added), TOLERANCE)


def _outward(domain: Domain, steps: Values) -> Values:
    """The integers that so many steps lead to: from the finite end, or from 0 to both sides."""
    if domain.low != -math.inf:
        return np.asarray(int(domain.low) + steps)
    if domain.high != math.inf:
        return np.asarray(int(domain.high) - steps)
    return np.unique(np.concatenate([steps, -steps]))


# ------------------------------------------------------------------ what a model says


def _density(model: Model[NoiseModel]) -> Expr:
    """The density of ``y_i`` that is assumed; for labels whose probability of 1 is assumed, the factor."""
    for h in model.hypotheses:
        if isinstance(h, Assumed) and isinstance(h.left, (Density, Probability)) and h.left == model.marginal(y[i]):
            return h.right
    return model.noise.factor(model.predictor)


def _survival(model: Model[NoiseModel]) -> Expr | None:
    """The probability to exceed ``y_i`` that is assumed, if one is."""
    for h in model.hypotheses:
        if isinstance(h, Assumed) and isinstance(h.left, Survival) and h.left.args[1] == y[i]:
            return h.right
    return None


def _elements(e: Expr) -> Iterator[Indexed]:
    return (p for p in walk(e) if isinstance(p, Indexed))


def _domain(model: Model[NoiseModel], term: Expr) -> Domain | None:
    """Where a term is declared to lie."""
    found = [h.domain for h in model.hypotheses if isinstance(h, Declared) and h.term == term]
    out = found[0] if found else None
    for domain in found[1:]:
        out = out.meet(domain) if out else domain
    return out


def _predicting(model: Model[NoiseModel], predictions: Sequence[float], at: Instance) -> Instance:
    """The instance with inputs and parameters for which the predictor gives these predictions."""
    count, predictor = at.values["n"], model.predictor
    ones = {"d": 1, "x": np.ones((count, 1)), "theta": np.zeros(1)}
    functions: dict[str, Callable[..., Any]] = {}
    match predictor:
        case LinearPredictor():
            more: dict[str, Any] = {"w": [*predictions], "b": 0.0}
        case SigmoidNode():
            more = {"w": [math.log(p / (1 - p)) for p in predictions]}
        case LinearScores():
            more = {"w": [[z] for z in predictions], "K": len(predictions)}
        case OpaqueScores():
            scores = np.array(predictions)
            functions = {"f": lambda theta, c, row: scores[np.asarray(c, dtype=float).astype(int) - 1]}
            more = {"K": len(predictions)}
        case OpaqueNetwork():
            names = (predictor.name, *(name for name, _ in predictor.also))
            functions = {name: _always(value) for name, value in zip(names, predictions, strict=True)}
            more = {str(predictor.array): np.zeros(1)}
    return replace(at, values={**ones, **more, **at.values}, functions=functions)


def _always(value: float) -> Callable[..., float]:
    return lambda *_: value


# ------------------------------------------------------------------ parameters to try


#: How far into a domain the points lie: of an interval, above an end, on the whole line, above the least integer.
_SHARES, _ABOVE, _ANYWHERE, _STEPS = (0.3, 0.8, 0.55), (0.7, 2.5, 3.6), (0.4, -1.1, 1.2), (3, 0, 5)


def parameters_tried(model: Model[NoiseModel]) -> Iterator[tuple[tuple[float, ...], dict[str, float]]]:
    """A few predictions and parameters in the declared domains."""
    for nth in range(len(_SHARES)):
        match model.predictor:
            case LinearScores() | OpaqueScores():
                predictions = tuple(_ANYWHERE[(nth + c) % 3] * (1 + c / 4) for c in range(nth + 1))
            case OpaqueNetwork():
                sets = (model.predictor.values, *(domain for _, domain in model.predictor.also))
                predictions = tuple(_inside(domain, nth, c) for c, domain in enumerate(sets))
            case SigmoidNode():
                predictions = (_SHARES[nth],)
            case LinearPredictor():
                predictions = (_ANYWHERE[nth],)
            case _:
                return
        yield predictions, {name: _inside(a, nth, c + 1) for c, (name, a) in enumerate(_free_parameters(model))}


def _free_parameters(model: Model[NoiseModel]) -> list[tuple[str, Domain]]:
    """The parameters of the density other than the predictor's, by name, with where they lie."""
    own = {symbol_of(p) for p in (*model.predictor.parameters, y, n, d, K)} | {i, k}
    predictor = {symbol_of(h.term) for h in model.predictor.hypotheses if isinstance(h, Declared) and _named(h.term)}
    domains: dict[Symbol, Domain] = {}
    for h in model.hypotheses:
        if isinstance(h, Declared) and _named(h.term):
            name = symbol_of(h.term)
            domains[name] = domains.get(name, Domain()).meet(h.domain)
    used = free(_density(model)) - own - predictor
    rest = sorted((s for s in used if s in domains or s.is_positive), key=lambda s: s.name)
    return [(s.name, domains.get(s, POSITIVE)) for s in rest]


def _named(term: Expr) -> bool:
    return isinstance(term, (Symbol, Indexed))


def _inside(domain: Domain, nth: int, position: int) -> float:
    """The n-th point of a domain; different positions get different points."""
    spread = 1 + position / 10
    if domain.integer:
        low = int(domain.low) if domain.low != -math.inf else -2
        highest = int(domain.high) if domain.high != math.inf else low + 5
        return min(low + _STEPS[nth], highest)
    match domain.low == -math.inf, domain.high == math.inf:
        case False, False:
            return float(domain.low) + float(domain.high - domain.low) * _SHARES[nth]
        case False, True:
            return float(domain.low) + _ABOVE[nth] * spread
        case True, False:
            return float(domain.high) - _ABOVE[nth] * spread
    return _ANYWHERE[nth] * spread


def at_parameters(model: Model[NoiseModel], predictions: Sequence[float], values: Mapping[str, float]) -> str:
    """Predictions and parameters in words."""
    if isinstance(model.predictor, OpaqueNetwork):
        names = [model.predictor.name, *(name for name, _ in model.predictor.also)]
    else:
        names = ["f"] if len(predictions) == 1 else [f"f_{c}" for c in range(1, len(predictions) + 1)]
    return ", ".join(f"{name} = {value:g}" for name, value in [*zip(names, predictions, strict=True), *values.items()])
