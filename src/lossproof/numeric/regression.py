"""The derived expressions of a model with a linear predictor, on real data, for any noise model.

Likelihood, negative log-likelihood, loss and gradient are computed from the derivations.  What the
data must satisfy is read off the model's hypotheses; what its noise is called leads to the peers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Indexed, Symbol

from lossproof.errors import DataError, MissingExtra, NoMinimiser
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import CLOSED_UNIT, Domain
from lossproof.models import OBSERVATIONS, LinearPredictor, Model, NoiseModel, d, i, n, x, y
from lossproof.notation.inert import symbols_in
from lossproof.notation.plain import written
from lossproof.numeric.data import Floats, Table
from lossproof.numeric.evaluate import Instance, Numbers, evaluate
from lossproof.strategies.likelihood import bias_gradient
from lossproof.strategies.maximum_likelihood import loss_equation, loss_gradient, maximum_likelihood


@dataclass(frozen=True)
class Regression:
    """A model's derived expressions as functions of the weights, on data.

    Weights are one array; the intercept comes first, if there is one.

    Attributes:
        model: the model, with a linear predictor.
        data: inputs and observations.
        known: the other parameters of the noise, and what is known of each observation, by their letters.
    """

    model: Model[NoiseModel]
    data: Table
    known: Mapping[str, Any]

    @property
    def intercept(self) -> bool:
        """Whether there is an intercept."""
        return isinstance(self.model.predictor, LinearPredictor) and self.model.predictor.intercept

    @property
    def size(self) -> int:
        """The number of weights."""
        return self.data.inputs.shape[1] + self.intercept

    @property
    def names(self) -> tuple[str, ...]:
        """Of the weights, as they stand in messages."""
        return (*(("b",) if self.intercept else ()), *(f"w_{k}" for k in range(1, self.data.inputs.shape[1] + 1)))

    def instance(self, weights: Floats, **indices: Any) -> Instance:
        """What the symbols of the expressions stand for."""
        if weights.shape != (self.size,):
            raise DataError(f"weights must have the shape ({self.size},), not {weights.shape}")
        rows, columns = self.data.inputs.shape
        values = {"n": rows, "d": columns, "x": self.data.inputs, "y": self.data.labels, **self.known}
        values |= {"w": weights[1:], "b": weights[0]} if self.intercept else {"w": weights}
        assumptions = tuple(h for h in self.model.hypotheses if isinstance(h, Assumed))
        return Instance(values, {}, assumptions, indices)

    def likelihood(self, weights: Floats, numbers: Numbers) -> Any:
        """The product ``L(w)``."""
        return evaluate(self.model.likelihood, self.instance(weights), numbers)

    def negative_log_likelihood(self, weights: Floats, numbers: Numbers | None = None) -> float:
        """``-log L(w)`` by the derived equation."""
        return float(evaluate(loss_equation(self.model).rhs, self.instance(weights), numbers))

    def predictions(self, weights: Floats) -> Floats:
        """What the predictor gives, shape (n,)."""
        rows = np.arange(1, len(self.data) + 1)
        found = evaluate(self.model.prediction, self.instance(weights, i=rows))
        return np.broadcast_to(np.asarray(found, dtype=float), rows.shape)

    def objective(self) -> tuple[Any, Any]:
        """``J`` and its gradient as functions of the weights."""
        loss, by_weight = maximum_likelihood(self.model).rhs, loss_gradient(self.model).rhs
        by_intercept = bias_gradient(self.model).rhs if self.intercept else None
        columns = np.arange(1, self.data.inputs.shape[1] + 1)

        def value(weights: Floats) -> float:
            return float(evaluate(loss, self.instance(weights)))

        def slope(weights: Floats) -> Floats:
            found = evaluate(by_weight, self.instance(weights, j=columns))
            of_weights = np.broadcast_to(np.asarray(found, dtype=float), columns.shape)
            if by_intercept is None:
                return of_weights
            return np.concatenate([[evaluate(by_intercept, self.instance(weights))], of_weights])

        return value, slope

    def columns(self, count: int) -> Regression:
        """The same with the first features only."""
        return replace(self, data=self.data.columns(count))

    def minimise(self) -> Floats:
        """The weights that minimise ``J``, by a quasi-Newton method with the derived gradient.

        Raises:
            NoMinimiser: if there are many, or none was reached.
            MissingExtra: if SciPy (extra ``all``) is not installed.
        """
        try:
            from scipy.optimize import minimize
        except ImportError as error:
            raise MissingExtra("fitting", "scipy") from error
        design = np.column_stack([np.ones(len(self.data)), self.data.inputs]) if self.intercept else self.data.inputs
        if np.linalg.matrix_rank(design) < self.size:
            raise NoMinimiser("the features are linearly dependent: many weights give the same predictions")
        value, slope = self.objective()
        start = np.zeros(self.size)
        unit = max(float(np.abs(slope(start)).max(initial=0.0)), 1e-300)
        found = minimize(
            lambda v: value(v) / unit,
            start,
            jac=lambda v: slope(v) / unit,
            method="BFGS",
            options={"gtol": 1e-11, "maxiter": 2000},
        )
        if not np.abs(slope(found.x)).max(initial=0.0) < 1e-6 * unit:
            raise NoMinimiser(f"no minimiser was reached: {found.message}")
        return np.asarray(found.x)


# ------------------------------------------------------------------ data into a model


def is_regression(model: Model[NoiseModel]) -> bool:
    """Whether a model is a noise model, all of it known, behind a linear predictor."""
    return isinstance(model.predictor, LinearPredictor) and not model.estimated and model.prior is None


def regression(model: Model[NoiseModel], data: Table) -> Regression:
    """A model with data put into it, which are checked against everything that the model declares.

    What the model knows of each observation, such as a scale ``s_i``, is a feature of that name.  The
    other parameters of the noise are given numbers inside their sets.

    Raises:
        DataError: if the model has no linear predictor, or the data lack something or lie outside its set.
    """
    if not is_regression(model):
        raise DataError(
            f"'{model.name}' is not a noise model, all of it known, behind a linear predictor, into which "
            "data could be put; try 'linear-regression'"
        )
    declared = [h for h in model.hypotheses if isinstance(h, Declared)]
    known: dict[str, Any] = {}
    for h in declared:
        if isinstance(h.term, Symbol) and h.term not in {n, d, *model.parameters}:
            known[h.term.name] = inside_of(h.domain)
        elif isinstance(h.term, Indexed) and h.ranges == (OBSERVATIONS,) and h.term.base not in _given(model):
            name = str(h.term.base)
            data, known[name] = _without(data, name, model)
    found = Regression(model, data, known)
    if not found.size:
        raise DataError(f"{data.name}: at least one feature is needed")
    instance = found.instance(np.zeros(found.size), i=np.arange(1, len(data) + 1))
    for h in declared:
        if h.ranges == (OBSERVATIONS,) and {s.name for s in symbols_in(h.term)} <= {*instance.values, "i"}:
            values = np.broadcast_to(np.asarray(evaluate(h.term, instance), dtype=float), (len(data),))
            data.check(values, h.domain, "observations" if h.term == y[i] else written(h.term))
    return found


def _given(model: Model[NoiseModel]) -> set[Any]:
    return {x, y, *(p for p in model.parameters)}


def _without(data: Table, name: str, model: Model[NoiseModel]) -> tuple[Table, Floats]:
    """The data without a feature, and the feature."""
    if name not in data.features:
        raise DataError(f"'{model.name}' needs '{name}' for each observation: a column of that name in the file")
    at = data.features.index(name)
    rest = tuple(f for f in data.features if f != name)
    return replace(data, inputs=np.delete(data.inputs, at, axis=1), features=rest), data.inputs[:, at]


def inside_of(domain: Domain) -> float:
    """Some number inside a set: 0.3 of the unit interval, 1.5 above its lower end, or 2 if it must be an integer."""
    if domain.integer:
        return float(max(2, domain.low))
    return 0.3 if domain.within(CLOSED_UNIT) else 1.5 + (float(domain.low) if np.isfinite(float(domain.low)) else 0.0)
