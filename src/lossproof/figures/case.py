"""A model with numbers for everything but its parameters, of which there are one or two."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sympy import Expr, IndexedBase, Integer

from lossproof.errors import DataError
from lossproof.figures.pointwise import Pointwise, model_of
from lossproof.kernel.conditions import Assumed
from lossproof.kernel.domains import REAL, Domain
from lossproof.models import (
    LinearScores,
    Model,
    NoiseModel,
    OpaqueNetwork,
    OpaqueScores,
)
from lossproof.notation.nodes import Opaque
from lossproof.numeric.data import Table, table
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.numeric.support import check_support
from lossproof.recovery.portrait.numbers import masses
from lossproof.strategies.maximum_likelihood import loss_equation

Floats: TypeAlias = npt.NDArray[np.float64]
#: Numbers for the parameters.
Point: TypeAlias = "Sequence[float] | npt.NDArray[Any]"
#: What data are given as: a table; inputs (n, d) and observations (n,); observations alone, for a network.
Data: TypeAlias = "Table | tuple[Any, Any] | Sequence[float] | npt.NDArray[Any]"

#: The inputs of built-in data, repeated as often as needed, and the weights and intercept that they are drawn with.
_INPUTS, _WEIGHT, _INTERCEPT = np.linspace(-1.75, 2.25, 9), 0.8, 0.5
#: The outputs of a network that built-in data are drawn with, by whether they may be negative and exceed 1.
_OUTPUTS = {"real": 0.7, "positive": 1.5, "unit": 0.35}


@dataclass(frozen=True)
class Case:
    """A model on data, as functions of its parameters, all of them computed from its derivation.

    An opaque network is the simplest there is: one number for each of its outputs, whatever the input.  Of
    scores for classes, the last is held at 0, which the softmax does not see.

    Attributes:
        one: the model of one observation, with its constants.
        inputs: shape (n, d).
        observations: shape (n,).
        truth: the parameters that the data were drawn with, if they were.
    """

    one: Pointwise
    inputs: Floats
    observations: Floats
    truth: tuple[float, ...] | None = None

    @property
    def model(self) -> Model[NoiseModel]:
        """The model."""
        return self.one.model

    def __len__(self) -> int:
        return len(self.observations)

    # -------------------------------------------------------------- the parameters

    @cached_property
    def parameters(self) -> tuple[Expr, ...]:
        """What is varied, as it is written: ``w_1``, or ``b`` and ``w_1``."""
        found: list[Expr] = []
        predictor, columns = self.model.predictor, self.inputs.shape[1]
        for p in self.model.parameters:
            if not isinstance(p, IndexedBase):
                found.append(p)
            elif isinstance(predictor, LinearScores):
                found += [p[Integer(c), Integer(j)] for c in range(1, self._classes) for j in range(1, columns + 1)]
            else:
                count = self._classes - 1 if isinstance(predictor, OpaqueScores) else columns
                count = len(predictor.outputs) if isinstance(predictor, OpaqueNetwork) else count
                found += [p[Integer(j)] for j in range(1, count + 1)]
        return tuple(found)

    @property
    def _classes(self) -> int:
        return int(self.one.constants.get("K", 1))

    @property
    def domains(self) -> tuple[Domain, ...]:
        """Where each parameter lies."""
        predictor = self.model.predictor
        if isinstance(predictor, OpaqueNetwork):
            return (predictor.values, *(domain for _, domain in predictor.also))
        return tuple(REAL for _ in self.parameters)

    def instance(self, point: Point, rows: int | None = None) -> Instance:
        """What the symbols of the derivation stand for, on the first observations."""
        rows = len(self) if rows is None else rows
        known = {
            name: np.full(rows, value) if name in ("s", "m") else value for name, value in self.one.constants.items()
        }
        values = {"n": rows, "d": self.inputs.shape[1], "x": self.inputs[:rows], "y": self.observations[:rows], **known}
        values |= self._arrays(list(point))
        assumptions = tuple(h for h in self.model.hypotheses if isinstance(h, Assumed))
        return Instance(values, self._functions, assumptions)

    def _arrays(self, numbers: list[float]) -> dict[str, Any]:
        predictor, columns, found = self.model.predictor, self.inputs.shape[1], dict[str, Any]()
        for p in self.model.parameters:
            if not isinstance(p, IndexedBase):
                found[str(p)] = numbers.pop(0)
            elif isinstance(predictor, LinearScores):
                found[str(p)] = np.array([*numbers, *np.zeros(columns)]).reshape(self._classes, columns)
            elif isinstance(predictor, OpaqueScores):
                found[str(p)] = np.array([*numbers, 0.0])
            else:
                found[str(p)] = np.array(numbers)
        return found

    @cached_property
    def _functions(self) -> dict[str, Any]:
        predictor = self.model.predictor
        if isinstance(predictor, OpaqueScores):
            return {"f": lambda theta, c, x: np.asarray(theta)[np.asarray(c).astype(int) - 1]}
        if not isinstance(predictor, OpaqueNetwork):
            return {}
        names = [e.head.name for e in predictor.outputs if isinstance(e, Opaque)]
        return {
            name: lambda theta, x, k=k: np.full(np.shape(x)[:-1], np.asarray(theta)[k]) for k, name in enumerate(names)
        }

    # -------------------------------------------------------------- what is computed

    def likelihood(self, point: Point, rows: int | None = None) -> float:
        """``L``, the product, in doubles."""
        return self._value(self.one.derivation.equations[0].theorem.right, point, rows)

    def loss(self, point: Point) -> float:
        """``J``, the sum of the pointwise losses."""
        return self._value(self.one.derivation.theorem.right, point)

    def negative_log_likelihood(self, point: Point, rows: int | None = None) -> float:
        """``-log L``, by the sum that it was derived to be."""
        return self._value(loss_equation(self.model).theorem.right, point, rows)

    def _value(self, e: Expr, point: Point, rows: int | None = None) -> float:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(evaluate(e, self.instance(point, rows)))

    def inside(self, point: Point) -> bool:
        """Whether every parameter lies where it may."""
        return all(float(d.low) < v < float(d.high) for v, d in zip(point, self.domains, strict=True))


# ------------------------------------------------------------------ data


def case(
    what: str | Model[NoiseModel] | NoiseModel,
    data: Data | None,
    *,
    count: int,
    seed: int,
    constants: Mapping[str, Any],
) -> Case:
    """A model on data: those that are given, or some that are drawn from the model.

    Args:
        what: a name of the catalogue, a model, or a noise model.
        data: the data, or None.
        count: how many observations are drawn if none are given.
        seed: of NumPy's generator, for these.
        constants: numbers for the constants of the model, by name.

    Raises:
        DataError: if the data do not fit the model.
    """
    one = Pointwise(model_of(what), constants)
    if data is None:
        return _drawn(one, count, seed)
    if isinstance(data, tuple):
        if len(data) != 2:
            raise DataError("give a pair (inputs, observations), or observations alone")
        data = table(data[0], data[1], support=REAL)
    if not isinstance(data, Table):
        observations = np.asarray(data, dtype=float)
        if not isinstance(one.model.predictor, (OpaqueNetwork, OpaqueScores)):
            raise DataError(f"'{one.model.name}' has inputs; give a pair (inputs, observations), or a Table")
        data = table(np.zeros((len(np.atleast_1d(observations)), 1)), observations, support=REAL)
    if not len(data):
        raise DataError(f"{data.name}: at least one observation is needed")
    sizes = {name: np.full(len(data), value) if name in ("s", "m") else value for name, value in one.constants.items()}
    check_support(one.model, data.labels, sizes)
    return Case(one, data.inputs, data.labels)


def _drawn(one: Pointwise, count: int, seed: int) -> Case:
    """Observations drawn from the model at a few inputs, in turn."""
    rng, predictor = np.random.default_rng(seed), one.model.predictor
    opaque = isinstance(predictor, (OpaqueNetwork, OpaqueScores))
    inputs = np.zeros((count, 1)) if opaque else np.resize(_INPUTS, count)[:, None]
    blank = Case(one, inputs, np.zeros(count))
    truth = tuple(
        _true(p, domain, k) for k, (p, domain) in enumerate(zip(blank.parameters, blank.domains, strict=True))
    )
    blank = replace(blank, truth=truth)
    observations = np.zeros(count)
    for level in np.unique(inputs):
        rows = np.flatnonzero(inputs[:, 0] == level)
        setting = {**one.constants, **_predicted(blank, int(rows[0]))}
        observations[rows] = masses(one.density, one.observation, one.target, setting).sample(len(rows), rng)
    return replace(blank, observations=observations)


def _true(parameter: Expr, domain: Domain, k: int) -> float:
    low, high = float(domain.low), float(domain.high)
    if low == float("-inf"):
        return (_INTERCEPT if str(parameter) == "b" else _WEIGHT) * (-0.5) ** k if k else _first(parameter)
    return _OUTPUTS["unit"] if high <= 1 else _OUTPUTS["positive"] + max(low, 0.0)


def _first(parameter: Expr) -> float:
    return _INTERCEPT if str(parameter) == "b" else _WEIGHT


def _predicted(case: Case, row: int) -> dict[str, Any]:
    """The predictions for one observation, by the letters of one observation."""
    predictor, instance = case.model.predictor, case.instance(case.truth or ())
    here = replace(instance, indices={"i": row + 1})
    if isinstance(predictor, (LinearScores, OpaqueScores)):
        scores = [float(evaluate(predictor.score(Integer(c)), here)) for c in range(1, case._classes + 1)]
        return {str(case.one.predictions[0].name): np.array(scores)}
    values = (float(evaluate(e, here)) for e in predictor.outputs)
    return dict(zip((str(f.name) for f in case.one.predictions), values, strict=True))
