"""The loss of linear scores, one for each class, on data, as a function of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossproof.compiled import runtime
from lossproof.compiled.classes import CompiledClasses
from lossproof.compiled.objective import BLOCK, Block, Floats, Penalty, Sum, penalty_factor, penalty_of, rows_of
from lossproof.errors import DataError, LossproofError, UnknownName
from lossproof.models import LinearScores
from lossproof.notation.inert import free
from lossproof.numeric.evaluate import Instance, evaluate


@dataclass(frozen=True)
class ObjectiveOfClasses:
    """The loss as a function of the weights, on data; a prior's penalty included.

    The weights are one array: those of the first class, then those of the second, ...; of each class the intercept
    first, if there is one.  Adding the same to the weights of all classes changes nothing, so that without a prior
    the minimiser is not the only one; holding those of one class at 0 makes it so.

    Attributes:
        loss: the compiled pointwise loss.
        inputs: ``X``, shape (n, d): a NumPy array or a sparse matrix with compressed rows.
        observed: the number of the class of each row, or a share or count for each class.
        classes: the number of classes.
        weights: of the observations, shape (n,).
        intercept: whether a feature that is 1 everywhere stands before the others.
        penalty: of the weights other than the intercepts.
    """

    loss: CompiledClasses
    inputs: Any
    observed: Any
    classes: int
    weights: Floats | None
    intercept: bool
    penalty: Penalty | None

    @property
    def shape(self) -> tuple[int, int]:
        """Of the weights as a matrix: classes and features, the intercept among them."""
        return self.classes, int(self.inputs.shape[1]) + self.intercept

    def value(self, w: Any) -> float:
        """The loss at the weights."""
        w = self._checked(w)
        sums = [self.loss.backend.total(given, (), weight, None) for _, given, weight in self._blocks(w)]
        return runtime.added(np.array(sums)) + (self.penalty.value(self._penalised(w)) if self.penalty else 0.0)

    def value_and_gradient(self, w: Any) -> tuple[float, Floats]:
        """The loss at the weights and its derivative in each of them."""
        w = self._checked(w)
        sums, gradient = list[float](), Sum(self.shape)
        for block, given, weight in self._blocks(w):
            slopes = np.empty_like(given[0])
            sums.append(self.loss.backend.total(given, (), weight, [slopes]))
            gradient.add(_transposed(block, slopes))
        found = gradient.value
        value = runtime.added(np.array(sums))
        if self.penalty is not None:
            value += self.penalty.value(self._penalised(w))
            self._put(found, self.penalty.slope(self._penalised(w)))
        return value, found.reshape(-1)

    def gradient(self, w: Any) -> Floats:
        """The derivative of the loss in each weight."""
        return self.value_and_gradient(w)[1]

    def hessian_vector_product(self, w: Any, v: Any) -> Floats:
        """The second derivatives of the loss times a vector of the shape of the weights."""
        w, v = self._checked(w), self._checked(v)
        product = Sum(self.shape)
        for block, given, weight in self._blocks(w):
            found = np.empty_like(given[0])
            self.loss.backend.fill("curvature_product", [*given, _times(block, v)], (), [found])
            product.add(_transposed(block, found if weight is None else found * weight[:, None]))
        found = product.value
        if self.penalty is not None:
            self._put(found, self.penalty.curvature(self._penalised(w)) * self._penalised(v))
        return found.reshape(-1)

    def hessian(self, w: Any) -> Floats:
        """The matrix of second derivatives of the loss."""
        w = self._checked(w)
        classes, features = self.shape
        found = Sum((classes, features, classes, features))
        for block, given, weight in self._blocks(w):
            part = np.empty(found.value.shape)
            column = np.empty_like(given[0])
            for b in range(classes):
                self.loss.backend.fill("curvature", [*given, np.intp(b)], (), [column])
                for a in range(classes):
                    factors = np.ascontiguousarray(column[:, a])
                    part[a, :, b, :] = block.gram(factors if weight is None else factors * weight)
            found.add(part)
        matrix = found.value.reshape(classes * features, classes * features)
        if self.penalty is not None:
            diagonal = np.zeros(self.shape)
            self._put(diagonal, self.penalty.curvature(self._penalised(w)))
            matrix += np.diag(diagonal.reshape(-1))
        return matrix

    # -------------------------------------------------------------- sums over the observations

    def _blocks(self, w: Floats) -> Iterator[tuple[Block, list[Any], Any]]:
        """The rows of the data, a few at a time, with scores and observations, and weights."""
        count, rows = int(self.inputs.shape[0]), max(1, min(2**16, BLOCK // max(*self.shape)))
        for start in range(0, count, rows):
            cut = slice(start, min(start + rows, count))
            part = self.inputs[cut]
            dense = part if hasattr(part, "tocsr") else np.asarray(part, dtype=np.float64)
            block = Block(cut, dense, self.intercept)
            yield block, [_times(block, w), self.observed[cut]], None if self.weights is None else self.weights[cut]

    def _penalised(self, w: Floats) -> Floats:
        return np.ascontiguousarray(w[:, int(self.intercept) :]).reshape(-1)

    def _put(self, found: Floats, more: Floats) -> None:
        """Add what the penalised weights contribute."""
        found[:, int(self.intercept) :] += more.reshape(self.classes, -1)

    def _checked(self, w: Any) -> Floats:
        found = np.asarray(w, dtype=np.float64)
        if found.size != self.shape[0] * self.shape[1]:
            raise DataError(f"weights must have the shape ({self.shape[0] * self.shape[1]},), not {found.shape}")
        return found.reshape(self.shape)


def _times(block: Block, w: Floats) -> Floats:
    """``X W'``."""
    found = np.asarray(block.rows @ w[:, int(block.intercept) :].T, dtype=np.float64)
    return np.ascontiguousarray(found + w[:, 0] if block.intercept else found)


def _transposed(block: Block, slopes: Floats) -> Floats:
    """``S' X``."""
    found = np.asarray((block.rows.T @ slopes).T, dtype=np.float64)
    return np.column_stack([slopes.sum(axis=0), found]) if block.intercept else found


def objective(
    loss: CompiledClasses,
    inputs: Any,
    observed: Sequence[Any],
    weights: Any,
    intercept: bool | None,
    parameters: Mapping[str, float],
    classes: int | None,
) -> ObjectiveOfClasses:
    """The loss on data as a function of the weights; see `CompiledClasses.objective`."""
    model = loss.model
    if model is None or not isinstance(model.predictor, LinearScores):
        raise LossproofError(f"'{loss.unit.name}' has no linear scores: they are no function of weights")
    inputs = rows_of(inputs)
    if len(observed) != 1:
        raise DataError(f"'{loss.unit.name}' takes X and y, not {1 + len(observed)} arrays")
    y = np.asarray(observed[0])
    if classes is None:
        classes = y.shape[-1] if loss.one.counted else int(y.max(initial=0)) + 1
    _, rows = loss.rows("pointwise", (np.zeros((inputs.shape[0], classes)), y))
    factor = penalty_factor(model) if model.prior is not None else None
    letters = set(map(str, free(factor))) if factor is not None else set()
    for name in parameters:
        if name not in letters:
            raise UnknownName(f"parameter of '{loss.unit.name}'", name, letters)
    for name in sorted(letters - {*parameters}):
        raise DataError(f"'{loss.unit.name}' has the parameter '{name}'; give a number for it")
    penalty = None
    if model.prior is not None and factor is not None:
        penalty = penalty_of(model.prior, float(evaluate(factor, Instance(dict(parameters)))))
    return ObjectiveOfClasses(loss, inputs, rows.arrays[1], classes, rows.weights(weights), bool(intercept), penalty)
