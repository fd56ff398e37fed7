"""A noise model and its loss, of one observation: as functions of numbers, from the derivation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol

from lossproof.api import derive
from lossproof.errors import DataError, LossproofError, SideConditionError, UnknownName
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import CLOSED_UNIT, COUNT, POSITIVE, REAL, UNIT, Domain
from lossproof.models import (
    BERNOULLI,
    OBSERVATIONS,
    Bernoulli,
    Categorical,
    K,
    LinearScores,
    Model,
    Noise,
    NoiseModel,
    OpaqueNetwork,
    OpaqueScores,
    SigmoidNode,
    i,
    k,
    x,
    y,
)
from lossproof.models.symbols import SCALES, TRIALS
from lossproof.notation.inert import free, fresh, rebuild, substitute, symbol_of
from lossproof.notation.nodes import Named, Opaque
from lossproof.recovery.sets import COUNTS, Finite, Interval, Set, labels
from lossproof.strategies.catalogue import entry
from lossproof.strategies.classes import CATEGORICAL

#: How far outcomes are counted where there is no end, how many trials, and how many classes.
_FAR, _TRIALS, _CLASSES = 400, 10, 3
#: Constants for which another number than 1 shows more of the shape of the density.
_USUAL = {"alpha": 3.0, "kappa": 2.0, "nu": 4.0, "phi": 10.0, "r": 3.0}

#: Results about any network, into whose entry in the catalogue no data can be put.
_OF_NETWORKS: dict[str, Model[NoiseModel]] = {"bernoulli": BERNOULLI, "categorical": CATEGORICAL}


def model_of(what: str | Model[NoiseModel] | NoiseModel) -> Model[NoiseModel]:
    """The model that is meant: by its name in the catalogue, itself, or the noise model behind any network.

    Raises:
        UnknownName: if the catalogue does not have the name.
        LossproofError: if the result of that name has no model of its own.
        SideConditionError: if the noise model gives no loss for real, positive or unit predictions.
    """
    if isinstance(what, str):
        found = entry(what).model or _OF_NETWORKS.get(what)
        if found is None:
            raise LossproofError(f"'{what}' is no model of observations that could be drawn")
        return found
    if isinstance(what, Model):
        return what
    if not isinstance(what, NoiseModel):
        raise LossproofError(f"give a name, a model or a noise model, not {what!r:.60}")
    if isinstance(what, Categorical):
        return Model("figure", what, OpaqueScores(), what.name)
    refused: LossproofError | None = None
    for values in (REAL, POSITIVE, UNIT):
        model: Model[NoiseModel] = Model("figure", what, OpaqueNetwork(values), what.name)
        try:
            _ = derive(model)
        except SideConditionError as error:
            refused = refused or error
        else:
            return model
    assert refused is not None
    raise refused


@dataclass(frozen=True)
class Pointwise:
    """One observation of a model.

    Attributes:
        model: the model.
        given: numbers for its constants, by name, where the usual ones will not do.
    """

    model: Model[NoiseModel]
    given: Mapping[str, Any]

    def __post_init__(self) -> None:
        noise = self.model.noise
        if not isinstance(noise, (Noise, Bernoulli, Categorical)):
            raise LossproofError(f"a figure of '{self.model.name}' is not made: {noise.name} is not of single numbers")
        if self.model.prior is not None:
            raise LossproofError(f"'{self.model.name}' has a prior; a figure shows the likelihood alone")
        for name in self.given:
            if name not in self.constants:
                raise UnknownName(f"constant of '{self.model.name}'", name, self.constants)

    @cached_property
    def derivation(self) -> Derivation:
        """From the likelihood to the loss."""
        return derive(self.model)

    @property
    def scores(self) -> bool:
        """Whether there is a score for each class."""
        return isinstance(self.model.predictor, (LinearScores, OpaqueScores))

    # -------------------------------------------------------------- the letters

    @cached_property
    def observation(self) -> Symbol:
        """``y``."""
        return fresh_of("y", self._taken)

    @cached_property
    def predictions(self) -> tuple[Symbol | IndexedBase, ...]:
        """``f``, or what the outputs of a network are called; the scores of the classes together."""
        if isinstance(self.model.predictor, (LinearScores, OpaqueScores)):
            return (IndexedBase(fresh_of("f", self._taken).name, real=True),)
        names = [e.head.name for e in self.model.predictor.outputs if isinstance(e, (Named, Opaque))]
        return tuple(fresh_of(name, self._taken) for name in names)

    @cached_property
    def _taken(self) -> frozenset[Symbol]:
        found = free(self.model.noise.factor(self.model.predictor)) - {symbol_of(x), symbol_of(y)}
        return frozenset(found) | {
            h.term for h in self.model.hypotheses if isinstance(h, Declared) and type(h.term) is Symbol
        }

    def _in_letters(self, e: Expr) -> Expr:
        predictor = self.model.predictor
        if isinstance(predictor, (LinearScores, OpaqueScores)):
            e = self._scored(e, predictor)
        else:
            e = substitute(e, dict(zip(predictor.outputs, self.predictions, strict=True)))
        known = {array[i]: Symbol(str(array), positive=True) for array in (SCALES, TRIALS)}
        return substitute(e, {y[i]: self.observation, **known})

    def _scored(self, e: Expr, predictor: LinearScores | OpaqueScores) -> Expr:
        """With ``f_k`` for the score of each class."""
        like = predictor.score(k)
        array = self.predictions[0]
        assert isinstance(array, IndexedBase)
        if type(e) is type(like) and e.args[0] == like.args[0]:
            return array[e.args[2]]
        return rebuild(e, [self._scored(a, predictor) for a in e.args]) if e.args else e

    @cached_property
    def density(self) -> Expr:
        """``p(y | f)``, inert."""
        return self._in_letters(self.model.noise.factor(self.model.predictor))

    @cached_property
    def loss(self) -> Expr:
        """``l(f, y)``, inert: what the derived ``J`` sums."""
        summed = self.derivation.theorem.right
        assert isinstance(summed, Named)
        return self._in_letters(summed.body.args[0])

    # -------------------------------------------------------------- the numbers

    @cached_property
    def target(self) -> Set:
        """Where the observation lies; counted outcomes end somewhere."""
        noise = self.model.noise
        if isinstance(noise, Categorical):
            return labels(int(self.constants["K"]))
        if not isinstance(noise, Noise):
            return Finite((S.Zero, S.One))
        if noise.bounds is not None:
            return Interval(*noise.bounds)
        return set_of(noise.support, int(self.constants["m"]) if "m" in self.constants else None)

    @cached_property
    def constants(self) -> dict[str, Any]:
        """Numbers for what the model takes as known, by name: the usual ones, or those that are given."""
        own = {*map(str, self.model.parameters), "n", "d"}
        letters = {self.observation, *self.predictions, K}
        usual: dict[str, Any] = {
            s.name: _USUAL.get(s.name) or 1.0
            for s in sorted(free(self.density) - letters, key=str)
            if s.name not in own
        }
        for h in self.model.hypotheses:
            if isinstance(h, Declared) and type(h.term) is Symbol and h.term.name not in own:
                usual[h.term.name] = _CLASSES if h.term == K else _USUAL.get(h.term.name) or usual_of(h.domain)
            if isinstance(h, Declared) and h.ranges == (OBSERVATIONS,) and h.term in (SCALES[i], TRIALS[i]):
                usual[str(h.term.base)] = _TRIALS if h.term == TRIALS[i] else 1.0
        for name, value in self.given.items():
            if name in usual:
                usual[name] = _checked(name, value)
        return usual

    @property
    def values(self) -> Domain:
        """Where the first prediction lies."""
        predictor = self.model.predictor
        if isinstance(predictor, OpaqueNetwork):
            return predictor.values
        return UNIT if isinstance(predictor, SigmoidNode) else REAL


def fresh_of(name: str, taken: frozenset[Symbol]) -> Symbol:
    """A real symbol of this name, or of the next that is free."""
    symbol = Symbol(name, real=True)
    return fresh(symbol, taken | free(symbol)) if name in {s.name for s in taken} else symbol


def _checked(name: str, value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DataError(f"the constant '{name}' must be a number, not {value!r:.60}") from None


def usual_of(domain: Domain) -> float:
    """A number inside a set: 1 if that will do, the middle of an interval, or near its only end."""
    low, high = float(domain.low), float(domain.high)
    if domain.within(CLOSED_UNIT) and not domain.integer:
        return 0.3
    if low < 1 < high:
        return 1.0
    return (low + high) / 2 if max(abs(low), abs(high)) < float("inf") else low + 1 if low > 0 else high - 1


def set_of(domain: Domain, last: int | None = None) -> Set:
    """A set of the kernel for the recovery; integers without an end are counted far enough.

    Args:
        domain: the set.
        last: the largest integer in it, if it has one that the set does not say.
    """
    if not domain.integer:
        ends = (
            S.NegativeInfinity if v == float("-inf") else S.Infinity if v == float("inf") else _exact(v)
            for v in (domain.low, domain.high)
        )
        return Interval(*ends)
    if domain == COUNT and last is None:
        return COUNTS
    low = int(max(domain.low, -_FAR))
    high = last if last is not None else int(min(domain.high, low + 2 * _FAR))
    return Finite(tuple(Integer(value) for value in range(low, high + 1)))


def _exact(value: Any) -> Expr:
    return Rational(value.numerator, value.denominator)
